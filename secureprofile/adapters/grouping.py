"""Group commit: entries of many threads share a transaction, and nobody is told an index before it is durable.

Who waits first for a batch commits it. While one batch is on its way to the disk, the next one gathers whoever comes: nobody waits for
company, so a lone caller is as fast as without a group, and a crowd shares the cost of the disk.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from secureprofile.audit.entry import MAX_BYTES
from secureprofile.errors import CannotTell, SecureProfileError

MOST = 256
"""Most entries of one transaction."""

PATIENCE = 0.01
"""Seconds after which a waiting thread looks whether its batch still has somebody who commits it."""


class _Batch:
    """Entries that become durable together."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.led = False
        self.settled = threading.Event()
        self.first = -1
        self.error: SecureProfileError | None = None


class Ticket:
    """An entry on its way. It is in the log when :meth:`index` has returned, no sooner."""

    __slots__ = ("_batch", "_group", "_place")

    def __init__(self, group: Group, batch: _Batch, place: int) -> None:
        self._group, self._batch, self._place = group, batch, place

    def index(self) -> int:
        """Wait until the entry is durable and return its place in the log.

        Raises:
            CannotTell: its transaction failed; none of its entries was acknowledged to anybody.
        """
        if not self._batch.settled.is_set():
            self._group._settle(self._batch)
        if self._batch.error is not None:
            raise CannotTell(self._batch.error.message, hint=self._batch.error.hint) from None
        return self._batch.first + self._place


class Group:
    """Appends the entries of a process's threads in common transactions, in the order in which they came. Made by ``State.group``.

    Args:
        append: appends entries in one durable transaction and returns the first one's index.
        most: entries of one transaction at most.
    """

    def __init__(self, append: Callable[[Sequence[bytes]], int], *, most: int = MOST) -> None:
        self._append = append
        self._most = most
        self._mutex = threading.Lock()
        self._committing = threading.Lock()
        self._queue: deque[_Batch] = deque()

    def append(self, body: bytes) -> int:
        """Append an entry and return its index when it is durable. Errors as in :meth:`Ticket.index`."""
        return self.submit(body).index()

    def submit(self, body: bytes) -> Ticket:
        """Put an entry in the queue; it is durable when its ticket says so. A batch that is full is committed at once.

        Raises:
            ValueError: longer than an entry may be.
        """
        if len(body) > MAX_BYTES:
            raise ValueError(f"an entry of {len(body)} bytes is too long")
        with self._mutex:
            if not self._queue or len(self._queue[-1].bodies) >= self._most:
                self._queue.append(_Batch())
            batch = self._queue[-1]
            batch.bodies.append(body)
            place = len(batch.bodies) - 1
        if place + 1 == self._most:
            self._settle(batch)
        return Ticket(self, batch, place)

    def _settle(self, batch: _Batch) -> None:
        """Wait until a batch is committed, and commit it, after all before it, where nobody does."""
        while not batch.settled.is_set():
            with self._mutex:
                leads, batch.led = not batch.led, True
            if not leads:
                batch.settled.wait(PATIENCE)  # whoever leads may have been interrupted: then somebody else takes over
                continue
            try:
                with self._committing:
                    while not batch.settled.is_set():
                        with self._mutex:
                            oldest = self._queue.popleft()
                        self._commit(oldest)
            finally:
                batch.led = False

    def _commit(self, batch: _Batch) -> None:
        try:
            batch.first = self._append(batch.bodies)
        except SecureProfileError as error:
            batch.error = error
        except BaseException:
            batch.error = CannotTell("the entry could not be recorded, so nothing was done", hint="try again")
            raise
        finally:
            batch.settled.set()
