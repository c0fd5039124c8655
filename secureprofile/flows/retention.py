"""The verb ``retention run``: what is past the time that the policy gives it goes, and so do the people whose grace window has ended."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from secureprofile.adapters.clock import now
from secureprofile.adapters.people import Person
from secureprofile.adapters.runs import Run, forget_tokens, runs, tokens_path
from secureprofile.adapters.tokens import TokenAge, drop_tokens, token_ages
from secureprofile.adapters.views import PORTRAIT, Reader, Snapshot, Writer
from secureprofile.errors import CannotTell
from secureprofile.flows.erase import due, erase_now
from secureprofile.flows.gate import Context, begin, record
from secureprofile.flows.subject import allow
from secureprofile.policy.retention import after

ACT = "retention.run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What is past its time: exact numbers, for the operator only. ``undated`` is what nobody can say the age of; it stays."""

    snapshots: tuple[Snapshot, ...]
    runs: tuple[Run, ...]
    tokens: tuple[TokenAge, ...]
    erasures: int
    undated: int = 0
    entry: int | None = None


def run_retention(context: Context, *, dry_run: bool = False) -> Expired:
    """Remove what is past its retention; with ``dry_run`` only say what.

    Stored rows and portraits go after the retention of the purpose they were stored for, the tokens of a run after that of its purpose, random
    tokens after that of the purpose whose export gave them. The log stays: its own retention is pruning it. A portrait that rests on rows
    that went has to be built anew before the next release.

    Raises:
        PolicyRefused: the actor has no role in the policy.
        CannotTell: somebody changed the store meanwhile.
    """
    allow(context, ACT)
    waiting = due(context)
    with context.state.reading() as view:
        found = _expired(context, view, waiting)
    if dry_run:
        record(context, ACT, result="allow", reason="dry-run", details=_details(found))
        return found
    with begin(context, ACT, details=_details(found)) as act:

        def work(tx: Writer) -> int:
            if _expired(context, tx, waiting) != found:
                raise CannotTell("the store was changed meanwhile: nothing was done", hint="run the same command again")
            for snapshot in found.snapshots:
                tx.drop_snapshot(snapshot)
            for one in found.runs:
                forget_tokens(tx, one.run)
            for age in found.tokens:
                drop_tokens(tx, age)
            if found.snapshots:
                tx.move_epoch()
            return tx.log_size()

        entry = act.commit(work, details=_details(found))
    for snapshot in found.snapshots:
        shutil.rmtree(context.home.root / snapshot.path, ignore_errors=True)
    for one in found.runs:
        tokens_path(context.home.root, one.run).unlink(missing_ok=True)
    if waiting:
        erase_now(context, waiting, why="grace-ended")
    else:
        context.state.scrub()
    return Expired(
        snapshots=found.snapshots,
        runs=found.runs,
        tokens=found.tokens,
        erasures=found.erasures,
        undated=found.undated,
        entry=entry,
    )


def expires(context: Context, purpose: str, at: str) -> str:
    """Return the ISO day after which something of a purpose is past its time; empty where that cannot be told."""
    rule = context.policy.policy.purposes.get(purpose)
    if rule is None or not at:
        return ""
    return after(datetime.fromisoformat(at), rule.retention).date().isoformat()


def stored_for(view: Reader, snapshots: Mapping[int, Snapshot] | list[Snapshot]) -> dict[int, tuple[str, str]]:
    """Return snapshot id → (purpose, time of its ingest or build); older ones are looked up in the log."""
    every = list(snapshots.values()) if isinstance(snapshots, Mapping) else snapshots
    known = {one.id: (str(one.detail["purpose"]), str(one.detail["at"])) for one in every if "at" in one.detail}
    missing = [one.id for one in every if one.id not in known]
    for index, body in view.entries_at(missing).items():
        entry = json.loads(body)
        known[index] = (str(entry.get("purpose", "")), str(entry.get("time", "")))
    return known


def _expired(context: Context, view: Reader, waiting: list[Person]) -> Expired:
    today = now().date().isoformat()

    def past(purpose: str, at: str) -> bool:
        day = expires(context, purpose, at)
        return bool(day) and day < today

    snapshots = view.snapshots()
    stored = stored_for(view, snapshots)
    ages = token_ages(view)
    times = {
        index: str(json.loads(body).get("time", "")) for index, body in view.entries_at([a.entry for a in ages]).items()
    }
    undated = sum(not expires(context, *stored.get(one.id, ("", ""))) for one in snapshots)
    undated += sum(not expires(context, age.purpose, times.get(age.entry, "")) for age in ages)
    return Expired(
        snapshots=tuple(one for one in snapshots if past(*stored.get(one.id, ("", "")))),
        runs=tuple(one for one in runs(view) if one.kept and past(one.purpose, one.at)),
        tokens=tuple(age for age in ages if past(age.purpose, times.get(age.entry, ""))),
        erasures=len(waiting),
        undated=undated,
    )


def _details(found: Expired) -> dict[str, str | int | bool]:
    return {
        "snapshots": sum(one.dataset != PORTRAIT for one in found.snapshots),
        "portraits": sum(one.dataset == PORTRAIT for one in found.snapshots),
        "runs": len(found.runs),
        "token-batches": len(found.tokens),
    }
