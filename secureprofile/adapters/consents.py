"""The consent records of the state database: written in bulk, and judged for everybody at once.

:func:`reasons` is the rule of ``consent.decide`` as one SQL expression over the records of a purpose: one pass in the order of
the table's key, no sorting and no window. A grant's second and its gravest fault are one number (second · 16 + fault), so that
the largest is the latest grant and, of two at the same second, the one that allows least.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from secureprofile.adapters import schema
from secureprofile.consent.decide import ALLOWED, ENDED, FAULTS, Reason
from secureprofile.consent.records import ConsentRecord
from secureprofile.consent.rules import Rules
from secureprofile.consent.snapshot import Snapshot

FIELDS: Final = tuple(column.name for column in schema.consents.columns)

PEOPLE: Final = pa.schema([("lookup_", pa.string()), ("person", pa.string())])
"""Vault lookup and vault token of people."""

_BATCH: Final = 20_000

_BITS: Final = 4
"""Binary places for a fault beside a second."""


def insert(connection: sa.Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Add rows of values in the order of :data:`FIELDS`; records that are there already are left alone. Rows are taken as they come."""
    marks = ", ".join("?" for _ in FIELDS)
    sql = f"INSERT INTO consents ({', '.join(FIELDS)}) VALUES ({marks}) ON CONFLICT DO NOTHING"
    # the driver itself: it takes an iterator, and needs no dictionary a row
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.executemany(sql, rows)


def record_of(row: Any) -> ConsentRecord:
    """Return a stored row as a record."""
    values = {name: value for name, value in row._mapping.items() if name not in ("digest", "entry")}
    flags = {name: bool(values[name]) for name in ("sensitive", "disclosure", "cross_border")}
    minor = None if values["minor"] is None else bool(values["minor"])
    expires = None if values["expires"] is None else datetime.fromtimestamp(values["expires"], UTC)
    return ConsentRecord(
        **{**values, **flags, "minor": minor, "expires": expires, "at": datetime.fromtimestamp(values["at"], UTC)}
    )


def reasons(purpose: str, now: datetime, rules: Rules, *, known_before: int | None = None) -> sa.Select[Any]:
    """Return a query for (person, reason) of everybody who has a record for a purpose.

    Args:
        purpose: of the policy.
        now: UTC; later records do not count.
        rules: what the use asks of grants.
        known_before: leave out records that came with this entry of the log or a later one.
    """
    c = schema.consents.c
    second = int(now.timestamp())
    past = c.at <= second

    def latest(state: str) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.max(sa.case((past & (c.state == state), c.at))), -1)

    graded = sa.func.max(sa.case((past & (c.state == "granted"), c.at * (1 << _BITS) + _fault(rules, now))))
    ends = [(c.state == state, rank) for rank, state in enumerate(ENDED)]
    ended = sa.func.max(sa.case((past & c.state.in_(ENDED), c.at * (1 << _BITS) + sa.case(*ends))))
    where = [c.purpose == purpose]
    if known_before is not None:
        where.append(c.entry < known_before)
    found = (
        sa.select(
            c.person,
            latest("restricted").label("restricted"),
            latest("objected").label("objected"),
            latest("lifted").label("lifted"),
            sa.func.coalesce(graded, -1).label("granted"),
            sa.func.coalesce(ended, -1).label("ended"),
            sa.func.max(sa.case((past, 0), else_=1)).label("future"),
        )
        .where(*where)
        .group_by(c.person)
        .subquery()
    )
    f = found.c
    grant_at, end_at = f.granted.op(">>")(_BITS), f.ended.op(">>")(_BITS)  # -1 stays -1
    low = (1 << _BITS) - 1
    steps: list[tuple[Any, Any]] = [
        ((f.restricted >= 0) & (f.restricted >= f.lifted), sa.literal("restricted")),
        ((f.objected >= 0) & (f.objected >= f.lifted) & (f.objected >= grant_at), sa.literal("objected")),
    ]
    if not rules.consent:
        return sa.select(f.person, sa.case(*steps, else_=sa.literal("not-required")).label("reason"))
    ending = sa.case(*[(f.ended.op("&")(low) == rank, sa.literal(state)) for rank, state in enumerate(ENDED)])
    granting = sa.case(*[(f.granted.op("&")(low) == rank, sa.literal(text)) for rank, text in enumerate(FAULTS)])
    steps += [
        ((f.ended >= 0) & (end_at >= grant_at), ending),
        ((f.granted < 0) & (f.future == 1), sa.literal("future")),
        (f.granted < 0, sa.literal("no-record")),
    ]
    return sa.select(f.person, sa.case(*steps, else_=granting).label("reason"))


