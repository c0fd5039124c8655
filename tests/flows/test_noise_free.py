"""The numbers before the noise: with a sampler that draws zeros, a release shows the exact counts, which pandas repeats."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

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
