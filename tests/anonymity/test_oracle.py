"""The oracle is judged first: by published tables, by optimal transport solved as a linear program, and by sums done by hand."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import linprog

from tests.anonymity import oracle
from tests.anonymity.oracle import Job, Secret

# --- Machanavajjhala, Gehrke, Kifer, Venkitasubramaniam: l-Diversity (ICDE 2006), figures 1 to 3 ----------------------------

INPATIENTS = [
    ("13053", "28", "Russian", "Heart Disease"),
    ("13068", "29", "American", "Heart Disease"),
    ("13068", "21", "Japanese", "Viral Infection"),
    ("13053", "23", "American", "Viral Infection"),
    ("14853", "50", "Indian", "Cancer"),
    ("14853", "55", "Russian", "Heart Disease"),
    ("14850", "47", "American", "Viral Infection"),
    ("14850", "49", "American", "Viral Infection"),
    ("13053", "31", "American", "Cancer"),
    ("13053", "37", "Indian", "Cancer"),
    ("13068", "36", "Japanese", "Cancer"),
    ("13068", "35", "American", "Cancer"),
]
ZIPS = [
    ["13053", "1305*", "130**", "1****", "*"],
    ["13068", "1306*", "130**", "1****", "*"],
    ["14850", "1485*", "148**", "1****", "*"],
    ["14853", "1485*", "148**", "1****", "*"],
]
AGES = [
    [age, "<30" if int(age) < 30 else "3*" if int(age) < 40 else "≥40", "≤40" if int(age) <= 40 else ">40", "*"]
    for age in sorted({row[1] for row in INPATIENTS})
]
NATIONS = [[nation, "*"] for nation in sorted({row[2] for row in INPATIENTS})]
FOUR_ANONYMOUS = (2, 1, 1)
THREE_DIVERSE = (1, 2, 1)


def inpatients(**rules: object) -> Job:
    secret = Secret(values=[row[3] for row in INPATIENTS], **rules)  # type: ignore[arg-type]
    return Job(
        rows=[row[:3] for row in INPATIENTS],
        trees=[ZIPS, AGES, NATIONS],
        weights=[Fraction(1)] * 3,
        k=4,
        secrets={"condition": secret},
    )


def diverse(node: oracle.Node, **rules: object) -> bool:
    job = inpatients(**rules)
    return not oracle.problems(job, oracle.generalised(job, node))


def test_the_inpatient_table_is_4_anonymous_and_of_its_two_recodings_one_is_3_diverse() -> None:
    assert diverse(FOUR_ANONYMOUS)
    assert not diverse(FOUR_ANONYMOUS, l=2)  # four with cancer: the homogeneity attack on Bob
    assert diverse(THREE_DIVERSE, l=3)
    assert not diverse(THREE_DIVERSE, l=4)


def test_the_3_diverse_table_has_entropy_2_8_diversity() -> None:
    """Published as "at least 2.8-diverse"; all three classes have 1, 1 and 2 of a condition, which is 2√2."""
    job = inpatients()
    classes = oracle.classes_of(oracle.generalised(job, THREE_DIVERSE))
    found = [oracle.effective(Counter(INPATIENTS[row][3] for row in members).values()) for members in classes.values()]
    assert found == pytest.approx([2 * math.sqrt(2)] * 3)
    assert min(found) >= 2.8
    assert diverse(THREE_DIVERSE, l=2, form="entropy")
    assert not diverse(THREE_DIVERSE, l=3, form="entropy")


@pytest.mark.parametrize(("l", "least"), [(2, 1), (3, 2)])
def test_the_3_diverse_table_has_recursive_diversity_above_a_c(l: int, least: int) -> None:  # noqa: E741
    """2 < c · (1 + 1) and 2 < c · 1, both strictly."""
    assert not diverse(THREE_DIVERSE, l=l, form="recursive", c=Fraction(least))
    assert diverse(THREE_DIVERSE, l=l, form="recursive", c=least + Fraction(1, 10**9))


def test_4_anonymity_of_the_inpatient_table_costs_what_a_hand_says() -> None:
    job = inpatients()
    # zip: 130** is 2 of 4 values, (2 − 1)/(4 − 1); 148** as well. Age: <30 is 4 of 12, 3* 4, ≥40 4, (4 − 1)/(12 − 1). Nation: all.
    assert oracle.loss(job, oracle.generalised(job, FOUR_ANONYMOUS)) == (Fraction(1, 3) + Fraction(3, 11) + 1) / 3
    labels = oracle.generalised(job, FOUR_ANONYMOUS)[:9] + [None] * 3
    kept = 9 * (Fraction(1, 3) + Fraction(3, 11) + 1) / 3
    assert oracle.loss(job, labels) == (kept + 3) / 12


# --- Li, Li, Venkatasubramanian: t-Closeness (ICDE 2007), tables 3 to 5 and figure 1 ----------------------------------------

SALARIES = {1: 3, 2: 4, 3: 5, 4: 6, 5: 11, 6: 8, 7: 7, 8: 9, 9: 10}
DISEASES = {
    1: "gastric ulcer", 2: "gastritis", 3: "stomach cancer", 4: "gastritis", 5: "flu", 6: "bronchitis",
    7: "bronchitis", 8: "pneumonia", 9: "stomach cancer",
}  # fmt: skip
CLOSE = [(1, 3, 8), (4, 5, 6), (2, 7, 9)]
TREE = [
    [disease, organ, system, "*"]
    for system, organs in {
        "respiratory": {
            "respiratory infection": ("flu", "pneumonia", "bronchitis"),
            "vascular lung": ("pulmonary edema", "pulmonary embolism"),
        },
        "digestive": {
            "stomach": ("gastric ulcer", "stomach cancer", "gastritis"),
            "colon": ("colitis", "colon cancer"),
        },
    }.items()
    for organ, diseases in organs.items()
    for disease in diseases
]


def salary_distance(*salaries: int) -> Fraction:
    order = [str(k) for k in sorted(SALARIES.values())]
    return oracle.ordered_distance(oracle.shares([str(k) for k in salaries]), oracle.shares(order), order)


def disease_distance(rows: tuple[int, ...]) -> Fraction:
    whole = oracle.shares(list(DISEASES.values()))
    return oracle.hierarchical_distance(oracle.shares([DISEASES[row] for row in rows]), whole, TREE)


def test_the_salaries_are_as_far_apart_as_published() -> None:
    assert salary_distance(3, 4, 5) == Fraction("0.375")
    assert round(float(salary_distance(6, 8, 11)), 3) == 0.167
    assert round(float(max(salary_distance(*(SALARIES[row] for row in rows)) for rows in CLOSE)), 3) == 0.167


def test_single_diseases_are_as_far_apart_as_published() -> None:
    for other, far in (("bronchitis", 1), ("pulmonary embolism", 2), ("stomach cancer", 3)):
        found = oracle.hierarchical_distance({"flu": Fraction(1)}, {other: Fraction(1)}, TREE)
        assert found == Fraction(far, 3)


def test_the_diseases_are_as_far_apart_as_the_published_formula_says() -> None:
    """Table 5 is captioned 0.278-close; its formula on its table gives 8/27 ≈ 0.296, as does PETWorks, and as optimal transport does.

    With nine rows, classes of three and three levels every distance is a whole number of 27ths, and 0.278 lies between 7 and 8.
    """
    found = [disease_distance(rows) for rows in CLOSE]
    assert found == [Fraction(7, 27), Fraction(8, 27), Fraction(5, 27)]
    whole = oracle.shares(list(DISEASES.values()))
    for rows, far in zip(CLOSE, found, strict=True):
        assert transport(oracle.shares([DISEASES[row] for row in rows]), whole, tree_distances(TREE)) == pytest.approx(
            float(far)
        )
    assert round(float(max(found)), 3) == 0.296


# --- optimal transport, solved as what it is --------------------------------------------------------------------------------

Ground = dict[tuple[str, str], float]


def transport(p: dict[str, Fraction], q: dict[str, Fraction], ground: Ground) -> float:
    """Return the least cost of turning one distribution into the other: min Σ f·d with the two distributions as margins."""
    values = sorted({a for a, _ in ground})
    cost = [ground[a, b] for a in values for b in values]
    count = len(values)
    margins = np.zeros((2 * count, count * count))
    for at in range(count):
        margins[at, at * count : (at + 1) * count] = 1
        margins[count + at, at::count] = 1
    limits = [float(side.get(value, 0)) for side in (p, q) for value in values]
    solved = linprog(cost, A_eq=margins, b_eq=limits, bounds=(0, None), method="highs")
    assert solved.status == 0
    return float(solved.fun)


def line_distances(order: list[str]) -> Ground:
    far = max(1, len(order) - 1)
    return {(a, b): abs(i - j) / far for i, a in enumerate(order) for j, b in enumerate(order)}


def tree_distances(tree: oracle.Tree) -> Ground:
    height = len(tree[0]) - 1
    return {
        (a[0], b[0]): 0 if a[0] == b[0] else next(level for level in range(1, height + 1) if a[level] == b[level]) / height
        for a in tree
        for b in tree
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_distances_are_those_of_optimal_transport(seed: int) -> None:
    rng = Random(seed)
    secret = oracle.random_secret(rng, rng.randint(5, 40))
    order = list(secret.order)
    p, q = oracle.shares(secret.values[: rng.randint(1, 5)]), oracle.shares(secret.values)
    same = {(a, b): float(a != b) for a in order for b in order}
    assert float(oracle.equal_distance(p, q)) == pytest.approx(transport(p, q, same), abs=1e-9)
    assert float(oracle.ordered_distance(p, q, order)) == pytest.approx(
        transport(p, q, line_distances(order)), abs=1e-9
    )
    assert float(oracle.hierarchical_distance(p, q, secret.tree)) == pytest.approx(
        transport(p, q, tree_distances(secret.tree)), abs=1e-9
    )


# --- models, labels and losses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_entropy_without_logarithms_is_entropy(seed: int) -> None:
    rng = Random(seed)
    counts = [rng.randint(1, 9) for _ in range(rng.randint(1, 6))]
    for l in (2, 3, 4):  # noqa: E741
        if abs(oracle.effective(counts) - l) > 1e-6:
            assert oracle.entropy_diverse(counts, l) is (oracle.effective(counts) > l)
    assert oracle.entropy_diverse([7] * len(counts), len(counts))  # equally frequent: exactly l


def test_labels_stand_for_their_values() -> None:
    assert oracle.leaves_of(ZIPS, "1485*") == {"14850", "14853"}
    assert oracle.leaves_of(ZIPS, "13053") == {"13053"}
    assert oracle.leaves_of(ZIPS, "*") == {row[0] for row in ZIPS}
    assert oracle.leaves_of(ZIPS, ["13053", "14850"]) == {"13053", "14850"}
    assert not oracle.covers(ZIPS, "148**", "13053")
    assert oracle.leaves_of(ZIPS, "unheard of") == set()
    assert [oracle.label_loss(ZIPS, label) for label in ("13053", "1305*", "130**", ("13053", "13068", "14850"), "*")] == [
        0, 0, Fraction(1, 3), Fraction(2, 3), 1,
    ]  # fmt: skip
    assert oracle.label_loss([["a", "*"]], "*") == 0  # a single value has nothing to lose


def test_sets_and_weights_and_rows_left_out() -> None:
    job = Job(rows=[("a", "x"), ("b", "x"), ("c", "y")], trees=[[["a", "*"], ["b", "*"], ["c", "*"]], [["x", "*"], ["y", "*"]]],
              weights=[Fraction(3), Fraction(1)], k=2)  # fmt: skip
    labels = [(("a", "b"), "x"), (("b", "a"), "x"), None]
    assert oracle.classes_of(labels) == {(frozenset("ab"), "x"): [0, 1]}
    assert oracle.loss(job, labels) == Fraction(3, 4) * Fraction(1 + 1 + 2, 2 * 3) + Fraction(1, 4) * Fraction(1, 3)
    assert oracle.uncovered(job, labels) == []
    assert oracle.uncovered(job, [("b", "x"), ("*", "y"), ("c", ("y",))]) == [0, 1]
    assert oracle.problems(job, labels) == {"suppression"}  # 1 of 3 where none may be


def test_each_rule_is_broken_by_a_table_that_breaks_only_it() -> None:
    tree = [["a", "*"], ["b", "*"]]

    def broken(rows: str, **rest: object) -> set[str]:
        job = Job(rows=list(rows), trees=[tree], weights=[Fraction(1)], **{"k": 2, **rest})  # type: ignore[arg-type]
        return oracle.problems(job, list(rows))  # type: ignore[arg-type]

    def secret(values: str, **rules: object) -> dict[str, Secret]:
        return {"s": Secret(values=values, order="xyz", **rules)}  # type: ignore[arg-type]

    assert broken("aabb") == set()
    assert broken("aaab") == {"k"}
    assert broken("aabb", persons="1123") == {"k"}
    assert broken("aabb", rules={"max_risk": Fraction("0.49")}) == {"max_risk"}
    assert broken("aabb", rules={"max_risk": Fraction("0.5")}) == set()
    assert broken("aabb", rules={"average_risk": Fraction("0.49")}) == {"average_risk"}
    assert broken("aabb", rules={"average_risk": Fraction("0.5")}) == set()
    assert broken("aabb", secrets=secret("xyxx", l=2)) == {"distinct of s"}
    assert broken("aaabb", secrets=secret("xxyxy", l=2, form="entropy")) == {"entropy of s"}
    assert broken("aaabb", secrets=secret("xxyxy", l=2, form="recursive", c=Fraction(2))) == {"recursive of s"}
    assert broken("aabb", secrets=secret("xyxx", t=Fraction("0.25"))) == set()
    assert broken("aabb", secrets=secret("xyxx", t=Fraction("0.24"))) == {"t of s"}
    assert broken("aabb", secrets=secret("xyxx", t=Fraction("0.125"), distance="ordered")) == set()
    assert broken("aabb", population="aabbb", rules={"k_map": 2}) == set()
    assert broken("aabb", population="aabbb", rules={"k_map": 3}) == {"k_map"}
    assert broken("aabb", population="aabbb", rules={"high": Fraction("0.99")}) == {"presence"}
    assert broken("aabb", population="aabbb", rules={"low": Fraction("0.67")}) == {"presence"}
    assert broken("aabb", population="aabbb", rules={"low": Fraction("0.66"), "high": Fraction(1)}) == set()
    assert broken("aabb", population="abb", rules={"low": Fraction(0)}) == {"presence"}  # more than there are


def test_the_optimum_of_a_table_that_a_hand_can_solve() -> None:
    tree = [["1", "1-2", "*"], ["2", "1-2", "*"], ["3", "3-4", "*"], ["4", "3-4", "*"]]
    job = Job(rows=["1", "2", "3", "4", "4"], trees=[tree], weights=[Fraction(1)], k=2)  # type: ignore[arg-type]
    best = oracle.optimum(job)
    assert best is not None
    assert (best.node, best.loss, best.suppressed) == ((1,), Fraction(1, 3), 0)
    # may 3 of 5 rows go, the 4s alone lose least: 3/5 against 1/3 of all; that is more than 1/3, so nothing changes …
    allowed = Job(rows=job.rows, trees=[tree], weights=job.weights, k=2, rules={"suppression": Fraction(3, 5)})
    best = oracle.optimum(allowed)
    assert best is not None
    assert (best.node, best.suppressed) == ((1,), 0)
    # … but where one 1 stands among many 4s, it does
    best = oracle.optimum(Job(rows=["1", *"444444444"], trees=[tree], weights=job.weights, k=2, rules=allowed.rules))
    assert best is not None
    assert (best.node, best.loss, best.suppressed) == ((0,), Fraction(1, 10), 1)
    assert oracle.optimum(Job(rows=["1"], trees=[tree], weights=job.weights, k=2)) is None


@settings(max_examples=60, deadline=None)
@given(oracle.jobs(attributes=3, rows=25))
def test_of_random_jobs_the_optimum_is_written_truly_and_meets_all_rules(job: Job) -> None:
    for tree, column in zip(job.trees, zip(*job.rows, strict=True), strict=True):
        assert set(column) <= {row[0] for row in tree}
        for finer, coarser in pairwise(zip(*tree, strict=True)):
            assert len(set(zip(finer, coarser, strict=True))) == len(set(finer))
        labels = {label for row in tree for label in row}
        assert all(len(oracle.leaves_of(tree, label)) >= 1 for label in labels)
    best = oracle.optimum(job)
    if best is None:
        return
    assert oracle.problems(job, best.labels) == set()
    assert oracle.uncovered(job, best.labels) == []
    assert best.node == min(best.ties, key=lambda node: (_suppressed(job, node), sum(node), node))
    for node in best.ties:
        assert oracle.loss(job, oracle.recoded(job, node)) == best.loss


def _suppressed(job: Job, node: oracle.Node) -> int:
    return sum(labels is None for labels in oracle.recoded(job, node))


def test_random_jobs_hold_what_breaks_programs() -> None:
    """Over 400 jobs each oddity occurs: the rarest is asked of 1 job in 20, missed by all with a chance below 1e-8."""
    seen: Counter[str] = Counter()
    for seed in range(400):
        job = oracle.random_job(Random(seed))
        columns = list(zip(*job.rows, strict=True))
        seen["missing"] += any("" in column for column in columns)
        seen["single valued"] += any(len(tree) == 1 for tree in job.trees)
        seen["all equal"] += len(job.trees) > 1 and len(set(job.rows)) == 1
        seen["idle level"] += any(
            any(len(set(a)) == len(set(b)) for a, b in pairwise(zip(*tree, strict=True))) for tree in job.trees
        )
        seen["absent value"] += any(set(c) < {row[0] for row in t} for c, t in zip(columns, job.trees, strict=True))
        seen["people"] += job.persons is not None
        seen["population"] += job.population is not None
        seen["two secrets"] += len(job.secrets) == 2
        best_or_none = oracle.optimum(job) if len(job.rows) < 20 else job
        seen["impossible"] += best_or_none is None
    assert min(seen.values()) > 0, seen
    assert len(seen) == 9
