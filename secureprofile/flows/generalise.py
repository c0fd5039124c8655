"""Generalise and suppress treated rows as the policy's section ``anonymity`` says.

The rows are grouped by their quasi-identifiers in the engine; what decides sees different combinations only, and its labels are joined to the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.anonymity.hierarchy import SUPPRESSED
from secureprofile.anonymity.loss import Space
from secureprofile.anonymity.models import models_of
from secureprofile.anonymity.solve import Solution, Task, solve
from secureprofile.flows.gate import Context
from secureprofile.flows.progress import Progress
from secureprofile.flows.tuples import PERSON, Tuples, read_tuples, text_of
from secureprofile.policy.anonymity import Anonymity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Generalised:
    """Rows with their labels, and how these were decided."""

    result: ir.Table
    rules: Anonymity
    tuples: Tuples
    space: Space
    task: Task
    solution: Solution
    people: ir.Table | None


def rules_for(context: Context, dataset: str) -> Anonymity | None:
    """Return what exports of a dataset must meet for the purpose at hand, None where the policy asks for nothing."""
    rules = context.policy.policy.anonymity.get(dataset)
    if rules is None or (rules.purposes and context.purpose not in rules.purposes):
        return None
    return rules


def generalise(
    context: Context, table: ir.Table, rules: Anonymity, engine: DuckEngine, progress: Progress
) -> Generalised:
    """Decide on labels for a treated table and return it with them; the column :data:`PERSON`, if there, is dropped.

    Raises:
        CannotBeMet: the rules cannot be met.
        HierarchyError: a hierarchy does not cover the values.
    """
    progress.step("group rows by their quasi-identifiers", engine.progress)
    tuples = read_tuples(context, table, rules, engine)
    names = list(rules.quasi_identifiers)
    space = Space(
        table=tuples.table,
        hierarchies=tuples.hierarchies,
        weights=tuple(float(rules.quasi_identifiers[name].weight) for name in names),
    )
    progress.step(f"find classes of {rules.k} ({rules.method})")
    task = Task(
        models=models_of(rules, list(rules.sensitive), tuples.distances),
        suppression=Fraction(rules.suppression),
        method=rules.method,
        labels=rules.labels,
        effort=rules.effort,
    )
    solution = solve(space, task)
    labelled = _labelled(table, names, tuples, solution, rules, engine)
    people = labelled.select(*names, PERSON) if PERSON in table.columns else None
    if PERSON in table.columns:
        labelled = labelled.drop(PERSON)
    return Generalised(
        result=labelled, rules=rules, tuples=tuples, space=space, task=task, solution=solution, people=people
    )


def _labelled(
    table: ir.Table, names: Sequence[str], tuples: Tuples, solution: Solution, rules: Anonymity, engine: DuckEngine
) -> ir.Table:
    """Join every row with the labels of its class; suppressed rows leave, or stay with ``*`` in every quasi-identifier."""
    place = solution.place
    used = np.flatnonzero(tuples.table.rows > 0)
    if rules.suppressed == "drop":
        used = used[place[used] >= 0]
    key = {f"k{at}_": text.take(pa.array(used)) for at, text in enumerate(tuples.texts)}
    label = {}
    for at, labels in enumerate(solution.labels):
        codes = np.where(place[used] >= 0, labels.codes[place[used]], len(labels.texts)).astype(np.int32)
        label[f"l{at}_"] = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array([*labels.texts, SUPPRESSED]))
    decided = engine.table(pa.table({**key, **label}))
    on = [text_of(table, name) == decided[f"k{at}_"] for at, name in enumerate(names)]
    joined = table.inner_join(decided, on) if rules.suppressed == "drop" else table.left_join(decided, on)
    labels_ = {name: joined[f"l{at}_"].cast("string") for at, name in enumerate(names)}
    return joined.mutate(**labels_).select(*table.columns)
