"""The verb ``ingest``: a file's rows enter the store, as pseudonyms, of people who may be there for this purpose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import ibis.expr.types as ir

from secureprofile.adapters.clock import now
from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.files import Source
from secureprofile.adapters.home import make_durable
from secureprofile.adapters.state import Snapshot, Writer
from secureprofile.audit.entry import size_class
from secureprofile.errors import CannotTell
from secureprofile.flows.described import described, input_mark
from secureprofile.flows.gate import Context, authorise, begin
from secureprofile.flows.guarded import (
    Prepared,
    Treated,
    lookup,
    mentioned_people,
    people,
    plan_file,
    scrubbed,
    treated,
    use_scrubber,
)
from secureprofile.flows.progress import Progress
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.model import Dataset
from secureprofile.policy.treatments import KEYED


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """Who may enter, and the consent epoch at which that was decided."""

    table: ir.Table
    epoch: int


def ingest(context: Context, source: Source, *, dataset: str, progress: Progress) -> Treated:
    """Treat a file and add its rows to the store as a new snapshot.

    The subject column becomes a random vault token; other columns with keyed treatments stay out, since what they make could
    be recomputed after an erasure. Rows that name nobody, or somebody without a valid grant, never reach the store.
    """
    authorise(context, "ingest", "store", dataset=dataset)
    spec = context.policy.policy.datasets[dataset]
    plans = tuple(plan for plan in plan_file(context, "ingest", source.columns, dataset) if _storable(plan, spec))
    with begin(context, "ingest", dataset=dataset, **described(context, plans)) as act:
        with (
            context.home.snapshot(dataset, act.index) as folder,
            context.home.scratch() as scratch,
            DuckEngine(temp=scratch, memory_limit=context.memory_limit) as engine,
            engine.source(source) as table,
        ):
            progress.step(f"read {source.path.name}", engine.progress)
            keyed = lookup(context, table, spec.subject, spec, engine)
            passing = _passing(context, keyed, spec, engine)
            progress.step(f"guard {source.path.name}", engine.progress)
            rows = keyed.inner_join(passing.table, "lookup_")
            if scrubbed(plans):
                use_scrubber(context, engine)
                rows = mentioned_people(rows, table, plans, engine)
            person = ColumnPlan.kept("person")
            ready = treated(context, rows, (person, *plans), dataset=dataset, recipient="", stored=True, engine=engine)
            stored = engine.write(ready.result, folder / "part-0.parquet", "parquet")
            make_durable(folder)
            done = _count(keyed, ready, plans, stored, act.index, folder, engine)
            act.commit(
                lambda tx: _show(context, tx, dataset, act.index, stored, passing.epoch),
                rows=size_class(stored),
                input_digest=input_mark(context, source),
                snapshot=str(act.index),
            )
        (folder / ".lock").unlink(missing_ok=True)
    return done


def _storable(plan: ColumnPlan, spec: Dataset) -> bool:
    return plan.name != spec.subject and not isinstance(plan.treatment, KEYED)


def _passing(context: Context, keyed: ir.Table, spec: Dataset, engine: DuckEngine) -> Passing:
    """Return the people whose rows may enter; with consent nobody is enrolled here, without it everybody named is."""
    purpose = context.policy.policy.purposes[context.purpose or ""]
    if purpose.consent == "required":
        with context.state.reading() as view:
            granted = view.consenting(context.purpose or "", now())
            pairs = [(key, token) for key, token in view.tokens(spec.domain) if token in granted]
            return Passing(table=people(pairs, engine), epoch=view.consent_epoch())
    named = engine.to_arrow(keyed.filter(keyed["lookup_"].notnull()).select("lookup_").distinct())
    with context.state.writing() as tx:
        tx.enrol(sorted(named["lookup_"].to_pylist()), spec.domain)
        return Passing(table=people(tx.tokens(spec.domain), engine), epoch=tx.consent_epoch())


def _count(
    keyed: ir.Table,
    ready: Prepared,
    plans: tuple[ColumnPlan, ...],
    stored: int,
    index: int,
    folder: Path,
    engine: DuckEngine,
) -> Treated:
    counts = engine.to_arrow(
        keyed.aggregate(rows=keyed.count(), nobody=keyed["lookup_"].isnull().sum().fill_null(0))
    ).to_pylist()[0]
    return Treated(
        rows_in=int(counts["rows"]),
        rows_out=stored,
        without_consent=int(counts["rows"]) - int(counts["nobody"]) - stored,
        without_subject=int(counts["nobody"]),
        unreadable=ready.counts(plans, engine, stored=True)[0],
        columns=plans,
        entry=index,
        path=folder,
    )


def _show(context: Context, tx: Writer, dataset: str, index: int, rows: int, epoch: int) -> None:
    """Make the snapshot visible, unless somebody's consent changed meanwhile."""
    if tx.consent_epoch() != epoch:
        raise CannotTell(
            "consents changed while the file was read: nothing was stored", hint="run the same command again"
        )
    parent = tx.latest(dataset)
    path = str(context.home.store(dataset, index).relative_to(context.home.root))
    tx.add_snapshot(
        Snapshot(
            id=index,
            dataset=dataset,
            parent=parent.id if parent else None,
            path=path,
            rows=rows,
            consent_epoch=epoch,
            detail={},
        )
    )
