"""The demo shop: customers, orders and consents that look like a real shop's exports, dirt included.

Half of the people are Chinese, half British and American; ``shop_people`` says who they are and what they buy. Equal
seeds give equal bytes.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Final

from secureprofile.adapters.outputs import write_whole
from secureprofile.flows import shop_words as words
from secureprofile.flows.shop_people import Line, Person, make_orders, make_people

CUSTOMER_COLUMNS: Final = (
    "customer_id", "name", "gender", "birth_date", "mobile", "email", "resident_id", "address", "city", "country",
    "joined_on", "notes",
)  # fmt: skip
ORDER_COLUMNS: Final = (
    "order_id", "customer_id", "ordered_at", "category", "product", "quantity", "unit_price", "discount", "coupon",
    "channel",
)  # fmt: skip
CONSENT_COLUMNS: Final = ("customer_id", "purpose", "state", "at", "method", "notice", "sensitive", "disclosure")


def write_shop(
    folder: Path, *, customers: int = 5000, orders: int = 60000, seed: int = 2026, as_of: date = date(2026, 11, 1)
) -> None:
    """Write ``customers.csv`` (UTF-8 with a byte order mark), ``orders.csv`` (UTF-8) and ``consents.csv`` (GB18030).

    An order is one line. To the numbers asked for is added what real exports have: lines and customers that stand there
    twice, and cancellations (the order's id after a ``C``, quantity and discount negative). Money is in one currency;
    ``discount`` is the amount taken off the whole line.

    Args:
        folder: made if missing; files of these names must not be there yet.
        customers: different customers; at least 1.
        orders: different orders.
        seed: equal seeds (and other arguments) give equal bytes.
        as_of: the day on which the shop exported its data; all but a few mistyped dates lie before it.
    Raises:
        OutputError: a file exists already, or the folder cannot be written.
    """
    rng = Random(seed)
    people = make_people(rng, customers, as_of)
    lines = make_orders(rng, people, orders, as_of)
    folder.mkdir(parents=True, exist_ok=True)
    tables = (
        ("customers.csv", "utf-8-sig", "\r\n", CUSTOMER_COLUMNS, _customer_rows(rng, people, lines)),
        ("orders.csv", "utf-8", "\n", ORDER_COLUMNS, _order_rows(rng, lines, as_of)),
        ("consents.csv", "gb18030", "\r\n", CONSENT_COLUMNS, _consent_rows(rng, people, as_of)),
    )
    for name, encoding, newline, columns, rows in tables:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator=newline).writerows((columns, *rows))
        write_whole(folder / name, text.getvalue().encode(encoding))


def _customer_rows(rng: Random, people: Sequence[Person], lines: Iterable[Line]) -> list[tuple[str, ...]]:
    latest = {line.customer: line.id for line in lines if not line.id.startswith("C")}
    friends = {kind: [person for person in people if person.chinese == kind] for kind in (True, False)}
    rows: list[tuple[str, ...]] = [
        (
            person.id,
            _untidy(rng, person.name),
            _gender_cell(rng, person),
            _birth_cell(rng, person),
            _sometimes_empty(rng, 0.04, _phone_cell(rng, person)),
            _sometimes_empty(rng, 0.06, _untidy(rng, person.email)),
            _sometimes_empty(rng, 0.05, person.resident_id.lower() if rng.random() < 0.1 else person.resident_id),
            _sometimes_empty(rng, 0.05, person.address),
            _sometimes_empty(rng, 0.01, _untidy(rng, person.city.name)),
            person.city.country,
            person.joined.isoformat(),
            _note(rng, person, friends[person.chinese], latest.get(person.id)) if rng.random() < 0.3 else "",
        )
        for person in people
    ]
    for row in rng.sample(rows, min(len(rows), max(3, len(rows) * 4 // 1000))):
        rows.insert(rng.randrange(len(rows) + 1), row)
    return rows


def _note(rng: Random, person: Person, friends: Sequence[Person], order: str | None) -> str:
    plain, about_orders = (
        (words.NOTES_ZH, words.NOTES_ZH_ORDER) if person.chinese else (words.NOTES_EN, words.NOTES_EN_ORDER)
    )
    sentences = plain + about_orders if order else plain
    other = next((friend for friend in rng.choices(friends, k=5) if friend is not person), person)
    return " ".join(rng.sample(sentences, 2 if rng.random() < 0.25 else 1)).format(
        name=person.name, surname=person.surname, given=person.given, title=person.title, phone=person.phone,
        email=person.email, address=person.address, resident_id=person.resident_id, order=order,
        other=other.name, other_phone=other.phone, other_email=other.email,
    )  # fmt: skip


def _order_rows(rng: Random, lines: Sequence[Line], as_of: date) -> list[tuple[str, ...]]:
    mistyped = rng.sample(range(len(lines)), min(16, len(lines) // 10))
    wrong_times = {
        place: _wrong_time(rng, lines[place].at, as_of, future=n % 2 == 0) for n, place in enumerate(mistyped)
    }
    rows: list[tuple[str, ...]] = []
    for place, line in enumerate(lines):
        row = (
            line.id,
            f" {line.customer} " if line.customer and rng.random() < 0.005 else line.customer,
            wrong_times.get(place) or _time_cell(rng, line),
            _sometimes_empty(rng, 0.003, _untidy(rng, line.category)),
            _sometimes_empty(rng, 0.005, line.product),
            str(line.quantity),
            f"{line.price / 100:.2f}",
            f"{line.discount / 100:.2f}",
            line.coupon.lower() if rng.random() < 0.1 else line.coupon,
            _sometimes_empty(rng, 0.01, _untidy(rng, line.channel)),
        )
        rows += [row, row] if rng.random() < 0.008 else [row]
    return rows


def _consent_rows(rng: Random, people: Iterable[Person], as_of: date) -> list[tuple[str, ...]]:
    """Return what people allowed, by time. Who never said anything has no line."""
    rows = []
    for person in people:
        for purpose, never, withdrawn in (("portrait", 0.04, 0.04), ("partner-analytics", 0.17, 0.08)):
            fate = rng.random()
            if fate < never:
                continue
            states = ["granted", "withdrawn", "granted"][: 2 if fate < never + withdrawn else 3 if fate > 0.97 else 1]
            first = datetime.combine(person.joined, time(8)) + timedelta(seconds=rng.randrange(12 * 3600))
            left = datetime.combine(as_of, time()) - first
            for state, least in zip(states, (0.0, 0.05, 0.55), strict=False):
                at = first + (left * (least + 0.4 * rng.random()) if least else timedelta())
                method = rng.choice(words.GRANTED_BY if state == "granted" else words.WITHDRAWN_BY)
                notice = words.NOTICES[bisect_right((date(2024, 5, 1), date(2025, 11, 1)), at.date())]
                separate = _separate(person, state) if purpose == "partner-analytics" else ("", "")
                rows.append((person.id, purpose, state, f"{at:%Y-%m-%d %H:%M:%S}", method, notice, *separate))
    return sorted(rows, key=lambda row: row[3])


def _separate(person: Person, state: str) -> tuple[str, str]:
    """Return whether a grant covers sensitive data, and giving them to others, which PIPL asks separately."""
    own = Random(person.id)  # nobody else's draw, so that the other files do not depend on it
    return (
        ("yes" if own.random() < 0.8 else "no", "yes" if own.random() < 0.9 else "no")
        if state == "granted"
        else ("", "")
    )


def _sometimes_empty(rng: Random, share: float, cell: str) -> str:
    return "" if rng.random() < share else cell


def _untidy(rng: Random, cell: str) -> str:
    """Spell one cell in twelve as people type: padded, in capitals, with a capital."""
    roll = rng.random()
    if roll < 0.03:
        return f" {cell}" if roll < 0.015 else f"{cell}  "
    return cell.upper() if roll < 0.055 else cell.title() if roll < 0.08 and cell.islower() else cell


def _gender_cell(rng: Random, person: Person) -> str:
    if person.chinese and rng.random() < 0.6:
        return "女" if person.gender == "F" else "男"
    return rng.choice(
        ("F", "F", "f", "female", "Female", "") if person.gender == "F" else ("M", "M", "m", "male", "Male", "")
    )


def _birth_cell(rng: Random, person: Person) -> str:
    roll, birth = rng.random(), person.birth
    if roll < 0.03:
        return "" if roll < 0.025 else rng.choice(("unknown", "1985-02-30", "00/00/1980", "不详"))
    if roll < 0.7:
        return birth.isoformat()
    return f"{birth.year}年{birth:%m}月{birth:%d}日" if person.chinese else f"{birth:%d/%m/%Y}"


def _phone_cell(rng: Random, person: Person) -> str:
    roll, phone = rng.random(), person.phone
    if roll > 0.15:
        return phone
    if person.chinese:
        return f"+86 {phone}" if roll < 0.05 else f"{phone[:3]} {phone[3:7]} {phone[7:]}"
    return f"+1 {phone}" if person.city.country == "United States" else f"+44 {phone[1:]}"


def _time_cell(rng: Random, line: Line) -> str:
    """The tills in the stores write dates as the British do."""
    if line.channel == "store" and rng.random() < 0.7:
        return f"{line.at:%d/%m/%Y %H:%M}"
    return line.at.isoformat(" ")


def _wrong_time(rng: Random, at: datetime, as_of: date, *, future: bool) -> str:
    if future:
        return at.replace(year=as_of.year + rng.randrange(2, 9), day=min(at.day, 28)).isoformat(" ")
    return rng.choice(("n/a", "2026-02-30 10:00:00", "0000-00-00 00:00:00", "31/11/2025 10:15"))
