"""What is published of a plan's numbers: sums and means per group with intervals, and the share of clipped values.

A group's numbers are shown where its noisy count is, by the same rule; so what is withheld depends on noisy values only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from secureprofile.dp import gaussian
from secureprofile.dp.derived import DRAWS, KEPT, simulate
from secureprofile.dp.marginals import cell, keys
from secureprofile.dp.numbers import Clips, Sum, means_of, sd_of_sum, sums_of
from secureprofile.dp.plan import Plan
from secureprofile.dp.request import Codes, NumberRequest
from secureprofile.released import Cell, Number, Released, Statistic, Withheld

Floats = NDArray[np.float64]


def numbers(plan: Plan, tables: Mapping[Codes, Floats], drawn: Mapping[Sum | Clips, Floats]) -> tuple[Number, ...]:
    """Return every statistic that a plan's request asks for.

    Args:
        plan: says what was drawn.
        tables: its noisy tables, in people.
        drawn: its noisy measurements of measures, one axis per tag.
    """
    clipped = {one.measure: _clipped(plan, one, drawn[one], tables) for one in plan.clips}
    found = [
        _number(plan, request, statistic, tables, one, drawn[one], clipped[request.measure])
        for request, one in zip(plan.request.numbers, plan.sums, strict=True)
        for statistic in request.statistics
    ]
    return tuple(found)


def table_of(plan: Plan, by: Codes) -> Codes:
    """Return the requested table that counts the groups, in its own order."""
    return next(table for table in plan.request.tables if frozenset(table) == frozenset(by))


def _number(
    plan: Plan,
    request: NumberRequest,
    statistic: Statistic,
    tables: Mapping[Codes, Floats],
    one: Sum,
    centred: Floats,
    clipped: Cell,
) -> Number:
    table, measure = table_of(plan, one.by), plan.measures[one.measure]
    order = [table.index(code) for code in one.by]
    counts = tables[table].transpose(order)
    cells = [
        cell(
            n,
            half_width=plan.half_width(table),
            sd=plan.sd(table),
            mechanism=plan.mechanism,
            minimum_group=plan.minimum_group,
        )
        for n in counts.ravel().tolist()
    ]
    if statistic == "sum":
        sd = sd_of_sum(measure, one.sigma, plan.sd(table))
        reach = gaussian.QUANTILE * sd
        values = sums_of(measure, centred, counts).ravel()
        spans = [(value, value - reach, value + reach, sd) for value in values.tolist()]
    else:
        spans = _means(plan, one, table, centred, counts, order)
    shown = [
        count if isinstance(count, Withheld) else _released(plan, *span)
        for count, span in zip(cells, spans, strict=True)
    ]
    return Number(
        code=measure.code, name=measure.name, definition=measure.definition, unit=measure.unit, statistic=statistic,
        low=float(measure.low), high=float(measure.high), attributes=one.by, keys=keys(plan.of(one.by)), cells=tuple(shown), clipped=clipped,
    )  # fmt: skip


def _means(
    plan: Plan, one: Sum, table: Codes, centred: Floats, counts: Floats, order: list[int]
) -> list[tuple[float, float, float, float]]:
    """Return (value, low, high, sd) of every mean: the interval by simulation of both noises, as for other ratios."""
    measure = plan.measures[one.measure]
    noise = simulate(plan, table).transpose([0, *(1 + place for place in order)])
    seed = [int(plan.hash[:15], 16), *map(ord, f"{one.measure} {' '.join(one.by)}")]
    own = np.random.default_rng(seed).normal(0, math.sqrt(gaussian.variance(one.sigma)), (DRAWS, *centred.shape))
    likely = means_of(measure, centred - own, counts - noise)
    low, high = np.quantile(likely, [(1 - KEPT) / 2, (1 + KEPT) / 2], axis=0)
    values = means_of(measure, centred, counts)
    return list(
        zip(
            values.ravel().tolist(),
            np.minimum(low, values).ravel().tolist(),
            np.maximum(high, values).ravel().tolist(),
            likely.std(axis=0).ravel().tolist(),
            strict=True,
        )
    )


def _clipped(plan: Plan, one: Clips, noisy: Floats, tables: Mapping[Codes, Floats]) -> Cell:
    """Return the share of people whose value was clipped, 0 to 1; the count of everybody is found among the tables."""
    table = min(plan.request.tables, key=lambda t: (plan.sd(t) * math.sqrt(plan.cells(t)), len(t)))
    everybody = float(tables[table].sum())
    count = cell(everybody, half_width=0, sd=plan.sd(table), mechanism=plan.mechanism, minimum_group=plan.minimum_group)
    if isinstance(count, Withheld):
        return count
    sd = math.sqrt(gaussian.variance(one.sigma)) / everybody
    share, reach = float(noisy.sum()) / everybody, gaussian.QUANTILE * 1.02 * sd
    return _released(plan, share, share - reach, share + reach, sd)


def _released(plan: Plan, value: float, low: float, high: float, sd: float) -> Released:
    return Released(
        value=round(value, 6), low=math.floor(low * 1e6) / 1e6, high=math.ceil(high * 1e6) / 1e6, sd=round(sd, 6),
        mechanism=plan.mechanism,
    )  # fmt: skip
