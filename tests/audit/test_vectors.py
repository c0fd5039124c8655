"""Published vectors: notes of other programs and real checkpoints with their witnesses' cosignatures; proofs of RFC 6962 trees.

Sources stand beside each value in ``tests/vectors/audit/notes.json``; trees and proofs are those of transparency-dev/merkle
(``proof/verify_test.go``), with the corruptions that its tests try.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from secureprofile.audit import tiles
from secureprofile.audit.checkpoint import VerifierKey, parse_checkpoint, verify_note, witnessed
from secureprofile.audit.merkle import EMPTY_ROOT, leaf_hash, node_hash, root, verify_consistency, verify_inclusion
from secureprofile.audit.note import open_note
from secureprofile.audit.proof import verify_proof
from secureprofile.errors import ProofWrong
from tests.audit import exports
from tests.conftest import ROOT
from tests.vectors.audit.make import made

NOTES = json.loads((ROOT / "tests/vectors/audit/notes.json").read_text("utf-8"))["notes"]
H = bytes.fromhex
LEAVES = [
    H(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    H("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    H("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    H("aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    H("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    H("4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    H("76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    H("ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    H("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
]
A, B, C = (H(x) for x in (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
))  # fmt: skip
D = H("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")
E = H("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0")
F = H("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a")
G = H("b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f")
INCLUSION = [(0, 1, []), (0, 8, [A, B, C]), (5, 8, [D, E, ROOTS[3]]), (2, 3, [ROOTS[1]]), (1, 5, [ROOTS[0], B, D])]
CONSISTENCY = [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[3]]), (2, 5, [B, D]), (6, 7, [F, G, ROOTS[3]])]
SOME = H("abacaba000000000000000000000000000000000000000000060061e00123456")


def test_hashes_and_roots() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    assert [root(map(leaf_hash, LEAVES[:size])) for size in range(1, 9)] == ROOTS


def node_of(size: int) -> tiles.Node:
    hashes = tiles.leaf_hashes(LEAVES[:size])
    return tiles.nodes(size, lambda level, number, width: hashes)


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_inclusion(index: int, size: int, proof: list[bytes]) -> None:
    leaf, whole = leaf_hash(LEAVES[index]), ROOTS[size - 1]
    assert tiles.inclusion_path(node_of(size), index, size) == proof
    verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, expected_root=whole)
    wrong: list[dict[str, Any]] = [{"index": index + step} for step in (-1, 1)] + [
        {"index": index ^ 2},
        {"size": size // 2},
    ]
    wrong += [{"leaf": b"WrongLeaf"}, {"expected_root": EMPTY_ROOT}, {"expected_root": SOME}]
    wrong += [{"proof": one} for one in ([*proof, b""], [*proof, whole], [b"", *proof], [whole, *proof])]
    wrong += [
        {"proof": [*proof[:i], bytes([proof[i][0] ^ 8]) + proof[i][1:], *proof[i + 1 :]]} for i in range(len(proof))
    ]
    wrong += [{"proof": proof[:-1]}] if proof else []
    wrong += [{"size": 2 * size}]
    for change in wrong:
        with pytest.raises(ProofWrong):
            verify_inclusion(
                **{"leaf": leaf, "index": index, "size": size, "proof": proof, "expected_root": whole, **change}
            )


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_consistency(old: int, new: int, proof: list[bytes]) -> None:
    one, two = ROOTS[old - 1], ROOTS[new - 1]
    right: dict[str, Any] = {"old_size": old, "new_size": new, "old_root": one, "new_root": two, "proof": proof}
    assert tiles.consistency_path(node_of(new), old, new) == proof
    verify_consistency(**right)
    wrong: list[dict[str, Any]] = [
        {"old_root": b"WrongRoot"},
        {"new_root": b"WrongRoot"},
        {"old_size": 0},
        {"new_size": new // 2},
    ]
    wrong += [
        {"proof": x} for x in ([*proof, b""], [*proof, one], [*proof, two], [b"", *proof], [one, *proof], [two, *proof])
    ]
    if proof:
        wrong += [
            {"old_size": old - 1},
            {"old_size": old + 1},
            {"old_size": old ^ 2},
            {"new_size": 2 * new},
            {"proof": []},
        ]
        wrong += [{"old_root": two, "new_root": one}, {"proof": [proof[0], *proof]}, {"proof": proof[:-1]}]
        wrong += [
            {"proof": [*proof[:i], bytes([proof[i][0] ^ 16]) + proof[i][1:], *proof[i + 1 :]]}
            for i in range(len(proof))
        ]
    for change in wrong:
        with pytest.raises(ProofWrong):
            verify_consistency(**{**right, **change})


def test_consistency_with_nothing_is_an_error() -> None:
    for new in (0, 1, 8):
        with pytest.raises(ProofWrong):
            verify_consistency(old_size=0, new_size=new, old_root=EMPTY_ROOT, new_root=EMPTY_ROOT, proof=[])


@pytest.mark.parametrize("vector", NOTES, ids=lambda vector: vector["source"])
def test_published_notes(vector: dict[str, Any]) -> None:
    """Of Go's tests, of the specification, of public logs and witnesses: Ed25519, cosignature/v1, ML-DSA-44."""
    keys, note = [VerifierKey.parse(key) for key in vector["keys"]], vector["note"].encode()
    assert [str(key) for key in keys] == vector["keys"]
    text, signatures = open_note(note, keys)
    assert len(signatures) == vector["signers"]
    assert {one.time for one in signatures} <= {None, vector.get("time")}
    with pytest.raises(ProofWrong, match="wrong signature"):
        verify_note(note.replace(text[:4].encode(), b"what", 1), [key for key in keys if key.kind != 6])


