"""A release, written down before noise is drawn: what is asked, what it costs, how exact each number will be.

A plan depends on the policy, the tag dictionary and the request only, never on data: two people who read the same files get
the same plan and the same hash. It takes the cheaper of two mechanisms by the request's own objective: geometric noise on each
table by itself, or the residual basis of all tables with rounded Gaussian noise.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import reduce
from statistics import NormalDist
from types import MappingProxyType

import numpy as np

from secureprofile.dp import gaussian, mechanism
from secureprofile.dp.accounting import table_epsilon
from secureprofile.dp.ledger import Cost
from secureprofile.dp.marginals import CLEAR, keys
from secureprofile.dp.numbers import Clips, Sum, plan_numbers, sd_of_sum, share
from secureprofile.dp.request import Request
from secureprofile.dp.residual import Measurement, Sizes, Subset, cell_variance, closure, fairest, in_integers, optimal
from secureprofile.errors import UsageError
from secureprofile.released import Attribute, Measure

CONFIDENCE = 0.95
MOST_CELLS = 5_000_000
SLACK = Decimal("1e-9")
"""The part of δ that pays for the distance of drawn from ideal noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometric:
    """Every table by itself, with two-sided geometric noise of parameter ``epsilon`` on each count."""

    epsilon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaussian:
    """All tables from one set of residuals, at the distance ``eta`` (standard deviations between neighbours)."""

    eta: float
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A request with its noise, and what that costs and gives."""

    request: Request
    attributes: Mapping[str, Attribute]
    minimum_group: int
    population: int
    noise: Geometric | Gaussian
    hash: str
    measures: Mapping[str, Measure] = field(default_factory=dict)
    sums: tuple[Sum, ...] = ()
    clips: tuple[Clips, ...] = ()

    @property
    def sizes(self) -> Sizes:
        """How many values each attribute has."""
        return _sizes(self.attributes)

    @property
    def mechanism(self) -> str:
        """The mechanism's name."""
        return mechanism.NAME if isinstance(self.noise, Geometric) else gaussian.NAME

    @property
    def spreads(self) -> dict[Subset, float]:
        """The variance scale τ² of every residual, in people²; empty for geometric noise."""
        measured = self.noise.measurements if isinstance(self.noise, Gaussian) else ()
        spreads = {m.subset: m.spread(self.sizes) for m in measured}
        return spreads | {s: 0.0 for t in self.request.tables for s in closure([self.canonical(t)]) if s not in spreads}

    @property
    def rho(self) -> Decimal:
        """The cost in zero-concentrated privacy, rounded up; a geometric table of ε costs at most ε²/2."""
        if isinstance(self.noise, Gaussian):
            return gaussian.zcdp(self.noise.eta)
        return gaussian.zcdp(self.noise.epsilon * math.sqrt(len(self.request.tables)))

    @property
    def cost(self) -> Cost:
        """What the release takes from a budget, under either filter."""
        slack = self.request.delta * SLACK if isinstance(self.noise, Gaussian) else Decimal(0)
        return Cost(epsilon=self.request.epsilon, delta=self.request.delta, rho=self.rho, samplers=slack)

    def canonical(self, table: Sequence[str]) -> Subset:
        """Return a table's attributes in the plan's own order, as residuals name them."""
        return tuple(code for code in self.attributes if code in table)

    def sd(self, table: Sequence[str]) -> float:
        """Return the standard deviation of the noise on each count of a table, in people."""
        if isinstance(self.noise, Geometric):
            return mechanism.standard_deviation(self.noise.epsilon)
        return math.sqrt(cell_variance(self.canonical(table), self.spreads, self.sizes))

    def half_width(self, table: Sequence[str]) -> float:
        """Return by how many people an interval reaches to either side."""
        if isinstance(self.noise, Geometric):
            return mechanism.half_width(self.noise.epsilon, CONFIDENCE)
        return gaussian.QUANTILE * self.sd(table)

    def threshold(self, table: Sequence[str]) -> float:
        """Return the noisy count from which a cell is shown."""
        return max(self.minimum_group, CLEAR * self.sd(table))

    def shown(self, table: Sequence[str]) -> float:
        """Return the share of cells expected to be shown for people made up by a public rule, 0 to 1.

        The declared population is spread over each tag as 1, ½, ⅓, … of its values (Zipf), independently between tags: a shape many
        categories have. Nothing is known of the real people.
        """
        shares: np.ndarray = reduce(np.multiply.outer, [_zipf(self.sizes[code]) for code in table], np.ones(()))
        certain = NormalDist(0, self.sd(table)).cdf
        return float(np.mean([certain(self.population * s - self.threshold(table)) for s in shares.ravel().tolist()]))

    def sum_sd(self, one: Sum) -> float:
        """Return the standard deviation of the noise on a measure's sum in one group, in the measure's unit."""
        table = next(table for table in self.request.tables if frozenset(table) == frozenset(one.by))
        return sd_of_sum(self.measures[one.measure], one.sigma, self.sd(table))

    def mean_reach(self, one: Sum, people: int) -> float:
        """Return by how much a mean's interval reaches to either side in a group of so many, in the measure's unit.

        For a mean in the middle of the bounds, where the group's size does not matter; towards a bound it grows by the size's own noise.
        """
        half_step = float(self.measures[one.measure].grid) / 2
        return gaussian.QUANTILE * half_step * math.sqrt(gaussian.variance(one.sigma)) / people

    def of(self, table: Sequence[str]) -> tuple[Attribute, ...]:
        """Return the attributes of one table."""
        return tuple(self.attributes[code] for code in table)

    def cells(self, table: Sequence[str]) -> int:
        """Return how many cells one table has."""
        return math.prod(self.sizes[code] for code in table)


