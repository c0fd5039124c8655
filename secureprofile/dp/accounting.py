"""What a plan costs: one (ε, δ) over all its tables, by their exact privacy loss (the ``basic`` filter).

Inside a plan every parameter is fixed before noise is drawn, so its tables may be composed exactly. Across plans ε and δ add
up (the ledger keeps the sums).
"""

from __future__ import annotations

import math
from decimal import Decimal

STEPS_PER_UNIT = 10**6
"""Table parameters are rounded down to multiples of 10⁻⁶: the plan states exactly the number that the sampler gets."""


def table_epsilon(*, epsilon: Decimal, delta: Decimal, tables: int) -> float:
    """Return the ε that each of ``tables`` geometric mechanisms may use so that together they are (``epsilon``, ``delta``)-DP.

    With δ = 0 this is ε divided by the number of tables. With δ > 0 it is the largest parameter (to 10⁻⁶) whose ``tables``-fold
    composition costs at most δ at ε, and never less than the even share.

    Args:
        epsilon: for the whole plan, > 0.
        delta: for the whole plan, in [0, 1).
        tables: how many tables one unit counts in, ≥ 1. A unit is in exactly one cell of each (ℓ₀ = 1 per table).

    Example:
        >>> table_epsilon(epsilon=Decimal("1"), delta=Decimal(0), tables=4)
        0.25
        >>> table_epsilon(epsilon=Decimal("1"), delta=Decimal("1e-6"), tables=40) > 1 / 40
        True
    """
    low = int(epsilon / tables * STEPS_PER_UNIT)
    if low == 0:
        raise ValueError("less than 1e-6 of epsilon per table")
    high = int(epsilon * STEPS_PER_UNIT)
    while delta > 0 and high - low > 1:  # invariant: low is affordable
        middle = (low + high) // 2
        if spent_delta(middle / STEPS_PER_UNIT, tables, float(epsilon)) <= float(delta):
            low = middle
        else:
            high = middle
    return low / STEPS_PER_UNIT


def spent_delta(per_table: float, tables: int, epsilon: float) -> float:
    """Return the exact δ at ``epsilon`` of ``tables`` geometric mechanisms of parameter ``per_table``.

    The likelihood ratio of two neighbouring counts is e^ε₀ or e^−ε₀ at every integer, the former with probability
    1/(1 + e^−ε₀). So the composed privacy loss is (2J − k)·ε₀ with J binomial, and
    δ(ε) = Σⱼ P(J = j) · max(0, 1 − e^(ε − (2j − k)ε₀)): the optimal composition of Kairouz, Oh and Viswanath 2015.

    Example:
        >>> spent_delta(0.25, 4, 1.0)
        0.0
    """
    up = 1 / (1 + math.exp(-per_table))
    losses = ((j, per_table * (2 * j - tables)) for j in range(tables + 1))
    return math.fsum(
        math.comb(tables, j) * up**j * (1 - up) ** (tables - j) * -math.expm1(epsilon - loss)
        for j, loss in losses
        if loss > epsilon
    )
