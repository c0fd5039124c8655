"""The consent snapshot that a run pins: one digest over everything that the rule could look at.

SHA-256 over the netstrings ``sp/consent-snapshot/1`` and the purpose, then the digests of the purpose's records that are not in
the future, 32 bytes each, in the order of (person, time, state, digest) by bytes. Together with the policy's hash and the time it
fixes every decision of the run.
"""

from __future__ import annotations

import hashlib

from secureprofile.consent.records import ConsentRecord


class Snapshot:
    """A digest under way."""

    def __init__(self, purpose: str) -> None:
        name = purpose.encode()
        self._hash = hashlib.sha256(b"21:sp/consent-snapshot/1,%d:%b," % (len(name), name))

    def add(self, digests: bytes) -> None:
        """Take the next records' digests, one behind the other."""
        self._hash.update(digests)

    def hex(self) -> str:
        """Return the digest in hex."""
        return self._hash.hexdigest()


def snapshot_of(records: list[ConsentRecord], purpose: str) -> str:
    """Return the digest of some records, which must be the purpose's and of the past: the definition, slow and short.

    Example:
        >>> snapshot_of([], "portrait")[:16]
        '35301fd9f81abaf9'
    """
    digest = Snapshot(purpose)
    own = sorted(records, key=lambda r: (r.person.encode(), r.at, r.state.encode(), r.digest))
    digest.add(b"".join(record.digest for record in own))
    return digest.hex()
