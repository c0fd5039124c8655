"""Marginals over tags: which cells a table has, how they are counted, and what is published of them.

The cells come from the tag dictionary, never from the data: a combination that nobody has is a cell with noise like any other.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import ibis

from secureprofile.dp.mechanism import NAME, half_width, standard_deviation
from secureprofile.released import Attribute, Cell, Released, Table, Withheld

Key = tuple[str, ...]


def keys(attributes: Sequence[Attribute]) -> tuple[Key, ...]:
    """Return all combinations of the attributes' values in row-major order; no attribute gives the one empty key."""
    return tuple(itertools.product(*([value.code for value in attribute.values] for attribute in attributes)))


def counting(profile: ibis.Table, attributes: Sequence[Attribute]) -> ibis.Table:
    """Return the expression that counts people per combination (column ``people``); one row per person comes in."""
    if not attributes:
        return profile.aggregate(people=profile.count())
    return profile.group_by([attribute.code for attribute in attributes]).aggregate(people=lambda t: t.count())


def publish(
    attributes: Sequence[Attribute],
    exact: Mapping[Key, int],
    noise: Sequence[int],
    *,
    epsilon: float,
    confidence: float,
    minimum_group: int,
) -> Table:
    """Add noise to every cell and withhold by noisy value only.

    A cell is shown when its noisy count reaches both the minimum group and four standard deviations; below that it is mostly
    noise. The rule looks at noisy numbers alone, so it costs nothing and can show a true group below the minimum.

    Args:
        attributes: of the table, in the order of the keys.
        exact: people per combination; combinations nobody has may be missing, unknown ones are an error.
        noise: one draw per cell, in the order of :func:`keys`.
        epsilon: the geometric mechanism's parameter for this table.
        confidence: of the intervals, in (0, 1).
        minimum_group: people, ≥ 1.

    Raises:
        ValueError: a combination outside the public domain, or a number of draws that is not the number of cells.
    """
    cells = keys(attributes)
    if set(exact) - set(cells):
        raise ValueError("a person carries a tag value that the dictionary does not name")
    width, sd = half_width(epsilon, confidence), standard_deviation(epsilon)
    shown = tuple(
        _cell(exact.get(key, 0) + draw, width=width, sd=sd, minimum_group=minimum_group)
        for key, draw in zip(cells, noise, strict=True)
    )
    return Table(attributes=tuple(attribute.code for attribute in attributes), keys=cells, cells=shown)


def _cell(value: int, *, width: int, sd: float, minimum_group: int) -> Cell:
    if value < minimum_group:
        return Withheld(reason="below-minimum-group", threshold=minimum_group)
    if value < 4 * sd:
        return Withheld(reason="too-noisy", threshold=-int(-4 * sd // 1))
    return Released(value=value, low=value - width, high=value + width, sd=round(sd, 4), mechanism=NAME)
