"""The releases file: which tables are asked for, under which (ε, δ), and what is compared.

A table is a list of tag codes; `[]` counts everybody. Three words stand for many: ``each`` (every tag by itself), ``pairs`` (every two
tags) and ``{with: TAG}`` (a tag by every other one). Tags that may not be released to the purpose are refused where they are named
and passed over by the words.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal

from secureprofile.errors import PolicyFileError, Problem
from secureprofile.policy.document import Document as YamlDocument
from secureprofile.policy.document import read_yaml
from secureprofile.policy.model import Policy
from secureprofile.released import Attribute, Measure, Text

Codes = tuple[str, ...]
Value = tuple[str, str]
"""A tag's code and one of its values' codes."""
Refusal = Callable[[str, str], str | None]
"""(tag, purpose) to the reason why the tag is not released to the purpose, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Two groups to be compared: those with ``segment``, and those with ``base`` or, where that is None, everybody."""

    segment: Value
    base: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRequest:
    """Statistics of a measure in every group of a table (``()``: everybody); ``weight`` as a table's."""

    measure: str
    by: Codes
    statistics: tuple[Literal["sum", "mean"], ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One entry of a releases file: the tables wanted, and the (ε, δ) for all of them together.

    ``weights`` says how much a table's variance counts (1 where absent); ``objective`` whether the tables' average or their largest
    variance is made least; ``minimum_group`` is this release's own and never lowers the purpose's.
    """

    name: str
    title: Text
    purpose: str
    domain: str
    epsilon: Decimal
    delta: Decimal
    tables: tuple[Codes, ...]
    weights: Mapping[Codes, float] = field(default_factory=dict)
    objective: Literal["average", "largest"] = "average"
    minimum_group: int = 1
    compare: tuple[Contrast, ...] = ()
    numbers: tuple[NumberRequest, ...] = ()


def load_releases(
    text: str,
    *,
    file: str,
    policy: Policy,
    tags: Mapping[str, Attribute],
    measures: Mapping[str, Measure] = MappingProxyType({}),
    refused: Refusal = lambda tag, purpose: None,
) -> dict[str, Request]:
    """Read a releases file.

    Raises:
        PolicyFileError: with every problem found: unknown keys, purposes, domains, tags; ε or δ outside their range.
    """
    document = read_yaml(text, file=file)
    problems: list[Problem] = []
    reader = _Reader(
        document=document, file=file, policy=policy, tags=tags, measures=measures, refused=refused, problems=problems
    )
    root = document.value if isinstance(document.value, dict) else {}
    if root.get("secureprofile-releases") != 1 or not isinstance(root.get("releases"), dict):
        reader.problem((), "expected `secureprofile-releases: 1` and a mapping", "releases: {NAME: {…}}")
        raise PolicyFileError(problems)
    requests = {name: reader.request(str(name), body) for name, body in root["releases"].items()}
    if problems:
        raise PolicyFileError(sorted(problems, key=lambda p: (p.line, p.column)))
    return {name: request for name, request in requests.items() if request is not None}


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_NEEDED = {"title", "purpose", "domain", "epsilon", "delta", "tables"}
_OPTIONAL = {"objective", "minimum_group", "compare", "numbers"}
_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    document: YamlDocument
    file: str
    policy: Policy
    tags: Mapping[str, Attribute]
    measures: Mapping[str, Measure]
    refused: Refusal
    problems: list[Problem]

    def problem(self, path: _Path, message: str, hint: str = "") -> None:
        line, column = self.document.position(path)
        dotted = ".".join(str(step) for step in path) or "(file)"
        self.problems.append(Problem(file=self.file, line=line, column=column, path=dotted, message=message, hint=hint))

    def request(self, name: str, body: object) -> Request | None:
        path: _Path = ("releases", name)
        if not _NAME.fullmatch(name):  # it becomes a folder's name
            self.problem(path, "expected a name of letters, digits, - _ .", "rename the release")
        if not isinstance(body, dict) or set(body) - _OPTIONAL != _NEEDED:
            keys = ", ".join(sorted(_NEEDED))
            self.problem(path, "expected exactly these keys", f"{keys}; if you like: {', '.join(sorted(_OPTIONAL))}")
            return None
        before = len(self.problems)
        title, purpose = body["title"], str(body["purpose"])
        if not (
            isinstance(title, dict) and set(title) == {"en", "zh"} and all(isinstance(t, str) for t in title.values())
        ):
            self.problem((*path, "title"), "expected text in both languages", "{en: …, zh: …}")
        for key, known in (("purpose", self.policy.purposes), ("domain", self.policy.domains)):
            if str(body[key]) not in known:
                self.problem((*path, key), f"the policy has no such {key}", "one of: " + ", ".join(known))
        epsilon, delta = self.budget(path, body)
        objective = body.get("objective", "average")
        if objective not in ("average", "largest"):
            self.problem((*path, "objective"), "expected which variance is made least", "average or largest")
        minimum = body.get("minimum_group", 1)
        if type(minimum) is not int or minimum < 1:
            self.problem((*path, "minimum_group"), "expected a number of people", "a whole number from 1 on")
        weights = self.tables_of((*path, "tables"), body["tables"], purpose)
        numbers = self.numbers_of((*path, "numbers"), body.get("numbers", []), purpose)
        if numbers and delta == 0:
            self.problem((*path, "delta"), "numbers need a δ above 0", "such as 1.0e-6")
        for one in numbers:  # their groups' counts are published with them
            if frozenset(one.by) not in map(frozenset, weights):
                weights[one.by] = 1.0
        compare = self.contrasts((*path, "compare"), body.get("compare", []), list(weights))
        if len(self.problems) > before:
            return None
        return Request(
            name=name,
            title=Text(**title),
            purpose=purpose,
            domain=str(body["domain"]),
            epsilon=epsilon,
            delta=delta,
            tables=tuple(weights),
            weights={codes: weight for codes, weight in weights.items() if weight != 1},
            objective=objective,
            minimum_group=minimum,
            compare=compare,
            numbers=numbers,
        )

    def budget(self, path: _Path, body: Mapping[str, object]) -> tuple[Decimal, Decimal]:
        epsilon = self.amount((*path, "epsilon"), body["epsilon"])
        delta = self.amount((*path, "delta"), body["delta"])
        if epsilon <= 0:
            self.problem((*path, "epsilon"), "expected a number above 0", "such as 1")
        domain = self.policy.domains.get(str(body["domain"]))
        if domain is not None and not 0 <= delta < Decimal(1) / domain.population:
            self.problem(
                (*path, "delta"),
                f"expected at least 0 and below 1/{domain.population}",
                "such as 1.0e-6; δ must be smaller than one declared person",
            )
        return epsilon, delta

    def amount(self, path: _Path, value: object) -> Decimal:
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal("NaN")
        if isinstance(value, bool) or not amount.is_finite():
            self.problem(path, "expected a decimal number", "such as 0.5, without quotes")
            return Decimal(0)
        return amount

    def tables_of(self, path: _Path, value: object, purpose: str) -> dict[Codes, float]:
        """Return the tables in the file's order with their weights. A table that a word names again keeps its first place."""
        if not isinstance(value, list) or not value:
            self.problem(path, "expected a list of tables", "each a list of tag codes; [] counts everybody")
            return {}
        found: dict[Codes, float] = {}
        sets: dict[frozenset[str], bool] = {}  # and whether it was written out
        for index, item in enumerate(value):
            here, weight = (*path, index), 1.0
            if isinstance(item, dict) and set(item) == {"table", "weight"}:
                weight = float(self.amount((*here, "weight"), item["weight"]))
                if weight <= 0:
                    self.problem((*here, "weight"), "expected a number above 0", "such as 2")
                item = item["table"]
            by_word = not isinstance(item, list)
            for codes in self.word(here, item, purpose) if by_word else [self.table(here, item, purpose)]:
                key = frozenset(codes)
                if key not in sets:
                    sets[key], found[codes] = not by_word, weight
                elif not by_word and sets[key]:
                    self.problem(here, "the same tag or table twice", "keep one of them")
        return found

    def table(self, path: _Path, codes: list[object], purpose: str) -> Codes:
        for code in map(str, codes):
            self.tag(path, code, purpose)
        if len(set(map(str, codes))) < len(codes):
            self.problem(path, "the same tag or table twice", "keep one of them")
        return tuple(map(str, codes))

    def tag(self, path: _Path, code: str, purpose: str) -> None:
        if code not in self.tags:
            near = get_close_matches(code, self.tags, n=1)
            self.problem(path, "expected tag codes", f"did you mean {near[0]}?" if near else "secureprofile tags list")
        elif reason := self.refused(code, purpose):
            self.problem(path, f"{code} is not released: {reason}", "secureprofile tags check")

    def word(self, path: _Path, word: object, purpose: str) -> list[Codes]:
        free = [code for code in self.tags if self.refused(code, purpose) is None]
        if word == "each":
            return [(code,) for code in free]
        if word == "pairs":
            return list(itertools.combinations(free, 2))
        if isinstance(word, dict) and set(word) == {"with"}:
            code = str(word["with"])
            self.tag((*path, "with"), code, purpose)
            return [(code, other) for other in free if other != code]
        self.problem(path, "expected a table", "a list of tag codes, each, pairs, {with: TAG} or {table: …, weight: …}")
        return []

    def numbers_of(self, path: _Path, value: object, purpose: str) -> tuple[NumberRequest, ...]:
        if not isinstance(value, list):
            self.problem(path, "expected a list of numbers", "- {measure: CODE, by: [TAG], statistics: [sum, mean]}")
            return ()
        found: dict[tuple[str, frozenset[str]], NumberRequest] = {}
        for index, item in enumerate(value):
            here = (*path, index)
            if not isinstance(item, dict) or not {"measure", "by"} <= set(item) <= {
                "measure",
                "by",
                "statistics",
                "weight",
            }:
                self.problem(
                    here,
                    "expected a measure and its groups",
                    "{measure: CODE, by: [TAG]}; if you like: statistics, weight",
                )
                continue
            code, by, statistics = str(item["measure"]), item["by"], item.get("statistics", ["mean"])
            if code not in self.measures:
                near = get_close_matches(code, self.measures, n=1)
                others = "one of: " + ", ".join(self.measures) if self.measures else "declare it under `measures`"
                hint = f"did you mean {near[0]}?" if near else others
                self.problem((*here, "measure"), "the tag dictionary has no such measure", hint)
            elif reason := self.refused(code, purpose):
                self.problem((*here, "measure"), f"{code} is not released: {reason}", "secureprofile tags check")
            if not isinstance(by, list):
                self.problem((*here, "by"), "expected a list of tag codes", "[] is everybody")
                by = []
            if not isinstance(statistics, list) or not statistics or not set(map(str, statistics)) <= {"sum", "mean"}:
                self.problem((*here, "statistics"), "expected statistics", "[sum, mean], or one of them")
                statistics = ["mean"]
            weight = float(self.amount((*here, "weight"), item.get("weight", 1)))
            if weight <= 0:
                self.problem((*here, "weight"), "expected a number above 0", "such as 2")
            codes = self.table((*here, "by"), by, purpose)
            if (code, frozenset(codes)) in found:
                self.problem(here, "the same measure and groups twice", "keep one of them")
            kinds: tuple[Literal["sum", "mean"], ...] = tuple(kind for kind in ("sum", "mean") if kind in statistics)
            found[code, frozenset(codes)] = NumberRequest(measure=code, by=codes, statistics=kinds, weight=weight)
        return tuple(found.values())

    def contrasts(self, path: _Path, value: object, tables: list[Codes]) -> tuple[Contrast, ...]:
        if not isinstance(value, list):
            self.problem(path, "expected a list of comparisons", "- {segment: {TAG: VALUE}}")
            return ()
        found = []
        for index, item in enumerate(value):
            here = (*path, index)
            if not isinstance(item, dict) or not {"segment"} <= set(item) <= {"segment", "base"}:
                self.problem(here, "expected a segment and, if you like, its base", "{segment: {TAG: VALUE}}")
                continue
            segment = self.value((*here, "segment"), item["segment"])
            base = self.value((*here, "base"), item["base"]) if "base" in item else None
            if segment is None or ("base" in item and base is None):
                continue
            if base is not None and (base[0] != segment[0] or base == segment):
                self.problem((*here, "base"), "expected another value of the segment's tag", "or leave base out")
            if not any(len(codes) == 2 and segment[0] in codes for codes in tables):
                self.problem(
                    here, "no table says how this tag goes with others", f"add {{with: {segment[0]}}} to tables"
                )
            found.append(Contrast(segment=segment, base=base))
        return tuple(found)

    def value(self, path: _Path, item: object) -> Value | None:
        if isinstance(item, dict) and len(item) == 1:
            ((code, value),) = ((str(code), str(value)) for code, value in item.items())
            if code in self.tags and value in {one.code for one in self.tags[code].values}:
                return code, value
        self.problem(path, "expected one value of one tag", "{TAG: VALUE}, see: secureprofile tags list")
        return None
