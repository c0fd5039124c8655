"""Check digits of identifiers: pure predicates on strings of ASCII letters and digits, separators already removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82".split()
)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def luhn(digits: str) -> bool:
    """Tell whether digits pass ISO/IEC 7812-1's check (payment cards, IMEI).

    Example:
        >>> luhn("4111111111111111"), luhn("4111111111111112")
        (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return bool(digits) and total % 10 == 0


def resident_id(text: str) -> bool:
    """Tell whether 18 characters are a resident identity number of mainland China (GB 11643): region, real date, MOD 11-2.

    Example:
        >>> resident_id("11010519491231002X"), resident_id("110105194912310021")
        (True, False)
    """
    text = text.upper()
    if len(text) != 18 or not text[:17].isdigit() or text[:2] not in PROVINCES:
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return 1900 <= born.year <= 2099 and mod_11_2(text[:17]) == text[17]


def mod_11_2(digits: str) -> str:
    """Return the check character of ISO 7064 MOD 11-2."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2 % 11
    return "0123456789X"[(12 - total) % 11]


def iban(text: str) -> bool:
    """Tell whether an IBAN has its country's length and the right check digits (ISO 13616: MOD 97-10).

    Example:
        >>> iban("DE89370400440532013000"), iban("DE88370400440532013000")
        (True, False)
    """
    text = text.upper()
    return _IBAN_LENGTHS.get(text[:2]) == len(text) and mod_97(text)


def mod_97(text: str) -> bool:
    """Tell whether text is like an IBAN of any length and passes ISO 7064 MOD 97-10.

    Example:
        >>> mod_97("DE89370400440532013000"), mod_97("DE88370400440532013000")
        (True, False)
    """
    text = text.upper()
    if not 15 <= len(text) <= 34 or not (
        text.isascii() and text.isalnum() and text[:2].isalpha() and text[2:4].isdigit()
    ):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in (
        line.split(":")
        for line in (
            "15:NO 16:BE 18:DK|FO|FI|GL|NL|SD|FK 19:MK|SI 20:AT|BA|EE|KZ|LT|LU|MN|XK 21:CH|HR|LI|LV 22:BG|BH|CR|DE|GB|GE|IE|ME|RS|VA"
            " 23:AE|GI|IL|IQ|OM|SO|TL 24:AD|CZ|ES|MD|PK|RO|SA|SE|SK|TN|VG 25:LY|PT|ST 26:IS|TR 27:BI|DJ|FR|GR|IT|MC|MR|SM"
            " 28:AL|AZ|BY|CY|DO|GT|HU|LB|NI|PL|SV 29:BR|EG|PS|QA|UA 30:JO|KW|MU|YE 31:MT|SC 32:LC 33:RU"
        ).split()
    )
    for country in countries.split("|")
}
"""Country → length of its IBANs, from SWIFT's registry."""


def uscc(text: str) -> bool:
    """Tell whether 18 characters are a 统一社会信用代码 (GB 32100-2015, MOD 31).

    Example:
        >>> uscc("91350100M000100Y43")
        True
    """
    text = text.upper()
    if len(text) != 18 or any(c not in _USCC_ALPHABET for c in text):
        return False
    total = sum(_USCC_ALPHABET.index(c) * pow(3, place, 31) for place, c in enumerate(text[:17]))
    return _USCC_ALPHABET[(31 - total % 31) % 31] == text[17]


def ssn(text: str) -> bool:
    """Tell whether nine digits can be a US social security number: no area 000, 666 or 900+, no group 00, no serial 0000."""
    area, group, serial = text[:3], text[3:5], text[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


# --- weighted sums ------------------------------------------------------------------------------------------------------


def weighted(digits: str, weights: Sequence[int], modulus: int) -> int:
    """Return the weighted sum of digits, modulo ``modulus``."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % modulus


def real_date(year: int, month: int, day: int) -> bool:
    """Tell whether there is such a day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def short_date(yymmdd: str) -> bool:
    """Tell whether six digits are a day of this or the last century."""
    year, month, day = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:6])
    return real_date(1900 + year, month, day) or real_date(2000 + year, month, day)


def verhoeff(digits: str) -> bool:
    """Tell whether digits pass Verhoeff's check (Aadhaar): permutations of the dihedral group of ten.

    Example:
        >>> verhoeff("2363"), verhoeff("2364")
        (True, False)
    """
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _VERHOEFF_D[check][_VERHOEFF_P[place % 8][int(digit)]]
    return bool(digits) and check == 0


_VERHOEFF_D = [[(a + b) % 5 if a < 5 and b < 5 else 5 + (a + b) % 5 if a < 5 else 5 + (a - b) % 5 if b < 5 else (a - b) % 5
                for b in range(10)] for a in range(10)]  # fmt: skip
_VERHOEFF_P = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _row in range(2, 8):
    _VERHOEFF_P.append([_VERHOEFF_P[_row - 1][digit] for digit in _VERHOEFF_P[1]])


