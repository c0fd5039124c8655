"""Identifiers, a batch at a time: their canonical spelling, and HMAC-SHA-256 by a compiled library.

DuckDB's ``sha256`` is portable code, and its HMAC would be two nested hashes with detours through hex; ``polars-hash`` uses the processor's own
instructions, at a fifth of the cost. Most cells are spelled canonically already: where every byte of a batch is harmless, telling so costs a
nanosecond a byte, and no pattern is asked. Patterns are polars' (the Rust crate ``regex``), which compiles each once and not for every batch.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash as plh
import pyarrow as pa
import pyarrow.compute as pc

from secureprofile.guard.canonical import Rule, remembered, rules
from secureprofile.guard.pseudonyms import TOKEN_HEX, key_of, own_form

HEX = 64
"""Hex digits of a SHA-256."""


def canonical_cells(cells: pa.Array | pa.ChunkedArray, category: str, region: str | None) -> pa.Array:
    """Return :func:`secureprofile.guard.canonical.canonical_text` of every cell; NULL where nothing is left.

    Example:
        >>> canonical_cells(pa.array(["A@example.org", " é ", None, " "]), "user.contact.email", None).to_pylist()
        ['a@example.org', 'é', None, None]
    """
    done = _spelled_cells(_whole(cells), category, region)
    empty = np.diff(_offsets(done)) == 0
    return pc.if_else(pa.array(empty), None, done) if empty.any() else done


def _spelled_cells(cells: pa.Array, category: str, region: str | None) -> pa.Array:
    known = rules(category, region)
    if known and known[0].alphabet and _table(known[0].alphabet)[_bytes(cells)].all():
        return _spelled(cells, known[0])
    done, waiting = cells, np.ones(len(cells), dtype=np.bool_)
    for rule in known:
        text = _without(cells, rule.fillers) if rule.fillers else cells
        hit = waiting & _matches(text, rule.pattern)
        if rule.but and hit.any():
            hit &= ~_matches(text, rule.but)
        if hit.all():
            return _spelled(text, rule)
        if hit.any():
            done = pc.if_else(pa.array(hit), _spelled(text, rule), done)
            waiting &= ~hit
            if not waiting.any():
                return done
    mask = pa.array(waiting)
    rest = [remembered(cell, category, region) for cell in pc.filter(cells, mask).to_pylist()]
    return pc.replace_with_mask(done, mask, pa.array(rest, pa.string()))


def _whole(cells: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return cells in one piece, missing ones empty."""
    whole = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    return whole.fill_null("") if whole.null_count else whole


def _offsets(cells: pa.Array) -> npt.NDArray[np.int32]:
    return np.frombuffer(cells.buffers()[1] or bytes(4), dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]


def _bytes(cells: pa.Array) -> npt.NDArray[np.uint8]:
    offsets = _offsets(cells)
    return np.frombuffer(cells.buffers()[2] or b"", dtype=np.uint8)[offsets[0] : offsets[-1]]


@cache
def _table(alphabet: str) -> npt.NDArray[np.bool_]:
    """Return, for every byte, whether it is one of some ASCII characters."""
    table = np.zeros(256, dtype=np.bool_)
    table[list(alphabet.encode("ascii"))] = True
    return table


def _without(cells: pa.Array, fillers: str) -> pa.Array:
    """Return the cells without some ASCII characters."""
    data, offsets = _bytes(cells), _offsets(cells)
    gone = _table(fillers)[data]
    before = np.zeros(len(data) + 1, dtype=np.int32)  # how many go before each place
    np.cumsum(gone, dtype=np.int32, out=before[1:])
    places = offsets - offsets[0]
    buffers = [None, pa.py_buffer(places - before[places]), pa.py_buffer(data[~gone])]
    return pa.Array.from_buffers(pa.string(), len(cells), buffers)


def _matches(cells: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = pl.Series(cells).str.contains(pattern).to_numpy()
    return found


def _spelled(text: pa.Array, rule: Rule) -> pa.Array:
    text = pc.utf8_slice_codeunits(text, rule.skip) if rule.skip else text
    text = {"lower": pc.ascii_lower, "upper": pc.ascii_upper}[rule.case](text) if rule.case else text
    return pc.binary_join_element_wise(rule.before, text, "") if rule.before else text


def hmac_cells(cells: pa.Array | pa.ChunkedArray, inner: pa.Array | pa.ChunkedArray, digits: int) -> pa.Array:
    """Return the first hex digits of every cell's HMAC-SHA-256 (RFC 2104); NULL for NULL.

    Args:
        cells: texts.
        inner: the key's inner pad, once for every cell.
        digits: at most :data:`HEX`.
    """
    return (
        _emptied(_fixed(_digests(_whole(cells), inner)[:, :digits]), cells) if len(cells) else pa.array([], pa.string())
    )


def token_cells(
    cells: pa.Array | pa.ChunkedArray,
    inner: pa.Array | pa.ChunkedArray,
    *,
    category: str,
    region: str | None,
    kind: str,
    kid: str,
) -> pa.Array:
    """Return ``sp_<type>_<kid>_<32 hex>`` of every cell's canonical spelling; NULL where nothing is left, and a token of ours as it is."""
    cells = _whole(cells)
    if not len(cells):
        return cells
    spelled = canonical_cells(cells, category, region)
    prefix = np.frombuffer(f"sp_{kind}_{kid}_".encode("ascii"), dtype=np.uint8)
    digests = _digests(_whole(spelled), inner)[:, :TOKEN_HEX]
    made = _emptied(_fixed(np.hstack([np.broadcast_to(prefix, (len(cells), len(prefix))), digests])), spelled)
    ours = pc.starts_with(cells, f"sp_{kind}_")
    if not pc.any(ours).as_py():
        return made
    return pc.if_else(pc.and_(ours, pc.match_substring_regex(cells, own_form("sp", kind))), cells, made)


def _digests(cells: pa.Array, inner: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint8]:
    """Return the hex digits, a row for each cell."""
    hashed = pl.DataFrame({"cell": pl.Series(cells)}).select(_hmac(inner[0].as_py())).to_series().to_arrow()
    return np.frombuffer(hashed.buffers()[2], dtype=np.uint8)[: HEX * len(cells)].reshape(-1, HEX)


def _fixed(rows: npt.NDArray[np.uint8]) -> pa.Array:
    """Return texts of one length, given their bytes."""
    count, width = rows.shape
    offsets = np.arange(0, width * (count + 1), width, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))]
    )


def _emptied(made: pa.Array, cells: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return NULL where a cell is NULL."""
    if not cells.null_count:
        return made
    done = pc.if_else(pc.is_valid(cells), made, None)
    return done.combine_chunks() if isinstance(done, pa.ChunkedArray) else done


@cache
def _hmac(inner: bytes) -> Any:
    return plh.col("cell").chash.hmac_sha256(key=key_of(inner))
