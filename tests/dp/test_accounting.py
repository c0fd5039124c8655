"""What tables cost together: against sums over the noise itself, and against Google's privacy loss distributions."""

import itertools
import math
from decimal import Decimal

import pytest
from dp_accounting.pld import privacy_loss_distribution as pld
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.dp.accounting import spent_delta, table_epsilon


def pmf(epsilon: float, x: int) -> float:
    alpha = math.exp(-epsilon)
    return (1 - alpha) / (1 + alpha) * alpha ** abs(x)


@pytest.mark.parametrize("tables", [1, 2, 3])
@pytest.mark.parametrize("epsilon", [0.4, 1.0, 1.7])
def test_spent_delta_is_the_sum_over_all_outputs(tables: int, epsilon: float) -> None:
    """Σ over outputs of max(0, P(output | with) − e^ε P(output | without)), every output enumerated."""
    per_table, reach = 0.9, range(-45, 46)
    total = 0.0
    for output in itertools.product(reach if tables < 3 else range(-22, 23), repeat=tables):
        with_unit = math.prod(pmf(per_table, y - 1) for y in output)
        without = math.prod(pmf(per_table, y) for y in output)
        total += max(0.0, with_unit - math.exp(epsilon) * without)
    assert math.isclose(spent_delta(per_table, tables, epsilon), total, abs_tol=1e-8)


@given(st.floats(0.05, 0.5), st.integers(2, 12), st.floats(0.2, 2.0))
@settings(max_examples=15, deadline=None)
def test_dp_accounting_bounds_it_from_above_and_closely(per_table: float, tables: int, epsilon: float) -> None:
    one = pld.from_discrete_laplace_mechanism(per_table, sensitivity=1, value_discretization_interval=1e-4)
    bound = one.self_compose(tables).get_delta_for_epsilon(epsilon)
    assert bound - 2e-3 <= spent_delta(per_table, tables, epsilon) <= bound + 1e-12


@pytest.mark.parametrize(("epsilon", "delta", "tables"), [("1", "1e-6", 11), ("0.5", "1e-5", 40), ("2", "0", 7)])
def test_the_plan_is_affordable_maximal_and_never_below_the_even_share(epsilon: str, delta: str, tables: int) -> None:
    share = table_epsilon(epsilon=Decimal(epsilon), delta=Decimal(delta), tables=tables)
    assert spent_delta(share, tables, float(epsilon)) <= float(delta)
    assert spent_delta(share + 2e-6, tables, float(epsilon)) > float(delta)
    assert share >= float(Decimal(epsilon) / tables) - 1e-6


def test_too_little_for_the_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="1e-6"):
        table_epsilon(epsilon=Decimal("0.00001"), delta=Decimal(0), tables=11)
