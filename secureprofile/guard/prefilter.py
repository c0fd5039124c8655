r"""Which recognizers could find something in a cell, told by one pass of RE2 over all their patterns at once: a bitmask per cell.

Running a hundred patterns over every cell in Python costs tens of microseconds; most cells hold nothing, and most that hold something look alike.
So a cell is first reduced to its shape, in which every digit is ``0``. The shape is matched against all patterns together, in which
every digit is any digit, and its answer is remembered: a million telephone numbers have a handful of shapes. Only the recognizers that a shape
allows are then asked about the cell itself.

No bit: :func:`secureprofile.guard.detect.find` finds nothing. A bit: ``search`` with :meth:`Prefilter.flagged` recognizers finds what all
would find.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import re2

from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS
from secureprofile.guard.text import in_words, normalise

BITS = 62
"""Recognizers of one name share a bit; should there be more names than bits, the last ones share the last bit."""

REMEMBERED, SHORT = 1 << 16, 48
"""Shapes whose answers are kept, and the bytes up to which they are: free text hardly ever repeats."""

MEMORY = 64 << 20
"""Bytes that RE2 may spend on one set's states; at the end of them it begins anew."""

_ZEROED = bytes.maketrans(b"123456789", b"000000000")


class Prefilter:
    """Tells for the cells of one column which recognizers could find something.

    Args:
        specs: the recognizers.
        context: words around every cell, such as the column's name: what they allow needs no word in the text.

    Example:
        >>> told = Prefilter(SPECS)
        >>> told.bits("nothing at all"), told.names(told.bits("mail ada@example.org"))
        (0, ('EMAIL_ADDRESS',))
    """

    def __init__(self, specs: tuple[PatternSpec, ...] = SPECS, context: Sequence[str] = ()) -> None:
        self.specs = specs
        around = " ".join(context).casefold()
        self._specs = _bits(specs)
        self._spoken = [place for place, (_, spec) in enumerate(self._specs) if spec.needs_context]
        self._needing = frozenset(
            place for place in self._spoken if not in_words(self._specs[place][1].context, "", 0, 0, around)
        )
        known = _MADE.get((id(specs), ()))
        self._patterns, self._words = known._sets() if known and known.specs is specs else self._made()
        self._flagged: dict[int, tuple[PatternSpec, ...]] = {}
        self._known: dict[bytes, tuple[int, tuple[int, ...]]] = {}

    def could(self, cells: Iterable[bytes]) -> list[int]:
        """Return the recognizers that each cell's shape allows: no fewer than :meth:`bits`, for a tenth of the time.

        Args:
            cells: their UTF-8.
        """
        known, look = self._known.get, self._look
        found = ((raw, raw.translate(_ZEROED)) for raw in cells)
        return [(known(shape) or look(raw, shape))[0] for raw, shape in found]

    def bits(self, cell: str) -> int:
        """Return the recognizers whose pattern matches in a cell, beside a word of theirs where they need one."""
        raw = cell.encode("utf-8", "replace")
        shape = raw.translate(_ZEROED)
        _, places = self._known.get(shape) or self._look(raw, shape)
        if not places:
            return 0
        text, _ = normalise(cell)
        return self._joined(place for place in places if compiled(self._specs[place][1].pattern).search(text))

    def flagged(self, bits: int) -> tuple[PatternSpec, ...]:
        """Return the recognizers that a mask names; equal masks give the same tuple."""
        found = self._flagged.get(bits)
        if found is None:
            found = self._flagged[bits] = tuple(spec for bit, spec in self._specs if bits >> bit & 1)
        return found

    def mask(self, some: Iterable[PatternSpec]) -> int:
        """Return the bits of some of the recognizers."""
        wanted = set(some)
        return self._joined(place for place, (_, spec) in enumerate(self._specs) if spec in wanted)

    def names(self, bits: int) -> tuple[str, ...]:
        """Return the names that a mask stands for."""
        return tuple(dict.fromkeys(spec.name for spec in self.flagged(bits)))

    def _look(self, raw: bytes, shape: bytes) -> tuple[int, tuple[int, ...]]:
        text = raw.decode("utf-8")
        bare = shape if text.isascii() else normalise(text)[0].encode("utf-8").translate(_ZEROED)
        places = self._patterns.match(bare)
        if not self._needing.isdisjoint(places):
            silent = self._needing.difference(self._spoken[word] for word in self._words.match(bare))
            places = tuple(place for place in places if place not in silent)
        found = self._joined(places), places
        if len(shape) <= SHORT:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[shape] = found
        return found

    def _sets(self) -> tuple[_Set, _Set]:
        return self._patterns, self._words

    def _made(self) -> tuple[_Set, _Set]:
        """Make the sets of patterns and of words, which are the same whatever stands around."""
        patterns = _Set(_bounded(spec) for _, spec in self._specs)
        return patterns, _Set(_any_word(self._specs[place][1].context) for place in self._spoken)

    def _joined(self, places: Iterable[int]) -> int:
        bits = 0
        for place in places:
            bits |= 1 << self._specs[place][0]
        return bits


