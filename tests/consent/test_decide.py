"""The pure rule, the same rule for everybody at once in the state database, and a second way to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secureprofile.adapters import consents
from secureprofile.adapters.state import State
from secureprofile.consent.decide import AGGREGATE_ONLY, ALLOWED, FAULTS, REASONS, ConsentDecision, decide_consent
from secureprofile.consent.records import STATES, ConsentRecord
from secureprofile.consent.rules import Rules
from secureprofile.consent.snapshot import snapshot_of
from tests.consent.oracle import oracle

START = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = ("a", "b", "c")
LATER = START + timedelta(days=1)


def record(person: str, purpose: str, state: str, hours: int, **fields: Any) -> ConsentRecord:
    return ConsentRecord(person=person, purpose=purpose, state=state, at=START + timedelta(hours=hours), **fields)  # type: ignore[arg-type]


def reason(*records: ConsentRecord, now: datetime = LATER, **rules: Any) -> str:
    return decide_consent(records, person="a", purpose="p", now=now, rules=Rules(**rules)).reason


def granted(hours: int = 0, **fields: Any) -> ConsentRecord:
    return record("a", "p", "granted", hours, **fields)


# --- one reason after the other -----------------------------------------------------------------------------------------


def test_no_record_is_a_refusal() -> None:
    assert not decide_consent([], person="a", purpose="p", now=START).allowed
    assert reason(record("b", "p", "granted", 0), record("a", "q", "granted", 0)) == "no-record"


def test_a_refusal_wins_a_tie_in_either_order() -> None:
    tie = [record("a", "p", "granted", 1), record("a", "p", "withdrawn", 1)]
    for order in (tie, tie[::-1]):
        assert decide_consent(order, person="a", purpose="p", now=LATER).reason == "withdrawn"


def test_of_two_grants_at_the_same_second_the_one_that_allows_less_counts() -> None:
    tie = [granted(notice="N-3"), granted(notice="N-1")]
    for order in (tie, tie[::-1]):
        assert reason(*order, notices=("N-3",)) == "wrong-notice"


def test_the_future_does_not_count() -> None:
    later = [record("a", "p", "granted", 5)]
    assert decide_consent(later, person="a", purpose="p", now=START + timedelta(hours=4)).reason == "future"
    assert decide_consent(later, person="a", purpose="p", now=START + timedelta(hours=5)).reason == "granted"


def test_a_restriction_holds_until_it_is_lifted_whatever_is_granted_meanwhile() -> None:
    story = [granted(0), record("a", "p", "restricted", 1), granted(2)]
    assert reason(*story) == "restricted"
    assert reason(*story, record("a", "p", "lifted", 3)) == "granted"
    assert reason(*story, record("a", "p", "lifted", 1)) == "restricted"  # the tie goes to the restriction


def test_an_objection_ends_when_it_is_lifted_or_the_person_grants_later() -> None:
    objection = record("a", "p", "objected", 1)
    assert reason(granted(0), objection) == "objected"
    assert reason(granted(1), objection) == "objected"
    assert reason(granted(2), objection) == "granted"
    assert reason(granted(0), objection, record("a", "p", "lifted", 2)) == "granted"
    assert reason(objection, record("a", "p", "lifted", 2)) == "no-record"


def test_purposes_that_need_no_consent_stop_for_objections_and_restrictions_only() -> None:
    for state in ("refused", "withdrawn", "expired", "granted", "lifted"):
        assert reason(record("a", "p", state, 0), consent=False) == "not-required"
    assert reason(consent=False) == "not-required"
    assert reason(record("a", "p", "objected", 0), consent=False) == "objected"
    assert reason(record("a", "p", "restricted", 0), consent=False) == "restricted"


@pytest.mark.parametrize(
    ("fields", "rules", "expected"),
    [
        ({"expires": LATER}, {}, "expired"),
        ({"expires": LATER + timedelta(seconds=1)}, {}, "granted"),
        ({}, {"not_before": START}, "granted"),
        ({}, {"not_before": START + timedelta(seconds=1)}, "too-old"),
        ({"notice": "N-2"}, {"notices": ("N-3", "N-4")}, "wrong-notice"),
        ({}, {"notices": ("N-3",)}, "wrong-notice"),
        ({"notice": "N-4"}, {"notices": ("N-3", "N-4")}, "granted"),
        ({"notice": "privacy", "notice_version": "3"}, {"notices": ("privacy/3",)}, "granted"),
        ({"notice": "privacy", "notice_version": "2"}, {"notices": ("privacy/3", "privacy")}, "wrong-notice"),
        ({"minor": True}, {}, "minor"),
        ({"minor": True, "guardian": "yes"}, {}, "minor"),
        ({"minor": True}, {"minors": "guardian"}, "minor-without-guardian"),
        ({"minor": True, "guardian": "yes"}, {"minors": "guardian"}, "granted"),
        ({"minor": False}, {"age_needed": True}, "granted"),
        ({}, {"age_needed": True}, "age-unknown"),
        ({"birth_year": 2012}, {"adult": 14}, "minor"),  # may be 13 for some weeks yet
        ({"birth_year": 2011}, {"adult": 14}, "granted"),
        ({"birth_year": 2012, "minor": False}, {"adult": 14}, "minor"),
        ({"age_from": 13}, {"adult": 14}, "minor"),
        ({"age_from": 14}, {"adult": 14}, "granted"),
        ({"age_from": 13, "jurisdiction": "SE"}, {"adult": 16, "adults": {"SE": 13}}, "granted"),
        ({"age_from": 15, "jurisdiction": "DE"}, {"adult": 16, "adults": {"SE": 13}}, "minor"),
        ({}, {"separate": {"sensitive"}}, "no-consent-sensitive"),
        ({"sensitive": True}, {"separate": {"sensitive"}}, "granted"),
        ({"sensitive": True}, {"separate": {"sensitive", "disclosure"}}, "no-consent-disclosure"),
        ({"disclosure": True}, {"separate": {"disclosure", "cross-border"}}, "no-consent-cross-border"),
        ({"disclosure": True, "cross_border": True}, {"separate": {"disclosure", "cross-border"}}, "granted"),
    ],
)
def test_each_fault_has_its_own_reason(fields: dict[str, Any], rules: dict[str, Any], expected: str) -> None:
    assert reason(granted(**fields), **rules) == expected


def test_answers() -> None:
    answers = {one: ConsentDecision(reason=one).answer for one in REASONS}
    assert Counter(answers.values()) == {"deny": len(REASONS) - 4, "allow": 2, "aggregate-only": 2}
    assert all(answers[one] == "aggregate-only" for one in AGGREGATE_ONLY)
    assert all(answers[one] == "allow" for one in ALLOWED)
    assert set(FAULTS) <= set(REASONS)


# --- for everybody at once ----------------------------------------------------------------------------------------------


@dataclass
class Ledger:
    """One state database for many examples: each has a purpose of its own."""

    state: State
    numbers: Iterator[int] = field(default_factory=count)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder: Path = tmp_path_factory.mktemp("state")
    state = State.open(folder / "state.db")
    with state.writing() as tx:
        tx.enrol(PEOPLE, "d")
    yield Ledger(state)
    state.close()


SECONDS = st.integers(0, 6)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "person": st.sampled_from(PEOPLE),
            "state": st.sampled_from(STATES) | st.just("granted"),
            "at": SECONDS,
            "notice": st.sampled_from(("", "N-3", "n")),
            "notice_version": st.sampled_from(("", "3")),
            "expires": st.none() | SECONDS,
            "guardian": st.sampled_from(("", "yes")),
            "jurisdiction": st.sampled_from(("", "SE", "DE")),
            "minor": st.sampled_from((None, None, False, True)),
            "birth_year": st.sampled_from((None, None, 1980, 2009, 2010, 2011, 2012, 2013)),
            "age_from": st.sampled_from((None, None, 0, 13, 14, 15, 16, 18)),
            "sensitive": st.booleans(),
            "disclosure": st.booleans(),
            "cross_border": st.booleans(),
        }
    ),
    max_size=9,
)
ASKS = st.fixed_dictionaries(
    {
        "consent": st.sampled_from((True, True, True, False)),
        "notices": st.sampled_from(((), ("N-3", "n/3"))),
        "not_before": st.none() | SECONDS,
        "minors": st.sampled_from(("deny", "guardian")),
        "age_needed": st.booleans(),
        "separate": st.frozensets(st.sampled_from(("sensitive", "disclosure", "cross-border"))),
        "adult": st.sampled_from((14, 16)),
        "adults": st.sampled_from(({}, {"SE": 13, "DE": 16})),
    }
)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else START + timedelta(seconds=seconds)


def _second(seconds: int | None) -> int | None:
    return None if seconds is None else int(START.timestamp()) + seconds


def check(ledger: Ledger, rows: list[dict[str, Any]], ask: dict[str, Any], now: int) -> None:
    purpose = f"p{next(ledger.numbers)}"
    rules = Rules(**{**ask, "not_before": _moment(ask["not_before"])})
    moment = _moment(now)
    assert moment is not None
    with ledger.state.writing() as tx:
        token = consents.tokens_of(tx.connection, PEOPLE)
        records = [
            ConsentRecord(
                **{**row, "at": _moment(row["at"]), "expires": _moment(row["expires"])}
                | {"person": token[row["person"]], "purpose": purpose}
            )
            for row in rows
        ]
        tx.add_consents(records)
        found = {str(p): str(r) for p, r in tx.connection.execute(consents.reasons(purpose, moment, rules))}
        counted = consents.counts(tx.connection, purpose, moment, rules)
        consenting = {row[0] for row in tx.connection.execute(consents.people_with(purpose, moment, rules, ALLOWED))}
        batches = consents.people_batches(tx.connection, purpose, moment, rules, ALLOWED | AGGREGATE_ONLY)
        streamed = [person for batch in batches for person in batch["person"].to_pylist()]
        digest = consents.snapshot(tx.connection, purpose, moment)
    ask = {**ask, "not_before": _second(ask["not_before"])}
    told = Counter()
    for person in PEOPLE:
        own = [{**r, "at": _second(r["at"]), "expires": _second(r["expires"])} for r in rows if r["person"] == person]
        expected = oracle(own, ask, int(moment.timestamp()))
        decided = decide_consent(records, person=token[person], purpose=purpose, now=moment, rules=rules)
        assert decided.reason == expected
        if any(r["at"] <= now for r in rows if r["person"] == person):
            assert found.get(token[person]) == expected
        told.update([expected] * bool(own))
        assert (token[person] in consenting) == (decided.allowed and token[person] in found)
        assert (token[person] in streamed) == (decided.answer != "deny" and token[person] in found)
    assert counted == told
    assert streamed == sorted(streamed)
    assert digest == snapshot_of([r for r in set(records) if r.at <= moment], purpose)


SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(RECORDS, ASKS, st.integers(-1, 7))
@settings(SETTINGS, max_examples=25)
def test_the_database_decides_like_the_rule(ledger: Ledger, rows: Any, ask: Any, now: int) -> None:
    check(ledger, rows, ask, now)


@pytest.mark.proof
@given(RECORDS, ASKS, st.integers(-1, 7))
@settings(SETTINGS, max_examples=10_000)
def test_the_database_decides_like_the_rule_ten_thousand_times(ledger: Ledger, rows: Any, ask: Any, now: int) -> None:
    check(ledger, rows, ask, now)
