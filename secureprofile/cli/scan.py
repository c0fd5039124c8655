"""The command ``scan``."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Json, Memory, Overwrite, Quiet, Recognizers

if TYPE_CHECKING:
    from secureprofile.adapters.recognizers import RecognizerFinder
    from secureprofile.flows.scan import ScannedColumn, ScannedFile


def scan(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Files, folders of such files, workbooks and databases.")
    ],
    full: Annotated[bool, typer.Option("--full", help="Look at all cells, not at a sample of 10,000 rows.")] = False,
    draft_policy: Annotated[
        Path | None, typer.Option("--draft-policy", help="Write a policy to start from.", show_default=False)
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a data map: a page for internal use.", show_default=False)
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of the data map: en or zh.")] = "en",
    recognizers: Recognizers = None,
    overwrite: Overwrite = False,
    memory_limit: Memory = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """What personal data is in these files? Exit 1 when any is, 2 when a file could not be read. Nothing is logged, no value is shown."""
    from secureprofile.adapters.outputs import write_whole
    from secureprofile.flows import draft
    from secureprofile.flows import scan as flow

    if lang not in ("en", "zh"):
        raise typer.BadParameter("--lang takes en or zh")
    theirs = _theirs(recognizers)
    began = time.perf_counter()
    with show.progress(quiet=quiet) as progress:
        files = flow.scan(
            inputs, full=full, progress=progress, memory_limit=memory_limit or flow.MEMORY, finders=theirs
        )
    for one in theirs:
        what, all_of_it = show.count(one.count, "recognizer"), time.perf_counter() - began
        show.say(f"your {what} took {one.seconds:.1f} s of {all_of_it:.1f} s", quiet=quiet)
    columns = [column for file in files for column in file.columns]
    if draft_policy is not None and columns:
        write_whole(draft_policy, draft.draft_policy(columns).encode(), overwrite=overwrite)
        show.say(f"draft policy in {draft_policy}: complete it, then run: secureprofile policy check", quiet=quiet)
    if html is not None:
        write_whole(html, draft.data_map(files, lang="zh" if lang == "zh" else "en").encode(), overwrite=overwrite)
        show.say(f"data map in {html}", quiet=quiet)
    if json:
        show.as_json("scan", {"files": [_file(file) for file in files]})
    elif columns:
        _table(columns)
        _beside(files)
    if others := flow.passed_by(inputs):
        show.say(
            f"{show.count(others, 'other file')} in these folders passed by: no tables by their names", quiet=quiet
        )
    _end(files, columns, quiet=quiet)


def _theirs(recognizers: str | None) -> tuple[RecognizerFinder, ...]:
    if recognizers is None:
        return ()
    from secureprofile.adapters.recognizers import finder_from

    return (finder_from(recognizers),)


def _end(files: tuple[ScannedFile, ...], columns: list[ScannedColumn], *, quiet: bool) -> None:
    """Say how much was found and what could not be read, and leave with the code for it."""
    personal = sum(column.personal for column in columns)
    show.say(
        f"{personal} of {len(columns)} columns hold personal data (not logged: scan needs no workspace)", quiet=quiet
    )
    for column in columns:
        for note in column.notes:
            show.say(f"{column.file}, {column.name}: {note}")
    errors = [file.error for file in files if file.error is not None]
    for error in errors:
        show.say(f"error: {error}")
        show.say(f"hint:  {error.hint}")
    if errors:
        raise typer.Exit(max(error.exit_code for error in errors))
    if personal or any(found.personal for file in files for found in file.beside):
        raise typer.Exit(1)


def _table(columns: list[ScannedColumn]) -> None:
    show.table(
        ("file", "column", "category", "sure", "treatment", "because"),
        [
            (
                column.file,
                column.name,
                (column.finding.category or "–") + (" (mixed)" if column.finding.mixed else ""),
                f"{column.finding.confidence:.0%}" if column.finding.category else "",
                column.finding.treatment,
                ", ".join(f"{name} {_share(share)}" for name, share in list(column.finding.evidence.items())[:4]),
            )
            for column in columns
        ],
    )


def _beside(files: tuple[ScannedFile, ...]) -> None:
    """Show what workbooks hold beside their cells."""
    rows = [
        (
            found.file,
            found.place,
            ", ".join(f"{name} {count}" for name, count in found.kinds.items())
            or ("nothing personal recognised" if found.read else "not looked into"),
        )
        for file in files
        for found in file.beside
    ]
    if rows:
        print()
        show.table(("file", "beside the cells", "holds (texts)"), rows)


def _share(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else f"{share:.1g}"


def _file(file: ScannedFile) -> dict[str, Any]:
    if file.error is not None:
        return {"file": file.name, "error": str(file.error), "hint": file.error.hint}
    columns = [_column(column) for column in file.columns]
    beside = [dataclasses.asdict(found) for found in file.beside]
    return {
        "file": file.name, "rows_looked_at": file.rows, "rows": file.looked, "columns": columns, "beside_cells": beside,
    }  # fmt: skip


def _column(column: ScannedColumn) -> dict[str, Any]:
    finding = column.finding
    return {
        "position": column.position,
        "name": column.name,
        "category": finding.category,
        "confidence": finding.confidence,
        "evidence": finding.evidence,
        "treatment": finding.treatment,
        "mixed": finding.mixed,
        "traces": column.traces,
        "notes": column.notes,
    }
