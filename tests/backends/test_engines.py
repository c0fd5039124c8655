"""The same treatment, the same portrait and the same counts on DuckDB and on PySpark: identical results, cell by cell."""

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.engine import SparkFunctions
from secureprofile.adapters.helpers import scrub_cells
from secureprofile.adapters.policies import load_policy
from secureprofile.adapters.spark import SparkEngine
from secureprofile.adapters.words import fake_words
from secureprofile.dp.marginals import counting
from secureprofile.guard.candidates import identifier_keys, known_column, mentions
from secureprofile.guard.canonical import canonical_text
from secureprofile.guard.fakes import Fakes
from secureprofile.guard.fpe import FormatPreserving
from secureprofile.guard.reversible import Encryption
from secureprofile.guard.treat import Keyed, pads, treat, typed, unreadable
from secureprofile.policy.decide import plan_columns
from secureprofile.policy.parse import parse_policy
from secureprofile.portrait.build import clean, profile
from secureprofile.portrait.expression import parse
from secureprofile.portrait.folds import Events, compile_folds
from secureprofile.portrait.reading import load_tags
from secureprofile.portrait.rows import compile_row
from tests.flows.treated import POLICY
from tests.portrait.test_expression import CONDITIONS, FOLDS

pytestmark = [
    # PySpark 4.0 warns about its own use of pandas 3, and leaves sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::Warning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PEOPLE = {
    "customer_id": ["C1", " C2 ", "C3", "C4", None, ""],
    "name": ["王小明", "Zoë Müller", "José", "", None, "李娜"],
    "gender": ["女", "F", "male", "", None, "M"],
    "birth_date": ["1990年5月1日", "07/12/1994", "1950-05-31", "never", None, ""],
    "mobile": ["１３８ 1234 5678", "+44 7700 900360", "650-555-0178", "1", None, ""],
    "email": ["A@Example.COM", "zoë@example.org", "no-at", "", None, "b@example.net"],
    "resident_id": ["11010519491231002x", "", None, "", None, ""],
    "address": ["上海市浦东新区世纪大道88号", "1 Mill Lane", "", None, None, ""],
    "city": ["上海", " London", "NEW YORK", "", None, "Leeds"],
    "country": ["China", "United Kingdom", "United States", "", None, ""],
    "joined_on": ["2024-08-28", "2025-01-02", "bad", "", None, "2023-03-03"],
    "notes": ["", "", "", "", None, ""],
}
ORDERS = {
    "person": ["a", "a", "a", "b", "b", "c", "c", "c", "d"],
    "order_id": ["R1", "R2", "R2", "R3", "CR3", "R4", "R5", "R6", "R7"],
    "ordered_at": ["2026-10-30 10:05:00", "01/09/2026 21:10", "01/09/2026 21:10", "2025-01-01 08:00:00", "2025-01-02 08:00:00",
                   "2026-05-02 19:30:00", "2026-05-03 20:00:00", "2026-05-09 11:00:00", "2027-01-01 00:00:00"],
    "category": ["books", "BOOKS ", "BOOKS ", "toys", "toys", "home", "beauty", "home", "toys"],
    "product": ["p"] * 9,
    "quantity": ["1", "2", "2", "3", "-3", "1", "1", "1.5", "1"],
    "unit_price": ["10.50", "7.25", "7.25", "100", "100", "20", "20", "0.01", "5"],
    "discount": ["0", "1.25", "1.25", "", "0", "0", None, "0", "0"],
    "coupon": ["", "SAVE10", "SAVE10", None, None, "", "VIP", "", ""],
    "channel": ["app", "APP", "APP", "web", "web", "store", "web", "store", "app"],
}  # fmt: skip


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """PySpark in local mode; skipped without Java, except in CI."""
    if shutil.which("java") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("PySpark needs Java (openjdk-17-jre-headless)")
    pyspark_sql = pytest.importorskip("pyspark.sql", reason="the extra [spark] is not installed")
    os.environ["PYSPARK_PYTHON"] = sys.executable  # else workers take whatever `python3` is
    builder = pyspark_sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "2").config("spark.driver.bindAddress", "127.0.0.1")
    session = builder.config("spark.driver.host", "127.0.0.1").config("spark.log.level", "ERROR").getOrCreate()
    with SparkEngine(session) as engine:
        yield engine
    session.stop()


