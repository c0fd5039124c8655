"""Treatments as expressions: a table comes in as text, and leaves as the policy says. Built here, executed by an engine.

Each family has a module of its own: ``pseudonyms`` (keyed tokens), ``masks``, ``coarse`` (parts, bands, shifted dates) and ``places``
(networks, cities) are expressions; ``reversible`` (AES-SIV), ``fpe`` (FF1) and ``fakes`` are functions on cells, which the engine calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import ibis
import ibis.expr.types as ir

from secureprofile.guard.candidates import known_column
from secureprofile.guard.canonical import trimmed
from secureprofile.guard.coarse import blurred, shift_days, shifted, top_bottom
from secureprofile.guard.coarse import generalize as generalize
from secureprofile.guard.coarse import typed as typed
from secureprofile.guard.masks import mask
from secureprofile.guard.pseudonyms import pads as pads
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.treatments import (
    DateShift,
    Drop,
    Encrypt,
    Fpe,
    Generalize,
    Keep,
    Mask,
    Noise,
    Pseudonym,
    Replace,
    Reveal,
    Scrub,
    Token,
    TopBottom,
)

_UNIT, _RECORD = "\x1f", "\x1e"

NAME, NICKNAME = "NAME", "NICKNAME"
"""Labels of a row's own identifiers: a name as it is and in parts, and what somebody of this name may be called besides."""

OWN = "own_"
"""Column of the row's own identifiers, where they were joined once for all columns that are scrubbed."""


class Functions(Protocol):
    """What engines spell differently."""

    def hmac_hex(
        self, text: ir.StringValue, inner: ir.BinaryValue, outer: ir.BinaryValue, digits: int = 64
    ) -> ir.StringValue:
        """Return the first hex digits of the HMAC-SHA-256 of the text's UTF-8 under the key whose pads are given."""
        ...

    def pseudonym(
        self,
        value: ir.StringValue,
        inner: ir.BinaryValue,
        outer: ir.BinaryValue,
        *,
        category: str,
        region: str | None,
        kind: str,
        kid: str,
    ) -> ir.StringValue:
        """Return the token of each cell (see :func:`secureprofile.guard.pseudonyms.pseudonym`) under the key whose pads are given."""
        ...

    def hex_number(self, text: ir.StringValue) -> ir.IntegerValue:
        """Return the number that up to 15 lower-case hex digits spell."""
        ...

    def parse_timestamp(self, text: ir.StringValue, form: str) -> ir.TimestampValue:
        """Return the time that ``text`` spells in a strptime pattern, NULL where it does not."""
        ...

    def cells(self, column: str, value: ir.StringValue) -> ir.StringValue:
        """Return what the column's :class:`secureprofile.guard.cells.CellFunction` makes of it; NULL where it refuses."""
        ...

    def refuses(self, column: str, value: ir.StringValue) -> ir.BooleanValue:
        """Tell where the column's :class:`secureprofile.guard.cells.CellFunction` refuses."""
        ...

    def canonical(self, value: ir.StringValue, category: str, region: str | None) -> ir.StringValue:
        """Return the canonical spelling of each cell (see :mod:`secureprofile.guard.canonical`); empty and missing ones give NULL."""
        ...

    def scrub(self, text: ir.StringValue, own: ir.StringValue, known: ir.ArrayValue) -> ir.StringValue:
        """Return free text with personal data replaced.

        ``own`` holds the row's own identifiers (see :func:`own_cells`), ``known`` the keys of mentioned people (``guard.candidates``).
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """What keyed treatments find in the table beside the columns of the file.

    Args:
        names: (treatment, data category) → name of its key in the joined key table: ``inner_<name>``, ``outer_<name>``.
        kids: treatment → id of the secret in use.
        subject: column that says whose row it is, its data category and region; dates are shifted by it.
        tokens: column → joined column that holds its random tokens.
    """

    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    kids: Mapping[str, str] = field(default_factory=dict)
    subject: tuple[str, str, str | None] | None = None
    tokens: Mapping[str, str] = field(default_factory=dict)


def own_cells(table: ir.Table, own: Sequence[tuple[str, str]]) -> ir.StringValue:
    """Join a row's own identifiers for :meth:`Functions.scrub`: ``LABEL US value`` pairs separated by RS (ASCII 31, 30)."""
    if not own:
        return ibis.literal("")
    if OWN in table.columns:
        return table[OWN]
    return _joined(table, own)


def own_nicknames(table: ir.Table, own: Sequence[tuple[str, str]]) -> ir.StringValue | None:
    """Join a row's own names once more, as those whose nicknames are meant; None where there is no name."""
    names = [(NICKNAME, column) for label, column in own if label == NAME]
    return _joined(table, names) if names else None


def _joined(table: ir.Table, own: Sequence[tuple[str, str]]) -> ir.StringValue:
    cells = [ibis.literal(f"{label}{_UNIT}") + table[column].fill_null("") for label, column in own]
    return ibis.literal(_RECORD).join(cells)


def split_own(joined: str) -> list[tuple[str, str]]:
    r"""Take apart what :func:`own_cells` joined; empty identifiers are left out.

    Example:
        >>> split_own("NAME\x1fAda\x1ePHONE\x1f")
        [('NAME', 'Ada')]
    """
    pairs = (cell.partition(_UNIT) for cell in joined.split(_RECORD))
    return [(label, value) for label, _, value in pairs if value]


