"""Workbooks in and out: every sheet is looked at, one is treated, and nothing else survives."""

from __future__ import annotations

import builtins
import csv
import datetime as dt
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from secureprofile.adapters import archives, excel
from secureprofile.cli.main import run
from tests.adapters.books import HEAD, book, hide_everywhere
from tests.cli.test_bad_input import assert_two_lines

SECRET = "zq.hidden@planted.example"
ANONYMIZE = ("anonymize", "--purpose", "partner-analytics", "--quiet", "--dataset", "customers")
SAMPLE = ("--purpose", "audit-sample", "--dataset", "customers")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    assert run(["init", "--policy", "strict", "--keys", "file:keys"]) == 0
    return tmp_path


def row(**cells: Any) -> list[Any]:
    base = {
        "customer_id": "C1",
        "name": "Ann",
        "birth_date": dt.date(1980, 5, 5),
        "country": "GB",
        "joined_on": "2024-01-01",
    }
    return [({**base, **cells}).get(name) for name in HEAD]


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    [sheet] = openpyxl.load_workbook(path).worksheets
    return [tuple(cell for cell in line) for line in sheet.iter_rows(values_only=True)]


def test_what_goes_in_as_excel_comes_out_as_from_csv(shop: Any) -> None:
    frame = pd.read_csv("customers.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    book(Path("in.xlsx"), ("Sheet", "visible", [list(frame.columns), *frame.to_numpy().tolist()]))
    assert shop(*ANONYMIZE, "in.xlsx", "-o", "out.csv") == 0
    assert Path("out.csv").read_bytes() == Path("customers.safe.csv").read_bytes()


def test_what_comes_out_as_excel_is_what_comes_out_as_csv(shop: Any) -> None:
    assert shop(*ANONYMIZE, "customers.csv", "-o", "out.xlsx") == 0
    assert shop(*ANONYMIZE, "customers.csv", "-o", "out.csv", "--policy", "retail") == 0
    expected = list(csv.reader(io.StringIO(Path("customers.safe.csv").read_text("utf-8"))))
    assert [["" if cell is None else str(cell) for cell in line] for line in rows_of(Path("out.xlsx"))] == expected


def test_numbers_dates_and_formulas_are_read_as_stored(place: Path) -> None:
    made = book(
        place / "in.xlsx",
        ("a", "visible", [HEAD, row(customer_id=13812345678, joined_on=dt.datetime(2024, 1, 2, 3, 4, 5))]),
    )
    made.worksheets[0].append(row(customer_id=dt.time(1, 2), birth_date="=DATE(1990,1,1)"))
    made.save("in.xlsx")
    frame = pd.DataFrame(
        [
            {
                **dict.fromkeys(HEAD, ""),
                "customer_id": "13812345678",
                "country": "GB",
                "birth_date": "1980-05-05",
                "joined_on": "2024-01-02",
            }
        ]
    )
    frame.to_csv("in.csv", index=False)
    for name in ("in.csv", "in.xlsx"):
        assert run(["anonymize", name, "-o", f"{name}.out.csv", *SAMPLE]) == 0
    plain, sheet = (
        list(csv.DictReader(io.StringIO((place / f"{n}.out.csv").read_text()))) for n in ("in.csv", "in.xlsx")
    )
    assert sheet[0] == plain[0]  # a number cell and a text cell of the same digits are one customer
    assert sheet[1]["birth_date"] == ""


def test_uncomputed_formulas_errors_and_rounded_numbers_are_told(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = book(
        place / "in.xlsx",
        ("a", "visible", [HEAD, row(customer_id=6222021234567890123), row(customer_id=6222021234567890999)]),
    )
    sheet = made.worksheets[0]
    sheet["D2"] = "=TODAY()"
    sheet["C2"] = "#N/A"
    sheet["C2"].data_type = "e"
    made.save("in.xlsx")
    assert run(["anonymize", "in.xlsx", "-o", "out.csv", *SAMPLE]) == 0
    said = capsys.readouterr().err
    assert "column 1: 2 numbers have more than 15 digits" in said
    assert "1 cells held an error" in said
    assert "1 formulas had never been computed" in said
    assert "6222" not in said


def test_one_sheet_is_chosen_by_name_place_or_because_it_is_the_only_visible_one(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = [HEAD, row(customer_id="A")], [HEAD, row(customer_id="B"), row(customer_id="C")]
    book(
        place / "two.xlsx",
        ("Quillfeather", "visible", one),
        ("empty", "visible", []),
        ("b", "visible", two),
        ("h", "veryHidden", one),
    )
    assert run(["anonymize", "two.xlsx", "-o", "no.csv", *SAMPLE]) == 2
    said = capsys.readouterr().err
    assert_two_lines(said)
    assert "2 visible sheets" in said
    assert "1 (visible), 3 (visible)" in said
    for sheet, lines in (("Quillfeather", 2), ("b", 3), ("3", 3), ("h", 2)):
        assert run(["anonymize", "two.xlsx", "--sheet", sheet, "-o", "o.csv", "--overwrite", *SAMPLE]) == 0
        assert len((place / "o.csv").read_text().splitlines()) == lines
    for sheet in ("none", "empty", "9"):
        assert run(["anonymize", "two.xlsx", "--sheet", sheet, "-o", "no.csv", *SAMPLE]) == 2
    book(place / "one.xlsx", ("a", "hidden", one), ("b", "visible", two))
    assert run(["anonymize", "one.xlsx", "-o", "one.csv", *SAMPLE]) == 0
    assert len((place / "one.csv").read_text().splitlines()) == 3
    assert run(["ingest", "customers", "one.xlsx", "--purpose", "portrait"]) == 0
    assert not (place / "no.csv").exists()


def beside_cells(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """What the last scan found beside the cells, by place."""
    files = json.loads(capsys.readouterr().out)["files"]
    return {one["place"]: one for file in files for one in file["beside_cells"]}


def test_scan_looks_at_hidden_sheets_and_beside_the_cells(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mails = [["contact"], *[[f"p{n}@hidden.example"] for n in range(30)]]
    plain = [["amount"], *[[n] for n in range(30)]]
    made = book(
        place / "in.xlsx", ("a", "visible", plain), ("Annika Sørensen", "veryHidden", mails), ("c", "hidden", mails[1:])
    )
    assert run(["scan", "in.xlsx", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["files"]
    categories = {file["file"]: (column["name"], column["category"]) for file in found for column in file["columns"]}
    assert categories["in.xlsx, sheet 1"] == ("amount", None)
    assert categories["in.xlsx, sheet 2 (very hidden)"] == ("contact", "user.contact.email")
    assert categories["in.xlsx, sheet 3 (hidden)"] == ("column A", "user.contact.email")
    made = book(place / "in.xlsx", ("a", "visible", [["amount", "b", "c"], [1, 2, 3]]))
    hide_everywhere(made, SECRET)
    made.save("in.xlsx")
    assert run(["scan", "in.xlsx", "--json"]) == 1
    beside = {place: one["kinds"] for place, one in beside_cells(capsys).items()}
    for where in (
        "comments and notes",
        "document properties",
        "links",
        "names of sheets and ranges",
        "headers, footers and choices of sheets",
    ):
        assert beside[where].get("EMAIL_ADDRESS", 0) >= 1, (where, beside)
    assert beside["document properties"]["PERSON"] >= 1
    assert beside["comments and notes"]["PERSON"] >= 1
    assert run(["scan", "in.xlsx"]) == 1
    said = capsys.readouterr()
    assert "planted" not in said.out + said.err
    book(place / "clean.xlsx", ("a", "visible", plain)).close()
    clean = openpyxl.load_workbook("clean.xlsx")
    clean.properties.creator = None
    clean.save("clean.xlsx")
    assert run(["scan", "clean.xlsx"]) == 0


def test_a_pivot_cache_and_other_parts_are_looked_at(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book(place / "in.xlsx", ("a", "visible", [["amount"], [1]]))
    fields = (
        f'<cacheFields><cacheField name="who"><sharedItems><s v="{SECRET}"/></sharedItems></cacheField></cacheFields>'
    )
    cache = f'<pivotCacheDefinition xmlns="urn:x">{fields}</pivotCacheDefinition>'
    with zipfile.ZipFile(place / "in.xlsx", "a") as archive:
        archive.writestr("xl/pivotCache/pivotCacheDefinition1.xml", cache)
        archive.writestr(
            "xl/connections.xml", f'<connections xmlns="urn:x"><connection name="{SECRET}"/></connections>'
        )
        archive.writestr("xl/threadedComments/threadedComment1.xml", f"<c xmlns='urn:x'><text>{SECRET[:6]}</text></c>")
        archive.writestr(
            "xl/drawings/drawing9.xml",
            "<d xmlns='urn:x'><p><r><t>zq.hid</t></r><r><t>den@planted.example</t></r></p></d>",
        )
        archive.writestr("xl/vbaProject.bin", b"macro")
    assert run(["scan", "in.xlsx", "--json"]) == 1
    beside = beside_cells(capsys)
    for where in ("pivot tables and their caches", "data connections and models", "drawings and charts"):
        assert beside[where]["kinds"] == {"EMAIL_ADDRESS": 1}, where
    assert beside["macros"]["read"] is False


def test_nothing_but_the_treated_table_survives(place: Path) -> None:
    made = book(place / "in.xlsx", ("a", "visible", [HEAD, row(), row()]), ("hid", "veryHidden", [[SECRET]]))
    hide_everywhere(made, SECRET)
    made.save("in.xlsx")
    assert SECRET in everything(place / "in.xlsx")
    assert run(["anonymize", "in.xlsx", "-o", "out.xlsx", *SAMPLE]) == 0
    text = everything(place / "out.xlsx")
    assert "planted" not in text
    assert "Author" not in text
    with zipfile.ZipFile(place / "out.xlsx") as archive:
        assert not [
            name for name in archive.namelist() if re.search("comment|pivot|custom|link|drawing|rels/sheet", name)
        ]
        assert len([name for name in archive.namelist() if "worksheets/sheet" in name]) == 1
    [sheet] = openpyxl.load_workbook(place / "out.xlsx").worksheets
    assert {cell.data_type for line in sheet.iter_rows(min_row=2) for cell in line if cell.column_letter == "A"} == {
        "s"
    }


def everything(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def test_the_same_table_gives_the_same_bytes(place: Path) -> None:
    book(place / "in.xlsx", ("a", "visible", [HEAD, row()]))
    for name in ("one.xlsx", "two.xlsx"):
        assert run(["anonymize", "in.xlsx", "-o", name, *SAMPLE]) == 0
    assert (place / "one.xlsx").read_bytes() == (place / "two.xlsx").read_bytes()


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (archives.SMALL + 1))


def entities(path: Path) -> None:
    book(path, ("a", "visible", [["amount"], [1]]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/comments1.xml", '<!DOCTYPE x [<!ENTITY a "Quillfeather">]><comments>&a;</comments>')


def cut(path: Path) -> None:
    book(path, ("a", "visible", [["amount"], *[[n] for n in range(5000)]]))
    path.write_bytes(path.read_bytes()[:-40])


def lying(path: Path) -> None:
    """A part whose declared size is smaller than what it unpacks to."""
    book(path, ("a", "visible", [["amount"], *[[n] for n in range(5000)]]))
    with zipfile.ZipFile(path) as archive:
        about = archive.getinfo("xl/worksheets/sheet1.xml")
    data = path.read_bytes()
    honest = about.file_size.to_bytes(4, "little")
    assert honest in data
    path.write_bytes(data.replace(honest, (1000).to_bytes(4, "little")))


def damaged_sheet(path: Path) -> None:
    book(path, ("a", "visible", [["amount"], [1]]))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = b"<worksheet><sheetData><row><c t='n'><v>Quillfeather</v></c>"
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


@pytest.mark.parametrize("make", [bomb, cut, lying, damaged_sheet, entities])
def test_hostile_workbooks_are_refused_in_two_lines(place: Path, make: Any, capsys: pytest.CaptureFixture[str]) -> None:
    make(place / "in.xlsx")
    capsys.readouterr()
    assert run(["scan", "in.xlsx"]) == 2
    assert_two_lines(capsys.readouterr().err)
    if make is not entities:  # what is beside the cells does not come along
        assert run(["anonymize", "in.xlsx", "-o", "out.xlsx", *SAMPLE]) == 2
        assert_two_lines(capsys.readouterr().err)
    assert not list(place.glob("*out*"))


def test_without_the_extra_two_lines_say_what_to_install(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book(place / "in.xlsx", ("a", "visible", [HEAD, row()]))
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name in ("python_calamine", "xlsxwriter"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(excel.importlib, "import_module", lambda name: without(name))
    frame = pd.DataFrame([row()], columns=HEAD)
    frame.to_csv("in.csv", index=False)
    for source, output in (("in.xlsx", "out.csv"), ("in.csv", "out.xlsx")):
        assert run(["anonymize", source, "-o", output, *SAMPLE]) == 2
        said = capsys.readouterr().err
        assert_two_lines(said)
        assert "secureprofile[excel]" in said


def test_what_a_sheet_cannot_hold_is_refused_whole(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.DataFrame([row(country="Q" * 40_000)], columns=HEAD)
    frame.to_csv("in.csv", index=False)
    assert run(["anonymize", "in.csv", "-o", "out.xlsx", *SAMPLE]) == 2
    said = capsys.readouterr().err
    assert_two_lines(said)
    assert "row 1, column" in said
    monkeypatch.setattr(excel, "ROWS", 3)
    pd.DataFrame([row()] * 3, columns=HEAD).to_csv("in.csv", index=False)
    assert run(["anonymize", "in.csv", "-o", "out.xlsx", *SAMPLE]) == 2
    assert "more" in capsys.readouterr().err
    assert not (place / "out.xlsx").exists()
