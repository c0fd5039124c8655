"""Which entries somebody wants to see. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A choice of entries; what is None chooses nothing away.

    ``since`` and ``until`` are RFC 3339 texts or their beginnings, such as a day, in UTC; the day of ``until`` is included.

    Example:
        >>> chosen = Selection(since="2026-11-01", until="2026-11-30", result="deny")
        >>> chosen.takes({"time": "2026-11-30T23:59:59.000Z", "result": "deny"})
        True
        >>> chosen.takes({"time": "2026-12-01T00:00:00.000Z", "result": "deny"})
        False
    """

    since: str | None = None
    until: str | None = None
    act: str | None = None
    purpose: str | None = None
    actor: str | None = None
    result: str | None = None

    def within(self, time: str) -> bool:
        """Tell whether a time lies in the range."""
        return (self.since is None or time >= self.since) and (
            self.until is None or time[: len(self.until)] <= self.until
        )

    def takes(self, entry: Mapping[str, Any]) -> bool:
        """Tell whether an entry is chosen."""
        return self.within(str(entry.get("time", ""))) and all(
            wanted is None or entry.get(name) == wanted
            for name, wanted in (
                ("act", self.act),
                ("purpose", self.purpose),
                ("actor", self.actor),
                ("result", self.result),
            )
        )

    def details(self) -> dict[str, str]:
        """Return what the log says about this choice: the parts that are ours, not whatever somebody typed."""
        kept = {"since": self.since, "until": self.until, "result": self.result}
        return {name: value for name, value in kept.items() if value is not None}
