"""Find personal data in one text with the recognizers of ``specs``: exact spans in the text as it was written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from secureprofile.guard.prefilter import compiled, prefilter
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS
from secureprofile.guard.text import in_words, normalise

THRESHOLD = 0.4
CONTEXT_BONUS = 0.3
LEAST = 0.5
"""Score from which a finding in free text is replaced: a date that nothing calls a birthday stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A span of the original text: ``text[start:end]``."""

    start: int
    end: int
    name: str
    category: str
    label: str
    score: float


def find(text: str, *, specs: tuple[PatternSpec, ...] = SPECS, context: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Return what was found, left to right, without overlaps.

    Args:
        text: as written.
        specs: the recognizers.
        context: words that stand around the text, such as the column's name.

    Example:
        >>> [(one.name, one.start, one.end) for one in find("mail ada@example.org")]
        [('EMAIL_ADDRESS', 5, 20)]
    """
    around = tuple(context)
    told = prefilter(specs, around)
    [bits] = told.could([text.encode("utf-8", "replace")])
    return search(text, specs=told.flagged(bits), context=around) if bits else ()


def search(text: str, *, specs: tuple[PatternSpec, ...], context: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Return what :func:`find` returns, by trying every one of the recognizers: for those that a prefilter flagged."""
    bare, places = normalise(text)
    around = " ".join(context).casefold()
    found = []
    for spec, pattern in zip(specs, _patterns(specs), strict=True):
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


_COMPILED: dict[int, tuple[tuple[PatternSpec, ...], tuple[re.Pattern[str], ...]]] = {}
"""By identity: hashing seventy rows for every text would cost more than looking."""


def _patterns(specs: tuple[PatternSpec, ...]) -> tuple[re.Pattern[str], ...]:
    known = _COMPILED.get(id(specs))
    if known is not None and known[0] is specs:
        return known[1]
    if len(_COMPILED) > 4096:
        _COMPILED.clear()
    made = tuple(compiled(spec.pattern) for spec in specs)
    _COMPILED[id(specs)] = specs, made
    return made


def _score(spec: PatternSpec, text: str, match: re.Match[str], around: str) -> float:
    if spec.check is not None and not spec.check(match[0]):
        return 0.0
    in_context = in_words(spec.context, text, match.start(), match.end(), around)
    if spec.needs_context and not in_context:
        return 0.0
    return min(1.0, spec.score + CONTEXT_BONUS) if in_context else spec.score


def _without_overlaps(found: list[Finding]) -> tuple[Finding, ...]:
    kept: list[Finding] = []
    for one in sorted(found, key=lambda f: (-f.score, f.start - f.end, f.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda f: f.start))
