"""How likely people are found again in a table, from the sizes of its classes: three attackers, two properties of sensitive values.

A class is all records with the same labels in every quasi-identifier. Everything here is exact; estimates are in ``population``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from secureprofile.anonymity.classes import Codes, Counts

THRESHOLDS: Final = (Fraction(33, 100), Fraction(1, 5), Fraction(9, 100), Fraction(1, 20))
"""Risks that are asked about: the precedents of k = 3 (strictly: 4), 5, 11 (strictly: 12) and 20."""

BANDS: Final = ((1, 1), (2, 2), (3, 4), (5, 9), (10, 19), (20, 49), (50, None))
"""Class sizes of the histogram, both ends included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How many classes have between ``low`` and ``high`` records (None: no upper end), and how many records those hold."""

    low: int
    high: int | None
    classes: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What class sizes look like. ``records`` are rows, or people where sizes count people; ``uniques`` are alone in their class."""

    records: int
    classes: int
    smallest: int
    largest: int
    uniques: int
    bands: tuple[Band, ...]

    @property
    def mean(self) -> float:
        """Records per class."""
        return self.records / self.classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """The chance of finding the right person, for an attacker who guesses evenly among the candidates.

    ``highest`` is that of the record with the fewest candidates, ``average`` the mean over records, which is also the share that an
    attacker gets right who tries all of them (marketer). ``at_risk`` has for each threshold the share of records above it.
    """

    highest: float
    average: float
    at_risk: tuple[tuple[Fraction, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journalist:
    """The risk among a population. ``outside`` are records of classes that the population table has fewer of than the file."""

    risk: Risk
    outside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Diversity:
    """What a class gives away about a sensitive attribute.

    Attributes:
        distinct: least number of different values in a class (distinct l).
        entropy: least exp(entropy) of a class (entropy l), from 1.
        homogeneous: records in classes with one value only: whose class is known, their value is.
        distance: largest distance t of a class's distribution from the table's, all values equally far apart, from 0 to 1.
    """

    distinct: int
    entropy: float
    homogeneous: int
    distance: float


def class_sizes(sizes: Counts) -> Sizes:
    """Describe the sizes of all classes.

    Args:
        sizes: records (or people) of each class, all positive, at least one class.

    Raises:
        ValueError: no class, or an empty one.

    Example:
        >>> found = class_sizes(np.array([1, 1, 4]))
        >>> found.smallest, found.mean, found.uniques, [band.records for band in found.bands[:3]]
        (1, 2.0, 2, [2, 0, 4])
    """
    if not len(sizes) or int(sizes.min()) < 1:
        raise ValueError("every class has records, and there is at least one")
    bands = []
    for low, high in BANDS:
        inside = sizes[(sizes >= low) & (sizes <= high)] if high is not None else sizes[sizes >= low]
        bands.append(Band(low=low, high=high, classes=len(inside), records=int(inside.sum())))
    return Sizes(
        records=int(sizes.sum()),
        classes=len(sizes),
        smallest=int(sizes.min()),
        largest=int(sizes.max()),
        uniques=int((sizes == 1).sum()),
        bands=tuple(bands),
    )


def least_size(threshold: Fraction) -> int:
    """Return how many candidates keep a risk from exceeding a threshold: the least size with 1/size ≤ threshold.

    Example:
        >>> [least_size(threshold) for threshold in THRESHOLDS], least_size(Fraction(1, 3))
        ([4, 5, 12, 20], 3)
    """
    return -(-threshold.denominator // threshold.numerator)


def prosecutor(sizes: Counts, thresholds: Sequence[Fraction] = THRESHOLDS) -> Risk:
    """Return the risk where the attacker knows that his target is in the file: 1/size; on average classes/records.

    Source: El Emam 2013, Guide to the De-Identification of Personal Health Information, ch. 16 (pR; the average is also mR).

    Example:
        >>> risk = prosecutor(np.array([1, 4]), [Fraction(1, 5)])
        >>> risk.highest, risk.average, risk.at_risk[0][1]
        (1.0, 0.4, 1.0)
    """
    return _risk(sizes, sizes, thresholds)


def journalist(sizes: Counts, population: Counts, thresholds: Sequence[Fraction] = THRESHOLDS) -> Journalist:
    """Return the risk where the attacker knows a population to which everybody in the file belongs: 1/size there.

    Whoever is in the file is in the population. Where the table of the population has fewer people of a class than the file, it is not
    complete, and those in the file count.

    Args:
        sizes: records of each class of the file, all positive.
        population: people of each of these classes in the population; 0 where its table has none.
        thresholds: risks that are asked about.

    Source: El Emam 2013, ch. 16 (jR), with the mean over the file's records as the average.

    Example:
        >>> found = journalist(np.array([1, 4]), np.array([10, 2]), [Fraction(1, 5)])
        >>> found.risk.highest, round(found.risk.average, 2), found.risk.at_risk[0][1], found.outside
        (0.25, 0.22, 0.8, 4)
    """
    outside = int(sizes[population < sizes].sum())
    return Journalist(risk=_risk(sizes, np.maximum(population, sizes), thresholds), outside=outside)


def _risk(sizes: Counts, candidates: Counts, thresholds: Sequence[Fraction]) -> Risk:
    records = int(sizes.sum())
    return Risk(
        highest=1 / int(candidates.min()),
        average=float((sizes / candidates).sum()) / records,
        at_risk=tuple((t, int(sizes[candidates < least_size(t)].sum()) / records) for t in thresholds),
    )


def diversity(place: Codes, value: Codes, rows: Counts, classes: int) -> Diversity:
    """Return what classes give away about a sensitive attribute.

    Args:
        place: class of each pair (class, value) that occurs.
        value: its value.
        rows: how often it occurs, positive.
        classes: how many classes there are; each occurs in ``place``.

    Sources: Machanavajjhala et al. 2007 (distinct and entropy ℓ-diversity); Li et al. 2007 (t-closeness; with equal distances the
    earth mover's distance is half the sum of absolute differences).

    Example:
        >>> found = diversity(np.array([0, 0, 1], np.int32), np.array([0, 1, 0], np.int32), np.array([2, 2, 4]), 2)
        >>> found.distinct, round(found.entropy, 6), found.homogeneous, found.distance
        (1, 1.0, 4, 0.25)
    """
    sizes = np.bincount(place, weights=rows, minlength=classes)
    distinct = np.bincount(place, minlength=classes)
    share = rows / sizes[place]
    entropy = np.bincount(place, weights=-share * np.log(share), minlength=classes)
    overall = np.bincount(value, weights=rows)
    overall = overall[value] / rows.sum()
    # values that a class lacks add their whole share of the table: 1 less the shares of those that it has
    distance = 1 + np.bincount(place, weights=np.abs(share - overall) - overall, minlength=classes)
    return Diversity(
        distinct=int(distinct.min()),
        entropy=float(np.exp(entropy.min())),
        homogeneous=int(sizes[distinct == 1].sum()),
        distance=max(0.0, float(distance.max()) / 2),
    )
