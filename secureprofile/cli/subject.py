"""Commands on one person's rights, and on what is past its retention."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Actor, Folder, Json, Memory, Overwrite, Purpose, Quiet, session
from secureprofile.errors import UsageError

if TYPE_CHECKING:
    from secureprofile.flows.accesses import Access
    from secureprofile.flows.erase import Erased
    from secureprofile.flows.rights import Choice, Recorded

app = typer.Typer(help="What a person may ask for: to see, to correct, to refuse, to be erased.", no_args_is_help=True)
retention = typer.Typer(help="What is past the time that the policy gives it.", no_args_is_help=True)

Identifier = Annotated[str, typer.Argument(help="The person, as the subject column spells it.")]
Domain = Annotated[
    str | None, typer.Option("--domain", help="Where the identifier is known in several.", show_default=False)
]
WithActor = Annotated[bool, typer.Option("--with-actor", help="Say who it was, too: for the data protection officer.")]
Method = Annotated[str, typer.Option("--method", help="How the person said so.")]
ForPurpose = Annotated[str | None, typer.Option("--for", help="Only this purpose. [default: all]", show_default=False)]
Receipt = Annotated[
    Path | None,
    typer.Option(
        "--receipt", metavar="DIR", help="Folder for the entry and its proof, for the person.", show_default=False
    ),
]


@app.command("show")
def show_(
    identifier: Identifier,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="File to write: .json, .html or .csv. [default: JSON on stdout]", show_default=False
        ),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="en or zh, for .html.")] = "en",
    with_actor: WithActor = False,
    domain: Domain = None,
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
) -> None:
    """Show what is held of a person: from where, why, until when, and all accesses."""
    from secureprofile.adapters.outputs import write_whole
    from secureprofile.flows.subject_page import subject_page

    form = "json" if output is None else output.suffix.lower().lstrip(".")
    if form not in ("json", "html", "csv") or lang not in ("en", "zh"):
        raise UsageError("the form is not known", hint="end the file in .json, .html or .csv; --lang en or zh")
    with session(workspace, actor=actor) as one:
        held = one.rights.show(identifier, with_actor=with_actor, domain=domain)
    match form:
        case "html":
            data = subject_page(held, lang="zh" if lang == "zh" else "en").encode()
        case "csv":
            data = held.to_csv()
        case _:
            data = held.to_json()
    if output is None:
        print(data.decode(), end="")
        return
    write_whole(output, data, overwrite)
    show.say(f"{show.count(sum(len(k.rows) for k in held.kept), 'row')} of this person → {output}")


@app.command()
def accesses(
    identifier: Identifier,
    proof: Annotated[
        Path | None,
        typer.Option(
            "--proof", metavar="FILE", help="File for the proofs; it holds the person's salt.", show_default=False
        ),
    ] = None,
    with_actor: WithActor = False,
    domain: Domain = None,
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
) -> None:
    """Show who touched a person's data: when, why, which kinds of data, who got it; with proofs."""
    from secureprofile.adapters.outputs import write_whole

    with session(workspace, actor=actor) as one:
        found = one.rights.accesses(identifier, with_actor=with_actor, domain=domain)
    if proof is not None:
        write_whole(proof, found.proof, overwrite)
    kinds = {"present": found.present, "pruned": found.pruned, "may hold": found.may_hold}
    if json:
        rows = {kind.replace(" ", "_"): [_access(one) for one in some] for kind, some in kinds.items()}
        show.as_json("accesses-list", {**rows, "absent": found.absent})
        return
    head = ("at", "what", "purpose", "categories", "recipient", "proof", *(("who",) if with_actor else ()))
    show.table(head, [_line(one, kind) for kind, some in kinds.items() for one in some])
    times = "1 access" if len(found.present) == 1 else f"{len(found.present):,} accesses"
    show.say(f"{times} proven, {found.absent:,} runs proven not to have touched this person")


def _access(one: Access) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in one.__slots__}
    return told if one.actor is not None else {name: value for name, value in told.items() if name != "actor"}


def _few(categories: Sequence[str]) -> str:
    """Name two kinds of data, and count the others: ``--json`` has them all."""
    more = f", +{len(categories) - 2}" if len(categories) > 2 else ""
    return ", ".join(categories[:2]) + more


def _line(one: Access, kind: str) -> tuple[str, ...]:
    what = {"present": "yes", "pruned": "past retention", "may hold": "may hold you"}[kind]
    line = (one.at, f"{one.act} {one.dataset}".strip(), one.purpose, _few(one.categories), one.recipient, what)
    return line if one.actor is None else (*line, one.actor)


