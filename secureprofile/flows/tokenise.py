"""Random tokens for the columns of a file: known values are looked up in the engine, new ones enrolled when the act commits.

A run that fails before its outcome enrols nothing; one that is killed between commit and the file's rename leaves tokens that
nobody has seen, and that the next run uses.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.tokens import CHUNK, SEALED, Scope, add_tokens, known_tokens
from secureprofile.adapters.views import Writer
from secureprofile.flows.gate import Context
from secureprofile.flows.secrets import VAULT, For, secrets_of
from secureprofile.guard.canonical import trimmed
from secureprofile.guard.pseudonyms import TOKEN_HEX, is_own
from secureprofile.guard.reversible import KEY_BYTES, VaultCipher
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.treatments import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """New values of one scope, sealed, waiting for the act to commit."""

    scope: Scope
    rows: pa.Table

    def commit(self, tx: Writer, *, entry: int) -> int:
        """Enrol them in the act's transaction; return how many."""
        return add_tokens(tx, self.scope, self.rows, entry=entry)


def tokenise(
    context: Context,
    table: ir.Table,
    plans: Sequence[ColumnPlan],
    whom: For,
    *,
    names: Mapping[tuple[str, str], str],
    engine: DuckEngine,
) -> tuple[ir.Table, dict[str, str], list[Enrolment]]:
    """Join a table with the random tokens of its columns.

    Args:
        context: whose state and keys.
        table: joined with the key table.
        plans: what happens to the columns.
        whom: purpose and recipient.
        names: (treatment, category) → name of its key in the table.
        engine: that executes.

    Returns:
        The table with one more column per tokenised one, column → that column's name, and what is to be enrolled.
    """
    columns: dict[str, str] = {}
    waiting: list[Enrolment] = []
    by_category: dict[str, list[ColumnPlan]] = {}
    for plan in plans:
        if isinstance(plan.treatment, Token):
            by_category.setdefault(plan.category, []).append(plan)
    for category, group in by_category.items():
        name = names["token", category]
        secret = secrets_of(context, "vault")[0]
        scope = Scope(kid=secret.kid, purpose=whom.purpose, recipient=whom.recipient, category=category)
        with context.state.reading() as view:
            known = known_tokens(view, scope)
        new = _enrol(table, group, name, known, VaultCipher(whom.key(secret, VAULT, category, KEY_BYTES)), engine)
        if new.num_rows:
            waiting.append(Enrolment(scope=scope, rows=new))
        given = pa.concat_tables([known, new.select(known.column_names)])
        for plan in group:
            made = f"token_{len(columns)}_"
            columns[plan.name] = made
            table = _joined(table, plan, name, given, made, secret.kid, engine)
    return table, columns, waiting


def _lookup(table: ir.Table, plan: ColumnPlan, name: str, engine: DuckEngine) -> ir.StringValue:
    value = engine.functions.canonical(table[plan.name], plan.category, plan.region)
    return engine.functions.hmac_hex(value, table[f"inner_{name}"], table[f"outer_{name}"], TOKEN_HEX)


def _enrol(
    table: ir.Table, group: Sequence[ColumnPlan], name: str, known: pa.Table, vault: VaultCipher, engine: DuckEngine
) -> pa.Table:
    """Return (schema SEALED) the values of some columns that have no token yet, each with a fresh one."""
    parts = []
    for plan in group:
        assert isinstance(plan.treatment, Token)
        value = trimmed(table[plan.name])
        fresh = table.filter((value != "") & ~is_own(table[plan.name], "st", plan.treatment.type))
        pairs = fresh.select(lookup=_lookup(fresh, plan, name, engine), value=trimmed(fresh[plan.name]))
        parts.append(pairs.filter(pairs.lookup.notnull()))
    found = ibis.union(*parts) if len(parts) > 1 else parts[0]
    values = found.group_by("lookup").aggregate(value=found.value.min())
    unseen = engine.to_arrow(values.anti_join(engine.table(known), "lookup").order_by("lookup"))
    return pa.Table.from_batches([_sealed(batch, vault) for batch in unseen.to_batches(max_chunksize=CHUNK)], SEALED)


def _sealed(batch: pa.RecordBatch, vault: VaultCipher) -> pa.RecordBatch:
    lookups, values = batch["lookup"].to_pylist(), batch["value"].to_pylist()
    drawn = secrets.token_bytes(TOKEN_HEX // 2 * len(lookups)).hex()
    tokens = [drawn[start : start + TOKEN_HEX] for start in range(0, len(drawn), TOKEN_HEX)]
    columns = [pa.array(lookups, pa.string()), pa.array(tokens, pa.string()), pa.array(vault.seal(values, lookups))]
    return pa.record_batch([column.cast(field.type) for column, field in zip(columns, SEALED, strict=True)], SEALED)


def _joined(
    table: ir.Table, plan: ColumnPlan, name: str, given: pa.Table, made: str, kid: str, engine: DuckEngine
) -> ir.Table:
    """Add the column ``made`` with ``st_<type>_<kid>_<32 hex>``; a cell that is such a token already stays."""
    assert isinstance(plan.treatment, Token)
    kind = plan.treatment.type
    keyed = table.mutate(**{f"{made}lookup": _lookup(table, plan, name, engine)})
    pairs = engine.table(given.rename_columns([f"{made}known", f"{made}drawn"]))
    joined = keyed.left_join(pairs, keyed[f"{made}lookup"] == pairs[f"{made}known"])
    drawn = ibis.literal(f"st_{kind}_{kid}_") + joined[f"{made}drawn"]
    token = ibis.ifelse(is_own(joined[plan.name], "st", kind), joined[plan.name], drawn)
    return joined.mutate(**{made: token}).drop(f"{made}lookup", f"{made}known", f"{made}drawn")
