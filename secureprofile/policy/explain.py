"""A policy in words: one question answered with the lines of the file that decide, and who may do what with which cells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from secureprofile.policy.access import Request, Ruling, best_output, decide_access
from secureprofile.policy.decide import Output
from secureprofile.policy.document import Path, dotted
from secureprofile.policy.model import Policy
from secureprofile.policy.parse import LoadedPolicy
from secureprofile.policy.treatments import describe

REASONS: dict[str, str] = {
    "ok": "a rule of the purpose allows it",
    "rows-not-allowed": "the purpose lets no row out, only noisy aggregates",
    "missing-attribute": "something that the policy needs to know was not said",
    "unknown-role": "the policy has no such role",
    "policy-not-effective": "the policy's first day is still to come",
    "unknown-purpose": "the policy has no such purpose",
    "unknown-dataset": "the policy has no such dataset",
    "uncategorised-column": "the policy does not name this column",
    "role-not-allowed": "the purpose is for other roles",
    "authentication-too-weak": "the role is only for actors who are known better",
    "output-not-allowed": "the purpose does not let rows go there",
    "category-not-covered": "no rule of the purpose covers this data category",
    "dropped": "the purpose drops this data category",
    "unknown-recipient": "the purpose does not name this recipient",
    "unregistered-recipient": "the policy registers no agreement with this recipient",
    "agreement-expired": "the agreement with this recipient has ended",
    "recipient-not-for-purpose": "the agreement with this recipient does not cover the purpose",
}
"""Reason code → what it says to people."""

_DOES: dict[Output, str] = {
    "export": "get rows of it",
    "release": "publish noisy aggregates of it",
    "store": "store it for portraits",
    "reveal": "get it back as it was",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the policy file that decided. ``path`` is its rule, ``text`` the line as it stands."""

    file: str
    line: int
    column: int
    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer to one question, in words, with the lines that decide."""

    request: Request
    ruling: Ruling
    sentences: tuple[str, ...]
    lines: tuple[Line, ...]


def explain(loaded: LoadedPolicy, request: Request) -> Explanation:
    """Answer one question in words.

    The request's ``output`` and ``recipient`` may be left out where the purpose says which they are most likely to be.
    """
    policy = loaded.policy
    asked = _filled(policy, request)
    ruling = decide_access(policy, asked)
    return Explanation(
        request=asked,
        ruling=ruling,
        sentences=tuple(_sentences(policy, asked, ruling)),
        lines=lines_of(loaded, ruling.because),
    )


def _filled(policy: Policy, request: Request) -> Request:
    purpose = policy.purposes.get(str(request.purpose))
    if purpose is None:
        return request
    output = request.output or best_output(policy, str(request.purpose))
    first = purpose.recipients[0] if purpose.recipients else None
    return replace(request, output=output, recipient=request.recipient or first)


def _sentences(policy: Policy, request: Request, ruling: Ruling) -> Iterator[str]:
    what = f"{request.dataset}.{request.column}"
    if ruling.category:
        what += f" ({ruling.category})"
    does = _DOES[request.output] if request.output else "use it"
    who = f"{request.role}, for the purpose {request.purpose}"
    match ruling.answer:
        case "allow":
            yield f"{what}: {who}, may {does}."
        case "aggregate-only":
            yield f"{what}: {who}, may publish noisy aggregates of it; no row of it leaves."
        case _:
            yield f"{what}: {who}, may not {does}: {REASONS.get(ruling.reason, ruling.reason)}."
            return
    if ruling.treatment is not None:
        yield f"Treatment: {describe(ruling.treatment)}."
    purpose = policy.purposes[str(request.purpose)]
    if request.output == "export" and ruling.answer == "allow":
        known = policy.recipients.get(str(request.recipient))
        agreement = f", under {known.agreement} until {known.expires}" if known else ""
        yield f"Recipient: {request.recipient}{agreement}."
    yield "Only of people who consented to this purpose." if ruling.consent else "Consent is not asked for."
    if ruling.answer == "aggregate-only" and purpose.budget is not None:
        yield f"Groups of {purpose.minimum_group} or more; at most ε {purpose.budget.epsilon} in all."


def lines_of(loaded: LoadedPolicy, paths: Sequence[Path]) -> tuple[Line, ...]:
    """Return the lines of the file where rules stand, in the order given, each once."""
    text = loaded.text.removeprefix("\ufeff").splitlines()
    found: dict[int, Line] = {}
    for path in paths:
        known = path
        while known and known not in loaded.places:
            known = known[:-1]
        line, column = loaded.places.get(known, (1, 1))
        shown = text[line - 1].strip() if line <= len(text) else ""
        found.setdefault(line, Line(file=loaded.file, line=line, column=column, path=dotted(known), text=shown))
    return tuple(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """What happens to one column for one purpose, whoever asks; ``treatment`` is ``denied`` where no rule covers it."""

    purpose: str
    dataset: str
    column: str
    category: str
    treatment: str


def cell_rows(policy: Policy, *, purpose: str | None, dataset: str | None, column: str | None) -> list[CellRow]:
    """Return what happens to each column for each purpose, of those asked for, in the file's order."""
    rows = []
    for name in policy.purposes:
        for table, spec in policy.datasets.items():
            for header, about in spec.columns.items():
                if purpose not in (None, name) or dataset not in (None, table) or column not in (None, header):
                    continue
                treatment = policy.treatment(name, about.category)
                said = "denied" if treatment is None else describe(treatment)
                rows.append(
                    CellRow(purpose=name, dataset=table, column=header, category=about.category, treatment=said)
                )
    return rows
