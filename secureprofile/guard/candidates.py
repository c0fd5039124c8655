"""Who else is mentioned: candidates read off free text, to be looked up among the identifiers of everybody in the table.

Both sides are expressions, so an engine joins them and memory does not grow with the number of people. A key is a prefix and a folded
spelling: ``n`` for names, ``t`` for the last eight digits of telephone numbers, ``i`` for other identifiers without separators, in capitals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import ibis
import ibis.expr.types as ir

from secureprofile.guard.entities import fold
from secureprofile.guard.names import CN_COMPOUND, CN_SURNAMES
from secureprofile.policy.decide import ColumnPlan
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

NOT_SOUGHT = (
    "user.unique_id", "user.biometric", "user.contact.url", "user.contact.address", "user.contact.email",
    "user.device.ip_address", "user.name.first", "user.name.last",
)  # fmt: skip
"""Direct identifiers of others that are not looked up: short ids would be found in any number, single names in any sentence; e-mail and IP
addresses are recognised wherever they stand."""

DIGITS = 8
"""Digits of a telephone number that are compared: beyond them stand country and trunk prefixes, written or not."""

CAPITALS, WORDS = 6, 12
"""Words that are looked at together in a run of capitalised words, and in a text without capitals. Runs may be longer: windows overlap."""

NAMED = 4
"""Words of the longest name that is looked up."""

PARTICLES = "af al av ben bin da das de del della den der di dos du e el ibn la le ten ter van von y zu".split()
"""Small words that stand inside names."""

_LATIN = r"\p{Lu}[\p{L}'’\-]+"
_RUN = rf"{_LATIN}(?:(?: (?:{'|'.join(PARTICLES)})){{0,2}} {_LATIN})+"
_SMALL_RUN = r"[\p{L}'’\-]+(?: [\p{L}'’\-]+)+"
_HAN = r"[\x{4e00}-\x{9fff}]"
_HAN_NAME = rf"{_HAN}{{1,10}}·[\x{{4e00}}-\x{{9fff}}·]{{1,20}}"
_NUMBER = r"[0-9](?:[ ().\-]{0,2}[0-9]){7,19}"
_CODE = r"[A-Za-z\-]{0,12}[0-9][0-9A-Za-z\-]{3,39}"
_FIRST = "".join(sorted(CN_SURNAMES | {name[0] for name in CN_COMPOUND}))

Span = tuple[int, int, str]


class Functions(Protocol):
    """What engines spell differently."""

    def extract_all(self, text: ir.StringValue, pattern: str) -> ir.ArrayValue:
        """Return every match of a pattern (RE2's dialect), left to right."""
        ...

    def fold(self, text: ir.StringValue) -> ir.StringValue:
        """Return text in small letters and without diacritics."""
        ...


def mentions(texts: ir.Table, functions: Functions) -> ir.Table:
    """Return the keys of everything that could be somebody's name, telephone number or identifier: (``place``, ``key``).

    What is unnested first is short, so that engines compute on few strings: list functions with lambdas cost them tens of regular expressions.

    Args:
        texts: (``place``, ``text``): any key that leads back to the text, and the text.
        functions: the engine's spelling.
    """
    text = texts["text"]
    capitals, digits = text.re_search(r"\p{Lu}"), text.re_search("[0-9]{2}")
    latin = _found(texts, capitals, functions.extract_all(text, _RUN))
    small = _found(texts, ~capitals & text.re_search("[a-z]"), functions.extract_all(text, _SMALL_RUN))
    numbers = _found(texts, digits, functions.extract_all(text, _NUMBER))
    codes = _found(texts, digits, functions.extract_all(text, _CODE))
    starts = ibis.range(0, text.length() - 1).filter(lambda i: ibis.literal(_FIRST).contains(text.substr(i, 1)))
    han = _found(texts, text.re_search(_HAN), starts.map(lambda i: text.substr(i, 4)))
    pointed = _found(texts, text.contains("·"), functions.extract_all(text, _HAN_NAME))
    return ibis.union(
        _keyed("n", _grams(latin, CAPITALS, functions)),
        _keyed("n", _grams(small, WORDS, functions)),
        _keyed("n", han.select("place", found=ibis.array([han["found"].left(n) for n in (2, 3, 4)]).unnest())),
        _keyed("n", pointed),
        _keyed("t", numbers.mutate(found=_digits(numbers["found"]).right(DIGITS))),
        _keyed("i", codes.mutate(found=_code(codes["found"]))),
    )


def _found(texts: ir.Table, where: ir.BooleanValue, found: ir.ArrayValue) -> ir.Table:
    return texts.filter(where).select("place", found=found.unnest())


def _keyed(kind: str, found: ir.Table) -> ir.Table:
    return found.filter(found["found"].notnull()).select("place", key=ibis.literal(kind) + found["found"])


def _grams(runs: ir.Table, longest: int, functions: Functions) -> ir.Table:
    """Return two to ``NAMED`` neighbouring words of every run as names; NULL where it ends earlier.

    Windows of ``longest`` words begin so often that every name of a run lies in one of them.
    """
    runs = runs.mutate(words=functions.fold(runs["found"]).split(" "))
    step = longest - NAMED + 1
    starts = ibis.range(0, ibis.greatest(runs["words"].length() - NAMED + 1, 1), step)
    runs = runs.select("place", "words", start=starts.unnest())
    beyond = ibis.literal([None] * longest, type="array<string>")  # Spark refuses to look behind the end of an array
    runs = runs.mutate(words=runs["words"][runs["start"] : runs["start"] + longest].concat(beyond))
    words = runs["words"]
    names = grams = [words[i] for i in range(longest)]
    for more in range(1, NAMED):
        grams = [gram + " " + words[i + more] for i, gram in enumerate(grams[: longest - more])]
        names = grams if more == 1 else names + grams
    return runs.select("place", found=ibis.array(names).unnest())


def _digits(value: ir.StringValue) -> ir.StringValue:
    """Return a number without what groups its digits."""
    for sign in " ().-+/":
        value = value.replace(sign, "")
    return value


def _code(value: ir.StringValue) -> ir.StringValue:
    for sign in " -._/":
        value = value.replace(sign, "")
    return value.upper()


def known_column(plan: ColumnPlan) -> str:
    """Return the name of the column that holds the keys of people mentioned in a free-text column."""
    return f"mentioned_{plan.position}_"


def seeks(plans: Sequence[ColumnPlan]) -> bool:
    """Tell whether a table has identifiers that are looked for in everybody's free text."""
    return bool(sought(plans) or split_names(plans))


def sought(plans: Sequence[ColumnPlan]) -> list[ColumnPlan]:
    """Return the columns whose identifiers are looked for in everybody's free text."""
    return [p for p in plans if within(p.category, DIRECT_IDENTIFIERS) and not within(p.category, NOT_SOUGHT)]


def identifier_keys(table: ir.Table, plans: Sequence[ColumnPlan], functions: Functions) -> ir.Table:
    """Return the keys of everybody's identifiers, one column ``key``; short ones that would be found anywhere are left out."""
    keys = [_key(table[p.name], p.category, functions) for p in sought(plans)]
    keys += [_split_name(table[first], table[last], functions) for first, last in split_names(plans)]
    return table.select(key=ibis.array(keys).unnest())


def split_names(plans: Sequence[ColumnPlan]) -> list[tuple[str, str]]:
    """Return (given name, surname) of columns that make a name together: each alone would be found in any sentence."""
    firsts, lasts = (
        [p.name for p in plans if within(p.category, (kind,))] for kind in ("user.name.first", "user.name.last")
    )
    return [(first, last) for first in firsts for last in lasts]


def _split_name(first: ir.StringValue, last: ir.StringValue, functions: Functions) -> ir.StringValue:
    first, last = first.strip(), last.strip()
    han = first.re_search(_HAN) & last.re_search(_HAN)
    name = ibis.ifelse(han, last + first, first + " " + last)
    whole = (first != "") & (last != "") & (han | ((first.length() >= 2) & (last.length() >= 2)))
    return ibis.ifelse(whole, ibis.literal("n") + functions.fold(name), ibis.null("string"))


def with_nicknames(keys: ir.Table, pairs: ir.Table) -> ir.Table:
    """Return the keys, and of names those with another form of the given name (``guard.nicknames.PAIRS`` as ``form``, ``other``)."""
    names = keys.filter(keys["key"].startswith("n") & keys["key"].contains(" "))
    names = names.mutate(form=names["key"].substr(1).split(" ")[0])
    named = names.join(pairs, names["form"] == pairs["form"])
    other = ibis.literal("n") + named["other"] + named["key"].substr(named["form"].length() + 1)
    return ibis.union(keys, named.select(key=other))


def _key(value: ir.StringValue, category: str, functions: Functions) -> ir.StringValue:
    if within(category, ("user.name",)):
        name = value.strip()
        return ibis.ifelse(name.length() >= 2, ibis.literal("n") + functions.fold(name), ibis.null("string"))
    if within(category, ("user.contact.phone_number", "user.contact.fax_number")):
        digits = _digits(value)
        return ibis.ifelse(digits.length() >= DIGITS, ibis.literal("t") + digits.right(DIGITS), ibis.null("string"))
    return ibis.ifelse(value.length() >= 6, ibis.literal("i") + _code(value), ibis.null("string"))


# --- in Python: where a key stands --------------------------------------------------------------------------------------

_PY_NUMBER = re.compile(r"[0-9](?:[ ().\-]{0,2}[0-9]){7,19}")
_PY_CODE = re.compile(r"[A-Za-z\-]{0,12}[0-9][0-9A-Za-z\-]{3,39}")


def locate(text: str, keys: Iterable[str]) -> Iterator[Span]:
    """Yield where in a text the identifiers of these keys stand, with their labels.

    Example:
        >>> list(locate("seen with José Muñoz, 0771-2345678", ["njose munoz", "t12345678"]))
        [(10, 20, 'NAME'), (22, 34, 'PHONE')]
    """
    by_kind: dict[str, set[str]] = {}
    for key in keys:
        by_kind.setdefault(key[:1], set()).add(key[1:])
    if names := by_kind.get("n"):
        folded, places = fold_mapped(text)
        for name in names:
            yield from ((places[a], places[b], "NAME") for a, b in _whole(folded, fold(name)))
    if tails := by_kind.get("t"):
        for match in _PY_NUMBER.finditer(text):
            if re.sub("[^0-9]", "", match[0])[-DIGITS:] in tails:
                yield match.start(), match.end(), "PHONE"
    if codes := by_kind.get("i"):
        for match in _PY_CODE.finditer(text):
            if match[0].replace("-", "").upper() in codes:
                yield match.start(), match.end(), "ID"


def fold_mapped(text: str) -> tuple[str, Sequence[int]]:
    """Return the text folded as names are, and each place's place in the original (folding may change lengths)."""
    folded = fold(text)
    if text.isascii() or len(folded) == len(text):
        return folded, range(len(text) + 1)
    pieces = [fold(c) for c in text]
    places = [place for place, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), [*places, len(text)]


def _whole(text: str, part: str) -> Iterator[tuple[int, int]]:
    """Yield where a part stands as a word of its own; beside Han characters there are no borders."""
    start = text.find(part)
    while start >= 0 and part:
        end = start + len(part)
        if not (part[0].isascii() and (_joined(text, start - 1) or _joined(text, end))):
            yield start, end
        start = text.find(part, start + 1)


def _joined(text: str, place: int) -> bool:
    return 0 <= place < len(text) and text[place].isascii() and text[place].isalnum()
