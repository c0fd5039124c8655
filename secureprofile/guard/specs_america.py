"""Recognizers for identifiers of the United States."""

from __future__ import annotations

from secureprofile.guard import checksums
from secureprofile.guard.spec import PatternSpec, bare

NATIONAL = "user.government_id.national_identification_number"


def _licence(text: str) -> bool:
    digits = sum(c.isdigit() for c in text)
    return 5 <= digits <= 17 and digits >= len(bare(text)) - 4


AMERICA: tuple[PatternSpec, ...] = (
    PatternSpec(
        name="US_SSN", category=NATIONAL, label="SSN", score=0.75,
        source="SSA POMS RM 10201", core=r"[0-9]{3}-[0-9]{2}-[0-9]{4}", check=lambda t: checksums.ssn(bare(t)),
        context=("ssn", "social security"), examples=("536-22-1234",), counter_examples=("000-12-3456", "666-12-3456", "536-00-1234"),
    ),
    PatternSpec(
        name="US_SSN", category=NATIONAL, label="SSN", score=0.6, source="SSA POMS RM 10201, without hyphens", needs_context=True,
        core=r"[0-9]{3} ?[0-9]{2} ?[0-9]{4}", check=lambda t: checksums.ssn(bare(t)), context=("ssn", "social security", "soc sec"),
        examples=("SSN 536221234", "social security no. 536 22 1234"), counter_examples=("536221234", "ssn 000123456"),
    ),
    PatternSpec(
        name="US_ITIN", category=NATIONAL, label="ITIN", score=0.7, source="IRS: 9xx with a group of 50–65, 70–88, 90–92, 94–99",
        core=r"9[0-9]{2}-(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])-[0-9]{4}", context=("itin", "tax id", "taxpayer"),
        examples=("912-70-1234",), counter_examples=("912-49-1234", "812-70-1234"),
    ),
    PatternSpec(
        name="US_DRIVER_LICENSE", category="user.government_id.drivers_license_number", label="LICENCE", score=0.5, needs_context=True, check=_licence,
        source="AAMVA, the forms of the states", core=r"[A-Za-z]{0,3}[0-9]{3,14}(?:[\- ][0-9]{2,5}){0,4}[A-Za-z]{0,3}",
        context=("driver's license", "drivers license", "driver license", "driver's licence", "drivers licence", "driver’s license", "driving licence",
                 "driving license", "driver lic", "dl", "dl#", "驾照", "驾驶证"),
        examples=("driver's license number is A56319335", "DL# LH329609T", "驾驶证755600751"), counter_examples=("A56319335", "driver's license 12"),
    ),
    PatternSpec(
        name="US_PASSPORT", category="user.government_id.passport_number", label="PASSPORT", score=0.5, source="US Department of State: nine digits, or a letter and eight",
        needs_context=True, core=r"[A-Za-z]?[0-9]{8,9}", context=("passport",), examples=("passport no. 340020013", "Passport A12345678"),
        counter_examples=("340020013", "passport 1234567"),
    ),
    PatternSpec(
        name="US_NPI", category="user.health_and_medical", label="NPI", score=0.6, source="45 CFR 162.406; Luhn with prefix 80840", needs_context=True,
        core=r"[12][0-9]{9}", check=checksums.npi, context=("npi", "national provider", "provider id"), examples=("NPI 1234567893",),
        counter_examples=("NPI 1234567890", "1234567893"),
    ),
    PatternSpec(
        name="US_MBI", category="user.health_and_medical.insurance_beneficiary_id", label="MEDICARE", score=0.7, source="CMS, Medicare Beneficiary Identifier",
        core=r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}",
        context=("medicare", "mbi", "beneficiary"), examples=("1EG4-TE5-MK73", "1EG4TE5MK73"), counter_examples=("1SG4-TE5-MK73", "0EG4-TE5-MK73"),
    ),
    PatternSpec(
        name="US_BANK_NUMBER", category="user.financial.bank_account", label="ACCOUNT", score=0.5, source="account and routing numbers beside a word",
        needs_context=True, core=r"[0-9]{8,17}", context=("account number", "account no", "bank account", "routing", "aba", "acct"),
        examples=("account number 000123456789",), counter_examples=("order 000123456789", "account number 123"),
    ),
    PatternSpec(
        name="US_PLATE", category="user.government_id.vehicle_registration", label="PLATE", score=0.5, source="state plates beside a word", needs_context=True,
        core=r"[A-Z0-9]{1,4}[ \-]?[A-Z0-9]{2,4}", check=lambda t: any(c.isdigit() for c in t) and 5 <= len(bare(t)) <= 8,
        context=("license plate", "licence plate", "number plate", "registration plate", "plate number"), examples=("license plate 7ABC123", "number plate AB12 CDE"),
        counter_examples=("7ABC123", "license plate HOLDER"),
    ),
)  # fmt: skip
