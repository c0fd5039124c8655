"""PySpark, for tables too big for one machine: the same expressions, executed by a Spark session that the user brings.

Keys come as a joined one-row table, never as literals: Spark writes literals into its event log.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from secureprofile.adapters.engine import ScrubTexts, SparkFunctions
from secureprofile.guard.cells import CellFunction


class SparkEngine:
    """One Spark session, used for one act; leaving the block does not stop the session.

    Args:
        session: a ``pyspark.sql.SparkSession``.
        scrub: Python function for scrubbing free text, where a treatment needs one.
        cells: column → Python function for its cells, where a treatment needs one.
    """

    def __init__(
        self, session: Any, *, scrub: ScrubTexts | None = None, cells: Mapping[str, CellFunction] | None = None
    ) -> None:
        self._session = session
        self._backend = ibis.pyspark.connect(session)
        self.functions = SparkFunctions(scrub, cells)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def table(self, arrow: pa.Table) -> ir.Table:
        """Return an in-memory table as an expression."""
        return ibis.memtable(arrow)

    def parquet(self, path: str) -> ir.Table:
        """Return Parquet files as an expression."""
        return self._backend.read_parquet(path)

    def to_arrow(self, expression: ir.Table) -> pa.Table:
        """Execute an expression."""
        return self._backend.to_pyarrow(expression)
