"""The ready policies by the command, as people use them: checked, explained, and put to work on a small file."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from secureprofile.adapters.policies import READY, check_policy, copy_ready, load_policy, policy_path
from secureprofile.cli.main import run
from secureprofile.dp.request import load_releases
from secureprofile.portrait.reading import load_tags
from secureprofile.portrait.types import stored_columns
from secureprofile.vocabulary import DATA_CATEGORIES, DATA_USES, DIMENSIONS, LAWFUL_BASES
from tests.conftest import ROOT

FOLDER = ROOT / "policies"
COMMAND = [sys.executable, "-c", "from secureprofile.cli.main import main; main()"]
TOKEN = re.compile(r"sp_([a-z0-9]{1,8})_[a-z0-9]{1,8}_[0-9a-f]{32}")
HAN = re.compile(r"[\u4e00-\u9fff]")
EXPORTS = {"retail": "partner-analytics", "retail-cn": "partner-analytics", "strict": "audit-sample"}
RAW: dict[str, Any] = {name: yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8")) for name in READY}

CUSTOMERS = [
    {
        "customer_id": f"C100{number}",
        "name": f"Placeholder {word}",
        "gender": "female",
        "birth_date": f"198{number}-05-05",
        "mobile": f"1381234567{number}",
        "email": f"{word}@example.org",
        "resident_id": "11010519491231002X",
        "address": f"{number} Placeholder Road",
        "city": "Leeds",
        "country": "GB",
        "joined_on": "2024-05-01",
        "notes": f"write to {word}@example.org or call 1381234567{number}",
    }
    for number, word in ((1, "alpha"), (2, "beta"), (3, "gamma"))
]
ORDERS = [
    {
        "order_id": f"O{number}", "customer_id": f"C100{customer}", "ordered_at": "2026-03-04 10:00:00", "category": "books",
        "product": "atlas", "quantity": "1", "unit_price": "9.50", "discount": "0", "coupon": "", "channel": "web",
    }
    for number, customer in ((1, 1), (2, 2), (3, 1), (4, 3))
]  # fmt: skip
DIRECT = ("customer_id", "name", "mobile", "email", "resident_id", "address")
CONSENTING = ("C1001", "C1002")


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Used:
    """A folder in which one policy was used, and what the commands that explain it printed in a shell."""

    name: str
    folder: Path
    said: dict[str, subprocess.CompletedProcess[str]]

    def rows(self, dataset: str) -> list[dict[str, str]]:
        return read_csv(self.folder / f"{dataset}.safe.csv")


@pytest.fixture(scope="module", params=READY)
def used(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Used:
    name = str(request.param)
    folder = tmp_path_factory.mktemp(name)
    write_csv(folder / "customers.csv", CUSTOMERS)
    write_csv(folder / "orders.csv", ORDERS)
    write_csv(
        folder / "consents.csv",
        [
            {"customer_id": one, "purpose": EXPORTS[name], "state": "granted", "at": "2026-01-01T00:00:00Z", "method": "form", "notice": "v1",
             "sensitive": "yes", "disclosure": "yes"}
            for one in CONSENTING
        ],
    )  # fmt: skip
    export = ["--purpose", EXPORTS[name]]
    shell = {verb: told(folder, "policy", verb, name) for verb in ("check", "explain")}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
        assert run(["init", "--policy", name, "--keys", "file:keys"]) == 0
        assert run(["consent", "import", "consents.csv"]) == 0
        for dataset in ("customers", "orders"):
            assert run(["anonymize", f"{dataset}.csv", "-o", f"{dataset}.safe.csv", *export]) == 0
    return Used(name=name, folder=folder, said=shell)


def told(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command from a shell in a folder, and see that it says yes."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done


# --- by the command ---------------------------------------------------------------------------------------------------------


def test_check_prints_the_hash_alone_on_stdout_and_the_counts_beside_it(used: Used) -> None:
    raw, done = RAW[used.name], used.said["check"]
    assert done.stdout == f"{load_policy(used.name).hash}\n"
    assert re.fullmatch("[0-9a-f]{64}\n", done.stdout)
    tags = len(yaml.safe_load((FOLDER / "tags.yaml").read_text("utf-8"))["tags"])
    counted = f"{used.name} version {raw['policy']['version']}: {len(raw['datasets'])} datasets, {len(raw['purposes'])} purposes"
    assert done.stderr == f"{counted}, {tags} tags; no problem found\n"


def test_explain_prints_a_line_for_each_purpose_and_column_as_the_file_says(used: Used) -> None:
    raw = RAW[used.name]
    columns, recipients, purposes = used.said["explain"].stdout.split("\n\n")
    assert [line.split()[0] for line in purposes.splitlines()[2:]] == list(raw["purposes"])
    (whom,) = raw["purposes"][EXPORTS[used.name]]["recipients"]
    agreed = raw["recipients"][whom]
    last = [EXPORTS[used.name], whom, agreed["agreement"], str(agreed["expires"]), agreed["country"]]
    assert recipients.splitlines()[-1].split() == last
    head, _, *lines = columns.splitlines()
    assert head.split() == ["purpose", "dataset", "column", "category", "treatment"]
    expected = []
    for purpose, body in raw["purposes"].items():
        for dataset, table in raw["datasets"].items():
            for column, spec in table["columns"].items():
                category = spec if isinstance(spec, str) else spec["category"]
                rule = body["allow"].get(category, "denied")  # the ready policies name categories exactly
                expected.append([purpose, dataset, column, category, *written(rule).split()])
    assert [line.split() for line in lines] == expected
    assert used.said["explain"].stderr == ""


def written(rule: Any) -> str:
    """A treatment as the file has it, on one line: ``generalize {to: year}``."""
    if isinstance(rule, str):
        return rule
    ((kind, parameters),) = rule.items()
    return f"{kind} {{{', '.join(f'{name}: {value}' for name, value in parameters.items())}}}"


def test_direct_identifiers_are_gone_or_tokens_or_masked(used: Used) -> None:
    rows = used.rows("customers")
    assert rows
    assert all(TOKEN.fullmatch(row["customer_id"]) for row in rows)
    assert {"name", "address"}.isdisjoint(rows[0])
    for column in {"email", "resident_id"} & set(rows[0]):
        assert all(TOKEN.fullmatch(row[column]) for row in rows), column
    for row in rows:
        assert re.fullmatch(r"\*+\d{2}", row.get("mobile", "**00"))


def test_no_direct_identifier_stands_anywhere_in_the_files(used: Used) -> None:
    text = "".join((used.folder / f"{name}.safe.csv").read_text("utf-8") for name in ("customers", "orders"))
    for row in CUSTOMERS:
        for column in DIRECT:
            assert row[column] not in text, column


def test_only_columns_that_some_rule_lets_out_leave(used: Used) -> None:
    raw = RAW[used.name]
    allow = raw["purposes"][EXPORTS[used.name]]["allow"]
    for dataset, table in raw["datasets"].items():
        specs = {name: spec if isinstance(spec, str) else spec["category"] for name, spec in table["columns"].items()}
        leaving = [name for name, category in specs.items() if allow.get(category, "drop") != "drop"]
        assert list(used.rows(dataset)[0]) == leaving


def test_token_types_are_those_of_the_file_and_each_identifier_has_its_own(used: Used) -> None:
    allow = RAW[used.name]["purposes"][EXPORTS[used.name]]["allow"]
    types = {rule["pseudonym"]["type"] for rule in allow.values() if isinstance(rule, dict) and "pseudonym" in rule}
    cells = [cell for row in used.rows("customers") for cell in row.values()]
    assert {found[1] for cell in cells if (found := TOKEN.fullmatch(cell))} == types


def test_the_same_person_has_the_same_token_in_both_files(used: Used) -> None:
    customers = [row["customer_id"] for row in used.rows("customers")]
    orders = [row["customer_id"] for row in used.rows("orders")]
    assert len(set(customers)) == len(customers)
    assert set(orders) == set(customers)
    assert orders[0] == orders[2]


def test_rows_without_the_consent_that_the_purpose_asks_for_stay(used: Used) -> None:
    asked = RAW[used.name]["purposes"][EXPORTS[used.name]]["consent"] == "required"
    assert len(used.rows("customers")) == (len(CONSENTING) if asked else len(CUSTOMERS))


def test_dates_are_coarse_and_kept_columns_are_as_they_came(used: Used) -> None:
    for before, row in zip(CUSTOMERS, used.rows("customers"), strict=False):
        assert row["birth_date"] == before["birth_date"][:4]
        assert row["joined_on"] in {"2024", "2024-Q2"}
        assert row["country"] == before["country"]
    first = used.rows("orders")[0]
    assert (first["order_id"], first["category"], Decimal(first["unit_price"])) == ("O1", "books", Decimal("9.50"))


def test_notes_leave_scrubbed_or_not_at_all(used: Used) -> None:
    for row in used.rows("customers"):
        assert row.get("notes", "write to [EMAIL] or call [PHONE]") == "write to [EMAIL] or call [PHONE]"


# --- what each file holds ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READY)
def test_each_denies_by_default_and_has_a_budget_within_its_ceiling_and_a_minimum_group(name: str) -> None:
    raw = RAW[name]
    assert raw["defaults"] == "deny"
    releasing = {purpose: body for purpose, body in raw["purposes"].items() if "release" in body["outputs"]}
    assert releasing
    for body in releasing.values():
        assert 20 <= body["minimum_group"] <= 100
        for domain in raw["domains"].values():
            assert 0 < float(body["budget"]["epsilon"]) <= float(domain["epsilon"])
            assert 0 < float(body["budget"]["delta"]) <= float(domain["delta"]) < 1 / domain["population"]


@pytest.mark.parametrize("name", READY)
def test_each_uses_words_of_the_vocabulary_only(name: str) -> None:
    raw = RAW[name]
    for table in raw["datasets"].values():
        assert {
            spec if isinstance(spec, str) else spec["category"] for spec in table["columns"].values()
        } <= DATA_CATEGORIES
    for body in raw["purposes"].values():
        assert body["data_use"] in DATA_USES
        assert set(body["lawful_basis"]) == set(raw["policy"]["jurisdiction"])
        assert all(basis in LAWFUL_BASES[law] for law, basis in body["lawful_basis"].items())
        assert set(body["roles"]) <= set(raw["roles"])
        assert set(body["allow"]) <= DATA_CATEGORIES


@pytest.mark.parametrize("name", READY)
def test_each_is_in_effect_from_a_day_that_exists(name: str) -> None:
    date.fromisoformat(load_policy(name).policy.policy.effective)


@pytest.mark.parametrize("name", READY)
def test_each_carries_tags_and_releases_that_fit_it(name: str) -> None:
    loaded, count = check_policy(name)
    columns = stored_columns(loaded.policy)
    dictionary = load_tags(loaded.sibling("tags.yaml"), file="tags.yaml", columns=columns)
    tags = dictionary.tags
    assert len(tags) == count
    assert {tag.dimension for tag in tags} <= set(DIMENSIONS)
    releases = load_releases(
        loaded.sibling("releases.yaml"), file="releases.yaml", policy=loaded.policy, tags=dictionary.attributes(),
        measures=dictionary.public_measures(),
    )  # fmt: skip
    for request in releases.values():
        budget = loaded.policy.purposes[request.purpose].budget
        assert budget is not None
        assert request.epsilon <= budget.epsilon
        assert request.delta <= budget.delta


def test_no_policy_file_ships_unseen() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {
        *(f"{name}.yaml" for name in READY),
        "tags.yaml",
        "releases.yaml",
    }


def test_strict_is_stricter_than_retail() -> None:
    strict, retail = load_policy("strict").policy, load_policy("retail").policy
    one, other = strict.purposes["portrait"], retail.purposes["portrait"]
    assert one.minimum_group > other.minimum_group
    assert one.budget is not None
    assert other.budget is not None
    assert one.budget.epsilon < other.budget.epsilon
    assert set(strict.purposes["audit-sample"].allow) < set(retail.purposes["partner-analytics"].allow)


def test_the_chinese_policy_differs_from_retail_in_law_and_language_not_in_columns() -> None:
    assert RAW["retail-cn"]["datasets"] == RAW["retail"]["datasets"]
    assert RAW["retail-cn"]["policy"]["jurisdiction"] == ["PIPL"]
    assert HAN.search(RAW["retail-cn"]["policy"]["owner"])
    for name, chinese in (("retail-cn", True), ("retail", False), ("strict", False)):
        comments = re.findall(r"(?:^|\s)#\s+(.+)$", (FOLDER / f"{name}.yaml").read_text("utf-8"), re.MULTILINE)
        assert len(comments) >= 8
        assert all(bool(HAN.search(comment)) == chinese for comment in comments), name


@pytest.mark.parametrize("name", READY)
def test_a_copy_is_the_same_policy_with_the_same_hash(name: str, tmp_path: Path) -> None:
    written = copy_ready(name, tmp_path / "mine", overwrite=False)
    assert {path.name for path in written} == {f"{name}.yaml", "tags.yaml", "releases.yaml"}
    assert all(path.read_bytes() == (FOLDER / path.name).read_bytes() for path in written)
    assert check_policy(str(written[0]))[0].hash == load_policy(name).hash
    assert policy_path(name).read_bytes() == written[0].read_bytes()


def test_a_copy_never_writes_over_a_file_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    assert run(["policy", "copy", "retail", str(folder)]) == 0
    (folder / "retail.yaml").write_text("mine", encoding="utf-8")
    assert run(["policy", "copy", "retail", str(folder)]) == 2
    assert (folder / "retail.yaml").read_text("utf-8") == "mine"
    assert run(["policy", "copy", "retail", str(folder), "--overwrite"]) == 0
    assert run(["policy", "copy", "wholesale", str(folder)]) == 2
    assert "retail, retail-cn, strict" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["retail.yaml", "tags.yaml", "releases.yaml"])
def test_the_hash_covers_every_byte_of_all_three_files(file: str, tmp_path: Path) -> None:
    copy_ready("retail", tmp_path, overwrite=False)
    path = tmp_path / file
    path.write_bytes(path.read_bytes() + b"# one comment more\n")
    assert load_policy(str(tmp_path / "retail.yaml")).hash != load_policy("retail").hash


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("tags.yaml", "dimension: basic", "dimension: basics"),
        ("tags.yaml", "min(joined_on)", "min(joined_at)"),
        ("releases.yaml", "[recency, frequency]", "[recency, frequensy]"),
        ("releases.yaml", "domain: customers", "domain: clients"),
        ("releases.yaml", "epsilon: 1", "epsilon: none"),
    ],
)
def test_check_looks_into_the_sibling_files_too(
    file: str, right: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy_ready("retail", tmp_path, overwrite=False)
    text = (tmp_path / file).read_text("utf-8")
    assert right in text
    (tmp_path / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    line = next(number for number, words in enumerate(text.splitlines(), start=1) if right in words)
    assert run(["policy", "check", str(tmp_path / "retail.yaml")]) == 2
    said = capsys.readouterr().err
    assert re.search(rf"  {file}:{line}:\d+: ", said), said
