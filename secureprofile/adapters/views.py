"""Questions to the state database, and changes to it: inside one view or one transaction of :class:`secureprofile.adapters.state.State`."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert

from secureprofile.adapters import consents, schema, tiles
from secureprofile.audit.merkle import Frontier, leaf_hash
from secureprofile.audit.tiles import WIDTH, Node
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


_AMOUNTS = ("epsilon", "delta", "rho", "samplers")


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
    rho: Decimal
    samplers: Decimal
    at: str


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

    def nodes(self, size: int) -> Node:
        """Return the roots of the perfect subtrees of the log's first ``size`` entries, for proofs."""
        return tiles.log_nodes(self.connection, size)

    def entry(self, index: int) -> bytes | None:
        """Return one audit entry, None where there is none."""
        body = self.connection.execute(sa.select(schema.log.c.body).where(schema.log.c.idx == index)).scalar()
        return body if body is None or isinstance(body, bytes) else str(body).encode()

    def token(self, lookup: str) -> str | None:
        """Return one person's token."""
        found = self.connection.execute(sa.select(schema.vault.c.token).where(schema.vault.c.lookup == lookup)).scalar()
        return None if found is None else str(found)

    def consent_records(self, person: str) -> list[ConsentRecord]:
        """Return one person's records with all their fields, oldest first."""
        c = schema.consents.c
        query = sa.select(schema.consents).where(c.person == person).order_by(c.at, c.purpose, c.state, c.digest)
        return [consents.record_of(row) for row in self.connection.execute(query)]

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

    def snapshots(self) -> list[Snapshot]:
        """Return every snapshot of every dataset and portrait, oldest first."""
        return [
            _snapshot(row)
            for row in self.connection.execute(sa.select(schema.snapshots).order_by(schema.snapshots.c.id))
        ]

    def entries_at(self, indices: Sequence[int]) -> dict[int, bytes]:
        """Return some audit entries by index; pruned ones are missing."""
        found, c = dict[int, bytes](), schema.log.c
        for start in range(0, len(indices), 500):
            query = sa.select(c.idx, c.body).where(c.idx.in_(list(indices[start : start + 500])))
            found |= {row[0]: bytes(row[1]) for row in self.connection.execute(query)}
        return found

    def actors(self) -> dict[str, str]:
        """Return opaque id → actor."""
        c = schema.staff.c
        return {row[0]: row[1] for row in self.connection.execute(sa.select(c.staff_id, c.actor))}

    def visible_paths(self) -> set[str]:
        """Return the folders of all snapshots, relative to the workspace."""
        return {row[0] for row in self.connection.execute(sa.select(schema.snapshots.c.path))}

    def charges(self, domain: str | None = None) -> list[Charge]:
        """Return the ledger of one domain, or the whole of it, in order."""
        query = sa.select(schema.charges).order_by(schema.charges.c.entry)
        if domain is not None:
            query = query.where(schema.charges.c.domain == domain)
        return [
            Charge(**{**row._asdict(), **{name: Decimal(getattr(row, name)) for name in _AMOUNTS}})
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


def driver(connection: sa.Connection) -> sqlite3.Connection:
    """Return the driver's connection under SQLAlchemy's."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


class Writer(Reader):
    """Changes to the state, all or none. Made by :meth:`State.writing`, for one transaction.

    The statements of an append go to the driver: SQLAlchemy's way there costs more than the disk.
    """

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        self._raw = driver(connection)
        self._frontier: Frontier | None = None
        self._stored: Frontier | None = None

    def set_meta(self, key: str, value: str) -> None:
        """Record one fact about the workspace."""
        statement = upsert(schema.meta).values(key=key, value=value)
        self.connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))

    def append(self, *bodies: bytes) -> int:
        """Append audit entries and return the first one's index."""
        frontier = self.frontier()
        first = frontier.size
        self._raw.executemany("INSERT INTO log (idx, body) VALUES (?, ?)", enumerate(bodies, first))
        for body in bodies:
            frontier = frontier.append(leaf_hash(body))
            if frontier.size % WIDTH == 0:
                tiles.complete(self.connection, frontier.size)
        self._frontier = frontier
        return first

    def frontier(self) -> Frontier:
        """Return the Merkle tree's frontier, this transaction's entries included."""
        if self._frontier is None:
            row = self._raw.execute("SELECT frontier FROM tree").fetchone()
            self._stored = self._frontier = Frontier.from_bytes(row[0]) if row is not None else Frontier()
        return self._frontier

    def store_tree(self) -> None:
        """Write the frontier beside the entries, once for all of a transaction; :meth:`State.writing` calls it before the commit."""
        if self._frontier is not None and self._frontier is not self._stored:
            self._raw.execute(
                "INSERT INTO tree (id, frontier) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET frontier = excluded.frontier",
                (self._frontier.to_bytes(),),
            )

    def enrol(self, lookups: Iterable[str], domain: str) -> int:
        """Give a random token and salt to everybody not yet in the vault; return how many were new."""
        batch = self.connection.execute(sa.insert(schema.enrolments)).inserted_primary_key
        assert batch is not None
        rows = [
            {
                "lookup": lookup,
                "domain": domain,
                "token": "v_" + secrets.token_hex(16),
                "salt": secrets.token_bytes(32),
                "batch": batch[0],
            }
            for lookup in lookups
        ]
        new = 0
        if rows:
            new = self.connection.execute(
                upsert(schema.vault).on_conflict_do_nothing(index_elements=["lookup"]), rows
            ).rowcount
        if not new:
            self.connection.execute(sa.delete(schema.enrolments).where(schema.enrolments.c.id == batch[0]))
        return new

    def has_new_salts(self) -> bool:
        """Return whether people were enrolled to whose salts no entry commits yet."""
        query = sa.select(schema.enrolments.c.id).where(schema.enrolments.c.entry.is_(None)).limit(1)
        return self.connection.execute(query).scalar() is not None

    def move_epoch(self) -> None:
        """Record that who may be used, or what is stored, changed: acts under way end without effect, portraits are built anew."""
        self.set_meta("consent_epoch", str(self.consent_epoch() + 1))

    def add_consents(self, records: Iterable[ConsentRecord]) -> int:
        """Add records; ones already known are left alone. Return how many were new, and move the epoch if any was."""
        entry = self.log_size()  # the next one, which this transaction appends
        added = consents.insert(self.connection, ((*r.values(), r.digest, entry) for r in records))
        if added:
            self.move_epoch()
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

    def move_snapshot(self, snapshot: Snapshot, *, path: str, rows: int) -> None:
        """Let a snapshot have other files: what stood in the old ones is gone with them.

        Raises:
            CannotTell: somebody else changed it meanwhile.
        """
        c = schema.snapshots.c
        statement = sa.update(schema.snapshots).where(c.id == snapshot.id, c.path == snapshot.path)
        if self.connection.execute(statement.values(path=path, rows=rows)).rowcount != 1:
            raise CannotTell("the store was changed meanwhile: nothing was done", hint="run the same command again")

    def drop_snapshot(self, snapshot: Snapshot) -> None:
        """Take a snapshot out of the store; what rested on it rests on its parent."""
        c = schema.snapshots.c
        self.connection.execute(
            sa.update(schema.snapshots).where(c.parent == snapshot.id).values(parent=snapshot.parent)
        )
        self.connection.execute(sa.delete(schema.snapshots).where(c.id == snapshot.id))

    def add_charge(self, charge: Charge) -> None:
        """Add a line to the ledger. The caller has checked, in this transaction, that it fits."""
        values = {name: getattr(charge, name) for name in charge.__slots__}
        values |= {name: str(values[name]) for name in _AMOUNTS}
        self.connection.execute(sa.insert(schema.charges).values(**values))

    def add_release(self, release: StoredRelease) -> None:
        """Record what is published."""
        values = {name: getattr(release, name) for name in release.__slots__}
        self.connection.execute(sa.insert(schema.releases).values(**values))

    def add_export(self, **values: str | int) -> None:
        """Record a row-level file that leaves."""
        self.connection.execute(sa.insert(schema.exports).values(**values))

    def add_run(self, **values: str | int) -> None:
        """Record an act that touched people; see ``schema.runs``."""
        self.connection.execute(sa.insert(schema.runs).values(**values))

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
