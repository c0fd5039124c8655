"""The budget: conversions by other ways, and no accepted sequence of releases beyond any ceiling."""

from __future__ import annotations

import math
from decimal import Decimal

import dp_accounting
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.dp.gaussian import spent_delta
from secureprofile.dp.ledger import SAMPLERS, Account, Cost, charged, epsilon_of, period, posterior, rho_within

PAIRS = [(0.001, 1e-9), (0.03, 1e-6), (0.5, 1e-6), (0.5, 1e-5), (4.0, 1e-8)]


@pytest.mark.parametrize(("rho", "delta"), PAIRS)
def test_the_conversion_is_the_best_over_all_orders(rho: float, delta: float) -> None:
    """Canonne, Kamath and Steinke's formula on a grid of a million orders: never below the least of them by more than the grid is coarse."""
    more = np.exp(np.linspace(math.log(1e-4), math.log(1e7), 1_000_000))
    alpha = 1 + more
    bounds = alpha * rho + (math.log(1 / delta) + more * np.log1p(-1 / alpha) - np.log(alpha)) / more
    assert float(epsilon_of(Decimal(str(rho)), Decimal(str(delta)))) == pytest.approx(max(0.0, bounds.min()), rel=2e-5)


@pytest.mark.parametrize(("rho", "delta"), PAIRS)
def test_dp_accounting_says_the_same(rho: float, delta: float) -> None:
    orders = list(1 + np.exp(np.linspace(math.log(1e-3), math.log(1e5), 4000)))
    accountant = dp_accounting.rdp.RdpAccountant(orders)
    accountant.compose(dp_accounting.GaussianDpEvent(1 / math.sqrt(2 * rho)))
    assert float(epsilon_of(Decimal(str(rho)), Decimal(str(delta)))) == pytest.approx(
        accountant.get_epsilon(delta), rel=1e-3
    )


@pytest.mark.parametrize(("rho", "delta"), PAIRS)
def test_it_holds_for_gaussian_noise_whose_delta_is_known_exactly(rho: float, delta: float) -> None:
    assert spent_delta(math.sqrt(2 * rho), float(epsilon_of(Decimal(str(rho)), Decimal(str(delta))))) <= delta


@given(st.decimals("0.01", "20", places=3), st.sampled_from(["1e-9", "1e-6", "1e-4"]))
@settings(max_examples=60, deadline=None)
def test_the_ceiling_of_rho_is_within_the_ceiling_of_epsilon_and_nearly_all_of_it(epsilon: Decimal, delta: str) -> None:
    rho = rho_within(epsilon, Decimal(delta))
    assert epsilon_of(rho, Decimal(delta)) <= epsilon
    assert epsilon_of(rho * Decimal("1.0001"), Decimal(delta)) >= epsilon * Decimal("0.9999")


COSTS = st.builds(
    Cost,
    epsilon=st.decimals("0.01", "2", places=2),
    delta=st.decimals("0", "0.000003", places=7),
    rho=st.decimals("0.0001", "0.2", places=4),
    samplers=st.just(Decimal("1e-15")),
)


@given(st.sampled_from(["basic", "zcdp"]), st.lists(COSTS, max_size=40), st.integers(0, 2))
@settings(max_examples=150, deadline=None)
def test_no_accepted_sequence_exceeds_any_account(kind: str, costs: list[Cost], first: int) -> None:
    """Three nested ceilings; what all accept is charged to all. Their order does not matter."""
    limits = [("life", "4", "1e-5"), ("year", "2", "6e-6"), ("purpose", "3", "5e-6")]
    accounts = [Account(name=n, epsilon=Decimal(e), delta=Decimal(d), filter=kind) for n, e, d in limits]  # type: ignore[arg-type]
    for cost in costs:
        turned = accounts[first:] + accounts[:first]
        refused = charged(accounts, cost)
        assert (refused is None) == (charged(turned, cost) is None)
        if refused is None:
            accounts = [
                Account(name=a.name, epsilon=a.epsilon, delta=a.delta, filter=a.filter, costs=(*a.costs, cost))
                for a in accounts
            ]
    for account in accounts:
        assert account.epsilon_spent <= account.epsilon
        assert account.delta_spent <= account.delta
        assert account.share <= 1
        if kind == "zcdp":
            assert sum((c.samplers for c in account.costs), Decimal(0)) <= account.delta * SAMPLERS


@given(st.sampled_from(["basic", "zcdp"]), COSTS)
@settings(max_examples=60, deadline=None)
def test_as_many_releases_fit_as_is_said(kind: str, cost: Cost) -> None:
    account = Account(name="a", epsilon=Decimal(4), delta=Decimal("1e-5"), filter=kind)  # type: ignore[arg-type]
    times = account.times(cost)
    full = Account(name="a", epsilon=account.epsilon, delta=account.delta, filter=account.filter, costs=(cost,) * times)
    assert full.lacking(cost) is not None
    if times:
        one_less = Account(
            name="a", epsilon=account.epsilon, delta=account.delta, filter=account.filter, costs=(cost,) * (times - 1)
        )
        assert one_less.lacking(cost) is None


def test_many_releases_cost_less_under_zcdp_and_a_single_one_more() -> None:
    each = Cost(epsilon=Decimal(1), delta=Decimal("1e-6"), rho=Decimal("0.028"))
    basic, zcdp = (Account(name="a", epsilon=Decimal(10), delta=Decimal("1e-5"), filter=f) for f in ("basic", "zcdp"))  # type: ignore[arg-type]
    assert basic.times(each) == 10
    assert zcdp.times(each) > 40
    alone = Account(name="a", epsilon=Decimal(10), delta=Decimal("1e-6"), filter="zcdp", costs=(each,))
    assert alone.epsilon_spent > each.epsilon


def test_periods_and_beliefs() -> None:
    assert [period(f"2026-{month:02}-01T00:00:00Z", "quarter") for month in (1, 3, 4, 12)] == [
        "2026-Q1",
        "2026-Q1",
        "2026-Q2",
        "2026-Q4",
    ]
    assert posterior(0.1, Decimal(2)) == pytest.approx(0.1 * math.exp(2) / (0.9 + 0.1 * math.exp(2)))
