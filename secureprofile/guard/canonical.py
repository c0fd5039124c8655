"""One spelling per identifier, so that "138 1234 5678" and "+86-13812345678" become one pseudonym.

The rule is written once, in :func:`canonical_text`. Engines know by :func:`rules` which cells are spelled that way already, or nearly
so, and do those themselves; for all other cells they call the function. A property test holds the two together on every engine.
``docs/formats/pseudonym.md`` states the rule for other languages; a change of it is a new :data:`SCHEME`.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Final, Literal

import ibis
import ibis.expr.types as ir

from secureprofile.guard.phones import FAST, calling_code, doubtful_pattern, e164, international_pattern, own_forms
from secureprofile.vocabulary import within

SCHEME: Final = "sp/canonical/3"
"""Name and version of the rule and of the keying; stands beside every export."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Cells of which a pattern knows how they are spelled canonically: ``before``, and the cell from its character ``skip`` on.

    Attributes:
        pattern: in RE2's dialect, asked of the cell; of the cell without ``fillers`` where there are any, and those go.
        case: what becomes of letters; the pattern of such a rule matches ASCII only.
        but: a pattern that cells of this rule do not match.
        alphabet: cells that hold these characters only, or none, match; whether a batch of cells does so is told without a pattern.
    """

    pattern: str
    fillers: str = ""
    before: str = ""
    skip: int = 0
    case: Literal["", "lower", "upper"] = ""
    but: str = ""
    alphabet: str = ""


_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_ALNUM = string.digits + string.ascii_letters
_WORD = "!-~À-ÖØ-öø-ıĴ-ľŁ-ňŊ-žА-яぁ-ゖァ-ヺ一-鿕가-힣"
"""Characters of text that NFKC leaves alone, alone and together."""
_PLAIN = rf"^[{_WORD}]([ {_WORD}]*[{_WORD}])?\z"
_ASCII = r"^[!-~]([ -~]*[!-~])?\z"
_PLAIN_NUMBER = r"^[0-9A-Za-z]+\z"
_NATIONAL = r"^(?:[1-9]|0[1-9])[0-9]*\z"
_PHONE_FILLERS, _NUMBER_FILLERS = " ().-", " .-/()"


@cache
def rules(category: str, region: str | None) -> tuple[Rule, ...]:
    """Return the rules for a category, the commonest first; what none of them knows is spelled by :func:`canonical_text`."""
    if within(category, _PHONES):
        known = (*_phone_rules(region), Rule(pattern=international_pattern()))
        return tuple(replace(rule, fillers=_PHONE_FILLERS) for rule in known)
    if within(category, _NUMBERS):
        plain = Rule(pattern=_PLAIN_NUMBER, case="upper", alphabet=_ALNUM)
        return plain, replace(plain, fillers=_NUMBER_FILLERS, alphabet="")
    if within(category, _EMAILS):
        return (Rule(pattern=_ASCII, case="lower", alphabet=_VISIBLE),)
    return (Rule(pattern=_PLAIN, alphabet=_VISIBLE),)


def _phone_rules(region: str | None) -> tuple[Rule, ...]:
    """Return how digits are spelled that are certainly valid for a region, or certainly not."""
    if region is None:
        return (Rule(pattern=_NATIONAL),)
    if region not in FAST:
        return ()
    code = "+" + calling_code(region)
    spelled = {"": {"before": code}, "0": {"before": code, "skip": 1}, "+": {}}
    valid = [Rule(pattern=pattern, **spelled[before]) for pattern, before in own_forms(region)]  # type: ignore[arg-type]
    return (*valid, Rule(pattern=r"^[0-9]+\z", but=doubtful_pattern(region)))


def trimmed(value: ir.StringValue) -> ir.StringValue:
    """Return text without outer white space; most cells have none, and telling so costs a quarter of trimming."""
    return ibis.ifelse(value.re_search(_ASCII), value, value.strip())


def canonical(
    value: ir.StringValue, category: str, region: str | None, spelled: Callable[[ir.StringValue], ir.StringValue]
) -> ir.StringValue:
    """Return the rules as an expression; empty and missing cells give NULL. ``spelled`` is what the engine calls for all other cells."""
    value = value.nullif(ibis.literal(""))
    branches = [_branch(value, rule) for rule in rules(category, region)]
    return ibis.cases(*branches, else_=spelled(value)).nullif(ibis.literal(""))


def _branch(value: ir.StringValue, rule: Rule) -> tuple[ir.BooleanValue, ir.StringValue]:
    text = value.translate(rule.fillers, "") if rule.fillers else value
    test = text.re_search(rule.pattern)
    if rule.but:
        test &= ~text.re_search(rule.but)
    text = text.substr(rule.skip) if rule.skip else text
    text = {"lower": text.lower, "upper": text.upper}[rule.case]() if rule.case else text
    return test, ibis.literal(rule.before) + text if rule.before else text
