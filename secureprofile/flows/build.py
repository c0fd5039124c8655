"""The verb ``portrait build``: stored events become one tagged row per person, as of a date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir

from secureprofile.adapters.clock import now, stamp
from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.home import make_durable
from secureprofile.adapters.views import PORTRAIT, Reader, Snapshot, Writer
from secureprofile.audit.entry import named, size_class
from secureprofile.errors import CannotTell, Refused
from secureprofile.flows.gate import Context, authorise, begin
from secureprofile.flows.permission import Permission, permission
from secureprofile.flows.presence import Touched, stored_people, touching
from secureprofile.flows.progress import Progress
from secureprofile.policy.treatments import Drop
from secureprofile.portrait.build import clean, constants, profile
from secureprofile.portrait.dictionary import TagDictionary
from secureprofile.portrait.types import STORED


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A portrait and what went into it: exact numbers, for the operator only."""

    snapshot: Snapshot
    people: int
    rejected: dict[str, dict[str, int]]
    reused: bool


def build_portrait(context: Context, tags: TagDictionary, *, as_of: date, progress: Progress) -> Built:
    """Fold the newest snapshots into a portrait of everybody whose consent holds now.

    The same snapshots, consents, date and dictionary give the portrait that is already there.

    Raises:
        Refused: nothing has been ingested.
    """
    authorise(context, "portrait.build", "store")
    with context.state.reading() as view:
        sources = {name: found for name in context.policy.policy.datasets if (found := view.latest(name)) is not None}
        epoch, known = view.consent_epoch(), view.latest(PORTRAIT)
    if not sources:
        raise Refused("there is nothing to build a portrait from", hint="secureprofile ingest DATASET FILE --purpose …")
    rests_on = {
        "as_of": as_of.isoformat(),
        "consent": epoch,
        "datasets": {name: snapshot.id for name, snapshot in sorted(sources.items())},
        "purpose": context.purpose,
        "tags": tags.hash,
    }
    if known is not None and known.detail["rests_on"] == rests_on:
        return Built(snapshot=known, people=known.rows, rejected=known.detail["rejected"], reused=True)
    details = {
        "as_of": as_of.isoformat(),
        **{f"from.{name}": snapshot.id for name, snapshot in sorted(sources.items())},
    }
    codes = [tag.code for tag in tags.tags]
    with begin(context, "portrait.build", **named(codes), details=details) as act:
        with (
            context.home.snapshot(PORTRAIT, act.index) as folder,
            context.home.scratch() as scratch,
            DuckEngine(temp=scratch, memory_limit=context.memory_limit) as engine,
        ):
            progress.step("clean the events", engine.progress)
            may = permission(context, engine, categories=_stored_categories(context, sources))
            tables = {name: _visible(context, snapshot, may, engine) for name, snapshot in sources.items()}
            rejected = _rejects(tables, tags, as_of, engine)
            progress.step("fold and tag", engine.progress)
            rows = engine.write(profile(tables, tags, as_of), folder / "part-0.parquet", "parquet")
            make_durable(folder)
            snapshot = Snapshot(
                id=act.index,
                dataset=PORTRAIT,
                parent=None,
                path=str(folder.relative_to(context.home.root)),
                rows=rows,
                consent_epoch=epoch,
                detail={"rests_on": rests_on, "rejected": rejected, "at": stamp(now()), "purpose": context.purpose},
            )
            with touching(context, act, stored_people(folder.glob("*.parquet")), name="portrait.build") as touched:
                act.commit(
                    lambda tx: _show(tx, snapshot, touched),
                    rows=size_class(rows),
                    snapshot=str(act.index),
                    subjects=touched.subjects,
                    consent_snapshot=may.snapshot,
                )
        (folder / ".lock").unlink(missing_ok=True)
    return Built(snapshot=snapshot, people=rows, rejected=rejected, reused=False)


def _stored_categories(context: Context, datasets: Iterable[str]) -> list[str]:
    """Return the data categories that the purpose lets into the store."""
    policy, purpose = context.policy.policy, context.purpose or ""
    about = [spec.category for name in datasets for spec in policy.datasets[name].columns.values()]
    return sorted({one for one in about if not isinstance(policy.treatment(purpose, one), Drop | None)})


def visible_files(context: Context, view: Reader, snapshot: Snapshot) -> list[Path]:
    """Return the files whose rows make up a snapshot."""
    chain = view.lineage(snapshot)
    return sorted(path for one in chain for path in (context.home.root / one.path).glob("*.parquet"))


def _visible(context: Context, snapshot: Snapshot, may: Permission, engine: DuckEngine) -> ir.Table:
    """Return the stored rows of people whose consent holds; optional columns that no file had are empty."""
    with context.state.reading() as view:
        table = engine.parquet(visible_files(context, view, snapshot))
    columns = context.policy.policy.datasets[snapshot.dataset].columns
    absent = {n: ibis.null(STORED[c.type]) for n, c in columns.items() if c.optional and n not in table.columns}
    table = table.mutate(**absent) if absent else table
    return may.rows(table, "person")


def _rejects(
    tables: dict[str, ir.Table], tags: TagDictionary, as_of: date, engine: DuckEngine
) -> dict[str, dict[str, int]]:
    """Count what cleaning leaves out, per dataset and rule."""
    counted: dict[str, dict[str, int]] = {}
    for name, table in tables.items():
        if name in tags.clean:
            _, rejects = clean(table, tags.clean[name], as_of, constants(tags))
            counted[name] = {
                row["rule"]: int(row["count"]) for row in engine.to_arrow(rejects).to_pylist() if row["count"]
            }
    return counted


def _show(tx: Writer, snapshot: Snapshot, touched: Touched) -> None:
    if tx.consent_epoch() != snapshot.consent_epoch:
        raise CannotTell("consents changed while the portrait was built", hint="run the same command again")
    tx.add_snapshot(snapshot)
    touched.add(tx)
