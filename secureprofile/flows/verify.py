"""The verbs of the log: verify it, read it, sign a checkpoint. Looking at the log is itself on record."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from typing import Any

from secureprofile.adapters.anchors import anchors, minimum
from secureprofile.adapters.tiles import stored_tile
from secureprofile.audit.checkpoint import VerifierKey
from secureprofile.audit.handover import signed_notes, with_successors
from secureprofile.audit.select import Selection
from secureprofile.audit.verify import Verdict, verify_log
from secureprofile.errors import ProofWrong, UsageError
from secureprofile.flows.gate import Context, record


def verify(context: Context, *, checkpoints: Sequence[bytes], keys: Sequence[VerifierKey]) -> Verdict:
    """Verify the whole log against the signer's memory and against checkpoints that others kept.

    Args:
        context: whose log.
        checkpoints: signed notes, as saved by ``audit checkpoint`` at any time before.
        keys: verifier keys from outside the workspace; the workspace's own where empty.

    Raises:
        ProofWrong: an entry that a checkpoint covers was changed, moved, removed or added, or the tree does not match.
    """
    remembered = context.signer.remembered()
    handovers = context.signer.handovers()
    trusted = with_successors(keys, handovers) if keys else context.signer.verifiers
    notes = [*checkpoints, *([remembered] if remembered is not None else []), *signed_notes(trusted, handovers)]
    with context.state.reading() as view:
        notes += [one.body for one in anchors(view) if one.kind in ("witness", "stamped")]
        verdict = verify_log(
            view.entries(),
            notes,
            trusted,
            minimum=minimum(view),
            node=view.nodes(view.log_size()),
            stored=lambda number: stored_tile(view.connection, number),
        )
        if view.frontier().root().hex() != verdict.root:
            raise ProofWrong(
                "the tree beside the log does not match its entries", hint="keep this workspace as evidence"
            )
    record(context, "audit.verify", result="allow", reason="done")
    return verdict


def checkpoint(context: Context) -> bytes:
    """Sign the log as it stands; keep the note elsewhere, and nothing it covers can be changed unseen."""
    record(context, "audit.checkpoint", result="allow", reason="done")
    note = context.signer.remembered()
    assert note is not None
    return note


def read_log(context: Context, *, last: int, selection: Selection | None = None) -> list[dict[str, Any]]:
    """Return the newest (chosen) entries as they stand, with their indices; reading is recorded first."""
    chosen = selection or Selection()
    record(context, "audit.read", result="allow", reason="done", details=chosen.details())
    with context.state.reading() as view:
        start = max(minimum(view), view.log_size() - last) if chosen == Selection() else 0
        found: deque[dict[str, Any]] = deque(maxlen=last)
        for index, body in view.numbered(start):
            content = json.loads(body)
            if chosen.takes(content):
                found.append({"index": index, **content})
        return list(found)


def read_entry(context: Context, index: int) -> bytes:
    """Return one entry, byte for byte; reading is recorded first.

    Raises:
        UsageError: there is no such entry, or it was pruned.
    """
    record(context, "audit.read", result="allow", reason="done", details={"index": max(index, -1)})
    with context.state.reading() as view:
        body = view.entry(index)
    if body is None:
        raise UsageError("there is no such entry in this log", hint="secureprofile audit log shows the newest")
    return body
