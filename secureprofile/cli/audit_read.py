"""Commands that read the log for people and for other systems; every reading is itself recorded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Actor, Folder, Json, Overwrite, Quiet, opened
from secureprofile.errors import UsageError

Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="First day or time (UTC), as 2026-11-01.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Last day or time (UTC), included.")]
Act = Annotated[str | None, typer.Option("--act", help="Only this act, such as anonymize.")]
For = Annotated[str | None, typer.Option("--purpose", help="Only this purpose.")]
Who = Annotated[str | None, typer.Option("--actor-id", metavar="STAFF-ID", help="Only this opaque staff id.")]
Result = Annotated[str | None, typer.Option("--result", help="Only allow, deny or error.")]
Lang = Annotated[Literal["en", "zh"], typer.Option("--lang", help="Language of the page.")]
Page = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="File to write: .html, .md or .json.")]

_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z?)?")


def register(app: typer.Typer) -> None:
    """Add the commands to ``audit``."""
    app.registered_commands[:] = [one for one in app.registered_commands if one.name != "log"]
    app.command("log")(log)
    app.command("events")(events)
    app.command("summary")(summary)
    app.command("records")(records)


def _time(text: str | None) -> str | None:
    if text is not None and not _TIME.fullmatch(text):
        raise UsageError("a day or time is written as 2026-11-01 or 2026-11-01T08:30:00Z", hint="--since, --until")
    return text


def _result(text: str | None) -> str | None:
    if text not in (None, "allow", "deny", "error"):
        raise UsageError("no such result", hint="--result allow, deny or error")
    return text


def _form(output: Path) -> Literal["html", "md", "json"]:
    match output.suffix.lower():
        case ".html" | ".htm":
            return "html"
        case ".md":
            return "md"
        case ".json":
            return "json"
    raise UsageError("the page's format is told by its name", hint="-o summary.html, summary.md or summary.json")


def _events_form(output: Path) -> Literal["ocsf", "csv", "html"]:
    match output.suffix.lower():
        case ".jsonl" | ".ndjson" | ".json":
            return "ocsf"
        case ".csv":
            return "csv"
        case ".html" | ".htm":
            return "html"
    raise UsageError(
        "the file's name does not tell the format", hint="-o events.jsonl, events.csv or events.html, or --format"
    )


def log(
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="How many of the newest entries.")] = 20,
    since: Since = None,
    until: Until = None,
    act: Act = None,
    purpose: For = None,
    actor_id: Who = None,
    result: Result = None,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
) -> None:
    """Show the newest entries; reading them is recorded too."""
    from secureprofile.audit.select import Selection

    chosen = Selection(
        since=_time(since), until=_time(until), act=act, purpose=purpose, actor=actor_id, result=_result(result)
    )
    with opened(workspace, actor=actor) as place:
        entries = place.audit.log(last=last, selection=chosen)
    if json:
        show.as_json("log", {"entries": entries})
        return
    show.table(
        ("entry", "time", "who", "act", "phase", "result", "purpose", "dataset", "rows", "recipient", "request"),
        [
            (
                e["index"],
                e["time"],
                e["actor"],
                e["act"],
                e["phase"],
                " ".join(filter(None, (e.get("result"), e.get("reason")))),
                *(e.get(name, "") for name in ("purpose", "dataset", "rows", "recipient", "request")),
            )
            for e in entries
        ],
        right=(0,),
    )


def events(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="File to write: .jsonl, .csv or .html.")
    ],
    form: Annotated[
        Literal["ocsf", "csv", "html"] | None,
        typer.Option(
            "--format",
            help="OCSF 1.8.0 as JSON Lines, CSV, or a page; without it, as the file's name says.",
            show_default=False,
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    act: Act = None,
    purpose: For = None,
    actor_id: Who = None,
    result: Result = None,
    lang: Lang = "en",
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
    quiet: Quiet = False,
) -> None:
    """Write the entries for another system (OCSF), a spreadsheet (CSV) or a reader (HTML)."""
    from secureprofile.audit.select import Selection

    chosen = Selection(
        since=_time(since), until=_time(until), act=act, purpose=purpose, actor=actor_id, result=_result(result)
    )
    told = form or _events_form(output)
    with opened(workspace, actor=actor) as place:
        count = place.audit.events(output, form=told, selection=chosen, lang=lang, overwrite=overwrite)
    show.say(f"{count:,} entries → {output}", quiet=quiet)


def summary(
    output: Page,
    since: Since = None,
    until: Until = None,
    lang: Lang = "en",
    with_actor: Annotated[
        bool, typer.Option("--with-actor", help="Name who is behind the staff ids; the workspace's creator only.")
    ] = False,
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
    quiet: Quiet = False,
) -> None:
    """Write what the log says on the whole: who, why, how much, refusals, budget, keys, unusual patterns."""
    from secureprofile.audit.select import Selection

    chosen = Selection(since=_time(since), until=_time(until))
    with opened(workspace, actor=actor) as place:
        tally = place.audit.summary(
            output, form=_form(output), lang=lang, selection=chosen, with_actor=with_actor, overwrite=overwrite
        )
    show.say(f"{tally.chosen:,} of {tally.entries:,} entries → {output}", quiet=quiet)


def records(
    output: Page,
    lang: Lang = "en",
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
    quiet: Quiet = False,
) -> None:
    """Write the record of processing activities, the evidence for an impact assessment, and what the log can prove to an audit."""
    with opened(workspace, actor=actor) as place:
        place.audit.records(output, form=_form(output), lang=lang, overwrite=overwrite)
    show.say(f"records of processing → {output}", quiet=quiet)
