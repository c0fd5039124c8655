"""The geometric mechanism's closed forms against sums over the distribution, and diffprivlib's draws against the distribution."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from secureprofile.adapters.diffprivlib import NoiseSampler
from secureprofile.dp.mechanism import half_width, standard_deviation

EPSILONS = st.floats(min_value=0.02, max_value=4.0)


def probabilities(epsilon: float) -> dict[int, float]:
    """P(X = x) straight from the definition, until the tail is below 1e-15."""
    alpha = math.exp(-epsilon)
    reach = int(40 / epsilon) + 2
    return {x: (1 - alpha) / (1 + alpha) * alpha ** abs(x) for x in range(-reach, reach + 1)}


@given(EPSILONS)
@settings(max_examples=50, deadline=None)
def test_standard_deviation_is_that_of_the_distribution(epsilon: float) -> None:
    variance = sum(p * x * x for x, p in probabilities(epsilon).items())
    assert math.isclose(standard_deviation(epsilon), math.sqrt(variance), rel_tol=1e-9)


@given(EPSILONS, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
@settings(max_examples=80, deadline=None)
def test_half_width_is_the_smallest_that_covers(epsilon: float, confidence: float) -> None:
    p = probabilities(epsilon)
    h = half_width(epsilon, confidence)
    assert sum(q for x, q in p.items() if abs(x) <= h) >= confidence - 1e-12
    if h > 0:
        assert sum(q for x, q in p.items() if abs(x) <= h - 1) < confidence


@pytest.mark.parametrize("epsilon", [0.1, 1.0])
def test_draws_follow_the_distribution(epsilon: float) -> None:
    """Chi-square over 20,000 draws; a right sampler fails one run in a million."""
    draws = NoiseSampler().geometric(epsilon, 20_000).tolist()
    edge = half_width(epsilon, 0.99)
    observed = np.array(
        [
            sum(d <= -edge for d in draws),
            *(draws.count(x) for x in range(-edge + 1, edge)),
            sum(d >= edge for d in draws),
        ]
    )
    p = probabilities(epsilon)
    expected = np.array(
        [
            sum(q for x, q in p.items() if x <= -edge),
            *(p[x] for x in range(-edge + 1, edge)),
            sum(q for x, q in p.items() if x >= edge),
        ]
    )
    assert stats.chisquare(observed, expected / expected.sum() * len(draws)).pvalue > 1e-6


@pytest.mark.parametrize("wrong", [0.9, 1.1])
def test_the_chi_square_would_notice_ten_percent_more_or_less_noise(wrong: float) -> None:
    draws = NoiseSampler().geometric(0.5 * wrong, 20_000)
    variance = sum(d * d for d in draws) / len(draws)
    # the sd of the variance's estimate is about 1.6 % here; 10 % of ε moves the variance by about 20 %
    assert abs(variance / standard_deviation(0.5) ** 2 - 1) > 0.08


def test_seeding_changes_nothing() -> None:
    """The noise comes from the operating system: seeded runs do not repeat (40 draws agree with probability below 1e-20)."""
    import random

    runs = []
    for _ in range(2):
        random.seed(1)
        np.random.seed(1)
        runs.append(NoiseSampler().geometric(0.1, 40).tolist())
    assert runs[0] != runs[1]
