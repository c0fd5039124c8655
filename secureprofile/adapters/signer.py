"""The log's signer: it remembers what it signed, apart from the database, and signs only what grows out of it.

Its memory is the Merkle frontier at the last checkpoint. A new checkpoint is computed by appending the database's newer
entries to that frontier, so a database that was cut, restored from a backup or rewritten cannot be signed over.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from secureprofile.adapters.outputs import write_whole
from secureprofile.adapters.state import State
from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, sign_note
from secureprofile.audit.merkle import Frontier, leaf_hash
from secureprofile.errors import CannotTell, ProofWrong


class LogSigner:
    """Signs checkpoints of one workspace's log.

    Args:
        folder: ``signer/`` of the workspace.
        seed: the Ed25519 seed, 32 bytes.
        origin: the log's name, as in its verifier key.
    """

    def __init__(self, folder: Path, seed: bytes, origin: str) -> None:
        self._folder = folder
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._origin = origin

    @property
    def verifier(self) -> VerifierKey:
        """The public key under which strangers verify the log."""
        return VerifierKey(name=self._origin, public_key=self._key.public_key().public_bytes_raw())

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._origin

    def remembered(self) -> bytes | None:
        """Return the last signed checkpoint."""
        try:
            return (self._folder / "checkpoint").read_bytes()
        except FileNotFoundError:
            return None

    def sign(self, state: State) -> bytes:
        """Sign the log as it stands and remember it.

        Raises:
            ProofWrong: the database does not continue what was signed before.
        """
        with self._alone(), state.reading() as view:
            frontier, signed = self._memory(), view.frontier()
            if signed.size < frontier.size:
                raise ProofWrong(
                    f"the log has {signed.size} entries, but {frontier.size} were signed before",
                    hint="a backup was restored or entries were removed: keep this workspace as evidence",
                )
            for body in view.entries(frontier.size):
                frontier = frontier.append(leaf_hash(body))
            if frontier != signed:
                raise ProofWrong("the log was changed behind its signer", hint="secureprofile audit verify")
            text = Checkpoint(origin=self._origin, size=frontier.size, root=frontier.root()).text()
            note = sign_note(text, self._origin, self._key.sign, self.verifier.public_key)
            write_whole(self._folder / "frontier", frontier.to_bytes(), overwrite=True)
            write_whole(self._folder / "checkpoint", note, overwrite=True)
            return note

    def sign_text(self, text: str) -> bytes:
        """Return a text as a note signed under the log's key; its first line names its format, so no checkpoint can be made of it.

        Raises:
            ValueError: it begins as a checkpoint does.
        """
        if text.split("\n", 1)[0] == self._origin:
            raise ValueError("a text that could be taken for a checkpoint")
        return sign_note(text, self._origin, self._key.sign, self.verifier.public_key)

    def _memory(self) -> Frontier:
        try:
            return Frontier.from_bytes((self._folder / "frontier").read_bytes())
        except FileNotFoundError:
            return Frontier()
        except ValueError:
            raise CannotTell(
                "the signer's memory is damaged", hint="restore the folder signer/ from a backup"
            ) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self._folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
