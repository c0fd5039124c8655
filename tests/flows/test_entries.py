"""Every act of the whole flow, and what its entries must say; the pages made of them; what a failure leaves."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from secureprofile.adapters.anchors import Kept, drop_entries, keep_anchor
from secureprofile.adapters.state import State
from secureprofile.audit.merkle import leaf_hash

ALWAYS = {"act", "phase", "time", "actor", "roles", "authenticated", "policy", "software", "host", "format"}
PURPOSE = {"purpose", "lawful_basis"}
DATA = {*PURPOSE, "dataset", "columns", "categories", "treatments"}
MATRIX: dict[tuple[str, str], set[str]] = {
    ("workspace.create", "event"): {"result", "reason"},
    ("consent.import", "intent"): {"columns"},
    ("consent.import", "outcome"): {"columns", "rows", "input_digest", "intent", "result", "reason"},
    ("anonymize", "intent"): {*DATA, "recipient", "cross_border"},
    ("anonymize", "outcome"): {*DATA, "recipient", "cross_border", "rows", "input_digest", "output_digest", "intent", "result", "reason"},
    ("ingest", "intent"): DATA,
    ("ingest", "outcome"): {*DATA, "rows", "input_digest", "snapshot", "intent", "result", "reason"},
    ("portrait.build", "intent"): {*PURPOSE, "columns", "details"},
    ("portrait.build", "outcome"): {*PURPOSE, "columns", "details", "rows", "snapshot", "intent", "result", "reason"},
    ("release.run", "intent"): {*PURPOSE, "columns", "plan", "snapshot", "details"},
    ("release.run", "outcome"): {*PURPOSE, "columns", "plan", "snapshot", "details", "epsilon", "delta", "epsilon_left", "delta_left",
                                 "output_digest", "intent", "result", "reason"},
    ("report", "event"): {"plan", "snapshot", "output_digest", "details", "result", "reason"},
}  # fmt: skip


def bodies(folder: Path) -> list[bytes]:
    with closing(sqlite3.connect(folder / ".secureprofile" / "state.db")) as state:
        return [body for (body,) in state.execute("SELECT body FROM log ORDER BY idx")]


def log(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(body) for body in bodies(folder)]


def test_every_act_says_what_it_must(finished_shop: Path) -> None:
    entries = log(finished_shop)
    assert {(e["act"], e["phase"]) for e in entries} == set(MATRIX)
    for entry in entries:
        missing = (ALWAYS | MATRIX[entry["act"], entry["phase"]]) - set(entry)
        assert not missing, (entry["act"], entry["phase"], missing)


def test_an_input_has_one_keyed_digest_and_it_is_no_plain_one(finished_shop: Path) -> None:
    import hashlib

    marks = {
        e["input_digest"] for e in log(finished_shop) if e.get("dataset") == "customers" and e["phase"] == "outcome"
    }
    assert len(marks) == 1
    assert hashlib.sha256((finished_shop / "customers.csv").read_bytes()).hexdigest() not in marks


def test_a_failure_says_what_it_was_about(shop, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert (
        shop(
            "--request", "DSR-7", "anonymize", "customers.csv", "-o", "nowhere/x.csv", "--purpose", "partner-analytics"
        )
        == 2
    )
    entry = log(shop.folder)[-1]
    assert (entry["result"], entry["dataset"], entry["recipient"], entry["request"]) == (
        "error",
        "customers",
        "research-partner",
        "DSR-7",
    )
    assert "treatments" in entry


@pytest.mark.parametrize("request_", ["anna@example.org", "13912345678"])
def test_a_request_that_could_name_somebody_is_refused_and_leaves_no_entry(shop, capsys, request_: str) -> None:  # type: ignore[no-untyped-def]
    before = len(log(shop.folder))
    assert shop("--request", request_, "audit", "log") == 2
    assert request_ not in capsys.readouterr().err
    assert len(log(shop.folder)) == before


def test_events_hold_every_entry_with_its_leaf_hash(shop) -> None:  # type: ignore[no-untyped-def]
    before = bodies(shop.folder)
    for form in ("ocsf", "csv", "html"):
        assert shop("audit", "events", "-o", f"out.{form}", "--format", form) == 0
    lines = (shop.folder / "out.ocsf").read_text("utf-8").splitlines()
    found = [json.loads(line)["unmapped"]["secureprofile"] for line in lines]
    assert [one["leaf_hash"] for one in found] == [leaf_hash(body).hex() for body in before]
    assert [one["entry"] for one in found] == [json.loads(body) for body in before]
    with (shop.folder / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert [one["leaf_hash"] for one in table][: len(before)] == [leaf_hash(body).hex() for body in before]
    assert "<script" not in (shop.folder / "out.html").read_text("utf-8")
    assert [e["act"] for e in log(shop.folder)][len(before) :] == ["audit.events"] * 6


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("what", ["summary", "records"])
def test_pages_are_internal_and_in_every_format(shop, what: str, lang: str) -> None:  # type: ignore[no-untyped-def]
    for form in ("html", "md", "json"):
        assert shop("audit", what, "-o", f"p.{form}", "--lang", lang) == 0
    page = (shop.folder / "p.html").read_text("utf-8")
    assert ("INTERNAL" if lang == "en" else "内部资料") in page
    assert "tester" not in page
    assert json.loads((shop.folder / "p.json").read_text("utf-8"))["format"] == f"secureprofile-{what}/1"
    assert "partner-analytics" in (shop.folder / "p.md").read_text("utf-8")


def test_names_are_for_the_creator(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    assert shop("audit", "summary", "-o", "n.html", "--with-actor") == 0
    assert "tester@example.com" in (shop.folder / "n.html").read_text("utf-8")
    assert shop("audit", "summary", "-o", "m.html", "--with-actor", "--actor", "stranger@example.com") == 1
    assert not (shop.folder / "m.html").exists()
    assert log(shop.folder)[-1]["reason"] == "not-the-creator"


def test_a_summary_says_who_vouches_for_the_log_and_what_was_pruned(shop) -> None:  # type: ignore[no-untyped-def]
    with closing(State.open(shop.folder / ".secureprofile" / "state.db")) as state, state.writing() as tx:
        keep_anchor(tx, Kept(size=3, kind="witness", name="witness.example/w", body=b"", at="2026-11-01T00:00:00.000Z"))
        drop_entries(tx, 2)
    before = len(log(shop.folder))
    assert shop("audit", "summary", "-o", "s.json") == 0
    rows = json.loads((shop.folder / "s.json").read_text("utf-8"))["internal"]["parts"]["anchored"]
    told = {row["Range"]: row["Entries"] for row in rows}
    assert told["Pruned; their hashes are kept"] == "0–1"
    assert told["Vouched for by witness.example/w"] == "0–2"
    assert told["After all of these"].startswith("3–")
    assert [entry["act"] for entry in log(shop.folder)[before:]] == ["audit.summary", "audit.summary"]


@pytest.mark.parametrize("name", ["events.txt", "events"])
def test_a_name_that_tells_no_format_is_refused_before_the_log_is_read(shop, name: str, capsys) -> None:  # type: ignore[no-untyped-def]
    before = len(log(shop.folder))
    assert shop("audit", "events", "-o", name) == 2
    assert "--format" in capsys.readouterr().err
    assert len(log(shop.folder)) == before
