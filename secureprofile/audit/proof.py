"""Offline proofs: one entry of a log under a signed checkpoint, as C2SP tlog-proof. Whoever has the verifier key needs nothing else."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, open_checkpoint, read_base64
from secureprofile.audit.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from secureprofile.errors import ProofWrong

HEADER = b"c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MAX_PATH = 63
"""Hashes of the longest path: sizes stay below 2⁶³."""

_INDEX = re.compile(rb"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a proof holds. ``extra`` is for whoever wrote it: nothing authenticates it."""

    index: int
    path: tuple[bytes, ...]
    note: bytes
    extra: bytes | None = None


def offline_proof(index: int, path: Sequence[bytes], note: bytes, extra: bytes | None = None) -> bytes:
    """Return a proof's bytes.

    Args:
        index: of the entry.
        path: its inclusion proof in the checkpoint's tree, the leaf's sibling first.
        note: the signed checkpoint, byte for byte, cosignatures included.
        extra: opaque data beside the proof; not authenticated.

    Example:
        >>> offline_proof(0, [bytes(32)], b"origin ...").decode().splitlines()[:2]
        ['c2sp.org/tlog-proof@v1', 'index 0']
    """
    lines = [HEADER] + ([b"extra " + base64.b64encode(extra)] if extra is not None else []) + [b"index %d" % index]
    return b"\n".join([*lines, *map(base64.b64encode, path), b"", note])


def parse_proof(proof: bytes) -> Proof:
    """Read a proof's form; whether it proves anything is for :func:`verify_proof`.

    Raises:
        ProofWrong: another header, lenient integers, base64 that is not canonical, hashes of another length, too many of them.
    """
    head, found, note = proof.partition(b"\n\n")
    lines = head.split(b"\n")
    if not found or lines.pop(0) != HEADER:
        raise ProofWrong("not an offline proof of a log entry", hint=f"a proof begins with {HEADER.decode()}")
    extra = read_base64(lines.pop(0)[6:]) if lines and lines[0].startswith(b"extra ") else None
    number = lines.pop(0) if lines else b""
    if not number.startswith(b"index ") or not _INDEX.fullmatch(number[6:]) or int(number[6:]) >= 1 << 63:
        raise ProofWrong("a proof's index must be plain decimal digits")
    path = tuple(read_base64(line) for line in lines)
    if len(path) > MAX_PATH or any(len(one) != HASH_BYTES for one in path):
        raise ProofWrong("a proof's path must be at most 63 hashes of 32 bytes")
    return Proof(index=int(number[6:]), path=path, note=note, extra=extra)


def verify_proof(proof: bytes, entry: bytes, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Return the checkpoint under which an entry is proven to stand in its log.

    Args:
        proof: the bytes of a ``.tlog-proof``.
        entry: the entry, byte for byte.
        keys: whom to trust; the log's own key must be among them.

    Raises:
        ProofWrong: in the step that fails.
    """
    # 1. The proof is of the form that the specification gives it.
    parsed = parse_proof(proof)
    # 2. The log's own key signed the checkpoint; cosignatures by known witnesses are right too.
    checkpoint = open_checkpoint(parsed.note, keys)
    # 3. The entry's hash, the path and the index lead to the root that was signed.
    verify_inclusion(
        leaf=leaf_hash(entry),
        index=parsed.index,
        size=checkpoint.size,
        proof=parsed.path,
        expected_root=checkpoint.root,
    )
    return checkpoint
