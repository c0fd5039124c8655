"""The verb ``subject show``: what is held of a person, from where, why, until when, and who has touched it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from secureprofile.adapters.clock import now, stamp
from secureprofile.adapters.people import Hold, Person, holds_of, owned_tokens
from secureprofile.adapters.views import PORTRAIT, Snapshot
from secureprofile.flows.accesses import Access, Answer, answer
from secureprofile.flows.exports import Recall, concerning
from secureprofile.flows.gate import Context
from secureprofile.flows.retention import expires, stored_for
from secureprofile.flows.rewrite import holding
from secureprofile.flows.subject import find, on_person
from secureprofile.guard.formulas import runs_text

FORMAT = "secureprofile-subject/1"

Form = Literal["json", "html", "csv"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The rows of a person in one snapshot: where they came from, why they are kept, and until which day (empty: nobody can say)."""

    dataset: str
    snapshot: int
    at: str
    purpose: str
    lawful_basis: Mapping[str, str]
    until: str
    categories: Mapping[str, str]
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Everything about one person that the workspace holds or knows of."""

    created: str
    domain: str
    kept: tuple[Kept, ...]
    consents: tuple[Mapping[str, str], ...]
    tokens: tuple[tuple[str, str, str], ...]
    exports: tuple[Recall, ...]
    holds: tuple[Hold, ...]
    answer: Answer

    def to_json(self) -> bytes:
        """Return the portable form: structured, every field named; the proofs are a document of their own."""
        body = {name: value for name, value in asdict(self).items() if name not in ("answer", "tokens")}
        accesses = {
            "present": [_told(one) for one in self.answer.present],
            "absent": self.answer.absent,
            "pruned": [_told(one) for one in self.answer.pruned],
            "may_hold": [_told(one) for one in self.answer.may_hold],
        }
        tokens = [dict(zip(("purpose", "recipient", "category"), one, strict=True)) for one in self.tokens]
        told = {"format": FORMAT, **body, "tokens": tokens, "accesses": accesses}
        return json.dumps(told, ensure_ascii=False, indent=1, default=str).encode() + b"\n"

    def to_csv(self) -> bytes:
        """Return every stored cell as a row: dataset, snapshot, row, column, category, value."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("dataset", "snapshot", "at", "purpose", "until", "row", "column", "category", "value"))
        for kept in self.kept:
            for number, row in enumerate(kept.rows, start=1):
                for column, value in row.items():
                    text = "" if value is None else str(value)
                    cell = f"'{text}" if runs_text(text) else text
                    category = kept.categories.get(column, "")
                    writer.writerow(
                        (kept.dataset, kept.snapshot, kept.at, kept.purpose, kept.until, number, column, category, cell)
                    )
        return out.getvalue().encode("utf-8-sig")


def show_subject(context: Context, identifier: str, *, with_actor: bool = False, domain: str | None = None) -> Held:
    """Return what is held of a person; the look is recorded and is itself an access.

    Raises:
        UsageError: nobody is known under the identifier, or several are.
        ErasedPerson: they were erased.
    """
    person = find(context, "subject.show", identifier, domain=domain)
    details = {"with-actor": with_actor}
    with on_person(context, "subject.show", person, details=details) as act:
        with context.state.reading() as view:
            snapshots = view.snapshots()
            stored = stored_for(view, snapshots)
            consents = [record.told() for record in view.consent_records(person.token)]
            standing = holds_of(view, person.token, today=now().date().isoformat())
            tokens = owned_tokens(view, person.lookup)
        held = Held(
            created=stamp(now()),
            domain=person.domain,
            kept=tuple(_kept(context, snapshots, stored, person)),
            consents=tuple(consents),
            tokens=tuple(tokens),
            exports=tuple(concerning(context, identifier)),
            holds=tuple(standing.values()),
            answer=answer(context, person, with_actor=with_actor),
        )
        act.commit(lambda tx: None, details=details)
    return held


def _kept(
    context: Context, snapshots: Sequence[Snapshot], stored: Mapping[int, tuple[str, str]], person: Person
) -> list[Kept]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    policy, token = context.policy.policy, pa.array([person.token], pa.string())
    found = []
    for snapshot in snapshots:
        rows: list[Mapping[str, Any]] = []
        for path in holding(context, snapshot, token):
            table = pq.read_table(path)
            theirs = table.filter(pc.equal(table["person"].cast(pa.string()), person.token))
            rows += theirs.drop_columns(["person"]).to_pylist()
        if not rows:
            continue
        purpose, at = stored.get(snapshot.id, ("", ""))
        rule = policy.purposes.get(purpose)
        spec = policy.datasets.get(snapshot.dataset)
        found.append(
            Kept(
                dataset="portrait" if snapshot.dataset == PORTRAIT else snapshot.dataset,
                snapshot=snapshot.id,
                at=at,
                purpose=purpose,
                lawful_basis={str(law): basis for law, basis in rule.lawful_basis.items()} if rule else {},
                until=expires(context, purpose, at),
                categories={name: column.category for name, column in spec.columns.items()} if spec else {},
                rows=tuple(rows),
            )
        )
    return found


def _told(access: Access) -> dict[str, Any]:
    """Return an access as the answer tells it; who it was only where that was asked for."""
    told = asdict(access)
    if access.actor is None:
        del told["actor"]
    return told
