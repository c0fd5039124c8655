"""What is odd about a hierarchy is told: each kind by hand, ambiguous labels against sets, and nothing about those of Adult that fit."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.anonymity.generate import make
from secureprofile.anonymity.hierarchy import Hierarchy, HierarchyError
from secureprofile.anonymity.lint import lint
from secureprofile.policy.anonymity import Bands
from tests.anonymity.test_hierarchy import HEIGHTS, Rows, nested_rows, split

SECRET = "Quillfeather"


def found(rows: Rows, values: Collection[str] | None = None) -> dict[tuple[str, str], str]:
    return {(one.kind, one.severity): one.message for one in lint(Hierarchy.from_rows("x", rows), values)}


GOOD = [["a", "ab", "*"], ["b", "ab", "*"], ["c", "cd", "*"], ["d", "cd", "*"]]
MANY = [[f"v{at}", f"g{at // 4}", "*"] for at in range(40)]
ODD: dict[str, tuple[Rows, Collection[str] | None, tuple[str, str], str]] = {
    "uncovered": (GOOD, {"a", "b", "c", "d", SECRET}, ("uncovered", "error"), "1 of 5 different values of the data"),
    "missing": (GOOD, {"a", "b", "c", "d", ""}, ("missing-cells", "error"), "missing cells are not covered"),
    "unused": (GOOD, {"a", "b", "c"}, ("unused", "warning"), "1 of 4 leaves do not occur"),
    "idle-same": ([[r[0], r[0], *r[1:]] for r in GOOD], None, ("idle-level", "warning"), "level 1 has the labels of level 0"),
    "idle-other": ([[*r[:2], r[1] + "!", "*"] for r in GOOD], None, ("idle-level", "warning"), "level 2 has the groups of level 1"),
    "one-label": ([*([f"v{at}", "g", "*"] for at in range(99)), ["z", "z", "*"]], None, ("one-label", "warning"), "on level 1 one label covers 99%"),
    "apart": ([["a", "b", "*"], ["b", "c", "*"], ["d", "c", "*"]], None, ("ambiguous", "error"), "1 label means other leaves"),
    "nested": ([["a", "a", "*"], ["b", "a", "*"], ["c", "c", "*"]], None, ("ambiguous", "warning"), "1 label means more leaves"),
    "step": ([[r[0], "x" if r[1] < "g3" else "y", "*"] for r in MANY], None, ("large-step", "warning"), "the mean loss grows by 0.57"),
    "last-step": (MANY, None, ("large-step", "warning"), "from level 1 to 2 the mean loss grows by 0.92"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_each_oddity_is_told(kind: str) -> None:
    rows, values, what, words = ODD[kind]
    told = found(rows, values)
    assert words in told[what]
    assert len([one for one in told if one[0] == what[0]]) == 1


def test_what_is_good_is_left_alone() -> None:
    assert found(GOOD, {"a", "b", "c", "d"}) == {}
    assert found([["f", "*"], ["m", "*"]], {"f", "m"}) == {}  # two values: no level could stand between
    assert found([["a", "*"]], {"a"}) == {}


def test_errors_come_first_and_nothing_shows_a_value() -> None:
    rows = [[f"{SECRET}{row[0]}", f"{SECRET}{row[0]}", *row[1:]] for row in GOOD]
    told = lint(Hierarchy.from_rows("x", rows), {"", SECRET})
    severities = [one.severity for one in told]
    assert severities == sorted(severities)
    assert {"error", "warning"} == set(severities)
    assert not [one for one in told if SECRET in one.message + one.hint]
    assert all(one.hint for one in told)


@st.composite
def reused_labels(draw: st.DrawFn) -> Rows:
    """Rows that nest and in which the same few texts stand on every level."""
    texts = st.sampled_from("abcd")
    rows = draw(nested_rows())
    names = {label: draw(texts) for label in {label for row in rows for label in row[1:]}}
    return [
        [{"v0": "a", "v1": "b", "v2": "c"}.get(row[0], row[0]), *(names[label] for label in row[1:])] for row in rows
    ]


@settings(deadline=None)
@given(reused_labels())
def test_ambiguous_labels_are_those_that_cover_different_leaves(rows: Rows) -> None:
    try:
        hierarchy = Hierarchy.from_rows("x", rows)
    except HierarchyError:
        return
    full = [[level.labels[level.groups[leaf]] for level in hierarchy.levels] for leaf in range(len(hierarchy.leaves))]
    covered = {
        (level, row[level]): frozenset(other[0] for other in full if other[level] == row[level])
        for row in full
        for level in range(len(row))
    }
    nested, apart = set(), set()
    for (finer, text), few in covered.items():
        for (coarser, other), more in covered.items():
            if finer < coarser and text == other and few != more:
                (nested if few < more else apart).add(text)
    told = {one.severity: int(one.message.split()[0]) for one in lint(hierarchy) if one.kind == "ambiguous"}
    assert told == {**({"error": len(apart)} if apart else {}), **({"warning": len(nested)} if nested else {})}


@pytest.mark.parametrize("name", HEIGHTS)
def test_those_of_adult_fit_their_table(shared_data: Path, name: str) -> None:
    folder = shared_data / "arx_adult"
    table = split(folder / "adult.csv")
    values = {row[table[0].index(name)] for row in table[1:]}
    told = found(split(folder / f"adult_hierarchy_{name}.csv"), values)
    # nobody is one year old, nobody never worked; seven marital states become two at once
    expected = {"age": "unused", "workclass": "unused", "marital-status": "large-step"}
    assert [kind for kind, _ in told] == ([expected[name]] if name in expected else [])


def test_a_hundred_thousand_labels_are_looked_at_once() -> None:
    hierarchy = make("x", Bands(width=Decimal(1)), [str(at) for at in range(100_000)])
    assert {one.kind for one in lint(hierarchy, hierarchy.leaves)} == {"idle-level", "large-step"}
