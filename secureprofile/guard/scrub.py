"""Scrub free text: the row's own identifiers, other people of the same table, names after cues, and every recognised datum.

Works on one cell; what goes wrong redacts the whole cell (fail closed). The result says what kind of thing stood there: ``[PHONE]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from secureprofile.guard.addresses import chinese_addresses, may_hold_address
from secureprofile.guard.candidates import locate
from secureprofile.guard.detect import LEAST, find
from secureprofile.guard.entities import WordLists, entities, fold, is_small_word, may_hold_person
from secureprofile.guard.finder import Finder
from secureprofile.guard.names import CN_COMPOUND, CUES_EN
from secureprofile.guard.names_han import han_names
from secureprofile.guard.nicknames import nicknames
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS
from secureprofile.guard.text import normalise

REDACTED = "[REDACTED]"
REMEMBERED = 1 << 14
"""Texts whose findings are kept: people write the same few words again and again."""

NO_WORDS = WordLists()

SCRUBBED: tuple[PatternSpec, ...] = tuple(
    replace(spec, needs_context=True) if spec.score < LEAST else spec
    for spec in SPECS
    if spec.score >= LEAST or spec.context
)
"""The recognizers as scrubbing takes them: what would be replaced beside a word only is looked for beside a word only."""

_CUE_EN = re.compile(
    rf"(?<![A-Za-z])(?:{'|'.join(cue.capitalize() for cue in CUES_EN)})\.? ([A-ZÀ-Þ][\w'’\-]+(?: [A-ZÀ-Þ][\w'’\-]+)?)"
    r"|(?<![A-Za-z])(?:[Mm]y name is|[Tt]his is|[Rr]egards,|[Ss]incerely,) ([A-ZÀ-Þ][\w'’\-]+(?: [A-ZÀ-Þ][\w'’\-]+)?)"
)
_CALLED_SMALL = re.compile(r"(?<![^\W\d_])[Mm]y name is ([a-zß-ÿ][\w'’\-]+)(?: ([a-zß-ÿ][\w'’\-]+))?")
_NO_NAME = frozenset(
    "spelled spelt misspelled wrong incorrect missing written listed printed blank different still already also now never".split()
)
_HAN, _WORD = re.compile("[\u3400-\u9fff]"), re.compile(r"[^\W\d_\u3040-\u9fff\uac00-\ud7af]{2}")
_LETTERS = re.compile(r"[^\W\d_]+")
_HAN_RUN = re.compile(r"[\u4e00-\u9fff·]{2,}")

Span = tuple[int, int, str]


class Scrubber:
    """Scrubs cells of one table.

    Args:
        specs: recognizers.
        words: given names, surnames and places; without them a stranger's name is seen beside a cue only.
        finders: models that find more, such as ``adapters.ner.finder``.
    """

    def __init__(
        self,
        specs: tuple[PatternSpec, ...] = SCRUBBED,
        words: WordLists = NO_WORDS,
        finders: Sequence[Finder] = (),
    ) -> None:
        self._finders = tuple(finders)
        self._words = words
        self._specs = specs
        self._known: dict[str, list[Span]] = {}
        self.failed = 0

    def scrub(self, text: str, own: Sequence[tuple[str, str]] = (), known: Iterable[str] = ()) -> str:
        """Return the text without personal data that can be recognised.

        Args:
            text: one cell.
            own: (label, value) of the row's own direct identifiers; ``NICKNAME`` stands for what a name's bearer may be called besides.
            known: keys of people of the same table whom the text may mention (:mod:`secureprofile.guard.candidates`).
        """
        try:
            return _replace(text, [*self._spans(text), *_own_spans(text, own), *locate(text, known)])
        except Exception:  # whatever it is, the cell must not pass
            self.failed += 1
            return REDACTED

    def _spans(self, text: str) -> list[Span]:
        found = self._known.get(text)
        if found is None:
            found = self._look(text)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[text] = found
        return found

    def _look(self, text: str) -> list[Span]:
        """Return what anybody's text would lose."""
        spans = [(f.start, f.end, f.label) for f in find(text, specs=self._specs) if f.score >= LEAST]
        if not text.isascii() and _HAN.search(text):
            spans += [(start, end, "ADDRESS") for start, end in chinese_addresses(text)]
            spans += [(start, end, "NAME") for start, end in han_names(text)]
        if _WORD.search(text):
            spans += self._latin(text)
        spans += [(f.start, f.end, f.label) for finder in self._finders for f in finder(text) if f.score >= LEAST]
        return spans

    def _latin(self, text: str) -> Iterator[Span]:
        if self._words.given and (may_hold_person(text, self._words) or may_hold_address(text)):
            yield from (
                (f.start, f.end, f.label) for f in entities(text, self._words) if f.name in ("PERSON", "ADDRESS")
            )
        for match in _CUE_EN.finditer(text):
            group = next(i for i, value in enumerate(match.groups(), 1) if value)
            yield match.start(group), match.end(group), "NAME"
        for match in _CALLED_SMALL.finditer(text):
            first, second = (word and not (is_small_word(word) or word in _NO_NAME) for word in match.groups())
            if first:
                yield match.start(1), match.end(2 if second else 1), "NAME"


