"""DuckDB, set up once and for all: no extension is fetched, what spills stays in the workspace, errors quote no cell.

Every expression runs through :class:`DuckEngine`. DuckDB's messages carry cell values and whole lines; they are replaced
by a position and a hint, ``from None``.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from uuid import uuid4

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from secureprofile.adapters import excel
from secureprofile.adapters.engine import DuckFunctions, ScrubTexts, json_text
from secureprofile.adapters.files import Source, csv_error_line, utf8_path
from secureprofile.adapters.spool import BATCH, parquet_reader, spooled
from secureprofile.adapters.streamed import LINE, csv_batches, json_batches, pointer
from secureprofile.errors import CannotTell, InputError, SecureProfileError
from secureprofile.guard.cells import CellFunction

Format = Literal["csv", "tsv", "parquet", "jsonl", "xlsx"]

MAX_CELL = 32 * 1024 * 1024
"""Bytes of the longest line that is read; longer ones are refused."""

PIECE = 4 * 1024 * 1024
"""Bytes that one thread reads at a time where no record is nearly as long. Small pieces give every thread work, and what the threads wrote
waits in memory for its turn in the file."""

_WIDE = 500
"""Columns from which records of many cells may be long without any long cell."""

_COPY = {
    "csv": "FORMAT csv, HEADER true, DELIMITER ',', COMPRESSION {compression}",
    "tsv": "FORMAT csv, HEADER true, DELIMITER '\t', COMPRESSION {compression}",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
    "jsonl": "FORMAT json, ARRAY false, COMPRESSION {compression}",
}


_GROUPED = 50
"""Columns whose different cells are counted in one scan."""

ROW = "row_"
"""Column of the rows' places in the file, where joins might lose them; :meth:`DuckEngine.numbered` makes it."""

STREAMING = f"{150 * max(2, os.cpu_count() or 1)}MB"
"""Memory that a pass over rows gets where nobody says: buffers for every thread, and what joins keep before they spill."""


