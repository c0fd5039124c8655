"""Unusual volumes: more identifiers than people declared, and columns whose frequencies reveal who is who. Pure.

Whoever may pseudonymize could run every phone number there is through it and learn whose pseudonym is whose; a run with many more
distinct identifiers than the domain declares people is told and recorded. And a deterministic pseudonym keeps frequencies: where
few values are possible, or one is very common, they give the values away without any key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

FACTOR: Final = 10
"""A run with more distinct identifiers than ten times the declared population is unusual: people have several, not ten."""

FEW: Final = 100
"""Fewer distinct values than these can be matched by hand, by rank of frequency, with public figures (cities, shops, firms)."""

TOP_SHARE: Final = 0.2
"""A value of more than a fifth of the cells is the commonest value of its kind, which is mostly common knowledge."""

DETERMINISTIC: Final = frozenset({"pseudonym", "encrypt", "token", "fpe"})
"""Treatments that give equal values equal stand-ins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One treated column: its cells, about how many are distinct, and fingerprints of a random sample of them."""

    name: str
    category: str
    cells: int
    distinct: int
    sample: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes:
    """What is worth telling: the most distinct identifiers of a column, whether they are unusually many, and warnings."""

    identifiers: int
    many: bool
    warnings: tuple[str, ...]


NO_VOLUMES: Final = Volumes(identifiers=0, many=False, warnings=())


def judge(columns: Sequence[Measured], *, population: int) -> Volumes:
    """Say what is unusual about the columns of one run.

    Args:
        columns: those that a deterministic treatment replaced.
        population: of the dataset's domain, as the policy declares it; people.

    Example:
        >>> city = Measured(name="city", category="user.contact.address.city", cells=4, distinct=2, sample=[1, 1, 1, 2])
        >>> judge([city], population=100).warnings
        ('column city has few distinct values: their frequencies may reveal them',)
    """
    direct = [column.distinct for column in columns if within(column.category, DIRECT_IDENTIFIERS)]
    most = max(direct, default=0)
    many = most > FACTOR * population
    warnings = [
        f"column {column.name} has {reason}: their frequencies may reveal them"
        for column in columns
        if (reason := revealing(column)) is not None
    ]
    if many:
        warnings.insert(0, f"more than {FACTOR} times as many identifiers as the policy declares people ({population})")
    return Volumes(identifiers=most, many=many, warnings=tuple(warnings))


def revealing(column: Measured) -> str | None:
    """Return why a column's frequencies reveal its values; None where they do not. Values that never repeat reveal nothing."""
    if not column.sample:
        return None
    counts = Counter(column.sample)
    top = max(counts.values())
    whole = len(column.sample) == column.cells
    distinct = len(counts) if whole else max(column.distinct, len(counts))
    if top == 1 and (whole or distinct >= FEW):
        return None
    if distinct < FEW:
        return "few distinct values"
    return "one very common value" if top > TOP_SHARE * len(column.sample) else None
