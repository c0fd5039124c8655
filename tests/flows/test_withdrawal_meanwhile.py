"""A withdrawal that arrives while rows are read wins: what was under way comes to nothing, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.workspace import Workspace

ACTS = {
    "anonymize": ("anonymize", "customers.csv", "-o", "out.csv", "--purpose", "partner-analytics"),
    "ingest": ("ingest", "customers", "customers.csv", "--purpose", "portrait"),
    "portrait": ("portrait", "build", "--as-of", "2026-11-05", "--purpose", "portrait"),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_was_under_way_comes_to_nothing(shop, act: str, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    person = next(
        line for line in Path("consents.csv").read_text("gb18030").splitlines() if ",portrait,granted" in line
    ).split(",")[0]
    write = DuckEngine.write

    def withdrawn_meanwhile(engine: DuckEngine, *arguments: object, **options: object) -> int:
        rows = write(engine, *arguments, **options)  # type: ignore[arg-type]
        with Workspace.open(".secureprofile", create=False) as place, place.session(purpose="portrait") as session:
            session.withdraw(person, purpose="portrait")
        return rows

    before = sorted((shop.folder / ".secureprofile" / "store").rglob("*.parquet"))
    monkeypatch.setattr(DuckEngine, "write", withdrawn_meanwhile)
    assert shop(*ACTS[act]) == 3
    assert "consents changed while" in capsys.readouterr().err
    assert not Path("out.csv").exists()
    monkeypatch.undo()
    monkeypatch.chdir(shop.folder)
    monkeypatch.setenv("SECUREPROFILE_ACTOR", "tester@example.com")
    assert shop("audit", "verify") == 0
    assert sorted((shop.folder / ".secureprofile" / "store").rglob("*.parquet")) == before
    assert shop(*ACTS[act]) == 0
