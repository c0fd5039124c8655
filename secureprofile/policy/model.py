"""The policy: what may be done, with which data, for which purpose. Frozen values; nothing here reads a file.

A policy is written in YAML and parsed by ``policy.parse``; these models say which shape is legal and are the source of the
JSON schema (``secureprofile policy schema``). Unknown keys are errors. What a policy does not name is denied.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, StrictBool

from secureprofile.policy.anonymity import Anonymity as Anonymity
from secureprofile.policy.anonymity import Population as Population
from secureprofile.policy.anonymity import QuasiIdentifier as QuasiIdentifier
from secureprofile.policy.anonymity import Sensitive as Sensitive
from secureprofile.policy.cases import Case as Case
from secureprofile.policy.cases import Expect as Expect
from secureprofile.policy.cases import When as When
from secureprofile.policy.scalars import Day, Duration, Exact, Model, Name, Region, Whole, no_truth
from secureprofile.policy.staff import StaffKey
from secureprofile.policy.terms import Assessment as Assessment
from secureprofile.policy.terms import Authentication
from secureprofile.policy.terms import ConsentRules as ConsentRules
from secureprofile.policy.terms import Signals as Signals
from secureprofile.policy.terms import Tcf as Tcf
from secureprofile.policy.treatments import Drop as Drop
from secureprofile.policy.treatments import Generalize as Generalize
from secureprofile.policy.treatments import Keep as Keep
from secureprofile.policy.treatments import Mask as Mask
from secureprofile.policy.treatments import Pseudonym as Pseudonym
from secureprofile.policy.treatments import Scrub as Scrub
from secureprofile.policy.treatments import Treatment as Treatment
from secureprofile.vocabulary import within

# --- what there is ------------------------------------------------------------------------------------------------------


class About(Model):
    """Who answers for this policy, where it applies, and since when. A change is a new version.

    ``region`` (ISO 3166-1 alpha-2) says how phone numbers without a country code are read, where a column does not say.
    """

    id: Name
    version: Annotated[Whole, Field(ge=1)]
    owner: str
    jurisdiction: Annotated[tuple[Literal["GDPR", "PIPL"], ...], Field(min_length=1)]
    effective: Day | None = None
    region: Region | None = None


class Budget(Model):
    """A sub-limit of the domain's ceiling, never an addition to it."""

    epsilon: Annotated[Exact, Field(gt=0)]
    delta: Annotated[Exact, Field(ge=0, lt=1)] = Decimal(0)


class Domain(Model):
    """One privacy unit, how many of them the policy declares, and the lifetime ceiling of what may be learnt about one."""

    unit: str
    population: Annotated[Whole, Field(ge=1)]
    epsilon: Annotated[Exact, Field(gt=0, le=100)]
    delta: Annotated[Exact, Field(ge=0, lt=1)] = Decimal(0)
    filter: Literal["basic", "zcdp"] = "basic"
    periods: dict[Literal["month", "quarter", "year"], Budget] = Field(default_factory=dict)


def _column(value: Any) -> Any:
    """Let people write ``email: user.contact.email`` for ``email: {category: user.contact.email}``."""
    return {"category": value} if isinstance(value, str) else value


class ColumnSpec(Model):
    """One column: its data category and how its cells are read.

    ``formats`` are strptime patterns, tried in order; ISO 8601 needs none. A cell that does not parse is stored empty and
    counted. ``optional`` columns may be missing from a file. ``region`` says how phone numbers without a country code are read.
    """

    category: str
    type: Literal["text", "integer", "decimal", "date", "timestamp"] = "text"
    formats: tuple[str, ...] = ()
    optional: StrictBool = False
    region: Region | None = None


Column: TypeAlias = Annotated[ColumnSpec, BeforeValidator(_column)]


class Dataset(Model):
    """A table: whose it is (``subject``, a column), which files it comes in, what its columns hold.

    ``people`` has one row per unit (the latest row wins); ``events`` has any number. Without ``subject`` every row is somebody whom
    nobody can name: such rows may be exported, are never stored, and no consent can be asked for them.
    """

    domain: Name
    kind: Literal["people", "events"] = "events"
    subject: str = ""
    files: tuple[str, ...] = ()
    columns: Annotated[dict[str, Column], Field(min_length=1)]


