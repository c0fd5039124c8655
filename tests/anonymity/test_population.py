"""Estimators of population uniqueness: against exact fractions, another optimiser, models that are drawn from, and published figures."""

from __future__ import annotations

import csv
import math
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special

from secureprofile.anonymity.pitman import _polygamma, fitted
from secureprofile.anonymity.population import estimates, pitman, slide, unique_match, zayatz

USA = 317_238_626
"""The population that ARX takes for the United States."""

sizes = st.lists(st.integers(1, 8), min_size=2, max_size=30)


@pytest.fixture(scope="module")
def adult(shared_data: Path) -> np.ndarray:
    with (shared_data / "arx_adult" / "adult.csv").open(encoding="utf-8") as file:
        return np.array(list(Counter(tuple(row) for row in list(csv.reader(file, delimiter=";"))[1:]).values()))


def test_figures_of_adult(adult: np.ndarray) -> None:
    """Those of ARX 3.9 for the United States: Pitman, which the rule trusts, 3.89 %; Zayatz 26.5 %."""
    found = estimates(adult, USA)
    assert found.chosen == found.pitman
    assert found.pitman is not None
    assert found.pitman.share == pytest.approx(0.0389, abs=5e-5)
    assert found.zayatz.share == pytest.approx(0.265, abs=5e-4)
    assert found.fraction == pytest.approx(30_162 / USA)


# --- Zayatz ---------------------------------------------------------------------------------------------------------------


@given(sizes, st.integers(0, 200))
def test_zayatz_is_bayes_in_exact_fractions(classes: list[int], more: int) -> None:
    n = sum(classes)
    total = n + more

    def once(size: int) -> Fraction:
        """Return how likely exactly one of ``size`` records among ``total`` is among ``n`` that are drawn."""
        return Fraction(size * math.comb(total - size, n - 1), math.comb(total, n))

    count = Counter(classes)
    whole = sum(Fraction(number, len(classes)) * once(size) for size, number in count.items())
    expected = 0 if not count[1] else count[1] * Fraction(count[1], len(classes)) * once(1) / whole * Fraction(total, n)
    found = zayatz(np.array(classes), total)
    assert found.uniques == pytest.approx(float(expected), rel=1e-9)
    assert found.share == pytest.approx(float(expected) / total, rel=1e-9)


# --- Pitman ---------------------------------------------------------------------------------------------------------------


def test_polygamma_is_that_of_scipy() -> None:
    x = np.concatenate([np.linspace(0.001, 30, 2000), 10.0 ** np.arange(2, 10)])
    digamma, trigamma = _polygamma(x)
    assert np.allclose(digamma, special.digamma(x), rtol=1e-12, atol=1e-12)
    assert np.allclose(trigamma, special.polygamma(1, x), rtol=1e-11)


def likelihood(classes: list[int], theta: float, alpha: float) -> float:
    """Return Pitman's log-likelihood as the products that it is made of."""
    found = sum(math.log(theta + i * alpha) for i in range(1, len(classes)))
    found -= sum(math.log(theta + i) for i in range(1, sum(classes)))
    return found + sum(math.log(i - alpha) for size in classes for i in range(1, size))


@settings(max_examples=60, deadline=None)
@given(sizes)
def test_no_other_optimiser_finds_a_greater_likelihood(classes: list[int]) -> None:
    found = fitted(np.array(classes))

    def loss(at: np.ndarray) -> float:
        alpha = 1 / (1 + math.exp(-float(np.clip(at[1], -30, 30))))
        return -likelihood(classes, math.exp(float(np.clip(at[0], -30, 30))) - alpha, alpha)

    starts = [(1.0, 0.0), (3.0, 2.0), (0.0, -3.0)]
    best = min(
        (optimize.minimize(loss, s, method="Nelder-Mead", options={"maxiter": 4000, "fatol": 1e-12}) for s in starts),
        key=lambda one: float(one.fun),
    )
    if found is None:  # the likelihood rises towards a border: α of 0 or 1, θ + α of 0, or both without end
        alpha = 1 / (1 + math.exp(-float(np.clip(best.x[1], -30, 30))))
        assert alpha < 1e-3 or alpha > 1 - 1e-2 or abs(best.x[0]) > 5, best.x
    else:
        assert likelihood(classes, *found) >= -float(best.fun) - 1e-6


