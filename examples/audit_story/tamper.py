"""Change a log the way somebody would who has something to hide: ``python tamper.py state.db|EXPORT edit|cut``.

``edit`` turns the first refusal into a permission, and ``cut`` removes the newest entries.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

WAS, IS = b'"result":"deny"', b'"result":"allow"'


def in_database(path: Path, how: str) -> None:
    """An entry is a row: number and canonical JSON."""
    with closing(sqlite3.connect(path)) as state, state:
        if how == "cut":
            state.execute("DELETE FROM log WHERE idx > (SELECT max(idx) - 5 FROM log)")
            return
        index, body = next(row for row in state.execute("SELECT idx, body FROM log ORDER BY idx") if WAS in row[1])
        state.execute("UPDATE log SET body = ? WHERE idx = ?", (body.replace(WAS, IS), index))


def in_export(folder: Path, how: str) -> None:
    """An entry bundle holds entries behind one another, each after its length in two bytes."""
    for bundle in sorted(folder.glob("tile/entries/**/*")):
        if bundle.is_file() and (how == "cut" or WAS in bundle.read_bytes()):
            data = bundle.read_bytes()
            bundle.chmod(0o600)
            bundle.write_bytes(
                data[: len(data) // 2] if how == "cut" else data.replace(WAS, IS.replace(b"allow", b"allo"), 1)
            )
            return


if __name__ == "__main__":
    target, how = Path(sys.argv[1]), sys.argv[2]
    (in_export if target.is_dir() else in_database)(target, how)
