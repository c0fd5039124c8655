"""Offline proofs: made by hand, verified by us; what is malformed is refused in every spelling."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.audit.checkpoint import VerifierKey
from secureprofile.audit.proof import offline_proof, parse_proof, verify_proof
from secureprofile.errors import ProofWrong
from tests.audit.exports import OTHER_KEY, VKEY, WITNESS_VKEY, entry, leaf, merkle, note

KEYS = [VerifierKey.parse(VKEY)]
LOG = [entry(number) for number in range(11)]
NOTE = note(LOG, witness=1_800_000_000)


def path(index: int, hashes: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, as it is written there."""
    if len(hashes) == 1:
        return []
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    if index < k:
        return [*path(index, hashes[:k]), merkle(hashes[k:])]
    return [*path(index - k, hashes[k:]), merkle(hashes[:k])]


def by_hand(index: int, signed: bytes = NOTE, log: list[bytes] = LOG) -> bytes:
    lines = ["c2sp.org/tlog-proof@v1", f"index {index}"]
    lines += [base64.b64encode(one).decode() for one in path(index, [leaf(e) for e in log])]
    return "\n".join([*lines, "", ""]).encode() + signed


@pytest.mark.parametrize("index", range(len(LOG)))
def test_proofs_by_hand_verify(index: int) -> None:
    proof = by_hand(index)
    assert verify_proof(proof, LOG[index], KEYS).size == 11
    assert verify_proof(proof, LOG[index], [*KEYS, VerifierKey.parse(WITNESS_VKEY)]).size == 11
    assert offline_proof(index, path(index, [leaf(e) for e in LOG]), NOTE) == proof
    for other in range(len(LOG)):
        if other != index:
            with pytest.raises(ProofWrong):
                verify_proof(proof, LOG[other], KEYS)


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.none() | st.binary(max_size=99),
)
def test_every_proof_is_read_as_it_is_written(index: int, hashes: list[bytes], extra: bytes | None) -> None:
    found = parse_proof(offline_proof(index, hashes, NOTE, extra))
    assert (found.index, list(found.path), found.note, found.extra) == (index, hashes, NOTE, extra)


def test_extra_data_proves_nothing_and_breaks_nothing() -> None:
    found = parse_proof(by_hand(3))
    assert verify_proof(offline_proof(3, found.path, NOTE, b"anything"), LOG[3], KEYS).size == 11


GOOD = by_hand(3).decode()
HASH = GOOD.split("\n")[2]


@pytest.mark.parametrize(
    "wrong",
    [
        "", "\n\n", GOOD.replace("@v1", "@v2"), GOOD.replace("c2sp", "C2SP"), GOOD.replace("index 3", "index 03"),
        GOOD.replace("index 3", "index +3"), GOOD.replace("index 3", "index -3"), GOOD.replace("index 3", "index  3"),
        GOOD.replace("index 3", "index 3 "), GOOD.replace("index 3", "index ٣"), GOOD.replace("index 3", "index 1_1"),
        GOOD.replace("index 3", "index"), GOOD.replace("index 3\n", ""), GOOD.replace("index 3", f"index {1 << 63}"),
        GOOD.replace("index 3", "Index 3"), GOOD.replace("index 3", "extra !!\nindex 3"), GOOD.replace("index 3", "extra YQ\nindex 3"),
        GOOD.replace("index 3", "extra\nindex 3"), GOOD.replace("index 3", "extra YQ==\nextra YQ==\nindex 3"),
        GOOD.replace("index 3", "index 3\nextra YQ=="), GOOD.replace(HASH, HASH[:-1]), GOOD.replace(HASH, HASH + " "),
        GOOD.replace(HASH, base64.b64encode(bytes(64)).decode()), GOOD.replace(HASH, base64.b64encode(bytes(31)).decode()),
        GOOD.replace(HASH, "!!notbase64!!"), GOOD.replace(HASH, HASH + "\n" + HASH), GOOD.replace(HASH + "\n", ""),
        GOOD.replace("\n\n", "\n", 1), GOOD.replace("\n\n", "\n\n\n", 1), GOOD.replace("\n", "\r\n"), GOOD + "more\n", GOOD[:-1],
        "\n" + GOOD, "\ufeff" + GOOD, GOOD.replace(HASH, "\n".join([HASH] * 64)),
    ],
)  # fmt: skip
def test_other_spellings_are_refused(wrong: str) -> None:
    with pytest.raises(ProofWrong):
        verify_proof(wrong.encode(), LOG[3], KEYS)


def test_somebody_else_s_checkpoint() -> None:
    with pytest.raises(ProofWrong, match="no signature by a known key"):
        verify_proof(by_hand(3, note(LOG, key=OTHER_KEY)), LOG[3], KEYS)
    with pytest.raises(ProofWrong, match="another log"):
        verify_proof(by_hand(3), LOG[3], [VerifierKey.parse(WITNESS_VKEY)])


def test_a_proof_for_another_tree() -> None:
    for size in (4, 10, 12):
        log = [entry(number) for number in range(size)]
        with pytest.raises(ProofWrong):
            verify_proof(by_hand(3, note(log)), LOG[3], KEYS)


def test_no_byte_of_a_proof_can_be_changed() -> None:
    """But in the cosignature of a witness that is not known here."""
    data = by_hand(5, note(LOG))
    draw = random.Random(1)
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ draw.randrange(1, 256)]) + data[at + 1 :]
        with pytest.raises(ProofWrong):
            verify_proof(changed, LOG[5], KEYS)
