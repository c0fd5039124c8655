"""The figures of the whole flow, measured in processes of their own.

Run it with ``make bench``. Each figure has a goal; reached or not, it stands in the table.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.page import ROOT, figure, save

SECUREPROFILE = [sys.executable, "-c", "from secureprofile.cli.main import main; main()"]


def timed(command: list[str], cwd: Path) -> tuple[float, float]:
    """Return (seconds, peak resident megabytes) of a command."""
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[-3:]} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - begun, usage.ru_maxrss / 1024


def online_retail(data: Path, folder: Path) -> dict[str, float]:
    """Raw CSV to finished HTML report, one process per command as a user would; times add up, memory is the highest."""
    policy = ROOT / "examples" / "online_retail" / "policy.yaml"
    steps = (
        ["init", "-w", "shop", "--policy", str(policy), "--keys", "file:keys"],
        ["ingest", "orders", str(data / "online_retail.csv.gz"), "-w", "shop"],
        ["portrait", "build", "--as-of", "2011-12-10", "-w", "shop"],
        ["release", "run", "shop-portrait", "-w", "shop"],
        ["report", "shop-portrait", "-o", "report.html", "-w", "shop"],
    )
    runs = [timed([*SECUREPROFILE, *step], folder) for step in steps]
    return {"seconds": sum(seconds for seconds, _ in runs), "megabytes": max(megabytes for _, megabytes in runs)}


def measure(data: Path) -> list[dict[str, object]]:
    """Measure every figure once; the help's time is the best of five, since start-up noise only adds."""
    figures: list[dict[str, object]] = []

    def add(what: str, value: float, unit: str, goal: float) -> None:
        figures.append(figure(what, value, unit, goal=goal, command="python -m benchmarks.flow"))

    with tempfile.TemporaryDirectory(prefix="bench-") as temp:
        folder = Path(temp)
        seconds = min(timed([*SECUREPROFILE, "--help"], folder)[0] for _ in range(5))
        add("`secureprofile --help`", seconds, "s", 0.3)
        seconds, megabytes = timed([*SECUREPROFILE, "demo", "--out", "demo"], folder)
        add("`secureprofile demo`, 5,000 customers, 60,000 orders", seconds, "s", 30)
        add("… peak resident memory", megabytes, "MB", 1000)
        whole = online_retail(data, folder)
        add("Online Retail, 541,909 lines, raw CSV to HTML report", whole["seconds"], "s", 20)
        add("… peak resident memory", whole["megabytes"], "MB", 1000)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("SECUREPROFILE_DATA") or ROOT / ".." / "shared" / "data")
    )
    save("flow", "The whole flow", measure(parser.parse_args().data.resolve()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
