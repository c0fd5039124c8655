"""``anonymize`` with a section ``anonymity``: what is written meets the rules, and what does not is not written."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from secureprofile.audit.checkpoint import VerifierKey, verify_note
from secureprofile.cli.main import run
from secureprofile.errors import ProofWrong
from secureprofile.flows import generalise
from secureprofile.workspace import Workspace

POLICY = """secureprofile: 1
policy: {{id: survey, version: 1, owner: tester, jurisdiction: [GDPR]}}
defaults: deny
roles: {{steward: [creator]}}
domains: {{people: {{unit: person, population: 1000, epsilon: 1, delta: 1.0e-6}}}}
datasets:
  survey:
    domain: people
    subject: id
    files: ["survey*"]
    columns:
      id: user.unique_id
      age: user.behavior.purchase_history
      town: user.behavior.purchase_history
      grade: user.behavior.purchase_history
      answer: user.behavior.purchase_history
purposes:
  export:
    data_use: analytics.reporting
    lawful_basis: {{GDPR: legitimate-interests}}
    roles: [steward]
    outputs: [export]
    consent: not-required
    retention: P1Y
    recipients: [internal]
    allow:
      user.unique_id: {subject}
      user.behavior.purchase_history: keep
anonymity:
  survey:
    quasi_identifiers:
      age: {{kind: bands, width: 5, levels: 4}}
      town: {{kind: tree, tree: {{north: [Aa, Bb], south: [Cc, Dd, Ee]}}}}
      grade: {{kind: order, values: [low, middle, high, top]}}
{rules}
"""
TOWNS = {"Aa": "north", "Bb": "north", "Cc": "south", "Dd": "south", "Ee": "south"}


def policy(rules: str, *, subject: str = "pseudonym") -> str:
    return POLICY.format(subject=subject, rules="".join(f"    {line}\n" for line in rules.strip().splitlines()))


def survey(path: Path, rows: int = 400, *, people: int | None = None, missing: bool = False) -> list[dict[str, str]]:
    rng = Random(11)
    table = []
    for at in range(rows):
        person = at if people is None else rng.randrange(people)
        own = Random(person)
        table.append(
            {
                "id": f"person-{person}",
                "age": "" if missing and rng.random() < 0.1 else str(int(own.gauss(45, 15)) % 90),
                "town": own.choices(list(TOWNS), [8, 4, 4, 2, 1])[0],
                "grade": own.choices(["low", "middle", "high", "top"], [5, 5, 3, 1])[0],
                "answer": rng.choices(["yes", "no", "perhaps"], [6, 3, 1])[0],
            }
        )
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    return table


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECUREPROFILE_ACTOR", "tester")
    return tmp_path


def anonymized(place: Path, rules: str, *more: str, output: str = "out.csv", subject: str = "pseudonym") -> int:
    (place / "p.yaml").write_text(policy(rules, subject=subject))
    if not (place / "w").exists():
        assert run(["init", "-w", "w", "--policy", "p.yaml", "--keys", f"file:{place / 'keys'}"]) == 0
    return run(["anonymize", "survey.csv", "-o", output, "-w", "w", "--policy", "p.yaml", "--overwrite", *more])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def classes(rows: list[dict[str, str]], column: str | None = None) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in rows:
        found[row["age"], row["town"], row["grade"]].append(row[column] if column else "")
    return found


def covers(label: str, value: str, column: str) -> bool:
    """Say in the test's own words what a label stands for."""
    if label in ("*", value):
        return True
    if column == "town":
        return TOWNS[value] == label
    if ".." not in label and " to " not in label:
        return False
    if column == "grade":
        order = ["low", "middle", "high", "top"]
        first, last = label.split("..")
        return order.index(first) <= order.index(value) <= order.index(last)
    low, high = label.split(" to ")
    return int(low) <= int(value) <= int(high)


