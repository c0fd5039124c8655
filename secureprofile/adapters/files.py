"""Sources: what a stranger's file is, before anything reads its rows.

Engines guess encoding, dialect and header from a sample, and then read ragged rows or doubled headers without a word.
Here they are found by rules, checked against the whole file where a sample could mislead, and handed to the engine as
settings. What cannot be read safely is refused by position; no cell is ever quoted.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import os
import re
import stat
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final, Literal, TextIO, cast

from secureprofile.adapters.encodings import SAMPLE, Compression, find_encoding, open_bytes
from secureprofile.adapters.foreign import is_workbook, refuse_foreign, refuse_markup
from secureprofile.adapters.json_text import objects
from secureprofile.adapters.outputs import full_disk_told
from secureprofile.adapters.sealed import Readable
from secureprofile.adapters.spool import Rows
from secureprofile.errors import InputError

Format = Literal["csv", "jsonl", "json", "parquet", "workbook", "rows"]
Newline = Literal["\n", "\r\n", "\r", "mixed"]

LONGEST_LINE: Final = 1 << 26
"""Bytes up to which the first line is followed when the sample does not hold all of it."""

RECORDS: Final = 1000
"""Records of the sample that vote on the dialect, and JSON lines whose keys become columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file, or another place that rows come from, and how to read it.

    ``columns`` are the names in file order: a CSV header's without surrounding blanks, JSON keys as they are, the top
    level of a Parquet schema. ``encoding`` is one of Python's codec names. For CSV only: ``delimiter``; ``quote``;
    ``newline``, how rows end; ``preamble``, the lines before the header (blank ones, Excel's ``sep=;``). ``rows`` is what no engine
    reads by itself: a sheet, a table of a database (then ``path`` has a name and no bytes).
    """

    path: Readable
    format: Format
    columns: tuple[str, ...]
    compression: Compression = "none"
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    newline: Newline = "\n"
    preamble: int = 0
    rows: Rows | None = None


def sniff(path: Readable) -> Source:
    """Find out how a file is to be read.

    Formats: CSV (with comma, semicolon, tab or bar), JSON Lines, other JSON (one array, objects that stretch over
    lines), Parquet; text may be gzip'd, whatever the file's name. A workbook is only recognised: ``adapters.sources``
    chooses a sheet. Encodings: UTF-8, UTF-16 (also
    without byte order mark), UTF-32 with one, GB18030 (which includes GBK
    and GB2312), Windows-1252. Every byte is decoded once, because a foreign one may come late; memory stays flat.

    Raises:
        InputError: the file is missing, unreadable, empty, binary or in no encoding named above, or its columns do not
            each have a name of their own.
    """
    with _troubles_told(path):
        kind = path.stat().st_mode if isinstance(path, Path) else stat.S_IFREG
        if stat.S_ISDIR(kind):
            raise InputError(f"{path} is a folder", hint="give the files in it one by one")
        if not stat.S_ISREG(kind):
            raise InputError(f"{path} is not a regular file", hint="copy what it holds to a file first")
        compression, head, whole = _head(path)
        if compression == "none" and head.startswith(b"PAR1"):
            return Source(path=path, format="parquet", columns=distinct(_parquet_columns(path), path))
        if compression == "none" and is_workbook(path, head):
            return Source(path=path, format="workbook", columns=())
        refuse_foreign(path, head)
        encoding, kinds = find_encoding(path, compression, head)
        text = codecs.getincrementaldecoder(encoding)().decode(head).removeprefix("\ufeff")
        refuse_markup(path, text)
        if _is_other_json(text):
            other = Source(path=path, format="json", columns=(), compression=compression, encoding=encoding)
            return replace(other, columns=distinct(_keys(other), path))
        if text.lstrip().startswith("{"):
            columns = distinct(_json_columns(path, text, whole=whole), path)
            return Source(path=path, format="jsonl", columns=columns, compression=compression, encoding=encoding)
        source = _csv(Source(path=path, format="csv", columns=(), compression=compression, encoding=encoding), text)
        return replace(source, newline=_one(kinds) if len(kinds) < 2 else _row_ends(source))


def is_book(path: Path) -> bool:
    """Tell whether a file is a workbook, by its beginning."""
    with _troubles_told(path):
        compression, head, _ = _head(path)
        return compression == "none" and is_workbook(path, head)


@contextmanager
def utf8_path(source: Source, tmp: Path) -> Iterator[Path]:
    """Give a path that an engine can read as ``source`` says, in UTF-8 and beginning with the header.

    Mostly it is the source's own, still gzip'd if that is. Otherwise it is a plain temporary copy in the folder
    ``tmp``, mode 0600, gone afterwards: re-coded, without preamble, and with a line feed at every line's end (in quoted
    cells, too), for DuckDB refuses files that mix line ends. A sealed stream is never copied in the clear: see
    ``adapters.streamed``.

    Raises:
        CannotTell: the disk is full.
    """
    assert isinstance(source.path, Path)
    native = source.encoding == "utf-8" or (source.encoding == "utf-8-sig" and source.format == "csv")
    if source.format == "parquet" or (native and not source.preamble and source.newline != "mixed"):
        yield source.path
        return
    handle, name = tempfile.mkstemp(prefix="utf8-", suffix=f".{source.format}", dir=tmp)
    try:
        with full_disk_told("a temporary copy"), os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            _recode(source, out)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def csv_error_line(message: str) -> int | None:
    r"""Return the line number that DuckDB's CSV reader names, and nothing else of its message, which quotes the line.

    Example:
        >>> csv_error_line("Invalid Input Error: CSV Error on Line: 3\nOriginal Line: CSV Error on Line: 9")
        3
        >>> csv_error_line("Binder Error: CSV Error on Line: 9") is None
        True
    """
    found = re.match(r"(?:(?:Invalid Input|Conversion) Error: )?CSV Error on Line: (\d+)(?!\S)", message)
    return int(found[1]) if found else None


# --- bytes ------------------------------------------------------------------------------------------------------------


@contextmanager
def _troubles_told(path: Readable) -> Iterator[None]:
    """Turn what the system and the unpackers say into :class:`InputError`."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", hint="check the name and the folder") from None
    except PermissionError:
        raise InputError(f"{path} may not be read", hint="ask for the right to read it") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise InputError(
            f"{path.name} is damaged: its gzip data cannot be unpacked to the end", hint="fetch or pack it again"
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} changed while it was read", hint="run the same command again") from None
    except OSError:
        raise InputError(f"{path} cannot be opened", hint="check the name and the folder") from None


