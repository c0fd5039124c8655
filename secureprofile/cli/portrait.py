"""Commands from the store to the page: portrait, tags, release, report, budget."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from secureprofile.cli import show
from secureprofile.cli.options import Actor, Folder, Json, Memory, Overwrite, Purpose, Quiet, session
from secureprofile.released import plain

portrait = typer.Typer(help="One tagged row per person; it never leaves the workspace.", no_args_is_help=True)
tags = typer.Typer(help="The tag dictionary.", no_args_is_help=True)
release = typer.Typer(help="Noisy aggregates under one (ε, δ).", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A release that the policy's releases file declares.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application, in the order of the help."""
    app.add_typer(tags, name="tags")
    app.add_typer(portrait, name="portrait")
    app.add_typer(release, name="release")
    app.command()(report)


@tags.command("list")
def tags_list(workspace: Folder = None, actor: Actor = None, json: Json = False) -> None:
    """List the tags, their dimensions and values."""
    with session(workspace, actor=actor) as one:
        found = one.tags.tags
    if json:
        show.as_json(
            "tags",
            {"tags": [{"code": t.code, "dimension": t.dimension, "values": [v.code for v in t.values]} for t in found]},
        )
        return
    show.table(
        ("tag", "dimension", "name", "名称", "values"),
        [(t.code, t.dimension, t.name.en, t.name.zh, ", ".join(v.code for v in t.values)) for t in found],
    )


@tags.command("check")
def tags_check(file: Annotated[Path, typer.Argument(help="A tag dictionary.")]) -> None:
    """Check a tag dictionary; every problem is told at once, and row-locality is proved."""
    from secureprofile.errors import InputError
    from secureprofile.portrait.dictionary import check_row_local
    from secureprofile.portrait.reading import load_tags

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{file} cannot be read as UTF-8 text", hint="check the path") from None
    dictionary = load_tags(text, file=file.name)
    check_row_local(dictionary)
    show.say(f"{len(dictionary.tags)} tags, every one a function of one person's rows")


