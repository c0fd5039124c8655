"""Masks as expressions: some characters stay, the others become ``*``."""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir

from secureprofile.policy.treatments import Mask

_SIGN = r"[\p{L}\p{N}]\p{M}*"
"""A letter or digit with its accents: one position of a pattern."""

_BETWEEN = r"[\p{P}\p{Z}+]*"
"""Separators: they stay where they are and take no position."""


def mask(value: ir.StringValue, treatment: Mask) -> ir.StringValue:
    """Return ``*`` for all characters but those that the policy lets stand; what does not fit vanishes whole."""
    if treatment.pattern is not None:
        return _patterned(value, treatment.pattern)
    first, last = treatment.keep_first, treatment.keep_last
    length = value.length()
    hidden = ibis.literal("*").repeat(length - first - last)
    return ibis.cases(
        (length > first + last, value.left(first) + hidden + value.right(last)), else_=ibis.literal("*").repeat(length)
    )


def _patterned(value: ir.StringValue, pattern: str) -> ir.StringValue:
    """One extraction per run of equal marks, for engines allow nine groups in a replacement."""
    pieces, start = [], 0
    for run in re.findall(r"#+|\*+", pattern):
        piece = value.re_extract(rf"^(?:{_BETWEEN}{_SIGN}){{{start}}}((?:{_BETWEEN}{_SIGN}){{{len(run)}}})", 1)
        pieces.append(piece.re_replace(_SIGN, "*") if run[0] == "*" else piece)
        start += len(run)
    pieces.append(value.re_extract(rf"({_BETWEEN})$", 1))
    built = pieces[0]
    for piece in pieces[1:]:
        built = built + piece
    fits = value.re_search(rf"^(?:{_BETWEEN}{_SIGN}){{{start}}}{_BETWEEN}\z")
    return ibis.ifelse(fits, built, ibis.literal("*").repeat(value.length()))
