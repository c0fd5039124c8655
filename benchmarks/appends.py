"""Durable appends to the log: one by one, in groups, and by eight processes at once; beside what the bare disk takes in the same run.

The line to compare with appends records of the same size to a file and calls ``fdatasync``: each, or each 256. An append counts when it
was acknowledged, which is after SQLite's sync.

Run it with ``make bench``, or alone: ``python -m benchmarks.appends``.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from threading import Thread

from benchmarks.page import figure, save
from benchmarks.proof import bodies
from secureprofile.adapters.state import State

COMMAND = "python -m benchmarks.appends"
SINGLE = 3000
GROUPED = 60_000
WINDOW = 256
WRITERS, SECONDS = 8, 6.0
ROUNDS = 3


def bare(folder: Path, records: list[bytes], each: int) -> float:
    """Return records a second that a file takes, synced after every ``each``."""
    descriptor = os.open(folder / "bare", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        begun = time.perf_counter()
        for place in range(0, len(records), each):
            os.write(descriptor, b"".join(records[place : place + each]))
            os.fdatasync(descriptor)
        return len(records) / (time.perf_counter() - begun)
    finally:
        os.close(descriptor)


def one_by_one(state: State, records: list[bytes]) -> tuple[float, float]:
    """Return (appends a second, 99th percentile of an acknowledgement in ms)."""
    waits = []
    begun = time.perf_counter()
    for record in records:
        before = time.perf_counter()
        state.log.append(record)
        waits.append(time.perf_counter() - before)
    return len(records) / (time.perf_counter() - begun), 1000 * statistics.quantiles(waits, n=100)[98]


def grouped(state: State, records: list[bytes], threads: int = 2) -> float:
    """Return appends a second of threads that each have up to 256 entries on their way."""

    def work(part: list[bytes]) -> None:
        waiting = []
        for record in part:
            waiting.append(state.log.submit(record))
            if len(waiting) == WINDOW:
                for ticket in waiting:
                    ticket.index()
                waiting.clear()
        for ticket in waiting:
            ticket.index()

    crowd = [Thread(target=work, args=(records[n::threads],)) for n in range(threads)]
    begun = time.perf_counter()
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    return len(records) / (time.perf_counter() - begun)


def writer(path: Path, out: Queue[tuple[int, float]]) -> None:
    """Append for a while; tell how many, and the longest wait."""
    state, record = State.open(path), bodies(0, 1)[0]
    done, longest = 0, 0.0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        before = time.monotonic()
        state.log.append(record)
        longest = max(longest, time.monotonic() - before)
        done += 1
    state.close()
    out.put((done, longest))


def together(path: Path) -> list[tuple[int, float]]:
    """Run eight writers at once."""
    context = get_context("spawn")
    out: Queue[tuple[int, float]] = context.Queue()
    crowd = [context.Process(target=writer, args=(path, out)) for _ in range(WRITERS)]
    for process in crowd:
        process.start()
    found = [out.get() for _ in crowd]
    for process in crowd:
        process.join()
    return found


def main() -> None:
    """Measure, and write ``benchmarks/results/appends.json``."""
    best: dict[str, list[float]] = {"probe": [], "probe256": [], "single": [], "p99": [], "group": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many = bodies(0, SINGLE), bodies(0, GROUPED)
        for turn in range(ROUNDS):
            state = State.open(folder / f"{turn}.db")
            best["probe"].append(bare(folder, few, 1))
            rate, p99 = one_by_one(state, few)
            best["single"].append(rate)
            best["p99"].append(p99)
            best["probe256"].append(bare(folder, many, WINDOW))
            best["group"].append(grouped(state, many))
            state.close()
        State.open(folder / "many.db").close()
        crowd = together(folder / "many.db")
    middle: Callable[[str], float] = lambda name: statistics.median(best[name])  # noqa: E731
    total = sum(done for done, _ in crowd)
    figures = [
        figure("durable appends, one by one", middle("single"), "/s", goal=2000, least=True, command=COMMAND),
        figure("the same, bare fdatasync of the same bytes", middle("probe"), "/s", goal=None, command=COMMAND),
        figure("99th percentile of an acknowledged append", middle("p99"), "ms", goal=25, command=COMMAND),
        figure(
            "durable appends, up to 256 share a commit", middle("group"), "/s", goal=30_000, least=True, command=COMMAND
        ),
        figure("the same, bare fdatasync each 256", middle("probe256"), "/s", goal=None, command=COMMAND),
        figure("8 processes: longest wait for an append", max(wait for _, wait in crowd), "s", goal=1, command=COMMAND),
        figure(
            "8 processes: least share of the appends",
            100 * min(done for done, _ in crowd) / total,
            "%",
            goal=5,
            least=True,
            command=COMMAND,
        ),
        figure("8 processes: appends together", total / SECONDS, "/s", goal=None, command=COMMAND),
    ]
    save("appends", "Durable appends", figures, raw=best)


if __name__ == "__main__":
    main()
