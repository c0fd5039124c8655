"""What all tests share: the folder of real data, and one small shop that went through the whole flow."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from secureprofile.cli.main import run
from secureprofile.flows.shop import write_shop

settings.register_profile("proof", max_examples=2000, deadline=None)
"""`make proof` asks for it; properties that name their number of examples keep theirs."""


def _no_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse whatever would leave this machine, in every test: Spark's own processes talk over the loopback."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1", "localhost")):
            raise AssertionError(f"a test went to the network: {event}")
    elif event == "socket.getaddrinfo" and arguments[0] not in (
        None,
        "",
        "localhost",
        "127.0.0.1",
        "::1",
        socket.gethostname(),
    ):
        raise AssertionError(f"a test looked up a name: {event}")


sys.addaudithook(_no_network)

ROOT = Path(__file__).parents[1]
AS_OF = "2026-11-01"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data: $SECUREPROFILE_DATA, else ../shared/data. Without it tests skip; in CI they fail."""
    folder = Path(os.environ.get("SECUREPROFILE_DATA") or "../shared/data")
    folder = folder if folder.is_absolute() else ROOT / folder
    if not (folder / "MANIFEST.md").is_file():
        reason = f"no real data in {folder}: set SECUREPROFILE_DATA to the folder that holds MANIFEST.md"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return folder


@dataclass(frozen=True)
class Shop:
    """A folder with files, workspace, keys and outputs, and a way to run commands in it."""

    folder: Path

    def __call__(self, *arguments: str) -> int:
        return run([*arguments])


STEPS = (
    ("init", "--policy", "retail", "--keys", "file:keys"),
    ("consent", "import", "consents.csv"),
    ("anonymize", "customers.csv", "-o", "customers.safe.csv", "--purpose", "partner-analytics"),
    ("anonymize", "orders.csv", "-o", "orders.safe.parquet", "--purpose", "partner-analytics"),
    ("ingest", "customers", "customers.csv", "--purpose", "portrait"),
    ("ingest", "orders", "orders.csv", "--purpose", "portrait"),
    ("portrait", "build", "--as-of", AS_OF, "--purpose", "portrait"),
    ("release", "run", "customer-portrait", "--purpose", "portrait"),
    ("report", "customer-portrait", "-o", "report.html"),
)


@pytest.fixture(scope="session")
def finished_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small shop after every step of the flow, shared by the tests that look at it from many sides; not to be changed."""
    folder = tmp_path_factory.mktemp("shop")
    write_shop(folder, customers=600, orders=6000, seed=7)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SECUREPROFILE_ACTOR", "tester@example.com")
        for step in STEPS:
            assert run(list(step)) == 0, step
    return folder


@pytest.fixture
def shop(finished_shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A copy of the finished shop, to be used up by one test; the current folder is its folder."""
    folder = tmp_path / "shop"
    shutil.copytree(finished_shop, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SECUREPROFILE_ACTOR", "tester@example.com")
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    # the workspace remembers where its keys are: the copy reads those of the original, which are the same
    return Shop(folder)
