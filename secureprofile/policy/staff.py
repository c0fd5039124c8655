"""Keys by which staff prove who they are: Ed25519 keys as OpenSSH writes them, one line each."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Annotated, TypeAlias

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

_KIND = b"ssh-ed25519"


def ed25519_of(line: str) -> bytes:
    """Return the 32 bytes of a public key written as OpenSSH does: ``ssh-ed25519 AAAA… comment``.

    Raises:
        ValueError: it is no such line, to the last bit.

    Source: RFC 4253 §6.6 and RFC 8709 §4: string "ssh-ed25519", string key.
    """
    parts = line.split(" ", 2)
    if len(parts) < 2 or parts[0].encode() != _KIND:
        raise ValueError
    try:
        wire = b64decode(parts[1], validate=True)
    except binascii.Error:
        raise ValueError from None
    head = len(_KIND).to_bytes(4, "big") + _KIND + (32).to_bytes(4, "big")
    if not wire.startswith(head) or len(wire) != len(head) + 32:
        raise ValueError
    return wire[len(head) :]


def _line(value: str) -> str:
    try:
        ed25519_of(value)
    except ValueError:
        raise PydanticCustomError("key_form", "expected a public key") from None
    return value


StaffKey: TypeAlias = Annotated[str, AfterValidator(_line)]
