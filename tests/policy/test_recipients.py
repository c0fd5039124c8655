"""Who may get files: registered, for this purpose, until the last day, and not across a border that the purpose keeps."""

from __future__ import annotations

from datetime import date

import phonenumbers
import pytest

from secureprofile.errors import PolicyFileError, Problem
from secureprofile.policy.parse import parse_policy
from secureprofile.policy.recipients import refusal
from secureprofile.vocabulary import EEA, REGIONS
from tests.conftest import ROOT

RETAIL = (ROOT / "policies" / "retail.yaml").read_text(encoding="utf-8")
WHOM = "recipients: [research-partner]"


def problems(*changes: tuple[str, str]) -> list[Problem]:
    text = RETAIL
    for right, wrong in changes:
        assert right in text, right
        text = text.replace(right, wrong, 1)
    try:
        parse_policy(text, file="p.yaml", siblings=lambda name: b"")
    except PolicyFileError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    ("right", "wrong", "path", "message"),
    [
        (WHOM, "recipients: [broker]", "purposes.partner-analytics.recipients.0", "not registered"),
        (WHOM, "recipients: []", "purposes.partner-analytics.recipients", "nobody"),
        ("    purposes: [partner-analytics]", "    purposes: [portrait]", "purposes.partner-analytics.recipients.0", "cover"),
        ("    purposes: [partner-analytics]", "    purposes: [partner-analytic]", "recipients.research-partner.purposes.0", "define"),
        ("country: DE", "country: US", "purposes.partner-analytics.recipients.0", "is in US, outside GDPR"),
        ("country: DE", "country: UK", "recipients.research-partner.country", "ISO 3166"),
        ("country: DE", "country: de", "recipients.research-partner.country", "another form"),
        ("expires: 2028-12-31", "expires: 2028-02-30", "recipients.research-partner.expires", "day"),
        ("expires: 2028-12-31", "expires: 31/12/2028", "recipients.research-partner.expires", "form"),
        ("expires: 2028-12-31", "expire: 2028-12-31", "recipients.research-partner.expire", "unknown key"),
        ("agreement: DPA-0001", 'agreement: ""', "recipients.research-partner.agreement", "longer"),
        ("  research-partner:\n", "  internal:\n", "recipients.internal", "itself"),
        ("region: GB", "region: UK", "policy.region", "ISO 3166"),
        ("email: user.contact.email", "email: {category: user.contact.email, region: GB}", "datasets.customers.columns.email.region", "belongs"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_recipient_is_told_in_its_place(right: str, wrong: str, path: str, message: str) -> None:
    found = {problem.path: problem for problem in problems((right, wrong))}
    assert path in found
    assert message in found[path].message
    assert found[path].hint


def test_a_country_outside_is_for_purposes_that_say_so() -> None:
    assert problems(("country: DE", "country: US"), (WHOM, f"cross_border: true\n    {WHOM}")) == []
    for country in ("GB", "IS", "FR"):
        assert problems(("country: DE", f"country: {country}")) == []


def test_hong_kong_is_abroad_for_the_mainland() -> None:
    text = (ROOT / "policies" / "retail-cn.yaml").read_text(encoding="utf-8").replace("country: CN", "country: HK")
    with pytest.raises(PolicyFileError, match="is in HK, outside PIPL"):
        parse_policy(text, file="p.yaml", siblings=lambda name: b"")


def test_two_laws_are_at_home_where_both_are() -> None:
    both = [("[GDPR]", "[GDPR, PIPL]"), ("{GDPR: consent}", "{GDPR: consent, PIPL: consent}")]
    second = ("{GDPR: consent}", "{GDPR: consent, PIPL: consent}")
    (problem,) = [found for found in problems(*both, second) if found.code == "cross-border"]
    assert "outside GDPR and PIPL" in problem.message


def test_the_organisation_itself_needs_no_agreement() -> None:
    assert problems((WHOM, "recipients: [internal]")) == []


def test_a_purpose_that_exports_nothing_may_name_anybody() -> None:
    assert problems(("recipients: [internal]", "recipients: [board]")) == []


@pytest.mark.parametrize(
    ("recipient", "purpose", "day", "reason"),
    [
        ("research-partner", "partner-analytics", date(2026, 1, 1), None),
        ("research-partner", "partner-analytics", date(2028, 12, 31), None),
        ("research-partner", "partner-analytics", date(2029, 1, 1), "agreement-expired"),
        ("research-partner", "portrait", date(2026, 1, 1), "recipient-not-for-purpose"),
        ("broker", "partner-analytics", date(2026, 1, 1), "unregistered-recipient"),
        ("internal", "portrait", date(2126, 1, 1), None),
    ],
)
def test_the_last_day_is_included_and_everything_else_refused(
    recipient: str, purpose: str, day: date, reason: str | None
) -> None:
    policy = parse_policy(RETAIL, file="p.yaml", siblings=lambda name: b"").policy
    found = refusal(policy, purpose=purpose, recipient=recipient, day=day)
    assert (found[0] if found else None) == reason
    assert found is None or all(found)


def test_an_agreement_without_purposes_covers_every_purpose_that_names_it() -> None:
    text = RETAIL.replace("    purposes: [partner-analytics]\n", "")
    policy = parse_policy(text, file="p.yaml", siblings=lambda name: b"").policy
    assert refusal(policy, purpose="partner-analytics", recipient="research-partner", day=date(2026, 1, 1)) is None


def test_the_regions_are_those_that_have_phones() -> None:
    assert set(phonenumbers.SUPPORTED_REGIONS) == REGIONS
    assert REGIONS > EEA
    assert len(EEA) == 30
