"""Presidio's own recognizers beside ours: from a file and from Python, in a scan, in the scrubber and in the sweep; failures are told."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult

from secureprofile.adapters.presidio import plain_engine
from secureprofile.adapters.recognizer_files import load_recognizers
from secureprofile.adapters.recognizers import category_of, finder_of
from secureprofile.cli.main import run
from secureprofile.errors import InputError, PolicyRefused
from secureprofile.flows.progress import Silent
from secureprofile.flows.scan import scan
from secureprofile.guard.residual import without_labels
from secureprofile.guard.scrub import REDACTED, Scrubber
from secureprofile.vocabulary import DATA_CATEGORIES
from secureprofile.workspace import Workspace
from tests.flows.test_sweep import POLICY

FILE = r"""
recognizers:
  - name: staff
    supported_language: en
    supported_entity: STAFF_ID
    patterns: [{name: staff, regex: '\bE-[0-9]{5}\b', score: 0.8}]
  - name: Kundennummer
    supported_language: de
    supported_entity: KUNDENNUMMER
    patterns: [{name: weak, regex: '\b[0-9]{7}\b', score: 0.3}]
    context: [kundennummer, kunde]
  - name: projects
    supported_entity: PROJECT
    deny_list: [Blue Heron, Night Owl]
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    (tmp_path / "own.yaml").write_text(FILE, encoding="utf-8")
    return tmp_path


class Raises(EntityRecognizer):  # type: ignore[misc]
    """Raises where a text holds a word; finds nothing."""

    def __init__(self, word: str = "") -> None:
        self.word = word
        super().__init__(supported_entities=["NOTHING"], supported_language="en")

    def load(self) -> None: ...

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        if self.word in text:
            raise RuntimeError("out of memory at " + text)
        return []


def found(finder: Any, text: str) -> list[tuple[str, str]]:
    return [(one.name, text[one.start : one.end]) for one in finder(text)]


def test_a_file_of_patterns_lists_and_context_words(place: Path) -> None:
    finder = finder_of(load_recognizers("own.yaml"))
    assert finder.count == 3
    assert finder.entities == ("KUNDENNUMMER", "PROJECT", "STAFF_ID")
    assert found(finder, "E-10234 works on Night Owl") == [("STAFF_ID", "E-10234"), ("PROJECT", "Night Owl")]
    weak, strong = finder("Los 1234567"), finder("Kundennummer 1234567")
    assert [one.score for one in weak] == [pytest.approx(0.3)]  # below what is replaced
    assert [one.score for one in strong] == [pytest.approx(0.6)]  # a word of a German recognizer beside it
    assert [one.score for one in finder("1234567", ("Kundennummer",))] == [
        pytest.approx(0.6)
    ]  # or in the column's name
    assert finder.seconds > 0


def test_the_scrubber_replaces_what_they_find(place: Path) -> None:
    scrubber = Scrubber(finders=[finder_of(load_recognizers("own.yaml"))])
    text = "Kunde 1234567, betreut von E-10234 (Blue Heron), aus dem alten Los 7654321"
    assert scrubber.scrub(text) == "Kunde [KUNDENNUMMER], betreut von [STAFF_ID] ([PROJECT]), aus dem alten Los 7654321"
    assert scrubber.failed == 0


def test_an_engine_with_its_own_registry() -> None:
    url = PatternRecognizer("URL", patterns=[Pattern("u", "www[.][a-z.]+", 0.7)])
    engine = plain_engine(["en", "de"], [url])
    engine.registry.add_recognizer(PatternRecognizer("STAFF_ID", patterns=[Pattern("p", "E-[0-9]{5}", 0.8)]))
    before = list(engine.registry.recognizers)
    assert ("STAFF_ID", "E-10234") in found(finder_of(engine), "E-10234 read www.example.org")
    assert engine.registry.recognizers == before
    assert all("Impatient" not in repr(p.compiled_regex) for r in before for p in getattr(r, "patterns", ()))


