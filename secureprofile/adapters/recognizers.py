"""Recognizers of the user's, made for presidio: read from a file or handed in, and run beside ours.

A recognizer handed in from Python does what its author made it do.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any, Final

from secureprofile.adapters.presidio import NAMED, plain_engine
from secureprofile.adapters.recognizer_files import load_recognizers
from secureprofile.errors import InputError
from secureprofile.guard.detect import Finding
from secureprofile.guard.finder import Finder
from secureprofile.guard.specs import SPECS

_KNOWN: Final[Mapping[str, str]] = {
    "NRP": "user.demographic", "MEDICAL_LICENSE": "user.government_id", "US_MBI": "user.health_and_medical",
    "ORG": "user.contact.organization", "GPE": "user.contact.address.city", "LOC": "user.contact.address.city",
    "AGE": "user.demographic.age_range", "AU_MEDICARE": "user.health_and_medical", "DE_PLZ": "user.contact.address.postal_code",
    "DE_HEALTH_INSURANCE": "user.health_and_medical", "UK_POSTCODE": "user.contact.address.postal_code",
    "CA_POSTAL_CODE": "user.contact.address.postal_code", "DE_KFZ": "user.government_id.vehicle_registration",
    "US_HEALTH_INSURANCE_MEMBER_ID": "user.health_and_medical", "ABA_ROUTING_NUMBER": "user.financial.bank_account",
    "ZA_MOBILE_NUMBER": "user.contact.phone_number", "ZA_TELEPHONE_NUMBER": "user.contact.phone_number",
}  # fmt: skip
_BY_END: Final[Sequence[tuple[tuple[str, ...], str]]] = (
    (("_PASSPORT",), "user.government_id.passport_number"),
    (("_DRIVER_LICENSE", "_DRIVING_LICENCE", "_FUEHRERSCHEIN"), "user.government_id.drivers_license_number"),
    (("_VEHICLE_REGISTRATION", "_LICENSE_PLATE"), "user.government_id.vehicle_registration"),
    (("_NIE", "_NIF", "_TFN", "_SIN", "_TIN", "_NIN", "_UMID", "_VOTER", "_TNIN", "_FRN", "_ID_NUMBER", "_NATIONAL_ID", "_NRIC_FIN",
      "_IDENTITY_CARD", "_PERSONAL_IDENTITY_CODE", "_SOCIAL_SECURITY", "_TAX_NUMBER"), "user.government_id"),
)  # fmt: skip
"""Entities of presidio's own recognizers that ours do not name, by the end of their names."""


def category_of(entity: str) -> str:
    """Return the data category of an entity: by our own names, by presidio's, else ``user.unique_id``.

    Example:
        >>> category_of("EMAIL_ADDRESS"), category_of("PH_PASSPORT"), category_of("STAFF_ID")
        ('user.contact.email', 'user.government_id.passport_number', 'user.unique_id')
    """
    for spec in SPECS:
        if spec.name == entity:
            return spec.category
    if entity in NAMED:
        return NAMED[entity][0]
    return _KNOWN.get(entity) or next((kind for ends, kind in _BY_END if entity.endswith(ends)), "user.unique_id")


class RecognizerFinder:
    """Finds what presidio's recognizers find, as one more ``guard.finder.Finder``. What they raise is passed on.

    Attributes:
        entities: what they may find.
        count: how many there are.
        seconds: how long they have taken, until now.
    """

    def __init__(self, engine: Any, languages: Sequence[str], *, count: int) -> None:
        self._engine, self._languages, self.count, self.seconds = engine, tuple(languages), count, 0.0
        self.entities: tuple[str, ...] = tuple(
            sorted({str(name) for one in engine.registry.recognizers for name in one.supported_entities})
        )

    def __call__(self, text: str, context: Sequence[str] = ()) -> list[Finding]:
        """Return what they find in a text, in every language that they know; ``context`` are words around it, such as a column's name."""
        began = time.perf_counter()
        try:
            found = {
                (one.start, one.end, one.entity_type, one.score)
                for language in self._languages
                for one in self._engine.analyze(text, language=language, context=list(context))
            }
        finally:
            self.seconds += time.perf_counter() - began
        wrong = [place for place in found if not 0 <= place[0] < place[1] <= len(text)]
        if wrong:
            raise ValueError("a recognizer gave places outside the text")
        return [
            Finding(start=start, end=end, name=name, category=category_of(name), label=name, score=score)
            for start, end, name, score in sorted(found)
        ]

    def with_context(self, context: Sequence[str]) -> Finder:
        """Return this finder for texts around which these words stand."""
        return lambda text: self(text, context)


