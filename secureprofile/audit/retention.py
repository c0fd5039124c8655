"""How long entries of the log are kept: at least as the laws that the policy names ask, and as long as the data they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

LEGAL_MINIMUM: Mapping[str, str] = {"GDPR": "P6M", "PIPL": "P3Y"}
"""Shortest life of an entry by jurisdiction. GDPR names no term: six months is the lower end of the CNIL's recommendation on logging (2021).
PIPL Art. 56 asks three years for records of processing; the Cybersecurity Law's six months (Art. 21) lie below it.
"""

_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


def days(duration: str) -> int:
    """Return a duration in days, counted long: a year as 366, a month as 31, so that nothing goes too early.

    Raises:
        ValueError: it is no duration.

    Example:
        >>> days("P1Y"), days("P6M"), days("P2W3D")
        (366, 186, 17)
    """
    found = _DURATION.fullmatch(duration)
    if found is None or not any(found.groups()):
        raise ValueError("not a duration")
    years, months, weeks, single = (int(one or 0) for one in found.groups())
    return 366 * years + 31 * months + 7 * weeks + single


def kept_until(now: datetime, jurisdictions: Iterable[str], durations: Iterable[str]) -> tuple[datetime, str]:
    """Return the time from which on entries must be kept, and what asks for it.

    Args:
        now: in UTC.
        jurisdictions: of the policy.
        durations: how long the policy keeps data, by purpose.

    Example:
        >>> from datetime import UTC
        >>> kept_until(datetime(2026, 11, 1, tzinfo=UTC), ["GDPR"], ["P90D"])
        (datetime.datetime(2026, 4, 29, 0, 0, tzinfo=datetime.timezone.utc), 'GDPR: P6M')
    """
    terms = [(days(LEGAL_MINIMUM[one]), f"{one}: {LEGAL_MINIMUM[one]}") for one in jurisdictions]
    terms += [(days(one), f"a purpose of the policy: {one}") for one in durations]
    longest, why = max(terms)
    return now - timedelta(days=longest), why
