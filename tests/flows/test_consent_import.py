"""Files of consents: what they may hold, what is left out and said, and what it lets flow."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from secureprofile.adapters import consents
from secureprofile.cli.main import run
from tests.consent.test_tcf import CORE, SHOWN

POLICY = """
secureprofile: 1
policy: {id: consents, version: 1, owner: office@example.com, jurisdiction: [PIPL]}
defaults: deny
roles: {steward: [creator]}
domains: {people: {unit: person, population: 1000, epsilon: 1, delta: 1.0e-6}}
datasets:
  people:
    domain: people
    kind: people
    subject: customer
    files: ["people*.csv"]
    columns: {customer: user.unique_id, illness: user.health_and_medical}
purposes:
  share:
    data_use: analytics.reporting
    lawful_basis: {PIPL: consent}
    roles: [steward]
    outputs: [export]
    consent: required
    consent_rules: {notice: [N-3], minors: guardian, separate: [sensitive, disclosure]}
    pia: {ref: PIA-1, done: 2026-01-01}
    retention: P1Y
    recipients: [lab]
    allow: {user.unique_id: pseudonym, user.health_and_medical: {mask: {keep_last: 3}}}
  other:
    data_use: analytics.reporting
    lawful_basis: {PIPL: consent}
    roles: [steward]
    outputs: [store]
    consent: required
    retention: P1Y
    recipients: [internal]
    allow: {user.unique_id: pseudonym}
recipients:
  lab: {agreement: DPA-1, expires: 2099-01-01, country: CN}
signals:
  gpc: [share]
  tcf: {vendor: 2, purposes: {other: [1, 3]}}