def _head(path: Readable) -> tuple[Compression, bytes, bool]:
    """Return the compression, the sample, and whether the sample is the whole file."""
    with path.open("rb") as file:
        compression: Compression = "gzip" if file.read(2) == b"\x1f\x8b" else "none"
    with open_bytes(path, compression) as file:
        head = file.read(SAMPLE)
        while not re.search(rb"[\r\n]", head[-SAMPLE:]) and len(head) < LONGEST_LINE and (more := file.read(SAMPLE)):
            head += more
        return compression, head, not file.read(1)


@contextmanager
def opened_text(source: Source, newline: str | None) -> Iterator[TextIO]:
    """Open a source's text behind its preamble (a byte order mark that is no part of the encoding may begin it)."""
    with _troubles_told(source.path), open_bytes(source.path, source.compression) as raw:
        text = io.TextIOWrapper(raw, encoding=source.encoding, newline=newline)
        for _ in range(source.preamble):
            text.readline()
        yield text


def _recode(source: Source, out: TextIO) -> None:
    with opened_text(source, None) as text:
        out.write(text.read(SAMPLE).removeprefix("\ufeff"))
        while piece := text.read(SAMPLE):
            out.write(piece)


def distinct(columns: Sequence[str], path: Readable) -> tuple[str, ...]:
    """Return the names if each column has one of its own; SQL does not tell capitals from small letters."""
    seen: dict[str, int] = {}
    for position, name in enumerate(columns, 1):
        if not name.strip():
            raise InputError(f"{path.name}: column {position} has no name", hint="give every column a name")
        first = seen.setdefault(name.strip().lower(), position)
        if first != position:
            raise InputError(
                f"{path.name}: columns {first} and {position} have the same name",
                hint="rename one of them (capital and small letters count as the same)",
            )
    return tuple(columns)


def _csv(bare: Source, text: str) -> Source:
    before = re.match(r"(?:[ \t]*(?:\r\n|\r|\n))*(?:sep=[,;\t|](?:\r\n|\r|\n))?", text)
    table = text[before.end() :] if before else text
    delimiter, quote = _dialect(table)
    names = _header(bare.path, table, delimiter, quote)
    return replace(
        bare,
        columns=distinct([name.strip() for name in names], bare.path),
        delimiter=delimiter,
        quote=quote,
        preamble=len(re.findall(r"\r\n|\r|\n", text[: len(text) - len(table)])),
    )


