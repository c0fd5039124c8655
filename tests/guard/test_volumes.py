"""Unusual numbers of identifiers are told, and so are columns whose frequencies give their values away."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest

from secureprofile.guard.volumes import FACTOR, Measured, judge, revealing
from secureprofile.workspace import Workspace
from tests.conftest import ROOT


def column(
    values: list[int], *, cells: int | None = None, distinct: int | None = None, category: str = "user.unique_id"
) -> Measured:
    whole = len(values) if cells is None else cells
    return Measured(name="c", category=category, cells=whole, distinct=distinct or len(set(values)), sample=values)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], None),
        ([1], None),
        ([1, 2, 3], None),  # nothing repeats, so nothing is revealed
        ([1, 1, 2], "few distinct values"),
        (list(range(99)) * 2, "few distinct values"),
        (list(range(100)) * 2, None),
        ([*range(800), *[7] * 198], None),
        ([*range(800), *[7] * 201], "one very common value"),
    ],
)
def test_the_edges_of_the_rule(values: list[int], reason: str | None) -> None:
    assert revealing(column(values)) == reason


def test_a_sample_of_a_large_column_is_judged_by_its_estimated_number_of_values() -> None:
    values = random.Random(1).choices(range(1_000_000), k=20_000)
    assert revealing(column(values, cells=5_000_000, distinct=990_000)) is None
    assert revealing(column([1] * 20_000, cells=5_000_000, distinct=1)) == "few distinct values"


@pytest.mark.parametrize(("distinct", "many"), [(FACTOR * 50, False), (FACTOR * 50 + 1, True)])
def test_more_identifiers_than_ten_times_the_population_are_unusual(distinct: int, many: bool) -> None:
    found = judge([column([1, 2], cells=10_000, distinct=distinct)], population=50)
    assert (found.many, found.identifiers) == (many, distinct)
    city = column([1, 2], cells=10_000, distinct=distinct, category="user.contact.address.city")
    assert not judge([city], population=50).many


def test_a_run_of_many_phone_numbers_is_told_and_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "policies" / "strict.yaml").read_text("utf-8").replace("population: 5000", "population: 3")
    (tmp_path / "p.yaml").write_text(text.replace("delta: 1.0e-6", "delta: 1.0e-7"), "utf-8")
    for name in ("tags.yaml", "releases.yaml"):
        (tmp_path / name).write_bytes((ROOT / "policies" / name).read_bytes())
    head = ["order_id", "customer_id", "ordered_at", "category", "product", "quantity", "unit_price", "discount", "coupon", "channel"]  # fmt: skip
    rows = [[n, f"C{n}", "2026-03-04 10:00:00", "b", "a", "1", "1", "0", "", "web"] for n in range(31)]
    with Workspace.open(tmp_path / "ws", policy=tmp_path / "p.yaml", keys=f"file:{tmp_path / 'keys'}") as place:
        for count in (30, 31):
            with place.session(purpose="audit-sample") as one:
                one.anonymize(pd.DataFrame(rows[:count], columns=head), dataset="orders")
        outcomes = [entry for entry in place.audit.log() if entry["act"] == "anonymize" and entry["phase"] == "outcome"]
    assert sorted((e["details"].get("identifiers"), e["details"].get("notice", "")) for e in outcomes) == [
        ("<=100", ""),
        ("<=100", "many-identifiers"),
    ]
