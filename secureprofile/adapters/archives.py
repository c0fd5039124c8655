"""ZIP archives from strangers: every part is unpacked once, counted, and given in pieces; XML is read without entities.

A part that lies about its size or checksum, or that unpacks to more than a table of its kind ever does, refuses the file before any other
reader sees it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from xml.parsers import expat

from secureprofile.adapters.sealed import Readable
from secureprofile.errors import InputError

PIECE: Final = 1 << 20
LARGEST: Final = 16 << 30
"""Bytes to which all parts together may unpack: sixteen gigabytes."""

RATIO: Final = 400
"""How often larger a part may be than its packed bytes, from :data:`SMALL` on: repetitive sheets reach a hundred, bombs a thousand."""

SMALL: Final = 32 << 20
PARTS: Final = 20_000
DEPTH: Final = 200
"""How deep elements may be nested."""


@contextmanager
def opened(path: Readable) -> Iterator[zipfile.ZipFile]:
    """Give the archive, its table of contents checked.

    Raises:
        InputError: it is damaged, locked by a password, or unpacks to too much.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            _check(archive, path.name)
            yield archive
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError):
        raise _damaged(path.name) from None
    except Exception as error:
        if type(error).__module__ in ("zlib", "lzma"):
            raise _damaged(path.name) from None
        raise


def verify(path: Readable) -> None:
    """Unpack every part once: sizes and checksums must be as the table of contents says."""
    with opened(path) as archive:
        if archive.testzip() is not None:
            raise _damaged(path.name)


def _damaged(name: str) -> InputError:
    return InputError(f"{name} is damaged: it cannot be unpacked to the end", hint="fetch or save the file again")


def _check(archive: zipfile.ZipFile, name: str) -> None:
    parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    swollen = any(part.file_size > SMALL and part.file_size > RATIO * max(1, part.compress_size) for part in parts)
    if len(parts) > PARTS or total > LARGEST or swollen:
        raise InputError(
            f"{name} unpacks to {total >> 20:,} MB in {len(parts):,} parts: this looks like a ZIP bomb",
            hint="if it is a real table, save it as CSV",
        )
    if any(part.flag_bits & 1 for part in parts):
        raise InputError(f"{name} is locked by a password", hint="save it without password")


def pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Give a part's bytes; its size and checksum are verified on the way."""
    with archive.open(part) as file:
        while piece := file.read(PIECE):
            yield piece


def walk_xml(
    data: Iterator[bytes],
    name: str,
    start: Callable[[str, dict[str, str]], Any],
    text: Callable[[str], Any],
    end: Callable[[str], Any],
) -> None:
    """Tell the elements and texts of an XML part, streamed. Namespaces are left out of names.

    Raises:
        InputError: the part is no XML, or declares a document type or entities, which are how XML blows up and reads other files.
    """
    parser, depth = expat.ParserCreate(namespace_separator="}"), 0

    def refuse(*_: Any) -> None:
        raise InputError(f"{name} holds XML with a document type: it may be an attack", hint="save the file again")

    def begin(element: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            refuse()
        start(element.rpartition("}")[2], {key.rpartition("}")[2]: value for key, value in attributes.items()})

    def finish(element: str) -> None:
        nonlocal depth
        depth -= 1
        end(element.rpartition("}")[2])

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, finish, text
    parser.buffer_text = True
    try:
        for piece in data:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError:
        raise _damaged(name) from None
