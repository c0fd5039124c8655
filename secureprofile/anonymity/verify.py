"""The judge of a written file: its classes, counted anew, against the policy's own words.

Nothing here is shared with the search that chose the labels: rules are read from the policy, and every model is said a second time with
Python's own whole numbers and fractions. Rational models are compared exactly, so that a class that only just meets a threshold is
accepted here as it was there; entropy, the only one with logarithms, is allowed 1e-9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from math import exp, inf, log
from typing import TypeAlias

from secureprofile.errors import Refused
from secureprofile.policy.anonymity import Anonymity, Population, Sensitive

Number: TypeAlias = int | float | Fraction
Counts: TypeAlias = Mapping[str, int]

_ROUNDING = 1e-9
"""What a sum of logarithms may be short of its exact value: l values of equal frequency have an entropy of exactly log l."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """One class of the written file: all rows with the same labels.

    Args:
        rows: how many there are, at least 1.
        people: how many different people they are about; ``rows`` where everybody has one.
        sensitive: for each sensitive column value → rows; an empty cell is a value like any other.
        population: how many people of the population file fit the labels; None where the policy names no such file.
    """

    rows: int
    people: int
    sensitive: Mapping[str, Counts] = field(default_factory=dict)
    population: int | None = None


class NotMet(Refused):
    """A written file does not meet its policy. ``problems`` names each rule, its threshold and the worst number found."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "the anonymized file does not meet its policy: " + "; ".join(self.problems),
            hint="search a new scheme for this table; where none is found, allow more suppression or coarser labels",
        )


@dataclass(slots=True, kw_only=True)
class _Judge:
    """One rule for classes. ``look`` returns None where a class meets it, else a number that ``worst`` can choose from."""

    look: Callable[[Class], Number | None]
    worst: Callable[[Number, Number], Number]
    say: Callable[[str, Number], str]
    found: int = 0
    number: Number = 0

    def hear(self, one: Class) -> None:
        """Judge one class."""
        number = self.look(one)
        if number is not None:
            self.number = number if not self.found else self.worst(self.number, number)
            self.found += 1

    def problem(self) -> str:
        """Say what was found; there is something."""
        return self.say("1 class has" if self.found == 1 else f"{self.found} classes have", self.number)


def verify(
    rules: Anonymity,
    classes: Iterable[Class],
    *,
    rows_before: int,
    suppressed: int,
    distributions: Mapping[str, Counts],
    orders: Mapping[str, Sequence[str]],
    trees: Mapping[str, Sequence[Sequence[str]]],
) -> None:
    """Judge a written file by its classes; return where every rule is met.

    Args:
        rules: the policy's section.
        classes: of the written file, those of rows kept with ``*`` too; read once.
        rows_before: rows of the table before anything was suppressed.
        suppressed: how many of them were left out, or kept with ``*``.
        distributions: for each sensitive column with ``t``, value → rows in the whole table before.
        orders: for each column with ordered distance all its values, least first; they are evenly spaced, and the farthest are 1 apart.
        trees: for each column with hierarchical distance, rows value, level 1, …, ``*``, one for each value.

    Raises:
        NotMet: a rule is not met, rows are missing or too many, or a value has no distance from others. Names all rules that are not met.
        ValueError: the arguments contradict each other or the rules; a bug of the caller.

    Example:
        >>> rules = Anonymity.model_validate({"quasi_identifiers": {"age": "suppress"}, "k": 3})
        >>> rest = dict(distributions={}, orders={}, trees={})
        >>> verify(rules, [Class(rows=3, people=3), Class(rows=9, people=4)], rows_before=12, suppressed=0, **rest)
        >>> verify(rules, [Class(rows=9, people=2)], rows_before=10, suppressed=1, **rest)
        Traceback (most recent call last):
        secureprofile.anonymity.verify.NotMet: the anonymized file does not meet its policy: k-anonymity: 1 class has fewer than 3 people, \
the smallest 2; suppression: 1 of 10 rows suppressed, at most 0 may be

    Source: Sweeney 2002 (k), Machanavajjhala et al. 2006 (l), Li, Li, Venkatasubramanian 2007 (t), Nergiz et al. 2007 (presence).
    """
    judges = [*_of_size(rules)]
    for column, rule in rules.sensitive.items():
        judges += _of_values(column, rule, rows_before, distributions, orders, trees)
    if rules.population is not None:
        judges += _of_population(rules.population)
    hear = [judge.hear for judge in judges]
    count = rows = people = 0
    for one in classes:
        if not 0 <= one.people <= one.rows or not one.rows:
            raise ValueError("a class has at least one row, and not more people than rows")
        count, rows, people = count + 1, rows + one.rows, people + one.people
        for each in hear:
            each(one)
    problems = [judge.problem() for judge in judges if judge.found]
    problems += _of_whole(rules, count, rows, people, rows_before, suppressed)
    if problems:
        raise NotMet(problems)


