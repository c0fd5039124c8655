"""Local recoding: each class gets its own level in each attribute, by a greedy cover of the lattice.

Nodes are visited in rounds. In a round every class of the remaining rows that meets the models and loses at most the round's limit is published
and leaves; within a round, nodes of lesser loss come first. Limits rise until everything is covered. So a row is published about as finely
as those who are like it allow, and what is published is labelled with the finest label that covers it, not with its node's.

Finding the best cover is NP-hard; rounds that rise slower come nearer to taking the cheapest class there is at every moment (``effort``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import inf
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from secureprofile.anonymity.classes import Classes, Codes, Counts, Mask
from secureprofile.anonymity.loss import Floats, Node, Space
from secureprofile.anonymity.models import Models

N = TypeVar("N", np.int64, np.float64)

NORMAL = (0.02, 0.04, 0.08, 0.12, 0.2, 1.0)
"""Most that a class may lose in each round."""

HIGH = (*(0.0025 * step for step in range(1, 121)), *(0.3 + 0.02 * step for step in range(1, 11)), 1.0)

_NODES = 40_000
"""Most nodes that are visited; a larger lattice is thinned out to so many."""

_FEW = 3_000
"""So few different rows are grouped whole: a node that then has no class large enough will never have one."""

_MANY = 500
"""Nodes of a round from which each half of the attributes is looked at by itself first: nodes share halves."""

_GONE = 0.2
"""Share of rows that have left before the tables are made anew without them; until then they stand there with no row."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cover:
    """Which class each tuple is in (−1: none), and at which node each class was found."""

    place: Codes
    nodes: npt.NDArray[np.int8]
    visits: int


def cover(
    space: Space,
    models: Models,
    *,
    limits: Sequence[float] = NORMAL,
    told: Callable[[float], None] = lambda share: None,
) -> Cover:
    """Publish classes of rising loss until all rows are covered that can be.

    Args:
        space: table and hierarchies.
        models: what every class must meet.
        limits: of the rounds, rising to 1.
        told: called with the share of rows that is covered.
    """
    remaining = _Remaining(space, models)
    nodes = visited_nodes(space)
    lattice = np.array(nodes, np.int64)
    expected, cheapest = np.zeros(len(nodes)), np.zeros(len(nodes))
    for at, (means, parts) in enumerate(zip(space.mean_losses, space.label_losses, strict=True)):
        expected += np.array(means)[lattice[:, at]]
        cheapest += np.array([losses.min() for losses in parts])[lattice[:, at]]
    for limit in limits:
        round_ = np.flatnonzero(cheapest <= limit + 1e-12)
        for at in round_[np.argsort(expected[round_], kind="stable")]:
            cheapest[at] = remaining.visit(nodes[at], limit, halves=len(round_) > _MANY)
            if not remaining.left:
                return remaining.result()
        told(1.0 - remaining.left / max(1, len(space.table)))
    return remaining.result()


def visited_nodes(space: Space) -> list[Node]:
    """Return the lattice's nodes; of too many, those that remain when levels between leaves and ``*`` are left out.

    The level that differs least from its neighbours goes first. Attributes of the least loss are then taken whole or not at all.
    """
    levels = [list(range(h.height + 1)) for h in space.hierarchies]
    while np.prod([float(len(one)) for one in levels]) > _NODES:
        inner = [(at, place) for at, one in enumerate(levels) for place in range(1, len(one) - 1)]
        if not inner:
            break
        losses = space.mean_losses
        at, place = min(
            inner,
            key=lambda one: losses[one[0]][levels[one[0]][one[1] + 1]] - losses[one[0]][levels[one[0]][one[1] - 1]],
        )
        levels[at].pop(place)
    cheap = sorted(range(len(levels)), key=lambda at: space.mean_losses[at][-1])
    while np.prod([float(len(one)) for one in levels]) > _NODES:
        at = cheap.pop(0)
        levels[at] = [levels[at][-1]]
    return [*product(*levels)]


