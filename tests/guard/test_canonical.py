"""One person, one spelling: the rule by examples and invariants, and what engines do by pattern against ``phonenumbers`` itself."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import ibis
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.guard import canonical as rule
from secureprofile.guard.canonical import canonical_text
from secureprofile.guard.phones import FAST, doubtful_pattern, e164, international_pattern, own_forms, possible

PHONE, EMAIL, NUMBER, NAME = "user.contact.phone_number", "user.contact.email", "user.government_id", "user.name"
CATEGORIES = (PHONE, EMAIL, NUMBER, NAME, "user.unique_id", "user.financial.bank_account")


@pytest.mark.parametrize(
    ("region", "spellings", "one"),
    [
        (
            "CN",
            ["138 1234 5678", "+86-13812345678", "0086 138 1234 5678", "１３８１２３４５６７８", "138.1234.5678", "(138) 1234-5678",
             "86 13812345678", "\u200b138\u200b12345678", "+86 (0)138 1234 5678", "138—1234—5678", "١٣٨١٢٣٤٥٦٧٨", "013812345678"],
            "+8613812345678",
        ),
        ("CN", ["010-66554433", "(010) 6655 4433", "+86 10 66554433"], "+861066554433"),
        ("GB", ["07400 123456", "+44 7400 123456", "+44 (0) 7400 123456", "0044 7400 123456", "７４００123456"], "+447400123456"),
        ("US", ["(212) 456-1234", "1-212-456-1234", "+1 212.456.1234", "2124561234", "011 1 2124561234", "001 2124561234"], "+12124561234"),
        ("DE", ["030 123456", "+49 30 123456", "030/123456", "0049 30 123456"], "+4930123456"),
        ("FR", ["01 42 68 53 00", "+33 1 42 68 53 00"], "+33142685300"),
        ("JP", ["090-1234-5678", "+81 90 1234 5678", "０９０－１２３４－５６７８"], "+819012345678"),
        ("HK", ["5123 4567", "+852 51234567"], "+85251234567"),
        ("TW", ["0912-345-678", "+886 912 345 678"], "+886912345678"),
        (None, ["+86-13812345678", "0086 138 1234 5678", "＋86 138 1234 5678"], "+8613812345678"),
        (None, ["138 1234 5678", "138-1234-5678"], "13812345678"),
        ("CN", ["010-66554433 转 12", "+86 10 66554433 ext. 12", "01066554433x12"], "+861066554433;ext=12"),
    ],
)  # fmt: skip
def test_one_phone_has_one_spelling(region: str | None, spellings: list[str], one: str) -> None:
    assert {canonical_text(spelling, PHONE, region) for spelling in spellings} == {one}


@pytest.mark.parametrize(("cell", "kept"), [
    ("12 34", "1234"), ("call me", "callme"), ("13812345678, 13912345678", "13812345678,13912345678"), ("000", "000"),
    ("+86 1", "+861"), ("1" * 40, "1" * 40), ("+", "+"), ("()", ""), ("138/12345678x", "138/12345678x"),
])  # fmt: skip
def test_what_is_no_number_keeps_its_spelling_without_fillers(cell: str, kept: str) -> None:
    assert canonical_text(cell, PHONE, "CN") == kept


@pytest.mark.parametrize(
    ("category", "spellings", "one"),
    [
        ("user.financial.bank_account", ["DE89 3704 0044 0532 0130 00", "de89370400440532013000"], "DE89370400440532013000"),
        ("user.financial.credit_card", ["4111 1111 1111 1111", "4111-1111-1111-1111", "４１１１111111111111"], "4111111111111111"),
        (NUMBER, ["11010519491231002x", "110105 19491231 002X", "11010519491231002\u200bX"], "11010519491231002X"),
        (NUMBER, ["123-45-6789", "123 45 6789", "123‑45‑6789"], "123456789"),
        (NUMBER, ["A123456(3)", "a1234563"], "A1234563"),
        (EMAIL, [" A@Example.COM ", "ａ@ｅｘａｍｐｌｅ．ｃｏｍ", "a@example.com\u200b", "\ufeffa@EXAMPLE.com"], "a@example.com"),
        (NAME, ["ﾔﾏﾀﾞ", "ヤマダ", "ヤマタ\u3099"], "ヤマダ"),
        ("user.unique_id", ["C1001", " Ｃ１００１ ", "C10\u200d01"], "C1001"),
    ],
)  # fmt: skip
def test_one_identifier_has_one_spelling(category: str, spellings: list[str], one: str) -> None:
    assert {canonical_text(spelling, category) for spelling in spellings} == {one}


def test_ids_of_a_shop_keep_case_and_blanks() -> None:
    assert canonical_text("aB 3", "user.unique_id") != canonical_text("AB3", "user.unique_id")


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(max_size=30), category=st.sampled_from(CATEGORIES), region=st.sampled_from([None, "CN", "GB", "US"])
)
def test_a_canonical_spelling_is_its_own(text: str, category: str, region: str | None) -> None:
    once = canonical_text(text, category, region)
    assert canonical_text(once, category, region) == once


# --- patterns against phonenumbers --------------------------------------------------------------------------------------------


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(r"\z", r"\Z"))


def reference(digits: str, region: str | None) -> str | None:
    """The E.164 form by phonenumbers alone."""
    for text, where in ((digits, region), ("+" + digits.removeprefix("00"), None)):
        if text[0] == "+" and digits[0] != "+" and not digits.startswith("00"):
            continue
        try:
            number = phonenumbers.parse(text, where)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


@st.composite
def cells(draw: st.DrawFn, region: str) -> str:
    """Digits near a valid number of the region, with and without prefixes, and any others."""
    code = str(phonenumbers.country_code_for_region(region))
    kind = draw(st.sampled_from([0, 1, 3, 4]))
    example = phonenumbers.example_number_for_type(region, kind)
    digits = list(str(example.national_number)) if example else list("123456789")
    for _ in range(draw(st.integers(0, 5))):
        digits[draw(st.integers(0, len(digits) - 1))] = draw(st.sampled_from("0123456789"))
    number = draw(st.one_of(st.just("".join(digits)), st.text("0123456789", min_size=3, max_size=14)))
    return (
        draw(st.sampled_from(["", "", "0", f"+{code}", code, f"00{code}", "00", f"+{code}0", f"0{code}", "1"])) + number
    )


@pytest.mark.parametrize("region", FAST)
def test_what_a_pattern_knows_of_a_number_phonenumbers_knows_too(region: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(cells(region))
    @example("0494033740")  # in Germany neither a number behind a 0 nor, without it, one of the area 4940: +49 40 33740
    @example("04930080")
    def holds(cell: str) -> None:
        expected = reference(cell, region)
        code = "+" + str(phonenumbers.country_code_for_region(region))
        for pattern, before in own_forms(region):
            if compiled(pattern).search(cell):
                assert expected == (cell if before == "+" else code + cell.removeprefix(before))
        if compiled(international_pattern()).search(cell):
            assert expected in (cell, None)
        if cell[0] != "+" and not compiled(doubtful_pattern(region)).search(cell):
            assert expected is None
        assert e164(cell, region) == expected

    holds()


@pytest.mark.parametrize("region", FAST)
def test_an_example_of_each_kind_takes_the_short_way(region: str) -> None:
    """Else the patterns would be useless: the mobile numbers that the library gives as examples are all known by pattern."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    assert compiled(international_pattern()).search(number)
    national = re.sub(r"\D", "", phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL))
    assert any(compiled(pattern).search(national) for pattern, _ in own_forms(region))


