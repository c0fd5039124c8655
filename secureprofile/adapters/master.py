"""A master over the key ring: the ring's file is encrypted, and what opens it is somewhere else.

Where the master is, ``$SECUREPROFILE_MASTER`` says, and nothing else: a reference inside a workspace or a ring would let whoever can write there
choose a command that runs here.

- ``file:PATH``: a file that only its owner may read;
- ``env:VARIABLE``: a variable;
- ``command:PROGRAM ARGUMENTS``: what a program prints, such as a password manager or a client of a key service; no shell;
- ``keyring:SERVICE/USER``: the operating system's keyring (extra ``keyring``).

A master of 32 bytes in base64 is used as it is; anything else is a passphrase of at least 12 characters, stretched by scrypt.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Final

from secureprofile.errors import CannotTell, InputError, UsageError

VARIABLE: Final = "SECUREPROFILE_MASTER"

_FORMAT: Final = "secureprofile-keys-wrapped"
_KDFS: Final = ("hkdf-sha256", "scrypt-65536-8-1")
_LEAST: Final = 12
_SECONDS: Final = 60


def is_wrapped(data: bytes) -> bool:
    """Tell whether a ring's file is encrypted under a master.

    Example:
        >>> is_wrapped(b'{"secureprofile-keys-wrapped": 1}'), is_wrapped(b'{"secureprofile-keys": 1}')
        (True, False)
    """
    return f'"{_FORMAT}"'.encode() in data[:64]


def in_use() -> str | None:
    """Return the reference to the master, None where there is none."""
    return os.environ.get(VARIABLE) or None


def wrap(ring: bytes, master: bytes) -> bytes:
    """Return a ring's bytes encrypted under a master: AES-256-GCM, with a fresh salt and nonce.

    Example:
        >>> unwrap(wrap(b"ring", b"a long passphrase"), b"a long passphrase")
        b'ring'
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    kdf = _KDFS[0] if _is_key(master) else _KDFS[1]
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    head: dict[str, str | int] = {_FORMAT: 1, "kdf": kdf, "salt": _text(salt), "nonce": _text(nonce)}
    sealed = AESGCM(_key(master, kdf, salt)).encrypt(nonce, ring, _bound(kdf))
    return json.dumps({**head, "ring": _text(sealed)}, indent=1).encode() + b"\n"


def unwrap(data: bytes, master: bytes) -> bytes:
    """Return the ring's bytes.

    Raises:
        InputError: the file is damaged, or no wrapped ring.
        CannotTell: the master is another one.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        body = json.loads(data)
        if set(body) != {_FORMAT, "kdf", "salt", "nonce", "ring"} or body[_FORMAT] != 1 or body["kdf"] not in _KDFS:
            raise ValueError
        salt, nonce, sealed = (base64.b64decode(body[name], validate=True) for name in ("salt", "nonce", "ring"))
        if len(salt) != 16 or len(nonce) != 12:
            raise ValueError
    except (ValueError, TypeError, binascii.Error):
        raise InputError(
            "the key ring cannot be read", hint="restore it from its backup; keys cannot be guessed"
        ) from None
    try:
        return AESGCM(_key(master, body["kdf"], salt)).decrypt(nonce, sealed, _bound(body["kdf"]))
    except InvalidTag:
        raise CannotTell(
            "the master does not open the key ring",
            hint=f"${VARIABLE} points to another master, or the ring was changed",
        ) from None


def read_master(reference: str | None) -> bytes:
    """Return the master that a reference points to.

    Raises:
        CannotTell: there is none, or others may read it.
        UsageError: the reference is none, or the master too short.
    """
    if reference is None:
        raise CannotTell(
            "the key ring is encrypted under a master", hint=f"say where it is: export {VARIABLE}=file:PATH"
        )
    kind, _, where = reference.partition(":")
    match kind:
        case "file":
            found = _from_file(Path(where))
        case "env":
            found = os.environ.get(where, "").encode()
        case "command":
            found = _from_command(where)
        case "keyring":
            found = _from_keyring(where)
        case _:
            raise UsageError(
                "the reference to the master is of no known kind",
                hint="file:PATH, env:VARIABLE, command:… or keyring:SERVICE/USER",
            )
    found = found.strip()
    if not found:
        raise CannotTell("the master is empty, or not there", hint=f"look at what ${VARIABLE} points to")
    if len(found) < _LEAST:
        raise UsageError(f"a master has at least {_LEAST} characters", hint="such as: openssl rand -base64 32")
    return found


def _from_file(path: Path) -> bytes:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise CannotTell("the master's file can be read by others", hint="chmod 600 it")
        return path.read_bytes()
    except OSError as error:
        raise CannotTell(f"the master's file cannot be read: {error.strerror}", hint="check its path") from None


def _from_command(line: str) -> bytes:
    try:
        words = shlex.split(line)
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, timeout=_SECONDS)
    except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
        why = f"ended with {error.returncode}" if isinstance(error, subprocess.CalledProcessError) else "did not run"
        raise CannotTell(f"the command for the master {why}", hint="run it by hand and look") from None
    return done.stdout


def _from_keyring(where: str) -> bytes:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise UsageError("the extra `keyring` is not installed", hint="pip install 'secureprofile[keyring]'") from None
    service, _, user = where.partition("/")
    try:
        return (keyring.get_password(service, user) or "").encode()
    except KeyringError:
        raise CannotTell(
            "the keyring of the system does not answer", hint="unlock it, or use file: or command:"
        ) from None


def _is_key(master: bytes) -> bool:
    try:
        return len(base64.b64decode(master, validate=True)) == 32
    except binascii.Error:
        return False


def _key(master: bytes, kdf: str, salt: bytes) -> bytes:
    if kdf == _KDFS[1]:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        return Scrypt(salt=salt, length=32, n=1 << 16, r=8, p=1).derive(master)
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=_bound(kdf)).derive(master)


def _bound(kdf: str) -> bytes:
    return f"{_FORMAT}/1 {kdf}".encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
