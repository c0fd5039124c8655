"""A ready policy, broken in every way that a hand or a wire breaks a file: told in our words, all at once, in its place."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from secureprofile.adapters.policies import READY, load_policy
from secureprofile.cli.main import run
from secureprofile.errors import InputError, PolicyFileError, Problem, SecureProfileError
from secureprofile.policy.document import MAX_DEPTH, read_yaml
from secureprofile.policy.parse import LoadedPolicy, parse_policy
from secureprofile.portrait.reading import load_tags
from secureprofile.vocabulary import DATA_CATEGORIES, DATA_USES, LAWFUL_BASES
from tests.conftest import ROOT

TEXTS = {name: (ROOT / "policies" / f"{name}.yaml").read_text(encoding="utf-8") for name in READY}
RETAIL = TEXTS["retail"]
TREATMENTS = ("keep", "drop", "pseudonym", "mask", "generalize", "scrub")
NEAR = "did you mean {}?".format


def parsed(text: str, *, file: str = "shop.yaml") -> LoadedPolicy:
    return parse_policy(text, file=file, siblings=lambda name: b"")


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(PolicyFileError) as caught:
        parsed(text)
    return caught.value.problems


def swapped(right: str, wrong: str, text: str = RETAIL) -> str:
    """The text with the first ``right`` replaced, which must be there."""
    assert right in text, right
    return text.replace(right, wrong, 1)


# --- everything at once ---------------------------------------------------------------------------------------------------

# (right, wrong: stands once in the broken file; path; what was expected; hint)
MISTAKES = [
    ("version: 2,", "version: one,", "policy.version", "a whole number", "digits"),
    ("jurisdiction: [GDPR]", "jurisdiction: [GDPR, GDRP]", "policy.jurisdiction.1", "'GDPR' or 'PIPL'", "one of these words"),
    ("defaults: deny", "defaults: allow", "defaults", "'deny'", "one of these words"),
    ("population: 5000", "population: 0", "domains.customers.population", "≥ 1", "raise it"),
    ("kind: people", "kind: person", "datasets.customers.kind", "'people' or 'events'", "one of these words"),
    ("name: user.name", "name: user.nmae", "datasets.customers.columns.name", "data category", NEAR("user.name")),
    ("type: date}", "type: day}", "datasets.customers.columns.joined_on.type", "'date'", "one of these words"),
    ("product: user", "product: 7 #", "datasets.orders.columns.product", "a mapping", "key: value"),
    ("use: analytics.reporting", "use: analytics.reportng", "purposes.portrait.data_use", "use", NEAR("analytics.reporting")),
    ("GDPR: consent}", "GDPR: consnt}", "purposes.portrait.lawful_basis.GDPR", "lawful basis", "one of: consent"),
    ("group: 20", "group: some", "purposes.portrait.minimum_group", "a whole number", "digits"),
    ("budget: {epsilon: 4", "budget: {epsilon: lots", "purposes.portrait.budget.epsilon", "a number", "such as 0.5"),
    ("retention: P2Y", "retention: two years", "purposes.portrait.retention", "another form", "P1Y"),
    ("roles: [steward]", "roles: [stewart]", "purposes.partner-analytics.roles.0", "a role that", NEAR("steward")),
    ("outputs: [export]", "outputs: [export, exports]", "purposes.partner-analytics.outputs.1", "'export'", "one of these words"),
    (
        "user.contact.email: {pseudonym",
        "user.contact.emial: {pseudonym",
        "purposes.partner-analytics.allow.user.contact.emial",
        "data category",
        NEAR("user.contact.email"),
    ),
    (
        "keep_last: 2",
        "keep_last: 9",
        "purposes.partner-analytics.allow.user.contact.phone_number.mask.keep_last",
        "≤ 8",
        "lower it",
    ),
    (
        "private: scrub",
        "private: scrubb",
        "purposes.partner-analytics.allow.user.content.private",
        "'scrub'",
        "one of these words",
    ),
    ("tags: tags.yaml", "tags: [tags.yaml]", "tags", "text", "quotes"),
    ("releases: releases.yaml", "relases: releases.yaml", "relases", "unknown key", NEAR("releases")),
]  # fmt: skip


def broken() -> str:
    text = RETAIL
    for right, wrong, *_ in MISTAKES:
        text = swapped(right, wrong, text)
    return text


def test_twenty_mistakes_are_told_in_one_go_each_with_file_line_path_expectation_and_hint() -> None:
    text = broken()
    found = {problem.path: problem for problem in problems(text)}
    assert set(found) == {path for _, _, path, _, _ in MISTAKES}
    for _, wrong, path, expected, hint in MISTAKES:
        lines = [number for number, line in enumerate(text.splitlines(), start=1) if wrong in line]
        assert len(lines) == 1, wrong
        problem = found[path]
        assert (problem.file, problem.line) == ("shop.yaml", lines[0]), path
        assert expected in problem.message, path
        assert hint in problem.hint, path


def test_a_column_number_points_at_the_wrong_key_inside_braces() -> None:
    text = swapped("population: 5000", "population: many")
    (problem,) = problems(text)
    line = text.splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith("population: many")


def test_the_command_shows_every_mistake_and_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(broken(), encoding="utf-8")
    assert run(["policy", "check", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"error: {len(MISTAKES)} problems in shop.yaml:" in said.err
    assert "Traceback" not in said.err
    for _, _, dotted, _, _ in MISTAKES:
        assert f": {dotted}: " in said.err
    assert re.search(
        r"^  shop\.yaml:4:22: wrong-kind: policy\.version: expected a whole number \(", said.err, re.MULTILINE
    )


@pytest.mark.parametrize(
    "verb", [["policy", "explain"], ["policy", "use"], ["init", "--keys", "file:keys", "--policy"]]
)
def test_a_broken_policy_stops_every_command_that_reads_one(
    verb: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    if verb == ["policy", "use"]:
        assert run(["init", "--keys", "file:keys"]) == 0
    Path("shop.yaml").write_text(broken(), encoding="utf-8")
    assert run([*verb, "shop.yaml"]) == 2
    said = capsys.readouterr().err
    assert "problems in shop.yaml" in said
    assert "Traceback" not in said
    assert verb[0] != "init" or not Path(".secureprofile").exists()


def test_a_mistake_of_shape_does_not_hide_one_of_meaning() -> None:
    text = swapped("subject: customer_id", "subject: nobody", swapped("version: 2,", "version: one,"))
    assert {problem.path for problem in problems(text)} == {"policy.version", "datasets.customers.subject"}


@pytest.mark.parametrize(
    ("right", "wrong", "path"),
    [
        ("jurisdiction: [GDPR]", "jurisdiction: [GDRP]", "policy.jurisdiction.0"),
        ("outputs: [export]", "outputs: [exports]", "purposes.partner-analytics.outputs.0"),
        ("roles: [steward]", "roles: steward", "purposes.partner-analytics.roles"),
    ],
)
def test_one_mistake_is_one_problem(right: str, wrong: str, path: str) -> None:
    assert [problem.path for problem in problems(swapped(right, wrong))] == [path]


@pytest.mark.parametrize(
    "error", [RuntimeError("a cell"), RecursionError("a cell"), UnicodeError("a cell"), OSError(5, "a cell")]
)
def test_a_fault_of_ours_is_told_in_two_lines_without_its_text(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.delenv("SECUREPROFILE_TRACEBACK", raising=False)
    monkeypatch.setattr("secureprofile.adapters.policies.check_policy", fail)
    assert run(["policy", "check", "retail"]) == 3
    said = capsys.readouterr().err
    assert [line[:6] for line in said.splitlines()] == ["error:", "hint: "]
    assert "Traceback" not in said
    assert "a cell" not in said


# --- words that are nearly right ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "category", ["user.contact.email", "user.name", "user.unique_id", "user.financial.credit_card"]
)
def test_a_misspelt_category_is_refused_with_the_near_one(category: str) -> None:
    wrong = category[:-2] + category[:-3:-1]  # the last two letters turned round
    assert wrong not in DATA_CATEGORIES
    (problem,) = problems(swapped("name: user.name", f"name: {wrong}"))
    assert problem.hint == NEAR(category)


@pytest.mark.parametrize("use", ["marketing.advertising", "essential.fraud_detection", "personalize"])
def test_a_misspelt_use_is_refused_with_the_near_one(use: str) -> None:
    assert use in DATA_USES
    (problem,) = problems(swapped("data_use: analytics.reporting", f"data_use: {use}x"))
    assert problem.hint == NEAR(use)


def test_an_unknown_treatment_is_refused_with_the_list_of_all() -> None:
    (problem,) = problems(swapped("user.name: drop", "user.name: erase"))
    assert all(f"'{word}'" in problem.message for word in TREATMENTS)
    assert "erase" not in str(problem)


def test_a_release_for_an_unknown_purpose_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    from secureprofile.dp.request import load_releases

    text = swapped("purpose: portrait", "purpose: portrayal", (ROOT / "policies/releases.yaml").read_text("utf-8"))
    dictionary = load_tags((ROOT / "policies/tags.yaml").read_text("utf-8"), file="tags.yaml")
    tags = {tag.code: dictionary.attribute(tag.code) for tag in dictionary.tags}
    with pytest.raises(PolicyFileError) as caught:
        load_releases(
            text, file="releases.yaml", policy=parsed(RETAIL).policy, tags=tags, measures=dictionary.public_measures()
        )
    (problem,) = caught.value.problems
    assert problem.path == "releases.customer-portrait.purpose"
    assert "portrait, partner-analytics" in problem.hint
    assert text.splitlines()[problem.line - 1].strip() == "purpose: portrayal"


@pytest.mark.parametrize("law", LAWFUL_BASES)
def test_each_law_knows_its_own_bases_only(law: str) -> None:
    foreign = {basis for bases in LAWFUL_BASES.values() for basis in bases} - set(LAWFUL_BASES[law])
    text = RETAIL.replace("[GDPR]", f"[{law}]").replace("{GDPR: consent}", f"{{{law}: BASIS}}")
    text = text.replace("    country: DE\n", "")  # at home under one law only
    rules = (
        "consent_rules: {separate: [sensitive, disclosure]}\n    pia: {ref: A-1, done: 2026-01-01}\n    retention: P1Y"
    )
    text = swapped("retention: P1Y", rules, text)
    for basis in sorted(foreign):
        for problem in problems(text.replace("BASIS", basis)):
            assert problem.path.endswith(f".lawful_basis.{law}")
            assert all(word in problem.hint for word in LAWFUL_BASES[law])
    for basis in LAWFUL_BASES[law]:
        parsed(text.replace("BASIS", basis))


@pytest.mark.parametrize(
    ("right", "wrong", "hint"),
    [
        ("population: 5000", "populatio: 5000", "population"),
        ("budget: {epsilon", "budget: {epsilom", "epsilon"),
        ("keep_last: 2", "keep_lst: 2", "keep_last"),
        ("account, type: date}", "account, tpye: date}", "type"),
    ],
)
def test_a_misspelt_key_is_refused_with_the_near_key_of_its_own_place(right: str, wrong: str, hint: str) -> None:
    (unknown,) = [problem for problem in problems(swapped(right, wrong)) if problem.message == "unknown key"]
    assert unknown.hint == NEAR(hint)


# --- YAML traps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "Yes", "NO", "True", "y", "1", "'true'"])
def test_only_true_and_false_are_truths(word: str) -> None:
    (problem,) = problems(swapped("retention: P2Y", f"cross_border: {word}\n    retention: P2Y"))
    assert problem.path == "purposes.portrait.cross_border"
    assert problem.code == ("wrong-kind" if word in ("y", "1", "'true'") else "yaml-trap")


DISPUTED = [
    "yes",
    "no",
    "on",
    "off",
    "NO",
    "True",
    "Null",
    "010",
    "08",
    "1:30",
    "12:30:45",
    "0x1F",
    "0o17",
    "1_000",
    ".inf",
    "=",
]


@pytest.mark.parametrize("word", DISPUTED)
def test_what_readers_of_yaml_dispute_is_refused_unless_it_is_quoted(word: str) -> None:
    (problem,) = problems(swapped("owner: data-protection", f"owner: {word}"))
    assert (problem.path, problem.code) == ("policy.owner", "yaml-trap")
    assert word not in problem.message.split()
    assert parsed(swapped("owner: data-protection", f"owner: '{word}'")).policy.policy.owner == word
    with pytest.raises(PolicyFileError):
        read_yaml(f"{word}: 1", file="a.yaml")
    assert read_yaml(f"'{word}': '{word}'", file="a.yaml").value == {word: word}


def test_a_day_is_the_same_to_everybody() -> None:
    assert parsed(swapped("owner: data-protection", "owner: 2026-01-01")).policy.policy.owner == "2026-01-01"


@pytest.mark.parametrize(
    "text", ["a", "a: 1", "- 1\n- x", "7", "1e3", "on", "0777", "1_0", "x: {y: 08}", "- 12:30", "~: 1", "- .5", "- +7"]
)
def test_what_is_read_means_what_everybody_reads(text: str) -> None:
    everybodys(text)


def everybodys(text: str) -> None:
    """What PyYAML's own rules, those of YAML 1.1, make of an accepted text is what we read, but for days, 1e3 and the keys."""
    try:
        ours = read_yaml(text, file="a.yaml").value
    except PolicyFileError:
        return
    theirs = yaml.safe_load(text)

    def same(a: Any, b: Any) -> bool:
        match a:
            case dict():
                return (
                    isinstance(b, dict)
                    and len(a) == len(b)
                    and all(same(x, y) for x, y in zip(a.values(), b.values(), strict=True))
                )
            case list():
                return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
            case Decimal():
                return float(a) == float(b)
            case _:
                return bool(a == b and type(a) is type(b)) or isinstance(b, date)

    assert same(ours, theirs), text


