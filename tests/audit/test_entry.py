"""Entries: one spelling per content, equal to RFC 8785's, and nothing else is read."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.audit.entry import FORMAT, MAX_BYTES, canonical, parse
from secureprofile.errors import ProofWrong

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
