"""One spelling per identifier, so that "138 1234 5678" and "13812345678" become one pseudonym.

The same rule twice: as an Ibis expression for columns and as a function for a single identifier typed on the command line.
A property test holds the two together on every engine.
"""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir

from secureprofile.vocabulary import within

_SPACE = " \t\n\r\v\f"
_FULL_WIDTH = "０１２３４５６７８９＋－（）　"
_HALF_WIDTH = "0123456789+-() "
_PHONE_FILLERS = r"[ ().\-]"


def canonical_text(text: str, category: str) -> str:
    """Return the canonical spelling of one identifier; empty for an empty one.

    Full-width digits become ASCII, outer white space goes; then by category: e-mail addresses are lower-cased, phone numbers
    lose spaces, dots, dashes and brackets, government ids are upper-cased.

    Example:
        >>> canonical_text(" １３８ 1234-5678 ", "user.contact.phone_number")
        '13812345678'
        >>> canonical_text("A@Example.COM", "user.contact.email")
        'a@example.com'
    """
    text = text.translate(str.maketrans(_FULL_WIDTH, _HALF_WIDTH)).strip(_SPACE)
    if within(category, ("user.contact.email",)):
        return text.lower()
    if within(category, ("user.contact.phone_number", "user.contact.fax_number")):
        return re.sub(_PHONE_FILLERS, "", text)
    if within(category, ("user.government_id",)):
        return text.upper()
    return text


_PLAIN = r"^[!-~]([ -~]*[!-~])?\z"
_PLAIN_PHONE = r"^\+?[0-9]+\z"


def trimmed(value: ir.StringValue) -> ir.StringValue:
    """Return text without outer white space; most cells have none, and telling so costs a quarter of trimming."""
    return ibis.ifelse(value.re_search(_PLAIN), value, value.strip())


def canonical(value: ir.StringValue, category: str) -> ir.StringValue:
    """Return the rule of :func:`canonical_text` as an expression; empty and missing cells give NULL.

    A cell that is plain ASCII without outer blanks has nothing to fold or trim: engines take the long way for the others only.
    """
    phone = within(category, ("user.contact.phone_number", "user.contact.fax_number"))
    folded = value.translate(_FULL_WIDTH, _HALF_WIDTH).strip()
    if phone:
        folded = folded.re_replace(_PHONE_FILLERS, "")
    spelled = ibis.ifelse(value.re_search(_PLAIN_PHONE if phone else _PLAIN), value, folded)
    if within(category, ("user.contact.email",)):
        spelled = spelled.lower()
    elif within(category, ("user.government_id",)):
        spelled = spelled.upper()
    return spelled.nullif(ibis.literal(""))
