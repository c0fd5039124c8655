"""A whole log against its checkpoints: any change to what one covers is found."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, sign_note
from secureprofile.audit.entry import FORMAT, canonical
from secureprofile.audit.merkle import leaf_hash, root
from secureprofile.audit.verify import verify_log
from secureprofile.errors import ProofWrong

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey(name="example.com/log", public_key=PRIVATE.public_key().public_bytes_raw())


def entry(number: int, **fields: object) -> bytes:
    return canonical({"act": "look", "format": FORMAT, "number": number, "phase": "event", **fields})


LOG = [
    *(entry(number) for number in range(5)),
    entry(5, phase="intent", act="ingest"),
    entry(6, phase="outcome", act="ingest", intent=5),
    *(entry(number) for number in range(7, 12)),
]


def checkpoint(entries: list[bytes], origin: str = KEY.name) -> bytes:
    text = Checkpoint(origin=origin, size=len(entries), root=root(map(leaf_hash, entries))).text()
    return sign_note(text, KEY.name, PRIVATE.sign, KEY.public_key)


NOTES = [checkpoint(LOG[:4]), checkpoint(LOG[:9])]
COVERED = 9


def test_an_honest_log_verifies() -> None:
    verdict = verify_log(LOG, NOTES, [KEY])
    assert (verdict.entries, verdict.covered, verdict.unanchored, verdict.interrupted) == (12, 9, 3, ())
    assert verdict.root == root(map(leaf_hash, LOG)).hex()


@given(st.integers(0, COVERED - 1), st.data(), st.integers(1, 255))
def test_any_changed_byte_of_a_covered_entry_is_found(index: int, data: st.DataObject, flip: int) -> None:
    place = data.draw(st.integers(0, len(LOG[index]) - 1))
    body = LOG[index]
    changed = [*LOG]
    changed[index] = body[:place] + bytes([body[place] ^ flip]) + body[place + 1 :]
    with pytest.raises(ProofWrong):
        verify_log(changed, NOTES, [KEY])


@pytest.mark.parametrize(("index", "place"), [(0, "0 and entry 3"), (4, "4 and entry 8"), (8, "4 and entry 8")])
def test_where_an_entry_was_rewritten_in_good_form_is_said(index: int, place: str) -> None:
    changed = [*LOG[:index], entry(99), *LOG[index + 1 :]]
    with pytest.raises(ProofWrong, match=f"between entry {place}"):
        verify_log(changed, NOTES, [KEY])


@given(st.integers(0, COVERED - 1))
def test_a_deletion_is_found(index: int) -> None:
    with pytest.raises(ProofWrong):
        verify_log([*LOG[:index], *LOG[index + 1 :]], NOTES, [KEY])


@given(st.integers(0, COVERED - 1))
def test_an_insertion_is_found(index: int) -> None:
    with pytest.raises(ProofWrong):
        verify_log([*LOG[:index], entry(77), *LOG[index:]], NOTES, [KEY])


@given(st.permutations(range(COVERED)))
def test_another_order_is_found(order: list[int]) -> None:
    shuffled = [*(LOG[place] for place in order), *LOG[COVERED:]]
    if shuffled != LOG:
        with pytest.raises(ProofWrong):
            verify_log(shuffled, NOTES, [KEY])


@given(st.integers(0, COVERED - 1))
def test_a_truncation_is_found(size: int) -> None:
    with pytest.raises(ProofWrong, match=r"cut|changed"):
        verify_log(LOG[:size], NOTES, [KEY])


def test_a_fork_is_found() -> None:
    """Two checkpoints of one size and different roots cannot both hold."""
    forked = checkpoint([*LOG[:8], entry(88)])
    with pytest.raises(ProofWrong):
        verify_log(LOG, [*NOTES, forked], [KEY])


def test_the_tail_is_only_well_formed() -> None:
    """What no checkpoint covers can be rewritten: the verdict says how much that is."""
    changed = [*LOG[:-1], entry(1000)]
    assert verify_log(changed, NOTES, [KEY]).unanchored == 3


@pytest.mark.parametrize(
    ("log", "what"),
    [
        ([entry(0, phase="outcome", act="ingest", intent=0)], "no entry announced"),
        (
            [entry(0, phase="intent", act="scan"), entry(1, phase="outcome", act="ingest", intent=0)],
            "no entry announced",
        ),
        (
            [entry(0, phase="intent"), *(entry(n, phase="outcome", intent=0) for n in (1, 2))],
            "no entry announced",
        ),
    ],
)
def test_an_outcome_without_its_own_intent_is_found(log: list[bytes], what: str) -> None:
    with pytest.raises(ProofWrong, match=what):
        verify_log(log, [], [KEY])


def test_an_intent_without_outcome_is_listed_as_interrupted() -> None:
    assert verify_log([entry(0, phase="intent"), entry(1)], [], [KEY]).interrupted == (0,)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    with pytest.raises(ProofWrong, match="another log"):
        verify_log(LOG, [checkpoint(LOG, origin="example.com/other")], [KEY])
