"""Marginals over tags: which cells a table has, how they are counted, and what is published of them.

The cells come from the tag dictionary, never from the data: a combination that nobody has is a cell with noise like any other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import ibis
import numpy as np
from numpy.typing import NDArray

from secureprofile.released import Attribute, Cell, Released, Table, Withheld

Key = tuple[str, ...]

CLEAR = 4
"""A count is shown from this many standard deviations of its noise on."""


def keys(attributes: Sequence[Attribute]) -> tuple[Key, ...]:
    """Return all combinations of the attributes' values in row-major order; no attribute gives the one empty key."""
    return tuple(itertools.product(*([value.code for value in attribute.values] for attribute in attributes)))


def counting(profile: ibis.Table, attributes: Sequence[Attribute]) -> ibis.Table:
    """Return the expression that counts people per combination (column ``people``); one row per person comes in."""
    if not attributes:
        return profile.aggregate(people=profile.count())
    return profile.group_by([attribute.code for attribute in attributes]).aggregate(people=lambda t: t.count())


def counted(attributes: Sequence[Attribute], people: Mapping[Key, int]) -> NDArray[np.int64]:
    """Lay counts out as an array with one axis per attribute; combinations nobody has are zero.

    Raises:
        ValueError: a combination outside the public domain.
    """
    places = [{value.code: place for place, value in enumerate(attribute.values)} for attribute in attributes]
    result = np.zeros([len(one) for one in places], dtype=np.int64)
    for key, count in people.items():
        try:
            result[tuple(place[code] for place, code in zip(places, key, strict=True))] = count
        except KeyError:
            raise ValueError("a person carries a tag value that the dictionary does not name") from None
    return result


def publish(
    attributes: Sequence[Attribute],
    noisy: NDArray[np.float64] | NDArray[np.int64],
    *,
    sd: float,
    half_width: float,
    mechanism: str,
    minimum_group: int,
) -> Table:
    """Show every noisy count of a table, or withhold it by its noisy value only.

    Args:
        attributes: of the table, one per axis of ``noisy``.
        noisy: counts with their noise, in people.
        sd: of the noise on each count.
        half_width: by which an interval reaches to either side.
        mechanism: its name.
        minimum_group: people, ≥ 1.

    Raises:
        ValueError: the array has not the attributes' shape.
    """
    if noisy.shape != tuple(len(attribute.values) for attribute in attributes):
        raise ValueError("the array has not the shape of the table's public domain")
    shown = tuple(
        cell(value, half_width=half_width, sd=sd, mechanism=mechanism, minimum_group=minimum_group)
        for value in noisy.ravel().tolist()
    )
    return Table(attributes=tuple(attribute.code for attribute in attributes), keys=keys(attributes), cells=shown)


def cell(value: float, *, half_width: float, sd: float, mechanism: str, minimum_group: int) -> Cell:
    """Return a noisy count, or why it is withheld.

    It is shown when it reaches both the minimum group and four standard deviations; below that it is mostly noise. The rule looks
    at noisy numbers alone, so it costs nothing and can show a true group below the minimum.
    """
    if value < minimum_group:
        return Withheld(reason="below-minimum-group", threshold=minimum_group)
    if value < CLEAR * sd:
        return Withheld(reason="too-noisy", threshold=math.ceil(CLEAR * sd))
    return Released(
        value=round(value, 6),
        low=math.floor((value - half_width) * 1e6) / 1e6,
        high=math.ceil((value + half_width) * 1e6) / 1e6,
        sd=round(sd, 4),
        mechanism=mechanism,
    )
