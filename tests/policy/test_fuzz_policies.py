"""Policies that a disk, a wire, an editor or a foe has touched: refused in our words, or read as everybody reads them.

An accepted text means to us what it means to PyYAML's own loader, which shares nothing with our reader but the grammar; and it means the
same whether libyaml or PyYAML's own parser reads the grammar.
"""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.errors import PolicyFileError
from secureprofile.policy import document
from secureprofile.policy.document import decode, read_yaml
from secureprofile.policy.parse import LoadedPolicy, parse_policy
from tests.policy.test_places import FULL

BASE = FULL.encode()
PIECES = [
    b"\n", b"\r", b"\r\n", b"\t", b" ", b"  ", b":", b": ", b"- ", b"? ", b"#", b" #", b",", b"[", b"]", b"{", b"}", b"'", b'"', b"&a ",
    b"*a", b"!x ", b"!!int ", b"<<: ", b"|", b">-", b"%YAML 1.1\n", b"---\n", b"...\n", b"no", b"yes", b"~", b"null", b"010", b"1_0", b"1:30",
    b"0x1", b".inf", b"-1", b"1e400", b"true", b"=", b"\\", b"\x00", b"\x07", b"\x7f", b"\x85", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae",
    b"\xef\xbb\xbf", b"\xe2\x80\x8b", b"\xff", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", "画".encode(), b"user.name: keep", b"defaults: deny\n", b"deny",
]  # fmt: skip


def mutated(rng: random.Random) -> bytes:
    data = bytearray(BASE)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(9):
            case 0:
                data[at:at] = rng.choice(PIECES)
            case 1:
                data[at : at + rng.randint(1, 4)] = rng.choice(PIECES)
            case 2:
                del data[at : at + rng.choice([1, 1, 2, 5, 40])]
            case 3:
                data[at:at] = data[at : at + rng.choice([1, 3, 20, 80])]
            case 4 if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            case 5:
                other = rng.randrange(len(data) + 1)
                data[at:at] = data[other : other + rng.randint(1, 60)]
            case 6:
                lines = bytes(data).split(b"\n")
                one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
                lines[one], lines[two] = lines[two], lines[one]
                data = bytearray(b"\n".join(lines))
            case 7:
                lines = bytes(data).split(b"\n")
                one = rng.randrange(len(lines))
                lines[one] = b" " * rng.randrange(9) + lines[one].lstrip()
                data = bytearray(b"\n".join(lines))
            case _:
                del data[at:]
    return bytes(data)


def load(data: bytes) -> LoadedPolicy | None:
    """The policy, or None where it is refused; anything else that is raised fails the test."""
    try:
        return parse_policy(decode(data, file="p.yaml"), file="p.yaml", siblings=lambda name: b"")
    except PolicyFileError as error:
        size = data.count(b"\n") + 2
        for problem in error.problems:
            assert problem.code, problem
            assert problem.hint, problem
            assert 1 <= problem.line <= size, problem
            assert problem.column >= 1, problem
        return None


def same(ours: Any, theirs: Any) -> bool:
    """Whether a value of ours is theirs: days are text to us, numbers exact, keys text."""
    match ours:
        case dict():
            return (
                isinstance(theirs, dict)
                and [*ours] == [str(key) for key in theirs]
                and all(same(one, other) for one, other in zip(ours.values(), theirs.values(), strict=True))
            )
        case list():
            return isinstance(theirs, list) and len(ours) == len(theirs) and all(map(same, ours, theirs))
        case Decimal():
            return float(ours) == (float(theirs) if isinstance(theirs, str) else theirs)  # 1e-6 is text to YAML 1.1
        case str() if isinstance(theirs, date):
            return True
        case _:
            return type(ours) is type(theirs) and bool(ours == theirs)


