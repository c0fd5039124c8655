"""The engines' own words: the functions that DuckDB and Spark spell differently, and what both can do.

Stubs of built-in functions live here and nowhere else: Ibis reads their annotations at run time, so this module goes without
postponed annotations.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol
from unicodedata import normalize

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute

from secureprofile.guard.canonical import canonical, remembered
from secureprofile.guard.cells import CellFunction
from secureprofile.guard.prefilter import Prefilter, prefilter
from secureprofile.guard.pseudonyms import TOKEN_HEX, pseudonym
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS

ScrubTexts = Callable[[Sequence[tuple[str, str, Sequence[str]]]], list[str]]
"""Cells (free text, own identifiers as joined by ``guard.treat.own_cells``, keys of mentioned people) → scrubbed texts."""


class Engine(Protocol):
    """Executes expressions. A context manager: leaving it closes connections and wipes what was spilled."""

    functions: Any

    def table(self, arrow: pa.Table) -> ir.Table:
        """Return an in-memory table as an expression."""
        ...

    def to_arrow(self, expression: ir.Table) -> pa.Table:
        """Execute an expression."""
        ...


def _arrow_scrub(scrub: ScrubTexts) -> Any:
    """Wrap a Python function so that an engine calls it on Arrow batches."""

    @ibis.udf.scalar.pyarrow
    def scrubbed(text: str, own: str, known: dt.Array(dt.string)) -> str:  # type: ignore[valid-type]
        columns: tuple[Any, ...] = (text, own, known)
        cells = list(zip(*(column.to_pylist() for column in columns), strict=True))
        done = iter(scrub([(t, o or "", k or ()) for t, o, k in cells if t]))
        return pa.array([next(done) if t else t for t, _, _ in cells], type=pa.string())

    return scrubbed


@cache
def _canonical_udf(category: str, region: str | None) -> Any:
    """Wrap the canonical spelling of one category and region so that an engine calls it on Arrow batches."""
    from secureprofile.adapters.hashing import canonical_cells  # a quarter of a second to load, and scanning needs none

    @ibis.udf.scalar.pyarrow(null_handling="special")
    def spelled(text: str) -> str:
        return canonical_cells(text, category, region)

    return spelled


@cache
def _could_udf(told: Prefilter) -> Any:
    @ibis.udf.scalar.pyarrow(null_handling="special")
    def could(text: str) -> int:
        return pa.array(told.could(text.cast(pa.binary()).fill_null(b"").to_pylist()), pa.int64())

    return could


@cache
def _pseudonym_udf(category: str, region: str | None, kind: str, kid: str) -> Any:
    from secureprofile.adapters.hashing import token_cells

    @ibis.udf.scalar.pyarrow(null_handling="special")
    def token(text: str, inner: bytes) -> str:
        return token_cells(text, inner, category=category, region=region, kind=kind, kid=kid)

    return token


@cache
def _hmac_udf(digits: int) -> Any:
    from secureprofile.adapters.hashing import hmac_cells

    @ibis.udf.scalar.pyarrow(null_handling="special")
    def keyed(text: str, inner: bytes) -> str:
        return hmac_cells(text, inner, digits)

    return keyed


@cache
def _spelled_by_row(category: str, region: str | None) -> Any:
    """Wrap the spelling of one cell for Spark, to which Ibis hands Arrow functions cell by cell."""

    @ibis.udf.scalar.python
    def spelled(text: str) -> str:
        return None if text is None else remembered(text, category, region)

    return spelled


def _arrow_cells(function: CellFunction) -> Any:
    """Wrap what Python does to cells: distinct values of each batch; what is refused becomes empty, for DuckDB allows no new NULL."""

    @ibis.udf.scalar.pyarrow
    def cells(text: str) -> str:
        encoded = pa.compute.dictionary_encode(text, null_encoding="encode")
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        done = function.treat([cell or "" for cell in encoded.dictionary.to_pylist()])
        return pa.array([cell or "" for cell in done], type=pa.string()).take(encoded.indices)

    return cells


def _arrow_refuses(function: CellFunction) -> Any:
    @ibis.udf.scalar.pyarrow
    def refused(text: str) -> bool:
        return pa.array([function.refuses(cell or "") for cell in text.to_pylist()], type=pa.bool_())

    return refused


def _texts(cells: Any) -> tuple[list[str], Callable[[list[Any]], Any]]:
    """Return a pandas series' texts, missing ones empty, and how to make a series like it."""
    texts = [cell if isinstance(cell, str) else "" for cell in cells.tolist()]
    return texts, lambda values: type(cells)(values, index=cells.index)


def _pandas_cells(function: CellFunction) -> Any:
    """Wrap the same for Spark, whose Arrow functions of Ibis are called cell by cell."""

    @ibis.udf.scalar.pandas
    def cells(text: str) -> str:
        given, series = _texts(text)
        distinct = list(dict.fromkeys(given))
        made = dict(zip(distinct, (cell or "" for cell in function.treat(distinct)), strict=True))
        return series([made[cell] for cell in given])

    return cells


def _pandas_scrub(scrub: ScrubTexts) -> Any:
    @ibis.udf.scalar.pandas
    def scrubbed(text: str, own: str, known: dt.Array(dt.string)) -> str:  # type: ignore[valid-type]
        given, series = _texts(text)
        joined, keys = _texts(own)[0], [() if cell is None else tuple(cell) for cell in known.tolist()]
        done = iter(scrub([(t, o, k) for t, o, k in zip(given, joined, keys, strict=True) if t]))
        return series(
            [next(done) if t else t if there else None for t, there in zip(given, text.notna().tolist(), strict=True)]
        )

    return scrubbed


