"""What follows from noisy tables at no cost: shares, the target group index (TGI), distances; each with an interval.

An interval of a ratio is found by simulation of the known noise: it is subtracted from the released counts in many ways that it could
have gone, and the ratio's middle 95.5 % are kept (half a percent for the simulation's own error). Noise that the simulation draws
comes from a generator seeded by the plan's hash, so that the same counts give the same page; nothing private depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from secureprofile.dp.marginals import cell
from secureprofile.dp.plan import Gaussian, Plan
from secureprofile.dp.request import Codes, Contrast
from secureprofile.dp.residual import rebuild
from secureprofile.released import Cell, Comparison, Distance, Line, Released, Withheld

DRAWS = 4000
KEPT = 0.955
Floats = NDArray[np.float64]


def comparisons(plan: Plan, tables: Mapping[Codes, Floats]) -> tuple[Comparison, ...]:
    """Return the comparisons that a plan's request asks for, from its noisy tables (in people)."""
    return tuple(_Contrast(plan, contrast, tables).compare() for contrast in plan.request.compare)


def simulate(plan: Plan, table: Codes) -> Floats:
    """Return ``DRAWS`` times the noise of a whole table, as it could have gone; shape (draws, *table)."""
    rng = np.random.default_rng([int(plan.hash[:15], 16), *map(ord, " ".join(table))])
    shape = tuple(plan.sizes[code] for code in table)
    if not isinstance(plan.noise, Gaussian):
        stop = -np.expm1(-plan.noise.epsilon)
        pair = rng.geometric(stop, (2, DRAWS, *shape)).astype(np.float64)
        return np.asarray(pair[0] - pair[1])
    order = plan.canonical(table)
    sizes, residuals = {**plan.sizes, "": DRAWS}, {}
    for subset, spread in plan.spreads.items():
        if set(subset) <= set(table):
            normal = rng.normal(0, np.sqrt(spread), (DRAWS, *(sizes[code] for code in subset)))
            for axis in range(1, normal.ndim):
                normal = normal - normal.mean(axis=axis, keepdims=True)
            residuals[("", *subset)] = normal
    whole = rebuild(("", *order), residuals, sizes)
    return whole.transpose([0, *(1 + order.index(code) for code in table)])


class _Contrast:
    """One comparison; arrays have the segment's tag on the axis before the last, the other tag on the last."""

    def __init__(self, plan: Plan, contrast: Contrast, tables: Mapping[Codes, Floats]) -> None:
        self.plan, self.contrast = plan, contrast
        code, value = contrast.segment
        self.values = [one.code for one in plan.attributes[code].values]
        self.row = self.values.index(value)
        self.others: dict[str, tuple[Floats, Floats]] = {}
        for table in (table for table in plan.request.tables if len(table) == 2 and code in table):
            noisy, noise = tables[table], simulate(plan, table)
            if table[0] != code:
                noisy, noise = noisy.T, noise.swapaxes(1, 2)
            other = table[1] if table[0] == code else table[0]
            self.others[other] = (noisy, noisy - noise)

    def compare(self) -> Comparison:
        contrast = self.contrast
        lines = [line for other in self.others for line in self._lines(other)]
        noisy, likely = next(iter(self.others.values()))
        size = self._count(noisy[self.row].sum(), likely[:, self.row].sum(axis=1))
        return Comparison(
            segment=contrast.segment,
            base=contrast.base,
            size=size,
            lines=tuple(lines),
            distances=tuple(self._distances()),
        )

    def _base(self, counts: Floats) -> Floats:
        """Return the base's counts by value of the other tag."""
        if self.contrast.base is None:
            return np.asarray(counts.sum(axis=-2))
        return np.asarray(counts[..., self.values.index(self.contrast.base[1]), :])

    def _lines(self, other: str) -> list[Line]:
        noisy, likely = self.others[other]
        base, likely_base = self._base(noisy), self._base(likely)
        own, likely_own = noisy[self.row], likely[:, self.row]
        share, base_share = _shares(own), _shares(base)
        likely_share, likely_base_share = _shares(likely_own), _shares(likely_base)
        lines = []
        for place, value in enumerate(self.plan.attributes[other].values):
            seen = self._count(own[place], likely_own[:, place])
            base_seen = self._count(base[place], likely_base[:, place])
            index = 100 * share[place] / base_share[place] if base_share[place] > 0 else 0.0  # withheld there
            with np.errstate(divide="ignore", invalid="ignore"):
                likely_index = 100 * likely_share[:, place] / likely_base_share[:, place]
            lines.append(
                Line(
                    attribute=other,
                    value=value.code,
                    share=self._ratio(share[place], likely_share[:, place], seen),
                    base_share=self._ratio(base_share[place], likely_base_share[:, place], base_seen),
                    index=self._ratio(index, likely_index, seen, base_seen),
                )
            )
        return lines

    def _distances(self) -> list[Distance]:
        found: dict[str, list[tuple[float, Floats]]] = {}
        for other, (noisy, likely) in self.others.items():
            gap = _shares(noisy[self.row]) - _shares(self._base(noisy))
            likely_gap = _shares(likely[:, self.row]) - _shares(self._base(likely))
            off = (
                np.abs(likely_gap - gap).sum(axis=1) / 2
            )  # no further from the truth than this: the triangle inequality
            found.setdefault(self.plan.attributes[other].dimension, []).append((float(np.abs(gap).sum() / 2), off))
        noisy, likely = next(iter(self.others.values()))
        size = self._count(noisy[self.row].sum(), likely[:, self.row].sum(axis=1))
        distances = []
        for dimension, tags in found.items():
            value, off = float(np.mean([one for one, _ in tags])), np.mean([off for _, off in tags], axis=0)
            half = float(np.quantile(off, KEPT))
            shown: Cell = size
            if isinstance(size, Released):
                shown = self._released(value, max(0.0, value - half), min(1.0, value + half), float(off.std()))
            distances.append(Distance(dimension=dimension, cell=shown))
        return distances

    def _count(self, value: float, likely: Floats) -> Cell:
        half = float(np.quantile(np.abs(likely - value), KEPT))
        shown = cell(
            float(value),
            half_width=half,
            sd=float(likely.std()),
            mechanism=self.plan.mechanism,
            minimum_group=self.plan.minimum_group,
        )
        return replace(shown, mechanism=self._name) if isinstance(shown, Released) else shown

    def _ratio(self, value: float, likely: Floats, *counts: Cell) -> Cell:
        """Return a ratio, withheld as the first of the counts that it rests on is."""
        withheld = next((one for one in counts if isinstance(one, Withheld)), None)
        if withheld is not None:
            return withheld
        low, high = np.quantile(likely, [(1 - KEPT) / 2, (1 + KEPT) / 2])
        return self._released(float(value), min(low, value), max(high, value), float(likely.std()))

    @property
    def _name(self) -> str:
        return f"derived from {self.plan.mechanism}"

    def _released(self, value: float, low: float, high: float, sd: float) -> Released:
        return Released(
            value=round(value, 6),
            low=round(float(low), 6),
            high=round(float(high), 6),
            sd=round(sd, 6),
            mechanism=self._name,
        )


def _shares(counts: Floats) -> Floats:
    """Return counts over their sum along the last axis. The sum is the size of a group: where that is not clearly above zero,
    everything made from it is withheld, and one person stands in for it here.
    """
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(counts / np.where(total > 1, total, 1))
