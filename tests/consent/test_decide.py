"""The pure rule, and the same rule for everybody at once in the state database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secureprofile.adapters.state import State
from secureprofile.consent.decide import decide_consent
from secureprofile.consent.records import ConsentRecord

START = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = ("a", "b", "c")


def record(person: str, purpose: str, state: str, hours: int) -> ConsentRecord:
    return ConsentRecord(person=person, purpose=purpose, state=state, at=START + timedelta(hours=hours))  # type: ignore[arg-type]


RECORDS = st.lists(
    st.builds(
        record,
        st.sampled_from(PEOPLE),
        st.sampled_from(("p", "q")),
        st.sampled_from(("granted", "withdrawn")),
        st.integers(0, 6),
    ),
    max_size=12,
)


def test_no_record_is_a_refusal() -> None:
    assert not decide_consent([], person="a", purpose="p", now=START).allowed


def test_a_refusal_wins_a_tie_in_either_order() -> None:
    tie = [record("a", "p", "granted", 1), record("a", "p", "withdrawn", 1)]
    for order in (tie, tie[::-1]):
        assert decide_consent(order, person="a", purpose="p", now=START + timedelta(days=1)).reason == "withdrawn"


def test_the_future_does_not_count() -> None:
    later = [record("a", "p", "granted", 5)]
    assert decide_consent(later, person="a", purpose="p", now=START + timedelta(hours=4)).reason == "future"


@given(RECORDS, st.integers(-1, 7))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_decides_like_the_rule(tmp_path_factory, records: list[ConsentRecord], hours: int) -> None:
    folder: Path = tmp_path_factory.mktemp("state")
    state, now = State.open(folder / "state.db"), START + timedelta(hours=hours)
    try:
        with state.writing() as tx:
            tx.enrol(PEOPLE, "d")
            token = dict(tx.tokens("d"))
            tx.add_consents(
                [ConsentRecord(person=token[r.person], purpose=r.purpose, state=r.state, at=r.at) for r in records]
            )
            consenting = tx.consenting("p", now)
    finally:
        state.close()
    expected = {token[p] for p in PEOPLE if decide_consent(records, person=p, purpose="p", now=now).allowed}
    assert consenting == expected
