"""One spelling per identifier, so that "138 1234 5678" and "+86-13812345678" become one pseudonym.

The rule is written once, in :func:`canonical_text`. Engines know by patterns which cells are spelled that way already, or nearly
so, and do those themselves; for all other cells they call the function. A property test holds the two together on every engine.
``docs/formats/pseudonym.md`` states the rule for other languages; a change of it is a new :data:`SCHEME`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, Protocol

import ibis
import ibis.expr.types as ir

from secureprofile.guard.phones import FAST, calling_code, doubtful_pattern, e164, international_pattern, own_forms
from secureprofile.vocabulary import within

SCHEME: Final = "sp/canonical/2"
"""Name and version of the rule; stands beside every export."""

_PHONES = ("user.contact.phone_number", "user.contact.fax_number")
_EMAILS = ("user.contact.email",)
_NUMBERS = ("user.government_id", "user.financial.bank_account", "user.financial.credit_card")

_SPACE = " \t\n\r\v\f"
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d", "-"))
_SEPARATORS = re.compile(r"[ .\-/()·]")
_FILLERS = re.compile(r"[ ().\-]")
_EXTENSION = re.compile(r"(.*[0-9) ]) *(?:;ext=|ext(?:ension)?\.?|x|#|分机号?|转) *([0-9]{1,7})", re.IGNORECASE)


def canonical_text(text: str, category: str, region: str | None = None) -> str:
    """Return the canonical spelling of one identifier; empty for an empty one.

    For all: invisible characters go, compatibility forms (full-width letters, half-width katakana) are folded by NFKC, outer
    white space goes. Then by category: e-mail addresses are lower-cased; government ids, bank accounts and cards lose blanks,
    dots, dashes, slashes and brackets and are upper-cased; valid phone numbers become E.164, others lose blanks, dots, dashes
    and brackets.

    Args:
        text: as it stands in a cell, or as somebody typed it.
        category: its data category.
        region: ISO 3166-1 alpha-2 code by which phone numbers without country code are read; None: they are not.

    Example:
        >>> canonical_text(" １３８ 1234-5678 ", "user.contact.phone_number", "CN")
        '+8613812345678'
        >>> canonical_text(" １３８ 1234-5678 ", "user.contact.phone_number")
        '13812345678'
        >>> canonical_text("A@Example.COM", "user.contact.email")
        'a@example.com'
        >>> canonical_text("DE89 3704 0044 0532 0130 00", "user.financial.bank_account")
        'DE89370400440532013000'
    """
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).strip(_SPACE)
    if within(category, _EMAILS):
        text = text.lower()
    elif within(category, _PHONES):
        text = _phone(_ascii_digits(text.translate(_DASHES)), region)
    elif within(category, _NUMBERS):
        text = _SEPARATORS.sub("", _ascii_digits(text.translate(_DASHES))).upper()
    return unicodedata.normalize("NFKC", text).strip(_SPACE)  # what a blank held apart may have come together


def _ascii_digits(text: str) -> str:
    """Return text with the decimal digits of any script as ASCII."""
    if text.isascii():
        return text
    return "".join(c if (digit := unicodedata.decimal(c, None)) is None else str(digit) for c in text)


def _phone(text: str, region: str | None) -> str:
    """Return E.164 for a valid number (with ``;ext=`` where it has an extension), else the text without fillers."""
    split = _EXTENSION.fullmatch(text)
    number, extension = split.groups() if split else (text, "")
    found = e164(_FILLERS.sub("", number).replace("/", ""), region)
    if found is None:
        return _FILLERS.sub("", text)
    return f"{found};ext={extension}" if extension else found


@lru_cache(maxsize=1 << 16)
def remembered(text: str, category: str, region: str | None) -> str:
    """Return :func:`canonical_text`, remembering the last 65,536 answers."""
    return canonical_text(text, category, region)


class Spelling(Protocol):
    """What an engine needs for cells that no pattern knows."""

    def spelled(self, text: ir.StringValue, category: str, region: str | None) -> ir.StringValue:
        """Return :func:`remembered` of each cell."""
        ...


_WORD = "!-~À-ÖØ-öø-ıĴ-ľŁ-ňŊ-žА-яぁ-ゖァ-ヺ一-鿕가-힣"
"""Characters of text that NFKC leaves alone, alone and together."""
_PLAIN = rf"^[{_WORD}]([ {_WORD}]*[{_WORD}])?\z"
_ASCII = r"^[!-~]([ -~]*[!-~])?\z"
_PLAIN_NUMBER, _NUMBER = r"^[0-9A-Za-z]+\z", r"^[ .\-/()0-9A-Za-z]+\z"
_ASCII_FILLERS, _NATIONAL = " ().-", r"^(?:[1-9]|0[1-9])[0-9]*\z"
_PHONE = r"^\+?[0-9 ().\-]*\z"


def trimmed(value: ir.StringValue) -> ir.StringValue:
    """Return text without outer white space; most cells have none, and telling so costs a quarter of trimming."""
    return ibis.ifelse(value.re_search(_ASCII), value, value.strip())


def canonical(value: ir.StringValue, category: str, region: str | None, functions: Spelling) -> ir.StringValue:
    """Return the rule of :func:`canonical_text` as an expression; empty and missing cells give NULL.

    Most cells match a pattern that says what to do with them; engines take the long way for the others only.
    """
    value = value.nullif(ibis.literal(""))
    slow = functions.spelled(value, category, region)
    if within(category, _PHONES):
        spelled = _canonical_phone(value, region, slow)
    elif within(category, _NUMBERS):
        bare = value.re_replace(r"[ .\-/()]", "").upper()
        spelled = ibis.cases(
            (value.re_search(_PLAIN_NUMBER), value.upper()), (value.re_search(_NUMBER), bare), else_=slow
        )
    elif within(category, _EMAILS):
        spelled = ibis.ifelse(value.re_search(_ASCII), value.lower(), slow)
    else:
        spelled = ibis.ifelse(value.re_search(_PLAIN), value, slow)
    return spelled.nullif(ibis.literal(""))


def _canonical_phone(value: ir.StringValue, region: str | None, slow: ir.StringValue) -> ir.StringValue:
    """Ask for the commonest forms first: each test is paid by all cells that come after it."""
    bare = value.translate(_ASCII_FILLERS, "")
    spaced = ibis.cases(*_known(bare, region), (bare.re_search(international_pattern()), bare), else_=slow)
    return ibis.cases(*_known(value, region), (value.re_search(_PHONE), spaced), else_=slow)


def _known(digits: ir.StringValue, region: str | None) -> list[tuple[ir.BooleanValue, ir.StringValue]]:
    """Return (test, spelling) for digits of which a pattern knows that they are valid, or that they are not."""
    if region is None:
        return [(digits.re_search(_NATIONAL), digits)]
    if region not in FAST:
        return []
    code = ibis.literal("+" + calling_code(region))
    spelled = {"": code + digits, "0": code + digits.substr(1), "+": digits}
    valid = [(digits.re_search(pattern), spelled[before]) for pattern, before in own_forms(region)]
    return [*valid, (digits.re_search(r"^[0-9]+\z") & ~digits.re_search(doubtful_pattern(region)), digits)]
