"""The quick looks that spare scrubbing most of its work never hide a person or an address, and scrub the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.adapters.words import word_lists
from secureprofile.guard.detect import LEAST, find
from secureprofile.guard.entities import entities, may_hold_person
from secureprofile.guard.scrub import SCRUBBED
from secureprofile.guard.specs import SPECS

PIECES = (
    "called", "Called", "on Monday", "Mr", "dr young", "Young", "spoke with", "Zork Blarg", "Grace Hopper", "grace hopper", "dear", "Dear May",
    "lives at", "12 High Street", "5 rue de Rivoli", "via roma 12,", "Apt 5", "SW1A 1AA", "NY 10001", "zip code 12345", "PO Box 99", "at 10 30",
    "07700 900360", "the parcel", "no complaints so far.", "\n", "Regards,", "Signed, Quill", "3rd", "in Paris", "Mark will", "Mark Smith", "O'Brien",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(text=TEXTS)
def test_where_the_quick_look_sees_no_person_there_is_none(text: str) -> None:
    if not may_hold_person(text, word_lists()):
        assert [f for f in entities(text, word_lists()) if f.name == "PERSON"] == []


@pytest.mark.parametrize(
    "text",
    [
        "12 High Street", "lives at 5 rue de Rivoli", "via roma 12", "Unit 4, 12 Mill Lane", "SW1A 1AA", "NY 10001", "zip code 12345", "PO Box 99",
        "Hauptstraße 5", "12 3rd Avenue", "Baker Street", "go to 7 de la Croix", "K1A 0B1",
    ],
)  # fmt: skip
def test_addresses_pass_the_quick_look(text: str) -> None:
    assert any(f.name == "ADDRESS" for f in entities(text, word_lists()))


@settings(max_examples=200, deadline=None)
@given(text=TEXTS)
def test_recognizers_as_scrubbing_takes_them_find_what_it_replaces(text: str) -> None:
    """A date counts beside a word for birthdays only; looking for it there only gives the same."""
    kept = [f for f in find(text, specs=SPECS) if f.score >= LEAST]
    assert [f for f in find(text, specs=SCRUBBED) if f.score >= LEAST] == kept
