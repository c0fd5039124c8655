"""What ``anonymize`` and ``ingest`` share: a file checked, its columns planned, consent applied, the treatment built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from secureprofile.adapters.clock import now
from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.helpers import MOST, Helpers, scrub_cells
from secureprofile.adapters.keys import derive
from secureprofile.errors import PolicyRefused
from secureprofile.flows.gate import Context, record
from secureprofile.flows.secrets import ROLES, For, cell_functions, kids_in_use, pad_columns
from secureprofile.flows.tokenise import Enrolment, tokenise
from secureprofile.guard.candidates import identifier_keys, known_column, mentions, seeks, with_nicknames
from secureprofile.guard.nicknames import PAIRS
from secureprofile.guard.specs import SPECS
from secureprofile.guard.treat import NAME, OWN, Keyed, own_cells, pads, treat, unreadable
from secureprofile.guard.volumes import NO_VOLUMES, Volumes
from secureprofile.policy.decide import ColumnPlan, plan_columns
from secureprofile.policy.model import Dataset, Scrub
from secureprofile.policy.treatments import DateShift, Noise
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

if TYPE_CHECKING:
    from secureprofile.flows.earlier import Together
    from secureprofile.flows.generalise import Generalised

_NOT_OWN = ("user.unique_id", "user.biometric", "user.contact.url")
"""Direct identifiers that are not looked for in free text: short ids would be found in any number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """What was done to a file: exact numbers, for the operator only.

    ``people``: vault lookups of whom the rows are, where the purpose's acts commit to each person.
    ``epoch`` and ``consent_snapshot`` say on which consents it rests. ``redacted`` counts cells in which the sweep found something, ``formulas``
    cells that a spreadsheet would have run; ``notes`` says what the input had lost before it came.
    """

    rows_in: int
    rows_out: int
    without_consent: int
    without_subject: int
    unreadable: Mapping[str, int]
    columns: tuple[ColumnPlan, ...]
    entry: int
    path: Path | None
    redacted: int = 0
    enrolments: tuple[Enrolment, ...] = field(default=(), repr=False)
    kids: Mapping[str, str] = field(default_factory=dict)
    volumes: Volumes = NO_VOLUMES
    formulas: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    generalised: Generalised | None = field(default=None, repr=False)
    together: tuple[Together, ...] = ()
    people: pa.Array | None = field(default=None, repr=False)
    epoch: int = 0
    consent_snapshot: str = ""


def plan_file(context: Context, act: str, columns: Sequence[str], dataset: str) -> tuple[ColumnPlan, ...]:
    """Plan the treatment of each column; an unknown column refuses, and the refusal is recorded."""
    try:
        return plan_columns(context.policy.policy, dataset=dataset, purpose=context.purpose or "", header=columns)
    except PolicyRefused as error:
        record(context, act, result="deny", reason=error.reason, dataset=dataset)
        raise


def need_subject(context: Context, act: str, dataset: str, *, why: str) -> None:
    """Refuse a dataset whose rows name nobody, and record it; ``why`` says what asks for a person."""
    if not context.policy.policy.datasets[dataset].subject:
        record(context, act, result="deny", reason="no-subject", dataset=dataset)
        raise PolicyRefused(
            f"{why}, and the policy names no subject of {dataset}: its rows are nobody's",
            reason="no-subject",
            hint="name the column that says whose row it is: subject: customer_id",
        )


def use_scrubber(context: Context, engine: DuckEngine) -> None:
    """Let the engine scrub free text, with whatever model the workspace was opened with; a model stays in this process."""
    finders = context.finders
    helpers = Helpers(scrub_cells(finders), most=0 if finders else MOST)
    engine.use_scrubber(helpers, helpers.close)


def scrubbed(plans: Sequence[ColumnPlan]) -> list[ColumnPlan]:
    """Return the columns that are scrubbed."""
    return [plan for plan, _ in scrubs(plans)]


def scrubs(plans: Sequence[ColumnPlan]) -> list[tuple[ColumnPlan, Scrub]]:
    """Return the columns that are scrubbed, each with how."""
    return [(plan, plan.treatment) for plan in plans if isinstance(plan.treatment, Scrub)]


def mentioned_people(rows: ir.Table, everybody: ir.Table, plans: Sequence[ColumnPlan], engine: DuckEngine) -> ir.Table:
    """Return the rows with, beside each free text, the keys of people whom it mentions.

    The engine joins candidates with the identifiers of the whole table and may spill, so memory does not grow with the number of people. Texts
    are led back to by their hash: where two share one, each is looked through for the other's people, too, which changes nothing.
    """
    if not seeks(plans):
        return rows
    for nicknames in (False, True):
        columns = [plan for plan, scrub in scrubs(plans) if scrub.nicknames is nicknames]
        if columns:
            rows = _mentioned(rows, everybody, plans, columns, engine, nicknames=nicknames)
    return rows


