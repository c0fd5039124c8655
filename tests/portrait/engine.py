"""A portrait without a workspace: rows as Python values, or as text that the policy types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import ibis
import pyarrow as pa

from secureprofile.portrait.build import profile
from secureprofile.portrait.dictionary import TagDictionary
from secureprofile.portrait.reading import load_tags
from tests.conftest import ROOT

DAY = date(2026, 11, 1)
_MONEY = pa.decimal128(18, 4)
CUSTOMERS = pa.schema(
    {"person": pa.string(), "birth_date": pa.int64(), "gender": pa.string(), "city": pa.string(), "joined_on": pa.date32()}.items()
)  # fmt: skip
ORDERS = pa.schema(
    {
        "person": pa.string(), "order_id": pa.string(), "ordered_at": pa.timestamp("us"), "category": pa.string(),
        "product": pa.string(), "quantity": _MONEY, "unit_price": _MONEY, "discount": _MONEY, "coupon": pa.string(),
        "channel": pa.string(),
    }.items()
)  # fmt: skip

Tags = dict[str, dict[str, str]]


@cache
def dictionary() -> TagDictionary:
    """The ready tag dictionary."""
    return load_tags((ROOT / "policies" / "tags.yaml").read_text(encoding="utf-8"), file="tags.yaml")


@cache
def duck() -> Any:
    """One DuckDB for all tests of a process."""
    return ibis.duckdb.connect()


def table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> ibis.Table:
    """Rows as an expression; a column that a row does not have is missing."""
    rows = list(rows)
    return ibis.memtable(pa.table({name: [row.get(name) for row in rows] for name in schema.names}, schema=schema))


def tagged(tables: Mapping[str, ibis.Table], day: date = DAY, tags: TagDictionary | None = None) -> Tags:
    """Return person → tag → label; a person with two rows is an error."""
    used = tags or dictionary()
    found = duck().to_pyarrow(profile(tables, used, day)).to_pylist()
    people = {row["person"]: {tag.code: row[tag.code] for tag in used.tags} for row in found}
    assert len(people) == len(found)
    return people


def of_rows(customers: Sequence[Mapping[str, Any]], orders: Sequence[Mapping[str, Any]], day: date = DAY) -> Tags:
    """Return everybody's tags from rows of Python values."""
    return tagged({"customers": table(customers, CUSTOMERS), "orders": table(orders, ORDERS)}, day)
