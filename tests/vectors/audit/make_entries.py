"""Make ``entries.json``: entries of every phase, their canonical bytes and leaf hashes, and the root over them.

Run it from the root after a change of format: ``python -m tests.vectors.audit.make_entries``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from secureprofile.audit.entry import Entry, named
from secureprofile.audit.merkle import leaf_hash, root

_WHO: dict[str, Any] = {
    "time": "2026-11-01T08:30:00.120Z", "actor": "staff-9cacabad", "roles": ("steward", "analyst"), "authenticated": "os-user",
    "policy": "ab" * 32, "software": "secureprofile 0.1.0", "host": "host-0123456789abcdef",
}  # fmt: skip
_WHY: dict[str, Any] = {
    "purpose": "partner-analytics", "lawful_basis": {"PIPL": "consent", "GDPR": "consent"}, "request": "DSR-2026-0042",
}  # fmt: skip
_DATA: dict[str, Any] = {
    "dataset": "customers", **named(["customer_id", "姓名", 'a "b"\\c\n\x01', "\U0001f600é\u2028"]),
    "categories": ("user.name", "user.unique_id"), "treatments": {"user.unique_id": "pseudonym", "user.name": "drop"},
    "recipient": "research-partner", "cross_border": False,
}  # fmt: skip
ENTRIES = [
    Entry(act="workspace.create", phase="event", result="allow", reason="done", **_WHO),
    Entry(act="anonymize", phase="intent", **_WHO, **_WHY, **_DATA),
    Entry(
        act="anonymize", phase="outcome", intent=1, result="allow", reason="done", rows="<=10000", input_digest="01" * 32,
        output_digest="02" * 32, consent_snapshot="03" * 32, k=5, subjects={"class": "<=5000", "root": "04" * 32},
        details={"key.pseudonym": "k1", "identifiers": "<=10000", "largest": (1 << 53) - 1, "again": True}, **_WHO, **_WHY, **_DATA,
    ),
    Entry(
        act="release.run", phase="outcome", intent=1, result="allow", reason="done", plan="05" * 32, snapshot="10", epsilon="1",
        delta="1E-6", epsilon_left="3", delta_left="0.000009", output_digest="06" * 32, **named([f"column_{n}" for n in range(5000)]),
        **_WHO, **_WHY,
    ),
    Entry(act="reveal", phase="event", result="deny", reason="no-role", **{**_WHO, "roles": (), "host": ""}),
]  # fmt: skip


def made() -> dict[str, Any]:
    """Return the file's content."""
    bodies = [one.to_bytes() for one in ENTRIES]
    return {
        "entries": [
            {"content": json.loads(body), "bytes": body.hex(), "leaf_hash": leaf_hash(body).hex()} for body in bodies
        ],
        "root": root(map(leaf_hash, bodies)).hex(),
    }


if __name__ == "__main__":
    Path(__file__).with_name("entries.json").write_text(
        json.dumps(made(), indent=1, ensure_ascii=True) + "\n", encoding="utf-8"
    )
