"""The log's entries as one internal page without script: written row by row, chosen from by anchors (CSS ``:target``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from secureprofile.report.parts import environment
from secureprofile.report.wording import Language, say

_SHOWN: Final = ("reason", "purpose", "dataset", "rows", "recipient", "request")
"""Fields that stand in the row itself; the others open under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One entry; ``cells`` are its fields as text, in order."""

    index: int
    time: str
    actor: str
    act: str
    phase: str
    result: str
    cells: tuple[tuple[str, str], ...]


def begin_page(acts: Mapping[str, int], results: Mapping[str, int], *, origin: str, lang: Language) -> str:
    """Return the page up to its first row: anchors for every act and result that occurs, with how many entries they choose."""
    names = sorted(acts)
    rules = [f"#a{n}:target~.scroll tbody tr:not(.a{n}){{display:none}}" for n in range(len(names))]
    rules += [f"#r-{escape(one)}:target~.scroll tbody tr:not(.r-{escape(one)}){{display:none}}" for one in results]
    return (
        environment()
        .get_template("events.html.j2")
        .render(
            lang=lang,
            w={key: texts[lang] for key, texts in _WORDS.items()},
            watermark=say("internal", lang),
            origin=origin,
            total=f"{sum(acts.values()):,}",
            rules="".join(rules),
            acts=[(n, name, f"{acts[name]:,}") for n, name in enumerate(names)],
            results=[(one, _RESULTS[one][lang], f"{results[one]:,}") for one in sorted(results)],
        )
    )


def event_row(row: EventRow, acts: Mapping[str, int], *, lang: Language) -> str:
    """Return one row."""
    cells = dict(row.cells)
    short = " · ".join(cells[name] for name in _SHOWN if cells[name] not in ("", "done"))  # the result says that it is
    more = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
        for name, value in row.cells
        if value and name not in (*_SHOWN, "index", "time", "actor", "act", "phase", "result")
    )
    warn = " warn" if row.result in ("deny", "error") else " soft" if row.result == "intent" else ""
    return (
        f'<tr class="a{sorted(acts).index(row.act)} r-{escape(row.result)}" id="e{row.index}"><td class="n">{row.index}</td>'
        f"<td><time>{escape(row.time)}</time></td><td><code>{escape(row.actor)}</code></td><td>{escape(row.act)}</td>"
        f'<td><span class="tag{warn}">{escape(_RESULTS[row.result][lang])}</span></td><td>{escape(short)}'
        f"<details><summary>{_WORDS['more'][lang]}</summary><dl>{more}</dl></details></td></tr>\n"
    )


def end_page() -> str:
    """Return what closes the page."""
    return "</tbody></table></div>\n</main>\n</body>\n</html>\n"


_RESULTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "allow": {"en": "done", "zh": "已完成"},
    "deny": {"en": "refused", "zh": "已拒绝"},
    "error": {"en": "failed", "zh": "失败"},
    "intent": {"en": "announced", "zh": "已声明"},
}

_WORDS: Final[Mapping[str, Mapping[Language, str]]] = {
    "title": {"en": "Audit log", "zh": "审计日志"},
    "entries": {"en": "entries", "zh": "条记录"},
    "choose": {"en": "Show only", "zh": "只看"},
    "all": {"en": "all", "zh": "全部"},
    "entry": {"en": "Entry", "zh": "编号"},
    "time": {"en": "Time (UTC)", "zh": "时间（UTC）"},
    "who": {"en": "Who", "zh": "人员"},
    "act": {"en": "Act", "zh": "操作"},
    "result": {"en": "Result", "zh": "结果"},
    "about": {"en": "About", "zh": "说明"},
    "more": {"en": "more", "zh": "更多"},
}
