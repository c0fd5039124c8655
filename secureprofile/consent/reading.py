"""A row of a consent file, read: which records it makes, or by which rule it is left out.

What is unclear never becomes a permission: a grant with a cell that cannot be read is left out, a denial is kept for what can be
read of it. A row may also hold signals of browsers and banners, which the policy's ``signals`` translate to its purposes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from secureprofile.consent.records import DENIALS, ConsentRecord, State, parse_state, parse_time
from secureprofile.consent.tcf import NotTcf, parse_tcf

if TYPE_CHECKING:
    from secureprofile.policy.terms import Signals

Row = Mapping[str, str | None]

SIGNALS: Final = ("gpc", "tcf")
"""Columns of signals: Global Privacy Control, and strings of the IAB's framework."""

_YES: Final = frozenset({"yes", "true", "1", "y", "是", "同意"})
_NO: Final = frozenset({"", "no", "false", "0", "n", "否", "不同意"})
_COUNTRY: Final = re.compile(r"[A-Za-z]{2}", re.ASCII)
_YEAR: Final = re.compile(r"(1[89]\d\d|20\d\d)(?:[-/年.].{1,8})?", re.ASCII)
_BAND: Final = re.compile(r"(?P<under><|under |below )?(?P<low>\d{1,3})(?: ?(?:\+|-|–|to |and over).*)?", re.ASCII)
_MOST: Final = 200
"""Characters of a text: it describes a record, it is not one."""


class Unreadable(ValueError):
    """A cell cannot be read; the message is the rule by which its row is left out."""


class RowReader:
    """Reads the rows of one file.

    Args:
        purposes: of the policy.
        signals: how the policy takes signals, None where it does not.

    Example:
        >>> reader = RowReader({"portrait"}, None)
        >>> row = {"purpose": "portrait", "state": "yes", "at": "2026-03-01", "birth_year": "1990"}
        >>> [(record.state, record.birth_year) for record in reader.read(row, "v_1")]
        [('granted', 1990)]
        >>> reader.read(row | {"birth_year": "long ago"}, "v_1")
        Traceback (most recent call last):
        secureprofile.consent.reading.Unreadable: unreadable-birth_year
    """

    def __init__(self, purposes: Collection[str], signals: Signals | None) -> None:
        self._purposes = frozenset(purposes)
        self._signals = signals
        self._strings: dict[str, tuple[ConsentRecord, ...]] = {}

    def read(self, row: Row, person: str) -> list[ConsentRecord]:
        """Return the records of a row.

        Args:
            row: cells by column, of :data:`secureprofile.consent.records.COLUMNS`, ``OPTIONAL`` and :data:`SIGNALS`; any may be missing.
            person: vault token.

        Raises:
            Unreadable: it makes none.
        """
        records = list(self._signalled(row, person))
        if not records or _text(row, "purpose") or _text(row, "state"):
            records.insert(0, self._plain(row, person))
        return records

    def _plain(self, row: Row, person: str) -> ConsentRecord:
        if (purpose := _text(row, "purpose")) not in self._purposes:
            raise Unreadable("unknown-purpose")
        if (state := parse_state(row.get("state") or "")) is None:
            raise Unreadable("unknown-state")
        if (at := parse_time(row.get("at") or "")) is None:
            raise Unreadable("unreadable-time")
        return ConsentRecord(person=person, purpose=purpose, state=state, at=at, **_details(row, state))

    def _signalled(self, row: Row, person: str) -> list[ConsentRecord]:
        wanted = {name: text for name in SIGNALS if (text := _text(row, name))}
        if not wanted:
            return []
        if self._signals is None:
            raise Unreadable("signal-without-rule")
        found: list[ConsentRecord] = []
        if "gpc" in wanted and _flag(row, "gpc"):
            if (at := parse_time(row.get("at") or "")) is None:
                raise Unreadable("unreadable-time")
            found += [
                ConsentRecord(person=person, purpose=purpose, state="objected", at=at, method="signal", source="gpc")
                for purpose in self._signals.gpc
            ]
        if "tcf" in wanted:
            found += self._banner(wanted["tcf"], person)
        return found

    def _banner(self, text: str, person: str) -> list[ConsentRecord]:
        rule = self._signals.tcf if self._signals else None
        if rule is None:
            raise Unreadable("signal-without-rule")
        try:
            said = parse_tcf(text)
        except NotTcf:
            raise Unreadable("unreadable-tcf") from None
        return [
            ConsentRecord(
                person=person,
                purpose=purpose,
                state="granted" if said.consents(rule.vendor, frozenset(numbers)) else "refused",
                at=said.at,
                method="signal",
                language=said.language,
                source="tcf",
            )
            for purpose, numbers in rule.purposes.items()
        ]


def _details(row: Row, state: State) -> dict[str, Any]:
    """Return the fields beside purpose, state and time."""
    found: dict[str, Any] = {}
    for name, read in _READERS.items():
        if row.get(name) is None:
            continue
        try:
            found |= read(row, name)
        except Unreadable:
            if state not in DENIALS:
                raise
    return found


def _text(row: Row, name: str) -> str:
    return (row.get(name) or "").strip()


def _short(row: Row, name: str) -> dict[str, Any]:
    if len(text := _text(row, name)) > _MOST or not text.isprintable():
        raise Unreadable(f"unreadable-{name}")
    return {name: text}


def _flag(row: Row, name: str) -> bool:
    text = _text(row, name).casefold()
    if text not in _YES and text not in _NO:
        raise Unreadable(f"unreadable-{name}")
    return text in _YES


def _yes(row: Row, name: str) -> dict[str, Any]:
    return {name: _flag(row, name)}


def _moment(row: Row, name: str) -> dict[str, Any]:
    if not (text := _text(row, name)):
        return {}
    if (at := parse_time(text)) is None:
        raise Unreadable(f"unreadable-{name}")
    return {name: at}


def _minor(row: Row, name: str) -> dict[str, Any]:
    return {name: _flag(row, name)} if _text(row, name) else {}


def _guardian(row: Row, name: str) -> dict[str, Any]:
    # who the guardian is would be personal data of somebody who is in no vault: kept is that there was one
    return {name: "" if _text(row, name).casefold() in _NO else "yes"}


def _country(row: Row, name: str) -> dict[str, Any]:
    if not (text := _text(row, name)):
        return {}
    if not _COUNTRY.fullmatch(text):
        raise Unreadable(f"unreadable-{name}")
    return {name: text.upper()}


def _birth(row: Row, name: str) -> dict[str, Any]:
    if not (text := _text(row, name)):
        return {}
    found = _YEAR.fullmatch(text)
    if found is None or int(found[1]) > datetime.now(UTC).year:
        raise Unreadable(f"unreadable-{name}")
    return {name: int(found[1])}


def _band(row: Row, name: str) -> dict[str, Any]:
    if not (text := _text(row, name).casefold()):
        return {}
    found = _BAND.fullmatch(text)
    if found is None:
        raise Unreadable(f"unreadable-{name}")
    return {"age_from": 0 if found["under"] else int(found["low"])}


_READERS: Final = {
    **dict.fromkeys(("method", "notice", "notice_version", "language", "basis", "categories", "source", "record_id"), _short),
    **dict.fromkeys(("sensitive", "disclosure", "cross_border"), _yes),
    "expires": _moment,
    "guardian": _guardian,
    "jurisdiction": _country,
    "minor": _minor,
    "birth_year": _birth,
    "age_band": _band,
}  # fmt: skip
