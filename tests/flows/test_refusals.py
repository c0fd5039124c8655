"""Purposes that need no consent stop for whoever objected or had their data restricted, and for nobody else."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from secureprofile.cli.main import run

POLICY = """
secureprofile: 1
policy: {id: refusals, version: 1, owner: test, jurisdiction: [GDPR]}
defaults: deny
roles: {steward: [creator]}
domains: {people: {unit: person, population: 1000, epsilon: 1, delta: 1.0e-6}}
datasets:
  people:
    domain: people
    kind: people
    subject: customer
    files: ["people*.csv"]
    columns: {customer: user.unique_id, place: user.behavior.purchase_history}
purposes:
  share:
    data_use: analytics.reporting
    lawful_basis: {GDPR: legitimate-interests}
    roles: [steward]
    outputs: [export, store]
    consent: not-required
    retention: P1Y
    recipients: [internal]
    allow: {user.unique_id: pseudonym, user.behavior: keep}
  other:
    data_use: analytics.reporting
    lawful_basis: {GDPR: legitimate-interests}
    roles: [steward]
    outputs: [export]
    consent: not-required
    retention: P1Y
    recipients: [internal]
    allow: {user.unique_id: pseudonym, user.behavior: keep}
"""
ROWS = 50


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    Path("policy.yaml").write_text(POLICY, encoding="utf-8")
    Path("people.csv").write_text(
        "customer,place\n" + "".join(f"C{n},item {n}\n" for n in range(ROWS)) + ",item of nobody\n", encoding="utf-8"
    )
    assert run(["init", "--policy", "policy.yaml", "--keys", "file:keys"]) == 0
    assert run(["ingest", "people", "people.csv", "--purpose", "share", "-q"]) == 0


def exported(purpose: str) -> list[str]:
    assert run(["anonymize", "people.csv", "-o", "safe.csv", "--purpose", purpose, "-q", "--overwrite"]) == 0
    with Path("safe.csv").open(encoding="utf-8") as file:
        return [row["place"] for row in csv.DictReader(file)]


EVERYBODY = [*(f"item {n}" for n in range(ROWS)), "item of nobody"]


def test_an_objection_keeps_one_person_out_of_one_purpose() -> None:
    assert exported("share") == EVERYBODY
    assert run(["subject", "object", "C7", "--for", "share"]) == 0
    assert exported("share") == [place for place in EVERYBODY if place != "item 7"]
    assert exported("other") == EVERYBODY
    assert run(["subject", "lift", "C7", "--for", "share"]) == 0
    assert exported("share") == EVERYBODY


def test_a_restriction_keeps_a_person_out_of_everything() -> None:
    assert run(["subject", "restrict", "C7"]) == 0
    assert exported("share") == exported("other") == [place for place in EVERYBODY if place != "item 7"]
    assert run(["ingest", "people", "people.csv", "--purpose", "share", "-q"]) == 0
    with closing(sqlite3.connect(".secureprofile/state.db")) as state:
        rows = [count for (count,) in state.execute("SELECT rows FROM snapshots ORDER BY id")]
    assert rows == [ROWS, ROWS - 1]
