"""The only place that reads the clock."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    """Write a UTC time as RFC 3339 with milliseconds.

    Example:
        >>> stamp(datetime(2026, 11, 1, 8, 30, 0, 120999, tzinfo=UTC))
        '2026-11-01T08:30:00.120Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
