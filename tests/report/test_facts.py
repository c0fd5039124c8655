"""The same facts in every form, language and picture; and exact numbers in none of them."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from string import Formatter
from typing import Any

import pytest

from secureprofile.errors import InputError
from secureprofile.flows.report import render
from secureprofile.released import Cell, Document, Internal, Released, Withheld
from secureprofile.report.internal import Section, internal_html
from secureprofile.report.page import public_csv, public_html, public_markdown
from secureprofile.report.parts import environment
from secureprofile.report.wording import WORDING
from tests.report.sample import MECHANISM, WIDTHS, Page, document, tables_of, tables_of_markdown, with_cells

LANGUAGES: list[Any] = ["en", "zh"]
RELEASES = {
    "usual": document(), "exact": document(epsilon=3, minimum_group=1, seed=2), "noisy": document(epsilon=0.004, largest=90_000, seed=3),
    "large group": document(minimum_group=500, seed=4),
}  # fmt: skip


def rounded(value: Any, sd: Any, rounding: str) -> int:
    """Round to the largest power of ten that the noise's standard deviation reaches; at least to whole people."""
    step = Decimal(10) ** max(0, Decimal(str(sd)).adjusted())
    return int((Decimal(value) / step).to_integral_value(rounding) * step)


def expected(cell: dict[str, Any], lang: Any) -> list[str]:
    """What a table says about a cell of the JSON form."""
    if "reason" in cell:
        return [WORDING[cell["reason"]][lang].format(threshold=cell["threshold"]), "–"]
    value = rounded(cell["value"], cell["sd"], ROUND_HALF_EVEN)
    low, high = (rounded(cell[key], cell["sd"], r) for key, r in (("low", ROUND_FLOOR), ("high", ROUND_CEILING)))
    return [f"{value:,}", f"{max(0, low):,}–{high:,}"]


# --- one set of facts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_html_and_markdown_say_what_the_json_says(release: str, lang: Any) -> None:
    body = json.loads(render(RELEASES[release], "json", lang))
    names = {
        a["code"]: (a["name"][lang], {v["code"]: v["name"][lang] for v in a["values"]}) for a in body["attributes"]
    }
    facts = {
        (*(names[code][0] for code in t["attributes"]), WORDING["count"][lang], WORDING["interval"][lang]): [
            [*(names[code][1][part] for code, part in zip(t["attributes"], key, strict=True)), *expected(cell, lang)]
            for key, cell in zip(t["keys"], t["cells"], strict=True)
        ]
        for t in body["tables"]
        if t["attributes"]
    }  # fmt: skip
    quality = (WORDING["tag"][lang], WORDING["people_unknown"][lang], WORDING["interval"][lang])
    unknown = next(
        dict(zip(map(tuple, t["keys"]), t["cells"], strict=True)) for t in body["tables"] if t["attributes"] == ["age"]
    )
    facts[quality] = [[names["age"][0], *expected(unknown["unknown",], lang)]]
    assert tables_of(render(RELEASES[release], "html", lang).decode()) == facts
    assert tables_of_markdown(render(RELEASES[release], "md", lang).decode()) == facts


