"""The tag dictionary: how rows are cleaned, folded into features, and labelled. A YAML file becomes values, or all its problems.

Row-locality holds by construction and is proved from the trees: features see one person's rows, conditions see one person's features
and constants. No value of a tag depends on anybody else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from secureprofile.errors import PolicyFileError, Problem
from secureprofile.policy.document import Document, Path, read_yaml
from secureprofile.portrait.expression import LARGEST, Expression, ExpressionError, Kind, parse
from secureprofile.released import Attribute, Measure, Text, Value
from secureprofile.vocabulary import CHARTS, DIMENSIONS, KINDS, SENSITIVITIES


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanRules:
    """Which rows of a dataset do not count: doubles, and rows that the first matching rule rejects."""

    unique: bool = False
    reject: Mapping[str, Expression] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagValue:
    """One value of a tag. ``when`` is None for the last one, which everybody else gets."""

    code: str
    name: Text
    when: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One exclusive and exhaustive label per person: the first value whose condition holds.

    ``chart`` is one of :data:`secureprofile.vocabulary.CHARTS`; ``kind``, ``version`` and ``sensitivity`` are told beside the definition.
    """

    code: str
    dimension: str
    name: Text
    definition: Text
    values: tuple[TagValue, ...]
    chart: str = "bars"
    kind: str = "rule"
    version: str = "1"
    sensitivity: str = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRule:
    """How a measure is computed from one person's features; ``missing`` stands where that has no value."""

    measure: Measure
    value: Expression
    missing: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDictionary:
    """The whole file; ``hash`` is SHA-256 of its text."""

    clean: Mapping[str, CleanRules]
    features: Mapping[str, Mapping[str, Expression]]
    tags: tuple[Tag, ...]
    hash: str
    measures: tuple[MeasureRule, ...] = ()

    def attributes(self) -> dict[str, Attribute]:
        """Return every tag as reports need it, by code."""
        return {tag.code: self.attribute(tag.code) for tag in self.tags}

    def public_measures(self) -> dict[str, Measure]:
        """Return what is public of every measure, by code."""
        return {one.measure.code: one.measure for one in self.measures}

    def attribute(self, code: str) -> Attribute:
        """Return a tag as reports need it.

        Raises:
            KeyError: no such tag.
        """
        tag = next((tag for tag in self.tags if tag.code == code), None)
        if tag is None:
            raise KeyError(code)
        values = tuple(Value(code=value.code, name=value.name) for value in tag.values)
        return Attribute(
            code=tag.code, dimension=tag.dimension, name=tag.name, definition=tag.definition, values=values, chart=tag.chart,
            kind=tag.kind, version=tag.version, sensitivity=tag.sensitivity,
        )  # fmt: skip


def load_tags(text: str, *, file: str, columns: Mapping[str, Collection[str]] | None = None) -> TagDictionary:
    """Read a tag dictionary.

    Args:
        text: the YAML.
        file: its name, for messages.
        columns: of each dataset, to check what expressions read; unchecked where None.

    Raises:
        PolicyFileError: with every problem, in file order.
    """
    document = read_yaml(text, file=file)
    reader = _Reader(document, columns)
    result = reader.dictionary(hashlib.sha256(text.encode()).hexdigest())
    if reader.problems:
        raise PolicyFileError(sorted(reader.problems, key=lambda problem: (problem.line, problem.column)))
    return result


def check_row_local(dictionary: TagDictionary) -> None:
    """Prove that every tag is a function of one person's rows: conditions read features only, features fold one person's rows.

    Raises:
        AssertionError: a tree that the parser should not have let through.
    """
    features = {name for folds in dictionary.features.values() for name in folds}
    for folds in dictionary.features.values():
        assert all(expression.kind == "fold" for expression in folds.values())
    for tag in dictionary.tags:
        for value in tag.values:
            assert value.when is None or (value.when.kind == "row" and value.when.names <= features)
        assert [value.when is None for value in tag.values] == [False] * (len(tag.values) - 1) + [True]
    for one in dictionary.measures:
        assert one.value.kind == "row"
        assert one.value.names <= features


