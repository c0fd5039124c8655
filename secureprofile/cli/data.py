"""Commands on files: scan, anonymize, ingest, consent, exports, init."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Actor, Folder, Json, Memory, Overwrite, Policy, Purpose, Quiet, opened, session
from secureprofile.errors import UsageError

if TYPE_CHECKING:
    from secureprofile.flows.guarded import Treated
    from secureprofile.flows.workbooks import BesideCells

Input = Annotated[
    str,
    typer.Argument(
        metavar="INPUT",
        help="CSV, JSON Lines, Parquet or Excel file (CSV and JSON also gzip'd), or a database: sqlite:///FILE?table=NAME.",
    ),
]
Sheet = Annotated[
    str | None, typer.Option("--sheet", help="Of a workbook: its name or place. [default: the only visible one]")
]

consent = typer.Typer(help="Who allowed what: import, show, grant, withdraw.", no_args_is_help=True)
exports = typer.Typer(help="Row-level files that left the workspace.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the application, in the order of the help."""
    app.command()(init)
    app.command()(scan)
    app.command()(anonymize)
    app.command()(ingest)
    app.add_typer(consent, name="consent")
    app.add_typer(exports, name="exports")


def init(
    policy: Policy = "retail",
    keys: Annotated[
        str | None,
        typer.Option("--keys", help="Where the keys go: file:FOLDER, outside the workspace.", show_default=False),
    ] = None,
    workspace: Folder = None,
    actor: Actor = None,
) -> None:
    """Make a workspace: state, audit log, keys."""
    from secureprofile.cli.options import workspace_folder
    from secureprofile.errors import OutputError
    from secureprofile.workspace import Workspace

    folder = workspace_folder(workspace)
    made = Workspace.open(folder, policy=policy, actor=actor, keys=keys)
    try:
        if not made.fresh:
            raise OutputError(
                f"there is a workspace in {folder} already", hint="use it, or name another folder with -w"
            )
        show.say(f"workspace   {folder}")
        show.say(f"policy      {made.policy_name}")
        show.say(f"keys        {made.keys_reference.removeprefix('file:')} (keep them apart, and back them up)")
        show.say("verify with (give this key to whoever audits you):")
        print(made.verifier_key)
    finally:
        made.close()


def scan(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", help="Files, workbooks and databases to look at.")],
    full: Annotated[bool, typer.Option("--full", help="Look at all rows, not at the first 10,000.")] = False,
    draft_policy: Annotated[
        Path | None, typer.Option("--draft-policy", help="Write a policy to start from.", show_default=False)
    ] = None,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """What personal data is in these files? Exit 1 when any is. Nothing is logged, no value is shown."""
    from secureprofile.adapters.outputs import write_whole
    from secureprofile.flows import scan as flow
    from secureprofile.flows.guarded import open_every
    from secureprofile.flows.workbooks import beside_cells

    with show.progress(quiet=quiet) as progress:
        sources = [source for place in inputs for source in open_every(place)]
        columns = flow.scan(sources, full=full, progress=progress)
        beside = [found for place in inputs for found in beside_cells(place)]
    if draft_policy is not None:
        write_whole(draft_policy, flow.draft_policy(columns).encode(), overwrite=overwrite)
        show.say(
            f"draft policy in {draft_policy}: read and complete it, then run: secureprofile policy check", quiet=quiet
        )
    if json:
        places = [dataclasses.asdict(found) for found in beside]
        show.as_json("scan", {"columns": [_scanned(column) for column in columns], "beside_cells": places})
    else:
        show.table(
            ("file", "column", "category", "sure", "treatment", "because"),
            [
                (
                    column.file,
                    column.name,
                    column.finding.category or "–",
                    f"{column.finding.confidence:.0%}" if column.finding.category else "",
                    column.finding.treatment,
                    ", ".join(f"{name} {share:.0%}" for name, share in list(column.finding.evidence.items())[:4]),
                )
                for column in columns
            ],
        )
        _show_beside(beside)
    personal = sum(column.personal for column in columns)
    show.say(
        f"{personal} of {len(columns)} columns hold personal data (not logged: scan needs no workspace)", quiet=quiet
    )
    if personal or any(found.personal for found in beside):
        raise typer.Exit(1)


def _show_beside(beside: Sequence[BesideCells]) -> None:
    if not beside:
        return
    print()
    kinds = [", ".join(f"{name} {count}" for name, count in found.kinds.items()) for found in beside]
    rows = [
        (f.file, f.place, k or ("nothing personal recognised" if f.read else "not looked into"))
        for f, k in zip(beside, kinds, strict=True)
    ]
    show.table(("file", "beside the cells", "holds (texts)"), rows)


def _scanned(column: object) -> dict[str, object]:
    from secureprofile.flows.scan import ScannedColumn

    assert isinstance(column, ScannedColumn)
    finding = column.finding
    return {
        "file": column.file,
        "position": column.position,
        "name": column.name,
        "category": finding.category,
        "confidence": finding.confidence,
        "evidence": finding.evidence,
        "treatment": finding.treatment,
        "mixed": finding.mixed,
    }


def anonymize(
    source: Input,
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", help="File to write: .csv, .tsv, .jsonl (also .gz), .parquet, .xlsx; - for stdout."
        ),
    ],
    purpose: Purpose = None,
    policy: Policy = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Dataset of the policy. [default: by file name]")
    ] = None,
    recipient: Annotated[str | None, typer.Option("--recipient", help="Who gets it; registered in the policy.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done to each column; read no row.")
    ] = False,
    sheet: Sheet = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="Of the output. [default: by its name; csv for -]", show_default=False),
    ] = None,
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
    memory_limit: Memory = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a file safe for one recipient and purpose, as the policy says."""
    if output == "-" and json:
        raise UsageError("--json and the rows would both go to standard output", hint="write the rows to a file")
    with opened(workspace, actor=actor, policy=policy, memory=memory_limit, create=True) as place:
        if place.fresh:
            show.say(f"made a workspace in {place.path} (keys: {place.keys_reference})", quiet=quiet)
        name = dataset or place.match_dataset(source)
        chosen = purpose or place.default_purpose("export")
        with place.session(purpose=chosen) as one, show.progress(quiet=quiet) as progress:
            done = one.anonymize_file(
                source,
                output,
                dataset=name,
                recipient=recipient,
                overwrite=overwrite,
                dry_run=dry_run,
                sheet=sheet,
                form=form,
                progress=progress,
            )
    _show_treated(done, output, json=json, quiet=quiet)


def ingest(
    dataset: Annotated[str, typer.Argument(help="Dataset of the policy.")],
    source: Input,
    purpose: Purpose = None,
    sheet: Sheet = None,
    workspace: Folder = None,
    actor: Actor = None,
    memory_limit: Memory = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add a file's rows to the store, as pseudonyms, of people who may be there."""
    with (
        session(workspace, actor=actor, purpose=purpose, output="store", memory=memory_limit) as one,
        show.progress(quiet=quiet) as progress,
    ):
        done = one.ingest(dataset, source, sheet=sheet, progress=progress)
    _show_treated(done, f"store, snapshot {done.entry}", json=json, quiet=quiet)


