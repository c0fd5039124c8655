"""All cells of one column: the engine flags what recognizers could find, Python looks at the flagged values, counts make shares of both.

Values with the same flags form a group. Of every group up to a thousand values are validated, chosen by their hash; groups that are not
larger are counted exactly, so a single address among a million cells is found, and shares of large groups are estimated to about ±3 points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.engine import first_by_hash, first_counts_by_hash
from secureprofile.guard.detect import search
from secureprofile.guard.prefilter import prefilter
from secureprofile.guard.specs import SPECS

GROUP = 1000
"""Values of a group that are validated at most."""
COLUMN = 20_000
"""Values of a column that are validated at most; large groups share what small ones leave."""

Shares = Mapping[str, float]
"""Kind of datum → share of the cells that are not empty; ``holds KIND`` where it is only a part of the cell."""


def census(column: ir.StringColumn, name: str, engine: DuckEngine, *, repeated: bool) -> Shares:
    """Return what share of all cells each recognizer finds something in.

    Args:
        column: of a table that the engine can read several times.
        name: its header, which counts as context.
        engine: runs the masks.
        repeated: whether values stand there often; then each of them is looked at once.
    """
    cells = column.as_table().rename(value=column.get_name())
    cells = cells.filter(cells.value.length() > 0)
    counted = (
        cells.group_by("value").agg(cells=cells.count())
        if repeated
        else cells.mutate(cells=ibis.literal(1, type="int64"))
    )
    masked = counted.mutate(bits=engine.functions.could(counted["value"], context=(name,)))
    groups = masked.group_by("bits").agg(
        total=masked.cells.sum(),
        values=first_by_hash(masked.value, masked.value.hash(), GROUP),
        counts=first_counts_by_hash(masked.cells, masked.value.hash(), GROUP),
    )
    rows = engine.to_arrow(groups).to_pylist()
    total = sum(row["total"] for row in rows)
    shares: dict[str, float] = {}
    for row in _within_budget([row for row in rows if row["bits"]]):
        for kind, share in _validated(row["bits"], row["values"], row["counts"], name).items():
            shares[kind] = shares.get(kind, 0.0) + share * row["total"] / total
    return {kind: _digits(share) for kind, share in sorted(shares.items(), key=lambda item: -item[1])}


def _within_budget(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cut the largest groups' values where all together would be too many: small groups are looked at whole."""
    left, cut = COLUMN, []
    ordered = sorted(rows, key=lambda row: len(row["values"]))
    for place, row in enumerate(ordered):
        most = max(1, left // (len(ordered) - place))
        cut.append({**row, "values": row["values"][:most], "counts": row["counts"][:most]})
        left -= len(cut[-1]["values"])
    return cut


def _validated(bits: int, values: Sequence[str], counts: Sequence[int], name: str) -> dict[str, float]:
    """Return the share of a group's cells in which each kind is found, from the values looked at."""
    specs = prefilter(SPECS, (name,)).flagged(bits)
    found: dict[str, int] = {}
    for value, count in zip(values, counts, strict=True):
        text = value.strip()
        kinds = {
            finding.name if finding.end - finding.start >= 0.8 * len(text) else "holds " + finding.name
            for finding in search(text, specs=specs, context=(name,))
        }
        for kind in kinds:
            found[kind] = found.get(kind, 0) + count
    return {kind: cells / sum(counts) for kind, cells in found.items()}


def _digits(share: float) -> float:
    """Three decimals, or two significant digits below that: rare findings stay visible.

    Example:
        >>> _digits(0.123456), _digits(0.00000123)
        (0.123, 1.2e-06)
    """
    return round(share, 3) if share >= 0.01 else float(f"{share:.1e}")
