"""The verb ``reveal``: what was encrypted for one recipient and purpose comes back, for a purpose that the policy lets reveal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.files import Source
from secureprofile.adapters.frames import Frame
from secureprofile.adapters.outputs import whole_file
from secureprofile.adapters.tokens import Scope, exported_kids, sealed_tokens
from secureprofile.audit.entry import size_class
from secureprofile.errors import PolicyRefused
from secureprofile.flows.anonymize import digest_of, output_format
from secureprofile.flows.described import described, input_mark
from secureprofile.flows.gate import Act, Context, authorise, begin, record
from secureprofile.flows.presence import may_touch
from secureprofile.flows.progress import Progress
from secureprofile.flows.secrets import VAULT, For, encryption, secrets_of
from secureprofile.guard import fpe, reversible
from secureprofile.guard.canonical import trimmed
from secureprofile.guard.cells import CellFunction, Remembered
from secureprofile.guard.pseudonyms import TOKEN_HEX, is_own
from secureprofile.policy.decide import ColumnPlan, reveal_columns
from secureprofile.policy.treatments import Encrypt, Fpe, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """What came back: column → cells that did, and cells that hold something and stayed. Exact numbers, for the operator only."""

    rows: int
    revealed: Mapping[str, int]
    left: Mapping[str, int]
    entry: int
    path: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A reveal that the policy allows: of which dataset, exported for whom, and which columns come back."""

    dataset: str
    whom: For
    plans: tuple[ColumnPlan, ...]


def reveal(
    context: Context,
    source: Source,
    output: Path,
    *,
    dataset: str,
    exported_for: str | None,
    recipient: str | None,
    overwrite: bool,
    progress: Progress,
) -> Revealed:
    """Write a file with the cells that the policy lets reveal as they were before the export, whole or not at all.

    Args:
        context: whose purpose has the output ``reveal``.
        source: an exported file, or one made from it: columns may be missing, none may be new.
        output: what to write.
        dataset: of the policy.
        exported_for: the purpose of the export; may be left out where the policy names only one.
        recipient: of the export; may be left out where that purpose has only one.
        overwrite: replace an existing file.
        progress: shows the steps.

    Raises:
        PolicyRefused: not allowed (recorded), or no cell came back.
    """
    form, gzip = output_format(output)
    request = _request(context, source.columns, dataset, exported_for, recipient)
    with (
        _begun(context, request) as act,
        context.home.scratch() as scratch,
        whole_file(output, overwrite=overwrite) as partial,
        DuckEngine(temp=scratch, memory_limit=context.memory_limit) as engine,
        engine.source(source) as table,
    ):
        progress.step(f"reveal {source.path.name}")
        result, counts = _revealed(context, table, request, engine)
        rows = engine.write(result, partial, form, gzip=gzip)
        return _commit(
            context,
            act,
            request,
            counts,
            rows=rows,
            digest=digest_of(partial),
            mark=input_mark(context, source),
            path=output,
        )


def reveal_frame(
    context: Context, frame: Frame, *, dataset: str, exported_for: str | None, recipient: str | None
) -> Any:
    """Return a frame with the cells that the policy lets reveal; the input is never modified. Errors as in :func:`reveal`."""
    request = _request(context, frame.columns, dataset, exported_for, recipient)
    with (
        _begun(context, request) as act,
        context.home.scratch() as scratch,
        DuckEngine(temp=scratch, memory_limit=context.memory_limit) as engine,
    ):
        texts = frame.as_text()
        placed = replace(request, plans=(*request.plans, ColumnPlan.kept(frame.place)))
        result, counts = _revealed(context, engine.table(texts), placed, engine)
        table = engine.to_arrow(result)
        back = frame.restored(table, order=[plan.name for plan in request.plans], kept=[])
        _commit(
            context, act, request, counts, rows=table.num_rows, digest="", mark=input_mark(context, texts), path=None
        )
        return back


def _begun(context: Context, request: _Request) -> AbstractContextManager[Act]:
    return begin(
        context,
        "reveal",
        dataset=request.dataset,
        recipient=request.whom.recipient,
        **described(context, request.plans, recipient=request.whom.recipient),
        details={"exported-for": request.whom.purpose},
    )


