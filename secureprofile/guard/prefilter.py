"""Which recognizers could find something in a text, told by the engine: a bitmask per value, as one pure expression.

Running seventy patterns over every cell in Python costs tens of microseconds a cell; most cells hold nothing. The expression asks cheap
questions first (how long, how many digits, a letter, a sign, a context word) and runs a recognizer's RE2 superset only where every
question that its matches must answer with yes was answered so. No bit: :func:`secureprofile.guard.detect.find` finds nothing. A bit: run
``find`` with :func:`flagged` specs, which finds what all specs would find.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, reduce

import ibis
import ibis.expr.types as ir

from secureprofile.guard.detect import HIDDEN, in_words
from secureprofile.guard.extent import Extent, extent
from secureprofile.guard.needs import needs
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS

BITS = 62
"""Recognizers of one name share a bit; should there be more names than bits, the last ones share the last bit."""

_WIDE, _NARROW = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000", "".join(map(chr, range(0x21, 0x7F))) + " "
_HIDDEN = f"[{HIDDEN}]"
_FOREIGN = "".join(c for c in map(chr, range(0x80, 0x110000)) if c not in _WIDE and unicodedata.category(c) == "Nd")
_ZEROS = "".join(c for c in _FOREIGN if unicodedata.digit(c) == 0)
_DIGITS = f"[{''.join(f'{zero}-{chr(ord(zero) + 9)}' for zero in _ZEROS)}]"
"""Decimal digits of all scripts: Unicode keeps them together in tens (its stability policy), from the zero up."""
_FOLDED = f"[\uff01-\uff5e\u3000{_HIDDEN[1:-1]}{_DIGITS[1:-1]}]"
_COMMON = "，：（）！？；、～"
"""Full-width signs of ordinary Chinese text; replacing these few costs a tenth of translating all, and mostly suffices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A text column to look at, and the words around every cell of it, such as its name: what they allow needs no word in the text."""

    column: str
    context: tuple[str, ...] = ()


def with_masks(table: ir.Table, asks: Mapping[str, Ask], *, specs: tuple[PatternSpec, ...] = SPECS) -> ir.Table:
    """Return the table with a column of bits (int64) for every ask: the recognizers that could find something in that cell.

    Missing cells count as empty. Text is folded as :func:`secureprofile.guard.detect.normalise` does it. The answers to the cheap questions
    are columns of inner selects, so that engines find each of them once.

    Args:
        table: with the asked columns as text.
        asks: name of the new column → what to look at; names that the table does not have.
        specs: the recognizers.
    Guarantees:
        Zero means that ``find(cell, specs=specs, context=context)`` is empty; otherwise it equals
        ``find(cell, specs=flagged(bits, specs), context=context)``.
    """
    folded = table.mutate(**{_inner(name, "text"): bare(table[ask.column].fill_null("")) for name, ask in asks.items()})
    wanted = {name: _all_wanted(specs, ask.context) for name, ask in asks.items()}
    told = folded.mutate(
        **{
            _inner(name, what): told
            for name in asks
            for what, told in _answers(folded[_inner(name, "text")], wanted[name]).items()
        }
    )
    masks = {name: _mask(_Told(told, name), wanted[name]) for name in asks}
    return told.select(*table.columns, **masks)


def _inner(name: str, what: str) -> str:
    return f"{name} {what}"


@lru_cache(maxsize=4096)
def flagged(bits: int, specs: tuple[PatternSpec, ...] = SPECS) -> tuple[PatternSpec, ...]:
    """Return the recognizers that a mask names; equal arguments give the same tuple, which ``find`` knows by identity."""
    return tuple(spec for bit, spec in _bits(specs) if bits >> bit & 1)


def names(bits: int, specs: tuple[PatternSpec, ...] = SPECS) -> tuple[str, ...]:
    """Return the names that a mask stands for."""
    return tuple(dict.fromkeys(spec.name for spec in flagged(bits, specs)))


def bare(text: ir.StringValue) -> ir.StringValue:
    """Return the text as :func:`secureprofile.guard.detect.normalise` has it, as an expression."""
    common = reduce(lambda t, sign: t.replace(sign, _narrow(sign)), [c for c in _COMMON if _narrow(c) != c], text)
    rare = common.translate(_WIDE, _NARROW).re_replace(_HIDDEN, "")
    digits = "".join(str(unicodedata.digit(c)) for c in _FOREIGN)
    rare = ibis.ifelse(rare.re_search(_DIGITS), rare.translate(_FOREIGN, digits), rare)
    return ibis.ifelse(text.re_search(_FOLDED), ibis.ifelse(common.re_search(_FOLDED), rare, common), text)


def _narrow(sign: str) -> str:
    return _NARROW[_WIDE.index(sign)] if sign in _WIDE else sign


@cache
def _bits(specs: tuple[PatternSpec, ...]) -> tuple[tuple[int, PatternSpec], ...]:
    places: dict[str, int] = {}
    for spec in specs:
        places.setdefault(spec.name, min(len(places), BITS - 1))
    return tuple((places[spec.name], spec) for spec in specs)


# --- questions ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A recognizer to ask for: its bit, what its matches hold at least, and the words of which one must stand in the text."""

    bit: int
    spec: PatternSpec
    extent: Extent
    signs: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def field(self) -> str:
        """What its words are about; texts that hold words of one field mostly hold none of the others."""
        return ".".join(self.spec.category.split(".")[:2])


