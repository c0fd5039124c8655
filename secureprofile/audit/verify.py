"""Verify a whole log against signed checkpoints. Read this module to know what ``secureprofile audit verify`` proves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, parse_checkpoint, verify_note
from secureprofile.audit.entry import parse
from secureprofile.audit.merkle import Frontier, leaf_hash
from secureprofile.errors import ProofWrong

_HINT = "keep this log as evidence, and compare it with a backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What holds: ``covered`` of ``entries`` entries stand as a checkpoint says; the ``unanchored`` rest is only well-formed.

    ``interrupted`` are intents without outcome: acts that a crash ended.
    """

    entries: int
    covered: int
    unanchored: int
    root: str
    interrupted: tuple[int, ...]
    acts: Mapping[str, int]


def verify_log(entries: Iterable[bytes], checkpoints: Sequence[bytes], keys: Sequence[VerifierKey]) -> Verdict:
    """Verify a log.

    Args:
        entries: the canonical bytes of every entry, in order; read once.
        checkpoints: signed notes, in any order.
        keys: whom to trust.

    Raises:
        ProofWrong: something that a checkpoint covers was changed, moved, removed or added; a checkpoint is not what a trusted
            key signed; an entry is malformed; an outcome has no intent.
    """
    # 1. Every checkpoint was signed by a trusted key, under its own origin's name.
    trusted = [_trusted(note, keys) for note in checkpoints]
    # 2. Every entry is canonical, and outcomes follow their intents; the tree is rebuilt on the way.
    frontier, roots, wanted = Frontier(), {0: Frontier().root()}, {c.size for c in trusted}
    open_intents: set[int] = set()
    intents: dict[int, str] = {}
    acts: Counter[str] = Counter()
    for index, body in enumerate(entries):
        content = parse(body)
        _follow(index, content, intents, open_intents)
        acts[str(content.get("act"))] += 1
        frontier = frontier.append(leaf_hash(body))
        if frontier.size in wanted:
            roots[frontier.size] = frontier.root()
    # 3. No checkpoint covers more than is here: nothing was cut off.
    for checkpoint in trusted:
        if checkpoint.size > frontier.size:
            raise ProofWrong(
                f"the log was cut: a checkpoint covers {checkpoint.size} entries, {frontier.size} are here", hint=_HINT
            )
    # 4. At each checkpoint's size the tree has the root that was signed.
    wrong = sorted(c.size for c in trusted if roots[c.size] != c.root)
    if wrong:
        right = max((c.size for c in trusted if c.size < wrong[0] and roots[c.size] == c.root), default=0)
        raise ProofWrong(f"the log was changed between entry {right} and entry {wrong[0] - 1}", hint=_HINT)
    covered = max((c.size for c in trusted), default=0)
    return Verdict(
        entries=frontier.size,
        covered=covered,
        unanchored=frontier.size - covered,
        root=frontier.root().hex(),
        interrupted=tuple(sorted(open_intents)),
        acts=dict(acts),
    )


def _trusted(note: bytes, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Return a checkpoint that its own log's key signed: a trusted key vouches for its own log only."""
    checkpoint = parse_checkpoint(verify_note(note, keys))
    own = [key for key in keys if key.name == checkpoint.origin]
    if not own:
        raise ProofWrong("a checkpoint of another log")
    verify_note(note, own)
    return checkpoint


def _follow(index: int, content: Mapping[str, Any], intents: dict[int, str], open_intents: set[int]) -> None:
    """Keep the pairs: an outcome names an earlier intent of the same act, once."""
    phase, act, intent = content.get("phase"), content.get("act"), content.get("intent")
    if phase not in ("intent", "outcome", "event") or not isinstance(act, str) or not act:
        raise ProofWrong(f"entry {index} is no intent, outcome or event of an act", hint=_HINT)
    if phase == "intent":
        intents[index] = act
        open_intents.add(index)
    elif phase == "outcome":
        if type(intent) is not int or intent not in open_intents or intents[intent] != act:
            raise ProofWrong(f"entry {index} is the outcome of an act that no entry announced", hint=_HINT)
        open_intents.remove(intent)
        del intents[intent]
