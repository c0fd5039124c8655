"""People's requests at size: answers over a thousand runs, erasing a thousand of a million, and the consents of ten million joined.

Each part runs in a process of its own; memory is that process's peak. The answers are checked against what each run really touched, and
every proof is verified; the erased are looked for in every file of the workspace.

Run it with ``make bench``, or alone: ``python -m benchmarks.rights [answers|erase|consents]``.
"""

from __future__ import annotations

import argparse
import json
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.page import figure, save
from secureprofile.workspace import Workspace

COMMAND = "python -m benchmarks.rights"
PEOPLE, RUNS, ASKED = 1000, 1000, 40
STORED, ERASED = 1_000_000, 1000
JOINED = 10_000_000


def opened(folder: Path) -> Workspace:
    """Return a new workspace of the ready policy."""
    return Workspace.open(folder / "ws", policy="retail", actor="bench@example.com", keys=f"file:{folder / 'keys'}")


def consents(path: Path, people: int) -> None:
    """Write a consent file in which everybody agrees to both purposes."""
    with path.open("w", encoding="utf-8") as file:
        file.write("customer_id,purpose,state,at,method,notice\n")
        for number in range(people):
            for purpose in ("portrait", "partner-analytics"):
                file.write(f"P{number:07},{purpose},granted,2026-01-01T08:00:00Z,web,PN-2026-01\n")


def answers(folder: Path) -> dict[str, Any]:
    """Let a thousand runs touch some of a thousand people, and ask for forty of them."""
    import pyarrow as pa

    from secureprofile.audit.accesses import verify_answer
    from secureprofile.audit.checkpoint import VerifierKey
    from secureprofile.flows.accesses import answer
    from secureprofile.flows.gate import begin
    from secureprofile.flows.presence import touching
    from secureprofile.flows.subject import find

    consents(folder / "consents.csv", PEOPLE)
    rng, touched = Random(1), list[set[int]]()
    with opened(folder) as place, place.session(purpose="partner-analytics") as session:
        session.import_consents(folder / "consents.csv")
        context = session._context
        people = [find(context, "subject.show", f"P{number:07}") for number in range(PEOPLE)]
        for _ in range(RUNS):
            some = {number for number in range(PEOPLE) if rng.random() < 0.3}
            tokens = pa.array([people[number].token for number in some], pa.string())
            with (
                begin(context, "anonymize", dataset="customers") as act,
                touching(context, act, tokens, domain="customers", name="anonymize", dataset="customers") as made,
            ):
                act.commit(made.add, subjects=made.subjects, dataset="customers")
            touched.append(some)
        key, waits, wrong = VerifierKey.parse(place.verifier_key), [], 0
        for number in rng.sample(range(PEOPLE), ASKED):
            begun = time.perf_counter()
            found = answer(context, people[number])
            proof = found.proof
            waits.append(time.perf_counter() - begun)
            verified = verify_answer(proof, [key])
            expected = sum(number in some for some in touched)
            wrong += len([one for one in found.present if one.act == "anonymize"]) != expected
            wrong += len(verified.absent) != RUNS - expected
    return {"slowest": max(waits), "median": statistics.median(waits), "wrong": wrong}


