"""The section ``anonymity``: every spelling means the same to parser and schema, nonsense is told in its place, its files are hashed."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from secureprofile.errors import PolicyFileError
from secureprofile.policy.anonymity import Anonymity
from secureprofile.policy.anonymous import tree_rows
from secureprofile.policy.document import read_yaml
from secureprofile.policy.parse import json_schema, parse_policy
from tests.conftest import ROOT
from tests.policy.test_schema import PARTS, SCHEMA, mistakes

RETAIL = (ROOT / "policies" / "retail.yaml").read_text(encoding="utf-8")
HEAD = """
anonymity:
  customers:
    k: 5
"""
QUASI = "    quasi_identifiers: {city: places, gender: suppress}\n"


def problems(
    section: str, *, text: str = RETAIL, siblings: Callable[[str], bytes | None] = lambda name: b""
) -> dict[str, tuple[int, str, str]]:
    with pytest.raises(PolicyFileError) as caught:
        parse_policy(text + section, file="p.yaml", siblings=siblings)
    assert all(problem.hint for problem in caught.value.problems)
    return {problem.path: (problem.line, problem.message, problem.hint) for problem in caught.value.problems}


def parsed(section: str) -> Anonymity:
    loaded = parse_policy(RETAIL + section, file="p.yaml", siblings=lambda name: b"")
    return loaded.policy.anonymity["customers"]


# --- spelling -------------------------------------------------------------------------------------------------------------

SPELLINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "word": ("suppress", {"kind": "suppress"}),
    "places": ("places", {"kind": "places"}),
    "dates": ("dates", {"kind": "dates", "levels": ("month", "quarter", "year", "decade")}),
    "file": ("city.csv", {"kind": "file", "file": "city.csv"}),
    "file-long": ("{file: city.csv}", {"kind": "file", "file": "city.csv"}),
    "file-with-a-kind": ("{kind: file, file: suppress}", {"kind": "file", "file": "suppress"}),
    "tree": ("{tree: {North: [Leeds, York], South: {Coast: [Hove]}}}", {"kind": "tree", "tree": {"North": ["Leeds", "York"],
             "South": {"Coast": ["Hove"]}}}),
    "bands": ("{bands: {width: 5, high: 90}}", {"kind": "bands", "width": Decimal(5), "high": Decimal(90), "levels": 4, "factor": 2}),
    "bands-short": ("{bands: 0.5}", {"kind": "bands", "width": Decimal("0.5"), "low": None}),
    "dates-long": ("{dates: {levels: [week]}}", {"kind": "dates", "levels": ("week",)}),
    "dates-short": ("{dates: [month, year]}", {"kind": "dates", "levels": ("month", "year")}),
    "prefix": ("{prefix: {lengths: [4, 2]}}", {"kind": "prefix", "lengths": (4, 2)}),
    "prefix-short": ("{prefix: [4, 2]}", {"kind": "prefix", "lengths": (4, 2)}),
    "order": ("{order: {values: [low, high], size: 3}}", {"kind": "order", "values": ("low", "high"), "size": 3}),
    "order-short": ("{order: [low, high]}", {"kind": "order", "values": ("low", "high"), "size": 2}),
    "frequency": ("{frequency: {keep: [a, b], other: rest}}", {"kind": "frequency", "keep": ("a", "b"), "other": "rest"}),
    "frequency-short": ("{frequency: [a, b]}", {"kind": "frequency", "keep": ("a", "b"), "other": "other"}),
    "kind": ("{kind: bands, width: 5}", {"kind": "bands", "width": Decimal(5)}),
}  # fmt: skip


@pytest.mark.parametrize("weight", [False, True], ids=["bare", "weighted"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_parser_and_schema_take_every_spelling(name: str, weight: bool) -> None:
    spelled, meant = SPELLINGS[name]
    section = f"{HEAD}    quasi_identifiers: {{city: {f'{{by: {spelled}, weight: 3}}' if weight else spelled}}}\n"
    quasi = parsed(section).quasi_identifiers["city"]
    found = quasi.by.model_dump()
    assert {key: found[key] for key in meant} == meant
    assert quasi.weight == (3 if weight else 1)
    document = read_yaml(RETAIL + section, file="p.yaml").value
    assert mistakes(document, SCHEMA)[:3] == []
    again = Anonymity.model_validate(parsed(section).model_dump())
    assert again == parsed(section)


MISSPELT = {
    "unknown-way": ("{bnds: 5}", "", "expected 'file'"),
    "number": ("7", "", "expected a way to generalise"),
    "unknown-key": ("{bands: {widht: 5}}", ".bands.widht", "unknown key"),
    "missing-key": ("{bands: {low: 5}}", ".bands", "missing key `width`"),
    "too-small": ("{bands: {width: 0}}", ".bands.width", "> 0"),
    "too-long": ("{prefix: [40]}", ".prefix.0", "≤ 32"),
    "truth": ("{prefix: [true]}", ".prefix.0", "expected a number"),
    "period": ("{dates: [month, century]}", ".dates.1", "expected 'week'"),
    "one-value": ("{order: [low]}", ".order", "at least 2"),
    "smuggled": ("{bands: {kind: suppress}}", ".bands", "expected a number"),
}


@pytest.mark.parametrize("name", MISSPELT)
def test_what_is_misspelt_is_told_where_it_stands(name: str) -> None:
    spelled, path, words = MISSPELT[name]
    section = f"{HEAD}    quasi_identifiers:\n      gender: suppress\n      city: {spelled}\n"
    line, message, _ = problems(section)[f"anonymity.customers.quasi_identifiers.city{path}"]
    assert words in message
    assert line == (RETAIL + section).count("\n")


@pytest.mark.parametrize(
    "name", sorted(MISSPELT.keys() - {"too-small", "too-long", "one-value"})
)  # the checker below knows no bounds
def test_what_is_misspelt_the_schema_refuses_too(name: str) -> None:
    section = f"{HEAD}    quasi_identifiers: {{city: {MISSPELT[name][0]}}}\n"
    assert mistakes(read_yaml(RETAIL + section, file="p.yaml").value, SCHEMA)


def test_the_schema_names_every_way_and_spells_bounds_as_editors_read_them() -> None:
    text = json.dumps(PARTS["QuasiIdentifier"])
    for kind in ("file", "tree", "bands", "dates", "prefix", "order", "frequency", "places", "suppress"):
        assert f'"const": "{kind}"' in text
    assert '"ge"' not in json_schema()


# --- sense ----------------------------------------------------------------------------------------------------------------

BIRTH = "    quasi_identifiers: {birth_date: dates}\n"


def city(by: str) -> str:
    return f"    quasi_identifiers: {{city: {by}}}\n"


def country(rule: str) -> str:
    return f"{QUASI}    sensitive: {{country: {rule}}}\n"


NONSENSE: dict[str, tuple[str, str, str]] = {
    "column": ("    quasi_identifiers: {town: suppress}\n", "quasi_identifiers.town", "not one of the dataset's columns"),
    "sensitive-column": (QUASI + "    sensitive: {illness: {l: 2}}\n", "sensitive.illness", "not one of the dataset's columns"),
    "person": (QUASI + "    person: nobody\n", "person", "not one of the dataset's columns"),
    "both": (QUASI + "    sensitive: {city: {l: 2}}\n", "sensitive.city", "cannot be sensitive too"),
    "person-known": ("    quasi_identifiers: {customer_id: suppress}\n    purposes: []\n", "quasi_identifiers.customer_id", "says whose row it is"),
    "purpose": (QUASI + "    purposes: [partner-analytic]\n", "purposes.0", "does not define"),
    "no-export": (QUASI + "    purposes: [partner-analytics, portrait]\n", "purposes.1", "exports nothing"),
    "pseudonym": ("    quasi_identifiers: {email: suppress}\n", "quasi_identifiers.email", "nothing is left to generalise"),
    "drop": ("    quasi_identifiers: {name: suppress}\n", "quasi_identifiers.name", "treats it with drop"),
    "nothing-asked": (country("{}"), "sensitive.country", "nothing is asked"),
    "form-without-l": (country("{form: entropy, t: 0.2}"), "sensitive.country.form", "entropy diversity needs `l`"),
    "no-c": (country("{form: recursive, l: 2}"), "sensitive.country", "needs `c`"),
    "idle-c": (country("{l: 2, c: 2}"), "sensitive.country.c", "belongs to `form: recursive`"),
    "idle-distance": (country("{l: 2, distance: ordered}"), "sensitive.country.distance", "belongs to `t`"),
    "no-by": (country("{t: 0.2, distance: hierarchical}"), "sensitive.country", "needs a hierarchy"),
    "idle-by": (country("{t: 0.2, by: c.csv}"), "sensitive.country.by", "no hierarchy is needed"),
    "order-by-file": (country("{t: 0.2, distance: ordered, by: c.csv}"), "sensitive.country.by", "an order is declared by"),
    "sensitive-way": (country("{t: 0.2, distance: ordered, by: {order: [a, a]}}"), "sensitive.country.by", "1 of 2 values stand there twice"),
    "population": (QUASI + "    population: {file: p.csv}\n", "population", "nothing is asked"),
    "presence-range": (QUASI + "    method: global\n    population: {file: p.csv, low: 0.5, high: 0.4}\n", "population.low", "0.5 is above 0.4"),
    "presence-local": (QUASI + "    population: {file: p.csv, high: 0.4}\n", "population", "δ-presence needs `method: global`"),
    "presence-mondrian": (QUASI + "    method: mondrian\n    population: {file: p.csv, low: 0.1}\n", "population", "δ-presence needs"),
    "periods": ("    quasi_identifiers: {birth_date: {dates: [year, month]}}\n", "quasi_identifiers.birth_date", "year is no part of month"),
    "periods-twice": ("    quasi_identifiers: {birth_date: {dates: [year, year]}}\n", "quasi_identifiers.birth_date", "year is no part of year"),
    "weeks": ("    quasi_identifiers: {birth_date: {dates: [week, month]}}\n", "quasi_identifiers.birth_date", "a week is no part of a month"),
    "prefixes": (city("{prefix: [4, 4, 3]}"), "quasi_identifiers.city", "must become shorter"),
    "order": (city("{order: [a, b, a, a]}"), "quasi_identifiers.city", "2 of 4 values stand there twice"),
    "keep": (city("{frequency: [a, a]}"), "quasi_identifiers.city", "1 of 2 values"),
    "other": (city("{frequency: [a, other]}"), "quasi_identifiers.city", "a label of its own"),
    "bounds": (city("{bands: {width: 5, low: 9, high: 9}}"), "quasi_identifiers.city", "9 is not below 9"),
    "large": (city("{bands: 1.0e15}"), "quasi_identifiers.city", "`width` must lie between"),
    "fine": (city("{bands: {width: 5, start: 1.0e-10}}"), "quasi_identifiers.city", "`start` must lie between"),
    "tree-number": (city("{tree: {A: [x, 1.50]}}"), "quasi_identifiers.city.tree.A.1", "expected text"),
    "tree-truth": (city("{tree: {A: [true]}}"), "quasi_identifiers.city.tree.A.0", "expected text"),
    "tree-nothing": (city("{tree: {A: [x], B: }}"), "quasi_identifiers.city.tree.B", "expected a list of values"),
    "tree-empty": (city("{tree: {A: [x], B: []}}"), "quasi_identifiers.city.tree.B", "expected a list of values"),
    "tree-word": (city("{tree: {A: x}}"), "quasi_identifiers.city.tree.A", "expected a list of values"),
    "tree-value-twice": (city("{tree: {A: [x, y], B: {C: [x]}}}"), "quasi_identifiers.city.tree.B.C.0", "this value stands in the tree twice"),
    "tree-label-twice": (city("{tree: {A: {C: [x]}, B: {C: [y]}}}"), "quasi_identifiers.city.tree.B.C", "this label stands in the tree twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", NONSENSE)
def test_what_makes_no_sense_is_told_in_its_place(name: str) -> None:
    section, path, words = NONSENSE[name]
    found = problems(HEAD + section)
    assert set(found) == {f"anonymity.customers.{path}"}
    line, message, _ = found[f"anonymity.customers.{path}"]
    assert words in message
    assert (RETAIL + HEAD).count("\n") < line <= (RETAIL + HEAD + section).count("\n")


GOOD = {
    "minimal": QUASI,
    "purposes": QUASI + "    purposes: [partner-analytics]\n",
    "person": QUASI + "    person: email\n",
    "sensitive": QUASI + "    sensitive: {country: {l: 2, t: 0.3, distance: hierarchical, by: {tree: {EU: [DE], else: [GB]}}}}\n",
    "recursive": QUASI + "    sensitive: {country: {form: recursive, l: 3, c: 0.5}}\n",
    "ordered": QUASI + "    sensitive: {country: {t: 0.3, distance: ordered}}\n",
    "k-map": QUASI + "    population: {file: p.csv, k: 3}\n",
    "presence": QUASI + "    method: global\n    population: {file: p.csv, low: 0, high: 0}\n",
    "risk-below-k": QUASI + "    max_risk: 0.05\n",
    "year": BIRTH,  # the purpose leaves its year, which dates can go on from
    "every-period": "    quasi_identifiers: {birth_date: {dates: [month, quarter, half_year, year, 5_years, decade]}}\n",
    "own-label": "    quasi_identifiers: {city: {tree: {Other: [Other, Hove], 7: [7a, 8]}}}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_makes_sense_passes(name: str) -> None:
    assert parsed(HEAD + GOOD[name]).k == 5
    assert mistakes(read_yaml(RETAIL + HEAD + GOOD[name], file="p.yaml").value, SCHEMA)[:3] == []


def test_an_unknown_dataset_is_told() -> None:
    _, message, hint = problems("\nanonymity:\n  customer: {k: 2, quasi_identifiers: {town: suppress}}\n")[
        "anonymity.customer"
    ]
    assert message == "a dataset that `datasets` does not define"
    assert hint == "did you mean customers?"


def test_without_purposes_all_that_export_are_meant() -> None:
    section = HEAD + "    quasi_identifiers: {name: suppress}\n"
    assert "partner-analytics" in problems(section)["anonymity.customers.quasi_identifiers.name"][1]


@pytest.mark.parametrize(
    ("treatment", "stands"),
    [("keep", True), ("{generalize: {to: region}}", None), ("{mask: {keep_first: 1}}", True), ("{generalize: {to: prefix, prefix: 2}}", True),
     ("pseudonym", False), ("encrypt", False), ("token", False), ("drop", False), ("scrub", False)],
)  # fmt: skip
def test_only_treatments_that_leave_a_value_can_be_generalised_further(treatment: str, stands: bool | None) -> None:
    start = RETAIL.index("partner-analytics:")
    line = next(line for line in RETAIL[start:].splitlines() if "user.contact.address.city" in line)
    text = RETAIL[:start] + RETAIL[start:].replace(line, f"      user.contact.address.city: {treatment}", 1)
    section = f"{HEAD}    quasi_identifiers: {{city: suppress}}\n"
    try:
        parse_policy(text + section, file="p.yaml", siblings=lambda name: b"")
        found = set()
    except PolicyFileError as error:
        found = {problem.path for problem in error.problems}
    told = "anonymity.customers.quasi_identifiers.city" in found
    assert told == (stands is False)


def test_everything_is_told_at_once_beside_what_is_broken_elsewhere() -> None:
    section = (
        HEAD + "    quasi_identifiers: {town: suppress, city: {prefix: [1, 2]}}\n    sensitive: {gender: {l: one}}\n"
    )
    broken = RETAIL.replace("defaults: deny", "defaults: allow")
    assert {"defaults", "anonymity.customers.sensitive.gender.l"} <= set(problems(section, text=broken))
    whole = section.replace("{l: one}", "{l: 2}")
    assert {
        "defaults",
        "anonymity.customers.quasi_identifiers.town",
        "anonymity.customers.quasi_identifiers.city",
    } <= set(problems(whole, text=broken))


def test_what_a_broken_dataset_or_purpose_would_have_said_is_not_missed() -> None:
    section = HEAD + QUASI + "    purposes: [partner-analytics]\n"
    found = problems(section, text=RETAIL.replace("kind: people", "kind: persons"))
    assert set(found) == {"datasets.customers.kind"}
    found = problems(section, text=RETAIL.replace("outputs: [export]", "outputs: [email]"))
    assert not [path for path in found if path.startswith("anonymity")]


# --- files beside the policy ----------------------------------------------------------------------------------------------

WITH_FILES = (
    HEAD
    + """    quasi_identifiers: {city: city.csv, gender: {file: gender.csv}}
    sensitive: {country: {t: 0.2, distance: hierarchical, by: country.csv}}
    population: {file: population.csv, k: 3}
