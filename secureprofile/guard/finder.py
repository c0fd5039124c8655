"""Everything that free text may hold: recognizers, people, places, addresses, and what a model of the user's finds besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from secureprofile.guard.addresses import chinese_addresses
from secureprofile.guard.detect import Finding, find
from secureprofile.guard.entities import WordLists, entities
from secureprofile.guard.names_han import han_names
from secureprofile.guard.spans import Taken
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS


class Finder(Protocol):
    """Whatever finds spans in text, such as a model behind ``adapters.ner``."""

    def __call__(self, text: str) -> list[Finding]:
        """Return spans of the text, in any order; they may overlap."""


def find_everything(
    text: str,
    *,
    words: WordLists,
    specs: tuple[PatternSpec, ...] = SPECS,
    finders: Sequence[Finder] = (),
    context: Sequence[str] = (),
) -> list[Finding]:
    """Return what is found in free text, left to right, without overlaps: recognizers first, then the longer of two.

    Example:
        >>> found = find_everything("李女士住杭州市西湖区文三路5号，电话13812345678", words=WordLists())
        >>> [finding.name for finding in found]
        ['PERSON', 'ADDRESS', 'CN_MOBILE']
    """
    kept, taken = list(find(text, specs=specs, context=context)), Taken()
    for one in kept:
        taken.add(one.start, one.end)
    others = [*named(text, words), *(finding for finder in finders for finding in finder(text))]
    for one in sorted(others, key=lambda finding: (finding.start - finding.end, finding.start)):
        if taken.add(one.start, one.end):
            kept.append(one)
    return sorted(kept, key=lambda finding: finding.start)


def named(text: str, words: WordLists) -> Iterator[Finding]:
    """Yield people, places, organisations and addresses in English and in Chinese characters; spans may overlap."""
    yield from entities(text, words)
    yield from _spans(chinese_addresses(text), "ADDRESS", "user.contact.address.street", "ADDRESS", 0.8)
    yield from _spans(han_names(text), "PERSON", "user.name", "NAME", 0.75)


def _spans(spans: Iterable[tuple[int, int]], name: str, category: str, label: str, score: float) -> Iterator[Finding]:
    for start, end in spans:
        yield Finding(start=start, end=end, name=name, category=category, label=label, score=score)
