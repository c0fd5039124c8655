"""Recognizers for identifiers of mainland China, Hong Kong, Macau and Taiwan."""

from __future__ import annotations

from secureprofile.guard import checksums
from secureprofile.guard.spec import PatternSpec, bare

NATIONAL = "user.government_id.national_identification_number"


def _old_resident_id(text: str) -> bool:
    """Fifteen digits, issued until 1999: region, a day of the last century, a serial; no check digit."""
    return text[:2] in checksums.PROVINCES and checksums.real_date(
        1900 + int(text[6:8]), int(text[8:10]), int(text[10:12])
    )


CHINA: tuple[PatternSpec, ...] = (
    PatternSpec(
        name="CN_RESIDENT_ID", category=NATIONAL, label="ID", score=0.95,
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
        name="CN_RESIDENT_ID", category=NATIONAL, label="ID", score=0.55, source="GB 11643-1989, 15 digits", core=r"[1-8][0-9]{14}", check=_old_resident_id,
        needs_context=True, context=("id card", "resident", "identity", "身份证", "证件"), examples=("身份证130503670401001",),
        counter_examples=("130503670401001", "身份证130503671301001"),
    ),
    PatternSpec(
        name="CN_TRAVEL_PERMIT", category="user.government_id.passport_number", label="PERMIT", score=0.5, source="NIA: 港澳居民来往内地通行证, 台湾居民来往大陆通行证, 往来港澳/台湾通行证",
        needs_context=True, core=r"[HMhm][0-9]{8}(?:[0-9]{2})?|[0-9]{8}|[CWLTcwlt][0-9]{8}", context=("回乡证", "台胞证", "通行证", "travel permit", "home return"),
        examples=("回乡证H12345678", "台胞证12345678", "港澳通行证C12345678"), counter_examples=("H12345678", "通行证1234"),
    ),
    PatternSpec(
        name="CN_WECHAT", category="user.account.username", label="WECHAT", score=0.6, source="WeChat ids: 6–20 letters, digits, _ and -, a letter first", needs_context=True,
        core=r"[A-Za-z][0-9A-Za-z_\-]{5,19}", before=r"(?<![0-9A-Za-z_\-])", after=r"(?![0-9A-Za-z_\-@.])", check=lambda t: t.lower() not in ("wechat", "weixin"),
        context=("微信", "wechat", "weixin", "vx", "加v"), examples=("微信：ada_2026x", "wechat: lin-chen88"), counter_examples=("ada_2026x", "微信a1"),
    ),
    PatternSpec(
        name="CN_QQ", category="user.account.username", label="QQ", score=0.6, source="Tencent: 5–11 digits", needs_context=True, core=r"[1-9][0-9]{4,10}",
        context=("qq", "扣扣", "企鹅号"), examples=("QQ：123456789", "qq号码 10001"), counter_examples=("123456789", "qq 0123"),
    ),
    PatternSpec(
        name="CN_SOCIAL_SECURITY", category=NATIONAL, label="ID", score=0.5, source="social-security and medical-insurance card numbers beside a word", needs_context=True,
        core=r"[0-9A-Z][0-9]{7,17}[0-9Xx]", context=("社保", "社会保障", "医保", "social security"), examples=("社保卡号110105198001011", "医保号A123456789"),
        counter_examples=("110105198001011", "社保12"),
    ),
    PatternSpec(
        name="CN_BANK_CARD", category="user.financial.credit_card", label="CARD", score=0.6, source="debit cards whose check digit was mistyped or left out, beside a word",
        needs_context=True, core=r"[1-9][0-9]{3}(?:[ \-]?[0-9]{4}){2}[ \-]?[0-9]{2,7}", check=lambda t: 14 <= len(bare(t)) <= 19, context=("银行卡", "卡号", "储蓄卡", "借记卡"),
        examples=("银行卡6222021234567890123", "卡号 6222 0212 3456 7890 123"), counter_examples=("6222021234567890123", "卡号12345678"),
    ),
    PatternSpec(
        name="HK_ID", category=NATIONAL, label="ID", score=0.85, source="Hong Kong Immigration Department; modulo 11", core=r"[A-Za-z]{1,2}[0-9]{6}\([0-9Aa]\)",
        after="", check=lambda t: checksums.hk_id(bare(t)), context=("hkid", "身份證", "香港身份证"), examples=("A123456(3)", "AB987654(3)"), counter_examples=("A123456(4)",),
    ),
    PatternSpec(
        name="HK_ID", category=NATIONAL, label="ID", score=0.6, source="the same without brackets, beside a word", core=r"[A-Za-z]{1,2}[0-9]{6}[0-9Aa]", needs_context=True,
        check=checksums.hk_id, context=("hkid", "hong kong id", "身份證", "香港身份证"), examples=("HKID A1234563",), counter_examples=("HKID A1234564", "A1234563"),
    ),
    PatternSpec(
        name="MO_ID", category=NATIONAL, label="ID", score=0.5, source="Macau DSI: 1, 5 or 7, six digits, a check digit in brackets", core=r"[157][0-9]{6}[(/][0-9]\)?", after=r"(?![0-9])",
        needs_context=True, context=("macau", "macao", "bir", "澳門", "澳门"), examples=("澳门身份证1234567(8)", "Macau BIR 5123456/7"), counter_examples=("1234567(8)", "澳门2234567(8)"),
    ),
    PatternSpec(
        name="TW_ID", category=NATIONAL, label="ID", score=0.75, source="Ministry of the Interior: national id, new resident certificate; modulo 10", core=r"[A-Za-z][1289][0-9]{8}",
        check=checksums.tw_id, context=("身分證", "身份證", "taiwan", "居留證"), examples=("A123456789",), counter_examples=("A123456788", "A323456789"),
    ),
)  # fmt: skip