# --- the expression ------------------------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(st.sampled_from("0123456789 +-().x/\u200b０１３８转"), max_size=20),
    st.text(st.sampled_from("abcXYZ@. -éßİΣ京王ｱﾞ가\u1161\u0301\u3000·"), max_size=12),
    *(cells(region) for region in ("CN", "GB", "US", "DE", "JP")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("category", "region"),
    [
        *((category, None) for category in CATEGORIES),
        *((PHONE, region) for region in ("CN", "GB", "US", "DE", "JP", "BR")),
    ],
)
def test_the_expression_is_the_function(category: str, region: str | None, tmp_path: Path) -> None:
    @settings(max_examples=8, deadline=None)
    @given(st.lists(TEXTS, min_size=1, max_size=60))
    def holds(texts: list[str]) -> None:
        table = ibis.memtable(pa.table({"n": range(len(texts)), "x": texts}))
        found = engine.to_arrow(table.select("n", c=engine.functions.canonical(table.x, category, region)))
        ours = dict(zip(found["n"].to_pylist(), found["c"].to_pylist(), strict=True))
        assert [ours[n] for n in range(len(texts))] == [canonical_text(t, category, region) or None for t in texts]

    with DuckEngine(temp=tmp_path) as engine:
        holds()


def test_the_characters_that_engines_leave_alone_are_left_alone_by_the_rule() -> None:
    inside = [chr(c) for c in range(0x20, 0x110000) if re.match(f"[ {rule._WORD}]", chr(c))]
    assert len(inside) > 30_000
    text = "".join(inside)
    assert unicodedata.normalize("NFKC", text) == text
    assert not rule._INVISIBLE.search(text)
    assert all(not unicodedata.combining(c) for c in inside)
    assert not any("\u1100" <= c <= "\u11ff" for c in inside)  # jamo join into syllables


def test_plain_cells_never_reach_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("secureprofile.adapters.engine.remembered", lambda text, *_: asked.append(text) or text)
    columns = {
        "user.unique_id": ["C1", "王小明", "Zoë"], EMAIL: ["A@b.c", "x@y.z"], NUMBER: ["11010519491231002x", "123-45-6789"],
        "user.financial.credit_card": ["4111 1111 1111 1111"], NAME: ["Ada Lovelace", "山田", "김철수", "Анна"],
        PHONE: ["13812345678", "138 1234 5678", "+8613812345678", "010-66554433", "+44 7400 123456", "12", "555-0178", ""],
    }  # fmt: skip
    with DuckEngine(temp=tmp_path) as engine:
        for category, texts in columns.items():
            table = ibis.memtable(pa.table({"x": texts}))
            engine.to_arrow(table.select(c=engine.functions.canonical(table.x, category, "CN")))
    assert asked == []


@settings(max_examples=400, deadline=None)
@given(
    code=st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)),
    national=st.text("0123456789", min_size=1, max_size=13),
    sign=st.sampled_from(["", " ", "-"]),
)
def test_what_phonenumbers_calls_possible_is_possible(code: int, national: str, sign: str) -> None:
    """Nothing is lost; what is possible besides differs by a national prefix only."""
    text = f"+{code}{sign}{national}"
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return
    if phonenumbers.is_possible_number(parsed):
        assert possible(text, None)
    elif possible(text, None):
        assert len(national) - len(str(parsed.national_number)) in (0, 1, 2)
