"""Every tag of the ready dictionary equals what pandas says, for every person; bands end where they say."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from tests.conftest import AS_OF, ROOT

DAY = pd.Timestamp(AS_OF)
TAGS = yaml.safe_load((ROOT / "policies" / "tags.yaml").read_text(encoding="utf-8"))["tags"]


def stored(shop: Path, dataset: str) -> pd.DataFrame:
    """A stored table: only its bytes are the project's; everything below is pandas."""
    frames = [
        pq.read_table(path).to_pandas() for path in (shop / ".secureprofile" / "store" / dataset).rglob("*.parquet")
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def portrait(finished_shop: Path) -> pd.DataFrame:
    return stored(finished_shop, "portrait").set_index("person")


@pytest.fixture(scope="module")
def people(finished_shop: Path) -> pd.DataFrame:
    """Features of everybody, folded by pandas."""
    customers, orders = stored(finished_shop, "customers"), stored(finished_shop, "orders")
    orders = orders.drop_duplicates()
    for column in ("quantity", "unit_price", "discount"):
        orders[column] = orders[column].astype(float)
    orders["ordered_at"] = pd.to_datetime(orders["ordered_at"])
    bad = (
        orders["order_id"].fillna("").str.startswith("C")
        | (orders["quantity"] <= 0)
        | (orders["unit_price"] <= 0)
        | (orders["ordered_at"] >= DAY + pd.Timedelta(days=1))
    )
    good = orders[~bad].copy()
    good["value"] = good["quantity"] * good["unit_price"]
    good["net"] = good["value"] - good["discount"].fillna(0)
    good["promoted"] = (good["discount"] > 0) | good["coupon"].notna()
    good["weekend"] = good["ordered_at"].dt.day_of_week >= 5
    good["evening"] = good["ordered_at"].dt.hour >= 18
    good["kind"] = good["category"].str.strip().str.lower()
    good["way"] = good["channel"].str.strip().str.lower()
    folded = good.groupby("person").agg(
        first=("ordered_at", "min"), last=("ordered_at", "max"), orders=("order_id", "nunique"), spend=("net", "sum"),
        promoted=("promoted", "mean"), weekend=("weekend", "mean"), evening=("evening", "mean"), lines=("net", "size"),
    )  # fmt: skip
    folded["favourite"] = largest(good, "kind", "value")
    folded["way"] = largest(good.assign(one=1), "way", "one")
    customers["joined_on"] = pd.to_datetime(customers["joined_on"])
    everybody = pd.Index(sorted({*customers["person"], *orders["person"]}), name="person")
    own = customers.groupby("person").agg(joined=("joined_on", "min"))
    for name, column in (("born", "birth_date"), ("sex", "gender"), ("town", "city")):
        dated = customers.dropna(subset=[column, "joined_on"])
        newest = dated[dated["joined_on"] == dated.groupby("person")["joined_on"].transform("max")]
        values = newest.groupby("person")[column].min()
        own[name] = values.str.strip().str.lower() if name != "born" else values
    return folded.reindex(everybody).join(own)


def largest(rows: pd.DataFrame, value: str, weight: str) -> pd.Series:
    """The value with the largest total weight; of equals, the first in the alphabet."""
    totals = rows.dropna(subset=[value, weight]).groupby(["person", value])[weight].sum().reset_index()
    totals[weight] = totals[weight].round(6)
    ordered = totals.sort_values(["person", weight, value], ascending=[True, False, True])
    return ordered.groupby("person")[value].first()


def days(at: pd.Timestamp) -> float:
    return (DAY - at.normalize()).days


def below(value: float, *steps: tuple[float, str], last: str, missing: str) -> str:
    if pd.isna(value):
        return missing
    return next((code for limit, code in steps if value < limit), last)


TOWNS = {
    town: value["code"]
    for tag in TAGS if tag["code"] == "region"
    for value in tag["values"] if "one_of" in value.get("when", "")
    for town in value["when"].split("'")[1::2]
}  # fmt: skip
CATEGORIES = {"grocery", "apparel", "electronics", "beauty", "home", "sports", "books", "toys"}
SEXES = {
    "f": "female",
    "female": "female",
    "女": "female",
    "woman": "female",
    "m": "male",
    "male": "male",
    "男": "male",
    "man": "male",
}

RULES = {
    "age_band": lambda p: below(
        DAY.year - p["born"], (18, "under18"), (25, "a18"), (35, "a25"), (45, "a35"), (55, "a45"), (65, "a55"), (111, "a65"),
        last="unknown", missing="unknown",
    ),
    "gender": lambda p: SEXES.get(p["sex"], "unknown"),
    "region": lambda p: "unknown" if pd.isna(p["town"]) else TOWNS.get(p["town"], "elsewhere"),
    "lifecycle": lambda p: (
        "prospect" if pd.isna(p["last"]) else "new" if days(p["first"]) <= 60
        else below(days(p["last"]), (91, "active"), (181, "cooling"), (366, "dormant"), last="lost", missing="")
    ),
    "tenure": lambda p: below(
        float("nan") if pd.isna(p["joined"]) else days(p["joined"]), (365, "y1"), (730, "y2"), last="more", missing="unknown"
    ),
    "channel": lambda p: p["way"] if p["way"] in ("app", "web", "store") else "none",
    "week": lambda p: share(p["weekend"], ("weekend", "mixed", "weekday")),
    "hours": lambda p: share(p["evening"], ("evening", "mixed", "day")),
    "favourite": lambda p: p["favourite"] if p["favourite"] in CATEGORIES else "other",
    "recency": lambda p: "never" if pd.isna(p["last"]) else below(
        days(p["last"]), (31, "d30"), (91, "d90"), (181, "d180"), (366, "d365"), last="older", missing="",
    ),
    "frequency": lambda p: below(p["orders"], (2, "one"), (5, "few"), (15, "regular"), last="heavy", missing="none"),
    "monetary": lambda p: below(
        round(p["spend"], 6), (100, "low"), (500, "mid"), (2000, "high"), last="top", missing="none"
    ),
    "promotion": lambda p: (
        "unknown" if pd.isna(p["promoted"]) else "high" if p["promoted"] > 0.6 else "mid" if p["promoted"] >= 0.25
        else "low" if p["promoted"] > 0 else "none"
    ),
}  # fmt: skip


def share(value: float, codes: tuple[str, str, str]) -> str:
    if pd.isna(value):
        return "none"
    return codes[0] if value > 0.5 else codes[1] if value >= 0.2 else codes[2]


def test_everybody_has_one_row_and_every_tag_one_declared_value(portrait: pd.DataFrame, people: pd.DataFrame) -> None:
    assert list(portrait.index.sort_values()) == list(people.index)
    assert set(portrait.columns) == {tag["code"] for tag in TAGS} == set(RULES)
    for tag in TAGS:
        assert set(portrait[tag["code"]]) <= {value["code"] for value in tag["values"]}


@pytest.mark.parametrize("tag", sorted(RULES))
def test_every_persons_tag_is_the_one_that_pandas_says(portrait: pd.DataFrame, people: pd.DataFrame, tag: str) -> None:
    expected = people.apply(RULES[tag], axis=1)
    found = portrait[tag].reindex(people.index)
    assert found.to_dict() == expected.to_dict()
    assert found.nunique() > 1
