"""Presence and absence in a run: against sets, against trees built whole, and against every proof that proves something else."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.audit.presence import (
    Absent,
    Leaf,
    Present,
    class_text,
    parse_class,
    prove,
    salt_commitment,
    size_class,
    token,
    verify_presence,
)
from secureprofile.errors import ProofWrong

TOKENS = st.sets(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


def tree(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, written out."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + tree(leaves[:k]) + tree(leaves[k:])).digest()


def proof_of(leaves: list[bytes], wanted: bytes) -> Present | Absent:
    place = sum(leaf < wanted for leaf in leaves)
    return prove(
        wanted, size=len(leaves), place=place, leaf=leaves.__getitem__,
        node=lambda level, at: tree(leaves[at << level : (at + 1) << level]),
    )  # fmt: skip


@given(TOKENS, st.binary(min_size=32, max_size=32))
def test_a_proof_says_what_the_set_says(tokens: set[bytes], other: bytes) -> None:
    leaves = sorted(tokens)
    root = tree(leaves)
    for wanted in {*leaves[:5], other}:
        proof = proof_of(leaves, wanted)
        assert verify_presence(proof, wanted=wanted, size=len(leaves), root=root) is (wanted in tokens)


@given(TOKENS, st.binary(min_size=32, max_size=32), st.data())
def test_a_changed_proof_proves_nothing(tokens: set[bytes], other: bytes, data: st.DataObject) -> None:
    leaves = sorted(tokens)
    wanted = data.draw(st.sampled_from([*leaves, other]))
    proof, root = proof_of(leaves, wanted), tree(leaves)
    wrong_root = bytes([root[0] ^ 1]) + root[1:]
    with pytest.raises(ProofWrong):
        verify_presence(proof, wanted=wanted, size=len(leaves), root=wrong_root)
    if wanted in tokens:
        with pytest.raises(ProofWrong):
            verify_presence(proof, wanted=bytes(31) + b"\x01", size=len(leaves), root=root)
    for leaf in [proof.leaf] if isinstance(proof, Present) else [one for one in (proof.left, proof.right) if one]:
        for changed in (
            replace(leaf, index=leaf.index + 1),
            replace(leaf, path=(*leaf.path, bytes(32))),
            replace(leaf, token=bytes([leaf.token[0] ^ 1]) + leaf.token[1:]),
        ):
            twisted = (
                Present(leaf=changed)
                if isinstance(proof, Present)
                else replace(proof, left=changed)
                if leaf is proof.left
                else replace(proof, right=changed)
            )
            with pytest.raises(ProofWrong):
                verify_presence(twisted, wanted=wanted, size=len(leaves), root=root)


@given(st.sets(st.binary(min_size=32, max_size=32), min_size=3, max_size=20), st.data())
def test_who_is_there_cannot_be_proven_absent(tokens: set[bytes], data: st.DataObject) -> None:
    """Neighbours that leave somebody out do not stand side by side."""
    leaves = sorted(tokens)
    at = data.draw(st.integers(0, len(leaves) - 1))
    paths = [proof_of(leaves, leaf) for leaf in leaves]
    around: list[Leaf | None] = [None, *(one.leaf for one in paths if isinstance(one, Present)), None]
    with pytest.raises(ProofWrong):
        verify_presence(
            Absent(left=around[at], right=around[at + 2]), wanted=leaves[at], size=len(leaves), root=tree(leaves)
        )


def test_an_absence_without_neighbours_or_beyond_one_end_only_is_refused() -> None:
    leaves = sorted(hashlib.sha256(bytes([n])).digest() for n in range(10))
    root = tree(leaves)
    middle = proof_of(leaves, bytes([leaves[4][0]]) + leaves[4][1:31] + bytes([leaves[4][31] ^ 1]))
    assert isinstance(middle, Absent)
    for broken in (Absent(left=None, right=None), replace(middle, left=None), replace(middle, right=None)):
        with pytest.raises(ProofWrong):
            verify_presence(broken, wanted=leaves[4][:31] + bytes([leaves[4][31] ^ 1]), size=10, root=root)


def test_tokens_and_commitments_are_what_the_format_says() -> None:
    salt, lookup = bytes(range(32)), "ab" * 32
    assert token(salt, 258) == hmac.new(salt, b"sp/v1" + bytes([0, 0, 0, 0, 0, 0, 1, 2]), hashlib.sha256).digest()
    assert salt_commitment(salt, lookup) == hashlib.sha256(b"sp/salt/1" + salt + lookup.encode()).digest()


@given(st.integers(0, 10**9))
def test_a_class_holds_its_people_and_costs_little(people: int) -> None:
    size = size_class(people)
    assert size >= people
    assert parse_class(class_text(size)) == size
    assert size == 100 or size <= 2.5 * people
    assert people < 100_001 or size <= 4 / 3 * people


@pytest.mark.parametrize("text", ["100", "<=0", "<=101", "<=0100", "<= 100", "<=٣٠٠", "<=300", ""])
def test_other_classes_do_not_exist(text: str) -> None:
    with pytest.raises(ProofWrong):
        parse_class(text)
