"""The command ``risk`` on files: every number counted again over rows in plain Python, exit codes, and no cell in any output."""

from __future__ import annotations

import csv
import json
import math
import random
import re
import shlex
import string
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secureprofile.anonymity.presets import FAMILIES, PRESETS
from secureprofile.cli.main import run
from secureprofile.flows.progress import Silent
from secureprofile.flows.quasi import Looked, held, look
from secureprofile.flows.risk import Asked, Found, risk
from secureprofile.flows.shop import write_shop
from tests.conftest import ROOT

Row = dict[str, str]
QUASI = ("age", "sex", "place")
FIELDS = (*QUASI, "illness", "who")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, rows: list[Row], fields: tuple[str, ...] = FIELDS) -> str:
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return name


def measured(file: str, **asked: Any) -> Found:
    return risk(Asked(file=file, **{"quasi": QUASI, **asked}), progress=Silent())


def people(seed: int, count: int, ages: int = 6) -> list[Row]:
    rng = random.Random(seed)
    return [
        {
            "age": str(20 + rng.randrange(ages)),
            "sex": rng.choice("fm"),
            "place": rng.choice(["Ulm", "Bonn", "Köln", "  Ulm"]),
            "illness": rng.choice(["flu", "cold", "gout"]),
            "who": f"p{rng.randrange(count)}",
        }
        for _ in range(count)
    ]


def key(row: Row, names: tuple[str, ...] = QUASI) -> tuple[str, ...]:
    return tuple(row[name].strip() for name in names)


def classes(rows: list[Row], names: tuple[str, ...] = QUASI) -> dict[tuple[str, ...], list[Row]]:
    found = defaultdict(list)
    for row in rows:
        if any(cell != "*" for cell in key(row, names)):
            found[key(row, names)].append(row)
    return found


# --- one table ------------------------------------------------------------------------------------------------------------

cells = st.sampled_from(["20", "21", " 20", "", "*", "f"])
tables = st.lists(st.fixed_dictionaries(dict.fromkeys(FIELDS, cells)), min_size=1, max_size=14)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables)
def test_every_number_of_a_table(table: list[Row]) -> None:
    """Blanks do not tell people apart, missing cells are a value, and rows of nothing but * are in no class."""
    found = measured(write("t.csv", table), sensitive=("illness",)).measured
    groups = classes(table)
    gone = [row for row in table if all(cell == "*" for cell in key(row))]
    assert (found.rows, found.suppressed) == (len(table), len(gone))
    assert found.partly == sum("*" in key(row) for row in table) - len(gone)
    if not groups:
        assert (found.sizes, found.prosecutor, found.combinations, found.sensitive) == (None, None, None, {})
        return
    kept = [row for rows in groups.values() for row in rows]
    assert found.sizes is not None
    assert found.prosecutor is not None
    assert (found.sizes.records, found.sizes.classes) == (len(kept), len(groups))
    assert found.sizes.smallest == min(map(len, groups.values()))
    chances = [Fraction(1, len(groups[key(row)])) for row in kept]
    assert found.prosecutor.average == pytest.approx(float(sum(chances)) / len(kept))
    for threshold, share in found.prosecutor.at_risk:
        assert share == pytest.approx(sum(chance > threshold for chance in chances) / len(kept))
    secret = found.sensitive["illness"]
    assert secret.distinct == min(len({row["illness"].strip() for row in rows}) for rows in groups.values())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables)
def test_classes_count_people(table: list[Row]) -> None:
    found = measured(write("t.csv", table), person="who").measured
    groups = classes(table)
    if not groups:
        assert found.sizes is None
        return
    sizes = {name: len({row["who"].strip() for row in rows}) for name, rows in groups.items()}
    assert found.sizes is not None
    assert found.combinations is not None
    assert (found.sizes.records, found.sizes.smallest) == (sum(sizes.values()), min(sizes.values()))
    alone = {row["who"].strip() for name, rows in groups.items() if sizes[name] == 1 for row in rows}
    assert found.combinations.uniques == len(alone)
    assert found.combinations.records == len({row["who"].strip() for rows in groups.values() for row in rows})


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "xlsx", "csv.gz"])
def test_every_format_says_the_same(ending: str) -> None:
    rows = people(3, 200)
    frame = pd.DataFrame(rows)
    match ending:
        case "parquet":
            frame.to_parquet("t.parquet")
        case "jsonl":
            frame.to_json("t.jsonl", orient="records", lines=True, force_ascii=False)
        case "xlsx":
            frame.to_excel("t.xlsx", index=False)
        case _:
            frame.to_csv("t.csv.gz", index=False)
    expected = measured(write("t.csv", rows), sensitive=("illness",)).measured
    found = measured(f"t.{ending}", sensitive=("illness",)).measured
    assert (found.sizes, found.combinations) == (expected.sizes, expected.combinations)
    assert found.sensitive["illness"].distance == pytest.approx(expected.sensitive["illness"].distance)


