"""Consent records: who allowed what, when, how. The fields follow ISO/IEC TS 27560's event section, as far as files carry them.

A record names its person by vault token only; identifiers are exchanged for tokens before a record is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

State = Literal["granted", "withdrawn", "objected", "restricted", "lifted"]

COLUMNS: Final = ("purpose", "state", "at", "method", "notice")
"""What a consent file holds besides the column that identifies the person."""

_STATES: Final[Mapping[str, State]] = {
    "granted": "granted", "grant": "granted", "yes": "granted", "true": "granted", "1": "granted", "同意": "granted",
    "withdrawn": "withdrawn", "denied": "withdrawn", "refused": "withdrawn", "no": "withdrawn", "false": "withdrawn",
    "0": "withdrawn", "撤回": "withdrawn", "拒绝": "withdrawn",
}  # fmt: skip

_FORMATS: Final = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """One event in the life of a person's consent for one purpose. ``at`` is UTC, to the second."""

    person: str
    purpose: str
    state: State
    at: datetime
    method: str = ""
    notice: str = ""


def parse_state(text: str) -> State | None:
    """Read a state as people write it, in English or Chinese; None where it is neither a grant nor a refusal.

    Example:
        >>> parse_state(" Granted "), parse_state("撤回"), parse_state("perhaps")
        ('granted', 'withdrawn', None)
    """
    return _STATES.get(text.strip().casefold())


def parse_time(text: str) -> datetime | None:
    """Read a time as UTC; a time without zone is taken as UTC. None where it is no time.

    Example:
        >>> parse_time("2026-03-01 10:00:00").isoformat()
        '2026-03-01T10:00:00+00:00'
    """
    for form in _FORMATS:
        try:
            at = datetime.strptime(text.strip(), form)
        except ValueError:
            continue
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return None
