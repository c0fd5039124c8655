"""A tag is a function of one person's rows: whoever else comes, goes or changes, it stays.

This is what the sensitivity of a release rests on: one person in or out moves one cell of each table by one.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.portrait.build import profile
from secureprofile.portrait.dictionary import TagDictionary, check_row_local
from secureprofile.portrait.reading import load_tags
from tests.conftest import ROOT

DICTIONARIES = {
    "retail": ROOT / "policies" / "tags.yaml",
    "online_retail": ROOT / "examples" / "online_retail" / "tags.yaml",
    "complete_journey": ROOT / "examples" / "complete_journey" / "tags.yaml",
}
TAGS = load_tags(DICTIONARIES["retail"].read_text(encoding="utf-8"), file="tags.yaml")
DAY = date(2026, 11, 1)
SCHEMA = pa.schema(
    [("person", pa.string()), ("order_id", pa.string()), ("ordered_at", pa.timestamp("us")), ("category", pa.string()),
     ("quantity", pa.decimal128(18, 4)), ("unit_price", pa.decimal128(18, 4)), ("discount", pa.decimal128(18, 4)),
     ("coupon", pa.string()), ("channel", pa.string())]
)  # fmt: skip
ENGINE = ibis.duckdb.connect()

ORDERS = st.fixed_dictionaries(
    {
        "person": st.sampled_from("abcd"),
        "order_id": st.sampled_from(["O1", "O2", "O3", "C1"]),
        "ordered_at": st.none() | st.integers(-40, 900).map(lambda n: datetime(2026, 11, 1, 19) - timedelta(days=n)),
        "category": st.sampled_from(["Toys", "books ", None]),
        "quantity": st.integers(-1, 5) | st.none(),
        "unit_price": st.sampled_from([0, 10, 99, 700]),
        "discount": st.sampled_from([None, 0, 5]),
        "coupon": st.sampled_from([None, "VIP20"]),
        "channel": st.sampled_from(["app", "web", None]),
    }
)


def tags_of(rows: list[dict[str, object]]) -> dict[str, tuple[str, ...]]:
    columns = {name: [row[name] for row in rows] for name in SCHEMA.names}
    table = ibis.memtable(pa.table(columns, schema=SCHEMA))
    found = ENGINE.to_pyarrow(profile({"orders": table}, TAGS, DAY)).to_pylist()
    return {row["person"]: tuple(row[tag.code] for tag in TAGS.tags) for row in found}


@settings(max_examples=20, deadline=None)
@given(st.lists(ORDERS, min_size=1, max_size=12), st.lists(ORDERS, max_size=6), st.randoms(use_true_random=False))
def test_other_people_change_nothing(rows: list[dict[str, object]], others: list[dict[str, object]], rng) -> None:  # type: ignore[no-untyped-def]
    mine = [row for row in rows if row["person"] == "a"]
    if not mine:
        return
    strangers = [{**row, "person": "z" + str(row["person"])} for row in others]
    shuffled = [*mine, *strangers]
    rng.shuffle(shuffled)
    alone = tags_of(mine)["a"]
    assert tags_of(rows)["a"] == alone
    assert tags_of(shuffled)["a"] == alone


@pytest.mark.parametrize("name", DICTIONARIES)
def test_ready_dictionaries_are_row_local_by_their_form(name: str) -> None:
    tags = load_tags(DICTIONARIES[name].read_text(encoding="utf-8"), file="tags.yaml")
    check_row_local(tags)
    assert isinstance(tags, TagDictionary)
    assert len(tags.tags) >= 8


EDGES = {
    "recency": [(0, "d30"), (30, "d30"), (31, "d90"), (90, "d90"), (91, "d180"), (180, "d180"), (181, "d365"), (365, "d365"), (366, "older")],
    "lifecycle": [(60, "new"), (61, "active"), (90, "active"), (91, "cooling"), (181, "dormant"), (366, "lost")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("tag", "ago", "code"), [(tag, ago, code) for tag, edges in EDGES.items() for ago, code in edges]
)
def test_bands_end_where_they_say(tag: str, ago: int, code: str) -> None:
    order = {
        "person": "a", "order_id": "O1", "ordered_at": datetime(2026, 11, 1, 23, 59) - timedelta(days=ago), "category": "toys",
        "quantity": 1, "unit_price": 1, "discount": None, "coupon": None, "channel": None,
    }  # fmt: skip
    place = [t.code for t in TAGS.tags].index(tag)
    assert tags_of([order])["a"][place] == code
