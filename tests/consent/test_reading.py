"""Rows of consent files: what they mean, and that nothing unclear becomes a permission."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.consent.reading import RowReader, Unreadable
from secureprofile.consent.receipt import receipt_of
from secureprofile.consent.records import DENIALS, OPTIONAL, parse_state
from secureprofile.policy.terms import Signals, Tcf
from tests.consent.test_tcf import CORE, SHOWN

READER = RowReader(
    {"portrait", "share"}, Signals(gpc=("share",), tcf=Tcf(vendor=2, purposes={"portrait": (1, 3), "share": (1, 4)}))
)
GRANT = {"purpose": "portrait", "state": "granted", "at": "2026-03-01"}


def one(**cells: str) -> Any:
    (record,) = READER.read(GRANT | cells, "v_1")
    return record


def rule(**cells: str) -> str:
    with pytest.raises(Unreadable) as caught:
        READER.read(GRANT | cells, "v_1")
    return str(caught.value)


def test_every_field_is_read() -> None:
    record = one(
        method=" web ", notice="privacy", notice_version="3", language="zh-CN", basis="consent", categories="user.contact",
        expires="2027-01-01T00:00:00+08:00", guardian="Mum", jurisdiction="de", minor="no", birth_year="1990-04-01", age_band="25-34",
        sensitive="YES", disclosure="是", cross_border="0", source="crm", record_id="17",
    )  # fmt: skip
    told = record.told()
    assert told == {
        "purpose": "portrait", "at": "2026-03-01T00:00:00+00:00", "state": "granted", "method": "web", "notice": "privacy",
        "notice_version": "3", "language": "zh-CN", "basis": "consent", "categories": "user.contact",
        "expires": "2026-12-31T16:00:00+00:00", "guardian": "yes", "jurisdiction": "DE", "minor": "", "birth_year": "1990",
        "age_from": "25", "sensitive": "yes", "disclosure": "yes", "cross_border": "", "source": "crm", "record_id": "17",
    }  # fmt: skip
    assert record.minor is False
    assert record.notice_name == "privacy/3"
    assert "Mum" not in repr(record)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("18+", 18),
        ("18-25", 18),
        ("14–17", 14),
        ("<14", 0),
        ("under 16", 0),
        ("65 and over", 65),
        ("30 to 39", 30),
        ("", None),
    ],
)
def test_age_bands(text: str, age: int | None) -> None:
    assert one(age_band=text).age_from == age


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"purpose": "mailing"}, "unknown-purpose"),
        ({"state": "perhaps"}, "unknown-state"),
        ({"at": "yesterday"}, "unreadable-time"),
        ({"at": "2026-02-30"}, "unreadable-time"),
        ({"expires": "soon"}, "unreadable-expires"),
        ({"birth_year": "0000"}, "unreadable-birth_year"),
        ({"birth_year": "2099"}, "unreadable-birth_year"),
        ({"age_band": "young"}, "unreadable-age_band"),
        ({"minor": "perhaps"}, "unreadable-minor"),
        ({"sensitive": "?"}, "unreadable-sensitive"),
        ({"jurisdiction": "Germany"}, "unreadable-jurisdiction"),
        ({"notice": "n" * 201}, "unreadable-notice"),
        ({"method": "web\x07"}, "unreadable-method"),
        ({"tcf": CORE}, "unreadable-tcf"),
    ],
)
def test_what_cannot_be_read_is_left_out_by_a_rule(cells: dict[str, str], expected: str) -> None:
    assert rule(**cells) == expected


def test_a_signal_that_no_policy_translates_is_left_out() -> None:
    with pytest.raises(Unreadable, match="signal-without-rule"):
        RowReader({"portrait"}, None).read({"gpc": "1", "at": "2026-01-01"}, "v_1")
    with pytest.raises(Unreadable, match="signal-without-rule"):
        RowReader({"portrait"}, Signals(gpc=("portrait",))).read({"tcf": f"{CORE}.{SHOWN}"}, "v_1")


def test_signals_become_records_of_the_purposes_that_the_policy_names() -> None:
    records = READER.read({"gpc": "1", "tcf": f"{CORE}.{SHOWN}", "at": "2026-01-01"}, "v_1")
    assert [(r.purpose, r.state, r.source, r.at.year) for r in records] == [
        ("share", "objected", "gpc", 2026),
        ("portrait", "granted", "tcf", 2020),
        ("share", "refused", "tcf", 2020),
    ]
    beside = READER.read(GRANT | {"gpc": "0"}, "v_1")
    assert [(r.purpose, r.state) for r in beside] == [("portrait", "granted")]


texts = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(["yes", "no", "2026-01-01", "18+", "1990", "DE", "granted", "同意", "撤回"]),
)


@given(
    st.dictionaries(st.sampled_from([*OPTIONAL, "method", "notice", "gpc", "tcf"]), texts),
    st.sampled_from(["granted", "withdrawn", "反对"]),
)
def test_a_denial_is_always_kept_and_a_grant_never_says_more_than_its_row(
    cells: dict[str, str | None], state: str
) -> None:
    cells = {name: cell for name, cell in cells.items() if name not in ("gpc", "tcf")}
    row: dict[str, str | None] = {**GRANT, "state": state, **cells}
    known = parse_state(state)
    try:
        (record,) = READER.read(row, "v_1")
    except Unreadable:
        assert known not in DENIALS
        return
    assert record.state == known
    for name in ("sensitive", "disclosure", "cross_border"):
        if getattr(record, name):
            assert (cells.get(name) or "").strip().casefold() in {"yes", "true", "1", "y", "是", "同意"}


def test_a_receipt_tells_a_person_their_own_records() -> None:
    from secureprofile.adapters.clock import now
    from secureprofile.adapters.policies import check_policy

    policy = check_policy("retail-cn")[0]
    records = [one(sensitive="yes", notice="N", language="zh"), one(state="withdrawn", at="2026-05-01")]
    made = receipt_of(records[::-1], policy.policy, principal="C1", at=now(), policy_hash=policy.hash)
    (part,) = made["purposes"]
    assert made["pii_principal_id"] == "C1"
    assert "v_1" not in str(made)
    assert part["lawful_basis"] == {"PIPL": "consent"}
    assert [event["event_state"] for event in part["events"]] == ["granted", "withdrawn"]
    assert part["events"][0]["separate_consent"] == ["sensitive"]
    assert part["events"][0]["record_id"] == str(records[0].uuid)
    assert part["events"][0]["record_id"][14] == "8"  # a UUID of version 8
