"""The Online Retail example as its README tells it, and its exact counts as pandas alone computes them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from secureprofile.cli.main import run
from secureprofile.workspace import Workspace
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "online_retail"
AS_OF = pd.Timestamp("2011-12-10")


def commands(readme: Path) -> list[list[str]]:
    """The commands of the README's first block."""
    block = re.findall(r"^```\n(.*?)^```", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[0]
    return [line.split()[1:] for line in block.splitlines()]


def follow(example: Path, data: list[Path], folder: Path) -> Path:
    """Put an example's files and its data side by side in a folder, and run its README there."""
    for file in (*data, *example.glob("*.yaml")):
        (folder / file.name).symlink_to(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command in commands(example / "README.md"):
            assert run(command) == 0, command
    return folder


@pytest.fixture(scope="module")
def finished(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return follow(EXAMPLE, [shared_data / "online_retail.csv.gz"], tmp_path_factory.mktemp("online-retail"))


@pytest.fixture(scope="module")
def lines(shared_data: Path) -> pd.DataFrame:
    text = pd.read_csv(shared_data / "online_retail.csv.gz", dtype=str, keep_default_na=False)
    return text[text["CustomerID"].str.strip() != ""]


@pytest.fixture(scope="module")
def portrait(finished: Path) -> pd.DataFrame:
    return pq.read_table(next((finished / "shop" / "store" / "portrait").rglob("*.parquet"))).to_pandas()


def cleaned(lines: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Valid lines, and how many were left out: exact duplicates first, then by the first rule that holds."""
    lines = lines.assign(
        quantity=lines["Quantity"].astype(int),
        price=lines["UnitPrice"].astype(float),
        at=pd.to_datetime(lines["InvoiceDate"]),
    )
    rules = {
        "cancelled": lines["InvoiceNo"].str.startswith("C"),
        "no-quantity": lines["quantity"] <= 0,
        "no-price": lines["price"] <= 0,
        "future": lines["at"] >= AS_OF + pd.Timedelta(days=1),
    }
    keep = ~lines.duplicated()
    left = {"duplicate": int((~keep).sum())}
    for name, found in rules.items():
        left[name] = int((keep & found).sum())
        keep &= ~found
    return lines[keep], {name: count for name, count in left.items() if count}


def test_rows_in_the_store_are_those_that_name_a_customer(finished: Path, lines: pd.DataFrame) -> None:
    stored = pq.read_metadata(next((finished / "shop" / "store" / "orders").rglob("*.parquet")))
    assert stored.num_rows == len(lines) == 406_829


def test_lines_left_out_are_counted_by_rule(finished: Path, lines: pd.DataFrame) -> None:
    _, expected = cleaned(lines)
    with Workspace.open(finished / "shop") as place, place.session(purpose="portrait") as session:
        built = session.build_portrait(as_of="2011-12-10")
    assert built.reused
    assert built.rejected == {"orders": expected}


def test_every_tag_has_the_counts_that_pandas_finds(
    finished: Path, lines: pd.DataFrame, portrait: pd.DataFrame
) -> None:
    valid, _ = cleaned(lines)
    valid = valid.assign(
        spend=valid["quantity"] * valid["price"], afternoon=valid["at"].dt.hour >= 14, bulk=valid["quantity"] >= 12
    )
    people = valid.groupby("CustomerID").agg(
        first=("at", "min"), last=("at", "max"), orders=("InvoiceNo", "nunique"), rows=("at", "size"),
        spend=("spend", "sum"), afternoon=("afternoon", "mean"), bulk=("bulk", "mean"),
    )  # fmt: skip
    newest = valid[valid["at"] == valid.groupby("CustomerID")["at"].transform("max")]
    people["country"] = newest.groupby("CustomerID")["Country"].max()
    without = lines["CustomerID"].nunique() - len(people)
    expected = {tag: Counter(people.apply(rule, axis=1)) + Counter(unknown=without) for tag, rule in RULES.items()}
    assert {tag: Counter(portrait[tag]) for tag in RULES} == expected
    assert len(portrait) == lines["CustomerID"].nunique() == 4_372


def days(at: pd.Timestamp) -> int:
    return (AS_OF - at.normalize()).days


def band(value: float, *limits: tuple[float, str], last: str) -> str:
    return next((code for limit, code in limits if value < limit), last)


COUNTRIES = {
    "uk": ["United Kingdom"],
    "dach": ["Germany", "Austria", "Switzerland"],
    "west": ["France", "Belgium", "Netherlands"],
    "south": ["Spain", "Portugal", "Italy"],
}
RULES = {
    "recency": lambda p: band(days(p["last"]), (31, "d30"), (91, "d90"), (181, "d180"), last="older"),
    "frequency": lambda p: band(p["orders"], (2, "one"), (4, "few"), (10, "regular"), last="heavy"),
    "monetary": lambda p: band(p["spend"], (250, "low"), (1000, "mid"), (5000, "high"), last="top"),
    "lifecycle": lambda p: (
        "new" if days(p["first"]) <= 60 else band(days(p["last"]), (91, "active"), (241, "dormant"), last="lost")
    ),
    "region": lambda p: next((code for code, found in COUNTRIES.items() if p["country"] in found), "elsewhere"),
    "basket": lambda p: band(p["rows"] / p["orders"], (10, "small"), (30, "medium"), last="large"),
    "hours": lambda p: "morning" if p["afternoon"] <= 0.3 else "mixed" if p["afternoon"] < 0.7 else "afternoon",
    "dozens": lambda p: band(p["bulk"], (0.2, "household"), (0.6, "mixed"), last="reseller"),
}


def test_the_page_is_finished_and_names_nobody(finished: Path, lines: pd.DataFrame) -> None:
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert "Who buys at the gift shop" in page
    assert "<script" not in page
    assert not [number for number in lines["CustomerID"].unique() if number in page]
