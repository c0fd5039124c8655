"""The verb ``subject rectify``: a corrected value goes through the guard and into the store, and from there into tags and releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.views import Writer
from secureprofile.errors import InputError, UsageError
from secureprofile.flows.gate import Context, authorise
from secureprofile.flows.guarded import treated, use_scrubber
from secureprofile.flows.rewrite import rewriting, show
from secureprofile.flows.subject import find, on_person, refuse
from secureprofile.policy.decide import ColumnPlan, plan_columns
from secureprofile.policy.treatments import KEYED

if TYPE_CHECKING:
    import pyarrow as pa

ACT = "subject.rectify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectified:
    """What a correction changed: exact numbers, for the operator only."""

    entry: int
    rows: int
    files: int


def rectify(
    context: Context,
    identifier: str,
    *,
    dataset: str,
    column: str,
    value: str,
    where: tuple[str, str] | None = None,
    domain: str | None = None,
) -> Rectified:
    """Correct a stored value of one person in every snapshot that holds it.

    The new value is treated as a file's cell would be: by the policy's rule for its category and the session's purpose.

    Args:
        context: with a purpose that stores rows.
        identifier: as the subject column spells it.
        dataset: of the policy.
        column: whose cells are wrong.
        value: what they shall be; empty for none.
        where: (column, value): only rows that hold this value, as stored; needed for events, of which a person has many.
        domain: where the identifier is known in several.

    Raises:
        InputError: the value cannot be read as the column's type.
        UsageError: the column is not stored for this purpose, or no row of the person fits.
    """
    authorise(context, ACT, "store", dataset=dataset)
    person = find(context, ACT, identifier, domain=domain or context.policy.policy.datasets[dataset].domain)
    plan = _plan(context, dataset, column)
    if where is None and context.policy.policy.datasets[dataset].kind == "events":
        refuse(context, ACT, "which-rows")
        raise UsageError("a person has many rows here", hint="--where COLUMN=VALUE says which of them are wrong")
    import pyarrow as pa

    with context.state.reading() as view:
        seen = view.snapshots()
    details = {"column": column}
    with on_person(context, ACT, person, dataset=dataset, details=details) as act:
        cell = _treated(context, plan, value, dataset)
        tokens = pa.array([person.token], pa.string())
        changed = _Changed(column=column, cell=cell, where=where)
        mine = [one for one in seen if one.dataset == dataset]
        with rewriting(context, act.index, tokens, changed, snapshots=mine) as done:
            if not changed.rows:
                raise UsageError("no stored row of this person fits", hint="secureprofile subject show IDENTIFIER")

            def work(tx: Writer) -> None:
                show(context, tx, done, seen=seen)
                tx.move_epoch()  # portraits are built anew, and releases wait for that

            act.commit(work, dataset=dataset, categories=(plan.category,), details=details)
    context.state.scrub()
    return Rectified(entry=act.index, rows=changed.rows, files=len(done))


class _Changed:
    """Replaces cells, and counts them."""

    def __init__(self, *, column: str, cell: Any, where: tuple[str, str] | None) -> None:
        self._column, self._cell, self._where = column, cell, where
        self.rows = 0

    def __call__(self, table: pa.Table, theirs: pa.BooleanArray) -> pa.Table:
        import pyarrow as pa
        import pyarrow.compute as pc

        if self._column not in table.column_names:
            return table
        chosen = theirs
        if self._where is not None:
            name, wanted = self._where
            if name not in table.column_names:
                raise UsageError("no such column is stored", hint="one of: " + ", ".join(table.column_names[1:]))
            same = pc.equal(table[name].cast(pa.string()), wanted).combine_chunks()
            chosen = pc.and_(theirs, pc.fill_null(same, False))
        place = table.column_names.index(self._column)
        kind = table.schema.field(place).type
        new = pc.if_else(
            chosen, pa.scalar(self._cell).cast(kind) if self._cell is not None else pa.scalar(None, kind), table[place]
        )
        self.rows += pc.sum(chosen).as_py() or 0
        return table.set_column(place, table.schema.field(place), new)


def _plan(context: Context, dataset: str, column: str) -> ColumnPlan:
    """Return how the column is treated on its way into the store.

    Raises:
        UsageError: it does not get there; recorded.
    """
    spec = context.policy.policy.datasets[dataset]
    if column in spec.columns:
        plans = plan_columns(
            context.policy.policy, dataset=dataset, purpose=context.purpose or "", header=list(spec.columns)
        )
        plan = next(one for one in plans if one.name == column)
        if column != spec.subject and not plan.denied and not isinstance(plan.treatment, KEYED):
            return plan
    refuse(context, ACT, "not-stored")
    raise UsageError(
        f"this column of {dataset} is not stored for purpose {context.purpose}",
        hint="secureprofile policy explain shows which are; what others hold is corrected in the source file",
    )


def _treated(context: Context, plan: ColumnPlan, value: str, dataset: str) -> Any:
    """Return the cell as the guard stores it."""
    import pyarrow as pa

    with context.home.scratch() as scratch, DuckEngine(temp=scratch, memory_limit=context.memory_limit) as engine:
        table = engine.table(pa.table({plan.name: pa.array([value], pa.string())}))
        use_scrubber(context, engine)
        ready = treated(context, table, [plan], dataset=dataset, recipient="", stored=True, engine=engine)
        cell = engine.to_arrow(ready.result)[plan.name][0].as_py()
    if cell is None and value.strip():
        raise InputError(
            f"the value cannot be read as {plan.spec.type}",
            hint="write it as the files do; the policy names the formats",
        )
    return cell
