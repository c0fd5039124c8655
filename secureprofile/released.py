"""The two kinds of number a page can show, and the document that a release publishes.

``Released`` went through a differentially private mechanism and may be shown to anybody; ``Withheld`` stands where a number
was refused by a rule that looks at noisy values only. ``Internal`` is exact and belongs on internal pages alone. Nothing
converts one into the other: a renderer that takes ``Cell`` cannot be handed an exact number by mistake.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from secureprofile.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A noisy number that anybody may read.

    ``low`` and ``high`` bound the exact value with probability at least 95 % over the mechanism's noise alone (they say
    nothing about sampling). ``sd`` is the noise's standard deviation, in the unit of ``value``.
    """

    value: int
    low: int
    high: int
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
    """A tag as a report needs it: code, dimension (one of ``vocabulary.DIMENSIONS``), names, definition, ordered values."""

    code: str
    dimension: str
    name: Text
    definition: Text
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A noisy marginal: one cell per combination of values, in row-major order of the attributes' values.

    ``attributes`` holds tag codes; no attribute at all is the table of one cell that counts everybody.
    """

    attributes: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Everything a release makes public. Amounts of ε and δ are exact decimals written as text."""

    format: Literal["secureprofile-release/1"] = "secureprofile-release/1"
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
    plan_hash: str
    policy_hash: str
    snapshot: str
    audit_entry: int
    software: str

    def attribute(self, code: str) -> Attribute:
        """Return the attribute with this code."""
        return next(a for a in self.attributes if a.code == code)

    def to_json(self) -> bytes:
        """Return the published bytes: UTF-8 JSON, sorted keys, one trailing newline. Equal documents give equal bytes.

        Raises:
            TypeError: a cell is neither released nor withheld.
        """
        for cell in (cell for table in self.tables for cell in table.cells):
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
            if raw.get("format") != "secureprofile-release/1":
                raise ValueError
            raw["title"] = Text(**raw["title"])
            raw["attributes"] = tuple(_attribute(item) for item in raw["attributes"])
            raw["tables"] = tuple(_table(item) for item in raw["tables"])
            return cls(**raw)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InputError(
                "this is not a release document (secureprofile-release/1)", hint="secureprofile release list"
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


def _attribute(raw: dict[str, Any]) -> Attribute:
    values = tuple(Value(code=v["code"], name=Text(**v["name"])) for v in raw["values"])
    return Attribute(
        code=raw["code"],
        dimension=raw["dimension"],
        name=Text(**raw["name"]),
        definition=Text(**raw["definition"]),
        values=values,
    )


def _table(raw: dict[str, Any]) -> Table:
    return Table(
        attributes=tuple(raw["attributes"]),
        keys=tuple(tuple(key) for key in raw["keys"]),
        cells=tuple(Withheld(**c) if "reason" in c else Released(**c) for c in raw["cells"]),
    )
