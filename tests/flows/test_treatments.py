"""Every treatment through the real commands: what leaves, what comes back to whom, and what the log and the vault say."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from secureprofile.adapters.keys import load_ring
from secureprofile.cli.main import run
from secureprofile.errors import CannotTell
from secureprofile.flows import anonymize as flow
from secureprofile.flows.guarded import own_identifiers
from secureprofile.guard.scrub import Scrubber
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.model import ColumnSpec, Scrub
from secureprofile.workspace import Workspace
from tests.flows.test_sweep import POLICY as SWEPT
from tests.flows.treated import HEAD, POLICY, ROWS, read, write


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the same file exported to two recipients; not to be changed."""
    folder = tmp_path_factory.mktemp("every")
    write(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SECUREPROFILE_ACTOR", "tester@example.com")
        patch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
        assert run(["init", "--policy", "every.yaml", "--keys", "file:keys"]) == 0
        for whom in ("lab", "clinic"):
            assert run(["anonymize", "people.csv", "-o", f"people.{whom}.csv", "--recipient", whom, "-q"]) == 0
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to be used up, with keys of its own: the state names the folder of the original's."""
    folder = tmp_path / "every"
    shutil.copytree(made, folder)
    with closing(sqlite3.connect(folder / ".secureprofile" / "state.db")) as state:
        for key, value in {"keys": f"file:{folder / 'keys'}", "policy": str(folder / "every.yaml")}.items():
            state.execute("UPDATE meta SET value = ? WHERE key = ?", (value, key))
        state.commit()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SECUREPROFILE_ACTOR", "tester@example.com")
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    return folder


def count(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / ".secureprofile" / "state.db")) as state:
        return int(state.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def entries(folder: Path) -> list[dict]:  # type: ignore[type-arg]
    with closing(sqlite3.connect(folder / ".secureprofile" / "state.db")) as state:
        return [json.loads(body) for (body,) in state.execute("SELECT body FROM log ORDER BY idx")]


SHAPES = {
    "person": r"st_cust_k1_[0-9a-f]{32}", "name": r"\D+", "mail": r"se_mail_k1_[0-9a-f]{62,64}", "phone": r"13[89][ -]?\*{4}[ -]?\d{4}",
    "card": r"\d{4}( ?)\d{4}\1\d{4}\1\d{4}", "account": r"(DE|FR)[0-9A-Z]{2}-[0-9A-Z]{6}", "cn_id": r"11\d{15}[\dX]|",
    "handle": r"sp_nick_k1_[0-9a-f]{32}",
    "born": r"35-44|0-17", "seen": r"202\d-\d\d-\d\d \d\d:\d\d:\d\d", "street": r"Leeds|江苏省南京市", "postcode": r"LS1|210",
    "ip": r"192\.0\.2\.0/24|2001:db8::/48|::/48", "spent": r"12\.50|0|1000", "visits": r"<1|\[1,10\)|>=10",
    "minutes": r"-?\d+\.[05]",
}  # fmt: skip


def test_each_column_leaves_in_its_form(made: Path) -> None:
    before = [dict(zip(HEAD, row, strict=True)) for row in ROWS]
    for row, origin in zip(read(made / "people.lab.csv")[:3], before, strict=False):
        for name, shape in SHAPES.items():
            assert re.fullmatch(shape, row[name]), (name, row[name])
            assert not row[name] or row[name] != origin[name] or name == "spent"


def test_what_cannot_be_read_is_empty_and_counted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["anonymize", "people.csv", "-o", "again.csv", "--recipient", "lab", "--json", "-q"]) == 0
    told = json.loads(capsys.readouterr().out)["internal"]["unreadable"]
    assert told == dict.fromkeys(
        ["card", "account", "cn_id", "born", "seen", "street", "postcode", "ip", "spent", "visits", "minutes"], 1
    )
    last = read(place / "again.csv")[3]
    assert [last[name] for name in told] == [""] * len(told)
    assert last["phone"] == "**"


