"""A hierarchy: the values that an attribute may take, and the coarser labels that may stand for them, level by level.

Level 0 is the values themselves, the last level one label for all. Every level is a function of the finer one (a label never
splits), which is what lets classes be rolled up and bounds be inherited; a hierarchy that does not nest cannot be made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from secureprofile.errors import InputError

Codes = npt.NDArray[np.int32]
Shares = npt.NDArray[np.float64]

SUPPRESSED = "*"
"""The label that says nothing."""


class HierarchyError(InputError):
    """A hierarchy is wrong. ``problems`` names every place: line and level, never a value."""

    def __init__(self, name: str, problems: Sequence[str], *, hint: str) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(self.problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else "")
        super().__init__(f"hierarchy of {name}: {shown}", hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """One level: ``groups[leaf]`` is the place in ``labels`` of the label that stands for the leaf."""

    groups: Codes
    labels: tuple[str, ...]

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """How many leaves each label covers."""
        return np.bincount(self.groups, minlength=len(self.labels))


@dataclass(frozen=True, kw_only=True, eq=False)
class Hierarchy:
    """Leaves in an order in which those of one label stand side by side, and the levels above them.

    Args:
        name: of the attribute.
        leaves: the values, different; the empty text is a missing cell.
        levels: level 0 has the leaves as labels, the last one label.
        ordered: whether the leaves' order means something (numbers, dates, grades), so that an interval is a label.
    """

    name: str
    leaves: tuple[str, ...]
    levels: tuple[Level, ...]
    ordered: bool = False

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the hierarchy, in hex: JSON of name and, for each leaf, its labels from itself to the coarsest."""
        columns = [[level.labels[group] for group in level.groups.tolist()] for level in self.levels]
        rows = [list(row) for row in zip(*columns, strict=True)]
        return hashlib.sha256(json.dumps([self.name, rows], ensure_ascii=True).encode()).hexdigest()

    @property
    def height(self) -> int:
        """The coarsest level; 0 where there is nothing to generalise."""
        return len(self.levels) - 1

    @cached_property
    def places(self) -> dict[str, int]:
        """Leaf → its code."""
        return {leaf: code for code, leaf in enumerate(self.leaves)}

    @cached_property
    def losses(self) -> tuple[Shares, ...]:
        """For each level, what each label loses: (share of the leaves covered − 1/D) / (1 − 1/D), from 0 to 1."""
        count = len(self.leaves)
        return tuple((level.sizes - 1) / max(1, count - 1) for level in self.levels)

    @classmethod
    def from_rows(cls, name: str, rows: Sequence[Sequence[str]], *, ordered: bool = False) -> Hierarchy:
        """Make a hierarchy from rows ``value, level 1, …, coarsest``, one for each value.

        A last level of one label ``*`` is added where the coarsest has several. Leaves are put in an order in which
        labels are runs: that of the rows, as far as they allow.

        Raises:
            HierarchyError: rows of different length, a value twice, a label that splits: with line numbers, from 1.

        Example:
            >>> h = Hierarchy.from_rows("age", [["1", "1-2", "*"], ["2", "1-2", "*"], ["3", "3-4", "*"]])
            >>> h.height, h.leaves, h.levels[1].labels, [float(x) for x in h.losses[1]]
            (2, ('1', '2', '3'), ('1-2', '3-4'), [0.5, 0.0])
        """
        if len(set(map(len, rows))) > 1:
            raise _faults(name, rows)
        return cls.from_columns(name, list(zip(*rows, strict=True)), ordered=ordered)

    @classmethod
    def from_columns(cls, name: str, columns: Sequence[Sequence[str]], *, ordered: bool = False) -> Hierarchy:
        """Make the same from the columns of such rows: the values, then for each level the label of each value.

        Raises:
            HierarchyError: as :meth:`from_rows`.

        Example:
            >>> Hierarchy.from_columns("sex", [["f", "m"], ["*", "*"]]).height
            1
        """
        if not columns or not columns[0]:
            raise HierarchyError(name, ["no value at all"], hint="write one row for each value: value;level 1;…;*")
        texts = [*columns]
        if len(set(texts[-1])) > 1:
            texts.append([SUPPRESSED] * len(texts[0]))
        coded = [_coded(column) for column in texts]
        if len(coded[0][1]) < len(texts[0]) or not all(
            _nest(finer, coarser) for (finer, _), (coarser, _) in pairwise(coded)
        ):
            raise _faults(name, list(zip(*columns, strict=True)))
        order = np.lexsort([codes for codes, _ in coded])  # the last one, of the coarsest level, decides first
        levels = tuple(_level(codes[order], labels) for codes, labels in coded)
        return cls(name=name, leaves=levels[0].labels, levels=levels, ordered=ordered)


def _coded(column: Sequence[str]) -> tuple[Codes, tuple[str, ...]]:
    """Return each label's place in order of first appearance, and the labels in that order."""
    different = tuple(dict.fromkeys(column))
    places = dict(zip(different, range(len(different)), strict=True))
    return np.fromiter(map(places.__getitem__, column), np.int32, len(column)), different


def _nest(finer: Codes, coarser: Codes) -> bool:
    """Tell whether every finer label has one coarser label."""
    above = np.zeros(int(finer.max()) + 1, np.int32)
    above[finer] = coarser
    return bool((above[finer] == coarser).all())


def _level(codes: Codes, labels: tuple[str, ...]) -> Level:
    """Return a level whose labels are in the order of the leaves, where each is one run."""
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    groups = np.cumsum(np.diff(codes, prepend=codes[0]) != 0).astype(np.int32)
    return Level(groups=groups, labels=tuple(labels[code] for code in codes[starts].tolist()))


def _faults(name: str, rows: Sequence[Sequence[str]]) -> HierarchyError:
    """Return the error that names every fault of rows that have some."""
    problems = []
    width = len(rows[0])
    seen: dict[str, int] = {}
    above: list[dict[str, tuple[str, int]]] = [{} for _ in range(max(0, width - 1))]
    for line, row in enumerate(rows, start=1):
        if len(row) != width:
            problems.append(f"line {line} has {len(row)} levels, line 1 has {width}")
            continue
        if row[0] in seen:
            problems.append(f"line {line} has the value of line {seen[row[0]]} again")
        seen.setdefault(row[0], line)
        for level, (finer, coarser) in enumerate(pairwise(row)):
            known, where = above[level].setdefault(finer, (coarser, line))
            if known != coarser:
                problems.append(
                    f"level {level} and {level + 1} do not nest: lines {where} and {line} share a label there and differ above"
                )
    return HierarchyError(name, problems, hint="every label must have one label above it, and every value one row")
