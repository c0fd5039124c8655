"""``make canary`` as a test."""

import os
import subprocess
import sys
from pathlib import Path


def test_no_planted_identifier_is_where_it_does_not_belong() -> None:
    script = Path(__file__).with_name("run.py")
    root = script.parents[2]
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "10000 canaries; 0 found" in done.stdout
