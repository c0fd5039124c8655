"""What a log and a witness say to each other, as C2SP tlog-witness: the request, and what an answer proves."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from secureprofile.audit.checkpoint import COSIGNATURE, ML_DSA_44, VerifierKey, attach, witnessed
from secureprofile.audit.note import split_note
from secureprofile.errors import ProofWrong

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
MAX_PROOF = 63

_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


def add_checkpoint(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Return the body of a request.

    Args:
        old: the size that the witness cosigned last; 0 where it never did, and then ``proof`` is empty.
        proof: consistency of ``old`` with the note's size.
        note: the signed checkpoint.

    Example:
        >>> add_checkpoint(0, [], b"origin...").decode().splitlines()
        ['old 0', '', 'origin...']
    """
    if len(proof) > MAX_PROOF or (old == 0 and proof):
        raise ValueError("a proof that no witness takes")
    return b"".join((b"old %d\n" % old, *(base64.b64encode(one) + b"\n" for one in proof), b"\n", note))


def known_size(body: bytes) -> int:
    """Return the size that a witness holds, from the body of its answer 409.

    Raises:
        ProofWrong: not of that form; so answers a witness that saw another root of the same size.
    """
    found = _SIZE.fullmatch(body)
    if found is None:
        raise ProofWrong(
            "the witness refuses: it saw another log of this size under this name",
            hint="keep this workspace as evidence: it was restored from a backup, or the log forked",
        )
    return int(found[1])


def accepted(note: bytes, answer: bytes, log: VerifierKey, witness: VerifierKey) -> tuple[bytes, int]:
    """Return the note with the witness's cosignature, and the time at which the witness gave it.

    Lines of others in the answer are left out.

    Raises:
        ProofWrong: malformed, or not cosigned by this witness.
    """
    text, _ = split_note(note)
    whole = f"{text}\n".encode() + answer
    _, theirs = witnessed(attach(note, split_note(whole)[1]), [log, witness])
    mine = [one for one in theirs if one.key == witness and one.time]
    if not mine:
        raise ProofWrong("the witness answered without its cosignature", hint="compare its verifier key")
    return attach(note, [mine[-1].line]), mine[-1].time or 0


def check_witness(key: VerifierKey, log: VerifierKey) -> None:
    """Refuse a key that can be no witness of a log: of another kind, or the log's own.

    Raises:
        ProofWrong: with the reason.
    """
    if key.kind not in (COSIGNATURE, ML_DSA_44):
        raise ProofWrong(
            "a witness has a key for cosignatures (type 0x04 or 0x06)", hint="ask the witness for that vkey"
        )
    if key.name == log.name or key.public_key == log.public_key:
        raise ProofWrong("a log is no witness of itself", hint="a witness is somebody else")
