"""Commands on policies."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Actor, Folder, Json, Overwrite, opened

if TYPE_CHECKING:
    from secureprofile.policy.explain import Explanation
    from secureprofile.policy.model import Recipient
    from secureprofile.policy.parse import LoadedPolicy

app = typer.Typer(help="What may be done: check, explain, test, diff, copy, use, list, schema.", no_args_is_help=True)

Reference = Annotated[str, typer.Argument(metavar="POLICY", help="Policy file, or retail, retail-cn, strict.")]
Narrow = Annotated[str | None, typer.Option(help="Only this one.", show_default=False)]


@app.command("check")
def check(policy: Reference) -> None:
    """Check a policy with its tag and release files; every problem is told at once."""
    from secureprofile.adapters.policies import check_policy

    loaded, tags = check_policy(policy)
    found = loaded.policy
    parts = (
        show.count(len(found.datasets), "dataset"),
        show.count(len(found.purposes), "purpose"),
        show.count(tags, "tag"),
    )
    show.say(f"{found.policy.id} version {found.policy.version}: {', '.join(parts)}; no problem found")
    print(loaded.hash)


@app.command("explain")
def explain(
    policy: Reference,
    role: Narrow = None,
    purpose: Narrow = None,
    dataset: Narrow = None,
    column: Narrow = None,
    output: Annotated[
        Literal["store", "export", "release", "reveal"] | None,
        typer.Option(help="Where rows shall go. [default: what the purpose is most of all for]", show_default=False),
    ] = None,
    recipient: Annotated[
        str | None, typer.Option(help="Who shall get rows. [default: the purpose's first]", show_default=False)
    ] = None,
    authenticated: Annotated[
        Literal["asserted", "os-user", "signed"] | None,
        typer.Option(help="How it is known who asks.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Show who may do what with which column, and who may get the files.

    With --role, --purpose, --dataset and --column together it answers one question, with the lines of the file that decide.
    """
    from secureprofile.adapters.clock import now
    from secureprofile.adapters.policies import load_policy
    from secureprofile.policy.access import Request
    from secureprofile.policy.explain import explain as answer

    loaded = load_policy(policy)
    if role and purpose and dataset and column:
        request = Request(
            role=role,
            purpose=purpose,
            output=output,
            dataset=dataset,
            column=column,
            recipient=recipient,
            day=now().date(),
            authenticated=authenticated,
        )
        _answer(answer(loaded, request), json=json)
        return
    _tables(loaded, role=role, purpose=purpose, dataset=dataset, column=column, json=json)


def _answer(found: Explanation, *, json: bool) -> None:
    from secureprofile.policy.treatments import describe

    ruling = found.ruling
    if json:
        body = {
            "question": {
                name: getattr(found.request, name)
                for name in ("role", "purpose", "output", "dataset", "column", "recipient", "authenticated")
            },
            "decision": ruling.answer,
            "reason": ruling.reason,
            "category": ruling.category,
            "treatment": describe(ruling.treatment) if ruling.treatment else None,
            "consent": ruling.consent,
            "text": list(found.sentences),
            "because": [
                {"file": line.file, "line": line.line, "column": line.column, "path": line.path, "text": line.text}
                for line in found.lines
            ],
        }
        show.as_json("policy-explain", body)
        return
    for sentence in found.sentences:
        print(sentence)
    for number, line in enumerate(found.lines):
        print(f"{'because' if number == 0 else '       '}  {line.file}:{line.line}:{line.column}  {line.text}")


def _tables(
    loaded: LoadedPolicy, *, role: str | None, purpose: str | None, dataset: str | None, column: str | None, json: bool
) -> None:
    from secureprofile.errors import UsageError
    from secureprofile.policy.explain import cell_rows

    found = loaded.policy
    for what, word, known in (
        ("role", role, found.roles),
        ("purpose", purpose, found.purposes),
        ("dataset", dataset, found.datasets),
    ):
        if word is not None and word not in known:
            raise UsageError(f"the policy has no such {what}", hint="one of: " + ", ".join(known))
    open_to = [name for name, body in found.purposes.items() if role is None or role in body.roles]
    cells = [
        (row.purpose, row.dataset, row.column, row.category, row.treatment)
        for row in cell_rows(found, purpose=purpose, dataset=dataset, column=column)
        if row.purpose in open_to
    ]
    recipients = [
        (name, whom, *_agreement(found.recipients.get(whom)))
        for name in open_to
        if purpose in (None, name) and "export" in found.purposes[name].outputs
        for whom in found.purposes[name].recipients
    ]
    purposes = [
        (name, ", ".join(body.roles), ", ".join(body.outputs), body.consent, _bases(body.lawful_basis), body.retention)
        for name, body in found.purposes.items()
        if name in open_to and purpose in (None, name)
    ]
    tables: list[tuple[tuple[str, ...], list[tuple[str, ...]]]] = [
        (("purpose", "dataset", "column", "category", "treatment"), list(cells)),
        (("purpose", "recipient", "agreement", "expires", "country"), list(recipients)),
        (("purpose", "roles", "outputs", "consent", "lawful basis", "retention"), list(purposes)),
    ]
    if json:
        names = ("cells", "recipients", "purposes")
        body: dict[str, Any] = {
            name: [dict(zip(head, row, strict=True)) for row in rows]
            for name, (head, rows) in zip(names, tables, strict=True)
        }
        show.as_json("policy", {"policy": loaded.hash, **body})
        return
    for number, (head, rows) in enumerate(tables):
        if number:
            print()
        show.table(head, rows)


