"""Reading a tag dictionary: a YAML file becomes values, or all its problems, each with its line and column."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from secureprofile.errors import PolicyFileError, Problem
from secureprofile.policy.document import Document, Path, read_yaml
from secureprofile.portrait.dictionary import (
    PARAMETER_SOURCES,
    STATUSES,
    CleanRules,
    MeasureRule,
    Parameter,
    Tag,
    TagDictionary,
    TagValue,
)
from secureprofile.portrait.expression import LARGEST, Expression, ExpressionError, Kind, parse
from secureprofile.portrait.types import Column, check_types
from secureprofile.released import Measure, Text
from secureprofile.vocabulary import CHARTS, DIMENSIONS, KINDS, SENSITIVITIES

MOST_STEPS = 1_000_000
"""Grid steps of a measure at most: sums of a thousand million people stay integers that every engine has."""

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

_WORDS = {
    "chart": (CHARTS, "bars"),
    "kind": (KINDS, "rule"),
    "sensitivity": (SENSITIVITIES, "low"),
    "status": (STATUSES, "active"),
}
"""Optional keys of a tag: the words that each knows, and the one that stands for a missing key."""

_TEXTS = ("version", "owner", "refresh", "valid_for", "lawful_basis")


def load_tags(text: str, *, file: str, columns: Mapping[str, Mapping[str, Column]] | None = None) -> TagDictionary:
    """Read a tag dictionary.

    Args:
        text: the YAML.
        file: its name, for messages.
        columns: of each dataset, with their types, to check what expressions read; unchecked where None.

    Raises:
        PolicyFileError: with every problem, in file order.
    """
    document = read_yaml(text, file=file)
    reader = _Reader(document, text, columns)
    result = reader.dictionary(hashlib.sha256(text.encode()).hexdigest())
    if not reader.problems and columns is not None:
        for path, error in check_types(result, columns):
            reader.wrong(path, error)
    if reader.problems:
        raise PolicyFileError(sorted(reader.problems, key=lambda problem: (problem.line, problem.column)))
    return result


class _Reader:
    def __init__(self, document: Document, text: str, columns: Mapping[str, Mapping[str, Column]] | None) -> None:
        self.document = document
        self.lines = text.splitlines()
        self.columns = columns
        self.constants: frozenset[str] = frozenset()
        self.problems: list[Problem] = []

    def problem(self, path: Path, message: str, hint: str = "") -> None:
        line, column = self.document.position(path)
        dotted = ".".join(str(step) for step in path) or "(file)"
        self.problems.append(
            Problem(file=self.document.file, line=line, column=column, path=dotted, message=message, hint=hint)
        )

    def wrong(self, path: Path, error: ExpressionError) -> None:
        """Tell what is wrong with an expression, at the character where it is."""
        line, column = self.document.position(path)
        if error.at is not None and line <= len(self.lines):
            start = self.lines[line - 1].find(self.written(path), column - 1)
            column = (
                start + error.at + 1 if start >= 0 else column
            )  # a text folded over lines, or with escapes, is told by its key
        dotted = ".".join(str(step) for step in path)
        self.problems.append(
            Problem(file=self.document.file, line=line, column=column, path=dotted, message=str(error), hint=error.hint)
        )

    def written(self, path: Path) -> str:
        """Return the text at a path, as it was read."""
        value = self.document.value
        for step in path:
            value = value[step]
        return str(value).strip()

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
            self.wrong(path, error)
            return None

    def dataset(self, path: Path, name: str) -> None:
        if self.columns is not None and name not in self.columns:
            self.problem(path, "a dataset that the policy does not have", _nearest(name, self.columns))

    def reads(self, path: Path, expression: Expression, known: Collection[str] | None, what: str) -> None:
        """Check that an expression reads only what there is."""
        for name in sorted(expression.names - set(known)) if known is not None else ():
            self.wrong(
                path, ExpressionError(f"no {what.format(name)}", _nearest(name, known or ()), expression.at(name))
            )

    def text(self, path: Path, value: Any) -> Text:
        body = self.mapping(path, value, known=("en", "zh"), required=("en", "zh"))
        if not all(isinstance(body.get(key, ""), str) for key in ("en", "zh")):
            self.problem(path, "expected text in both languages", "quote it")
            return Text(en="", zh="")
        return Text(en=body.get("en", ""), zh=body.get("zh", ""))

    def dictionary(self, digest: str) -> TagDictionary:
        keys = ("secureprofile-tags", "parameters", "clean", "features", "derived", "tags", "measures")
        root = self.mapping((), self.document.value, known=keys, required=("secureprofile-tags", "features", "tags"))
        if root.get("secureprofile-tags", 1) != 1:
            hint = "another version of the format needs another secureprofile"
            self.problem(("secureprofile-tags",), "expected 1", hint)
        parameters = {
            name: self.parameter(("parameters", name), body)
            for name, body in self.mapping(("parameters",), root.get("parameters") or {}).items()
        }
        self.constants = frozenset(parameters)
        clean = {
            name: self.rules(("clean", name), body)
            for name, body in self.mapping(("clean",), root.get("clean") or {}).items()
        }
        features = {
            name: self.folds(("features", name), body)
            for name, body in self.mapping(("features",), root.get("features", {})).items()
        }
        bodies = self.mapping(("derived",), root.get("derived") or {})
        self.unique_names(features, [("parameters", name) for name in parameters] + [("derived", n) for n in bodies])
        folded = {name for folds in features.values() for name in folds} | set(parameters)
        derived = self.derived(bodies, folded)
        tags = self.items(root, "tags")
        codes = [str(body.get("code", "")) if isinstance(body, dict) else "" for body in tags]
        names = folded | set(bodies)
        read = tuple(self.tag(("tags", index), body, names | set(codes) - {""}) for index, body in enumerate(tags))
        for index, tag in enumerate(read):
            if tag.code in codes[:index]:
                self.problem(("tags", index, "code"), "a second tag with this code", "rename one of them")
        self.acyclic({tag.code: (("tags", index, "code"), tag.reads - names) for index, tag in enumerate(read)})
        taken = {tag.code for tag in read}
        found = [
            self.measure(("measures", index), body, names, taken)
            for index, body in enumerate(self.items(root, "measures"))
        ]
        rules = tuple(one for one in found if one is not None)
        return TagDictionary(
            clean=clean,
            features=features,
            tags=read,
            hash=digest,
            measures=rules,
            parameters=parameters,
            derived=derived,
        )

    def items(self, root: Mapping[str, Any], key: str) -> list[Any]:
        found = root.get(key) or []
        if not isinstance(found, list):
            self.problem((key,), f"expected a list of {key}", "each begins with `- code: …`")
            return []
        return found

    def parameter(self, path: Path, body: Any) -> Parameter:
        mapping = self.mapping(path, body, known=("value", "source", "note"), required=("value", "source"))
        if mapping.get("source", "public") not in PARAMETER_SOURCES:
            self.problem((*path, "source"), "unknown source", "one of: " + ", ".join(PARAMETER_SOURCES))
        value = self.amount((*path, "value"), mapping.get("value", 1))
        return Parameter(value=value, source=str(mapping.get("source", "public")), note=str(mapping.get("note", "")))

    def derived(self, bodies: Mapping[str, Any], folded: set[str]) -> dict[str, Expression]:
        """Read derived numbers, and put each after those that it reads."""
        found = {}
        for name, text in bodies.items():
            expression = self.expression(("derived", name), text, "row")
            if expression is not None:
                self.reads(("derived", name), expression, folded | set(bodies), "feature {}")
                found[name] = expression
        ordered = self.acyclic({name: (("derived", name), one.names) for name, one in found.items()})
        return {name: found[name] for name in ordered}

    def acyclic(self, reads: Mapping[str, tuple[Path, Collection[str]]]) -> list[str]:
        """Return names so that each comes after those that it reads, and tell of those that cannot."""
        ordered: list[str] = []
        left = dict(reads)
        while left:
            ready = [name for name, (_, needs) in left.items() if not (set(needs) & set(left))]
            if not ready:
                for path, _ in left.values():
                    self.problem(path, "it reads itself, through: " + ", ".join(sorted(left)), "break the circle")
                break
            ordered += ready
            left = {name: one for name, one in left.items() if name not in ready}
        return ordered

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
        if value is not None:
            self.reads((*path, "value"), value, features, "feature {}")
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
        mapping = self.mapping(path, body, known=("time", "unique", "reject"))
        if not isinstance(mapping.get("unique", False), bool):
            self.problem((*path, "unique"), "expected true or false", "unique: true")
        time, known = mapping.get("time"), self.known(str(path[-1]))
        if time is not None and (not isinstance(time, str) or (known is not None and time not in known)):
            self.problem((*path, "time"), "expected a column of the dataset", _nearest(str(time), known or ("time",)))
        reject = {}
        for name, text in self.mapping((*path, "reject"), mapping.get("reject") or {}).items():
            if name in ("duplicate", "later"):
                self.problem(
                    (*path, "reject", name), "this word counts doubles, or events after the day", "choose another"
                )
            expression = self.expression((*path, "reject", name), text, "row")
            if expression is not None:
                self.reads((*path, "reject", name), expression, known, f"column {{}} in dataset {path[-1]}")
                reject[name] = expression
        return CleanRules(unique=bool(mapping.get("unique", False)), reject=reject, time=time)

    def known(self, dataset: str) -> Collection[str] | None:
        """Return the columns and parameters that expressions over a dataset may read; None where that is not known."""
        columns = None if self.columns is None else self.columns.get(dataset)
        return None if columns is None else {*columns, *self.constants}

    def folds(self, path: Path, body: Any) -> dict[str, Expression]:
        self.dataset(path, str(path[-1]))
        folds = {}
        for name, text in self.mapping(path, body).items():
            expression = self.expression((*path, name), text, "fold")
            if expression is not None:
                self.reads((*path, name), expression, self.known(str(path[-1])), f"column {{}} in dataset {path[-1]}")
                folds[name] = expression
        return folds

    def unique_names(self, features: Mapping[str, Mapping[str, Expression]], others: Iterable[Path]) -> None:
        seen: set[str] = {"person"}
        for path in [*(("features", one, name) for one, folds in features.items() for name in folds), *others]:
            name = str(path[-1])
            if not _CODE.fullmatch(name) or name.endswith("__"):
                self.problem(path, "expected a name", "letters, digits and _, a letter first, no __ at the end")
            if name in seen:
                self.problem(path, "a second feature with this name", "names are shared by all datasets: rename one")
            seen.add(name)

    def tag(self, path: Path, body: Any, features: set[str]) -> Tag:
        keys = ("code", "dimension", "name", "definition", "values")
        mapping = self.mapping(path, body, known=(*keys, *_WORDS, *_TEXTS, "purposes", "aggregate_only"), required=keys)
        for key, (known, _) in _WORDS.items():
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
        purposes, aggregate_only = (
            mapping.get("purposes") or [],
            mapping.get("aggregate_only", mapping.get("dimension") == "psychology"),
        )
        if not isinstance(purposes, list):
            self.problem((*path, "purposes"), "expected a list of purposes", "purposes: [portrait]")
            purposes = []
        if not isinstance(aggregate_only, bool):
            self.problem((*path, "aggregate_only"), "expected true or false", "aggregate_only: true")
            aggregate_only = False
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
            purposes=tuple(map(str, purposes)),
            aggregate_only=aggregate_only,
            **{key: str(mapping.get(key, usual)) for key, (_, usual) in _WORDS.items()},
            **{key: str(mapping[key]) for key in _TEXTS if key in mapping},
        )

    def value(self, path: Path, body: Any, features: set[str], *, last: bool) -> TagValue:
        mapping = self.mapping(path, body, known=("code", "name", "when", "otherwise"), required=("code", "name"))
        if last != ("otherwise" in mapping) or ("when" in mapping) == ("otherwise" in mapping):
            self.problem(path, "expected `when`", "every value has one, and the last has `otherwise: true` instead")
        when = self.expression((*path, "when"), mapping["when"], "row") if "when" in mapping else None
        if when is not None:
            self.reads((*path, "when"), when, features, "feature {}")
        return TagValue(
            code=str(mapping.get("code", "")), name=self.text((*path, "name"), mapping.get("name", {})), when=when
        )


def _nearest(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else "one of: " + ", ".join(sorted(known))
