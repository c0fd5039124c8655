"""Internal pages about the log: tables with, where it helps, a chart; as HTML without script, as Markdown, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markupsafe import Markup

from secureprofile.released import Internal
from secureprofile.report.figures import text_width
from secureprofile.report.parts import environment, isolated
from secureprofile.report.risk_figures import fit
from secureprofile.report.wording import Language, say

Cell = Internal | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A heading, a note, and a table; ``chart`` is the column (from 0) of exact numbers that is also drawn as bars."""

    key: str
    heading: str
    note: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    chart: int | None = None
    warn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page: title, a sentence, facts, parts, and what it cannot say."""

    title: str
    lead: str
    facts: tuple[tuple[str, Cell], ...]
    parts: tuple[Part, ...]
    limits: tuple[str, ...]
    empty: str


def check(sheet: Sheet) -> None:
    """Raise TypeError where a number is not marked as internal."""
    cells = [cell for part in sheet.parts for row in part.rows for cell in row] + [cell for _, cell in sheet.facts]
    for cell in cells:
        if not isinstance(cell, Internal | str):
            raise TypeError(f"an internal page takes Internal numbers, not {type(cell).__name__}")


def shown(cell: Cell) -> str:
    """Return a cell as text."""
    return f"{cell.value:,}" if isinstance(cell, Internal) else isolated(cell)


def html(sheet: Sheet, *, lang: Language) -> str:
    """Return the page."""
    check(sheet)
    parts = [
        {
            "part": part,
            "rows": [[(shown(cell), isinstance(cell, Internal)) for cell in row] for row in part.rows],
            "numeric": [any(isinstance(row[at], Internal) for row in part.rows) for at in range(len(part.head))],
            "svg": Markup(_bars(part)) if part.chart is not None and part.rows else "",
        }
        for part in sheet.parts
    ]
    facts = [(label, shown(value)) for label, value in sheet.facts]
    template = environment().get_template("audit.html.j2")
    return template.render(sheet=sheet, parts=parts, facts=facts, lang=lang, watermark=say("internal", lang))


def markdown(sheet: Sheet, *, lang: Language) -> str:
    """Return the same as Markdown."""
    check(sheet)
    lines = [f"> **{say('internal', lang)}**", "", f"# {_line(sheet.title)}", "", _line(sheet.lead), ""]
    lines += [f"- {_line(label)}: {_line(shown(value))}" for label, value in sheet.facts]
    for part in sheet.parts:
        lines += ["", f"## {_line(part.heading)}", ""]
        if part.note:
            lines += [_line(part.note), ""]
        if not part.rows:
            lines += [_line(sheet.empty)]
            continue
        lines += ["| " + " | ".join(map(_line, part.head)) + " |", "|" + " --- |" * len(part.head)]
        lines += ["| " + " | ".join(_line(shown(cell)) for cell in row) + " |" for row in part.rows]
    lines += ["", *(f"- {_line(one)}" for one in sheet.limits)]
    return "\n".join(lines) + "\n"


def as_json(sheet: Sheet, *, kind: str) -> str:
    """Return the same as versioned JSON; every number stands under ``internal``."""
    check(sheet)

    def plain(cell: Cell) -> Any:
        return cell.value if isinstance(cell, Internal) else cell

    body: Mapping[str, Any] = {
        "format": f"secureprofile-{kind}/1",
        "internal": {
            "title": sheet.title,
            "facts": {label: plain(value) for label, value in sheet.facts},
            "parts": {
                part.key: [dict(zip(part.head, map(plain, row), strict=True)) for row in part.rows]
                for part in sheet.parts
            },
            "notes": {part.key: part.note for part in sheet.parts if part.note},
        },
        "limits": list(sheet.limits),
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _line(text: str) -> str:
    """Keep text in its cell: no bars, no line breaks, no markup."""
    flat = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\|`*_<>[]#" else c for c in flat)


def _bars(part: Part) -> str:
    """Draw the chart column as bars; the table beside it is its twin."""
    assert part.chart is not None
    numbers = [cell.value if isinstance(cell := row[part.chart], Internal) else 0 for row in part.rows]
    labels = [shown(row[0]) for row in part.rows]
    left = min(170.0, max(map(text_width, labels)) + 12)
    right = 12 + max(text_width(f"{n:,}") for n in numbers)
    scale = (420 - left - right) / max(1, *numbers)
    spoken = "; ".join(f"{label}: {n:,}" for label, n in zip(labels, numbers, strict=True))
    title = escape(part.heading)
    out = [
        f'<svg viewBox="0 0 420 {28 * len(labels) + 6}" role="img" aria-label="{title}"><title>{title}</title><desc>{escape(spoken)}</desc>'
    ]
    for place, (label, n) in enumerate(zip(labels, numbers, strict=True)):
        y = 28 * place + 6
        out.append(
            f'<text class="label" x="{left - 8:.0f}" y="{y + 13}" text-anchor="end">{escape(fit(label, left - 8))}</text>'
            f'<rect class="bar" x="{left:.1f}" y="{y}" width="{max(1.0, n * scale):.1f}" height="16" rx="2"/>'
            f'<text class="value" x="{left + n * scale + 6:.1f}" y="{y + 13}">{n:,}</text>'
        )
    return "".join([*out, "</svg>"])


def joined(values: Sequence[str] | set[str]) -> str:
    """Return names in order, or a dash."""
    return ", ".join(sorted(values)) or "–"
