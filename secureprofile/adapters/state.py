"""The state database: what must change together changes in one transaction here.

SQLite in WAL mode with ``synchronous=FULL``. Writers queue on a lock file and yield after each commit: SQLite's own waiting
starves some of them. Readers never wait.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DatabaseError, OperationalError

from secureprofile.adapters import schema
from secureprofile.audit.merkle import Frontier, leaf_hash
from secureprofile.consent.records import ConsentRecord
from secureprofile.errors import CannotTell

PORTRAIT = "@portrait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An immutable version of a dataset or portrait; ``path`` is relative to the workspace."""

    id: int
    dataset: str
    parent: int | None
    path: str
    rows: int
    consent_epoch: int
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One line of the ledger."""

    entry: int
    domain: str
    purpose: str
    epsilon: Decimal
    delta: Decimal
    plan: str
    snapshot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRelease:
    """What was published, byte for byte."""

    id: str
    name: str
    plan: str
    snapshot: int
    purpose: str
    created: str
    body: bytes


class State:
    """One open state database. Create with :meth:`open`; use :meth:`reading` and :meth:`writing`."""

    def __init__(self, engine: sa.Engine, lock: Path) -> None:
        self._engine = engine
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> State:
        """Open or create the database and bring its schema up to date.

        Raises:
            CannotTell: it is damaged, locked, or written by a newer version.
        """
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30, "isolation_level": None})
        sa.event.listen(engine, "connect", _configure)
        sa.event.listen(engine, "begin", _begin)
        state = cls(engine, path.with_suffix(".lock"))
        try:
            state._prepare(path)
        except BaseException:
            state.close()
            raise
        return state

    def _prepare(self, path: Path) -> None:
        with _no_driver_errors():
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
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
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Give a consistent view."""
        with _no_driver_errors(), self._engine.connect() as connection:
            yield Reader(connection)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Give one transaction: durable when the block ends, undone when it raises."""
        with _no_driver_errors(), self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self._engine.connect().execution_options(write=True) as connection, connection.begin():
                yield Writer(connection)


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()  # a connection that fails here is not yet the pool's to close
        raise


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN")


def _version(connection: sa.Connection) -> int:
    if not sa.inspect(connection).has_table("meta"):
        return 0
    value = connection.execute(sa.select(schema.meta.c.value).where(schema.meta.c.key == "schema")).scalar()
    return int(value) if value else 0


@contextmanager
def _no_driver_errors() -> Iterator[None]:
    """Driver errors quote parameters, which may be personal data: they leave as a code and a hint."""
    try:
        yield
    except OperationalError as error:
        text = str(error.orig)
        if "full" in text or "disk I/O" in text:
            raise CannotTell(
                "the disk is full: nothing was recorded, so nothing was done", hint="free some space"
            ) from None
        if "locked" in text:
            raise CannotTell(
                "another process holds the state database", hint="wait for it to end, then try again"
            ) from None
        raise CannotTell("the state database cannot be opened", hint="check that the workspace is writable") from None
    except DatabaseError:
        raise CannotTell("the state database is damaged", hint="restore the workspace from a backup") from None


class Reader:
    """Questions to the state, inside one view of it."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection

    def meta(self, key: str) -> str | None:
        """Return one fact about the workspace."""
        found = self.connection.execute(sa.select(schema.meta.c.value).where(schema.meta.c.key == key)).scalar()
        return None if found is None else str(found)

    def consent_epoch(self) -> int:
        """Return how often consents or erasures changed who may be used."""
        return int(self.meta("consent_epoch") or 0)

    def log_size(self) -> int:
        """Return the number of audit entries."""
        return self.frontier().size

    def frontier(self) -> Frontier:
        """Return the Merkle tree's frontier."""
        row = self.connection.execute(sa.select(schema.tree.c.frontier)).scalar()
        return Frontier.from_bytes(row) if row is not None else Frontier()

    def entries(self, start: int = 0) -> Iterator[bytes]:
        """Yield the audit entries from ``start`` on, in order."""
        query = sa.select(schema.log.c.body).where(schema.log.c.idx >= start).order_by(schema.log.c.idx)
        for row in self.connection.execution_options(yield_per=1000).execute(query):
            # SQLite keeps whatever type somebody wrote: a changed entry must reach verification, not end here
            yield row[0] if isinstance(row[0], bytes) else str(row[0]).encode()

    def numbered(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield (index, bytes) of the audit entries from ``start`` on, in order; after pruning the first index is not ``start``."""
        query = sa.select(schema.log.c.idx, schema.log.c.body).where(schema.log.c.idx >= start)
        for row in self.connection.execution_options(yield_per=1000).execute(query.order_by(schema.log.c.idx)):
            yield int(row[0]), row[1] if isinstance(row[1], bytes) else str(row[1]).encode()

    def staff_names(self) -> dict[str, str]:
        """Return opaque staff id → actor."""
        query = sa.select(schema.staff.c.staff_id, schema.staff.c.actor)
        return {row[0]: row[1] for row in self.connection.execute(query)}

    def tokens(self, domain: str) -> list[tuple[str, str]]:
        """Return (lookup, token) of everybody enrolled in a domain."""
        query = sa.select(schema.vault.c.lookup, schema.vault.c.token).where(schema.vault.c.domain == domain)
        return [(row[0], row[1]) for row in self.connection.execute(query)]

    def token(self, lookup: str) -> str | None:
        """Return one person's token."""
        found = self.connection.execute(sa.select(schema.vault.c.token).where(schema.vault.c.lookup == lookup)).scalar()
        return None if found is None else str(found)

    def consenting(self, purpose: str, now: datetime) -> set[str]:
        """Return the tokens of people whose latest record for ``purpose`` is a grant; refusals win ties.

        The rule of ``consent.decide.decide_consent``, for everybody at once.
        """
        c = schema.consents.c
        refused_first = sa.case((c.state == "withdrawn", 1), else_=0)
        rank = sa.func.row_number().over(partition_by=c.person, order_by=(c.at.desc(), refused_first.desc()))
        ranked = (
            sa.select(c.person, c.state, rank.label("rank"))
            .where(c.purpose == purpose, c.at <= int(now.timestamp()))
            .subquery()
        )
        query = sa.select(ranked.c.person).where(ranked.c.rank == 1, ranked.c.state == "granted")
        return {row[0] for row in self.connection.execute(query)}

    def consents_of(self, person: str) -> list[tuple[str, str, int, str, str]]:
        """Return one person's records: (purpose, state, at, method, notice), oldest first."""
        c = schema.consents.c
        query = sa.select(c.purpose, c.state, c.at, c.method, c.notice).where(c.person == person).order_by(c.at)
        return [tuple(row) for row in self.connection.execute(query)]

    def latest(self, dataset: str) -> Snapshot | None:
        """Return the newest snapshot of a dataset or of ``@portrait``."""
        query = sa.select(schema.snapshots).where(schema.snapshots.c.dataset == dataset)
        row = self.connection.execute(query.order_by(schema.snapshots.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else _snapshot(row)

    def lineage(self, snapshot: Snapshot) -> list[Snapshot]:
        """Return a snapshot and its ancestors, newest first: their files together are its content."""
        query = sa.select(schema.snapshots).where(
            schema.snapshots.c.dataset == snapshot.dataset, schema.snapshots.c.id <= snapshot.id
        )
        by_id = {row.id: _snapshot(row) for row in self.connection.execute(query)}
        chain, current = [], by_id.get(snapshot.id)
        while current is not None:
            chain.append(current)
            current = by_id.get(current.parent) if current.parent is not None else None
        return chain

    def visible_paths(self) -> set[str]:
        """Return the folders of all snapshots, relative to the workspace."""
        return {row[0] for row in self.connection.execute(sa.select(schema.snapshots.c.path))}

    def charges(self, domain: str) -> list[Charge]:
        """Return the ledger of one domain, in order."""
        query = sa.select(schema.charges).where(schema.charges.c.domain == domain).order_by(schema.charges.c.entry)
        return [
            Charge(**{**row._asdict(), "epsilon": Decimal(row.epsilon), "delta": Decimal(row.delta)})
            for row in self.connection.execute(query)
        ]

    def release(self, *, plan: str, snapshot: int) -> StoredRelease | None:
        """Return what the same plan on the same snapshot published."""
        c = schema.releases.c
        row = self.connection.execute(
            sa.select(schema.releases).where(c.plan == plan, c.snapshot == snapshot)
        ).one_or_none()
        return None if row is None else StoredRelease(**row._asdict())

    def releases(self) -> list[StoredRelease]:
        """Return everything published, oldest first."""
        query = sa.select(schema.releases).order_by(schema.releases.c.snapshot, schema.releases.c.created)
        return [StoredRelease(**row._asdict()) for row in self.connection.execute(query)]

    def export_list(self) -> list[dict[str, Any]]:
        """Return the row-level files that left, oldest first."""
        query = sa.select(schema.exports).order_by(schema.exports.c.entry)
        rows = [dict(row._mapping) for row in self.connection.execute(query)]
        return [{**row, "detail": json.loads(row["detail"])} for row in rows]

    def staff_id(self, actor: str) -> str | None:
        """Return the opaque id under which an actor stands in the log."""
        found = self.connection.execute(
            sa.select(schema.staff.c.staff_id).where(schema.staff.c.actor == actor)
        ).scalar()
        return None if found is None else str(found)


class Writer(Reader):
    """Changes to the state, all or none."""

    def set_meta(self, key: str, value: str) -> None:
        """Record one fact about the workspace."""
        statement = upsert(schema.meta).values(key=key, value=value)
        self.connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))

    def append(self, body: bytes) -> int:
        """Append one audit entry and return its index."""
        frontier = self.frontier()
        self.connection.execute(sa.insert(schema.log).values(idx=frontier.size, body=body))
        grown = frontier.append(leaf_hash(body)).to_bytes()
        statement = upsert(schema.tree).values(id=1, frontier=grown)
        self.connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"frontier": grown}))
        return frontier.size

    def enrol(self, lookups: Iterable[str], domain: str) -> int:
        """Give a random token and salt to everybody not yet in the vault; return how many were new."""
        rows = [
            {"lookup": lookup, "domain": domain, "token": "v_" + secrets.token_hex(16), "salt": secrets.token_bytes(32)}
            for lookup in lookups
        ]
        before = self._count(schema.vault)
        if rows:
            self.connection.execute(upsert(schema.vault).on_conflict_do_nothing(index_elements=["lookup"]), rows)
        return self._count(schema.vault) - before

    def _count(self, table: sa.Table) -> int:
        return int(self.connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

    def add_consents(self, records: Sequence[ConsentRecord]) -> int:
        """Add records; ones already known are left alone. Return how many were new, and move the epoch if any was."""
        rows = [
            {
                "person": r.person,
                "purpose": r.purpose,
                "state": r.state,
                "at": int(r.at.timestamp()),
                "method": r.method,
                "notice": r.notice,
            }
            for r in records
        ]
        before = self._count(schema.consents)
        if rows:
            self.connection.execute(upsert(schema.consents).on_conflict_do_nothing(), rows)
        added = self._count(schema.consents) - before
        if added:
            self.set_meta("consent_epoch", str(self.consent_epoch() + 1))
        return added

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Make files visible."""
        values = {
            "id": snapshot.id,
            "dataset": snapshot.dataset,
            "parent": snapshot.parent,
            "path": snapshot.path,
            "rows": snapshot.rows,
            "consent_epoch": snapshot.consent_epoch,
            "detail": json.dumps(snapshot.detail, sort_keys=True),
        }
        self.connection.execute(sa.insert(schema.snapshots).values(**values))

    def add_charge(self, charge: Charge) -> None:
        """Add a line to the ledger. The caller has checked, in this transaction, that it fits."""
        values = {name: getattr(charge, name) for name in charge.__slots__}
        values |= {"epsilon": str(charge.epsilon), "delta": str(charge.delta)}
        self.connection.execute(sa.insert(schema.charges).values(**values))

    def add_release(self, release: StoredRelease) -> None:
        """Record what is published."""
        values = {name: getattr(release, name) for name in release.__slots__}
        self.connection.execute(sa.insert(schema.releases).values(**values))

    def add_export(self, **values: str | int) -> None:
        """Record a row-level file that leaves."""
        self.connection.execute(sa.insert(schema.exports).values(**values))

    def name_staff(self, actor: str) -> str:
        """Return an actor's opaque id, made at first sight."""
        known = self.staff_id(actor)
        if known is not None:
            return known
        staff_id = "staff-" + secrets.token_hex(4)
        self.connection.execute(sa.insert(schema.staff).values(actor=actor, staff_id=staff_id))
        return staff_id


def _snapshot(row: Any) -> Snapshot:
    values = dict(row._mapping)
    return Snapshot(**{**values, "detail": json.loads(values["detail"])})
