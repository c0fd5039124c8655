"""Charts for tags whose values have an order or a place: columns, an age pyramid, the provinces of China as tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from secureprofile.released import Cell, Released, Withheld
from secureprofile.report.figures import WIDTH, check, fit, in_words, number, rounded, svg_head, text_width, whisker

_HIGH, _LINE, _SMALL, _FONT = 150, 15, 12, 13

_GRID = """
.   .   .   .   .   .   .   .   hl
.   xj  .   .   .   nm  .   .   jl
.   .   gs  nx  .   sx  he  bj  ln
.   xz  qh  .   sn  ha  sd  tj  .
.   .   .   sc  cq  hb  ah  js  .
.   .   yn  gz  hn  jx  zj  sh  .
.   .   .   gx  gd  fj  .   tw  .
.   .   .   hi  mo  hk  .   .   .
"""
PROVINCES: Mapping[str, tuple[int, int]] = {
    code: (row, column)
    for row, line in enumerate(_GRID.split("\n")[1:-1])
    for column, code in enumerate(line.split())
    if code != "."
}
"""Second part of an ISO 3166-2:CN code, in small letters → its place (row, column) among the tiles."""


def columns(labels: Sequence[str], cells: Sequence[Cell], *, title: str, withheld: str) -> str:
    """Return upright bars in the order of the values, with noise intervals; withheld cells are hatched.

    Args:
        labels: one per cell, from left to right.
        cells: released or withheld.
        title: for people who do not see the picture.
        withheld: what hatched means.
    """
    check(cells)
    ends = [rounded(cell)[2] for cell in cells if isinstance(cell, Released)]
    ends += [cell.threshold for cell in cells if isinstance(cell, Withheld)]
    scale = _HIGH / max(1, *ends)
    wide = WIDTH / len(labels)
    wrapped = [_wrap(label, wide - 4) for label in labels]
    below = 8 + _LINE * max(len(lines) for lines in wrapped)
    floor = _HIGH + 24
    parts = [svg_head(WIDTH, floor + below, title, in_words(labels, cells, withheld))]
    for place, (label, cell) in enumerate(zip(labels, cells, strict=True)):
        middle = (place + 0.5) * wide
        bar = min(46.0, wide * 0.7)
        if isinstance(cell, Withheld):
            high = max(14.0, cell.threshold * scale)
            parts.append(
                f"<g><title>{escape(label)}: {escape(withheld)}</title>"
                f'<rect class="hatched" x="{middle - bar / 2:.1f}" y="{floor - high:.1f}" width="{bar:.1f}" height="{high:.1f}" rx="2"/></g>'
            )
        else:
            value, low, top = rounded(cell)
            y1, y2 = floor - low * scale, floor - top * scale
            size = min(13.0, 13 * (wide - 2) / max(1.0, text_width(number(value))))
            high, ends_at = max(1.0, value * scale), f"{middle - 4:.1f} {{:.1f}}H{middle + 4:.1f}"
            parts.append(
                f"<g><title>{escape(label)}: {number(value)} ({number(low)}–{number(top)})</title>"
                f'<rect class="bar" x="{middle - bar / 2:.1f}" y="{floor - high:.1f}" width="{bar:.1f}" height="{high:.1f}" rx="2"/>'
                f'<path class="whisker" d="M{middle:.1f} {y1:.1f}V{y2:.1f}M{ends_at.format(y1)}M{ends_at.format(y2)}"/>'
                f'<text class="value" x="{middle:.1f}" y="{y2 - 6:.1f}" text-anchor="middle" style="font-size:{size:.1f}px">'
                f"{number(value)}</text></g>"
            )
        for line, text in enumerate(wrapped[place]):
            y = floor + 16 + _LINE * line
            parts.append(
                f'<text class="label" x="{middle:.1f}" y="{y:.0f}" text-anchor="middle" style="font-size:{_SMALL}px">{escape(text)}</text>'
            )
    return "".join([*parts, "</svg>"])


def _wrap(label: str, room: float) -> list[str]:
    """Break a label into at most three lines, at blanks and dashes; what still is too long is shortened.

    Example:
        >>> _wrap("181–365 days", 60), _wrap("65 and over", 60)
        (['181–365', 'days'], ['65 and', 'over'])
    """
    lines: list[str] = []
    for word in label.split():
        if lines and text_width(f"{lines[-1]} {word}", _SMALL) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if len(lines) > 3:
        lines = [*lines[:2], " ".join(lines[2:])]
    return [fit(line, room * _FONT / _SMALL + 4) for line in lines]


def pyramid(
    ages: Sequence[str],
    sides: tuple[str, str],
    left: Sequence[Cell],
    right: Sequence[Cell],
    *,
    title: str,
    withheld: str,
) -> str:
    """Return an age pyramid: the youngest at the bottom, one group to each side, noise intervals on every bar.

    Args:
        ages: labels from the youngest to the oldest.
        sides: names of the two groups.
        left: cells of the first group, one per age.
        right: cells of the second.
        title: for people who do not see the picture.
        withheld: what hatched means.
    """
    check([*left, *right])
    cells = [*left, *right]
    ends = [rounded(cell)[2] if isinstance(cell, Released) else cell.threshold for cell in cells]
    gap = min(96.0, max(text_width(age) for age in ages) + 16)
    half = (WIDTH - gap) / 2
    scale = (half - 4) / max(1, *ends)
    height = 26 * len(ages) + 26
    labels = [f"{side} / {age}" for side in sides for age in ages]
    parts = [svg_head(WIDTH, height, title, in_words(labels, cells, withheld))]
    parts += [
        f'<text class="label" x="{x:.1f}" y="14" text-anchor="{anchor}">{escape(fit(side, half))}</text>'
        for side, x, anchor in ((sides[0], half, "end"), (sides[1], half + gap, "start"))
    ]
    for place, age in enumerate(reversed(ages)):
        y = 24 + 26 * place
        parts.append(
            f'<text class="label" x="{WIDTH / 2}" y="{y + 14}" text-anchor="middle">{escape(fit(age, gap))}</text>'
        )
        for side, begin, way in ((left, half, -1), (right, half + gap, 1)):
            parts.append(_side(side[len(ages) - 1 - place], begin, way, y, scale, withheld))
    return "".join([*parts, "</svg>"])


def _side(cell: Cell, begin: float, way: int, y: float, scale: float, withheld: str) -> str:
    def bar(kind: str, length: float) -> str:
        x = begin if way > 0 else begin - length
        return f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{length:.1f}" height="18" rx="2"/>'

    if isinstance(cell, Withheld):
        return f"<g><title>{escape(withheld)}</title>{bar('hatched', max(14.0, cell.threshold * scale))}</g>"
    value, low, high = rounded(cell)
    x1, x2, middle = begin + way * low * scale, begin + way * high * scale, y + 9
    return (
        f"<g><title>{number(value)} ({number(low)}–{number(high)})</title>{bar('bar' if way < 0 else 'second', max(1.0, value * scale))}"
        f"{whisker(x1, x2, middle)}</g>"
    )


def provinces(
    codes: Sequence[str], labels: Sequence[str], cells: Sequence[Cell], *, title: str, withheld: str
) -> str | None:
    """Return China's provinces as equal tiles where they lie, darker where more people are; None where a code is no province's.

    Args:
        codes: of ISO 3166-2:CN, with or without ``cn-``; ``unknown`` and ``elsewhere`` have no tile.
        labels: one per code.
        cells: one per code.
        title: for people who do not see the picture.
        withheld: what hatched means.
    """
    check(cells)
    bare = [code.lower().removeprefix("cn-").removeprefix("cn_") for code in codes]
    if any(code not in PROVINCES for code in bare if code not in ("unknown", "elsewhere", "none")):
        return None
    top = max([cell.value for cell in cells if isinstance(cell, Released)], default=1.0)
    size = WIDTH / 9
    parts = [svg_head(WIDTH, size * 8, title, in_words(labels, cells, withheld))]
    for code, label, cell in zip(bare, labels, cells, strict=True):
        if code not in PROVINCES:
            continue
        row, column = PROVINCES[code]
        x, y = column * size, row * size
        place = f'x="{x + 1.5:.1f}" y="{y + 1.5:.1f}" width="{size - 3:.1f}" height="{size - 3:.1f}" rx="4"'
        name = f'<text class="{{}}" x="{x + size / 2:.1f}" y="{y + size / 2 - 2:.1f}" text-anchor="middle">{escape(fit(label, size))}</text>'
        if isinstance(cell, Withheld):
            parts.append(
                f'<g><title>{escape(label)}: {escape(withheld)}</title><rect class="hatched" {place}/>{name.format("label")}</g>'
            )
            continue
        value, low, high = rounded(cell)
        share = max(0.06, min(1.0, cell.value / max(1, top)))
        ink = "on" if share > 0.55 else "value"
        parts.append(
            f"<g><title>{escape(label)}: {number(value)} ({number(low)}–{number(high)})</title>"
            f'<rect class="tile" style="fill-opacity:{share:.2f}" {place}/>{name.format(ink)}'
            f'<text class="{ink}" x="{x + size / 2:.1f}" y="{y + size / 2 + 13:.1f}" text-anchor="middle" style="font-size:10px">'
            f"{number(value)}</text></g>"
        )
    return "".join([*parts, "</svg>"])
