"""What a log says on the whole: who, why, how much, what was refused, what is unusual and by which rule. Pure; one pass, flat memory.

A :class:`Tally` takes every entry from the first one on, also those before the range that is asked about: what is usual for
somebody is known from before. Sizes are classes (powers of ten), since the log holds no others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from secureprofile.audit.select import Selection

FAR: Final = 2
"""Powers of ten above an actor's own median from which a volume is far above it."""
KNOWN: Final = 3
"""Earlier acts of the same kind that an actor must have for a median."""
MANY_REFUSALS: Final = 5
"""Refusals of one actor on one day that are many."""
MOST_TOLD: Final = 50
"""Unusual entries that are listed per rule; all are counted."""

RULES: Final = ("volume", "identifiers", "reveal", "recall", "refusals", "new-purpose", "interrupted", "off-hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """One entry that a rule points to; the rules are printed with the summary."""

    rule: str
    entry: int
    time: str
    actor: str
    act: str
    what: str = ""


@dataclass(slots=True, kw_only=True)
class Actor:
    """What one actor did in the range. ``acts`` counts finished acts and events."""

    acts: Counter[str] = field(default_factory=Counter)
    purposes: set[str] = field(default_factory=set)
    refused: int = 0
    failed: int = 0
    off_hours: int = 0
    first: str = ""
    last: str = ""


@dataclass(slots=True, kw_only=True)
class Use:
    """What was done for one purpose in the range. ``sizes`` counts acts by the size class of their rows."""

    acts: Counter[str] = field(default_factory=Counter)
    actors: set[str] = field(default_factory=set)
    datasets: set[str] = field(default_factory=set)
    recipients: set[str] = field(default_factory=set)
    categories: set[str] = field(default_factory=set)
    sizes: Counter[str] = field(default_factory=Counter)
    cross_border: int = 0
    first: int = -1
    last: int = -1


@dataclass(slots=True, kw_only=True)
class Version:
    """A policy that was in force, by its hash: the entries written under it."""

    first: int
    last: int
    since: str
    entries: int = 0


def power(rows: str) -> int:
    """Return the power of ten of a size class; 0 for none.

    Example:
        >>> power("<=10000"), power("0"), power("")
        (4, 0, 0)
    """
    return max(0, len(rows.removeprefix("<=")) - 1) if rows.startswith("<=") else 0


class Tally:
    """Counts entries. ``add`` them all in order, then read the fields."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.entries = self.chosen = 0
        self.first_index, self.last_index = -1, -1
        self.actors: dict[str, Actor] = defaultdict(Actor)
        self.uses: dict[str, Use] = defaultdict(Use)
        self.versions: dict[str, Version] = {}
        self.refusals: Counter[tuple[str, str]] = Counter()
        self.days: dict[str, list[int]] = {}
        self.acts: dict[str, list[int]] = {}
        self.epsilon: dict[str, list[int]] = defaultdict(list)
        self.rotations: list[tuple[int, str, str, str]] = []
        self.handed_out = -1
        self.unusual: dict[str, list[Unusual]] = {rule: [] for rule in RULES}
        self.counted: Counter[str] = Counter()
        self._open: dict[int, tuple[str, str, str]] = {}
        self._sizes: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        self._purposes: set[tuple[str, str]] = set()
        self._refused_on: Counter[tuple[str, str]] = Counter()

    def add(self, index: int, entry: Mapping[str, Any]) -> None:
        """Take one entry."""
        self.entries += 1
        act, actor, time, phase = (str(entry.get(name, "")) for name in ("act", "actor", "time", "phase"))
        inside = self.selection.takes(entry)
        if phase == "intent":
            self._open[index] = (actor, act, time)
        elif phase == "outcome":
            self._open.pop(int(entry.get("intent", -1)), None)
        if act == "audit.checkpoint":
            self.handed_out = index
        if inside:
            self._count(index, entry, act, actor, time, phase)
        self._look(index, entry, act, actor, time, phase, inside=inside)

    def _count(self, index: int, entry: Mapping[str, Any], act: str, actor: str, time: str, phase: str) -> None:
        self.chosen += 1
        self.first_index = index if self.first_index < 0 else self.first_index
        self.last_index = index
        version = self.versions.setdefault(str(entry.get("policy", "")), Version(first=index, last=index, since=time))
        version.last, version.entries = index, version.entries + 1
        if phase == "intent":
            return
        who, result = self.actors[actor], entry.get("result")
        day = self.days.setdefault(time[:10], [0, 0])
        day[0] += 1
        who.acts[act] += 1
        self.acts.setdefault(act, []).append(index) if len(self.acts.get(act, ())) < MOST_TOLD else None
        who.first, who.last = who.first or time, time
        if result in ("deny", "error"):
            day[1] += 1
            who.refused += result == "deny"
            who.failed += result == "error"
            self.refusals[act, str(entry.get("reason", ""))] += 1
        purpose = entry.get("purpose")
        if purpose:
            who.purposes.add(purpose)
            self._use(self.uses[purpose], index, entry, act, actor)
        details = entry.get("details", {})
        if act in ("keys.rotate", "keys.add") and result == "allow":
            self.rotations.append((index, time, str(details.get("role", "")), str(details.get("kid", ""))))
        if act == "release.run" and result == "allow":
            self.epsilon[str(details.get("domain", ""))].append(index)

    @staticmethod
    def _use(use: Use, index: int, entry: Mapping[str, Any], act: str, actor: str) -> None:
        use.acts[act] += 1
        use.actors.add(actor)
        use.first = index if use.first < 0 else use.first
        use.last = index
        if entry.get("result") != "allow":
            return
        for name, known in (("dataset", use.datasets), ("recipient", use.recipients)):
            if entry.get(name):
                known.add(str(entry[name]))
        use.categories.update(entry.get("categories", ()))
        use.cross_border += bool(entry.get("cross_border"))
        if entry.get("rows"):
            use.sizes[entry["rows"]] += 1

    def _look(
        self, index: int, entry: Mapping[str, Any], act: str, actor: str, time: str, phase: str, *, inside: bool
    ) -> None:
        """Apply the rules; what was usual before the range is learnt from before it."""
        if phase == "intent":
            return

        def tell(rule: str, what: str = "") -> None:
            if not inside:
                return
            self.counted[rule] += 1
            if len(self.unusual[rule]) < MOST_TOLD:
                self.unusual[rule].append(Unusual(rule=rule, entry=index, time=time, actor=actor, act=act, what=what))

        details = entry.get("details", {})
        result, purpose = entry.get("result"), entry.get("purpose")
        size = str(details.get("identifiers") or entry.get("rows") or "")
        if result == "allow" and size:
            usual = self._sizes[actor, act]
            if usual.total() >= KNOWN and power(size) >= _median(usual) + FAR:
                tell("volume", f"{size} / <={10 ** _median(usual)}")
            usual[power(size)] += 1
        if details.get("notice") == "many-identifiers":
            tell("identifiers", str(details.get("identifiers", "")))
        if act == "reveal":
            tell("reveal", str(result))
        if act == "exports.recall":
            tell("recall", str(result))
        if result == "deny":
            self._refused_on[actor, time[:10]] += 1
            if self._refused_on[actor, time[:10]] == MANY_REFUSALS:
                tell("refusals", time[:10])
        if purpose and result == "allow" and (actor, purpose) not in self._purposes:
            self._purposes.add((actor, purpose))
            tell("new-purpose", purpose)
        if inside and size and _off_hours(time):
            self.actors[actor].off_hours += 1
            tell("off-hours")

    def interrupted(self) -> list[Unusual]:
        """Return the intents in the range that no outcome followed: acts that a crash ended, or that are under way."""
        return [
            Unusual(rule="interrupted", entry=index, time=time, actor=actor, act=act)
            for index, (actor, act, time) in self._open.items()
            if self.selection.within(time)
        ]


def _median(powers: Counter[int]) -> int:
    """Return the lower median of counted values.

    Example:
        >>> _median(Counter({1: 3, 5: 2}))
        1
    """
    half, seen = (powers.total() + 1) // 2, 0
    for value in sorted(powers):
        seen += powers[value]
        if seen >= half:
            return value
    return 0


def _off_hours(time: str) -> bool:
    """Tell whether a UTC time is between 22:00 and 06:00, or on a Saturday or Sunday.

    Example:
        >>> _off_hours("2026-11-27T12:00:00.000Z"), _off_hours("2026-11-28T12:00:00.000Z"), _off_hours("2026-11-27T23:00:00Z")
        (False, True, True)
    """
    from datetime import date

    hour = time[11:13]
    if not "06" <= hour < "22":
        return True
    try:
        return date.fromisoformat(time[:10]).weekday() >= 5
    except ValueError:
        return False
