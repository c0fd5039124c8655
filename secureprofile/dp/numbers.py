"""Numbers per segment: sums and means of a measure, from one noisy integer per group beside the group's noisy count.

A person's value is k of M grid steps. Measured is the centred sum C = Σ (2k − M) over a group, to which one person adds at most M in size:
half of what an uncentred sum would need, and, as every person is in one group of a table, the whole table changes by M in norm. With
rounded Gaussian noise of scale σ it costs (M/σ)² of the plan's squared distance η². From C and the group's count n, which the plan's tables
have anyway, follow sum = n · (low + high)/2 + C · grid/2 and mean = sum/n: nobody's count is bought twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from secureprofile.dp import gaussian
from secureprofile.dp.mechanism import Sampler
from secureprofile.dp.request import Codes, NumberRequest
from secureprofile.released import Measure

CLIPPED_WEIGHT = 0.1
"""How much the count of clipped values weighs beside a table or a number; it is one integer, and needs to be known roughly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The centred sums of one measure in every group of a table, each with noise of scale ``sigma`` (in half grid steps)."""

    measure: str
    by: Codes
    sigma: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Clips:
    """The number of people whose value of a measure was clipped, with noise of scale ``sigma`` (in people)."""

    measure: str
    sigma: float


def share(requests: tuple[NumberRequest, ...], tables: float) -> tuple[float, dict[int, float], float]:
    """Split the squared distance: what the tables keep, what each request gets, and what each measure's clips get, as fractions of 1.

    A request counts as much as a table of its weight; ``tables`` is the sum of the tables' weights.

    Example:
        >>> share((), 3.0)
        (1.0, {}, 0.0)
    """
    if not requests:
        return 1.0, {}, 0.0
    measures = {one.measure for one in requests}
    whole = tables + sum(one.weight for one in requests) + CLIPPED_WEIGHT * len(measures)
    return tables / whole, {place: one.weight / whole for place, one in enumerate(requests)}, CLIPPED_WEIGHT / whole


def plan_numbers(
    requests: tuple[NumberRequest, ...], measures: Mapping[str, Measure], *, eta: float, tables: float
) -> tuple[tuple[Sum, ...], tuple[Clips, ...]]:
    """Return the measurements that give all requests at their part of the squared distance ``eta``²; rounded so that it is not exceeded.

    Args:
        requests: what is asked.
        measures: by code.
        eta: of the whole plan, in standard deviations.
        tables: the sum of the tables' weights.

    Raises:
        ValueError: a scale is outside the sampler's range.
    """
    _, parts, clips = share(requests, tables)
    sums = tuple(
        Sum(measure=one.measure, by=one.by, sigma=_scale(measures[one.measure].steps, eta * math.sqrt(parts[place])))
        for place, one in enumerate(requests)
    )
    codes = dict.fromkeys(one.measure for one in requests)
    return sums, tuple(Clips(measure=code, sigma=_scale(1, eta * math.sqrt(clips))) for code in codes)


def _scale(sensitivity: int, eta: float) -> float:
    sigma = max(1.0, sensitivity / eta * (1 + 1e-9))
    if sigma > 2**30:
        raise ValueError("a measure has too many grid steps for so little ε")
    return sigma


def squared_distance(sums: tuple[Sum, ...], clips: tuple[Clips, ...], measures: Mapping[str, Measure]) -> float:
    """Return what the measurements cost of η²."""
    parts = [(measures[one.measure].steps / one.sigma) ** 2 for one in sums] + [1 / one.sigma**2 for one in clips]
    return math.fsum(parts)


def draw(exact: Mapping[Sum | Clips, NDArray[np.int64]], sampler: Sampler) -> dict[Sum | Clips, NDArray[np.float64]]:
    """Add each measurement's noise to its exact integers."""
    return {
        one: np.asarray(whole + sampler.gaussian(one.sigma, whole.size).reshape(whole.shape), dtype=np.float64)
        for one, whole in exact.items()
    }


def sums_of(measure: Measure, centred: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums in the measure's unit from noisy centred sums and noisy counts, unbiased where both are.

    Example:
        >>> from decimal import Decimal
        >>> from secureprofile.released import Text
        >>> name = Text(en="spend", zh="消费")
        >>> measure = Measure(code="s", name=name, definition=name, unit="€", low=Decimal(0), high=Decimal(100), grid=Decimal(1))
        >>> k = np.array([0, 30, 100])  # three people's values
        >>> sums_of(measure, np.array([float((2 * k - 100).sum())]), np.array([3.0]))
        array([130.])
    """
    middle, half_step = float(measure.low + measure.high) / 2, float(measure.grid) / 2
    return counts * middle + centred * half_step


def sd_of_sum(measure: Measure, sigma: float, count_sd: float) -> float:
    """Return the standard deviation of a sum, in the measure's unit: its own noise, and the count's at the middle of the bounds."""
    middle, half_step = float(measure.low + measure.high) / 2, float(measure.grid) / 2
    return math.hypot(half_step * math.sqrt(gaussian.variance(sigma)), middle * count_sd)


def means_of(measure: Measure, centred: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return means: the middle of the bounds plus the centred sum per person, never outside the bounds."""
    middle, half_step = float(measure.low + measure.high) / 2, float(measure.grid) / 2
    means = middle + half_step * centred / np.maximum(counts, 1.0)
    return np.clip(means, float(measure.low), float(measure.high))
