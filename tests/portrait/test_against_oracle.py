"""Every tag of every person is the oracle's, from the shop's files and from small tables full of edges."""

from __future__ import annotations

import csv
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.policies import load_policy
from secureprofile.flows.shop import write_shop
from secureprofile.guard.treat import generalize, typed
from secureprofile.policy.decide import plan_columns
from secureprofile.policy.model import Generalize
from tests.portrait.engine import DAY, dictionary, of_rows, tagged
from tests.portrait.oracle import tags_of

LABELS = {tag.code: {value.code for value in tag.values} for tag in dictionary().tags}
KEPT = {"customers": ("birth_date", "gender", "city", "joined_on")}


def differences(
    found: dict[str, dict[str, str]], customers: Any, orders: Any
) -> dict[tuple[str, str], tuple[str, str]]:
    """Return (person, tag) → (found, expected) wherever the two are not equal; and whoever is missing or too many."""
    mine: dict[str, tuple[list[Any], list[Any]]] = {row["person"]: ([], []) for row in [*customers, *orders]}
    for place, rows in enumerate((customers, orders)):
        for row in rows:
            mine[row["person"]][place].append(row)
    expected = {person: tags_of(*rows, DAY) for person, rows in mine.items()}
    assert set(found) == set(expected)
    return {
        (person, tag): (found[person][tag], label)
        for person, labels in expected.items()
        for tag, label in labels.items()
        if found[person][tag] != label
    }


# --- the shop's files, typed by the policy on one side and by csv, strptime and Decimal on the other ----------------------


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [{name: cell.strip() for name, cell in row.items()} for row in csv.DictReader(file)]
    return [{**row, "person": row["customer_id"]} for row in rows if row["customer_id"]]


def when(text: str, *forms: str) -> datetime | None:
    for form in forms:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def read_customer(row: dict[str, str]) -> dict[str, Any]:
    born, joined = when(row["birth_date"], "%Y-%m-%d", "%d/%m/%Y", "%Y年%m月%d日"), when(row["joined_on"], "%Y-%m-%d")
    return {
        "person": row["person"], "birth_date": born.year if born else None, "gender": row["gender"] or None,
        "city": row["city"] or None, "joined_on": joined.date() if joined else None,
    }  # fmt: skip


def read_order(row: dict[str, str]) -> dict[str, Any]:
    text = {name: row[name] or None for name in ("order_id", "category", "product", "coupon", "channel")}
    money = {name: Decimal(row[name]) if row[name] else None for name in ("quantity", "unit_price", "discount")}
    return {
        "person": row["person"],
        **text,
        **money,
        "ordered_at": when(row["ordered_at"], "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M"),
    }


def as_stored(engine: DuckEngine, dataset: str, rows: list[dict[str, str]]) -> Any:
    """Text rows typed and generalized by the ready policy, as an ingest would; the person instead of a token."""
    policy = load_policy("retail").policy
    columns = list(policy.datasets[dataset].columns)
    text = engine.table(pa.table({name: [row[name] for row in rows] for name in ["person", *columns]}))
    built = {
        plan.name: (generalize if isinstance(plan.treatment, Generalize) else typed)(text[plan.name], plan, engine.functions)
        for plan in plan_columns(policy, dataset=dataset, purpose="portrait", header=columns)
        if plan.name != "customer_id" and plan.name in KEPT.get(dataset, columns)
    }  # fmt: skip
    return text.select("person", **built)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("oracle")
    write_shop(folder, customers=300, orders=3000, seed=11, as_of=DAY)
    return {name: cells(folder / f"{name}.csv") for name in ("customers", "orders")}


@pytest.fixture(scope="module")
def shop_tags(files: dict[str, list[dict[str, str]]], tmp_path_factory: pytest.TempPathFactory) -> Any:
    with DuckEngine(temp=tmp_path_factory.mktemp("engine")) as engine:
        return tagged({name: as_stored(engine, name, rows) for name, rows in files.items()})


def test_every_tag_of_everybody_in_the_shop_is_the_oracles(files: Any, shop_tags: Any) -> None:
    customers, orders = map(read_customer, files["customers"]), map(read_order, files["orders"])
    assert differences(shop_tags, list(customers), list(orders)) == {}


def test_the_shop_reaches_most_labels(shop_tags: Any) -> None:
    """Else the comparison above would say little."""
    reached = {(tag, label) for labels in shop_tags.values() for tag, label in labels.items()}
    assert len(reached) > 0.8 * sum(map(len, LABELS.values()))


