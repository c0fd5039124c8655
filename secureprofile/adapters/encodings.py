"""In which encoding a file is text: every byte is decoded, and guesses are believed only when the text looks like one.

UTF-8 wins wherever it fits. GB18030, in which nearly any bytes are text, is believed for Chinese; Windows-1252 for Western letters; anything
else is refused by the position of its first wrong byte.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal, cast

import pyarrow as pa

from secureprofile.adapters.sealed import Readable
from secureprofile.errors import InputError

Compression = Literal["none", "gzip"]

SAMPLE: Final = 1 << 20
"""Bytes that are looked at to find dialect, header and keys; also the size of the pieces in which files are read."""

_AS_UTF8: Final = "save it again as UTF-8 (in Excel: Save as, CSV UTF-8)"

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark begins alike
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_UNSURE: Final = ("gb18030", "cp1252")
"""Encodings in which nearly any bytes are text: it takes a look at the text to believe them."""

_JUDGED: Final = 50_000
"""Runs of characters beyond ASCII that suffice to judge an encoding."""


def find_encoding(path: Readable, compression: Compression, head: bytes) -> tuple[str, set[str]]:
    """Return the encoding in which the whole file is text, and the line ends that occur.

    Raises:
        InputError: it is text in none of the known ones.
    """
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None) or _bare_utf16(head)
    if not marked and b"\0" in head:
        raise _binary(path)
    sure = marked or "utf-8"
    first = _decode(path, compression, sure)
    if isinstance(first, _Decoded):
        return sure, first.ends
    for encoding, plausible in () if marked else (("gb18030", _chinese), ("cp1252", _western)):
        guess = _decode(path, compression, encoding)
        if isinstance(guess, _Decoded) and plausible(guess.foreign):
            return encoding, guess.ends
    rest = "" if marked else ", and the whole is neither GB18030 nor Windows-1252 text"
    raise InputError(f"{path.name}: byte {first:,} is not {sure.upper().removesuffix('-SIG')}{rest}", hint=_AS_UTF8)


@dataclass(frozen=True, slots=True)
class _Decoded:
    """What a whole file holds in some encoding: line ends, and the first runs of characters beyond ASCII."""

    ends: set[str]
    foreign: list[str]


def _decode(path: Readable, compression: Compression, encoding: str) -> _Decoded | int:
    """Decode every byte; return the position, counted from 1, of the first that is wrong in this encoding."""
    if encoding == "utf-8" and (quickly := _plain_utf8(path, compression)):
        return quickly
    bytes_to_text = codecs.getincrementaldecoder(encoding)()
    decoder = io.IncrementalNewlineDecoder(bytes_to_text, translate=False)
    foreign: list[str] = []
    plain: set[str] = set()
    before = 0
    with open_bytes(path, compression) as file:
        while True:
            chunk = file.read(SAMPLE)
            pending = len(bytes_to_text.getstate()[0])
            simple = (
                bool(chunk) and b"\r" not in chunk and not decoder.getstate()[1] & 1
            )  # no carriage return, nor one before
            try:
                text = bytes_to_text.decode(chunk) if simple else decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return before - pending + error.start + 1
            if "\0" in text:
                raise _binary(path)
            if simple and not plain and "\n" in text:
                plain.add("\n")
            if encoding in _UNSURE and len(foreign) < _JUDGED:
                foreign += re.findall(r"[^\0-\x7f]+", text)
            if not chunk:
                ends = decoder.newlines or ()
                return _Decoded(plain | ({ends} if isinstance(ends, str) else set(ends)), foreign)
            before += len(chunk)


def _plain_utf8(path: Readable, compression: Compression) -> _Decoded | None:
    """Tell the same, several times as fast, of UTF-8 whose lines end with line feeds; None of other files."""
    with open_bytes(path, compression) as file:
        while chunk := file.read(1 << 20):
            chunk += file.readline(1 << 20)  # to the end of a character
            if b"\r" in chunk or b"\0" in chunk or not _is_utf8(chunk):
                return None
    return _Decoded({"\n"}, [])


def _is_utf8(data: bytes) -> bool:
    offsets = pa.py_buffer(struct.pack("=qq", 0, len(data)))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _binary(path: Readable) -> InputError:
    return InputError(
        f"{path.name} holds NUL bytes: it looks like binary data, not like a table of text",
        hint="give a CSV, JSON Lines or Parquet file",
    )


def _bare_utf16(head: bytes) -> str | None:
    """Recognise UTF-16 without a mark: its zero bytes stand on one side of each pair, hardly ever on the other."""
    low, high = head[::2].count(0), head[1::2].count(0)
    if max(low, high) * 8 < len(head) or min(low, high) * 40 > len(head):
        return None
    return "utf-16-le" if high > low else "utf-16-be"


def _chinese(runs: list[str]) -> bool:
    """Tell whether characters decoded as GB18030 are Chinese rather than another encoding read wrongly.

    Nearly all of a Chinese table's characters are in GB 2312's Han rows or are Chinese punctuation; Western letters,
    Big5 and Shift-JIS come out as rare characters beyond it. Korean (EUC-KR) lands in rows B0 to C8 only, while two in
    five characters of a Chinese text are from later rows (pinyin N to Z, then the second level).
    """
    text = "".join(runs)
    han = "".join(re.findall("[\u4e00-\u9fff]+", text)).encode("gb2312", "ignore")[::2]
    marks = len(re.findall("[\u3000-\u301f\uff01-\uff60·—‘’“”…]", text))
    korean = len(han) >= 20 and sum(row > 0xC8 for row in han) * 20 < len(han)
    return bool(han) and not korean and (len(han) + marks) >= 0.8 * len(text)


def _western(runs: list[str]) -> bool:
    """Tell whether characters decoded as Windows-1252 are Western: accents and dashes stand alone among ASCII, or in
    pairs of letters (``ção``), while an alphabet or script of another encoding makes longer runs.
    """
    alone = sum(len(run) == 1 for run in runs)
    pairs = sum(len(run) <= 2 for run in runs)
    letters = sum(len(re.findall("[À-ÖØ-öø-ÿ]", run)) for run in runs)
    return alone >= 0.8 * len(runs) or (pairs >= 0.95 * len(runs) and letters >= 0.7 * sum(map(len, runs)))


def open_bytes(path: Readable, compression: Compression) -> IO[bytes]:
    """Open a file, unpacked."""
    if compression == "none":
        return path.open("rb")
    return cast("IO[bytes]", gzip.open(path) if isinstance(path, Path) else _Unpacked(path.open("rb")))


class _Unpacked(gzip.GzipFile):
    """Unpacks what another file gives, and closes that, too."""

    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self._packed = packed

    def close(self) -> None:
        super().close()
        self._packed.close()
