"""Stored files made anew without some rows, or with other cells: all of them in one transaction, or none.

New files are written under new names beside the old ones; the act's transaction points the snapshots to them; then the old ones go. What a
crash leaves before the transaction is swept as unfinished, what it leaves after as no longer visible.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from secureprofile.adapters.home import make_durable
from secureprofile.adapters.views import Snapshot, Writer
from secureprofile.errors import CannotTell
from secureprofile.flows.gate import Context

if TYPE_CHECKING:
    import pyarrow as pa

Change = Callable[["pa.Table", "pa.BooleanArray"], "pa.Table"]
"""(rows, which of them are of the people) → rows as they shall stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """One snapshot with other files. ``touched``: how many rows of the people it had."""

    snapshot: Snapshot
    folder: Path
    rows: int
    touched: int


def holding(context: Context, snapshot: Snapshot, tokens: pa.Array) -> list[Path]:
    """Return the files of a snapshot that hold rows of some people."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found = []
    for path in sorted((context.home.root / snapshot.path).glob("*.parquet")):
        people = pq.read_table(path, columns=["person"])["person"].cast(pa.string())
        if pc.any(pc.is_in(people, value_set=tokens)).as_py():
            found.append(path)
    return found


@contextmanager
def rewriting(
    context: Context, index: int, tokens: pa.Array, change: Change, *, snapshots: Sequence[Snapshot]
) -> Iterator[list[Rewritten]]:
    """Write the snapshots that hold some people anew, durable but not visible yet; old files go when the block ends well.

    Args:
        context: whose store.
        index: of the act's intent; part of the new folders' names.
        tokens: of the people.
        change: what becomes of each table of rows.
        snapshots: to look through.
    """
    done: list[Rewritten] = []
    with ExitStack() as held:
        for snapshot in snapshots:
            affected = holding(context, snapshot, tokens)
            if affected:
                folder = held.enter_context(context.home.snapshot(snapshot.dataset, f"{snapshot.id}-{index}"))
                done.append(_rewrite(context, snapshot, folder, affected, tokens, change))
        yield done
    for one in done:
        (one.folder / ".lock").unlink(missing_ok=True)
        shutil.rmtree(context.home.root / one.snapshot.path, ignore_errors=True)


def _rewrite(
    context: Context, snapshot: Snapshot, folder: Path, affected: Sequence[Path], tokens: pa.Array, change: Change
) -> Rewritten:
    import pyarrow.parquet as pq

    rows = touched = 0
    for path in sorted((context.home.root / snapshot.path).glob("*.parquet")):
        if path in affected:
            kept, gone = _rewrite_file(path, folder / path.name, tokens, change)
            rows, touched = rows + kept, touched + gone
        else:
            os.link(path, folder / path.name)
            rows += pq.read_metadata(path).num_rows
    make_durable(folder)
    return Rewritten(snapshot=snapshot, folder=folder, rows=rows, touched=touched)


def _rewrite_file(path: Path, target: Path, tokens: pa.Array, change: Change) -> tuple[int, int]:
    """Write one file anew, a row group at a time; return (rows as they stand, rows of the people)."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    rows = touched = 0
    with pq.ParquetFile(path) as source, pq.ParquetWriter(target, source.schema_arrow) as sink:
        for group in range(source.num_row_groups):
            table = source.read_row_group(group)
            theirs = pc.is_in(table["person"].cast(pa.string()), value_set=tokens).combine_chunks()
            kept = change(table, theirs).cast(source.schema_arrow)
            touched += pc.sum(theirs).as_py() or 0
            rows += kept.num_rows
            sink.write_table(kept)
    return rows, touched


def without(table: pa.Table, theirs: pa.BooleanArray) -> pa.Table:
    """Return the rows of everybody else."""
    import pyarrow.compute as pc

    return table.filter(pc.invert(theirs))


def show(context: Context, tx: Writer, done: Sequence[Rewritten], *, seen: Sequence[Snapshot]) -> None:
    """Point the snapshots to their new files, if the store is still as it was looked through.

    Raises:
        CannotTell: somebody ingested or rewrote something meanwhile.
    """
    if tx.snapshots() != list(seen):
        raise CannotTell("the store was changed meanwhile: nothing was done", hint="run the same command again")
    for one in done:
        path = str(one.folder.relative_to(context.home.root))
        tx.move_snapshot(one.snapshot, path=path, rows=one.rows)