@pytest.mark.parametrize("method", ["local", "global", "mondrian"])
def test_every_class_is_large_enough_and_every_label_true(place: Path, method: str) -> None:
    table = survey(place / "survey.csv")
    assert anonymized(place, f"k: 5\nmethod: {method}") == 0
    written = read(place / "out.csv")
    assert min(map(len, classes(written).values())) >= 5
    assert len(table) - 8 <= len(written) <= len(table)
    if len(written) == len(table):
        for before, after in zip(table, written, strict=True):  # rows keep their order
            assert all(covers(after[column], before[column], column) for column in ("age", "town", "grade"))
            assert after["answer"] == before["answer"]


def test_rows_that_remain_keep_their_order(place: Path) -> None:
    table = survey(place / "survey.csv")
    for row in table:
        row["answer"] = str(table.index(row))
    pd.DataFrame(table).to_csv(place / "survey.csv", index=False)
    assert anonymized(place, "k: 5\nmethod: global\nsuppression: 0.3") == 0
    numbers = [int(row["answer"]) for row in read(place / "out.csv")]
    assert numbers == sorted(numbers)
    assert len(numbers) < len(table)


@pytest.mark.parametrize("output", ["out.parquet", "out.jsonl", "out.xlsx"])
def test_every_format_is_judged(place: Path, output: str) -> None:
    survey(place / "survey.csv")
    assert anonymized(place, "k: 4", output=output) == 0
    reader = {
        ".parquet": pd.read_parquet,
        ".xlsx": lambda p: pd.read_excel(p, engine="openpyxl"),
        ".jsonl": lambda p: pd.read_json(p, lines=True),
    }
    frame = reader[Path(output).suffix](place / output)
    assert frame.groupby(["age", "town", "grade"]).size().min() >= 4


def test_diversity_and_closeness_hold_in_the_file(place: Path) -> None:
    table = survey(place / "survey.csv")
    rules = "k: 3\nsensitive:\n  answer: {l: 2, t: 0.3}"
    assert anonymized(place, rules) == 0
    whole = Counter(row["answer"] for row in table)
    for answers in classes(read(place / "out.csv"), "answer").values():
        counted = Counter(answers)
        assert len(counted) >= 2
        distance = sum(abs(counted[one] / len(answers) - whole[one] / len(table)) for one in whole) / 2
        assert distance <= 0.3 + 1e-12


def test_distances_by_order_and_by_hierarchy(place: Path) -> None:
    survey(place / "survey.csv")
    ordered = "{t: 0.25, distance: ordered, by: {kind: order, values: ['no', perhaps, 'yes']}}"
    assert anonymized(place, f"k: 3\nsensitive:\n  answer: {ordered}") == 0
    tree = "{t: 0.25, distance: hierarchical, by: {kind: tree, tree: {clear: ['yes', 'no'], other: [perhaps]}}}"
    assert anonymized(place, f"k: 3\nsensitive:\n  answer: {tree}") == 0


def test_k_counts_people_where_somebody_has_several_rows(place: Path) -> None:
    survey(place / "survey.csv", rows=900, people=250)
    assert anonymized(place, "k: 5") == 0
    people = classes(read(place / "out.csv"), "id")
    assert min(len(set(ids)) for ids in people.values()) >= 5
    assert any(len(set(ids)) < len(ids) for ids in people.values())
    assert anonymized(place, "k: 5", subject="drop") == 0  # also where the file does not say whose row it is
    assert "id" not in read(place / "out.csv")[0]


def test_missing_cells_are_values_like_others(place: Path) -> None:
    survey(place / "survey.csv", missing=True)
    assert anonymized(place, "k: 5") == 0
    assert min(map(len, classes(read(place / "out.csv")).values())) >= 5


def test_suppressed_rows_may_stay_as_stars_if_they_are_a_class(place: Path) -> None:
    table = survey(place / "survey.csv")
    assert anonymized(place, "k: 5\nmethod: global\nsuppression: 0.3\nsuppressed: star") == 0
    written = read(place / "out.csv")
    assert len(written) == len(table)
    found = classes(written)
    assert min(map(len, found.values())) >= 5
    assert ("*", "*", "*") in found


def test_labels_may_be_sets_and_intervals(place: Path) -> None:
    survey(place / "survey.csv")
    assert anonymized(place, "k: 5\nlabels: sets") == 0
    written = read(place / "out.csv")
    assert min(map(len, classes(written).values())) >= 5
    assert any(row["age"].count("..") == 1 for row in written)
    assert any(row["town"].startswith("{") for row in written)


