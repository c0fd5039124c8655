"""Commands on hierarchies: how the values of a column may be generalised."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Json, Overwrite, Quiet
from secureprofile.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from secureprofile.anonymity.hierarchy import Hierarchy
    from secureprofile.anonymity.lint import Finding
    from secureprofile.policy.anonymity import Generalisation

app = typer.Typer(help="How values may be generalised: check a file, make one.", no_args_is_help=True)

Column = Annotated[str, typer.Option("--column", help="The column, as the first row spells it.")]
Sheet = Annotated[
    str | None, typer.Option("--sheet", help="Of a workbook: its name or place; the only visible one by default.")
]


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="Hierarchy: one line for each value, value;level 1;…;*")],
    data: Annotated[str | None, typer.Option("--data", help="A table whose column it must cover.")] = None,
    column: Annotated[str | None, typer.Option("--column", help="The column, as the first row spells it.")] = None,
    sheet: Sheet = None,
    missing: Annotated[
        Path | None,
        typer.Option("--missing", help="Write the values that it lacks, to be completed.", show_default=False),
    ] = None,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Does a hierarchy nest, and does it fit the data? Exit 1 when it does not fit or a label misleads, 2 when it is none."""
    from secureprofile.adapters.hierarchies import file_rows
    from secureprofile.anonymity.hierarchy import Hierarchy
    from secureprofile.anonymity.lint import lint

    if (data is None) != (column is None) or (missing is not None and data is None):
        raise UsageError("a column to compare with is named by two options", hint="--data FILE --column NAME")
    hierarchy = Hierarchy.from_rows(file.name, file_rows(file))
    values = None if data is None or column is None else _counted(data, column, sheet)
    found = lint(hierarchy, values)
    if missing is not None and values is not None:
        _write_missing(missing, [value for value in values if value not in hierarchy.places], overwrite=overwrite)
    if json:
        show.as_json("hierarchy", {"levels": _levels(hierarchy), "findings": [_as_dict(one) for one in found]})
    else:
        _table(hierarchy)
        _findings(found)
    if any(one.severity == "error" for one in found):
        raise typer.Exit(1)


