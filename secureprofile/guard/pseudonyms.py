"""Keyed tokens as expressions: HMAC-SHA-256 (RFC 2104) over key pads.

The pads arrive as columns of a joined one-row table: parameters and literals would show up in plans and event logs.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

TOKEN_HEX = 32
"""Hex digits of a token: 128 bits of the HMAC."""

BLOCK = 64
"""SHA-256's block size in bytes."""


def pads(keys: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the one-row key table's cells: two pads for each named key of 32 bytes, spelled as 64 hex digits, which fill a block.

    Example:
        >>> sorted(pads({"a": bytes(32)}))
        ['inner_a', 'outer_a']
    """
    cells = {}
    for name, key in keys.items():
        block = key.hex().encode("ascii")
        if len(block) != BLOCK:
            raise ValueError("a key has 32 bytes")
        cells[f"inner_{name}"] = bytes(byte ^ 0x36 for byte in block)
        cells[f"outer_{name}"] = bytes(byte ^ 0x5C for byte in block)
    return cells


def keyed_hex(key: bytes, text: str) -> str:
    """Return the HMAC-SHA-256 of one text, in hex, as engines make it for columns.

    Example:
        >>> keyed_hex(bytes(32), "ada@example.org")[:TOKEN_HEX]
        '212e41a709d0fb930e9f71fd95e96028'
    """
    return hmac.digest(key.hex().encode("ascii"), text.encode("utf-8"), "sha256").hex()


def key_of(inner: bytes) -> str:
    """Return the key, in hex, whose inner pad this is.

    Example:
        >>> key_of(pads({"a": bytes(32)})["inner_a"]) == "0" * 64
        True
    """
    return bytes(byte ^ 0x36 for byte in inner).decode("ascii")


def own_form(prefix: str, kind: str) -> str:
    r"""Return the pattern of our own tokens of one type.

    Example:
        >>> own_form("sp", "cust")
        '^sp_cust_[a-z0-9]{1,8}_[0-9a-f]{32}\\z'
    """
    return rf"^{prefix}_{re.escape(kind)}_[a-z0-9]{{1,8}}_[0-9a-f]{{{TOKEN_HEX}}}\z"


def is_own(value: ir.StringValue, prefix: str, kind: str) -> ir.BooleanValue:
    """Tell whether a cell is one of our own tokens of this type; the start, which is cheap, decides for nearly all cells."""
    return value.startswith(f"{prefix}_{kind}_") & value.re_search(own_form(prefix, kind))


def pseudonym(value: ir.StringValue, digest: ir.StringValue, *, kind: str, kid: str) -> ir.StringValue:
    """Return ``sp_<type>_<kid>_<32 hex>`` for every cell that holds something; a cell that is such a token already stays.

    Args:
        value: the column.
        digest: its keyed digest, :data:`TOKEN_HEX` digits.
        kind: the token's type.
        kid: id of the secret that the key is derived from.
    """
    return ibis.ifelse(is_own(value, "sp", kind), value, ibis.literal(f"sp_{kind}_{kid}_") + digest)
