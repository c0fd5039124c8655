"""What columns the store has, of which types, and whether every expression of a dictionary fits them: before any data is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from secureprofile.policy.decide import plan_columns
from secureprofile.policy.model import Policy
from secureprofile.policy.places import Path
from secureprofile.policy.treatments import Generalize, Keep
from secureprofile.portrait.dictionary import TagDictionary
from secureprofile.portrait.expression import Expression, ExpressionError
from secureprofile.portrait.folds import Events, compile_folds
from secureprofile.portrait.rows import compile_condition, compile_row
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

STORED: Mapping[str, str] = {
    "text": "string", "integer": "int64", "decimal": "decimal(18, 4)", "date": "date", "timestamp": "timestamp",
}  # fmt: skip
"""Type in the policy → type in the store."""

_DAY = date(2026, 1, 1)
"""Types are the same on every day."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a dataset. ``type`` is its type in the store, None where that depends on the purpose; ``personal``: it names somebody."""

    type: str | None
    personal: bool = False


def stored_columns(policy: Policy) -> dict[str, dict[str, Column]]:
    """Return the columns of every dataset as tags may see them: after the treatments of the purposes that fill the store."""
    purposes = [name for name, purpose in policy.purposes.items() if "store" in purpose.outputs]
    found: dict[str, dict[str, Column]] = {}
    for dataset, spec in policy.datasets.items():
        found[dataset] = {}
        for name, column in spec.columns.items():
            personal = within(column.category, DIRECT_IDENTIFIERS)
            types = {_stored(policy, dataset, purpose, name) for purpose in purposes}
            found[dataset][name] = Column(types.pop() if len(types) == 1 else None, personal)
    return found


def _stored(policy: Policy, dataset: str, purpose: str, name: str) -> str | None:
    columns = policy.datasets[dataset].columns
    plan = next(
        one for one in plan_columns(policy, dataset=dataset, purpose=purpose, header=list(columns)) if one.name == name
    )
    match plan.treatment:
        case Keep():
            return STORED[plan.spec.type]
        case Generalize(to="year" | "step"):
            return "int64"
        case _:
            return None


def check_types(
    dictionary: TagDictionary, columns: Mapping[str, Mapping[str, Column]]
) -> Iterator[tuple[Path, ExpressionError]]:
    """Yield what does not fit: (path, error). Expressions over a column whose type is not known are left to the run."""
    constants: dict[str, ir.Value] = {
        name: ibis.literal(float(one.value)) for name, one in dictionary.parameters.items()
    }
    known: dict[str, ir.Value] = dict(constants)
    for dataset, rules in dictionary.clean.items():
        typed = {name: ibis.null(c.type) for name, c in columns.get(dataset, {}).items() if c.type is not None}
        for name, expression in rules.reject.items():
            yield from _tried(("clean", dataset, "reject", name), expression, {**constants, **typed}, condition=True)
    for dataset, features in dictionary.features.items():
        yield from _check_features(dictionary, dataset, features, columns.get(dataset, {}), known)
    for name, expression in dictionary.derived.items():
        yield from _tried(("derived", name), expression, known, keep=name)
    places = {tag.code: index for index, tag in enumerate(dictionary.tags)}
    for tag in dictionary.in_order():
        for index, value in enumerate(tag.values):
            if value.when is not None:
                path = ("tags", places[tag.code], "values", index, "when")
                yield from _tried(path, value.when, known, condition=True)
        known.setdefault(tag.code, ibis.null("string"))
    for index, measure in enumerate(dictionary.measures):
        yield from _tried(("measures", index, "value"), measure.value, known, number=True)


def _check_features(
    dictionary: TagDictionary,
    dataset: str,
    features: Mapping[str, Expression],
    columns: Mapping[str, Column],
    known: dict[str, ir.Value],
) -> Iterator[tuple[Path, ExpressionError]]:
    typed = {name: column.type for name, column in columns.items() if column.type is not None}
    clock = dictionary.clean[dataset].time if dataset in dictionary.clean else None
    table = ibis.table({"person__": "string", **typed}, name="rows")
    constants: dict[str, ir.Value] = {n: known[n] for n in dictionary.parameters}
    events = Events(table=table, person="person__", as_of=_DAY, clock=clock, constants=constants)
    if clock is not None and not (clock in typed and ("timestamp" in typed[clock] or typed[clock] == "date")):
        if clock not in typed:
            return
        yield ("clean", dataset, "time"), ExpressionError("expected a column of dates or times", "type: timestamp")
        return
    for name, expression in features.items():
        for one in sorted(expression.revealed):
            if one in columns and columns[one].personal:
                hint = "it may be counted: count_distinct(…), per=…; else give the column a category of what it says"
                error = ExpressionError(
                    f"column {one} says who somebody is, so no tag reads it", hint, expression.at(one)
                )
                yield ("features", dataset, name), error
        if expression.names <= {*typed, *constants}:
            try:
                known[name] = ibis.null(compile_folds({name: expression}, events)[name].type())
            except ExpressionError as error:
                yield ("features", dataset, name), error


def _tried(
    path: Path,
    expression: Expression,
    known: dict[str, ir.Value],
    *,
    condition: bool = False,
    number: bool = False,
    keep: str | None = None,
) -> Iterator[tuple[Path, ExpressionError]]:
    if not expression.names <= set(known):
        return
    try:
        value: Any = (compile_condition if condition else compile_row)(expression, known, _DAY)
        if number and not value.type().is_numeric():
            raise ExpressionError(f"`{expression.text}` is no number", "a measure is a number per person")
        if keep is not None:
            known[keep] = ibis.null(value.type())
    except ExpressionError as error:
        yield path, error
