"""Find personal data in one text with the recognizers of ``specs``: exact spans in the text as it was written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from secureprofile.guard.needs import needs
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS

THRESHOLD = 0.4
CONTEXT_BONUS = 0.3
WINDOW, BEHIND = 32, 12
"""Characters before and behind a match in which a context word counts."""

HIDDEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u061c\u180e\u200e\u200f" + "".join(
    map(chr, [*range(0x202A, 0x202F), *range(0x2061, 0x206A)])
)
"""Zero-width characters, soft hyphens and marks of writing direction: they hide data from readers and patterns alike."""

_ZERO_WIDTH = dict.fromkeys(map(ord, HIDDEN))
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A span of the original text: ``text[start:end]``."""

    start: int
    end: int
    name: str
    category: str
    label: str
    score: float


def normalise(text: str) -> tuple[str, Sequence[int]]:
    r"""Return the text with full-width forms folded and zero-width characters gone, and each place's place in the original.

    Digits of every script and style (Arabic, Devanagari, mathematical) become ASCII.

    Example:
        >>> normalise("１३\u200b８"), normalise("٠𝟏")[0]
        (('138', [0, 1, 3, 4]), '01')
    """
    if text.isascii():
        return text, range(len(text) + 1)
    folded = _FOREIGN_DIGIT.sub(lambda match: str(unicodedata.digit(match[0])), text.translate(_FOLD))
    bare = folded.translate(_ZERO_WIDTH)
    if len(bare) == len(text):
        return bare, range(len(text) + 1)
    return bare, [place for place, c in enumerate(folded) if ord(c) not in _ZERO_WIDTH] + [len(text)]


def superset_of(specs: Sequence[PatternSpec] = SPECS) -> str:
    """Return one RE2 pattern: a normalised text that it does not match holds nothing of any of these kinds."""
    return "|".join(spec.superset for spec in specs)


def find(text: str, *, specs: tuple[PatternSpec, ...] = SPECS, context: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Return what was found, left to right, without overlaps.

    Args:
        text: as written.
        specs: the recognizers.
        context: words that stand around the text, such as the column's name.
    """
    bare, places = normalise(text)
    around = " ".join(context).casefold()
    found = []
    for spec, pattern in _candidates(bare, specs, around):
        for match in pattern.finditer(bare):
            score = _score(spec, bare, match, around)
            if score >= THRESHOLD:
                found.append(
                    Finding(
                        start=places[match.start()],
                        end=places[match.end() - 1] + 1,
                        name=spec.name,
                        category=spec.category,
                        label=spec.label,
                        score=score,
                    )
                )
    return _without_overlaps(found) if len(found) > 1 else tuple(found)


_DIGIT = re.compile("[0-9]")


@dataclass(frozen=True, slots=True)
class _Ready:
    """A recognizer with what its matches hold at least; ``words`` where it counts beside a word only."""

    spec: PatternSpec
    pattern: re.Pattern[str]
    digits: int
    signs: tuple[str, ...]
    words: tuple[str, ...]


_READY: dict[int, tuple[tuple[PatternSpec, ...], tuple[_Ready, ...]]] = {}
"""By identity: hashing seventy rows for every text would cost more than looking."""


def _ready(specs: tuple[PatternSpec, ...]) -> tuple[_Ready, ...]:
    known = _READY.get(id(specs))
    if known is not None and known[0] is specs:
        return known[1]
    made = []
    for spec in specs:
        least, words = needs(spec.core), spec.context if spec.needs_context else ()
        made.append(_Ready(spec, re.compile(spec.pattern), least.digits, tuple(sorted(least.signs)), words))
    if len(_READY) > 4096:
        _READY.clear()
    _READY[id(specs)] = specs, tuple(made)
    return tuple(made)


def _candidates(
    text: str, specs: tuple[PatternSpec, ...], around: str
) -> Iterator[tuple[PatternSpec, re.Pattern[str]]]:
    """Yield the recognizers that may find something: enough digits, the signs, and a word where one is needed."""
    digits = len(_DIGIT.findall(text))
    folded = f"{text.casefold()}\n{around}"
    for one in _ready(specs):
        if one.digits > digits or (one.words and not any(word in folded for word in one.words)):
            continue
        if all(sign in text for sign in one.signs):
            yield one.spec, one.pattern


def _score(spec: PatternSpec, text: str, match: re.Match[str], around: str) -> float:
    if spec.needs_context and not in_words(spec.context, text, match.start(), match.end(), around):
        return 0.0
    if spec.check is not None and not spec.check(match[0]):
        return 0.0
    in_context = spec.needs_context or in_words(spec.context, text, match.start(), match.end(), around)
    return min(1.0, spec.score + CONTEXT_BONUS) if in_context else spec.score


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
    return re.compile("|".join(rf"(?<![a-z]){re.escape(w)}s?(?![a-z])" if w.isascii() else re.escape(w) for w in words))


def _without_overlaps(found: list[Finding]) -> tuple[Finding, ...]:
    kept: list[Finding] = []
    for one in sorted(found, key=lambda f: (-f.score, f.start - f.end, f.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda f: f.start))
