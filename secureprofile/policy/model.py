"""The policy: what may be done, with which data, for which purpose. Frozen values; nothing here reads a file.

A policy is written in YAML and parsed by ``policy.parse``; these models say which shape is legal and are the source of the
JSON schema (``secureprofile policy schema``). Unknown keys are errors. What a policy does not name is denied.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from secureprofile.vocabulary import within

Name: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
Duration: TypeAlias = Annotated[str, Field(pattern=r"^P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$", min_length=3)]


class Model(BaseModel):
    """Frozen, closed: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


# --- treatments ---------------------------------------------------------------------------------------------------------


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
    type: Annotated[str, Field(pattern=r"^[a-z0-9]{1,8}$")] = "id"


class Mask(Model):
    """All characters but the first ``keep_first`` and the last ``keep_last`` become ``*``; shorter values vanish whole."""

    kind: Literal["mask"] = "mask"
    keep_first: Annotated[int, Field(ge=0, le=8)] = 0
    keep_last: Annotated[int, Field(ge=0, le=8)] = 0


class Generalize(Model):
    """A coarser value: dates to year, quarter or month; numbers down to a multiple of ``step``; text to ``prefix`` characters."""

    kind: Literal["generalize"] = "generalize"
    to: Literal["year", "quarter", "month", "step", "prefix", "domain"]
    step: Annotated[int, Field(ge=1)] | None = None
    prefix: Annotated[int, Field(ge=1, le=32)] | None = None


class Scrub(Model):
    """Free text with every personal datum found in it replaced by its kind: ``[PHONE]``."""

    kind: Literal["scrub"] = "scrub"


def _spell_out(value: Any) -> Any:
    """Let people write ``drop`` or ``{generalize: {to: year}}`` for ``{kind: generalize, to: year}``."""
    if isinstance(value, str):
        return {"kind": value}
    if isinstance(value, dict) and "kind" not in value and len(value) == 1:
        kind, parameters = next(iter(value.items()))
        if isinstance(parameters, dict):
            return {"kind": kind, **parameters}
    return value


Treatment: TypeAlias = Annotated[
    Annotated[Keep | Drop | Pseudonym | Mask | Generalize | Scrub, Field(discriminator="kind")],
    BeforeValidator(_spell_out),
]


# --- what there is ------------------------------------------------------------------------------------------------------


class About(Model):
    """Who answers for this policy, where it applies, and since when. A change is a new version."""

    id: Name
    version: Annotated[int, Field(ge=1)]
    owner: str
    jurisdiction: Annotated[tuple[Literal["GDPR", "PIPL"], ...], Field(min_length=1)]
    effective: str = ""


class Domain(Model):
    """One privacy unit, how many of them the policy declares, and the lifetime ceiling of what may be learnt about one."""

    unit: str
    population: Annotated[int, Field(ge=1)]
    epsilon: Annotated[Decimal, Field(gt=0, le=100)]
    delta: Annotated[Decimal, Field(ge=0, lt=1)] = Decimal(0)
    filter: Literal["basic"] = "basic"


def _column(value: Any) -> Any:
    """Let people write ``email: user.contact.email`` for ``email: {category: user.contact.email}``."""
    return {"category": value} if isinstance(value, str) else value


class ColumnSpec(Model):
    """One column: its data category and how its cells are read.

    ``formats`` are strptime patterns, tried in order; ISO 8601 needs none. A cell that does not parse is stored empty and
    counted. ``optional`` columns may be missing from a file.
    """

    category: str
    type: Literal["text", "integer", "decimal", "date", "timestamp"] = "text"
    formats: tuple[str, ...] = ()
    optional: StrictBool = False


Column: TypeAlias = Annotated[ColumnSpec, BeforeValidator(_column)]


class Dataset(Model):
    """A table: whose it is (``subject``, a column), which files it comes in, what its columns hold.

    ``people`` has one row per unit (the latest row wins); ``events`` has any number.
    """

    domain: Name
    kind: Literal["people", "events"] = "events"
    subject: str
    files: tuple[str, ...] = ()
    columns: Annotated[dict[str, Column], Field(min_length=1)]


class Budget(Model):
    """A sub-limit of the domain's ceiling, never an addition to it."""

    epsilon: Annotated[Decimal, Field(gt=0)]
    delta: Annotated[Decimal, Field(ge=0, lt=1)] = Decimal(0)


class Purpose(Model):
    """Why data is used, on which lawful basis, by whom, and which treatment each data category gets.

    ``outputs`` says where rows may go: ``store`` (kept as pseudonyms, to build portraits), ``export`` (row-level files for a
    recipient), ``release`` (noisy aggregates). The most specific category in ``allow`` wins; what is not covered is denied.
    ``spreadsheet_safe`` puts an apostrophe before cells of delimited files that a spreadsheet would run as formulas.
    """

    data_use: str
    lawful_basis: Annotated[dict[Literal["GDPR", "PIPL"], str], Field(min_length=1)]
    roles: Annotated[tuple[Name, ...], Field(min_length=1)]
    outputs: Annotated[tuple[Literal["store", "export", "release"], ...], Field(min_length=1)]
    consent: Literal["required", "not-required"]
    allow: Annotated[dict[str, Treatment], Field(min_length=1)]
    minimum_group: Annotated[int, Field(ge=1)] = 20
    budget: Budget | None = None
    retention: Duration
    recipients: tuple[str, ...] = ("internal",)
    spreadsheet_safe: StrictBool = True
    cross_border: StrictBool = False


class Policy(Model):
    """The whole file. ``releases`` and ``tags`` name sibling files; the policy hash covers them."""

    secureprofile: Literal[1]
    policy: About
    defaults: Literal["deny"]
    roles: Annotated[dict[Name, tuple[str, ...]], Field(min_length=1)]
    domains: Annotated[dict[Name, Domain], Field(min_length=1)]
    datasets: Annotated[dict[Name, Dataset], Field(min_length=1)]
    purposes: Annotated[dict[Name, Purpose], Field(min_length=1)]
    tags: str | None = None
    releases: str | None = None

    def treatment(self, purpose: str, category: str) -> Treatment | None:
        """Return the treatment that ``purpose`` prescribes for ``category``: the most specific rule, or None (denied)."""
        allow = self.purposes[purpose].allow
        rules = [rule for rule in allow if within(category, (rule,))]
        return allow[max(rules, key=len)] if rules else None
