"""The commands that ask a policy: explain, test, diff, list, use. What they print is held against the file, read here by plain YAML."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from secureprofile.adapters.policies import READY, policy_path
from secureprofile.cli.main import run
from tests.conftest import ROOT
from tests.policy.test_places import FULL

RETAIL = (ROOT / "policies" / "retail.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the sibling files of the ready policies, as the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    monkeypatch.setenv("SECUREPROFILE_ACTOR", "owner@example.com")
    for name in ("tags.yaml", "releases.yaml"):
        shutil.copy(ROOT / "policies" / name, tmp_path / name)
    return tmp_path


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run([*arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


# --- explain ----------------------------------------------------------------------------------------------------------------


def ask(capsys: pytest.CaptureFixture[str], policy: str, **asked: str) -> dict[str, Any]:
    options = [part for name, value in asked.items() for part in (f"--{name}", value)]
    code, out, _ = said(capsys, "policy", "explain", policy, "--json", *options)
    assert code == 0
    return dict(json.loads(out))


def test_one_question_is_answered_in_words_with_the_lines_that_decide(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--role", "steward", "--purpose", "partner-analytics", "--dataset", "customers", "--column", "email"]
    code, out, _ = said(capsys, "policy", "explain", "retail", *asked)
    assert code == 0
    first, treatment, recipient, consent, *because = out.splitlines()
    assert (
        first == "customers.email (user.contact.email): steward, for the purpose partner-analytics, may get rows of it."
    )
    assert treatment == "Treatment: pseudonym {type: mail}."
    assert recipient == "Recipient: research-partner, under DPA-0001 until 2028-12-31."
    assert consent == "Only of people who consented to this purpose."
    lines = RETAIL.splitlines()
    for line in because:
        place, _, text = line.removeprefix("because").strip().partition("  ")
        _, number, column = place.split(":")
        assert lines[int(number) - 1].strip() == text
        assert lines[int(number) - 1][: int(column) - 1].strip() == ""
    assert [line.split("  ")[-1].split(":")[0].strip() for line in because] == [
        "email", "user.contact.email", "roles", "outputs", "recipients", "consent",
    ]  # fmt: skip


QUESTIONS = [
    ({"role": "analyst", "purpose": "portrait", "column": "birth_date"}, "aggregate-only", "ok"),
    ({"role": "analyst", "purpose": "portrait", "column": "birth_date", "output": "export"}, "aggregate-only", "rows-not-allowed"),
    ({"role": "analyst", "purpose": "portrait", "column": "birth_date", "output": "store"}, "allow", "ok"),
    ({"role": "analyst", "purpose": "portrait", "column": "birth_date", "output": "reveal"}, "deny", "output-not-allowed"),
    ({"role": "analyst", "purpose": "portrait", "column": "email"}, "deny", "category-not-covered"),
    ({"role": "analyst", "purpose": "portrait", "column": "iban"}, "deny", "uncategorised-column"),
    ({"role": "auditor", "purpose": "portrait", "column": "city"}, "deny", "role-not-allowed"),
    ({"role": "boss", "purpose": "portrait", "column": "city"}, "deny", "unknown-role"),
    ({"role": "analyst", "purpose": "fun", "column": "city"}, "deny", "missing-attribute"),
    ({"role": "analyst", "purpose": "fun", "column": "city", "output": "store"}, "deny", "unknown-purpose"),
    ({"role": "steward", "purpose": "partner-analytics", "column": "name"}, "deny", "dropped"),
    ({"role": "steward", "purpose": "partner-analytics", "column": "city", "recipient": "rival"}, "deny", "unknown-recipient"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "decision", "reason"), QUESTIONS)
def test_each_answer_has_its_reason(
    asked: dict[str, str], decision: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    body = ask(capsys, "retail", dataset="customers", **asked)
    assert (body["decision"], body["reason"]) == (decision, reason)
    assert body["text"]
    assert body["question"]["role"] == asked["role"]
    lines = RETAIL.splitlines()
    assert all(lines[line["line"] - 1].strip() == line["text"] for line in body["because"])


def test_a_role_may_ask_for_better_knowledge_of_who_acts(capsys: pytest.CaptureFixture[str]) -> None:
    policy = write("full.yaml", FULL)
    asked = {"role": "steward", "purpose": "share", "dataset": "people", "column": "phone"}
    assert ask(capsys, policy, **asked)["reason"] == "missing-attribute"
    assert ask(capsys, policy, **asked, authenticated="asserted")["reason"] == "authentication-too-weak"
    assert ask(capsys, policy, **asked, authenticated="os-user")["decision"] == "allow"


def test_tables_show_the_part_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "policy", "explain", "retail", "--role", "analyst", "--column", "city")
    assert code == 0
    cells, recipients, purposes = out.split("\n\n")
    assert [line.split() for line in cells.splitlines()[2:]] == [
        ["portrait", "customers", "city", "user.contact.address.city", "keep"]
    ]
    assert len(recipients.splitlines()) == 2
    assert purposes.splitlines()[2].split()[:2] == ["portrait", "analyst"]
    assert said(capsys, "policy", "explain", "retail", "--role", "king")[0] == 2


# --- test ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READY)
def test_the_cases_of_the_ready_policies_pass(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "policy", "test", name, "--json", "--on", "2026-11-01")
    body = json.loads(out)
    assert code == 0
    assert all(case["passed"] for case in body["cases"])
    raw = yaml.safe_load(policy_path(name).read_text("utf-8"))
    assert [case["name"] for case in body["cases"]] == [case["name"] for case in raw["tests"]]
    columns = sum(len(dataset["columns"]) for dataset in raw["datasets"].values())
    assert body["cells"] == columns * len(raw["roles"]) * len(raw["purposes"])
    assert body["covered"] + len(body["missed"]) == body["cells"]
    assert body["coverage"] > 0.25


def test_the_cells_that_cases_look_at_are_counted_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    """FULL: 2 roles × 3 purposes × 7 columns; one case looks at one column."""
    policy = write("full.yaml", FULL)
    body = json.loads(said(capsys, "policy", "test", policy, "--json")[1])
    assert (body["cells"], body["covered"]) == (42, 1)
    more = "  - name: an analyst shares nothing\n    when: {role: analyst, purpose: share}\n    expect: {decision: deny, reason: role-not-allowed}\n"
    policy = write("full.yaml", FULL + more)
    body = json.loads(said(capsys, "policy", "test", policy, "--json")[1])
    assert (body["covered"], [case["passed"] for case in body["cases"]]) == (8, [True, True])


def test_a_threshold_of_cells_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "policy", "test", "retail", "--threshold", "90", "--on", "2026-11-01")[0] == 0
    code, out, err = said(capsys, "policy", "test", "retail", "--threshold", "100", "--missed", "--on", "2026-11-01")
    assert code == 1
    assert "below 100 %" in err
    assert sum(line.startswith("cell  ") for line in out.splitlines()) == 5


def test_a_case_that_fails_says_what_came_instead_and_which_line_decides(capsys: pytest.CaptureFixture[str]) -> None:
    policy = write(
        "mine.yaml",
        RETAIL.replace("      user.contact.address.street: drop\n", "      user.contact.address.street: scrub\n"),
    )
    code, out, _ = said(capsys, "policy", "test", policy, "--junit", "out.xml", "--on", "2026-11-01")
    assert code == 1
    assert "FAIL  a partner gets no name and no street" in out
    assert "address: expected deny, got allow (ok)" in out
    assert "user.contact.address.street: scrub" in out
    assert out.splitlines()[-1].startswith("12 of 13 cases passed")
    suite = ElementTree.parse("out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("13", "1")
    assert len(suite.findall("testsuite/testcase")) == 13
    (failed,) = suite.findall("testsuite/testcase/failure")
    assert failed.get("message") == "address: expected deny, got allow (ok)"
    assert said(capsys, "policy", "test", policy, "--junit", "out.xml")[0] == 2  # never written over unless told


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "{decision: allow, treatment: scrub}",
            "{decision: allow, treatment: mask}",
            "with the treatment scrub, not mask",
        ),
        ("reason: agreement-expired", "reason: dropped", "for the reason agreement-expired, not dropped"),
        ("{decision: aggregate-only, reason: ok}", "{decision: allow}", "expected allow, got aggregate-only"),
    ],
)
def test_each_thing_that_a_case_expects_is_looked_at(
    right: str, wrong: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert right in RETAIL
    code, out, _ = said(
        capsys, "policy", "test", write("mine.yaml", RETAIL.replace(right, wrong, 1)), "--on", "2026-11-01"
    )
    assert code == 1
    assert message in out


def test_a_policy_without_cases_is_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "policy", "test", write("mine.yaml", RETAIL[: RETAIL.index("tests:")]))
    assert code == 1
    assert "no case" in err


# --- diff ---------------------------------------------------------------------------------------------------------------------


def changes(
    capsys: pytest.CaptureFixture[str], right: str, wrong: str, base: str = FULL
) -> tuple[int, set[tuple[str, str, str]]]:
    """What changes from the base to the base with ``right`` replaced: (direction, where, sentence), and the exit code."""
    assert base.count(right) >= 1, right
    old, new = write("old.yaml", base), write("new.yaml", base.replace(right, wrong, 1))
    code, out, _ = said(capsys, "policy", "diff", old, new, "--json")
    body = json.loads(out)
    found = {(one["direction"], one["column"] or one["what"], one["text"]) for one in body["changes"]}
    assert body["opened"] == sum(one["direction"] in ("opened", "weaker") for one in body["changes"])
    return code, found


SOCIAL = "      user.social: keep\n      user.contact.address.city: keep\n"
SECTION = "anonymity: {people: {k: 5, quasi_identifiers: {born: {by: suppress}}, purposes: [share]}}\ntests:\n"
# (right, wrong, direction, where, a part of the sentence)
DIFFERENCES = [
    ("      user.contact.address.city: keep\n", "", "closed", "people.city", "keep before, now denied"),
    ("city: keep\n", "city: keep\n      user.financial.credit_card: {mask: {keep_last: 4}}\n", "opened", "people.card", "denied before"),
    ("{mask: {keep_last: 2}}", "{mask: {keep_last: 4}}", "weaker", "people.phone", "mask {keep_last: 2} before"),
    ("{mask: {keep_last: 2}}", "{mask: {keep_last: 1}}", "stronger", "people.phone", "now mask {keep_last: 1}"),
    ("{mask: {keep_last: 2}}", "{generalize: {to: prefix, prefix: 3}}", "changed", "people.phone", "generalize"),
    ("{mask: {keep_last: 2}}", "drop", "closed", "people.phone", "now denied"),
    ("{mask: {keep_last: 2}}", "pseudonym", "stronger", "people.phone", "pseudonym"),
    ("edges: [18, 65]", "edges: [18, 40, 65]", "weaker", "people.born", "40"),
    ("{days: 30}", "{days: 60}", "stronger", "visits.seen", "60"),
    ("outputs: [store, release]", "outputs: [release]", "closed", "people.city", "is stored"),
    ("[creator, ana@example.com]", "[creator, ana@example.com, bob@example.com]", "opened", "actors of role analyst", "bob@example.com"),
    ("[creator, ana@example.com]", "[creator]", "closed", "actors of role analyst", "removed"),
    ("steward: [os-user]", "steward: [os-user, asserted]", "opened", "authentication of role steward", "asserted"),
    ("  steward: [os-user]\n", "  steward: [os-user]\n  analyst: [os-user]\n", "closed", "authentication of role analyst", "now only os-user"),
    ("recipients: [partner]", "recipients: [partner, internal]", "opened", "recipients", "internal"),
    ("minimum_group: 20", "minimum_group: 10", "opened", "minimum_group", "20 before, now 10"),
    ("budget: {epsilon: 2,", "budget: {epsilon: 3,", "opened", "budget.epsilon", "2 before, now 3"),
    ("budget: {epsilon: 2,", "budget: {epsilon: 1,", "closed", "budget.epsilon", "2 before, now 1"),
    ("epsilon: 4", "epsilon: 5", "opened", "domains.people.epsilon", "4 before, now 5"),
    ("retention: P1Y", "retention: P400D", "opened", "retention", "P1Y before, now P400D"),
    ("retention: P1Y", "retention: P6M", "closed", "retention", "P6M"),
    ("retention: P1Y", "retention: P365D", "changed", "retention", "P365D"),
    ("residue: redact", "residue: fail", "closed", "residue", "now fail"),
    ("spreadsheet_safe: true", "spreadsheet_safe: false", "opened", "spreadsheet_safe", "false"),
    ("notice: [N-3]", "notice: [N-3, N-4]", "opened", "consent_rules.notice", "N-4"),
    ("notice: [N-3]", "notice: []", "opened", "consent_rules.notice", "now any"),
    ("max_age: P2Y", "max_age: P3Y", "opened", "consent_rules.max_age", "P3Y"),
    ("max_age: P2Y", "max_age: P1Y", "closed", "consent_rules.max_age", "P1Y"),
    ("minors: deny", "minors: guardian", "opened", "consent_rules.minors", "guardian"),
    ("separate: [sensitive, disclosure]", "separate: [sensitive]", "opened", "consent_rules.separate", "disclosure"),
    ("ref: PIA-7", "ref: PIA-10", "changed", "pia", "PIA-10"),
    ("expires: 2028-12-31", "expires: 2029-12-31", "opened", "recipient partner", "2029"),
    ("country: DE", "country: FR", "changed", "recipient partner", "FR"),
    ("data_use: analytics.reporting", "data_use: analytics", "changed", "data_use", "analytics.reporting before"),
    ("owner: dpo", "owner: someone", "changed", "policy.owner", "changed"),
    ("population: 5000", "population: 6000", "changed", "domains.people.population", "changed"),
    ("tests:\n", SECTION, "changed", "anonymity.people", "added"),
    ("      user.contact.address.city: keep\n", SOCIAL, "changed", "allow", "for no column"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong", "direction", "where", "sentence"), DIFFERENCES, ids=lambda part: str(part)[:30]
)
def test_a_difference_is_told_in_words(
    right: str, wrong: str, direction: str, where: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = changes(capsys, right, wrong)
    assert any(one == direction and place == where and sentence in text for one, place, text in found), found
    assert code == (1 if any(one in ("opened", "weaker") for one, *_ in found) else 0)
    assert {one for one, *_ in found} == {direction}


def test_a_policy_that_did_not_change_has_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    assert changes(capsys, "version: 3", "version: 4") == (0, set())
    code, out, err = said(capsys, "policy", "diff", "retail", "retail")
    assert (code, out) == (0, "")
    assert "0 changes" in err


def test_what_opens_one_way_closes_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    other = {"opened": "closed", "closed": "opened", "weaker": "stronger", "stronger": "weaker", "changed": "changed"}
    for right, wrong, *_ in DIFFERENCES[::2]:
        there = {(one, where) for one, where, _ in changes(capsys, right, wrong)[1]}
        write("back.yaml", FULL)
        body = json.loads(said(capsys, "policy", "diff", "new.yaml", "back.yaml", "--json")[1])
        back = {(other[one["direction"]], one["column"] or one["what"]) for one in body["changes"]}
        assert there == back, right


def test_another_tag_file_is_a_difference(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "two").mkdir()
    for name in ("tags.yaml", "releases.yaml"):
        text = (tmp_path / name).read_text("utf-8")
        (tmp_path / "two" / name).write_text(text + "# more\n" if name == "tags.yaml" else text, encoding="utf-8")
    old, new = write("old.yaml", RETAIL), write("two/new.yaml", RETAIL)
    code, out, _ = said(capsys, "policy", "diff", old, new)
    assert code == 0
    assert [line.split() for line in out.splitlines()[2:]] == [
        ["changed", "tags.yaml", "the", "file", "tags.yaml", "is", "another", "one"]
    ]


# --- versions -----------------------------------------------------------------------------------------------------------------


def test_one_version_number_stands_for_one_content(capsys: pytest.CaptureFixture[str]) -> None:
    policy = write("mine.yaml", RETAIL)
    assert run(["init", "--policy", "mine.yaml", "--keys", "file:keys"]) == 0
    first = said(capsys, "policy", "check", policy)[1].strip()
    write("other.yaml", RETAIL + "# one comment more\n")
    code, _, err = said(capsys, "policy", "use", "other.yaml")
    assert code == 1
    assert "version 2 of retail was in force here with another content" in err
    assert "version: 3" in err
    write("other.yaml", RETAIL.replace("version: 2,", "version: 3,"))
    code, out, _ = said(capsys, "policy", "use", "other.yaml")
    assert code == 0
    second = out.strip()
    listed = json.loads(said(capsys, "policy", "list", "--json")[1])["policies"]
    assert [(one["version"], one["hash"], one["state"]) for one in listed] == [(2, first, ""), (3, second, "in force")]
    assert said(capsys, "policy", "use", "mine.yaml")[0] == 0  # going back to what it was is no new content
    entries = json.loads(said(capsys, "audit", "log", "--json", "--last", "50")[1])["entries"]
    used = [(one["result"], one["reason"]) for one in entries if one["act"] == "policy.use"]
    assert used == [("deny", "version-taken"), ("allow", "done"), ("allow", "done")]


def test_a_kept_policy_that_was_changed_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["init", "--policy", write("mine.yaml", RETAIL), "--keys", "file:keys"]) == 0
    (kept,) = (tmp_path / ".secureprofile" / "policies").glob("*/mine.yaml")
    kept.chmod(0o600)
    kept.write_text(RETAIL + "# tampered\n", encoding="utf-8")
    code, _, err = said(capsys, "policy", "list")
    assert code == 3
    assert "is not kept as it was" in err


# --- who acts -------------------------------------------------------------------------------------------------------------------


def test_a_role_bound_to_the_os_user_is_not_had_by_saying_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import getpass

    me = getpass.getuser()
    bound = RETAIL.replace("domains:", "authentication:\n  steward: [os-user]\n\ndomains:", 1).replace(
        "steward: [creator]", f"steward: [{me}]"
    )
    Path("customers.csv").write_text("customer_id,city\nC1,Leeds\n", encoding="utf-8")
    bound = bound.replace("consent: required\n    roles: [steward]", "consent: not-required\n    roles: [steward]")
    bound = bound.replace("{GDPR: consent}\n    consent: not-required", "{GDPR: contract}\n    consent: not-required")
    for column in ("name", "gender", "mobile", "email", "resident_id", "address", "country", "notes"):
        bound = bound.replace(f"      {column}: user.", f"      {column}_: user.")
    policy = yaml.safe_load(bound)
    for name, spec in list(policy["datasets"]["customers"]["columns"].items()):
        body = {"category": spec} if isinstance(spec, str) else spec
        policy["datasets"]["customers"]["columns"][name] = {**body, "optional": name not in ("customer_id", "city")}
    policy["datasets"]["orders"]["columns"] = {"customer_id": "user.unique_id"}
    policy = {key: value for key, value in policy.items() if key not in ("tags", "releases", "tests")}
    policy["policy"]["effective"] = "2026-01-01"
    policy["recipients"]["research-partner"]["expires"] = "2028-12-31"
    write("mine.yaml", json.dumps(policy))
    assert run(["init", "--policy", "mine.yaml", "--keys", "file:keys"]) == 0
    export = ("anonymize", "customers.csv", "-o", "safe.csv", "--purpose", "partner-analytics")
    code, _, err = said(capsys, *export, "--actor", me)
    assert code == 1
    assert "the role steward is only for actors known by os-user" in err
    monkeypatch.delenv("SECUREPROFILE_ACTOR")
    assert said(capsys, *export)[0] == 0
    monkeypatch.setenv("SECUREPROFILE_ACTOR", "owner@example.com")
    entries = json.loads(said(capsys, "audit", "log", "--json", "--last", "50")[1])["entries"]
    assert ("deny", "authentication-too-weak", "asserted") in {
        (one.get("result"), one.get("reason"), one["authenticated"]) for one in entries
    }
    assert {one["authenticated"] for one in entries if one["act"] == "anonymize" and one.get("result") == "allow"} == {
        "os-user"
    }


def test_a_draft_can_name_columns_with_marks_that_nobody_sees(capsys: pytest.CaptureFixture[str]) -> None:
    Path("people.csv").write_text(
        "\u200bid,mail\u202e\n7,ana@example.com\n8,bob@example.com\n9,cyd@example.com\n", encoding="utf-8"
    )
    assert run(["scan", "people.csv", "--draft-policy", "draft.yaml"]) == 1
    text = Path("draft.yaml").read_text("utf-8")
    assert "\u200b" not in text
    assert "\\U0000200B" in text
    assert run(["policy", "check", "draft.yaml"]) == 0
