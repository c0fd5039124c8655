"""MDAV against the published algorithm written out row by row, and what it is for: tighter groups than straight cuts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.anonymity import mdav
from secureprofile.anonymity.classes import Classes, Codes, Histogram
from secureprofile.anonymity.hierarchy import Hierarchy
from secureprofile.anonymity.loss import Space
from secureprofile.anonymity.mdav import microaggregate
from secureprofile.anonymity.models import Models, models_of
from secureprofile.anonymity.mondrian import partition
from secureprofile.policy.anonymity import Anonymity


def space_of(rows: list[tuple[int, ...]], counts: list[int] | None = None) -> Space:
    """Numbers as attributes; the rows must be different."""
    trees = []
    for at in range(len(rows[0])):
        values = sorted({row[at] for row in rows})
        trees.append(Hierarchy.from_rows(f"q{at}", [[str(value), "*"] for value in values]))
    codes = np.array(
        [[tree.places[str(cell)] for tree, cell in zip(trees, row, strict=True)] for row in rows], np.int32
    )
    table = Classes(codes=codes, rows=np.array(counts or [1] * len(rows), np.int64), histograms=())
    return Space(table=table, hierarchies=tuple(trees), weights=(1.0,) * len(trees))


def by_the_book(rows: list[tuple[int, ...]], k: int) -> set[frozenset[int]]:
    """Domingo-Ferrer and Torra 2005, algorithm MDAV-generic, on standardised numbers; the first row wins ties."""
    width = range(len(rows[0]))
    means = [math.fsum(row[a] for row in rows) / len(rows) for a in width]
    spreads = [math.sqrt(math.fsum((row[a] - means[a]) ** 2 for row in rows) / len(rows)) for a in width]
    points = [[(row[a] - means[a]) / spreads[a] if spreads[a] else 0.0 for a in width] for row in rows]
    left = list(range(len(rows)))
    groups: list[list[int]] = []

    def distance(a: list[float], b: list[float]) -> float:
        return math.fsum((x - y) ** 2 for x, y in zip(a, b, strict=True))

    def mean() -> list[float]:
        return [math.fsum(points[i][a] for i in left) / len(left) for a in width]

    def farthest(point: list[float]) -> int:
        return max(left, key=lambda i: distance(points[i], point))

    def group(around: int) -> None:
        near = sorted(left, key=lambda i: (i != around, distance(points[i], points[around])))[:k]
        groups.append(near)
        left[:] = [i for i in left if i not in near]

    while len(left) >= 3 * k:
        first = farthest(mean())
        group(first)
        group(farthest(points[first]))
    if len(left) >= 2 * k:
        group(farthest(mean()))
    groups.append(left)
    return {frozenset(one) for one in groups if one}


def groups_of(place: Codes) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(place == at).tolist()) for at in np.unique(place)}


@pytest.mark.parametrize("seed", range(60))
def test_it_is_the_published_algorithm(seed: int) -> None:
    rng = np.random.default_rng(seed)  # numbers drawn from a wide range: no two distances are equal
    rows = [tuple(map(int, row)) for row in rng.integers(0, 10**6, (int(rng.integers(5, 70)), int(rng.integers(1, 4))))]
    k = int(rng.integers(2, 6))
    assert groups_of(microaggregate(space_of(rows), Models(k=k))) == by_the_book(rows, k)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 4)), min_size=1, max_size=60),
    st.integers(2, 7),
)
def test_every_group_has_k_rows_and_no_row_is_lost(cells: list[tuple[int, int, int]], k: int) -> None:
    counts = {(a, b): rows for a, b, rows in cells}
    space = space_of([*counts], [*counts.values()])
    place = microaggregate(space, Models(k=k))
    if sum(counts.values()) < k:
        assert (place == -1).all()
        return
    sizes = np.bincount(place, weights=space.table.rows)
    assert sizes.min() >= k


def spread(space: Space, place: Codes) -> float:
    """Share of the sum of squares that is inside groups, on standardised numbers (SSE/SST of the literature)."""
    numbers = np.array(
        [[float(h.leaves[c]) for h, c in zip(space.hierarchies, row, strict=True)] for row in space.table.codes]
    )
    numbers = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    inside = sum(((numbers[place == at] - numbers[place == at].mean(axis=0)) ** 2).sum() for at in np.unique(place))
    return float(inside / (numbers**2).sum())


def test_its_groups_are_tighter_than_straight_cuts() -> None:
    rng = np.random.default_rng(5)
    rows = [tuple(map(int, row)) for row in rng.normal(0, 1000, (1500, 2)).round()]
    space = space_of(sorted(set(rows)))
    tight, cut = (spread(space, method(space, Models(k=5))) for method in (microaggregate, partition))
    assert tight < 0.75 * cut


def test_larger_tables_are_halved_first_and_lose_little(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    rows = sorted({tuple(map(int, row)) for row in rng.integers(0, 10**6, (3000, 2))})
    space = space_of(rows)
    whole = spread(space, microaggregate(space, Models(k=4)))
    monkeypatch.setattr(mdav, "BLOCK", 500)
    place = microaggregate(space, Models(k=4))
    assert np.bincount(place).min() >= 4
    assert spread(space, place) < 1.15 * whole


def test_who_has_no_number_is_nearest_to_others_without() -> None:
    leaves = ["", *map(str, range(10))]
    tree = Hierarchy.from_rows("q0", [[leaf, "*"] for leaf in leaves])
    other = Hierarchy.from_rows("q1", [[str(v), "*"] for v in range(30)])
    codes = np.array([[tree.places[""] if at < 5 else tree.places[str(at % 10)], at] for at in range(30)], np.int32)
    space = Space(
        table=Classes(codes=codes, rows=np.ones(30, np.int64), histograms=()),
        hierarchies=(tree, other),
        weights=(1.0, 1.0),
    )
    assert frozenset(range(5)) in groups_of(microaggregate(space, Models(k=5)))


def test_a_group_that_misses_another_model_joins_its_neighbour() -> None:
    space = space_of([(v, v) for v in range(20)])
    value = np.array([0] * 10 + [0, 1] * 5, np.int32)
    secret = Histogram(
        place=np.arange(20, dtype=np.int32), value=value, rows=np.ones(20, np.int64), totals=np.bincount(value)
    )
    space = replace(space, table=replace(space.table, histograms=(secret,)))
    rules = Anonymity.model_validate({"quasi_identifiers": {"q0": "suppress"}, "k": 5, "sensitive": {"s": {"l": 2}}})
    place = microaggregate(space, models_of(rules, ["s"], {}))
    for at in np.unique(place):
        assert len({int(value[i]) for i in np.flatnonzero(place == at)}) >= 2
