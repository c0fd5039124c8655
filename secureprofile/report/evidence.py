"""Charts of numbers that are judged against a mark: index bars around 100, differences around 0, dots with intervals, a radar.

A bar has a colour only where its interval excludes the mark; otherwise the noise alone could have drawn it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from secureprofile.released import Cell, Released, Withheld
from secureprofile.report.figures import WIDTH, check, fit, hidden, label_before, svg_head, text_width, whisker
from secureprofile.report.parts import Spelling, clear_of

_ROW, _TALL, _BAR = 30, 42, 14
_DOT = 4.5


def _in_words(labels: Sequence[str], cells: Sequence[Cell], spelling: Spelling, withheld: str) -> str:
    return "; ".join(
        f"{label}: {spelling.write(cell)[0] if isinstance(cell, Released) else withheld}"
        for label, cell in zip(labels, cells, strict=True)
    )


def diverging(
    labels: Sequence[str], cells: Sequence[Cell], *, centre: float, spelling: Spelling, title: str, withheld: str
) -> str:
    """Return horizontal bars, each under its label, that begin at ``centre``, with intervals; a withheld cell is a hatched mark at the centre.

    Args:
        labels: one per cell.
        cells: released or withheld.
        centre: what means “no difference”, in the unit of the cells.
        spelling: how numbers are written.
        title: for people who do not see the picture.
        withheld: what hatched means.
    """
    check(cells)
    shown = [cell for cell in cells if isinstance(cell, Released)]
    right = 14 + max([text_width(spelling.write(cell)[0]) for cell in shown], default=text_width(withheld, 12))
    lowest = min([centre, *(cell.low for cell in shown)])
    highest = max([centre, *(cell.high for cell in shown)])
    scale = (WIDTH - right - 12) / max(1e-9, highest - lowest)
    zero = 6 + (centre - lowest) * scale
    height = _TALL * len(labels) + 8
    parts = [svg_head(WIDTH, height, title, _in_words(labels, cells, spelling, withheld))]
    for place, (label, cell) in enumerate(zip(labels, cells, strict=True)):
        middle = place * _TALL + 31
        parts.append(f'<text class="label" x="0" y="{middle - 13}">{escape(fit(label, WIDTH))}</text>')
        parts.append(f'<path class="axis" d="M{zero:.1f} {middle - 10}V{middle + 10}"/>')
        if isinstance(cell, Withheld):
            parts.append(hidden(zero, middle - _BAR / 2, 24, _BAR, withheld))
            continue
        value, low, high = spelling.write(cell)
        end = zero + (cell.value - centre) * scale
        x1, x2 = zero + (cell.low - centre) * scale, zero + (cell.high - centre) * scale
        kind = ("more" if cell.value > centre else "less") if clear_of(cell, centre) else "unclear"
        long = max(1.0, abs(end - zero))
        parts.append(
            f"<g><title>{escape(label)}: {value} ({low}–{high})</title>"
            f'<rect class="{kind}" x="{min(zero, end):.1f}" y="{middle - _BAR / 2:.1f}" width="{long:.1f}" height="{_BAR}" rx="2"/>'
            f"{whisker(x1, x2, middle)}"
            f'<text class="value" x="{max(x2, zero) + 7:.1f}" y="{middle + 4.5:.1f}">{value}</text></g>'
        )
    return "".join([*parts, "</svg>"])


def dots(
    labels: Sequence[str],
    cells: Sequence[Cell],
    *,
    most: float,
    marks: Sequence[float] = (),
    spelling: Spelling,
    title: str,
    withheld: str,
) -> str:
    """Return dots with intervals on a scale from 0, or of what can be negative from the lowest, to ``most``; thin lines are at 0 and ``marks``."""
    check(cells)
    left = min(170, max((text_width(label) for label in labels), default=0) + 16)
    shown = [cell for cell in cells if isinstance(cell, Released)]
    right = 14 + max([text_width(spelling.write(cell)[0]) for cell in shown], default=text_width(withheld, 12))
    top = max([most, *(cell.high for cell in shown)])
    least = 0.0 if spelling.positive else min([0.0, *(cell.low for cell in shown)])
    scale = (WIDTH - left - right) / (top - least)
    height = _ROW * len(labels) + 8
    parts = [svg_head(WIDTH, height, title, _in_words(labels, cells, spelling, withheld))]
    lines = (left + (mark - least) * scale for mark in (0, *marks) if mark <= top)
    parts += [f'<path class="axis" d="M{x:.1f} 2V{height - 2:.0f}"/>' for x in lines]
    for place, (label, cell) in enumerate(zip(labels, cells, strict=True)):
        middle = place * _ROW + _ROW / 2 + 4
        parts.append(label_before(label, left - 8, middle))
        if isinstance(cell, Withheld):
            parts.append(hidden(left, middle - _BAR / 2, 24, _BAR, withheld))
            continue
        value, low, high = spelling.write(cell)
        x1, x, x2 = (left + (max(least, number) - least) * scale for number in (cell.low, cell.value, cell.high))
        parts.append(
            f"<g><title>{escape(label)}: {value} ({low}–{high})</title>"
            f"{whisker(x1, x2, middle)}"
            f'<circle class="bar" cx="{x:.1f}" cy="{middle:.1f}" r="{_DOT}"/>'
            f'<text class="value" x="{max(x2, x + _DOT) + 7:.1f}" y="{middle + 4.5:.1f}">{value}</text></g>'
        )
    return "".join([*parts, "</svg>"])


def radar(
    labels: Sequence[str], cells: Sequence[Cell], *, most: float, spelling: Spelling, title: str, withheld: str
) -> str:
    """Return a radar of at least three axes: the shape at a glance; the dots beside it carry the intervals.

    The polygon runs through released values only; an axis whose cell is withheld is dashed and breaks it.
    """
    check(cells)
    count, size, radius = len(labels), 480, 105
    shown = [cell.value for cell in cells if isinstance(cell, Released)]
    top = max([most, *shown])
    middle = size / 2

    def point(place: int, share: float) -> tuple[float, float]:
        angle = 2 * math.pi * place / count - math.pi / 2
        return middle + radius * share * math.cos(angle), 145 + radius * share * math.sin(angle)

    parts = [svg_head(size, 300, title, _in_words(labels, cells, spelling, withheld))]
    for share in (1 / 3, 2 / 3, 1.0):
        ring = " ".join(f"{x:.1f},{y:.1f}" for x, y in (point(place, share) for place in range(count)))
        parts.append(f'<polygon class="ring" points="{ring}"/>')
    corners = []
    for place, (label, cell) in enumerate(zip(labels, cells, strict=True)):
        x, y = point(place, 1)
        dashed = ' stroke-dasharray="3 4"' if isinstance(cell, Withheld) else ""
        parts.append(f'<path class="axis" d="M{middle:.1f} 145L{x:.1f} {y:.1f}"{dashed}/>')
        lx, ly = point(place, 1.16)
        anchor = "middle" if abs(lx - middle) < 20 else "start" if lx > middle else "end"
        parts.append(
            f'<text class="label" x="{lx:.1f}" y="{ly + 4:.1f}" text-anchor="{anchor}">{escape(fit(label, 128))}</text>'
        )
        if isinstance(cell, Released):
            corners.append(point(place, max(0.0, cell.value) / top))
    if len(corners) > 2:
        parts.append(f'<polygon class="area" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}"/>')
    parts += [f'<circle class="bar" cx="{x:.1f}" cy="{y:.1f}" r="{_DOT}"/>' for x, y in corners]
    return "".join([*parts, "</svg>"])
