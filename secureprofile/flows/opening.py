"""What every verb that reads a file begins with: the place recognised, and a table without header refused."""

from __future__ import annotations

from pathlib import Path

from secureprofile.adapters.excel import SheetRows
from secureprofile.adapters.files import Source
from secureprofile.adapters.sources import open_all, open_source
from secureprofile.errors import InputError
from secureprofile.guard.classify import looks_like_data


def open_file(location: str | Path, *, sheet: str | None = None, scratch: Path | None = None) -> Source:
    """Recognise a file, sheet, table or stream, and refuse one whose first row is data.

    Raises:
        InputError: unreadable, or without header; the message names positions only.
    """
    return _with_header(open_source(location, sheet=sheet, scratch=scratch))


def _with_header(source: Source) -> Source:
    named = source.format == "csv" or isinstance(source.rows, SheetRows)
    suspicious = looks_like_data(source.columns) if named else ()
    if suspicious:
        places = ", ".join(str(position) for position in suspicious[:8])
        raise InputError(
            f"{source.path.name}: row 1 looks like data, not like column names (columns {places})",
            hint="add a first row with column names, as the policy spells them",
        )
    return source


def open_every(location: str | Path) -> list[Source]:
    """Recognise every table that a location holds: sheets, hidden ones too, and all tables of a database."""
    found = open_all(location, like_data=looks_like_data)
    return found if len(found) != 1 or found[0].format != "csv" else [_with_header(found[0])]
