"""Whose rows an act may use: the rule of consent for everybody at once, and the snapshot of consents on which it rests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import ibis.expr.types as ir
import pyarrow as pa

from secureprofile.adapters import consents
from secureprofile.adapters.clock import now
from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.views import Reader
from secureprofile.consent.decide import ALLOWED
from secureprofile.consent.rules import rules_for
from secureprofile.flows.gate import Context
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.recipients import INTERNAL
from secureprofile.policy.treatments import Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Whose rows may be used.

    Args:
        allowed: (person) of those, and ``lookup_`` where a domain was named; None: everybody who is not in ``refused``.
        refused: the same of those who object or had their data restricted; None where nobody does.
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
    wanted = ALLOWED if rules.consent else consents.REFUSING
    found = consents.people_batches(view.connection, purpose, at, rules, wanted)
    judged = engine.collected(found, consents.PEOPLE) if rules.consent else _some(found, engine)
    allowed = refused = None
    if domain is None or (judged is None and not listed):
        allowed, refused = (judged, None) if rules.consent else (None, judged)
    else:
        vault = engine.collected(consents.vault_batches(view.connection, domain), consents.VAULT)
        if rules.consent or judged is None:
            allowed = vault if judged is None else vault.semi_join(judged, "person")
        elif listed:
            allowed = vault.anti_join(judged, "person")
        else:
            refused = vault.semi_join(judged, "person")
    return Permission(
        allowed=allowed,
        refused=refused,
        epoch=view.consent_epoch(),
        snapshot=consents.snapshot(view.connection, purpose, at),
    )


def _some(batches: Iterator[pa.RecordBatch], engine: DuckEngine) -> ir.Table | None:
    """Return the people as a table, None where there is nobody."""
    first = next(batches, None)
    return None if first is None else engine.collected(chain([first], batches), consents.PEOPLE)


def used(plans: Sequence[ColumnPlan]) -> list[str]:
    """Return the data categories of the columns that are used and not dropped."""
    return sorted({plan.category for plan in plans if not plan.denied and not isinstance(plan.treatment, Drop)})
