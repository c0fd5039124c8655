"""Labels that attack, pages that would load or run something, and pictures that leave their frame."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.released import Cell, Internal, Released, Withheld
from secureprofile.report import figures
from secureprofile.report.internal import Section, internal_html
from secureprofile.report.page import public_html, public_markdown
from secureprofile.report.wording import WORDING
from tests.report.sample import (
    ATTRIBUTES,
    WIDTHS,
    Element,
    Page,
    document,
    noised,
    split_row,
    tables_of,
    with_label,
)

LANGUAGES: list[Any] = ["en", "zh"]
LABELS = {
    "script": "<script>alert(1)</script>", "image": '"><img src=x onerror=alert(1)>', "svg": "</text></svg><svg onload=alert(1)>",
    "quotes": "a' onclick='b\" onload=\"c", "ampersand": "A&B &amp; &lt; &#60;", "template": "{{ 7 * 7 }}{% raw %}", "hole": "{epsilon} {0} {",
    "percent": "%s %(x)s %", "bidi": "\u202eevil\u2066", "comment": "<!-- --> ]]>", "style": "</style><link href=//x.example>", "long": "x" * 600,
    "han": "画像" * 300, "emoji": "👩‍👩‍👧" * 20, "zero width": "a\u200b\u200db", "url": "https://x.example/?a=1&b=2", "lines": "a\nb\r\nc",
    "pipes": "a|b\\|c", "markdown": "**a** [b](https://x.example) `c` # d", "spaces": "  a  ", "empty": "", "formula": "=1+1",
}  # fmt: skip
WORD = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=30)


def outline(element: Element) -> list[Any]:
    """Return the tags and names of attributes, without any text or value."""
    return [(one.tag, sorted(one.attributes), outline(one)) for one in element.inner]


def pages(word: str, lang: Any) -> list[str]:
    rows = ((word, Internal(value=5, what=word)), (word, word))
    return [
        public_html(with_label(word), lang=lang),
        internal_html(word, [Section(heading=word, rows=rows)], lang=lang),
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", LABELS)
def test_a_label_changes_the_words_of_a_page_and_nothing_else(name: str, lang: Any) -> None:
    for plain, page in zip(pages("plain", lang), pages(LABELS[name], lang), strict=True):
        assert outline(Page(page).root) == outline(Page(plain).root)


@settings(max_examples=40, deadline=None)
@given(WORD)
def test_any_label_is_read_back_from_the_page_as_it_was(word: str) -> None:
    for head, rows in tables_of(public_html(with_label(word), lang="en")).items():
        assert set(head[:-2]) <= {word, WORDING["tag"]["en"]}
        assert {cell for row in rows for cell in row[:-2]} == {word}


@pytest.mark.parametrize(
    "page", [page for lang in LANGUAGES for page in pages("x", lang)], ids=["en", "en internal", "zh", "zh internal"]
)
def test_a_page_runs_nothing_and_asks_nobody(page: str) -> None:
    root = Page(page).root
    elements = [one for tag in set(re.findall(r"<([a-z]+)", page)) for one in root.all(tag)]
    tags = {one.tag for one in elements}
    assert not tags & {
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "a",
        "img",
        "image",
        "base",
        "use",
        "foreignobject",
        "video",
        "audio",
    }
    for one in elements:
        for name, value in one.attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "srcset", "action", "formaction", "data", "xlink:href", "background", "ping")
            assert name != "href" or value == "data:,"
            assert not re.search(r"//|javascript:|url\((?!#)", value or "")
    assert not re.search(r"https?://|@import|url\((?!#)", page)


@pytest.mark.parametrize(
    "page", [page for lang in LANGUAGES for page in pages("x", lang)], ids=["en", "en internal", "zh", "zh internal"]
)
def test_a_page_forbids_its_browser_everything_but_its_own_style(page: str) -> None:
    metas = Page(page).root.all("meta")
    contents = [
        m.attributes["content"] or "" for m in metas if m.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(contents) == 1
    rules = dict(part.strip().split(" ", 1) for part in contents[0].split(";") if part.strip())
    assert rules == {"default-src": "'none'", "style-src": "'unsafe-inline'", "img-src": "data:"}
    head = Page(page).root.all("head")[0]
    assert [one.tag for one in head.inner[:2]] == ["meta", "meta"]
    assert "charset" in head.inner[0].attributes
    assert not [m for m in metas if m.attributes.get("http-equiv") == "refresh"]


def test_a_label_that_turns_the_writing_does_not_turn_the_number_behind_it() -> None:
    lead = re.search(r'<p class="lead">.*?</p>', public_html(with_label("\u202eevil"), lang="en"), re.DOTALL)
    assert lead is not None
    assert not re.search("\u202e[^\u202c\u2069<]*[0-9]", lead[0])


# --- Markdown ------------------------------------------------------------------------------------------------------------


def shapes(markdown: str) -> list[int]:
    """Return the number of cells of every row of every table."""
    return [len(split_row(line)) for line in markdown.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("name", sorted(set(LABELS) - {"pipes", "lines"}))
def test_a_label_changes_no_table_of_markdown(name: str) -> None:
    assert shapes(public_markdown(with_label(LABELS[name]), lang="en")) == shapes(
        public_markdown(document(), lang="en")
    )


@pytest.mark.parametrize(
    "word", ["a|b", "a\\|b", "a\\", "a\nb"], ids=["pipe", "backslash and pipe", "backslash", "line"]
)
def test_a_pipe_a_backslash_or_a_line_break_in_a_label_changes_no_table_of_markdown(word: str) -> None:
    assert shapes(public_markdown(with_label(word), lang="en")) == shapes(public_markdown(document(), lang="en"))


@pytest.mark.parametrize("word", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"], ids=["script", "image"])
def test_a_label_is_no_html_in_markdown(word: str) -> None:
    assert not re.search(r"(?<!\\)<(script|img)", public_markdown(with_label(word), lang="en"))


# --- pictures ------------------------------------------------------------------------------------------------------------


def frame(svg: str) -> tuple[Element, float, float]:
    """Return the picture with the width and height of its frame."""
    picture = Page(svg).root.inner[0]
    _, _, width, height = map(float, (picture.attributes["viewbox"] or "").split())
    return picture, width, height


def number(one: Element, name: str) -> float:
    return float(one.attributes[name] or "nan")


def outside(svg: str) -> list[str]:
    """Return what leaves the frame; a text's width is the project's own estimate."""
    picture, width, height = frame(svg)
    found = []
    for rect in picture.all("rect"):
        x, y = (number(rect, name) if name in rect.attributes else 0.0 for name in "xy")
        if x < 0 or y < 0 or x + number(rect, "width") > width + 0.2 or y + number(rect, "height") > height + 0.2:
            found.append(f"rect at {x:.0f}")
    for text in picture.all("text"):
        small = text.attributes.get("class") == "quiet"
        x, size = number(text, "x"), figures.text_width(text.text, 12 if small else 13)
        anchor = text.attributes.get("text-anchor")
        left = x - size if anchor == "end" else x - size / 2 if anchor == "middle" else x
        if left < -0.5 or left + size > width + 0.5:
            found.append(text.text)
    for path in picture.all("path"):
        across = [float(n) for n in re.findall(r"[MH]([\d.-]+)", path.attributes["d"] or "")]
        if min(across) < 0 or max(across) > width:
            found.append("whisker")
    return found


def cells_of(counts: list[int], epsilon: float, minimum_group: int = 20) -> tuple[Cell, ...]:
    """Cells as a release makes them, without noise."""
    attribute = ATTRIBUTES[0]
    exact = {(value.code,): count for value, count in zip(attribute.values, counts, strict=True)}
    return noised([attribute], exact, [0] * 4, epsilon=epsilon, minimum_group=minimum_group).cells


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 900_000), min_size=4, max_size=4), st.sampled_from([0.01, 0.05, 0.3, 2.0]))
def test_a_drawn_interval_holds_its_value_and_is_as_long_as_its_numbers(counts: list[int], epsilon: float) -> None:
    cells = cells_of(counts, epsilon)
    picture, _, _ = frame(figures.bars(["a", "b", "c", "d"], cells, title="t", withheld="w"))
    released = [cell for cell in cells if isinstance(cell, Released)]
    drawn = [group for group in picture.all("g") if group.all("path")]
    assert len(drawn) == len(released)
    for cell, group in zip(released, drawn, strict=True):
        bar = group.all("rect")[0]
        start, end = re.findall(r"M([\d.]+) [\d.]+H([\d.]+)", group.all("path")[0].attributes["d"] or "")[0]
        value, low, high = (int(n.replace(",", "")) for n in re.findall(r"[\d,]+", group.all("title")[0].text))
        assert low <= value <= high
        assert low <= cell.low or low == 0
        assert cell.high <= high
        right = number(bar, "x") + number(bar, "width")
        assert float(start) - 0.2 <= right <= float(end) + 0.2 or number(bar, "width") == 1.0  # the thinnest bar
        assert group.all("text")[0].text == f"{value:,}"


@pytest.mark.parametrize(
    "label", ["a", "long label " * 9, "画像" * 30, "%—…W" * 20, ""], ids=["short", "long", "han", "wide", "empty"]
)
@pytest.mark.parametrize("largest", [25, 4_000, 999_999])
def test_bars_and_labels_stay_in_their_frame(label: str, largest: int) -> None:
    cells = cells_of([largest, largest // 2, 3, 0], 0.5)
    assert outside(figures.bars([label] * 4, cells, title="t", withheld="withheld")) == []
    assert outside(figures.heat_map([label] * 2, [label] * 2, cells, title="t", withheld="withheld")) == []


@pytest.mark.parametrize("word", ["withheld", "不公布"])
@pytest.mark.parametrize("threshold", [1, 20, 5000])
def test_a_chart_of_withheld_cells_only_stays_in_its_frame(word: str, threshold: int) -> None:
    cell = Withheld(reason="too-noisy", threshold=threshold)
    assert outside(figures.bars(["a", "b"], [cell, cell], title="t", withheld=word)) == []


@pytest.mark.parametrize("count", [1_234_567, 98_765_432, 1_400_000_000])
def test_the_digits_of_large_counts_stay_in_the_frame(count: int) -> None:
    assert (
        outside(figures.bars(["a", "b", "c", "d"], cells_of([count, 50, 50, 50], 1.0), title="t", withheld="w")) == []
    )


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.25, 1.0, 7.5, float("inf")])
def test_a_gauge_is_never_fuller_than_full(share: float) -> None:
    assert outside(figures.gauge(share, title="ε")) == []


@settings(max_examples=100)
@given(st.text(max_size=60), st.floats(20, 200))
def test_a_shortened_label_fits_or_is_two_signs_long(label: str, width: float) -> None:
    fitted = figures.fit(label, width)
    assert figures.text_width(fitted) <= width - 4 or len(fitted) <= 2
    assert fitted == label or (fitted.endswith("…") and label.startswith(fitted[:-1]))


def test_all_widths_of_tables_are_drawn_on_the_page() -> None:
    assert len(Page(public_html(document(), lang="en")).root.all("figure")) == len(
        WIDTHS
    )  # none for everybody, one for what is unknown
