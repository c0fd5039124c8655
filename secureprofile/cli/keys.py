"""Commands on keys, and the one that needs them most: reveal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Actor, Folder, Json, Memory, Overwrite, Purpose, Quiet, opened

app = typer.Typer(help="The keys behind pseudonyms and ciphertexts: list, rotate, wrap.", no_args_is_help=True)


@app.command("list")
def list_(workspace: Folder = None, actor: Actor = None, json: Json = False) -> None:
    """List ids, ages and uses of the keys; never a secret."""
    with opened(workspace, actor=actor) as place:
        keys = place.keys()
    rows = [
        {
            "role": key.role,
            "kid": key.kid,
            "made": key.made,
            "age_days": key.age_days,
            "in_use": key.newest,
            "exports": key.exports,
        }
        for key in keys
    ]
    if json:
        show.as_json("keys", {"keys": rows})
        return
    head = ("role", "kid", "made", "age_days", "in_use", "exports")
    cells = [
        tuple("yes" if row[name] is True else "" if row[name] is False else row[name] for name in head) for row in rows
    ]
    show.table(head, cells, right=(3, 5))


@app.command("rotate")
def rotate(
    role: Annotated[str, typer.Argument(help="pseudonym, encrypt, vault, fpe or log.")],
    workspace: Folder = None,
    actor: Actor = None,
) -> None:
    """Put a newer key in a role; older ones stay, so that what they made can be revealed. New results do not join with old ones."""
    with opened(workspace, actor=actor) as place:
        print(place.rotate_key(role))
        show.say(f"in use from now on; back up {place.keys_reference.removeprefix('file:')} again")


@app.command("wrap")
def wrap(
    master: Annotated[
        str | None,
        typer.Option(
            "--master",
            metavar="REF",
            help="file:PATH, env:VARIABLE, command:PROGRAM … or keyring:SERVICE/USER.",
            show_default=False,
        ),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Take the master away.")] = False,
    workspace: Folder = None,
    actor: Actor = None,
) -> None:
    """Encrypt the key ring under a master, or under another one than before. $SECUREPROFILE_MASTER says where it is from then on."""
    from secureprofile.errors import UsageError

    if (master is None) != none:
        raise UsageError("under which master?", hint="--master REF, or --none")
    with opened(workspace, actor=actor) as place:
        place.wrap_keys(master)
    show.say(
        "the key ring is not encrypted any more"
        if none
        else "from now on: export SECUREPROFILE_MASTER=REF, and back both up, apart"
    )


def reveal(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="An exported file, or one made from it.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .csv, .jsonl (also .gz) or .parquet.")],
    purpose: Purpose = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Dataset of the policy. [default: by file name]")
    ] = None,
    exported_for: Annotated[
        str | None, typer.Option("--exported-for", help="Purpose of the export. [default: the only one]")
    ] = None,
    recipient: Annotated[str | None, typer.Option("--recipient", help="Whom the export was made for.")] = None,
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
    memory_limit: Memory = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Undo encrypt, token and fpe in an exported file, where the policy lets this purpose; exit 1 when nothing came back."""
    with opened(workspace, actor=actor, memory=memory_limit) as place:
        name = dataset or place.match_dataset(source)
        chosen = purpose or place.default_purpose("reveal")
        with place.session(purpose=chosen) as one, show.progress(quiet=quiet) as progress:
            done = one.reveal_file(
                source,
                output,
                dataset=name,
                exported_for=exported_for,
                recipient=recipient,
                overwrite=overwrite,
                progress=progress,
            )
    if json:
        counts = {"rows": done.rows, "revealed": dict(done.revealed), "left": dict(done.left)}
        show.as_json("revealed", {"internal": counts, "entry": done.entry, "target": str(output)})
        return
    show.say(f"{done.rows:,} rows → {output} (internal figures, entry {done.entry} of the log)", quiet=quiet)
    for column, count in done.revealed.items():
        show.say(f"  {column}: {count:,} cells revealed, {done.left[column]:,} stayed as they were", quiet=quiet)
