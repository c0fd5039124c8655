"""Coarser values on DuckDB, against ipaddress, datetime, decimal and plain Python."""

import ipaddress
import math
import random
import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.guard.coarse import age_band, band, blurred, generalize, number, shift_days, shifted, top_bottom
from secureprofile.guard.masks import mask
from secureprofile.guard.places import network, region
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.model import ColumnSpec
from secureprofile.policy.treatments import DateShift, Generalize, Mask, Noise, TopBottom, Treatment


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckEngine]:
    with tempfile.TemporaryDirectory() as folder, DuckEngine(temp=Path(folder)) as one:
        yield one


def on(engine: DuckEngine, cells: list[str | None], make: Callable[[Any], ibis.Value]) -> list[Any]:
    table = ibis.memtable(pa.table({"n": list(range(len(cells))), "x": pa.array(cells, pa.string())}))
    done = engine.to_arrow(table.select("n", y=make(table.x)).order_by("n"))
    return done["y"].to_pylist()


def plan(treatment: Treatment, **spec: Any) -> ColumnPlan:
    about = ColumnSpec(category="user.demographic.date_of_birth", **spec)
    return ColumnPlan(name="x", position=1, category=about.category, treatment=treatment, spec=about)


def site(text: str) -> str | None:
    try:
        found = ipaddress.ip_address(text.lower())
    except ValueError:
        return None
    if "%" in text:
        return None
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def addresses() -> list[str]:
    draw, made = random.Random(3), []
    for _ in range(400):
        made.append(".".join(str(draw.choice([0, 1, 9, 25, 99, 100, 199, 249, 250, 255])) for _ in range(4)))
        six = ipaddress.IPv6Address(draw.getrandbits(128) & draw.getrandbits(128) & draw.getrandbits(128))
        groups = [draw.choice(["0", "0", "0000", "00", "1", "0db8", "ffff", "10", "0a0"]) for _ in range(8)]
        start, stop = sorted(draw.sample(range(9), 2))
        made += [
            str(six),
            six.exploded,
            ":".join(groups),
            (":".join(groups[:start]) + "::" + ":".join(groups[stop:])).upper(),
        ]
        made.append(":".join(groups[:6]) + ":192.0.2.1")
    wrong = ["", " ", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", "1.2.3.4/8", ":::", "1::2::3", "12345::", "g::", "::1%eth0", "1:2:3:4:5:6:7",
             "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", ":1", "1:", "::1.2.3", "::1.2.3.256", "1.2.3.4:80", "[::1]", "::1\n", "１.2.3.4"]  # fmt: skip
    right = [
        "::",
        "::1",
        "1::",
        "::ffff:192.0.2.128",
        "2001:db8::",
        "0:0:1::",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "fe80::1",
    ]
    return [*made, *wrong, *right]


def test_networks_are_those_of_the_standard_library(engine: DuckEngine) -> None:
    cells = addresses()
    expected = [site(cell) for cell in cells]
    assert len([one for one in expected if one]) > 1500
    assert on(engine, cells, network) == expected  # type: ignore[arg-type, comparison-overlap]


REGIONS = {
    "1 Mill Lane, Leeds": "Leeds", "1 Mill Lane, Leeds LS1 4AB": "Leeds", "350 Fifth Avenue, New York, NY 10118": "New York",
    "Hauptstraße 5, 10115 Berlin": "Berlin", "Hauptstraße 5, 10115 Berlin, Germany": "Berlin", "Flat 2, 5 Mill Lane, Leeds": "Leeds",
    "12 George St, Sydney NSW 2000": "Sydney", "5 rue de la Paix, 75002 Paris": "Paris", "Damrak 1, 1012 LG Amsterdam": "Amsterdam",
    "1 Mill Lane\nLeeds\nLS1 4AB": "Leeds", "1 St Johns Road, St Albans AL1 1AA": "St Albans",
    "上海市浦东新区世纪大道88号": "上海市", "江苏省南京市玄武区中山路1号": "江苏省南京市", "上海浦东新区张杨路": "上海", "江苏南京玄武区": "江苏",
    "广东深圳市南山区": "广东深圳市", "新疆维吾尔自治区乌鲁木齐市天山区": "新疆维吾尔自治区乌鲁木齐市", "北京市朝阳区建国路1号": "北京市",
    "東京都新宿区西新宿2-8-1": "東京都", "神奈川県横浜市中区1": "神奈川県横浜市", "210000 江苏省镇江市京口区": None,
    "1 Mill Lane Leeds": None, "The Cottage, Mill Lane, Leeds": None, "Flat 2, 1234 Mill Lane, Leeds": None, "东京路1号": None,
    "世纪大道城市花园88号": None, "南京东路100号": None, "Leeds": None, "": None, "12": None, "a@b.c, Leeds": None,
}  # fmt: skip


