"""The state database: what must change together changes in one transaction here.

SQLite in WAL mode with ``synchronous=FULL``: when :meth:`State.writing` ends, the transaction is on the disk. Writers queue on a lock file
and yield after each commit: SQLite's own waiting starves some of them. Readers never wait.

A transaction begins and ends on the driver's own connection, which is kept from one to the next; everything inside goes through SQLAlchemy Core.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from secureprofile.adapters import disk, schema
from secureprofile.adapters.grouping import Group
from secureprofile.adapters.views import Reader, Writer, driver
from secureprofile.errors import CannotTell


class State:
    """One open state database. Create with :meth:`open`; use :meth:`reading` and :meth:`writing`, from any thread."""

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        self._engine = engine
        self._path = path
        self._mine = RLock()
        self._writer: sa.Connection | None = None
        self._doubtful = True
        self.log = Group(self._append)

    @classmethod
    def open(cls, path: Path) -> State:
        """Open or create the database and bring its schema up to date.

        Raises:
            CannotTell: it is damaged, locked, or written by a newer version.
        """
        arguments = {"timeout": 30, "isolation_level": None, "check_same_thread": False}
        engine = sa.create_engine(f"sqlite:///{path}", connect_args=arguments)
        sa.event.listen(engine, "connect", _configure)
        sa.event.listen(engine, "begin", _begin)
        state = cls(engine, path)
        try:
            state._prepare()
        except BaseException:
            state.close()
            raise
        return state

    def _prepare(self) -> None:
        with self._no_driver_errors():
            if not self._path.exists():
                os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
                disk.sync(self._path.parent)
            with self._engine.connect() as connection:
                version = _version(connection)
        if version > len(schema.MIGRATIONS):
            raise CannotTell(
                f"this workspace has state version {version}; this program knows {len(schema.MIGRATIONS)}",
                hint="use a newer secureprofile",
            )
        if version < len(schema.MIGRATIONS):
            with self.writing() as tx:
                schema.migrate(tx.connection, _version(tx.connection))

    def close(self) -> None:
        """Close all connections."""
        with self._mine:
            self._doubtful = True
            if self._writer is not None:
                self._writer.invalidate()
                self._writer.close()
                self._writer = None
            self._engine.dispose()

    def scrub(self) -> None:
        """Rewrite the database without what was deleted: no free page, no unused part of a page, no write-ahead log keeps it.

        Raises:
            CannotTell: a reader holds an older view; what was deleted is still on disk. Run it again.
        """
        with self._no_driver_errors(), self._turn():
            raw = driver(self._connection())
            raw.execute("VACUUM")
            busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise CannotTell(
                "it is done, but another process still reads the state: deleted rows may be on disk until it ends",
                hint="secureprofile retention run, once it has ended",
            )

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Give a consistent view."""
        with self._no_driver_errors(), self._engine.connect() as connection:
            yield Reader(connection)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Give one transaction: durable when the block ends, undone when it raises.

        Raises:
            CannotTell: the disk is full or failed. After a failed sync nobody knows whether the transaction is on it: the
                connection is closed, and the next one begins with what the disk holds.
        """
        with self._no_driver_errors(), self._turn():
            connection = self._connection()
            raw = driver(connection)
            raw.execute("BEGIN IMMEDIATE")
            tx = Writer(connection)
            try:
                yield tx
                tx.store_tree()
                raw.execute("COMMIT")
            except BaseException:
                _undo(raw)
                raise
            finally:
                if connection.in_transaction() and not connection.invalidated:
                    connection.rollback()  # SQLAlchemy's own idea of it: the driver's transaction is over

    def _append(self, bodies: Sequence[bytes]) -> int:
        with self.writing() as tx:
            return tx.append(*bodies)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait in the queue of writers: the threads of this process, then the processes."""
        with self._mine:
            descriptor = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if self._doubtful:
                    disk.rewrite(self._path.with_name(self._path.name + "-wal"))
                    self._doubtful = False
                yield
            finally:
                os.close(descriptor)
        os.sched_yield()  # whoever waits is awake now; without this the same process would often be faster

    def _connection(self) -> sa.Connection:
        if self._writer is None:
            self._writer = self._engine.connect().execution_options(write=True)
        return self._writer

    @contextmanager
    def _no_driver_errors(self) -> Iterator[None]:
        """Driver errors quote parameters, which may be personal data: they leave as a code and a hint."""
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            known = cause if isinstance(cause, sqlite3.Error) else None
            if disk.is_fatal(known):
                self.close()
            raise disk.told(known) from None


def _undo(raw: sqlite3.Connection) -> None:
    try:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
    except sqlite3.Error:
        return  # the first error is the one to report; the connection is closed for it


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()  # a connection that fails here is not yet the pool's to close
        raise


def _begin(connection: sa.Connection) -> None:
    if not connection.get_execution_options().get("write"):  # :meth:`State.writing` has begun already
        connection.exec_driver_sql("BEGIN")


def _version(connection: sa.Connection) -> int:
    if not sa.inspect(connection).has_table("meta"):
        return 0
    value = connection.execute(sa.select(schema.meta.c.value).where(schema.meta.c.key == "schema")).scalar()
    return int(value) if value else 0
