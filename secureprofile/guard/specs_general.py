"""Recognizers for what is written alike everywhere: addresses of machines and people, cards, accounts, phones, dates, devices, places."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from secureprofile.guard import checksums
from secureprofile.guard.phones import possible
from secureprofile.guard.spec import START, PatternSpec, bare, not_behind

_ISSUERS = (
    (r"4", (16,)),
    (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
    (r"3[47]", (15,)),
    (r"30[0-5]|3[689]", (14, 16)),
    (r"35(?:2[89]|[3-8])", (16, 17, 18, 19)),
    (r"6011|64[4-9]|65", (16, 17, 18, 19)),
    (r"62|81", (16, 17, 18, 19)),
    (r"220[0-4]", (16,)),
    (r"5018|5020|5038|5[678]|60|6304|6390|67", (16, 17, 18, 19)),
)
"""Leading digits and lengths of card numbers: Visa, Mastercard, American Express, Diners, JCB, Discover, UnionPay, Mir, Maestro and RuPay."""
_SHORT_ISSUERS = (
    (r"4", (13, 19)),
    (r"5018|5020|5038|5[678]|6304|6390|67|0604|50|60|69|6[1-4]", (12, 13, 14, 15)),
    (r"2131|1800", (15,)),
)


def _issued(digits: str, issuers: tuple[tuple[str, tuple[int, ...]], ...]) -> bool:
    return any(len(digits) in lengths and re.match(head, digits) for head, lengths in issuers)


def _card(text: str) -> bool:
    digits = bare(text)
    return _issued(digits, _ISSUERS) and len(set(digits)) > 1 and checksums.luhn(digits)


def _card_beside_a_word(text: str) -> bool:
    digits = bare(text)
    return _issued(digits, _ISSUERS + _SHORT_ISSUERS) and len(set(digits)) > 1 and checksums.luhn(digits)


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _phone(region: str | None) -> Callable[[str], bool]:
    return lambda text: possible(re.sub(r"^00(?=1)", "+", text), region)


def _phone_like(text: str) -> bool:
    digits = re.sub(r"[^0-9]", "", re.split("(?i)x|ext", text)[0])
    if len(digits) > 11 and digits[0] == "1" and not text.startswith(("+", "(+")):
        return False  # milliseconds since 1970; country code 1 has eleven digits
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2 and not _date(text) and not _compact_date(digits)


def _compact_date(digits: str) -> bool:
    """Tell whether eight digits are a day without separators, 20261123."""
    year, month, day = int(digits[:4]), int(digits[4:6] or 0), int(digits[6:8] or 0)
    return len(digits) == 8 and 1900 <= year <= 2100 and checksums.real_date(year, month, day)


def _date(text: str) -> bool:
    numbers = [int(part) for part in re.findall(r"[0-9]+", re.split(r"[T ][0-9]{1,2}:", text)[0])]
    if len(numbers) != 3:
        return False
    year, *rest = numbers
    if year < 32:
        year, rest = rest[1], [rest[0], year]
    year += 0 if year > 99 else 2000 if year < 50 else 1900
    month, day = rest if rest[0] <= 12 else (rest[1], rest[0])
    return 1900 <= year <= 2100 and checksums.real_date(year, month, day)


def _day_in_words(text: str) -> bool:
    days = [int(n) for n in re.findall(r"(?<![0-9])[0-9]{1,2}(?![0-9])", text)]
    return all(1 <= day <= 31 for day in days)


def _place(text: str) -> bool:
    latitude, longitude = (abs(float(n)) for n in re.findall(r"[0-9]+\.[0-9]+", text)[:2])
    return latitude <= 90 and longitude <= 180


def _imei(text: str) -> bool:
    digits = bare(text)
    return len(digits) == 15 and checksums.luhn(digits)


_MONTH = (
    "(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|[Mm]ay|[Jj]une?|[Jj]uly?|[Aa]ug(?:ust)?|[Ss]ept?(?:ember)?|[Oo]ct(?:ober)?"
    "|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
)
_MONTHS_EU = (
    "januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre"
    "|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre"
    "|januari|februari|maart|mei|augustus|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro"
)
_DAY = "[0-3]?[0-9](?:st|nd|rd|th)?"
_YEAR = "(?:19|20)[0-9]{2}"
_CLOCK = r"(?:[T ,]{1,2}[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?(?: ?[AaPp][Mm])?(?:Z|[+\-][0-9]{2}:?[0-9]{2})?)?"
_LETTERS = "\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff"
"""Latin with marks, Greek and Cyrillic, as written between brackets of a pattern."""
_HAN = "\u4e00-\u9fff\u3040-\u30ff"
_HAN_TLD = "(?:中国|中國|公司|网络|網絡|网址|商城|商标|在线|我爱你|集团|香港|台灣|台湾|新加坡|澳門|政务|公益|みんな|コム|クラウド|ストア|セール|ファッション)"
_WEEKDAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_BORN = (
    "born",
    "birth",
    "dob",
    "birthday",
    "d.o.b",
    "生日",
    "出生",
    "生于",
    "geboren",
    "geburtsdatum",
    "geburtstag",
    "naissance",
    "né le",
    "née le",
    "nacimiento",
    "nacido",
    "nacida",
    "nascita",
    "nato",
    "nata",
    "geboortedatum",
    "geboren op",
    "生年月日",
    "生於",
    "誕生日",
    "생년월일",
)
_CALLED = (
    "phone",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "cellphone",
    "fax",
    "whatsapp",
    "hotline",
    "answering",
    "dial",
    "handy",
    "telefon",
    "telefonnummer",
    "rufnummer",
    "mobil",
    "mobilnummer",
    "fon",
    "téléphone",
    "portable",
    "teléfono",
    "telefono",
    "móvil",
    "celular",
    "cellulare",
    "telefone",
    "telefoon",
    "telefonu",
    "puhelin",
    "电话",
    "手机",
    "联系",
    "传真",
    "电话号码",
    "號碼是",
    "電話",
    "手機",
    "聯絡",
    "傳真",
    "携帯",
    "連絡先",
    "전화",
    "휴대",
    "연락처",
)
_CALLED_MAYBE = (
    *_CALLED,
    "call",
    "calling",
    "office",
    "contact",
    "reach",
    "number",
    "ring",
    "text me",
    "home",
    "work",
    "main",
    "desk",
    "phoned",
    "rang",
    "ring back",
    "call back",
    "callback",
    "reached",
    "dialled",
    "tel no",
)

_CARDS = ("card", "credit", "debit", "visa", "mastercard", "maestro", "amex", "kreditkarte", "karte", "carte bancaire", "tarjeta", "carta di credito", "卡号", "卡號", "银行卡",
          "信用卡", "储蓄卡", "借记卡", "工资卡", "カード番号", "クレジットカード", "卡片", "这张卡")  # fmt: skip
_CARD = r"[0-68][0-9]{3}(?:[ \-]?[0-9]{4}){1,3}(?:[ \-]?[0-9]{1,4})?|[0-68][0-9]{11,18}|3[0-9]{3}[ \-]?[0-9]{6}[ \-]?[0-9]{4,5}|[3-6][0-9]{5}[ \-][0-9]{6,13}"

GENERAL: tuple[PatternSpec, ...] = (
    PatternSpec(
        name="EMAIL_ADDRESS", category="user.contact.email", label="EMAIL", score=0.95, source="RFC 5321 §4.1.2, the forms in use; RFC 6531 and IDNA domains",
        core=rf"[A-Za-z0-9{_LETTERS}._%+\-'/=!#$&*^~]{{1,64}}@(?:[A-Za-z0-9{_LETTERS}{_HAN}\-]{{1,63}}\.){{1,8}}"
        rf"(?:xn--[A-Za-z0-9\-]{{2,40}}|[A-Za-z{_LETTERS}]{{2,24}}|{_HAN_TLD})",
        before=rf"(?<![A-Za-z0-9{_LETTERS}._%+\-])(?![.'/=!#$&*^~])", after=rf"(?![A-Za-z0-9{_LETTERS}])",
        context=("email", "e-mail", "mail", "邮箱", "邮件", "郵箱", "電郵", "メール"),
        examples=("ada@example.com", "写信给ada.l@example.co.uk吧", "info@müller-bäder.example", "发到ada@例子.中国吧", "jürgen.öz@example.de", "a@xn--fiqs8s.xn--fiqz9s"),
        counter_examples=("ada@", "@example.com", "a@b"),
    ),
    PatternSpec(
        name="IBAN_CODE", category="user.financial.bank_account", label="IBAN", score=0.95, source="ISO 13616",
        core=r"[A-Za-z]{2}[0-9]{2}(?: ?[0-9A-Za-z]{4}){2,7}(?: ?[0-9A-Za-z]{1,4})?", check=lambda t: checksums.iban(bare(t)),
        context=("iban", "account", "账户", "帐号", "账号"),
        examples=("DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "gb29nwbk60161331926819"), counter_examples=("DE88370400440532013000",),
    ),
    PatternSpec(
        name="CREDIT_CARD", category="user.financial.credit_card", label="CARD", score=0.8,
        source="ISO/IEC 7812-1; the issuers' ranges and lengths", check=_card, core=_CARD, before=rf"{START}(?=[2-68][0-9]{{3}}){not_behind()}",
        context=_CARDS, examples=("4111 1111 1111 1111", "卡号6222021234567890128吗", "378282246310005", "2221000000000009", "6222 0212 3456 7890 128", "30569309025904"),
        counter_examples=("4111111111111112", "0000000000000000", "订单号6222021234567890128", "order no. 4111111111111111", "2026112314301516"),
    ),
    PatternSpec(
        name="CREDIT_CARD", category="user.financial.credit_card", label="CARD", score=0.6, needs_context=True,
        source="ISO/IEC 7812-1: lengths rare enough to need a word (Maestro from 12 digits, old Visa, JCB of 15)", check=_card_beside_a_word,
        core=_CARD, before=rf"{START}(?=[0-68][0-9]{{3}}){not_behind()}", context=_CARDS,
        examples=("card 676770001003", "信用卡4222222222222", "credit card 180011112222335"), counter_examples=("676770001003", "4222222222222"),
    ),
    PatternSpec(
        name="PHONE_NUMBER", category="user.contact.phone_number", label="PHONE", score=0.6,
        source="ITU-T E.164; validity by phonenumbers", check=_phone(None),
        core=r"\+[1-9][0-9]{0,2}(?:\(0\))?(?:[ \-.]?\(?[0-9]{1,4}\)?){2,6}[0-9](?: ?(?:x|ext\.? ?)[0-9]{1,6})?", before=r"(?<![0-9A-Za-z+])", after=r"(?![0-9])",
        context=("phone", "tel", "mobile", "call", "电话"),
        examples=("+44 20 7946 0958", "+1 (212) 555-0142"), counter_examples=("+1 2",),
    ),
    PatternSpec(
        name="PHONE_NUMBER", category="user.contact.phone_number", label="PHONE", score=0.6,
        source="NANP; validity by phonenumbers", check=_phone("US"),
        core=r"(?:(?:1|001)[ \-.])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[\-. ])[2-9][0-9]{2}[\-. ][0-9]{4}(?: ?(?:x|ext\.? ?)[0-9]{1,6})?", before=r"(?<![0-9A-Za-z+\-.])",
        after=r"(?![0-9A-Za-z]|-[0-9])", context=("phone", "tel", "mobile", "call"),
        examples=("(212) 555-0142", "call 650-555-0178 now", "(212)555-0142x0023", "001-650-555-0178 ext. 12"), counter_examples=("123-456-7890", "650-555-01789"),
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
        core=r"(?:[0-9A-Fa-f]{0,4}:){2,6}[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}", before=r"(?<![0-9A-Za-z:])", after=r"(?![0-9A-Za-z:])", context=("ip",),
        examples=("2001:db8::1", "::ffff:192.0.2.33", "来自2001:0db8:0:0:8a2e::7334吧"), counter_examples=("12:30:45", "::::"),
    ),
    PatternSpec(
        name="MAC_ADDRESS", category="user.device.device_id", label="DEVICE", score=0.8, source="IEEE 802",
        core=r"[0-9A-Fa-f]{2}(?:[:\-][0-9A-Fa-f]{2}){5}", before=r"(?<![0-9A-Za-z:\-])", after=r"(?![0-9A-Za-z:\-])",
        examples=("00:1B:44:11:3A:B7",), counter_examples=("00:1B:44:11:3A",),
    ),
    PatternSpec(
        name="MAC_ADDRESS", category="user.device.device_id", label="DEVICE", score=0.6, source="IEEE 802, three groups of four", check=lambda t: any(c.isalpha() for c in t),
        core=r"[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}", before=r"(?<![0-9A-Za-z.])", after=r"(?![0-9A-Za-z.])",
        context=("mac",), examples=("001b.4411.3ab7",), counter_examples=("1234.5678.9012", "001b.4411.3ab7.1"),
    ),
    PatternSpec(
        name="URL", category="user.contact.url", label="URL", score=0.6, source="RFC 3986, http and https",
        core=rf"(?:(?:https?|ftp)://|www\.)[A-Za-z0-9{_LETTERS}\-]{{1,63}}(?:\.[A-Za-z0-9{_LETTERS}\-]{{1,63}}){{1,8}}(?::[0-9]{{1,5}})?(?:/[A-Za-z0-9._~:/?#@!$&'()*+,;=%\-]{{0,1000}})?",
        after="", examples=("https://example.com/u/ada", "https://bücher.example/x", "看www.example.org吧"), counter_examples=("http://", "example"),
    ),
    PatternSpec(
        name="PHONE_NUMBER", category="user.contact.phone_number", label="PHONE", score=0.45, source="any grouping, beside a word for telephones",
        core=r"(?:\(\+?[0-9]{1,5}\)[ \-./]?[0-9]{1,8}(?:[ \-./]{1,2}[0-9]{1,8}){0,5}"
        r"|\+?[0-9]{1,5}(?:[ \-./]{1,2}\(?[0-9]{1,8}\)?){1,6})(?: ?(?:x|ext\.? ?)[0-9]{1,6})?", needs_context=True, check=_phone_like,
        before=r"(?<![0-9A-Za-z+\-./(:)])", after=r"(?![0-9A-Za-z]|[.:/][0-9])", context=_CALLED_MAYBE,
        examples=("phone 0650 995 04 94", "call (37) 788-063", "tel. 785 8949", "fax +1-743-438-6774x62406"),
        counter_examples=("room 12 34", "phone 5", "call at 10 10 10 10"),
    ),
    PatternSpec(
        name="PHONE_NUMBER", category="user.contact.phone_number", label="PHONE", score=0.45, source="ten or eleven digits with a trunk zero, beside a word for calls", needs_context=True,
        core=r"0[1-9][0-9]{8,9}", check=_phone_like, before=rf"(?<![0-9A-Za-z+\-./(:,])(?=0[1-9]){not_behind()}", after=r"(?![0-9A-Za-z]|[.:/,][0-9])", context=_CALLED_MAYBE,
        examples=("ring back 03164159524", "call Ann on 07700900360"), counter_examples=("0316415952412 call", "order 03164159524"),
    ),
    PatternSpec(
        name="PHONE_NUMBER", category="user.contact.phone_number", label="PHONE", score=0.45, source="bare digits, beside a word for telephones",
        core=r"\+?[0-9]{7,15}(?: ?x[0-9]{1,6})?", needs_context=True, check=_phone_like,
        before=rf"(?<![0-9A-Za-z+\-./(:,])(?=[+0-9][0-9]{{6}}){not_behind()}", after=r"(?![0-9A-Za-z]|[.:/,][0-9]|\ ?[元円块塊萬万件個个米年%％￥€$£])", context=_CALLED, examples=("phone 97476578", "电话 0041446681800"),
        counter_examples=("order 97476578", "phone 123456", "手机订单号97476578", "电话费97476578元", "phone 1700000000123", "tel 20261123"),
    ),
    PatternSpec(
        name="UUID", category="user.unique_id", label="UUID", score=0.5, source="RFC 9562", before=r"(?<![0-9A-Za-z\-])", after=r"(?![0-9A-Za-z\-])",
        core=r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
        examples=("6ba7b810-9dad-11d1-80b4-00c04fd430c8",), counter_examples=("6ba7b810-9dad-11d1-80b4",),
    ),
    PatternSpec(
        name="DEVICE_ID", category="user.device.device_id", label="DEVICE", score=0.7, source="Apple IDFA, Google advertising id: RFC 9562 beside a word",
        core=r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}|[0-9a-f]{16}|[0-9A-F]{32}", needs_context=True,
        before=r"(?<![0-9A-Za-z\-])", after=r"(?![0-9A-Za-z\-])",
        context=("idfa", "gaid", "idfv", "oaid", "aaid", "advertising id", "ad id", "android id", "device id", "设备号", "设备标识", "广告标识"),
        examples=("idfa 6D92078A-8246-4BA4-AE5B-76104861E7DC", "设备号9774d56d682e549c"), counter_examples=("6D92078A-8246-4BA4-AE5B-76104861E7DC",),
    ),
    PatternSpec(
        name="IMEI", category="user.device.device_id", label="DEVICE", score=0.6, source="3GPP TS 23.003 §6; Luhn", needs_context=True, check=_imei,
        core=r"[0-9]{2}[ \-]?[0-9]{6}[ \-]?[0-9]{6}[ \-]?[0-9]", context=("imei", "meid", "串号", "手机串号"),
        examples=("IMEI 490154203237518", "imei:49-015420-323751-8"), counter_examples=("imei 490154203237519", "490154203237518"),
    ),
    PatternSpec(
        name="COOKIE_ID", category="user.device.cookie_id", label="COOKIE", score=0.6, source="Google Analytics client id and ids beside a word",
        core=r"GA1\.[0-9]\.[0-9]{6,10}\.[0-9]{10}|[0-9A-Za-z_\-]{16,128}", needs_context=True, before=r"(?<![0-9A-Za-z_\-.])", after=r"(?![0-9A-Za-z_\-])",
        context=("cookie", "session id", "sessionid", "phpsessid", "jsessionid", "_ga", "client id"),
        examples=("_ga=GA1.2.1033501218.1368477899", "cookie: 8f14e45fceea167a5a36dedd4bea2543"), counter_examples=("cookie: abc",),
    ),
    PatternSpec(
        name="CRYPTO", category="user.financial.bank_account", label="CRYPTO", score=0.9, source="Base58Check (Bitcoin, Litecoin, Dogecoin, Tron, Dash); BIP 173, BIP 350", check=checksums.bitcoin,
        core=r"[13DLMTX][1-9A-HJ-NP-Za-km-z]{25,34}|(?:bc1|BC1|ltc1|LTC1)[02-9AC-HJ-NP-Zac-hj-np-z]{11,71}", context=("bitcoin", "btc", "wallet", "钱包"),
        examples=("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        counter_examples=("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"),
    ),
    PatternSpec(
        name="CRYPTO", category="user.financial.bank_account", label="CRYPTO", score=0.85, source="Ethereum addresses: 20 bytes after 0x",
        core=r"0x[0-9A-Fa-f]{40}", context=("ethereum", "eth", "wallet", "钱包"),
        examples=("0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe",), counter_examples=("0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BA",),
    ),
    PatternSpec(
        name="GPS", category="user.location.precise", label="PLACE", score=0.6, source="ISO 6709, decimal degrees with four places or more", check=_place,
        core=r"[+\-]?[0-9]{1,2}\.[0-9]{4,10}°? ?[NS]?[,;/ ]{1,2}[+\-]?[0-9]{1,3}\.[0-9]{4,10}°? ?[EW]?", before=r"(?<![0-9A-Za-z.+\-])",
        after=r"(?![0-9A-Za-z.])", context=("gps", "lat", "latitude", "location", "坐标", "经纬度"),
        examples=("51.5074, -0.1278", "坐标31.2304,121.4737"), counter_examples=("1.5, 2.5", "95.1234, 20.1234"),
    ),
    PatternSpec(
        name="GPS", category="user.location.precise", label="PLACE", score=0.8, source="decimal degrees, each beside its name", check=_place,
        core=r"(?:[Ll]at(?:itude)?|LAT|纬度|緯度)[\"'=:： ]{0,4}[+\-]?[0-9]{1,2}\.[0-9]{3,15}°?[\"',;&，、 ]{1,4}(?:[Ll]on(?:g(?:itude)?)?|[Ll]ng|LNG|LON|经度|經度)[\"'=:： ]{0,4}[+\-]?[0-9]{1,3}\.[0-9]{3,15}",
        before=r"(?<![A-Za-z])", after=r"(?![0-9A-Za-z.])", context=("gps", "location", "坐标"),
        examples=("lat=48.8584 lon=2.2945", '{"lat": 48.8584, "lng": 2.2945}', "Latitude: -33.8568, Longitude: 151.2153", "纬度31.2304，经度121.4737"),
        counter_examples=("lat 48 lon 2", "lat=98.8584 lon=2.2945", "flat 48.8584 lon 2.2945"),
    ),
    PatternSpec(
        name="GPS", category="user.location.precise", label="PLACE", score=0.7, source="ISO 6709 Annex D: degrees, minutes, seconds",
        core=r"[0-9]{1,2}° ?[0-9]{1,2}[′'’] ?(?:[0-9]{1,2}(?:\.[0-9]{1,4})?[″\"”]? ?)?[NS],? ?[0-9]{1,3}° ?[0-9]{1,2}[′'’] ?(?:[0-9]{1,2}(?:\.[0-9]{1,4})?[″\"”]? ?)?[EW]",
        context=("gps", "坐标"), examples=("31°13′49″N 121°28′25″E", "51°30'26\"N, 0°7'39\"W"), counter_examples=("31° today", "20°13′"),
    ),
    PatternSpec(
        name="VIN", category="user.government_id.vehicle_registration", label="VIN", score=0.5, source="ISO 3779, without the check digit, which Europe does not use; beside a word",
        core=r"[A-HJ-NPR-Z0-9]{13}[0-9]{4}", needs_context=True, check=lambda t: any(c.isalpha() for c in t[:8]) and any(c.isdigit() for c in t),
        context=("vin", "chassis", "车架号", "車架號", "车辆识别", "fahrgestellnummer", "fin", "車台番号", "numéro de série", "bastidor", "telaio"),
        examples=("VIN WVWZZZ1JZXW000001", "Fahrgestellnummer: WDB9634031L123456"), counter_examples=("WVWZZZ1JZXW000001", "vin 12345678901234567"),
    ),
    PatternSpec(
        name="VIN", category="user.government_id.vehicle_registration", label="VIN", score=0.7, source="ISO 3779, GB 16735; check digit",
        core=r"[A-HJ-NPR-Za-hj-npr-z0-9]{8}[0-9Xx][A-HJ-NPR-Za-hj-npr-z0-9]{4}[0-9]{4}", check=lambda t: any(c.isalpha() for c in t[:8]) and checksums.vin(t),
        context=("vin", "chassis", "车架号", "车辆识别"), examples=("1M8GDM9AXKP042788", "车架号LSVAU218XN2183294"), counter_examples=("1M8GDM9A1KP042788",),
    ),
    PatternSpec(
        name="DATE_TIME", category="user.demographic.date_of_birth", label="DATE", score=0.45, source="ISO 8601 and local forms", check=_date, context=_BORN,
        core=rf"{_YEAR}(?:-[0-9]{{1,2}}-[0-9]{{1,2}}|/[0-9]{{1,2}}/[0-9]{{1,2}}|\.[0-9]{{1,2}}\.[0-9]{{1,2}}){_CLOCK}"
        rf"|[0-9]{{1,2}}(?:/[0-9]{{1,2}}/|\.[0-9]{{1,2}}\.|-[0-9]{{1,2}}-){_YEAR}{_CLOCK}|[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{2}}"
        rf"|{_YEAR}年 ?[0-9]{{1,2}}月 ?[0-9]{{1,2}}[日号號]",
        before=r"(?<![0-9A-Za-z./\-])", after=r"(?![0-9A-Za-z]|[./\-][0-9])",
        examples=("born 1990-05-01", "生日：1990年5月1日", "DOB 23/11/1986", "1994-06-17 08:11:32", "6/18/43"),
        counter_examples=("born 1990-13-41", "1.2.2024.5", "2024-01-01-7"),
    ),
    PatternSpec(
        name="DATE_TIME", category="user.demographic.date_of_birth", label="DATE", score=0.45, source="dates with the month in words", check=_day_in_words,
        core=rf"(?:{_WEEKDAY},? )?(?:{_DAY} (?:of )?{_MONTH}\.?,?(?: {_YEAR})?|{_MONTH}\.? {_DAY}(?:,? {_YEAR})?|{_MONTH}\.?,? {_YEAR}){_CLOCK}|{_WEEKDAY}",
        context=_BORN, examples=("born on 1 May 1990", "March 5th, 1987", "Friday, 3 of June 2022", "June 1990"), counter_examples=("may 99 people", "Maya 12"),
    ),
    PatternSpec(
        name="DATE_TIME", category="user.demographic.date_of_birth", label="DATE", score=0.45, source="CLDR month names: German, French, Spanish, Italian, Dutch, Portuguese",
        core=rf"[0-3]?[0-9](?:\.|º|er)? (?:de )?(?i:{_MONTHS_EU})\.?(?: de| del)? {_YEAR}", context=_BORN, check=_day_in_words,
        examples=("geboren am 1. Mai 1990", "né le 1er mai 1990", "nacida el 5 de octubre de 1987", "nato il 3 dicembre 1970", "12 maart 2001"), counter_examples=("45 mai 1990", "1. Mai"),
    ),
    PatternSpec(
        name="DATE_TIME", category="user.demographic.date_of_birth", label="DATE", score=0.45, source="eight digits, beside a word for births", needs_context=True, check=_compact_date,
        core=r"(?:19|20)[0-9]{6}", context=_BORN, before=rf"{START}(?=[12]){not_behind()}", examples=("出生日期19900501", "DOB 19861123"), counter_examples=("19900501", "DOB 19901341"),
    ),
    PatternSpec(
        name="DATE_TIME", category="user.demographic.date_of_birth", label="DATE", score=0.5, source="元号法; dates by Japanese eras and by years of the Republic of China",
        core=r"(?:明治|大正|昭和|平成|令和|民國|民国)(?:元|[0-9]{1,3})年[0-9]{1,2}月[0-9]{1,2}[日號号]", before="", after="", context=_BORN,
        examples=("昭和55年5月1日", "生於民國79年5月1日"), counter_examples=("平成年間",),
    ),
    PatternSpec(
        name="DATE_TIME", category="user.demographic.date_of_birth", label="DATE", score=0.5, source="Chinese dates in numerals of words",
        core=r"[一二][〇零○一二三四五六七八九]{3}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}[日号]", before="", after="", context=_BORN,
        examples=("生于一九九〇年五月一日", "二〇二六年十一月二十四日"), counter_examples=("五月一日",),
    ),
)  # fmt: skip
