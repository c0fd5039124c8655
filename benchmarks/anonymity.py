"""Row-level anonymization: what is lost, how long it takes, how much memory, as processes of their own from file to judged file.

ARX 3.9.2 (a Java program) does not install with the project. Its figures are of the same data and hierarchies on a machine of two cores: loss, which
no machine changes, and seconds, which are for orientation only. The million rows are drawn from Adult as its run was: whole records, of which 15 % of the
cells are exchanged for those of others (224,071 different combinations).

Run it with ``make bench``, or alone: ``python -m benchmarks.anonymity [--only adult,million,…]``.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.flow import SECUREPROFILE
from benchmarks.page import ROOT, figure, save

COMMAND = "python -m benchmarks.anonymity"
QUASI = (
    "age",
    "sex",
    "race",
    "marital-status",
    "education",
    "native-country",
    "workclass",
    "occupation",
    "salary-class",
)
HEAD = """secureprofile: 1
policy: {id: benchmark, version: 1, owner: benchmark, jurisdiction: [GDPR]}
defaults: deny
roles: {steward: [creator]}
domains: {people: {unit: person, population: 100000000, epsilon: 1, delta: 1.0e-9}}
"""
PURPOSE = """purposes:
  export:
    data_use: analytics.reporting
    lawful_basis: {GDPR: legitimate-interests}
    roles: [steward]
    outputs: [export]
    consent: not-required
    retention: P1Y
    recipients: [internal]
    allow: {user.unique_id: drop, user.behavior.purchase_history: keep}
