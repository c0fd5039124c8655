"""The verb ``subject hold``: a legal hold forbids an erasure, until a day or until it is lifted."""

from __future__ import annotations

from datetime import date

from secureprofile.adapters.clock import now
from secureprofile.adapters.people import Hold, drop_hold, holds_of, set_hold
from secureprofile.errors import UsageError
from secureprofile.flows.gate import Context
from secureprofile.flows.subject import find, on_person, refuse


def hold(context: Context, identifier: str, *, until: str = "", reference: str = "", domain: str | None = None) -> int:
    """Forbid the erasure of a person's data; return its entry. The reference stands in the state, never in the log.

    Raises:
        UsageError: the day is none, or has passed; nobody is known under the identifier.
    """
    person = find(context, "subject.hold", identifier, domain=domain)
    today = now().date()
    try:
        passed = bool(until) and date.fromisoformat(until) < today
    except ValueError:
        refuse(context, "subject.hold", "no-day")
        raise UsageError("the end of a hold must be a day", hint="--until 2027-12-31") from None
    if passed:
        refuse(context, "subject.hold", "past")
        raise UsageError("the end of the hold has passed already", hint="--until, with a day to come")
    with on_person(context, "subject.hold", person) as act:
        standing = Hold(kind="hold", until=until, entry=act.index, reference=reference)
        act.commit(lambda tx: set_hold(tx, person.token, standing))
    return act.index


def lift_hold(context: Context, identifier: str, *, domain: str | None = None) -> int:
    """Lift a hold; return its entry.

    Raises:
        UsageError: there is none.
    """
    person = find(context, "subject.unhold", identifier, domain=domain)
    with context.state.reading() as view:
        standing = holds_of(view, person.token, today=now().date().isoformat())
    if "hold" not in standing:
        refuse(context, "subject.unhold", "no-hold")
        raise UsageError("there is no hold on this person", hint="secureprofile subject show IDENTIFIER")
    with on_person(context, "subject.unhold", person) as act:
        act.commit(lambda tx: drop_hold(tx, person.token, "hold"))
    return act.index
