"""The figures of a generalised export that a person reads, and its manifest holds."""

from __future__ import annotations

from dataclasses import dataclass

from secureprofile.anonymity.risk import class_sizes, prosecutor
from secureprofile.flows.generalise import Generalised


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The figures of one generalised export: exact, for the operator only. Shares and risks lie between 0 and 1."""

    k: int
    method: str
    classes: int
    smallest: int
    suppressed: int
    loss: float
    bound: float | None
    attribute_losses: dict[str, float]
    levels: dict[str, int] | None
    unique_before: float
    highest_risk_before: float
    average_risk_before: float
    highest_risk: float
    average_risk: float
    bands: tuple[tuple[int, int | None, int, int], ...]


def decided(shaped: Generalised) -> Decided:
    """Return the figures."""
    names = list(shaped.rules.quasi_identifiers)
    solution, people = shaped.solution, shaped.tuples.table.people
    before = people[people > 0]
    sizes, risk_before, risk = class_sizes(solution.people), prosecutor(before), prosecutor(solution.people)
    node = solution.node
    return Decided(
        k=shaped.task.models.k,
        method=shaped.rules.method,
        classes=sizes.classes,
        smallest=sizes.smallest,
        suppressed=solution.suppressed,
        loss=solution.loss,
        bound=solution.bound,
        attribute_losses=dict(zip(names, solution.attribute_losses, strict=True)),
        levels=None if node is None else dict(zip(names, node, strict=True)),
        unique_before=class_sizes(before).uniques / int(before.sum()),
        highest_risk_before=risk_before.highest,
        average_risk_before=risk_before.average,
        highest_risk=risk.highest,
        average_risk=risk.average,
        bands=tuple((band.low, band.high, band.classes, band.records) for band in sizes.bands if band.classes),
    )