"""
)
FILES = {name: name.encode() for name in ("city.csv", "gender.csv", "country.csv", "population.csv")}


def test_files_are_loaded_with_the_policy_and_each_byte_counts_in_its_hash() -> None:
    beside = {"tags.yaml": b"t", "releases.yaml": b"r", **FILES}
    loaded = parse_policy(RETAIL + WITH_FILES, file="p.yaml", siblings=beside.get)
    assert dict(loaded.siblings) == beside
    hashes = {loaded.hash}
    for name in FILES:
        hashes.add(parse_policy(RETAIL + WITH_FILES, file="p.yaml", siblings={**beside, name: b"x"}.get).hash)
    swapped = {**beside, "city.csv": FILES["gender.csv"], "gender.csv": FILES["city.csv"]}
    hashes.add(parse_policy(RETAIL + WITH_FILES, file="p.yaml", siblings=swapped.get).hash)
    assert len(hashes) == 2 + len(FILES)


def test_each_missing_file_is_told_where_it_is_named() -> None:
    found = problems(WITH_FILES, siblings=lambda name: None if name.endswith(".csv") else b"")
    prefix = "anonymity.customers."
    paths = {"quasi_identifiers.city": 1, "quasi_identifiers.gender": 1, "sensitive.country": 2, "population.file": 3}
    assert set(found) == {prefix + path for path in paths}
    for path, line in paths.items():
        assert found[prefix + path][0] == (RETAIL + HEAD).count("\n") + line
        assert found[prefix + path][1] == "the file is not beside the policy"


def test_a_policy_without_the_section_keeps_its_hash() -> None:
    """The hash that this policy had before the section existed: SHA-256 over its length-prefixed files."""
    import hashlib

    digest = hashlib.sha256()
    for data in (RETAIL.encode(), b"t", b"r"):
        digest.update(len(data).to_bytes(8, "big") + data)
    beside = {"tags.yaml": b"t", "releases.yaml": b"r"}
    assert parse_policy(RETAIL, file="p.yaml", siblings=beside.get).hash == digest.hexdigest()
    assert parse_policy(RETAIL, file="p.yaml", siblings=beside.get).policy.anonymity == {}


# --- trees ----------------------------------------------------------------------------------------------------------------


def test_a_tree_of_uneven_depth_becomes_rows_of_one_length() -> None:
    rows = tree_rows({"A": ["x", 7], "B": {"C": {"D": ["y"]}, "E": ["z"]}})
    assert rows == [("x", "A", "A", "A"), ("7", "A", "A", "A"), ("y", "D", "C", "B"), ("z", "E", "E", "B")]
