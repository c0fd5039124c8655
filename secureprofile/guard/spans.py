"""Spans of one text that do not overlap, however many: looked up by halving, so that a long text full of findings stays linear."""

from __future__ import annotations

from bisect import bisect_right


class Taken:
    """Which places of a text are taken.

    Example:
        >>> taken = Taken()
        >>> taken.add(3, 5), taken.add(4, 9), taken.add(5, 9)
        (True, False, True)
    """

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, start: int, end: int) -> bool:
        """Take a span if nothing in it is taken; tell whether it was free."""
        place = bisect_right(self._starts, start)
        if (place and self._ends[place - 1] > start) or (place < len(self._starts) and self._starts[place] < end):
            return False
        self._starts.insert(place, start)
        self._ends.insert(place, end)
        return True
