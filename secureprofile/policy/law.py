"""What the laws that a policy names ask of it, as far as the file itself can say: a reading of the articles, not legal advice.

GDPR: Art. 6(1) (lawful bases), Art. 9 and 10 (special categories), Art. 35 (impact assessment). PIPL: Art. 13 (lawful bases), Art. 23
(disclosure), 28 and 29 (sensitive data), 39 (transfer abroad), 55 (impact assessment).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from secureprofile.policy.document import Flaw, Path
from secureprofile.policy.model import Drop, Policy, Purpose
from secureprofile.policy.recipients import INTERNAL
from secureprofile.vocabulary import LAWFUL_BASES, SENSITIVE, within

SPECIAL: Final = (
    "user.biometric", "user.criminal_history", "user.demographic.political_opinion", "user.demographic.race_ethnicity",
    "user.demographic.religious_belief", "user.demographic.sexual_orientation", "user.health_and_medical",
)  # fmt: skip
"""Special categories of GDPR Art. 9(1), and data on convictions, Art. 10."""

PROFILING: Final = ("marketing.advertising.profiling", "personalize")
"""Data uses that evaluate the person: GDPR Art. 4(4), PIPL Art. 73(2)."""

ARTICLES: Final = {"sensitive": 29, "disclosure": 23, "cross-border": 39}
"""What PIPL asks a consent of its own for, and where."""


def check_law(policy: Policy) -> Iterator[Flaw]:
    """Tell what a law of the policy asks for and the policy does not say, each at its place."""
    for name, purpose in policy.purposes.items():
        here: Path = ("purposes", name)
        for law in policy.policy.jurisdiction:
            if law not in purpose.lawful_basis:
                message = f"no lawful basis for {law}, which `policy.jurisdiction` names"
                hint = "one of: " + ", ".join(LAWFUL_BASES[law])
                yield Flaw((*here, "lawful_basis"), "missing-lawful-basis", message, hint)
        if "consent" in purpose.lawful_basis.values() and purpose.consent != "required":
            message = "a purpose based on consent must ask for it"
            yield Flaw((*here, "consent"), "consent-conflict", message, "consent: required")
        if purpose.consent != "required" and purpose.consent_rules is not None:
            message = "rules for consents that nobody asks for"
            yield Flaw((*here, "consent_rules"), "consent-conflict", message, "consent: required, or remove them")
        yield from _separate(policy, name, purpose)
        yield from _assessed(policy, name, purpose)


def _separate(policy: Policy, name: str, purpose: Purpose) -> Iterator[Flaw]:
    """PIPL: consent to sensitive data, to disclosure and to transfer abroad is given separately."""
    if "PIPL" not in policy.policy.jurisdiction or purpose.lawful_basis.get("PIPL") != "consent":
        return
    rules = purpose.consent_rules
    given = rules.separate if rules is not None else ()
    place: Path = ("purposes", name) if rules is None else ("purposes", name, "consent_rules")
    for what in needed(policy, name):
        if what not in given:
            message = f"PIPL Art. {ARTICLES[what]} asks for a separate consent: {_WHY[what]}"
            yield Flaw(place, "missing-separate-consent", message, f"consent_rules: {{separate: [{what}]}}")


_WHY: Final = {
    "sensitive": "sensitive data are used",
    "disclosure": "rows go to others",
    "cross-border": "data may leave the country",
}


def needed(policy: Policy, purpose: str) -> tuple[str, ...]:
    """Return what a purpose does that PIPL asks a consent of its own for, in the order of :data:`ARTICLES`."""
    body = policy.purposes[purpose]
    found = {
        "sensitive": bool(used(policy, purpose, SENSITIVE)),
        "disclosure": "export" in body.outputs and any(whom != INTERNAL for whom in body.recipients),
        "cross-border": body.cross_border,
    }
    return tuple(what for what, is_so in found.items() if is_so)


def used(policy: Policy, purpose: str, categories: tuple[str, ...]) -> list[str]:
    """Return the data categories of the policy's columns, of those given, that a purpose does more with than drop."""
    columns = {column.category for dataset in policy.datasets.values() for column in dataset.columns.values()}
    return sorted(
        category
        for category in columns
        if within(category, categories) and not isinstance(policy.treatment(purpose, category), Drop | None)
    )


def _assessed(policy: Policy, name: str, purpose: Purpose) -> Iterator[Flaw]:
    """An impact assessment comes before sensitive data, profiling, and what leaves."""
    if purpose.pia is not None:
        return
    reasons = []
    profiling = within(purpose.data_use, PROFILING)
    if "GDPR" in policy.policy.jurisdiction and (profiling or used(policy, name, SPECIAL)):
        reasons.append("GDPR Art. 35")
    if "PIPL" in policy.policy.jurisdiction and (profiling or needed(policy, name)):
        reasons.append("PIPL Art. 55")
    if reasons:
        message = f"{' and '.join(reasons)} asks for an impact assessment first"
        yield Flaw(("purposes", name), "missing-assessment", message, "pia: {ref: PIA-1, done: 2026-01-31}")
