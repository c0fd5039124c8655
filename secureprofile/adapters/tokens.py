"""The token table: random tokens for values, many at a time. Asked and changed inside the state's own transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from secureprofile.adapters import schema
from secureprofile.adapters.views import Reader, Writer
from secureprofile.errors import CannotTell

CHUNK = 50_000
"""Rows that are held as Python values at a time."""

KNOWN = pa.schema([("lookup", pa.string()), ("token", pa.string())])
"""What an engine joins with: 32 hex digits each."""

SEALED = pa.schema([("lookup", pa.string()), ("token", pa.string()), ("value", pa.binary())])


_INSERT = "INSERT INTO tokens (scope, lookup, token, value, entry) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
"""Spelled for the driver: building each row's parameters anew would cost as much as writing it."""

_CACHE = "PRAGMA cache_size=-65536"
"""64 MB for this connection: tokens are random, and so are the places in their index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """For whom tokens are: values of one category, for one purpose and recipient, under one key."""

    kid: str
    purpose: str
    recipient: str
    category: str


def known_tokens(view: Reader, scope: Scope) -> pa.Table:
    """Return every (lookup, token) of a scope as an Arrow table of schema :data:`KNOWN`."""
    number = _number(view, scope)
    c = schema.tokens.c
    query = sa.select(c.lookup, c.token).where(c.scope == number)
    batches = _batches(view, query, KNOWN) if number is not None else ()
    return pa.Table.from_batches(batches, schema=KNOWN)


def sealed_tokens(view: Reader, scope: Scope, tokens: Sequence[str]) -> pa.Table:
    """Return the rows (schema :data:`SEALED`) of those of ``tokens`` (32 hex digits each) that a scope knows."""
    number = _number(view, scope)
    if number is None:
        return SEALED.empty_table()
    c, found = schema.tokens.c, list[pa.RecordBatch]()
    for start in range(0, len(tokens), 500):  # SQLite allows a few hundred parameters in every build
        some = tokens[start : start + 500]
        query = sa.select(c.lookup, c.token, c.value).where(c.scope == number, c.token.in_(some))
        found.extend(_batches(view, query, SEALED))
    return pa.Table.from_batches(found, schema=SEALED)


def add_tokens(tx: Writer, scope: Scope, new: pa.Table, *, entry: int) -> int:
    """Enrol new values (schema :data:`SEALED`) under an act; return how many.

    Raises:
        CannotTell: another act gave tokens to some of these values meanwhile; nothing was enrolled.
    """
    if not new.num_rows:
        return 0
    number = _number(tx, scope)
    if number is None:
        tx.connection.execute(sa.insert(schema.token_scopes).values(**_values(scope)))
        number = _number(tx, scope)
        assert number is not None
    tx.connection.exec_driver_sql(_CACHE)
    before = _count(tx, number)
    for batch in new.to_batches(max_chunksize=CHUNK):
        columns = [batch[name].to_pylist() for name in SEALED.names]
        rows = [(number, lookup, token, value, entry) for lookup, token, value in zip(*columns, strict=True)]
        tx.connection.exec_driver_sql(_INSERT, rows)
    added = _count(tx, number) - before
    if added != new.num_rows:
        raise CannotTell(
            "another run gave tokens to the same values meanwhile: nothing was written",
            hint="run the same command again",
        )
    return added


def add_export_keys(tx: Writer, entry: int, kids: Mapping[str, str]) -> None:
    """Record which keys an export was made with: role → kid."""
    rows = [{"entry": entry, "role": role, "kid": kid} for role, kid in kids.items()]
    if rows:
        tx.connection.execute(sa.insert(schema.export_keys), rows)


def key_uses(view: Reader) -> dict[tuple[str, str], int]:
    """Return how many exports each key, as (role, kid), was used for."""
    c = schema.export_keys.c
    query = sa.select(c.role, c.kid, sa.func.count()).group_by(c.role, c.kid)
    return {(row[0], row[1]): int(row[2]) for row in view.connection.execute(query)}


def exported_kids(view: Reader, *, dataset: str, purpose: str, recipient: str, role: str) -> list[str]:
    """Return the keys of a role that exports of a dataset for a purpose and recipient were made with, the latest first."""
    c, k = schema.exports.c, schema.export_keys.c
    query = (
        sa.select(k.kid)
        .join(schema.exports, c.entry == k.entry)
        .where(c.dataset == dataset, c.purpose == purpose, c.recipient == recipient, k.role == role)
        .order_by(c.entry.desc())
    )
    return list(dict.fromkeys(row[0] for row in view.connection.execute(query)))


def _values(scope: Scope) -> dict[str, str]:
    return {"kid": scope.kid, "purpose": scope.purpose, "recipient": scope.recipient, "category": scope.category}


def _number(view: Reader, scope: Scope) -> int | None:
    c = schema.token_scopes.c
    conditions = [c[name] == value for name, value in _values(scope).items()]
    found = view.connection.execute(sa.select(c.id).where(*conditions)).scalar()
    return None if found is None else int(found)


def _count(tx: Writer, scope: int) -> int:
    query = sa.select(sa.func.count()).select_from(schema.tokens).where(schema.tokens.c.scope == scope)
    return int(tx.connection.execute(query).scalar_one())


def _batches(view: Reader, query: sa.Select[tuple[str, ...]], form: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Turn rows into Arrow a chunk at a time: millions of them as Python tuples would fill the memory."""
    result: Iterable[Sequence[sa.Row[tuple[str, ...]]]] = (
        view.connection.execution_options(yield_per=CHUNK).execute(query).partitions()
    )
    for part in result:
        columns = list(zip(*part, strict=True))
        yield pa.record_batch([pa.array(cells, field.type) for cells, field in zip(columns, form, strict=True)], form)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAge:
    """The random tokens that one act gave for one purpose; ``tokens`` counts them."""

    scope: int
    purpose: str
    entry: int
    tokens: int


def token_ages(view: Reader) -> list[TokenAge]:
    """Return the random tokens by the act that gave them, oldest first."""
    t, s = schema.tokens.c, schema.token_scopes.c
    query = (
        sa.select(t.scope, s.purpose, t.entry, sa.func.count())
        .join(schema.token_scopes, t.scope == s.id)
        .group_by(t.scope, s.purpose, t.entry)
        .order_by(t.entry, t.scope)
    )
    return [
        TokenAge(scope=row[0], purpose=row[1], entry=row[2], tokens=row[3]) for row in view.connection.execute(query)
    ]


def drop_tokens(tx: Writer, age: TokenAge) -> None:
    """Delete the tokens that one act gave, and whose values they stood for."""
    t, o = schema.tokens.c, schema.token_owners.c
    given = sa.select(t.lookup).where(t.scope == age.scope, t.entry == age.entry)
    tx.connection.execute(sa.delete(schema.token_owners).where(o.scope == age.scope, o.lookup.in_(given)))
    tx.connection.execute(sa.delete(schema.tokens).where(t.scope == age.scope, t.entry == age.entry))
