"""A full scan of a million customers beside presidio on a part of them, in one run; writes ``results/scan.json``.

The table is generated (English and Chinese customers, twelve columns, one of them free text, half of whose cells hold something personal).
Presidio runs its own default English recognizers without a model, one ``analyze`` a cell, which is the fastest way it offers: its batch
engine calls the same. Its rate is measured on a part of the same rows before and after the scan, and the better rate counts.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "scan.json"
SECUREPROFILE = [sys.executable, "-c", "from secureprofile.cli.main import main; main()"]
COLUMNS = (
    "customer_id", "name", "email", "mobile", "resident_id", "birth_date", "address", "city", "last_ip", "bank_card", "total_spent", "notes",
)  # fmt: skip

_GIVEN = "Ada Jane Peter Grace Omar Lucy Simon Priya Elena Mark Ruth Ivan".split()
_FAMILY = "Miller Shaw Patel Keller Brooks Novak Weber Khan Foster Quinn Reyes Stone".split()
_HAN_FAMILY, _HAN_GIVEN = "王李张刘陈杨黄赵吴周", "伟芳娜敏静磊洋艳勇军杰娟涛超明霞平刚桂"
_CITIES = ("London", "Leeds", "York", "Boston", "Berlin", "上海", "北京", "杭州", "成都", "深圳")
_STREETS = ("Mill Lane", "Church Road", "Station Street", "Park Avenue", "High Street")
_ROADS = ("世纪大道", "中山北路", "建设路", "文三路", "天府大道")
_PLAIN = (
    "Prefers the quiet blue ones and likes to be served in the morning",
    "The parcel came late but everything was in the box, very kind people",
    "Asked twice for a larger size, none was there, will come back in spring",
    "快递晚到了两天，包装完好，客服态度不错，下次还会再来的",
    "希望能多一些颜色可以选，价格合适的话会推荐给朋友们",
    "尺码偏小，已经换了一件大一号的，谢谢店里的各位帮忙",
)


def customers(rows: int, seed: int = 7) -> Iterator[tuple[str, ...]]:
    """Yield the table's rows, without header; equal arguments give equal rows."""
    rng = random.Random(seed)
    for number in range(rows):
        chinese = rng.random() < 0.5
        yield (_chinese if chinese else _english)(rng, number)


def _english(rng: random.Random, number: int) -> tuple[str, ...]:
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    email = f"{given.lower()}.{family.lower()}{number}@example.com"
    mobile = f"+44 7700 9{rng.randrange(10**5):05d}"
    address = f"{rng.randrange(1, 300)} {rng.choice(_STREETS)}, {rng.choice(_CITIES[:5])}"
    kind = rng.randrange(8)
    note = rng.choice(_PLAIN[:3])
    if kind == 0:
        note = f"{note}; please write to {email} first"
    elif kind == 1:
        note = f"Please call me back, my phone number is {mobile}, thank you"
    elif kind == 2:
        note = f"Paid with card {_card(rng)} in the shop, asked for a receipt"
    elif kind == 3:
        note = f"Logged in from {_ip(rng)} and could not see the order"
    person = (f"C{number:07d}", f"{given} {family}", email, mobile, _ssn(rng), _day(rng), address)
    return (*person, rng.choice(_CITIES[:5]), _ip(rng), _card(rng), _money(rng), note)


def _chinese(rng: random.Random, number: int) -> tuple[str, ...]:
    name = rng.choice(_HAN_FAMILY) + "".join(rng.choices(_HAN_GIVEN, k=rng.choice((1, 2))))
    email = f"u{rng.randrange(10**9)}@example.cn"
    mobile = f"1{rng.choice('3578')}{rng.randrange(10**9):09d}"
    born = _day(rng)
    house = f"{rng.choice(_ROADS)}{rng.randrange(1, 999)}号{rng.randrange(1, 30)}栋{rng.randrange(101, 3000)}室"
    address = f"{rng.choice(_CITIES[5:])}市{rng.choice('东西南北')}城区{house}"
    kind = rng.randrange(8)
    note = rng.choice(_PLAIN[3:])
    if kind == 0:
        note = f"{note}，手机{mobile}随时可以联系"
    elif kind == 1:
        note = f"发票请寄到邮箱{email}，谢谢"
    elif kind == 2:
        note = f"登记用的身份证号是{_resident(rng, born)}，请核对"
    elif kind == 3:
        note = f"用银行卡{_card(rng)}付款，已经到账"
    person = (f"C{number:07d}", name, email, mobile, _resident(rng, born), born, address)
    return (*person, rng.choice(_CITIES[5:]), _ip(rng), _card(rng), _money(rng), note)


def _day(rng: random.Random) -> str:
    return f"{rng.randrange(1945, 2008)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"


