"""Check digits of identifiers: pure predicates on strings of ASCII letters and digits, separators already removed."""

from __future__ import annotations

from datetime import date

_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82".split()
)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def luhn(digits: str) -> bool:
    """Tell whether digits pass ISO/IEC 7812-1's check (payment cards, IMEI).

    Example:
        >>> luhn("4111111111111111"), luhn("4111111111111112")
        (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return bool(digits) and total % 10 == 0


def resident_id(text: str) -> bool:
    """Tell whether 18 characters are a resident identity number of mainland China (GB 11643): region, real date, MOD 11-2.

    Example:
        >>> resident_id("11010519491231002X"), resident_id("110105194912310021")
        (True, False)
    """
    text = text.upper()
    if len(text) != 18 or not text[:17].isdigit() or text[:2] not in _PROVINCES:
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return 1900 <= born.year <= 2099 and mod_11_2(text[:17]) == text[17]


def mod_11_2(digits: str) -> str:
    """Return the check character of ISO 7064 MOD 11-2."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2 % 11
    return "0123456789X"[(12 - total) % 11]


def iban(text: str) -> bool:
    """Tell whether an IBAN's check digits are right (ISO 13616: MOD 97-10).

    Example:
        >>> iban("DE89370400440532013000"), iban("DE88370400440532013000")
        (True, False)
    """
    text = text.upper()
    if not 15 <= len(text) <= 34 or not text.isalnum():
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def uscc(text: str) -> bool:
    """Tell whether 18 characters are a 统一社会信用代码 (GB 32100-2015, MOD 31).

    Example:
        >>> uscc("91350100M000100Y43")
        True
    """
    text = text.upper()
    if len(text) != 18 or any(c not in _USCC_ALPHABET for c in text):
        return False
    total = sum(_USCC_ALPHABET.index(c) * pow(3, place, 31) for place, c in enumerate(text[:17]))
    return _USCC_ALPHABET[(31 - total % 31) % 31] == text[17]


def ssn(text: str) -> bool:
    """Tell whether nine digits can be a US social security number: no area 000, 666 or 900+, no group 00, no serial 0000."""
    area, group, serial = text[:3], text[3:5], text[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
