"""Scans: every cell counts with --full, one bad file hides no other, drafts pass the check, and no value is ever shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.scan import COLUMNS, customers
from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.files import sniff
from secureprofile.adapters.spread import RUNS, can_spread, spread_rows
from secureprofile.cli.main import run
from secureprofile.flows.census import census
from secureprofile.guard.detect import find
from secureprofile.released import Internal
from secureprofile.report.datamap import MapColumn, MapFile, data_map_html


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    frame = pd.DataFrame(list(customers(600)), columns=list(COLUMNS))
    frame.to_csv(tmp_path / "customers.csv", index=False)
    frame.to_parquet(tmp_path / "customers.parquet")
    frame.to_json(tmp_path / "customers.jsonl", orient="records", lines=True, force_ascii=False)
    (tmp_path / "broken.csv").write_text("a,b\n1,2\n1,2,3\n", encoding="utf-8")
    (tmp_path / "codes.csv").write_text(
        "code,val\n" + "".join(f"A{i},{i}\n" for i in range(3000)) + "B,ada@example.com\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scanned(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 1) -> dict[str, dict[str, object]]:
    assert run(["scan", *arguments, "--json", "-q"]) == code
    result = json.loads(capsys.readouterr().out)
    assert result["format"] == "secureprofile-scan/1"
    return {file["file"]: file for file in result["files"]}


def test_one_bad_file_hides_no_other(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", ".", "--json"]) == 2
    shown = capsys.readouterr()
    files = {file["file"]: file for file in json.loads(shown.out)["files"]}
    assert "error" in files["broken.csv"]
    assert "error: broken.csv: line 3" in shown.err
    found = [
        {c["name"]: c["category"] for c in files[f"customers.{end}"]["columns"]} for end in ("csv", "parquet", "jsonl")
    ]
    assert found[0] == found[1] == found[2]
    assert found[0]["email"] == "user.contact.email"


def test_a_single_address_among_thousands_is_found_only_by_the_full_scan(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {c["name"]: c for c in scanned(capsys, "codes.csv", "--full")["codes.csv"]["columns"]}  # type: ignore[attr-defined]
    assert columns["val"]["traces"] == ["EMAIL_ADDRESS"]
    assert columns["val"]["mixed"]
    assert columns["val"]["treatment"] == "scrub"
    assert columns["code"]["category"] is None
    assert columns["val"]["evidence"]["EMAIL_ADDRESS"] == pytest.approx(1 / 3001, rel=0.05)


def test_nothing_found_is_zero(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("things.csv").write_text("sku,amount\nA1,5\nB2,7\n", encoding="utf-8")
    scanned(capsys, "things.csv", code=0)
    scanned(capsys, "things.csv", "--full", code=0)


def test_shares_are_those_of_every_cell(folder: Path) -> None:
    """A second way: ``find`` over every cell with all recognizers."""
    with DuckEngine(temp=folder) as engine, engine.source(sniff(Path("customers.csv"))) as table:
        whole = engine.to_arrow(table)
        for name in ("notes", "mobile", "city"):
            cells = whole[name].to_pylist()
            expected: dict[str, int] = {}
            for cell in cells:
                kinds = {
                    f.name if f.end - f.start >= 0.8 * len(cell) else "holds " + f.name
                    for f in find(cell, context=(name,))
                }
                for kind in kinds:
                    expected[kind] = expected.get(kind, 0) + 1
            for repeated in (True, False):
                shares = census(table[name], name, engine, repeated=repeated)
                assert dict(shares) == pytest.approx({k: n / len(cells) for k, n in expected.items()}, abs=6e-4)


def test_a_sample_comes_from_all_over_the_file(folder: Path) -> None:
    notes = 'a "quoted" word,\nand a second line'
    rows = [(f"{number:06d}", notes) for number in range(60_000)]
    pd.DataFrame(rows, columns=["at", "notes"]).to_csv("long.csv", index=False)
    pd.DataFrame(rows, columns=["at", "notes"]).to_parquet("long.parquet", row_group_size=1000)
    pd.DataFrame(rows, columns=["at", "notes"]).to_json("long.jsonl", orient="records", lines=True)
    with DuckEngine(temp=folder) as engine:
        for end in ("csv", "parquet", "jsonl"):
            source = sniff(Path(f"long.{end}"))
            assert can_spread(source)
            sample = spread_rows(source, lambda: engine, 10_000, folder)
            at = [int(value) for value in sample["at"]]
            assert len(at) == len(set(at)) >= 9_000
            assert {value * RUNS // 60_000 for value in at} >= set(range(1, RUNS - 1))
            assert list(sample["notes"]).count(notes) == len(at)


def test_drafts_pass_the_check(folder: Path) -> None:
    Path("sexes.csv").write_text(
        "sex,amount\nF,5\nM,7\n", encoding="utf-8"
    )  # whose row it is, is only said by what may be kept
    assert run(["scan", ".", "-q", "--draft-policy", "draft.yaml"]) == 2
    assert run(["policy", "check", "draft.yaml"]) == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_value_is_shown(folder: Path, capsys: pytest.CaptureFixture[str], lang: str) -> None:
    run(
        [
            "scan",
            "customers.csv",
            "codes.csv",
            "--full",
            "--json",
            "--html",
            "map.html",
            "--lang",
            lang,
            "--draft-policy",
            "p.yaml",
        ]
    )
    shown = "".join(capsys.readouterr()) + Path("map.html").read_text("utf-8") + Path("p.yaml").read_text("utf-8")
    for row in list(customers(600)):
        for value in (row[1], row[2], row[3], row[4], row[6], row[8], row[9]):
            assert value not in shown
    assert "ada@example.com" not in shown


def test_the_data_map_runs_no_script_and_escapes_names() -> None:
    column = MapColumn(
        name="<script>x</script>", category="user.name", confidence=0.9, evidence={"name": 0.5, "header": 1.0},
        treatment="drop", personal=True, mixed=False,
    )  # fmt: skip
    file = MapFile(name="a&b.csv", rows=Internal(value=3, what="rows"), looked="all", columns=(column,))
    page = data_map_html([file], lang="en")
    assert "<script" not in page
    assert "a&amp;b.csv" in page
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=[\"'](?!data:)", page)
    with pytest.raises(TypeError):
        data_map_html([MapFile(name="x", rows=3, looked="all")], lang="en")  # type: ignore[arg-type]


def test_the_engine_never_prints_its_own_progress(folder: Path) -> None:
    with DuckEngine(temp=folder) as engine:
        told = engine._backend.con.execute(
            "SELECT value FROM duckdb_settings() WHERE name = 'enable_progress_bar_print'"
        )
        assert told.fetchall() == [("false",)]


@pytest.mark.parametrize(("wide", "how"), [(3000, []), (60, ["--full"])])
def test_thousands_of_columns(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wide: int,
    how: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("secureprofile.flows.scan.WIDE", 50)
    names = [f"c{place}" for place in range(wide)]
    rows = [["ada@example.org" if place == 7 else str(row * place % 97) for place in range(wide)] for row in range(30)]
    pd.DataFrame(rows, columns=names).to_csv("wide.csv", index=False)
    assert run(["scan", "wide.csv", "-q", "--json", *how]) == 1
    columns = json.loads(capsys.readouterr().out)["files"][0]["columns"]
    assert len(columns) == wide
    assert columns[7]["category"] == "user.contact.email"