class _Remaining:
    """The tuples that are in no class yet: their keys as leaves, and what each level of each attribute adds to key and loss."""

    def __init__(self, space: Space, models: Models) -> None:
        table = space.table
        self.space, self.models = space, models
        self.tuples = np.flatnonzero(table.rows > 0)
        self.rows = table.rows[self.tuples]
        self.place = np.full(len(table), -1, np.int32)
        self.left = len(self.tuples)
        self.nodes: list[tuple[Node, int]] = []
        self.count, self.visits = 0, 0
        codes = table.codes[self.tuples]
        radix, self.keys, self.losses = 1, [], []
        half = len(space.hierarchies) // 2
        self.parts = (slice(0, half), slice(half, None))
        self.bases: list[Counts] = [np.zeros(len(codes), np.int64) for _ in self.parts]
        self.crowds: dict[tuple[int, Node], Mask] = {}
        for at, hierarchy in enumerate(space.hierarchies):
            groups = [level.groups[codes[:, at]] for level in hierarchy.levels]
            key = np.array([group.astype(np.int64) * radix for group in groups])
            self.bases[at >= half] += key[0]
            self.keys.append(key - key[0])
            self.losses.append(
                np.array([one[group] for one, group in zip(space.label_losses[at], groups, strict=True)])
            )
            radix *= len(hierarchy.leaves)
        # beyond 64 bits sums of keys wrap around, and classes that differ could meet: then each is looked at closer
        self.exact = radix < 1 << 63

    keys: list[Counts]
    losses: list[Floats]

    def visit(self, node: Node, limit: float, *, halves: bool) -> float:
        """Publish what can be published at a node; return the least that a class may lose that is published there later.

        Classes only shrink, so what is not large enough now never will be. Infinite: nothing will be published there.
        """
        self.visits += 1
        among = self.rows > 0
        if halves:  # who is among too few in some attributes is so in all
            for side, part in enumerate(self.parts):
                among &= self._crowd(side, node[part])
        whole = halves or len(self.tuples) <= _FEW or limit >= 1
        never = inf if whole else limit
        if halves and int(self.rows[among].sum()) < self.models.k:
            return never
        if not whole:
            among &= _sum(np.zeros(len(self.rows)), self.losses, node) <= limit + 1e-12
        chosen = np.flatnonzero(among)
        if not len(chosen):
            return never
        order, starts, large = self._grouped(self.bases[0] + self.bases[1], slice(None), node, chosen)
        if not large.any():
            return never
        later = never
        if whole and limit < 1:
            firsts = chosen[order[starts[large]]]
            losses = _sum(np.zeros(len(self.rows)), self.losses, node, firsts)
            now = losses <= limit + 1e-12
            later = float(losses[~now].min(initial=inf))
            large[large] = now
            if not now.any():
                return later
        sizes = np.diff(np.append(starts, len(order)))
        members = chosen[order[np.repeat(large, sizes)]]
        classes = np.repeat(np.arange(int(large.sum())), sizes[large]).astype(np.int32)
        return later if self._publish(members, classes, node) else limit

    def _grouped(
        self, base: Counts, part: slice, levels: Node, chosen: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Mask]:
        """Group some tuples by some attributes: an order in which groups are runs, where each begins, which are large enough."""
        keys = _sum(base, self.keys[part], levels, chosen)
        order = np.argsort(keys)
        ordered = keys[order]
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        return order, starts, np.add.reduceat(self.rows[chosen[order]], starts) >= self.models.k

    def _crowd(self, side: int, levels: Node) -> Mask:
        """Tell for each tuple whether enough rows are like it in half of the attributes; true for as long as the tables stand."""
        known = self.crowds.get((side, levels))
        if known is None:
            everybody = np.arange(len(self.rows))
            order, starts, large = self._grouped(self.bases[side], self.parts[side], levels, everybody)
            known = np.zeros(len(self.rows), np.bool_)
            known[order[np.repeat(large, np.diff(np.append(starts, len(order))))]] = True
            self.crowds[side, levels] = known
        return known

    def _publish(self, members: npt.NDArray[np.intp], classes: Codes, node: Node) -> bool:
        """Let those of the classes that meet the models leave; return whether all did."""
        asked = len(members)
        if self.models.others or self.space.table.pairs is not None or not self.exact:
            members, classes = self._meeting(members, node)
        if not len(members):
            return False
        self.place[self.tuples[members]] = classes + self.count
        found = int(classes.max()) + 1
        self.nodes.append((node, found))
        self.count += found
        self.rows[members] = 0
        self.left -= len(members)
        if self.left < (1 - _GONE) * len(self.tuples):
            stays = self.rows > 0
            self.tuples, self.rows = self.tuples[stays], self.rows[stays]
            self.bases = [base[stays] for base in self.bases]
            self.crowds.clear()
            self.keys = [part[:, stays] for part in self.keys]
            self.losses = [part[:, stays] for part in self.losses]
        return len(members) == asked

    def _meeting(self, members: npt.NDArray[np.intp], node: Node) -> tuple[npt.NDArray[np.intp], Codes]:
        space = self.space
        among: Mask = np.zeros(len(space.table), np.bool_)
        among[self.tuples[members]] = True
        if space.table.population is not None:  # everybody who fits the labels counts, published or not
            among |= space.table.population > 0
        part = space.table.chosen(among)
        if space.table.population is not None:
            part = _only(part, self.tuples[members], np.flatnonzero(among))
        table, places = part.rolled(space.steps(space.bottom, node), space.sizes(node))
        met = self.models.met(table) & (table.rows > 0)
        mine = places[np.searchsorted(np.flatnonzero(among), self.tuples[members])]
        passed = met[mine]
        return members[passed], (np.cumsum(met) - 1)[mine[passed]].astype(np.int32)

    def result(self) -> Cover:
        """Return what was published."""
        nodes = np.empty((self.count, len(self.space.hierarchies)), np.int8)
        first = 0
        for node, found in self.nodes:
            nodes[first : first + found] = node
            first += found
        return Cover(place=self.place, nodes=nodes, visits=self.visits)


def _only(part: Classes, chosen: npt.NDArray[np.intp], among: npt.NDArray[np.intp]) -> Classes:
    """Return a table in which only the chosen tuples have rows; of the others the population counts alone."""
    mine = np.isin(among, chosen)
    return Classes(
        codes=part.codes,
        rows=np.where(mine, part.rows, 0),
        histograms=tuple(h.masked(mine) for h in part.histograms),
        pairs=None if part.pairs is None else part.pairs.masked(mine),
        population=part.population,
    )


def _sum(
    base: npt.NDArray[N], parts: Sequence[npt.NDArray[N]], node: Node, chosen: npt.NDArray[np.intp] | None = None
) -> npt.NDArray[N]:
    """Add to a base what each attribute's level adds; leaves add nothing. Of a good part of the rows, all are added up first: that reads in order."""
    some = chosen if chosen is not None and len(chosen) < len(base) // 4 else None
    total: npt.NDArray[N] = base.copy() if some is None else base.take(some)
    for part, level in zip(parts, node, strict=True):
        if level:
            np.add(total, part[level] if some is None else part[level].take(some), out=total)
    return total if chosen is None or some is not None else total.take(chosen)
