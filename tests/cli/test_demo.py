"""The demo prints each command as a user would type it, ends with a summary, and leaves what it says."""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from secureprofile.cli.demo import STEPS
from secureprofile.cli.main import run


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which one demo ran, and what it printed."""
    folder, out = tmp_path_factory.mktemp("demo"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
        patch.chdir(folder)
        assert run(["demo", "--out", "shop", "--customers", "300", "--orders", "2500"]) == 0
    return folder, out.getvalue()


@pytest.fixture
def printed(demo: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> str:
    folder, out = demo
    monkeypatch.chdir(folder)
    return out


def test_the_commands_stand_there_in_the_order_of_the_flow(printed: str) -> None:
    shown = re.findall(r"^\$ secureprofile (.*)$", printed, re.MULTILINE)
    assert shown == [command for _, command, _ in STEPS]
    verbs = [command.split()[0] for command in shown]
    flow = ["init", "scan", "anonymize", "ingest", "portrait", "release", "report", "audit"]
    places = [verbs.index(verb) for verb in flow]
    assert places == sorted(places)


def test_the_summary_tells_internal_figures_from_public_ones(printed: str) -> None:
    summary = printed.split("── summary")[1]
    assert re.search(r"people in\s+\d+ \(internal\)", summary)
    assert re.search(r"excluded, no consent\s+\d+ \(internal\)", summary)
    assert re.search(r"columns treated\s+3 pseudonym", summary)
    assert re.search(r"privacy budget\s+ε 1 spent, 3 left of 4", summary)
    assert re.search(r"audit log\s+\d+ entries, verified", summary)
    for name in re.findall(r"shop/\S+(?=,|\n)", summary):
        assert Path(name.strip(",")).exists()


def test_what_it_printed_can_be_typed_again(printed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading commands work afterwards, in the folder that the first line names."""
    folder = re.search(r"^\$ cd (.+)$", printed, re.MULTILINE)
    assert folder is not None
    monkeypatch.chdir(folder[1])
    for command in (
        "release plan customer-portrait",
        "audit verify",
        "budget show",
        "tags list",
        "policy explain retail",
    ):
        assert run(shlex.split(command)) == 0


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert run(["demo", "--out", str(tmp_path)]) == 2
    assert run(["demo", "--out", str(tmp_path), "--overwrite"]) == 2
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert "something else than a demo" in capsys.readouterr().err
