"""The summary's counts against a count by hand, and every rule with a log in which it speaks and one in which it is silent."""

from __future__ import annotations

from typing import Any

import pytest

from secureprofile.audit.select import Selection
from secureprofile.audit.summary import Tally


def done(act: str = "anonymize", **fields: Any) -> dict[str, Any]:
    base = {
        "act": act,
        "phase": "event",
        "result": "allow",
        "actor": "a",
        "time": "2026-11-02T10:00:00.000Z",
        "policy": "p",
    }
    return {**base, **fields}


def tally(entries: list[dict[str, Any]], **chosen: Any) -> Tally:
    found = Tally(Selection(**chosen))
    for index, entry in enumerate(entries):
        found.add(index, entry)
    return found


SMALL = [done(rows="<=1000") for _ in range(3)]


@pytest.mark.parametrize(
    ("rule", "entries", "times"),
    [
        ("volume", [*SMALL, done(rows="<=100000")], 1),
        ("volume", [*SMALL, done(rows="<=10000")], 0),
        ("volume", [*SMALL[:2], done(rows="<=100000")], 0),
        ("volume", [*SMALL, done(rows="<=100000", actor="b")], 0),
        ("volume", [*SMALL, done(details={"identifiers": "<=1000000"})], 1),
        ("identifiers", [done(details={"notice": "many-identifiers", "identifiers": "<=1000000"})], 1),
        ("reveal", [done("reveal"), done("reveal", result="deny")], 2),
        ("recall", [done("exports.recall")], 1),
        ("refusals", [done(result="deny") for _ in range(5)], 1),
        ("refusals", [done(result="deny") for _ in range(4)], 0),
        ("refusals", [done(result="deny", time=f"2026-11-0{day}T10:00:00Z") for day in range(1, 6)], 0),
        ("new-purpose", [done(purpose="x"), done(purpose="x"), done(purpose="x", actor="b")], 2),
        (
            "off-hours",
            [done(rows="<=10", time="2026-11-02T23:00:00Z"), done(rows="<=10", time="2026-11-01T10:00:00Z")],
            2,
        ),
        ("off-hours", [done(rows="<=10"), done(time="2026-11-02T23:00:00Z")], 0),
    ],
)
def test_a_rule_speaks_when_it_says_it_does(rule: str, entries: list[dict[str, Any]], times: int) -> None:
    assert tally(entries).counted[rule] == times


def test_what_is_usual_is_learnt_before_the_range_and_not_told_of_it() -> None:
    old = [done(rows="<=1000", purpose="x", time="2026-10-02T10:00:00Z") for _ in range(3)]
    found = tally([*old, done(rows="<=100000", purpose="x")], since="2026-11-01")
    assert (found.counted["volume"], found.counted["new-purpose"], found.chosen, found.entries) == (1, 0, 1, 4)


def test_counts_are_those_of_a_count_by_hand() -> None:
    entries = [
        done("ingest", phase="intent", result=None),
        done(
            "ingest",
            phase="outcome",
            intent=0,
            purpose="x",
            rows="<=10",
            dataset="d",
            categories=["c"],
            cross_border=True,
        ),
        done("anonymize", phase="intent", result=None, actor="b"),
        done("anonymize", result="deny", reason="role-not-allowed"),
        done("ingest", result="error", reason="inputerror", policy="q", purpose="x"),
        done("audit.checkpoint"),
    ]
    found = tally(entries)
    assert [one.entry for one in found.interrupted()] == [2]
    assert dict(found.refusals) == {("anonymize", "role-not-allowed"): 1, ("ingest", "inputerror"): 1}
    assert (found.actors["a"].refused, found.actors["a"].failed, found.actors["a"].acts.total()) == (1, 1, 4)
    assert dict(found.uses["x"].sizes) == {"<=10": 1}
    assert (found.uses["x"].acts.total(), found.uses["x"].cross_border, found.uses["x"].categories) == (2, 1, {"c"})
    assert [(v.first, v.last, v.entries) for v in found.versions.values()] == [(0, 5, 5), (4, 4, 1)]
    assert found.handed_out == 5
    assert found.days == {"2026-11-02": [4, 2]}


def test_the_last_day_of_a_range_is_in_it() -> None:
    chosen = Selection(since="2026-11-02", until="2026-11-02")
    assert [chosen.within(t) for t in ("2026-11-01T23:59:59Z", "2026-11-02T00:00:00Z", "2026-11-02T23:59:59.999Z", "2026-11-03T00:00:00Z")] == [
        False, True, True, False,
    ]  # fmt: skip
