"""HIPAA's safe harbor: the 18 classes of identifiers, and which columns of a table hold any of them.

Source: 45 CFR 164.514(b)(2)(i); three-digit ZIP codes of 20,000 people or fewer as listed in the guidance of HHS (Census 2000).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from secureprofile.released import Text
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

SMALL_ZIP3: Final = frozenset("036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893".split())
"""Beginnings of ZIP codes that must become 000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierClass:
    """One of the 18: its letter in the rule, and the data categories that fall under it."""

    letter: str
    name: Text
    categories: tuple[str, ...]


def _row(letter: str, en: str, zh: str, *categories: str) -> IdentifierClass:
    return IdentifierClass(letter=letter, name=Text(en=en, zh=zh), categories=categories)


CLASSES: Final = (
    _row("A", "names", "姓名", "user.name"),
    _row(
        "B",
        "places smaller than a state (three digits of a ZIP code with more than 20,000 people may stay)",
        "小于州的地理单位（人口超过 20,000 的邮编前三位可保留）",
        "user.contact.address.street",
        "user.contact.address.city",
        "user.contact.address.postal_code",
        "user.location",
    ),
    _row(
        "C",
        "dates closer than the year, ages above 89",
        "精确到年以下的日期、89 岁以上的年龄",
        "user.demographic.date_of_birth",
        "user.demographic.age_range",
    ),
    _row("D", "telephone numbers", "电话号码", "user.contact.phone_number"),
    _row("E", "fax numbers", "传真号码", "user.contact.fax_number"),
    _row("F", "e-mail addresses", "电子邮箱", "user.contact.email"),
    _row("G", "social security numbers", "社会保障号", "user.government_id.national_identification_number"),
    _row("H", "medical record numbers", "病历号", "user.health_and_medical.record_id"),
    _row("I", "health plan numbers", "医保受益人编号", "user.health_and_medical.insurance_beneficiary_id"),
    _row("J", "account numbers", "账户号码", "user.financial.bank_account", "user.financial.credit_card"),
    _row(
        "K",
        "certificate and licence numbers",
        "证书与执照号码",
        "user.government_id.birth_certificate",
        "user.government_id.drivers_license_number",
    ),
    _row("L", "vehicle identifiers", "车辆标识", "user.government_id.vehicle_registration"),
    _row("M", "device identifiers", "设备标识", "user.device.device_id"),
    _row("N", "web addresses", "网址", "user.contact.url"),
    _row("O", "IP addresses", "IP 地址", "user.device.ip_address"),
    _row("P", "biometric identifiers", "生物识别标识", "user.biometric"),
    _row("Q", "full-face photographs", "面部照片", "user.content.self_image"),
    _row("R", "any other unique number or code", "其他唯一编号或代码", *DIRECT_IDENTIFIERS),
)

_BY_CONTENT: Final = ("user.contact.address.postal_code", "user.demographic")
"""Categories whose columns break the rule by what stands in them, not by being there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a column holds: its category, and whether any cell is a ZIP code, date or age that the rule wants coarser.

    ``dates`` says that it holds dates, of whatever category.
    """

    name: str
    category: str | None
    dates: bool = False
    too_fine: bool = False


def broken(columns: Sequence[Held]) -> Mapping[str, tuple[str, ...]]:
    """Return for each letter the columns that break it; every column breaks one letter at most, the first that fits.

    Example:
        >>> found = broken([Held(name="mail", category="user.contact.email"), Held(name="age", category="user.demographic.age_range")])
        >>> {letter: names for letter, names in found.items() if names}
        {'F': ('mail',)}
    """
    found: dict[str, list[str]] = {row.letter: [] for row in CLASSES}
    for column in columns:
        letter = _letter(column)
        if letter is not None:
            found[letter].append(column.name)
    return {letter: tuple(names) for letter, names in found.items()}


def _letter(column: Held) -> str | None:
    if column.dates:
        return "C" if column.too_fine else None
    if column.category is None:
        return None
    for row in CLASSES:
        if within(column.category, row.categories):
            return None if within(column.category, _BY_CONTENT) and not column.too_fine else row.letter
    return None
