"""Noise for releases: diffprivlib's ``Geometric``, and the rounded Gaussian as one more mechanism of diffprivlib's kind.

diffprivlib's float mechanisms and its ``tools`` are not used: their low-order bits reveal the exact value, and the tools bound
no contribution. ``random_state`` is never passed, which makes ``Geometric`` use ``secrets.SystemRandom``; seeding numpy or
random changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from secureprofile.adapters.gaussian import rounded_gaussian
from secureprofile.dp.gaussian import spent_delta, variance

if TYPE_CHECKING:
    from diffprivlib.mechanisms.base import DPMechanism


class NoiseSampler:
    """Implements :class:`secureprofile.dp.mechanism.Sampler`."""

    def geometric(self, epsilon: float, size: int) -> NDArray[np.int64]:
        """Return ``size`` independent draws of two-sided geometric noise with parameter ``epsilon``."""
        from diffprivlib.mechanisms import Geometric

        mechanism = Geometric(epsilon=epsilon, sensitivity=1)
        return np.array([int(mechanism.randomise(0)) for _ in range(size)], dtype=np.int64)

    def gaussian(self, sigma: float, size: int) -> NDArray[np.int64]:
        """Return ``size`` independent draws of the rounded Gaussian with standard deviation ``sigma``."""
        return rounded_gaussian(sigma, size)


def gaussian_mechanism(*, sigma: float, sensitivity: float, epsilon: float) -> DPMechanism:
    """Return the rounded Gaussian as a diffprivlib mechanism for integers: ``randomise``, ``bias``, ``variance``, ``mse``.

    Args:
        sigma: standard deviation before rounding, in [1, 2³⁰].
        sensitivity: norm by which neighbours' answers differ, > 0.
        epsilon: at which its exact δ is stated.

    Example:
        >>> mechanism = gaussian_mechanism(sigma=4.2247, sensitivity=1, epsilon=1.0)
        >>> round(mechanism.delta, 8), type(mechanism.randomise(100))
        (1e-06, <class 'int'>)
    """
    from diffprivlib.mechanisms.base import DPMechanism

    class RoundedGaussian(DPMechanism):  # type: ignore[misc]  # diffprivlib has no types
        def randomise(self, value: int) -> int:
            if isinstance(value, bool) or not isinstance(value, int | np.integer):
                raise TypeError("Value to be randomised must be an integer")
            return int(value) + int(rounded_gaussian(sigma, 1)[0])

        def bias(self, value: Any) -> float:
            return 0.0

        def variance(self, value: Any) -> float:
            return variance(sigma)

    return RoundedGaussian(epsilon=epsilon, delta=spent_delta(sensitivity / sigma, epsilon), random_state=None)
