"""What a person may keep of their consents: a receipt in the sections of ISO/IEC TS 27560.

Header, processing (from the policy in force), parties, events (from the records). It names the person as they named themself and
holds nothing by which somebody else's records could be found.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from secureprofile.consent.records import ConsentRecord

if TYPE_CHECKING:
    from secureprofile.policy.model import Policy

SCHEMA: Final = "ISO/IEC TS 27560:2023"
FORMAT: Final = "secureprofile-consent-receipt/1"


def receipt_of(
    records: Sequence[ConsentRecord], policy: Policy, *, principal: str, at: datetime, policy_hash: str
) -> dict[str, Any]:
    """Return a receipt over one person's records.

    Args:
        records: of one person, in any order.
        policy: in force.
        principal: how the person is called in it.
        at: when it is made, UTC.
        policy_hash: of the policy, SHA-256 in hex.

    Returns:
        A mapping for JSON; one part for each purpose that has records, its events oldest first.
    """
    ordered = sorted(records, key=lambda one: (one.at, one.state, one.digest))
    purposes = dict.fromkeys(one.purpose for one in ordered)
    return {
        "format": FORMAT,
        "schema_version": SCHEMA,
        "made": at.isoformat(),
        "pii_principal_id": principal,
        "policy": {"id": policy.policy.id, "version": policy.policy.version, "sha256": policy_hash},
        "pii_controller": policy.policy.owner,
        "purposes": [
            {
                **_processing(policy, name),
                "events": [_event(one) for one in ordered if one.purpose == name],
            }
            for name in purposes
        ],
    }


def _processing(policy: Policy, name: str) -> dict[str, Any]:
    body = policy.purposes.get(name)
    if body is None:  # of an older policy
        return {"purpose": name, "in_force": False}
    return {
        "purpose": name,
        "in_force": True,
        "purpose_type": body.data_use,
        "lawful_basis": dict(body.lawful_basis),
        "jurisdiction": list(policy.policy.jurisdiction),
        "pii_types": sorted(body.allow),
        "retention_period": body.retention,
        "recipients": list(body.recipients),
        "cross_border": body.cross_border,
        "withdrawal": f"secureprofile consent withdraw, at {policy.policy.owner}",
    }


def _event(record: ConsentRecord) -> dict[str, Any]:
    told = {
        "record_id": str(record.uuid),
        "event_state": record.state,
        "event_time": record.at.isoformat(),
        "event_method": record.method,
        "notice": record.notice_name,
        "language": record.language,
        "lawful_basis": record.basis,
        "pii_types": record.categories,
        "valid_until": record.expires.isoformat() if record.expires else "",
        "guardian": record.guardian,
        "source": record.source,
        "separate_consent": [
            name.replace("_", "-") for name in ("sensitive", "disclosure", "cross_border") if getattr(record, name)
        ],
    }
    return {name: value for name, value in told.items() if value}
