"""What a workbook holds beside its cells: comments, properties, caches, links. Their texts, by place; nothing here judges them.

Whoever sends a workbook sends these along, mostly without knowing. XML parts are streamed and read without entities; parts in other forms are
named, so that nobody believes they were looked into.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from secureprofile.adapters.archives import opened, pieces, walk_xml
from secureprofile.adapters.sealed import Readable

PLACES: Final = (
    (r"xl/(comments|threadedComments)", "comments and notes"),
    (r"xl/persons/", "authors of comments"),
    (r"docProps/(?!thumbnail)|meta\.xml$", "document properties"),
    (r"xl/pivot(Cache|Tables)/", "pivot tables and their caches"),
    (r"xl/externalLinks/", "copies of other workbooks' cells"),
    (r"xl/(connections|queryTables|model|customData)", "data connections and models"),
    (r"xl/(drawings|charts|chartsheets|diagrams|ctrlProps)/.*|xl/drawings/.*vml$", "drawings and charts"),
    (r"xl/(revisions|userNames)", "tracked changes"),
    (r"customXml/", "custom XML"),
    (r"xl/worksheets/_rels/", "links"),
    (r"xl/(tables|slicers?|slicerCaches|timelines)/", "tables and slicers"),
    (r"xl/workbook\.(xml|bin)$", "names of sheets and ranges"),
    (r"xl/worksheets/sheet", "headers, footers and choices of sheets"),
    (r"content\.xml$", "comments and notes"),
    (r"styles\.xml$", "headers, footers and choices of sheets"),
    (r"xl/vbaProject|xl/macrosheets|Basic/", "macros"),
    (r"xl/embeddings/|Object ", "embedded files"),
    (r"xl/media/|Pictures/|docProps/thumbnail|Thumbnails/", "pictures"),
)  # fmt: skip
"""(path of a part, what people call the place), for Excel's and LibreOffice's workbooks."""

SAYS_WHO: Final = frozenset(
    {"creator", "lastModifiedBy", "initial-creator", "author", "Manager", "displayName", "userName"}
)
"""Elements and attributes that hold a person's name whenever they hold anything."""

_RUNS: Final = frozenset(
    {
        "t",
        "r",
        "rPr",
        "b",
        "i",
        "u",
        "sz",
        "color",
        "rFont",
        "family",
        "charset",
        "scheme",
        "vertAlign",
        "phoneticPr",
        "span",
        "s",
        "a",
        "text",
    }
)
"""Elements inside one sentence: a number in two colours is still one number."""

