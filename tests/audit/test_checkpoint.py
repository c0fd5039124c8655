"""Signed notes: whatever two programs could read differently is refused, and no byte can be changed."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.audit.checkpoint import (
    MAX_SIGNATURES,
    Checkpoint,
    VerifierKey,
    parse_checkpoint,
    sign_note,
    verify_note,
)
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


OTHER_PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OTHER = VerifierKey(name="witness.example/w", public_key=OTHER_PRIVATE.public_key().public_bytes_raw())
LINE = NOTE.rpartition(b"\n\n")[2]
OTHER_LINE = sign_note(TEXT, OTHER.name, OTHER_PRIVATE.sign, OTHER.public_key).rpartition(b"\n\n")[2]


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_every_checkpoint_is_read_back_and_verifies_without_our_code(size: int, whole: bytes) -> None:
    checkpoint = Checkpoint(origin=NAME, size=size, root=whole)
    note = signed(checkpoint.text())
    assert parse_checkpoint(verify_note(note, [KEY])) == checkpoint
    head, _, tail = note.rpartition(b"\n\n")
    PRIVATE.public_key().verify(base64.b64decode(tail.split(b" ")[2])[4:], head + b"\n")


@given(st.integers(0, len(NOTE)), st.binary(min_size=1, max_size=3))
def test_no_byte_can_be_put_in(place: int, extra: bytes) -> None:
    with pytest.raises(ProofWrong):
        parse_checkpoint(verify_note(NOTE[:place] + extra + NOTE[place:], [KEY]))


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 5))
def test_no_byte_can_be_taken_out(place: int, count: int) -> None:
    with pytest.raises(ProofWrong):
        parse_checkpoint(verify_note(NOTE[:place] + NOTE[place + count :], [KEY]))


@given(st.integers(0, len(NOTE) - 1))
def test_a_note_cut_anywhere_is_refused(size: int) -> None:
    with pytest.raises(ProofWrong):
        verify_note(NOTE[:size], [KEY])


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_and_never_crash(data: bytes) -> None:
    for note in (data, NOTE + data + b"\n", data + b"\n\n" + LINE):
        with pytest.raises(ProofWrong):
            verify_note(note, [KEY])


def test_our_key_under_another_name_is_not_ours() -> None:
    note = sign_note(TEXT, "example.com/other", PRIVATE.sign, PUBLIC)
    with pytest.raises(ProofWrong, match="no signature by a known key"):
        verify_note(note, [KEY])
    with pytest.raises(ProofWrong, match="no signature by a known key"):
        verify_note(NOTE, [VerifierKey(name="example.com/other", public_key=PUBLIC)])


def test_without_trusted_keys_no_note_is_right() -> None:
    with pytest.raises(ProofWrong, match="no signature by a known key"):
        verify_note(NOTE, [])


def test_two_known_keys_may_both_sign() -> None:
    for lines in (LINE + OTHER_LINE, OTHER_LINE + LINE):
        assert verify_note(TEXT.encode() + b"\n" + lines, [KEY, OTHER]) == TEXT


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    """A right one beside it does not help."""
    wrong = sign_note(TEXT + "more\n", OTHER.name, OTHER_PRIVATE.sign, OTHER.public_key).rpartition(b"\n\n")[2]
    for lines in (LINE + wrong, wrong + LINE):
        with pytest.raises(ProofWrong, match="a wrong signature"):
            verify_note(TEXT.encode() + b"\n" + lines, [KEY, OTHER])


@pytest.mark.parametrize("length", [1, 32, 63, 65, 128])
def test_a_signature_of_another_length_under_our_id_is_wrong(length: int) -> None:
    blob = base64.b64decode(LINE.split(b" ")[2])
    line = f"— {NAME} ".encode() + base64.b64encode((blob + bytes(64))[: 4 + length]) + b"\n"
    with pytest.raises(ProofWrong, match="a wrong signature"):
        verify_note(TEXT.encode() + b"\n" + line, [KEY])


def test_a_note_holds_at_most_a_hundred_signatures() -> None:
    strangers = b"".join(
        f"— w{number} {base64.b64encode(b'abcd' + bytes(64)).decode()}\n".encode() for number in range(MAX_SIGNATURES)
    )
    assert verify_note(NOTE + strangers.split(b"\n", 1)[1], [KEY]) == TEXT
    with pytest.raises(ProofWrong, match="too many signatures"):
        verify_note(NOTE + strangers, [KEY])


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\n",
        b"\n\n",
        TEXT.encode(),
        TEXT.encode() + b"\n",
        LINE,
        TEXT.encode() + LINE,
        NOTE[:-1],
        NOTE[:-1] + b" ",
        NOTE[:-1] + b"x",
        NOTE + b"\n",
        NOTE + b"more\n",
        NOTE + NOTE,
        b"\n" + NOTE,
        b"\xef\xbb\xbf" + NOTE,
        NOTE.replace(b"\n", b"\r\n"),
        NOTE.replace(b"\n\n", b"\n\n\n"),
        NOTE.replace(b"\n\n", b"\n \n"),
        NOTE.replace("—".encode(), b"-"),
        NOTE.replace("— ".encode(), "—".encode()),
        NOTE.replace("— ".encode(), "—  ".encode()),
        NOTE + LINE[:-1] + b"\t\n",
        NOTE + LINE[:-1] + b"\x00\n",
        NOTE + b"\xff\n",
    ],
    ids=range(24),
)  # fmt: skip
def test_notes_of_another_form_are_refused(note: bytes) -> None:
    with pytest.raises(ProofWrong):
        verify_note(note, [KEY])


SIGNATURE = LINE.decode().rstrip("\n").split(" ")[2]


@pytest.mark.parametrize(
    "spelling",
    [
        SIGNATURE.rstrip("="),
        SIGNATURE + "=",
        SIGNATURE + "====",
        SIGNATURE + " ",
        " " + SIGNATURE,
        SIGNATURE[:10] + " " + SIGNATURE[10:],
        SIGNATURE[:10] + "\n" + SIGNATURE[10:],
        SIGNATURE[:10] + "\u00a0" + SIGNATURE[10:],
        SIGNATURE[:10] + "=" + SIGNATURE[10:],
        SIGNATURE[:10] + "-" + SIGNATURE[11:],
        SIGNATURE[:10] + "_" + SIGNATURE[11:],
        "",
    ],
)
def test_a_signature_has_one_spelling_in_base64(spelling: str) -> None:
    assert SIGNATURE.endswith("=") or len(SIGNATURE) % 4 == 0
    with pytest.raises(ProofWrong):
        verify_note(f"{TEXT}\n— {NAME} {spelling}\n".encode(), [KEY])


@pytest.mark.parametrize(
    "size",
    ["", " ", "00", "01", "0042", "-0", "-42", "+0", "42 ", " 42", "42.0", "4e1", "0x2a", "4,2", "٤٢", "²", "९",
     str(2**63), str(2**64), "9" * 19, "9" * 40, "None"],
)  # fmt: skip
def test_a_size_has_one_spelling_and_an_upper_limit(size: str) -> None:
    with pytest.raises(ProofWrong):
        parse_checkpoint(f"{NAME}\n{size}\n{base64.b64encode(ROOT).decode()}\n")


@pytest.mark.parametrize("size", [0, 1, 9, 10, 2**53, 2**63 - 1])
def test_sizes_within_the_limit_are_read(size: int) -> None:
    assert parse_checkpoint(f"{NAME}\n{size}\n{base64.b64encode(ROOT).decode()}\n").size == size


@pytest.mark.parametrize("length", [0, 1, 16, 31, 33, 64])
def test_a_root_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ProofWrong):
        parse_checkpoint(f"{NAME}\n42\n{base64.b64encode(bytes(length)).decode()}\n")


@pytest.mark.parametrize("text", [TEXT[:-1], TEXT + "\n", "\n" + TEXT, TEXT.replace("\n", "\r\n"), "", "\n", "\n\n\n"])
def test_a_checkpoint_has_three_whole_lines_and_none_is_empty(text: str) -> None:
    with pytest.raises(ProofWrong):
        parse_checkpoint(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\nb", "a\u00a0b", "a\u2003b", "a\u2028b"])
def test_names_that_a_note_cannot_hold_are_not_signed_with(name: str) -> None:
    with pytest.raises(ProofWrong, match="name"):
        sign_note(TEXT, name, PRIVATE.sign, PUBLIC)


def test_a_text_without_its_last_newline_is_not_signed() -> None:
    with pytest.raises(ValueError, match="newline"):
        sign_note(TEXT[:-1], NAME, PRIVATE.sign, PUBLIC)


@given(st.binary(min_size=32, max_size=32))
def test_every_key_is_read_as_it_is_written(public_key: bytes) -> None:
    """Base64 may hold '+', which also parts a key's fields."""
    key = VerifierKey(name=NAME, public_key=public_key)
    name, identity, encoded = str(key).split("+", 2)
    data = b"\x01" + public_key
    assert (name, base64.b64decode(encoded)) == (NAME, data)
    assert identity == hashlib.sha256(NAME.encode() + b"\n" + data).hexdigest()[:8]
    assert VerifierKey.parse(str(key)) == key


