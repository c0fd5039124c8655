"""Entries as events of other systems: OCSF 1.8.0 Datastore Activity (6005), and rows for a spreadsheet. Pure.

Source: the Open Cybersecurity Schema Framework, class ``datastore_activity`` with the profile ``security_control``. What it has no
attribute for stands, unchanged, under ``unmapped.secureprofile``, with the entry's index and leaf hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

VERSION: Final = "1.8.0"
CLASS, CATEGORY = 6005, 6

ACTIVITIES: Final = {
    0: "Unknown", 1: "Read", 2: "Update", 3: "Connect", 4: "Query", 5: "Write", 6: "Create", 7: "Delete", 8: "List", 9: "Encrypt",
    10: "Decrypt", 99: "Other",
}  # fmt: skip

_ACTS: Final = {
    "anonymize": 1, "apply": 1, "report": 1, "consent.show": 1, "exports.manifest": 1, "subject.show": 1, "subject.accesses": 1,
    "audit.read": 1, "audit.verify": 1, "audit.checkpoint": 1, "audit.summary": 1, "audit.records": 1, "audit.events": 1, "budget.verify": 1,
    "audit.export": 1, "audit.prove": 1, "consent.grant": 2, "consent.withdraw": 2, "policy.use": 2, "keys.rotate": 2, "keys.wrap": 2,
    "subject.rectify": 2, "subject.restrict": 2, "subject.object": 2, "release.run": 4, "release.reuse": 4, "exports.recall": 4,
    "exports.count": 4, "ingest": 5, "consent.import": 5, "portrait.build": 6, "workspace.create": 6, "keys.add": 6,
    "consent.status": 1, "consent.receipt": 1, "subject.lift": 2, "subject.hold": 2, "subject.unhold": 2, "subject.keep": 2,
    "subject.readmit": 2, "tombstones.restore": 2, "vault.commit": 2, "audit.witness": 2, "audit.witness.add": 2,
    "audit.witness.remove": 2, "audit.timestamp": 2, "audit.timestamp.request": 1, "audit.timestamp.ask": 1, "workspace.open": 3,
    "subject.erase": 7, "retention.run": 7, "audit.prune": 7,
    "exports.list": 8, "keys.list": 8, "reveal": 10,
}  # fmt: skip

_FINANCIAL, _OFFICIAL = "user.financial", "user.government_id"


def activity(act: str) -> int:
    """Return the OCSF activity of an act; 99 for one that is not mapped.

    Example:
        >>> activity("reveal"), activity("something.new")
        (10, 99)
    """
    return _ACTS.get(act, 99)


def event(index: int, entry: Mapping[str, Any], leaf: bytes, *, origin: str) -> dict[str, Any]:
    """Return an entry as an OCSF event.

    Args:
        index: its place in the log.
        entry: its content.
        leaf: its leaf hash, 32 bytes.
        origin: the log's name.
    """
    act = str(entry["act"])
    number = activity(act)
    name = ACTIVITIES[number] if number != 99 else act
    result, intent = entry.get("result"), entry.get("intent")
    status, severity = {"allow": (1, 1), "deny": (2, 3), "error": (2, 2)}.get(str(result), (0, 1))
    found: dict[str, Any] = {
        "activity_id": number,
        "activity_name": name,
        "actor": {
            "user": {
                "uid": entry["actor"],
                "type_id": 1,
                "groups": [{"name": role} for role in entry.get("roles", ())],
            },
            "app_name": entry["software"],
        },
        "action_id": {"allow": 1, "deny": 2}.get(str(result), 0),
        "category_name": "Application Activity",
        "category_uid": CATEGORY,
        "class_name": "Datastore Activity",
        "class_uid": CLASS,
        "databucket": {"name": "workspace", "uid": origin},
        "message": _message(act, entry),
        "metadata": {
            "version": VERSION,
            "product": {
                "name": "secureprofile",
                "vendor_name": "secureprofile",
                "version": str(entry["software"]).rpartition(" ")[2],
            },
            "profiles": ["security_control", "data_classification"],
            "log_name": origin,
            "uid": f"{origin}/{index}",
            "correlation_uid": f"{origin}/{index if intent is None else intent}",
            "sequence": index,
        },
        "policy": {"uid": entry["policy"]},
        "severity_id": severity,
        "severity": ("Unknown", "Informational", "Low", "Medium")[severity],
        "src_endpoint": {"uid": entry["host"]} if entry.get("host") else {"name": "not recorded"},
        "status_id": status,
        "status": ("Unknown", "Success", "Failure")[status],
        "time": int(datetime.fromisoformat(str(entry["time"])).timestamp() * 1000 + 0.5),
        "type_name": f"Datastore Activity: {name}",
        "type_uid": CLASS * 100 + number,
        "type_id": 2,
        "unmapped": {"secureprofile": {"index": index, "leaf_hash": leaf.hex(), "entry": dict(entry)}},
    }
    if entry.get("reason"):
        found["status_detail"] = entry["reason"]
    if entry.get("dataset"):
        found["type_id"] = 3
        found["table"] = {"name": entry["dataset"]}
        if entry.get("categories"):
            found["table"]["data_classifications"] = [_classified(one) for one in entry["categories"]]
    return found


def _classified(category: str) -> dict[str, Any]:
    number = 3 if category.startswith(_FINANCIAL) else 2 if category.startswith(_OFFICIAL) else 1
    return {"category_id": number, "category": category}


def _message(act: str, entry: Mapping[str, Any]) -> str:
    parts = [f"{act} {entry['phase']}", str(entry.get("result", "")), str(entry.get("reason", ""))]
    parts += [f"{name} {entry[name]}" for name in ("purpose", "dataset", "recipient") if entry.get(name)]
    return ", ".join(part for part in parts if part)


FIELDS: Final = (
    "index", "time", "actor", "roles", "authenticated", "act", "phase", "intent", "result", "reason", "purpose", "lawful_basis",
    "request", "dataset", "rows", "columns", "columns_count", "columns_digest", "categories", "treatments", "recipient", "cross_border", "snapshot",
    "consent_snapshot", "input_digest", "output_digest", "k", "epsilon", "delta", "epsilon_left", "delta_left", "plan", "subjects", "policy",
    "host", "software", "details", "leaf_hash",
)  # fmt: skip
"""Columns of the CSV, in order."""

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")


def row(index: int, entry: Mapping[str, Any], leaf: bytes) -> list[str]:
    """Return an entry as cells of a spreadsheet, by :data:`FIELDS`; a cell that one would run begins with an apostrophe."""
    content = {**entry, "index": index, "leaf_hash": leaf.hex()}
    return [_safe(_text(content.get(name))) for name in FIELDS]


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return " ".join(map(str, value))
        case dict():
            return json.dumps(value, sort_keys=True, ensure_ascii=False) if value else ""
        case _:
            return str(value)


def _safe(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would run.

    Example:
        >>> _safe("=1+1"), _safe("ingest")
        ("'=1+1", 'ingest')
    """
    return f"'{cell}" if cell.startswith(_RUNS) else cell
