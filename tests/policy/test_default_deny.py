"""What is not written is refused, for every way in; what is written is done, exactly as a slow reader understands the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.adapters.policies import READY, load_policy
from secureprofile.errors import PolicyRefused, Refused, UsageError
from secureprofile.policy.decide import Output, decide, match_dataset, plan_columns, roles_of
from secureprofile.policy.parse import parse_policy
from secureprofile.vocabulary import DATA_CATEGORIES, DIRECT_IDENTIFIERS, SENSITIVE, within
from secureprofile.workspace import Workspace
from tests.conftest import ROOT

POLICIES = {name: load_policy(name).policy for name in READY}
RAW: dict[str, Any] = {name: yaml.safe_load((ROOT / "policies" / f"{name}.yaml").read_text("utf-8")) for name in READY}
RETAIL = POLICIES["retail"]
HEADER = tuple(RETAIL.datasets["customers"].columns)
OUTPUTS = get_args(Output)
PURPOSES = [(name, purpose) for name in READY for purpose in RAW[name]["purposes"]]


# --- an independent reading -------------------------------------------------------------------------------------------------


def slow_rule(raw: dict[str, Any], purpose: str, category: str) -> Any:
    """The rule of the category, else of its parent, and so on up; None: nobody allowed it."""
    allow = raw["purposes"][purpose]["allow"]
    while category:
        if category in allow:
            return allow[category]
        category = category.rpartition(".")[0]
    return None


def slow_treatment(rule: Any) -> dict[str, Any]:
    """A rule with its parameters, without what the model fills in."""
    if isinstance(rule, str):
        return {"kind": rule}
    ((kind, parameters),) = rule.items()
    return {"kind": kind, **parameters}


@pytest.mark.parametrize(("name", "purpose"), PURPOSES)
def test_every_column_gets_the_treatment_and_parameters_of_the_file(name: str, purpose: str) -> None:
    policy, raw = POLICIES[name], RAW[name]
    for dataset, body in raw["datasets"].items():
        plans = plan_columns(policy, dataset=dataset, purpose=purpose, header=list(body["columns"]))
        assert [plan.name for plan in plans] == list(body["columns"])
        for position, plan in enumerate(plans, start=1):
            spec = body["columns"][plan.name]
            category = spec if isinstance(spec, str) else spec["category"]
            rule = slow_rule(raw, purpose, category)
            assert (plan.position, plan.category, plan.denied) == (position, category, rule is None)
            said = slow_treatment("drop" if rule is None else rule)
            assert plan.treatment.model_dump(include=set(said)) == said


@pytest.mark.parametrize(("name", "purpose"), PURPOSES)
def test_every_category_there_is_follows_its_nearest_rule_or_none(name: str, purpose: str) -> None:
    for category in sorted(DATA_CATEGORIES):
        treatment = POLICIES[name].treatment(purpose, category)
        rule = slow_rule(RAW[name], purpose, category)
        assert (treatment is None) == (rule is None), category
        assert treatment is None or treatment.kind == slow_treatment(rule)["kind"], category


@pytest.mark.parametrize(("name", "purpose"), PURPOSES)
def test_every_role_and_output_is_decided_as_the_file_says(name: str, purpose: str) -> None:
    body = RAW[name]["purposes"][purpose]
    for role in RAW[name]["roles"]:
        for output in OUTPUTS:
            decision = decide(POLICIES[name], roles=(role,), purpose=purpose, output=output)
            expected = role in body["roles"] and output in body["outputs"]
            assert decision.allowed == expected, (role, output)
            assert decision.reason == "ok" if expected else decision.reason.endswith("-not-allowed")


@pytest.mark.parametrize(("name", "purpose"), PURPOSES)
def test_no_ready_policy_keeps_a_direct_or_sensitive_column(name: str, purpose: str) -> None:
    for dataset, body in POLICIES[name].datasets.items():
        for plan in plan_columns(POLICIES[name], dataset=dataset, purpose=purpose, header=list(body.columns)):
            if within(plan.category, DIRECT_IDENTIFIERS) or within(plan.category, SENSITIVE):
                assert plan.treatment.kind in {"drop", "pseudonym", "mask"}, plan.name


RULES = st.dictionaries(
    st.sampled_from(sorted(DATA_CATEGORIES)), st.sampled_from(["keep", "drop", "scrub", "pseudonym"]), min_size=1, max_size=12
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(allow=RULES, category=st.sampled_from(sorted(DATA_CATEGORIES)))
def test_the_most_specific_rule_wins_whatever_the_rules_and_their_order(allow: dict[str, str], category: str) -> None:
    purpose = RETAIL.purposes["portrait"]
    treatments = {
        rule: type(purpose).model_validate({**purpose.model_dump(), "allow": allow}).allow[rule] for rule in allow
    }
    policy = RETAIL.model_copy(update={"purposes": {"p": purpose.model_copy(update={"allow": treatments})}})
    found = policy.treatment("p", category)
    expected = slow_rule({"purposes": {"p": {"allow": allow}}}, "p", category)
    assert (found.kind if found else None) == expected


# --- refused, with the class and reason -------------------------------------------------------------------------------------


def test_deciding_says_no_to_words_that_the_policy_does_not_know() -> None:
    ok: dict[str, Any] = {
        "roles": ("steward",),
        "purpose": "partner-analytics",
        "output": "export",
        "dataset": "orders",
    }
    assert decide(RETAIL, **ok).allowed
    for change, reason in (
        ({"purpose": "marketing"}, "unknown-purpose"),
        ({"purpose": ""}, "unknown-purpose"),
        ({"purpose": "Partner-Analytics"}, "unknown-purpose"),
        ({"dataset": "suppliers"}, "unknown-dataset"),
        ({"dataset": ""}, "unknown-dataset"),
        ({"roles": ()}, "role-not-allowed"),
        ({"roles": ("STEWARD",)}, "role-not-allowed"),
        ({"roles": ("analyst", "auditor")}, "role-not-allowed"),
        ({"output": "release"}, "output-not-allowed"),
        ({"output": "elsewhere"}, "output-not-allowed"),
    ):
        decision = decide(RETAIL, **{**ok, **change})
        assert (decision.allowed, decision.reason) == (False, reason), change
        assert decision.message
        assert decision.hint


@given(st.text(max_size=20), st.text(max_size=20), st.lists(st.text(max_size=12), max_size=3))
@settings(max_examples=100, deadline=None)
def test_words_made_up_are_never_allowed(purpose: str, output: str, roles: list[str]) -> None:
    assert not decide(RETAIL, roles=roles, purpose=purpose, output=output).allowed  # type: ignore[arg-type]


def test_a_column_that_is_not_named_is_refused_even_if_it_differs_by_case_or_space_only() -> None:
    for name in ("Email", " email", "email ", "e-mail", "", "user.contact.email"):
        with pytest.raises(PolicyRefused) as caught:
            plan_columns(RETAIL, dataset="customers", purpose="portrait", header=[*HEADER, name])
        assert caught.value.reason == "uncategorised-column"
        assert caught.value.exit_code == 1
        assert "column 13 of 13" in str(caught.value)


def test_many_unknown_columns_are_counted_by_position() -> None:
    with pytest.raises(PolicyRefused, match="columns 1, 2, 3, 4, 5, 6, 7, 8… of 9"):
        plan_columns(RETAIL, dataset="customers", purpose="portrait", header=[f"x{number}" for number in range(9)])


@pytest.mark.parametrize("name", HEADER)
def test_each_required_column_is_missed(name: str) -> None:
    header = [column for column in HEADER if column != name]
    with pytest.raises(PolicyRefused, match=name) as caught:
        plan_columns(RETAIL, dataset="customers", purpose="portrait", header=header)
    assert caught.value.reason == "missing-column"


def test_an_optional_column_may_be_missing() -> None:
    text = (ROOT / "policies" / "retail.yaml").read_text("utf-8")
    text = text.replace("notes: user.content.private", "notes: {category: user.content.private, optional: true}")
    policy = parse_policy(text, file="p.yaml", siblings=lambda name: b"").policy
    assert len(plan_columns(policy, dataset="customers", purpose="portrait", header=HEADER[:-1])) == 11


def test_the_order_of_columns_is_the_files_own() -> None:
    plans = plan_columns(RETAIL, dataset="customers", purpose="portrait", header=HEADER[::-1])
    assert [plan.name for plan in plans] == list(HEADER[::-1])


@pytest.mark.parametrize("actor", ["", "creator", "analyst", "steward", "someone@example.org"])
def test_nobody_has_a_role_by_calling_themselves_something(actor: str) -> None:
    assert roles_of(RETAIL, actor, creator=False) == ()


def test_a_person_named_in_the_file_has_the_roles_named_there() -> None:
    policy = RETAIL.model_copy(
        update={"roles": {"steward": ("creator",), "analyst": ("a@example.org", "b@example.org")}}
    )
    assert roles_of(policy, "a@example.org", creator=False) == ("analyst",)
    assert roles_of(policy, "A@EXAMPLE.ORG", creator=False) == ()
    assert roles_of(policy, "b@example.org", creator=True) == ("steward", "analyst")


@pytest.mark.parametrize(
    "file", ["", "customers", "customers.CSV", "my customers.csv", "orders.csv.zip", "orders.csv.gz.gz"]
)
def test_a_files_name_that_no_pattern_fits_is_asked_about(file: str) -> None:
    with pytest.raises(UsageError, match="no dataset"):
        match_dataset(RETAIL, file)


def test_a_files_name_that_two_patterns_fit_is_asked_about() -> None:
    both = {name: body.model_copy(update={"files": ("*.csv",)}) for name, body in RETAIL.datasets.items()}
    with pytest.raises(UsageError, match="several datasets") as caught:
        match_dataset(RETAIL.model_copy(update={"datasets": both}), "customers.csv")
    assert "customers, orders" in caught.value.hint


# --- through the library: refused before any row, and in the log -----------------------------------------------------------

ROW = {
    "customer_id": "C1001", "name": "Placeholder Name", "gender": "female", "birth_date": "1980-05-05",
    "mobile": "13812345678", "email": "first@example.org", "resident_id": "11010519491231002X",
    "address": "1 Placeholder Road", "city": "Leeds", "country": "GB", "joined_on": "2024-01-01", "notes": "",
}  # fmt: skip
FRAME = pd.DataFrame([ROW])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace under strict, whose export needs no consent, with a second recipient for it."""
    text = (ROOT / "policies" / "strict.yaml").read_text("utf-8")
    assert "recipients: [auditor]" in text
    text = text.replace("[auditor]\n    allow", "[auditor, court]\n    allow")
    text = text.replace("\nrecipients:", "\nrecipients:\n  court: {agreement: ORDER-1, expires: 9999-12-31}")
    (tmp_path / "two.yaml").write_text(text, "utf-8")
    for name in ("tags.yaml", "releases.yaml"):
        (tmp_path / name).write_bytes((ROOT / "policies" / name).read_bytes())
    keys = f"file:{tmp_path / 'keys'}"
    with Workspace.open(tmp_path / "ws", policy=tmp_path / "two.yaml", actor="owner@example.org", keys=keys) as made:
        yield made