def test_a_population_bounds_the_risk(place: Path) -> None:
    table = survey(place / "survey.csv", rows=120)
    survey(place / "everybody.csv", rows=1200)
    with (place / "everybody.csv").open("a", newline="") as file:
        csv.DictWriter(file, table[0]).writerows(table)
    everybody = read(place / "everybody.csv")
    assert anonymized(place, "k: 2\npopulation: {file: everybody.csv, k: 20}") == 0
    for labels in classes(read(place / "out.csv")):
        fits = [
            all(
                covers(label, one[column], column)
                for label, column in zip(labels, ("age", "town", "grade"), strict=True)
            )
            for one in everybody
        ]
        assert sum(fits) >= 20


def test_what_does_not_meet_the_rules_is_not_written(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    solve = generalise.solve

    def careless(space, task):  # type: ignore[no-untyped-def]
        return solve(space, replace(task, models=replace(task.models, k=2)))

    survey(place / "survey.csv")
    monkeypatch.setattr(generalise, "solve", careless)
    assert anonymized(place, "k: 5") == 1
    assert not (place / "out.csv").exists()
    assert "k-anonymity" in capsys.readouterr().err


def test_refusals_name_places_and_no_value(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survey(place / "survey.csv", rows=30)
    assert anonymized(place, "k: 31") == 1
    assert "k = 31" in capsys.readouterr().err
    assert anonymized(place, "k: 5\nsensitive:\n  answer: {l: 9}") == 1
    said = capsys.readouterr().err
    assert "no generalisation meets the rules" in said
    assert "age has most different values" in said
    text = (place / "survey.csv").read_text().replace(",Aa,", ",Zzyzx,", 3)
    (place / "survey.csv").write_text(text)
    assert anonymized(place, "k: 2") == 2
    said = capsys.readouterr().err
    assert "town" in said
    assert "Zzyzx" not in said
    assert not (place / "out.csv").exists()


def test_figures_are_told_and_recorded(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survey(place / "survey.csv")
    assert anonymized(place, "k: 5", "--json") == 0
    out = capsys.readouterr().out
    body = json.loads(out[out.index("{") :])
    figures = body["internal"]["anonymity"]
    assert figures["smallest"] >= 5
    assert 0 < figures["loss"] < 1
    assert figures["highest_risk"] <= 0.2
    assert anonymized(place, "k: 5") == 0
    assert "risk of finding somebody again" in capsys.readouterr().err


def test_columns_that_nobody_named_are_noted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = survey(place / "survey.csv")
    assert anonymized(place, "k: 5") == 0
    assert "neither quasi-identifier nor sensitive" not in capsys.readouterr().err  # three answers in 400 rows
    for at, row in enumerate(table):
        row["answer"] = f"free text {at}"
    pd.DataFrame(table).to_csv(place / "survey.csv", index=False)
    assert anonymized(place, "k: 5") == 0
    assert "answer is neither quasi-identifier nor sensitive" in capsys.readouterr().err


def test_the_manifest_is_signed_recorded_and_says_no_value(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survey(place / "survey.csv")
    assert anonymized(place, "k: 5") == 0
    capsys.readouterr()
    assert run(["exports", "list", "-w", "w", "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)["exports"][0]["entry"]
    assert run(["exports", "manifest", str(entry), "-w", "w"]) == 0
    note = capsys.readouterr().out.encode()
    key = VerifierKey.parse((place / "w" / "signer" / "log.vkey").read_text().strip())
    text = verify_note(note, [key])
    with pytest.raises(ProofWrong):
        verify_note(note.replace(b'"smallest": 5', b'"smallest": 9'), [key])
    first, body = text.split("\n", 1)
    assert first == "secureprofile-manifest/1"
    found = json.loads(body)
    assert found["input"]["sha256"] == hashlib.sha256((place / "survey.csv").read_bytes()).hexdigest()
    assert found["output"]["sha256"] == hashlib.sha256((place / "out.csv").read_bytes()).hexdigest()
    assert found["result"]["smallest"] >= 5
    assert "person-1" not in text
    assert run(["audit", "log", "-w", "w", "--json", "--last", "20"]) == 0
    assert hashlib.sha256(note).hexdigest() in capsys.readouterr().out
    assert run(["exports", "manifest", "0", "-w", "w"]) == 2


def test_a_later_file_takes_the_classes_of_an_earlier_export(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = survey(place / "survey.csv", rows=1500)
    fixed = "k: 5\nsuppression: 0.5"
    tree = {"tree": {"young": ["18", "19"], "rest": [str(age) for age in range(90) if age not in (18, 19)]}}
    text = policy(fixed).replace("{kind: bands, width: 5, levels: 4}", json.dumps({"kind": "tree", **tree}))
    (place / "p.yaml").write_text(text)
    assert run(["init", "-w", "w", "--policy", "p.yaml", "--keys", f"file:{place / 'keys'}"]) == 0
    assert run(["anonymize", "survey.csv", "-o", "first.csv", "-w", "w"]) == 0
    capsys.readouterr()
    pd.DataFrame(table[:900]).to_csv(place / "survey.csv", index=False)
    assert run(["anonymize", "survey.csv", "-o", "second.csv", "-w", "w", "--scheme", "1"]) == 0
    assert "groups below" not in capsys.readouterr().err  # the same classes say nothing new together
    first, second = classes(read(place / "first.csv")), classes(read(place / "second.csv"))
    assert set(second) <= set(first)
    assert min(map(len, second.values())) >= 5
    other = text.replace("k: 5\n", "k: 6\n").replace("suppression: 0.5", "suppression: 0.5\n    method: mondrian")
    (place / "p.yaml").write_text(other)
    assert run(["anonymize", "survey.csv", "-o", "third.csv", "-w", "w", "--policy", "p.yaml"]) == 0
    assert "use its classes again with --scheme" in capsys.readouterr().err
    assert run(["anonymize", "survey.csv", "-o", "fourth.csv", "-w", "w", "--scheme", "77"]) == 2


def test_frames_are_generalised_too(place: Path) -> None:
    survey(place / "survey.csv")
    (place / "p.yaml").write_text(policy("k: 5\nmethod: global\nsuppression: 0.3"))
    frame = pd.read_csv(place / "survey.csv").set_index(pd.Index(range(1000, 1400)))
    frame["answer"] = range(400)
    with (
        Workspace.open("w", policy="p.yaml", keys=f"file:{place / 'keys'}") as workspace,
        workspace.session(purpose="export") as one,
    ):
        safe = one.anonymize(frame, dataset="survey")
    assert safe.groupby(["age", "town", "grade"]).size().min() >= 5
    assert len(safe) < 400
    assert (safe.index == 1000 + safe["answer"]).all()  # what is kept keeps its type and its place
    assert frame["age"].dtype.kind in "if"


@pytest.mark.parametrize("by", ["mean", "median"])
def test_numbers_may_be_shown_by_their_middle(place: Path, by: str) -> None:
    table = survey(place / "survey.csv", missing=True)
    text = policy("k: 5\nsuppression: 0").replace(
        "age: {kind: bands, width: 5, levels: 4}", f"age: {{by: {{bands: 5}}, show: {by}}}"
    )
    (place / "p.yaml").write_text(text)
    assert run(["init", "-w", "w", "--policy", "p.yaml", "--keys", f"file:{place / 'keys'}"]) == 0
    assert run(["anonymize", "survey.csv", "-o", "out.csv", "-w", "w"]) == 0
    found = defaultdict(list)
    for before, after in zip(table, read(place / "out.csv"), strict=True):
        found[after["age"], after["town"], after["grade"]].append(before["age"])
    assert min(map(len, found.values())) >= 5
    told = [
        (float(label), [float(age) for age in ages if age])
        for (label, *_), ages in found.items()
        if label not in ("", "*")
    ]
    assert len(told) > 10
    for label, ages in told:
        middle = sum(ages) / len(ages) if by == "mean" else sorted(ages)[(len(ages) - 1) // 2]
        assert label == pytest.approx(middle, rel=0.005)