def rows(engine: Any, expression: ibis.Table) -> list[tuple[Any, ...]]:
    table = engine.to_arrow(expression)
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)


def table(engine: Any, data: dict[str, list[str | None]], folder: Path) -> ibis.Table:
    """Through a Parquet file, as in the store: PySpark reads missing cells of pandas 3 frames as the text NaN."""
    path = folder / f"{len(data)}.parquet"
    pq.write_table(pa.table({name: pa.array(cells, pa.string()) for name, cells in data.items()}), path)
    return engine.parquet([path] if isinstance(engine, DuckEngine) else str(path))


def treated(engine: Any, folder: Path) -> list[tuple[Any, ...]]:
    """Every treatment of the ready policy's export, but free text, which is Python on both."""
    policy = load_policy("retail").policy
    plans = [
        plan
        for plan in plan_columns(policy, dataset="customers", purpose="partner-analytics", header=list(PEOPLE))
        if plan.name != "notes"
    ]
    categories = sorted({plan.category for plan in plans if plan.treatment.kind == "pseudonym"})
    names = {("pseudonym", category): f"k{n}" for n, category in enumerate(categories)}
    key_row = pads({name: bytes([7 + n]) * 32 for n, name in enumerate(names.values())})
    joined = table(engine, PEOPLE, folder).cross_join(ibis.memtable(pa.table({k: [v] for k, v in key_row.items()})))
    return rows(
        engine,
        treat(
            joined,
            plans,
            keyed=Keyed(names=names, kids={"pseudonym": "k1"}),
            own=[],
            functions=engine.functions,
            stored=False,
        ),
    )


EVERY = {
    "person": ["P1", "P1", "P2", " p3 ", "", None, "P4"],
    "name": ["Zoë Quill", "王小明", "", "サトウ アキラ", "x", None, "O'Neil, Ann"],
    "mail": ["a@example.org", "A@example.org", "", "no", "é😀", None, "se_mail_k1_00"],
    "phone": ["138 1234 5678", "13812345678", "(138)-1234.5678", "12", "", None, "138é1234567"],
    "card": ["4111 1111 1111 1111", "4111111111111112", "", "x", "5555555555554444", None, "４１１１１１１１１１１１１１１１"],
    "account": ["DE44-500105", "de44500105", "", "?", "FR99 XYZ123", None, "DE44-500105"],
    "cn_id": ["11010519491231002X", "11010519491231002x", "", "1", "110105194902300021", None, "11010519491231002X"],
    "handle": ["zq", "sp_nick_k1_" + "0" * 32, "", " zq ", "sp_other_k1_" + "0" * 32, None, "é"],
    "born": ["1990-05-01", "2009-11-02", "", "never", "1890-01-01", None, "2026-12-31"],
    "seen": ["2026-01-05 10:00:00", "2026-02-28 23:59:59", "", "soon", "2026-01-01", None, "2025-12-31 00:00:01"],
    "street": ["1 Mill Lane, Leeds LS1 4AB", "江苏省南京市玄武区中山路1号", "", "nowhere", "12 George St, Sydney NSW 2000", None,
               "Hauptstraße 5, 10115 Berlin"],
    "postcode": ["LS1 4AB", "210000", "", "12", "１２３４", None, "ab"],
    "ip": ["192.0.2.77", "2001:DB8:0:7::1", "::", "300.1.1.1", "::ffff:192.0.2.1", None, "0:0:1:2::"],
    "spent": ["12.50", "-3", "", "many", "1e400", None, "1d"],
    "visits": ["0", "1", "", "x", "10", None, "NaN"],
    "minutes": ["0", "-90.25", "", "1d", "1e13", None, "1e400"],
}  # fmt: skip


