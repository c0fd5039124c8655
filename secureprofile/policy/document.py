"""YAML as people mean it: every value with its place, and nothing that surprises; all problems of a file at once.

The parser's flat stream of events is read by our own rules, so that nothing is followed, merged, constructed or recursed into: doubled
keys, anchors, aliases, merge keys, tags, several documents, marks nobody sees, and words that readers of YAML disagree about are problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias
from unicodedata import normalize

import yaml

from secureprofile.errors import PolicyFileError, Problem
from secureprofile.policy.plain import disputed, scalar, visible, writable

Path: TypeAlias = tuple[str | int, ...]

Finding: TypeAlias = tuple[Path, str, str]
"""What is wrong with a value: (path, message, hint)."""


class Flaw(NamedTuple):
    """What is wrong with a value, with the stable code of this kind of mistake."""

    path: Path
    code: str
    message: str
    hint: str


MAX_BYTES = 1_000_000
MAX_DEPTH = 32

_MOST_CHARACTERS = 20
"""So many wrong characters are told one by one; a binary file has a million."""

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser, thirty times as fast, where PyYAML was built with it; a property test holds the two together."""

_SYNTAX = "look at indentation, quotes and brackets here and on the line before"
_WRONG = re.compile(
    "(?P<control>[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff])"
    "|(?P<line>[\r\x85\u2028\u2029])"
    "|(?P<hidden>[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f])"
    "|(?P<tab>^ *\t)",
    re.MULTILINE,
)
_CHARACTERS = {
    "control": ("yaml-character", "a character that cannot be written", "remove it"),
    "line": ("yaml-line-end", "a line end that not every program sees", "end lines with LF, or CR LF"),
    "hidden": ("yaml-invisible", "a mark that nobody sees", "remove it; text in a policy reads as it stands"),
    "tab": ("yaml-tab", "a tab in the indentation", "indent with spaces"),
}
_ESCAPED = ("yaml-character", "a character that cannot be written", "remove the escape; write the character itself")
_HIDDEN = ("yaml-invisible", "a mark that nobody sees", "remove the escape; text in a policy reads as it stands")


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
        problem = _problem(file, (1, 1), (), "yaml-encoding", "UTF-16, not UTF-8", "save it again as UTF-8")
        raise PolicyFileError([problem])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", errors="replace")
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise PolicyFileError(
            [_problem(file, place, (), "yaml-encoding", "not UTF-8", "save it again as UTF-8")]
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
    composer = _Composer(file)
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
    return _problem(file, (1, 1), (), "yaml-size", message, "a policy is smaller")


def _wrong_characters(text: str, file: str) -> Iterator[Problem]:
    line, start = 1, 0
    for found, match in enumerate(_WRONG.finditer(text)):
        at = match.end() - 1  # of a tab: where it stands, not where its line begins
        line += text.count("\n", start, at)
        start = at
        if found == _MOST_CHARACTERS:
            message = "more such characters follow"
            yield _problem(file, (line, at - text.rfind("\n", 0, at)), (), "yaml-character", message, "is this a text?")
            return
        code, message, hint = _CHARACTERS[str(match.lastgroup)]
        yield _problem(file, (line, at - text.rfind("\n", 0, at)), (), code, message, hint)


def _problem(file: str, place: tuple[int, int], path: Path, code: str, message: str, hint: str = "") -> Problem:
    return Problem(file=file, line=place[0], column=place[1], path=dotted(path), message=message, hint=hint, code=code)


def dotted(path: Path) -> str:
    """Return a path as people write it.

    Example:
        >>> dotted(("purposes", "portrait", "roles", 0)), dotted(())
        ('purposes.portrait.roles.0', '(file)')
    """
    return ".".join(str(step) for step in path) or "(file)"


@dataclass(slots=True, kw_only=True)
class _Frame:
    """A collection under way. ``void``: what is inside belongs to nothing that could be read; ``key``: a collection used as a key."""

    value: dict[str, Any] | list[Any]
    path: Path
    void: bool
    key: bool
    name: str | None = None
    """Of a mapping: the key whose value comes next; None: it could not be read."""
    waiting: bool = False
    """Of a mapping: whether a value comes next."""
    place: tuple[int, int] = (1, 1)
    seen: set[str] = field(default_factory=set)


class _Composer:
    def __init__(self, file: str) -> None:
        self.file = file
        self.value: Any = None
        self.problems: list[Problem] = []
        self.places: dict[Path, tuple[int, int]] = {(): (1, 1)}
        self.flawed: set[Path] = set()
        self.lacking: set[Path] = set()
        self._stack: list[_Frame] = []
        self._documents = 0

    def run(self, events: Iterable[yaml.Event]) -> bool:
        """Read the events; tell whether they came to their end."""
        try:
            for event in events:
                if not self._take(event):
                    return False
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._tell(_at(mark), (), "yaml-syntax", f"not YAML: {_said(error)}", _SYNTAX)
        except (yaml.YAMLError, ValueError, OverflowError):  # chr() refuses what an escape names beyond Unicode
            self._tell((1, 1), (), "yaml-syntax", "not YAML: a character that is not allowed", _SYNTAX)
        except RecursionError:
            self._tell((1, 1), (), "yaml-depth", f"nested deeper than {MAX_DEPTH} levels", "flatten it")
        else:
            return True
        return False

    def _take(self, event: yaml.Event) -> bool:
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._tell(
                        _at(event.start_mark),
                        (),
                        "yaml-documents",
                        "a second document in one file",
                        "remove the line ---",
                    )
                    return False
            case yaml.AliasEvent():
                self._tell(_at(event.start_mark), (), *_ANCHOR)
                self._leaf(event, None, flawed=True)
            case yaml.ScalarEvent():
                self._marks(event)
                self._scalar(event)
            case yaml.CollectionStartEvent():
                self._marks(event)
                if len(self._stack) >= MAX_DEPTH:
                    message = f"nested deeper than {MAX_DEPTH} levels"
                    self._tell(_at(event.start_mark), (), "yaml-depth", message, "flatten it")
                    return False
                self._open(event)
            case yaml.CollectionEndEvent():
                self._close()
        return True

    def _marks(self, event: Any) -> None:
        """Refuse an anchor or a tag; what carries it is read as if it had none."""
        if event.anchor:
            self._tell(_at(event.start_mark), (), *_ANCHOR)
        if event.tag:
            self._tell(_at(event.start_mark), (), "yaml-tag", "tags are not allowed", "quote the value")

    # --- where a node belongs ---

    def _is_key(self) -> bool:
        top = self._stack[-1] if self._stack else None
        return top is not None and isinstance(top.value, dict) and not top.waiting

    def _target(self, event: yaml.Event) -> tuple[Path, bool]:
        """Return the path of the value that begins here, and whether it belongs to nothing; note its place."""
        if not self._stack:
            self.places[()] = (1, 1)
            return (), False
        top = self._stack[-1]
        if isinstance(top.value, dict):
            void, path, place = top.void or top.name is None, (*top.path, top.name or ""), top.place
        else:
            void, path, place = top.void, (*top.path, len(top.value)), _at(event.start_mark)
        if void:
            return top.path, True
        self.places[path] = place
        return path, False

    def _put(self, value: Any) -> None:
        """Give a finished value to the collection around it."""
        if not self._stack:
            self.value = value
            return
        top = self._stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
            return
        if top.name is not None:
            top.value[top.name] = value
        top.waiting = False

    # --- nodes ---

    def _leaf(self, event: yaml.Event, value: Any, *, flawed: bool) -> None:
        if self._is_key():  # only an alias comes here as a key
            self._stack[-1].name, self._stack[-1].waiting = None, True
            self.lacking.add(self._stack[-1].path)
            return
        path, void = self._target(event)
        if flawed and not void:
            self.flawed.add(path)
        self._put(value)

    def _scalar(self, event: Any) -> None:
        if self._is_key():
            self._key(event)
            return
        path, void = self._target(event)
        value, flaw = _read(event)
        if flaw:
            self._tell(_at(event.start_mark) if void else self.places[path], path, *flaw)
            if not void:
                self.flawed.add(path)
        self._put(value)

    def _key(self, event: Any) -> None:
        top = self._stack[-1]
        top.place, top.waiting, top.name = _at(event.start_mark), True, None
        name, plain = event.value, not event.style
        flaw: tuple[str, str, str] | None = None
        if plain and name == "<<":
            flaw = ("yaml-merge", "merge keys are not allowed", "write the keys out")
        elif plain and not name:
            flaw = ("yaml-key", "a key must be plain text", "write key: value")
        elif not writable(name):
            flaw = _ESCAPED
        elif not visible(name):
            flaw = _HIDDEN
        elif plain and (found := disputed(name)):
            flaw = ("yaml-trap", *found)
        elif normalize("NFC", name) in top.seen:
            self._tell(top.place, (*top.path, name), "duplicate-key", "the same key twice", "keep one of them")
            return
        if flaw:
            self._tell(top.place, top.path, *flaw)
            self.lacking.add(top.path)
            return
        top.seen.add(normalize("NFC", name))
        top.name = name

    def _open(self, event: yaml.Event) -> None:
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        if self._is_key():
            top = self._stack[-1]
            self._tell(_at(event.start_mark), top.path, "yaml-key", "a key must be plain text", "write key: value")
            self.lacking.add(top.path)
            self._stack.append(_Frame(value=value, path=top.path, void=True, key=True))
            return
        path, void = self._target(event)
        self._stack.append(_Frame(value=value, path=path, void=void, key=False))

    def _close(self) -> None:
        done = self._stack.pop()
        if done.key:
            top = self._stack[-1]
            top.name, top.waiting = None, True
        else:
            self._put(done.value)

    def _tell(self, place: tuple[int, int], path: Path, code: str, message: str, hint: str) -> None:
        self.problems.append(_problem(self.file, place, path, code, message, hint))


_ANCHOR = ("yaml-anchor", "anchors and aliases are not allowed", "write the value out")


def _read(event: Any) -> tuple[Any, tuple[str, str, str] | None]:
    """Return a scalar's value, or None with what is wrong with it."""
    if not writable(event.value):
        return None, _ESCAPED
    if not visible(event.value):
        return None, _HIDDEN
    plain = not event.style
    if plain and (found := disputed(event.value)):
        return None, ("yaml-trap", *found)
    try:
        value: str | int | Decimal | bool | None = scalar(event.value, plain=plain)
    except ValueError:
        return None, ("number-limit", "a number beyond every limit", "quote it if it is text")
    return value, None


def _said(error: yaml.MarkedYAMLError) -> str:
    """Return what the parser says, without what it quotes: the file may name a person."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "…", str(error.problem or error.context or "a mistake"))


def _at(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
