"""Where consents stand: of everybody in numbers by purpose and reason, of one person by purpose. Internal figures, and recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from secureprofile.adapters import consents
from secureprofile.adapters.clock import now
from secureprofile.consent.decide import ConsentDecision, decide_consent
from secureprofile.consent.records import ConsentRecord
from secureprofile.consent.rules import Rules, rules_for
from secureprofile.flows.gate import Context, record
from secureprofile.flows.subject import find, on_person
from secureprofile.policy.model import Policy
from secureprofile.policy.recipients import INTERNAL
from secureprofile.policy.treatments import Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """People with records for a purpose, by the decision on their rows and its reason; ``recipient`` is who would get them."""

    purpose: str
    recipient: str
    decision: ConsentDecision
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person's records, oldest first, and what follows from them for each use: (purpose, recipient, decision)."""

    records: tuple[ConsentRecord, ...]
    decisions: tuple[tuple[str, str, ConsentDecision], ...]


def consent_status(context: Context) -> list[Standing]:
    """Return how many people stand where, by purpose, recipient and reason."""
    record(context, "consent.status", result="allow", reason="done")
    at, found = now(), list[Standing]()
    with context.state.reading() as view:
        for purpose, recipient, rules in _uses(context.policy.policy):
            counted = consents.counts(view.connection, purpose, at, rules)
            found += [
                Standing(
                    purpose=purpose,
                    recipient=recipient,
                    decision=ConsentDecision(reason=reason),  # type: ignore[arg-type]
                    people=people,
                )
                for reason, people in sorted(counted.items(), key=lambda item: -item[1])
            ]
    return found


def consents_of(context: Context, identifier: str, *, domain: str | None = None) -> Person:
    """Return one person's records and what follows from them; it is an access to the person, and recorded as one.

    Raises:
        UsageError: nobody is known under the identifier.
    """
    person = find(context, "consent.show", identifier, domain=domain)
    with on_person(context, "consent.show", person) as act:
        with context.state.reading() as view:
            records = view.consent_records(person.token)
        act.commit(lambda tx: None)
    at = now()
    decisions = [
        (purpose, recipient, decide_consent(records, person=person.token, purpose=purpose, now=at, rules=rules))
        for purpose, recipient, rules in _uses(context.policy.policy)
    ]
    return Person(records=tuple(records), decisions=tuple(decisions))


def _uses(policy: Policy) -> Iterator[tuple[str, str, Rules]]:
    """Give every purpose with each recipient, and what is asked of grants then: for all columns that it does not drop."""
    columns = {spec.category for dataset in policy.datasets.values() for spec in dataset.columns.values()}
    for name, body in policy.purposes.items():
        treatments = {category: policy.treatment(name, category) for category in columns}
        used = sorted(category for category, how in treatments.items() if how is not None and not isinstance(how, Drop))
        recipients = body.recipients if "export" in body.outputs else (INTERNAL,)
        for recipient in recipients:
            yield name, recipient, rules_for(policy, name, now=now(), categories=used, recipient=recipient)