def every_treatment(engine: Any, functions: Any, folder: Path) -> list[tuple[Any, ...]]:
    """All treatments of a policy that uses each one; random tokens, which come from the state, stand in a column of their own."""
    plans = plan_columns(every_policy(), dataset="people", purpose="share", header=list(EVERY))
    names = {
        ("pseudonym", "user.account.username"): "a",
        ("date_shift", "user.unique_id"): "b",
        ("noise", "user.unique_id"): "c",
    }
    key_row = pads({"a": bytes(range(32)), "b": bytes(range(1, 33)), "c": bytes(range(2, 34))})
    text = table(engine, EVERY, folder).mutate(drawn=ibis.literal("st_cust_k1_drawn"))
    joined = text.cross_join(ibis.memtable(pa.table({k: [v] for k, v in key_row.items()})))
    keyed = Keyed(
        names=names, kids={"pseudonym": "k1"}, subject=("person", "user.unique_id", None), tokens={"person": "drawn"}
    )
    made = treat(joined, plans, keyed=keyed, own=[], functions=functions, stored=False)
    counter = unreadable(joined, plans, functions, stored=False, keyed=keyed)
    assert counter is not None
    return rows(engine, made) + rows(engine, counter)


def every_policy() -> Any:
    return parse_policy(POLICY, file="every.yaml", siblings=lambda name: None).policy


def on_cells() -> dict[str, Any]:
    """The functions on cells that the policy needs, under fixed keys."""
    allow = every_policy().purposes["share"].allow
    category = "user.contact.email"
    return {
        "mail": Encryption({"k1": bytes(range(64))}, kind="mail", category=category),
        "card": FormatPreserving(bytes(32), allow["user.financial.credit_card"]),
        "account": FormatPreserving(bytes(32), allow["user.financial.bank_account"]),
        "cn_id": FormatPreserving(bytes(32), allow["user.government_id"]),
        "name": Fakes(bytes(32), allow["user.name"], category="user.name", words=fake_words()),
    }


