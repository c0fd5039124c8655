"""People, places, firms and addresses in English text: by form, by lists, by what stands beside them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.guard.addresses import chinese_addresses, english_addresses
from secureprofile.guard.detect import find
from secureprofile.guard.entities import WordLists, entities, fold

WORDS = WordLists(
    given=frozenset({"zelda", "omar", "anne-lise"}),
    surnames=frozenset({"quist", "okonkwo", "berg"}),
    places=frozenset({"leeds", "republic of the congo", "oslo"}),
)

TEXTS = {
    "Ask Zelda Quist or Omar.": ["PERSON:Zelda Quist", "PERSON:Omar"],
    "Dr. Berg-Hansen saw him": ["PERSON:Dr. Berg-Hansen"],
    "my name is Tadeusz van der Velde, hello": ["PERSON:Tadeusz van der Velde"],
    "Regards,\nÉlodie": ["PERSON:Élodie"],
    "We flew to the Republic of the Congo": ["LOCATION:Republic of the Congo"],
    "She lives in Oslo 0150 now": ["LOCATION:Oslo 0150"],
    "Call Acme Widgets Ltd tomorrow": ["ORGANIZATION:Acme Widgets Ltd"],
    "at 221b Baker Street, Flat 4, Leeds": ["ADDRESS:221b Baker Street, Flat 4, Leeds"],
    "zelda quist wrote": ["PERSON:zelda quist"],
    "The Quick Brown Fox": [],
    "Please rate this order": [],
    "may the mark rose": [],
}


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_found(text: str) -> None:
    assert [f"{f.name}:{text[f.start : f.end]}" for f in entities(text, WORDS)] == TEXTS[text]


def test_without_lists_only_forms_and_titles_speak() -> None:
    found = entities("Zelda Quist met Mr Okonkwo", WordLists())
    assert [f.name for f in found] == ["PERSON"]


@pytest.mark.parametrize(
    "text",
    [
        "12 Mill Road",
        "Unit 5, 9-11 Kings Parade",
        "PO Box 77",
        "SW1A 1AA",
        "Via Roma 12",
        "Hauptstraße 7",
        "Apt. 4B",
        "3 rue Victor Hugo ",
    ],
)
def test_addresses_of_many_forms(text: str) -> None:
    assert list(english_addresses(f"to {text}"))


@pytest.mark.parametrize(
    "text", ["浙江省杭州市西湖区文三路5号", "上海市浦东新区世纪大道100号8楼801室", "海淀区中关村大街27号院3号楼"]
)
def test_chinese_addresses(text: str) -> None:
    assert [(0, len(text))] == list(chinese_addresses(text))


@pytest.mark.parametrize(
    "text", ["我在路上", "小区门口的市场很热闹", "今天天气很好", "一号线到人民广场站", "订单号12345"]
)
def test_ordinary_sentences_are_no_addresses(text: str) -> None:
    assert not list(chinese_addresses(text))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_findings_are_spans_without_overlaps(text: str) -> None:
    end = 0
    for finding in entities(text, WORDS):
        assert end <= finding.start < finding.end <= len(text)
        end = finding.end


HOSTILE = [
    "A" * 20_000, "A-" * 10_000, "A. " * 7000, "Aa " * 7000, "1" * 20_000, "1 " * 10_000, "1 A " * 5000, "(1" * 10_000, "a@" * 10_000, ".a" * 10_000,
    "12 Aa Bb, " * 2000, "区" * 20_000, "区路号" * 6000, "Mr " * 7000, "Aa's " * 4000, "0:" * 10_000, "A1" * 10_000, "-1.1234" * 3000, "1/1/" * 5000,
    "\\n12 Aa\\n" * 3000, "Apt. 1 Aa 12 Bb " * 1500, "0x" * 10_000, "www." * 5000, "+1-" * 7000, "(1)" * 7000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8])
def test_no_text_makes_a_pattern_explode(text: str) -> None:
    """Twenty thousand characters take a second or two on a busy machine; a pattern that backtracks without bound takes for ever."""
    begun = time.process_time()
    find(text)
    entities(text, WORDS)
    list(chinese_addresses(text))
    assert time.process_time() - begun < 20


def test_folding() -> None:
    assert fold("ŁÓDŹ") == "łodz"
    assert fold("Straße") == "strasse"
