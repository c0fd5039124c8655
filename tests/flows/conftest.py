"""One small shop that went through the whole flow once, shared by the tests that look at it from many sides."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from secureprofile.cli.main import run
from secureprofile.flows.shop import write_shop

AS_OF = "2026-11-01"


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
    """The folder after every step; not to be changed."""
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


Runner = Callable[..., int]
