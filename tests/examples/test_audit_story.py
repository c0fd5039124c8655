"""The story of examples/audit_story, told by its own commands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from secureprofile.cli.main import run
from tests.conftest import ROOT

STORY = ROOT / "examples" / "audit_story"


def lines() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", (STORY / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Every command with the code it ended with."""
    folder = tmp_path_factory.mktemp("story")
    ended = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for number, line in enumerate(lines()):
            command = line.split("#")[0].strip()
            words = shlex.split(command.replace("VKEY", vkey(command)))
            match words:
                case ["secureprofile", *rest]:
                    code = run(rest)
                case ["cd", where]:
                    patch.chdir(where)
                    shutil.copy(STORY / "tamper.py", ".")
                    code = 0
                case ["export", setting]:
                    patch.setenv(*setting.split("=", 1))
                    code = 0
                case ["python", *rest]:
                    code = subprocess.run([sys.executable, *rest], check=False).returncode
                case _:
                    code = subprocess.run(words, check=False).returncode
            ended[f"{number}: {line}"] = code
    return ended


def vkey(command: str) -> str:
    return shlex.quote(Path("auditor/log.vkey").read_text("utf-8").strip()) if "VKEY" in command else ""


def expected(line: str) -> int:
    found = re.search(r"# exit (\d)", line)
    return int(found[1]) if found else 0


def test_every_command_ends_as_the_story_says(told: dict[str, int]) -> None:
    assert {line: code for line, code in told.items() if code != expected(line)} == {}
    assert sum("# exit" in line for line in told) == 7
