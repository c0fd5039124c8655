"""Tables of databases by URL, such as ``sqlite:///shop.db?table=customers``: read through SQLAlchemy, streamed, never written to.

No message shows the URL, which may hold a password, nor what the driver says, which may quote a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pyarrow as pa

from secureprofile.adapters.cells import cell_text
from secureprofile.adapters.spool import BATCH, batched
from secureprofile.errors import InputError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

_DRIVERS: Final = {
    "postgresql": ("psycopg", "psycopg2"),
    "mysql": ("pymysql", "MySQLdb"),
    "mariadb": ("pymysql", "MySQLdb"),
}
"""Drivers to try, in this order, where the URL names none."""


def is_url(location: str) -> bool:
    """Tell whether a source is named by a URL rather than by a path.

    Example:
        >>> is_url("sqlite:///shop.db?table=t"), is_url("C:/shop.csv"), is_url("shop.csv")
        (True, False, False)
    """
    return re.match(r"[A-Za-z][A-Za-z0-9+.\-]+://", location) is not None


@dataclass(frozen=True, slots=True)
class Table:
    """One table or view, as rows for the spool."""

    name: str
    columns: tuple[str, ...]
    schema: str | None
    _url: URL = field(repr=False)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """See :class:`secureprofile.adapters.spool.Rows`. One SELECT: the rows are those of one moment."""
        import sqlalchemy as sa

        with _connected(self._url, self.name) as connection:
            columns: list[Any] = [
                sa.column(name) for name in self.columns
            ]  # without types: the driver's values, nothing converted
            query = sa.select(*columns).select_from(sa.table(self.name, *columns, schema=self.schema))
            streamed = connection.execution_options(stream_results=True, max_row_buffer=BATCH)
            rows = ([cell_text(cell) for cell in row] for row in streamed.execute(query))
            yield from batched(rows, self.columns)


def tables(location: str) -> list[Table]:
    """Return the table that the URL names, or all tables and views of the database where it names none.

    Raises:
        InputError: the database cannot be opened, or has no such table.
        UsageError: the URL cannot be understood, or its driver is not installed.
    """
    import sqlalchemy as sa

    url, wanted, schema = _parsed(location)
    with _connected(url, url.get_backend_name()) as connection:
        inspector = sa.inspect(connection)
        names = sorted({*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)})
        if wanted is not None and wanted not in names:
            raise InputError(
                f"the database has no table of that name among its {len(names)}",
                hint="name one with ?table=…, one of: " + (", ".join(names[:20]) or "none"),
            )
        chosen = names if wanted is None else [wanted]
        found = [
            Table(
                name, tuple(str(column["name"]) for column in inspector.get_columns(name, schema=schema)), schema, url
            )
            for name in chosen
        ]
    if not found:
        raise InputError("the database has no tables", hint="check its name")
    return found


def _parsed(location: str) -> tuple[URL, str | None, str | None]:
    """Return the URL that is connected to, the table and the schema; SQLite is opened for reading only."""
    import sqlalchemy as sa

    try:
        url = sa.make_url(location)
    except (sa.exc.ArgumentError, ValueError):
        raise UsageError(
            "the database's URL cannot be understood", hint="write it as sqlite:///FILE?table=NAME or postgresql://…"
        ) from None
    query = dict(url.query)
    table, schema = (_one(query.pop(key, None)) for key in ("table", "schema"))
    url = url.set(query=query)
    if url.get_backend_name() != "sqlite":
        return _with_driver(url), table, schema
    file = Path(url.database or "")
    if not url.database or not file.is_file():
        raise InputError(
            f"there is no database {file.name}", hint="three slashes, then the path: sqlite:///shop.db?table=NAME"
        )
    return url.set(database=f"file:{quote(str(file.absolute()))}", query={"mode": "ro", "uri": "true"}), table, schema


def _one(value: str | tuple[str, ...] | None) -> str | None:
    return value if value is None or isinstance(value, str) else value[0]


def _with_driver(url: URL) -> URL:
    from importlib.util import find_spec

    if "+" in url.drivername:
        return url
    for driver in _DRIVERS.get(url.drivername, ()):
        if find_spec(driver) is not None:
            return url.set(drivername=f"{url.drivername}+{'mysqldb' if driver == 'MySQLdb' else driver}")
    return url


@contextmanager
def _connected(url: URL, name: str) -> Iterator[Connection]:
    import sqlalchemy as sa

    engine: Engine | None = None
    try:
        engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            yield connection
    except (ImportError, sa.exc.NoSuchModuleError):
        raise UsageError(
            f"no driver for {url.get_backend_name()} databases is installed",
            hint="install one, such as psycopg for PostgreSQL",
        ) from None
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.DatabaseError):
        raise InputError(
            f"{name}: the database cannot be opened or read", hint="check file or host, user, password and rights"
        ) from None
    except (sa.exc.SQLAlchemyError, UnicodeDecodeError):
        raise InputError(f"{name} cannot be read", hint="export the table as CSV") from None
    finally:
        if engine is not None:
            engine.dispose()
