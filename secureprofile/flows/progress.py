"""How a flow says what it is doing, without knowing who looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Shows the steps of a flow. Texts name files, datasets and steps, never cells."""

    def step(self, text: str, share: Callable[[], float] | None = None) -> None:
        """Begin the next step; ``share`` tells how much of it is done in percent, below 0 where unknown."""
        ...


class Silent:
    """Shows nothing."""

    def step(self, text: str, share: Callable[[], float] | None = None) -> None:
        """See :class:`Progress`."""


@contextmanager
def silent() -> Iterator[Progress]:
    """Give a progress that shows nothing."""
    yield Silent()