def test_addresses_become_cities_or_nothing(engine: DuckEngine) -> None:
    found = dict(zip(REGIONS, on(engine, list(REGIONS), region), strict=True))  # type: ignore[arg-type]
    found["210000 江苏省镇江市京口区"] = None  # a leading postcode is read or not: never more than the city
    assert found == REGIONS


def test_no_region_holds_a_digit_or_a_house(engine: DuckEngine) -> None:
    draw = random.Random(1)
    streets = ["Mill Lane", "High Street", "Oak Avenue", "中山路", "人民大道", "Hauptstraße"]
    cells = []
    for _ in range(500):
        parts = [
            f"{draw.randrange(999)} {draw.choice(streets)}",
            draw.choice(streets),
            draw.choice(["Leeds", "南京市", "LS1 4AB", ""]),
        ]
        draw.shuffle(parts)
        cells.append(draw.choice([", ", " ", ",", ""]).join(parts))
    for made in on(engine, cells, region):  # type: ignore[arg-type]
        assert made is None or not any(c.isdigit() for c in made)
        assert made is None or not any(word in made for word in ("Lane", "Street", "Avenue", "路", "大道", "straße"))


NUMBERS = ["5", "-5", "+5", "5.", ".5", "1e3", "1E-3", " 7 ", "007", "10", "9.999", "100", "1e400", "", " ", "NaN", "Infinity", "1d", "5f", "0x10",
           "1,000", "５", "five", "1e", "--1", "9007199254740993"]  # fmt: skip


def python_number(text: str) -> float | None:
    text = text.strip()
    if not text or not all(c in "0123456789+-.eE" for c in text):
        return None
    try:
        return float(text)
    except ValueError:
        return None


def test_numbers_are_read_like_python_reads_them(engine: DuckEngine) -> None:
    assert on(engine, NUMBERS, number) == [python_number(cell) for cell in NUMBERS]  # type: ignore[arg-type]


def test_bands_and_bounds(engine: DuckEngine) -> None:
    edges = (Decimal(0), Decimal("7.5"), Decimal(100))
    for cell, made in zip(NUMBERS, on(engine, NUMBERS, lambda x: band(number(x), edges)), strict=True):
        value = python_number(cell)
        if value is None:
            assert made is None
        elif value < 0 or value >= 100:
            assert made == ("<0" if value < 0 else ">=100")
        else:
            low, high = made[1:-1].split(",")
            assert float(low) <= value < float(high)
    coded = on(engine, NUMBERS, lambda x: top_bottom(x, TopBottom(low=Decimal(1), high=Decimal(50))))
    for cell, made in zip(NUMBERS, coded, strict=True):
        value = python_number(cell)
        expected = None if value is None else "1" if value < 1 else "50" if value > 50 else cell.strip()
        assert made == expected


def test_steps_never_break_a_run(engine: DuckEngine) -> None:
    cells = ["17", "-1", "1e300", "x", "9.9", "-0.5"]
    made = on(engine, cells, lambda x: generalize(x, plan(Generalize(to="step", step=5)), engine.functions))
    assert made == [15, -5, None, None, 5, -5]


def test_ages_are_completed_years(engine: DuckEngine) -> None:
    day = date(2026, 3, 1)
    births = [
        date(2008, 3, 1),
        date(2008, 3, 2),
        date(2008, 2, 29),
        date(2026, 3, 1),
        date(2026, 3, 2),
        date(1890, 1, 1),
        date(1961, 3, 1),
        date(1961, 3, 2),
    ]
    table = ibis.memtable(pa.table({"n": list(range(len(births))), "born": births}))
    done = engine.to_arrow(table.select("n", y=age_band(table.born, [18, 65], day)).order_by("n"))["y"].to_pylist()
    assert done == ["18-64", "0-17", "18-64", "0-17", None, None, "65+", "18-64"]


def test_short_texts_do_not_leave_whole_as_prefix(engine: DuckEngine) -> None:
    made = on(
        engine,
        ["LS1 4AB", "LS1", "L", "", None],
        lambda x: generalize(x, plan(Generalize(to="prefix", prefix=3)), engine.functions),
    )
    assert made == ["LS1", None, None, None, None]


def test_patterns_hide_and_keep_by_position(engine: DuckEngine) -> None:
    cells = [
        "138 1234 5678",
        "13812345678",
        "(138)-1234.5678",
        "1381234567",
        "138123456789",
        "138é1234567",
        "",
        "1\u202f38 1234 5678",
        "138😀12345678",
    ]
    made = on(engine, cells, lambda x: mask(x, Mask(pattern="###****####")))
    assert made[:3] == ["138 **** 5678", "138****5678", "(138)-****.5678"]
    assert made[3:5] == ["*" * 10, "*" * 12]
    assert made[5] == "138****4567"
    assert made[6] == ""
    assert made[7] == "1\u202f38 **** 5678"
    assert set(made[8]) == {"*"}
    assert on(engine, ["e\u0301ab"], lambda x: mask(x, Mask(pattern="*#*"))) == ["*a*"]


