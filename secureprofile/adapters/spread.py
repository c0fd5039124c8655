"""A sample from all over a file without reading all of it: runs of rows at places that lie equally far apart.

Rows of one run resemble each other more than rows drawn one by one would; forty runs of 250 rows make that small. A run in a CSV file begins
behind the first line end after its place; where that lies inside a quoted cell, the broken record does not have the header's number of
cells and is left out, and reading goes on at the next line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from secureprofile.adapters.files import Source

if TYPE_CHECKING:  # a CSV file is sampled without an engine, which takes half a second to load
    import pyarrow as pa

    from secureprofile.adapters.duckdb import DuckEngine

RUNS = 40
SMALL = 8 << 20
"""Bytes (gzip'd: a quarter) up to which rows are drawn one by one from the whole file."""
_LINE_ENDS_ARE_BYTES = ("utf-8", "utf-8-sig", "gb18030", "cp1252", "windows-1252")

Cells = Mapping[str, Sequence[str | None]]


def can_spread(source: Source) -> bool:
    """Tell whether places inside a file can be read by themselves: not where it is gzip'd, in UTF-16 or UTF-32, or ends lines with CR alone."""
    if (
        not isinstance(source.path, Path) or source.format == "json"
    ):  # a sheet, a table, a stream; objects without lines
        return False
    if source.format == "parquet":
        return True
    plain = source.compression == "none" and source.encoding in _LINE_ENDS_ARE_BYTES
    return plain and source.newline in ("\n", "\r\n")


def spread_rows(source: Source, engine: Callable[[], DuckEngine], rows: int, temp: Path) -> Cells:
    """Return up to ``rows`` rows as text, by column, from all over a file for which :func:`can_spread` holds; ``engine`` makes one if need be."""
    assert isinstance(source.path, Path)
    match source.format:
        case "parquet":
            from secureprofile.adapters.duckdb import quiet

            with quiet(source.path.name):
                made = engine()
                return _cells(made.to_arrow(made.text_table(_row_groups(source.path, rows))))
        case "csv":
            records = [record for lines in _runs(source) for record in islice(_records(source, lines), rows // RUNS)]
            return {name: [record[place] for record in records] for place, name in enumerate(source.columns)}
        case _:
            return _json_rows(source, engine(), rows, temp)


def _runs(source: Source) -> Iterator[str]:
    """Yield text that begins at a line's begin, at equal distances; a run is a fortieth of the file or a megabyte, whichever is less."""
    assert isinstance(source.path, Path)
    size = source.path.stat().st_size
    length = min(1 << 20, size // RUNS)
    with source.path.open("rb") as file:
        for place in range(RUNS):
            file.seek(place * (size // RUNS))
            data = file.read(length)
            if place or source.format == "csv":  # the first line of a CSV file is its header
                data = data[data.find(b"\n") + 1 :]
            yield data[: data.rfind(b"\n") + 1].decode(source.encoding, errors="ignore")


def _records(source: Source, lines: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(lines, newline=""), delimiter=source.delimiter, quotechar=source.quote)
    try:
        for record in reader:
            if len(record) == len(source.columns):
                yield record
    except csv.Error:  # a quote that a cut left open may make a cell longer than Python's limit: this run ends here
        return


def _json_rows(source: Source, engine: DuckEngine, rows: int, temp: Path) -> Cells:
    path = temp / "runs.jsonl"
    try:
        with path.open("w", encoding="utf-8") as out:
            for lines in _runs(source):
                out.writelines(islice(io.StringIO(lines), rows // RUNS))
        with engine.source(replace(source, path=path, encoding="utf-8")) as table:
            return _cells(engine.to_arrow(table, what=source.path.name))
    finally:
        path.unlink(missing_ok=True)


def _cells(rows: pa.Table) -> Cells:
    cells: Cells = rows.to_pydict()
    return cells


def _row_groups(path: Path, rows: int) -> pa.Table:
    """Return the first rows of row groups at equal distances."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        step = max(1, file.num_row_groups // RUNS)
        chosen = range(0, file.num_row_groups, step)
        most = -(-rows // max(1, len(chosen)))
        batches = [b for g in chosen for b in islice(file.iter_batches(batch_size=most, row_groups=[g]), 1)]
        return pa.Table.from_batches(batches, schema=file.schema_arrow)
