"""Recognizers for identifiers of Europe: those with check digits by themselves where these are strong, else beside a word."""

from __future__ import annotations

from secureprofile.guard import checksums
from secureprofile.guard.spec import PatternSpec, bare

NATIONAL = "user.government_id.national_identification_number"

EUROPE: tuple[PatternSpec, ...] = (
    PatternSpec(
        name="UK_NINO", category=NATIONAL, label="NINO", score=0.8,
        source="HMRC NIM39110", core=r"[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z][A-CEGHJ-NPR-TW-Za-ceghj-npr-tw-z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-Da-d]",
        check=lambda t: t[:2].upper() not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"), context=("national insurance", "nino"),
        examples=("AB 12 34 56 C", "JG121316A"), counter_examples=("GB121316A", "DA121316A"),
    ),
    PatternSpec(
        name="UK_NHS", category="user.health_and_medical.insurance_beneficiary_id", label="NHS", score=0.5, source="NHS Data Dictionary; modulus 11",
        core=r"[0-9]{3}[ \-]?[0-9]{3}[ \-]?[0-9]{4}", check=lambda t: checksums.nhs(bare(t)), needs_context=True,
        context=("nhs", "national health", "patient"), examples=("NHS 943 476 5919", "nhs number: 9434765919"), counter_examples=("NHS 943 476 5918", "9434765919"),
    ),
    PatternSpec(
        name="DE_TAX_ID", category=NATIONAL, label="ID", score=0.5, source="§ 139b AO; ISO 7064 MOD 11,10", core=r"[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        check=lambda t: checksums.de_tax(bare(t)), needs_context=True, context=("steuer-id", "steueridentifikationsnummer", "idnr", "steuernummer", "tax id", "tin"),
        examples=("Steuer-ID 86 095 742 719", "IdNr: 86095742719"), counter_examples=("Steuer-ID 86095742718", "86095742719"),
    ),
    PatternSpec(
        name="FR_NIR", category=NATIONAL, label="ID", score=0.75, source="INSEE; complement to 97",
        core=r"[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?(?:[0-9]{2}|2[ABab]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", check=lambda t: checksums.fr_nir(bare(t)),
        context=("nir", "sécurité sociale", "securite sociale", "insee"), examples=("2 55 08 14 168 025 38", "255081416802538"), counter_examples=("255081416802539",),
    ),
    PatternSpec(
        name="ES_DNI", category=NATIONAL, label="ID", score=0.65, source="Real Decreto 1553/2005; letter modulo 23", core=r"(?:[0-9]{8}|[XYZxyz]-?[0-9]{7})-?[A-Za-z]",
        check=lambda t: checksums.es_dni(bare(t)), context=("dni", "nie", "nif"), examples=("12345678Z", "X-1234567-L"), counter_examples=("12345678A",),
    ),
    PatternSpec(
        name="IT_FISCAL_CODE", category=NATIONAL, label="ID", score=0.9, source="D.M. 23/12/1976", check=checksums.it_fiscal,
        core=r"[A-Za-z]{6}[0-9LMNP-Vlmnp-v]{2}[A-EHLMPR-Ta-ehlmpr-t][0-9LMNP-Vlmnp-v]{2}[A-Za-z][0-9LMNP-Vlmnp-v]{3}[A-Za-z]",
        context=("codice fiscale",), examples=("RSSMRA85T10A562S",), counter_examples=("RSSMRA85T10A562T",),
    ),
    PatternSpec(
        name="NL_BSN", category=NATIONAL, label="ID", score=0.5, source="Wet algemene bepalingen burgerservicenummer; eleven test", core=r"[0-9]{4}\.?[0-9]{2}\.?[0-9]{3}",
        check=lambda t: checksums.nl_bsn(bare(t)), needs_context=True, context=("bsn", "burgerservicenummer", "sofinummer"), examples=("BSN 111222333",),
        counter_examples=("BSN 111222334", "111222333"),
    ),
    PatternSpec(
        name="PL_PESEL", category=NATIONAL, label="ID", score=0.5, source="Dz.U. 2010 nr 217 poz. 1427", core=r"[0-9]{11}", check=checksums.pl_pesel,
        needs_context=True, context=("pesel",), examples=("PESEL 44051401359",), counter_examples=("PESEL 44051401358", "44051401359"),
    ),
    PatternSpec(
        name="BE_NATIONAL", category=NATIONAL, label="ID", score=0.75, source="rijksregisternummer; complement to 97", check=lambda t: checksums.be_national(bare(t)),
        core=r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}", context=("rijksregister", "registre national", "national number"),
        examples=("93.05.18-223.61",), counter_examples=("93.05.18-223.62",),
    ),
    PatternSpec(
        name="SE_PERSONNUMMER", category=NATIONAL, label="ID", score=0.6, source="Skatteverket SKV 704; Luhn", core=r"(?:(?:19|20)?[0-9]{6})[\-+][0-9]{4}",
        check=lambda t: checksums.se_person(bare(t)[-10:]), context=("personnummer", "samordningsnummer"), examples=("811218-9876", "19811218-9876"),
        counter_examples=("811218-9875",),
    ),
    PatternSpec(
        name="FI_HETU", category=NATIONAL, label="ID", score=0.8, source="DVV, henkilötunnus", core=r"[0-3][0-9][01][0-9]{3}[\-+A-FU-Ya-fu-y][0-9]{3}[0-9A-Ya-y]",
        check=checksums.fi_hetu, context=("henkilötunnus", "hetu"), examples=("131052-308T",), counter_examples=("131052-308U",),
    ),
    PatternSpec(
        name="DE_ID_CARD", category=NATIONAL, label="ID", score=0.5, source="ICAO 9303; Personalausweis, Reisepass: nine letters and digits and a check digit", needs_context=True,
        core=r"[CFGHJKLMNPRTVWXYZ0-9]{9}[0-9]?", check=checksums.de_card, context=("personalausweis", "ausweisnummer", "ausweis", "reisepass", "passnummer", "perso"),
        examples=("Personalausweis T220001293", "Reisepass C01X00T47"), counter_examples=("Personalausweis T220001294", "T220001293"),
    ),
    PatternSpec(
        name="DE_PENSION_ID", category=NATIONAL, label="ID", score=0.75, source="VKVV § 2: area, birth date, first letter, serial, check digit", check=lambda t: checksums.de_pension(bare(t)),
        core=r"[0-9]{2} ?[0-9]{6} ?[A-Za-z] ?[0-9]{3}", context=("sozialversicherungsnummer", "rentenversicherungsnummer", "sv-nummer", "svnr"),
        examples=("15 070649 C 103", "15070649C103"), counter_examples=("15070649C104",),
    ),
    PatternSpec(
        name="PASSPORT", category="user.government_id.passport_number", label="PASSPORT", score=0.5, source="ICAO 9303: up to nine letters and digits, beside a word", needs_context=True,
        core=r"[A-Z0-9]{7,9}", check=lambda t: sum(c.isdigit() for c in t) >= 5,
        context=("passport", "reisepass", "passeport", "pasaporte", "passaporto", "paspoort", "paszport", "passnummer", "passi"),
        examples=("passeport 12AB34567", "Passport No. 533380006"), counter_examples=("12AB34567", "passport 1234"),
    ),
    PatternSpec(
        name="EU_PLATE", category="user.government_id.vehicle_registration", label="PLATE", score=0.5, source="registration marks of Germany, France, Italy, Spain, the Netherlands and Britain, beside a word",
        needs_context=True, check=lambda t: any(c.isdigit() for c in t),
        core=r"[A-ZÄÖÜ]{1,3}[ \-][A-Z]{1,2}[ \-]?[0-9]{1,4}[EH]?|[A-Z]{2}[ \-]?[0-9]{3}[ \-]?[A-Z]{2}|[0-9]{4}[ \-]?[B-DF-HJ-NP-TV-Z]{3}|[A-Z]{2}[0-9]{2} ?[A-Z]{3}"
        r"|[A-Z0-9]{2}-[A-Z0-9]{2,3}-[A-Z0-9]{1,2}",
        context=("kennzeichen", "nummernschild", "immatriculation", "plaque", "targa", "matrícula", "kenteken", "registration", "reg", "number plate", "plate"),
        examples=("Kennzeichen B-AB 1234", "immatriculation AB-123-CD", "reg AB12 CDE", "matrícula 1234 BCD"), counter_examples=("B-AB 1234", "reg ABCDEF"),
    ),
)  # fmt: skip
