"""The rounded Gaussian: its price against integrals and dp-accounting, its draws against high-precision arithmetic and chi-square."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from decimal import Decimal, localcontext

import dp_accounting
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from secureprofile.adapters.diffprivlib import NoiseSampler, gaussian_mechanism
from secureprofile.adapters.gaussian import rounded_gaussian, tail_of_normal
from secureprofile.dp.gaussian import QUANTILE, eta_of_zcdp, largest_eta, spent_delta, total_variation, variance, zcdp


def hockey_stick(eta: float, epsilon: float) -> float:
    """δ from its definition: the integral of (p − e^ε q)₊ over the line, with fifty digits."""
    with mpmath.workdps(50):
        start = mpmath.mpf(epsilon) / eta + mpmath.mpf(eta) / 2  # p is N(η, 1), q is N(0, 1); p/q = e^ε there
        p = mpmath.quad(lambda x: mpmath.npdf(x, eta, 1), [start, start + 5, start + 12, start + 40])
        q = mpmath.quad(lambda x: mpmath.npdf(x, 0, 1), [start, start + 5, start + 12, start + 40])
        return float(p - mpmath.exp(epsilon) * q)


@given(st.floats(0.05, 3), st.floats(0.0, 4))
@settings(max_examples=40, deadline=None)
def test_delta_is_the_integral(eta: float, epsilon: float) -> None:
    exact = hockey_stick(eta, epsilon)
    assert abs(spent_delta(eta, epsilon) - exact) <= 1e-10 * exact + 1e-40


@given(st.floats(0.05, 5), st.floats(1e-12, 1e-3))
@settings(max_examples=25, deadline=None)
def test_the_largest_distance_is_affordable_and_nothing_more_is(epsilon: float, delta: float) -> None:
    eta = largest_eta(epsilon, delta)
    assert hockey_stick(eta, epsilon) <= delta < hockey_stick(eta * (1 + 1e-7), epsilon)


@pytest.mark.parametrize(("epsilon", "delta"), [(1, 1e-6), (1, 1e-9), (0.5, 1e-6), (2, 1e-6), (4, 1e-8)])
def test_dp_accounting_agrees(epsilon: float, delta: float) -> None:
    assert 1 / largest_eta(epsilon, delta) == pytest.approx(dp_accounting.get_sigma_gaussian(epsilon, delta), rel=1e-6)


@given(st.floats(1e-4, 5))
def test_concentrated_amounts_never_round_in_favour_of_the_spender(eta: float) -> None:
    rho = zcdp(eta)
    assert rho >= Decimal(eta) ** 2 / 2
    assert eta_of_zcdp(rho) ** 2 / 2 <= float(rho)


@pytest.mark.parametrize("sigma", [1.0, 1.5, 4.2247, 64.0])
def test_variance_and_intervals_are_those_of_the_distribution(sigma: float) -> None:
    k = np.arange(-int(14 * sigma) - 2, int(14 * sigma) + 3)
    p = stats.norm.cdf((k + 0.5) / sigma) - stats.norm.cdf((k - 0.5) / sigma)
    assert np.sum(p * k * k) == pytest.approx(variance(sigma), rel=2e-8)
    if sigma >= 64:
        assert np.sum(p[np.abs(k) <= QUANTILE * np.sqrt(variance(sigma)) + 0.5]) >= 0.95


@given(st.decimals(0, 13, places=6))
@settings(max_examples=60, deadline=None)
def test_the_tail_is_mpmaths(x: Decimal) -> None:
    with localcontext() as context, mpmath.workdps(60):
        context.prec = 160
        ours = mpmath.mpf(str(tail_of_normal(x)))
        theirs = mpmath.erfc(mpmath.mpf(str(x)) / mpmath.sqrt(2)) / 2
        assert abs(ours - theirs) <= theirs * mpmath.mpf(10) ** -40


def exactly(high: int, low: int, sigma: float) -> int:
    """The draw that 128 bits mean, by mpmath alone."""
    with mpmath.workdps(80):
        tail = (mpmath.mpf((high & (2**63 - 1)) << 64 | low) + mpmath.mpf(1) / 2) / mpmath.mpf(2) ** 128
        x = mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * tail) * mpmath.mpf(sigma)
        size = int(mpmath.floor(x + mpmath.mpf(1) / 2))
    return -size if high >> 63 else size


def draws_from(words: list[int], sigma: float) -> list[int]:
    data = b"".join(word.to_bytes(8, "little") for word in words)
    return rounded_gaussian(sigma, len(words) // 2, bits=lambda size: data[:size]).tolist()


@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=2), st.floats(1, 2**30))
@settings(max_examples=100, deadline=None)
def test_a_draw_is_what_its_bits_mean(words: list[int], sigma: float) -> None:
    assert draws_from(words, sigma) == [exactly(*words, sigma)]


@given(st.integers(0, 12), st.integers(-3, 3), st.sampled_from([1.0, 4.2247, 1000.0]))
@settings(max_examples=60, deadline=None)
def test_a_draw_beside_a_boundary_falls_on_its_own_side(sds: int, away: int, sigma: float) -> None:
    """Bits within three steps of 2⁻¹²⁸ of a boundary, where double precision knows nothing."""
    with mpmath.workdps(80):
        edge = mpmath.floor(sds * sigma) + mpmath.mpf(1) / 2
        drawn = (
            int(mpmath.floor(mpmath.erfc(edge / mpmath.mpf(sigma) / mpmath.sqrt(2)) / 2 * mpmath.mpf(2) ** 128)) + away
        )
    drawn = min(max(drawn, 0), 2**127 - 1)
    words = [drawn >> 64, drawn & (2**64 - 1)]
    with mpmath.workdps(80):
        tail = mpmath.erfc(edge / mpmath.mpf(sigma) / mpmath.sqrt(2)) / 2
        beyond = (drawn + mpmath.mpf(1) / 2) / mpmath.mpf(2) ** 128 <= tail
    assert draws_from(words, sigma) == [int(edge + (mpmath.mpf(1) / 2 if beyond else -mpmath.mpf(1) / 2))]


def misfit(draws: np.ndarray, sigma: float) -> float:
    """The p-value of draws against the distribution, chi-square over the middle values and both tails."""
    reach = int(2.5 * sigma)
    edges = np.concatenate([[-np.inf], np.arange(-reach, reach) + 0.5, [np.inf]])
    p = np.diff(stats.norm.cdf(edges / sigma))
    observed = np.array([np.sum((draws > low) & (draws < high)) for low, high in itertools.pairwise(edges)])
    return float(stats.chisquare(observed, p * len(draws)).pvalue)


@pytest.mark.parametrize("sigma", [1.0, 4.2247, 20.0])
def test_draws_follow_the_distribution_and_others_are_told_apart(sigma: float) -> None:
    """200,000 draws: a right sampler fails one run in a million, and one whose scale is 3 % off passes less often than that."""
    draws = NoiseSampler().gaussian(sigma, 200_000)
    assert misfit(draws, sigma) > 1e-6
    assert misfit(draws, sigma * 1.03) < 1e-6
    assert misfit(draws, sigma / 1.03) < 1e-6


@pytest.fixture
def seeded() -> Iterator[None]:
    random.seed(7)
    np.random.seed(7)
    return


def test_seeds_change_nothing(seeded: None) -> None:
    first = NoiseSampler().gaussian(1000.0, 20)
    random.seed(7)
    np.random.seed(7)
    assert first.tolist() != NoiseSampler().gaussian(1000.0, 20).tolist()


def test_total_variation_covers_every_boundary() -> None:
    """Against the exact masses of a coarse sampler of the same kind, with 12 bits instead of 128."""
    sigma, bits = 3.0, 12
    steps = (np.arange(2 ** (bits - 1)) + 0.5) / 2**bits
    size = np.floor(-stats.norm.ppf(steps) * sigma + 0.5).astype(int)
    k = np.arange(0, 60)
    drawn = np.bincount(size, minlength=60)[:60] / 2**bits * np.where(k == 0, 2, 2)
    exact = np.where(k == 0, 1, 2) * (stats.norm.cdf((k + 0.5) / sigma) - stats.norm.cdf((k - 0.5) / sigma))
    drawn[0] = np.mean(size == 0)
    assert 0 < np.abs(drawn - exact).sum() / 2 <= total_variation(sigma) * 2.0 ** (128 - bits)


def test_it_is_a_mechanism_of_diffprivlib() -> None:
    mechanism = gaussian_mechanism(sigma=30.0, sensitivity=5, epsilon=1.0)
    assert mechanism.mse(0) == pytest.approx(900 + 1 / 12)
    assert abs(mechanism.randomise(10**6) - 10**6) < 30 * 9
    with pytest.raises(TypeError):
        mechanism.randomise(1.5)


def test_a_scale_outside_the_range_is_refused() -> None:
    for sigma in (0.5, 2.0**31):
        with pytest.raises(ValueError, match="scale"):
            rounded_gaussian(sigma, 1)
