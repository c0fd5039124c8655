"""What may be left in a treated table: which cells are looked at, and which findings mean that it must not leave.

Scrubbed text must hold nothing that is recognised. In other columns one cell decides only where a pattern is unmistakable; a number that looks
like a card or a telephone decides where half of the column does, because order numbers and amounts look like that now and then. What the policy
lets stand is no residue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_network

import ibis.expr.types as ir

from secureprofile.guard.detect import LEAST, Finding, search
from secureprofile.guard.pseudonyms import TOKEN_HEX
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.treatments import Encrypt, Fpe, Generalize, Keep, Mask, Pseudonym, Replace, Scrub, Token
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

CERTAIN = 0.85
"""Score from which one cell decides, in whatever column."""

LIKELY, SHARE = 0.6, 0.5
"""Score from which a kind counts that fills this share of a column's cells."""
NETWORK = {4: 24, 6: 48}
"""IP version → the longest prefix that a network may have."""
NOT_A_TOKEN = "not a token"
"""The kind of residue that a column of tokens can have."""

SWEPT: tuple[PatternSpec, ...] = tuple(spec for spec in SPECS if within(spec.category, DIRECT_IDENTIFIERS))
"""Recognizers of direct identifiers: a date or a place alone may stay."""

STRUCTURED: tuple[PatternSpec, ...] = tuple(spec for spec in SWEPT if not spec.needs_context)
"""Those that need no word beside them: cells of structured columns hold none."""


_LABEL = re.compile(r"\[([A-Z0-9_ ]{2,64})\]")
LABELS = frozenset({spec.label for spec in SPECS} | {"NAME", "ADDRESS", "PLACE", "ORGANISATION", "REDACTED"})
"""What stands in the place of what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Residue:
    """A column of a treated table in which something is left, and in how many different cells."""

    column: str
    name: str
    cells: int


def is_token(value: ir.StringValue, plan: ColumnPlan) -> ir.BooleanValue | None:
    """Return whether a cell is what a keyed treatment writes, by its prefix and length; None for other treatments."""
    match plan.treatment:
        case Pseudonym() | Token():
            start = f"{'sp' if isinstance(plan.treatment, Pseudonym) else 'st'}_{plan.treatment.type}_"
            kid = value.length() - len(start) - 1 - TOKEN_HEX
            return value.startswith(start) & kid.between(1, 8)
        case Encrypt():
            return value.startswith(f"se_{plan.treatment.type}_")
        case _:
            return None


def specs_for(plan: ColumnPlan) -> tuple[PatternSpec, ...]:
    """Return the recognizers that a treated column is swept with."""
    return SWEPT if isinstance(plan.treatment, Scrub) else STRUCTURED


@cache
def certain(specs: tuple[PatternSpec, ...]) -> tuple[PatternSpec, ...]:
    """Return the recognizers of which one cell may decide: all cells that they could match must be looked at, of others a sample."""
    return tuple(spec for spec in specs if spec.score >= CERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Different cells of one column and what they stand for.

    Attributes:
        cells: cell → the recognizers that could find something in it.
        weight: rows of the column that one of these cells stands for, on average.
        total: rows of the column that hold something.
    """

    cells: Mapping[str, tuple[PatternSpec, ...]]
    weight: float
    total: int


def residues(plan: ColumnPlan, looked: Sequence[Looked]) -> dict[str, tuple[Residue, frozenset[str]]]:
    """Judge one column: kind → what is left, and the cells that hold it."""
    hits: dict[str, list[tuple[float, str, float]]] = {}
    for part in looked:
        for cell, specs in part.cells.items():
            if _is_coarse(plan, cell):
                continue
            for finding in search(cell, specs=specs):
                if not permitted(plan, finding):
                    hits.setdefault(finding.name, []).append((finding.score, cell, part.weight))
    total = max((part.total for part in looked), default=0)
    return {
        name: (Residue(column=plan.name, name=name, cells=len(cells)), cells)
        for name, found in hits.items()
        if (cells := objectionable(plan, found, total))
    }


def permitted(plan: ColumnPlan, finding: Finding) -> bool:
    """Tell whether the policy lets this kind stand in this column: it keeps, masks or fakes just that category, or a wider one."""
    family = ".".join(finding.category.split(".")[:2])
    return isinstance(plan.treatment, Keep | Mask | Fpe | Replace) and (
        within(finding.category, (plan.category,)) or within(plan.category, (family,))
    )


def without_labels(text: str, plans: Sequence[ColumnPlan], entities: frozenset[str] = frozenset()) -> str:
    """Return scrubbed text with blanks for what scrubbing wrote itself: ``[NAME]`` would look like a name to some recognizers.

    Only labels of kinds of data go, and the ``entities`` of a user's recognizers; other words in brackets stay and are looked at.

    Example:
        >>> without_labels("[NAME] at [Kim]", ())
        '       at [Kim]'
    """
    own = entities | {plan.category.rsplit(".", 1)[-1].upper() for plan in plans}
    return _LABEL.sub(lambda match: " " * len(match[0]) if match[1] in LABELS or match[1] in own else match[0], text)


def _is_coarse(plan: ColumnPlan, cell: str) -> bool:
    """Tell whether a cell is a network where addresses were to become networks; an address that did not become one is residue."""
    if not isinstance(plan.treatment, Generalize) or plan.treatment.to != "network":
        return False
    try:
        network = ip_network(cell)  # strict: no bit of a host is set
    except ValueError:
        return False
    return network.prefixlen <= NETWORK[network.version]


def objectionable(plan: ColumnPlan, hits: Iterable[tuple[float, str, float]], total: int) -> frozenset[str]:
    """Return the cells that must not stay, of (score, cell, rows it stands for) of one kind; none where they are too few or too doubtful."""
    hits = list(hits)
    if isinstance(plan.treatment, Scrub):
        return frozenset(cell for score, cell, _ in hits if score >= LEAST)
    likely = [(cell, rows) for score, cell, rows in hits if score >= LIKELY]
    if sum(rows for _, rows in likely) >= SHARE * max(1, total):
        return frozenset(cell for cell, _ in likely)
    return frozenset(cell for score, cell, _ in hits if score >= CERTAIN)
