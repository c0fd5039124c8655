"""Text as recognizers read it: forms folded, hidden characters gone; and the words that stand around a place of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

WINDOW, BEHIND = 32, 12
"""Characters before and behind a match in which a context word counts."""

HIDDEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u061c\u180e\u200e\u200f" + "".join(
    map(chr, [*range(0x202A, 0x202F), *range(0x2061, 0x206A)])
)
"""Zero-width characters, soft hyphens and marks of writing direction: they hide data from readers and patterns alike."""

FOLDED = re.compile(rf"[\uff01-\uff5e\u3000{HIDDEN}]|(?![0-9])\d")
"""What :func:`normalise` changes."""


def _folded(match: re.Match[str]) -> str:
    sign = match[0]
    if sign == "\u3000":
        return " "
    if "\uff01" <= sign <= "\uff5e":
        return chr(ord(sign) - 0xFEE0)
    return str(unicodedata.digit(sign)) if sign.isdigit() else ""


def normalise(text: str) -> tuple[str, Sequence[int]]:
    r"""Return the text with full-width forms folded and zero-width characters gone, and each place's place in the original.

    Digits of every script and style (Arabic, Devanagari, mathematical) become ASCII.

    Example:
        >>> normalise("１३\u200b８"), normalise("٠𝟏")[0]
        (('138', [0, 1, 3, 4]), '01')
    """
    if text.isascii() or not FOLDED.search(text):
        return text, range(len(text) + 1)
    bare = FOLDED.sub(_folded, text)
    if len(bare) == len(text):
        return bare, range(len(text) + 1)
    gone = set(HIDDEN)
    return bare, [place for place, sign in enumerate(text) if sign not in gone] + [len(text)]


def in_words(words: tuple[str, ...], text: str, start: int, end: int, around: str = "") -> bool:
    """Tell whether one of the words stands shortly before or behind a place of the text, or in ``around``.

    Latin words count as whole words, also in the plural; Chinese has no borders between words.
    """
    if not words:
        return False
    near = f"{text[max(0, start - WINDOW) : start]}\n{text[end : end + BEHIND]}\n{around}".casefold()
    return _words(words).search(near) is not None


@cache
def _words(words: tuple[str, ...]) -> re.Pattern[str]:
    # asked for together: a border before each word would cost tenfold
    latin = "|".join(re.escape(word) for word in words if word.isascii())
    other = [re.escape(word) for word in words if not word.isascii()]
    return re.compile("|".join([*([rf"(?<![a-z])(?:{latin})s?(?![a-z])"] if latin else []), *other]))
