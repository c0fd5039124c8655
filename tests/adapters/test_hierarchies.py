"""Hierarchy files as people save them, what the policy's section makes of them, and where places are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.adapters.hierarchies import check_files, file_rows, hierarchies, read_rows, written, written_rows
from secureprofile.adapters.places import place_of
from secureprofile.anonymity.hierarchy import Hierarchy, HierarchyError
from secureprofile.errors import InputError
from secureprofile.policy.anonymity import Anonymity
from tests.anonymity.test_hierarchy import HEIGHTS, Rows, labels, nested_rows

ROWS = [["北京", "华北地区", "*"], ["上海", "华东地区", "*"], ["", "未知", "*"]]
SECRET = "Quillfeather"


def spelled(rows: Rows, delimiter: str = ";", end: str = "\n") -> str:
    return "".join(delimiter.join(row) + end for row in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_files_are_read_as_they_were_saved(encoding: str, delimiter: str, end: str) -> None:
    assert read_rows(spelled(ROWS, delimiter, end).encode(encoding), name="f.csv") == ROWS
    assert read_rows(spelled(ROWS, delimiter, end).removesuffix(end).encode(encoding), name="f.csv") == ROWS


def test_quotes_hold_delimiters_and_line_ends() -> None:
    assert read_rows(b'"a;b";x;*\n"say ""c""";x;*\n', name="f.csv") == [["a;b", "x", "*"], ['say "c"', "x", "*"]]
    assert read_rows(b"Berlin, DE;x;*\nParis, FR;x;*\n", name="f.csv") == [
        ["Berlin, DE", "x", "*"],
        ["Paris, FR", "x", "*"],
    ]
    assert read_rows(b"f\nm\n", name="f.csv") == [["f"], ["m"]]


BROKEN = {
    "empty": (b" \n", "is empty"),
    "blank": (f"{SECRET};*\n\n{SECRET}s;*\n".encode(), "line 2 is blank"),
    "open-quote": (f'"{SECRET};*\nb;*\n'.encode(), "does not follow CSV's rules"),
    "binary": (b"\x00\x01" + SECRET.encode(), "NUL bytes"),
    "no-text": (SECRET.encode() + b"\xff\xfe\x81;*\n", "is not UTF-8"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_such_file_is_refused(kind: str) -> None:
    data, words = BROKEN[kind]
    with pytest.raises(InputError, match=words) as caught:
        read_rows(data, name="f.csv")
    assert caught.value.hint
    assert SECRET not in str(caught.value) + caught.value.hint


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        file_rows(tmp_path / "f.csv")


@settings(deadline=None)
@given(nested_rows())
def test_what_is_written_is_read_again(rows: Rows) -> None:
    made = Hierarchy.from_rows("x", rows)
    again = Hierarchy.from_rows("x", read_rows(written(made), name="f.csv"))
    assert again.leaves == made.leaves
    assert [level.labels for level in again.levels] == [level.labels for level in made.levels]
    assert [level.groups.tolist() for level in again.levels] == [level.groups.tolist() for level in made.levels]


@settings(deadline=None)
@given(st.lists(st.lists(st.text('ab;,\t"\n\r é', max_size=4), min_size=3, max_size=3), min_size=1, max_size=5))
def test_any_cells_come_back(rows: Rows) -> None:
    """A file of three cells on every line is one under semicolons, whatever is in its cells."""
    assert read_rows(written_rows(rows), name="f.csv") == rows


SECTION = {
    "k": 2,
    "quasi_identifiers": {"age": {"bands": {"width": 10, "levels": 1}}, "sex": "sex.csv", "town": "places"},
    "sensitive": {
        "disease": {"t": "0.2", "distance": "hierarchical", "by": {"tree": {"Cancer": ["Lung", "Skin"]}}},
        "job": {"l": 2},
    },
}
VALUES = {"age": ["31", ""], "sex": ["f"], "town": ["Potsdam"], "disease": ["Lung"], "job": ["cook"]}


def test_a_section_makes_every_hierarchy_that_it_names() -> None:
    made = hierarchies(Anonymity.model_validate(SECTION), VALUES, {"sex.csv": b"f;*\nm;*\n"})
    assert set(made) == {"age", "sex", "town", "disease"}
    assert labels(made["age"], "31") == ["31", "30 to 39", "*"]
    assert labels(made["town"], "Potsdam") == ["Potsdam", "Germany", "*"]
    assert made["sex"].leaves == ("f", "m")
    assert made["disease"].leaves == ("Lung", "Skin")
    assert {name: tree.name for name, tree in made.items()} == {name: name for name in made}


def test_a_file_that_does_not_cover_the_data_is_refused() -> None:
    with pytest.raises(HierarchyError, match=r"hierarchy of sex: 1 of 1 different values"):
        hierarchies(Anonymity.model_validate(SECTION), VALUES, {"sex.csv": b"m;*\n"})


def test_files_are_checked_whatever_the_data() -> None:
    rules = {"people": Anonymity.model_validate(SECTION)}
    check_files(rules, {"sex.csv": b"f;*\nm;*\n"})
    with pytest.raises(HierarchyError, match=r"hierarchy of sex.csv: line 2 has 1 levels"):
        check_files(rules, {"sex.csv": b"f;x;*\nm\nn;x;*\n"})


@pytest.mark.parametrize("name", HEIGHTS)
def test_those_of_adult_are_read_as_they_are(shared_data: Path, name: str) -> None:
    path = shared_data / "arx_adult" / f"adult_hierarchy_{name}.csv"
    assert written_rows(file_rows(path)) == path.read_bytes().replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"


WHERE = {
    "Berlin": ("Berlin", "Germany"), "münchen": ("", "Germany"), " Munchen ": ("", "Germany"), "Bayern": ("Bayern", "Germany"),
    "California": ("California", "United States"), "new-york": ("New York", "United States"), "Deutschland": ("", "Germany"),
    "德国": ("", "Germany"), "深圳": ("", "China"), "深圳市": ("", "China"), "广东省深圳市": ("广东", "China"), "广东深圳": ("广东", "China"),
    "广西壮族自治区": ("广西", "China"), "上海市": ("上海", "China"), "東京都": ("東京都", "Japan"), "香港": ("", "Hong Kong"),
    "Limburg": None, "Georgia": None, "海南藏族自治州": None, "Nowhere": None, "": None, "CA": None, "12345": None,
}  # fmt: skip


@pytest.mark.parametrize("name", WHERE)
def test_places_are_known_where_one_country_has_the_name(name: str) -> None:
    assert place_of(name) == WHERE[name]