@app.command("make")
def make(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A table: CSV, JSON Lines, Parquet, Excel, a database.")],
    column: Column,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write; name it in the policy.")],
    bands: Annotated[
        str | None, typer.Option("--bands", metavar="WIDTH", help="Numbers in bands, each level twice as wide.")
    ] = None,
    dates: Annotated[bool, typer.Option("--dates", help="Days to month, quarter, year, decade.")] = False,
    prefix: Annotated[
        str | None, typer.Option("--prefix", metavar="4,3,2", help="Codes by their first characters.")
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(
            "--order",
            metavar="LIST",
            help="Categories in their order: low,middle,high, or a file with one on each line.",
        ),
    ] = None,
    places: Annotated[bool, typer.Option("--places", help="Cities and regions to region and country.")] = False,
    frequency: Annotated[
        int | None,
        typer.Option("--frequency", metavar="N", min=1, help="The N most usual values stay, others become `other`."),
    ] = None,
    start: Annotated[str | None, typer.Option("--start", help="Of bands: where one begins; 0 by default.")] = None,
    low: Annotated[str | None, typer.Option("--low", help="Of bands: all numbers below share one.")] = None,
    high: Annotated[str | None, typer.Option("--high", help="Of bands: all numbers from here on share one.")] = None,
    levels: Annotated[int | None, typer.Option("--levels", help="Of bands: how many; 4 by default.")] = None,
    factor: Annotated[
        int | None, typer.Option("--factor", help="Of bands and order: how many join in one; 2 by default.")
    ] = None,
    size: Annotated[
        int | None, typer.Option("--size", help="Of order: how many the first groups hold; 2 by default.")
    ] = None,
    periods: Annotated[
        str | None,
        typer.Option(
            "--periods", metavar="LIST", help="Of dates: week, or of month, quarter, half_year, year, 5_years, decade."
        ),
    ] = None,
    sheet: Sheet = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write a hierarchy for the values of a column, to be looked at, edited, and named in the policy. It holds these values."""
    from secureprofile.adapters.hierarchies import hierarchy, written
    from secureprofile.adapters.outputs import write_whole
    from secureprofile.anonymity.lint import lint

    parameters: dict[str, dict[str, Any]] = {
        "bands": {"width": bands, "start": start, "low": low, "high": high, "levels": levels, "factor": factor},
        "dates": {"levels": _listed(periods)},
        "prefix": {"lengths": _listed(prefix)},
        "order": {"values": None if order is None else _order(order), "size": size, "factor": factor},
        "places": {},
        "frequency": {"keep": frequency},
    }
    chosen = {
        "bands": bands,
        "dates": dates,
        "prefix": prefix,
        "order": order,
        "places": places,
        "frequency": frequency,
    }
    given = [kind for kind, value in chosen.items() if value not in (None, False)]
    if len(given) != 1:
        raise UsageError(
            f"{'no way' if not given else 'several ways'} to generalise named",
            hint="one of --bands WIDTH, --dates, --prefix 4,3,2, --order LIST, --places, --frequency N",
        )
    kind = given[0]
    _refuse_idle(
        kind,
        parameters,
        {
            "start": start,
            "low": low,
            "high": high,
            "levels": levels,
            "factor": factor,
            "size": size,
            "periods": periods,
        },
    )
    values = _counted(data, column, sheet)
    filled = [value for value in values if value]
    if not filled:
        raise InputError("the column holds no value", hint="choose another column")
    if frequency is not None:
        parameters["frequency"]["keep"] = filled[:frequency]
    made = hierarchy(column, _declaration(kind, parameters[kind]), list(values))
    write_whole(output, written(made), overwrite=overwrite)
    show.say(
        f"{show.count(len(made.leaves), 'value')} on {show.count(made.height + 1, 'level')} in {output}; it holds values of the data",
        quiet=quiet,
    )
    for one in lint(made, values):
        show.say(f"{one.severity}: {one.message} ({one.hint})", quiet=quiet)


def _listed(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",")]


def _order(text: str) -> list[str]:
    """Read a list, or a file with one value on each line."""
    try:
        found = Path(text).is_file()
    except (OSError, ValueError):
        found = False
    if not found:
        return _listed(text) or []
    from secureprofile.adapters.hierarchies import file_rows

    rows = file_rows(Path(text))
    if any(len(row) != 1 for row in rows):
        raise InputError(
            f"{Path(text).name} has several cells on a line", hint="one value on each line, in their order"
        )
    return [row[0] for row in rows]


def _refuse_idle(kind: str, parameters: Mapping[str, Mapping[str, Any]], options: Mapping[str, object]) -> None:
    """Refuse an option that the chosen way does not have, rather than to pass over it."""
    own = {"periods"} if kind == "dates" else set(parameters[kind])
    for name, value in options.items():
        if value is not None and name not in own:
            raise UsageError(f"--{name} does not belong to --{kind}", hint="leave it out; see --help")


def _declaration(kind: str, parameters: Mapping[str, Any]) -> Generalisation:
    """Return what a policy would declare, checked as there."""
    from pydantic import ValidationError

    from secureprofile.policy.anonymity import QuasiIdentifier
    from secureprofile.policy.anonymous import check_generalisation

    given = {name: value for name, value in parameters.items() if value is not None}
    try:
        by = QuasiIdentifier.model_validate({"by": {"kind": kind, **given}}).by
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        where = [str(step) for step in detail["loc"][2:]]
        raise UsageError(
            f"--{kind}: {' '.join([*where, detail['msg'].lower()])}", hint="see: secureprofile hierarchy make --help"
        ) from None
    for _, message, hint in check_generalisation((), by):
        raise UsageError(f"--{kind}: {message}", hint=hint)
    return by


def _counted(data: str, column: str, sheet: str | None) -> dict[str, int]:
    from secureprofile.adapters.duckdb import DuckEngine
    from secureprofile.adapters.hierarchies import count_values
    from secureprofile.flows.opening import open_file

    with tempfile.TemporaryDirectory(prefix="secureprofile-") as temp:
        source = open_file(data, sheet=sheet, scratch=Path(temp))
        with DuckEngine(temp=Path(temp)) as engine:
            return count_values(source, column, engine)


def _write_missing(path: Path, values: Sequence[str], *, overwrite: bool) -> None:
    """Write values as lines of a hierarchy whose labels are still to be written."""
    from secureprofile.adapters.hierarchies import written_rows
    from secureprofile.adapters.outputs import write_whole

    write_whole(path, written_rows([[value, ""] for value in values]), overwrite=overwrite)
    show.say(f"{show.count(len(values), 'value')} without a line in {path}")


# --- what is shown ------------------------------------------------------------------------------------------------------


def _levels(hierarchy: Hierarchy) -> list[dict[str, Any]]:
    count = len(hierarchy.leaves)
    return [
        {
            "level": at,
            "labels": len(level.labels),
            "largest": int(level.sizes.max()) / count,
            "loss": float((losses * level.sizes).sum()) / count,
        }
        for at, (level, losses) in enumerate(zip(hierarchy.levels, hierarchy.losses, strict=True))
    ]


def _table(hierarchy: Hierarchy) -> None:
    rows = [
        (one["level"], f"{one['labels']:,}", f"{one['largest']:.0%}", f"{one['loss']:.3f}")
        for one in _levels(hierarchy)
    ]
    show.table(("level", "labels", "largest label", "mean loss"), rows, right=(0, 1, 2, 3))


def _as_dict(one: Finding) -> dict[str, str]:
    return {"kind": one.kind, "severity": one.severity, "message": one.message, "hint": one.hint}


def _findings(found: Sequence[Finding]) -> None:
    if found:
        print()
        show.table(("", "finding", "hint"), [(one.severity, one.message, one.hint) for one in found])
