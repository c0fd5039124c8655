"""YAML as people mean it: every value with its place, YAML 1.2 scalars, and nothing that surprises.

PyYAML's loaders turn ``no`` into False, ``12:30:45`` into 45045 and ``010`` into 8, let the last of two equal keys win, and follow
aliases. Here the node tree is composed and read by our own rules; all problems are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import yaml

from secureprofile.errors import PolicyFileError, Problem

Path: TypeAlias = tuple[str | int, ...]

Finding: TypeAlias = tuple[Path, str, str]
"""What is wrong with a value: (path, message, hint)."""

MAX_BYTES = 1_000_000
MAX_DEPTH = 32

_MAX_DIGITS, _MAX_EXPONENT = 100, 400
_NOT_WRITABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNWRITABLE = ("a character that cannot be written", "remove the escape; write the character itself")
_SYNTAX = "look at indentation, quotes and brackets here and on the line before"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A YAML file as plain values (dict, list, str, int, Decimal, bool, None) with the place of each."""

    file: str
    value: Any
    places: Mapping[Path, tuple[int, int]]

    def position(self, path: Path) -> tuple[int, int]:
        """Return (line, column) of a value, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))


def read_yaml(text: str, *, file: str) -> Document:
    """Read one YAML document.

    Raises:
        PolicyFileError: with every problem: syntax, doubled keys, anchors, aliases, tags, several documents, too big, too deep.
    """
    if len(text.encode()) > MAX_BYTES:
        raise PolicyFileError(
            [_problem(file, (1, 1), (), f"the file is larger than {MAX_BYTES} bytes", "a policy is smaller")]
        )
    problems = _surface(text, file)
    if problems:
        raise PolicyFileError(problems)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise PolicyFileError([_problem(file, place, (), f"not YAML: {error.problem}", _SYNTAX)]) from None
    except (yaml.YAMLError, ValueError, OverflowError):  # chr() refuses what an escape names beyond Unicode
        raise PolicyFileError(
            [_problem(file, (1, 1), (), "not YAML: a character that is not allowed", _SYNTAX)]
        ) from None
    reader = _Reader(file)
    value = reader.read(node, (), (1, 1))
    if reader.problems:
        raise PolicyFileError(reader.problems)
    return Document(file=file, value=value, places=reader.places)


def _surface(text: str, file: str) -> list[Problem]:
    """Refuse what composing would follow or recurse into, from the flat stream of events."""
    problems, depth, documents = [], 0, 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            place = _at(event.start_mark)
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                problems.append(_problem(file, place, (), "anchors and aliases are not allowed", "write the value out"))
            if getattr(event, "tag", None):
                problems.append(_problem(file, place, (), "tags are not allowed", "quote the value"))
            documents += isinstance(event, yaml.DocumentStartEvent)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                return [_problem(file, place, (), f"nested deeper than {MAX_DEPTH} levels", "flatten it")]
            if documents > 1:
                return [*problems, _problem(file, place, (), "a second document in one file", "remove the line ---")]
    except (yaml.YAMLError, ValueError, OverflowError):
        return problems  # composing tells it with its place
    except RecursionError:
        return [_problem(file, (1, 1), (), f"nested deeper than {MAX_DEPTH} levels", "flatten it")]
    return problems


def _problem(file: str, place: tuple[int, int], path: Path, message: str, hint: str = "") -> Problem:
    dotted = ".".join(str(step) for step in path) or "(file)"
    return Problem(file=file, line=place[0], column=place[1], path=dotted, message=message, hint=hint)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.places: dict[Path, tuple[int, int]] = {}

    def read(self, node: yaml.Node | None, path: Path, place: tuple[int, int]) -> Any:
        self.places[path] = place
        match node:
            case None:
                return None
            case yaml.MappingNode():
                return self._mapping(node, path)
            case yaml.SequenceNode():
                return [self.read(item, (*path, index), _place(item)) for index, item in enumerate(node.value)]
            case _:
                return self._scalar(node, path, place)

    def _scalar(self, node: yaml.Node, path: Path, place: tuple[int, int]) -> Any:
        if not writable(node.value):
            self.problems.append(_problem(self.file, place, path, *_UNWRITABLE))
            return None
        try:
            return scalar(node.value, plain=getattr(node, "style", None) is None)
        except ValueError:
            self.problems.append(
                _problem(self.file, place, path, "a number beyond every limit", "quote it if it is text")
            )
            return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(
                    _problem(self.file, _place(key), path, "a key must be plain text", "write key: value")
                )
                continue
            if not writable(key.value):
                self.problems.append(_problem(self.file, _place(key), path, *_UNWRITABLE))
                continue
            if key.value in result:
                hint = "keep one of them"
                self.problems.append(_problem(self.file, _place(key), (*path, key.value), "the same key twice", hint))
            result[key.value] = self.read(item, (*path, key.value), _place(key))
        return result


def _place(node: yaml.Node) -> tuple[int, int]:
    return _at(node.start_mark)


def _at(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def writable(text: str) -> bool:
    r"""Tell whether a text can be written anywhere: no half of a surrogate pair, no control character but tab and line end.

    Example:
        >>> writable("画像"), writable("\ud800"), writable("\x1b[2J")
        (True, False, False)
    """
    return not _NOT_WRITABLE.search(text)


def scalar(text: str, *, plain: bool) -> Any:
    """Return a scalar by the YAML 1.2 core schema; quoted ones are text, and so is what only YAML 1.1 would convert.

    Raises:
        ValueError: a number of more than 100 digits, or beyond 10^±400: no setting is, and arithmetic with it never ends.

    Example:
        >>> scalar("no", plain=True), scalar("1e-6", plain=True), scalar("010", plain=True), scalar("7", plain=False)
        ('no', Decimal('0.000001'), '010', '7')
    """
    if not plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(_limited(text))
    if _FLOAT.fullmatch(text) and not re.match(r"[-+]?0[0-9]", text):
        return Decimal(_limited(text))
    return text


def _limited(number: str) -> str:
    exponent = re.split("[eE]", number)[1:]
    if len(number) > _MAX_DIGITS or (exponent and abs(int(exponent[0])) > _MAX_EXPONENT):
        raise ValueError
    return number
