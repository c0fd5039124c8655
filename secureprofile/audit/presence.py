"""Was this person in that run? Tokens, size classes, and proofs of presence and absence that need nobody's name. Pure.

A run commits to the people it touched by the root of a Merkle tree (RFC 6962) over their sorted tokens, padded with random dummies to a
size class. A token is HMAC-SHA-256 under the person's own random salt, so nobody can link two runs without that salt, and once it is
deleted nobody can at all. Presence is an inclusion proof; absence is two neighbouring leaves between which the token would stand.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from secureprofile.audit.merkle import HASH_BYTES, Frontier, leaf_hash, node_hash, verify_inclusion
from secureprofile.errors import ProofWrong

LABEL = b"sp/v1"
SALT_LABEL = b"sp/salt/1"
SMALLEST = 100
"""The smallest class: an act about one person looks like one about a hundred."""
FINE = 100_000
"""From here on classes are closer together, since padding is no longer free."""

_COARSE = (100, 200, 500)
_CLOSE = (100, 125, 150, 200, 250, 300, 400, 500, 600, 800)
_CLASS = re.compile(r"<=([1-9][0-9]{0,11})")

Node = Callable[[int, int], bytes]
"""(level, place) → hash of a complete subtree of 2^level leaves; level 0 are leaf hashes."""


def token(salt: bytes, run: int) -> bytes:
    """Return a person's token of one run: HMAC-SHA-256(salt, "sp/v1" ‖ run as 8 bytes, big-endian).

    Args:
        salt: of the person, 32 random bytes.
        run: index of the act's intent entry in the log.

    Example:
        >>> token(bytes(32), 7).hex()[:16]
        'dad563d73a02ac7b'
    """
    return hmac.digest(salt, LABEL + run.to_bytes(8, "big"), "sha256")


def salt_commitment(salt: bytes, lookup: str) -> bytes:
    """Return what the log commits to when a person is enrolled: SHA-256("sp/salt/1" ‖ salt ‖ lookup).

    The salt's 256 random bits hide it; the vault lookup (64 hex digits) binds it to one row, so that a later answer can use neither
    another salt nor another person's.
    """
    return hashlib.sha256(SALT_LABEL + salt + lookup.encode("ascii")).digest()


def size_class(people: int) -> int:
    """Return the number of leaves to which so many people are padded.

    1-2-5 steps from 100; from 100,000 on ten steps per decade, which cost at most a third more leaves.

    Example:
        >>> [size_class(n) for n in (0, 1, 101, 1000, 90_000, 110_000, 1_000_000, 1_000_001)]
        [100, 100, 200, 1000, 100000, 125000, 1000000, 1250000]
    """
    scale = 1
    while True:
        steps = _CLOSE if 100 * scale >= FINE else _COARSE
        for step in steps:
            if step * scale >= people:
                return step * scale
        scale *= 10


def class_text(size: int) -> str:
    """Return a class as an entry spells it.

    Example:
        >>> class_text(200)
        '<=200'
    """
    return f"<={size}"


def parse_class(text: str) -> int:
    """Return the leaves of a class as an entry spells it.

    Raises:
        ProofWrong: not the name of a class.
    """
    found = _CLASS.fullmatch(text)
    if found is None or size_class(int(found[1])) != int(found[1]):
        raise ProofWrong("a size class that does not exist")
    return int(found[1])


def inclusion_path(size: int, index: int, node: Node) -> tuple[bytes, ...]:
    """Return PATH(index) of RFC 6962 §2.1.1 in a tree of ``size`` leaves whose complete subtrees are at hand.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    low, high, path = 0, size, []
    while high - low > 1:
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        if index < middle:
            path.append(range_root(middle, high, node))
            high = middle
        else:
            path.append(range_root(low, middle, node))
            low = middle
    return tuple(reversed(path))


