"""Who may get files: checked when a policy is read, and again, with the day, before each export. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches

from secureprofile.policy.document import Flaw
from secureprofile.policy.model import Policy, Purpose
from secureprofile.vocabulary import REGIONS, TERRITORY, within

INTERNAL = "internal"
"""The organisation itself: it needs no agreement with itself, and is registered nowhere."""

_PHONES = ("user.contact.phone_number", "user.contact.fax_number")


def check_recipients(policy: Policy) -> Iterator[Flaw]:
    """Tell what is wrong with recipients: unknown, not for this purpose, or across a border that the purpose keeps."""
    if INTERNAL in policy.recipients:
        message = "the organisation itself needs no agreement"
        yield Flaw(("recipients", INTERNAL), "recipient-conflict", message, "remove it, or choose another name")
    for name, recipient in policy.recipients.items():
        for position, covered in enumerate(recipient.purposes):
            if covered not in policy.purposes:
                place = ("recipients", name, "purposes", position)
                hint = _near(covered, list(policy.purposes))
                yield Flaw(place, "unknown-purpose", "a purpose that `purposes` does not define", hint)
    for name, purpose in policy.purposes.items():
        yield from _named(policy, name, purpose)


def _named(policy: Policy, name: str, purpose: Purpose) -> Iterator[Flaw]:
    place = ("purposes", name, "recipients")
    if not purpose.recipients:
        yield Flaw(place, "missing-recipient", "nobody may get anything", f"[{INTERNAL}], or names of `recipients`")
    for position, whom in enumerate(purpose.recipients if "export" in purpose.outputs else ()):
        if whom == INTERNAL:
            continue
        found = policy.recipients.get(whom)
        if found is None:
            message = f"{whom} is not registered: an export needs an agreement"
            hint = f"recipients: {{{whom}: {{agreement: …, expires: 2027-12-31}}}}"
            yield Flaw((*place, position), "unregistered-recipient", message, hint)
            continue
        misspelt = any(covered not in policy.purposes for covered in found.purposes)
        if found.purposes and name not in found.purposes and not misspelt:
            message = f"the agreement with {whom} does not cover this purpose"
            hint = f"add it to recipients.{whom}.purposes, or remove the recipient"
            yield Flaw((*place, position), "recipient-conflict", message, hint)
        if found.country and not purpose.cross_border and not at_home(policy, found.country):
            message = f"{whom} is in {found.country}, outside {' and '.join(policy.policy.jurisdiction)}"
            hint = "cross_border: true, where the law allows it; or another recipient"
            yield Flaw((*place, position), "cross-border", message, hint)


def at_home(policy: Policy, country: str) -> bool:
    """Tell whether data that go to a country stay within the territory of every law of the policy."""
    return all(country in TERRITORY[law] for law in policy.policy.jurisdiction)


def check_regions(policy: Policy) -> Iterator[Flaw]:
    """Tell codes that are no region, and columns that need none."""
    yield from _region(("policy", "region"), policy.policy.region)
    for dataset, body in policy.datasets.items():
        for column, spec in body.columns.items():
            place = ("datasets", dataset, "columns", column)
            yield from _region((*place, "region"), spec.region)
            if spec.region and not within(spec.category, _PHONES):
                message = "a region belongs to phone and fax numbers"
                yield Flaw((*place, "region"), "region-conflict", message, "remove it")
    for name, recipient in policy.recipients.items():
        yield from _region(("recipients", name, "country"), recipient.country)


def _region(place: tuple[str | int, ...], code: str | None) -> Iterator[Flaw]:
    if code is not None and code not in REGIONS:
        hint = "did you mean GB?" if code == "UK" else "such as CN, DE, GB or US"
        yield Flaw(place, "unknown-region", "not a region of ISO 3166-1", hint)


def refusal(policy: Policy, *, purpose: str, recipient: str, day: date) -> tuple[str, str, str] | None:
    """Tell why a recipient of a purpose may not get a file on a day: (reason code, message, hint), or None.

    The last day of an agreement is included. :data:`INTERNAL` may always.
    """
    if recipient == INTERNAL:
        return None
    found = policy.recipients.get(recipient)
    if found is None:
        hint = f"register it under `recipients`, with agreement and expiry: {recipient}"
        return "unregistered-recipient", f"the policy registers no agreement with {recipient}", hint
    if day.isoformat() > found.expires:
        message = f"the agreement with {recipient} ended on {found.expires}; today is {day.isoformat()}"
        return "agreement-expired", message, f"renew it, then change recipients.{recipient}.expires in the policy"
    if found.purposes and purpose not in found.purposes:
        message = f"the agreement with {recipient} does not cover purpose {purpose}"
        return "recipient-not-for-purpose", message, "it covers: " + ", ".join(found.purposes)
    return None


def _near(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else "one of: " + ", ".join(known[:8])
