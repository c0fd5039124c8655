"""The words a policy may use: data categories, data uses, lawful bases, treatments, dimensions.

Data categories and data uses are the names of Fideslang 3.1.4 (default taxonomy, CC BY 4.0, Ethyca Inc.). Lawful bases are
those of GDPR Art. 6(1) and PIPL Art. 13(1); PIPL knows no legitimate interest.
"""

from __future__ import annotations

from typing import Final

DATA_CATEGORIES: Final = frozenset(
    """
    system system.authentication system.operations user user.account user.account.settings user.account.username
    user.authorization user.authorization.biometric user.authorization.credentials user.authorization.password
    user.behavior user.behavior.browsing_history user.behavior.media_consumption user.behavior.purchase_history
    user.behavior.search_history user.biometric user.biometric.fingerprint user.biometric.health
    user.biometric.retinal user.biometric.voice user.childrens user.contact user.contact.address
    user.contact.address.city user.contact.address.country user.contact.address.postal_code
    user.contact.address.state user.contact.address.street user.contact.email user.contact.fax_number
    user.contact.organization user.contact.phone_number user.contact.url user.content user.content.private
    user.content.public user.content.self_image user.criminal_history user.demographic
    user.demographic.age_range user.demographic.date_of_birth user.demographic.gender user.demographic.language
    user.demographic.marital_status user.demographic.political_opinion user.demographic.profile
    user.demographic.race_ethnicity user.demographic.religious_belief user.demographic.sexual_orientation
    user.device user.device.cookie user.device.cookie_id user.device.device_id user.device.ip_address
    user.financial user.financial.bank_account user.financial.credit_card user.government_id
    user.government_id.birth_certificate user.government_id.drivers_license_number
    user.government_id.immigration user.government_id.national_identification_number
    user.government_id.passport_number user.government_id.vehicle_registration user.health_and_medical
    user.health_and_medical.genetic user.health_and_medical.insurance_beneficiary_id
    user.health_and_medical.record_id user.job_title user.location user.location.imprecise user.location.precise
    user.name user.name.first user.name.last user.payment user.privacy_preferences user.sensor user.social
    user.telemetry user.unique_id user.unique_id.pseudonymous user.user_sensor user.workplace
    """.split()
)

DATA_USES: Final = frozenset(
    """
    analytics analytics.reporting analytics.reporting.ad_performance analytics.reporting.campaign_insights
    analytics.reporting.content_performance analytics.reporting.system analytics.reporting.system.performance
    collect employment employment.recruitment essential essential.fraud_detection essential.legal_obligation
    essential.service essential.service.authentication essential.service.notifications
    essential.service.notifications.email essential.service.notifications.sms essential.service.operations
    essential.service.operations.improve essential.service.operations.support
    essential.service.payment_processing essential.service.security essential.service.upgrades finance
    functional functional.service functional.service.improve functional.storage
    functional.storage.privacy_preferences marketing marketing.advertising marketing.advertising.first_party
    marketing.advertising.first_party.contextual marketing.advertising.first_party.targeted
    marketing.advertising.frequency_capping marketing.advertising.negative_targeting
    marketing.advertising.profiling marketing.advertising.serving marketing.advertising.third_party
    marketing.advertising.third_party.targeted marketing.communications marketing.communications.email
    marketing.communications.sms operations personalize personalize.content personalize.content.limited
    personalize.content.profiled personalize.content.profiling personalize.profiling personalize.system sales
    third_party_sharing third_party_sharing.legal_obligation train_ai_system
    """.split()
)

LAWFUL_BASES: Final = {
    "GDPR": ("consent", "contract", "legal-obligation", "vital-interests", "public-interest", "legitimate-interests"),
    "PIPL": ("consent", "contract", "statutory-duty", "public-health-or-emergency", "news-reporting", "public-disclosure",
             "other-law"),
}  # fmt: skip
"""Law → the bases that it knows, in the order of its article."""

REGIONS: Final = frozenset(
    """
    AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA
    CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT
    TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()
)
"""ISO 3166-1 alpha-2 codes of the countries and territories that have a telephone network (with AC, TA and XK, which ISO reserves)."""

EEA: Final = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()
)
"""The EU and the three EFTA states where the GDPR holds (EEA Joint Committee decision 154/2018)."""

TERRITORY: Final = {"GDPR": EEA | {"GB"}, "PIPL": frozenset({"CN"})}
"""Where a law keeps data at home: for GDPR also the United Kingdom, whose own GDPR this word stands for too; for PIPL the
mainland: Hong Kong, Macau and Taiwan count as cross-border (Art. 38; Exit and Entry Administration Law Art. 89)."""

SENSITIVE: Final = (
    "user.biometric", "user.childrens", "user.criminal_history", "user.demographic.political_opinion",
    "user.demographic.race_ethnicity", "user.demographic.religious_belief", "user.demographic.sexual_orientation",
    "user.financial", "user.government_id", "user.health_and_medical", "user.location.precise",
)  # fmt: skip
"""Special categories of GDPR Art. 9 and 10 together with the sensitive personal information of PIPL Art. 28."""

DIRECT_IDENTIFIERS: Final = (
    "user.account.username", "user.biometric", "user.contact.address.street", "user.contact.email",
    "user.contact.fax_number", "user.contact.phone_number", "user.contact.url", "user.device.cookie_id",
    "user.device.device_id", "user.device.ip_address", "user.financial.bank_account", "user.financial.credit_card",
    "user.government_id", "user.health_and_medical.record_id", "user.name", "user.unique_id",
)  # fmt: skip
"""Categories that single a person out on their own."""

DIMENSIONS: Final = ("basic", "behaviour", "interests", "consumption", "psychology", "social")
"""The six dimensions of a portrait: 基本信息, 行为习惯, 兴趣爱好, 消费能力, 心理特征, 社交属性."""


CHARTS: Final = (
    "bars", "ordinal", "age", "gender", "province-cn", "weekday", "hour", "recency", "frequency", "lifecycle",
)  # fmt: skip
"""How a report draws a tag: ``bars`` in any order, ``ordinal`` in the order of its values; the others have a chart of their own."""


KINDS: Final = ("rule", "fact", "statistic", "preference", "lifecycle", "rfm", "ranking", "model")
"""What a tag is made of: a stated fact, a fold of events, a rule over others, a stage, a place in an order, a model's answer."""

SENSITIVITIES: Final = ("low", "medium", "high", "special")
"""How much a tag would tell about somebody; ``special`` are the categories that laws name."""


def within(category: str, ancestors: tuple[str, ...] | frozenset[str]) -> bool:
    """Tell whether a data category is one of ``ancestors`` or lies below one.

    Example:
        >>> within("user.name.first", ("user.name",)), within("user.names", ("user.name",))
        (True, False)
    """
    return any(category == a or category.startswith(a + ".") for a in ancestors)
