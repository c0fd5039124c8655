"""Phone numbers in one spelling: E.164 where a number is valid, by ``phonenumbers``; and patterns by which engines know it too.

Calling ``phonenumbers`` takes sixty microseconds a number. Patterns built from its own metadata tell engines which plain forms
are certainly valid, and which certainly are not; only what is left is asked one by one. A property test holds both together for
every region of :data:`FAST`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

FAST: Final = (
    "AT", "AU", "BE", "CA", "CH", "CN", "DE", "DK", "ES", "FI", "FR", "GB", "HK", "IE", "IN", "IT", "JP", "KR", "MO", "MY", "NL",
    "NO", "NZ", "PL", "PT", "SE", "SG", "TH", "TW", "US",
)  # fmt: skip
"""Regions whose plain mobile and landline numbers engines canonicalise; numbers of all others are asked one by one."""

_TOGETHER: Final = {"US": ("US", "CA"), "CA": ("US", "CA"), "GB": ("GB", "GG", "IM", "JE")}
"""Regions of one calling code whose numbers look alike: each reads the others' as its own."""

_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan", "voicemail",
)  # fmt: skip

_EXTENSION = re.compile(r"(?i)x|ext|#|;")
_DIGITS = re.compile(r"\+?[0-9]{3,20}")


def e164(number: str, region: str | None) -> str | None:
    """Return a number's E.164 form; None where it is not valid.

    Args:
        number: ASCII digits, perhaps after a ``+``; nothing else.
        region: ISO 3166-1 alpha-2 code of the country whose national forms are understood; None: international forms only,
            those with ``00`` in place of ``+`` included.

    Example:
        >>> e164("13812345678", "CN"), e164("13812345678", None), e164("008613812345678", None)
        ('+8613812345678', None, '+8613812345678')
    """
    if not _DIGITS.fullmatch(number):
        return None
    found = _valid(number, region) if region or number.startswith("+") else None
    if found is None and number.startswith("00"):
        found = _valid("+" + number[2:], None)
    return found


def _valid(number: str, region: str | None) -> str | None:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def possible(text: str, region: str | None) -> bool:
    """Tell whether a number as written has a possible length for its country: what ``phonenumbers`` calls possible is, for a tenth of the time.

    Args:
        text: digits with separators, perhaps after ``+``.
        region: whose national form it is; None for numbers with a country calling code.

    Example:
        >>> possible("+44 20 7946 0958", None), possible("+44 20", None), possible("020 7946 0958", "GB")
        (True, False, True)
    """
    digits = "".join(filter(str.isdecimal, _EXTENSION.split(text, maxsplit=1)[0]))
    if region is not None:
        return _possible(digits, *_possible_lengths(int(calling_code(region))))
    for size in (1, 2, 3):
        lengths, prefix = _possible_lengths(int(digits[:size] or 0))
        if lengths:
            return _possible(digits[size:], lengths, prefix)
    return False


def _possible(national: str, lengths: frozenset[int], prefix: str) -> bool:
    short = len(national) - len(prefix) if prefix and national.startswith(prefix) else 0
    return len(national) in lengths or short in lengths


