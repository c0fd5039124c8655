"""The vector of the entry format, recomputed from docs/formats/entry.md alone: nothing of the project is imported at the top."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VECTOR = json.loads((ROOT / "tests/vectors/audit/entries.json").read_text("utf-8"))
PAGE = (ROOT / "docs/formats/entry.md").read_text("utf-8")

SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def encoded(value: Any) -> str:
    """RFC 8785 as the page tells it, character by character."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        assert abs(value) < 2**53
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(SHORT.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(encoded, value)) + "]"
    assert isinstance(value, dict)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}", key) for key in value)
    return "{" + ",".join(f"{encoded(key)}:{encoded(value[key])}" for key in sorted(value, key=str.encode)) + "}"


def tree(hashes: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1, by its own recursion."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree(hashes[:half]) + tree(hashes[half:])).digest()


@pytest.mark.parametrize(
    "one", VECTOR["entries"], ids=lambda one: one["content"]["act"] + "-" + one["content"]["phase"]
)
def test_the_bytes_and_the_leaf_are_those_of_the_page(one: dict[str, Any]) -> None:
    body = encoded(one["content"]).encode()
    assert body.hex() == one["bytes"]
    assert hashlib.sha256(b"\0" + body).hexdigest() == one["leaf_hash"]
    assert not [key for key, value in one["content"].items() if value in ("", [], {}, None)]


def test_the_root_is_that_of_the_leaves() -> None:
    assert tree([bytes.fromhex(one["leaf_hash"]) for one in VECTOR["entries"]]).hex() == VECTOR["root"]


def test_a_list_that_is_too_long_is_told_by_number_and_digest() -> None:
    found = next(one["content"] for one in VECTOR["entries"] if "columns_count" in one["content"])
    names = json.dumps([f"column_{n}" for n in range(5000)], separators=(",", ":"))
    assert (found["columns_count"], found["columns_digest"]) == (5000, hashlib.sha256(names.encode()).hexdigest())


def test_the_page_names_every_field_and_the_vector_has_them() -> None:
    table = PAGE.split("## Fields")[1].split("## Details")[0]
    told = {name for row in re.findall(r"^\| (`[^|]*) \|", table, re.M) for name in re.findall(r"`(\w+)`", row)}
    import dataclasses

    from secureprofile.audit.entry import FORMAT, MAX_BYTES, MAX_INTENT, MAX_NAMES, Entry

    assert told == {"format", *(field.name for field in dataclasses.fields(Entry))}
    assert told == {name for one in VECTOR["entries"] for name in one["content"]}
    assert FORMAT in PAGE
    assert all(f"{limit:,} bytes" in PAGE for limit in (MAX_BYTES, MAX_INTENT, MAX_NAMES))


def test_the_vector_is_what_the_code_makes() -> None:
    from tests.vectors.audit.make_entries import made

    assert made() == VECTOR
