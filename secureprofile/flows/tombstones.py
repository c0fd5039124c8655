"""Who was erased: marks under a key of their own, in the state and beside the keys, so that no import and no backup brings anybody back."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from pathlib import Path

from secureprofile.adapters.keys import derive
from secureprofile.adapters.outputs import write_whole
from secureprofile.adapters.people import marks
from secureprofile.adapters.views import Reader
from secureprofile.flows.gate import Context
from secureprofile.flows.secrets import secrets_of

FILE = "tombstones"
SCHEME = "sp/tombstone/1"


def mark_key(context: Context, domain: str) -> bytes:
    """Return the key of a domain's marks; a ring older than the role gets its first secret, and the log says so."""
    secret = secrets_of(context, "tombstone")[0]
    return derive(secret, purpose="tombstone", recipient="", category=domain, scheme=SCHEME)


def mark(key: bytes, lookup: str) -> str:
    """Return a person's mark: HMAC-SHA-256 of the vault lookup, in hex."""
    return hmac.digest(key, lookup.encode("ascii"), "sha256").hex()


def erased_among(context: Context, view: Reader, lookups: Iterable[str], domain: str) -> dict[str, int]:
    """Return those of some lookups whose people were erased, with the entry of the erasure."""
    known = marks(view)
    if not known:
        return {}
    key = mark_key(context, domain)
    marked = ((lookup, mark(key, lookup)) for lookup in lookups)
    return {lookup: known[one] for lookup, one in marked if one in known}


def kept_outside(context: Context) -> set[str] | None:
    """Return the marks that stand beside the keys; None where keys are not in a folder."""
    path = _path(context)
    if path is None:
        return None
    try:
        return set(path.read_text(encoding="ascii").split())
    except FileNotFoundError:
        return set()


def keep_outside(context: Context, all_marks: Iterable[str]) -> None:
    """Write the marks beside the keys, whole: a backup of the workspace that is restored meets them there."""
    path = _path(context)
    if path is not None:
        write_whole(path, "".join(f"{one}\n" for one in sorted(all_marks)).encode(), overwrite=True)


def _path(context: Context) -> Path | None:
    with context.state.reading() as view:
        reference = str(view.meta("keys"))
    return Path(reference.removeprefix("file:")) / FILE if reference.startswith("file:") else None