"""


def policy(
    path: Path, quasi: Mapping[str, str], rules: str, *, columns: Iterable[str] = (), subject: str = "id"
) -> None:
    """Write a policy whose exports of one dataset must meet some rules."""
    names = dict.fromkeys([*quasi, *columns])
    text = (
        HEAD
        + f"datasets:\n  table:\n    domain: people\n    subject: {subject}\n    files: ['*.csv', '*.parquet']\n    columns:\n"
    )
    text += f"      {subject}: {{category: user.unique_id, optional: true}}\n"
    text += "".join(f"      {name}: user.behavior.purchase_history\n" for name in names) + PURPOSE
    text += "anonymity:\n  table:\n    quasi_identifiers:\n" + "".join(
        f"      {n}: {how}\n" for n, how in quasi.items()
    )
    path.write_text(text + "".join(f"    {line}\n" for line in rules.splitlines()), encoding="utf-8")


def anonymize(folder: Path, source: Path, output: str) -> dict[str, Any]:
    """Run the command in a folder with ``p.yaml``; return its figures, seconds and peak megabytes."""
    if not (folder / "w").exists():
        made = [*SECUREPROFILE, "init", "-w", "w", "--policy", "p.yaml", "--keys", "file:keys"]
        subprocess.run(made, cwd=folder, check=True, capture_output=True)
    with (folder / "out.json").open("wb") as out:
        begun = time.monotonic()
        process = subprocess.Popen(
            [*SECUREPROFILE, "anonymize", str(source), "-o", output, "-w", "w", "--policy", "p.yaml", "--overwrite", "--json"],
            cwd=folder, stdout=out, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        said = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(said)
    seconds = time.monotonic() - begun
    found = json.loads((folder / "out.json").read_text(encoding="utf-8"))["internal"]["anonymity"]
    return {**found, "seconds": seconds, "megabytes": usage.ru_maxrss / 1024}


def adult_quasi(folder: Path, data: Path, names: Iterable[str] = QUASI) -> dict[str, str]:
    """Copy the hierarchies that ARX ships beside the policy."""
    for name in names:
        file = f"adult_hierarchy_{name}.csv"
        (folder / file).write_bytes((data / "arx_adult" / file).read_bytes())
    return {name: f"adult_hierarchy_{name}.csv" for name in names}


OPTIMA = (
    ("k = 5, 2 %", "k: 5\nsuppression: 0.02", False, 0.3574824899),
    ("k = 5, 0 %", "k: 5\nsuppression: 0", False, 0.6355),
    ("k = 5, 5 %", "k: 5\nsuppression: 0.05", False, 0.26963),
    ("k = 5, 100 %", "k: 5\nsuppression: 1", False, None),
    ("k = 11, 2 %", "k: 11\nsuppression: 0.02", False, None),
    ("k = 5, l = 2 on occupation, 2 %", "k: 5\nsuppression: 0.02\nsensitive: {occupation: {l: 2}}", True, 0.27717),
    ("k = 5, t = 0.2 on occupation, 2 %", "k: 5\nsuppression: 0.02\nsensitive: {occupation: {t: 0.2}}", True, None),
)  # fmt: skip
LOCAL = (
    ("local, k = 5", "k: 5", False, 0.0524, "ARX 0.0591 in 6.2 s, 0.0540 in 15 s"),
    ("local, k = 5, effort high", "k: 5\neffort: high", False, 0.0508, "ARX –"),
    ("local, k = 5, l = 2 on occupation", "k: 5\nsensitive: {occupation: {l: 2}}", True, 0.0290, "ARX 0.0333"),
    ("local, k = 5, sets and intervals as labels", "k: 5\nlabels: sets", False, 0.0250, "anonypyx 0.0301 in 52 s"),
)


def adult(folder: Path, data: Path) -> list[dict[str, Any]]:
    """Adult, ARX's own file and hierarchies."""
    source, figures = data / "arx_adult" / "adult.csv", []
    quick: list[dict[str, Any]] = []
    for what, rules, without, known in OPTIMA:
        names = [name for name in QUASI if not (without and name == "occupation")]
        policy(folder / "p.yaml", adult_quasi(folder, data, names), rules + "\nmethod: global", columns=QUASI)
        runs = [anonymize(folder, source, "out.csv") for _ in range(3 if not quick else 1)]
        quick = quick or runs
        found = runs[0]
        note = "" if known is None else f" (ARX {known})"
        goal = None if known is None else known + (1e-6 if known == 0.3574824899 else 5e-6 if known < 0.3 else 5e-5)
        figures.append(_loss(f"Adult, global, {what}: loss{note}", found, goal))
        if found["bound"] < found["loss"] - 1e-9:
            raise SystemExit(f"{what}: the optimum was not proven")
    best = min(quick, key=lambda run: run["seconds"])
    figures.append(
        figure(
            "Adult, global, k = 5, 2 %: whole process (ARX 3.6–4.5 s without writing)",
            best["seconds"],
            "s",
            goal=2,
            command=COMMAND,
        )
    )
    figures.append(figure("… peak resident memory", best["megabytes"], "MB", goal=300, command=COMMAND))
    for what, rules, without, goal, other in LOCAL:
        names = [name for name in QUASI if not (without and name == "occupation")]
        policy(folder / "p.yaml", adult_quasi(folder, data, names), rules, columns=QUASI)
        found = min((anonymize(folder, source, "out.csv") for _ in range(2)), key=lambda run: run["seconds"])
        figures.append(_loss(f"Adult, {what}: loss ({other})", found, goal))
        least = None if "high" in rules or without else 2
        figures.append(figure("… whole process", found["seconds"], "s", goal=least, command=COMMAND))
    return figures


def _loss(what: str, found: Mapping[str, Any], goal: float | None) -> dict[str, Any]:
    return {**figure(what, found["loss"], "loss", goal=goal, command=COMMAND), "value": round(found["loss"], 10)}


