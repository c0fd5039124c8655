"""The digests of docs/formats/consent.md, computed from that page alone, against the file of vectors and against the project."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from secureprofile.consent.records import ConsentRecord
from secureprofile.consent.snapshot import snapshot_of

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "consent.json").read_text(encoding="utf-8"))
ORDER = (
    "person purpose at state method notice notice_version language basis categories expires guardian jurisdiction minor birth_year "
    "age_from sensitive disclosure cross_border source record_id"
).split()


def netstring(text: str) -> bytes:
    data = text.encode("utf-8")
    return str(len(data)).encode() + b":" + data + b","


def digest(record: dict[str, str]) -> bytes:
    return hashlib.sha256(b"".join(map(netstring, ["sp/consent/1", *(record[name] for name in ORDER)]))).digest()


def snapshot(records: list[dict[str, str]], purpose: str) -> str:
    own = sorted(
        (r["person"].encode(), int(r["at"]), r["state"].encode(), digest(r)) for r in records if r["purpose"] == purpose
    )
    head = netstring("sp/consent-snapshot/1") + netstring(purpose)
    return hashlib.sha256(head + b"".join(one for *_, one in own)).hexdigest()


def made(record: dict[str, str]) -> ConsentRecord:
    def moment(text: str) -> datetime | None:
        return datetime.fromtimestamp(int(text), UTC) if text else None

    def number(text: str) -> int | None:
        return int(text) if text else None

    fields: dict[str, Any] = {**record, "at": moment(record["at"]), "expires": moment(record["expires"])}
    fields["minor"] = None if record["minor"] == "" else record["minor"] == "1"
    fields |= {name: number(record[name]) for name in ("birth_year", "age_from")}
    fields |= {name: record[name] == "1" for name in ("sensitive", "disclosure", "cross_border")}
    return ConsentRecord(**fields)


def test_the_page_the_vectors_and_the_project_agree() -> None:
    records = VECTORS["records"]
    assert len(records) >= 4
    for one in records:
        assert one["digest"] == digest(one["record"]).hex() == made(one["record"]).digest.hex()
        assert one["uuid"] == str(made(one["record"]).uuid)
    bodies = [one["record"] for one in records]
    for purpose, expected in VECTORS["snapshots"].items():
        own = [made(body) for body in bodies if body["purpose"] == purpose]
        assert expected == snapshot(bodies, purpose) == snapshot_of(own, purpose)
