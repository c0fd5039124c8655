"""Which of two treatments leaves less to be learnt? A partial order: what cannot be compared is told as changed, never as stronger."""

from __future__ import annotations

from typing import Literal, TypeAlias

from secureprofile.policy.model import Treatment
from secureprofile.policy.treatments import (
    DateShift,
    Drop,
    Encrypt,
    Fpe,
    Generalize,
    Keep,
    Mask,
    Pseudonym,
    Replace,
    Reveal,
    Scrub,
    Token,
    TopBottom,
)

Comparison: TypeAlias = Literal["same", "stronger", "weaker", "changed"]

_TAKES_ALL = 4
_RANK: dict[type, int] = {
    Drop: 5,
    Pseudonym: _TAKES_ALL,  # nothing of the value stays readable; equal values stay equal
    Replace: _TAKES_ALL,
    Token: 3,  # the same, but somebody can undo it
    Encrypt: 3,
    Fpe: 3,
    Mask: 2,  # a part of the value stays readable
    Generalize: 2,
    Scrub: 2,
    DateShift: 2,
    TopBottom: 1,  # most values stay as they are
    Keep: 0,
    Reveal: -1,  # what was hidden comes back
}
"""How much of a value is gone; only treatments of different rank are told apart by it."""

_PERIODS = ("month", "quarter", "year")


def compare(old: Treatment | None, new: Treatment | None) -> Comparison:
    """Compare what ``new`` leaves with what ``old`` left; None is denied, and takes as much as ``drop``.

    Example:
        >>> compare(None, Keep()), compare(Keep(), Drop()), compare(Mask(keep_last=2), Mask(keep_last=4))
        ('weaker', 'stronger', 'weaker')
        >>> compare(Mask(keep_last=2), Generalize(to="prefix", prefix=2))
        'changed'
    """
    one, other = old if old is not None else Drop(), new if new is not None else Drop()
    if one == other:
        return "same"
    before, after = _RANK[type(one)], _RANK[type(other)]
    if before != after:
        return "stronger" if after > before else "weaker"
    return _parameters(one, other)


def _parameters(old: Treatment, new: Treatment) -> Comparison:
    """Compare two treatments of one kind by their parameters."""
    match old, new:
        case (Mask(pattern=None), Mask(pattern=None)):
            return _less([(old.keep_first, new.keep_first), (old.keep_last, new.keep_last)])
        case (Mask(pattern=str(before)), Mask(pattern=str(after))) if len(before) == len(after):
            return _less([(a == "#", b == "#") for a, b in zip(before, after, strict=True)])
        case (Generalize(), Generalize()):
            return _coarser(old, new)
        case (DateShift(), DateShift()):
            return _less([(-old.days, -new.days)])
        case (Fpe(), Fpe()) if old.alphabet == new.alphabet:
            return _less([(old.keep_first, new.keep_first)])
        case (Scrub(), Scrub()):
            return _less([(not old.nicknames, not new.nicknames)])
        case (TopBottom(), TopBottom()):
            return _narrower(old, new)
        case _:
            return "changed"


def _less(pairs: list[tuple[int, int]]) -> Comparison:
    """Tell whether every second number, of what stays readable, is at most its first one (stronger) or at least (weaker)."""
    if all(after == before for before, after in pairs):
        return "changed"  # they differ in something else
    if all(after <= before for before, after in pairs):
        return "stronger"
    return "weaker" if all(after >= before for before, after in pairs) else "changed"


def _coarser(old: Generalize, new: Generalize) -> Comparison:
    if old.to in _PERIODS and new.to in _PERIODS:
        return "stronger" if _PERIODS.index(new.to) > _PERIODS.index(old.to) else "weaker"
    if old.to != new.to:
        return "changed"
    if old.prefix is not None and new.prefix is not None:
        return _less([(old.prefix, new.prefix)])
    if old.step is not None and new.step is not None:  # a multiple of the old step puts whole old groups together
        if new.step % old.step == 0:
            return "stronger"
        return "weaker" if old.step % new.step == 0 else "changed"
    if old.edges is not None and new.edges is not None and old.as_of == new.as_of:
        if set(new.edges) < set(old.edges):
            return "stronger"
        return "weaker" if set(new.edges) > set(old.edges) else "changed"
    return "changed"


def _narrower(old: TopBottom, new: TopBottom) -> Comparison:
    def span(one: TopBottom) -> tuple[float, float]:
        return (
            float("-inf") if one.low is None else float(one.low),
            float("inf") if one.high is None else float(one.high),
        )

    (a, b), (c, d) = span(old), span(new)
    if c >= a and d <= b:
        return "stronger"
    return "weaker" if c <= a and d >= b else "changed"
