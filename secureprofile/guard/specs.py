r"""Recognizers as rows of one table: to recognise something new, add a row.

Patterns use ASCII look-arounds instead of ``\b``, which fails beside Han characters. ``superset`` is the same without look-arounds, for
RE2 in an engine: what it does not match holds nothing of this kind.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from secureprofile.guard import checksums

START, END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
NO_DIGIT_BEFORE, NO_DIGIT_AFTER = r"(?<![0-9])", r"(?![0-9])"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternSpec:
    """One kind of personal datum and how it is recognised.

    Attributes:
        name: presidio's entity name.
        category: the data category it belongs to.
        label: what replaces it in scrubbed text.
        core: RE2-compatible pattern of the datum itself.
        before, after: what must not stand beside it.
        check: on the matched text; None where the pattern suffices.
        score: confidence without context, 0 to 1.
        needs_context: only counts with a context word before it or in the column's name.
        context: words in English and Chinese that raise the score.
        source: the standard or document.
        examples, counter_examples: its tests.
    """

    name: str
    category: str
    label: str
    core: str
    score: float
    source: str
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...] = ()
    check: Callable[[str], bool] | None = None
    context: tuple[str, ...] = ()
    needs_context: bool = False
    before: str = START
    after: str = END

    @property
    def pattern(self) -> str:
        """The whole pattern for Python."""
        return f"{self.before}(?:{self.core}){self.after}"

    @property
    def superset(self) -> str:
        """The pattern for RE2: matches every text in which :attr:`pattern` matches."""
        return f"(?:{self.core})"


def _digits(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", text)


def _card(text: str) -> bool:
    digits = _digits(text)
    return 12 <= len(digits) <= 19 and digits[0] in "23456" and len(set(digits)) > 1 and checksums.luhn(digits)


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _phone(region: str | None) -> Callable[[str], bool]:
    def valid(text: str) -> bool:
        import phonenumbers

        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            return False
        return bool(phonenumbers.is_possible_number(number))

    return valid


def _date(text: str) -> bool:
    year, *rest = [int(part) for part in re.findall(r"[0-9]+", text)]
    if year < 32 and len(rest) == 2:
        year, rest = rest[1], [rest[0], year]
    if not 1900 <= year <= 2100 or len(rest) != 2:
        return False
    month, day = rest if rest[0] <= 12 else (rest[1], rest[0])
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


SPECS: tuple[PatternSpec, ...] = (
    PatternSpec(
        name="EMAIL_ADDRESS", category="user.contact.email", label="EMAIL", score=0.95, source="RFC 5321 §4.1.2, the forms in use",
        core=r"[A-Za-z0-9._%+\-]{1,64}@(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}",
        before=r"(?<![A-Za-z0-9._%+\-])", after=r"(?![A-Za-z0-9])",
        context=("email", "e-mail", "mail", "邮箱", "邮件"),
        examples=("ada@example.com", "写信给ada.l@example.co.uk吧"), counter_examples=("ada@", "@example.com", "a@b"),
    ),
    PatternSpec(
        name="CN_RESIDENT_ID", category="user.government_id.national_identification_number", label="ID", score=0.95,
        source="GB 11643-1999", core=r"[1-9][0-9]{16}[0-9Xx]", check=checksums.resident_id,
        context=("id card", "resident", "身份证", "证件"),
        examples=("11010519491231002X", "号码11010519491231002x。"), counter_examples=("110105194912310021", "123456789012345678"),
    ),
    PatternSpec(
        name="CN_USCC", category="user.government_id", label="ID", score=0.7, source="GB 32100-2015",
        core=r"[159YN][1239][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", check=checksums.uscc, context=("统一社会信用代码", "信用代码"),
        examples=("91350100M000100Y43",), counter_examples=("91350100M000100Y44",),
    ),
    PatternSpec(
        name="IBAN_CODE", category="user.financial.bank_account", label="IBAN", score=0.95, source="ISO 13616",
        core=r"[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,4})?", check=lambda t: checksums.iban(_digits(t)),
        context=("iban", "account", "账户", "帐号", "账号"),
        examples=("DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19"), counter_examples=("DE88370400440532013000",),
    ),
    PatternSpec(
        name="CREDIT_CARD", category="user.financial.credit_card", label="CARD", score=0.8,
        source="ISO/IEC 7812-1; ranges of Visa, Mastercard incl. 2-series, Amex, UnionPay", check=_card,
        core=r"[2-6][0-9]{3}(?:[ \-]?[0-9]{4}){2}[ \-]?[0-9]{1,7}|3[0-9]{3}[ \-]?[0-9]{6}[ \-]?[0-9]{4,5}",
        context=("card", "credit", "visa", "mastercard", "卡号", "银行卡", "信用卡"),
        examples=("4111 1111 1111 1111", "卡号6222021234567890128吗", "378282246310005"),
        counter_examples=("4111111111111112", "0000000000000000"),
    ),
    PatternSpec(
        name="US_SSN", category="user.government_id.national_identification_number", label="SSN", score=0.75,
        source="SSA POMS RM 10201", core=r"[0-9]{3}-[0-9]{2}-[0-9]{4}", check=lambda t: checksums.ssn(_digits(t)),
        context=("ssn", "social security"), examples=("536-22-1234",), counter_examples=("000-12-3456", "666-12-3456", "536-00-1234"),
    ),
    PatternSpec(
        name="UK_NINO", category="user.government_id.national_identification_number", label="NINO", score=0.8,
        source="HMRC NIM39110", core=r"[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z][A-CEGHJ-NPR-TW-Za-ceghj-npr-tw-z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-Da-d]",
        check=lambda t: t[:2].upper() not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"), context=("national insurance", "nino"),
        examples=("AB 12 34 56 C", "JG121316A"), counter_examples=("GB121316A", "DA121316A"),
    ),
    PatternSpec(
        name="CN_MOBILE", category="user.contact.phone_number", label="PHONE", score=0.7, source="MIIT numbering plan",
        core=r"(?:\+?86[ \-]?)?1[3-9][0-9][ \-]?[0-9]{4}[ \-]?[0-9]{4}", before=r"(?<![0-9A-Za-z.+])", after=r"(?![0-9A-Za-z]|\.[0-9])",
        context=("phone", "mobile", "tel", "手机", "电话", "联系"),
        examples=("13812345678", "打138 1234 5678找我", "+86-13812345678"), counter_examples=("12812345678", "138123456789"),
    ),
    PatternSpec(
        name="CN_LANDLINE", category="user.contact.phone_number", label="PHONE", score=0.6, source="MIIT numbering plan",
        core=r"(?:\(0[1-9][0-9]{1,2}\)|0[1-9][0-9]{1,2}-)[2-8][0-9]{6,7}", context=("phone", "tel", "电话", "座机"),
        before=r"(?<![0-9A-Za-z\-])", after=r"(?![0-9A-Za-z\-])",
        examples=("010-62345678", "电话(0571)87654321"), counter_examples=("010-1234567890",),
    ),
    PatternSpec(
        name="PHONE_NUMBER", category="user.contact.phone_number", label="PHONE", score=0.6,
        source="ITU-T E.164; validity by phonenumbers", check=_phone(None),
        core=r"\+[1-9][0-9]{0,2}(?:[ \-.]?\(?[0-9]{1,4}\)?){2,6}[0-9]", before=r"(?<![0-9A-Za-z+])", after=r"(?![0-9])",
        context=("phone", "tel", "mobile", "call", "电话"),
        examples=("+44 20 7946 0958", "+1 (212) 555-0142"), counter_examples=("+1 2",),
    ),
    PatternSpec(
        name="PHONE_NUMBER", category="user.contact.phone_number", label="PHONE", score=0.6,
        source="NANP; validity by phonenumbers", check=_phone("US"),
        core=r"(?:1[ \-.])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[\-. ])[2-9][0-9]{2}[\-. ][0-9]{4}", before=r"(?<![0-9A-Za-z+\-.])",
        after=r"(?![0-9A-Za-z]|-[0-9])", context=("phone", "tel", "mobile", "call"),
        examples=("(212) 555-0142", "call 650-555-0178 now"), counter_examples=("123-456-7890", "650-555-01789"),
    ),
    PatternSpec(
        name="PHONE_NUMBER", category="user.contact.phone_number", label="PHONE", score=0.55,
        source="Ofcom numbering plan; validity by phonenumbers", check=_phone("GB"),
        core=r"\(?0(?:7[0-9]{3}\)? ?[0-9]{3} ?[0-9]{3}|20\)? ?[0-9]{4} ?[0-9]{4}|1[0-9]{2,3}\)? ?[0-9]{3} ?[0-9]{3,4})",
        before=r"(?<![0-9A-Za-z+\-.])", after=r"(?![0-9A-Za-z])", context=("phone", "tel", "mobile", "call"),
        examples=("07700 900360", "020 7946 0306", "0161 496 0012"), counter_examples=("0800", "09123"),
    ),
    PatternSpec(
        name="IP_ADDRESS", category="user.device.ip_address", label="IP", score=0.7, source="RFC 791", check=_ip,
        core=r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", before=r"(?<![0-9A-Za-z.])", after=r"(?![0-9A-Za-z]|\.[0-9])", context=("ip",),
        examples=("192.0.2.17", "来自203.0.113.9的访问"), counter_examples=("1.2.3", "300.1.1.1", "1.2.3.4.5"),
    ),
    PatternSpec(
        name="IP_ADDRESS", category="user.device.ip_address", label="IP", score=0.8, source="RFC 4291", check=_ip,
        core=r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}", before=r"(?<![0-9A-Za-z:])", after=r"(?![0-9A-Za-z:])", context=("ip",),
        examples=("2001:db8::1",), counter_examples=("12:30:45", "::::"),
    ),
    PatternSpec(
        name="MAC_ADDRESS", category="user.device.device_id", label="DEVICE", score=0.8, source="IEEE 802",
        core=r"[0-9A-Fa-f]{2}(?:[:\-][0-9A-Fa-f]{2}){5}", before=r"(?<![0-9A-Za-z:\-])", after=r"(?![0-9A-Za-z:\-])",
        examples=("00:1B:44:11:3A:B7",), counter_examples=("00:1B:44:11:3A",),
    ),
    PatternSpec(
        name="URL", category="user.contact.url", label="URL", score=0.6, source="RFC 3986, http and https",
        core=r"(?:https?://|www\.)[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,8}(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~:/?#@!$&'()*+,;=%\-]{0,1000})?",
        after="", examples=("https://example.com/u/ada", "看www.example.org吧"), counter_examples=("http://", "example"),
    ),
    PatternSpec(
        name="CN_PASSPORT", category="user.government_id.passport_number", label="PASSPORT", score=0.4, source="GB/T 34964 forms",
        core=r"(?:E[0-9A-HJ-NP-Z][0-9]{7}|G[0-9]{8})", needs_context=True, context=("passport", "护照"),
        examples=("护照E12345678",), counter_examples=("G123456789",),
    ),
    PatternSpec(
        name="CN_PLATE", category="user.government_id.vehicle_registration", label="PLATE", score=0.85, source="GA 36-2018",
        core=r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·\- ]?(?:[DF][0-9A-HJ-NP-Z][0-9]{4}|[0-9]{5}[DF]|[0-9A-HJ-NP-Z]{4}[0-9A-HJ-NP-Z挂学警港澳])",
        before="", examples=("沪A12345", "车牌粤BD12345"), counter_examples=("沪I12345", "沪A123"),
    ),
    PatternSpec(
        name="DATE_TIME", category="user.demographic.date_of_birth", label="DATE", score=0.4, source="ISO 8601 and local forms",
        core=r"(?:19|20)[0-9]{2}[\-/.][0-9]{1,2}[\-/.][0-9]{1,2}|[0-9]{1,2}[/.][0-9]{1,2}[/.](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}年[0-9]{1,2}月[0-9]{1,2}[日号]",
        before=r"(?<![0-9A-Za-z./\-])", after=r"(?![0-9A-Za-z]|[./\-][0-9])", check=_date, needs_context=True,
        context=("born", "birth", "dob", "生日", "出生", "生于"),
        examples=("born 1990-05-01", "生日：1990年5月1日", "DOB 23/11/1986"), counter_examples=("born 1990-13-41",),
    ),
)  # fmt: skip
"""Order matters little: overlaps go to the higher score, then to the longer match."""
