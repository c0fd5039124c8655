"""A second way to decide: the events of one person in order, as a machine with three switches. Imports nothing that it judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Event = Mapping[str, Any]
"""``at`` in seconds, ``state``, and the fields of a grant."""


def oracle(events: Sequence[Event], ask: Mapping[str, Any], now: int) -> str:
    """Return the reason; ``ask`` holds consent, notices, not_before, minors, age_needed, separate, adult, adults."""
    past = [event for event in events if event["at"] <= now]
    if not past and events and ask["consent"]:
        return "future"
    restricted = objected = False
    standing = "no-record"
    for event in sorted(past, key=lambda event: (event["at"], _weight(event, ask, now))):
        match event["state"]:
            case "lifted":
                restricted = objected = False
            case "granted":
                objected, standing = False, grade(event, ask, now)
            case "objected":
                objected = True
            case "restricted":
                restricted = True
            case ended:
                standing = ended
    if restricted:
        return "restricted"
    if not ask["consent"]:
        return "objected" if objected else "not-required"
    if standing in ("withdrawn", "refused") or (standing == "expired" and _ended_last(past)):
        return standing
    return "objected" if objected else standing


def _ended_last(past: Sequence[Event]) -> bool:
    latest = max(e["at"] for e in past if e["state"] in ("granted", "withdrawn", "refused", "expired"))
    return any(e["at"] == latest and e["state"] == "expired" for e in past)


_GRADES = (
    "granted", "no-consent-cross-border", "no-consent-disclosure", "no-consent-sensitive", "age-unknown",
    "minor-without-guardian", "minor", "wrong-notice", "too-old", "expired",
)  # fmt: skip


def _weight(event: Event, ask: Mapping[str, Any], now: int) -> tuple[int, int]:
    """Order events of one second: what allows least comes last."""
    order = ("lifted", "granted", "objected", "restricted", "expired", "refused", "withdrawn")
    return order.index(event["state"]), _GRADES.index(grade(event, ask, now)) if event["state"] == "granted" else 0


def grade(event: Event, ask: Mapping[str, Any], now: int) -> str:
    """Return what is wrong with a grant, the gravest first."""
    if event["expires"] is not None and not event["expires"] > now:
        return "expired"
    if ask["not_before"] is not None and event["at"] < ask["not_before"]:
        return "too-old"
    shown = event["notice"] + ("/" + event["notice_version"] if event["notice_version"] != "" else "")
    if ask["notices"] and all(shown != accepted for accepted in ask["notices"]):
        return "wrong-notice"
    limit = ask["adults"].get(event["jurisdiction"]) or ask["adult"]
    told = [event[name] for name in ("minor", "birth_year", "age_from") if event[name] is not None]
    this_year = datetime.fromtimestamp(now, UTC).year
    signs = [event["minor"] is True]
    signs.append(event["birth_year"] is not None and this_year - event["birth_year"] <= limit)
    signs.append(event["age_from"] is not None and not event["age_from"] >= limit)
    if any(signs):
        if ask["minors"] == "deny":
            return "minor"
        if not event["guardian"]:
            return "minor-without-guardian"
    if ask["age_needed"] and not told:
        return "age-unknown"
    for kind in ("sensitive", "disclosure", "cross-border"):
        if kind in ask["separate"] and not event[kind.replace("-", "_")]:
            return f"no-consent-{kind}"
    return "granted"
