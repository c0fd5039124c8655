"""Single people in the state database: found, held, erased, and the marks that keep an erased person out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert

from secureprofile.adapters import schema
from secureprofile.adapters.views import Reader, Writer

_FEW = 500
"""SQLite allows a few hundred parameters in every build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One row of the vault. It shows nothing: whoever has the salt can find the person in every run."""

    domain: str
    lookup: str = field(repr=False)
    token: str = field(repr=False)
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What stands in the way of an erasure (``hold``), or when it is due (``erase``). ``until`` is an ISO day, or empty."""

    kind: str
    until: str
    entry: int
    reference: str = ""


def people_of(view: Reader, lookups: Iterable[str]) -> list[Person]:
    """Return the people whom the vault knows under some lookups, by domain."""
    c = schema.vault.c
    found = list[Person]()
    for some in _parts(list(lookups)):
        query = sa.select(c.domain, c.lookup, c.token, c.salt).where(c.lookup.in_(some)).order_by(c.domain)
        found += [Person(**row._mapping) for row in view.connection.execute(query)]
    return found


def people_by_token(view: Reader, tokens: Iterable[str]) -> list[Person]:
    """Return the people whom the vault knows under some tokens."""
    c = schema.vault.c
    found = list[Person]()
    for some in _parts(list(tokens)):
        query = sa.select(c.domain, c.lookup, c.token, c.salt).where(c.token.in_(some))
        found += [Person(**row._mapping) for row in view.connection.execute(query)]
    return found


def vault_domains(view: Reader) -> list[str]:
    """Return the domains of which people are enrolled."""
    return [row[0] for row in view.connection.execute(sa.select(schema.vault.c.domain).distinct())]


def all_lookups(view: Reader, domain: str) -> Iterable[str]:
    """Yield the lookup of everybody in a domain."""
    c = schema.vault.c
    query = sa.select(c.lookup).where(c.domain == domain)
    return (row[0] for row in view.connection.execution_options(yield_per=50_000).execute(query))


def holds_of(view: Reader, token: str, *, today: str) -> dict[str, Hold]:
    """Return what is set on a person, by kind; a hold whose day has passed no longer counts."""
    return {one.kind: one for person, one in holds(view, today=today) if person == token}


def holds(view: Reader, *, today: str) -> list[tuple[str, Hold]]:
    """Return (person, hold) of all that count on an ISO day, erasures that wait included."""
    c = schema.holds.c
    query = sa.select(c.person, c.kind, c.until, c.entry, c.reference).order_by(c.entry)
    found = [
        (row.person, Hold(kind=row.kind, until=row.until, entry=row.entry, reference=row.reference))
        for row in view.connection.execute(query)
    ]
    return [(person, one) for person, one in found if one.kind == "erase" or not one.until or one.until >= today]


def set_hold(tx: Writer, token: str, hold: Hold) -> None:
    """Set or replace a hold."""
    drop_hold(tx, token, hold.kind)
    values = {name: getattr(hold, name) for name in hold.__slots__}
    tx.connection.execute(sa.insert(schema.holds).values(person=token, **values))


def drop_hold(tx: Writer, token: str, kind: str) -> None:
    """Lift a hold."""
    c = schema.holds.c
    tx.connection.execute(sa.delete(schema.holds).where(c.person == token, c.kind == kind))


def marks(view: Reader) -> dict[str, int]:
    """Return everybody's mark who was erased, with the entry of the erasure."""
    c = schema.tombstones.c
    return {row[0]: int(row[1]) for row in view.connection.execute(sa.select(c.mark, c.entry))}


def add_marks(tx: Writer, new: Iterable[str], *, entry: int) -> None:
    """Record marks under the entry of the erasure."""
    rows = [{"mark": one, "entry": entry} for one in new]
    if rows:
        tx.connection.execute(upsert(schema.tombstones).on_conflict_do_nothing(), rows)


def remove_marks(tx: Writer, gone: Iterable[str]) -> None:
    """Forget that somebody was erased."""
    tx.connection.execute(sa.delete(schema.tombstones).where(schema.tombstones.c.mark.in_(list(gone))))


def owned_tokens(view: Reader, lookup: str) -> list[tuple[str, str, str]]:
    """Return (purpose, recipient, category) of the random tokens that stand for a person's values, without the values."""
    o, s = schema.token_owners.c, schema.token_scopes.c
    query = sa.select(s.purpose, s.recipient, s.category).join(schema.token_scopes, o.scope == s.id)
    return [tuple(row) for row in view.connection.execute(query.where(o.person == lookup).distinct())]


def erase_people(tx: Writer, people: Sequence[Person]) -> int:
    """Delete people with everything that hangs on them: consents, holds, their values' random tokens. Return how many tokens went.

    A token goes with the last person whose value it stands for.
    """
    o, t = schema.token_owners.c, schema.tokens.c
    gone = 0
    for some in _parts([person.lookup for person in people]):
        of_them = o.person.in_(some)
        mine = sa.select(o.scope, o.lookup).where(of_them).distinct().subquery()
        others = sa.select(o.scope, o.lookup).where(~of_them).subquery()
        held = sa.exists().where(others.c.scope == mine.c.scope, others.c.lookup == mine.c.lookup)
        doomed = sa.select(mine.c.scope, mine.c.lookup).where(~held)
        for scope, lookup in tx.connection.execute(doomed).all():
            gone += tx.connection.execute(sa.delete(schema.tokens).where(t.scope == scope, t.lookup == lookup)).rowcount
        tx.connection.execute(sa.delete(schema.token_owners).where(of_them))
        tx.connection.execute(sa.delete(schema.vault).where(schema.vault.c.lookup.in_(some)))
    return gone


def own_tokens(tx: Writer, scope: int, pairs: Iterable[tuple[str, str]]) -> None:
    """Record whose values have random tokens: (vault lookup, token lookup)."""
    rows = [(person, scope, lookup) for person, lookup in pairs]
    if rows:
        tx.connection.exec_driver_sql(
            "INSERT INTO token_owners (person, scope, lookup) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows
        )


def _parts(names: list[str]) -> Iterable[list[str]]:
    return (names[start : start + _FEW] for start in range(0, len(names), _FEW))