def test_one_person_is_one_person_and_intervals_stay(made: Path) -> None:
    first, second, third, _ = read(made / "people.lab.csv")
    for name in ("person", "name", "mail", "account", "cn_id", "handle", "minutes"):
        assert first[name] == second[name] != third[name]
    assert first["card"].replace(" ", "") == second["card"]
    shifts = [
        datetime.fromisoformat(row["seen"]) - datetime.fromisoformat(origin[HEAD.index("seen")])
        for row, origin in zip((first, second, third), ROWS, strict=False)
    ]
    assert shifts[0] == shifts[1]
    assert all(shift.seconds == 0 and 1 <= abs(shift.days) <= 30 for shift in shifts)


def test_two_recipients_share_nothing_keyed(made: Path) -> None:
    lab, clinic = read(made / "people.lab.csv"), read(made / "people.clinic.csv")
    for name in ("person", "mail", "card", "account", "cn_id", "handle", "name"):
        shared = {row[name] for row in lab} & {row[name] for row in clinic}
        assert shared <= {""}, name


def test_the_same_run_gives_the_same_file(place: Path) -> None:
    assert run(["anonymize", "people.csv", "-o", "again.csv", "--recipient", "lab", "-q"]) == 0
    assert (place / "again.csv").read_bytes() == (place / "people.lab.csv").read_bytes()
    assert count(place, "tokens") == 6  # three people, two recipients


def test_own_tokens_and_ciphertexts_stay_when_run_twice(place: Path) -> None:
    shutil.copy(place / "people.lab.csv", place / "people2.csv")
    assert run(["anonymize", "people2.csv", "-o", "twice.csv", "--recipient", "lab", "-q"]) == 0
    for once, twice in zip(read(place / "people.lab.csv"), read(place / "twice.csv"), strict=True):
        assert [once[name] for name in ("person", "mail", "handle")] == [
            twice[name] for name in ("person", "mail", "handle")
        ]
    assert count(place, "tokens") == 6


def test_every_reversible_column_comes_back_for_the_purpose_that_may(place: Path) -> None:
    assert run(["reveal", "people.lab.csv", "-o", "back.csv", "--purpose", "casework", "--recipient", "lab", "-q"]) == 0
    back, lab = read(place / "back.csv"), read(place / "people.lab.csv")
    for row, origin, exported in zip(back, ROWS, lab, strict=True):
        for name, cell in row.items():
            came = name in ("person", "mail", "card", "account", "cn_id") and exported[name]
            assert cell == (origin[HEAD.index(name)] if came else exported[name]), name


def test_a_purpose_reveals_its_own_categories_only(place: Path) -> None:
    assert run(["reveal", "people.lab.csv", "-o", "back.csv", "--purpose", "mailing", "--recipient", "lab", "-q"]) == 0
    for row, origin, exported in zip(read(place / "back.csv"), ROWS, read(place / "people.lab.csv"), strict=True):
        assert row == {**exported, "mail": origin[HEAD.index("mail")]}


