"""What a spreadsheet would run becomes text; numbers and telephone numbers stay; a second run changes nothing."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.guard.formulas import _RUNS, runs_text

RUN = [
    "=1+1", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-cmd|x", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)*cmd|x", "\t=1+1", "\rx", " =1",
    "\u200b=1", "\ufeff@x",
    "＝1+1", "＋cmd", "－cmd", "＠x", "−A1", "+E5", "-1e", "-1ex", "+-A1", "\tname", "=HYPERLINK(\"http://x.example\",\"y\")", "-\n=A1", "@", "=",
]  # fmt: skip
STAY = [
    "-12.5", "+44 20 7946 0000", "+44 (0)20-7946/0000", "-", "--", "---", "- 5", "-1e5", "-1.5E-05", "+1e+10", "-5%", "(12.50)", "-1,234.56",
    "-1.234,56", "", " ", "a=b",
    "x@y.example", "1-2", "'=1+1", "sp_id_k1_00ff", "E5", "12:30", "＋４４ ２０", "−5", "name", "\t12",
]  # fmt: skip


@pytest.mark.parametrize("text", RUN)
def test_formulas(text: str) -> None:
    assert runs_text(text)
    assert engine([text]) == [True]
    assert not runs_text("'" + text)  # what was made text stays text: a second run changes nothing


@pytest.mark.parametrize("text", STAY)
def test_plain_cells(text: str) -> None:
    assert not runs_text(text)
    assert engine([text]) == [False]


def engine(texts: list[str]) -> list[bool]:
    rows = duckdb.execute("SELECT regexp_matches(unnest(?), ?, 's')", [texts, _RUNS]).fetchall()
    return [bool(row[0]) for row in rows]


@given(
    st.lists(
        st.text(alphabet=" \t\r\n=+-@0123456789eE.,()%/'aZ＝＋－＠０−\u200b\u3000", max_size=12).filter(
            lambda t: "\0" not in t
        ),
        max_size=20,
    )
)
@settings(max_examples=150, deadline=None)
def test_the_engine_and_the_function_agree(texts: list[str]) -> None:
    assert engine(texts) == [runs_text(text) for text in texts]


@given(st.decimals(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=100, deadline=None)
def test_no_number_is_a_formula(decimal: object, number: float) -> None:
    assert not runs_text(repr(number))
    assert not runs_text(f"{decimal}")
    assert not runs_text(f"+{abs(number)!r}")
