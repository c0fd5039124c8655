"""Yardsticks: every row complete in two languages, every limit at its edge, and no word that promises more than was measured."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.anonymity.presets import FAMILIES, JOINT, PRESETS, chosen
from secureprofile.anonymity.safe_harbor import CLASSES, SMALL_ZIP3, Held, broken
from secureprofile.anonymity.yardsticks import Figures, judge
from secureprofile.released import Text
from secureprofile.vocabulary import DATA_CATEGORIES, DIRECT_IDENTIFIERS, within

CLEAN = Figures(
    smallest=1000,
    direct=(),
    free_text=(),
    links=0,
    distinct=9,
    safe_harbor={row.letter: () for row in CLASSES},
)
"""A table that meets everything."""


def figures(**changes: object) -> Figures:
    return Figures(**{**{name: getattr(CLEAN, name) for name in CLEAN.__slots__}, **changes})  # type: ignore[arg-type]


def verdict(name: str, k: int = 5, threshold: Fraction | None = Fraction(9, 100), **changes: object) -> str:
    return judge(PRESETS[name], figures(**changes), k=k, threshold=threshold).verdict


@pytest.mark.parametrize("name", PRESETS)
def test_a_clean_table_meets_every_yardstick(name: str) -> None:
    assert verdict(name) == "met"


EDGES = {
    "gdpr-wp216": 5, "hipaa-expert": 12, "ema-0070": 12, "cms-11": 11, "gbt-42460-public": 20, "gbt-42460-controlled": 5,
    "gbt-42460-enclave": 3, "k-3": 3, "k-5": 5, "k-11": 11, "k-20": 20,
}  # fmt: skip
"""Least class size that meets each, from the sources: 1/12 ≤ 0.09 < 1/11."""


@pytest.mark.parametrize(("name", "least"), EDGES.items())
def test_the_smallest_class_at_its_edge(name: str, least: int) -> None:
    assert verdict(name, smallest=least) == "met"
    assert verdict(name, smallest=least - 1) == "not met"
    assert verdict(name, smallest=None) == "cannot tell"
    assert set(EDGES) | {"hipaa-safe-harbor"} == set(PRESETS)


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("gdpr-wp216", {"links": 1}, "not met"),
        ("gdpr-wp216", {"links": None}, "cannot tell"),
        ("gdpr-wp216", {"blind": ("age",)}, "cannot tell"),
        ("gdpr-wp216", {"links": 2, "blind": ("age",)}, "not met"),
        ("gdpr-wp216", {"distinct": 1}, "not met"),
        ("gdpr-wp216", {"distinct": None}, "cannot tell"),
        ("gdpr-wp216", {"distinct": None, "smallest": 1}, "not met"),
        ("gdpr-wp216", {"free_text": ("notes",)}, "not met"),
        ("gdpr-wp216", {"direct": ("email",)}, "not met"),
        ("gdpr-wp216", {"unknown": ("code",)}, "cannot tell"),
        ("gdpr-wp216", {"unknown": ("code",), "direct": ("email",)}, "not met"),
        ("hipaa-expert", {"direct": None}, "cannot tell"),
        ("hipaa-safe-harbor", {"safe_harbor": None}, "cannot tell"),
        ("hipaa-safe-harbor", {"free_text": ("notes",)}, "not met"),
        ("hipaa-safe-harbor", {"unknown": ("code",)}, "cannot tell"),
        ("hipaa-safe-harbor", {"safe_harbor": {**{r.letter: () for r in CLASSES}, "F": ("email",)}}, "not met"),
        ("gbt-42460-enclave", {"direct": ("email",)}, "not met"),
    ],
)
def test_what_breaks_a_yardstick(name: str, changes: dict[str, object], expected: str) -> None:
    assert verdict(name, **changes) == expected  # type: ignore[arg-type]


@given(st.integers(2, 40), st.integers(1, 40))
def test_limits_that_the_caller_names(k: int, smallest: int) -> None:
    assert verdict("gdpr-wp216", k=k, smallest=smallest) == ("met" if smallest >= k else "not met")
    threshold = Fraction(1, k)
    assert verdict("hipaa-expert", threshold=threshold, smallest=smallest) == ("met" if smallest >= k else "not met")


def test_a_threshold_must_be_named_where_one_is_needed() -> None:
    with pytest.raises(ValueError, match="threshold"):
        judge(PRESETS["hipaa-expert"], CLEAN, k=5)


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, 3),
        ({"smallest": 4}, 2),
        ({"direct": ("email",)}, 1),
        ({"direct": None}, None),
        ({"unknown": ("code",)}, None),
    ],
)
def test_levels_of_the_chinese_standard(changes: dict[str, object], level: int | None) -> None:
    assert judge(PRESETS["gbt-42460-controlled"], figures(**changes), k=5).level == level
    assert judge(PRESETS["k-5"], CLEAN, k=5).level is None


def texts(value: object) -> list[Text]:
    if isinstance(value, Text):
        return [value]
    if isinstance(value, tuple):
        return [text for one in value for text in texts(one)]
    return [text for name in getattr(value, "__slots__", ()) for text in texts(getattr(value, name))]


@pytest.mark.parametrize("name", PRESETS)
def test_every_row_is_whole_in_both_languages_and_promises_nothing(name: str) -> None:
    preset = PRESETS[name]
    assert preset.source
    assert preset.assumptions
    assert preset.criteria
    said = [
        *texts(preset),
        *(judge(preset, figures(smallest=n), k=5, threshold=Fraction(1, 9)).sentence for n in (1, 99, None)),
    ]
    for text in said:
        assert re.search(r"[一-鿿]|GB/T|HIPAA", text.zh), text
        assert not re.search(r"[一-鿿]", text.en), text
        assert "anonymous" not in text.en
        assert "匿名" not in text.zh


@pytest.mark.parametrize(
    ("smallest", "begin"), [(99, "meets "), (1, "does not meet "), (None, "cannot be told to meet ")]
)
def test_a_sentence_says_the_model_the_threshold_and_that_there_are_assumptions(
    smallest: int | None, begin: str
) -> None:
    sentence = judge(PRESETS["ema-0070"], figures(smallest=smallest), k=5).sentence
    assert sentence.en == f"{begin}EMA Policy 0070 (highest risk at most 0.09) under the assumptions named"
    assert "0.09" in sentence.zh


def test_names_of_families() -> None:
    assert [p.name for p in chosen(["common-k", "k-5"])] == ["k-3", "k-5", "k-11", "k-20"]
    assert len(chosen(["all"])) == len(PRESETS)
    assert chosen([]) == ()
    with pytest.raises(KeyError):
        chosen(["k-7"])
    assert not set(FAMILIES) & set(PRESETS)
    assert "no joint bound" in JOINT.en


# --- safe harbor ---------------------------------------------------------------------------------------------------------

LETTERS = {
    "user.name": "A", "user.name.first": "A", "user.contact.address.street": "B", "user.contact.address.city": "B",
    "user.location.precise": "B", "user.contact.phone_number": "D", "user.contact.fax_number": "E", "user.contact.email": "F",
    "user.government_id.national_identification_number": "G", "user.health_and_medical.record_id": "H",
    "user.health_and_medical.insurance_beneficiary_id": "I", "user.financial.bank_account": "J", "user.financial.credit_card": "J",
    "user.government_id.drivers_license_number": "K", "user.government_id.vehicle_registration": "L",
    "user.device.device_id": "M", "user.contact.url": "N", "user.device.ip_address": "O", "user.biometric.fingerprint": "P",
    "user.content.self_image": "Q", "user.unique_id": "R", "user.government_id.passport_number": "R",
    "user.account.username": "R", "user.contact.address.state": "", "user.contact.address.country": "",
    "user.demographic.gender": "", "user.job_title": "",
}  # fmt: skip
"""Category → letter of 45 CFR 164.514(b)(2)(i), empty where the rule allows it."""


def letters(held: Held) -> str:
    return "".join(letter for letter, names in broken([held]).items() if names)


@pytest.mark.parametrize(("category", "letter"), LETTERS.items())
def test_each_kind_of_identifier_has_its_letter(category: str, letter: str) -> None:
    assert letters(Held(name="column", category=category)) == letter
    assert category in DATA_CATEGORIES


@pytest.mark.parametrize("category", sorted(c for c in DATA_CATEGORIES if within(c, DIRECT_IDENTIFIERS)))
def test_no_direct_identifier_is_let_through(category: str) -> None:
    assert letters(Held(name="column", category=category))


@pytest.mark.parametrize(
    ("category", "dates", "letter"),
    [
        ("user.contact.address.postal_code", False, "B"),
        ("user.demographic.age_range", False, "C"),
        ("user.demographic.date_of_birth", True, "C"),
        (None, True, "C"),
    ],
)
def test_some_columns_break_the_rule_by_what_stands_in_them(category: str | None, dates: bool, letter: str) -> None:
    assert letters(Held(name="column", category=category, dates=dates, too_fine=True)) == letter
    assert letters(Held(name="column", category=category, dates=dates, too_fine=False)) == ""


def test_eighteen_classes_and_seventeen_small_regions() -> None:
    assert "".join(row.letter for row in CLASSES) == "ABCDEFGHIJKLMNOPQR"
    assert len(SMALL_ZIP3) == 17
    assert all(category in DATA_CATEGORIES for row in CLASSES for category in row.categories)
