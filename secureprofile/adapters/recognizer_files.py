"""Files of recognizers in presidio's own YAML format: read, checked and told what is wrong with them.

Nothing is downloaded and no connection is opened: a file may hold patterns, lists of words, and those ready recognizers of presidio that
are patterns only.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from secureprofile.errors import InputError

_KEYS: Final = ("supported_languages", "global_regex_flags", "recognizers")
_CUSTOM: Final = (
    "name", "type", "enabled", "supported_entity", "supported_entities", "supported_language", "supported_languages",
    "patterns", "deny_list", "deny_list_score", "context", "version", "country_code",
)  # fmt: skip
_EXAMPLE: Final = (
    "recognizers: [{name: staff, supported_entity: STAFF_ID, patterns: [{name: p, regex: 'E-[0-9]{5}', score: 0.8}]}]"
)


def load_recognizers(path: str | Path) -> list[Any]:
    """Return the recognizers of a YAML file in presidio's format: ``recognizers:`` with patterns, lists of words and context words.

    Raises:
        InputError: the file cannot be read or something in it is wrong; names the recognizer by its place, never a word of a list.
    """
    import yaml

    file = Path(path)
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"the recognizers {file.name} cannot be read: {error.strerror}", hint="a YAML file") from None
    except UnicodeDecodeError:
        raise InputError(f"the recognizers {file.name} are not UTF-8 text", hint="save the file as UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InputError(f"{file.name} is no YAML{where}", hint=f"for example: {_EXAMPLE}") from None
    if (
        not isinstance(document, dict)
        or not isinstance(document.get("recognizers"), list)
        or not document["recognizers"]
    ):
        raise InputError(f"{file.name} lists no recognizers", hint=f"for example: {_EXAMPLE}")
    _only(document, _KEYS, file.name)
    languages = document.get("supported_languages", ["en"])
    if not _texts(languages):
        raise InputError(
            f"{file.name}: supported_languages must be a list of codes", hint="supported_languages: [en, de]"
        )
    flags = document.get("global_regex_flags", 26)
    if not isinstance(flags, int) or isinstance(flags, bool):
        raise InputError(f"{file.name}: global_regex_flags must be a number", hint="leave it out: presidio's own is 26")
    made: list[Any] = []
    for place, given in enumerate(document["recognizers"], start=1):
        made += _made(given, f"{file.name}: recognizer {place}", languages, flags)
    if not made:
        raise InputError(f"{file.name}: every recognizer is disabled", hint="enabled: true, or leave the option out")
    return made


def _only(given: Mapping[Any, Any], allowed: Sequence[str], where: str) -> None:
    if any(key not in allowed for key in given):
        raise InputError(f"{where}: unknown key", hint="known are: " + ", ".join(allowed))


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) and one.strip() for one in value)


def _made(given: Any, where: str, languages: Sequence[str], flags: int) -> list[Any]:
    """Return one entry's recognizers, one for each language."""
    from presidio_analyzer.recognizer_registry.recognizers_loader_utils import RecognizerListLoader

    if isinstance(given, str):
        given = {"name": given, "type": "predefined"}
    if not isinstance(given, dict):
        raise InputError(f"{where}: expected a mapping or a name", hint=f"for example: {_EXAMPLE}")
    if not isinstance(given.get("enabled", True), bool):
        raise InputError(f"{where}: enabled must be true or false", hint="enabled: true")
    if not given.get("enabled", True):
        return []
    match given.get("type", "custom"):
        case "custom":
            _check_custom(given, where)
        case "predefined":
            _check_predefined(given, where)
        case _:
            raise InputError(f"{where}: unknown type", hint="type: custom, or type: predefined")
    spoken = _spoken(given, where, languages)
    try:
        return list(RecognizerListLoader.get([dict(given)], spoken, flags))
    except Exception as error:  # its message may quote the file's words
        raise InputError(
            f"{where}: presidio refuses it ({type(error).__name__})",
            hint="compare with presidio's documentation of this format",
        ) from None


