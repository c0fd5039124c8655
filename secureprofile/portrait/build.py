"""Clean, fold, tag: from rows of many tables to one tagged row per person, as one expression. Executed by an engine, not here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import reduce

import ibis
import ibis.expr.types as ir

from secureprofile.portrait.dictionary import CleanRules, MeasureRule, Tag, TagDictionary
from secureprofile.portrait.folds import Events, compile_folds
from secureprofile.portrait.rows import compile_condition, compile_row, midnight

PERSON = "person"
_RULE = "rule_"
CLIPPED = "__clipped"
"""Ends the name of the column that says whose value was clipped."""


def clean(
    table: ir.Table, rules: CleanRules, as_of: date, constants: Mapping[str, ir.Value] | None = None
) -> tuple[ir.Table, ir.Table]:
    """Return the rows that count, and (rule, count) of those that do not.

    A row goes by the first rule that matches; a rule whose condition is unknown (a missing value) does not match. Exact doubles are
    counted under ``duplicate``, before the rules, and what happened after the day under ``later``, after them.
    """
    kept = table.distinct() if rules.unique else table
    ruled = kept.mutate(**{_RULE: _first_match(kept, rules, as_of, constants or {})})
    counted = ruled.filter(ruled[_RULE].notnull()).group_by(_RULE).aggregate(count=lambda t: t.count())
    rejects = counted.rename(rule=_RULE)
    if rules.unique:
        doubles = table.aggregate(n=table.count()).cross_join(kept.aggregate(m=kept.count()))
        rejects = rejects.union(doubles.select(rule=ibis.literal("duplicate"), count=doubles.n - doubles.m))
    return ruled.filter(ruled[_RULE].isnull()).drop(_RULE), rejects


def _first_match(table: ir.Table, rules: CleanRules, as_of: date, constants: Mapping[str, ir.Value]) -> ir.StringValue:
    columns = {**constants, **{name: table[name] for name in table.columns}}
    branches = [(compile_condition(rule, columns, as_of), ibis.literal(name)) for name, rule in rules.reject.items()]
    if rules.time is not None:
        when = table[rules.time]
        after = when > (midnight(as_of) if when.type().is_timestamp() else ibis.literal(as_of))
        branches.append((after.fill_null(False), ibis.literal("later")))
    nothing = ibis.null("string")
    return ibis.cases(*branches, else_=nothing) if branches else nothing


def profile(tables: Mapping[str, ir.Table], dictionary: TagDictionary, as_of: date) -> ir.Table:
    """Return the portrait: column ``person``, one text column per tag, and per measure two columns of :func:`measured`.

    Everybody counts who is in any of the tables, also with no row left after cleaning: their features are missing. Features of a
    dataset that is not among the tables are missing for all, so their tags take the last value.
    """
    return labelled(features(tables, dictionary, as_of), dictionary, as_of)


def constants(dictionary: TagDictionary) -> dict[str, ir.Value]:
    """Return the declared parameters as values, by name."""
    return {name: ibis.literal(float(one.value)) for name, one in dictionary.parameters.items()}


def features(tables: Mapping[str, ir.Table], dictionary: TagDictionary, as_of: date) -> ir.Table:
    """Return one row per person with every feature whose dataset is among the tables."""
    everybody = reduce(lambda a, b: a.union(b), [t.select(PERSON) for t in tables.values()]).distinct()
    folded, fixed = everybody, constants(dictionary)
    for name, expressions in dictionary.features.items():
        if name in tables and expressions:
            rows, clock = tables[name], None
            if name in dictionary.clean:
                rows, _ = clean(rows, dictionary.clean[name], as_of, fixed)
                clock = dictionary.clean[name].time
            events = Events(table=rows, person=PERSON, as_of=as_of, clock=clock, constants=fixed)
            folded = folded.left_join(compile_folds(expressions, events), PERSON, rname="{name}__").drop(f"{PERSON}__")
    return folded


def labelled(folded: ir.Table, dictionary: TagDictionary, as_of: date) -> ir.Table:
    """Return the tags and measures of people whose features are given."""
    missing = {f: ibis.null() for fs in dictionary.features.values() for f in fs if f not in folded.columns}
    columns: dict[str, ir.Value] = {**constants(dictionary), **{n: folded[n] for n in folded.columns}, **missing}
    for name, expression in dictionary.derived.items():
        absent = any(_absent(columns[one]) for one in expression.names)
        columns[name] = ibis.null() if absent else compile_row(expression, columns, as_of)
    labels: dict[str, ir.Value] = {}
    for tag in dictionary.in_order():
        labels[tag.code] = label(tag, columns, as_of)
        columns.setdefault(tag.code, labels[tag.code])
    numbers = [measured(one, columns, as_of) for one in dictionary.measures]
    told = {tag.code: labels[tag.code] for tag in dictionary.tags}
    return folded.select(PERSON, **told, **{name: value for pair in numbers for name, value in pair.items()})


def label(tag: Tag, columns: Mapping[str, ir.Value], as_of: date) -> ir.StringValue:
    """Return the code of the first value whose condition holds; a condition on a missing feature does not hold."""
    branches = [
        (compile_condition(value.when, columns, as_of), ibis.literal(value.code))
        for value in tag.values
        if value.when is not None and not any(_absent(columns[name]) for name in value.when.names)
    ]
    last = ibis.literal(tag.values[-1].code)
    return ibis.cases(*branches, else_=last) if branches else last


def measured(rule: MeasureRule, columns: Mapping[str, ir.Value], as_of: date) -> dict[str, ir.Value]:
    """Return a measure as whole grid steps above its lower bound (its code), and whether it was clipped (``CODE__clipped``).

    A missing value, and one that is no number, becomes the declared one; sums of such integers are the same in any order of rows and on any engine.
    """
    measure, missing = rule.measure, ibis.literal(float(rule.missing))
    if any(_absent(columns[name]) for name in rule.value.names):
        value: ir.FloatingValue = missing
    else:
        value = compile_row(rule.value, columns, as_of).cast("float64")
        value = ibis.ifelse(value.isnull() | value.isnan(), missing, value)
    low, high = float(measure.low), float(measure.high)
    inside = ibis.ifelse(value < low, low, ibis.ifelse(value > high, high, value))
    steps = ((inside - low) / float(measure.grid) + 0.5).floor().cast("int64")
    return {measure.code: steps, f"{measure.code}{CLIPPED}": (value < low) | (value > high)}


def _absent(value: ir.Value) -> bool:
    return bool(value.type().is_null())
