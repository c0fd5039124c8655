"""What is odd about a hierarchy: values without a leaf, levels and leaves that serve nothing, labels that say two things, steps too large.

Findings name levels and numbers, never a value or a label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from secureprofile.anonymity.hierarchy import Hierarchy

Kind = Literal["uncovered", "missing-cells", "ambiguous", "unused", "idle-level", "one-label", "large-step"]

SHARE: Final = 0.95
"""Share of the leaves that one label below the top may cover."""

STEP: Final = 0.5
"""Mean loss over all leaves that one step may add."""

FEW: Final = 10
"""Labels from which up the step to the last level counts as a step, since a level could stand between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is odd. With an error the hierarchy does not fit the data, or a label misleads; a warning is for its author."""

    kind: Kind
    severity: Literal["error", "warning"]
    message: str
    hint: str


def lint(hierarchy: Hierarchy, values: Collection[str] | None = None) -> tuple[Finding, ...]:
    """Tell what is odd, errors first.

    Args:
        hierarchy: nests, or it could not have been made.
        values: a column's different values, the empty text where cells are missing; None to look at the hierarchy alone.

    Example:
        >>> h = Hierarchy.from_rows("sex", [["f", "f", "*"], ["m", "m", "*"]])
        >>> [(found.kind, found.message) for found in lint(h, {"f", "m", ""})]
        [('missing-cells', 'missing cells are not covered'), ('idle-level', 'level 1 has the labels of level 0')]
    """
    found = [*(() if values is None else _data(hierarchy, {*values})), *_labels(hierarchy), *_levels(hierarchy)]
    return tuple(sorted(found, key=lambda one: one.severity))


def _data(hierarchy: Hierarchy, values: set[str]) -> Iterator[Finding]:
    leaves = hierarchy.places.keys()
    uncovered = len(values - leaves - {""})
    if uncovered:
        yield Finding(
            kind="uncovered",
            severity="error",
            message=f"{uncovered:,} of {len(values):,} different values of the data are not in the hierarchy",
            hint="add one line for each; secureprofile hierarchy check FILE --data DATA --column NAME --missing OUT writes them down",
        )
    if "" in values and "" not in leaves:
        yield Finding(
            kind="missing-cells",
            severity="error",
            message="missing cells are not covered",
            hint="add a line that begins with the delimiter: ;unknown;*",
        )
    unused = len(leaves - values)
    if unused:
        yield Finding(
            kind="unused",
            severity="warning",
            message=f"{unused:,} of {len(leaves):,} leaves do not occur in the data",
            hint="nothing to do if the attribute may take them: the loss of a label is its share of all leaves",
        )


def _labels(hierarchy: Hierarchy) -> Iterator[Finding]:
    """Tell which texts stand on two levels for different leaves: a written cell does not say which level it is from."""
    nested, apart = set(), set()
    seen: dict[str, list[tuple[int, int, int]]] = {}
    for level, one in enumerate(hierarchy.levels):
        firsts = np.flatnonzero(np.diff(one.groups, prepend=-1))
        for label, first, size in zip(one.labels, firsts.tolist(), one.sizes.tolist(), strict=True):
            for finer, other, covered in seen.get(label, ()):
                inside = first <= other < first + size  # labels are runs of leaves
                if not inside:
                    apart.add((finer, level, label))
                elif covered != size:
                    nested.add((finer, level, label))
            seen.setdefault(label, []).append((level, first, size))
    for severity, pairs, what in (("error", apart, "other leaves"), ("warning", nested, "more leaves")):
        if pairs:
            levels = sorted({(finer, coarser) for finer, coarser, _ in pairs})
            places = ", ".join(f"{finer} and {coarser}" for finer, coarser in levels[:5])
            count = len({label for _, _, label in pairs})
            yield Finding(
                kind="ambiguous",
                severity="error" if severity == "error" else "warning",
                message=f"{count:,} label{'s mean' if count > 1 else ' means'} {what} on a coarser level (levels {places})",
                hint="give every group a label of its own; in a file, equal texts are one class",
            )


def _levels(hierarchy: Hierarchy) -> Iterator[Finding]:
    count = len(hierarchy.leaves)
    means = [
        float((losses * level.sizes).sum() / count)
        for losses, level in zip(hierarchy.losses, hierarchy.levels, strict=True)
    ]
    for at, (finer, coarser) in enumerate(pairwise(hierarchy.levels), start=1):
        last = at == hierarchy.height
        if len(finer.labels) == len(coarser.labels) and not last:
            yield Finding(
                kind="idle-level",
                severity="warning",
                message=f"level {at} has the {'labels' if finer.labels == coarser.labels else 'groups'} of level {at - 1}",
                hint="remove it: it costs time and gains nothing",
            )
        share = int(coarser.sizes.max()) / count
        if not last and share > SHARE and count > 1:
            yield Finding(
                kind="one-label",
                severity="warning",
                message=f"on level {at} one label covers {share:.0%} of the leaves, which is more than {SHARE:.0%}",
                hint="divide that group, or remove the level",
            )
        step = means[at] - means[at - 1]
        if step > STEP and not (last and len(finer.labels) < FEW):
            yield Finding(
                kind="large-step",
                severity="warning",
                message=f"from level {at - 1} to {at} the mean loss grows by {step:.2f}, which is more than {STEP:.2f}",
                hint="put a level between them: classes take the finest level that suffices",
            )
