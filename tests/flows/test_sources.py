"""Databases and streams: the same rows as from a file; no message shows a URL's password or a cell."""

from __future__ import annotations

import csv
import gzip
import io
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureprofile.adapters import databases, files
from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.sealed import Sealed
from secureprofile.adapters.spool import batched, spooled
from secureprofile.adapters.streamed import csv_batches
from secureprofile.cli.main import run
from secureprofile.errors import InputError, UsageError
from tests.adapters.books import HEAD, book
from tests.cli.test_bad_input import assert_two_lines
from tests.conftest import ROOT

ANONYMIZE = ("anonymize", "--purpose", "partner-analytics", "--quiet", "--dataset", "customers")
SAMPLE = ("--purpose", "audit-sample", "--quiet")
SECRET = "Quillfeather"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    assert run(["init", "--policy", "strict", "--keys", "file:keys"]) == 0
    return tmp_path


def frame(rows: int = 3) -> pd.DataFrame:
    cells = [
        {**dict.fromkeys(HEAD, ""), "customer_id": f"C{n}", "name": SECRET, "country": "GB", "birth_date": "1980-01-01"}
        for n in range(rows)
    ]
    return pd.DataFrame(cells, columns=HEAD)


def database(path: Path, table: pd.DataFrame, **more: pd.DataFrame) -> None:
    with sqlite3.connect(path) as connection:
        for name, one in {"customers": table, **more}.items():
            one.to_sql(name, connection, index=False)
    connection.close()


# --- databases ---


def test_a_table_of_a_database_is_treated_like_a_file(shop: Any) -> None:
    database(Path("shop.db"), pd.read_csv("customers.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig"))
    before = Path("shop.db").read_bytes()
    assert (
        shop("anonymize", "sqlite:///shop.db?table=customers", "-o", "out.csv", "--purpose", "partner-analytics") == 0
    )
    safe, expected = (
        list(csv.reader(io.StringIO(Path(n).read_text("utf-8")))) for n in ("out.csv", "customers.safe.csv")
    )
    assert safe == expected
    assert shop("ingest", "customers", "sqlite:///shop.db?table=customers", "--purpose", "portrait") == 0
    assert Path("shop.db").read_bytes() == before


def test_scan_looks_at_every_table(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database(place / "a.db", frame(40), plain=pd.DataFrame({"amount": [1, 2]}))
    assert run(["scan", "sqlite:///a.db"]) == 1
    said = capsys.readouterr().out
    assert "plain " in said
    assert "user.unique_id" in said
    assert run(["scan", "sqlite:///a.db?table=plain"]) == 0


def test_cells_of_a_database_are_told_as_they_are(place: Path) -> None:
    with sqlite3.connect(place / "a.db") as connection:
        connection.execute("CREATE TABLE t (n, r REAL, b BLOB, s TEXT, e)")
        connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?)", (2**62, 0.1, b"\xff\x00", "ä'; --", None))
    connection.close()
    [table] = databases.tables(f"sqlite:///{place}/a.db?table=t")
    [batch] = table.batches()
    assert batch.to_pylist() == [{"n": str(2**62), "r": "0.1", "b": "ff00", "s": "ä'; --", "e": None}]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("sqlite:///none.db?table=customers", 2),
        ("sqlite:///a.db?table=none", 2),
        ("sqlite:///a.db", 2),
        ("sqlite:///broken.db?table=customers", 2),
        ("sqlite:///text.db?table=bad", 2),
        ("nosuchdb://user:hunter2-planted@host/db?table=t", 2),
        ("postgresql+nodriver://user:hunter2-planted@localhost:1/db?table=t", 2),
        ("postgresql://user:hunter2-planted@localhost:notaport/db?table=t", 2),
        ("mssql://user:hunter2-planted@localhost/db?table=t", 2),
    ],
)
def test_broken_databases_are_refused_in_two_lines(
    place: Path, url: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    database(place / "a.db", frame(), other=frame())
    (place / "broken.db").write_bytes((place / "a.db").read_bytes()[:3000] + SECRET.encode() * 100)
    with sqlite3.connect(place / "text.db") as connection:
        connection.execute("CREATE TABLE bad (" + ",".join(HEAD) + ")")
        connection.execute(f"INSERT INTO bad (name) VALUES (CAST(X'{SECRET.encode().hex()}ff' AS TEXT))")
    connection.close()
    before = {path.name for path in place.iterdir()}
    assert run(["anonymize", url, "-o", "out.csv", "--dataset", "customers", *SAMPLE]) == code
    said = capsys.readouterr().err
    assert_two_lines(said)
    assert "hunter2" not in said
    assert {path.name for path in place.iterdir()} == before


def test_a_database_without_tables_and_a_url_that_is_none(place: Path) -> None:
    sqlite3.connect(place / "e.db").close()
    (place / "e.db").touch()
    with pytest.raises(InputError, match="no tables"):
        databases.tables("sqlite:///e.db")
    with pytest.raises(UsageError):
        databases.tables("sqlite://:::://")


def test_the_password_is_in_no_repr(place: Path) -> None:
    database(place / "a.db", frame())
    [table] = databases.tables("sqlite:///a.db?table=customers")
    assert "a.db" not in repr(table)


# --- streams ---


COMMAND = [sys.executable, "-c", "from secureprofile.cli.main import main; main()"]


def piped(place: Path, data: bytes, *more: str, dataset: str = "customers") -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, "anonymize", "-", "-o", "-", "--dataset", dataset, "--purpose", "audit-sample", *more]
    return subprocess.run(command, cwd=place, input=data, capture_output=True, check=False)


