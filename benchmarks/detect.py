"""Detection in free text, scored against presidio without a model on labelled English texts.

A found span is right when its type is the labelled one and the two overlap in at least 0.9 of their characters together (IoU). F2 weighs recall
four times as much as precision. The texts are a development set: rules were read off its kinds of error, no list was taken from it.
Texts of other templates (``en_texts``) judge
whether the rules hold elsewhere. Run it alone: ``python -m benchmarks.detect``; it writes ``benchmarks/results/detect.json``.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import en_texts as held_out

RESULTS = Path(__file__).parent / "results" / "detect.json"
COMMAND = "python -m benchmarks.detect"
STRUCTURED = (
    "CREDIT_CARD", "PHONE_NUMBER", "DATE_TIME", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "DOMAIN_NAME", "US_SSN", "US_DRIVER_LICENSE",
)  # fmt: skip
SAME = {"URL": "DOMAIN_NAME"}
Span = tuple[str, int, int]
Detector = Callable[[str], Iterable[Span]]


def texts(data: Path) -> list[tuple[str, list[Span]]]:
    """Return (text, labelled spans) of the development set."""
    with gzip.open(data / "pii_text_en.json.gz", "rt", encoding="utf-8") as file:
        raw = json.load(file)
    return [
        (t["full_text"], [(s["entity_type"], s["start_position"], s["end_position"]) for s in t["spans"]]) for t in raw
    ]


def iou(a: Span, b: Span) -> float:
    """Return how much two spans overlap: characters in both over characters in either."""
    both = min(a[2], b[2]) - max(a[1], b[1])
    return max(0, both) / (max(a[2], b[2]) - min(a[1], b[1])) if both > 0 else 0.0


def f2(tp: int, fp: int, fn: int) -> float:
    """Return F-beta with beta = 2."""
    return 5 * tp / (5 * tp + 4 * fn + fp) if tp else 0.0


def score(
    corpus: list[tuple[str, list[Span]]], detector: Detector, types: Iterable[str]
) -> dict[str, tuple[int, int, int]]:
    """Return per type (true positives, false positives, false negatives)."""
    wanted = set(types)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for text, labelled in corpus:
        gold = [span for span in labelled if span[0] in wanted]
        found = [span for span in detector(text) if span[0] in wanted]
        for span in found:
            hit = next((g for g in gold if g[0] == span[0] and iou(g, span) >= 0.9), None)
            if hit is not None:
                gold.remove(hit)
            counts[span[0]][0 if hit is not None else 1] += 1
        for span in gold:
            counts[span[0]][2] += 1
    return {name: (tp, fp, fn) for name, (tp, fp, fn) in counts.items()}


SKIP = " \n\t,.;:-?>*/\\"
"""What may stand between two labelled pieces of one thing, such as the lines of an address."""


def agnostic(corpus: list[tuple[str, list[Span]]], detector: Detector) -> float:
    """Return F2 over all types with the type left out: is personal data seen at all, with its borders?"""
    return micro(score([(t, merged(t, s)) for t, s in corpus], lambda t: merged(t, detector(t)), ["PII"]))


def merged(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return spans without their type; what overlaps, or is parted by blanks and punctuation only, is one."""
    result: list[list[int]] = []
    for _, start, end in sorted(spans, key=lambda span: span[1:]):
        if result and not text[result[-1][1] : start].strip(SKIP):
            result[-1][1] = max(result[-1][1], end)
        else:
            result.append([start, end])
    return [("PII", start, end) for start, end in result]


def micro(counts: Mapping[str, tuple[int, int, int]]) -> float:
    """Return F2 over the sums."""
    return f2(*(sum(column) for column in zip(*counts.values(), strict=True)))


def ours() -> Detector:
    """Return this project's detector for free text."""
    from secureprofile.adapters.words import word_lists
    from secureprofile.guard.detect import find
    from secureprofile.guard.entities import entities

    words = word_lists()

    def detect(text: str) -> list[Span]:
        return [(SAME.get(f.name, f.name), f.start, f.end) for f in (*find(text), *entities(text, words))]

    return detect


def presidio() -> Detector:
    """Return presidio's own recognizers for English, without a model, at threshold 0.4."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NoOpNlpEngine
    from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider

    tldextract.extract = tldextract.TLDExtract(
        suffix_list_urls=(), cache_dir=None
    )  # else its e-mail recognizer goes to the network
    nlp = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
    nlp.load()
    configuration = {"supported_languages": ["en"]}
    registry = RecognizerRegistryProvider(
        registry_configuration=configuration, nlp_engine=nlp
    ).create_recognizer_registry()
    engine = AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])

    def detect(text: str) -> list[Span]:
        results: list[Any] = engine.analyze(text, language="en", score_threshold=0.4)
        return [(SAME.get(r.entity_type, r.entity_type), r.start, r.end) for r in results]

    return detect


def compare(corpus: list[tuple[str, list[Span]]]) -> dict[str, Any]:
    """Return the scores of both on the same texts, in one process."""
    result: dict[str, Any] = {"texts": len(corpus), "types": {}}
    for name, detector in (("ours", ours()), ("presidio", presidio())):
        begun = time.process_time()
        counts = score(corpus, detector, STRUCTURED)
        seconds = time.process_time() - begun
        result[name] = {
            "structured": round(micro(counts), 3), "all": round(agnostic(corpus, detector), 3),
            "texts_per_second": round(len(corpus) / seconds),
        }  # fmt: skip
        for kind in STRUCTURED:
            tp, fp, fn = counts.get(kind, (0, 0, 0))
            result["types"].setdefault(kind, {})[name] = {"f2": round(f2(tp, fp, fn), 3), "tp": tp, "fp": fp, "fn": fn}
    return result


def figures(data: Path) -> list[dict[str, Any]]:
    """Return the figures on the development set and on texts of other templates, each with its goal and whether it is reached."""
    made: list[dict[str, Any]] = []
    for corpus, where in ((texts(data), "development set"), (held_out.texts(), "texts of other templates")):
        both = compare(corpus)
        mine, theirs = both["ours"], both["presidio"]
        worse = [kind for kind, pair in both["types"].items() if pair["ours"]["f2"] < pair["presidio"]["f2"]]
        speed = mine["texts_per_second"] / theirs["texts_per_second"]
        for what, value, unit, goal, reached in (
            ("9 structured types, micro F2", mine["structured"], "F2", "≥ 0.93", mine["structured"] >= 0.93),
            ("9 structured types, presidio without a model", theirs["structured"], "F2", "", True),
            ("structured types worse than presidio's", len(worse), "types", "0", not worse),
            ("all types, type-agnostic F2", mine["all"], "F2", "≥ 0.65", mine["all"] >= 0.65),
            ("all types, presidio without a model", theirs["all"], "F2", "", True),
            ("recognizers and names, speed against presidio's recognizers", round(speed, 1), "×", "", True),
            ("texts scored", both["texts"], "texts", "", True),
        ):  # fmt: skip
            made.append(
                {
                    "what": f"English, {where}: {what}",
                    "value": value,
                    "unit": unit,
                    "goal": goal,
                    "reached": reached,
                    "command": COMMAND,
                }
            )
    return made


def main() -> None:
    """Measure, show, and write ``benchmarks/results/detect.json``."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SECUREPROFILE_DATA", "../shared/data"))
    measured = figures(data)
    print(
        "\n".join(
            f"{f['value']:>8} {f['unit']:<6} {f['goal']:<7} {'yes' if f['reached'] else 'NO ':<4} {f['what']}"
            for f in measured
        )
    )
    RESULTS.write_text(json.dumps({"figures": measured}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
