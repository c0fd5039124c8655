"""The whole flow on a small shop, judged by csv, hashlib and the files themselves."""

import base64
import csv
import hmac
import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TOKEN = re.compile(r"sp_[a-z0-9]{1,8}_[a-z0-9]{1,8}_[0-9a-f]{32}")


def rows(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def consenting(folder: Path, purpose: str) -> set[str]:
    """Latest record wins, refusals win ties: from the file alone."""
    latest: dict[str, tuple[datetime, bool]] = {}
    for row in rows(folder / "consents.csv", "gb18030"):
        if row["purpose"].strip() != purpose:
            continue
        at = datetime.fromisoformat(row["at"].strip()).replace(tzinfo=UTC)
        key = (at, row["state"].strip() == "withdrawn")
        person = row["customer_id"].strip()
        latest[person] = max(latest.get(person, key), key)
    return {person for person, (_, refused) in latest.items() if not refused}


def log(shop) -> list[dict]:  # type: ignore[no-untyped-def,type-arg]
    with closing(sqlite3.connect(shop.folder / ".secureprofile" / "state.db")) as state:
        return [json.loads(body) for (body,) in state.execute("SELECT body FROM log ORDER BY idx")]


def test_exported_rows_are_those_with_consent(finished_shop: Path) -> None:
    allowed = consenting(finished_shop, "partner-analytics")
    expected = [row for row in rows(finished_shop / "customers.csv") if row["customer_id"].strip() in allowed]
    assert 0 < len(rows(finished_shop / "customers.safe.csv")) == len(expected)


def test_exported_rows_keep_their_order(finished_shop: Path) -> None:
    allowed = consenting(finished_shop, "partner-analytics")
    expected = [row["city"] for row in rows(finished_shop / "customers.csv") if row["customer_id"].strip() in allowed]
    assert [row["city"] for row in rows(finished_shop / "customers.safe.csv")] == expected


def test_tokens_are_the_documented_hmac(finished_shop: Path) -> None:
    """Recomputed from the key file with another library's HKDF and HMAC."""
    ring = json.loads((finished_shop / "keys" / "keys.json").read_text())["pseudonym"][0]
    info = json.dumps(
        ["sp/pseudonym/2", ring["kid"], "partner-analytics", "research-partner", "user.unique_id"],
        separators=(",", ":"),
    )
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info.encode()).derive(base64.b64decode(ring["secret"]))
    allowed = consenting(finished_shop, "partner-analytics")
    source = [row for row in rows(finished_shop / "customers.csv") if row["customer_id"].strip() in allowed]
    for before, after in zip(source, rows(finished_shop / "customers.safe.csv"), strict=True):
        digest = hmac.new(key.hex().encode(), before["customer_id"].strip().encode(), "sha256").hexdigest()[:32]
        assert after["customer_id"].rsplit("_", 1)[1] == digest


def test_one_person_has_one_token_in_every_table(finished_shop: Path) -> None:
    customers = {row["customer_id"] for row in rows(finished_shop / "customers.safe.csv")}
    orders = {
        token for token in pq.read_table(finished_shop / "orders.safe.parquet")["customer_id"].to_pylist() if token
    }
    assert all(TOKEN.fullmatch(token) for token in customers | orders)
    assert len(orders & customers) > 100
    assert len(orders - customers) <= 30  # people with orders who are not in the customer file


def test_the_store_knows_random_tokens_only(finished_shop: Path) -> None:
    identifiers = {row["customer_id"].strip() for row in rows(finished_shop / "customers.csv")}
    for path in (finished_shop / ".secureprofile" / "store").rglob("*.parquet"):
        table = pq.read_table(path)
        people = set(table["person"].to_pylist())
        assert all(re.fullmatch(r"v_[0-9a-f]{32}", person) for person in people)
        assert not identifiers & {str(cell) for column in table.columns for cell in column.to_pylist()}


def test_only_people_with_consent_reach_the_store(finished_shop: Path) -> None:
    allowed = consenting(finished_shop, "portrait")
    known = {row["customer_id"].strip() for row in rows(finished_shop / "customers.csv")}
    stored = pq.read_table(next((finished_shop / ".secureprofile" / "store" / "customers").rglob("*.parquet")))
    assert len(set(stored["person"].to_pylist())) == len(allowed & known)


def test_the_store_keeps_no_column_that_the_purpose_does_not_allow(finished_shop: Path) -> None:
    stored = pq.read_table(next((finished_shop / ".secureprofile" / "store" / "customers").rglob("*.parquet")))
    assert not {"name", "mobile", "email", "resident_id", "address", "notes", "customer_id"} & set(stored.column_names)
    assert stored.schema.field("birth_date").type == "int64"  # a year


def test_the_same_plan_on_the_same_portrait_costs_nothing(shop) -> None:  # type: ignore[no-untyped-def]
    before = (shop.folder / ".secureprofile" / "releases").rglob("release.json")
    original = next(before).read_bytes()
    assert shop("release", "run", "customer-portrait", "--purpose", "portrait") == 0
    again = list((shop.folder / ".secureprofile" / "releases").rglob("release.json"))
    assert [path.read_bytes() for path in again] == [original]
    acts = [entry["act"] for entry in log(shop)]
    assert acts.count("release.reuse") == 1


