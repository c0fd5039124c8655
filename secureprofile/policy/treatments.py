"""The treatments that a policy may prescribe, with their parameters. What each still leaks: docs/guides/pseudonymize.md.

Shapes are checked by these models, sense (does this treatment fit this kind of data?) by ``policy.sense``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, StrictBool
from pydantic_core import CoreSchema

from secureprofile.policy.scalars import Exact, Model, Whole

TokenType: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9]{1,8}$")]


class Keep(Model):
    """The value leaves as it came."""

    kind: Literal["keep"] = "keep"


class Drop(Model):
    """The column does not leave."""

    kind: Literal["drop"] = "drop"


class Pseudonym(Model):
    """A keyed token: the same person gets the same one for one purpose and recipient, an unlinkable one for another.

    ``type`` stands in the token (``sp_<type>_<kid>_<32 hex>``); columns that must join share a category.
    """

    kind: Literal["pseudonym"] = "pseudonym"
    type: TokenType = "id"


class Encrypt(Model):
    """AES-SIV: equal texts give equal ciphertexts, ``se_<type>_<kid>_<hex>``, which ``secureprofile reveal`` undoes."""

    kind: Literal["encrypt"] = "encrypt"
    type: TokenType = "id"


class Token(Model):
    """A random token, ``st_<type>_<kid>_<32 hex>``, from a table in the workspace: joins, reveals, and dies with its row."""

    kind: Literal["token"] = "token"
    type: TokenType = "id"


class Fpe(Model):
    """Format-preserving encryption (FF1): digits become digits, separators stay, check digits are right again; reversible.

    ``alphabet``: ``digits`` or ``alphanumeric`` (letters are upper-cased first). ``keep_first`` characters stay readable.
    ``check``: ``luhn`` (cards, IMEI) or ``cn-resident-id``. What is encrypted must have a million values at least; shorter
    cells leave empty and are counted.
    """

    kind: Literal["fpe"] = "fpe"
    alphabet: Literal["digits", "alphanumeric"] = "digits"
    keep_first: Annotated[Whole, Field(ge=0, le=8)] = 0
    check: Literal["none", "luhn", "cn-resident-id"] = "none"


class Mask(Model):
    """Characters become ``*``: all but the first ``keep_first`` and last ``keep_last``, or those that ``pattern`` marks so.

    In a pattern ``#`` lets a letter or digit stand and ``*`` hides one; separators in the cell stay where they are. A cell
    with another number of letters and digits, like one too short for ``keep_first`` and ``keep_last``, vanishes whole.
    """

    kind: Literal["mask"] = "mask"
    keep_first: Annotated[Whole, Field(ge=0, le=8)] = 0
    keep_last: Annotated[Whole, Field(ge=0, le=8)] = 0
    pattern: Annotated[str, Field(pattern=r"^[#*]{1,32}$")] | None = None


class Replace(Model):
    """A fake of the same kind, always the same one for the same value: names, e-mails, phones, streets, user names.

    ``locale`` is ``auto`` (by the script of the cell) or fixes the lists; ``region`` (ISO 3166, such as ``GB``) says which
    country's national spelling phone numbers without country code have.
    """

    kind: Literal["replace"] = "replace"
    locale: Literal["auto", "en", "de", "fr", "es", "ru", "zh", "ja", "ko"] = "auto"
    region: Literal["US", "CA", "GB", "DE", "FR", "AU", "IE", "CN"] | None = None


Coarseness: TypeAlias = Literal[
    "year", "quarter", "month", "age_band", "step", "band", "prefix", "domain", "region", "network"
]


class Generalize(Model):
    """A coarser value. ``to`` says which:

    dates to ``year``, ``quarter``, ``month`` or ``age_band`` (``edges`` in years, age on the day ``as_of``, today if absent);
    numbers down to a multiple of ``step`` or into a ``band`` between ``edges``; text to its first ``prefix`` characters;
    e-mail addresses to their ``domain``; postal addresses to their ``region`` (city); IP addresses to their ``network`` (/24, /48).
    """

    kind: Literal["generalize"] = "generalize"
    to: Coarseness
    step: Annotated[Whole, Field(ge=1)] | None = None
    prefix: Annotated[Whole, Field(ge=1, le=32)] | None = None
    edges: Annotated[tuple[Decimal, ...], Field(min_length=1, max_length=64)] | None = None
    as_of: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None


class DateShift(Model):
    """Dates and times moved by whole days, 1 to ``days`` back or forth, by the same number for all of one subject."""

    kind: Literal["date_shift"] = "date_shift"
    days: Annotated[Whole, Field(ge=1, le=3650)]


class TopBottom(Model):
    """Numbers below ``low`` become ``low``, above ``high`` become ``high``; those between stay as they came."""

    kind: Literal["top_bottom"] = "top_bottom"
    low: Decimal | None = None
    high: Decimal | None = None


class Noise(Model):
    """Numbers moved by a random amount of standard deviation ``sd``, the same one for the same number of one subject, on a grid of ``step``.

    What would lie beyond ``low`` or ``high`` becomes the bound. It blurs single numbers; it is no differential privacy.
    """

    kind: Literal["noise"] = "noise"
    sd: Annotated[Exact, Field(gt=0)]
    step: Annotated[Exact, Field(gt=0)] = Decimal(1)
    low: Decimal | None = None
    high: Decimal | None = None


class Scrub(Model):
    """Free text with every personal datum found in it replaced by its kind: ``[PHONE]``.

    ``nicknames``: also what the people of the table may be called besides (Bob for Robert, 小王); many nicknames are ordinary words.
    """

    kind: Literal["scrub"] = "scrub"
    nicknames: StrictBool = False


class Reveal(Model):
    """Only in purposes whose output is ``reveal``: what was encrypted or tokenised for another purpose comes back."""

    kind: Literal["reveal"] = "reveal"


ALL: tuple[type[Model], ...] = (
    Keep, Drop, Pseudonym, Encrypt, Token, Fpe, Mask, Replace, Generalize, DateShift, TopBottom, Noise, Scrub, Reveal,
)  # fmt: skip
KINDS: tuple[str, ...] = tuple(model.model_fields["kind"].default for model in ALL)
"""Names of all treatments, as a policy spells them."""

PARAMETERS: dict[str, tuple[str, ...]] = {
    model.model_fields["kind"].default: tuple(name for name in model.model_fields if name != "kind") for model in ALL
}
"""Treatment → its parameters."""

KEYED = (Pseudonym, Encrypt, Token, Fpe, Replace, DateShift, Noise)
"""Treatments that depend on a key and so can be computed again from a guess or undone: they never enter the store."""

REVERSIBLE = (Encrypt, Token, Fpe)
"""Treatments that ``secureprofile reveal`` can undo."""


def _spell_out(value: Any) -> Any:
    """Let people write ``drop`` or ``{generalize: {to: year}}`` for ``{kind: generalize, to: year}``."""
    if isinstance(value, str):
        return {"kind": value}
    if isinstance(value, dict) and "kind" not in value and len(value) == 1:
        kind, parameters = next(iter(value.items()))
        if isinstance(parameters, dict) and "kind" not in parameters:  # `{drop: {kind: keep}}` would keep
            return {"kind": kind, **parameters}
    return value


class _Spelling:
    """Puts the spellings that :func:`_spell_out` accepts into the JSON schema, so that editors complete them."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [choice for model in ALL for choice in _spellings(model)]}


