"""Keys: made, kept outside the workspace, resolved late, derived per use. ``repr`` shows key ids only.

A ring is one JSON file of mode 0600 in a folder of mode 0700. Whoever holds it can recompute every pseudonym, so it lives
apart from the pseudonyms (GDPR Art. 4(5)). A reference says where: ``file:FOLDER`` or ``env:VARIABLE`` (the JSON itself). Under a master
(:mod:`secureprofile.adapters.master`) the file is encrypted.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from secureprofile.adapters import master
from secureprofile.adapters.outputs import write_whole
from secureprofile.errors import CannotTell, InputError, OutputError, UsageError

KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One secret with its id and the day it was made."""

    kid: str
    made: str
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """The secrets of a workspace by role; the newest first.

    ``pseudonym`` serves pseudonyms, fakes and shifted dates, ``index`` finds people in the vault, ``log`` signs. ``encrypt``,
    ``vault`` (tokens), ``fpe`` and ``tombstone`` (who was erased) came later: rings made before have them from the first act that needs them.
    """

    pseudonym: tuple[Secret, ...]
    index: tuple[Secret, ...]
    log: tuple[Secret, ...]
    encrypt: tuple[Secret, ...] = ()
    vault: tuple[Secret, ...] = ()
    fpe: tuple[Secret, ...] = ()
    tombstone: tuple[Secret, ...] = ()

    ROLES = ("pseudonym", "index", "log", "encrypt", "vault", "fpe", "tombstone")
    REQUIRED = ("pseudonym", "index", "log")
    ROTATING = ("pseudonym", "encrypt", "vault", "fpe")
    """Roles that may get newer keys; a newer ``log`` key is handed over besides (``audit.handover``). A new ``index`` would lose
    everybody's consents, and a new ``tombstone`` forget who was erased."""

    def of(self, role: str) -> tuple[Secret, ...]:
        """Return the secrets of a role, the newest first; none where the ring is older than the role."""
        found: tuple[Secret, ...] = getattr(self, role)
        return found

    def grown(self, role: str, *, day: str) -> KeyRing:
        """Return the ring with a newer secret in a role; the older ones stay."""
        known = self.of(role)
        number = 1 + max((int(s.kid[1:]) for s in known if s.kid[1:].isdigit()), default=0)
        fresh = Secret(kid=f"k{number}", made=day, value=secrets.token_bytes(KEY_BYTES))
        return replace(self, **{role: (fresh, *known)})

    def to_json(self) -> bytes:
        """Return the file's bytes. They hold the secrets: write them nowhere but into the ring's own file."""
        body = {
            role: [
                {"kid": s.kid, "made": s.made, "secret": base64.b64encode(s.value).decode()}
                for s in getattr(self, role)
            ]
            for role in self.ROLES
            if self.of(role)
        }
        return json.dumps({"secureprofile-keys": 1, **body}, indent=1).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> KeyRing:
        """Read :meth:`to_json`'s bytes.

        Raises:
            InputError: not a key ring; the message shows nothing of it.
        """
        try:
            raw = json.loads(data)
            if raw.pop("secureprofile-keys") != 1 or not set(cls.REQUIRED) <= set(raw) <= set(cls.ROLES):
                raise ValueError
            ring = cls(**{role: tuple(_secret(item) for item in items) for role, items in raw.items()})
            kids = [[secret.kid for secret in ring.of(role)] for role in raw]
            if not all(kids) or any(len(set(one)) < len(one) for one in kids):
                raise ValueError
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InputError(
                "the key ring cannot be read", hint="restore it from its backup; keys cannot be guessed"
            ) from None
        return ring


def _secret(item: dict[str, str]) -> Secret:
    value = base64.b64decode(item["secret"], validate=True)
    if len(value) != KEY_BYTES:
        raise ValueError
    if not re.fullmatch(r"[a-z0-9]{1,8}", item["kid"]):
        raise ValueError
    return Secret(kid=item["kid"], made=item["made"], value=value)


def new_ring(*, day: str) -> KeyRing:
    """Make fresh secrets from the operating system's randomness."""
    fresh = {role: (Secret(kid="k1", made=day, value=secrets.token_bytes(KEY_BYTES)),) for role in KeyRing.ROLES}
    return KeyRing(**fresh)


