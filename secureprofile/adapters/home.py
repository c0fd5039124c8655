"""The workspace folder: where each thing lives, and which leftovers of a crash may go."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from secureprofile.errors import OutputError

_FOLDERS = ("store", "signer", "policies", "quarantine", "releases", "presence", "tmp")


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of one workspace."""

    root: Path

    @property
    def state(self) -> Path:
        """The state database."""
        return self.root / "state.db"

    @property
    def signer(self) -> Path:
        """What the log's signer remembers, kept apart from the database."""
        return self.root / "signer"

    @property
    def exists(self) -> bool:
        """Whether a workspace is here."""
        return self.state.exists()

    def create(self) -> None:
        """Make the folders, for the owner alone.

        Raises:
            OutputError: they cannot be made.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in _FOLDERS:
                (self.root / name).mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise OutputError(
                f"no workspace can be made in {self.root}: {error.strerror}", hint="choose another folder with -w"
            ) from None

    def store(self, dataset: str, snapshot: int | str) -> Path:
        """Return the folder of one snapshot's files; ``@portrait`` lives beside the datasets. Rewritten ones carry their act, too."""
        return self.root / "store" / dataset.lstrip("@") / str(snapshot)

    def policy(self, digest: str) -> Path:
        """Return the folder that keeps the policy of this hash."""
        return self.root / "policies" / digest

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a folder for this run's temporary files; it is gone afterwards."""
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=self.root / "tmp"))
        with _held(folder):
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def snapshot(self, dataset: str, snapshot: int | str) -> Iterator[Path]:
        """Give the new folder of one snapshot, held until the block ends: only then may a sweep judge it."""
        folder = self.store(dataset, snapshot)
        folder.mkdir(parents=True, mode=0o700)
        with _held(folder):
            try:
                yield folder
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise

    def sweep(self, visible: set[str]) -> int:
        """Remove what crashed runs left: scratch folders nobody holds, and store files that no snapshot names.

        Call it inside a writing transaction: then nobody commits meanwhile, and what is neither visible nor held is dead.

        Args:
            visible: paths of all snapshots, relative to the workspace.

        Returns:
            How many leftovers went.
        """
        gone = 0
        for folder in (self.root / "tmp").glob("run-*"):
            gone += _remove_unlocked(folder)
        for folder in (self.root / "store").glob("*/*"):
            if str(folder.relative_to(self.root)) not in visible and _remove_unlocked(folder):
                gone += 1
        return gone


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_unlocked(folder: Path) -> bool:
    lock = folder / ".lock"
    if not lock.exists():
        shutil.rmtree(folder, ignore_errors=True)
        return True
    descriptor = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        shutil.rmtree(folder, ignore_errors=True)
        return True
    finally:
        os.close(descriptor)


def make_durable(folder: Path) -> None:
    """Flush a snapshot's files and their names to disk, before the transaction that shows them."""
    for path in (*folder.glob("*.parquet"), folder, folder.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
