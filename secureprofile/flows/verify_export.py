"""The verbs of a stranger: verify an exported log, or the proof of one entry, without a workspace and without its database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from secureprofile.adapters.tile_folder import read_from
from secureprofile.audit.checkpoint import Checkpoint, VerifierKey
from secureprofile.audit.exported import Exported, verify_export
from secureprofile.audit.proof import parse_proof, verify_proof
from secureprofile.audit.verify import Pairs
from secureprofile.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """An entry that stands at ``index`` of the log that ``checkpoint`` states."""

    index: int
    checkpoint: Checkpoint


def verify_folder(
    folder: Path, *, keys: Sequence[str], since: Sequence[bytes] = (), entries: bool = False
) -> tuple[Exported, tuple[int, ...] | None]:
    """Verify an exported log.

    Args:
        folder: what ``audit export`` wrote, or a copy of it.
        keys: verifier keys: of the log, and of witnesses.
        since: checkpoints that were kept elsewhere.
        entries: also read every entry: its form, and that outcomes follow their intents.

    Returns:
        What holds, and the intents without outcome (None where entries are not read).

    Raises:
        ProofWrong: something was changed.
        InputError: there is no such folder, or it cannot be read.
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", hint="name the folder of an exported log")
    pairs: list[Pairs] = []

    def inspect(start: int, bodies: Sequence[bytes]) -> None:
        if not pairs:
            pairs.append(Pairs(start))
        for index, body in enumerate(bodies, start):
            pairs[0].follow(index, body)

    found = verify_export(
        lambda relative: read_from(folder, relative),
        [VerifierKey.parse(key) for key in keys],
        since=since,
        inspect=inspect if entries else None,
    )
    if not entries:
        return found, None
    interrupted = pairs[0].interrupted if pairs else ()
    # the newest entry announces the export itself, whose outcome cannot be in it
    return found, tuple(index for index in interrupted if index < found.size - 1 or pairs[0].last != "audit.export")


def verify_entry(proof: Path, entry: Path, *, keys: Sequence[str]) -> Proven:
    """Verify a ``.tlog-proof`` of one entry.

    Raises:
        ProofWrong: it does not prove this entry under these keys.
        InputError: a file cannot be read.
    """
    data = read_file(proof)
    checkpoint = verify_proof(data, read_file(entry), [VerifierKey.parse(key) for key in keys])
    return Proven(index=parse_proof(data).index, checkpoint=checkpoint)


def read_file(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}", hint="check the path") from None