@pytest.mark.parametrize(("word", "never"), [("010", 8), ("1:30", 90), ("0x10", 16), ("0o10", 8), ("0b11", 3)])
def test_a_population_is_never_read_in_another_base(word: str, never: int) -> None:
    try:
        population = parsed(swapped("population: 5000", f"population: {word}")).policy.domains["customers"].population
    except PolicyFileError:
        return
    assert population != never


@pytest.mark.parametrize("right", ["secureprofile: 1", "version: 2", "population: 5000", "minimum_group: 20"])
def test_true_is_not_a_number(right: str) -> None:
    problems(swapped(right, right.rpartition(" ")[0] + " true"))


TRAPS = {
    "a doubled key": (swapped("tags: tags.yaml", "tags: tags.yaml\ntags: other.yaml"), "the same key twice"),
    "a doubled key in braces": (swapped("delta: 1.0e-5}", "delta: 1.0e-5, delta: 0}"), "the same key twice"),
    "a doubled key in other quotes": (swapped("tags: tags.yaml", "tags: a\n'tags': b"), "the same key twice"),
    "an anchor": (swapped("owner: data", "owner: &who data"), "anchors and aliases"),
    "an alias": (swapped("owner: data-protection", "owner: *who"), "anchors and aliases"),
    "a merge key": (swapped("policy: {", "policy: {<<: {id: other}, "), "merge keys are not allowed"),
    "a tag": (swapped("owner: data", "owner: !!str data"), "tags are not allowed"),
    "a tag of Python": (swapped("owner: data-protection", "owner: !!python/name:os.system x"), "tags are not allowed"),
    "a tab": (swapped("  customers:", "\tcustomers:"), "a tab, which"),
    "two documents": (f"{RETAIL}---\n{RETAIL}", "a second document"),
    "a second empty document": (f"{RETAIL}---\n", "a second document"),
    "an open bracket": (swapped("[GDPR]", "[GDPR"), "not YAML"),
    "an open quote": (swapped("owner: data", 'owner: "data'), "not YAML"),
    "a list": ("- secureprofile: 1\n", "expected a mapping"),
    "a word": ("policy\n", "expected a mapping"),
    "nothing": ("", "expected a mapping"),
    "blank lines": ("\n\n   \n", "expected a mapping"),
    "comments alone": ("# later\n", "expected a mapping"),
    "nothing but a mark": ("---\n", "expected a mapping"),
    "null": ("null\n", "expected a mapping"),
    "braces without end": ("a: " + "{a: " * 100_000, "nested deeper"),
    "lists in lists": ("- " * 2_000 + "a", "nested deeper"),
    "one level too deep": ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested deeper"),
    "a control character": (swapped("owner: data", "owner: \x07data"), "cannot be written"),
    "another YAML": (f"%YAML 2.0\n---\n{RETAIL}", "not YAML"),
    "a key that is a list": ("? [a]\n: b\n", "a key must be plain text"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_refused_in_our_words(trap: str) -> None:
    text, message = TRAPS[trap]
    found = problems(text)
    assert message in found[0].message
    for problem in found:
        assert problem.hint
        assert 1 <= problem.line <= text.count("\n") + 1
        assert "Traceback" not in str(problem)
        assert "yaml." not in str(problem)


def test_several_traps_are_told_together() -> None:
    text = swapped("owner: data", "owner: !x data", swapped("id: retail", "id: &a retail"))
    assert [problem.message.split()[0] for problem in problems(text)] == ["anchors", "tags"]


@pytest.mark.parametrize(
    "data",
    [bytes(range(256)), b"\xff\xfe" + RETAIL.encode("utf-16-le"), b"PK\x03\x04" + bytes(99), "策略".encode("gbk")],
)
def test_a_binary_file_is_no_policy(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_bytes(data)
    with pytest.raises(SecureProfileError) as caught:
        load_policy(str(path))
    assert isinstance(caught.value, InputError | PolicyFileError)
    assert caught.value.hint


@pytest.mark.parametrize("name", [".", "missing.yaml", "a/b/c.yaml", "x" * 5000])
def test_what_cannot_be_opened_is_told_with_the_ready_names(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_policy(str(tmp_path / name))
    assert all(ready in caught.value.hint for ready in READY)


@pytest.mark.parametrize("same", [f"\ufeff{RETAIL}", RETAIL.replace("\n", "\r\n"), f"%YAML 1.2\n---\n{RETAIL}...\n"])
def test_marks_and_line_ends_of_other_machines_change_nothing(same: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_bytes(same.encode())
    for name in ("tags.yaml", "releases.yaml"):
        (tmp_path / name).write_bytes((ROOT / "policies" / name).read_bytes())
    assert load_policy(str(path)).policy == load_policy("retail").policy


@pytest.mark.parametrize("name", ["../tags.yaml", "/etc/hostname", "sub/tags.yaml", "..", ".", "''", "x" * 5000])
def test_a_sibling_is_beside_the_policy_or_refused(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "sub").mkdir(parents=True)
    for place in (tmp_path, folder / "sub"):
        (place / "tags.yaml").write_bytes((ROOT / "policies/tags.yaml").read_bytes())
    (folder / "releases.yaml").write_bytes((ROOT / "policies/releases.yaml").read_bytes())
    (folder / "shop.yaml").write_text(swapped("tags: tags.yaml", f"tags: {name}"), encoding="utf-8")
    with pytest.raises(PolicyFileError, match="not beside the policy") as caught:
        load_policy(str(folder / "shop.yaml"))
    assert [problem.path for problem in caught.value.problems] == ["tags"]


@pytest.mark.parametrize("name", [r'"a\0b.yaml"', r'"\uD800"'])
def test_a_siblings_name_that_no_file_can_have_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(swapped("tags: tags.yaml", f"tags: {name}"), encoding="utf-8")
    with pytest.raises(PolicyFileError):
        load_policy(str(path))


@pytest.mark.parametrize(
    "value",
    ["9" * 5000, "1e99999999999999999999", "1e-99999999999999999999", r'"\U00110000"', r'"\UFFFFFFFF"'],
    ids=["5000 digits", "huge exponent", "tiny exponent", "beyond Unicode", "far beyond Unicode"],
)
def test_a_scalar_beyond_every_limit_is_read_or_refused(value: str) -> None:
    with suppress(PolicyFileError):
        read_yaml(f"a: {value}", file="shop.yaml")


def test_half_a_character_as_a_columns_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(swapped("      name: user.name", r'      "\uD800": user.name'), encoding="utf-8")
    for name in ("tags.yaml", "releases.yaml"):
        (tmp_path / name).write_bytes((ROOT / "policies" / name).read_bytes())
    with pytest.raises(PolicyFileError):
        load_policy(str(path))


# --- what a policy may not say ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("category", ["user.government_id", "user.government_id.national_identification_number"])
def test_an_export_may_not_keep_sensitive_data(category: str) -> None:
    number = "user.government_id.national_identification_number"
    (problem,) = problems(swapped(f"{number}: {{pseudonym: {{type: cnid}}}}", f"{category}: keep"))
    assert problem.path == f"purposes.partner-analytics.allow.{category}"
    assert "sensitive" in problem.message


def test_an_export_may_not_keep_sensitive_data_under_a_wider_word() -> None:
    number = "user.government_id.national_identification_number"
    (problem,) = problems(swapped(f"{number}: {{pseudonym: {{type: cnid}}}}", "user: keep"))
    assert "sensitive" in problem.message


@pytest.mark.parametrize(("named", "hidden"), [("drop", "keep"), ("mask", "keep"), ("keep", "drop")])
def test_a_treatment_is_the_one_that_the_rule_names(named: str, hidden: str) -> None:
    text = swapped("user.name: drop", f"user.name: {{{named}: {{kind: {hidden}}}}}")
    try:
        treatment = parsed(text).policy.treatment("partner-analytics", "user.name")
    except PolicyFileError:
        return
    assert treatment is not None
    assert treatment.kind == named


# --- whatever happens to a file -------------------------------------------------------------------------------------------

JUNK: dict[str, Any] = {
    "a number": 7, "true": True, "null": None, "an empty list": [], "an empty mapping": {}, "a word": "x",
    "a list of lists": [[1], {}], "a mapping of mappings": {"a": {"b": [None]}},
}  # fmt: skip


SMALL = """
policy: {id: small, version: 1, owner: us, jurisdiction: [GDPR]}
defaults: deny
roles: {analyst: [creator]}
domains: {people: {unit: person, population: 100, epsilon: 1}}
datasets:
  people:
    domain: people
    subject: id
    files: [people.csv]
    columns:
      id: user.unique_id
      born: {category: user.demographic.date_of_birth, type: date, formats: ["%Y"]}
purposes:
  count:
    data_use: analytics
    lawful_basis: {GDPR: contract}
    roles: [analyst]
    outputs: [release]
    consent: not-required
    budget: {epsilon: 1}
    retention: P1Y
    allow:
      user.unique_id: drop
      user.demographic: {generalize: {to: prefix, prefix: 3}}
tags: tags.yaml
"""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value, down to the leaves."""
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


def small() -> dict[str, Any]:
    """A policy with one thing of each form, so that every place can be tried."""
    raw: dict[str, Any] = yaml.load(SMALL, Loader=yaml.BaseLoader)  # text as it is written
    return {**raw, "secureprofile": 1}


def test_the_small_policy_itself_is_whole() -> None:
    parsed(yaml.safe_dump(small(), allow_unicode=True))


@pytest.mark.parametrize("junk", JUNK)
def test_a_value_of_another_kind_in_any_place_is_read_or_refused(junk: str) -> None:
    for path in list(places(small()))[1:]:
        raw = copy.deepcopy(small())
        inner: Any = raw
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = JUNK[junk]
        tell(yaml.safe_dump(raw, allow_unicode=True), note=f"{path} is {junk}")


def refusal(text: str, note: str) -> tuple[Problem, ...]:
    """What is wrong by the parser, which must not fail in any other way."""
    try:
        parsed(text)
    except PolicyFileError as error:
        return error.problems
    except Exception as error:
        raise AssertionError(f"{type(error).__name__}, not PolicyFileError: {note or text}") from error
    return ()


def tell(text: str, note: str = "") -> None:
    """Parse; whatever is refused is refused in our words, with its place and a hint."""
    for problem in refusal(text, note):
        assert problem.file == "shop.yaml"
        assert problem.path
        assert problem.message
        assert problem.hint, str(problem)
        assert problem.line >= 1
        assert problem.column >= 1
        assert "Traceback" not in str(problem)


CHARACTERS = st.one_of(
    st.sampled_from("\t\n\r :-,#[]{}'\"&*!|>%@`?~\\0_.eE\x00\x85\u2028\ufeff画"), st.characters(codec="utf-8")
)
PLACES = st.integers(min_value=0, max_value=10_000)
CHANGES = st.lists(
    st.tuples(st.sampled_from(["delete", "double", "replace"]), st.sampled_from(["line", "character"]), PLACES, PLACES, CHARACTERS),
    min_size=1,
    max_size=4,
)  # fmt: skip


def changed(text: str, how: str, unit: str, place: int, other: int, character: str) -> str:
    parts = text.splitlines(keepends=True) if unit == "line" else list(text)
    if not parts:
        return character
    place %= len(parts)
    match how:
        case "delete":
            del parts[place]
        case "double":
            parts.insert(other % len(parts), parts[place])
        case _:
            parts[place] = parts[other % len(parts)] if unit == "line" else character
    return "".join(parts)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(READY), changes=CHANGES)
@example(name="retail", changes=[("delete", "line", 0, 0, " ")])
def test_any_change_of_lines_and_characters_is_read_or_refused(name: str, changes: list[Any]) -> None:
    text = TEXTS[name]
    for change in changes:
        text = changed(text, *change)
    tell(text)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_at_all_is_read_or_refused(text: str) -> None:
    tell(text)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(READY), share=st.floats(min_value=0, max_value=1))
def test_a_file_cut_short_is_read_or_refused(name: str, share: float) -> None:
    tell(TEXTS[name][: int(share * len(TEXTS[name]))])