class _Set:
    """RE2 patterns that are matched together, against shapes."""

    def __init__(self, patterns: Iterable[str]) -> None:
        options = re2.Options()
        options.max_mem = MEMORY
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        self._empty = True
        for pattern in patterns:
            self._set.Add(_any_digit(pattern))
            self._empty = False
        self._set.Compile()

    def match(self, shape: bytes) -> tuple[int, ...]:
        """Return the places of the patterns that match."""
        return () if self._empty else tuple(self._set.Match(shape) or ())


_MADE: dict[tuple[int, tuple[str, ...]], Prefilter] = {}
"""By identity: hashing a hundred rows of a table costs more than looking at a cell."""


def prefilter(specs: tuple[PatternSpec, ...], context: tuple[str, ...] = ()) -> Prefilter:
    """Return the one prefilter of some recognizers and words around."""
    known = _MADE.get((id(specs), context))
    if known is None or known.specs is not specs:
        if len(_MADE) > 256:
            _MADE.clear()
        if context:
            prefilter(specs)  # whose sets of patterns it shares
        known = _MADE[id(specs), context] = Prefilter(specs, context)
    return known


@cache
def _bits(specs: tuple[PatternSpec, ...]) -> tuple[tuple[int, PatternSpec], ...]:
    places: dict[str, int] = {}
    for spec in specs:
        places.setdefault(spec.name, min(len(places), BITS - 1))
    return tuple((places[spec.name], spec) for spec in specs)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a recognizer's pattern, compiled once."""
    return re.compile(pattern)


# --- patterns -------------------------------------------------------------------------------------------------------------


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
_PART = re.compile(r"\\x\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{[0-9]*,?[0-9]*\}|\(\?[A-Za-z:]+|[0-9]|.", re.DOTALL)


COUNTED = 8
"""Repetitions up to which a set counts: together, long counts make more states than fit into memory."""


@cache
def _any_digit(pattern: str) -> str:
    """Return a pattern that matches the shape of every text that the given one matches: where that takes any digit, this takes ``0``.

    Example:
        >>> _any_digit("1[3-9][0-9]{9}|[^1]x{2,40}")
        '0[03-9][0-9]{9}|[^1]x{2,}'
    """
    return "".join(map(_zeroed, _PART.findall(pattern)))


@cache
def _zeroed(part: str) -> str:
    if part.isdigit():
        return "0"
    if part.startswith("{"):
        least, _, most = part[1:-1].partition(",")
        return f"{{{least},}}" if most and int(most) > COUNTED else part
    if not part.startswith("["):
        return part
    taken = [digit for digit in "0123456789" if re.fullmatch(_python(part), digit)]
    if not taken or "0" in taken:
        return part
    return f"(?:{part}|0)" if part.startswith("[^") else f"[0{part[1:]}"


def _python(part: str) -> str:
    """Return a class of RE2's as Python writes it."""
    return re.sub(r"\\x\{([0-9a-fA-F]+)\}", lambda code: re.escape(chr(int(code[1], 16))), part)


# --- words --------------------------------------------------------------------------------------------------------------


@cache
def _any_word(words: tuple[str, ...]) -> str:
    """Return a pattern, without flags, for texts whose case-folded form may hold one of the words.

    RE2 folds case differently, so every letter is spelled with all characters that fold to it. A few characters fold to several
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
