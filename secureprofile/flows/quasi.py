"""What each column of a table is to an attacker: an identifier, something he may know, something he wants, or nothing. Proposals, not verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from secureprofile.adapters.files import Source
from secureprofile.adapters.spread import SMALL, can_spread, spread_rows
from secureprofile.anonymity.hierarchy import SUPPRESSED
from secureprofile.anonymity.safe_harbor import SMALL_ZIP3, Held
from secureprofile.guard.classify import ColumnFinding, classify_column
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

if TYPE_CHECKING:
    from secureprofile.adapters.duckdb import DuckEngine

ROWS = 10_000
"""Rows that are looked at; whether a column is constant or nearly unique is asked of all."""

NEARLY_UNIQUE = (0.9, 0.1)
"""Different values among filled cells from which a column that nothing is known of is no quasi-identifier: in general, and from a thousand
different values on, where it is more likely to number things or people than to describe them."""

Role = Literal["quasi-identifier", "direct identifier", "free text", "sensitive", "constant", "nearly unique"]

_KNOWN = (
    "user.demographic", "user.contact.address", "user.contact.organization", "user.location", "user.job_title",
    "user.workplace", "user.childrens",
)  # fmt: skip
"""Categories that acquaintances, registers and profiles tell."""
_WANTED = (
    "user.health_and_medical", "user.biometric", "user.criminal_history", "user.financial", "user.payment",
    "user.demographic.political_opinion", "user.demographic.religious_belief", "user.demographic.sexual_orientation",
)  # fmt: skip
_POSTCODE, _AGE = "user.contact.address.postal_code", "user.demographic.age_range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A column and what it is to an attacker; ``dates`` where most cells are dates."""

    name: str
    category: str | None
    role: Role
    dates: bool = False


def look(source: Source, table: Any, engine: DuckEngine, temp: Path) -> tuple[Looked, ...]:
    """Classify every column by a sample of its cells, as ``scan`` does, and by how many different values all of them are.

    Args:
        source: the file.
        table: the same as a table.
        engine: runs the queries.
        temp: private folder.
    """
    cells = _sample(source, table, engine, temp)
    findings, shares = {}, {}
    for name in source.columns:
        filled = [cell for cell in cells[name] if cell and cell.strip()]
        findings[name] = classify_column(name, filled, distinct=len(set(filled[:1000])))
        shares[name] = (len(set(filled)), len(filled))
    whole = len(cells[source.columns[0]]) < ROWS
    asked = [name for name, finding in findings.items() if not whole and _role(finding, 2, 1000) in _BY_COUNT]
    shares |= _counted(table, engine, asked, source.path.name)
    return tuple(
        Looked(name=name, category=f.category, role=_role(f, *shares[name]), dates=_dates(f))
        for name, f in findings.items()
    )


_BY_COUNT = ("quasi-identifier", "constant", "nearly unique")


def _sample(source: Source, table: Any, engine: DuckEngine, temp: Path) -> Mapping[str, Sequence[str | None]]:
    size = source.path.stat().st_size if isinstance(source.path, Path) else 0
    if size > SMALL and can_spread(source):
        return spread_rows(source, lambda: engine, ROWS, temp)
    rows: Mapping[str, Sequence[str | None]] = engine.sample(table, ROWS, what=source.path.name).to_pydict()
    return rows


def _counted(table: Any, engine: DuckEngine, names: Sequence[str], what: str) -> dict[str, tuple[int, int]]:
    """Return (about how many different values, how many filled cells) of columns, from all rows; 1 is exact."""
    if not names:
        return {}
    asked: dict[str, Any] = {}
    for at, name in enumerate(names):
        cell = table[name].nullif("")
        asked |= {f"d{at}": cell.approx_nunique(), f"n{at}": cell.count(), f"s{at}": cell.min() == cell.max()}
    row = engine.first(table.aggregate(**asked), 1, what=what).to_pylist()[0]
    return {
        name: (1 if row[f"s{at}"] else max(2, row[f"d{at}"]) if row[f"n{at}"] else 0, row[f"n{at}"])
        for at, name in enumerate(names)
    }


def _role(finding: ColumnFinding, different: int, filled: int) -> Role:
    category = finding.category or ""
    if finding.mixed or within(category, DIRECT_IDENTIFIERS):
        return "direct identifier"
    if within(category, ("user.content",)):
        return "free text"
    if different < 2:
        return "constant"
    if within(category, _WANTED):
        return "sensitive"
    if within(category, _KNOWN) or _dates(finding):
        return "quasi-identifier"
    return "nearly unique" if different >= NEARLY_UNIQUE[different > 1000] * filled else "quasi-identifier"


def _dates(finding: ColumnFinding) -> bool:
    return finding.evidence.get("DATE_TIME", 0) >= 0.5 or finding.category == "user.demographic.date_of_birth"


# --- what HIPAA's safe harbor wants coarser -----------------------------------------------------------------------------

_FINE_ZIP = rf"^[0-9A-Za-z]{{4}}|^({'|'.join(sorted(SMALL_ZIP3))})"
_YEARS = r"^\W*[0-9]{4}s?(\W+[0-9]{4}s?)?\W*$"
# a number above 89, or a range that ends there; 90+ is what the rule wants
_OLD = r"^(?:[0-9]+\s*[-–~,]\s*)?(?:9[0-9]|1[0-9]{2})(?:\.[0-9]+)?$"


def held(columns: Sequence[Looked], table: Any, engine: DuckEngine, what: str) -> tuple[Held, ...]:
    """Say of every column what the safe harbor asks: its category, and whether any ZIP code, date or age in it is too fine."""
    fine: dict[str, Any] = {}
    for at, column in enumerate(columns):
        cell = table[column.name].fill_null("").strip()
        said = ~cell.isin(["", SUPPRESSED])
        if column.dates:
            fine[f"f{at}"] = (said & ~cell.re_search(_YEARS)).any()
        elif column.category == _POSTCODE:
            fine[f"f{at}"] = (said & cell.re_search(_FINE_ZIP)).any()
        elif column.category == _AGE:
            fine[f"f{at}"] = (said & cell.re_search(_OLD)).any()
    row = engine.first(table.aggregate(**fine), 1, what=what).to_pylist()[0] if fine else {}
    return tuple(
        Held(name=c.name, category=c.category, dates=c.dates, too_fine=bool(row.get(f"f{at}")))
        for at, c in enumerate(columns)
    )
