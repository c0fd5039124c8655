"""The engine's mask loses nothing: what ``find`` and presidio's own loop find over all recognizers, they find over the flagged ones."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.guard.detect import find, normalise
from secureprofile.guard.extent import extent
from secureprofile.guard.needs import needs
from secureprofile.guard.prefilter import Ask, bare, flagged, names, with_masks
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS

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


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    with DuckEngine(temp=Path(tmp_path_factory.mktemp("engine"))) as one:
        yield one


def masks(engine: DuckEngine, texts: list[str | None], header: str = "") -> list[int]:
    table = engine.table(pa.table({"at": range(len(texts)), "text": pa.array(texts, pa.string())}))
    asked = with_masks(table, {"bits": Ask(column="text", context=(header,))})
    rows = engine.to_arrow(asked.select("at", "bits")).to_pylist()
    return [row["bits"] for row in sorted(rows, key=lambda row: row["at"])]


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


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(planted, min_size=50, max_size=60), header=st.sampled_from(HEADERS))
def test_nothing_is_lost(engine: DuckEngine, texts: list[str], header: str) -> None:
    for text, bits in zip(texts, masks(engine, list(texts), header), strict=True):
        assert find(text, specs=flagged(bits), context=(header,)) == find(text, context=(header,))


def test_every_example_is_flagged_however_it_is_written(engine: DuckEngine) -> None:
    texts = [disguised(example, how) for spec in SPECS for example in spec.examples for how in range(4)]
    for text, bits in zip(texts, masks(engine, list(texts)), strict=True):
        assert {finding.name for finding in find(text)} <= set(names(bits))


def test_ordinary_cells_are_passed_by(engine: DuckEngine) -> None:
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
        None,
    ]
    assert masks(engine, cells) == [0] * len(cells)


def test_presidios_own_loop_finds_no_more(engine: DuckEngine) -> None:
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
    for text, bits in zip(texts, masks(engine, list(texts)), strict=True):
        hits = {hit.entity_type for hit in analyzer.analyze(text, language="en", entities=KINDS)}
        assert hits <= set(names(bits)), text


written = st.text(
    alphabet=st.one_of(
        st.sampled_from("１ａ，：。\u200b\u3000\ufeffx1 é王～＠\u00ad\u200f\u202e\u2066"),
        st.characters(categories=["Nd"]),
        st.characters(categories=["Cf", "Zs", "Po"]),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=20,
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(written, min_size=50, max_size=50))
def test_folding_in_the_engine_is_that_of_detection(engine: DuckEngine, texts: list[str]) -> None:
    table = engine.table(pa.table({"at": range(len(texts)), "text": texts}))
    rows = engine.to_arrow(table.select("at", folded=bare(table.text))).to_pylist()
    assert [r["folded"] for r in sorted(rows, key=lambda r: r["at"])] == [normalise(text)[0] for text in texts]


def test_every_character_is_folded_as_in_detection(engine: DuckEngine) -> None:
    """Each of the 1.1 million, between two letters."""
    texts = [f"a{chr(code)}b" for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    table = engine.table(pa.table({"at": range(len(texts)), "text": texts}))
    odd = table.filter(bare(table.text) != table.text).select("text", folded=bare(table.text))
    ours = {row["text"]: row["folded"] for row in engine.to_arrow(odd).to_pylist()}
    assert ours == {text: folded for text in texts if (folded := normalise(text)[0]) != text}
    assert len(ours) > 700


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_extents_hold_for_whatever_matches(spec: PatternSpec, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(spec.core, fullmatch=True))
    least, most = extent(spec.core), needs(spec.core)
    assert len(text) >= least.width
    assert len(re.findall("[0-9]", text)) >= least.digits >= most.digits
    assert len(re.findall("[A-Za-z]", text)) >= least.letters
    assert len(re.findall("[^0-9A-Za-z]", text)) >= least.others
    assert max(map(len, re.findall("[0-9A-Za-z]+", text)), default=0) >= least.run


def test_equal_masks_give_the_same_tuple() -> None:
    assert flagged(5) is flagged(5)
    assert flagged(0) == ()
