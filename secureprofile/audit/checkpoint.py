"""Checkpoints: signed statements of a log's size and root, as C2SP tlog-checkpoint in a signed note, with Ed25519.

Parsing is strict: what two programs could read differently is refused, as the specifications ask.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from secureprofile.audit.merkle import HASH_BYTES
from secureprofile.errors import ProofWrong

ED25519 = 0x01
MAX_SIGNATURES = 100

_DASH = "— "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log's name, number of entries and root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note's text: three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's text; extension lines may follow and are covered by the signature.

    Raises:
        ProofWrong: lenient integers, non-canonical base64, a root of another length, empty lines.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] != "" or any(line == "" for line in lines[:-1]):
        raise ProofWrong("a checkpoint has an origin, a size and a root, each on its line")
    if not _SIZE.fullmatch(lines[1]) or not lines[1].isascii() or int(lines[1]) >= 1 << 63:
        raise ProofWrong("a checkpoint's size must be plain decimal digits")
    root = _base64(lines[2])
    if len(root) != HASH_BYTES:
        raise ProofWrong("a checkpoint's root must be 32 bytes")
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=root)


def _base64(text: str) -> bytes:
    """Decode canonical base64 only: one spelling per value."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise ProofWrong("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise ProofWrong("base64 in a form that is not canonical")
    return data


def _check_name(name: str) -> None:
    if not name or "+" in name or any(c.isspace() or 0xD800 <= ord(c) < 0xE000 for c in name):
        raise ProofWrong("a key's name must not be empty nor hold spaces or '+'")


def key_id(name: str, public_key: bytes) -> bytes:
    """Return the first four bytes of SHA-256(name ‖ newline ‖ type ‖ key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([ED25519]) + public_key).digest()[:4]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key with its name, written ``name+hash+base64`` (a vkey)."""

    name: str
    public_key: bytes

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([ED25519]) + self.public_key).decode()
        return f"{self.name}+{key_id(self.name, self.public_key).hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a vkey; its hash must be that of the key.

        Raises:
            ProofWrong: malformed, another algorithm, or a hash of another key.
        """
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise ProofWrong("a verifier key is written name+hash+key")
        name, hash_text, encoded = parts
        _check_name(name)
        data = _base64(encoded)
        if len(data) != 33 or data[0] != ED25519:
            raise ProofWrong("a verifier key must be an Ed25519 key of 32 bytes")
        if hash_text != key_id(name, data[1:]).hex():
            raise ProofWrong("a verifier key's hash does not fit its key")
        return cls(name=name, public_key=data[1:])


def sign_note(text: str, name: str, sign: Callable[[bytes], bytes], public_key: bytes) -> bytes:
    """Return the text as a signed note.

    Args:
        text: ends with a newline.
        name: of the key; no spaces, no '+'.
        sign: Ed25519 over the text's bytes.
        public_key: 32 bytes, for the key id.
    """
    _check_name(name)
    if not text.endswith("\n"):
        raise ValueError("a note's text ends with a newline")
    blob = key_id(name, public_key) + sign(text.encode())
    return f"{text}\n{_DASH}{name} {base64.b64encode(blob).decode()}\n".encode()


def verify_note(note: bytes, keys: Sequence[VerifierKey]) -> str:
    """Return a note's text, if a known key signed it and no known key's signature is wrong.

    Raises:
        ProofWrong: malformed, no signature by a known key, or a wrong one.
    """
    # 1. Known keys are told apart by name and id.
    known = {(key.name, key_id(key.name, key.public_key)): key for key in keys}
    if len(known) != len(keys):
        raise ProofWrong("two verifier keys with the same name and id")
    # 2. UTF-8 without control characters other than newline.
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise ProofWrong("a note must be UTF-8") from None
    if any(ord(c) < 0x20 and c != "\n" for c in whole):
        raise ProofWrong("a note must not hold control characters")
    # 3. The last empty line parts text and signatures; every signature line is complete, nothing follows.
    text, found, signatures = whole.rpartition("\n\n")
    if not found or not signatures.endswith("\n"):
        raise ProofWrong("a note needs a text, an empty line and signatures")
    text += "\n"
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise ProofWrong("too many signatures")
    # 4. Every line parses; unknown keys are passed over, known ones must be right.
    good = 0
    for line in lines:
        name, blob = _signature(line)
        key = known.get((name, blob[:4]))
        if key is not None:
            _verify_ed25519(key, blob[4:], text.encode())
            good += 1
    # 5. At least one known key signed.
    if not good:
        raise ProofWrong("no signature by a known key", hint="compare the key with the one you were given")
    return text


def _signature(line: str) -> tuple[str, bytes]:
    if not line.startswith(_DASH):
        raise ProofWrong("a line after the text that is no signature")
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    _check_name(name)
    blob = _base64(encoded) if space else b""
    if len(blob) < 5:
        raise ProofWrong("a signature that is too short")
    return name, blob


def _verify_ed25519(key: VerifierKey, signature: bytes, message: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, message)
    except InvalidSignature:
        raise ProofWrong("a wrong signature", hint="the checkpoint was changed, or another key signed it") from None
