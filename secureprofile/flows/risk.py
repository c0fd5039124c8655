"""The verb ``risk``: how likely are people in this table found again? Needs no workspace, keeps nothing, shows counts and no values."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.files import Source
from secureprofile.adapters.sources import place_name
from secureprofile.anonymity.population import Estimates, estimates, unique_match
from secureprofile.anonymity.presets import FAMILIES, PRESETS, chosen
from secureprofile.anonymity.risk import THRESHOLDS, Journalist, journalist
from secureprofile.anonymity.safe_harbor import broken
from secureprofile.anonymity.yardsticks import Figures, Judgement, Preset, judge
from secureprofile.errors import InputError, UsageError
from secureprofile.flows.groups import read_groups
from secureprofile.flows.linkage import Linkage, counted_in, link
from secureprofile.flows.measure import Measured, Table, measure
from secureprofile.flows.opening import open_file
from secureprofile.flows.progress import Progress
from secureprofile.flows.quasi import Looked, held, look

MEMORY = "1GB"
"""What the engine gets where nobody says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of which file. Columns by name; what is empty or None is not asked, quasi-identifiers are proposed then."""

    file: str
    quasi: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    person: str | None = None
    k: int = 5
    threshold: Fraction | None = None
    presets: tuple[str, ...] = ()
    population_size: int | None = None
    population: str | None = None
    against: str | None = None
    truth: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that was found.

    Attributes:
        quasi: the quasi-identifiers; ``proposed`` where nobody named them: guesses from names and cells.
        columns: what each column is to an attacker.
        measured: the file. before: the table that it was made from, by the same columns.
        journalist: the risk among the people of the table ``population``.
        estimates: uniques in a population of the size named. match: how likely a match of a unique record is right there.
        linkage: what matching a second file gave.
    """

    quasi: tuple[str, ...]
    proposed: bool
    person: str | None
    columns: tuple[Looked, ...]
    k: int
    measured: Measured
    before: Measured | None = None
    journalist: Journalist | None = None
    population: str | None = None
    estimates: Estimates | None = None
    match: float | None = None
    linkage: Linkage | None = None
    judgements: tuple[Judgement, ...] = ()

    @property
    def met(self) -> bool:
        """Whether no class has fewer than k."""
        return self.measured.sizes is None or self.measured.sizes.smallest >= self.k

    def named(self, role: str) -> tuple[str, ...]:
        """Return the columns of one role."""
        return tuple(column.name for column in self.columns if column.role == role)


def risk(asked: Asked, *, progress: Progress, memory_limit: str = MEMORY) -> Found:
    """Measure what risk of re-identification a table carries.

    Raises:
        InputError: a file cannot be read, or has no rows.
        UsageError: a column, yardstick or combination of options that cannot be; nothing to take for a quasi-identifier.
    """
    presets = _presets(asked)
    with tempfile.TemporaryDirectory(prefix="secureprofile-") as folder, ExitStack() as stack:
        engine = stack.enter_context(DuckEngine(temp=Path(folder), memory_limit=memory_limit))
        return _Risk(asked, presets, engine, Path(folder), stack, progress).found()