@pytest.mark.parametrize("release", RELEASES)
def test_the_csv_has_every_cell_of_the_json(release: str) -> None:
    rows = list(csv.DictReader(io.StringIO(public_csv(RELEASES[release]))))
    cells = [
        ("*".join(t["attributes"]) or "everybody", "*".join(key), cell)
        for t in json.loads(RELEASES[release].to_json())["tables"]
        for key, cell in zip(t["keys"], t["cells"], strict=True)
    ]
    assert len(rows) == len(cells)
    for row, (place, key, cell) in zip(rows, cells, strict=True):
        assert (row["table"], row["key"]) == (place, key)
        if "reason" in cell:
            assert row["status"] == f"withheld: {cell['reason']} ({cell['threshold']})"
            assert {row[name] for name in ("value", "low", "high", "sd", "mechanism")} == {""}
        else:
            assert [row[name] for name in ("value", "low", "high", "sd", "mechanism")] == [
                str(cell[name]) for name in ("value", "low", "high", "sd", "mechanism")
            ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_number_of_everybody_is_rounded_wherever_it_stands(lang: Any) -> None:
    release = RELEASES["usual"]
    total = release.tables[0].cells[0]
    assert isinstance(total, Released)
    value, low, high = (
        f"{rounded(n, total.sd, r):,}"
        for n, r in ((total.value, ROUND_HALF_EVEN), (total.low, ROUND_FLOOR), (total.high, ROUND_CEILING))
    )
    html, markdown = public_html(release, lang=lang), public_markdown(release, lang=lang)
    assert f"<dd>{value}</dd>" in html
    for page in (html, markdown):
        assert WORDING["summary_total"][lang].format(total=value, low=low, high=high) in page
        assert not {f"{total.value:,}", str(total.value)} & set(re.findall(r"[\d,]+", page))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_counts_its_withheld_cells(lang: Any) -> None:
    cells = [cell for t in RELEASES["usual"].tables for cell in t.cells]
    withheld = sum(isinstance(cell, Withheld) for cell in cells)
    said = WORDING["statement_withheld"][lang].format(count=withheld, total=len(cells))
    assert 0 < withheld < len(cells)
    assert said in public_html(RELEASES["usual"], lang=lang)


def test_equal_releases_give_equal_bytes_in_every_form() -> None:
    again = Document.from_json(RELEASES["usual"].to_json())
    for form in ("html", "json", "csv", "md"):
        assert render(document(), form, "zh") == render(again, form, "zh")  # type: ignore[arg-type]


# --- pictures and their tables -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_picture_says_what_its_table_says(release: str, lang: Any) -> None:
    """Labels, numbers and intervals in the same order; withheld cells are hatched, and never a number."""
    pictures = 0
    for figure in Page(public_html(RELEASES[release], lang=lang)).root.all("figure"):
        rows = [[cell.text for cell in row.all("td")] for row in figure.all("tr")[1:]]
        if figure.all("th")[-2].text != WORDING["count"][lang]:
            continue
        for svg in figure.all("svg"):
            pictures += 1
            shown = [value if interval != "–" else WORDING["withheld"][lang] for *_, value, interval in rows]
            spoken = [f"{' / '.join(row[:-2])}: {value}" for row, value in zip(rows, shown, strict=True)]
            assert svg.all("desc")[0].text == "; ".join(spoken)
            marks = svg.all("g")
            tips = [WORDING["withheld"][lang] if row[-1] == "–" else f"{row[-2]} ({row[-1]})" for row in rows]
            assert [mark.all("title")[0].text for mark in marks] == tips
            for mark, row in zip(marks, rows, strict=True):
                classes = {one.attributes.get("class") for one in mark.all("rect")}
                assert classes == {"hatched"} if row[-1] == "–" else classes < {"bar", "tile"}
            assert svg.attributes["aria-label"] == svg.all("title")[0].text
    assert pictures == len([codes for codes in WIDTHS if len(codes) in (1, 2)])


def test_a_table_of_three_tags_stands_open_without_a_picture() -> None:
    figures = Page(public_html(RELEASES["usual"], lang="en")).root.all("figure")
    opened = [figure for figure in figures if "open" in figure.all("details")[0].attributes]
    assert [len(figure.all("svg")) for figure in opened] == [0]
    assert len(opened[0].all("tr")) == 1 + 4 * 3 * 2


# --- two languages -------------------------------------------------------------------------------------------------------


def test_both_languages_have_every_sentence_with_the_same_holes_once_each() -> None:
    for key, sentences in WORDING.items():
        assert set(sentences) == {"en", "zh"}, key
        assert all(sentence.strip() for sentence in sentences.values()), key
        holes = {lang: {name for _, name, _, _ in Formatter().parse(said) if name} for lang, said in sentences.items()}
        assert holes["en"] == holes["zh"], key


def test_every_sentence_that_a_template_asks_for_exists() -> None:
    loader = environment().loader
    assert loader is not None
    source = "".join(loader.get_source(environment(), name)[0] for name in ("public.html.j2", "internal.html.j2"))
    asked = set(re.findall(r"""say\(['"]([\w-]+)['"]""", source))
    assert len(asked) > 20
    assert asked <= set(WORDING)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_hole_of_a_sentence_is_left_open(lang: Any) -> None:
    page = re.sub(r"<style>.*?</style>", "", public_html(RELEASES["usual"], lang=lang), flags=re.DOTALL)
    assert not re.search(r"[{}]", page + public_markdown(RELEASES["usual"], lang=lang))


def test_chinese_pages_are_chinese() -> None:
    html, markdown = public_html(RELEASES["usual"], lang="zh"), public_markdown(RELEASES["usual"], lang="zh")
    assert Page(html).root.all("html")[0].attributes["lang"] == "zh-CN"
    assert '<html lang="zh-CN">' in internal_html("内部", [], lang="zh")
    english = {said["en"] for key, said in WORDING.items() if key != "kicker" and "{" not in said["en"]}
    for page in (html, markdown):
        words = re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)
        assert [said for said in english if said in words] == []
        assert " name" not in words
        assert MECHANISM not in words