def _spoken(given: Mapping[str, Any], where: str, languages: Sequence[str]) -> list[str]:
    """Return the languages of an entry: its own, else the file's."""
    one, several = given.get("supported_language"), given.get("supported_languages")
    if one is not None:
        codes: list[Any] = [one]
    elif several is not None:
        if not isinstance(several, list) or not several:
            raise InputError(f"{where}: supported_languages must be a list", hint="supported_languages: [de]")
        codes = [code.get("language") if isinstance(code, dict) else code for code in several]
    else:
        codes = list(languages)
    if not _texts(codes):
        raise InputError(f"{where}: a language must be a code", hint="supported_language: de")
    return codes


def _check_custom(given: Mapping[str, Any], where: str) -> None:
    _only(given, _CUSTOM, where)
    entities = given.get("supported_entities", [given.get("supported_entity")])
    if not _texts(entities) or len(entities) != 1 or ("supported_entity" in given and "supported_entities" in given):
        raise InputError(f"{where}: it must name one entity", hint="supported_entity: STAFF_ID")
    if not isinstance(given.get("name"), str):
        raise InputError(f"{where}: it has no name", hint="name: staff")
    for key in ("deny_list", "context"):
        if given.get(key) is not None and not _texts(given[key]):
            raise InputError(f"{where}: {key} must be a list of words", hint=f"{key}: [one, two]; numbers in quotes")
    patterns = given.get("patterns") or []
    if not patterns and not given.get("deny_list"):
        raise InputError(f"{where}: neither patterns nor deny_list", hint=f"for example: {_EXAMPLE}")
    if not isinstance(patterns, list):
        raise InputError(
            f"{where}: patterns must be a list", hint="patterns: [{name: p, regex: 'E-[0-9]{5}', score: 0.8}]"
        )
    for place, pattern in enumerate(patterns, start=1):
        _check_pattern(pattern, f"{where}, pattern {place}")
    _check_score(given.get("deny_list_score", 1.0), f"{where}: deny_list_score")


def _check_pattern(pattern: Any, where: str) -> None:
    import regex  # type: ignore[import-untyped]

    if (
        not isinstance(pattern, dict)
        or set(pattern) != {"name", "regex", "score"}
        or not isinstance(pattern["regex"], str)
    ):
        raise InputError(f"{where}: expected name, regex and score", hint="{name: p, regex: 'E-[0-9]{5}', score: 0.8}")
    try:
        regex.compile(pattern["regex"])
    except regex.error as error:
        at = f" at character {error.pos + 1}" if error.pos is not None else ""
        raise InputError(
            f"{where}: no regular expression: {error.msg}{at}", hint="mend it; YAML's single quotes keep backslashes"
        ) from None
    _check_score(pattern["score"], f"{where}: score")


def _check_score(score: Any, where: str) -> None:
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise InputError(
            f"{where} must be a number from 0 to 1", hint="0.5 and above is replaced without a context word"
        )


def _check_predefined(given: Mapping[str, Any], where: str) -> None:
    """Refuse ready recognizers that would load a model or open a connection."""
    from presidio_analyzer import PatternRecognizer
    from presidio_analyzer.predefined_recognizers import PhoneRecognizer
    from presidio_analyzer.recognizer_registry.recognizers_loader_utils import RecognizerListLoader

    name = given.get("class_name") or given.get("name")
    classes = {cls.__name__: cls for cls in RecognizerListLoader.get_all_existing_recognizers()}
    cls = classes.get(name) if isinstance(name, str) else None
    if cls is None or not cls.__module__.startswith("presidio_analyzer."):
        raise InputError(
            f"{where}: presidio has no ready recognizer of this name", hint="type: custom, for one of your own"
        )
    if not issubclass(cls, PatternRecognizer | PhoneRecognizer) or hasattr(sys.modules[cls.__module__], "tldextract"):
        raise InputError(
            f"{where}: this ready recognizer loads a model or opens a connection",
            hint="remove it (e-mail addresses are found anyway); a model is handed in from Python: Workspace.open(ner=…)",
        )