class DuckEngine:
    """One DuckDB in memory, for one act. Use it in a ``with`` block.

    Args:
        temp: folder of mode 0700 for spilling; a fresh folder below it is made, and removed on leaving.
        memory_limit: such as ``2GB``; DuckDB's own default where None.
    """

    def __init__(self, *, temp: Path, memory_limit: str | None = None) -> None:
        self._temp = Path(tempfile.mkdtemp(prefix="engine-", dir=temp))
        self._memory_limit = memory_limit
        self._scrub: ScrubTexts | None = None
        self._close: Callable[[], None] | None = None
        self._cells: dict[str, CellFunction] = {}
        self.functions = DuckFunctions()

    @cached_property
    def _backend(self) -> Any:
        """The connection, made when something is first asked: a scan of a sample often asks nothing."""
        settings: dict[str, Any] = {"memory_limit": self._memory_limit} if self._memory_limit else {}
        backend = ibis.duckdb.connect(
            temp_directory=str(self._temp),
            autoinstall_known_extensions=False,
            autoload_known_extensions=False,
            preserve_insertion_order=True,
            **settings,
        )
        # the engine keeps track for `progress`, but prints nothing: run with `python -c`, it takes stdout for a notebook's
        backend.raw_sql("SET enable_progress_bar = true")
        backend.raw_sql("SET enable_progress_bar_print = false")
        # joins probe with the left side, so rows keep the order of the file whatever the sizes
        backend.raw_sql("SET disabled_optimizers = 'build_side_probe_side,join_order'")
        return backend

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._close:
            self._close()
        if "_backend" in self.__dict__:
            self._backend.disconnect()
        shutil.rmtree(self._temp, ignore_errors=True)

    # --- in -------------------------------------------------------------------------------------------------------------

    @contextmanager
    def source(self, source: Source) -> Iterator[ir.Table]:
        """Give a file as a table of text columns, streamed; re-coded through a temporary copy where it is not UTF-8.

        What the engine cannot read by itself, or only once, goes through an encrypted spool.
        """
        if source.rows is not None:
            with quiet(source.path.name):
                yield self._spooled(source.rows.batches(), source.columns)
            return
        with quiet(source.path.name):
            if isinstance(source.path, Path):
                with utf8_path(source, self._temp) as path:
                    yield self._file(source, path)
            else:
                yield self._stream(source)

    def _file(self, source: Source, path: Path) -> ir.Table:
        match source.format:
            case "csv":
                return self._csv(source, path)
            case "parquet":
                return as_text(self._backend.read_parquet(str(path)))
            case "jsonl":
                return self._json(source, path)
            case "json":
                return self._objects(source)
        raise ValueError(f"no engine reads a {source.format}")

    def _stream(self, source: Source) -> ir.Table:
        """Read a stream to its end before anybody may look at a row."""
        match source.format:
            case "csv":
                return self._spooled(csv_batches(source, MAX_CELL), source.columns)
            case "parquet":
                rows = as_text(self._registered(parquet_reader(source.path)))
                return self._spooled(iter(self._streamed(rows)), source.columns)
            case "jsonl" | "json":
                return self._objects(source)
        raise ValueError(f"no engine reads a {source.format}")

    def _objects(self, source: Source) -> ir.Table:
        line = self._spooled(json_batches(source), [LINE])[LINE]
        return line.as_table().select(**{name: json_text(line, pointer(name)) for name in source.columns})

    def _spooled(self, batches: Iterator[pa.RecordBatch], columns: Sequence[str]) -> ir.Table:
        return self._registered(spooled(batches, columns, self._temp))

    def collected(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> ir.Table:
        """Return rows of text that come in batches as a table: in memory where there is one batch, else from an encrypted spool."""
        first = next(batches, pa.RecordBatch.from_pylist([], schema=schema))
        second = next(batches, None)
        if second is None:
            return self.table(pa.Table.from_batches([first], schema))
        return self._spooled(chain([first, second], batches), schema.names)

    def _registered(self, rows: Any) -> ir.Table:
        name = f"rows_{uuid4().hex}"
        self._backend.con.register(name, rows)
        return self._backend.table(name)

    def _csv(self, source: Source, path: Path) -> ir.Table:
        plain = path == source.path
        packed = plain and source.compression != "none"
        wide = len(source.columns) > _WIDE
        size = MAX_CELL if packed or wide or has_long_records(path, source.quote.encode()) else PIECE
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
            max_line_size=size,
            buffer_size=size,  # by default sixteen such lines: too few pieces to read side by side
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

    def enumerated(self, arrow: pa.Table) -> ir.Table:
        """Return an in-memory table whose dictionary-encoded columns are enumerations to the engine and text to expressions.

        Where few texts stand in many rows, joining and writing numbers takes a third of the time that the texts take.
        """
        name = f"enumerated_{uuid4().hex}"
        self._backend.con.register(f"{name}_rows", arrow)
        columns = []
        for at, field in enumerate(arrow.schema):
            column = _named(field.name)
            if pa.types.is_dictionary(field.type):
                texts = pa.table({"text": pc.unique(arrow[field.name].combine_chunks().dictionary)})
                self._backend.con.register(f"{name}_texts_{at}", texts)
                self._backend.raw_sql(f"CREATE TYPE {name}_{at} AS ENUM (SELECT text FROM {name}_texts_{at})")
                columns.append(f"CAST({column} AS {name}_{at}) AS {column}")
            else:
                columns.append(column)
        self._backend.raw_sql(f"CREATE TEMP TABLE {name} AS SELECT {', '.join(columns)} FROM {name}_rows")
        schema = {
            field.name: "string" if pa.types.is_dictionary(field.type) else str(field.type) for field in arrow.schema
        }
        return self._backend.sql(f"SELECT * FROM {name}", schema=ibis.schema(schema))

    def text_table(self, arrow: pa.Table) -> ir.Table:
        """Return an in-memory table with every column as text."""
        return as_text(ibis.memtable(arrow))

    def settled(self, expression: ir.Table) -> ir.Table:
        """Return the same rows under a name of their own: what is built on them does not repeat how they were made."""
        self._backend._run_pre_execute_hooks(expression)
        return self._backend.create_view(f"settled_{uuid4().hex}", expression)

    def coded(self, expression: ir.Table, values: Mapping[str, Sequence[str]]) -> ir.Table:
        """Return the rows with a column ``NAME_code`` for each of some columns: the place of the cell's text among ``values``.

        The engine's enumerations tell it in one look; Ibis cannot say them. A cell without text stands where the empty text does; a text that
        is not among the values is an error.
        """
        view = self.settled(expression)
        codes = []
        for name, texts in values.items():
            kind = f"texts_{uuid4().hex}"
            self._backend.con.register(f"{kind}_rows", pa.table({"text": pa.array(texts, pa.string())}))
            self._backend.raw_sql(f"CREATE TYPE {kind} AS ENUM (SELECT text FROM {kind}_rows)")
            [(told,)] = self._backend.raw_sql(f"SELECT enum_range(NULL::{kind})").fetchall()
            if list(told) != list(texts):  # the order of the rows is not promised
                raise AssertionError("an enumeration in another order")
            cell = f"COALESCE(CAST({_named(name)} AS VARCHAR), '')"
            codes.append(f"CAST(enum_code(CAST({cell} AS {kind})) AS BIGINT) AS {_named(name + '_code')}")
        schema = {**dict(view.schema().items()), **{f"{name}_code": "int64" for name in values}}
        return self._backend.sql(f"SELECT *, {', '.join(codes)} FROM {view.get_name()}", schema=ibis.schema(schema))

    def use_scrubber(self, scrub: ScrubTexts, close: Callable[[], None] | None = None) -> None:
        """Give the engine the function that scrubs free text, and what to call when it is needed no more."""
        self._scrub, self._close = scrub, close
        self.functions = DuckFunctions(self._scrub, self._cells)

    def use_cells(self, cells: Mapping[str, CellFunction]) -> None:
        """Give the engine the functions on cells, by column."""
        self._cells = dict(cells)
        self.functions = DuckFunctions(self._scrub, self._cells)

    def keep(self, expression: ir.Table) -> ir.Table:
        """Execute an expression once and return its result as a table; it spills like everything else."""
        with quiet("the data"):
            return self._backend.create_table(ibis.util.gen_name("kept"), expression, temp=True)

    def numbered(self, expression: ir.Table) -> ir.Table:
        """Execute an expression once and return its rows with their places in the column :data:`ROW`: joins that spill lose the order."""
        kept = self.keep(expression)
        schema = {ROW: "int64", **dict(kept.schema().items())}
        return self._backend.sql(f'SELECT rowid AS "{ROW}", * FROM {kept.get_name()}', schema=ibis.schema(schema))

    def different(self, table: ir.Table, columns: Mapping[str, ir.StringValue]) -> ir.Table:
        """Count different cells in one scan: (``place`` of the column, ``cell``, ``rows``); missing ones are left out.

        Grouping sets, which Ibis cannot say: memory grows with the different cells, and may spill.
        """
        schema = {"place": "int32", "cell": "string", "rows": "int64"}
        kept = self._backend.create_table(ibis.util.gen_name("different"), schema=ibis.schema(schema), temp=True)
        for first in range(0, len(columns), _GROUPED):
            chosen = list(columns.values())[first : first + _GROUPED]
            names = [f"c{first + place}" for place in range(len(chosen))]
            query = table.select(**dict(zip(names, chosen, strict=True)))
            which = " ".join(f"WHEN GROUPING({name}) = 0 THEN {name[1:]}" for name in names)
            with quiet("the data"):
                self._backend._run_pre_execute_hooks(query)
                self._backend.raw_sql(
                    f"INSERT INTO {kept.get_name()} SELECT * FROM (SELECT CASE {which} END, COALESCE({', '.join(names)}, NULL) AS cell, "
                    f"count(*) FROM ({self._backend.compile(query)}) GROUP BY GROUPING SETS "
                    f"({', '.join(f'({name})' for name in names)})) WHERE cell IS NOT NULL"
                )
        return kept

    # --- out ------------------------------------------------------------------------------------------------------------

    def to_arrow(self, expression: ir.Table, *, what: str = "the data") -> pa.Table:
        """Execute an expression; ``what`` is what an error calls it."""
        with quiet(what):
            return self._backend.to_pyarrow(expression)

    def batches(self, expression: ir.Table, *, what: str = "the data") -> Iterator[pa.RecordBatch]:
        """Execute an expression and yield its rows a batch at a time."""
        with quiet(what):
            yield from self._streamed(expression)

    def first(self, expression: ir.Table, rows: int, *, what: str = "the data") -> pa.Table:
        """Execute an expression until it has given so many rows; of thousands of columns a LIMIT would hold several times as much."""
        with quiet(what):
            batches, reader = [], self._streamed(expression)
            for batch in reader:
                batches.append(batch)
                if (rows := rows - batch.num_rows) <= 0:
                    break
            got = pa.Table.from_batches(batches, reader.schema)
            reader.close()
        return got.slice(0, got.num_rows + min(rows, 0))

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
        if form == "xlsx":
            with quiet("the data"):
                batches = self._streamed(expression)
                return excel.write(iter(batches), batches.schema, path)
        options = _COPY[form].format(compression="gzip" if gzip else "none")
        target = str(path).replace("'", "''")
        with quiet(what):
            self._backend._run_pre_execute_hooks(
                expression
            )  # registers memtables and UDFs; Ibis's own to_csv returns no count
            done = self._backend.raw_sql(f"COPY ({self._backend.compile(expression)}) TO '{target}' ({options})")
            return int(done.fetchone()[0])

    def _streamed(self, expression: ir.Table) -> pa.RecordBatchReader:
        """Execute an expression a batch at a time; Ibis's own way calls what DuckDB 2 has no more."""
        self._backend._run_pre_execute_hooks(expression)
        relation = self._backend.con.sql(self._backend.compile(expression))
        read = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
        reader = read(BATCH)
        kinds = [field.type.value_type if pa.types.is_dictionary(field.type) else field.type for field in reader.schema]
        return reader.cast(pa.schema(zip(reader.schema.names, kinds, strict=True)))

    def progress(self) -> float:
        """Return the share done of the running query in percent, -1 where unknown. May be called from another thread."""
        return float(self._backend.con.query_progress()) if "_backend" in self.__dict__ else -1.0

    def interrupt(self) -> None:
        """Stop the running query."""
        self._backend.con.interrupt()


def has_long_records(path: Path, quote: bytes) -> bool:
    """Tell whether a CSV file could hold a record of half a piece: no line ends there, or they stand inside one quoted cell."""
    lines = quoted = inside = 0
    with path.open("rb") as file:
        while block := file.read(PIECE // 8):
            lines = 0 if b"\n" in block or b"\r" in block else lines + 1
            inside ^= block.count(quote) & 1
            quoted = quoted + 1 if inside else 0
            if lines > 2 or quoted > 2:
                return True
    return False


def as_text(table: ir.Table) -> ir.Table:
    """Return every column as text, as it would stand in a CSV file."""
    return table.select(
        **{
            name: table[name] if table[name].type().is_string() else table[name].cast("string")
            for name in table.columns
        }
    )


def _named(column: str) -> str:
    """Return a column's name as SQL spells it."""
    return '"' + column.replace('"', '""') + '"'


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
