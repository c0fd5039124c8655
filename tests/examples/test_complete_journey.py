"""The Complete Journey example as its README tells it, and its exact counts as pandas alone computes them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT
from tests.examples.test_online_retail import band, follow

EXAMPLE = ROOT / "examples" / "complete_journey"
AS_OF = pd.Timestamp("2018-01-01")


@pytest.fixture(scope="module")
def finished(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = list((shared_data / "complete_journey").glob("*.gz"))
    return follow(EXAMPLE, data, tmp_path_factory.mktemp("complete-journey"))


@pytest.fixture(scope="module")
def households(shared_data: Path) -> pd.DataFrame:
    """One row per household that any file names, with what its tags rest on; NaN where a file is silent."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(shared_data / "complete_journey" / f"{name}.csv.gz", dtype={"household_id": str})

    asked, bought = read("demographics"), read("transactions_sample")
    redeemed, targeted = read("coupon_redemptions"), read("campaigns")
    everybody = sorted(set().union(*(frame["household_id"] for frame in (asked, bought, redeemed, targeted))))
    valid = bought[(bought["quantity"] > 0) & (bought["sales_value"] >= 0)].drop_duplicates()
    valid = valid.assign(
        at=pd.to_datetime(valid["transaction_timestamp"]),
        discounted=(valid["retail_disc"] > 0) | (valid["coupon_disc"] > 0),
    )
    valid = valid[valid["at"] < AS_OF + pd.Timedelta(days=1)].assign(evening=lambda rows: rows["at"].dt.hour >= 17)
    folded = valid.groupby("household_id").agg(
        first=("at", "min"), last=("at", "max"), baskets=("basket_id", "nunique"), spend=("sales_value", "sum"),
        discounted=("discounted", "mean"), evening=("evening", "mean"),
    )  # fmt: skip
    return (
        folded.reindex(everybody)
        .join(asked.set_index("household_id")[["age", "income", "household_comp"]])
        .join(redeemed.groupby("household_id").size().rename("redeemed"))
        .join(targeted.groupby("household_id").size().rename("targeted"))
    )


def days(at: pd.Timestamp) -> int:
    return (AS_OF - at.normalize()).days


AGES = {
    "19-24": "under35", "25-34": "under35", "35-44": "a35", "45-54": "a45", "55-64": "a55", "65+": "a55",
}  # fmt: skip
INCOMES = {
    "Under 15K": "low", "15-24K": "low", "25-34K": "low", "35-49K": "mid", "50-74K": "mid", "75-99K": "upper",
    "100-124K": "upper", "125-149K": "top", "150-174K": "top", "175-199K": "top", "200-249K": "top", "250K+": "top",
}  # fmt: skip
FAMILIES = {
    "1 Adult No Kids": "single", "1 Adult Kids": "single_kids", "2 Adults No Kids": "couple", "2 Adults Kids": "couple_kids",
}  # fmt: skip
SURVEY = {
    "age_band": lambda h: AGES.get(h["age"], "unknown"),
    "income": lambda h: INCOMES.get(h["income"], "unknown"),
    "family": lambda h: FAMILIES.get(h["household_comp"], "unknown"),
    "coupons": lambda h: "redeemer" if h["redeemed"] >= 1 else "targeted" if h["targeted"] >= 1 else "untouched",
}
BASKETS = {
    "recency": lambda h: band(days(h["last"]), (15, "d14"), (31, "d30"), (91, "d90"), last="older"),
    "frequency": lambda h: band(h["baskets"], (6, "few"), (16, "some"), (41, "many"), last="heavy"),
    "monetary": lambda h: band(round(h["spend"], 2), (50, "low"), (150, "mid"), (400, "high"), last="top"),
    "lifecycle": lambda h: (
        "new" if days(h["first"]) <= 60 else band(days(h["last"]), (31, "active"), (91, "cooling"), last="dormant")
    ),
    "shopping_time": lambda h: "day" if h["evening"] <= 0.3 else "mixed" if h["evening"] < 0.7 else "evening",
    "promotion": lambda h: "high" if h["discounted"] > 0.6 else "mid" if h["discounted"] >= 0.4 else "low",
}


def test_every_tag_has_the_counts_that_pandas_finds(finished: Path, households: pd.DataFrame) -> None:
    portrait = pq.read_table(next((finished / "shop" / "store" / "portrait").rglob("*.parquet"))).to_pandas()
    with_baskets = households[households["baskets"].notna()]
    silent = len(households) - len(with_baskets)
    expected = {tag: Counter(households.apply(rule, axis=1)) for tag, rule in SURVEY.items()}
    expected |= {
        tag: Counter(with_baskets.apply(rule, axis=1)) + Counter(unknown=silent) for tag, rule in BASKETS.items()
    }
    assert {tag: Counter(portrait[tag]) for tag in expected} == expected
    assert len(portrait) == len(households)


def test_surveyed_households_are_those_of_the_file(finished: Path) -> None:
    stored = pq.read_metadata(next((finished / "shop" / "store" / "households").rglob("*.parquet")))
    assert stored.num_rows == 801


def test_the_page_is_finished(finished: Path) -> None:
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert "household" in page
    assert "<script" not in page
