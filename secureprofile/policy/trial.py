"""Run the cases that a policy carries: which fail, and which cells of the policy no case looks at. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from secureprofile.policy.access import Request, Ruling, best_output, cells, decide_access
from secureprofile.policy.cases import Case
from secureprofile.policy.decide import decide
from secureprofile.policy.document import Path
from secureprofile.policy.model import Policy

Cell = tuple[str, str, str, str]
"""(role, purpose, dataset, column)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one case. ``failures`` are sentences, one for each column that was answered otherwise; none: passed."""

    position: int
    name: str
    failures: tuple[str, ...]
    because: tuple[Path, ...]
    covered: frozenset[Cell]

    @property
    def passed(self) -> bool:
        """Whether the policy answered as the case expects."""
        return not self.failures


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """All outcomes, and the cells that cases look at, out of all of the policy."""

    outcomes: tuple[Outcome, ...]
    cells: tuple[Cell, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The cases that were answered otherwise."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    @property
    def covered(self) -> frozenset[Cell]:
        """The cells that at least one case that passed looks at."""
        return frozenset(cell for outcome in self.outcomes if outcome.passed for cell in outcome.covered)

    @property
    def missed(self) -> tuple[Cell, ...]:
        """The cells that none does, in the file's order."""
        return tuple(cell for cell in self.cells if cell not in self.covered)

    @property
    def coverage(self) -> float:
        """The share of cells looked at, between 0 and 1."""
        return len(self.covered) / len(self.cells) if self.cells else 1.0


def run_cases(policy: Policy, *, day: date) -> Trial:
    """Run all cases of a policy.

    Args:
        policy: with its ``tests``.
        day: for cases that name none; agreements with recipients end.
    """
    outcomes = tuple(_run(policy, position, case, day) for position, case in enumerate(policy.tests))
    return Trial(outcomes=outcomes, cells=tuple(cells(policy)))


def _run(policy: Policy, position: int, case: Case, day: date) -> Outcome:
    known = case.when.purpose in policy.purposes
    when = case.when
    recipients = policy.purposes[when.purpose].recipients if known else ()
    request = Request(
        role=when.role,
        purpose=when.purpose,
        output=when.output or (best_output(policy, when.purpose) if known else "export"),
        dataset=when.dataset,
        column=None,
        recipient=when.recipient or next(iter(recipients), None),
        day=date.fromisoformat(when.day) if when.day else day,
        authenticated=when.authenticated,
    )
    failures: list[str] = []
    because: dict[Path, None] = {}
    covered: set[Cell] = set()
    for one, ruling in _questions(policy, request, when.columns):
        said = _differs(case, ruling)
        if said:
            failures.append(f"{one.column}: {said}" if one.column else said)
            because.update(dict.fromkeys(ruling.because))
        covered |= set(_looked_at(policy, one, ruling))
    return Outcome(
        position=position,
        name=case.name,
        failures=tuple(failures),
        because=tuple(because),
        covered=frozenset(covered),
    )


def _questions(policy: Policy, request: Request, columns: tuple[str, ...]) -> Iterator[tuple[Request, Ruling]]:
    for column in columns:
        found = [name for name, spec in policy.datasets.items() if column in spec.columns]
        dataset = request.dataset or next(iter(found), next(iter(policy.datasets)))
        one = replace(request, column=column, dataset=dataset)
        yield one, decide_access(policy, one)
    if not columns:
        yield request, _whole(policy, request)


def _whole(policy: Policy, request: Request) -> Ruling:
    """Decide about a purpose as a whole: the best answer that any column of the dataset (of any, where none is named) gets."""
    if request.dataset is not None and request.dataset not in policy.datasets:
        return Ruling(answer="deny", reason="unknown-dataset", because=(("datasets",),))
    names = [request.dataset] if request.dataset else list(policy.datasets)
    rulings = [
        decide_access(policy, replace(request, dataset=name, column=column))
        for name in names
        for column in policy.datasets[name].columns
    ]
    order = ("allow", "aggregate-only", "deny")
    best = min(rulings, key=lambda ruling: order.index(ruling.answer))
    if best.answer != "deny":
        return best
    plain = decide(policy, roles=(str(request.role),), purpose=str(request.purpose), output=request.output or "export")
    return next((ruling for ruling in rulings if ruling.reason == plain.reason), best)


def _differs(case: Case, ruling: Ruling) -> str:
    """Say how an answer differs from what the case expects; nothing where it does not."""
    expect = case.expect
    got = ruling.treatment.kind if ruling.treatment is not None else None
    if ruling.answer != expect.decision:
        return f"expected {expect.decision}, got {ruling.answer} ({ruling.reason})"
    if expect.reason is not None and ruling.reason != expect.reason:
        return f"{ruling.answer} as expected, but for the reason {ruling.reason}, not {expect.reason}"
    if expect.treatment is not None and got != expect.treatment:
        return f"{ruling.answer} as expected, but with the treatment {got or 'none'}, not {expect.treatment}"
    return ""


def _looked_at(policy: Policy, request: Request, ruling: Ruling) -> Iterator[Cell]:
    """Yield the cells that a question looks at: its own; a refusal of a whole purpose looks at all that it refuses."""
    role, purpose = str(request.role), str(request.purpose)
    if role not in policy.roles or purpose not in policy.purposes:
        return
    for name, spec in policy.datasets.items():
        if request.dataset in (None, name):
            for column in spec.columns:
                if column == request.column or (request.column is None and ruling.answer == "deny"):
                    yield role, purpose, name, column
