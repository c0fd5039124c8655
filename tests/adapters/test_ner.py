"""A user's model: spaCy's answers and those of transformers become findings; what a model raises redacts the cell."""

from __future__ import annotations

from typing import Any

import pytest

import secureprofile
from secureprofile.adapters.ner import finder
from secureprofile.errors import InputError
from secureprofile.guard.entities import WordLists
from secureprofile.guard.finder import find_everything
from secureprofile.guard.scrub import REDACTED, Scrubber

TEXT = "Yesterday Quorra Vexley of Nimbus visited Tallinn."


@pytest.fixture(scope="module")
def spacy_model() -> Any:
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([
        {"label": "PERSON", "pattern": "Quorra Vexley"}, {"label": "ORG", "pattern": "Nimbus"}, {"label": "GPE", "pattern": "Tallinn"}, {"label": "DATE", "pattern": "Yesterday"},
    ])  # fmt: skip
    return nlp


def grouped(text: str) -> list[dict[str, Any]]:
    """A transformers pipeline with an aggregation strategy."""
    start = text.find("Quorra Vexley")
    return (
        []
        if start < 0
        else [{"entity_group": "PER", "score": 0.97, "word": "Quorra Vexley", "start": start, "end": start + 13}]
    )


def by_token(text: str) -> list[dict[str, Any]]:
    """The same without one: a mapping per token, numbers that are not Python's own."""
    pieces = (
        ("B-PER", "Quorra", 0.99),
        ("I-PER", "Vex", 0.8),
        ("I-PER", "ley", 0.95),
        ("B-ORG", "Nimbus", 0.9),
        ("O", "visited", 0.99),
    )
    return [
        {"entity": label, "score": score, "start": text.index(word), "end": text.index(word) + len(word)}
        for label, word, score in pieces
    ]


def found(model: Any, text: str = TEXT) -> list[tuple[str, str]]:
    return [(one.name, text[one.start : one.end]) for one in finder(model)(text)]


def test_spacy(spacy_model: Any) -> None:
    assert found(spacy_model) == [("PERSON", "Quorra Vexley"), ("ORGANIZATION", "Nimbus"), ("LOCATION", "Tallinn")]


def test_transformers_grouped_and_by_token() -> None:
    assert found(grouped) == [("PERSON", "Quorra Vexley")]
    assert found(by_token) == [("PERSON", "Quorra Vexley"), ("ORGANIZATION", "Nimbus")]
    assert finder(by_token)(TEXT)[0].score == 0.8


def test_other_labels_and_places_outside_the_text_are_passed_over() -> None:
    assert (
        found(
            lambda text: [
                {"entity_group": "MISC", "start": 0, "end": 3, "score": 1.0},
                {"entity_group": "PER", "start": 0, "end": 999, "score": 1.0},
            ]
        )
        == []
    )
    assert finder(grouped)("") == []


def test_the_scrubber_takes_a_model(spacy_model: Any) -> None:
    assert "Quorra" in Scrubber().scrub(TEXT)
    assert Scrubber(finders=[finder(spacy_model)]).scrub(TEXT) == "Yesterday [NAME] of [ORGANISATION] visited [PLACE]."


def test_a_model_that_fails_redacts_the_cell() -> None:
    def broken(text: str) -> list[dict[str, Any]]:
        raise RuntimeError("out of memory")

    scrubber = Scrubber(finders=[finder(broken)])
    assert scrubber.scrub(TEXT) == REDACTED
    assert scrubber.failed == 1
    assert Scrubber(finders=[finder(lambda text: [{"entity_group": "PER"}])]).scrub(TEXT) == REDACTED


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(InputError, match="callable"):
        finder("en_core_web_sm")


def test_recognizers_go_before_a_model() -> None:
    text = "ada@example.com"
    (one,) = find_everything(
        text,
        words=WordLists(),
        finders=[finder(lambda t: [{"entity_group": "PER", "start": 0, "end": 15, "score": 0.99}])],
    )
    assert one.name == "EMAIL_ADDRESS"


def test_presidios_engine_takes_a_model() -> None:
    engine = secureprofile.presidio_engine(("en",), finders=[finder(grouped)])
    results = engine.analyze(TEXT, language="en", entities=["PERSON"])
    assert [(TEXT[r.start : r.end], r.score) for r in results] == [("Quorra Vexley", 0.97)]
