"""Tiles and the proofs made of them, against the recursive definitions of RFC 6962 over all leaves."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.audit import tiles
from secureprofile.audit.merkle import consistency_proof, inclusion_proof, leaf_hash, root
from secureprofile.audit.tiles import WIDTH, bundle, nodes, shapes, unbundle

LEAVES = [leaf_hash(b"%d" % number) for number in range(1300)]


def cut(leaves: list[bytes]) -> dict[tuple[int, int], bytes]:
    """Every tile of a tree, by hand: neighbours are hashed level by level."""
    found, hashes, level = {}, leaves, 0
    while hashes:
        for start in range(0, len(hashes), 256):
            found[level, start // 256] = b"".join(hashes[start : start + 256])
        full = len(hashes) // 256
        rows = [hashes[256 * one : 256 * one + 256] for one in range(full)]
        for _ in range(8):
            rows = [
                [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(r[::2], r[1::2], strict=True)] for r in rows
            ]
        hashes, level = [r[0] for r in rows], level + 1
    return found


def reader(size: int) -> tiles.Node:
    there = cut(LEAVES[:size])
    return nodes(size, lambda level, number, width: there[level, number][: 32 * width])


@given(st.data(), st.integers(1, len(LEAVES)))
@settings(max_examples=60, deadline=None)
def test_proofs_from_tiles_are_those_of_the_definition(draw: st.DataObject, size: int) -> None:
    node = reader(size)
    index, old = draw.draw(st.integers(0, size - 1)), draw.draw(st.integers(1, size))
    assert tiles.inclusion_path(node, index, size) == inclusion_proof(LEAVES[:size], index)
    assert tiles.consistency_path(node, old, size) == consistency_proof(LEAVES[:size], old)
    assert tiles.frontier(node, old).root() == root(LEAVES[:old])
    assert tiles.range_root(node, 0, size) == root(LEAVES[:size])


@pytest.mark.parametrize("size", [1, 2, 3, 8, 21])
def test_small_trees_at_every_place(size: int) -> None:
    node = reader(size)
    for index in range(size):
        assert tiles.inclusion_path(node, index, size) == inclusion_proof(LEAVES[:size], index)
        assert tiles.consistency_path(node, index + 1, size) == consistency_proof(LEAVES[:size], index + 1)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (6, 5)])
def test_there_is_no_proof_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such"):
        tiles.inclusion_path(reader(max(size, 1)), index, size)


@pytest.mark.parametrize(("old", "size"), [(0, 0), (0, 5), (6, 5), (-1, 5)])
def test_there_is_no_consistency_from_nothing(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such"):
        tiles.consistency_path(reader(max(size, 1)), old, size)


def test_the_example_of_the_specification() -> None:
    """Size 70,000: 273 full tiles and one of 112 at level 0, one and one of 17 at level 1, one of 1 at level 2."""
    assert list(shapes(70_000)) == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert tiles.tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tiles.tile_path(2, 0, 1) == "tile/2/000.p/1"
    assert tiles.entries_path(273, 112) == "tile/entries/273.p/112"


@given(st.integers(0, 1 << 40))
def test_every_hash_has_its_tile_and_none_is_of_width_zero(size: int) -> None:
    for level, full, width in shapes(size):
        assert full * WIDTH + width == size >> (8 * level)
        assert 0 <= width < WIDTH
        assert full or width


@given(st.integers(0, 10**15))
def test_the_path_of_a_number_is_read_back(number: int) -> None:
    groups = tiles.path(number).split("/")
    assert all(group.startswith("x") for group in groups[:-1])
    assert int("".join(group[-3:] for group in groups)) == number
    assert len(groups) == max(1, (len(str(number)) + 2) // 3)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_are_read_back(entries: list[bytes]) -> None:
    assert unbundle(bundle(entries)) == entries


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=5), st.integers(1, 60))
def test_a_bundle_that_is_cut_is_no_bundle_or_a_shorter_one(entries: list[bytes], away: int) -> None:
    data = bundle(entries)[:-away]
    try:
        found = unbundle(data)
    except ValueError:
        return
    assert found == entries[: len(found)]
    assert bundle(found) == data


def test_the_longest_entry_of_a_bundle() -> None:
    assert unbundle(bundle([bytes(65_535)])) == [bytes(65_535)]
    with pytest.raises(ValueError, match="65,535"):
        bundle([bytes(65_536)])


def test_a_short_tile_is_not_hashed_over() -> None:
    with pytest.raises(ValueError, match="too short"):
        tiles.inclusion_path(nodes(5, lambda level, number, width: bytes(64)), 0, 5)


def test_leaf_hashes_are_those_of_the_standard_library() -> None:
    entries = [b"", b"a", bytes(1000)]
    assert tiles.leaf_hashes(entries) == b"".join(hashlib.sha256(b"\x00" + one).digest() for one in entries)
