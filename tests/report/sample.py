"""A release with a table of every width, noise drawn from a seed, and both kinds of withheld cell; and a reader of pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from random import Random

import numpy as np

from secureprofile.dp.marginals import counted, keys, publish
from secureprofile.dp.mechanism import half_width, standard_deviation
from secureprofile.released import (
    Attribute,
    Cell,
    Change,
    Comparison,
    Distance,
    Document,
    Line,
    Mechanism,
    Number,
    Released,
    Shift,
    Stability,
    Table,
    Text,
    Value,
    Withheld,
)  # fmt: skip

MECHANISM = "two-sided geometric (discrete Laplace)"


def named(code: str) -> Text:
    """Names that tell the language: ``x`` in English, ``X码`` in Chinese."""
    return Text(en=f"{code} name", zh=f"{code.upper()}码")


def attribute(code: str, dimension: str, *values: str) -> Attribute:
    """A tag whose names are made from its codes."""
    return Attribute(
        code=code, dimension=dimension, name=named(code), definition=named(f"{code} def"),
        values=tuple(Value(code=value, name=named(value)) for value in values),
    )  # fmt: skip


ATTRIBUTES = (
    attribute("age", "basic", "young", "middle", "old", "unknown"),
    attribute("spend", "consumption", "low", "high", "none"),
    attribute("likes", "interests", "toys", "books"),
)
WIDTHS: tuple[tuple[str, ...], ...] = (
    (),
    ("age",),
    ("spend",),
    ("likes",),
    ("age", "spend"),
    ("age", "spend", "likes"),
)


def noised(
    attributes: Sequence[Attribute],
    exact: Mapping[tuple[str, ...], int],
    noise: Sequence[int],
    *,
    epsilon: float,
    minimum_group: int,
) -> Table:
    """A table as geometric noise leaves it."""
    whole = counted(attributes, exact)
    return publish(
        attributes, whole + np.array(noise, dtype=np.int64).reshape(whole.shape), sd=standard_deviation(epsilon),
        half_width=half_width(epsilon, 0.95), mechanism=MECHANISM, minimum_group=minimum_group,
    )  # fmt: skip


def table(codes: Sequence[str], *, epsilon: float, minimum_group: int, largest: int, rng: Random) -> Table:
    """A table as a release makes it: counts from 0 to ``largest``, noise on each."""
    attributes = [next(a for a in ATTRIBUTES if a.code == code) for code in codes]
    cells = keys(attributes)
    exact = {key: rng.choice((0, 3, 25, rng.randrange(largest))) for key in cells} if codes else {(): largest}
    noise = [round(rng.expovariate(epsilon) - rng.expovariate(epsilon)) for _ in cells]
    return noised(attributes, exact, noise, epsilon=epsilon, minimum_group=minimum_group)


def document(*, epsilon: float = 0.1, minimum_group: int = 20, largest: int = 5000, seed: int = 1) -> Document:
    """A whole release."""
    rng = Random(seed)
    shape = {"epsilon": epsilon, "minimum_group": minimum_group, "largest": largest, "rng": rng}
    return Document(
        name="portrait", title=Text(en="Customers", zh="客户"), release_id="portrait-9", created="2026-11-01T00:00:00Z", as_of="2026-10-31",
        purpose="portrait", privacy_unit="customer", declared_population=5000, mechanism=MECHANISM, epsilon="1", delta="0.000001",
        epsilon_spent="1", epsilon_ceiling="4", delta_spent="0.000001", delta_ceiling="0.00001", minimum_group=minimum_group,
        confidence=0.95, attributes=ATTRIBUTES, tables=tuple(table(codes, **shape) for codes in WIDTHS),
        plan_hash="a" * 64, policy_hash="b" * 64, snapshot="7", audit_entry=9, software="secureprofile 0",
    )  # fmt: skip


def cell(value: float, sd: float) -> Released:
    """A released number whose interval is two standard deviations to each side."""
    return Released(value=value, low=value - 2 * sd, high=value + 2 * sd, sd=sd, mechanism=MECHANISM)


def rich() -> Document:
    """A release with everything that one can hold: comparisons, changes, numbers, mechanisms."""
    hidden = Withheld(reason="too-noisy", threshold=70)
    lines = (
        Line(attribute="spend", value="high", share=cell(0.5, 0.01), base_share=cell(0.25, 0.01), index=cell(200, 10)),
        Line(attribute="spend", value="low", share=cell(0.2, 0.01), base_share=cell(0.4, 0.01), index=cell(50, 5)),
        Line(attribute="likes", value="toys", share=cell(0.31, 0.01), base_share=cell(0.3, 0.01), index=cell(103, 5)),
        Line(attribute="likes", value="books", share=hidden, base_share=cell(0.3, 0.01), index=hidden),
    )
    distances = tuple(
        Distance(dimension=d, cell=c)
        for d, c in (
            ("consumption", cell(0.25, 0.02)),
            ("interests", cell(0.01, 0.02)),
            ("basic", hidden),
            ("social", cell(0.1, 0.01)),
        )
    )
    compared = Comparison(segment=("age", "young"), base=None, size=cell(1200, 17), lines=lines, distances=distances)
    shifts = (
        Shift(
            attribute="age", value="old", before=cell(0.2, 0.005), now=cell(0.26, 0.005), difference=cell(0.06, 0.007)
        ),
        Shift(
            attribute="age",
            value="young",
            before=cell(0.3, 0.005),
            now=cell(0.301, 0.005),
            difference=cell(0.001, 0.007),
        ),
        Shift(
            attribute="spend",
            value="low",
            before=cell(0.4, 0.005),
            now=cell(0.35, 0.005),
            difference=cell(-0.05, 0.007),
        ),
    )
    change = Change(
        release_id="portrait-8", as_of="2026-09-30", shifts=shifts,
        stability=(Stability(attribute="age", cell=cell(0.12, 0.01)), Stability(attribute="spend", cell=hidden)),
    )  # fmt: skip
    number = Number(
        code="spend_sum", name=named("spend"), definition=named("spend def"), unit="€", statistic="mean", low=0, high=500, attributes=("age",),
        keys=(("young",), ("middle",), ("old",), ("unknown",)), cells=(cell(41.234, 0.8), cell(-3, 4), cell(120, 30), hidden),
        clipped=cell(0.021, 0.004),
    )  # fmt: skip
    mechanism = Mechanism(measured="age × spend", mechanism=MECHANISM, scale="17.5", contribution="1")
    return replace(
        document(), comparisons=(compared, replace(compared, segment=("age", "old"), base=("age", "young"))), changes=(change,), numbers=(number,),
        mechanisms=(mechanism,), filter="zcdp", rho="0.0312",
    )  # fmt: skip


def with_cells(cell: Cell, codes: tuple[str, ...]) -> Document:
    """The release with one table, all of whose cells are this one."""
    cells = keys([next(a for a in ATTRIBUTES if a.code == code) for code in codes])
    return replace(document(), tables=(Table(attributes=codes, keys=cells, cells=(cell,) * len(cells)),))


def with_label(word: str) -> Document:
    """The release where everything that has a name has this one."""
    text = Text(en=word, zh=word)
    attributes = tuple(
        replace(a, name=text, definition=text, values=tuple(replace(v, name=text) for v in a.values)) for a in ATTRIBUTES
    )  # fmt: skip
    return replace(document(), title=text, attributes=attributes)


@dataclass
class Element:
    """A tag of a page, with its attributes, its own text and what is inside."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    inner: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> list[Element]:
        """Return everything inside with this tag, in the order of the page."""
        return [found for one in self.inner for found in ([one] if one.tag == tag else []) + one.all(tag)]


_VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """A page as a tree, as a browser would make it from these pages, which close what they open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = Element("root", {})
        self._open = [self.root]
        self.feed(html)
        self.close()
        assert self._open == [self.root], "something is left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self._open[-1].inner.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inner.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data


def tables_of(html: str) -> dict[tuple[str, ...], list[list[str]]]:
    """Return the figures' tables by their heading: rows of cells."""
    found = {}
    for figure in Page(html).root.all("figure"):
        head = tuple(cell.text for cell in figure.all("th"))
        found[head] = [[cell.text for cell in row.all("td")] for row in figure.all("tr")[1:]]
    return found


def tables_of_markdown(text: str) -> dict[tuple[str, ...], list[list[str]]]:
    """Return the tables of a Markdown page by their heading, read by the rules of GitHub's Markdown."""
    found: dict[tuple[str, ...], list[list[str]]] = {}
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        head, _, *rows = (split_row(line) for line in block.splitlines())
        found[tuple(head)] = rows
    return found


def split_row(line: str) -> list[str]:
    """Split a row at pipes that no odd number of backslashes stands before."""
    cells = re.split(r"(?<!\\)(?:\\\\)*\|", line.strip())
    return [cell.strip().replace("\\|", "|") for cell in cells[1:-1]]
