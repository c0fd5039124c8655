"""The mask loses nothing: what ``find`` and presidio's own loop find over all recognizers, they find over the flagged ones."""

from __future__ import annotations

import re
import unicodedata
import warnings
from pathlib import Path

import pyarrow as pa
import pytest
import re2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.guard.detect import find, search
from secureprofile.guard.prefilter import BITS, Prefilter, _any_digit, prefilter
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS
from secureprofile.guard.text import FOLDED, normalise

WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
FILLERS = (
    "",
    " ",
    "。",
    "，请联系 ",
    "call me: ",
    "Straße ",
    "ﬁn ",
    "客户号",
    "a",
    "7",
    "\n",
    "passport ",
    "PAſſPORT",
    "İ",
    "微信：",
    "\x00",
    "()",
)
KINDS = sorted({spec.name for spec in SPECS})
"""Names and addresses are found by grammar, which masks do not tell."""
HEADERS = ("", "col", "mobile phone", "护照号", "IMEI", "备注")


def masks(texts: list[str], header: str = "") -> list[int]:
    return [Prefilter(SPECS, (header,)).bits(text) for text in texts]


def disguised(text: str, how: int) -> str:
    """Full-width, with a zero-width character inside, in capitals, or as it is."""
    middle = len(text) // 2
    return (text, text.translate(WIDE), text[:middle] + "\u200b" + text[middle:], text.upper())[how]


planted = st.lists(
    st.one_of(
        st.sampled_from(FILLERS),
        st.builds(disguised, st.sampled_from([e for spec in SPECS for e in spec.examples]), st.integers(0, 3)),
        st.sampled_from(SPECS).flatmap(lambda spec: st.from_regex(spec.core, fullmatch=True)),
        st.sampled_from([word for spec in SPECS for word in spec.context]),
        st.text(max_size=12),
    ),
    max_size=6,
).map("".join)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=planted, header=st.sampled_from(HEADERS))
def test_nothing_is_lost(text: str, header: str) -> None:
    told = prefilter(SPECS, (header,))
    bits, [could] = told.bits(text), told.could([text.encode("utf-8", "replace")])
    expected = search(text, specs=SPECS, context=(header,))
    assert search(text, specs=told.flagged(bits), context=(header,)) == expected
    assert search(text, specs=told.flagged(could), context=(header,)) == expected
    assert find(text, context=(header,)) == expected
    assert bits & ~could == 0


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_pattern_of_a_shape_takes_the_shape_of_whatever_the_pattern_takes(
    spec: PatternSpec, data: st.DataObject
) -> None:
    text = data.draw(st.from_regex(spec.core, fullmatch=True))
    assert re2.search(_any_digit(spec.superset), re.sub("[1-9]", "0", text))


def test_the_engine_tells_the_same(tmp_path: Path) -> None:
    texts = [example for spec in SPECS for example in spec.examples] + ["", None, "Jane Doe"]
    with DuckEngine(temp=tmp_path) as engine:
        table = engine.table(pa.table({"at": range(len(texts)), "text": pa.array(texts, pa.string())}))
        rows = engine.to_arrow(table.select("at", bits=engine.functions.could(table.text))).to_pylist()
    ours = [row["bits"] for row in sorted(rows, key=lambda row: row["at"])]
    assert ours == prefilter(SPECS).could((text or "").encode() for text in texts)


def test_every_example_is_flagged_however_it_is_written() -> None:
    texts = [disguised(example, how) for spec in SPECS for example in spec.examples for how in range(4)]
    for text, bits in zip(texts, masks(texts), strict=True):
        assert {finding.name for finding in search(text, specs=SPECS)} <= set(prefilter(SPECS).names(bits))


def test_ordinary_cells_are_passed_by() -> None:
    """A mask that flags everything would lose nothing either."""
    cells = [
        "London",
        "Jane Doe",
        "上海",
        "12.50",
        "A-17",
        "The parcel came late, thank you",
        "快递晚到了，谢谢",
        "",
    ]
    assert masks(cells) == [0] * len(cells)


def test_presidios_own_loop_finds_no_more() -> None:
    from secureprofile.adapters.presidio import engine as presidio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        analyzer = presidio(("en",))
    texts = [
        f"{word}{example}{tail}"
        for spec in SPECS
        for example in spec.examples[:1]
        for word, tail in (("", ""), ("号", "吗"))
    ]
    for text, bits in zip(texts, masks(texts), strict=True):
        hits = {hit.entity_type for hit in analyzer.analyze(text, language="en", entities=KINDS)}
        assert hits <= set(prefilter(SPECS).names(bits)), text


written = st.text(
    alphabet=st.one_of(
        st.sampled_from("１ａ，：。\u200b\u3000\ufeffx1 é王～＠\u00ad\u200f\u202e\u2066"),
        st.characters(categories=["Nd"]),
        st.characters(categories=["Cf", "Zs", "Po"]),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=20,
)


@settings(max_examples=300, deadline=None)
@given(text=written)
def test_what_needs_no_folding_is_not_folded(text: str) -> None:
    bare, places = normalise(text)
    assert (bare == text) == (not FOLDED.search(text))
    assert len(places) == len(bare) + 1


def test_every_digit_of_every_script_is_folded() -> None:
    digits = [chr(code) for code in range(0x80, 0x110000) if unicodedata.category(chr(code)) == "Nd"]
    assert len(digits) > 600
    assert all(normalise(f"a{digit}b")[0] == f"a{unicodedata.digit(digit)}b" for digit in digits)


def test_equal_masks_give_the_same_tuple() -> None:
    told = prefilter(SPECS)
    assert told.flagged(5) is told.flagged(5)
    assert told.flagged(0) == ()
    assert told.mask(SPECS) == told.mask(told.flagged((1 << BITS) - 1))
