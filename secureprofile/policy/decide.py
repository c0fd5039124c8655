"""May this be done? Pure, and no by default: what the policy does not name is refused, with a reason the log can carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Literal

from secureprofile.errors import PolicyRefused, UsageError
from secureprofile.policy.model import ColumnSpec, Drop, Keep, Policy, Treatment
from secureprofile.policy.treatments import REVERSIBLE, Reveal

Output = Literal["store", "export", "release", "reveal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer, the reason code of the audit entry, and two lines for people."""

    allowed: bool
    reason: str
    message: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPlan:
    """What happens to one column. ``denied``: no rule of the purpose covers its category, so it does not leave.

    ``region`` says how its phone numbers without a country code are read.
    """

    name: str
    position: int
    category: str
    treatment: Treatment
    spec: ColumnSpec
    denied: bool = False
    region: str | None = None

    @classmethod
    def kept(cls, name: str) -> ColumnPlan:
        """Return the plan of a column that is ours, not the file's."""
        spec = ColumnSpec(category="user.unique_id.pseudonymous")
        return cls(name=name, position=0, category=spec.category, treatment=Keep(), spec=spec)


_BETTER = {
    "os-user": "leave out --actor and $SECUREPROFILE_ACTOR, so that the OS user acts",
    "signed": "$SECUREPROFILE_ACTOR_KEY: the file of your private key, whose public half stands under `staff`",
}
"""Way of being known → how to be."""


def roles_of(policy: Policy, actor: str, *, creator: bool, authenticated: str = "asserted") -> tuple[str, ...]:
    """Return the roles of an actor, in the policy's order; the word ``creator`` stands for who made the workspace.

    A role that ``authentication`` binds to ways of knowing an actor is had by those alone who are ``authenticated`` in one of them.
    """
    named = _named(policy, actor, creator=creator)
    return tuple(role for role in named if known_enough(policy, role, authenticated))


def known_enough(policy: Policy, role: str, authenticated: str | None) -> bool:
    """Tell whether a role may be had by somebody who is known in this way."""
    ways = policy.authentication.get(role)
    return ways is None or authenticated in ways


def withheld_roles(policy: Policy, actor: str, *, creator: bool, authenticated: str) -> tuple[str, ...]:
    """Return the roles that an actor would have, were it known better who acts."""
    had = roles_of(policy, actor, creator=creator, authenticated=authenticated)
    return tuple(role for role in _named(policy, actor, creator=creator) if role not in had)


def _named(policy: Policy, actor: str, *, creator: bool) -> tuple[str, ...]:
    names = {actor} - {"creator"} | ({"creator"} if creator else set())  # calling oneself `creator` gives nothing
    return tuple(role for role, actors in policy.roles.items() if names & set(actors))


def not_yet(policy: Policy, day: date) -> Decision | None:
    """Return the denial of a policy whose first day is still to come, None where it is in force.

    Example:
        >>> from secureprofile.policy.model import About
        >>> policy = Policy.model_construct(policy=About.model_construct(effective="2026-02-01"))
        >>> [wait and wait.reason for wait in (not_yet(policy, date(2026, 1, 31)), not_yet(policy, date(2026, 2, 1)))]
        ['policy-not-effective', None]
    """
    first = policy.policy.effective
    if first is None or day.isoformat() >= first:
        return None
    return Decision(
        allowed=False,
        reason="policy-not-effective",
        message=f"the policy holds from {first} on; today is {day.isoformat()}",
        hint="until then use the one before: secureprofile policy use POLICY",
    )


def decide(
    policy: Policy,
    *,
    roles: Sequence[str],
    purpose: str,
    output: Output,
    dataset: str | None = None,
    withheld: Sequence[str] = (),
    day: date | None = None,
) -> Decision:
    """Decide whether somebody with these roles may let rows go to ``output`` for ``purpose``.

    ``withheld`` are the roles of :func:`withheld_roles`, so that the reason can be told. Where ``day`` is None, the policy counts as in force.
    """
    if day is not None and (wait := not_yet(policy, day)) is not None:
        return wait
    rule = policy.purposes.get(purpose)
    if rule is None:
        return Decision(
            allowed=False,
            reason="unknown-purpose",
            message="the policy has no such purpose",
            hint="--purpose, one of: " + ", ".join(policy.purposes),
        )
    if dataset is not None and dataset not in policy.datasets:
        return Decision(
            allowed=False,
            reason="unknown-dataset",
            message="the policy has no such dataset",
            hint="one of: " + ", ".join(policy.datasets),
        )
    if not set(roles) & set(rule.roles):
        lost = next((role for role in rule.roles if role in withheld), None)
        if lost is not None:
            return Decision(
                allowed=False,
                reason="authentication-too-weak",
                message=f"the role {lost} is only for actors known by {' or '.join(policy.authentication[lost])}",
                hint="; or ".join(_BETTER[way] for way in policy.authentication[lost] if way in _BETTER),
            )
        return Decision(
            allowed=False,
            reason="role-not-allowed",
            message=f"purpose {purpose} is for the roles {', '.join(rule.roles)}; you have {', '.join(roles) or 'none'}",
            hint="ask the policy's owner, or act as somebody else with --actor",
        )
    if output not in rule.outputs:
        fitting = [name for name, other in policy.purposes.items() if output in other.outputs]
        return Decision(
            allowed=False,
            reason="output-not-allowed",
            message=f"purpose {purpose} lets rows go to {', '.join(rule.outputs)}, not to {output}",
            hint="purposes that do: " + (", ".join(fitting) or "none"),
        )
    return Decision(allowed=True, reason="ok")


