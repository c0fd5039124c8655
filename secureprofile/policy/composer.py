"""From the parser's flat stream of events to plain values with their places, by our own rules.

Nothing is followed, merged, constructed or recursed into; what is not allowed is noted and read over, so that all is told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from unicodedata import normalize

import yaml

from secureprofile.errors import Problem
from secureprofile.policy.places import Path, problem
from secureprofile.policy.plain import disputed, scalar, writable

MAX_DEPTH = 32

_SYNTAX = "look at indentation, quotes and brackets here and on the line before"
_ESCAPED = ("yaml-character", "a character that cannot be written", "remove the escape; write the character itself")
_ANCHOR = ("yaml-anchor", "anchors and aliases are not allowed", "write the value out")


@dataclass(slots=True, kw_only=True)
class _Frame:
    """A collection under way. ``void``: what is inside belongs to nothing that could be read; ``key``: a collection used as a key."""

    value: dict[str, Any] | list[Any]
    path: Path
    void: bool
    key: bool
    flow: bool = False
    """Whether it is written in brackets or braces."""
    name: str | None = None
    """Of a mapping: the key whose value comes next; None: it could not be read."""
    waiting: bool = False
    """Of a mapping: whether a value comes next."""
    place: tuple[int, int] = (1, 1)
    seen: set[str] = field(default_factory=set)


class Composer:
    """Reads the events of one file. ``value`` is what stands there, ``places`` where; see ``document.Document`` for the rest."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._text = text
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

    def _cut(self, event: Any) -> tuple[str, str] | None:
        """Tell a plain text in brackets that some readers of YAML end elsewhere, or do not read at all."""
        if not self._stack or not self._stack[-1].flow or event.style:
            return None
        if "?" in event.value:
            return "some readers of YAML end a text in brackets at a question mark", "in quotes"
        after = self._text[event.end_mark.index : event.end_mark.index + 2]
        if after[:1] == ":" and after[1:] in ("", *",[]{}"):
            return "some readers of YAML ask for a space after the colon", "key: value"
        return None

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
        if found := self._cut(event):
            value, flaw = None, ("yaml-trap", *found)
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
        elif plain and (found := self._cut(event) or disputed(name) or _no_text(name)):
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

    def _open(self, event: Any) -> None:
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        if self._is_key():
            top = self._stack[-1]
            self._tell(_at(event.start_mark), top.path, "yaml-key", "a key must be plain text", "write key: value")
            self.lacking.add(top.path)
            self._stack.append(_Frame(value=value, path=top.path, void=True, key=True, flow=bool(event.flow_style)))
            return
        path, void = self._target(event)
        self._stack.append(_Frame(value=value, path=path, void=void, key=False, flow=bool(event.flow_style)))

    def _close(self) -> None:
        done = self._stack.pop()
        if done.key:
            top = self._stack[-1]
            top.name, top.waiting = None, True
        else:
            self._put(done.value)

    def _tell(self, place: tuple[int, int], path: Path, code: str, message: str, hint: str) -> None:
        self.problems.append(problem(self.file, place, path, code, message, hint))


def _read(event: Any) -> tuple[Any, tuple[str, str, str] | None]:
    """Return a scalar's value, or None with what is wrong with it."""
    if not writable(event.value):
        return None, _ESCAPED
    plain = not event.style
    if plain and (found := disputed(event.value)):
        return None, ("yaml-trap", *found)
    try:
        value: str | int | Decimal | bool | None = scalar(event.value, plain=plain)
    except ValueError:
        return None, ("number-limit", "a number beyond every limit", "quote it if it is text")
    return value, None


def _no_text(name: str) -> tuple[str, str] | None:
    """Tell a plain key that is a word or a number to others, and not spelled as they would print it: ``true``, ``~``, ``1.10``."""
    try:
        value = scalar(name, plain=True)
    except ValueError:
        value = None
    if isinstance(value, str) or (type(value) is int and str(value) == name):
        return None
    return "readers of YAML take this for something else than text", "in quotes"


def _said(error: yaml.MarkedYAMLError) -> str:
    """Return what the parser says, without what it quotes: the file may name a person."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "…", str(error.problem or error.context or "a mistake"))


def _at(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
