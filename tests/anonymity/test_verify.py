"""The judge of a written file accepts exactly what the oracle accepts, to the last row at each threshold, and says no value."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from secureprofile.anonymity.verify import Class, NotMet, verify
from secureprofile.errors import Refused
from secureprofile.policy.anonymity import Anonymity
from tests.anonymity import oracle
from tests.anonymity.oracle import Job, Labels

SPOKEN = {
    r"k-anonymity:": "k",
    r"max risk:": "max_risk",
    r"average risk:": "average_risk",
    r"suppression:": "suppression",
    r"k-map:": "k_map",
    r"presence:": "presence",
    r"(distinct|entropy) l-diversity of (\w+):": r"\1 of \2",
    r"(recursive) \(c,l\)-diversity of (\w+):": r"\1 of \2",
    r"(t)-closeness of (\w+):": r"\1 of \2",
}
"""How a problem begins → what the oracle calls it."""


def called(problem: str) -> str:
    for pattern, name in SPOKEN.items():
        match = re.match(pattern, problem)
        if match:
            return match.expand(name)
    raise AssertionError(problem)


def policy(k: int = 2, *, sensitive: Mapping[str, Any] | None = None, **rest: Any) -> Anonymity:
    section = {
        "quasi_identifiers": {"age": "suppress"},
        "k": k,
        "sensitive": sensitive or {},
        "suppression": "0",
        **rest,
    }
    return Anonymity.model_validate(section)


def judged(
    rules: Anonymity,
    classes: Iterable[Class],
    *,
    suppressed: int = 0,
    rows_before: int | None = None,
    distributions: Mapping[str, Mapping[str, int]] | None = None,
    orders: Mapping[str, Sequence[str]] | None = None,
    trees: Mapping[str, oracle.Tree] | None = None,
) -> set[str]:
    """Return what the judge objects to, in the oracle's words."""
    classes = list(classes)
    gone = suppressed if rules.suppressed == "drop" else 0
    try:
        verify(
            rules,
            iter(classes),
            rows_before=sum(one.rows for one in classes) + gone if rows_before is None else rows_before,
            suppressed=suppressed,
            distributions=distributions or {},
            orders=orders or {},
            trees=trees or {},
        )
    except NotMet as refused:
        return {called(problem) for problem in refused.problems} or {"nothing"}
    return set()


def exact(number: Fraction | None) -> Decimal | None:
    """Return a fraction of hundredths as a policy writes it."""
    return None if number is None else Decimal(number.numerator) / Decimal(number.denominator)


def rules_of(job: Job, suppressed: str) -> Anonymity:
    population = {name: job.rules.get(key) for name, key in (("k", "k_map"), ("low", "low"), ("high", "high"))}
    return policy(
        job.k,
        sensitive={
            name: {"l": s.l, "form": s.form, "c": exact(s.c), "t": exact(s.t), "distance": s.distance}
            for name, s in job.secrets.items()
        },
        max_risk=exact(job.rules.get("max_risk")),
        average_risk=exact(job.rules.get("average_risk")),
        suppression=exact(job.rules["suppression"]),
        suppressed=suppressed,
        population=None
        if job.population is None
        else {
            "file": "people.csv",
            "k": population["k"],
            "low": exact(population["low"]),
            "high": exact(population["high"]),
        },
    )


def written(job: Job, labels: Sequence[Labels | None]) -> list[Class]:
    """Count the classes of a written table, as an engine would."""
    rows: Counter[Labels] = Counter(texts for texts in labels if texts is not None)
    return [
        Class(
            rows=count,
            people=len({job.person(at) for at, other in enumerate(labels) if other == texts}),
            sensitive={
                name: Counter(value for value, other in zip(secret.values, labels, strict=True) if other == texts)
                for name, secret in job.secrets.items()
            },
            population=None
            if job.population is None
            else sum(
                all(any(cell == row[0] and label in row for row in tree) for tree, label, cell in zip(job.trees, texts, p, strict=True))
                for p in job.population
            ),
        )
        for texts, count in rows.items()
    ]  # fmt: skip


def judged_job(job: Job, labels: Sequence[Labels | None], *, starred: int | None = None) -> set[str]:
    return judged(
        rules_of(job, "drop" if starred is None else "star"),
        written(job, labels),
        rows_before=len(job.rows),
        suppressed=sum(texts is None for texts in labels) if starred is None else starred,
        distributions={name: Counter(s.values) for name, s in job.secrets.items()},
        orders={name: s.order for name, s in job.secrets.items()},
        trees={name: s.tree for name, s in job.secrets.items()},
    )