def plan_columns(policy: Policy, *, dataset: str, purpose: str, header: Sequence[str]) -> tuple[ColumnPlan, ...]:
    """Plan what happens to each column of a file.

    Raises:
        PolicyRefused: a column that the policy does not name (told by position: its name may be data), or a required
            column that is missing (told by the policy's own word).
    """
    spec = policy.datasets[dataset]
    unknown = [position for position, name in enumerate(header, start=1) if name not in spec.columns]
    if unknown:
        places = ", ".join(str(position) for position in unknown[:8]) + ("…" if len(unknown) > 8 else "")
        raise PolicyRefused(
            f"column{'s' if len(unknown) > 1 else ''} {places} of {len(header)}: not named by the policy for dataset {dataset}",
            reason="uncategorised-column",
            hint=f"add under datasets.{dataset}.columns, or let `secureprofile scan FILE --draft-policy draft.yaml` propose it",
        )
    missing = [name for name, column in spec.columns.items() if name not in header and not column.optional]
    if missing:
        raise PolicyRefused(
            f"dataset {dataset} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
            reason="missing-column",
            hint="mark a column `optional: true` in the policy if files may come without it",
        )
    return tuple(_plan(policy, purpose, name, position, spec.columns[name]) for position, name in enumerate(header, 1))


def reveal_columns(
    policy: Policy, *, dataset: str, purpose: str, exported_for: str, header: Sequence[str]
) -> tuple[ColumnPlan, ...]:
    """Plan which columns of an exported file come back: their treatment is the one to undo, ``keep`` for those that stay.

    Columns may be missing, since exports lack some; a column that the policy does not name is refused.

    Raises:
        PolicyRefused: an unknown column (told by position), or none that may be revealed.
    """
    spec = policy.datasets[dataset]
    unknown = [position for position, name in enumerate(header, start=1) if name not in spec.columns]
    if unknown:
        raise PolicyRefused(
            f"columns {', '.join(map(str, unknown[:8]))} of {len(header)}: not named by the policy for dataset {dataset}",
            reason="uncategorised-column",
            hint=f"leave them out, or add them under datasets.{dataset}.columns with optional: true",
        )
    plans = tuple(
        _revealing(policy, purpose, exported_for, name, position, spec.columns[name])
        for position, name in enumerate(header, 1)
    )
    if not any(isinstance(plan.treatment, REVERSIBLE) for plan in plans):
        raise PolicyRefused(
            f"purpose {purpose} may reveal none of the file's columns",
            reason="nothing-to-reveal",
            hint="the policy says which categories: secureprofile policy explain",
        )
    return plans


def _revealing(
    policy: Policy, purpose: str, exported_for: str, name: str, position: int, spec: ColumnSpec
) -> ColumnPlan:
    done = policy.treatment(exported_for, spec.category)
    allowed = isinstance(policy.treatment(purpose, spec.category), Reveal) and isinstance(done, REVERSIBLE)
    undone: Treatment = done if allowed and done is not None else Keep()
    return ColumnPlan(name=name, position=position, category=spec.category, treatment=undone, spec=spec)


def _plan(policy: Policy, purpose: str, name: str, position: int, spec: ColumnSpec) -> ColumnPlan:
    treatment = policy.treatment(purpose, spec.category)
    return ColumnPlan(
        name=name,
        position=position,
        category=spec.category,
        treatment=treatment if treatment is not None else Drop(),
        spec=spec,
        denied=treatment is None,
        region=policy.region(spec),
    )


def match_dataset(policy: Policy, filename: str) -> str:
    """Return the only dataset whose ``files`` patterns match; a pattern also matches the gzip'd file.

    Raises:
        UsageError: none matches, or several.
    """
    found = [
        name
        for name, dataset in policy.datasets.items()
        if any(fnmatchcase(filename, pattern) or fnmatchcase(filename, pattern + ".gz") for pattern in dataset.files)
    ]
    if len(found) == 1:
        return found[0]
    raise UsageError(
        "several datasets match the file's name" if found else "no dataset of the policy matches the file's name",
        hint="--dataset, one of: " + ", ".join(found or policy.datasets),
    )
