"""Entries: one spelling per content, equal to RFC 8785's, and nothing else is read."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.audit.entry import (
    FORMAT,
    MAX_BYTES,
    MAX_NAMES,
    Entry,
    canonical,
    named,
    parse,
    request_id,
    size_class,
)
from secureprofile.errors import EntryRefused, ProofWrong, UsageError

KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
CONTENTS = st.dictionaries(KEYS, VALUES, max_size=6)


@given(CONTENTS)
def test_canonical_form_is_that_of_rfc_8785(content: dict[str, object]) -> None:
    assert canonical(content) == rfc8785.dumps(content)  # type: ignore[arg-type]


@given(CONTENTS)
def test_what_is_written_is_read_back(content: dict[str, object]) -> None:
    whole = {**content, "format": FORMAT}
    assert parse(canonical(whole)) == whole


@pytest.mark.parametrize(
    "content", [{"a": 1.5}, {"a": 2**53}, {"a": -(2**53)}, {"é": 1}, {"": 1}, {"a": {1: 2}}, {"a": {1, 2}}]
)
def test_what_has_no_single_spelling_cannot_be_written(content: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="entry"):
        canonical(content)


@pytest.mark.parametrize(
    "data",
    [
        b'{"format":"secureprofile-entry/1", "a":1}',
        b'{"format":"secureprofile-entry/1","a":1}',
        b'{"a":1,"a":1,"format":"secureprofile-entry/1"}',
        b'{"a":1.0,"format":"secureprofile-entry/1"}',
        b'{"a":"\\u0041","format":"secureprofile-entry/1"}',
        b'{"a":1,"format":"secureprofile-entry/2"}',
        b'{"a":NaN,"format":"secureprofile-entry/1"}',
        b"[]",
        b"",
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_other_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(ProofWrong):
        parse(data)


def test_an_entry_has_a_longest_size() -> None:
    with pytest.raises(ValueError, match="too long"):
        canonical({"a": "x" * MAX_BYTES})


def test_python_alone_reads_it() -> None:
    """Whoever audits needs nothing of ours."""
    assert json.loads(canonical({"b": [1, None], "a": "画像"})) == {"a": "画像", "b": [1, None]}


def an_entry(**fields: Any) -> Entry:
    base = {"act": "look", "phase": "event", "time": "2026-11-01T00:00:00Z", "actor": "a", "roles": ("analyst",)}
    return Entry(**{**base, "authenticated": "os", "policy": "p", "software": "s", **fields})


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "act": TEXTS,
        "intent": st.none() | st.integers(0, 2**53 - 1),
        "result": st.sampled_from([None, "allow", "deny", "error"]),
        "roles": st.lists(TEXTS, max_size=3).map(tuple),
        "categories": st.lists(TEXTS, max_size=3).map(tuple),
        "purpose": st.none() | TEXTS,
        "lawful_basis": st.dictionaries(KEYS, TEXTS, max_size=3),
        "epsilon": TEXTS,
        "details": st.dictionaries(KEYS, TEXTS | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1), max_size=3),
    },
)


@given(FIELDS)
def test_an_entry_is_written_as_rfc_8785_writes_what_it_holds(fields: dict[str, Any]) -> None:
    """What is empty is left out; an index of 0 is not empty."""
    entry = an_entry(**fields)
    held: dict[str, Any] = {"format": FORMAT}
    for key, value in dataclasses.asdict(entry).items():
        if value is None or (not isinstance(value, int) and len(value) == 0):
            continue
        held[key] = list(value) if isinstance(value, tuple) else value
    assert entry.to_bytes() == rfc8785.dumps(held)
    assert parse(entry.to_bytes()) == held


def test_zero_and_false_are_kept() -> None:
    read = parse(an_entry(intent=0, details={"count": 0, "fresh": False}).to_bytes())
    assert (read["intent"], read["details"]) == (0, {"count": 0, "fresh": False})


def test_an_entry_has_these_fields_and_no_place_for_rows() -> None:
    """A new field is a decision about what stands in the log for ever: change this list only with that in mind."""
    assert {field.name for field in dataclasses.fields(Entry)} == set(
        "act phase time actor roles authenticated policy software intent result reason purpose lawful_basis dataset "
        "categories treatments rows recipient snapshot consent_snapshot output_digest epsilon delta epsilon_left "
        "delta_left plan subjects details request host input_digest columns columns_count columns_digest cross_border k".split()
    )


@pytest.mark.parametrize("field", ["cells", "values", "row", "format", "subject", "number"])
def test_unknown_fields_are_refused(field: str) -> None:
    with pytest.raises(TypeError, match=field):
        an_entry(**{field: "x"})


@pytest.mark.parametrize(
    "value",
    [
        1.5, 0.0, -0.0, 1e300, float("nan"), float("inf"), b"x", (1, 2), {1}, 1j, object(), decimal.Decimal("0.1"),
        datetime.date(2026, 11, 1), np.int64(1), np.float64(1), np.bool_(True), np.array([1]), pd.NA, pd.NaT,
        pd.Timestamp("2026-11-01"), pd.Series([1]), 2**53, -(2**53), 10**400,
    ],
)  # fmt: skip
def test_what_a_column_of_numbers_or_dates_holds_cannot_be_written_at_any_depth(value: object) -> None:
    for content in ({"a": value}, {"a": [value]}, {"a": {"b": [{"c": value}]}}):
        with pytest.raises(ValueError, match="entry"):
            canonical(content)
    with pytest.raises(ValueError, match="entry"):
        an_entry(details={"a": value}).to_bytes()


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "名", "_a", "-a", ".a", "a\n", "a" * 129, 1, None, True, ("a",)])
def test_keys_that_are_not_short_ascii_cannot_be_written(key: object) -> None:
    for content in ({key: 1}, {"a": {key: 1}}, {"a": [{key: 1}]}):
        with pytest.raises(ValueError, match="short ASCII"):
            canonical(content)  # type: ignore[arg-type]


@given(st.characters(categories=["Cs"]))
def test_half_a_surrogate_pair_is_neither_written_nor_read(half: str) -> None:
    with pytest.raises(ValueError, match="surrogates"):
        canonical({"a": f"x{half}"})
    with pytest.raises(ProofWrong):
        parse(json.dumps({"a": half, "format": FORMAT}, separators=(",", ":")).encode())


@given(st.text(st.characters(max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=30))
def test_controls_quotes_and_line_separators_are_escaped_as_rfc_8785_says(text: str) -> None:
    assert canonical({"a": text}) == rfc8785.dumps({"a": text})


@given(CONTENTS, st.booleans(), st.sampled_from([(",", ":"), (", ", ": "), (",", ": ")]), st.sampled_from([None, 1]))
def test_only_the_canonical_spelling_of_a_content_is_read(
    content: dict[str, Any], ascii_only: bool, separators: tuple[str, str], indent: int | None
) -> None:
    whole = {"format": FORMAT, **content, "zz": "é"}
    other = json.dumps(whole, ensure_ascii=ascii_only, separators=separators, indent=indent).encode()
    if other == canonical(whole):
        assert parse(other) == whole
    else:
        with pytest.raises(ProofWrong):
            parse(other)


WRITTEN = an_entry(details={"n": 12, "ok": True}, reason="客户 asked").to_bytes()


@given(st.integers(0, len(WRITTEN) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_reads_as_something_else(place: int, flip: int) -> None:
    changed = WRITTEN[:place] + bytes([WRITTEN[place] ^ flip]) + WRITTEN[place + 1 :]
    try:
        read = parse(changed)
    except ProofWrong:
        return
    assert read != parse(WRITTEN)
    assert canonical(read) == changed


@given(st.binary(max_size=100))
def test_arbitrary_bytes_are_refused_and_never_crash(data: bytes) -> None:
    for body in (data, b"{" + data + b"}", WRITTEN + data + b" "):
        with pytest.raises(ProofWrong):
            parse(body)


@pytest.mark.parametrize(
    "data",
    [
        WRITTEN + b"\n",
        b" " + WRITTEN,
        b"\xef\xbb\xbf" + WRITTEN,
        WRITTEN.decode().encode("utf-16"),
        WRITTEN[:-1],
        WRITTEN.replace(b"12", b"012"),
        WRITTEN.replace(b"12", b"12.0"),
        WRITTEN.replace(b"12", b"1.2e1"),
        WRITTEN.replace(b"12", b"9" * 17),
        WRITTEN.replace(b"12", b"9" * 5000),
        WRITTEN.replace(b"12", b"Infinity"),
        WRITTEN.replace(b"12", b"-0"),
        b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b',"format":"secureprofile-entry/1"}',
        b'{"a":"' + b"x" * MAX_BYTES + b'","format":"secureprofile-entry/1"}',
        b"{}",
        b'{"a":1}',
        b'{"format":1}',
        b'"secureprofile-entry/1"',
        b"null",
    ],
    ids=range(19),
)
def test_variants_of_a_written_entry_are_refused(data: bytes) -> None:
    with pytest.raises(ProofWrong, match="canonical form"):
        parse(data)


def test_the_longest_entry_is_as_long_as_a_16_bit_length_can_say() -> None:
    frame = len(canonical({"a": "", "format": FORMAT}))
    longest = canonical({"a": "x" * (65_535 - frame), "format": FORMAT})
    assert len(longest) == 65_535
    assert canonical(parse(longest)) == longest
    with pytest.raises(ValueError, match="65536 bytes"):
        canonical({"a": "x" * (65_536 - frame), "format": FORMAT})


@given(st.integers(-5, 10**15))
def test_a_number_of_rows_is_told_only_by_its_power_of_ten(count: int) -> None:
    told = size_class(count)
    if count <= 0:
        assert told == "0"
        return
    limit = int(told.removeprefix("<="))
    assert told == f"<={limit}"
    assert set(str(limit)) == {"1", "0"}
    assert str(limit).count("1") == 1
    assert limit // 10 < count <= limit or (limit == 10 and count == 1)


@pytest.mark.parametrize(
    "text", ["DSR-2026-0042", "case/7", "REQ0010023", "3f2504e0-4f89-11d3-9a0c-030500000000", "JIRA:A_1#2"]
)
def test_a_tickets_number_is_a_request(text: str) -> None:
    assert request_id(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "anna.schmidt",
        "Anna",
        "a1@example.org",
        "13912345678",
        "T-139123456",
        "x" * 64 + "1",
        "a1--b",
        "-a1",
        "a1-",
        "a 1",
        "a1\n",
        "张1",
        "１２",
    ],
)
def test_what_could_name_somebody_is_no_request_and_is_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        request_id(text)
    assert text not in f"{caught.value} {caught.value.hint}"


@given(st.lists(TEXTS, max_size=3000))
def test_thousands_of_columns_are_told_by_number_and_digest(columns: list[str]) -> None:
    body = json.dumps(columns, separators=(",", ":"), ensure_ascii=False).encode()
    fields = named(columns)
    if len(body) <= MAX_NAMES:
        assert fields == {"columns": tuple(columns)}
    else:
        assert fields == {"columns_count": len(columns), "columns_digest": hashlib.sha256(body).hexdigest()}
    assert len(an_entry(**fields).to_bytes()) <= MAX_BYTES


def test_every_refusal_to_write_is_an_error_of_ours() -> None:
    deep: Any = 1
    for _ in range(3000):
        deep = {"a": deep}
    for content in ({"a": float("nan")}, {"a": 2**53}, {"a": "\ud800"}, {"a": "x" * 70_000}, {"é": 1}, {"a": deep}):
        with pytest.raises(EntryRefused, match="entry"):
            canonical(content)


def test_an_intent_leaves_room_for_its_outcome() -> None:
    roles = tuple(f"role-{number}" for number in range(4200))
    with pytest.raises(EntryRefused, match="announces"):
        an_entry(phase="intent", roles=roles).to_bytes()
    assert len(an_entry(phase="outcome", roles=roles).to_bytes()) <= MAX_BYTES


PUBLIC = {
    "literals": ({"literals": [None, True, False]}, b'{"literals":[null,true,false]}'),
    "order by UTF-16 of values kept": (
        {"a": ["\U0001f600", "\ufb33", "\u20ac"]},
        '{"a":["\U0001f600","\ufb33","\u20ac"]}'.encode(),
    ),
    "escapes of RFC 8785 section 3.2.2.2": (
        {"s": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/"},
        b'{"s":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ),
    "structures": (
        {
            "56": {"d": True, "10": None, "1": []},
            "1": {"f": "f", "F": 5},
            "10": {},
            "111": [{"e": "yes", "E": "no"}],
            "A": {},
        },
        None,
    ),
    "no normalisation": ({"Unnormalized": "A\u030a"}, '{"Unnormalized":"A\u030a"}'.encode()),
}


@pytest.mark.parametrize("case", PUBLIC)
def test_the_public_cases_of_the_canonical_form(case: str) -> None:
    content, expected = PUBLIC[case]
    assert canonical(content) == rfc8785.dumps(content)
    assert expected is None or canonical(content) == expected


def test_keys_beyond_the_basic_plane_whose_order_programs_disagree_on_cannot_be_written() -> None:
    """UTF-16 order (JCS) and code point order (Python) differ there; the fast path never sees them."""
    with pytest.raises(EntryRefused, match="ASCII"):
        canonical({"\U0001f600": 1, "\ufb33": 2})


def test_entries_without_the_newer_fields_are_read() -> None:
    old = (
        b'{"act":"ingest","actor":"staff-00000000","authenticated":"os-user","format":"secureprofile-entry/1","intent":3,'
        b'"phase":"outcome","policy":"p","reason":"done","result":"allow","roles":["analyst"],"rows":"<=1000",'
        b'"software":"secureprofile 0.1.0","time":"2026-11-01T08:00:00.000Z"}'
    )
    assert parse(old)["rows"] == "<=1000"
