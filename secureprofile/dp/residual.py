"""The residual basis: many overlapping tables measured once, with the least noise there is, and answers that add up.

A table over attributes A is the sum of its *residuals*, one per subset B of A: what B's table says beyond the tables of fewer
attributes. With P = I − J/n (J all ones) on each axis, the residual of B is ⊗P applied to B's table; residuals of different subsets are
orthogonal, so each is measured once and serves every table that contains it (Xiao, He, Zhang and Kifer, "An Optimal and Scalable
Matrix Mechanism for Noisy Marginals under Convex Loss Functions", NeurIPS 2023, whose optimum this reaches).

Measured are integers: g · ⊗(nI − J) applied to B's table, with independent noise on every coordinate. A person adds one column of that
matrix, and all its columns have the squared norm g² Π n(n − 1): the cost is the same integer for everybody. Projecting the noisy
answer by ⊗P gives the residual with noise of covariance τ² ⊗P, τ = σ / (g Π n), which is the optimum's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Subset = tuple[str, ...]
"""Attributes in the order of the dictionary; the empty one is the total."""
Sizes = Mapping[str, int]
"""How many values each attribute has."""

SMALLEST_SIGMA = 64.0
"""Factors are raised until the noise's scale reaches this, so that rounding adds less than 2 · 10⁻⁵ of the variance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One residual as it is measured: ``factor`` · ⊗(nI − J) over ``subset``, with noise of scale ``sigma`` per coordinate."""

    subset: Subset
    factor: int
    sigma: float

    def squared_norm(self, sizes: Sizes) -> int:
        """Return the squared norm of what one person adds: an integer, the same for everybody."""
        return self.factor**2 * math.prod(sizes[code] * (sizes[code] - 1) for code in self.subset)

    def spread(self, sizes: Sizes) -> float:
        """Return τ², the variance scale of the residual in people²; the rounding's 1/12 is in it."""
        return (self.sigma**2 + 1 / 12) / (self.factor * math.prod(sizes[code] for code in self.subset)) ** 2

    def coordinates(self, sizes: Sizes) -> int:
        """Return how many integers are measured."""
        return math.prod(sizes[code] for code in self.subset)


def closure(tables: Iterable[Subset]) -> list[Subset]:
    """Return every subset of every table, each once, smaller ones first.

    Example:
        >>> closure([("a", "b"), ("b",)])
        [(), ('a',), ('b',), ('a', 'b')]
    """
    found = {
        subset: None
        for table in tables
        for width in range(len(table) + 1)
        for subset in itertools.combinations(table, width)
    }
    return sorted(found, key=len)


def squared_distance(measurements: Sequence[Measurement], sizes: Sizes) -> Fraction:
    """Return η², the squared distance of neighbours' answers in standard deviations, exactly."""
    return sum((m.squared_norm(sizes) / Fraction(m.sigma) ** 2 for m in measurements), Fraction(0))


def cell_variance(table: Subset, spreads: Mapping[Subset, float], sizes: Sizes) -> float:
    """Return the variance of each cell of a table, in people²: Σ over subsets B of τ²_B · Π_B (1 − 1/n) · Π_{rest} 1/n²."""
    return math.fsum(spreads[subset] * _weight(table, subset, sizes) for subset in closure([table]))


def _weight(table: Subset, subset: Subset, sizes: Sizes) -> float:
    inside = math.prod(1 - 1 / sizes[code] for code in subset)
    return inside / math.prod(sizes[code] ** 2 for code in table if code not in subset)


def optimal(weights: Mapping[Subset, float], sizes: Sizes, eta: float) -> dict[Subset, float]:
    """Return the τ² of every subset that make the weighted sum of the tables' cell variances least at distance ``eta``.

    With v_B the weighted variance per τ²_B and p_B = Π (1 − 1/n) the cost per 1/τ²_B, Lagrange gives
    τ²_B = √(p_B/v_B) · Σ_C √(v_C p_C) / η².

    Args:
        weights: per table, > 0.
        sizes: of the attributes; one of a single value has no residual and is left out.
        eta: > 0.
    """
    per_spread: dict[Subset, float] = {}
    for table, weight in weights.items():
        for subset in closure([table]):
            per_spread[subset] = per_spread.get(subset, 0.0) + weight * _weight(table, subset, sizes)
    cost = {subset: math.prod(1 - 1 / sizes[code] for code in subset) for subset in per_spread}
    real = {subset: value for subset, value in per_spread.items() if cost[subset] > 0}
    total = math.fsum(math.sqrt(value * cost[subset]) for subset, value in real.items())
    return {
        subset: math.sqrt(cost[subset] / real[subset]) * total / eta**2 if subset in real else 0.0
        for subset in sorted(per_spread, key=len)
    }


