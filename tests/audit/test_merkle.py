"""The tree: published vectors, a slow reference from the text of RFC 6962, and proofs that refuse everything else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
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


def slow_path(m: int, data: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, word by word."""
    if len(data) == 1:
        return []
    k = 1
    while k * 2 < len(data):
        k *= 2
    if m < k:
        return [*slow_path(m, data[:k]), slow(data[k:])]
    return [*slow_path(m - k, data[k:]), slow(data[:k])]


def slow_proof(m: int, data: list[bytes], *, known: bool = True) -> list[bytes]:
    """PROOF of RFC 6962 §2.1.2 through its SUBPROOF, word by word."""
    if m == len(data):
        return [] if known else [slow(data)]
    k = 1
    while k * 2 < len(data):
        k *= 2
    if m <= k:
        return [*slow_proof(m, data[:k], known=known), slow(data[k:])]
    return [*slow_proof(m - k, data[k:], known=False), slow(data[:k])]


def numbered(size: int) -> list[bytes]:
    return [number.to_bytes(2, "big") for number in range(size)]


def test_published_hashes_of_a_leaf_and_a_node() -> None:
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    assert EMPTY_ROOT == Frontier().root() == root([]) == slow([])


@pytest.mark.parametrize(
    ("old", "size", "hashes"),
    [
        (1, 1, ""),
        (1, 8, """96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7
                  5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e
                  6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"""),
        (2, 5, """5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e
                  bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"""),
        (6, 7, """0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a
                  b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f
                  d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"""),
        (6, 8, """0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a
                  ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0
                  d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"""),
    ],
)  # fmt: skip
def test_published_consistency_proofs(old: int, size: int, hashes: str) -> None:
    proof = consistency_proof(LEAVES[:size], old)
    assert [node.hex() for node in proof] == hashes.split()
    before, after = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[size])
    verify_consistency(old_size=old, new_size=size, old_root=before, new_root=after, proof=proof)


def test_published_inclusion_proof_on_an_uneven_edge() -> None:
    """PATH(1, 5): the last sibling is a lone leaf."""
    proof = inclusion_proof(LEAVES[:5], 1)
    assert [node.hex() for node in proof] == [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]
    verify_inclusion(leaf=LEAVES[1], index=1, size=5, proof=proof, expected_root=bytes.fromhex(ROOTS[5]))


def test_roots_of_all_sizes_to_70_are_those_of_the_slow_reference() -> None:
    frontier = Frontier()
    for size in range(71):
        data = numbered(size)
        assert root(map(leaf_hash, data)) == frontier.root() == slow(data), size
        frontier = frontier.append(leaf_hash(size.to_bytes(2, "big")))


@pytest.mark.parametrize("size", [*range(1, 34), 47, 63, 64, 65, 70])
def test_all_proofs_are_those_of_the_slow_reference_and_verify(size: int) -> None:
    data = numbered(size)
    leaves, whole = [leaf_hash(entry) for entry in data], slow(data)
    for index in range(size):
        path = inclusion_proof(leaves, index)
        assert path == slow_path(index, data)
        verify_inclusion(leaf=leaves[index], index=index, size=size, proof=path, expected_root=whole)
        grown = consistency_proof(leaves, index + 1)
        assert grown == slow_proof(index + 1, data)
        before = slow(data[: index + 1])
        verify_consistency(old_size=index + 1, new_size=size, old_root=before, new_root=whole, proof=grown)


@settings(max_examples=30, deadline=None)
@given(st.integers(71, 1500), st.data())
def test_a_larger_tree_resumed_anywhere_is_that_of_the_slow_reference(size: int, draw: st.DataObject) -> None:
    data = numbered(size)
    stop = draw.draw(st.integers(0, size))
    frontier = Frontier()
    for entry in data[:stop]:
        frontier = frontier.append(leaf_hash(entry))
    frontier = Frontier.from_bytes(frontier.to_bytes())
    for entry in data[stop:]:
        frontier = frontier.append(leaf_hash(entry))
    assert (frontier.size, frontier.root(), len(frontier.peaks)) == (size, slow(data), size.bit_count())


@given(st.integers(0, 70), st.data())
def test_a_frontier_of_another_length_is_refused(size: int, draw: st.DataObject) -> None:
    frontier = Frontier()
    for entry in numbered(size):
        frontier = frontier.append(leaf_hash(entry))
    data = frontier.to_bytes()
    cut = data[: draw.draw(st.integers(0, len(data) - 1))]
    for wrong in (cut, data + draw.draw(st.binary(min_size=1, max_size=64))):
        with pytest.raises(ValueError, match="not a frontier"):
            Frontier.from_bytes(wrong)


