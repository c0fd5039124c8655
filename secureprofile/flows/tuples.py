"""Group a table by its quasi-identifiers: from rows in the engine to the different combinations on which everything is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.hierarchies import hierarchies
from secureprofile.adapters.sources import open_source
from secureprofile.anonymity.classes import Classes, Codes, Counts, Histogram, People, grouped
from secureprofile.anonymity.hierarchy import Hierarchy
from secureprofile.errors import InputError
from secureprofile.flows.gate import Context
from secureprofile.policy.anonymity import Anonymity

PERSON = "person_"
"""Column that tells whose row it is while rows are grouped; it never leaves."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tuples:
    """The different combinations of a table's quasi-identifiers: their texts, dictionary-encoded, and what is decided on."""

    texts: tuple[pa.DictionaryArray, ...]
    table: Classes
    hierarchies: tuple[Hierarchy, ...]
    distributions: Mapping[str, Mapping[str, int]]
    distances: Mapping[str, Hierarchy | Sequence[int]]


def read_tuples(context: Context, table: ir.Table, rules: Anonymity, engine: DuckEngine) -> Tuples:
    """Group a table by its quasi-identifiers."""
    names, sensitive = list(rules.quasi_identifiers), list(rules.sensitive)
    columns = {f"c{at}": text_of(table, name) for at, name in enumerate([*names, *sensitive])}
    several = PERSON in table.columns and _several_rows(table, engine)
    if several:
        columns[PERSON] = text_of(table, PERSON)
    cells = table.select(**columns)
    counted = engine.to_arrow(cells.group_by(list(columns)).aggregate(rows=cells.count()))
    world = _world(context, rules, engine)
    encoded = {name: counted[name].combine_chunks().dictionary_encode() for name in columns}
    values = {name: encoded[f"c{at}"].dictionary.to_pylist() for at, name in enumerate([*names, *sensitive])}
    everywhere = values | {
        name: [*dict.fromkeys([*values[name], *(world[f"c{at}"].unique().to_pylist() if world is not None else ())])]
        for at, name in enumerate(names)
    }
    found = hierarchies(rules, everywhere, context.policy.siblings)
    trees = tuple(found[name] for name in names)
    codes = [
        _leaf_codes(encoded[f"c{at}"], tree, values[name])
        for at, (name, tree) in enumerate(zip(names, trees, strict=True))
    ]
    rows, people = counted["rows"].to_numpy(), None
    if world is not None:
        others = [world[f"c{at}"].combine_chunks().dictionary_encode() for at in range(len(names))]
        more = [_leaf_codes(one, tree, one.dictionary.to_pylist()) for one, tree in zip(others, trees, strict=True)]
        codes = [np.concatenate(pair) for pair in zip(codes, more, strict=True)]
        rows = np.concatenate([rows, np.zeros(world.num_rows, np.int64)])
        people = np.concatenate([np.zeros(counted.num_rows, np.int64), world["rows"].to_numpy()])
    combinations, every_place = grouped(codes, [len(tree.leaves) for tree in trees])
    places = every_place[: counted.num_rows]
    histograms: list[Histogram] = []
    distributions: dict[str, Mapping[str, int]] = {}
    distances: dict[str, Hierarchy | Sequence[int]] = {}
    for at, name in enumerate(sensitive, start=len(names)):
        indices = encoded[f"c{at}"].indices.to_numpy(zero_copy_only=False)
        known: Sequence[str] = values[name]
        if name in found:  # the distance is measured among all values that its order or hierarchy names
            indices, known = _leaf_codes(encoded[f"c{at}"], found[name], known), found[name].leaves
        histograms.append(_histogram(places, indices, rows[: len(places)], len(known)))
        distributions[name] = dict(zip(known, histograms[-1].totals.tolist(), strict=True))
        match rules.sensitive[name].distance:
            case "hierarchical":
                distances[name] = found[name]
            case "ordered":
                distances[name] = range(len(known)) if name in found else _ranks(known)
    firsts = np.zeros(len(combinations), np.int64)
    firsts[places[::-1]] = np.arange(len(places) - 1, -1, -1)
    pairs = None
    if several:
        persons = encoded[PERSON].indices.to_numpy(zero_copy_only=False).astype(np.int32)
        pairs = People(place=places, person=persons).rolled(np.arange(len(combinations), dtype=np.int32))
    return Tuples(
        texts=tuple(encoded[f"c{at}"].take(pa.array(firsts)) for at in range(len(names))),
        table=Classes(
            codes=combinations,
            rows=_sums(every_place, rows, len(combinations)),
            histograms=tuple(histograms),
            pairs=pairs,
            population=None if people is None else _sums(every_place, people, len(combinations)),
        ),
        hierarchies=trees,
        distributions=distributions,
        distances=distances,
    )  # fmt: skip


def _world(context: Context, rules: Anonymity, engine: DuckEngine) -> pa.Table | None:
    """Return the population's different combinations with how many people have each."""
    if rules.population is None:
        return None
    file = rules.population.file
    with context.home.scratch() as scratch:
        path = scratch / Path(file).name
        path.write_bytes(context.policy.siblings[file])
        source = open_source(path)
        missing = [name for name in rules.quasi_identifiers if name not in source.columns]
        if missing:
            raise InputError(
                f"{file} lacks {len(missing)} of the {len(rules.quasi_identifiers)} quasi-identifiers: {', '.join(missing)}",
                hint="name its columns as the policy does",
            )
        with engine.source(source) as table:
            columns = {f"c{at}": text_of(table, name) for at, name in enumerate(rules.quasi_identifiers)}
            cells = table.select(**columns)
            return engine.to_arrow(cells.group_by(list(columns)).aggregate(rows=cells.count()), what=file)


def _sums(places: Codes, rows: Counts, count: int) -> Counts:
    return np.bincount(places, weights=rows, minlength=count).astype(np.int64)


def text_of(table: ir.Table, name: str) -> ir.StringValue:
    """Return a column's cells as texts; a missing one is the empty text."""
    return table[name].cast("string").fill_null("")


def _several_rows(table: ir.Table, engine: DuckEngine) -> bool:
    """Tell whether somebody has several rows."""
    counted = engine.to_arrow(table.aggregate(rows=table.count(), people=text_of(table, PERSON).nunique())).to_pylist()[
        0
    ]
    return bool(counted["people"] < counted["rows"])


def _leaf_codes(encoded: pa.DictionaryArray, tree: Hierarchy, values: Sequence[str]) -> Codes:
    places: Codes = np.array([tree.places[value] for value in values], np.int32)
    codes: Codes = places[encoded.indices.to_numpy(zero_copy_only=False)]
    return codes


def _histogram(places: Codes, values: Codes, rows: Counts, count: int) -> Histogram:
    totals = np.bincount(values, weights=rows, minlength=count).astype(np.int64)
    single = Histogram(
        place=np.arange(len(places), dtype=np.int32), value=values.astype(np.int32), rows=rows, totals=totals
    )
    return single.rolled(places, int(places.max(initial=-1)) + 1)


def _ranks(values: Sequence[str]) -> list[int]:
    """Return each value's rank by number; where the order is another, the policy declares it."""
    order = sorted(range(len(values)), key=lambda at: float(values[at]))
    return [int(rank) for rank in np.argsort(order)]
