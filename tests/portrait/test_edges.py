"""Where bands end, what missing cells mean, and that rows which lie tell nothing about anybody else.

Each table of cases is one run: every case is a person, and people do not touch each other.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.policies import load_policy
from secureprofile.guard.treat import generalize
from secureprofile.policy.decide import plan_columns
from secureprofile.portrait.expression import parse
from secureprofile.portrait.folds import Events, compile_folds
from tests.portrait.engine import DAY, ORDERS, duck, of_rows, table

NOON = datetime(2026, 11, 1, 12)


def order(**cells: Any) -> dict[str, Any]:
    """One line of an order at noon of the day; what is given replaces a cell."""
    plain = {
        "order_id": "1", "ordered_at": NOON, "category": "toys", "quantity": Decimal(1), "unit_price": Decimal(10),
        "discount": Decimal(0), "channel": "app",
    }  # fmt: skip
    return {**plain, **cells}


def lines(count: int, special: int, **cells: Any) -> list[dict[str, Any]]:
    """``count`` orders, of which ``special`` have other cells."""
    return [order(order_id=str(n), **(cells if n < special else {})) for n in range(count)]


def ago(days: int, **time: int) -> datetime:
    return NOON.replace(**time) - timedelta(days=days)


SATURDAY, SUNDAY, FRIDAY, MONDAY = (datetime(2026, 10, n, 12) for n in (31, 25, 30, 26))

# tag → (the lines of somebody, the label)
BY_ORDERS: dict[str, list[tuple[list[dict[str, Any]], str]]] = {
    "recency": [
        ([order(ordered_at=ago(days, **time))], label)
        for days, label in [
            (0, "d30"), (30, "d30"), (31, "d90"), (90, "d90"), (91, "d180"), (180, "d180"), (181, "d365"), (365, "d365"), (366, "older"),
            (36500, "older"),
        ]
        for time in ({"hour": 0}, {"hour": 23, "minute": 59, "second": 59, "microsecond": 999999})
    ],
    "lifecycle": [
        ([order(ordered_at=ago(60))], "new"),
        ([order(ordered_at=ago(61))], "active"),
        ([order(ordered_at=ago(61)), order(ordered_at=ago(0))], "active"),
        ([order(ordered_at=ago(90))], "active"),
        ([order(ordered_at=ago(91))], "cooling"),
        ([order(ordered_at=ago(180))], "cooling"),
        ([order(ordered_at=ago(181))], "dormant"),
        ([order(ordered_at=ago(365))], "dormant"),
        ([order(ordered_at=ago(366))], "lost"),
        ([order(ordered_at=None)], "prospect"),
        ([order(ordered_at=ago(-1))], "prospect"),
        ([order(order_id="C1")], "prospect"),
    ],
    "monetary": [
        ([order(unit_price=Decimal("99.9999"))], "low"),
        ([order(unit_price=Decimal(100))], "mid"),
        ([order(unit_price=Decimal("499.9999"))], "mid"),
        ([order(unit_price=Decimal(500))], "high"),
        ([order(unit_price=Decimal("1999.9999"))], "high"),
        ([order(unit_price=Decimal(2000))], "top"),
        ([order(unit_price=Decimal("0.1"), order_id=str(n)) for n in range(1000)], "mid"),
        ([order(unit_price=Decimal(100), discount=Decimal("0.0001"))], "low"),
        ([order(unit_price=Decimal(100), discount=None)], "mid"),
        ([order(unit_price=Decimal(1), discount=Decimal(50))], "low"),
        ([order(quantity=None)], "none"),
        ([order(unit_price=None)], "none"),
        ([order(quantity=Decimal(0))], "none"),
        ([order(quantity=Decimal("0.5"), unit_price=Decimal(200))], "mid"),
    ],
    "frequency": [
        ([order(), order(category="books")], "one"),
        (lines(2, 0), "few"),
        (lines(4, 0), "few"),
        (lines(5, 0), "regular"),
        (lines(14, 0), "regular"),
        (lines(15, 0), "heavy"),
        ([order(order_id=f"C{n}") for n in range(20)], "none"),
        ([order(order_id="c1")], "one"),
    ],
    "promotion": [
        (lines(5, 3, coupon="VIP"), "mid"),
        (lines(5, 4, coupon="VIP"), "high"),
        (lines(100, 61, discount=Decimal("0.01")), "high"),
        (lines(100, 60, discount=Decimal("0.01")), "mid"),
        (lines(4, 1, coupon="VIP", discount=Decimal(1)), "mid"),
        (lines(5, 1, coupon="VIP"), "low"),
        (lines(5, 0), "none"),
        (lines(3, 3, discount=None), "none"),
        ([order(order_id="C1", coupon="VIP")], "unknown"),
    ],
    "week": [
        ([order(ordered_at=SATURDAY)], "weekend"),
        ([order(ordered_at=SUNDAY)], "weekend"),
        ([order(ordered_at=SUNDAY.replace(hour=23, minute=59, second=59))], "weekend"),
        ([order(ordered_at=FRIDAY)], "weekday"),
        ([order(ordered_at=MONDAY.replace(hour=0))], "weekday"),
        ([order(ordered_at=SATURDAY), order(ordered_at=FRIDAY)], "mixed"),
        ([order(ordered_at=SATURDAY), *[order(order_id=str(n), ordered_at=FRIDAY) for n in range(4)]], "mixed"),
        ([order(ordered_at=SATURDAY), *[order(order_id=str(n), ordered_at=FRIDAY) for n in range(5)]], "weekday"),
        ([order(quantity=Decimal(-1))], "none"),
    ],
    "hours": [
        ([order(ordered_at=ago(3, hour=18))], "evening"),
        ([order(ordered_at=ago(3, hour=17, minute=59, second=59))], "day"),
        ([order(ordered_at=ago(3, hour=18)), order()], "mixed"),
        (lines(5, 1, ordered_at=ago(3, hour=23)), "mixed"),
        (lines(6, 1, ordered_at=ago(3, hour=23)), "day"),
        (lines(3, 3, ordered_at=None), "day"),
    ],
    "favourite": [
        ([order(category="TOYS "), order(category="books")], "books"),
        ([order(category="toys", unit_price=Decimal("10.0001")), order(category="books")], "toys"),
        ([order(category="zebra", unit_price=Decimal(99)), order()], "other"),
        ([order(category=None, unit_price=Decimal(99)), order()], "toys"),
        ([order(category=None)], "other"),
    ],
    "channel": [
        ([order(channel=" APP"), order(channel="web", category="home"), order(channel="web")], "web"),
        ([order(channel="web"), order(channel="store")], "store"),
        ([order(channel="fax"), order(channel="web"), order(channel="fax", order_id="2")], "none"),
        ([order(channel=None), order(channel=None, order_id="2"), order(channel="store")], "store"),
    ],
}  # fmt: skip
CASES = [(tag, rows, label) for tag, cases in BY_ORDERS.items() for rows, label in cases]


@pytest.fixture(scope="module")
def everybody() -> dict[str, dict[str, str]]:
    return of_rows([], [{**row, "person": str(n)} for n, (_, rows, _) in enumerate(CASES) for row in rows])


@pytest.mark.parametrize("tag", BY_ORDERS)
def test_labels_of_orders_end_where_they_say(everybody: Any, tag: str) -> None:
    found = [everybody[str(n)][tag] for n, case in enumerate(CASES) if case[0] == tag]
    assert found == [label for name, _, label in CASES if name == tag]


def test_exact_doubles_count_once_and_other_lines_of_one_order_do_not() -> None:
    rows = [order(unit_price=Decimal(60)), order(unit_price=Decimal(60)), order(unit_price=Decimal(60), product="b")]
    found = of_rows([], [{**row, "person": "a"} for row in rows[:2]] + [{**row, "person": "b"} for row in rows])
    assert (found["a"]["monetary"], found["b"]["monetary"]) == ("low", "mid")
    assert found["b"]["frequency"] == "one"


# --- what customers say about themselves ---------------------------------------------------------------------------------

AGES = [
    (2026, "under18"), (2009, "under18"), (2008, "a18"), (2002, "a18"), (2001, "a25"), (1992, "a25"), (1991, "a35"), (1982, "a35"),
    (1981, "a45"), (1972, "a45"), (1971, "a55"), (1962, "a55"), (1961, "a65"), (1916, "a65"), (1915, "unknown"), (1, "unknown"), (None, "unknown"),
]  # fmt: skip
TENURES = [(0, "y1"), (364, "y1"), (365, "y2"), (729, "y2"), (730, "more"), (20000, "more"), (None, "unknown")]


def test_ages_are_differences_of_years() -> None:
    found = of_rows([{"person": str(n), "birth_date": year, "joined_on": DAY} for n, (year, _) in enumerate(AGES)], [])
    assert [found[str(n)]["age_band"] for n in range(len(AGES))] == [label for _, label in AGES]


def test_tenure_ends_where_it_says() -> None:
    days = [None if n is None else DAY - timedelta(days=n) for n, _ in TENURES]
    found = of_rows([{"person": str(n), "joined_on": joined} for n, joined in enumerate(days)], [])
    assert [found[str(n)]["tenure"] for n in range(len(TENURES))] == [label for _, label in TENURES]


def test_who_says_nothing_gets_the_last_label_of_every_tag() -> None:
    found = of_rows([{"person": "a"}], [])["a"]
    assert found == {
        "age_band": "unknown", "gender": "unknown", "region": "unknown", "lifecycle": "prospect", "tenure": "unknown", "channel": "none",
        "week": "none", "hours": "none", "favourite": "other", "recency": "never", "frequency": "none", "monetary": "none",
        "promotion": "unknown",
    }  # fmt: skip


def test_the_newest_thing_said_wins_and_of_equally_new_ones_the_smallest() -> None:
    old, new = DAY - timedelta(days=900), DAY
    rows = [
        {"person": "a", "city": "Leeds", "joined_on": old}, {"person": "a", "city": "Boston", "joined_on": new},
        {"person": "b", "city": "Leeds", "joined_on": new}, {"person": "b", "city": "Boston", "joined_on": new},
        {"person": "c", "city": "Leeds", "joined_on": old}, {"person": "c", "city": None, "joined_on": new},
    ]  # fmt: skip
    for shuffled in (rows, rows[::-1]):
        found = of_rows(shuffled, [])
        assert [found[person]["region"] for person in "abc"] == ["us-east", "us-east", "england"]
        assert found["a"]["tenure"] == "more"


BIRTHDAYS = [
    ("2001-11-01", 2001), ("2001-11-02", 2001), ("31/12/2001", 2001), ("2002-01-01", 2002), ("2000-02-29", 2000), ("29/02/2004", 2004),
    ("2004年2月29日", 2004), ("1900-02-29", None), ("29/02/2023", None), ("2023年2月29日", None), ("31/04/1990", None), ("00/00/1980", None),
    ("", None), ("   ", None), ("unknown", None), ("不详", None), (" 1990-05-01 ", 1990), ("2030-01-01", 2030), ("1990-13-01", None),
]  # fmt: skip


def test_a_birthday_becomes_its_year_and_one_that_never_was_becomes_nothing(tmp_path: Path) -> None:
    policy = load_policy("retail").policy
    plans = plan_columns(
        policy, dataset="customers", purpose="portrait", header=list(policy.datasets["customers"].columns)
    )
    plan = next(plan for plan in plans if plan.name == "birth_date")
    with DuckEngine(temp=tmp_path) as engine:
        text = engine.table(pa.table({"n": list(range(len(BIRTHDAYS))), "cell": [cell for cell, _ in BIRTHDAYS]}))
        years = engine.to_arrow(text.select("n", year=generalize(text.cell, plan, engine.functions)))
    by_place = {row["n"]: row["year"] for row in years.to_pylist()}
    assert {cell: by_place[n] for n, (cell, _) in enumerate(BIRTHDAYS)} == dict(BIRTHDAYS)


# --- ties ----------------------------------------------------------------------------------------------------------------

TIED = {
    "two halves": [("x", "0.1"), ("x", "0.2"), ("y", "0.3"), ("a", "0.29")],
    "all alike": [("c", "1"), ("b", "1"), ("a", "1"), ("a", None), (None, "9")],
    "below zero": [("b", "-1"), ("a", "-1"), ("c", "-2")],
    "capitals first": [("b", "1"), ("B", "1"), ("é", "1"), ("画", "1")],
    "an empty one": [("b", "1"), ("", "1")],
}  # fmt: skip
WINNERS = {"two halves": "x", "all alike": "a", "below zero": "a", "capitals first": "B", "an empty one": ""}


@pytest.mark.parametrize("case", TIED)
@pytest.mark.parametrize("fold", ["most(category, unit_price)", "latest(category, unit_price)"])
def test_ties_are_resolved_the_same_in_every_order_of_rows(case: str, fold: str) -> None:
    """Every order of one person's rows is a person of its own, and the rows of all people are shuffled between each other."""
    rows = [
        (place, {"person": str(n), "category": value, "unit_price": None if weight is None else Decimal(weight)})
        for n, order_of_rows in enumerate(permutations(TIED[case]))
        for place, (value, weight) in enumerate(order_of_rows)
    ]
    Random(1).shuffle(rows)
    ordered = [row for _, row in sorted(rows, key=lambda pair: pair[0])]
    found = duck().to_pyarrow(
        compile_folds({"x": parse(fold, "fold")}, Events(table=table(ordered, ORDERS), person="person", as_of=DAY))
    )
    answers = {row["x"] for row in found.to_pylist()}
    assert len(answers) == 1
    if fold.startswith("most"):
        assert answers == {WINNERS[case]}


# --- cells that lie ------------------------------------------------------------------------------------------------------


def test_an_order_without_a_number_is_not_two_to_four_orders() -> None:
    found = of_rows([], [{**order(order_id=None), "person": "a"}])
    assert found["a"]["frequency"] in ("none", "one")


@pytest.mark.parametrize(
    "quantity", [Decimal(6901234567892), Decimal("99999999999999.9999")], ids=["barcode", "largest"]
)
def test_one_absurd_cell_does_not_take_the_portrait_from_everybody(quantity: Decimal) -> None:
    rows = [{**order(quantity=quantity), "person": "a"}, {**order(), "person": "b"}]
    assert of_rows([], rows)["b"]["monetary"] == "low"


def test_very_large_and_very_early_dates_have_labels() -> None:
    rows = [order(person="a", ordered_at=datetime(1, 1, 1)), order(person="b", ordered_at=datetime(9999, 12, 31))]
    customers = [{"person": "a", "joined_on": date(1, 1, 1)}, {"person": "b", "joined_on": None}]
    found = of_rows(customers, rows)
    assert (found["a"]["recency"], found["a"]["tenure"], found["b"]["recency"]) == ("older", "more", "never")