@cache
def _possible_lengths(code: int) -> tuple[frozenset[int], str]:
    """Return a calling code's possible lengths, local ones included, and its national prefix; nothing for no calling code."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    regions = COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    known = PhoneMetadata.metadata_for_region_or_calling_code(code, regions[0]) if regions else None
    if known is None or known.general_desc is None:
        return frozenset(), ""
    lengths = (*known.general_desc.possible_length, *known.general_desc.possible_length_local_only)
    return frozenset(n for n in lengths if n > 0), known.national_prefix or ""


def _metadata(region: str) -> Any:
    from phonenumbers import PhoneMetadata

    return PhoneMetadata.metadata_for_region(region)


def calling_code(region: str) -> str:
    """Return the country calling code of a region.

    Example:
        >>> calling_code("CN")
        '86'
    """
    return str(_metadata(region).country_code)


def _ascii(pattern: str) -> str:
    return pattern.replace(r"\d", "[0-9]")


def _plain(region: str) -> str:
    """Return the pattern of a region's mobile and landline numbers, without national prefix.

    German landlines are left out: an area code such as (0)4930, without its 0, reads like the calling code before Berlin's 30.
    """
    regions = _TOGETHER.get(region, (region,))
    found = [desc for one in regions for desc in (_metadata(one).mobile, _metadata(one).fixed_line)]
    if region == "DE":
        found = [_metadata(region).mobile]
    return "|".join(
        dict.fromkeys(_ascii(desc.national_number_pattern) for desc in found if desc.national_number_pattern)
    )


@cache
def own_forms(region: str) -> tuple[tuple[str, str], ...]:
    """Return (pattern, what comes before the number) of plain cells that are certainly valid numbers of ``region``.

    What comes before: nothing, the national prefix ``0``, or ``+`` and the calling code. The commonest form is the first.
    """
    number = _plain(region)
    bare, zero = (rf"^(?:{number})\z", ""), (rf"^0(?:{number})\z", "0")
    plus = (rf"^\+{calling_code(region)}(?:{number})\z", "+")
    if _metadata(region).national_prefix != "0":
        return bare, plus
    return (bare, plus, zero) if region == "CN" else (zero, plus, bare)  # a Chinese mobile number is written without 0


@cache
def international_pattern() -> str:
    """Return the pattern of numbers after ``+`` that keep their spelling: valid ones are E.164 already, others are left as they are.

    Reading a number changes it only where its national part begins with a national prefix, such as the 0 of ``+44 (0)20``, or where a
    country's numbers are rewritten; of those countries the certainly valid numbers of :data:`FAST` are in.
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    codes: list[str] = []
    unchanged: set[str] = set()
    for code, (
        main,
        *_,
    ) in COUNTRY_CODE_TO_REGION_CODE.items():  # by whose rules all numbers of the calling code are taken apart
        known = PhoneMetadata.metadata_for_region_or_calling_code(code, main)
        prefixes = ((known and known.national_prefix_for_parsing) or "0").split("|")
        if known is None or known.national_prefix_transform_rule or not all(map(str.isdigit, prefixes)):
            continue
        first = {"0", *(prefix[0] for prefix in prefixes)}
        unchanged.add(str(code))
        codes.append(f"{code}[{''.join(d for d in '0123456789' if d not in first)}]")
    valid = [f"{calling_code(region)}(?:{_plain(region)})" for region in FAST]
    return rf"^\+(?:(?:{'|'.join(sorted(codes))})[0-9]*|{'|'.join(v for v in valid if v.split('(')[0] not in unchanged)})\z"


@cache
def doubtful_pattern(region: str | None) -> str:
    """Return a pattern that every cell of plain digits matches which may be a valid number for ``region``; others never are.

    That is an international prefix and anything, or: the calling code or not, a national prefix or not, and a number of any
    type in any region with the same calling code.
    """
    if region is None:
        return "^00"
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    own = _metadata(region)
    regions = [_metadata(other) for other in COUNTRY_CODE_TO_REGION_CODE[own.country_code]]
    reading = (own, regions[0])  # by whose prefixes a number is taken apart: the caller's, or those of the main region
    numbers = {
        _ascii(desc.national_number_pattern)
        for other in regions
        for desc in (getattr(other, name) for name in _TYPES)
        if desc is not None and desc.national_number_pattern
    }
    prefixes = {other.national_prefix_for_parsing for other in reading if other.national_prefix_for_parsing}
    before = "|".join(sorted(_ascii(prefix).replace("$", "") for prefix in prefixes))
    anything = "|".join(filter(None, ("00", _ascii(own.international_prefix or ""))))
    moved = "".join(rf"|(?:{before})[0-9]*" for other in reading if other.national_prefix_transform_rule)
    return rf"^(?:(?:{anything})[0-9]*|(?:{own.country_code})?(?:{before})?(?:{'|'.join(sorted(numbers))}){moved})\z"
