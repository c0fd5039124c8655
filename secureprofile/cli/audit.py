"""Commands on the audit log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Actor, Folder, Json, opened

app = typer.Typer(help="The log of every access: read it, verify it, sign it.", no_args_is_help=True)


@app.command("verify")
def verify(
    since: Annotated[
        list[Path] | None,
        typer.Option("--since", metavar="CHECKPOINT", help="A checkpoint kept earlier; may be repeated."),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="VKEY", help="Verifier key known from outside. [default: the workspace's]"),
    ] = None,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
) -> None:
    """Verify every entry against the signed checkpoints; exit 1 when anything was changed."""
    from secureprofile.errors import InputError

    try:
        notes = [path.read_bytes() for path in since or ()]
    except OSError as error:
        raise InputError(f"the checkpoint cannot be read: {error.strerror}", hint="check the path") from None
    with opened(workspace, actor=actor) as place:
        verdict = place.audit.verify(checkpoints=notes, keys=key or ())
    if json:
        show.as_json(
            "verdict",
            {
                "entries": verdict.entries,
                "covered": verdict.covered,
                "unanchored": verdict.unanchored,
                "root": verdict.root,
            },
        )
        return
    print(
        f"verified: {verdict.entries} entries, {verdict.covered} covered by a signed checkpoint, {verdict.unanchored} after it"
    )
    print(f"root: {verdict.root}")
    if verdict.interrupted:
        places = ", ".join(map(str, verdict.interrupted))
        show.say(f"interrupted (an intent without outcome): {places}")


@app.command("checkpoint")
def checkpoint(workspace: Folder = None, actor: Actor = None) -> None:
    """Sign the log as it stands and print the note; kept elsewhere, it makes every later change visible."""
    with opened(workspace, actor=actor) as place:
        print(place.audit.checkpoint().decode(), end="")


@app.command("log")
def log(
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="How many of the newest entries.")] = 20,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
) -> None:
    """Show the newest entries; reading them is recorded too."""
    with opened(workspace, actor=actor) as place:
        entries = place.audit.log(last=last)
    if json:
        show.as_json("log", {"entries": entries})
        return
    show.table(
        ("entry", "time", "who", "act", "phase", "result", "purpose", "dataset", "rows"),
        [
            (
                e["index"],
                e["time"],
                e["actor"],
                e["act"],
                e["phase"],
                " ".join(filter(None, (e.get("result"), e.get("reason")))),
                e.get("purpose", ""),
                e.get("dataset", ""),
                e.get("rows", ""),
            )
            for e in entries
        ],
        right=(0,),
    )
