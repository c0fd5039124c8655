"""DuckDB, set up once and for all: no extension is fetched, what spills stays in the workspace, errors quote no cell.

Every expression runs through :class:`DuckEngine`. DuckDB's messages carry cell values and whole lines; they are replaced
by a position and a hint, ``from None``.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from secureprofile.adapters.engine import DuckFunctions, ScrubText
from secureprofile.adapters.files import Source, csv_error_line, utf8_path
from secureprofile.errors import CannotTell, InputError, SecureProfileError

Format = Literal["csv", "tsv", "parquet", "jsonl"]

MAX_CELL = 32 * 1024 * 1024
"""Bytes of the longest line that is read; longer ones are refused."""

_COPY = {
    "csv": "FORMAT csv, HEADER true, DELIMITER ',', COMPRESSION {compression}",
    "tsv": "FORMAT csv, HEADER true, DELIMITER '\t', COMPRESSION {compression}",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
    "jsonl": "FORMAT json, ARRAY false, COMPRESSION {compression}",
}


class DuckEngine:
    """One DuckDB in memory, for one act. Use it in a ``with`` block.

    Args:
        temp: folder of mode 0700 for spilling; a fresh folder below it is made, and removed on leaving.
        memory_limit: such as ``2GB``; DuckDB's own default where None.
    """

    def __init__(self, *, temp: Path, memory_limit: str | None = None) -> None:
        self._temp = Path(tempfile.mkdtemp(prefix="engine-", dir=temp))
        settings: dict[str, Any] = {"memory_limit": memory_limit} if memory_limit else {}
        self._backend = ibis.duckdb.connect(
            temp_directory=str(self._temp),
            autoinstall_known_extensions=False,
            autoload_known_extensions=False,
            preserve_insertion_order=True,
            **settings,
        )
        # the engine keeps track for `progress`, but prints nothing: run with `python -c`, it takes stdout for a notebook's
        self._backend.raw_sql("SET enable_progress_bar = true")
        self._backend.raw_sql("SET enable_progress_bar_print = false")
        # joins probe with the left side, so rows keep the order of the file whatever the sizes
        self._backend.raw_sql("SET disabled_optimizers = 'build_side_probe_side,join_order'")
        self.functions = DuckFunctions()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._backend.disconnect()
        shutil.rmtree(self._temp, ignore_errors=True)

    # --- in -------------------------------------------------------------------------------------------------------------

    @contextmanager
    def source(self, source: Source) -> Iterator[ir.Table]:
        """Give a file as a table of text columns, streamed; re-coded through a temporary copy where it is not UTF-8."""
        with utf8_path(source, self._temp) as path, quiet(source.path.name):
            match source.format:
                case "csv":
                    yield self._csv(source, path)
                case "parquet":
                    yield as_text(self._backend.read_parquet(str(path)))
                case _:
                    yield self._json(source, path)

    def _csv(self, source: Source, path: Path) -> ir.Table:
        plain = path == source.path
        return self._backend.read_csv(
            str(path),
            auto_detect=False,
            all_varchar=True,
            header=True,
            delim=source.delimiter,
            quote=source.quote,
            escape=source.quote,
            columns=dict.fromkeys(source.columns, "VARCHAR"),
            compression=source.compression if plain else "none",
            max_line_size=MAX_CELL,
            buffer_size=MAX_CELL,  # by default sixteen such lines: too few pieces to read side by side
            strict_mode=True,
            null_padding=False,
        )

    def _json(self, source: Source, path: Path) -> ir.Table:
        columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in source.columns)
        compression = source.compression if path == source.path else "none"
        location = str(path).replace("'", "''")
        return self._backend.sql(
            f"SELECT * FROM read_json('{location}', format='newline_delimited', columns={{{columns}}}, "
            f"compression='{compression}', maximum_object_size={MAX_CELL})",
            schema=ibis.schema(dict.fromkeys(source.columns, "string")),
        )

    def parquet(self, paths: Sequence[Path]) -> ir.Table:
        """Give stored Parquet files of one dataset as a table."""
        return self._backend.read_parquet([str(path) for path in paths], union_by_name=True)

    def table(self, arrow: pa.Table) -> ir.Table:
        """Return an in-memory table as an expression."""
        return ibis.memtable(arrow)

    def text_table(self, arrow: pa.Table) -> ir.Table:
        """Return an in-memory table with every column as text."""
        return as_text(ibis.memtable(arrow))

    def use_scrubber(self, scrub: ScrubText) -> None:
        """Give the engine the function that scrubs free text."""
        self.functions = DuckFunctions(scrub)

    # --- out ------------------------------------------------------------------------------------------------------------

    def to_arrow(self, expression: ir.Table, *, what: str = "the data") -> pa.Table:
        """Execute an expression; ``what`` is what an error calls it."""
        with quiet(what):
            return self._backend.to_pyarrow(expression)

    def sample(self, expression: ir.Table, rows: int, *, what: str = "the data") -> pa.Table:
        """Execute an expression and return so many of its rows, chosen evenly from all of them; all where there are no more.

        One thread draws them, so the same file gives the same sample. ``what`` is what an error calls it.
        """
        with quiet(what):
            self._backend._run_pre_execute_hooks(expression)
            query = f"SELECT * FROM ({self._backend.compile(expression)}) USING SAMPLE reservoir({rows} ROWS) REPEATABLE (1)"
            return self._backend.con.sql(query).to_arrow_table()

    def write(
        self, expression: ir.Table, path: Path, form: Format, *, gzip: bool = False, what: str = "the data"
    ) -> int:
        """Execute an expression into a file, streaming; return how many rows it got."""
        options = _COPY[form].format(compression="gzip" if gzip else "none")
        target = str(path).replace("'", "''")
        with quiet(what):
            self._backend._run_pre_execute_hooks(
                expression
            )  # registers memtables and UDFs; Ibis's own to_csv returns no count
            done = self._backend.raw_sql(f"COPY ({self._backend.compile(expression)}) TO '{target}' ({options})")
            return int(done.fetchone()[0])

    def progress(self) -> float:
        """Return the share done of the running query in percent, -1 where unknown. May be called from another thread."""
        return float(self._backend.con.query_progress())

    def interrupt(self) -> None:
        """Stop the running query."""
        self._backend.con.interrupt()


def as_text(table: ir.Table) -> ir.Table:
    """Return every column as text, as it would stand in a CSV file."""
    return table.select(
        **{
            name: table[name] if table[name].type().is_string() else table[name].cast("string")
            for name in table.columns
        }
    )


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


@contextmanager
def quiet(what: str) -> Iterator[None]:
    """Turn the engine's errors, which quote cells, into ours, which do not."""
    try:
        yield
    except SecureProfileError:
        raise
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except (duckdb.Error, pa.ArrowException) as error:
        raise _translate(str(error), what) from None


