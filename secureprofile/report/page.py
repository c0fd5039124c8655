"""Public pages: a release as HTML, CSV or Markdown. They take a :class:`Document`, which holds released numbers only."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from unicodedata import bidirectional

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from secureprofile.released import Attribute, Cell, Document, Released, Table, Text, Withheld, plain
from secureprofile.report import figures
from secureprofile.report.wording import Language, say, term
from secureprofile.vocabulary import DIMENSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One chart with its table twin."""

    title: str
    definition: str
    svg: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One dimension's figures."""

    title: str
    figures: tuple[Figure, ...]


@cache
def environment() -> Environment:
    """Return the templates: everything is escaped, and an unknown name is an error."""
    folder = files("secureprofile.report") / "templates"
    names = ("public", "internal", "datamap", "risk", "subject", "events", "audit")
    sources_of = [*(f"{name}.html.j2" for name in names), "style.css"]
    sources = {name: (folder / name).read_text(encoding="utf-8") for name in sources_of}
    return Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def public_html(document: Document, *, lang: Language) -> str:
    """Return the page: one file, no script, no connection; equal documents give equal pages."""
    total = next((t.cells[0] for t in document.tables if not t.attributes), None)
    shown = [cell for table in document.tables for cell in table.cells]
    return (
        environment()
        .get_template("public.html.j2")
        .render(
            d=document,
            lang=lang,
            say=lambda key, **values: say(key, lang, **values),
            term=lambda word: term(word, lang),
            title=pick(document.title, lang),
            total=_total(total),
            paragraph=list(_paragraph(document, lang)),
            sections=list(_sections(document, lang)),
            noise=_noise(shown, document, lang),
            withheld=sum(isinstance(cell, Withheld) for cell in shown),
            cells=len(shown),
            factor=f"{math.exp(float(document.epsilon)):.1f}",
            confidence=f"{document.confidence:.0%}",
            epsilon=plain(document.epsilon),
            delta=plain(document.delta),
            spent=plain(document.epsilon_spent),
            delta_spent=plain(document.delta_spent),
            delta_ceiling=plain(document.delta_ceiling),
            gauge=Markup(
                figures.gauge(float(Decimal(document.epsilon_spent) / Decimal(document.epsilon_ceiling)), title="ε")
            ),
            pick=lambda text: pick(text, lang),
        )
    )


