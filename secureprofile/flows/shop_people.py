"""The people of the demo shop and what they buy, as the shop should know them: ``shop`` writes them down as shops do.

How often somebody buys is heavy-tailed; what, where and at which price depends on age, sex and city; the young wait for
coupons; every customer has a life with the shop (new, active, dormant, lost, or no order at all). Only the standard
library's generator is used: equal seeds, equal people.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import accumulate, count
from random import Random

from secureprofile.flows import shop_words as words


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer as the shop should know them, without dirt. ``last`` is None for those who never ordered."""

    id: str
    surname: str
    given: str
    gender: str
    birth: date
    age_group: int
    phone: str
    email: str
    resident_id: str
    address: str
    city: words.City
    joined: date
    first: date
    last: date | None

    @property
    def chinese(self) -> bool:
        """Whether they live in China."""
        return self.city.country == "China"

    @property
    def name(self) -> str:
        """The whole name, in the order of its language."""
        return self.surname + self.given if self.chinese else f"{self.given} {self.surname}"

    @property
    def title(self) -> str:
        """How a letter addresses them."""
        return ("先生" if self.gender == "M" else "女士") if self.chinese else ("Mr" if self.gender == "M" else "Ms")


def make_people(rng: Random, count: int, as_of: date) -> list[Person]:
    """Return ``count`` customers."""
    shares = list(accumulate(city.share for city in words.CITIES))
    homes = rng.choices(words.CITIES, cum_weights=shares, k=count)
    phones, taken = _Phones(rng), set[str]()
    return [_person(rng, f"U{100_001 + number}", city, phones, taken, as_of) for number, city in enumerate(homes)]


def _person(rng: Random, id_: str, city: words.City, phones: _Phones, taken: set[str], as_of: date) -> Person:
    gender = "F" if rng.random() < 0.54 else "M"
    age = 20 + rng.betavariate(1.3, 2.6) * 68
    birth = as_of - timedelta(days=int(age * 365.25) + 1)
    resident_id = ""
    if city.country == "China":
        family, *personal = _chinese_name(rng, gender)
        surname, given = family[0], "".join(character for character, _ in personal)
        spelling = f"{family[1]}.{''.join(sound for _, sound in personal)}"
        resident_id = _unused(taken, lambda attempt: _resident_id(rng, city, birth, gender))
    else:
        surname, given = rng.choice(words.FAMILY_EN), rng.choice(words.GIVEN_EN[gender])
        spelling = f"{given}.{surname}".lower().replace("'", "")
    joined, first, last = _life(rng, as_of)
    return Person(
        id=id_, surname=surname, given=given, gender=gender, birth=birth, age_group=bisect_right((25, 35, 50, 65), age),
        phone=phones.draw(city), email=_unused(taken, lambda attempt: _email(rng, spelling, birth, attempt)),
        resident_id=resident_id, address=_address(rng, city), city=city, joined=joined, first=first, last=last,
    )  # fmt: skip


def _unused(taken: set[str], draw: Callable[[int], str]) -> str:
    for attempt in count():
        value = draw(attempt)
        if value not in taken:
            taken.add(value)
            break
    return value


def _chinese_name(rng: Random, gender: str) -> list[tuple[str, str]]:
    """Return the family name and one or two characters, each with its spelling."""
    ranks = range(3, len(words.FAMILY_ZH) + 3)
    family = rng.choices(words.FAMILY_ZH, weights=[1 / rank for rank in ranks])
    return family + rng.choices(words.GIVEN_ZH[gender], k=1 if rng.random() < 0.25 else 2)


def _resident_id(rng: Random, city: words.City, birth: date, gender: str) -> str:
    """Return a resident ID as GB 11643-1999 has it; seven in ten people were registered where they live."""
    origin = city if rng.random() < 0.7 else rng.choice([home for home in words.CITIES if home.country == "China"])
    sequence = 2 * rng.randrange(1, 499) + (gender == "M")
    body = f"{rng.choice(origin.districts)[0]}{birth:%Y%m%d}{sequence:03}"
    # ISO 7064 MOD 11-2: the weight of a digit is 2 to the power of its place from the right, the check digit's being 0.
    total = sum(int(digit) << place for place, digit in zip(range(17, 0, -1), body, strict=True))
    return body + "10X98765432"[total % 11]


