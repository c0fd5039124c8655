"""Commands that pin the log outside, and that let old entries go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Actor, Folder, Json, opened

witness = typer.Typer(help="Witnesses: others who cosign the log's checkpoints.", no_args_is_help=True)


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@witness.command("add")
def add(
    vkey: Annotated[str, typer.Argument(metavar="VKEY", help="The witness's verifier key, as it publishes it.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="Where checkpoints are submitted (its submission prefix).")],
    workspace: Folder = None,
    actor: Actor = None,
) -> None:
    """Let a witness cosign this log's checkpoints from now on; it must know the log's own key first."""
    with opened(workspace, actor=actor) as place:
        print(place.audit.add_witness(vkey, url))
        show.say(f"tell the witness this log's key: {place.verifier_key}")


@witness.command("remove")
def remove(name: Annotated[str, typer.Argument(metavar="NAME")], workspace: Folder = None, actor: Actor = None) -> None:
    """Ask a witness no more; what it cosigned stays."""
    with opened(workspace, actor=actor) as place:
        place.audit.remove_witness(name)


@witness.command("list")
def list_(workspace: Folder = None, actor: Actor = None, json: Json = False) -> None:
    """Show the witnesses of this log and how many entries each has pinned."""
    with opened(workspace, actor=actor) as place:
        found = place.audit.witnesses()
    if json:
        rows = [{"name": one.name, "key": one.vkey, "url": one.url, "entries": one.size} for one in found]
        show.as_json("witnesses", {"witnesses": rows})
        return
    show.table(("witness", "url", "entries"), [(one.name, one.url, one.size) for one in found], right=(2,))


@witness.command("submit")
def submit(workspace: Folder = None, actor: Actor = None, json: Json = False) -> None:
    """Have every witness cosign the log as it stands: then nothing in it can be changed unseen, by nobody."""
    with opened(workspace, actor=actor) as place:
        found = place.audit.submit()
    if json:
        rows = [{"witness": one.witness, "entries": one.size, "time": one.time} for one in found]
        show.as_json("cosigned", {"cosigned": rows})
        return
    for one in found:
        print(f"{one.witness}: pinned the first {one.size} entries at {_time(one.time)}")


def prune(
    before: Annotated[
        str, typer.Option("--before", metavar="DAY|INDEX", help="A day (2026-01-31) or the first entry to keep.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")] = False,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
) -> None:
    """Remove old entries, whole tiles of 256; their hashes stay, so that what is left still verifies."""
    with opened(workspace, actor=actor) as place:
        done = place.audit.prune(before, dry_run=dry_run)
    if json:
        show.as_json(
            "pruned",
            {"minimum": done.minimum, "removed": done.removed, "term": done.term, "dry_run": dry_run},
        )
        return
    verb = "would be removed" if dry_run else "removed"
    print(f"{verb}: {done.removed:,} entries; the first one kept is {done.minimum}")
