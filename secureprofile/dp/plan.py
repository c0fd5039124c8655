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
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import reduce
from statistics import NormalDist

import numpy as np

from secureprofile.dp import gaussian, mechanism
from secureprofile.dp.accounting import table_epsilon
from secureprofile.dp.marginals import CLEAR, keys
from secureprofile.dp.request import Request
from secureprofile.dp.residual import Measurement, Sizes, Subset, cell_variance, closure, fairest, in_integers, optimal
from secureprofile.errors import UsageError
from secureprofile.released import Attribute

CONFIDENCE = 0.95
MOST_CELLS = 5_000_000


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

    def of(self, table: Sequence[str]) -> tuple[Attribute, ...]:
        """Return the attributes of one table."""
        return tuple(self.attributes[code] for code in table)

    def cells(self, table: Sequence[str]) -> int:
        """Return how many cells one table has."""
        return math.prod(self.sizes[code] for code in table)


def plan_release(request: Request, *, attributes: Mapping[str, Attribute], minimum_group: int, population: int) -> Plan:
    """Plan a release: the least noise at which all its tables together cost exactly the request's (ε, δ).

    Args:
        request: what is asked.
        attributes: at least those of the request's tables.
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
    try:
        noise = _cheapest(request, used)
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
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return Plan(
        request=request, attributes=used, minimum_group=minimum, population=population, noise=noise, hash=digest
    )


def _cheapest(request: Request, used: Mapping[str, Attribute]) -> Geometric | Gaussian:
    """Return the mechanism of less noise by the request's objective. Both are computed from public numbers alone."""
    sizes, tables = _sizes(used), request.tables
    canonical = {table: tuple(code for code in used if code in table) for table in tables}
    weights = {canonical[table]: request.weights.get(table, 1.0) for table in tables}
    single = Geometric(epsilon=table_epsilon(epsilon=request.epsilon, delta=request.delta, tables=len(tables)))
    if request.delta == 0:
        return single
    eta = gaussian.largest_eta(float(request.epsilon), float(request.delta) * (1 - 1e-9))
    choose = optimal if request.objective == "average" else fairest
    measurements = tuple(in_integers(choose(weights, sizes, eta), sizes, eta))
    drawn = sum(m.coordinates(sizes) * gaussian.total_variation(m.sigma) for m in measurements)
    if (1 + math.exp(request.epsilon)) * drawn > float(request.delta) * 1e-9:
        raise ValueError("δ is too small for so many draws")
    spreads = {m.subset: m.spread(sizes) for m in measurements}
    spreads |= {s: 0.0 for table in weights for s in closure([table]) if s not in spreads}
    gaussian_loss = [weight * cell_variance(table, spreads, sizes) for table, weight in weights.items()]
    geometric_loss = [weight * mechanism.standard_deviation(single.epsilon) ** 2 for weight in weights.values()]
    better = sum if request.objective == "average" else max
    if better(geometric_loss) <= better(gaussian_loss):
        return single
    return Gaussian(eta=eta, measurements=measurements)


def _sizes(attributes: Mapping[str, Attribute]) -> dict[str, int]:
    return {code: len(keys([attribute])) for code, attribute in attributes.items()}


def _zipf(size: int) -> np.ndarray:
    weights = 1 / np.arange(1, size + 1)
    result: np.ndarray = weights / weights.sum()
    return result