def people_with(purpose: str, now: datetime, rules: Rules, wanted: Collection[Reason]) -> sa.Select[Any]:
    """Return a query for the tokens of people who are judged so, in the order of tokens."""
    judged = reasons(purpose, now, rules).subquery()
    return sa.select(judged.c.person).where(judged.c.reason.in_(sorted(wanted)))


REFUSING: Final[frozenset[Reason]] = frozenset({"objected", "restricted"})
"""What keeps somebody out of every purpose."""


def permitted(purpose: str, now: datetime, rules: Rules, domain: str | None) -> sa.Select[Any]:
    """Return a query for (lookup, token) of those, in one domain or in all, whose rows may be used.

    Where no consent is needed these are all who do not refuse.
    """
    v = schema.vault.c
    refuse = people_with(purpose, now, rules, REFUSING)
    right = v.token.in_(people_with(purpose, now, rules, ALLOWED)) if rules.consent else v.token.not_in(refuse)
    query = sa.select(v.lookup, v.token).where(right)
    return query if domain is None else query.where(v.domain == domain)


def refusing(purpose: str, now: datetime, domain: str | None) -> sa.Select[Any]:
    """Return a query for (lookup, token) of those who object to a purpose or had their data restricted, in one domain or in all."""
    v = schema.vault.c
    query = sa.select(v.lookup, v.token).where(v.token.in_(people_with(purpose, now, Rules(consent=False), REFUSING)))
    return query if domain is None else query.where(v.domain == domain)


def batches(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[pa.RecordBatch]:
    """Yield a query's (lookup, token) as record batches of :data:`PEOPLE`."""
    for rows in connection.execution_options(yield_per=_BATCH).execute(query).partitions():
        yield pa.record_batch([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], schema=PEOPLE)


def snapshot(connection: sa.Connection, purpose: str, now: datetime) -> str:
    """Return the digest of the consent snapshot of a purpose; empty where it has no record that is not in the future."""
    c = schema.consents.c
    query = sa.select(c.digest).where(c.purpose == purpose, c.at <= int(now.timestamp()))
    query = query.order_by(c.person, c.at, c.state, c.digest)
    digest, some = Snapshot(purpose), False
    for rows in connection.execution_options(yield_per=_BATCH).execute(query).partitions():
        digest.add(b"".join(row[0] for row in rows))
        some = True
    return digest.hex() if some else ""


def _fault(rules: Rules, now: datetime) -> sa.ColumnElement[int]:
    """Return the gravest fault of a grant as a place in ``FAULTS``: ``consent.decide.fault_of``."""
    c = schema.consents.c
    aged = sa.or_(c.birth_year.is_not(None), c.age_from.is_not(None))
    countries = [(c.jurisdiction == country, age) for country, age in sorted(rules.adults.items())]
    limit: Any = sa.case(*countries, else_=rules.adult) if countries else sa.literal(rules.adult)
    below = sa.or_(now.year - 1 - c.birth_year < limit, c.age_from < limit)
    young = sa.func.coalesce(c.minor == 1, False) | (aged & sa.func.coalesce(below, False))
    name = sa.case((c.notice_version == "", c.notice), else_=c.notice + "/" + c.notice_version)
    tests: dict[Reason, Any] = {"expired": sa.func.coalesce(c.expires <= int(now.timestamp()), False)}
    if rules.not_before is not None:
        tests["too-old"] = c.at < rules.not_before.timestamp()
    if rules.notices:
        tests["wrong-notice"] = name.not_in(rules.notices)
    tests["minor" if rules.minors == "deny" else "minor-without-guardian"] = (
        young if rules.minors == "deny" else young & (c.guardian == "")
    )
    if rules.age_needed:
        tests["age-unknown"] = c.minor.is_(None) & ~aged
    for kind, column in (("sensitive", c.sensitive), ("disclosure", c.disclosure), ("cross-border", c.cross_border)):
        if kind in rules.separate:
            tests[f"no-consent-{kind}"] = column == 0  # type: ignore[index]
    steps = [(tests[reason], place) for place, reason in reversed(list(enumerate(FAULTS))) if reason in tests]
    return sa.case(*steps, else_=0)
