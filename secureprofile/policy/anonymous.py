"""Does a section ``anonymity`` make sense with the rest of its policy? Told when the policy is read, never when rows are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final

from secureprofile.policy.anonymity import (
    Anonymity,
    Bands,
    Dates,
    Frequency,
    FromFile,
    FromTree,
    Generalisation,
    Order,
    Population,
    Prefix,
    Sensitive,
)
from secureprofile.policy.document import Finding, Path
from secureprofile.policy.model import Dataset, Policy
from secureprofile.policy.treatments import Generalize, Keep, Mask, TopBottom

PERIODS: Final = ("month", "quarter", "half_year", "year", "5_years", "decade")
"""Periods that are parts of one another, finest first. A week belongs to two months, quarters or years, so it stands alone."""

STANDING: Final = (Keep, Generalize, TopBottom, Mask)
"""Treatments that leave values that can be generalised further; the others leave tokens, or nothing."""

_LARGE, _PLACES = Decimal(10) ** 15, 9


def check_anonymity(policy: Policy) -> Iterator[Finding]:
    """Tell what is wrong with the sections, each at its place. The policy may be a part of a broken one."""
    for name, rules in policy.anonymity.items():
        here = ("anonymity", name)
        dataset = policy.datasets.get(name)
        if dataset is None:
            yield here, "a dataset that `datasets` does not define", _near(name, policy.datasets)
        else:
            yield from _columns(here, rules, dataset)
            yield from _purposes(here, rules, policy, dataset)
        for column, quasi in rules.quasi_identifiers.items():
            place = (*here, "quasi_identifiers", column)
            yield from check_generalisation(place, quasi.by)
            if quasi.show != "label" and not isinstance(quasi.by, Bands):
                yield (*place, "show"), f"only numbers have a {quasi.show}", "by: {bands: …}, or show: label"
            if quasi.show != "label" and rules.population is not None:
                yield (*place, "show"), "who of the population fits is told by labels", "show: label"
        for column, sensitive in rules.sensitive.items():
            yield from _sensitive((*here, "sensitive", column), sensitive)
        if rules.population is not None:
            yield from _population((*here, "population"), rules.population, rules)


def anonymity_files(policy: Policy) -> list[tuple[str, Path]]:
    """Return the files that stand beside the policy for its sections, each with the place that names it, in the policy's order."""
    found: list[tuple[str, Path]] = []
    for name, rules in policy.anonymity.items():
        ways = [("quasi_identifiers", column, quasi.by) for column, quasi in rules.quasi_identifiers.items()]
        ways += [("sensitive", column, one.by) for column, one in rules.sensitive.items() if one.by is not None]
        for part, column, by in ways:
            if isinstance(by, FromFile):
                found.append((by.file, ("anonymity", name, part, column)))
        if rules.population is not None:
            found.append((rules.population.file, ("anonymity", name, "population", "file")))
    return found