def test_everybody_has_one_declared_label_of_every_tag(shop_tags: Any) -> None:
    for labels in shop_tags.values():
        assert list(labels) == list(LABELS)
        assert all(label in LABELS[tag] for tag, label in labels.items())


def test_leaving_changing_and_arriving_people_change_nobody_else(files: Any, shop_tags: Any, tmp_path: Path) -> None:
    """A third leaves, a third gets other people's rows on top, newcomers arrive, and all rows are shuffled."""
    rng = random.Random(5)
    role = {person: rng.choice(("stays", "leaves", "changes")) for person in sorted(shop_tags)}
    others = {}
    for name, rows in files.items():
        kept = [row for row in rows if role[row["person"]] != "leaves"]
        borrowed = [row for row in rows if role[row["person"]] == "leaves"]
        takers = sorted(person for person in role if role[person] == "changes")
        moved = [{**row, "person": rng.choice([*takers, "newcomer 1", "newcomer 2"])} for row in borrowed]
        others[name] = [*kept, *moved]
        rng.shuffle(others[name])
    with DuckEngine(temp=tmp_path) as engine:
        after = tagged({name: as_stored(engine, name, rows) for name, rows in others.items()})
    stays = [person for person in role if role[person] == "stays"]
    assert len(stays) > 50
    assert {person: after[person] for person in stays} == {person: shop_tags[person] for person in stays}
    assert any(after[person] != shop_tags[person] for person in role if role[person] == "changes")


# --- small tables: whatever the rows, everybody's tags are those of their own rows ---------------------------------------

PEOPLE = st.sampled_from("abcdef")
MONEY = st.sampled_from(["0.0001", "1", "19.99", "50", "99.9999", "100", "499.9999", "500", "2000"]).map(Decimal)
HOURS = st.sampled_from([0, 17, 18, 23])
DAYS_AGO = st.sampled_from([-400, -1, 0, 1, 30, 31, 60, 61, 90, 91, 180, 181, 365, 366, 975])
MOMENTS = st.builds(lambda ago, hour: datetime(2026, 11, 1, hour, 59, 59) - timedelta(days=ago), DAYS_AGO, HOURS)
ORDERS = st.fixed_dictionaries(
    {
        "person": PEOPLE, "order_id": st.sampled_from(["1", "2", "3", "4", "5", "C1", "c1"]), "ordered_at": st.none() | MOMENTS,
        "category": st.sampled_from(["toys", " Toys", "BOOKS", "food", None]), "product": st.none(),
        "quantity": st.sampled_from([None, Decimal(-1), Decimal(0), Decimal(1), Decimal("2.5")]),
        "unit_price": st.none() | st.just(Decimal(0)) | MONEY, "discount": st.none() | st.just(Decimal(0)) | MONEY,
        "coupon": st.sampled_from([None, "VIP"]), "channel": st.sampled_from(["app", "web", "store", "WEB ", "fax", None]),
    }
)  # fmt: skip
CUSTOMERS = st.fixed_dictionaries(
    {
        "person": PEOPLE, "birth_date": st.none() | st.sampled_from([1915, 1916, 1961, 1962, 2001, 2002, 2008, 2009, 2026]),
        "gender": st.sampled_from([None, "F", " 女", "Man", "x"]), "city": st.sampled_from([None, "上海 ", "LONDON", "Oslo"]),
        "joined_on": st.none() | st.sampled_from([0, 1, 364, 365, 729, 730, 5000]).map(lambda n: DAY - timedelta(days=n)),
    }
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.lists(CUSTOMERS, max_size=12), st.lists(ORDERS, max_size=40))
def test_whoever_else_is_there_everybodys_tags_follow_from_their_own_rows(customers: Any, orders: Any) -> None:
    found = of_rows(customers, orders)
    assert differences(found, customers, orders) == {}
    assert all(label in LABELS[tag] for labels in found.values() for tag, label in labels.items())


def test_a_portrait_of_nobody_is_empty() -> None:
    assert of_rows([], []) == {}


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2023, 12, 31), date(1970, 1, 1), date(9999, 12, 31)])
def test_any_day_may_be_the_day_of_the_portrait(day: date) -> None:
    at = datetime.combine(day, datetime.min.time()).replace(hour=23, minute=59, second=59, microsecond=999999)
    order = {"person": "a", "order_id": "1", "ordered_at": at, "quantity": Decimal(1), "unit_price": Decimal(1)}
    assert of_rows([], [order], day)["a"]["recency"] == "d30"
