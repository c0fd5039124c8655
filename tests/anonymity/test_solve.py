"""Whatever is decided, the oracle accepts it, and the exact search finds what trying every node finds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from secureprofile.anonymity.classes import Classes, Histogram, People, grouped
from secureprofile.anonymity.cover import NORMAL, cover, visited_nodes
from secureprofile.anonymity.hierarchy import Hierarchy
from secureprofile.anonymity.loss import Space
from secureprofile.anonymity.models import models_of
from secureprofile.anonymity.solve import CannotBeMet, Solution, Task, solve
from secureprofile.policy.anonymity import Anonymity
from tests.anonymity import oracle
from tests.anonymity.oracle import Job, Labels

METHODS = ["local", "global", "mondrian", "mdav"]


def rules_of(job: Job) -> Anonymity:
    rules = dict(job.rules)
    section: dict[str, Any] = {
        "quasi_identifiers": {f"q{at}": "suppress" for at in range(len(job.trees))},
        "k": job.k,
        "suppression": float(rules.pop("suppression", 0)),
        "sensitive": {},
    }
    inside = {"k_map": "k", "low": "low", "high": "high"}
    population = {inside[name]: rules.pop(name) for name in inside if name in rules}
    if population:
        section["population"] = {"file": "people.csv", **{name: written(one) for name, one in population.items()}}
    section |= {name: written(one) for name, one in rules.items()}
    for name, secret in job.secrets.items():
        asked = {"l": secret.l, "form": secret.form, "c": secret.c, "t": secret.t, "distance": secret.distance}
        section["sensitive"][name] = {key: written(one) for key, one in asked.items() if one is not None}
    return Anonymity.model_validate(section)


def written(value: Any) -> Any:
    """A fraction that a policy can hold: as decimals, or the test would ask the two sides different things."""
    if not isinstance(value, Fraction):
        return value
    number = Decimal(value.numerator) / Decimal(value.denominator)
    assert Fraction(number) == value
    return number


def values_of(secret: oracle.Secret) -> list[str]:
    """All values that the distance knows, in the order of the hierarchy's leaves where there is one."""
    return (
        list(Hierarchy.from_rows("s", secret.tree).leaves)
        if secret.distance == "hierarchical"
        else sorted(secret.order)
    )


def space_of(job: Job) -> Space:
    trees = tuple(Hierarchy.from_rows(f"q{at}", tree) for at, tree in enumerate(job.trees))
    everybody = [*job.rows, *(job.population or ())]
    columns = [np.array([tree.places[row[at]] for row in everybody], np.int32) for at, tree in enumerate(trees)]
    codes, places = grouped(columns, [len(tree.leaves) for tree in trees])
    mine = places[: len(job.rows)]
    histograms = []
    for secret in job.secrets.values():
        values = values_of(secret)
        pairs = Counter(zip(mine.tolist(), map(values.index, secret.values), strict=True))
        histograms.append(
            Histogram(
                place=np.array([place for place, _ in pairs], np.int32),
                value=np.array([value for _, value in pairs], np.int32),
                rows=np.array([*pairs.values()], np.int64),
                totals=np.array([secret.values.count(value) for value in values]),
            )
        )
    pairs_ = None
    if job.persons is not None:
        people = sorted(set(job.persons))
        both = sorted(set(zip(mine.tolist(), map(people.index, job.persons), strict=True)))
        pairs_ = People(place=np.array([a for a, _ in both], np.int32), person=np.array([b for _, b in both], np.int32))
    table = Classes(
        codes=codes,
        rows=np.bincount(mine, minlength=len(codes)),
        histograms=tuple(histograms),
        pairs=pairs_,
        population=None if job.population is None else np.bincount(places[len(job.rows) :], minlength=len(codes)),
    )
    return Space(table=table, hierarchies=trees, weights=tuple(map(float, job.weights)))


def task_of(job: Job, **kinds: Any) -> Task:
    distances: dict[str, Any] = {}
    for name, secret in job.secrets.items():
        if secret.distance == "ordered":
            distances[name] = [*map(list(secret.order).index, values_of(secret))]
        elif secret.distance == "hierarchical":
            distances[name] = Hierarchy.from_rows(name, secret.tree)
    models = models_of(rules_of(job), list(job.secrets), distances)
    return Task(models=models, suppression=Fraction(job.rules.get("suppression", 0)), **kinds)


