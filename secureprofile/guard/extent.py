"""What every match of a pattern looks like at least: its width, its digits, letters and other signs, its longest run of letters and digits.

Like ``needs``, read off the pattern itself. A filter in an engine asks for these first: they are cheap to tell for millions of texts.
"""

from __future__ import annotations

import re._parser as parser  # type: ignore[import-not-found]  # see needs.py; a test holds it to what patterns match
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

Kind = Literal["digit", "letter", "alnum", "other", "any"]
"""Of a character: an ASCII digit; an ASCII letter; either; neither; unknown."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Least numbers of characters of a match: all; ASCII digits; ASCII letters; neither; the longest run of ASCII letters and digits."""

    width: int = 0
    digits: int = 0
    letters: int = 0
    others: int = 0
    run: int = 0
    solid: bool = True
    """Whether a match can hold nothing but ASCII letters and digits."""


@cache
def extent(pattern: str) -> Extent:
    """Return what every match of a pattern looks like at least.

    Example:
        >>> extent(r"[A-Z]{2}[0-9]{2,4}-?[0-9A-F]{5}")
        Extent(width=9, digits=2, letters=2, others=0, run=5, solid=False)
    """
    return _all(parser.parse(pattern))


def _all(items: Iterable[tuple[Any, Any]]) -> Extent:
    parts = [_one(str(kind), value) for kind, value in items]
    return Extent(
        sum(p.width for p in parts),
        sum(p.digits for p in parts),
        sum(p.letters for p in parts),
        sum(p.others for p in parts),
        max(_runs(parts), default=0),
        all(p.solid for p in parts),
    )


def _runs(parts: Iterable[Extent]) -> Iterator[int]:
    """Yield lengths of runs; a part that may hold another sign ends one."""
    length = 0
    for part in parts:
        length = length + part.width if part.solid else 0
        yield max(length, part.run)


def _one(kind: str, value: Any) -> Extent:
    match kind:
        case "LITERAL":
            return _character({_kind_of(value)})
        case "IN":
            return _character({found for sort, item in value for found in _kinds(str(sort), item)})
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, _, inner = value
            part = _all(inner)
            run = part.run * least if part.solid else part.run if least else 0
            return Extent(
                part.width * least, part.digits * least, part.letters * least, part.others * least, run, part.solid
            )
        case "SUBPATTERN":
            return _all(value[3]) if not value[1] else _unknown(value[3])
        case "BRANCH":
            parts = [_all(branch) for branch in value[1]]
            return Extent(
                min(p.width for p in parts),
                min(p.digits for p in parts),
                min(p.letters for p in parts),
                min(p.others for p in parts),
                min(p.run for p in parts),
                all(p.solid for p in parts),
            )
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return Extent()
        case "NOT_LITERAL" | "ANY":
            return Extent(width=1, solid=False)
        case _:
            return Extent(solid=False)


def _unknown(items: Any) -> Extent:
    """A part with flags of its own, such as (?i:…): letters may be others than they seem, even beyond ASCII; digits are not."""
    part = _all(items)
    return Extent(width=part.width, digits=part.digits, solid=False)


def _character(kinds: set[Kind]) -> Extent:
    solid = kinds <= {"digit", "letter", "alnum"}
    return Extent(1, int(kinds == {"digit"}), int(kinds == {"letter"}), int(kinds == {"other"}), int(solid), solid)


def _kinds(sort: str, item: Any) -> set[Kind]:
    if sort == "LITERAL":
        return {_kind_of(item)}
    if sort == "RANGE":
        first, last = item
        return (
            {_kind_of(code) for code in range(first, last + 1)} if last < 128 else {"any"} if first < 128 else {"other"}
        )
    return {"any"}


def _kind_of(code: int) -> Kind:
    if 48 <= code <= 57:
        return "digit"
    return "letter" if 65 <= code <= 90 or 97 <= code <= 122 else "other"
