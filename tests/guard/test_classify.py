"""Columns: told by check digits, patterns, words and headers; look-alikes are not."""

from __future__ import annotations

import random

import pytest

from secureprofile.guard.classify import classify_column, looks_like_data

RNG = random.Random(11)


def luhn_free(length: int) -> list[str]:
    return [str(RNG.randrange(10 ** (length - 1), 10**length)) for _ in range(200)]


HARMLESS = {
    "order_number": [f"{n:08d}" for n in range(52_000_000, 52_000_200)],
    "OrderID": luhn_free(16),
    "amount": [f"{RNG.random() * 500:.2f}" for _ in range(200)],
    "unix_time": [str(1_700_000_000 + n * 977) for n in range(200)],
    "millis": [str(1_700_000_000_000 + n * 977) for n in range(200)],
    "ordered_at": [f"2026-03-{1 + n % 28:02d} 10:{n % 60:02d}:00" for n in range(200)],
    "sku": [f"SKU-{n:05d}" for n in range(200)],
    "version": [f"1.{n % 9}.{n % 7}.2024" for n in range(200)],
    "colour": ["Forest Green", "Navy Blue", "White", "Black"] * 50,
    "Description": ["WHITE METAL LANTERN", "SET OF 6 T-LIGHTS SANTA", "REGENCY CAKESTAND 3 TIER"] * 60,
    "状态": ["已完成", "已取消", "待付款"] * 60,
}


@pytest.mark.parametrize("name", HARMLESS)
def test_look_alikes_are_no_personal_data(name: str) -> None:
    assert classify_column(name, HARMLESS[name]).category is None


FIRST, LAST = ("James", "Mary", "Robert", "Linda"), ("Smith", "Johnson", "Brown", "Davis", "Xu")
PERSONAL = {
    "a": (["ada@example.com", "b.c@example.org", ""] * 30, "user.contact.email"),
    "b": (["11010519491231002X"] * 40, "user.government_id.national_identification_number"),
    "c": (["DE89370400440532013000", "GB29NWBK60161331926819"] * 20, "user.financial.bank_account"),
    "e": (["203.0.113.9", "192.0.2.17"] * 20, "user.device.ip_address"),
    "手机号": (["13812345678", "139 1234 5678"] * 20, "user.contact.phone_number"),
    "Phone Number": (["(212) 555-0142", "650-555-0178"] * 20, "user.contact.phone_number"),
    "card": (["4111 1111 1111 1111", "378282246310005"] * 20, "user.financial.credit_card"),
    "客户姓名": (["王小明", "李芳", "张伟"] * 20, "user.name"),
    "who": ([f"{given} {family}" for given in FIRST for family in LAST], "user.name"),
    "x1": (["12 Baker Street London", "7 Mill Road Cambridge"] * 30, "user.contact.address.street"),
    "收货地址": (["上海市浦东新区世纪大道100号8楼", "浙江省杭州市西湖区文三路5号"] * 20, "user.contact.address.street"),
    "birthDate": (["1990-05-01", "1986-11-23"] * 20, "user.demographic.date_of_birth"),
    "notes": (["Customer James Smith called from 650-555-0178 about the delay"] * 20, "user.content.private"),
    "CustomerID": (["17850.0", "13047.0"] * 20, "user.unique_id"),
}  # fmt: skip


SUMS = {
    "salary": [f"138{RNG.randrange(10**8):08d}" for _ in range(200)],
    "annual income": [str(RNG.randrange(10**7, 10**8)) for _ in range(200)],
    "工资": [f"{RNG.uniform(3000, 30000):.2f}" for _ in range(200)],
    "账户余额": luhn_free(16),
    "年収": [str(RNG.randrange(3_000_000, 9_000_000)) for _ in range(200)],
}


@pytest.mark.parametrize("name", SUMS)
def test_sums_about_a_person_are_sensitive_and_identify_nobody(name: str) -> None:
    found = classify_column(name, SUMS[name])
    assert (found.category, found.treatment) == ("user.financial", "generalize")


def test_headers_of_sums_hide_neither_addresses_nor_cards_nor_bands() -> None:
    assert classify_column("salary", ["ada@example.com"] * 40).category == "user.contact.email"
    assert classify_column("工资卡号", ["4111 1111 1111 1111"] * 40).category == "user.financial.credit_card"
    assert classify_column("income", ["35-49K", "50-74K"] * 40).treatment == "keep"


@pytest.mark.parametrize("name", PERSONAL)
def test_personal_data_is_told(name: str) -> None:
    cells, category = PERSONAL[name]
    found = classify_column(name, cells)
    assert found.category == category
    assert 0.4 < found.confidence <= 1
    assert found.treatment != "keep"


def test_evidence_holds_shares_and_no_value() -> None:
    found = classify_column("a", ["ada@example.com"] * 10)
    assert set(map(type, found.evidence.values())) == {float}
    assert "ada" not in repr(found)


def test_an_empty_column_has_no_category_of_its_own() -> None:
    assert classify_column("x", [None, "", "  "]).category is None
    assert classify_column("email", [None]).category == "user.contact.email"


def test_headers_that_are_data_are_told_by_position() -> None:
    assert looks_like_data(["C1", "ada@example.com", "2026-01-01", "17.5", "name"]) == (2, 3, 4)
    assert looks_like_data(["customer_id", "手机号", "1st order", "year2024"]) == ()
