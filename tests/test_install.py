"""The wheel, installed elsewhere: ready policies, tags and templates are inside, and the commands work."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        str(folder),
        str(ROOT),
    ]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_what_it_needs_and_nothing_else(site: Path) -> None:
    names = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}
    for name in (
        "ready/retail.yaml",
        "ready/retail-cn.yaml",
        "ready/strict.yaml",
        "ready/tags.yaml",
        "ready/releases.yaml",
    ):
        assert f"secureprofile/{name}" in names
    assert "secureprofile/py.typed" in names
    assert "secureprofile/report/templates/public.html.j2" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"secureprofile"}


def test_the_installed_package_makes_a_workspace_and_runs_the_demo(site: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(site), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    code = (
        "import sys, secureprofile; assert secureprofile.__file__.startswith(sys.argv[1]), secureprofile.__file__\n"
        "from secureprofile.cli.main import run\n"
        "assert run(['init', '--policy', 'retail', '-w', 'w']) == 0\n"
        "assert run(['demo', '--out', 'demo', '--customers', '200', '--orders', '1500', '--quiet']) == 0"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(site)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "demo" / "report.zh.html").exists()
