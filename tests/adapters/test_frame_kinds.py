"""Every kind of cell and frame: what is kept comes back as it was, what is treated is text, and the input stays as it is."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from secureprofile.errors import UsageError
from secureprofile.workspace import Session, Workspace

POLICY = """
secureprofile: 1
policy: {id: frames, version: 1, owner: tests, jurisdiction: [GDPR]}
defaults: deny
roles: {steward: [creator]}
domains: {people: {unit: person, population: 1000, epsilon: 1, delta: 1.0e-6}}
datasets:
  t:
    domain: people
    subject: id
    columns: {id: user.unique_id, note: user.content.private, day: user.demographic.date_of_birth, k: {category: system.operations, optional: true}}
purposes:
  export:
    data_use: analytics.reporting
    lawful_basis: {GDPR: legitimate-interests}
    roles: [steward]
    outputs: [export]
    consent: not-required
    retention: P1Y
    allow:
      user.unique_id: pseudonym
      user.content.private: scrub
      user.demographic.date_of_birth: {generalize: {to: month}}
      system.operations: keep
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("frames")
    (folder / "p.yaml").write_text(POLICY)
    with Workspace.open(
        folder / "w", policy=folder / "p.yaml", keys=f"file:{folder / 'keys'}", actor="a@b.example"
    ) as made:
        yield made


@pytest.fixture
def session(place: Workspace) -> Iterator[Session]:
    with place.session(purpose="export") as one:
        yield one


ZONE = dt.timezone(dt.timedelta(hours=8))
MAIL = "write to ada@planted.example"


def frame(kept: Any, **more: Any) -> pd.DataFrame:
    rows = len(kept)
    base = {"id": [f"C{n}" for n in range(rows)], "note": [MAIL] * rows, "day": ["1980-05-06"] * rows}
    return pd.DataFrame({**base, "k": kept, **more})


