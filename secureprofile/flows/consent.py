"""The verbs of consent: import a file of records, show one person's, withdraw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from secureprofile.adapters.clock import now
from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.files import Source
from secureprofile.adapters.keys import derive
from secureprofile.adapters.state import Writer
from secureprofile.audit.entry import named, size_class
from secureprofile.consent.records import COLUMNS, ConsentRecord, State, parse_state, parse_time
from secureprofile.errors import InputError, UsageError
from secureprofile.flows.described import input_mark
from secureprofile.flows.gate import Context, begin, record
from secureprofile.flows.guarded import lookup
from secureprofile.flows.progress import Progress
from secureprofile.guard.canonical import canonical_text
from secureprofile.guard.pseudonyms import keyed_hex
from secureprofile.policy.model import Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of a consent file: exact numbers, for the operator only. ``rejected`` counts rows by rule."""

    rows: int
    people: int
    added: int
    rejected: dict[str, int]


def import_consents(context: Context, source: Source, *, progress: Progress) -> Imported:
    """Add the records of a file: a column that identifies the person, and purpose, state, at, method, notice.

    Importing a file twice changes nothing. Rows without person, with an unknown purpose, state or time are counted and left out.

    Raises:
        InputError: a column is missing.
    """
    spec, subject = _subject_column(context, source)
    with begin(context, "consent.import", **named([subject, *COLUMNS])) as act:
        with (
            context.home.scratch() as scratch,
            DuckEngine(temp=scratch, memory_limit=context.memory_limit) as engine,
            engine.source(source) as table,
        ):
            progress.step(f"read {source.path.name}", engine.progress)
            keyed = lookup(context, table, subject, spec, engine)
            rows = engine.to_arrow(keyed.select("lookup_", *COLUMNS)).to_pylist()
        rejected: dict[str, int] = {}
        good = [row for row in rows if _acceptable(context, row, rejected)]
        progress.step("record the consents")

        def work(tx: Writer) -> Imported:
            tx.enrol(sorted({row["lookup_"] for row in good}), spec.domain)
            tokens = dict(tx.tokens(spec.domain))
            added = tx.add_consents([_record(row, tokens[row["lookup_"]]) for row in good])
            return Imported(
                rows=len(rows), people=len({row["lookup_"] for row in good}), added=added, rejected=rejected
            )

        return act.commit(work, rows=size_class(len(good)), input_digest=input_mark(context, source))


def _subject_column(context: Context, source: Source) -> tuple[Dataset, str]:
    missing = [column for column in COLUMNS if column not in source.columns]
    if missing:
        raise InputError(
            f"{source.path.name}: a consent file needs the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}",
            hint="rename the columns in its first row",
        )
    for spec in context.policy.policy.datasets.values():
        if spec.subject in source.columns:
            return spec, spec.subject
    subjects = sorted({spec.subject for spec in context.policy.policy.datasets.values()})
    raise InputError(f"{source.path.name}: no column names the person", hint="expected one of: " + ", ".join(subjects))


def _acceptable(context: Context, row: dict[str, str | None], rejected: dict[str, int]) -> bool:
    if row["lookup_"] is None:
        rule = "no-person"
    elif (row["purpose"] or "").strip() not in context.policy.policy.purposes:
        rule = "unknown-purpose"
    elif parse_state(row["state"] or "") is None:
        rule = "unknown-state"
    elif parse_time(row["at"] or "") is None:
        rule = "unreadable-time"
    else:
        return True
    rejected[rule] = rejected.get(rule, 0) + 1
    return False


def _record(row: dict[str, str | None], person: str) -> ConsentRecord:
    state, at = parse_state(row["state"] or ""), parse_time(row["at"] or "")
    assert state is not None
    assert at is not None
    return ConsentRecord(
        person=person,
        purpose=(row["purpose"] or "").strip(),
        state=state,
        at=at,
        method=(row["method"] or "").strip(),
        notice=(row["notice"] or "").strip(),
    )


def person_of(context: Context, identifier: str) -> str | None:
    """Return the vault token of somebody named by the subject column's identifier; None where nobody is."""
    for spec in context.policy.policy.datasets.values():
        key = derive(context.keys.index[0], purpose="vault", recipient="", category=spec.domain)
        subject = spec.columns[spec.subject]
        text = canonical_text(identifier, subject.category, context.policy.policy.region(subject))
        with context.state.reading() as view:
            token = view.token(keyed_hex(key, text))
        if token is not None:
            return token
    return None


def show_consents(context: Context, identifier: str) -> list[dict[str, str]]:
    """Return one person's records, oldest first; the look is recorded, without naming anybody."""
    record(context, "consent.show", result="allow", reason="done")
    person = person_of(context, identifier)
    if person is None:
        return []
    with context.state.reading() as view:
        return [
            {"purpose": p, "state": s, "at": datetime.fromtimestamp(at, UTC).isoformat(), "method": m, "notice": n}
            for p, s, at, m, n in view.consents_of(person)
        ]


def change_consent(context: Context, identifier: str, *, purpose: str, state: State, method: str) -> int:
    """Record a grant or a withdrawal as of now; return the index of its entry in the log.

    Raises:
        UsageError: the policy has no such purpose, or nobody is known under the identifier.
    """
    if purpose not in context.policy.policy.purposes:
        raise UsageError("the policy has no such purpose", hint="one of: " + ", ".join(context.policy.policy.purposes))
    person = person_of(context, identifier)
    if person is None:
        raise UsageError(
            "nobody is known under this identifier", hint="use the identifier of the subject column, as in the files"
        )
    with begin(context, f"consent.{'grant' if state == 'granted' else 'withdraw'}", details={"for": purpose}) as act:
        entry = ConsentRecord(person=person, purpose=purpose, state=state, at=now(), method=method)
        act.commit(lambda tx: tx.add_consents([entry]), details={"for": purpose})
    return act.index
