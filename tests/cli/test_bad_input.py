"""What is broken is refused in two lines: what, and a hint; the right code; no traceback, no partial file, no cell value."""

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from secureprofile.cli.main import run

SECRET = "Quillfeather"
"""Stands in every cell of the broken files; no message may show it."""

HEAD = "customer_id,name,gender,birth_date,mobile,email,resident_id,address,city,country,joined_on,notes"
ROW = f"C1,{SECRET},f,1980-05-05,13812345678,{SECRET}@example.org,,1 {SECRET} Road,Leeds,GB,2024-01-01,{SECRET} called"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a workspace under a policy that needs no consent for exports."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    assert run(["init", "--policy", "strict", "--keys", "file:keys"]) == 0
    return tmp_path


FILES: dict[str, tuple[bytes, int, str]] = {
    "ragged-short": (f"{HEAD}\n{ROW}\nC2,{SECRET}\n".encode(), 2, "line 3 has 2 cells where the header has 12"),
    "ragged-long": (f"{HEAD}\n{ROW},{SECRET}\n".encode(), 2, "line 2 has 13 cells where the header has 12"),
    "double-header": (f"{HEAD},Name\n{ROW},x\n".encode(), 2, "columns 2 and 13"),
    "empty-header": (f"{HEAD},\n{ROW},x\n".encode(), 2, "column 13"),
    "no-header": (f"{ROW}\n{ROW}\n".replace(",,", ",X,").encode(), 2, "row 1 looks like data"),
    "open-quote": (f'{HEAD}\n{ROW},"{SECRET}\n'.encode(), 2, "line 2"),
    "empty": (b"", 2, "empty"),
    "blank": (b" \n\n  \n", 2, ""),
    "binary": (b"\x89PNG\r\n\x1a\n" + bytes(200), 2, ""),
    "excel": (b"PK\x03\x04" + bytes(200), 2, ""),
    "wrong-encoding": (f"{HEAD}\n{ROW}\n".encode() + b"C2,\xff\xfe\x81,f,,,,,,,,,\n", 2, ""),
    "damaged-gzip": (gzip.compress(f"{HEAD}\n{ROW}\n".encode() * 200)[:-30], 2, ""),
    "unknown-column": (f"{HEAD},{SECRET.lower()}\n{ROW},x\n".encode(), 1, "column 13 of 13"),
    "missing-column": (
        f"{HEAD.removesuffix(',notes')}\n{ROW.rpartition(',')[0]}\n".encode(),
        1,
        "lacks the column notes",
    ),
}


@pytest.mark.parametrize("kind", sorted(FILES))
@pytest.mark.parametrize("verb", ["anonymize", "ingest"])
def test_broken_files(place: Path, kind: str, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    data, code, words = FILES[kind]
    name = f"customers_{kind}.csv"
    (place / name).write_bytes(data)
    before = {path.name for path in place.iterdir()}
    arguments = {
        "anonymize": ["anonymize", name, "-o", "out.csv", "--purpose", "audit-sample"],
        "ingest": ["ingest", "customers", name, "--purpose", "portrait"],
    }[verb]
    assert run(arguments) == code
    said = capsys.readouterr().err
    assert_two_lines(said)
    assert words in said
    assert {path.name for path in place.iterdir()} == before
    assert not list((place / ".secureprofile" / "store").rglob("*.parquet"))
    assert not list((place / ".secureprofile" / "tmp").iterdir())
    capsys.readouterr()
    assert run(["audit", "verify"]) == 0


def assert_two_lines(said: str) -> None:
    lines = [line for line in said.splitlines() if line]
    errors = [line for line in lines if line.startswith(("error: ", "hint:  "))]
    assert [line[:6] for line in errors] == ["error:", "hint: "], said
    assert "Traceback" not in said
    assert SECRET.casefold() not in said.casefold()
    assert len(errors[0]) < 200


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["anonymize", "missing_customers.csv", "-o", "out.csv", "--dataset", "customers"], 2, "missing_customers.csv"),
        (["anonymize", "customers.csv", "-o", "nowhere/out.csv"], 2, "nowhere"),
        (["anonymize", "customers.csv", "-o", "out.pdf"], 2, "format"),
        (["anonymize", "customers.csv", "-o", "customers.csv"], 2, "--overwrite"),
        (["anonymize", "customers.csv", "-o", "out.csv", "--purpose", "advertising"], 1, "no such purpose"),
        (["anonymize", "customers.csv", "-o", "out.csv", "--purpose", "portrait"], 1, "not to export"),
        (["anonymize", "customers.csv", "-o", "out.csv", "--recipient", "broker"], 1, "recipient"),
        (["anonymize", "customers.csv", "-o", "out.csv", "--dataset", "suppliers"], 1, "no such dataset"),
        (["anonymize", "customers.csv", "-o", "out.csv", "--policy", "nothing.yaml"], 2, "nothing.yaml"),
        (["anonymize", "customers.csv", "-o", "out.csv", "-w", "customers.csv"], 2, "workspace"),
        (["ingest", "customers", "customers.csv", "--purpose", "portrait", "-w", "elsewhere"], 2, "no workspace"),
        (["portrait", "build", "--as-of", "yesterday", "--purpose", "portrait"], 2, "not a date"),
        (["portrait", "build", "--purpose", "portrait"], 1, "nothing to build"),
        (["release", "run", "customer-portrait", "--purpose", "portrait"], 1, "no portrait"),
        (["release", "plan", "winter"], 2, "no such release"),
        (["report", "customer-portrait", "-o", "r.html"], 2, "nothing was published"),
        (["report", "customer-portrait", "-o", "r.docx"], 2, "format"),
        (["consent", "withdraw", "nobody", "--for", "portrait"], 2, "nobody is known"),
        (["init"], 2, "already"),
        (["audit", "verify", "--since", "missing.txt"], 2, "cannot be read"),
        (["frobnicate"], 2, "frobnicate"),
        (["ingest"], 2, "dataset"),
    ],
)
def test_wrong_requests(
    place: Path, arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "customers.csv").write_text(f"{HEAD}\n{ROW}\n")
    original = (place / "customers.csv").read_bytes()
    assert run(arguments) == code
    said = capsys.readouterr().err
    assert_two_lines(said)
    assert words in said
    assert (place / "customers.csv").read_bytes() == original
    assert not (place / "out.csv").exists()


