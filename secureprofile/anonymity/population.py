"""How many people are unique in the population, estimated from the class sizes of a sample: superpopulation models and the rule that chooses.

Uniqueness in the sample overstates the risk where the population is much larger; these models say how much, on the assumption that the
sample was drawn at random. Where one has no solution there is no estimate, never a default.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from secureprofile.anonymity.classes import Counts
from secureprofile.anonymity.pitman import fitted

Method = Literal["pitman", "zayatz", "snb"]
Floats = npt.NDArray[np.float64]

SMALL_FRACTION: Final = 0.1
"""Sampling fraction up to which Pitman's estimate is chosen."""

_HALVINGS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """People who are unique in the population: how many, and which share of the population."""

    method: Method
    uniques: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """What each model says (None: it has no solution here), and which of them the decision rule trusts."""

    population: int
    fraction: float
    pitman: Estimate | None
    zayatz: Estimate
    snb: Estimate | None
    chosen: Estimate


def estimates(sizes: Counts, population: int) -> Estimates:
    """Estimate the population's uniques with all models and choose one by the decision rule of Dankar et al.

    The rule: up to a sampling fraction of 10 % Pitman; above, the smaller of Zayatz and SNB. Where Pitman or SNB has no solution, Zayatz,
    which always has one (ARX's variant of the rule). Where nobody is unique in the sample all say 0.

    Args:
        sizes: records of each class of the sample, all positive.
        population: people in the population, at least those in the sample.

    Raises:
        ValueError: the population is smaller than the sample.

    Source: Dankar, El Emam, Neisa, Roffey 2012, BMC Medical Informatics and Decision Making 12:66.

    Example:
        >>> found = estimates(np.array([1] * 60 + [2] * 15 + [3] * 6 + [8] * 2), 100_000)
        >>> found.chosen.method, round(found.pitman.share, 2), round(found.zayatz.share, 2)
        ('pitman', 0.01, 0.23)
    """
    records = int(sizes.sum())
    if population < records:
        raise ValueError("a population is at least as large as its sample")
    fraction = records / population
    by_bayes = zayatz(sizes, population)
    by_process, by_slide = pitman(sizes, population), slide(sizes, population)
    if fraction <= SMALL_FRACTION:
        chosen = by_process or by_bayes
    else:
        chosen = by_slide if by_slide is not None and by_slide.uniques <= by_bayes.uniques else by_bayes
    return Estimates(
        population=population, fraction=fraction, pitman=by_process, zayatz=by_bayes, snb=by_slide, chosen=chosen
    )


def unique_match(sizes: Counts, population: int) -> float | None:
    """Return how likely a unique match with the sample is right, from its uniques and pairs; None where it has neither.

    π·s₁ / (π·s₁ + 2·(1 − π)·s₂), with the sampling fraction π and s₁, s₂ classes of one and two records.

    Source: Skinner & Elliot 2002, JRSS B 64:855 (data intrusion simulation).

    Example:
        >>> unique_match(np.array([1, 1, 2]), 8)
        0.5
    """
    uniques, pairs = int((sizes == 1).sum()), int((sizes == 2).sum())
    fraction = int(sizes.sum()) / population
    total = fraction * uniques + 2 * (1 - fraction) * pairs
    return fraction * uniques / total if total else None


def zayatz(sizes: Counts, population: int) -> Estimate:
    """Return Zayatz's estimate: Bayes' rule, with the population's class sizes taken to be distributed as the sample's.

    P(F=1 | f=1) = p₁·P(f=1 | F=1) / Σⱼ pⱼ·P(f=1 | F=j), the conditional probabilities hypergeometric; uniques = s₁·P(F=1 | f=1)·N/n.
    It overstates small fractions, where the sample's classes are much smaller than the population's.

    Source: Zayatz 1991; formulas as in Dankar et al. 2012, appendix A.

    Example:
        >>> round(zayatz(np.array([1, 1, 2]), 8).uniques, 3)  # 2 · (2/3 · 1/2) / (2/3 · 1/2 + 1/3 · 4/7) · 2
        2.545
    """
    records = int(sizes.sum())
    size, classes = np.unique(sizes, return_counts=True)
    alone = int(classes[0]) if size[0] == 1 else 0
    if not alone:
        return Estimate(method="zayatz", uniques=0.0, share=0.0)
    chance = _drawn_once(size, records, population)
    kept = alone * float(chance[0]) / float((classes * chance).sum())
    uniques = alone * kept * population / records
    return Estimate(method="zayatz", uniques=uniques, share=uniques / population)


