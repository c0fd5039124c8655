"""Verify the log of a workspace against signed checkpoints. Read this module to know what ``secureprofile audit verify`` proves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, open_checkpoint
from secureprofile.audit.entry import parse
from secureprofile.audit.merkle import HASH_BYTES, Frontier, leaf_hash
from secureprofile.audit.pruned import stated_minimum
from secureprofile.audit.tiles import WIDTH, Node, frontier, range_root
from secureprofile.errors import ProofWrong

_HINT = "keep this log as evidence, and compare it with a backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What holds: ``covered`` of ``entries`` entries stand as a checkpoint says; the ``unanchored`` rest is only well-formed.

    ``interrupted`` are intents without outcome: acts that a crash ended. Entries below ``minimum`` were pruned, as an entry says.
    """

    entries: int
    covered: int
    unanchored: int
    root: str
    interrupted: tuple[int, ...]
    acts: Mapping[str, int]
    minimum: int = 0


class Pairs:
    """Keeps intents and outcomes together while the entries of a log go by, in order."""

    def __init__(self, minimum: int = 0) -> None:
        self.minimum = minimum
        self.acts: Counter[str] = Counter()
        self.last = ""
        self._intents: dict[int, str] = {}

    def follow(self, index: int, body: bytes) -> None:
        """Take the next entry.

        Raises:
            ProofWrong: it is not canonical, is no act, or is the outcome of an act that no entry announced.
        """
        content = parse(body)
        phase, act, intent = content.get("phase"), content.get("act"), content.get("intent")
        if phase not in ("intent", "outcome", "event") or not isinstance(act, str) or not act:
            raise ProofWrong(f"entry {index} is no intent, outcome or event of an act", hint=_HINT)
        if phase == "intent":
            self._intents[index] = act
        elif phase == "outcome":
            announced = type(intent) is int and (
                0 <= intent < self.minimum or self._intents.pop(intent, None) == act  # the intent may be pruned
            )
            if not announced:
                raise ProofWrong(f"entry {index} is the outcome of an act that no entry announced", hint=_HINT)
        self.acts[act] += 1
        self.last = act

    @property
    def interrupted(self) -> tuple[int, ...]:
        """The intents without outcome so far."""
        return tuple(sorted(self._intents))


def verify_log(
    entries: Iterable[bytes],
    checkpoints: Sequence[bytes],
    keys: Sequence[VerifierKey],
    *,
    minimum: int = 0,
    node: Node | None = None,
    stored: Callable[[int], bytes | None] = lambda number: None,
) -> Verdict:
    """Verify a log.

    Args:
        entries: the canonical bytes of every entry that is here, in order; read once.
        checkpoints: signed notes, in any order.
        keys: whom to trust.
        minimum: the index of the first of ``entries``; older ones were pruned.
        node: gives the roots of perfect subtrees below ``minimum``.
        stored: gives the hashes of a full tile beside the log, to say which entry is wrong; nothing is proven by them.

    Raises:
        ProofWrong: something that a checkpoint covers was changed, moved, removed or added; a checkpoint is not what a trusted
            key signed; an entry is malformed; an outcome has no intent; entries are gone, and no entry says that they were pruned.
    """
    # 1. Every checkpoint was signed by a trusted key, under its own origin's name.
    trusted = [open_checkpoint(note, keys) for note in checkpoints]
    # 2. Of pruned entries the hashes are left; the tree begins with them.
    grown, roots = Frontier(), {0: Frontier().root()}
    if minimum and node is not None:
        grown = frontier(node, minimum)
        roots |= {c.size: range_root(node, 0, c.size) for c in trusted if 0 < c.size <= minimum}
    # 3. Every entry is canonical, and outcomes follow their intents; the tree is rebuilt on the way.
    wanted, pairs, allowed, hashes = {c.size for c in trusted}, Pairs(grown.size), 0, bytearray()
    suspect: int | None = None
    for index, body in enumerate(entries, grown.size):
        pairs.follow(index, body)
        allowed = max(allowed, stated_minimum(body))
        leaf = leaf_hash(body)
        grown = grown.append(leaf)
        hashes += leaf
        if grown.size in wanted:
            roots[grown.size] = grown.root()
        if grown.size % WIDTH == 0:
            if suspect is None:
                suspect = _first_difference(index, bytes(hashes), stored(index // WIDTH))
            hashes.clear()
    if minimum > allowed:
        raise ProofWrong(
            f"entries {allowed} to {minimum - 1} are missing, and no entry says that they were pruned", hint=_HINT
        )
    # 4. No checkpoint covers more than is here: nothing was cut off.
    for checkpoint in trusted:
        if checkpoint.size > grown.size:
            raise ProofWrong(
                f"the log was cut: a checkpoint covers {checkpoint.size} entries, {grown.size} are here", hint=_HINT
            )
    # 5. At each checkpoint's size the tree has the root that was signed.
    wrong = sorted(c.size for c in trusted if roots[c.size] != c.root)
    if wrong:
        raise _changed(trusted, roots, wrong[0], suspect)
    if suspect is not None:
        raise ProofWrong(f"the hash kept of entry {suspect} is another one", hint=_HINT)
    covered = max((c.size for c in trusted), default=0)
    return Verdict(
        entries=grown.size,
        covered=covered,
        unanchored=grown.size - covered,
        root=grown.root().hex(),
        interrupted=pairs.interrupted,
        acts=dict(pairs.acts),
        minimum=minimum,
    )


def _changed(trusted: Sequence[Checkpoint], roots: Mapping[int, bytes], wrong: int, suspect: int | None) -> ProofWrong:
    """Say where: the entry that its own tile contradicts, else between the last checkpoint that holds and the first that does not."""
    right = max((c.size for c in trusted if c.size < wrong and roots[c.size] == c.root), default=0)
    if suspect is not None and suspect < wrong:
        return ProofWrong(f"entry {suspect} is not the one that was logged: its hash is another", hint=_HINT)
    return ProofWrong(f"the log was changed between entry {right} and entry {wrong - 1}", hint=_HINT)


def _first_difference(last: int, hashes: bytes, stored: bytes | None) -> int | None:
    """Return the first entry of the tile that ends with ``last`` whose hash is not the stored one."""
    if stored is None or hashes == stored:
        return None
    size = HASH_BYTES
    places = range(0, len(hashes), size)
    differing = (i // size for i in places if hashes[i : i + size] != stored[i : i + size])
    return last + 1 - len(hashes) // size + next(differing, len(hashes) // size - 1)