def test_entities_have_categories_of_the_vocabulary() -> None:
    known = ("PERSON", "LOCATION", "NRP", "MEDICAL_LICENSE", "AU_TFN", "PH_PASSPORT", "UK_VEHICLE_REGISTRATION", "AGE")
    assert {category_of(name) for name in known} <= DATA_CATEGORIES
    assert category_of("CN_MOBILE") == "user.contact.phone_number"
    assert category_of("WHATEVER") == "user.unique_id"


def test_a_pattern_that_takes_too_long_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("presidio_analyzer.pattern_recognizer.REGEX_TIMEOUT_SECONDS", 0.05)
    bomb = PatternRecognizer("BOMB", patterns=[Pattern("p", r"(a|aa)+$", 0.9)])
    scrubber = Scrubber(finders=[finder_of(bomb)])
    assert scrubber.scrub("a" * 60 + "!") == REDACTED
    assert scrubber.failed == 1


def test_what_a_recognizer_raises_redacts_the_cell() -> None:
    scrubber = Scrubber(finders=[finder_of(Raises("fragile"))])
    assert scrubber.scrub("quite fragile") == REDACTED
    assert scrubber.scrub("sturdy") == "sturdy"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("recognizers: [", "no YAML at line"),
        ("- a", "lists no recognizers"),
        ("recognizers: []", "lists no recognizers"),
        ("recognizers: [{name: x, supported_entity: X}]", "recognizer 1: neither patterns nor deny_list"),
        ("recognizers: [{name: x, supported_entity: X, deny_list: [secretword, 3]}]", "deny_list must be a list of words"),
        ("recognizers: [{name: x, supported_entity: X, denylist: [secretword]}]", "recognizer 1: unknown key"),
        ("recognizers: [{name: x, supported_entity: X, patterns: [{name: p, regex: '(secretword', score: 1}]}]", "pattern 1: no regular"),
        ("recognizers: [{name: x, supported_entity: X, patterns: [{name: p, regex: 'a', score: 2}]}]", "number from 0 to 1"),
        ("recognizers: [{name: EmailRecognizer, type: predefined}]", "opens a connection"),
        ("recognizers: [{name: TransformersRecognizer, type: predefined}]", "loads a model"),
        ("recognizers: [{name: secretword, type: predefined}]", "no ready recognizer"),
        ("recognizers: [{name: x, enabled: false}]", "every recognizer is disabled"),
        ("supported_languages: en\nrecognizers: [{name: x}]", "supported_languages"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_in_two_lines(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told) as caught:
        load_recognizers(file)
    assert caught.value.hint
    assert "secretword" not in f"{caught.value} {caught.value.hint}"
    assert "\n" not in str(caught.value)


def test_no_file_and_no_recognizers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_recognizers(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("ä".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        load_recognizers(tmp_path / "latin.yaml")
    with pytest.raises(InputError, match="presidio's"):
        finder_of(["E-[0-9]+"])


def test_ready_recognizers_that_are_patterns_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "ready.yaml"
    file.write_text("recognizers:\n  - {name: AuTfnRecognizer, type: predefined, supported_languages: [en]}\n", "utf-8")
    assert finder_of(load_recognizers(file)).entities == ("AU_TFN",)


def test_a_scan_shows_them_beside_ours(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"E-{n:05d},Kiste {n},1{n:06d},E-{n:05d} rang an" if n % 20 else ",x,," for n in range(1, 101)]
    (place / "orders.csv").write_text("who,item,Kunde,note\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert run(["scan", "orders.csv", "--recognizers", "own.yaml", "--json"]) == 1
    output = capsys.readouterr()
    columns = {c["name"]: c for c in json.loads(output.out)["files"][0]["columns"]}
    assert columns["who"]["evidence"]["STAFF_ID"] == 1.0
    assert (columns["who"]["category"], columns["who"]["treatment"]) == ("user.unique_id", "pseudonym")
    assert columns["Kunde"]["evidence"]["KUNDENNUMMER"] == 1.0  # the column's name is the word beside them
    assert columns["note"]["evidence"]["holds STAFF_ID"] == 1.0
    assert (columns["note"]["category"], columns["note"]["treatment"]) == ("user.content.private", "scrub")
    assert "your 3 recognizers took" in output.err
    assert run(["scan", "orders.csv", "--full", "--recognizers", "own.yaml", "--json"]) == 1
    full = {c["name"]: c for c in json.loads(capsys.readouterr().out)["files"][0]["columns"]}
    assert full["who"]["evidence"]["STAFF_ID"] == 1.0


def test_a_scan_tells_where_a_recognizer_failed(place: Path) -> None:
    (place / "t.csv").write_text("a,b\n" + "fragile,ok\nsturdy,ok\n" * 10, encoding="utf-8")
    (file,) = scan(["t.csv"], full=False, progress=Silent(), finders=[finder_of(Raises("fragile"))])
    assert file.columns[0].notes == ("your recognizers failed at 10 of 20 cells: look at this column yourself",)
    assert file.columns[1].notes == ()


def write_orders(place: Path, note: str) -> None:
    rows = [f"C{n},u{n}@example.org,tea,{n},{note if n == 7 else 'left at the door'}" for n in range(40)]
    (place / "orders.csv").write_text("customer,email,item,number,notes\n" + "\n".join(rows) + "\n", encoding="utf-8")


def exported(place: Path, *options: str) -> list[str]:
    (place / "policy.yaml").write_text(POLICY.replace("RESIDUE", ""), encoding="utf-8")
    done = run(["anonymize", "orders.csv", "-o", "safe.csv", "--policy", "policy.yaml", "--overwrite", *options])
    assert done == 0
    with (place / "safe.csv").open(encoding="utf-8", newline="") as file:
        return [row["notes"] for row in csv.DictReader(file)]


def test_anonymize_scrubs_with_them(place: Path) -> None:
    write_orders(place, "E-10234 knows about blue heron")
    assert exported(place)[7] == "E-10234 knows about blue heron"
    assert exported(place, "--recognizers", "own.yaml")[7] == "[STAFF_ID] knows about [PROJECT]"
    assert run(["anonymize", "orders.csv", "-o", "x.csv", "--policy", "policy.yaml", "--recognizers", "none.yaml"]) == 2


def test_the_sweep_uses_them(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_orders(place, "E-10234 knows")
    (place / "policy.yaml").write_text(POLICY.replace("RESIDUE", ""), encoding="utf-8")
    monkeypatch.setattr(Scrubber, "scrub", lambda self, text, own=(), known=(): text)
    with (
        Workspace.open("ws", policy="policy.yaml", recognizers="own.yaml") as workspace,
        workspace.session(purpose="export") as session,
        pytest.raises(PolicyRefused, match="notes: STAFF_ID in 1 different cells") as caught,
    ):
        session.anonymize_file("orders.csv", "safe.csv", dataset="orders")
    assert "E-10234" not in str(caught.value)
    assert not (place / "safe.csv").exists()


def test_the_sweep_refuses_what_a_recognizer_could_not_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_orders(place, "fragile")
    (place / "policy.yaml").write_text(POLICY.replace("RESIDUE", ""), encoding="utf-8")
    monkeypatch.setattr(Scrubber, "scrub", lambda self, text, own=(), known=(): text)
    with (
        Workspace.open("ws", policy="policy.yaml", recognizers=Raises("fragile")) as workspace,
        workspace.session(purpose="export") as session,
        pytest.raises(PolicyRefused, match="notes: a recognizer that failed in 1 different cells"),
    ):
        session.anonymize_file("orders.csv", "safe.csv", dataset="orders")


def test_our_labels_are_no_residue_and_other_words_in_brackets_are() -> None:
    names = frozenset({"STAFF_ID"})
    text = "[STAFF_ID] [NAME] [REDACTED] [AB1234] [SMITH]"
    bare = without_labels(text, (), names)
    assert bare.split() == ["[AB1234]", "[SMITH]"]
    assert len(bare) == len(text)
