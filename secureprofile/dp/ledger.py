"""The budget: what a release costs under a domain's filter, what is left, and what that means. Pure; the ledger itself is in the state database.

Two filters. ``basic``: (ε, δ) of releases add up. ``zcdp``: a release costs ρ, its zero-concentrated privacy (Bun and Steinke 2016), and at most
a thousandth of the ceiling's δ is set aside for the samplers; ρ adds up also where each release is chosen after the ones before were seen
(Feldman and Zrnic 2021; Whitehouse et al. 2023). The ceiling (ε, δ) is then a ceiling of ρ, by the tight conversion of Canonne, Kamath and
Steinke (2020, Proposition 12). Many releases cost less that way, a single one more. A domain's filter stands in the policy before anything
is spent: taking the better of both afterwards would be neither.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Literal

Filter = Literal["basic", "zcdp"]
Span = Literal["lifetime", "year", "quarter", "month"]

SAMPLERS = Decimal("0.001")
"""The part of a zcdp ceiling's δ that is set aside for the distance of drawn from ideal noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one release costs: (ε, δ) as it states, ρ, and the part of δ that is the samplers'."""

    epsilon: Decimal
    delta: Decimal
    rho: Decimal
    samplers: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A ceiling and what was taken from it: a domain's for its lifetime, or one of its parts (a purpose, a period).

    Under ``zcdp``, ρ is what counts, and ``epsilon_spent`` is what the sum of ρ amounts to at the ceiling's δ.
    """

    name: str
    epsilon: Decimal
    delta: Decimal
    filter: Filter = "basic"
    span: Span = "lifetime"
    costs: tuple[Cost, ...] = ()

    @property
    def epsilon_spent(self) -> Decimal:
        """What was spent of ε."""
        if self.filter == "basic":
            return sum((cost.epsilon for cost in self.costs), Decimal(0))
        return epsilon_of(self.rho_spent, self.delta * (1 - SAMPLERS)) if self.costs else Decimal(0)

    @property
    def delta_spent(self) -> Decimal:
        """What was spent of δ; under zcdp the whole of it stands behind any ε."""
        if self.filter == "basic":
            return sum((cost.delta for cost in self.costs), Decimal(0))
        return self.delta if self.costs else Decimal(0)

    @property
    def rho(self) -> Decimal:
        """The ceiling of ρ under zcdp."""
        return rho_within(self.epsilon, self.delta * (1 - SAMPLERS))

    @property
    def rho_spent(self) -> Decimal:
        """The sum of ρ."""
        return sum((cost.rho for cost in self.costs), Decimal(0))

    @property
    def epsilon_left(self) -> Decimal:
        """What is left of ε."""
        return max(Decimal(0), self.epsilon - self.epsilon_spent)

    @property
    def delta_left(self) -> Decimal:
        """What is left of δ."""
        return self.delta - self.delta_spent

    @property
    def share(self) -> float:
        """The part of the ceiling that is gone, by what counts; 0 to 1."""
        if self.filter == "zcdp":
            return float(self.rho_spent / self.rho)
        return float(
            max(self.epsilon_spent / self.epsilon, self.delta_spent / self.delta if self.delta else Decimal(0))
        )

    def lacking(self, cost: Cost) -> tuple[str, Decimal, Decimal, Decimal] | None:
        """Return (letter, needed, left, ceiling) of what one more release lacks, None where it fits.

        Example:
            >>> spent = Account(name="people", epsilon=Decimal(1), delta=Decimal("1e-5"))
            >>> spent.lacking(Cost(epsilon=Decimal(2), delta=Decimal(0), rho=Decimal(2)))
            ('ε', Decimal('2'), Decimal('1'), Decimal('1'))
        """
        if self.filter == "zcdp":
            set_aside = self.delta * SAMPLERS
            samplers = sum((one.samplers for one in self.costs), Decimal(0))
            wanted = (
                ("ρ", cost.rho, self.rho - self.rho_spent, self.rho),
                ("δ", cost.samplers, set_aside - samplers, set_aside),
            )
        else:
            wanted = (
                ("ε", cost.epsilon, self.epsilon - self.epsilon_spent, self.epsilon),
                ("δ", cost.delta, self.delta - self.delta_spent, self.delta),
            )
        return next((one for one in wanted if one[1] > one[2]), None)

    def times(self, cost: Cost) -> int:
        """Return how many more releases of this cost fit.

        Example:
            >>> Account(name="p", epsilon=Decimal(4), delta=Decimal("1e-5")).times(Cost(epsilon=Decimal(1), delta=Decimal("1e-6"), rho=Decimal(1)))
            4
        """
        if self.filter == "zcdp":
            return int((self.rho - self.rho_spent) // cost.rho)
        fits = [(self.epsilon - self.epsilon_spent) // cost.epsilon]
        if cost.delta:
            fits.append((self.delta - self.delta_spent) // cost.delta)
        return max(0, int(min(fits)))


def epsilon_of(rho: Decimal, delta: Decimal) -> Decimal:
    """Return the ε at which whatever is ``rho``-zero-concentrated is (ε, ``delta``)-private, rounded up to six digits.

    ε = inf over α > 1 of αρ + (log(1/δ) + (α − 1) log(1 − 1/α) − log α)/(α − 1): any α gives a valid bound, so the search need not be exact.

    Args:
        rho: ≥ 0.
        delta: in (0, 1).

    Example:
        >>> epsilon_of(Decimal("0.5"), Decimal("1e-6"))
        Decimal('5.22154')
    """
    if not rho:
        return Decimal(0)
    r, log_delta = float(rho), math.log(float(delta))

    def bound(log_more: float) -> float:
        more = math.exp(log_more)  # α − 1
        return (1 + more) * r + (-log_delta - math.log1p(more)) / more + math.log(more) - math.log1p(more)

    low, high = math.log(1e-6), math.log(1e9)
    for _ in range(200):
        third = (high - low) / 3
        low, high = (low, high - third) if bound(low + third) <= bound(high - third) else (low + third, high)
    return Context(prec=6, rounding=ROUND_CEILING).plus(Decimal(max(0.0, bound((low + high) / 2)) * (1 + 1e-9)))


def rho_within(epsilon: Decimal, delta: Decimal) -> Decimal:
    """Return the largest ρ, rounded down to six digits, whose :func:`epsilon_of` is at most ``epsilon``.

    Example:
        >>> rho = rho_within(Decimal(4), Decimal("1e-5"))
        >>> rho, epsilon_of(rho, Decimal("1e-5")) <= 4
        (Decimal('0.373143'), True)
    """
    low, high = Decimal(0), epsilon  # ε is at least ρ
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if epsilon_of(middle, delta) <= epsilon else (low, middle)
    return Context(prec=6, rounding=ROUND_FLOOR).plus(low)


def period(at: str, span: Span) -> str:
    """Return the period in which a time (RFC 3339) lies.

    Example:
        >>> [period("2026-11-27T08:00:00Z", span) for span in ("month", "quarter", "year", "lifetime")]
        ['2026-11', '2026-Q4', '2026', '']
    """
    match span:
        case "month":
            return at[:7]
        case "quarter":
            return f"{at[:4]}-Q{(int(at[5:7]) + 2) // 3}" if at else ""
        case "year":
            return at[:4]
        case _:
            return ""


def posterior(prior: float, epsilon: Decimal) -> float:
    """Return the most certain that somebody of this prior belief about one person can become, 0 to 1.

    p ↦ e^ε p / (1 − p + e^ε p): the factor e^ε on the odds, up to the δ that is left aside here.

    Example:
        >>> round(posterior(0.5, Decimal(1)), 2), posterior(0.5, Decimal(0))
        (0.73, 0.5)
    """
    odds = math.exp(float(epsilon)) * prior / (1 - prior)
    return odds / (1 + odds)


def charged(accounts: Sequence[Account], cost: Cost) -> tuple[Account, tuple[str, Decimal, Decimal, Decimal]] | None:
    """Return the first account that one more release does not fit into, with what it lacks; None where all have room."""
    for account in accounts:
        lack = account.lacking(cost)
        if lack is not None:
            return account, lack
    return None
