"""What was spent and what is left: the accounts of a domain from its ledger, the check while charging, and the ledger held against the log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from secureprofile.adapters.anchors import minimum
from secureprofile.adapters.clock import now, stamp
from secureprofile.adapters.views import Charge, Reader
from secureprofile.dp.ledger import Account, Cost, Span, charged, period
from secureprofile.errors import BudgetRefused, ProofWrong
from secureprofile.flows.gate import Context, record
from secureprofile.policy.model import Budget
from secureprofile.released import plain


def cost_of(charge: Charge) -> Cost:
    """Return what a line of the ledger took."""
    return Cost(epsilon=charge.epsilon, delta=charge.delta, rho=charge.rho, samplers=charge.samplers)


def accounts(context: Context, view: Reader, domain: str, *, at: str | None = None) -> list[Account]:
    """Return a domain's accounts from the ledger alone: its ceiling, the current periods' parts of it, the purposes' parts of it.

    Args:
        context: with the policy.
        view: of the state.
        domain: one of the policy's.
        at: the time whose periods count; now where it is None.
    """
    policy, ledger = context.policy.policy, view.charges(domain)
    ceiling, moment = policy.domains[domain], at or stamp(now())

    def account(name: str, limit: Budget | None, lines: Iterable[Charge], span: Span = "lifetime") -> Account:
        return Account(
            name=name,
            epsilon=limit.epsilon if limit else ceiling.epsilon,
            delta=limit.delta if limit else ceiling.delta,
            filter=ceiling.filter,
            span=span,
            costs=tuple(cost_of(line) for line in lines),
        )

    books = [account(domain, None, ledger)]
    for span, limit in ceiling.periods.items():
        this = period(moment, span)
        books.append(
            account(f"{domain} in {this}", limit, (c for c in ledger if period(c.at, span) in (this, "")), span)
        )
    for name, purpose in policy.purposes.items():
        if purpose.budget is not None:
            books.append(account(name, purpose.budget, (c for c in ledger if c.purpose == name)))
    return books


def check(context: Context, view: Reader, *, name: str, domain: str, purpose: str, cost: Cost) -> Account:
    """Return the domain's account; inside the charging transaction this is the check that counts.

    Raises:
        BudgetRefused: the domain, one of its periods or the purpose has too little left.
    """
    books = accounts(context, view, domain)
    others = {other for other in context.policy.policy.purposes if other != purpose}
    lacking = charged([account for account in books if account.name not in others], cost)
    if lacking is not None:
        account, (letter, needed, left, ceiling) = lacking
        raise BudgetRefused(
            f'release "{name}" needs {letter} = {plain(needed)}, but {plain(max(left, Decimal(0)))} of {plain(ceiling)} is left for {account.name}',
            hint="lower it in the releases file, drop tables, or ask the policy's owner (see: secureprofile budget show)",
        )
    return books[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A ledger that agrees with the log: how many lines a domain has, and what they took; of ``pruned`` ones the log tells no more."""

    domain: str
    lines: int
    pruned: int
    epsilon: Decimal
    delta: Decimal


def verify(context: Context) -> list[Verified]:
    """Hold the ledger against the log and the published bytes; recorded.

    For every line there is the outcome of a release in the log with the same amounts and plan, and published bytes of that plan and snapshot;
    and every release that the log says was published has its line.

    Raises:
        ProofWrong: something disagrees; told by the entry.
    """
    with context.state.reading() as view:
        first = minimum(view)
        told = {
            int(content["intent"]): content
            for _, body in view.numbered(first)
            if b'"release.run"' in body
            for content in [json.loads(body)]
            if (content.get("act"), content.get("phase"), content.get("result")) == ("release.run", "outcome", "allow")
        }
        published = {(one.plan, one.snapshot) for one in view.releases()}
        ledger = view.charges()
    lost = sorted(set(told) - {line.entry for line in ledger})
    if lost:
        raise ProofWrong(f"the release of entry {lost[0]} is in the log and not in the ledger", hint=_HINT)
    domains = dict.fromkeys((*context.policy.policy.domains, *(line.domain for line in ledger)))
    found = [
        _agrees(domain, [line for line in ledger if line.domain == domain], told, published, first)
        for domain in domains
    ]
    record(context, "budget.verify", result="allow", reason="done")
    return found


_HINT = "keep this workspace as evidence, and compare it with a backup"


def _agrees(
    domain: str,
    lines: Sequence[Charge],
    told: dict[int, dict[str, object]],
    published: set[tuple[str, int]],
    first: int,
) -> Verified:
    epsilon = delta = Decimal(0)
    older = 0
    for line in lines:
        outcome = told.get(line.entry)
        if outcome is None and line.entry < first:
            older += 1
        elif outcome is None:
            raise ProofWrong(f"the ledger has a line for entry {line.entry}, and the log no release", hint=_HINT)
        elif _amounts(outcome) != (line.epsilon, line.delta) or outcome.get("plan") != line.plan:
            raise ProofWrong(f"the ledger and the log say different things of entry {line.entry}", hint=_HINT)
        if (line.plan, line.snapshot) not in published:
            raise ProofWrong(f"what entry {line.entry} published is not there", hint=_HINT)
        epsilon, delta = epsilon + line.epsilon, delta + line.delta
    return Verified(domain=domain, lines=len(lines), pruned=older, epsilon=epsilon, delta=delta)


def _amounts(outcome: dict[str, object]) -> tuple[Decimal, Decimal]:
    return Decimal(str(outcome.get("epsilon"))), Decimal(str(outcome.get("delta")))
