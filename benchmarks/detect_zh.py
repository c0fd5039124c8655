"""Detection in Chinese text, scored on a corpus built here: identifiers glued to Han text among look-alikes, addresses, names, ordinary sentences.

Everything is drawn from a seeded generator: check digits are computed here, apart from the package's own, and sentences come from two sets of templates,
one to develop with and one to judge with. A finding is right when its kind fits and its span overlaps the true one by 0.9 (IoU); what is found
anywhere else counts against its kind. Run it with ``python -m benchmarks.detect_zh [--development]``; it writes ``benchmarks/results/detect_zh.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import string
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.zh_words import (
    ADDRESS_TEMPLATES,
    COUNTIES,
    CUED,
    ESTATES,
    GIVEN_CHARS,
    HK_ROADS,
    ID_TEMPLATES,
    MINORITY,
    MO_ROADS,
    NEGATIVE_TEMPLATES,
    ORDINARY_FRAMES,
    ORDINARY_WORDS,
    PROVINCES,
    ROADS,
    SURNAMES,
    TOWNS,
    TRICKY,
    TW_CITIES,
    TW_ROADS,
    VILLAGES,
)  # fmt: skip

Span = tuple[str, int, int]
Text = tuple[str, list[Span]]
RESULTS = Path(__file__).parent / "results" / "detect_zh.json"
COMMAND = "python -m benchmarks.detect_zh"
PER_KIND = 400

KINDS = {
    "CN_RESIDENT_ID": "resident", "CN_USCC": "uscc", "CREDIT_CARD": "card", "CN_BANK_CARD": "card", "HK_ID": "hkid", "TW_ID": "twid",
    "CN_MOBILE": "mobile", "PHONE_NUMBER": "mobile", "CN_PLATE": "plate", "CN_PASSPORT": "passport", "ADDRESS": "address", "PERSON": "name",
}  # fmt: skip
CHECKED = ("resident", "uscc", "card", "hkid", "twid")
SHAPED = ("mobile", "plate", "passport")


# --- identifiers, with their own arithmetic ---------------------------------------------------------------------------


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def _day(rng: random.Random) -> str:
    return f"{rng.randint(1940, 2012)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"


def resident(rng: random.Random) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643's table
    body = (
        rng.choice(("11", "31", "33", "44", "51", "61", "42", "37", "65", "50"))
        + _digits(rng, 4)
        + _day(rng)
        + _digits(rng, 3)
    )
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def uscc(rng: random.Random) -> str:
    letters, weights = (
        "0123456789ABCDEFGHJKLMNPQRTUWXY",
        (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28),
    )
    body = (
        rng.choice(("91", "92", "93", "12", "51", "52"))
        + rng.choice(("110101", "310115", "440305", "330106"))
        + "".join(rng.choice(letters) for _ in range(9))
    )
    return body + letters[(31 - sum(letters.index(c) * w for c, w in zip(body, weights, strict=True)) % 31) % 31]


def luhn_digit(body: str) -> str:
    doubled = [int(c) if place % 2 else sum(divmod(int(c) * 2, 10)) for place, c in enumerate(reversed(body))]
    return str(-sum(doubled) % 10)


def card(rng: random.Random) -> str:
    head, length = rng.choice(
        (
            ("622202", 19),
            ("621700", 19),
            ("622848", 19),
            ("622588", 16),
            ("625", 16),
            ("62", 17),
            ("62", 18),
            ("4", 16),
            ("53", 16),
            ("2221", 16),
        )
    )
    body = head + _digits(rng, length - 1 - len(head))
    digits = body + luhn_digit(body)
    return digits if rng.random() < 0.7 else " ".join(digits[i : i + 4] for i in range(0, length, 4))


def hkid(rng: random.Random) -> str:
    letters = rng.choice(string.ascii_uppercase) if rng.random() < 0.8 else rng.choice(("WX", "XA", "XB", "EC"))
    digits = _digits(rng, 6)
    values = [36] * (2 - len(letters)) + [ord(c) - 55 for c in letters] + [int(c) for c in digits]
    rest = -sum(v * w for v, w in zip(values, range(9, 1, -1), strict=True)) % 11
    return f"{letters}{digits}({'A' if rest == 10 else rest})"


def twid(rng: random.Random) -> str:
    letter = rng.choice(string.ascii_uppercase)
    code = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))[letter]
    body = rng.choice("12") + _digits(rng, 7)
    total = code // 10 + code % 10 * 9 + sum(int(c) * w for c, w in zip(body, range(8, 0, -1), strict=True))
    return letter + body + str(-total % 10)


def mobile(rng: random.Random) -> str:
    head, rest = rng.choice("134 135 138 139 150 159 166 177 180 186 191 198 199".split()), _digits(rng, 8)
    form = rng.choice(
        (
            "{h}{a}{b}",
            "{h}{a}{b}",
            "{h}{a}{b}",
            "{h} {a} {b}",
            "{h}-{a}-{b}",
            "+86{h}{a}{b}",
            "+86 {h}{a}{b}",
            "86-{h}{a}{b}",
            "0086{h}{a}{b}",
        )
    )
    return form.format(h=head, a=rest[:4], b=rest[4:])


def plate(rng: random.Random) -> str:
    letters, place = (
        "ABCDEFGHJKLMNPQRSTUVWXYZ",
        rng.choice("京津沪渝冀豫云辽黑湘皖鲁苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"),
    )
    tail = "".join(rng.choice(string.digits + "ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(3)) + _digits(rng, 2)
    office = rng.choice("ABCDEFGH")
    form = rng.randrange(6)
    if form == 0:
        return place + office + rng.choice("DF") + _digits(rng, 5)
    if form == 1:
        return place + office + _digits(rng, 5) + rng.choice("DF")
    if form == 2:
        return place + office + "·" + tail
    if form == 3:
        return place + office + _digits(rng, 4) + rng.choice("挂学警")
    return place + office + tail if form == 4 else place + office + " " + rng.choice(letters) + _digits(rng, 4)


def passport(rng: random.Random) -> str:
    return rng.choice(
        (
            f"E{_digits(rng, 8)}",
            f"E{rng.choice('ABCDEFGHJ')}{_digits(rng, 7)}",
            f"G{_digits(rng, 8)}",
            f"D{_digits(rng, 8)}",
            f"PE{_digits(rng, 7)}",
        )
    )


MAKERS: dict[str, Callable[[random.Random], str]] = {
    "resident": resident, "uscc": uscc, "card": card, "hkid": hkid, "twid": twid, "mobile": mobile, "plate": plate, "passport": passport,
}  # fmt: skip


def _wrong_digit(rng: random.Random, value: str, alphabet: str) -> str:
    return value[:-1] + rng.choice([c for c in alphabet if c != value[-1].upper()])


def look_alike(rng: random.Random) -> tuple[str, str]:
    """Return (what it is called, a value that is no identifier of a person)."""
    day = f"202{rng.randint(0, 6)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    return rng.choice((
        ("订单号", day + _digits(rng, rng.choice((6, 8, 10)))), ("订单号", str(rng.randint(10**15, 10**19))), ("流水号", "62" + _digits(rng, 17)),
        ("单号", rng.choice(("SF", "YT", "JD", "ZTO")) + _digits(rng, 13)), ("运单号", str(rng.randint(10**11, 10**13))), ("时间戳", str(1_600_000_000_000 + rng.randint(0, 10**11))),
        ("时间戳", str(1_600_000_000 + rng.randint(0, 10**8))), ("编码", _wrong_digit(rng, resident(rng), "0123456789X")), ("代码", _wrong_digit(rng, uscc(rng), "0123456789ABCDEFGH")),
        ("金额", f"{rng.randint(1, 99_999_999):,}.{_digits(rng, 2)}"), ("金额", f"{rng.randint(10**10, 2 * 10**10)}.{_digits(rng, 2)}"),
        ("日志", f"{_hex(rng, 8)}-{_hex(rng, 4)}-4{_hex(rng, 3)}-a{_hex(rng, 3)}-{_hex(rng, 12)}"), ("货号", f"{rng.choice('ABCDXS')}{rng.choice('KLMN')}{_digits(rng, 6)}"),
        ("SKU", f"SKU-{_digits(rng, 8)}"), ("条码", "69" + _digits(rng, 11)), ("批号", f"{rng.choice('ABC')}{_digits(rng, 5)}"), ("发票号", _digits(rng, 8)),
        ("型号", f"{rng.choice('ABCXYZ')}{_digits(rng, 5)}"), ("编码", _wrong_digit(rng, card_digits(rng), string.digits)), ("库存", str(rng.randint(1, 10**6))),
        ("编码", _wrong_digit(rng, twid(rng), string.digits)), ("版本", f"{rng.randint(1, 20)}.{rng.randint(0, 20)}.{rng.randint(0, 999)}"),
    ))  # fmt: skip


def card_digits(rng: random.Random) -> str:
    return card(rng).replace(" ", "")


def _hex(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789abcdef") for _ in range(count))


# --- addresses and names -----------------------------------------------------------------------------------------------


def mainland_address(rng: random.Random, judging: bool) -> str:
    province, city = rng.choice(PROVINCES)
    county, road, estate = rng.choice(COUNTIES[judging]), rng.choice(ROADS[judging]), rng.choice(ESTATES[judging])
    where = (
        rng.choice((province + city + county, city + county, province + city + county, city, county))
        if city
        else province + county
    )
    house = f"{rng.randint(1, 2400)}号"
    if rng.random() < 0.22:
        country = (
            (province + city if rng.random() < 0.7 else "")
            + rng.choice(COUNTIES[judging])
            + rng.choice(TOWNS[judging])
            + rng.choice(VILLAGES[judging])
        )
        return country + rng.choice(
            (
                f"{rng.randint(1, 20)}组",
                f"{rng.randint(1, 20)}组{rng.randint(1, 90)}号",
                f"{rng.randint(1, 300)}号",
                f"第{rng.choice('一二三四五六')}组",
                "",
            )
        )
    flat = rng.choice((
        f"{estate}{rng.randint(1, 40)}栋{rng.randint(1, 6)}单元{rng.randint(1, 33)}0{rng.randint(1, 6)}室", f"{estate}{rng.randint(1, 40)}号楼{rng.randint(1, 33)}0{rng.randint(1, 4)}",
        f"{estate}{rng.choice('ABCD')}座{rng.randint(2, 40)}层", f"{estate}{rng.randint(1, 30)}幢{rng.randint(101, 2804)}室", f"{rng.randint(2, 30)}号楼{rng.randint(1, 6)}单元{rng.randint(101, 1804)}", "",
        f"{rng.randint(3, 30)}楼{rng.randint(301, 3012)}室", f"{estate}{rng.randint(2, 30)}楼",
    ))  # fmt: skip
    body = rng.choice(
        (
            road + house + flat,
            road + house + flat,
            road + house,
            f"{road}{rng.randint(2, 900)}弄{rng.randint(1, 80)}号{rng.randint(101, 1204)}室",
            road + flat if flat and estate in flat else road + house,
        )
    )
    code = rng.choice(("", "", "", "", f" {rng.randint(100000, 859999)}", f"，邮编{rng.randint(100000, 859999)}"))
    return where + rng.choice(("", "", " ")) + body + code


def hong_kong_address(rng: random.Random) -> str:
    area, road = (
        rng.choice(("香港中環", "香港灣仔", "九龍旺角", "九龍尖沙咀", "新界沙田", "新界荃灣", "香港銅鑼灣", "九龍")),
        rng.choice(HK_ROADS),
    )
    tower = rng.choice(("金輝大廈", "麗晶花園", "置富中心", "海怡閣"))
    return f"{area}{road}{rng.randint(1, 500)}號" + rng.choice(
        ("", f"{tower}{rng.randint(2, 40)}樓{rng.choice('ABCD')}室", f"{tower}{rng.randint(2, 40)}樓")
    )


def taiwan_address(rng: random.Random) -> str:
    city, road = rng.choice(TW_CITIES), rng.choice(TW_ROADS)
    part = rng.choice(("", "一段", "二段", "四段")) + rng.choice(
        ("", "", f"{rng.randint(2, 300)}巷", f"{rng.randint(2, 300)}巷{rng.randint(2, 40)}弄")
    )
    return (
        rng.choice(("", "", f"{rng.randint(100, 983)}"))
        + city
        + road
        + part
        + f"{rng.randint(1, 400)}號"
        + rng.choice(("", f"{rng.randint(2, 18)}樓", f"{rng.randint(2, 18)}樓之{rng.randint(1, 6)}"))
    )


def macau_address(rng: random.Random) -> str:
    return f"澳門{rng.choice(MO_ROADS)}{rng.randint(1, 300)}號" + rng.choice(
        ("", f"{rng.choice(('恆生大廈', '信達花園'))}{rng.randint(2, 20)}樓{rng.choice('ABCD')}座")
    )


def address(rng: random.Random, judging: bool) -> str:
    abroad = rng.choices((None, hong_kong_address, taiwan_address, macau_address), (80, 8, 8, 4))[0]
    return abroad(rng) if abroad else mainland_address(rng, judging)


def person(rng: random.Random) -> str:
    if rng.random() < 0.06:
        return rng.choice(MINORITY)
    return rng.choice(SURNAMES) + "".join(rng.sample(GIVEN_CHARS, rng.choice((1, 2, 2))))


# --- sentences ---------------------------------------------------------------------------------------------------------


def _fill(template: str, name: str, value: str, **others: str) -> Text:
    before, after = template.split("{" + name + "}")
    before, after = before.format(**others), after.format(**others)
    return before + value + after, [(name, len(before), len(before) + len(value))]


def ordinary(rng: random.Random, judging: bool) -> str:
    if rng.random() < 0.3:
        return rng.choice(TRICKY[judging])
    frame = rng.choice(ORDINARY_FRAMES[judging])
    return frame.format(**{slot: rng.choice(words) for slot, words in ORDINARY_WORDS.items()})


def corpus(*, judging: bool, per_kind: int = PER_KIND) -> dict[str, list[Text]]:
    """Return the texts of each part with their true spans; the same for the same arguments, on every machine."""
    rng = random.Random(20260 + judging)
    parts: dict[str, list[Text]] = defaultdict(list)
    for kind, make in MAKERS.items():
        for _ in range(per_kind):
            text, spans = _fill(rng.choice(ID_TEMPLATES[judging][kind]), "id", make(rng))
            parts["identifiers"].append((text, [(kind, start, end) for _, start, end in spans]))
    for _ in range(per_kind * 5):
        called, value = look_alike(rng)
        parts["look-alikes"].append((rng.choice(NEGATIVE_TEMPLATES[judging]).format(called=called, value=value), []))
    for _ in range(per_kind * 3):
        text, spans = _fill(rng.choice(ADDRESS_TEMPLATES[judging]), "address", address(rng, judging))
        parts["addresses"].append((text, spans))
    for _ in range(per_kind * 2):
        text, spans = _fill(rng.choice(CUED[judging]), "name", person(rng))
        parts["names"].append((text, spans))
    sentences = dict.fromkeys(ordinary(rng, judging) for _ in range(per_kind * 5))
    parts["ordinary"] = [(text, []) for text in sentences]
    return parts


def detect(text: str) -> list[Span]:
    """Return what the package finds: recognizers, addresses, and names."""
    from secureprofile.guard.addresses import chinese_addresses
    from secureprofile.guard.detect import find
    from secureprofile.guard.names_han import han_names

    found = [(KINDS[f.name], f.start, f.end) for f in find(text) if f.name in KINDS]
    found += [("address", start, end) for start, end in chinese_addresses(text)]
    return found + [("name", start, end) for start, end in han_names(text)]


def overlap(a: Span, b: Span) -> float:
    both = min(a[2], b[2]) - max(a[1], b[1])
    return both / (max(a[2], b[2]) - min(a[1], b[1])) if both > 0 else 0.0


def score(texts: Iterable[Text]) -> dict[str, tuple[int, int, int]]:
    """Return per kind (right, wrong, missed)."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for text, true in texts:
        left = list(true)
        for one in detect(text):
            hit = next((t for t in left if t[0] == one[0] and overlap(t, one) >= 0.9), None)
            if hit:
                left.remove(hit)
            counts[one[0]][0 if hit else 1] += 1
        for kind, _, _ in left:
            counts[kind][2] += 1
    return {kind: (right, wrong, missed) for kind, (right, wrong, missed) in counts.items()}


