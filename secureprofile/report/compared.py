"""Sections on what differs: a segment beside its base, this release beside the one before, and what is unknown. All from released cells."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from secureprofile.released import Cell, Change, Comparison, Document, Line, Number, Released
from secureprofile.report import evidence
from secureprofile.report.parts import (
    COUNT,
    INDEX,
    PLAIN,
    POINTS,
    SHARE,
    Figure,
    Section,
    Spelling,
    clear_of,
    isolated,
    pick,
    value_name,
    written,
)
from secureprofile.report.wording import Language, say

MOST = 14
"""Bars of a chart; its table has all lines."""

PSI_MARKS = (0.1, 0.25)
"""Where practice calls a shift of a distribution noticeable, and large (rule of thumb in credit scoring)."""


def comparisons(document: Document, lang: Language) -> Iterator[Section]:
    """Give a section for every segment that is set beside its base."""
    for one in document.comparisons:
        segment, base = names(document, one, lang)
        title = say("compare_title", lang, segment=segment, base=base)
        yield Section(
            title=title,
            note=_size(one, segment, lang),
            figures=(*_profile(document, one, lang), *_distances(one, lang)),
        )


def names(document: Document, one: Comparison, lang: Language) -> tuple[str, str]:
    """Return what a segment and its base are called."""
    segment = isolated(value_name(document, *one.segment, lang))
    return segment, say("everybody", lang) if one.base is None else isolated(value_name(document, *one.base, lang))


def clearest(lines: Sequence[Line]) -> list[Line]:
    """Return the lines whose index differs from 100 beyond the noise, the largest differences (as ratios) first."""
    found = [line for line in lines if clear_of(line.index, 100) and line.value not in ("unknown", "none")]
    return sorted(found, key=lambda line: -_distance(line.index))


def _distance(cell: Cell) -> float:
    return abs(math.log(max(1.0, cell.value) / 100)) if isinstance(cell, Released) else 0.0


def _size(one: Comparison, segment: str, lang: Language) -> str:
    value, interval = written(one.size, COUNT, lang)
    said = f"{value} ({interval})" if isinstance(one.size, Released) else value
    return say("compare_note", lang, segment=segment, size=said)


def _label(document: Document, attribute: str, value: str, lang: Language) -> str:
    colon = "：" if lang == "zh" else ": "
    return (
        isolated(pick(document.attribute(attribute).name, lang))
        + colon
        + isolated(value_name(document, attribute, value, lang))
    )


def _profile(document: Document, one: Comparison, lang: Language) -> Iterator[Figure]:
    shown = clearest(one.lines)[:MOST]
    withheld = say("withheld", lang)
    title = say("index_title", lang)
    picture = evidence.diverging(
        [_label(document, line.attribute, line.value, lang) for line in shown], [line.index for line in shown], centre=100,
        spelling=INDEX, title=title, withheld=withheld,
    ) if shown else ""  # fmt: skip
    rows = tuple(
        (
            pick(document.attribute(line.attribute).name, lang),
            value_name(document, line.attribute, line.value, lang),
            *(
                _short(cell, spelling, lang)
                for cell, spelling in ((line.share, SHARE), (line.base_share, SHARE), (line.index, INDEX))
            ),
        )
        for line in one.lines
    )
    head = tuple(say(key, lang) for key in ("tag", "value", "share_here", "share_base", "index"))
    note = say("index_note" if shown else "index_none", lang)
    yield Figure(title=title, definition=note, svg=Markup(picture), head=head, rows=rows, numbers=3, tall=True)


def _short(cell: Cell, spelling: Spelling, lang: Language) -> str:
    value, interval = written(cell, spelling, lang)
    return f"{value} ({interval})" if isinstance(cell, Released) else value


def _distances(one: Comparison, lang: Language) -> Iterator[Figure]:
    if not one.distances:
        return
    labels = [say(distance.dimension, lang) for distance in one.distances]
    cells = [distance.cell for distance in one.distances]
    withheld, title = say("withheld", lang), say("distance_title", lang)
    rows = tuple((label, *written(cell, SHARE, lang)) for label, cell in zip(labels, cells, strict=True))
    head = (say("dimension", lang), say("distance", lang), say("interval", lang))
    picture = evidence.dots(labels, cells, most=0.3, spelling=SHARE, title=title, withheld=withheld)
    yield Figure(title=title, definition=say("distance_note", lang), svg=Markup(picture), head=head, rows=rows)
    if sum(isinstance(cell, Released) for cell in cells) >= 3:
        shape = evidence.radar(labels, cells, most=0.3, spelling=SHARE, title=title, withheld=withheld)
        yield Figure(
            title=say("radar_title", lang), definition=say("radar_note", lang), svg=Markup(shape), head=head, rows=rows
        )


def changes(document: Document, lang: Language) -> Iterator[Section]:
    """Give a section for every earlier release that this one is set beside."""
    for one in document.changes:
        note = say("changes_note", lang, day=one.as_of, release=one.release_id)
        yield Section(
            title=say("changes_title", lang, day=one.as_of),
            note=note,
            figures=(*_shifts(document, one, lang), *_stability(document, one, lang)),
        )


def _shifts(document: Document, one: Change, lang: Language) -> Iterator[Figure]:
    clear = [shift for shift in one.shifts if clear_of(shift.difference, 0)]
    shown = sorted(
        clear, key=lambda shift: -abs(shift.difference.value) if isinstance(shift.difference, Released) else 0
    )[:MOST]
    title = say("shifts_title", lang)
    picture = evidence.diverging(
        [_label(document, shift.attribute, shift.value, lang) for shift in shown], [shift.difference for shift in shown], centre=0,
        spelling=POINTS, title=title, withheld=say("withheld", lang),
    ) if shown else ""  # fmt: skip
    rows = tuple(
        (
            pick(document.attribute(shift.attribute).name, lang),
            value_name(document, shift.attribute, shift.value, lang),
            *(
                _short(cell, spelling, lang)
                for cell, spelling in ((shift.before, SHARE), (shift.now, SHARE), (shift.difference, POINTS))
            ),
        )
        for shift in one.shifts
    )
    head = tuple(say(key, lang) for key in ("tag", "value", "share_before", "share_now", "difference"))
    note = say("shifts_note" if shown else "shifts_none", lang)
    yield Figure(title=title, definition=note, svg=Markup(picture), head=head, rows=rows, numbers=3, tall=True)


def _stability(document: Document, one: Change, lang: Language) -> Iterator[Figure]:
    if not one.stability:
        return
    labels = [pick(document.attribute(psi.attribute).name, lang) for psi in one.stability]
    cells = [psi.cell for psi in one.stability]
    picture = evidence.dots(
        labels,
        cells,
        most=0.3,
        marks=PSI_MARKS,
        spelling=PLAIN,
        title=say("psi_title", lang),
        withheld=say("withheld", lang),
    )
    rows = tuple((label, *written(cell, PLAIN, lang)) for label, cell in zip(labels, cells, strict=True))
    head = (say("tag", lang), say("psi", lang), say("interval", lang))
    yield Figure(
        title=say("psi_title", lang), definition=say("psi_note", lang), svg=Markup(picture), head=head, rows=rows
    )


def numbers(document: Document, lang: Language) -> Iterator[Section]:
    """Give the section with statistics of measures, by segment."""
    if document.numbers:
        yield Section(
            title=say("numbers_title", lang),
            note=say("numbers_note", lang),
            figures=tuple(_number(document, one, lang) for one in document.numbers),
        )


def _number(document: Document, one: Number, lang: Language) -> Figure:
    unit = "" if one.statistic == "count" else f" {one.unit}".rstrip()
    spelling = Spelling(1.0, unit)
    labels = [
        " × ".join(value_name(document, code, value, lang) for code, value in zip(one.attributes, key, strict=True))
        or say("everybody", lang)
        for key in one.keys
    ]
    statistic = say(f"statistic_{one.statistic}", lang, order=f"{100 * (one.quantile or 0.5):g} %")
    over = " × ".join(pick(document.attribute(code).name, lang) for code in one.attributes)
    title = f"{pick(one.name, lang)}: {statistic}" + (f" · {over}" if over else "")
    most = max([cell.high for cell in one.cells if isinstance(cell, Released)], default=1.0)
    picture = evidence.dots(
        labels, one.cells, most=max(most, 1e-9), spelling=spelling, title=title, withheld=say("withheld", lang)
    )
    clipped = "" if one.clipped is None else " " + say("clipped", lang, share=_short(one.clipped, SHARE, lang))
    bounds = say("bounds", lang, low=f"{one.low:,g}", high=f"{one.high:,g}{unit}") if one.statistic != "count" else ""
    rows = tuple((label, *written(cell, spelling, lang)) for label, cell in zip(labels, one.cells, strict=True))
    head = (over or say("everybody", lang), statistic, say("interval", lang))
    return Figure(
        title=title, definition=f"{pick(one.definition, lang)} {bounds}{clipped}".strip(), svg=Markup(picture), head=head, rows=rows
    )  # fmt: skip


def quality(document: Document, lang: Language) -> Iterator[Section]:
    """Give the section that says for how many people each tag is unknown."""
    found = [
        (attribute, cell)
        for table in document.tables
        if len(table.attributes) == 1
        for attribute in [document.attribute(table.attributes[0])]
        for key, cell in zip(table.keys, table.cells, strict=True)
        if key == ("unknown",)
    ]
    if found:
        labels, cells = [pick(a.name, lang) for a, _ in found], [cell for _, cell in found]
        title = say("quality_title", lang)
        most = max([cell.high for cell in cells if isinstance(cell, Released)], default=1.0)
        picture = evidence.dots(
            labels, cells, most=max(1.0, most), spelling=COUNT, title=title, withheld=say("withheld", lang)
        )
        rows = tuple((label, *written(cell, COUNT, lang)) for label, cell in zip(labels, cells, strict=True))
        head = (say("tag", lang), say("people_unknown", lang), say("interval", lang))
        yield Section(
            title=title,
            note=say("quality_note", lang),
            figures=(
                Figure(title=say("people_unknown", lang), definition="", svg=Markup(picture), head=head, rows=rows),
            ),
        )
