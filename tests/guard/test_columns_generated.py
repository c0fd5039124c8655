"""Columns of a generated CRM in four locales, under local, English and empty headers; columns of things; the real files."""

from __future__ import annotations

import csv
import gzip
import random
from pathlib import Path

import pytest
from faker import Faker

from secureprofile.guard.classify import classify_column
from secureprofile.guard.headers import HEADERS, header_category
from secureprofile.vocabulary import DATA_CATEGORIES, DIRECT_IDENTIFIERS, within

ROWS = 300
HEADS = {
    "en_US": "full_name first_name last_name email phone address birth_date ssn iban card_number ip_address customer_id notes".split(),
    "zh_CN": "姓名 名 姓 邮箱 手机号 收货地址 出生日期 身份证号 银行账号 银行卡号 登录IP 客户编号 备注".split(),
    "de_DE": "Name Vorname Nachname E-Mail-Adresse Telefonnummer Anschrift Geburtsdatum Sozialversicherungsnummer IBAN Kreditkartennummer IP-Adresse Kundennummer Bemerkungen".split(),
    "ja_JP": "氏名 名 姓 メールアドレス 電話番号 住所 生年月日 マイナンバー 口座番号 カード番号 IPアドレス 顧客番号 備考".split(),
}
WANTED = (
    "user.name", "user.name", "user.name", "user.contact.email", "user.contact.phone_number", "user.contact.address", "user.demographic.date_of_birth", "user.government_id", "user.financial",
    "user.financial.credit_card", "user.device.ip_address", "user.unique_id", "user.content.private",
)  # fmt: skip
SILENT = ("user.demographic.date_of_birth", "user.unique_id")
"""Nothing in such cells tells what they are when the header does not."""


