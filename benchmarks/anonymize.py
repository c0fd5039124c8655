"""``anonymize`` from CSV to CSV, against the bare hashing that pseudonyms cost at least.

Both run as processes of their own, in turns; the least time of each counts, since other work on the machine only adds. The baseline is DuckDB's
``COPY`` of the same file with five columns replaced by nested ``sha256`` and nothing else: no key management, no policy, no log, no sweep.

Run it with ``make bench``, or alone: ``python -m benchmarks.anonymize [--rows 1000000] [--rounds 3]``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.flow import SECUREPROFILE, timed
from benchmarks.page import figure, save

HASHED = ("customer_id", "email", "mobile", "national_id", "device")
COLUMNS = {
    "customer_id": "user.unique_id",
    "name": "user.name",
    "email": "user.contact.email",
    "mobile": "user.contact.phone_number",
    "national_id": "user.government_id.national_identification_number",
    "device": "user.device.device_id",
    "city": "user.contact.address.city",
    "birth_date": "{category: user.demographic.date_of_birth, type: date}",
    "amount": "user.behavior.purchase_history",
    "channel": "user.behavior.purchase_history",
    "tier": "user.behavior.purchase_history",
}
NOTES = {"notes": "user.content.private"}
POLICY = """secureprofile: 1
policy: {{id: benchmark, version: 1, owner: benchmark, jurisdiction: [GDPR]}}
defaults: deny
roles: {{steward: [creator]}}
domains: {{people: {{unit: person, population: 20000000, epsilon: 1, delta: 1.0e-9}}}}
datasets:
  people:
    domain: people
    subject: customer_id
    files: ["*.csv"]
    columns:
{columns}
purposes:
  export:
    data_use: analytics.reporting
    lawful_basis: {{GDPR: legitimate-interests}}
    roles: [steward]
    outputs: [export]
    consent: not-required
    retention: P1Y
    recipients: [internal]
    allow:
      user.unique_id: pseudonym
      user.name: drop
      user.contact.email: {{pseudonym: {{type: mail}}}}
      user.contact.phone_number: {{pseudonym: {{type: tel}}}}
      user.government_id: {{pseudonym: {{type: nid}}}}
      user.device: {{pseudonym: {{type: dev}}}}
      user.contact.address.city: keep
      user.demographic.date_of_birth: {{generalize: {{to: year}}}}
      user.behavior: keep
      user.content: scrub
