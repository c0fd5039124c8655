"""Mondrian (LeFevre, DeWitt, Ramakrishnan 2006): rows are halved along one attribute after another while both halves meet the models.

Attributes are cut where their leaves stand in order, so intervals and sets are the labels that suit it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from secureprofile.anonymity.classes import Classes, Codes
from secureprofile.anonymity.loss import Space
from secureprofile.anonymity.models import Models


def partition(space: Space, models: Models) -> Codes:
    """Return each tuple's part; all −1 where not even the whole table meets the models.

    A part is cut in the attribute whose leaves spread widest, weighted, at the cut nearest to half of its rows; if the halves do not
    meet the models, in the next one.
    """
    table = space.table
    place = np.full(len(table), -1, np.int32)
    used = np.flatnonzero(table.rows > 0)
    if not _meets(table, used, models):
        return place
    widths = [max(1, len(h.leaves) - 1) for h in space.hierarchies]
    open_, done = [used], 0
    while open_:
        members = open_.pop()
        halves = _cut(space, models, members, widths)
        if halves is None:
            place[members] = done
            done += 1
        else:
            open_ += reversed(halves)
    return place


def _cut(
    space: Space, models: Models, members: npt.NDArray[np.intp], widths: list[int]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]] | None:
    table = space.table
    rows = table.rows[members]
    if int(rows.sum()) < 2 * models.k:
        return None
    codes = table.codes[members]
    spread = (codes.max(axis=0) - codes.min(axis=0)) / widths * space.shares
    for at in np.argsort(-spread, kind="stable"):
        if spread[at] <= 0:
            return None
        column = codes[:, at]
        below = np.cumsum(np.bincount(column - column.min(), weights=rows))
        cut = column.min() + int(np.argmin(np.abs(below[:-1] - below[-1] / 2)))
        low, high = members[column <= cut], members[column > cut]
        if _meets(table, low, models) and _meets(table, high, models):
            return low, high
    return None


def _meets(table: Classes, members: npt.NDArray[np.intp], models: Models) -> bool:
    rows = int(table.rows[members].sum())
    if rows < models.k:
        return False
    if not models.others and table.pairs is None:
        return True
    among = np.zeros(len(table), np.bool_)
    among[members] = True
    return bool(models.met(table.chosen(among).joined()).all())
