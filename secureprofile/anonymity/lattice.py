"""Global recoding: the best single level for each attribute, found exactly by branch and bound over boxes of the lattice.

A box is all nodes between a finest and a coarsest one. Its loss is at least the generalisation loss of its finest node (known from marginals
alone) plus what the suppression at its coarsest node costs: a class that fails a hereditary model there fails it in all its parts at every
finer node, and losing a row costs the more the finer the node. So one look at the coarsest node bounds, or removes, the whole box; boxes are
halved, the most promising one first, and the search ends when no box can hold anything better. Stopped earlier, it still knows how far from
the best it can be at most. Models that are not hereditary (entropy, recursive, t, presence) lower no bound; but where nothing may be
suppressed, a node that fails one rules out all finer nodes, since joining classes that meet it would meet it. The problem is NP-hard
(Meyerson and Williams 2004).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np

from secureprofile.anonymity.classes import Classes, Mask
from secureprofile.anonymity.loss import Node, Space
from secureprofile.anonymity.models import Models

_TIE = 1e-12
"""Losses nearer than this are the same: sums in another order differ by as much."""

_KEPT = 300
"""Tables of nodes that are kept to be rolled up further."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Optimum:
    """The best node found; no node has a loss below ``bound``, which equals ``loss`` where the search came to its end."""

    node: Node
    loss: float
    bound: float
    suppressed: int
    looked_at: int
    classes: Classes
    kept: Mask


def optimum(
    space: Space, models: Models, *, suppressible: int, looks: int, stop: Callable[[], bool] = lambda: False
) -> Optimum | None:
    """Find the node of least loss at which all classes but ``suppressible`` rows meet the models.

    Args:
        space: table and hierarchies.
        models: what classes must meet.
        suppressible: most rows that may be suppressed.
        looks: most nodes to look at; the bound says what that leaves open.
        stop: asked between nodes; True ends the search as ``looks`` does.

    Returns:
        The best node, None where no node that was looked at can be written.
    """
    search = _Search(space, models, suppressible)
    bottom, top = space.bottom, space.top
    heap = [(space.node_loss(bottom) + search.penalty(top), bottom, top)]
    if heap[0][0] == inf:
        return None
    if space.nodes > looks:
        _dive(search)
    while heap and heap[0][0] < search.loss - _TIE and search.looked_at < looks and not stop():
        _, low, high = heapq.heappop(heap)
        at = _widest(space, low, high)
        if at is None:  # a single node, which was looked at when it became the coarsest of its box
            continue
        middle = (low[at] + high[at]) // 2
        upper, lower = (*low[:at], middle + 1, *low[at + 1 :]), (*high[:at], middle, *high[at + 1 :])
        for finest, coarsest in ((upper, high), (low, lower)):
            least = space.node_loss(finest)
            if least + search.inherited(coarsest) >= search.loss - _TIE:
                continue
            bound = least + search.penalty(coarsest)
            if bound < search.loss - _TIE:
                heapq.heappush(heap, (bound, finest, coarsest))
    if search.best is None:
        return None
    open_bound = heap[0][0] if heap else search.loss
    return search.result(min(search.loss, open_bound))


def _dive(search: _Search) -> None:
    """Walk down from the top as long as it can be written: where the lattice is too large to be searched, a good node to begin with."""
    space = search.space
    node, refused = space.top, set[int]()
    while len(refused) < len(node):
        gains = {
            at: losses[level] - losses[level - 1]
            for at, (losses, level) in enumerate(zip(space.mean_losses, node, strict=True))
            if level and at not in refused
        }
        if not gains:
            return
        at = max(gains, key=gains.__getitem__)
        finer = (*node[:at], node[at] - 1, *node[at + 1 :])
        if search.penalty(finer) == inf:
            refused.add(at)
        else:
            node = finer


def _widest(space: Space, low: Node, high: Node) -> int | None:
    """Return the attribute whose levels differ most in loss within a box."""
    spans = [
        losses[coarsest] - losses[finest] if coarsest > finest else -1.0
        for losses, finest, coarsest in zip(space.mean_losses, low, high, strict=True)
    ]
    widest = max(range(len(spans)), key=spans.__getitem__)
    return widest if spans[widest] >= 0 else None


