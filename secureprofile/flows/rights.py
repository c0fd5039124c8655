"""One person's choice, as records that every later run obeys: ``consent grant`` and ``withdraw``, ``subject restrict``, ``object``, ``lift``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from secureprofile.adapters.clock import now
from secureprofile.adapters.people import Person
from secureprofile.adapters.views import Writer
from secureprofile.consent.receipt import receipt_of
from secureprofile.consent.records import ConsentRecord
from secureprofile.errors import UsageError
from secureprofile.flows.gate import Context
from secureprofile.flows.prove import prove
from secureprofile.flows.subject import find, on_person, refuse

Choice = Literal["granted", "withdrawn", "restricted", "objected", "lifted"]

ACTS: Final[Mapping[Choice, str]] = MappingProxyType(
    {
        "granted": "consent.grant",
        "withdrawn": "consent.withdraw",
        "restricted": "subject.restrict",
        "objected": "subject.object",
        "lifted": "subject.lift",
    }
)

NO_TERMS: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A choice on record: the entry, as it stands, its offline proof (C2SP tlog-proof), and for which purposes it counts."""

    entry: int
    purposes: tuple[str, ...]
    record: bytes
    receipt: bytes


def record_choice(
    context: Context,
    identifier: str,
    *,
    state: Choice,
    purpose: str | None = None,
    method: str = "",
    terms: Mapping[str, Any] = NO_TERMS,
    domain: str | None = None,
) -> Recorded:
    """Record what a person chose, as of now.

    Args:
        context: on whose behalf.
        identifier: as the subject column spells it.
        state: what the person says.
        purpose: of the policy; all of them where None.
        method: how they said so.
        terms: further fields of :class:`ConsentRecord`: the notice, separate consents.
        domain: where the identifier is known in several.

    Raises:
        UsageError: the policy has no such purpose, or nobody is known under the identifier.
    """
    if purpose is not None and purpose not in context.policy.policy.purposes:
        refuse(context, ACTS[state], "unknown-purpose")
        raise UsageError("the policy has no such purpose", hint="one of: " + ", ".join(context.policy.policy.purposes))
    person = find(context, ACTS[state], identifier, domain=domain)
    records = records_of(context, person, state, method=method, purpose=purpose, terms=terms)
    details = {"for": purpose or "all"}
    with on_person(context, ACTS[state], person, details=details) as act:

        def work(tx: Writer) -> int:
            tx.add_consents(records)
            return tx.log_size()

        entry = act.commit(work, details=details)
    with context.state.reading() as view:
        body = view.entries_at([entry])[entry]
    return Recorded(entry=entry, purposes=tuple(r.purpose for r in records), record=body, receipt=prove(context, entry))


def records_of(
    context: Context,
    person: Person,
    state: Choice,
    *,
    method: str,
    purpose: str | None = None,
    terms: Mapping[str, Any] = NO_TERMS,
) -> list[ConsentRecord]:
    """Return the records of one choice, as of now: one per purpose that it is about."""
    at = now()
    names = [purpose] if purpose is not None else list(context.policy.policy.purposes)
    return [
        ConsentRecord(person=person.token, purpose=name, state=state, at=at, method=method, **terms) for name in names
    ]


def consent_receipt(context: Context, identifier: str, *, domain: str | None = None) -> dict[str, Any]:
    """Return a receipt of a person's consents (ISO/IEC TS 27560); it is an access to the person, and recorded as one.

    Raises:
        UsageError: nobody is known under the identifier.
    """
    person = find(context, "consent.receipt", identifier, domain=domain)
    with on_person(context, "consent.receipt", person) as act:
        with context.state.reading() as view:
            records = view.consent_records(person.token)
        act.commit(lambda tx: None)
    return receipt_of(records, context.policy.policy, principal=identifier, at=now(), policy_hash=context.policy.hash)
