"""Reports in a real browser: no console message, no request, nothing wider than the page, and the looking itself can see those."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.screens.browser import Browser, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if chromium() is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no Chromium on this machine")
    with Browser() as opened:
        yield opened


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_report_opens_clean_on_phone_and_desktop(
    browser: Browser, shop: Callable[..., int], tmp_path: Path, lang: str
) -> None:
    page = tmp_path / f"{lang}.html"
    assert shop("report", "customer-portrait", "-o", str(page), "--lang", lang) == 0
    for width in (390, 1280):
        for dark in (False, True):
            look = browser.look(page, width=width, dark=dark)
            assert (look.console, look.requests, look.overflow) == ((), (), "")
            assert look.png.startswith(b"\x89PNG")


@pytest.mark.parametrize("what", ["summary", "records", "events"])
def test_pages_about_the_log_open_clean_on_phone_and_desktop(
    browser: Browser, shop: Callable[..., int], tmp_path: Path, what: str
) -> None:
    for lang in ("en", "zh"):
        page = tmp_path / f"{lang}.html"
        assert shop("audit", what, "-o", str(page), "--lang", lang) == 0
        for width in (390, 1280):
            look = browser.look(page, width=width)
            assert (look.console, look.requests, look.overflow) == ((), (), "")


PLANTED = {
    "console": "<script>console.error('planted')</script>",
    "requests": "<img src='http://127.0.0.1:9/planted.png'>",
    "overflow": "<div class='planted' style='width:3000px'>wide</div>",
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_seen(browser: Browser, tmp_path: Path, fault: str) -> None:
    page = tmp_path / "planted.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{PLANTED[fault]}", encoding="utf-8")
    assert getattr(browser.look(page, width=1280), fault)


def test_a_planted_script_is_stopped_by_the_policy_of_the_page(
    browser: Browser, shop: Callable[..., int], tmp_path: Path
) -> None:
    """The page's content security policy holds in a browser, not only in its text."""
    page = tmp_path / "page.html"
    assert shop("report", "customer-portrait", "-o", str(page)) == 0
    text = page.read_text(encoding="utf-8").replace("</body>", "<script>document.title='ran'</script></body>")
    assert "document.title" in text
    page.write_text(text, encoding="utf-8")
    assert any("Content Security Policy" in said for said in browser.look(page, width=1280).console)