def _drawn_once(size: Counts, records: int, population: int) -> Floats:
    """Return how likely a class of each size has exactly one record in the sample: hypergeometric.

    j·n/N · Π (N − n − i)/(N − 1 − i) for i from 0 to j − 2, as a sum of logarithms.
    """
    i = np.arange(int(size[-1]) - 1, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = np.log(np.maximum(0.0, population - records - i)) - np.log(population - 1 - i)
    sums = np.concatenate([[0.0], np.cumsum(factors)])
    return np.asarray(np.exp(np.log(size * (records / population)) + sums[size - 1]), np.float64)


def slide(sizes: Counts, population: int) -> Estimate | None:
    """Return the estimate of the slide negative binomial model, None where it has no solution.

    Class sizes of the population less one are negative binomial (α, β). K classes are estimated by Shlosser's method; α and β are those
    under which as many classes of one and of two records are expected in the sample as there are. Uniques: K·β^α. With s the chance
    1 − β' of the thinned distribution and r = (1 − π)·s/π, the two equations are

        s₁ = K·π·(1 − s)^α·(1 + α·r)        s₂ = K·π·(1 − s)^α·α·s·(1 + (α + 1)·r/2)

    whose quotient is quadratic in α; what remains is one equation in s.

    Sources: Chen & McNulty 1998 (model); Haas & Stokes 1998, JASA 93:1475 (third estimator after Shlosser).

    Example:
        >>> slide(np.array([1] * 30 + [2] * 10 + [5] * 10), 200).method
        'snb'
    """
    records = int(sizes.sum())
    size, classes = np.unique(sizes, return_counts=True)
    alone, pairs = int((sizes == 1).sum()), int((sizes == 2).sum())
    if not alone:
        return Estimate(method="snb", uniques=0.0, share=0.0)
    fraction = records / population
    if fraction == 1:
        return Estimate(method="snb", uniques=float(alone), share=alone / population)
    total = _shlosser(size, classes, fraction)
    if not pairs or not math.isfinite(total):
        return None

    def alpha(s: float) -> float:
        r, quotient = (1 - fraction) * s / fraction, pairs / alone
        square, linear = s * r / 2, s + s * r / 2 - quotient * r
        root = math.sqrt(linear * linear + 4 * square * quotient)
        return 2 * quotient / (linear + root) if linear > 0 else (root - linear) / (2 * square)

    def surplus(s: float) -> float:
        a, r = alpha(s), (1 - fraction) * s / fraction
        return math.log(fraction) + a * math.log1p(-s) + math.log1p(a * r) - math.log(alone / total)

    s = _root(surplus)
    if s is None:
        return None
    beta = fraction * (1 - s) / (s + fraction * (1 - s))
    uniques = total * beta ** alpha(s)
    if not 0 <= uniques <= population:
        return None
    return Estimate(method="snb", uniques=uniques, share=uniques / population)


def _shlosser(size: Counts, classes: Counts, fraction: float) -> float:
    """Return how many classes the population has, by the third estimator of Haas and Stokes; infinite where it has none."""
    q, i = fraction, size.astype(np.float64)
    missed = (1 - q) ** i
    below = float((missed * ((1 + q) ** i - 1) * classes).sum())
    once = float((i * q * (1 - q) ** (i - 1) * classes).sum())
    if not below or not once:
        return math.inf
    first = float((i * q * q * (1 - q * q) ** (i - 1) * classes).sum()) / below
    second = float((missed * classes).sum()) / once
    alone = int(classes[0]) if size[0] == 1 else 0
    return int(classes.sum()) + alone * first * second * second


def _root(function: Callable[[float], float]) -> float | None:
    """Return where a function on (0, 1) crosses zero, by bisection; the first crossing from 0; None where it has none."""
    grid = 1 / (1 + np.exp(-np.linspace(-20, 20, 401)))
    low = float(grid[0])
    at_low = function(low)
    for point in grid[1:]:
        high, at_high = float(point), function(float(point))
        if at_low * at_high <= 0:
            break
        low, at_low = high, at_high
    else:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        at_middle = function(middle)
        if at_low * at_middle <= 0:
            high = middle
        else:
            low, at_low = middle, at_middle
    return (low + high) / 2


def pitman(sizes: Counts, population: int) -> Estimate | None:
    """Return the estimate of Pitman's model, None where the likelihood has no maximum inside it.

    θ and α are those of the greatest likelihood, see ``anonymity.pitman``. Uniques: N·Γ(θ + α + N − 1)·Γ(θ + 1)/(Γ(θ + α)·Γ(θ + N)),
    which is Γ(θ + 1)/Γ(θ + α)·N^α for large N.

    Source: Hoshino 2001, Journal of Official Statistics 17:499.

    Example:
        >>> round(pitman(np.array([1] * 60 + [2] * 15 + [3] * 6 + [8] * 2), 100_000).uniques)
        832
    """
    if not (sizes == 1).any():
        return Estimate(method="pitman", uniques=0.0, share=0.0)
    parameters = fitted(sizes)
    if parameters is None:
        return None
    theta, alpha = parameters
    n = population
    logarithm = math.lgamma(theta + alpha + n - 1) - math.lgamma(theta + n) + math.lgamma(theta + 1)
    uniques = math.exp(math.log(n) + logarithm - math.lgamma(theta + alpha))
    return Estimate(method="pitman", uniques=uniques, share=uniques / n)
