"""Make ``made.json``: a checkpoint, a cosigned one, an export and proofs of a log of five entries, under published seeds.

Run it from the root after a change of format: ``python -m tests.vectors.audit.make``.
"""

from __future__ import annotations

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from secureprofile.audit.checkpoint import COSIGNATURE, Checkpoint, VerifierKey, attach, sign_note
from secureprofile.audit.merkle import leaf_hash, root
from secureprofile.audit.note import cosign
from secureprofile.audit.proof import offline_proof
from secureprofile.audit.tiles import bundle, entries_path, inclusion_path, leaf_hashes, nodes, tile_path

SEED, WITNESS_SEED, TIME = bytes(range(32)), bytes(range(2, 34)), 1_800_000_000
ENTRIES = [b'{"act":"look","format":"secureprofile-entry/1","number":%d,"phase":"event"}' % n for n in range(5)]


def made() -> dict[str, object]:
    """Return the file's content."""
    log, other = Ed25519PrivateKey.from_private_bytes(SEED), Ed25519PrivateKey.from_private_bytes(WITNESS_SEED)
    key = VerifierKey(name="example.com/log", public_key=log.public_key().public_bytes_raw())
    witness = VerifierKey(name="witness.example/w", public_key=other.public_key().public_bytes_raw(), kind=COSIGNATURE)
    text = Checkpoint(origin=key.name, size=len(ENTRIES), root=root(map(leaf_hash, ENTRIES))).text()
    note = sign_note(text, key.name, log.sign, key.public_key)
    hashes = leaf_hashes(ENTRIES)
    node = nodes(len(ENTRIES), lambda level, number, width: hashes)
    files = {tile_path(0, 0, len(ENTRIES)): hashes, entries_path(0, len(ENTRIES)): bundle(ENTRIES)}
    return {
        "seed": SEED.hex(),
        "vkey": str(key),
        "witness_seed": WITNESS_SEED.hex(),
        "witness_vkey": str(witness),
        "entries": [one.decode() for one in ENTRIES],
        "checkpoint": note.decode(),
        "cosigned": attach(note, [cosign(text, witness, other.sign, TIME)]).decode(),
        "files": {name: data.hex() for name, data in files.items()},
        "proofs": [
            offline_proof(index, inclusion_path(node, index, len(ENTRIES)), note).decode()
            for index in range(len(ENTRIES))
        ],
    }


if __name__ == "__main__":
    Path(__file__).with_name("made.json").write_text(
        json.dumps(made(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
