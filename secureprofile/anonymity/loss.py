"""What generalisation costs: the share of an attribute's leaves that a label covers, averaged over rows and attributes.

The measure is ARX's "Loss" with arithmetic mean, so that figures can be compared: for a label that covers n of D leaves (n − 1)/(D − 1), for a
suppressed row 1 in every attribute; attributes weigh as the policy says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from secureprofile.anonymity.classes import Classes, Codes, Counts
from secureprofile.anonymity.hierarchy import Hierarchy

Floats = npt.NDArray[np.float64]
Node = tuple[int, ...]
"""One level for each attribute."""


@dataclass(frozen=True, kw_only=True)
class Space:
    """What can be done to a table: its attributes' hierarchies and weights, and what each step costs.

    Args:
        table: different combinations of leaves, with their rows.
        hierarchies: one for each attribute.
        weights: how much each attribute's detail is worth; any positive numbers.
    """

    table: Classes
    hierarchies: tuple[Hierarchy, ...]
    weights: tuple[float, ...]

    @cached_property
    def shares(self) -> Floats:
        """The weights as shares of 1."""
        return np.asarray(self.weights, float) / sum(self.weights)

    @cached_property
    def rows(self) -> int:
        """Rows of the table."""
        return int(self.table.rows.sum())

    @property
    def bottom(self) -> Node:
        """The node that changes nothing."""
        return (0,) * len(self.hierarchies)

    @property
    def top(self) -> Node:
        """The node that leaves nothing."""
        return tuple(h.height for h in self.hierarchies)

    @property
    def nodes(self) -> int:
        """How many nodes the lattice has."""
        return int(np.prod([float(h.height + 1) for h in self.hierarchies]))

    def sizes(self, node: Node) -> list[int]:
        """Return how many labels each attribute has at a node."""
        return [len(h.levels[level].labels) for h, level in zip(self.hierarchies, node, strict=True)]

    def steps(self, finer: Node, coarser: Node) -> list[Codes | None]:
        """Return for each attribute the map from labels of one node to those of another; None where they are the same."""
        return [self._step(at, i, j) for at, (i, j) in enumerate(zip(finer, coarser, strict=True))]

    def _step(self, at: int, finer: int, coarser: int) -> Codes | None:
        if finer == coarser:
            return None
        known = self._steps.get((at, finer, coarser))
        if known is None:
            levels = self.hierarchies[at].levels
            known = np.zeros(len(levels[finer].labels), np.int32)
            known[levels[finer].groups] = levels[coarser].groups
            self._steps[at, finer, coarser] = known
        return known

    @cached_property
    def _steps(self) -> dict[tuple[int, int, int], Codes]:
        return {}

    @cached_property
    def label_losses(self) -> tuple[tuple[Floats, ...], ...]:
        """For each attribute and level, each label's part of a row's loss."""
        return tuple(
            tuple(share * losses for losses in h.losses) for share, h in zip(self.shares, self.hierarchies, strict=True)
        )

    @cached_property
    def mean_losses(self) -> tuple[tuple[float, ...], ...]:
        """For each attribute and level, its part of the mean loss of all rows, where none is suppressed."""
        weights = self.table.rows / max(1, self.rows)
        return tuple(
            tuple(
                float(losses[level.groups[self.table.codes[:, at]]] @ weights)
                for losses, level in zip(parts, h.levels, strict=True)
            )
            for at, (parts, h) in enumerate(zip(self.label_losses, self.hierarchies, strict=True))
        )

    def node_loss(self, node: Node) -> float:
        """Return the mean loss of all rows at a node, where none is suppressed."""
        return sum(self.mean_losses[at][level] for at, level in enumerate(node))

    def class_losses(self, codes: Codes, node: Node) -> Floats:
        """Return each class's loss; ``codes`` are its labels at the node."""
        total = np.zeros(len(codes))
        for at, level in enumerate(node):
            total += self.label_losses[at][level][codes[:, at]]
        return total


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labels:
    """The label of each class in one attribute: ``texts[codes[class]]``, and what share of the leaves it covers, as a loss."""

    texts: tuple[str, ...]
    codes: Codes
    losses: Floats


def covering(
    hierarchy: Hierarchy, leaves: Codes, places: Codes, classes: int, *, least: Codes | None = None
) -> tuple[Codes, Codes]:
    """Find for each class the finest label that covers all of its leaves.

    Args:
        hierarchy: of the attribute.
        leaves: one code for each tuple.
        places: each tuple's class, below ``classes``.
        classes: how many there are; none is empty.
        least: for each class a level below which not to go.

    Returns:
        (level, label's place on it) of each class.
    """
    level, label = np.full(classes, -1, np.int32), np.zeros(classes, np.int32)
    firsts = np.zeros(classes, np.intp)
    firsts[places[::-1]] = np.arange(len(places) - 1, -1, -1)
    for at, one in enumerate(hierarchy.levels):
        groups = one.groups[leaves]
        differs = np.zeros(classes, np.bool_)
        differs[places[groups != groups[firsts][places]]] = True
        found = (level < 0) & ~differs
        if least is not None:
            found &= at >= least
        level[found] = at
        label[found] = groups[firsts][found]
        if (level >= 0).all():
            break
    return level, label


