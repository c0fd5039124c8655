"""AES-SIV (RFC 5297) on cells: deterministic, authenticated, and undone by whoever has the key of the right purpose.

The form is ``se_<type>_<kid>_<hex>``. The associated data binds scheme, type, kid and category: a phone and an order number
with equal digits differ even under one key, and a changed cell does not open. A cell that opens is ours and stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

SCHEME = "sp/encrypt/1"
KEY_BYTES = 64
"""AES-SIV takes two AES-256 keys at once."""

_FORM = re.compile(r"se_([a-z0-9]{1,8})_([a-z0-9]{1,8})_((?:[0-9a-f]{2}){16,})")


def associated(kind: str, kid: str, category: str) -> list[bytes]:
    """Return what a ciphertext is bound to besides its key."""
    return [SCHEME.encode(), kind.encode(), kid.encode(), category.encode()]


class Encryption:
    """Encrypts the cells of one category for one purpose and recipient.

    Args:
        keys: kid → 64-byte key, the newest first; older ones only recognise what they encrypted.
        kind: the type that stands in the form.
        category: data category of the column.
    Example:
        >>> one = Encryption({"k1": bytes(64)}, kind="mail", category="user.contact.email")
        >>> secret = one.treat(["a@example.org"])
        >>> one.treat(secret) == secret, one.reveal(secret)
        (True, ['a@example.org'])
    """

    def __init__(self, keys: Mapping[str, bytes], *, kind: str, category: str) -> None:
        self._keys = dict(keys)
        self._kind = kind
        self._category = category
        self._kid = next(iter(keys))

    def treat(self, cells: Sequence[str]) -> list[str | None]:
        """Return the encrypted cells; empty ones stay empty."""
        ciphers = self._ciphers()
        start, bound = f"se_{self._kind}_{self._kid}_", associated(self._kind, self._kid, self._category)
        own, encrypt = f"se_{self._kind}_", ciphers[self._kid].encrypt
        return [
            cell
            if not cell or (cell.startswith(own) and self._open(cell, ciphers) is not None)
            else start + encrypt(cell.encode(), bound).hex()
            for cell in cells
        ]

    def refuses(self, cell: str) -> bool:
        """Tell that no text is refused."""
        return False

    def reveal(self, cells: Sequence[str]) -> list[str | None]:
        """Return the texts; None for a cell that is not ours, was changed, or belongs to another key."""
        ciphers = self._ciphers()
        return [self._open(cell, ciphers) for cell in cells]

    def _ciphers(self) -> dict[str, AESSIV]:
        """Make the ciphers anew for each batch: they hold a context that threads must not share."""
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        return {kid: AESSIV(key) for kid, key in self._keys.items()}

    def _open(self, cell: str, ciphers: Mapping[str, AESSIV]) -> str | None:
        from cryptography.exceptions import InvalidTag

        found = _FORM.fullmatch(cell)
        if found is None or found[2] not in ciphers:
            return None
        try:
            plain = ciphers[found[2]].decrypt(bytes.fromhex(found[3]), associated(found[1], found[2], self._category))
        except InvalidTag:
            return None
        return plain.decode()


class VaultCipher:
    """Encrypts what the token table keeps, bound to the row it stands in.

    Args:
        key: 64 bytes, of one purpose, recipient and category.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, values: Sequence[str], lookups: Sequence[str]) -> list[bytes]:
        """Return what to store for each value."""
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        encrypt = AESSIV(self._key).encrypt
        return [
            encrypt(value.encode(), [b"sp/vault/1", lookup.encode()])
            for value, lookup in zip(values, lookups, strict=True)
        ]

    def open(self, stored: Sequence[bytes], lookups: Sequence[str]) -> list[str | None]:
        """Undo :meth:`seal`; None for a row that was changed or belongs to another key."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        decrypt, out = AESSIV(self._key).decrypt, list[str | None]()
        for data, lookup in zip(stored, lookups, strict=True):
            try:
                out.append(decrypt(data, [b"sp/vault/1", lookup.encode()]).decode())
            except InvalidTag:
                out.append(None)
        return out