def _request(
    context: Context, header: Sequence[str], dataset: str, exported_for: str | None, recipient: str | None
) -> _Request:
    """Check everything that the policy and the log of exports can tell before a row is read; refusals are recorded."""
    authorise(context, "reveal", "reveal", dataset=dataset)
    policy, purpose = context.policy.policy, context.purpose or ""
    try:
        other = _chosen(exported_for, policy.purposes[purpose].reveals, "purpose", "--exported-for")
        whom = For(
            purpose=other, recipient=_chosen(recipient, policy.purposes[other].recipients, "recipient", "--recipient")
        )
        plans = reveal_columns(policy, dataset=dataset, purpose=purpose, exported_for=other, header=header)
        _exported(context, dataset, whom)
    except PolicyRefused as error:
        record(context, "reveal", result="deny", reason=error.reason, dataset=dataset)
        raise
    return _Request(dataset=dataset, whom=whom, plans=plans)


def _chosen(given: str | None, known: Sequence[str], noun: str, option: str) -> str:
    if given is None and len(known) == 1:
        return known[0]
    if given in known:
        return str(given)
    what = f"no such {noun}" if given else f"several {noun}s"
    raise PolicyRefused(
        f"the policy names {what} here", reason=f"unknown-{noun}", hint=f"{option}, one of: " + ", ".join(known)
    )


def _exported(context: Context, dataset: str, whom: For) -> None:
    """Refuse where nothing was exported to this recipient: fpe cells would come back as wrong values, for nothing in them tells."""
    with context.state.reading() as view:
        known = view.export_list()
    same = [
        row
        for row in known
        if (row["dataset"], row["purpose"], row["recipient"]) == (dataset, whom.purpose, whom.recipient)
    ]
    if not same:
        raise PolicyRefused(
            f"no export of {dataset} for {whom.purpose} to this recipient is recorded",
            reason="never-exported",
            hint="see: secureprofile exports list",
        )


def _revealed(
    context: Context, table: ir.Table, request: _Request, engine: DuckEngine
) -> tuple[ir.Table, dict[str, tuple[int, int]]]:
    """Return the table as it leaves, and per column how many cells came back and how many stayed.

    Raises:
        PolicyRefused: none came back.
    """
    back: dict[str, ir.StringValue] = {}
    functions = _functions(context, request)
    engine.use_cells(functions)
    for plan in request.plans:
        if isinstance(plan.treatment, Token):
            table, back[plan.name] = _from_vault(context, table, plan, request.whom, len(back), engine)
    for plan in request.plans:
        if plan.name in functions:
            back[plan.name] = engine.functions.cells(plan.name, table[plan.name])
    sums = {}
    for name, value in back.items():
        holds = trimmed(table[name]) != ""
        sums[f"+{name}"] = (holds & value.notnull()).sum().fill_null(0)
        sums[f"-{name}"] = (holds & value.isnull()).sum().fill_null(0)
    found = engine.to_arrow(table.aggregate(**sums)).to_pylist()[0] if sums else {}
    counts = {name: (int(found[f"+{name}"]), int(found[f"-{name}"])) for name in back}
    if not any(came for came, _ in counts.values()):
        raise PolicyRefused(
            "nothing was revealed: no cell opens with the keys of this purpose and recipient",
            reason="nothing-revealed",
            hint="check --recipient and --exported-for: secureprofile exports list",
        )
    shown = {plan.name: table[plan.name] for plan in request.plans}
    return table.select(
        **{name: back[name].fill_null(cell) if name in back else cell for name, cell in shown.items()}
    ), counts


def _functions(context: Context, request: _Request) -> dict[str, CellFunction]:
    """Return column → function that undoes it, for encrypted and format-preserving columns."""
    functions: dict[str, CellFunction] = {}
    for plan in request.plans:
        match plan.treatment:
            case Encrypt():
                functions[plan.name] = Remembered(_Undo(encryption(context, plan, request.whom)))
            case Fpe():
                functions[plan.name] = Remembered(_Undo(_preserving(context, plan, request)))
            case _:
                continue
    return functions