REFUSALS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "unknown-purpose": ({"purpose": "marketing"}, {}),
    "unknown-dataset": ({}, {"dataset": "suppliers"}),
    "role-not-allowed": ({"actor": "stranger@example.org"}, {}),
    "output-not-allowed": ({"purpose": "portrait"}, {}),
    "unknown-recipient": ({}, {"recipient": "broker"}),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_each_refusal_is_raised_and_recorded_and_nothing_else_happens(place: Workspace, reason: str) -> None:
    session, call = REFUSALS[reason]
    with place.session(**{"purpose": "audit-sample", **session}) as one, pytest.raises(PolicyRefused) as caught:
        one.anonymize(FRAME, **{"dataset": "customers", "recipient": "auditor", **call})
    assert caught.value.reason == reason
    assert isinstance(caught.value, Refused)
    assert caught.value.hint
    denied = [entry for entry in place.audit.log() if entry["result"] == "deny"]
    assert [(entry["act"], entry["reason"]) for entry in denied] == [("anonymize", reason)]
    assert not [entry for entry in place.audit.log() if entry["phase"] == "intent"]


@pytest.mark.parametrize("recipient", [None, "", "Auditor"])
def test_a_recipient_must_be_named_where_there_are_several(place: Workspace, recipient: str | None) -> None:
    with place.session(purpose="audit-sample") as one, pytest.raises(PolicyRefused) as caught:
        one.anonymize(FRAME, dataset="customers", recipient=recipient)
    assert caught.value.reason == "unknown-recipient"
    assert "auditor, court" in caught.value.hint


