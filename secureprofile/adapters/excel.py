"""Excel workbooks: sheets as tables of text, read with calamine and written with xlsxwriter (the extra ``excel``).

A sheet's cells are read as they are stored: formulas as the value that was last computed, dates in ISO form, numbers in full. What comes out is
a fresh workbook of one sheet, in which every cell but a coarse number is text.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa

from secureprofile.adapters.archives import verify
from secureprofile.adapters.cells import EXACT, cell_text
from secureprofile.adapters.sealed import Readable
from secureprofile.adapters.spool import batched
from secureprofile.errors import InputError, OutputError, UsageError

Visibility = Literal["visible", "hidden", "very hidden"]

ROWS, COLUMNS, CHARACTERS = 1_048_576, 16_384, 32_767
"""What a sheet holds at most: rows with the header, columns, and characters of one cell."""

_VISIBLE: Final[dict[str, Visibility]] = {"Visible": "visible", "Hidden": "hidden", "VeryHidden": "very hidden"}


def need(module: str) -> Any:
    """Return a module of the extra.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise UsageError(
            "Excel files need an extra that is not installed", hint="pip install 'secureprofile[excel]'"
        ) from None


@dataclass(slots=True)
class Sheet:
    """One sheet: its place among all (from 1), its name (which may be personal), and whether people see it."""

    number: int
    name: str = field(repr=False)
    visibility: Visibility
    _workbook: Any = field(repr=False)
    _loaded: Any = field(default=None, repr=False)

    def header(self) -> tuple[int, list[str]]:
        """Return how many rows stand above the header, and the header: the first row in which anything stands."""
        for above, row in enumerate(self._rows()):
            if any(cell != "" for cell in row):
                return above, [(cell_text(cell) or "").strip() for cell in row]
        return 0, []

    def body(self, skip: int, lost: list[int] | None = None) -> Iterator[tuple[str | None, ...]]:
        """Give the rows below the first ``skip``, as text; blank cells are missing, rows of blank cells are left out.

        Args:
            skip: rows above the table, header included.
            lost: counts, per column, numbers of more digits than Excel keeps: from the sixteenth on they are zeros.
        """
        rows = iter(self._rows())
        for _ in range(skip):
            next(rows, None)
        for row in rows:
            cells = tuple([cell or None if type(cell) is str else cell_text(cell) for cell in row])
            if lost is not None:
                for place, cell in enumerate(row):
                    if type(cell) is float and not -EXACT < cell < EXACT:
                        lost[place] += 1
            if any(cell is not None for cell in cells):
                yield cells

    def free(self) -> None:
        """Let go of the rows."""
        self._loaded = None

    def _rows(self) -> Iterator[list[Any]]:
        if self._loaded is None:
            self._loaded = self._workbook.get_sheet_by_index(self.number - 1)
        return iter(self._loaded.iter_rows() if self._loaded.start is not None else ())


def sheets(path: Readable, *, zipped: bool = True) -> list[Sheet]:
    """Return a workbook's sheets of cells in order, hidden ones included; charts are none.

    Args:
        path: the workbook.
        zipped: whether it is an archive; old workbooks (``.xls``) are not.

    Raises:
        InputError: the workbook is damaged or locked by a password.
        UsageError: the extra is not installed.
    """
    calamine = need("python_calamine")
    if zipped:
        verify(path)
    try:
        with path.open("rb") as file:
            workbook = calamine.CalamineWorkbook.from_filelike(file)
            found = [
                Sheet(number, about.name, _VISIBLE[_told(about.visible)], _Told(workbook, path.name))
                for number, about in enumerate(workbook.sheets_metadata, 1)
                if _told(about.typ) == "WorkSheet"
            ]
    except calamine.PasswordError:
        raise InputError(f"{path.name} is locked by a password", hint="save it without password") from None
    except calamine.CalamineError:
        raise _unreadable(path.name) from None
    if not found:
        raise InputError(f"{path.name} holds no sheet of cells", hint="give a workbook with a table")
    return found


def _told(member: object) -> str:
    """Return an enumeration member's own name, however the reader's version spells enumerations."""
    return str(getattr(member, "name", member)).rpartition(".")[2]


