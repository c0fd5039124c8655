"""Proofs of entries of a workspace's log: tiles beside the entries, and what a stranger verifies."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from secureprofile.adapters import schema
from secureprofile.adapters.state import State
from secureprofile.adapters.tiles import fill
from secureprofile.audit.checkpoint import VerifierKey
from secureprofile.audit.merkle import leaf_hash, root
from secureprofile.audit.proof import parse_proof, verify_proof
from secureprofile.audit.tiles import range_root
from secureprofile.errors import ProofWrong, UsageError
from secureprofile.flows.prove import prove
from secureprofile.workspace import Workspace
from tests.audit.test_tiles import cut


def bodies(count: int, start: int = 0) -> list[bytes]:
    return [b'{"n":%d}' % number for number in range(start, start + count)]


def filled(path: Path, count: int) -> State:
    state = State.open(path)
    with state.writing() as tx:
        for body in bodies(count):
            tx.append(body)
    return state


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 511, 512, 700])
def test_full_tiles_stand_beside_the_entries(tmp_path: Path, count: int) -> None:
    state = filled(tmp_path / "state.db", count)
    full = {key: data for key, data in cut([leaf_hash(b) for b in bodies(count)]).items() if len(data) == 8192}
    with sqlite3.connect(tmp_path / "state.db") as db:
        rows = db.execute("SELECT level, idx, hashes, root FROM tiles").fetchall()
    db.close()
    assert {(level, number): hashes for level, number, hashes, _ in rows} == full
    leaves = [leaf_hash(b) for b in bodies(count)]
    for level, number, _, top in rows:
        assert level > 0 or top == root(leaves[256 * number : 256 * number + 256])
    if count:
        with state.reading() as view:
            assert range_root(view.nodes(count), 0, count) == view.frontier().root()
    state.close()


def test_a_second_level_begins_after_65_536_entries(tmp_path: Path) -> None:
    count = 65_536 + 300
    entries = bodies(count)
    state = State.open(tmp_path / "state.db")
    with state.writing() as tx:
        tx.connection.exec_driver_sql("INSERT INTO log (idx, body) VALUES (?, ?)", list(enumerate(entries)))
        fill(tx.connection)
    leaves = [leaf_hash(body) for body in entries]
    with state.reading() as view:
        assert range_root(view.nodes(count), 0, count) == root(leaves)
        assert range_root(view.nodes(65_000), 0, 65_000) == root(leaves[:65_000])
    state.close()
    with sqlite3.connect(tmp_path / "state.db") as db:
        assert db.execute("SELECT level, count(*) FROM tiles GROUP BY level").fetchall() == [(0, 257), (1, 1)]
    db.close()


def test_an_older_database_gets_its_tiles_when_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.db"
    filled(path, 600).close()
    step = next(n for n, one in enumerate(schema.MIGRATIONS) if one.__name__.endswith("_tiles"))
    with sqlite3.connect(path) as db:
        expected = db.execute("SELECT * FROM tiles ORDER BY 1, 2").fetchall()
        db.execute("DROP TABLE tiles")
        db.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (str(step),))
    db.close()
    State.open(path).close()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT * FROM tiles ORDER BY 1, 2").fetchall() == expected
    db.close()
    assert len(expected) == 2


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("SECUREPROFILE_ACTOR", "tester@example.com")
    workspace = Workspace.open(tmp_path / "ws", policy="retail", keys=f"file:{tmp_path / 'keys'}")
    with workspace._context.state.writing() as tx:
        for body in bodies(900):
            tx.append(body)
    workspace._context.signer.sign(workspace._context.state)
    yield workspace
    workspace.close()


def test_every_entry_is_proven_to_a_stranger(place: Workspace) -> None:
    context, key = place._context, VerifierKey.parse(place.verifier_key)
    with context.state.reading() as view:
        entries = list(view.entries())
    for index in [*range(0, 901, 37), 255, 256, 767, 768, 899, 900]:
        proof = prove(context, index)
        assert verify_proof(proof, entries[index], [key]).size == 901
        assert parse_proof(proof).index == index
        with pytest.raises(ProofWrong, match="another root"):
            verify_proof(proof, entries[index - 1], [key])


@pytest.mark.parametrize("index", [-1, 901, 10**9])
def test_there_is_no_proof_of_what_is_not_there(place: Workspace, index: int) -> None:
    with pytest.raises(UsageError, match="no such entry"):
        prove(place._context, index)


def test_a_changed_tile_proves_nothing(place: Workspace) -> None:
    prove(place._context, 3)
    with place._context.state.writing() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE tiles SET hashes = ? WHERE level = 0 AND idx = 0",
            (b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(256)),),
        )
    with pytest.raises(ProofWrong, match="entry 3 cannot be proven"):
        prove(place._context, 3)
