"""Risk by combination, held against definitions written over rows: every subset, every order of attributes, every record."""

from __future__ import annotations

import csv
import time
from collections import Counter, defaultdict
from itertools import combinations as subsets_of
from itertools import permutations
from math import prod
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.anonymity.combinations import Combinations, Tuples, combinations

Row = tuple[int, ...]


def of_rows(rows: list[Row]) -> Tuples:
    counts = Counter(rows)
    return Tuples(codes=np.array(list(counts), np.int32), rows=np.array(list(counts.values())))


def of_people(rows: list[tuple[Row, int]]) -> Tuples:
    pairs = list(dict.fromkeys(rows))
    return Tuples(
        codes=np.array([row for row, _ in pairs], np.int32),
        rows=np.ones(len(pairs), np.int64),
        people=np.array([person for _, person in pairs], np.int32),
    )


class Oracle:
    """Records are (row, person); in a table where everybody has one row each is a person of its own."""

    def __init__(self, rows: list[tuple[Row, int]]) -> None:
        self.rows = rows
        self.width = len(rows[0][0])

    def classes(self, chosen: tuple[int, ...]) -> dict[Row, set[int]]:
        found = defaultdict(set)
        for row, person in self.rows:
            found[tuple(row[at] for at in chosen)].add(person)
        return found

    def alone(self, chosen: tuple[int, ...]) -> set[int]:
        return {next(iter(people)) for people in self.classes(chosen).values() if len(people) == 1}

    def alone_rows(self, chosen: tuple[int, ...]) -> set[tuple[Row, int]]:
        classes = self.classes(chosen)
        return {(row, p) for row, p in self.rows if len(classes[tuple(row[at] for at in chosen)]) == 1}

    def check(self, found: Combinations, size: int) -> None:
        everything = tuple(range(self.width))
        top = min(size, self.width)
        assert found.records == len({person for _, person in self.rows})
        assert found.uniques == len(self.alone(everything))
        expected = [c for k in range(1, top + 1) for c in subsets_of(everything, k)]
        assert [subset.attributes for subset in found.subsets] == expected
        for subset in found.subsets:
            assert subset.uniques == len(self.alone(subset.attributes))
            assert subset.smallest == min(len(people) for people in self.classes(subset.attributes).values())
        for at, part in enumerate(found.parts):
            rest = everything[:at] + everything[at + 1 :]
            assert part.vanish == len(self.alone(everything)) - len(self.alone(rest))
            assert part.average == pytest.approx(self.shapley(at))
        self.check_minimal(found, top)

    def shapley(self, at: int) -> float:
        orders = list(permutations(range(self.width)))
        total = 0
        for order in orders:
            known = order[: order.index(at)]
            total += len(self.alone(tuple(sorted((*known, at))))) - len(self.alone(tuple(sorted(known))))
        return total / len(orders)

    def check_minimal(self, found: Combinations, top: int) -> None:
        counts, scores, seen = Counter(), Counter(), set()
        for k in range(1, top + 1):
            for chosen in subsets_of(range(self.width), k):
                smaller = [c for j in range(1, k) for c in subsets_of(chosen, j)]
                minimal = self.alone_rows(chosen) - {one for c in smaller for one in self.alone_rows(c)}
                people = {person for _, person in minimal}
                seen |= people
                counts[k] += len(people)
                score = len(people) * prod(self.width - i for i in range(k, min(top, self.width - 1) + 1))
                for at in (*chosen, "all"):
                    scores[at] += score
        assert found.minimal == tuple(counts[k] for k in range(1, top + 1))
        assert found.singled == len(seen)
        for at, part in enumerate(found.parts):
            assert part.score == pytest.approx(scores[at] / scores["all"] if scores["all"] else 0)


rows = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.tuples(*[st.integers(0, 3)] * width), min_size=1, max_size=25)
)


@settings(max_examples=150, deadline=None)
@given(rows, st.integers(1, 4))
def test_every_number_over_rows(table: list[Row], size: int) -> None:
    Oracle([(row, number) for number, row in enumerate(table)]).check(combinations(of_rows(table), size=size), size)


@settings(max_examples=150, deadline=None)
@given(rows, st.data(), st.integers(1, 4))
def test_every_number_over_people(table: list[Row], data: st.DataObject, size: int) -> None:
    people = data.draw(st.lists(st.integers(0, 6), min_size=len(table), max_size=len(table)))
    pairs = list(zip(table, people, strict=True))
    Oracle(pairs).check(combinations(of_people(pairs), size=size), size)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from([0, 1, 2**30, 2**31 - 2])] * 4), min_size=1, max_size=20), st.booleans())
def test_codes_that_no_number_can_hold_together(table: list[Row], owned: bool) -> None:
    """Four attributes of two thousand million codes each: keys are ranked on the way, people's too."""
    pairs = [(row, number % 5 if owned else number) for number, row in enumerate(table)]
    found = combinations(of_people(pairs) if owned else of_rows(table), size=3)
    Oracle(pairs).check(found, 3)


@given(rows)
def test_parts_add_up_to_the_uniques(table: list[Row]) -> None:
    found = combinations(of_rows(table))
    alone_by_nothing = int(len(table) == 1)  # the only record of a table is alone whatever is known
    assert sum(part.average or 0 for part in found.parts) == pytest.approx(found.uniques - alone_by_nothing)


def test_work_is_bounded() -> None:
    rng = np.random.default_rng(1)
    codes = np.unique(rng.integers(0, 4, (500, 12), np.int32), axis=0)
    table = Tuples(codes=codes, rows=np.ones(len(codes), np.int64))
    assert {len(s.attributes) for s in combinations(table).subsets} == {1, 2, 3}
    assert all(part.average is None for part in combinations(table).parts)  # twelve attributes: 4,096 subsets
    less = combinations(table, work=len(codes) * 100)
    assert {len(s.attributes) for s in less.subsets} == {1, 2}
    assert len(less.minimal) == 2
    least = combinations(table, work=1)
    assert {len(s.attributes) for s in least.subsets} == {1}
    assert [part.vanish for part in least.parts] == [part.vanish for part in combinations(table).parts]


def test_adult_takes_less_than_a_second(shared_data: Path) -> None:
    with (shared_data / "arx_adult" / "adult.csv").open(encoding="utf-8") as file:
        table = [tuple(row) for row in csv.reader(file, delimiter=";")][1:]
    codes = np.column_stack([np.unique(column, return_inverse=True)[1] for column in zip(*table, strict=True)])
    tuples, counts = np.unique(codes, axis=0, return_counts=True)
    began = time.process_time()
    found = combinations(Tuples(codes=tuples.astype(np.int32), rows=counts))
    assert time.process_time() - began < 1
    assert (found.records, found.uniques) == (30_162, 15_512)
    assert sum(part.average or 0 for part in found.parts) == pytest.approx(15_512)
    alone = Counter(tuple(row[at] for at in (1, 5)) for row in table)
    pair = next(s for s in found.subsets if s.attributes == (1, 5))
    assert pair.uniques == sum(1 for count in alone.values() if count == 1)