def _translate(message: str, what: str) -> SecureProfileError:
    for pattern, make in _MEANINGS:
        if re.search(pattern, message):
            return make(what, message)
    return InputError(
        f"{what} cannot be read as it is", hint="check the file in a text editor, or save it again as CSV in UTF-8"
    )


def _ragged(what: str, message: str) -> SecureProfileError:
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    found = (
        f" has {counts[2]} cells where the header has {counts[1]}"
        if counts
        else " has another number of cells than the header"
    )
    return InputError(
        f"{what}: line {csv_error_line(message)}{found}", hint="mend or remove that line; cells with commas need quotes"
    )


def _at_line(text: str, hint: str) -> Callable[[str, str], SecureProfileError]:
    def make(what: str, message: str) -> SecureProfileError:
        line = csv_error_line(message)
        return InputError(f"{what}: {'line ' + str(line) if line else 'a line'} {text}", hint=hint)

    return make


_MEANINGS: tuple[tuple[str, Callable[[str, str], SecureProfileError]], ...] = (
    (
        r"No space left|could not write|disk.*full|Disk quota|File too large",
        lambda what, message: CannotTell(
            "the disk is full: nothing was written", hint="free some space and run the same command again"
        ),
    ),
    (
        r"Out of Memory|could not allocate|failed to (allocate|offload)|max_temp_directory",
        lambda what, message: CannotTell(f"{what} needs more memory than allowed", hint="raise --memory-limit"),
    ),
    (r"Expected Number of Columns", _ragged),
    (
        r"unterminated quote",
        _at_line("has a quote that is never closed", "close the quote, or double it inside the cell"),
    ),
    (
        r"[Ii]nvalid unicode|not utf-8",
        _at_line("is not valid text in the file's encoding", "save the file again as UTF-8"),
    ),
    (
        r"Maximum line size|max_line_size|maximum_object_size",
        _at_line(f"is longer than {MAX_CELL >> 20} MB", "split the cell"),
    ),
    (r"CSV Error|invalid state", _at_line("does not follow CSV's rules", "save the file again as CSV")),
)
