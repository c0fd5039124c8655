"""Who was erased: marks under a key of their own, in the state and beside the keys, so that no import and no backup brings anybody back."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from secureprofile.adapters import schema
from secureprofile.adapters.keys import derive
from secureprofile.adapters.outputs import write_whole
from secureprofile.adapters.state import Reader, Writer
from secureprofile.flows.gate import Context
from secureprofile.flows.secrets import secrets_of

FILE = "tombstones"


def mark_key(context: Context, domain: str) -> bytes:
    """Return the key of a domain's marks; a ring older than the role gets its first secret, and the log says so."""
    secret = secrets_of(context, "tombstone")[0]
    return derive(secret, purpose="tombstone", recipient="", category=domain, scheme="sp/tombstone/1")


def mark(key: bytes, lookup: str) -> str:
    """Return a person's mark: HMAC-SHA-256 of the vault lookup, in hex."""
    return hmac.digest(key, lookup.encode("ascii"), "sha256").hex()


def marks(view: Reader) -> set[str]:
    """Return everybody's mark."""
    return {row[0] for row in view.connection.execute(sa.select(schema.tombstones.c.mark))}


def erased_among(context: Context, view: Reader, lookups: Iterable[str], domain: str) -> set[str]:
    """Return those of some lookups whose people were erased."""
    known = marks(view)
    if not known:
        return set()
    key = mark_key(context, domain)
    return {lookup for lookup in lookups if mark(key, lookup) in known}


def add_marks(tx: Writer, new: Iterable[str], *, entry: int) -> None:
    """Record marks under the entry of the erasure."""
    from sqlalchemy.dialects.sqlite import insert as upsert

    rows = [{"mark": one, "entry": entry} for one in new]
    if rows:
        tx.connection.execute(upsert(schema.tombstones).on_conflict_do_nothing(), rows)


def remove_mark(tx: Writer, one: str) -> None:
    """Forget that somebody was erased."""
    tx.connection.execute(sa.delete(schema.tombstones).where(schema.tombstones.c.mark == one))


def kept_outside(context: Context) -> set[str] | None:
    """Return the marks that stand beside the keys; None where keys are not in a folder."""
    path = _path(context)
    if path is None:
        return None
    try:
        return set(path.read_text(encoding="ascii").split())
    except FileNotFoundError:
        return set()


def keep_outside(context: Context, all_marks: set[str]) -> None:
    """Write the marks beside the keys, whole: a backup of the workspace that is restored meets them there."""
    path = _path(context)
    if path is not None:
        write_whole(path, "".join(f"{one}\n" for one in sorted(all_marks)).encode(), overwrite=True)


def _path(context: Context) -> Path | None:
    with context.state.reading() as view:
        reference = str(view.meta("keys"))
    return Path(reference.removeprefix("file:")) / FILE if reference.startswith("file:") else None
