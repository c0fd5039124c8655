"""Drift between two releases: values by hand, intervals that hold, and no change where nothing changed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from secureprofile.dp.changes import change
from secureprofile.released import Cell, Document, Released, Table, Withheld
from tests.report.sample import ATTRIBUTES, document

AGE = ATTRIBUTES[0]


def with_counts(counts: list[float], sd: float) -> Document:
    """The sample release with the counts of its first tag, and their sum, as given."""
    released = [Released(value=v, low=v - 2 * sd, high=v + 2 * sd, sd=sd, mechanism="m") for v in counts]
    return with_cells(tuple(released), sum(counts), sd)


def with_cells(cells: tuple[Cell, ...], total: float, sd: float) -> Document:
    whole = Released(value=total, low=total - 2 * sd, high=total + 2 * sd, sd=sd, mechanism="m")
    tables = (
        Table(attributes=(), keys=((),), cells=(whole,)),
        Table(attributes=(AGE.code,), keys=tuple((v.code,) for v in AGE.values), cells=cells),
    )
    return replace(document(), attributes=(AGE,), tables=tables)


def test_shares_and_stability_are_what_their_formulas_say() -> None:
    old, new = [1000.0, 2000.0, 3000.0, 4000.0], [1500.0, 2000.0, 2500.0, 4000.0]
    found = change(with_counts(old, 10), with_counts(new, 10))
    p, q = np.array(old) / 10_000, np.array(new) / 10_000
    assert [s.difference.value for s in found.shifts] == pytest.approx((q - p).tolist(), abs=1e-6)  # type: ignore[union-attr]
    (one,) = found.stability
    assert one.cell.value == pytest.approx(sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True)), abs=1e-6)  # type: ignore[union-attr]


def test_intervals_hold_when_nothing_changed_and_when_something_did() -> None:
    """500 pairs of releases: below 93 % happens less than once in ten thousand runs where 95 % hold."""
    rng = np.random.default_rng(3)
    for now in ([1000.0, 2000.0, 3000.0, 4000.0], [1300.0, 2000.0, 2700.0, 4000.0]):
        old = np.array([1000.0, 2000.0, 3000.0, 4000.0])
        truth = (np.array(now) - old) / 10_000
        psi = float(np.sum(truth * np.log(np.array(now) / old)))
        held: list[bool] = []
        stable: list[bool] = []
        for _ in range(500):
            found = change(
                with_counts((old + rng.normal(0, 30, 4)).tolist(), 30),
                with_counts((np.array(now) + rng.normal(0, 30, 4)).tolist(), 30),
            )
            for shift, gap in zip(found.shifts, truth, strict=True):
                assert isinstance(shift.difference, Released)
                held.append(shift.difference.low <= gap <= shift.difference.high)
            cell = found.stability[0].cell
            assert isinstance(cell, Released)
            stable.append(cell.low <= psi <= cell.high)
        assert np.mean(held) >= 0.93
        assert np.mean(stable) >= 0.93


def test_a_withheld_count_withholds_what_rests_on_it() -> None:
    old = with_counts([1000, 2000, 3000, 4000], 10)
    hidden = Withheld(reason="below-minimum-group", threshold=50)
    shown = with_counts([1000, 2000, 3000, 4000], 10).tables[1].cells
    found = change(old, with_cells((hidden, *shown[1:]), 10_000, 10))
    assert found.shifts[0].difference == hidden
    assert isinstance(found.shifts[1].difference, Released)
    assert found.stability[0].cell == hidden


def test_a_tag_whose_values_changed_is_not_compared() -> None:
    old = with_counts([1000, 2000, 3000, 4000], 10)
    renamed = replace(AGE, values=(*AGE.values[:3], replace(AGE.values[3], code="nobody")))
    keys = tuple((value.code,) for value in renamed.values)
    new = replace(old, attributes=(renamed,), tables=(old.tables[0], replace(old.tables[1], keys=keys)))
    assert change(old, new).shifts == ()
