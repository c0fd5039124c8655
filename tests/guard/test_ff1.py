"""FF1 against NIST's published samples, and against a second implementation written from the standard's steps, slowly."""

import math
import random

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.guard.ff1 import Ff1

SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"
KEY = "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94"
SHORT, TWEAK, LONG = (
    ("", "0123456789"),
    ("39383736353433323130", "0123456789"),
    ("3737373770717273373737", "0123456789abcdefghi"),
)
# FF1samples.pdf of the Cryptographic Standards and Guidelines project, samples 1 to 9: key bytes, radix, tweak, plain, cipher
SAMPLES = [
    (16, 10, *SHORT, "2433477484"),
    (16, 10, *TWEAK, "6124200773"),
    (16, 36, *LONG, "a9tv40mll9kdu509eum"),
    (24, 10, *SHORT, "2830668132"),
    (24, 10, *TWEAK, "2496655549"),
    (24, 36, *LONG, "xbj3kv35jrawxv32ysr"),
    (32, 10, *SHORT, "6657667009"),
    (32, 10, *TWEAK, "1001623463"),
    (32, 36, *LONG, "xs8a0azh2avyalyzuwd"),
]


def array(*texts: str) -> np.ndarray:
    return np.array([[SIGNS.index(sign) for sign in text] for text in texts], dtype=np.uint8)


def texts(numerals: np.ndarray) -> list[str]:
    return ["".join(SIGNS[numeral] for numeral in row) for row in numerals]


def slow_ff1(key: bytes, radix: int, tweak: bytes, plain: str) -> str:
    """SP 800-38G, algorithm 7, one string at a time; CBC with a zero IV for the MAC."""
    n, t = len(plain), len(tweak)
    u = n // 2
    v = n - u
    a, b_text = plain[:u], plain[u:]
    b = math.ceil(math.ceil(v * math.log2(radix) - 1e-12) / 8)
    d = 4 * math.ceil(b / 4) + 4
    p = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256]) + n.to_bytes(4, "big") + t.to_bytes(4, "big")
    for i in range(10):
        q = tweak + bytes((-t - b - 1) % 16) + bytes([i]) + int(b_text, radix).to_bytes(b, "big")
        r = Cipher(AES(key), CBC(bytes(16))).encryptor().update(p + q)[-16:]
        s = r
        for j in range(1, math.ceil(d / 16)):
            block = (int.from_bytes(r, "big") ^ j).to_bytes(16, "big")
            s += Cipher(AES(key), ECB()).encryptor().update(block)
        y = int.from_bytes(s[:d], "big")
        m = u if i % 2 == 0 else v
        c = (int(a, radix) + y) % radix**m
        digits = ""
        for _ in range(m):
            c, digit = divmod(c, radix)
            digits = SIGNS[digit] + digits
        a, b_text = b_text, digits
    return a + b_text


@pytest.mark.parametrize(("size", "radix", "tweak", "plain", "secret"), SAMPLES)
def test_the_samples_of_the_standard(size: int, radix: int, tweak: str, plain: str, secret: str) -> None:
    cipher, key = Ff1(bytes.fromhex(KEY)[:size], radix), bytes.fromhex(KEY)[:size]
    tweaks = np.frombuffer(bytes.fromhex(tweak), dtype=np.uint8)[None, :]
    assert texts(cipher.encrypt(array(plain), tweaks)) == [secret]
    assert texts(cipher.decrypt(array(secret), tweaks)) == [plain]
    assert slow_ff1(key, radix, bytes.fromhex(tweak), plain) == secret


@settings(max_examples=120, deadline=None)
@given(
    radix=st.sampled_from([2, 10, 36]),
    length=st.integers(20, 60),
    tweak=st.binary(max_size=20),
    key=st.binary(min_size=32, max_size=32),
    seed=st.integers(0, 1 << 30),
)
def test_batches_of_any_length_and_tweak_are_what_the_slow_reference_says(
    radix: int, length: int, tweak: bytes, key: bytes, seed: int
) -> None:
    draw = random.Random(seed)
    for n in (length, max(6, length // 4) if radix > 2 else length):
        plain = ["".join(draw.choices(SIGNS[:radix], k=n)) for _ in range(3)]
        made = Ff1(key, radix).encrypt(array(*plain), np.frombuffer(tweak, dtype=np.uint8)[None, :])
        assert texts(made) == [slow_ff1(key, radix, tweak, one) for one in plain]
        assert texts(Ff1(key, radix).decrypt(made, np.frombuffer(tweak, dtype=np.uint8)[None, :])) == plain


def test_each_row_has_its_own_tweak() -> None:
    tweaks = np.array([[1], [2]], dtype=np.uint8)
    made = texts(Ff1(bytes(32), 10).encrypt(array("123456", "123456"), tweaks))
    assert made == [slow_ff1(bytes(32), 10, bytes([n]), "123456") for n in (1, 2)]


def test_the_smallest_domain_is_permuted() -> None:
    """All million six-digit strings: each comes out once."""
    numbers = np.arange(1_000_000)
    plain = np.stack([numbers // 10**place % 10 for place in range(5, -1, -1)], axis=1).astype(np.uint8)
    made = Ff1(bytes(range(32)), 10).encrypt(plain, np.zeros((1, 0), dtype=np.uint8))
    back = (made.astype(np.int64) * 10 ** np.arange(5, -1, -1)).sum(axis=1)
    assert len(np.unique(back)) == 1_000_000


@pytest.mark.parametrize(("radix", "n"), [(10, 5), (36, 3), (2, 19)])
def test_smaller_domains_are_refused(radix: int, n: int) -> None:
    with pytest.raises(ValueError, match="numerals"):
        Ff1(bytes(32), radix).encrypt(np.zeros((1, n), dtype=np.uint8), np.zeros((1, 0), dtype=np.uint8))
