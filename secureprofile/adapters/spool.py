"""Rows that an engine cannot read by itself (a sheet, a database's answer, a stream), kept for one run as encrypted Parquet.

An engine reads its input several times, a cursor can be read once. So the rows go to the scratch folder, a batch at a time, under a key that
lives in memory only, and the engine streams them from there: memory stays flat, and what a killed run leaves cannot be read.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow as pa

from secureprofile.adapters.outputs import full_disk_told
from secureprofile.adapters.sealed import Readable

if (
    TYPE_CHECKING
):  # at run time where rows are spooled: it costs a third of a second, and most files are read by the engine
    import pyarrow.dataset as ds

BATCH: Final = 20_000
"""Rows of a batch; fewer where there are many columns."""

CELLS: Final = 400_000
"""Cells of a batch at most."""


class Rows(Protocol):
    """A table that can be read from beginning to end."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give the rows, every column as text."""
        ...


def text_schema(columns: Sequence[str]) -> pa.Schema:
    """Return the schema of a table of text."""
    return pa.schema([(name, pa.string()) for name in columns])


def batched(rows: Iterable[Sequence[str | None]], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Turn rows of text cells into record batches.

    Example:
        >>> [batch.to_pylist() for batch in batched([("1", None)], ["a", "b"])]
        [[{'a': '1', 'b': None}]]
    """
    schema, rest = text_schema(columns), iter(rows)
    size = max(1, min(BATCH, CELLS // max(1, len(columns))))
    while piece := list(islice(rest, size)):
        yield pa.record_batch([pa.array(cells, pa.string()) for cells in zip(*piece, strict=True)], schema=schema)


def spooled(batches: Iterable[pa.RecordBatch], columns: Sequence[str], folder: Path) -> ds.Dataset:
    """Write the rows to an encrypted file in ``folder`` and return them as a data set that can be read many times.

    Raises:
        CannotTell: the disk is full.
    """
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

    path, memory = folder / f"rows-{secrets.token_hex(8)}.parquet", _Memory()
    schema = text_schema(columns)
    with (
        full_disk_told("a temporary copy"),
        pq.ParquetWriter(path, schema, compression="zstd", encryption_properties=memory.encryption()) as writer,
    ):
        path.chmod(0o600)
        for batch in batches:
            writer.write_batch(batch.cast(schema))
    return ds.dataset(path, schema=schema, format=memory.format())


def parquet_reader(path: Readable) -> pa.RecordBatchReader:
    """Return the rows of a Parquet stream, which can be read once."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path.open("rb"))
    return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(BATCH))


class _Memory:
    """A key service whose keys are in this object and nowhere else."""

    def __init__(self) -> None:
        import pyarrow.parquet.encryption as pe

        keys: dict[str, bytes] = {}

        class Service(pe.KmsClient):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()

            def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
                name = secrets.token_hex(8)
                keys[name] = key_bytes
                return name

            def unwrap_key(self, wrapped_key: str | bytes, master_key_identifier: str) -> bytes:
                return keys[wrapped_key if isinstance(wrapped_key, str) else wrapped_key.decode()]

        self._factory = pe.CryptoFactory(lambda _: Service())
        self._connection = pe.KmsConnectionConfig()

    def encryption(self) -> Any:
        """Return what a writer needs: a fresh AES-256 key, footer included."""
        import pyarrow.parquet.encryption as pe

        settings = pe.EncryptionConfiguration(
            footer_key="run", uniform_encryption=True, double_wrapping=False, data_key_length_bits=256
        )
        return self._factory.file_encryption_properties(self._connection, settings)

    def format(self) -> ds.ParquetFileFormat:
        """Return what a reader needs."""
        import pyarrow.dataset as ds
        import pyarrow.parquet.encryption as pe

        decryption = ds.ParquetDecryptionConfig(self._factory, self._connection, pe.DecryptionConfiguration())
        return ds.ParquetFileFormat(
            default_fragment_scan_options=ds.ParquetFragmentScanOptions(decryption_config=decryption)
        )
