"""A release, written down before noise is drawn: what is asked, what it costs, how exact each number will be.

A plan depends on the policy, the tag dictionary and the request only, never on data: two people who read the same files get
the same plan and the same hash.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from secureprofile.dp.accounting import table_epsilon
from secureprofile.dp.marginals import keys
from secureprofile.dp.mechanism import half_width, standard_deviation
from secureprofile.errors import PolicyFileError, Problem
from secureprofile.policy.document import Document as YamlDocument
from secureprofile.policy.document import read_yaml
from secureprofile.policy.model import Policy
from secureprofile.released import Attribute, Text

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One entry of a releases file: the tables wanted, and the (ε, δ) for all of them together."""

    name: str
    title: Text
    purpose: str
    domain: str
    epsilon: Decimal
    delta: Decimal
    tables: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A request with its cost and accuracy. ``table_epsilon`` is the geometric parameter that every table gets."""

    request: Request
    attributes: Mapping[str, Attribute]
    minimum_group: int
    table_epsilon: float
    hash: str

    @property
    def sd(self) -> float:
        """Standard deviation of the noise on every count, in people."""
        return standard_deviation(self.table_epsilon)

    @property
    def half_width(self) -> int:
        """People by which an interval reaches to either side."""
        return half_width(self.table_epsilon, CONFIDENCE)

    def of(self, table: Sequence[str]) -> tuple[Attribute, ...]:
        """Return the attributes of one table."""
        return tuple(self.attributes[code] for code in table)

    def cells(self, table: Sequence[str]) -> int:
        """Return how many cells one table has."""
        return len(keys(self.of(table)))


def plan_release(request: Request, *, attributes: Mapping[str, Attribute], minimum_group: int) -> Plan:
    """Plan a release: choose the tables' noise so that all of them together cost exactly the request's (ε, δ)."""
    share = table_epsilon(epsilon=request.epsilon, delta=request.delta, tables=len(request.tables))
    used = {code: attributes[code] for table in request.tables for code in table}
    content = {
        "format": "secureprofile-plan/1",
        "request": [request.name, request.purpose, request.domain, str(request.epsilon), str(request.delta)],
        "tables": [list(table) for table in request.tables],
        "values": {code: [value.code for value in attribute.values] for code, attribute in used.items()},
        "minimum_group": minimum_group,
        "table_epsilon": repr(share),
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return Plan(request=request, attributes=used, minimum_group=minimum_group, table_epsilon=share, hash=digest)


def load_releases(text: str, *, file: str, policy: Policy, tags: Sequence[str]) -> dict[str, Request]:
    """Read a releases file.

    Raises:
        PolicyFileError: with every problem found: unknown keys, purposes, domains, tags; ε or δ outside their range.
    """
    document = read_yaml(text, file=file)
    problems: list[Problem] = []
    reader = _Reader(document=document, file=file, policy=policy, tags=frozenset(tags), problems=problems)
    root = document.value if isinstance(document.value, dict) else {}
    if root.get("secureprofile-releases") != 1 or not isinstance(root.get("releases"), dict):
        reader.problem((), "expected `secureprofile-releases: 1` and a mapping", "releases: {NAME: {…}}")
        raise PolicyFileError(problems)
    requests = {name: reader.request(str(name), body) for name, body in root["releases"].items()}
    if problems:
        raise PolicyFileError(sorted(problems, key=lambda p: (p.line, p.column)))
    return {name: request for name, request in requests.items() if request is not None}


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    document: YamlDocument
    file: str
    policy: Policy
    tags: frozenset[str]
    problems: list[Problem]

    def problem(self, path: tuple[str | int, ...], message: str, hint: str = "") -> None:
        line, column = self.document.position(path)
        dotted = ".".join(str(step) for step in path) or "(file)"
        self.problems.append(Problem(file=self.file, line=line, column=column, path=dotted, message=message, hint=hint))

    def request(self, name: str, body: object) -> Request | None:
        path: tuple[str | int, ...] = ("releases", name)
        if not _NAME.fullmatch(name):  # it becomes a folder's name
            self.problem(path, "expected a name of letters, digits, - _ .", "rename the release")
        wanted = {"title", "purpose", "domain", "epsilon", "delta", "tables"}
        if not isinstance(body, dict) or set(body) != wanted:
            self.problem(path, "expected exactly these keys", ", ".join(sorted(wanted)))
            return None
        before = len(self.problems)
        title = body["title"]
        if not (
            isinstance(title, dict) and set(title) == {"en", "zh"} and all(isinstance(t, str) for t in title.values())
        ):
            self.problem((*path, "title"), "expected text in both languages", "{en: …, zh: …}")
        if str(body["purpose"]) not in self.policy.purposes:
            self.problem(
                (*path, "purpose"), "the policy has no such purpose", "one of: " + ", ".join(self.policy.purposes)
            )
        if str(body["domain"]) not in self.policy.domains:
            self.problem(
                (*path, "domain"), "the policy has no such domain", "one of: " + ", ".join(self.policy.domains)
            )
        epsilon = self.amount((*path, "epsilon"), body["epsilon"])
        delta = self.amount((*path, "delta"), body["delta"])
        tables = self.tables_of((*path, "tables"), body["tables"])
        if epsilon <= 0:
            self.problem((*path, "epsilon"), "expected a number above 0", "such as 1")
        domain = self.policy.domains.get(str(body["domain"]))
        if domain is not None and not 0 <= delta < Decimal(1) / domain.population:
            self.problem(
                (*path, "delta"),
                f"expected at least 0 and below 1/{domain.population}",
                "such as 1.0e-6; δ must be smaller than one declared person",
            )
        if len(self.problems) > before:
            return None
        return Request(
            name=name,
            title=Text(**title),
            purpose=str(body["purpose"]),
            domain=str(body["domain"]),
            epsilon=epsilon,
            delta=delta,
            tables=tables,
        )

    def amount(self, path: tuple[str | int, ...], value: object) -> Decimal:
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal("NaN")
        if isinstance(value, bool) or not amount.is_finite():
            self.problem(path, "expected a decimal number", "such as 0.5, without quotes")
            return Decimal(0)
        return amount

    def tables_of(self, path: tuple[str | int, ...], value: object) -> tuple[tuple[str, ...], ...]:
        if not isinstance(value, list) or not value:
            self.problem(path, "expected a list of tables", "each a list of tag codes; [] counts everybody")
            return ()
        tables = []
        for index, table in enumerate(value):
            codes = table if isinstance(table, list) else [None]
            for code in codes:
                if str(code) not in self.tags:
                    self.problem((*path, index), "expected tag codes", "see: secureprofile tags list")
            if len(set(map(str, codes))) < len(codes) or table in value[:index]:
                self.problem((*path, index), "the same tag or table twice", "keep one of them")
            tables.append(tuple(str(code) for code in codes))
        return tuple(tables)
