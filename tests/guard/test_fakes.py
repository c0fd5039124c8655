"""Fakes: the same for the same, never the value itself, of its script and spelling, and ringing nobody."""

import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.adapters.words import fake_words
from secureprofile.guard.fakes import Fakes, FakeWords
from secureprofile.policy.treatments import Replace

WORDS = fake_words()
NAME, MAIL, PHONE = "user.name", "user.contact.email", "user.contact.phone_number"
STREET = "user.contact.address.street"
KINDS = (NAME, "user.name.first", "user.name.last", MAIL, PHONE, STREET, "user.account.username")


def fakes(category: str, key: bytes = bytes(32), **spec: str) -> Fakes:
    return Fakes(key, Replace(**spec), category=category, words=WORDS)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    st.binary(min_size=32, max_size=32),
)
def test_any_text_gets_one_fake_and_never_itself(category: str, text: str, key: bytes) -> None:
    one = fakes(category, key)
    made = one.treat([text, text])
    assert made[0] == made[1]
    assert made == fakes(category, key).treat([text, text])
    assert (made[0] is None) == one.refuses(text)
    if made[0] is not None and made[0] != "":
        assert made[0].casefold() != text.casefold()


def test_a_list_with_one_other_name_gives_that_name() -> None:
    words = {"en": FakeWords(given=("Ann", "Bo"), surnames=("Ann", "Bo"))}
    for key in range(20):
        one = Fakes(bytes([key]) * 32, Replace(), category="user.name.first", words=words)
        assert one.treat(["Ann", "ann", "BO"]) == ["Bo", "bo", "ANN"]


def test_nothing_left_to_say_is_empty_not_the_value() -> None:
    words = {"en": FakeWords(given=("Ann",), surnames=("Ann",))}
    assert Fakes(bytes(32), Replace(), category="user.name.first", words=words).treat(["Ann"]) == [None]


SCRIPTS = {
    "王小明": r"[\u4e00-\u9fff]{2,4}",
    "欧阳 小明": r"[\u4e00-\u9fff]{1,2} [\u4e00-\u9fff]{1,2}",
    "サトウ アキラ": r"[\u30a0-\u30ff]+ [\u30a0-\u30ff]+",
    "さとう あきら": r"[\u3040-\u309fー]+ [\u3040-\u309fー]+",
    "Иван Иванов": r"[\u0400-\u04ff]+ [\u0400-\u04ff-]+",
    "김민준": r"[\uac00-\ud7a3]+",
    "Zoë Quill": r"[^\W\d]+ [^\W\d].*",
    "QUILL, ZOË": r"[A-Z' -]+, [A-Z' -]+",
    "zoë": r"[a-z' -]+",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_names_keep_script_order_and_case(name: str) -> None:
    for key in range(20):
        made = fakes(NAME, bytes([key]) * 32).treat([name])[0]
        assert re.fullmatch(SCRIPTS[name], str(made)), made


def test_spellings_of_one_value_share_a_fake() -> None:
    assert len(set(fakes(MAIL).treat(["A@Example.ORG", "a@example.org ", "ａ@example.org"]))) == 1
    digits = {
        re.sub(r"\D", "", str(made)) for made in fakes(PHONE).treat(["138 1234 5678", "13812345678", "138-1234-5678"])
    }
    assert len(digits) == 1


def test_addresses_end_in_domains_that_belong_to_nobody() -> None:
    for made in fakes(MAIL).treat([f"x{n}@corp.invalid" for n in range(200)]):
        assert re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+[0-9]{4}@example\.(com|org|net)", str(made))


RESERVED = {
    "+44 7700 900360": r"\+44 7700 900\d{3}", "+44 20 7123 4567": None, "+1 212-867-5309": r"\+1 \d{3}-555-01\d\d",
    "(212) 867-5309": r"\(\d{3}\) 555-01\d\d", "212-867-5309": r"\d{3}-555-01\d\d", "+33 6 12 34 56 78": r"\+33 6 39 98 \d\d \d\d",
    "+33 1 42 34 56 78": r"\+33 \d \d\d \d\d \d\d \d\d", "+61 412 345 678": r"\+61 491 570 \d{3}", "+61 2 9374 4000": r"\+61 \d [57]\d1?\d*.*",
    "+49 30 901820": r"\+49(3023125|6990009|4066969|2214710|8999998)\d{3}", "+353 1 234 5678": r"\+?353.*2\s?091.*|\+3532091\d{5}",
    "13812345678": r"100\d{8}", "+86 138 1234 5678": r"\+86 100 \d{4} \d{4}",
}  # fmt: skip


@pytest.mark.parametrize("number", RESERVED)
def test_numbers_keep_their_country_and_ring_nobody(number: str) -> None:
    for key in range(10):
        made = str(fakes(PHONE, bytes([key]) * 32).treat([number])[0])
        if RESERVED[number]:
            assert re.fullmatch(str(RESERVED[number]), made), made
        if number.startswith("+") and not number.startswith("+86"):
            before, after = phonenumbers.parse(number), phonenumbers.parse(made)
            assert before.country_code == after.country_code
            assert phonenumbers.is_possible_number(after), made


def test_a_region_reads_national_spellings() -> None:
    made = fakes(PHONE, region="GB").treat(["020 7123 4567", "07712 345678", "+1 212-867-5309"])
    assert re.fullmatch(r"0\d\d \d{4} \d{4}", str(made[0]))
    assert re.fullmatch(r"07700 900\d{3}", str(made[1]))
    assert re.fullmatch(r"\+1 \d{3}-555-01\d\d", str(made[2]))


@pytest.mark.parametrize(
    "cell", ["07712345678", "+49 171 1234567", "+39 06 123456", "call me", "1", "+44", "+86 10 6234 5678", "=1+2"]
)
def test_numbers_without_a_range_leave_empty(cell: str) -> None:
    assert fakes(PHONE).treat([cell]) == [None]
    assert fakes(PHONE).refuses(cell)


@pytest.mark.parametrize(
    ("cell", "locale", "form"),
    [("1 Mill Lane", "auto", r"\d+ .+ (Road|Street|Lane|Avenue|Close)"), ("世纪大道88号", "auto", r".+市.+区.+\d+号"),
     ("Weg 1", "de", r".+(straße|weg|gasse) \d+"), ("1 rue X", "fr", r"\d+ (rue|avenue|place) .+"), ("のみち1", "auto", r".+\d-\d+-\d+")],
)  # fmt: skip
def test_streets_are_spelled_as_in_their_country(cell: str, locale: str, form: str) -> None:
    assert re.fullmatch(form, str(fakes(STREET, locale=locale).treat([cell])[0]))


def test_other_keys_give_other_fakes() -> None:
    cells = [f"Person {n}" for n in range(200)]
    one, other = fakes(NAME).treat(cells), fakes(NAME, bytes(31) + b"1").treat(cells)
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 5
    assert len(set(one)) > 190
