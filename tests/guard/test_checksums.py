"""Every check digit has a second opinion: python-stdnum where it knows the number, published vectors or arithmetic written anew where it does not."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from importlib import import_module

import pytest

from secureprofile.guard import checksums
from secureprofile.guard.specs_america import AMERICA

RNG = random.Random(23)
DIGITS = string.digits
LETTERS = string.ascii_uppercase


def stdnum(name: str) -> Callable[[str], bool]:
    return import_module(f"stdnum.{name}").is_valid  # type: ignore[no-any-return]


def digits(count: int) -> Callable[[], str]:
    return lambda: "".join(RNG.choice(DIGITS) for _ in range(count))


def day(form: str = "{y:02d}{m:02d}{d:02d}", first: int = 50, last: int = 99) -> str:
    return form.format(y=RNG.randint(first, last), m=RNG.randint(1, 12), d=RNG.randint(1, 28))


def resident() -> str:
    return f"11010519{day()}{digits(3)()}"


def body_of(letters: str, count: int) -> Callable[[], str]:
    return lambda: "".join(RNG.choice(letters) for _ in range(count))


CASES: dict[str, tuple[Callable[[str], bool], Callable[[str], bool], Callable[[], str], str]] = {
    "luhn": (checksums.luhn, stdnum("luhn"), digits(15), DIGITS),
    "verhoeff": (checksums.verhoeff, stdnum("verhoeff"), digits(11), DIGITS),
    "resident_id": (checksums.resident_id, stdnum("cn.ric"), resident, DIGITS + "X"),
    "uscc": (checksums.uscc, stdnum("cn.uscc"), lambda: "91110105" + body_of("0123456789ABCDEFGHJKLMNPQRTUWXY", 9)(), "0123456789ABCDEFGHJKLMNPQRTUWXY"),
    "iban DE": (checksums.iban, stdnum("iban"), lambda: "DE" + digits(19)(), DIGITS),
    "iban NL": (checksums.iban, stdnum("iban"), lambda: "NL" + digits(2)() + "ABNA" + digits(9)(), DIGITS),
    "iban FR": (checksums.mod_97, stdnum("iso7064.mod_97_10"), lambda: "FR" + digits(24)(), DIGITS),
    "nhs": (checksums.nhs, stdnum("gb.nhs"), digits(9), DIGITS),
    "de_tax": (checksums.de_tax, stdnum("de.idnr"), lambda: "".join(RNG.sample("123456789", 9)) + RNG.choice("123456789"), DIGITS),
    "fr_nir": (checksums.fr_nir, stdnum("fr.nir"), lambda: RNG.choice("12") + f"{RNG.randint(50, 99)}{RNG.randint(1, 12):02d}{RNG.randint(1, 95):02d}" + digits(7)(), DIGITS),
    "es_dni": (checksums.es_dni, stdnum("es.dni"), digits(8), LETTERS),
    "es_nie": (checksums.es_dni, stdnum("es.nie"), lambda: RNG.choice("XYZ") + digits(7)(), LETTERS),
    "nl_bsn": (checksums.nl_bsn, stdnum("nl.bsn"), digits(8), DIGITS),
    "pl_pesel": (checksums.pl_pesel, stdnum("pl.pesel"), lambda: day() + digits(4)(), DIGITS),
    "be_national": (checksums.be_national, stdnum("be.nn"), lambda: day() + digits(4)(), DIGITS),
    "fi_hetu": (checksums.fi_hetu, stdnum("fi.hetu"), lambda: day("{d:02d}{m:02d}{y:02d}") + f"-{RNG.randint(2, 899):03d}", "0123456789ABCDEFHJKLMNPRSTUVWXY"),
    "se_person": (checksums.se_person, stdnum("se.personnummer"), lambda: day() + digits(3)(), DIGITS),
    "th_id": (checksums.th_id, stdnum("th.pin"), lambda: RNG.choice("12345678") + digits(11)(), DIGITS),
    "jp_my_number": (checksums.jp_my_number, stdnum("jp.in_"), digits(11), DIGITS),
    "imei": (checksums.luhn, stdnum("imei"), digits(14), DIGITS),
    "npi": (checksums.npi, lambda n: stdnum("luhn")("80840" + n), lambda: RNG.choice("12") + digits(8)(), DIGITS),
    "it_fiscal": (checksums.it_fiscal, stdnum("it.codicefiscale"), lambda: body_of("BCDFGLMNPRST", 6)() + f"{RNG.randint(10, 99)}{RNG.choice('ABCDEHLMPRST')}{RNG.randint(1, 28):02d}H{RNG.randint(100, 999)}", LETTERS),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_check_digits_agree_with_stdnum(name: str) -> None:
    """On random bodies with every possible check character: both say yes to the same ones, and each says yes to some."""
    ours, theirs, body, alphabet = CASES[name]
    right = 0
    for _ in range(400 if "iban" in name else 60):
        start = body()
        for check in alphabet:
            number = start + check
            assert ours(number) == theirs(_stdnum_spelling(name, number)), name
            right += ours(number)
    assert right >= 3


def _stdnum_spelling(name: str, number: str) -> str:
    return (
        number[4:] + number[:2] + number[2:4]
        if name == "iban FR"
        else number[:6] + "-" + number[6:]
        if name == "se_person"
        else number
    )


def test_korean_numbers_that_stdnum_passes_pass() -> None:
    """Numbers issued since 2020 have no check digit, so ours asks for less."""
    valid = stdnum("kr.rrn")
    passed = [n for _ in range(4000) if valid(n := day() + RNG.choice("12") + digits(6)())]
    assert len(passed) > 50
    assert all(map(checksums.kr_rrn, passed))


def test_ssn_ranges_agree_with_stdnum() -> None:
    valid = stdnum("us.ssn")
    for number in (
        "078051120",
        "219099999",
        "457555462",
    ):  # numbers from advertisements: well-formed, known to stdnum by name
        assert not valid(number)
    for _ in range(3000):
        number = digits(9)()
        if number not in ("078051120", "219099999", "457555462"):
            assert checksums.ssn(number) == valid(number)


def test_itin_pattern_agrees_with_stdnum() -> None:
    import re

    pattern = re.compile(next(spec.core for spec in AMERICA if spec.name == "US_ITIN"))
    for group in range(70, 100):  # stdnum does not know yet that 50 to 65 are issued since 2011
        number = f"9{RNG.randint(0, 99):02d}-{group:02d}-{RNG.randint(0, 9999):04d}"
        assert bool(pattern.fullmatch(number)) == stdnum("us.itin")(number), group
    assert [bool(pattern.fullmatch(f"900-{group:02d}-1234")) for group in (49, 50, 65, 66, 69)] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_bitcoin_agrees_with_stdnum() -> None:
    valid = stdnum("bitcoin")
    for address in (
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    ):
        assert checksums.bitcoin(address)
        assert valid(address)
        for place in range(4, len(address)):
            broken = address[:place] + ("q" if address[place] != "q" else "p") + address[place + 1 :]
            assert checksums.bitcoin(broken) == valid(broken) is False


PUBLISHED = {
    "hk_id": (checksums.hk_id, ("A1234563", "G123456A", "AB9876543"), ("A1234564", "G1234560")),
    "tw_id": (checksums.tw_id, ("A123456789", "F131104093", "A800000014"), ("A123456788", "F131104094")),
    "sg_nric": (
        checksums.sg_nric,
        ("S1234567D", "T0000001E", "F1234567N", "G1234567X", "M1234567K"),
        ("S1234567A", "G1234567A"),
    ),
    "jp_my_number": (checksums.jp_my_number, ("123456789018", "614106526000"), ("123456789019", "614106526001")),
    "vin": (
        checksums.vin,
        ("1M8GDM9AXKP042788", "5GZCZ43D13S812715", "11111111111111111"),
        ("1M8GDM9A1KP042788", "5GZCZ43D23S812715"),
    ),
    "de_pension": (checksums.de_pension, ("15070649C103", "65180539W001"), ("15070649C104", "65180539W002")),
    "de_card": (checksums.de_card, ("T220001293", "L01X00T471"), ("T220001294", "L01X00T472")),
}
"""Numbers printed in the rules themselves, in specimens or in encyclopedias; wrong ones differ in the check character."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_numbers(name: str) -> None:
    check, right, wrong = PUBLISHED[name]
    assert [check(number) for number in right] == [True] * len(right)
    assert not any(check(number) for number in wrong)


@pytest.mark.parametrize("locale", ["zh_CN", "zh_TW", "pl_PL", "fi_FI", "it_IT", "es_ES", "nl_NL", "de_DE"])
def test_fakers_numbers_pass(locale: str) -> None:
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(5)
    make, check = {
        "zh_CN": (fake.ssn, checksums.resident_id), "zh_TW": (fake.ssn, checksums.tw_id), "pl_PL": (getattr(fake, "pesel", fake.ssn), checksums.pl_pesel),
        "fi_FI": (fake.ssn, checksums.fi_hetu), "it_IT": (fake.ssn, checksums.it_fiscal), "es_ES": (getattr(fake, "nif", fake.ssn), checksums.es_dni), "nl_NL": (fake.ssn, checksums.nl_bsn),
        "de_DE": (getattr(fake, "rvnr", lambda: "15070649C103"), checksums.de_pension),
    }[locale]  # fmt: skip
    assert all(check(make().replace("-", "") if locale != "fi_FI" else make()) for _ in range(100))
