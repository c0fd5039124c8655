"""A small release for tests: tags of given sizes, a request over them, its plan, and a sampler with a seed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from secureprofile.dp.plan import Plan, plan_release
from secureprofile.dp.request import Contrast, Request
from secureprofile.released import Attribute, Text, Value

DIMENSIONS = {"a": "basic", "b": "consumption", "c": "interests"}


def attribute(code: str, size: int) -> Attribute:
    """A tag with the values code0, code1, …"""
    name = Text(en=code, zh=code)
    values = tuple(Value(code=f"{code}{place}", name=name) for place in range(size))
    return Attribute(code=code, name=name, definition=name, dimension=DIMENSIONS.get(code, "social"), values=values)


def planned(
    tables: Sequence[tuple[str, ...]], sizes: dict[str, int], *, epsilon: str = "1", delta: str = "1e-6",
    compare: tuple[Contrast, ...] = (), objective: str = "average", minimum: int = 20, weights: dict | None = None,
) -> Plan:  # fmt: skip
    """The plan of a release of these tables."""
    title = Text(en="t", zh="t")
    request = Request(
        name="r", title=title, purpose="p", domain="d", epsilon=Decimal(epsilon), delta=Decimal(delta),
        tables=tuple(tables), compare=compare, objective=objective, weights=weights or {},  # type: ignore[arg-type]
    )  # fmt: skip
    attributes = {code: attribute(code, size) for code, size in sizes.items()}
    return plan_release(request, attributes=attributes, minimum_group=minimum, population=10_000)


class Seeded:
    """Noise of the right distributions from numpy's generator, many times faster than a release may draw it."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def geometric(self, epsilon: float, size: int) -> np.ndarray:
        pair = self.rng.geometric(-np.expm1(-epsilon), (2, size))
        return np.asarray(pair[0] - pair[1])

    def gaussian(self, sigma: float, size: int) -> np.ndarray:
        return np.asarray(np.rint(self.rng.normal(0, sigma, size)).astype(np.int64))
