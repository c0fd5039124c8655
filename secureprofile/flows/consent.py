"""The verb ``consent import``: the records of a file, of any length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import ibis.expr.types as ir
import pyarrow as pa

from secureprofile.adapters import consents
from secureprofile.adapters.clock import now
from secureprofile.adapters.duckdb import ROW, DuckEngine
from secureprofile.adapters.files import Source
from secureprofile.adapters.keys import derive
from secureprofile.adapters.views import Writer
from secureprofile.audit.entry import named, size_class
from secureprofile.consent.reading import SIGNALS, RowReader, Unreadable
from secureprofile.consent.records import COLUMNS, OPTIONAL, ConsentRecord
from secureprofile.errors import InputError
from secureprofile.flows.described import input_mark
from secureprofile.flows.gate import Context, begin
from secureprofile.flows.guarded import lookup
from secureprofile.flows.presence import enrol
from secureprofile.flows.progress import Progress
from secureprofile.guard.canonical import canonical_text
from secureprofile.guard.pseudonyms import keyed_hex
from secureprofile.policy.model import Dataset

_MOST_NAMED = 10_000
"""Rows left out that are named by number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of a consent file: exact numbers, for the operator only.

    Args:
        rows: of the file.
        people: whom its rows are of.
        added: records that were not known.
        rejected: rows left out, by rule.
        left_out: (row, rule) of the first of them; rows count from 1, after the header.
        future: records that count from their time on, not before.
        contradictory: persons and purposes with a grant and a denial at one second: the denial counts.
    """

    rows: int
    people: int
    added: int
    rejected: Mapping[str, int]
    left_out: Sequence[tuple[int, str]] = ()
    future: int = 0
    contradictory: int = 0


def import_consents(context: Context, source: Source, *, progress: Progress) -> Imported:
    """Add the records of a file: a column that identifies the person, and purpose, state, at; or signals that the policy translates.

    Importing a file twice changes nothing. Rows that cannot be read are counted, named by number and left out.

    Raises:
        InputError: a column is missing.
    """
    spec, subject = _subject_column(context, source)
    known = [name for name in (*COLUMNS, *OPTIONAL, *SIGNALS) if name in source.columns]
    with (
        begin(context, "consent.import", **named([subject, *known])) as act,
        context.home.scratch() as scratch,
        DuckEngine(temp=scratch, memory_limit=context.memory_limit) as engine,
        engine.source(source) as table,
    ):
        progress.step(f"read {source.path.name}", engine.progress)
        keyed = engine.numbered(lookup(context, table, subject, spec, engine).select("lookup_", *known))
        counted = engine.to_arrow(keyed.aggregate(rows=keyed.count(), people=keyed["lookup_"].nunique())).to_pylist()[0]
        rows = int(counted["rows"])
        progress.step("record the consents")
        filed = _Filing(context, spec.domain)
        return act.commit(
            lambda tx: filed.all(tx, _batches(engine, keyed, rows), int(counted["people"])),
            rows=size_class(rows),
            input_digest=input_mark(context, source),
        )


def _batches(engine: DuckEngine, keyed: ir.Table, rows: int) -> Iterator[pa.Table]:
    """Give the rows in pieces, so that a file of any length fits."""
    for start in range(0, rows, consents.ROWS):
        piece = keyed.filter(keyed[ROW] >= start, keyed[ROW] < start + consents.ROWS).order_by(ROW)
        yield engine.to_arrow(piece)


class _Filing:
    """Files the rows of one import, inside its transaction."""

    def __init__(self, context: Context, domain: str) -> None:
        policy = context.policy.policy
        self._context, self._domain = context, domain
        self._reader = RowReader(policy.purposes, policy.signals)
        self._rejected: Counter[str] = Counter()
        self._left_out: list[tuple[int, str]] = []
        self._rows = self._future = 0
        self._now = now()

    def all(self, tx: Writer, batches: Iterator[pa.Table], people: int) -> Imported:
        """File every batch."""
        added, entry = 0, tx.log_size()
        for batch in batches:
            self._rows += batch.num_rows
            added += tx.add_consents(list(self._records(tx, batch)))
        return Imported(
            rows=self._rows,
            people=people,
            added=added,
            rejected=dict(self._rejected),
            left_out=self._left_out,
            future=self._future,
            contradictory=consents.contradictions(tx.connection, entry),
        )

    def _records(self, tx: Writer, batch: pa.Table) -> Iterator[ConsentRecord]:
        good: list[tuple[str, list[ConsentRecord]]] = []
        for row in batch.to_pylist():
            who, place = row.pop("lookup_"), int(row.pop(ROW)) + 1
            try:
                if who is None:
                    raise Unreadable("no-person")
                good.append((who, self._reader.read(row, who)))
            except Unreadable as error:
                self._leave_out(place, str(error))
        barred = enrol(self._context, tx, {who for who, _ in good}, self._domain)
        tokens = consents.tokens_of(tx.connection, {who for who, _ in good} - barred)
        for who, records in good:
            if who in barred:
                self._rejected["erased-person"] += 1
                continue
            for one in records:
                self._future += one.at > self._now
                yield replace(one, person=tokens[who])

    def _leave_out(self, place: int, rule: str) -> None:
        self._rejected[rule] += 1
        if len(self._left_out) < _MOST_NAMED:
            self._left_out.append((place, rule))


def _subject_column(context: Context, source: Source) -> tuple[Dataset, str]:
    if "tcf" not in source.columns:
        needed = ("at",) if "gpc" in source.columns else ("purpose", "state", "at")
        if missing := [column for column in needed if column not in source.columns]:
            raise InputError(
                f"{source.path.name}: a consent file needs the columns {', '.join(needed)}; missing: {', '.join(missing)}",
                hint="rename the columns in its first row; optional ones: "
                + ", ".join((*COLUMNS[3:], *OPTIONAL, *SIGNALS)),
            )
    for spec in context.policy.policy.datasets.values():
        if spec.subject and spec.subject in source.columns:
            return spec, spec.subject
    subjects = sorted({spec.subject for spec in context.policy.policy.datasets.values() if spec.subject})
    raise InputError(f"{source.path.name}: no column names the person", hint="expected one of: " + ", ".join(subjects))


def person_of(context: Context, identifier: str) -> str | None:
    """Return the vault token of somebody named by the subject column's identifier; None where nobody is."""
    for spec in (one for one in context.policy.policy.datasets.values() if one.subject):
        key = derive(context.keys.index[0], purpose="vault", recipient="", category=spec.domain)
        subject = spec.columns[spec.subject]
        text = canonical_text(identifier, subject.category, context.policy.policy.region(subject))
        with context.state.reading() as view:
            token = view.token(keyed_hex(key, text))
        if token is not None:
            return token
    return None