def _all_wanted(specs: tuple[PatternSpec, ...], context: Sequence[str]) -> list[_Wanted]:
    around = " ".join(context).casefold()
    wanted = []
    for bit, spec in _bits(specs):
        told = not spec.needs_context or in_words(spec.context, "", 0, 0, around)
        signs = tuple(sorted(needs(spec.core).signs))
        wanted.append(_Wanted(bit, spec, extent(spec.core), signs, () if told else spec.context))
    return wanted


_LADDER = (2, 4, 7, 9, 10, 13)
_RUN = 16


def _answers(text: ir.StringValue, wanted: Sequence[_Wanted]) -> dict[str, ir.Value]:
    """Return the cheap questions' answers: length, digits (a rung of the ladder), letter, other sign, long run, fields of words."""
    answers: dict[str, ir.Value] = {
        "length": text.length(),
        "digits": _digits(text, _LADDER),
        "letter": text.re_search("[A-Za-z]"),
        "other": text.re_search("[^0-9A-Za-z]"),
        "run": ibis.ifelse(text.length() >= _RUN, text.re_search(f"[0-9A-Za-z]{{{_RUN}}}"), False),
    }
    fields = _fields(wanted)
    if fields:
        spoken = _either(
            ibis.ifelse(text.re_search(_any_word(words)), _bit(place), _none())
            for place, words in enumerate(fields.values())
        )
        anyone = _any_word(word for words in fields.values() for word in words)
        answers["words"] = ibis.ifelse(text.re_search(anyone), spoken, _none())
    return answers


def _digits(text: ir.StringValue, ladder: Sequence[int]) -> ir.IntegerValue:
    """Return the highest rung that the text's digits reach, 0 below the first."""
    rung: ir.IntegerValue = ibis.literal(ladder[-1], type="int8")
    for least, below in reversed(list(zip(ladder, (0, *ladder), strict=False))):
        rung = ibis.ifelse(text.re_search(f"(?:[0-9][^0-9]*){{{least}}}"), rung, ibis.literal(below, type="int8"))
    return rung


def _fields(wanted: Iterable[_Wanted]) -> dict[str, frozenset[str]]:
    fields: dict[str, frozenset[str]] = {}
    for one in wanted:
        if one.words:
            fields[one.field] = fields.get(one.field, frozenset()) | set(one.words)
    return fields


@dataclass(frozen=True, slots=True)
class _Told:
    """The answers for one column, by the question's name."""

    table: ir.Table
    name: str

    def __getitem__(self, what: str) -> ir.Value:
        return self.table[_inner(self.name, what)]


def _mask(told: _Told, wanted: Sequence[_Wanted]) -> ir.IntegerValue:
    fields = list(_fields(wanted))
    spoken = [
        _field(told, place, [one for one in wanted if one.words and one.field == field], fields)
        for place, field in enumerate(fields)
    ]
    return _either([*spoken, *(_group(told, group) for group in _groups(wanted))])


def _field(told: _Told, place: int, ones: Sequence[_Wanted], fields: Sequence[str]) -> ir.IntegerValue:
    """Ask for all recognizers of one field of words where one of its words stands; mostly there is none."""
    leaves = _either(_leaf(told, one, fields) for one in ones)
    return ibis.ifelse((told["words"] & _bit(place)) != 0, leaves, _none())


_TOGETHER = 2


def _groups(wanted: Iterable[_Wanted]) -> Iterator[list[_Wanted]]:
    """Yield recognizers that ask for no word in groups of the same signs and about as many digits."""
    alike: dict[tuple[bool, bool], list[_Wanted]] = {}
    for one in wanted:
        if not one.words:
            alike.setdefault((one.extent.letters > 0, one.extent.others > 0), []).append(one)
    for ones in alike.values():
        ones.sort(key=lambda one: (one.extent.digits, one.extent.width))
        for start in range(0, len(ones), _TOGETHER):
            yield ones[start : start + _TOGETHER]