class _Risk:
    """One run, with its engine and what it has opened."""

    def __init__(
        self,
        asked: Asked,
        presets: Sequence[Preset],
        engine: DuckEngine,
        temp: Path,
        stack: ExitStack,
        progress: Progress,
    ) -> None:
        self._asked, self._presets, self._engine = asked, presets, engine
        self._temp, self._stack, self._progress = temp, stack, progress

    def found(self) -> Found:
        """Measure everything that was asked."""
        asked = self._asked
        source, rows = self._opened(asked.file)
        _need(source, "--qi", asked.quasi)
        _need(source, "--sensitive", asked.sensitive)
        _need(source, "--person", _one(asked.person))
        _need(source, "--truth", _one(asked.truth))
        self._progress.step(f"look at the columns of {source.path.name}", self._engine.progress)
        columns = look(source, rows, self._engine, self._temp)
        quasi = asked.quasi or _proposed(columns, asked, source)
        _separate(asked, quasi)
        measured, table = self._measured(source, rows, quasi)
        before = self._before(quasi) if asked.before is not None else None
        among = self._among(table, quasi) if asked.population is not None and table is not None else None
        linkage = self._linked(table, quasi) if asked.against is not None and table is not None else None
        return Found(
            quasi=quasi,
            proposed=not asked.quasi,
            person=asked.person,
            columns=columns,
            k=asked.k,
            measured=measured,
            before=before,
            journalist=among,
            population=place_name(str(asked.population)) if among is not None else None,
            estimates=_estimated(asked, table),
            match=unique_match(table.sizes, asked.population_size) if table and asked.population_size else None,
            linkage=linkage,
            judgements=self._judged(columns, quasi, measured, linkage, (source, rows)),
        )

    def _opened(self, place: str) -> tuple[Source, Any]:
        source = open_file(place, scratch=self._temp)
        return source, self._stack.enter_context(self._engine.source(source))

    def _measured(self, source: Source, rows: Any, quasi: Sequence[str]) -> tuple[Measured, Table | None]:
        asked, name = self._asked, source.path.name
        self._progress.step(f"count combinations of {len(quasi)} columns of {name}", self._engine.progress)
        marks = [m for m in dict.fromkeys((*_one(asked.person), *_one(asked.truth))) if m in source.columns]
        columns = tuple(dict.fromkeys((*quasi, *asked.sensitive)))
        groups = read_groups(self._engine, rows, columns, marks=marks, what=name)
        if not len(groups.rows):
            raise InputError(f"{name} has no rows", hint="a table without people carries no risk")
        thresholds = sorted({*THRESHOLDS, *_one(asked.threshold)}, reverse=True)
        return measure(groups, quasi, file=name, sensitive=asked.sensitive, person=asked.person, thresholds=thresholds)

    def _before(self, quasi: Sequence[str]) -> Measured:
        source, rows = self._opened(str(self._asked.before))
        _need(source, "--before", (*quasi, *self._asked.sensitive, *_one(self._asked.person)))
        return self._measured(source, rows, quasi)[0]

    def _among(self, table: Table, quasi: Sequence[str]) -> Journalist:
        source, rows = self._opened(str(self._asked.population))
        _need(source, "--population", quasi)
        self._progress.step(f"count the population in {source.path.name}", self._engine.progress)
        people = read_groups(self._engine, rows, quasi, what=source.path.name)
        there = counted_in(table.classes, people, people.coded_as(table.groups, quasi))
        return journalist(table.sizes, there, sorted({*THRESHOLDS, *_one(self._asked.threshold)}, reverse=True))

    def _linked(self, table: Table, quasi: Sequence[str]) -> Linkage:
        source, rows = self._opened(str(self._asked.against))
        shared = [name for name in quasi if name in source.columns]
        if not shared:
            raise UsageError(
                f"{source.path.name} shares no quasi-identifier: it has none of the {len(quasi)} columns",
                hint="matching needs columns of the same names; rename them, or name others with --qi",
            )
        truth = self._asked.truth
        _need(source, "--truth", _one(truth))
        self._progress.step(f"match rows with {source.path.name}", self._engine.progress)
        other = read_groups(self._engine, rows, shared, marks=_one(truth), what=source.path.name)
        return link(table.groups, other, shared, file=source.path.name, truth=truth)

    def _judged(
        self,
        columns: Sequence[Looked],
        quasi: Sequence[str],
        measured: Measured,
        linkage: Linkage | None,
        opened: tuple[Source, Any],
    ) -> tuple[Judgement, ...]:
        (source, rows), harbor = opened, None
        named = {*quasi, *self._asked.sensitive}
        if any(preset.name == "hipaa-safe-harbor" for preset in self._presets):
            harbor = broken(held(columns, rows, self._engine, source.path.name))
        figures = Figures(
            smallest=measured.sizes.smallest if measured.sizes else None,
            direct=tuple(c.name for c in columns if c.role == "direct identifier" or c.name == self._asked.truth),
            unknown=tuple(c.name for c in columns if c.role == "nearly unique" and c.name not in named),
            free_text=tuple(c.name for c in columns if c.role == "free text"),
            links=linkage.one_match if linkage else None,
            blind=tuple(name for name, share in linkage.overlap.items() if share < _SEEN) if linkage else (),
            distinct=min((d.distinct for d in measured.sensitive.values()), default=None),
            safe_harbor=harbor,
        )
        return tuple(judge(p, figures, k=self._asked.k, threshold=self._asked.threshold) for p in self._presets)


def _presets(asked: Asked) -> tuple[Preset, ...]:
    """Return the yardsticks asked for, and refuse options that need each other before any file is opened."""
    unknown = [name for name in asked.presets if name not in FAMILIES and name not in PRESETS]
    if unknown:
        raise UsageError(f"there is no preset {unknown[0]}", hint=f"one of: {', '.join([*PRESETS, *FAMILIES])}")
    presets = chosen(asked.presets)
    expert = [preset for preset in presets if any(c.limit == "threshold" for c in preset.criteria)]
    if expert and asked.threshold is None:
        raise UsageError(f"the preset {expert[0].name} needs a threshold", hint="add --threshold, such as 0.09")
    if asked.truth is not None and asked.against is None:
        raise UsageError("--truth says which links are right, and nothing is linked", hint="add --against FILE")
    return presets


def _need(source: Source, option: str, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in source.columns]
    if missing:
        shown = ", ".join(source.columns[:30]) + (", …" if len(source.columns) > 30 else "")
        raise UsageError(
            f"{option}: {source.path.name} has no column {', '.join(missing)}", hint=f"its columns are: {shown}"
        )


def _proposed(columns: Sequence[Looked], asked: Asked, source: Source) -> tuple[str, ...]:
    apart = {*asked.sensitive, asked.person, asked.truth}
    found = tuple(c.name for c in columns if c.role == "quasi-identifier" and c.name not in apart)
    if not found:
        raise UsageError(
            f"{source.path.name}: no column can be proposed as a quasi-identifier", hint="name them with --qi"
        )
    return found


def _separate(asked: Asked, quasi: Sequence[str]) -> None:
    twice = [name for name in quasi if name in {*asked.sensitive, asked.person, asked.truth}]
    if twice:
        raise UsageError(
            f"{twice[0]} is named as a quasi-identifier and as something else",
            hint="what others know (--qi), what they want (--sensitive) and who it is (--person, --truth) are different columns",
        )


def _estimated(asked: Asked, table: Table | None) -> Estimates | None:
    if asked.population_size is None or table is None:
        return None
    records = int(table.sizes.sum())
    if asked.population_size < records:
        raise UsageError(
            f"--population-size {asked.population_size:,} is smaller than the file, which has {records:,} records",
            hint="the population is everybody among whom an attacker would look, those in the file included",
        )
    return estimates(table.sizes, asked.population_size)


_SEEN = 0.5
"""Share of a column's cells that should occur in the second file for its matches to mean something."""

_T = TypeVar("_T")


def _one(value: _T | None) -> tuple[_T, ...]:
    return () if value is None else (value,)
