"""The budget on a shop: what is shown, filters and periods in force, and a ledger that the log contradicts."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

STATE = Path(".secureprofile/state.db")


def changed_policy(shop, **domain: object) -> None:  # type: ignore[no-untyped-def]
    """Put a policy in force whose domain says more."""
    assert shop("policy", "copy", "retail", "mine") == 0
    path = Path("mine/retail.yaml")
    text = path.read_text("utf-8").replace("version: 2,", "version: 3,")
    (line,) = [one for one in text.splitlines() if one.strip().startswith("customers:") and "epsilon" in one]
    more = ", ".join(f"{key}: {value}" for key, value in domain.items())
    path.write_text(text.replace(line, line.rstrip().removesuffix("}") + f", {more}}}"), encoding="utf-8")
    assert shop("policy", "use", "mine/retail.yaml") == 0


def again(shop, day: int) -> int:  # type: ignore[no-untyped-def]
    assert shop("portrait", "build", "--as-of", f"2026-11-{day:02}", "--purpose", "portrait") == 0
    code: int = shop("release", "run", "customer-portrait", "--purpose", "portrait", "--quiet")
    return code


def shown(shop, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:  # type: ignore[no-untyped-def]
    capsys.readouterr()
    assert shop("budget", "show", "--json") == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_what_is_shown_are_the_lines_and_how_often_a_release_still_fits(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    body = shown(shop, capsys)
    (line,) = body["lines"]  # type: ignore[misc]
    assert (line["epsilon"], line["purpose"]) == ("1", "portrait")
    assert 0.02 < float(line["rho"]) < 0.04
    assert body["fits"] == {"customer-portrait": 3}
    assert shop("budget", "show") == 0
    text = capsys.readouterr().out
    assert "█████░░░░░░░░░░░░░░░" in text
    assert "3 ×" in text
    assert "73% sure" in text


def test_under_zcdp_more_releases_fit_and_rho_is_what_ends(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    changed_policy(shop, filter="zcdp")
    body = shown(shop, capsys)
    times = body["fits"]["customer-portrait"]  # type: ignore[index]
    assert times > 7
    assert again(shop, 2) == 0
    body = shown(shop, capsys)
    assert body["fits"] == {"customer-portrait": times - 1}
    account = body["accounts"][0]  # type: ignore[index]
    assert Decimal(account["spent"]) < 2
    newest = max(Path(".secureprofile/releases").rglob("release.json"), key=lambda path: path.stat().st_mtime)
    assert json.loads(newest.read_bytes())["filter"] == "zcdp"


def test_a_period_ends_before_the_ceiling_does(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    changed_policy(shop, periods="{year: {epsilon: 2, delta: 2.0e-6}}")
    assert shown(shop, capsys)["fits"] == {"customer-portrait": 1}
    assert again(shop, 2) == 0
    assert again(shop, 3) == 1
    assert "is left for customers in 20" in capsys.readouterr().err


def test_the_ledger_agrees_with_the_log(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    assert shop("budget", "verify") == 0
    assert (
        "customers: the ledger, the log and what was published agree; lines: 1, in sum ε 1, δ 1e-6"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM charges", "is in the log and not in the ledger"),
        ("UPDATE charges SET epsilon = '0.5'", "say different things of entry"),
        ("UPDATE charges SET plan = 'x'", "say different things of entry"),
        ("UPDATE charges SET entry = 1", "is in the log and not in the ledger"),
        (
            "INSERT INTO charges SELECT 2, domain, purpose, epsilon, delta, plan, snapshot, rho, samplers, at FROM charges",
            "and the log no release",
        ),
        ("DELETE FROM releases", "is not there"),
    ],
)
def test_a_ledger_that_was_changed_is_found(shop, capsys, statement: str, said: str) -> None:  # type: ignore[no-untyped-def]
    with closing(sqlite3.connect(STATE)) as state, state:
        assert state.execute(statement).rowcount == 1
    assert shop("budget", "verify") == 1
    assert said in capsys.readouterr().err


def test_an_older_ledger_gets_its_rho_and_days_from_what_was_published(shop, capsys) -> None:  # type: ignore[no-untyped-def]
    before = shown(shop, capsys)["lines"]
    with closing(sqlite3.connect(STATE)) as state, state:
        for column in ("rho", "samplers", "at"):
            state.execute(f"ALTER TABLE charges DROP COLUMN {column}")
        state.execute("UPDATE meta SET value = '6' WHERE key = 'schema'")
    assert shown(shop, capsys)["lines"] == before
