"""Commands on files: scan, risk, anonymize, ingest, exports, init."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from secureprofile.cli import show
from secureprofile.cli.keys import reveal
from secureprofile.cli.options import (
    Actor,
    Folder,
    Json,
    Memory,
    Overwrite,
    Policy,
    Purpose,
    Quiet,
    Recognizers,
    opened,
    session,
)
from secureprofile.cli.risk import risk
from secureprofile.cli.scan import scan
from secureprofile.errors import UsageError

if TYPE_CHECKING:
    from secureprofile.flows.decided import Decided
    from secureprofile.flows.guarded import Treated

Input = Annotated[
    str,
    typer.Argument(
        metavar="INPUT",
        help="CSV, JSON (Lines or an array), Parquet or Excel file (CSV and JSON also gzip'd), or a database: sqlite:///FILE?table=NAME.",
    ),
]
Sheet = Annotated[
    str | None, typer.Option("--sheet", help="Of a workbook: its name or place. [default: the only visible one]")
]

exports = typer.Typer(help="Row-level files that left the workspace.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the application, in the order of the help."""
    app.command()(init)
    app.command()(scan)
    app.command()(risk)
    app.command()(anonymize)
    app.command()(reveal)
    app.command()(ingest)
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
    scheme: Annotated[
        int | None,
        typer.Option(
            "--scheme", help="Take the classes of an earlier export, by its entry in the log.", show_default=False
        ),
    ] = None,
    recognizers: Recognizers = None,
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
    with opened(
        workspace, actor=actor, policy=policy, memory=memory_limit, recognizers=recognizers, create=True
    ) as place:
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
                scheme=scheme,
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
    counts: dict[str, Any] = {
        "rows_in": done.rows_in,
        "rows_out": done.rows_out,
        "without_consent": done.without_consent,
        "without_subject": done.without_subject,
        "unreadable": dict(done.unreadable),
        "redacted": done.redacted,
        "formulas": dict(done.formulas),
    }
    columns = [(plan.name, plan.category, "denied" if plan.denied else plan.treatment.kind) for plan in done.columns]
    figures = _decided(done)
    if figures is not None:
        counts["anonymity"] = dataclasses.asdict(figures)
        columns = [(*row[:2], "generalize" if row[0] in figures.attribute_losses else row[2]) for row in columns]
    if json:
        body = {
            "internal": counts,
            "columns": [dict(zip(("name", "category", "treatment"), c, strict=True)) for c in columns],
        }
        body |= {"warnings": list(done.volumes.warnings), "notes": list(done.notes)}
        show.as_json("treated", {**body, "entry": done.entry, "target": target})
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
        (
            done.without_consent,
            "rows left out: their person has not consented to this purpose (why: secureprofile consent status)",
        ),
        (done.without_subject, "rows left out: they name nobody"),
    ):
        if count:
            show.say(f"  {count:,} {text}")
    if figures is not None:
        _show_decided(figures)
    if done.redacted:
        show.say(f"  {done.redacted:,} different cells still held personal data and were redacted")
    for warning in done.volumes.warnings:
        show.say(f"  warning: {warning}")
    for column, count in done.unreadable.items():
        show.say(f"  {count:,} cells of {column} could not be read and were left empty")
    for column, count in done.formulas.items():
        show.say(f"  {count:,} cells of {column} would run in a spreadsheet and begin with an apostrophe now")
    for note in done.notes:
        show.say(f"  note: {note}")


def _decided(done: Treated) -> Decided | None:
    if done.generalised is None:
        return None
    from secureprofile.flows.decided import decided

    return decided(done.generalised)


def _show_decided(figures: Decided) -> None:
    """Say what the classes meet, what it cost, and what risk is left."""
    if figures.suppressed:
        show.say(f"  {show.count(figures.suppressed, 'row')} suppressed")
    bound = "" if figures.bound is None else " (the least there is)"
    if figures.bound is not None and figures.bound < figures.loss - 1e-9:
        bound = f" (the least there is lies above {figures.bound:.1%})"
    show.say(
        f"  {figures.classes:,} classes, the smallest of {figures.smallest} (k = {figures.k}); "
        f"{figures.method} recoding lost {figures.loss:.1%} of the detail{bound}"
    )
    dearest = sorted(figures.attribute_losses.items(), key=lambda item: -item[1])[:4]
    show.say("  most in " + ", ".join(f"{name} {loss:.0%}" for name, loss in dearest))
    show.say(
        f"  risk of finding somebody again: {figures.highest_risk_before:.0%} → {figures.highest_risk:.1%} at most, "
        f"{figures.average_risk_before:.1%} → {figures.average_risk:.1%} on average; alone in their class {figures.unique_before:.1%} → 0 %"
    )


Identifier = Annotated[str, typer.Argument(help="The person, as the subject column spells it.")]


@exports.command("list")
def exports_list(
    recipient: Annotated[str | None, typer.Option("--recipient", help="Only what this recipient got.")] = None,
    dataset: Annotated[str | None, typer.Option("--dataset", help="Only files of this dataset.")] = None,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
) -> None:
    """List what went to whom, under which agreement, key and scheme."""
    with session(workspace, actor=actor) as one:
        rows = one.exports(recipient=recipient, dataset=dataset)
    if json:
        show.as_json("exports", {"exports": rows})
    else:
        head = ("entry", "at", "dataset", "purpose", "recipient", "agreement", "kid", "scheme", "rows", "digest")
        show.table(head, [tuple(row[name] for name in head) for row in rows])


@exports.command("manifest")
def exports_manifest(
    entry: Annotated[int, typer.Argument(help="Of the log, as `exports list` shows it.")],
    workspace: Folder = None,
    actor: Actor = None,
) -> None:
    """Print the signed manifest of an anonymised export: rules, hashes, figures, under the log's key."""
    with session(workspace, actor=actor) as one:
        print(one.export_manifest(entry).decode(), end="")


@exports.command("recall")
def exports_recall(
    identifier: Identifier,
    purpose: Annotated[str | None, typer.Option("--for", help="Only exports for this purpose.")] = None,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
) -> None:
    """Show which exports may hold a person, and under which pseudonym each recipient knows them, to ask for deletion."""
    with session(workspace, actor=actor) as one:
        found = one.recall(identifier, purpose=purpose)
    head = ("entry", "at", "dataset", "recipient", "agreement", "contact", "pseudonym")
    rows = [{**{name: getattr(recall, name) for name in head}, "why_none": recall.why_none} for recall in found]
    if json:
        show.as_json("recall", {"exports": rows})
        return
    show.table(
        head, [tuple(row[n] if n != "pseudonym" else row[n] or f"– ({row['why_none']})" for n in head) for row in rows]
    )
    show.say(
        f"{show.count(len(rows), 'export')} may hold this person; ask each recipient to delete the pseudonym's rows"
    )
