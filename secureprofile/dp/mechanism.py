"""The two-sided geometric mechanism (discrete Laplace): what its noise looks like, and who draws it.

Noise X has P(X = x) = (1 − α)/(1 + α) · α^|x| with α = e^(−ε) for integer counts of sensitivity 1 (Ghosh, Roughgarden and
Sundararajan 2009). Everything below is closed form; drawing is left to a :class:`Sampler`, so that this room stays pure.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

NAME = "two-sided geometric (discrete Laplace)"


class Sampler(Protocol):
    """Draws noise from the operating system's randomness."""

    def geometric(self, epsilon: float, size: int) -> NDArray[np.int64]:
        """Return ``size`` independent draws of two-sided geometric noise with parameter ``epsilon`` (> 0)."""
        ...

    def gaussian(self, sigma: float, size: int) -> NDArray[np.int64]:
        """Return ``size`` independent draws of the rounded Gaussian with standard deviation ``sigma`` (1 to 2³⁰)."""
        ...


def standard_deviation(epsilon: float) -> float:
    """Return the noise's standard deviation, √(2α)/(1 − α), in units of the count.

    Example:
        >>> round(standard_deviation(1.0), 3)
        1.357
    """
    alpha = math.exp(-epsilon)
    return math.sqrt(2 * alpha) / -math.expm1(-epsilon)


def half_width(epsilon: float, confidence: float) -> int:
    """Return the smallest h with P(|X| ≤ h) ≥ ``confidence``: value ± h covers the exact count at least that often.

    P(|X| > h) = 2α^(h+1)/(1 + α), hence h = ⌈ln((1 − c)(1 + α)/2)/(−ε)⌉ − 1, never below 0.

    Args:
        epsilon: the mechanism's parameter, > 0.
        confidence: in (0, 1).

    Example:
        >>> half_width(1.0, 0.95), half_width(0.1, 0.95)
        (3, 30)
    """
    alpha = math.exp(-epsilon)
    h = max(0, math.ceil(math.log((1 - confidence) * (1 + alpha) / 2) / -epsilon) - 1)
    while 2 * alpha ** (h + 1) / (1 + alpha) > 1 - confidence:  # a last step where the ceiling met rounding
        h += 1
    return h
