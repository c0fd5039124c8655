"""The rounded Gaussian mechanism: what it costs, and what its noise looks like.

Integers are measured with noise Z = ⌊X + ½⌋, X normal with mean 0 and standard deviation σ. As the exact answer is an integer, adding Z is
the same as adding X and rounding the sum: post-processing of the Gaussian mechanism. So everything known of that mechanism holds
without any remainder, whatever the number of coordinates: with η = ‖Δ‖/σ, the distance of two neighbouring answers in
standard deviations, it is ρ = η²/2 zero-concentrated, and (ε, δ)-private exactly as Balle and Wang (ICML 2018) have it. A lattice
Gaussian would need an argument about its coordinates; this needs none, and pays 1/12 in variance.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, Context, Decimal

NAME = "rounded Gaussian"

QUANTILE = 1.97
"""Standard deviations to either side of an interval: 95.1 % of a normal, so that rounded noise, a little off it, holds 95 %."""


def spent_delta(eta: float, epsilon: float) -> float:
    """Return the exact δ at ``epsilon`` of Gaussian noise when neighbours differ by ``eta`` standard deviations in norm.

    δ(ε) = Φ(η/2 − ε/η) − e^ε Φ(−η/2 − ε/η) (Balle and Wang 2018, Theorem 8). Both terms carry the same density, so it is written
    with Mills' ratio m(x) = (1 − Φ(x))/φ(x) as φ(u)·(m(u) − m(u + η)), u = ε/η − η/2, which loses no digits far out.

    Args:
        eta: ‖Δ‖/σ > 0.
        epsilon: ≥ 0.

    Example:
        >>> round(spent_delta(1 / 4.2246784, 1.0), 9)  # the published σ for (1, 1e-6)
        1e-06
    """
    u = epsilon / eta - eta / 2
    return math.exp(-u * u / 2) / math.sqrt(2 * math.pi) * (_mills(u) - _mills(u + eta))


def _mills(x: float) -> float:
    from scipy.special import erfcx  # scipy takes 0.1 s to load, and only releases need it

    return math.sqrt(math.pi / 2) * float(erfcx(x / math.sqrt(2)))


def largest_eta(epsilon: float, delta: float) -> float:
    """Return the largest η, to nine digits and rounded down, whose noise is (``epsilon``, ``delta``)-private.

    Args:
        epsilon: > 0.
        delta: in (0, 1).

    Example:
        >>> round(1 / largest_eta(1.0, 1e-6), 4)
        4.2247
    """
    low, high = 0.0, 1.0
    while spent_delta(high, epsilon) <= delta:
        low, high = high, high * 2
    while high - low > 1e-10 * high:  # invariant: low is affordable
        middle = (low + high) / 2
        low, high = (middle, high) if spent_delta(middle, epsilon) <= delta else (low, middle)
    return low * (1 - 1e-9)  # more than the rounding of the comparison itself


def zcdp(eta: float) -> Decimal:
    """Return ρ = η²/2, rounded up to twelve digits (Bun and Steinke 2016, Proposition 1.6).

    Example:
        >>> zcdp(0.5)
        Decimal('0.125')
    """
    exact = Decimal(eta) * Decimal(eta) / 2
    return Context(prec=12, rounding=ROUND_CEILING).plus(exact).normalize()


def eta_of_zcdp(rho: Decimal) -> float:
    """Return the largest η whose noise is ``rho``-zero-concentrated, rounded down.

    Example:
        >>> eta_of_zcdp(Decimal("0.125"))
        0.4999999999999999
    """
    return math.nextafter(math.nextafter(math.sqrt(float(2 * rho)), 0), 0)


def variance(sigma: float) -> float:
    """Return the variance of the rounded noise: σ² + 1/12.

    The remainder, 4 Σ (−1)^k (σ² + …) e^(−2π²k²σ²), is below 2 · 10⁻⁸ from σ = 1 on (Sheppard's correction).
    """
    return sigma * sigma + 1 / 12


def total_variation(sigma: float) -> float:
    """Bound how far one draw of the sampler may be from the ideal noise: (27σ + 2) · 2⁻¹²⁸.

    A draw inverts the tail at 127 uniform bits, decided exactly; each of the at most 13.5σ + 1 boundaries on either side is misplaced
    by less than one step of 2⁻¹²⁸, and beyond the last one less than a step is left.
    """
    return (27 * sigma + 2) * 2.0**-128
