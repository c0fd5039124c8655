"""Strings of the IAB's framework: read like an encoder of the test's own writes them, and refused in every other shape."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.consent.tcf import NotTcf, parse_tcf

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# the example of the IAB's own reader, with what it says of it
CORE = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA"
SHOWN = "IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw"


def letters(bits: str) -> str:
    bits += "0" * (-len(bits) % 6)
    return "".join(LETTERS[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))


def ranges(vendors: set[int]) -> str:
    """Runs of neighbours as ranges, single ones alone."""
    runs: list[tuple[int, int]] = []
    for vendor in sorted(vendors):
        if runs and runs[-1][1] == vendor - 1:
            runs[-1] = (runs[-1][0], vendor)
        else:
            runs.append((vendor, vendor))
    return f"{len(runs):012b}" + "".join(f"0{a:016b}" if a == b else f"1{a:016b}{b:016b}" for a, b in runs)


def section(vendors: set[int], *, as_ranges: bool) -> str:
    most = max(vendors, default=0)
    if as_ranges:
        return f"{most:016b}1{ranges(vendors)}"
    return f"{most:016b}0" + "".join("1" if place in vendors else "0" for place in range(1, most + 1))


def encoded(said: dict[str, Any]) -> str:
    purposes = "".join("1" if place in said["purposes"] else "0" for place in range(1, 25))
    core = (
        f"{2:06b}{0:036b}{said['at'] * 10:036b}{7:012b}{1:012b}{1:06b}{4:06b}{13:06b}{50:012b}{5:06b}10{0:012b}{purposes}"
        f"{2**23:024b}0{3:06b}{4:06b}"
        + section(said["vendors"], as_ranges=said["ranges"])
        + section({3, 9}, as_ranges=not said["ranges"])
        + f"{len(said['decrees']):012b}"
        + "".join(f"{purpose:06b}{kind:02b}{ranges(whom)}" for purpose, kind, whom in said["decrees"])
    )
    return f"{letters(core)}.{letters('001' + section(said['disclosed'], as_ranges=said['ranges']))}"


vendors = st.sets(st.integers(1, 900), max_size=30)
saids = st.fixed_dictionaries(
    {
        "at": st.integers(1_600_000_000, 1_900_000_000),
        "purposes": st.sets(st.integers(1, 24)),
        "vendors": vendors,
        "disclosed": vendors,
        "ranges": st.booleans(),
        "decrees": st.lists(st.tuples(st.integers(1, 11), st.integers(0, 2), vendors.filter(bool)), max_size=4),
    }
)


@given(saids)
def test_what_was_written_is_read(said: dict[str, Any]) -> None:
    read = parse_tcf(encoded(said))
    assert read.at == datetime.fromtimestamp(said["at"], UTC)
    assert (read.language, read.country) == ("en", "DE")
    assert (read.purposes, read.vendors, read.disclosed) == (said["purposes"], said["vendors"], said["disclosed"])
    for vendor in {1, 2, 500, *said["vendors"]}:
        for purpose in range(1, 12):
            barred = any(p == purpose and kind != 1 and vendor in whom for p, kind, whom in said["decrees"])
            agreed = vendor in said["vendors"] and vendor in said["disclosed"] and purpose in said["purposes"]
            assert read.consents(vendor, frozenset({purpose})) == (agreed and not barred)


def test_the_published_example() -> None:
    read = parse_tcf(f"{CORE}.{SHOWN}")
    assert read.at == datetime(2020, 2, 20, 23, 57, 39, tzinfo=UTC)
    assert (read.purposes, read.vendors, read.language) == ({1, 2, 3}, {2, 6, 8}, "en")
    assert read.consents(2, frozenset({1, 3}))
    assert not read.consents(2, frozenset({1, 4}))
    assert not read.consents(12, frozenset({1}))  # shown, but nothing allowed


@pytest.mark.parametrize(
    "text",
    [
        "", ".", CORE, f"{CORE}.", f"{CORE}.{SHOWN}.{SHOWN}", f"{CORE}.{SHOWN[:-9]}", f"{CORE[:-6]}.{SHOWN}", f"{CORE}AAAA.{SHOWN}",
        f"B{CORE[1:]}.{SHOWN}", f"{CORE}.{SHOWN}=", f"{CORE}.{SHOWN} x", f"é{CORE}.{SHOWN}", f"{CORE}.{SHOWN}.YAAA.YAAA", "1YNN",
        f"{CORE}.{SHOWN}" + "." * 9, "A" * 20_000,
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(NotTcf):
        parse_tcf(text)


def mangled(rng: Random) -> str:
    text = list(f"{CORE}.{SHOWN}")
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(text))
        match rng.randrange(4):
            case 0:
                text[place] = rng.choice(LETTERS + ".=+/ é\0")
            case 1:
                del text[place]
            case 2:
                text.insert(place, rng.choice(LETTERS))
            case _:
                del text[place:]
        text = text or ["C"]
    return "".join(text)


def test_no_mangled_string_ends_in_another_error() -> None:
    rng, read = Random(5), 0
    for _ in range(20_000):
        try:
            parse_tcf(mangled(rng))
            read += 1
        except NotTcf:
            pass
    assert 0 < read < 10_000  # a changed bit of a vendor is another choice, not a broken string
