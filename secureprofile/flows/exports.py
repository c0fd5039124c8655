"""Exports: who may get one, what is recorded of each, what went to whom, and what to recall for one person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from secureprofile.adapters.clock import now, stamp
from secureprofile.adapters.keys import derive
from secureprofile.adapters.views import Writer
from secureprofile.anonymity.scheme import Scheme
from secureprofile.audit.entry import size_class
from secureprofile.consent.records import ConsentRecord
from secureprofile.errors import PolicyRefused, UsageError
from secureprofile.flows.consent import person_of
from secureprofile.flows.gate import Context, record
from secureprofile.flows.guarded import Treated
from secureprofile.guard.canonical import SCHEME, canonical_text
from secureprofile.guard.pseudonyms import TOKEN_HEX, keyed_hex
from secureprofile.policy.decide import decide
from secureprofile.policy.model import Policy
from secureprofile.policy.recipients import refusal
from secureprofile.policy.treatments import Pseudonym


def registered_recipient(context: Context, recipient: str | None) -> str:
    """Return the recipient: one that the policy names for this purpose, with an agreement that covers it today.

    Raises:
        PolicyRefused: recorded.
    """
    policy, name = context.policy.policy, context.purpose or ""
    purpose = policy.purposes[name]
    chosen = recipient or (purpose.recipients[0] if len(purpose.recipients) == 1 else None)
    if chosen not in purpose.recipients:
        found: tuple[str, str, str] | None = (
            "unknown-recipient",
            f"purpose {name} has {'no such recipient' if recipient else 'several recipients'}",
            "--recipient, one of: " + ", ".join(purpose.recipients),
        )
    else:
        found = refusal(policy, purpose=name, recipient=str(chosen), day=now().date())
    if found is None:
        return str(chosen)
    reason, message, hint = found
    known = recipient if recipient in policy.recipients else None  # what the policy does not name may be anything
    record(context, "anonymize", result="deny", reason=reason, recipient=known)
    raise PolicyRefused(message, reason=reason, hint=hint)


def add_export(
    context: Context,
    tx: Writer,
    done: Treated,
    *,
    dataset: str,
    recipient: str,
    digest: str,
    manifest: bytes = b"",
    scheme: bytes = b"",
) -> None:
    """Record a file that leaves, in the transaction of its outcome entry."""
    policy = context.policy.policy
    registered = policy.recipients.get(recipient)
    detail = {
        "columns": {
            plan.name: {"category": plan.category, "treatment": "denied" if plan.denied else plan.treatment.kind}
            for plan in done.columns
        },
        "consent": policy.purposes[context.purpose or ""].consent == "required",
        "subject": _subject(policy, dataset, done),
        **({"manifest": manifest.decode(), "anonymity": scheme.decode()} if manifest else {}),
    }
    tx.add_export(
        entry=done.entry,
        dataset=dataset,
        purpose=context.purpose or "",
        recipient=recipient,
        kid=context.keys.pseudonym[0].kid,
        digest=digest,
        at=stamp(now()),
        agreement=registered.agreement if registered else "",
        scheme=SCHEME,
        rows=size_class(done.rows_out),
        policy=context.policy.hash,
        detail=json.dumps(detail, sort_keys=True, ensure_ascii=False),
    )


def _subject(policy: Policy, dataset: str, done: Treated) -> dict[str, str | None] | None:
    """Return what it takes to spell one person's pseudonym again; None where the subject column left without one."""
    for plan in done.columns:
        if plan.name == policy.datasets[dataset].subject and isinstance(plan.treatment, Pseudonym):
            return {"category": plan.category, "region": plan.region, "type": plan.treatment.type}
    return None


def list_exports(context: Context, *, recipient: str | None, dataset: str | None) -> list[dict[str, Any]]:
    """Return what went to whom, oldest first; the look is recorded."""
    record(context, "exports.list", result="allow", reason="done")
    with context.state.reading() as view:
        rows = view.export_list()
    return [r for r in rows if recipient in (None, r["recipient"]) and dataset in (None, r["dataset"])]


def manifest_of(context: Context, entry: int) -> bytes:
    """Return the signed manifest of an export whose rows were generalised; the look is recorded.

    Raises:
        UsageError: there is no such export, or it has none.
    """
    record(context, "exports.manifest", result="allow", reason="done")
    return str(_generalised(context, entry)["detail"]["manifest"]).encode()


def stored_scheme(context: Context, entry: int, dataset: str) -> Scheme:
    """Return the classes of an earlier export of the same dataset.

    Raises:
        UsageError: there is no such export, it is of another dataset, or its labels were sets.
    """
    row = _generalised(context, entry)
    if row["dataset"] != dataset or not row["detail"]["anonymity"]:
        raise UsageError(
            f"entry {entry} of the log has no scheme for dataset {dataset}",
            hint="choose an export of the same dataset that was made without labels: sets",
        )
    return Scheme.from_json(row["detail"]["anonymity"].encode())


