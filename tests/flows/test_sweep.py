"""What the treatments should have replaced and did not is found in the written file: then there is no file, or one without it."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.cli.main import run
from secureprofile.flows import sweep
from secureprofile.guard.scrub import Scrubber
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.model import ColumnSpec
from secureprofile.policy.treatments import Keep, Scrub

POLICY = """secureprofile: 1
policy: {id: swept, version: 1, owner: tester, jurisdiction: [GDPR]}
defaults: deny
roles: {steward: [creator]}
domains: {people: {unit: person, population: 1000, epsilon: 1, delta: 1.0e-6}}
datasets:
  orders:
    domain: people
    subject: customer
    files: ["*.csv"]
    columns:
      customer: user.unique_id
      email: user.contact.email
      item: user.behavior.purchase_history
      number: user.behavior.purchase_history
      notes: user.content.private
purposes:
  export:
    data_use: analytics.reporting
    lawful_basis: {GDPR: legitimate-interests}
    roles: [steward]
    outputs: [export]
    consent: not-required
    retention: P1Y
    recipients: [internal]
    RESIDUE
    allow:
      user.unique_id: pseudonym
      user.contact.email: keep
      user.behavior: keep
      user.content: scrub
"""
EMAIL, CARD = "ada@example.org", "4111111111111111"
ROWS = 40


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=["each", "marked"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether Python looks at each different cell, as in small files, or at those that the engine marks."""
    if request.param == "marked":
        monkeypatch.setattr(sweep, "FEW", -1)
    return str(request.param)


def orders(path: Path, *, item: dict[int, str] | None = None, number: dict[int, str] | None = None) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", "email", "item", "number", "notes"])
        for row in range(ROWS):
            cells = (item or {}).get(row, "blue cup"), (number or {}).get(row, f"2026{row:012d}")
            writer.writerow([f"C{row}", f"c{row}@example.com", *cells, "call c7@example.com, please"])


def anonymized(place: Path, output: str = "safe.csv", *, residue: str = "fail") -> int:
    (place / "policy.yaml").write_text(POLICY.replace("RESIDUE", f"residue: {residue}"), encoding="utf-8")
    return run(["anonymize", "orders.csv", "-o", output, "--policy", "policy.yaml", "--purpose", "export"])


def test_what_the_policy_lets_stand_is_no_residue(place: Path, way: str) -> None:
    """Kept e-mail addresses, order numbers of sixteen digits (one of which passes a card's check), and scrubbed notes."""
    orders(place / "orders.csv", number={3: CARD})
    assert anonymized(place) == 0
    safe = (place / "safe.csv").read_text()
    assert "c7@example.com, please" not in safe
    assert "[EMAIL], please" in safe


@pytest.mark.parametrize("output", ["safe.csv", "safe.csv.gz", "safe.tsv", "safe.jsonl", "safe.parquet"])
def test_one_address_in_a_kept_column_stops_the_run(place: Path, output: str, capsys) -> None:  # type: ignore[no-untyped-def]
    orders(place / "orders.csv", item={17: f"cup, ask {EMAIL}"})
    assert anonymized(place, output) == 1
    error = capsys.readouterr().err
    assert "item: EMAIL_ADDRESS in 1 different cells" in error
    assert EMAIL not in error
    assert not (place / output).exists()
    assert run(["audit", "log", "--json"]) == 0
    log = capsys.readouterr().out
    assert "residue-found" in log
    assert EMAIL not in log


def test_a_column_full_of_cards_under_another_category_stops_the_run(place: Path, way: str, capsys) -> None:  # type: ignore[no-untyped-def]
    cards = {row: f"{prefix}{row:02d}" for row, prefix in enumerate(["41111111111111"] * ROWS)}
    valid = {row: next(c for d in range(100) if luhn(c := text[:14] + f"{d:02d}")) for row, text in cards.items()}
    orders(place / "orders.csv", number=valid)
    assert anonymized(place) == 1
    assert "number: CREDIT_CARD" in capsys.readouterr().err


