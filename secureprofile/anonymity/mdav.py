"""MDAV microaggregation (Domingo-Ferrer and Torra 2005, algorithm MDAV-generic): groups of k around those who stand farthest out.

It minimises the spread inside its groups where Mondrian cuts straight, so the mean or median that is shown for a group is closer to each of its rows.
Numbers are standardised, as in the literature; other attributes are placed by their leaf's rank, because a hierarchy's leaves stand beside
their siblings. Rows of one combination stay together, so a group has between k rows and k − 1 more than its last combination adds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from secureprofile.anonymity.classes import Codes, Counts
from secureprofile.anonymity.hierarchy import Hierarchy
from secureprofile.anonymity.loss import Floats, Space
from secureprofile.anonymity.models import Models

BLOCK = 10_000
"""Combinations among which groups are sought: the time grows with their square, so larger tables are halved first."""

Places = npt.NDArray[np.intp]


def microaggregate(space: Space, models: Models) -> Codes:
    """Return each tuple's group; all −1 where not even the whole table meets the models.

    Groups of ``models.k`` people come first; one that does not meet another model joins its nearest neighbour until all do.
    """
    table = space.table
    used = np.flatnonzero(table.rows > 0)
    points = _points(space)[used]
    rows = table.rows[used]
    groups: list[Places] = []
    for block in _blocks(points, rows, np.arange(len(used)), models.k):
        groups += _groups(points[block], rows[block], block, models.k)
    place = np.full(len(table), -1, np.int32)
    for at, members in enumerate(groups):
        place[used[members]] = at
    return _joined(space, models, place, points, used)


def _points(space: Space) -> Floats:
    """Return a point for each tuple (tuples × dimensions), in which every attribute has variance 1 over rows, times its weight."""
    rows = space.table.rows.astype(float)
    columns = []
    for at, (hierarchy, share) in enumerate(zip(space.hierarchies, space.shares, strict=True)):
        for scale in _scales(hierarchy):
            column = scale[space.table.codes[:, at]]
            mean = np.average(column, weights=rows)
            spread = np.sqrt(np.average((column - mean) ** 2, weights=rows))
            if spread > 0:
                columns.append((column - mean) / spread * np.sqrt(share * len(space.shares)))
    return np.column_stack(columns) if columns else np.zeros((len(rows), 1))


def _scales(hierarchy: Hierarchy) -> list[Floats]:
    """Return the leaves as numbers, and beside them who has none; as ranks where they are no numbers."""
    try:
        numbers = np.array([float(leaf) if leaf else np.nan for leaf in hierarchy.leaves])
    except ValueError:
        return [np.arange(len(hierarchy.leaves), dtype=float)]
    missing = ~np.isfinite(numbers)
    if missing.all():
        return [np.zeros(len(numbers))]
    numbers[missing] = np.mean(numbers[~missing])
    return [numbers, missing.astype(float)]


def _blocks(points: Floats, rows: Counts, members: Places, k: int) -> list[Places]:
    """Halve along the widest dimension until nothing is larger than a block; halves have k rows at least."""
    open_, done = [members], []
    while open_:
        one = open_.pop()
        if len(one) <= BLOCK:
            done.append(one)
            continue
        order = one[np.argsort(points[one, np.argmax(np.ptp(points[one], axis=0))], kind="stable")]
        reached = np.cumsum(rows[order])
        cut = int(np.searchsorted(reached, reached[-1] / 2)) + 1
        if cut >= len(order) or reached[cut - 1] < k or reached[-1] - reached[cut - 1] < k:
            done.append(one)
        else:
            open_ += [order[cut:], order[:cut]]
    return done


class _Rest:
    """Tuples without a group yet. Distances are squared, less the point's own square, which orders them alike and takes one product."""

    def __init__(self, points: Floats, rows: Counts, members: Places) -> None:
        self.points, self.rows, self.members = points, rows, members
        self._squares = (points**2).sum(axis=1)

    def mean(self) -> Floats:
        """Return the mean over rows."""
        found: Floats = self.rows @ self.points / self.rows.sum()
        return found

    def farthest(self, point: Floats) -> int:
        """Return the tuple farthest from a point."""
        return int(np.argmax(self._distances(point)))

    def take(self, at: int, k: int) -> tuple[Places, Floats]:
        """Remove the nearest tuples of one that together have k rows; return them and the point they stood around."""
        centre = self.points[at]
        distances = self._distances(centre)
        distances[at] = -np.inf
        few = np.argpartition(distances, k - 1)[:k] if k < len(distances) else np.arange(len(distances))
        near = few[np.argsort(distances[few], kind="stable")]
        taken = near[: int(np.searchsorted(np.cumsum(self.rows[near]), k)) + 1]
        result = self.members[taken]
        kept = np.ones(len(self.rows), np.bool_)
        kept[taken] = False
        self.points, self.rows, self.members = self.points[kept], self.rows[kept], self.members[kept]
        self._squares = self._squares[kept]
        return result, centre

    def _distances(self, point: Floats) -> Floats:
        found: Floats = self._squares - 2 * (self.points @ point)
        return found


def _groups(points: Floats, rows: Counts, members: Places, k: int) -> list[Places]:
    """MDAV-generic: while 3k rows are left, a group around the tuple farthest from their mean, and one around the tuple farthest from that.

    Where combinations have several rows, less than k may be left at the end: that group is joined later, as every group that is too small.
    """
    rest, done = _Rest(points, rows, members), []
    while rest.rows.sum() >= 3 * k:
        group, centre = rest.take(rest.farthest(rest.mean()), k)
        done.append(group)
        if rest.rows.sum() >= k:
            group, _ = rest.take(rest.farthest(centre), k)
            done.append(group)
    if rest.rows.sum() >= 2 * k:
        group, _ = rest.take(rest.farthest(rest.mean()), k)
        done.append(group)
    return [*done, rest.members] if len(rest.rows) else done


def _joined(space: Space, models: Models, place: Codes, points: Floats, used: Places) -> Codes:
    """Join groups that do not meet the models with their nearest neighbours until all do, or none is left."""
    table = space.table.chosen(place >= 0)
    rows = space.table.rows[used].astype(float)
    place = place.copy()
    while True:
        count = int(place.max(initial=-1)) + 1
        met = models.met(table.regrouped(place[place >= 0], count))
        if met.all():
            return place
        if count == 1:
            return np.full(len(place), -1, np.int32)
        weights = np.bincount(place[used], weights=rows, minlength=count)
        means = np.column_stack(
            [np.bincount(place[used], weights=rows * axis, minlength=count) / weights for axis in points.T]
        )
        to = np.arange(count)
        for at in np.flatnonzero(~met):
            if to[at] != at or (to == at).sum() > 1:
                continue  # somebody joined it already in this round
            distances = ((means - means[at]) ** 2).sum(axis=1)
            distances[at] = np.inf
            to[at] = to[int(np.argmin(distances))]
        _, numbers = np.unique(to, return_inverse=True)
        place[place >= 0] = numbers[place[place >= 0]]
