"""What a workbook gives away beside its cells, and what it had lost before it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from secureprofile.adapters.excel import SheetRows
from secureprofile.adapters.files import Source
from secureprofile.adapters.sealed import Readable
from secureprofile.adapters.sources import is_workbook
from secureprofile.adapters.workbook import Text, texts, valueless
from secureprofile.guard.detect import LEAST, find
from secureprofile.guard.entities import entities
from secureprofile.guard.words import word_lists

LONGEST = 20_000
"""Characters of one text that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideCells:
    """One place of a workbook: how many of its texts hold which kind of personal datum. ``read`` is false where none can be read."""

    file: str
    place: str
    texts: int = 0
    read: bool = True
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def personal(self) -> bool:
        """Whether something personal was found."""
        return bool(self.kinds)


def beside_cells(location: str | Path) -> list[BesideCells]:
    """Look at everything that a workbook holds beside its cells; empty for anything else.

    Raises:
        InputError: the workbook is damaged, or an attack (ZIP bomb, XML with entities).
    """
    if not is_workbook(location):
        return []
    path = Path(location)
    with path.open("rb") as file:
        head = file.read(8)
    counts: dict[str, int] = {}
    kinds: dict[str, dict[str, int]] = {}
    unread: set[str] = set()
    for found in texts(path, head):
        if not isinstance(found, Text):
            unread.add(found.place)
            continue
        counts[found.place] = counts.get(found.place, 0) + 1
        own = kinds.setdefault(found.place, {})
        for kind in _kinds(found):
            own[kind] = own.get(kind, 0) + 1
    looked = [BesideCells(file=path.name, place=place, texts=n, kinds=kinds[place]) for place, n in counts.items()]
    return looked + [BesideCells(file=path.name, place=place, read=False) for place in sorted(unread)]


def _kinds(found: Text) -> set[str]:
    if found.person:
        return {"PERSON"}
    text = found.text[:LONGEST]
    named = {one.name for one in entities(text, word_lists()) if one.name in ("PERSON", "ADDRESS")}
    return named | {one.name for one in find(text) if one.score >= LEAST}


def lost_before(source: Source, path: Readable) -> tuple[str, ...]:
    """Return what a sheet had lost before it came here, in sentences without values. Call it after the rows were read."""
    if not isinstance(source.rows, SheetRows):
        return ()
    notes = [
        f"column {source.columns.index(name) + 1}: {count:,} numbers have more than 15 digits; the spreadsheet had rounded them before. "
        "Format the column as text at its origin"
        for name, count in source.rows.lost.items()
    ]
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    errors, blank = valueless(path, source.rows.sheet.number) if zipped else (0, 0)
    if errors:
        notes.append(f"{errors:,} cells held an error (such as #N/A) and were read as empty")
    if blank:
        notes.append(
            f"{blank:,} formulas had never been computed and were read as empty: open and save the workbook once"
        )
    return tuple(notes)
