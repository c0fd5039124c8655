"""Recognizers for identifiers of mainland China, Hong Kong, Macau and Taiwan."""

from __future__ import annotations

from secureprofile.guard import checksums
from secureprofile.guard.spec import START, PatternSpec, bare, not_behind

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
        core=r"(?:(?:\(?\+?86\)?|0086)[ \-]?)?1[3-9][0-9][ \-]?[0-9]{4}[ \-]?[0-9]{4}", before=rf"(?<![0-9A-Za-z.+])(?<![0-9]-)(?=[(+0]|86|1[3-9]){not_behind()}",
        after=r"(?![0-9A-Za-z]|[.\-][0-9])", context=("phone", "mobile", "tel", "手机", "电话", "联系", "微信", "手機", "致电", "来电", "短信", "号码"),
        examples=("13812345678", "打138 1234 5678找我", "+86-13812345678", "008613812345678"), counter_examples=("12812345678", "138123456789", "订单号13812345678", "13812345678.50"),
    ),
    PatternSpec(
        name="CN_LANDLINE", category="user.contact.phone_number", label="PHONE", score=0.55, source="MIIT numbering plan",
        core=r"(?:(?:\+86[ \-]?)?\(0?[1-9][0-9]{1,2}\) ?|0[1-9][0-9]{1,2}[ \-]|\+86[ \-]?[1-9][0-9]{1,2}[ \-])[2-8][0-9]{2,3}[ \-]?[0-9]{4}(?:-[0-9]{1,5})?",
        context=("电话", "座机", "固话", "联系", "传真"),
        before=r"(?<![0-9A-Za-z\-])", after=r"(?![0-9A-Za-z\-])",
        examples=("010-62345678", "电话(0571)87654321", "021 6234 5678", "+86 10 62345678", "0571-87654321-802"), counter_examples=("010-1234567890",),
    ),
    PatternSpec(
        name="CN_PASSPORT", category="user.government_id.passport_number", label="PASSPORT", score=0.6,
        source="NIA: ordinary (E, G), service (S, SE), official (P, PE) and diplomatic (D, DE) passports; Hong Kong (H, K), Macau (MA, MB)",
        core=r"(?:[DEGPS][0-9]{8}|[EDSP][A-HJ-NP-Z][0-9]{7}|[HK][0-9]{8}|K[A-Z][0-9]{7}|M[AB][0-9]{7}|1[45][0-9]{7})", needs_context=True,
        context=("passport", "护照", "護照", "旅行证件", "签证", "出境", "入境", "パスポート"),
        examples=("护照E12345678", "护照号EA1234567", "持PE1234567护照", "特區護照K12345678"), counter_examples=("G123456789", "E12345678"),
    ),
    PatternSpec(
        name="CN_PLATE", category="user.government_id.vehicle_registration", label="PLATE", score=0.85, source="GA 36-2018",
        core=r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·\- ]?(?:[DF][0-9A-HJ-NP-Z][0-9]{4}|[0-9]{5}[DF]|[0-9A-HJ-NP-Z]{4}[0-9A-HJ-NP-Z挂学警港澳])",
        before="(?<![最全更创崭刷翻里腾里上华])", context=("车牌", "车辆", "车", "plate"),
        examples=("沪A12345", "车牌粤BD12345", "京AD12345", "粤B·12345D", "粤Z1234港"), counter_examples=("沪I12345", "沪A123", "最新A12345款"),
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
        name="CN_QQ", category="user.account.username", label="QQ", score=0.6, source="Tencent: 5–11 digits", needs_context=True, core=r"[1-9][0-9]{4,10}", before=rf"(?<![0-9A-Za-z.\-])(?=[1-9][0-9]{{4}}){not_behind()}",
        after=r"(?![0-9A-Za-z]|[.,\-][0-9]|@| ?[元块万件个年月])", context=("qq", "扣扣", "企鹅号"), examples=("QQ：123456789", "qq号码 10001"), counter_examples=("123456789", "qq 0123"),
    ),
    PatternSpec(
        name="CN_SOCIAL_SECURITY", category=NATIONAL, label="ID", score=0.5, source="social-security and medical-insurance card numbers beside a word", needs_context=True,
        core=r"[0-9A-Z][0-9]{7,17}[0-9Xx]", context=("社保", "社会保障", "医保", "social security"), examples=("社保卡号110105198001011", "医保号A123456789"),
        counter_examples=("110105198001011", "社保12"),
    ),
    PatternSpec(
        name="CN_BANK_CARD", category="user.financial.credit_card", label="CARD", score=0.6, source="debit cards whose check digit was mistyped or left out, beside a word",
        needs_context=True, core=r"(?:62[0-9]{2}|4[0-9]{3}|5[1-5][0-9]{2}|60[0-9]{2}|9[4-6][0-9]{2})(?:[ \-]?[0-9]{4}){2,3}(?:[ \-]?[0-9]{1,3})?|62[0-9]{14,17}",
        check=lambda t: 16 <= len(bare(t)) <= 19, before=rf"{START}(?=[4569]){not_behind()}", context=("银行卡", "银行卡号", "储蓄卡", "借记卡", "工资卡"),
        examples=("银行卡6222021234567890123", "储蓄卡号 6222 0212 3456 7890 123"), counter_examples=("6222021234567890123", "银行卡12345678"),
    ),
    PatternSpec(
        name="HK_ID", category=NATIONAL, label="ID", score=0.85, source="Hong Kong Immigration Department; modulo 11", core=r"[A-Za-z]{1,2}[0-9]{6}\([0-9Aa]\)",
        after="", check=lambda t: checksums.hk_id(bare(t)), context=("hkid", "身份證", "香港身份证"), examples=("A123456(3)", "AB987654(3)"), counter_examples=("A123456(4)",),
    ),
    PatternSpec(
        name="HK_ID", category=NATIONAL, label="ID", score=0.6, source="the same without brackets, beside a word", core=r"[A-Za-z]{1,2}[0-9]{6}[0-9Aa]", needs_context=True,
        check=checksums.hk_id, context=("hkid", "hong kong id", "身份證", "香港身份证", "身份证"), examples=("HKID A1234563", "身份證號碼A1234563"), counter_examples=("HKID A1234564", "A1234563"),
    ),
    PatternSpec(
        name="MO_ID", category=NATIONAL, label="ID", score=0.5, source="Macau DSI: 1, 5 or 7, six digits, a check digit in brackets", core=r"[157][0-9]{6}[(/][0-9]\)?", after=r"(?![0-9])",
        needs_context=True, context=("macau", "macao", "bir", "澳門", "澳门"), examples=("澳门身份证1234567(8)", "Macau BIR 5123456/7"), counter_examples=("1234567(8)", "澳门2234567(8)"),
    ),
    PatternSpec(
        name="TW_ID", category=NATIONAL, label="ID", score=0.75, source="Ministry of the Interior: national id, new resident certificate; modulo 10", core=r"[A-Za-z][1289][0-9]{8}", before=rf"{START}(?=[A-Za-z][1289][0-9]{{8}}){not_behind()}",
        check=checksums.tw_id, context=("身分證", "身份證", "taiwan", "居留證"), examples=("A123456789",), counter_examples=("A123456788", "A323456789"),
    ),
    PatternSpec(
        name="HK_PHONE", category="user.contact.phone_number", label="PHONE", score=0.6, source="OFCA numbering plan, eight digits in two groups beside a word; Macau likewise", needs_context=True,
        core=r"[2-9][0-9]{3}[ \-]?[0-9]{4}", before=r"(?<![0-9A-Za-z.\-+])", after=r"(?![0-9A-Za-z.\-])", context=("電話", "手提", "手機", "電話號碼", "whatsapp", "香港", "澳門"),
        examples=("電話9123 4567", "手提 6123-4567"), counter_examples=("9123 4567", "電話 1123 4567"),
    ),
    PatternSpec(
        name="TW_PHONE", category="user.contact.phone_number", label="PHONE", score=0.6, source="NCC numbering plan of Taiwan", before=r"(?<![0-9A-Za-z.\-+])", after=r"(?![0-9A-Za-z.\-])",
        core=r"09[0-9]{2}[ \-][0-9]{3}[ \-]?[0-9]{3}|\(0[2-8][0-9]?\) ?[0-9]{3,4}[ \-]?[0-9]{4}|0[2-8]-[2-9][0-9]{2,3}-?[0-9]{4}", context=("電話", "手機", "行動電話"),
        examples=("0912-345-678", "(02)2345-6789", "07-3499525"), counter_examples=("0912-345-6789",),
    ),
    PatternSpec(
        name="TW_RESIDENT_ID", category=NATIONAL, label="ID", score=0.6, source="the old form of resident certificates: two letters and eight digits, beside a word", needs_context=True,
        core=r"[A-Z][A-D][0-9]{8}", context=("居留證", "統一證號", "外僑", "arc"), examples=("居留證AC01234567",), counter_examples=("AC01234567",),
    ),
    PatternSpec(
        name="HK_PLATE", category="user.government_id.vehicle_registration", label="PLATE", score=0.5, source="Transport Department of Hong Kong, beside a word", needs_context=True,
        core=r"[A-HJ-NP-Z]{2} ?[0-9]{1,4}", context=("車牌", "車輛", "登記號碼"), examples=("車牌AB 1234",), counter_examples=("AB 1234",),
    ),
    PatternSpec(
        name="CN_OFFICER_ID", category="user.government_id", label="ID", score=0.5, source="certificates of officers and soldiers, beside a word", needs_context=True,
        core=r"[军兵士文武海空南北东西沈兰济广成]字第[0-9]{6,8}号?", before="", after="", context=("军官证", "士兵证", "证件", "文职"), examples=("军官证军字第2001988号",), counter_examples=("军字第2001988号",),
    ),
)  # fmt: skip
