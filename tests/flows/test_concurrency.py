"""Several processes at once: the budget holds, the log stays one chain, nobody is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

COMMAND = [sys.executable, "-c", "from secureprofile.cli.main import main; main()"]


def in_parallel(commands: list[list[str]], folder: Path) -> list[int]:
    started = [
        subprocess.Popen([*COMMAND, *command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    return [process.wait(120) for process in started]


def test_processes_that_run_releases_together_cannot_overspend(shop) -> None:  # type: ignore[no-untyped-def]
    """ε 4 in all, 1 spent: of five different releases at ε 1 each, three are published and two are refused."""
    assert shop("policy", "copy", "retail", "mine") == 0
    plans = Path("mine") / "releases.yaml"
    body = yaml.safe_load(plans.read_text(encoding="utf-8"))
    original = body["releases"]["customer-portrait"]
    names = [f"wave-{number}" for number in range(5)]
    for number, name in enumerate(names):
        body["releases"][name] = {**original, "title": {"en": f"Wave {number}", "zh": f"第 {number} 批"}}
    plans.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    policy = Path("mine") / "retail.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("id: retail,", "id: waves,"), encoding="utf-8")
    assert shop("policy", "use", str(policy)) == 0
    assert shop("portrait", "build", "--as-of", "2026-11-01", "--purpose", "portrait") == 0
    codes = in_parallel([["release", "run", name, "--purpose", "portrait"] for name in names], shop.folder)
    assert sorted(codes) == [0, 0, 0, 1, 1]
    assert shop("audit", "verify") == 0


def test_processes_that_ingest_together_lose_nothing(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    assert in_parallel([["ingest", "orders", "orders.csv", "--purpose", "portrait"]] * 4, shop.folder) == [0] * 4
    capsys.readouterr()
    assert shop("audit", "log", "--last", "100", "--json") == 0
    entries = json.loads(capsys.readouterr().out)["entries"]
    outcomes = [
        e for e in entries if e["act"] == "ingest" and e.get("phase") == "outcome" and e.get("dataset") == "orders"
    ]
    assert len(outcomes) == 5
    assert shop("audit", "verify") == 0
