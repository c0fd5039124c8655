"""Signed notes and verifier keys, as C2SP signed-note defines them, with Ed25519 and the cosignatures of C2SP tlog-cosignature.

A note is a text, an empty line, and signature lines. Parsing is strict: what two programs could read differently is refused.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from secureprofile.audit.statement import MAX_TIME, cosigned_subtree, cosigned_text, read_base64
from secureprofile.errors import CannotTell, ProofWrong

ED25519 = 0x01
COSIGNATURE = 0x04
"""Ed25519 cosignature of a checkpoint, with a time."""
ML_DSA_44 = 0x06
"""ML-DSA-44 cosignature of a checkpoint, with a time: also against quantum computers."""

KEY_BYTES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}
SIGNATURE_BYTES = {ED25519: 64, COSIGNATURE: 64, ML_DSA_44: 2420}
MAX_SIGNATURES = 100

_DASH = "— "


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature that was verified; ``time`` (seconds since 1970 UTC) is a cosignature's, None for the log's own."""

    key: VerifierKey
    time: int | None
    line: str


def check_name(name: str) -> None:
    """Refuse names of keys that a note cannot hold: empty, with spaces or '+'."""
    if not name or "+" in name or any(c.isspace() or 0xD800 <= ord(c) < 0xE000 for c in name):
        raise ProofWrong("a key's name must not be empty nor hold spaces or '+'")


def key_id(name: str, public_key: bytes, kind: int = ED25519) -> bytes:
    """Return the first four bytes of SHA-256(name ‖ newline ‖ type ‖ key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key with its name and the kind of signature it makes, written ``name+hash+base64`` (a vkey).

    ``first`` and ``last``: the sizes of a log for which its key counts, where the key was handed over (``audit.handover``).
    """

    name: str
    public_key: bytes
    kind: int = ED25519
    first: int = field(default=0, compare=False)
    last: int | None = field(default=None, compare=False)

    @property
    def id(self) -> bytes:
        """What stands before its signatures: four bytes."""
        return key_id(self.name, self.public_key, self.kind)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public_key).decode()}"

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
        check_name(name)
        data = read_base64(encoded)
        if not data or len(data) - 1 != KEY_BYTES.get(data[0]):
            raise ProofWrong("a verifier key must be an Ed25519 key of 32 bytes or an ML-DSA-44 key of 1,312")
        key = cls(name=name, public_key=data[1:], kind=data[0])
        if hash_text != key.id.hex():
            raise ProofWrong("a verifier key's hash does not fit its key")
        return key

    def verify(self, text: str, signature: bytes) -> int | None:
        """Verify a signature (what follows the key's id) over a note's text and return a cosignature's time.

        Raises:
            ProofWrong: it is wrong.
            CannotTell: this machine's ``cryptography`` knows no ML-DSA.
        """
        time = None
        if self.kind != ED25519:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            if time > MAX_TIME:
                raise ProofWrong("a cosignature of an impossible time")
        if len(signature) != SIGNATURE_BYTES[self.kind]:
            raise ProofWrong("a wrong signature: too short or too long")
        if self.kind == ML_DSA_44:
            _verify_ml_dsa(self.public_key, signature, cosigned_subtree(text, self.name, time or 0))
        else:
            message = text.encode() if time is None else cosigned_text(text, time)
            _verify_ed25519(self.public_key, signature, message)
        return time


def sign_note(text: str, name: str, sign: Callable[[bytes], bytes], public_key: bytes) -> bytes:
    """Return the text as a signed note.

    Args:
        text: ends with a newline.
        name: of the key; no spaces, no '+'.
        sign: Ed25519 over the text's bytes.
        public_key: 32 bytes, for the key id.
    """
    check_name(name)
    if not text.endswith("\n"):
        raise ValueError("a note's text ends with a newline")
    return f"{text}\n{signature_line(VerifierKey(name=name, public_key=public_key), sign(text.encode()))}".encode()


def cosign(text: str, key: VerifierKey, sign: Callable[[bytes], bytes], time: int) -> str:
    """Return a cosignature line of a checkpoint.

    Args:
        text: the checkpoint's.
        key: of kind ``COSIGNATURE`` or ``ML_DSA_44``.
        sign: with its private half.
        time: now, in seconds since 1970 UTC.
    """
    if key.kind == ED25519:
        raise ValueError("this key makes no cosignatures")
    message = cosigned_text(text, time) if key.kind == COSIGNATURE else cosigned_subtree(text, key.name, time)
    return signature_line(key, time.to_bytes(8, "big") + sign(message))


def signature_line(key: VerifierKey, signature: bytes) -> str:
    """Return a line of a note, newline included."""
    return f"{_DASH}{key.name} {base64.b64encode(key.id + signature).decode()}\n"


def verify_note(note: bytes, keys: Sequence[VerifierKey]) -> str:
    """Return a note's text, if a known key signed it and no known key's signature is wrong.

    Raises:
        ProofWrong: malformed, no signature by a known key, or a wrong one.
    """
    return open_note(note, keys)[0]


def open_note(note: bytes, keys: Sequence[VerifierKey]) -> tuple[str, list[Signature]]:
    """Return a note's text and the signatures of known keys. Raises as :func:`verify_note`."""
    # 1. Known keys are told apart by name and id.
    known = {(key.name, key.id): key for key in keys}
    if len(known) != len(keys):
        raise ProofWrong("ambiguous: two verifier keys with the same name and id")
    # 2. UTF-8 without control characters; the last empty line parts text and signatures.
    text, lines = split_note(note)
    # 3. Every line parses; unknown keys are passed over, known ones must be right.
    good = []
    for line in lines:
        name, blob = read_signature(line)
        key = known.get((name, blob[:4]))
        if key is not None:
            good.append(Signature(key=key, time=key.verify(text, blob[4:]), line=line + "\n"))
    # 4. At least one known key signed.
    if not good:
        raise ProofWrong("no signature by a known key", hint="compare the key with the one you were given")
    return text, good


def split_note(note: bytes) -> tuple[str, list[str]]:
    """Return a note's text and its signature lines, unverified.

    Raises:
        ProofWrong: not UTF-8, control characters, no signatures, a last line without its newline, more than 100 lines.
    """
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise ProofWrong("a note must be UTF-8") from None
    if any(ord(c) < 0x20 and c != "\n" for c in whole):
        raise ProofWrong("a note must not hold control characters")
    text, found, signatures = whole.rpartition("\n\n")
    if not found or not signatures.endswith("\n"):
        raise ProofWrong("a note needs a text, an empty line and signatures")
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise ProofWrong("too many signatures")
    return text + "\n", lines


def read_signature(line: str) -> tuple[str, bytes]:
    """Return name and bytes (key id first) of a signature line, without its newline.

    Raises:
        ProofWrong: it is none.
    """
    if not line.startswith(_DASH):
        raise ProofWrong("a line after the text that is no signature")
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    check_name(name)
    blob = read_base64(encoded) if space else b""
    if len(blob) < 5:
        raise ProofWrong("a signature that is too short")
    return name, blob


def _verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        raise _wrong() from None


def _verify_ml_dsa(public_key: bytes, signature: bytes, message: bytes) -> None:
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
    except ImportError:
        raise CannotTell("this installation knows no ML-DSA-44", hint="install a newer cryptography") from None
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        MLDSA44PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        raise _wrong() from None
    except UnsupportedAlgorithm:
        raise CannotTell("this installation knows no ML-DSA-44", hint="install a newer cryptography") from None


def _wrong() -> ProofWrong:
    return ProofWrong("a wrong signature", hint="the checkpoint was changed, or another key signed it")
