"""Broken files: everything that is wrong is told at once, in its place, with what to do; and nothing surprises."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.dp.request import load_releases
from secureprofile.errors import PolicyFileError, Problem
from secureprofile.policy.document import read_yaml, scalar
from secureprofile.policy.parse import parse_policy
from secureprofile.portrait.reading import load_tags
from secureprofile.portrait.types import stored_columns
from tests.conftest import ROOT

RETAIL = (ROOT / "policies" / "retail.yaml").read_text(encoding="utf-8")

BROKEN = """\
secureprofile: 1
policy: {id: shop, version: 0, owner: data, jurisdiction: [GDPR, CCPA]}
defaults: allow
roles:
  analyst: creator
domains:
  customers: {unit: customer, population: many, epsilon: -1}
datasets:
  customers:
    domain: customers
    subject: customer_id
    colums: {}
    columns:
      email: user.contact.emial
      phone: {category: user.contact.phone_number, optional: yes}
purposes:
  portrait:
    data_use: analytics.reportin
    lawful_basis: {GDPR: consentt}
    roles: [analyzt]
    outputs: [store, relase]
    consent: required
    retention: two years
    allow:
      user.contact.email: {blur: {}}
      user.contact.phone_number: {mask: {keep_last: 40}}
"""
# where it is wrong: dotted path → (a word of its line, what was expected, the hint)
WRONG = {
    "policy.version": ("version: 0", "≥ 1", "raise"),
    "policy.jurisdiction.1": ("CCPA", "'GDPR' or 'PIPL'", "one of these"),
    "defaults": ("defaults", "'deny'", "one of these"),
    "roles.analyst": ("analyst: creator", "a list", "[one, two]"),
    "domains.customers.population": ("population", "a whole number", "digits"),
    "domains.customers.epsilon": ("epsilon", "> 0", "raise"),
    "datasets.customers.colums": ("colums", "unknown key", "did you mean columns?"),
    "datasets.customers.columns.email": ("email: user", "Fideslang", "did you mean user.contact.email?"),
    "datasets.customers.columns.phone.optional": ("optional", "for a truth", "true or false"),
    "purposes.portrait.data_use": ("data_use", "Fideslang", "did you mean analytics.reporting?"),
    "purposes.portrait.lawful_basis.GDPR": ("lawful_basis", "lawful basis of GDPR", "one of: consent"),
    "purposes.portrait.roles.0": ("roles: [analyzt]", "a role that", "did you mean analyst?"),
    "purposes.portrait.outputs.1": ("outputs", "'store', 'export', 'release' or 'reveal'", "one of these"),
    "purposes.portrait.retention": ("retention", "another form", "P1Y"),
    "purposes.portrait.allow.user.contact.email.blur": ("blur", "'keep', 'drop'", "one of these"),
    "purposes.portrait.allow.user.contact.phone_number.mask.keep_last": ("keep_last", "≤ 8", "lower"),
}


def problems(text: str) -> dict[str, tuple[int, str, str]]:
    with pytest.raises(PolicyFileError) as caught:
        parse_policy(text, file="p.yaml", siblings=lambda name: b"")
    return {problem.path: (problem.line, problem.message, problem.hint) for problem in caught.value.problems}


def test_everything_wrong_is_told_at_once_with_line_path_expectation_and_hint() -> None:
    found = problems(BROKEN)
    assert set(found) == set(WRONG)
    for path, (word, expected, hint) in WRONG.items():
        line = next(number for number, text in enumerate(BROKEN.splitlines(), start=1) if word in text)
        assert found[path][0] == line, path
        assert expected in found[path][1], path
        assert hint in found[path][2], path


def test_problems_stand_in_file_order() -> None:
    with pytest.raises(PolicyFileError) as caught:
        parse_policy(BROKEN, file="p.yaml", siblings=lambda name: b"")
    places = [(problem.line, problem.column) for problem in caught.value.problems]
    assert places == sorted(places)
    assert str(caught.value).startswith("16 problems in p.yaml:\n  p.yaml:2:")


MEANING = {
    "subject: customer_id\n    files: [\"customers": ("subject: nobody\n    files: [\"customers", "datasets.customers.subject", "not one of"),
    "domain: customers\n    kind: people": ("domain: clients\n    kind: people", "datasets.customers.domain", "does not define"),
    "delta: 1.0e-5}\n\ndatasets": ("delta: 0.001}\n\ndatasets", "domains.customers.delta", "1/5000"),
    "budget: {epsilon: 4, delta: 1.0e-5}": ("budget: {epsilon: 5, delta: 1.0e-5}", "purposes.portrait.budget", "ceiling"),
    "jurisdiction: [GDPR]": ("jurisdiction: [GDPR, PIPL]", "purposes.portrait.lawful_basis", "no lawful basis for PIPL"),
    "user.unique_id: {pseudonym: {type: cust}}": ("user.unique_id: keep", "purposes.partner-analytics.allow", "whose row"),
    "{mask: {keep_last: 2}}": ("{generalize: {to: step}}", "purposes.partner-analytics.allow.user.contact.phone_number", "step"),
    "files: [\"orders*.csv\"]": ("files: [\"customers*.csv\"]", "datasets.orders.files.0", "same file pattern"),
}  # fmt: skip


@pytest.mark.parametrize("right", MEANING)
def test_what_makes_no_sense_together_is_told(right: str) -> None:
    wrong, path, message = MEANING[right]
    assert RETAIL.count(right) == 1
    found = problems(RETAIL.replace(right, wrong))
    assert message in found[path][1]
    assert all(hint for _, _, hint in found.values())


def test_a_purpose_on_consent_must_ask_for_it() -> None:
    assert "purposes.portrait.consent" in problems(RETAIL.replace("consent: required", "consent: not-required"))


def test_pipl_knows_no_legitimate_interest() -> None:
    text = RETAIL.replace("[GDPR]", "[PIPL]").replace("{GDPR: consent}", "{PIPL: legitimate-interests}")
    assert "PIPL Art. 13" in problems(text)["purposes.portrait.lawful_basis.PIPL"][1]


def test_a_missing_sibling_is_told() -> None:
    with pytest.raises(PolicyFileError, match="not beside the policy"):
        parse_policy(RETAIL, file="p.yaml", siblings=lambda name: None)


# --- YAML as people mean it -----------------------------------------------------------------------------------------------

SCALARS = {
    "no": "no", "yes": "yes", "on": "on", "NO": "NO", "010": "010", "0x1F": "0x1F", "12:30:45": "12:30:45", "1_000": "1_000",
    "2026-01-01": "2026-01-01", "true": True, "null": None, "~": None, "7": 7, "-3": -3,
}  # fmt: skip


@pytest.mark.parametrize("text", SCALARS)
def test_scalars_are_those_of_yaml_1_2(text: str) -> None:
    assert scalar(text, plain=True) == SCALARS[text]
    assert type(scalar(text, plain=True)) is type(SCALARS[text])
    assert scalar(text, plain=False) == text


REFUSED = {
    "a: 1\na: 2": "the same key twice",
    "a: &x 1\nb: *x": "anchors and aliases",
    "a: !!python/object/apply:os.system [ls]": "tags are not allowed",
    "a: !secret 1": "tags are not allowed",
    "a: 1\n---\nb: 2": "a second document",
    "a:\n\t- 1": "a tab, which",
    "a: [1, 2": "not YAML",
    "? [1]\n: 2": "a key must be plain text",
    "[" * 200 + "]" * 200: "nested deeper",
    "a: \x00": "cannot be written",
    "x" * 1_000_001: "larger than",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:20].encode("unicode_escape").decode())
def test_traps_are_refused(text: str) -> None:
    with pytest.raises(PolicyFileError, match=REFUSED[text]):
        read_yaml(text, file="p.yaml")


@pytest.mark.parametrize("text", ["", "# nothing", "[]", "7", "just words"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(PolicyFileError):
        parse_policy(text, file="p.yaml", siblings=lambda name: b"")


# --- whatever people type -------------------------------------------------------------------------------------------------

FILES = {
    name: (ROOT / "policies" / name).read_text(encoding="utf-8")
    for name in ("retail.yaml", "tags.yaml", "releases.yaml")
}
JUNK = st.sampled_from(
    [
        "",
        "[]",
        "{}",
        "[a, {b: c}]",
        "null",
        "-1",
        "1e999",
        ".nan",
        "'x'",
        "\t",
        ":",
        "? ",
        "&a ",
        "画像",
        "{when: 1}",
        "'a' + 'b'",
    ]
)


def read(name: str, text: str) -> None:
    policy = parse_policy(FILES["retail.yaml"], file="retail.yaml", siblings=lambda name: b"").policy
    if name == "retail.yaml":
        parse_policy(text, file=name, siblings=lambda name: b"")
    elif name == "tags.yaml":
        load_tags(text, file=name, columns=stored_columns(policy))
    else:
        load_releases(text, file=name, policy=policy, tags={})


def refusal(name: str, text: str) -> tuple[Problem, ...]:
    try:
        read(name, text)
    except PolicyFileError as error:
        return error.problems
    return ()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.randoms(use_true_random=False), JUNK)
def test_any_change_is_read_or_refused_in_our_words(name: str, rng: random.Random, junk: str) -> None:
    """A line removed, doubled or moved, a value replaced, a character lost: never another exception, never a problem without a hint."""
    lines = FILES[name].splitlines(keepends=True)
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(lines))
        match rng.randrange(5):
            case 0:
                del lines[place]
            case 1:
                lines.insert(place, lines[rng.randrange(len(lines))])
            case 2:
                key, colon, _ = lines[place].partition(":")
                lines[place] = f"{key}{colon} {junk}\n"
            case 3:
                lines[place] = lines[place][: rng.randrange(len(lines[place]))] + lines[place][-1:]
            case _:
                lines[place] = "  " + lines[place]
    for problem in refusal(name, "".join(lines)):
        assert problem.hint, str(problem)
        assert problem.line <= len(lines) + 2
