"""How the results of ``policy test`` and ``policy diff`` look: lines, JSON, JUnit XML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from secureprofile.cli import show
from secureprofile.policy.compare import Change
from secureprofile.policy.explain import lines_of
from secureprofile.policy.parse import LoadedPolicy
from secureprofile.policy.trial import Outcome, Trial


def trial_lines(loaded: LoadedPolicy, trial: Trial, *, missed: bool) -> Iterator[str]:
    """Yield a line for each case, what failed with the lines of the file that decided, and the sum."""
    for outcome in trial.outcomes:
        yield f"{'pass' if outcome.passed else 'FAIL'}  {outcome.name}"
        for failure in outcome.failures:
            yield f"      {failure}"
        for line in lines_of(loaded, outcome.because):
            yield f"      {line.file}:{line.line}:{line.column}  {line.text}"
    if missed:
        yield from (
            "cell  " + " · ".join((role, purpose, f"{dataset}.{column}"))
            for role, purpose, dataset, column in trial.missed
        )
    passed = len(trial.outcomes) - len(trial.failed)
    looked = f"{len(trial.covered):,} of {show.count(len(trial.cells), 'cell')} looked at ({trial.coverage:.0%})"
    yield f"{passed} of {show.count(len(trial.outcomes), 'case')} passed; {looked}"


def trial_body(loaded: LoadedPolicy, trial: Trial, *, threshold: int) -> dict[str, Any]:
    """Return the result as plain values."""
    return {
        "policy": loaded.hash,
        "cases": [
            {
                "name": outcome.name,
                "passed": outcome.passed,
                "failures": list(outcome.failures),
                "line": _place(loaded, outcome),
            }
            for outcome in trial.outcomes
        ],
        "cells": len(trial.cells),
        "covered": len(trial.covered),
        "coverage": round(trial.coverage, 4),
        "threshold": threshold / 100,
        "missed": [list(cell) for cell in trial.missed],
    }


def _place(loaded: LoadedPolicy, outcome: Outcome) -> int:
    """Return the line on which a case begins."""
    return loaded.places.get(("tests", outcome.position), (1, 1))[0]


def as_junit(loaded: LoadedPolicy, trial: Trial) -> bytes:
    """Return the result as JUnit XML, as build servers read it."""
    name = f"{loaded.policy.policy.id} version {loaded.policy.policy.version}"
    counts = {"tests": str(len(trial.outcomes)), "failures": str(len(trial.failed)), "errors": "0", "skipped": "0"}
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": name, **counts})
    for outcome in trial.outcomes:
        about = {
            "classname": loaded.policy.policy.id,
            "name": outcome.name,
            "file": loaded.file,
            "line": str(_place(loaded, outcome)),
        }
        case = ElementTree.SubElement(suite, "testcase", about)
        if not outcome.passed:
            failure = ElementTree.SubElement(case, "failure", {"message": outcome.failures[0]})
            failure.text = "\n".join(outcome.failures)
    ElementTree.indent(suites)
    return bytes(ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)) + b"\n"


def change_row(change: Change) -> tuple[str, str, str]:
    """Return a change as a row of a table."""
    if change.what == "cell":
        return change.direction, f"{change.role} · {change.purpose} · {change.column}", change.sentence
    where = f"{change.purpose} · {change.what}" if change.purpose else change.what
    return change.direction, where, change.sentence
