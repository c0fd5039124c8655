"""Keyed marks for the log: which input was read, and on which machine, for whoever holds the keys, and for nobody else.

A plain digest of a small file can be found by trying contents, and a plain one of a machine's name by trying names. These are HMACs
under a key derived from the ring's index key, which never rotates: the same input has the same mark for the life of the workspace,
and another workspace's marks have nothing in common with it.
"""

from __future__ import annotations

import hmac
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from secureprofile.adapters.keys import KeyRing, derive
from secureprofile.adapters.sealed import PIECE, Readable

if TYPE_CHECKING:
    import pyarrow as pa

SCHEME = "sp/log/1"
_MACHINE = Path("/etc/machine-id")


def _key(ring: KeyRing, what: str) -> bytes:
    return derive(ring.index[0], purpose="log", recipient="", category=what, scheme=SCHEME)


def host_mark(ring: KeyRing) -> str:
    """Return an opaque id of this machine: from its machine id, or its name where it has none."""
    try:
        known = _MACHINE.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        known = ""
    return "host-" + hmac.digest(_key(ring, "host"), (known or socket.gethostname()).encode(), "sha256").hex()[:16]


def content_mark(ring: KeyRing, place: Readable) -> str:
    """Return the keyed digest of all bytes of a file or stream, in hex: HMAC-SHA-256."""
    mac = hmac.new(_key(ring, "input"), digestmod="sha256")
    with place.open("rb") as file:
        while piece := file.read(PIECE):
            mac.update(piece)
    return mac.hexdigest()


def table_mark(ring: KeyRing, table: pa.Table) -> str:
    """Return the keyed digest of a table in memory, in hex: of its Arrow stream in batches of 65,536 rows."""
    import pyarrow as pa

    mac = hmac.new(_key(ring, "input"), digestmod="sha256")
    with pa.ipc.new_stream(pa.PythonFile(cast("Any", _Into(mac)), mode="w"), table.schema) as stream:
        for batch in table.combine_chunks().to_batches(max_chunksize=1 << 16):
            stream.write_batch(batch)
    return mac.hexdigest()


class _Into:
    """A file that keeps nothing of what is written but its digest."""

    closed = False

    def __init__(self, mac: hmac.HMAC) -> None:
        self._mac, self._size = mac, 0

    def write(self, data: bytes) -> int:
        """Take more bytes."""
        self._mac.update(data)
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        """Return how many came."""
        return self._size

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def close(self) -> None:
        """End."""
        self.closed = True
