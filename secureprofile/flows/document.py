"""What a release publishes: its plan, its noisy tables and all that follows from them, as one document."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from secureprofile.dp.marginals import publish
from secureprofile.dp.plan import Gaussian, Plan
from secureprofile.dp.request import Codes
from secureprofile.released import Mechanism, Table


def published_tables(planned: Plan, noisy: dict[Codes, NDArray[np.float64]]) -> tuple[Table, ...]:
    """Return the requested tables, with what may not be shown withheld."""
    return tuple(
        publish(
            planned.of(table),
            noisy[table],
            sd=planned.sd(table),
            half_width=planned.half_width(table),
            mechanism=planned.mechanism,
            minimum_group=planned.minimum_group,
        )
        for table in planned.request.tables
    )


def mechanisms(planned: Plan) -> tuple[Mechanism, ...]:
    """Return every noisy measurement of a plan: what was measured, with which scale, and what one person adds to it."""
    if isinstance(planned.noise, Gaussian):
        residuals = tuple(
            Mechanism(
                measured="residual of " + (" × ".join(one.subset) or "everybody"),
                mechanism=planned.mechanism,
                scale=f"σ = {one.sigma:.6g} on each of {one.coordinates(planned.sizes):,} integers",
                contribution=f"an integer vector of squared norm {one.squared_norm(planned.sizes):,}",
            )
            for one in planned.noise.measurements
        )
        return (*residuals, *_of_measures(planned))
    return tuple(
        Mechanism(
            measured=" × ".join(table) or "everybody",
            mechanism=planned.mechanism,
            scale=f"ε = {planned.noise.epsilon:.6g} on each of {planned.cells(table):,} counts",
            contribution="1 in one count",
        )
        for table in planned.request.tables
    )


def _of_measures(planned: Plan) -> Iterator[Mechanism]:
    for one in planned.sums:
        measure = planned.measures[one.measure]
        groups = f" by {' × '.join(one.by)}" if one.by else ""
        yield Mechanism(
            measured=f"sum of {one.measure}{groups}",
            mechanism=planned.mechanism,
            scale=f"σ = {one.sigma:.6g} half steps of {measure.grid / 2} on each of {planned.cells(one.by):,} integers",
            contribution=f"at most {measure.steps:,} half steps in one sum: clipped to {measure.low}–{measure.high}",
        )
    for clip in planned.clips:
        scale = f"σ = {clip.sigma:.6g} on one count"
        measured = f"people whose {clip.measure} was clipped"
        yield Mechanism(measured=measured, mechanism=planned.mechanism, scale=scale, contribution="1 in one count")
