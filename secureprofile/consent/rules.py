"""What is asked of a grant, for one use of data: by the policy's ``consent_rules``, and by the law whatever the policy says.

Separate consent (PIPL Art. 23, 29, 39) and the age from which somebody consents for themself are the law's; the policy may
ask for more, never for less.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from secureprofile.policy.recipients import INTERNAL, at_home
from secureprofile.vocabulary import SENSITIVE, TERRITORY, within

if TYPE_CHECKING:
    from secureprofile.policy.model import Policy

ADULT_GDPR: Final = 16
"""GDPR Art. 8(1), where a member state did not lower it."""

ADULT_PIPL: Final = 14
"""PIPL Art. 31: below this age a guardian consents."""

ADULT_IN: Final[Mapping[str, int]] = {
    "AT": 14, "BE": 13, "BG": 14, "CY": 14, "CZ": 15, "DK": 15, "EE": 13, "ES": 14, "FI": 13, "FR": 15, "GB": 13, "GR": 15,
    "IS": 13, "IT": 14, "LT": 14, "LV": 13, "MT": 13, "NO": 13, "PT": 13, "SE": 13, "SI": 15,
}  # fmt: skip
"""Member states (and the United Kingdom) that lowered the age of GDPR Art. 8(1), as their laws stood in 2025; others keep 16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a grant must meet for one use.

    Args:
        consent: whether the purpose needs a grant at all.
        notices: accepted notices (``N-3``, or ``privacy/3``); any where empty.
        not_before: grants before this moment are too old.
        minors: whether minors are left out, or may be used with a guardian's consent.
        age_needed: whether a record that says nothing of the age is refused.
        separate: kinds of separate consent that this use needs.
        adult: age from which somebody consents for themself, where ``adults`` does not say.
        adults: the same by country.
    """

    consent: bool = True
    notices: tuple[str, ...] = ()
    not_before: datetime | None = None
    minors: Literal["deny", "guardian"] = "deny"
    age_needed: bool = False
    separate: frozenset[str] = frozenset()
    adult: int = ADULT_GDPR
    adults: Mapping[str, int] = field(default_factory=dict)

    def adult_at(self, country: str) -> int:
        """Return the age from which somebody of a country consents for themself."""
        return self.adults.get(country, self.adult)


def rules_for(
    policy: Policy, purpose: str, *, now: datetime, categories: Iterable[str] = (), recipient: str = INTERNAL
) -> Rules:
    """Return what a use asks of grants.

    Args:
        policy: in force.
        purpose: of the policy.
        now: UTC; ages of consents are counted back from it.
        categories: of the columns that are used and not dropped.
        recipient: who gets rows.
    """
    body = policy.purposes[purpose]
    asked = body.consent_rules
    ages = [dict.fromkeys(("",), ADULT_PIPL)] if "PIPL" in policy.policy.jurisdiction else []
    ages += [{"": ADULT_GDPR, **ADULT_IN}] if "GDPR" in policy.policy.jurisdiction else []
    countries = {country for table in ages for country in table}
    adults = {country: max(table.get(country, table[""]) for table in ages) for country in countries}
    return Rules(
        consent=body.consent == "required",
        notices=asked.notice if asked else (),
        not_before=before(now, asked.max_age) if asked and asked.max_age else None,
        minors=asked.minors if asked else "deny",
        age_needed=asked is not None and "minors" in asked.model_fields_set,
        separate=frozenset(_separate(policy, purpose, tuple(categories), recipient)),
        adult=adults.pop(""),
        adults=adults,
    )


def _separate(policy: Policy, purpose: str, categories: tuple[str, ...], recipient: str) -> Iterable[str]:
    body = policy.purposes[purpose]
    listed = set(body.consent_rules.separate) if body.consent_rules else set()
    chinese = body.lawful_basis.get("PIPL") == "consent"
    if ("sensitive" in listed or chinese) and any(within(category, SENSITIVE) for category in categories):
        yield "sensitive"
    if recipient == INTERNAL:
        return
    if "disclosure" in listed or chinese:
        yield "disclosure"
    registered = policy.recipients.get(recipient)
    country = registered.country if registered else None
    # an unknown country counts as abroad where the purpose lets data go abroad at all
    abroad = body.cross_border if country is None else not at_home(policy, country)
    leaves_china = chinese and (body.cross_border if country is None else country not in TERRITORY["PIPL"])
    if ("cross-border" in listed and (abroad or country is None)) or leaves_china:
        yield "cross-border"


def before(now: datetime, duration: str) -> datetime:
    """Return the moment an ISO 8601 duration before ``now``; a day that its month lacks becomes the month's last.

    Example:
        >>> before(datetime(2026, 3, 31), "P1M").date().isoformat(), before(datetime(2026, 3, 31), "P2Y1W").date().isoformat()
        ('2026-02-28', '2024-03-24')
    """
    found = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?", duration)
    if found is None:
        raise ValueError("not a duration")
    years, months, weeks, days = (int(part or 0) for part in found.groups())
    months += 12 * years
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    if year < 1:
        return datetime.min.replace(tzinfo=now.tzinfo)
    back = now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))
    try:
        return back - timedelta(weeks=weeks, days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=now.tzinfo)
