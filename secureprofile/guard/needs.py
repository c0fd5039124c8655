"""What a text must hold at least before a pattern can match in it: so many digits, and these signs. Read off the pattern itself.

Telling it costs one pass over the text for all patterns together; most recognizers need more digits than most texts have.
"""

from __future__ import annotations

import re._parser as parser  # type: ignore[import-not-found]  # the only reader of patterns that Python has; a test holds it to what patterns match
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

_DIGITS = range(ord("0"), ord("9") + 1)


@dataclass(frozen=True, slots=True)
class Needs:
    """ASCII digits that every match has at least, and signs that every match holds."""

    digits: int = 0
    signs: frozenset[str] = frozenset()


@cache
def needs(pattern: str) -> Needs:
    """Return what every match of a pattern holds.

    Example:
        >>> needs(r"[A-Z]{2}[0-9]{2,4}@(?:a|b)?")
        Needs(digits=2, signs=frozenset({'@'}))
    """
    return _all(parser.parse(pattern))


def _all(items: Iterable[tuple[Any, Any]]) -> Needs:
    found = [_one(str(kind), value) for kind, value in items]
    return Needs(sum(n.digits for n in found), frozenset().union(*(n.signs for n in found)))


def _one(kind: str, value: Any) -> Needs:
    match kind:
        case "LITERAL":
            return (
                Needs(1)
                if value in _DIGITS
                else Needs(0, frozenset(chr(value)) if not chr(value).isalnum() else frozenset())
            )
        case "IN":
            return Needs(1) if all(_is_digit(str(k), v) for k, v in value) else Needs()
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, _, inner = value
            part = _all(inner)
            return Needs(part.digits * least, part.signs if least else frozenset())
        case "SUBPATTERN":
            return _all(value[3]) if not value[1] else Needs()  # flags such as (?i:…) change what letters mean
        case "BRANCH":
            parts = [_all(branch) for branch in value[1]]
            return Needs(min(p.digits for p in parts), frozenset.intersection(*(p.signs for p in parts)))
        case _:
            return Needs()


def _is_digit(kind: str, value: Any) -> bool:
    if kind == "LITERAL":
        return value in _DIGITS
    return kind == "RANGE" and value[0] in _DIGITS and value[1] in _DIGITS
