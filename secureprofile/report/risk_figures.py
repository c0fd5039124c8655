"""Charts of exact shares for internal pages, as SVG without script: bars, one or two to a label, and a square heat map.

Public figures are in ``figures`` and take released numbers only; these take shares of what is :class:`Internal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from secureprofile.report.datamap import percent as rounded
from secureprofile.report.figures import text_width

WIDTH: Final = 420
_ROW, _BAR, _THIN, _GAP = 30, 16, 10, 12


def percent(share: float) -> str:
    """Write a share in percent, with a digit more than elsewhere below a tenth: estimates are compared here.

    Example:
        >>> percent(0.514), percent(0.0389), percent(0.00012), percent(0.0)
        ('51 %', '3.9 %', '0.012 %', '0 %')
    """
    return f"{100 * share:.1f} %" if 0.01 <= share < 0.1 else rounded(share)


def share_bars(
    labels: Sequence[str], series: Sequence[Sequence[float]], *, title: str, names: Sequence[str] = ()
) -> str:
    """Return horizontal bars of shares from 0 to 1, scaled to the largest.

    Args:
        labels: one for each bar or pair of bars.
        series: one or two lists of shares; the second is what was before, and drawn pale.
        title: for people who do not see the picture.
        names: of the series, spoken where there are two.

    Example:
        >>> share_bars(["age"], [[0.5]], title="parts").count("<rect")
        1
    """
    left = min(170.0, max((text_width(label) for label in labels), default=0) + _GAP)
    right = 10 + max(text_width(percent(share)) for one in series for share in one) if labels else 10
    scale = (WIDTH - left - right) / max(1e-9, *(share for one in series for share in one))
    tall = _ROW if len(series) == 1 else _ROW + 4
    parts = [_head(WIDTH, tall * len(labels) + 6, title, _spoken(labels, series, names))]
    for place, label in enumerate(labels):
        middle = place * tall + tall / 2 + 3
        parts.append(
            f'<text class="label" x="{left - 8:.0f}" y="{middle + 4.5:.1f}" text-anchor="end">{escape(fit(label, left - 8))}</text>'
        )
        for number, one in enumerate(series):
            height = _BAR if len(series) == 1 else _THIN
            y = middle - height / 2 if len(series) == 1 else middle - height - 1 + number * (height + 2)
            width = max(1.0, one[place] * scale)
            text = percent(one[place])
            bar, ink = ("was", "quiet") if number else ("bar", "value")
            parts.append(
                f"<g><title>{escape(label)}: {text}</title>"
                f'<rect class="{bar}" x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" rx="2"/>'
                f'<text class="{ink}" x="{left + width + 6:.1f}" y="{y + height / 2 + 4.5:.1f}">{text}</text></g>'
            )
    return "".join([*parts, "</svg>"])


def share_map(labels: Sequence[str], shares: Sequence[Sequence[float]], *, title: str) -> str:
    """Return the lower half of a square of shares, its diagonal included, with a number in each tile.

    Args:
        labels: of rows and columns.
        shares: ``shares[row][column]`` for column ≤ row, from 0 to 1.
        title: for people who do not see the picture.

    Example:
        >>> share_map(["age", "sex"], [[0.1], [0.5, 0.0]], title="pairs").count("<rect")
        3
    """
    left = min(150.0, max(text_width(label) for label in labels) + _GAP)
    tile = 62.0
    width = round(left + tile * len(labels))
    height = 34 * len(labels) + 24
    top = max((share for row in shares for share in row), default=0.0)
    spoken = "; ".join(
        f"{labels[row]} / {labels[column]}: {percent(share)}"
        for row, line in enumerate(shares)
        for column, share in enumerate(line)
    )
    parts = [_head(width, height, title, spoken, f' style="min-width:{min(width, 760)}px"')]
    for row, line in enumerate(shares):
        y = 34 * row
        parts.append(
            f'<text class="label" x="{left - 8:.0f}" y="{y + 21}" text-anchor="end">{escape(fit(labels[row], left - 8))}</text>'
        )
        for column, share in enumerate(line):
            x = left + column * tile
            strength = share / top if top else 0.0
            ink = "on" if strength > 0.55 else "value" if share else "quiet"
            place = f'x="{x + 1.5:.1f}" y="{y + 1.5}" width="{tile - 3:.1f}" height="31" rx="3"'
            parts.append(
                f"<g><title>{escape(labels[row])} / {escape(labels[column])}: {percent(share)}</title>"
                f'<rect class="tile" style="fill-opacity:{max(0.05, strength):.2f}" {place}/>'
                f'<text class="{ink}" x="{x + tile / 2:.1f}" y="{y + 21}" text-anchor="middle">{_short(share)}</text></g>'
            )
    for column, label in enumerate(labels):
        x = left + (column + 0.5) * tile
        parts.append(
            f'<text class="label" x="{x:.1f}" y="{34 * len(labels) + 16}" text-anchor="middle">{escape(fit(label, tile))}</text>'
        )
    return "".join([*parts, "</svg>"])


def _short(share: float) -> str:
    """Write a share so that it fits a tile.

    Example:
        >>> _short(0.0), _short(0.00004), _short(0.0042), _short(0.51)
        ('0', '< 0.1 %', '0.4 %', '51 %')
    """
    if not share:
        return "0"
    return percent(share) if share >= 0.01 else f"{100 * share:.1f} %" if share >= 0.001 else "< 0.1 %"


def fit(text: str, width: float) -> str:
    """Shorten a label to a width.

    Example:
        >>> fit("marital-status", 60), fit("age", 60)
        ('marit…', 'age')
    """
    if text_width(text) <= width - 4:
        return text
    kept = len(text)
    while kept > 1 and text_width(text[:kept] + "…") > width - 4:
        kept -= 1
    return text[:kept] + "…"


def _head(width: int, height: float, title: str, spoken: str, style: str = "") -> str:
    return (
        f'<svg viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{escape(title)}"{style}><title>{escape(title)}</title>'
        f"<desc>{escape(spoken)}</desc>"
    )


def _spoken(labels: Sequence[str], series: Sequence[Sequence[float]], names: Sequence[str]) -> str:
    said = []
    for place, label in enumerate(labels):
        values = [
            f"{names[at]} {percent(one[place])}" if len(series) > 1 else percent(one[place])
            for at, one in enumerate(series)
        ]
        said.append(f"{label}: {', '.join(values)}")
    return "; ".join(said)