def range_root(low: int, high: int, node: Node) -> bytes:
    """Return the root over leaves ``low`` to ``high`` - 1; ``low`` is a multiple of the largest power of two in the range."""
    length = high - low
    level = length.bit_length() - 1
    whole = node(level, low >> level)
    return whole if length == 1 << level else node_hash(whole, range_root(low + (1 << level), high, node))


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One leaf of a run's tree with its place and its path to the root."""

    index: int
    token: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A proof that a token stands in a tree."""

    leaf: Leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A proof that it does not: its two neighbours; None beyond an end of the tree."""

    left: Leaf | None
    right: Leaf | None


Presence = Present | Absent


def prove(wanted: bytes, *, size: int, place: int, leaf: Callable[[int], bytes], node: Node) -> Presence:
    """Return the proof for a token in a sorted tree.

    Args:
        wanted: the token.
        size: number of leaves.
        place: of the first leaf that is not smaller, ``size`` where all are.
        leaf: place → token.
        node: complete subtrees.
    """

    def at(index: int) -> Leaf:
        return Leaf(index=index, token=leaf(index), path=inclusion_path(size, index, node))

    if place < size and leaf(place) == wanted:
        return Present(leaf=at(place))
    return Absent(left=at(place - 1) if place > 0 else None, right=at(place) if place < size else None)


def verify_presence(proof: Presence, *, wanted: bytes, size: int, root: bytes) -> bool:
    """Verify what a proof says about a token, and return it: True for present, False for absent.

    Args:
        proof: of a run.
        wanted: the person's token of that run, recomputed from the salt.
        size: leaves of the run's class.
        root: as the run's entry in the log says.

    Raises:
        ProofWrong: the proof proves neither.
    """
    match proof:
        case Present(leaf=leaf):
            # 1. The leaf is the token itself; 2. it stands in the tree.
            if leaf.token != wanted:
                raise ProofWrong("presence: the leaf is another token")
            _verify_leaf(leaf, size, root)
            return True
        case Absent(left=None, right=None):
            raise ProofWrong("absence: a proof without neighbours")
        case Absent(left=left, right=right):
            # 1. Both neighbours stand in the tree.
            for one in (left, right):
                if one is not None:
                    _verify_leaf(one, size, root)
            # 2. The token would stand strictly between them.
            if left is not None and not left.token < wanted:
                raise ProofWrong("absence: the left neighbour is not smaller")
            if right is not None and not wanted < right.token:
                raise ProofWrong("absence: the right neighbour is not larger")
            # 3. Nothing stands between them: they are adjacent, or one is the end of the tree.
            before = -1 if left is None else left.index
            after = size if right is None else right.index
            if after != before + 1:
                raise ProofWrong("absence: the neighbours are not adjacent")
            return False


def _verify_leaf(leaf: Leaf, size: int, root: bytes) -> None:
    if len(leaf.token) != HASH_BYTES:
        raise ProofWrong("a token that is not 32 bytes long")
    verify_inclusion(leaf=leaf_hash(leaf.token), index=leaf.index, size=size, proof=leaf.path, expected_root=root)


def verify_tokens(tokens: Iterable[bytes], *, size: int, root: bytes) -> None:
    """Verify a whole list of tokens: strictly sorted, as many as the class, and of the root in the log.

    Proofs of absence rest on the order, which a single proof cannot show: whoever holds the list checks it here.

    Raises:
        ProofWrong: with the first fault.
    """
    frontier, before = Frontier(), b""
    for one in tokens:
        if len(one) != HASH_BYTES:
            raise ProofWrong("a token that is not 32 bytes long")
        if not before < one:
            raise ProofWrong(f"the tokens are not sorted at place {frontier.size}")
        frontier, before = frontier.append(leaf_hash(one)), one
    if frontier.size != size:
        raise ProofWrong(f"{frontier.size} tokens in a class of {size}")
    if frontier.root() != root:
        raise ProofWrong("the tokens have another root than the log says")


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return all complete subtrees over leaf hashes, by level: for trees that fit into memory."""
    rows = [list(leaves)]
    while len(rows[-1]) > 1:
        below = iter(rows[-1])
        rows.append([node_hash(left, right) for left, right in zip(below, below, strict=False)])
    return rows
