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


def canonical(value: ir.StringValue, category: str) -> ir.StringValue:
    """Return the same rule as an expression; empty and missing cells give NULL."""
    value = value.translate(_FULL_WIDTH, _HALF_WIDTH).strip()
    if within(category, ("user.contact.email",)):
        value = value.lower()
    elif within(category, ("user.contact.phone_number", "user.contact.fax_number")):
        value = value.re_replace(_PHONE_FILLERS, "")
    elif within(category, ("user.government_id",)):
        value = value.upper()
    return value.nullif(ibis.literal(""))