def _mentioned(
    rows: ir.Table,
    everybody: ir.Table,
    plans: Sequence[ColumnPlan],
    columns: Sequence[ColumnPlan],
    engine: DuckEngine,
    *,
    nicknames: bool,
) -> ir.Table:
    texts = [rows.filter(rows[p.name] != "").select(place=rows[p.name].hash(), text=rows[p.name]) for p in columns]
    candidates = engine.keep(
        mentions(engine.keep(ibis.union(*texts) if len(texts) > 1 else texts[0]), engine.functions)
    )
    keys = identifier_keys(everybody, plans, engine.functions)
    if nicknames:
        forms, others = zip(*PAIRS, strict=True)
        keys = with_nicknames(keys, engine.table(pa.table({"form": forms, "other": others})))
    found = engine.keep(keys.semi_join(candidates, keys["key"] == candidates["key"]).distinct())
    hits = candidates.semi_join(found, candidates["key"] == found["key"]).group_by("place")
    people = engine.keep(hits.agg(known=lambda t: t["key"].collect(distinct=True)))
    for plan in columns:
        known = people.select(place_=people["place"], **{known_column(plan): people["known"]})
        rows = rows.left_join(known, rows[plan.name].hash() == known["place_"]).drop("place_")
    return rows


def own_identifiers(plans: Sequence[ColumnPlan]) -> list[tuple[str, str]]:
    """Return (label, column) of the row's own direct identifiers, most specific kinds first."""
    labels = {spec.category: spec.label for spec in reversed(SPECS)}
    own = [plan for plan in plans if within(plan.category, DIRECT_IDENTIFIERS) and not within(plan.category, _NOT_OWN)]
    return [
        (
            NAME
            if within(p.category, ("user.name",))
            else labels.get(p.category, p.category.rsplit(".", 1)[-1].upper()),
            p.name,
        )
        for p in own
    ]


def lookup(context: Context, table: ir.Table, column: str, dataset: Dataset, engine: DuckEngine) -> ir.Table:
    """Return the table with the subject's vault lookup in a column ``lookup_`` (NULL where the row names nobody)."""
    secret = context.keys.index[0]
    key = derive(secret, purpose="vault", recipient="", category=dataset.domain)
    joined = table.cross_join(engine.table(pa.table({k: [v] for k, v in pads({"vault": key}).items()})))
    spec = dataset.columns[dataset.subject]
    spelled = engine.functions.canonical(joined[column], spec.category, context.policy.policy.region(spec))
    digest = engine.functions.hmac_hex(spelled, joined["inner_vault"], joined["outer_vault"])
    return joined.mutate(lookup_=digest).drop("inner_vault", "outer_vault")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A treatment ready to be executed: the rows as they leave, those they are made from, and what commits with the act."""

    result: ir.Table
    source: ir.Table
    keyed: Keyed
    today: date
    enrolments: tuple[Enrolment, ...]
    kids: Mapping[str, str]

    def counts(
        self,
        plans: Sequence[ColumnPlan],
        engine: DuckEngine,
        *,
        stored: bool,
        also: Mapping[str, ir.Value] | None = None,
    ) -> tuple[dict[str, int], dict[str, Any]]:
        """Count, per column, the cells that hold something and leave empty because they cannot be treated.

        Returns:
            (those counts, what ``also`` asked of the same rows).
        """
        counter = unreadable(
            self.source, plans, engine.functions, stored=stored, keyed=self.keyed, today=self.today, also=also
        )
        found = engine.to_arrow(counter).to_pylist()[0] if counter is not None else {}
        asked = {name: found.pop(name) for name in also or {}}
        return {name: int(count) for name, count in found.items() if count}, asked


def treated(
    context: Context,
    table: ir.Table,
    plans: Sequence[ColumnPlan],
    *,
    dataset: str,
    recipient: str,
    stored: bool,
    engine: DuckEngine,
) -> Prepared:
    """Prepare the treated table; keys are derived for this purpose, recipient and each category.

    Raises:
        PolicyRefused: dates or numbers are moved by subject, and the file has no subject column.
    """
    spec = context.policy.policy.datasets[dataset]
    whom = For(purpose=context.purpose or "", recipient=recipient)
    category = spec.columns[spec.subject].category if spec.subject else ""
    shifts = any(isinstance(plan.treatment, DateShift | Noise) for plan in plans)
    if shifts and spec.subject not in table.columns:
        raise PolicyRefused(
            f"dates and numbers are moved by person, and the file lacks {_subject_column(spec)}",
            reason="missing-column",
            hint="add what is missing, or choose another treatment for them",
        )
    names, key_row = pad_columns(context, plans, whom, category)
    if key_row is not None:
        table = table.cross_join(engine.table(key_row))
    table, tokens, waiting = tokenise(context, table, plans, whom, names=names, engine=engine)
    engine.use_cells(cell_functions(context, plans, whom))
    own = own_identifiers(plans)
    if own and scrubbed(plans):
        table = engine.settled(table.mutate(**{OWN: own_cells(table, own)}))
    kids = kids_in_use(context, plans)
    keyed = Keyed(
        names=names,
        kids={kind: kids[role] for kind, role in ROLES.items() if role in kids},
        subject=(spec.subject, category, context.policy.policy.region(spec.columns[spec.subject])) if shifts else None,
        tokens=tokens,
    )
    today = now().date()
    result = treat(table, plans, keyed=keyed, own=own, functions=engine.functions, stored=stored, today=today)
    return Prepared(result=result, source=table, keyed=keyed, today=today, enrolments=tuple(waiting), kids=kids)


def _subject_column(spec: Dataset) -> str:
    return f"the column {spec.subject}" if spec.subject else "a subject in the policy"


def treatments(plans: Sequence[ColumnPlan]) -> dict[str, str]:
    """Return data category → treatment for an audit entry (the strictest where columns of one category differ never occurs)."""
    return {plan.category: plan.treatment.kind for plan in plans}
