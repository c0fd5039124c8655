"""The answer to "who touched my data?", as a file that anybody verifies offline with the log's verifier key. Pure.

Format ``secureprofile-accesses/1`` (docs/formats/presence.md): the person's salt, where it was committed to, one signed checkpoint, and
per run the entry as it stands in the log, its path to the checkpoint's root, and a proof that the person was in the run or was not.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, parse_checkpoint, verify_note
from secureprofile.audit.entry import parse
from secureprofile.audit.merkle import HASH_BYTES, Frontier, leaf_hash, verify_inclusion
from secureprofile.audit.presence import (
    Absent,
    Leaf,
    Presence,
    Present,
    parse_class,
    salt_commitment,
    token,
    verify_presence,
)
from secureprofile.errors import ProofWrong

FORMAT = "secureprofile-accesses/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an answer proves: runs by the index of their intent. ``pruned``: their tokens were past retention, nothing is proven."""

    present: tuple[int, ...]
    absent: tuple[int, ...]
    pruned: tuple[int, ...]
    log_size: int
    complete: bool


def leaf_json(leaf: Leaf) -> dict[str, Any]:
    """Write a leaf."""
    return {"index": leaf.index, "token": leaf.token.hex(), "path": [_spell(one) for one in leaf.path]}


def presence_json(proof: Presence) -> dict[str, Any]:
    """Write a proof."""
    match proof:
        case Present(leaf=leaf):
            return {"present": leaf_json(leaf)}
        case Absent(left=left, right=right):
            return {"absent": {"left": left and leaf_json(left), "right": right and leaf_json(right)}}


def stands_json(index: int, body: bytes, path: Sequence[bytes]) -> dict[str, Any]:
    """Write an entry with its path to the checkpoint's root."""
    return {"entry": index, "body": body.decode(), "path": [_spell(one) for one in path]}


def verify_answer(data: bytes, keys: Sequence[VerifierKey], *, entries: Iterable[bytes] | None = None) -> Answered:
    """Verify an answer without the workspace.

    Args:
        data: the answer's bytes.
        keys: whom to trust to sign checkpoints of this log.
        entries: the log's entries from the first on, as from an export. With them the answer is also shown to be complete: no run
            that commits to people is missing from it.

    Raises:
        ProofWrong: something does not verify.
    """
    # 1. The answer is well-formed.
    answer = _read(data)
    # 2. A trusted key signed the checkpoint.
    checkpoint = parse_checkpoint(verify_note(_text(answer, "checkpoint").encode(), keys))
    # 3. The salt is the one that the log committed to when the person was enrolled.
    person = _part(answer, "person")
    salt, enrolled = _hex(person, "salt"), _part(person, "enrolled")
    content = _standing(enrolled, checkpoint)
    subjects = _subjects(content, "new-class", "new-root")
    leaf = _leaf(_part(enrolled, "commitment"))
    if leaf.token != salt_commitment(salt, _text(person, "lookup")):
        raise ProofWrong("the salt is not the one that was committed to")
    verify_presence(Present(leaf=leaf), wanted=leaf.token, size=subjects[0], root=subjects[1])
    # 4. Each run's entry stands in the log, once, and its proof says what it says under the salt.
    found: dict[str, list[int]] = {"present": [], "absent": [], "pruned": []}
    told: set[int] = set()
    for run in _list(answer, "runs"):
        content = _standing(run, checkpoint)
        index, intent = _number(run, "entry"), content.get("intent")
        if content.get("phase") != "outcome" or type(intent) is not int or index in told:
            raise ProofWrong("a run that is no outcome, or told twice")
        told.add(index)
        size, root = _subjects(content, "class", "root")
        if run.get("pruned") is True:
            found["pruned"].append(intent)
            continue
        there = verify_presence(_presence(run), wanted=token(salt, intent), size=size, root=root)
        found["present" if there else "absent"].append(intent)
    # 5. With the whole log: it is the checkpoint's, and no run is missing.
    if entries is not None:
        _complete(entries, checkpoint, told)
    return Answered(
        present=tuple(found["present"]),
        absent=tuple(found["absent"]),
        pruned=tuple(found["pruned"]),
        log_size=checkpoint.size,
        complete=entries is not None,
    )


def _complete(entries: Iterable[bytes], checkpoint: Checkpoint, told: set[int]) -> None:
    frontier = Frontier()
    for index, body in enumerate(entries):
        if index == checkpoint.size:
            break
        frontier = frontier.append(leaf_hash(body))
        subjects = parse(body).get("subjects")
        if isinstance(subjects, dict) and "root" in subjects and index not in told:
            raise ProofWrong(f"the run of entry {index} is missing from the answer")
    if frontier.size != checkpoint.size or frontier.root() != checkpoint.root:
        raise ProofWrong("the entries are not those of the checkpoint")


def _read(data: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        raise ProofWrong("the answer is not JSON") from None
    if not isinstance(answer, dict) or answer.get("format") != FORMAT:
        raise ProofWrong(f"not an answer in the format {FORMAT}")
    return answer


def _standing(part: Mapping[str, Any], checkpoint: Checkpoint) -> dict[str, Any]:
    """Return an entry's content, if it stands in the log where the answer says."""
    body = _text(part, "body").encode()
    verify_inclusion(
        leaf=leaf_hash(body),
        index=_number(part, "entry"),
        size=checkpoint.size,
        proof=_path(part),
        expected_root=checkpoint.root,
    )
    return parse(body)


def _subjects(content: Mapping[str, Any], size: str, root: str) -> tuple[int, bytes]:
    subjects = _part(content, "subjects")
    return parse_class(_text(subjects, size)), _hex(subjects, root)


def _presence(run: Mapping[str, Any]) -> Presence:
    if "present" in run:
        return Present(leaf=_leaf(_part(run, "present")))
    absent = _part(run, "absent")
    left, right = (None if absent.get(side) is None else _leaf(_part(absent, side)) for side in ("left", "right"))
    return Absent(left=left, right=right)


def _leaf(part: Mapping[str, Any]) -> Leaf:
    return Leaf(index=_number(part, "index"), token=_hex(part, "token"), path=_path(part))


def _path(part: Mapping[str, Any]) -> tuple[bytes, ...]:
    path = part.get("path")
    if not isinstance(path, list) or len(path) > 64:
        raise ProofWrong("an answer without a path")
    return tuple(_hash(one) for one in path)


def _hash(text: Any) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error, ValueError):
        raise ProofWrong("a hash that is not base64") from None
    if len(data) != HASH_BYTES or _spell(data) != text:
        raise ProofWrong("a hash that is not 32 bytes long, or spelled otherwise")
    return data


def _spell(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _part(part: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = part.get(name)
    if not isinstance(found, dict):
        raise ProofWrong(f"an answer without {name}")
    return found


def _list(part: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = part.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ProofWrong(f"an answer without {name}")
    return found


def _text(part: Mapping[str, Any], name: str) -> str:
    found = part.get(name)
    if not isinstance(found, str) or any(0xD800 <= ord(c) < 0xE000 for c in found):
        raise ProofWrong(f"an answer without {name}")
    return found


def _number(part: Mapping[str, Any], name: str) -> int:
    found = part.get(name)
    if type(found) is not int:
        raise ProofWrong(f"an answer without {name}")
    return found


def _hex(part: Mapping[str, Any], name: str) -> bytes:
    text = _text(part, name)
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise ProofWrong(f"{name} is not hex") from None
    if len(data) != HASH_BYTES or data.hex() != text:
        raise ProofWrong(f"{name} is not 32 bytes in lower-case hex")
    return data
