"""A folder of tiles: read by whoever verifies an export, written so that every moment shows a whole one.

Tiles are written first, the checkpoint last: whoever reads meanwhile, or after a crash, sees the older checkpoint and all that it covers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from secureprofile.adapters.disk import sync
from secureprofile.adapters.outputs import disk_is_full, full_disk_told, write_whole
from secureprofile.errors import InputError, OutputError

MODE = 0o600


def read_from(folder: Path, relative: str) -> bytes | None:
    """Return a file of the folder, None where there is none.

    Raises:
        InputError: it is there and cannot be read.
    """
    try:
        return (folder / relative).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputError(f"{relative} cannot be read: {error.strerror}", hint="check the folder") from None


def add(folder: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write files into a folder, durable when this returns; return how many. What is there is replaced whole.

    Raises:
        OutputError: the folder cannot be written.
        CannotTell: the disk is full.
    """
    count, folders = 0, {folder}
    with full_disk_told(folder.name):
        try:
            for relative, data in files:
                place = folder / relative
                if place.parent not in folders:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    folders |= {place.parent, *place.parent.parents} & set(_below(folder, place.parent))
                partial = place.with_name(place.name + ".partial")
                descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fdatasync(file.fileno())
                partial.replace(place)
                count += 1
            for one in folders:
                sync(one)
        except OSError as error:
            if disk_is_full(error):
                raise
            raise OutputError(
                f"cannot write into {folder}: {error.strerror}",
                hint="choose another place, or ask for the right to write",
            ) from None
    return count


def publish(folder: Path, note: bytes) -> None:
    """Put a checkpoint in place of the older one, in one step."""
    write_whole(folder / "checkpoint", note, overwrite=True, mode=MODE)


def remove(folder: Path, relatives: Iterable[str]) -> int:
    """Remove files that the checkpoint does not need any more; return how many were there."""
    count = 0
    for relative in relatives:
        try:
            (folder / relative).unlink()
            count += 1
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OutputError(f"cannot remove {relative}: {error.strerror}", hint="check the folder") from None
    return count


def _below(folder: Path, place: Path) -> list[Path]:
    return [one for one in (place, *place.parents) if one == folder or folder in one.parents]
