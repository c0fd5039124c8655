"""Offline proofs: one entry of the log with its path to a signed checkpoint, as a C2SP tlog-proof."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from secureprofile.audit.checkpoint import parse_checkpoint
from secureprofile.audit.merkle import leaf_hash
from secureprofile.audit.presence import inclusion_path, levels
from secureprofile.errors import UsageError
from secureprofile.flows.gate import Context


def prove(context: Context, index: int) -> bytes:
    """Return the ``.tlog-proof`` of one entry under the last signed checkpoint.

    Raises:
        UsageError: there is no such entry, or it is not signed yet.
    """
    note, paths = log_paths(context, [index])
    hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in paths[index])
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n".encode() + note


def log_paths(context: Context, indices: Sequence[int]) -> tuple[bytes, dict[int, tuple[bytes, ...]]]:
    """Return the last signed checkpoint and the paths of many entries to its root."""
    note = context.signer.remembered()
    size = 0 if note is None else parse_checkpoint(note.decode().rpartition("\n\n")[0] + "\n").size
    if note is None or any(not 0 <= index < size for index in indices):
        raise UsageError("there is no such entry under a signed checkpoint", hint="secureprofile audit log")
    with context.state.reading() as view:
        rows = levels([leaf_hash(body) for body, _ in zip(view.entries(), range(size), strict=False)])
    return note, {index: inclusion_path(size, index, lambda level, place: rows[level][place]) for index in indices}