@pytest.mark.parametrize(
    "data", [b"", b"\x01", b"\x01" + PUBLIC[:31], b"\x01" + PUBLIC + b"\0", b"\x02" + PUBLIC, b"\x06" + PUBLIC]
)
def test_keys_of_another_kind_or_length_are_refused(data: bytes) -> None:
    identity = hashlib.sha256(NAME.encode() + b"\n" + data).hexdigest()[:8]
    with pytest.raises(ProofWrong):
        VerifierKey.parse(f"{NAME}+{identity}+{base64.b64encode(data).decode()}")


def test_the_id_of_a_key_has_one_spelling() -> None:
    name, identity, encoded = str(KEY).split("+", 2)
    for other in (identity.upper(), identity[:-1], identity + "0", "0x" + identity, ""):
        with pytest.raises(ProofWrong):
            VerifierKey.parse(f"{name}+{other}+{encoded}")


def test_one_key_given_twice_is_ambiguous() -> None:
    with pytest.raises(ProofWrong, match="same name and id"):
        verify_note(NOTE, [KEY, KEY])


def test_the_id_of_an_ed25519_key_does_not_vouch_for_another_kind() -> None:
    name, identity, _ = str(KEY).split("+", 2)
    with pytest.raises(ProofWrong, match="must be an Ed25519 key"):
        VerifierKey.parse(f"{name}+{identity}+{base64.b64encode(bytes([6]) + PUBLIC).decode()}")


@given(st.integers(0, 0x1F).filter(lambda code: code != ord("\n")))
def test_control_characters_are_refused_under_a_right_signature_too(code: int) -> None:
    with pytest.raises(ProofWrong, match="control characters"):
        verify_note(signed(f"one{chr(code)}two\n"), [KEY])


@pytest.mark.parametrize("text", ["one\n\ntwo\n", "one\n\n", "\n", f"one\n\n— {NAME} AAAAAAAA\n"])
def test_the_last_empty_line_parts_text_and_signatures(text: str) -> None:
    assert verify_note(signed(text), [KEY]) == text


def test_a_key_whose_name_is_no_text_is_refused() -> None:
    """As an argument that is not UTF-8 arrives."""
    with pytest.raises(ProofWrong):
        VerifierKey.parse("\udcff+00000000+" + base64.b64encode(b"\x01" + bytes(32)).decode())