def test_it_objects_to_what_the_oracle_objects_to() -> None:
    """900 written tables, each rule's verdict compared. Seeded, so what is counted at the end cannot change by chance."""
    accepted, objections = 0, Counter[str]()
    for seed in range(900):
        rng = Random(seed)
        job = oracle.random_job(rng)
        labels = oracle.random_output(rng, job)
        if rng.random() < 0.3:  # suppressed rows are kept, with labels that say nothing
            starred = sum(texts is None for texts in labels)
            labels = [("*",) * len(job.trees) if texts is None else texts for texts in labels]
            expected, found = oracle.problems(job, labels, starred=starred), judged_job(job, labels, starred=starred)
        else:
            expected, found = oracle.problems(job, labels), judged_job(job, labels)
        assert found == expected, seed
        accepted += not found
        objections.update(name.split(" of ")[0] for name in found)
    assert accepted >= 150
    assert 900 - accepted >= 150
    assert set(objections) == {
        "k", "max_risk", "average_risk", "suppression", "k_map", "presence", "distinct", "entropy", "recursive", "t",
    }  # fmt: skip
    assert min(objections.values()) >= 20, objections


def test_it_accepts_every_optimum_of_the_oracle() -> None:
    found = 0
    for seed in range(120):
        job = oracle.random_job(Random(seed), attributes=3, rows=40)
        best = oracle.optimum(job)
        if best is not None:
            assert judged_job(job, best.labels) == set(), seed
            found += 1
    assert found >= 60


# --- thresholds, met exactly and missed by the least there is ----------------------------------------------------------------


def one(*values: int, people: int | None = None, population: int | None = None) -> Class:
    """Make a class with so many rows of each sensitive value v0, v1, …"""
    rows = sum(values)
    counts = {f"v{at}": count for at, count in enumerate(values)}
    return Class(rows=rows, people=rows if people is None else people, sensitive={"s": counts}, population=population)


def test_k_counts_people_and_is_met_by_k() -> None:
    assert judged(policy(3), [one(9, people=3), one(3)]) == set()
    assert judged(policy(3), [one(9, people=2), one(3)]) == {"k"}


@pytest.mark.parametrize(("risk", "least"), [("0.2", 5), ("0.09", 12), ("0.33", 4), ("0.5", 2)])
def test_the_largest_risk_is_one_over_the_smallest_class(risk: str, least: int) -> None:
    assert judged(policy(2, max_risk=risk), [one(least)]) == set()
    assert "max_risk" in judged(policy(2, max_risk=risk), [one(least - 1)])


def test_the_average_risk_is_classes_per_person() -> None:
    assert judged(policy(2, average_risk="0.3"), [one(2), one(3), one(5)]) == set()
    assert judged(policy(2, average_risk="0.3"), [one(2), one(3), one(4)]) == {"average_risk"}
    assert judged(policy(2, average_risk="0.3"), [one(9, people=2), one(3), one(4)]) == {"average_risk"}
    assert judged(policy(2, average_risk="0.3", suppression="1"), [], suppressed=10) == set()  # nobody, no risk


@pytest.mark.parametrize(
    ("limit", "rows", "most"), [("0.02", 30162, 603), ("0.1", 10, 1), ("0.29", 100, 29), ("0", 5, 0), ("1", 5, 5)]
)
def test_suppression_is_a_share_of_rows_as_people_write_it(limit: str, rows: int, most: int) -> None:
    """0.1 · 10 and 0.29 · 100 are 1 and 29, although binary fractions make 28.999… of the latter."""
    rules = policy(2, suppression=limit, suppressed="star")
    assert judged(rules, [one(rows)], suppressed=most) == set()
    if most < rows:
        assert judged(rules, [one(rows)], suppressed=most + 1) == {"suppression"}


def test_distinct_values_with_no_row_do_not_count() -> None:
    rules = policy(2, sensitive={"s": {"l": 3}})
    assert judged(rules, [one(1, 1, 1)]) == set()
    assert judged(rules, [one(1, 1, 0)]) == {"distinct of s"}


@pytest.mark.parametrize("l", [2, 3, 5, 7, 10, 50])
@pytest.mark.parametrize("each", [1, 3, 11, 10_007])
def test_l_values_of_equal_frequency_have_entropy_l(l: int, each: int) -> None:  # noqa: E741
    rules = policy(2, sensitive={"s": {"l": l, "form": "entropy"}})
    assert judged(rules, [one(*[each] * l)]) == set()
    if each < 10_000:  # one row in 10⁸ makes a difference below any rounding
        assert judged(rules, [one(*[each] * (l - 1), each + 1)]) == {"entropy of s"}


