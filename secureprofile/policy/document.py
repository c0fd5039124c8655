"""YAML as people mean it: every value with its place, and nothing that surprises; all problems of a file at once.

The parser's flat stream of events is read by our own rules, so that nothing is followed, merged, constructed or recursed into: doubled
keys, anchors, aliases, merge keys, tags, several documents, marks nobody sees, and words that readers of YAML disagree about are problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from secureprofile.errors import PolicyFileError, Problem
from secureprofile.policy.composer import MAX_DEPTH as MAX_DEPTH
from secureprofile.policy.composer import Composer
from secureprofile.policy.places import Finding as Finding
from secureprofile.policy.places import Flaw as Flaw
from secureprofile.policy.places import Path as Path
from secureprofile.policy.places import dotted as dotted
from secureprofile.policy.places import problem
from secureprofile.policy.plain import scalar as scalar

MAX_BYTES = 1_000_000

_MOST_CHARACTERS = 20
"""So many wrong characters are told one by one; a binary file has a million."""

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser, thirty times as fast, where PyYAML was built with it; a property test holds the two together."""

_WRONG = re.compile(
    "(?P<control>[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff])"
    "|(?P<line>[\r\x85\u2028\u2029])"
    "|(?P<hidden>[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f])"
    "|(?P<tab>\t)"
)
_CHARACTERS = {
    "control": ("yaml-character", "a character that cannot be written", "remove it"),
    "line": ("yaml-line-end", "a line end that not every program sees", "end lines with LF, or CR LF"),
    "hidden": ("yaml-invisible", "a mark that nobody sees", "remove it; text in a policy reads as it stands"),
    "tab": ("yaml-tab", "a tab, which readers of YAML treat in different ways", "spaces; in quoted text \\t"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A YAML file as plain values (dict, list, str, int, Decimal, bool, None) with the place of each.

    ``problems`` are those found while reading; ``flawed`` are the paths of what could not be read, which stand there as None, and
    ``lacking`` those of mappings with a key that could not be read, which is not there. ``whole`` tells whether the file could be read to its end.
    """

    file: str
    value: Any
    places: Mapping[Path, tuple[int, int]] = field(repr=False)
    problems: tuple[Problem, ...] = ()
    flawed: frozenset[Path] = frozenset()
    lacking: frozenset[Path] = frozenset()
    whole: bool = True

    def position(self, path: Path) -> tuple[int, int]:
        """Return (line, column) of a value, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))


def decode(data: bytes, *, file: str) -> str:
    r"""Return a file's text: UTF-8, with or without a byte order mark, lines ending in LF or CR LF.

    Raises:
        PolicyFileError: it is too large, or not UTF-8; with the place of the first byte that is not.

    Example:
        >>> decode(b"\xef\xbb\xbfa: 1\r\n", file="p.yaml")
        'a: 1\n'
    """
    if len(data.removeprefix(b"\xef\xbb\xbf")) > MAX_BYTES:
        raise PolicyFileError([_too_large(file)])
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        utf16 = problem(file, (1, 1), (), "yaml-encoding", "UTF-16, not UTF-8", "save it again as UTF-8")
        raise PolicyFileError([utf16])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", errors="replace")
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise PolicyFileError(
            [problem(file, place, (), "yaml-encoding", "not UTF-8", "save it again as UTF-8")]
        ) from None
    return text.replace("\r\n", "\n")


def read_yaml(text: str, *, file: str) -> Document:
    """Read one YAML document.

    Raises:
        PolicyFileError: with every problem of :func:`read_document`.
    """
    document = read_document(text, file=file)
    if document.problems:
        raise PolicyFileError(document.problems)
    return document


def read_document(text: str, *, file: str) -> Document:
    """Read one YAML document as far as it goes; its problems are told by the document itself, in file order.

    A file that is too large, or that has characters no policy may have, is not read further than those.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        return Document(file=file, value=None, places={}, problems=(_too_large(file),), whole=False)
    problems = list(_wrong_characters(text, file))
    if problems:
        return Document(file=file, value=None, places={}, problems=tuple(problems), whole=False)
    composer = Composer(file, text)
    whole = composer.run(yaml.parse(text, Loader=_PARSER))
    return Document(
        file=file,
        value=composer.value,
        places=composer.places,
        problems=tuple(sorted(composer.problems, key=lambda problem: (problem.line, problem.column))),
        flawed=frozenset(composer.flawed),
        lacking=frozenset(composer.lacking),
        whole=whole,
    )


def _too_large(file: str) -> Problem:
    message = f"the file is larger than {MAX_BYTES} bytes"
    return problem(file, (1, 1), (), "yaml-size", message, "a policy is smaller")


def _wrong_characters(text: str, file: str) -> Iterator[Problem]:
    line, start = 1, 0
    for found, match in enumerate(_WRONG.finditer(text)):
        at = match.start()
        line += text.count("\n", start, at)
        start = at
        if found == _MOST_CHARACTERS:
            message = "more such characters follow"
            yield problem(file, (line, at - text.rfind("\n", 0, at)), (), "yaml-character", message, "is this a text?")
            return
        code, message, hint = _CHARACTERS[str(match.lastgroup)]
        yield problem(file, (line, at - text.rfind("\n", 0, at)), (), code, message, hint)
