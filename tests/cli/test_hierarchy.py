"""`hierarchy make` and `hierarchy check`: what is made fits its table, what does not fit is counted, no value is shown."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from secureprofile.cli.main import run

SECRET = "Quillfeather"
CELLS = {
    "age": ["39", "", "17", "-3", "90", "41", "39", "39"],
    "income": ["1.5", "2", "-0.25", "", "1e3", "7", "7.0", "7"],
    "born": ["1980-02-03", "1999-12-31 10:00", "", "2001", "2001-07", "1980-02-04", "1980-02-03", "1980-02-03"],
    "zip": ["10115", "10117", "20095", "1011", "", "10115", "10115", "10115"],
    "town": ["Potsdam", "Wismar", "深圳", "Quillfeather", "", "Potsdam", "Potsdam", "Bayern"],
    "grade": ["low", "high", "middle", "", "low", "low", "low", "high"],
    "drink": ["tea", "tea", "gin", "rum", "rum", "tea", "", SECRET],
}
WAYS = {
    "age": ["--bands", "5", "--low", "18", "--high", "90", "--levels", "2"],
    "income": ["--bands", "0.5", "--start", "0.1", "--factor", "3"],
    "born": ["--dates", "--periods", "month, year"],
    "zip": ["--prefix", "4,3,2"],
    "town": ["--places"],
    "grade": ["--order", "low,middle,high", "--size", "2"],
    "drink": ["--frequency", "2"],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    frame = pd.DataFrame(CELLS)
    frame.to_csv(tmp_path / "people.csv", index=False)
    frame.to_parquet(tmp_path / "people.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(path: str) -> list[list[str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


@pytest.mark.parametrize("data", ["people.csv", "people.parquet"])
@pytest.mark.parametrize("column", WAYS)
def test_what_is_made_fits_the_table_it_was_made_for(
    folder: Path, column: str, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["hierarchy", "make", data, "--column", column, *WAYS[column], "-o", "h.csv"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert SECRET not in said.err
    made = rows("h.csv")
    assert {row[0] for row in made} == set(CELLS[column])
    assert {row[-1] for row in made} == {"*"}
    assert len({len(row) for row in made}) == 1
    assert Path("h.csv").stat().st_mode & 0o077 == 0  # it holds values of the data
    assert run(["hierarchy", "check", "h.csv", "--data", data, "--column", column, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["format"] == "secureprofile-hierarchy/1"
    assert [level["labels"] for level in shown["levels"]] == [len(set(labels)) for labels in zip(*made, strict=True)]
    assert not [one for one in shown["findings"] if one["severity"] == "error"]


def test_what_is_made_says_what_was_asked(folder: Path) -> None:
    for column, way in WAYS.items():
        assert run(["hierarchy", "make", "people.csv", "--column", column, *way, "-o", f"{column}.csv", "-q"]) == 0
    made = {column: {row[0]: row[1:-1] for row in rows(f"{column}.csv")} for column in WAYS}
    assert made["age"]["39"] == ["35 to 39", "30 to 39"]
    assert made["age"]["-3"] == made["age"]["17"] == ["<18", "<18"]
    assert made["income"]["7.0"][:2] == ["6.6 to <7.1", "6.1 to <7.6"]
    assert made["born"]["1999-12-31 10:00"] == ["1999-12", "1999"]
    assert made["zip"]["1011"] == ["1011", "101*", "10**"]
    assert made["town"]["Wismar"] == ["Germany, region unknown", "Germany"]
    assert made["town"]["Bayern"] == ["Bayern", "Germany"]
    assert made["town"][SECRET] == ["other", "other"]
    assert made["grade"]["low"] == ["low..middle"]
    usual = {value for value, _ in Counter(value for value in CELLS["drink"] if value).most_common(2)}
    assert usual == {"tea", "rum"}
    assert made["drink"] == {value: [value if value in (*usual, "") else "other"] for value in CELLS["drink"]}


def test_an_order_may_stand_in_a_file(folder: Path) -> None:
    Path("grades.txt").write_text("low\nmiddle\nhigh\n", encoding="utf-8")
    for name, given in (("a.csv", "grades.txt"), ("b.csv", "low, middle, high")):
        assert run(["hierarchy", "make", "people.csv", "--column", "grade", "--order", given, "-o", name, "-q"]) == 0
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()


def test_what_was_made_is_overwritten_only_when_asked(folder: Path) -> None:
    command = ["hierarchy", "make", "people.csv", "--column", "age", "--bands", "5", "-o", "h.csv"]
    assert run(command) == 0
    assert run(command) == 2
    assert run([*command, "--overwrite"]) == 0


# --- check ----------------------------------------------------------------------------------------------------------------


def test_what_misses_is_counted_and_written_down_only_when_asked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("drinks.csv").write_text("tea;hot;*\ngin;cold;*\nwater;cold;*\n", encoding="utf-8")
    command = ["hierarchy", "check", "drinks.csv", "--data", "people.csv", "--column", "drink"]
    assert run(command) == 1
    said = capsys.readouterr()
    assert "2 of 5 different values of the data are not in the hierarchy" in said.out
    assert "missing cells are not covered" in said.out
    assert SECRET not in said.out + said.err
    assert run([*command, "--missing", "rest.csv"]) == 1
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err
    assert sorted(row[0] for row in rows("rest.csv")) == sorted(["", "rum", SECRET])
    lines = Path("drinks.csv").read_text() + "".join(f"{row[0]};cold;*\n" for row in rows("rest.csv"))
    Path("drinks.csv").write_text(lines, encoding="utf-8")
    assert run(command) == 0


def test_the_table_of_levels_is_that_of_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("h.csv").write_text("a;x;*\nb;x;*\nc;y;*\nd;y;*\n", encoding="utf-8")
    assert run(["hierarchy", "check", "h.csv"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[2:5]]
    assert lines == [["0", "4", "25%", "0.000"], ["1", "2", "50%", "0.333"], ["2", "1", "100%", "1.000"]]


# --- what is refused ------------------------------------------------------------------------------------------------------

MAKE = ["hierarchy", "make", "people.csv", "-o", "h.csv", "--column"]
REFUSED: dict[str, tuple[list[str], str]] = {
    "no-way": ([*MAKE, "age"], "no way to generalise"),
    "two-ways": ([*MAKE, "age", "--bands", "5", "--places"], "several ways"),
    "idle-option": ([*MAKE, "born", "--dates", "--low", "3"], "--low does not belong to --dates"),
    "no-width": ([*MAKE, "age", "--bands", "wide"], "--bands: width"),
    "negative": ([*MAKE, "age", "--bands", "-1"], "greater than 0"),
    "prefix": ([*MAKE, "zip", "--prefix", "2,3"], "must become shorter"),
    "period": ([*MAKE, "born", "--dates", "--periods", "month,century"], "--dates"),
    "weeks": ([*MAKE, "born", "--dates", "--periods", "week,month"], "a week is no part"),
    "order": ([*MAKE, "grade", "--order", "low,low"], "1 of 2 values"),
    "order-misses": ([*MAKE, "grade", "--order", "low,high"], "1 of 4 different values"),
    "no-column": ([*MAKE, "aeg", "--bands", "5"], "no column of this name among its 7"),
    "no-numbers": ([*MAKE, "drink", "--bands", "5"], "4 of 4 different values are not numbers"),
    "no-days": ([*MAKE, "drink", "--dates"], "4 of 4 different values are not days"),
    "no-file": (["hierarchy", "make", "folk.csv", "-o", "h.csv", "--column", "a", "--places"], "there is no file"),
    "no-hierarchy": (["hierarchy", "check", "h.csv"], "cannot be read"),
    "half": (["hierarchy", "check", "people.csv", "--data", "people.csv"], "named by two options"),
    "missing-of-nothing": (["hierarchy", "check", "people.csv", "--missing", "m.csv"], "named by two options"),
    "ragged": (["hierarchy", "check", "ragged.csv"], "line 2 has 2 levels, line 1 has 3"),
    "splits": (["hierarchy", "check", "splits.csv"], "level 1 and 2 do not nest: lines 1 and 2"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_is_told_in_two_lines(folder: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("ragged.csv").write_text(f"{SECRET};x;*\nb;*\n", encoding="utf-8")
    Path("splits.csv").write_text(f"a;{SECRET};x;*\nb;{SECRET};y;*\n", encoding="utf-8")
    command, words = REFUSED[kind]
    assert run(command) == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == 2
    assert words in lines[0]
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("hint:  ")
    assert SECRET not in said.err
    assert not Path("h.csv").exists()


def test_a_column_without_values_gets_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("people.csv").write_text("a,b\n1,\n2,\n", encoding="utf-8")
    assert run([*MAKE, "b", "--places"]) == 2
    assert "holds no value" in capsys.readouterr().err
