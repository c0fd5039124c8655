"""The commands of the guide to the log run as they stand, with the workspace's own key where it says VKEY."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from secureprofile.audit.retention import LEGAL_MINIMUM
from secureprofile.cli.main import run
from secureprofile.flows.shop import write_shop
from tests.conftest import ROOT

GUIDE = (ROOT / "docs/guides/audit.md").read_text("utf-8")


def test_the_commands_of_the_guide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_shop(tmp_path, customers=300, orders=300, seed=3)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    commands = [line for language, block in blocks if not language for line in block.splitlines()]
    assert len(commands) == 13
    for command in commands:
        if "VKEY" in command:
            command = command.replace("VKEY", Path(".secureprofile/signer/log.vkey").read_text().strip())
        assert run(shlex.split(command)[1:]) == 0, command
    out = capsys.readouterr().out
    assert "anchored outside: the first" in out
    assert "this is entry 1 of" in out


def test_the_terms_of_the_guide_are_those_of_the_code() -> None:
    assert LEGAL_MINIMUM == {"GDPR": "P6M", "PIPL": "P3Y"}
    assert "GDPR: six months" in GUIDE
    assert "PIPL: three years" in GUIDE
