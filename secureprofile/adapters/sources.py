"""Where rows come from, whatever it is: a file, one sheet of a workbook, a table of a database, standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from secureprofile.adapters import databases, excel
from secureprofile.adapters.files import Source, distinct, is_book, sniff
from secureprofile.adapters.sealed import Readable, Sealed
from secureprofile.errors import InputError, UsageError

STREAM: Final = "-"
"""How the command line calls standard input and output."""


@dataclass(frozen=True, slots=True)
class Named:
    """A place that has a name and no bytes of its own."""

    name: str

    def __str__(self) -> str:
        return self.name

    def open(self, mode: str = "rb") -> IO[Any]:
        """Refuse: its rows come from elsewhere."""
        raise ValueError(f"{self.name} is no file")


def place_name(location: str | Path) -> str:
    """Return what a policy's file patterns are compared with: a file's name, or a database's table; empty for a stream.

    Example:
        >>> place_name("exports/customers.csv"), place_name("sqlite:///shop.db?table=customers"), place_name("-")
        ('customers.csv', 'customers', '')
    """
    if str(location) == STREAM:
        return ""
    if not databases.is_url(str(location)):
        return Path(location).name
    wanted = [
        part.removeprefix("table=") for part in str(location).partition("?")[2].split("&") if part.startswith("table=")
    ]
    return wanted[0] if wanted else ""


def open_source(location: str | Path, *, sheet: str | None = None, scratch: Path | None = None) -> Source:
    """Return the one table that a location names.

    Args:
        location: a path, a database's URL with ``?table=``, or ``-``.
        sheet: name or place of a workbook's sheet; the only visible one by default.
        scratch: private folder for a stream's encrypted copy.

    Raises:
        InputError: it cannot be read as one table; sheets and columns are told by position.
        UsageError: a driver or an extra is missing, or a sheet is named of what has none.
    """
    if databases.is_url(str(location)):
        found = databases.tables(str(location))
        if len(found) > 1:
            names = ", ".join(table.name for table in found[:20])
            raise UsageError(f"the database has {len(found)} tables", hint=f"add ?table=NAME, one of: {names}")
        return _no_sheet(_table(found[0]), sheet)
    path = _readable(location, scratch)
    source = sniff(path)
    if source.format != "workbook":
        return _no_sheet(source, sheet)
    chosen = excel.choose(path, excel.sheets(path, zipped=_zipped(path)), sheet)
    above, header = chosen.header()
    if not header:
        raise InputError(f"{path.name}: sheet {chosen.number} is empty", hint="choose another with --sheet")
    return _sheet(path, chosen, distinct(header, path), above + 1)


def open_all(location: str | Path, *, like_data: Callable[[Sequence[str]], Sequence[int]]) -> list[Source]:
    """Return every table that a location holds, to be looked at: all sheets, hidden ones too, and all tables of a database.

    Args:
        location: as for :func:`open_source`, except streams.
        like_data: tells which cells of a header look like data; a sheet whose first row is no header has its columns named by letters.
    """
    if databases.is_url(str(location)):
        return [_table(table) for table in databases.tables(str(location))]
    path = Path(location)
    source = sniff(path)
    if source.format != "workbook":
        return [source]
    found = []
    for sheet in excel.sheets(path, zipped=_zipped(path)):
        above, header = sheet.header()
        sheet.free()
        if not header:
            continue
        shown = "" if sheet.visibility == "visible" else f" ({sheet.visibility})"
        named = Named(f"{path.name}, sheet {sheet.number}{shown}")
        try:
            columns, skip = distinct(header, named), above + 1
        except InputError:
            columns, skip = (), above
        if not columns or like_data(columns):
            columns, skip = tuple(f"column {letters(place)}" for place in range(len(header))), above
        found.append(_sheet(named, sheet, columns, skip))
    return found


def letters(place: int) -> str:
    """Return how a sheet calls its column at a place counted from 0.

    Example:
        >>> letters(0), letters(25), letters(26), letters(16383)
        ('A', 'Z', 'AA', 'XFD')
    """
    text, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def is_workbook(location: str | Path) -> bool:
    """Tell whether a location is a workbook, which holds more than its cells."""
    return not databases.is_url(str(location)) and is_book(Path(location))


def _readable(location: str | Path, scratch: Path | None) -> Readable:
    if str(location) != STREAM:
        return Path(location)
    if scratch is None:
        raise UsageError("standard input cannot be read here", hint="name a file")
    return Sealed(sys.stdin.buffer, scratch)


def _zipped(path: Readable) -> bool:
    with path.open("rb") as file:
        return bool(file.read(2) == b"PK")


def _table(table: databases.Table) -> Source:
    named = Named(table.name)
    return Source(path=named, format="rows", columns=distinct(table.columns, named), rows=table)


def _sheet(path: Readable, sheet: excel.Sheet, columns: Sequence[str], skip: int) -> Source:
    return Source(path=path, format="rows", columns=tuple(columns), rows=excel.SheetRows(sheet, tuple(columns), skip))


def _no_sheet(source: Source, sheet: str | None) -> Source:
    if sheet is not None:
        raise UsageError(f"{source.path.name} has no sheets", hint="leave out --sheet")
    return source