def _records(text: str, delimiter: str, quote: str, *, strict: bool = False) -> Iterator[list[str]]:
    """Give the records of a sample, blank lines left out."""
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote, skipinitialspace=True, strict=strict
    )
    return (row for row in rows if row)


def _dialect(text: str) -> tuple[str, str]:
    """Return delimiter and quote: those under which most records have as many cells as the header.

    The header must have two cells at least; a table of one column counts as comma-separated, so that a stray title line
    over a real table is found as ragged instead of being read as the only column.
    """
    quotes = ('"',) if '"' in text else ('"', "'")

    def fit(dialect: tuple[str, str]) -> tuple[float, int]:
        widths = []
        with suppress(csv.Error):  # a cell beyond the csv module's limit: what came before it has to do
            widths = [len(row) for row in islice(_records(text, *dialect), RECORDS)]
        return (widths.count(widths[0]) / len(widths), widths[0]) if widths and widths[0] > 1 else (0.0, 0)

    return max(((delimiter, quote) for quote in quotes for delimiter in ",;\t|"), key=fit)


def _header(path: Readable, text: str, delimiter: str, quote: str) -> list[str]:
    try:
        header = next(_records(text, delimiter, quote, strict=True), None)
    except csv.Error:
        raise InputError(
            f"{path.name}: the quotes of the header do not match, or it has no end", hint="mend the first line"
        ) from None
    if header is None:
        raise InputError(f"{path.name} has no header", hint="put the columns' names into the first line")
    return header


def _row_ends(source: Source) -> Newline:
    """Return how rows end in a file with several line ends: only what stands outside quoted cells counts."""
    kinds: set[str] = set()
    quoted = 0
    with open_bytes(source.path, source.compression) as raw:
        text = io.TextIOWrapper(raw, encoding=source.encoding, newline="")
        while len(kinds) < 2 and (piece := text.read(SAMPLE)):
            while piece.endswith("\r") and (more := text.read(1)):
                piece += more
            kinds.update(re.findall(r"\r\n|\r|\n", source.quote.join(piece.split(source.quote)[quoted::2])))
            quoted ^= piece.count(source.quote) & 1
    return _one(kinds)


def _one(kinds: set[str]) -> Newline:
    return cast("Newline", min(kinds, default="\n")) if len(kinds) < 2 else "mixed"


def _is_other_json(text: str) -> bool:
    """Tell whether a text is JSON whose objects do not stand one in a line."""
    start = text.lstrip()
    if re.match(r"\[\s*(?:[{\]]|$)", start):
        return True
    try:
        return start.startswith("{") and not isinstance(json.loads(start.partition("\n")[0]), dict)
    except (ValueError, RecursionError):
        return True


def _keys(source: Source) -> list[str]:
    """Return the union of the first objects' keys, in order of appearance.

    Raises:
        InputError: there is none, or all is one object around the rows.
    """
    columns: dict[str, None] = {}
    around = False
    with opened_text(source, None) as text:
        for number, (_, members) in enumerate(islice(objects(text.read, source.path.name), RECORDS)):
            columns |= dict.fromkeys(members)
            around = number == 0 and any(isinstance(v, list) and v and isinstance(v[0], dict) for v in members.values())
    if around:
        raise InputError(
            f"{source.path.name} is one object around the rows", hint="give the array itself (jq '.name_of_the_array')"
        )
    if not columns:
        raise InputError(f"{source.path.name} holds no object", hint="check how the file was exported")
    return list(columns)


def _json_columns(path: Readable, text: str, *, whole: bool) -> list[str]:
    """Return the union of the first objects' keys, in order of appearance."""
    lines = text.split("\n")
    columns: dict[str, None] = {}
    for number, line in enumerate(lines if whole or len(lines) == 1 else lines[:-1], 1):
        if number > RECORDS:
            break
        if line.strip():
            columns |= dict.fromkeys(json_object(path, line, number))
    return list(columns)


def json_object(path: Readable, line: str, number: int) -> dict[str, object]:
    """Return the object that a line holds, or refuse the line."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError(
            f"{path.name}: line {number} is not one complete JSON object", hint="write one object per line (jq -c .)"
        )
    return value


def _parquet_columns(path: Readable) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:
            return [str(name) for name in pq.read_schema(file).names]
    except (pa.ArrowException, OSError):
        raise InputError(f"{path.name} is a damaged Parquet file", hint="fetch or write the file again") from None