def test_a_real_checkpoint_and_its_witnesses() -> None:
    vector = next(one for one in NOTES if "size" in one)
    checkpoint, theirs = witnessed(vector["note"].encode(), [VerifierKey.parse(key) for key in vector["keys"]])
    assert checkpoint.size == vector["size"]
    assert len(theirs) == 4


def test_an_ml_dsa_cosignature_covers_name_origin_size_and_root() -> None:
    vector = next(one for one in NOTES if "0x06" in one["source"])
    key = next(k for k in map(VerifierKey.parse, vector["keys"]) if k.kind == 6)
    text = verify_note(vector["note"].encode(), [key])
    found = parse_checkpoint(text)
    changed = [
        text.replace(found.origin, found.origin + "2"),
        text.replace(str(found.size), str(found.size + 1)),
        text.replace(text.split("\n")[2], "A" * 43 + "="),
    ]
    for other in changed:
        with pytest.raises(ProofWrong):
            verify_note(vector["note"].replace(text, other).encode(), [key])
    verify_note(vector["note"].replace(text, text + "extension\n").encode(), [key])  # extension lines are not covered


def test_thousands_of_mangled_keys_are_refused() -> None:
    """One character changed, put in, taken out, doubled, in another case: 2,600 of six published keys."""
    draw, tried = random.Random(1), 0
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= .-_\n\t\0é—"
    keys = sorted({key for vector in NOTES for key in vector["keys"] if len(key) < 300})
    while tried < 2600:
        key = draw.choice(keys)
        at, char = draw.randrange(len(key)), draw.choice(alphabet)
        mangled = draw.choice(
            [
                key[:at] + char + key[at + 1 :], key[:at] + char + key[at:], key[:at] + key[at + 1 :], key[:at],
                key[:at] + key[at].swapcase() + key[at + 1 :], key.replace("+", " ", 1), key + char, key.split("+", 1)[1],
            ]
        )  # fmt: skip
        if mangled.strip() == key:
            continue
        tried += 1
        with pytest.raises(ProofWrong):
            VerifierKey.parse(mangled)


def test_our_own_vectors_are_what_we_make_and_what_is_made_by_hand() -> None:
    stored = json.loads((ROOT / "tests/vectors/audit/made.json").read_text("utf-8"))
    assert stored == made()
    entries = [one.encode() for one in stored["entries"]]
    files = exports.export(entries)
    assert stored["checkpoint"].encode() == files.pop("checkpoint")
    assert {name: H(data) for name, data in stored["files"].items()} == files
    assert stored["cosigned"].encode() == exports.note(entries, witness=1_800_000_000)
    assert (stored["vkey"], stored["witness_vkey"]) == (exports.VKEY, exports.WITNESS_VKEY)
    for entry, proof in zip(entries, stored["proofs"], strict=True):
        assert verify_proof(proof.encode(), entry, [VerifierKey.parse(stored["vkey"])]).size == 5
