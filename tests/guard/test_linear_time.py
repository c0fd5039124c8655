"""No pattern takes more than linear time in practice: every recognizer on texts made to mislead it, with a bound on seconds per megabyte."""

from __future__ import annotations

import re
import time

import pytest

from secureprofile.guard import addresses, addresses_han, entities, headers, names_han
from secureprofile.guard.addresses import chinese_addresses
from secureprofile.guard.detect import find
from secureprofile.guard.entities import WordLists
from secureprofile.guard.finder import find_everything
from secureprofile.guard.names_han import han_names
from secureprofile.guard.shapes import kinds_of_shape
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS

SECONDS_PER_MB = 150
"""Far above what is measured (.02 to 30 on a busy machine), far below what a pattern takes that backtracks without bound."""
SIZE = 12_000


def seconds_per_mb(work: object, text: str) -> float:
    begun = time.process_time()
    work(text)  # type: ignore[operator]
    return (time.process_time() - begun) / len(text) * 1_000_000


def repeats(unit: str, size: int = SIZE) -> str:
    return (unit * (size // max(1, len(unit)) + 1))[:size]


def attacks(spec: PatternSpec) -> list[str]:
    """Repeats of the examples, of their beginnings, of their commonest sign, and of half an example followed by what cannot match."""
    texts = []
    for example in (*spec.examples[:2], *spec.counter_examples[:1]):
        texts += [
            repeats(example),
            repeats(example[: len(example) // 2]),
            repeats(example[:-1] + "!"),
            repeats(max(example, key=example.count)),
        ]
    return texts


@pytest.mark.parametrize("spec", [pytest.param(spec, id=f"{n}-{spec.name}") for n, spec in enumerate(SPECS)])
def test_recognizers(spec: PatternSpec) -> None:
    pattern = re.compile(spec.pattern)
    for text in attacks(spec):
        assert seconds_per_mb(lambda t: sum(1 for _ in pattern.finditer(t)), text) < SECONDS_PER_MB


PATTERNS = [
    pytest.param(pattern, id=f"{module.__name__.rsplit('.', 1)[-1]}.{name}")
    for module in (addresses, addresses_han, entities, headers, names_han)
    for name, pattern in vars(module).items()
    if isinstance(pattern, re.Pattern)
    and name not in ("_LEAD", "_DOTTED_LEAD", "_GAP")  # matched against a few dozen signs only
]
UNITS = ("A", "Aa ", "1 ", "12 Aa ", "区", "路1", "市区路号", "·阿", "Mr ", "a.", "1-", "A, ", "\n12 Aa", "(1", " x1", "东路", "12号", "王", "客户", "Aa, Aa and ", "3-3-", "様", "都区1")  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_of_grammars(pattern: re.Pattern[str]) -> None:
    for unit in UNITS:
        text = repeats(unit, 4_000)
        assert seconds_per_mb(lambda t: sum(1 for _ in pattern.finditer(t)), text) < SECONDS_PER_MB, unit
        assert seconds_per_mb(pattern.fullmatch, text + "!") < SECONDS_PER_MB, unit


@pytest.mark.parametrize(
    "unit",
    [
        "a b c. ",
        "Ann Lee, ",
        "浙江省杭州市西湖区文三路5号，",
        "13812345678 ",
        "客户王芳说",
        "12 Mill Road, Leeds, LS1 4AB\n",
        "x@y.example ",
    ],
)
def test_long_texts_full_of_findings(unit: str) -> None:
    """Eight times the text takes about eight times as long: nothing looks at all findings for each."""
    words = WordLists(given=frozenset({"ann"}), surnames=frozenset({"lee"}), places=frozenset({"leeds"}))

    def seconds(size: int) -> float:
        text = repeats(unit, size)
        begun = time.process_time()
        list(chinese_addresses(text))
        list(han_names(text))
        entities.entities(text, words)
        return time.process_time() - begun

    seconds(1000)
    small, large = seconds(15_000), seconds(120_000)
    assert large < 8 * 4 * small + 0.5


@pytest.mark.parametrize("unit", UNITS)
def test_shapes_of_cells_look_at_a_bounded_part(unit: str) -> None:
    kinds_of_shape("Ann")  # loads the word lists
    begun = time.process_time()
    for length in (30, 60, 200, 300, 100_000):
        kinds_of_shape(repeats(unit, length))
    assert time.process_time() - begun < 2


def test_everything_together_on_a_mixed_text() -> None:
    text = repeats("李女士 Ann Lee 13812345678 浙江省杭州市西湖区文三路5号 x@y.example 2026-01-01 ", 30_000)
    assert seconds_per_mb(lambda t: find_everything(t, words=WordLists()), text) < SECONDS_PER_MB * 4
    assert find(text)