def _unreadable(name: str) -> InputError:
    return InputError(f"{name} cannot be read as a workbook", hint="save it again, or save the sheet as “CSV UTF-8”")


@dataclass(frozen=True, slots=True)
class _Told:
    """A workbook whose reader's errors, which may quote cells, become ours."""

    workbook: Any
    name: str

    def get_sheet_by_index(self, index: int) -> Any:
        """Read a sheet."""
        try:
            return self.workbook.get_sheet_by_index(index)
        except Exception as error:
            if type(error).__module__.startswith("python_calamine"):
                raise _unreadable(self.name) from None
            raise


def choose(path: Readable, every: Sequence[Sheet], wanted: str | None) -> Sheet:
    """Return the sheet of that name (or number), or the only visible one that holds anything.

    Raises:
        InputError: there is none, or several: they are told by position, because a sheet may bear somebody's name.
    """
    if wanted is not None:
        named = [one for one in every if one.name == wanted] or [one for one in every if str(one.number) == wanted]
        if named:
            return named[0]
        raise InputError(f"{path.name} has no sheet of that name", hint=_positions(every))
    filled = [one for one in every if one.visibility == "visible" and one.header()[1]]
    if len(filled) == 1:
        return filled[0]
    if not filled:
        raise InputError(f"{path.name}: no visible sheet holds a table", hint=_positions(every))
    raise InputError(f"{path.name} has {len(filled)} visible sheets with something in them", hint=_positions(filled))


def _positions(every: Sequence[Sheet]) -> str:
    places = ", ".join(f"{one.number} ({one.visibility})" for one in every[:20])
    return f"name one with --sheet, or by position: {places}"


@dataclass(slots=True)
class SheetRows:
    """A sheet as rows for the spool. After reading, ``lost`` says how many numbers of a column had been rounded to 15 digits."""

    sheet: Sheet
    columns: tuple[str, ...]
    skip: int
    lost: dict[str, int] = field(default_factory=dict)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """See :class:`secureprofile.adapters.spool.Rows`."""
        counts = [0] * len(self.columns)
        yield from batched(self.sheet.body(self.skip, counts), self.columns)
        self.lost = {name: count for name, count in zip(self.columns, counts, strict=True) if count}
        self.sheet.free()


def write(batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path) -> int:
    """Write a workbook of one sheet, row by row; return how many rows it got.

    Text stays text: no cell becomes a number, date, link or formula. Nothing tells who wrote it or when.

    Raises:
        OutputError: there is more than a sheet can hold; nothing may be cut off in silence.
    """
    xlsxwriter = need("xlsxwriter")
    if len(schema.names) > COLUMNS:
        raise OutputError(
            f"{len(schema.names):,} columns are more than a sheet's {COLUMNS:,}", hint="write CSV or Parquet"
        )
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    book = xlsxwriter.Workbook(str(path), {**options, "strings_to_numbers": False, "nan_inf_to_errors": True})
    book.set_properties({"created": datetime(2000, 1, 1), "author": ""})
    sheet, row = book.add_worksheet("Sheet1"), 0
    for place, name in enumerate(schema.names):
        _put(sheet, 0, place, name)
    try:
        for batch in batches:
            columns = [_cells(column) for column in batch.columns]
            for cells in zip(*columns, strict=True):
                row += 1
                if row >= ROWS:
                    raise OutputError(
                        f"a sheet holds {ROWS - 1:,} rows, and here are more", hint="write CSV or Parquet"
                    )
                for place, cell in enumerate(cells):
                    if cell is not None:
                        _put(sheet, row, place, cell)
    finally:
        book.close()
    return row


def _cells(column: pa.Array) -> list[Any]:
    small = pa.types.is_integer(column.type)
    return column.to_pylist() if small else [cell_text(cell) for cell in column.to_pylist()]


def _put(sheet: Any, row: int, place: int, cell: str | int) -> None:
    if isinstance(cell, int) and abs(cell) < EXACT:
        sheet.write_number(row, place, cell)
        return
    text = str(cell)
    if len(text.encode("utf-16-le")) > 2 * CHARACTERS:
        raise OutputError(
            f"row {row}, column {place + 1}: the cell is longer than the {CHARACTERS:,} characters of Excel's",
            hint="write CSV or Parquet",
        )
    sheet.write_string(row, place, text)
