"""Events of OCSF 1.8.0, judged by the facts of its class definition, and rows that no spreadsheet runs."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.audit.entry import Entry
from secureprofile.audit.ocsf import FIELDS, activity, event, row
from secureprofile.flows.rights import ACTS
from tests.conftest import ROOT

# Datastore Activity (6005) of OCSF 1.8.0: what the class definition requires, and its activities.
REQUIRED = {"activity_id": int, "actor": dict, "category_uid": int, "class_uid": int, "metadata": dict, "severity_id": int,
            "src_endpoint": dict, "time": int, "type_uid": int}  # fmt: skip
ALLOWED = {*REQUIRED, "activity_name", "action_id", "category_name", "class_name", "databucket", "message", "policy", "severity",
           "status", "status_id", "status_detail", "table", "type_id", "type_name", "unmapped"}  # fmt: skip
NAMES = {
    1: "Read",
    2: "Update",
    3: "Connect",
    4: "Query",
    5: "Write",
    6: "Create",
    7: "Delete",
    8: "List",
    9: "Encrypt",
    10: "Decrypt",
}

ENTRY: dict[str, Any] = {
    "act": "anonymize", "phase": "outcome", "intent": 7, "result": "allow", "reason": "done", "time": "2026-11-01T08:30:00.120Z",
    "actor": "staff-00000001", "roles": ["steward"], "authenticated": "os-user", "policy": "ab" * 32, "host": "host-0123456789abcdef",
    "software": "secureprofile 0.1.0", "dataset": "customers", "purpose": "p", "categories": ["user.name", "user.financial.bank_account"],
    "request": "DSR-1", "format": "secureprofile-entry/1",
}  # fmt: skip


def check(found: dict[str, Any]) -> None:
    assert set(found) <= ALLOWED
    assert all(type(found[name]) is kind for name, kind in REQUIRED.items())
    assert (found["class_uid"], found["category_uid"]) == (6005, 6)
    assert found["type_uid"] == 600500 + found["activity_id"]
    assert found["activity_id"] in {0, *NAMES, 99}
    assert found["activity_id"] == 99 or found["activity_name"] == NAMES[found["activity_id"]]
    assert found["metadata"]["version"] == "1.8.0"
    assert found["metadata"]["product"]["name"]
    assert {"database", "databucket", "table"} & set(found)
    assert {"uid", "name", "hostname", "ip"} & set(found["src_endpoint"])
    assert found["actor"]["user"]["uid"]
    assert found["policy"]["uid"]


@pytest.mark.parametrize("change", [{}, {"result": "deny"}, {"result": "error"}, {"result": None, "phase": "intent"}, {"host": ""},
                                    {"act": "reveal"}, {"act": "unheard.of"}, {"dataset": None}, {"categories": []}])  # fmt: skip
def test_events_are_what_the_class_asks_for(change: dict[str, Any]) -> None:
    entry = {key: value for key, value in {**ENTRY, **change}.items() if value not in (None, "", [])}
    found = event(9, entry, bytes(32), origin="example.com/log")
    check(found)
    assert found["status_id"] == {"allow": 1, "deny": 2, "error": 2}.get(entry.get("result", ""), 0)
    assert found["unmapped"]["secureprofile"] == {"index": 9, "leaf_hash": "00" * 32, "entry": entry}
    assert found["metadata"]["correlation_uid"] == "example.com/log/7"
    assert found["time"] == 1_793_521_800_120


@pytest.mark.parametrize(
    ("act", "number"), [("ingest", 5), ("reveal", 10), ("subject.erase", 7), ("exports.list", 8), ("new", 99)]
)
def test_acts_are_told_as_the_nearest_activity(act: str, number: int) -> None:
    assert activity(act) == number


@given(st.sampled_from(["=", "+", "-", "@", "\t", "\r"]), st.text(max_size=10))
def test_no_cell_is_run_by_a_spreadsheet(sign: str, rest: str) -> None:
    cells = row(0, {**ENTRY, "reason": sign + rest, "request": sign, "roles": [sign]}, bytes(32))
    assert len(cells) == len(FIELDS)
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n")]


def test_every_act_of_the_code_is_mapped_and_every_field_has_a_column() -> None:
    found: set[str] = set()
    for path in (ROOT / "secureprofile").rglob("*.py"):
        text = path.read_text("utf-8")
        found.update(re.findall(r'\b(?:begin|record|on_person|authorise|entry)\(\s*\w*context,?\s*"([a-z.]+)"', text))
        found.update(re.findall(r'^(?:ACT|act_name)\b[^=\n]*= "([a-z.]+)"', text, re.MULTILINE))
        found.update(re.findall(r'context\.entry\("([a-z.]+)"', text))
    found.update(ACTS.values())
    assert len(found) >= 40
    assert not {act for act in found if activity(act) == 99}
    assert {field.name for field in dataclasses.fields(Entry)} <= set(FIELDS)
