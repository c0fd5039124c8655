"""A log's key handed over to its successor: how whoever holds an older verifier key comes to trust the newer one.

An entry announces the new key. A checkpoint that covers it is signed by both keys; the entry, its offline proof and that checkpoint are a
*handover*. From its size on the new key's checkpoints count, up to its size the old key's: a log that somebody signs anew with
a newer key from its beginning, or carries on with an older one, is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, open_checkpoint
from secureprofile.audit.entry import parse
from secureprofile.audit.note import ED25519
from secureprofile.audit.proof import parse_proof, verify_proof
from secureprofile.errors import ProofWrong

ACT: Final = "keys.rotate"
"""The act whose outcome announces a key of the log: in its details ``role`` is ``log``, and ``vkey`` the new verifier key."""


def with_successors(keys: Sequence[VerifierKey], handovers: Iterable[tuple[bytes, bytes]]) -> list[VerifierKey]:
    """Return the keys, and those to which handovers lead from them; each counts for its own sizes of the log.

    Args:
        keys: trusted: of the log, and of witnesses.
        handovers: (offline proof, entry), in the order of the log. Ones that none of the keys signed are passed over.

    Raises:
        ProofWrong: a handover that a trusted key signed does not prove its entry, announces no key, or lacks the new key's signature.
    """
    known = list(keys)
    for proof, entry in handovers:
        old = [key for key in known if key.kind == ED25519 and _signed(parse_proof(proof).note, key)]
        if not old:
            continue
        # 1. A key that counts at this size signed a checkpoint under which the entry stands.
        checkpoint = verify_proof(proof, entry, old)
        # 2. The entry announces a key of the same log.
        new = _announced(parse(entry), checkpoint)
        # 3. Whoever holds that key signed the same checkpoint.
        open_checkpoint(parse_proof(proof).note, [new])
        # 4. The others count up to here, that one from here on.
        known = [replace(key, last=checkpoint.size) if key in old else key for key in known if key != new]
        known.append(replace(new, first=checkpoint.size))
    return known


def signed_notes(keys: Sequence[VerifierKey], handovers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Return the checkpoints in handovers that some of the keys signed: the log must have been what they say, too.

    Args:
        keys: as :func:`with_successors` returns them.
        handovers: (offline proof, entry).
    """
    notes = [parse_proof(proof).note for proof, _ in handovers]
    return [note for note in notes if any(key.kind == ED25519 and _signed(note, key) for key in keys)]


def _signed(note: bytes, key: VerifierKey) -> bool:
    try:
        open_checkpoint(note, [key])
    except ProofWrong:
        return False
    return True


def _announced(content: dict[str, Any], checkpoint: Checkpoint) -> VerifierKey:
    details = content.get("details")
    if (
        content.get("act") != ACT
        or content.get("phase") != "outcome"
        or not isinstance(details, dict)
        or details.get("role") != "log"
    ):
        raise ProofWrong("a handover whose entry announces no key of the log")
    key = VerifierKey.parse(str(details.get("vkey")))
    if key.name != checkpoint.origin or key.kind != ED25519:
        raise ProofWrong("a handover to the key of another log")
    return key
