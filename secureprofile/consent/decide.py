"""May this person's data be used for this purpose, at this moment? Pure, and no by default."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from secureprofile.consent.records import ConsentRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDecision:
    """The answer and the reason that the audit log carries."""

    allowed: bool
    reason: Literal["granted", "no-record", "withdrawn"]


def decide_consent(records: Iterable[ConsentRecord], *, person: str, purpose: str, now: datetime) -> ConsentDecision:
    """Decide by the latest record that is not in the future; of two at the same second the refusal wins.

    ``adapters.state`` applies the same rule to all people at once; a property test holds them together.

    Args:
        records: in any order, of any people and purposes.
        person: vault token.
        purpose: name in the policy.
        now: UTC.
    """
    past = [r for r in records if r.person == person and r.purpose == purpose and r.at <= now]
    if not past:
        return ConsentDecision(allowed=False, reason="no-record")
    latest = max(past, key=lambda r: (r.at, r.state == "withdrawn"))
    if latest.state == "withdrawn":
        return ConsentDecision(allowed=False, reason="withdrawn")
    return ConsentDecision(allowed=True, reason="granted")
