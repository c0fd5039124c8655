"""The JSON schema that editors use: it says what the parser accepts, no less and no more."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, get_args

import pytest

from secureprofile.adapters.policies import READY
from secureprofile.cli.main import run
from secureprofile.errors import PolicyFileError
from secureprofile.policy import model
from secureprofile.policy.descriptions import KEYS
from secureprofile.policy.document import read_yaml
from secureprofile.policy.parse import json_schema, parse_policy
from secureprofile.vocabulary import DATA_CATEGORIES, DATA_USES, LAWFUL_BASES
from tests.conftest import ROOT

SCHEMA: dict[str, Any] = json.loads(json_schema())
PARTS: dict[str, Any] = SCHEMA["$defs"]
RETAIL = (ROOT / "policies" / "retail.yaml").read_text(encoding="utf-8")
TREATMENTS = {
    "keep",
    "drop",
    "pseudonym",
    "encrypt",
    "token",
    "fpe",
    "mask",
    "replace",
    "generalize",
    "date_shift",
    "top_bottom",
    "noise",
    "scrub",
    "reveal",
}
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, Decimal), "null": type(None)}  # fmt: skip


def words(part: Any) -> set[str]:
    """Every word that ``enum`` or ``const`` names anywhere below."""
    if isinstance(part, list):
        return set().union(*map(words, part))
    if not isinstance(part, dict):
        return set()
    own = {*part.get("enum", ()), *([part["const"]] if "const" in part else ())}
    return own.union(*(words(value) for value in part.values()))


def mistakes(value: Any, part: dict[str, Any], place: str = "(file)") -> list[str]:
    """Where a value breaks the schema, by the few keywords that the schema uses."""
    if "$ref" in part:
        return mistakes(value, PARTS[part["$ref"].rpartition("/")[2]], place)
    for key in ("anyOf", "oneOf"):
        if key in part and all(mistakes(value, option, place) for option in part[key]):
            return [f"{place}: fits no option"]
    if "const" in part and value != part["const"]:
        return [f"{place}: not the constant"]
    if "enum" in part and value not in part["enum"]:
        return [f"{place}: not one of the words"]
    kind = part.get("type")
    if kind and (not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{place}: not {kind}"]
    if isinstance(value, str) and not re.search(part.get("pattern", ""), value):
        return [f"{place}: breaks the pattern"]
    found = []
    if isinstance(value, dict):
        found += [f"{place}.{key}: missing" for key in part.get("required", ()) if key not in value]
        for key, item in value.items():
            patterns = [
                inner for pattern, inner in part.get("patternProperties", {}).items() if re.search(pattern, key)
            ]
            inner = part.get("properties", {}).get(key, *(patterns or [part.get("additionalProperties", True)]))
            if inner is False:
                found.append(f"{place}.{key}: unknown")
            elif isinstance(inner, dict):
                found += mistakes(item, inner, f"{place}.{key}")
    if isinstance(value, list):
        for item in value:
            found += mistakes(item, part.get("items", {}), f"{place}[]")
    return found


def test_the_command_prints_the_schema_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "schema"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == SCHEMA
    assert said.err == ""
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["type"] == "object"


def test_every_reference_points_at_a_part_and_every_part_is_used() -> None:
    references = set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', json_schema()))
    assert references == set(PARTS)


def test_every_mapping_is_closed() -> None:
    for name, part in {"(file)": SCHEMA, **PARTS}.items():
        assert part["type"] == "object", name
        assert part["additionalProperties"] is False, name
        assert part["description"], name


def test_the_keys_of_the_file_are_those_that_the_parser_accepts() -> None:
    assert set(SCHEMA["properties"]) == set(model.Policy.model_fields)
    present = set(re.findall(r"^([a-z]+):", RETAIL, re.MULTILINE))
    assert present == set(SCHEMA["properties"]) - {"anonymity", "authentication", "staff", "signals"}
    assert set(SCHEMA["required"]) == present - {"tags", "releases", "recipients", "tests"}


@pytest.mark.parametrize("key", sorted(SCHEMA["required"]))
def test_what_the_schema_requires_the_parser_requires(key: str) -> None:
    text = re.sub(rf"^{key}:.*\n(?:(?:[ #].*)?\n)*", "", RETAIL, flags=re.MULTILINE)
    assert text != RETAIL
    with pytest.raises(PolicyFileError) as caught:
        parse_policy(text, file="p.yaml", siblings=lambda name: b"")
    assert f"missing key `{key}`" in {problem.message for problem in caught.value.problems}


@pytest.mark.parametrize("key", ["tags", "releases"])
def test_what_the_schema_lets_out_the_parser_lets_out(key: str) -> None:
    parse_policy(RETAIL.replace(f"\n{key}: {key}.yaml", ""), file="p.yaml", siblings=lambda name: b"")


@pytest.mark.parametrize("part", sorted(PARTS))
def test_each_part_has_the_keys_of_its_model(part: str) -> None:
    assert set(PARTS[part]["properties"]) == set(getattr(model, part).model_fields)


def stands_alone(kind: str) -> bool:
    """Whether the parser takes the treatment as one word."""
    text = RETAIL.replace("user.content.private: scrub", f"user.content.private: {kind}")
    try:
        parse_policy(text, file="p.yaml", siblings=lambda name: b"")
    except PolicyFileError as error:
        return not any("missing key" in problem.message for problem in error.problems)
    return True


def test_the_treatments_are_all_there_by_name() -> None:
    vocabulary = DATA_CATEGORIES | DATA_USES | {basis for known in LAWFUL_BASES.values() for basis in known}
    own = (
        words({key: part for key, part in PARTS["Purpose"]["properties"].items() if key not in ("allow", "accesses")})
        - vocabulary
    )
    outputs, residue = {"store", "export", "release", "reveal"}, {"fail", "redact"}
    assert own == {"GDPR", "PIPL", "required", "not-required", *outputs, *residue}
    options = PARTS["Purpose"]["properties"]["allow"]["additionalProperties"]["anyOf"]
    alone = {option["const"] for option in options if "const" in option}
    mappings = [option for option in options if option.get("type") == "object"]
    short = {key for option in mappings if "kind" not in option["properties"] for key in option["properties"]}
    long = {option["properties"]["kind"]["const"] for option in mappings if "kind" in option["properties"]}
    union = get_args(get_args(model.Treatment)[0])
    kinds = {option.model_fields["kind"].default for option in union}
    assert kinds == TREATMENTS
    assert short == long == kinds
    assert alone == {kind for kind in kinds if stands_alone(kind)}
    for option in union:
        kind = option.model_fields["kind"].default
        (spelled,) = [o for o in mappings if o["properties"].get("kind", {}).get("const") == kind]
        assert set(spelled["properties"]) == set(option.model_fields)


def numbers(part: Any) -> list[dict[str, Any]]:
    """Every part below that says how a number is spelled."""
    if isinstance(part, list):
        return [found for item in part for found in numbers(item)]
    if not isinstance(part, dict):
        return []
    own = [part] if part.get("type") in ("integer", "number") else []
    return own + [found for item in part.values() for found in numbers(item)]


def test_bounds_are_spelled_as_editors_read_them() -> None:
    found = numbers(SCHEMA)
    assert sum("minimum" in part or "exclusiveMinimum" in part for part in found) > 10
    assert [part for part in found if {"ge", "gt", "le", "lt"} & set(part)] == []


def test_the_laws_are_those_of_the_vocabulary() -> None:
    assert set(PARTS["Purpose"]["properties"]["lawful_basis"]["propertyNames"]["enum"]) == set(LAWFUL_BASES)
    assert set(PARTS["About"]["properties"]["jurisdiction"]["items"]["enum"]) == set(LAWFUL_BASES)


def test_the_lawful_bases_are_those_of_the_vocabulary() -> None:
    bases = {basis for known in LAWFUL_BASES.values() for basis in known}
    assert bases <= words(PARTS["Purpose"]["properties"]["lawful_basis"])


@pytest.mark.parametrize("name", READY)
def test_each_ready_policy_is_right_by_the_schema(name: str) -> None:
    document = read_yaml((ROOT / "policies" / f"{name}.yaml").read_text(encoding="utf-8"), file=f"{name}.yaml")
    assert mistakes(document.value, SCHEMA)[:5] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("defaults: deny", "defaults: allow"),
        ("consent: required", "consent: asked"),
        ("outputs: [export]", "outputs: [email]"),
        ("population: 5000", "population: many"),
        ("kind: people", "kind: persons"),
        ("retention: P2Y", "retention: 2 years"),
        ("tags: tags.yaml", "tag: tags.yaml"),
        ("jurisdiction: [GDPR]", "jurisdiction: GDPR"),
    ],
)
def test_what_the_schema_refuses_the_parser_refuses(right: str, wrong: str) -> None:
    assert right in RETAIL
    text = RETAIL.replace(right, wrong)
    before = set(mistakes(read_yaml(RETAIL, file="p.yaml").value, SCHEMA))
    assert set(mistakes(read_yaml(text, file="p.yaml").value, SCHEMA)) - before
    with pytest.raises(PolicyFileError):
        parse_policy(text, file="p.yaml", siblings=lambda name: b"")


def test_every_key_has_a_sentence_that_editors_show() -> None:
    own = {"Policy": SCHEMA, **{name: part for name, part in PARTS.items() if name in KEYS}}
    assert own.keys() == KEYS.keys()
    for name, part in own.items():
        assert KEYS[name].keys() <= part["properties"].keys()
        undescribed = {key for key, body in part["properties"].items() if not body.get("description")}
        assert undescribed <= ({"accesses"} if name == "Purpose" else set()), (
            name
        )  # told by the part that it belongs to
        assert all(sentence.endswith(".") for sentence in KEYS[name].values())


def test_a_case_and_its_expectation_are_completed_too() -> None:
    assert set(PARTS["Expect"]["properties"]["decision"]["enum"]) == {"allow", "deny", "aggregate-only"}
    treatment = PARTS["Expect"]["properties"]["treatment"]
    assert words(treatment) >= TREATMENTS
