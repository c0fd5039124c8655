"""Presidio holds the same recognizers, finds the same, takes others' in, and needs neither a model nor a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import secureprofile
from secureprofile.adapters.presidio import NAMED, analyze_texts
from secureprofile.adapters.words import word_lists
from secureprofile.guard.detect import find
from secureprofile.guard.finder import named
from secureprofile.guard.specs import SPECS
from secureprofile.guard.text import normalise


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
    theirs = [one for one in theirs if one.name not in NAMED]
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


NAMED_TEXTS = {
    "zh": "李女士住在杭州市西湖区文三路5号，电话13812345678",
    "en": "My name is Zelda Okonkwo and I live at 12 Mill Road, Leeds.",
}


@pytest.mark.parametrize("language", NAMED_TEXTS)
def test_names_and_addresses_are_standard_results(analyzer: Any, language: str) -> None:
    text = NAMED_TEXTS[language]
    results = analyzer.analyze(text, language=language)
    assert {type(result).__name__ for result in results} == {"RecognizerResult"}
    theirs = {(r.entity_type, r.start, r.end) for r in results}
    ours = {(f.name, f.start, f.end) for f in named(text, word_lists())}
    assert {"PERSON", "ADDRESS"} <= {name for name, _, _ in ours}
    assert ours <= theirs


def test_supported_entities_are_all_there_in_both_languages(analyzer: Any) -> None:
    for language in ("en", "zh"):
        assert {spec.name for spec in SPECS} | set(NAMED) == set(analyzer.get_supported_entities(language))


def test_wanted_entities_and_thresholds_are_respected(analyzer: Any) -> None:
    text = NAMED_TEXTS["zh"]
    assert {r.entity_type for r in analyzer.analyze(text, language="zh", entities=["CN_MOBILE"])} == {"CN_MOBILE"}
    assert not analyzer.analyze(text, language="zh", entities=["PERSON"], score_threshold=0.9)


def test_scores_of_presidios_evaluation_can_be_computed(analyzer: Any) -> None:
    """What presidio's evaluators do: spans by type against labelled ones, from `analyze` alone."""
    text = "卡号6222021234567890128，邮箱ada@example.com"
    labelled = {("CREDIT_CARD", 2, 21), ("EMAIL_ADDRESS", 24, 39)}
    assert {
        (r.entity_type, r.start, r.end) for r in analyzer.analyze(text, language="zh", score_threshold=0.6)
    } == labelled


def test_names_can_be_taken_out() -> None:
    fresh = secureprofile.presidio_engine(("en",))
    fresh.registry.remove_recognizer("secureprofile names and addresses")
    assert not {r.entity_type for r in fresh.analyze(NAMED_TEXTS["en"], language="en")} & set(NAMED)


def test_importing_the_package_loads_no_presidio() -> None:
    import subprocess
    import sys

    code = "import sys, secureprofile; assert 'presidio_analyzer' not in sys.modules; assert 'presidio_engine' in dir(secureprofile)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_guide_runs_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("spacy")
    page = (Path(__file__).parents[2] / "docs" / "guides" / "presidio.md").read_text("utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    scope: dict[str, Any] = {}
    for language, block in blocks:
        if language == "python":
            exec(block, scope)
    printed = next(block for language, block in blocks if language == "text")
    assert capsys.readouterr().out == printed + "PERSON\nSTAFF_ID\n"
