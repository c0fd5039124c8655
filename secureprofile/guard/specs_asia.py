"""Recognizers for identifiers of Japan, Korea, Singapore, Thailand and India, with their telephones."""

from __future__ import annotations

from secureprofile.guard import checksums
from secureprofile.guard.spec import PatternSpec, bare

NATIONAL = "user.government_id.national_identification_number"

ASIA: tuple[PatternSpec, ...] = (
    PatternSpec(
        name="JP_MY_NUMBER", category=NATIONAL, label="ID", score=0.6, source="総務省令 85, 2014", core=r"[0-9]{4}[ \-]?[0-9]{4}[ \-]?[0-9]{4}", needs_context=True,
        check=lambda t: checksums.jp_my_number(bare(t)), context=("my number", "mynumber", "マイナンバー", "個人番号"), examples=("マイナンバー123456789018", "my number 1234-5678-9018"),
        counter_examples=("マイナンバー123456789019", "123456789018"),
    ),
    PatternSpec(
        name="JP_PHONE", category="user.contact.phone_number", label="PHONE", score=0.65, source="MIC numbering plan", before=r"(?<![0-9A-Za-z+\-])", after=r"(?![0-9A-Za-z\-])",
        core=r"0[5789]0-[0-9]{4}-[0-9]{4}|0[1-9][0-9]{0,3}-[0-9]{1,4}-[0-9]{4}", check=lambda t: len(bare(t)) in (10, 11), context=("電話", "携帯", "連絡先"),
        examples=("090-1234-5678", "電話03-1234-5678"), counter_examples=("090-1234-56789", "00-1234-5678"),
    ),
    PatternSpec(
        name="KR_RRN", category=NATIONAL, label="ID", score=0.75, source="주민등록법; dates, century digit", core=r"[0-9]{6}-[1-8][0-9]{6}", check=lambda t: checksums.kr_rrn(bare(t)),
        context=("주민등록번호", "rrn"), examples=("880211-2345677",), counter_examples=("881311-2345677",),
    ),
    PatternSpec(
        name="SG_NRIC", category=NATIONAL, label="ID", score=0.8, source="ICA; check letter", core=r"[STFGMstfgm][0-9]{7}[A-Za-z]", check=checksums.sg_nric, context=("nric", "fin"),
        examples=("S1234567D",), counter_examples=("S1234567E",),
    ),
    PatternSpec(
        name="TH_ID", category=NATIONAL, label="ID", score=0.75, source="กรมการปกครอง; modulo 11", core=r"[1-8]-[0-9]{4}-[0-9]{5}-[0-9]{2}-[0-9]", check=lambda t: checksums.th_id(bare(t)),
        context=("thai id", "บัตรประชาชน"), examples=("1-1017-00230-70-8",), counter_examples=("1-1017-00230-70-7",),
    ),
    PatternSpec(
        name="TH_ID", category=NATIONAL, label="ID", score=0.5, source="the same without hyphens, beside a word", core=r"[1-8][0-9]{12}", check=checksums.th_id, needs_context=True,
        context=("thai id", "thai national", "บัตรประชาชน", "เลขประจำตัวประชาชน"), examples=("Thai ID 1101700230708",), counter_examples=("1101700230708", "Thai ID 1101700230707"),
    ),
    PatternSpec(
        name="IN_PAN", category=NATIONAL, label="PAN", score=0.7, source="Income Tax Department: the fourth letter tells the holder's kind", core=r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]",
        context=("pan", "permanent account"), examples=("ABCPE1234F",), counter_examples=("ABCXE1234F", "ABCPE123F"),
    ),
    PatternSpec(
        name="IN_AADHAAR", category=NATIONAL, label="AADHAAR", score=0.6, source="UIDAI; Verhoeff", core=r"[2-9][0-9]{3}[ \-][0-9]{4}[ \-][0-9]{4}", check=lambda t: checksums.verhoeff(bare(t)),
        context=("aadhaar", "uidai", "आधार"), examples=("2345 6789 0124",), counter_examples=("2345 6789 0125", "234567890124"),
    ),
    PatternSpec(
        name="IN_AADHAAR", category=NATIONAL, label="AADHAAR", score=0.5, source="the same without blanks, beside a word", core=r"[2-9][0-9]{11}", check=checksums.verhoeff, needs_context=True,
        context=("aadhaar", "uidai", "आधार"), examples=("Aadhaar 234567890124",), counter_examples=("234567890124", "aadhaar 234567890125"),
    ),
    PatternSpec(
        name="JP_PLATE", category="user.government_id.vehicle_registration", label="PLATE", score=0.7, source="道路運送車両法施行規則: office, class, kana, number",
        core=r"[一-鿿ぁ-ゟ]{1,4} ?[0-9]{2,3} ?[あ-ん] ?[0-9]{1,2}-[0-9]{2}", before="", context=("ナンバー", "車"), examples=("品川 300 あ 12-34", "品川300さ12-34"),
        counter_examples=("品川 300 12-34",),
    ),
    PatternSpec(
        name="JP_LICENCE", category="user.government_id.drivers_license_number", label="LICENCE", score=0.5, source="道路交通法: twelve digits, beside a word", needs_context=True,
        core=r"[0-9]{12}", context=("免許", "driver's license", "運転免許証"), examples=("運転免許証番号301234567890",), counter_examples=("301234567890",),
    ),
    PatternSpec(
        name="KR_PHONE", category="user.contact.phone_number", label="PHONE", score=0.65, source="Korean numbering plan", before=r"(?<![0-9A-Za-z+\-])", after=r"(?![0-9A-Za-z\-])",
        core=r"01[016789]-[0-9]{3,4}-[0-9]{4}|0(?:2|[3-6][1-5]|70)-[0-9]{3,4}-[0-9]{4}", context=("전화", "휴대"), examples=("010-1234-5678", "02-312-3456"), counter_examples=("010-1234-56789",),
    ),
    PatternSpec(
        name="IN_PHONE", category="user.contact.phone_number", label="PHONE", score=0.6, source="TRAI numbering plan: ten digits in two groups of five", before=r"(?<![0-9A-Za-z.\-])",
        after=r"(?![0-9A-Za-z.\-])", core=r"(?:\+?91[ \-]?|0)?[6-9][0-9]{4}[ \-][0-9]{5}", context=("फ़ोन", "मोबाइल"), examples=("98765 43210", "+91 98765-43210"), counter_examples=("12345 67890",),
    ),
    PatternSpec(
        name="KR_PASSPORT", category="user.government_id.passport_number", label="PASSPORT", score=0.5, source="Korean and Japanese passports: one or two letters and seven or eight digits, beside a word",
        needs_context=True, core=r"[A-Z]{1,2}[0-9]{7,8}|[A-Z][0-9]{3}[A-Z][0-9]{4}", context=("여권", "パスポート", "旅券", "passport"), examples=("パスポート番号TR1234567", "여권 M12345678"), counter_examples=("TR1234567",),
    ),
)  # fmt: skip
