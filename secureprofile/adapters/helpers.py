"""Processes that scrub beside ours: Python looks at one cell at a time, however many cores there are.

A helper is this module run by the same interpreter; batches go to it and come back through pipes, and nothing is written anywhere. Helpers are
started when a table turns out to be long, because each takes a second to load the lists of names; until then, and wherever one is gone, the
work is done here. They end when their input ends, so they do not outlive us, however we end.
"""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Final

from secureprofile.adapters.words import word_lists
from secureprofile.guard.finder import Finder
from secureprofile.guard.scrub import SCRUBBED, Scrubber
from secureprofile.guard.treat import split_own

Cell = tuple[str, str, Sequence[str]]
"""Free text, own identifiers as joined by ``guard.treat.own_cells``, keys of mentioned people."""
Scrub = Callable[[Sequence[Cell]], list[str]]

LONG: Final = 20_000
"""Cells from which helpers are worth their start."""
MOST: Final = max(0, min(8, os.cpu_count() or 1) - 1)
"""Helpers; one more works here."""


def scrub_cells(finders: Sequence[Finder] = ()) -> Scrub:
    """Return the function that scrubs cells in this process, with whatever models there are.

    Example:
        >>> scrub_cells()([("mail ada@example.org", "", ())])
        ['mail [EMAIL]']
    """
    scrubber = Scrubber(specs=SCRUBBED, words=word_lists(), finders=finders)
    return lambda cells: [scrubber.scrub(text, split_own(own), known) for text, own, known in cells]


class Helpers:
    """Scrubs batches, as many at a time as there are helpers, and one here. May be called from any thread; close it.

    Args:
        here: scrubs in this process.
        most: helpers to start; none where models take part, which stay in this process.
        long: cells after which they are started.
    """

    def __init__(self, here: Scrub, *, most: int = MOST, long: int = LONG) -> None:
        self._here, self._long = here, long
        self._free: SimpleQueue[Scrub] = SimpleQueue()
        self._free.put(here)
        self._lock, self._seen, self._most = threading.Lock(), 0, most if sys.executable else 0
        self._started: list[_Helper] = []

    def __call__(self, cells: Sequence[Cell]) -> list[str]:
        """Return the scrubbed cells."""
        self._start_if_long(len(cells))
        scrub = self._free.get()
        try:
            return scrub(cells)
        except (OSError, EOFError, ValueError):
            if scrub is self._here:
                raise
            scrub = self._here  # the helper was killed: nothing of this batch came back, and it stays away
            return scrub(cells)
        finally:
            self._free.put(scrub)

    def _start_if_long(self, cells: int) -> None:
        with self._lock:
            self._seen += cells
            if self._seen < self._long or self._started:
                return
            self._started = [_Helper(self._free.put) for _ in range(self._most)]

    def close(self) -> None:
        """End the helpers."""
        for helper in self._started:
            helper.close()


class _Helper:
    """One process; ``ready`` is called with it when it has loaded."""

    def __init__(self, ready: Callable[[Scrub], None]) -> None:
        code = f"import sys; sys.path[:] = {sys.path!r}; from secureprofile.adapters.helpers import serve; serve()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout
        threading.Thread(target=self._await, args=(ready,), daemon=True).start()

    def _await(self, ready: Callable[[Scrub], None]) -> None:
        try:
            if self([]) == []:
                ready(self)
        except (
            OSError,
            EOFError,
            ValueError,
        ):  # it could not start, or was closed before it had: the others do its work
            return

    def __call__(self, cells: Sequence[Cell]) -> list[str]:
        marshal.dump([(text, own, list(known)) for text, own, known in cells], self._to)
        self._to.flush()
        done: list[str] = marshal.load(self._from)  # our own process at the other end
        return done

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        with suppress(OSError):  # what was on its way to a process that is gone
            self._to.close()
        self._from.close()


def serve() -> None:
    """Answer batches from standard input on standard output until there are no more."""
    scrub, to, out = scrub_cells(), sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            cells = marshal.load(to)
        except EOFError:
            return
        marshal.dump(scrub(cells), out)
        out.flush()
