"""What a log's key and its witnesses put their signatures to: the text of a checkpoint, and what cosignatures cover.

After C2SP tlog-checkpoint and tlog-cosignature. Parsing is strict: what two programs could read differently is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from secureprofile.audit.merkle import HASH_BYTES
from secureprofile.errors import ProofWrong

MAX_TIME = (1 << 63) - 1
"""Latest time of a cosignature, in seconds since 1970 UTC."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_SUBTREE = b"subtree/v1\n\0"


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
    root = read_base64(lines[2])
    if len(root) != HASH_BYTES:
        raise ProofWrong("a checkpoint's root must be 32 bytes")
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=root)


def read_base64(text: str | bytes) -> bytes:
    r"""Decode canonical base64 only: one spelling per value.

    Raises:
        ProofWrong: anything else.

    Example:
        >>> read_base64("AQ==")
        b'\x01'
    """
    try:
        encoded = text.encode("ascii") if isinstance(text, str) else text
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ProofWrong("not base64") from None
    if base64.b64encode(data) != encoded:
        raise ProofWrong("base64 in a form that is not canonical")
    return data


def cosigned_text(text: str, time: int) -> bytes:
    r"""Return what an Ed25519 cosignature (``cosignature/v1``) covers.

    Args:
        text: the whole checkpoint, extension lines included.
        time: when it was cosigned, in seconds since 1970 UTC.

    Example:
        >>> cosigned_text("example.com/log\n", 1679315147)
        b'cosignature/v1\ntime 1679315147\nexample.com/log\n'
    """
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def cosigned_subtree(text: str, cosigner: str, time: int) -> bytes:
    """Return what an ML-DSA-44 cosignature covers: a structure that names cosigner, log, size and root; extension lines are left out.

    Raises:
        ProofWrong: the text is no checkpoint, or a name is longer than 255 bytes.
    """
    checkpoint = parse_checkpoint(text)
    names = [name.encode() for name in (cosigner, checkpoint.origin)]
    if any(not 0 < len(name) < 256 for name in names):
        raise ProofWrong("a name in an ML-DSA-44 cosignature has 1 to 255 bytes")
    return b"".join(
        (
            _SUBTREE,
            bytes([len(names[0])]) + names[0],
            time.to_bytes(8, "big"),
            bytes([len(names[1])]) + names[1],
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )
