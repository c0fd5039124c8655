"""The numbers before the noise: with a sampler that draws zeros, a release shows the exact counts, which pandas repeats."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from secureprofile.flows import release
from secureprofile.flows.progress import Silent
from secureprofile.workspace import Workspace


class NoNoise:
    """Draws zeros."""

    def geometric(self, epsilon: float, size: int) -> np.ndarray:
        return np.zeros(size, dtype=np.int64)

    def gaussian(self, sigma: float, size: int) -> np.ndarray:
        return np.zeros(size, dtype=np.int64)


def test_exact_counts_are_those_of_the_portrait(shop) -> None:  # type: ignore[no-untyped-def]
    place = Workspace.open(shop.folder / ".secureprofile", actor="tester@example.com")
    with place.session(purpose="portrait") as one:
        one.build_portrait(as_of="2026-11-02")
        done = release.run(one._context, one.tags, "customer-portrait", progress=Silent(), sampler=NoNoise())
    place.close()
    newest = max((Path(".secureprofile") / "store" / "portrait").iterdir(), key=lambda path: int(path.name))
    frame = pq.read_table(newest / "part-0.parquet").to_pandas()
    body = json.loads(done.stored.body)
    shown = 0
    for table in body["tables"]:
        counts = frame.groupby(table["attributes"]).size().to_dict() if table["attributes"] else {(): len(frame)}
        for key, cell in zip(table["keys"], table["cells"], strict=True):
            exact = counts.get(tuple(key) if len(key) != 1 else key[0], counts.get(tuple(key), 0))
            if "value" in cell:
                assert cell["value"] == exact
                assert cell["low"] < exact < cell["high"]
                shown += 1
            else:
                assert exact < cell["threshold"]
    assert shown > 15


def test_sums_and_means_are_those_of_the_orders(shop) -> None:  # type: ignore[no-untyped-def]
    """From the stored orders by pandas alone: cleaned, added up per person, clipped, averaged per lifecycle."""
    place = Workspace.open(shop.folder / ".secureprofile", actor="tester@example.com")
    with place.session(purpose="portrait") as one:
        one.build_portrait(as_of="2026-11-02")
        done = release.run(one._context, one.tags, "customer-portrait", progress=Silent(), sampler=NoNoise())
    place.close()
    store = Path(".secureprofile") / "store"
    newest = max((store / "portrait").iterdir(), key=lambda path: int(path.name))
    people = pq.read_table(newest / "part-0.parquet").to_pandas().set_index("person")
    orders = pd.concat(pq.read_table(path).to_pandas() for path in (store / "orders").rglob("*.parquet"))
    orders = orders.drop_duplicates()
    rejected = orders.order_id.str.startswith("C") | (orders.quantity <= 0) | (orders.unit_price <= 0)
    kept = orders[~(rejected | (orders.ordered_at >= "2026-11-03"))]
    lines = kept.quantity.astype(float) * kept.unit_price.astype(float) - kept.discount.astype(float).fillna(0)
    spend = (
        lines.groupby(kept.person).sum().reindex(people.index).fillna(0).clip(0, 2000).add(0.5 + 1e-9).apply(math.floor)
    )
    body = json.loads(done.stored.body)
    assert {(one["code"], one["statistic"]) for one in body["numbers"]} == {
        ("spend_total", "sum"), ("spend_total", "mean"), ("orders_total", "mean"),
    }  # fmt: skip
    for number in body["numbers"]:
        if number["code"] != "spend_total":
            continue
        exact = getattr(spend.groupby(people.lifecycle), number["statistic"])()
        shown = [(key[0], cell) for key, cell in zip(number["keys"], number["cells"], strict=True) if "value" in cell]
        assert len(shown) >= 2
        for key, cell in shown:
            assert cell["value"] == pytest.approx(exact[key], rel=1e-6)
            assert cell["low"] <= exact[key] <= cell["high"]
