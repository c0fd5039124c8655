"""Fold expressions as one Ibis table: one row per person. Plain folds share one grouping; folds of groups share one per kind of group."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from secureprofile.portrait.expression import Expression, ExpressionError, days, folds, function, keyword
from secureprofile.portrait.rows import MISFITS, Rows, age_in_days, fitting, midnight, present, quotient, wide

_WEIGHTS = 10**8
"""Weights of events that fade are whole numbers, this one for an event of today, so that a sum does not depend on the order of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """The rows of a dataset: who they are about, and when they happened (None: not known, or no events)."""

    table: ir.Table
    person: str
    as_of: date
    clock: str | None = None
    constants: Mapping[str, ir.Value] | None = None

    @property
    def columns(self) -> dict[str, ir.Value]:
        """The columns and the declared constants, by name."""
        return {**(self.constants or {}), **{name: self.table[name] for name in self.table.columns}}


def compile_folds(expressions: Mapping[str, Expression], events: Events) -> ir.Table:
    """Return one row per person with one column per expression.

    Nothing depends on the order of rows: of several values, ``most``, ``latest`` and ``first`` give the smallest.

    Raises:
        ExpressionError: one does not fit the types of its columns, or needs a time that the dataset does not have.
    """
    if events.clock is not None:  # a portrait as of a day knows nothing of what happened after it
        when = events.table[events.clock]
        until = when.isnull() | (when <= (midnight(events.as_of) if when.type().is_timestamp() else events.as_of))
        events = Events(
            table=events.table.filter(until),
            person=events.person, as_of=events.as_of, clock=events.clock, constants=events.constants,
        )  # fmt: skip
    for expression in expressions.values():
        present(expression, events.columns)
        if expression.timed and events.clock is None:
            raise ExpressionError(
                f"`{expression.text}` needs to know when a row happened", "add `time: COLUMN` under clean"
            )
    try:
        return _folded(expressions, events)
    except MISFITS:
        for expression in expressions.values():  # one by one: the error names its expression
            with fitting(expression):
                _folded({"x": expression}, events)
        raise


def _folded(expressions: Mapping[str, Expression], events: Events) -> ir.Table:
    calls = {ast.unparse(call): call for e in expressions.values() for call in folds(e.tree)}
    aliases = {text: f"fold_{number}" for number, text in enumerate(calls)}
    grouped: dict[str, list[str]] = {}
    plain: dict[str, ir.Value] = {}
    for text, call in calls.items():
        key = _key(call)
        if key is None:
            plain[aliases[text]] = _fold(call, events)
        else:
            grouped.setdefault(key, []).append(text)
    folded = events.table.group_by(events.person).aggregate(**plain, fold_rows=lambda t: t.count())
    for texts in grouped.values():
        first = calls[texts[0]]
        of_groups = (
            _gaps(first, events, aliases[texts[0]])
            if function(first) == "gap"
            else _by_group({aliases[text]: calls[text] for text in texts}, events)
        )
        folded = folded.left_join(of_groups, events.person, rname="{name}__").drop(f"{events.person}__")
    values = {text: _counted(calls[text], folded[alias]) for text, alias in aliases.items()}
    outer = Rows(events.constants or {}, events.as_of, values)
    return folded.select(events.person, **{name: outer.value(e.tree) for name, e in expressions.items()})


def _counted(call: ast.Call, value: Any) -> Any:
    """A count is 0, not missing, for a person without any group."""
    return value.fill_null(0) if function(call) in ("count", "count_distinct") else value


def _key(call: ast.Call) -> str | None:
    """Return what tells the groups apart that a call folds first; None where it folds rows."""
    if function(call) == "most":
        return "per " + ast.unparse(call.args[0])
    if function(call) == "gap":
        return ast.unparse(call)
    group = keyword(call, "per")
    return None if group is None else "per " + ast.unparse(group)


def _mask(call: ast.Call, events: Events) -> Any:
    """Return which rows a call folds; None for all."""
    conditions = []
    where = keyword(call, "where")
    if where is not None:
        condition = Rows(events.columns, events.as_of).value(where)
        if not isinstance(condition, ir.BooleanValue):
            raise TypeError("a condition must be true or false")
        conditions.append(condition)
    last, before = days(call, "last"), days(call, "before")
    if last is not None or before is not None:
        assert events.clock is not None, "checked before"
        age = age_in_days(events.table[events.clock], events.as_of)
        conditions += [age < last] if last is not None else []
        conditions += [age >= before] if before is not None else []
    return _all(conditions)


def _all(conditions: Iterable[Any]) -> Any:
    result = None
    for condition in conditions:
        if condition is not None:
            result = condition if result is None else result & condition
    return result


def _fold(call: ast.Call, events: Events, *, among: Any = None) -> ir.Value:
    """Return a plain fold; ``among`` narrows its rows further."""
    mask = _all([among, _mask(call, events)])
    compiler = Rows(events.columns, events.as_of)
    name = function(call)
    values = [compiler.value(argument) for argument in call.args]
    if name in ("latest", "first"):
        value, when = values
        return _extreme(value, _order(when, later=name == "latest"), _all([mask, value.notnull(), when.notnull()]))
    if name == "decayed":
        values = [_faded(values[0], values[1], events)]
        return quotient(values[0].sum(where=mask), ibis.literal(_WEIGHTS))
    return _simple(name, values, events.table, mask)


