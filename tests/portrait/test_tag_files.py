"""Tag files that attack or err: refused before any data is read, with the place of every problem."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from secureprofile.errors import PolicyFileError, Problem, SecureProfileError
from secureprofile.portrait.build import clean
from secureprofile.portrait.dictionary import check_row_local
from secureprofile.portrait.expression import ExpressionError, parse
from secureprofile.portrait.reading import load_tags
from secureprofile.portrait.rows import compile_row
from secureprofile.portrait.types import Column
from tests.portrait.engine import DAY, duck, tagged

LINES = """\
secureprofile-tags: 1
clean:
  rows: {unique: true, reject: {bad: "n < 0"}}
features:
  rows:
    total: "sum(n)"
    word: "latest(word, n)"
    day: "max(day)"
tags:
  - code: size
    dimension: consumption
    name: {en: Size, zh: 大小}
    definition: {en: Total., zh: 合计。}
    values:
      - code: big
        name: {en: big, zh: 大}
        when: "total > 2"
      - {code: small, name: {en: small, zh: 小}, otherwise: true}
""".splitlines()
ROWS = ibis.memtable(
    pa.table(
        {"person": ["a", "b"], "n": [1, 5], "word": ["x", "7"], "day": pa.array([None, DAY], pa.date32()), "rule": ["r", "s"]}
    )
)  # fmt: skip
COLUMNS = {
    "rows": {
        name: Column(kind) for name, kind in {"n": "int64", "word": "string", "day": "date", "rule": "string"}.items()
    }
}


def text(**changes: str) -> str:
    """The file with other values behind some keys: ``total='"count()"'`` replaces that line's value."""
    lines = list(LINES)
    for key, value in changes.items():
        place = next(n for n, line in enumerate(lines) if line.strip(" -").startswith(f"{key}: "))
        lines[place] = lines[place][: lines[place].index(f"{key}: ")] + f"{key}: {value}"
    return "\n".join(lines) + "\n"


def run(file: str) -> dict[str, dict[str, str]]:
    return tagged({"rows": ROWS}, tags=load_tags(file, file="tags.yaml", columns=COLUMNS))


def test_the_file_that_the_others_are_made_from_is_right() -> None:
    assert run(text()) == {"a": {"size": "small"}, "b": {"size": "big"}}


HOSTILE = {
    "attribute": "total.real", "dunder": "().__class__.__bases__", "import": "__import__('os')", "statement": "import os",
    "unknown function": "system('ls')", "method": "'a'.join(word)", "subscript": "word[0]", "lambda": "(lambda: 1)()",
    "walrus": "(total := 3) > 2", "comprehension": "[total for total in word]", "conditional": "1 if total else 2", "f-string": "f'{total}'",
    "star": "one_of(*word, 'a')", "keyword": "lower(x=word)", "power": "9 ** 9 ** 9", "shift": "1 << 9999", "membership": "total in (1, 2)",
    "deep": "not " * 41 + "total > 2",
    "parentheses": "(" * 250 + "total" + ")" * 250, "huge number": "9" * 400,
    "large number": "total > 1000000000000000",
    "infinity": "total > 1e999", "hexadecimal": "total > 0x" + "f" * 300, "complex": "total > 1j",
    "bytes": "word == b'x'", "none": "word == None",
    "cyrillic": "t\u043etal > 2", "cyrillic call": "l\u043ewer(word) == 'x'", "full-width brackets": "lower（word） == 'x'",
    "minus sign": "total > \u22122",
    "curly quotes": "word == ‘x’", "zero width": "to\u200btal > 2", "bidi": "\u202etotal > 2", "no-break space": "total\u00a0> 2\u00a0and",
    "empty": "", "blank": "   ", "comment": "# total > 2", "two": "total > 2; total > 3", "escape": "word == '\\d'", "nul": "total\x00> 2",
    "long": "total > 2 or " * 90 + "total > 2", "fold in a condition": "sum(total) > 2", "unknown feature": "totl > 2",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_condition_is_refused_at_its_place(name: str) -> None:
    file = text(when=json.dumps(HOSTILE[name]))
    with pytest.raises(PolicyFileError) as caught:
        load_tags(file, file="tags.yaml", columns=COLUMNS)
    assert [(p.file, p.line, p.path) for p in caught.value.problems] == [("tags.yaml", 17, "tags.0.values.0.when")]
    assert all(problem.column >= 9 for problem in caught.value.problems)
    assert all(problem.hint for problem in caught.value.problems)


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - {"fold in a condition", "unknown feature"}))
def test_a_hostile_feature_is_refused_at_its_place(name: str) -> None:
    with pytest.raises(PolicyFileError) as caught:
        load_tags(text(total=json.dumps(HOSTILE[name])), file="tags.yaml", columns=COLUMNS)
    assert ("features.rows.total", 6) in [(p.path, p.line) for p in caught.value.problems]


