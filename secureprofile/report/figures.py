"""Charts as hand-written SVG: deterministic, a few kilobytes, no script; colours come from the page's CSS variables.

Every chart takes released cells only and shows the noise: a whisker for the interval, a hatched bar for what is withheld, which is never
drawn as zero. An exact number cannot be drawn: :func:`check` refuses it at run time, the types refuse it before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from unicodedata import east_asian_width

from secureprofile.released import Cell, Released, Withheld

WIDTH, WIDE = 420, 640  # of bars and of heat maps, in the unit of the texts: bars stay readable on a phone
_ROW, _BAR, _GAP = 30, 16, 12
_FONT = 13


def check(cells: Sequence[Cell]) -> None:
    """Raise TypeError where something else than a released or withheld number would be drawn."""
    for cell in cells:
        if not isinstance(cell, Released | Withheld):
            raise TypeError(f"a public figure takes released numbers only, not {type(cell).__name__}")


def text_width(text: str, size: float = _FONT) -> float:
    """Estimate a text's width in pixels: full-width characters and signs as wide as %, — and … are about one em, others 0.6.

    Example:
        >>> text_width("画像") > text_width("abc")
        True
    """
    return size * sum(1.0 if east_asian_width(c) in "WF" or c in "%—…–MW@" else 0.6 for c in text)


def step(sd: float) -> int:
    """Return the rounding step of a noisy number: the largest power of ten not above its noise's standard deviation.

    Example:
        >>> step(0.4), step(16.9), step(120.0)
        (1, 10, 100)
    """
    return max(1, int(10 ** math.floor(math.log10(sd)))) if sd > 0 else 1


def rounded(cell: Released) -> tuple[int, int, int]:
    """Return (value, low, high) without false digits; the interval is rounded outwards, and never starts below zero.

    Example:
        >>> rounded(Released(value=1234, low=1198, high=1270, sd=16.9, mechanism="m"))
        (1230, 1190, 1270)
    """
    s = step(cell.sd)
    low, high = math.floor(cell.low / s) * s, math.ceil(cell.high / s) * s
    return round(cell.value / s) * s, max(0, low), high


def number(value: int) -> str:
    """Write a number with thousands separators."""
    return f"{value:,}"


def bars(labels: Sequence[str], cells: Sequence[Cell], *, title: str, withheld: str) -> str:
    """Return horizontal bars with noise intervals.

    Args:
        labels: one per cell.
        cells: released or withheld.
        title: for people who do not see the picture.
        withheld: the word that stands on a hatched bar.
    """
    check(cells)
    left = min(160, max((text_width(label) for label in labels), default=0) + _GAP)
    ends = [rounded(cell)[2] for cell in cells if isinstance(cell, Released)]
    ends += [cell.threshold for cell in cells if isinstance(cell, Withheld)]
    shown = [number(rounded(cell)[0]) for cell in cells if isinstance(cell, Released)]
    right = 10 + max(
        [text_width(text) for text in shown] + [text_width(withheld, 12) for c in cells if isinstance(c, Withheld)],
        default=0,
    )
    scale = (WIDTH - left - right) / max(1, *ends)
    height = _ROW * len(labels) + 6
    parts = [svg_head(WIDTH, height, title, in_words(labels, cells, withheld))]
    for place, (label, cell) in enumerate(zip(labels, cells, strict=True)):
        y = place * _ROW + (_ROW - _BAR) / 2 + 3
        middle = y + _BAR / 2
        parts.append(label_before(label, left - 8, middle))
        parts.append(_bar(cell, left, y, scale, withheld))
    return "".join([*parts, "</svg>"])


def _bar(cell: Cell, left: float, y: float, scale: float, withheld: str) -> str:
    if isinstance(cell, Withheld):
        return hidden(left, y, max(24.0, cell.threshold * scale), _BAR, withheld)
    value, low, high = rounded(cell)
    middle = y + _BAR / 2
    x1, x2 = left + low * scale, left + high * scale
    return (
        f"<g><title>{number(value)} ({number(low)}–{number(high)})</title>"
        f'<rect class="bar" x="{left:.1f}" y="{y:.1f}" width="{max(1.0, value * scale):.1f}" height="{_BAR}" rx="2"/>'
        f"{whisker(x1, x2, middle)}"
        f'<text class="value" x="{x2 + 7:.1f}" y="{middle + 4.5:.1f}">{number(value)}</text></g>'
    )


def heat_map(rows: Sequence[str], columns: Sequence[str], cells: Sequence[Cell], *, title: str, withheld: str) -> str:
    """Return a heat map, row by row; withheld cells are hatched, numbers stand in the others.

    Args:
        rows: labels from top to bottom.
        columns: labels from left to right.
        cells: row-major, released or withheld.
        title: for people who do not see the picture.
        withheld: what hatched means.
    """
    check(cells)
    left = min(170, max(text_width(label) for label in rows) + _GAP)
    width = (WIDE - left) / len(columns)
    above = 26
    height = above + 34 * len(rows)
    top = max([cell.value for cell in cells if isinstance(cell, Released)], default=1.0)
    said = in_words([f"{row} / {column}" for row in rows for column in columns], cells, withheld)
    parts = [svg_head(WIDE, height, title, said)]
    for place, label in enumerate(columns):
        x = left + (place + 0.5) * width
        parts.append(f'<text class="label" x="{x:.1f}" y="16" text-anchor="middle">{escape(fit(label, width))}</text>')
    for place, cell in enumerate(cells):
        row, column = divmod(place, len(columns))
        x, y = left + column * width, above + row * 34
        if column == 0:
            parts.append(
                f'<text class="label" x="{left - 8:.0f}" y="{y + 21:.0f}" text-anchor="end">{escape(fit(rows[row], left - 8))}</text>'
            )
        parts.append(_tile(cell, x, y, width, top, withheld))
    return "".join([*parts, "</svg>"])


def _tile(cell: Cell, x: float, y: float, width: float, top: float, withheld: str) -> str:
    place = f'x="{x + 1.5:.1f}" y="{y + 1.5:.1f}" width="{width - 3:.1f}" height="31" rx="3"'
    if isinstance(cell, Withheld):
        return f'<g><title>{escape(withheld)}</title><rect class="hatched" {place}/></g>'
    value, low, high = rounded(cell)
    share = max(0.06, min(1.0, cell.value / max(1, top)))
    ink = "on" if share > 0.55 else "value"
    return (
        f"<g><title>{number(value)} ({number(low)}–{number(high)})</title>"
        f'<rect class="tile" style="fill-opacity:{share:.2f}" {place}/>'
        f'<text class="{ink}" x="{x + width / 2:.1f}" y="{y + 21:.0f}" text-anchor="middle">{number(value)}</text></g>'
    )


def gauge(share: float, *, title: str) -> str:
    """Return a thin bar that is filled to ``share`` (0 to 1)."""
    share = min(1.0, max(0.0, share))
    return (
        f'<svg class="gauge" viewBox="0 0 {WIDTH} 12" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f'<rect class="track" width="{WIDTH}" height="12" rx="6"/><rect class="bar" width="{max(12.0, WIDTH * share):.1f}" height="12" rx="6"/></svg>'
    )


def whisker(x1: float, x2: float, y: float) -> str:
    """Return a level noise interval with ends."""
    return f'<path class="whisker" d="M{x1:.1f} {y:.1f}H{x2:.1f}M{x1:.1f} {y - 4:.1f}V{y + 4:.1f}M{x2:.1f} {y - 4:.1f}V{y + 4:.1f}"/>'


def label_before(label: str, x: float, y: float) -> str:
    """Return a label that ends at x, shortened to the room before it."""
    return f'<text class="label" x="{x:.0f}" y="{y + 4.5:.1f}" text-anchor="end">{escape(fit(label, x))}</text>'


def hidden(x: float, y: float, width: float, height: float, withheld: str) -> str:
    """Return the hatched bar of a withheld cell, and the word behind it."""
    return (
        f'<g><title>{escape(withheld)}</title><rect class="hatched" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" rx="2"/>'
        f'<text class="quiet" x="{x + width + 6:.1f}" y="{y + height / 2 + 4.5:.1f}">{escape(withheld)}</text></g>'
    )


def svg_head(width: float, height: float, title: str, said: str) -> str:
    """Open a picture: its size, its title, and what it says in words."""
    return (
        f'<svg viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f"<desc>{escape(said)}</desc>"
    )


def in_words(labels: Sequence[str], cells: Sequence[Cell], withheld: str) -> str:
    """Return what a chart says, for people who do not see it."""
    said = [
        f"{label}: {number(rounded(cell)[0]) if isinstance(cell, Released) else withheld}"
        for label, cell in zip(labels, cells, strict=True)
    ]
    return "; ".join(said)


def fit(text: str, width: float) -> str:
    """Shorten a label to its column."""
    if text_width(text) <= width - 4:
        return text
    room, kept = width - 4 - text_width("…"), 1
    while kept < len(text) and text_width(text[: kept + 1]) <= room:
        kept += 1
    return text[:kept] + "…"
