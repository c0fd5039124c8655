"""The published vectors, recomputed from ``docs/formats/pseudonym.md`` with hmac, hashlib, unicodedata and phonenumbers alone."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import ibis
import phonenumbers
import pyarrow as pa
import pytest

from tests.conftest import ROOT

FILE: dict[str, Any] = json.loads((ROOT / "tests" / "vectors" / "pseudonym.json").read_text("utf-8"))
CASES: list[dict[str, Any]] = FILE["cases"]
INVISIBLE = {
    0x00AD,
    0x061C,
    0xFEFF,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2065),
    *range(0x2066, 0x206A),
}
DASHES = {0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x30FC, 0xFF0D}
NUMBERS = ("user.government_id", "user.financial.bank_account", "user.financial.credit_card")


def spelled(cell: str, category: str, region: str | None) -> str:
    """The rule of the page, step by step."""
    text = unicodedata.normalize("NFKC", "".join(c for c in cell if ord(c) not in INVISIBLE)).strip(" \t\n\r\v\f")
    digits = "".join("-" if ord(c) in DASHES else str(unicodedata.decimal(c, c)) for c in text)
    if category == "user.contact.email":
        text = text.lower()
    elif category.startswith(NUMBERS):
        text = "".join(c for c in digits if c not in " .-/()·").upper()
    elif category == "user.contact.phone_number":
        text = phone(digits, region)
    return unicodedata.normalize("NFKC", text)


def phone(text: str, region: str | None) -> str:
    split = re.fullmatch(r"(.*[0-9) ]) *(?:;ext=|ext(?:ension)?\.?|x|#|分机号?|转) *([0-9]{1,7})", text, re.IGNORECASE)
    number, extension = split.groups() if split else (text, None)
    number = "".join(c for c in number if c not in " ().-/")
    tries = [(number, region)] if region or number[:1] == "+" else []
    tries += [("+" + number[2:], None)] if number[:2] == "00" else []
    for candidate, where in tries if re.fullmatch(r"\+?[0-9]{3,20}", number) else []:
        try:
            parsed = phonenumbers.parse(candidate, where)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            return e164 + (f";ext={extension}" if extension else "")
    return "".join(c for c in text if c not in " ().-")


def hkdf(secret: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, 32 bytes: one block."""
    return hmac.digest(hmac.digest(bytes(32), secret, "sha256"), info + b"\x01", "sha256")


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_each_vector_follows_from_the_page(case: dict[str, Any]) -> None:
    assert spelled(case["cell"], case["category"], case["region"]) == case["canonical"]
    parts = ["sp/pseudonym/2", FILE["kid"], FILE["purpose"], FILE["recipient"], case["category"]]
    info = json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()
    key = hkdf(bytes.fromhex(FILE["secret"]), info)
    assert key.hex() == case["key"]
    token = hmac.new(key.hex().encode(), case["canonical"].encode(), hashlib.sha256).hexdigest()[:32]
    assert case["token"] == (f"sp_{FILE['type']}_{FILE['kid']}_{token}" if case["canonical"] else None)


def test_the_engine_makes_the_same_tokens(tmp_path: Path) -> None:
    from secureprofile.adapters.duckdb import DuckEngine
    from secureprofile.guard.pseudonyms import pads

    with DuckEngine(temp=tmp_path) as engine:
        for case in CASES:
            row = {"x": [case["cell"]], **{k: [v] for k, v in pads({"k": bytes.fromhex(case["key"])}).items()}}
            table = ibis.memtable(pa.table(row))
            made = engine.functions.pseudonym(
                table.x, table.inner_k, table.outer_k, category=case["category"], region=case["region"], kind=FILE["type"], kid=FILE["kid"]
            )  # fmt: skip
            assert engine.to_arrow(table.select(t=made))["t"].to_pylist() == [case["token"]], case["why"]


def test_the_vectors_are_those_of_the_scheme_in_force() -> None:
    from secureprofile.guard.canonical import SCHEME
    from tests.vectors.pseudonym import vectors

    assert FILE["scheme"] == SCHEME
    assert vectors() == FILE
