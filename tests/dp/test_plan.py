"""Plans: the cheaper mechanism, prices by a second way, tables that add up, and nothing read from data."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal

import numpy as np
import pytest

from secureprofile.dp.accounting import table_epsilon
from secureprofile.dp.draw import noisy, widest
from secureprofile.dp.gaussian import largest_eta, spent_delta
from secureprofile.dp.mechanism import standard_deviation
from secureprofile.dp.plan import Gaussian, Geometric, Plan
from secureprofile.dp.residual import cell_variance, optimal, squared_distance
from secureprofile.errors import UsageError
from tests.dp.sample import Seeded, planned

SIZES = {"a": 4, "b": 3, "c": 5, "d": 2, "e": 3}
FEW = [("a",), ("a", "b")]
MANY: list[tuple[str, ...]] = [
    (),
    ("e",),
    ("b", "a"),
    ("a", "c"),
    ("d", "a"),
    ("b", "c"),
    ("d", "b"),
    ("c", "d"),
    ("e", "a"),
    ("b", "e"),
    ("e", "c"),
    ("d", "e"),
    ("d", "a", "c"),
]


MANY += [("a",), ("b",), ("c",), ("d",)]


def exact(plan: Plan, seed: int = 3) -> tuple[dict[tuple[str, ...], np.ndarray], np.ndarray]:
    """Counts of the plan's widest tables from one made-up population, and the population."""
    whole = np.random.default_rng(seed).integers(0, 40, tuple(SIZES.values()))
    return {table: summed(whole, table) for table in widest(plan)}, whole


def summed(whole: np.ndarray, table: tuple[str, ...]) -> np.ndarray:
    letters = "".join(SIZES)
    return np.asarray(np.einsum(f"{letters}->{''.join(table)}", whole))


def test_few_tables_get_geometric_noise_and_many_the_residual_basis() -> None:
    assert isinstance(planned(FEW, SIZES).noise, Geometric)
    assert isinstance(planned(MANY, SIZES, delta="0").noise, Geometric)
    assert isinstance(planned(MANY, SIZES).noise, Gaussian)


def test_the_chosen_noise_is_the_smaller_one() -> None:
    kinds = set()
    for width in range(1, len(MANY) + 1):
        plan = planned(MANY[:width], SIZES)
        single = table_epsilon(epsilon=Decimal(1), delta=Decimal("1e-6"), tables=width)
        eta = largest_eta(1, 1e-6)
        tables = {plan.canonical(table): 1.0 for table in plan.request.tables}
        spreads = optimal(tables, plan.sizes, eta)
        others = sum(cell_variance(table, spreads, plan.sizes) for table in tables)
        least = min(width * standard_deviation(single) ** 2, others)
        assert sum(plan.sd(t) ** 2 for t in plan.request.tables) == pytest.approx(least, rel=1e-4)
        kinds.add(type(plan.noise))
    assert kinds == {Geometric, Gaussian}


def test_what_is_measured_costs_what_was_asked_and_no_more() -> None:
    plan = planned(MANY, SIZES)
    assert isinstance(plan.noise, Gaussian)
    eta = math.sqrt(squared_distance(plan.noise.measurements, plan.sizes))
    assert 0.999e-6 < spent_delta(eta, 1.0) <= 1e-6
    assert float(plan.rho) == pytest.approx(eta**2 / 2, rel=1e-6)


def test_tables_add_up() -> None:
    plan = planned(MANY, SIZES)
    tables = noisy(plan, exact(plan)[0], Seeded(4))
    for table, other in itertools.product(plan.request.tables, repeat=2):
        common = sorted(set(table) & set(other))
        ours = np.einsum(f"{''.join(table)}->{''.join(common)}", tables[table])
        theirs = np.einsum(f"{''.join(other)}->{''.join(common)}", tables[other])
        assert np.allclose(ours, theirs)


@pytest.mark.parametrize("delta", ["0", "1e-6"])
def test_noise_has_the_planned_spread_and_no_bias(delta: str) -> None:
    """2,000 releases: a right mechanism fails one run in ten thousand (4.9 standard errors, 17 tables, three statistics)."""
    plan = planned(MANY, SIZES, delta=delta)
    counts, whole = exact(plan)
    sampler = Seeded(11)
    runs = [noisy(plan, counts, sampler) for _ in range(2000)]
    for table in plan.request.tables:
        truth, sd = summed(whole, table), plan.sd(table)
        off = np.array([(run[table] - truth).ravel()[0] for run in runs])
        assert abs(off.mean()) < 4.9 * sd / math.sqrt(2000)
        assert abs(off.var() / sd**2 - 1) < 4.9 * math.sqrt((5 if delta == "0" else 2) / 2000)
        assert np.mean(np.abs(off) <= plan.half_width(table)) > 0.95 - 4.9 * math.sqrt(0.95 * 0.05 / 2000)


def test_the_largest_variance_is_least_where_that_is_asked() -> None:
    average, largest = planned(MANY, SIZES), planned(MANY, SIZES, objective="largest")
    assert max(map(largest.sd, MANY)) < max(map(average.sd, MANY))
    assert sum(average.sd(t) ** 2 for t in MANY) < sum(largest.sd(t) ** 2 for t in MANY)


def test_a_heavier_table_gets_less_noise() -> None:
    even, heavy = planned(MANY, SIZES), planned(MANY, SIZES, weights={("a",): 50.0})
    assert heavy.sd(("a",)) < even.sd(("a",))
    assert heavy.hash != even.hash


def test_plans_are_refused_before_they_are_too_large() -> None:
    with pytest.raises(UsageError, match="cells"):
        planned([("a", "b", "c")], {"a": 300, "b": 300, "c": 300})


def test_the_share_shown_falls_with_the_noise() -> None:
    plan = planned([("a",), ("a", "c")], {"a": 10, "c": 30})
    assert 1 >= plan.shown(("a",)) > plan.shown(("a", "c")) > 0
