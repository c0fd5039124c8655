"""The command ``risk``."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from secureprofile.cli import risk_show, show
from secureprofile.cli.options import Json, Memory, Overwrite, Quiet

if TYPE_CHECKING:
    from secureprofile.anonymity.yardsticks import Judgement
    from secureprofile.flows.measure import Measured
    from secureprofile.flows.risk import Found


def risk(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A table, before or after anonymization.")],
    qi: Annotated[
        list[str] | None,
        typer.Option(
            "--quasi-identifiers", "--qi", metavar="A,B,C", help="What others may know of a person. [default: proposed]"
        ),
    ] = None,
    sensitive: Annotated[
        list[str] | None, typer.Option("--sensitive", metavar="A,B", help="What nobody shall learn of a person.")
    ] = None,
    person: Annotated[
        str | None, typer.Option("--person", metavar="COLUMN", help="Whose row it is: classes count different people.")
    ] = None,
    k: Annotated[int, typer.Option("--k", min=1, help="Records that every class should have.")] = 5,
    threshold: Annotated[
        str | None, typer.Option("--threshold", metavar="RISK", help="A risk to ask about, such as 0.09.")
    ] = None,
    preset: Annotated[
        list[str] | None, typer.Option("--preset", metavar="NAME", help="Yardsticks, such as ema-0070; or all.")
    ] = None,
    population_size: Annotated[
        int | None, typer.Option("--population-size", metavar="N", min=1, help="Estimate who is unique among so many.")
    ] = None,
    population: Annotated[
        str | None, typer.Option("--population", metavar="FILE", help="Everybody among whom an attacker would look.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="FILE", help="Try to link with this file.")
    ] = None,
    truth: Annotated[
        str | None,
        typer.Option("--truth", metavar="COLUMN", help="True identifier in both, to tell which links are right."),
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", metavar="FILE", help="The table it was made from, to compare.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a report: a page for internal use.", show_default=False)
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of the report: en or zh.")] = "en",
    overwrite: Overwrite = False,
    memory_limit: Memory = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """How likely are people in this table found again? Exit 1 when a class has fewer than k records. Nothing is logged, no value is shown."""
    if lang not in ("en", "zh"):
        raise typer.BadParameter("--lang takes en or zh")
    allowed = _threshold(threshold)
    from secureprofile.adapters.outputs import write_whole
    from secureprofile.flows import risk as flow

    with show.progress(quiet=quiet) as progress:
        found = flow.risk(
            flow.Asked(
                file=file,
                quasi=_names(qi),
                sensitive=_names(sensitive),
                person=person,
                k=k,
                threshold=allowed,
                presets=_names(preset),
                population_size=population_size,
                population=population,
                against=against,
                truth=truth,
                before=before,
            ),
            progress=progress,
            memory_limit=memory_limit or flow.MEMORY,
        )
    if html is not None:
        from secureprofile.flows.risk_page import risk_page

        write_whole(html, risk_page(found, lang="zh" if lang == "zh" else "en").encode(), overwrite=overwrite)
        show.say(f"report in {html}", quiet=quiet)
    if json:
        show.as_json("risk", _json(found))
    else:
        risk_show.tables(found)
    risk_show.summary(found, quiet=quiet)
    if not found.met:
        raise typer.Exit(1)


def _names(given: Sequence[str] | None) -> tuple[str, ...]:
    """Split lists of names at commas; a name with a comma stands in double quotes, as in a CSV file."""
    parts = [part.strip() for text in given or () for part in next(csv.reader([text], skipinitialspace=True), [])]
    return tuple(dict.fromkeys(part for part in parts if part))


def _threshold(text: str | None) -> Fraction | None:
    if text is None:
        return None
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if not 0 < value <= 1:
        raise typer.BadParameter("--threshold takes a number above 0, up to 1")
    return value


# --- as JSON ------------------------------------------------------------------------------------------------------------


def _json(found: Found) -> dict[str, Any]:
    """Return the versioned result: what was asked in the open, every number under ``internal``."""
    from secureprofile.anonymity.presets import JOINT

    return {
        "file": found.measured.file,
        "quasi_identifiers": found.quasi,
        "proposed": found.proposed,
        "person": found.person,
        "columns": [dataclasses.asdict(column) for column in found.columns],
        "k": found.k,
        "met": found.met,
        "internal": {
            "table": _measured(found.measured, found.quasi),
            "before": None if found.before is None else _measured(found.before, found.quasi),
            "journalist": _plain(found.journalist),
            "population": _plain(found.estimates),
            "unique_match": _plain(found.match),
            "linkage": _plain(found.linkage),
            "presets": [_judgement(judgement) for judgement in found.judgements],
        },
        "joint_bound": JOINT.en,
    }


def _measured(one: Measured, names: Sequence[str]) -> dict[str, Any]:
    body = {key: _plain(getattr(one, key)) for key in ("file", "rows", "suppressed", "partly", "sizes", "prosecutor")}
    combined = one.combinations
    if combined is not None:
        body["combinations"] = {
            "records": combined.records,
            "uniques": combined.uniques,
            "subsets": [
                {"columns": [names[at] for at in s.attributes], "uniques": s.uniques, "smallest": s.smallest}
                for s in combined.subsets
            ],
            "columns": {name: _plain(part) for name, part in zip(names, combined.parts, strict=True)},
            "minimal_sample_uniques": combined.minimal,
            "singled_out": combined.singled,
        }
    return {**body, "sensitive": _plain(one.sensitive)}


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "name": judgement.preset.name,
        "verdict": judgement.verdict,
        "sentence": judgement.sentence.en,
        "level": judgement.level,
        "source": judgement.preset.source,
        "assumptions": [text.en for text in judgement.preset.assumptions],
        "criteria": [
            {
                "criterion": f.criterion.name.en,
                "verdict": f.verdict,
                "measured": _plain(f.measured),
                "at_least" if f.criterion.least else "at_most": _plain(f.limit),
                "columns": f.columns,
                **({"because": f.criterion.missing.en} if f.measured is None else {}),
            }
            for f in judgement.findings
        ],
    }


def _plain(value: Any) -> Any:
    """Turn values of ours into JSON's; twelve digits, below which the order of additions may show."""
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Fraction | float):
        return float(f"{float(value):.12g}")
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
