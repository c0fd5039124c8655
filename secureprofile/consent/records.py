"""Consent records: who allowed or refused what, when, how, under which notice. The fields follow ISO/IEC TS 27560.

A record names its person by vault token only; identifiers are exchanged for tokens before a record is made. Of a person's age
it keeps a year of birth at most, never a date.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

State = Literal["granted", "refused", "withdrawn", "expired", "objected", "restricted", "lifted"]
"""What a record says. ``refused``, ``withdrawn`` and ``expired`` end a grant; ``objected`` (GDPR Art. 21) and ``restricted``
(Art. 18) stop purposes that need no consent, too; ``lifted`` ends an objection or a restriction."""

STATES: Final[tuple[State, ...]] = ("granted", "refused", "withdrawn", "expired", "objected", "restricted", "lifted")

DENIALS: Final[frozenset[State]] = frozenset({"refused", "withdrawn", "expired", "objected", "restricted"})
"""States that take something away: they are kept even where a less important cell of their row cannot be read."""

COLUMNS: Final = ("purpose", "state", "at", "method", "notice")
"""What a consent file must hold besides the column that identifies the person."""

OPTIONAL: Final = (
    "notice_version", "language", "basis", "categories", "expires", "guardian", "jurisdiction", "minor", "birth_year", "age_band",
    "sensitive", "disclosure", "cross_border", "source", "record_id",
)  # fmt: skip
"""What it may hold."""

_STATES: Final[Mapping[str, State]] = {
    "granted": "granted", "grant": "granted", "yes": "granted", "true": "granted", "1": "granted", "同意": "granted",
    "withdrawn": "withdrawn", "denied": "withdrawn", "no": "withdrawn", "false": "withdrawn", "0": "withdrawn", "撤回": "withdrawn",
    "refused": "refused", "拒绝": "refused", "expired": "expired", "过期": "expired",
    "objected": "objected", "objection": "objected", "反对": "objected",
    "restricted": "restricted", "restriction": "restricted", "限制": "restricted",
    "lifted": "lifted", "解除": "lifted",
}  # fmt: skip

_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?[ ]?(Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """One event in the life of a person's consent for one purpose.

    Args:
        person: vault token.
        purpose: name in the policy.
        at: UTC, to the second.
        state: what the record says.
        method: how the person said so.
        notice: the privacy notice that was shown.
        notice_version: its version, where the notice's name does not say it.
        language: of the notice, BCP 47.
        basis: lawful basis, where the source names one.
        categories: data categories that the consent covers, where the source names them.
        expires: from this second on the grant holds no more.
        guardian: a keyed token of the guardian who consented, or ``yes``; empty where there was none.
        jurisdiction: country of the person, ISO 3166-1 alpha-2.
        minor: whether the source calls the person a minor; None where it does not say.
        birth_year: year of birth; None where it is not known.
        age_from: least age at ``at``, from an age band.
        sensitive: separate consent to the use of sensitive data (PIPL Art. 29).
        disclosure: separate consent to giving the data to others (PIPL Art. 23).
        cross_border: separate consent to sending them abroad (PIPL Art. 39).
        source: where the record comes from.
        record_id: the source's own number of the record.
    """

    person: str
    purpose: str
    at: datetime
    state: State
    method: str = ""
    notice: str = ""
    notice_version: str = ""
    language: str = ""
    basis: str = ""
    categories: str = ""
    expires: datetime | None = None
    guardian: str = ""
    jurisdiction: str = ""
    minor: bool | None = None
    birth_year: int | None = None
    age_from: int | None = None
    sensitive: bool = False
    disclosure: bool = False
    cross_border: bool = False
    source: str = ""
    record_id: str = ""

    @property
    def notice_name(self) -> str:
        """The notice as policies name it: ``N-3``, or ``privacy/3`` where name and version stand apart."""
        return f"{self.notice}/{self.notice_version}" if self.notice_version else self.notice

    def values(self) -> tuple[str | int | None, ...]:
        """Return the record's fields as they are stored, in the order of the class: times as seconds since 1970, flags as 0 and 1."""
        return tuple(_stored(getattr(self, name)) for name in self.__slots__)

    def told(self) -> dict[str, str]:
        """Return the fields as text for people, without the token: times in ISO 8601, empty where there is nothing."""
        found = {}
        for name in self.__slots__[1:]:
            match getattr(self, name):
                case datetime() as at:
                    found[name] = at.isoformat()
                case bool() as flag:
                    found[name] = "yes" if flag else ""
                case value:
                    found[name] = "" if value is None else str(value)
        return found

    @property
    def digest(self) -> bytes:
        """SHA-256 of the record, see :func:`digest_of`."""
        return digest_of(self.values())

    @property
    def uuid(self) -> UUID:
        """A number for the record, from its digest (UUID version 8, RFC 9562)."""
        number = int.from_bytes(self.digest[:16], "big")
        number = number & ~(0xF << 76) | 8 << 76
        return UUID(int=number & ~(0x3 << 62) | 2 << 62)


def _stored(value: object) -> str | int | None:
    match value:
        case bool():
            return int(value)
        case datetime():
            return int(value.timestamp())
        case None | str() | int():
            return value
    raise TypeError(f"a record holds no {type(value).__name__}")


def digest_of(values: Iterable[str | int | None]) -> bytes:
    """Return the SHA-256 over a record's stored fields, each as a netstring (length in bytes, colon, bytes, comma).

    The first netstring names the format. What is missing is an empty string.

    Example:
        >>> digest_of(["v_1", 5, None]) == __import__("hashlib").sha256(b"12:sp/consent/1,3:v_1,1:5,0:,").digest()
        True
    """
    parts = [b"12:sp/consent/1,"]
    for value in values:
        text = b"" if value is None else str(value).encode()
        parts.append(b"%d:%b," % (len(text), text))
    return hashlib.sha256(b"".join(parts)).digest()


def parse_state(text: str) -> State | None:
    """Read a state as people write it, in English or Chinese; None where it is none.

    Example:
        >>> parse_state(" Granted "), parse_state("撤回"), parse_state("perhaps")
        ('granted', 'withdrawn', None)
    """
    return _STATES.get(text.strip().casefold())


def parse_time(text: str) -> datetime | None:
    """Read a time as UTC, to the second; a time without zone is taken as UTC. None where it is no time, or before 1970.

    Example:
        >>> parse_time("2026-03-01 10:00:00").isoformat(), parse_time("2026-03-01T10:00:00+08:00").isoformat()
        ('2026-03-01T10:00:00+00:00', '2026-03-01T02:00:00+00:00')
        >>> parse_time("2026-02-30"), parse_time("yesterday")
        (None, None)
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    *parts, zone = found.groups()
    try:
        at = datetime(*(int(part or 0) for part in parts), tzinfo=UTC)  # type: ignore[arg-type,misc]
        if zone and zone != "Z":
            hours, minutes = int(zone[1:3]), int(zone[-2:])
            if hours > 14 or minutes > 59:
                return None
            at -= timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    except (ValueError, OverflowError):
        return None
    return at if at.year >= 1970 else None
