"""Hierarchies of a policy's section ``anonymity``, made for the values at hand; files of them, read and written in ARX's CSV format.

A file has one line for each value, ``value;level 1;…;*``, without header. Delimiter (semicolon, tab, comma) and encoding are recognised.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Literal

from secureprofile.adapters.encodings import find_encoding
from secureprofile.anonymity.generate import make
from secureprofile.anonymity.hierarchy import Hierarchy
from secureprofile.errors import InputError
from secureprofile.policy.anonymity import Anonymity, FromFile, Generalisation

if TYPE_CHECKING:
    from secureprofile.adapters.duckdb import DuckEngine
    from secureprofile.adapters.files import Source

DELIMITERS: Final = ";\t,"
"""In the order in which they are believed, where several fit."""


def hierarchies(
    rules: Anonymity, values: Mapping[str, Collection[str]], siblings: Mapping[str, bytes]
) -> dict[str, Hierarchy]:
    """Make the hierarchy of every quasi-identifier, and of every sensitive attribute that names one for its distance.

    Args:
        rules: the policy's section.
        values: for each of these columns its different values; the empty text is a missing cell.
        siblings: the files that were loaded, and hashed, with the policy.

    Raises:
        HierarchyError: one does not nest, or does not cover or cannot read the values.
        InputError: a file is not text, or not CSV.
    """
    ways = {name: quasi.by for name, quasi in rules.quasi_identifiers.items()}
    ways |= {name: one.by for name, one in rules.sensitive.items() if one.by is not None}
    return {name: hierarchy(name, by, values[name], siblings) for name, by in ways.items()}


def hierarchy(
    name: str, by: Generalisation, values: Collection[str], siblings: Mapping[str, bytes] | None = None
) -> Hierarchy:
    """Make one hierarchy: reads the file that the declaration names, and knows places. Arguments and errors as above."""
    rows = read_rows((siblings or {})[by.file], name=by.file) if isinstance(by, FromFile) else None
    return make(name, by, values, rows=rows, places=_place_of)


def _place_of(text: str) -> tuple[str, str] | None:
    from secureprofile.adapters.places import place_of

    return place_of(text)


def check_files(rules: Mapping[str, Anonymity], siblings: Mapping[str, bytes]) -> None:
    """Read every hierarchy file of a policy, whatever the data.

    Raises:
        HierarchyError: one does not nest.
        InputError: one is not text, or not CSV.
    """
    for one in rules.values():
        ways = [quasi.by for quasi in one.quasi_identifiers.values()]
        ways += [sensitive.by for sensitive in one.sensitive.values() if sensitive.by is not None]
        for by in ways:
            if isinstance(by, FromFile):
                Hierarchy.from_rows(by.file, read_rows(siblings[by.file], name=by.file))


# --- files --------------------------------------------------------------------------------------------------------------


def read_rows(data: bytes, *, name: str) -> list[list[str]]:
    r"""Read the rows of a hierarchy file; the first is line 1, unless a quoted cell holds a line end.

    Raises:
        InputError: not text, not CSV, empty, or with a blank line between others.

    Example:
        >>> read_rows(b"1;0-4;*\n2;0-4;*\n", name="age.csv")
        [['1', '0-4', '*'], ['2', '0-4', '*']]
    """
    if not data.strip():
        raise InputError(f"{name} is empty", hint="write one line for each value: value;level 1;…;*")
    encoding, _ = find_encoding(_Bytes(name, data), "none", data[:4096])
    text = data.decode(encoding).removeprefix("\ufeff").rstrip("\r\n") + "\n"
    rows = max((_parsed(text, delimiter) for delimiter in DELIMITERS), key=_uniform)  # the first of the best
    if not rows:
        raise InputError(
            f"{name} does not follow CSV's rules", hint='close every quote; double those inside a cell: ""'
        )
    blank = next((line for line, row in enumerate(rows, start=1) if not row), None)
    if blank is not None:
        hint = "remove it; a missing cell is a line that begins with the delimiter: ;unknown;*"
        raise InputError(f"{name}: line {blank} is blank", hint=hint)
    return rows


def file_rows(path: Path) -> list[list[str]]:
    """Read the rows of a hierarchy file that somebody names. Errors as of :func:`read_rows`; also InputError where it is not there."""
    try:
        return read_rows(path.read_bytes(), name=path.name)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", hint="check the name and the folder") from None


class _Bytes:
    """Bytes that are read as a file."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self._data = name, data

    def open(self, mode: Literal["rb"] = "rb", /) -> IO[bytes]:
        return io.BytesIO(self._data)


def _parsed(text: str, delimiter: str) -> list[list[str]]:
    """Return the records under a delimiter; none where the quotes do not fit."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return []


def _uniform(rows: Sequence[Sequence[str]]) -> tuple[float, bool]:
    """Tell how well a delimiter fits: the share of rows with the most usual number of cells, which should not be one."""
    if not rows:
        return -1.0, False
    width, count = Counter(map(len, rows)).most_common(1)[0]
    return (count / len(rows) if width > 1 else 0.0), width > 1


def written(hierarchy: Hierarchy) -> bytes:
    r"""Return a hierarchy as a file in ARX's format: UTF-8, semicolons, one line for each value.

    Example:
        >>> written(Hierarchy.from_rows("sex", [["f", "*"], ["m", "*"], ["", "*"]]))
        b'f;*\nm;*\n;*\n'
    """
    columns = [[level.labels[group] for group in level.groups.tolist()] for level in hierarchy.levels]
    return written_rows(zip(*columns, strict=True))


def written_rows(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows of such a file. Python's own writer leaves a carriage return without quotes, and its reader ends the line there."""
    return "".join(";".join(map(_cell, row)) + "\n" for row in rows).encode()


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search('[;"\r\n]', text) else text


# --- values -------------------------------------------------------------------------------------------------------------


def count_values(source: Source, column: str, engine: DuckEngine) -> dict[str, int]:
    """Return a column's different values with how many rows have each, most usual first; the empty text is a missing cell.

    Raises:
        InputError: the table has no such column, or cannot be read.
    """
    if column not in source.columns:
        raise InputError(
            f"{source.path.name} has no column of this name among its {len(source.columns)}",
            hint="--column as the first row spells it",
        )
    with engine.source(source) as table:
        cells = table.select(value=table[column].fill_null(""))
        counted = engine.to_arrow(cells.group_by("value").agg(rows=cells.count()), what=source.path.name)
    pairs = zip(counted["value"].to_pylist(), counted["rows"].to_pylist(), strict=True)
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))
