"""The section ``anonymity``: what a row-level export must meet so that its quasi-identifiers single nobody out.

Shapes are checked here, sense by ``policy.anonymous``; what the words mean is in ``docs/guides/anonymize.md``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from secureprofile.policy.scalars import Exact, Model, Name, Whole, no_truth

File: TypeAlias = Annotated[str, Field(min_length=1)]
"""A file beside the policy."""

# --- how an attribute may be generalised --------------------------------------------------------------------------------


class FromFile(Model):
    """A file of rows ``value;level 1;…;*`` beside the policy: ARX's format, delimited by semicolons, tabs or commas.

    Its values are all that the attribute may take; a missing cell is the empty value, on a line that begins with the delimiter.
    """

    kind: Literal["file"] = "file"
    file: File


class FromTree(Model):
    """Labels over labels over values, written out: ``{Graduate: [Masters, Doctorate], School: [10th, 11th]}``.

    Its values are all that the attribute may take; a missing cell is the value ``""``.
    """

    kind: Literal["tree"] = "tree"
    tree: dict[str, Any] = Field(min_length=1)


class Bands(Model):
    """Numbers in intervals of ``width`` from ``start``, each level ``factor`` times as wide, as many levels as ``levels``.

    Values below ``low`` and from ``high`` on share one band each.
    """

    kind: Literal["bands"] = "bands"
    width: Annotated[Exact, Field(gt=0)]
    start: Exact = Decimal(0)
    factor: Annotated[Whole, Field(ge=2, le=100)] = 2
    levels: Annotated[Whole, Field(ge=1, le=20)] = 4
    low: Exact | None = None
    high: Exact | None = None


class Dates(Model):
    """Days to coarser periods, finest first; every period must be a part of the next. Weeks are a part of none, and stand alone."""

    kind: Literal["dates"] = "dates"
    levels: Annotated[
        tuple[Literal["week", "month", "quarter", "half_year", "year", "5_years", "decade"], ...], Field(min_length=1)
    ] = ("month", "quarter", "year", "decade")


_Length: TypeAlias = Annotated[int, Field(ge=1, le=32), BeforeValidator(no_truth)]


class Prefix(Model):
    """Codes by their first characters, longest first: ``[4, 3, 2]`` turns 10115 into 1011*, 101**, 10***."""

    kind: Literal["prefix"] = "prefix"
    lengths: Annotated[tuple[_Length, ...], Field(min_length=1)]


class Order(Model):
    """Categories in an order that means something, in groups of ``size``, each level ``factor`` times as many.

    Groups are called by their ends, ``first..last``. The values are all that the attribute may take.
    """

    kind: Literal["order"] = "order"
    values: Annotated[tuple[str, ...], Field(min_length=2)]
    size: Annotated[Whole, Field(ge=2)] = 2
    factor: Annotated[Whole, Field(ge=2)] = 2


class Frequency(Model):
    """Public lists of categories: the ``keep`` most usual ones, given by name, stay; all others become ``other``."""

    kind: Literal["frequency"] = "frequency"
    keep: Annotated[tuple[str, ...], Field(min_length=1)]
    other: str = "other"


class Places(Model):
    """Names of cities, regions and countries to region (where it is known), country, ``*``; what is not known becomes ``other``.

    The lists know cities of China, Germany, Italy, India and some forty more countries, but none of the United States, Britain, France or
    Spain, whose regions they know. A name that several countries have is not known. A column of names that they lack wants a file.
    """

    kind: Literal["places"] = "places"


class Only(Model):
    """The value, or nothing."""

    kind: Literal["suppress"] = "suppress"


KINDS: tuple[type[Model], ...] = (FromFile, FromTree, Bands, Dates, Prefix, Order, Frequency, Places, Only)
"""All ways to generalise, in the order in which an editor proposes them."""

_ALONE = ("suppress", "places", "dates")
"""Ways that a word suffices for."""

_MAIN = {
    "file": "file",
    "tree": "tree",
    "bands": "width",
    "dates": "levels",
    "prefix": "lengths",
    "order": "values",
    "frequency": "keep",
}
"""Way → the parameter that may stand for all: ``{bands: 5}``, ``{prefix: [4, 3]}``."""


def _spell_out(value: Any) -> Any:
    """Let people write ``suppress``, a file's name, ``{bands: {width: 5}}`` or ``{bands: 5}`` for ``{kind: bands, width: 5}``."""
    if isinstance(value, str):
        return {"kind": value} if value in _ALONE else {"kind": "file", "file": value}
    if isinstance(value, dict) and "kind" not in value and len(value) == 1:
        kind, inner = next(iter(value.items()))
        main = _MAIN.get(kind)
        if isinstance(inner, dict) and "kind" not in inner and main != kind:  # what is inside a tree is labels
            return {"kind": kind, **inner}
        return {"kind": kind} if main is None else {"kind": kind, main: inner}
    return value


