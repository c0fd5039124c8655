"""A stream's bytes, kept on disk under a key that lives in memory only, and readable like a file.

What comes through a pipe can be read once, while a table is looked at several times: to find its encoding, then to treat it. The copy in the
workspace's scratch folder is encrypted (AES-256-CTR, a random key per stream): what a killed run leaves cannot be read by anybody.
"""

from __future__ import annotations

import io
import secrets
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, Literal, Protocol, cast

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK: Final = 16
PIECE: Final = 1 << 20
"""Bytes that are copied at a time."""


class Readable(Protocol):
    """What a source's bytes are read from: a :class:`~pathlib.Path`, or a :class:`Sealed` stream."""

    @property
    def name(self) -> str:
        """How messages call it."""
        ...

    def open(self, mode: Literal["rb"], /) -> IO[bytes]:
        """Open it for reading bytes."""
        ...


class Sealed:
    """The bytes of a stream, encrypted in a file of the given folder.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> sealed = Sealed(io.BytesIO(b"a,b" * 100), folder)
        >>> with sealed.open("rb") as file:
        ...     _ = file.seek(3)
        ...     file.read(3), b"a,b" in next(folder.iterdir()).read_bytes()
        (b'a,b', False)
    """

    def __init__(self, stream: BinaryIO, folder: Path, name: str = "standard input") -> None:
        self.name = name
        self._key, self._file = secrets.token_bytes(32), folder / f"stream-{secrets.token_hex(8)}"
        encryptor = Cipher(algorithms.AES(self._key), modes.CTR(bytes(BLOCK))).encryptor()
        with self._file.open("xb") as file:
            self._file.chmod(0o600)
            while piece := stream.read(PIECE):
                file.write(encryptor.update(piece))
        self.size = self._file.stat().st_size

    def __str__(self) -> str:
        return self.name

    def open(self, mode: str = "rb") -> IO[bytes]:
        """Open the bytes as they came; the file can be sought in."""
        if mode != "rb":
            raise ValueError("a sealed stream is read as bytes")
        return cast("IO[bytes]", io.BufferedReader(_Reader(self._file, self._key), PIECE))


class _Reader(io.RawIOBase):
    """Decrypts from any position: in counter mode the n-th block depends on n and the key alone."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._file, self._key = path.open("rb", buffering=0), key
        self._decryptor = self._at(0)

    def _at(self, place: int) -> Any:
        counter = (place // BLOCK).to_bytes(BLOCK, "big")
        decryptor = Cipher(algorithms.AES(self._key), modes.CTR(counter)).decryptor()
        decryptor.update(bytes(place % BLOCK))
        return decryptor

    def readable(self) -> bool:
        """See :class:`io.RawIOBase`."""
        return True

    def seekable(self) -> bool:
        """See :class:`io.RawIOBase`."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """See :class:`io.RawIOBase`."""
        place = self._file.seek(offset, whence)
        self._decryptor = self._at(place)
        return place

    def tell(self) -> int:
        """See :class:`io.RawIOBase`."""
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        """See :class:`io.RawIOBase`."""
        data = self._file.read(len(buffer)) or b""
        memoryview(buffer).cast("B")[: len(data)] = self._decryptor.update(data)
        return len(data)

    def close(self) -> None:
        """See :class:`io.RawIOBase`."""
        self._file.close()
        super().close()
