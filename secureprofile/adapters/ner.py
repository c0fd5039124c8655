"""A named-entity model of the user's, as one more finder: a spaCy pipeline or a transformers token-classification pipeline.

Nothing is downloaded here and neither library is imported: the user loads the model and hands it in. The extra ``[ner]`` installs spaCy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from secureprofile.errors import InputError
from secureprofile.guard.detect import Finding
from secureprofile.guard.finder import Finder

_PERSON: Final = ("PERSON", "user.name", "NAME")
_LOCATION: Final = ("LOCATION", "user.contact.address.city", "PLACE")
_ORGANIZATION: Final = ("ORGANIZATION", "user.contact.organization", "ORGANISATION")
LABELS: Final[Mapping[str, tuple[str, str, str]]] = {
    "PERSON": _PERSON, "PER": _PERSON, "PS": _PERSON, "LOCATION": _LOCATION, "LOC": _LOCATION, "GPE": _LOCATION, "FAC": _LOCATION,
    "ADDRESS": _LOCATION, "ORGANIZATION": _ORGANIZATION, "ORGANISATION": _ORGANIZATION, "ORG": _ORGANIZATION,
}  # fmt: skip
"""A model's label → entity name, data category, label in scrubbed text. Other labels are passed over."""
SCORE = 0.85
"""What a span of a model without scores counts."""


def finder(model: Any, *, labels: Mapping[str, tuple[str, str, str]] = LABELS) -> Finder:
    """Return a finder for a loaded model: a spaCy ``Language`` or a transformers ``TokenClassificationPipeline``.

    Args:
        model: called with a text; its answer has ``ents`` (spaCy) or is a list of mappings with ``start``, ``end``, ``score`` and
            ``entity_group`` or ``entity``.
        labels: the model's labels that count, in capitals and without ``B-`` or ``I-``.
    Raises:
        InputError: ``model`` cannot be called. What it raises while it reads a text is passed on: the scrubber redacts the cell.
    Example:
        >>> pipeline = lambda text: [{"entity_group": "PER", "start": 0, "end": 3, "score": 0.99}]
        >>> finder(pipeline)("Ada wrote")[0].name
        'PERSON'
    """
    if not callable(model):
        raise InputError(
            "a model for named entities must be callable", hint="give a loaded spaCy or transformers pipeline"
        )

    def found(text: str) -> list[Finding]:
        answer = model(text) if text else ()
        spans = _of_spacy(answer) if hasattr(answer, "ents") else _of_transformers(answer, text)
        return [
            Finding(
                start=start,
                end=end,
                name=labels[label][0],
                category=labels[label][1],
                label=labels[label][2],
                score=score,
            )
            for start, end, label, score in spans
            if label in labels and 0 <= start < end <= len(text)
        ]

    return found


Span = tuple[int, int, str, float]


def _of_spacy(document: Any) -> Iterable[Span]:
    return [(int(one.start_char), int(one.end_char), str(one.label_).upper(), SCORE) for one in document.ents]


def _of_transformers(answer: Any, text: str) -> list[Span]:
    """Return the spans of a pipeline's answer; tokens (``B-PER``, ``I-PER``) that follow each other become one, with the lower score."""
    spans: list[Span] = []
    for one in answer:
        raw = str(one.get("entity_group") or one["entity"]).upper()
        label, begins = re.sub(r"^[BILUES]-", "", raw), not raw.startswith(("I-", "L-", "E-"))
        start, end, score = int(one["start"]), int(one["end"]), float(one["score"])
        last = spans[-1] if spans else None
        if last and not begins and last[2] == label and not text[last[1] : start].strip(" -'’"):
            spans[-1] = (last[0], end, label, min(last[3], score))
        else:
            spans.append((start, end, label, score))
    return spans