def _spellings(model: type[Model]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    kind = model.model_fields["kind"].default
    about = {"description": schema["description"]} if "description" in schema else {}
    parameters = {name: body for name, body in schema["properties"].items() if name != "kind"}
    required = [name for name in schema.get("required", ()) if name != "kind"]
    inner: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": parameters,
        "required": required,
    }
    outer = {"type": "object", "additionalProperties": False, "properties": {kind: inner}, "required": [kind], **about}
    long = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"kind": {"const": kind}, **parameters},
        "required": ["kind", *required],
    }
    return [*([] if required else [{"const": kind, **about}]), outer, long]


Treatment: TypeAlias = Annotated[
    Annotated[
        Keep
        | Drop
        | Pseudonym
        | Encrypt
        | Token
        | Fpe
        | Mask
        | Replace
        | Generalize
        | DateShift
        | TopBottom
        | Noise
        | Scrub
        | Reveal,
        Field(discriminator="kind"),
    ],
    BeforeValidator(_spell_out),
    _Spelling,
]


def describe(treatment: Model) -> str:
    """Return a treatment as a person would write it, parameters that were left out left out.

    Example:
        >>> describe(Generalize(to="step", step=10)), describe(Drop())
        ('generalize {to: step, step: 10}', 'drop')
    """
    given = {
        name: value
        for name, value in treatment
        if name != "kind" and value != type(treatment).model_fields[name].default and value is not None
    }
    if not given:
        return str(getattr(treatment, "kind", ""))
    inside = ", ".join(f"{name}: {_plain(value)}" for name, value in given.items())
    return f"{getattr(treatment, 'kind', '')} {{{inside}}}"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
