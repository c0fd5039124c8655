"""What recognizers of the user's say about a column, beside what ours say: shares of cells, a category where most cells agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from secureprofile.guard.classify import ColumnFinding, treatment_for
from secureprofile.guard.detect import LEAST
from secureprofile.guard.finder import Finder
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

MOST, SOME = 0.6, 0.1
"""Shares of cells: from the first, a kind that fills them names the column; from the second, one that stands in them makes it free text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Shares of a column's cells: filled by an entity, or holding one; the entities' categories; cells at which a recognizer failed."""

    fills: Mapping[str, float] = field(default_factory=dict)
    holds: Mapping[str, float] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    failed: int = 0


def look(cells: Sequence[str], finders: Sequence[Finder]) -> Found:
    """Run finders over a column's different cells and count rows; a cell at which one raises counts as failed and as nothing else.

    Example:
        >>> look(["a", "b"], [lambda text: []])
        Found(fills={}, holds={}, categories={}, failed=0)
    """
    fills: Counter[str] = Counter()
    holds: Counter[str] = Counter()
    categories: dict[str, str] = {}
    failed = 0
    for cell, times in Counter(cells).items():
        try:
            found = [one for finder in finders for one in finder(cell) if one.score >= LEAST]
        except Exception:  # whatever it is, it is told beside the column
            failed += times
            continue
        categories |= {one.name: one.category for one in found}
        full = {one.name for one in found if one.end - one.start >= 0.8 * len(cell)}
        fills.update(dict.fromkeys(full, times))
        holds.update(dict.fromkeys({one.name for one in found} - full, times))
    count = max(1, len(cells))
    return Found(
        fills={name: n / count for name, n in fills.items()},
        holds={name: n / count for name, n in holds.items()},
        categories=categories,
        failed=failed,
    )


def beside(ours: ColumnFinding, found: Found) -> ColumnFinding:
    """Return our finding with theirs: theirs names the column where most cells agree and ours knows no direct identifier as surely."""
    theirs = {**found.fills, **{f"holds {name}": share for name, share in found.holds.items()}}
    shares = {name: round(share, 3) for name, share in theirs.items() if share >= 0.02}
    evidence = dict(sorted({**ours.evidence, **shares}.items(), key=lambda item: -item[1]))
    told = replace(ours, evidence=evidence)
    best = max(found.fills, key=lambda name: found.fills[name], default=None)
    if best is not None and (share := found.fills[best]) >= MOST:
        sure, category = round(min(0.95, 0.5 * share + 0.4), 2), found.categories[best]
        known = ours.category is not None and within(ours.category, DIRECT_IDENTIFIERS)
        if ours.category is None or (not known and ours.confidence <= sure):
            return replace(told, category=category, confidence=sure, treatment=treatment_for(category), mixed=False)
    held = max((found.fills.get(n, 0) + found.holds.get(n, 0) for n in found.categories), default=0.0)
    if ours.category is None and held >= SOME:
        sure = round(0.5 + 0.3 * min(1.0, held), 2)
        return replace(told, category="user.content.private", confidence=sure, treatment="scrub")
    return told
