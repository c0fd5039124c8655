"""The verb ``anonymize``: a file comes in, a file that one recipient may have for one purpose goes out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from secureprofile.adapters.duckdb import ROW, STREAMING, DuckEngine, Format
from secureprofile.adapters.encodings import Compression
from secureprofile.adapters.excel import need
from secureprofile.adapters.files import Source
from secureprofile.adapters.frames import Frame
from secureprofile.adapters.outputs import whole_file
from secureprofile.adapters.recognizers import RecognizerFinder
from secureprofile.adapters.sources import open_source
from secureprofile.adapters.state import Writer
from secureprofile.adapters.tokens import add_export_keys
from secureprofile.anonymity.scheme import Scheme
from secureprofile.audit.entry import size_class
from secureprofile.errors import CannotTell, UsageError
from secureprofile.flows.earlier import Together, noted, with_earlier
from secureprofile.flows.exports import add_export, registered_recipient, stored_scheme
from secureprofile.flows.gate import Act, Context, authorise, begin
from secureprofile.flows.generalise import Generalised, generalise, rules_for
from secureprofile.flows.guarded import (
    Treated,
    lookup,
    mentioned_people,
    need_subject,
    plan_file,
    scrubbed,
    treated,
    treatments,
    use_scrubber,
)
from secureprofile.flows.judge import exposed, judge
from secureprofile.flows.manifest import manifest
from secureprofile.flows.permission import Permission, permission, used
from secureprofile.flows.presence import exporting, per_person
from secureprofile.flows.progress import Progress
from secureprofile.flows.sweep import settle
from secureprofile.flows.tuples import PERSON
from secureprofile.flows.volumes import asked, entry_details, told
from secureprofile.flows.workbooks import lost_before
from secureprofile.guard.formulas import counted, disarmed, may_run
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.model import Dataset, Keep
from secureprofile.policy.treatments import Token

_RUNS = "\x1fruns "
"""Before a column's name, for the count of its cells that would run: no column of a file can be called so."""

SUFFIXES: dict[str, Format] = {
    ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".xlsx": "xlsx",
}  # fmt: skip


def output_format(path: Path) -> tuple[Format, bool]:
    """Return (format, gzip) as the file's name says.

    Example:
        >>> output_format(Path("safe.csv.gz"))
        ('csv', True)
    """
    gzip = path.suffix == ".gz"
    suffix = Path(path.stem).suffix if gzip else path.suffix
    if suffix.lower() not in SUFFIXES or (gzip and SUFFIXES[suffix.lower()] in ("parquet", "xlsx")):
        raise UsageError(
            f"{path.name}: the output's format is not known",
            hint="end it in .csv, .tsv or .jsonl (also with .gz), or in .parquet or .xlsx",
        )
    suffix = suffix.lower()
    return SUFFIXES[suffix], gzip


def written(path: Path, form: Format, columns: Sequence[str], *, gzip: bool) -> Source:
    """Return how a file that we wrote is read again."""
    compression: Compression = "gzip" if gzip else "none"
    match form:
        case "csv" | "tsv":
            delimiter = "," if form == "csv" else "\t"
            return Source(path=path, format="csv", columns=tuple(columns), compression=compression, delimiter=delimiter)
        case "xlsx":
            return open_source(path)
        case _:
            return Source(path=path, format=form, columns=tuple(columns), compression=compression)


def anonymize(
    context: Context,
    source: Source,
    output: Path,
    *,
    form: tuple[Format, bool] | None = None,
    dataset: str,
    recipient: str | None,
    overwrite: bool,
    dry_run: bool,
    progress: Progress,
    scheme: int | None = None,
) -> Treated:
    """Treat a file as the policy says and write it whole, or not at all.

    ``scheme`` is the log's entry of an export whose classes are applied instead of new ones.

    Returns:
        What was done; with ``dry_run`` what would be done to which column, and no row is read.
    """
    kind, gzip = form or output_format(output)
    if kind == "xlsx":
        need("xlsxwriter")
    whom, plans = _admitted(context, source.columns, dataset, recipient)
    stored = None if scheme is None else stored_scheme(context, scheme, dataset)
    if stored is not None and rules_for(context, dataset) is None:
        raise UsageError(
            f"the policy asks nothing of classes of {dataset}, so no scheme can be applied",
            hint="add the section `anonymity` to the policy, or leave --scheme out",
        )
    if dry_run:
        return Treated(
            rows_in=0,
            rows_out=0,
            without_consent=0,
            without_subject=0,
            unreadable={},
            columns=plans,
            entry=-1,
            path=None,
        )
    with begin(context, "anonymize", dataset=dataset, recipient=whom, treatments=treatments(plans)) as act:
        with context.home.scratch() as scratch, whole_file(output, overwrite=overwrite) as partial:
            with (
                DuckEngine(temp=scratch, memory_limit=context.memory_limit or STREAMING) as engine,
                engine.source(source) as table,
            ):
                progress.step(f"anonymize {source.path.name}")
                done = write_treated(
                    context, act, table, plans, dataset=dataset, recipient=whom, engine=engine, progress=progress,
                    write=lambda result: engine.write(result, partial, kind, gzip=gzip),
                    read_back=lambda names: engine.source(written(partial, kind, names, gzip=gzip)), path=output,
                    delimited=kind in ("csv", "tsv"), scheme=stored,
                )  # fmt: skip
                done = replace(done, notes=(*done.notes, *lost_before(source, source.path)))
            _commit(context, act, done, dataset=dataset, recipient=whom, digest=digest_of(partial), source=source)
        return done