def portrait(engine: Any, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    policy = load_policy("retail")
    tags = load_tags(policy.sibling("tags.yaml"), file="tags.yaml")
    spec = policy.policy.datasets["orders"]
    plans = plan_columns(policy.policy, dataset="orders", purpose="portrait", header=list(spec.columns))
    text = table(engine, ORDERS, folder)
    orders = text.select(
        "person",
        **{plan.name: typed(text[plan.name], plan, engine.functions) for plan in plans if plan.name != "customer_id"},
    )
    day = date(2026, 11, 1)
    people = profile({"orders": orders}, tags, day)
    attributes = [tags.attribute(code) for code in ("recency", "frequency")]
    return {
        "profile": rows(engine, people),
        "rejects": rows(engine, clean(orders, tags.clean["orders"], day)[1]),
        "counts": rows(engine, counting(people, attributes)),
    }


def test_the_same_treatment(spark: Any, tmp_path: Path) -> None:
    with DuckEngine(temp=tmp_path) as duck:
        ours = treated(duck, tmp_path)
    assert ours == treated(spark, tmp_path)
    assert len(ours) == 6
    assert sum(str(row[0]).startswith("sp_cust_k1_") for row in ours) == 4


def test_the_same_portrait_rejects_and_counts(spark: Any, tmp_path: Path) -> None:
    with DuckEngine(temp=tmp_path) as duck:
        ours = portrait(duck, tmp_path)
    assert ours == portrait(spark, tmp_path)
    assert {rule for rule, count in ours["rejects"] if count} == {"cancelled", "future", "duplicate"}


EVENTS = {
    "person": ["a"] * 5 + ["b"] * 3 + ["c"],
    "word": ["x", "y", "y", "z", None, "x", "x", "é", None],
    "n": ["1.5", "2", "2", "-3", "7", None, "0.25", "10", None],
    "at": ["2026-10-30 10:00:00.25", "2026-10-30 10:00:00.75", "2026-09-01 09:00:00", "2026-01-01 00:00:00", None,
           "2025-12-31 23:59:59", "2026-10-01 12:00:00", "2027-01-01 00:00:00", None],
}  # fmt: skip


def folded(engine: Any, folder: Path) -> list[tuple[Any, ...]]:
    """Every fold and every function of the language, with what narrows them."""
    texts = [*FOLDS, "decayed(n, 30)", "latest(n, at)", "first(n, at)", "latest(word, at, last=60)"]
    texts = [text.replace("count(last", "count(where=n > 0, last") for text in texts if "-n" not in text]
    rows_of = table(engine, EVENTS, folder)
    typed_rows = rows_of.mutate(n=rows_of.n.cast("decimal(18, 4)"), at=rows_of.at.cast("timestamp"))
    day = date(2026, 11, 1)
    events = Events(table=typed_rows, person="person", as_of=day, clock="at")
    folds = {f"f{place}": parse(text, "fold") for place, text in enumerate(texts)}
    conditions = {f"c{place}": parse(text, "row") for place, text in enumerate(CONDITIONS)}
    columns = {name: typed_rows[name] for name in typed_rows.columns}
    found = typed_rows.select("person", "n", "at", **{n: compile_row(e, columns, day) for n, e in conditions.items()})
    return rows(engine, compile_folds(folds, events)) + rows(engine, found)


def test_the_whole_language_is_the_same(spark: Any, tmp_path: Path) -> None:
    with DuckEngine(temp=tmp_path) as duck:
        ours = folded(duck, tmp_path)
    theirs = folded(spark, tmp_path)
    for one, other in zip(ours, theirs, strict=True):
        assert [_near(cell) for cell in one] == [_near(cell) for cell in other]
    assert len(ours) == 12


def _near(cell: Any) -> Any:
    """Doubles to fifteen digits, decimals by their value."""
    return float(f"{cell:.15g}") if isinstance(cell, float | Decimal) else cell


def test_every_treatment_is_the_same(spark: Any, tmp_path: Path) -> None:
    with DuckEngine(temp=tmp_path) as duck:
        duck.use_cells(on_cells())
        ours = every_treatment(duck, duck.functions, tmp_path)
    theirs = every_treatment(spark, SparkFunctions(None, on_cells()), tmp_path)
    for one, other in zip(ours, theirs, strict=True):
        assert one == other
    assert len(ours) == 8
    assert sum("se_mail_k1_" in str(row) for row in ours) == 5


CELLS = [" １３８ 1234-5678 ", "A@B.C ", "11010519491231002x", "", "   ", "(020) 7946.0306", "é", "\tx\n",
         "138 1234 5678", "+86-13812345678", "01066554433", "+44 7400 123456", "4111-1111 1111", "ﾔﾏﾀﾞ", "王小明", "12"]  # fmt: skip


@pytest.mark.parametrize(
    "category", ["user.contact.phone_number", "user.contact.email", "user.government_id", "user.name"]
)
def test_one_canonical_spelling_everywhere(spark: Any, tmp_path: Path, category: str) -> None:
    """The expression on both engines and the function for single identifiers agree."""
    cells = ibis.memtable(pa.table({"n": list(range(len(CELLS))), "x": CELLS}))

    def spelled(engine: Any) -> list[tuple[Any, ...]]:
        return rows(engine, cells.select("n", c=engine.functions.canonical(cells.x, category, "CN")))

    with DuckEngine(temp=tmp_path) as duck:
        ours = spelled(duck)
    assert ours == spelled(spark)
    assert ours == sorted(((n, canonical_text(cell, category, "CN") or None) for n, cell in enumerate(CELLS)), key=repr)


NOTES = {
    "name": ["Zoë Quill", "王小明", "José Muñoz", "Anna-Maria O’Neil", None, "欧阳修文", "阿凡提·买买提"],
    "mobile": ["+44 7700 900360", "13800138000", "(0771) 234-5678", "", None, "010-66554433", "12"],
    "resident_id": ["AB-1234567", "11010519491231002X", "x", None, "", "4111 1111", "QX99-77"],
    "notes": ["Zoë rang from +44 7700 900360, wants JOSÉ MUÑOZ told; mail zoe@example.org",
              "和欧阳修文一起，电话138-0013-8000，证件11010519491231002x",
              "", None, "saw ÉMILE ÖZIL, Łukasz Żak, Anna-Maria O’Neil (ref ab1234567) & Jose Munoz, 0771 2345678",
              "阿凡提·买买提，还有王小明，１３８００１３８０００",
              "zoë quill asked, ref qx99 77"],
}  # fmt: skip


def noted(engine: Any, folder: Path) -> tuple[ibis.Table, list[Any]]:
    policy = load_policy("retail").policy
    header = list(policy.datasets["customers"].columns)
    plans = plan_columns(policy, dataset="customers", purpose="partner-analytics", header=header)
    known = table(engine, NOTES, folder)
    place = {cell: number for number, cell in enumerate(NOTES["notes"])}
    numbered = known.mutate(place=known["notes"].cases(*((text, n) for text, n in place.items() if text), else_=-1))
    return numbered, [plan for plan in plans if plan.name in NOTES]


def keys(engine: Any, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    known, plans = noted(engine, folder)
    texts = known.filter(known["notes"].notnull()).select("place", text=known["notes"])
    return {
        "mentions": rows(engine, mentions(texts, engine.functions).distinct()),
        "identifiers": rows(engine, identifier_keys(known, plans, engine.functions).distinct()),
        "folded": rows(engine, known.select(f=engine.functions.fold(known["name"]))),
    }


def test_the_same_people_are_mentioned(spark: Any, tmp_path: Path) -> None:
    """The patterns are RE2's on DuckDB and Java's on Spark, and so is the folding of letters."""
    with DuckEngine(temp=tmp_path) as duck:
        ours = keys(duck, tmp_path)
    theirs = keys(spark, tmp_path)
    for what, found in ours.items():
        assert found == theirs[what], what
    mentioned = {key for _, key in ours["mentions"]}
    assert {
        "njose munoz",
        "nzoe quill",
        "n欧阳修文",
        "n王小明",
        "n阿凡提·买买提",
        "t12345678",
        "iAB1234567",
    } <= mentioned
    assert {"njose munoz", "nzoe quill", "n欧阳修文", "n阿凡提·买买提", "t12345678", "iAB1234567"} <= {
        key for (key,) in ours["identifiers"]
    }


def test_the_same_notes_are_scrubbed(spark: Any, tmp_path: Path) -> None:
    """With everybody of the table known: own identifiers, those of others, and patterns; a missing note stays missing."""
    scrub = scrub_cells()

    def notes(engine: Any) -> list[tuple[Any, ...]]:
        known, plans = noted(engine, tmp_path)
        note = next(plan for plan in plans if plan.name == "notes")
        texts = known.filter(known["notes"].notnull()).select("place", text=known["notes"])
        found = mentions(texts, engine.functions).distinct()
        everybody = identifier_keys(known, plans, engine.functions).distinct()
        met = found.join(everybody, "key").group_by("place").aggregate(keys=lambda t: t["key"].collect())
        met = met.select("keys", spot="place")
        joined = known.left_join(met, known["place"] == met["spot"]).drop("spot").rename({known_column(note): "keys"})
        own = [("NAME", "name"), ("PHONE", "mobile")]
        return rows(engine, treat(joined, [note], keyed=Keyed(), own=own, functions=engine.functions, stored=False))

    with DuckEngine(temp=tmp_path) as duck:
        duck.use_scrubber(scrub)
        ours = notes(duck)
    assert ours == notes(SparkEngine(spark._session, scrub=scrub))
    left = " ".join(str(note) for (note,) in ours)
    assert (None,) in ours
    for gone in ("Zoë", "7700", "zoe@", "MUÑOZ", "Munoz", "欧阳", "王小明", "0013", "买买提", "234567", "O’Neil"):
        assert gone not in left, gone
    assert "wants [NAME] told" in left
