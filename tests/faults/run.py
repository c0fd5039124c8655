"""Plant each fault of ``tests/faults/*.patch`` in a copy of the tree, and fail unless its named test fails.

A patch begins with comment lines: ``# test: <pytest node id>`` names the test that must notice, ``# fault: …`` says what is wrong.
A test that passes with its fault in place checks nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "secureprofile",
    "policies",
    "tests",
    "docs",
    "examples",
    "benchmarks",
    "pyproject.toml",
    "README.md",
    "Makefile",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patches", nargs="*", type=Path, help="patches to try; all by default")
    patches = parser.parse_args().patches or sorted((ROOT / "tests" / "faults").glob("*.patch"))
    missed = [patch.name for patch in patches if not caught(patch)]
    print(f"{len(patches) - len(missed)} of {len(patches)} planted faults were noticed by their test")
    return 1 if missed or not patches else 0


def caught(patch: Path) -> bool:
    text = patch.read_text(encoding="utf-8")
    node = re.search(r"^# test: (\S+)", text, re.MULTILINE)
    fault = re.search(r"^# fault: (.+)", text, re.MULTILINE)
    if node is None or fault is None:
        raise SystemExit(f"{patch.name}: expected lines '# test: …' and '# fault: …'")
    with tempfile.TemporaryDirectory(prefix="fault-") as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, copy / name)
        planted = ["patch", "-p1", "--quiet", "--force", "-i", str(patch.resolve())]
        if subprocess.run(planted, cwd=copy, check=False).returncode:
            print(f"MISSED   {patch.stem}: does not apply any more")
            return False
        environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", node[1]]
        result = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    noticed = result.returncode == 1 and " failed" in result.stdout
    print(f"{'noticed' if noticed else 'MISSED '}  {patch.stem}: {fault[1]}")
    if not noticed:
        print(result.stdout[-1500:])
    return noticed


if __name__ == "__main__":
    sys.exit(main())
