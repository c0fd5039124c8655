"""Presidio as registry and plug-in point: a standard ``AnalyzerEngine`` that holds our recognizers, without a model.

Users of presidio plug theirs in (``engine.registry.add_recognizer``) and take ours out. Presidio's own e-mail recognizer opens network
connections and its patterns fail beside Han characters, so only ours are registered. Context is looked for in the raw text: presidio's
default needs a language model and finds nothing without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from secureprofile.adapters.words import word_lists
from secureprofile.guard.detect import CONTEXT_BONUS, THRESHOLD, Finding
from secureprofile.guard.finder import Finder, named
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS
from secureprofile.guard.text import in_words

NAMED = {
    "PERSON": ("user.name", "NAME"),
    "LOCATION": ("user.contact.address.city", "PLACE"),
    "ORGANIZATION": ("user.contact.organization", "ORGANISATION"),
    "ADDRESS": ("user.contact.address.street", "ADDRESS"),
}
"""Entities found by grammar and word lists, with their category and label."""


def engine(languages: Sequence[str] = ("en", "zh"), *, finders: Sequence[Finder] = ()) -> Any:
    """Return a ``presidio_analyzer.AnalyzerEngine`` with every recognizer of ``guard.specs``, and names and addresses, for the given languages.

    It loads no model and opens no connection. Importing presidio takes about a second, at the first call.

    Args:
        languages: presidio's language codes; every recognizer is registered for each, since texts mix languages.
        finders: models that find more names, such as ``adapters.ner.finder``.
    Example:
        >>> results = engine(("en",)).analyze("Mail ada@example.com", language="en")
        >>> [(one.entity_type, one.start, one.end) for one in results]
        [('EMAIL_ADDRESS', 5, 20)]
    """
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    nlp = NoOpNlpEngine(models=[{"lang_code": language, "model_name": "none"} for language in languages])
    nlp.load()
    registry = RecognizerRegistry(recognizers=[], supported_languages=list(languages), global_regex_flags=0)
    for language in languages:
        for spec in SPECS:
            registry.add_recognizer(_recognizer(spec, language))
        registry.add_recognizer(
            _named_class()(
                supported_entities=list(NAMED),
                name="secureprofile names and addresses",
                supported_language=language,
                finders=finders,
            )
        )
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=nlp,
        supported_languages=list(languages),
        context_aware_enhancer=_enhancer()(),
        default_score_threshold=THRESHOLD,
    )


def plain_engine(languages: Sequence[str], recognizers: Sequence[Any]) -> Any:
    """Return an ``AnalyzerEngine`` of the given recognizers alone, without a model, with context words looked for in the raw text."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    nlp = NoOpNlpEngine(models=[{"lang_code": language, "model_name": "none"} for language in languages])
    nlp.load()
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=list(recognizers), supported_languages=list(languages)),
        nlp_engine=nlp,
        supported_languages=list(languages),
        context_aware_enhancer=_enhancer()(),
    )


def _recognizer(spec: PatternSpec, language: str) -> Any:
    """Return a presidio recognizer for one row of the table."""
    from presidio_analyzer import Pattern

    return _recognizer_class()(
        supported_entity=spec.name,
        name=f"secureprofile {spec.name} {SPECS.index(spec)}",
        supported_language=language,
        patterns=[Pattern(name=spec.name, regex=spec.pattern, score=0.001 if spec.needs_context else spec.score)],
        context=list(spec.context),
        global_regex_flags=0,
        spec=spec,
    )


@cache
def _recognizer_class() -> Any:
    from presidio_analyzer import PatternRecognizer

    class SpecRecognizer(PatternRecognizer):  # type: ignore[misc]
        """A row of the table; its check decides what presidio calls validation."""

        def __init__(self, *, spec: PatternSpec, **settings: Any) -> None:
            self.spec = spec
            super().__init__(**settings)

        def invalidate_result(self, pattern_text: str) -> bool | None:
            """Refuse what the check refuses; what it passes keeps the pattern's score."""
            return self.spec.check is not None and not self.spec.check(pattern_text)

    return SpecRecognizer


@cache
def _named_class() -> Any:
    from presidio_analyzer import EntityRecognizer, RecognizerResult

    class NamedRecognizer(EntityRecognizer):  # type: ignore[misc]
        """People, places, organisations and addresses, in English and in Chinese characters, and what a model finds."""

        def __init__(self, *, finders: Sequence[Finder] = (), **settings: Any) -> None:
            self._finders = tuple(finders)
            super().__init__(**settings)

        def load(self) -> None:
            """Load the word lists."""
            word_lists()

        def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
            """Return presidio's results for the wanted entities."""
            found = [*named(text, word_lists()), *(one for finder in self._finders for one in finder(text))]
            return [
                RecognizerResult(
                    entity_type=one.name,
                    start=one.start,
                    end=one.end,
                    score=one.score,
                    recognition_metadata={
                        RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                        RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                    },
                )
                for one in found
                if one.name in entities
            ]

    return NamedRecognizer


@cache
def _enhancer() -> Any:
    from presidio_analyzer import ContextAwareEnhancer

    class RawTextEnhancer(ContextAwareEnhancer):  # type: ignore[misc]
        """Raises scores where a context word stands before the match in the raw text, or among the given words."""

        def __init__(self) -> None:
            super().__init__(
                context_similarity_factor=CONTEXT_BONUS,
                min_score_with_context_similarity=0.0,
                context_prefix_count=0,
                context_suffix_count=0,
            )

        def enhance_using_context(
            self, text: str, raw_results: list[Any], nlp_artifacts: Any, recognizers: list[Any], context: Any = None
        ) -> list[Any]:
            """Return the results with their scores as ``guard.detect`` would give them."""
            words = {
                recognizer.id: (recognizer.context or [], getattr(recognizer, "spec", None))
                for recognizer in recognizers
            }
            around = " ".join(context or []).casefold()
            for result in raw_results:
                near, spec = words.get((result.recognition_metadata or {}).get("recognizer_identifier"), ([], None))
                if in_words(tuple(near), text, result.start, result.end, around):
                    result.score = min(1.0, (spec.score if spec else result.score) + CONTEXT_BONUS)
            return raw_results

    return RawTextEnhancer


def analyze_texts(
    texts: Sequence[str], analyzer: Any, *, language: str = "en", context: Sequence[str] = ()
) -> list[list[Finding]]:
    """Return what an analyzer finds in each text, foreign recognizers included."""
    categories = NAMED | {spec.name: (spec.category, spec.label) for spec in SPECS}
    found = []
    for text in texts:
        results = analyzer.analyze(text, language=language, context=list(context))
        found.append(
            [
                Finding(
                    start=r.start,
                    end=r.end,
                    name=r.entity_type,
                    category=categories.get(r.entity_type, ("user", ""))[0],
                    label=categories.get(r.entity_type, ("", r.entity_type))[1],
                    score=r.score,
                )
                for r in sorted(results, key=lambda r: r.start)
            ]
        )
    return found
