"""Group commit and many writers: every acknowledged entry is there, once, and nobody waits long."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from secureprofile.adapters.grouping import Group
from secureprofile.adapters.state import State
from secureprofile.audit.merkle import Frontier, leaf_hash
from secureprofile.errors import CannotTell


def body(name: str) -> bytes:
    return f'{{"name":"{name}"}}'.encode()


@pytest.fixture
def state(tmp_path: Path):  # type: ignore[no-untyped-def]
    state = State.open(tmp_path / "state.db")
    yield state
    state.close()


def test_threads_get_the_index_under_which_their_entry_stands(state: State) -> None:
    got: dict[str, int] = {}

    def work(thread: int) -> None:
        for number in range(60):
            name = f"{thread}-{number}"
            got[name] = state.log.append(body(name))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with state.reading() as view:
        entries = list(view.entries())
        tree = view.frontier()
    assert {name: entries[index] for name, index in got.items()} == {name: body(name) for name in got}
    assert len(entries) == len(got) == 480
    grown = Frontier()
    for entry in entries:
        grown = grown.append(leaf_hash(entry))
    assert tree == grown
    for thread in range(8):  # each thread's entries in the order in which it wrote them
        places = [got[f"{thread}-{number}"] for number in range(60)]
        assert places == sorted(places)


def test_those_who_come_while_a_batch_is_on_its_way_share_the_next() -> None:
    batches: list[int] = []
    gate = threading.Event()

    def append(bodies: Sequence[bytes]) -> int:
        if not batches:
            gate.wait(10)
        first = sum(batches)
        batches.append(len(bodies))
        return first

    group = Group(append, most=16)
    got: list[int] = []
    threads = [threading.Thread(target=lambda n=n: got.append(group.append(body(str(n))))) for n in range(40)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 10
    while sum(len(batch.bodies) for batch in group._queue) + 1 < 40 and time.monotonic() < deadline:
        time.sleep(0.01)
    gate.set()
    for thread in threads:
        thread.join(10)
    assert sorted(got) == list(range(40))
    assert len(batches) <= 6
    assert max(batches) <= 16


def test_nobody_is_acknowledged_when_the_batch_fails() -> None:
    def append(bodies: Sequence[bytes]) -> int:
        raise CannotTell("the disk is full", hint="free some space")

    group = Group(append)
    ticket = group.submit(b"{}")
    for _ in range(2):
        with pytest.raises(CannotTell, match="full"):
            ticket.index()
    with pytest.raises(ValueError, match="too long"):
        group.submit(b"x" * 65_536)


def test_a_batch_whose_leader_is_interrupted_is_settled_for_all() -> None:
    def append(bodies: Sequence[bytes]) -> int:
        raise KeyboardInterrupt

    group = Group(append)
    ticket = group.submit(b"{}")
    with pytest.raises(KeyboardInterrupt):
        ticket.index()
    with pytest.raises(CannotTell):
        ticket.index()


def test_a_transaction_that_raises_leaves_nothing_and_the_next_one_goes_on(state: State) -> None:
    def lose() -> None:
        with state.writing() as tx:
            tx.append(body("lost"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        lose()
    assert state.log.append(body("kept")) == 0
    with state.reading() as view:
        assert (list(view.entries()), view.log_size()) == ([body("kept")], 1)
