"""Tiles of the state database: written in the transaction that completes them, read by proofs.

A full tile is one row. What is left of a level has no row: at level 0 it is the hashes of the newest entries, above it the
roots of the full tiles below.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from secureprofile.audit.tiles import HEIGHT, WIDTH, Node, leaf_hashes, nodes, perfect_root

_LOG = sa.table("log", sa.column("idx"), sa.column("body"))
_TILES = sa.table("tiles", sa.column("level"), sa.column("idx"), sa.column("root"), sa.column("hashes"))

_FIRST: sa.BindParameter[int] = sa.bindparam("first")
_LAST: sa.BindParameter[int] = sa.bindparam("last")
_LEVEL: sa.BindParameter[int] = sa.bindparam("level")
_HASHES = sa.select(_TILES.c.hashes).where(_TILES.c.level == _LEVEL, _TILES.c.idx == _FIRST)
_BODIES = sa.select(_LOG.c.body).where(_LOG.c.idx.between(_FIRST, _LAST)).order_by(_LOG.c.idx)
_ROOTS = (
    sa.select(_TILES.c.root).where(_TILES.c.level == _LEVEL, _TILES.c.idx.between(_FIRST, _LAST)).order_by(_TILES.c.idx)
)
# made once: building a statement costs more than running it


def complete(connection: sa.Connection, size: int) -> None:
    """Write the tiles that the entry before ``size`` completed; call it when ``size`` is a multiple of 256.

    Level 0 hashes the newest 256 entries again, which costs a third of a microsecond each; higher levels read roots.
    """
    level, count = 0, size
    while count and count % WIDTH == 0:
        number = count // WIDTH - 1
        hashes = _newest(connection, level, number, WIDTH)
        connection.execute(sa.insert(_TILES).values(level=level, idx=number, root=perfect_root(hashes), hashes=hashes))
        level, count = level + 1, count >> HEIGHT


def fill(connection: sa.Connection) -> None:
    """Write every full tile of a log that has none yet."""
    newest = connection.execute(sa.select(sa.func.max(_LOG.c.idx))).scalar()
    for size in range(WIDTH, (newest if newest is not None else -1) + 2, WIDTH):
        complete(connection, size)


def log_nodes(connection: sa.Connection, size: int) -> Node:
    """Return the roots of the perfect subtrees of the log's first ``size`` entries."""

    def read(level: int, number: int, width: int) -> bytes:
        found = connection.execute(_HASHES, {"level": level, "first": number}).scalar()
        return bytes(found) if found is not None else _newest(connection, level, number, width)

    return nodes(size, read)


def stored_tile(connection: sa.Connection, number: int) -> bytes | None:
    """Return the hashes of a full tile of entries as they are stored."""
    found = connection.execute(_HASHES, {"level": 0, "first": number}).scalar()
    return None if found is None else bytes(found)


def tile_rows(connection: sa.Connection, level: int, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield (number, hashes) of a level's full tiles, in order."""
    query = sa.select(_TILES.c.idx, _TILES.c.hashes).where(_TILES.c.level == level, _TILES.c.idx >= start)
    for row in connection.execution_options(yield_per=64).execute(query.order_by(_TILES.c.idx)):
        yield row[0], bytes(row[1])


def _newest(connection: sa.Connection, level: int, number: int, width: int) -> bytes:
    """Return the first hashes of a tile without its row: of entries, or the roots of the tiles below."""
    span = {"first": number * WIDTH, "last": number * WIDTH + width - 1}
    if level == 0:
        bodies = connection.execute(_BODIES, span).scalars()
        return leaf_hashes([body if isinstance(body, bytes) else str(body).encode() for body in bodies])
    return b"".join(map(bytes, connection.execute(_ROOTS, {"level": level - 1, **span}).scalars()))
