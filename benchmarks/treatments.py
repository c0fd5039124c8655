"""How many values a second each keyed treatment makes: distinct values, from a Parquet file to a Parquet file, on DuckDB.

``python benchmarks/treatments.py [--values N]`` writes ``benchmarks/results/treatments.json``. Reading and writing are included; a plain
copy of the same column is the first line, to be compared with.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.flows.guarded import Prepared, treated
from secureprofile.policy.decide import plan_columns
from secureprofile.workspace import Workspace

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "treatments.json"
COMMAND = "python benchmarks/treatments.py"

POLICY = """\
secureprofile: 1
policy: {id: bench, version: 1, owner: bench, jurisdiction: [GDPR]}
defaults: deny
roles: {all: [creator]}
domains: {people: {unit: person, population: 1000, epsilon: 1}}
datasets:
  people:
    domain: people
    subject: id
    columns: {id: user.unique_id, mail: user.contact.email, digits: user.payment, card: user.financial.credit_card, name: user.name}
purposes:
"""
PURPOSE = """\
  {name}:
    data_use: analytics.reporting
    lawful_basis: {{GDPR: legitimate-interests}}
    consent: not-required
    roles: [all]
    outputs: [export]
    retention: P1D
    recipients: [bench]
    allow: {{{category}: {treatment}}}
"""
CASES = {
    "copy": ("mail", "user.contact.email", "keep", 1),
    "pseudonym": ("mail", "user.contact.email", "pseudonym", 1),
    "encrypt": ("mail", "user.contact.email", "encrypt", 1),
    "token": ("mail", "user.contact.email", "token", 1),
    "replace": ("name", "user.name", "replace", 1),
    "fpe": ("digits", "user.payment", "fpe", 4),
    "fpe-luhn": ("card", "user.financial.credit_card", "{fpe: {check: luhn}}", 4),
}
"""Name → column, category, treatment, by how much fewer values."""


def luhn(bodies: np.ndarray[Any, Any]) -> list[str]:
    """Return 15-digit bodies with their check digits."""
    digits = bodies[:, None] // 10 ** np.arange(14, -1, -1) % 10
    doubled = np.where(np.arange(15) % 2 == 0, digits * 2, digits)
    checks = -np.where(doubled > 9, doubled - 9, doubled).sum(axis=1) % 10
    return [f"{body:015d}{check}" for body, check in zip(bodies.tolist(), checks.tolist(), strict=True)]


def values(count: int) -> pa.Table:
    """Return distinct values of each kind; generated, of nobody."""
    numbers = np.arange(count, dtype=np.int64) * 7919 + 400_000_000_000_000
    texts = numbers.tolist()
    return pa.table(
        {
            "id": [f"C{n}" for n in texts],
            "mail": [f"user{n}@example.org" for n in texts],
            "digits": [f"{n:016d}" for n in texts],
            "card": luhn(numbers),
            "name": [f"Name{n} Family{n % 9973}" for n in texts],
        }
    )


@contextmanager
def workspace(folder: Path) -> Iterator[Workspace]:
    """Give a workspace with one purpose per case."""
    text = POLICY + "".join(
        PURPOSE.format(name=name, category=category, treatment=treatment)
        for name, (_, category, treatment, _) in CASES.items()
    )
    (folder / "bench.yaml").write_text(text)
    with Workspace.open(folder / "ws", policy=folder / "bench.yaml", keys=f"file:{folder / 'keys'}") as place:
        yield place


def timed(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def run(place: Workspace, name: str, folder: Path, count: int) -> Prepared:
    """Treat one column, from file to file, and commit what it enrols."""
    column, *_ = CASES[name]
    context = place._context
    with place.session(purpose=name) as one, DuckEngine(temp=folder) as engine:
        context = one._context
        plans = plan_columns(
            context.policy.policy, dataset="people", purpose=name, header=["id", "mail", "digits", "card", "name"]
        )
        wanted = [plan for plan in plans if plan.name == column]
        table = engine.parquet([folder / f"{count}.parquet"])
        ready = treated(context, table, wanted, dataset="people", recipient="bench", stored=False, engine=engine)
        assert engine.write(ready.result, folder / "out.parquet", "parquet") == count
        with context.state.writing() as tx:
            for enrolment in ready.enrolments:
                enrolment.commit(tx, entry=0)
    return ready


def figures(total: int, rounds: int) -> list[dict[str, Any]]:
    """Measure every case, best of several rounds; tokens once for new values and then for known ones."""
    made = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        for count in {total // fewer for *_, fewer in CASES.values()}:
            pq.write_table(values(count), folder / f"{count}.parquet")
        with workspace(folder) as place:
            for case, (*_, fewer) in CASES.items():
                count = total // fewer
                seconds = [timed(lambda: run(place, case, folder, count)) for _ in range(rounds)]  # noqa: B023
                if case == "token":
                    made.append(_figure("token, new values (with enrolment)", count, seconds[0]))
                    made.append(_figure("token, known values", count, min(seconds[1:])))
                else:
                    made.append(_figure(case, count, min(seconds)))
                print(f"{made[-1]['what']:<60} {made[-1]['value']:>12,} values/s", flush=True)
    return made


def _figure(what: str, count: int, seconds: float) -> dict[str, Any]:
    return {
        "what": f"{what}, {count:,} distinct values",
        "value": round(count / seconds),
        "unit": "values/s",
        "goal": None,
        "reached": None,
        "command": COMMAND,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    os.environ.pop("SECUREPROFILE_WORKSPACE", None)
    RESULT.write_text(json.dumps({"figures": figures(arguments.values, max(2, arguments.rounds))}, indent=1) + "\n")


if __name__ == "__main__":
    main()