def try_one(data: bytes, monkeypatch: pytest.MonkeyPatch, *, both: bool = True) -> bool:
    """Load, with ``both`` parsers where asked or accepted, and hold what is read against PyYAML's; tell whether it was accepted."""
    loaded = load(data)
    if loaded is None and not both:
        return False
    with monkeypatch.context() as patch:
        patch.setattr(document, "_PARSER", yaml.SafeLoader)
        plainly = load(data)
    assert (loaded is None) == (plainly is None), data
    if loaded is None or plainly is None:
        return False
    assert loaded.policy == plainly.policy, data
    assert loaded.places == plainly.places, data
    text = decode(data, file="p.yaml")
    assert same(read_yaml(text, file="p.yaml").value, yaml.safe_load(text)), data
    assert loaded.policy.defaults == "deny"
    return True


def run(count: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Try so many broken policies, each tenth refused one with both parsers; return how many were accepted."""
    return sum(
        try_one(mutated(random.Random(f"{seed}/{number}")), monkeypatch, both=number % 10 == 0)
        for number in range(count)
    )


def test_the_base_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert try_one(BASE, monkeypatch)


def test_a_broken_policy_is_refused_in_our_words_or_read_as_everybody_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = run(400, 1, monkeypatch)
    assert 0 < accepted < 200  # a space more in a comment is no mistake


@pytest.mark.proof
def test_thirty_thousand_broken_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = run(30_000, 2, monkeypatch)
    assert 300 < accepted < 15_000


LINES = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=6).map(lambda depth: "  " * depth),
        st.sampled_from(["", "- ", "? ", "a: ", "b: ", "'a': ", "7: ", "true: ", "1.10: ", "<<: ", "~: ", "é: ", "e\u0301: ", "[a]: "]),
        st.sampled_from(["", "x", "7", "-7", "+7", "1.50", "1e3", "0.1", ".5", "5.", "no", "~", "''", '"a"', "[a, 7]", "{a: 1}", "{a, b}", "|\n    t",
                         "2026-01-01", "1:30", "08", "a: b", "# c", "x # c", "x#c", "- x", "? x", "@x", "`x", "%x", "\u00a0", "a\u200cb"]),
    ).map("".join),
    max_size=8,
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(LINES.map("\n".join))
def test_whatever_small_text_is_accepted_means_what_everybody_reads(text: str) -> None:
    try:
        ours = read_yaml(text, file="a.yaml")
    except PolicyFileError:
        return
    assert same(ours.value, yaml.safe_load(text)), text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document, "_PARSER", yaml.SafeLoader)
        assert read_yaml(text, file="a.yaml") == ours


def large(datasets: int, columns: int) -> str:
    lines = [
        "secureprofile: 1", "policy: {id: large, version: 1, owner: us, jurisdiction: [GDPR]}", "defaults: deny",
        "roles: {analyst: [creator]}", "domains: {people: {unit: person, population: 100000, epsilon: 1}}", "datasets:",
    ]  # fmt: skip
    for number in range(datasets):
        lines += [
            f"  set{number}:",
            "    domain: people",
            "    subject: id",
            f"    files: [set{number}.csv]",
            "    columns:",
        ]
        lines += ["      id: user.unique_id"]
        lines += [f"      c{n}: {{category: user.behavior, optional: true}}" for n in range(columns - 1)]
    lines.append("purposes:")
    for number in range(10):
        lines += [
            f"  p{number}:", "    data_use: analytics", "    lawful_basis: {GDPR: contract}", "    roles: [analyst]", "    outputs: [export]",
            "    consent: not-required", "    retention: P1Y", "    allow: {user.unique_id: pseudonym, user.behavior: keep}",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML without libyaml takes thirty times as long")
def test_a_policy_of_ten_thousand_columns_is_read_in_two_seconds() -> None:
    """0.4 s where it was measured; five times that, since other things run beside a test."""
    import time

    text = large(200, 50)
    took = []
    for _ in range(3):
        before = time.process_time()
        parse_policy(text, file="large.yaml", siblings=lambda name: None)
        took.append(time.process_time() - before)
    assert min(took) < 2
