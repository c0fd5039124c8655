"""Privacy models: what a class of rows must meet before its labels may be written. All are closed under joining classes.

Some are hereditary too: where a class does not meet one, no part of it does. Only these let a search pass over finer nodes; of a class that is
too far from the table's distribution, a part may well be near.

Thresholds are exact where the model is rational: k, l, c, t, presence are compared in whole numbers, so that a class that meets a threshold
exactly is accepted here and by whoever checks the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, log
from typing import ClassVar, Protocol

import numpy as np

from secureprofile.anonymity.classes import Classes, Counts, Histogram, Mask
from secureprofile.anonymity.hierarchy import Hierarchy
from secureprofile.policy.anonymity import Anonymity, Sensitive

_EXACT = 1 << 62


class Model(Protocol):
    """One rule for classes. ``hereditary``: no part of a class that fails can meet it."""

    hereditary: ClassVar[bool]

    def met(self, classes: Classes) -> Mask:
        """Tell for each class whether it meets the rule."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctDiversity:
    """At least ``l`` different sensitive values in a class (Machanavajjhala et al. 2006)."""

    hereditary: ClassVar[bool] = True
    attribute: int
    l: int  # noqa: E741

    def met(self, classes: Classes) -> Mask:
        """Tell for each class whether it has so many different values."""
        return _different(classes.histograms[self.attribute], len(classes)) >= self.l


