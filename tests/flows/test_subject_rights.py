"""What a person may ask for, through the real commands: found in every file before the erasure, in none after it."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from secureprofile.cli.main import run
from secureprofile.flows.shop import write_shop

ME = "U900001"
CITY = "Zzyzx Springs"
"""A city that nobody else lives in, so that rows can be found by it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with one planted customer, ingested and built twice; not to be changed."""
    folder = tmp_path_factory.mktemp("rights")
    write_shop(folder, customers=120, orders=500, seed=5)
    with (folder / "customers.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows.append({**rows[0], "customer_id": ME, "city": CITY, "email": "zelda@zzyzx.example", "notes": "likes Quokkas"})
    _write(folder / "customers.csv", rows)
    with (folder / "orders.csv").open(encoding="utf-8", newline="") as file:
        orders = list(csv.DictReader(file))
    orders += [{**orders[0], "order_id": f"R900000{n}", "customer_id": ME} for n in range(3)]
    _write(folder / "orders.csv", orders)
    agreed = [
        f"{ME},{purpose},granted,2026-01-02 10:00:00,web,PN-2026-01,yes,yes\n"
        for purpose in ("portrait", "partner-analytics")
    ]
    with (folder / "consents.csv").open("a", encoding="gb18030", newline="") as file:
        file.writelines(agreed)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SECUREPROFILE_ACTOR", "tester@example.com")
        patch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
        for command in (
            ["init", "--policy", "retail", "--keys", "file:keys"],
            ["consent", "import", "consents.csv", "-q"],
            *(
                ["ingest", name, f"{name}.csv", "--purpose", "portrait", "-q"]
                for name in ("customers", "orders", "orders")
            ),
            ["portrait", "build", "--as-of", "2026-10-01", "--purpose", "portrait", "-q"],
            ["portrait", "build", "--as-of", "2026-11-01", "--purpose", "portrait", "-q"],
            ["anonymize", "customers.csv", "-o", "safe.csv", "--purpose", "partner-analytics", "-q"],
        ):
            assert run(command) == 0, command
    return folder


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to be used up, with keys of its own."""
    folder = tmp_path / "shop"
    shutil.copytree(made, folder)
    with closing(sqlite3.connect(folder / ".secureprofile" / "state.db")) as state:
        state.execute("UPDATE meta SET value = ? WHERE key = 'keys'", (f"file:{folder / 'keys'}",))
        state.commit()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SECUREPROFILE_ACTOR", "tester@example.com")
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    return folder


def entries(folder: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(folder / ".secureprofile" / "state.db")) as state:
        return [json.loads(body) for (body,) in state.execute("SELECT body FROM log ORDER BY idx")]


def secrets_of(folder: Path) -> list[bytes]:
    """Everything that stands for the planted person in a workspace: the token by which the store knows her, lookup and salt."""
    tables = [
        pq.read_table(path).to_pylist()
        for path in (folder / ".secureprofile" / "store" / "customers").rglob("*.parquet")
    ]
    (token,) = {row["person"] for table in tables for row in table if row.get("city") == CITY}
    with closing(sqlite3.connect(folder / ".secureprofile" / "state.db")) as state:
        lookup, salt = state.execute("SELECT lookup, salt FROM vault WHERE token = ?", (token,)).fetchone()
    return [token.encode(), lookup.encode(), salt, CITY.encode(), b"Quokka", ME.encode(), b"zelda@zzyzx.example"]


def found_in(folder: Path, wanted: list[bytes]) -> set[tuple[str, int]]:
    """Decode every file of the workspace (Parquet cells, SQLite's values, and the bytes of everything) and say where which secret stands."""
    found = set()
    for path in (folder / ".secureprofile").rglob("*"):
        if not path.is_file():
            continue
        pieces = [path.read_bytes()]
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            pieces += [str(cell).encode() for column in table.columns for cell in column.to_pylist()]
        kind = path.suffix or path.parent.name
        whole = b"\n".join(pieces)
        found |= {(kind, number) for number, secret in enumerate(wanted) if secret in whole}
    return found