@app.command()
def verify(
    proof: Annotated[Path, typer.Argument(metavar="FILE", help="Made by `subject accesses --proof`.")],
    key: Annotated[list[str], typer.Option("--key", metavar="VKEY", help="Verifier key of the log.")],
    json: Json = False,
) -> None:
    """Verify an answer offline: the salt, every run's entry, and every proof. Needs no workspace."""
    from secureprofile.audit.accesses import verify_answer
    from secureprofile.audit.checkpoint import VerifierKey
    from secureprofile.errors import InputError

    try:
        data = proof.read_bytes()
    except OSError as error:
        raise InputError(f"the answer cannot be read: {error.strerror}", hint="check the path") from None
    found = verify_answer(data, [VerifierKey.parse(one) for one in key])
    if json:
        show.as_json("answer-verdict", {name: getattr(found, name) for name in found.__slots__})
        return
    print(
        f"verified: touched by {len(found.present)} runs, not by {len(found.absent)}, under a log of {found.log_size} entries"
    )
    if found.pruned:
        show.say(f"nothing is proven of {len(found.pruned)} runs whose tokens are past retention")


@app.command()
def rectify(
    identifier: Identifier,
    column: Annotated[str, typer.Option("--column", help="Whose cells are wrong.")],
    value: Annotated[str, typer.Option("--value", help="What they shall be, as a file would spell it.")],
    dataset: Annotated[str, typer.Option("--dataset", help="Dataset of the policy.")],
    where: Annotated[
        str | None,
        typer.Option("--where", metavar="COLUMN=VALUE", help="Only rows that hold this.", show_default=False),
    ] = None,
    purpose: Purpose = None,
    domain: Domain = None,
    workspace: Folder = None,
    actor: Actor = None,
    memory_limit: Memory = None,
) -> None:
    """Correct a stored value; it goes through the guard, and into tags and releases from the next portrait on."""
    name, found, wanted = (where or "").partition("=")
    if where is not None and not found:
        raise UsageError("which rows?", hint="--where COLUMN=VALUE")
    with session(workspace, actor=actor, purpose=purpose, output="store", memory=memory_limit) as one:
        done = one.rights.rectify(
            identifier,
            dataset=dataset,
            column=column,
            value=value,
            where=(name, wanted) if where else None,
            domain=domain,
        )
    show.say(
        f"corrected in {show.count(done.rows, 'row')} of {show.count(done.files, 'snapshot')}: entry {done.entry} of the log"
    )
    show.say("build the portrait anew before the next release")


@app.command()
def restrict(
    identifier: Identifier, purpose: ForPurpose = None, method: Method = "", receipt: Receipt = None,
    domain: Domain = None, workspace: Folder = None, actor: Actor = None,
) -> None:  # fmt: skip
    """Restrict the use of a person's data (GDPR Art. 18), for one purpose or all."""
    _refuse(identifier, "restricted", purpose, method, receipt, domain, workspace, actor)


@app.command("object")
def object_(
    identifier: Identifier, purpose: ForPurpose = None, method: Method = "", receipt: Receipt = None,
    domain: Domain = None, workspace: Folder = None, actor: Actor = None,
) -> None:  # fmt: skip
    """Record a person's objection (GDPR Art. 21, PIPL Art. 44), to one purpose or all."""
    _refuse(identifier, "objected", purpose, method, receipt, domain, workspace, actor)


@app.command()
def lift(
    identifier: Identifier, purpose: ForPurpose = None, method: Method = "", receipt: Receipt = None,
    domain: Domain = None, workspace: Folder = None, actor: Actor = None,
) -> None:  # fmt: skip
    """End a restriction or an objection."""
    _refuse(identifier, "lifted", purpose, method, receipt, domain, workspace, actor)


def _refuse(
    identifier: str, state: Choice, purpose: str | None, method: str, receipt: Path | None, domain: str | None,
    workspace: str | None, actor: str | None,
) -> None:  # fmt: skip
    with session(workspace, actor=actor) as one:
        done = one.rights.refuse(identifier, state=state, purpose=purpose, method=method, domain=domain)
    show.say(f"{state} for {', '.join(done.purposes)}: entry {done.entry} of the log")
    if receipt is not None:
        keep_receipt(receipt, done)


@app.command()
def erase(
    identifier: Annotated[str | None, typer.Argument(help="The person, as the subject column spells it.")] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="FILE", help="Many people: one identifier per line; - for stdin.", show_default=False
        ),
    ] = None,
    grace: Annotated[
        str,
        typer.Option(
            "--grace", metavar="P30D", help="Do it when this time has passed; until then nobody uses the data."
        ),
    ] = "",
    at_once: Annotated[bool, typer.Option("--now", help="Do not wait for the end of a grace window.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Give up an erasure that waits.")] = False,
    proofs: Annotated[
        Path | None,
        typer.Option(
            "--proofs",
            metavar="DIR",
            help="Folder for the proofs of past accesses, for the person.",
            show_default=False,
        ),
    ] = None,
    receipt: Receipt = None,
    domain: Domain = None,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
) -> None:
    """Erase a person: stored rows, portraits, consents, tokens, and the salt that links the log to them."""
    if (identifier is None) == (source is None) or (source is not None and (grace or at_once or cancel)):
        raise UsageError("whom?", hint="IDENTIFIER, or --from FILE (without --grace, --now, --cancel)")
    if grace and (at_once or cancel):
        raise UsageError("now, later, or never?", hint="one of --grace, --now and --cancel")
    with session(workspace, actor=actor) as one:
        if identifier is None:
            done = one.rights.erase_many(_lines(str(source)), proofs=proofs, domain=domain)
        elif cancel:
            show.say(f"given up: entry {one.rights.cancel_erasure(identifier, domain=domain)} of the log")
            return
        else:
            done = one.rights.erase(identifier, grace=grace, at_once=at_once, proofs=proofs, domain=domain)
    if receipt is not None and done.receipt:
        keep_receipt(receipt, done)
    _show_erased(done, json=json)