def labels_of(job: Job, space: Space, solution: Solution, *, sets: bool) -> list[Labels | None]:
    """Return each row's labels: texts of the hierarchy, or the sets of values that stand together."""
    leaf = [tree.places for tree in space.hierarchies]
    place_of = {
        tuple(codes): place for codes, place in zip(space.table.codes.tolist(), solution.place.tolist(), strict=True)
    }
    places = [place_of[tuple(leaf[at][cell] for at, cell in enumerate(row))] for row in job.rows]
    members: dict[int, list[tuple[str, ...]]] = {}
    for place, row in zip(places, job.rows, strict=True):
        members.setdefault(place, []).append(tuple(row))
    found: list[Labels | None] = []
    for place in places:
        if place < 0:
            found.append(None)
        elif sets:
            found.append(tuple(frozenset(cells) for cells in zip(*members[place], strict=True)))
        else:
            found.append(tuple(one.texts[one.codes[place]] for one in solution.labels))
    return found


def small(seed: int, **limits: Any) -> Job:
    return oracle.random_job(Random(seed), **{"attributes": 3, "rows": 40, **limits})


@pytest.mark.parametrize("seed", range(250))
def test_the_exact_search_finds_the_optimum(seed: int) -> None:
    job = small(seed)
    space, task = space_of(job), task_of(job, method="global")
    best = oracle.optimum(job)
    if best is None or best.suppressed == len(job.rows):  # nothing would be left to hand out
        with pytest.raises(CannotBeMet):
            solve(space, task)
        return
    solution = solve(space, task)
    assert solution.node in best.ties
    assert solution.loss == pytest.approx(float(oracle.loss(job, oracle.recoded(job, solution.node))), abs=1e-9)
    assert solution.bound == pytest.approx(float(best.loss), abs=1e-9)


@pytest.mark.parametrize("labels", ["hierarchy", "sets"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(60))
def test_no_output_is_unsafe(seed: int, method: str, labels: str) -> None:
    job = small(1000 + seed, population=method == "global")
    space = space_of(job)
    try:
        solution = solve(space, task_of(job, method=method, labels=labels))
    except CannotBeMet:
        if method != "global":  # one class of all rows is a way out that every method has
            assert oracle.problems(job, [("*",) * len(job.trees)] * len(job.rows))
        return
    sets = labels == "sets" and solution.levels is None
    output = labels_of(job, space, solution, sets=sets)
    assert not oracle.problems(job, output)
    assert not oracle.uncovered(job, output)
    assert solution.suppressed == sum(one is None for one in output)
    if not sets:
        assert solution.loss == pytest.approx(float(oracle.loss(job, output)), abs=1e-9)


@settings(deadline=None)
@given(oracle.jobs(attributes=3, rows=25, population=False))
def test_the_order_of_rows_changes_nothing(job: Job) -> None:
    order = [*range(len(job.rows))]
    Random(7).shuffle(order)
    shuffled = replace(
        job,
        rows=[job.rows[at] for at in order],
        persons=None if job.persons is None else [job.persons[at] for at in order],
        secrets={n: replace(s, values=[s.values[at] for at in order]) for n, s in job.secrets.items()},
    )
    found = []
    for one in (job, shuffled):
        space = space_of(one)
        try:
            found.append(labels_of(one, space, solve(space, task_of(one)), sets=False))
        except CannotBeMet:
            found.append(None)
    if found[0] is None or found[1] is None:
        assert found[0] is found[1]
    else:
        assert [found[0][at] for at in order] == found[1]


def test_a_lattice_too_large_is_thinned_and_still_covered() -> None:
    rng = np.random.default_rng(3)
    trees = [Hierarchy.from_rows(f"q{at}", [[str(v), f"{v // 2}+", "*"] for v in range(6)]) for at in range(12)]
    columns = [rng.integers(0, 6, 400).astype(np.int32) for _ in trees]
    codes, places = grouped(columns, [6] * 12)
    space = Space(table=Classes(codes=codes, rows=np.bincount(places)), hierarchies=tuple(trees), weights=(1.0,) * 12)
    assert space.nodes == 3**12
    assert len(visited_nodes(space)) <= 40_000
    job = task_of(Job(rows=[["0"]], trees=[[["0", "*"]]], weights=[Fraction(1)], k=3))
    found = cover(space, job.models, limits=NORMAL)
    sizes = np.bincount(found.place[found.place >= 0], weights=space.table.rows[found.place >= 0])
    assert sizes.min() >= 3
    assert (found.place < 0).sum() < 3


def test_average_risk_is_met_by_larger_classes() -> None:
    plain = {"secrets": 0, "people": False, "population": False, "average": False}
    job = next(one for seed in range(99) if len((one := small(seed, **plain)).rows) >= 32)
    asked = replace(job, k=2, rules={"suppression": Fraction(0), "average_risk": Fraction(1, 8)})
    space = space_of(asked)
    solution = solve(space, task_of(asked))
    assert len(solution.sizes) <= ceil(len(asked.rows) / 8)