def _email(rng: Random, spelling: str, birth: date, attempt: int) -> str:
    number = f"{birth:%y}" if rng.random() < 0.5 else ""
    tail = str(rng.randrange(10 ** (attempt + 1))) if attempt else ""
    return f"{spelling}{number}{tail}@example.{rng.choice(('com', 'org', 'net'))}"


def _address(rng: Random, city: words.City) -> str:
    code, place = rng.choice(city.districts)
    house = rng.randrange(1, 300)
    if city.country == "China":
        flat = f"{rng.randrange(1, 30)}栋{rng.randrange(1, 30)}{rng.randrange(1, 5):02}室"
        return f"{city.name}市{place}{rng.choice(words.ROADS_ZH)}{house}号{flat}"
    road = rng.choice(words.ROADS_EN[city.country])
    if city.country == "United States":
        return f"{house * 10 + 1} {road}, {city.name}, {code}"
    unit = f"{rng.randrange(1, 10)}{rng.choice('ABDEFGHJLN')}{rng.choice('PQRSTUWXYZ')}"
    return f"{house} {road}, {place}, {city.name} {code} {unit}"


class _Phones:
    """Telephone numbers: random mobiles in China, elsewhere the ranges kept for fiction, each once while they last."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._free: dict[str, list[str]] = {}

    def draw(self, city: words.City) -> str:
        if city.country == "China":
            return f"{self._rng.choice(words.MOBILE_ZH)}{self._rng.randrange(10**8):08}"
        if city.country == "United States":
            return self._take(city.name, [f"{area}-555-01{last:02}" for area in city.numbers for last in range(100)])
        start = words.MOBILE_UK if self._rng.random() < 0.25 else city.numbers[0]
        return self._take(start, [f"{start}{last:03}" for last in range(1000)])

    def _take(self, name: str, numbers: list[str]) -> str:
        if not self._free.get(name):
            self._free[name] = self._rng.sample(numbers, len(numbers))
        return self._free[name].pop()


def _life(rng: Random, as_of: date) -> tuple[date, date, date | None]:
    """Return when somebody joined, ordered first, and ordered last: all before ``as_of``."""

    def days(least: int, most: int) -> int:
        return rng.randrange(least, most + 1)

    state = rng.random()
    if state < 0.08:  # never ordered
        joined = as_of - timedelta(days=days(1, 900))
        return joined, joined, None
    if state < 0.18:  # new
        first = days(2, 60)
        last = days(1, first)
    elif state < 0.63:  # active
        first, last = days(120, 1095), days(1, 75)
    elif state < 0.82:  # dormant
        last = days(91, 250)
        first = last + days(30, 800)
    else:  # lost
        last = days(366, 800)
        first = last + days(0, 450)
    start = as_of - timedelta(days=first)
    return start - timedelta(days=days(0, 14)), start, as_of - timedelta(days=last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An order without dirt; money in cents."""

    id: str = ""
    customer: str
    at: datetime
    category: str
    product: str
    quantity: int
    price: int
    discount: int
    coupon: str
    channel: str


