"""What the verbs on one person begin with: the person found by an identifier, who may ask, and an act that commits to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from secureprofile.adapters.keys import derive
from secureprofile.adapters.people import Person, people_of
from secureprofile.adapters.views import Writer
from secureprofile.errors import PolicyRefused, Refused, UsageError
from secureprofile.flows.gate import Act, Context, begin, record
from secureprofile.flows.tombstones import erased_among
from secureprofile.guard.canonical import canonical_text
from secureprofile.guard.pseudonyms import keyed_hex

T = TypeVar("T")


class ErasedPerson(Refused):
    """Somebody who was erased; ``entry`` is where the log says so."""

    def __init__(self, entry: int) -> None:
        super().__init__(
            f"this person was erased: entry {entry} of the log",
            hint="secureprofile subject readmit IDENTIFIER, if they are a customer again",
        )
        self.entry = entry


def lookups_of(context: Context, identifier: str) -> list[tuple[str, str]]:
    """Return (domain, vault lookup) of an identifier, as each dataset's subject column spells it."""
    found: dict[tuple[str, str], None] = {}
    for spec in (one for one in context.policy.policy.datasets.values() if one.subject):
        subject = spec.columns[spec.subject]
        key = derive(context.keys.index[0], purpose="vault", recipient="", category=spec.domain)
        text = canonical_text(identifier, subject.category, context.policy.policy.region(subject))
        if text:
            found[spec.domain, keyed_hex(key, text)] = None
    return list(found)


def find(context: Context, act: str, identifier: str, *, domain: str | None = None) -> Person:
    """Return the person whom an identifier names; whoever may not ask, and an identifier that names nobody, is refused and recorded.

    Args:
        context: who asks.
        act: the verb, for the log.
        identifier: as the subject column spells it.
        domain: where the identifier is known in several.

    Raises:
        PolicyRefused: the actor has no role in the policy.
        UsageError: nobody is known under it, or it is known in two domains.
        ErasedPerson: whoever it was, was erased.
    """
    allow(context, act)
    wanted = in_domain(context, act, identifier, domain)
    with context.state.reading() as view:
        people = people_of(view, [lookup for _, lookup in wanted])
        erased = (
            [] if people else [e for name, one in wanted for e in erased_among(context, view, [one], name).values()]
        )
    if len(people) > 1:
        refuse(context, act, "several-domains")
        names = ", ".join(sorted(person.domain for person in people))
        raise UsageError("this identifier is known in two domains", hint=f"--domain, one of: {names}")
    if people:
        return people[0]
    if erased:
        refuse(context, act, "erased-person")
        raise ErasedPerson(max(erased))
    refuse(context, act, "unknown-person")
    raise UsageError(
        "nobody is known under this identifier", hint="use the identifier of the subject column, as in the files"
    )


def in_domain(context: Context, act: str, identifier: str, domain: str | None) -> list[tuple[str, str]]:
    """Return (domain, lookup) of an identifier, of one domain or of all.

    Raises:
        UsageError: the policy has no such domain; recorded.
    """
    if domain is not None and domain not in context.policy.policy.domains:
        refuse(context, act, "unknown-domain")
        raise UsageError("the policy has no such domain", hint="one of: " + ", ".join(context.policy.policy.domains))
    return [(name, lookup) for name, lookup in lookups_of(context, identifier) if domain in (None, name)]


def allow(context: Context, act: str) -> None:
    """Refuse, recorded, whoever has no role in the policy.

    Raises:
        PolicyRefused: always then.
    """
    if not context.roles:
        refuse(context, act, "role-not-allowed")
        raise PolicyRefused(
            "requests of people are for those who have a role in the policy; you have none",
            reason="role-not-allowed",
            hint="ask the policy's owner, or act as somebody else with --actor",
        )


def refuse(context: Context, act: str, reason: str) -> None:
    """Record a refusal."""
    record(context, act, result="deny", reason=reason)


class PersonalAct:
    """An act about one person: its outcome commits to them, as every run does to its people."""

    def __init__(self, context: Context, act: Act, person: Person, name: str) -> None:
        self._context, self._act, self._person, self._name = context, act, person, name

    @property
    def index(self) -> int:
        """Its intent's place in the log."""
        return self._act.index

    def commit(self, work: Callable[[Writer], T], **fields: Any) -> T:
        """Run ``work`` and write the outcome in one transaction; see :meth:`Act.commit`."""
        import pyarrow as pa

        from secureprofile.flows.presence import touching

        people = pa.array([self._person.token], pa.string())
        with touching(self._context, self._act, people, domain=self._person.domain, name=self._name) as touched:

            def both(tx: Writer) -> T:
                done = work(tx)
                touched.add(tx)
                return done

            return self._act.commit(both, subjects=touched.subjects, **fields)


@contextmanager
def on_person(context: Context, name: str, person: Person, **fields: Any) -> Iterator[PersonalAct]:
    """Begin an act about one person."""
    with begin(context, name, **fields) as act:
        yield PersonalAct(context, act, person, name)
