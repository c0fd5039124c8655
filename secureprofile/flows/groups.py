"""Different combinations of a table's columns with their rows: grouped by the engine in one pass, then codes instead of cells.

Blanks around a cell do not count, and a missing cell is an empty one. What stands in the cells never leaves this module but as codes and
as the values of a column, which serve to compare two tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from secureprofile.anonymity.classes import Codes, Counts, grouped
from secureprofile.anonymity.hierarchy import SUPPRESSED

if TYPE_CHECKING:
    from secureprofile.adapters.duckdb import DuckEngine

Mask = npt.NDArray[np.bool_]

_ALL = 1 << 62

# from bytes: making an Arrow array from Python's objects loads pandas, a third of a second
_STAR = pa.StringArray.from_buffers(
    1, pa.py_buffer(np.array([0, len(SUPPRESSED)], np.int32)), pa.py_buffer(SUPPRESSED.encode())
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """Groups of rows: ``codes[group, column]``, each column's different values in the order of their codes, the rows of each group.

    Equal combinations may stand in several groups. ``marks`` are columns that only tell equal from unequal, in other tables too: hashes of
    identifiers, 0 for an empty cell.
    """

    names: tuple[str, ...]
    codes: Codes
    values: tuple[Any, ...]
    rows: Counts
    marks: Mapping[str, Counts]

    def places(self, names: Sequence[str]) -> list[int]:
        """Return where some columns stand."""
        return [self.names.index(name) for name in names]

    def chosen(self, keep: Mask) -> Groups:
        """Return the groups in ``keep``."""
        marks = {name: mark[keep] for name, mark in self.marks.items()}
        return replace(self, codes=self.codes[keep], rows=self.rows[keep], marks=marks)

    def suppressed(self, names: Sequence[str]) -> tuple[Mask, Mask]:
        """Return which groups have ``*`` in all of some columns, and which in any."""
        stars = np.empty((len(self.rows), len(names)), np.bool_)
        for at, place in enumerate(self.places(names)):
            values = self.values[place]
            found = pc.index_in(_STAR.cast(values.type), values)
            stars[:, at] = False if found.null_count else self.codes[:, place] == _numbers(found)[0]
        return np.asarray(stars.all(axis=1)), np.asarray(stars.any(axis=1))

    def classes(self, names: Sequence[str]) -> tuple[Codes, Codes]:
        """Return (the different combinations of some columns, each group's place among them)."""
        places = self.places(names)
        return grouped([self.codes[:, at] for at in places], [len(self.values[at]) for at in places])

    def coded_as(self, other: Groups, names: Sequence[str]) -> Codes:
        """Return some columns in the codes of another table's columns of these names; -1 where that has no such value."""
        found = np.empty((len(self.rows), len(names)), np.int32)
        for at, (own, others) in enumerate(zip(self.places(names), other.places(names), strict=True)):
            codes = pc.index_in(self.values[own], other.values[others]).fill_null(-1)
            found[:, at] = _numbers(codes)[self.codes[:, own]]
        return found


def read_groups(
    engine: DuckEngine, table: Any, names: Sequence[str], *, marks: Sequence[str] = (), what: str = "the data"
) -> Groups:
    """Group a table by some columns.

    Args:
        engine: runs the query.
        table: with text columns.
        names: columns whose values are kept.
        marks: columns of which only is kept which cells are equal: 64-bit hashes, 0 for an empty cell.
        what: what an error calls the table.
    """
    chosen = {f"c{at}": table[name].fill_null("") for at, name in enumerate(names)}
    people = {f"m{at}": table[name].fill_null("").strip() for at, name in enumerate(marks)}
    hashed = {name: (cell != "").ifelse(cell.hash(), 0) for name, cell in people.items()}
    query = table.select(**chosen, **hashed)
    done = engine.first(query.group_by(list(query.columns)).agg(rows=query.count()), _ALL, what=what)
    rows = _numbers(done["rows"]).astype(np.int64)
    codes, values = np.empty((len(rows), len(names)), np.int32), []
    for at in range(len(names)):
        column = _whole(pc.dictionary_encode(done[f"c{at}"]))
        # trimmed here, of different values only: groups that differ in blanks stay apart and have equal codes
        trimmed = _whole(pc.dictionary_encode(pc.utf8_trim_whitespace(column.dictionary)))
        codes[:, at] = _numbers(trimmed.indices)[_numbers(column.indices)]
        values.append(trimmed.dictionary)
    return Groups(
        names=tuple(names),
        codes=codes,
        values=tuple(values),
        rows=rows,
        marks={name: _numbers(done[f"m{at}"]).astype(np.int64) for at, name in enumerate(marks)},
    )


def _whole(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _numbers(column: Any) -> Any:
    """Return numbers without a missing one as an array; Arrow's own way loads pandas too."""
    column = _whole(column)
    return np.from_dlpack(column) if len(column) else np.empty(0, np.int64)
