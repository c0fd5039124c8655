"""The releases file: words for many tables, weights, comparisons, and every mistake told with its position."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from secureprofile.adapters.policies import load_policy
from secureprofile.dp.request import Contrast, NumberRequest, Refusal, Request, load_releases
from secureprofile.errors import PolicyFileError, Problem
from secureprofile.released import Measure, Text
from tests.dp.sample import attribute

TAGS = {code: attribute(code, size) for code, size in (("a", 2), ("b", 3), ("c", 2), ("d", 4))}
NAME = Text(en="m", zh="m")
MEASURE = Measure(code="m", name=NAME, definition=NAME, unit="€", low=Decimal(0), high=Decimal(10), grid=Decimal(1))
MEASURES = {"m": MEASURE}
POLICY = load_policy("retail").policy
HEAD = """secureprofile-releases: 1
releases:
  one:
    title: {en: One, zh: 一}
    purpose: portrait
    domain: customers
    epsilon: 1
    delta: 1.0e-6
"""


def allow(tag: str, purpose: str) -> str | None:
    return None


def read(body: str, refused: Refusal = allow) -> Request:
    return load_releases(
        HEAD + body, file="releases.yaml", policy=POLICY, tags=TAGS, measures=MEASURES, refused=refused
    )["one"]


def problems(body: str, refused: Refusal = allow) -> list[Problem]:
    with pytest.raises(PolicyFileError) as caught:
        read(body, refused)
    return list(caught.value.problems)


def test_words_stand_for_many_tables() -> None:
    assert read("    tables: [[], each]\n").tables == ((), ("a",), ("b",), ("c",), ("d",))
    assert read("    tables: [pairs]\n").tables == tuple(itertools.combinations("abcd", 2))
    assert read("    tables: [{with: b}]\n").tables == (("b", "a"), ("b", "c"), ("b", "d"))


def test_a_table_named_again_by_a_word_keeps_its_first_place() -> None:
    one = read("    tables: [{table: [c, a], weight: 3}, pairs]\n")
    assert one.tables[0] == ("c", "a")
    assert len(one.tables) == 6
    assert one.weights == {("c", "a"): 3.0}


def test_comparisons_name_values_of_a_tag() -> None:
    one = read("    tables: [{with: a}]\n    compare: [{segment: {a: a0}}, {segment: {a: a0}, base: {a: a1}}]\n")
    assert one.compare == (Contrast(segment=("a", "a0"), base=None), Contrast(segment=("a", "a0"), base=("a", "a1")))


def test_numbers_name_a_measure_and_groups_whose_counts_are_published_too() -> None:
    one = read(
        "    tables: [[a]]\n    numbers: [{measure: m, by: [b, a], statistics: [mean, sum], weight: 2}, {measure: m, by: [a]}]\n"
    )
    assert one.numbers == (
        NumberRequest(measure="m", by=("b", "a"), statistics=("sum", "mean"), weight=2.0),
        NumberRequest(measure="m", by=("a",), statistics=("mean",)),
    )
    assert one.tables == (("a",), ("b", "a"))


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ("{measure: m}", "expected a list of numbers"),
        ("[{measure: m}]", "expected a measure and its groups"),
        ("[{measure: n, by: []}]", "the tag dictionary has no such measure"),
        ("[{measure: m, by: a}]", "expected a list of tag codes"),
        ("[{measure: m, by: [z]}]", "expected tag codes"),
        ("[{measure: m, by: [a, a]}]", "the same tag or table twice"),
        ("[{measure: m, by: [], statistics: [median]}]", "expected statistics"),
        ("[{measure: m, by: [], statistics: []}]", "expected statistics"),
        ("[{measure: m, by: [], weight: 0}]", "expected a number above 0"),
        ("[{measure: m, by: [a]}, {measure: m, by: [a]}]", "the same measure and groups twice"),
    ],
)
def test_wrong_numbers_are_refused_where_they_stand(numbers: str, said: str) -> None:
    (problem,) = problems(f"    tables: [[a]]\n    numbers: {numbers}\n")
    assert problem.message == said
    assert problem.line == HEAD.count("\n") + 2


def test_what_may_not_be_released_is_refused_by_name_and_passed_over_by_words() -> None:
    def no(tag: str, purpose: str) -> str | None:
        return "it needs parameters" if tag == "d" else None

    assert read("    tables: [each]\n", no).tables == (("a",), ("b",), ("c",))
    (problem,) = problems("    tables: [[a, d]]\n", no)
    assert "needs parameters" in problem.message


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("    tables: []\n", "tables"),
        ("    tables: [[a], [a]]\n", "tables.1"),
        ("    tables: [[a, b], [b, a]]\n", "tables.1"),
        ("    tables: [[a, a]]\n", "tables.0"),
        ("    tables: [[zz]]\n", "tables.0"),
        ("    tables: [all]\n", "tables.0"),
        ("    tables: [{with: zz}]\n", "tables.0.with"),
        ("    tables: [{table: [a], weight: 0}]\n", "tables.0.weight"),
        ("    tables: [{table: [a], weight: much}]\n", "tables.0.weight"),
        ("    tables: [each]\n    objective: best\n", "objective"),
        ("    tables: [each]\n    minimum_group: 0\n", "minimum_group"),
        ("    tables: [each]\n    compare: {segment: {a: a0}}\n", "compare"),
        ("    tables: [each]\n    compare: [{segment: {a: a0}}]\n", "compare.0"),
        ("    tables: [{with: a}]\n    compare: [{segment: {a: a9}}]\n", "compare.0.segment"),
        ("    tables: [{with: a}]\n    compare: [{segment: {a: a0}, base: {b: b0}}]\n", "compare.0.base"),
        ("    tables: [{with: a}]\n    compare: [{segment: {a: a0}, base: {a: a0}}]\n", "compare.0.base"),
        ("    tables: [each]\n    colour: red\n", ""),
    ],
)
def test_mistakes_are_told_with_their_place(body: str, where: str) -> None:
    found = problems(body)
    assert {problem.path for problem in found} >= {f"releases.one.{where}".rstrip(".")}
    assert all(problem.line > 2 and problem.hint for problem in found)


@pytest.mark.parametrize(
    ("key", "value"), [("epsilon", "0"), ("epsilon", "-1"), ("epsilon", "much"), ("epsilon", "yes"), ("delta", "0.1")]
)
def test_amounts_outside_their_range_are_refused(key: str, value: str) -> None:
    old = {"epsilon": "epsilon: 1", "delta": "delta: 1.0e-6"}[key]
    text = HEAD.replace(old, f"{key}: {value}") + "    tables: [each]\n"
    with pytest.raises(PolicyFileError) as caught:
        load_releases(text, file="releases.yaml", policy=POLICY, tags=TAGS)
    assert f"releases.one.{key}" in {problem.path for problem in caught.value.problems}
