"""The language: what is in it means one thing, everything else is refused, and nothing is evaluated."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.portrait.expression import ExpressionError, parse
from secureprofile.portrait.folds import Events, compile_folds
from secureprofile.portrait.rows import compile_row

DAY = date(2026, 11, 1)

HOSTILE = [
    "__import__('os').system('ls')", "().__class__", "x.y", "x[0]", "lambda: 1", "[x for x in y]", "f'{x}'", "x if y else z", "x := 1",
    "print(x)", "eval('1')", "x ** 9999", "x @ y", "x // 2", "x % 2", "~x", "x << 1", "x in (1, 2)", "x is None", "{1: 2}",
    "(1, 2)", "...", "b'x'",
    "1j", "None", "count(*x)", "lower(x=1)", "lower(x, **y)", "open('f')", "", " ", "#", "x;y", "x\ny", "import os", "mean(count())", "9" * 900,
    "1e999", "(" * 300 + "x" + ")" * 300, "not " * 60 + "x", "x" * 1001, "\x00", "ｃｏｕｎｔ（）", "'\\d'",
    "one_of(x, y)", "days_since()", "days_since(x, y)",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["row", "fold"])
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:25].encode("unicode_escape").decode())
def test_what_is_not_on_the_list_is_refused(text: str, kind: Any) -> None:
    with pytest.raises(ExpressionError):
        parse(text, kind)


@pytest.mark.parametrize("text", ["count()", "sum(x) > 3", "most(x, 1)"])
def test_a_condition_folds_nothing(text: str) -> None:
    with pytest.raises(ExpressionError, match="folds rows"):
        parse(text, "row")


@pytest.mark.parametrize("text", ["x", "x + count()", "lower(x)", "3"])
def test_a_feature_reads_columns_inside_a_fold_only(text: str) -> None:
    """So it is a function of all rows of one person, whichever row comes first."""
    with pytest.raises(ExpressionError):
        parse(text, "fold")


WORDS = st.sampled_from(
    "x y count ( ) , + - * / == < >= and or not 'a' 1 0.5 sum max latest most share if_ one_of lower days_since as_of . [ ] : = lambda \\".split()
)


@settings(max_examples=400)
@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=30), st.sampled_from(["row", "fold"]))
def test_any_text_is_parsed_or_refused_in_our_words(text: str, kind: Any) -> None:
    try:
        expression = parse(text, kind)
    except ExpressionError:
        return
    assert expression.kind == kind


ROWS = ibis.memtable(
    pa.table(
        {
            "person": ["a", "a", "a", "b", "b", "c"],
            "n": [1, 2, 3, 10, None, None],
            "word": [" Tea", "milk", "milk", "Tea ", None, None],
            "at": [date(2026, 1, 1), date(2026, 3, 1), date(2026, 2, 1), date(2026, 11, 1), date(2024, 2, 29), None],
        }
    ),
    schema={"person": "string", "n": "int64", "word": "string", "at": "date"},
)
EVENTS = Events(table=ROWS, person="person", as_of=DAY, clock="at")
# fold → its value for a, b and c, worked out by hand; missing values count for nothing
FOLDS: dict[str, list[Any]] = {
    "count()": [3, 2, 1],
    "count_distinct(word)": [2, 1, 0],
    "sum(n)": [6, 10, None],
    "min(n)": [1, 10, None],
    "max(at)": [date(2026, 3, 1), date(2026, 11, 1), None],
    "mean(n)": [2.0, 10.0, None],
    "share(n >= 2)": [2 / 3, 1 / 2, 0.0],
    "latest(word, at)": ["milk", "Tea ", None],
    "most(lower(trim(word)), 1)": ["milk", "tea", None],
    "most(lower(trim(word)), n)": ["milk", "tea", None],
    "sum(n) / count()": [2.0, 5.0, None],
    "sum(if_(missing(n), 0, n))": [6, 10, 0],
    "sum(n, where=n >= 2)": [5, 10, None],
    "count(where=word == 'milk')": [2, 0, 0],
    "share(word == 'milk', where=not missing(word))": [2 / 3, 0.0, None],
    "count(last=250)": [1, 1, 0],  # the dates are 304, 245, 273, 0 and 976 days ago
    "count(before=250)": [2, 1, 0],
    "sum(n, last=300, before=250, where=n > 0)": [3, None, None],
    "mean(n, where=n > 99)": [None, None, None],
    "first(word, at)": [" Tea", "Tea ", None],
    "first(n, -n)": [3, 10, None],
    "max(sum(n), per=trim(word))": [5, 10, None],
    "count(per=trim(word))": [2, 1, 0],
    "share(count() > 1, per=word)": [1 / 2, 0.0, None],
    "mean(sum(n) / count(), per=word)": [1.75, 10.0, None],
    "sum(max(n, where=n < 3), per=word)": [3, None, None],
    "max(count(), per=word, last=300)": [2, 1, None],
    "gap(at, 0.5)": [28, 976, None],
    "gap(at, 1)": [31, 976, None],
    "gap(at, 1, where=n > 1)": [28, None, None],
}


@pytest.mark.parametrize("text", FOLDS)
def test_folds(text: str) -> None:
    found = ibis.duckdb.connect().to_pyarrow(compile_folds({"x": parse(text, "fold")}, EVENTS))
    values = {row["person"]: row["x"] for row in found.to_pylist()}
    assert [values[person] for person in "abc"] == [
        pytest.approx(value) if isinstance(value, float) else value for value in FOLDS[text]
    ]


@pytest.mark.parametrize(
    "text",
    ["decayed(n, 0)", "decayed(n, n)", "decayed(n, -3)", "gap(at, 2)", "gap(at, 0)", "gap(at, True)", "sum(n, last=0)", "sum(n, last=n)",
     "sum(n, last=2.5)", "sum(n, last=30, before=30)", "sum(n, where=sum(n) > 2)", "sum(n, per=word)", "max(sum(n) + n, per=word)",
     "max(sum(n, per=word), per=at)", "max(latest(n, at), per=word)", "latest(n, at, per=word)", "sum(n, last=1, last=2)", "lower(n, last=3)",
     "sum(n, window=3)", "sum(n / 0)"],
)  # fmt: skip
def test_a_fold_that_is_narrowed_wrongly_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, "fold")
    assert caught.value.hint


def test_what_fades_halves_with_every_half_life() -> None:
    day = date(2026, 11, 1)
    rows = {"person": ["a"] * 4, "n": [8.0, 8.0, 8.0, 5.0], "at": [day - timedelta(days=n) for n in (0, 30, 75, -1)]}
    events = Events(table=ibis.memtable(pa.table(rows)), person="person", as_of=DAY, clock="at")
    found = ibis.duckdb.connect().to_pyarrow(compile_folds({"x": parse("decayed(n, 30)", "fold")}, events)).to_pylist()
    assert found[0]["x"] == pytest.approx(8 + 4 + 8 * 2**-2.5, abs=1e-6)  # what happens tomorrow is not known today


def test_windows_need_a_time() -> None:
    events = Events(table=ROWS, person="person", as_of=DAY)
    with pytest.raises(ExpressionError, match="needs to know when"):
        compile_folds({"x": parse("count(last=30)", "fold")}, events)


CONDITIONS: dict[str, list[bool | None]] = {
    "days_since(at) == 0": [False, False, False, True, False, None],
    "days_since(at) > 300": [True, False, False, False, True, None],
    "years_since(year(at)) == 2": [False, False, False, False, True, None],
    "missing(n)": [False, False, False, False, True, True],
    "not missing(n) and n > 2": [False, False, True, True, False, False],
    "1 < n <= 3": [False, True, True, False, None, None],
    "one_of(trim(word), 'Tea', 'Coffee')": [True, False, False, True, None, None],
    "starts_with(word, 'm') or n == 10": [False, True, True, True, None, None],
    "weekday(at) == 6": [False, True, True, True, False, None],
    "-n + 2 * n == n": [True, True, True, True, None, None],
    "at > as_of()": [False, False, False, False, False, None],
    "days_between(at, as_of()) == days_since(at)": [True, True, True, True, True, None],
    "coalesce(n, 0) == 0": [False, False, False, False, True, True],
    "contains(word, 'ea')": [True, False, False, True, None, None],
    "month(at) == 2": [False, False, True, False, True, None],
    "abs(n - 3) <= 1": [False, True, True, False, None, None],
    "least(n, 2) == greatest(n, 2)": [False, True, False, False, None, None],
    "n / (n - 2) > 0": [False, None, True, True, None, None],
    "ln(n - 1) == 0": [None, True, False, False, None, None],
    "sqrt(n + 6) == 3": [False, False, True, False, None, None],
    "exp(n * 1000) > 0": [None, None, None, None, None, None],
    "exp(n - n) == 1": [True, True, True, True, None, None],
    "floor(n / 2) == 1": [False, True, True, False, None, None],
}


@pytest.mark.parametrize("text", CONDITIONS)
def test_conditions(text: str) -> None:
    value = compile_row(parse(text, "row"), {name: ROWS[name] for name in ROWS.columns}, DAY)
    found = ibis.duckdb.connect().to_pyarrow(ROWS.select("person", "n", "at", x=value)).to_pylist()
    order = {(r["person"], r["n"], r["at"]): r["x"] for r in found}
    rows = [("a", 1, date(2026, 1, 1)), ("a", 2, date(2026, 3, 1)), ("a", 3, date(2026, 2, 1)), ("b", 10, date(2026, 11, 1)),
            ("b", None, date(2024, 2, 29)), ("c", None, None)]  # fmt: skip
    assert [order[row] for row in rows] == CONDITIONS[text]


@pytest.mark.parametrize("text", ["sum(word)", "mean(lower(n))", "max(days_since(word))", "share(n)"])
def test_a_type_that_does_not_fit_is_refused_by_the_expressions_own_text(text: str) -> None:
    with pytest.raises(ExpressionError, match="does not fit") as caught:
        ibis.to_sql(compile_folds({"x": parse(text, "fold")}, EVENTS))
    assert text in str(caught.value)


def test_ties_do_not_depend_on_the_order_of_rows() -> None:
    forward = {"person": ["a"] * 4, "v": ["x", "y", "x", "y"], "t": [1, 2, 2, 1]}
    texts = ("most(v, 1)", "latest(v, t)")
    answers = []
    for rows in (forward, {name: values[::-1] for name, values in forward.items()}):
        folded = compile_folds(
            {f"f{i}": parse(t, "fold") for i, t in enumerate(texts)},
            Events(table=ibis.memtable(pa.table(rows)), person="person", as_of=DAY),
        )
        answers.append(ibis.duckdb.connect().to_pyarrow(folded).to_pylist())
    assert answers[0] == answers[1] == [{"person": "a", "f0": "x", "f1": "x"}]
