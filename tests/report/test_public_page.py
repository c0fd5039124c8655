"""Public pages: released numbers only, no script, nothing loaded, the same facts in every form and both languages."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from string import Formatter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.released import Attribute, Document, Internal, Released, Table, Text, Value, Withheld
from secureprofile.report import figures
from secureprofile.report.internal import Section, internal_html
from secureprofile.report.page import public_csv, public_html, public_markdown
from secureprofile.report.wording import WORDING


def text(word: str) -> Text:
    return Text(en=word, zh=f"中{word}")


def attribute(code: str, *values: str, dimension: str = "basic") -> Attribute:
    return Attribute(
        code=code, dimension=dimension, name=text(f"{code} name"), definition=text(f"{code} means"),
        values=tuple(Value(code=value, name=text(f"{value} label")) for value in values),
    )  # fmt: skip


def released(value: int, sd: float = 16.9) -> Released:
    return Released(
        value=value, low=value - 36, high=value + 36, sd=sd, mechanism="two-sided geometric (discrete Laplace)"
    )


SMALL = Withheld(reason="below-minimum-group", threshold=20)
NOISY = Withheld(reason="too-noisy", threshold=68)
AGE, SEX = attribute("age", "young", "old", "unknown"), attribute("sex", "f", "m", dimension="social")
DOCUMENT = Document(
    name="portrait", title=text("Portrait"), release_id="portrait-9", created="2026-11-01T00:00:00Z", as_of="2026-10-31", purpose="portrait",
    privacy_unit="household", declared_population=5000, mechanism="two-sided geometric (discrete Laplace)", epsilon="1", delta="0.000001",
    epsilon_spent="1", epsilon_ceiling="4", delta_spent="0.000001", delta_ceiling="0.00001", minimum_group=20, confidence=0.95,
    attributes=(AGE, SEX),
    tables=(
        Table(attributes=(), keys=((),), cells=(released(1234),)),
        Table(attributes=("age",), keys=(("young",), ("old",), ("unknown",)), cells=(released(777), SMALL, NOISY)),
        Table(
            attributes=("age", "sex"), keys=tuple((a, s) for a in ("young", "old", "unknown") for s in ("f", "m")),
            cells=(released(555), released(222), SMALL, SMALL, NOISY, SMALL),
        ),
    ),
    plan_hash="a" * 64, policy_hash="b" * 64, snapshot="7", audit_entry=9, software="secureprofile 0",
)  # fmt: skip


class Page(HTMLParser):
    """What a browser would meet: tags with attributes, and the text of table cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "td" in self.open and self.cells:
            self.cells[-1] += data


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_runs_no_script_and_loads_nothing(lang: Any) -> None:
    page = Page(public_html(DOCUMENT, lang=lang))
    assert not [tag for tag, _ in page.tags if tag in ("script", "iframe", "object", "embed", "form", "a", "img")]
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "action", "data"):
            assert (attributes.get(name) or "data:").startswith("data:"), tag
    policies = [a.get("content") or "" for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none';")
    assert "script-src" not in policies[0]


@pytest.mark.parametrize(("lang", "html_lang"), [("en", "en"), ("zh", "zh-CN")])
def test_the_page_says_its_language(lang: Any, html_lang: str) -> None:
    assert f'<html lang="{html_lang}">' in public_html(DOCUMENT, lang=lang)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_chart_has_a_table_with_the_same_values(lang: Any) -> None:
    html = public_html(DOCUMENT, lang=lang)
    for figure in re.findall(r"<figure.*?</figure>", html, re.DOTALL):
        spoken = re.search(r"<desc>(.*?)</desc>", figure, re.DOTALL)
        assert spoken is not None
        drawn = re.findall(r": ([\d,]+)(?:;|$)", spoken[1])
        tabled = [cell for cell in Page(figure).cells if re.fullmatch(r"[\d,]+", cell)]
        assert drawn == tabled
        assert len(drawn) > 0


def test_withheld_cells_are_marked_with_their_reason_and_never_drawn_as_zero() -> None:
    html = public_html(DOCUMENT, lang="en")
    assert "withheld: below the minimum group of 20" in html
    assert "withheld: below 68, where noise prevails" in html
    assert "6 of 10 cells on this page are withheld" in html
    assert html.count('class="hatched"') == 6
    assert ">0<" not in html


def test_chinese_pages_name_unit_and_mechanism_in_chinese() -> None:
    html = public_html(DOCUMENT, lang="zh")
    assert "家庭" in html
    assert "household" not in html
    assert "two-sided" not in html


def test_both_languages_say_the_same_things() -> None:
    for key, sentences in WORDING.items():
        holes = {lang: {field for _, field, _, _ in Formatter().parse(s) if field} for lang, s in sentences.items()}
        assert set(sentences) == {"en", "zh"}, key
        assert holes["en"] == holes["zh"], key


@pytest.mark.parametrize("number", [Internal(value=5, what="people"), 5, 5.0, None])
def test_exact_numbers_cannot_be_drawn(number: Any) -> None:
    with pytest.raises(TypeError):
        figures.bars(["a"], [number], title="t", withheld="w")
    with pytest.raises(TypeError):
        figures.heat_map(["a"], ["b"], [number], title="t", withheld="w")


def test_internal_pages_take_no_bare_number_and_are_watermarked() -> None:
    rows = (("people", Internal(value=1234, what="people")), ("note", "text"))
    html = internal_html("Internal", [Section(heading="Counts", rows=rows)], lang="en")
    assert "1,234" in html
    assert "INTERNAL" in html
    with pytest.raises(TypeError):
        internal_html("Internal", [Section(heading="h", rows=(("n", 5),))], lang="en")  # type: ignore[arg-type]


HOSTILE = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "&amp;", "a' onclick='b", "{{ 7 * 7 }}", "\u202eevil", "]]>", "<!--",
    "</title><b>", "x" * 400, "画像" * 60, "%s %d", "{epsilon}",
]  # fmt: skip


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_labels_are_text_and_nothing_else(word: str) -> None:
    evil = Attribute(
        code="age", dimension="basic", name=Text(en=word, zh=word), definition=Text(en=word, zh=word),
        values=tuple(Value(code=v.code, name=Text(en=word, zh=word)) for v in AGE.values),
    )  # fmt: skip
    document = replace(DOCUMENT, title=Text(en=word, zh=word), attributes=(evil, SEX))
    plain, page = Page(public_html(DOCUMENT, lang="en")), Page(public_html(document, lang="en"))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(a) for _, a in page.tags] == [sorted(a) for _, a in plain.tags]
    assert word in page.cells


