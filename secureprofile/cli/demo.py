"""``secureprofile demo``: a generated shop, and the real commands on it, one after the other, as a user would type them."""

from __future__ import annotations

import csv
import os
import shlex
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from secureprofile.cli import show
from secureprofile.errors import CannotTell, OutputError
from secureprofile.released import Internal

AS_OF = "2026-11-01"
_MARK = ".secureprofile-demo"

STEPS: tuple[tuple[str, str, int], ...] = (
    ("A workspace, under the ready policy for shops in the EU. Keys live apart.", "init --policy retail --keys file:keys", 0),
    ("What personal data is in the files? (Exit 1: there is some.)", "scan customers.csv orders.csv consents.csv", 1),
    ("Who allowed what. The file is in GB18030, as Chinese Excel writes it.", "consent import consents.csv", 0),
    (
        "A file for one recipient and purpose: tokens, masks, scrubbed notes.",
        "anonymize customers.csv -o customers.safe.csv --purpose partner-analytics",
        0,
    ),
    ("Into the store: only who consented, only as pseudonyms.", "ingest customers customers.csv --purpose portrait", 0),
    ("", "ingest orders orders.csv --purpose portrait", 0),
    ("One tagged row per person; it never leaves.", f"portrait build --as-of {AS_OF} --purpose portrait", 0),
    ("What will it cost, and how exact will it be? (Reads no data.)", "release plan customer-portrait", 0),
    ("Noise, charged to the budget before anybody sees a number.", "release run customer-portrait --purpose portrait", 0),
    ("A page anybody may read, in two languages.", "report customer-portrait -o report.html", 0),
    ("", "report customer-portrait -o report.zh.html --lang zh", 0),
    ("And the proof.", "audit verify", 0),
)  # fmt: skip


def run_demo(
    out: Path, run: Callable[[list[str]], int], *, customers: int, orders: int, overwrite: bool, quiet: bool
) -> None:
    """Make the shop in ``out``, ``run`` every step there as a command line, and print a summary.

    Raises:
        OutputError: the folder holds something that is not a demo.
        CannotTell: a step did not end as it should.
    """
    from secureprofile.flows.shop import write_shop

    _prepare(out, overwrite=overwrite)
    begun = time.monotonic()
    with show.progress(quiet=quiet) as progress:
        progress.step(f"generate a shop: {customers:,} customers, {orders:,} orders")
        write_shop(out, customers=customers, orders=orders)
    with _inside(out):
        print(f"$ cd {out}")
        for text, command, expected in STEPS:
            print(f"\n# {text}\n$ secureprofile {command}" if text else f"$ secureprofile {command}", flush=True)
            code = run([*shlex.split(command), *(["--quiet"] if quiet and _has_quiet(command) else [])])
            sys.stdout.flush()
            if code != expected:
                raise CannotTell(f"the demo stopped: this step ended with code {code}", hint="the lines above say why")
        _summary(out, time.monotonic() - begun)


def _has_quiet(command: str) -> bool:
    return command.split()[0] in ("scan", "anonymize", "ingest", "report") or command.startswith(
        ("portrait", "release run")
    )


def _prepare(out: Path, *, overwrite: bool) -> None:
    try:
        if out.exists() and any(out.iterdir()):
            if not overwrite:
                raise OutputError(f"{out} is not empty", hint="--overwrite, or another folder with --out")
            if not (out / _MARK).exists():
                raise OutputError(f"{out} holds something else than a demo", hint="choose another folder with --out")
            shutil.rmtree(out)
        out.mkdir(parents=True, exist_ok=True)
        (out / _MARK).touch()
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written: {error.strerror}", hint="choose another folder with --out"
        ) from None


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Run in the demo's folder, with nothing from the user's own setting leaking in."""
    here, kept = (
        Path.cwd(),
        {name: os.environ.pop(name, None) for name in ("SECUREPROFILE_WORKSPACE", "SECUREPROFILE_ACTOR")},
    )
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.update({name: value for name, value in kept.items() if value is not None})


def _summary(out: Path, seconds: float) -> None:
    from secureprofile.policy.decide import plan_columns
    from secureprofile.workspace import Workspace

    place = Workspace.open(".secureprofile", create=False)
    try:
        with place.session(purpose="portrait") as one:
            built = one.build_portrait(as_of=AS_OF)
            account = one.accounts("customers")[0]
            policy = one.policy
        entries = place.audit.verify().entries
    finally:
        place.close()
    people = Internal(value=_people_in_file(), what="people in customers.csv")
    out_of_it = Internal(value=people.value - built.people, what="people excluded for lack of consent")
    columns = plan_columns(
        policy, dataset="customers", purpose="partner-analytics", header=list(policy.datasets["customers"].columns)
    )
    treated = Counter("denied" if plan.denied else plan.treatment.kind for plan in columns)
    print("\n── summary " + "─" * 60)
    print(f"people in                {people}")
    print(f"excluded, no consent     {out_of_it}")
    print("columns treated          " + ", ".join(f"{count} {kind}" for kind, count in treated.most_common()))
    print(f"privacy budget           ε {account.epsilon_spent} spent, {account.epsilon_left} left of {account.epsilon}")
    print(f"audit log                {entries} entries, verified")
    print(
        "files                    "
        + ", ".join(str(out / name) for name in ("report.html", "report.zh.html", "customers.safe.csv"))
    )
    print(f"time                     {seconds:.1f} s")


def _people_in_file() -> int:
    with Path("customers.csv").open(encoding="utf-8-sig", newline="") as file:
        return len({row["customer_id"].strip() for row in csv.DictReader(file) if row["customer_id"].strip()})
