"""Which keys a treatment is given: derived late, for one scheme, purpose, recipient and category, from the newest of a role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from secureprofile.adapters.clock import now
from secureprofile.adapters.keys import Secret, derive, grow_ring, load_ring
from secureprofile.adapters.words import fake_words
from secureprofile.flows.gate import Context, record
from secureprofile.guard import fakes, fpe, reversible
from secureprofile.guard.cells import CellFunction, Remembered
from secureprofile.guard.pseudonyms import pads
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.treatments import DateShift, Encrypt, Fpe, Noise, Pseudonym, Replace, Token

ROLES = {
    "pseudonym": "pseudonym",
    "replace": "pseudonym",
    "date_shift": "pseudonym",
    "noise": "pseudonym",
    "encrypt": "encrypt",
    "token": "vault",
    "fpe": "fpe",
}
"""Treatment → role of the key ring."""

SHIFT, NOISE, LOOKUP, VAULT = "sp/date-shift/2", "sp/noise/1", "sp/token/2", "sp/vault/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class For:
    """Whom a result is for: the one thing besides the category that separates keys."""

    purpose: str
    recipient: str

    def key(self, secret: Secret, scheme: str, category: str, length: int = 32) -> bytes:
        """Derive a key."""
        return derive(
            secret, purpose=self.purpose, recipient=self.recipient, category=category, scheme=scheme, length=length
        )


def secrets_of(context: Context, role: str) -> tuple[Secret, ...]:
    """Return a role's secrets, the newest first; a ring older than the role gets its first one, and the log says so."""
    known = context.keys.of(role)
    if known:
        return known
    with context.state.reading() as view:
        reference = str(view.meta("keys"))
    known = load_ring(reference).of(role)
    if known:
        return known
    known = grow_ring(reference, role, day=now().date().isoformat(), only_missing=True).of(role)
    record(context, "keys.add", result="allow", reason="done", details={"role": role, "kid": known[0].kid})
    return known


def kids_in_use(context: Context, plans: Sequence[ColumnPlan]) -> dict[str, str]:
    """Return role → kid of the newest key, for the roles that the plans need."""
    roles = sorted({ROLES[plan.treatment.kind] for plan in plans if plan.treatment.kind in ROLES})
    return {role: secrets_of(context, role)[0].kid for role in roles}


def pad_columns(
    context: Context, plans: Sequence[ColumnPlan], whom: For, subject: str
) -> tuple[dict[tuple[str, str], str], pa.Table | None]:
    """Return the names of the keys that expressions need, by (treatment, category), and the one-row table that holds their pads."""
    wanted = {("pseudonym", plan.category): "sp/pseudonym/2" for plan in plans if isinstance(plan.treatment, Pseudonym)}
    wanted |= {("token", plan.category): LOOKUP for plan in plans if isinstance(plan.treatment, Token)}
    if any(isinstance(plan.treatment, DateShift) for plan in plans):
        wanted["date_shift", subject] = SHIFT
    if any(isinstance(plan.treatment, Noise) for plan in plans):
        wanted["noise", subject] = NOISE
    names = {what: f"k{number}" for number, what in enumerate(sorted(wanted))}
    keys = {
        name: whom.key(secrets_of(context, ROLES[kind])[0], wanted[kind, category], category)
        for (kind, category), name in names.items()
    }
    return names, pa.table({cell: [value] for cell, value in pads(keys).items()}) if keys else None


def cell_functions(context: Context, plans: Sequence[ColumnPlan], whom: For) -> dict[str, CellFunction]:
    """Return column → function, for the treatments that are Python on cells."""
    functions: dict[str, CellFunction] = {}
    for plan in plans:
        match plan.treatment:
            case Encrypt():
                made: CellFunction = encryption(context, plan, whom)
            case Fpe():
                key = whom.key(secrets_of(context, "fpe")[0], fpe.SCHEME, plan.category)
                made = fpe.FormatPreserving(key, plan.treatment)
            case Replace():
                key = whom.key(secrets_of(context, "pseudonym")[0], fakes.SCHEME, plan.category)
                made = fakes.Fakes(key, plan.treatment, category=plan.category, words=fake_words())
            case _:
                continue
        functions[plan.name] = Remembered(made)
    return functions


def encryption(context: Context, plan: ColumnPlan, whom: For) -> reversible.Encryption:
    """Return a column's AES-SIV under every key of the ring, the newest first."""
    assert isinstance(plan.treatment, Encrypt)
    keys = {
        secret.kid: whom.key(secret, reversible.SCHEME, plan.category, reversible.KEY_BYTES)
        for secret in secrets_of(context, "encrypt")
    }
    return reversible.Encryption(keys, kind=plan.treatment.type, category=plan.category)
