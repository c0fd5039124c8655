"""Every format in and out holds the same table: values, empty cells, order."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Rows = list[dict[str, str]]


def bytes_of(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def delimited(path: Path, delimiter: str = ",") -> Rows:
    return list(csv.DictReader(io.StringIO(bytes_of(path).decode(), newline=""), delimiter=delimiter))


def as_text(row: dict[str, object]) -> dict[str, str]:
    return {key: "" if value is None else str(value) for key, value in row.items()}


def lines(path: Path) -> Rows:
    return [as_text(json.loads(line)) for line in bytes_of(path).splitlines()]


def parquet(path: Path) -> Rows:
    return [as_text(row) for row in pq.read_table(path).to_pylist()]


READERS = {
    "out.csv": delimited, "out.csv.gz": delimited, "out.tsv": lambda path: delimited(path, "\t"), "out.jsonl": lines, "out.jsonl.gz": lines,
    "out.parquet": parquet,
}  # fmt: skip
ANONYMIZE = ("anonymize", "--purpose", "partner-analytics", "--quiet", "--dataset", "customers")


@pytest.mark.parametrize("name", READERS)
def test_what_is_written_is_the_same_in_every_format(shop, name: str) -> None:  # type: ignore[no-untyped-def]
    assert shop(*ANONYMIZE, "customers.csv", "-o", name) == 0
    expected = delimited(Path("customers.safe.csv"))
    assert len(expected) > 300
    assert READERS[name](Path(name)) == expected


@pytest.mark.parametrize(
    "name", ["in.tsv", "in.csv.gz", "in.jsonl", "in.jsonl.gz", "in.json", "in.json.gz", "stretched.json", "in.parquet"]
)
def test_what_is_read_is_the_same_from_every_format(shop, name: str) -> None:  # type: ignore[no-untyped-def]
    frame = pd.read_csv("customers.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    match name.split(".", 1)[1]:
        case "tsv":
            frame.to_csv(name, sep="\t", index=False)
        case "csv.gz":
            frame.to_csv(name, index=False, compression="gzip")
        case "jsonl" | "jsonl.gz":
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in frame.to_dict("records")).encode()
            Path(name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
        case "json" | "json.gz":
            people = frame.to_dict("records")
            array = json.dumps(people, ensure_ascii=False, indent=2 if name.endswith("gz") else None)
            stretched = "\n".join(json.dumps(person, indent=1) for person in people)
            text = (stretched if name.startswith("stretched") else array).encode()
            Path(name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
        case "parquet":
            pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), name)
    assert shop(*ANONYMIZE, name, "-o", "out.csv") == 0
    assert delimited(Path("out.csv")) == delimited(Path("customers.safe.csv"))


def test_long_records_are_told_from_short_ones(tmp_path: Path) -> None:
    """Short lines are read in small pieces by many threads; a cell of several megabytes, quoted or not, is seen before."""
    from secureprofile.adapters.duckdb import has_long_records

    table = tmp_path / "t.csv"
    for body, long in (
        ("a,b\n" * 2_000_000, False),
        ('"a\nb",c\n' * 700_000, False),
        ("a,b\n" * 1000 + "x" * (5 << 19) + "\n", True),
        ("a,b\n" * 1000 + '"' + "x\n" * (5 << 18) + '"\n', True),
    ):
        table.write_text(body, encoding="utf-8")
        assert has_long_records(table, b'"') is long