def _of_whole(rules: Anonymity, count: int, rows: int, people: int, rows_before: int, suppressed: int) -> Iterable[str]:
    """Judge what no single class shows."""
    if rules.average_risk is not None and count > Fraction(rules.average_risk) * people:
        yield f"average risk: {count} classes for {people} people, {count / max(1, people):.4g}, limit {rules.average_risk}"
    most = int(Fraction(rules.suppression) * rows_before)
    if suppressed > most:
        yield f"suppression: {suppressed} of {rows_before} rows suppressed, at most {most} may be"
    gone = suppressed if rules.suppressed == "drop" else 0
    if not 0 <= suppressed <= rows_before or rows + gone != rows_before:
        yield f"rows: {rows} written and {suppressed} suppressed ({rules.suppressed}), of {rows_before} before"


def _of_size(rules: Anonymity) -> Iterable[_Judge]:
    k = rules.k
    yield _Judge(
        look=lambda one: one.people if one.people < k else None,
        worst=min,
        say=lambda found, least: f"k-anonymity: {found} fewer than {k} people, the smallest {least}",
    )
    if rules.max_risk is not None:
        limit, risk = rules.max_risk, Fraction(rules.max_risk)
        yield _Judge(
            look=lambda one: one.people if one.people * risk.numerator < risk.denominator else None,
            worst=min,
            say=lambda found, least: f"max risk: {found} a risk above {limit}, the smallest has {least} people",
        )


def _of_population(rule: Population) -> Iterable[_Judge]:
    if rule.k is not None:
        k = rule.k
        yield _Judge(
            look=lambda one: _fitting(one) if _fitting(one) < k else None,
            worst=min,
            say=lambda found, least: (
                f"k-map: {found} labels that fewer than {k} of the population fit, the fewest {least}"
            ),
        )
    if rule.low is not None:
        low, least_share = rule.low, Fraction(rule.low)
        yield _Judge(
            look=lambda one: _share(one) if one.people < least_share * _fitting(one) else None,
            worst=min,
            say=lambda found, share: f"presence: {found} a share below {low} of the population, the least {share:.4g}",
        )
    if rule.high is not None or rule.low is not None:  # a share above 1 contradicts a population that holds everybody
        high, largest = (1, Fraction(1)) if rule.high is None else (rule.high, Fraction(rule.high))
        yield _Judge(
            look=lambda one: _share(one) if one.people > largest * _fitting(one) else None,
            worst=max,
            say=lambda found, share: (
                f"presence: {found} a share above {high} of the population, the largest {share:.4g}"
            ),
        )


def _fitting(one: Class) -> int:
    if one.population is None:
        raise ValueError("a rule about the population needs to know of each class how many people fit it")
    return one.population


def _share(one: Class) -> float:
    return one.people / _fitting(one) if _fitting(one) else inf


def _values(one: Class, column: str) -> Counts:
    values = one.sensitive.get(column)
    if values is None or sum(values.values()) != one.rows:
        raise ValueError(f"sensitive column {column}: the values of a class do not add up to its rows")
    return values


def _of_values(
    column: str,
    rule: Sensitive,
    rows_before: int,
    distributions: Mapping[str, Counts],
    orders: Mapping[str, Sequence[str]],
    trees: Mapping[str, Sequence[Sequence[str]]],
) -> Iterable[_Judge]:
    match rule.form:
        case _ if rule.l is None:
            pass
        case "distinct":
            yield _distinct(column, rule.l)
        case "entropy":
            yield _entropy(column, rule.l)
        case "recursive":
            yield _recursive(column, rule.l, Fraction(rule.c or 0))
    if rule.t is None:
        return
    whole = distributions.get(column)
    if whole is None or sum(whole.values()) != rows_before:
        raise ValueError(f"sensitive column {column}: its distribution does not add up to the rows of the table")
    match rule.distance:
        case "equal":
            distance = _equal(whole)
        case "ordered":
            distance = _ordered(column, whole, orders.get(column, ()))
        case "hierarchical":
            distance = _hierarchical(column, whole, trees.get(column, ()))
    yield _closeness(column, rule, whole, distance)


def _distinct(column: str, l: int) -> _Judge:  # noqa: E741
    def look(one: Class) -> int | None:
        different = sum(1 for rows in _values(one, column).values() if rows > 0)
        return different if different < l else None

    return _Judge(
        look=look,
        worst=min,
        say=lambda found, least: f"distinct l-diversity of {column}: {found} fewer than {l} values, the fewest {least}",
    )


def _entropy(column: str, l: int) -> _Judge:  # noqa: E741
    needed = log(l) - _ROUNDING

    def look(one: Class) -> float | None:
        rows = _values(one, column).values()
        entropy = log(one.rows) - sum(n * log(n) for n in rows if n > 0) / one.rows
        return exp(entropy) if entropy < needed else None

    return _Judge(
        look=look,
        worst=min,
        say=lambda found, least: (
            f"entropy l-diversity of {column}: {found} less uncertainty than {l} values, the worst that of {least:.4g}"
        ),
    )