def test_before_and_after_by_the_same_columns() -> None:
    rows = people(4, 300)
    after = [{**row, "place": "*", "age": row["age"][0] + "0s"} for row in rows]
    after[:7] = [{**row, **dict.fromkeys(QUASI, "*")} for row in after[:7]]
    found = measured(write("after.csv", after), before=write("before.csv", rows))
    assert found.before is not None
    assert found.before == measured("before.csv").measured
    assert (found.measured.suppressed, found.measured.partly) == (7, 293)
    assert found.measured.sizes is not None
    assert found.measured.sizes.smallest == min(Counter(key(row) for row in after[7:]).values())


# --- others' tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_journalist_counts_a_population(seed: int) -> None:
    rows, others = people(seed, 60), people(seed + 100, 500, ages=5)
    found = measured(write("t.csv", rows), population=write("p.csv", others, QUASI))
    population = Counter(key(row) for row in others)
    sizes = Counter(key(row) for row in rows)
    chances = [Fraction(1, max(population[key(row)], sizes[key(row)])) for row in rows]
    assert found.journalist is not None
    assert found.journalist.risk.highest == pytest.approx(float(max(chances)))
    assert found.journalist.risk.average == pytest.approx(float(sum(chances)) / len(rows))
    assert found.journalist.outside == sum(population[key(row)] < sizes[key(row)] for row in rows) > 0


@pytest.mark.parametrize("seed", range(4))
def test_a_linkage_is_tried_row_by_row(seed: int) -> None:
    rows = people(seed, 80, ages=30)
    for number, row in enumerate(rows):
        row["who"] = f"p{number}"
    others = [*people(seed + 50, 30, ages=30), *random.Random(seed).sample(rows, 30)]
    others.append({**rows[0], "who": ""})
    rows.append({**dict.fromkeys(FIELDS, "*"), "who": "gone"})
    shared = ("age", "sex")
    found = measured(
        write("t.csv", rows),
        against=write("o.csv", [{**o, "who": f" {o['who']}"} for o in others], ("who", *shared)),
        truth="who",
    ).linkage
    assert found is not None
    kept = rows[:-1]
    matches = [[other for other in others if key(other, shared) == key(row, shared)] for row in kept]
    single = [(row, found_[0]) for row, found_ in zip(kept, matches, strict=True) if len(found_) == 1]
    here = Counter(key(row, shared) for row in kept)
    both = [(row, other) for row, other in single if here[key(row, shared)] == 1]
    assert (found.names, found.rows, found.others) == (shared, len(kept), len(others))
    assert found.any_match == sum(bool(one) for one in matches)
    assert found.one_match == len(single)
    assert found.pairs == len(both)
    assert found.alone == sum(here[key(other, shared)] == 1 for other in others)
    assert found.right == sum(row["who"].strip() == other["who"].strip() for row, other in single) > 0
    assert found.right_pairs == sum(row["who"].strip() == other["who"].strip() for row, other in both)
    for name in shared:
        values = {other[name].strip() for other in others}
        assert found.overlap[name] == pytest.approx(sum(row[name].strip() in values for row in kept) / len(kept))


