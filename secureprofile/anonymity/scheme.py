"""What was decided, as data: the classes of one export with their labels, to be applied to later rows and judged again.

A scheme holds labels of hierarchies, which the file showed anyway, and hashes of the hierarchies; no row and no count. Labels that name what a class
held (``labels: sets``) depend on the rows they were made for and make no scheme.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from secureprofile.anonymity.classes import Codes
from secureprofile.anonymity.loss import Space
from secureprofile.anonymity.solve import Solution, Task, refusal, resolved
from secureprofile.errors import InputError

FORMAT = "secureprofile-scheme/1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scheme:
    """Classes of one export.

    Args:
        names: the quasi-identifiers.
        digests: of their hierarchies.
        levels: each class's level in each attribute (classes × attributes).
        labels: its label's place on that level (classes × attributes).
    """

    names: tuple[str, ...]
    digests: tuple[str, ...]
    levels: Codes
    labels: Codes

    def to_json(self) -> bytes:
        """Return the bytes that are stored: classes by node, ascending, so that equal schemes are equal bytes."""
        order = np.lexsort([*self.labels.T[::-1], *self.levels.T[::-1]])
        nodes: dict[tuple[int, ...], list[list[int]]] = {}
        for levels, labels in zip(self.levels[order].tolist(), self.labels[order].tolist(), strict=True):
            nodes.setdefault(tuple(levels), []).append(labels)
        content = {
            "format": FORMAT,
            "names": list(self.names),
            "hierarchies": list(self.digests),
            "classes": [[list(node), classes] for node, classes in nodes.items()],
        }
        return (json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> Scheme:
        """Read what :meth:`to_json` wrote.

        Raises:
            InputError: it is something else.
        """
        try:
            raw = json.loads(data)
            if set(raw) != {"format", "names", "hierarchies", "classes"} or raw["format"] != FORMAT:
                raise ValueError
            names, digests = tuple(map(str, raw["names"])), tuple(map(str, raw["hierarchies"]))
            levels = [node for node, classes in raw["classes"] for _ in classes]
            labels = [one for _, classes in raw["classes"] for one in classes]
            made = cls(
                names=names,
                digests=digests,
                levels=np.array(levels, np.int32).reshape(len(levels), len(names)),
                labels=np.array(labels, np.int32).reshape(len(labels), len(names)),
            )
            if len(digests) != len(names) or made.levels.shape != made.labels.shape or not len(levels):
                raise ValueError
            if int(made.levels.min()) < 0 or int(made.labels.min()) < 0:
                raise ValueError
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            raise InputError(
                f"this is not a scheme ({FORMAT})", hint="it stands with an export: exports list"
            ) from None
        return made


def scheme_of(space: Space, solution: Solution, names: Sequence[str]) -> Scheme | None:
    """Return the scheme of a solution, None where its labels are sets."""
    if solution.levels is None:
        return None
    labels = np.zeros_like(solution.levels)
    for at, (hierarchy, one) in enumerate(zip(space.hierarchies, solution.labels, strict=True)):
        places = [{text: place for place, text in enumerate(level.labels)} for level in hierarchy.levels]
        texts = [one.texts[code] for code in one.codes.tolist()]
        labels[:, at] = [
            places[level][text] for level, text in zip(solution.levels[:, at].tolist(), texts, strict=True)
        ]
    return Scheme(
        names=tuple(names),
        digests=tuple(hierarchy.digest for hierarchy in space.hierarchies),
        levels=solution.levels,
        labels=labels,
    )


def covered(scheme: Scheme, space: Space) -> Codes:
    """Return for each tuple of a table the scheme's class that covers it at the least loss, −1 where none does.

    Raises:
        InputError: the scheme was made for other quasi-identifiers or hierarchies.
    """
    _check(scheme, space)
    table = space.table
    place, least = np.full(len(table), -1, np.int32), np.full(len(table), np.inf)
    exact = math.prod(len(h.leaves) for h in space.hierarchies) < 1 << 62
    keys_of = _Keys(space) if exact else None
    nodes, belongs = np.unique(scheme.levels, axis=0, return_inverse=True)
    for at, node in enumerate(nodes.tolist()):
        members = np.flatnonzero(belongs.ravel() == at)
        theirs = scheme.labels[members]
        keys, wanted = keys_of.both(theirs, node) if keys_of else _ranked(space, theirs, node)
        order = np.argsort(wanted, kind="stable")
        found = np.minimum(np.searchsorted(wanted[order], keys), len(wanted) - 1)
        hit = np.flatnonzero(wanted[order][found] == keys)
        chosen = order[found[hit]]
        losses = space.class_losses(theirs[chosen], tuple(node))
        better = losses < least[hit] - 1e-12
        place[hit[better]] = members[chosen[better]]
        least[hit[better]] = losses[better]
    return place


class _Keys:
    """A number for each combination of labels. Nodes come in order, so what two of them share at the front is not summed again."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._radix = np.cumprod([1, *(len(h.leaves) for h in space.hierarchies[:-1])], dtype=np.int64)
        self._node: list[int] = []
        self._sums = [np.zeros(len(space.table), np.int64)]

    def both(self, theirs: Codes, node: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers of the table's tuples at a node, and those of the scheme's classes there."""
        shared = next((at for at, (a, b) in enumerate(zip(self._node, node, strict=False)) if a != b), len(self._node))
        del self._sums[shared + 1 :]
        for at in range(shared, len(node)):
            groups = self._space.hierarchies[at].levels[node[at]].groups[self._space.table.codes[:, at]]
            self._sums.append(self._sums[-1] + groups * self._radix[at])
        self._node = node
        return self._sums[-1], theirs.astype(np.int64) @ self._radix


def _ranked(space: Space, theirs: Codes, node: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the same where the product of the leaves does not fit a number: ranks among the combinations that occur."""
    mine = np.column_stack(
        [
            h.levels[level].groups[space.table.codes[:, at]]
            for at, (h, level) in enumerate(zip(space.hierarchies, node, strict=True))
        ]
    )
    _, numbers = np.unique(np.concatenate([mine, theirs]), axis=0, return_inverse=True)
    numbers = numbers.ravel()
    return numbers[: len(mine)], numbers[len(mine) :]


def _check(scheme: Scheme, space: Space) -> None:
    names = tuple(hierarchy.name for hierarchy in space.hierarchies)
    if scheme.names != names:
        raise InputError(
            f"the scheme is for {len(scheme.names)} other quasi-identifiers than the policy's {len(names)}",
            hint="apply it under the policy of its export, or decide anew without --scheme",
        )
    for name, digest, hierarchy in zip(names, scheme.digests, space.hierarchies, strict=True):
        if digest != hierarchy.digest:
            raise InputError(
                f"the scheme was made with another hierarchy of {name}",
                hint="generated hierarchies change with the values: declare a file or tree, or decide anew without --scheme",
            )
    for at, hierarchy in enumerate(space.hierarchies):
        counts = np.array([len(level.labels) for level in hierarchy.levels])
        levels = scheme.levels[:, at]
        if int(levels.max()) >= len(counts) or (scheme.labels[:, at] >= counts[levels]).any():
            raise InputError(
                f"the scheme names labels that {names[at]} does not have",
                hint="it was changed: take it from its export",
            )


def apply(scheme: Scheme, space: Space, task: Task) -> Solution:
    """Label a table by a scheme instead of deciding anew; what no class covers, or whose class is too small here, is suppressed.

    Raises:
        InputError: the scheme does not belong to these quasi-identifiers and hierarchies.
        CannotBeMet: more rows than ``task.suppression`` would be suppressed.
    """
    if space.table.population is not None:
        raise InputError(
            "a scheme cannot be applied where the policy counts a population", hint="decide anew without --scheme"
        )
    found = resolved(space, task, covered(scheme, space), scheme.levels)
    if found is None:
        raise refusal(space, task)
    return found
