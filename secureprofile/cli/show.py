"""How results and progress look in a terminal. Data goes to stdout; everything else to stderr."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from secureprofile.flows.progress import Progress, Silent

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


def say(text: str = "", *, quiet: bool = False) -> None:
    """Print a line for people, on stderr."""
    if not quiet:
        print(text, file=sys.stderr)


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one.

    Example:
        >>> count(1, "purpose"), count(2000, "tag")
        ('1 purpose', '2,000 tags')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def as_json(kind: str, body: Any) -> None:
    """Print a versioned JSON result on stdout."""
    print(json.dumps({"format": f"secureprofile-{kind}/1", **body}, ensure_ascii=False, indent=1, default=str))


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """Print a plain table on stdout; Han characters count as two columns."""
    from rich.cells import cell_len

    lines = [list(map(str, row)) for row in (head, *rows)]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(head))]
    for number, line in enumerate(lines):
        cells = [
            " " * (width - cell_len(cell)) + cell if i in right else cell + " " * (width - cell_len(cell))
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("─" * width for width in widths))


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Progress]:
    """Give a progress that shows a bar on a terminal and nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = _Shown(bar)
        try:
            yield shown
        finally:
            shown.stop()


class _Shown:
    """A bar whose share is asked for ten times a second, from a thread of its own."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task: TaskID | None = None
        self._share: Callable[[], float] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def step(self, text: str, share: Callable[[], float] | None = None) -> None:
        """See :class:`secureprofile.flows.progress.Progress`."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._share = share
        self._task = self._bar.add_task(text, total=100 if share else None)

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            share, task = self._share, self._task
            if share is None or task is None:
                continue
            done = share()
            if done >= 0 and task in self._bar.task_ids:
                self._bar.update(task, completed=done)

    def stop(self) -> None:
        """End the thread before engines close."""
        self._ended.set()
        self._thread.join()
