"""The files of tokens beside the log: one per run that touched people, and one per batch of new salts. They may be pruned.

A file holds the sorted tokens, 32 bytes each, then the complete subtrees of levels 4, 8, 12 … (docs/formats/presence.md), so that a proof
at a million tokens reads a few dozen hashes. A file gets its name inside the transaction that records it; the rest is swept.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from secureprofile.adapters import schema
from secureprofile.adapters.disk import sync
from secureprofile.adapters.runs import FOLDER, salts_path, tokens_path
from secureprofile.adapters.views import Reader, Writer
from secureprofile.audit.merkle import HASH_BYTES, leaf_hash, node_hash
from secureprofile.audit.presence import (
    LABEL,
    Presence,
    class_text,
    prove,
    range_root,
    salt_commitment,
    size_class,
)
from secureprofile.errors import CannotTell

STEP = 4
"""Every fourth level of the tree is kept: a fifteenth more bytes, and a proof hashes sixteen leaves per kept level."""
CHUNK = 65_536
FEW = 20_000
"""Up to so many people are asked for one by one; more are joined with the whole vault."""

By = Literal["token", "lookup"]


def run_tokens(salts: Sequence[bytes], run: int) -> bytes:
    """Return the tokens of many people in one run, one after the other."""
    message, digest = LABEL + run.to_bytes(8, "big"), hmac.digest
    return b"".join([digest(salt, message, "sha256") for salt in salts])


def padded(leaves: bytes) -> npt.NDArray[np.bytes_]:
    """Return 32-byte leaves with random dummies up to their class, sorted."""
    count = len(leaves) // HASH_BYTES
    drawn = secrets.token_bytes((size_class(count) - count) * HASH_BYTES)
    rows = np.frombuffer(leaves + drawn, dtype=f"S{HASH_BYTES}").copy()
    rows.sort()  # bytes compare unsigned; rows that differ only in zeros at their end do not occur among random ones
    return rows


class TreeWriter:
    """Writes sorted leaves and their kept levels; memory holds one kept level, a sixteenth of the leaves."""

    def __init__(self, leaves: npt.NDArray[np.bytes_]) -> None:
        self._raw = leaves.tobytes()
        self.size = len(leaves)
        self.kept: list[list[bytes]] = []
        sha = hashlib.sha256
        first: list[bytes] = []
        for start in range(0, self.size, CHUNK):
            part = self._raw[start * HASH_BYTES : (start + CHUNK) * HASH_BYTES]
            hashes = [sha(b"\x00" + part[at : at + HASH_BYTES]).digest() for at in range(0, len(part), HASH_BYTES)]
            first += _raised(hashes)
        while first:
            self.kept.append(first)
            first = _raised(first)

    def root(self) -> bytes:
        """Return the root."""
        return range_root(0, self.size, self._node)

    def _node(self, level: int, place: int) -> bytes:
        return _combined(level, place, self._stored)

    def _stored(self, level: int, place: int) -> bytes:
        if level == 0:
            return leaf_hash(self._raw[place * HASH_BYTES : (place + 1) * HASH_BYTES])
        return self.kept[level // STEP - 1][place]

    def write(self, descriptor: int) -> None:
        """Write the file and flush it to disk."""
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(self._raw)
            for level in self.kept:
                file.write(b"".join(level))
            file.flush()
            os.fsync(descriptor)


def _raised(hashes: list[bytes]) -> list[bytes]:
    """Return the complete subtrees four levels up."""
    sha = hashlib.sha256
    for _ in range(STEP):
        below = iter(hashes)
        hashes = [sha(b"\x01" + left + right).digest() for left, right in zip(below, below, strict=False)]
    return hashes


def _combined(level: int, place: int, stored: object) -> bytes:
    assert callable(stored)
    if level % STEP == 0:
        return bytes(stored(level, place))
    return node_hash(_combined(level - 1, 2 * place, stored), _combined(level - 1, 2 * place + 1, stored))


class TokenFile:
    """One file of tokens, read in place.

    Raises:
        CannotTell: it is missing or not of the size that its class has.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.size = size
        self._offsets, end, count = [0], size, size
        while (count := count >> STEP) > 0:
            self._offsets.append(end)
            end += count
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            raise _damaged() from None
        self._descriptor = descriptor
        if os.fstat(descriptor).st_size != end * HASH_BYTES:
            os.close(descriptor)
            raise _damaged()

    def __enter__(self) -> TokenFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def _row(self, place: int) -> bytes:
        return os.pread(self._descriptor, HASH_BYTES, place * HASH_BYTES)

    def leaf(self, place: int) -> bytes:
        """Return a token by its place."""
        return self._row(place)

    def tokens(self) -> Iterator[bytes]:
        """Yield all tokens in order."""
        for start in range(0, self.size, CHUNK):
            part = os.pread(self._descriptor, min(CHUNK, self.size - start) * HASH_BYTES, start * HASH_BYTES)
            yield from (part[at : at + HASH_BYTES] for at in range(0, len(part), HASH_BYTES))

    def place(self, wanted: bytes) -> int:
        """Return the place of the first token that is not smaller."""
        low, high = 0, self.size
        while low < high:
            middle = (low + high) // 2
            if self._row(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def _node(self, level: int, place: int) -> bytes:
        if level % STEP == 0 or level < STEP:
            return self._low(level, place)
        return node_hash(self._node(level - 1, 2 * place), self._node(level - 1, 2 * place + 1))

    def _low(self, level: int, place: int) -> bytes:
        """Read what is kept; below the first kept level hash a run of leaves, read at once."""
        if level >= STEP:
            return self._row(self._offsets[level // STEP] + place)
        count = 1 << level
        raw = os.pread(self._descriptor, count * HASH_BYTES, place * count * HASH_BYTES)
        hashes = [leaf_hash(raw[at : at + HASH_BYTES]) for at in range(0, len(raw), HASH_BYTES)]
        while len(hashes) > 1:
            below = iter(hashes)
            hashes = [node_hash(left, right) for left, right in zip(below, below, strict=True)]
        return hashes[0]

    def prove(self, wanted: bytes) -> Presence:
        """Return the proof that a token is here, or that it is not."""
        return prove(wanted, size=self.size, place=self.place(wanted), leaf=self.leaf, node=self._node)


def _damaged() -> CannotTell:
    return CannotTell(
        "a file of tokens beside the log is missing or damaged",
        hint="restore the folder presence/ from a backup; the log itself is not touched",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What a run will commit to; ``subjects`` goes into its outcome entry, :meth:`add` into the same transaction."""

    root: Path
    run: int
    size: int
    domain: str
    subjects: dict[str, str]

    def add(self, tx: Writer, *, act: str, at: str, purpose: str = "", recipient: str = "", dataset: str = "") -> None:
        """Record the run, and give its file of tokens its name."""
        final = tokens_path(self.root, self.run)
        final.with_suffix(".part").replace(final)
        sync(final.parent)
        tx.add_run(
            run=self.run, entry=tx.log_size(), act=act, at=at, purpose=purpose, recipient=recipient,
            dataset=dataset, domain=self.domain, size=self.size, kept=1,
        )  # fmt: skip


@contextmanager
def committing(root: Path, view: Reader, people: pa.Array, *, by: By, run: int, domain: str) -> Iterator[Commitment]:
    """Write the tokens of a run's people, and give what commits to them; the file is held until the block ends.

    Args:
        root: of the workspace.
        view: of the state, in which everybody is enrolled.
        people: vault tokens, or lookups.
        by: which of the two.
        run: index of the run's intent.
        domain: of the people; empty where they may be of several.
    """
    tree = TreeWriter(padded(run_tokens(salts_of(view, people, by=by, domain=domain), run)))
    folder = root / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    descriptor = os.open(folder / f"{run}.part", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        tree.write(descriptor)
        subjects = {"class": class_text(tree.size), "root": tree.root().hex()}
        yield Commitment(root=root, run=run, size=tree.size, domain=domain, subjects=subjects)
    finally:
        os.close(descriptor)


def salts_of(view: Reader, people: pa.Array, *, by: By, domain: str) -> list[bytes]:
    """Return the salts of people, in no particular order; those that the vault does not know are left out."""
    c = schema.vault.c
    key = c.token if by == "token" else c.lookup
    wanted = pc.unique(people).drop_null()
    inside = [c.domain == domain] if domain else []
    if len(wanted) <= FEW:
        names, found = wanted.to_pylist(), list[bytes]()
        for start in range(0, len(names), 500):
            query = sa.select(c.salt).where(key.in_(names[start : start + 500]), *inside)
            found += [row[0] for row in view.connection.execute(query)]
        return found
    keys, salts = list[pa.Array](), list[bytes]()
    query = sa.select(key, c.salt).where(*inside)
    for part in view.connection.execution_options(yield_per=CHUNK).execute(query).partitions():
        names, values = zip(*part, strict=True)
        keys.append(pa.array(names, pa.string()))
        salts += values
    there = pc.is_in(pa.chunked_array(keys, pa.string()), value_set=wanted)
    return [salt for salt, kept in zip(salts, there.to_pylist(), strict=True) if kept]


def commit_salts(root: Path, tx: Writer) -> dict[str, str]:
    """Return what the entry about to be written must say of people enrolled since the last one; nothing where there are none."""
    e, v = schema.enrolments.c, schema.vault.c
    batches = [row[0] for row in tx.connection.execute(sa.select(e.id).where(e.entry.is_(None)))]
    if not batches:
        return {}
    query = sa.select(v.salt, v.lookup).where(v.batch.in_(batches))
    leaves = b"".join([salt_commitment(salt, lookup) for salt, lookup in tx.connection.execute(query)])
    tree, entry = TreeWriter(padded(leaves)), tx.log_size()
    path = salts_path(root, entry)
    path.parent.mkdir(exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)
    try:
        tree.write(descriptor)
    finally:
        os.close(descriptor)
    sync(path.parent)
    tx.connection.execute(sa.update(schema.enrolments).where(e.id.in_(batches)).values(entry=entry, size=tree.size))
    return {"new-class": class_text(tree.size), "new-root": tree.root().hex()}
