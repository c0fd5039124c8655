"""Sizes, attackers and sensitive values, held against counting over rows in plain Python, and against published figures of Adult."""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.anonymity.risk import (
    BANDS,
    THRESHOLDS,
    class_sizes,
    diversity,
    journalist,
    least_size,
    prosecutor,
)

tables = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=40)
risks = st.fractions(min_value=Fraction(1, 60), max_value=1)


def sizes_of(rows: list[tuple[int, ...]]) -> np.ndarray:
    return np.array(list(Counter(rows).values()))


@given(tables)
def test_sizes_are_those_of_counting_rows(rows: list[tuple[int, ...]]) -> None:
    counts = Counter(rows)
    found = class_sizes(sizes_of(rows))
    assert (found.records, found.classes) == (len(rows), len(set(rows)))
    assert (found.smallest, found.largest) == (min(counts.values()), max(counts.values()))
    assert found.uniques == sum(1 for row in rows if rows.count(row) == 1)
    assert found.mean == pytest.approx(len(rows) / len(set(rows)))
    for band, (low, high) in zip(found.bands, BANDS, strict=True):
        inside = [row for row in rows if counts[row] >= low and (high is None or counts[row] <= high)]
        assert (band.low, band.high, band.records, band.classes) == (low, high, len(inside), len(set(inside)))


@given(tables, risks)
def test_the_prosecutor_guesses_among_the_rows_of_a_class(rows: list[tuple[int, ...]], threshold: Fraction) -> None:
    chances = [Fraction(1, rows.count(row)) for row in rows]
    found = prosecutor(sizes_of(rows), [threshold])
    assert found.highest == pytest.approx(float(max(chances)))
    assert found.average == pytest.approx(float(sum(chances) / len(rows)))
    assert found.at_risk == ((threshold, pytest.approx(sum(c > threshold for c in chances) / len(rows))),)


@given(tables, tables, risks)
def test_the_journalist_guesses_among_the_population(
    rows: list[tuple[int, ...]], others: list[tuple[int, ...]], threshold: Fraction
) -> None:
    keys = list(Counter(rows))
    population = np.array([others.count(key) for key in keys])
    chances = [Fraction(1, max(rows.count(row), others.count(row))) for row in rows]
    found = journalist(sizes_of(rows), population, [threshold])
    assert found.risk.highest == pytest.approx(float(max(chances)))
    assert found.risk.average == pytest.approx(float(sum(chances) / len(rows)))
    assert found.risk.at_risk[0][1] == pytest.approx(sum(c > threshold for c in chances) / len(rows))
    assert found.outside == sum(others.count(row) < rows.count(row) for row in rows)


@given(risks, st.integers(1, 200))
def test_the_least_size_is_the_edge_of_a_threshold(threshold: Fraction, size: int) -> None:
    assert (Fraction(1, size) <= threshold) == (size >= least_size(threshold))


def test_eleven_people_are_above_nine_percent() -> None:
    """1/11 = 0.0909…: the precedent that takes 11 for 0.09 rounds."""
    assert [least_size(threshold) for threshold in THRESHOLDS] == [4, 5, 12, 20]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=40))
def test_what_a_class_gives_away(rows: list[tuple[int, int]]) -> None:
    names = sorted({name for name, _ in rows})
    groups = defaultdict(list)
    for name, value in rows:
        groups[name].append(value)
    everybody = Counter(value for _, value in rows)
    distinct, entropies, distances, same = [], [], [], 0
    for values in groups.values():
        shares = {value: Fraction(values.count(value), len(values)) for value in everybody}
        distinct.append(len(set(values)))
        entropies.append(-sum(float(p) * math.log(p) for p in shares.values() if p))
        distances.append(sum(abs(shares[v] - Fraction(n, len(rows))) for v, n in everybody.items()) / 2)
        same += len(values) if len(set(values)) == 1 else 0
    pairs = Counter(rows)
    found = diversity(
        np.array([names.index(name) for name, _ in pairs], np.int32),
        np.array([value for _, value in pairs], np.int32),
        np.array(list(pairs.values())),
        len(names),
    )
    assert (found.distinct, found.homogeneous) == (min(distinct), same)
    assert found.entropy == pytest.approx(math.exp(min(entropies)))
    assert found.distance == pytest.approx(float(max(distances)), abs=1e-12)


@pytest.mark.parametrize("sizes", [[], [3, 0]])
def test_no_class_and_empty_classes_are_refused(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        class_sizes(np.array(sizes, np.int64))


def test_figures_of_adult(shared_data: Path) -> None:
    """Those that ARX 3.9 tells of the same file: uniques 51.43 %, average 0.6466, highest 1, above 0.2 77.8 %."""
    with (shared_data / "arx_adult" / "adult.csv").open(encoding="utf-8") as file:
        rows = [tuple(row) for row in csv.reader(file, delimiter=";")][1:]
    sizes = sizes_of(rows)  # type: ignore[arg-type]
    found, risk = class_sizes(sizes), prosecutor(sizes, [Fraction(1, 5)])
    assert (found.records, found.classes) == (30_162, 19_502)
    assert found.uniques / found.records == pytest.approx(0.5143, abs=5e-5)
    assert risk.highest == 1.0
    assert risk.average == pytest.approx(0.6466, abs=5e-5)
    assert risk.at_risk[0][1] == pytest.approx(0.778, abs=5e-4)
