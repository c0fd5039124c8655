"""The verb ``ingest``: a file's rows enter the store, as pseudonyms, of people who may be there for this purpose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ibis.expr.types as ir

from secureprofile.adapters.clock import now, stamp
from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.files import Source
from secureprofile.adapters.home import make_durable
from secureprofile.adapters.views import Snapshot, Writer
from secureprofile.audit.entry import size_class
from secureprofile.errors import CannotTell
from secureprofile.flows.described import described, input_mark
from secureprofile.flows.gate import Context, authorise, begin
from secureprofile.flows.guarded import (
    Prepared,
    Treated,
    lookup,
    mentioned_people,
    need_subject,
    plan_file,
    scrubbed,
    treated,
    use_scrubber,
)
from secureprofile.flows.permission import Permission, permission, used
from secureprofile.flows.presence import Touched, enrol, stored_people, touching
from secureprofile.flows.progress import Progress
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.model import Dataset
from secureprofile.policy.treatments import KEYED


def ingest(context: Context, source: Source, *, dataset: str, progress: Progress) -> Treated:
    """Treat a file and add its rows to the store as a new snapshot.

    The subject column becomes a random vault token; other columns with keyed treatments stay out, since what they make could
    be recomputed after an erasure. Rows that name nobody, or somebody without a valid grant, never reach the store.
    """
    authorise(context, "ingest", "store", dataset=dataset)
    need_subject(context, "ingest", dataset, why="what is stored belongs to a person")
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
            passing = _passing(context, keyed, spec, plans, engine)
            progress.step(f"guard {source.path.name}", engine.progress)
            assert passing.allowed is not None
            rows = keyed.inner_join(passing.allowed, "lookup_")
            if scrubbed(plans):
                use_scrubber(context, engine)
                rows = mentioned_people(rows, table, plans, engine)
            person = ColumnPlan.kept("person")
            ready = treated(context, rows, (person, *plans), dataset=dataset, recipient="", stored=True, engine=engine)
            stored = engine.write(ready.result, folder / "part-0.parquet", "parquet")
            make_durable(folder)
            done = _count(keyed, ready, plans, stored, act.index, folder, engine)
            with touching(
                context,
                act,
                stored_people(folder.glob("*.parquet")),
                domain=spec.domain,
                name="ingest",
                dataset=dataset,
            ) as touched:
                act.commit(
                    lambda tx: _show(context, tx, dataset, act.index, stored, passing.epoch, touched),
                    rows=size_class(stored),
                    input_digest=input_mark(context, source),
                    snapshot=str(act.index),
                    subjects=touched.subjects,
                    consent_snapshot=passing.snapshot,
                )
        (folder / ".lock").unlink(missing_ok=True)
    return done


def _storable(plan: ColumnPlan, spec: Dataset) -> bool:
    return plan.name != spec.subject and not isinstance(plan.treatment, KEYED)


def _passing(
    context: Context, keyed: ir.Table, spec: Dataset, plans: Sequence[ColumnPlan], engine: DuckEngine
) -> Permission:
    """Return whose rows may enter; with consent nobody is enrolled here, without it everybody named is."""
    categories = used(plans)
    if context.policy.policy.purposes[context.purpose or ""].consent == "required":
        return permission(context, engine, domain=spec.domain, categories=categories, listed=True)
    named = engine.to_arrow(keyed.filter(keyed["lookup_"].notnull()).select("lookup_").distinct())
    with context.state.writing() as tx:
        enrol(context, tx, named["lookup_"].to_pylist(), spec.domain)
        return permission(context, engine, domain=spec.domain, categories=categories, listed=True, view=tx)


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


def _show(context: Context, tx: Writer, dataset: str, index: int, rows: int, epoch: int, touched: Touched) -> None:
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
            detail={"at": stamp(now()), "purpose": context.purpose},
        )
    )
    touched.add(tx)
