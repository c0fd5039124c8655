"""Old entries go, their hashes stay: what is left verifies, proves, exports, and says what was pruned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from secureprofile.adapters.tiles import fill
from secureprofile.audit.checkpoint import VerifierKey
from secureprofile.audit.merkle import Frontier, leaf_hash
from secureprofile.audit.proof import verify_proof
from secureprofile.audit.retention import days, kept_until
from secureprofile.cli.main import run
from secureprofile.errors import PolicyRefused, ProofWrong, UsageError
from secureprofile.flows.verify_export import verify_folder
from secureprofile.workspace import Workspace

NOW = datetime.now(UTC)
OLD = 1300


def aged(index: int, day: datetime) -> bytes:
    return json.dumps(
        {
            "act": "look",
            "format": "secureprofile-entry/1",
            "n": index,
            "phase": "event",
            "time": f"{day:%Y-%m-%dT%H:%M:%S}.000Z",
        },
        separators=(",", ":"),
        sort_keys=True,
    ).encode()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A log whose first entry is of today (the workspace), then a thousand old ones: the first is made old too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECUREPROFILE_ACTOR", "tester@example.com")
    with Workspace.open("ws", policy="retail", keys="file:keys") as workspace:
        state, signer = workspace._context.state, workspace._context.signer
        with state.writing() as tx:
            tx.connection.exec_driver_sql("DELETE FROM log")
            tx.connection.exec_driver_sql("DELETE FROM tree")
            rows = [(index, aged(index, NOW - timedelta(days=2000 - index))) for index in range(OLD)]
            tx.connection.exec_driver_sql("INSERT INTO log (idx, body) VALUES (?, ?)", rows)
            grown = Frontier()
            for _, body in rows:
                grown = grown.append(leaf_hash(body))
            tx.connection.exec_driver_sql("INSERT INTO tree (id, frontier) VALUES (1, ?)", (grown.to_bytes(),))
            fill(tx.connection)
        for name in ("frontier", "checkpoint"):
            (workspace._context.home.signer / name).unlink()
        signer.sign(state)
        yield workspace


def test_what_is_left_verifies_proves_and_exports(place: Workspace) -> None:
    before = place.audit.checkpoint()
    full = place.audit.export("full")
    done = place.audit.prune("600")
    assert (done.minimum, done.removed) == (512, 512)
    with place._context.state.reading() as view:
        assert view.entry(511) is None
        body = view.entry(512)
        assert body is not None
    verdict = place.audit.verify(checkpoints=[before])
    assert (verdict.minimum, verdict.unanchored) == (512, 0)
    proof = place.audit.prove(512)
    assert verify_proof(proof, body, [VerifierKey.parse(place.verifier_key)]).size > OLD
    with pytest.raises(UsageError, match="no such entry"):
        place.audit.prove(511)
    place.audit.export("full")
    place.audit.export("fresh")
    for folder in ("full", "fresh"):
        found, _ = verify_folder(Path(folder), keys=[place.verifier_key], since=[before], entries=True)
        assert (found.minimum, found.anchored) == (512, OLD + 1)
        assert not (Path(folder) / "tile/entries/000").exists()
    assert full.minimum == 0
    assert place.audit.log(last=5000)[0]["index"] == 512
    assert place.audit.prune("1000").removed == 256
    assert place.audit.verify(checkpoints=[before]).minimum == 768


def test_a_day_is_rounded_to_whole_tiles(place: Workspace) -> None:
    day = f"{NOW - timedelta(days=2000 - 300):%Y-%m-%d}"
    assert place.audit.prune(day, dry_run=True).minimum == 256
    assert place.audit.verify().minimum == 0
    assert place.audit.prune(day).removed == 256


def test_what_must_still_be_kept_is_kept(place: Workspace) -> None:
    """retail: GDPR, and a purpose that keeps data for two years."""
    with pytest.raises(
        PolicyRefused, match=r"entry \d+ and later ones must still be kept \(a purpose of the policy: P2Y\)"
    ) as refused:
        place.audit.prune(f"{NOW:%Y-%m-%d}")
    young = int(str(refused.value).split()[1])
    assert abs(young - (2000 - 2 * 366)) <= 1
    assert place.audit.prune(str(young)).minimum == young // 256 * 256
    assert place.audit.log(last=9)[0]["index"] > 0


@pytest.mark.parametrize("before", ["", "yesterday", "-1", "2026-13-01", "1.5", "99999", "٣", "9" * 30])
def test_neither_day_nor_index(place: Workspace, before: str) -> None:
    with pytest.raises(UsageError):
        place.audit.prune(before)


def test_only_the_creator_prunes(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "prune", "--before", "300", "-w", "ws", "--actor", "x@example.com"]) == 1
    assert "only the creator" in capsys.readouterr().err
    assert run(["audit", "prune", "--before", "300", "-w", "ws"]) == 0
    assert "removed: 256 entries; the first one kept is 256" in capsys.readouterr().out
    assert run(["audit", "verify", "-w", "ws"]) == 0
    assert "pruned, as the log says: the entries below 256" in capsys.readouterr().err


def test_a_log_that_does_not_verify_is_not_pruned(place: Workspace) -> None:
    with place._context.state.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE log SET body = ? WHERE idx = 77", (aged(78, NOW - timedelta(days=1900)),))
    with pytest.raises(ProofWrong, match="entry 77 is not the one that was logged"):
        place.audit.prune("600")
    with place._context.state.reading() as view:
        assert view.entry(0) is not None


def test_entries_gone_without_a_word_are_found(place: Workspace) -> None:
    with place._context.state.writing() as tx:
        tx.connection.exec_driver_sql("DELETE FROM log WHERE idx < 512")
    with pytest.raises(ProofWrong, match="entries 0 to 511 are missing, and no entry says"):
        place.audit.verify()


def test_terms() -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    assert kept_until(now, ["GDPR", "PIPL"], ["P2Y"]) == (now - timedelta(days=3 * 366), "PIPL: P3Y")
    assert kept_until(now, ["GDPR"], ["P1Y", "P90D"])[1] == "a purpose of the policy: P1Y"
    assert days("P1Y2M3W4D") == 366 + 62 + 21 + 4
    for wrong in ("P", "", "1Y", "P1H"):
        with pytest.raises(ValueError, match="not a duration"):
            days(wrong)
