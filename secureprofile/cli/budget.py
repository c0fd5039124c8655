"""Commands on the privacy budget: what was spent and is left, in numbers and in words; the ledger held against the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Actor, Folder, Json, session
from secureprofile.released import plain

if TYPE_CHECKING:
    from secureprofile.dp.ledger import Account, Cost

budget = typer.Typer(help="What was spent, what is left.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(budget, name="budget")


@budget.command("show")
def budget_show(workspace: Folder = None, actor: Actor = None, json: Json = False) -> None:
    """Show ceilings, what each release took, what is left and how many more releases that is, and what it means."""
    with session(workspace, actor=actor) as one:
        accounts, lines = one.accounts(), one.charges()
        plans = [one.plan(name) for name in one.declared_releases()]
        names = {published.audit_entry: published.name for published in one.published()}
    fits = {p.request.name: (p.cost, _times(accounts, p.request.domain, p.request.purpose, p.cost)) for p in plans}
    if json:
        show.as_json(
            "budget",
            {
                "accounts": [
                    {
                        "account": a.name, "span": a.span, "filter": a.filter, "epsilon": str(a.epsilon), "delta": str(a.delta),
                        "spent": str(a.epsilon_spent), "left": str(a.epsilon_left), "delta_spent": str(a.delta_spent),
                        "rho_spent": str(a.rho_spent), "share": round(a.share, 6),
                    }
                    for a in accounts
                ],
                "lines": [
                    {
                        "entry": line.entry, "at": line.at, "domain": line.domain, "purpose": line.purpose, "epsilon": str(line.epsilon),
                        "delta": str(line.delta), "rho": str(line.rho), "plan": line.plan,
                    }
                    for line in lines
                ],
                "fits": {name: times for name, (_, times) in fits.items()},
            },
        )  # fmt: skip
        return
    show.table(
        ("account", "", "ε spent", "of", "δ spent", "of", "filter"),
        [
            (
                a.name, _gauge(a.share), plain(a.epsilon_spent), plain(a.epsilon), plain(a.delta_spent), plain(a.delta), a.filter,
            )
            for a in accounts
        ],
        right=(2, 3, 4, 5),
    )  # fmt: skip
    if lines:
        print()
        show.table(
            ("when", "release", "purpose", "ε", "δ", "ρ"),
            [
                (
                    line.at[:10],
                    names.get(line.entry, "–"),
                    line.purpose,
                    plain(line.epsilon),
                    plain(line.delta),
                    plain(f"{line.rho:.4g}"),
                )
                for line in lines
            ],
            right=(3, 4, 5),
        )
    if fits:
        print()
        show.table(
            ("release", "costs ε", "δ", "ρ", "fits another"),
            [
                (name, plain(cost.epsilon), plain(cost.delta), plain(f"{cost.rho:.4g}"), f"{times:,} ×")
                for name, (cost, times) in fits.items()
            ],
            right=(1, 2, 3, 4),
        )
    print()
    for sentence in _in_words(accounts, {line.domain for line in lines}):
        print(sentence)


def _times(accounts: list[Account], domain: str, purpose: str, cost: Cost) -> int:
    """Return how often a release still fits: into its domain, the current periods of it, and its purpose."""
    concerned = [a for a in accounts if a.name in (domain, purpose) or a.name.startswith(f"{domain} in ")]
    return min(a.times(cost) for a in concerned)


def _in_words(accounts: list[Account], domains: set[str]) -> list[str]:
    """Say what the spent ε of each domain means: how sure somebody who knows everything else can be."""
    from secureprofile.dp.ledger import posterior

    said = []
    for account in accounts:
        if account.name in domains and account.span == "lifetime":
            now, most = (posterior(0.5, epsilon) for epsilon in (account.epsilon_spent, account.epsilon))
            said.append(
                f"{account.name}: somebody who knows everything but one person, and would bet even odds on her, can be at most {now:.0%} sure "
                f"after all that was published; {most:.0%} once the ceiling is reached."
            )
    return said or ["Nothing was published: nobody learnt anything."]


@budget.command("verify")
def budget_verify(workspace: Folder = None, actor: Actor = None, json: Json = False) -> None:
    """Hold the ledger against the audit log and the published bytes; exit 1 where they disagree."""
    with session(workspace, actor=actor) as one:
        found = one.verify_budget()
    if json:
        rows = [
            {"domain": v.domain, "lines": v.lines, "pruned": v.pruned, "epsilon": str(v.epsilon), "delta": str(v.delta)}
            for v in found
        ]
        show.as_json("budget-verify", {"domains": rows})
        return
    for verified in found:
        older = f" ({verified.pruned} of them older than the log that is left)" if verified.pruned else ""
        print(
            f"{verified.domain}: the ledger, the log and what was published agree{older}; lines: {verified.lines}, "
            f"in sum ε {plain(verified.epsilon)}, δ {plain(verified.delta)}"
        )


def _gauge(share: float, width: int = 20) -> str:
    full = round(min(1.0, share) * width)
    return "█" * full + "░" * (width - full)