def forms(place: Path) -> dict[str, bytes]:
    table = frame()
    table.to_csv(place / "plain.csv", index=False)
    plain = (place / "plain.csv").read_bytes()
    pq.write_table(pa.Table.from_pandas(table), place / "in.parquet")
    book(place / "in.xlsx", ("a", "visible", [HEAD, *table.to_numpy().tolist()]))
    lines = table.to_json(orient="records", lines=True).encode()
    return {
        "csv": plain, "gzip": gzip.compress(plain), "gb18030": plain.decode().replace(SECRET, "王小明").encode("gb18030"),
        "utf-16": plain.decode().encode("utf-16"),
        "jsonl": lines, "parquet": (place / "in.parquet").read_bytes(), "xlsx": (place / "in.xlsx").read_bytes(),
    }  # fmt: skip


def test_a_stream_of_any_format_gives_what_the_file_gives(place: Path) -> None:
    given = forms(place)
    assert run(["anonymize", "plain.csv", "-o", "expected.csv", "--dataset", "customers", *SAMPLE]) == 0
    expected = (place / "expected.csv").read_bytes()
    for name, data in given.items():
        done = piped(place, data)
        assert done.returncode == 0, (name, done.stderr)
        assert done.stdout == expected, name
    done = piped(place, given["csv"], "--format", "xlsx", "--quiet")
    assert len(list(openpyxl.load_workbook(io.BytesIO(done.stdout)).active.iter_rows())) == 4
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", 2),
        (",".join(HEAD).encode() + f"\nC1,{SECRET}\n".encode(), 2),
        (b"\x89PNG" + bytes(99), 2),
        (",".join([*HEAD, "other"]).encode() + b"\n", 1),
    ],
)
def test_broken_streams_write_nothing_to_stdout(place: Path, data: bytes, code: int) -> None:
    done = piped(place, data)
    assert done.returncode == code, done.stderr
    assert done.stdout == b""
    assert_two_lines(done.stderr.decode())
    assert not list((place / ".secureprofile" / "tmp").iterdir())


def test_json_and_rows_do_not_share_stdout(place: Path) -> None:
    done = piped(place, forms(place)["csv"], "--json")
    assert done.returncode == 2
    assert done.stdout == b""


def test_the_copy_of_a_stream_cannot_be_read(tmp_path: Path) -> None:
    sealed = Sealed(io.BytesIO(f"id,name\n1,{SECRET}\n".encode() * 1000), tmp_path)
    source = files.sniff(sealed)
    assert source.columns == ("id", "name")
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET.encode() not in everything
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.iterdir())
    rows = spooled(batched([(SECRET, None)] * 1000, ["a", "b"]), ["a", "b"], tmp_path)
    assert rows.to_table().to_pylist() == [{"a": SECRET, "b": None}] * 1000
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET.encode() not in everything
    assert b"PARE" in everything  # Parquet with an encrypted footer