def ratios(right: int, wrong: int, missed: int) -> tuple[float, float]:
    """Return precision and recall."""
    return right / (right + wrong) if right + wrong else 0.0, right / (right + missed) if right + missed else 0.0


def measure(*, judging: bool, per_kind: int = PER_KIND) -> list[dict[str, Any]]:
    """Return the figures, each with its goal and whether it is reached."""
    parts = corpus(judging=judging, per_kind=per_kind)
    begun = time.process_time()
    counts = score(parts["identifiers"] + parts["look-alikes"] + parts["ordinary"])
    figures = []

    def add(what: str, value: float, goal: str, reached: bool) -> None:
        figures.append(
            {
                "what": what,
                "value": round(value, 4),
                "unit": "share",
                "goal": goal,
                "reached": reached,
                "command": COMMAND,
            }
        )

    for kind in (*CHECKED, *SHAPED):
        least = (0.99, 0.99) if kind in CHECKED else (0.95, 0.97)
        for what, value, goal in zip(("precision", "recall"), ratios(*counts.get(kind, (0, 0, 0))), least, strict=True):
            add(f"Chinese text, {kind}, {what}", value, f"≥ {goal}", value >= goal)
    recall = ratios(*score(parts["addresses"])["address"])[1]
    add("Chinese text, address, recall", recall, "≥ 0.95", recall >= 0.95)
    alarms = sum(any(kind == "address" for kind, _, _ in detect(text)) for text, _ in parts["ordinary"]) / len(
        parts["ordinary"]
    )
    add("Chinese text, ordinary sentences with a false address", alarms, "≤ 0.01", alarms <= 0.01)
    names = ratios(*score(parts["names"])["name"])
    add("Chinese text, name behind a cue, recall", names[1], "≥ 0.95", names[1] >= 0.95)
    add("Chinese text, name behind a cue, precision", names[0], "≥ 0.95", names[0] >= 0.95)
    alarms = sum(any(kind == "name" for kind, _, _ in detect(text)) for text, _ in parts["ordinary"]) / len(
        parts["ordinary"]
    )
    add("Chinese text, ordinary sentences with a false name", alarms, "≤ 0.01", alarms <= 0.01)
    texts = sum(map(len, parts.values()))
    figures.append(
        {
            "what": "Chinese text, texts scored",
            "value": texts,
            "unit": "texts",
            "goal": "",
            "reached": True,
            "command": COMMAND,
        }
    )
    seconds = time.process_time() - begun
    figures.append(
        {
            "what": "Chinese text, detection speed",
            "value": round(texts / seconds),
            "unit": "texts/s",
            "goal": "",
            "reached": True,
            "command": COMMAND,
        }
    )
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--development", action="store_true", help="the templates that rules were developed with; nothing is written"
    )
    options = parser.parse_args()
    figures = measure(judging=not options.development)
    print(
        "\n".join(
            f"{f['value']:>10} {f['unit']:<8} {f['goal']:<8} {'yes' if f['reached'] else 'NO ':<4} {f['what']}"
            for f in figures
        )
    )
    if not options.development:
        RESULTS.write_text(json.dumps({"figures": figures}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