def drawn(data: Path, rows: int, seed: int) -> tuple[list[str], list[Any]]:
    """Draw whole records of Adult and exchange 15 % of their cells for those of others; return (names, columns)."""
    import numpy as np

    with (data / "arx_adult" / "adult.csv").open(encoding="utf-8", newline="") as file:
        head, *records = csv.reader(file, delimiter=";")
    table = np.array(records, dtype=object)
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, len(table), rows)
    columns = []
    for at in range(len(head)):
        exchanged = rng.random(rows) < 0.15
        columns.append(np.where(exchanged, table[rng.integers(0, len(table), rows), at], table[chosen, at]))
    return head, columns


def write_drawn(data: Path, path: Path, millions: int) -> None:
    """Write millions of drawn rows, CSV or Parquet by the path's name."""
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    writer = None
    for seed in range(1, millions + 1):
        head, columns = drawn(data, 1_000_000, seed)
        table = pa.table({name: pa.array(list(column)) for name, column in zip(head, columns, strict=True)})
        if writer is None:
            writer = pc.CSVWriter(path, table.schema) if path.suffix == ".csv" else pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def million(folder: Path, data: Path) -> list[dict[str, Any]]:
    """A million rows from CSV to CSV."""
    _in_child(write_drawn, data, folder / "million.csv", 1)
    policy(folder / "p.yaml", adult_quasi(folder, data), "k: 5")
    found = min(
        (anonymize(folder, folder / "million.csv", "out.csv") for _ in range(2)), key=lambda run: run["seconds"]
    )
    return [
        _loss("1 M rows, local, k = 5: loss (ARX 0.01445)", found, 0.0118),
        figure("… whole process (ARX 60 s)", found["seconds"], "s", goal=8, command=COMMAND),
        figure("… peak resident memory (ARX 1.8 GB)", found["megabytes"], "MB", goal=600, command=COMMAND),
    ]


def ten_millions(folder: Path, data: Path) -> list[dict[str, Any]]:
    """Ten million rows from Parquet to Parquet."""
    _in_child(write_drawn, data, folder / "ten.parquet", 10)
    policy(folder / "p.yaml", adult_quasi(folder, data), "k: 5")
    found = anonymize(folder, folder / "ten.parquet", "out.parquet")
    return [
        _loss("10 M rows, local, k = 5: loss", found, None),
        figure("… whole process, Parquet to Parquet", found["seconds"], "s", goal=30, command=COMMAND),
        figure("… peak resident memory", found["megabytes"], "MB", goal=2000, command=COMMAND),
    ]


def _in_child(work: Callable[..., None], *arguments: Any) -> None:
    """Do what takes memory in a process of its own: a child's peak is counted from its parent's."""
    import multiprocessing

    child = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit(f"{work.__name__} ended with {child.exitcode}")


