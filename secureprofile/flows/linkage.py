"""Two tables side by side: classes of one counted in the other, and the linkage attack that is actually tried.

Cells match when they are equal but for blanks around them; labels such as ``30–39`` match nothing but themselves, which is why the report
says how many cells of each column occur in the other table at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from secureprofile.anonymity.classes import Codes, Counts, grouped
from secureprofile.flows.groups import Groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Linkage:
    """What an attacker with the second table gets.

    Attributes:
        names: columns that both have. file: the second table's name.
        rows: of the file; others: of the second table.
        any_match: rows of the file with a match; one_match: with exactly one.
        alone: rows of the second table whose only possible match is alone in the file.
        pairs: matches that are the only one from both sides.
        right: of ``one_match``, those that are right by the true identifier; None where none was named. right_pairs: of ``pairs``.
        overlap: for each column the share of the file's cells that occur in the second table's column.
    """

    file: str
    names: tuple[str, ...]
    rows: int
    others: int
    any_match: int
    one_match: int
    alone: int
    pairs: int
    right: int | None
    right_pairs: int | None
    overlap: Mapping[str, float]


def counted_in(classes: Codes, other: Groups, codes: Codes) -> Counts:
    """Count how many rows of another table belong to each class.

    Args:
        classes: ``[class, column]``, different.
        other: the other table's groups.
        codes: its columns in the codes of ``classes``; -1 where a value is none of theirs.
    """
    return _counted(classes, codes, other.rows)[0]


def _counted(classes: Codes, codes: Codes, rows: Counts) -> tuple[Counts, Codes]:
    """Return (rows of each class, class of each group or -1)."""
    known = np.flatnonzero((codes >= 0).all(axis=1))
    both = np.concatenate([classes, codes[known]])
    _, places = grouped([both[:, at] for at in range(both.shape[1])], [int(column.max()) + 1 for column in both.T])
    # classes are different, so that each has a place of its own; places of others lead nowhere
    at = np.full(int(places.max()) + 1, -1, np.int32)
    at[places[: len(classes)]] = np.arange(len(classes), dtype=np.int32)
    found = np.full(len(codes), -1, np.int32)
    found[known] = at[places[len(classes) :]]
    here = found >= 0
    return np.bincount(found[here], weights=rows[here], minlength=len(classes)).astype(np.int64), found


def link(groups: Groups, other: Groups, names: Sequence[str], *, file: str, truth: str | None) -> Linkage:
    """Match two tables by some columns that both have.

    Args:
        groups: of the file, suppressed rows left out, at least one.
        other: of the second table.
        names: columns of both.
        file: the second table's name.
        truth: a column of true identifiers among the marks of both.
    """
    classes, place = groups.classes(names)
    codes = other.coded_as(groups, names)
    here = np.bincount(place, weights=groups.rows, minlength=len(classes)).astype(np.int64)
    there, found = _counted(classes, codes, other.rows)
    one, only = there == 1, here == 1
    right = right_pairs = None
    if truth is not None:
        ids = np.zeros(len(classes), np.int64)  # of the second table's only row in each class
        single = (found >= 0) & one[np.maximum(found, 0)]
        ids[found[single]] = other.marks[truth][single]
        own = groups.marks[truth]
        same = one[place] & (own == ids[place]) & (own != 0)
        right = int(groups.rows[same].sum())
        right_pairs = int(groups.rows[same & only[place]].sum())
    total = int(groups.rows.sum())
    return Linkage(
        file=file,
        names=tuple(names),
        rows=total,
        others=int(other.rows.sum()),
        any_match=int(here[there > 0].sum()),
        one_match=int(here[one].sum()),
        alone=int(there[only].sum()),
        pairs=int((one & only).sum()),
        right=right,
        right_pairs=right_pairs,
        overlap={name: _overlap(groups, other, name, total) for name in names},
    )


def _overlap(groups: Groups, other: Groups, name: str, total: int) -> float:
    codes = other.coded_as(groups, [name])[:, 0]
    occurs = np.zeros(len(groups.values[groups.names.index(name)]) + 1, np.bool_)
    occurs[codes] = True
    occurs[-1] = False  # where -1 led
    return int(groups.rows[occurs[groups.codes[:, groups.names.index(name)]]].sum()) / total