@pytest.mark.parametrize(("c", "met"), [("2", False), ("2.0001", True)])
def test_recursive_diversity_is_strict(c: str, met: bool) -> None:
    rules = policy(2, sensitive={"s": {"l": 3, "form": "recursive", "c": c}})
    assert judged(rules, [one(4, 3, 1, 1)]) == (set() if met else {"recursive of s"})


def test_recursive_diversity_of_fewer_than_l_values_is_not_met() -> None:
    rules = policy(2, sensitive={"s": {"l": 3, "form": "recursive", "c": "1000000"}})
    assert judged(rules, [one(4, 4)]) == {"recursive of s"}


@pytest.mark.parametrize("seed", range(80))
def test_t_is_met_exactly_and_not_a_trillionth_below(seed: int) -> None:
    rng = Random(seed)
    secret = oracle.random_secret(rng, rng.randint(5, 60))
    members = rng.sample(range(len(secret.values)), rng.randint(2, 5))
    far = oracle.distance(secret, members)
    digits = Decimal("1e-12")
    number = Decimal(far.numerator) / Decimal(far.denominator)
    above, below = (number.quantize(digits, rounding=way) for way in (ROUND_CEILING, ROUND_FLOOR))
    few = Class(
        rows=len(members),
        people=len(members),
        sensitive={"s": Counter(secret.values[row] for row in members)},
    )

    def verdict(t: Decimal) -> set[str]:
        return judged(
            policy(2, sensitive={"s": {"t": t, "distance": secret.distance}}, suppression="1"),
            [few],
            suppressed=len(secret.values) - len(members),
            distributions={"s": Counter(secret.values)},
            orders={"s": secret.order},
            trees={"s": secret.tree},
        )

    assert verdict(above) == set()
    if Fraction(below) == far:
        below -= digits
    if below >= 0:
        assert verdict(below) == {"t of s"}


def test_the_published_salaries_meet_the_published_t() -> None:
    """Li et al. 2007, table 5: distances 1/6, 1/6 and 1/12 by salary, printed as 0.167; by disease 8/27 (see the oracle's test)."""
    order = ["3", "4", "5", "6", "7", "8", "9", "10", "11"]
    classes = [
        Class(rows=3, people=3, sensitive={"s": dict.fromkeys(salaries, 1)})
        for salaries in (["3", "5", "9"], ["6", "11", "8"], ["4", "7", "10"])
    ]

    def verdict(t: str) -> set[str]:
        rules = policy(3, sensitive={"s": {"t": t, "distance": "ordered"}})
        return judged(rules, classes, distributions={"s": dict.fromkeys(order, 1)}, orders={"s": order})

    assert verdict("0.167") == set()
    assert verdict("0.166") == {"t of s"}


def test_what_the_population_must_show() -> None:
    def verdict(rule: Mapping[str, Any], *classes: Class) -> set[str]:
        return judged(policy(2, population={"file": "people.csv", **rule}), classes)

    assert verdict({"k": 7}, one(2, population=7)) == set()
    assert verdict({"k": 7}, one(2, population=6)) == {"k_map"}
    assert verdict({"low": "0.2", "high": "0.4"}, one(2, population=10), one(4, population=10)) == set()
    assert verdict({"low": "0.2", "high": "0.4"}, one(2, population=11)) == {"presence"}
    assert verdict({"low": "0.2", "high": "0.4"}, one(4, population=9)) == {"presence"}
    assert verdict({"low": "0"}, one(2, population=1)) == {"presence"}  # people whom the population does not have
    assert verdict({"high": "1"}, one(2, population=0)) == {"presence"}
    assert verdict({}, one(2)) == set()


# --- two classes that meet every rule, joined ---------------------------------------------------------------------------------


counts = st.lists(st.integers(0, 12), min_size=3, max_size=6).filter(lambda rows: sum(rows) >= 2)