def _show_treated(done: Treated, target: str, *, json: bool, quiet: bool) -> None:
    counts = {
        "rows_in": done.rows_in,
        "rows_out": done.rows_out,
        "without_consent": done.without_consent,
        "without_subject": done.without_subject,
        "unreadable": dict(done.unreadable),
        "formulas": dict(done.formulas),
    }
    columns = [(plan.name, plan.category, "denied" if plan.denied else plan.treatment.kind) for plan in done.columns]
    if json:
        body = {
            "internal": counts,
            "columns": [dict(zip(("name", "category", "treatment"), c, strict=True)) for c in columns],
        }
        show.as_json("treated", {**body, "notes": done.notes, "entry": done.entry, "target": target})
        return
    if quiet:
        return
    if target != "-":
        show.table(("column", "category", "treatment"), columns)
    if done.entry < 0:
        show.say("dry run: no row was read, nothing was written")
        return
    show.say(f"{done.rows_out:,} of {done.rows_in:,} rows → {target} (internal figures, entry {done.entry} of the log)")
    for count, text in (
        (done.without_consent, "rows left out: their person has not consented to this purpose"),
        (done.without_subject, "rows left out: they name nobody"),
    ):
        if count:
            show.say(f"  {count:,} {text}")
    for column, count in done.unreadable.items():
        show.say(f"  {count:,} cells of {column} could not be read and were left empty")
    for column, count in done.formulas.items():
        show.say(f"  {count:,} cells of {column} would run in a spreadsheet and begin with an apostrophe now")
    for note in done.notes:
        show.say(f"  note: {note}")


@consent.command("import")
def consent_import(
    source: Input,
    sheet: Sheet = None,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add the records of a file: who, purpose, state, at, method, notice."""
    with session(workspace, actor=actor) as one, show.progress(quiet=quiet) as progress:
        done = one.import_consents(source, sheet=sheet, progress=progress)
    if json:
        internal = {"rows": done.rows, "people": done.people, "added": done.added, "rejected": done.rejected}
        show.as_json("consents", {"internal": internal})
        return
    show.say(
        f"{done.added:,} of {done.rows:,} records are new, of {done.people:,} people (internal figures)", quiet=quiet
    )
    for rule, count in done.rejected.items():
        show.say(f"  {count:,} rows left out: {rule}", quiet=quiet)


@consent.command("show")
def consent_show(
    identifier: Annotated[str, typer.Argument(help="The person, as the subject column spells it.")],
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
) -> None:
    """Show one person's records."""
    with session(workspace, actor=actor) as one:
        records = one.show_consents(identifier)
    if json:
        show.as_json("consent", {"records": records})
    else:
        show.table(("purpose", "state", "at", "method", "notice"), [tuple(record.values()) for record in records])


Identifier = Annotated[str, typer.Argument(help="The person, as the subject column spells it.")]
ForPurpose = Annotated[str, typer.Option("--for", help="The purpose that is granted or withdrawn.")]
Method = Annotated[str, typer.Option("--method", help="How the person said so.")]


@consent.command("grant")
def consent_grant(
    identifier: Identifier, purpose: ForPurpose, method: Method = "", workspace: Folder = None, actor: Actor = None
) -> None:
    """Record a grant as of now."""
    with session(workspace, actor=actor) as one:
        show.say(f"granted: entry {one.grant(identifier, purpose=purpose, method=method)} of the log")


@consent.command("withdraw")
def consent_withdraw(
    identifier: Identifier, purpose: ForPurpose, method: Method = "", workspace: Folder = None, actor: Actor = None
) -> None:
    """Record a withdrawal as of now; the next portrait leaves the person out."""
    with session(workspace, actor=actor) as one:
        show.say(f"withdrawn: entry {one.withdraw(identifier, purpose=purpose, method=method)} of the log")


@exports.command("list")
def exports_list(workspace: Folder = None, actor: Actor = None, json: Json = False) -> None:
    """List what went to whom, under which key."""
    with session(workspace, actor=actor) as one:
        rows = one.exports()
    if json:
        show.as_json("exports", {"exports": rows})
    else:
        head = ("entry", "dataset", "purpose", "recipient", "kid", "digest")
        show.table(head, [tuple(row[name] for name in head) for row in rows])