def write_wide(path: Path) -> None:
    """Write 30,000 rows of fifteen loosely related numbers."""
    import numpy as np

    rng = np.random.default_rng(2)
    base = rng.gamma(2, 2, (30_000, 4))
    columns = [(base[:, at % 4] * 0.5 + rng.gamma(1, 2, 30_000)).clip(0, 15.9).astype(int) for at in range(15)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([f"q{at}" for at in range(15)])
        writer.writerows(zip(*columns, strict=True))


def fifteen(folder: Path, data: Path) -> list[dict[str, Any]]:
    """Fifteen quasi-identifiers of height 4: a lattice of 3 · 10¹⁰ nodes."""
    write_wide(folder / "wide.csv")
    quasi = {f"q{at}": "{kind: bands, width: 2, levels: 3}" for at in range(15)}
    figures = []
    for method in ("global", "local"):
        policy(folder / "p.yaml", quasi, f"k: 5\nmethod: {method}")
        found = anonymize(folder, folder / "wide.csv", "out.csv")
        bound = "" if found["bound"] is None else f", none is below {found['bound']:.3f}"
        what = f"15 quasi-identifiers, 30,000 different rows, {method}: loss {found['loss']:.3f}{bound}"
        figures.append(figure(what, found["seconds"], "s", goal=60, command=COMMAND))
    return figures


def customers(data: Path, path: Path) -> None:
    """Write one row for each customer of Online Retail: country, orders, items, spending, first and last month."""
    found: dict[str, dict[str, Any]] = {}
    with gzip.open(data / "online_retail.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not row["CustomerID"]:
                continue
            one = found.setdefault(
                row["CustomerID"], {"country": row["Country"], "orders": set(), "items": 0, "spent": 0.0, "days": []}
            )
            one["orders"].add(row["InvoiceNo"])
            one["items"] += max(0, int(row["Quantity"]))
            one["spent"] += int(row["Quantity"]) * float(row["UnitPrice"])
            one["days"].append(row["InvoiceDate"][:10])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["country", "orders", "items", "spent", "first", "last"])
        for one in found.values():
            spent, days = max(0, round(one["spent"])), sorted(one["days"])
            writer.writerow([one["country"], len(one["orders"]), one["items"], spent, days[0], days[-1]])


def others(folder: Path, data: Path) -> list[dict[str, Any]]:
    """Two further real tables, so that nothing is tuned to Adult alone."""
    customers(data, folder / "customers.csv")
    retail = {
        "country": "suppress",
        "orders": "{kind: bands, width: 5, levels: 6, high: 100}",
        "items": "{kind: bands, width: 100, levels: 8, high: 20000}",
        "spent": "{kind: bands, width: 100, levels: 8, high: 20000}",
        "first": "{kind: dates, levels: [month, quarter, half_year, year]}",
        "last": "{kind: dates, levels: [month, quarter, half_year, year]}",
    }
    with gzip.open(data / "complete_journey" / "demographics.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name != "household_id"]
    with (folder / "households.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    journey = {}
    for name in names:
        values = sorted({row[name] for row in rows}, key=_first_number)
        listed = ", ".join(json.dumps(value) for value in values if value)
        missing = any(not row[name] for row in rows)
        journey[name] = "suppress" if missing or len(values) < 3 else f"{{kind: order, values: [{listed}]}}"
    figures = []
    for title, source, quasi in (
        ("Online Retail, 4,372 customers", "customers", retail),
        ("Complete Journey, 801 households", "households", journey),
    ):
        for method in ("global", "local"):
            policy(folder / "p.yaml", quasi, f"k: 5\nmethod: {method}")
            found = anonymize(folder, folder / f"{source}.csv", "out.csv")
            figures.append(_loss(f"{title}, {len(quasi)} quasi-identifiers, {method}, k = 5: loss", found, None))
            figures.append(figure("… whole process", found["seconds"], "s", goal=None, command=COMMAND))
    return figures


def _first_number(text: str) -> tuple[int, str]:
    digits = "".join(c if c.isdigit() else " " for c in text).split()
    return (int(digits[0]) if digits else 0, text)


PARTS: Mapping[str, Callable[[Path, Path], list[dict[str, Any]]]] = {
    "adult": adult, "million": million, "ten": ten_millions, "fifteen": fifteen, "others": others,
}  # fmt: skip


def main() -> None:
    """Measure the parts that are asked for; the others keep the figures they have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS))
    data = Path(os.environ.get("SECUREPROFILE_DATA", ROOT.parent / "shared" / "data")).absolute()
    result = ROOT / "benchmarks" / "results" / "anonymity.json"
    kept = json.loads(result.read_text(encoding="utf-8")).get("parts", {}) if result.exists() else {}
    for name in parser.parse_args().only.split(","):
        with tempfile.TemporaryDirectory() as folder:
            kept[name] = PARTS[name](Path(folder), data)
        for line in kept[name]:
            print(f"{line['value']:>14}  {line['unit']:<5} {line['what']}", flush=True)
    ordered = {name: kept[name] for name in PARTS if name in kept}
    save("anonymity", "Row-level anonymization", [line for part in ordered.values() for line in part], parts=ordered)


if __name__ == "__main__":
    main()