class _Reader:
    def __init__(self, document: Document, columns: Mapping[str, Collection[str]] | None) -> None:
        self.document = document
        self.columns = columns
        self.problems: list[Problem] = []

    def problem(self, path: Path, message: str, hint: str = "") -> None:
        line, column = self.document.position(path)
        dotted = ".".join(str(step) for step in path) or "(file)"
        self.problems.append(
            Problem(file=self.document.file, line=line, column=column, path=dotted, message=message, hint=hint)
        )

    def mapping(
        self, path: Path, value: Any, *, known: tuple[str, ...] = (), required: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Return a mapping, with a problem for everything that is not as expected."""
        if not isinstance(value, dict):
            self.problem(path, "expected a mapping", "write `key: value` lines, indented below it")
            return {}
        for key in value:
            if known and key not in known:
                self.problem((*path, key), "unknown key", _nearest(key, known))
        for key in required:
            if key not in value:
                self.problem(path, f"missing key `{key}`", f"add the line `{key}: …`")
        return value

    def expression(self, path: Path, value: Any, kind: Kind) -> Expression | None:
        if not isinstance(value, str):
            self.problem(path, "expected an expression", 'put it in quotes: "count()"')
            return None
        try:
            return parse(value, kind)
        except ExpressionError as error:
            self.problem(path, str(error), error.hint)
            return None

    def dataset(self, path: Path, name: str) -> None:
        if self.columns is not None and name not in self.columns:
            self.problem(path, "a dataset that the policy does not have", _nearest(name, self.columns))

    def reads(self, path: Path, dataset: str, expression: Expression) -> None:
        """Check that an expression reads columns which the policy names."""
        known = None if self.columns is None else self.columns.get(dataset)
        for name in sorted(expression.names - set(known)) if known is not None else ():
            self.problem(path, f"no column {name} in dataset {dataset}", _nearest(name, known or ()))

    def text(self, path: Path, value: Any) -> Text:
        body = self.mapping(path, value, known=("en", "zh"), required=("en", "zh"))
        if not all(isinstance(body.get(key, ""), str) for key in ("en", "zh")):
            self.problem(path, "expected text in both languages", "quote it")
            return Text(en="", zh="")
        return Text(en=body.get("en", ""), zh=body.get("zh", ""))

    def dictionary(self, digest: str) -> TagDictionary:
        keys = ("secureprofile-tags", "clean", "features", "tags", "measures")
        root = self.mapping((), self.document.value, known=keys, required=("secureprofile-tags", "features", "tags"))
        if root.get("secureprofile-tags", 1) != 1:
            self.problem(
                ("secureprofile-tags",), "expected 1", "another version of the format needs another secureprofile"
            )
        clean = {
            name: self.rules(("clean", name), body)
            for name, body in self.mapping(("clean",), root.get("clean") or {}).items()
        }
        features = {
            name: self.folds(("features", name), body)
            for name, body in self.mapping(("features",), root.get("features", {})).items()
        }
        self.unique_features(features)
        names = {name for folds in features.values() for name in folds}
        tags = root.get("tags", [])
        if not isinstance(tags, list):
            self.problem(("tags",), "expected a list of tags", "each begins with `- code: …`")
            tags = []
        read = tuple(self.tag(("tags", index), body, names) for index, body in enumerate(tags))
        for index, tag in enumerate(read):
            if tag.code in [other.code for other in read[:index]]:
                self.problem(("tags", index, "code"), "a second tag with this code", "rename one of them")
        measures = root.get("measures") or []
        if not isinstance(measures, list):
            self.problem(("measures",), "expected a list of measures", "each begins with `- code: …`")
            measures = []
        taken = {tag.code for tag in read}
        found = [self.measure(("measures", index), body, names, taken) for index, body in enumerate(measures)]
        rules = tuple(one for one in found if one is not None)
        return TagDictionary(clean=clean, features=features, tags=read, hash=digest, measures=rules)

    def measure(self, path: Path, body: Any, features: set[str], taken: set[str]) -> MeasureRule | None:
        """Read a measure; ``taken`` are the codes that it may not have, to which its own is added."""
        keys = ("code", "name", "definition", "unit", "value", "missing", "bounds", "grid")
        before = len(self.problems)
        mapping = self.mapping(path, body, known=keys, required=keys)
        code = str(mapping.get("code", ""))
        if not _CODE.fullmatch(code) or code == "person" or code.endswith("__"):
            hint = "letters, digits and _, a letter first, no __ at the end; `person` is the portrait's own"
            self.problem((*path, "code"), "expected a code", hint)
        if code in taken:
            self.problem((*path, "code"), "a second tag or measure with this code", "rename one of them")
        taken.add(code)
        name, definition = (self.text((*path, key), mapping.get(key, {})) for key in ("name", "definition"))
        value = self.expression((*path, "value"), mapping.get("value"), "row")
        for feature in sorted(value.names - features) if value else ():
            self.problem((*path, "value"), f"no feature {feature}", _nearest(feature, features))
        bounds = mapping.get("bounds", [])
        if not isinstance(bounds, list) or len(bounds) != 2:
            self.problem(
                (*path, "bounds"), "expected two numbers", "[0, 5000]: from public knowledge, never from the data"
            )
            bounds = [0, 1]
        low, high = (self.amount((*path, "bounds", place), one) for place, one in enumerate(bounds))
        grid, missing = (self.amount((*path, key), mapping.get(key, 1)) for key in ("grid", "missing"))
        if len(self.problems) > before or value is None:
            return None
        if low >= high or not low <= missing <= high:
            self.problem(
                (*path, "bounds"), "expected low below high, with the missing value between them", "bounds: [0, 5000]"
            )
        elif grid <= 0 or (high - low) % grid or (high - low) / grid > MOST_STEPS:
            hint = f"at most {MOST_STEPS:,} steps from one bound to the other, and a whole number of them"
            self.problem((*path, "grid"), "expected a step that divides the bounds", hint)
        else:
            unit = str(mapping["unit"])
            measure = Measure(code=code, name=name, definition=definition, unit=unit, low=low, high=high, grid=grid)
            return MeasureRule(measure=measure, value=value, missing=missing)
        return None

    def amount(self, path: Path, value: Any) -> Decimal:
        """Return a number as it is written."""
        try:
            amount = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or abs(amount) >= LARGEST:
            self.problem(path, "expected a number", "such as 0.5, without quotes")
            return Decimal(1)
        return amount

    def rules(self, path: Path, body: Any) -> CleanRules:
        self.dataset(path, str(path[-1]))
        mapping = self.mapping(path, body, known=("unique", "reject"))
        if not isinstance(mapping.get("unique", False), bool):
            self.problem((*path, "unique"), "expected true or false", "unique: true")
        reject = {}
        for name, text in self.mapping((*path, "reject"), mapping.get("reject") or {}).items():
            if name == "duplicate":
                self.problem((*path, "reject", name), "exact doubles are counted under this word", "choose another")
            expression = self.expression((*path, "reject", name), text, "row")
            if expression is not None:
                self.reads((*path, "reject", name), str(path[-1]), expression)
                reject[name] = expression
        return CleanRules(unique=bool(mapping.get("unique", False)), reject=reject)

    def folds(self, path: Path, body: Any) -> dict[str, Expression]:
        self.dataset(path, str(path[-1]))
        folds = {}
        for name, text in self.mapping(path, body).items():
            expression = self.expression((*path, name), text, "fold")
            if expression is not None:
                self.reads((*path, name), str(path[-1]), expression)
                folds[name] = expression
        return folds

    def unique_features(self, features: Mapping[str, Mapping[str, Expression]]) -> None:
        seen: set[str] = {"person"}
        for dataset, folds in features.items():
            for name in folds:
                if not _CODE.fullmatch(name) or name.endswith("__"):
                    hint = "letters, digits and _, a letter first, no __ at the end"
                    self.problem(("features", dataset, name), "expected a name", hint)
                if name in seen:
                    self.problem(
                        ("features", dataset, name),
                        "a second feature with this name",
                        "names are shared by all datasets: rename one",
                    )
                seen.add(name)

    def tag(self, path: Path, body: Any, features: set[str]) -> Tag:
        keys = ("code", "dimension", "name", "definition", "values")
        mapping = self.mapping(path, body, known=(*keys, *_OPTIONAL, "version"), required=keys)
        for key, (known, _) in _OPTIONAL.items():
            if mapping.get(key, known[0]) not in known:
                self.problem((*path, key), f"unknown {key}", "one of: " + ", ".join(known))
        if mapping.get("dimension", DIMENSIONS[0]) not in DIMENSIONS:
            self.problem((*path, "dimension"), "unknown dimension", "one of: " + ", ".join(DIMENSIONS))
        values = mapping.get("values", [])
        if not isinstance(values, list) or not values:
            self.problem((*path, "values"), "expected a list of values", "each is {code: …, name: …, when: …}")
            values = []
        read = tuple(
            self.value((*path, "values", i), item, features, last=i == len(values) - 1) for i, item in enumerate(values)
        )
        if not _CODE.fullmatch(str(mapping.get("code", ""))) or mapping.get("code") == "person":
            hint = "letters, digits and _, a letter first; `person` is the portrait's own"
            self.problem((*path, "code"), "expected a code", hint)
        codes = [value.code for value in read]
        for index, code in enumerate(codes):
            if code in codes[:index]:
                self.problem((*path, "values", index, "code"), "a second value with this code", "rename one of them")
        return Tag(
            code=str(mapping.get("code", "")),
            dimension=str(mapping.get("dimension", "")),
            name=self.text((*path, "name"), mapping.get("name", {})),
            definition=self.text((*path, "definition"), mapping.get("definition", {})),
            values=read,
            version=str(mapping.get("version", 1)),
            **{key: str(mapping.get(key, usual)) for key, (_, usual) in _OPTIONAL.items()},
        )

    def value(self, path: Path, body: Any, features: set[str], *, last: bool) -> TagValue:
        mapping = self.mapping(path, body, known=("code", "name", "when", "otherwise"), required=("code", "name"))
        if last != ("otherwise" in mapping) or ("when" in mapping) == ("otherwise" in mapping):
            self.problem(path, "expected `when`", "every value has one, and the last has `otherwise: true` instead")
        when = self.expression((*path, "when"), mapping["when"], "row") if "when" in mapping else None
        for name in sorted(when.names - features) if when else ():
            self.problem((*path, "when"), f"no feature {name}", _nearest(name, features))
        return TagValue(
            code=str(mapping.get("code", "")), name=self.text((*path, "name"), mapping.get("name", {})), when=when
        )


_OPTIONAL = {
    "chart": (CHARTS, "bars"),
    "kind": (KINDS, "rule"),
    "sensitivity": (SENSITIVITIES, "low"),
}
"""Optional keys of a tag: the words that each knows, and the one that stands for a missing key."""

MOST_STEPS = 1_000_000
"""Grid steps of a measure at most: sums of a thousand million people stay integers that every engine has."""

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def _nearest(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else "one of: " + ", ".join(sorted(known))
