"""What ``anonymize`` and ``ingest`` share: a file checked, its columns planned, consent applied, the treatment built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.engine import ScrubText
from secureprofile.adapters.excel import SheetRows
from secureprofile.adapters.files import Source
from secureprofile.adapters.keys import derive
from secureprofile.adapters.sources import open_all, open_source
from secureprofile.adapters.words import word_lists
from secureprofile.errors import InputError, PolicyRefused
from secureprofile.flows.gate import Context, record
from secureprofile.guard.canonical import canonical
from secureprofile.guard.classify import looks_like_data
from secureprofile.guard.scrub import Scrubber
from secureprofile.guard.specs import SPECS
from secureprofile.guard.treat import OWN, own_cells, pads, split_own, treat
from secureprofile.policy.decide import ColumnPlan, plan_columns
from secureprofile.policy.model import Dataset, Pseudonym, Scrub
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

_NOT_OWN = ("user.unique_id", "user.biometric", "user.contact.url")
"""Direct identifiers that are not looked for in free text: short ids would be found in any number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """What was done to a file: exact numbers, for the operator only.

    ``formulas`` counts cells that a spreadsheet would have run; ``notes`` says what the input had lost before it came.
    """

    rows_in: int
    rows_out: int
    without_consent: int
    without_subject: int
    unreadable: Mapping[str, int]
    columns: tuple[ColumnPlan, ...]
    entry: int
    path: Path | None
    formulas: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def open_file(location: str | Path, *, sheet: str | None = None, scratch: Path | None = None) -> Source:
    """Recognise a file, sheet, table or stream, and refuse one whose first row is data.

    Raises:
        InputError: unreadable, or without header; the message names positions only.
    """
    source = open_source(location, sheet=sheet, scratch=scratch)
    named = source.format == "csv" or isinstance(source.rows, SheetRows)
    suspicious = looks_like_data(source.columns) if named else ()
    if suspicious:
        places = ", ".join(str(position) for position in suspicious[:8])
        raise InputError(
            f"{source.path.name}: row 1 looks like data, not like column names (columns {places})",
            hint="add a first row with column names, as the policy spells them",
        )
    return source


def open_every(location: str | Path) -> list[Source]:
    """Recognise every table that a location holds: sheets, hidden ones too, and all tables of a database."""
    found = open_all(location, like_data=looks_like_data)
    return found if len(found) != 1 or found[0].format != "csv" else [open_file(location)]


def plan_file(context: Context, act: str, columns: Sequence[str], dataset: str) -> tuple[ColumnPlan, ...]:
    """Plan the treatment of each column; an unknown column refuses, and the refusal is recorded."""
    try:
        return plan_columns(context.policy.policy, dataset=dataset, purpose=context.purpose or "", header=columns)
    except PolicyRefused as error:
        record(context, act, result="deny", reason=error.reason, dataset=dataset)
        raise


def scrubber(engine_table: ir.Table, plans: Sequence[ColumnPlan], engine: DuckEngine) -> ScrubText:
    """Return a scrubbing function that knows the names of everybody in the table."""
    columns = [plan.name for plan in plans if within(plan.category, ("user.name",))]
    known: set[str] = set()
    for column in columns:
        names = engine.to_arrow(engine_table.select(name=engine_table[column]).distinct())
        known.update(str(name).strip().casefold() for name in names["name"].to_pylist() if name)
    everybody = frozenset(name for name in known if len(name) > 1)
    scrubber = Scrubber(specs=SPECS, known=everybody, words=word_lists())
    return lambda text, own: scrubber.scrub(text, split_own(own))


def needs_scrubbing(plans: Sequence[ColumnPlan]) -> bool:
    """Tell whether any column is scrubbed."""
    return any(isinstance(plan.treatment, Scrub) for plan in plans)


def own_identifiers(plans: Sequence[ColumnPlan]) -> list[tuple[str, str]]:
    """Return (label, column) of the row's own direct identifiers, most specific kinds first."""
    labels = {spec.category: spec.label for spec in reversed(SPECS)} | {"user.name": "NAME"}
    own = [plan for plan in plans if within(plan.category, DIRECT_IDENTIFIERS) and not within(plan.category, _NOT_OWN)]
    return [(labels.get(plan.category, plan.category.rsplit(".", 1)[-1].upper()), plan.name) for plan in own]


def lookup(context: Context, table: ir.Table, column: str, dataset: Dataset, engine: DuckEngine) -> ir.Table:
    """Return the table with the subject's vault lookup in a column ``lookup_`` (NULL where the row names nobody)."""
    secret = context.keys.index[0]
    key = derive(secret, purpose="vault", recipient="", category=dataset.domain)
    joined = table.cross_join(engine.table(pa.table({k: [v] for k, v in pads({"vault": key}).items()})))
    category = dataset.columns[dataset.subject].category
    digest = engine.functions.hmac_hex(
        canonical(joined[column], category), joined["inner_vault"], joined["outer_vault"]
    )
    return joined.mutate(lookup_=digest).drop("inner_vault", "outer_vault")


def people(pairs: Sequence[tuple[str, str]], engine: DuckEngine) -> ir.Table:
    """Return (lookup_, person) of the people whose rows may pass, as a table to join with."""
    columns = {
        "lookup_": pa.array([p[0] for p in pairs], pa.string()),
        "person": pa.array([p[1] for p in pairs], pa.string()),
    }
    return engine.table(pa.table(columns))


def treated(
    context: Context,
    table: ir.Table,
    plans: Sequence[ColumnPlan],
    *,
    recipient: str,
    stored: bool,
    engine: DuckEngine,
) -> ir.Table:
    """Return the treated table; pseudonym keys are derived for this purpose, recipient and each category."""
    secret = context.keys.pseudonym[0]
    categories = sorted({plan.category for plan in plans if isinstance(plan.treatment, Pseudonym)})
    names = {category: f"k{number}" for number, category in enumerate(categories)}
    keys = {
        name: derive(secret, purpose=context.purpose or "", recipient=recipient, category=category)
        for category, name in names.items()
    }
    if keys:
        table = table.cross_join(engine.table(pa.table({k: [v] for k, v in pads(keys).items()})))
    own = own_identifiers(plans)
    if own and needs_scrubbing(plans):
        table = engine.settled(table.mutate(**{OWN: own_cells(table, own)}))
    return treat(
        table,
        plans,
        key=table,
        key_names=names,
        kid=secret.kid,
        own=own,
        functions=engine.functions,
        stored=stored,
    )


def treatments(plans: Sequence[ColumnPlan]) -> dict[str, str]:
    """Return data category → treatment for an audit entry (the strictest where columns of one category differ never occurs)."""
    return {plan.category: plan.treatment.kind for plan in plans}
