"""Free text: what must go is gone, what may stay stays, and a failure redacts the cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.guard.entities import WordLists, fold
from secureprofile.guard.nicknames import PAIRS
from secureprofile.guard.scrub import LEAST, REDACTED, Scrubber
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS
from secureprofile.guard.words import word_lists

OWN = (("NAME", "Ada Lindqvist"), ("EMAIL", "ada.l@example.com"), ("ID", "AX-99812"))
OWN_ZH = (("NAME", "欧阳明月"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada called twice", "[NAME] called twice"),
        ("ask LINDQVIST about it", "ask [NAME] about it"),
        ("wrote from ada.l@example.com", "wrote from [EMAIL]"),
        ("Adaptation works", "Adaptation works"),
        ("file ax-99812 is open", "file [ID] is open"),
    ],
)
def test_the_rows_own_identifiers_go_whole_and_in_parts(text: str, expected: str) -> None:
    assert Scrubber().scrub(text, OWN) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Robert Miller", "Bob paid the bill, Bobby's wife rang", "[NAME] paid the bill, [NAME]'s wife rang"),
        ("William Stone", "Bill will pay the bill", "[NAME] will pay the bill"),
        ("William Stone", "WILL rang", "[NAME] rang"),
        ("William Stone", "bill rang", "[NAME] rang"),
        ("Käthe Vogt", "Kathi und Katharina", "[NAME] und [NAME]"),
        ("王小明", "小王和老王说阿明不在", "[NAME]和[NAME]说[NAME]不在"),
        ("欧阳明月", "老欧阳来过", "[NAME]来过"),
        ("Ada Lindqvist", "Bob and 小王 rang", "Bob and 小王 rang"),
        ("", "Bob rang", "Bob rang"),
    ],
)
def test_nicknames_go_where_they_are_asked_for(name: str, text: str, expected: str) -> None:
    assert Scrubber().scrub(text, [("NICKNAME", name)]) == expected
    assert Scrubber().scrub(text, [("EMAIL", "x@example.com")]) == text


def test_forms_of_a_name_go_both_ways() -> None:
    assert {(b, a) for a, b in PAIRS} == set(PAIRS)
    assert all(form == fold(form) for pair in PAIRS for form in pair)


def test_a_chinese_given_name_alone_goes() -> None:
    assert Scrubber().scrub("明月要求退货", OWN_ZH) == "[NAME]要求退货"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seen with Jose Muñoz today", "seen with [NAME] today"),
        ("和王小明一起来", "和[NAME]一起来"),
        ("Seen With Nobody Known", "Seen With Nobody Known"),
    ],
)
def test_other_people_of_the_table_go(text: str, expected: str) -> None:
    """Case and diacritics do not matter."""
    assert Scrubber().scrub(text, known=["njose munoz", "n王小明"]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr Okonkwo came", "Mr [NAME] came"),
        ("my name is Zelda Quist.", "my name is [NAME]."),
        ("联系人：赵一凡，已付款", "联系人：[NAME]，已付款"),
        ("李女士投诉", "[NAME]女士投诉"),
        ("call 650-555-0178 now", "call [PHONE] now"),
        ("打１３８１２３４５６７８找我", "打[PHONE]找我"),
    ],
)
def test_strangers_after_a_cue_and_recognised_values_go(text: str, expected: str) -> None:
    assert Scrubber().scrub(text) == expected


@pytest.mark.parametrize("text", ["", "Delivered on time.", "三个工作日内送达", "order 1042 was late", "Total 3.50"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert Scrubber().scrub(text, OWN, ["nada lindqvist"]) == text


def test_a_failure_redacts_the_cell_and_is_counted() -> None:
    def fails(text: str) -> bool:
        raise RuntimeError

    broken = PatternSpec(
        name="X", category="user", label="X", core="x", score=1, source="-", examples=("x",), check=fails
    )
    scrubber = Scrubber(specs=(broken,))
    assert scrubber.scrub("an x here") == REDACTED
    assert scrubber.failed == 1


KINDS = [spec for spec in SPECS if not spec.needs_context and spec.score >= LEAST and spec.name != "URL"]
VALUES = st.sampled_from([example for spec in KINDS for example in spec.examples])


@given(st.sampled_from(["", "见", "note: ", "（"]), VALUES, st.sampled_from(["", "。", ", thanks", "）"]))
def test_scrubbing_twice_changes_nothing(before: str, value: str, after: str) -> None:
    once = Scrubber().scrub(before + value + after)
    assert "[" in once
    assert Scrubber().scrub(once) == once


WORDS = WordLists(given=frozenset({"zelda", "omar"}), surnames=frozenset({"quist"}), places=frozenset({"leeds"}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Spoke with Zelda Quist about it", "Spoke with [NAME] about it"),
        ("Zelda's parcel", "[NAME]'s parcel"),
        ("Leave it at 14 Harbour Street, Apt. 3", "Leave it at [ADDRESS]"),
        ("送到浙江省杭州市西湖区文三路5号3幢201室，谢谢", "送到[ADDRESS]，谢谢"),
        ("delivered on 2026-03-04", "delivered on 2026-03-04"),
        ("born 1990-05-01", "born [DATE]"),
        ("The Blue Teapot from Leeds", "The Blue Teapot from Leeds"),
    ],
)
def test_strangers_and_addresses_go_and_places_and_dates_stay(text: str, expected: str) -> None:
    """With lists of names; a town or a delivery date alone points at nobody."""
    assert Scrubber(words=WORDS).scrub(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("NHS 943 476 5919", "NHS [NHS]"), ("DOB 5 May 1990", "DOB [DATE]")])
def test_what_a_recognizer_knows_is_not_called_an_address(text: str, expected: str) -> None:
    assert Scrubber(words=word_lists()).scrub(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hi my name is quorra vexley, where is it", "hi my name is [NAME], where is it"),
        ("my name is quorra and i wait", "my name is [NAME] and i wait"),
        ("my name is spelled wrong", "my name is spelled wrong"),
        ("my name is on the list", "my name is on the list"),
    ],
)
def test_who_writes_in_small_letters_has_a_name(text: str, expected: str) -> None:
    assert Scrubber().scrub(text) == expected
