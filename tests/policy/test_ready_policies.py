"""The policies that ship: each loads, means what it says, and is used on a file."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from secureprofile.adapters.policies import READY, check_policy
from secureprofile.cli.main import run
from secureprofile.flows.shop import write_shop
from tests.conftest import ROOT

TOKEN = re.compile(r"sp_[a-z0-9]{1,8}_[a-z0-9]{1,8}_[0-9a-f]{32}")
EXPORTS = {"retail": "partner-analytics", "retail-cn": "partner-analytics", "strict": "audit-sample"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_shop(folder, customers=150, orders=900, seed=5)
    return folder


@pytest.mark.parametrize("name", READY)
def test_each_is_whole(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    loaded, tags = check_policy(name)
    assert tags >= 10
    assert loaded.policy.defaults == "deny"
    for purpose in loaded.policy.purposes.values():
        if "release" in purpose.outputs:
            assert purpose.budget is not None
            assert purpose.minimum_group >= 20
    assert run(["policy", "check", name]) == 0
    assert capsys.readouterr().out.strip() == loaded.hash
    assert run(["policy", "explain", name]) == 0


def test_the_chinese_policy_speaks_chinese_and_rests_on_the_chinese_law() -> None:
    text = (ROOT / "policies" / "retail-cn.yaml").read_text(encoding="utf-8")
    comments = re.findall(r"#\s*(.+)", text)
    assert len(comments) >= 8
    assert all(re.search(r"[\u4e00-\u9fff]", comment) for comment in comments)
    policy = check_policy("retail-cn")[0].policy
    assert policy.policy.jurisdiction == ("PIPL",)
    assert all(set(purpose.lawful_basis) == {"PIPL"} for purpose in policy.purposes.values())


@pytest.mark.parametrize("name", READY)
def test_each_treats_a_file(name: str, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--policy", name, "--keys", "file:keys"]) == 0
    assert run(["consent", "import", str(files / "consents.csv")]) == 0
    source, out = files / "customers.csv", tmp_path / "safe.csv"
    assert run(["anonymize", str(source), "-o", str(out), "--purpose", EXPORTS[name]]) == 0
    with source.open(encoding="utf-8-sig", newline="") as file:
        before = list(csv.DictReader(file))
    with out.open(encoding="utf-8", newline="") as file:
        after = list(csv.DictReader(file))
    assert after
    assert all(TOKEN.fullmatch(row["customer_id"]) for row in after)
    text = out.read_text(encoding="utf-8")
    for column in ("customer_id", "mobile", "email", "resident_id", "address"):
        values = {row[column].strip() for row in before if len(row[column].strip()) > 5}
        assert values
        assert not [value for value in values if value in text], column


def test_a_policy_in_use_can_be_replaced_by_its_creator_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--policy", "retail", "--keys", "file:keys", "--actor", "owner@example.com"]) == 0
    capsys.readouterr()
    assert run(["policy", "use", "strict", "--actor", "visitor@example.com"]) == 1
    assert "only who created" in capsys.readouterr().err
    assert run(["policy", "use", "strict", "--actor", "owner@example.com"]) == 0
    digest = capsys.readouterr().out.strip()
    assert run(["audit", "log", "--json", "--actor", "owner@example.com"]) == 0
    entries = json.loads(capsys.readouterr().out)["entries"]
    used = [entry for entry in entries if entry["act"] == "policy.use"]
    assert [(entry["result"], entry.get("details")) for entry in used] == [("deny", None), ("allow", {"to": digest})]
    assert entries[-1]["policy"] == digest


def test_a_broken_policy_is_not_put_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--policy", "retail", "--keys", "file:keys"]) == 0
    assert run(["policy", "copy", "retail", "mine"]) == 0
    releases = Path("mine/releases.yaml")
    text = releases.read_text("utf-8")
    assert "{with: lifecycle}" in text
    releases.write_text(text.replace("{with: lifecycle}", "{with: shoe_size}"), encoding="utf-8")
    assert run(["policy", "use", "mine/retail.yaml"]) == 2
    assert "shoe_size" not in capsys.readouterr().err
    assert run(["tags", "list"]) == 0


def test_a_policy_decides_nothing_before_its_first_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    Path("customers.csv").write_text("customer_id\nA1\n", encoding="utf-8")
    assert run(["policy", "copy", "retail", "mine"]) == 0
    mine = Path("mine/retail.yaml")
    text = (
        mine.read_text("utf-8")
        .replace("version: 2, ", "version: 3, ")
        .replace("effective: 2026-01-01", "effective: 2999-01-01")
    )
    mine.write_text(text, encoding="utf-8")
    assert run(["init", "--policy", "mine/retail.yaml", "--keys", "file:keys"]) == 0
    assert run(["anonymize", "customers.csv", "--purpose", "partner-analytics", "-o", "out.csv"]) == 1
    assert "holds from 2999-01-01 on" in capsys.readouterr().err
    assert not Path("out.csv").exists()
    assert run(["policy", "use", "retail"]) == 0
    assert run(["policy", "use", "mine/retail.yaml"]) == 1
    capsys.readouterr()
    assert run(["audit", "log", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)["entries"]
    denied = [entry["act"] for entry in entries if entry.get("reason") == "policy-not-effective"]
    assert denied == ["anonymize", "policy.use"]


def test_the_schema_completes_what_the_parser_accepts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    text = (ROOT / "policies" / "retail.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"^([a-z]+):", text, re.MULTILINE)) <= set(schema["properties"])
    assert schema["additionalProperties"] is False
    words = json.dumps(schema)
    for word in ("pseudonym", "generalize", "scrub", "required", "not-required", "GDPR", "PIPL", "release"):
        assert f'"{word}"' in words
