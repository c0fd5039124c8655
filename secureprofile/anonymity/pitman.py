"""Pitman's sampling formula fitted to class sizes: θ and α of the greatest likelihood, by Newton's method.

Source: Hoshino 2001, Journal of Official Statistics 17:499.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from secureprofile.anonymity.classes import Counts

Floats = npt.NDArray[np.float64]

_STEPS, _TOLERANCE, _BORDER = 200, 1e-10, 1e-6


def fitted(sizes: Counts) -> tuple[float, float] | None:
    """Return (θ, α) of greatest likelihood with 0 < α < 1 and θ > −α, None where the likelihood rises towards a border.

    Args:
        sizes: records of each class, all positive.

    Example:
        >>> theta, alpha = fitted(np.array([1] * 60 + [2] * 15 + [3] * 6 + [8] * 2))
        >>> round(theta, 1), round(alpha, 2)
        (60.7, 0.35)
    """
    if (
        len(sizes) == 1 or int(sizes.max()) == 1
    ):  # nothing shared, or nothing but shared: the likelihood has no inner maximum
        return None
    likelihood = _Likelihood(sizes)
    at = np.array(_moments(sizes))
    value = likelihood(*at)
    for _ in range(_STEPS):
        gradient, hessian = likelihood.slopes(*at)
        step = _uphill(gradient, hessian)
        # what a further step could gain; its root is the distance in standard errors
        if float(gradient @ step) < _TOLERANCE:
            return (float(at[0]), float(at[1])) if _BORDER < at[1] < 1 - _BORDER else None
        scale, slack = 1.0, 1e-12 * abs(value)  # below which differences of the likelihood are rounding
        while scale > 1e-9:
            tried = at + scale * step
            if 0 < tried[1] < 1 and tried[0] > -tried[1] and (reached := likelihood(*tried)) >= value - slack:
                break
            scale /= 2
        else:
            return None
        at, value = tried, reached
    return None


def _uphill(gradient: Floats, hessian: Floats) -> Floats:
    """Return Newton's step; where the likelihood is not concave, one that is turned towards the gradient until it rises."""
    curves = np.abs(np.diag(hessian))
    scale, damping = np.maximum(curves, 1e-9 * max(1.0, float(curves.max()))), 0.0
    while True:
        matrix = hessian - damping * np.diag(scale)
        if matrix[0, 0] < 0 and np.linalg.det(matrix) > 0:
            return np.asarray(np.linalg.solve(matrix, -gradient), np.float64)
        damping = max(1e-3, 4 * damping)


def _moments(sizes: Counts) -> tuple[float, float]:
    """Return Hoshino's moment estimates of (θ, α), brought inside the model."""
    n, u = float(sizes.sum()), float(len(sizes))
    alone, pairs = float((sizes == 1).sum()), float(max(1, (sizes == 2).sum()))
    c = alone * (alone - 1) / pairs
    below = 2 * alone * u + alone * c - n * c
    theta = (n * u * c - alone * (n - 1) * (2 * u + c)) / below if below else 1.0
    alpha = (theta * (alone - n) + (n - 1) * alone) / (n * u)
    if not (0 < alpha < 1 and theta > -alpha and math.isfinite(theta)):
        return max(1.0, u / 10), 0.5
    return theta, alpha


class _Likelihood:
    """The logarithm of Pitman's sampling formula as a function of (θ, α), without the terms that depend on neither.

    Σ ln(θ + iα) for i < u, less Σ ln(θ + i) for i < n, plus Σ over classes Σ ln(i − α) for i < size.
    """

    def __init__(self, sizes: Counts) -> None:
        self._n = int(sizes.sum())
        self._i = np.arange(1, len(sizes), dtype=np.float64)
        self._size, self._classes = np.unique(sizes, return_counts=True)

    def __call__(self, theta: float, alpha: float) -> float:
        """Return its value."""
        inside = sum(
            int(n) * (math.lgamma(j - alpha) - math.lgamma(1 - alpha))
            for j, n in zip(self._size.tolist(), self._classes.tolist(), strict=True)
        )
        among = float(np.log(theta + self._i * alpha).sum())
        return among - (math.lgamma(theta + self._n) - math.lgamma(theta + 1)) + inside

    def slopes(self, theta: float, alpha: float) -> tuple[Floats, Floats]:
        """Return (gradient, Hessian)."""
        part = 1 / (theta + self._i * alpha)
        weighted = self._i * part
        ends = np.array([theta + self._n, theta + 1, 1 - alpha])
        digamma, trigamma = _polygamma(np.concatenate([ends, self._size - alpha]))
        inside = float((self._classes * (digamma[3:] - digamma[2])).sum())
        curved = float((self._classes * (trigamma[2] - trigamma[3:])).sum())
        gradient = np.array([part.sum() - (digamma[0] - digamma[1]), weighted.sum() - inside])
        mixed = -(part * weighted).sum()
        hessian = np.array(
            [
                [-(part * part).sum() - (trigamma[0] - trigamma[1]), mixed],
                [mixed, -(weighted * weighted).sum() - curved],
            ]
        )
        return gradient, hessian


def _polygamma(x: Floats) -> tuple[Floats, Floats]:
    """Return (ψ, ψ′) of positive numbers: recurrence up to 10, then the asymptotic series.

    Source: Abramowitz & Stegun 6.3.5, 6.3.18, 6.4.6, 6.4.12; the first term left out is below 1e-14.

    Example:
        >>> [float(part[0].round(10)) for part in _polygamma(np.array([1.0]))]
        [-0.5772156649, 1.6449340668]
    """
    digamma, trigamma = np.zeros_like(x), np.zeros_like(x)
    y = x.astype(np.float64).copy()
    while (low := y < 10).any():
        digamma[low] -= 1 / y[low]
        trigamma[low] += 1 / y[low] ** 2
        y[low] += 1
    z = 1 / (y * y)
    series = z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z * 691 / 32760)))))
    digamma += np.log(y) - 1 / (2 * y) - series
    curve = z * (1 / 6 - z * (1 / 30 - z * (1 / 42 - z * (1 / 30 - z * (5 / 66 - z * 691 / 2730)))))
    trigamma += (1 + 1 / (2 * y) + curve) / y
    return digamma, trigamma
