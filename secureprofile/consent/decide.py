"""May this person's data be used for this purpose, at this moment? Pure, and no by default.

The rule, in words:

1. Only records that are not in the future count.
2. A restriction holds until it is lifted; an objection until it is lifted or the person grants the purpose later. Both stop
   every purpose.
3. A purpose that needs no consent is otherwise allowed.
4. Of grants on one side, refusals, withdrawals and expiries on the other, the latest decides; without any the answer is no.
5. A grant must meet the rules of :class:`secureprofile.consent.rules.Rules`; what it leaves open counts against it.
6. Denial wins ties: of records at the same second the one that allows least counts.

``adapters.consents`` says the same in SQL for everybody at once; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from secureprofile.consent.records import ConsentRecord, State
from secureprofile.consent.rules import Rules

Reason: TypeAlias = Literal[
    "granted", "not-required", "no-record", "future", "withdrawn", "refused", "expired", "objected", "restricted", "too-old",
    "wrong-notice", "minor", "minor-without-guardian", "age-unknown", "no-consent-sensitive", "no-consent-disclosure",
    "no-consent-cross-border",
]  # fmt: skip

REASONS: Final[tuple[Reason, ...]] = get_args(Reason)

FAULTS: Final[tuple[Reason, ...]] = (
    "granted", "no-consent-cross-border", "no-consent-disclosure", "no-consent-sensitive", "age-unknown", "minor-without-guardian",
    "minor", "wrong-notice", "too-old", "expired",
)  # fmt: skip
"""What may be wrong with a grant, least to gravest: a grant is told by its gravest fault, a tie by its gravest grant."""

AGGREGATE_ONLY: Final[frozenset[Reason]] = frozenset({"no-consent-cross-border", "no-consent-disclosure"})
"""The person agreed to the purpose, but not to rows leaving for somebody else: they count in aggregates only."""

ALLOWED: Final[frozenset[Reason]] = frozenset({"granted", "not-required"})

ENDED: Final[tuple[State, ...]] = ("expired", "refused", "withdrawn")
"""What ends a grant; of several at the same second the last of these is told."""

_ENDINGS: Final[tuple[Reason, ...]] = ("expired", "refused", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDecision:
    """The answer and its reason."""

    reason: Reason

    @property
    def answer(self) -> Literal["allow", "deny", "aggregate-only"]:
        """What may be done."""
        if self.reason in ALLOWED:
            return "allow"
        return "aggregate-only" if self.reason in AGGREGATE_ONLY else "deny"

    @property
    def allowed(self) -> bool:
        """Whether the person's rows may be used for the purpose, and leave if it lets rows leave."""
        return self.answer == "allow"


def decide_consent(
    records: Iterable[ConsentRecord], *, person: str, purpose: str, now: datetime, rules: Rules | None = None
) -> ConsentDecision:
    """Decide by the rule above.

    Args:
        records: in any order, of any people and purposes.
        person: vault token.
        purpose: name in the policy.
        now: UTC.
        rules: what the policy and the law ask of this use; by default that there is a grant.
    """
    rules = rules or Rules()
    own = [r for r in records if r.person == person and r.purpose == purpose]
    past = [r for r in own if r.at <= now]
    if own and not past:
        return ConsentDecision(reason="future" if rules.consent else "not-required")
    granted = max(((_second(r), fault_of(r, rules, now)) for r in past if r.state == "granted"), default=(-1, 0))
    ended = max(((_second(r), ENDED.index(r.state)) for r in past if r.state in ENDED), default=(-1, 0))
    restricted, objected, lifted = (_latest(past, state) for state in ("restricted", "objected", "lifted"))
    if restricted >= 0 and restricted >= lifted:
        return ConsentDecision(reason="restricted")
    if rules.consent and ended[0] >= 0 and ended[0] >= granted[0]:
        return ConsentDecision(reason=_ENDINGS[ended[1]])
    if objected >= 0 and objected >= max(lifted, granted[0]):
        return ConsentDecision(reason="objected")
    if not rules.consent:
        return ConsentDecision(reason="not-required")
    return ConsentDecision(reason="no-record" if granted[0] < 0 else FAULTS[granted[1]])


def fault_of(record: ConsentRecord, rules: Rules, now: datetime) -> int:
    """Return the place in :data:`FAULTS` of the gravest thing that is wrong with a grant; 0 where nothing is."""
    limit = rules.adult_at(record.jurisdiction)
    young = bool(record.minor)
    # born in year Y one is at least this year - Y - 1 years old: who may be below the limit counts as below it
    young |= record.birth_year is not None and now.year - record.birth_year - 1 < limit
    young |= record.age_from is not None and record.age_from < limit
    unknown = record.minor is None and record.birth_year is None and record.age_from is None
    wrong: dict[Reason, bool] = {
        "expired": record.expires is not None and record.expires <= now,
        "too-old": rules.not_before is not None and record.at < rules.not_before,
        "wrong-notice": bool(rules.notices) and record.notice_name not in rules.notices,
        "minor": young and rules.minors == "deny",
        "minor-without-guardian": young and not record.guardian,
        "age-unknown": unknown and rules.age_needed,
        "no-consent-sensitive": "sensitive" in rules.separate and not record.sensitive,
        "no-consent-disclosure": "disclosure" in rules.separate and not record.disclosure,
        "no-consent-cross-border": "cross-border" in rules.separate and not record.cross_border,
    }
    return max((FAULTS.index(reason) for reason, is_so in wrong.items() if is_so), default=0)


def _second(record: ConsentRecord) -> int:
    return int(record.at.timestamp())


def _latest(records: Iterable[ConsentRecord], state: State) -> int:
    """Return the second of the latest record in a state, -1 where there is none."""
    return max((_second(r) for r in records if r.state == state), default=-1)