def treat(
    table: ir.Table,
    plans: Sequence[ColumnPlan],
    *,
    keyed: Keyed,
    own: Sequence[tuple[str, str]],
    functions: Functions,
    stored: bool,
    today: date | None = None,
) -> ir.Table:
    """Return the table as it may leave.

    Args:
        table: all columns text, as they came; joined with the key table where a treatment needs keys, and with the keys of mentioned
            people (:func:`secureprofile.guard.candidates.known_column`) where one is scrubbed.
        plans: one per column, in the order they leave; dropped and denied ones vanish.
        keyed: where keys, tokens and the subject are in the table.
        own: (label, column) of the row's own direct identifiers, for scrubbing.
        functions: the engine's spelling.
        stored: columns that are kept become typed (for the store); otherwise they leave as they came.
        today: the day on which ages are counted where the policy names none.
    """
    built = {
        plan.name: _treated(table, plan, keyed, own=own, functions=functions, stored=stored, today=today)
        for plan in plans
        if not isinstance(plan.treatment, Drop)
    }
    return table.select(**built)


def _treated(
    table: ir.Table,
    plan: ColumnPlan,
    keyed: Keyed,
    *,
    own: Sequence[tuple[str, str]],
    functions: Functions,
    stored: bool,
    today: date | None,
) -> ir.Value:
    value = table[plan.name]
    match plan.treatment:
        case Keep():
            return typed(value, plan, functions) if stored else value
        case Pseudonym():
            name = keyed.names["pseudonym", plan.category]
            return functions.pseudonym(
                value, table[f"inner_{name}"], table[f"outer_{name}"], category=plan.category, region=plan.region,
                kind=plan.treatment.type, kid=keyed.kids["pseudonym"],
            )  # fmt: skip
        case Mask():
            return mask(value, plan.treatment)
        case Generalize():
            return generalize(value, plan, functions, today)
        case TopBottom():
            return top_bottom(value, plan.treatment)
        case DateShift():
            return _shifted(table, plan, keyed, functions)
        case Noise():
            return _blurred(table, plan, keyed, functions)
        case Token():
            return table[keyed.tokens[plan.name]]
        case Encrypt() | Fpe() | Replace():
            return functions.cells(plan.name, value)
        case Scrub():
            cells = own_cells(table, own)
            if plan.treatment.nicknames and (also := own_nicknames(table, own)) is not None:
                cells = cells + _RECORD + also
            return functions.scrub(value, cells, _mentioned(table, plan))
        case Reveal() | Drop():
            raise ValueError(f"{plan.treatment.kind} gives no column of an export")


def _mentioned(table: ir.Table, plan: ColumnPlan) -> ir.ArrayValue:
    """Return the keys of people that a cell mentions; never NULL, for which engines would skip the function and lose the cell."""
    nobody = ibis.literal([], type="array<string>")
    known = known_column(plan)
    return ibis.coalesce(table[known], nobody) if known in table.columns else nobody


def _shifted(table: ir.Table, plan: ColumnPlan, keyed: Keyed, functions: Functions) -> ir.StringValue:
    """Move a column's dates by their subject's days; rows that name nobody get none."""
    assert isinstance(plan.treatment, DateShift)
    digest = _digest(table, keyed, functions, "date_shift")
    return shifted(table[plan.name], plan, shift_days(digest, plan.treatment.days, functions), functions)


def _blurred(table: ir.Table, plan: ColumnPlan, keyed: Keyed, functions: Functions) -> ir.StringValue:
    """Move a column's numbers, each by an amount that its subject, the column and the number itself decide."""
    assert isinstance(plan.treatment, Noise)
    value = table[plan.name]
    digest = _digest(table, keyed, functions, "noise", _UNIT + plan.name + _UNIT, trimmed(value))
    return blurred(value, plan.treatment, functions.hex_number(digest))


def _digest(
    table: ir.Table, keyed: Keyed, functions: Functions, kind: str, *more: str | ir.StringValue
) -> ir.StringValue:
    """Return 15 hex digits of a keyed hash of each row's subject, and of what else is given; NULL where the row names nobody."""
    assert keyed.subject is not None
    column, category, region = keyed.subject
    name = keyed.names[kind, category]
    text = functions.canonical(table[column], category, region)
    for part in more:
        text = text + part
    return functions.hmac_hex(text, table[f"inner_{name}"], table[f"outer_{name}"], 15)


def unreadable(
    table: ir.Table,
    plans: Sequence[ColumnPlan],
    functions: Functions,
    *,
    stored: bool,
    keyed: Keyed | None = None,
    today: date | None = None,
    also: Mapping[str, ir.Value] | None = None,
) -> ir.Table | None:
    """Return the expression that counts, per column, cells that hold something and cannot be treated (they leave empty).

    ``also`` are other aggregates of the same table, so that one pass does for all.
    """
    bad = {
        plan.name: told
        for plan in plans
        if (told := _unreadable(table, plan, keyed or Keyed(), functions, stored=stored, today=today)) is not None
    }
    if not bad and not also:
        return None
    return table.aggregate(
        **{name: ((trimmed(table[name]) != "") & told).sum().fill_null(0) for name, told in bad.items()},
        **(also or {}),
    )


def _unreadable(
    table: ir.Table, plan: ColumnPlan, keyed: Keyed, functions: Functions, *, stored: bool, today: date | None
) -> ir.BooleanValue | None:
    """Tell where a cell cannot be treated; None where that cannot happen."""
    value = table[plan.name]
    match plan.treatment:
        case Generalize():
            return generalize(value, plan, functions, today).isnull()
        case TopBottom():
            return top_bottom(value, plan.treatment).isnull()
        case DateShift():
            return _shifted(table, plan, keyed, functions).isnull()
        case Noise():
            return _blurred(table, plan, keyed, functions).isnull()
        case Fpe() | Replace():
            return functions.refuses(plan.name, value)
        case Keep() if stored and plan.spec.type != "text":
            return typed(value, plan, functions).isnull()
        case _:
            return None
