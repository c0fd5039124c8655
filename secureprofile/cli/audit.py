"""Commands on the audit log."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from secureprofile.cli import anchor, show
from secureprofile.cli.options import Actor, Folder, Json, Overwrite, opened

app = typer.Typer(help="The log of every access: read it, verify it, sign it.", no_args_is_help=True)
app.add_typer(anchor.witness, name="witness")
app.command("prune")(anchor.prune)
app.command("timestamp")(anchor.timestamp)


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
    export: Annotated[
        Path | None, typer.Option("--export", metavar="DIR", help="An exported log, without its workspace.")
    ] = None,
    proof: Annotated[
        Path | None, typer.Option("--proof", metavar="FILE", help="A .tlog-proof, with --entry and --key.")
    ] = None,
    entry: Annotated[Path | None, typer.Option("--entry", metavar="FILE", help="The entry that is proven.")] = None,
    tsa_roots: Annotated[
        Path | None,
        typer.Option("--tsa-roots", metavar="PEM", help="With --export: whose timestamps shall count."),
    ] = None,
    entries: Annotated[bool, typer.Option("--entries", help="With --export: also read every entry's form.")] = False,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
) -> None:
    """Verify every entry against the signed checkpoints; exit 1 when anything was changed.

    With --export or --proof it needs no workspace, only the verifier keys: of the log, and of witnesses whose word shall count.
    """
    from secureprofile.errors import InputError, UsageError

    try:
        notes = [path.read_bytes() for path in since or ()]
    except OSError as error:
        raise InputError(f"the checkpoint cannot be read: {error.strerror}", hint="check the path") from None
    if export is not None or proof is not None:
        if not key:
            raise UsageError("whose log is it?", hint="--key, the log's verifier key as its keeper published it")
        if proof is None and export is not None:
            _show_export(export, key, notes, tsa_roots, entries=entries, json=json)
        elif proof is not None and entry is not None and export is None:
            _show_proof(proof, entry, key, json=json)
        else:
            raise UsageError("an export, or a proof with its entry", hint="--export DIR, or --proof FILE --entry FILE")
        return
    with opened(workspace, actor=actor) as place:
        verdict = place.audit.verify(checkpoints=notes, keys=key or ())
    if json:
        show.as_json(
            "verdict",
            {
                "entries": verdict.entries,
                "covered": verdict.covered,
                "unanchored": verdict.unanchored,
                "minimum": verdict.minimum,
                "root": verdict.root,
            },
        )
        return
    print(
        f"verified: {verdict.entries} entries, {verdict.covered} covered by a signed checkpoint, {verdict.unanchored} after it"
    )
    print(f"root: {verdict.root}")
    if verdict.minimum:
        show.say(f"pruned, as the log says: the entries below {verdict.minimum}; their hashes were verified")
    if verdict.interrupted:
        places = ", ".join(map(str, verdict.interrupted))
        show.say(f"interrupted (an intent without outcome): {places}")


def _show_export(
    folder: Path, keys: list[str], since: list[bytes], tsa_roots: Path | None, *, entries: bool, json: bool
) -> None:
    from secureprofile.flows.verify_export import read_file, verify_folder

    roots = None if tsa_roots is None else read_file(tsa_roots)
    found, interrupted = verify_folder(folder, keys=keys, since=since, entries=entries, tsa_roots=roots)
    if json:
        anchors = [{"size": one.size, "by": one.by, "time": one.time} for one in found.anchors]
        show.as_json(
            "export-verdict",
            {
                "origin": found.origin,
                "entries": found.size,
                "minimum": found.minimum,
                "root": found.root,
                "anchored": found.anchored,
                "anchors": anchors,
                "successors": [{"from": key.first, "key": str(key)} for key in found.successors],
                **({} if interrupted is None else {"interrupted": list(interrupted)}),
            },
        )
        return
    print(f"verified: {found.size} entries of {found.origin}, as its key signed them")
    print(f"root: {found.root}")
    for key in found.successors:
        print(f"handed over: from {key.first} entries on the log is signed by {key}")
    if found.minimum:
        print(f"pruned, as the log says: the entries below {found.minimum}; their hashes were verified")
    for one in sorted(found.anchors, key=lambda anchor: anchor.size):
        when = "" if one.time is None else datetime.fromtimestamp(one.time, UTC).strftime(" at %Y-%m-%d %H:%M:%S UTC")
        print(f"anchored outside: the first {one.size} entries, by {one.by}{when}")
    if found.anchored < found.size:
        show.say(
            f"not anchored: entries {found.anchored} to {found.size - 1} rest on the log's own key; whoever holds it could "
            "have signed another history of them (keep a checkpoint, and give it with --since)"
        )
    if interrupted:
        show.say(f"interrupted (an intent without outcome): {', '.join(map(str, interrupted))}")


def _show_proof(proof: Path, entry: Path, keys: list[str], *, json: bool) -> None:
    from secureprofile.flows.verify_export import verify_entry

    found = verify_entry(proof, entry, keys=keys)
    if json:
        show.as_json(
            "proof-verdict",
            {"origin": found.checkpoint.origin, "index": found.index, "entries": found.checkpoint.size},
        )
        return
    print(f"verified: this is entry {found.index} of {found.checkpoint.origin}, among {found.checkpoint.size}")


@app.command("prove")
def prove(
    index: Annotated[int, typer.Argument(metavar="INDEX", min=0, help="Of the entry, as audit log shows it.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="[default: standard output]")
    ] = None,
    entry: Annotated[
        Path | None, typer.Option("--entry", metavar="FILE", help="Also write the entry itself, byte for byte.")
    ] = None,
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
) -> None:
    """Prove one entry to somebody who has the verifier key and nothing else (C2SP tlog-proof)."""
    from secureprofile.adapters.outputs import write_whole

    with opened(workspace, actor=actor) as place:
        body = place.audit.entry(index) if entry is not None else b""
        found = place.audit.prove(index)
    if entry is not None:
        write_whole(entry, body, overwrite=overwrite)
    if output is not None:
        write_whole(output, found, overwrite=overwrite)
    else:
        print(found.decode(), end="")


@app.command("export")
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or an earlier export of this log.")],
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
) -> None:
    """Write the log as tiles that strangers' tools read (C2SP tlog-tiles); run again, it adds what is new."""
    with opened(workspace, actor=actor) as place:
        done, key = place.audit.export(folder), place.verifier_key
    if json:
        show.as_json(
            "log-export",
            {"entries": done.size, "minimum": done.minimum, "new": done.new, "files": done.files, "key": key},
        )
        return
    print(f"{folder}: {done.size:,} entries, {done.new:,} of them new")
    show.say(f"verify it with: secureprofile audit verify --export {folder} --key {key}")


@app.command("checkpoint")
def checkpoint(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="[default: standard output]")
    ] = None,
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
) -> None:
    """Sign the log as it stands and print the note; kept elsewhere, it makes every later change visible."""
    from secureprofile.adapters.outputs import write_whole

    with opened(workspace, actor=actor) as place:
        note = place.audit.checkpoint()
    if output is not None:
        write_whole(output, note, overwrite=overwrite)
    else:
        print(note.decode(), end="")


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
