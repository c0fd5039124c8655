"""What Python does to cells, seen from an engine: a function on many distinct texts, and which of them it cannot treat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

MOST = 1 << 16
"""Results that are remembered between batches: columns that repeat their values are treated once."""


class CellFunction(Protocol):
    """A treatment as a function on texts. Holds plain values only, so that it can be sent to workers."""

    def treat(self, cells: Sequence[str]) -> list[str | None]:
        """Return what each cell becomes; None for one that cannot be treated, and leaves empty."""
        ...

    def refuses(self, cell: str) -> bool:
        """Tell whether :meth:`treat` gives None for a cell, without treating it."""
        ...


class Remembered:
    """A :class:`CellFunction` that is asked once per distinct value, within bounds."""

    def __init__(self, inner: CellFunction) -> None:
        self.inner = inner
        self._known: dict[str, str | None] = {}

    def treat(self, cells: Sequence[str]) -> list[str | None]:
        """See :class:`CellFunction`."""
        known = self._known
        new = [cell for cell in dict.fromkeys(cells) if cell not in known]
        made = dict(zip(new, self.inner.treat(new), strict=True)) if new else {}
        result = [made[cell] if cell in made else known[cell] for cell in cells]
        if len(known) + len(made) > MOST:
            self._known = known = {}  # a fresh one: another thread may be reading the old
        if len(made) <= MOST:
            known.update(made)
        return result

    def refuses(self, cell: str) -> bool:
        """See :class:`CellFunction`."""
        return self.inner.refuses(cell)
