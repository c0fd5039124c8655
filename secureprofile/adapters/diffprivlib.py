"""Noise from diffprivlib's ``Geometric``, an integer mechanism that draws from the operating system's randomness.

diffprivlib's float mechanisms and its ``tools`` are not used: their low-order bits reveal the exact value, and the tools bound
no contribution. ``random_state`` is never passed, which makes ``Geometric`` use ``secrets.SystemRandom``; seeding numpy or
random changes nothing.
"""

from __future__ import annotations


class GeometricSampler:
    """Implements :class:`secureprofile.dp.mechanism.Sampler`."""

    def geometric(self, epsilon: float, size: int) -> list[int]:
        """Return ``size`` independent draws of two-sided geometric noise with parameter ``epsilon``."""
        from diffprivlib.mechanisms import Geometric

        mechanism = Geometric(epsilon=epsilon, sensitivity=1)
        return [int(mechanism.randomise(0)) for _ in range(size)]
