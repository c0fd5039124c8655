"""How acts commit to the people they touch: who is enrolled, whose salts count, and which acts only say "may hold you"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from secureprofile.adapters.clock import now, stamp
from secureprofile.adapters.consents import tokens_of
from secureprofile.adapters.views import Writer
from secureprofile.flows.gate import Act, Context
from secureprofile.flows.tombstones import erased_among

if TYPE_CHECKING:
    import pyarrow as pa

    from secureprofile.adapters.presence import By


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What an act's outcome says of the people it touched; :meth:`add` belongs into the outcome's transaction."""

    add: Callable[[Writer], None]
    subjects: Mapping[str, str] = field(default_factory=dict)


def per_person(context: Context, *, stored: bool = False) -> bool:
    """Return whether acts for the purpose commit to each person: as it says, else where consent is required or rows are stored."""
    purpose = context.policy.policy.purposes[context.purpose or ""]
    if purpose.accesses is not None:
        return purpose.accesses == "per-person"
    return stored or purpose.consent == "required"


def enrol(context: Context, tx: Writer, lookups: Iterable[str], domain: str) -> set[str]:
    """Enrol the people who are not in the vault yet, but nobody who was erased; return the lookups that were refused for that."""
    wanted = set(lookups)
    new = sorted(wanted - tokens_of(tx.connection, wanted).keys())
    barred = erased_among(context, tx, new, domain)
    tx.enrol([lookup for lookup in new if lookup not in barred], domain)
    return set(barred)


@contextmanager
def touching(
    context: Context, act: Act, people: pa.Array, *, by: By = "token", domain: str = "", name: str, dataset: str = "",
    recipient: str = "",
) -> Iterator[Touched]:  # fmt: skip
    """Write the tokens of an act's people and give what its outcome says of them.

    Args:
        context: of the act.
        act: under way; its intent's index is the run.
        people: whom its rows are of.
        by: vault tokens or lookups.
        domain: of the people; empty where they may be of several.
        name: of the act.
        dataset: whose rows.
        recipient: who gets them.
    """
    from secureprofile.adapters.presence import committing

    with (
        context.state.reading() as view,
        committing(context.home.root, view, people, by=by, run=act.index, domain=domain) as made,
    ):
        purpose = context.purpose or ""

        def add(tx: Writer) -> None:
            made.add(tx, act=name, at=stamp(now()), purpose=purpose, recipient=recipient, dataset=dataset)

        yield Touched(add=add, subjects=made.subjects)


@contextmanager
def exporting(
    context: Context, act: Act, people: pa.Array | None, *, dataset: str, recipient: str
) -> Iterator[Touched]:
    """Give what an export's outcome says of the people in it; ``people`` are lookups, None where it commits to nobody."""
    if people is None:
        yield may_touch(context, act, name="anonymize", dataset=dataset, recipient=recipient)
        return
    domain = context.policy.policy.datasets[dataset].domain
    if (
        context.policy.policy.purposes[context.purpose or ""].consent != "required"
    ):  # else they are in the vault already
        with context.state.writing() as tx:
            enrol(context, tx, people.to_pylist(), domain)
    with touching(
        context, act, people, by="lookup", domain=domain, name="anonymize", dataset=dataset, recipient=recipient
    ) as touched:
        yield touched


def may_touch(context: Context, act: Act, *, name: str, dataset: str, recipient: str) -> Touched:
    """Return what an act says that commits to nobody in particular: whoever was in its file may ask, and hears "may hold you"."""
    domain = context.policy.policy.datasets[dataset].domain

    def add(tx: Writer) -> None:
        tx.add_run(
            run=act.index, entry=tx.log_size(), act=name, at=stamp(now()), purpose=context.purpose or "",
            recipient=recipient, dataset=dataset, domain=domain, size=0, kept=0,
        )  # fmt: skip

    return Touched(add=add)


def stored_people(files: Iterable[Path]) -> pa.Array:
    """Return whom stored rows are of."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = [pq.read_table(path, columns=["person"])["person"].cast(pa.string()) for path in files]
    return pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string()).unique()