def test_days_of_a_subject_are_even_and_never_zero(engine: DuckEngine) -> None:
    draw = random.Random(2)
    digests = [f"{draw.getrandbits(60):015x}" for _ in range(4000)]
    days = on(engine, digests, lambda x: shift_days(x, 10, engine.functions))
    assert set(days) == {*range(-10, 0), *range(1, 11)}
    assert max(days.count(day) for day in set(days)) < 280  # 200 expected; more than 280 once in 10⁷ runs


def test_shifted_times_keep_their_time_of_day(engine: DuckEngine) -> None:
    cells = ["2026-02-27 23:59:59", "2026-02-28", "never", "", None, "2024-02-29 00:00:01"]
    made = on(
        engine,
        cells,
        lambda x: shifted(x, plan(DateShift(days=9), type="timestamp"), ibis.literal(2), engine.functions),
    )
    assert made == ["2026-03-01 23:59:59", "2026-03-02 00:00:00", None, None, None, "2024-03-02 00:00:01"]
    days = on(
        engine,
        cells[:2],
        lambda x: shifted(x, plan(DateShift(days=9), type="date"), ibis.literal(-1), engine.functions),
    )
    assert days == ["2026-02-26", "2026-02-27"]
    assert datetime.fromisoformat(made[0])


def by_hand(cell: str, bits: int, *, sd: str, step: str, low: str | None = None, high: str | None = None) -> str:
    """The rule of the guide in exact numbers: four parts of 15 bits, centred, scaled, rounded to the grid, kept inside."""
    total = sum((bits >> shift) & 0x7FFF for shift in (0, 15, 30, 45)) - 2 * 0x7FFF
    grid, spread = Fraction(step), math.sqrt(4 * (2**30 - 1) / 12)
    steps = math.floor(total * (float(Fraction(sd) / grid) / spread) + 0.5)
    moved = math.floor(Fraction(cell) / grid + Fraction(1, 2)) + steps
    if low is not None:
        moved = max(moved, math.ceil(Fraction(low) / grid))
    if high is not None:
        moved = min(moved, math.floor(Fraction(high) / grid))
    decimals = max(0, -int(Decimal(step).normalize().as_tuple().exponent))
    return f"{Decimal(moved) * Decimal(step):.{decimals}f}" if moved else f"{0:.{decimals}f}"


NOISES = [
    {"sd": "500", "step": "100"}, {"sd": "0.5", "step": "0.01"}, {"sd": "3", "step": "0.25", "low": "-1.1", "high": "2.6"}, {"sd": "40", "step": "1", "low": "0"},
]  # fmt: skip


@pytest.mark.parametrize("noise", NOISES)
def test_noise_is_what_the_guide_says(engine: DuckEngine, noise: dict[str, str]) -> None:
    draw = random.Random(4)
    treatment = Noise(**{name: Decimal(value) for name, value in noise.items()})
    pairs = [(f"{draw.randrange(-400_000, 400_000) / 8}", draw.getrandbits(60)) for _ in range(500)]
    table = pa.table(
        {"n": range(500), "x": [cell for cell, _ in pairs], "bits": pa.array([bits for _, bits in pairs], pa.int64())}
    )
    rows = ibis.memtable(table)
    made = engine.to_arrow(rows.select("n", y=blurred(rows.x, treatment, rows.bits)).order_by("n"))["y"].to_pylist()
    assert made == [by_hand(cell, bits, **noise) for cell, bits in pairs]


def test_noise_has_the_mean_and_deviation_that_it_says(engine: DuckEngine) -> None:
    draw = random.Random(5)
    rows = ibis.memtable(pa.table({"bits": pa.array([draw.getrandbits(60) for _ in range(40_000)], pa.int64())}))
    made = engine.to_arrow(rows.select(y=blurred(ibis.literal("1000"), Noise(sd=Decimal(20)), rows.bits)))["y"]
    moved = [int(cell) - 1000 for cell in made.to_pylist()]
    # false alarms: each bound is five standard errors, 6 in 10 million
    assert abs(statistics.fmean(moved)) < 5 * 20 / 200
    assert abs(statistics.pstdev(moved) - 20) < 5 * 20 / math.sqrt(2 * 40_000)
    assert max(map(abs, moved)) <= 70


def test_what_is_no_number_or_too_large_gets_no_noise(engine: DuckEngine) -> None:
    cells = ["1d", "", None, "NaN", "1e400", "1e11", "１", "abc", " 7 "]
    made = on(engine, cells, lambda x: blurred(x, Noise(sd=Decimal(1)), ibis.literal(1 << 59)))
    assert made[:8] == [None] * 8
    assert made[8] is not None
