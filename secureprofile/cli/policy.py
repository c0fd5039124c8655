"""Commands on policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Actor, Folder, Overwrite, opened

if TYPE_CHECKING:
    from secureprofile.policy.model import Recipient

app = typer.Typer(help="What may be done: check, explain, copy, schema.", no_args_is_help=True)

Reference = Annotated[str, typer.Argument(metavar="POLICY", help="Policy file, or retail, retail-cn, strict.")]


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
def explain(policy: Reference) -> None:
    """Show, for each purpose and column, what happens to it, and who may get the files."""
    from secureprofile.adapters.policies import load_policy
    from secureprofile.policy.decide import plan_columns
    from secureprofile.policy.treatments import describe

    found = load_policy(policy).policy
    rows = []
    for purpose in found.purposes:
        for dataset, spec in found.datasets.items():
            for plan in plan_columns(found, dataset=dataset, purpose=purpose, header=list(spec.columns)):
                treatment = "denied" if plan.denied else describe(plan.treatment)
                rows.append((purpose, dataset, plan.name, plan.category, treatment))
    show.table(("purpose", "dataset", "column", "category", "treatment"), rows)
    print()
    recipients = [
        (purpose, whom, *_agreement(found.recipients.get(whom)))
        for purpose, spec in found.purposes.items()
        if "export" in spec.outputs
        for whom in spec.recipients
    ]
    show.table(("purpose", "recipient", "agreement", "expires", "country"), recipients)


def _agreement(recipient: Recipient | None) -> tuple[str, str, str]:
    return (
        (recipient.agreement, recipient.expires, recipient.country or "not stated")
        if recipient
        else ("none needed", "–", "–")
    )


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
