"""The residual sweep: what was written is read again and looked through before it gets its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.recognizers import RecognizerFinder
from secureprofile.errors import PolicyRefused
from secureprofile.guard.detect import LEAST
from secureprofile.guard.prefilter import prefilter
from secureprofile.guard.residual import (
    NOT_A_TOKEN,
    Looked,
    Residue,
    certain,
    is_token,
    residues,
    specs_for,
    without_labels,
)
from secureprofile.guard.scrub import REDACTED
from secureprofile.guard.spec import PatternSpec
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.treatments import Encrypt, Pseudonym, Scrub, Token

SAMPLE = 2_000
"""Different cells of a column that are looked at where no single one can decide."""

FEW = 2_000
"""Different cells of a column up to which Python looks at each: asking the engine would cost more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What is left in a treated table; ``cells`` are the offending ones by column, to be redacted, never shown."""

    residues: tuple[Residue, ...] = ()
    cells: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)


def sweep(
    written: ir.Table, plans: Sequence[ColumnPlan], engine: DuckEngine, finders: Sequence[RecognizerFinder] = ()
) -> Swept:
    """Look through every text column of a treated table, and through scrubbed ones with the user's recognizers, too.

    One scan counts the different cells of every column, and of columns of tokens those that are none. Cells are matched in the engine, and
    only what a recognizer's superset matches is validated one by one.
    """
    by_name = {plan.name: plan for plan in plans}
    columns = [by_name[name] for name in written.columns if name in by_name and written[name].type().is_string()]
    different = engine.different(written, {plan.name: _suspects(written[plan.name], plan) for plan in columns})
    found: list[Residue] = []
    cells: dict[str, frozenset[str]] = {}
    for place, plan in enumerate(columns):
        own = different.filter(different["place"] == place)
        for residue, offending in _column(own, plan, engine):
            found.append(residue)
            cells[plan.name] = cells.get(plan.name, frozenset()) | offending
        if finders and isinstance(plan.treatment, Scrub):
            for residue, offending in _foreign(own, plan, plans, engine, finders):
                found.append(residue)
                cells[plan.name] = cells.get(plan.name, frozenset()) | offending
    return Swept(residues=tuple(found), cells=cells)


def _suspects(cell: ir.StringValue, plan: ColumnPlan) -> ir.StringValue:
    """Return the cell if there is anything to look at in it, else NULL."""
    harmless = cell == "" if (token := is_token(cell, plan)) is None else token | (cell == "")
    return ibis.ifelse(harmless, ibis.null("string"), cell)


def _column(different: ir.Table, plan: ColumnPlan, engine: DuckEngine) -> list[tuple[Residue, frozenset[str]]]:
    if isinstance(plan.treatment, Pseudonym | Token | Encrypt):
        odd = engine.to_arrow(different.limit(SAMPLE))["cell"].to_pylist()
        return [(Residue(column=plan.name, name=NOT_A_TOKEN, cells=len(odd)), frozenset(odd))] if odd else []
    specs = specs_for(plan)
    few = engine.to_arrow(different.limit(FEW + 1))
    if len(few) <= FEW:
        return _each(few, plan, specs)
    told = different.mutate(mask=engine.functions.could(different["cell"], specs))
    marked = engine.keep(told.filter(told["mask"] != 0))
    decisive = prefilter(specs).mask(specs if isinstance(plan.treatment, Scrub) else certain(specs))
    sure = _looked(marked.filter((marked["mask"] & decisive) != 0), None, specs, engine)
    rest = _looked(marked.filter((marked["mask"] & decisive) == 0), SAMPLE, specs, engine)
    if not sure.cells and not rest.cells:
        return []
    total = _sum(different, engine)
    return list(residues(plan, [replace(part, total=total) for part in (sure, rest)]).values())


FAILED = "a recognizer that failed"
"""The kind of residue of cells through which a recognizer of the user's could not look."""


