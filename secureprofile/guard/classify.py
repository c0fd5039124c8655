"""What a column holds, from its name and a sample of its cells: category, confidence, evidence in shares, proposed treatment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from secureprofile.guard.checksums import luhn, mod_97
from secureprofile.guard.detect import find
from secureprofile.guard.headers import NOT_PERSONAL, header_category
from secureprofile.guard.shapes import kinds_of_shape
from secureprofile.guard.spec import PatternSpec
from secureprofile.guard.specs import SPECS
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

SAMPLE = 1000
"""Cells that are looked at; more change nothing but the time."""

SUMS = "user.financial"
"""The category of incomes and balances: sums about a person, whose digits identify nobody by themselves, however long they are."""

_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)*%?")
_CHECKED = (
    "JP_MY_NUMBER",
    "UK_NHS",
    "NL_BSN",
    "PL_PESEL",
    "IN_AADHAAR",
    "TH_ID",
    "IMEI",
    "US_NPI",
    "DE_TAX_ID",
    "HK_ID",
)
"""Recognizers that need a word in text, but whose check digit decides where it is right in nearly every cell of a column."""
_LOOSE = (
    "CREDIT_CARD",
    "CN_MOBILE",
    "PHONE_NUMBER",
    "CN_BANK_CARD",
    "US_BANK_NUMBER",
    "TW_ID",
    "ES_DNI",
    "IN_PAN",
    "SE_PERSONNUMMER",
    "TW_PHONE",
    "HK_PHONE",
)
"""Patterns that other numbers fit by chance: one in ten random numbers passes Luhn, so such a column needs nearly all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFinding:
    """What a column seems to hold. ``evidence`` maps what was seen to the share of cells; it holds no value."""

    category: str | None
    confidence: float
    evidence: Mapping[str, float] = field(default_factory=dict)
    treatment: str = "keep"
    mixed: bool = False


def classify_column(name: str, sample: Sequence[str | None], *, distinct: int | None = None) -> ColumnFinding:
    """Classify a column.

    A check digit, an unmistakable pattern in most cells, or a header that says so together with fitting cells decides; digits alone never
    make a bank card or a phone number: order numbers, amounts and timestamps look like both. A column that holds several kinds of direct identifiers
    is called mixed and gets the strictest of their treatments.

    Args:
        name: its header.
        sample: cells; missing and blank ones do not count.
        distinct: different values among them, if known.

    Example:
        >>> found = classify_column("contact", ["ada@example.com", "+44 20 7946 0958"] * 20)
        >>> found.category, found.treatment, found.mixed
        ('user.contact.email', 'pseudonym', True)
    """
    cells = [text for cell in sample if (text := (cell or "").strip())][:SAMPLE]
    header = header_category(name)
    if not cells:
        return _finding(header, 0.6 if header else 0.0, {"header": 1.0} if header else {})
    ratio = min(1.0, (distinct if distinct is not None else len(set(cells))) / len(cells))
    shares, by_category = _shares(name, header, cells)
    evidence = dict(sorted({k: round(v, 3) for k, v in shares.items() if v >= 0.02}.items(), key=lambda kv: -kv[1]))
    if header:
        evidence["header"] = 1.0
    category, confidence = _decide(name, header, shares, by_category, ratio, len(set(cells)))
    direct = [kind for kind, share in by_category.items() if 0.1 <= share < 0.9 and within(kind, DIRECT_IDENTIFIERS)]
    return _finding(category, confidence, evidence, kinds=direct if len(direct) > 1 else ())


@cache
def _categories() -> dict[str, str]:
    return {spec.name: spec.category for spec in SPECS}


@cache
def _fitting(header: str | None) -> tuple[tuple[PatternSpec, ...], tuple[str, ...]]:
    """Return the recognizers of a header's category that need a word, with their words: the header says what a word would."""
    if header is None or header == SUMS:
        return (), ()
    family = ".".join(header.split(".")[:3])
    specs = tuple(spec for spec in SPECS if spec.needs_context and within(spec.category, (family,)))
    return specs, tuple(sorted({word for spec in specs for word in spec.context}))