def test_gb18030_is_recognised_and_read(place: Path) -> None:
    row = "C1,王小明,女,1990年5月1日,13812345678,wang@example.org,11010519491231002X,上海市浦东新区世纪大道88号,上海,中国,2024-01-01,联系人：王小明"
    (place / "customers.csv").write_bytes(f"{HEAD}\n{row}\n".encode("gb18030"))
    assert run(["anonymize", "customers.csv", "-o", "out.csv", "--purpose", "audit-sample"]) == 0
    text = (place / "out.csv").read_text(encoding="utf-8")
    assert ",1990,中国,2024\n" in text


def test_a_cell_of_ten_megabytes_is_read(place: Path) -> None:
    (place / "customers.csv").write_text(f"{HEAD}\n{ROW.removesuffix('called')}{'x' * 10_000_000}\n")
    assert run(["anonymize", "customers.csv", "-o", "out.csv", "--purpose", "audit-sample"]) == 0
    assert len((place / "out.csv").read_text().splitlines()) == 2


def test_a_header_alone_gives_a_header_alone(place: Path) -> None:
    (place / "customers.csv").write_text(HEAD + "\n")
    assert run(["anonymize", "customers.csv", "-o", "out.csv", "--purpose", "audit-sample"]) == 0
    assert (place / "out.csv").read_text() == "customer_id,birth_date,country,joined_on\n"


COMMAND = [sys.executable, "-c", "from secureprofile.cli.main import main; main()"]


def big_file(place: Path, rows: int) -> None:
    line = ROW.replace("C1", "C{n}")
    with (place / "customers.csv").open("w") as file:
        file.write(HEAD + "\n")
        for n in range(rows):
            file.write(line.replace("{n}", str(n)) + "\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk(place: Path) -> None:
    """A real file system of two megabytes, full before the output is."""
    disk = place / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        limited(place)
        return
    try:
        big_file(place, 60_000)
        done = subprocess.run(
            [*COMMAND, "anonymize", "customers.csv", "-o", "disk/out.csv", "--purpose", "audit-sample"],
            cwd=place, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 3, done.stderr
        assert_two_lines(done.stderr)
        assert "disk is full" in done.stderr
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def limited(place: Path) -> None:
    """The same by a limit on file size, where nothing can be mounted."""
    big_file(place, 60_000)
    code = """
import resource, signal
from secureprofile.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
main()
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        [*command, "anonymize", "customers.csv", "-o", "out.csv", "--purpose", "audit-sample"],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert_two_lines(done.stderr)
    assert not (place / "out.csv").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(place: Path, number: int, code: int) -> None:
    big_file(place, 400_000)
    process = subprocess.Popen(
        [*COMMAND, "anonymize", "customers.csv", "-o", "out.csv", "--purpose", "audit-sample"],
        cwd=place, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # shells start background jobs deaf to it
    )  # fmt: skip
    partial = wait_for_partial(place, process)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert partial
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert SECRET not in said
    assert not [path for path in place.iterdir() if path.name.startswith((".out", "out"))]
    assert run(["audit", "verify"]) == 0


def wait_for_partial(place: Path, process: "subprocess.Popen[str]") -> bool:
    """Wait until the output is being written, so that the signal hits in the middle."""
    while process.poll() is None:
        if [path for path in place.iterdir() if path.name.endswith(".partial")]:
            time.sleep(0.15)
            return process.poll() is None
        time.sleep(0.005)
    return False
