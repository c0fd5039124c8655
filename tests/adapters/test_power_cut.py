"""Power cuts and failing disks: nothing acknowledged is lost, every state opens, no second history is signed."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from secureprofile.adapters import signer as signing
from secureprofile.adapters.signer import LogSigner
from secureprofile.adapters.state import State
from secureprofile.audit.checkpoint import open_checkpoint
from secureprofile.audit.merkle import Frontier, leaf_hash
from secureprofile.errors import CannotTell
from tests.crash.disk import FULL, IOERR_FSYNC, IOERR_WRITE, OK, Disk, Event, after_crash

DB, WAL = "state.db", "state.db-wal"


def body(number: int) -> bytes:
    return json.dumps({"n": number, "pad": "x" * (number * 37 % 900)}).encode()


def the_signer(folder: Path) -> LogSigner:
    (folder / "signer").mkdir(exist_ok=True)
    return LogSigner(folder / "signer", [b"\7" * 32], "log.example")


def put(folder: Path, files: dict[str, bytes]) -> None:
    (folder / "signer").mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], list[Event]]:
    """What one process did to the disk: transactions of one entry and of many, signatures, checkpoints of the database."""
    folder = tmp_path_factory.mktemp("history")
    State.open(folder / DB).close()
    before = {DB: (folder / DB).read_bytes()}
    with Disk() as disk, pytest.MonkeyPatch.context() as patch:
        written = signing.write_whole

        def whole(target: Path, data: bytes, overwrite: bool = False) -> None:
            written(target, data, overwrite)
            disk.events.append(Event("whole", f"signer/{target.name}", 0, data))

        patch.setattr(signing, "write_whole", whole)
        state, signer, number = State.open(folder / DB), the_signer(folder), 0
        rng = Random(3)
        for turn in range(60):
            many = rng.choice((1, 1, 2, 30))
            with state.writing() as tx:
                for _ in range(many):
                    tx.append(body(number))
                    number += 1
                tx.set_meta("turn", str(turn))
            disk.events.append(Event("mark", "", number))
            if turn % 4 == 0:
                signer.sign(state)
            if turn % 25 == 24:
                with state.reading() as view:
                    view.connection.exec_driver_sql("PRAGMA wal_checkpoint(RESTART)")
        state.close()
    return before, disk.events


def survives(folder: Path, acknowledged: int, written: int, signed: int) -> None:
    """Open what a crash left, look at everything, and go on."""
    state, signer = State.open(folder / DB), the_signer(folder)
    try:
        with state.reading() as view:
            entries, tree = list(view.entries()), view.frontier()
        assert acknowledged <= len(entries) <= written
        assert entries == [body(number) for number in range(len(entries))]
        grown = Frontier()
        for entry in entries:
            grown = grown.append(leaf_hash(entry))
        assert tree == grown
        assert state.log.append(body(len(entries))) == len(entries)
        checkpoint = open_checkpoint(signer.sign(state), [signer.verifier])
        assert checkpoint.size == len(entries) + 1 > signed
        assert checkpoint.root == grown.append(leaf_hash(body(len(entries)))).root()
    finally:
        state.close()


def cuts(history: tuple[dict[str, bytes], list[Event]], rounds: int, seed: int, folder: Path) -> int:
    before, events = history
    rng = Random(seed)
    total = max(event.at for event in events if event.kind == "mark")
    for round_ in range(rounds):
        place = rng.randrange(len(events) + 1)
        past = events[:place]
        acknowledged = max((event.at for event in past if event.kind == "mark"), default=0)
        signed = [event.data for event in past if event.name == "signer/checkpoint"]
        size = int(signed[-1].split(b"\n")[1]) if signed else 0
        put(folder / str(round_), after_crash(before, past, rng))
        survives(folder / str(round_), acknowledged, total, size)
    return rounds


def test_the_history_has_every_kind_of_event(history: tuple[dict[str, bytes], list[Event]]) -> None:
    _, events = history
    kinds = {(event.kind, event.name) for event in events}
    assert {("write", DB), ("write", WAL), ("sync", DB), ("sync", WAL), ("whole", "signer/checkpoint")} <= kinds
    assert len(events) > 300


def test_whatever_a_power_cut_leaves_goes_on(history: tuple[dict[str, bytes], list[Event]], tmp_path: Path) -> None:
    assert cuts(history, 150, 1, tmp_path) == 150


@pytest.mark.proof
def test_five_thousand_power_cuts(history: tuple[dict[str, bytes], list[Event]], tmp_path: Path) -> None:
    assert cuts(history, 5000, 2, tmp_path) == 5000


@pytest.mark.parametrize("code", [FULL, IOERR_WRITE, IOERR_FSYNC])
def test_a_failing_disk_acknowledges_nothing_that_is_not_there(code: int, tmp_path: Path) -> None:
    failed = 0
    for fail_at in range(1, 26):
        folder = tmp_path / str(fail_at)
        folder.mkdir()
        with Disk() as disk:
            state, signer = State.open(folder / DB), the_signer(folder)
            acknowledged: list[tuple[int, bytes]] = []
            for number in range(5):
                acknowledged.append((state.log.append(body(number)), body(number)))
            signer.sign(state)
            disk.arm(fail_at, code)
            for number in range(5, 15):
                try:
                    acknowledged.append((state.log.append(body(number)), body(number)))
                except CannotTell:
                    continue
            failed += disk.failed
            disk.arm(0, OK)
            acknowledged.append((state.log.append(body(99)), body(99)))  # the same state, after the disk came back
            state.close()
        reopened = State.open(folder / DB)
        with reopened.reading() as view:
            entries = list(view.entries())
        assert all(entries[index] == data for index, data in acknowledged)
        assert open_checkpoint(signer.sign(reopened), [signer.verifier]).size == len(entries)
        reopened.close()
    assert failed >= 10
