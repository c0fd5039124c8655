"""Exported logs made by hand, with hashlib and cryptography alone: what the verifier is judged by imports nothing of it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAME = "example.com/log"
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
WITNESS = "witness.example/w"


def vkey(key: Ed25519PrivateKey, name: str, kind: int = 1) -> str:
    data = bytes([kind]) + key.public_key().public_bytes_raw()
    return (
        f"{name}+{hashlib.sha256(name.encode() + bytes([10]) + data).hexdigest()[:8]}+{base64.b64encode(data).decode()}"
    )


VKEY = vkey(LOG_KEY, NAME)
WITNESS_VKEY = vkey(WITNESS_KEY, WITNESS, 4)


def leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def merkle(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, as it is written there."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return hashlib.sha256(b"\x01" + merkle(hashes[:k]) + merkle(hashes[k:])).digest()


def entry(number: int) -> bytes:
    return b'{"act":"look","format":"secureprofile-entry/1","number":%d,"phase":"event"}' % number


def line(key: Ed25519PrivateKey, name: str, kind: int, signature: bytes) -> str:
    identity = bytes.fromhex(vkey(key, name, kind).split("+", 2)[1])
    return f"— {name} {base64.b64encode(identity + signature).decode()}\n"


def note(
    entries: Sequence[bytes], *, name: str = NAME, key: Ed25519PrivateKey = LOG_KEY, witness: int | None = None
) -> bytes:
    """A signed checkpoint; ``witness`` is the time of a cosignature."""
    text = f"{name}\n{len(entries)}\n{base64.b64encode(merkle([leaf(e) for e in entries])).decode()}\n"
    lines = line(key, name, 1, key.sign(text.encode()))
    if witness is not None:
        signed = WITNESS_KEY.sign(f"cosignature/v1\ntime {witness}\n{text}".encode())
        lines += line(WITNESS_KEY, WITNESS, 4, witness.to_bytes(8, "big") + signed)
    return f"{text}\n{lines}".encode()


def place(kind: str, number: int, width: int) -> str:
    digits = f"{number:03d}" if number < 1000 else f"x{number // 1000:03d}/{number % 1000:03d}"
    return f"tile/{kind}/{digits}" + ("" if width == 256 else f".p/{width}")


def tiles(entries: Sequence[bytes]) -> dict[str, bytes]:
    """Every tile of hashes and every bundle of entries."""
    files = {}
    for start in range(0, len(entries), 256):
        chunk = entries[start : start + 256]
        files[place("entries", start // 256, len(chunk))] = b"".join(len(e).to_bytes(2, "big") + e for e in chunk)
    hashes, level = [leaf(e) for e in entries], 0
    while hashes:
        above = []
        for start in range(0, len(hashes), 256):
            chunk = hashes[start : start + 256]
            files[place(str(level), start // 256, len(chunk))] = b"".join(chunk)
            if len(chunk) == 256:
                above.append(merkle(chunk))
        hashes, level = above, level + 1
    return files


def export(entries: Sequence[bytes], *, witness: int | None = None, older: Sequence[int] = ()) -> dict[str, bytes]:
    """A whole export: file → bytes."""
    files = {**tiles(entries), "checkpoint": note(entries, witness=witness)}
    for size in older:
        files[f"anchors/{size}"] = note(entries[:size], witness=1_700_000_000 + size)
    if older:
        files["anchors/index"] = "".join(f"{size}\n" for size in older).encode()
    return files
