"""What a dictionary says of itself: numbers over numbers, tags over tags, frozen parameters, and what keeps a tag inside."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import ibis
import pyarrow as pa
import pytest

from secureprofile.errors import PolicyFileError
from secureprofile.portrait.build import clean, profile
from secureprofile.portrait.dictionary import check_row_local
from secureprofile.portrait.reading import load_tags
from secureprofile.portrait.types import Column
from tests.portrait.engine import duck, tagged

DAY = date(2026, 11, 1)
FILE = """\
secureprofile-tags: 1
parameters:
  enough: {value: 2, source: public, note: "a guess"}
  typical: {value: 4.5, source: fitted, note: "mean of all"}
clean:
  rows: {time: at}
features:
  rows:
    total: "sum(n, where=n < 100 * enough)"
    days: "count_distinct(at)"
derived:
  doubled: "per_day * 2"
  per_day: "total / days"
tags:
  - code: verdict
    dimension: psychology
    name: {en: V, zh: V}
    definition: {en: V, zh: V}
    values:
      - {code: good, name: {en: g, zh: g}, when: "size == 'big' and doubled > enough"}
      - {code: bad, name: {en: b, zh: b}, otherwise: true}
  - code: size
    dimension: consumption
    name: {en: S, zh: S}
    definition: {en: S, zh: S}
    values:
      - {code: big, name: {en: big, zh: 大}, when: "total > enough"}
      - {code: small, name: {en: small, zh: 小}, otherwise: true}
  - code: above
    dimension: consumption
    sensitivity: special
    purposes: [portrait]
    name: {en: A, zh: A}
    definition: {en: A, zh: A}
    values:
      - {code: above, name: {en: a, zh: a}, when: "per_day > typical"}
      - {code: below, name: {en: b, zh: b}, otherwise: true}
"""
COLUMNS = {"rows": {"n": Column("int64"), "at": Column("date"), "who": Column("string", personal=True)}}
ROWS = {
    "person": ["a", "a", "a", "b", "c"],
    "n": [1, 2, 200, 5, 5],
    "at": [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 2), date(2026, 11, 1), date(2026, 11, 2)],
}


def test_derived_numbers_and_tags_read_each_other_in_any_order_of_the_file() -> None:
    tags = load_tags(FILE, file="tags.yaml", columns=COLUMNS)
    check_row_local(tags)
    assert list(tags.derived) == ["per_day", "doubled"]
    found = tagged({"rows": ibis.memtable(pa.table(ROWS))}, DAY, tags)
    assert found == {
        "a": {"verdict": "good", "size": "big", "above": "below"},  # 3 over two days; 200 is not below 100 · enough
        "b": {"verdict": "good", "size": "big", "above": "above"},
        "c": {"verdict": "bad", "size": "small", "above": "below"},  # tomorrow's row is not known today
    }


def test_rows_after_the_day_are_counted() -> None:
    tags = load_tags(FILE, file="tags.yaml", columns=COLUMNS)
    kept, rejects = clean(ibis.memtable(pa.table(ROWS)), tags.clean["rows"], DAY)
    assert duck().to_pyarrow(rejects).to_pylist() == [{"rule": "later", "count": 1}]
    assert duck().to_pyarrow(kept.count()).as_py() == 4


def test_what_rests_on_a_fitted_number_or_has_no_basis_stays_inside() -> None:
    tags = load_tags(FILE, file="tags.yaml", columns=COLUMNS)
    assert tags.why_not_released("verdict", "portrait") is None
    assert "lawful_basis" in str(tags.why_not_released("above", "portrait"))
    assert "for portrait only" in str(tags.why_not_released("above", "marketing"))
    based = load_tags(FILE.replace("sensitivity: special", "sensitivity: low"), file="tags.yaml")
    assert "typical, fitted" in str(based.why_not_released("above", "portrait"))
    through = based = load_tags(FILE.replace("doubled > enough", "above == 'above'"), file="tags.yaml")
    assert "typical, fitted" in str(through.why_not_released("verdict", "portrait"))
    retired = load_tags(FILE.replace("sensitivity: special", "status: retired"), file="tags.yaml")
    assert "retired" in str(retired.why_not_released("above", "portrait"))
    public = load_tags(FILE.replace("source: fitted", "source: release"), file="tags.yaml")
    assert "lawful_basis" in str(public.why_not_released("above", "portrait"))


def test_tags_of_psychology_are_for_groups_unless_they_say_otherwise() -> None:
    tags = load_tags(FILE, file="tags.yaml")
    assert [tag.aggregate_only for tag in tags.tags] == [True, False, False]
    said = load_tags(
        FILE.replace("dimension: psychology", "dimension: psychology\n    aggregate_only: false"), file="t"
    )
    assert not said.tags[0].aggregate_only


BROKEN = [
    ("per_day * 2", "per_day * doubled", "reads itself"),
    ("total / days", "doubled / days", "reads itself, through: doubled, per_day"),
    ("total > enough", "verdict == 'bad'", "reads itself, through: size, verdict"),
    ("total > enough", "totl > enough", "did you mean total?"),
    ("source: public", "source: guess", "one of: public, release, bought, fitted"),
    ("value: 4.5", "value: many", "expected a number"),
    ("time: at", "time: att", "did you mean at?"),
    ("time: at", "time: n", "dates or times"),
    ("count_distinct(at)", "count(where=who == 'x')", "says who somebody is"),
    ("count_distinct(at)", "max(who)", "says who somebody is"),
    ("code: size", "code: verdict", "second tag"),
    ("doubled:", "total:", "second feature"),
    ("typical:", "days:", "second feature"),
    ("per_day > typical", "per_day > 'x'", "does not fit"),
    ("total / days", "total / 0", "division by zero"),
    ("purposes: [portrait]", "purposes: portrait", "list of purposes"),
    ("purposes: [portrait]", "aggregate_only: 3", "true or false"),
    ("purposes: [portrait]", "status: live", "one of: draft, active, retired"),
]


@pytest.mark.parametrize(("old", "new", "said"), BROKEN, ids=[f"{new}"[:30] for _, new, _ in BROKEN])
def test_each_mistake_is_told(old: str, new: str, said: str) -> None:
    assert old in FILE
    with pytest.raises(PolicyFileError) as caught:
        load_tags(FILE.replace(old, new, 1), file="tags.yaml", columns=COLUMNS)
    assert said in str(caught.value)


def test_identifiers_may_be_counted_and_tell_groups_apart() -> None:
    file = FILE.replace("count_distinct(at)", "count_distinct(who) + max(count(), per=who)")
    load_tags(file, file="tags.yaml", columns=COLUMNS)


FOLDS = """\
secureprofile-tags: 1
clean: {rows: {time: at}}
features:
  rows:
    f1: "sum(n, last=30)"
    f2: "latest(n, at)"
    f3: "most(n, 1, before=10)"
    f4: "gap(at, 0.5)"
    f5: "decayed(n, 20)"
    f6: "max(count(), per=n)"
    f7: "mean(n)"
