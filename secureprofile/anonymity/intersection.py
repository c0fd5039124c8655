"""What several exports of the same people say together: who knows somebody's class in each of them is left with their intersection.

Ganta, Kasiviswanathan, Smith: "Composition attacks and auxiliary information in data privacy", KDD 2008: files that are k-anonymous one by
one need not be so together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from secureprofile.anonymity.classes import Classes, Codes, grouped


@dataclass(frozen=True, slots=True, kw_only=True)
class Intersection:
    """Intersections of classes: how many there are, people in the smallest, and people in those with fewer than ``k``."""

    classes: int
    smallest: int
    below: int
    people: int


def intersected(table: Classes, places: Sequence[Codes], *, k: int) -> Intersection:
    """Intersect the classes of several exports of one table.

    Assumes the worst: the same people are in every file, and the attacker knows it. Tuples that one of the exports suppressed are not counted.

    Args:
        table: different combinations with their people.
        places: for each export the class of each combination, −1 where suppressed.
        k: below which an intersection counts.

    Example:
        >>> table = Classes(codes=np.zeros((3, 1), np.int32), rows=np.array([3, 2, 4]))
        >>> found = intersected(table, [np.array([0, 0, 1], np.int32), np.array([0, 1, 1], np.int32)], k=3)
        >>> found.smallest, found.below
        (2, 2)
    """
    inside = np.logical_and.reduce([place >= 0 for place in places]) & (table.rows > 0)
    if not inside.any():
        return Intersection(classes=0, smallest=0, below=0, people=0)
    _, joint = grouped([place[inside] for place in places], [int(place.max()) + 1 for place in places])
    people = table.chosen(inside).regrouped(joint, int(joint.max()) + 1).people
    return Intersection(
        classes=len(people),
        smallest=int(people.min()),
        below=int(people[people < k].sum()),
        people=int(people.sum()),
    )
