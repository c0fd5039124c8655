"""Transparency and consent strings of the IAB Europe framework (TCF 2.3), read strictly.

A string says, by number, for which of the framework's eleven purposes and to which vendors somebody consented on a website.
Since version 2.3 a string without the segment of disclosed vendors is void: nobody can consent to a vendor whom the banner did
not show. Layout: IAB Tech Lab, "Consent string and vendor list formats", version 2.3.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)

_PURPOSES: Final = 24
_DISCLOSED: Final = 1
_NOT_ALLOWED, _NEEDS_CONSENT, _NEEDS_INTEREST = 0, 1, 2
"""What a publisher may decree of a purpose, for some vendors."""


class NotTcf(ValueError):
    """The text is no valid TCF 2.3 string; the message says why, without any part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TcString:
    """What somebody consented to.

    Args:
        at: when the choice was last changed, UTC.
        language: of the banner, two letters.
        purposes: numbers of the purposes with consent.
        vendors: numbers of the vendors with consent.
        disclosed: numbers of the vendors who were shown.
        barred: purpose → vendors who may not rely on consent for it, by the publisher's decree.
        country: of the publisher, ISO 3166-1 alpha-2.
    """

    at: datetime
    language: str
    purposes: frozenset[int]
    vendors: frozenset[int]
    disclosed: frozenset[int]
    barred: Mapping[int, frozenset[int]]
    country: str

    def consents(self, vendor: int, purposes: frozenset[int]) -> bool:
        """Return whether the person consented that a vendor, whom they were shown, uses data for all of some purposes."""
        return (
            vendor in self.vendors
            and vendor in self.disclosed
            and purposes <= self.purposes
            and not any(vendor in self.barred.get(purpose, ()) for purpose in purposes)
        )


class _Bits:
    """A segment's bits, read from the left; whatever is missing or too much raises."""

    def __init__(self, segment: str) -> None:
        if not _SEGMENT.fullmatch(segment):
            raise NotTcf("a segment is no base64url")
        whole = urlsafe_b64decode(segment + "A" * (-len(segment) % 4))
        self._bits = "".join(f"{byte:08b}" for byte in whole)[: 6 * len(segment)]
        self._at = 0

    def number(self, bits: int) -> int:
        """Return the next whole number."""
        piece = self._bits[self._at : self._at + bits]
        if len(piece) < bits:
            raise NotTcf("a segment ends too early")
        self._at += bits
        return int(piece, 2)

    def letters(self) -> str:
        """Return the next two letters."""
        first, second = self.number(6), self.number(6)
        if first > 25 or second > 25:
            raise NotTcf("a code has something else than letters")
        return chr(97 + first) + chr(97 + second)

    def flags(self, bits: int) -> frozenset[int]:
        """Return the places, from 1, of the next bits that are set."""
        return frozenset(place + 1 for place in range(bits) if self.number(1))

    def moment(self) -> datetime:
        """Return the next time: deciseconds since 1970."""
        return datetime.fromtimestamp(self.number(36) // 10, UTC)

    def ranges(self) -> frozenset[int]:
        """Return the numbers of a list of ranges."""
        found = set[int]()
        for _ in range(self.number(12)):
            whole = self.number(1)
            first = self.number(16)
            last = self.number(16) if whole else first
            if not 0 < first <= last:
                raise NotTcf("a range of vendors runs backwards, or from zero")
            found.update(range(first, last + 1))
        return frozenset(found)

    def vendors(self) -> frozenset[int]:
        """Return the numbers of a section of vendors."""
        most = self.number(16)
        if not self.number(1):
            return self.flags(most)
        found = self.ranges()
        if found and max(found) > most:
            raise NotTcf("a range of vendors goes beyond the greatest")
        return found

    def end(self) -> None:
        """Check that nothing but padding is left."""
        rest = self._bits[self._at :]
        # some writers fill up to whole bytes, some to whole letters and one byte of slack
        if len(rest) >= 16 or "1" in rest:
            raise NotTcf("something stands behind a segment's end")


def parse_tcf(text: str) -> TcString:
    """Read a string.

    Args:
        text: as a cookie or the banner's API gives it, up to 16,384 characters.

    Returns:
        What it says.

    Raises:
        NotTcf: it is not a string of version 2.3.

    Example:
        >>> parse_tcf("CAAAAAAAAAAAA")
        Traceback (most recent call last):
        secureprofile.consent.tcf.NotTcf: the segment of disclosed vendors is missing, which version 2.3 demands
    """
    if len(text) > 16_384:
        raise NotTcf("it is too long")
    core, *others = text.strip().split(".")
    disclosed = _disclosed(others)
    bits = _Bits(core)
    if bits.number(6) != 2:
        raise NotTcf("it is not of version 2")
    bits.moment()  # created
    at = bits.moment()
    bits.number(12 + 12 + 6)  # who made the banner, its version and screen
    language = bits.letters()
    bits.number(12 + 6 + 1 + 1)  # vendor list, policy, scope and texts
    bits.flags(12)  # special features
    purposes = bits.flags(_PURPOSES)
    bits.flags(_PURPOSES)  # legitimate interests: no consent
    bits.number(1)  # purpose one
    country = bits.letters()
    vendors = bits.vendors()
    bits.vendors()  # legitimate interests
    barred: dict[int, frozenset[int]] = {}
    for _ in range(bits.number(12)):
        purpose, decree = bits.number(6), bits.number(2)
        concerned = bits.ranges()
        if decree in (_NOT_ALLOWED, _NEEDS_INTEREST):
            barred[purpose] = barred.get(purpose, frozenset()) | concerned
        elif decree != _NEEDS_CONSENT:
            raise NotTcf("a publisher's decree is of no known kind")
    bits.end()
    return TcString(
        at=at,
        language=language,
        purposes=purposes,
        vendors=vendors,
        disclosed=disclosed,
        barred=barred,
        country=country.upper(),
    )


def _disclosed(segments: list[str]) -> frozenset[int]:
    found: dict[int, frozenset[int]] = {}
    for segment in segments:
        bits = _Bits(segment)
        kind = bits.number(3)
        if kind in found or kind not in (1, 2, 3):
            raise NotTcf("a segment is there twice, or of no known kind")
        found[kind] = bits.vendors() if kind in (1, 2) else frozenset()
        if kind != 3:
            bits.end()
    if _DISCLOSED not in found:
        raise NotTcf("the segment of disclosed vendors is missing, which version 2.3 demands")
    return found[_DISCLOSED]