def _foreign(
    different: ir.Table,
    plan: ColumnPlan,
    plans: Sequence[ColumnPlan],
    engine: DuckEngine,
    finders: Sequence[RecognizerFinder],
) -> list[tuple[Residue, frozenset[str]]]:
    """Look at every different cell with the user's recognizers; where one fails, the cell must not leave."""
    bad: dict[str, set[str]] = {}
    entities = frozenset(name for finder in finders for name in finder.entities)
    for batch in engine.batches(different.select("cell")):
        for cell in batch.column(0).to_pylist():
            for kind in _kinds(without_labels(cell, plans, entities), finders):
                bad.setdefault(kind, set()).add(cell)
    return [(Residue(column=plan.name, name=name, cells=len(cells)), frozenset(cells)) for name, cells in bad.items()]


def _kinds(text: str, finders: Sequence[RecognizerFinder]) -> set[str]:
    try:
        return {one.name for finder in finders for one in finder(text) if one.score >= LEAST}
    except Exception:  # whatever it is, the cell must not pass
        return {FAILED}


def _each(
    different: pa.Table, plan: ColumnPlan, specs: tuple[PatternSpec, ...]
) -> list[tuple[Residue, frozenset[str]]]:
    told, texts, rows = prefilter(specs), different["cell"].to_pylist(), different["rows"].to_pylist()
    masks = told.could(text.encode("utf-8") for text in texts)
    looked = [
        Looked(cells={text: told.flagged(mask)}, weight=count, total=sum(rows))
        for text, mask, count in zip(texts, masks, rows, strict=True)
        if mask
    ]
    return list(residues(plan, looked).values())


def _looked(marked: ir.Table, most: int | None, specs: tuple[PatternSpec, ...], engine: DuckEngine) -> Looked:
    """Bring the cells, or so many of them, to Python, each with the recognizers that could find something in it."""
    table = engine.to_arrow(marked.limit(most) if most else marked)
    masks = table["mask"].to_pylist()
    told = prefilter(specs)
    cells = {cell: told.flagged(mask) for cell, mask in zip(table["cell"].to_pylist(), masks, strict=True)}
    return Looked(cells=cells, weight=_sum(marked, engine) / len(cells) if cells else 0, total=0)


def _sum(different: ir.Table, engine: DuckEngine) -> int:
    return int(engine.to_arrow(different.aggregate(n=different["rows"].sum().fill_null(0))).to_pylist()[0]["n"])


def redact(written: ir.Table, swept: Swept, engine: DuckEngine) -> ir.Table:
    """Return the table with every offending cell replaced whole."""
    for column, cells in swept.cells.items():
        bad = engine.table(pa.table({"offending_": pa.array(sorted(cells), pa.string())}))
        joined = written.left_join(bad, written[column] == bad["offending_"])
        cell = ibis.ifelse(joined["offending_"].notnull(), ibis.literal(REDACTED), joined[column])
        written = joined.mutate(**{column: cell}).drop("offending_")
    return written


def settle(
    result: ir.Table,
    plans: Sequence[ColumnPlan],
    engine: DuckEngine,
    *,
    write: Callable[[ir.Table], int],
    read_back: Callable[[], AbstractContextManager[ir.Table]],
    redacting: bool,
    finders: Sequence[RecognizerFinder] = (),
) -> tuple[int, int]:
    """Write a treated table, read it again, and let it stand only if nothing is left in it.

    Args:
        result: the treated table.
        plans: its columns' plans.
        engine: executes.
        write: writes a table over what was written before; returns rows.
        read_back: gives what was written.
        redacting: whether offending cells are replaced and the table is written once more, or refused.
        finders: recognizers of the user's, for scrubbed columns.

    Returns:
        (rows written, different cells redacted).

    Raises:
        PolicyRefused: something is left; names columns and kinds, no cell.
    """
    rows, redacted = write(result), 0
    for attempt in (0, 1):
        with read_back() as written:
            swept = sweep(written, plans, engine, finders)
        if not swept.residues:
            break
        if attempt or not redacting:
            raise _refusal(swept)
        redacted = sum(map(len, swept.cells.values()))
        rows = write(redact(result, swept, engine))
    return rows, redacted


def _refusal(swept: Swept) -> PolicyRefused:
    places = "; ".join(f"{r.column}: {r.name} in {r.cells:,} different cells" for r in swept.residues[:5])
    return PolicyRefused(
        f"the treated rows still hold personal data, so nothing was written ({places})",
        reason="residue-found",
        hint="give these columns their category and a treatment in the policy, or set `residue: redact` for the purpose",
    )