def _is_han(text: str) -> bool:
    return bool(_HAN_RUN.fullmatch(text))


def _own_spans(text: str, own: Sequence[tuple[str, str]]) -> Iterable[Span]:
    """Find the row's own identifiers, whole and in parts, in whatever case, and digits of numbers in whatever grouping."""
    if not own:
        return
    folded = text.lower() if len(text.lower()) == len(text) else text
    for label, value in own:
        if label == "NICKNAME":
            yield from ((start, end, "NAME") for start, end in _called(text, value))
            continue
        for part in _parts(label, value.strip()):
            start = folded.find(part)
            while start >= 0:
                end = start + len(part)
                if not part.isascii() or not (_joined(folded, start - 1) or _joined(folded, end)):
                    yield start, end, label
                start = folded.find(part, start + 1)


def _called(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Find what somebody of this name may be called besides; with a capital, where the text has any: nicknames are ordinary words, too."""
    called = nicknames(name)
    if not called:
        return
    if not next(iter(called)).isascii():
        yield from (match.span() for part in called for match in re.finditer(re.escape(part), text))
        return
    small = not any(c.isupper() for c in text)
    for match in _LETTERS.finditer(text):
        if fold(match[0]) in called and (small or match[0][0].isupper()):
            yield match.span()


def _parts(label: str, value: str) -> list[str]:
    value = value.lower()
    if len(value) < 2:
        return []
    if label != "NAME":
        return [value] if len(value) >= 5 else []
    if not value.isascii() and _is_han(value):
        given = value[2:] if value.startswith(CN_COMPOUND) else value[1:]
        return [value, given] if len(given) >= 2 else [value]
    return [value, *(word for word in value.replace("-", " ").split() if len(word) >= 3)]


def _joined(text: str, place: int) -> bool:
    return 0 <= place < len(text) and text[place].isascii() and text[place].isalnum()


def _replace(text: str, spans: list[Span]) -> str:
    """Replace spans by their labels; overlapping ones become one, under the label of the longest, and of equals not as an address."""
    if not spans:
        return normalise(text)[0] if not text.isascii() and _hidden(text) else text
    pieces, place, longest = [""], 0, 0
    for start, end, label in sorted(spans, key=lambda span: (*span[:2], span[2] == "ADDRESS", span[2])):
        if start < place:  # inside or across the one before
            if end - start > longest:
                pieces[-1], longest = f"[{label}]", end - start
        else:
            pieces += [text[place:start], f"[{label}]"]
            longest = end - start
        place = max(place, end)
    return "".join([*pieces, text[place:]])


def _hidden(text: str) -> bool:
    """Tell whether zero-width characters stand in the text: they hide data from every later reader, so they go."""
    return any(c in text for c in "\u200b\u200c\u200d\u2060\ufeff")
