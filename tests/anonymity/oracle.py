"""Row-level anonymity said a second time, slowly and with fractions: nothing of the project is used here.

A ``Job`` is a small table with hierarchies and rules. ``optimum`` tries every node of the lattice; ``problems`` judges any written table,
row by row, whatever made it; ``loss`` says what it costs; ``uncovered`` whether labels are true of the rows that they stand for. Hierarchies
are rows ``value, level 1, …, *``. A label of a written table is a text of the hierarchy or a set of values; a row that was left out has None
in place of its labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise, product
from math import exp, floor, log, prod
from random import Random
from typing import Any, TypeAlias

from hypothesis import strategies as st

Tree: TypeAlias = Sequence[Sequence[str]]
Label: TypeAlias = str | Collection[str]
Labels: TypeAlias = tuple[Label, ...]
Node: TypeAlias = tuple[int, ...]

# --- jobs ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A sensitive column and its rules: ``l`` with ``form`` (and ``c``), ``t`` with ``distance``; None asks nothing."""

    values: Sequence[str]
    l: int | None = None  # noqa: E741
    form: str = "distinct"
    c: Fraction | None = None
    t: Fraction | None = None
    distance: str = "equal"
    order: Sequence[str] = ()
    tree: Tree = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """``rows`` holds the quasi-identifiers' cells alone. Without ``persons`` every row is about somebody else."""

    rows: Sequence[Sequence[str]]
    trees: Sequence[Tree]
    weights: Sequence[Fraction]
    k: int
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    persons: Sequence[str] | None = None
    population: Sequence[Sequence[str]] | None = None
    rules: Mapping[str, Any] = field(default_factory=dict)
    """Of ``suppression`` (a share, 0 by default), ``max_risk``, ``average_risk``, ``k_map``, ``low``, ``high``."""

    def person(self, row: int) -> str:
        return str(row) if self.persons is None else self.persons[row]


# --- models, one class at a time -----------------------------------------------------------------------------------------


def effective(counts: Collection[int]) -> float:
    """Return how many equally likely values would be as uncertain: the l of entropy l-diversity that is just met."""
    total = sum(counts)
    return exp(-sum(n / total * log(n / total) for n in counts if n))


def entropy_diverse(counts: Collection[int], l: int) -> bool:  # noqa: E741
    """Tell whether −Σ p log p ≥ log l, without logarithms: n^n ≥ l^n · Π nᵢ^nᵢ."""
    total = sum(counts)
    return total**total >= l**total * prod(n**n for n in counts if n)


def recursive_diverse(counts: Collection[int], c: Fraction, l: int) -> bool:  # noqa: E741
    """Tell whether r₁ < c · (r_l + … + r_m), r₁ the most frequent."""
    falling = sorted((n for n in counts if n), reverse=True)
    return falling[0] < c * sum(falling[l - 1 :])


def shares(values: Sequence[str]) -> dict[str, Fraction]:
    return {value: Fraction(n, len(values)) for value, n in Counter(values).items()}


def equal_distance(p: Mapping[str, Fraction], q: Mapping[str, Fraction]) -> Fraction:
    return sum((abs(p.get(v, Fraction(0)) - q.get(v, Fraction(0))) for v in p.keys() | q.keys()), Fraction(0)) / 2


def ordered_distance(p: Mapping[str, Fraction], q: Mapping[str, Fraction], order: Sequence[str]) -> Fraction:
    """Carry earth along the line: the least surplus goes to the least gap, which is the cheapest way on a line."""
    surplus = [[at, p.get(v, Fraction(0)) - q.get(v, Fraction(0))] for at, v in enumerate(order)]
    have = [[at, more] for at, more in surplus if more > 0]
    want = [[at, -more] for at, more in surplus if more < 0]
    cost = Fraction(0)
    while have and want:
        carried = min(have[0][1], want[0][1])
        cost += carried * abs(have[0][0] - want[0][0])
        for side in (have, want):
            side[0][1] -= carried
            if not side[0][1]:
                side.pop(0)
    return cost / max(1, len(order) - 1)


