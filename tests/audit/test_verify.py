"""A whole log against its checkpoints: any change to what one covers is found."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, sign_note
from secureprofile.audit.entry import FORMAT, Entry, canonical
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


def act(name: str, phase: str, intent: int | None = None) -> bytes:
    return Entry(
        act=name,
        phase=phase,  # type: ignore[arg-type]
        time="2026-11-01T00:00:00Z",
        actor="tester@example.com",
        roles=("analyst",),
        authenticated="os",
        policy="ab" * 32,
        software="secureprofile/0.1.0",
        intent=intent,
        result=None if phase == "intent" else "allow",
        purpose="portrait",
        details={"phase": phase},
    ).to_bytes()


# Interleaved acts of two processes, and a crash: entry 4 has no outcome. The checkpoints cover 3 and 8 of 10.
STORY = [
    act("init", "event"),
    act("ingest", "intent"),
    act("release", "intent"),
    act("release", "outcome", 2),
    act("portrait", "intent"),
    act("ingest", "outcome", 1),
    act("anonymize", "intent"),
    act("anonymize", "outcome", 6),
    act("audit.verify", "event"),
    act("report", "event"),
]
SIGNED = [checkpoint(STORY[:3]), checkpoint(STORY[:8])]
KNOWN = 8
KINDS = r"canonical form|no intent, outcome or event|changed between entry|no entry announced|was cut"


def test_a_story_of_whole_entries_verifies() -> None:
    verdict = verify_log(STORY, SIGNED, [KEY])
    assert (verdict.entries, verdict.covered, verdict.unanchored, verdict.interrupted) == (10, 8, 2, (4,))
    assert verdict.acts == {
        "init": 1, "ingest": 2, "release": 2, "portrait": 1, "anonymize": 2, "audit.verify": 1, "report": 1
    }  # fmt: skip


@given(st.integers(0, KNOWN - 1), st.data(), st.integers(1, 255))
def test_any_changed_byte_is_found_and_the_kind_of_damage_is_said(index: int, draw: st.DataObject, flip: int) -> None:
    body = STORY[index]
    place = draw.draw(st.integers(0, len(body) - 1))
    changed = body[:place] + bytes([body[place] ^ flip]) + body[place + 1 :]
    with pytest.raises(ProofWrong, match=KINDS):
        verify_log([*STORY[:index], changed, *STORY[index + 1 :]], SIGNED, [KEY])


@given(st.integers(0, KNOWN - 1), st.sampled_from(["actor", "time", "purpose", "result", "policy", "details"]))
def test_a_field_that_was_rewritten_or_removed_in_good_form_is_found(index: int, field: str) -> None:
    content = json.loads(STORY[index])
    for changed in ({**content, field: "other"}, {key: value for key, value in content.items() if key != field}):
        if changed != content:
            with pytest.raises(ProofWrong, match="changed between entry"):
                verify_log([*STORY[:index], canonical(changed), *STORY[index + 1 :]], SIGNED, [KEY])


@given(st.integers(0, KNOWN - 1), st.integers(1, KNOWN))
def test_a_deleted_stretch_is_found_and_the_kind_of_damage_is_said(start: int, count: int) -> None:
    with pytest.raises(ProofWrong, match=KINDS):
        verify_log([*STORY[:start], *STORY[start + count :]], SIGNED, [KEY])


@given(st.integers(0, KNOWN - 1), st.integers(0, len(STORY) - 1))
def test_a_repeated_entry_is_found_and_the_kind_of_damage_is_said(place: int, source: int) -> None:
    longer = [*STORY[:place], STORY[source], *STORY[place:]]
    if longer[:KNOWN] != STORY[:KNOWN]:
        with pytest.raises(ProofWrong, match=KINDS):
            verify_log(longer, SIGNED, [KEY])


@given(st.integers(0, KNOWN - 1), st.integers(0, len(STORY) - 1))
def test_two_entries_that_changed_places_are_found(one: int, two: int) -> None:
    swapped = [*STORY]
    swapped[one], swapped[two] = swapped[two], swapped[one]
    if swapped != STORY:
        with pytest.raises(ProofWrong, match=KINDS):
            verify_log(swapped, SIGNED, [KEY])


@given(st.integers(0, KNOWN - 1))
def test_a_cut_log_is_told_from_a_changed_one(size: int) -> None:
    """Also when the older checkpoint still holds, and when nothing is left."""
    with pytest.raises(ProofWrong, match=rf"the log was cut: a checkpoint covers [38] entries, {size} are here"):
        verify_log(STORY[:size], SIGNED, [KEY])


def test_a_cut_that_is_filled_up_again_is_found() -> None:
    filled = [*STORY[:6], *(act("audit.read", "event") for _ in range(4))]
    with pytest.raises(ProofWrong, match="between entry 3 and entry 7"):
        verify_log(filled, SIGNED, [KEY])


@given(st.integers(0, 30))
def test_a_log_that_only_grew_verifies_and_the_rest_is_counted(count: int) -> None:
    verdict = verify_log([*STORY, *(act("audit.read", "event") for _ in range(count))], SIGNED, [KEY])
    assert (verdict.covered, verdict.unanchored) == (8, 2 + count)


@given(st.data())
def test_checkpoints_of_any_age_order_and_number_verify(draw: st.DataObject) -> None:
    sizes = draw.draw(st.lists(st.integers(0, len(STORY)), max_size=8))
    verdict = verify_log(iter(STORY), [checkpoint(STORY[:size]) for size in sizes], [KEY])
    assert verdict.covered == max(sizes, default=0)
    assert verdict.covered + verdict.unanchored == verdict.entries == len(STORY)


@given(st.integers(0, 1), st.data(), st.integers(1, 255))
def test_any_changed_byte_of_a_checkpoint_is_found(which: int, draw: st.DataObject, flip: int) -> None:
    note = SIGNED[which]
    place = draw.draw(st.integers(0, len(note) - 1))
    notes = [*SIGNED]
    notes[which] = note[:place] + bytes([note[place] ^ flip]) + note[place + 1 :]
    with pytest.raises(ProofWrong):
        verify_log(STORY, notes, [KEY])


def test_a_rewritten_log_that_was_signed_anew_by_a_stranger_is_refused() -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    rewritten = STORY[:5]
    text = Checkpoint(origin=KEY.name, size=5, root=root(map(leaf_hash, rewritten))).text()
    note = sign_note(text, KEY.name, stranger.sign, stranger.public_key().public_bytes_raw())
    for notes in ([note], [note, *SIGNED]):
        with pytest.raises(ProofWrong, match="no signature by a known key"):
            verify_log(rewritten, notes, [KEY])


def test_a_rewritten_log_that_was_signed_anew_by_the_right_key_fails_under_the_older_checkpoint() -> None:
    """Whoever holds the key can sign a new history, but not take back the checkpoints that others keep."""
    rewritten = [act("init", "event"), *(act("audit.read", "event") for _ in range(9))]
    assert verify_log(rewritten, [checkpoint(rewritten)], [KEY]).covered == 10
    with pytest.raises(ProofWrong, match="between entry 0 and entry 2"):
        verify_log(rewritten, [checkpoint(rewritten), SIGNED[0]], [KEY])


def test_without_trusted_keys_no_checkpoint_holds() -> None:
    with pytest.raises(ProofWrong, match="no signature by a known key"):
        verify_log(STORY, SIGNED, [])


@given(st.integers(0, len(STORY)), st.binary(max_size=40))
def test_an_entry_in_another_form_is_refused_even_where_no_checkpoint_reaches(place: int, body: bytes) -> None:
    with pytest.raises(ProofWrong, match="canonical form"):
        verify_log([*STORY[:place], body, *STORY[place:]], [], [KEY])


@pytest.mark.parametrize("intent", [None, -1, 1, 2, 99, "0", True, 2**53 - 1])
def test_an_outcome_that_points_elsewhere_is_found(intent: object) -> None:
    with pytest.raises(ProofWrong, match="entry 1 is the outcome of an act that no entry announced"):
        verify_log([entry(0, phase="intent"), entry(1, phase="outcome", intent=intent)], [], [KEY])


@given(st.integers(0, 8), st.integers(0, 8))
def test_all_intents_without_outcome_are_listed_in_order(ended: int, open_: int) -> None:
    log = [entry(number, phase="intent") for number in range(ended + open_)]
    log += [entry(100 + number, phase="outcome", intent=number) for number in range(ended)]
    assert verify_log(log, [], [KEY]).interrupted == tuple(range(ended, ended + open_))


@pytest.mark.parametrize("intent", [[], {}, False, "0", 0.0, None])
def test_an_outcome_whose_intent_is_no_number_is_refused(intent: object) -> None:
    log = [entry(0, phase="intent"), canonical({"act": "look", "format": FORMAT, "phase": "outcome"})]
    if intent is not None and not isinstance(intent, float):
        log[1] = entry(1, phase="outcome", intent=intent)
    with pytest.raises(ProofWrong, match="no entry announced"):
        verify_log(log, [], [KEY])


@pytest.mark.parametrize("fields", [{"phase": "banana"}, {"act": 5}, {"act": ""}, {"phase": None}])
def test_an_entry_that_is_no_act_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ProofWrong, match="no intent, outcome or event"):
        verify_log([entry(0, **fields)], [], [KEY])


def test_a_trusted_key_vouches_for_its_own_log_only() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    theirs = VerifierKey(name="other.example/log", public_key=other.public_key().public_bytes_raw())
    text = Checkpoint(origin=KEY.name, size=4, root=root(map(leaf_hash, LOG[:4]))).text()
    note = sign_note(text, theirs.name, other.sign, theirs.public_key)
    with pytest.raises(ProofWrong, match="own key did not sign"):
        verify_log(LOG, [note], [KEY, theirs])