def _preserving(context: Context, plan: ColumnPlan, request: _Request) -> fpe.FormatPreserving:
    """Return the FF1 of the key that the latest export to this recipient was made with: no cell tells which it was."""
    assert isinstance(plan.treatment, Fpe)
    with context.state.reading() as view:
        kids = exported_kids(
            view, dataset=request.dataset, purpose=request.whom.purpose, recipient=request.whom.recipient, role="fpe"
        )
    ring = {secret.kid: secret for secret in secrets_of(context, "fpe")}
    if not kids or kids[0] not in ring:
        raise PolicyRefused(
            f"the export of {plan.name} was made with no fpe key of this ring",
            reason="key-missing",
            hint="see: secureprofile exports list; secureprofile keys list",
        )
    if len(kids) > 1:
        raise PolicyRefused(
            f"exports to this recipient were made with several fpe keys, and a cell of {plan.name} does not tell which",
            reason="several-keys",
            hint="reveal encrypt or token columns, which carry their key's id",
        )
    return fpe.FormatPreserving(request.whom.key(ring[kids[0]], fpe.SCHEME, plan.category), plan.treatment)


class _Undo:
    """Shows a treatment's way back as a function on cells."""

    def __init__(self, inner: reversible.Encryption | fpe.FormatPreserving) -> None:
        self._inner = inner

    def treat(self, cells: Sequence[str]) -> list[str | None]:
        """See :class:`secureprofile.guard.cells.CellFunction`."""
        return self._inner.reveal(cells)

    def refuses(self, cell: str) -> bool:
        """See :class:`secureprofile.guard.cells.CellFunction`."""
        return self._inner.reveal([cell])[0] is None


def _from_vault(
    context: Context, table: ir.Table, plan: ColumnPlan, whom: For, number: int, engine: DuckEngine
) -> tuple[ir.Table, ir.StringValue]:
    """Join a column of random tokens with the values they stand for; an erased token has none, and stays."""
    assert isinstance(plan.treatment, Token)
    cell = table[plan.name]
    own = table.filter(is_own(cell, "st", plan.treatment.type)).select(cell=cell).distinct()
    cells = engine.to_arrow(own)["cell"].to_pylist()
    values: dict[str, str] = {}
    for secret in secrets_of(context, "vault"):
        mine = {one[-TOKEN_HEX:]: one for one in cells if one.split("_")[2] == secret.kid}
        scope = Scope(kid=secret.kid, purpose=whom.purpose, recipient=whom.recipient, category=plan.category)
        with context.state.reading() as view:
            rows = sealed_tokens(view, scope, list(mine))
        vault = reversible.VaultCipher(whom.key(secret, VAULT, plan.category, reversible.KEY_BYTES))
        opened = vault.open(rows["value"].to_pylist(), rows["lookup"].to_pylist())
        values |= {
            mine[token]: value
            for token, value in zip(rows["token"].to_pylist(), opened, strict=True)
            if value is not None
        }
    known, made = f"vault_{number}_cell", f"vault_{number}_value"
    pairs = {known: pa.array(list(values), pa.string()), made: pa.array(list(values.values()), pa.string())}
    joined = engine.table(pa.table(pairs))
    table = table.left_join(joined, table[plan.name] == joined[known]).drop(known)
    return table, table[made]


def _commit(
    context: Context,
    act: Act,
    request: _Request,
    counts: Mapping[str, tuple[int, int]],
    *,
    rows: int,
    digest: str,
    mark: str,
    path: Path | None,
) -> Revealed:
    touched = may_touch(context, act, name="reveal", dataset=request.dataset, recipient=request.whom.recipient)
    act.commit(
        touched.add,
        rows=size_class(rows),
        categories=tuple(sorted({plan.category for plan in request.plans if plan.name in counts})),
        input_digest=mark,
        output_digest=digest,
    )
    return Revealed(
        rows=rows,
        revealed={name: came for name, (came, _) in counts.items()},
        left={name: stayed for name, (_, stayed) in counts.items()},
        entry=act.index,
        path=path,
    )
