"""Whose rows an act may use: the rule of consent for everybody at once, and the snapshot of consents on which it rests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import ibis.expr.types as ir

from secureprofile.adapters import consents
from secureprofile.adapters.clock import now
from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.state import Reader
from secureprofile.consent.rules import rules_for
from secureprofile.flows.gate import Context
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.recipients import INTERNAL
from secureprofile.policy.treatments import Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Whose rows may be used.

    Args:
        allowed: (lookup_, person) of those; None: everybody who is not in ``refused``.
        refused: (lookup_, person) of those who object or had their data restricted; None where nobody does.
        epoch: of the consents; an act that ends in another one ends without effect.
        snapshot: digest of the records that decided, for the log; empty where there are none.
    """

    allowed: ir.Table | None = None
    refused: ir.Table | None = None
    epoch: int
    snapshot: str

    @property
    def everybody(self) -> bool:
        """Whether all rows may be used, those that name nobody included."""
        return self.allowed is None and self.refused is None

    def rows(self, table: ir.Table, by: str) -> ir.Table:
        """Return the rows that may be used, of a table that has the column ``by``: ``lookup_`` or ``person``."""
        if self.allowed is not None:
            return table.semi_join(self.allowed, by)
        return table if self.refused is None else table.anti_join(self.refused, by)


def permission(
    context: Context,
    engine: DuckEngine,
    *,
    domain: str | None = None,
    categories: Iterable[str] = (),
    recipient: str = INTERNAL,
    listed: bool = False,
    view: Reader | None = None,
) -> Permission:
    """Judge everybody for the purpose at hand.

    Args:
        context: with the purpose.
        engine: that will join.
        domain: of the people; None for all domains, where rows are stored under tokens already.
        categories: of the columns that are used.
        recipient: who gets rows.
        listed: name everybody who may be used, also where no consent is needed.
        view: of the state, where one is open.
    """
    if view is None:
        with context.state.reading() as opened:
            return permission(
                context, engine, domain=domain, categories=categories, recipient=recipient, listed=listed, view=opened
            )
    at, purpose = now(), context.purpose or ""
    rules = rules_for(context.policy.policy, purpose, now=at, categories=categories, recipient=recipient)
    allowed = refused = None
    if rules.consent or listed:
        query = consents.permitted(purpose, at, rules, domain)
        allowed = engine.collected(consents.batches(view.connection, query), consents.PEOPLE)
    else:
        refused = _refusing(view, purpose, at, domain, engine)
    return Permission(
        allowed=allowed,
        refused=refused,
        epoch=view.consent_epoch(),
        snapshot=consents.snapshot(view.connection, purpose, at),
    )


def _refusing(view: Reader, purpose: str, at: datetime, domain: str | None, engine: DuckEngine) -> ir.Table | None:
    found = consents.batches(view.connection, consents.refusing(purpose, at, domain))
    first = next(found, None)
    return None if first is None else engine.collected(chain([first], found), consents.PEOPLE)


def used(plans: Sequence[ColumnPlan]) -> list[str]:
    """Return the data categories of the columns that are used and not dropped."""
    return sorted({plan.category for plan in plans if not plan.denied and not isinstance(plan.treatment, Drop)})