def isolated(label: str) -> str:
    """Keep a label that turns the direction of writing from turning what stands behind it (Unicode bidi isolates)."""
    turns = any(bidirectional(c) in ("R", "AL", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI") for c in label)
    return f"\u2068{label}\u202c\u2069" if turns else label


def pick(text: Text, lang: Language) -> str:
    """Return a text in the page's language."""
    return text.zh if lang == "zh" else text.en


def _total(cell: Cell | None) -> tuple[str, str, str] | None:
    if not isinstance(cell, Released):
        return None
    value, low, high = map(figures.number, figures.rounded(cell))
    return value, low, high


def _noise(cells: list[Cell], document: Document, lang: Language) -> str:
    """Say how far the noise reaches; all cells of a plan share it."""
    widths = [cell.high - cell.value for cell in cells if isinstance(cell, Released)]
    return say("noise_value", lang, width=max(widths), confidence=f"{document.confidence:.0%}") if widths else "–"


def _paragraph(document: Document, lang: Language) -> Iterator[str]:
    """Describe the population from released numbers: the total, and the largest known group of each one-way table."""
    for table in document.tables:
        cells = [
            (cell, key)
            for cell, key in zip(table.cells, table.keys, strict=True)
            if isinstance(cell, Released) and key[-1:] not in (("unknown",), ("none",))
        ]
        if not cells:
            continue
        cell, key = max(cells, key=lambda pair: pair[0].value)
        value, low, high = map(figures.number, figures.rounded(cell))
        if not table.attributes:
            yield say("summary_total", lang, total=value, low=low, high=high)
        elif len(table.attributes) == 1:
            attribute = document.attribute(table.attributes[0])
            names = {v.code: pick(v.name, lang) for v in attribute.values}
            name, label = isolated(pick(attribute.name, lang)), isolated(names[key[0]])
            yield say("summary_item", lang, name=name, value=label, count=value)


def _sections(document: Document, lang: Language) -> Iterator[Section]:
    one_way = [t for t in document.tables if len(t.attributes) == 1]
    for dimension in DIMENSIONS:
        found = [t for t in one_way if document.attribute(t.attributes[0]).dimension == dimension]
        if found:
            yield Section(title=say(dimension, lang), figures=tuple(_bars(document, t, lang) for t in found))
    crossed = [t for t in document.tables if len(t.attributes) == 2]
    if crossed:
        yield Section(title=say("crossed", lang), figures=tuple(_heat_map(document, t, lang) for t in crossed))
    wider = [t for t in document.tables if len(t.attributes) > 2]
    if wider:
        yield Section(title=say("table", lang), figures=tuple(_table_only(document, t, lang) for t in wider))


def _bars(document: Document, table: Table, lang: Language) -> Figure:
    attribute = document.attribute(table.attributes[0])
    labels = [pick(value.name, lang) for value in attribute.values]
    name = pick(attribute.name, lang)
    svg = figures.bars(labels, table.cells, title=name, withheld=say("withheld", lang))
    return _figure(document, table, name, pick(attribute.definition, lang), svg, lang)


def _heat_map(document: Document, table: Table, lang: Language) -> Figure:
    down, across = (document.attribute(code) for code in table.attributes)
    rows, columns = ([pick(v.name, lang) for v in a.values] for a in (down, across))
    name = f"{pick(down.name, lang)} × {pick(across.name, lang)}"
    svg = figures.heat_map(rows, columns, table.cells, title=name, withheld=say("withheld", lang))
    return _figure(document, table, name, "", svg, lang)


def _table_only(document: Document, table: Table, lang: Language) -> Figure:
    name = " × ".join(pick(document.attribute(code).name, lang) for code in table.attributes)
    return _figure(document, table, name, "", "", lang)


def _figure(document: Document, table: Table, title: str, definition: str, svg: str, lang: Language) -> Figure:
    attributes = [document.attribute(code) for code in table.attributes]
    head = (*(pick(a.name, lang) for a in attributes), say("count", lang), say("interval", lang))
    rows = tuple(
        (*_names(attributes, key, lang), *_written(cell, lang))
        for key, cell in zip(table.keys, table.cells, strict=True)
    )
    return Figure(title=title, definition=definition, svg=Markup(svg), head=head, rows=rows)


def _names(attributes: list[Attribute], key: tuple[str, ...], lang: Language) -> Iterator[str]:
    for attribute, code in zip(attributes, key, strict=True):
        yield next(pick(value.name, lang) for value in attribute.values if value.code == code)


def _written(cell: Cell, lang: Language) -> tuple[str, str]:
    """Return a cell as text: (value, interval), or the reason for which it is withheld."""
    if isinstance(cell, Withheld):
        return say(cell.reason, lang, threshold=cell.threshold), "–"
    value, low, high = map(figures.number, figures.rounded(cell))
    return value, f"{low}–{high}"


def public_csv(document: Document) -> str:
    """Return every cell as a CSV row: table, attributes, codes, noisy value, interval, sd, status. Unbiased values, not rounded."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("table", "key", "value", "low", "high", "sd", "status", "mechanism"))
    for table in document.tables:
        for key, cell in zip(table.keys, table.cells, strict=True):
            place = ("*".join(table.attributes) or "everybody", "*".join(key))
            if isinstance(cell, Released):
                writer.writerow((*place, cell.value, cell.low, cell.high, cell.sd, "released", cell.mechanism))
            else:
                writer.writerow((*place, "", "", "", "", f"withheld: {cell.reason} ({cell.threshold})", ""))
    return out.getvalue()


def _marked(text: str) -> str:
    """Return text that Markdown shows as it is: on one line, no HTML, no cell border."""
    return re.sub(r"([\\|<>&`*_\[\]#])", r"\\\1", " ".join(text.split()))


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_marked, cells)) + " |"


def public_markdown(document: Document, *, lang: Language) -> str:
    """Return the page as Markdown: the paragraph, every table, the privacy statement."""
    lines = [
        f"# {_marked(pick(document.title, lang))}",
        "",
        f"{say('as_of', lang)} {document.as_of}",
        "",
        _marked(" ".join(_paragraph(document, lang))),
        "",
    ]
    for section in _sections(document, lang):
        lines += [f"## {_marked(section.title)}", ""]
        for figure in section.figures:
            lines += [f"### {_marked(figure.title)}", "", _row(figure.head), "|" + "---|" * len(figure.head)]
            lines += [_row(row) for row in figure.rows]
            lines.append("")
    statement = say(
        "statement_body",
        lang,
        epsilon=plain(document.epsilon),
        delta=plain(document.delta),
        unit=term(document.privacy_unit, lang),
        factor=f"{math.exp(float(document.epsilon)):.1f}",
        mechanism=term(document.mechanism, lang),
        minimum=document.minimum_group,
    )
    return "\n".join([*lines, f"## {say('statement', lang)}", "", statement, "", say("not_protected_body", lang), ""])
