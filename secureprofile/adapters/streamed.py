"""Rows that Python reads: of JSON that is no JSON Lines, and of a sealed stream, for an engine would want a path, and a path is a copy that others
could read.

Strict like the engine: a row with another number of cells, or a quote that is never closed, is refused by its line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import pyarrow as pa

from secureprofile.adapters.files import RECORDS, Source, json_object, opened_text
from secureprofile.adapters.json_text import objects
from secureprofile.adapters.spool import batched
from secureprofile.errors import InputError

LINE = "line"
"""The one column of a stream of JSON objects."""


def csv_batches(source: Source, longest: int) -> Iterator[pa.RecordBatch]:
    """Give a CSV stream's rows as text, empty cells as NULL; ``longest`` is the most characters of a cell."""
    return batched(_records(source, longest), source.columns)


def _records(source: Source, longest: int) -> Iterator[list[str | None]]:
    width, name = len(source.columns), source.path.name
    with _cells_up_to(longest), opened_text(source, None if source.newline == "mixed" else "") as text:
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


@contextmanager
def _cells_up_to(longest: int) -> Iterator[None]:
    """Let the module read longer cells meanwhile: it knows one limit for all readers, by default 131,072 characters."""
    before = csv.field_size_limit(longest)
    try:
        yield
    finally:
        csv.field_size_limit(before)


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
    """Give the JSON objects of a source, in the column :data:`LINE`; each was read as one object.

    Raises:
        InputError: something else stands there, or a late object has a member that the first ones have not.
    """
    with opened_text(source, None) as text:
        spelled = _array(source, text) if source.format == "json" else _lines(source, text)
        yield from batched(spelled, [LINE])


def _lines(source: Source, text: TextIO) -> Iterator[tuple[str]]:
    for number, line in enumerate(text, 1):
        bare = line.removeprefix("\ufeff")
        if bare.strip():
            json_object(source.path, bare, number)
            yield (bare,)


def _array(source: Source, text: TextIO) -> Iterator[tuple[str]]:
    known = frozenset(source.columns)
    for number, (spelled, members) in enumerate(objects(text.read, source.path.name), 1):
        if not members.keys() <= known:
            raise InputError(
                f"{source.path.name}: object {number:,} has a member that the first {RECORDS:,} have not",
                hint="name it in the first object, with null",
            )
        yield (spelled,)


def pointer(name: str) -> str:
    """Return the JSON Pointer (RFC 6901) of a member of the object.

    Example:
        >>> pointer("a/b")
        '/a~1b'
    """
    return "/" + name.replace("~", "~0").replace("/", "~1")
