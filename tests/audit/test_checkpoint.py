"""Signed notes: whatever two programs could read differently is refused, and no byte can be changed."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, parse_checkpoint, sign_note, verify_note
from secureprofile.errors import ProofWrong

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
NAME = "example.com/log"
KEY = VerifierKey(name=NAME, public_key=PUBLIC)
ROOT = hashlib.sha256(b"root").digest()
TEXT = Checkpoint(origin=NAME, size=42, root=ROOT).text()
NOTE = sign_note(TEXT, NAME, PRIVATE.sign, PUBLIC)


def signed(text: str) -> bytes:
    return sign_note(text, NAME, PRIVATE.sign, PUBLIC)


def test_a_note_is_what_the_specification_says() -> None:
    """Taken apart by hand: text, empty line, em dash, name, base64 of key id and Ed25519 signature."""
    text, _, line = NOTE.decode().rpartition("\n\n")
    assert text + "\n" == f"{NAME}\n42\n{base64.b64encode(ROOT).decode()}\n"
    dash, name, encoded = line.rstrip("\n").split(" ")
    blob = base64.b64decode(encoded)
    assert (dash, name) == ("—", NAME)
    assert blob[:4] == hashlib.sha256(NAME.encode() + b"\n\x01" + PUBLIC).digest()[:4]
    PRIVATE.public_key().verify(blob[4:], (text + "\n").encode())


def test_the_published_key_and_note_of_the_specification_are_read() -> None:
    """From the example of c2sp.org/signed-note, a note by Go's sumdb/note tests."""
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert verify_note(note.encode(), [key]).startswith("If you think")


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, flip: int) -> None:
    changed = NOTE[:place] + bytes([NOTE[place] ^ flip]) + NOTE[place + 1 :]
    with pytest.raises(ProofWrong):
        parse_checkpoint(verify_note(changed, [KEY]))


@pytest.mark.parametrize(
    "text",
    [
        f"{NAME}\n042\n{base64.b64encode(ROOT).decode()}\n",
        f"{NAME}\n+42\n{base64.b64encode(ROOT).decode()}\n",
        f"{NAME}\n-1\n{base64.b64encode(ROOT).decode()}\n",
        f"{NAME}\n4_2\n{base64.b64encode(ROOT).decode()}\n",
        f"{NAME}\n４２\n{base64.b64encode(ROOT).decode()}\n",
        f"{NAME}\n{1 << 63}\n{base64.b64encode(ROOT).decode()}\n",
        f"{NAME}\n42\n{base64.b64encode(ROOT[:31]).decode()}\n",
        f"{NAME}\n42\n{base64.b64encode(ROOT).decode().rstrip('=')}\n",
        f"{NAME}\n42\n{base64.b64encode(ROOT).decode()} \n",
        f"{NAME}\n42\n{base64.urlsafe_b64encode(bytes([255] * 32)).decode()}\n",
        f"{NAME}\n42\n",
        f"\n42\n{base64.b64encode(ROOT).decode()}\n",
    ],
)  # fmt: skip
def test_lenient_spellings_are_refused(text: str) -> None:
    with pytest.raises(ProofWrong):
        parse_checkpoint(verify_note(signed(text), [KEY]))


def test_base64_with_loose_bits_is_refused() -> None:
    """The last character of a 32-byte value has bits that decode to nothing: only one spelling is right."""
    encoded = base64.b64encode(ROOT).decode()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    loose = encoded[:-2] + alphabet[alphabet.index(encoded[-2]) ^ 1] + "="
    assert base64.b64decode(loose) == ROOT
    with pytest.raises(ProofWrong, match="canonical"):
        parse_checkpoint(f"{NAME}\n42\n{loose}\n")


def test_extension_lines_are_covered_by_the_signature() -> None:
    note = signed(TEXT + "extension\n")
    assert parse_checkpoint(verify_note(note, [KEY])).size == 42
    with pytest.raises(ProofWrong):
        verify_note(note.replace(b"extension", b"Extension"), [KEY])


def test_a_note_by_another_key_is_not_ours() -> None:
    other = Ed25519PrivateKey.generate()
    note = sign_note(TEXT, NAME, other.sign, other.public_key().public_bytes_raw())
    with pytest.raises(ProofWrong, match="no signature by a known key"):
        verify_note(note, [KEY])


def test_signatures_of_strangers_are_passed_over_and_broken_lines_are_not() -> None:
    stranger = "— witness.example/w " + base64.b64encode(b"abcd" + bytes(64)).decode()
    assert verify_note(NOTE + f"{stranger}\n".encode(), [KEY]) == TEXT
    for line in ("— w", "- w AAAAAAAA", "— w+x AAAAAAAA", "— w AAAA", "— w !!!!", ""):
        with pytest.raises(ProofWrong):
            verify_note(NOTE + f"{line}\n".encode(), [KEY])


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AQ==", "a b" + str(KEY)[len(NAME) :], str(KEY)[:-2] + "A="])
def test_keys_that_do_not_fit_their_hash_are_refused(text: str) -> None:
    with pytest.raises(ProofWrong):
        VerifierKey.parse(text)


def test_a_key_is_read_as_it_is_written() -> None:
    assert VerifierKey.parse(str(KEY)) == KEY
