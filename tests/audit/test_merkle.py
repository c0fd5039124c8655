"""The tree: published vectors, a slow reference from the text of RFC 6962, and proofs that refuse everything else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.audit.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from secureprofile.errors import ProofWrong

# Inputs and roots of certificate-transparency's own tests, for trees of 0 to 8 leaves.
INPUTS = [
    bytes.fromhex(text)
    for text in "|00|10|2021|3031|40414243|5051525354555657|606162636465666768696a6b6c6d6e6f".split("|")
]
ROOTS = """
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125 aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7 4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()  # fmt: skip
LEAVES = [leaf_hash(data) for data in INPUTS]


def slow(data: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word by word."""
    if not data:
        return hashlib.sha256().digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return hashlib.sha256(b"\x01" + slow(data[:k]) + slow(data[k:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    assert root(LEAVES[:size]).hex() == ROOTS[size] == slow(INPUTS[:size]).hex()


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_frontier_grows_as_the_slow_reference_says(data: list[bytes]) -> None:
    frontier = Frontier()
    for size, entry in enumerate(data, start=1):
        frontier = Frontier.from_bytes(frontier.append(leaf_hash(entry)).to_bytes())
        assert frontier.size == size
    assert frontier.root() == slow(data)


def test_published_inclusion_proofs() -> None:
    """PATH(0, 8), PATH(5, 8), PATH(2, 3) and PATH(1, 5) of certificate-transparency's tests."""
    expected = {
        (0, 8): ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"],
        (5, 8): ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"],
        (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    }  # fmt: skip
    for (index, size), hashes in expected.items():
        assert [node.hex() for node in inclusion_proof(LEAVES[:size], index)] == hashes


SIZES = st.integers(1, 40)


@given(st.data(), SIZES)
def test_every_entry_is_proved_and_nothing_else(data: st.DataObject, size: int) -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(leaves, index)
    whole = root(leaves)
    verify_inclusion(leaf=leaves[index], index=index, size=size, proof=proof, expected_root=whole)
    wrong = {
        "leaf": {"leaf": leaf_hash(b"other")},
        "index": {"index": size},
        "longer": {"proof": [*proof, whole]},
        "shorter": {"proof": proof[:-1] if proof else [whole]},
        "node": {"proof": [leaf_hash(b"other"), *proof[1:]]},
        "root": {"expected_root": leaf_hash(b"other")},
    }[data.draw(st.sampled_from(["leaf", "index", "longer", "shorter", "node", "root"]))]
    right = {"leaf": leaves[index], "index": index, "size": size, "proof": proof, "expected_root": whole}
    with pytest.raises(ProofWrong):
        verify_inclusion(**{**right, **wrong})  # type: ignore[arg-type]


@given(st.data(), SIZES)
def test_a_tree_that_grew_is_told_from_one_that_was_rewritten(data: st.DataObject, size: int) -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(size)]
    old = data.draw(st.integers(1, size))
    proof = consistency_proof(leaves, old)
    before, after = root(leaves[:old]), root(leaves)
    verify_consistency(old_size=old, new_size=size, old_root=before, new_root=after, proof=proof)
    rewritten = list(leaves)
    rewritten[data.draw(st.integers(0, old - 1))] = leaf_hash(b"rewritten")
    with pytest.raises(ProofWrong):
        verify_consistency(
            old_size=old,
            new_size=size,
            old_root=before,
            new_root=root(rewritten),
            proof=consistency_proof(rewritten, old),
        )


def test_an_empty_older_tree_proves_nothing() -> None:
    with pytest.raises(ProofWrong):
        verify_consistency(old_size=0, new_size=1, old_root=slow([]), new_root=LEAVES[0], proof=[])
