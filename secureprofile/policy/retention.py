"""How long something may be kept: calendar arithmetic on ISO 8601 durations. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta

from secureprofile.errors import UsageError

_DURATION = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?", re.ASCII)


def after(at: datetime, duration: str) -> datetime:
    """Return the time that lies a duration after another; a day that the month lacks becomes its last.

    Args:
        at: from when.
        duration: years, months, weeks and days, as in ``P2Y6M`` or ``P30D``.

    Raises:
        UsageError: not a duration, or it leads out of the calendar.

    Example:
        >>> after(datetime(2024, 2, 29), "P1Y").date().isoformat(), after(datetime(2026, 1, 31), "P1M").date().isoformat()
        ('2025-02-28', '2026-02-28')
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise UsageError("not a duration", hint="write P30D, P6M or P2Y")
    years, months, weeks, days = (int(part or 0) for part in found.groups())
    month = at.month - 1 + months + 12 * years
    year, month = at.year + month // 12, month % 12 + 1
    try:
        day = min(at.day, monthrange(year, month)[1])
        return at.replace(year=year, month=month, day=day) + timedelta(days=days + 7 * weeks)
    except (ValueError, OverflowError, IndexError):
        raise UsageError("the duration leads out of the calendar", hint="write a shorter one") from None
