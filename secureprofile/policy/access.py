"""May this person see this? One question about one column, answered allow, deny or aggregate-only, with the rules that decided.

Pure, and no by default: what is not asked, not known or not covered is denied. Gate, ``policy explain``, ``policy diff`` and
``policy test`` ask here or in ``policy.decide``, of which this is the fine print.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from secureprofile.policy.decide import Output, decide, known_enough
from secureprofile.policy.document import Path
from secureprofile.policy.model import Drop, Policy, Treatment
from secureprofile.policy.recipients import INTERNAL, refusal
from secureprofile.policy.terms import Authentication

Answer = Literal["allow", "deny", "aggregate-only"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question. An attribute that is None is not known, and where the policy needs it, that is a denial.

    ``output`` is where rows shall go. ``recipient`` matters where rows are exported, ``day`` there and where the policy has a first day;
    ``authenticated`` (how it is known who asks) where the policy binds the role to it.
    """

    role: str | None
    purpose: str | None
    output: Output | None
    dataset: str | None
    column: str | None
    recipient: str | None = None
    day: date | None = None
    authenticated: Authentication | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The answer, its reason code, the rules of the file that decided (paths), and what happens to the cells.

    ``aggregate-only``: no row leaves; noisy aggregates may. ``consent`` tells whether only people who consented are used.
    """

    answer: Answer
    reason: str
    because: tuple[Path, ...] = ()
    category: str | None = None
    treatment: Treatment | None = None
    consent: bool = False


def decide_access(policy: Policy, request: Request) -> Ruling:
    """Decide about one column for one role, purpose and output.

    Reasons: ``missing-attribute``, ``unknown-role``, those of :func:`secureprofile.policy.decide.decide` (``policy-not-effective``,
    ``unknown-purpose``, ``unknown-dataset``, ``role-not-allowed``, ``output-not-allowed``), ``authentication-too-weak``, ``uncategorised-column``,
    ``category-not-covered``, ``dropped``, ``unknown-recipient`` and those of :func:`secureprofile.policy.recipients.refusal`; ``ok``.
    """
    role, purpose, output = request.role, request.purpose, request.output
    if role is None or purpose is None or output is None or request.dataset is None or request.column is None:
        return Ruling(answer="deny", reason="missing-attribute")
    if role not in policy.roles:
        return Ruling(answer="deny", reason="unknown-role", because=(("roles",),))
    if not known_enough(policy, role, request.authenticated):
        reason = "missing-attribute" if request.authenticated is None else "authentication-too-weak"
        return Ruling(answer="deny", reason=reason, because=(("authentication", role),))
    decision = decide(policy, roles=(role,), purpose=purpose, output=output, dataset=request.dataset, day=request.day)
    rows = decision.allowed
    if not rows and not (decision.reason == "output-not-allowed" and _aggregates(policy, purpose, output)):
        return Ruling(answer="deny", reason=decision.reason, because=_why_not(decision.reason, purpose))
    here: Path = ("purposes", purpose)
    who: tuple[Path, ...] = ((*here, "roles"), (*here, "outputs"))
    column = _column(policy, request)
    if column.answer == "deny":
        return column
    if rows and output == "export":
        refused = _recipient(policy, purpose, request)
        if refused is not None:
            return refused
        who = (*who, (*here, "recipients"))
    needs = policy.purposes[purpose].consent == "required"
    if needs:
        who = (*who, (*here, "consent"))
    return Ruling(
        answer="allow" if rows and output != "release" else "aggregate-only",
        reason="ok" if rows else "rows-not-allowed",
        because=(*column.because, *who),
        category=column.category,
        treatment=column.treatment,
        consent=needs,
    )


def _aggregates(policy: Policy, purpose: str, output: Output) -> bool:
    """Tell whether somebody who asks for rows can have aggregates instead."""
    return output == "export" and "release" in policy.purposes[purpose].outputs


def _why_not(reason: str, purpose: str) -> tuple[Path, ...]:
    return {
        "policy-not-effective": (("policy", "effective"),),
        "unknown-purpose": (("purposes",),),
        "unknown-dataset": (("datasets",),),
        "role-not-allowed": (("purposes", purpose, "roles"),),
        "output-not-allowed": (("purposes", purpose, "outputs"),),
    }.get(reason, ())


def _column(policy: Policy, request: Request) -> Ruling:
    """Decide about the column alone: is it named, is its category covered, does anything of it stay?"""
    dataset, purpose = str(request.dataset), str(request.purpose)
    columns = policy.datasets[dataset].columns
    place: Path = ("datasets", dataset, "columns")
    if request.column not in columns:
        return Ruling(answer="deny", reason="uncategorised-column", because=(place,))
    named: Path = (*place, str(request.column))
    category = columns[str(request.column)].category
    rule = policy.rule(purpose, category)
    if rule is None:
        because: tuple[Path, ...] = (named, ("purposes", purpose, "allow"))
        return Ruling(answer="deny", reason="category-not-covered", because=because, category=category)
    treatment = policy.purposes[purpose].allow[rule]
    because = (named, ("purposes", purpose, "allow", rule))
    if isinstance(treatment, Drop):
        return Ruling(answer="deny", reason="dropped", because=because, category=category, treatment=treatment)
    return Ruling(answer="allow", reason="ok", because=because, category=category, treatment=treatment)


def _recipient(policy: Policy, purpose: str, request: Request) -> Ruling | None:
    """Return the denial of who shall get the rows, or None."""
    whom, place = request.recipient, ("purposes", purpose, "recipients")
    if whom is None:
        return Ruling(answer="deny", reason="missing-attribute", because=(place,))
    if whom not in policy.purposes[purpose].recipients:
        return Ruling(answer="deny", reason="unknown-recipient", because=(place,))
    if whom == INTERNAL:
        return None
    if request.day is None:
        return Ruling(answer="deny", reason="missing-attribute", because=(("recipients", whom, "expires"),))
    found = refusal(policy, purpose=purpose, recipient=whom, day=request.day)
    if found is None:
        return None
    return Ruling(answer="deny", reason=found[0], because=(("recipients", whom),))


def cells(policy: Policy) -> list[tuple[str, str, str, str]]:
    """Return every cell of the policy, (role, purpose, dataset, column), in the file's order."""
    return [
        (role, purpose, dataset, column)
        for role in policy.roles
        for purpose in policy.purposes
        for dataset, spec in policy.datasets.items()
        for column in spec.columns
    ]


def best_output(policy: Policy, purpose: str) -> Output:
    """Return what a purpose is most of all for: rows for others, else aggregates, else what its file says first."""
    outputs: Sequence[Output] = policy.purposes[purpose].outputs
    return next((output for output in ("export", "release") if output in outputs), outputs[0])