@dataclass(frozen=True, slots=True, kw_only=True)
class EntropyDiversity:
    """Entropy of a class's sensitive values of at least log ``l`` (Machanavajjhala et al. 2006)."""

    hereditary: ClassVar[bool] = False
    attribute: int
    l: int  # noqa: E741

    def met(self, classes: Classes) -> Mask:
        """Tell for each class whether its values are as uncertain as ``l`` equally likely ones."""
        histogram = classes.histograms[self.attribute]
        total = _rows(histogram, len(classes))
        inner = np.bincount(histogram.place, weights=histogram.rows * np.log(histogram.rows), minlength=len(classes))
        filled = np.maximum(total, 1)
        # with l different values, all equally frequent, both sides are the same number but for rounding
        return (total > 0) & (np.log(filled) - inner / filled >= log(self.l) - 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecursiveDiversity:
    """The most frequent value is less than ``c`` times all but the ``l`` − 1 most frequent together: r₁ < c·(r_l + … + r_m)."""

    hereditary: ClassVar[bool] = False
    attribute: int
    c: Fraction
    l: int  # noqa: E741

    def met(self, classes: Classes) -> Mask:
        """Tell for each class whether its most frequent value is not too frequent."""
        histogram = classes.histograms[self.attribute]
        order = np.lexsort((-histogram.rows, histogram.place))
        place, rows = histogram.place[order], histogram.rows[order]
        firsts = np.searchsorted(place, np.arange(len(classes)))
        rank = np.arange(len(place)) - firsts[place]
        most, rest = np.zeros(len(classes), np.int64), np.zeros(len(classes), np.int64)
        most[place[rank == 0]] = rows[rank == 0]
        np.add.at(rest, place[rank >= self.l - 1], rows[rank >= self.l - 1])
        return np.asarray(most * self.c.denominator < rest * self.c.numerator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    """A class's distribution of a sensitive attribute is at most ``t`` from the table's (Li, Li, Venkatasubramanian 2007).

    The distance is the earth mover's. ``levels`` says how far values are apart: none: all equally (half the sum of differences);
    for ordered values one array, each value's rank; for a hierarchy, for each level above the values, value → label.
    """

    hereditary: ClassVar[bool] = False
    attribute: int
    t: Fraction
    ranks: Counts | None = None
    levels: tuple[Counts, ...] = ()

    def met(self, classes: Classes) -> Mask:
        """Tell for each class whether it is as near."""
        histogram = classes.histograms[self.attribute]
        count, values = len(classes), len(histogram.totals)
        accepted = np.empty(count, np.bool_)
        step = max(1, (1 << 22) // max(1, values))
        order = np.argsort(histogram.place, kind="stable")
        places = histogram.place[order]
        for first in range(0, count, step):  # a dense matrix of a part at a time
            last = min(count, first + step)
            some = order[np.searchsorted(places, first) : np.searchsorted(places, last)]
            dense = np.zeros((last - first, values), np.int64)
            dense[histogram.place[some] - first, histogram.value[some]] = histogram.rows[some]
            accepted[first:last] = self._near(dense, histogram.totals)
        return accepted

    def _near(self, dense: Counts, totals: Counts) -> Mask:
        rows, everybody = dense.sum(axis=1), int(totals.sum())
        unit = int(rows.max(initial=0)) * everybody * self.t.denominator * max(2, len(totals), len(self.levels))
        # beyond whole numbers of 64 bits Python's own are exact, and slow
        kind = np.int64 if unit < _EXACT else object
        extra = dense.astype(kind) * everybody - np.outer(rows.astype(kind), totals.astype(kind))
        scale = rows.astype(kind) * everybody
        if self.ranks is not None:
            moved = np.abs(np.cumsum(extra[:, np.argsort(self.ranks)], axis=1)).sum(axis=1)
            farthest = max(1, len(totals) - 1)
        elif self.levels:
            moved, farthest = self._moved_in_tree(extra), len(self.levels)
        else:
            moved, farthest = np.abs(extra).sum(axis=1), 2
        return np.asarray(moved * self.t.denominator <= scale * farthest * self.t.numerator, np.bool_)

    def _moved_in_tree(self, extra: Counts) -> Counts:
        """Sum over nodes height · min(what children have too much, too little): the cheapest way to move up no farther than needed."""
        moved = np.zeros(len(extra), extra.dtype)
        for height, labels in enumerate(self.levels, start=1):
            width = int(labels.max()) + 1
            over, under = (np.zeros((len(extra), width), extra.dtype) for _ in range(2))
            for at, label in enumerate(labels):
                over[:, label] += np.maximum(extra[:, at], 0)
                under[:, label] += np.maximum(-extra[:, at], 0)
            moved = moved + height * np.minimum(over, under).sum(axis=1)
            extra = over - under
        return moved


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationK:
    """At least ``k`` people of the population fit a class's labels (k-map, Sweeney 2001)."""

    hereditary: ClassVar[bool] = True
    k: int

    def met(self, classes: Classes) -> Mask:
        """Tell for each class whether so many fit."""
        return _population(classes) >= self.k


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Of the people who fit a class's labels, the share that is in the table lies in [``low``, ``high``] (Nergiz et al. 2007)."""

    hereditary: ClassVar[bool] = False
    low: Fraction
    high: Fraction

    def met(self, classes: Classes) -> Mask:
        """Tell for each class whether the share is within the bounds."""
        people, population = classes.people, _population(classes)
        above = people * self.low.denominator >= population * self.low.numerator
        return np.asarray(above & (people * self.high.denominator <= population * self.high.numerator))


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """All rules together. ``average_risk`` is no rule for a class: classes per person, over the whole output."""

    k: int
    others: tuple[Model, ...] = ()
    average_risk: Fraction | None = None

    def met(self, classes: Classes) -> Mask:
        """Tell for each class whether it meets every rule."""
        return self._met(classes, self.others)

    def promising(self, classes: Classes) -> Mask:
        """Tell for each class whether it, or a part of it, might meet every rule."""
        return self._met(classes, tuple(model for model in self.others if model.hereditary))

    @property
    def hereditary(self) -> bool:
        """Whether every rule is."""
        return all(model.hereditary for model in self.others)

    def _met(self, classes: Classes, others: tuple[Model, ...]) -> Mask:
        """Ask the dearer rules of classes that are large enough only."""
        enough = classes.people >= self.k
        if not others or not enough.any():
            return enough
        large = classes if enough.all() else classes.chosen(enough)
        passed = np.ones(len(large), np.bool_)
        for model in others:
            passed &= model.met(large)
        enough[enough] = passed
        return enough

    def average_met(self, classes: int, people: int) -> bool:
        """Tell whether so many classes over so many people are few enough."""
        return self.average_risk is None or classes <= self.average_risk * people


def models_of(rules: Anonymity, sensitive: Sequence[str], distances: Mapping[str, Hierarchy | Sequence[int]]) -> Models:
    """Return the rules of a policy's section.

    Args:
        rules: the section.
        sensitive: its sensitive attributes, in the order of the tables' histograms.
        distances: for attributes with ordered distance each value's rank, with hierarchical distance a hierarchy over the values.
    """
    k = rules.k if rules.max_risk is None else max(rules.k, ceil(1 / Fraction(rules.max_risk)))
    others: list[Model] = []
    for at, name in enumerate(sensitive):
        others += _of_attribute(rules.sensitive[name], at, distances.get(name))
    if rules.population is not None:
        if rules.population.k is not None:
            others.append(PopulationK(k=rules.population.k))
        if rules.population.low is not None or rules.population.high is not None:
            low, high = rules.population.low or Decimal(0), rules.population.high
            others.append(Presence(low=Fraction(low), high=Fraction(1) if high is None else Fraction(high)))
    average = None if rules.average_risk is None else Fraction(rules.average_risk)
    return Models(k=k, others=tuple(others), average_risk=average)


def _of_attribute(rule: Sensitive, at: int, distance: Hierarchy | Sequence[int] | None) -> list[Model]:
    found: list[Model] = []
    match rule.form:
        case _ if rule.l is None:
            pass
        case "distinct":
            found.append(DistinctDiversity(attribute=at, l=rule.l))
        case "entropy":
            found.append(EntropyDiversity(attribute=at, l=rule.l))
        case "recursive":
            found.append(RecursiveDiversity(attribute=at, c=Fraction(rule.c or 0), l=rule.l))
    if rule.t is not None:
        ranks: Counts | None = None
        levels: tuple[Counts, ...] = ()
        if isinstance(distance, Hierarchy):
            levels = _steps(distance)
        elif distance is not None:
            ranks = np.asarray(distance, np.int64)
        found.append(Closeness(attribute=at, t=Fraction(rule.t), ranks=ranks, levels=levels))
    return found


def _steps(hierarchy: Hierarchy) -> tuple[Counts, ...]:
    """Return for each level above the values: label of the finer level → label."""
    steps = []
    for finer, coarser in zip(hierarchy.levels, hierarchy.levels[1:], strict=False):
        step = np.zeros(len(finer.labels), np.int64)
        step[finer.groups] = coarser.groups
        steps.append(step)
    return tuple(steps)


def _different(histogram: Histogram, count: int) -> Counts:
    return np.bincount(histogram.place[histogram.rows > 0], minlength=count)


def _rows(histogram: Histogram, count: int) -> Counts:
    return np.bincount(histogram.place, weights=histogram.rows, minlength=count).astype(np.int64)


def _population(classes: Classes) -> Counts:
    if classes.population is None:
        raise ValueError("a rule about the population needs its table")
    return classes.population