def mod_11_10(digits: str) -> bool:
    """Tell whether digits pass ISO 7064 MOD 11,10 (German tax number).

    Example:
        >>> mod_11_10("86095742719"), mod_11_10("86095742718")
        (True, False)
    """
    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def nhs(digits: str) -> bool:
    """Tell whether ten digits are an NHS number (modulus 11).

    Example:
        >>> nhs("9434765919"), nhs("9434765918")
        (True, False)
    """
    return (
        len(digits) == 10
        and len(set(digits)) > 1
        and (11 - weighted(digits, range(10, 1, -1), 11)) % 11 == int(digits[9])
    )


def npi(digits: str) -> bool:
    """Tell whether ten digits are a US National Provider Identifier (Luhn with prefix 80840).

    Example:
        >>> npi("1234567893"), npi("1234567890")
        (True, False)
    """
    return len(digits) == 10 and digits[0] in "12" and luhn("80840" + digits)


def de_tax(digits: str) -> bool:
    """Tell whether eleven digits are a German Steuer-ID: one digit stands there twice or thrice, one is missing.

    Example:
        >>> de_tax("86095742719")
        True
    """
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    once = all(count == 1 for count in counts[:-1])
    return len(digits) == 11 and digits[0] != "0" and once and counts[-1] in (2, 3) and mod_11_10(digits)


def de_card(text: str) -> bool:
    """Tell whether a German identity card's or passport's number may be right: ICAO 9303's weights 7, 3, 1 where the check digit is given.

    Example:
        >>> de_card("T220001293"), de_card("T220001294"), de_card("C01X00T47")
        (True, False, True)
    """
    text = text.upper()
    if len(text) < 9 or sum(c.isdigit() for c in text) < 4 or not any(c.isalpha() for c in text):
        return False
    total = sum(int(c, 36) * (7, 3, 1)[place % 3] for place, c in enumerate(text[:9]))
    return len(text) == 9 or total % 10 == int(text[9])


def de_pension(text: str) -> bool:
    """Tell whether twelve characters are a German pension insurance number: the letter counts as two digits; sums of digits of products.

    Example:
        >>> de_pension("15070649C103"), de_pension("15070649C104")
        (True, False)
    """
    text = text.upper()
    digits = f"{text[:8]}{ord(text[8]) - 64:02d}{text[9:11]}"
    total = sum(sum(divmod(int(d) * w, 10)) for d, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return total % 10 == int(text[11]) and int(text[2:4]) % 50 <= 31 and 1 <= int(text[4:6]) <= 12


def fr_nir(text: str) -> bool:
    """Tell whether 15 characters are a French NIR: complement to 97; Corsica's 2A and 2B count as 19 and 18.

    Example:
        >>> fr_nir("255081416802538"), fr_nir("255081416802539")
        (True, False)
    """
    digits = text.upper().replace("2A", "19").replace("2B", "18")
    return len(digits) == 15 and digits.isdigit() and 97 - int(digits[:13]) % 97 == int(digits[13:])


def es_dni(text: str) -> bool:
    """Tell whether a Spanish DNI's or NIE's letter fits its number.

    Example:
        >>> es_dni("12345678Z"), es_dni("X1234567L"), es_dni("12345678A")
        (True, True, False)
    """
    text = text.upper()
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1]


def it_fiscal(text: str) -> bool:
    """Tell whether 16 characters are an Italian codice fiscale with the right check letter.

    Example:
        >>> it_fiscal("RSSMRA85T10A562S"), it_fiscal("RSSMRA85T10A562T")
        (True, False)
    """
    text = text.upper()
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
    values = [int(c) if c.isdigit() else ord(c) - 65 for c in text[:15]]
    total = sum(odd[value] if place % 2 == 0 else value for place, value in enumerate(values))
    return len(text) == 16 and chr(65 + total % 26) == text[15]


def nl_bsn(digits: str) -> bool:
    """Tell whether nine digits are a Dutch BSN (eleven test).

    Example:
        >>> nl_bsn("111222333"), nl_bsn("111222334")
        (True, False)
    """
    return len(digits) == 9 and len(set(digits)) > 1 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), 11) == 0


def pl_pesel(digits: str) -> bool:
    """Tell whether eleven digits are a Polish PESEL: a day whose month tells the century, and a check digit.

    Example:
        >>> pl_pesel("44051401359"), pl_pesel("44051401358")
        (True, False)
    """
    if len(digits) != 11:
        return False
    month = int(digits[2:4])
    century = {0: 1900, 1: 2000, 2: 2100, 3: 2200, 4: 1800}[month // 20]
    born = real_date(century + int(digits[:2]), month % 20, int(digits[4:6]))
    return born and weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10) == 0


def be_national(digits: str) -> bool:
    """Tell whether eleven digits are a Belgian national number: complement to 97, with a 2 before those born from 2000 on.

    Example:
        >>> be_national("93051822361"), be_national("93051822362")
        (True, False)
    """
    body, check = digits[:9], int(digits[9:])
    before = 97 - int(body) % 97
    since = 97 - int("2" + body) % 97 if int(body[:2]) < 50 else before
    return len(digits) == 11 and short_date(digits) and check in (before, since)