def test_labels_that_the_other_file_has_not_say_nothing() -> None:
    rows = people(8, 200)
    banded = [{**row, "age": f"{row['age'][0]}0–{row['age'][0]}9"} for row in rows]
    write("o.csv", rows, QUASI)
    raw = measured(write("t.csv", rows), against="o.csv", presets=("gdpr-wp216",), k=1, sensitive=("illness",))
    assert raw.linkage is not None
    assert {f.criterion.measure: f.verdict for f in raw.judgements[0].findings}["links"] in ("met", "not met")
    found = measured(write("b.csv", banded), against="o.csv", presets=("gdpr-wp216",), sensitive=("illness",))
    links = next(f for f in found.judgements[0].findings if f.criterion.measure == "links")
    assert (links.verdict, links.columns) == ("cannot tell", ("age",))


# --- columns ----------------------------------------------------------------------------------------------------------------


def varied(count: int = 300) -> pd.DataFrame:
    rng = random.Random(1)
    return pd.DataFrame(
        {
            "email": [f"u{i}@example.com" for i in range(count)],
            "date_of_birth": [
                f"19{rng.randrange(40, 99)}-0{rng.randrange(1, 9)}-1{rng.randrange(9)}" for _ in range(count)
            ],
            "zip": [f"{rng.randrange(10_000, 99_999)}" for _ in range(count)],
            "gender": [rng.choice(["female", "male"]) for _ in range(count)],
            "tier": [rng.choice(["gold", "silver"]) for _ in range(count)],
            "note": [f"called about the late parcel number {i} and was quite angry" for i in range(count)],
            "code": [f"{i:06d}x{rng.randrange(10**6)}" for i in range(count)],
            "always": ["yes"] * count,
            "visited_at": [f"2026-0{rng.randrange(1, 9)}-1{rng.randrange(9)}" for _ in range(count)],
            "iban": [f"DE{rng.randrange(10**19, 10**20)}" for _ in range(count)],
        }
    )


