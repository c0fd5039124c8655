"""What changed since an earlier release of the same name, from the two published documents alone: it costs nothing.

Documents tell each count's standard deviation and not how a count goes with its total, so the share's is bounded by the worst
case, (sd of the count + share · sd of the total) / total. Noise of different releases is independent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from secureprofile.dp.gaussian import QUANTILE
from secureprofile.released import Cell, Change, Document, Released, Shift, Stability, Withheld

DRAWS = 4000
KEPT = 0.955
_NAME = "derived from two releases"


def change(before: Document, now: Document) -> Change:
    """Compare two releases over every tag that both publish by itself, with the same values."""
    shifts: list[Shift] = []
    stability: list[Stability] = []
    for attribute in now.attributes:
        old, new = _shares(before, attribute.code), _shares(now, attribute.code)
        codes = [value.code for value in attribute.values]
        if old is None or new is None or [code for code, _ in old] != codes or [code for code, _ in new] != codes:
            continue
        for (code, was), (_, is_) in zip(old, new, strict=True):
            shifts.append(
                Shift(attribute=attribute.code, value=code, before=was, now=is_, difference=_difference(was, is_))
            )
        stability.append(
            Stability(attribute=attribute.code, cell=population_stability([c for _, c in old], [c for _, c in new]))
        )
    return Change(release_id=before.release_id, as_of=before.as_of, shifts=tuple(shifts), stability=tuple(stability))


def _shares(document: Document, code: str) -> list[tuple[str, Cell]] | None:
    table = next((table for table in document.tables if table.attributes == (code,)), None)
    whole = next((table.cells[0] for table in document.tables if table.attributes == ()), None)
    if table is None or whole is None:
        return None
    return [(key[0], _share(cell, whole)) for key, cell in zip(table.keys, table.cells, strict=True)]


def _share(part: Cell, whole: Cell) -> Cell:
    if isinstance(whole, Withheld):
        return whole
    if isinstance(part, Withheld):
        return part
    share = part.value / whole.value
    return _released(share, (part.sd + share * whole.sd) / whole.value)


def _released(value: float, sd: float) -> Released:
    half = QUANTILE * sd
    return Released(
        value=round(value, 6),
        low=math.floor((value - half) * 1e6) / 1e6,
        high=math.ceil((value + half) * 1e6) / 1e6,
        sd=round(sd, 6),
        mechanism=_NAME,
    )


def _difference(before: Cell, now: Cell) -> Cell:
    if isinstance(before, Withheld):
        return before
    if isinstance(now, Withheld):
        return now
    return _released(now.value - before.value, math.hypot(before.sd, now.sd))


def population_stability(before: Sequence[Cell], now: Sequence[Cell]) -> Cell:
    """Return PSI = Σ (q − p) ln(q/p) over shares p before and q now, withheld where one of them is.

    Near no change PSI is the squared length of q − p, each part divided by p's root. A length is off by at most the noise's own, so
    the interval's ends are ((√PSI ∓ h)₊)², h the quantile of the noise's length: it reaches 0 whenever nothing changed.
    """
    for cell in (*before, *now):
        if isinstance(cell, Withheld):
            return cell
    old, new = [c for c in before if isinstance(c, Released)], [c for c in now if isinstance(c, Released)]
    p, q = np.array([c.value for c in old]), np.array([c.value for c in new])
    noise = np.array([math.hypot(a.sd, b.sd) for a, b in zip(old, new, strict=True)])
    value = float(np.sum((q - p) * np.log(q / p)))
    drawn = np.random.default_rng(len(p)).normal(size=(DRAWS, len(p))) * noise
    length = np.sqrt((drawn**2 / np.minimum(p, q)).sum(axis=1))
    half, root = float(np.quantile(length, KEPT)), math.sqrt(value)
    return Released(
        value=round(value, 6),
        low=math.floor(max(0.0, root - half) ** 2 * 1e6) / 1e6,
        high=math.ceil((root + half) ** 2 * 1e6) / 1e6,
        sd=round(float((2 * root * length + length**2).std()), 6),
        mechanism=_NAME,
    )