tags: []
measures:
"""
MEASURE = """\
  - {{code: m{0}, name: {{en: m, zh: m}}, definition: {{en: m, zh: m}}, unit: "", value: f{0}, missing: -50, bounds: [-50, 50], grid: 0.001}}
"""


def numbers(rows: list[tuple[str, int, date]]) -> dict[str, tuple[int, ...]]:
    tags = load_tags(FOLDS + "".join(MEASURE.format(n) for n in range(1, 8)), file="tags.yaml", columns=COLUMNS)
    columns = {name: [row[place] for row in rows] for place, name in enumerate(("person", "n", "at"))}
    found = duck().to_pyarrow(profile({"rows": ibis.memtable(pa.table(columns))}, tags, DAY)).to_pylist()
    return {row["person"]: tuple(row[f"m{n}"] for n in range(1, 8)) for row in found}


def some_rows(rng: Random, person: str, days: tuple[int, int]) -> list[tuple[str, int, date]]:
    """Up to eight rows of a person, so many days before the day."""
    return [(person, rng.randint(-3, 9), DAY - timedelta(days=rng.randint(*days))) for _ in range(rng.randint(1, 8))]


def test_later_events_change_nothing() -> None:
    """As of a day: whatever happens after it, and in whatever order rows are stored, every number of 2,000 people stays."""
    rng = Random(20261127)
    rows = [row for n in range(2000) for row in some_rows(rng, f"p{n}", (0, 90))]
    later = [row for n in range(2000) for row in some_rows(rng, f"p{n}", (-90, -1))]
    everything = rows + later
    rng.shuffle(everything)
    assert numbers(everything) == numbers(rows)


def test_whoever_comes_or_goes_the_others_stay() -> None:
    """A replay: half of 2,000 people leave, 500 others come, and the rows of those who stay are folded as before."""
    rng = Random(7)
    rows = [row for n in range(2000) for row in some_rows(rng, f"p{n}", (0, 90))]
    others = [row for n in range(500) for row in some_rows(rng, f"q{n}", (0, 90))]
    before = numbers(rows)
    after = numbers([row for row in rows if int(row[0][1:]) % 2] + others)
    stayed = {person: found for person, found in before.items() if int(person[1:]) % 2}
    assert {person: found for person, found in after.items() if person in stayed} == stayed
    assert len(stayed) == 1000
