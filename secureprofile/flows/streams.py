"""Standard output as a target: written whole in a private folder, handed on when everything is finished."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from secureprofile.adapters.duckdb import Format
from secureprofile.adapters.sources import STREAM
from secureprofile.errors import UsageError
from secureprofile.flows.anonymize import output_format

Form = tuple[Format, bool]


def chosen_format(name: str) -> Form:
    """Return (format, gzip) for a format named by itself.

    Example:
        >>> chosen_format("jsonl"), chosen_format("csv.gz")
        (('jsonl', False), ('csv', True))
    """
    bare = name.lower().removesuffix(".gz")
    if bare not in get_args(Format):
        raise UsageError("this output format is not known", hint="one of: " + ", ".join(get_args(Format)))
    return output_format(Path(f"out.{name.lower()}"))


@contextmanager
def target(output: str | Path, scratch: Path, form: str | None) -> Iterator[tuple[Path, Form]]:
    """Give the file to write and its format; for ``-`` a file in ``scratch``, which goes to standard output when the block ends well.

    What lies in the folder (mode 0700, gone afterwards) is the treated table, swept and recorded: no raw cell.
    """
    if str(output) != STREAM:
        path = Path(output)
        yield path, chosen_format(form) if form else output_format(path)
        return
    chosen = chosen_format(form or "csv")
    path = scratch / "standard-output"
    yield path, chosen
    if path.exists():  # not after a dry run
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer, 1 << 20)
        sys.stdout.buffer.flush()
