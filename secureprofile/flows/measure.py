"""What one table carries, from its groups: class sizes, the prosecutor's risk, combinations, sensitive values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from secureprofile.anonymity.classes import Codes, Counts
from secureprofile.anonymity.combinations import Combinations, Tuples, combinations
from secureprofile.anonymity.risk import Diversity, Risk, Sizes, class_sizes, diversity, prosecutor
from secureprofile.flows.groups import Groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one table carries. ``suppressed`` rows have ``*`` in every quasi-identifier and are in no class, ``partly`` in some.

    Sizes count people where a person column was named, else rows; they and what rests on them are None where every row is suppressed.
    """

    file: str
    rows: int
    suppressed: int
    partly: int
    sizes: Sizes | None
    prosecutor: Risk | None
    combinations: Combinations | None
    sensitive: Mapping[str, Diversity]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """The groups that are not suppressed, their classes by the quasi-identifiers, each group's class, and the size of each class."""

    groups: Groups
    classes: Codes
    place: Codes
    sizes: Counts


def measure(
    groups: Groups,
    quasi: Sequence[str],
    *,
    file: str,
    sensitive: Sequence[str],
    person: str | None,
    thresholds: Sequence[Fraction],
) -> tuple[Measured, Table | None]:
    """Measure a table.

    Args:
        groups: of all its rows, by at least the quasi-identifiers and the sensitive columns; the person column among the marks.
        quasi: quasi-identifiers.
        file: the table's name.
        sensitive: columns that nobody shall learn.
        person: the column that says whose row it is, where somebody may have several; rows without one count as one person's.
        thresholds: risks that are asked about.

    Returns:
        (what was measured, the table's classes; None where every row is suppressed).
    """
    gone, starred = groups.suppressed(quasi)
    rows, suppressed = int(groups.rows.sum()), int(groups.rows[gone].sum())
    partly = int(groups.rows[starred & ~gone].sum())
    kept = groups.chosen(~gone)
    if rows == suppressed:
        nothing = Measured(
            file=file, rows=rows, suppressed=suppressed, partly=partly, sizes=None, prosecutor=None, combinations=None,
            sensitive={},
        )  # fmt: skip
        return nothing, None
    classes, place = kept.classes(quasi)
    tuples, sizes = _tuples(kept, classes, place, person)
    measured = Measured(
        file=file,
        rows=rows,
        suppressed=suppressed,
        partly=partly,
        sizes=class_sizes(sizes),
        prosecutor=prosecutor(sizes, thresholds),
        combinations=combinations(tuples),
        sensitive={name: _diversity(kept, place, name, len(classes)) for name in sensitive},
    )
    return measured, Table(groups=kept, classes=classes, place=place, sizes=sizes)


def _tuples(groups: Groups, classes: Codes, place: Codes, person: str | None) -> tuple[Tuples, Counts]:
    """Return (what combinations are looked for in, the size of each class)."""
    if person is None:
        rows = np.bincount(place, weights=groups.rows, minlength=len(classes)).astype(np.int64)
        return Tuples(codes=classes, rows=rows), rows
    different, who = np.unique(groups.marks[person], return_inverse=True)
    pairs = np.sort(place.astype(np.int64) * len(different) + who)
    pairs = pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])]
    owner, people = np.divmod(pairs, len(different))
    tuples = Tuples(codes=classes[owner], rows=np.ones(len(pairs), np.int64), people=people.astype(np.int32))
    return tuples, np.bincount(owner, minlength=len(classes)).astype(np.int64)


def _diversity(groups: Groups, place: Codes, name: str, classes: int) -> Diversity:
    """Return what classes give away about a column, by rows."""
    at = groups.names.index(name)
    values = len(groups.values[at])
    pairs, inverse = np.unique(place.astype(np.int64) * values + groups.codes[:, at], return_inverse=True)
    owner, value = np.divmod(pairs, values)
    rows = np.bincount(inverse, weights=groups.rows).astype(np.int64)
    return diversity(owner.astype(np.int32), value.astype(np.int32), rows, classes)