def finder_of(recognizers: Any) -> RecognizerFinder:
    """Return a finder for presidio recognizers: one ``EntityRecognizer``, several, or an ``AnalyzerEngine`` with its registry and NLP engine.

    Recognizers by themselves run without a language model, their context words are looked for in the raw text (and in the column's name).
    A pattern that takes longer than presidio allows is an error here, which presidio itself only logs.

    Raises:
        InputError: it is nothing of the kind.
    Example:
        >>> from presidio_analyzer import Pattern, PatternRecognizer
        >>> staff = PatternRecognizer("STAFF_ID", patterns=[Pattern("p", "E-[0-9]{5}", 0.8)])
        >>> [(one.name, one.start, one.end) for one in finder_of(staff)("ask E-10234")]
        [('STAFF_ID', 4, 11)]
    """
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer

    if isinstance(recognizers, AnalyzerEngine):
        engine = copy(recognizers)
        engine.registry = copy(recognizers.registry)
    else:
        given = [recognizers] if isinstance(recognizers, EntityRecognizer) else recognizers
        if not isinstance(given, list | tuple) or not given or not all(isinstance(r, EntityRecognizer) for r in given):
            raise InputError(
                "recognizers must be presidio's",
                hint="give a presidio_analyzer EntityRecognizer, several of them, or an AnalyzerEngine",
            )
        engine = plain_engine(sorted({one.supported_language for one in given}), given)
    engine.registry.recognizers = [_strict(one) for one in engine.registry.recognizers]
    spoken = {one.supported_language for one in engine.registry.recognizers}
    languages = [language for language in engine.supported_languages if language in spoken]
    if not languages:
        raise InputError(
            "this engine has no recognizers", hint="add some to its registry: engine.registry.add_recognizer"
        )
    return RecognizerFinder(engine, languages, count=len(engine.registry.recognizers))


class PatternTooSlow(Exception):
    """A recognizer's pattern took longer than presidio allows."""


class _Impatient:
    """A compiled pattern whose running out of time is an error: presidio would skip the pattern, and what it finds would pass."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def finditer(self, text: str, **settings: Any) -> Iterator[Any]:
        """Yield the matches."""
        try:
            yield from self._compiled.finditer(text, **settings)
        except TimeoutError:
            raise PatternTooSlow("a recognizer's pattern took too long") from None


def _strict(recognizer: Any) -> Any:
    """Return a recognizer whose patterns do not end silently; the one that was given stays as it is."""
    import regex  # type: ignore[import-untyped]
    from presidio_analyzer import PatternRecognizer

    if not isinstance(recognizer, PatternRecognizer):
        return recognizer
    made = copy(recognizer)
    made.patterns = [copy(pattern) for pattern in recognizer.patterns]
    for pattern in made.patterns:
        pattern.compiled_with_flags = made.global_regex_flags
        pattern.compiled_regex = _Impatient(regex.compile(pattern.regex, flags=made.global_regex_flags))
    return made


def finder_from(recognizers: Any) -> RecognizerFinder:
    """Return a finder from whatever a caller has: a file's path, recognizers, an engine."""
    return finder_of(load_recognizers(recognizers) if isinstance(recognizers, str | Path) else recognizers)
