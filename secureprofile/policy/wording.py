"""What pydantic found wrong with a policy's shape, in our words: a code, what was expected, a hint; never what was written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from secureprofile.policy.document import Document, Flaw, Path
from secureprofile.policy.shape import known_keys
from secureprofile.policy.treatments import KINDS


def flaw_of(detail: ErrorDetails, document: Document) -> Flaw:
    """Say in our words what pydantic found; its own messages quote what was written, which may name a person."""
    path = _written(detail["loc"], document.value)
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        known = known_keys(detail["loc"][:-1])
        return Flaw(path, "unknown-key", "unknown key", nearest(str(detail["loc"][-1]), known))
    if kind == "missing":
        key = str(detail["loc"][-1])
        hint = f"add the line `{key}: …`; see: secureprofile policy schema"
        return Flaw(path, "missing-key", f"missing key `{key}`", hint)
    if kind in ("literal_error", "union_tag_invalid"):
        expected = str(context.get("expected") or context.get("expected_tags"))
        code = "unknown-treatment" if kind == "union_tag_invalid" and path[2:3] == ("allow",) else "unknown-word"
        written = _at(document.value, path)
        if code == "unknown-treatment" and isinstance(written, dict) and (len(written) == 1 or "kind" in written):
            path = (*path, "kind" if "kind" in written else next(iter(written)))
        return Flaw(path, code, f"expected {expected}", "write one of these words")
    limits = ", ".join(f"{_SIGNS[name]} {value}" for name, value in context.items() if name in _SIGNS)
    code, message, hint = _EXPECTED.get(
        kind, ("wrong-kind", "not of the expected kind", "see: secureprofile policy schema")
    )
    if kind in _TREATED and len(path) == 4 and path[2] == "allow":
        code, message, hint = _TREATMENT
        if isinstance(written := _at(document.value, path), dict) and len(written) > 1 and "kind" not in written:
            code, message, hint = _SEVERAL
    if kind in ("model_attributes_type", "union_tag_not_found") and path[:1] == ("anonymity",) and len(path) > 3:
        code, message, hint = _GENERALISED
    if kind == "string_pattern_mismatch" and path and path[-1] in _FORMS:
        hint = _FORMS[str(path[-1])]
    return Flaw(path, code, message + (f": expected {limits}" if limits else ""), hint)


_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "at least"}
_FORMS = {
    "pattern": "# lets a letter or digit stand, * hides one: ###****####",
    "type": "one to eight of a–z and 0–9",
    "as_of": "a day: 2026-01-31",
    "max_age": "durations: P1Y, P90D",
    "retention": "durations: P1Y, P90D",
}
_TREATED = ("model_attributes_type", "union_tag_not_found", "model_type", "dict_type")
_TREATMENT = ("wrong-kind", "expected a treatment", "one of: " + ", ".join(KINDS))
_SEVERAL = ("treatment-conflict", "several treatments for one category", "keep one of them")
_GENERALISED = (
    "wrong-kind",
    "expected a way to generalise",
    "suppress, places, dates, a file's name, or {bands: …}, {prefix: …}, {order: …}, {frequency: …}, {tree: …}",
)
_MAPPING = ("wrong-kind", "expected a mapping", "write `key: value` lines, indented below it, or {key: value}")
_LIST = ("wrong-kind", "expected a list", "write [one, two], also for a single one")
_WHOLE = ("wrong-kind", "expected a whole number", "write digits, without quotes")
_NUMBER = ("wrong-kind", "expected a number", "write digits, such as 0.5 or 1.0e-6, without quotes")
_TRUTH = ("wrong-kind", "expected true or false", "YAML 1.2 knows true and false; yes, no, on and off are text")
_SMALL = ("out-of-range", "too small", "raise it to the limit")
_LARGE = ("out-of-range", "too large", "lower it to the limit")
_EXPECTED: Mapping[str, tuple[str, str, str]] = {
    "string_type": ("wrong-kind", "expected text", 'put it in quotes: "…"'),
    "string_pattern_mismatch": (
        "wrong-form",
        "expected another form",
        "names: letters, digits, - _ .; durations: P1Y, P90D",
    ),
    "number_type": _NUMBER,
    "day_form": ("wrong-form", "expected a day of the calendar", "such as 2027-12-31"),
    "key_form": (
        "wrong-form",
        "expected a public Ed25519 key, as OpenSSH writes it",
        "a line of a .pub file: ssh-ed25519 AAAA…",
    ),
    "duration_form": ("wrong-form", "expected a duration between a day and a thousand years", "durations: P1Y, P90D"),
    "string_too_short": ("wrong-form", "expected longer text", "durations: P1Y, P90D"),
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "union_tag_not_found": _TREATMENT,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "greater_than": _SMALL,
    "greater_than_equal": _SMALL,
    "less_than": _LARGE,
    "less_than_equal": _LARGE,
    "too_short": ("out-of-range", "too short", "write one, or remove the key"),
    "too_long": ("out-of-range", "too long", "leave some out"),
}


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


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


def nearest(word: str, known: Collection[str]) -> str:
    """Return a hint that names the known word that is nearest, or all of them where they are few."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}?"
    return "one of: " + ", ".join(sorted(known)[:8]) if 0 < len(known) <= 8 else "see: secureprofile policy schema"