@pytest.mark.parametrize(
    ("when", "character"),
    [
        ("total > 2 and totl < 9", 14),
        ("total > 2 or 'é' == b'x'", 20),
        ("lower(total) == 'x'", None),
        ("1 < total / 0", 12),
    ],
)
def test_the_place_of_a_mistake_is_its_character(when: str, character: int | None) -> None:
    """In the line ``        when: "…"`` the text begins at column 16."""
    with pytest.raises(PolicyFileError) as caught:
        load_tags(text(when=f'"{when}"'), file="tags.yaml", columns=COLUMNS)
    assert [p.column for p in caught.value.problems] == [9 if character is None else 16 + character]


def test_full_width_letters_are_the_letters_they_look_like() -> None:
    """Python folds them while parsing; the folded name is the one that is checked."""
    assert parse("ｔｏｔａｌ > 2", "row").names == {"total"}
    assert run(text(when='"ｔｏｔａｌ > 2"')) == run(text())


@settings(max_examples=300)
@given(st.text(max_size=60), st.sampled_from(["row", "fold"]))
def test_any_text_is_an_expression_or_our_error(word: str, kind: Any) -> None:
    try:
        expression = parse(word, kind)
    except ExpressionError:
        return
    assert all(name.isidentifier() for name in expression.names)


ATOMS = st.sampled_from(
    ["total", "total > 2", "word == 'x'", "1", "0.5", "'x'", "missing(word)", "year(day)", "days_since(day)"]
)
TREES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", " - ", " * ", " / ", " and ", " or ", " == ", " < "]), inner).map("".join),
        inner.map(lambda a: f"not ({a})"),
        inner.map(lambda a: f"({a})"),
        st.tuples(inner, inner, inner).map(lambda a: f"if_({a[0]}, {a[1]}, {a[2]})"),
        inner.map(lambda a: f"lower({a})"),
        inner.map(lambda a: f"years_since({a})"),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@example("total + word")
@given(TREES)
def test_whatever_parses_compiles_or_is_said_not_to_fit(word: str) -> None:
    """Neither an engine nor its compiler speaks to the reader."""
    columns = {"total": ROWS.n, "word": ROWS.word, "day": ROWS.day}
    with suppress(ExpressionError):
        compile_row(parse(word, "row"), columns, DAY)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_broken_file_is_a_dictionary_or_a_list_of_problems(data: Any) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "indent", "cut", "swap", "noise"])):
            case "drop":
                lines[place] = ""
            case "double":
                lines.insert(place, lines[place])
            case "indent":
                lines[place] = "  " + lines[place]
            case "cut":
                lines[place] = lines[place][: data.draw(st.integers(0, len(lines[place])))]
            case "swap":
                lines[place], lines[0] = lines[0], lines[place]
            case "noise":
                lines[place] += data.draw(st.text(max_size=6))
    problems: tuple[Problem, ...] = ()
    try:
        check_row_local(load_tags("\n".join(lines), file="tags.yaml", columns=COLUMNS))
    except PolicyFileError as error:
        problems = error.problems
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)