def seated(rng: np.random.Generator, people: int, theta: float, alpha: float) -> np.ndarray:
    """Return each person's class, drawn by Pitman's process: a new one with chance (θ + α·classes)/(θ + people so far)."""
    places, sizes, classes = np.empty(people, np.int64), np.zeros(people, np.int64), 0
    draws = rng.random(people)
    for person in range(people):
        if draws[person] * (theta + person) < theta + alpha * classes:
            places[person], classes = classes, classes + 1
        else:
            while True:  # an earlier person's class, with a chance proportional to size − α
                chosen = places[rng.integers(person)]
                if rng.random() < 1 - alpha / sizes[chosen]:
                    break
            places[person] = chosen
        sizes[places[person]] += 1
    return places


def sampled(rng: np.random.Generator, places: np.ndarray, fraction: float) -> np.ndarray:
    sample = rng.choice(places, int(fraction * len(places)), replace=False)
    return np.unique(sample, return_counts=True)[1]


def truth(places: np.ndarray) -> int:
    return int((np.unique(places, return_counts=True)[1] == 1).sum())


@pytest.mark.parametrize(("theta", "alpha"), [(100.0, 0.5), (300.0, 0.3), (1000.0, 0.7)])
def test_pitman_finds_the_uniques_of_a_population_of_its_own(theta: float, alpha: float) -> None:
    """Mean of eight samples of 5 % of 30,000 people within 15 %: a fifth of that was seen; the seed is fixed, so no false alarm."""
    rng = np.random.default_rng(20120)
    errors = []
    for _ in range(8):
        places = seated(rng, 30_000, theta, alpha)
        found = pitman(sampled(rng, places, 0.05), len(places))
        assert found is not None
        errors.append(found.uniques / truth(places) - 1)
    assert abs(np.mean(errors)) < 0.15, errors


def test_the_expected_uniques_are_those_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """With θ and α known: mean of 60 populations of 2,000 within 4.5 standard errors, a false alarm of 7e-6 were the seed not fixed."""
    rng = np.random.default_rng(7)
    monkeypatch.setattr("secureprofile.anonymity.population.fitted", lambda sizes: (50.0, 0.4))
    expected = pitman(np.array([1, 2]), 2000)
    assert expected is not None
    seen = [truth(seated(rng, 2000, 50.0, 0.4)) for _ in range(60)]
    assert abs(np.mean(seen) - expected.uniques) < 4.5 * np.std(seen) / math.sqrt(60)


def test_where_everybody_is_unique_pitman_has_no_solution() -> None:
    assert pitman(np.ones(50, np.int64), 1000) is None
    assert estimates(np.ones(50, np.int64), 1000).chosen.method == "zayatz"


# --- slide negative binomial -------------------------------------------------------------------------------------------------


def shlosser(classes: list[int], q: Fraction) -> Fraction:
    """Haas & Stokes's third estimator, term by term over classes."""
    below = sum((1 - q) ** i * ((1 + q) ** i - 1) for i in classes)
    first = sum(i * q**2 * (1 - q**2) ** (i - 1) for i in classes) / below
    second = sum((1 - q) ** i for i in classes) / sum(i * q * (1 - q) ** (i - 1) for i in classes)
    return len(classes) + classes.count(1) * first * second**2


@settings(deadline=None)
@given(st.lists(st.integers(1, 6), min_size=3, max_size=25), st.integers(1, 60))
def test_the_slide_model_expects_the_ones_and_twos_of_the_sample(classes: list[int], more: int) -> None:
    """A second way: α and β from the estimate's definition, then the expected classes by summing over all population sizes."""
    records, ones, twos = sum(classes), classes.count(1), classes.count(2)
    total = records + more
    found = slide(np.array(classes), total)
    if not ones:
        assert found is not None
        assert found.uniques == 0
        return
    if found is None or not twos:
        return
    pi, k = records / total, float(shlosser(classes, Fraction(records, total)))

    def expected(alpha: float, beta: float, drawn: int) -> float:
        x = np.arange(0, 6000)
        logs = special.gammaln(x + alpha) - special.gammaln(alpha) - special.gammaln(x + 1)
        mass = np.exp(logs + alpha * math.log(beta) + x * math.log1p(-beta))
        size = x + 1
        thinned = special.comb(size, drawn) * pi**drawn * (1 - pi) ** (size - drawn)
        return k * float((mass * thinned).sum())

    def wrong(at: np.ndarray) -> list[float]:
        alpha, beta = math.exp(at[0]), 1 / (1 + math.exp(-at[1]))
        return [expected(alpha, beta, 1) - ones, expected(alpha, beta, 2) - twos]

    # the estimate says K·β^α; on the curve of that value one point fits both equations
    value = found.uniques / k

    def on_curve(log_alpha: float) -> np.ndarray:
        beta = value ** math.exp(-log_alpha)
        return np.array([log_alpha, math.log(beta / (1 - beta))])

    grid = np.linspace(-6, 6, 241)
    misses = [sum(abs(one) for one in wrong(on_curve(at))) for at in grid if 1e-3 < value ** math.exp(-at) < 1 - 1e-9]
    starts = [at for at in grid if 1e-3 < value ** math.exp(-at) < 1 - 1e-9]
    if not misses:
        return
    at = starts[int(np.argmin(misses))]
    best = optimize.minimize_scalar(
        lambda a: sum(abs(one) for one in wrong(on_curve(a))), bounds=(at - 0.06, at + 0.06), method="bounded",
        options={"xatol": 1e-10},
    )  # fmt: skip
    assert best.fun < 1e-3 * (ones + twos)