def _lines(source: str) -> list[str]:
    from secureprofile.errors import InputError

    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"the list cannot be read: {error.strerror}", hint="check the path") from None
    except UnicodeDecodeError:
        raise InputError("the list is not UTF-8", hint="save it as UTF-8, one identifier per line") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def keep_receipt(folder: Path, done: Recorded | Erased) -> None:
    """Write an entry and its proof, which a person may keep."""
    from secureprofile.adapters.outputs import write_whole

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(folder / f"entry-{done.entry}.json", done.record)
    write_whole(folder / f"entry-{done.entry}.tlog-proof", done.receipt)
    show.say(f"receipt     {folder}/entry-{done.entry}.json and .tlog-proof")


def _show_erased(done: Erased, *, json: bool) -> None:
    if json:
        internal = {
            name: getattr(done, name) for name in ("people", "rows", "files", "tokens", "unknown", "held", "already")
        }
        recalls = [{"person": number + 1, **{n: getattr(r, n) for n in r.__slots__}} for number, r in done.recalls]
        show.as_json("erased", {"entry": done.entry, "due": done.due, "internal": internal, "recalls": recalls})
        return
    if done.due:
        show.say(
            f"will be erased by the first `retention run` from {done.due} on; until then nobody may use the data (entry {done.entry})"
        )
        return
    who = "1 person" if done.people == 1 else f"{done.people:,} people"
    show.say(f"erased {who}: entry {done.entry} of the log")
    gone, places, tokens = (
        show.count(number, noun)
        for number, noun in ((done.rows, "row"), (done.files, "snapshot"), (done.tokens, "random token"))
    )
    show.say(f"  {gone} in {places}, {tokens} (internal figures)")
    for count, text in ((done.unknown, "unknown"), (done.held, "under a hold"), (done.already, "erased before")):
        if count:
            show.say(f"  {count:,} left out: {text}")
    if done.recalls:
        head = ("person", "entry", "at", "dataset", "recipient", "agreement", "contact", "pseudonym")
        rows = [
            (number + 1, *(getattr(one, name) for name in head[1:-1]), one.pseudonym or f"– ({one.why_none})")
            for number, one in done.recalls
        ]
        show.table(head, rows)
        show.say(f"{show.count(len(rows), 'export')} may hold them; ask each recipient to delete the pseudonym's rows")


@app.command()
def readmit(identifier: Identifier, domain: Domain = None, workspace: Folder = None, actor: Actor = None) -> None:
    """Let somebody who was erased be enrolled again, because they came back."""
    with session(workspace, actor=actor) as one:
        show.say(f"may be enrolled again: entry {one.rights.readmit(identifier, domain=domain)} of the log")


@app.command()
def hold(
    identifier: Identifier,
    until: Annotated[
        str, typer.Option("--until", metavar="DAY", help="Last day of the hold. [default: until it is lifted]")
    ] = "",
    reference: Annotated[
        str, typer.Option("--reference", help="Of the case; kept beside the person, not in the log.")
    ] = "",
    lift: Annotated[bool, typer.Option("--lift", help="End the hold.")] = False,
    domain: Domain = None,
    workspace: Folder = None,
    actor: Actor = None,
) -> None:
    """Forbid the erasure of a person's data, as long as the law needs them."""
    with session(workspace, actor=actor) as one:
        if lift:
            entry = one.rights.lift_hold(identifier, domain=domain)
        else:
            entry = one.rights.hold(identifier, until=until, reference=reference, domain=domain)
    show.say(f"{'lifted' if lift else 'held'}: entry {entry} of the log")


@retention.command("run")
def retention_run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is past its time.")] = False,
    workspace: Folder = None,
    actor: Actor = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Remove what is past its retention, and the people whose grace window has ended."""
    with session(workspace, actor=actor) as one:
        found = one.rights.run_retention(dry_run=dry_run)
    figures = {
        "snapshots": len(found.snapshots),
        "runs": len(found.runs),
        "tokens": sum(age.tokens for age in found.tokens),
        "erasures": found.erasures,
        "undated": found.undated,
    }
    if json:
        show.as_json("retention", {"entry": found.entry, "dry_run": dry_run, "internal": figures})
        return
    verb = "would go" if dry_run else "went"
    show.say(
        f"{show.count(figures['snapshots'], 'snapshot')}, tokens of {show.count(figures['runs'], 'run')}, "
        f"{show.count(figures['tokens'], 'random token')} {verb}; {figures['erasures']:,} erasures that waited",
        quiet=quiet,
    )
    if found.undated:
        show.say(
            f"  {found.undated:,} stay: nobody can say when they were stored, or the policy no longer has their purpose"
        )
