"""Tiles: the hashes of a Merkle tree in groups of 256, as C2SP tlog-tiles cuts them, and proofs from them.

A tile of level L holds the roots of 256 neighbouring subtrees of 256^L entries each, so that a proof in a tree of a million entries reads
half a dozen tiles. :func:`nodes` turns tiles into the roots of perfect subtrees, which is all that proofs are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import TypeAlias

from secureprofile.audit.merkle import HASH_BYTES, Frontier, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes of a full tile."""

Node: TypeAlias = Callable[[int, int], bytes]
"""(height, place) → root of the perfect subtree over entries ``[place << height, (place + 1) << height)``."""

ReadTile: TypeAlias = Callable[[int, int, int], bytes]
"""(level, number, width) → at least ``width`` hashes of a tile, one after the other."""


def leaf_hashes(entries: Sequence[bytes]) -> bytes:
    """Return the leaf hashes of entries, one after the other.

    Example:
        >>> leaf_hashes([b"", b"L123456"]).hex()[-64:-48]
        '395aa064aa4c29f7'
    """
    return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


def paired(hashes: bytes) -> bytes:
    """Return the parents of an even number of hashes."""
    step = 2 * HASH_BYTES
    return b"".join([sha256(b"\x01" + hashes[i : i + step]).digest() for i in range(0, len(hashes), step)])


def perfect_root(hashes: bytes) -> bytes:
    """Return the root over 1, 2, 4, … hashes.

    Example:
        >>> perfect_root(bytes(64)) == node_hash(bytes(32), bytes(32))
        True
    """
    while len(hashes) > HASH_BYTES:
        hashes = paired(hashes)
    return hashes


def path(number: int) -> str:
    """Return a tile's number as a path: groups of three digits, all but the last after an ``x``.

    Example:
        >>> path(5), path(1234067)
        ('005', 'x001/x234/067')
    """
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.append(f"x{number % 1000:03d}")
    return "/".join(reversed(groups))


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """Return where a tile of hashes lies in an exported log.

    Example:
        >>> tile_path(0, 273, 112), tile_path(1, 0)
        ('tile/0/273.p/112', 'tile/1/000')
    """
    return f"tile/{level}/{path(number)}" + ("" if width == WIDTH else f".p/{width}")


def entries_path(number: int, width: int = WIDTH) -> str:
    """Return where the entries under a tile of level 0 lie.

    Example:
        >>> entries_path(1000, 7)
        'tile/entries/x001/000.p/7'
    """
    return f"tile/entries/{path(number)}" + ("" if width == WIDTH else f".p/{width}")


def shapes(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield (level, full tiles, width of the partial tile or 0) for a tree; hashes of partial tiles are not hashed upward.

    Example:
        >>> list(shapes(70_000))
        [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    """
    level = 0
    while size:
        yield level, size >> HEIGHT, size & (WIDTH - 1)
        level, size = level + 1, size >> HEIGHT


def bundle(entries: Sequence[bytes]) -> bytes:
    r"""Return entries as a bundle: each after its length in two bytes, big-endian.

    Raises:
        ValueError: one is longer than 65,535 bytes.

    Example:
        >>> bundle([b"ab", b""])
        b'\x00\x02ab\x00\x00'
    """
    try:
        return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])
    except OverflowError:
        raise ValueError("an entry of a bundle must not exceed 65,535 bytes") from None


def unbundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        ValueError: it ends inside an entry.
    """
    entries, place, end = [], 0, len(data)
    while place < end:
        start = place + 2
        place = start + (data[place] << 8) + data[place + 1] if start <= end else end + 1
        if place > end:
            raise ValueError("a bundle that ends inside an entry")
        entries.append(data[start:place])
    return entries


def nodes(size: int, read: ReadTile) -> Node:
    """Return the roots of the perfect subtrees of a tree, from its tiles; each tile is read once.

    Args:
        size: entries of the tree.
        read: gives a tile of it; asked for partial tiles by the width that they have at this size.
    """
    known: dict[tuple[int, int], bytes] = {}

    def node(height: int, place: int) -> bytes:
        level, within = divmod(height, HEIGHT)
        first = place << within
        number, offset = divmod(first, WIDTH)
        width = min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH)
        if offset + (1 << within) > width:
            raise ValueError("no such subtree")
        tile = known.get((level, number))
        if tile is None:
            tile = known[level, number] = read(level, number, width)
        found = tile[offset * HASH_BYTES : (offset + (1 << within)) * HASH_BYTES]
        if len(found) != HASH_BYTES << within:
            raise ValueError("a tile that is too short")
        return perfect_root(found)

    return node


def range_root(node: Node, start: int, end: int) -> bytes:
    """Return the root over entries ``[start, end)``; ``start`` is a multiple of the next power of two, as in every proof."""
    size, peaks = end - start, []
    for height in reversed(range(size.bit_length())):
        if size >> height & 1:
            peaks.append(node(height, start >> height))
            start += 1 << height
    root = peaks.pop()
    while peaks:
        root = node_hash(peaks.pop(), root)
    return root


def frontier(node: Node, size: int) -> Frontier:
    """Return the frontier of the tree's first ``size`` entries."""
    peaks, start = [], 0
    for height in reversed(range(size.bit_length())):
        if size >> height & 1:
            peaks.append(node(height, start >> height))
            start += 1 << height
    return Frontier(size, tuple(peaks))


def inclusion_path(node: Node, index: int, size: int) -> list[bytes]:
    """Return PATH(index, D[size]) of RFC 6962 §2.1.1: sibling hashes from the leaf to the root.

    Raises:
        ValueError: there is no such entry.
    """
    if not 0 <= index < size:
        raise ValueError("no such entry")
    start, end, found = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append(range_root(node, middle, end))
            end = middle
        else:
            found.append(range_root(node, start, middle))
            start = middle
    return found[::-1]


def consistency_path(node: Node, old_size: int, size: int) -> list[bytes]:
    """Return PROOF(old_size, D[size]) of RFC 6962 §2.1.2; empty for equal sizes.

    Raises:
        ValueError: the old size is 0 or larger than the tree.
    """
    if not 0 < old_size <= size:
        raise ValueError("no such older tree")
    start, end, found = 0, size, []
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            found.append(range_root(node, middle, end))
            end = middle
        else:
            found.append(range_root(node, start, middle))
            start = middle
    # A perfect older tree is known to whoever asks; any other ends in a subtree that both share.
    return ([range_root(node, start, end)] if start else []) + found[::-1]


def _split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)
