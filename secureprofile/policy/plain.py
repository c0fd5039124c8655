"""What a plain YAML scalar means: YAML 1.2 core, and nothing where readers of YAML disagree about it.

PyYAML and other readers of YAML 1.1 turn ``no`` into false, ``12:30:45`` into 45045 and ``010`` into 8. Whoever reviews a policy must
see what it says, so that such words are refused unless they are quoted (which is text to everybody) or spelled as everybody spells them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_MAX_DIGITS, _MAX_EXPONENT = 100, 400
_NOT_WRITABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}

_TRUTH_TO_SOME = re.compile(r"[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|True|TRUE|False|FALSE")
_NULL_TO_SOME = re.compile(r"Null|NULL")
_NUMBER_TO_SOME = re.compile(
    r"""[-+]?(?:
        0[bB][01_]+ | 0[xX][0-9a-fA-F_]+ | 0[oO][0-7_]+         # other bases
      | 0[0-9_]+(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?              # a leading zero: octal to some, decimal to others
      | [0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?             # base sixty: 12:30:45
      | [0-9]*_[0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?        # 1_000
      | [0-9]+\.[0-9]*_[0-9_]*(?:[eE][-+]?[0-9]+)? | \.[0-9]*_[0-9_]*(?:[eE][-+]?[0-9]+)?
      | \.(?:inf|Inf|INF)
    ) | \.(?:nan|NaN|NAN)""",
    re.VERBOSE,
)


def writable(text: str) -> bool:
    r"""Tell whether a text can be written anywhere: no half of a surrogate pair, no control character but tab and line end.

    Example:
        >>> writable("画像"), writable("\ud800"), writable("\x1b[2J")
        (True, False, False)
    """
    return not _NOT_WRITABLE.search(text)


def visible(text: str) -> bool:
    r"""Tell whether what stands there is what is seen: no mark without width, none that turns the direction of reading.

    A policy may have such marks only as escapes in double quotes, which are seen: some exports have them in their headers. The
    joiners U+200C and U+200D pass: Persian and Indian scripts are spelled with them.

    Example:
        >>> visible("a b"), visible("a\u200bb"), visible("analyst\u202e")
        (True, False, False)
    """
    return not _INVISIBLE.search(text)


def disputed(text: str) -> tuple[str, str] | None:
    """Tell what some readers of YAML take a plain scalar for, where we would not: (message, hint), or None.

    Example:
        >>> disputed("no")
        ('some readers of YAML take this word for a truth', 'true or false; or in quotes, if it is text')
        >>> disputed("1_000")[1], disputed("2026-01-31"), disputed("north")
        ('plain digits; or in quotes, if it is text', None, None)
    """
    if _TRUTH_TO_SOME.fullmatch(text):
        return "some readers of YAML take this word for a truth", "true or false; or in quotes, if it is text"
    if _NULL_TO_SOME.fullmatch(text):
        return "some readers of YAML take this word for nothing", "null; or in quotes, if it is text"
    if _NUMBER_TO_SOME.fullmatch(text):
        return "readers of YAML take this for different numbers", "plain digits; or in quotes, if it is text"
    if text == "=":
        return "some readers of YAML take this sign for a value of its own", "in quotes, if it is text"
    return None


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
    if len(number) > _MAX_DIGITS or (exponent and (len(exponent[0]) > 5 or abs(int(exponent[0])) > _MAX_EXPONENT)):
        raise ValueError
    return number
