"""What others said of this log: witnesses and their cosignatures, timestamps; and which entries are still here."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert

from secureprofile.adapters import schema
from secureprofile.adapters.views import Reader, Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Somebody who cosigns this log's checkpoints; ``size`` is what was cosigned last."""

    name: str
    vkey: str
    url: str
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Somebody's word on the checkpoint of one size: ``kind`` is ``witness`` (a note) or ``timestamp`` (a token)."""

    size: int
    kind: str
    name: str
    body: bytes
    at: str


def witnesses(view: Reader) -> list[Witness]:
    """Return all witnesses, by name."""
    query = sa.select(schema.witnesses).order_by(schema.witnesses.c.name)
    return [Witness(**row._asdict()) for row in view.connection.execute(query)]


def store_witness(tx: Writer, witness: Witness) -> None:
    """Add a witness, or change what is known of it."""
    values = {name: getattr(witness, name) for name in witness.__slots__}
    statement = upsert(schema.witnesses).values(**values)
    tx.connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def remove_witness(tx: Writer, name: str) -> bool:
    """Forget a witness; what it cosigned stays. Return whether it was known."""
    return tx.connection.execute(sa.delete(schema.witnesses).where(schema.witnesses.c.name == name)).rowcount > 0


def anchors(view: Reader) -> list[Kept]:
    """Return everything that others said, oldest checkpoint first."""
    c = schema.anchors.c
    query = sa.select(schema.anchors).order_by(c.size, c.kind, c.name)
    return [Kept(**row._asdict()) for row in view.connection.execute(query)]


def keep_anchor(tx: Writer, kept: Kept) -> None:
    """Keep somebody's word on a checkpoint; a newer one on the same checkpoint replaces it."""
    values = {name: getattr(kept, name) for name in kept.__slots__}
    statement = upsert(schema.anchors).values(**values)
    tx.connection.execute(statement.on_conflict_do_update(index_elements=["size", "kind", "name"], set_=values))


def minimum(view: Reader) -> int:
    """Return the index of the oldest entry that is here; the size of the log where none is."""
    first = view.connection.execute(sa.select(sa.func.min(schema.log.c.idx))).scalar()
    return view.log_size() if first is None else int(first)


def drop_entries(tx: Writer, below: int) -> None:
    """Remove the entries below an index; the tiles of their hashes stay."""
    tx.connection.execute(sa.delete(schema.log).where(schema.log.c.idx < below))