def hierarchical_distance(p: Mapping[str, Fraction], q: Mapping[str, Fraction], tree: Tree) -> Fraction:
    """Sum over labels of height / H · min(what children have too much, what they lack), as published."""
    height = len(tree[0]) - 1
    cost = Fraction(0)

    def extra(leaves: Sequence[Sequence[str]], level: int) -> Fraction:
        """Return what is too much below a label, after costs were counted below and at it."""
        nonlocal cost
        if level == 0:
            return sum((p.get(row[0], Fraction(0)) - q.get(row[0], Fraction(0)) for row in leaves), Fraction(0))
        parts = [
            extra([row for row in leaves if row[level - 1] == label], level - 1)
            for label in dict.fromkeys(row[level - 1] for row in leaves)
        ]
        much, little = sum((x for x in parts if x > 0), Fraction(0)), -sum((x for x in parts if x < 0), Fraction(0))
        cost += Fraction(level, height) * min(much, little)
        return much - little

    extra(tree, height)
    return cost


def distance(secret: Secret, members: Sequence[int]) -> Fraction:
    """Return how far a class's values are from those of the whole table."""
    p, q = shares([secret.values[row] for row in members]), shares(secret.values)
    if secret.distance == "ordered":
        return ordered_distance(p, q, secret.order)
    if secret.distance == "hierarchical":
        return hierarchical_distance(p, q, secret.tree)
    return equal_distance(p, q)


def faults(job: Job, members: Sequence[int], labels: Labels) -> set[str]:
    """Return which models the class of some rows does not meet: ``k``, ``max_risk``, ``t of s1``, …"""
    found = set()
    people = len({job.person(row) for row in members})
    if people < job.k:
        found.add("k")
    risk = job.rules.get("max_risk")
    if risk is not None and Fraction(1, people) > risk:
        found.add("max_risk")
    for name, secret in job.secrets.items():
        counts = list(Counter(secret.values[row] for row in members).values())
        if secret.l is not None:
            diverse = {
                "distinct": lambda n=counts, s=secret: len(n) >= s.l,
                "entropy": lambda n=counts, s=secret: entropy_diverse(n, s.l),
                "recursive": lambda n=counts, s=secret: recursive_diverse(n, s.c, s.l),
            }[secret.form]
            if not diverse():
                found.add(f"{secret.form} of {name}")
        if secret.t is not None and distance(secret, members) > secret.t:
            found.add(f"t of {name}")
    if job.population is not None:
        sets = [leaves_of(tree, label) for tree, label in zip(job.trees, labels, strict=True)]
        fit = sum(all(cell in some for cell, some in zip(person, sets, strict=True)) for person in job.population)
        k_map, low, high = (job.rules.get(name) for name in ("k_map", "low", "high"))
        if k_map is not None and fit < k_map:
            found.add("k_map")
        if low is not None and people < low * fit:
            found.add("presence")
        if (low is not None or high is not None) and people > (1 if high is None else high) * fit:
            found.add("presence")
    return found


# --- written tables ------------------------------------------------------------------------------------------------------


def leaves_of(tree: Tree, label: Label) -> set[str]:
    """Return the values that a label may stand for; of a text that stands on several levels, all of them."""
    if not isinstance(label, str):
        return set(label)
    return {row[0] for row in tree if label in row}


def covers(tree: Tree, label: Label, value: str) -> bool:
    return value in leaves_of(tree, label)


def classes_of(labels: Sequence[Labels | None]) -> dict[Labels, list[int]]:
    """Return the written rows by their labels; sets are the same whatever the order of their values."""
    found: dict[Labels, list[int]] = {}
    for row, texts in enumerate(labels):
        if texts is not None:
            found.setdefault(tuple(map(_same, texts)), []).append(row)
    return found


def _same(label: Label) -> str | frozenset[str]:
    return label if isinstance(label, str) else frozenset(label)


def suppressible(job: Job) -> int:
    return floor(Fraction(job.rules.get("suppression", 0)) * len(job.rows))


def problems(job: Job, labels: Sequence[Labels | None], *, starred: int = 0) -> set[str]:
    """Return which rules a written table does not meet; ``starred`` rows were kept with ``*`` and count as suppressed."""
    classes = classes_of(labels)
    found = set()
    for texts, members in classes.items():
        found |= faults(job, members, texts)
    if sum(texts is None for texts in labels) + starred > suppressible(job):
        found.add("suppression")
    if not average_met(job, list(classes.values())):
        found.add("average_risk")
    return found