def _simple(name: str, values: list[Any], table: ir.Table, mask: Any) -> ir.Value:
    match name:
        case "count":
            return table.count(where=mask)
        case "count_distinct":
            return values[0].nunique(where=mask)
        case "share":
            if not isinstance(values[0], ir.BooleanValue):
                raise TypeError("a condition must be true or false")
            return quotient(values[0].ifelse(1, 0).fill_null(0).sum(where=mask), table.count(where=mask))
        case "mean":
            return quotient(values[0].sum(where=mask), values[0].count(where=mask))
        case _:
            return getattr(values[0], name)(where=mask)


def _faded(value: Any, half_life: Any, events: Events) -> Any:
    """Return a value that halves with every half-life since it happened: value · 2^(−days / half-life)."""
    assert events.clock is not None, "checked before"
    age = age_in_days(events.table[events.clock], events.as_of)
    weight = ((age.cast("float64") / half_life * -math.log(2)).exp() * _WEIGHTS).round().cast("int64")
    return (value.cast(dt.Decimal(19, 0)) if value.type().is_integer() else wide(value)) * weight


def _order(when: Any, *, later: bool) -> list[Any]:
    """Return numbers whose smallest is the latest time, or the earliest."""
    if when.type().is_temporal():
        numbers = [when.cast("timestamp").delta(ibis.timestamp("1970-01-01"), unit="microsecond")]
    elif when.type().is_numeric():
        numbers = [when]
    else:
        raise TypeError("neither a time nor a number")
    return [-number for number in numbers] if later else numbers


def _extreme(value: Any, order: list[Any], mask: Any) -> Any:
    """Return the value at the smallest order; of several, the smallest value."""
    key = ibis.struct({**{f"o{place}": number for place, number in enumerate(order)}, "value": value})
    return key.min(where=mask)["value"]


def _by_group(calls: Mapping[str, ast.Call], events: Events) -> ir.Table:
    """Fold groups of a person's rows first, then the groups of each person."""
    compiler = Rows(events.columns, events.as_of)
    some = next(iter(calls.values()))
    group = some.args[0] if function(some) == "most" else keyword(some, "per")
    assert group is not None
    rows = events.table.mutate(group_key=compiler.value(group)).filter(lambda t: t.group_key.notnull())
    inner = Events(table=rows, person=events.person, as_of=events.as_of, clock=events.clock, constants=events.constants)
    columns: dict[str, ir.Value] = {}
    names: dict[tuple[str, str], str] = {}
    for alias, call in calls.items():
        mask = _mask(call, inner)
        columns[f"{alias}_rows"] = rows.count(where=mask)
        if function(call) == "most":
            weight = Rows(inner.columns, events.as_of).value(call.args[1])
            weight = weight if isinstance(weight, ir.Column) else ibis.ifelse(rows.group_key.notnull(), weight, weight)
            columns[f"{alias}_weight"] = weight.sum(where=mask)
        for call_inside in (one for argument in call.args for one in folds(argument)):
            name = names[alias, ast.unparse(call_inside)] = f"{alias}_{len(names)}"
            columns[name] = _fold(call_inside, inner, among=mask)
    groups = rows.group_by(events.person, "group_key").aggregate(**columns)
    outer: dict[str, ir.Value] = {}
    for alias, call in calls.items():
        some_rows = groups[f"{alias}_rows"] > 0
        if function(call) == "most":
            total = groups[f"{alias}_weight"]
            outer[alias] = _extreme(groups.group_key, [-total], some_rows & total.notnull())
            continue
        inside = {text: groups[name] for (owner, text), name in names.items() if owner == alias}
        values = [Rows(events.constants or {}, events.as_of, inside).value(argument) for argument in call.args]
        outer[alias] = _simple(function(call), values, groups, some_rows)
    return groups.group_by(events.person).aggregate(**outer)


def _gaps(call: ast.Call, events: Events, alias: str) -> ir.Table:
    """Return (person, a quantile of the days between a person's different days, by nearest rank)."""
    when = Rows(events.columns, events.as_of).value(call.args[0])
    mask = _all([when.notnull(), _mask(call, events)])
    assert isinstance(call.args[1], ast.Constant)
    quantile = float(call.args[1].value)  # type: ignore[arg-type]
    ages = events.table.filter(mask).select(events.person, age=age_in_days(when, events.as_of)).distinct()
    older = ibis.window(group_by=events.person, order_by=ages.age)
    gaps = ages.mutate(gap=ages.age.lead().over(older) - ages.age).filter(lambda t: t.gap.notnull())
    ranked = gaps.mutate(
        place=ibis.row_number().over(ibis.window(group_by=events.person, order_by=gaps.gap)) + 1,
        many=gaps.count().over(ibis.window(group_by=events.person)),
    )
    wanted = (ranked.many.cast("float64") * quantile).ceil().cast("int64")
    return ranked.filter(ranked.place == wanted).select(events.person, **{alias: ranked.gap})
