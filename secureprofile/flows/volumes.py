"""Measure a run's identifiers in the engine: one pass over the rows that left, exact for small tables, sampled for large ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from secureprofile.adapters.engine import Engine
from secureprofile.audit.entry import size_class
from secureprofile.flows.gate import Context
from secureprofile.guard.volumes import DETERMINISTIC, NO_VOLUMES, Measured, Volumes, judge
from secureprofile.policy.decide import ColumnPlan

SAMPLE = 20_000
"""Cells of each column whose frequencies are looked at: a share of a fifth is known to a third of a percent."""


def volumes_of(
    context: Context, table: ir.Table, plans: Sequence[ColumnPlan], *, dataset: str, rows: int, engine: Engine
) -> Volumes:
    """Return what is unusual about the identifiers of the rows that left.

    Args:
        context: whose policy declares the population.
        table: those rows, before or after treatment: deterministic treatments keep what is counted.
        plans: of their columns.
        dataset: of the policy.
        rows: how many they are.
        engine: which runs one aggregate over the table.
    """
    columns = [plan for plan in plans if plan.treatment.kind in DETERMINISTIC]
    if not columns or not rows:
        return NO_VOLUMES
    found = engine.to_arrow(table.aggregate(**_aggregates(table, columns, rows))).to_pylist()[0]
    measured = [
        Measured(
            name=plan.name,
            category=plan.category,
            cells=found[f"n{number}"],
            distinct=found[f"d{number}"],
            sample=found[f"s{number}"] or (),
        )
        for number, plan in enumerate(columns)
    ]
    policy = context.policy.policy
    return judge(measured, population=policy.domains[policy.datasets[dataset].domain].population)


def _aggregates(table: ir.Table, columns: Sequence[ColumnPlan], rows: int) -> dict[str, ir.Value]:
    found: dict[str, ir.Value] = {}
    for number, plan in enumerate(columns):
        cell = table[plan.name].nullif(ibis.literal(""))
        drawn = cell.notnull() if rows <= SAMPLE else cell.notnull() & (ibis.random() < SAMPLE / rows)
        found[f"n{number}"] = cell.count()
        found[f"d{number}"] = cell.approx_nunique()
        found[f"s{number}"] = cell.hash().collect(where=drawn)
    return found


def entry_details(volumes: Volumes) -> dict[str, Any]:
    """Return what the outcome entry says: a size class, and a notice where the number is unusual."""
    if not volumes.identifiers:
        return {}
    notice = {"notice": "many-identifiers"} if volumes.many else {}
    return {"identifiers": size_class(volumes.identifiers), **notice}