def test_a_file_with_fewer_columns_and_mixed_cells(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab, clinic = read(place / "people.lab.csv"), read(place / "people.clinic.csv")
    cells = [lab[0]["mail"], clinic[0]["mail"], "plain", "", lab[0]["mail"][:-1] + "g"]
    (place / "people3.csv").write_text("mail,born\n" + "".join(f"{cell},35-44\n" for cell in cells))
    assert run(["reveal", "people3.csv", "-o", "back.csv", "--purpose", "mailing", "--recipient", "lab", "--json"]) == 0
    assert [row["mail"] for row in read(place / "back.csv")] == ["zoe@example.org", *cells[1:]]
    assert json.loads(capsys.readouterr().out)["internal"] == {"rows": 5, "revealed": {"mail": 1}, "left": {"mail": 3}}


WRONG = [
    (["--purpose", "mailing", "--recipient", "clinic"], 1, "nothing was revealed", "nothing-revealed"),
    (["--purpose", "mailing", "--recipient", "nobody"], 1, "no such recipient", "unknown-recipient"),
    (["--purpose", "mailing"], 1, "several recipients", "unknown-recipient"),
    (
        ["--purpose", "mailing", "--exported-for", "casework", "--recipient", "lab"],
        1,
        "no such purpose",
        "unknown-purpose",
    ),
    (["--purpose", "share", "--recipient", "lab"], 1, "not to reveal", "output-not-allowed"),
    (["--purpose", "casework", "--recipient", "lab", "--actor", "desk@example.com"], 1, "roles", "role-not-allowed"),
]


@pytest.mark.parametrize(("arguments", "code", "words", "reason"), WRONG)
def test_refusals_write_nothing_and_are_recorded(
    place: Path, arguments: list[str], code: int, words: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["reveal", "people.lab.csv", "-o", "back.csv", *arguments]) == code
    said = capsys.readouterr().err
    assert words in said
    assert "zoe@" not in said
    assert not (place / "back.csv").exists()
    assert not list(place.glob(".back*"))
    last = entries(place)[-1]
    assert (last["act"], last["result"], last["reason"]) == ("reveal", "deny", reason)


def test_nothing_is_revealed_to_a_recipient_who_never_got_anything(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registered = "recipients:\n  other: {agreement: DPA-0003, expires: 2099-12-31, country: DE}\n  lab:"
    text = POLICY.replace("[lab, clinic]", "[lab, clinic, other]").replace("recipients:\n  lab:", registered)
    (place / "every.yaml").write_text(text, encoding="utf-8")
    assert run(["reveal", "people.lab.csv", "-o", "back.csv", "--purpose", "casework", "--recipient", "other"]) == 1
    assert "no export" in capsys.readouterr().err
    assert not (place / "back.csv").exists()


def test_intent_stands_before_and_outcome_after(place: Path) -> None:
    assert run(["reveal", "people.lab.csv", "-o", "back.csv", "--purpose", "mailing", "--recipient", "lab", "-q"]) == 0
    intent, outcome = entries(place)[-2:]
    assert (intent["act"], intent["phase"], intent["purpose"], intent["recipient"]) == (
        "reveal",
        "intent",
        "mailing",
        "lab",
    )
    assert (outcome["phase"], outcome["result"], outcome["details"]) == ("outcome", "allow", {"exported-for": "share"})
    assert outcome["categories"] == ["user.contact.email"]


def test_an_erased_token_stays_and_is_counted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = read(place / "people.lab.csv")[0]["person"].rsplit("_", 1)[1]
    with closing(sqlite3.connect(place / ".secureprofile" / "state.db")) as state:
        assert state.execute("DELETE FROM tokens WHERE token = ?", (token,)).rowcount == 1
        state.commit()
    capsys.readouterr()
    assert (
        run(["reveal", "people.lab.csv", "-o", "back.csv", "--purpose", "casework", "--recipient", "lab", "--json"])
        == 0
    )
    told = json.loads(capsys.readouterr().out)["internal"]
    assert (told["revealed"]["person"], told["left"]["person"]) == (2, 2)
    assert run(["anonymize", "people.csv", "-o", "later.csv", "--recipient", "lab", "-q"]) == 0
    assert token not in (place / "later.csv").read_text()


def test_the_state_holds_no_value(made: Path) -> None:
    data = b"".join(path.read_bytes() for path in (made / ".secureprofile").rglob("*") if path.is_file())
    for row in ROWS[:3]:
        for name in ("name", "mail", "cn_id"):
            assert not row[HEAD.index(name)] or row[HEAD.index(name)].encode() not in data


def test_a_run_that_fails_enrols_nobody(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "people4.csv").write_text((place / "people.csv").read_text().replace("P1,", "P9,"))
    before = count(place, "tokens")
    assert run(["anonymize", "people4.csv", "-o", "nowhere/out.csv", "--recipient", "lab"]) == 2
    assert count(place, "tokens") == before

    def broken(*_: object, **__: object) -> None:
        raise CannotTell("planted", hint="in the commit, after the tokens")

    monkeypatch.setattr(flow, "add_export_keys", broken)
    assert run(["anonymize", "people4.csv", "-o", "out.csv", "--recipient", "lab"]) == 3
    assert count(place, "tokens") == before
    assert not (place / "out.csv").exists()


def test_two_runs_at_once_never_give_two_tokens(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one run is about to commit, another enrols the same new value: the first writes nothing."""
    text = (place / "people.csv").read_text().replace("P1,", "P9,")
    (place / "people4.csv").write_text(text)
    (place / "people5.csv").write_text(text)
    commit, inner = flow._commit, list[int]()

    def late(*arguments: object, **named: object) -> None:
        if not inner:
            inner.append(-1)
            inner[0] = run(["anonymize", "people5.csv", "-o", "inner.csv", "--recipient", "lab", "-q"])
        commit(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(flow, "_commit", late)
    assert run(["anonymize", "people4.csv", "-o", "outer.csv", "--recipient", "lab", "-q"]) == 3
    assert inner == [0]
    assert (place / "inner.csv").exists()
    assert not (place / "outer.csv").exists()
    assert run(["anonymize", "people4.csv", "-o", "outer.csv", "--recipient", "lab", "-q"]) == 0
    assert (place / "inner.csv").read_bytes() == (place / "outer.csv").read_bytes()


def test_rotated_keys_give_other_results_and_still_reveal(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for role in ("pseudonym", "encrypt", "vault", "fpe"):
        assert run(["keys", "rotate", role]) == 0
        assert capsys.readouterr().out == "k2\n"
    assert run(["anonymize", "people.csv", "-o", "people.new.csv", "--recipient", "lab", "-q"]) == 0
    for old, new in zip(read(place / "people.lab.csv")[:3], read(place / "people.new.csv")[:3], strict=True):
        for name, start in {"person": "st_cust_k2_", "mail": "se_mail_k2_", "handle": "sp_nick_k2_"}.items():
            assert new[name].startswith(start)
            assert new[name] != old[name]
        assert new["card"] != old["card"]
    for name in ("lab", "new"):
        arguments = [
            "reveal",
            f"people.{name}.csv",
            "-o",
            f"{name}.back.csv",
            "--purpose",
            "mailing",
            "--recipient",
            "lab",
        ]
        assert run(arguments) == 0
        assert [row["mail"] for row in read(place / f"{name}.back.csv")] == [row[HEAD.index("mail")] for row in ROWS]
    assert run(["reveal", "people.new.csv", "-o", "b.csv", "--purpose", "casework", "--recipient", "lab"]) == 1
    assert "several fpe keys" in capsys.readouterr().err


def test_keys_are_listed_without_secrets(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "list", "--json"]) == 0
    out = capsys.readouterr().out
    rows = {row["role"]: row for row in json.loads(out)["keys"]}
    assert {role: row["exports"] for role, row in rows.items()} == {
        "pseudonym": 2, "index": 0, "log": 0, "encrypt": 2, "vault": 2, "fpe": 2, "tombstone": 0,
    }  # fmt: skip
    text = (place / "keys" / "keys.json").read_text()
    assert not [secret for secret in re.findall(r'"secret": "([^"]+)"', text) if secret in out]


def test_only_the_creator_rotates_and_some_roles_never(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (place / "keys" / "keys.json").read_bytes()
    assert run(["keys", "rotate", "encrypt", "--actor", "desk@example.com"]) == 1
    assert entries(place)[-1]["reason"] == "not-the-creator"
    assert run(["keys", "rotate", "index"]) == 2
    assert run(["keys", "rotate", "nothing"]) == 2
    assert (place / "keys" / "keys.json").read_bytes() == before
    assert "one of: pseudonym" in capsys.readouterr().err


def test_a_ring_from_before_grows_when_a_key_is_needed(place: Path) -> None:
    path = place / "keys" / "keys.json"
    body = json.loads(path.read_text())
    old = {name: value for name, value in body.items() if name in ("secureprofile-keys", "pseudonym", "index", "log")}
    path.write_text(json.dumps(old))
    assert run(["anonymize", "people.csv", "-o", "out.csv", "--recipient", "lab", "-q"]) == 0
    ring = load_ring(f"file:{place / 'keys'}")
    assert {role: len(ring.of(role)) for role in ring.ROLES} == {**dict.fromkeys(ring.ROLES, 1), "tombstone": 0}
    assert json.loads(path.read_text())["pseudonym"] == body["pseudonym"]
    assert os.stat(path).st_mode & 0o777 == 0o600  # noqa: PTH116
    added = [entry["details"] for entry in entries(place) if entry["act"] == "keys.add"]
    assert added == [{"role": role, "kid": "k1"} for role in ("vault", "encrypt", "fpe")]


def test_exports_record_their_keys(made: Path) -> None:
    with closing(sqlite3.connect(made / ".secureprofile" / "state.db")) as state:
        assert set(state.execute("SELECT role, kid FROM export_keys")) == {
            (r, "k1") for r in ("encrypt", "fpe", "pseudonym", "vault")
        }
    done = [entry for entry in entries(made) if entry["act"] == "anonymize" and entry["phase"] == "outcome"]
    keys = {name: kid for name, kid in done[0]["details"].items() if name.startswith("key.")}
    assert keys == {"key.encrypt": "k1", "key.fpe": "k1", "key.pseudonym": "k1", "key.vault": "k1"}


def test_frames_go_out_and_come_back(place: Path) -> None:
    import pandas as pd

    frame = pd.read_csv("people.csv", dtype=str, keep_default_na=False)
    copy = frame.copy()
    with Workspace.open(".secureprofile") as workspace:
        with workspace.session(purpose="share") as one:
            safe = one.anonymize(frame, dataset="people", recipient="lab")
        with workspace.session(purpose="casework") as one:
            back = one.reveal(safe, dataset="people", recipient="lab")
    pd.testing.assert_frame_equal(frame, copy)
    assert list(back["person"]) == list(frame["person"])
    assert list(back["mail"][:3]) == list(frame["mail"][:3])


def test_an_older_database_gets_the_tables(place: Path) -> None:
    with closing(sqlite3.connect(place / ".secureprofile" / "state.db")) as state:
        for table in ("tokens", "token_scopes", "export_keys"):
            state.execute(f"DROP TABLE {table}")
        state.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
        state.commit()
    assert run(["anonymize", "people.csv", "-o", "out.csv", "--recipient", "lab", "-q"]) == 0
    assert count(place, "tokens") == 3


def test_dates_need_their_subject(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = POLICY.replace("person: user.unique_id\n", "person: {category: user.unique_id, optional: true}\n")
    (place / "every.yaml").write_text(text, encoding="utf-8")
    rows = [line.split(",", 1)[1] for line in (place / "people.csv").read_text().splitlines()]
    (place / "people6.csv").write_text("\n".join(rows) + "\n")
    assert run(["anonymize", "people6.csv", "-o", "out.csv", "--recipient", "lab"]) == 1
    assert "lacks the column person" in capsys.readouterr().err
    assert not (place / "out.csv").exists()


@pytest.mark.parametrize("nicknames", ["", ": {nicknames: true}"])
def test_free_text_loses_names_in_two_columns_and_nicknames_where_the_policy_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nicknames: str
) -> None:
    monkeypatch.chdir(tmp_path)
    policy = SWEPT.replace("RESIDUE", "").replace("item: user.behavior.purchase_history", "item: user.name.first")
    policy = policy.replace("number: user.behavior.purchase_history", "number: user.name.last")
    policy = policy.replace("user.behavior: keep", "user.name: drop")
    policy = policy.replace("scrub", f"{{scrub{nicknames}}}" if nicknames else "scrub")
    Path("policy.yaml").write_text(policy, encoding="utf-8")
    rows = (
        "1,,Robert,Zzyx,Rob wants the refund\n2,,Eve,Quorrington,as agreed with bob zzyx\n"
        "3,,Tom,Brank,see ROBERT ZZYX; eve waits\n"
    )
    Path("orders.csv").write_text("customer,email,item,number,notes\n" + rows, encoding="utf-8")
    assert run(["anonymize", "orders.csv", "-o", "safe.csv", "--policy", "policy.yaml", "-q"]) == 0
    notes = [row["notes"] for row in read(Path("safe.csv"))]
    if nicknames:
        assert notes == ["[NAME] wants the refund", "as agreed with [NAME]", "see [NAME]; eve waits"]
    else:
        assert notes[2] == "see [NAME]; eve waits"
        assert "bob" in notes[1]


def test_a_short_given_name_of_its_own_column_goes() -> None:
    plans = [
        ColumnPlan(name=name, position=1, category=category, treatment=Scrub(), spec=ColumnSpec(category=category))
        for name, category in (("first", "user.name.first"), ("mail", "user.contact.email"))
    ]
    own = own_identifiers(plans)
    assert own == [("NAME", "first"), ("EMAIL", "mail")]
    assert Scrubber().scrub("ask Ada", [("NAME", "Ada")]) == "ask [NAME]"
