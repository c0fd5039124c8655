"""Measures: whole grid steps between public bounds, whatever a person's value is; and every mistake in a dictionary told."""

from __future__ import annotations

import math
from datetime import date
from decimal import ROUND_FLOOR, Decimal

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.errors import PolicyFileError
from secureprofile.portrait.build import measured, profile
from secureprofile.portrait.dictionary import TagDictionary
from secureprofile.portrait.reading import load_tags
from tests.portrait.engine import duck

HEAD = """secureprofile-tags: 1
features:
  orders: {spend: "sum(amount)", n: "count()"}
tags:
  - code: busy
    dimension: behaviour
    name: {en: b, zh: b}
    definition: {en: b, zh: b}
    values: [{code: yes_, name: {en: y, zh: y}, when: "n > 1"}, {code: no_, name: {en: n, zh: n}, otherwise: true}]
measures:
"""
GOOD = "{code: total, name: {en: t, zh: t}, definition: {en: d, zh: d}, unit: €, value: spend, missing: 5, bounds: [-10, 40], grid: 0.25}"


def read(*measures: str) -> TagDictionary:
    return load_tags(HEAD + "".join(f"  - {one}\n" for one in measures), file="tags.yaml")


VALUES = st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.floats(-60, 60)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=40))
def test_every_value_becomes_a_step_between_the_bounds(values: list[float | None]) -> None:
    (rule,) = read(GOOD).measures
    table = ibis.memtable(pa.table({"spend": pa.array(values, pa.float64())}))
    found = duck().to_pyarrow(table.select(**measured(rule, {"spend": table.spend}, date(2026, 1, 1)))).to_pylist()
    for value, row in zip(values, found, strict=True):
        plain = 5.0 if value is None or math.isnan(value) else value
        inside = min(max(plain, -10.0), 40.0)
        exact = ((Decimal(inside) + 10) / Decimal("0.25") + Decimal("0.5")).to_integral_value(ROUND_FLOOR)
        assert abs(row["total"] - int(exact)) <= (
            1 if abs(inside / 0.125 % 2 - 1) < 1e-9 else 0
        )  # halves may fall either way
        assert 0 <= row["total"] <= 200
        assert row["total__clipped"] == (plain < -10 or plain > 40)


def test_a_portrait_holds_measures_beside_tags() -> None:
    orders = ibis.memtable(pa.table({"person": ["a", "a", "b"], "amount": [7.5, 100.0, 1.0]}))
    people = ibis.memtable(pa.table({"person": ["a", "b", "c"]}))
    found = (
        duck().to_pyarrow(profile({"orders": orders, "customers": people}, read(GOOD), date(2026, 1, 1))).to_pylist()
    )
    assert {row["person"]: (row["total"], row["total__clipped"]) for row in found} == {
        "a": (200, True),
        "b": (44, False),
        "c": (60, False),
    }


def test_a_measure_of_an_absent_dataset_has_the_missing_value() -> None:
    people = ibis.memtable(pa.table({"person": ["a"]}))
    (row,) = duck().to_pyarrow(profile({"customers": people}, read(GOOD), date(2026, 1, 1))).to_pylist()
    assert (row["total"], row["total__clipped"]) == (60, False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("code: total", "code: busy", "a second tag or measure with this code"),
        ("code: total", "code: 9x", "expected a code"),
        ("value: spend", "value: spent", "no feature spent"),
        ("value: spend", "value: 'sum(spend)'", "sum() folds rows and cannot stand inside a tag's condition"),
        ("bounds: [-10, 40]", "bounds: [40, -10]", "expected low below high, with the missing value between them"),
        ("bounds: [-10, 40]", "bounds: 40", "expected two numbers"),
        ("missing: 5", "missing: 50", "expected low below high, with the missing value between them"),
        ("grid: 0.25", "grid: 0.3", "expected a step that divides the bounds"),
        ("grid: 0.25", "grid: 0", "expected a step that divides the bounds"),
        ("grid: 0.25", "grid: 0.00001", "expected a step that divides the bounds"),
        ("grid: 0.25", "grid: wide", "expected a number"),
        ("missing: 5, ", "", "missing key `missing`"),
        ("unit: €", "unit: €, colour: red", "unknown key"),
    ],
)
def test_mistakes_are_told_where_they_stand(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(PolicyFileError) as caught:
        read(GOOD.replace(old, new))
    (problem,) = caught.value.problems
    assert problem.message == said
    assert problem.line == 11