def test_the_csv_has_every_cell_unrounded() -> None:
    rows = list(csv.DictReader(io.StringIO(public_csv(DOCUMENT))))
    assert len(rows) == 10
    by_key = {(row["table"], row["key"]): row for row in rows}
    assert by_key["everybody", ""]["value"] == "1234"
    assert (by_key["age*sex", "young*f"]["low"], by_key["age*sex", "young*f"]["high"]) == ("519", "591")
    assert by_key["age", "old"]["value"] == ""
    assert by_key["age", "old"]["status"] == "withheld: below-minimum-group (20)"


def test_markdown_has_the_numbers_of_the_page() -> None:
    page, markdown = Page(public_html(DOCUMENT, lang="en")), public_markdown(DOCUMENT, lang="en")
    for cell in page.cells:
        if re.fullmatch(r"[\d,]+", cell) and cell != "5,000":
            assert f"| {cell} |" in markdown or cell in ("7", "9")


def test_the_document_is_read_back_as_it_was_written() -> None:
    assert Document.from_json(DOCUMENT.to_json()) == DOCUMENT
    assert public_html(DOCUMENT, lang="en") == public_html(Document.from_json(DOCUMENT.to_json()), lang="en")


@settings(max_examples=200)
@given(st.integers(-50, 10**7), st.floats(0.3, 5000), st.integers(1, 20_000))
def test_rounding_shows_no_digit_below_the_noise_and_never_narrows_the_interval(
    value: int, sd: float, width: int
) -> None:
    cell = Released(value=value, low=value - width, high=value + width, sd=sd, mechanism="m")
    shown, low, high = figures.rounded(cell)
    step = figures.step(sd)
    assert step <= max(1, sd) < 10 * step
    assert shown % step == 0
    assert low <= max(0, cell.low)
    assert high >= cell.high
    assert abs(shown - value) <= step / 2