"""
HEAD = (
    "customer",
    "purpose",
    "state",
    "at",
    "notice",
    "sensitive",
    "disclosure",
    "guardian",
    "age_band",
    "expires",
    "gpc",
    "tcf",
)
GOOD = {
    "purpose": "share",
    "state": "granted",
    "at": "2026-01-01",
    "notice": "N-3",
    "sensitive": "yes",
    "disclosure": "yes",
    "age_band": "18+",
}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    Path("policy.yaml").write_text(POLICY, encoding="utf-8")
    Path("people.csv").write_text(
        "customer,illness\n" + "".join(f"C{n},case {n:03}\n" for n in range(40)), encoding="utf-8"
    )
    assert run(["init", "--policy", "policy.yaml", "--keys", "file:keys"]) == 0


def brought(*rows: dict[str, str], name: str = "consents.csv") -> dict[str, Any]:
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEAD, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return {"rows": len(rows)}


def taken(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["consent", "import", "consents.csv", "--json", *more]) == 0
    return dict(json.loads(capsys.readouterr().out)["internal"])


def exported() -> list[str]:
    assert (
        run(
            [
                "anonymize",
                "people.csv",
                "-o",
                "safe.csv",
                "--purpose",
                "share",
                "--recipient",
                "lab",
                "-q",
                "--overwrite",
            ]
        )
        == 0
    )
    with Path("safe.csv").open(encoding="utf-8") as file:
        return [row["illness"][-3:] for row in csv.DictReader(file)]


def test_rows_leave_for_those_whose_record_meets_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [
        {"sensitive": ""}, {"disclosure": "no"}, {"notice": "N-2"}, {"age_band": ""}, {"age_band": "<14"}, {"expires": "2026-02-01"},
        {"state": "refused"}, {"at": "2099-01-01"},
    ]  # fmt: skip
    right = [{}, {"age_band": "<14", "guardian": "Mum"}, {"expires": "2099-01-01"}]
    brought(*({"customer": f"C{n}", **GOOD, **cells} for n, cells in enumerate([*wrong, *right])))
    assert taken(capsys)["added"] == len(wrong) + len(right)
    assert exported() == [f"{n:03}" for n in range(len(wrong), len(wrong) + len(right))]


def test_signals_reach_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    brought(
        *({"customer": f"C{n}", **GOOD} for n in range(3)),
        {"customer": "C1", "gpc": "1", "at": "2026-02-01"},
        {"customer": "C2", "tcf": f"{CORE}.{SHOWN}"},
        {"customer": "C3", "tcf": CORE},
    )
    assert taken(capsys)["rejected"] == {"unreadable-tcf": 1}
    assert exported() == ["000", "002"]
    assert run(["consent", "show", "C2", "--json"]) == 0
    records = json.loads(capsys.readouterr().out)["records"]
    assert [(r["purpose"], r["state"], r["source"]) for r in records] == [
        ("other", "granted", "tcf"),
        ("share", "granted", ""),
    ]


def test_what_is_left_out_is_counted_named_and_in_no_message(capsys: pytest.CaptureFixture[str]) -> None:
    brought(
        {"customer": "C1", **GOOD},
        {"customer": "", **GOOD},
        {"customer": "C2", **GOOD, "purpose": "Zebra"},
        {"customer": "C3", **GOOD, "state": "Zebra"},
        {"customer": "C4", **GOOD, "at": "Zebra"},
        {"customer": "C5", **GOOD, "state": "withdrawn", "age_band": "Zebra"},
        {"customer": "C6", **GOOD, "age_band": "Zebra"},
    )
    capsys.readouterr()
    assert run(["consent", "import", "consents.csv", "--left-out", "left.csv"]) == 0
    said = capsys.readouterr().err
    assert "2 new records from 7 rows" in said
    assert "Zebra" not in said
    assert Path("left.csv").read_text().splitlines() == [
        "row,rule", "2,no-person", "3,unknown-purpose", "4,unknown-state", "5,unreadable-time", "7,unreadable-age_band",
    ]  # fmt: skip
    with closing(sqlite3.connect(".secureprofile/state.db")) as state:
        assert state.execute("SELECT count(*) FROM vault").fetchone() == (2,)  # whose rows are left out is not enrolled


def test_twice_is_once_and_contradictions_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    brought(
        {"customer": "C1", **GOOD},
        {"customer": "C1", **GOOD, "state": "withdrawn"},
        {"customer": "C2", **GOOD},
        {"customer": "C2", **GOOD, "at": "2099-01-01"},
    )
    first = taken(capsys)
    assert (first["added"], first["contradictory"], first["future"], first["people"]) == (4, 1, 1, 2)
    assert (taken(capsys)["added"], exported()) == (0, ["002"])


def test_an_erased_person_does_not_come_back_by_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    brought({"customer": "C1", **GOOD}, {"customer": "C2", **GOOD})
    taken(capsys)
    assert run(["subject", "erase", "C1"]) == 0
    assert taken(capsys)["rejected"] == {"erased-person": 1}
    assert exported() == ["002"]


@pytest.mark.parametrize("head", ["customer,purpose,state", "customer,gpc", "name,purpose,state,at"])
def test_a_file_without_what_it_needs_is_refused_and_changes_nothing(
    head: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("consents.csv").write_text(f"{head}\n" + "x," * head.count(",") + "x\n", encoding="utf-8")
    assert run(["consent", "import", "consents.csv"]) == 2
    assert "column" in capsys.readouterr().err


def test_a_file_of_several_pieces_is_as_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consents, "ROWS", 7)
    brought(*({"customer": f"C{n % 30}", **GOOD, "at": f"2026-01-{n % 28 + 1:02}"} for n in range(60)))
    done = taken(capsys)
    with closing(sqlite3.connect(".secureprofile/state.db")) as state:
        assert state.execute("SELECT count(*) FROM consents").fetchone() == (done["added"],) == (60,)
    assert exported() == [f"{n:03}" for n in range(30)]


def test_grants_and_withdrawals_leave_a_proof_that_a_stranger_verifies(capsys: pytest.CaptureFixture[str]) -> None:
    brought({"customer": "C1", **GOOD, "sensitive": ""})
    taken(capsys)
    assert exported() == []
    grant = ["consent", "grant", "C1", "--for", "share", "--notice", "N-3", "--disclosure", "--guardian"]
    assert run(grant) == 0
    assert exported() == []
    assert run([*grant, "--sensitive"]) == 0  # of two grants at one second the lesser counts
    brought({"customer": "C2", **GOOD})
    taken(capsys)
    assert run(["consent", "withdraw", "C2", "--for", "share", "--receipt", "mine"]) == 0
    assert exported() in ([], ["001"])
    (proof,) = Path("mine").glob("*.tlog-proof")
    key = Path(".secureprofile/signer/log.vkey").read_text(encoding="utf-8").strip()
    assert (
        run(["audit", "verify", "--proof", str(proof), "--entry", str(proof.with_suffix(".json")), "--key", key]) == 0
    )
    capsys.readouterr()
    assert run(["consent", "receipt", "C2"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert [e["event_state"] for e in made["purposes"][0]["events"]] == ["granted", "withdrawn"]
