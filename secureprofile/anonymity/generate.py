"""Hierarchies from a declaration of the policy and the different values of a column.

Files, trees and orders declare all values that the attribute may take; bands, dates, prefixes, lists of categories and places are made for the
values at hand. There a missing cell, the empty text, is a leaf of its own that joins the others only in ``*``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Final, TypeAlias, assert_never

from secureprofile.anonymity.bands import banded, rise
from secureprofile.anonymity.hierarchy import SUPPRESSED, Hierarchy, HierarchyError
from secureprofile.policy.anonymity import (
    Bands,
    Dates,
    Frequency,
    FromFile,
    FromTree,
    Generalisation,
    Only,
    Order,
    Places,
    Prefix,
)
from secureprofile.policy.anonymous import PERIODS, tree_rows

Lookup: TypeAlias = Callable[[str], tuple[str, str] | None]
"""Name of a place → (region, or empty where it is not known; country); None of an unknown place."""

Columns: TypeAlias = list[list[str]]
"""Values, then for each level their labels."""

UNKNOWN_PLACE: Final = "other"


def make(
    name: str,
    how: Generalisation,
    values: Collection[str],
    *,
    rows: Sequence[Sequence[str]] | None = None,
    places: Lookup | None = None,
) -> Hierarchy:
    """Make the hierarchy of an attribute, with a leaf for each of its values.

    Args:
        name: of the attribute.
        how: the policy's declaration.
        values: the column's different values; the empty text is a missing cell.
        rows: of the file, where the declaration names one.
        places: says where a place is, where the declaration is ``places``.

    Raises:
        HierarchyError: it does not nest, or values are not covered or cannot be read; told by their number.

    Example:
        >>> from secureprofile.policy.anonymity import Bands
        >>> h = make("age", Bands(width=5, levels=2, high=90), {"39", "95", "31", "37", ""})
        >>> for level in h.levels: print(level.labels)
        ('31', '37', '39', '95', '')
        ('30 to 34', '35 to 39', '>=90', '')
        ('30 to 39', '>=90', '')
        ('*',)
    """
    filled = sorted({*values} - {""})
    missing = "" in values or not filled
    match how:
        case FromFile():
            if rows is None:
                raise ValueError("a hierarchy from a file needs its rows")
            return _declared(name, Hierarchy.from_rows(name, rows), values, "line")
        case FromTree():
            return _declared(name, Hierarchy.from_rows(name, tree_rows(how.tree)), values, "entry")
        case Order():
            tree = _generated(name, _order(how), missing="" in values and "" not in how.values, ordered=True)
            return _declared(name, tree, values, "entry")
        case Bands():
            return _generated(name, banded(name, how, filled), missing=missing, ordered=True)
        case Dates():
            return _generated(name, _dates(name, how, filled), missing=missing, ordered=True)
        case Prefix():
            return _generated(name, [filled, *([_cut(v, n) for v in filled] for n in how.lengths)], missing=missing)
        case Frequency():
            return _generated(name, _frequency(how, filled), missing="" in values and "" not in how.keep)
        case Places():
            if places is None:
                raise ValueError("a hierarchy of places needs to know where they are")
            return _generated(name, _places(filled, places), missing=missing)
        case Only():
            return _generated(name, [filled], missing=missing)
    assert_never(how)


def _generated(name: str, columns: Columns, *, missing: bool, ordered: bool = False) -> Hierarchy:
    """Add the missing cell, if any, and the label that says nothing."""
    texts = [[*column, *([""] if missing else [])] for column in columns]
    return Hierarchy.from_columns(name, [*texts, [SUPPRESSED] * len(texts[0])], ordered=ordered)


def _declared(name: str, hierarchy: Hierarchy, values: Collection[str], entry: str) -> Hierarchy:
    """Return a hierarchy if it covers the values, as ordered where its leaves are numbers or days that rise."""
    uncovered = sum(value not in hierarchy.places for value in {*values} - {""})
    problems = []
    hint = f"add one {entry} for each; secureprofile hierarchy check FILE --data DATA --column NAME --missing OUT writes them down"
    if uncovered:
        problems.append(
            f"{uncovered:,} of {len({*values}):,} different values of the column are not among its {len(hierarchy.leaves):,}"
        )
    if "" in values and "" not in hierarchy.places:
        problems.append("missing cells are not covered")
        missing = (
            "add a line that begins with the delimiter: ;unknown;*"
            if entry == "line"
            else 'add the value "" to a group'
        )
        hint = f"{hint}; for missing cells {missing}" if uncovered else missing
    if problems:
        raise HierarchyError(name, problems, hint=hint)
    return hierarchy if hierarchy.ordered else replace(hierarchy, ordered=_rise([x for x in hierarchy.leaves if x]))


def _rise(leaves: Sequence[str]) -> bool:
    numbers = rise(leaves)
    if numbers is not None:
        return numbers
    return all(_DAY.fullmatch(leaf) for leaf in leaves) and all(a < b for a, b in pairwise(leaves))


# --- days ---------------------------------------------------------------------------------------------------------------

_DAY: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?: ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
)

_CALLED: Final[Mapping[str, Callable[[date], str]]] = {
    "week": lambda day: "{:04}-W{:02}".format(*day.isocalendar()),
    "month": lambda day: f"{day.year:04}-{day.month:02}",
    "quarter": lambda day: f"{day.year:04}-Q{(day.month + 2) // 3}",
    "half_year": lambda day: f"{day.year:04}-H{(day.month + 5) // 6}",
    "year": lambda day: f"{day.year:04}",
    "5_years": lambda day: f"{day.year // 5 * 5:04}-{day.year // 5 * 5 + 4:04}",
    "decade": lambda day: f"{day.year // 10 * 10:04}s",
}
"""Period → what it is called. Weeks are those of ISO 8601."""


_COARSER: Final = {
    "month": re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])"),
    "quarter": re.compile(r"([0-9]{4})-Q([1-4])"),
    "year": re.compile(r"([0-9]{4})"),
}
"""What a treatment may have left of a day already; periods finer than that leave it as it is."""


def _dates(name: str, how: Dates, texts: Sequence[str]) -> Columns:
    """Put days, the days of times, and what is coarser already into periods; in the order of time as written."""
    days: dict[str, tuple[date, tuple[str, ...]] | None] = {}
    found = []
    for text in texts:
        head = text[:10]
        if len(head) < 10:
            found.append(_part(text, how.levels))
            continue
        if head not in days:
            days[head] = _day(head, how.levels)
        found.append(days[head] if _DAY.fullmatch(text) else None)
    known = [(text, *one) for text, one in zip(texts, found, strict=True) if one is not None]
    if len(known) < len(texts):
        raise HierarchyError(
            name,
            [f"{len(texts) - len(known):,} of {len(texts):,} different values are not days"],
            hint="days are written 2026-01-31 or 2026-01-31 12:30, also 2026-01, 2026-Q1, 2026; {generalize: {to: month}} reads other forms",
        )
    known.sort(key=lambda one: (one[1], one[0]))
    return [[text for text, _, _ in known], *([one[2][level] for one in known] for level in range(len(how.levels)))]


def _day(text: str, levels: Sequence[str]) -> tuple[date, tuple[str, ...]] | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day, tuple(_CALLED[level](day) for level in levels)


def _part(text: str, levels: Sequence[str]) -> tuple[date, tuple[str, ...]] | None:
    for own, pattern in _COARSER.items():
        part = pattern.fullmatch(text)
        if part is not None and part[1] != "0000":
            month = {"month": 1, "quarter": 3}.get(own, 0) * (int(part[part.lastindex or 1]) - 1) + 1
            day = date(int(part[1]), month, 1)
            coarser = PERIODS[PERIODS.index(own) :]
            return day, tuple(_CALLED[level](day) if level in coarser else text for level in levels)
    return None


# --- codes, categories, places ------------------------------------------------------------------------------------------


def _cut(value: str, length: int) -> str:
    """Keep the first characters and put a star for each other one; a value that is not longer stays."""
    return value[:length] + SUPPRESSED * (len(value) - length)


def _order(how: Order) -> Columns:
    columns, size = [list(how.values)], how.size
    while size < len(how.values):
        groups = [how.values[at : at + size] for at in range(0, len(how.values), size)]
        columns.append([group[0] if len(group) == 1 else f"{group[0]}..{group[-1]}" for group in groups for _ in group])
        size *= how.factor
    return columns


def _frequency(how: Frequency, texts: Sequence[str]) -> Columns:
    kept = {*how.keep}
    others = [text for text in texts if text not in kept]
    return [[*how.keep, *others], [*how.keep, *[how.other] * len(others)]]


def _places(texts: Sequence[str], lookup: Lookup) -> Columns:
    """Put places into regions and countries; the level of regions is left out where none is known."""
    found = [lookup(text) for text in texts]
    countries = [UNKNOWN_PLACE if place is None else place[1] for place in found]
    if not any(place is not None and place[0] for place in found):
        return [list(texts), countries]
    regions = [
        country if place is None else place[0] or f"{country}, region unknown"
        for place, country in zip(found, countries, strict=True)
    ]
    return [list(texts), regions, countries]
