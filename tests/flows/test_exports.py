"""Exports: to whom, under what, and what to ask back; by the command and the library, with pseudonyms recomputed by hand."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from secureprofile.adapters.state import State
from secureprofile.cli.main import run
from secureprofile.errors import PolicyRefused
from secureprofile.workspace import Workspace
from tests.conftest import ROOT

HEADER = ["order_id", "customer_id", "ordered_at", "category", "product", "quantity", "unit_price", "discount", "coupon", "channel"]  # fmt: skip


def orders(*customers: str) -> pd.DataFrame:
    rows = [
        [f"O{n}", who, "2026-03-04 10:00:00", "books", "atlas", "1", "9.5", "0", "", "web"]
        for n, who in enumerate(customers)
    ]
    return pd.DataFrame(rows, columns=HEADER)


def write_policy(folder: Path, *changes: tuple[str, str]) -> Path:
    text = (ROOT / "policies" / "retail.yaml").read_text("utf-8")
    for right, wrong in changes:
        assert right in text, right
        text = text.replace(right, wrong, 1)
    for name in ("tags.yaml", "releases.yaml"):
        (folder / name).write_bytes((ROOT / "policies" / name).read_bytes())
    (folder / "p.yaml").write_text(text, "utf-8")
    return folder / "p.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    return tmp_path


def consent_file(folder: Path, *people: str, at: str = "2026-01-01T00:00:00Z") -> Path:
    path = folder / "consents.csv"
    lines = [f"{who},partner-analytics,granted,{at},form,v1" for who in people]
    path.write_text("\n".join(["customer_id,purpose,state,at,method,notice", *lines]) + "\n", "utf-8")
    return path


@pytest.fixture
def place(folder: Path) -> Iterator[Workspace]:
    policy = write_policy(folder, ("    country: DE\n", "    country: DE\n    contact: privacy@partner.example\n"))
    with Workspace.open(folder / "ws", policy=policy, keys=f"file:{folder / 'keys'}") as made:
        with made.session() as one:
            one.import_consents(consent_file(folder, "C1", "C2"))
        yield made


def export(place: Workspace, *customers: str) -> pd.DataFrame:
    with place.session(purpose="partner-analytics") as one:
        return one.anonymize(orders(*customers), dataset="orders")


def test_an_export_is_recorded_with_everything_that_a_recall_needs(place: Workspace) -> None:
    export(place, "C1", "C2", "C1")
    with place.session() as one:
        (row,) = one.exports()
        assert one.exports(recipient="nobody") == one.exports(dataset="customers") == []
        assert one.exports(recipient="research-partner", dataset="orders") == [row]
    assert row["recipient"] == "research-partner"
    assert (row["agreement"], row["kid"], row["scheme"], row["rows"]) == ("DPA-0001", "k1", "sp/canonical/3", "<=10")
    assert row["at"].endswith("Z")
    assert len(row["policy"]) == 64
    assert row["detail"]["columns"]["customer_id"] == {"category": "user.unique_id", "treatment": "pseudonym"}
    assert row["detail"]["subject"] == {"category": "user.unique_id", "region": "GB", "type": "cust"}
    assert "C1" not in json.dumps(row)


def test_a_recall_tells_the_token_that_stands_in_the_file_and_nobody_elses(place: Workspace) -> None:
    safe = export(place, "C1", "C2")
    with place.session() as one:
        (found,) = one.recall(" Ｃ1 ")
    assert found.pseudonym == safe["customer_id"][0]
    assert found.pseudonym != safe["customer_id"][1]
    assert (found.recipient, found.contact) == ("research-partner", "privacy@partner.example")
    acts = [entry for entry in place.audit.log() if entry["act"] == "exports.recall"]
    assert [entry["result"] for entry in acts] == ["allow"]
    assert found.pseudonym not in json.dumps(acts)


def test_an_export_before_the_first_grant_cannot_hold_the_person_and_a_withdrawal_hides_none(place: Workspace) -> None:
    export(place, "C1", "C2", "C3")
    with place.session() as one:
        assert [len(one.recall(who)) for who in ("C1", "C2")] == [1, 1]
        one.withdraw("C1", purpose="partner-analytics")
        assert one.exports_to_recall("C1", purpose="partner-analytics") == 1
        assert one.exports_to_recall("C1", purpose="portrait") == 0
        assert [len(one.recall(who)) for who in ("C1", "C2")] == [1, 1]  # a withdrawal hides nothing
        assert len(one.recall("C3")) == 1  # of somebody unknown, as after an erasure, nothing can be left out
        one.import_consents(consent_file(place.path.parent, "C4", at="2126-01-01T00:00:00Z"))
        assert one.recall("C4") == []


def test_a_recall_takes_a_role_and_a_refusal_is_recorded(place: Workspace) -> None:
    export(place, "C1")
    with place.session(actor="stranger@example.org") as one, pytest.raises(PolicyRefused) as caught:
        one.recall("C1")
    assert caught.value.reason == "role-not-allowed"
    denied = [entry for entry in place.audit.log() if entry.get("result") == "deny"]
    assert [(entry["act"], entry["reason"]) for entry in denied] == [("exports.recall", "role-not-allowed")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("expires: 2028-12-31", "expires: 2020-12-31"), "agreement-expired"),
        (("recipients: [research-partner]", "recipients: [research-partner, internal]"), "unknown-recipient"),
    ],
)
def test_an_export_without_a_valid_agreement_is_refused_recorded_and_told_in_two_lines(
    folder: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], reason: str
) -> None:
    policy = write_policy(folder, change)
    orders("C1").to_csv("orders.csv", index=False)
    assert run(["init", "--policy", str(policy), "--keys", "file:keys"]) == 0
    capsys.readouterr()
    assert run(["anonymize", "orders.csv", "-o", "safe.csv", "--purpose", "partner-analytics"]) == 1
    assert [line[:6] for line in capsys.readouterr().err.splitlines()] == ["error:", "hint: "]
    assert not Path("safe.csv").exists()
    assert run(["audit", "log", "--json"]) == 0
    said: Any = json.loads(capsys.readouterr().out)
    assert reason in {entry.get("reason") for entry in said["entries"]}


def test_by_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orders("C1", "C2").to_csv("orders.csv", index=False)
    for command in (
        ["init", "--policy", str(write_policy(folder)), "--keys", "file:keys"],
        ["consent", "import", str(consent_file(folder, "C1", "C2"))],
        ["anonymize", "orders.csv", "-o", "safe.csv", "--purpose", "partner-analytics"],
        ["exports", "list", "--recipient", "research-partner"],
    ):
        assert run(command) == 0
    assert "DPA-0001" in capsys.readouterr().out
    assert run(["exports", "recall", "C1", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["exports"]
    with Path("safe.csv").open(encoding="utf-8", newline="") as file:
        assert found["pseudonym"] == next(csv.DictReader(file))["customer_id"]
    assert run(["exports", "recall", "C1"]) == 0
    assert "1 export may hold this person" in capsys.readouterr().err
    assert run(["consent", "withdraw", "C1", "--for", "partner-analytics"]) == 0
    assert "1 export for this purpose may hold the person" in capsys.readouterr().err


def test_a_workspace_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    State.open(path).close()
    with sqlite3.connect(path) as old:
        old.execute("DROP TABLE exports")
        old.execute(
            "CREATE TABLE exports (entry INTEGER PRIMARY KEY, dataset VARCHAR(64) NOT NULL, purpose VARCHAR(64) NOT NULL, "
            "recipient TEXT NOT NULL, kid VARCHAR(8) NOT NULL, digest VARCHAR(64) NOT NULL)"
        )
        old.execute("INSERT INTO exports VALUES (4, 'orders', 'p', 'r', 'k1', 'd')")
        old.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
    old.close()
    state = State.open(path)
    with state.reading() as view:
        (row,) = view.export_list()
        assert view.meta("schema") != "1"
    state.close()
    assert (row["entry"], row["scheme"], row["at"], row["detail"]) == (4, "sp/canonical/1", "", {})