class _Spelling:
    """Puts the spellings that :func:`_spell_out` accepts into the JSON schema, so that editors complete them."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": _spellings()}


def _spellings() -> list[dict[str, Any]]:
    words = [{"const": word, "description": _about(model)} for model in KINDS if (word := _kind(model)) in _ALONE]
    file = {"type": "string", "minLength": 1, "description": _about(FromFile)}
    return [*words, file, *(form for model in KINDS for form in _mappings(model))]


def _mappings(model: type[Model]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    kind, main = _kind(model), _MAIN.get(_kind(model))
    parameters = {name: body for name, body in schema["properties"].items() if name != "kind"}
    required = [name for name in schema.get("required", ()) if name != "kind"]

    def mapping(properties: dict[str, Any], needed: list[str]) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": False, "properties": properties, "required": needed}

    inner = [] if main == kind else [mapping(parameters, required)]
    inner += [parameters[main]] if main is not None else []
    short = mapping({kind: inner[0] if len(inner) == 1 else {"anyOf": inner}}, [kind])
    long = mapping({"kind": {"const": kind}, **parameters}, ["kind", *required])
    return [{**short, "description": _about(model)}, long]


def _kind(model: type[Model]) -> str:
    return str(model.model_fields["kind"].default)


def _about(model: type[Model]) -> str:
    return " ".join((model.__doc__ or "").split())


Generalisation: TypeAlias = FromFile | FromTree | Bands | Dates | Prefix | Order | Frequency | Places | Only

_By: TypeAlias = Annotated[
    Annotated[Generalisation, Field(discriminator="kind")], BeforeValidator(_spell_out), _Spelling
]


class QuasiIdentifier(Model):
    """A column that others may know: how it may be generalised, and how much its detail is worth against the others'.

    ``show``: the label, or for numbers the mean or the median of those in the class (microaggregation), rounded to what its label could hide.
    """

    by: _By
    weight: Annotated[Exact, Field(gt=0, le=1000)] = Decimal(1)
    show: Literal["label", "mean", "median"] = "label"


def _quasi_identifier(value: Any) -> Any:
    if isinstance(value, dict) and "by" in value:
        return value
    return value if isinstance(value, QuasiIdentifier) else {"by": value}


class _Column:
    """Puts the short forms of a quasi-identifier into the JSON schema."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [*_spellings(), handler(core)]}


# --- what every class must meet -----------------------------------------------------------------------------------------


class Sensitive(Model):
    """What must not be learnt about a person from the class that holds her.

    ``l``: at least so many different values in a class (``distinct``), or an entropy of at least log l (``entropy``), or the most
    frequent value below ``c`` times all others but the l − 1 most frequent (``recursive``, with ``c``). ``t``: the class's distribution
    is no farther than ``t`` from the table's, all values equally far apart (``equal``), in an order (``ordered``), or by a hierarchy.
    """

    l: Annotated[Whole, Field(ge=2)] | None = None  # noqa: E741 (it is called so)
    form: Literal["distinct", "entropy", "recursive"] = "distinct"
    c: Annotated[Exact, Field(gt=0)] | None = None
    t: Annotated[Exact, Field(ge=0, le=1)] | None = None
    distance: Literal["equal", "ordered", "hierarchical"] = "equal"
    by: _By | None = None


class Population(Model):
    """A file of the people among whom an attacker would look.

    At least ``k`` of them fit every label (k-map); of those who fit a label, the share that is in the export stays between ``low``
    and ``high`` (δ-presence).
    """

    file: File
    k: Annotated[Whole, Field(ge=2)] | None = None
    low: Annotated[Exact, Field(ge=0, le=1)] | None = None
    high: Annotated[Exact, Field(ge=0, le=1)] | None = None


class Anonymity(Model):
    """What exports of one dataset must meet.

    ``k`` counts people where ``person`` (a column of the dataset, its subject by default) has several rows. ``suppression`` is the
    largest share of rows that may be suppressed; ``suppressed: drop`` leaves them out, ``star`` keeps them with ``*`` in every
    quasi-identifier, where they must meet the models as a class of their own. ``max_risk`` and ``average_risk`` bound the chance of
    re-identification of one person and on average. ``method``: ``local`` (each class has its own level), ``global`` (one level per
    attribute, the best there is), ``mondrian`` (partitions; intervals and sets as labels), ``mdav``
    (groups of those nearest to each other, for numbers shown as ``mean`` or ``median``). ``labels: sets`` names what a class holds
    instead of the hierarchy's label that covers it.
    """

    quasi_identifiers: Annotated[
        dict[str, Annotated[QuasiIdentifier, BeforeValidator(_quasi_identifier), _Column]], Field(min_length=1)
    ]
    k: Annotated[Whole, Field(ge=2)]
    sensitive: dict[str, Sensitive] = Field(default_factory=dict)
    max_risk: Annotated[Exact, Field(gt=0, le=1)] | None = None
    average_risk: Annotated[Exact, Field(gt=0, le=1)] | None = None
    population: Population | None = None
    suppression: Annotated[Exact, Field(ge=0, le=1)] = Decimal("0.02")
    suppressed: Literal["drop", "star"] = "drop"
    method: Literal["local", "global", "mondrian", "mdav"] = "local"
    labels: Literal["hierarchy", "sets"] = "hierarchy"
    effort: Literal["normal", "high"] = "normal"
    purposes: tuple[Name, ...] = ()
    person: str | None = None
