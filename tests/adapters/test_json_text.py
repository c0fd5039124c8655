"""JSON that is no JSON Lines is read alike, however it is laid out and wherever it is cut into pieces; and as JSON Lines are."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.adapters import json_text
from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.json_text import objects
from secureprofile.adapters.sources import open_source
from secureprofile.errors import InputError

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | TEXT
NESTED = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
PEOPLE = st.lists(st.fixed_dictionaries({"a": NESTED, "b": PLAIN}), min_size=1, max_size=6)


def found(text: str, piece: int) -> list[tuple[str, dict[str, Any]]]:
    """Read pieces of so many characters."""
    source = io.StringIO(text)
    return list(objects(lambda size: source.read(min(size, piece)), "t.json"))


@given(PEOPLE, st.sampled_from([None, 0, 3]), st.booleans(), st.integers(1, 40), st.booleans())
def test_layout_and_pieces_change_nothing(
    people: list[dict[str, object]], indent: int | None, array: bool, piece: int, ascii_only: bool
) -> None:
    if array:
        text = json.dumps(people, indent=indent, ensure_ascii=ascii_only)
    else:
        text = "\n".join(json.dumps(person, indent=indent, ensure_ascii=ascii_only) for person in people)
    read = found(text, piece)
    assert [members for _, members in read] == people
    assert [json.loads(spelled) for spelled, _ in read] == people


@given(PEOPLE, st.data())
def test_a_cut_array_is_refused_and_not_shortened(people: list[dict[str, object]], data: st.DataObject) -> None:
    text = json.dumps(people)
    end = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(InputError, match=r"object \d+, at line 1"):
        found(text[:end], 50)


def test_an_object_may_be_long_but_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "LONGEST", 1000)
    monkeypatch.setattr(json_text, "PIECE", 10)
    assert found(json.dumps([{"a": "x" * 900}]), 10)[0][1] == {"a": "x" * 900}
    with pytest.raises(InputError, match="longer than"):
        found('[{"a": "' + "x" * 9000, 10)


def test_cells_are_those_of_json_lines(tmp_path: Path) -> None:
    people = [
        {"a": "1.50", "b": 7, "c": True, "d": {"x": [1, {"y": "z  w"}]}, "e/~": None},
        {"a": "王\n小明", "b": 1e3, "c": "", "d": [], "e/~": "null"},
        {"a": None},
    ]
    lines = "".join(json.dumps(p, separators=(",", ":"), ensure_ascii=False) + "\n" for p in people)
    tables = {}
    for name, text in (("l.jsonl", lines), ("a.json", json.dumps(people, indent=2)), ("b.json", json.dumps(people))):
        (tmp_path / name).write_text(text, encoding="utf-8")
        with DuckEngine(temp=tmp_path) as engine, engine.source(open_source(tmp_path / name)) as table:
            tables[name] = engine.to_arrow(table).to_pylist()
    assert tables["a.json"] == tables["b.json"] == tables["l.jsonl"]


def test_a_late_member_is_not_lost_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "late.json"
    path.write_text(json.dumps([{"a": n} for n in range(2000)] + [{"a": 1, "b": 2}]))
    with (
        DuckEngine(temp=tmp_path) as engine,
        pytest.raises(InputError, match="object 2,001 has a member that the first 1,000 have not"),
        engine.source(open_source(path)),
    ):
        pass
