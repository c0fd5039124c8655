"""What can be undone comes back as it was, only with the right key; check digits are right; nothing links two purposes."""

import random
from datetime import date, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.adapters.keys import Secret, derive
from secureprofile.guard.cells import MOST, Remembered
from secureprofile.guard.fpe import FormatPreserving
from secureprofile.guard.reversible import Encryption, VaultCipher, associated
from secureprofile.policy.treatments import Fpe

A, B = bytes(range(64)), bytes(range(1, 65))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
SECRET = Secret(kid="k1", made="2026-01-01", value=bytes(range(32)))
# RFC 5297, appendix A.1
RFC_KEY = bytes.fromhex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
RFC_AD = bytes.fromhex("101112131415161718191a1b1c1d1e1f2021222324252627")
RFC_OUT = "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"


def mail(key: bytes = A, *, kid: str = "k1", category: str = "user.contact.email") -> Encryption:
    return Encryption({kid: key}, kind="mail", category=category)


def test_the_library_is_the_rfcs_aes_siv() -> None:
    assert AESSIV(RFC_KEY).encrypt(bytes.fromhex("112233445566778899aabbccddee"), [RFC_AD]).hex() == RFC_OUT


def test_the_documented_form() -> None:
    made = mail().treat(["a@example.org"])[0]
    assert (
        made
        == "se_mail_k1_" + AESSIV(A).encrypt(b"a@example.org", associated("mail", "k1", "user.contact.email")).hex()
    )


@given(TEXT)
def test_any_text_is_encrypted_and_comes_back(text: str) -> None:
    made = mail().treat([text])
    assert made[0] is not None
    assert made[0] != text
    assert made[0].startswith("se_mail_k1_")
    assert mail().reveal(made) == [text]
    assert mail().treat([text]) == made  # deterministic
    assert mail().treat([str(made[0])]) == made  # twice changes nothing
    assert mail(B).reveal(made) == [None]
    assert mail(category="user.contact.phone_number").reveal(made) == [None]
    assert mail(category="user.contact.phone_number").treat([text]) != made


@given(TEXT, st.data())
def test_a_changed_cell_does_not_open(text: str, data: st.DataObject) -> None:
    made = str(mail().treat([text])[0])
    place = data.draw(st.integers(len("se_mail_k1_"), len(made) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789abcdef" if digit != made[place]]))
    assert mail().reveal([made[:place] + other + made[place + 1 :]]) == [None]
    assert mail().reveal([made.replace("_mail_", "_tel_"), made + "00", made.upper(), "", "plain"]) == [None] * 5


def test_a_text_that_only_looks_like_ours_is_encrypted() -> None:
    forged = "se_mail_k1_" + "0" * 40
    made = mail().treat([forged])
    assert made != [forged]
    assert mail().reveal(made) == [forged]


def test_older_keys_still_recognise_and_reveal() -> None:
    old = mail(A).treat(["x"])
    rotated = Encryption({"k2": B, "k1": A}, kind="mail", category="user.contact.email")
    assert rotated.treat(old) == old  # type: ignore[arg-type]
    assert rotated.reveal(old) == ["x"]  # type: ignore[arg-type]
    assert str(rotated.treat(["x"])[0]).startswith("se_mail_k2_")


@given(st.lists(TEXT, max_size=5))
def test_what_the_vault_keeps_opens_in_its_own_row_only(values: list[str]) -> None:
    lookups = [f"{n:032x}" for n in range(len(values))]
    sealed = VaultCipher(A).seal(values, lookups)
    assert VaultCipher(A).open(sealed, lookups) == values
    assert VaultCipher(B).open(sealed, lookups) == [None] * len(values)
    assert VaultCipher(A).open(sealed, [f"{n + 1:032x}" for n in range(len(values))]) == [None] * len(values)


# --- fpe ----------------------------------------------------------------------------------------------------------------


def slow_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits), start=1):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += sum(map(int, str(doubled)))
    return total % 10 == 0


def slow_mod_11_2(number: str) -> bool:
    """ISO 7064 by weights, as GB 11643 prints them."""
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    rest = sum(weight * int(digit) for weight, digit in zip(weights, number, strict=False)) % 11
    return number[17] == "10X98765432"[rest]


def spaced(draw: random.Random, digits: str) -> str:
    return "".join(digit + draw.choice(["", "", "", " ", "-", "."]) for digit in digits[:-1]) + digits[-1]


@settings(deadline=None)
@given(st.text("0123456789", min_size=6, max_size=40), st.binary(min_size=32, max_size=32), st.integers(0, 1 << 30))
def test_digits_stay_digits_and_separators_stay(digits: str, key: bytes, seed: int) -> None:
    cell = spaced(random.Random(seed), digits)
    one = FormatPreserving(key, Fpe())
    made = one.treat([cell])[0]
    assert made is not None
    assert [c if not c.isdigit() else "#" for c in made] == [c if not c.isdigit() else "#" for c in cell]
    assert one.reveal([made]) == [cell]
    assert one.treat([digits]) == [made.replace(" ", "").replace("-", "").replace(".", "")]


