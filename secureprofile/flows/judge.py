"""Judge a written file: group it anew by its labels, and hold every class against the policy's own words.

What judges (``anonymity.verify``) shares no code with what decided.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.anonymity.classes import Counts
from secureprofile.anonymity.hierarchy import Hierarchy
from secureprofile.anonymity.verify import Class, verify
from secureprofile.flows.generalise import Generalised
from secureprofile.flows.tuples import PERSON, Tuples, text_of
from secureprofile.policy.anonymity import Anonymity
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.treatments import Generalize, Keep, Mask, TopBottom

_READABLE = (Keep, Generalize, TopBottom, Mask)

_BLOCK = 1 << 24
"""Pairs (class, combination of the population) that are compared at a time."""


def judge(generalised: Generalised, written: ir.Table, engine: DuckEngine) -> None:
    """Group a written table by its labels and hold every class against the policy's words.

    Raises:
        NotMet: a rule is not met; the file must not get its name.
    """
    rules, tuples = generalised.rules, generalised.tuples
    names = list(rules.quasi_identifiers)
    labels = {f"c{at}": text_of(written, name) for at, name in enumerate(names)}
    keys = list(labels)
    cells = written.select(**labels)
    counted = engine.to_arrow(cells.group_by(keys).aggregate(rows=cells.count()).order_by(keys))
    sizes = counted["rows"].to_numpy()
    people = sizes
    if tuples.table.pairs is not None and generalised.people is not None:
        persons = generalised.people
        each = persons.select(
            **{f"c{at}": text_of(persons, name) for at, name in enumerate(names)}, person=persons[PERSON]
        )
        people = engine.to_arrow(each.group_by(keys).aggregate(people=each["person"].nunique()).order_by(keys))[
            "people"
        ].to_numpy()
    histograms: dict[str, list[dict[str, int]]] = {}
    for name in rules.sensitive:
        secret = written.select(**labels, secret=text_of(written, name))
        found = engine.to_arrow(secret.group_by([*keys, "secret"]).aggregate(rows=secret.count()).order_by(keys))
        histograms[name] = _by_class(found, keys, len(sizes))
    fitting = _fitting(tuples, counted, keys) if tuples.table.population is not None else None
    verify(
        rules,
        (
            Class(
                rows=int(rows),
                people=int(heads),
                sensitive={name: found[at] for name, found in histograms.items()},
                population=None if fitting is None else int(fitting[at]),
            )
            for at, (rows, heads) in enumerate(zip(sizes, people, strict=True))
        ),
        rows_before=generalised.space.rows,
        suppressed=generalised.solution.suppressed,
        distributions=tuples.distributions,
        orders=_orders(tuples),
        trees={
            name: [[level.labels[level.groups[leaf]] for level in tree.levels] for leaf in range(len(tree.leaves))]
            for name, tree in tuples.distances.items()
            if isinstance(tree, Hierarchy)
        },
    )


def exposed(written: ir.Table, plans: Sequence[ColumnPlan], rules: Anonymity, engine: DuckEngine) -> tuple[str, ...]:
    """Name the columns that leave readable, that the rules do not name, and by which fewer than k rows on average look alike."""
    named = {*rules.quasi_identifiers, *rules.sensitive}
    readable = [
        plan.name
        for plan in plans
        if isinstance(plan.treatment, _READABLE) and plan.name not in named and plan.name in written.columns
    ]
    if not readable:
        return ()
    asked = {f"c{at}": written[name].approx_nunique() for at, name in enumerate(readable)}
    found = engine.to_arrow(written.aggregate(rows=written.count(), **asked)).to_pylist()[0]
    return tuple(
        f"{name} is neither quasi-identifier nor sensitive, and fewer than {rules.k} rows share a value on average: who knows it finds the row"
        for at, name in enumerate(readable)
        if int(found[f"c{at}"]) * rules.k > int(found["rows"])
    )


def _fitting(tuples: Tuples, classes: pa.Table, keys: Sequence[str]) -> Counts:
    """Count for each class the people of the population whom its labels cover, whatever level a label's text stands on."""
    population = tuples.table.population
    assert population is not None
    some = population > 0
    counts = np.zeros(classes.num_rows, np.int64)
    step = max(1, _BLOCK // max(1, int(some.sum())))
    for first in range(0, classes.num_rows, step):
        part = classes.slice(first, step)
        fits = np.ones((part.num_rows, int(some.sum())), np.bool_)
        for at, (key, tree) in enumerate(zip(keys, tuples.hierarchies, strict=True)):
            labels = part[key].combine_chunks().dictionary_encode()
            covers = np.zeros((len(labels.dictionary), len(tree.leaves)), np.bool_)
            for place, text in enumerate(labels.dictionary.to_pylist()):
                for level in tree.levels:
                    if text in level.labels:
                        covers[place] |= level.groups == level.labels.index(text)
            fits &= covers[labels.indices.to_numpy(zero_copy_only=False)][:, tuples.table.codes[some, at]]
        counts[first : first + step] = fits @ population[some]
    return counts


def _orders(tuples: Tuples) -> dict[str, list[str]]:
    orders = {}
    for name, ranks in tuples.distances.items():
        if not isinstance(ranks, Hierarchy):
            values = list(tuples.distributions[name])
            orders[name] = [values[at] for at in np.argsort(ranks)]
    return orders


def _by_class(found: pa.Table, keys: Sequence[str], count: int) -> list[dict[str, int]]:
    """Split (labels…, value, rows), sorted by labels, into one histogram for each combination of labels."""
    columns = [found[key].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False) for key in keys]
    changes = np.zeros(found.num_rows, np.bool_)
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    places = np.cumsum(changes)
    result: list[dict[str, int]] = [{} for _ in range(count)]
    for place, value, rows in zip(places.tolist(), found["secret"].to_pylist(), found["rows"].to_pylist(), strict=True):
        result[place][value] = rows
    return result