_TELLING: Final = frozenset(
    {
        "name",
        "caption",
        "formatCode",
        "connection",
        "command",
        "description",
        "comment",
        "prompt",
        "error",
        "title",
        "descr",
    }
)
_NOT_TEXT: Final = re.compile(
    r"\{?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?|[0-9A-F]{8}|\$?[A-Z]{1,3}\$?[0-9]{1,7}"
)
_TAIL: Final = 1 << 24
"""Bytes behind a sheet's cells that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text of a place; ``person`` where the place itself says that this is somebody's name."""

    place: str
    text: str
    person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A place that is there and cannot be looked into."""

    place: str


def texts(path: Readable, head: bytes) -> Iterator[Text | Unread]:
    """Give every text that a workbook holds beside its cells.

    Args:
        path: the workbook.
        head: its first bytes: old workbooks (``.xls``) are no archives, and are told as unread.

    Raises:
        InputError: it is damaged, a ZIP bomb, or holds XML with entities.
    """
    if not head.startswith(b"PK"):
        yield Unread(place="everything beside the cells of an old workbook")
        return
    with opened(path) as archive:
        for part in archive.namelist():
            place = next((name for pattern, name in PLACES if re.match(pattern, part.lstrip("/"))), None)
            if place is None or part.endswith("/"):
                continue
            if part.endswith((".xml", ".rels", ".vml")):
                yield from _part(archive, part, place)
            else:
                yield Unread(place=place)


def _part(archive: zipfile.ZipFile, part: str, place: str) -> Iterator[Text | Unread]:
    if re.match(r"xl/worksheets/sheet", part):
        yield from _behind_cells(archive, part, place)
        return
    only = {
        "content.xml": ("annotation", "tracked-changes", "named-expressions", "content-validations"),
        "styles.xml": ("master-styles",),
    }.get(part)
    found = _Collected(place, only)
    walk_xml(pieces(archive, part), part, found.start, found.add, found.end)
    yield from found.texts


class _Collected:
    """Texts and telling attributes of one part, a sentence at a time."""

    def __init__(self, place: str, only: tuple[str, ...] | None) -> None:
        self.place, self.only, self.inside = place, only, 0
        self.texts: list[Text] = []
        self.sentence: list[str] = []

    def start(self, element: str, attributes: dict[str, str]) -> None:
        if self.only and (element in self.only or self.inside):
            self.inside += 1
        if element not in _RUNS:
            self.flush("")
        for key, value in attributes.items():
            told = key in SAYS_WHO or key in _TELLING or (key == "v" and element == "s")
            if told or (key == "Target" and attributes.get("TargetMode") == "External"):
                self.keep(value, person=key in SAYS_WHO)

    def add(self, text: str) -> None:
        self.sentence.append(text)

    def end(self, element: str) -> None:
        if element not in _RUNS:
            self.flush(element)
        if self.only and self.inside:
            self.inside -= 1

    def flush(self, element: str) -> None:
        self.keep("".join(self.sentence), person=element in SAYS_WHO)
        self.sentence.clear()

    def keep(self, text: str, *, person: bool) -> None:
        text = text.strip()
        if len(text) > 1 and (self.inside or not self.only) and not _NOT_TEXT.fullmatch(text):
            self.texts.append(Text(place=self.place, text=text, person=person))


def _behind_cells(archive: zipfile.ZipFile, part: str, place: str) -> Iterator[Text | Unread]:
    """Give the texts behind a sheet's cells; the cells themselves, which may be gigabytes, are passed over as bytes."""
    kept, seen = b"", False
    for piece in pieces(archive, part):
        if seen:
            kept = (kept + piece)[:_TAIL]
            continue
        window = kept + piece
        found = re.search(rb"</(?:\w+:)?sheetData>|<(?:\w+:)?sheetData\s*/>", window)
        seen, kept = bool(found), window[found.end() :] if found else window[-60:]
    if not seen:
        yield Unread(place=place)
        return
    for text in re.findall(
        r'>([^<]{2,})<|(?:prompt|error|promptTitle|errorTitle|tooltip|display|location)="([^"]{2,})"',
        kept.decode("utf-8", "replace"),
    ):
        yield Text(place=place, text=html.unescape(text[0] or text[1]))


def valueless(path: Readable, number: int) -> tuple[int, int]:
    """Return how many cells of a sheet (by its place, from 1) hold an error, and how many a formula that was never computed.

    Both are read as empty; who gets the result should know. Only ``.xlsx`` tells; elsewhere both are 0.
    """
    with opened(path) as archive:
        part = _sheet_part(archive, number)
        if part is None:
            return 0, 0
        errors = blank = 0
        rest = b""
        for piece in pieces(archive, part):
            window = rest + piece
            cut = max(window.rfind(b"<c "), window.rfind(b":c "), len(window) - (1 << 18))
            window, rest = window[:cut], window[cut:]
            errors += len(_ERROR.findall(window))
            blank += len(_BLANK.findall(window))
        return errors + len(_ERROR.findall(rest)), blank + len(_BLANK.findall(rest))


_ERROR = re.compile(rb"<(?:\w+:)?c [^>]*\bt=[\"']e[\"']")
_BLANK = re.compile(
    rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?: [^>]*)?/>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


def _sheet_part(archive: zipfile.ZipFile, number: int) -> str | None:
    """Return the part of the n-th sheet: the workbook names its sheets, and a second part says where they are."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return None
    ids: list[str] = []
    targets: dict[str, str] = {}

    def sheet(element: str, attributes: dict[str, str]) -> None:
        if element == "sheet":
            ids.append(attributes.get("id", ""))

    def target(element: str, attributes: dict[str, str]) -> None:
        if element == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    for part, start in (("xl/workbook.xml", sheet), ("xl/_rels/workbook.xml.rels", target)):
        walk_xml(pieces(archive, part), part, start, lambda _: None, lambda _: None)
    found = targets.get(ids[number - 1], "") if number <= len(ids) else ""
    part = found.lstrip("/") if found.startswith("/") else f"xl/{found}"
    return part if part in names else None
