"""What the documents show runs, and what they point to exists."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.page import RESULTS, page
from secureprofile.cli.main import run
from secureprofile.flows.shop import write_shop
from secureprofile.policy.treatments import KINDS, PARAMETERS
from secureprofile.portrait.expression import FOLD_FUNCTIONS, ROW_FUNCTIONS
from secureprofile.portrait.reading import load_tags
from tests.conftest import ROOT

PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "examples").rglob("*.md"),
    ROOT / "benchmarks" / "README.md",
]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@pytest.fixture
def demo_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_shop(tmp_path, customers=400, orders=4000, seed=3)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    return tmp_path


def commands(page: Path) -> list[str]:
    lines = [
        line
        for language, block in BLOCK.findall(page.read_text("utf-8"))
        if not language
        for line in block.splitlines()
    ]
    return [line.split("#")[0].strip() for line in lines if line.startswith("secureprofile ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_commands_of_the_readme_run_as_they_stand(demo_files: Path, name: str) -> None:
    shown = commands(ROOT / name)
    assert len(shown) >= 10
    for command in shown:
        expected = 1 if " scan " in command else 0  # there is personal data in the files, and scan says so
        assert run(shlex.split(command)[1:]) == expected, command
    assert list(demo_files.glob("report*.html"))


@pytest.mark.parametrize(
    "name",
    [
        "own-files.md",
        "tags.md",
        "pseudonymize.md",
        "anonymize.md",
        "detect.md",
        "presidio.md",
        "policy.md",
        "consent.md",
        "subject-rights.md",
        "audit-summary.md",
    ],
)
def test_the_commands_of_the_guides_run_as_they_stand(demo_files: Path, name: str) -> None:
    if name in ("pseudonymize.md", "anonymize.md"):
        (demo_files / "policy.yaml").write_text(guide_policy(name), encoding="utf-8")
    if name == "presidio.md":
        (demo_files / "recognizers.yaml").write_text(guide_policy(name), encoding="utf-8")
    for command in commands(ROOT / "docs" / "guides" / name):
        if "VKEY" in command:
            key = Path(".secureprofile/signer/log.vkey").read_text(encoding="utf-8").strip()
            command = command.replace("VKEY", shlex.quote(key))
        command = command.replace("PERSON", "U100017")
        assert run(shlex.split(command)[1:]) == (1 if " scan " in command else 0), command


def guide_policy(name: str = "pseudonymize.md") -> str:
    page = (ROOT / "docs/guides" / name).read_text("utf-8")
    return next(block for language, block in BLOCK.findall(page) if language == "yaml")


def test_the_guide_names_every_treatment_and_parameter() -> None:
    page = (ROOT / "docs/guides/pseudonymize.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted([*rows, "reveal"]) == sorted(KINDS)
    assert not [name for names in PARAMETERS.values() for name in names if name not in page]


def test_what_the_guide_reveals_comes_back(demo_files: Path) -> None:
    (demo_files / "policy.yaml").write_text(guide_policy(), encoding="utf-8")
    for command in commands(ROOT / "docs" / "guides" / "pseudonymize.md")[2:6]:
        assert run(shlex.split(command)[1:]) == 0, command
    tables = [
        pd.read_csv(name, dtype=str, keep_default_na=False) for name in ("customers.csv", "returned.csv", "answer.csv")
    ]
    before, safe, back = tables
    assert list(back["email"]) == list(before["email"])
    assert list(back["customer_id"]) == list(before["customer_id"].str.strip())
    assert not set(safe["email"]) & (set(before["email"]) - {""})
    assert list(back["name"]) == list(safe["name"])


def test_the_python_of_the_guide_to_detection_runs() -> None:
    code = next(
        b for language, b in BLOCK.findall((ROOT / "docs/guides/detect.md").read_text("utf-8")) if language == "python"
    )
    names: dict[str, object] = {}
    exec(compile(code, "detect.md", "exec"), names)
    assert {hit.entity_type for hit in names["found"]} >= {"LOYALTY_CARD"}  # type: ignore[attr-defined]


def test_the_dictionary_of_the_guide_is_one() -> None:
    code = next(
        b for language, b in BLOCK.findall((ROOT / "docs/guides/tags.md").read_text("utf-8")) if language == "yaml"
    )
    assert [tag.code for tag in load_tags(code, file="tags.yaml").tags] == ["recency"]


def test_the_guide_names_every_function_of_the_language() -> None:
    text = (ROOT / "docs" / "guides" / "tags.md").read_text("utf-8")
    assert not [name for name in (*ROW_FUNCTIONS, *FOLD_FUNCTIONS) if f"`{name}(" not in text]


def test_the_python_of_the_readme_runs_as_it_stands(demo_files: Path) -> None:
    code = next(
        block for language, block in BLOCK.findall((ROOT / "README.md").read_text("utf-8")) if language == "python"
    )
    frame = pd.read_csv("customers.csv", dtype=str, keep_default_na=False)
    before = frame.copy()
    names: dict[str, object] = {"frame": frame}
    exec(compile(code, "README.md", "exec"), names)
    assert (demo_files / "report.html").exists()
    safe = names["safe"]
    assert isinstance(safe, pd.DataFrame)
    assert safe["customer_id"].str.startswith("sp_").all()
    pd.testing.assert_frame_equal(frame, before)
    names["ws"].close()  # type: ignore[attr-defined]


def test_every_guarantee_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert [section.split(".")[0] for section in sections] == [str(number) for number in range(1, 11)]
    for section in sections:
        named = TEST.findall(section)
        assert named, section[:40]
        for file, function in named:
            source = (ROOT / file).read_text(encoding="utf-8")
            assert not function or re.search(rf"^def {function}\(", source, re.MULTILINE), f"{file}::{function}"


def test_every_word_list_says_where_it_comes_from() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "provenance.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "CC BY 4.0" in done.stdout


def test_the_page_of_benchmarks_is_what_the_results_say() -> None:
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert text == page()
    for result in RESULTS.glob("*.json"):
        for figure in json.loads(result.read_text(encoding="utf-8"))["figures"]:
            assert f"| {figure['what']} | {figure['value']:,} {figure['unit']} |" in text, figure["what"]
