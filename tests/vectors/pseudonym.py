"""Make ``pseudonym.json``: spellings and tokens for implementations in other languages. Run it from the root after a new scheme."""

from __future__ import annotations

import json
from pathlib import Path

from secureprofile.adapters.keys import Secret, derive
from secureprofile.guard.canonical import SCHEME, canonical_text

SECRET = bytes(range(32))
PHONE, EMAIL, NATIONAL = (
    "user.contact.phone_number",
    "user.contact.email",
    "user.government_id.national_identification_number",
)
CELLS: list[tuple[str, str, str | None, str]] = [
    ("138 1234 5678", PHONE, "CN", "blanks"),
    ("+86-13812345678", PHONE, "CN", "international form"),
    ("0086 138 1234 5678", PHONE, "CN", "international prefix"),
    ("１３８１２３４５６７８", PHONE, "CN", "full-width digits"),
    ("138 1234 5678", PHONE, None, "without a region a national form keeps its digits"),
    ("0086 138 1234 5678", PHONE, None, "without a region an international form is understood"),
    ("+44 (0) 7400 123456", PHONE, "GB", "national prefix inside"),
    ("030/123456", PHONE, "DE", "slash"),
    ("010-66554433 转 12", PHONE, "CN", "extension"),
    ("12 34", PHONE, "CN", "no valid number: fillers go, the rest stays"),
    ("\u200b A@Example.COM ", EMAIL, None, "invisible character, blanks, case"),
    ("11010519491231002x", NATIONAL, None, "upper case"),
    ("123-45-6789", NATIONAL, None, "separators"),
    ("DE89 3704 0044 0532 0130 00", "user.financial.bank_account", None, "IBAN in groups"),
    ("ﾔﾏﾀﾞ", "user.name", None, "half-width katakana"),
    (" Ｃ１００１ ", "user.unique_id", None, "full-width letter and digits; case is kept"),
    ("aB 3", "user.unique_id", None, "inner blanks and case are kept"),
    (" \u200b ", EMAIL, None, "nothing: no token"),
]


def vectors() -> dict[str, object]:
    """Return the file's content."""
    secret = Secret(kid="k1", made="2026-11-01", value=SECRET)
    cases = []
    for cell, category, region, why in CELLS:
        spelled = canonical_text(cell, category, region)
        key = derive(secret, purpose="analytics", recipient="partner", category=category)
        cases.append(
            {
                "why": why, "cell": cell, "category": category, "region": region, "canonical": spelled, "key": key.hex(),
                "token": token(key, spelled) if spelled else None,
            }
        )  # fmt: skip
    return {
        "scheme": SCHEME, "phonenumbers": "9.0.43", "secret": SECRET.hex(), "kid": "k1", "purpose": "analytics", "recipient": "partner",
        "type": "id", "cases": cases,
    }  # fmt: skip


def token(key: bytes, spelled: str) -> str:
    """Return the token of a canonical spelling."""
    from hmac import digest

    return f"sp_id_k1_{digest(key.hex().encode(), spelled.encode(), 'sha256').hex()[:32]}"


if __name__ == "__main__":
    Path(__file__).with_suffix(".json").write_text(
        json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