def _pandas_refuses(function: CellFunction) -> Any:
    @ibis.udf.scalar.pandas
    def refused(text: str) -> bool:
        given, series = _texts(text)
        return series([function.refuses(cell) for cell in given])

    return refused


class DuckFunctions:
    """DuckDB's spelling.

    Args:
        scrub: Python function for free text, where a treatment needs one.
        cells: column → Python function for its cells, where a treatment needs one.
    """

    _wrap_scrub = staticmethod(_arrow_scrub)
    _wrap = staticmethod(_arrow_cells)
    _wrap_refuses = staticmethod(_arrow_refuses)

    def __init__(self, scrub: ScrubTexts | None = None, cells: Mapping[str, CellFunction] | None = None) -> None:
        self._scrub = self._wrap_scrub(scrub) if scrub else None
        self._cells = {column: self._wrap(function) for column, function in (cells or {}).items()}
        self._refuses = {column: self._wrap_refuses(function) for column, function in (cells or {}).items()}

    def cells(self, column: str, value: ir.StringValue) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return self._cells[column](value.fill_null("")).nullif(ibis.literal(""))

    def refuses(self, column: str, value: ir.StringValue) -> ir.BooleanValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return self._refuses[column](value.fill_null(""))

    def hex_number(self, text: ir.StringValue) -> ir.IntegerValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return (ibis.literal("0x") + text).cast("int64")

    def hmac_hex(
        self, text: ir.StringValue, inner: ir.BinaryValue, outer: ir.BinaryValue, digits: int = 64
    ) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return _hmac_udf(digits)(text, inner)

    def pseudonym(
        self,
        value: ir.StringValue,
        inner: ir.BinaryValue,
        outer: ir.BinaryValue,
        *,
        category: str,
        region: str | None,
        kind: str,
        kid: str,
    ) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`; one call does all, for engines call functions in branches many times."""
        return _pseudonym_udf(category, region, kind, kid)(value, inner)

    def canonical(self, value: ir.StringValue, category: str, region: str | None) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return _canonical_udf(category, region)(value)

    def parse_timestamp(self, text: ir.StringValue, form: str) -> ir.TimestampValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return _duck_try_strptime(text, form)

    def scrub(self, text: ir.StringValue, own: ir.StringValue, known: ir.ArrayValue) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        if self._scrub is None:
            raise ValueError("these functions were made without a scrubber")
        return self._scrub(text, own, known)

    def could(
        self, text: ir.StringValue, specs: tuple[PatternSpec, ...] = SPECS, context: tuple[str, ...] = ()
    ) -> ir.IntegerValue:
        """Return the recognizers that each cell's shape allows, see :meth:`secureprofile.guard.prefilter.Prefilter.could`."""
        return _could_udf(prefilter(specs, context))(text)

    def extract_all(self, text: ir.StringValue, pattern: str) -> ir.ArrayValue:
        """See :class:`secureprofile.guard.candidates.Functions`."""
        return _duck_extract_all(text, pattern)

    def fold(self, text: ir.StringValue) -> ir.StringValue:
        """See :class:`secureprofile.guard.candidates.Functions`."""
        return _duck_strip_accents(text.lower())


class SparkFunctions(DuckFunctions):
    """Spark's spelling."""

    _wrap_scrub = staticmethod(_pandas_scrub)
    _wrap = staticmethod(_pandas_cells)
    _wrap_refuses = staticmethod(_pandas_refuses)

    def hex_number(self, text: ir.StringValue) -> ir.IntegerValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return _spark_conv(text, 16, 10).cast("int64")

    def hmac_hex(
        self, text: ir.StringValue, inner: ir.BinaryValue, outer: ir.BinaryValue, digits: int = 64
    ) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        inside = _spark_sha2(_concat(inner, _spark_encode(text, "UTF-8")), 256)
        return _left(_spark_sha2(_concat(outer, _unhex(inside)), 256), digits)

    def pseudonym(
        self,
        value: ir.StringValue,
        inner: ir.BinaryValue,
        outer: ir.BinaryValue,
        *,
        category: str,
        region: str | None,
        kind: str,
        kid: str,
    ) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        digest = self.hmac_hex(self.canonical(value, category, region), inner, outer, TOKEN_HEX)
        return pseudonym(value, digest, kind=kind, kid=kid)

    def canonical(self, value: ir.StringValue, category: str, region: str | None) -> ir.StringValue:
        """See :class:`secureprofile.guard.treat.Functions`."""
        return canonical(value, category, region, _spelled_by_row(category, region))

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


@ibis.udf.scalar.builtin(name="try_strptime")
def _duck_try_strptime(text: str, form: str) -> dt.Timestamp(): ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="json_extract_string")
def json_text(line: str, pointer: str) -> str:
    """Return what stands at a place of a JSON text, as text; NULL where nothing does."""


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


@ibis.udf.scalar.builtin(name="conv")
def _spark_conv(text: str, base: int, to: int) -> str: ...


@ibis.udf.scalar.builtin(name="try_to_timestamp")
def _spark_try_to_timestamp(text: str, form: str) -> dt.Timestamp(): ...  # type: ignore[valid-type]


@ibis.udf.agg.builtin(name="arg_min")
def first_by_hash(value: str, hashed: int, count: int) -> dt.Array(dt.string):  # type: ignore[valid-type]
    """Return ``count`` values of a group, those with the least hashes: a sample that depends on the values only."""


@ibis.udf.agg.builtin(name="arg_min")
def first_counts_by_hash(value: int, hashed: int, count: int) -> dt.Array(dt.int64):  # type: ignore[valid-type]
    """Return the counts that belong to :func:`first_by_hash`."""
