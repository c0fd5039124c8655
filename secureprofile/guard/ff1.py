"""FF1, format-preserving encryption of NIST SP 800-38G, for many numeral strings of one length at a time.

The ten rounds run over arrays: one AES call per round and block for all rows, so that a value costs a microsecond or two
instead of a hundred. Halves below 2³² are ``uint64``; longer ones are Python integers in object arrays, slower and right.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numerals: TypeAlias = NDArray[np.uint8]
"""Shape (rows, n): the numerals of n-character strings, each below the radix."""

MIN_DOMAIN = 1_000_000
"""SP 800-38G Rev. 1 §5.2: radix to the length must not be smaller."""

_BLOCK = 16
_ROUNDS = 10


def shortest(radix: int) -> int:
    """Return the length of the shortest strings that may be encrypted.

    Example:
        >>> shortest(10), shortest(36)
        (6, 4)
    """
    return next(length for length in range(2, 21) if radix**length >= MIN_DOMAIN)


class Ff1:
    """FF1 under one key and radix. Holds the key only, so it can be sent to workers.

    Args:
        key: an AES key; 32 bytes for AES-256.
        radix: number of different numerals, 2 … 256.
    Example:
        >>> cipher = Ff1(bytes(32), 10)
        >>> plain = np.array([[1, 2, 3, 4, 5, 6]], dtype=np.uint8)
        >>> secret = cipher.encrypt(plain, np.zeros((1, 0), dtype=np.uint8))
        >>> cipher.decrypt(secret, np.zeros((1, 0), dtype=np.uint8)).tolist()
        [[1, 2, 3, 4, 5, 6]]

    Source: NIST SP 800-38G, algorithms 7 and 8; steps are numbered as there.
    """

    def __init__(self, key: bytes, radix: int) -> None:
        self._key = key
        self.radix = radix

    def encrypt(self, plain: Numerals, tweaks: NDArray[np.uint8]) -> Numerals:
        """Return the encrypted strings, same shape; ``tweaks`` is (rows, t) or (1, t).

        Raises:
            ValueError: strings too short for the smallest domain.
        """
        return self._run(plain, tweaks, range(_ROUNDS), forward=True)

    def decrypt(self, secret: Numerals, tweaks: NDArray[np.uint8]) -> Numerals:
        """Undo :meth:`encrypt`."""
        return self._run(secret, tweaks, range(_ROUNDS - 1, -1, -1), forward=False)

    def _run(self, text: Numerals, tweaks: NDArray[np.uint8], rounds: range, *, forward: bool) -> Numerals:
        rows, n = text.shape
        if n < shortest(self.radix):
            raise ValueError(f"FF1 needs {shortest(self.radix)} numerals of radix {self.radix} at least")
        if not rows:
            return text.copy()
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import ECB

        # a context of its own for each call: engines call from several threads
        encrypt = Cipher(AES(self._key), ECB()).encryptor().update
        u = n // 2  # step 1
        v = n - u
        b = math.ceil(_bits(self.radix, v) / 8)  # step 3
        d = 4 * math.ceil(b / 4) + 4  # step 4
        t = tweaks.shape[1]
        head = bytes([1, 2, 1]) + self.radix.to_bytes(3, "big") + bytes([10, u % 256])  # step 5
        start = encrypt(head + n.to_bytes(4, "big") + t.to_bytes(4, "big"))
        a, c = self._numbers(text[:, :u], b), self._numbers(text[:, u:], b)  # step 2
        padding = (-t - b - 1) % _BLOCK
        q = np.zeros((rows, t + padding + 1 + b), dtype=np.uint8)  # step 6i
        q[:, :t] = tweaks
        for i in rounds:
            m = u if i % 2 == 0 else v
            q[:, t + padding] = i
            q[:, t + padding + 1 :] = _bytes(c if forward else a, b)
            y = self._residue(_prf(start, q, encrypt, d), d, self.radix**m)  # steps 6ii–6iv
            if forward:
                a, c = c, self._modulo(a + y, m)  # steps 6vi–6ix
            else:
                a, c = self._modulo(c + (self.radix**m - y), m), a
        return np.concatenate([self._digits(a, u), self._digits(c, v)], axis=1)

    def _numbers(self, numerals: Numerals, b: int) -> Any:
        kind: Any = np.uint64 if b <= 4 else object
        total = np.zeros(len(numerals), dtype=kind)
        for column in numerals.T:
            total = total * self.radix + column.astype(kind)
        return total

    def _modulo(self, values: Any, m: int) -> Any:
        modulus = self.radix**m
        return values % (np.uint64(modulus) if values.dtype != object else modulus)

    def _digits(self, values: Any, length: int) -> Numerals:
        out = np.empty((len(values), length), dtype=np.uint8)
        for place in range(length - 1, -1, -1):
            out[:, place] = (values % self.radix).astype(np.uint8)
            values = values // self.radix
        return out

    @staticmethod
    def _residue(stream: NDArray[np.uint8], d: int, modulus: int) -> Any:
        """Return the big-endian number of each row, modulo the size of a half; 8 bytes fit a word."""
        if d == 8:
            return np.ascontiguousarray(stream).view(">u8")[:, 0].astype(np.uint64) % np.uint64(modulus)
        return np.array([int.from_bytes(row.tobytes(), "big") % modulus for row in stream], dtype=object)


def _bits(radix: int, length: int) -> int:
    """Return ⌈length · log₂ radix⌉, exactly."""
    return int(radix**length - 1).bit_length()


def _bytes(values: Any, b: int) -> NDArray[np.uint8]:
    if values.dtype != object:
        return np.ascontiguousarray(values.astype(">u8")).view(np.uint8).reshape(-1, 8)[:, 8 - b :]
    joined = b"".join(int(value).to_bytes(b, "big") for value in values)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, b)


def _prf(start: bytes, q: NDArray[np.uint8], encrypt: Any, d: int) -> NDArray[np.uint8]:
    """Return the first d bytes of step 6iii's S: CBC-MAC of P ‖ Q, and more blocks of it where d is larger than one."""
    rows = len(q)
    state = np.frombuffer(start, dtype=np.uint8)[None, :]
    for block in range(0, q.shape[1], _BLOCK):
        mixed = np.bitwise_xor(state, q[:, block : block + _BLOCK])
        state = np.frombuffer(encrypt(mixed.tobytes()), dtype=np.uint8).reshape(rows, _BLOCK)
    parts = [state]
    for number in range(1, math.ceil(d / _BLOCK)):
        counter = np.frombuffer(number.to_bytes(_BLOCK, "big"), dtype=np.uint8)
        mixed = np.bitwise_xor(state, counter[None, :])
        parts.append(np.frombuffer(encrypt(mixed.tobytes()), dtype=np.uint8).reshape(rows, _BLOCK))
    return np.concatenate(parts, axis=1)[:, :d]
