"""The tag dictionary: how rows are cleaned, folded into features, and labelled; what is public of it, and what proves it row-local.

Row-locality holds by construction and is proved from the trees: features see one person's rows, conditions see one person's features
and constants. No value of a tag depends on anybody else, unless a parameter was fitted to everybody: such a tag stays inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from secureprofile.portrait.expression import Expression
from secureprofile.released import Attribute, Measure, Text, Value

PARAMETER_SOURCES = ("public", "release", "bought", "fitted")
"""Where a number comes from: anybody knows it, an earlier release told it, budget paid for it, or it was fitted to the people."""

STATUSES = ("draft", "active", "retired")


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanRules:
    """Which rows of a dataset do not count: doubles, and rows that the first matching rule rejects. ``time`` says when one happened."""

    unique: bool = False
    reject: Mapping[str, Expression] = field(default_factory=dict)
    time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A frozen number that expressions name; ``source`` is one of :data:`PARAMETER_SOURCES`, ``note`` says which one."""

    value: Decimal
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagValue:
    """One value of a tag. ``when`` is None for the last one, which everybody else gets."""

    code: str
    name: Text
    when: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One exclusive and exhaustive label per person: the first value whose condition holds.

    ``chart`` is one of :data:`secureprofile.vocabulary.CHARTS`; ``kind``, ``version`` and ``sensitivity`` are told beside the
    definition. ``purposes`` are those that may use it (none: all). ``aggregate_only`` keeps it out of lists of people, as it does every
    tag of psychology that does not say otherwise: who is sensitive to prices may not decide what one person pays (PIPL Art. 24).
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
    status: str = "active"
    owner: str = ""
    refresh: str = ""
    valid_for: str = ""
    lawful_basis: str = ""
    purposes: tuple[str, ...] = ()
    aggregate_only: bool = False

    @property
    def reads(self) -> frozenset[str]:
        """The features, derived numbers, parameters and other tags that its conditions read."""
        return frozenset(name for value in self.values if value.when is not None for name in value.when.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRule:
    """How a measure is computed from one person's features; ``missing`` stands where that has no value."""

    measure: Measure
    value: Expression
    missing: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDictionary:
    """The whole file; ``hash`` is SHA-256 of its text. ``derived`` stand in an order in which each reads what stands before it."""

    clean: Mapping[str, CleanRules]
    features: Mapping[str, Mapping[str, Expression]]
    tags: tuple[Tag, ...]
    hash: str
    measures: tuple[MeasureRule, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    derived: Mapping[str, Expression] = field(default_factory=dict)

    def attributes(self) -> dict[str, Attribute]:
        """Return every tag as reports need it, by code."""
        return {tag.code: self.attribute(tag.code) for tag in self.tags}

    def public_measures(self) -> dict[str, Measure]:
        """Return what is public of every measure, by code."""
        return {one.measure.code: one.measure for one in self.measures}

    def tag(self, code: str) -> Tag:
        """Return a tag.

        Raises:
            KeyError: no such tag.
        """
        for tag in self.tags:
            if tag.code == code:
                return tag
        raise KeyError(code)

    @property
    def names(self) -> frozenset[str]:
        """Everything that has a name and is no tag: features, derived numbers and parameters. A tag of the same name is not read."""
        folded = {name for folds in self.features.values() for name in folds}
        return frozenset(folded | set(self.derived) | set(self.parameters))

    def in_order(self) -> Iterator[Tag]:
        """Yield tags so that each comes after those that its conditions read; the reader has refused circles."""
        codes = {tag.code for tag in self.tags} - self.names
        done: set[str] = set()
        left = list(self.tags)
        while left:
            ready = [tag for tag in left if not (tag.reads & codes) - done]
            assert ready, "a circle that was not refused"
            yield from ready
            done |= {tag.code for tag in ready}
            left = [tag for tag in left if tag.code not in done]

    def attribute(self, code: str) -> Attribute:
        """Return a tag as reports need it.

        Raises:
            KeyError: no such tag.
        """
        tag = self.tag(code)
        values = tuple(Value(code=value.code, name=value.name) for value in tag.values)
        return Attribute(
            code=tag.code, dimension=tag.dimension, name=tag.name, definition=tag.definition, values=values, chart=tag.chart,
            kind=tag.kind, version=tag.version, sensitivity=tag.sensitivity,
        )  # fmt: skip

    def rests_on(self, names: frozenset[str]) -> frozenset[str]:
        """Return everything that names read, and what that reads, down to features and parameters."""
        found: set[str] = set()
        left = set(names)
        tags = {tag.code: tag for tag in self.tags if tag.code not in self.names}
        while left:
            name = left.pop()
            if name in found:
                continue
            found.add(name)
            if name in self.derived:
                left |= self.derived[name].names
            elif name in tags:
                left |= tags[name].reads
            else:
                left |= {n for folds in self.features.values() if name in folds for n in folds[name].names} & set(
                    self.parameters
                )
        return frozenset(found)

    def why_not_released(self, code: str, purpose: str) -> str | None:
        """Return why a tag or measure may not stand in a release for a purpose; None where it may.

        A parameter that was fitted to the people makes one person's tag depend on all others, so no noise of one would hide them.
        """
        tag = next((one for one in self.tags if one.code == code), None)
        if tag is None:
            reads = next(one.value.names for one in self.measures if one.measure.code == code)
        else:
            reads = tag.reads
            if tag.purposes and purpose not in tag.purposes:
                return f"it is for {', '.join(tag.purposes)} only"
            if tag.status != "active":
                return f"its status is {tag.status}"
            if tag.sensitivity == "special" and not tag.lawful_basis:
                return "it tells what laws name special, and gives no lawful_basis"
        fitted = sorted(
            name
            for name in self.rests_on(reads)
            if name in self.parameters and self.parameters[name].source == "fitted"
        )
        return f"it rests on {', '.join(fitted)}, fitted to the people themselves" if fitted else None


def check_row_local(dictionary: TagDictionary) -> None:
    """Prove that every tag is a function of one person's rows: conditions read features only, features fold one person's rows.

    Raises:
        AssertionError: a tree that the parser should not have let through.
    """
    known = {name for folds in dictionary.features.values() for name in folds} | set(dictionary.parameters)
    for folds in dictionary.features.values():
        assert all(expression.kind == "fold" for expression in folds.values())
    for name, expression in dictionary.derived.items():
        assert expression.kind == "row", name
        assert expression.names <= known, name
        known.add(name)
    for tag in dictionary.in_order():
        for value in tag.values:
            assert value.when is None or (value.when.kind == "row" and value.when.names <= known)
        assert [value.when is None for value in tag.values] == [False] * (len(tag.values) - 1) + [True]
        known.add(tag.code)
    for one in dictionary.measures:
        assert one.value.kind == "row"
        assert one.value.names <= known
