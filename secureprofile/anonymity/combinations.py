"""Which quasi-identifiers single people out, alone and together: risk by combination, each attribute's part in it, minimal sample uniques.

Works on different tuples with their counts. A record that is alone by some attributes is alone by any more, so everything can be told from
which tuples are alone by which subset.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations as subsets_of
from typing import Final

import numpy as np
import numpy.typing as npt

from secureprofile.anonymity.classes import Codes, Counts

Mask = npt.NDArray[np.bool_]
Bits = npt.NDArray[np.uint8]

WORK: Final = 60_000_000
"""Tuples times small subsets that are looked at; above, only smaller subsets are. The average over all subsets may take four times as many,
for most of their tables are small."""

MOST_ATTRIBUTES: Final = 10
"""Attributes up to which every subset is looked at for the average part of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subset:
    """Some attributes by their places, how many records are alone by them, and the smallest class that they make."""

    attributes: tuple[int, ...]
    uniques: int
    smallest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One attribute's part in the uniqueness by all of them.

    Attributes:
        vanish: uniques that are none without it.
        average: its mean addition to the uniques over all orders in which attributes may become known (Shapley value); over all attributes
            these add up to the uniques. None where there are too many subsets.
        score: share of the SUDA scores that comes from minimal sample uniques with it, from 0 to 1; an attribute shares with others.
    """

    vanish: int
    average: float | None
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Combinations:
    """Records (or people), those alone by all attributes, each small subset, each attribute's part, and minimal sample uniques.

    ``minimal[k − 1]`` counts those of k attributes: a record and a subset by which it is alone, though by no part of the subset.
    ``singled`` are records with any of them.
    """

    records: int
    uniques: int
    subsets: tuple[Subset, ...]
    parts: tuple[Part, ...]
    minimal: tuple[int, ...]
    singled: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tuples:
    """Different tuples: ``codes[tuple, attribute]`` and the rows of each.

    Where people have several rows, an entry is a tuple and one of its people, ``people`` says which (codes from 0), and what counts is people.
    """

    codes: Codes
    rows: Counts
    people: Codes | None = None

    @property
    def records(self) -> int:
        """Rows, or different people."""
        return int(self.rows.sum()) if self.people is None else _different(self.people)


def combinations(tuples: Tuples, *, size: int = 3, work: int = WORK) -> Combinations:
    """Look at all subsets of up to ``size`` attributes, and at every attribute's part.

    Args:
        tuples: at least one, with at least one attribute.
        size: largest subset, from 1; less where that would be more work than allowed.
        work: tuples times subsets that may be looked at.

    Sources: Elliot, Manning, Ford 2002 (minimal sample uniques and their scores: the product of (attributes − i) for i from the subset's
    size to the largest looked at); Shapley 1953.

    Example:
        >>> found = combinations(Tuples(codes=np.array([[0, 0], [0, 1], [1, 0]], np.int32), rows=np.array([1, 1, 2])))
        >>> [(s.attributes, s.uniques, s.smallest) for s in found.subsets]
        [((0,), 0, 2), ((1,), 1, 1), ((0, 1), 2, 1)]
        >>> found.minimal, [(part.vanish, part.average) for part in found.parts]
        ((1, 1), [(1, 0.5), (2, 1.5)])
    """
    tuples = _by_people(tuples)
    count = tuples.codes.shape[1]
    widths = [int(tuples.codes[:, at].max()) + 1 for at in range(count)]
    size = max(1, min(size, count))
    while size > 1 and sum(math.comb(count, k) for k in range(1, size + 1)) * len(tuples.rows) > work:
        size -= 1
    found: dict[tuple[int, ...], Subset] = {}
    alone: dict[tuple[int, ...], Bits] = {}
    for chosen in (c for k in range(1, size + 1) for c in subsets_of(range(count), k)):
        found[chosen], mask = _subset(tuples, chosen, widths)
        alone[chosen] = np.packbits(mask)
    everything = tuple(range(count))
    whole = found[everything] if everything in found else _subset(tuples, everything, widths)[0]
    averages: list[float | None] = [None] * count
    if count <= MOST_ATTRIBUTES and len(tuples.rows) << count <= 4 * work:
        averages = [*_shapley(_values(tuples, widths), count)]
    minimal, singled, scores = _minimal(tuples, alone, count, size)
    parts = []
    for at in everything:
        rest = everything[:at] + everything[at + 1 :]
        without = found[rest] if rest in found else _subset(tuples, rest, widths)[0]
        parts.append(Part(vanish=whole.uniques - without.uniques, average=averages[at], score=scores[at]))
    return Combinations(
        records=tuples.records,
        uniques=whole.uniques,
        subsets=tuple(found.values()),
        parts=tuple(parts),
        minimal=minimal,
        singled=singled,
    )


def _by_people(tuples: Tuples) -> Tuples:
    """Return the same with each person's entries side by side, in the order of people."""
    if tuples.people is None:
        return tuples
    order = np.argsort(tuples.people, kind="stable")
    return Tuples(codes=tuples.codes[order], rows=tuples.rows[order], people=tuples.people[order])


