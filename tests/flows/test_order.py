"""Exported rows stand as they stood, also where joins need more memory than there is."""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path

import pytest

from secureprofile.cli.main import run
from secureprofile.flows import guarded

POLICY = """
secureprofile: 1
policy: {id: order, version: 1, owner: test, jurisdiction: [GDPR]}
defaults: deny
roles: {steward: [creator]}
domains: {people: {unit: person, population: 300000, epsilon: 1, delta: 1.0e-7}}
datasets:
  people:
    domain: people
    subject: customer
    files: ["*.csv"]
    columns:
      customer: user.unique_id
      name: user.name
      place: user.behavior.purchase_history
      notes: user.content.private
purposes:
  export:
    data_use: analytics.reporting
    lawful_basis: {GDPR: legitimate-interests}
    roles: [steward]
    outputs: [export]
    consent: not-required
    retention: P1Y
    recipients: [internal]
    allow:
      user.unique_id: pseudonym
      user.name: drop
      user.behavior: keep
      user.content: scrub
"""
ROWS = 150_000


def test_rows_keep_their_order_when_joins_spill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every note mentions somebody, so the join that brings the keys to their rows is as long as the table; scrubbing itself is spared."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(guarded, "scrub_cells", lambda *_: lambda cells: [" ".join(known)[:3] for _, _, known in cells])
    syllables = ["ba", "do", "fi", "gu", "ke", "la", "mo", "ni", "pu", "ra", "so", "te"]
    given = ["".join(parts).capitalize() for parts in product(syllables, repeat=3)]
    family = [name + "sen" for name in given]
    with Path("people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", "name", "place", "notes"])
        for row in range(ROWS):
            name = f"{given[row % 1728]} {family[row // 1728]}"
            writer.writerow([f"C{row}", name, f"item {row}", f"spoke with {name} in the shop of number {row}"])
    Path("policy.yaml").write_text(POLICY, encoding="utf-8")
    command = ["anonymize", "people.csv", "-o", "safe.csv", "--policy", "policy.yaml", "--purpose", "export"]
    assert run([*command, "-q", "--memory-limit", "90MB"]) == 0
    with Path("safe.csv").open(encoding="utf-8") as file:
        assert [row["place"] for row in csv.DictReader(file)] == [f"item {row}" for row in range(ROWS)]


def test_generalised_rows_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several threads join rows with their labels; the first rows need not come back first."""
    monkeypatch.chdir(tmp_path)
    rows = 400_000
    with Path("people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", "age", "place"])
        writer.writerows([f"C{row}", row * 7919 % 90, f"item {row}"] for row in range(rows))
    text = POLICY.replace("      name: user.name\n", "      age: user.demographic.age_range\n")
    text = text.replace("      user.name: drop\n", "      user.demographic: keep\n").replace(
        "      notes: user.content.private\n", ""
    )
    text += "anonymity:\n  people: {k: 20, quasi_identifiers: {age: {bands: 5}}}\n"
    Path("policy.yaml").write_text(text.replace("user.unique_id: pseudonym", "user.unique_id: drop"), encoding="utf-8")
    command = ["anonymize", "people.csv", "-o", "safe.csv", "--policy", "policy.yaml", "--purpose", "export", "-q"]
    assert run(command) == 0
    with Path("safe.csv").open(encoding="utf-8") as file:
        assert [row["place"] for row in csv.DictReader(file)] == [f"item {row}" for row in range(rows)]
