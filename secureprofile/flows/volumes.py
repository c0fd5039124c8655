"""Measure a run's identifiers in the engine: one pass over the rows that left, exact for small tables, sampled for large ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from secureprofile.audit.entry import size_class
from secureprofile.flows.gate import Context
from secureprofile.guard.volumes import DETERMINISTIC, NO_VOLUMES, Measured, Volumes, judge
from secureprofile.policy.decide import ColumnPlan

_ASKED = "\x1fvolume "
"""Before the name of an aggregate: no column of a file can be called so."""

SAMPLE = 20_000
"""Cells of each column whose frequencies are looked at: a share of a fifth is known to a third of a percent."""


def _columns(plans: Sequence[ColumnPlan]) -> list[ColumnPlan]:
    return [plan for plan in plans if plan.treatment.kind in DETERMINISTIC]


def asked(table: ir.Table, plans: Sequence[ColumnPlan], *, rows: int) -> dict[str, ir.Value]:
    """Return the aggregates that :func:`told` judges, to be computed in one pass with whatever else is counted.

    Args:
        table: the rows that left, before or after treatment: deterministic treatments keep what is counted.
        plans: of their columns.
        rows: how many they are.
    """
    found: dict[str, ir.Value] = {}
    for number, plan in enumerate(_columns(plans) if rows else ()):
        cell = table[plan.name].nullif(ibis.literal(""))
        drawn = cell.notnull() if rows <= SAMPLE else cell.notnull() & (ibis.random() < SAMPLE / rows)
        found[f"{_ASKED}n{number}"] = cell.count()
        found[f"{_ASKED}d{number}"] = cell.approx_nunique()
        found[f"{_ASKED}s{number}"] = cell.hash().collect(where=drawn)
    return found


def told(context: Context, plans: Sequence[ColumnPlan], found: Mapping[str, Any], *, dataset: str) -> Volumes:
    """Return what is unusual about the identifiers of the rows that left, from the answers to :func:`asked`."""
    if not found:
        return NO_VOLUMES
    measured = [
        Measured(
            name=plan.name,
            category=plan.category,
            cells=found[f"{_ASKED}n{number}"],
            distinct=found[f"{_ASKED}d{number}"],
            sample=found[f"{_ASKED}s{number}"] or (),
        )
        for number, plan in enumerate(_columns(plans))
    ]
    policy = context.policy.policy
    return judge(measured, population=policy.domains[policy.datasets[dataset].domain].population)


def entry_details(volumes: Volumes) -> dict[str, Any]:
    """Return what the outcome entry says: a size class, and a notice where the number is unusual."""
    if not volumes.identifiers:
        return {}
    notice = {"notice": "many-identifiers"} if volumes.many else {}
    return {"identifiers": size_class(volumes.identifiers), **notice}
