"""Commands on consents: many from a file, one person's by hand, and what a person may keep of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from secureprofile.cli import show
from secureprofile.cli.data import Input, Sheet
from secureprofile.cli.options import Actor, Folder, Json, Overwrite, Quiet, session
from secureprofile.cli.subject import Domain, Identifier, Method, Receipt, keep_receipt

if TYPE_CHECKING:
    from secureprofile.flows.consent import Imported

app = typer.Typer(help="Who allowed what, and what follows from it.", no_args_is_help=True)

ForPurpose = Annotated[str, typer.Option("--for", help="The purpose that is granted or withdrawn.")]

_RULES = {
    "no-person": "the cell of the person is empty",
    "unknown-purpose": "the policy has no such purpose",
    "unknown-state": "expected granted, refused, withdrawn, expired, objected, restricted or lifted",
    "unreadable-time": "`at` is no ISO 8601 time",
    "unreadable-tcf": "no TCF 2.3 string; earlier ones lack the vendors that were shown",
    "signal-without-rule": "the policy's `signals` do not say what it means",
    "erased-person": "the person was erased; secureprofile subject readmit",
}


@app.command("import")
def import_(
    source: Input,
    sheet: Sheet = None,
    left_out: Annotated[
        Path | None,
        typer.Option(
            "--left-out",
            metavar="FILE",
            help="CSV for the rows that were left out: number and rule.",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add the records of a file: who, purpose, state, at, and what else it holds; or GPC and TCF signals."""
    from secureprofile.adapters.outputs import write_whole

    with session(workspace, actor=actor) as one, show.progress(quiet=quiet) as progress:
        done = one.import_consents(source, sheet=sheet, progress=progress)
    if left_out is not None:
        lines = ["row,rule", *(f"{row},{rule}" for row, rule in done.left_out)]
        write_whole(left_out, "\n".join([*lines, ""]).encode(), overwrite)
    if json:
        names = ("rows", "people", "added", "rejected", "future", "contradictory")
        show.as_json("consents", {"internal": {name: getattr(done, name) for name in names}})
        return
    _tell(done, left_out, quiet=quiet)


def _tell(done: Imported, left_out: Path | None, *, quiet: bool) -> None:
    show.say(
        f"{done.added:,} new records from {show.count(done.rows, 'row')}, of {done.people:,} people (internal figures)",
        quiet=quiet,
    )
    if done.future:
        show.say(f"  {show.count(done.future, 'record')} will count from their time on, not before", quiet=quiet)
    if done.contradictory:
        show.say(
            f"  {show.count(done.contradictory, 'contradiction')}: a grant and a denial at the same second; the denial counts",
            quiet=quiet,
        )
    for rule, count in sorted(done.rejected.items()):
        why = f" ({_RULES[rule]})" if rule in _RULES else ""
        show.say(f"  {show.count(count, 'row')} left out: {rule}{why}", quiet=quiet)
    if done.left_out and left_out is None:
        rows = ", ".join(str(row) for row, _ in done.left_out[:5])
        more = ", …" if sum(done.rejected.values()) > 5 else ""
        show.say(f"  which: rows {rows}{more}; --left-out FILE lists them", quiet=quiet)


@app.command()
def status(workspace: Folder = None, actor: Actor = None, json: Json = False) -> None:
    """Count who may be used for what, and why the others may not (internal figures)."""
    with session(workspace, actor=actor) as one:
        found = one.consent_status()
    rows = [(s.purpose, s.recipient, s.decision.answer, s.decision.reason, s.people) for s in found]
    head = ("purpose", "recipient", "decision", "reason", "people")
    if json:
        show.as_json("consent-status", {"internal": [dict(zip(head, row, strict=True)) for row in rows]})
    else:
        show.table(head, [(*row[:-1], f"{row[-1]:,}") for row in rows], right=[4])


@app.command("show")
def show_(
    identifier: Identifier, domain: Domain = None, workspace: Folder = None, actor: Actor = None, json: Json = False
) -> None:
    """Show one person's records, and what follows from them for each purpose."""
    with session(workspace, actor=actor) as one:
        found = one.consents_of(identifier, domain=domain)
    records = [record.told() for record in found.records]
    decided = [(purpose, recipient, how.answer, how.reason) for purpose, recipient, how in found.decisions]
    head = ("purpose", "recipient", "decision", "reason")
    if json:
        decisions = [dict(zip(head, row, strict=True)) for row in decided]
        show.as_json("consent", {"records": records, "decisions": decisions})
        return
    filled = tuple(name for name in (records or [{}])[0] if any(record[name] for record in records))
    show.table(filled or ("purpose",), [tuple(record[name] for name in filled) for record in records])
    print()
    show.table(head, decided)


@app.command()
def grant(
    identifier: Identifier,
    purpose: ForPurpose,
    method: Method = "",
    notice: Annotated[str, typer.Option("--notice", help="The privacy notice that was shown, as the policy names it.")] = "",
    sensitive: Annotated[bool, typer.Option("--sensitive", help="Sensitive data, too (PIPL Art. 29).")] = False,
    disclosure: Annotated[bool, typer.Option("--disclosure", help="Giving it to others, too (PIPL Art. 23).")] = False,
    cross_border: Annotated[bool, typer.Option("--cross-border", help="Sending it abroad, too (PIPL Art. 39).")] = False,
    guardian: Annotated[bool, typer.Option("--guardian", help="A guardian consented for a minor.")] = False,
    receipt: Receipt = None,
    domain: Domain = None,
    workspace: Folder = None,
    actor: Actor = None,
) -> None:  # fmt: skip
    """Record a grant as of now."""
    terms: dict[str, Any] = {
        "notice": notice,
        "sensitive": sensitive,
        "disclosure": disclosure,
        "cross_border": cross_border,
        "guardian": "yes" if guardian else "",
    }
    with session(workspace, actor=actor) as one:
        done = one.grant(identifier, purpose=purpose, method=method, terms=terms, domain=domain)
    show.say(f"granted: entry {done.entry} of the log")
    if receipt is not None:
        keep_receipt(receipt, done)


@app.command()
def withdraw(
    identifier: Identifier,
    purpose: ForPurpose,
    method: Method = "",
    receipt: Receipt = None,
    domain: Domain = None,
    workspace: Folder = None,
    actor: Actor = None,
) -> None:
    """Record a withdrawal as of now: it reaches the store at once, and every later run."""
    with session(workspace, actor=actor) as one:
        done = one.withdraw(identifier, purpose=purpose, method=method, domain=domain)
        count = one.exports_to_recall(identifier, purpose=purpose)
    show.say(f"withdrawn: entry {done.entry} of the log")
    if receipt is not None:
        keep_receipt(receipt, done)
    if count:
        show.say(
            f"{show.count(count, 'export')} for this purpose may hold the person: secureprofile exports recall IDENTIFIER"
        )


@app.command()
def receipt(
    identifier: Identifier,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="JSON file to write. [default: stdout]", show_default=False),
    ] = None,
    domain: Domain = None,
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
) -> None:
    """Write what a person may keep of their consents (ISO/IEC TS 27560)."""
    from json import dumps

    from secureprofile.adapters.outputs import write_whole

    with session(workspace, actor=actor) as one:
        made = one.rights.consent_receipt(identifier, domain=domain)
    text = dumps(made, ensure_ascii=False, indent=1) + "\n"
    if output is None:
        print(text, end="")
        return
    write_whole(output, text.encode(), overwrite)
    show.say(f"receipt → {output}")
