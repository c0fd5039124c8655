"""What a column holds, from its name and a sample of its cells: category, confidence, evidence in shares, proposed treatment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from secureprofile.guard.detect import find, normalise
from secureprofile.guard.names import CN_COMPOUND, CN_SURNAMES, GIVEN, SURNAMES
from secureprofile.guard.specs import SPECS
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

SAMPLE = 1000
"""Cells that are looked at; more change nothing but the time."""

HEADERS: Mapping[str, tuple[str, ...]] = {
    "user.unique_id": (
        "customer_id", "customerid", "user_id", "userid", "client_id", "member_id", "household_id", "uid", "cust_id", "subject_id", "patient_id",
        "account_id", "客户编号", "客户号", "用户id", "会员号", "会员编号",
    ),
    "user.contact.email": ("email", "e_mail", "mail", "email_address", "邮箱", "电子邮件"),
    "user.contact.phone_number": ("mobile", "phone", "telephone", "tel", "cell", "phone_number", "mobile_number",
        "手机", "手机号", "电话", "联系电话"),
    "user.name": ("name", "full_name", "fullname", "customer_name", "contact_name", "姓名", "客户姓名", "联系人", "收件人"),
    "user.name.first": ("first_name", "firstname", "given_name", "forename", "名"),
    "user.name.last": ("last_name", "lastname", "surname", "family_name", "姓"),
    "user.government_id.national_identification_number": (
        "resident_id", "id_card", "idcard", "national_id", "ssn", "nino", "身份证", "身份证号", "证件号", "证件号码",
    ),
    "user.government_id.passport_number": ("passport", "passport_no", "passport_number", "护照", "护照号"),
    "user.contact.address.street": ("address", "street", "home_address", "addr", "address1", "street_address", "地址", "住址", "收货地址"),
    "user.contact.address.city": ("city", "town", "城市"),
    "user.contact.address.state": ("province", "county", "省份", "省"),
    "user.contact.address.country": ("country", "nation", "native_country", "国家"),
    "user.contact.address.postal_code": ("postcode", "post_code", "zip", "zipcode", "zip_code", "postal_code", "邮编"),
    "user.demographic.date_of_birth": ("birth_date", "birthdate", "dob", "date_of_birth", "birthday", "生日", "出生日期"),
    "user.demographic.age_range": ("age", "age_range", "age_band", "年龄"),
    "user.demographic.gender": ("gender", "sex", "性别"),
    "user.demographic.marital_status": ("marital_status", "婚姻状况"),
    "user.demographic.race_ethnicity": ("race", "ethnicity", "民族"),
    "user.device.ip_address": ("ip", "ip_address", "client_ip", "last_ip"),
    "user.device.cookie_id": ("cookie", "cookie_id"),
    "user.device.device_id": ("device_id", "imei", "mac", "mac_address", "idfa", "gaid"),
    "user.financial.credit_card": ("card", "card_number", "credit_card", "bank_card", "卡号", "银行卡", "银行卡号"),
    "user.financial.bank_account": ("iban", "bank_account", "account_number", "银行账号"),
    "user.account.username": ("username", "user_name", "login", "nickname", "用户名", "昵称"),
    "user.job_title": ("job_title", "occupation", "职业", "职位"),
    "user.content.private": ("notes", "note", "comment", "comments", "remark", "remarks", "feedback", "message", "备注", "留言"),
}  # fmt: skip

_STREET = re.compile(
    r"\b(street|st|road|rd|avenue|ave|lane|ln|drive|dr|close|court|ct|way|place|terrace|gardens|grove|boulevard|blvd|square|crescent)\b",
    re.IGNORECASE,
)
_HAN_ADDRESS = re.compile("[省市区县镇乡路街道弄巷号楼栋幢室村]")
_LATIN_NAME = re.compile(r"[A-ZÀ-Þ][\w'’\-]+(?: [A-Z]\.?)?(?: [A-ZÀ-Þ][\w'’\-]+){1,2}")
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)*%?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFinding:
    """What a column seems to hold. ``evidence`` maps what was seen to the share of cells; it holds no value."""

    category: str | None
    confidence: float
    evidence: Mapping[str, float] = field(default_factory=dict)
    treatment: str = "keep"
    mixed: bool = False


def classify_column(name: str, sample: Sequence[str | None], *, distinct: int | None = None) -> ColumnFinding:
    """Classify a column.

    A check digit, an unmistakable pattern in most cells, or a header that says so together with fitting cells decides; digits alone never
    make a bank card or a phone number: order numbers, amounts and timestamps look like both.

    Args:
        name: its header.
        sample: cells; missing and blank ones do not count.
        distinct: different values among them, if known.
    """
    cells = [text for cell in sample if (text := (cell or "").strip())][:SAMPLE]
    header = header_category(name)
    if not cells:
        return _finding(header, 0.6 if header else 0.0, {"header": 1.0} if header else {})
    shares = _shares(name, cells)
    ratio = (distinct if distinct is not None else len(set(cells))) / len(cells)
    evidence = dict(sorted({k: round(v, 3) for k, v in shares.items() if v >= 0.02}.items(), key=lambda kv: -kv[1]))
    if header:
        evidence["header"] = 1.0
    category, confidence = _decide(header, shares, min(1.0, ratio))
    kinds = [k for k, v in shares.items() if k.isupper() and 0.1 <= v < 0.9]
    return _finding(category, confidence, evidence, mixed=len(kinds) > 1)


def header_category(name: str) -> str | None:
    """Return the category that a column's name stands for, if it is one of the known words."""
    bare = re.sub(r"[\s\-.]+", "_", normalise(name)[0].strip().casefold())
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip()).casefold()
    for category, words in HEADERS.items():
        if bare in words or spaced in words or bare.replace("_", "") in words:
            return category
    return None


