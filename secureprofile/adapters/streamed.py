"""The rows of a sealed stream, read by Python alone: an engine would want a path, and a path is a copy that others could read.

Strict like the engine: a row with another number of cells, or a quote that is never closed, is refused by its line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pyarrow as pa

from secureprofile.adapters.files import Source, json_object, opened_text
from secureprofile.adapters.spool import batched
from secureprofile.errors import InputError

LINE = "line"
"""The one column of a stream of JSON Lines."""


def csv_batches(source: Source, longest: int) -> Iterator[pa.RecordBatch]:
    """Give a CSV stream's rows as text, empty cells as NULL; ``longest`` is the most characters of a cell."""
    return batched(_records(source, longest), source.columns)


def _records(source: Source, longest: int) -> Iterator[list[str | None]]:
    width, name = len(source.columns), source.path.name
    csv.field_size_limit(longest)  # the module knows one limit for all readers, by default 131,072
    with opened_text(source, None if source.newline == "mixed" else "") as text:
        rows = csv.reader(text, delimiter=source.delimiter, quotechar=source.quote, strict=True)
        try:
            next(rows)
            for row in rows:
                if len(row) == width:
                    yield [cell or None for cell in row]
                elif row or width == 1:
                    if row:
                        raise _ragged(name, rows.line_num, len(row), width)
                    yield [None]
        except csv.Error as error:
            raise _broken(name, rows.line_num, str(error), longest) from None


def _ragged(name: str, line: int, found: int, width: int) -> InputError:
    return InputError(
        f"{name}: line {line} has {found} cells where the header has {width}",
        hint="mend or remove that line; cells with commas need quotes",
    )


def _broken(name: str, line: int, message: str, longest: int) -> InputError:
    if "field larger" in message:
        return InputError(f"{name}: line {line} is longer than {longest >> 20} MB", hint="split the cell")
    if "unexpected end" in message:
        return InputError(
            f"{name}: line {line} has a quote that is never closed",
            hint="close the quote, or double it inside the cell",
        )
    return InputError(f"{name}: line {line} does not follow CSV's rules", hint="save the file again as CSV")


def json_batches(source: Source) -> Iterator[pa.RecordBatch]:
    """Give the lines of a stream of JSON objects, in the column :data:`LINE`; each was read as one object."""
    with opened_text(source, None) as text:
        lines = ((number, line.removeprefix("\ufeff")) for number, line in enumerate(text, 1))
        objects = ((line,) for number, line in lines if line.strip() and json_object(source.path, line, number))
        yield from batched(objects, [LINE])


def pointer(name: str) -> str:
    """Return the JSON Pointer (RFC 6901) of a member of the object.

    Example:
        >>> pointer("a/b")
        '/a~1b'
    """
    return "/" + name.replace("~", "~0").replace("/", "~1")