ROLES = {
    "email": "direct identifier", "date_of_birth": "quasi-identifier", "zip": "quasi-identifier", "gender": "quasi-identifier",
    "tier": "quasi-identifier", "note": "free text", "code": "nearly unique", "always": "constant",
    "visited_at": "quasi-identifier", "iban": "direct identifier",
}  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("limit", [10_000, 50])
def test_quasi_identifiers_are_proposed(ending: str, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By category, dates and distinctness; asked of all rows where the sample is not the whole file."""
    monkeypatch.setattr("secureprofile.flows.quasi.ROWS", limit)
    varied().to_csv("v.csv", index=False)
    varied().to_parquet("v.parquet")
    found = risk(Asked(file=f"v.{ending}"), progress=Silent())
    assert {column.name: column.role for column in found.columns} == ROLES
    assert found.proposed
    assert found.quasi == tuple(name for name, role in ROLES.items() if role == "quasi-identifier")


def test_numbers_of_things_are_no_quasi_identifiers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows of each of two thousand codes: they number something; three of each of twelve describe it."""
    monkeypatch.setattr("secureprofile.flows.quasi.ROWS", 100)
    frame = pd.DataFrame({"code": [f"A{i // 3:05d}" for i in range(6000)], "kind": [f"k{i % 12}" for i in range(6000)]})
    frame.to_csv("n.csv", index=False)
    found = risk(Asked(file="n.csv"), progress=Silent())
    assert [(column.name, column.role) for column in found.columns] == [
        ("code", "nearly unique"), ("kind", "quasi-identifier"),
    ]  # fmt: skip


def test_named_columns_are_not_proposed() -> None:
    varied().to_csv("v.csv", index=False)
    found = risk(Asked(file="v.csv", sensitive=("tier",), person="gender"), progress=Silent())
    assert set(found.quasi) == {"date_of_birth", "zip", "visited_at"}


FINE = {
    "zip": [("100", False), ("000", False), ("101**", False), ("1011*", True), ("10115", True), ("036", True), ("SW1A", True)],
    "age": [("89", False), ("90", True), ("90+", False), ("104", True), ("30-39", False), ("85-94", True), ("*", False)],
    "date_of_birth": [("1987", False), ("1987-02", True), ("1987-02-03", True), ("1980-1989", False), ("1980s", False), ("*", False)],
}  # fmt: skip


@pytest.mark.parametrize(("name", "cell", "fine"), [(n, c, f) for n, pairs in FINE.items() for c, f in pairs])
def test_what_the_safe_harbor_wants_coarser(name: str, cell: str, fine: bool, here: Path) -> None:
    from secureprofile.adapters.duckdb import DuckEngine
    from secureprofile.flows.opening import open_file

    categories = {"zip": "user.contact.address.postal_code", "age": "user.demographic.age_range", "date_of_birth": None}
    column = Looked(name=name, category=categories[name], role="quasi-identifier", dates=name == "date_of_birth")
    pd.DataFrame({name: ["", cell], "other": ["1", "2"]}).to_csv("f.csv", index=False)
    source = open_file("f.csv")
    with DuckEngine(temp=here) as engine, engine.source(source) as table:
        assert [one.too_fine for one in held([column], table, engine, "f.csv")] == [fine]
        assert {one.name for one in look(source, table, engine, here)} == {name, "other"}


# --- the command --------------------------------------------------------------------------------------------------------------


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> dict[str, Any]:
    assert run(["risk", *arguments, "--json", "-q"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["format"] == "secureprofile-risk/1"
    return found


def test_the_answer_is_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{**dict.fromkeys(FIELDS, "x"), "age": str(n % 2)} for n in range(10)]
    write("t.csv", rows)
    for k, code in (("5", 0), ("6", 1)):
        found = told(capsys, "t.csv", "--qi", "age, sex", "--k", k, code=code)
        assert (found["met"], found["internal"]["table"]["sizes"]["smallest"]) == (code == 0, 5)
    write("gone.csv", [dict.fromkeys(FIELDS, "*")] * 3)
    found = told(capsys, "gone.csv", "--qi", "age,sex", code=0)
    assert found["internal"]["table"]["sizes"] is None
    assert (
        run(["risk", "gone.csv", "--quasi-identifiers", "age", "--memory-limit", "500MB", "--html", "gone.html"]) == 0
    )


WRONG: list[tuple[list[str], str]] = [
    (["t.csv", "--qi", "ages"], "no column ages"),
    (["t.csv", "--sensitive", "x"], "no column x"),
    (["t.csv", "--person", "x"], "no column x"),
    (["t.csv", "--qi", "age,sex", "--sensitive", "sex"], "sex is named as"),
    (["t.csv", "--qi", "age", "--before", "o.csv"], "o.csv has no column age"),
    (["t.csv", "--qi", "age", "--population", "o.csv"], "o.csv has no column age"),
    (["t.csv", "--qi", "age", "--against", "o.csv"], "shares no quasi-identifier"),
    (["t.csv", "--qi", "age", "--truth", "who"], "nothing is linked"),
    (["t.csv", "--qi", "age", "--preset", "k-7"], "no preset k-7"),
    (["t.csv", "--qi", "age", "--preset", "hipaa-expert"], "needs a threshold"),
    (["t.csv", "--qi", "age", "--population-size", "3"], "smaller than the file"),
    (["t.csv", "--qi", "age", "--threshold", "2"], "above 0"),
    (["t.csv", "--qi", "age", "--threshold", "much"], "above 0"),
    (["t.csv", "--qi", "age", "--lang", "fr"], "en or zh"),
    (["o.csv"], "no column can be proposed"),
    (["empty.csv", "--qi", "age"], "no rows"),
    (["nowhere.csv"], "no file"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_cannot_be_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("t.csv", people(1, 20))
    Path("o.csv").write_text("x\n" + "same\n" * 9, encoding="utf-8")
    Path("empty.csv").write_text(",".join(FIELDS) + "\n", encoding="utf-8")
    assert run(["risk", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err
    assert "hint:" in shown.err


def test_a_page_is_not_replaced_unasked() -> None:
    write("t.csv", people(1, 200, ages=2))
    Path("page.html").write_text("mine", encoding="utf-8")
    assert run(["risk", "t.csv", "--qi", "sex", "--html", "page.html", "-q"]) == 2
    assert Path("page.html").read_text("utf-8") == "mine"
    assert run(["risk", "t.csv", "--qi", "sex", "--html", "page.html", "-q", "--overwrite"]) == 0
    assert "risk" in Path("page.html").read_text("utf-8")


def test_names_with_commas_stand_in_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.csv").write_text('"age, years",sex\n' + "4,f\n" * 6, encoding="utf-8")
    found = told(capsys, "c.csv", "--qi", '"age, years",sex', code=0)
    assert found["quasi_identifiers"] == ["age, years", "sex"]


def test_identifiers_are_named_though_the_answer_is_yes(capsys: pytest.CaptureFixture[str]) -> None:
    varied().to_csv("v.csv", index=False)
    assert run(["risk", "v.csv", "--qi", "gender"]) == 0
    shown = capsys.readouterr()
    assert "direct identifiers in email, iban" in shown.err
    assert "free text in note" in shown.err
    assert "not logged" in shown.err


def test_figures_of_adult(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(shared_data / "arx_adult" / "adult.csv")
    found = told(capsys, file, "--population-size", "317238626", code=1)
    assert found["proposed"]
    assert len(found["quasi_identifiers"]) == 9
    table = found["internal"]["table"]
    assert table["sizes"]["uniques"] / table["rows"] == pytest.approx(0.5143, abs=5e-5)
    assert table["prosecutor"]["average"] == pytest.approx(0.6466, abs=5e-5)
    assert dict(map(tuple, table["prosecutor"]["at_risk"]))[0.2] == pytest.approx(0.778, abs=5e-4)
    assert found["internal"]["population"]["chosen"]["method"] == "pitman"
    assert found["internal"]["population"]["chosen"]["share"] == pytest.approx(0.0389, abs=5e-5)
    assert found["internal"]["population"]["zayatz"]["share"] == pytest.approx(0.265, abs=5e-4)


# --- no cell ----------------------------------------------------------------------------------------------------------------


def canaries(seed: int, rows: int = 40) -> pd.DataFrame:
    """Cells that stand in no text by chance: twelve letters each."""
    rng = random.Random(seed)
    pool = ["".join(rng.choices(string.ascii_lowercase, k=12)) for _ in range(60)]
    return pd.DataFrame({name: rng.choices(pool, k=rows) for name in FIELDS})


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_cell_is_shown(lang: str, form: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    frame = canaries(1)
    frame.to_csv("t.csv", index=False)
    canaries(2, 90).to_csv("o.csv", index=False)
    arguments = [
        "risk", "t.csv", "--qi", "age,sex,place", "--sensitive", "illness", "--person", "who", "--preset", "all",
        "--threshold", "0.1", "--population-size", "5000", "--population", "o.csv", "--against", "o.csv", "--truth", "who",
        "--before", "o.csv", "--html", "page.html", "--lang", lang, *form,
    ]  # fmt: skip
    assert run(arguments) == 1
    shown = "".join(capsys.readouterr()) + Path("page.html").read_text("utf-8")
    planted = {cell for name in frame for cell in (*frame[name], *pd.read_csv("o.csv")[name])}
    assert len(planted) > 60
    assert not [cell for cell in planted if cell in shown]
    assert "illness" in shown  # the search can find what is there


def test_errors_show_no_cell(capsys: pytest.CaptureFixture[str]) -> None:
    Path("ragged.csv").write_text("age,sex\n1,2\nzzcanaryzz,3,4\n", encoding="utf-8")
    assert run(["risk", "ragged.csv", "--qi", "age"]) == 2
    shown = "".join(capsys.readouterr())
    assert "zzcanaryzz" not in shown
    assert "line 3" in shown


def test_results_do_not_depend_on_the_order_of_rows(capsys: pytest.CaptureFixture[str]) -> None:
    rows = people(5, 400)
    write("t.csv", rows)
    first = told(capsys, "t.csv", "--qi", "age,sex,place", "--sensitive", "illness", code=1)
    write("t.csv", rows[::-1])
    assert told(capsys, "t.csv", "--qi", "age,sex,place", "--sensitive", "illness", code=1) == first
    assert math.isfinite(first["internal"]["table"]["sensitive"]["illness"]["entropy"])


def test_the_commands_of_the_guide_run_as_they_stand(here: Path) -> None:
    guide = (ROOT / "docs" / "guides" / "risk.md").read_text("utf-8")
    write_shop(here, customers=400, orders=4000, seed=3)
    shown = re.findall(r"^secureprofile (risk .*)$", guide, re.MULTILINE)
    assert len(shown) == 6
    assert {run(shlex.split(command)) for command in shown} == {1}
    assert [name for name in (*PRESETS, *FAMILIES) if name.removeprefix("gbt-42460") not in guide] == []
