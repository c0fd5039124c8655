"""Telephone numbers that ring nobody: the ranges that regulators keep free for films and books, in each country's own spelling.

Sources: Ofcom "Telephone numbers for drama" (GB), NANPA 555-0100 to 555-0199 (US, CA), BNetzA notice 148/2021 (DE, fixed
lines), ARCEP decision 2018-0881 (FR), ACMA "Phone numbers for use in radio and TV" (AU), ComReg numbering conditions 020 91 (IE).
China reserves none: there a number begins with 100, which no mobile does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WIDE = str.maketrans("０１２３４５６７８９－（）＋　", "0123456789-()+ ")
_SHAPE = re.compile(r"\+?[0-9][0-9 ().\-/]{4,24}|\([0-9][0-9 ().\-/]{4,24}")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers that share a start (of the national number, without trunk zero) and have ``free`` digits after it."""

    start: str
    free: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One country: its code, the digit before national numbers, and which reserved ranges stand for which numbers.

    ``kinds`` maps a pattern of national numbers (their start tells mobile from fixed) to ranges; the first that matches counts.
    """

    code: str
    trunk: str
    lengths: range
    kinds: tuple[tuple[str, tuple[Range, ...]], ...]


def _many(starts: str, free: int) -> tuple[Range, ...]:
    return tuple(Range(start, free) for start in starts.split())


_US = "201 202 206 212 213 214 215 303 305 312 313 404 415 503 504 512 602 612 617 702 704 713 718 801 808 901 907"
_CA = "204 250 306 403 416 418 506 514 519 604 613 705 709 780 902"
_GB_FIXED = (
    "2079460 1134960 1144960 1154960 1164960 1174960 1184960 1214960 1314960 1414960 1514960 1614960 1914980 1632960"
)
_AU_MOBILE = "491570006 491570156 491570157 491570158 491570159 491570110"

PLANS: Final = {
    "US": Plan("1", "1", range(10, 11), ((r"[2-9]", tuple(Range(f"{area}55501", 2) for area in _US.split())),)),
    "CA": Plan("1", "1", range(10, 11), ((r"[2-9]", tuple(Range(f"{area}55501", 2) for area in _CA.split())),)),
    "GB": Plan("44", "0", range(9, 11), ((r"7", _many("7700900", 3)), (r"[12]", _many(_GB_FIXED, 3)), (r"3", _many("3069990", 3)),
                                         (r"80", _many("8081570", 3)), (r"9", _many("9098790", 3)))),
    "DE": Plan("49", "0", range(6, 12), ((r"1", ()), (r"[2-9]", _many("3023125 6990009 4066969 2214710 8999998", 3)))),
    "FR": Plan("33", "0", range(9, 10), ((r"[67]", _many("63998", 4)), (r"[1-589]", _many("19900 26191 35301 46571 53649", 4)))),
    "AU": Plan("61", "0", range(9, 10), ((r"4", _many(_AU_MOBILE, 0)), (r"[2378]", _many("25550 27010 35550 37010 75550 77010 85550 87010", 4)))),
    "IE": Plan("353", "0", range(7, 10), ((r"[1-9]", _many("2091", 5)),)),
    "CN": Plan("86", "", range(11, 12), ((r"1[3-9]", _many("100", 8)),)),
}  # fmt: skip
"""Country (ISO 3166) → its numbering plan."""

_NANP = re.compile(r"(?:1[ .\-])?\(?[2-9][0-9]{2}\)?[ .\-]*[2-9][0-9]{2}[.\- ][0-9]{4}")


@dataclass(frozen=True, slots=True)
class Spelled:
    """A number taken apart: its country, its digits before the national number, the national number, the cell."""

    country: str
    before: str
    national: str
    cell: str

    @property
    def ranges(self) -> tuple[Range, ...]:
        """Ranges that a fake of this number may come from; empty where the country keeps none of its kind."""
        kinds = PLANS[self.country].kinds
        return next((ranges for start, ranges in kinds if re.match(start, self.national)), ())


def take_apart(cell: str, region: str | None) -> Spelled | None:
    """Read a number with country code, or in the national spelling of ``region``; None where neither fits.

    Without region, numbers are taken for American in 212-555-0123's form and for Chinese mobiles in 13800138000's.

    Example:
        >>> found = take_apart("+44 7700 900360", None)
        >>> (found.country, found.before, found.national) if found else None
        ('GB', '44', '7700900360')
    """
    text = cell.strip().translate(_WIDE)
    if not _SHAPE.fullmatch(text):
        return None
    digits = re.sub(r"[^0-9]", "", text)
    if text.startswith("+") or digits.startswith("00"):
        return _international(digits.removeprefix("00") if digits.startswith("00") else digits, digits, text, region)
    if region is not None:
        return _national(region, digits, text)
    if _NANP.fullmatch(text):
        return _national("US", digits, text)
    return _national("CN", digits, text) if re.fullmatch("1[3-9][0-9]{9}", digits) else None


def _international(number: str, digits: str, text: str, region: str | None) -> Spelled | None:
    ours = sorted(PLANS, key=lambda country: country != region)  # +1 is American unless the policy says Canadian
    for country in ours:
        plan = PLANS[country]
        if number.startswith(plan.code):
            national = number[len(plan.code) :]
            if plan.code != "1":
                national = national.removeprefix(plan.trunk) if plan.trunk else national  # +44 (0)20 …
            before = digits[: len(digits) - len(national)]
            return Spelled(country, before, national, text) if len(national) in plan.lengths else None
    return None


def _national(country: str, digits: str, text: str) -> Spelled | None:
    plan = PLANS[country]
    national = digits
    if plan.trunk and digits.startswith(plan.trunk) and (plan.code != "1" or len(digits) == 11):
        national = digits[len(plan.trunk) :]
    if len(national) not in plan.lengths:
        return None
    return Spelled(country, digits[: len(digits) - len(national)], national, text)


def spell(number: Spelled, draw: int) -> str:
    """Return the fake that a number below :func:`choices` picks, with the cell's separators where the digits still fit.

    Example:
        >>> found = take_apart("(212) 867-5309", None)
        >>> spell(found, 4) if found else None
        '(201) 555-0104'
    """
    for one in number.ranges:
        if draw < 10**one.free:
            made = one.start + (f"{draw:0{one.free}d}" if one.free else "")
            return _shaped(number, number.before + made)
        draw -= 10**one.free
    raise ValueError("no such number")


def choices(number: Spelled) -> int:
    """Return how many fakes there are for a number."""
    return sum(10**one.free for one in number.ranges)


def _shaped(number: Spelled, digits: str) -> str:
    template = number.cell
    if sum(c.isdigit() for c in template) == len(digits):
        left = iter(digits)
        return "".join(next(left) if c.isdigit() else c for c in template)
    return ("+" if template.startswith("+") else "") + digits
