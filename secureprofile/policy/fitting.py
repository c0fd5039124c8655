"""Do the parts of a policy fit together? Told when the policy is read, each at its place; the policy may be a part of a broken one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from secureprofile.policy.anonymous import check_anonymity
from secureprofile.policy.document import Flaw, Path
from secureprofile.policy.law import check_law
from secureprofile.policy.model import Dataset, Domain, Keep, Policy, Purpose
from secureprofile.policy.recipients import check_recipients, check_regions
from secureprofile.policy.sense import treatment_findings
from secureprofile.policy.treatments import REVERSIBLE, DateShift, Reveal
from secureprofile.policy.wording import nearest
from secureprofile.vocabulary import DATA_CATEGORIES, DATA_USES, LAWFUL_BASES, SENSITIVE, within

# --- words, also where the shape is wrong ------------------------------------------------------------------------------


def check_words(root: Any) -> Iterator[Flaw]:
    """Check words even in a file whose shape is wrong, so that one run tells everything."""
    root = _mapping(root)
    for dataset, body in _mapping(root.get("datasets")).items():
        for column, spec in _mapping(_mapping(body).get("columns")).items():
            category = spec if isinstance(spec, str) else _mapping(spec).get("category")
            if isinstance(category, str):
                place: Path = ("datasets", dataset, "columns", column)
                yield from _category(place if isinstance(spec, str) else (*place, "category"), category)
    for purpose, body in _mapping(root.get("purposes")).items():
        use = _mapping(body).get("data_use")
        if isinstance(use, str) and use not in DATA_USES:
            place = ("purposes", purpose, "data_use")
            yield Flaw(place, "unknown-data-use", "not a data use of Fideslang", nearest(use, DATA_USES))
        for category in _mapping(_mapping(body).get("allow")):
            yield from _category(("purposes", purpose, "allow", category), category)
        for law, basis in _mapping(_mapping(body).get("lawful_basis")).items():
            if law in LAWFUL_BASES and isinstance(basis, str):
                yield from _basis(("purposes", purpose, "lawful_basis", law), law, basis)
        yield from _roles(root, ("purposes", purpose, "roles"), _mapping(body).get("roles"))
    for role in _mapping(root.get("authentication")):
        yield from _roles(root, ("authentication", role), [role], each=False)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _roles(root: dict[str, Any], place: Path, roles: Any, *, each: bool = True) -> Iterator[Flaw]:
    known = root.get("roles")
    if not isinstance(known, dict):
        return  # what is wrong with `roles` itself is told there
    for position, role in enumerate(roles if isinstance(roles, list | tuple) else ()):  # text would be read by letters
        if isinstance(role, str) and role not in known:
            message = "a role that `roles` does not define"
            yield Flaw((*place, position) if each else place, "unknown-role", message, nearest(role, known))


def _category(path: Path, category: str) -> Iterator[Flaw]:
    if category not in DATA_CATEGORIES:
        message = "not a data category of Fideslang"
        yield Flaw(path, "unknown-category", message, nearest(category, DATA_CATEGORIES))


def _basis(path: Path, law: str, basis: str) -> Iterator[Flaw]:
    if basis in LAWFUL_BASES[law]:
        return
    message = f"not a lawful basis of {law}"
    if law == "PIPL" and basis == "legitimate-interests":
        message = "PIPL Art. 13 knows no legitimate interest"
    yield Flaw(path, "unknown-lawful-basis", message, "one of: " + ", ".join(LAWFUL_BASES[law]))


# --- what must fit together --------------------------------------------------------------------------------------------


def check_fit(policy: Policy) -> Iterator[Flaw]:
    """Check what must fit together; what is not there is not missed."""
    yield from check_regions(policy)
    yield from check_recipients(policy)
    for path, message, hint in check_anonymity(policy):
        yield Flaw(path, "anonymity-conflict", message, hint)
    yield from check_law(policy)
    for name, dataset in policy.datasets.items():
        yield from _dataset(policy, name, dataset)
    yield from _patterns(policy)
    for name, purpose in policy.purposes.items():
        yield from _purpose(policy, name, purpose)
    for name, domain in policy.domains.items():
        if domain.delta >= Decimal(1) / domain.population:
            message = f"expected below 1/{domain.population}: δ must be smaller than one declared person"
            yield Flaw(("domains", name, "delta"), "delta-too-large", message, "such as 1.0e-6")
        yield from _parts(name, domain)
    yield from _signals(policy)
    yield from _twice(policy)
    yield from _cases(policy)


def _cases(policy: Policy) -> Iterator[Flaw]:
    """A case is told by its name, and asks about one column."""
    names: set[str] = set()
    for position, case in enumerate(policy.tests):
        here: Path = ("tests", position)
        if case.name in names:
            yield Flaw((*here, "name"), "duplicate-item", "two cases have this name", "name each by what it shows")
        names.add(case.name)
        for place, column in enumerate(case.when.columns if case.when.dataset is None else ()):
            having = [name for name, dataset in policy.datasets.items() if column in dataset.columns]
            if len(having) > 1:
                message = f"the datasets {', '.join(having)} have this column"
                yield Flaw((*here, "when", "columns", place), "case-ambiguous", message, f"dataset: {having[0]}")


def _signals(policy: Policy) -> Iterator[Flaw]:
    if policy.signals is None:
        return
    named: list[tuple[Path, str]] = [(("signals", "gpc", place), name) for place, name in enumerate(policy.signals.gpc)]
    if policy.signals.tcf is not None:
        named += [(("signals", "tcf", "purposes", name), name) for name in policy.signals.tcf.purposes]
    for path, name in named:
        if name not in policy.purposes:
            message = "a purpose that `purposes` does not define"
            yield Flaw(path, "unknown-purpose", message, nearest(name, policy.purposes))


def _patterns(policy: Policy) -> Iterator[Flaw]:
    patterns: dict[str, str] = {}
    for name, dataset in policy.datasets.items():
        for position, pattern in enumerate(dataset.files):
            if patterns.get(pattern, name) != name:
                message = f"dataset {patterns[pattern]} has the same file pattern"
                yield Flaw(("datasets", name, "files", position), "pattern-conflict", message, "make them differ")
            patterns[pattern] = name


def _twice(policy: Policy) -> Iterator[Flaw]:
    """A name that stands in one list twice: one of the two was meant to be another."""
    lists: list[tuple[Path, tuple[str, ...]]] = [(("policy", "jurisdiction"), policy.policy.jurisdiction)]
    lists += [(("roles", role), tuple(actors)) for role, actors in policy.roles.items() if isinstance(actors, tuple)]
    lists += [(("authentication", role), ways) for role, ways in policy.authentication.items()]
    lists += [(("datasets", name, "files"), dataset.files) for name, dataset in policy.datasets.items()]
    for name, purpose in policy.purposes.items():
        for key in ("roles", "outputs", "recipients", "reveals"):
            lists.append((("purposes", name, key), getattr(purpose, key)))
        if purpose.consent_rules is not None:
            for key in ("notice", "separate"):
                lists.append((("purposes", name, "consent_rules", key), getattr(purpose.consent_rules, key)))
    if policy.signals is not None:
        lists.append((("signals", "gpc"), policy.signals.gpc))
    lists += [(("recipients", name, "purposes"), body.purposes) for name, body in policy.recipients.items()]
    for path, items in lists:
        for position, item in enumerate(items):
            if item in items[:position]:
                yield Flaw((*path, position), "duplicate-item", "the same item twice", "keep one of them")


def _dataset(policy: Policy, name: str, dataset: Dataset) -> Iterator[Flaw]:
    if policy.domains and dataset.domain not in policy.domains:  # without any, that is told at `domains`
        message = "a domain that `domains` does not define"
        yield Flaw(("datasets", name, "domain"), "unknown-domain", message, nearest(dataset.domain, policy.domains))
    if dataset.subject and dataset.subject not in dataset.columns:
        message = "not one of the dataset's columns"
        yield Flaw(("datasets", name, "subject"), "unknown-column", message, nearest(dataset.subject, dataset.columns))
    for column, spec in dataset.columns.items():
        if spec.formats and spec.type not in ("date", "timestamp"):
            place = ("datasets", name, "columns", column)
            message = "formats belong to the types date and timestamp"
            yield Flaw(place, "type-conflict", message, "add `type: date`")


def _purpose(policy: Policy, name: str, purpose: Purpose) -> Iterator[Flaw]:
    here = ("purposes", name)
    yield from _covered(policy, name, purpose)
    for category, treatment in purpose.allow.items():
        place = (*here, "allow", category)
        if isinstance(treatment, Keep) and "export" in purpose.outputs and within(category, SENSITIVE):
            message = "sensitive data may not be kept in an export"
            yield Flaw(place, "sensitive-kept", message, "drop, mask, generalize, encrypt or pseudonym")
        for message, hint in treatment_findings(treatment, category):
            yield Flaw(place, "treatment-conflict", message, hint)
    yield from _shifted(policy, name, purpose)
    yield from _reveals(policy, name, purpose)
    yield from _subjects(policy, name, purpose)
    yield from _budget(policy, name, purpose)


def _shifted(policy: Policy, name: str, purpose: Purpose) -> Iterator[Flaw]:
    """What is shifted must be read as a date or a time, and belong to somebody."""
    if not any(isinstance(treatment, DateShift) for treatment in purpose.allow.values()):
        return
    for dataset, spec in policy.datasets.items():
        for column, about in spec.columns.items():
            rule = policy.rule(name, about.category)
            if about.type in ("date", "timestamp") or not isinstance(purpose.allow.get(str(rule)), DateShift):
                continue
            message = f"column {column} of {dataset} is shifted, but not read as a date"
            hint = f"datasets.{dataset}.columns.{column}: add type: date"
            yield Flaw(("purposes", name, "allow", str(rule)), "type-conflict", message, hint)


def _reveals(policy: Policy, name: str, purpose: Purpose) -> Iterator[Flaw]:
    """A purpose that reveals does nothing else, and names purposes whose exports can be undone."""
    here, code = ("purposes", name), "reveal-conflict"
    if "reveal" not in purpose.outputs:
        if purpose.reveals:
            message = "only a purpose with the output reveal has it"
            yield Flaw((*here, "reveals"), code, message, "outputs: [reveal]")
        for category, treatment in purpose.allow.items():
            if isinstance(treatment, Reveal):
                message = "only a purpose with the output reveal reveals"
                yield Flaw((*here, "allow", category), code, message, "outputs: [reveal]")
        return
    if purpose.outputs != ("reveal",):
        yield Flaw((*here, "outputs"), code, "reveal stands alone", "make a purpose of its own for revealing")
    if purpose.consent == "required":
        message = "consent cannot be asked of rows without identifiers"
        yield Flaw((*here, "consent"), code, message, "reveal on another lawful basis: consent: not-required")
    if not purpose.reveals:
        hint = "reveals: [the purposes whose exports may be revealed]"
        yield Flaw(here, "missing-key", "missing key `reveals`", hint)
    for position, other in enumerate(purpose.reveals):
        if other not in policy.purposes or "export" not in policy.purposes[other].outputs:
            fitting = [one for one, body in policy.purposes.items() if "export" in body.outputs]
            item = (*here, "reveals", position)
            yield Flaw(item, "unknown-purpose", "not a purpose that exports", nearest(other, fitting))
    known = [policy.purposes[other] for other in purpose.reveals if other in policy.purposes]
    exporting = [other for other in purpose.reveals if other in policy.purposes]
    if not any("export" in other.outputs for other in known):
        return  # told above
    for category, treatment in purpose.allow.items():
        place = (*here, "allow", category)
        if not isinstance(treatment, Reveal):
            message = "a purpose that reveals has no other treatment: what it does not name stays as it is"
            yield Flaw(place, code, message, f"{category}: reveal")
        elif not any(_undoable(policy, other, category) for other in exporting):
            message = f"none of {', '.join(exporting)} encrypts this"
            yield Flaw(place, code, message, "encrypt, token or fpe can be revealed; a pseudonym cannot")


def _undoable(policy: Policy, purpose: str, category: str) -> bool:
    """Tell whether a purpose encrypts a category or something below it."""
    below = [rule for rule in policy.purposes[purpose].allow if within(rule, (category,))]
    return any(isinstance(policy.treatment(purpose, one), REVERSIBLE) for one in (category, *below))


def _subjects(policy: Policy, name: str, purpose: Purpose) -> Iterator[Flaw]:
    """An export must not keep the column that says whose row it is."""
    if "export" not in purpose.outputs:
        return
    for dataset in policy.datasets.values():
        if dataset.subject in dataset.columns:
            category = dataset.columns[dataset.subject].category
            if isinstance(policy.treatment(name, category), Keep):
                message = f"an export keeps {category}, which says whose row it is"
                yield Flaw(("purposes", name, "allow"), "subject-kept", message, "pseudonym")


def _covered(policy: Policy, name: str, purpose: Purpose) -> Iterator[Flaw]:
    """An export must not keep a sensitive column under a wider word, as ``user: keep`` would."""
    if "export" not in purpose.outputs:
        return
    columns = {column.category for dataset in policy.datasets.values() for column in dataset.columns.values()}
    for rule, treatment in purpose.allow.items():
        covered = sorted(c for c in columns if within(c, SENSITIVE) and policy.rule(name, c) == rule)
        if isinstance(treatment, Keep) and covered and not within(rule, SENSITIVE):
            message = f"sensitive data may not be kept in an export: this covers {', '.join(covered)}"
            hint = f"add {covered[0]}: drop, mask, generalize or pseudonym"
            yield Flaw(("purposes", name, "allow", rule), "sensitive-kept", message, hint)


def _parts(name: str, domain: Domain) -> Iterator[Flaw]:
    """Check a ceiling's parts, and that there is a δ where the filter needs one."""
    for span, part in domain.periods.items():
        if part.epsilon > domain.epsilon or part.delta > domain.delta:
            message = f"more than the ceiling of its domain (ε {domain.epsilon}, δ {domain.delta})"
            yield Flaw(
                ("domains", name, "periods", span), "over-budget", message, "a period's budget is a part of the ceiling"
            )
    if domain.filter == "zcdp":
        places: list[tuple[Path, Decimal]] = [(("domains", name), domain.delta)]
        places += [(("domains", name, "periods", span), part.delta) for span, part in domain.periods.items()]
        for place, delta in places:
            if delta == 0:
                yield Flaw((*place, "delta"), "missing-delta", "the filter zcdp needs a δ above 0", "such as 1.0e-6")


def _budget(policy: Policy, name: str, purpose: Purpose) -> Iterator[Flaw]:
    if purpose.budget is None:
        if "release" in purpose.outputs:
            message, hint = "a purpose with `release` needs a budget", "budget: {epsilon: 1, delta: 1.0e-6}"
            yield Flaw(("purposes", name), "missing-key", message, hint)
        return
    for domain in policy.domains.values():
        if domain.filter == "zcdp" and purpose.budget.delta == 0:
            place = ("purposes", name, "budget")
            yield Flaw(place, "missing-delta", "the filter zcdp of its domain needs a δ above 0", "such as 1.0e-6")
        if purpose.budget.epsilon > domain.epsilon or purpose.budget.delta > domain.delta:
            message = f"more than the ceiling of its domain (ε {domain.epsilon}, δ {domain.delta})"
            yield Flaw(
                ("purposes", name, "budget"), "over-budget", message, "a purpose's budget is a part of the ceiling"
            )
            return
