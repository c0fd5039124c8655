"""Draws of the rounded Gaussian from the operating system's randomness, many at a time.

A draw inverts the normal tail at 127 random bits. scipy's inverse in double precision decides nearly all of them; a draw that lies
within 2⁻⁴⁰ (relative to σ) of the boundary between two integers, some thousands of times scipy's own error, is decided with a hundred
decimal digits. So the integer is the one that exact arithmetic gives, for any σ from 1 to 2³⁰, at ten million draws a second. The
time does not depend on the value that the noise is added to. How far the bits' finite number is from the ideal is bounded in
``secureprofile.dp.gaussian.total_variation`` and charged to δ.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import NDArray

DIGITS = 100
_NEAR = 2.0**-40
_PI = Decimal(
    "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651"
)


def rounded_gaussian(sigma: float, size: int, bits: Callable[[int], bytes] = os.urandom) -> NDArray[np.int64]:
    """Return ``size`` independent draws of ⌊X + ½⌋, X normal with mean 0 and standard deviation ``sigma``.

    Args:
        sigma: in [1, 2³⁰].
        size: ≥ 0.
        bits: returns that many random bytes; the operating system's, except where a test hands over chosen ones.

    Raises:
        ValueError: ``sigma`` is outside its range.
    """
    if not 1 <= sigma <= 2**30:
        raise ValueError("the noise's scale must lie in [1, 2^30]")
    from scipy.special import ndtri

    words = np.frombuffer(bits(16 * size), dtype="<u8").reshape(size, 2)
    high, low = words[:, 0] & np.uint64(2**63 - 1), words[:, 1]
    negative = (words[:, 0] >> np.uint64(63)).astype(bool)
    tail = (high.astype(np.float64) + (low.astype(np.float64) + 0.5) * 2.0**-64) * 2.0**-64  # in (0, ½)
    size_of = sigma * -ndtri(tail)
    boundary = np.rint(size_of + 0.5)  # between boundary - 1 and boundary
    values = np.floor(size_of + 0.5).astype(np.int64)
    unclear = np.abs(size_of + 0.5 - boundary) <= (sigma + size_of) * _NEAR
    for index in np.flatnonzero(unclear):
        drawn = (int(high[index]) << 64) | int(low[index])
        upper = int(boundary[index])
        values[index] = upper if beyond(drawn, upper, sigma) else upper - 1
    result: NDArray[np.int64] = np.where(negative, -values, values)
    return result


def beyond(drawn: int, boundary: int, sigma: float) -> bool:
    """Tell, exactly, whether the draw of 127 bits lies at or beyond ``boundary`` - ½: P(X > b) ≥ (drawn + ½) · 2⁻¹²⁸."""
    if boundary <= 0:
        return True
    with localcontext() as context:
        context.prec = DIGITS + 60  # 1 - erf loses up to forty digits far out
        x = (Decimal(boundary) - Decimal("0.5")) / Decimal(sigma)
        return tail_of_normal(x) >= (Decimal(2 * drawn + 1)) / Decimal(2**129)


def tail_of_normal(x: Decimal) -> Decimal:
    """Return P(X > x) of the standard normal for x ≥ 0, in the precision of the current decimal context.

    By the series of positive terms ½ − φ(x)·(x + x³/3 + x⁵/(3·5) + …) (Abramowitz and Stegun 26.2.11).
    """
    term = total = x
    odd = 1
    while term > total * Decimal(10) ** -(DIGITS + 60):
        odd += 2
        term = term * x * x / odd
        total += term
    return Decimal("0.5") - (-x * x / 2).exp() / (2 * _PI).sqrt() * total
