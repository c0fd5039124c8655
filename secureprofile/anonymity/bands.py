"""Numbers in bands: read exactly, put into intervals whose unions are the bands of the next level, and called as spreadsheets leave them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Final, TypeAlias

from secureprofile.anonymity.hierarchy import HierarchyError
from secureprofile.policy.anonymity import Bands

Number: TypeAlias = tuple[int, int]
"""(m, e) of m · 10ᵉ."""

_NUMBER: Final = re.compile(r"([+-]?(?=\.?[0-9])[0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,2}))?")
_LONGEST: Final = 40


def _number(text: str) -> Number | None:
    """Read a number: digits with a point, a sign and an exponent, and nothing else (no ``1,5``, ``1 000``, ``nan``)."""
    bare = text.strip()
    read = _NUMBER.fullmatch(bare) if len(bare) <= _LONGEST else None
    if read is None:
        return None
    whole, fraction, exponent = read.groups(default="")
    return int(whole + fraction), int(exponent or 0) - len(fraction)


def _decimals(numbers: Sequence[Number]) -> int:
    return max((-exponent for _, exponent in numbers if exponent < 0), default=0)


def _scaled(numbers: Sequence[Number], places: int) -> list[int]:
    """Return numbers as whole multiples of ``10 ** -places``, exactly."""
    return [mantissa * 10 ** (exponent + places) for mantissa, exponent in numbers]


def rise(texts: Sequence[str]) -> bool | None:
    """Tell whether numbers rise; None where some are no numbers.

    Example:
        >>> rise(["-1.5", "0", "1e1"]), rise(["2", "1"]), rise(["1", "many"])
        (True, False, None)
    """
    numbers = [number for text in texts if (number := _number(text)) is not None]
    if len(numbers) < len(texts):
        return None
    return all(a < b for a, b in pairwise(_scaled(numbers, _decimals(numbers))))


def banded(name: str, how: Bands, texts: Sequence[str]) -> list[list[str]]:
    """Put numbers into bands: the texts in the order of their numbers, then for each level the bands that they are in.

    All arithmetic is in whole multiples of the last decimal place that occurs, and exact.

    Raises:
        HierarchyError: a text is no number; told by how many.

    Example:
        >>> banded("x", Bands(width=Decimal(10), levels=2, high=Decimal(90)), ["95", "-1", "20"])
        [['-1', '20', '95'], ['from -10 to -1', '20 to 29', '>=90'], ['from -20 to -1', '20 to 39', '>=90']]
    """
    numbers = [number for text in texts if (number := _number(text)) is not None]
    if len(numbers) < len(texts):
        raise HierarchyError(
            name,
            [f"{len(texts) - len(numbers):,} of {len(texts):,} different values are not numbers"],
            hint="numbers are written 12, -0.5 or 1e3: a point, no separators, no units; clean the column, or use a file",
        )
    given = [_exact(bound) for bound in (how.width, how.start, how.low or Decimal(0), how.high or Decimal(0))]
    places = _decimals([*numbers, *given])
    width, start, low_, high_ = _scaled(given, places)
    low, high = None if how.low is None else low_, None if how.high is None else high_
    rising = sorted(zip(_scaled(numbers, places), texts, strict=True))
    unit = 10**places
    spell = _Spelling(places, integers=all(number % unit == 0 for number, _ in rising))
    columns = [[text for _, text in rising]]
    inside = [number for number, _ in rising if (low is None or number >= low) and (high is None or number < high)]
    below = 0 if low is None else sum(number < low for number, _ in rising)
    above = len(rising) - below - len(inside)
    # towards minus infinity, so that bands of bands nest below zero too; in rising order a band is a run
    runs = [(band, len(list(run))) for band, run in groupby((number - start) // width for number in inside)]
    for _ in range(how.levels):
        labels = [f"<{spell.number(low_)}"] * below
        for band, count in runs:
            first, end = start + band * width, start + (band + 1) * width
            first = first if low is None else max(first, low)
            labels += [spell.band(first, end if high is None else min(end, high))] * count
        columns.append(labels + [f">={spell.number(high_)}"] * above)
        width *= how.factor
        joined = groupby(runs, key=lambda run: run[0] // how.factor)
        runs = [(band, sum(count for _, count in parts)) for band, parts in joined]
    return columns


def _exact(number: Decimal) -> Number:
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # neither infinite nor no number: policies refuse those
    return (-1) ** sign * int("".join(map(str, digits))), exponent


class _Spelling:
    """How bands are called: ``20 to 29`` of integers, ``20 to <30`` of other numbers.

    A band that begins below zero has a word before it, ``from -10 to -1``: a cell that begins with a minus runs in spreadsheets.
    """

    def __init__(self, places: int, *, integers: bool) -> None:
        self._places, self._unit, self._integers = places, 10**places, integers

    def number(self, scaled: int) -> str:
        if scaled % self._unit == 0:
            return str(scaled // self._unit)
        whole, rest = divmod(abs(scaled), self._unit)
        fraction = f"{rest:0{self._places}}".rstrip("0")
        return f"{'-' if scaled < 0 else ''}{whole}.{fraction}"

    def band(self, first: int, end: int) -> str:
        """Call a band that includes ``first`` and ends before ``end``."""
        text = f"{self.number(first)} to <{self.number(end)}"
        if self._integers:
            text = f"{-(-first // self._unit)} to {-(-end // self._unit) - 1}"
        return f"from {text}" if text.startswith("-") else text
