"""Presidio holds the same recognizers, finds the same, takes others' in, and needs neither a model nor a network."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import secureprofile
from secureprofile.adapters.presidio import analyze_texts
from secureprofile.guard.detect import find, normalise
from secureprofile.guard.specs import SPECS


@pytest.fixture(scope="module")
def analyzer() -> Any:
    return secureprofile.presidio_engine(("en", "zh"))


def spans(found: Any) -> set[tuple[str, int, int, float]]:
    return {(f.name, f.start, f.end, round(f.score, 3)) for f in found}


TEXTS = st.lists(
    st.sampled_from([e for spec in SPECS for e in (*spec.examples, *spec.counter_examples)] + [" and ", "电话", "，", "born "]),
    min_size=1, max_size=4,
).map(" ".join)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(TEXTS, st.sampled_from(["en", "zh"]))
def test_presidios_loop_finds_what_ours_finds(analyzer: Any, text: str, language: str) -> None:
    """Presidio keeps overlapping results of different kinds; ours keeps the best: so ours are among presidio's."""
    bare = normalise(text)[0]
    (theirs,) = analyze_texts([bare], analyzer, language=language)
    assert spans(find(bare)) <= spans(theirs)
    for one in theirs:
        assert any(f.start < one.end and one.start < f.end for f in find(bare)), one


def test_a_foreign_recognizer_is_found_beside_ours(analyzer: Any) -> None:
    from presidio_analyzer import Pattern, PatternRecognizer

    fresh = secureprofile.presidio_engine()
    badge = PatternRecognizer(supported_entity="BADGE", patterns=[Pattern("badge", r"B-[0-9]{4}", 0.9)])
    fresh.registry.add_recognizer(badge)
    (found,) = analyze_texts(["B-1234 of ada@example.com"], fresh)
    assert {f.name for f in found} == {"BADGE", "EMAIL_ADDRESS"}


def test_one_of_ours_can_be_taken_out() -> None:
    fresh = secureprofile.presidio_engine(("en",))
    name = next(r.name for r in fresh.registry.recognizers if "EMAIL" in r.name)
    fresh.registry.remove_recognizer(name)
    assert analyze_texts(["ada@example.com"], fresh) == [[]]
