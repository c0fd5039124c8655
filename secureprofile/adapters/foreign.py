"""Files that are no tables of text: told by how they begin, with what to do about each."""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import Final

from secureprofile.adapters.sealed import Readable
from secureprofile.errors import InputError

_AS_CSV: Final = "open it in Excel or LibreOffice and save the sheet as “CSV UTF-8”"
_UNPACK: Final = "unpack it, or pack it with gzip"
_GIVE: Final = "give a CSV, JSON Lines or Parquet file"

_MAGIC: Final = (
    (b"PK\x03\x04", "a ZIP archive", "unpack it and give the file inside"),
    (b"\xd0\xcf\x11\xe0", "an Office document or an encrypted workbook", _AS_CSV),
    (b"\x89PNG", "a PNG image", _GIVE),
    (b"\xff\xd8\xff", "a JPEG image", _GIVE),
    (b"GIF8", "a GIF image", _GIVE),
    (b"%PDF", "a PDF document", _GIVE),
    (b"SQLite format 3\0", "an SQLite database", "name its table: sqlite:///FILE?table=NAME"),
    (b"PAR1", "Parquet inside gzip", "unpack it: Parquet files are compressed inside"),
    (b"ARROW1", "an Arrow file", _GIVE),
    (b"ORC", "an ORC file", _GIVE),
    (b"Obj\x01", "an Avro file", _GIVE),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ", "an xz archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
    (b"\x1f\x8b", "gzip inside gzip", "unpack it once"),
)
"""First bytes of what is no table of text: what it looks like, and what to do."""


_OLD: Final = (b"W\0o\0r\0k\0b\0o\0o\0k\0", b"B\0o\0o\0k\0")
"""How the stream of cells is called in an old workbook's table of contents."""


def is_workbook(path: Readable, head: bytes) -> bool:
    """Tell whether a file is a workbook that can be read as one: Excel's of any age, or OpenDocument's."""
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return any(name in head for name in _OLD) or path.name.lower().endswith(".xls")
    return head.startswith(b"PK") and (_inside_zip(path) or ("", ""))[0] == "a workbook"


def refuse_foreign(path: Readable, head: bytes) -> None:
    """Refuse a file that begins like something else than text, and say what it looks like."""
    if not head:
        raise InputError(f"{path.name} is empty", hint="check how the file was exported")
    for magic, what, hint in _MAGIC:
        if head.startswith(magic):
            if magic.startswith(b"PK"):
                what, hint = _inside_zip(path) or (what, hint)
            raise InputError(f"{path.name} looks like {what}, not like a table of text", hint=hint)


def _inside_zip(path: Readable) -> tuple[str, str] | None:
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            names = " ".join(archive.namelist())
            kind = archive.read("mimetype")[:99] if "mimetype" in archive.namelist() else b""
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zlib.error):
        return None
    if re.search(r"\bxl/workbook\.(xml|bin)", names) or b"opendocument.spreadsheet" in kind:
        return "a workbook", _AS_CSV
    return ("an office document", _AS_CSV) if re.search(r"\b(?:content\.xml|word/|ppt/|xl/)", names) else None


def refuse_markup(path: Readable, text: str) -> None:
    """Refuse text that is no table: nothing but blanks, a web page, JSON without names."""
    start = text.lstrip()
    if not start:
        raise InputError(f"{path.name} holds nothing but blanks", hint="check how the file was exported")
    if re.match(r"<!doctype|<html|<\?xml", start, re.IGNORECASE):
        raise InputError(f"{path.name} looks like a web page or XML, not like a table", hint=_GIVE)
    if re.match(r"\[\s*\[", start):
        raise InputError(
            f"{path.name} looks like a JSON array of arrays, whose columns have no names",
            hint='write objects: {"name": value, …}',
        )