def test_all_problems_of_a_file_are_told_at_once_in_its_order() -> None:
    file = text(total='"summ(n)"', day='"max(dya)"', dimension="taste", when='"sized > 2"')
    with pytest.raises(PolicyFileError) as caught:
        load_tags(file, file="tags.yaml", columns=COLUMNS)
    paths = [problem.path for problem in caught.value.problems]
    assert paths == [
        "features.rows.total", "features.rows.day", "tags.0.dimension", "tags.0.values.0.when",
    ]  # fmt: skip
    assert "did you mean day?" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"total": "3"}, "features.rows.total"),
        ({"total": "[sum(n)]"}, "features.rows.total"),
        ({"when": "true"}, "tags.0.values.0.when"),
        ({"name": "Size"}, "tags.0.name"),
        ({"name": "{en: Size}"}, "tags.0.name"),
        ({"name": "{en: 3, zh: 4}"}, "tags.0.name"),
        ({"secureprofile-tags": "2"}, "secureprofile-tags"),
    ],
    ids=str,
)
def test_values_of_another_shape_are_problems(changes: dict[str, str], path: str) -> None:
    file = text(**changes)
    with pytest.raises(PolicyFileError) as caught:
        load_tags(file, file="tags.yaml", columns=COLUMNS)
    assert path in [problem.path for problem in caught.value.problems]


# --- what the parser lets through must work, or be refused in our words -----------------------------------------------------


@pytest.mark.parametrize("when", ["total", "'x'", "not total", "year(day)"])
def test_a_condition_that_is_neither_true_nor_false_is_refused_in_our_words(when: str) -> None:
    with pytest.raises(SecureProfileError, match=r"does not fit|true nor false"):
        run(text(when=json.dumps(when)))


def test_a_cleaning_rule_that_is_neither_true_nor_false_is_refused_in_our_words() -> None:
    with pytest.raises(SecureProfileError):
        run(text(rows='{unique: true, reject: {bad: "n"}}'))


@pytest.mark.parametrize("when", ["one_of(word, 1)", "one_of(total, 'x')", "if_(word, 1, 2) == 1"])
def test_no_condition_is_cast_and_then_fails_on_some_row(when: str) -> None:
    with pytest.raises(PolicyFileError, match="does not fit"):
        run(text(when=json.dumps(when)))
    unchecked = load_tags(text(when=json.dumps(when)), file="tags.yaml")
    with pytest.raises(ExpressionError, match="does not fit"):
        tagged({"rows": ROWS}, tags=unchecked)


def test_a_function_that_gets_another_type_is_refused_in_our_words() -> None:
    with pytest.raises(PolicyFileError, match="does not fit"):
        run(text(when="\"starts_with(word, total) or word == 'x'\""))


def test_a_column_that_the_store_does_not_have_is_missing_or_refused_in_our_words() -> None:
    table = ROWS.drop("word")
    tags = load_tags(text(), file="tags.yaml", columns=COLUMNS)
    try:
        found = tagged({"rows": table}, tags=tags)
    except SecureProfileError:
        return
    assert found == {"a": {"size": "small"}, "b": {"size": "big"}}


@pytest.mark.parametrize("code", ["person", '""'])
def test_a_tag_code_that_cannot_be_a_column_of_the_portrait_is_a_problem(code: str) -> None:
    file = "\n".join(LINES).replace("code: size", f"code: {code}")
    with pytest.raises(PolicyFileError):
        load_tags(file, file="tags.yaml", columns=COLUMNS)


def test_a_feature_may_have_any_name_that_the_file_accepts() -> None:
    file = text().replace("    total:", "    person_right:").replace("total > 2", "person_right > 2")
    assert run(file) == run(text())


def test_a_dataset_may_have_a_column_that_is_called_rule() -> None:
    file = text(word='"latest(rule, n)"', when="\"word == 's'\"")
    assert run(file) == {"a": {"size": "small"}, "b": {"size": "big"}}


def test_a_rule_that_is_called_duplicate_keeps_its_own_count() -> None:
    file = text(rows='{unique: true, reject: {duplicate: "n > 2"}}')
    try:
        tags = load_tags(file, file="tags.yaml", columns=COLUMNS)
    except PolicyFileError:
        return
    rules = [row["rule"] for row in duck().to_pyarrow(clean(ROWS, tags.clean["rows"], DAY)[1]).to_pylist()]
    assert len(rules) == len(set(rules))
