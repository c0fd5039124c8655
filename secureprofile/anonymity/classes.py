"""Different combinations of quasi-identifiers with how many rows, people and sensitive values they have, and their roll-up to classes.

Everything that decides works on these tables. A table of a coarser node is made from that of a finer one, never from rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Counts: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.int32]
Mask: TypeAlias = npt.NDArray[np.bool_]

_DENSE = 1 << 22
"""Key space up to which grouping counts into an array; beyond, keys are sorted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histogram:
    """How often each value of a sensitive attribute stands in each class: sparse, one entry for each pair that occurs.

    ``totals`` is the attribute's distribution in the whole table, by value.
    """

    place: Codes
    value: Codes
    rows: Counts
    totals: Counts

    def rolled(self, classes: Codes, count: int) -> Histogram:
        """Return the histogram of coarser classes; ``classes[place]`` is the new place, below ``count``."""
        values = len(self.totals)
        key = classes[self.place].astype(np.int64) * values + self.value
        if count * values <= _DENSE:
            sums = np.bincount(key, weights=self.rows, minlength=count * values)
            kept = np.flatnonzero(sums)
            rows = sums[kept].astype(np.int64)
        else:
            kept, inverse = np.unique(key, return_inverse=True)
            rows = np.bincount(inverse, weights=self.rows).astype(np.int64)
        place, value = np.divmod(kept, values)
        return replace(self, place=place.astype(np.int32), value=value.astype(np.int32), rows=rows)

    def chosen(self, keep: Mask) -> Histogram:
        """Return the histogram of the classes in ``keep``, which move up."""
        places = (np.cumsum(keep) - 1).astype(np.int32)
        kept = self.masked(keep)
        return replace(kept, place=places[kept.place])

    def masked(self, keep: Mask) -> Histogram:
        """Return the histogram without the other classes' entries; places stay."""
        here = keep[self.place]
        return replace(self, place=self.place[here], value=self.value[here], rows=self.rows[here])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """Which people have rows in which class, where somebody has several: one entry for each pair that occurs."""

    place: Codes
    person: Codes

    def rolled(self, classes: Codes) -> People:
        """Return the pairs of coarser classes."""
        people = int(self.person.max(initial=0)) + 1
        key = np.unique(classes[self.place].astype(np.int64) * people + self.person)
        place, person = np.divmod(key, people)
        return People(place=place.astype(np.int32), person=person.astype(np.int32))

    def chosen(self, keep: Mask) -> People:
        """Return the pairs of the classes in ``keep``, which move up."""
        places = (np.cumsum(keep) - 1).astype(np.int32)
        kept = self.masked(keep)
        return People(place=places[kept.place], person=kept.person)

    def masked(self, keep: Mask) -> People:
        """Return the pairs without those of other classes; places stay."""
        here = keep[self.place]
        return People(place=self.place[here], person=self.person[here])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Classes:
    """A table of classes: ``codes[class, attribute]`` with the rows and the histograms of each.

    ``population`` counts the people of the population table who are in the class; classes may stand here for them alone, with no row.
    """

    codes: Codes
    rows: Counts
    histograms: tuple[Histogram, ...] = ()
    pairs: People | None = None
    population: Counts | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def people(self) -> Counts:
        """How many people each class has: its rows, where everybody has one."""
        if self.pairs is None:
            return self.rows
        return np.bincount(self.pairs.place, minlength=len(self))

    def rolled(self, maps: Sequence[Codes | None], sizes: Sequence[int]) -> tuple[Classes, Codes]:
        """Replace each attribute's codes (None: they stay) and join what has become equal.

        Args:
            maps: for each attribute, code → new code.
            sizes: for each attribute, how many new codes there are.

        Returns:
            (coarser classes in ascending order of their codes, for each class its new place).
        """
        columns = [self.codes[:, at] if to is None else to[self.codes[:, at]] for at, to in enumerate(maps)]
        codes, classes = grouped(columns, sizes)
        count = len(codes)
        return (
            Classes(
                codes=codes,
                rows=_sums(classes, self.rows, count),
                histograms=tuple(h.rolled(classes, count) for h in self.histograms),
                pairs=self.pairs.rolled(classes) if self.pairs is not None else None,
                population=None if self.population is None else _sums(classes, self.population, count),
            ),
            classes,
        )

    def regrouped(self, places: Codes, count: int) -> Classes:
        """Join classes as ``places`` says, below ``count``; codes are those of some member, and mean nothing where a class has none."""
        codes = np.zeros((count, self.codes.shape[1]), np.int32)
        codes[places] = self.codes
        return Classes(
            codes=codes,
            rows=_sums(places, self.rows, count),
            histograms=tuple(h.rolled(places, count) for h in self.histograms),
            pairs=self.pairs.rolled(places) if self.pairs is not None else None,
            population=None if self.population is None else _sums(places, self.population, count),
        )

    def joined(self) -> Classes:
        """Return all classes as one."""
        width = self.codes.shape[1]
        alike = [np.zeros(int(self.codes[:, at].max(initial=0)) + 1, np.int32) for at in range(width)]
        return self.rolled(alike, [1] * width)[0]

    def chosen(self, keep: Mask) -> Classes:
        """Return the classes in ``keep``."""
        return Classes(
            codes=self.codes[keep],
            rows=self.rows[keep],
            histograms=tuple(h.chosen(keep) for h in self.histograms),
            pairs=self.pairs.chosen(keep) if self.pairs is not None else None,
            population=None if self.population is None else self.population[keep],
        )


def _sums(classes: Codes, rows: Counts, count: int) -> Counts:
    return np.bincount(classes, weights=rows, minlength=count).astype(np.int64)


def grouped(columns: Sequence[Codes], sizes: Sequence[int]) -> tuple[Codes, Codes]:
    """Find the different combinations of some columns of codes.

    Args:
        columns: arrays of one length.
        sizes: how many codes each column may have.

    Returns:
        (the combinations, ascending; for each row the place of its own).

    Example:
        >>> codes, places = grouped([np.array([1, 0, 1], np.int32), np.array([0, 2, 0], np.int32)], [2, 3])
        >>> codes.tolist(), places.tolist()
        ([[0, 2], [1, 0]], [1, 0, 1])
    """
    key, space = np.zeros(len(columns[0]), np.int64), 1
    firsts: npt.NDArray[np.intp] | None = None
    for column, size in zip(columns, sizes, strict=True):
        if space > (1 << 62) // max(1, size):  # the combinations so far are fewer than their codes could tell apart
            key, firsts = _compacted(key, space)
            space = len(firsts)
        key = key * size + column
        space *= max(1, size)
    places, firsts = _compacted(key, space)
    codes = np.empty((len(firsts), len(columns)), np.int32)
    for at, column in enumerate(columns):
        codes[:, at] = column[firsts]
    return codes, places.astype(np.int32)


def _compacted(key: Counts, space: int) -> tuple[Counts, npt.NDArray[np.intp]]:
    """Return (each key's place among the different ones, ascending; where each of those stands first)."""
    if space <= max(_DENSE, 4 * len(key)) and space <= 1 << 26:
        seen = np.zeros(space, np.bool_)
        seen[key] = True
        different = np.flatnonzero(seen)
        lookup = np.empty(space, np.int64)
        lookup[different] = np.arange(len(different))
        places = lookup[key]
        firsts = np.empty(len(different), np.intp)
        firsts[places[::-1]] = np.arange(len(key) - 1, -1, -1)
        return places, firsts
    _, firsts, places = np.unique(key, return_index=True, return_inverse=True)
    return places.astype(np.int64), firsts