def default_reference(workspace_id: str) -> str:
    """Return where a ring lives when nobody says otherwise: the user's configuration folder."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return f"file:{Path(home) / 'secureprofile' / workspace_id}"


def store_ring(ring: KeyRing, reference: str) -> None:
    """Write a new ring to where ``reference`` points; an existing one is never overwritten.

    Raises:
        OutputError: the place exists, cannot be written, or is not a ``file:`` reference.
    """
    if not reference.startswith("file:"):
        raise OutputError("keys can only be made in a folder", hint="--keys file:FOLDER")
    folder, data = Path(reference.removeprefix("file:")), _sealed(ring, master.in_use())
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / "keys.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise OutputError(f"there are keys in {folder} already", hint="choose another folder with --keys") from None
    except OSError as error:
        raise OutputError(
            f"no keys can be written to {folder}: {error.strerror}", hint="choose another with --keys"
        ) from None


def load_ring(reference: str) -> KeyRing:
    """Read the ring that ``reference`` points to.

    Raises:
        CannotTell: it is not there, or others may read it.
        InputError: it is not a key ring.
    """
    if reference.startswith("env:"):
        name = reference.removeprefix("env:")
        text = os.environ.get(name)
        if text is None:
            raise CannotTell(f"the keys are expected in the variable {name}, which is not set", hint=f"export {name}=…")
        return _opened(text.encode())
    path = Path(reference.removeprefix("file:")) / "keys.json"
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise CannotTell(f"the keys in {path} can be read by others", hint=f"chmod 600 {path}")
        return _opened(path.read_bytes())
    except OSError as error:
        raise CannotTell(
            f"the keys in {path} cannot be read: {error.strerror}", hint="restore them from their backup"
        ) from None


def _opened(data: bytes) -> KeyRing:
    return KeyRing.from_json(
        master.unwrap(data, master.read_master(master.in_use())) if master.is_wrapped(data) else data
    )


def _sealed(ring: KeyRing, reference: str | None) -> bytes:
    data = ring.to_json()
    return data if reference is None else master.wrap(data, master.read_master(reference))


def wrap_ring(reference: str, under: str | None) -> None:
    """Encrypt the ring's file under a master, another one than before, or none; in one durable step.

    Raises:
        CannotTell: the ring or a master cannot be read.
        UsageError: the ring is in a variable, or the reference to the master is none.
    """
    if not reference.startswith("file:"):
        raise UsageError("a ring in a variable cannot be wrapped", hint="put it into a folder: file:FOLDER")
    folder = Path(reference.removeprefix("file:"))
    with _locked(folder):
        write_whole(folder / "keys.json", _sealed(load_ring(reference), under), overwrite=True)


def is_wrapped(reference: str) -> bool:
    """Tell whether the ring's file is encrypted under a master."""
    path = Path(reference.removeprefix("file:")) / "keys.json"
    return reference.startswith("file:") and path.exists() and master.is_wrapped(path.read_bytes())


def grow_ring(reference: str, role: str, *, day: str, only_missing: bool = False) -> KeyRing:
    """Add a secret to a role of the ring that ``reference`` points to: the new file replaces the old in one durable step.

    Args:
        reference: where the ring is.
        role: one of :attr:`KeyRing.ROTATING`.
        day: today, as ISO 8601.
        only_missing: do nothing where the role has a secret already.

    Returns:
        The ring as it now stands in the file.

    Raises:
        CannotTell: the ring is in a variable, which a program cannot change for its parent, or cannot be read.
        OutputError: it cannot be written.
    """
    if role not in (*KeyRing.ROTATING, "log") and not (only_missing and role == "tombstone"):
        raise ValueError(f"{role} does not rotate")
    if not reference.startswith("file:"):
        ring = load_ring(reference)
        if only_missing and ring.of(role):
            return ring
        raise CannotTell(
            f"the key ring has no new {role} key, and a variable cannot be written",
            hint="put the ring into a folder: secureprofile keys rotate works there",
        )
    folder = Path(reference.removeprefix("file:"))
    with _locked(folder):
        ring = load_ring(reference)
        if only_missing and ring.of(role):
            return ring
        grown = ring.grown(role, day=day)
        under = master.in_use() if is_wrapped(reference) else None
        write_whole(folder / "keys.json", _sealed(grown, under), overwrite=True)
    return grown


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time change the ring of a folder."""
    try:
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise CannotTell(
            f"the keys in {folder} cannot be read: {error.strerror}", hint="restore them from their backup"
        ) from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def derive(
    secret: Secret,
    *,
    purpose: str,
    recipient: str,
    category: str,
    scheme: str = "sp/pseudonym/2",
    length: int = KEY_BYTES,
) -> bytes:
    """Derive the key of one scheme, purpose, recipient and category: other purposes get unlinkable results.

    HKDF-SHA-256 (RFC 5869) without salt; info is the JCS text ``[scheme, kid, purpose, recipient, category]``.

    Example:
        >>> secret = Secret(kid="k1", made="2026-11-01", value=bytes(32))
        >>> a = derive(secret, purpose="portrait", recipient="", category="user.unique_id")
        >>> b = derive(secret, purpose="marketing", recipient="", category="user.unique_id")
        >>> len(a), a == b
        (32, False)
    """
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = json.dumps([scheme, secret.kid, purpose, recipient, category], separators=(",", ":"), ensure_ascii=False)
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info.encode()).derive(secret.value)
