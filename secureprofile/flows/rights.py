"""The verbs ``subject restrict``, ``object`` and ``lift``: a person's refusal becomes records that every later run obeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from secureprofile.adapters.clock import now
from secureprofile.adapters.people import Person
from secureprofile.adapters.state import Writer
from secureprofile.consent.records import ConsentRecord
from secureprofile.errors import UsageError
from secureprofile.flows.gate import Context
from secureprofile.flows.prove import prove
from secureprofile.flows.subject import find, on_person, refuse

Refusal = Literal["restricted", "objected", "lifted"]

ACTS: dict[Refusal, str] = {
    "restricted": "subject.restrict",
    "objected": "subject.object",
    "lifted": "subject.lift",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A refusal on record: the entry, as it stands, its offline proof (C2SP tlog-proof), and for which purposes it counts."""

    entry: int
    purposes: tuple[str, ...]
    record: bytes
    receipt: bytes


def refuse_use(
    context: Context,
    identifier: str,
    *,
    state: Refusal,
    purpose: str | None = None,
    method: str = "",
    domain: str | None = None,
) -> Recorded:
    """Record that a person objects to purposes, has their use restricted, or takes that back.

    Args:
        context: on whose behalf.
        identifier: as the subject column spells it.
        state: what the person says.
        purpose: of the policy; all of them where None.
        method: how they said so.
        domain: where the identifier is known in several.

    Raises:
        UsageError: the policy has no such purpose, or nobody is known under the identifier.
    """
    if purpose is not None and purpose not in context.policy.policy.purposes:
        refuse(context, ACTS[state], "unknown-purpose")
        raise UsageError("the policy has no such purpose", hint="one of: " + ", ".join(context.policy.policy.purposes))
    person = find(context, ACTS[state], identifier, domain=domain)
    records = refusals(context, person, state, method=method, purpose=purpose)
    details = {"for": purpose or "all"}
    with on_person(context, ACTS[state], person, details=details) as act:

        def work(tx: Writer) -> int:
            tx.add_consents(records)
            return tx.log_size()

        entry = act.commit(work, details=details)
    with context.state.reading() as view:
        body = view.entries_at([entry])[entry]
    return Recorded(entry=entry, purposes=tuple(r.purpose for r in records), record=body, receipt=prove(context, entry))


def refusals(
    context: Context, person: Person, state: Refusal, *, method: str, purpose: str | None = None
) -> list[ConsentRecord]:
    """Return the records of one refusal, as of now: one per purpose that it is about."""
    at = now()
    names = [purpose] if purpose is not None else list(context.policy.policy.purposes)
    return [ConsentRecord(person=person.token, purpose=name, state=state, at=at, method=method) for name in names]
