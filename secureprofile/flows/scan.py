"""The verb ``scan``: what personal data is in these files? Needs no workspace, keeps nothing, shows shares and no values."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from secureprofile.adapters.files import Source
from secureprofile.adapters.sources import place_name
from secureprofile.adapters.spread import SMALL, can_spread, spread_rows
from secureprofile.errors import SecureProfileError
from secureprofile.flows.opening import open_every
from secureprofile.flows.progress import Progress
from secureprofile.flows.workbooks import BesideCells, beside_cells
from secureprofile.guard.classify import SAMPLE, ColumnFinding, classify_column
from secureprofile.guard.finder import Finder
from secureprofile.guard.foreign import beside, look
from secureprofile.guard.specs import SPECS
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

if TYPE_CHECKING:  # a sample needs no engine
    from secureprofile.adapters.duckdb import DuckEngine
    from secureprofile.flows.census import Shares

SAMPLE_ROWS = 10_000
WIDE = 500
"""Columns from which rows are not drawn one by one."""

TABLES = (
    ".csv",
    ".tsv",
    ".txt",
    ".tab",
    ".jsonl",
    ".ndjson",
    ".json",
    ".parquet",
    ".xlsx",
    ".xlsm",
    ".xlsb",
    ".xls",
    ".ods",
)
"""Endings of the files in a folder that are looked at; a file named by itself is looked at whatever its name."""

Looked = Literal["all", "spread", "first"]
"""At which rows: all; a random sample of the whole file; the first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedColumn:
    """One column and what it seems to hold. ``traces`` are identifiers in a few cells of a column that is something else.

    ``notes`` say what could not be looked at.
    """

    file: str
    position: int
    name: str
    finding: ColumnFinding
    traces: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def personal(self) -> bool:
        """Whether it holds personal data."""
        return bool(self.traces) or (self.finding.category is not None and within(self.finding.category, ("user",)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedFile:
    """One table: how many of its rows were looked at, its columns, and what a workbook holds beside its cells; or why it could not be read."""

    name: str
    rows: int = 0
    looked: Looked = "all"
    columns: tuple[ScannedColumn, ...] = ()
    beside: tuple[BesideCells, ...] = ()
    error: SecureProfileError | None = None


MEMORY = "600MB"
"""What the engine may use where nobody says."""


def scan(
    locations: Sequence[str | Path],
    *,
    full: bool,
    progress: Progress,
    memory_limit: str = MEMORY,
    finders: Sequence[Finder] = (),
) -> tuple[ScannedFile, ...]:
    """Classify every column of every file, from its name and a sample of its cells; with ``full``, every cell counts.

    A file that cannot be read is reported as such and hides none of the others. A folder stands for the tables in it, a workbook for its
    sheets, a database for its tables. ``finders`` are recognizers of the user's; they look at a sample of each column, also with ``full``.
    """
    places = [place for location in locations for place in _inside(location)]
    with tempfile.TemporaryDirectory(prefix="secureprofile-") as temp:
        done = _Done(places)
        found: list[ScannedFile] = []
        for number, place in enumerate(places, start=1):
            progress.step(f"scan {place_name(place)} ({number} of {len(places)})", done.percent)
            try:
                found += _scan_place(
                    place, Path(temp), full=full, done=done, memory_limit=memory_limit, finders=finders
                )
            except SecureProfileError as error:
                found.append(ScannedFile(name=place_name(place), error=error))
            done.next()
    return tuple(found)


def _inside(location: str | Path) -> list[str | Path]:
    """Return the files of a folder, else the location itself; the names of files may hold anything, those of URLs are no files."""
    try:
        if not Path(location).is_dir():
            return [location]
    except (OSError, ValueError):
        return [location]
    return [file for file in _files(Path(location)) if _is_table(file)]


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))


def _is_table(file: Path) -> bool:
    return Path(file.name.lower().removesuffix(".gz")).suffix in TABLES


def passed_by(locations: Sequence[str | Path]) -> int:
    """Count the files of folders that are no tables by their names, which :func:`scan` leaves alone."""
    folders = [Path(location) for location in locations if _inside(location) != [location]]
    return sum(not _is_table(file) for folder in folders for file in _files(folder))


def _scan_place(
    place: str | Path, temp: Path, *, full: bool, done: _Done, memory_limit: str, finders: Sequence[Finder]
) -> list[ScannedFile]:
    """Scan every table of one file or database, and what a workbook holds beside its cells."""
    scanned = []
    for source in open_every(place):
        with ExitStack() as stack:

            def engine(stack: ExitStack = stack) -> DuckEngine:
                from secureprofile.adapters.duckdb import DuckEngine

                return stack.enter_context(DuckEngine(temp=temp, memory_limit=memory_limit))

            scanned.append(
                _scan_all(source, engine(), temp, done, finders)
                if full
                else _scan_sample(source, engine, temp, finders)
            )
    beside = tuple(beside_cells(place))
    return [replace(one, beside=beside if position == 0 else ()) for position, one in enumerate(scanned)]


class _Done:
    """How much of all files is done, by their sizes."""

    def __init__(self, places: Sequence[str | Path]) -> None:
        self._sizes = [_size(place) for place in places]
        self._at = 0
        self.share = 0.0
        """Of the current file, 0 to 1."""

    def next(self) -> None:
        """Go on to the next file."""
        self._at, self.share = self._at + 1, 0.0

    def percent(self) -> float:
        """Return the share done of all, in percent."""
        size = self._sizes[self._at] if self._at < len(self._sizes) else 0
        return 100 * (sum(self._sizes[: self._at]) + self.share * size) / max(1, sum(self._sizes))


