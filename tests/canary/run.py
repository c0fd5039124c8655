"""Plant 10,000 names, phones, ids and e-mails, run everything, then decode every file that was written and look for them.

What must not hold any: the log, errors, progress and output of every command, plans, file names, the store, releases, reports. In every
format a positive is planted as well and must be found: a search that finds nothing anywhere proves nothing. Originals and row-level
exports are not searched: they are what the user asked for.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

PEOPLE = 2500  # four identifiers each
SYLLABLES = ("zor", "quil", "vex", "mab", "thry", "plo", "gwen", "dax", "kish", "ulm", "bre", "fyl")


def canaries() -> list[dict[str, str]]:
    """Identifiers that no language, code or hash contains by chance: names and mails from syllables, long digit strings."""
    rng = random.Random(20261101)
    rows = []
    for number in range(PEOPLE):
        name = " ".join("".join(rng.sample(SYLLABLES, 3)).capitalize() for _ in range(2))
        rows.append(
            {
                "customer_id": f"CANARY{rng.randrange(10**9):09d}{number}",
                "name": name,
                "mobile": f"139{rng.randrange(10**8):08d}",
                "email": f"{name.replace(' ', '.').lower()}{number}@example.org",
            }
        )
    return rows


def write_files(folder: Path, people: list[dict[str, str]]) -> None:
    """Add the canaries to a generated shop; their notes, orders and consents name them too."""
    from secureprofile.flows.shop import write_shop

    write_shop(folder, customers=400, orders=3000)
    with (folder / "customers.csv").open("a", encoding="utf-8", newline="") as file:
        header = next(csv.reader((folder / "customers.csv").open(encoding="utf-8-sig", newline="")))
        writer = csv.DictWriter(file, header, lineterminator="\n")
        for p in people:
            note = f"Called {p['name']} on {p['mobile']}, mail {p['email']}, id {p['customer_id']}"
            writer.writerow(
                {
                    **dict.fromkeys(header, ""),
                    **p,
                    "birth_date": "1980-05-05",
                    "city": "Leeds",
                    "country": "GB",
                    "notes": note,
                }
            )
    with (folder / "orders.csv").open("a", encoding="utf-8", newline="") as file:
        for n, p in enumerate(people):
            file.write(f"O9{n:07d},{p['customer_id']},2026-10-05 10:00:00,books,novel,1,12.50,0,,web\n")
    with (folder / "consents.csv").open("a", encoding="gb18030", newline="") as file:
        for n, p in enumerate(people):
            if n % 10:
                for purpose in ("portrait", "partner-analytics"):
                    file.write(f"{p['customer_id']},{purpose},granted,2026-03-01 10:00:00,web,n1,yes,yes\n")


def broken_files(folder: Path, people: list[dict[str, str]]) -> list[str]:
    """Files that must be refused, each with canaries where the refusal looks."""
    p, q = people[0], people[1]
    cases = {
        "customers_noheader.csv": f"{p['customer_id']},{p['name']},{p['mobile']},{p['email']}\n" * 3,
        "customers_ragged.csv": f"customer_id,name\n{p['customer_id']},{p['name']},{p['mobile']}\n",
        "customers_quote.csv": f'customer_id,name\n{p["customer_id"]},"{p["name"]}\n',
        "customers_double.csv": f"customer_id,{p['email']},{p['email']}\n{q['customer_id']},{q['name']},{q['mobile']}\n",
        "customers_unknown.csv": f"customer_id,{'x' + p['name'].replace(' ', '')}\n{q['customer_id']},{q['mobile']}\n",
    }
    for name, text in cases.items():
        (folder / name).write_text(text, encoding="utf-8")
    return list(cases)


def commands(broken: list[str], person: str) -> list[tuple[str, ...]]:
    """Everything a user would run, refusals included."""
    policy = ("--purpose", "portrait")
    return [
        ("init", "--policy", "retail", "--keys", "file:keys"),
        ("scan", "customers.csv", "orders.csv", "consents.csv", "--draft-policy", "draft.yaml"),
        ("scan", "customers.csv", "--json"),
        ("consent", "import", "consents.csv"),
        ("anonymize", "customers.csv", "-o", "safe.csv", "--purpose", "partner-analytics"),
        ("ingest", "customers", "customers.csv", *policy),
        ("ingest", "orders", "orders.csv", *policy),
        ("portrait", "build", "--as-of", "2026-11-01", *policy),
        ("release", "plan", "customer-portrait"),
        ("release", "run", "customer-portrait", *policy),
        ("report", "customer-portrait", "-o", "report.html"),
        ("report", "customer-portrait", "-o", "report.csv"),
        ("report", "customer-portrait", "-o", "report.md", "--lang", "zh"),
        ("report", "customer-portrait", "-o", "report.json"),
        ("consent", "show", person),
        ("consent", "withdraw", person, "--for", "portrait"),
        ("portrait", "build", "--as-of", "2026-11-01", *policy),
        ("audit", "log", "--json", "--last", "200"),
        ("audit", "verify"),
        ("audit", "checkpoint"),
        ("budget", "show", "--json"),
        ("exports", "list", "--json"),
        *[("ingest", "customers", name, *policy) for name in broken],
        *[("anonymize", name, "-o", "never.csv", "--purpose", "partner-analytics") for name in broken],
        *[("scan", name) for name in broken],
        ("consent", "grant", person + "0", "--for", "portrait"),
        ("ingest", "customers", "customers.csv", "--purpose", person),
        ("report", person, "-o", "never.html"),
    ]


ORIGINALS = {"customers.csv", "orders.csv", "consents.csv", "safe.csv"}


def decoded(root: Path, skip: set[str]) -> Iterator[tuple[str, str, bytes]]:
    """Yield (format, name, bytes) of everything in a folder: file names, raw bytes, and what the format hides."""
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_dir() or path.name in skip:
            continue
        data = path.read_bytes()
        yield "name", name, name.encode()
        yield "raw", name, data
        if data[:4] == b"PAR1":
            for batch in pq.ParquetFile(path).iter_batches():
                yield (
                    "parquet",
                    name,
                    "\n".join(str(cell) for column in batch.columns for cell in column.to_pylist()).encode(),
                )
        elif data[:2] == b"\x1f\x8b":
            yield "gzip", name, gzip.decompress(data)
        elif data[:15] == b"SQLite format 3":
            with contextlib.closing(sqlite3.connect(path)) as state:
                for (table,) in state.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    for row in state.execute(f'SELECT * FROM "{table}"'):
                        yield "sqlite", f"{name}:{table}", b"\n".join(_cell(cell) for cell in row)


def _cell(cell: object) -> bytes:
    return cell if isinstance(cell, bytes) else str(cell).encode()


class Needles:
    """Finds any of many byte strings of at least eight bytes, whatever their case, in time linear in the haystack."""

    def __init__(self, needles: set[bytes]) -> None:
        self.all = {needle.lower() for needle in needles}
        self._by_start: dict[int, list[bytes]] = {}
        for needle in self.all:
            self._by_start.setdefault(int.from_bytes(needle[:8], "little"), []).append(needle)
        self._starts = np.array(sorted(self._by_start), dtype=np.uint64)

    def hits(self, data: bytes) -> list[bytes]:
        """Return the needles that occur."""
        lowered, found = data.lower(), set()
        for offset in range(min(8, max(0, len(lowered) - 7))):
            words = np.frombuffer(lowered, dtype="<u8", offset=offset, count=(len(lowered) - offset) // 8)
            for index in np.flatnonzero(np.isin(words, self._starts)):
                at = offset + int(index) * 8
                found |= {needle for needle in self._by_start[int(words[index])] if lowered.startswith(needle, at)}
        return sorted(found)


def plant_positives(folder: Path, person: str) -> set[str]:
    """Put one canary into a file of each format; return the formats."""
    folder.mkdir()
    text = f"hello {person} there\n"
    (folder / "plain.txt").write_text(text)
    (folder / f"{person}.txt").write_text("")
    (folder / "packed.csv.gz").write_bytes(gzip.compress(text.encode()))
    pq.write_table(pa.table({"a": [text] * 3}), folder / "table.parquet", compression="zstd")
    with contextlib.closing(sqlite3.connect(folder / "state.db")) as state:
        state.execute("CREATE TABLE t (a TEXT)")
        state.execute("INSERT INTO t VALUES (?)", (text,))
        state.commit()
    return {"raw", "name", "gzip", "parquet", "sqlite"}


def main() -> int:
    from secureprofile.cli.main import run

    people = canaries()
    needles = Needles({value.encode() for p in people for value in p.values()})
    folder = Path(tempfile.mkdtemp(prefix="canary-"))
    here, said = Path.cwd(), io.StringIO()
    try:
        write_files(folder, people)
        broken = broken_files(folder, people)
        os.chdir(folder)
        os.environ["SECUREPROFILE_ACTOR"] = people[5]["email"]
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            for command in commands(broken, people[1]["customer_id"]):
                said.write(f"\n[{run(list(command))}]\n")
        found = [f"output: {needle.decode()}" for needle in needles.hits(said.getvalue().encode())]
        # the actor's name stands in the table of staff ids, and nowhere else: that is what the table is for
        for form, name, data in decoded(folder, ORIGINALS | set(broken)):
            actor_table = name.endswith(("state.db:staff", "state.db", "state.db-wal"))
            for needle in needles.hits(data):
                if not (actor_table and needle == people[5]["email"].encode().lower()):
                    found.append(f"{form} {name}: {needle.decode()}")
        expected = plant_positives(folder / "positives", people[2]["name"])
        positive = {form for form, _, data in decoded(folder / "positives", set()) if needles.hits(data)}
    finally:
        os.chdir(here)
        shutil.rmtree(folder, ignore_errors=True)
    for line in found[:20]:
        print("FOUND", line)
    missed = expected - positive
    print(
        f"{len(needles.all)} canaries; {len(found)} found where none may be; planted positives found in {len(positive)} of {len(expected)} formats"
    )
    return 1 if found or missed else 0


if __name__ == "__main__":
    sys.exit(main())