def average_met(job: Job, classes: Sequence[Sequence[int]]) -> bool:
    limit = job.rules.get("average_risk")
    people = sum(len({job.person(row) for row in members}) for members in classes)
    return limit is None or len(classes) <= limit * people


def uncovered(job: Job, labels: Sequence[Labels | None]) -> list[int]:
    """Return the rows with a label that is not true of what stood there."""
    return [
        row
        for row, (texts, cells) in enumerate(zip(labels, job.rows, strict=True))
        if texts is not None
        and not all(covers(tree, label, cell) for tree, label, cell in zip(job.trees, texts, cells, strict=True))
    ]


def label_loss(tree: Tree, label: Label) -> Fraction:
    """Return (share of the values covered − 1/D) / (1 − 1/D), and 0 where there is only one value."""
    if len(tree) == 1:
        return Fraction(0)
    one = Fraction(1, len(tree))
    return (Fraction(len(leaves_of(tree, label)), len(tree)) - one) / (1 - one)


def loss(job: Job, labels: Sequence[Labels | None]) -> Fraction:
    """Return the mean loss of all rows, 1 for those left out, in the weighted mean of the quasi-identifiers."""
    if not job.rows:
        return Fraction(0)
    total = Fraction(0)
    for column, (tree, weight) in enumerate(zip(job.trees, job.weights, strict=True)):
        written = Counter(None if texts is None else _same(texts[column]) for texts in labels)
        lost = sum(n * (1 if label is None else label_loss(tree, label)) for label, n in written.items())
        total += Fraction(weight) * lost / len(job.rows)
    return total / sum(Fraction(weight) for weight in job.weights)


# --- the best single level for each attribute ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """``node`` is the first of ``ties`` by: fewest rows suppressed, least sum of levels, least levels from the left."""

    node: Node
    loss: Fraction
    suppressed: int
    labels: Sequence[Labels | None]
    ties: tuple[Node, ...]


def nodes(job: Job) -> Iterator[Node]:
    return product(*(range(len(tree[0])) for tree in job.trees))


def generalised(job: Job, node: Node) -> list[Labels]:
    """Return every row's labels at a node."""
    maps = [{row[0]: row[level] for row in tree} for tree, level in zip(job.trees, node, strict=True)]
    return [tuple(labels[cell] for labels, cell in zip(maps, cells, strict=True)) for cells in job.rows]


def recoded(job: Job, node: Node) -> list[Labels | None]:
    """Return every row's labels at a node, None in classes that do not meet the models."""
    labels: list[Labels | None] = list(generalised(job, node))
    for texts, members in classes_of(labels).items():
        if faults(job, members, texts):
            for row in members:
                labels[row] = None
    return labels


def optimum(job: Job) -> Best | None:
    """Return the node of least loss whose rules are all met when what does not meet the models is left out; None if there is none."""
    found = []
    for node in nodes(job):
        labels = recoded(job, node)
        if not problems(job, labels):
            suppressed = sum(texts is None for texts in labels)
            found.append((loss(job, labels), suppressed, sum(node), node, labels))
    if not found:
        return None
    least, suppressed, _, node, labels = min(found, key=lambda one: one[:4])
    return Best(
        node=node,
        loss=least,
        suppressed=suppressed,
        labels=labels,
        ties=tuple(one[3] for one in found if one[0] == least),
    )


# --- random jobs ---------------------------------------------------------------------------------------------------------


def random_tree(rng: Random, name: str, leaves: int, *, missing: bool = False) -> list[list[str]]:
    """Return a hierarchy over ``leaves`` values, sometimes with levels that change nothing; ``missing`` makes one value the empty text.

    A label says which values it stands for, so that one text never stands for different sets.
    """
    values = [f"{name}{at}" for at in range(leaves)]
    if missing:
        values[rng.randrange(leaves)] = ""
    columns = [values]
    cuts = list(range(1, leaves))
    for _ in range(rng.randint(0, 2)):
        cuts = [cut for cut in cuts if rng.random() < 0.6]
        starts = [0, *cuts, leaves]
        groups = [values[first:last] for first, last in pairwise(starts)]
        columns.append([group[0] if len(group) == 1 else f"<{'|'.join(group)}>" for group in groups for _ in group])
    columns.append(["*"] * leaves)
    return [list(row) for row in zip(*columns, strict=True)]


