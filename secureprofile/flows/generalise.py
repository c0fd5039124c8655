"""Generalise and suppress treated rows as the policy's section ``anonymity`` says.

The rows are grouped by their quasi-identifiers in the engine; what decides sees different combinations only, and its labels are joined to the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.anonymity.hierarchy import SUPPRESSED
from secureprofile.anonymity.loss import Labels, Space, middle_labels
from secureprofile.anonymity.models import models_of
from secureprofile.anonymity.scheme import Scheme, apply
from secureprofile.anonymity.solve import Solution, Task, solve
from secureprofile.flows.gate import Context
from secureprofile.flows.progress import Progress
from secureprofile.flows.tuples import PERSON, Tuples, read_tuples
from secureprofile.policy.anonymity import Anonymity

_CLASS = "class_"


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
    context: Context,
    table: ir.Table,
    rules: Anonymity,
    engine: DuckEngine,
    progress: Progress,
    *,
    scheme: Scheme | None = None,
) -> Generalised:
    """Decide on labels for a treated table, or take a stored scheme's, and return it with them; the column :data:`PERSON`, if there, is dropped.

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
    solution = solve(space, task) if scheme is None else apply(scheme, space, task)
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
    """Join every row with its class by a number for its combination, and with the class's labels.

    Suppressed rows leave, or stay with ``*`` in every quasi-identifier. Numbers and enumerations instead of texts keep what is joined, sorted and
    written small.
    """
    place = solution.place
    used = np.flatnonzero(tuples.table.rows > 0)
    if rules.suppressed == "drop":
        used = used[place[used] >= 0]
    values = {name: text.dictionary.to_pylist() for name, text in zip(names, tuples.texts, strict=True)}
    codes = [text.indices.to_numpy(zero_copy_only=False)[used].astype(np.int64) for text in tuples.texts]
    coded = engine.coded(table, values)
    keys, numbers = [], {}
    for at, part in enumerate(_numbered([len(one) for one in values.values()])):
        key, number = ibis.literal(0, "int64"), np.zeros(len(used), np.int64)
        for column in part:
            size = len(values[names[column]])
            key, number = key * size + coded[f"{names[column]}_code"], number * size + codes[column]
        keys.append(key)
        numbers[f"k{at}_"] = pa.array(number)
    stars = len(solution.sizes)
    found = np.where(place[used] >= 0, place[used], stars).astype(np.int32)
    decided = engine.table(pa.table({**numbers, _CLASS: pa.array(found)}))
    labels = {
        name: pa.DictionaryArray.from_arrays(
            pa.array(np.append(one.codes, len(one.texts)).astype(np.int32)), pa.array([*one.texts, SUPPRESSED])
        )
        for name, one in zip((f"{name}_label" for name in names), shown(tuples, solution, rules), strict=True)
    }
    classes = engine.enumerated(pa.table({_CLASS: pa.array(np.arange(stars + 1, dtype=np.int32)), **labels}))
    rows = coded.inner_join(decided, [key == decided[name] for key, name in zip(keys, numbers, strict=True)])
    rows = rows.inner_join(classes, rows[_CLASS] == classes[_CLASS])
    return rows.mutate(**{name: rows[f"{name}_label"] for name in names}).select(*table.columns)


def shown(tuples: Tuples, solution: Solution, rules: Anonymity) -> list[Labels]:
    """Return what is written for each class: its labels, or for some numbers the middle of those it holds."""
    inside = solution.place >= 0
    place, rows = solution.place[inside], tuples.table.rows[inside]
    result = []
    for at, (labels, quasi) in enumerate(zip(solution.labels, rules.quasi_identifiers.values(), strict=True)):
        if quasi.show == "label":
            result.append(labels)
            continue
        leaves = np.array([float(leaf) if leaf else np.nan for leaf in tuples.hierarchies[at].leaves])
        numbers = leaves[tuples.table.codes[inside, at]]
        result.append(middle_labels(labels, numbers, place, rows, by=quasi.show))
    return result


def _numbered(sizes: Sequence[int]) -> list[list[int]]:
    """Split columns into groups whose combinations a 64-bit number can tell apart."""
    groups: list[list[int]] = [[]]
    space = 1
    for at, size in enumerate(sizes):
        if space * size >= 1 << 62:
            groups.append([])
            space = 1
        groups[-1].append(at)
        space *= max(1, size)
    return groups
