"""The consent records of the state database: written in bulk, and judged for everybody at once.

:func:`reasons` is the rule of ``consent.decide`` as one SQL expression over the records of a purpose: one pass in the order of
the table's key, no sorting and no window. A record's second and what it allows are one number (second · 32 + gravest fault), so that
the largest is the latest record and, of several at the same second, the one that allows least.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from secureprofile.adapters import schema
from secureprofile.consent.decide import ENDED, FAULTS, Reason
from secureprofile.consent.records import DENIALS, ConsentRecord
from secureprofile.consent.rules import Rules
from secureprofile.consent.snapshot import Snapshot

FIELDS: Final = tuple(column.name for column in schema.consents.columns)

_BITS: Final = 5
"""Binary places beside a second: for a grant its fault, for what ends one :data:`_END` and more."""

_STEP: Final = 1 << _BITS
_END: Final = 16


def insert(connection: sa.Connection, rows: Iterable[Sequence[Any]]) -> int:
    """Add rows of values in the order of :data:`FIELDS`; records that are there already are left alone.

    Returns:
        How many were new. Rows are taken as they come.
    """
    marks = ", ".join("?" for _ in FIELDS)
    sql = f"INSERT INTO consents ({', '.join(FIELDS)}) VALUES ({marks}) ON CONFLICT DO NOTHING"
    # the driver itself: it takes an iterator, and needs no dictionary a row
    driver = connection.connection.driver_connection
    assert driver is not None
    before = driver.total_changes
    driver.executemany(sql, rows)
    return int(driver.total_changes - before)


def tokens_of(connection: sa.Connection, lookups: Iterable[str]) -> dict[str, str]:
    """Return the vault tokens of people by their lookups; who is not enrolled is left out."""
    c, wanted = schema.vault.c, list(lookups)
    found = dict[str, str]()
    for start in range(0, len(wanted), schema.PARAMETERS):
        query = sa.select(c.lookup, c.token).where(c.lookup.in_(wanted[start : start + schema.PARAMETERS]))
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def contradictions(connection: sa.Connection, since: int) -> int:
    """Count persons and purposes with a grant and a denial at one second, one of them from this entry of the log or a later one."""
    c = schema.consents.c
    both = (
        sa.select(c.person)
        .group_by(c.person, c.purpose, c.at)
        .having(
            sa.func.max(c.entry) >= since,
            sa.func.max(sa.case((c.state == "granted", 1), else_=0)) == 1,
            sa.func.max(sa.case((c.state.in_(sorted(DENIALS)), 1), else_=0)) == 1,
        )
    )
    return int(connection.execute(sa.select(sa.func.count()).select_from(both.subquery())).scalar_one())


def record_of(row: Any) -> ConsentRecord:
    """Return a stored row as a record."""
    values = {name: value for name, value in row._mapping.items() if name not in ("digest", "entry")}
    flags = {name: bool(values[name]) for name in ("sensitive", "disclosure", "cross_border")}
    minor = None if values["minor"] is None else bool(values["minor"])
    expires = None if values["expires"] is None else datetime.fromtimestamp(values["expires"], UTC)
    return ConsentRecord(
        **{**values, **flags, "minor": minor, "expires": expires, "at": datetime.fromtimestamp(values["at"], UTC)}
    )


def reasons(purpose: str, now: datetime, rules: Rules, *, also: Sequence[Any] = ()) -> sa.Select[Any]:
    """Return a query for (person, reason) of everybody who has a record for a purpose that is not in the future.

    Args:
        purpose: of the policy.
        now: UTC; later records do not count.
        rules: what the use asks of grants.
        also: further conditions on the records.
    """
    c = schema.consents.c

    def latest(state: str) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.max(sa.case((c.state == state, c.at))), -1)

    grant = (c.state == "granted", c.at * _STEP + (_fault(rules, now) if rules.consent else 0))
    ends = [(c.state == state, c.at * _STEP + _END + rank) for rank, state in enumerate(ENDED)]
    newest = sa.case(grant, *(ends if rules.consent else ()))
    found = (
        sa.select(
            c.person,
            sa.func.coalesce(sa.func.max(newest), -1).label("newest"),
            *(latest(state).label(state) for state in ("restricted", "objected", "lifted")),
        )
        .where(c.purpose == purpose, c.at <= int(now.timestamp()), *also)
        .group_by(c.person)
        .subquery()
    )
    f = found.c
    at = f.newest.op(">>")(_BITS)  # of -1, nothing, it is -1
    code = f.newest.op("&")(_STEP - 1)
    restricted = ((f.restricted >= 0) & (f.restricted >= f.lifted), sa.literal("restricted"))
    objected = ((f.objected >= 0) & (f.objected >= f.lifted) & (f.objected >= at), sa.literal("objected"))
    steps: list[tuple[Any, Any]] = [restricted, objected]
    rest: Any = sa.literal("not-required")
    if rules.consent:
        ended = [((f.newest >= 0) & (code == _END + rank), sa.literal(state)) for rank, state in enumerate(ENDED)]
        steps = [restricted, *ended, objected, (f.newest < 0, sa.literal("no-record"))]
        rest = sa.case(*[(code == rank, sa.literal(text)) for rank, text in enumerate(FAULTS)])
    return sa.select(f.person, sa.case(*steps, else_=rest).label("reason"))


def counts(connection: sa.Connection, purpose: str, now: datetime, rules: Rules) -> dict[str, int]:
    """Return how many people are judged so, by reason; who has only records of the future is told apart."""
    judged, c = reasons(purpose, now, rules).subquery(), schema.consents.c
    query = sa.select(judged.c.reason, sa.func.count()).group_by(judged.c.reason)
    found = {str(reason): int(number) for reason, number in connection.execute(query)}
    first = sa.select(sa.func.min(c.at).label("first")).where(c.purpose == purpose).group_by(c.person).subquery()
    later = sa.select(sa.func.count()).select_from(first).where(first.c.first > int(now.timestamp()))
    if ahead := int(connection.execute(later).scalar_one()):
        found["future" if rules.consent else "not-required"] = ahead + found.get("not-required", 0)
    return found


def people_with(
    purpose: str, now: datetime, rules: Rules, wanted: Collection[Reason], *, also: Sequence[Any] = ()
) -> sa.Select[Any]:
    """Return a query for the tokens of people who are judged so, in the order of tokens."""
    judged = reasons(purpose, now, rules, also=also).subquery()
    return sa.select(judged.c.person).where(judged.c.reason.in_(sorted(wanted)))


REFUSING: Final[frozenset[Reason]] = frozenset({"objected", "restricted"})
"""What keeps somebody out of every purpose."""

# --- in bulk ------------------------------------------------------------------------------------------------------------

PEOPLE: Final = pa.schema([("person", pa.string())])
VAULT: Final = pa.schema([("lookup_", pa.string()), ("person", pa.string())])

_PIECES: Final = 64
"""Ranges of tokens in which people are read."""

ROWS: Final = 65_536
"""Rows that are read at once."""


def people_batches(
    connection: sa.Connection, purpose: str, now: datetime, rules: Rules, wanted: Collection[Reason]
) -> Iterator[pa.RecordBatch]:
    """Give the tokens of people who are judged so (schema :data:`PEOPLE`).

    A range of tokens comes as one text: making a Python object of every row takes longer than judging it.
    """
    c = schema.consents.c
    bounds = [f"v_{place * 256 // _PIECES:02x}" for place in range(1, _PIECES)]
    for low, high in zip([None, *bounds], [*bounds, None], strict=True):
        within = [c.person >= low] if low else []
        within += [c.person < high] if high else []
        found = people_with(purpose, now, rules, wanted, also=within).subquery()
        text = connection.execute(sa.select(sa.func.group_concat(found.c.person, "\n"))).scalar()
        if text:
            yield pa.record_batch([_lines(text)], schema=PEOPLE)


def vault_batches(connection: sa.Connection, domain: str) -> Iterator[pa.RecordBatch]:
    """Give (lookup, token) of everybody enrolled in a domain (schema :data:`VAULT`), in the order in which they stand in the file."""
    v = schema.vault.c
    place: sa.ColumnElement[int] = sa.literal_column("rowid")
    last = connection.execute(sa.select(sa.func.max(place)).select_from(schema.vault)).scalar() or 0
    columns = [sa.func.group_concat(column, "\n") for column in (v.lookup, v.token)]
    for start in range(0, last, ROWS):
        query = sa.select(*columns).where(place > start, place <= start + ROWS, v.domain == domain)
        lookups, tokens = connection.execute(query).one()
        if lookups:
            yield pa.record_batch([_lines(lookups), _lines(tokens)], schema=VAULT)


def _lines(text: str) -> pa.Array:
    import pyarrow.compute as pc

    return pc.split_pattern(pa.array([text]), "\n").flatten()


def snapshot(connection: sa.Connection, purpose: str, now: datetime, *, known_before: int | None = None) -> str:
    """Return the digest over every record of a purpose that the rule may look at: ``consent.snapshot``.

    Args:
        connection: inside the view in which people are judged.
        purpose: of the policy.
        now: UTC; later records do not count.
        known_before: leave out records that came with this entry of the log or a later one.
    """
    c = schema.consents.c
    # spelled so, the planner does not lose the key's order over a column that is constant
    where = [c.purpose.concat("") == purpose, c.at <= int(now.timestamp())]
    if known_before is not None:
        where.append(c.entry < known_before)
    query = sa.select(c.digest).where(*where).order_by(c.person, c.purpose, c.at, c.state, c.digest)
    found = connection.execute(query).cursor  # the driver's, which makes no row objects
    assert found is not None
    digest = Snapshot(purpose)
    while rows := found.fetchmany(ROWS):
        digest.add(b"".join(chain.from_iterable(rows)))
    return digest.hex()


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
