"""Mentions of other people: what the engine joins is what a search through all texts for all identifiers finds."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.engine import DuckFunctions
from secureprofile.guard.candidates import fold_mapped, identifier_keys, known_column, locate, mentions
from secureprofile.guard.nicknames import PAIRS
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.model import ColumnSpec, Drop, Scrub

NAMES = (
    "Ada Lindqvist",
    "José Muñoz",
    "Anne Marie Dupont",
    "王小明",
    "欧阳明月",
    "O'Brien Patrick",
    "阿依古丽·买买提",
    "Maria de la Cruz",
    "Juan Carlos Ortega Gasset",
)
PHONES = ("+44 7700 900360", "138-1234-5678", "(0571) 87654321")
CODES = ("AX-99812-B", "11010519491231002X")
FILLERS = ("seen with", "and", "called about the parcel,", "客户", "和", "说要退货。", "Order 12 of 3;", "AND THEN", "")


def plan(name: str, category: str, position: int) -> ColumnPlan:
    return ColumnPlan(
        name=name, position=position, category=category, treatment=Drop(), spec=ColumnSpec(category=category)
    )


PLANS = (
    plan("name", "user.name", 1),
    plan("phone", "user.contact.phone_number", 2),
    plan("code", "user.government_id.national_identification_number", 3),
)


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def planted(text: str, identifier: str) -> bool:
    """Search the simple way: the identifier in the text, as a word where it is Latin, without separators where it is a number."""
    if any(c.isdigit() for c in identifier):
        return re.sub(r"[^0-9A-Za-z]", "", identifier)[-8:].lower() in re.sub(r"[^0-9A-Za-z]", "", text).lower()
    edge = "" if "\u4e00" <= identifier[0] <= "\u9fff" else r"(?<![a-z0-9])", r"(?![a-z0-9])"
    pattern = plain(identifier) if edge[0] == "" else edge[0] + re.escape(plain(identifier)) + edge[1]
    return re.search(pattern, plain(text)) is not None


def found_by_engine(texts: list[str]) -> dict[str, set[str]]:
    people = pa.table(
        {
            "name": [*NAMES, None],
            "phone": [*PHONES, "", None, None, None, "12", None, None],
            "code": [*CODES, "", None, None, None, None, "A1", None, None],
        }
    )
    functions, backend = DuckFunctions(), ibis.duckdb.connect(threads=1)
    rows = ibis.memtable(pa.table({"place": list(range(len(texts))), "text": texts}))
    candidates = mentions(rows, functions)
    keys = identifier_keys(ibis.memtable(people), PLANS, functions)
    hits = backend.to_pyarrow(candidates.semi_join(keys, candidates["key"] == keys["key"])).to_pylist()
    backend.disconnect()
    result: dict[str, set[str]] = {text: set() for text in texts}
    for hit in hits:
        result[texts[hit["place"]]].add(hit["key"])
    return result


TEXTS = st.lists(
    st.lists(st.sampled_from((*FILLERS, *NAMES, *(f"{n};" for n in (*PHONES, *CODES)))), min_size=1, max_size=6).map(" ".join),
    min_size=1, max_size=12, unique=True,
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(texts=TEXTS, spelling=st.sampled_from((str, str.upper, str.lower)))
def test_the_join_finds_what_a_search_for_everybody_finds(texts: list[str], spelling: type[str]) -> None:
    """Lower-case texts, capitals, diacritics left out: nothing that the simple search finds is lost, and all of it is located."""
    texts = sorted({spelling(text) for text in texts} - {""})
    hits = found_by_engine(texts) if texts else {}
    for text in texts:
        covered = [text[a:b] for a, b, _ in locate(text, hits[text])]
        for identifier in (*NAMES, *PHONES, *CODES):
            if planted(text, identifier):
                assert any(planted(part, identifier) for part in covered), identifier


WORDS = st.sampled_from(("Order", "Return", "Gold", "Ada", "Anne", "Delivery", "Cruz", "Juan", "North"))


@settings(max_examples=25, deadline=None)
@given(
    before=st.lists(WORDS, max_size=30),
    name=st.sampled_from([name for name in NAMES if name.isascii()]),
    after=st.lists(WORDS, max_size=30),
    spelling=st.sampled_from((str, str.upper, str.lower)),
)
def test_a_name_is_found_anywhere_in_a_long_run(
    before: list[str], name: str, after: list[str], spelling: type[str]
) -> None:
    """Runs of any number of words: windows overlap, so that no name lies across a border."""
    text = spelling(" ".join([*before, name, *after]))
    assert "n" + plain(name) in found_by_engine([text])[text]


@pytest.mark.parametrize(
    "text",
    ["no complaints so far", "Great Service in the Big Shop", "发货很快，王先生", "order 99812 came", "AX-99813-B", ""],
)
def test_what_nobody_is_called_is_not_found(text: str) -> None:
    assert found_by_engine([text])[text] == set()


def test_short_identifiers_are_not_looked_for() -> None:
    assert found_by_engine(["A1 and 12"])["A1 and 12"] == set()


@given(text=st.text(max_size=40))
def test_places_lead_back_to_the_text_as_written(text: str) -> None:
    folded, places = fold_mapped(text)
    assert len(places) == len(folded) + 1
    assert list(places) == sorted(places)
    assert places[-1] == len(text)


def test_mentions_reach_the_scrubber_of_their_own_row(tmp_path: Path) -> None:
    """Two texts, two people: each row gets the keys of whom it mentions, and rows keep their order."""
    from secureprofile.flows.guarded import mentioned_people

    notes = ColumnPlan(
        name="notes", position=4, category="user.content.private", treatment=Scrub(), spec=ColumnSpec(category="user.content.private"),
    )  # fmt: skip
    table = pa.table(
        {
            "name": ["Ada Lindqvist", "José Muñoz", "王小明"],
            "phone": ["", "", ""],
            "code": ["", "", ""],
            "notes": ["met jose munoz", "nothing", "saw Ada Lindqvist and 王小明"],
        }
    )
    with DuckEngine(temp=tmp_path) as engine:
        rows = mentioned_people(engine.table(table), engine.table(table), (*PLANS, notes), engine)
        keys = engine.to_arrow(rows)[known_column(notes)].to_pylist()
    assert [sorted(k or []) for k in keys] == [["njose munoz"], [], ["nada lindqvist", "n王小明"]]


@pytest.mark.parametrize("nicknames", [False, True])
def test_others_are_found_by_two_columns_of_a_name_and_by_nicknames_if_asked(tmp_path: Path, nicknames: bool) -> None:
    """What the engine joins is what comparing every name's every form with every pair of words gives."""
    from secureprofile.flows.guarded import mentioned_people

    people = [
        ("Robert", "Miller"),
        ("Ada", "Lindqvist"),
        ("小明", "王"),
        ("Margarét", "Woo"),
        (None, "Alone"),
        ("", ""),
    ]
    texts = [
        "met Bob Miller",
        "robert miller and maggie woo",
        "saw 王小明",
        "ADA LINDQVIST",
        "Ada rang",
        "Alone",
        "Greta Woo, Bobby Woo",
    ]
    rows = [(first, last, text) for (first, last), text in zip([*people, ("", "")], texts, strict=True)]
    table = pa.table(dict(zip(("first", "last", "notes"), map(list, zip(*rows, strict=True)), strict=True)))
    notes = ColumnPlan(
        name="notes", position=3, category="user.content.private", treatment=Scrub(nicknames=nicknames),
        spec=ColumnSpec(category="user.content.private"),
    )  # fmt: skip
    plans = (plan("first", "user.name.first", 1), plan("last", "user.name.last", 2), notes)
    with DuckEngine(temp=tmp_path) as engine:
        found = mentioned_people(engine.table(table), engine.table(table), plans, engine)
        keys = [set(k or []) for k in engine.to_arrow(found)[known_column(notes)].to_pylist()]
    names = {"n王小明", "nada lindqvist", "nrobert miller", "nmargaret woo"}
    if nicknames:
        names |= {
            f"n{other} {last}"
            for one, other in PAIRS
            for name, last in (("robert", "miller"), ("margaret", "woo"))
            if one == name
        }
    assert keys == [{n for n in names if re.search(rf"(?<![a-z]){n[1:]}(?![a-z])", plain(text))} for text in texts]
    assert ({"nbob miller"} == keys[0]) is nicknames
