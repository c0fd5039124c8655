"""Where every word list in the package comes from, under which licence, and how long it is; ``make provenance`` prints it.

A collection of more than 25 strings that is not declared here makes it fail, so that no list enters unseen.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

OWN = ("written for this project", "Apache-2.0")
FIDESLANG = ("Fideslang 3.1.4, default taxonomy, Ethyca Inc.", "CC BY 4.0")

LISTS: Mapping[str, tuple[str, str]] = {
    "secureprofile.vocabulary:DATA_CATEGORIES": FIDESLANG,
    "secureprofile.vocabulary:DATA_USES": FIDESLANG,
    "secureprofile.vocabulary:LAWFUL_BASES": ("GDPR Art. 6(1), PIPL Art. 13(1)", "law"),
    "secureprofile.guard.names:CN_SURNAMES": OWN,
    "secureprofile.guard.names:GIVEN": OWN,
    "secureprofile.guard.names:SURNAMES": OWN,
    "secureprofile.guard.names:CN_COMPOUND": OWN,
    "secureprofile.guard.names:CN_GIVEN_SIGNS": OWN,
    "secureprofile.guard.names:CN_SURNAMES_TRADITIONAL": OWN,
    "secureprofile.guard.names:JP_SURNAMES": OWN,
    "secureprofile.guard.names:JP_GIVEN": OWN,
    "secureprofile.guard.names:DE_GIVEN": OWN,
    "secureprofile.guard.names:DE_SURNAMES": OWN,
    "secureprofile.guard.names:TITLES_CN": OWN,
    "secureprofile.guard.names:CUES_CN": OWN,
    "secureprofile.guard.places_han:PROVINCES_CN": (
        "administrative divisions, GB/T 2260: written for this project",
        "facts",
    ),
    "secureprofile.guard.places_han:CITIES_CN": (
        "administrative divisions, GB/T 2260: written for this project",
        "facts",
    ),
    "secureprofile.guard.places_han:PREFECTURES_JP": ("prefectures of Japan: written for this project", "facts"),
    "secureprofile.guard.headers:HEADERS": OWN,
    "secureprofile.guard.addresses_han:_KIND": OWN,
    "secureprofile.guard.addresses_han:_ORDINARY": OWN,
    "secureprofile.guard.entities:_COMMON": OWN,
    "secureprofile.guard.entities:_SMALL": OWN,
    "secureprofile.guard.spec:NOT_PERSONAL": OWN,
    "secureprofile.guard.headers:WEAK": OWN,
    "secureprofile.guard.headers:PEOPLE": OWN,
    "secureprofile.guard.names_han:_NO_NAME": OWN,
    "secureprofile.guard.shapes:_KR_SURNAMES": OWN,
    "secureprofile.guard.shapes:_STREETS_SMALL": OWN,
    "secureprofile.guard.specs_general:_BORN": OWN,
    "secureprofile.guard.specs_general:_CALLED": OWN,
    "secureprofile.guard.specs_general:_CALLED_MAYBE": OWN,
    "secureprofile.guard.classify:_TREATMENTS": OWN,
    "secureprofile.guard.candidates:PARTICLES": OWN,
    "secureprofile.portrait.reading:_WORDS": OWN,
    "secureprofile.report.ordered:PROVINCES": (
        "ISO 3166-2:CN codes; the places of the tiles are this project's",
        "facts",
    ),
    "secureprofile.guard.checksums:PROVINCES": ("administrative divisions, GB/T 2260", "facts"),
    "secureprofile.guard.checksums:_IBAN_LENGTHS": ("IBAN registry, ISO 13616", "facts"),
    "secureprofile.adapters.recognizers:_KNOWN": (
        "names of entities in presidio-analyzer, categories for this project",
        "facts",
    ),
    "secureprofile.adapters.recognizers:_BY_END": (
        "names of entities in presidio-analyzer, categories for this project",
        "facts",
    ),
    "secureprofile.guard.nicknames:GROUPS": OWN,
    "secureprofile.guard.nicknames:PAIRS": OWN,
    "secureprofile.guard.residual:LABELS": OWN,
    "secureprofile.adapters.ner:LABELS": ("labels of OntoNotes, CoNLL-2003 and MSRA models", "facts"),
    "secureprofile.report.subject:_ACTS": OWN,
    "secureprofile.report.subject:_STATES": OWN,
    "secureprofile.report.subject:_WORDS": OWN,
    "secureprofile.report.wording:WORDING": OWN,
    "secureprofile.report.wording:RISK": OWN,
    "secureprofile.adapters.places:_OWN_CODES": (
        "places with ISO 3166-1 codes of their own: written for this project",
        "facts",
    ),
    "secureprofile.adapters.places:_OWN": ("the same names", "facts"),
    "secureprofile.adapters.places:_PROVINCES": ("of secureprofile.guard.places_han:PROVINCES_CN", "facts"),
    "secureprofile.report.datamap:_KINDS": OWN,
    "secureprofile.report.datamap:_TREATMENTS": OWN,
    "secureprofile.report.datamap:_WORDS": OWN,
    "secureprofile.consent.records:_STATES": OWN,
    "secureprofile.audit.ocsf:_ACTS": OWN,
    "secureprofile.audit.ocsf:FIELDS": OWN,
    "secureprofile.report.events_page:_WORDS": OWN,
    "secureprofile.policy.compare:_SAID": OWN,
    "secureprofile.policy.explain:REASONS": OWN,
    "secureprofile.policy.descriptions:KEYS": OWN,
    "secureprofile.policy.wording:_EXPECTED": OWN,
    "secureprofile.policy.treatments:PARAMETERS": OWN,
    "secureprofile.vocabulary:REGIONS": ("ISO 3166-1 alpha-2 codes that have a telephone network", "facts"),
    "secureprofile.vocabulary:EEA": ("members of the European Economic Area, ISO 3166-1 alpha-2", "facts"),
    "secureprofile.vocabulary:TERRITORY": ("GDPR Art. 3, PIPL Art. 38", "law"),
    "secureprofile.guard.phones:FAST": ("ISO 3166-1 alpha-2 codes, chosen for this project", "facts"),
    "secureprofile.adapters.workbook:PLACES": ("parts of Office Open XML and OpenDocument packages", "facts"),
    "secureprofile.adapters.foreign:_MAGIC": ("first bytes of file formats, from their specifications", "facts"),
}
ROOMS = {"secureprofile.flows.shop_words": OWN}
"""Modules that are nothing but lists of one origin."""
IGNORED = ("secureprofile.errors", "secureprofile.cli")


def strings(value: object) -> int:
    """Count the strings in a collection, nested ones included."""
    if isinstance(value, str):
        return 1
    if isinstance(value, Mapping):
        return sum(map(strings, value.values())) + sum(isinstance(key, str) for key in value)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return sum(map(strings, value))
    return 0


def found() -> dict[str, int]:
    """Return every module-level collection of more than 25 strings, as module:name → size."""
    sizes = {}
    for info in walk_packages(import_module("secureprofile").__path__, "secureprofile."):
        if info.name.startswith(IGNORED):
            continue
        module = import_module(info.name)
        for name in assigned(Path(str(module.__file__))):
            value = vars(module).get(name)
            if isinstance(value, tuple | list | set | frozenset | dict) and (size := strings(value)) > 25:
                sizes[f"{info.name}:{name}"] = size
    return sizes


def assigned(path: Path) -> set[str]:
    """Return the names that a module gives values to itself, so that what it imports counts once."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    statements = [node for node in body if isinstance(node, ast.Assign | ast.AnnAssign)]
    return {
        name.id
        for node in statements
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


def main() -> int:
    """Print the table; 1 where a list is not declared."""
    undeclared = 0
    for place, size in sorted(found().items()):
        module = place.split(":")[0]
        source, licence = LISTS.get(place) or ROOMS.get(module) or ("NOT DECLARED", "?")
        undeclared += source == "NOT DECLARED"
        print(f"{size:>6} strings  {place:<52} {source}  ({licence})")
    return 1 if undeclared else 0


if __name__ == "__main__":
    sys.exit(main())