def hierarchy_labels(hierarchy: Hierarchy, level: Codes, label: Codes) -> Labels:
    """Return labels of the hierarchy, given each class's level and its label's place there."""
    starts = np.cumsum([0, *(len(one.labels) for one in hierarchy.levels)])
    used, codes = np.unique(starts[level] + label, return_inverse=True)
    texts = [text for one in hierarchy.levels for text in one.labels]
    losses = np.concatenate(hierarchy.losses)
    return Labels(
        texts=tuple(texts[at] for at in used), codes=codes.astype(np.int32), losses=losses[starts[level] + label]
    )


def set_labels(hierarchy: Hierarchy, leaves: Codes, places: Codes, classes: int) -> Labels:
    """Return as labels what each class holds: one value, ``low..high`` where leaves are ordered, else ``{a, b}``.

    An interval counts as all leaves between its ends.
    """
    count = len(hierarchy.leaves)
    if hierarchy.ordered:
        low, high = np.full(classes, count, np.int64), np.full(classes, -1, np.int64)
        np.minimum.at(low, places, leaves)
        np.maximum.at(high, places, leaves)
        used, codes = np.unique(low * count + high, return_inverse=True)
        texts = tuple(_interval(hierarchy, *divmod(int(one), count)) for one in used)
        return Labels(texts=texts, codes=codes.astype(np.int32), losses=(high - low) / max(1, count - 1))
    pairs = np.unique(places.astype(np.int64) * count + leaves)
    place, leaf = np.divmod(pairs, count)
    held = np.bincount(place, minlength=classes)
    ends = np.cumsum(held)
    known: dict[bytes, int] = {}
    sets: list[Sequence[int]] = []
    codes = np.empty(classes, np.int32)
    for at, (first, last) in enumerate(zip(ends - held, ends, strict=True)):
        key = leaf[first:last].tobytes()
        if key not in known:
            known[key] = len(sets)
            sets.append(leaf[first:last].tolist())
        codes[at] = known[key]
    return Labels(texts=tuple(_set(hierarchy, one) for one in sets), codes=codes, losses=(held - 1) / max(1, count - 1))


def middle_labels(
    labels: Labels, numbers: Floats, places: Codes, rows: Counts, *, by: Literal["mean", "median"]
) -> Labels:
    """Return each class's mean or (lower) median in place of its label; classes without a number keep theirs. Losses stay those of the labels.

    Three digits are written, or whole numbers: with all of its digits a mean tells the class's sum.

    Args:
        labels: one for each class.
        numbers: each tuple's number, NaN where it has none.
        places: each tuple's class.
        rows: each tuple's rows.
        by: which middle.

    Example:
        >>> old = Labels(texts=("20 to 29",), codes=np.array([0], np.int32), losses=np.array([0.1]))
        >>> middle_labels(old, np.array([20.0, 27.0]), np.array([0, 0], np.int32), np.array([3, 1]), by="mean").texts
        ('21.8',)
    """
    count, there = len(labels.codes), ~np.isnan(numbers)
    numbers, places, rows = numbers[there], places[there], rows[there]
    held = np.bincount(places, weights=rows, minlength=count)
    if by == "mean":
        middles = np.bincount(places, weights=numbers * rows, minlength=count) / np.maximum(held, 1)
    else:
        order = np.lexsort((numbers, places))
        reached = np.cumsum(rows[order])
        before = np.concatenate(([0.0], np.cumsum(held)[:-1]))
        at = np.minimum(np.searchsorted(reached, before + held / 2), max(0, len(order) - 1))
        middles = numbers[order][at] if len(order) else np.zeros(count)
    texts = [f"{middle:.3g}" if abs(middle) < 1000 else f"{middle:.0f}" for middle in middles.tolist()]
    shown = [
        text if some else labels.texts[code]
        for text, some, code in zip(texts, held, labels.codes.tolist(), strict=True)
    ]
    used = {text: place for place, text in enumerate(dict.fromkeys(shown))}
    return Labels(texts=tuple(used), codes=np.array([used[text] for text in shown], np.int32), losses=labels.losses)


def _interval(hierarchy: Hierarchy, low: int, high: int) -> str:
    if low == high:
        return hierarchy.leaves[low]
    if high - low == len(hierarchy.leaves) - 1:
        return "*"
    return f"{hierarchy.leaves[low]}..{hierarchy.leaves[high]}"


def _set(hierarchy: Hierarchy, leaves: Sequence[int]) -> str:
    if len(leaves) == 1:
        return hierarchy.leaves[leaves[0]]
    if len(leaves) == len(hierarchy.leaves):
        return "*"
    return "{" + ", ".join(hierarchy.leaves[leaf] for leaf in leaves) + "}"
