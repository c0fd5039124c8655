"""Offline proofs of entries under the signer's newest checkpoint; reads O(log n) hashes, and checks what it hands out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from secureprofile.audit.checkpoint import Checkpoint, open_checkpoint
from secureprofile.audit.merkle import leaf_hash, verify_inclusion
from secureprofile.audit.proof import offline_proof
from secureprofile.audit.tiles import Node, inclusion_path
from secureprofile.errors import CannotTell, ProofWrong, UsageError
from secureprofile.flows.gate import Context


def prove(context: Context, index: int) -> bytes:
    """Return the ``.tlog-proof`` of one entry under the signer's newest checkpoint. Not recorded: it shows nothing but hashes.

    Raises:
        UsageError: there is no such entry, or it was pruned.
        ProofWrong: the log is not the one that was signed.
    """
    note, paths = log_paths(context, [index])
    return offline_proof(index, paths[index], note)


def log_paths(context: Context, indices: Sequence[int]) -> tuple[bytes, dict[int, tuple[bytes, ...]]]:
    """Return the signer's newest checkpoint and the inclusion proofs of entries under it.

    Errors as in :func:`prove`.
    """
    note, checkpoint = _covering(context, max(indices, default=0))
    paths = {}
    with context.state.reading() as view:
        node = cache(view.nodes(checkpoint.size))  # proofs of many entries share most of their hashes
        bodies = view.entries_at(indices)
        for index in indices:
            body = bodies.get(index)
            if body is None or not 0 <= index < checkpoint.size:
                raise UsageError("there is no such entry in this log", hint="secureprofile audit log shows the newest")
            paths[index] = _path(node, index, checkpoint, leaf_hash(body))
    return note, paths


def newest_checkpoint(context: Context) -> tuple[bytes, Checkpoint]:
    """Return the signer's newest checkpoint, as a note and read."""
    note = context.signer.remembered()
    if note is None:
        raise CannotTell("nothing was signed yet", hint="secureprofile audit checkpoint")
    return note, open_checkpoint(note, context.signer.verifiers)


def _covering(context: Context, index: int) -> tuple[bytes, Checkpoint]:
    """Return the newest checkpoint; a crash may have left entries unsigned, which are signed now."""
    note = context.signer.remembered()
    if note is None or open_checkpoint(note, context.signer.verifiers).size <= index:
        context.signer.sign(context.state)
    return newest_checkpoint(context)


def _path(node: Node, index: int, checkpoint: Checkpoint, leaf: bytes) -> tuple[bytes, ...]:
    try:
        path = tuple(inclusion_path(node, index, checkpoint.size))
        verify_inclusion(leaf=leaf, index=index, size=checkpoint.size, proof=path, expected_root=checkpoint.root)
    except (ValueError, ProofWrong):
        raise ProofWrong(
            f"entry {index} cannot be proven: the log is not the one that was signed", hint="secureprofile audit verify"
        ) from None
    return path