"""
GIVEN = "Ada Grace Alan Edsger Barbara Donald Linus Margaret Ken Dennis Jean Katherine Mary Hedy Radia Frances Lynn Adele Shafi Karen".split()
FAMILY = "Byron Harper Taylor Dixon Liska Knuth Thorne Hamill Thomas Ricker Bartle Johnson Keller Lamar Perl Allen Conway Gold Waters Jones".split()
HOLDING = (
    "'Called on Monday about the late parcel, will ring back on 07700 9' || lpad((r % 100000)::varchar, 5, '0')",
    "'Prefers e-mail: ' || lower({given}) || '.' || lower({family}) || (r % 1000) || '@example.org, asked for an invoice'",
    "'Great service, thanks to ' || {given} || ' ' || {family} || ' in the shop, visit ' || r % 100000",
    "'客户要求改送到上海市浦东新区张江路' || (r % 1000) || '号，电话138' || lpad((r % 100000000)::varchar, 8, '0')",
)
"""Half of the notes hold one of these, the other half is empty."""

GENERATE = """
COPY (
  WITH base AS (SELECT i, hash(i) h, hash(i * 7 + 1) r FROM range({rows}) t(i))
  SELECT 'C' || lpad(i::varchar, 8, '0') customer_id, {given} || ' ' || {family} AS name, 'user' || i || '@example.com' email,
    '0770' || lpad((h % 10000000)::varchar, 7, '0') mobile, lpad((hash(i * 5) % 900000000 + 100000000)::varchar, 9, '0') || 'X' national_id,
    'DEV-' || lpad(to_hex(hash(i * 11)), 16, '0') device, (['London', 'Leeds', '上海', 'Berlin', 'Paris'])[(h % 5)::int + 1] city,
    (date '1950-01-01' + (h % 20000)::int)::varchar birth_date, (r % 100000 / 100.0)::varchar amount,
    (['web', 'shop', 'app'])[(h % 3)::int + 1] channel, (['gold', 'silver', 'none'])[(r % 3)::int + 1] tier {notes}
  FROM base ORDER BY i
) TO '{path}' (FORMAT csv, HEADER)"""


def generate(path: Path, rows: int, *, notes: bool) -> None:
    """Write a file of invented people, the same at every run."""
    import duckdb

    words = {
        "given": f"({GIVEN!r})[(h % {len(GIVEN)})::int + 1]",
        "family": f"({FAMILY!r})[(r % {len(FAMILY)})::int + 1]",
    }
    choice = ", ".join(text.format(**words) for text in HOLDING)
    column = f", CASE WHEN h % 2 = 0 THEN '' ELSE (list_value({choice}))[(hash(i * 3) % {len(HOLDING)})::int + 1] END AS notes"
    duckdb.connect().execute(GENERATE.format(rows=rows, path=path, notes=column if notes else "", **words))


def policy(path: Path, *, notes: bool) -> None:
    """Write the policy."""
    columns = "\n".join(f"      {name}: {spec}" for name, spec in {**COLUMNS, **(NOTES if notes else {})}.items())
    path.write_text(POLICY.format(columns=columns), encoding="utf-8")


BASELINE = """
import duckdb, sys
source, target, spelled = sys.argv[1:]
columns = {columns!r}
hashed = {hashed!r}
select = ", ".join(spelled.format(c=c) + f" AS {{c}}" if c in hashed else c for c in columns)
types = dict.fromkeys(columns, "VARCHAR")
reader = f"read_csv('{{source}}', auto_detect=false, all_varchar=true, header=true, delim=',', quote='\\"', columns={{types}})"
duckdb.connect(config={{"threads": {threads}}}).execute(
    f"COPY (SELECT {{select}} FROM {{reader}}) TO '{{target}}' (FORMAT csv, HEADER)"
)
"""
PAD = "x" * 64
SPELLED = {
    "plain copy": "{c}",
    "five bare nested sha256": "sha256(sha256(encode({c})))",
    "five HMAC-SHA-256 as nested sha256": f"sha256(encode('{PAD}') || unhex(sha256(encode('{PAD}') || encode({{c}}))))",
}
BARE = "five bare nested sha256"


def measure(rows: int, rounds: int, folder: Path, *, notes: bool) -> dict[str, Any]:
    """Return the least seconds and the most memory of each contestant, run in turns."""
    import os

    source = folder / ("notes.csv" if notes else "people.csv")
    # in a process of its own: the kernel counts what a parent once held as its children's peak
    maker = multiprocessing.get_context("spawn").Process(target=generate, args=(source, rows), kwargs={"notes": notes})
    maker.start()
    maker.join()
    policy(folder / "policy.yaml", notes=notes)
    workspace = folder / f"workspace-{source.stem}"
    timed(
        [
            *SECUREPROFILE,
            "init",
            "-w",
            str(workspace),
            "--policy",
            str(folder / "policy.yaml"),
            "--keys",
            f"file:{workspace}-keys",
        ],
        folder,
    )
    columns = [*COLUMNS, *(NOTES if notes else {})]
    script = BASELINE.format(columns=columns, hashed=HASHED, threads=os.cpu_count())
    commands = {
        name: [sys.executable, "-c", script, str(source), str(folder / "base.csv"), spelled]
        for name, spelled in SPELLED.items()
    }
    commands["anonymize"] = [
        *SECUREPROFILE,
        "anonymize",
        str(source),
        "-o",
        "safe.csv",
        "--overwrite",
        "-w",
        str(workspace),
        "-q",
    ]
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(timed(command, folder))
    return {
        name: {
            "seconds": round(min(s for s, _ in all_), 2),
            "all": [round(s, 2) for s, _ in all_],
            "megabytes": round(max(m for _, m in all_)),
        }
        for name, all_ in runs.items()
    }


def figures(plain: dict[str, Any], noted: dict[str, Any], rows: int) -> list[dict[str, Any]]:
    """Return the lines of the table."""

    def line(what: str, value: float, unit: str, goal: float | None) -> dict[str, Any]:
        return figure(what, value, unit, goal=goal, command="python -m benchmarks.anonymize")

    def ratio(measured: dict[str, Any], base: str) -> float:
        return float(measured["anonymize"]["seconds"] / measured[base]["seconds"])

    hmac = "five HMAC-SHA-256 as nested sha256"
    size = f"{rows:,} rows × 11 columns, five pseudonyms, CSV to CSV, sweep included"
    return [
        line(f"anonymize, {size}", ratio(plain, BARE), f"× {BARE}", 1.5),
        line("… the same", ratio(plain, hmac), f"× {hmac}", None),
        line("… seconds", plain["anonymize"]["seconds"], "s", None),
        line("… peak resident memory", plain["anonymize"]["megabytes"], "MB", 600),
        line("the same with scrubbed notes in half of the rows", ratio(noted, BARE), f"× {BARE}", 3),
        line("… the same", ratio(noted, hmac), f"× {hmac}", None),
        line("… seconds", noted["anonymize"]["seconds"], "s", None),
        line("… peak resident memory", noted["anonymize"]["megabytes"], "MB", 600),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("plain", "notes"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temp:
        if options.only:
            print(
                json.dumps(measure(options.rows, options.rounds, Path(temp), notes=options.only == "notes"), indent=1)
            )
            return 0
        plain = measure(options.rows, options.rounds, Path(temp), notes=False)
        noted = measure(options.rows, options.rounds, Path(temp), notes=True)
    save("anonymize", "Anonymize", figures(plain, noted, options.rows), plain=plain, notes=noted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
