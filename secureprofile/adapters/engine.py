"""The engines' own words: the functions that DuckDB and Spark spell differently, and what both can do.

Stubs of built-in functions live here and nowhere else: Ibis reads their annotations at run time, so this module goes without
postponed annotations.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from secureprofile.guard.canonical import remembered

ScrubText = Callable[[str, str], str]
"""(free text, own identifiers as joined by ``guard.treat.own_cells``) → scrubbed text."""


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
    def scrubbed(text: str, own: str) -> str:
        return pa.array(
            [None if t is None else scrub(t, o or "") for t, o in zip(text.to_pylist(), own.to_pylist(), strict=True)],
            type=pa.string(),
        )

    return scrubbed


@cache
def _spelled_udf(category: str, region: str | None) -> Any:
    """Wrap the canonical spelling of one category and region so that an engine calls it on Arrow batches."""

    @ibis.udf.scalar.pyarrow
    def spelled(text: str) -> str:
        cells = text.to_pylist()
        return pa.array([None if t is None else remembered(t, category, region) for t in cells], type=pa.string())

    return spelled


@cache
def _spelled_by_row(category: str, region: str | None) -> Any:
    """The same for Spark, to which Ibis hands Arrow functions cell by cell."""

    @ibis.udf.scalar.python
    def spelled(text: str) -> str:
        return None if text is None else remembered(text, category, region)

    return spelled


class DuckFunctions:
    """DuckDB's spelling (``CAST(x AS BLOB)`` would be wrong for Han text: ``encode`` is right)."""

    def __init__(self, scrub: ScrubText | None = None) -> None:
        self._scrub = _scrub_udf(scrub) if scrub else None

    def hmac_hex(
        self, text: ir.StringValue, inner: ir.BinaryValue, outer: ir.BinaryValue, digits: int = 64
    ) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return _left(_duck_sha256(_concat(outer, _unhex(_duck_sha256(_concat(inner, _duck_encode(text)))))), digits)

    def spelled(self, text: ir.StringValue, category: str, region: str | None) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return _spelled_udf(category, region)(text)

    def parse_timestamp(self, text: ir.StringValue, form: str) -> ir.TimestampValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return _duck_try_strptime(text, form)

    def scrub(self, text: ir.StringValue, own: ir.StringValue) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        if self._scrub is None:
            raise ValueError("these functions were made without a scrubber")
        return self._scrub(text, own)


class SparkFunctions(DuckFunctions):
    """Spark's spelling."""

    def hmac_hex(
        self, text: ir.StringValue, inner: ir.BinaryValue, outer: ir.BinaryValue, digits: int = 64
    ) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        inside = _spark_sha2(_concat(inner, _spark_encode(text, "UTF-8")), 256)
        return _left(_spark_sha2(_concat(outer, _unhex(inside)), 256), digits)

    def spelled(self, text: ir.StringValue, category: str, region: str | None) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return _spelled_by_row(category, region)(text)

    def parse_timestamp(self, text: ir.StringValue, form: str) -> ir.TimestampValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        java = form
        for python, pattern in _JAVA_PATTERNS:
            java = java.replace(python, pattern)
        return _spark_try_to_timestamp(text, java)


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


@ibis.udf.scalar.builtin(name="encode")
def _spark_encode(text: str, charset: str) -> bytes: ...


@ibis.udf.scalar.builtin(name="sha2")
def _spark_sha2(data: bytes, bits: int) -> str: ...


@ibis.udf.scalar.builtin(name="try_to_timestamp")
def _spark_try_to_timestamp(text: str, form: str) -> dt.Timestamp(): ...  # type: ignore[valid-type]
