"""Objects out of JSON text that is no JSON Lines: one array of them, or objects that stretch over lines.

Read piece by piece, each object by itself, so that a file of any length needs the memory of its longest object. What is inside the objects
the engine takes apart, as it does with JSON Lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from secureprofile.errors import InputError

LONGEST: Final = 32 * 1024 * 1024
"""Characters of an object at most; as many as the engine takes of a line."""

PIECE: Final = 1 << 18
"""Characters that are read at once."""

_BLANK: Final = re.compile(r"[ \t\n\r]*")


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


_VALUE: Final = json.JSONDecoder(parse_constant=_refuse)


def objects(read: Callable[[int], str], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the objects of an array, or of a text in which one follows the other: as they are spelled, and what Python makes of them.

    Args:
        read: gives the next characters, at most so many; nothing at the end.
        name: how the source is called in errors.

    Raises:
        InputError: something else stands there; told by the number and the line of the object, never by what it holds.

    Example:
        >>> import io
        >>> list(objects(io.StringIO('[{"a": 1.50}, {"a": "x"}]').read, "t.json"))
        [('{"a": 1.50}', {'a': 1.5}), ('{"a": "x"}', {'a': 'x'})]
    """
    text = _Text(read, name)
    array = text.next_is("[")
    if array:
        text.skip()
    while not text.ended() and not (array and text.number == 0 and text.next_is("]")):
        yield text.object()
        if array and not text.comma():
            break
    if array:
        text.close()


class _Text:
    """The text from some object on, and how far it was read."""

    def __init__(self, read: Callable[[int], str], name: str) -> None:
        self._read, self._name = read, name
        self._held, self._at, self._line = read(PIECE).removeprefix("\ufeff"), 0, 1
        self.number = 0

    def ended(self) -> bool:
        return not self._peek()

    def next_is(self, sign: str) -> bool:
        return self._peek() == sign

    def skip(self) -> None:
        self._at += 1

    def comma(self) -> bool:
        """Go behind a comma; tell whether there was one."""
        if not self.next_is(","):
            return False
        self.skip()
        return True

    def close(self) -> None:
        """Go behind the bracket that ends the array, and behind it nothing may stand."""
        if not self.next_is("]"):
            raise self._broken("the array does not go on or end behind it")
        self.skip()
        if not self.ended():
            raise self._broken("something stands behind the array's end")

    def object(self) -> tuple[str, dict[str, Any]]:
        """Read the next object: try with what is held, and with twice as much as long as it does not suffice."""
        self.number += 1
        if not self.next_is("{"):
            raise self._broken("it is no object")
        while True:
            try:
                found, end = _VALUE.raw_decode(self._held, self._at)
            except ValueError:
                if len(self._held) - self._at > LONGEST:
                    raise self._broken(f"it is longer than {LONGEST >> 20} MB, or its quotes do not match") from None
                if not self._more(max(PIECE, len(self._held) - self._at)):
                    raise self._broken("it is not complete, or breaks JSON's rules") from None
            except RecursionError:
                raise self._broken("it is nested too deeply") from None
            else:
                spelled, self._at = self._held[self._at : end], end
                return spelled, found

    def _peek(self) -> str:
        while True:
            blank = _BLANK.match(self._held, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more(PIECE):
                return ""

    def _more(self, size: int) -> bool:
        piece = self._read(size)
        self._line += self._held.count("\n", 0, self._at)
        self._held, self._at = self._held[self._at :] + piece, 0
        return bool(piece)

    def _broken(self, why: str) -> InputError:
        line = self._line + self._held.count("\n", 0, self._at)
        return InputError(
            f"{self._name}: object {max(1, self.number):,}, at line {line:,}: {why}",
            hint="mend it, or write one object per line (jq -c)",
        )