def _group(told: _Told, group: Sequence[_Wanted]) -> ir.IntegerValue:
    """Ask for all of a group at once; mostly there is none of them."""
    leaves = _either(_leaf(told, one, ()) for one in group)
    if len(group) < 2:
        return leaves
    anyone = told["text"].re_search("|".join(_bounded(one.spec) for one in group))
    could = told["length"] >= min(one.extent.width for one in group)
    least = min(_rung(one) for one in group)
    if least:
        could &= told["digits"] >= least
    if group[0].extent.letters:
        could &= told["letter"]
    if group[0].extent.others:
        could &= told["other"]
    return ibis.ifelse(could, ibis.ifelse(anyone, leaves, _none()), _none())


def _rung(one: _Wanted) -> int:
    return max((least for least in _LADDER if least <= one.extent.digits), default=0)


def _leaf(told: _Told, one: _Wanted, fields: Sequence[str]) -> ir.IntegerValue:
    """The answers, then signs, words, and at last the pattern; nested, so that engines stop at the first no."""
    found = ibis.ifelse(told["text"].re_search(_bounded(one.spec)), _bit(one.bit), _none())
    if one.words:
        found = ibis.ifelse(told["text"].re_search(_any_word(one.words)), found, _none())
    for sign in one.signs:
        found = ibis.ifelse(told["text"].contains(sign), found, _none())
    could = told["length"] >= one.extent.width
    if _rung(one):
        could &= told["digits"] >= _rung(one)
    if one.extent.letters:
        could &= told["letter"]
    if one.extent.others:
        could &= told["other"]
    if one.extent.run >= _RUN:
        could &= told["run"]
    if one.words:
        could &= (told["words"] & _bit(fields.index(one.field))) != 0
    return ibis.ifelse(could, found, _none())


def _bounded(spec: PatternSpec) -> str:
    r"""Return the superset with what must not stand beside it as signs that are consumed: RE2 has no look-arounds, but may read one sign more.

    Only look-arounds for one sign are told; others are left out, which flags more. Beside flagging less, borders make the engine fast: in a
    run of digits a match can begin at one place only.

    Example:
        >>> from secureprofile.guard.specs import SPECS
        >>> _bounded(next(spec for spec in SPECS if spec.name == "CN_RESIDENT_ID"))
        '(?:^|[^0-9A-Za-z])(?:[1-9][0-9]{16}[0-9Xx])(?:[^0-9A-Za-z]|\\z)'
    """
    before = re.fullmatch(rf"\(\?<!\[({_CLASS})\]\)", spec.before)
    after = re.match(rf"\(\?!\[({_CLASS})\][|)]", spec.after)
    left = f"(?:^|[^{before[1]}])" if before else ""
    right = rf"(?:[^{after[1]}]|\z)" if after else ""
    return left + spec.superset + right


_CLASS = r"(?:[^\]\[\\^]|\\.)+"


def _either(parts: Iterable[ir.IntegerValue]) -> ir.IntegerValue:
    return reduce(lambda left, right: left | right, parts)


def _bit(place: int) -> ir.IntegerValue:
    return ibis.literal(1 << place, type="int64")


def _none() -> ir.IntegerValue:
    return ibis.literal(0, type="int64")


# --- words --------------------------------------------------------------------------------------------------------------


def _any_word(words: Iterable[str]) -> str:
    """Return a pattern, without flags, for texts whose case-folded form may hold one of the words.

    Engines fold case differently, so every letter is spelled with all characters that fold to it. A few characters fold to several
    (``ß``, ligatures): ``ß`` is spelled out, the others count as every word.
    """
    spelled = "|".join("".join(map(_letter, word.casefold().replace("ss", "\0"))) for word in sorted(set(words)))
    return f"{spelled}|[{_long_folds()}]"


def _letter(letter: str) -> str:
    if letter == "\0":
        return f"(?:{_letter('s')}{_letter('s')}|[ßẞ])"
    twins = "".join(sorted({letter, *_twins().get(letter, ())})) + ("ßẞ" if letter == "s" else "")
    return f"[{re.escape(twins)}]" if len(twins) > 1 else re.escape(twins)


@cache
def _twins() -> dict[str, list[str]]:
    """Every letter's characters that fold to it alone."""
    twins: dict[str, list[str]] = {}
    for code in range(0x10000):
        folded = chr(code).casefold()
        if folded != chr(code) and len(folded) == 1:
            twins.setdefault(folded, []).append(chr(code))
    return twins


@cache
def _long_folds() -> str:
    """Characters that fold to several, one of them an ASCII letter."""
    longer = (chr(code) for code in range(0x10000) if len(chr(code).casefold()) > 1)
    return "".join(c for c in longer if c not in "ßẞ" and any(f.isascii() for f in c.casefold()))
