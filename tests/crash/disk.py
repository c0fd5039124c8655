"""A disk that is watched, and that fails on demand: SQLite's own file system calls, behind the standard library's ``sqlite3``.

The open function of SQLite's default file system is replaced; every file that it opens afterwards gets a copy of its table of methods
in which write, truncate and sync pass through here. Nothing of the project is imported.
"""

from __future__ import annotations

import ctypes as c
import ctypes.util
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

OK, FULL, IOERR_WRITE, IOERR_FSYNC = 0, 13, 10 | 3 << 8, 10 | 4 << 8

_WRITE = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p, c.c_int, c.c_int64)
_TRUNCATE = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_int64)
_SYNC = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_int)
_OPEN = c.CFUNCTYPE(
    c.c_int, c.c_void_p, c.c_void_p, c.c_void_p, c.c_int, c.c_void_p
)  # a name is more than its text: handed on as it is


class _Methods(c.Structure):
    _fields_ = (
        ("version", c.c_int),
        ("close", c.c_void_p),
        ("read", c.c_void_p),
        ("write", c.c_void_p),
        ("truncate", c.c_void_p),
        ("sync", c.c_void_p),
        ("rest", c.c_void_p * 13),
    )


class _File(c.Structure):
    _fields_ = (("methods", c.POINTER(_Methods)),)


class _Vfs(c.Structure):
    _fields_ = (
        ("version", c.c_int),
        ("file_size", c.c_int),
        ("longest_path", c.c_int),
        ("next", c.c_void_p),
        ("name", c.c_char_p),
        ("data", c.c_void_p),
        ("open", c.c_void_p),
    )


Kind = Literal["write", "truncate", "sync", "whole", "mark"]


@dataclass(frozen=True, slots=True)
class Event:
    """What reached the disk: ``at`` is an offset, a size, or what a mark says; ``whole`` is a file replaced in one durable step."""

    kind: Kind
    name: str
    at: int = 0
    data: bytes = b""


@dataclass
class Disk:
    """Install with ``with``; files are told by their names. ``events`` is what happened since.

    ``fail_at``: the operation, from 1, that fails, with ``code``; a failing write leaves half of its bytes.
    """

    events: list[Event] = field(default_factory=list)
    fail_at: int = 0
    code: int = IOERR_WRITE
    failed: int = 0
    _count: int = 0
    _kept: list[Any] = field(default_factory=list)
    _names: dict[int, str] = field(default_factory=dict)

    def __enter__(self) -> Disk:
        library = c.CDLL(ctypes.util.find_library("sqlite3"))
        library.sqlite3_vfs_find.restype = c.POINTER(_Vfs)
        library.sqlite3_vfs_find.argtypes = (c.c_char_p,)
        self._vfs = library.sqlite3_vfs_find(None).contents
        self._original = self._vfs.open
        original = _OPEN(self._original)

        def opened(vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
            code = int(original(vfs, name, file, flags, out))
            if code == OK and name:
                self._names[file] = Path(c.string_at(name).decode()).name
                self._watch(_File.from_address(file))
            return code

        replacement = _OPEN(opened)
        self._kept.append(replacement)
        self._vfs.open = c.cast(replacement, c.c_void_p).value
        return self

    def __exit__(self, *_: object) -> None:
        self._vfs.open = self._original

    def arm(self, fail_at: int, code: int) -> None:
        """Let an operation from now on fail."""
        self.fail_at, self.code, self._count = fail_at, code, 0

    def _watch(self, file: _File) -> None:
        own = _Methods()
        c.memmove(c.byref(own), file.methods, c.sizeof(_Methods) if file.methods.contents.version >= 3 else 17 * 8)
        write, truncate, sync = _WRITE(own.write), _TRUNCATE(own.truncate), _SYNC(own.sync)

        def wrote(handle: int, data: int, size: int, offset: int) -> int:
            if self._fails():
                half = size // 2
                write(handle, data, half, offset)
                self._add(handle, "write", offset, c.string_at(data, half))
                return FULL if self.code == FULL else IOERR_WRITE
            self._add(handle, "write", offset, c.string_at(data, size))
            return int(write(handle, data, size, offset))

        def cut(handle: int, size: int) -> int:
            if self._fails():
                return self.code
            self._add(handle, "truncate", size)
            return int(truncate(handle, size))

        def synced(handle: int, flags: int) -> int:
            if self._fails():
                return FULL if self.code == FULL else IOERR_FSYNC
            self._add(handle, "sync")
            return int(sync(handle, flags))

        functions = (_WRITE(wrote), _TRUNCATE(cut), _SYNC(synced))
        for name, function in zip(("write", "truncate", "sync"), functions, strict=True):
            setattr(own, name, c.cast(function, c.c_void_p).value)
        self._kept += [own, *functions, write, truncate, sync]
        file.methods = c.pointer(own)

    def _fails(self) -> bool:
        self._count += 1
        if self._count == self.fail_at:
            self.failed += 1
            return True
        return False

    def _add(self, handle: int, kind: Kind, at: int = 0, data: bytes = b"") -> None:
        self.events.append(Event(kind, self._names.get(handle, "?"), at, data))


def after_crash(before: dict[str, bytes], events: list[Event], rng: Random) -> dict[str, bytes]:
    """Return what the disk may hold when the machine loses its power behind some events.

    What was synced is there. Every write since may be there, missing, or torn at a sector, whatever became of the others.
    """
    files = {name: bytearray(data) for name, data in before.items()}
    last_sync = {event.name: place for place, event in enumerate(events) if event.kind == "sync"}
    choose: Callable[[], str] = lambda: rng.choice(("there", "there", "missing", "torn"))  # noqa: E731
    for place, event in enumerate(events):
        file = files.setdefault(event.name, bytearray()) if event.kind != "mark" else bytearray()
        fate = "there" if place <= last_sync.get(event.name, -1) else choose()
        match event.kind:
            case "whole":
                file[:] = event.data
            case "truncate" if fate != "missing":
                del file[event.at :]
                file.extend(bytes(event.at - len(file)))
            case "write" if fate != "missing":
                data = event.data if fate == "there" else event.data[: 512 * rng.randrange(len(event.data) // 512 + 1)]
                file.extend(bytes(max(0, event.at - len(file))))
                file[event.at : event.at + len(data)] = data
    return {name: bytes(data) for name, data in files.items()}