def plan_release(
    request: Request,
    *,
    attributes: Mapping[str, Attribute],
    minimum_group: int,
    population: int,
    measures: Mapping[str, Measure] = MappingProxyType({}),
) -> Plan:
    """Plan a release: the least noise at which all its tables and numbers together cost exactly the request's (ε, δ).

    Args:
        request: what is asked.
        attributes: at least those of the request's tables.
        measures: at least those of the request's numbers.
        minimum_group: the smallest that the purpose allows; a request may ask for a larger one.
        population: people, as the policy declares them.

    Raises:
        UsageError: too many cells, or less than the smallest amount per table.
    """
    used = {code: attributes[code] for table in request.tables for code in table}
    sizes = _sizes(used)
    if sum(math.prod(sizes[code] for code in table) for table in request.tables) > MOST_CELLS:
        raise UsageError(
            f"release {request.name} has more than {MOST_CELLS:,} cells", hint="ask for tables of fewer tags"
        )
    known = {one.measure: measures[one.measure] for one in request.numbers}
    try:
        noise, sums, clips = _cheapest(request, used, known)
    except ValueError as error:
        raise UsageError(f"release {request.name}: {error}", hint="ask for fewer tables, or more ε") from None
    minimum = max(minimum_group, request.minimum_group)
    content = {
        "format": "secureprofile-plan/2",
        "request": [request.name, request.purpose, request.domain, str(request.epsilon), str(request.delta)],
        "tables": [list(table) for table in request.tables],
        "compare": [[one.segment, one.base] for one in request.compare],
        "values": {code: [value.code for value in attribute.values] for code, attribute in used.items()},
        "minimum_group": minimum,
        "noise": asdict(noise),
        "measures": {code: [str(one.low), str(one.high), str(one.grid)] for code, one in known.items()},
        "numbers": [[asdict(one) for one in part] for part in (request.numbers, sums, clips)],
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return Plan(
        request=request, attributes=used, minimum_group=minimum, population=population, noise=noise, hash=digest,
        measures=known, sums=sums, clips=clips,
    )  # fmt: skip


_Noise = tuple[Geometric | Gaussian, tuple[Sum, ...], tuple[Clips, ...]]


def _cheapest(request: Request, used: Mapping[str, Attribute], measures: Mapping[str, Measure]) -> _Noise:
    """Return the mechanism of less noise by the request's objective. Both are computed from public numbers alone.

    Where numbers are asked for, all noise is Gaussian, and they get their part of the squared distance.
    """
    sizes, tables = _sizes(used), request.tables
    canonical = {table: tuple(code for code in used if code in table) for table in tables}
    weights = {canonical[table]: request.weights.get(table, 1.0) for table in tables}
    single = Geometric(epsilon=table_epsilon(epsilon=request.epsilon, delta=request.delta, tables=len(tables)))
    if request.delta == 0:
        return single, (), ()
    eta = gaussian.largest_eta(float(request.epsilon), float(request.delta * (1 - SLACK)))
    choose = optimal if request.objective == "average" else fairest
    weight = sum(request.weights.get(table, 1.0) for table in tables)
    kept = eta * math.sqrt(share(request.numbers, weight)[0])
    measurements = tuple(in_integers(choose(weights, sizes, kept), sizes, kept))
    sums, clips = plan_numbers(request.numbers, measures, eta=eta, tables=weight)
    drawn = sum(m.coordinates(sizes) * gaussian.total_variation(m.sigma) for m in measurements)
    drawn += sum(math.prod(sizes[c] for c in one.by) * gaussian.total_variation(one.sigma) for one in sums)
    drawn += sum(gaussian.total_variation(one.sigma) for one in clips)
    if (1 + math.exp(request.epsilon)) * drawn > float(request.delta * SLACK):
        raise ValueError("δ is too small for so many draws")
    spreads = {m.subset: m.spread(sizes) for m in measurements}
    spreads |= {s: 0.0 for table in weights for s in closure([table]) if s not in spreads}
    gaussian_loss = [weight * cell_variance(table, spreads, sizes) for table, weight in weights.items()]
    geometric_loss = [weight * mechanism.standard_deviation(single.epsilon) ** 2 for weight in weights.values()]
    better = sum if request.objective == "average" else max
    if not sums and better(geometric_loss) <= better(gaussian_loss):
        return single, (), ()
    return Gaussian(eta=eta, measurements=measurements), sums, clips


def _sizes(attributes: Mapping[str, Attribute]) -> dict[str, int]:
    return {code: len(keys([attribute])) for code, attribute in attributes.items()}


def _zipf(size: int) -> np.ndarray:
    weights = 1 / np.arange(1, size + 1)
    result: np.ndarray = weights / weights.sum()
    return result
