"""From exact counts to noisy ones: the only place where both are held."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from secureprofile.dp.mechanism import Sampler
from secureprofile.dp.plan import Geometric, Plan
from secureprofile.dp.residual import Subset, marginal, measure, rebuild, residual

Counts = Mapping[Subset, NDArray[np.int64]]
"""Exact counts by table, one axis per attribute, in the table's order."""


def widest(plan: Plan) -> tuple[Subset, ...]:
    """Return the requested tables that no other one contains: all the counting that there is to do."""
    sets = [frozenset(table) for table in plan.request.tables]
    return tuple(table for table, own in zip(plan.request.tables, sets, strict=True) if not any(own < s for s in sets))


def noisy(plan: Plan, counts: Counts, sampler: Sampler) -> dict[Subset, NDArray[np.float64]]:
    """Draw the plan's noise once and return every requested table with it, in people.

    Args:
        plan: says what is drawn.
        counts: of the plan's :func:`widest` tables.
        sampler: draws from the operating system's randomness.
    """
    if isinstance(plan.noise, Geometric):
        found = {}
        for table in plan.request.tables:
            exact = _exact(counts, table)
            found[table] = np.asarray(
                exact + sampler.geometric(plan.noise.epsilon, exact.size).reshape(exact.shape), float
            )
        return found
    residuals = {}
    for one in plan.noise.measurements:
        whole = measure(_exact(counts, one.subset), one.factor)
        residuals[one.subset] = residual(
            whole + sampler.gaussian(one.sigma, whole.size).reshape(whole.shape), one.factor
        )
    return {
        table: _turned(rebuild(plan.canonical(table), residuals, plan.sizes), plan, table)
        for table in plan.request.tables
    }


def _exact(counts: Counts, subset: Subset) -> NDArray[np.int64]:
    """Sum the first table that contains a subset down to it, with the axes in the subset's order."""
    table = next(table for table in counts if set(subset) <= set(table))
    summed = marginal(counts[table], table, subset)
    left = [code for code in table if code in subset]
    return summed.transpose([left.index(code) for code in subset])


def _turned(result: NDArray[np.float64], plan: Plan, table: Subset) -> NDArray[np.float64]:
    order = plan.canonical(table)
    return result.transpose([order.index(code) for code in table])
