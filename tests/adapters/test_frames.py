"""Frames in, frames out: the same kind comes back, treated, and what came in is as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from secureprofile.errors import PolicyRefused, UsageError
from secureprofile.workspace import Session, Workspace


@pytest.fixture
def session(shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:  # type: ignore[no-untyped-def]
    with (
        Workspace.open(Path(".secureprofile"), create=False) as place,
        place.session(purpose="partner-analytics") as one,
    ):
        yield one


@pytest.fixture
def customers() -> pd.DataFrame:
    return pd.read_csv("customers.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")


def test_pandas(session: Session, customers: pd.DataFrame) -> None:
    before = customers.copy(deep=True)
    safe = session.anonymize(customers, dataset="customers")
    pd.testing.assert_frame_equal(customers, before)
    assert isinstance(safe, pd.DataFrame)
    on_disk = pd.read_csv("customers.safe.csv", dtype=str, keep_default_na=False)
    assert list(safe.columns) == list(on_disk.columns)
    assert safe["customer_id"].tolist() == on_disk["customer_id"].tolist()
    for column in ("email", "mobile", "notes", "city"):
        assert [cell or "" for cell in safe[column].astype(object).where(safe[column].notna(), "")] == on_disk[
            column
        ].tolist()


def test_arrow_and_ibis(session: Session, customers: pd.DataFrame) -> None:
    table = pa.Table.from_pandas(customers, preserve_index=False)
    safe = session.anonymize(table, dataset="customers")
    assert isinstance(safe, pa.Table)
    assert session.anonymize(ibis.memtable(table), dataset="customers").to_pylist() == safe.to_pylist()


def test_what_the_policy_does_not_name_is_refused_in_frames_too(session: Session, customers: pd.DataFrame) -> None:
    with pytest.raises(PolicyRefused, match="column 13 of 13"):
        session.anonymize(customers.assign(shoe_size="44"), dataset="customers")


def test_what_is_no_frame_is_refused(session: Session) -> None:
    with pytest.raises(UsageError, match="not a data frame"):
        session.anonymize([{"a": 1}], dataset="customers")
