"""Kill commands at every kind of moment; whatever the moment, the workspace opens, verifies, continues, and nothing is overspent.

A command passes a number of steps that change something outside it: a file opened for writing, a folder made, a rename, a lock taken. Each
round kills one (SIGKILL) at such a step, or some milliseconds after it; the steps of each command are cut into equal parts, so that all its
phases are hit. A histogram tells how far the killed ones had come: ends with exit 1 when a round breaks a promise, or when a phase stayed empty.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

COMMAND = [sys.executable, "-c", "from secureprofile.cli.main import main; main()"]


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def must(folder: Path, *arguments: str) -> str:
    done = call(folder, *arguments)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def prepare(folder: Path) -> None:
    from secureprofile.flows.shop import write_shop

    write_shop(folder, customers=1500, orders=12_000)
    must(folder, "init", "--policy", "retail", "--keys", "file:keys")
    must(folder, "consent", "import", "consents.csv")
    must(folder, "ingest", "customers", "customers.csv", "--purpose", "portrait")
    must(folder, "ingest", "orders", "orders.csv", "--purpose", "portrait")
    must(folder, "portrait", "build", "--as-of", "2026-11-01", "--purpose", "portrait")


ACTS = (
    ("ingest", "orders", "orders.csv", "--purpose", "portrait"),
    ("portrait", "build", "--as-of", "2026-11-02", "--purpose", "portrait"),
    ("release", "run", "customer-portrait", "--purpose", "portrait"),
    ("anonymize", "customers.csv", "-o", "safe.csv", "--purpose", "partner-analytics", "--overwrite"),
)


# Runs before the command in its own process. Counts steps; at the chosen one the process is gone, now or after a delay.
PRELUDE = """
import atexit, os, signal, sys
steps, at, delay = 0, int(os.environ["CRASH_AT"]), float(os.environ["CRASH_DELAY"])
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
def watch(event, args):
    global steps
    writes = event == "open" and isinstance(args[2], int) and args[2] & WRITES
    if writes or event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "fcntl.flock", "sqlite3.connect"):
        steps += 1
        if steps == at:
            signal.setitimer(signal.ITIMER_REAL, delay) if delay else os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
if not at:
    atexit.register(lambda: print("steps:", steps, file=sys.stderr))
from secureprofile.cli.main import main
main()
"""
PHASES = ("before the intent", "intent", "outcome")


def kill_at(folder: Path, arguments: tuple[str, ...], step: int, delay: float) -> subprocess.CompletedProcess[str]:
    """Run a command that is gone at its ``step``-th step, or ``delay`` seconds later; with step 0 it ends and tells how many it had."""
    environment = {**os.environ, "CRASH_AT": str(step), "CRASH_DELAY": str(delay)}
    return subprocess.run(
        [sys.executable, "-c", PRELUDE, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def steps_of(folder: Path, arguments: tuple[str, ...]) -> int:
    copy = folder.with_name(folder.name + "-copy")
    shutil.copytree(folder, copy)
    try:
        done = kill_at(copy, arguments, 0, 0)
        return int(done.stderr.rsplit("steps:", 1)[1])
    finally:
        shutil.rmtree(copy)


def rounds_of(
    folder: Path, arguments: tuple[str, ...], rounds: int, rng: random.Random, histogram: Counter[str]
) -> None:
    total = steps_of(folder, arguments)
    for part in range(rounds):
        low, high = 1 + part * total // rounds, (part + 1) * total // rounds
        delay = rng.choice((0.0, rng.uniform(0.001, 0.05)))
        before = len(log(folder))
        done = kill_at(folder, arguments, rng.randint(low, max(low, high)), delay)
        phases = [entry["phase"] for entry in log(folder)[before:] if entry["act"].split(".")[0] == arguments[0]]
        come = "finished" if done.returncode >= 0 else phases[-1] if phases else "before the intent"
        histogram[f"{arguments[0]}: {come}"] += 1
        check(folder)


def log(folder: Path) -> list[dict[str, str]]:
    """The entries as they stand in the database, without leaving one."""
    with closing(sqlite3.connect(folder / ".secureprofile" / "state.db")) as state:
        return [json.loads(body) for (body,) in state.execute("SELECT body FROM log ORDER BY idx")]


def check(folder: Path) -> None:
    verdict = json.loads(must(folder, "audit", "verify", "--json"))
    budget = json.loads(must(folder, "budget", "show", "--json"))["accounts"]
    for account in budget:
        if float(account["left"]) < 0:
            raise SystemExit(f"overspent: {account}")
    published = json.loads(must(folder, "release", "list", "--json"))["published"]
    if len(published) != round(float(budget[0]["spent"])):
        raise SystemExit(f"{len(published)} published, but ε {budget[0]['spent']} spent")
    if (folder / "safe.csv").exists() and not (folder / "safe.csv").read_bytes().endswith(b"\n"):
        raise SystemExit("half a file under its final name")
    orphans = list((folder / ".secureprofile" / "tmp").glob("run-*"))
    if orphans:
        raise SystemExit(f"{len(orphans)} scratch folders were left")
    assert verdict["entries"] > 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=8, help="kills per command")
    options = parser.parse_args()
    rng, histogram = random.Random(options.seed), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="crash-") as temp:
        folder = Path(temp) / "shop"
        folder.mkdir()
        prepare(folder)
        for arguments in ACTS:
            rounds_of(folder, arguments, options.rounds, rng, histogram)
    for arguments in ACTS:
        for phase in (*PHASES, "finished"):
            print(f"{histogram[f'{arguments[0]}: {phase}']:4d}  {arguments[0]}: {phase}")
    empty = [phase for phase in PHASES if not any(key.endswith(": " + phase) for key in histogram)]
    print("every phase was interrupted" if not empty else "never interrupted: " + ", ".join(empty))
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main())
