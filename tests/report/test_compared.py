"""What a page says about differences: never more than the noise intervals bear out."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.released import Cell, Document, Released, Withheld, schema
from secureprofile.report import evidence
from secureprofile.report.ordered import PROVINCES, columns, provinces, pyramid
from secureprofile.report.page import public_csv, public_html, public_markdown
from secureprofile.report.parts import INDEX, POINTS, SHARE, Spelling
from secureprofile.report.wording import WORDING
from tests.conftest import ROOT
from tests.report.sample import MECHANISM, Page, cell, document, rich

LANGUAGES: list[Any] = ["en", "zh"]
NUMBERS = st.floats(-1e6, 1e6)


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    """A released number with any interval around it, or a withheld one."""
    if draw(st.booleans()):
        return Withheld(reason="too-noisy", threshold=draw(st.integers(1, 1000)))
    value, below, above = draw(NUMBERS), draw(st.floats(0, 1e5)), draw(st.floats(0, 1e5))
    return Released(
        value=value, low=value - below, high=value + above, sd=draw(st.floats(1e-6, 1e5)), mechanism=MECHANISM
    )


@given(st.lists(cells(), min_size=1, max_size=8), st.sampled_from([0.0, 100.0]))
def test_a_bar_has_a_colour_only_where_its_interval_excludes_the_mark(drawn: list[Cell], centre: float) -> None:
    labels = [f"row {n}" for n in range(len(drawn))]
    svg = evidence.diverging(labels, drawn, centre=centre, spelling=INDEX, title="t", withheld="w")
    kinds = [mark.all("rect")[0].attributes["class"] for mark in Page(svg).root.all("g")]
    for kind, one in zip(kinds, drawn, strict=True):
        if isinstance(one, Withheld):
            assert kind == "hatched"
        else:
            assert (kind in ("more", "less")) == (one.low > centre or one.high < centre)


@given(st.lists(cells(), min_size=3, max_size=8))
def test_pictures_stay_inside_their_frame(drawn: list[Cell]) -> None:
    labels = ["a label that is rather long for its column"] * len(drawn)
    for svg in (
        evidence.diverging(labels, drawn, centre=100, spelling=INDEX, title="t", withheld="withheld"),
        evidence.dots(labels, drawn, most=0.3, spelling=SHARE, title="t", withheld="withheld"),
    ):
        found = Page(svg).root.all("svg")[0]
        width, height = map(float, str(found.attributes["viewbox"]).split()[2:])
        for rect in found.all("rect"):
            x, y, w = (float(str(rect.attributes[name])) for name in ("x", "y", "width"))
            assert x >= -1
            assert x + w <= width + 40
            assert 0 <= y <= height
        for circle in found.all("circle"):
            assert 0 <= float(str(circle.attributes["cx"])) <= width
        assert "nan" not in svg
        assert "inf" not in svg


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_shows_all_that_a_release_holds(lang: Any) -> None:
    page = public_html(rich(), lang=lang)
    assert len(page.encode()) < 300_000
    text = re.sub(r"<[^>]+>", " ", page)
    for said in ("200", "50 %", "41.2 €", "0.0312", "portrait-8", "17.5"):
        assert said in text, said
    for key in (
        "index_title",
        "distance_title",
        "radar_title",
        "shifts_title",
        "psi_title",
        "numbers_title",
        "mechanisms",
        "filter_zcdp",
    ):
        assert WORDING[key][lang] in page, key
    assert WORDING["clipped"][lang].format(share="2.1 % (1.3 %–2.9 %)") in page
    for part in ("41.2 €", "+6.0 pp", "0.12"):
        assert part in public_markdown(rich(), lang=lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_paragraph_names_clear_differences_only(lang: Any) -> None:
    lead = next(
        p.text for p in Page(public_html(rich(), lang=lang)).root.all("p") if p.attributes.get("class") == "lead"
    )
    assert "200" in lead
    assert "50" in lead
    assert "103" not in lead


def test_nothing_stands_out_where_the_noise_explains_all() -> None:
    one = rich()
    unclear = tuple(
        replace(c, lines=tuple(replace(line, index=cell(100, 30)) for line in c.lines)) for c in one.comparisons
    )
    page = public_html(replace(one, comparisons=unclear), lang="en")
    assert WORDING["index_none"]["en"] in page
    assert "stands out by" not in page


def test_numbers_are_spelled_as_finely_as_the_noise_allows() -> None:
    def spelled(spelling: Spelling, value: float, sd: float) -> tuple[str, str, str]:
        return spelling.write(cell(value, sd))

    assert spelled(SHARE, 0.12346, 0.0004) == ("12.35 %", "12.26 %", "12.43 %")
    assert spelled(SHARE, 0.008, 0.01) == ("1 %", "0 %", "3 %")
    assert spelled(POINTS, -0.0312, 0.004) == ("-3.1 pp", "-4.0 pp", "-2.3 pp")
    assert spelled(INDEX, 1234, 17) == ("1,230", "1,200", "1,270")


@given(st.floats(-1e5, 1e5), st.floats(1e-4, 1e4), st.sampled_from([SHARE, POINTS, INDEX, Spelling()]))
def test_a_spelled_interval_never_excludes_what_the_interval_holds(value: float, sd: float, spelling: Spelling) -> None:
    one = cell(value, sd)
    _, low, high = (float(re.sub(r"[^\d.+-]", "", text)) for text in spelling.write(one))
    slack = 1e-8 * max(1.0, sd * spelling.factor, abs(value) * spelling.factor)
    assert high >= one.high * spelling.factor - slack
    assert (
        low <= max(0.0, one.low * spelling.factor) + slack
        if spelling.positive
        else low <= one.low * spelling.factor + slack
    )


def test_every_province_has_a_tile_of_its_own() -> None:
    assert len(PROVINCES) == 34
    assert len(set(PROVINCES.values())) == 34
    codes = [*(f"CN-{code.upper()}" for code in PROVINCES), "unknown"]
    picture = provinces(codes, codes, [cell(100, 5)] * 35, title="t", withheld="w")
    assert picture is not None
    assert picture.count('class="tile"') == 34
    assert provinces(["england"], ["England"], [cell(1, 1)], title="t", withheld="w") is None


def test_columns_and_pyramids_hatch_what_is_withheld() -> None:
    hidden = Withheld(reason="below-minimum-group", threshold=20)
    assert columns(["a", "b"], [cell(50, 5), hidden], title="t", withheld="w").count("hatched") == 1
    picture = pyramid(
        ["18–24", "25–34"], ("women", "men"), [cell(50, 5), hidden], [cell(40, 5), cell(30, 5)], title="t", withheld="w"
    )
    assert picture.count("hatched") == 1
    assert picture.count('class="bar"') == 1
    assert picture.count('class="second"') == 2


def test_a_release_without_extras_shows_none() -> None:
    plain: Document = replace(rich(), comparisons=(), changes=(), numbers=(), mechanisms=(), rho=None, filter="basic")
    page = public_html(plain, lang="en")
    for key in ("index_title", "shifts_title", "numbers_note", "mechanisms", "how_index"):
        assert WORDING[key]["en"] not in page


def test_every_cell_is_a_row_of_the_frame_and_of_the_csv() -> None:
    one = rich()
    frame = one.to_frame()
    cells = list(one.cells())
    assert len(frame) == len(cells) == len(list(csv.DictReader(io.StringIO(public_csv(one)))))
    assert frame["value"].notna().sum() == sum(isinstance(cell, Released) for cell in cells)
    assert set(frame["kind"]) == {"table", "number", "comparison", "change"}
    index = frame[
        (frame.statistic == "index") & (frame.key == "spend=high") & (frame.table == "age=young beside everybody")
    ]
    assert index["value"].tolist() == [200]


def test_the_published_schema_is_that_of_the_types() -> None:
    assert json.loads((ROOT / "docs/formats/release.schema.json").read_text("utf-8")) == schema()
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    for one in (rich(), document()):
        validator.validate(json.loads(one.to_json()))
    body = json.loads(rich().to_json())
    for broken in ({**body, "more": 1}, {**body, "rho": 0.5}, {**body, "format": "secureprofile-release/1"}):
        assert not validator.is_valid(broken)
    del body["tables"][0]["cells"][0]["value"]
    assert not validator.is_valid(body)