@given(st.data())
def test_joining_two_classes_that_meet_the_models_gives_one_that_does(data: st.DataObject) -> None:
    """What lets bounds be inherited: thresholds are put where the worse of two classes just meets them."""
    first = data.draw(counts)
    second, rest = (
        data.draw(st.lists(st.integers(0, 12), min_size=len(first), max_size=len(first)).filter(lambda r: sum(r) >= 2))
        for _ in range(2)
    )
    joined = [a + b for a, b in zip(first, second, strict=True)]
    values = [f"v{at}" for at in range(len(first))]
    whole = {value: a + b for value, a, b in zip(values, joined, rest, strict=True)}
    fit = [sum(rows) + data.draw(st.integers(0, 9)) for rows in (first, second)]
    form = data.draw(st.sampled_from(("distinct", "entropy", "recursive")))
    distance = data.draw(st.sampled_from(("equal", "ordered", "hierarchical")))
    tree = [[value, f"g{at // 2}", f"h{at // 4}", "*"] for at, value in enumerate(values)]
    secret = oracle.Secret(
        values=[value for value, rows in whole.items() for _ in range(rows)], distance=distance, order=values, tree=tree
    )
    places = {value: secret.values.index(value) for value in whole if whole[value]}
    far = max(
        oracle.distance(secret, [places[value] for value, rows in zip(values, part, strict=True) for _ in range(rows)])
        for part in (first, second)
    )
    different = [sum(rows > 0 for rows in part) for part in (first, second)]
    l, c = min(different), None  # noqa: E741
    if form == "entropy":
        l = math.floor(min(map(oracle.effective, (first, second))) + 1e-12)  # noqa: E741
    assume(l >= 2)
    if form == "recursive":
        worst = max(Fraction(max(part), sum(sorted(part, reverse=True)[l - 1 :])) for part in (first, second))
        c = Decimal(math.floor(worst * 1000) + 1) / 1000
    presence = [Fraction(sum(part), people) for part, people in zip((first, second), fit, strict=True)]
    low, high = (
        Decimal(way(x * 10**6)) / 10**6 for way, x in ((math.floor, min(presence)), (math.ceil, max(presence)))
    )
    rules = policy(
        min(sum(first), sum(second)),
        sensitive={
            "s": {
                "l": l,
                "form": form,
                "c": c,
                "t": min(Decimal(1), Decimal(math.ceil(far * 10**12)) / 10**12),
                "distance": distance,
            }
        },
        population={"file": "people.csv", "k": min(fit), "low": low, "high": high},
        suppression="1",
    )

    def verdict(*classes: Class) -> set[str]:
        written = sum(each.rows for each in classes)
        total = sum(whole.values())
        return judged(
            rules,
            classes,
            suppressed=total - written,
            distributions={"s": whole},
            orders={"s": values},
            trees={"s": tree},
        )

    assert verdict(one(*first, population=fit[0]), one(*second, population=fit[1])) == set()
    assert verdict(one(*joined, population=sum(fit))) == set()


# --- what it says, and what it does not take -----------------------------------------------------------------------------------


def test_all_rules_are_named_with_the_worst_number_and_no_value() -> None:
    rules = policy(
        4,
        sensitive={"diagnosis": {"l": 2, "t": "0.1"}, "income": {"l": 2, "form": "entropy"}},
        max_risk="0.2",
        average_risk="0.1",
        population={"file": "people.csv", "k": 9, "low": "0.5"},
        suppression="0.05",
    )
    classes = [
        Class(rows=3, people=2, sensitive={"diagnosis": {"gout": 3}, "income": {"rich": 2, "poor": 1}}, population=8),
        Class(rows=3, people=3, sensitive={"diagnosis": {"gout": 3}, "income": {"rich": 3}}, population=4),
        Class(rows=8, people=8, sensitive={"diagnosis": {"flu": 4, "gout": 4}, "income": {"rich": 4, "poor": 4}}, population=9),
    ]  # fmt: skip
    with pytest.raises(NotMet) as caught:
        verify(
            rules,
            classes,
            rows_before=20,
            suppressed=6,
            distributions={"diagnosis": {"gout": 12, "flu": 8}},
            orders={},
            trees={},
        )
    assert caught.value.problems == (
        "k-anonymity: 2 classes have fewer than 4 people, the smallest 2",
        "max risk: 2 classes have a risk above 0.2, the smallest has 2 people",
        "distinct l-diversity of diagnosis: 2 classes have fewer than 2 values, the fewest 1",
        "t-closeness of diagnosis: 2 classes have a distance above 0.1 (equal), the farthest 0.4",
        "entropy l-diversity of income: 2 classes have less uncertainty than 2 values, the worst that of 1",
        "k-map: 2 classes have labels that fewer than 9 of the population fit, the fewest 4",
        "presence: 1 class has a share below 0.5 of the population, the least 0.25",
        "average risk: 3 classes for 13 people, 0.2308, limit 0.1",
        "suppression: 6 of 20 rows suppressed, at most 1 may be",
    )
    assert isinstance(caught.value, Refused)
    assert caught.value.exit_code == 1
    assert caught.value.hint
    assert not {"gout", "flu", "rich", "poor"} & set(re.findall(r"\w+", str(caught.value) + caught.value.hint))


