"""Treatments in a policy: what makes no sense is told with its place and a hint, and the schema takes what the parser takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from secureprofile.errors import PolicyFileError
from secureprofile.policy.decide import reveal_columns
from secureprofile.policy.parse import json_schema, parse_policy
from secureprofile.policy.strength import compare
from secureprofile.policy.treatments import ALL, KINDS, PARAMETERS, Scrub, describe
from tests.flows.treated import POLICY


def problems(text: str) -> dict[str, tuple[int, str, str]]:
    with pytest.raises(PolicyFileError) as caught:
        parse_policy(text, file="p.yaml", siblings=lambda name: None)
    return {problem.path: (problem.line, problem.message, problem.hint) for problem in caught.value.problems}


def with_treatment(category: str, treatment: str) -> str:
    """The policy that uses everything, with one more rule at the end of its export."""
    return POLICY.replace("  casework:\n", f"      {category}: {treatment}\n  casework:\n", 1)


BEHAVIOUR, PHONE, MAIL, NAME = (
    "user.behavior.search_history",
    "user.contact.fax_number",
    "user.social",
    "user.name.first",
)
SENSE = [
    (BEHAVIOUR, "{generalize: {to: step}}", "`step` belongs", "step: 10"),
    (BEHAVIOUR, "{generalize: {to: year, step: 3}}", "`step` belongs", "to: step"),
    (BEHAVIOUR, "{generalize: {to: band}}", "`edges` belongs", "edges: ["),
    (BEHAVIOUR, "{generalize: {to: band, edges: [10, 10]}}", "must rise", "[18"),
    (BEHAVIOUR, "{generalize: {to: year, as_of: 2026-01-01}}", "`as_of` belongs", "age_band"),
    ("user.demographic.age_range", "{generalize: {to: age_band}}", "is for user.demographic.date_of_birth", "band"),
    (BEHAVIOUR, "{generalize: {to: network}}", "is for user.device.ip_address", "drop"),
    (BEHAVIOUR, "{generalize: {to: region}}", "is for user.contact.address", "drop"),
    (BEHAVIOUR, "{generalize: {to: domain}}", "is for user.contact.email", "drop"),
    (PHONE, "{generalize: {to: year}}", "is for dates", "mask"),
    (PHONE, "{generalize: {to: step, step: 10}}", "is for numbers", "mask"),
    (PHONE, "{top_bottom: {low: 1}}", "is no number", "pseudonym"),
    (PHONE, "{date_shift: {days: 3}}", "is no date", "pseudonym"),
    (BEHAVIOUR, "top_bottom", "no bound", "low: 0"),
    (PHONE, "{noise: {sd: 3}}", "is no number", "pseudonym"),
    (BEHAVIOUR, "{noise: {sd: 3, low: 5, high: 5}}", "must be below", "low: 0"),
    (BEHAVIOUR, "{noise: {sd: 3, step: 0.00001}}", "at most four decimals", "0.01"),
    (BEHAVIOUR, "{noise: {sd: 3, step: 100}}", "half a step", "sd: 100"),
    (BEHAVIOUR, "{noise: {sd: 3, high: 1e12}}", "10¹²", "low: 0"),
    (BEHAVIOUR, "{top_bottom: {low: 3, high: 3}}", "must be below", "low: 0"),
    (MAIL, "replace", "there is no fake for user.social", "pseudonym"),
    ("user.government_id.passport_number", "replace", "there is no fake", "fpe, or pseudonym"),
    (NAME, "{replace: {region: GB}}", "`region` belongs to phone", "remove region"),
    (NAME, "fpe", "is not spelled in digits", "encrypt, or replace"),
    (PHONE, "{fpe: {check: cn-resident-id}}", "no resident identity", "check: none"),
    (PHONE, "{fpe: {check: luhn, alphabet: alphanumeric}}", "needs `alphabet: digits`", "remove alphabet"),
    ("user.government_id.immigration", "{fpe: {check: cn-resident-id, keep_first: 2}}", "province stays", "keep_first"),
    (PHONE, '{mask: {pattern: "####"}}', "hides nothing", "hides one"),
    (PHONE, '{mask: {pattern: "##**", keep_last: 2}}', "says already", "remove"),
    (PHONE, "reveal", "only a purpose with the output reveal", "outputs: [reveal]"),
]  # fmt: skip


@pytest.mark.parametrize(("category", "treatment", "message", "hint"), SENSE)
def test_nonsense_is_told_where_it_stands(category: str, treatment: str, message: str, hint: str) -> None:
    text = with_treatment(category, treatment)
    found = problems(text)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if f"{category}: {treatment}" in row)
    path = f"purposes.share.allow.{category}"
    assert found[path][0] == line
    assert message in found[path][1]
    assert hint in found[path][2]
    assert set(found) == {path}


SHAPE = [
    ("{encrypt: {type: E-Mail}}", "encrypt.type", "another form", "a–z"),
    ("{mask: {pattern: 12}}", "mask.pattern", "text", "quotes"),
    ('{mask: {pattern: "xx"}}', "mask.pattern", "another form", "hides one"),
    ("{fpe: {alphabet: hex}}", "fpe.alphabet", "'digits' or 'alphanumeric'", "these words"),
    ("{fpe: {keep_first: 9}}", "fpe.keep_first", "≤ 8", "lower"),
    ("{noise: {sd: 0}}", "noise.sd", "> 0", "raise"),
    ("{date_shift: {days: 0}}", "date_shift.days", "≥ 1", "raise"),
    ("date_shift", "", "missing key `days`", "days"),
    ("{date_shift: {day: 3}}", "date_shift.day", "unknown key", "days"),
    ("{generalize: {to: age_band, as_of: 2026}}", "generalize.as_of", "text", "quotes"),
    ("{generalize: {to: age_band, as_of: 2026-13-01}}", "", "not a day", "2026-01-31"),
    ("{generalize: {to: band, edges: 3}}", "generalize.edges", "a list", "[one, two]"),
    ("{generalize: {to: band, edges: []}}", "generalize.edges", "too short", "write one"),
    ("{top_bottom: {low: much}}", "top_bottom.low", "a number", "digits"),
    ("{replace: {locale: klingon}}", "replace.locale", "'auto', 'en'", "these words"),
    ("{blur: {}}", "", "'keep', 'drop'", "these words"),
    ("3", "", "a treatment", "keep, drop, pseudonym, encrypt, token"),
]


@pytest.mark.parametrize(("treatment", "step", "message", "hint"), SHAPE)
def test_every_parameter_is_checked(treatment: str, step: str, message: str, hint: str) -> None:
    found = problems(POLICY.replace("{generalize: {to: age_band, as_of: 2026-11-01}}", treatment))
    told = [
        value for path, value in found.items() if path.startswith("purposes.share.allow.user.demographic.date_of_birth")
    ]
    paths = [path for path in found if path.endswith(step)]
    assert paths, found
    assert any(message in text and hint in help_ for _, text, help_ in told), told


def test_an_unknown_parameter_names_the_nearest_known_one() -> None:
    found = problems(with_treatment(PHONE, "{fpe: {keep_fist: 2}}"))
    assert found[f"purposes.share.allow.{PHONE}.fpe.keep_fist"][2] == "did you mean keep_first?"


MAILING = "reveals: [share]\n    retention: P30D\n    allow: {user.contact.email: reveal}"
CASE = "data_use: essential.fraud_detection\n    lawful_basis: {GDPR: "
REVEALS = [
    ("    " + MAILING, MAILING.replace("reveals: [share]", "  "), "mailing", "missing key"),
    (
        "outputs: [reveal]\n    " + MAILING,
        "outputs: [reveal, export]\n    " + MAILING,
        "mailing.outputs",
        "stands alone",
    ),
    ("user.unique_id: reveal", "user.name: reveal", "casework.allow.user.name", "none of share encrypts"),
    ("user.unique_id: reveal", "user.unique_id: keep", "casework.allow.user.unique_id", "no other treatment"),
    ("reveals: [share]", "reveals: [mailing]", "casework.reveals.0", "not a purpose that exports"),
    (
        "outputs: [export]",
        "outputs: [export]\n    reveals: [share]",
        "share.reveals",
        "only a purpose with the output reveal",
    ),
    (
        CASE + "legal-obligation}\n    consent: not-",
        CASE + "consent}\n    consent: ",
        "casework.consent",
        "consent cannot be asked",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "path", "message"), REVEALS)
def test_a_purpose_that_reveals_does_only_that(right: str, wrong: str, path: str, message: str) -> None:
    assert right in POLICY
    found = problems(POLICY.replace(right, wrong))
    assert message in found[f"purposes.{path}"][1]
    assert found[f"purposes.{path}"][2]


def test_shifted_columns_are_dates() -> None:
    found = problems(POLICY.replace("seen: {category: user.telemetry, type: timestamp}", "seen: user.telemetry"))
    assert "not read as a date" in found["purposes.share.allow.user.telemetry"][1]


# --- the schema, read by a small validator of its own --------------------------------------------------------------------


def fits(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    if "$ref" in schema:
        return fits(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "anyOf" in schema:
        return any(fits(value, one, root) for one in schema["anyOf"])
    if "const" in schema:
        return bool(value == schema["const"])
    if "enum" in schema:
        return value in schema["enum"]
    match schema.get("type"):
        case "object":
            known = schema.get("properties", {})
            return (
                isinstance(value, dict)
                and set(schema.get("required", ())) <= set(value)
                and (schema.get("additionalProperties", True) is not False or set(value) <= set(known))
                and all(fits(item, known[name], root) for name, item in value.items() if name in known)
            )
        case "array":
            return isinstance(value, list) and all(fits(item, schema["items"], root) for item in value)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and schema.get("minimum", value) <= value <= schema.get("maximum", value)
        case "number":
            return isinstance(value, int | float)
        case "string":
            return isinstance(value, str)
        case "null":
            return value is None
    return not schema.get("type")


RIGHT = ["drop", "replace", "token", {"encrypt": {"type": "mail"}}, {"fpe": {"check": "luhn"}}, {"mask": {"pattern": "##**"}},
         {"date_shift": {"days": 3}},
         {"kind": "generalize", "to": "band", "edges": [1, 2]}, {"top_bottom": {"low": 1}}, {"generalize": {"to": "network"}},
         {"noise": {"sd": 0.5, "step": 0.01}}, "scrub", {"scrub": {"nicknames": True}}, "reveal"]  # fmt: skip
WRONG = ["blur", "date_shift", "noise", {"encrypt": {"tipe": "x"}}, {"fpe": {"check": "verhoeff"}}, {"fpe": {"keep_first": 99}}, {"generalize": {}},
         {"kind": "date_shift"}, 3, {"scrub": {"nicknames": "yes"}}, {"scrub": {"nickname": True}},
         {"drop": {}, "keep": {}}]  # fmt: skip


def test_the_schema_takes_the_spellings_that_people_use() -> None:
    root = json.loads(json_schema())
    allow = root["$defs"]["Purpose"]["properties"]["allow"]["additionalProperties"]
    assert [value for value in RIGHT if not fits(value, allow, root)] == []
    assert [value for value in WRONG if fits(value, allow, root)] == []


def test_treatments_are_listed_once_and_described() -> None:
    assert len(set(KINDS)) == len(ALL) == len(PARAMETERS) == 14
    policy = parse_policy(POLICY, file="p.yaml", siblings=lambda name: None).policy
    shown = {category: describe(treatment) for category, treatment in policy.purposes["share"].allow.items()}
    assert shown["user.contact.phone_number"] == "mask {pattern: ###****####}"
    assert shown["user.behavior"] == "generalize {to: band, edges: [1, 10]}"
    assert shown["user.name"] == "replace"
    assert (describe(Scrub()), describe(Scrub(nicknames=True))) == ("scrub", "scrub {nicknames: true}")
    assert (compare(Scrub(), Scrub(nicknames=True)), compare(Scrub(nicknames=True), Scrub())) == ("stronger", "weaker")


def test_columns_outside_the_revealing_purpose_stay() -> None:
    policy = parse_policy(POLICY, file="p.yaml", siblings=lambda name: None).policy
    plans = reveal_columns(
        policy, dataset="people", purpose="mailing", exported_for="share", header=["person", "mail", "born"]
    )
    assert [plan.treatment.kind for plan in plans] == ["keep", "encrypt", "keep"]