def erase(folder: Path) -> dict[str, Any]:
    """Store a million people, erase a thousand, and look for them."""
    consents(folder / "consents.csv", STORED)
    marks = [f"City{secrets.token_hex(4)}" for _ in range(ERASED)]
    with (folder / "customers.csv").open("w", encoding="utf-8") as file:
        file.write("customer_id,name,gender,birth_date,mobile,email,resident_id,address,city,country,joined_on,notes\n")
        for number in range(STORED):
            city = marks[number // 1000] if number % 1000 == 0 else f"Town {number % 977}"
            file.write(f"P{number:07},,F,1990-01-01,,,,,{city},DE,2025-01-01,\n")
    with opened(folder) as place:
        with place.session(purpose="portrait") as session:
            session.import_consents(folder / "consents.csv")
            session.ingest("customers", folder / "customers.csv")
        begun = time.perf_counter()
        with place.session() as session:
            done = session.rights.erase_many([f"P{number:07}" for number in range(0, STORED, 1000)])
        seconds = time.perf_counter() - begun
    found = sum(_holds(path, marks) for path in (folder / "ws").rglob("*") if path.is_file())
    return {"seconds": seconds, "people": done.people, "found": found}


def _holds(path: Path, marks: list[str]) -> bool:
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        table = pq.read_table(path)
        cells = set[str]()
        for column in table.columns:
            cells.update(str(value).casefold() for value in column.unique().to_pylist())
        return any(mark.casefold() in cells for mark in marks)
    data = path.read_bytes()
    return any(mark.encode() in data for mark in marks)


def joined(folder: Path) -> dict[str, Any]:
    """Judge ten million people's consents, and join them with ten million rows, under a limit of 1 GB for the engine."""
    import pyarrow as pa

    from secureprofile.adapters.duckdb import DuckEngine
    from secureprofile.flows.permission import permission

    with opened(folder) as place:
        state = place._context.state
        with state.writing() as tx:
            raw = tx.connection.connection.driver_connection
            assert raw is not None
            at = int(time.time()) - 86_400
            tokens = [f"v_{number * 2654435761 % 2**32:08x}{number:024x}" for number in range(JOINED)]
            raw.executemany(
                "INSERT INTO vault (lookup, domain, token, salt, batch) VALUES (?, 'customers', ?, x'00', 1)",
                ((f"{number:064x}", token) for number, token in enumerate(tokens)),
            )
            columns = [row[1] for row in raw.execute("PRAGMA table_info(consents)")]
            values = dict.fromkeys(columns, "") | {"purpose": "portrait", "state": "granted", "at": at, "entry": 0}
            values |= dict.fromkeys(("expires", "minor", "birth_year", "age_from"))
            values |= dict.fromkeys(("sensitive", "disclosure", "cross_border"), 0)
            spots = [columns.index("person"), columns.index("digest")]
            blank = [values[column] for column in columns]

            raw.executemany(
                f"INSERT INTO consents VALUES ({', '.join('?' for _ in columns)})",
                (
                    [
                        *blank[: spots[0]],
                        token,
                        *blank[spots[0] + 1 : spots[1]],
                        number.to_bytes(32, "big"),
                        *blank[spots[1] + 1 :],
                    ]
                    for number, token in enumerate(sorted(tokens))
                ),
            )
        del tokens
        with place.session(purpose="portrait") as session:
            context = session._context
        with context.home.scratch() as scratch, DuckEngine(temp=scratch, memory_limit="1GB") as engine:
            numbers = range(0, 2 * JOINED, 2)
            batches = (
                pa.record_batch([pa.array([f"{n:064x}" for n in numbers[start : start + 65_536]])], names=["lookup_"])
                for start in range(0, JOINED, 65_536)
            )
            table = engine.collected(batches, pa.schema([("lookup_", pa.string())]))
            begun = time.perf_counter()
            allowed = permission(context, engine, domain="customers")
            kept = engine.to_arrow(allowed.rows(table, "lookup_").count().as_table())[0][0].as_py()
            seconds = time.perf_counter() - begun
    return {"seconds": seconds, "kept": kept, "expected": JOINED // 2}


PARTS = {"answers": answers, "erase": erase, "consents": joined}


def apart(part: str) -> dict[str, Any]:
    """Run a part in its own process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.rights", "--inside", part], stdout=subprocess.PIPE, text=True, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Measure, and write ``benchmarks/results/rights.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument("--inside", choices=PARTS)
    chosen = parser.parse_args()
    if chosen.inside:
        with tempfile.TemporaryDirectory() as name:
            found = PARTS[chosen.inside](Path(name))
        print(json.dumps({**found, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    if chosen.part:
        print(apart(chosen.part))
        return
    told, gone, met = (apart(part) for part in PARTS)
    figures = [
        figure(
            "answer for one of 1,000 people over 1,000 runs, slowest of 40",
            told["slowest"],
            "s",
            goal=1,
            command=COMMAND,
        ),
        figure("wrong answers, and proofs that say something else", told["wrong"], "", goal=0, command=COMMAND),
        figure("erase 1,000 of 1,000,000 people", gone["seconds"], "s", goal=30, command=COMMAND),
        figure("files in which one of them is found afterwards", gone["found"], "", goal=0, command=COMMAND),
        figure("judge 10 M people's consents and join 10 M rows", met["seconds"], "s", goal=60, command=COMMAND),
        figure("the same: peak memory", met["peak"], "MB", goal=2048, command=COMMAND),
    ]
    save("rights", "Requests of people", figures, raw={"answers": told, "erase": gone, "consents": met})


if __name__ == "__main__":
    main()
