"""Data frames of other libraries in and out: the same kind comes back, with its index, its order, and the types of what was kept.

The treatment works on text; a column that is kept is handed back as it was, not as text read again. An input frame is never modified.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import pyarrow as pa

from secureprofile.adapters.cells import cell_text
from secureprofile.errors import UsageError

PLACE: Final = "\x1fplace"
"""The column that carries a row's place through the engine; no column of a frame is called so."""


class Kind(Protocol):
    """What differs between libraries."""

    def names(self) -> list[Any]:
        """Return the columns' names in order."""
        ...

    def text(self, position: int) -> pa.Array | pa.ChunkedArray:
        """Return one column as text."""
        ...

    def build(self, treated: Mapping[str, pa.ChunkedArray | None], places: Sequence[int] | None) -> Any:
        """Return a frame: treated columns as given, and own ones where there is None, of the rows at these places (None: all)."""
        ...


class Frame:
    """A data frame to be treated."""

    place = PLACE

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self.columns = _checked(kind.names())

    @classmethod
    def of(cls, frame: Any) -> Frame:
        """Recognise a pandas or Polars frame, an Ibis or Arrow table, or anything that speaks the Arrow stream protocol.

        Raises:
            UsageError: it is no data frame, or its columns do not each have a name of their own.
        """
        library = type(frame).__module__.split(".")[0]
        if library == "pandas" and hasattr(frame, "iloc") and hasattr(frame, "columns"):
            return cls(_Pandas(frame))
        if library == "polars" and type(frame).__name__ == "DataFrame":
            return cls(_Polars(frame))
        if isinstance(frame, pa.Table):
            return cls(_Arrow(frame))
        if hasattr(frame, "to_pyarrow") and hasattr(frame, "columns"):
            return cls(_Arrow(frame.to_pyarrow()))
        if hasattr(frame, "__arrow_c_stream__") and library not in ("pandas", "polars"):
            return cls(_Arrow(pa.table(frame)))
        raise UsageError(
            f"a {type(frame).__name__} is not a data frame",
            hint="pass a pandas or Polars frame, an Arrow or an Ibis table",
        )

    def as_text(self) -> pa.Table:
        """Return all columns as text, and the rows' places."""
        self._texts = {name: self._text(position) for position, name in enumerate(self.columns)}
        rows = len(next(iter(self._texts.values()), ()))
        return pa.table({**self._texts, PLACE: pa.array(range(rows), pa.int64())})

    def _text(self, position: int) -> pa.Array | pa.ChunkedArray:
        try:
            return self._kind.text(position)
        except UsageError:
            raise
        except Exception as error:  # libraries quote cells
            raise UsageError(
                f"column {position + 1} of the frame cannot be read as text ({type(error).__name__})",
                hint="convert it to text before",
            ) from None

    def restored(self, table: pa.Table, *, order: Sequence[str], kept: Sequence[str]) -> Any:
        """Return a frame of the same kind.

        Args:
            table: what the engine returned, places included.
            order: columns in the order in which they leave, dropped ones included.
            kept: columns that the policy keeps: their own cells come back wherever their text is unchanged.
        """
        places = table[PLACE].to_pylist()
        rows = len(next(iter(self._texts.values()), ()))
        every = places == list(range(rows))
        treated: dict[str, pa.ChunkedArray | None] = {}
        for name in order:
            if name in table.column_names:
                same = name in kept and _same(table[name], self._texts[name], None if every else places)
                treated[name] = None if same else table[name]
        return self._kind.build(treated, None if every else places)


def _same(now: pa.ChunkedArray, before: pa.Array | pa.ChunkedArray, places: Sequence[int] | None) -> bool:
    then = before if places is None else before.take(pa.array(places, pa.int64()))
    chunked = then if isinstance(then, pa.ChunkedArray) else pa.chunked_array([then])
    return bool(now.cast(pa.string()).equals(chunked.cast(pa.string())))


def _checked(names: Iterable[Any]) -> list[str]:
    """Refuse columns without a name of their own, by position: a name may be data."""
    seen: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        if not isinstance(name, str):
            raise UsageError(
                f"column {position} of the frame has a name that is no text",
                hint="frame.columns = frame.columns.map(str)",
            )
        first = seen.setdefault(name.strip().lower(), position)
        if first != position:
            raise UsageError(
                f"columns {first} and {position} of the frame have the same name",
                hint="rename one of them (capital and small letters count as the same)",
            )
        if name == PLACE or not name.strip():
            raise UsageError(f"column {position} of the frame has no usable name", hint="rename it")
    return list(names)


def _spelled(cells: Iterable[Any]) -> pa.Array:
    return pa.array([cell_text(cell) for cell in cells], pa.string())


class _Pandas:
    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def names(self) -> list[Any]:
        return list(self._frame.columns)

    def text(self, position: int) -> pa.Array:
        column = self._frame.iloc[:, position]
        kind = str(column.dtype)
        if kind in ("str", "string", "bool") or kind.startswith(("int", "uint")):
            return _one(pa.array(column, from_pandas=True)).cast(pa.string())
        if kind == "category":
            texts = [cell_text(category) for category in column.cat.categories]
            return pa.array([texts[code] if code >= 0 else None for code in column.cat.codes], pa.string())
        return _spelled(column)

    def build(self, treated: Mapping[str, pa.ChunkedArray | None], places: Sequence[int] | None) -> Any:
        import pandas as pd

        frame = self._frame
        own = frame if places is None else frame.iloc[list(places)]
        texts = {name: _one(cells).to_pandas().array for name, cells in treated.items() if cells is not None}
        kept = own[[name for name, cells in treated.items() if cells is None]]
        result = pd.concat([pd.DataFrame(texts, index=own.index), kept], axis="columns", sort=False)[
            list(treated)
        ].copy()
        result.columns.name, result.attrs = frame.columns.name, {}
        return result


class _Polars:
    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def names(self) -> list[Any]:
        return list(self._frame.columns)

    def text(self, position: int) -> pa.Array:
        import polars as pl

        column = self._frame.to_series(position)
        if column.dtype == pl.String or column.dtype.is_integer():
            return _one(column.cast(pl.String).to_arrow()).cast(pa.string())
        return _spelled(column.to_list())

    def build(self, treated: Mapping[str, pa.ChunkedArray | None], places: Sequence[int] | None) -> Any:
        import polars as pl

        own = self._frame if places is None else self._frame[list(places)]
        columns = [own[name] if cells is None else pl.from_arrow(cells).alias(name) for name, cells in treated.items()]
        return pl.DataFrame(columns)


class _Arrow:
    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def names(self) -> list[Any]:
        return list(self._table.column_names)

    def text(self, position: int) -> pa.ChunkedArray:
        column = self._table.column(position)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        kind = column.type
        if (
            pa.types.is_string(kind)
            or pa.types.is_large_string(kind)
            or pa.types.is_string_view(kind)
            or pa.types.is_integer(kind)
        ):
            return column.cast(pa.string())
        return pa.chunked_array([_spelled(column.to_pylist())])

    def build(self, treated: Mapping[str, pa.ChunkedArray | None], places: Sequence[int] | None) -> Any:
        own = self._table if places is None else self._table.take(pa.array(places, pa.int64()))
        return pa.table({name: own[name] if cells is None else cells for name, cells in treated.items()})


def _one(cells: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return one array; a chunked one is joined."""
    if not isinstance(cells, pa.ChunkedArray):
        return cells
    joined = cells.combine_chunks()
    return joined if not isinstance(joined, pa.ChunkedArray) else pa.concat_arrays(joined.chunks)
