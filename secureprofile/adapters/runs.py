"""Which acts touched people, which entry commits to whom, and which files of tokens are still wanted: rows of the state database."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from secureprofile.adapters import schema
from secureprofile.adapters.views import Reader, Writer

FOLDER = "presence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One act that touched people. ``size`` 0: it commits to nobody in particular; ``kept``: the tokens are still there."""

    run: int
    entry: int
    act: str
    at: str
    purpose: str
    recipient: str
    dataset: str
    domain: str
    size: int
    kept: bool


def tokens_path(root: Path, run: int) -> Path:
    """Return where a run's tokens are."""
    return root / FOLDER / f"{run}.tokens"


def salts_path(root: Path, entry: int) -> Path:
    """Return where the commitments to the salts are that an entry commits to."""
    return root / FOLDER / f"{entry}.salts"


def runs(view: Reader, domain: str | None = None) -> list[Run]:
    """Return the acts that touched people of a domain, or of any, oldest first."""
    c = schema.runs.c
    query = sa.select(schema.runs).order_by(c.run)
    if domain is not None:
        query = query.where(c.domain.in_((domain, "")))
    return [Run(**{**row._mapping, "kept": bool(row.kept)}) for row in view.connection.execute(query)]


def enrolled(view: Reader, lookup: str) -> tuple[int, int] | None:
    """Return (entry, leaves) of the commitment to a person's salt; None where no entry commits to it yet."""
    e, v = schema.enrolments.c, schema.vault.c
    query = (
        sa.select(e.entry, e.size).join(schema.vault, v.batch == e.id).where(v.lookup == lookup, e.entry.is_not(None))
    )
    row = view.connection.execute(query).one_or_none()
    return None if row is None else (int(row[0]), int(row[1]))


def forget_tokens(tx: Writer, run: int) -> None:
    """Record that a run's tokens are gone; remove the file afterwards."""
    tx.connection.execute(sa.update(schema.runs).where(schema.runs.c.run == run).values(kept=0))


def sweep(root: Path, tx: Writer) -> int:
    """Remove files that no run names and nobody writes. Call it inside a writing transaction. Return how many went."""
    folder = root / FOLDER
    if not folder.is_dir():
        return 0
    c, e = schema.runs.c, schema.enrolments.c
    named = {f"{row[0]}.tokens" for row in tx.connection.execute(sa.select(c.run).where(c.kept == 1))}
    named |= {f"{row[0]}.salts" for row in tx.connection.execute(sa.select(e.entry).where(e.entry.is_not(None)))}
    gone = 0
    for path in folder.iterdir():
        if path.name not in named and (path.suffix != ".part" or _unheld(path)):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _unheld(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
