"""What the ready tag dictionary means, said a second time with Python's own numbers: nothing of the project is used here.

Shares are fractions and money is decimal, so nothing is rounded; a person's tags are worked out from that person's rows alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

Row = Mapping[str, Any]

SEXES = {
    "female": ("f", "female", "女", "woman"),
    "male": ("m", "male", "男", "man"),
}
REGIONS = {
    "east-china": ("上海", "杭州", "南京", "苏州", "shanghai", "hangzhou", "nanjing", "suzhou"),
    "north-china": ("北京", "天津", "beijing", "tianjin"),
    "south-china": ("广州", "深圳", "guangzhou", "shenzhen"),
    "west-china": ("成都", "重庆", "chengdu", "chongqing"),
    "england": ("london", "manchester", "birmingham", "leeds"),
    "scotland": ("edinburgh", "glasgow"),
    "us-east": ("new york", "boston"),
    "us-central": ("chicago", "austin"),
    "us-west": ("seattle", "san francisco"),
}
CATEGORIES = ("grocery", "apparel", "electronics", "beauty", "home", "sports", "books", "toys")


def tags_of(customers: Sequence[Row], orders: Sequence[Row], day: date) -> dict[str, str]:
    """Return one person's tags: code → label."""
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time())
    different = {tuple(sorted(row.items(), key=lambda item: item[0])): row for row in orders}.values()
    good = [row for row in different if not _rejected(row, midnight)]
    times = [row["ordered_at"] for row in good if row["ordered_at"] is not None]
    first, last = (_ago(min(times), day), _ago(max(times), day)) if times else (None, None)
    joined = [row["joined_on"] for row in customers if row["joined_on"] is not None]
    member = (day - min(joined)).days if joined else None
    born, sex, town = (_newest(customers, name) for name in ("birth_date", "gender", "city"))
    usual = _largest([(_plain(row["channel"]), 1) for row in good])
    loved = _largest([(_plain(row["category"]), _value(row)) for row in good])
    return {
        "age_band": _age(None if born is None else day.year - born),
        "gender": _listed(SEXES, sex, unlisted="unknown", missing="unknown"),
        "region": _listed(REGIONS, town, unlisted="elsewhere", missing="unknown"),
        "lifecycle": _lifecycle(first, last),
        "tenure": _band(member, (364, "y1"), (729, "y2"), above="more", missing="unknown"),
        "channel": usual if usual in ("app", "web", "store") else "none",
        "week": _mixed(_share(good, _weekend), ("weekend", "mixed", "weekday")),
        "hours": _mixed(_share(good, _evening), ("evening", "mixed", "day")),
        "favourite": loved if loved in CATEGORIES else "other",
        "recency": _band(last, (30, "d30"), (90, "d90"), (180, "d180"), (365, "d365"), above="older", missing="never"),
        "frequency": _frequency(len({row["order_id"] for row in good} - {None})),
        "monetary": _monetary([_net(row) for row in good]),
        "promotion": _promotion(_share(good, _promoted)),
    }


def _rejected(row: Row, midnight: datetime) -> bool:
    return (
        (row["order_id"] or "").startswith("C")
        or (row["quantity"] is not None and row["quantity"] <= 0)
        or (row["unit_price"] is not None and row["unit_price"] <= 0)
        or (row["ordered_at"] is not None and row["ordered_at"] >= midnight)
    )


def _ago(at: datetime, day: date) -> int:
    return (day - at.date()).days


def _plain(text: str | None) -> str | None:
    return None if text is None else text.strip().lower()


def _newest(customers: Sequence[Row], name: str) -> Any:
    dated = [row for row in customers if row["joined_on"] is not None and row[name] is not None]
    newest = max((row["joined_on"] for row in dated), default=None)
    values = [row[name] for row in dated if row["joined_on"] == newest]
    return min((_plain(value) if isinstance(value, str) else value for value in values), default=None)


def _value(row: Row) -> Decimal | None:
    return None if None in (row["quantity"], row["unit_price"]) else row["quantity"] * row["unit_price"]


def _net(row: Row) -> Decimal | None:
    value = _value(row)
    return None if value is None else value - (row["discount"] or 0)


def _largest(pairs: Sequence[tuple[str | None, Any]]) -> str | None:
    totals: dict[str, Any] = defaultdict(int)
    for value, weight in pairs:
        if value is not None and weight is not None:
            totals[value] += weight
    return min(totals, key=lambda value: (-totals[value], value), default=None)


def _share(rows: Sequence[Row], holds: Any) -> Fraction | None:
    return Fraction(sum(holds(row) for row in rows), len(rows)) if rows else None


def _weekend(row: Row) -> bool:
    return row["ordered_at"] is not None and row["ordered_at"].isoweekday() >= 6


def _evening(row: Row) -> bool:
    return row["ordered_at"] is not None and row["ordered_at"].hour >= 18


def _promoted(row: Row) -> bool:
    return (row["discount"] is not None and row["discount"] > 0) or row["coupon"] is not None


def _band(value: Any, *steps: tuple[int, str], above: str, missing: str) -> str:
    """Return the label of the first limit that the value does not exceed."""
    if value is None:
        return missing
    return next((label for limit, label in steps if value <= limit), above)


def _age(years: int | None) -> str:
    bands = (17, "under18"), (24, "a18"), (34, "a25"), (44, "a35"), (54, "a45"), (64, "a55"), (110, "a65")
    return _band(years, *bands, above="unknown", missing="unknown")


def _lifecycle(first: int | None, last: int | None) -> str:
    if first is not None and first <= 60:
        return "new"
    return _band(last, (90, "active"), (180, "cooling"), (365, "dormant"), above="lost", missing="prospect")


def _listed(groups: Mapping[str, Sequence[str]], word: str | None, *, unlisted: str, missing: str) -> str:
    if word is None:
        return missing
    return next((label for label, words in groups.items() if word in words), unlisted)


def _mixed(share: Fraction | None, labels: tuple[str, str, str]) -> str:
    if share is None:
        return "none"
    return labels[0] if share > Fraction(1, 2) else labels[1] if share >= Fraction(1, 5) else labels[2]


def _frequency(orders: int) -> str:
    return "none" if orders == 0 else _band(orders, (1, "one"), (4, "few"), (14, "regular"), above="heavy", missing="")


def _monetary(amounts: Sequence[Decimal | None]) -> str:
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return "none"
    spend = sum(known)
    return next((label for limit, label in ((100, "low"), (500, "mid"), (2000, "high")) if spend < limit), "top")


def _promotion(share: Fraction | None) -> str:
    if share is None:
        return "unknown"
    if share == 0:
        return "none"
    return "high" if share > Fraction(3, 5) else "mid" if share >= Fraction(1, 4) else "low"