def luhn(digits: str) -> bool:
    doubled = [int(d) if place % 2 == 0 else sum(divmod(2 * int(d), 10)) for place, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def test_both_ways_of_looking_tell_the_same(tmp_path: Path) -> None:
    """Cells of many kinds, each as often as it says: counted rows decide where no cell does."""
    cells = {
        EMAIL: 3,
        "blue cup": 50,
        CARD: 1,
        "192.0.2.77": 2,
        "+44 7700 900360": 40,
        "GB82WEST12345698765432": 1,
        f"ask {EMAIL}": 2,
    }
    spec = ColumnSpec(category="user.behavior.purchase_history")
    for treatment in (Keep(), Scrub()):
        plan = ColumnPlan(name="c", position=1, category=spec.category, treatment=treatment, spec=spec, region=None)
        told = []
        for few in (sweep.FEW, -1):
            with pytest.MonkeyPatch.context() as patch, DuckEngine(temp=tmp_path) as engine:
                patch.setattr(sweep, "FEW", few)
                column = pa.table({"c": [cell for cell, count in cells.items() for _ in range(count)]})
                swept = sweep.sweep(engine.table(column), [plan], engine)
                told.append((set(swept.residues), swept.cells))
        assert told[0] == told[1]
        assert told[0][0]


@pytest.mark.parametrize("output", ["safe.csv.gz", "safe.jsonl", "safe.parquet"])
def test_a_purpose_may_have_such_cells_redacted(place: Path, output: str, capsys) -> None:  # type: ignore[no-untyped-def]
    orders(place / "orders.csv", item={17: f"cup, ask {EMAIL}", 30: f"cup, ask {EMAIL}"})
    assert anonymized(place, output, residue="redact") == 0
    assert "1 different cells" in capsys.readouterr().err
    items = read(place / output)
    assert [place for place, item in enumerate(items) if item == "[REDACTED]"] == [17, 30]
    assert set(items) == {"blue cup", "[REDACTED]"}


def read(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return list(pq.read_table(path)["item"].to_pylist())
    if path.suffix == ".jsonl":
        return [json.loads(line)["item"] for line in path.read_text().splitlines()]
    with gzip.open(path, "rt", newline="") as file:
        return [row["item"] for row in csv.DictReader(file)]


def test_a_scrubber_that_lets_something_through_is_found(
    place: Path, way: str, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:  # type: ignore[no-untyped-def]
    orders(place / "orders.csv")
    monkeypatch.setattr(Scrubber, "scrub", lambda self, text, own=(), known=(), *rest: text)
    assert anonymized(place) == 1
    assert "notes: EMAIL_ADDRESS" in capsys.readouterr().err


def test_a_column_of_tokens_holds_tokens_only(place: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    from secureprofile.adapters.engine import DuckFunctions

    orders(place / "orders.csv")
    monkeypatch.setattr(DuckFunctions, "pseudonym", lambda _, value, *__, **___: value)
    assert anonymized(place) == 1
    assert f"customer: not a token in {ROWS} different cells" in capsys.readouterr().err


ADDRESSES = ["192.0.2.77", "2001:DB8:0:7::1", "198.51.100.9", "203.0.113.200"]


@pytest.mark.parametrize("broken", [False, True])
def test_networks_may_stay_where_addresses_may_not(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: bool
) -> None:
    from secureprofile.guard import treat

    orders(place / "orders.csv", item={row: ADDRESSES[row % 4] for row in range(ROWS)})
    text = POLICY.replace("item: user.behavior.purchase_history", "item: user.device.ip_address")
    rule = "      user.device.ip_address: {generalize: {to: network}}\n"
    (place / "policy.yaml").write_text(text.replace("RESIDUE", "residue: fail") + rule, encoding="utf-8")
    if broken:
        monkeypatch.setattr(treat, "generalize", lambda value, *_, **__: value)
    done = run(["anonymize", "orders.csv", "-o", "safe.csv", "--policy", "policy.yaml", "--purpose", "export"])
    assert done == (1 if broken else 0)
    if broken:
        assert "item: IP_ADDRESS in 4 different cells" in capsys.readouterr().err
    else:
        with (place / "safe.csv").open(newline="") as file:
            items = {row["item"] for row in csv.DictReader(file)}
        assert items == {"192.0.2.0/24", "2001:db8::/48", "198.51.100.0/24", "203.0.113.0/24"}


def test_frames_are_swept_too(place: Path) -> None:
    import pandas as pd

    import secureprofile as sp
    from secureprofile.errors import PolicyRefused

    orders(place / "orders.csv", item={17: EMAIL})
    (place / "policy.yaml").write_text(POLICY.replace("RESIDUE", "residue: fail"), encoding="utf-8")
    frame = pd.read_csv(place / "orders.csv", dtype=str)
    with sp.Workspace.open("w", policy="policy.yaml", keys="file:keys") as ws, ws.session(purpose="export") as session:
        with pytest.raises(PolicyRefused, match="item: EMAIL_ADDRESS"):
            session.anonymize(frame, dataset="orders")
        frame.loc[17, "item"] = "cup"
        assert len(session.anonymize(frame, dataset="orders")) == ROWS


def test_a_model_of_the_users_scrubs_what_it_finds(place: Path) -> None:
    """A pipeline that calls one word a person; what only it knows is scrubbed, and a model that fails costs the cell, not the data."""
    import pandas as pd

    import secureprofile as sp

    def model(text: str) -> list[dict[str, object]]:
        if "please" not in text:
            raise ValueError(text)
        start = text.index("please")
        return [{"entity_group": "PER", "start": start, "end": start + 6, "score": 0.99}]

    orders(place / "orders.csv")
    (place / "policy.yaml").write_text(POLICY.replace("RESIDUE", "residue: fail"), encoding="utf-8")
    frame = pd.read_csv(place / "orders.csv", dtype=str)
    frame.loc[1, "notes"] = "something else"
    with (
        sp.Workspace.open("w", policy="policy.yaml", keys="file:keys", ner=model) as ws,
        ws.session(purpose="export") as session,
    ):
        notes = list(session.anonymize(frame, dataset="orders")["notes"])
    assert notes[:2] == ["call [EMAIL], [NAME]", "[REDACTED]"]
