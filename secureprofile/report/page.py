"""Public pages: a release as HTML, CSV or Markdown. They take a :class:`Document`, which holds released numbers only."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from markupsafe import Markup

from secureprofile.released import Attribute, Cell, Document, Line, Released, Table, Withheld, plain
from secureprofile.report import compared, figures, ordered
from secureprofile.report.parts import INDEX, Figure, Section, environment, isolated, pick, value_name
from secureprofile.report.wording import Language, say, term
from secureprofile.vocabulary import DIMENSIONS


def public_html(document: Document, *, lang: Language) -> str:
    """Return the page: one file, no script, no connection; equal documents give equal pages."""
    total = next((t.cells[0] for t in document.tables if not t.attributes), None)
    shown = [cell for table in document.tables for cell in table.cells]
    every = list(document.cells())
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
            withheld=sum(isinstance(cell, Withheld) for cell in every),
            cells=len(every),
            factor=f"{math.exp(float(document.epsilon)):.1f}",
            confidence=f"{document.confidence:.0%}",
            rho=plain(document.rho or "0"),
            filter=say(f"filter_{document.filter}", lang),
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


def _total(cell: Cell | None) -> tuple[str, str, str] | None:
    if not isinstance(cell, Released):
        return None
    value, low, high = map(figures.number, figures.rounded(cell))
    return value, low, high


def _noise(cells: list[Cell], document: Document, lang: Language) -> str:
    """Say how far the noise reaches: half the widest interval of a count, rounded up."""
    widths = [(cell.high - cell.low) / 2 for cell in cells if isinstance(cell, Released)]
    return (
        say("noise_value", lang, width=math.ceil(max(widths) - 1e-9), confidence=f"{document.confidence:.0%}")
        if widths
        else "–"
    )


def _paragraph(document: Document, lang: Language) -> Iterator[str]:
    """Describe the population: only what the noise intervals bear out is said.

    The total; of each one-way table the largest known group, where its interval lies above all others; of each comparison the clearest differences.
    """
    everybody = next((t.cells[0] for t in document.tables if not t.attributes), None)
    if isinstance(everybody, Released):
        value, low, high = map(figures.number, figures.rounded(everybody))
        yield say("summary_total", lang, total=value, low=low, high=high)
    for table in document.tables:
        largest = _largest(table) if len(table.attributes) == 1 else None
        if largest is not None:
            attribute = document.attribute(table.attributes[0])
            count, key = largest
            name = isolated(pick(attribute.name, lang))
            label = isolated(value_name(document, attribute.code, key, lang))
            yield say("summary_item", lang, name=name, value=label, count=figures.number(figures.rounded(count)[0]))
    for one in document.comparisons:
        clear = [line for line in compared.clearest(one.lines) if line.attribute != one.segment[0]][:3]
        if clear:
            segment, base = compared.names(document, one, lang)
            items = (", " if lang == "en" else "、").join(_difference(document, line, lang) for line in clear)
            yield say("summary_compared", lang, segment=segment, base=base, items=items)


def _largest(table: Table) -> tuple[Released, str] | None:
    """Return the largest group of a one-way table and its value, where the noise leaves no doubt which it is."""
    found = [(cell, key[0]) for cell, key in zip(table.cells, table.keys, strict=True) if isinstance(cell, Released)]
    if not found:
        return None
    best, key = max(found, key=lambda pair: pair[0].value)
    others = [cell.high for cell, other in found if other != key]
    clear = best.low > max(others, default=0.0) and key not in ("unknown", "none")
    return (best, key) if clear else None


def _difference(document: Document, line: Line, lang: Language) -> str:
    name = isolated(value_name(document, line.attribute, line.value, lang))
    tag = isolated(pick(document.attribute(line.attribute).name, lang))
    assert isinstance(line.index, Released)
    return say("summary_index", lang, name=tag, value=name, index=INDEX.write(line.index)[0])


def _sections(document: Document, lang: Language) -> Iterator[Section]:
    one_way = [t for t in document.tables if len(t.attributes) == 1]
    for dimension in DIMENSIONS:
        found = [t for t in one_way if document.attribute(t.attributes[0]).dimension == dimension]
        if found:
            yield Section(title=say(dimension, lang), figures=tuple(_bars(document, t, lang) for t in found))
    yield from compared.numbers(document, lang)
    yield from compared.comparisons(document, lang)
    yield from compared.changes(document, lang)
    crossed = [t for t in document.tables if len(t.attributes) == 2]
    if crossed:
        yield Section(
            title=say("crossed", lang),
            figures=tuple(
                figure for t in crossed for figure in (*_pyramid(document, t, lang), _heat_map(document, t, lang))
            ),
        )
    wider = [t for t in document.tables if len(t.attributes) > 2]
    if wider:
        yield Section(title=say("table", lang), figures=tuple(_table_only(document, t, lang) for t in wider))
    yield from compared.quality(document, lang)


ORDERED = ("ordinal", "age", "weekday", "hour", "recency", "frequency", "lifecycle")
"""Charts of tags whose values stand in an order."""


def _bars(document: Document, table: Table, lang: Language) -> Figure:
    """Draw a tag as its ``chart`` says."""
    attribute = document.attribute(table.attributes[0])
    labels = [pick(value.name, lang) for value in attribute.values]
    name, withheld = pick(attribute.name, lang), say("withheld", lang)
    svg = None
    if attribute.chart == "province-cn":
        codes = [value.code for value in attribute.values]
        svg = ordered.provinces(codes, labels, table.cells, title=name, withheld=withheld)
    elif attribute.chart in ORDERED:
        svg = ordered.columns(labels, table.cells, title=name, withheld=withheld)
    if svg is None:
        svg = figures.bars(labels, table.cells, title=name, withheld=withheld)
    return _figure(document, table, name, pick(attribute.definition, lang), svg, lang)


def _pyramid(document: Document, table: Table, lang: Language) -> Iterator[Figure]:
    """Give the age pyramid of a table of age by gender, in either order."""
    charts = [document.attribute(code).chart for code in table.attributes]
    if sorted(charts) != ["age", "gender"]:
        return
    age, gender = (document.attribute(table.attributes[charts.index(chart)]) for chart in ("age", "gender"))
    known = [value for value in gender.values if value.code not in ("unknown", "other", "none")][:2]
    ages = [value for value in age.values if value.code != "unknown"]
    if len(known) < 2 or not ages:
        return
    cells = dict(zip(table.keys, table.cells, strict=True))
    order = charts.index("age") == 0
    left, right = ([cells[(one.code, side.code) if order else (side.code, one.code)] for one in ages] for side in known)
    name = say("pyramid", lang)
    svg = ordered.pyramid(
        [pick(one.name, lang) for one in ages], (pick(known[0].name, lang), pick(known[1].name, lang)), left, right,
        title=name, withheld=say("withheld", lang),
    )  # fmt: skip
    yield _figure(document, table, name, "", svg, lang)


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
    """Return every cell as a CSV row, see :meth:`Document.rows`: unbiased values, not rounded."""
    out = io.StringIO()
    rows = list(document.rows())
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
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
