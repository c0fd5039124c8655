"""Coarser values as expressions: dates to parts, numbers to bands, text to prefixes; what does not parse becomes NULL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor, sqrt
from typing import Protocol

import ibis
import ibis.expr.types as ir

from secureprofile.guard.canonical import trimmed
from secureprofile.guard.places import network, region
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.treatments import Generalize, Noise, TopBottom

_NUMBER = r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?\z"
_LARGEST = 9.0e15
"""Doubles are exact below 2⁵³; larger numbers leave empty where a multiple is asked for."""

_WIDEST = 1.0e11
"""Numbers that get noise are smaller: with four decimals and the noise they are whole numbers that doubles hold."""

_BITS = 15
"""Noise is made of four parts of so many random bits."""

AGES: Sequence[int] = (18, 25, 35, 45, 55, 65)
"""Edges of the age bands where the policy declares none."""

OLDEST = 130


class Parsing(Protocol):
    """The one thing of an engine that dates need."""

    def parse_timestamp(self, text: ir.StringValue, form: str) -> ir.TimestampValue:
        """Return the time that ``text`` spells in a strptime pattern, NULL where it does not."""
        ...


def typed(value: ir.StringValue, plan: ColumnPlan, functions: Parsing) -> ir.Value:
    """Read a text cell as the policy's type; NULL where it does not parse.

    Decimals become ``decimal(18, 4)``: sums of them do not depend on the order of rows.
    """
    text = trimmed(value).nullif(ibis.literal(""))
    match plan.spec.type:
        case "integer":
            return text.try_cast("float64").round().try_cast("int64")
        case "decimal":
            return text.try_cast("decimal(18, 4)")
        case "date":
            return parsed(text, plan, functions).date()
        case "timestamp":
            return parsed(text, plan, functions)
        case _:
            return text


def parsed(text: ir.StringValue, plan: ColumnPlan, functions: Parsing) -> ir.TimestampValue:
    """Return the time that a trimmed cell spells in one of the column's formats or in ISO 8601, else NULL."""
    forms = [functions.parse_timestamp(text, form) for form in plan.spec.formats]
    return ibis.coalesce(*forms, text.try_cast("timestamp"))


def number(value: ir.StringValue) -> ir.FloatingValue:
    """Return the number that a cell spells in ASCII digits; NULL for anything else, ``NaN`` and Java's ``1d`` included."""
    text = trimmed(value)
    return ibis.ifelse(text.re_search(_NUMBER), text, ibis.null("string")).try_cast("float64")


def generalize(value: ir.StringValue, plan: ColumnPlan, functions: Parsing, today: date | None = None) -> ir.Value:
    """Return the coarser value of a :class:`Generalize` treatment; NULL where the cell does not parse.

    Args:
        value: the column, as text.
        plan: what happens to it.
        functions: the engine's spelling.
        today: the day on which ages are counted where the policy names none.
    """
    treatment = plan.treatment
    assert isinstance(treatment, Generalize)
    match treatment.to:
        case "prefix":
            text, most = trimmed(value), treatment.prefix or 1
            return ibis.ifelse(text.length() > most, text.left(most), ibis.null("string"))
        case "domain":
            return trimmed(value).lower().re_extract(r"^[^@]+@([^@]+)$", 1).nullif(ibis.literal(""))
        case "step":
            return _multiple(number(value), treatment.step or 1)
        case "band":
            return band(number(value), treatment.edges or ())
        case "network":
            return network(trimmed(value))
        case "region":
            return region(trimmed(value))
    day = parsed(trimmed(value).nullif(ibis.literal("")), plan, functions).date()
    match treatment.to:
        case "year":
            return day.year().cast("int64")
        case "quarter":
            return day.year().cast("string") + "-Q" + day.quarter().cast("string")
        case "age_band":
            on = date.fromisoformat(treatment.as_of) if treatment.as_of else today
            if on is None:
                raise ValueError("ages need a day to count from")
            return age_band(day, [int(edge) for edge in treatment.edges] if treatment.edges else AGES, on)
        case _:
            return day.year().cast("string") + "-" + day.month().cast("string").lpad(2, "0")


def _multiple(value: ir.FloatingValue, step: int) -> ir.IntegerValue:
    exact = ibis.ifelse(value.abs() < _LARGEST, value, ibis.null("float64"))
    return (exact / step).floor().try_cast("int64") * step


def band(value: ir.FloatingValue, edges: Sequence[Decimal]) -> ir.StringValue:
    """Return the half-open band between declared edges: ``<10``, ``[10,100)``, ``>=100``."""
    labels = [f"<{edges[0]:f}"] + [f"[{a:f},{b:f})" for a, b in pairwise(edges)]
    cases = [(value < float(edge), label) for edge, label in zip(edges, labels, strict=True)]
    return ibis.cases((value.isnull(), ibis.null("string")), *cases, else_=f">={edges[-1]:f}")