def make_orders(rng: Random, people: Sequence[Person], count: int, as_of: date) -> list[Line]:
    """Return the orders and cancellations by time, numbered."""
    lines: list[Line] = []
    for person, orders in _shares(rng, people, count):
        lines += _orders_of(rng, person, orders)
    lines.sort(key=lambda line: line.at)
    for place in rng.sample(range(len(lines)), len(lines) * 7 // 1000):  # walk-ins, and accounts deleted since
        customer = "" if rng.random() < 0.7 else f"U{rng.randrange(900_001, 999_999)}"
        lines[place] = replace(lines[place], customer=customer)
    lines = [replace(line, id=f"R{1_000_001 + number}") for number, line in enumerate(lines)]
    end = datetime.combine(as_of, time())
    for line in rng.sample(lines, len(lines) // 50):
        at = line.at + timedelta(hours=rng.randrange(2, 240))
        if at < end:
            back = replace(line, id=f"C{line.id}", at=at, quantity=-line.quantity, discount=-line.discount)
            lines.append(back)
    return sorted(lines, key=lambda line: line.at)


def _shares(rng: Random, people: Sequence[Person], count: int) -> Iterator[tuple[Person, int]]:
    """Give every buyer one order, and the rest by appetite (Pareto) and the time that they have been with the shop."""
    buyers = [person for person in people if person.last] or list(people)
    some = rng.sample(buyers, min(count, len(buyers)))
    appetite = [
        min(rng.paretovariate(1.15), 60) * (10 + ((person.last or person.first) - person.first).days) ** 0.8
        for person in some
    ]
    more = Counter(rng.choices(range(len(some)), weights=appetite, k=count - len(some))) if some else Counter[int]()
    return ((person, 1 + more[place]) for place, person in enumerate(some))


def _orders_of(rng: Random, person: Person, orders: int) -> Iterator[Line]:
    """Give one person's orders: taste, price level, promotions and channel are theirs for all of them."""
    tastes = [rng.paretovariate(2) * _taste(person, category) for category in words.CATEGORIES]
    lover = rng.random() < words.PROMOTION[person.age_group]
    level = rng.lognormvariate(0, 0.3) * person.city.spend * (0.8, 1.0, 1.15, 1.1, 0.9)[person.age_group]
    categories = rng.choices(words.CATEGORIES, weights=tastes, k=orders)
    channels = rng.choices(("app", "web", "store"), weights=words.CHANNELS[person.age_group], k=orders)
    hours = rng.choices(range(24), weights=words.HOURS[person.age_group > 2], k=orders)
    days = _days(rng, person, orders)
    for category, channel, hour, day in zip(categories, channels, hours, days, strict=True):
        at = datetime(day.year, day.month, day.day, hour, int(rng.random() * 60), int(rng.random() * 60))
        quantity = 1 + min(int(rng.expovariate(0.7 if category == "grocery" else 1.6)), 11)
        price = max(int(words.PRICES[category] * level * rng.lognormvariate(0, 0.45) * 10) * 10 + 9, 49)
        price = 0 if rng.random() < 0.003 else price
        coupon = _coupon(rng, at.month) if rng.random() < (0.5 if lover else 0.04) else ""
        reduced = coupon or rng.random() < (0.45 if lover else 0.08)
        rate = rng.choice((10, 15, 20, 30, 50)) if reduced else 0
        yield Line(
            customer=person.id, at=at, category=category, product=rng.choice(words.PRODUCTS[category]),
            quantity=quantity, price=price, discount=quantity * price * rate // 100, coupon=coupon, channel=channel,
        )  # fmt: skip


def _taste(person: Person, category: str) -> float:
    sex = words.WOMEN_BUY.get(category, 1.0) if person.gender == "F" else 1.0
    return words.TASTES[category][person.age_group] * sex * words.LOCAL_TASTES[person.city.country].get(category, 1.0)


def _coupon(rng: Random, month: int) -> str:
    seasonal = words.COUPONS.get(month, ())
    return rng.choice(seasonal if seasonal and rng.random() < 0.6 else words.EVERYDAY_COUPONS)


def _days(rng: Random, person: Person, orders: int) -> Iterator[date]:
    """Give the days of somebody's orders: the last, the first, and between them as the season has it."""
    last = person.last or person.first
    span = (last - person.first).days + 1
    yield last
    for number in range(orders - 1):
        day = person.first
        for _ in range(5 if number else 0):
            day = person.first + timedelta(days=int(rng.random() * span))
            if rng.random() < words.MONTHS[day.month - 1]:
                break
        yield day
