"""The report on risk: no script, both languages whole, charts that say what their tables say, and exact counts marked as such."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from secureprofile.released import Internal, Text
from secureprofile.report.risk import (
    Among,
    Answer,
    Attribute,
    Band,
    Guess,
    Links,
    Population,
    RiskPage,
    Secret,
    Side,
    Subset,
    Verdict,
    risk_html,
)
from secureprofile.report.risk_figures import percent, share_bars, share_map
from secureprofile.report.wording import RISK
from tests.screens.browser import Browser, chromium

BANDS = ("1", "2", "3–4", "5–9", "10–19", "20–49", "50+")
SIZES = {"after": (0, 0, 0, 250, 333, 1394, 27697), "before": (14021, 4052, 3904, 3792, 3043, 1350, 0)}


def count(number: int) -> Internal:
    return Internal(value=number, what="records")


def side(which: str) -> Side:
    return Side(
        file=f"{which}.csv",
        rows=count(30_162),
        suppressed=count(488 if which == "after" else 0),
        partly=count(0),
        records=count(sum(SIZES[which])),
        classes=count(153),
        smallest=count(5 if which == "after" else 1),
        uniques=count(SIZES[which][0]),
        bands=tuple(
            Band(label=label, classes=count(n // 3), records=count(n))
            for label, n in zip(BANDS, SIZES[which], strict=True)
        ),
        highest=0.2,
        average=0.0052,
        above=(("0.2", 0.0), ("0.09", 0.0098)),
    )


NAMES = ("age", "sex", "country of birth")
PAGE = RiskPage(
    k=5,
    met=False,
    quasi=NAMES,
    proposed=True,
    person=None,
    side=side("before"),
    before=None,
    attributes=tuple(
        Attribute(name=name, vanish=count(n), average=a, score=0.3)
        for name, n, a in zip(NAMES, (9000, 3000, 4000), (8021.0, 2000.0, 4000.0), strict=True)
    ),
    subsets=(
        *(Subset(names=(name,), uniques=count(at), smallest=count(1)) for at, name in enumerate(NAMES)),
        Subset(names=("age", "sex"), uniques=count(30), smallest=count(1)),
        Subset(names=("age", "country of birth"), uniques=count(603), smallest=count(1)),
        Subset(names=("sex", "country of birth"), uniques=count(0), smallest=count(2)),
        Subset(names=NAMES, uniques=count(14_021), smallest=count(1)),
    ),
    minimal=(count(3), count(1204), count(12_814)),
    singled=count(14_021),
    secrets=(Secret(name="illness", distinct=count(1), entropy=1.0, homogeneous=count(2392), distance=0.754),),
    among=Among(file="register.csv", highest=0.2, average=0.01, above=(("0.2", 0.0), ("0.09", 0.5)), outside=count(12)),
    population=Population(
        size=count(317_238_626),
        fraction=9.5e-5,
        guesses=(
            Guess(model="Pitman", share=0.0389, trusted=True),
            Guess(model="Zayatz", share=0.265, trusted=False),
            Guess(model="SNB", share=None, trusted=False),
        ),
        match=0.00035,
    ),
    links=Links(
        file="other.csv",
        names=("age", "sex"),
        counts=(("any", count(77)), ("one", count(44)), ("right", count(43)), ("both", count(40)), ("right_both", count(39)), ("alone", count(41))),
        occurs={"age": 0.987, "sex": 1.0},
    ),
    verdicts=(
        Verdict(
            name="gbt-42460-public",
            verdict="not met",
            sentence=Text(en="does not meet it", zh="不满足该标准"),
            answers=(
                Answer(name=Text(en="asked one", zh="第一问"), verdict="met", measured="0", limit="0", least=False),
                Answer(name=Text(en="asked two", zh="第二问"), verdict="not met", measured="1", limit="20", least=True),
                Answer(
                    name=Text(en="asked three", zh="第三问"), verdict="cannot tell", measured="", limit="0", least=False,
                    note=Text(en="there is no answer", zh="没有答案"),
                ),
            ),
            assumptions=(Text(en="assumed so", zh="假设如此"),),
            source="a source",
            level=2,
        ),
    ),
    roles=(
        ("age", "user.demographic.age_range", "quasi-identifier"),
        ("mail", "user.contact.email", "direct identifier"),
        ("notes", "user.content.private", "free text"),
        ("income", "", "nearly unique"),
        ("illness", "user.health_and_medical", "sensitive_role"),
        ("who", "", "person_role"),
    ),
    joint=Text(en="no joint bound.", zh="没有共同的界限。"),
)  # fmt: skip
COMPARED = replace(PAGE, side=side("after"), before=side("before"), met=True, proposed=False, person="who")
EMPTY = replace(
    PAGE,
    side=Side(file="gone.csv", rows=count(9), suppressed=count(9), partly=count(0)),
    met=True,
    attributes=(),
    subsets=(),
    minimal=(),
    singled=None,
    secrets=(),
    among=None,
    population=None,
    links=None,
    verdicts=(),
)
PAGES = {"one": PAGE, "compared": COMPARED, "empty": EMPTY}


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_page_runs_no_script_and_asks_for_nothing(name: str, lang: Any) -> None:
    page = risk_html(PAGES[name], lang=lang)
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=[\"'](?!data:)", page)
    assert not re.search(r"[{}]", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
    assert page == risk_html(PAGES[name], lang=lang)


def test_names_are_escaped() -> None:
    name = "<script>x</script>"
    page = risk_html(
        replace(
            PAGE,
            quasi=(name,),
            subsets=(Subset(names=(name,), uniques=count(1), smallest=count(1)),),
            attributes=(Attribute(name=name, vanish=count(1), average=1.0, score=1.0),),
            side=replace(PAGE.side, file=name),
            links=replace(PAGE.links, file=name, names=(name,), occurs={name: 1.0}),  # type: ignore[type-var]
            roles=((name, name, "free text"),),
        ),
        lang="en",
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 8


def test_every_number_is_on_the_page() -> None:
    text = words_of(risk_html(PAGE, lang="en"))
    for shown in (
        "Not every class has 5 records: the smallest has 1.", "30,162", "14,021 (46 %)", "INTERNAL", "9,000", "603", "2,392", "0.754",
        "317,238,626", "3.9 %", "26 %", "no solution", "0.035 %", "0.0095 %", "register.csv", "other.csv", "99 %", "no joint bound.",
        "level 2", "measured 1 · asked: at least 20", "there is no answer", "assumed so", "a source", "3 / 1,204 / 12,814", "direct identifier",
        "Direct identifiers are in mail.", "Free text is in notes.",
    ):  # fmt: skip
        assert shown in text, shown
    compared = words_of(risk_html(COMPARED, lang="en"))
    for shown in (
        "after.csv",
        "before.csv",
        "Every class has at least 5 people: the smallest has 5.",
        "27,697",
        "14,021",
        "by who",
    ):
        assert shown in compared, shown
    assert "Every row is suppressed" in words_of(risk_html(EMPTY, lang="en"))


@pytest.mark.parametrize("name", ["one", "compared"])
def test_the_histogram_says_what_its_table_says(name: str) -> None:
    page = risk_html(PAGES[name], lang="en")
    desc = re.findall(r"<desc>(.*?)</desc>", page)[0]
    shown = [PAGES[name].side, *([PAGES[name].before] if PAGES[name].before else [])]
    for at, label in enumerate(BANDS):
        shares = [percent(s.bands[at].records.value / s.records.value) for s in shown if s and s.records]
        said = shares[0] if len(shares) == 1 else f"after {shares[0]}, before {shares[1]}"
        assert f"{label}: {said}" in desc
        cells = [f"{n.value:,}" for s in shown if s for n in (s.bands[at].classes, s.bands[at].records)]
        row = re.search(rf'<th class="short" scope="row">{re.escape(label)}</th>(.*?)</tr>', page, re.DOTALL)
        assert row is not None
        assert re.findall(r"<td class=\"n\">([^<]*)</td>", row[1]) == cells


def test_the_map_says_what_its_table_says() -> None:
    page = risk_html(PAGE, lang="en")
    records = sum(SIZES["before"])
    for subset in PAGE.subsets:
        if len(subset.names) < 3:
            row, column = subset.names[-1], subset.names[0]
            share = percent(subset.uniques.value / records)
            assert f"<title>{row} / {column}: {share}</title>" in page
            assert f'<th scope="row">{" × ".join(subset.names)}</th><td class="n">{share}</td>' in page


def test_bars_are_as_long_as_their_shares() -> None:
    svg = share_bars(["a", "b", "c"], [[0.5, 0.25, 0.0], [0.1, 0.0, 0.4]], title="t", names=("x", "y"))
    widths = [float(width) for width in re.findall(r'class="(?:bar|was)"[^>]*width="([\d.]+)"', svg)]
    full = widths[0]
    assert widths == pytest.approx([full, full / 5, full / 2, 1, 1, full * 0.8], abs=0.11)
    tiles = re.findall(r"fill-opacity:([\d.]+)", share_map(["a", "b"], [[0.2], [0.4, 0.0]], title="t"))
    assert tiles == ["0.50", "1.00", "0.05"]


@pytest.mark.parametrize("number", [5, 5.0, "5"])
def test_an_unmarked_count_stops_the_page(number: Any) -> None:
    for page in (
        replace(PAGE, side=replace(PAGE.side, rows=number)),
        replace(PAGE, side=replace(PAGE.side, bands=(replace(PAGE.side.bands[0], records=number),))),
        replace(PAGE, attributes=(replace(PAGE.attributes[0], vanish=number),)),
        replace(PAGE, minimal=(number,)),
        replace(PAGE, links=replace(PAGE.links, counts=(("any", number),))),  # type: ignore[type-var]
        replace(PAGE, population=replace(PAGE.population, size=number)),  # type: ignore[type-var]
    ):
        with pytest.raises(TypeError, match="Internal"):
            risk_html(page, lang="en")


def test_both_languages_have_every_sentence_with_the_same_holes() -> None:
    for key, said in RISK.items():
        assert set(said) == {"en", "zh"}, key
        holes = {
            lang: {name for _, name, _, _ in Formatter().parse(text) if name} - {"unit", "bare"}
            for lang, text in said.items()
        }
        assert holes["en"] == holes["zh"], key
        assert re.search(r"[一-鿿]", said["zh"]), key


@pytest.mark.parametrize("name", PAGES)
def test_a_chinese_page_is_chinese(name: str) -> None:
    text = words_of(risk_html(PAGES[name], lang="zh"))
    left = set(re.findall(r"[A-Za-z]{4,}", text)) - {
        "before", "after", "gone", "country", "count", "birth", "register", "other", "notes", "mail", "income", "illness", "user",
        "demographic", "range", "contact", "email", "content", "private", "health", "medical", "Pitman", "Zayatz", "Dankar",
        "Shapley", "public", "source", "and",
    }  # fmt: skip
    assert not left


# --- in a browser --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if chromium() is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no Chromium on this machine")
    with Browser() as opened:
        yield opened


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_page_opens_clean_on_phone_and_desktop(browser: Browser, tmp_path: Path, name: str, lang: Any) -> None:
    page = tmp_path / "risk.html"
    page.write_text(risk_html(PAGES[name], lang=lang), encoding="utf-8")
    for width in (390, 1280):
        for dark in (False, True):
            look = browser.look(page, width=width, dark=dark)
            assert (look.console, look.requests, look.overflow) == ((), (), "")