class _Search:
    """What has been looked at so far, and the best of it."""

    def __init__(self, space: Space, models: Models, suppressible: int) -> None:
        self.space, self.models, self.suppressible = space, models, suppressible
        self.loss, self.best, self.looked_at = inf, None, 0
        self._known: dict[Node, float] = {}
        self._nodes = np.empty((1024, len(space.hierarchies)), np.int8)
        self._penalties = np.empty(1024)
        self._tables = [space.table]
        self._levels = np.array([space.bottom], np.int8)

    best: tuple[Node, int] | None

    def inherited(self, node: Node) -> float:
        """Return what coarser nodes say a node's suppression costs at least."""
        count = len(self._known)
        coarser = (self._nodes[:count] >= np.array(node, np.int8)).all(axis=1)
        return float(self._penalties[:count][coarser].max(initial=0.0))

    def penalty(self, node: Node) -> float:
        """Return what suppression adds at least to the loss of a node and of all finer ones; infinite where they would suppress too many rows."""
        known = self._known.get(node)
        if known is None:
            known = inf if self.inherited(node) == inf else self._looked(node)
            self._remember(node, known)
        return known

    def _looked(self, node: Node) -> float:
        self.looked_at += 1
        table = self.table(node)
        lost = ~self.models.met(table)
        hopeless = lost if self.models.hereditary else ~self.models.promising(table)
        suppressed = int(table.rows[lost].sum())
        if suppressed > self.suppressible:
            closed = self.suppressible == 0 or int(table.rows[hopeless].sum()) > self.suppressible
            return inf if closed else self._cost(table, hopeless, node)
        loss = self.space.node_loss(node) + self._cost(table, lost, node)
        fewer = self.best is not None and abs(loss - self.loss) <= _TIE and suppressed < self.best[1]
        if (loss < self.loss - _TIE or fewer) and self._written(table, lost):
            self.loss, self.best = loss, (node, suppressed)
        return self._cost(table, hopeless, node)

    def _cost(self, table: Classes, lost: Mask, node: Node) -> float:
        """Return what it adds to a node's loss that these classes are suppressed."""
        spared = 1.0 - self.space.class_losses(table.codes[lost], node)
        return float(spared @ table.rows[lost]) / max(1, self.space.rows)

    def _written(self, table: Classes, lost: Mask) -> bool:
        """Tell whether the whole output meets what is asked of it as a whole."""
        kept = ~lost & (table.rows > 0)
        return self.models.average_met(int(kept.sum()), int(table.people[kept].sum()))

    def table(self, node: Node) -> Classes:
        """Return a node's classes, made from the smallest finer table at hand."""
        finer = np.flatnonzero((self._levels <= np.array(node, np.int8)).all(axis=1))
        best = min(finer, key=lambda at: len(self._tables[at]))
        source = self._tables[best]
        table, _ = source.rolled(self.space.steps(tuple(self._levels[best].tolist()), node), self.space.sizes(node))
        if len(self._tables) < _KEPT and len(table) < 0.8 * len(source):
            self._tables.append(table)
            self._levels = np.vstack([self._levels, np.array(node, np.int8)])
        return table

    def _remember(self, node: Node, penalty: float) -> None:
        count = len(self._known)
        if count == len(self._penalties):
            self._nodes = np.concatenate([self._nodes, np.empty_like(self._nodes)])
            self._penalties = np.concatenate([self._penalties, np.empty_like(self._penalties)])
        self._nodes[count], self._penalties[count] = node, penalty
        self._known[node] = penalty

    def result(self, bound: float) -> Optimum:
        """Return the best node with its classes."""
        assert self.best is not None
        node, suppressed = self.best
        table = self.table(node)
        return Optimum(
            node=node, loss=self.loss, bound=bound, suppressed=suppressed, looked_at=self.looked_at, classes=table,
            kept=self.models.met(table) & (table.rows > 0),
        )  # fmt: skip