def _size(place: str | Path) -> int:
    try:
        return max(1, Path(place).stat().st_size)
    except (OSError, ValueError):
        return 1


def _scan_all(source: Source, engine: DuckEngine, temp: Path, done: _Done, finders: Sequence[Finder]) -> ScannedFile:
    from secureprofile.flows.census import census

    stored = temp / "rows.parquet"
    try:
        with engine.source(source) as table:
            rows = engine.write(table, stored, "parquet", what=source.path.name)
        done.share = 0.3
        whole = engine.parquet([stored])
        wide = len(source.columns) > WIDE  # drawing evenly would hold all that is drawn several times
        kept = Source(path=stored, format="parquet", columns=source.columns)
        sample = (
            spread_rows(kept, lambda: engine, SAMPLE_ROWS, temp)
            if wide
            else engine.sample(whole, SAMPLE_ROWS).to_pydict()
        )
        columns = []
        for position, name in enumerate(source.columns, start=1):
            cells = sample[name]
            column = _column(source, position, name, cells)
            column = _with_shares(column, census(whole[name], name, engine, repeated=_repeated(cells)))
            columns.append(_beside(column, cells, finders))
            done.share = 0.3 + 0.7 * position / len(source.columns)
    finally:
        stored.unlink(missing_ok=True)
    return ScannedFile(name=source.path.name, rows=rows, looked="all", columns=tuple(columns))


def _scan_sample(
    source: Source, engine: Callable[[], DuckEngine], temp: Path, finders: Sequence[Finder]
) -> ScannedFile:
    packed = 1 if source.compression == "none" else 4
    # of a sheet, a database's table or a stream the first rows have to do
    size = _size(source.path) * packed if isinstance(source.path, Path) else SMALL + 1
    looked: Looked = "spread"
    if size > SMALL and can_spread(source):
        cells = spread_rows(source, engine, SAMPLE_ROWS, temp)
    else:
        made = engine()
        with made.source(source) as table:
            small = size <= SMALL and len(source.columns) <= WIDE
            what = source.path.name
            rows = made.sample(table, SAMPLE_ROWS, what=what) if small else made.first(table, SAMPLE_ROWS, what=what)
            cells = rows.to_pydict()
        looked = "all" if rows.num_rows < SAMPLE_ROWS else "spread" if small else "first"
    columns = [
        _beside(_column(source, position, name, cells[name]), cells[name], finders)
        for position, name in enumerate(source.columns, start=1)
    ]
    return ScannedFile(name=source.path.name, rows=len(cells[source.columns[0]]), looked=looked, columns=tuple(columns))


def _column(source: Source, position: int, name: str, cells: Sequence[str | None]) -> ScannedColumn:
    filled = [cell for cell in cells if cell and cell.strip()]
    looked = len(filled[:1000])
    finding = classify_column(name, filled, distinct=len(set(filled[:looked])))
    return ScannedColumn(file=source.path.name, position=position, name=name, finding=finding)


def _beside(column: ScannedColumn, cells: Sequence[str | None], finders: Sequence[Finder]) -> ScannedColumn:
    """Let the user's recognizers look at the cells that ours looked at, with the column's name as a word around them."""
    if not finders:
        return column
    filled = [text for cell in cells if (text := (cell or "").strip())][:SAMPLE]
    named: list[Finder] = [_in_column(finder, column.name) for finder in finders]
    found = look(filled, named)
    failed = f"your recognizers failed at {found.failed} of {len(filled)} cells: look at this column yourself"
    return replace(column, finding=beside(column.finding, found), notes=(failed,) if found.failed else ())


def _in_column(finder: Finder, name: str) -> Finder:
    with_context = getattr(finder, "with_context", None)
    return with_context((name,)) if with_context is not None else finder


def _repeated(cells: Sequence[str | None]) -> bool:
    """Tell whether most cells stand there more than once, so that looking at different values saves work."""
    return len(set(cells)) <= len(cells) / 2


def _with_shares(column: ScannedColumn, shares: Shares) -> ScannedColumn:
    """Put the shares among all cells in the place of those of the sample; identifiers in a few cells make a column mixed."""
    found = column.finding
    kept = {k: v for k, v in found.evidence.items() if k.removeprefix("holds ") not in _strengths()}
    evidence = dict(sorted({**kept, **shares}.items(), key=lambda item: -item[1]))
    finding = replace(found, evidence=evidence)
    if found.category is not None and within(found.category, ("user",)):
        return replace(column, finding=finding)
    names = {kind.removeprefix("holds ") for kind in shares}
    traces = tuple(sorted(name for name in names if _strengths().get(name, 0) >= _UNMISTAKABLE))
    if traces:
        finding = replace(finding, category="user.content.private", confidence=0.5, treatment="scrub", mixed=True)
    return replace(column, finding=finding, traces=traces)


_UNMISTAKABLE = 0.9


def _strengths() -> dict[str, float]:
    """Every recognizer's own confidence, 0 where it is of no direct identifier or counts beside a word only."""
    strengths: dict[str, float] = {}
    for spec in SPECS:
        alone = not spec.needs_context and within(spec.category, DIRECT_IDENTIFIERS)
        strengths[spec.name] = max(strengths.get(spec.name, 0.0), spec.score if alone else 0.0)
    return strengths
