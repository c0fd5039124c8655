r"""Names of people, places and organisations, and street addresses, in English text: by their form, with word lists as evidence.

No model: capitalised runs are judged by given names, surnames and places that the caller brings (``WordLists``), by titles before them and by
what stands at their end. Chinese names are the business of ``scrub``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from secureprofile.guard.addresses import PARTICLE, PIECE, UPPER, english_addresses
from secureprofile.guard.detect import Finding
from secureprofile.guard.spans import Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class WordLists:
    """Evidence for names, folded by :func:`fold`. Without lists only forms and titles speak."""

    given: frozenset[str] = field(default=frozenset(), repr=False)
    surnames: frozenset[str] = field(default=frozenset(), repr=False)
    places: frozenset[str] = field(default=frozenset(), repr=False)


def fold(text: str) -> str:
    """Fold case and diacritics: José and JOSE are one name.

    Example:
        >>> fold("José"), fold("ÅNGSTRÖM")
        ('jose', 'angstrom')
    """
    lowered = text.casefold()
    if lowered.isascii():
        return lowered
    return "".join(c for c in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(c))


_WORD = rf"(?:[{UPPER}](?:[^\W\d_]|['’](?![smd]\b)(?=[^\W\d_])|-(?=[^\W\d_]))+|[{UPPER}]\.)"
_RUN = re.compile(
    rf"(?<![\w'’@./\-]){_WORD}(?: (?:{PARTICLE} ){{0,2}}{_WORD}){{0,5}}(?: (?:Jr|Sr|II|III|IV)\b\.?)?(?![\w@])"
)
_TITLE = re.compile(
    rf"(?<!\w)(?:[Mm]r|[Mm]rs|[Mm]s|[Mm]iss|[Dd]r|[Pp]rof|Sir|Madam|Señor|Herr|Frau|Mme|M)\.? ({_WORD}(?: (?:{PARTICLE} ){{0,2}}{_WORD}){{0,3}})"
)
_CUE = re.compile(
    rf"(?<!\w)(?i:my name is|name:|name is|called|call me|signed,|regards,|sincerely,|yours,|contact:|attn:?|dear|hi|hello|hey|says|said|asked|"
    rf"replied|wrote|"
    rf"tribute to|here's|this is|i am|i'm|thanks,|cheers,|sister|brother|mother|father|wife|husband|daughter|son|friend|boss|colleague)[ \n]{{1,2}}"
    rf"({_WORD}(?: (?:{PARTICLE} ){{0,2}}{_WORD}){{0,3}})"
)
_ROLE = re.compile(
    rf"(?<!\w)(?i:customer|client|patient|guest|member|employee|tenant|student|applicant|passenger|buyer|seller|recipient|spoke (?:to|with)|talked (?:to|with)|speaking with|met|meet|ask|asked for|rep|agent|colleague"
    rf"|for|via|and|by|signed|named|told|tell|invited|interviewed|with|from|cc|owner|holder|account of|on behalf of),? ({_WORD} (?:(?:{PARTICLE} ){{0,2}}{_WORD} ?){{1,2}}(?<! ))(?![\w@&'’])"
)
_ACTS = re.compile(
    rf"(?<![\w'’@./\-])({_WORD} (?:(?:{PARTICLE} ){{0,2}}{_WORD} ?){{1,2}}(?<! )),? (?:lives|lived|phoned|called|calls|rang|reports|reported|wrote|writes|says|said|asks|asked|complained|works|worked|ordered|moved|would like|wants"
    rf"|wanted|has (?:not )?received|requested|requests|replied|answered|confirmed|mentioned|told|visited|signed|paid|bought|returned|cancelled|is (?:a|an|the|our|not) |was (?:born|admitted)|\(email|\(tel|\(phone)"
)
_PLACED = re.compile(
    rf"(?<!\w)(?i:in|from|near|visit|visiting|moved to|going to|travel to|trip to|town of|city of|lives in|arrived at|at) "
    rf"({_WORD}(?: (?:{PARTICLE} ){{0,2}}{_WORD}){{0,4}})(?![\w@'])"
)
_INITIALS = re.compile(rf"[{UPPER}]\.")

# Words that begin sentences or fill headings; capitalised, they are no names by themselves.
_COMMON = frozenset(
    """the a an and or but if in on at to for of by from with as is are was were be been it its this that these those there here he she
    they we you i my your his her their our me him them us who whom whose what which when where why how do does did has have had can
    could will would shall should may might must not no yes all any some each every please thank thanks dear hello hi hey regards
    sincerely best kind good great new old first last next january february march april may june july august september october
    november december monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun today tomorrow yesterday
    morning evening night order sales case page day price long love street road park hill king queen main second summer winter spring
    autumn grace hope rose art bill mark will young black white green brown gray grey rich sunny joy faith angel star ray dean chance
    baby lane west east north south mr mrs ms miss dr prof sir madam name address call ask tell visit contact see meet phone email fax
    office mobile date subject re fwd note notes customer client user member account card number date time total amount january's inc
    ltd llc corp company group bank university school hospital house church city town village county state country""".split()
)
_ORG_END = re.compile(
    r"^(?:inc|llc|llp|ltd|limited|corp|corporation|co|company|gmbh|ag|plc|sa|bv|nv|ab|oy|group|holdings?|bank|university|college|school|institute|"
    r"hospital|foundation|association|partners|associates|sons|systems|technologies|solutions|industries|services|labs?|media|capital|ventures|"
    r"insurance|airlines?|motors|energy|pharma|health|records|church|club|museum|committee|council|ministry|department|agency)$"
)


def entities(text: str, words: WordLists) -> list[Finding]:
    """Return people, places, organisations and addresses, left to right, without overlaps: addresses first, then titles, then runs."""
    found: list[Finding] = []
    taken = Taken()
    capitals = any(c.isupper() for c in text)
    if not capitals:  # typed without capitals: look at it as if it had them, and believe lists and titles only
        text = _capitalised(text)

    def add(start: int, end: int, name: str, category: str, label: str, score: float) -> None:
        while end > start and text[end - 1] in " ,.\n\t" and not _INITIALS.fullmatch(text[end - 2 : end]):
            end -= 1
        if start < end and taken.add(start, end):
            found.append(Finding(start=start, end=end, name=name, category=category, label=label, score=score))

    for start, end in sorted(english_addresses(text), key=lambda span: span[0] - span[1]):
        add(start, end, "ADDRESS", "user.contact.address.street", "ADDRESS", 0.7)
    for pattern in (_TITLE, _CUE) if capitals else (_TITLE,):
        for match in pattern.finditer(text):
            if pattern is _TITLE or fold(match[1].split()[0].rstrip(".,")) not in _COMMON:
                add(
                    match.start() if pattern is _TITLE else match.start(1),
                    match.end(1),
                    "PERSON",
                    "user.name",
                    "NAME",
                    0.75,
                )
    for start, end in _places(text, words):
        add(start, end, "LOCATION", "user.contact.address.city", "PLACE", 0.6)
    for match in _RUN.finditer(text):
        for start, end, kind in _judge(text, match, words):
            if not capitals and kind == "person":
                continue  # without capitals `mark` and `rose` are words
            name, category, label = _KINDS[kind]
            add(start, end, name, category, label, 0.6)
    for start, end in () if capitals else _pairs(text, words):
        add(start, end, "PERSON", "user.name", "NAME", 0.5)
    for pattern in (_ROLE, _ACTS) if capitals else ():
        for match in pattern.finditer(text):
            tokens = [fold(token.rstrip(".,")) for token in match[1].split()]
            if (
                not any(token in _COMMON | _NO_PLACE or _ORG_END.match(token) for token in tokens)
                and not match[1].isupper()
            ):
                add(match.start(1), match.end(1), "PERSON", "user.name", "NAME", 0.5)
    for start, end in _listed(text, words):
        add(start, end, "PERSON", "user.name", "NAME", 0.5)
    for match in _PLACED.finditer(text) if capitals else ():
        if not any(fold(token) in _COMMON | _NO_PLACE for token in match[1].split()) and (
            len(match[1]) > 4 or not match[1].isupper()
        ):
            add(match.start(1), match.end(1), "LOCATION", "user.contact.address.city", "PLACE", 0.45)
    for start, end in _lines_between(text, found):
        add(start, end, "ORGANIZATION", "user.contact.organization", "ORGANISATION", 0.45)
    return _blocks(text, sorted(found, key=lambda one: one.start))


_CAPITALISED = re.compile(rf"[{UPPER}][^\W\d_]*")
_TITLED = re.compile(r"(?<!\w)(?:[Mm]rs?|[Mm]s|[Mm]iss|[Dd]r|[Pp]rof|Sir|Madam|Señor|Herr|Frau|Mme|M)(?!\w)")


def may_hold_person(text: str, words: WordLists) -> bool:
    """Tell whether :func:`entities` could find a person: a title, a listed name, or a capital inside the text that no common word explains.

    Most notes hold neither, and telling so costs a tenth of looking.
    """
    if _TITLED.search(text):
        return True
    capitals = False
    for match in _CAPITALISED.finditer(text):
        capitals, word = True, fold(match[0])
        if word not in _COMMON and (match.start() > 0 or word in words.given or word in words.surnames):
            return True
    return not capitals and any(True for _ in _pairs(_capitalised(text), words))


def _capitalised(text: str) -> str:
    """Give every word a capital, place by place; function words stay small."""
    return re.sub(r"[^\W\d_]+", lambda m: m[0] if m[0] in _SMALL else m[0][0].upper()[:1] + m[0][1:], text)


_SMALL = frozenset(
    """the a an and or but if in on at to for of by from with as is are was were be been it its this that these those there here he she
    they we you i my your his her their our me him them us who what which when where why how do does did has have had can could will
    would shall should may might must not no yes all any some each every please thank thanks dear hello hi hey because so than then
    just about into over after before up down out off again only own same too very s t don can't de da di van von der la le el do das
    dos street road avenue""".split()
)


def is_small_word(word: str) -> bool:
    """Tell whether a word in small letters is one of those that hold sentences together, or stand in names as particles."""
    return word in _SMALL


_WHOLE_LINE = re.compile(
    rf"(?m)^[ >?*\t]*({_WORD}(?:[ &]{{1,3}}(?:{_WORD}|{PARTICLE}|of|and|[A-Z0-9]+)){{0,5}}\.?)[ ,\t]*$"
)


def _lines_between(text: str, found: list[Finding]) -> Iterator[tuple[int, int]]:
    """Yield whole lines of capitalised words whose neighbours, above and below, hold findings: a firm or a town in an address block."""
    if text.count("\n") < 2:
        return
    lines, start = [], 0
    for line in text.split("\n"):
        lines.append((start, start + len(line)))
        start += len(line) + 1
    lines = [(a, b) for a, b in lines if text[a:b].strip(" >?*\t,")]
    busy = _busy(lines, found)
    for place in range(1, len(lines) - 1):
        if busy[place - 1] and busy[place + 1] and not busy[place]:
            match = _WHOLE_LINE.match(text, lines[place][0])
            if match and match.end(1) <= lines[place][1]:
                yield match.span(1)


def _busy(lines: list[tuple[int, int]], found: list[Finding]) -> list[bool]:
    """Tell for each line, in order, whether a finding touches it."""
    busy, place = [], 0
    spans = sorted((f.start, f.end) for f in found)
    for start, end in lines:
        while place < len(spans) and spans[place][1] <= start:
            place += 1
        busy.append(place < len(spans) and spans[place][0] < end)
    return busy


_LISTED = re.compile(rf"(?<![\w@'’\-]){_WORD}(?:, {_WORD})+(?:,? (?:and|&) {_WORD})?(?![\w@])")


def _listed(text: str, words: WordLists) -> Iterator[tuple[int, int]]:
    """Yield the names of a list, `Ann, Bob and Cid`, of which at least half are known."""
    for match in _LISTED.finditer(text):
        names = [(m.start() + match.start(), m.end() + match.start()) for m in re.finditer(_WORD, match[0])]
        if any(fold(text[a:b]) in _COMMON for a, b in names):
            continue
        if (
            len(names) == 3
            and re.search(r" (?:and|&) ", match[0])
            and ", and" not in match[0]
            and (
                all(fold(text[a:b]) in words.surnames for a, b in names)
                and sum(fold(text[a:b]) in words.given for a, b in names) < 2
            )
        ):
            yield names[0][0], names[-1][1]  # a firm called after its partners
            continue
        known = sum(fold(text[a:b]) in words.given or fold(text[a:b]) in words.surnames for a, b in names)
        if known * 2 >= len(names):
            yield from names


_GAP = re.compile(rf"(?:[\s,.>?*/()#:\-]|{PIECE}(?!\w)|{PARTICLE}\b|&){{0,12}}")
_NO_PLACE = frozenset(
    "english german french spanish italian chinese japanese russian portuguese dutch internet web facebook twitter god excel word".split()
)


def _blocks(text: str, found: list[Finding]) -> list[Finding]:
    """Join the pieces of an address: what stands between two of them is part of it, if it is names, numbers and line ends only."""
    joined: list[Finding] = []
    for one in found:
        last = joined[-1] if joined else None
        gap = text[last.end : one.start] if last else ""
        parts = {"ADDRESS", "LOCATION"}
        if (
            last
            and "ADDRESS" in (last.name, one.name)
            and {last.name, one.name} <= parts
            and len(gap) <= 45
            and _GAP.fullmatch(gap)
        ):
            joined[-1] = replace(
                last, end=one.end, name="ADDRESS", category="user.contact.address.street", label="ADDRESS"
            )
        else:
            joined.append(one)
    for place, one in enumerate(joined):
        tail = _TAIL.match(text, one.end) if one.name == "ADDRESS" else None
        if tail and (place + 1 == len(joined) or tail.end() <= joined[place + 1].start):
            joined[place] = replace(one, end=tail.end())
    return joined


_TAIL = re.compile(r"[\s,>?*]{1,6}(?:[A-Z]{2},?[\s>?*]{1,5})?[0-9]{4,6}(?:-[0-9]{4})?(?![\w-])")


_ZIP = re.compile(r",? [0-9]{4,6}(?:-[0-9]{4})?(?!\w)")
_KINDS = {
    "person": ("PERSON", "user.name", "NAME"),
    "place": ("LOCATION", "user.contact.address.city", "PLACE"),
    "organisation": ("ORGANIZATION", "user.contact.organization", "ORGANISATION"),
}


def _judge(text: str, match: re.Match[str], words: WordLists) -> Iterator[tuple[int, int, str]]:
    """Say what a run of capitalised words is; common words at its ends are cut off first."""
    tokens = [(m.start() + match.start(), m.end() + match.start(), fold(m[0])) for m in re.finditer(r"\S+", match[0])]
    for place, (begin, stop, token) in enumerate(tokens):
        if token.endswith(("'s", "’s")):  # a possessive ends a name
            tokens = [*tokens[:place], (begin, stop - 2, token[:-2])]
            break
    while tokens and tokens[0][2] in _COMMON and not _called(tokens, words):
        tokens = tokens[1:]
    while tokens and tokens[-1][2] in _COMMON and not _ORG_END.match(tokens[-1][2]):
        tokens = tokens[:-1]
    if not tokens:
        return
    start, end = tokens[0][0], tokens[-1][1]
    after = _ZIP.match(text, end)
    bare = [token.strip(".'’") for _, _, token in tokens]
    if len(tokens) > 1 and _ORG_END.match(bare[-1]):
        yield start, end, "organisation"
    elif fold(text[start:end]) in words.places and not (len(tokens) == 1 and bare[0] in words.given):
        yield start, after.end() if after else end, "place"
    elif len(tokens) == 1 and text[start:end].isupper():
        return
    elif len(tokens) == 1 and "-" in bare[0] and all(part in words.surnames for part in bare[0].split("-")):
        yield start, end, "organisation"
    elif (first := _first_given(bare, words)) is not None:
        yield tokens[first][0], end, "person"
    elif len(tokens) > 1 and bare[-1] in words.surnames and bare[-2] not in words.places:
        yield tokens[-2][0], end, "person"
    elif (
        len(tokens) == 1 and bare[0] in words.surnames and match.start() > 1 and text[match.start() - 2] not in ".!?\n"
    ):
        yield start, end, "person"


_NAMES_TOO = frozenset(
    "mark will rose grace hope art bill may april june august joy faith dean ray angel star sunny summer autumn chance rich sue".split()
)
"""Common words that are given names where a surname follows."""


def _called(tokens: list[tuple[int, int, str]], words: WordLists) -> bool:
    return (
        len(tokens) > 1
        and tokens[0][2] in _NAMES_TOO
        and tokens[1][2].strip(".'’") in words.surnames
        and tokens[1][2] not in _COMMON
    )


def _first_given(bare: list[str], words: WordLists) -> int | None:
    """Return where the first given name of a run stands, if a name begins there: alone, or with more behind it."""
    for place, token in enumerate(bare):
        if token in words.given and (place == 0 or place + 1 < len(bare)):
            return place
    return None


_TOKEN = re.compile(r"[^\W_]+(?:['’.\-][^\W\d_]+)*")
_LONGEST_PLACE = 5


def _pairs(text: str, words: WordLists) -> Iterator[tuple[int, int]]:
    """Yield given name and surname side by side, both of the lists and neither a common word."""
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    for (start, end), (begin, stop) in pairwise(tokens):
        first, last = fold(text[start:end]), fold(text[begin:stop])
        if (
            text[end:begin] == " "
            and first in words.given
            and last in words.surnames
            and not {first, last} & (_COMMON | _SMALL)
        ):
            yield start, stop


def _places(text: str, words: WordLists) -> Iterator[tuple[int, int]]:
    """Yield places of several words (`Republic of the Congo`) and of one, the longest first; a postal code behind belongs to them."""
    tokens = [match.span() for match in _TOKEN.finditer(text)] if words.places else []
    place = 0
    while place < len(tokens):
        start = tokens[place][0]
        step = 1
        if text[start].isupper():
            for count in range(min(_LONGEST_PLACE, len(tokens) - place), 1, -1):
                end = tokens[place + count - 1][1]
                if "\n" not in text[start:end] and fold(text[start:end]) in words.places:
                    after = _ZIP.match(text, end)
                    yield start, after.end() if after else end
                    step = count
                    break
        place += step
