"""No phone-home: the whole flow connects to nothing and looks up no name."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from secureprofile.adapters.duckdb import DuckEngine

WATCH = """
import sys
asked = []
# A library that is imported makes a socket to learn whether there is IPv6; nothing is sent on it.
quiet = ("socket.__new__", "socket.bind")
sys.addaudithook(lambda event, args: asked.append(event) if event.startswith("socket.") and event not in quiet else None)
from secureprofile.cli.main import run
code = run(["demo", "--out", "demo", "--customers", "300", "--orders", "2000", "--quiet"])
print("asked for:", asked, file=sys.stderr)
sys.exit(code or (9 if asked else 0))
"""


def test_the_whole_flow_connects_to_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WATCH], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_watch_would_see_a_lookup(tmp_path: Path) -> None:
    planted = WATCH.replace("code = run", "import socket; socket.getaddrinfo('localhost', 1); code = 0 and run")
    done = subprocess.run([sys.executable, "-c", planted], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 9


def test_no_test_can_leave_the_machine() -> None:
    with pytest.raises(AssertionError, match="went to the network"), socket.socket() as one:
        one.connect(("192.0.2.1", 9))
    with pytest.raises(AssertionError, match="looked up a name"):
        socket.getaddrinfo("name.invalid", 80)


def test_the_engine_neither_installs_nor_loads_extensions(tmp_path: Path) -> None:
    """Without these settings DuckDB fetches an extension as soon as a query needs one."""
    with DuckEngine(temp=tmp_path) as engine:
        for setting in ("autoinstall_known_extensions", "autoload_known_extensions"):
            assert engine._backend.raw_sql(f"SELECT current_setting('{setting}')").fetchone() == (False,)
    assert duckdb.sql("SELECT current_setting('autoload_known_extensions')").fetchall() == [(True,)]