def test_a_rebuilt_portrait_of_the_same_data_is_the_same_snapshot(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    assert shop("portrait", "build", "--as-of", "2026-11-01", "--purpose", "portrait", "--json") == 0
    assert json.loads(capsys.readouterr().out)["reused"] is True


def test_a_new_ingest_makes_a_new_portrait_and_is_charged_again(shop) -> None:  # type: ignore[no-untyped-def]
    assert shop("ingest", "orders", "orders.csv", "--purpose", "portrait") == 0
    assert shop("portrait", "build", "--as-of", "2026-11-01", "--purpose", "portrait") == 0
    assert shop("release", "run", "customer-portrait", "--purpose", "portrait") == 0
    charged = [entry for entry in log(shop) if entry["act"] == "release.run" and entry["phase"] == "outcome"]
    assert len(charged) == 2


def test_the_budget_ends(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    """Each new day is a new portrait and a new charge, until nothing is left; then releases stop, with an entry."""
    codes = []
    for day in range(2, 9):
        assert shop("portrait", "build", "--as-of", f"2026-11-0{day}", "--purpose", "portrait") == 0
        codes.append(shop("release", "run", "customer-portrait", "--purpose", "portrait"))
        if codes[-1]:
            break
    assert codes[-1] == 1
    assert "is left" in capsys.readouterr().err
    assert log(shop)[-1]["result"] == "deny"
    assert log(shop)[-1]["reason"] == "budget"


def test_a_withdrawal_stops_releases_until_the_portrait_is_rebuilt_without_the_person(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    known = {row["customer_id"].strip() for row in rows(shop.folder / "customers.csv")}
    person = sorted(consenting(shop.folder, "portrait") & known)[0]
    before = portrait(shop.folder)
    assert shop("consent", "withdraw", person, "--for", "portrait", "--method", "letter") == 0
    assert shop("release", "run", "customer-portrait", "--purpose", "portrait") == 1
    assert "consents changed" in capsys.readouterr().err
    assert shop("portrait", "build", "--as-of", "2026-11-01", "--purpose", "portrait") == 0
    after = portrait(shop.folder)
    assert len(before - after) == 1
    assert not after - before
    assert shop("release", "run", "customer-portrait", "--purpose", "portrait") == 0


def portrait(folder: Path) -> set[str]:
    newest = max((folder / ".secureprofile" / "store" / "portrait").iterdir(), key=lambda path: int(path.name))
    return set(pq.read_table(newest / "part-0.parquet")["person"].to_pylist())


def test_importing_consents_twice_changes_nothing(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    assert shop("consent", "import", "consents.csv", "--json") == 0
    assert json.loads(capsys.readouterr().out)["internal"]["added"] == 0
    assert shop("release", "run", "customer-portrait", "--purpose", "portrait") == 0  # the portrait is still fresh


def test_every_act_has_an_intent_before_and_an_outcome_after(shop) -> None:  # type: ignore[no-untyped-def]
    entries = log(shop)
    intents = {index: entry["act"] for index, entry in enumerate(entries) if entry["phase"] == "intent"}
    outcomes = {entry["intent"]: entry["act"] for entry in entries if entry["phase"] == "outcome"}
    assert intents == outcomes
    assert all(intent < index for index, entry in enumerate(entries) if (intent := entry.get("intent")) is not None)


def test_refusals_are_entries(shop) -> None:  # type: ignore[no-untyped-def]
    for arguments, reason in (
        (("anonymize", "customers.csv", "-o", "x.csv", "--purpose", "portrait"), "output-not-allowed"),
        (("anonymize", "customers.csv", "-o", "x.csv", "--purpose", "advertising"), "unknown-purpose"),
        (
            ("ingest", "orders", "orders.csv", "--purpose", "portrait", "--actor", "stranger@example.com"),
            "role-not-allowed",
        ),
    ):
        assert shop(*arguments) == 1
        assert log(shop)[-1]["result"] == "deny"
        assert log(shop)[-1]["reason"] == reason
    assert not (shop.folder / "x.csv").exists()


def test_actors_stand_in_the_log_as_opaque_ids(shop) -> None:  # type: ignore[no-untyped-def]
    for entry in log(shop):
        assert re.fullmatch(r"staff-[0-9a-f]{8}", entry["actor"])
        assert "tester" not in json.dumps(entry)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE log SET body = replace(body, 'allow', 'deny!') WHERE idx = 2", "DELETE FROM log WHERE idx = 3"],
)
def test_a_changed_log_is_found(shop, statement: str, capsys) -> None:  # type: ignore[no-untyped-def]
    with closing(sqlite3.connect(shop.folder / ".secureprofile" / "state.db")) as state:
        state.execute(statement)
        state.commit()
    assert shop("audit", "verify") == 1
    assert "error:" in capsys.readouterr().err


def test_a_restored_backup_is_found(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    import shutil

    database = shop.folder / ".secureprofile" / "state.db"
    for suffix in ("", "-wal"):
        if Path(f"{database}{suffix}").exists():
            shutil.copy(f"{database}{suffix}", f"{database}{suffix}.backup")
    assert shop("portrait", "build", "--as-of", "2026-12-01", "--purpose", "portrait") == 0
    for suffix in ("", "-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
        if Path(f"{database}{suffix}.backup").exists():
            shutil.copy(f"{database}{suffix}.backup", f"{database}{suffix}")
    assert shop("audit", "verify") == 1
    assert "error:" in capsys.readouterr().err