KEPT: dict[str, Any] = {
    "ints": [1, 2, 3], "floats": [1.5, float("nan"), float("inf")], "objects": pd.Series([1, "a", None], dtype=object), "bools": [True, False, True],
    "decimals": pd.Series([Decimal("1.10"), None, Decimal("NaN")], dtype=object), "bytes": pd.Series([b"\xff", b"", None], dtype=object),
    "nested": pd.Series([[1, "x"], {"a": [None]}, {3, 4}], dtype=object), "dates": pd.to_datetime(["2026-01-01", None, "2026-01-03"]),
    "zoned": pd.to_datetime(["2026-01-01", None, "2026-01-03"]).tz_localize("Asia/Shanghai"),
    "mixed zones": pd.Series([dt.datetime(2026, 1, 1, tzinfo=ZONE), dt.datetime(2026, 1, 1), pd.NaT], dtype=object),
    "categories": pd.Categorical(["b", None, "b"], categories=["a", "b"], ordered=True), "nullable ints": pd.array([1, None, 3], dtype="Int64"),
    "nullable bools": pd.array([True, None, False], dtype="boolean"), "strings": pd.array(["x", None, ""], dtype="string"),
    "periods": pd.period_range("2026-01", periods=3, freq="M"),
    "spans": pd.to_timedelta([1, None, 3], unit="D"), "surrogates": pd.Series(["a\ud800", "\0", "\u202e"], dtype=object),
    "complex": pd.Series([1j, 2j, 3j]),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_kept_columns_come_back_as_they_were(session: Session, name: str) -> None:
    given = frame(KEPT[name])
    before = copy.deepcopy(given)
    safe = session.anonymize(given, dataset="t")
    pd.testing.assert_frame_equal(given, before)
    pd.testing.assert_series_equal(safe["k"], before["k"])
    assert safe["note"].tolist() == ["write to [EMAIL]"] * 3
    assert safe["day"].tolist() == ["1980-05"] * 3
    assert safe["id"].str.startswith("sp_id_").all()


INDEXES: dict[str, Any] = {
    "duplicates": pd.Index([5, 5, 1]), "named": pd.Index(list("xyz"), name="who"), "several": pd.MultiIndex.from_tuples([("a", 1), ("a", 1),
    ("b", 2)], names=["p", None]),
    "days": pd.date_range("2026-01-01", periods=3), "range": pd.RangeIndex(7, 10),
}  # fmt: skip


@pytest.mark.parametrize("name", INDEXES)
def test_the_index_comes_back(session: Session, name: str) -> None:
    given = frame([3, 1, 2]).set_axis(INDEXES[name], axis=0)
    safe = session.anonymize(given, dataset="t")
    pd.testing.assert_index_equal(safe.index, given.index)
    assert safe["k"].tolist() == [3, 1, 2]


def tokens(session: Session, ids: Any) -> list[Any]:
    given = pd.DataFrame({"id": ids, "note": "", "day": ""})
    return [cell if isinstance(cell, str) else None for cell in session.anonymize(given, dataset="t")["id"]]


def test_one_person_in_any_type_has_one_token(session: Session) -> None:
    expected = tokens(session, ["7", "8"])
    for ids in (
        [7, 8],
        [7.0, 8.0],
        pd.array([7, 8], dtype="Int64"),
        [Decimal(7), Decimal("8")],
        np.array([7, 8], "uint8"),
        pd.Categorical([7, 8]),
        [b"7", b"8"],
    ):
        assert tokens(session, pd.Series(ids, dtype=object) if isinstance(ids, list) else ids) == expected, ids
    assert tokens(session, [7, None])[:1] == expected[:1]  # pandas makes it a column of floats
    for missing in (None, float("nan"), pd.NaT, pd.NA, Decimal("NaN"), np.datetime64("NaT")):
        assert tokens(session, pd.Series(["7", missing], dtype=object)) == [expected[0], None]


def test_dates_of_any_type_are_coarsened_by_their_own_clock(session: Session) -> None:
    late = dt.datetime(2026, 1, 31, 23, 30, tzinfo=ZONE)
    days: list[Any] = [
        "2026-01-31",
        dt.date(2026, 1, 31),
        dt.datetime(2026, 1, 31, 5),
        late,
        pd.Timestamp(late),
        pd.NaT,
    ]
    given = pd.DataFrame({"id": range(6), "note": "", "day": pd.Series(days, dtype=object)})
    assert session.anonymize(given, dataset="t")["day"].tolist()[:5] == ["2026-01"] * 5


def test_what_is_scrubbed_may_be_nested(session: Session) -> None:
    cells = [
        {"mail": ["ada@planted.example"]},
        ["bob@planted.example", 1],
        {"eve@planted.example"},
        b"ada@planted.example",
        '{"a": "ada@planted.example"}',
        5,
    ]
    given = pd.DataFrame({"id": range(6), "note": pd.Series(cells, dtype=object), "day": ""})
    before = copy.deepcopy(given)
    safe = session.anonymize(given, dataset="t")["note"].tolist()
    pd.testing.assert_frame_equal(given, before)
    assert safe == ['{"mail": ["[EMAIL]"]}', '["[EMAIL]", 1]', '["[EMAIL]"]', "[EMAIL]", '{"a": "[EMAIL]"}', "5"]


def test_empty_frames(session: Session) -> None:
    safe = session.anonymize(frame([1]).iloc[:0], dataset="t")
    assert list(safe.columns) == ["id", "note", "day", "k"]
    assert len(safe) == 0


def test_columns_without_a_name_of_their_own_are_refused(session: Session) -> None:
    twice = pd.DataFrame([["a", "b", "c", "d"]], columns=["id", "note", "day", "ID"])
    many = pd.DataFrame([["a"]], columns=pd.MultiIndex.from_tuples([("id", "x")]))
    for given in (
        twice,
        many,
        pd.DataFrame({7: ["a"]}),
        pd.DataFrame({" ": ["a"]}),
        pa.table([["a"], ["b"]], ["id", "id"]),
    ):
        with pytest.raises(UsageError) as caught:
            session.anonymize(given, dataset="t")
        assert caught.value.hint
    for nothing in ([1], {"a": 1}, None, "x", pd.Series([1]), pl.Series([1]), pl.LazyFrame()):
        with pytest.raises(UsageError):
            session.anonymize(nothing, dataset="t")


def test_polars(session: Session) -> None:
    given = pl.DataFrame({
        "id": ["C1", "C2"], "note": [MAIL, None], "day": [dt.date(1980, 5, 6), None],
        "k": pl.Series([[1], [2, 3]], dtype=pl.List(pl.Int8)),
    })  # fmt: skip
    before = given.clone()
    safe = session.anonymize(given, dataset="t")
    assert given.equals(before)
    assert isinstance(safe, pl.DataFrame)
    assert safe["k"].equals(given["k"])
    assert safe["k"].dtype == given["k"].dtype
    assert safe["note"].to_list() == ["write to [EMAIL]", None]
    assert safe["day"].to_list() == ["1980-05", None]
    with pytest.raises(UsageError, match="column 2"):
        session.anonymize(given.with_columns(note=pl.Series([object(), object()], dtype=pl.Object)), dataset="t")


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", None]).dictionary_encode(), pa.array(["a", "b"], pa.large_string()), pa.array([dt.datetime(2026, 1, 1)] * 2,
        pa.timestamp("ns", "UTC")),
        pa.array([{"a": [1]}, None]), pa.array([Decimal("1.5"), None], pa.decimal128(9, 3)), pa.array([1, None], pa.int8()),
        pa.array([b"\xff", b"x"]), pa.nulls(2),
    ],
)  # fmt: skip
def test_arrow(session: Session, column: pa.Array) -> None:
    given = pa.table(
        {
            "id": pa.array(["C1", "C2"]).dictionary_encode(),
            "note": [MAIL, ""],
            "day": pa.array([dt.date(1980, 5, 6), None]),
            "k": column,
        }
    )
    safe = session.anonymize(given.replace_schema_metadata({"note": MAIL}), dataset="t")
    assert safe["k"].type == column.type
    assert safe["k"].to_pylist() == column.to_pylist()
    assert safe["note"].to_pylist() == ["write to [EMAIL]", ""]
    assert "planted" not in str(safe.schema)
