"""No by default, and otherwise exactly what the file says: read again here with plain YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from secureprofile.adapters.policies import READY, load_policy
from secureprofile.errors import PolicyRefused, UsageError
from secureprofile.policy.decide import decide, match_dataset, plan_columns, roles_of
from tests.conftest import ROOT

POLICIES = {name: load_policy(name).policy for name in READY}
RAW: dict[str, Any] = {name: yaml.safe_load((ROOT / "policies" / f"{name}.yaml").read_text("utf-8")) for name in READY}
RETAIL = POLICIES["retail"]


def slow_treatment(raw: dict[str, Any], purpose: str, category: str) -> str:
    """The longest rule that is the category or an ancestor of it; none: denied."""
    allow = raw["purposes"][purpose]["allow"]
    parts = category.split(".")
    for length in range(len(parts), 0, -1):
        rule = allow.get(".".join(parts[:length]))
        if rule is not None:
            return rule if isinstance(rule, str) else next(iter(rule))
    return "denied"


@pytest.mark.parametrize("name", READY)
def test_every_column_gets_what_the_file_says(name: str) -> None:
    policy, raw = POLICIES[name], RAW[name]
    for purpose in raw["purposes"]:
        for dataset, body in raw["datasets"].items():
            header = list(body["columns"])
            for plan in plan_columns(policy, dataset=dataset, purpose=purpose, header=header):
                spec = body["columns"][plan.name]
                category = spec if isinstance(spec, str) else spec["category"]
                assert ("denied" if plan.denied else plan.treatment.kind) == slow_treatment(raw, purpose, category)
                assert not plan.denied or plan.treatment.kind == "drop"


def header() -> list[str]:
    return list(RETAIL.datasets["customers"].columns)


def test_a_column_that_the_policy_does_not_name_is_refused_by_position() -> None:
    with pytest.raises(PolicyRefused, match="column 3 of 13") as caught:
        plan_columns(RETAIL, dataset="customers", purpose="portrait", header=[*header()[:2], "Jane Doe", *header()[2:]])
    assert "Jane" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.reason == "uncategorised-column"


def test_a_column_that_is_missing_is_refused() -> None:
    with pytest.raises(PolicyRefused, match="lacks the column gender"):
        plan_columns(RETAIL, dataset="customers", purpose="portrait", header=[n for n in header() if n != "gender"])


REFUSALS = {
    "unknown-purpose": {"purpose": "marketing"},
    "unknown-dataset": {"dataset": "suppliers"},
    "role-not-allowed": {"roles": ("auditor",)},
    "output-not-allowed": {"output": "export"},
}
ALLOWED = {"roles": ("analyst",), "purpose": "portrait", "output": "store", "dataset": "orders"}


@pytest.mark.parametrize("reason", REFUSALS)
def test_each_way_of_not_being_allowed_is_refused_with_its_reason(reason: str) -> None:
    assert decide(RETAIL, **ALLOWED).allowed  # type: ignore[arg-type]
    decision = decide(RETAIL, **{**ALLOWED, **REFUSALS[reason]})  # type: ignore[arg-type]
    assert (decision.allowed, decision.reason) == (False, reason)
    assert decision.message
    assert decision.hint


def test_roles_are_those_of_the_file_and_the_creator_word() -> None:
    assert roles_of(RETAIL, "stranger@example.com", creator=False) == ()
    assert roles_of(RETAIL, "stranger@example.com", creator=True) == ("steward", "analyst", "auditor")
    assert roles_of(RETAIL, "creator", creator=False) == ()


@pytest.mark.parametrize(("file", "dataset"), [("customers.csv", "customers"), ("orders_2026.csv.gz", "orders")])
def test_a_files_name_finds_its_dataset(file: str, dataset: str) -> None:
    assert match_dataset(RETAIL, Path(file).name) == dataset


def test_a_name_that_fits_nothing_is_a_question() -> None:
    with pytest.raises(UsageError, match="no dataset") as caught:
        match_dataset(RETAIL, "payroll.csv")
    assert "customers, orders" in caught.value.hint
