"""Merkle trees as in RFC 6962 and RFC 9162, over SHA-256: growing one, proving with one, verifying without one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from secureprofile.errors import ProofWrong

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ entry).

    Example:
        >>> leaf_hash(b"L123456").hex()[:16]
        '395aa064aa4c29f7'
    """
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """What is needed to append to a tree and to know its root: the roots of its perfect subtrees, largest first.

    A tree of n leaves has one perfect subtree per set bit of n, so appending touches O(log n) hashes.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """Return the frontier with one more leaf hash: equal subtrees merge, as a binary counter carries."""
        peaks, size, node = list(self.peaks), self.size, leaf
        while size & 1:
            node = node_hash(peaks.pop(), node)
            size >>= 1
        return Frontier(self.size + 1, (*peaks, node))

    def root(self) -> bytes:
        """Return the root of the tree."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """Return size (8 bytes, big-endian) and peaks."""
        return self.size.to_bytes(8, "big") + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """Read :meth:`to_bytes`; ValueError where the number of peaks does not fit the size."""
        size, rest = int.from_bytes(data[:8], "big"), data[8:]
        if len(data) < 8 or len(rest) != size.bit_count() * HASH_BYTES:
            raise ValueError("not a frontier")
        return cls(size, tuple(rest[i : i + HASH_BYTES] for i in range(0, len(rest), HASH_BYTES)))


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier = frontier.append(leaf)
    return frontier.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return PATH(index, leaves) of RFC 6962 §2.1.1: sibling hashes from the leaf to the root.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion_proof(leaves[:k], index), root(leaves[k:])]
    return [*inclusion_proof(leaves[k:], index - k), root(leaves[:k])]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return PROOF(old_size, leaves) of RFC 6962 §2.1.2.

    Raises:
        ValueError: the old size is 0 or larger than the tree.
    """
    if not 0 < old_size <= len(leaves):
        raise ValueError("no such older tree")
    return _subproof(leaves, old_size, whole=True)


def _subproof(leaves: Sequence[bytes], m: int, *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = _split(len(leaves))
    if m <= k:
        return [*_subproof(leaves[:k], m, whole=whole), root(leaves[k:])]
    return [*_subproof(leaves[k:], m - k, whole=False), root(leaves[:k])]


def _split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> None:
    """Verify that a leaf hash stands at an index of a tree (RFC 9162 §2.1.3.2).

    Raises:
        ProofWrong: it does not.
    """
    # 1. The index is inside the tree.
    if not 0 <= index < size:
        raise ProofWrong("inclusion proof: the index is outside the tree")
    _check_lengths((leaf, expected_root, *proof))
    # 2. fn is the index, sn the last index; 3. r is the leaf hash.
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        # 4a. Nothing may be left over.
        if sn == 0:
            raise ProofWrong("inclusion proof: too long")
        # 4b. A right child, or the last node of its level: the sibling is on the left.
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        # 4c. A left child.
        else:
            r = node_hash(r, p)
        # 4d. One level up.
        fn, sn = fn >> 1, sn >> 1
    # 5. At the root, and it is the expected one.
    if sn != 0:
        raise ProofWrong("inclusion proof: too short")
    if r != expected_root:
        raise ProofWrong("inclusion proof: another root")


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Verify that a tree only grew (RFC 9162 §2.1.4.2). An older size of 0 proves nothing and is an error.

    Raises:
        ProofWrong: it did not, or the proof is malformed.
    """
    _check_lengths((old_root, new_root, *proof))
    # 1. Sizes that can be compared.
    if not 0 < old_size <= new_size:
        raise ProofWrong("consistency proof: sizes that cannot be compared")
    # 2. Equal sizes: equal roots and nothing to prove.
    if old_size == new_size:
        if proof or old_root != new_root:
            raise ProofWrong("consistency proof: equal sizes, another root")
        return
    # 3. A perfect older tree is itself the first node.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        raise ProofWrong("consistency proof: empty")
    # 4. Go to the older tree's last perfect subtree.
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    # 5. Both roots grow from the first node.
    fr = sr = path[0]
    for c in path[1:]:
        # 6a. Nothing may be left over.
        if sn == 0:
            raise ProofWrong("consistency proof: too long")
        # 6b. Shared by both trees.
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        # 6c. In the newer tree only.
        else:
            sr = node_hash(sr, c)
        # 6d. One level up.
        fn, sn = fn >> 1, sn >> 1
    # 7. Both roots are the expected ones, and all levels were used.
    if fr != old_root or sr != new_root or sn != 0:
        raise ProofWrong("consistency proof: another root")


def _check_lengths(hashes: Iterable[bytes]) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofWrong("a hash that is not 32 bytes long")
