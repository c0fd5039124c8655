"""Targets: a file or folder appears whole under its name, or not at all.

Everything is written in a hidden folder of mode 0700 beside the target (``.{name}.{random}.partial``), synced to disk,
and renamed. The folder rather than a hidden file keeps half-written rows private whatever a writer does: DuckDB deletes
and recreates the file that it is given, and the new one is readable by everybody. A killed process leaves only such a
folder.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from secureprofile.adapters.disk import sync
from secureprofile.errors import CannotTell, OutputError, SecureProfileError

PRIVATE = 0o600
"""Mode of a finished file unless its caller says otherwise: an export is for one recipient, not for everybody."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def whole_file(target: Path, *, overwrite: bool = False, mode: int = PRIVATE) -> Iterator[Path]:
    """Give a path to write to; what is there when the block ends well becomes ``target`` in one step.

    The path has the target's own name, so that writers which look at the suffix see it, and starts as an empty file. If
    the block raises anything, Ctrl-C included, nothing remains and an existing target keeps its old content.

    Args:
        target: where the finished file belongs. A symbolic link is replaced, not followed.
        overwrite: replace an existing file.
        mode: permissions of the finished file; those of a file it replaces do not carry over.
    Raises:
        OutputError: the target exists (without ``overwrite``), is no regular file, or its folder cannot be written.
        CannotTell: the disk is full.
    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> with whole_file(folder / "out.csv") as partial:
        ...     _ = partial.write_text("a,b")
        >>> [path.name for path in folder.iterdir()], (folder / "out.csv").read_text()
        (['out.csv'], 'a,b')
    """
    _refuse_special(target)
    _refuse_existing(target, overwrite=overwrite)
    with _staging(target) as staging:
        partial = staging / target.name
        with _refusals_told(target):
            os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
        yield partial
        _refuse_existing(target, overwrite=overwrite)  # somebody may have been faster
        with _refusals_told(target):
            partial.chmod(mode)
            sync(partial)
            partial.replace(target)
            sync(target.parent)


def write_whole(target: Path, data: bytes, overwrite: bool = False, *, mode: int = PRIVATE) -> None:
    """Write ``data`` as a whole file. Arguments and errors as in :func:`whole_file`."""
    with whole_file(target, overwrite=overwrite, mode=mode) as partial:
        partial.write_bytes(data)


@contextmanager
def whole_directory(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give an empty folder (mode 0700) to fill; when the block ends well it becomes ``target``.

    Replacing takes two renames, for no portable call exchanges folders: a kill between them leaves the old folder
    inside the hidden one. An empty folder counts as existing.

    Raises:
        OutputError: the target exists (without ``overwrite``), is no folder, holds the current or the home folder, or
            the folder around it cannot be written.
        CannotTell: the disk is full.
    """
    _refuse_existing(target, overwrite=overwrite)
    if os.path.lexists(target):
        _refuse_unless_replaceable(target)
    with _staging(target) as staging:
        partial = staging / target.name
        with _refusals_told(target):
            partial.mkdir(mode=0o700)
        yield partial
        _refuse_existing(target, overwrite=overwrite)
        with _refusals_told(target):
            _sync_tree(partial)
            _swap_in(partial, target)
            sync(target.parent)


def disk_is_full(error: BaseException | None) -> bool:
    """Tell whether an error, or one that it wraps, means that no more bytes fit: disk, quota, or file size limit.

    Example:
        >>> disk_is_full(OSError(errno.ENOSPC, "No space left on device")), disk_is_full(OSError(errno.EACCES, "no"))
        (True, False)
    """
    if error is None:
        return False
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    # DuckDB's errors carry no number; the module is asked by name because importing it costs 0.1 s.
    if "duckdb" in type(error).__module__ and any(f"{os.strerror(number)}" in str(error) for number in _FULL):
        return True
    return disk_is_full(error.__cause__ or error.__context__)


@contextmanager
def full_disk_told(name: str) -> Iterator[None]:
    """Turn every error that means a full disk into :class:`CannotTell`; ``name`` is the file that was being written."""
    try:
        yield
    except SecureProfileError:
        raise
    except Exception as error:
        if not disk_is_full(error):
            raise
        raise CannotTell(
            f"the disk is full: {name} was not written", hint="free some space and run the same command again"
        ) from None


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """Give a hidden private folder beside the target; it is gone afterwards, with all that is in it."""
    if not os.path.isdir(target.parent):  # noqa: PTH112 (Path.is_dir raises on names that are too long)
        raise OutputError(f"there is no folder {target.parent} to write into", hint="make the folder first")
    with full_disk_told(target.name):
        with _refusals_told(target):  # a name may have 255 bytes: 50 characters leave room for the rest in any script
            _sweep(target)
            made = tempfile.mkdtemp(prefix=f".{target.name[:50]}.", suffix=".partial", dir=target.parent)
        held = os.open(made, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield Path(made)
        finally:
            shutil.rmtree(made, ignore_errors=True)
            os.close(held)


def _sweep(target: Path) -> None:
    """Remove what killed runs left for the same target: hidden folders that no running process holds."""
    for left in target.parent.glob(f".{glob.escape(target.name[:50])}.*.partial"):
        held = os.open(left, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(held)


def _refuse_existing(target: Path, *, overwrite: bool) -> None:
    if os.path.lexists(target) and not overwrite:
        raise OutputError(f"{target.name} exists already", hint="choose another name, or add --overwrite")


def _refuse_special(target: Path) -> None:
    """Folders, and such as ``/dev/null``: replacing the name would remove the device."""
    if not target.name or os.path.isdir(target):  # noqa: PTH112
        raise OutputError(f"{target} is a folder", hint="name a file in it")
    if os.path.exists(target) and not os.path.isfile(target):  # noqa: PTH110, PTH113
        raise OutputError(f"{target} is not a regular file", hint="name a file that may be replaced")


@contextmanager
def _refusals_told(target: Path) -> Iterator[None]:
    """Turn what the system refuses (no right, read-only, name too long) into :class:`OutputError`."""
    try:
        yield
    except OSError as error:
        if disk_is_full(error):
            raise
        raise OutputError(
            f"cannot write {target}: {os.strerror(error.errno or 0)}",
            hint="choose another place, or ask for the right to write there",
        ) from None


def _refuse_unless_replaceable(target: Path) -> None:
    """A slip such as ``--out . --overwrite`` must not delete somebody's work."""
    if not target.is_dir() or target.is_symlink():
        raise OutputError(f"{target.name} is not a folder", hint="choose another name")
    real, here, home = target.resolve(), Path.cwd().resolve(), Path.home().resolve()
    if real in (here, *here.parents, home, *home.parents):
        raise OutputError(f"{target} holds the current or the home folder", hint="name a folder inside it")


def _swap_in(partial: Path, target: Path) -> None:
    if not os.path.lexists(target):
        partial.rename(target)
        return
    old = partial.with_name(target.name + ".old")
    target.rename(old)
    try:
        partial.rename(target)
    except BaseException:
        old.rename(target)
        raise


def _sync_tree(root: Path) -> None:
    for folder, _, names in os.walk(root):
        for name in names:
            sync(Path(folder, name))
        sync(Path(folder))
