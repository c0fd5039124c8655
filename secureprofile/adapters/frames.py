"""Data frames of other libraries in and out, through Arrow; an input frame is never modified."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from secureprofile.errors import UsageError


def to_arrow(frame: Any) -> pa.Table:
    """Return a pandas or Polars frame, Ibis table, or anything that speaks the Arrow stream protocol, as an Arrow table.

    Raises:
        UsageError: it is no data frame.
    """
    if isinstance(frame, pa.Table):
        return frame
    if _is_pandas(frame):
        return pa.Table.from_pandas(frame, preserve_index=False)
    if hasattr(frame, "to_pyarrow"):
        return frame.to_pyarrow()
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.table(frame)
    raise UsageError(
        f"a {type(frame).__name__} is not a data frame", hint="pass a pandas or Polars frame, an Arrow or an Ibis table"
    )


def from_arrow(table: pa.Table, *, like: Any) -> Any:
    """Return the table as the kind of frame that ``like`` is; Arrow where that is not possible."""
    if _is_pandas(like):
        result = table.to_pandas()
        result.index = like.index if len(like.index) == len(result) else result.index
        return result
    if type(like).__module__.split(".")[0] == "polars":
        import polars

        return polars.from_arrow(table)
    return table


def _is_pandas(frame: Any) -> bool:
    return type(frame).__module__.split(".")[0] == "pandas"
