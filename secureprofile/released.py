"""The two kinds of number a page can show, and the document that a release publishes.

``Released`` went through a differentially private mechanism and may be shown to anybody; ``Withheld`` stands where a number
was refused by a rule that looks at noisy values only. ``Internal`` is exact and belongs on internal pages alone. Nothing
converts one into the other: a renderer that takes ``Cell`` cannot be handed an exact number by mistake.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from secureprofile.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A noisy number that anybody may read.

    ``low`` and ``high`` bound the exact value with probability at least 95 % over the mechanism's noise alone (they say
    nothing about sampling). ``sd`` is the noise's standard deviation, in the unit of ``value``. Values are unbiased: counts that
    were made consistent with other tables are no whole numbers, and small ones can be negative.
    """

    value: float
    low: float
    high: float
    sd: float
    mechanism: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A number that is not shown, and why. ``threshold`` is the public limit that the noisy value did not reach."""

    reason: Literal["below-minimum-group", "too-noisy"]
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Internal:
    """An exact number, for internal pages and the operator's own terminal. Never written into a public page."""

    value: int
    what: str

    def __str__(self) -> str:
        return f"{self.value:,} (internal)"


Cell = Released | Withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text in the two languages of the reports."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value that a tag may take: its code and its names."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A tag as a report needs it: code, dimension (one of ``vocabulary.DIMENSIONS``), names, definition, ordered values.

    ``chart`` says how it is drawn (one of ``vocabulary.CHARTS``); ``kind``, ``version`` and ``sensitivity`` stand beside the definition.
    """

    code: str
    dimension: str
    name: Text
    definition: Text
    values: tuple[Value, ...]
    chart: str = "bars"
    kind: str = "rule"
    version: str = "1"
    sensitivity: str = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number per person, as releases need it: between public bounds, on a public grid, both in ``unit``.

    Everybody has a value: outside the bounds it is clipped to them, between two grid points it goes to the nearer one.
    """

    code: str
    name: Text
    definition: Text
    unit: str
    low: Decimal
    high: Decimal
    grid: Decimal

    @property
    def steps(self) -> int:
        """How many grid steps lie between the bounds.

        Example:
            >>> name = Text(en="spend", zh="消费")
            >>> Measure(code="s", name=name, definition=name, unit="€", low=Decimal(0), high=Decimal(50), grid=Decimal("0.5")).steps
            100
        """
        return int((self.high - self.low) / self.grid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A noisy marginal: one cell per combination of values, in row-major order of the attributes' values.

    ``attributes`` holds tag codes; no attribute at all is the table of one cell that counts everybody.
    """

    attributes: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    cells: tuple[Cell, ...]


Statistic = Literal["count", "sum", "mean", "variance", "median", "quantile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A statistic of a measure per segment, in row-major order of the segments; no attribute is everybody.

    ``low`` and ``high`` are the public bounds to which values were clipped, in ``unit``; ``clipped`` is the noisy share (0 to 1) of
    values that were, None where it was not bought. ``quantile`` is the order q in (0, 1) of a quantile.
    """

    code: str
    name: Text
    definition: Text
    unit: str
    statistic: Statistic
    quantile: float | None = None
    low: float
    high: float
    attributes: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    cells: tuple[Cell, ...]
    clipped: Cell | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One value of one tag in a segment and in its base: shares (0 to 1) and the index, 100 · share / base share (TGI)."""

    attribute: str
    value: str
    share: Cell
    base_share: Cell
    index: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """How far a segment lies from its base in one dimension: mean total variation of its tags, 0 (alike) to 1."""

    dimension: str
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A segment (attribute, value) beside its base; ``base`` None is everybody. ``size`` counts the segment's people."""

    segment: tuple[str, str]
    base: tuple[str, str] | None
    size: Cell
    lines: tuple[Line, ...]
    distances: tuple[Distance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One value's share before and now (0 to 1), and the difference."""

    attribute: str
    value: str
    before: Cell
    now: Cell
    difference: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """Population stability index (PSI) of one tag between two releases; 0 is no change."""

    attribute: str
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What changed since an earlier release of the same name: computed from the two published documents alone."""

    release_id: str
    as_of: str
    shifts: tuple[Shift, ...]
    stability: tuple[Stability, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """One noisy measurement of a release: what was measured, by which mechanism and scale, for what contribution of one unit."""

    measured: str
    mechanism: str
    scale: str
    contribution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Everything a release makes public. Amounts of ε, δ and ρ are exact decimals written as text; ``filter`` is basic or zcdp."""

    format: Literal["secureprofile-release/2"] = "secureprofile-release/2"
    name: str
    title: Text
    release_id: str
    created: str
    as_of: str
    purpose: str
    privacy_unit: str
    declared_population: int
    adjacency: Literal["add-or-remove-one-unit"] = "add-or-remove-one-unit"
    mechanism: str
    epsilon: str
    delta: str
    epsilon_spent: str
    epsilon_ceiling: str
    delta_spent: str
    delta_ceiling: str
    minimum_group: int
    confidence: float
    attributes: tuple[Attribute, ...]
    tables: tuple[Table, ...]
    numbers: tuple[Number, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    changes: tuple[Change, ...] = ()
    mechanisms: tuple[Mechanism, ...] = ()
    filter: str = "basic"
    rho: str | None = None
    plan_hash: str
    policy_hash: str
    snapshot: str
    audit_entry: int
    software: str

    def attribute(self, code: str) -> Attribute:
        """Return the attribute with this code."""
        return next(a for a in self.attributes if a.code == code)

    def cells(self) -> Iterator[Cell]:
        """Yield every cell that the document publishes."""
        for table in self.tables:
            yield from table.cells
        for number in self.numbers:
            yield from number.cells
            yield from () if number.clipped is None else (number.clipped,)
        for comparison in self.comparisons:
            yield comparison.size
            for line in comparison.lines:
                yield from (line.share, line.base_share, line.index)
            yield from (distance.cell for distance in comparison.distances)
        for change in self.changes:
            for shift in change.shifts:
                yield from (shift.before, shift.now, shift.difference)
            yield from (stability.cell for stability in change.stability)

    def rows(self) -> Iterator[dict[str, str | float | None]]:
        """Yield every cell as one flat row, the same columns for all; withheld cells have no numbers, and a ``status`` that says why."""

        def flat(kind: str, place: str, key: str, statistic: str, cell: Cell) -> dict[str, str | float | None]:
            row: dict[str, str | float | None] = {"kind": kind, "table": place, "key": key, "statistic": statistic}
            if isinstance(cell, Withheld):
                empty = dict.fromkeys(("value", "low", "high", "sd"))
                return {**row, **empty, "status": f"withheld: {cell.reason} ({cell.threshold})", "mechanism": ""}
            numbers = {"value": cell.value, "low": cell.low, "high": cell.high, "sd": cell.sd}
            return {**row, **numbers, "status": "released", "mechanism": cell.mechanism}

        for table in self.tables:
            for key, cell in zip(table.keys, table.cells, strict=True):
                yield flat("table", "*".join(table.attributes) or "everybody", "*".join(key), "count", cell)
        for number in self.numbers:
            place = f"{number.code} by {'*'.join(number.attributes) or 'everybody'}"
            for key, cell in zip(number.keys, number.cells, strict=True):
                yield flat("number", place, "*".join(key), number.statistic, cell)
            if number.clipped is not None:
                yield flat("number", number.code, "", "clipped share", number.clipped)
        for one in self.comparisons:
            place = "=".join(one.segment) + " beside " + ("everybody" if one.base is None else "=".join(one.base))
            yield flat("comparison", place, "", "count", one.size)
            for line in one.lines:
                value = f"{line.attribute}={line.value}"
                for statistic, cell in (("share", line.share), ("base share", line.base_share), ("index", line.index)):
                    yield flat("comparison", place, value, statistic, cell)
            for distance in one.distances:
                yield flat("comparison", place, distance.dimension, "distance", distance.cell)
        for change in self.changes:
            for shift in change.shifts:
                value = f"{shift.attribute}={shift.value}"
                for statistic, cell in (("before", shift.before), ("now", shift.now), ("difference", shift.difference)):
                    yield flat("change", change.release_id, value, statistic, cell)
            for stability in change.stability:
                yield flat("change", change.release_id, stability.attribute, "psi", stability.cell)

    def to_frame(self) -> pd.DataFrame:
        """Return :meth:`rows` as a pandas data frame. Unbiased values with their intervals, not rounded; NaN where withheld."""
        import pandas as pd

        frame = pd.DataFrame(list(self.rows()))
        return frame.astype(dict.fromkeys(("value", "low", "high", "sd"), "float64"))

    def to_json(self) -> bytes:
        """Return the published bytes: UTF-8 JSON, sorted keys, one trailing newline. Equal documents give equal bytes.

        Raises:
            TypeError: a cell is neither released nor withheld.
        """
        for cell in self.cells():
            if not isinstance(cell, Released | Withheld):
                raise TypeError(f"a release holds released numbers only, not {type(cell).__name__}")
        return (json.dumps(dataclasses.asdict(self), ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> Document:
        """Read what :meth:`to_json` wrote.

        Raises:
            InputError: the bytes are not a release document of this format.
        """
        try:
            raw = json.loads(data)
            if raw.get("format") != "secureprofile-release/2":
                raise ValueError
            return cast("Document", _read(cls, raw))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InputError(
                "this is not a release document (secureprofile-release/2)", hint="secureprofile release list"
            ) from None


def plain(amount: str | Decimal) -> str:
    """Write an amount of ε or δ as people do.

    Example:
        >>> plain("0.0000010"), plain("1.50"), plain("0")
        ('1e-6', '1.5', '0')
    """
    value = Decimal(amount).normalize()
    if value == 0 or abs(value) >= Decimal("0.001"):
        return f"{value:f}"
    return f"{value:E}".replace("E-0", "e-").replace("E", "e")


_CELL = Released | Withheld


def _read(kind: Any, raw: Any) -> Any:
    """Rebuild a value of a declared type from what JSON keeps of it.

    Raises:
        TypeError, KeyError: it does not have the type's shape.
    """
    if kind == _CELL:
        return _read(Withheld if "reason" in raw else Released, raw)
    if dataclasses.is_dataclass(kind):
        types = get_type_hints(kind)
        return cast("type", kind)(**{name: _read(types[name], value) for name, value in raw.items()})
    inner = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return None if raw is None else _read(reduce(or_, (one for one in inner if one is not NoneType)), raw)
    if get_origin(kind) is tuple:
        many = inner[:1] * len(raw) if inner[-1] is Ellipsis else inner
        return tuple(_read(one, value) for one, value in zip(many, raw, strict=True))
    if get_origin(kind) is Literal:
        if raw not in inner:
            raise TypeError(raw)
        return raw
    if kind is float and type(raw) in (int, float):
        return raw
    if type(raw) is not kind:
        raise TypeError(kind)
    return raw


def schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of the published format, made from the types above: what :meth:`Document.from_json` reads.

    Example:
        >>> schema()["properties"]["format"]
        {'const': 'secureprofile-release/2'}
    """
    definitions: dict[str, Any] = {}
    body = _shape(Document, definitions)
    found = definitions.pop(body["$ref"].rsplit("/", 1)[1])
    found["properties"]["format"] = {"const": "secureprofile-release/2"}
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "secureprofile-release/2"}
    return {**about, **found, "$defs": dict(sorted(definitions.items()))}


_SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"}, int: {"type": "integer"}, float: {"type": "number"},
}  # fmt: skip


def _shape(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a type's schema; data classes go to the definitions, by name."""
    if dataclasses.is_dataclass(kind):
        name = cast("type", kind).__name__
        if name not in definitions:
            definitions[name] = {}
            types = get_type_hints(kind)
            fields = {field.name: _shape(types[field.name], definitions) for field in dataclasses.fields(kind)}
            definitions[name] |= {
                "type": "object", "properties": fields, "required": sorted(fields), "additionalProperties": False,
            }  # fmt: skip
        return {"$ref": f"#/$defs/{name}"}
    inner = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return {"anyOf": [_shape(one, definitions) for one in inner]}
    if get_origin(kind) is Literal:
        return {"enum": list(inner)}
    if get_origin(kind) is tuple and inner[-1] is Ellipsis:
        return {"type": "array", "items": _shape(inner[0], definitions)}
    if get_origin(kind) is tuple:
        items = [_shape(one, definitions) for one in inner]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    return {"type": "null"} if kind is NoneType else _SCALARS[kind]