def se_person(digits: str) -> bool:
    """Tell whether ten digits are a Swedish personnummer (or samordningsnummer, day + 60): a day and Luhn.

    Example:
        >>> se_person("8112189876"), se_person("8112189875")
        (True, False)
    """
    day = int(digits[4:6])
    return luhn(digits) and short_date(f"{digits[:4]}{day - 60 if day > 60 else day:02d}")


def fi_hetu(text: str) -> bool:
    """Tell whether eleven characters are a Finnish henkilötunnus.

    Example:
        >>> fi_hetu("131052-308T"), fi_hetu("131052-308U")
        (True, False)
    """
    text = text.upper()
    digits = text[:6] + text[7:10]
    right = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31] == text[10]
    return right and "002" <= text[7:10] <= "899" and short_date(text[4:6] + text[2:4] + text[:2])


def kr_rrn(digits: str) -> bool:
    """Tell whether 13 digits are a Korean resident registration number: a day, a century digit; the check digit of those before 2020.

    Example:
        >>> kr_rrn("8802112345677"), kr_rrn("8813112345677")
        (True, False)
    """
    return len(digits) == 13 and short_date(digits[:6]) and digits[6] in "12345678"


def sg_nric(text: str) -> bool:
    """Tell whether nine characters are a Singapore NRIC or FIN (S, T, F, G; M since 2022).

    Example:
        >>> sg_nric("S1234567D"), sg_nric("S1234567E")
        (True, False)
    """
    text = text.upper()
    total = weighted(text[1:8], (2, 7, 6, 5, 4, 3, 2), 11) + {"S": 0, "F": 0, "T": 4, "G": 4, "M": 3}[text[0]]
    letters = "JZIHGFEDCBA" if text[0] in "ST" else "XWUTRQPNMLK" if text[0] in "FG" else "KLJNPQRTUWX"
    place = 10 - total % 11 if text[0] == "M" else total % 11
    return letters[place] == text[8]


def th_id(digits: str) -> bool:
    """Tell whether 13 digits are a Thai national id.

    Example:
        >>> th_id("1101700230708"), th_id("1101700230707")
        (True, False)
    """
    return len(digits) == 13 and (11 - weighted(digits, range(13, 1, -1), 11)) % 10 == int(digits[12])


def hk_id(text: str) -> bool:
    """Tell whether a Hong Kong identity card number's check digit is right.

    Example:
        >>> hk_id("A1234563"), hk_id("AB9876543"), hk_id("A1234564")
        (True, True, False)
    """
    text = text.upper()
    letters = [36, *(ord(c) - 55 for c in text[: len(text) - 7])][-2:]
    total = (
        letters[0] * 9 + letters[1] * 8 + sum(int(d) * w for d, w in zip(text[-7:-1], (7, 6, 5, 4, 3, 2), strict=True))
    )
    return "0123456789A"[(11 - total % 11) % 11] == text[-1]


def tw_id(text: str) -> bool:
    """Tell whether ten characters are a Taiwan national id (or new resident certificate).

    Example:
        >>> tw_id("A123456789"), tw_id("A123456788")
        (True, False)
    """
    text = text.upper()
    code = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(text[0]) + 10
    return (code // 10 + code % 10 * 9 + weighted(text[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1), 10)) % 10 == 0


def jp_my_number(digits: str) -> bool:
    """Tell whether twelve digits are a Japanese My Number.

    Example:
        >>> jp_my_number("123456789018"), jp_my_number("123456789019")
        (True, False)
    """
    rest = weighted(digits[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), 11)
    return len(digits) == 12 and (0 if rest <= 1 else 11 - rest) == int(digits[11])


def vin(text: str) -> bool:
    """Tell whether 17 characters are a vehicle identification number with the check digit of ISO 3779 / GB 16735 at place nine.

    Example:
        >>> vin("1M8GDM9AXKP042788"), vin("1M8GDM9A1KP042788")
        (True, False)
    """
    text = text.upper()
    values = dict(
        zip(
            "ABCDEFGHJKLMNPRSTUVWXYZ",
            (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
            strict=True,
        )
    )
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum(
        (int(c) if c.isdigit() else values.get(c, 0)) * weight for c, weight in zip(text, weights, strict=False)
    )
    return len(text) == 17 and text.isalnum() and "0123456789X"[total % 11] == text[8]


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bitcoin(text: str) -> bool:
    """Tell whether a Bitcoin address carries its checksum: Base58Check, or Bech32 and Bech32m (BIP 173, BIP 350).

    Example:
        >>> bitcoin("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), bitcoin("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
        (True, True)
    """
    if text.lower().startswith(("bc1", "ltc1")):
        return _bech32(text)
    number = 0
    for c in text:
        number = number * 58 + _BASE58.index(c)
    data = number.to_bytes(25, "big") if number < 1 << 200 else b""
    return bool(data) and sha256(sha256(data[:21]).digest()).digest()[:4] == data[21:]


def _bech32(text: str) -> bool:
    if text.lower() != text and text.upper() != text:
        return False
    head, data = text.lower().split("1", 1)
    values = [ord(c) >> 5 for c in head] + [0] + [ord(c) & 31 for c in head] + [_BECH32.find(c) for c in data]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return -1 not in values and check in (1, 0x2BC830A3)