# --- only what was released ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codes", [codes for codes in WIDTHS if codes], ids="*".join)
@pytest.mark.parametrize("form", ["html", "csv", "md"])
@pytest.mark.parametrize("number", [Internal(value=987654, what="people"), 987654, 987654.0, "987654", None], ids=repr)
def test_an_exact_number_stops_the_page(number: Any, form: Any, codes: tuple[str, ...]) -> None:
    with pytest.raises((TypeError, AttributeError)):
        render(with_cells(number, codes), form, "en")


@pytest.mark.parametrize("form", ["html", "md"])
@pytest.mark.parametrize("number", [Internal(value=987654, what="people"), 987654], ids=repr)
def test_an_exact_number_of_everybody_is_not_shown(number: Any, form: Any) -> None:
    page = render(with_cells(number, ()), form, "en").decode()
    assert "987" not in page


@pytest.mark.parametrize("codes", [(), ("age",)], ids=["everybody", "age"])
@pytest.mark.parametrize("number", [Internal(value=987654, what="people"), 987654], ids=repr)
def test_an_exact_number_is_in_no_json(number: Any, codes: tuple[str, ...]) -> None:
    with pytest.raises(TypeError):
        render(with_cells(number, codes), "json", "en")


OTHERS: dict[str, Any] = {
    "no JSON": b"portrait", "nothing": b"", "not UTF-8": b"\xff\xfe{}", "a list": b"[]", "a number": b"5", "another format": b'{"format": "x/2"}',
    "nothing but the format": b'{"format": "secureprofile-release/2"}',
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_release_is_not_read(name: str) -> None:
    with pytest.raises(InputError, match="not a release document"):
        Document.from_json(OTHERS[name])


@pytest.mark.parametrize(
    "cell",
    [{"value": 5, "what": "people"}, {"value": 5}, 5, None, [], {"reason": "too-noisy", "threshold": 3, "value": 5}],
)
def test_a_release_with_an_exact_number_in_it_is_not_read(cell: Any) -> None:
    body = json.loads(document().to_json())
    body["tables"][1]["cells"][0] = cell
    with pytest.raises(InputError, match="not a release document"):
        Document.from_json(json.dumps(body).encode())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_internal_pages_say_so_and_take_internal_numbers_only(lang: Any) -> None:
    page = internal_html("t", [Section(heading="h", rows=(("n", Internal(value=1234567, what="n")),))], lang=lang)
    assert page.count(WORDING["internal"][lang]) == 2
    assert "1,234,567" in page
    cells: list[Any] = [5, 5.0, None, Released(value=5, low=1, high=9, sd=1.0, mechanism="m")]
    for number in cells:
        with pytest.raises(TypeError):
            internal_html("t", [Section(heading="h", rows=(("n", number),))], lang=lang)


@pytest.mark.parametrize("reason", ["below-minimum-group", "too-noisy"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_where_everything_is_withheld_still_says_why(reason: Any, lang: Any) -> None:
    cell: Cell = Withheld(reason=reason, threshold=33)
    for codes in WIDTHS[1:]:
        release = with_cells(cell, codes)
        rows = [row for rows in tables_of(public_html(release, lang=lang)).values() for row in rows]
        assert {tuple(row[-2:]) for row in rows} == {(WORDING[reason][lang].format(threshold=33), "–")}
        assert tables_of_markdown(public_markdown(release, lang=lang)).values()