def _shares(name: str, header: str | None, cells: Sequence[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the share of cells of each kind, and of each category among whole cells."""
    counts: Counter[str] = Counter()
    categories: Counter[str] = Counter()
    fitting, words = _fitting(header)
    for cell, times in Counter(cells).items():
        kinds = kinds_of_shape(cell)
        whole = set()
        named = find(cell, specs=fitting, context=words) if fitting else ()
        for finding in (*find(cell, context=(name,)), *named):
            full = finding.end - finding.start >= 0.8 * len(cell)
            kinds.add(finding.name if full else "holds " + finding.name)
            if full:
                whole.add(finding.category)
        for kind in kinds:
            counts[kind] += times
        for category in whole:
            categories[category] += times
    _add_checked(cells, counts)
    return {k: n / len(cells) for k, n in counts.items()}, {k: n / len(cells) for k, n in categories.items()}


def _add_checked(cells: Sequence[str], counts: Counter[str]) -> None:
    """Count the cells whose check digit is right for an identifier that text shows beside a word only."""
    if not all(c.isalnum() or c in " -.()" for c in cells[0]):
        return
    counts["checks as CREDIT_CARD"] += sum(
        12 <= len(digits := re.sub("[ -]", "", cell)) <= 19
        and digits.isdigit()
        and len(set(digits)) > 2
        and luhn(digits)
        for cell in cells
    )
    counts["checks as IBAN_CODE"] += sum(mod_97(re.sub("[ -]", "", cell)) for cell in cells)
    for spec in SPECS:
        if spec.name in _CHECKED and spec.check is not None and not counts[spec.name]:
            pattern = re.compile(spec.core)
            counts["checks as " + spec.name] += sum(
                bool(pattern.fullmatch(cell)) and spec.check(cell) for cell in cells
            )


def _decide(
    name: str,
    header: str | None,
    shares: Mapping[str, float],
    by_category: Mapping[str, float],
    ratio: float,
    values: int,
) -> tuple[str | None, float]:
    by_header = _by_header(header, shares, by_category, ratio)
    if by_header is not None:
        return by_header
    things = header == SUMS or (header is None and NOT_PERSONAL.search(name) is not None)
    by_pattern = _by_pattern(shares, by_category, values, things=things)
    if by_pattern is not None:
        return by_pattern
    if header == SUMS and shares.get("number", 0) < 0.5:
        return "user.demographic.profile", 0.7  # bands that somebody drew before, such as 35-49K
    if header is not None:
        return header, 0.9 if not header.startswith("user.name") else round(0.6 + 0.35 * shares.get("name", 0), 2)
    return _by_shape(shares, ratio, values, things=things)


def _by_header(
    header: str | None, shares: Mapping[str, float], by_category: Mapping[str, float], ratio: float
) -> tuple[str | None, float] | None:
    """Decide where cells bear the header out, or contradict it; None where they say nothing."""
    if header is None:
        return None
    family = ".".join(header.split(".")[:2])
    fitting = sum(share for kind, share in by_category.items() if within(kind, (family,)) and header != SUMS)
    if fitting >= 0.3 and not header.startswith("user.name"):
        return header, round(min(0.99, 0.5 * min(1.0, fitting) + 0.49), 2)
    strong = max(by_category, key=lambda kind: by_category[kind], default=None)
    if (
        strong
        and by_category[strong] >= 0.6
        and within(strong, DIRECT_IDENTIFIERS)
        and not header.startswith("user.unique_id")
    ):
        return None  # e-mail addresses in a column that is called something else
    if header == "user.content.private":
        return (
            (header, 0.95)
            if shares.get("text", 0) > 0.1 or any(k.startswith("holds ") for k in shares)
            else (header, 0.7)
        )
    if header == "user.name" and (shares.get("number", 0) >= 0.5 or _things(shares, ratio)):
        return (None, 0.0) if not shares.get("address", 0) >= 0.6 else None
    return None


def _things(shares: Mapping[str, float], ratio: float) -> bool:
    """Tell whether cells below `name` are no people's names: none is like one, and many stand there often."""
    return shares.get("name", 0) < 0.1 and shares.get("words", 0) + shares.get("han name", 0) < 0.8 and ratio < 0.9


def _by_pattern(
    shares: Mapping[str, float], by_category: Mapping[str, float], values: int, *, things: bool
) -> tuple[str, float] | None:
    """Decide by recognizers: one kind in most cells, or several direct identifiers together."""
    if shares.get("barcode", 0) >= 0.9 and values >= 5:
        return None
    named = [(k, v) for k, v in shares.items() if k in _categories() and _trusted(k, v, things=things)]
    for kind, share in sorted(named, key=lambda kv: -kv[1]):
        if share >= 0.6:
            return _categories()[kind], round(min(0.99, 0.5 * share + 0.4), 2)
    for kind in (*_CHECKED, "CREDIT_CARD", "IBAN_CODE"):
        if shares.get("checks as " + kind, 0) >= 0.95 and values >= 20 and not things:
            return _categories()[kind], 0.85
    sums: dict[str, float] = {}
    for kind, share in named:
        sums[_categories()[kind]] = sums.get(_categories()[kind], 0) + share
    direct = {kind: share for kind, share in sums.items() if within(kind, DIRECT_IDENTIFIERS)}
    if sum(direct.values()) >= 0.6 and not things:
        best = max(direct, key=lambda kind: (_strictness(kind), direct[kind]))
        return best, round(min(0.9, 0.3 + 0.6 * min(1.0, sum(direct.values()))), 2)
    return None


def _trusted(kind: str, share: float, *, things: bool) -> bool:
    if kind in _LOOSE:
        return not things and (
            share >= 0.9 or (kind not in ("CREDIT_CARD", "CN_BANK_CARD", "US_BANK_NUMBER") and kind == "PHONE_NUMBER")
        )
    return kind != "DATE_TIME" and not (things and kind == "IP_ADDRESS")  # versions of four numbers


def _by_shape(shares: Mapping[str, float], ratio: float, values: int, *, things: bool) -> tuple[str | None, float]:
    """Decide by what cells look like: addresses, telephones, names, free text."""
    if shares.get("address", 0) >= (0.6 if ratio >= 0.2 else 0.9) or (
        shares.get("address", 0) >= 0.4 and shares.get("house", 0) >= 0.8 and ratio >= 0.5
    ):
        return "user.contact.address.street", round(0.5 + 0.45 * shares["address"], 2)
    phones = shares.get("phone", 0)
    if (
        phones >= 0.6
        and phones + shares.get("number", 0) >= 0.85
        and ratio >= 0.3
        and not things
        and shares.get("marked phone", 0) >= 0.2
    ):
        return "user.contact.phone_number", round(0.4 + 0.4 * phones, 2)
    if things:
        return (None, 0.0) if shares.get("text", 0) < 0.5 or ratio < 0.5 else ("user.content.private", 0.5)
    words, known = shares.get("words", 0), shares.get("name", 0)
    if (
        ratio >= 0.3
        and values >= 8
        and (known >= 0.7 or (words >= 0.8 and known >= 0.3) or (words >= 0.8 and shares.get("listed name", 0) >= 0.75))
    ):
        return "user.name", round(0.45 + 0.4 * max(known, words / 2), 2)
    han = shares.get("han name", 0)
    if ratio >= 0.3 and values >= 8 and han >= 0.8:
        return "user.name", round(0.45 + 0.4 * han, 2)
    if values >= 10 and shares.get("word", 0) >= 0.9:
        listed = {kind: shares.get(f"listed {kind}", 0) for kind in ("given", "surname")}
        best = max(listed, key=lambda kind: listed[kind])
        if values >= 15 and ratio >= 0.1 and listed[best] >= 0.85 and shares.get("place", 0) < 0.5:
            return ("user.name.first" if best == "given" else "user.name.last"), round(0.4 + 0.4 * listed[best], 2)
        for kind in ("given", "surname"):
            if shares.get(kind, 0) >= 0.35 and shares.get(kind, 0) >= max(
                shares.get("given", 0), shares.get("surname", 0)
            ):
                return ("user.name.first" if kind == "given" else "user.name.last"), round(0.4 + 0.4 * shares[kind], 2)
    if shares.get("text", 0) >= 0.5 and ratio >= 0.2:
        return "user.content.private", round(0.5 + 0.4 * shares["text"], 2)
    held = sum(
        v for k, v in shares.items() if k.startswith("holds ") and within(_categories()[k[6:]], DIRECT_IDENTIFIERS)
    )
    return ("user.content.private", round(0.5 + 0.3 * min(1.0, held), 2)) if held >= 0.1 else (None, 0.0)


_TREATMENTS = (
    (("user.content",), "scrub"),
    (("user.unique_id",), "pseudonym"),
    (("user.contact.email", "user.government_id", "user.device", "user.account.username"), "pseudonym"),
    (("user.contact.phone_number", "user.financial.bank_account", "user.financial.credit_card"), "mask"),
    (("user.demographic.date_of_birth", "user.contact.address.postal_code"), "generalize"),
    (("user.demographic.race_ethnicity", "user.health_and_medical", "user.biometric"), "drop"),
    (DIRECT_IDENTIFIERS, "drop"),
    ((SUMS,), "generalize"),
)
_STRICT = ("keep", "generalize", "scrub", "mask", "pseudonym", "drop")
"""Treatments from the mildest to the strictest."""


def _treatment(category: str | None) -> str:
    return next((t for ancestors, t in _TREATMENTS if category and within(category, ancestors)), "keep")


def treatment_for(category: str) -> str:
    """Return the treatment that is proposed for a data category."""
    return _treatment(category)


def _strictness(category: str) -> int:
    return _STRICT.index(_treatment(category))


def _finding(
    category: str | None, confidence: float, evidence: Mapping[str, float], *, kinds: Sequence[str] = ()
) -> ColumnFinding:
    treatments = [_treatment(kind) for kind in (category, *kinds)]
    treatment = _treatment(category) if category is None else max(treatments, key=_STRICT.index)
    if category and within(category, ("user.content",)):
        treatment = "scrub"
    return ColumnFinding(
        category=category, confidence=confidence, evidence=evidence, treatment=treatment, mixed=bool(kinds)
    )


def looks_like_data(header: Sequence[str]) -> tuple[int, ...]:
    """Return the positions (from 1) of header cells that look like data rather than like names of columns."""
    return tuple(position for position, name in enumerate(header, start=1) if _is_data(name))


def _is_data(name: str) -> bool:
    text = name.strip()
    if not text or len(text) > 100 or _NUMBER.fullmatch(text):
        return True
    if re.fullmatch(r"[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,4}日?([ T][0-9:]+)?", text):
        return True
    return any(finding.end - finding.start >= 0.6 * len(text) for finding in find(text))