def fairest(weights: Mapping[Subset, float], sizes: Sizes, eta: float, *, within: float = 1e-3) -> dict[Subset, float]:
    """Return the τ² that make the largest weighted cell variance least, to a relative ``within`` of the optimum.

    The dual of that convex problem is the weighted sum at its worst weights. They are found by multiplying each table's share by its
    variance (the multiplicative algorithm of optimal design); the largest is never more than ``within`` above the shares' mean,
    which is a lower bound of the optimum.
    """
    shares = dict.fromkeys(weights, 1 / len(weights))
    while True:
        spreads = optimal({table: shares[table] * weights[table] for table in weights}, sizes, eta)
        loss = {table: weights[table] * cell_variance(table, spreads, sizes) for table in weights}
        mean = math.fsum(shares[table] * loss[table] for table in weights)
        if max(loss.values()) <= mean * (1 + within):
            return spreads
        shares = {table: max(shares[table] * loss[table] / mean, 1e-12) for table in weights}


def in_integers(spreads: Mapping[Subset, float], sizes: Sizes, eta: float) -> list[Measurement]:
    """Turn τ² into integer measurements whose exact distance is at most ``eta``.

    Raises:
        ValueError: a table so large that its noise would pass the sampler's range.
    """
    found = []
    for subset, spread in spreads.items():
        if spread == 0:  # an attribute of one value: nothing to measure
            continue
        unit = math.sqrt(spread) * math.prod(sizes[code] for code in subset)
        factor = max(1, math.ceil(SMALLEST_SIGMA / unit))
        found.append(Measurement(subset=subset, factor=factor, sigma=factor * unit * (1 + 1e-12)))
        if found[-1].sigma > 2**30:
            raise ValueError("a table has too many cells for its share of the budget")
    if squared_distance(found, sizes) > Fraction(eta) ** 2:
        raise AssertionError("the measurements cost more than planned")
    return found


def measure(counts: NDArray[np.int64], factor: int) -> NDArray[np.int64]:
    """Apply factor · ⊗(nI − J) to a table of counts: the integers that noise is added to."""
    result = counts.astype(np.int64) * factor
    for axis, size in enumerate(counts.shape):
        result = size * result - result.sum(axis=axis, keepdims=True)
    return result


def residual(noisy: NDArray[np.int64], factor: int) -> NDArray[np.float64]:
    """Return the residual, in people, that noisy integers tell: their projection by ⊗P over factor · Π n."""
    result = noisy.astype(np.float64)
    for axis in range(noisy.ndim):
        result = result - result.mean(axis=axis, keepdims=True)
    return result / (factor * math.prod(noisy.shape))


def rebuild(table: Subset, residuals: Mapping[Subset, NDArray[np.float64]], sizes: Sizes) -> NDArray[np.float64]:
    """Add a table's residuals up, each spread evenly over the attributes that it lacks. Absent residuals are zero."""
    total = np.zeros(tuple(sizes[code] for code in table))
    for subset in closure([table]):
        if subset in residuals:
            lacking = math.prod(sizes[code] for code in table if code not in subset)
            shape = tuple(sizes[code] if code in subset else 1 for code in table)
            total = total + residuals[subset].reshape(shape) / lacking
    return total


def marginal(counts: NDArray[np.int64], table: Subset, subset: Subset) -> NDArray[np.int64]:
    """Sum a table over the attributes that ``subset`` lacks."""
    return np.asarray(counts.sum(axis=tuple(i for i, code in enumerate(table) if code not in subset)))