def tree_rows(tree: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return a written-out hierarchy as rows ``value, label, …, topmost label``.

    Where a value has fewer labels above it than others, the one nearest to it stands on several levels.

    Example:
        >>> tree_rows({"School": ["10th"], "Higher": {"Graduate": ["Masters", "Doctorate"]}})
        [('10th', 'School', 'School'), ('Masters', 'Graduate', 'Higher'), ('Doctorate', 'Graduate', 'Higher')]
    """
    found = [(str(value), above) for _, above, value in _values(tree, ())]
    most = max((len(above) for _, above in found), default=0)
    return [(value, *(above[0],) * (most - len(above)), *above) for value, above in found]


def _values(part: Any, above: tuple[str, ...], path: Path = ()) -> Iterator[tuple[Path, tuple[str, ...], Any]]:
    """Give (place, labels above it from the nearest on, value) of every value; what is neither mapping nor list is one."""
    if isinstance(part, Mapping) and part:
        for label, inner in part.items():
            yield from _values(inner, (str(label), *above), (*path, label))
    elif isinstance(part, list | tuple) and part and path:
        for place, value in enumerate(part):
            yield (*path, place), above, value
    else:
        yield path, above, _NoList


class _NoList:
    """Stands for what should have been a list of values."""


# --- whose, and for what ------------------------------------------------------------------------------------------------


def _columns(here: Path, rules: Anonymity, dataset: Dataset) -> Iterator[Finding]:
    for part, columns in (("quasi_identifiers", rules.quasi_identifiers), ("sensitive", rules.sensitive)):
        for column in columns:
            if column not in dataset.columns:
                yield (*here, part, column), "not one of the dataset's columns", _near(column, dataset.columns)
    for column in rules.sensitive:
        if column in rules.quasi_identifiers:
            message = "a quasi-identifier cannot be sensitive too: what others know is generalised, what they must not learn stays"
            yield (*here, "sensitive", column), message, "keep it in one of the two"
    person = rules.person or dataset.subject
    if rules.person is not None and rules.person not in dataset.columns:
        yield (*here, "person"), "not one of the dataset's columns", _near(rules.person, dataset.columns)
    for part, columns in (("quasi_identifiers", rules.quasi_identifiers), ("sensitive", rules.sensitive)):
        if person in columns and person in dataset.columns:
            message = "this column says whose row it is: everybody has a value of her own there"
            yield (*here, part, person), message, "remove it here; the export needs a pseudonym for it, or drop"


def _purposes(here: Path, rules: Anonymity, policy: Policy, dataset: Dataset) -> Iterator[Finding]:
    exporting = [name for name, purpose in policy.purposes.items() if "export" in purpose.outputs]
    for place, name in enumerate(rules.purposes):
        if name not in policy.purposes:
            yield (*here, "purposes", place), "a purpose that `purposes` does not define", _near(name, exporting)
        elif name not in exporting:
            yield (*here, "purposes", place), "this purpose exports nothing", _near(name, exporting)
    for name in exporting:
        if rules.purposes and name not in rules.purposes:
            continue
        for column in rules.quasi_identifiers:
            if column not in dataset.columns or column == (rules.person or dataset.subject):
                continue
            treatment = policy.treatment(name, dataset.columns[column].category)
            if not isinstance(treatment, STANDING):
                does = "does not let it leave" if treatment is None else f"treats it with {treatment.kind}"
                yield (
                    (*here, "quasi_identifiers", column),
                    f"purpose {name} {does}: nothing is left to generalise",
                    "keep, generalize, top_bottom or mask there; or name the purposes that are meant: purposes: […]",
                )


# --- ways to generalise -------------------------------------------------------------------------------------------------


def check_generalisation(here: Path, by: Generalisation) -> Iterator[Finding]:
    """Tell what is wrong with a way to generalise, in itself."""
    match by:
        case FromTree():
            yield from _tree((*here, "tree"), by.tree)
        case Bands():
            yield from _bands(here, by)
        case Dates():
            yield from _dates(here, by)
        case Prefix() if any(a <= b for a, b in pairwise(by.lengths)):
            yield here, "prefixes must become shorter from level to level", "prefix: [4, 3, 2]"
        case Order():
            yield from _once(here, by.values)
        case Frequency():
            yield from _once(here, by.keep)
            if by.other in (*by.keep, "", "*"):
                message = "`other` must be a label of its own: no value that stays, not empty, not *"
                yield here, message, "other: other"


def _once(here: Path, values: Sequence[str]) -> Iterator[Finding]:
    twice = len(values) - len(set(values))
    if twice:
        yield here, f"{twice} of {len(values)} values stand there twice", "every value once"


def _tree(here: Path, tree: Mapping[str, Any]) -> Iterator[Finding]:
    labels: dict[str, Path] = {}
    values: dict[str, Path] = {}
    for place, _, value in _values(tree, ()):
        keys = [part for part in place if isinstance(part, str)]
        for depth, label in enumerate(keys, start=1):
            if labels.setdefault(label, place[:depth]) != place[:depth]:
                yield (
                    (*here, *place[:depth]),
                    "this label stands in the tree twice",
                    "give each group a name of its own",
                )
        if value is _NoList:
            yield (*here, *place), "expected a list of values, or more labels", "Graduate: [Masters, Doctorate]"
        elif isinstance(value, bool) or not isinstance(value, str | int):
            yield (*here, *place), "expected text", 'put it in quotes, as it stands in the data: "…"'
        elif values.setdefault(str(value), place) != place:
            yield (*here, *place), "this value stands in the tree twice", "every value belongs to one group"


def _bands(here: Path, by: Bands) -> Iterator[Finding]:
    given = {"width": by.width, "start": by.start, "low": by.low, "high": by.high}
    for key, number in given.items():
        if number is None:
            continue
        exponent = number.normalize().as_tuple().exponent
        if abs(number) >= _LARGE or (isinstance(exponent, int) and -exponent > _PLACES):
            message = f"`{key}` must lie between −10¹⁵ and 10¹⁵ and have {_PLACES} decimal places at most"
            yield here, message, "{bands: {width: 5, low: 20, high: 90}}"
    if by.low is not None and by.high is not None and by.low >= by.high:
        yield (
            here,
            f"`low` must be below `high`: {by.low} is not below {by.high}",
            "{bands: {width: 5, low: 20, high: 90}}",
        )


def _dates(here: Path, by: Dates) -> Iterator[Finding]:
    if "week" in by.levels:
        if by.levels != ("week",):
            yield here, "a week is no part of a month, a quarter or a year", "levels: [week], or periods without week"
        return
    for finer, coarser in pairwise(by.levels):
        if PERIODS.index(finer) >= PERIODS.index(coarser):
            message = f"{finer} is no part of {coarser}: every period must be a part of the next"
            yield here, message, "in this order: " + ", ".join(PERIODS)
            return


# --- what must not be learnt --------------------------------------------------------------------------------------------


def _sensitive(here: Path, rule: Sensitive) -> Iterator[Finding]:
    if rule.l is None and rule.t is None:
        yield here, "nothing is asked of it", "l: 2, or t: 0.2"
    if rule.l is None and rule.form != "distinct":
        yield (*here, "form"), f"{rule.form} diversity needs `l`", "l: 2"
    if rule.form == "recursive" and rule.c is None:
        yield here, "recursive diversity needs `c`", "c: 3"
    if rule.form != "recursive" and rule.c is not None:
        yield (*here, "c"), "`c` belongs to `form: recursive`", "form: recursive, or remove c"
    if rule.t is None and rule.distance != "equal":
        yield (*here, "distance"), "a distance belongs to `t`", "t: 0.2"
    if rule.distance == "hierarchical" and rule.by is None:
        yield here, "the hierarchical distance needs a hierarchy", "by: FILE.csv"
    if rule.by is not None:
        if rule.distance == "equal":
            yield (
                (*here, "by"),
                "no hierarchy is needed where all values are equally far apart",
                "distance: hierarchical",
            )
        if rule.distance == "ordered" and not isinstance(rule.by, Order | Bands | Dates):
            yield (
                (*here, "by"),
                "an order is declared by `order`, `bands` or `dates`",
                "by: {order: [low, middle, high]}",
            )
        yield from check_generalisation((*here, "by"), rule.by)


def _population(here: Path, population: Population, rules: Anonymity) -> Iterator[Finding]:
    low, high = population.low, population.high
    if population.k is None and low is None and high is None:
        yield here, "nothing is asked of it", "k: 5, or low: 0 and high: 0.1"
    if low is not None and high is not None and low > high:
        yield (*here, "low"), f"`low` must not be above `high`: {low} is above {high}", "low: 0, high: 0.1"
    if rules.method != "global" and (low is not None or high is not None):
        message = f"δ-presence needs `method: global`: with {rules.method} recoding several labels fit one person"
        yield here, message, "method: global, or ask for k alone"


def _near(word: str, known: Mapping[str, object] | Sequence[str]) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else "one of: " + ", ".join(list(known)[:8])
