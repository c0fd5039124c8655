"""The verb ``scan``: what personal data is in these files? Needs no workspace, keeps nothing, shows shares and no values."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.files import Source
from secureprofile.flows.progress import Progress
from secureprofile.guard.classify import ColumnFinding, classify_column
from secureprofile.vocabulary import within

SAMPLE_ROWS = 10_000
TEXT_CELLS = 200
"""Free-text cells per column that presidio's engine, with any recognizers plugged into it, looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedColumn:
    """One column and what it seems to hold."""

    file: str
    position: int
    name: str
    finding: ColumnFinding

    @property
    def personal(self) -> bool:
        """Whether it holds personal data."""
        return self.finding.category is not None and within(self.finding.category, ("user",))


def scan(sources: Sequence[Source], *, full: bool, progress: Progress) -> list[ScannedColumn]:
    """Classify every column of every file, from its name and a sample of its cells (all with ``full``)."""
    with tempfile.TemporaryDirectory(prefix="secureprofile-") as temp, DuckEngine(temp=Path(temp)) as engine:
        return [column for source in sources for column in _scan_file(source, engine, full=full, progress=progress)]


def _scan_file(source: Source, engine: DuckEngine, *, full: bool, progress: Progress) -> list[ScannedColumn]:
    progress.step(f"scan {source.path.name}", engine.progress)
    with engine.source(source) as table:
        sample = engine.to_arrow(table if full else table.limit(SAMPLE_ROWS))
    columns = []
    for position, name in enumerate(source.columns, start=1):
        cells = sample[name].to_pylist()
        finding = classify_column(name, cells, distinct=len(set(cells) - {None}))
        if finding.category == "user.content.private":
            finding = _with_text_evidence(finding, cells)
        columns.append(ScannedColumn(file=source.path.name, position=position, name=name, finding=finding))
    return columns


def _with_text_evidence(finding: ColumnFinding, cells: Sequence[str | None]) -> ColumnFinding:
    """Add the share of free-text cells in which presidio's engine finds each kind of entity."""
    import dataclasses

    from secureprofile.adapters.presidio import analyze_texts, engine

    texts = [cell for cell in cells if cell][:TEXT_CELLS]
    found = analyze_texts(texts, engine(("en", "zh")))
    names = sorted({hit.name for hits in found for hit in hits})
    shares = {
        f"holds {name}": sum(any(hit.name == name for hit in hits) for hits in found) / len(texts) for name in names
    }
    evidence = {**finding.evidence, **{name: round(share, 3) for name, share in shares.items()}}
    return dataclasses.replace(finding, evidence=dict(sorted(evidence.items(), key=lambda item: -item[1])))


def draft_policy(columns: Sequence[ScannedColumn]) -> str:
    """Return a policy for the scanned files, to be read and completed by a person; it passes ``policy check``.

    Every file becomes a dataset; the subject is its first unique id, else its first personal column. Row-level export is the
    only purpose, and each category gets the treatment that the scan proposes.
    """
    files = list(dict.fromkeys(column.file for column in columns))
    lines = [_HEAD]
    for number, file in enumerate(files):
        own = [column for column in columns if column.file == file]
        lines.append(_dataset(_dataset_name(file, number), file, own))
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
    ids = [c for c in columns if c.finding.category == "user.unique_id"]
    subject = (ids or [c for c in columns if c.personal] or list(columns))[0]
    lines = [
        f"  {name}:",
        "    domain: people",
        f"    subject: {_text(subject.name)}",
        f"    files: [{_text(file)}]",
        "    columns:",
    ]
    for column in columns:
        category, found = _category(column, column is subject), column.finding
        remark = f"{found.confidence:.0%} sure" if found.category else "nothing recognised: look at it"
        lines.append(f"      {_text(column.name)}: {category}   # {remark}")
    return "\n".join(lines)


def _category(column: ScannedColumn, is_subject: bool) -> str:
    return column.finding.category or ("user.unique_id" if is_subject else "system.operations")


def _treatments(columns: Sequence[ScannedColumn]) -> dict[str, str]:
    chosen = {"user.unique_id": "pseudonym", "system.operations": "keep"}
    for column in columns:
        if column.finding.category is not None:
            chosen[column.finding.category] = _spelled(column)
    chosen["user.unique_id"] = "pseudonym"
    used = {_category(column, False) for column in columns} | {"user.unique_id"}
    return {category: treatment for category, treatment in chosen.items() if category in used}


def _spelled(column: ScannedColumn) -> str:
    category = column.finding.category or ""
    if column.finding.treatment == "generalize":
        return "{generalize: {to: year}}" if "date" in category else "{generalize: {to: prefix, prefix: 3}}"
    return "{mask: {keep_last: 2}}" if column.finding.treatment == "mask" else column.finding.treatment


def _text(text: str) -> str:
    """Write a name as a double-quoted YAML scalar, whatever is in it."""
    import json

    return json.dumps(text, ensure_ascii=False)
