"""What a cell of a frame, a sheet or a database says, as text: one spelling for every type, and none that guesses.

The text is what is treated: hashed, cut, scrubbed. Values that merely stay are handed back as they were wherever the target can hold them.
"""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

EXACT: Final = 10**15
"""Whole numbers up to here survive a spreadsheet's 15 digits."""


def cell_text(value: Any) -> str | None:
    r"""Return a cell as text; None where it holds nothing (None, NaN, NaT, pandas' NA).

    Whole floats lose their ``.0``: a column of numbers with gaps is a column of floats in pandas, and 7 is not another customer than 7.0.
    Times of day with a zone are told as their own clock showed them. Nested values become JSON.

    Example:
        >>> [cell_text(v) for v in (7.0, 0.5, float("nan"), True, Decimal("1E+3"), b"ab", b"\xff", datetime(2026, 1, 2))]
        ['7', '0.5', None, 'true', '1000', 'ab', 'ff', '2026-01-02 00:00:00']
        >>> cell_text({"mail": ["a@b.example", None]})
        '{"mail": ["a@b.example", null]}'
    """
    if isinstance(value, str):
        return whole_text(value)
    if is_missing(value):
        return None
    value = _own(value)
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return float_text(value)
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.replace(tzinfo=None).isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case bytes() | bytearray() | memoryview():
            return _bytes_text(bytes(value))
        case dict() | list() | tuple() | set() | frozenset():
            return json.dumps(_plain(value), ensure_ascii=False)
    if all(getattr(type(value), name) is getattr(object, name) for name in ("__str__", "__repr__")):
        raise TypeError("an object that says nothing but its address")
    return whole_text(str(value))


def is_missing(value: Any) -> bool:
    """Tell whether a cell holds nothing; pandas is asked only where it was loaded by somebody."""
    if value is None:
        return True
    kind = type(value).__name__
    if kind in ("NAType", "NaTType"):
        return True
    try:
        return kind in ("float", "float16", "float32", "float64", "Decimal", "datetime64", "timedelta64") and bool(
            value != value
        )
    except ArithmeticError:  # a signalling NaN
        return True


def whole_text(text: str) -> str:
    r"""Return text without lone surrogates, which no encoding can write: each becomes U+FFFD.

    Example:
        >>> whole_text("a\ud800b")
        'a�b'
    """
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def float_text(value: float) -> str | None:
    """Return a number as short as it can be said exactly; None for NaN.

    Example:
        >>> float_text(13812345678.0), float_text(6222021234567890123.0), float_text(-0.0), float_text(float("inf"))
        ('13812345678', '6222021234567890000', '0', 'inf')
    """
    if math.isnan(value):
        return None
    if math.isinf(value):
        return repr(value)
    if value.is_integer() and abs(value) < 10**22:  # beyond, no float is a number that somebody typed
        return str(int(value)) if abs(value) < EXACT else format(Decimal(repr(value)), "f")
    return repr(value)


def _own(value: Any) -> Any:
    """Return numpy's scalars and arrays as Python's own."""
    if type(value).__name__ in ("datetime64", "timedelta64"):
        return value.astype(f"{type(value).__name__}[us]").tolist()  # nanoseconds would become a bare number
    return value.tolist() if hasattr(value, "tolist") else value


def _bytes_text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.hex()


def _plain(value: Any) -> Any:
    """Return a nested value as JSON can say it; sets are sorted, so that equal ones give equal text."""
    if isinstance(value, str):
        return whole_text(value)
    if is_missing(value):
        return None
    value = _own(value)
    match value:
        case dict():
            return {cell_text(key) or "": _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case set() | frozenset():
            return sorted((_plain(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        case bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else repr(value)
    return cell_text(value)