def skewed(rng: Random, values: Sequence[str]) -> str:
    """Return one of some values, the first ones more often."""
    return values[min(rng.randrange(len(values)), rng.randrange(len(values)))]


def random_secret(rng: Random, rows: int, *, ruled: bool = True) -> Secret:
    tree = random_tree(rng, "s", rng.randint(1, 6), missing=rng.random() < 0.2)
    order = [row[0] for row in tree]
    form = rng.choice(("distinct", "entropy", "recursive"))
    kinds = rng.choice(("l", "t", "l", "t", "lt")) if ruled else ""
    return Secret(
        values=[skewed(rng, order) for _ in range(rows)],
        l=rng.choice((2, 2, 3)) if "l" in kinds else None,
        form=form,
        c=Fraction(rng.choice((5, 10, 15, 20, 30, 60)), 10) if form == "recursive" else None,
        t=Fraction(rng.choice((0, 5, 10, 20, 25, 30, 40, 50, 100)), 100) if "t" in kinds else None,
        distance=rng.choice(("equal", "ordered", "hierarchical")),
        order=order,
        tree=tree,
    )


def random_job(
    rng: Random,
    *,
    attributes: int = 4,
    rows: int = 60,
    secrets: int = 2,
    people: bool = True,
    population: bool = True,
    average: bool = True,
) -> Job:
    """Return a job of at most so many attributes, rows and sensitive columns.

    Some tables have missing cells, attributes of a single value, rows that are all equal, or levels that change nothing.
    """
    trees = [
        random_tree(rng, "abcd"[at], rng.choice((1, 2, 2, 3, 4, 5, 6)), missing=rng.random() < 0.2)
        for at in range(rng.randint(1, attributes))
    ]
    values = [[row[0] for row in tree] for tree in trees]
    count = rng.randint(min(5, rows), rows)
    table = [tuple(skewed(rng, column) for column in values) for _ in range(count)]
    if rng.random() < 0.05:
        table = [table[0]] * count
    rules: dict[str, Any] = {"suppression": rng.choice((Fraction(0), *(Fraction(n, 100) for n in (2, 5, 10, 30, 100))))}
    if rng.random() < 0.2:
        rules["max_risk"] = rng.choice([Fraction(n, 100) for n in (9, 20, 33, 50)])
    if average and rng.random() < 0.2:
        rules["average_risk"] = rng.choice([Fraction(n, 100) for n in (5, 10, 20, 30)])
    world = None
    if population and rng.random() < 0.25:
        others = rng.randint(0, count)
        world = [*table, *(tuple(skewed(rng, column) for column in values) for _ in range(others))]
        if rng.random() < 0.6:
            rules["k_map"] = rng.randint(2, 8)
        if rng.random() < 0.4:
            rules["low"] = Fraction(rng.choice((0, 20, 50)), 100)
        if rng.random() < 0.4:
            rules["high"] = Fraction(rng.choice((50, 75, 90, 100)), 100)
    return Job(
        rows=table,
        trees=trees,
        weights=[Fraction(rng.choice((1, 1, 2, 5)), 2) for _ in trees],
        k=rng.choice((2, 2, 3, 4, 5)),
        secrets={f"s{at}": random_secret(rng, count) for at in range(rng.randint(0, secrets))},
        persons=[f"p{rng.randrange(count)}" for _ in range(count)] if people and rng.random() < 0.3 else None,
        population=world,
        rules=rules,
    )


def jobs(**limits: Any) -> st.SearchStrategy[Job]:
    """Return a strategy of jobs, which shrink; ``limits`` are those of ``random_job``."""
    return st.randoms(use_true_random=False).map(lambda rng: random_job(rng, **limits))


def random_output(rng: Random, job: Job) -> list[Labels | None]:
    """Return some written table: of one node, as a careful or a careless recoding would leave it, sometimes locally recoded."""
    every = list(nodes(job))
    first = rng.choice(every)
    labels = recoded(job, first) if rng.random() < 0.7 else list(generalised(job, first))
    if rng.random() < 0.4:  # what was left out is written at another node
        second = generalised(job, rng.choice(every))
        labels = [other if texts is None else texts for texts, other in zip(labels, second, strict=True)]
    if rng.random() < 0.2:
        labels[rng.randrange(len(labels))] = None
    return labels