def _generalised(context: Context, entry: int) -> dict[str, Any]:
    with context.state.reading() as view:
        rows = [row for row in view.export_list() if row["entry"] == entry]
    if not rows or "manifest" not in rows[0]["detail"]:
        raise UsageError(
            f"entry {entry} of the log is no export with a manifest",
            hint="secureprofile exports list; only exports that a section `anonymity` rules have one",
        )
    return rows[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """One export that may hold a person. ``pseudonym`` is how the recipient knows them; ``why_none`` says why it is not told."""

    entry: int
    at: str
    dataset: str
    purpose: str
    recipient: str
    agreement: str
    contact: str
    pseudonym: str | None
    why_none: str = ""


def recall(context: Context, identifier: str, *, purpose: str | None) -> list[Recall]:
    """Return the exports that may hold a person, with the pseudonym under which each recipient knows them.

    It takes a role of the purposes whose pseudonyms are told, as making them does, and every call is recorded. Nothing is kept of
    who was in which file; an export is left out only when its purpose asked for consent and the person had never given it by then.
    After an erasure the identifier alone serves, and nothing can be left out.

    Raises:
        PolicyRefused: the actor has a role of none of the purposes; recorded.
        UsageError: the policy has no such purpose.
    """
    policy = context.policy.policy
    if purpose is not None and purpose not in policy.purposes:
        raise UsageError("the policy has no such purpose", hint="--for, one of: " + ", ".join(policy.purposes))
    exporting = [name for name, body in policy.purposes.items() if "export" in body.outputs and purpose in (None, name)]
    permitted = {
        name for name in exporting if decide(policy, roles=context.roles, purpose=name, output="export").allowed
    }
    if not permitted:
        record(context, "exports.recall", result="deny", reason="role-not-allowed")
        roles = sorted({role for name in exporting for role in policy.purposes[name].roles})
        raise PolicyRefused(
            f"a recall is for the roles {', '.join(roles) or 'none'}; you have {', '.join(context.roles) or 'none'}",
            reason="role-not-allowed",
            hint="ask the policy's owner, or act as somebody else with --actor",
        )
    record(context, "exports.recall", result="allow", reason="done")
    return [_recall(context, row, identifier, permitted) for row in _concerned(context, identifier, purpose)]


def concerning(context: Context, identifier: str) -> list[Recall]:
    """Return the exports that may hold a person, as part of an act that is recorded itself; pseudonyms only as the actor's roles allow."""
    policy = context.policy.policy
    permitted = {
        name for name in policy.purposes if decide(policy, roles=context.roles, purpose=name, output="export").allowed
    }
    return [_recall(context, row, identifier, permitted) for row in _concerned(context, identifier, None)]


def count_to_recall(context: Context, identifier: str, *, purpose: str) -> int:
    """Return how many exports for a purpose may hold a person; recorded. Of whom is said to nobody."""
    record(context, "exports.count", result="allow", reason="done")
    return sum(1 for _ in _concerned(context, identifier, purpose))


def _concerned(context: Context, identifier: str, purpose: str | None) -> Iterable[dict[str, Any]]:
    person = person_of(context, identifier)
    with context.state.reading() as view:
        rows = view.export_list()
        records = view.consent_records(person) if person is not None else None
    for row in rows:
        if purpose not in (None, row["purpose"]):
            continue
        if records is not None and row["detail"].get("consent") and not _consented(records, row):
            continue
        yield row


def _consented(records: Sequence[ConsentRecord], row: dict[str, Any]) -> bool:
    """Tell whether the person had ever agreed to the export's purpose by its time.

    A withdrawal before it does not count: files of records may come later than what they tell, and nothing may be hidden then.
    """
    at = datetime.fromisoformat(row["at"])
    return any(one.purpose == row["purpose"] and one.state == "granted" and one.at <= at for one in records)


def _recall(context: Context, row: dict[str, Any], identifier: str, permitted: set[str]) -> Recall:
    registered = context.policy.policy.recipients.get(row["recipient"])
    pseudonym, why_none = _pseudonym(context, row, identifier, permitted)
    return Recall(
        **{name: row[name] for name in ("entry", "at", "dataset", "purpose", "recipient", "agreement")},
        contact=registered.contact if registered else "",
        pseudonym=pseudonym,
        why_none=why_none,
    )


def _pseudonym(context: Context, row: dict[str, Any], identifier: str, permitted: set[str]) -> tuple[str | None, str]:
    subject = row["detail"].get("subject")
    secrets = [secret for secret in context.keys.pseudonym if secret.kid == row["kid"]]
    if row["purpose"] not in permitted:
        return None, "another role's purpose"
    if row["scheme"] != SCHEME:
        return None, f"made by scheme {row['scheme']}"
    if subject is None:
        return None, "the subject column left without a pseudonym"
    if not secrets:
        return None, f"key {row['kid']} is gone"
    category = subject["category"]
    key = derive(secrets[0], purpose=row["purpose"], recipient=row["recipient"], category=category)
    spelled = canonical_text(identifier, category, subject["region"])
    token = keyed_hex(key, spelled)[:TOKEN_HEX]
    return f"sp_{subject['type']}_{row['kid']}_{token}", ""
