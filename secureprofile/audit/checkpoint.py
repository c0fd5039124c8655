"""Checkpoints: signed statements of a log's size and root, as C2SP tlog-checkpoint in a signed note, and who cosigned them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from secureprofile.audit.note import COSIGNATURE as COSIGNATURE
from secureprofile.audit.note import ED25519 as ED25519
from secureprofile.audit.note import MAX_SIGNATURES as MAX_SIGNATURES
from secureprofile.audit.note import ML_DSA_44 as ML_DSA_44
from secureprofile.audit.note import Signature, open_note, read_signature
from secureprofile.audit.note import VerifierKey as VerifierKey
from secureprofile.audit.note import key_id as key_id
from secureprofile.audit.note import sign_note as sign_note
from secureprofile.audit.note import split_note as split_note
from secureprofile.audit.note import verify_note as verify_note
from secureprofile.audit.statement import Checkpoint as Checkpoint
from secureprofile.audit.statement import parse_checkpoint as parse_checkpoint
from secureprofile.audit.statement import read_base64 as read_base64
from secureprofile.errors import ProofWrong


def open_checkpoint(note: bytes, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Return the checkpoint that a log's own key signed: a key vouches for the log of its own name only.

    Args:
        note: the signed checkpoint.
        keys: of the log and of its witnesses; a wrong signature by any of them spoils the note.

    Raises:
        ProofWrong: malformed, not signed by the log's own key, or a known key's signature is wrong.
    """
    return witnessed(note, keys)[0]


def witnessed(note: bytes, keys: Sequence[VerifierKey]) -> tuple[Checkpoint, list[Signature]]:
    """Return a checkpoint and the cosignatures of known witnesses under it. Raises as :func:`open_checkpoint`."""
    text, signatures = open_note(note, keys)
    checkpoint = parse_checkpoint(text)
    own = [one.key for one in signatures if one.key.kind == ED25519 and one.key.name == checkpoint.origin]
    if not own:
        known = any(key.kind == ED25519 and key.name == checkpoint.origin for key in keys)
        raise ProofWrong("the log's own key did not sign this checkpoint" if known else "a checkpoint of another log")
    if not any(key.first <= checkpoint.size and (key.last is None or checkpoint.size <= key.last) for key in own):
        raise ProofWrong(
            f"a checkpoint of {checkpoint.size} entries, signed by a key of the log that does not count at that size",
            hint="the key was handed over at another size: keep this as evidence",
        )
    return checkpoint, [one for one in signatures if one.key.kind != ED25519 and one.key.name != checkpoint.origin]


def attach(note: bytes, lines: Iterable[str]) -> bytes:
    """Return a note with more signature lines; ones that it has already, by name and key id, are replaced by the newer.

    Raises:
        ProofWrong: a line is no signature, or the note is malformed.
    """
    text, known = split_note(note)
    by_key = {(name, blob[:4]): line for line in known for name, blob in (read_signature(line),)}
    for line in lines:
        name, blob = read_signature(line.removesuffix("\n"))
        by_key[name, blob[:4]] = line.removesuffix("\n")
    return f"{text}\n{''.join(line + chr(10) for line in by_key.values())}".encode()
