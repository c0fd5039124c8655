"""Every recognizer holds its examples and refuses its counter-examples; the engine's filter loses nothing."""

from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.guard.detect import find, search
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS
from secureprofile.guard.text import normalise
from secureprofile.vocabulary import DATA_CATEGORIES

ROWS = [pytest.param(spec, id=f"{number}-{spec.name}") for number, spec in enumerate(SPECS)]


@pytest.mark.parametrize("spec", ROWS)
def test_examples_are_found(spec: PatternSpec) -> None:
    for example in spec.examples:
        assert any(finding.name == spec.name for finding in find(example, specs=(spec,))), example


@pytest.mark.parametrize("spec", ROWS)
def test_counter_examples_are_not(spec: PatternSpec) -> None:
    for text in spec.counter_examples:
        assert not find(text, specs=(spec,)), text


@pytest.mark.parametrize("spec", ROWS)
def test_found_beside_han_and_in_full_width(spec: PatternSpec) -> None:
    """Values are glued to Chinese text without blanks, and typed in full-width forms."""
    for example in spec.examples:
        wide = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in example)
        for text in (f"见{example}，谢谢", f"见{wide}。"):
            assert any(finding.name == spec.name for finding in find(text, specs=(spec,))), text


@pytest.mark.parametrize("spec", ROWS)
def test_rows_are_whole(spec: PatternSpec) -> None:
    assert spec.category in DATA_CATEGORIES
    assert spec.examples
    assert spec.source
    assert 0 < spec.score <= 1


PIECES = st.sampled_from(
    [example for spec in SPECS for example in (*spec.examples, *spec.counter_examples)]
    + ["电话", " ", "born ", "，", "x", "１２", "\u200b", "@", "-", "."]
)


def test_the_engine_reads_the_filter_as_python_does() -> None:
    """RE2 in DuckDB and Python agree on every example, for every row of the table."""
    texts = [normalise(text)[0] for spec in SPECS for text in (*spec.examples, *spec.counter_examples)]
    for spec in SPECS:
        found = duckdb.execute(
            "SELECT regexp_matches(text, ?) FROM unnest(?) t(text)", [spec.superset, texts]
        ).fetchall()
        assert [row[0] for row in found] == [bool(re.search(spec.superset, text)) for text in texts], spec.name


@given(st.text(max_size=40))
def test_folding_keeps_every_place(text: str) -> None:
    bare, places = normalise(text)
    assert len(places) == len(bare) + 1
    assert all(places[i] < places[i + 1] for i in range(len(bare)))
    assert normalise(bare)[0] == bare


@settings(max_examples=200)
@given(st.text(max_size=30), PIECES, st.text(max_size=30))
def test_findings_are_spans_of_the_text_without_overlaps(before: str, value: str, after: str) -> None:
    text = before + value + after
    end = 0
    for finding in find(text):
        assert end <= finding.start < finding.end <= len(text)
        end = finding.end


def slow_find(text: str, context: tuple[str, ...] = ()) -> list[tuple[str, int, int]]:
    """Every recognizer over the whole text, without any shortcut."""
    found = [f for spec in SPECS for f in search(text, specs=(spec,), context=context)]
    return sorted({(f.name, f.start, f.end) for f in found})


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=5).map("".join))
def test_shortcuts_lose_nothing(text: str) -> None:
    together = {(f.name, f.start, f.end) for f in find(text)}
    assert together <= set(slow_find(text))
    assert bool(together) == bool(slow_find(text))
