"""A dataset without subject: its rows may leave, and nothing that needs a person is done with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secureprofile.cli.main import run

POLICY = """
secureprofile: 1
policy: {id: nobody, version: 1, owner: test, jurisdiction: [GDPR]}
defaults: deny
roles: {steward: [creator]}
domains: {people: {unit: person, population: 1000, epsilon: 1, delta: 1.0e-6}}
datasets:
  survey:
    domain: people
    files: ["survey*.csv"]
    columns: {age: user.demographic.age_range, city: user.contact.address.city, seen: {category: user.telemetry, type: date}}
purposes:
  share:
    data_use: analytics.reporting
    lawful_basis: {GDPR: legitimate-interests}
    roles: [steward]
    outputs: [export, store]
    consent: not-required
    retention: P1Y
    recipients: [internal]
    allow: {user.demographic: keep, user.contact.address.city: keep, user.telemetry: drop}
  ask:
    data_use: analytics.reporting
    lawful_basis: {GDPR: consent}
    roles: [steward]
    outputs: [export]
    consent: required
    retention: P1Y
    recipients: [internal]
    allow: {user.demographic: keep}
  move:
    data_use: analytics.reporting
    lawful_basis: {GDPR: legitimate-interests}
    roles: [steward]
    outputs: [export]
    consent: not-required
    retention: P1Y
    recipients: [internal]
    allow: {user.telemetry: {date_shift: {days: 9}}, user.demographic: drop, user.contact.address.city: drop}
anonymity:
  survey: {k: 2, purposes: [share], quasi_identifiers: {age: {bands: 10}, city: suppress}}
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    Path("policy.yaml").write_text(POLICY, encoding="utf-8")
    rows = "".join(f"{20 + number % 7},Leeds,2026-01-0{1 + number % 9}\n" for number in range(40))
    Path("survey.csv").write_text("age,city,seen\n" + rows, encoding="utf-8")
    assert run(["init", "--policy", "policy.yaml", "--keys", "file:keys"]) == 0


def test_they_leave_generalised_and_each_row_is_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["anonymize", "survey.csv", "-o", "safe.csv", "--purpose", "share", "--json", "-q"]) == 0
    assert json.loads(capsys.readouterr().out)["internal"]["rows_out"] == 40


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["ingest", "survey", "survey.csv", "--purpose", "share"], "what is stored belongs to a person"),
        (["anonymize", "survey.csv", "-o", "safe.csv", "--purpose", "ask"], "this purpose needs consent"),
        (["anonymize", "survey.csv", "-o", "safe.csv", "--purpose", "move"], "dates and numbers are moved by person"),
    ],
)
def test_what_needs_a_person_refuses_and_the_log_says_so(
    command: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "-q"]) == 1
    assert why in capsys.readouterr().err
    assert not Path("safe.csv").exists()
    assert run(["audit", "log", "--json"]) == 0
    denied = [one for one in json.loads(capsys.readouterr().out)["entries"] if one.get("result") == "deny"]
    assert [one["act"] for one in denied] == [command[0]]


def test_a_file_that_names_nobody_is_drafted_without_a_subject(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", "survey.csv", "--draft-policy", "draft.yaml", "-q"]) == 1
    assert "subject" not in Path("draft.yaml").read_text(encoding="utf-8")
    assert run(["policy", "check", "draft.yaml"]) == 0
