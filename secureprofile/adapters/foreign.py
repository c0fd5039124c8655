"""Files that are no tables of text: told by how they begin, with what to do about each."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Final

from secureprofile.errors import InputError

_AS_CSV: Final = "open it in Excel or LibreOffice and save the sheet as “CSV UTF-8”"
_UNPACK: Final = "unpack it, or pack it with gzip"
_GIVE: Final = "give a CSV, JSON Lines or Parquet file"

_MAGIC: Final = (
    (b"PK\x03\x04", "a ZIP archive", "unpack it and give the file inside"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook or another Office document", _AS_CSV),
    (b"\x89PNG", "a PNG image", _GIVE),
    (b"\xff\xd8\xff", "a JPEG image", _GIVE),
    (b"GIF8", "a GIF image", _GIVE),
    (b"%PDF", "a PDF document", _GIVE),
    (b"SQLite format 3\0", "an SQLite database", "export the table as CSV"),
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


def refuse_foreign(path: Path, head: bytes) -> None:
    """Refuse a file that begins like something else than text, and say what it looks like."""
    if not head:
        raise InputError(f"{path.name} is empty", hint="check how the file was exported")
    for magic, what, hint in _MAGIC:
        if head.startswith(magic):
            if magic.startswith(b"PK"):
                what, hint = _inside_zip(path) or (what, hint)
            raise InputError(f"{path.name} looks like {what}, not like a table of text", hint=hint)


def _inside_zip(path: Path) -> tuple[str, str] | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = " ".join(archive.namelist())
    except zipfile.BadZipFile:
        return None
    if re.search(r"\bxl/", names):
        return "an Excel workbook", _AS_CSV
    return ("an office document", _AS_CSV) if re.search(r"\b(?:content\.xml|word/|ppt/)", names) else None


def refuse_markup(path: Path, text: str) -> None:
    """Refuse text that is no table: nothing but blanks, a web page, one JSON array."""
    start = text.lstrip()
    if not start:
        raise InputError(f"{path.name} holds nothing but blanks", hint="check how the file was exported")
    if re.match(r"<!doctype|<html|<\?xml", start, re.IGNORECASE):
        raise InputError(f"{path.name} looks like a web page or XML, not like a table", hint=_GIVE)
    if re.match(r"\[\s*(?:[\[{\]]|$)", start):
        raise InputError(
            f"{path.name} looks like one JSON array, not like JSON Lines",
            hint="write one object per line (jq -c '.[]')",
        )
