"""A policy file becomes values, or the list of everything that is wrong in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from secureprofile.errors import PolicyFileError, Problem
from secureprofile.policy.anonymous import anonymity_files, check_anonymity
from secureprofile.policy.document import Document, Finding, Path, read_yaml
from secureprofile.policy.model import Dataset, Keep, Policy, Purpose
from secureprofile.policy.recipients import check_recipients, check_regions
from secureprofile.policy.sense import treatment_findings
from secureprofile.policy.shape import known_keys, partial, policy_schema
from secureprofile.policy.treatments import KINDS, REVERSIBLE, DateShift, Reveal
from secureprofile.vocabulary import DATA_CATEGORIES, DATA_USES, LAWFUL_BASES, SENSITIVE, within


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicy:
    """A policy with its sibling files; ``hash`` is SHA-256 over all of them and stands in every audit entry."""

    policy: Policy
    hash: str
    siblings: Mapping[str, bytes]

    def sibling(self, name: str) -> str:
        """Return a sibling file's text.

        Raises:
            PolicyFileError: it is not UTF-8.
        """
        try:
            return self.siblings[name].decode("utf-8-sig")
        except UnicodeDecodeError:
            problem = Problem(file=name, line=1, column=1, path="(file)", message="not UTF-8", hint="save it as UTF-8")
            raise PolicyFileError([problem]) from None


def parse_policy(text: str, *, file: str, siblings: Callable[[str], bytes | None]) -> LoadedPolicy:
    """Read a policy.

    Args:
        text: the YAML.
        file: its name, for messages.
        siblings: returns the bytes of a file in the same folder, None where it is missing.

    Raises:
        PolicyFileError: with every problem, in file order.
    """
    document = read_yaml(text, file=file)
    try:
        policy = Policy.model_validate(document.value)
    except ValidationError as error:
        findings = [_shape(detail, document) for detail in error.errors(include_url=False, include_input=False)]
        raise _error(document, [*_roots(findings), *_loose(document), *_fitting(partial(document.value))]) from None
    findings = [*_loose(Document(file="", value=policy.model_dump(mode="python"), places={})), *_fitting(policy)]
    places: list[tuple[str, Path]] = [
        (name, (key,)) for key in ("tags", "releases") if (name := getattr(policy, key)) is not None
    ]
    places += anonymity_files(policy)
    found = {name: siblings(name) for name, _ in places}
    for name, place in places:
        if found[name] is None:
            findings.append((place, "the file is not beside the policy", "put it in the same folder"))
    if findings:
        raise _error(document, findings)
    files = {name: data for name, data in found.items() if data is not None}
    return LoadedPolicy(policy=policy, hash=_hash({file: text.encode(), **files}), siblings=files)


def json_schema() -> str:
    """Return the JSON schema of a policy file, so that editors complete it."""
    return json.dumps(policy_schema(), indent=1)


def _hash(files: Mapping[str, bytes]) -> str:
    """Hash contents, length-prefixed, policy first; names do not matter, so a moved policy keeps its hash."""
    digest = hashlib.sha256()
    for data in files.values():
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _error(document: Document, findings: list[Finding]) -> PolicyFileError:
    problems = []
    for path, message, hint in findings:
        line, column = document.position(path)
        dotted = ".".join(str(step) for step in path) or "(file)"
        problems.append(Problem(file=document.file, line=line, column=column, path=dotted, message=message, hint=hint))
    unique = dict.fromkeys(problems)
    return PolicyFileError(sorted(unique, key=lambda problem: (problem.line, problem.column)))


# --- shape --------------------------------------------------------------------------------------------------------------


def _shape(detail: ErrorDetails, document: Document) -> Finding:
    """Say in our words what pydantic found; its own messages quote what was written, which may name a person."""
    path = _written(detail["loc"], document.value)
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        known = known_keys(detail["loc"][:-1])
        return path, "unknown key", _nearest(str(detail["loc"][-1]), known)
    if kind == "missing":
        key = str(detail["loc"][-1])
        return path, f"missing key `{key}`", f"add the line `{key}: …`; see: secureprofile policy schema"
    if kind in ("literal_error", "union_tag_invalid"):
        expected = str(context.get("expected") or context.get("expected_tags"))
        return path, f"expected {expected}", "write one of these words"
    limits = ", ".join(f"{_SIGNS[name]} {value}" for name, value in context.items() if name in _SIGNS)
    message, hint = _EXPECTED.get(kind, ("not of the expected kind", "see: secureprofile policy schema"))
    if kind == "model_attributes_type" and len(path) == 4 and path[2] == "allow":
        message, hint = _EXPECTED["union_tag_not_found"]
    if kind in ("model_attributes_type", "union_tag_not_found") and path[:1] == ("anonymity",) and len(path) > 3:
        message, hint = _GENERALISED
    if kind == "string_pattern_mismatch" and path and path[-1] in _FORMS:
        hint = _FORMS[str(path[-1])]
    return path, message + (f": expected {limits}" if limits else ""), hint


_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "at least"}
_FORMS = {
    "pattern": "# lets a letter or digit stand, * hides one: ###****####",
    "type": "one to eight of a–z and 0–9",
    "as_of": "a day: 2026-01-31",
}
_GENERALISED = (
    "expected a way to generalise",
    "suppress, places, dates, a file's name, or {bands: …}, {prefix: …}, {order: …}, {frequency: …}, {tree: …}",
)
_MAPPING = ("expected a mapping", "write `key: value` lines, indented below it, or {key: value}")
_LIST = ("expected a list", "write [one, two], also for a single one")
_WHOLE = ("expected a whole number", "write digits, without quotes")
_NUMBER = ("expected a number", "write digits, such as 0.5 or 1.0e-6, without quotes")
_TRUTH = ("expected true or false", "YAML 1.2 knows true and false; yes, no, on and off are text")
_SMALL, _LARGE = ("too small", "raise it to the limit"), ("too large", "lower it to the limit")
_EXPECTED: Mapping[str, tuple[str, str]] = {
    "string_type": ("expected text", 'put it in quotes: "…"'),
    "string_pattern_mismatch": ("expected another form", "names: letters, digits, - _ .; durations: P1Y, P90D"),
    "number_type": _NUMBER,
    "day_form": ("expected a day of the calendar", "such as 2027-12-31"),
    "string_too_short": ("expected longer text", "durations: P1Y, P90D"),
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "union_tag_not_found": ("expected a treatment", "one of: " + ", ".join(KINDS)),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "greater_than": _SMALL,
    "greater_than_equal": _SMALL,
    "less_than": _LARGE,
    "less_than_equal": _LARGE,
    "too_short": ("too short", "write one, or remove the key"),
    "too_long": ("too long", "leave some out"),
}


def _written(location: tuple[int | str, ...], value: Any) -> Path:
    """Keep the steps that the file has: pydantic adds the names of union members and of keys."""
    path: list[int | str] = []
    for step in location:
        if (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and step < len(value)
        ):
            value = value[step]  # type: ignore[index]
        else:
            continue
        path.append(step)
    return tuple(path)


def _roots(findings: list[Finding]) -> list[Finding]:
    """Leave out a list that is called too short only because its wrong items do not count."""
    paths = [path for path, _, _ in findings]
    return [
        (path, message, hint)
        for path, message, hint in findings
        if not (message.startswith("too short") and any(p[: len(path)] == path and len(p) > len(path) for p in paths))
    ]


def _nearest(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}?"
    return "one of: " + ", ".join(sorted(known)[:8]) if 0 < len(known) <= 8 else "see: secureprofile policy schema"


# --- meaning ------------------------------------------------------------------------------------------------------------


def _loose(document: Document) -> Iterator[Finding]:
    """Check words even in a file whose shape is wrong, so that one run tells everything."""
    root = document.value if isinstance(document.value, dict) else {}
    for dataset, body in _mapping(root.get("datasets")).items():
        for column, spec in _mapping(_mapping(body).get("columns")).items():
            category = spec if isinstance(spec, str) else _mapping(spec).get("category")
            if isinstance(category, str):
                yield from _category(("datasets", dataset, "columns", column), category)
    for purpose, body in _mapping(root.get("purposes")).items():
        use = _mapping(body).get("data_use")
        if isinstance(use, str):
            yield from _use(("purposes", purpose, "data_use"), use)
        for category in _mapping(_mapping(body).get("allow")):
            yield from _category(("purposes", purpose, "allow", category), category)
        for law, basis in _mapping(_mapping(body).get("lawful_basis")).items():
            if law in LAWFUL_BASES and isinstance(basis, str):
                yield from _basis(("purposes", purpose, "lawful_basis", law), law, basis)
        roles = _mapping(body).get("roles")
        for role in roles if isinstance(roles, list | tuple) else ():  # text would be read letter by letter
            if isinstance(role, str) and role not in _mapping(root.get("roles")):
                yield (
                    ("purposes", purpose, "roles"),
                    "a role that `roles` does not define",
                    _nearest(role, _mapping(root.get("roles"))),
                )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _category(path: Path, category: str) -> Iterator[Finding]:
    if category not in DATA_CATEGORIES:
        yield path, "not a data category of Fideslang", _nearest(category, DATA_CATEGORIES)


def _use(path: Path, use: str) -> Iterator[Finding]:
    if use not in DATA_USES:
        yield path, "not a data use of Fideslang", _nearest(use, DATA_USES)


def _basis(path: Path, law: str, basis: str) -> Iterator[Finding]:
    if basis in LAWFUL_BASES[law]:
        return
    if law == "PIPL" and basis == "legitimate-interests":
        yield path, "PIPL Art. 13 knows no legitimate interest", "one of: " + ", ".join(LAWFUL_BASES[law])
    else:
        yield path, f"not a lawful basis of {law}", "one of: " + ", ".join(LAWFUL_BASES[law])


def _fitting(policy: Policy) -> Iterator[Finding]:
    """Check what must fit together. The policy may be a part of a broken one: what is not there is not missed."""
    yield from check_regions(policy)
    yield from check_recipients(policy)
    yield from check_anonymity(policy)
    for name, dataset in policy.datasets.items():
        yield from _dataset(policy, name, dataset)
    patterns: dict[str, str] = {}
    for name, dataset in policy.datasets.items():
        for pattern in dataset.files:
            if pattern in patterns:
                yield (
                    ("datasets", name, "files"),
                    f"dataset {patterns[pattern]} has the same file pattern",
                    "make them differ",
                )
            patterns[pattern] = name
    for name, purpose in policy.purposes.items():
        yield from _purpose(policy, name, purpose)
    for name, domain in policy.domains.items():
        if domain.delta >= Decimal(1) / domain.population:
            limit = f"below 1/{domain.population}"
            yield (
                ("domains", name, "delta"),
                f"expected {limit}: δ must be smaller than one declared person",
                "such as 1.0e-6",
            )


def _dataset(policy: Policy, name: str, dataset: Dataset) -> Iterator[Finding]:
    if dataset.domain not in policy.domains:
        yield (
            ("datasets", name, "domain"),
            "a domain that `domains` does not define",
            _nearest(dataset.domain, policy.domains),
        )
    if dataset.subject not in dataset.columns:
        yield (
            ("datasets", name, "subject"),
            "not one of the dataset's columns",
            _nearest(dataset.subject, dataset.columns),
        )
    for column, spec in dataset.columns.items():
        if spec.formats and spec.type not in ("date", "timestamp"):
            yield (
                ("datasets", name, "columns", column),
                "formats belong to the types date and timestamp",
                "add `type: date`",
            )


def _purpose(policy: Policy, name: str, purpose: Purpose) -> Iterator[Finding]:
    here = ("purposes", name)
    for law in policy.policy.jurisdiction:
        if law not in purpose.lawful_basis:
            yield (
                (*here, "lawful_basis"),
                f"no lawful basis for {law}, which `policy.jurisdiction` names",
                "one of: " + ", ".join(LAWFUL_BASES[law]),
            )
    if "consent" in purpose.lawful_basis.values() and purpose.consent != "required":
        yield (*here, "consent"), "a purpose based on consent must ask for it", "consent: required"
    yield from _covered(policy, name, purpose)
    for category, treatment in purpose.allow.items():
        place = (*here, "allow", category)
        if isinstance(treatment, Keep) and "export" in purpose.outputs and within(category, SENSITIVE):
            yield place, "sensitive data may not be kept in an export", "drop, mask, generalize, encrypt or pseudonym"
        for message, hint in treatment_findings(treatment, category):
            yield place, message, hint
    yield from _shifted(policy, name, purpose)
    yield from _reveals(policy, name, purpose)
    yield from _subjects(policy, name, purpose)
    yield from _budget(policy, name, purpose)


def _shifted(policy: Policy, name: str, purpose: Purpose) -> Iterator[Finding]:
    """What is shifted must be read as a date or a time, and belong to somebody."""
    for dataset, spec in policy.datasets.items():
        for column, about in spec.columns.items():
            rule = policy.rule(name, about.category)
            if isinstance(policy.treatment(name, about.category), DateShift) and about.type not in (
                "date",
                "timestamp",
            ):
                message = f"column {column} of {dataset} is shifted, but not read as a date"
                yield (
                    ("purposes", name, "allow", str(rule)),
                    message,
                    f"datasets.{dataset}.columns.{column}: add type: date",
                )


def _reveals(policy: Policy, name: str, purpose: Purpose) -> Iterator[Finding]:
    """A purpose that reveals does nothing else, and names purposes whose exports can be undone."""
    here = ("purposes", name)
    if "reveal" not in purpose.outputs:
        if purpose.reveals:
            yield (*here, "reveals"), "only a purpose with the output reveal has it", "outputs: [reveal]"
        for category, treatment in purpose.allow.items():
            if isinstance(treatment, Reveal):
                yield (*here, "allow", category), "only a purpose with the output reveal reveals", "outputs: [reveal]"
        return
    if purpose.outputs != ("reveal",):
        yield (*here, "outputs"), "reveal stands alone", "make a purpose of its own for revealing"
    if purpose.consent == "required":
        message = "consent cannot be asked of rows without identifiers"
        yield (*here, "consent"), message, "reveal on another lawful basis: consent: not-required"
    if not purpose.reveals:
        yield here, "missing key `reveals`", "reveals: [the purposes whose exports may be revealed]"
    for position, other in enumerate(purpose.reveals):
        if other not in policy.purposes or "export" not in policy.purposes[other].outputs:
            fitting = [one for one, body in policy.purposes.items() if "export" in body.outputs]
            yield (*here, "reveals", position), "not a purpose that exports", _nearest(other, fitting)
    exporting = [other for other in purpose.reveals if other in policy.purposes]
    for category, treatment in purpose.allow.items():
        if not isinstance(treatment, Reveal):
            message = "a purpose that reveals has no other treatment: what it does not name stays as it is"
            yield (*here, "allow", category), message, f"{category}: reveal"
        elif not any(_undoable(policy, other, category) for other in exporting):
            message = f"none of {', '.join(exporting) or 'its purposes'} encrypts this"
            yield (*here, "allow", category), message, "encrypt, token or fpe can be revealed; a pseudonym cannot"


def _undoable(policy: Policy, purpose: str, category: str) -> bool:
    """Tell whether a purpose encrypts a category or something below it."""
    below = [rule for rule in policy.purposes[purpose].allow if within(rule, (category,))]
    return any(isinstance(policy.treatment(purpose, one), REVERSIBLE) for one in (category, *below))


def _subjects(policy: Policy, name: str, purpose: Purpose) -> Iterator[Finding]:
    """An export must not keep the column that says whose row it is."""
    if "export" not in purpose.outputs:
        return
    for dataset in policy.datasets.values():
        if dataset.subject in dataset.columns:
            category = dataset.columns[dataset.subject].category
            if isinstance(policy.treatment(name, category), Keep):
                yield (
                    ("purposes", name, "allow"),
                    f"an export keeps {category}, which says whose row it is",
                    "pseudonym",
                )


def _covered(policy: Policy, name: str, purpose: Purpose) -> Iterator[Finding]:
    """An export must not keep a sensitive column under a wider word, as ``user: keep`` would."""
    if "export" not in purpose.outputs:
        return
    columns = {column.category for dataset in policy.datasets.values() for column in dataset.columns.values()}
    for rule, treatment in purpose.allow.items():
        covered = sorted(c for c in columns if within(c, SENSITIVE) and policy.rule(name, c) == rule)
        if isinstance(treatment, Keep) and covered and not within(rule, SENSITIVE):
            message = f"sensitive data may not be kept in an export: this covers {', '.join(covered)}"
            yield ("purposes", name, "allow", rule), message, f"add {covered[0]}: drop, mask, generalize or pseudonym"


def _budget(policy: Policy, name: str, purpose: Purpose) -> Iterator[Finding]:
    if purpose.budget is None:
        if "release" in purpose.outputs:
            yield ("purposes", name), "a purpose with `release` needs a budget", "budget: {epsilon: 1, delta: 1.0e-6}"
        return
    for domain in policy.domains.values():
        if purpose.budget.epsilon > domain.epsilon or purpose.budget.delta > domain.delta:
            message = f"more than the ceiling of its domain (ε {domain.epsilon}, δ {domain.delta})"
            yield ("purposes", name, "budget"), message, "a purpose's budget is a part of the ceiling"
            return
