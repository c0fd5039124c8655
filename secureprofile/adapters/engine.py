"""The engines' own words: the functions that DuckDB and Spark spell differently, and what both can do.

Stubs of built-in functions live here and nowhere else: Ibis reads their annotations at run time, so this module goes without
postponed annotations.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from unicodedata import normalize

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

ScrubText = Callable[[str, str, Sequence[str]], str]
"""(free text, own identifiers as joined by ``guard.treat.own_cells``, keys of mentioned people) → scrubbed text."""


class Engine(Protocol):
    """Executes expressions. A context manager: leaving it closes connections and wipes what was spilled."""

    functions: Any

    def table(self, arrow: pa.Table) -> ir.Table:
        """Return an in-memory table as an expression."""
        ...

    def to_arrow(self, expression: ir.Table) -> pa.Table:
        """Execute an expression."""
        ...


def _scrub_udf(scrub: ScrubText) -> Any:
    """Wrap a Python function so that an engine calls it on Arrow batches."""

    @ibis.udf.scalar.pyarrow
    def scrubbed(text: str, own: str, known: dt.Array(dt.string)) -> str:  # type: ignore[valid-type]
        cells = zip(text.to_pylist(), own.to_pylist(), known.to_pylist(), strict=True)
        return pa.array([None if t is None else scrub(t, o or "", k or ()) for t, o, k in cells], type=pa.string())

    return scrubbed


class DuckFunctions:
    """DuckDB's spelling (``CAST(x AS BLOB)`` would be wrong for Han text: ``encode`` is right)."""

    def __init__(self, scrub: ScrubText | None = None) -> None:
        self._scrub = _scrub_udf(scrub) if scrub else None

    def hmac_hex(
        self, text: ir.StringValue, inner: ir.BinaryValue, outer: ir.BinaryValue, digits: int = 64
    ) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return _left(_duck_sha256(_concat(outer, _unhex(_duck_sha256(_concat(inner, _duck_encode(text)))))), digits)

    def parse_timestamp(self, text: ir.StringValue, form: str) -> ir.TimestampValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return _duck_try_strptime(text, form)

    def scrub(self, text: ir.StringValue, own: ir.StringValue, known: ir.ArrayValue) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        if self._scrub is None:
            raise ValueError("these functions were made without a scrubber")
        return self._scrub(text, own, known)

    def extract_all(self, text: ir.StringValue, pattern: str) -> ir.ArrayValue:
        """See :class:`secureprofile.guard.candidates.Functions`."""
        return _duck_extract_all(text, pattern)

    def fold(self, text: ir.StringValue) -> ir.StringValue:
        """See :class:`secureprofile.guard.candidates.Functions`."""
        return _duck_strip_accents(text.lower())


class SparkFunctions(DuckFunctions):
    """Spark's spelling."""

    def hmac_hex(
        self, text: ir.StringValue, inner: ir.BinaryValue, outer: ir.BinaryValue, digits: int = 64
    ) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        inside = _spark_sha2(_concat(inner, _spark_encode(text, "UTF-8")), 256)
        return _left(_spark_sha2(_concat(outer, _unhex(inside)), 256), digits)

    def parse_timestamp(self, text: ir.StringValue, form: str) -> ir.TimestampValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        java = form
        for python, pattern in _JAVA_PATTERNS:
            java = java.replace(python, pattern)
        return _spark_try_to_timestamp(text, java)

    def extract_all(self, text: ir.StringValue, pattern: str) -> ir.ArrayValue:
        """See :class:`secureprofile.guard.candidates.Functions`."""
        return _spark_extract_all(text, pattern, 0)

    def fold(self, text: ir.StringValue) -> ir.StringValue:
        """See :class:`secureprofile.guard.candidates.Functions`; Latin letters with one diacritic."""
        return text.lower().translate(_ACCENTED, _BARE)


_ACCENTED = "".join(c for c in map(chr, range(0xC0, 0x250)) if c.islower() and len(normalize("NFD", c)) == 2)
_BARE = "".join(normalize("NFD", c)[0] for c in _ACCENTED)


_JAVA_PATTERNS = (
    ("%Y", "yyyy"), ("%m", "M"), ("%d", "d"), ("%H", "H"), ("%M", "m"), ("%S", "s"), ("年", "'年'"), ("月", "'月'"), ("日", "'日'"),
)  # fmt: skip


@ibis.udf.scalar.builtin(name="concat")
def _concat(left: bytes, right: bytes) -> bytes: ...


# Ibis's own `left` spells its argument several times, and engines then hash several times.
@ibis.udf.scalar.builtin(name="left")
def _left(text: str, digits: int) -> str: ...


@ibis.udf.scalar.builtin(name="unhex")
def _unhex(text: str) -> bytes: ...


@ibis.udf.scalar.builtin(name="encode")
def _duck_encode(text: str) -> bytes: ...


@ibis.udf.scalar.builtin(name="sha256")
def _duck_sha256(data: bytes) -> str: ...


@ibis.udf.scalar.builtin(name="try_strptime")
def _duck_try_strptime(text: str, form: str) -> dt.Timestamp(): ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="regexp_extract_all")
def _duck_extract_all(text: str, pattern: str) -> dt.Array(dt.string): ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="strip_accents")
def _duck_strip_accents(text: str) -> str: ...


@ibis.udf.scalar.builtin(name="regexp_extract_all")
def _spark_extract_all(text: str, pattern: str, group: int) -> dt.Array(dt.string): ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="encode")
def _spark_encode(text: str, charset: str) -> bytes: ...


@ibis.udf.scalar.builtin(name="sha2")
def _spark_sha2(data: bytes, bits: int) -> str: ...


@ibis.udf.scalar.builtin(name="try_to_timestamp")
def _spark_try_to_timestamp(text: str, form: str) -> dt.Timestamp(): ...  # type: ignore[valid-type]


@ibis.udf.agg.builtin(name="arg_min")
def first_by_hash(value: str, hashed: int, count: int) -> dt.Array(dt.string):  # type: ignore[valid-type]
    """Return ``count`` values of a group, those with the least hashes: a sample that depends on the values only."""


@ibis.udf.agg.builtin(name="arg_min")
def first_counts_by_hash(value: int, hashed: int, count: int) -> dt.Array(dt.int64):  # type: ignore[valid-type]
    """Return the counts that belong to :func:`first_by_hash`."""