def test_without_a_purpose_nothing_is_done(place: Workspace) -> None:
    with place.session() as one, pytest.raises(PolicyRefused) as caught:
        one.anonymize(FRAME, dataset="customers", recipient="auditor")
    assert caught.value.reason == "unknown-purpose"


def test_an_unnamed_column_of_a_frame_is_refused(place: Workspace) -> None:
    with place.session(purpose="audit-sample") as one, pytest.raises(PolicyRefused) as caught:
        one.anonymize(FRAME.assign(salary="1"), dataset="customers", recipient="auditor")
    assert caught.value.reason == "uncategorised-column"
    assert "salary" not in f"{caught.value}{caught.value.hint}"


def test_what_is_allowed_leaves_and_what_no_rule_covers_does_not(place: Workspace) -> None:
    with place.session(purpose="audit-sample") as one:
        safe = one.anonymize(FRAME, dataset="customers", recipient="court")
    assert list(safe.columns) == ["customer_id", "birth_date", "country", "joined_on"]
    assert safe["country"].tolist() == ["GB"]
    assert str(safe["birth_date"][0]) == "1980"
    assert safe["customer_id"][0] != ROW["customer_id"]


def test_two_recipients_get_tokens_that_do_not_join(place: Workspace) -> None:
    with place.session(purpose="audit-sample") as one:
        tokens = {
            one.anonymize(FRAME, dataset="customers", recipient=recipient)["customer_id"][0]
            for recipient in ("auditor", "court", "court")
        }
    assert len(tokens) == 2