def _ip(rng: random.Random) -> str:
    return f"{rng.randrange(1, 224)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def _money(rng: random.Random) -> str:
    return f"{rng.random() * 5000:.2f}"


def _ssn(rng: random.Random) -> str:
    return f"{rng.randrange(1, 600):03d}-{rng.randrange(1, 100):02d}-{rng.randrange(1, 10000):04d}"


def _card(rng: random.Random) -> str:
    body = f"4{rng.randrange(10**14):014d}"
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return f"{body}{-total % 10}"


def _resident(rng: random.Random, born: str) -> str:
    body = f"{rng.choice(('110105', '310115', '330106', '510107', '440305'))}{born.replace('-', '')}{rng.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def write(path: Path, rows: int) -> None:
    """Write the table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(customers(rows))


def timed(command: list[str], cwd: Path) -> tuple[float, float, str]:
    """Return (seconds, peak resident megabytes, output) of a scan, which ends with 1: it found something."""
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        if os.waitstatus_to_exitcode(status) != 1:
            raise SystemExit(f"{command[-3:]} ended with {os.waitstatus_to_exitcode(status)}")
        out.seek(0)
        return seconds, usage.ru_maxrss / 1024, out.read()


def presidio(rows: int) -> tuple[float, dict[str, float]]:
    """Return (seconds, share of all cells per entity) of presidio's default English recognizers without a model on so many rows."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NoOpNlpEngine
    from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider

    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())  # its own list, no download
    nlp = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
    nlp.load()
    registry = RecognizerRegistryProvider(
        registry_configuration={"supported_languages": ["en"]}, nlp_engine=nlp
    ).create_recognizer_registry()
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])
    table = list(customers(rows))
    analyzer.analyze("warm 1", language="en")
    found: Counter[str] = Counter()
    begun = time.monotonic()
    for row in table:
        for cell in row:
            found.update({hit.entity_type for hit in analyzer.analyze(cell, language="en")})
    seconds = time.monotonic() - begun
    return seconds, {name: round(count / (rows * len(COLUMNS)), 4) for name, count in sorted(found.items())}


def per_type(output: str) -> dict[str, float]:
    """Return the share of all cells per entity that our scan reports."""
    found: Counter[str] = Counter()
    for column in json.loads(output)["files"][0]["columns"]:
        for kind, share in column["evidence"].items():
            if kind.removeprefix("holds ").isupper():
                found[kind.removeprefix("holds ")] += share / len(COLUMNS)
    return {name: round(share, 4) for name, share in sorted(found.items())}


def measure(rows: int, part: int) -> dict[str, object]:
    """Measure everything once; presidio twice, around our scan, since other work on the machine slows both."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temp:
        folder = Path(temp)
        write(folder / "customers.csv", rows)
        first, foreign = presidio(part)
        full, megabytes, output = timed([*SECUREPROFILE, "scan", "customers.csv", "--full", "--json", "-q"], folder)
        sampled, small, _ = timed([*SECUREPROFILE, "scan", "customers.csv", "--json", "-q"], folder)
        second, _ = presidio(part)
    theirs = part / min(first, second)
    ours = rows / full
    command = f"python -m benchmarks.scan --rows {rows}"
    figures = [
        _figure(
            f"scan --full, {rows:,} rows × 12 columns, against presidio's rows/s",
            ours / theirs,
            "×",
            300,
            ours / theirs >= 300,
            command,
        ),
        _figure("… rows a second", ours, "rows/s", 36_000, ours >= 36_000, command),
        _figure("… peak resident memory", megabytes, "MB", 1000, megabytes <= 1000, command),
        _figure("sampled scan of the same file", sampled, "s", 3, sampled < 3, command),
        _figure("… peak resident memory", small, "MB", 1000, small <= 1000, command),
    ]
    baseline = {
        "what": f"presidio {version('presidio-analyzer')}, default English recognizers, no model, one analyze per cell",
        "rows": part,
        "seconds": [round(first, 2), round(second, 2)],
        "rows_per_second": round(theirs, 1),
        "found": foreign,
    }
    return {
        "figures": figures,
        "baseline": baseline,
        "ours": {"seconds_full": round(full, 2), "seconds_sampled": round(sampled, 2), "found": per_type(output)},
    }


def _figure(what: str, value: float, unit: str, goal: float, reached: bool, command: str) -> dict[str, object]:
    return {"what": what, "value": round(value, 2), "unit": unit, "goal": goal, "reached": reached, "command": command}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--part", type=int, default=1500, help="rows that presidio gets")
    parser.add_argument("--write", type=Path, help="only write the table here")
    chosen = parser.parse_args()
    if chosen.write:
        write(chosen.write, chosen.rows)
        return 0
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    result = measure(chosen.rows, chosen.part)
    result |= {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in ("duckdb", "ibis-framework", "presidio-analyzer")),
        "commit": commit.stdout.strip() or "unknown",
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