def _admitted(
    context: Context, columns: Sequence[str], dataset: str, recipient: str | None
) -> tuple[str, tuple[ColumnPlan, ...]]:
    """Return who gets the rows, and what happens to each column; every refusal is recorded."""
    authorise(context, "anonymize", "export", dataset=dataset)
    whom = registered_recipient(context, recipient)
    if context.policy.policy.purposes[context.purpose or ""].consent != "not-required":
        need_subject(context, "anonymize", dataset, why="this purpose needs consent")
    return whom, plan_file(context, "anonymize", columns, dataset)


def anonymize_frame(context: Context, frame: Frame, *, dataset: str, recipient: str | None, progress: Progress) -> Any:
    """Treat a frame as the policy says and return one of the same kind; the input is never modified."""
    whom, plans = _admitted(context, frame.columns, dataset, recipient)
    rules = rules_for(context, dataset)
    labelled = () if rules is None else tuple(rules.quasi_identifiers)
    kept = [plan.name for plan in plans if isinstance(plan.treatment, Keep) and plan.name not in labelled]
    results: list[pa.Table] = []

    def write(result: ir.Table) -> int:
        results.append(engine.to_arrow(result))
        return int(results[-1].num_rows)

    with begin(context, "anonymize", dataset=dataset, recipient=whom, treatments=treatments(plans)) as act:
        with (
            context.home.scratch() as scratch,
            DuckEngine(temp=scratch, memory_limit=context.memory_limit or STREAMING) as engine,
        ):
            done = write_treated(
                context, act, engine.table(frame.as_text()), (*plans, ColumnPlan.kept(frame.place)), dataset=dataset,
                recipient=whom, engine=engine, progress=progress, write=write,
                read_back=lambda names: nullcontext(engine.table(results[-1])), path=None,
            )  # fmt: skip
        result = frame.restored(results[-1], order=[plan.name for plan in plans], kept=kept)
        _commit(context, act, replace(done, columns=plans), dataset=dataset, recipient=whom, digest="")
    return result


def write_treated(
    context: Context,
    act: Act,
    table: ir.Table,
    plans: Sequence[ColumnPlan],
    *,
    dataset: str,
    recipient: str,
    engine: DuckEngine,
    progress: Progress,
    write: Callable[[ir.Table], int],
    read_back: Callable[[Sequence[str]], AbstractContextManager[ir.Table]],
    path: Path | None,
    delimited: bool = False,
    scheme: Scheme | None = None,
) -> Treated:
    """Apply consent, treat, write, look through what was written, and count what happened.

    ``delimited`` output opens in spreadsheets, which run cells.
    """
    spec = context.policy.policy.datasets[dataset]
    purpose = context.policy.policy.purposes[context.purpose or ""]
    tokens = any(isinstance(plan.treatment, Token) for plan in plans)
    rules = rules_for(context, dataset)
    may = permission(context, engine, domain=spec.domain, categories=used(plans), recipient=recipient)
    joined = bool(scrubbed(plans)) or tokens or not may.everybody or rules is not None
    if joined:
        progress.step(f"read {dataset}", engine.progress)
        table = engine.numbered(table)
    allowed, without_subject = permitted_rows(context, table, spec, may, engine)
    rows_to_treat = allowed
    if scrubbed(plans):
        progress.step(f"look for people of {dataset} in its free text", engine.progress)
        use_scrubber(context, engine)
        rows_to_treat = mentioned_people(allowed, table, plans, engine)
    progress.step(f"treat {dataset}", engine.progress)
    placed = (ColumnPlan.kept(ROW), *plans) if joined else plans
    if rules is not None and (person := rules.person or spec.subject) in table.columns:
        rows_to_treat = rows_to_treat.mutate(**{PERSON: rows_to_treat[person]})
        placed = (*placed, ColumnPlan.kept(PERSON))
    ready = treated(context, rows_to_treat, placed, dataset=dataset, recipient=recipient, stored=False, engine=engine)
    running = may_run(plans) if delimited and purpose.spreadsheet_safe else []
    shaped = None
    if rules is not None:
        shaped = generalise(context, ready.result, rules, engine, progress, scheme=scheme)
    final = shaped.result if shaped is not None else ready.result
    final = disarmed(final, running) if running else final
    if joined:  # many threads join, and nobody keeps the order for them
        final = final.order_by(ROW).drop(ROW)
    rows, redacted = settle(
        final,
        plans,
        engine,
        write=write,
        read_back=lambda: read_back(final.columns),
        redacting=purpose.residue == "redact",
        finders=[finder for finder in context.finders if isinstance(finder, RecognizerFinder)],
    )
    notes: tuple[str, ...] = ()
    together: tuple[Together, ...] = ()
    if shaped is not None:
        progress.step("judge the written classes", engine.progress)
        with read_back(final.columns) as written_rows:
            judge(shaped, written_rows, engine)
            notes = exposed(written_rows, plans, shaped.rules, engine)
        together = with_earlier(context, shaped, dataset)
        notes += noted(together, shaped.task.models.k)
    everybody = (
        rows + left_out(shaped)
        if allowed is table
        else int(engine.to_arrow(table.aggregate(rows=table.count()))["rows"][0].as_py())
    )
    also = {f"{_RUNS}{name}": count for name, count in counted(ready.source, running).items()}
    also |= (volumes := asked(ready.source, plans, rows=rows))
    unreadable, counts = ready.counts(plans, engine, stored=False, also=also)
    return Treated(
        rows_in=everybody,
        rows_out=rows,
        without_consent=everybody - rows - without_subject - left_out(shaped),
        without_subject=without_subject,
        unreadable=unreadable,
        columns=tuple(plans),
        entry=act.index,
        path=path,
        redacted=redacted,
        enrolments=ready.enrolments,
        kids=ready.kids,
        volumes=told(context, plans, {name: counts[name] for name in volumes}, dataset=dataset),
        formulas={name: int(counts[f"{_RUNS}{name}"]) for name in running if counts[f"{_RUNS}{name}"]},
        generalised=shaped,
        together=together,
        notes=notes,
        epoch=may.epoch,
        consent_snapshot=may.snapshot,
        people=whose(context, allowed, spec, engine),
    )


