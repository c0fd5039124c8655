"""The tables of the state database, and how older ones are brought up to date.

SQLAlchemy Core, no vendor types: SQLite embedded today, PostgreSQL by URL with the same definitions.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.schema import CreateColumn

from secureprofile.adapters.tiles import fill as fill_tiles

metadata = MetaData()

PARAMETERS = 500
"""Values in one statement: SQLite allows a few hundred in every build."""

meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))
"""Facts about the workspace: schema version, id, creator, policy, keys, consent epoch."""

staff = Table(
    "staff",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("staff_id", String(32), unique=True, nullable=False),
)
"""Who is behind the opaque staff ids of the log. Deletable: the log stays valid."""

log = Table("log", metadata, Column("idx", Integer, primary_key=True), Column("body", LargeBinary, nullable=False))
"""The audit entries, in order; the Merkle tree's leaves."""

tree = Table("tree", metadata, Column("id", Integer, primary_key=True), Column("frontier", LargeBinary, nullable=False))
"""One row: the tree's frontier, so that appending costs O(log n)."""

tiles = Table(
    "tiles",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("idx", Integer, primary_key=True),
    Column("root", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The tree's full tiles: 256 hashes of a level, and the root over them, which is a hash of the next level. Derived from the log."""

witnesses = Table(
    "witnesses",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("vkey", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("size", Integer, nullable=False, server_default="0"),
)
"""Who cosigns this log's checkpoints, where to ask, and the size that was cosigned last."""

anchors = Table(
    "anchors",
    metadata,
    Column("size", Integer, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("at", Text, nullable=False),
)
"""What others said of a checkpoint: ``witness`` (the note with a cosignature), ``timestamp`` (an RFC 3161 response). Kept when entries go."""

vault = Table(
    "vault",
    metadata,
    Column("lookup", String(64), primary_key=True),
    Column("domain", String(64), nullable=False),
    Column("token", String(48), unique=True, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("batch", Integer),
)
"""Person (keyed lookup of the identifier) → random token and salt. Deleting a row unlinks the person from the store.

``batch``: with whom together the salt was enrolled, and committed to in the log.
"""

enrolments = Table(
    "enrolments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry", Integer),
    Column("size", Integer),
)
"""Batches of new salts: the entry that commits to them, and how many leaves; NULL until the act's outcome is written."""

runs = Table(
    "runs",
    metadata,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("entry", Integer, nullable=False, unique=True),
    Column("act", String(64), nullable=False),
    Column("at", Text, nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("dataset", String(64), nullable=False),
    Column("domain", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
)
"""Acts that touched people: intent, outcome, and the leaves of the committed tree (0: it commits to nobody in particular).

``kept``: whether the tokens are still there; ``domain`` is empty where people of several may be in it.
"""

tombstones = Table(
    "tombstones",
    metadata,
    Column("mark", String(64), primary_key=True),
    Column("entry", Integer, nullable=False),
)
"""Who was erased, as HMAC of the vault lookup under a key of its own: the one remainder, so that nobody is enrolled again unnoticed."""

holds = Table(
    "holds",
    metadata,
    Column("person", String(48), ForeignKey("vault.token", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("until", Text, nullable=False),
    Column("entry", Integer, nullable=False),
    Column("reference", Text, nullable=False, server_default=""),
)
"""``hold``: must not be erased until a day (empty: until lifted); ``erase``: is to be erased on a day."""

token_owners = Table(
    "token_owners",
    metadata,
    Column("person", String(64), primary_key=True),
    Column("scope", Integer, ForeignKey("token_scopes.id"), primary_key=True),
    Column("lookup", String(32), primary_key=True),
    sqlite_with_rowid=False,
)
"""Whose values have random tokens: vault lookup → rows of ``tokens``; known where the person is enrolled."""

consents = Table(
    "consents",
    metadata,
    Column("person", String(48), ForeignKey("vault.token", ondelete="CASCADE"), primary_key=True),
    Column("purpose", String(64), primary_key=True),
    Column("at", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), primary_key=True),
    Column("method", Text, nullable=False),
    Column("notice", Text, nullable=False),
    Column("notice_version", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("categories", Text, nullable=False),
    Column("expires", Integer),
    Column("guardian", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("minor", Integer),
    Column("birth_year", Integer),
    Column("age_from", Integer),
    Column("sensitive", Integer, nullable=False),
    Column("disclosure", Integer, nullable=False),
    Column("cross_border", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("digest", LargeBinary, primary_key=True),
    Column("entry", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Consent records; the columns up to ``digest`` are the fields of ``consent.records.ConsentRecord`` in their order.

Times are seconds since 1970 UTC; ``entry`` is the log's entry with which a record became known. Kept in the order of the key, so
that the records of one person stand together and everybody's can be judged in one pass.
"""

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("dataset", String(64), nullable=False),
    Column("parent", Integer),
    Column("path", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("consent_epoch", Integer, nullable=False),
    Column("detail", Text, nullable=False),
)
"""Immutable versions: the id is the index of the intent entry; files of all ancestors are visible in a snapshot.

``dataset`` ``@portrait`` marks portraits; their ``detail`` (JSON) names the snapshots they rest on.
"""

charges = Table(
    "charges",
    metadata,
    Column("entry", Integer, primary_key=True, autoincrement=False),
    Column("domain", String(64), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("epsilon", Text, nullable=False),
    Column("delta", Text, nullable=False),
    Column("plan", String(64), nullable=False),
    Column("snapshot", Integer, nullable=False),
    Column("rho", Text, nullable=False, server_default="0"),
    Column("samplers", Text, nullable=False, server_default="0"),
    Column("at", Text, nullable=False, server_default=""),
)
"""The budget ledger. Amounts are exact decimals as text; rows are never changed or removed. ``samplers`` is the part of δ for drawn noise."""

releases = Table(
    "releases",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("plan", String(64), nullable=False),
    Column("snapshot", Integer, nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("created", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("plan", "snapshot"),
)
"""What was published, byte for byte: the same plan on the same snapshot returns these bytes and costs nothing."""

exports = Table(
    "exports",
    metadata,
    Column("entry", Integer, primary_key=True, autoincrement=False),
    Column("dataset", String(64), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("kid", String(8), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", Text, nullable=False, server_default=""),
    Column("agreement", Text, nullable=False, server_default=""),
    Column("scheme", String(32), nullable=False, server_default="sp/canonical/1"),
    Column("rows", String(16), nullable=False, server_default=""),
    Column("policy", String(64), nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default="{}"),
)
"""Row-level files that left, for recall. ``rows`` is a size class; ``detail`` (JSON) holds the columns and how the subject was spelled."""

token_scopes = Table(
    "token_scopes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kid", String(8), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("category", String(128), nullable=False),
    UniqueConstraint("kid", "purpose", "recipient", "category"),
)
"""For whom random tokens were given out; tokens of two scopes have nothing in common."""

tokens = Table(
    "tokens",
    metadata,
    Column("scope", Integer, ForeignKey("token_scopes.id"), primary_key=True),
    Column("lookup", String(32), primary_key=True),
    Column("token", String(32), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("entry", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Keyed lookup of a value → random token and the value, encrypted; ``entry``: the act that gave it. Deleting a row unlinks it."""

export_keys = Table(
    "export_keys",
    metadata,
    Column("entry", Integer, primary_key=True, autoincrement=False),
    Column("role", String(16), primary_key=True),
    Column("kid", String(8), nullable=False),
)
"""Which keys an export was made with, by role of the key ring."""

Index("snapshots_by_dataset", snapshots.c.dataset)
Index("charges_by_domain", charges.c.domain)
Index("vault_by_batch", vault.c.batch)
Index("owners_by_token", token_owners.c.scope, token_owners.c.lookup)
Index("tokens_by_token", tokens.c.scope, tokens.c.token, unique=True)


def _v1(connection: Connection) -> None:
    metadata.create_all(connection)


def _v2(connection: Connection) -> None:
    """Exports say when, under which agreement, scheme and policy, and how each column was treated."""
    _add_columns(connection, exports)


def _add_columns(connection: Connection, table: Table) -> None:
    """Add the columns that a table of an older database lacks; a new one has them from the first step."""
    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in there:
            ddl = CreateColumn(column).compile(dialect=connection.dialect)
            connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {ddl}"))


def _v3(connection: Connection) -> None:
    """Random tokens get their tables; a database made by this version has them from the first step."""
    metadata.create_all(connection, tables=[token_scopes, tokens, export_keys])


def _v4_tiles(connection: Connection) -> None:
    """Proofs read tiles: those of the entries that are there already are made now."""
    metadata.create_all(connection, tables=[tiles, witnesses, anchors])
    fill_tiles(connection)


def _v5_subject(connection: Connection) -> None:
    """Runs commit to people; salts from before are committed to by the next act that has an outcome."""
    metadata.create_all(connection, tables=[enrolments, runs, tombstones, holds, token_owners])
    if "batch" not in {column["name"] for column in inspect(connection).get_columns("vault")}:
        connection.execute(text("ALTER TABLE vault ADD COLUMN batch INTEGER"))
        connection.execute(text("CREATE INDEX vault_by_batch ON vault (batch)"))
        connection.execute(text("INSERT INTO enrolments (id) SELECT 1 WHERE EXISTS (SELECT 1 FROM vault)"))
        connection.execute(text("UPDATE vault SET batch = 1"))


def _v6_consent(connection: Connection) -> None:
    """Consent records get the fields of ISO/IEC TS 27560 and a digest each."""
    if "digest" in {column["name"] for column in inspect(connection).get_columns("consents")}:
        return  # a new database has them from the first step
    from secureprofile.consent.records import digest_of

    connection.execute(text("ALTER TABLE consents RENAME TO consents_v3"))
    metadata.create_all(connection, tables=[consents])
    fields = [column.name for column in consents.columns][:-2]
    empty: dict[str, str | int | None] = {name: None if consents.c[name].nullable else "" for name in fields}
    empty |= {"sensitive": 0, "disclosure": 0, "cross_border": 0}
    rows = connection.execute(text("SELECT person, purpose, at, state, method, notice FROM consents_v3"))
    while piece := rows.fetchmany(10_000):
        full: list[dict[str, str | int | None]] = [{**empty, **row._mapping} for row in piece]
        connection.execute(
            insert(consents), [{**row, "digest": digest_of(row[name] for name in fields), "entry": 0} for row in full]
        )
    connection.execute(text("DROP TABLE consents_v3"))


_MOST_RHO = "1000"
"""More than any ceiling: ε is at most 100."""


def _v7_ledger(connection: Connection) -> None:
    """Lines of the ledger say their ρ and when they were written, as the published bytes do. One that states no ρ uses up any ceiling of ρ."""
    _add_columns(connection, charges)
    rows = connection.execute(
        select(charges.c.entry, releases.c.created, releases.c.body)
        .join(releases, (releases.c.plan == charges.c.plan) & (releases.c.snapshot == charges.c.snapshot))
        .where(charges.c.at == "")
    )
    for entry, created, body in rows.all():
        rho = json.loads(body).get("rho") or _MOST_RHO
        connection.execute(update(charges).where(charges.c.entry == entry).values(rho=rho, at=created))


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_v1, _v2, _v3, _v4_tiles, _v5_subject, _v6_consent, _v7_ledger)
"""One step per schema version; a published step never changes."""


def migrate(connection: Connection, version: int) -> int:
    """Bring a database from ``version`` to the newest, inside the caller's transaction; return the version reached."""
    for step in MIGRATIONS[version:]:
        step(connection)
    newest = len(MIGRATIONS)
    known = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar()
    if known is None:
        connection.execute(insert(meta).values(key="schema", value=str(newest)))
    elif version < newest:
        connection.execute(update(meta).where(meta.c.key == "schema").values(value=str(newest)))
    return newest