def test_a_node_cannot_pass_for_an_entry() -> None:
    """The bytes under a node, offered as an entry, hash to something else: leaf and node have prefixes of their own."""
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)
    with pytest.raises(ProofWrong):
        verify_inclusion(leaf=leaf_hash(left + right), index=0, size=1, proof=[], expected_root=root(LEAVES[:2]))


@given(st.integers(2, 40), st.data())
def test_a_proof_for_one_index_proves_no_other(size: int, draw: st.DataObject) -> None:
    leaves = [leaf_hash(entry) for entry in numbered(size)]
    index, other = draw.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    with pytest.raises(ProofWrong):
        verify_inclusion(
            leaf=leaves[index],
            index=other,
            size=size,
            proof=inclusion_proof(leaves, index),
            expected_root=root(leaves),
        )


@given(st.integers(1, 40), st.data(), st.integers(0, 255))
def test_any_flipped_bit_of_a_consistency_proof_is_found(size: int, draw: st.DataObject, bit: int) -> None:
    leaves = [leaf_hash(entry) for entry in numbered(size)]
    old = draw.draw(st.integers(1, size))
    hashes = [root(leaves[:old]), root(leaves), *consistency_proof(leaves, old)]
    place = draw.draw(st.integers(0, len(hashes) - 1))
    hashes[place] = (int.from_bytes(hashes[place], "big") ^ (1 << bit)).to_bytes(32, "big")
    with pytest.raises(ProofWrong):
        verify_consistency(old_size=old, new_size=size, old_root=hashes[0], new_root=hashes[1], proof=hashes[2:])


@given(st.integers(1, 40), st.data())
def test_a_consistency_proof_of_another_length_is_refused(size: int, draw: st.DataObject) -> None:
    leaves = [leaf_hash(entry) for entry in numbered(size)]
    old = draw.draw(st.integers(1, size))
    before, after, proof = root(leaves[:old]), root(leaves), consistency_proof(leaves, old)
    for wrong in ([*proof, after], [before, *proof], *([proof[:-1], proof[1:]] if proof else [])):
        with pytest.raises(ProofWrong):
            verify_consistency(old_size=old, new_size=size, old_root=before, new_root=after, proof=wrong)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 3), (-1, 3), (4, 3)])
def test_sizes_that_cannot_be_compared_are_refused(old: int, new: int) -> None:
    with pytest.raises(ProofWrong, match="sizes"):
        verify_consistency(old_size=old, new_size=new, old_root=slow([]), new_root=slow([]), proof=[])


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (1, 1), (5, 4), (0, 0), (0, -1)])
def test_an_index_outside_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(ProofWrong, match="outside the tree"):
        verify_inclusion(leaf=LEAVES[0], index=index, size=size, proof=[], expected_root=LEAVES[0])


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_hashes_of_another_length_are_refused(length: int) -> None:
    wrong, right = bytes(length), LEAVES[0]
    for leaf, proof, whole in ((wrong, [], right), (right, [wrong], right), (right, [], wrong)):
        with pytest.raises(ProofWrong, match="32 bytes"):
            verify_inclusion(leaf=leaf, index=0, size=2, proof=proof, expected_root=whole)
    for before, proof, after in ((wrong, [], right), (right, [wrong], right), (right, [], wrong)):
        with pytest.raises(ProofWrong, match="32 bytes"):
            verify_consistency(old_size=1, new_size=2, old_root=before, new_root=after, proof=proof)


def test_proofs_about_what_is_not_there_cannot_be_made() -> None:
    for index in (-1, 3):
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_proof(LEAVES[:3], index)
    for old in (-1, 0, 4):
        with pytest.raises(ValueError, match="no such older tree"):
            consistency_proof(LEAVES[:3], old)


@given(st.integers(2, 40), st.data())
def test_a_node_on_the_way_cannot_stand_for_the_leaf(size: int, draw: st.DataObject) -> None:
    """A path that starts higher up ends at the right root, but before all levels were climbed."""
    leaves = [leaf_hash(entry) for entry in numbered(size)]
    with pytest.raises(ProofWrong, match="too short"):
        verify_inclusion(
            leaf=root(leaves),
            index=draw.draw(st.integers(0, size - 1)),
            size=size,
            proof=[],
            expected_root=root(leaves),
        )


@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 3), (4, 8), (8, 70)])
def test_one_root_cannot_stand_for_two_sizes(old: int, new: int) -> None:
    with pytest.raises(ProofWrong, match="another root"):
        verify_consistency(old_size=old, new_size=new, old_root=LEAVES[0], new_root=LEAVES[0], proof=[])
