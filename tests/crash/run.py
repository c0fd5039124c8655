"""Kill commands at random moments; whatever the moment, the workspace opens, verifies, continues, and nothing is overspent.

Each round runs ingest, build or release in a process of its own and kills it (SIGKILL) after a random delay; a histogram tells
which step was interrupted. Ends with exit 1 when a round breaks a promise, or when no kill ever hit a running act.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
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


def round_of(folder: Path, rng: random.Random, histogram: Counter[str]) -> None:
    arguments = rng.choice(ACTS)
    usual = {"ingest": 1.6, "portrait": 2.0, "release": 2.6, "anonymize": 2.2}[arguments[0]]
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(rng.uniform(0.2, usual))
    ended = process.poll() is not None
    if not ended:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    check(folder, arguments[0], ended, histogram)


def check(folder: Path, act: str, ended: bool, histogram: Counter[str]) -> None:
    verdict = json.loads(must(folder, "audit", "verify", "--json"))
    log = json.loads(must(folder, "audit", "log", "--last", "6", "--json"))["entries"]
    mine = [e for e in log if e["act"].split(".")[0] == act and e["phase"] in ("intent", "outcome")]
    stage = "finished" if ended else mine[-1]["phase"] if mine else "before the intent"
    histogram[f"{act}: {stage}"] += 1
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
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    rng, histogram = random.Random(options.seed), Counter[str]()
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    try:
        prepare(folder)
        for _ in range(options.rounds):
            round_of(folder, rng, histogram)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for step, count in sorted(histogram.items()):
        print(f"{count:4d}  {step}")
    return 0 if any("intent" in step and "before" not in step for step in histogram) else 1


if __name__ == "__main__":
    sys.exit(main())