@given(st.binary(max_size=200), st.lists(st.tuples(st.integers(0, 220), st.integers(0, 70)), max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_sealed_stream_reads_like_its_bytes(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, reads: list[tuple[int, int]]
) -> None:
    sealed, plain = Sealed(io.BytesIO(data), tmp_path_factory.mktemp("s")), io.BytesIO(data)
    with sealed.open("rb") as file:
        assert file.read() == data
        for place, size in reads:
            assert file.seek(place) == plain.seek(place)
            assert file.read(size) == plain.read(size)
            assert file.tell() == plain.tell()


@pytest.mark.parametrize(
    "data",
    [
        b'a,b\n1,2\n', b'a,b\n"",2\n,3\n', b"a,b\n1,2\n\n4,5\n", b"a\n1\n\n2\n", b'a,b\n1,"x\ny"\n2,"q""q"\n', b"a,b\r\n1,2\r\n",
        b"a,b\r1,2\r", b"a,b\n 1 ,2", b"a;b\n007;1e5\n2;\n", b"\xef\xbb\xbfa,b\n1,2\n", b"sep=;\na;b\n1;2\n", b'a,b\r\n1,"x\r\ny"\r\n2,3\n',
        "a,b\n王,二\n".encode("gb18030"), "a,b\n1,é\n".encode("utf-16"), b'{"a": 1.50, "b/c~": [1, {"d": null}]}\n\n{"a": null}\n{"b/c~": "x\\ny"}\n',
        b"\xef\xbb\xbf" + b'{"a": true, "b": ""}\n', "{\"a\": \"王\"}\n".encode("utf-16"),
    ],
)  # fmt: skip
def test_a_stream_is_read_as_a_file_is(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    with DuckEngine(temp=tmp_path) as engine:
        tables = []
        for path in (tmp_path / "file", Sealed(io.BytesIO(data), tmp_path)):
            with engine.source(files.sniff(path)) as rows:
                tables.append(engine.to_arrow(rows).to_pylist())
    assert tables[0] == tables[1]
    assert tables[0]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a,b\n1,2\n3\n4,5\n", "line 3 has 1 cells where the header has 2"),
        (b'a,b\n"1\n",2\n3,4,5\n', "line 4 has 3 cells where the header has 2"),
        (b'a,b\n1,"open\n2,3\n', "never closed"),
        (b'a,b\n1,"a"b\n2,3\n', "line 2 does not follow CSV's rules"),
        (b'{"a": 1}\n{"a": 2\n', "line 2 is not one complete JSON object"),
    ],
)
def test_a_broken_stream_is_refused_by_its_line(tmp_path: Path, data: bytes, said: str) -> None:
    with DuckEngine(temp=tmp_path) as engine, pytest.raises(InputError, match=said):
        engine.source(files.sniff(Sealed(io.BytesIO(data), tmp_path))).__enter__()


def test_a_cell_that_is_too_long_is_refused(tmp_path: Path) -> None:
    source = files.sniff(Sealed(io.BytesIO(b"a,b\n" + b"x" * 300 + b",2\n"), tmp_path))
    with pytest.raises(InputError, match="line 2 is longer than"):
        list(csv_batches(source, 200))


# --- formulas ---


def test_formulas_become_text_are_counted_and_stay_where_the_purpose_says_so(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = frame(4)
    table["country"] = ["=HYPERLINK(1)", "+44 20 7946 0000", "-12.5", " @x"]
    table.to_csv(place / "in.csv", index=False)
    command = ["anonymize", "in.csv", "--dataset", "customers", "--purpose", "audit-sample", "-o"]
    assert run([*command, "out.csv"]) == 0
    assert "2 cells of country would run" in capsys.readouterr().err
    cells = [row["country"] for row in csv.DictReader(io.StringIO((place / "out.csv").read_text()))]
    assert cells == ["'=HYPERLINK(1)", "+44 20 7946 0000", "-12.5", "' @x"]
    for name in ("out.jsonl", "out.parquet", "out.xlsx"):  # none of them runs a cell
        assert run([*command, name]) == 0
    assert [
        line[2] for line in openpyxl.load_workbook("out.xlsx").active.iter_rows(min_row=2, values_only=True)
    ] == table["country"].tolist()
    assert {cell.data_type for cell in openpyxl.load_workbook("out.xlsx").active["C"]} == {"s"}
    assert pq.read_table("out.parquet")["country"].to_pylist() == table["country"].tolist()
    bare = (
        (ROOT / "policies" / "strict.yaml").read_text().replace("retention:", "spreadsheet_safe: false\n    retention:")
    )
    for sibling in ("tags.yaml", "releases.yaml"):
        (place / sibling).write_bytes((ROOT / "policies" / sibling).read_bytes())
    (place / "bare.yaml").write_text(bare)
    assert run([*command, "bare.csv", "--policy", "bare.yaml"]) == 0
    cells = [row["country"] for row in csv.DictReader(io.StringIO((place / "bare.csv").read_text()))]
    assert cells == table["country"].tolist()
