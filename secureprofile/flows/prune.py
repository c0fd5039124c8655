"""The verb ``audit prune``: old entries go, their hashes stay, and the log says so itself.

As C2SP tlog-tiles defines it, by a minimum index: what is left verifies against every checkpoint, and proofs of it go on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from secureprofile.adapters.anchors import drop_entries, minimum
from secureprofile.adapters.clock import now
from secureprofile.adapters.views import Reader
from secureprofile.audit.pruned import ACT
from secureprofile.audit.retention import kept_until
from secureprofile.audit.tiles import WIDTH
from secureprofile.errors import PolicyRefused, ProofWrong, UsageError
from secureprofile.flows.gate import Context, begin, record
from secureprofile.flows.verify import verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """Entries below ``minimum`` are gone (or would go): ``removed`` of them. The law's or policy's term is ``term``."""

    minimum: int
    removed: int
    term: str


def prune(context: Context, before: str, *, dry_run: bool = False) -> Pruned:
    """Remove the entries before a day or index: whole tiles of 256 only, and none that must still be kept.

    The log is verified first: what is wrong in it is not to be removed. The creator's right alone; recorded.

    Args:
        before: a day (``2026-01-31``, UTC) or the index of the first entry to keep.
        dry_run: say what would go.

    Raises:
        UsageError: neither a day nor an index of this log.
        PolicyRefused: entries younger than their term, or somebody else than the workspace's creator.
        ProofWrong: the log does not verify.
    """
    if not context.creator:
        record(context, ACT, result="deny", reason="not-the-creator")
        raise PolicyRefused(
            "only the creator of a workspace prunes its log", reason="not-the-creator", hint="ask whoever made it"
        )
    policy = context.policy.policy
    limit, term = kept_until(
        now(), policy.policy.jurisdiction, [purpose.retention for purpose in policy.purposes.values()]
    )
    with context.state.reading() as view:
        first = minimum(view)
        wanted = _index(view, before)
        young = _first_since(view, first, limit)
    if wanted > young:
        record(context, ACT, result="deny", reason="too-young")
        raise PolicyRefused(
            f"entry {young} and later ones must still be kept ({term})",
            reason="too-young",
            hint=f"nothing written since {limit:%Y-%m-%d} may go",
        )
    target = max(first, wanted // WIDTH * WIDTH)
    done = Pruned(minimum=target, removed=target - first, term=term)
    if dry_run or not done.removed:
        return done
    verify(context, checkpoints=(), keys=())
    with begin(context, ACT, details={"minimum": target}) as act:
        act.commit(lambda tx: drop_entries(tx, target), details={"minimum": target, "removed": done.removed})
    return done


def _index(view: Reader, before: str) -> int:
    """Return the first entry to keep."""
    size = view.log_size()
    if before.isascii() and before.isdigit() and len(before) < 19:
        if int(before) > size:
            raise UsageError(f"the log has {size} entries", hint="give an index below that, or a day")
        return int(before)
    try:
        day = datetime.strptime(before, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError("before which day or entry?", hint="--before 2026-01-31, or the index of an entry") from None
    return _first_since(view, minimum(view), day)


def _first_since(view: Reader, start: int, limit: datetime) -> int:
    """Return the first entry that is not older than ``limit``, the size of the log where all are."""
    index = start
    for body in view.entries(start):
        try:
            written = datetime.fromisoformat(str(json.loads(body)["time"]))
        except (ValueError, KeyError, TypeError):
            raise ProofWrong(f"entry {index} has no time", hint="secureprofile audit verify") from None
        if written >= limit:
            return index
        index += 1
    return index