def _subset(tuples: Tuples, chosen: tuple[int, ...], widths: Sequence[int]) -> tuple[Subset, Mask]:
    """Return what a subset does, and which tuples are alone by it."""
    key, space = _keys([tuples.codes[:, at] for at in chosen], [widths[at] for at in chosen], len(tuples.rows))
    if space > max(1 << 16, 4 * len(key)):
        key, space = _ranked(key, space)
    if tuples.people is None:
        counts = np.bincount(key, weights=tuples.rows, minlength=space).astype(np.int64)
        alone = counts[key] == 1
        return Subset(attributes=chosen, uniques=int(alone.sum()), smallest=int(counts[counts > 0].min())), alone
    # people stand in order: the last and the first of a class are one person exactly where nobody else is in it
    last, first = np.empty(space, np.int32), np.empty(space, np.int32)
    last[key], first[key[::-1]] = tuples.people, tuples.people[::-1]
    alone = (last == first)[key]
    smallest = 1 if alone.any() else _fewest(key, tuples.people)
    return Subset(attributes=chosen, uniques=_different(tuples.people[alone]), smallest=smallest), alone


def _fewest(key: Counts, people: Codes) -> int:
    """Return the different people of the class that has fewest."""
    most = int(people.max()) + 1
    pairs = np.sort(key * most + people)
    classes = pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])] // most
    edges = np.flatnonzero(np.concatenate([[True], classes[1:] != classes[:-1], [True]]))
    return int(np.diff(edges).min())


def _different(people: Codes) -> int:
    return int(np.bincount(people).astype(np.bool_).sum())


def _keys(columns: Sequence[Codes], widths: Sequence[int], length: int) -> tuple[Counts, int]:
    """Return one number for each tuple of codes, and below which all are; without columns all are 0."""
    key, space = np.zeros(length, np.int64), 1
    for column, width in zip(columns, widths, strict=True):
        if space > (1 << 62) // width:  # what the codes could tell apart is more than what there is
            key, space = _ranked(key, space)
        key = key * width + column
        space *= width
    return key, space


def _ranked(key: Counts, space: int) -> tuple[Counts, int]:
    different, key = np.unique(key, return_inverse=True)
    return key.astype(np.int64), len(different)


# --- every subset -----------------------------------------------------------------------------------------------------


def _values(tuples: Tuples, widths: Sequence[int]) -> dict[int, int]:
    """Return for every subset, as bits, how many records are alone by it.

    Each subset's table is made from one with one attribute more. The attribute with most values goes first, so that half of all subsets
    come from the smaller table without it.
    """
    order = sorted(range(len(widths)), key=lambda at: -widths[at])
    columns = {at: tuples.codes[:, at] for at in order}
    found: dict[int, int] = {}

    def visit(table: dict[int, Codes], rows: Counts, people: Codes | None, first: int) -> None:
        table, rows, people, uniques = _rolled(table, widths, rows, people)
        found[sum(1 << at for at in table)] = uniques
        for place in range(first, len(order)):
            rest = {at: column for at, column in table.items() if at != order[place]}
            visit(rest, rows, people, place + 1)

    visit(columns, tuples.rows, tuples.people, 0)
    return found


def _rolled(
    table: dict[int, Codes], widths: Sequence[int], rows: Counts, people: Codes | None
) -> tuple[dict[int, Codes], Counts, Codes | None, int]:
    """Join equal tuples (of the same person); return the coarser table and how many records are alone in it."""
    if not table:
        records = int(rows.sum()) if people is None else _different(people)
        return table, np.array([records]), None if people is None else people[:1], int(records == 1)
    key, space = _keys(list(table.values()), [widths[at] for at in table], len(rows))
    if people is not None:
        most = int(people.max()) + 1
        if space > (1 << 62) // most:
            key, _ = _ranked(key, space)
        key = key * most + people
    order = np.argsort(key, kind="stable")
    key = key[order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    table = {at: column[order[starts]] for at, column in table.items()}
    rows = np.add.reduceat(rows[order], starts)
    if people is None:
        return table, rows, None, int((rows == 1).sum())
    people, classes = people[order[starts]], key[starts] // most
    edges = np.concatenate([[True], classes[1:] != classes[:-1], [True]])
    return table, rows, people, _different(people[edges[1:] & edges[:-1]])


def _shapley(values: dict[int, int], count: int) -> Iterator[float]:
    """Return each attribute's mean addition over all orders: Σ s!·(q − s − 1)!/q! · (v(S ∪ {a}) − v(S))."""
    weights = [math.factorial(s) * math.factorial(count - s - 1) / math.factorial(count) for s in range(count)]
    for at in range(count):
        bit = 1 << at
        yield sum(weights[m.bit_count()] * (values[m | bit] - v) for m, v in values.items() if not m & bit)


# --- minimal sample uniques -------------------------------------------------------------------------------------------


def _minimal(
    tuples: Tuples, alone: dict[tuple[int, ...], Bits], count: int, size: int
) -> tuple[tuple[int, ...], int, list[float]]:
    """Return (minimal sample uniques by size, records that have any, each attribute's share of the scores)."""
    top = min(size, count - 1)
    counts, scores, total = [0] * size, [0.0] * count, 0.0
    seen = np.zeros(len(tuples.rows), np.bool_)
    for chosen, here in alone.items():
        bits = here.copy()
        for at in range(len(chosen) if len(chosen) > 1 else 0):
            bits &= ~alone[chosen[:at] + chosen[at + 1 :]]
        minimal = np.unpackbits(bits, count=len(seen)).astype(np.bool_)
        seen |= minimal
        people = tuples.people
        times = int(minimal.sum()) if people is None else _different(people[minimal])
        counts[len(chosen) - 1] += times
        score = times * math.prod(count - i for i in range(len(chosen), top + 1))
        total += score
        for at in chosen:
            scores[at] += score
    singled = int(seen.sum()) if tuples.people is None else _different(tuples.people[seen])
    return tuple(counts), singled, [score / total if total else 0.0 for score in scores]
