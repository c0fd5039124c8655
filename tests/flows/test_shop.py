from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, datetime
from pathlib import Path
from statistics import mean, median

import duckdb
import pytest

from secureprofile.adapters.files import sniff
from secureprofile.errors import OutputError
from secureprofile.flows.shop import write_shop

AS_OF = datetime(2026, 11, 1)
FILES = ("consents.csv", "customers.csv", "orders.csv")
Row = dict[str, str]


def table(path: Path, encoding: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop") / "new"
    write_shop(folder)
    return folder


@pytest.fixture(scope="module")
def customers(shop: Path) -> list[Row]:
    return table(shop / "customers.csv", "utf-8-sig")


@pytest.fixture(scope="module")
def orders(shop: Path) -> list[Row]:
    return table(shop / "orders.csv", "utf-8")


@pytest.fixture(scope="module")
def consents(shop: Path) -> list[Row]:
    return table(shop / "consents.csv", "gb18030")


def moment(text: str) -> datetime | None:
    for form in ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def birth_date(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%Y年%m月%d日"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def digest(folder: Path) -> str:
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in FILES)).hexdigest()


# --- the files ---


def test_equal_seeds_give_equal_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_shop(tmp_path / name, customers=300, orders=2000, seed=seed)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")
    code = (
        "from pathlib import Path; from secureprofile.flows.shop import write_shop; "
        f"write_shop(Path({str(tmp_path / 'd')!r}), customers=300, orders=2000, seed=7)"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "99",
        "TZ": "Asia/Shanghai",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    subprocess.run([sys.executable, "-B", "-c", code], env=environment, check=True)
    assert digest(tmp_path / "a") == digest(tmp_path / "d")


def test_the_export_day_moves_everything(tmp_path: Path) -> None:
    write_shop(tmp_path, customers=200, orders=1500, as_of=date(2024, 3, 1))
    times = [at for row in table(tmp_path / "orders.csv", "utf-8") if (at := moment(row["ordered_at"]))]
    assert sum(at >= datetime(2024, 3, 1) for at in times) <= 8
    assert sum(datetime(2024, 2, 1) <= at < datetime(2024, 3, 1) for at in times) > 20


def test_encodings_and_columns(shop: Path) -> None:
    assert sorted(path.name for path in shop.iterdir()) == list(FILES)
    assert (shop / "customers.csv").read_bytes().startswith(b"\xef\xbb\xbfcustomer_id,name,gender,birth_date,mobile,")
    with pytest.raises(UnicodeDecodeError):
        (shop / "consents.csv").read_bytes().decode()
    assert "门店签字" in (shop / "consents.csv").read_bytes().decode("gb18030")
    expected = {
        "customers.csv": "customer_id,name,gender,birth_date,mobile,email,resident_id,address,city,country,joined_on,"
        "notes",
        "orders.csv": "order_id,customer_id,ordered_at,category,product,quantity,unit_price,discount,coupon,channel",
        "consents.csv": "customer_id,purpose,state,at,method,notice,sensitive,disclosure",
    }
    encodings = {"customers.csv": "utf-8-sig", "orders.csv": "utf-8", "consents.csv": "gb18030"}
    for name, columns in expected.items():
        source = sniff(shop / name)
        assert (source.encoding, source.delimiter, source.columns) == (encodings[name], ",", tuple(columns.split(",")))


def test_a_strict_reader_takes_every_row(shop: Path, customers: list[Row], orders: list[Row]) -> None:
    for name, rows in (("customers.csv", customers), ("orders.csv", orders)):
        read = duckdb.connect().read_csv(
            str(shop / name),
            auto_detect=False,
            header=True,
            strict_mode=True,
            quotechar='"',
            escapechar='"',
            delimiter=",",
            columns=dict.fromkeys(rows[0], "VARCHAR"),
        ).fetchall()  # fmt: skip
        assert [tuple(cell or "" for cell in row) for row in read] == [tuple(row.values()) for row in rows]


def test_existing_files_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_shop(tmp_path, customers=5, orders=5)
    assert [path.name for path in tmp_path.iterdir()] == ["customers.csv"]
    assert (tmp_path / "customers.csv").read_text() == "mine"


@pytest.mark.parametrize(("people", "count"), [(1, 0), (1, 40), (40, 1), (60, 3000)])
def test_small_shops(tmp_path: Path, people: int, count: int) -> None:
    write_shop(tmp_path, customers=people, orders=count, seed=people + count)
    ids = {row["order_id"] for row in table(tmp_path / "orders.csv", "utf-8")}
    assert len([i for i in ids if not i.startswith("C")]) == count
    assert len({row["customer_id"] for row in table(tmp_path / "customers.csv", "utf-8-sig")}) == people


# --- people ---

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = dict(enumerate("10X98765432"))
PROVINCES = {"11", "12", "31", "32", "33", "44", "50", "51"}


def test_resident_ids_are_valid_and_fit_their_people(customers: list[Row]) -> None:
    chinese = [row for row in customers if row["country"] == "China"]
    ids = [row for row in chinese if row["resident_id"]]
    assert len(ids) > 0.9 * len(chinese)
    assert not any(row["resident_id"] for row in customers if row["country"] != "China")
    fitting = 0
    for row in ids:
        number = row["resident_id"].upper()
        assert re.fullmatch(r"[1-5]\d{16}[\dX]", number)
        assert number[:2] in PROVINCES
        assert number[17] == CHECKS[sum(w * int(d) for w, d in zip(WEIGHTS, number, strict=False)) % 11]
        born = birth_date(row["birth_date"])
        if born:
            assert number[6:14] == f"{born:%Y%m%d}"
            fitting += 1
        if row["gender"]:
            assert int(number[16]) % 2 == (row["gender"] in {"M", "m", "male", "Male", "男"})
    assert fitting > 0.9 * len(ids)
    assert any(row["resident_id"].endswith("x") for row in ids)
    assert any(row["resident_id"].endswith("X") for row in ids)
    different = {row["customer_id"]: row["resident_id"].upper() for row in ids}
    assert len(set(different.values())) == len(different)


def test_two_halves(customers: list[Row]) -> None:
    share = mean(row["country"] == "China" for row in customers)
    assert 0.47 < share < 0.54
    cities = {row["country"]: set[str]() for row in customers}
    for row in customers:
        cities[row["country"]].add(row["city"].strip().title())
    assert cities["China"] - {""} == set("上海 杭州 南京 苏州 北京 天津 广州 深圳 成都 重庆".split())
    assert {"London", "Manchester", "Birmingham", "Leeds", "Edinburgh", "Glasgow"} == cities["United Kingdom"] - {""}
    assert {"New York", "Boston", "Chicago", "Austin", "Seattle", "San Francisco"} == cities["United States"] - {""}
    for row in customers:
        han = re.search("[\u4e00-\u9fff]", row["name"]) is not None
        assert han == (row["country"] == "China")
        if row["address"] and han:
            assert re.fullmatch(r"\w\w市\w+?区\w+?\d+号\d+栋\d{3,4}室", row["address"])


def test_contact_details_are_nobodys(customers: list[Row]) -> None:
    ranges = {
        "China": r"(\+86 )?1[3-9]\d ?\d{4} ?\d{4}",
        "United Kingdom": r"(\+44 |0)(7700 900|20 7946 0|161 496 0|121 496 0|113 496 0|131 496 0|141 496 0)\d{3}",
        "United States": r"(\+1 )?\d{3}-555-01\d\d",
    }
    for row in customers:
        assert not row["mobile"] or re.fullmatch(ranges[row["country"]], row["mobile"])
        assert not row["email"] or re.fullmatch(
            r"[a-z]+\.[a-z]+\d*@example\.(com|org|net)", row["email"].strip().lower()
        )
    one_each = {row["customer_id"]: row for row in customers}.values()
    for column in ("mobile", "email"):
        filled = [row[column].strip().lower() for row in one_each if row[column]]
        assert len(set(filled)) == len(filled)
        assert 0.9 < len(filled) / len(one_each) < 1


def test_ages(customers: list[Row]) -> None:
    ages = [(AS_OF.date() - born).days / 365.25 for row in customers if (born := birth_date(row["birth_date"]))]
    assert 18 < min(ages) < 22
    assert 70 < max(ages) < 90
    assert mean(age < 25 for age in ages) > 0.05
    assert mean(age >= 65 for age in ages) > 0.04


def test_notes_mention_people(customers: list[Row], orders: list[Row]) -> None:
    one_each = list({row["customer_id"]: row for row in customers}.values())
    noted = [row for row in one_each if row["notes"]]
    assert 0.27 < len(noted) / len(one_each) < 0.33
    owners = {row["order_id"]: row["customer_id"].strip() for row in orders}
    for row in noted:
        for order in re.findall(r"R\d{7}", row["notes"]):
            assert owners[order] == row["customer_id"]
    names = {row["name"].strip() for row in one_each}
    names_in = Counter[str]()
    for row in noted:
        text, chinese = row["notes"], row["country"] == "China"
        found = set(re.findall(r"[A-Z][a-z]+ [A-Z]['A-Za-z]+", text)) if not chinese else set()
        names_in["other"] += bool((found & names) - {row["name"].strip()})
        names_in["own"] += row["name"].strip() in text
        names_in["phone"] += bool(row["mobile"]) and row["mobile"] in text
        names_in["email"] += bool(row["email"]) and row["email"] in text
        names_in["address"] += bool(row["address"]) and row["address"] in text
        names_in["resident_id"] += bool(row["resident_id"]) and row["resident_id"] in text
        names_in["order"] += "R1" in text
        names_in["newline"] += "\n" in text
        names_in["comma"] += "," in text
        names_in["quote"] += '"' in text
        names_in["chinese"] += chinese
        names_in["english"] += not chinese
    assert min(names_in.values()) >= 15
    assert len(names_in) == 12


# --- consents ---


def test_shares_of_consent(customers: list[Row], consents: list[Row]) -> None:
    everybody = {row["customer_id"] for row in customers}
    last: dict[tuple[str, str], str] = {}
    history = defaultdict[tuple[str, str], list[str]](list)
    times = []
    for row in consents:
        last[row["customer_id"], row["purpose"]] = row["state"]
        history[row["customer_id"], row["purpose"]].append(row["state"])
        times.append(datetime.strptime(row["at"], "%Y-%m-%d %H:%M:%S"))
    assert times == sorted(times)
    assert times[-1] < AS_OF
    assert {who for who, _ in last} <= everybody
    assert {purpose for _, purpose in last} == {"portrait", "partner-analytics"}
    for purpose, least, most in (("portrait", 0.06, 0.10), ("partner-analytics", 0.22, 0.28)):
        without = sum(last.get((who, purpose)) != "granted" for who in everybody) / len(everybody)
        assert least < without < most
        assert any((who, purpose) not in last for who in everybody)
    kinds = Counter(tuple(states) for states in history.values())
    assert set(kinds) == {("granted",), ("granted", "withdrawn"), ("granted", "withdrawn", "granted")}
    assert min(kinds.values()) > 50
    assert {"门店签字", "网站勾选"} < {row["method"] for row in consents}
    assert all(row["notice"] for row in consents)


# --- orders ---


def test_orders_refer_to_customers(customers: list[Row], orders: list[Row]) -> None:
    everybody = {row["customer_id"] for row in customers}
    assert len(everybody) == 5000
    real = {row["order_id"]: row for row in orders if not row["order_id"].startswith("C")}
    assert len(real) == 60000
    owners = [row["customer_id"].strip() for row in real.values()]
    nobody, unknown = owners.count(""), sum(owner not in everybody for owner in owners if owner)
    assert 150 < nobody < 450
    assert 50 < unknown < 250
    silent = len(everybody - set(owners)) / len(everybody)
    assert 0.05 < silent < 0.11


def test_cancellations_mirror_their_orders(orders: list[Row]) -> None:
    real = {row["order_id"]: row for row in orders}
    cancelled = {row["order_id"]: row for row in orders if row["order_id"].startswith("C")}
    assert 900 < len(cancelled) < 1300
    for row in cancelled.values():
        original = real[row["order_id"].removeprefix("C")]
        assert int(row["quantity"]) == -int(original["quantity"]) < 0
        assert float(row["discount"]) == -float(original["discount"])
        before, after = moment(original["ordered_at"]), moment(row["ordered_at"])
        if before and after and max(before, after) < AS_OF:
            assert after > before
    assert all(int(row["quantity"]) > 0 for row in orders if row["order_id"] not in cancelled)


def test_dirt(customers: list[Row], orders: list[Row]) -> None:
    copies = Counter(tuple(row.values()) for row in orders)
    assert 300 < sum(copies.values()) - len(copies) < 700
    assert len({row["order_id"] for row in orders}) == len(copies)
    assert 5 <= len(customers) - len({tuple(row.values()) for row in customers}) <= 40
    times = [moment(row["ordered_at"]) for row in orders]
    assert 3 <= times.count(None) <= 16
    assert 3 <= sum(at > AS_OF for at in times if at) <= 16
    slashed = mean("/" in row["ordered_at"] for row in orders)
    assert 0.1 < slashed < 0.3
    assert 0.001 < mean(row["unit_price"] == "0.00" for row in orders) < 0.006
    forms = Counter(
        "年" if "年" in row["birth_date"] else "/" if "/" in row["birth_date"] else "-" if row["birth_date"] else ""
        for row in customers
        if birth_date(row["birth_date"]) or not row["birth_date"]
    )
    assert min(forms.values()) > 50
    assert len(forms) == 4
    assert 5 < sum(bool(row["birth_date"]) and not birth_date(row["birth_date"]) for row in customers) < 80
    assert {row["gender"] for row in customers} == {*"FfMm女男", "female", "Female", "male", "Male", ""}
    spellings = defaultdict[str, set[str]](set)
    for row in orders:
        spellings[row["category"].strip().lower()].add(row["category"])
    assert set(spellings) == {"grocery", "apparel", "electronics", "beauty", "home", "sports", "books", "toys", ""}
    assert all(len(found) >= 5 for category, found in spellings.items() if category)
    assert {row["channel"].strip().lower() for row in orders} == {"app", "web", "store", ""}
    for column in ("name", "email", "city"):
        assert any(row[column] != row[column].strip() for row in customers)
        assert any(row[column].isupper() for row in customers)
    assert any(row["customer_id"] != row["customer_id"].strip() for row in orders)
    for column in ("category", "product", "coupon", "channel"):
        assert any(not row[column] for row in orders)
    for column in ("mobile", "email", "address", "city", "gender", "birth_date"):
        assert any(not row[column] for row in customers)


# --- what a portrait will show ---


@pytest.fixture(scope="module")
def bought(customers: list[Row], orders: list[Row]) -> list[tuple[Row, Row, datetime]]:
    """(customer, order, time) of clean orders."""
    people = {row["customer_id"]: row for row in customers}
    clean = {row["order_id"]: row for row in orders if not row["order_id"].startswith("C")}
    return [
        (people[row["customer_id"].strip()], row, at)
        for row in clean.values()
        if row["customer_id"].strip() in people and (at := moment(row["ordered_at"])) and at < AS_OF
    ]


def test_frequency_is_heavy_tailed(bought: list[tuple[Row, Row, datetime]]) -> None:
    counts = sorted(Counter(person["customer_id"] for person, _, _ in bought).values(), reverse=True)
    assert sum(counts[: len(counts) // 10]) > 0.35 * sum(counts)
    assert median(counts) < 8
    assert counts[-len(counts) // 20] == 1
    assert counts[0] > 150


def test_lifecycles(bought: list[tuple[Row, Row, datetime]]) -> None:
    last: dict[str, datetime] = {}
    for person, _, at in bought:
        last[person["customer_id"]] = max(at, last.get(person["customer_id"], at))
    ages = [(AS_OF - at).days for at in last.values()]
    for least, most, share in ((0, 30, 0.15), (31, 90, 0.15), (91, 365, 0.1), (366, 2000, 0.1)):
        assert mean(least <= age <= most for age in ages) > share


def test_seasons_and_prices(bought: list[tuple[Row, Row, datetime]]) -> None:
    months = Counter(at.month for _, _, at in bought if at >= datetime(2024, 11, 1) and at < datetime(2025, 11, 1))
    assert months[11] + months[12] > 1.3 * (months[2] + months[3])
    price = defaultdict[str, list[float]](list)
    for _, order, _ in bought:
        price[order["category"].strip().lower()].append(float(order["unit_price"]))
    assert median(price["electronics"]) > 8 * median(price["grocery"])
    cost = defaultdict[str, list[float]](list)
    for person, order, _ in bought:
        cost[person["city"].strip().title()].append(float(order["unit_price"]))
    assert median(cost["上海"]) > median(cost["重庆"])
    assert median(cost["London"]) > median(cost["Birmingham"])


def test_ages_and_sexes_differ(bought: list[tuple[Row, Row, datetime]]) -> None:
    promoted, channel = defaultdict[str, list[bool]](list), defaultdict[str, list[bool]](list)
    beauty, books = defaultdict[str, list[bool]](list), defaultdict[str, list[bool]](list)
    for person, order, _ in bought:
        born = birth_date(person["birth_date"])
        if born:
            group = "young" if born.year > 1996 else "old" if born.year < 1966 else "middle"
            promoted[group].append(bool(order["coupon"]) or float(order["discount"]) > 0)
            channel[group].append(order["channel"].strip().lower() == "store")
            books[group].append(order["category"].strip().lower() == "books")
        if person["gender"]:
            beauty[person["gender"][0].upper().translate(str.maketrans("女男", "FM"))].append(
                "beauty" in order["category"]
            )
    assert mean(promoted["young"]) > mean(promoted["middle"]) > mean(promoted["old"]) > 0.05
    assert mean(channel["old"]) > 2 * mean(channel["young"])
    assert mean(books["old"]) > 1.5 * mean(books["young"])
    assert mean(beauty["F"]) > 1.5 * mean(beauty["M"])
