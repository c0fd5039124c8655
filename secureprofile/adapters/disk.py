"""What the disk answers, and what is made of it: typed errors, and a write-ahead log whose cache tells the truth.

Linux reports a failed write-back once and then drops the pages from its list of what is still to be written: a second ``fsync`` succeeds
although the bytes never reached the disk. So nothing here asks again. A connection that saw a failure is closed, and before
anything more is recorded the write-ahead log is written anew from the cache (:func:`rewrite`), which makes every page dirty once
more: either it reaches the disk now, or the error comes back.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final

from secureprofile.errors import CannotTell

_FULL: Final = sqlite3.SQLITE_FULL
_FAILED: Final = sqlite3.SQLITE_IOERR
_FATAL: Final = frozenset({_FULL, _FAILED, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_HELD: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PIECE: Final = 1 << 20


def _code(error: sqlite3.Error | None) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def told(error: sqlite3.Error | None) -> CannotTell:
    """Return the error to raise for one of SQLite's: its own text may quote parameters.

    Example:
        >>> str(told(sqlite3.OperationalError("unable to open database file")))
        'the state database cannot be opened'
    """
    code = _code(error)
    if code == _FULL:
        return CannotTell("the disk is full: nothing was recorded, so nothing was done", hint="free some space")
    if code == _FAILED:
        return CannotTell(
            "the disk failed: what was being recorded may or may not be on it, and nothing was done with it",
            hint="check the disk, then: secureprofile audit verify",
        )
    if code in _HELD:
        return CannotTell("another process holds the state database", hint="wait for it to end, then try again")
    if isinstance(error, sqlite3.OperationalError):
        return CannotTell("the state database cannot be opened", hint="check that the workspace is writable")
    return CannotTell("the state database is damaged", hint="restore the workspace from a backup")


def is_fatal(error: sqlite3.Error | None) -> bool:
    """Tell whether a connection that saw this error must not be used again: the disk failed, is full, or holds something else."""
    return _code(error) in _FATAL


def rewrite(path: Path) -> None:
    """Write a file's bytes again where they are, and wait until they are on the disk; a missing file is left missing.

    Call it with the writers' lock held. What an earlier process wrote and failed to sync is read from the cache like anything else;
    after this it is on the disk, and what is built on it cannot lose its ground in a power cut.

    Raises:
        OSError: the disk refuses.
    """
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return
    try:
        offset = 0
        while piece := os.pread(descriptor, _PIECE, offset):
            _write_all(descriptor, piece, offset)
            offset += len(piece)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    rest = memoryview(data)
    while rest:
        taken = os.pwrite(descriptor, rest, offset)
        if taken <= 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rest, offset = rest[taken:], offset + taken


def sync(path: Path) -> None:
    """Put a file's bytes, or the names in a folder, on the disk.

    Raises:
        OSError: the disk refuses.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems cannot sync a folder
            raise
    finally:
        os.close(descriptor)