def _recursive(column: str, l: int, c: Fraction) -> _Judge:  # noqa: E741
    def look(one: Class) -> float | None:
        ordered = sorted(_values(one, column).values(), reverse=True)
        most, rest = ordered[0] if ordered else 0, sum(ordered[l - 1 :])
        if most * c.denominator < rest * c.numerator:
            return None
        return most / rest if rest else inf

    return _Judge(
        look=look,
        worst=max,
        say=lambda found, ratio: (
            f"recursive (c,l)-diversity of {column}: {found} a value not below {float(c):.4g} times "
            f"those from the {l}. most frequent on, the worst {ratio:.4g} times"
        ),
    )


# --- distances from the whole table's distribution, in whole numbers ------------------------------------------------------

_Distance: TypeAlias = tuple[Callable[[Counts, int], int], int]
"""((a class's value → rows, its rows) → what must be moved, times how far; that of all rows moved all the way is unit · rows; unit)."""


def _closeness(column: str, rule: Sensitive, whole: Counts, distance: _Distance) -> _Judge:
    limit, t, known = rule.t, Fraction(rule.t or 0), whole.keys()
    moved, unit = distance

    def look(one: Class) -> Fraction | None:
        values = _values(one, column)
        if not values.keys() <= known:
            raise NotMet([f"t-closeness of {column}: a class holds a value that the table before does not"])
        far, farthest = moved(values, one.rows), unit * one.rows
        return Fraction(far, farthest) if far * t.denominator > farthest * t.numerator else None

    return _Judge(
        look=look,
        worst=max,
        say=lambda found, far: (
            f"t-closeness of {column}: {found} a distance above {limit} ({rule.distance}), the farthest {float(far):.4g}"
        ),
    )


def _equal(whole: Counts) -> _Distance:
    """All values are 1 apart: what is too much anywhere is moved by 1 (the variational distance)."""
    total = sum(whole.values())

    def moved(values: Counts, rows: int) -> int:
        extras = [here * total - rows * whole[value] for value, here in values.items()]
        return sum([extra for extra in extras if extra > 0])

    return moved, total


def _ordered(column: str, whole: Counts, order: Sequence[str]) -> _Distance:
    """Neighbours are 1 / (m − 1) apart: what is too much up to each value is moved past it (Li et al. 2007, 4.1)."""
    _placed(column, whole, order, "order")
    total = sum(whole.values())
    table = [(value, whole.get(value, 0)) for value in order]

    def moved(values: Counts, rows: int) -> int:
        return sum(map(abs, accumulate([values.get(value, 0) * total - rows * there for value, there in table])))

    return moved, total * max(1, len(order) - 1)


def _hierarchical(column: str, whole: Counts, tree: Sequence[Sequence[str]]) -> _Distance:
    """Two values are as far apart as their lowest common label is high, the root being 1 (Li et al. 2007, 4.2).

    The way between them is as long in a tree whose every branch is half a level long, and in a tree the least that can be moved is
    what is too much or too little on either side of each branch. Above what the class does not hold too little is the table's share.
    """
    _placed(column, whole, [row[0] for row in tree], "hierarchy")
    height = len(tree[0]) - 1 if tree else 0
    if any(len(row) != height + 1 for row in tree) or len({row[-1] for row in tree}) > 1:
        raise ValueError(f"sensitive column {column}: its hierarchy has no single root")
    levels: list[tuple[dict[str, str], dict[str, int]]] = [({}, {}) for _ in range(height)]
    for row in tree:
        for (above, below), label, parent in zip(levels, row, row[1:], strict=False):
            below[label] = below.get(label, 0) + whole.get(row[0], 0)
            if above.setdefault(label, parent) != parent:
                raise ValueError(f"sensitive column {column}: its hierarchy does not nest")
    total = sum(whole.values())

    def moved(values: Counts, rows: int) -> int:
        twice, held = height * total * rows, values
        for above, below in levels:
            inside: dict[str, int] = {}
            for label, here in held.items():
                mine, share = here * total, rows * below[label]
                twice += mine - 2 * share if mine > share else -mine  # |mine − share| in place of the share
                parent = above[label]
                inside[parent] = inside.get(parent, 0) + here
            held = inside
        return twice

    return moved, 2 * total * max(1, height)


def _placed(column: str, whole: Counts, places: Sequence[str], where: str) -> None:
    if len(set(places)) != len(places):
        raise ValueError(f"sensitive column {column}: its {where} has a value twice")
    missing = len(whole.keys() - set(places))
    if missing:
        raise NotMet([f"t-closeness of {column}: {missing} of the table's values without a place in its {where}"])
