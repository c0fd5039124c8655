"""Hierarchies from declarations: they nest, cover and mean what their labels say, by fractions, by pandas and by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from fractions import Fraction
from time import perf_counter

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from secureprofile.anonymity.generate import make
from secureprofile.anonymity.hierarchy import Hierarchy, HierarchyError
from secureprofile.guard.formulas import runs_text
from secureprofile.policy.anonymity import (
    Bands,
    Dates,
    Frequency,
    FromFile,
    FromTree,
    Generalisation,
    Only,
    Order,
    Places,
    Prefix,
)
from tests.anonymity.test_hierarchy import labels, sound

SECRET = "Quillfeather"


def where(name: str) -> tuple[str, str] | None:
    """A small map."""
    return {
        "Bonn": ("", "Germany"),
        "Bavaria": ("Bavaria", "Germany"),
        "Munich": ("Bavaria", "Germany"),
        "Lyon": ("", "France"),
    }.get(name)


def above(hierarchy: Hierarchy) -> dict[str, list[str]]:
    return {leaf: labels(hierarchy, leaf)[1:] for leaf in hierarchy.leaves}


# --- what holds for all that are made for the values ----------------------------------------------------------------------

NUMBER = st.decimals(-(10**6), 10**6, allow_nan=False, places=2).map(str) | st.integers(-(10**6), 10**6).map(str)
DAY = st.dates().map(str)
TEXT = st.text("ab*.1 é", min_size=1, max_size=5)
MADE: dict[str, tuple[Callable[[], Generalisation], st.SearchStrategy[str]]] = {
    "bands": (lambda: Bands(width=Decimal("2.5"), levels=3), NUMBER),
    "bands-open": (
        lambda: Bands(width=Decimal(7), start=Decimal(3), factor=3, low=Decimal(-20), high=Decimal(99)),
        NUMBER,
    ),
    "dates": (lambda: Dates(levels=("month", "quarter", "half_year", "year", "5_years", "decade")), DAY),
    "weeks": (lambda: Dates(levels=("week",)), DAY),
    "prefix": (lambda: Prefix(lengths=(4, 2, 1)), TEXT),
    "frequency": (lambda: Frequency(keep=("a", "b", "1")), TEXT),
    "places": (Places, st.sampled_from(["Bonn", "Bavaria", "Munich", "Lyon", "Oz", "other"])),
    "suppress": (Only, TEXT),
}


@pytest.mark.parametrize("kind", MADE)
@settings(deadline=None)
@given(data=st.data())
def test_what_is_made_nests_covers_and_leaves_missing_cells_alone(kind: str, data: st.DataObject) -> None:
    how, strategy = MADE[kind]
    values = data.draw(st.sets(strategy | st.just(""), max_size=12))
    hierarchy = make("x", how(), values, places=where)
    sound(hierarchy)
    assert values <= set(hierarchy.leaves)
    assert hierarchy.levels[-1].labels == ("*",)
    assert hierarchy.height >= 1
    assert hierarchy.ordered == (kind[:4] in ("band", "date", "week"))
    if "" in values:
        code = hierarchy.places[""]
        assert code == len(hierarchy.leaves) - 1
        for level in hierarchy.levels[:-1]:
            assert level.labels[level.groups[code]] == ""
            assert level.sizes[level.groups[code]] == 1
    again = make("x", how(), sorted(values, reverse=True), places=where)
    assert again.leaves == hierarchy.leaves  # the order in which values come does not matter
    assert [level.labels for level in again.levels] == [level.labels for level in hierarchy.levels]


def test_a_table_without_rows_has_the_missing_cell_alone() -> None:
    for how, _ in MADE.values():
        hierarchy = make("x", how(), [], places=where)
        sound(hierarchy)
        assert set(hierarchy.leaves) in ({""}, {"a", "b", "1"})


# --- bands ----------------------------------------------------------------------------------------------------------------

LABEL = re.compile(r"(?:from )?(-?[0-9.]+) to (<?)(-?[0-9.]+)")


def holds(label: str, number: Fraction) -> bool:
    """Whether a number is in the interval that a label spells."""
    if label.startswith(">="):
        return number >= Fraction(label[2:])
    if label.startswith("<"):
        return number < Fraction(label[1:])
    found = LABEL.fullmatch(label)
    assert found, label
    low, open_, high = Fraction(found[1]), found[2], Fraction(found[3])
    return low <= number < high if open_ else low <= number <= high


def group(number: Fraction, how: Bands, level: int) -> object:
    if how.low is not None and number < how.low:
        return "below"
    if how.high is not None and number >= how.high:
        return "above"
    return (number - Fraction(how.start)) // (Fraction(how.width) * how.factor ** (level - 1))


BOUND = st.none() | st.decimals(-100, 100, places=1)


@settings(deadline=None)
@given(
    st.sets(st.decimals(-300, 300, places=2) | st.integers(-300, 300).map(Decimal), min_size=1, max_size=20),
    st.decimals("0.1", 40, places=1),
    st.decimals(-30, 30, places=1),
    st.integers(2, 5),
    BOUND,
    BOUND,
)
def test_bands_are_the_intervals_that_they_are_called(
    numbers: set[Decimal], width: Decimal, start: Decimal, factor: int, low: Decimal | None, high: Decimal | None
) -> None:
    assume(low is None or high is None or low < high)
    how = Bands(width=width, start=start, factor=factor, levels=3, low=low, high=high)
    texts = {str(number): Fraction(number) for number in numbers}
    hierarchy = make("x", how, texts)
    sound(hierarchy)
    rising = [texts[leaf] for leaf in hierarchy.leaves]
    assert rising == sorted(rising)
    whole = all(number.denominator == 1 for number in rising)
    for level in range(1, 4):
        called = {leaf: labels(hierarchy, leaf)[level] for leaf in hierarchy.leaves}
        for leaf, label in called.items():
            assert holds(label, texts[leaf])
            assert not runs_text(label)
            assert ("to" not in label) or ("<" in label) != whole
        for (
            one
        ) in texts:  # together exactly where the arithmetic of fractions says so; with integers the label says it, too
            for other in texts:
                same = group(texts[one], how, level) == group(texts[other], how, level)
                assert same == (called[one] == called[other])
                assert same == holds(called[one], texts[other])


def test_bands_by_hand() -> None:
    how = Bands(width=Decimal(10), levels=2, low=Decimal(-15), high=Decimal(90))
    made = above(make("x", how, ["-40", "-12", "-10", "-1", "0", "9", "19", "20", "90", "1e2", ""]))
    assert made == {
        "-40": ["<-15", "<-15", "*"],
        "-12": ["from -15 to -11", "from -15 to -1", "*"],
        "-10": ["from -10 to -1", "from -15 to -1", "*"],
        "-1": ["from -10 to -1", "from -15 to -1", "*"],
        "0": ["0 to 9", "0 to 19", "*"],
        "9": ["0 to 9", "0 to 19", "*"],
        "19": ["10 to 19", "0 to 19", "*"],
        "20": ["20 to 29", "20 to 39", "*"],
        "90": [">=90", ">=90", "*"],
        "1e2": [">=90", ">=90", "*"],
        "": ["", "", "*"],
    }
    assert above(make("x", Bands(width=Decimal("0.5"), levels=1), ["0.3", "7"]))["0.3"] == ["0 to <0.5", "*"]


READ = {"7": 7, "+7": 7, "007": 7, " 7 ": 7, "7.": 7, "7.0": 7, ".7e1": 7, "0.7E+01": 7, "70e-1": 7, "-0": 0}
REFUSED = (
    "1,5",
    "1 000",
    "1_000",
    "1.000.000",
    "nan",
    "inf",
    "0x10",
    "٧",
    "7 km",
    "-",
    ".",
    "e3",
    "1e",
    "1e999",
    "--7",
    "7" * 41,
    " ",
)


@pytest.mark.parametrize("text", READ)
def test_numbers_are_read_exactly(text: str) -> None:
    assert above(make("x", Bands(width=Decimal(1), levels=1), [text]))[text] == [f"{READ[text]} to {READ[text]}", "*"]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_number_is_refused_by_count(text: str) -> None:
    with pytest.raises(HierarchyError, match=r"^hierarchy of x: 1 of 3 different values are not numbers$"):
        make("x", Bands(width=Decimal(1)), [text, "1", "2"])


def test_no_digit_is_lost() -> None:
    """Doubles would take all of these for one number."""
    values = ["9007199254740993", "9007199254740992", "0.1", "0.10000000000000000001"]
    made = above(make("x", Bands(width=Decimal("1e-9"), levels=1), values))
    assert made["9007199254740993"] != made["9007199254740992"]
    assert make("x", Bands(width=Decimal(1)), values).leaves == ("0.1", "0.10000000000000000001", *reversed(values[:2]))


# --- days -----------------------------------------------------------------------------------------------------------------

PERIODS = ("month", "quarter", "half_year", "year", "5_years", "decade")


@settings(deadline=None)
@given(
    st.sets(
        st.datetimes(pd.Timestamp("1700-01-01").to_pydatetime(), pd.Timestamp("2250-01-01").to_pydatetime()),
        min_size=1,
        max_size=12,
    )
)
def test_days_fall_into_the_periods_of_pandas(times: set[object]) -> None:
    stamps = {str(pd.Timestamp(time).floor("s")): pd.Timestamp(time).floor("s") for time in times}  # type: ignore[arg-type]
    made = make("x", Dates(levels=PERIODS), stamps)  # type: ignore[arg-type]
    weeks = above(make("x", Dates(levels=("week",)), stamps))
    assert list(made.leaves) == sorted(stamps, key=lambda text: stamps[text])
    for text, stamp in stamps.items():
        lustrum, decade = stamp.year - stamp.year % 5, str(stamp.year)[:3]
        assert above(made)[text] == [
            stamp.strftime("%Y-%m"),
            f"{stamp.year}-Q{stamp.quarter}",
            f"{stamp.year}-H{1 if stamp.quarter <= 2 else 2}",
            str(stamp.year),
            f"{lustrum}-{lustrum + 4}",
            f"{decade}0s",
            "*",
        ]
        year, week, _ = stamp.isocalendar()
        assert weeks[text] == [f"{year}-W{week:02}", "*"]


def test_what_a_treatment_made_coarser_already_stays_where_periods_are_finer() -> None:
    made = above(
        make(
            "x",
            Dates(levels=("month", "quarter", "year")),
            ["2026-02", "2026-Q1", "2026", "2026-02-03", "2025-12-31T23:59:59.5+02:00"],
        )
    )
    assert made == {
        "2025-12-31T23:59:59.5+02:00": ["2025-12", "2025-Q4", "2025", "*"],
        "2026-02-03": ["2026-02", "2026-Q1", "2026", "*"],
        "2026-02": ["2026-02", "2026-Q1", "2026", "*"],
        "2026-Q1": ["2026-Q1", "2026-Q1", "2026", "*"],
        "2026": ["2026", "2026", "2026", "*"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2026-13",
        "2026-Q5",
        "31.01.2026",
        "20260131",
        "2026-W05-1",
        "2026-1-1",
        "0000",
        "2026-01-31x",
        "2026-01-31 noon",
        "x",
    ],
)
def test_what_is_no_day_is_refused_by_count(text: str) -> None:
    with pytest.raises(HierarchyError, match="1 of 2 different values are not days"):
        make("x", Dates(), [text, "2026-01-31"])


def test_weeks_that_are_no_part_of_months_cannot_be_made() -> None:
    """The policy refuses it in general; here it is refused where two days show it."""
    with pytest.raises(HierarchyError, match="do not nest"):
        make("x", Dates(levels=("week", "month")), ["2026-06-30", "2026-07-01"])


# --- codes, categories, places --------------------------------------------------------------------------------------------


def test_prefixes_by_hand() -> None:
    made = above(make("x", Prefix(lengths=(4, 3, 2)), ["10115", "10117", "1011", "10", ""]))
    assert made == {
        "10115": ["1011*", "101**", "10***", "*"],
        "10117": ["1011*", "101**", "10***", "*"],
        "1011": ["1011", "101*", "10**", "*"],
        "10": ["10", "10", "10", "*"],
        "": ["", "", "", "*"],
    }


@settings(deadline=None)
@given(st.integers(2, 30), st.integers(2, 6), st.integers(2, 4))
def test_an_order_is_grouped_by_its_declaration(count: int, size: int, factor: int) -> None:
    values = tuple(f"v{at}" for at in range(count))
    hierarchy = make("x", Order(values=values, size=size, factor=factor), [])
    sound(hierarchy)
    assert hierarchy.ordered
    assert hierarchy.leaves == values
    level, wide = 1, size
    while wide < count:
        for at, leaf in enumerate(values):
            first = at // wide * wide
            last = min(first + wide, count) - 1
            expected = values[first] if first == last else f"{values[first]}..{values[last]}"
            assert labels(hierarchy, leaf)[level] == expected
        level, wide = level + 1, wide * factor
    assert hierarchy.height == level


def test_a_missing_cell_of_an_order_is_a_leaf_of_its_own_unless_it_is_declared() -> None:
    assert above(make("x", Order(values=("low", "high")), ["low", ""]))[""] == ["*"]
    assert above(make("x", Order(values=("", "low", "high")), ["low", ""]))[""] == ["..low", "*"]


def test_what_is_not_kept_is_other() -> None:
    made = above(make("x", Frequency(keep=("tea", "milk"), other="rest"), ["tea", "gin", "rum", ""]))
    assert made == {
        "tea": ["tea", "*"],
        "milk": ["milk", "*"],
        "gin": ["rest", "*"],
        "rum": ["rest", "*"],
        "": ["", "*"],
    }


def test_places_become_regions_and_countries() -> None:
    made = above(make("x", Places(), ["Bonn", "Munich", "Bavaria", "Lyon", "Oz", ""], places=where))
    assert made == {
        "Bonn": ["Germany, region unknown", "Germany", "*"],
        "Munich": ["Bavaria", "Germany", "*"],
        "Bavaria": ["Bavaria", "Germany", "*"],
        "Lyon": ["France, region unknown", "France", "*"],
        "Oz": ["other", "other", "*"],
        "": ["", "", "*"],
    }
    assert above(make("x", Places(), ["Bonn", "Lyon"], places=where)) == {
        "Bonn": ["Germany", "*"],
        "Lyon": ["France", "*"],
    }


# --- what is declared with all its values ---------------------------------------------------------------------------------

TREE = FromTree(
    tree={"School": ["10th", "11th"], "Higher": {"Graduate": ["Masters", "Doctorate"], "Under": ["Bachelors", ""]}}
)
ROWS = [["1", "1-2", "*"], ["2", "1-2", "*"], ["10", "10", "*"]]


def test_a_tree_has_all_its_values_whatever_the_data() -> None:
    made = make("x", TREE, ["10th"])
    sound(made)
    assert above(made) == {
        "10th": ["School", "School", "*"],
        "11th": ["School", "School", "*"],
        "Masters": ["Graduate", "Higher", "*"],
        "Doctorate": ["Graduate", "Higher", "*"],
        "Bachelors": ["Under", "Higher", "*"],
        "": ["Under", "Higher", "*"],
    }
    assert not made.ordered


def test_numbers_and_days_that_rise_in_a_file_are_an_order() -> None:
    def ordered(leaves: Collection[str]) -> bool:
        return make("x", FromFile(file="f"), [], rows=[[leaf, "*"] for leaf in leaves]).ordered

    assert make("x", FromFile(file="f"), [], rows=ROWS).ordered
    assert ordered(["-1.5", "0", "", "1e1"])
    assert ordered(["2025-12-31", "2026-01-01"])
    assert not ordered(["10", "9"])
    assert not ordered(["1", "1.0"])
    assert not ordered(["2026-01-01", "2025-12-31"])
    assert not ordered(["1", "many"])


@pytest.mark.parametrize(
    ("how", "rows"),
    [
        (FromFile(file="f.csv"), [["a", "*"], ["b", "*"]]),
        (FromTree(tree={"x": ["a", "b"]}), None),
        (Order(values=("a", "b")), None),
    ],
    ids=["file", "tree", "order"],
)
def test_uncovered_values_are_counted_and_never_shown(how: Generalisation, rows: list[list[str]] | None) -> None:
    with pytest.raises(HierarchyError) as caught:
        make("town", how, ["a", SECRET, SECRET + "s"], rows=rows)
    assert caught.value.problems[0] == "2 of 3 different values of the column are not among its 2"
    assert SECRET not in str(caught.value) + caught.value.hint
    assert make("town", how, ["a"], rows=rows).leaves == ("a", "b")


@pytest.mark.parametrize(("how", "rows"), [(FromFile(file="f.csv"), [["a", "*"]]), (FromTree(tree={"x": ["a"]}), None)])
def test_missing_cells_must_be_declared(how: Generalisation, rows: list[list[str]] | None) -> None:
    with pytest.raises(HierarchyError, match="missing cells are not covered") as caught:
        make("town", how, ["a", ""], rows=rows)
    assert "delimiter" in caught.value.hint or '""' in caught.value.hint


@pytest.mark.parametrize(
    "how", [Bands(width=Decimal(1)), Dates(), TREE, Order(values=("a", "b"))], ids=lambda how: how.kind
)
@settings(deadline=None)
@given(values=st.sets(st.text(min_size=1, max_size=3), min_size=1, max_size=4))
def test_no_message_shows_a_value(how: Generalisation, values: set[str]) -> None:
    planted = {f"{SECRET}{value}" for value in values}
    with pytest.raises(HierarchyError) as caught:
        make("x", how, planted)
    assert SECRET not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("how", [FromFile(file="f"), Places()], ids=["file", "places"])
def test_what_the_caller_must_bring_is_asked_for(how: Generalisation) -> None:
    with pytest.raises(ValueError, match="needs"):
        make("x", how, ["a"])


# --- speed ----------------------------------------------------------------------------------------------------------------

MANY = [f"{at}.{at % 100:02}" for at in range(100_000)]


@pytest.mark.parametrize(
    "how",
    [
        Bands(width=Decimal(5)),
        Prefix(lengths=(4, 3, 2)),
        Frequency(keep=("1.01",)),
        Places(),
        Only(),
        Order(values=tuple(MANY)),
    ],
    ids=lambda how: how.kind,
)
def test_a_hundred_thousand_values_take_no_time(how: Generalisation) -> None:
    """About half a second; comparing every value with every other would take an hour."""
    start = perf_counter()
    hierarchy = make("x", how, MANY, places=where)
    assert perf_counter() - start < 10
    assert len(hierarchy.leaves) == 100_000