@pytest.mark.parametrize(("alpha", "beta"), [(0.5, 0.1), (1.0, 0.3), (2.0, 0.2)])
def test_the_slide_model_finds_the_uniques_of_a_population_of_its_own(alpha: float, beta: float) -> None:
    """Half of 20,000 classes drawn by the model: within 15 %; a fifth of that was seen, the seed is fixed."""
    rng = np.random.default_rng(1998)
    places = np.repeat(np.arange(20_000), 1 + rng.negative_binomial(alpha, beta, 20_000))
    found = slide(sampled(rng, places, 0.5), len(places))
    assert found is not None
    assert found.uniques == pytest.approx(truth(places), rel=0.15)


# --- the rule ---------------------------------------------------------------------------------------------------------------


@given(sizes, st.integers(0, 2000))
def test_the_rule_chooses_by_the_fraction(classes: list[int], more: int) -> None:
    total = sum(classes) + more
    found = estimates(np.array(classes), total)
    for one in (found.pitman, found.zayatz, found.snb):
        assert one is None or 0 <= one.uniques <= total * (1 + 1e-9)
        assert one is None or one.share == pytest.approx(one.uniques / total)
    if sum(classes) / total <= 0.1:
        assert found.chosen == (found.pitman or found.zayatz)
    else:
        candidates = [one for one in (found.zayatz, found.snb) if one is not None]
        assert found.chosen.uniques == min(one.uniques for one in candidates)
    if 1 not in classes:
        assert found.chosen.uniques == 0


@given(sizes)
def test_who_is_unique_in_the_whole_population_is_counted(classes: list[int]) -> None:
    """A sample of everybody: the estimate that the rule chooses is exact."""
    found = estimates(np.array(classes), sum(classes))
    assert found.chosen.uniques == pytest.approx(classes.count(1), abs=1e-6)


@pytest.mark.parametrize(("fraction", "tolerance"), [(0.05, 0.35), (0.1, 0.35), (0.2, 0.25), (0.5, 0.1)])
def test_the_rule_on_people_with_independent_attributes(fraction: float, tolerance: float) -> None:
    """A population that fits none of the models, as in Dankar et al.: the share that is unique, within a relative tolerance that they report."""
    rng = np.random.default_rng(12_66)
    counts = (80, 2, 7, 16, 40)
    columns = [rng.choice(count, 60_000, p=rng.dirichlet(np.full(count, 0.7))) for count in counts]
    places = np.ravel_multi_index(columns, counts)
    found = estimates(sampled(rng, places, fraction), len(places))
    assert found.chosen.uniques == pytest.approx(truth(places), rel=tolerance)


def test_a_population_smaller_than_its_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="at least as large"):
        estimates(np.array([3, 2]), 4)


def test_unique_matches_are_as_often_right_as_was_told() -> None:
    """Data intrusion simulated: of the population's matches with a sample unique, the share that is the same person, within 10 %."""
    rng = np.random.default_rng(64)
    places = rng.zipf(1.3, 40_000)
    told, seen = [], []
    for _ in range(10):
        chosen = rng.permutation(len(places)) < len(places) // 5
        alone = np.flatnonzero(np.bincount(places[chosen] % 10**6, minlength=10**6) == 1)
        everybody = np.bincount(places % 10**6, minlength=10**6)[alone]
        classes = np.bincount(places[chosen] % 10**6)
        told.append(unique_match(classes[classes > 0], len(places)))
        seen.append(len(alone) / everybody.sum())
    assert np.mean(told) == pytest.approx(np.mean(seen), rel=0.1)
    assert unique_match(np.array([3, 5]), 100) is None