def my_number(rng: random.Random) -> str:
    body = f"{rng.randrange(10**11):011d}"
    rest = sum(int(c) * w for c, w in zip(body, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
    return body + str(0 if rest < 2 else 11 - rest)


def crm(locale: str) -> list[list[str]]:
    fake, rng = Faker(locale), random.Random(41)
    fake.seed_instance(41)
    national = {"ja_JP": lambda: my_number(rng), "de_DE": getattr(fake, "rvnr", fake.ssn)}.get(locale, fake.ssn)
    makers = (
        fake.name, fake.first_name, fake.last_name, fake.email, fake.phone_number, lambda: fake.address().replace("\n", ", "), lambda: str(fake.date_of_birth()), national, fake.iban,
        fake.credit_card_number, fake.ipv4, lambda: f"C{rng.randrange(10**6):06d}", lambda: f"{fake.sentence()} {fake.phone_number()} {fake.sentence()}",
    )  # fmt: skip
    return [[str(make()) for _ in range(ROWS)] for make in makers]


@pytest.mark.parametrize("heads", ["local", "english", "silent"])
@pytest.mark.parametrize("locale", HEADS)
def test_every_direct_identifier_of_a_crm_is_found(locale: str, heads: str) -> None:
    names = {"local": HEADS[locale], "english": HEADS["en_US"], "silent": [f"col_{n}" for n in range(len(WANTED))]}[
        heads
    ]
    for name, cells, wanted in zip(names, crm(locale), WANTED, strict=True):
        if heads == "silent" and wanted in SILENT:
            continue
        found = classify_column(name, cells)
        assert within(found.category or "none", (wanted,)), (name, found)
        assert found.treatment != "keep"


def things() -> dict[str, list[str]]:
    rng = random.Random(43)

    def digits(count: int) -> str:
        return "".join(rng.choice("0123456789") for _ in range(count))

    def ean(body: str) -> str:
        return body + str(-sum(int(c) * (1 if place % 2 else 3) for place, c in enumerate(reversed(body))) % 10)

    makers = {
        "EAN": lambda: ean("69" + digits(10)), "gtin14": lambda: ean("1" + digits(12)), "order": lambda: digits(16), "order_62": lambda: "62" + digits(14), "marketplace": lambda: f"{digits(3)}-{digits(7)}-{digits(7)}",
        "isbn": lambda: f"978-{digits(1)}-{digits(2)}-{digits(6)}-{digits(1)}", "epoch": lambda: str(1_700_000_000 + rng.randrange(10**7)), "epoch_ms": lambda: str(1_700_000_000_000 + rng.randrange(10**9)),
        "stamp": lambda: f"2026{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{rng.randint(0, 23):02d}{rng.randint(10, 59)}", "amount": lambda: f"{rng.random() * 1e6:,.2f}", "sku": lambda: f"AB-{digits(4)}-{rng.choice('SML')}",
        "tracking": lambda: f"1Z{digits(16)}", "part": lambda: f"{rng.choice('ABE')}{rng.choice('1289')}{digits(8)}", "code": lambda: f"{digits(8)}{rng.choice('ABCDEFGHJ')}", "version": lambda: f"{digits(1)}.{digits(1)}.{digits(2)}",
        "product": lambda: rng.choice("Rote Blaue Kleine".split()) + " " + rng.choice("Lampe Tasse Vase Schale".split()), "商品": lambda: rng.choice("黄金手机壳 白瓷茶杯 蓝牙耳机 毛巾 牛奶 马克杯".split()), "状态": lambda: rng.choice("已完成 待付款 已取消".split()),
        "city": lambda: rng.choice("北京市 上海市 金华 温州 许昌 马鞍山 成都 黄山 白山 安康".split()), "month": lambda: rng.choice("January March April June August October".split()), "size": lambda: f"{digits(2)}x{digits(2)}x{digits(2)}",
    }  # fmt: skip
    return {name: [make() for _ in range(ROWS)] for name, make in makers.items()}


@pytest.mark.parametrize("name", things())
@pytest.mark.parametrize("silent", [False, True])
def test_things_are_no_people(name: str, silent: bool) -> None:
    found = classify_column("col_9" if silent else name, things()[name])
    assert found.category is None or not within(found.category, DIRECT_IDENTIFIERS), found


KEYS = {"CustomerID", "household_id"}


def test_real_files_hold_no_direct_identifier_but_their_keys(shared_data: Path) -> None:
    adult = "age workclass fnlwgt education education-num marital-status occupation relationship race sex capital-gain capital-loss hours-per-week native-country income"
    seen = 0
    for path in sorted(shared_data.rglob("*.csv*")):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8", errors="replace", newline="") as file:
            rows = [
                row
                for row, _ in zip(
                    csv.reader(file, delimiter=";" if "arx" in path.parent.name else ","), range(3000), strict=False
                )
            ]
        names = (
            adult.split()
            if path.name == "adult.csv.gz"
            else [f"col_{n}" for n in range(len(rows[0]))]
            if "hierarchy" in path.name
            else rows.pop(0)
        )
        for place, name in enumerate(names):
            found = classify_column(name, [row[place] for row in rows if place < len(row)])
            assert (
                found.category is None
                or not within(found.category, DIRECT_IDENTIFIERS)
                or (name in KEYS and found.category == "user.unique_id")
            ), (path.name, name, found)
            seen += 1
    assert seen > 60


PHONES = {
    "DE": "030 12345678", "FR": "01 42 68 53 00", "ES": "912345678", "IT": "06 6982", "JP": "0312345678", "KR": "0212345678", "IN": "9876543210", "AU": "0412345678", "BR": "11961234567", "MX": "5512345678", "HK": "21234567",
    "TW": "0912345678", "SG": "61234567",
}  # fmt: skip


@pytest.mark.parametrize(
    "name", ["phone", "電話", "Telefon", "billing_phone", "联系电话", "Téléphone portable", "携帯電話番号"]
)
@pytest.mark.parametrize("country", PHONES)
def test_bare_national_numbers_below_a_header_for_phones(name: str, country: str) -> None:
    assert classify_column(name, [PHONES[country]] * 20).category == "user.contact.phone_number"


def test_mixed_columns_get_the_strictest_treatment() -> None:
    cells = ["ada@example.com", "(212) 555-0142"] * 30
    for name in ("col_1", "contact"):
        found = classify_column(name, cells)
        assert found.mixed
        assert found.treatment == "pseudonym"
        assert found.category in ("user.contact.email", "user.contact.phone_number")
    assert not classify_column("col_1", ["ada@example.com"] * 30).mixed


def test_headers_are_of_known_categories_and_each_word_is_read_back() -> None:
    for category, words in HEADERS.items():
        assert category in DATA_CATEGORIES
        for word in words:
            assert header_category(word) is not None, word


@pytest.mark.parametrize(
    "name",
    [
        "product_name",
        "campaign_name",
        "order_no",
        "InvoiceNo",
        "StockCode",
        "store_id",
        "basket_id",
        "status",
        "商品名",
        "订单号",
        "金額",
        "file_name",
        "week",
        "quantity",
    ],
)
def test_headers_of_things_say_nothing_of_people(name: str) -> None:
    assert header_category(name) is None


def test_evidence_holds_shares_and_no_value() -> None:
    for cells in crm("zh_CN"):
        found = classify_column("col_1", cells)
        assert all(0 <= share <= 1 for share in found.evidence.values())
        assert not any(cell in repr(found) for cell in cells if len(cell) > 3)


def test_an_iban_has_its_countrys_length() -> None:
    """A longer one with right check digits is no IBAN in text; a column full of such is bank accounts all the same."""
    from secureprofile.guard.checksums import iban, mod_97

    for country, length in (("DE", 22), ("NO", 15), ("MT", 31), ("GB", 22)):
        for size in range(15, 34):
            body = "1" * (size - 4)
            check = 98 - int("".join(str(int(c, 36)) for c in f"{body}{country}00")) % 97
            number = f"{country}{check:02d}{body}"
            assert mod_97(number)
            assert iban(number) == (size == length)
