"""From a table of different combinations and rules to one label for each class and attribute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from typing import Literal

import numpy as np

from secureprofile.anonymity.classes import Classes, Codes, Counts, Mask
from secureprofile.anonymity.cover import HIGH, NORMAL, Cover, cover
from secureprofile.anonymity.lattice import optimum
from secureprofile.anonymity.loss import Floats, Labels, Node, Space, covering, hierarchy_labels, set_labels
from secureprofile.anonymity.mdav import microaggregate
from secureprofile.anonymity.models import Models
from secureprofile.anonymity.mondrian import partition
from secureprofile.errors import Refused

_WORK = {"normal": 1_000_000_000, "high": 10_000_000_000}
"""Cells (combinations × attributes) that an exact search may go through, node by node; what it has not decided then, its bound says."""


class CannotBeMet(Refused):
    """No generalisation meets the rules. ``dearest`` is the attribute without which most would be gained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is asked: rules for classes, how much may be suppressed, by which method."""

    models: Models
    suppression: Fraction
    method: Literal["local", "global", "mondrian", "mdav"] = "local"
    labels: Literal["hierarchy", "sets"] = "hierarchy"
    effort: Literal["normal", "high"] = "normal"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """What was decided.

    Args:
        place: each tuple's class, −1 where it is suppressed.
        labels: for each attribute the label of each class.
        sizes: rows of each class.
        people: people of each class.
        suppressed: rows that are suppressed.
        loss: of the whole table, from 0 (as it came) to 1 (nothing left).
        attribute_losses: of each attribute over all rows, before weighing; suppressed rows count 1.
        bound: no output of this method has a lower loss; None where that is not known.
        node: of a global scheme, its levels.
        levels: of hierarchy labels, each class's level in each attribute (classes × attributes); none for sets.
    """

    place: Codes
    labels: tuple[Labels, ...]
    sizes: Counts
    people: Counts
    suppressed: int
    loss: float
    attribute_losses: tuple[float, ...]
    bound: float | None = None
    node: Node | None = None
    levels: Codes | None = None


def solve(space: Space, task: Task, *, told: Callable[[float], None] = lambda share: None) -> Solution:
    """Decide what every class of rows is called.

    Args:
        space: table, hierarchies, weights.
        task: what is asked.
        told: called with the share done, for a progress bar.

    Raises:
        CannotBeMet: no output meets the rules within the limit of suppression.
    """
    if not space.rows:
        raise CannotBeMet("the table has no row", hint="nothing was written; there is nothing to anonymise")
    people = int(space.table.people.sum()) if space.table.pairs is None else len(np.unique(space.table.pairs.person))
    if people < task.models.k:
        raise CannotBeMet(
            f"k = {task.models.k} asks for more people in every class than the table has ({people})",
            hint="lower k, or export more people",
        )
    suppressible = floor(task.suppression * space.rows)
    solution = (
        _global(space, task, suppressible)
        if task.method == "global"
        else _finest(space, task, suppressible, people, told)
    )
    if solution.suppressed == space.rows:
        raise _refusal(space, suppressible)
    return solution


def _finest(space: Space, task: Task, suppressible: int, people: int, told: Callable[[float], None]) -> Solution:
    """Recode locally with the least k at which the average risk is met, too."""
    k = task.models.k
    while k <= people:
        solution = _local(space, replace(task, models=replace(task.models, k=k)), suppressible, told)
        count, inside = len(solution.sizes), int(solution.people.sum())
        if task.models.average_met(count, inside):
            return solution
        # classes of k people risk 1/k on average at most, so this ends
        k = max(k + 1, floor(k * count / inside / (task.models.average_risk or 1)))
    raise _refusal(space, suppressible)


def _global(space: Space, task: Task, suppressible: int) -> Solution:
    looks = max(1_000, _WORK[task.effort] // max(1, space.table.codes.size))
    best = optimum(space, task.models, suppressible=suppressible, looks=looks)
    if best is None:
        raise _refusal(space, suppressible)
    _, places = space.table.rolled(space.steps(space.bottom, best.node), space.sizes(best.node))
    place = np.where(best.kept[places], (np.cumsum(best.kept) - 1)[places], -1).astype(np.int32)
    nodes = np.tile(np.array(best.node, np.int32), (int(best.kept.sum()), 1))
    solution = _labelled(space, place, task, least=nodes)
    return replace(solution, bound=best.bound, node=best.node)


def _local(space: Space, task: Task, suppressible: int, told: Callable[[float], None]) -> Solution:
    if task.method in ("mondrian", "mdav"):
        place = partition(space, task.models) if task.method == "mondrian" else microaggregate(space, task.models)
        least = None
    else:
        found = cover(space, task.models, limits=HIGH if task.effort == "high" else NORMAL, told=told)
        place, least = found.place, _least(space, found)
    left = int(space.table.rows[place < 0].sum())
    if left > suppressible:
        place = _absorbed(space, task.models, place, suppressible)
        least = None
    return _labelled(space, place, task, least=least)


def _least(space: Space, found: Cover) -> Codes | None:
    """Return the nodes at which classes were found, where their labels must stay as coarse: the population was counted there."""
    return found.nodes.astype(np.int32) if space.table.population is not None else None


def _labelled(space: Space, place: Codes, task: Task, *, least: Codes | None) -> Solution:
    """Give every class its labels, and count what they cost."""
    table = space.table
    kept = (place >= 0) & (table.rows > 0)
    places, count = place[kept], int(place.max(initial=-1)) + 1
    codes = table.codes[kept]
    labels, levels = [], np.zeros((count, len(space.hierarchies)), np.int32)
    for at, hierarchy in enumerate(space.hierarchies):
        if task.labels == "sets" and least is None:
            labels.append(set_labels(hierarchy, codes[:, at], places, count))
        else:
            level, label = covering(
                hierarchy, codes[:, at], places, count, least=None if least is None else least[:, at]
            )
            levels[:, at] = level
            labels.append(hierarchy_labels(hierarchy, level, label))
    inside = table.chosen(kept)
    sizes = np.bincount(places, weights=inside.rows, minlength=count).astype(np.int64)
    suppressed = space.rows - int(sizes.sum())
    losses = tuple((float(one.losses @ sizes) + suppressed) / space.rows for one in labels)
    return Solution(
        place=np.where(table.rows > 0, place, -1).astype(np.int32), labels=tuple(labels), sizes=sizes,
        people=_people(inside, places, count), suppressed=suppressed,
        loss=float(space.shares @ np.array(losses)), attribute_losses=losses,
        levels=levels if task.labels == "hierarchy" or least is not None else None,
    )  # fmt: skip


def _people(inside: Classes, places: Codes, count: int) -> Counts:
    if inside.pairs is None:
        return np.bincount(places, weights=inside.rows, minlength=count).astype(np.int64)
    return np.bincount(inside.pairs.rolled(places).place, minlength=count)


def _absorbed(space: Space, models: Models, place: Codes, suppressible: int) -> Codes:
    """Put rows that no class took, and may not be suppressed, into the class that loses least by it."""
    table = space.table
    left = (place < 0) & (table.rows > 0)
    count = int(place.max(initial=-1)) + 1
    sizes = np.bincount(place[place >= 0], weights=table.rows[place >= 0], minlength=count)
    for at in np.argsort(_joint_losses(space, place, left, count) * (sizes + table.rows[left].sum()), kind="stable"):
        joined = np.where(left, at, place).astype(np.int32)
        if models.met(_one_class(table, joined == at)).all():
            return joined
    whole = np.where(table.rows > 0, 0, -1).astype(np.int32)
    if models.met(_one_class(table, whole == 0)).all():
        return whole
    raise _refusal(space, suppressible)


def _one_class(table: Classes, inside: Mask) -> Classes:
    joined = table.chosen(inside).joined()
    if table.population is None:
        return joined
    return replace(joined, population=np.array([int(table.population.sum())]))


def _joint_losses(space: Space, place: Codes, left: Mask, count: int) -> Floats:
    """Return for each class what its label would lose if the rows left were in it too."""
    total = np.zeros(count)
    inside = place >= 0
    for at, hierarchy in enumerate(space.hierarchies):
        leaves = space.table.codes[:, at]
        own, extra = leaves[inside], np.unique(leaves[left])
        both = np.concatenate([own, np.tile(extra, count)])
        places = np.concatenate([place[inside], np.repeat(np.arange(count, dtype=np.int32), len(extra))])
        level, label = covering(hierarchy, both, places, count)
        total += space.shares[at] * hierarchy_labels(hierarchy, level, label).losses
    return total


def resolved(space: Space, task: Task, place: Codes, levels: Codes) -> Solution | None:
    """Return the solution in which the classes of ``place`` stay that meet the models, labelled at their ``levels``; None: it suppresses too much."""
    count = len(levels)
    table = space.table
    inside = (place >= 0) & (table.rows > 0)
    classes = table.chosen(inside).regrouped(place[inside], count)
    met = task.models.met(classes) & (classes.rows > 0)
    kept = np.where(inside & met[place], (np.cumsum(met) - 1)[place], -1).astype(np.int32)
    lost = int(table.rows[kept < 0].sum())
    people = int(classes.people[met].sum())
    if (
        lost > floor(task.suppression * space.rows)
        or lost == space.rows
        or not task.models.average_met(int(met.sum()), people)
    ):
        return None
    return _labelled(space, kept, replace(task, labels="hierarchy"), least=levels[met])


def refusal(space: Space, task: Task) -> CannotBeMet:
    """Return the error that says that rules cannot be met, and what would help."""
    return _refusal(space, floor(task.suppression * space.rows))


def _refusal(space: Space, suppressible: int) -> CannotBeMet:
    """Say which attribute costs most: the one with most different values for its rows."""
    used = [len(np.unique(space.table.codes[:, at])) for at in range(len(space.hierarchies))]
    dearest = space.hierarchies[int(np.argmax(used))].name
    return CannotBeMet(
        f"no generalisation meets the rules with at most {suppressible} of {space.rows} rows suppressed",
        hint=f"lower the thresholds, allow more suppression, or leave a quasi-identifier out: {dearest} has most different values ({max(used)})",
    )
