"""docs/formats/ledger.md, checked on a finished shop: ledger, log and published bytes tell one story, each by itself."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import yaml

from tests.conftest import ROOT

CEILING = yaml.safe_load((ROOT / "policies" / "retail.yaml").read_text("utf-8"))["domains"]["customers"]


def test_the_log_alone_gives_every_balance_of_the_ledger(finished_shop: Path) -> None:
    with closing(sqlite3.connect(finished_shop / ".secureprofile" / "state.db")) as state:
        charges = state.execute(
            "SELECT entry, domain, epsilon, delta, plan, snapshot FROM charges ORDER BY entry"
        ).fetchall()
        log = {index: json.loads(body) for index, body in state.execute("SELECT idx, body FROM log")}
        published = set(state.execute("SELECT plan, snapshot FROM releases"))
    assert charges
    spent = {"epsilon": Decimal(0), "delta": Decimal(0)}
    for entry, domain, epsilon, delta, plan, snapshot in charges:
        assert (log[entry]["act"], log[entry]["phase"]) == ("release.run", "intent")
        (told,) = (body for body in log.values() if body.get("intent") == entry)
        assert (told["act"], told["phase"], told["result"], domain) == ("release.run", "outcome", "allow", "customers")
        assert (Decimal(told["epsilon"]), Decimal(told["delta"])) == (Decimal(epsilon), Decimal(delta))
        spent["epsilon"] += Decimal(epsilon)
        spent["delta"] += Decimal(delta)
        for name, sum_ in spent.items():
            assert Decimal(told[f"{name}_left"]) == Decimal(str(CEILING[name])) - sum_
        assert (plan, snapshot) in published
    acts = [
        body
        for body in log.values()
        if body["act"] == "release.run" and body["phase"] == "outcome" and body.get("result") == "allow"
    ]
    assert len(acts) == len(charges) == len(published)