def _bases(bases: Any) -> str:
    return ", ".join(f"{law} {basis}" for law, basis in bases.items())


def _agreement(recipient: Recipient | None) -> tuple[str, str, str]:
    return (
        (recipient.agreement, recipient.expires, recipient.country or "not stated")
        if recipient
        else ("none needed", "–", "–")
    )


@app.command("test")
def run_tests(
    policy: Reference,
    threshold: Annotated[
        int, typer.Option(help="Least share of cells that cases look at, in percent.", min=0, max=100)
    ] = 0,
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="Day of the test. [default: today]", show_default=False),
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML.", show_default=False)] = None,
    missed: Annotated[bool, typer.Option("--missed", help="List the cells that no case looks at.")] = False,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Run the cases under `tests:` of a policy, and count the cells (role × purpose × column) that they look at."""
    from secureprofile.adapters.clock import now
    from secureprofile.adapters.outputs import write_whole
    from secureprofile.adapters.policies import check_policy
    from secureprofile.cli.policy_show import as_junit, trial_body, trial_lines
    from secureprofile.policy.trial import run_cases

    loaded, _ = check_policy(policy)
    trial = run_cases(loaded.policy, day=on.date() if on else now().date())
    if junit is not None:
        write_whole(junit, as_junit(loaded, trial), overwrite=overwrite)
    if json:
        show.as_json("policy-test", trial_body(loaded, trial, threshold=threshold))
    else:
        for line in trial_lines(loaded, trial, missed=missed):
            print(line)
    if not trial.outcomes:
        show.say("no case: the policy has no `tests`")
    if trial.failed or not trial.outcomes or trial.coverage * 100 < threshold:
        if trial.coverage * 100 < threshold:
            show.say(f"cells looked at: {trial.coverage:.0%}, below {threshold} %; --missed lists the others")
        raise typer.Exit(1)


@app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="Policy file, or a ready policy's name.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Policy file, or a ready policy's name.")],
    json: Json = False,
) -> None:
    """Say what changed between two policies, in words; exit 1 when anything was opened or became weaker."""
    from secureprofile.adapters.policies import load_policy
    from secureprofile.cli.policy_show import change_row
    from secureprofile.policy.compare import OPENING
    from secureprofile.policy.compare import diff as compare

    before, after = load_policy(old), load_policy(new)
    changes = compare(before, after)
    opening = [change for change in changes if change.direction in OPENING]
    if json:
        rows = [
            {
                "what": change.what,
                "direction": change.direction,
                "role": change.role,
                "purpose": change.purpose,
                "column": change.column,
                "text": change.sentence,
            }
            for change in changes
        ]
        show.as_json("policy-diff", {"old": before.hash, "new": after.hash, "opened": len(opening), "changes": rows})
    elif changes:
        show.table(("direction", "where", "what changed"), [change_row(change) for change in changes])
    if not json:
        show.say(f"{show.count(len(changes), 'change')}, {len(opening)} of them open something or weaken a treatment")
    if opening:
        raise typer.Exit(1)


@app.command("list")
def list_policies(workspace: Folder = None, actor: Actor = None, json: Json = False) -> None:
    """List the policies that were ever in force in a workspace; entries of its log name them by hash."""
    with opened(workspace, actor=actor) as place:
        found = place.policies()
    rows = [
        (
            kept.id,
            kept.version,
            datetime.fromtimestamp(kept.since, UTC).isoformat(timespec="seconds"),
            "in force" if current else "",
            kept.hash,
        )
        for kept, current in found
    ]
    head = ("policy", "version", "since", "state", "hash")
    if json:
        show.as_json("policies", {"policies": [dict(zip(head, row, strict=True)) for row in rows]})
    else:
        show.table(head, rows, right=(1,))


@app.command("copy")
def copy(
    name: Annotated[str, typer.Argument(help="retail, retail-cn or strict.")],
    folder: Annotated[Path, typer.Argument(help="Where to put it.")] = Path("policies"),
    overwrite: Overwrite = False,
) -> None:
    """Copy a ready policy with its tags and releases, to edit it."""
    from secureprofile.adapters.policies import READY, copy_ready
    from secureprofile.errors import UsageError

    if name not in READY:
        raise UsageError("no ready policy has this name", hint=", ".join(READY))
    for path in copy_ready(name, folder, overwrite=overwrite):
        print(path)


@app.command("use")
def use(policy: Reference, workspace: Folder = None, actor: Actor = None) -> None:
    """Put another policy in force in a workspace; only its creator may, and the log says so."""
    with opened(workspace, actor=actor) as place:
        print(place.use_policy(policy))
    show.say("in force from the next command on")


@app.command("schema")
def schema() -> None:
    """Print the JSON schema of policy files, so that editors complete them."""
    from secureprofile.policy.parse import json_schema

    print(json_schema())