def left_out(shaped: Generalised | None) -> int:
    """Return how many rows are not in the output because they were suppressed."""
    return shaped.solution.suppressed if shaped is not None and shaped.rules.suppressed == "drop" else 0


def permitted_rows(
    context: Context, table: ir.Table, spec: Dataset, may: Permission, engine: DuckEngine
) -> tuple[ir.Table, int]:
    """Return the rows whose subject allows the purpose, and how many name nobody where that matters."""
    if may.everybody or spec.subject not in table.columns:
        return table, 0
    keyed = lookup(context, table, spec.subject, spec, engine)
    if may.allowed is None:
        return may.rows(keyed, "lookup_"), 0
    nobody = int(engine.to_arrow(keyed.aggregate(n=keyed["lookup_"].isnull().sum().fill_null(0))).to_pylist()[0]["n"])
    return may.rows(keyed, "lookup_"), nobody


def whose(context: Context, rows: ir.Table, spec: Dataset, engine: DuckEngine) -> pa.Array | None:
    """Return the vault lookups of the people whom rows are of; None where the purpose's acts commit to nobody in particular."""
    if not per_person(context) or not {"lookup_", spec.subject} & set(rows.columns):
        return None
    keyed = rows if "lookup_" in rows.columns else lookup(context, rows, spec.subject, spec, engine)
    return engine.to_arrow(keyed.filter(keyed["lookup_"].notnull()).select("lookup_").distinct())["lookup_"]


def _commit(
    context: Context,
    act: Act,
    done: Treated,
    *,
    dataset: str,
    recipient: str,
    digest: str,
    source: Source | None = None,
) -> None:
    """Record the export, unless somebody's consent changed meanwhile: the file has not its name yet, and gets none then."""
    signed, scheme = b"", b""
    if done.generalised is not None:
        signed, scheme = manifest(
            context, done.generalised, done.together, source,
            dataset=dataset, recipient=recipient, entry=act.index, digest=digest,
        )  # fmt: skip

    def work(tx: Writer) -> None:
        if tx.consent_epoch() != done.epoch:
            raise CannotTell(
                "consents changed while the rows were read: nothing was written", hint="run the same command again"
            )
        add_export(
            context, tx, done, dataset=dataset, recipient=recipient, digest=digest, manifest=signed, scheme=scheme
        )
        add_export_keys(tx, act.index, done.kids)
        for enrolment in done.enrolments:
            enrolment.commit(tx, entry=act.index)
        touched.add(tx)

    with exporting(context, act, done.people, dataset=dataset, recipient=recipient) as touched:
        act.commit(
            work,
            dataset=dataset,
            recipient=recipient,
            rows=size_class(done.rows_out),
            categories=tuple(sorted({plan.category for plan in done.columns})),
            treatments=treatments(done.columns),
            output_digest=digest,
            consent_snapshot=done.consent_snapshot,
            subjects=touched.subjects,
            details={f"key.{role}": kid for role, kid in done.kids.items()}
            | entry_details(done.volumes)
            | ({"manifest": hashlib.sha256(signed).hexdigest()} if signed else {}),
        )


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