@portrait.command("build")
def portrait_build(
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="Day from which ages and recency count.", show_default="today"),
    ] = None,
    purpose: Purpose = None,
    workspace: Folder = None,
    actor: Actor = None,
    memory_limit: Memory = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fold what is stored into one tagged row per person."""
    from datetime import date

    from secureprofile.errors import UsageError

    try:
        day = date.fromisoformat(as_of) if as_of else None
    except ValueError:
        raise UsageError("--as-of is not a date", hint="write it as 2026-10-01") from None
    with (
        session(workspace, actor=actor, purpose=purpose, output="store", memory=memory_limit) as one,
        show.progress(quiet=quiet) as progress,
    ):
        built = one.build_portrait(as_of=day, progress=progress)
    if json:
        internal = {"people": built.people, "rejected": built.rejected}
        show.as_json("portrait", {"internal": internal, "snapshot": built.snapshot.id, "reused": built.reused})
        return
    again = " (the same data, date and tags: already built)" if built.reused else ""
    show.say(f"portrait {built.snapshot.id} of {built.people:,} people (internal figure){again}", quiet=quiet)
    for dataset, rules in built.rejected.items():
        for rule, count in rules.items():
            show.say(f"  {count:,} rows of {dataset} left out: {rule}", quiet=quiet)


@release.command("list")
def release_list(workspace: Folder = None, actor: Actor = None, json: Json = False) -> None:
    """List declared and published releases."""
    with session(workspace, actor=actor) as one:
        declared, published = one.declared_releases(), one.published()
    rows = [(d.release_id, d.created, plain(d.epsilon), plain(d.delta)) for d in published]
    if json:
        show.as_json("releases", {"declared": declared, "published": [row[0] for row in rows]})
        return
    show.table(("published", "when", "ε", "δ"), rows)
    show.say("declared: " + ", ".join(declared))


@release.command("plan")
def release_plan(name: Name, workspace: Folder = None, actor: Actor = None, json: Json = False) -> None:
    """Say what a release will cost and how exact it will be; reads no data, costs nothing."""
    with session(workspace, actor=actor) as one:
        plan = one.plan(name)
        account = one.accounts(plan.request.domain)[0]
    tables = plan.request.tables
    if json:
        told = [
            {
                "table": list(table),
                "cells": plan.cells(table),
                "sd": plan.sd(table),
                "half_width": plan.half_width(table),
                "shown_from": plan.threshold(table),
                "expected_shown": plan.shown(table),
            }
            for table in tables
        ]
        cost = {"epsilon": str(plan.request.epsilon), "delta": str(plan.request.delta), "rho": str(plan.rho)}
        about = {"name": name, "plan": plan.hash, "mechanism": plan.mechanism}
        numbers = [{"measure": one.measure, "by": list(one.by), "sd_of_sum": plan.sum_sd(one)} for one in plan.sums]
        show.as_json("plan", {**about, **cost, "tables": told, "numbers": numbers})
        return
    show.table(
        ("table", "cells", "noise sd", "95 % interval", "shown from", "cells shown, about"),
        [
            (
                " × ".join(table) or "everybody",
                plan.cells(table),
                f"{plan.sd(table):.1f}",
                f"± {plan.half_width(table):.0f}",
                f"{plan.threshold(table):.0f}",
                f"{plan.shown(table):.0%}",
            )
            for table in tables
        ],
        right=(1, 2, 3, 4, 5),
    )
    if plan.sums:
        print()
        show.table(
            ("number", "by", "noise sd of a sum", "of the mean of 1,000 people"),
            [
                (
                    one.measure,
                    " × ".join(one.by) or "everybody",
                    f"{plan.sum_sd(one):,.4g} {plan.measures[one.measure].unit}",
                    f"± {plan.mean_reach(one, 1000):,.3g} {plan.measures[one.measure].unit}",
                )
                for one in plan.sums
            ],
            right=(2, 3),
        )
    show.say(
        f"noise: {plan.mechanism}; shares of cells are for {plan.population:,} made-up people with unequal groups, "
        "never for the real ones"
    )
    show.say(
        f"costs ε = {plain(plan.request.epsilon)}, δ = {plain(plan.request.delta)}; "
        f"{plain(account.epsilon_left)} of {plain(account.epsilon)} is left for {account.name}"
    )


@release.command("run")
def release_run(
    name: Name,
    purpose: Purpose = None,
    workspace: Folder = None,
    actor: Actor = None,
    memory_limit: Memory = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw the noise and publish: charged and recorded before anybody sees a number."""
    with (
        session(workspace, actor=actor, purpose=purpose, output="release", memory=memory_limit) as one,
        show.progress(quiet=quiet) as progress,
    ):
        done = one.run(name, progress=progress)
    document = done.document
    if json:
        print(done.stored.body.decode(), end="")
        return
    if done.reused:
        show.say(
            f"{document.release_id}: the same plan on the same portrait was published before; nothing was spent",
            quiet=quiet,
        )
    else:
        show.say(f"{document.release_id}: spent ε = {document.epsilon}, δ = {plain(document.delta)}", quiet=quiet)
    show.say(
        f"lifetime: ε = {document.epsilon_spent} of {document.epsilon_ceiling}; next: secureprofile report {name} -o report.html",
        quiet=quiet,
    )


def report(
    name: Annotated[str, typer.Argument(help="A published release: its name or id.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    lang: Annotated[str, typer.Option("--lang", help="en or zh.")] = "en",
    format: Annotated[
        str | None, typer.Option("--format", help="html, json, csv or md.", show_default="by file name")
    ] = None,
    overwrite: Overwrite = False,
    workspace: Folder = None,
    actor: Actor = None,
    quiet: Quiet = False,
) -> None:
    """Write a release as a page that anybody may read. Costs no budget."""
    from secureprofile.errors import UsageError

    form = format or output.suffix.lstrip(".")
    if form not in ("html", "json", "csv", "md"):
        raise UsageError("this report format is not known", hint="--format html, json, csv or md")
    if lang not in ("en", "zh"):
        raise UsageError("this language is not known", hint="--lang en or zh")
    with session(workspace, actor=actor) as one:
        one.report(name, output, lang=lang, form=form, overwrite=overwrite)
    show.say(f"{output}: every number in it is noisy; send it to anybody", quiet=quiet)