@pytest.mark.parametrize(("kept", "written", "suppressed"), [("drop", 8, 1), ("drop", 8, 3), ("star", 8, 2), ("star", 11, 0)])  # fmt: skip
def test_rows_that_are_missing_or_too_many_are_noticed(kept: str, written: int, suppressed: int) -> None:
    rules = policy(2, suppression="1", suppressed=kept)
    with pytest.raises(NotMet, match=r"rows: \d+ written and \d suppressed"):
        verify(rules, [one(written)], rows_before=10, suppressed=suppressed, distributions={}, orders={}, trees={})


def test_a_value_without_a_place_is_refused_and_not_named() -> None:
    def refused(distance: str, whole: Mapping[str, int], order: Sequence[str]) -> str:
        with pytest.raises(NotMet) as caught:
            verify(
                policy(2, sensitive={"s": {"t": "1", "distance": distance}}),
                [Class(rows=4, people=4, sensitive={"s": {"planted": 2, "b": 2}})],
                rows_before=4,
                suppressed=0,
                distributions={"s": whole},
                orders={"s": order},
                trees={"s": [[value, "*"] for value in order]},
            )
        assert "planted" not in str(caught.value)
        return str(caught.value)

    for distance in ("equal", "ordered", "hierarchical"):
        assert "that the table before does not" in refused(distance, {"a": 2, "b": 2}, ["a", "b", "planted"])
    assert "1 of the table's values without a place in its order" in refused(
        "ordered", {"planted": 2, "b": 2}, ["a", "b"]
    )
    assert "without a place in its hierarchy" in refused("hierarchical", {"planted": 2, "b": 2}, ["a", "b"])


def test_arguments_that_contradict_each_other_are_a_bug() -> None:
    def wrong(
        message: str,
        rule: Mapping[str, Any],
        *classes: Class,
        whole: Mapping[str, int] | None = None,
        order: Sequence[str] = ("v0", "v1"),
        tree: oracle.Tree = (("v0", "*"), ("v1", "*")),
        **rest: Any,
    ) -> None:
        with pytest.raises(ValueError, match=message):
            judged(
                policy(2, sensitive={"s": rule}, **rest),
                classes,
                distributions={} if whole is None else {"s": whole},
                orders={"s": order},
                trees={"s": tree},
            )

    good = {"v0": 1, "v1": 1}
    wrong("do not add up to its rows", {"l": 2}, Class(rows=2, people=2, sensitive={"s": {"v0": 1}}))
    wrong("do not add up to its rows", {"l": 2}, Class(rows=2, people=2))
    wrong("not more people than rows", {}, Class(rows=2, people=3))
    wrong("at least one row", {}, Class(rows=0, people=0))
    wrong("does not add up to the rows of the table", {"t": "0.2"}, one(1, 1))
    wrong("does not add up to the rows of the table", {"t": "0.2"}, one(1, 1), whole={"v0": 1, "v1": 2})
    wrong("a value twice", {"t": "0.2", "distance": "ordered"}, one(1, 1), whole=good, order=["v0", "v1", "v0"])
    wrong(
        "no single root",
        {"t": "0.2", "distance": "hierarchical"},
        one(1, 1),
        whole=good,
        tree=[["v0", "a"], ["v1", "b"]],
    )
    wrong("no single root", {"t": "0.2", "distance": "hierarchical"}, one(1, 1), whole=good, tree=[["v0", "*"], ["v1"]])
    wrong(
        "does not nest",
        {"t": "0.2", "distance": "hierarchical"},
        one(1, 1),
        whole=good,
        tree=[["v0", "a", "b", "*"], ["v1", "a", "c", "*"]],
    )
    wrong("how many people fit", {}, one(2), population={"file": "people.csv", "k": 2})


def test_a_hierarchy_of_one_value_has_no_distance() -> None:
    rules = policy(2, sensitive={"s": {"t": "0", "distance": "hierarchical"}})
    for tree in ([["v0"]], [["v0", "*"]]):
        assert judged(rules, [one(5)], distributions={"s": {"v0": 5}}, trees={"s": tree}) == set()


def test_it_shares_no_code_with_the_search() -> None:
    """Names of the room that the judge uses: none."""
    import secureprofile.anonymity.verify as module

    used = {getattr(thing, "__module__", "") or "" for thing in vars(module).values()}
    assert {name for name in used if name.startswith("secureprofile.")} == {
        "secureprofile.anonymity.verify",
        "secureprofile.errors",
        "secureprofile.policy.anonymity",
    }