@cache
def _categories() -> dict[str, str]:
    return {spec.name: spec.category for spec in SPECS}


def _shares(name: str, cells: Sequence[str]) -> dict[str, float]:
    """Return what share of cells is wholly one kind of datum, holds one, or looks like a name, an address or free text."""
    counts: dict[str, int] = {}
    for cell in cells:
        for kind in _kinds(cell, name):
            counts[kind] = counts.get(kind, 0) + 1
    return {kind: count / len(cells) for kind, count in counts.items()}


def _kinds(cell: str, name: str) -> set[str]:
    kinds: set[str] = set()
    for finding in find(cell, context=(name,)):
        whole = finding.end - finding.start >= 0.8 * len(cell)
        kinds.add(finding.name if whole else "holds " + finding.name)
    if _NUMBER.fullmatch(cell):
        kinds.add("number")
    elif _looks_like_name(cell):
        kinds.add("name")
    if _looks_like_address(cell):
        kinds.add("address")
    if len(cell) >= 25 and (cell.count(" ") >= 4 or sum("一" <= c <= "鿿" for c in cell) >= 12):
        kinds.add("text")
    return kinds


def _looks_like_name(cell: str) -> bool:
    if 2 <= len(cell) <= 4 and all("一" <= c <= "鿿" for c in cell):
        return cell[0] in CN_SURNAMES or cell.startswith(CN_COMPOUND)
    if not _LATIN_NAME.fullmatch(cell):
        return False
    words = cell.casefold().split()
    return words[0] in GIVEN or words[-1] in SURNAMES


def _looks_like_address(cell: str) -> bool:
    if len(_HAN_ADDRESS.findall(cell)) >= 3 and len(cell) >= 8:
        return True
    return bool(_STREET.search(cell)) and any(c.isdigit() for c in cell) and cell.count(" ") >= 2


def _decide(header: str | None, shares: Mapping[str, float], ratio: float) -> tuple[str | None, float]:
    for kind, share in sorted(((k, v) for k, v in shares.items() if k in _categories()), key=lambda kv: -kv[1]):
        fits = header is not None and within(_categories()[kind], (".".join(header.split(".")[:2]),))
        if share >= (0.3 if fits else 0.6) and (fits or _trusted(kind, share)):
            return (header if fits and header else _categories()[kind]), round(
                min(0.99, 0.5 * share + (0.49 if fits else 0.4)), 2
            )
    if header == "user.content.private" and (
        shares.get("text", 0) > 0.1 or any(k.startswith("holds ") for k in shares)
    ):
        return header, 0.95
    if shares.get("address", 0) >= 0.6 and (header is None or header.startswith("user.contact.address")):
        return "user.contact.address.street", round(0.5 + 0.45 * shares["address"], 2)
    if header is not None and (header != "user.name" or shares.get("number", 0) < 0.5):
        return header, 0.9 if header != "user.name" else round(0.6 + 0.35 * shares.get("name", 0), 2)
    if shares.get("name", 0) >= 0.7 and ratio >= 0.3:
        return "user.name", round(0.45 + 0.4 * shares["name"], 2)
    if shares.get("text", 0) >= 0.5 and ratio >= 0.2:
        return "user.content.private", round(0.5 + 0.4 * shares["text"], 2)
    return None, 0.0


def _trusted(kind: str, share: float) -> bool:
    """Tell whether a pattern alone decides: one in ten random numbers passes Luhn, so a card column needs nearly all."""
    return share >= 0.9 if kind in ("CREDIT_CARD", "CN_MOBILE", "PHONE_NUMBER") else kind != "DATE_TIME"


_TREATMENTS = (
    (("user.content",), "scrub"),
    (("user.unique_id",), "pseudonym"),
    (("user.contact.email", "user.government_id", "user.device", "user.account.username"), "pseudonym"),
    (("user.contact.phone_number", "user.financial"), "mask"),
    (("user.demographic.date_of_birth",), "generalize"),
    (("user.contact.address.postal_code",), "generalize"),
    (("user.demographic.race_ethnicity", "user.health_and_medical", "user.biometric"), "drop"),
    (DIRECT_IDENTIFIERS, "drop"),
)


def _finding(
    category: str | None, confidence: float, evidence: Mapping[str, float], *, mixed: bool = False
) -> ColumnFinding:
    treatment = next((t for ancestors, t in _TREATMENTS if category and within(category, ancestors)), "keep")
    return ColumnFinding(category=category, confidence=confidence, evidence=evidence, treatment=treatment, mixed=mixed)


def looks_like_data(header: Sequence[str]) -> tuple[int, ...]:
    """Return the positions (from 1) of header cells that look like data rather than like names of columns."""
    return tuple(position for position, name in enumerate(header, start=1) if _is_data(name))


def _is_data(name: str) -> bool:
    text = name.strip()
    if not text or len(text) > 100 or _NUMBER.fullmatch(text):
        return True
    if re.fullmatch(r"[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,4}日?([ T][0-9:]+)?", text):
        return True
    return any(finding.end - finding.start >= 0.6 * len(text) for finding in find(text))
