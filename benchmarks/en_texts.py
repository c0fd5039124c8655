"""English texts with labelled spans, drawn from a seed: templates written for this benchmark, values of several countries by Faker, names also from outside its lists.

The development set in ``SECUREPROFILE_DATA`` shaped the rules; these texts judge whether they hold elsewhere. Half of the people bear names that stand
in no word list that the package uses.
"""

from __future__ import annotations

import random
import re
from typing import Any

Text = tuple[str, list[tuple[str, int, int]]]

TEMPLATES = (
    "Hi team, {person} phoned about order 88412 and left {phone} as the number to ring back.",
    "{person} (email {email}) would like the invoice resent.",
    "Ticket 4471: customer {person} reports that the parcel to {address} never arrived.",
    "Please update the billing address of Mrs {person} to {address}.",
    "Dear {person},\n\nthank you for your visit on {date}. We have charged card {card}.\n\nKind regards,\n{person2}",
    "Refund issued to IBAN {iban} on {date}; contact {email} with questions.",
    "Login from {ip} at 10:42, user {email}, blocked.",
    "My name is {person} and I moved from {city} to {city2} last spring.",
    "The patient, {person}, SSN {ssn}, was admitted on {date}.",
    "Could you call Mr {person} on {phone} before noon?",
    "Spoke to {person} today. She works for {company} in {city}.",
    "Delivery note: leave with neighbour at {address}.",
    "Forwarded to {company} - their rep {person} will follow up ({phone}).",
    "see https://{domain}/help for details, or write to {email}",
    "Payment failed for {card}, customer {person} was told by email.",
    "driver's license number {licence}, issued in {city}",
    "I'm {person} from {company}; reach me at {phone} or {email}.",
    "We met {person} and {person2} at the fair in {city}.",
    "Ship to:\n{person}\n{address}\nPhone: {phone}",
    "Dr. {person} prescribed it on {date}.",
    "The quarterly report is due on {date}, nothing personal in here.",
    "All items were in stock and the colour was right, five stars.",
    "Order 77-1234 contains 12 units at 19.99 each, total 239.88.",
    "Meeting notes: budget approved, next steps agreed, no owners yet.",
    "The Blue Lagoon candle set is back in stock next week.",
    "Sincerely, {person}",
    "Ask {person} if the boxes reached {company}.",
    "{person} lives at {address} and can be reached under {phone}.",
    "Customer since {date}, prefers contact by phone: {phone}.",
    "Old address {address}, new address {address2}.",
)
FIRST = "Tovah Brisa Kelwin Oriel Maddock Zephrine Ilka Torvin Quilla Anselma Bodric Fennella Jorvik Lissandra Merrin Nesta Orsolo Perrick Rhosyn Sigbert Thessaly Ulvar Vesper Wrenna Ysolde".split()
LAST = "Harbinette Quellmore Dastrup-Vane Oakenfeld Tremblewick Varnhagel Stourbrook Eddowick Farlsmith Gromwell Hasterby Inchcliff Kestlebury Lorimond Mallowdane Norcastel Ostringham Pellowby Ruskendale Swithenby".split()
LABEL = {
    "person": "PERSON", "person2": "PERSON", "phone": "PHONE_NUMBER", "email": "EMAIL_ADDRESS", "address": "STREET_ADDRESS", "address2": "STREET_ADDRESS", "date": "DATE_TIME",
    "card": "CREDIT_CARD", "iban": "IBAN_CODE", "ip": "IP_ADDRESS", "city": "GPE", "city2": "GPE", "ssn": "US_SSN", "company": "ORGANIZATION", "domain": "DOMAIN_NAME", "licence": "US_DRIVER_LICENSE",
}  # fmt: skip
CITIES = "Leeds Oslo Toronto Chicago Nairobi Lyon Dresden Kyoto Perth Bristol Austin Montevideo Porto Cork Denver Lagos Tampere Graz".split()


def texts(count: int = 1500, *, seed: int = 31) -> list[Text]:
    """Return labelled texts; the same for the same arguments and version of Faker."""
    from faker import Faker

    rng = random.Random(seed)
    fakers = [Faker(locale) for locale in ("en_US", "en_GB", "en_AU", "en_CA", "en_IN", "en_IE")]
    for number, fake in enumerate(fakers):
        fake.seed_instance(seed + number)
    return [_fill(rng.choice(TEMPLATES), _values(rng.choice(fakers), rng)) for _ in range(count)]


def _values(fake: Any, rng: random.Random) -> dict[str, str]:
    def person() -> str:
        return (
            f"{rng.choice(FIRST)} {rng.choice(LAST)}"
            if rng.random() < 0.5
            else f"{fake.first_name()} {fake.last_name()}"
        )

    def address() -> str:
        return fake.address().replace("\n", ", ")

    day = rng.choice(("%d %B %Y", "%Y-%m-%d", "%B %d, %Y", "%d/%m/%Y"))
    return {
        "person": person(), "person2": person(), "phone": fake.phone_number(), "email": fake.email(), "address": address(), "address2": address(),
        "date": fake.date_object().strftime(day), "card": fake.credit_card_number(rng.choice(("visa16", "mastercard", "discover"))), "iban": _iban(rng), "ip": fake.ipv4(),
        "city": rng.choice(CITIES), "city2": rng.choice(CITIES), "ssn": f"{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}",
        "company": fake.company(), "domain": fake.domain_name(), "licence": f"{rng.choice('ABCDEKS')}{rng.randint(10**6, 10**8)}",
    }  # fmt: skip


def _iban(rng: random.Random) -> str:
    body = f"{rng.randint(10**17, 10**18 - 1)}"
    return f"DE{98 - int(body + '131400') % 97:02d}{body}"


def _fill(template: str, values: dict[str, str]) -> Text:
    text, spans = "", []
    for literal, slot in re.findall(r"([^{]*)(?:\{(\w+)\})?", template):
        text += literal
        if slot:
            start = len(text) - (8 if slot == "domain" else 0)
            spans.append((LABEL[slot], start, len(text) + len(values[slot]) + (5 if slot == "domain" else 0)))
            text += values[slot]
    return text, spans