class Recipient(Model):
    """Who may get row-level files: under which agreement, until when (ISO 8601 day, the last one included), for which purposes.

    Without ``purposes`` the agreement covers every purpose that names the recipient. ``country`` (ISO 3166-1 alpha-2) is where
    the files go; a purpose with ``cross_border: false`` refuses one outside the policy's jurisdiction.
    """

    agreement: Annotated[str, Field(min_length=1)]
    expires: Day
    contact: str = ""
    country: Region | None = None
    purposes: tuple[Name, ...] = ()


class Purpose(Model):
    """Why data is used, on which lawful basis, by whom, and which treatment each data category gets.

    ``outputs`` says where rows may go: ``store`` (kept as pseudonyms, to build portraits), ``export`` (row-level files for a
    recipient), ``release`` (noisy aggregates), ``reveal`` (what was encrypted for the purposes in ``reveals`` comes back, for
    the categories that ``allow`` gives the treatment ``reveal``). The most specific category in ``allow`` wins; what is not
    covered is denied. ``residue`` says what happens when treated rows still hold personal data: no file, or one with those
    cells redacted. ``spreadsheet_safe`` puts an apostrophe before cells of delimited files that a spreadsheet would run.
    ``accesses``: whether the log commits to each person whose rows an act reads (``per-person``, the default where consent is required or
    rows are stored), or a person who asks is told of the act as one that may hold them (``per-run``).
    ``consent_rules`` says which consents count, ``pia`` where the impact assessment is.
    """

    data_use: str
    lawful_basis: Annotated[dict[Literal["GDPR", "PIPL"], str], Field(min_length=1)]
    roles: Annotated[tuple[Name, ...], Field(min_length=1)]
    outputs: Annotated[tuple[Literal["store", "export", "release", "reveal"], ...], Field(min_length=1)]
    consent: Literal["required", "not-required"]
    consent_rules: ConsentRules | None = None
    pia: Assessment | None = None
    allow: Annotated[dict[str, Treatment], Field(min_length=1)]
    reveals: tuple[Name, ...] = ()
    minimum_group: Annotated[Whole, Field(ge=1)] = 20
    budget: Budget | None = None
    retention: Duration
    recipients: tuple[str, ...] = ("internal",)
    residue: Literal["fail", "redact"] = "fail"
    spreadsheet_safe: StrictBool = True
    cross_border: StrictBool = False
    accesses: Literal["per-person", "per-run"] | None = None


class Policy(Model):
    """The whole file. ``authentication`` says, by role, how an actor must be known to have it; roles that it does not name take anybody.
    ``staff`` lists the public keys by which actors prove who they are.

    ``signals`` says what signals of browsers and banners in consent files mean.
    ``tests`` are cases for ``secureprofile policy test``.
    ``releases``, ``tags`` and the files of ``anonymity`` (by dataset) stand beside it; the policy hash covers them.
    """

    secureprofile: Annotated[Literal[1], BeforeValidator(no_truth)]
    policy: About
    defaults: Literal["deny"]
    roles: Annotated[dict[Name, tuple[str, ...]], Field(min_length=1)]
    authentication: dict[Name, Annotated[tuple[Authentication, ...], Field(min_length=1)]] = Field(default_factory=dict)
    staff: dict[str, tuple[StaffKey, ...]] = Field(default_factory=dict)
    domains: Annotated[dict[Name, Domain], Field(min_length=1)]
    datasets: Annotated[dict[Name, Dataset], Field(min_length=1)]
    purposes: Annotated[dict[Name, Purpose], Field(min_length=1)]
    recipients: dict[Name, Recipient] = Field(default_factory=dict)
    signals: Signals | None = None
    anonymity: dict[Name, Anonymity] = Field(default_factory=dict)
    tests: tuple[Case, ...] = ()
    tags: str | None = None
    releases: str | None = None

    def rule(self, purpose: str, category: str) -> str | None:
        """Return the most specific category of the purpose's rules that covers ``category``, None where none does."""
        rules = [rule for rule in self.purposes[purpose].allow if within(category, (rule,))]
        return max(rules, key=len) if rules else None

    def treatment(self, purpose: str, category: str) -> Treatment | None:
        """Return the treatment that ``purpose`` prescribes for ``category``: the most specific rule, or None (denied)."""
        rule = self.rule(purpose, category)
        return None if rule is None else self.purposes[purpose].allow[rule]

    def region(self, spec: ColumnSpec) -> str | None:
        """Return the region by which a column's phone numbers are read: its own, else the policy's; None: nobody says."""
        return spec.region or self.policy.region
