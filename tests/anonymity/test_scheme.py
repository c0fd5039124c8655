"""A scheme comes back as it was stored, finds its own rows again, and labels new ones safely; and what two exports say together."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from secureprofile.anonymity.intersection import intersected
from secureprofile.anonymity.scheme import Scheme, apply, covered, scheme_of
from secureprofile.anonymity.solve import CannotBeMet, solve
from secureprofile.errors import InputError
from tests.anonymity import oracle
from tests.anonymity.oracle import Job
from tests.anonymity.test_solve import labels_of, small, space_of, task_of


def solved(seed: int, **kinds: str):  # type: ignore[no-untyped-def]
    for more in range(50):
        job = small(seed + 1000 * more, population=False)
        space, task = space_of(job), task_of(job, **kinds)
        try:
            return job, space, task, solve(space, task)
        except CannotBeMet:
            continue
    raise AssertionError("no job can be solved")


@pytest.mark.parametrize("method", ["local", "global", "mondrian"])
@pytest.mark.parametrize("seed", range(25))
def test_a_scheme_finds_its_own_rows(seed: int, method: str) -> None:
    _, space, _, solution = solved(seed, method=method)
    names = [tree.name for tree in space.hierarchies]
    scheme = scheme_of(space, solution, names)
    assert scheme is not None
    again = Scheme.from_json(scheme.to_json())
    assert again.to_json() == scheme.to_json()
    place = covered(again, space)
    assert (place[solution.place >= 0] >= 0).all()
    losses = sum(share * one.losses for share, one in zip(space.shares, solution.labels, strict=True))
    stored = np.zeros(len(again.levels))
    for at, parts in enumerate(space.label_losses):
        stored += [parts[level][label] for level, label in zip(again.levels[:, at], again.labels[:, at], strict=True)]
    for old, new in zip(solution.place, place, strict=True):
        assert old < 0 or stored[new] <= losses[old] + 1e-9


@pytest.mark.parametrize("seed", range(40))
def test_new_rows_are_labelled_safely_or_suppressed(seed: int) -> None:
    job, space, task, solution = solved(seed)
    scheme = scheme_of(space, solution, [tree.name for tree in space.hierarchies])
    assert scheme is not None
    rng = Random(seed)
    chosen = [rng.randrange(len(job.rows)) for _ in range(len(job.rows))]
    later: Job = replace(
        job,
        rows=[job.rows[at] for at in chosen],
        persons=None if job.persons is None else [job.persons[at] for at in chosen],
        secrets={name: replace(one, values=[one.values[at] for at in chosen]) for name, one in job.secrets.items()},
        rules={**job.rules, "suppression": Fraction(1)},
    )
    space = space_of(later)
    try:
        found = apply(scheme, space, replace(task_of(later), suppression=Fraction(1)))
    except CannotBeMet:
        return
    output = labels_of(later, space, found, sets=False)
    assert not oracle.problems(later, output)
    assert not oracle.uncovered(later, output)
    with pytest.raises(CannotBeMet):
        apply(scheme, space, replace(task, suppression=Fraction(0), models=replace(task.models, k=10**6)))


def test_what_is_no_scheme_is_refused() -> None:
    _, space, task, solution = solved(3)
    scheme = scheme_of(space, solution, [tree.name for tree in space.hierarchies])
    assert scheme is not None
    body = json.loads(scheme.to_json())
    broken = [
        b"",
        b"[]",
        b"{}",
        json.dumps({**body, "format": "x"}).encode(),
        json.dumps({**body, "classes": []}).encode(),
    ]
    broken.append(json.dumps({**body, "classes": [[[0], [[0, 0, 0, 0, 0]]]]}).encode())
    for data in broken:
        with pytest.raises(InputError):
            Scheme.from_json(data)
    with pytest.raises(InputError, match="another hierarchy"):
        apply(replace(scheme, digests=("0" * 64, *scheme.digests[1:])), space, task)
    with pytest.raises(InputError, match="labels that"):
        apply(replace(scheme, labels=scheme.labels + 99), space, task)


@pytest.mark.parametrize("seed", range(30))
def test_intersections_by_hand(seed: int) -> None:
    job = small(seed, population=False, secrets=0)
    space, rng = space_of(job), np.random.default_rng(seed)
    places = [rng.integers(-1, 3, len(space.table)).astype(np.int32) for _ in range(2)]
    found = intersected(space.table, places, k=3)
    leaf = {tuple(codes): at for at, codes in enumerate(space.table.codes.tolist())}
    people: dict[tuple[int, int], set[str]] = defaultdict(set)
    for row, cells in enumerate(job.rows):
        at = leaf[tuple(tree.places[cell] for tree, cell in zip(space.hierarchies, cells, strict=True))]
        if min(places[0][at], places[1][at]) >= 0:
            people[places[0][at], places[1][at]].add(job.person(row))
    sizes = [len(some) for some in people.values()]
    assert found.classes == len(sizes)
    assert found.smallest == min(sizes, default=0)
    assert found.below == sum(size for size in sizes if size < 3)