@settings(deadline=None)
@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=6, max_size=30), st.integers(0, 2))
def test_letters_and_digits_come_back(text: str, kept: int) -> None:
    one = FormatPreserving(bytes(32), Fpe(alphabet="alphanumeric", keep_first=kept))
    made = one.treat([text, text.lower()])
    assert made[0] == made[1]
    assert str(made[0])[:kept] == text[:kept]
    assert one.reveal([str(made[0])]) == [text]


@settings(deadline=None)
@given(st.text("0123456789", min_size=12, max_size=18), st.integers(0, 6))
def test_cards_have_a_right_check_digit_again(body: str, kept: int) -> None:
    card = next(body + digit for digit in "0123456789" if slow_luhn(body + digit))
    one = FormatPreserving(bytes(32), Fpe(check="luhn", keep_first=kept))
    made = str(one.treat([card])[0])
    assert slow_luhn(made)
    assert len(made) == len(card)
    assert made[:kept] == card[:kept]
    assert one.reveal([made]) == [card]
    wrong = card[:-1] + str((int(card[-1]) + 1) % 10)
    assert one.treat([wrong]) == [None]
    assert one.refuses(wrong)


def resident(draw: random.Random) -> str:
    born = date(1900, 1, 1) + timedelta(days=draw.randrange(47_482))
    body = f"{draw.choice(['11', '31', '44', '65'])}{draw.randrange(10_000):04d}{born:%Y%m%d}{draw.randrange(1000):03d}"
    return next(body + sign for sign in "0123456789X" if slow_mod_11_2(body + sign))


def test_resident_numbers_stay_resident_numbers() -> None:
    """The province stays, the day is one of the calendar, the check character is right, and all of it comes back."""
    draw = random.Random(5)
    numbers = list({resident(draw) for _ in range(3000)})
    one = FormatPreserving(bytes(32), Fpe(check="cn-resident-id"))
    made = [str(cell) for cell in one.treat(numbers)]
    assert len(set(made)) == len(numbers)
    for before, after in zip(numbers, made, strict=True):
        assert before[:2] == after[:2]
        assert date(1900, 1, 1) <= date(int(after[6:10]), int(after[10:12]), int(after[12:14])) <= date(2029, 12, 31)
        assert slow_mod_11_2(after)
    assert one.reveal(made) == numbers
    assert sum(before[2:17] == after[2:17] for before, after in zip(numbers, made, strict=True)) == 0


@pytest.mark.parametrize(
    ("spec", "cell"),
    [
        (Fpe(), "12345"), (Fpe(), "12a4567"), (Fpe(), "٣٤٥٦٧٨٩"), (Fpe(), "²345678"), (Fpe(), "--"), (Fpe(), "1" * 65),
        (Fpe(keep_first=2), "1234567"), (Fpe(check="luhn"), "123455"), (Fpe(alphabet="alphanumeric"), "ABC"),
        (Fpe(alphabet="alphanumeric"), "ÄBCDEF"), (Fpe(check="cn-resident-id"), "110105491231002"),
        (Fpe(check="cn-resident-id"), "110105194902300028"), (Fpe(check="cn-resident-id"), "11010519491231002Ⅹ"),
    ],
)  # fmt: skip
def test_what_cannot_be_encrypted_is_refused_not_passed(spec: Fpe, cell: str) -> None:
    one = FormatPreserving(bytes(32), spec)
    assert one.treat([cell, ""]) == [None, ""]
    assert one.refuses(cell)
    assert not one.refuses("")


@given(st.text(max_size=30))
def test_refusing_tells_what_treating_does(text: str) -> None:
    for spec in (Fpe(), Fpe(alphabet="alphanumeric"), Fpe(check="luhn"), Fpe(check="cn-resident-id")):
        one = FormatPreserving(bytes(32), spec)
        assert (one.treat([text])[0] is None) == one.refuses(text)


SEPARATED = [("p", "r", "c"), ("q", "r", "c"), ("p", "s", "c"), ("p", "r", "d"), ("p", "", "rc")]


@pytest.mark.parametrize(
    "scheme", ["sp/pseudonym/2", "sp/encrypt/1", "sp/fpe/1", "sp/replace/1", "sp/token/2", "sp/date-shift/2"]
)
def test_keys_differ_between_purposes_recipients_categories_and_schemes(scheme: str) -> None:
    keys = {
        derive(SECRET, purpose=p, recipient=r, category=c, scheme=one, length=32)
        for p, r, c in SEPARATED
        for one in (scheme, "sp/other/1")
    }
    assert len(keys) == 2 * len(SEPARATED)


def test_memory_of_results_is_bounded() -> None:
    class Counting:
        asked = 0

        def treat(self, cells: list[str]) -> list[str | None]:
            self.asked += len(cells)
            return [cell + "!" for cell in cells]

        def refuses(self, cell: str) -> bool:
            return False

    inner = Counting()
    one = Remembered(inner)  # type: ignore[arg-type]
    assert one.treat(["a", "b", "a"]) == ["a!", "b!", "a!"]
    assert one.treat(["b"]) == ["b!"]
    assert inner.asked == 2
    for start in range(0, 3 * MOST, 5000):
        one.treat([str(n) for n in range(start, start + 5000)])
        assert len(one._known) <= MOST
