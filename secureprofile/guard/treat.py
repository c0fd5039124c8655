"""Treatments as expressions: a table comes in as text, and leaves as the policy says. Built here, executed by an engine.

Pseudonyms are HMAC-SHA-256 (RFC 2104) spelled as two nested hashes over key pads, because engines have SHA-256 but no HMAC.
The pads arrive as columns of a joined one-row table: parameters and literals would show up in plans and event logs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import ibis
import ibis.expr.types as ir

from secureprofile.guard.canonical import canonical, trimmed
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.model import Drop, Generalize, Keep, Mask, Pseudonym, Scrub

TOKEN_HEX = 32
"""Hex digits of a token: 128 bits of the HMAC."""

_UNIT, _RECORD = "\x1f", "\x1e"

OWN = "own_"
"""Column of the row's own identifiers, where they were joined once for all columns that are scrubbed."""

BLOCK = 64
"""SHA-256's block size in bytes."""


class Functions(Protocol):
    """What engines spell differently."""

    def hmac_hex(
        self, text: ir.StringValue, inner: ir.BinaryValue, outer: ir.BinaryValue, digits: int = 64
    ) -> ir.StringValue:
        """Return the first hex digits of the HMAC-SHA-256 of the text's UTF-8 under the key whose pads are given."""
        ...

    def parse_timestamp(self, text: ir.StringValue, form: str) -> ir.TimestampValue:
        """Return the time that ``text`` spells in a strptime pattern, NULL where it does not."""
        ...

    def scrub(self, text: ir.StringValue, own: ir.StringValue) -> ir.StringValue:
        """Return free text with personal data replaced; ``own`` holds the row's own identifiers (see :func:`own_cells`)."""
        ...


def pads(keys: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the one-row key table's cells: two pads for each named key.

    Example:
        >>> sorted(pads({"a": bytes(32)}))
        ['inner_a', 'outer_a']
    """
    cells = {}
    for name, key in keys.items():
        block = key.ljust(BLOCK, b"\0")
        cells[f"inner_{name}"] = bytes(byte ^ 0x36 for byte in block)
        cells[f"outer_{name}"] = bytes(byte ^ 0x5C for byte in block)
    return cells


def token(
    value: ir.StringValue, plan: ColumnPlan, *, key: ir.Table, name: str, kid: str, functions: Functions
) -> ir.StringValue:
    """Return ``sp_<type>_<kid>_<32 hex>`` for every cell that holds something."""
    assert isinstance(plan.treatment, Pseudonym)
    digest = functions.hmac_hex(canonical(value, plan.category), key[f"inner_{name}"], key[f"outer_{name}"], TOKEN_HEX)
    return ibis.literal(f"sp_{plan.treatment.type}_{kid}_") + digest


def typed(value: ir.StringValue, plan: ColumnPlan, functions: Functions) -> ir.Value:
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
            return _parsed(text, plan, functions).date()
        case "timestamp":
            return _parsed(text, plan, functions)
        case _:
            return text


def _parsed(text: ir.StringValue, plan: ColumnPlan, functions: Functions) -> ir.TimestampValue:
    forms = [functions.parse_timestamp(text, form) for form in plan.spec.formats]
    return ibis.coalesce(*forms, text.try_cast("timestamp"))


def generalize(value: ir.StringValue, plan: ColumnPlan, functions: Functions) -> ir.Value:
    """Return the coarser value of a :class:`Generalize` treatment; NULL where the cell does not parse."""
    assert isinstance(plan.treatment, Generalize)
    match plan.treatment.to:
        case "prefix":
            return trimmed(value).left(plan.treatment.prefix)
        case "domain":
            return trimmed(value).lower().re_extract(r"^[^@]+@([^@]+)$", 1).nullif(ibis.literal(""))
        case "step":
            step = plan.treatment.step or 1
            return (trimmed(value).try_cast("float64") / step).floor().cast("int64") * step
    date = _parsed(trimmed(value).nullif(ibis.literal("")), plan, functions).date()
    match plan.treatment.to:
        case "year":
            return date.year().cast("int64")
        case "quarter":
            return date.year().cast("string") + "-Q" + date.quarter().cast("string")
        case _:
            return date.year().cast("string") + "-" + date.month().cast("string").lpad(2, "0")


def mask(value: ir.StringValue, treatment: Mask) -> ir.StringValue:
    """Return ``*`` for all but the first and last characters that the policy lets stand; shorter values vanish whole."""
    first, last = treatment.keep_first, treatment.keep_last
    length = value.length()
    hidden = ibis.literal("*").repeat(length - first - last)
    return ibis.cases(
        (length > first + last, value.left(first) + hidden + value.right(last)), else_=ibis.literal("*").repeat(length)
    )


def own_cells(table: ir.Table, own: Sequence[tuple[str, str]]) -> ir.StringValue:
    """Join a row's own identifiers for :meth:`Functions.scrub`: ``LABEL US value`` pairs separated by RS (ASCII 31, 30)."""
    if not own:
        return ibis.literal("")
    if OWN in table.columns:
        return table[OWN]
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
    key: ir.Table | None,
    key_names: Mapping[str, str],
    kid: str,
    own: Sequence[tuple[str, str]],
    functions: Functions,
    stored: bool,
) -> ir.Table:
    """Return the table as it may leave.

    Args:
        table: all columns text, as they came; joined with the key table where a column is pseudonymized.
        plans: one per column, in the order they leave; dropped and denied ones vanish.
        key: the table that carries the pads (usually ``table`` itself after the join).
        key_names: data category → name of its key in the key table.
        kid: id of the pseudonym key.
        own: (label, column) of the row's own direct identifiers, for scrubbing.
        functions: the engine's spelling.
        stored: columns that are kept become typed (for the store); otherwise they leave as they came.
    """
    built: dict[str, ir.Value] = {}
    for plan in plans:
        value = table[plan.name]
        match plan.treatment:
            case Drop():
                continue
            case Keep():
                built[plan.name] = typed(value, plan, functions) if stored else value
            case Pseudonym():
                assert key is not None
                name = key_names[plan.category]
                built[plan.name] = token(value, plan, key=key, name=name, kid=kid, functions=functions)
            case Mask():
                built[plan.name] = mask(value, plan.treatment)
            case Generalize():
                built[plan.name] = generalize(value, plan, functions)
            case Scrub():
                built[plan.name] = functions.scrub(value, own_cells(table, own))
    return table.select(**built)


def unreadable(
    table: ir.Table,
    plans: Sequence[ColumnPlan],
    functions: Functions,
    *,
    stored: bool,
    also: Mapping[str, ir.Value] | None = None,
) -> ir.Table | None:
    """Return the expression that counts, per column, cells that hold something and do not parse (they leave empty).

    ``also`` are other counts of the same table, so that one pass does for all.
    """
    reads: dict[str, Callable[[ir.StringValue, ColumnPlan, Functions], ir.Value]] = {}
    for plan in plans:
        if isinstance(plan.treatment, Generalize):
            reads[plan.name] = generalize
        elif stored and isinstance(plan.treatment, Keep) and plan.spec.type != "text":
            reads[plan.name] = typed
    if not reads and not also:
        return None
    by_name = {plan.name: plan for plan in plans}
    return table.aggregate(
        **{
            name: ((trimmed(table[name]) != "") & read(table[name], by_name[name], functions).isnull())
            .sum()
            .fill_null(0)
            for name, read in reads.items()
        },
        **(also or {}),
    )