def build_and_count(day: str) -> int:
    assert run(["portrait", "build", "--as-of", day, "--purpose", "portrait", "-q"]) == 0
    with closing(sqlite3.connect(".secureprofile/state.db")) as state:
        (rows,) = state.execute(
            "SELECT rows FROM snapshots WHERE dataset = '@portrait' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    return int(rows)


def test_an_erased_person_is_in_no_file(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = secrets_of(place)
    before = found_in(place, wanted)
    assert {(".parquet", 0), (".parquet", 3), (".db", 0), (".db", 1), (".db", 2)} <= before
    assert not [one for one in before if one[1] >= 5]  # identifiers never were in there
    capsys.readouterr()
    assert run(["subject", "erase", ME, "--proofs", "proofs", "--receipt", "receipt", "--json"]) == 0
    assert found_in(place, wanted) == set()
    told = json.loads(capsys.readouterr().out)
    assert told["internal"]["people"] == 1
    assert [path.suffix for path in sorted(Path("receipt").iterdir())]
    last = [one for one in entries(place) if one["act"] == "subject.erase"]
    assert [one["phase"] for one in last] == ["intent", "outcome"]
    assert ME not in json.dumps(entries(place))


def test_others_stay_as_they_were(place: Path) -> None:
    (token, *_) = secrets_of(place)

    def store() -> list[str]:
        files = sorted((place / ".secureprofile" / "store").rglob("*.parquet"))
        rows = [json.dumps(row, default=str) for path in files for row in pq.read_table(path).to_pylist()]
        return sorted(row for row in rows if token.decode() not in row)

    before = store()
    assert run(["subject", "erase", ME, "-w", ".secureprofile"]) == 0
    assert store() == before


def test_nothing_brings_an_erased_person_back(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = build_and_count("2026-11-02")
    assert run(["subject", "erase", ME]) == 0
    assert build_and_count("2026-11-03") == before - 1
    assert run(["consent", "import", "consents.csv", "-q"]) == 0
    assert run(["ingest", "customers", "customers.csv", "--purpose", "portrait", "-q"]) == 0
    assert build_and_count("2026-11-04") == before - 1
    capsys.readouterr()
    assert run(["subject", "show", ME]) == 1
    assert "erased" in capsys.readouterr().err
    assert run(["subject", "readmit", ME]) == 0
    assert run(["consent", "import", "consents.csv", "-q"]) == 0
    assert run(["ingest", "customers", "customers.csv", "--purpose", "portrait", "-q"]) == 0
    assert build_and_count("2026-11-05") == before


def test_a_restored_backup_brings_nobody_back_unnoticed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = secrets_of(place)
    shutil.copytree(place / ".secureprofile", place / "backup")
    assert run(["subject", "erase", ME]) == 0
    after = place / "after"
    shutil.copytree(place / ".secureprofile", after)
    # the state alone: the signer remembers a longer log, and the store is of another time
    for name in ("state.db", "state.db-wal", "state.db-shm"):
        (place / ".secureprofile" / name).unlink(missing_ok=True)
        if (place / "backup" / name).exists():
            shutil.copy(place / "backup" / name, place / ".secureprofile" / name)
    capsys.readouterr()
    assert run(["audit", "verify"]) in (1, 3)
    # everything: the marks beside the keys know better
    shutil.rmtree(place / ".secureprofile")
    shutil.copytree(place / "backup", place / ".secureprofile")
    assert found_in(place, wanted)
    assert run(["audit", "verify"]) == 0
    assert found_in(place, wanted) == set()


def test_accesses_are_proven_and_a_changed_answer_is_not(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["subject", "accesses", ME, "--json", "--proof", "mine.json"]) == 0
    told = json.loads(capsys.readouterr().out)
    acts = [one["act"] for one in told["present"]]
    assert acts.count("ingest") == 3
    assert {"ingest", "portrait.build", "anonymize"} <= set(acts)
    assert all("actor" not in one for one in told["present"])
    key = (place / ".secureprofile" / "signer" / "log.vkey").read_text().strip()
    assert run(["subject", "verify", "mine.json", "--key", key]) == 0
    text = Path("mine.json").read_text(encoding="utf-8")
    answer = json.loads(text)
    assert ME not in text
    changed = 0
    for one in _leaves(answer):
        broken = json.loads(text)
        _set(broken, one, _other(_get(broken, one)))
        Path("broken.json").write_text(json.dumps(broken), encoding="utf-8")
        changed += run(["subject", "verify", "broken.json", "--key", key]) in (1, 2)
    assert changed >= 10


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of some hashes in an answer."""
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [found for place, inner in enumerate(value[:3]) for found in _leaves(inner, (*path, place))]
    return [path] if isinstance(value, str) and len(value) in (44, 64) else []


def _get(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _set(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = new


def _other(text: str) -> str:
    return (
        ("A" if text[0] != "A" else "B") + text[1:] if len(text) == 44 else ("0" if text[0] != "0" else "1") + text[1:]
    )


@pytest.mark.parametrize(("verb", "back"), [("object", "lift"), ("restrict", "lift")])
def test_who_refuses_is_left_out_until_it_is_lifted(place: Path, verb: str, back: str) -> None:
    before = build_and_count("2026-11-02")
    assert run(["subject", verb, ME, "--for", "portrait", "--method", "letter"]) == 0
    assert build_and_count("2026-11-03") == before - 1
    assert run(["subject", back, ME, "--for", "portrait"]) == 0
    assert build_and_count("2026-11-04") == before


def test_a_corrected_value_flows_into_the_store(place: Path) -> None:
    assert (
        run(
            [
                "subject",
                "rectify",
                ME,
                "--dataset",
                "customers",
                "--column",
                "city",
                "--value",
                "Quuxville",
                "--purpose",
                "portrait",
            ]
        )
        == 0
    )
    rows = [
        row
        for path in (place / ".secureprofile/store/customers").rglob("*.parquet")
        for row in pq.read_table(path).to_pylist()
    ]
    assert not [row for row in rows if row.get("city") == CITY]
    assert [row for row in rows if row.get("city") == "Quuxville"]


def test_a_hold_stops_an_erasure_and_a_grace_window_waits(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = secrets_of(place)
    assert run(["subject", "hold", ME, "--reference", "HGB-257"]) == 0
    assert run(["subject", "erase", ME]) == 1
    assert "legal hold" in capsys.readouterr().err
    assert run(["subject", "hold", ME, "--lift"]) == 0
    assert run(["subject", "erase", ME, "--grace", "P30D"]) == 0
    assert found_in(place, wanted)
    assert build_and_count("2026-11-06") == build_and_count("2026-11-07")
    later = datetime.now(UTC) + timedelta(days=31)
    for module in ("flows.erase", "flows.retention", "flows.gate", "flows.presence", "flows.subject"):
        monkeypatch.setattr(f"secureprofile.{module}.now", lambda: later, raising=False)
    assert run(["retention", "run", "-q"]) == 0
    assert found_in(place, wanted) == set()


@pytest.mark.parametrize("verb", ["show", "accesses", "erase", "object", "restrict"])
def test_whom_nobody_knows_is_told_in_two_lines(place: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["subject", verb, "U-nobody-77"]) in (1, 2)
    told = capsys.readouterr().err
    assert "U-nobody-77" not in told
    assert told.count("\n") == 2


def test_what_is_held_can_be_taken_along(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("me.json", "me.csv", "me.html"):
        assert run(["subject", "show", ME, "-o", name]) == 0
        assert CITY in Path(name).read_text(encoding="utf-8")
    assert run(["subject", "show", ME, "-o", "me.zh.html", "--lang", "zh"]) == 0
    page = Path("me.zh.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert 'class="watermark"' in page