def age_band(born: ir.DateValue, edges: Sequence[int], on: date) -> ir.StringValue:
    """Return the band of the completed years on a day: ``0-17``, ``18-24``, ``65+``; NULL for the unborn and above 130."""
    before = born.month() * 100 + born.day() > on.month * 100 + on.day
    age = ibis.literal(on.year) - born.year() - before.cast("int64")
    starts = [0, *edges]
    cases = [(age < edge, f"{start}-{edge - 1}") for start, edge in zip(starts, edges, strict=False)]
    outside = age.isnull() | (age < 0) | (age > OLDEST)
    return ibis.cases((outside, ibis.null("string")), *cases, else_=f"{edges[-1]}+")


def top_bottom(value: ir.StringValue, treatment: TopBottom) -> ir.StringValue:
    """Return a number as it came, or the bound that it lies beyond; NULL where it is no number."""
    read = number(value)
    cases: list[tuple[ir.BooleanValue, ir.Value | str]] = [(read.isnull(), ibis.null("string"))]
    if treatment.low is not None:
        cases.append((read < float(treatment.low), f"{treatment.low:f}"))
    if treatment.high is not None:
        cases.append((read > float(treatment.high), f"{treatment.high:f}"))
    return ibis.cases(*cases, else_=trimmed(value))


def blurred(value: ir.StringValue, treatment: Noise, draw: ir.IntegerValue) -> ir.StringValue:
    """Return a number moved by bell-shaped noise, on the treatment's grid; NULL where it is no number or too large.

    The noise is the sum of four numbers that are equally likely (15 bits each), which is nearly normal and never beyond 3.5 standard
    deviations. Everything but one product is whole numbers, so every engine gives the same digits.

    Args:
        value: the column, as text.
        treatment: standard deviation, grid, bounds.
        draw: 60 random bits.
    """
    most = (1 << _BITS) - 1  # shifts, because engines divide whole numbers as doubles
    parts = [(draw >> place * _BITS) & most for place in range(4)]
    total = parts[0] + parts[1] + parts[2] + parts[3] - 2 * most
    spread = sqrt(4 * (4**_BITS - 1) / 12)
    steps = (total * (float(treatment.sd / treatment.step) / spread) + 0.5).floor()
    read = number(value)
    exact = ibis.ifelse(read.abs() < _WIDEST, read, ibis.null("float64"))
    moved = ((exact / float(treatment.step) + 0.5).floor() + steps).try_cast("int64")
    if treatment.low is not None:
        moved = ibis.greatest(moved, ceil(treatment.low / treatment.step))
    if treatment.high is not None:
        moved = ibis.least(moved, floor(treatment.high / treatment.step))
    return ibis.ifelse(exact.isnull() | draw.isnull(), ibis.null("string"), _spelled(moved, treatment.step))


def _spelled(steps: ir.IntegerValue, step: Decimal) -> ir.StringValue:
    """Return so many steps as a plain decimal; whole numbers all the way."""
    places = max(0, -int(step.normalize().as_tuple().exponent))
    units = steps * int(step * 10**places)
    whole = units.abs()
    text = (whole // 10**places).cast("string")
    if places:
        text = text + "." + (whole % 10**places).cast("string").lpad(places, "0")
    return ibis.ifelse(units < 0, "-", "") + text


class Shifting(Parsing, Protocol):
    """What moving dates needs of an engine."""

    def hex_number(self, text: ir.StringValue) -> ir.IntegerValue:
        """Return the number that up to 15 lower-case hex digits spell."""
        ...


def shift_days(digest: ir.StringValue, most: int, functions: Shifting) -> ir.IntegerValue:
    """Return a subject's days: −most … −1 or 1 … most, equally likely up to 2⁻⁴⁸, from 15 hex digits of a keyed hash."""
    draw = functions.hex_number(digest) % (2 * most)
    return ibis.ifelse(draw < most, draw - most, draw - most + 1)


def shifted(value: ir.StringValue, plan: ColumnPlan, days: ir.IntegerValue, functions: Shifting) -> ir.StringValue:
    """Return a date or time moved by whole days, in ISO 8601; times keep their time of day, so intervals stay to the second."""
    moved = parsed(trimmed(value).nullif(ibis.literal("")), plan, functions) + days.as_interval("D")
    return moved.strftime("%Y-%m-%d" if plan.spec.type == "date" else "%Y-%m-%d %H:%M:%S")
