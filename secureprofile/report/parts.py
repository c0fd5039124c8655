"""What public pages are made of: sections of figures, each a chart with its table twin, and how released numbers are spelled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from unicodedata import bidirectional

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from secureprofile.released import Cell, Document, Released, Text, Withheld
from secureprofile.report.wording import Language, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One chart with its table twin; ``numbers`` columns at the end of the table hold numbers; a ``tall`` one has others beside it."""

    title: str
    definition: str
    svg: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 2
    tall: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Figures that belong together, with a sentence on how to read them where that is not plain."""

    title: str
    figures: tuple[Figure, ...]
    note: str = ""


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


def pick(text: Text, lang: Language) -> str:
    """Return a text in the page's language."""
    return text.zh if lang == "zh" else text.en


def isolated(label: str) -> str:
    """Keep a label that turns the direction of writing from turning what stands behind it (Unicode bidi isolates)."""
    turns = any(bidirectional(c) in ("R", "AL", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI") for c in label)
    return f"\u2068{label}\u202c\u2069" if turns else label


def value_name(document: Document, attribute: str, value: str, lang: Language) -> str:
    """Return what a value of a tag is called; its code where the document does not say."""
    known = document.attribute(attribute).values
    return next((pick(one.name, lang) for one in known if one.code == value), value)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a kind of number is written: times ``factor``, behind it ``suffix``; ``signed`` puts + before gains.

    ``places`` is the most digits behind the point. What cannot be negative (``positive``) has no interval that is.
    """

    factor: float = 1.0
    suffix: str = ""
    signed: bool = False
    places: int = 3
    positive: bool = False

    def write(self, cell: Released) -> tuple[str, str, str]:
        """Return (value, low, high) rounded to the noise, the interval outwards.

        Example:
            >>> Spelling(100, " %").write(Released(value=0.1234, low=0.1158, high=0.131, sd=0.0039, mechanism="m"))
            ('12.3 %', '11.5 %', '13.1 %')
        """
        sd = cell.sd * self.factor
        places = min(self.places, max(0, -math.floor(math.log10(sd)))) if 0 < sd < math.inf else 0
        step = 10.0 ** math.floor(math.log10(sd)) if sd >= 1 else 10.0**-places
        low = math.floor(cell.low * self.factor / step + 1e-9) * step  # what is left of binary fractions is no digit
        high = math.ceil(cell.high * self.factor / step - 1e-9) * step
        found = (round(cell.value * self.factor / step) * step, max(0.0, low) if self.positive else low, high)
        sign = "+" if self.signed else ""
        value, low_text, high_text = (f"{number + 0.0:{sign},.{places}f}{self.suffix}" for number in found)
        return value, low_text, high_text


COUNT, SHARE, INDEX, POINTS, PLAIN = (
    Spelling(places=0, positive=True), Spelling(100, " %", positive=True), Spelling(places=0, positive=True),
    Spelling(100, " pp", signed=True), Spelling(positive=True),
)  # fmt: skip


def written(cell: Cell, spelling: Spelling, lang: Language) -> tuple[str, str]:
    """Return a cell as text: (value, interval), or the reason for which it is withheld."""
    if isinstance(cell, Withheld):
        return say(cell.reason, lang, threshold=cell.threshold), "–"
    value, low, high = spelling.write(cell)
    return value, f"{low} – {high}" if spelling.signed else f"{low}–{high}"


def clear_of(cell: Cell, centre: float) -> bool:
    """Tell whether a cell's interval excludes a value: only then a page says that the number differs from it."""
    return isinstance(cell, Released) and (cell.low > centre or cell.high < centre)
