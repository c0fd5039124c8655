"""The log's signer: it remembers what it signed, apart from the database, and signs only what grows out of it.

Its memory is the Merkle frontier at the last checkpoint. A new checkpoint is computed by appending the database's newer
entries to that frontier, so a database that was cut, restored from a backup or rewritten cannot be signed over.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from secureprofile.adapters.outputs import write_whole
from secureprofile.adapters.state import State
from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, attach, parse_checkpoint, sign_note, split_note
from secureprofile.audit.handover import with_successors
from secureprofile.audit.merkle import Frontier, leaf_hash
from secureprofile.audit.note import signature_line
from secureprofile.audit.proof import SUFFIX, offline_proof
from secureprofile.audit.tiles import inclusion_path
from secureprofile.errors import CannotTell, ProofWrong

HANDOVERS = "handovers"
"""Folder beside the signer's memory, and in an export: proofs of one key's handover to the next."""


class LogSigner:
    """Signs checkpoints of one workspace's log.

    Args:
        folder: ``signer/`` of the workspace.
        seeds: of the log's Ed25519 keys, 32 bytes each, the newest first. Which one signs, the kept handovers say: a newer one
            only once it was handed over; the oldest where there is none yet.
        origin: the log's name, as in its verifier keys.
    """

    def __init__(self, folder: Path, seeds: Sequence[bytes], origin: str) -> None:
        self._folder = folder
        self._keys = [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]
        self._origin = origin

    def with_keys(self, seeds: Sequence[bytes]) -> LogSigner:
        """Return the same signer with other keys: those of a ring that grew."""
        return LogSigner(self._folder, seeds, self._origin)

    @property
    def verifier(self) -> VerifierKey:
        """The public key under which strangers verify what is signed now."""
        return self._public(self._current())

    @property
    def verifiers(self) -> list[VerifierKey]:
        """The keys that ever signed, each with the sizes of the log for which it counts."""
        return with_successors([self._public(self._keys[-1])], self.handovers())

    def newest(self) -> VerifierKey:
        """Return the public half of the newest key, which may wait for its handover."""
        return self._public(self._keys[0])

    def handovers(self) -> list[tuple[bytes, bytes]]:
        """Return (offline proof, entry) of every handover from one key to the next, in order."""
        proofs = sorted((self._folder / HANDOVERS).glob(f"*{SUFFIX}"), key=lambda path: int(path.stem))
        return [(path.read_bytes(), path.with_suffix(".json").read_bytes()) for path in proofs]

    def hand_over(self, state: State, index: int) -> None:
        """Let the newest key sign from now on: both sign a checkpoint that covers the entry which announces it, and the proof is kept.

        The proof's arrival is the moment. A crash before it changes nothing, after it everything: what else is written repeats what it says.

        Args:
            state: whose log holds the entry.
            index: of the entry.

        Raises:
            ProofWrong: the database does not continue what was signed before.
        """
        self.sign(state)
        with self._alone(), state.reading() as view:
            note = self.remembered() or b""
            text, _ = split_note(note)
            checkpoint, new = parse_checkpoint(text), self._keys[0]
            both = attach(note, [signature_line(self._public(new), new.sign(text.encode()))])
            proof = offline_proof(index, inclusion_path(view.nodes(checkpoint.size), index, checkpoint.size), both)
            folder = self._folder / HANDOVERS
            folder.mkdir(exist_ok=True, mode=0o700)
            write_whole(folder / f"{index}.json", view.entry(index) or b"", overwrite=True)
            write_whole(folder / f"{index}{SUFFIX}", proof, overwrite=True)
            write_whole(self._folder / "checkpoint", both, overwrite=True)
            self._say_who_signs()

    def _public(self, key: Ed25519PrivateKey) -> VerifierKey:
        return VerifierKey(name=self._origin, public_key=key.public_key().public_bytes_raw())

    def _current(self) -> Ed25519PrivateKey:
        said = self.verifiers[-1].public_key
        for key in self._keys:
            if key.public_key().public_bytes_raw() == said:
                return key
        raise CannotTell(
            "the log is signed by a key that this ring does not have",
            hint="it was rotated meanwhile: run the command again; else restore the newest ring from its backup",
        )

    def _say_who_signs(self) -> None:
        """Write the verifier key for people to find, where it is not the one that stands there."""
        path, said = self._folder / "log.vkey", f"{self.verifier}\n".encode()
        if not path.exists() or path.read_bytes() != said:
            write_whole(path, said, overwrite=True)

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
            note = self._signed(text)
            write_whole(self._folder / "frontier", frontier.to_bytes(), overwrite=True)
            write_whole(self._folder / "checkpoint", note, overwrite=True)
            self._say_who_signs()
            return note

    def sign_text(self, text: str) -> bytes:
        """Return a text as a note signed under the log's key; its first line names its format, so no checkpoint can be made of it.

        Raises:
            ValueError: it begins as a checkpoint does.
        """
        if text.split("\n", 1)[0] == self._origin:
            raise ValueError("a text that could be taken for a checkpoint")
        return self._signed(text)

    def _signed(self, text: str) -> bytes:
        key = self._current()
        return sign_note(text, self._origin, key.sign, self._public(key).public_key)

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
