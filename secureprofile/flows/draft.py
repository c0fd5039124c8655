"""What a scan found, as a policy to start from and as a data map."""

from __future__ import annotations

import json
from collections.abc import Sequence

from secureprofile.flows.scan import ScannedColumn, ScannedFile
from secureprofile.policy.plain import visible
from secureprofile.released import Internal
from secureprofile.report.datamap import MapColumn, MapFile, data_map_html
from secureprofile.report.wording import Language
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within


def draft_policy(columns: Sequence[ScannedColumn]) -> str:
    """Return a policy for the scanned files, to be read and completed by a person; it passes ``policy check``.

    Every file becomes a dataset; the subject is its first unique id, else its first direct identifier, else nobody. Row-level export is the
    only purpose, and each category gets the treatment that the scan proposes.
    """
    files = list(dict.fromkeys(column.file for column in columns))
    lines = [_HEAD]
    taken: set[str] = set()
    for number, file in enumerate(files):
        own = [column for column in columns if column.file == file]
        name = _dataset_name(file, number)
        name = name if name not in taken else f"{name}-{number + 1}"
        taken.add(name)
        lines.append(_dataset(name, file, own))
    lines.append(_PURPOSE)
    lines += [f"      {category}: {treatment}" for category, treatment in sorted(_treatments(columns).items())]
    return "\n".join(lines) + "\n"


_HEAD = """# Drafted by a scan: read it, correct it, and give it an owner before use.
secureprofile: 1
policy: {id: draft, version: 1, owner: to-be-named, jurisdiction: [GDPR]}
defaults: deny
roles:
  steward: [creator]
domains:
  people: {unit: person, population: 1000, epsilon: 1, delta: 1.0e-6}
datasets:"""

_PURPOSE = """purposes:
  export:
    data_use: analytics.reporting
    lawful_basis: {GDPR: legitimate-interests}   # check this with whoever answers for it
    roles: [steward]
    outputs: [export]
    consent: not-required
    retention: P1Y
    recipients: [internal]
    allow:"""


def _dataset_name(file: str, number: int) -> str:
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in file.split(".")[0]).strip("-")
    return stem if stem and stem[0].isalpha() else f"table-{number + 1}"


def _dataset(name: str, file: str, columns: Sequence[ScannedColumn]) -> str:
    subject = _subject(columns)
    lines = [
        f"  {name}:",
        "    domain: people",
        *([f"    subject: {_text(subject.name)}"] if subject is not None else []),
        f"    files: [{_text(file)}]",
        "    columns:",
    ]
    for column in columns:
        category, found = _category(column), column.finding
        remark = f"{found.confidence:.0%} sure" if found.category else "nothing recognised: look at it"
        lines.append(f"      {_text(column.name)}: {category}   # {remark}")
    return "\n".join(lines)


def _subject(columns: Sequence[ScannedColumn]) -> ScannedColumn | None:
    """Return the column that says whose row it is: the first unique id, else the first direct identifier; None where no row names anybody."""
    ids = [c for c in columns if c.finding.category == "user.unique_id"]
    direct = [c for c in columns if within(c.finding.category or "", DIRECT_IDENTIFIERS)]
    return next(iter((*ids, *direct)), None)


def _category(column: ScannedColumn) -> str:
    return column.finding.category or "system.operations"


def _treatments(columns: Sequence[ScannedColumn]) -> dict[str, str]:
    chosen = {"user.unique_id": "pseudonym", "system.operations": "keep"}
    for column in columns:
        if column.finding.category is not None:
            chosen[column.finding.category] = _spelled(column)
    for file in {column.file for column in columns}:  # a policy check refuses to keep what says whose row it is
        subject = _subject([column for column in columns if column.file == file])
        if subject is not None and chosen[_category(subject)] == "keep":
            chosen[_category(subject)] = "pseudonym"
    used = {_category(column) for column in columns}
    return {category: treatment for category, treatment in chosen.items() if category in used}


_COARSER = (
    ("date", "{generalize: {to: year}}"),
    (
        "financial",
        f"{{generalize: {{to: band, edges: [{', '.join(str(m * 10**e) for e in range(3, 7) for m in (1, 2, 5))}]}}}}",
    ),
    ("", "{generalize: {to: prefix, prefix: 3}}"),
)
"""How a proposed generalization is written: the first part of a category's name that fits. Sums go into bands that fit any currency and were
drawn without a look at the data."""


def _spelled(column: ScannedColumn) -> str:
    if column.finding.treatment == "generalize":
        return next(spelled for part, spelled in _COARSER if part in (column.finding.category or ""))
    return "{mask: {keep_last: 2}}" if column.finding.treatment == "mask" else column.finding.treatment


def _text(text: str) -> str:
    """Write a name as a double-quoted YAML scalar, whatever is in it; marks that nobody sees as escapes."""
    return "".join(c if visible(c) else f"\\U{ord(c):08X}" for c in json.dumps(text, ensure_ascii=False))


def data_map(files: Sequence[ScannedFile], *, lang: Language) -> str:
    """Return what a scan found as an internal page; see :mod:`secureprofile.report.datamap`."""
    return data_map_html([_on_map(file) for file in files], lang=lang)


def _on_map(file: ScannedFile) -> MapFile:
    columns = tuple(
        MapColumn(
            name=column.name,
            category=column.finding.category,
            confidence=column.finding.confidence,
            evidence=column.finding.evidence,
            treatment=column.finding.treatment,
            personal=column.personal,
            mixed=column.finding.mixed,
        )
        for column in file.columns
    )
    rows = Internal(value=file.rows, what="rows looked at")
    return MapFile(name=file.name, rows=rows, looked=file.looked, columns=columns, error=str(file.error or ""))
