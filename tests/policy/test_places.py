"""Broken policies, made one mistake at a time: each is told at the line and column where it was made, with its code.

Places are found by searching the text for what was written there; nothing of the product reads or counts here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import pytest

from secureprofile.adapters.policies import READY
from secureprofile.errors import PolicyFileError
from secureprofile.policy.parse import parse_policy
from tests.conftest import ROOT

FULL = """\
secureprofile: 1
policy: {id: full, version: 3, owner: dpo, jurisdiction: [GDPR, PIPL], effective: 2026-01-01, region: CN}
defaults: deny
roles:
  analyst: [creator, ana@example.com]
  steward: [creator]
authentication:
  steward: [os-user]
domains:
  people:
    unit: person
    population: 5000
    epsilon: 4
    delta: 1.0e-5
datasets:
  people:
    domain: people
    kind: people
    subject: id
    files: ["people*.csv"]
    columns:
      id: user.unique_id
      born: {category: user.demographic.date_of_birth, type: date, formats: ["%Y"]}
      phone: {category: user.contact.phone_number, region: CN, optional: true}
      card: user.financial.credit_card
      city: user.contact.address.city
  visits:
    domain: people
    subject: id
    files: ["visits*.csv"]
    columns:
      id: user.unique_id
      seen: {category: user.behavior, type: timestamp}
purposes:
  count:
    data_use: analytics.reporting
    lawful_basis: {GDPR: consent, PIPL: consent}
    consent: required
    consent_rules:
      notice: [N-3]
      max_age: P2Y
      minors: deny
      separate: [sensitive, disclosure]
    pia:
      ref: PIA-7
      done: 2026-01-31
    roles: [analyst]
    outputs: [store, release]
    minimum_group: 20
    budget: {epsilon: 2, delta: 1.0e-6}
    retention: P1Y
    allow:
      user.unique_id: pseudonym
      user.demographic.date_of_birth: {generalize: {to: year}}
      user.contact.address.city: keep
  share:
    data_use: analytics
    lawful_basis: {GDPR: contract, PIPL: contract}
    consent: not-required
    pia: {ref: PIA-8, done: 2026-02-28}
    roles: [steward]
    outputs: [export]
    retention: P90D
    recipients: [partner]
    residue: redact
    spreadsheet_safe: true
    cross_border: true
    allow:
      user.unique_id: {pseudonym: {type: cust}}
      user.contact.phone_number: {mask: {keep_last: 2}}
      user.financial.credit_card: {fpe: {keep_first: 6, check: luhn}}
      user.behavior: {date_shift: {days: 30}}
      user.demographic.date_of_birth: {generalize: {to: age_band, edges: [18, 65]}}
  return:
    data_use: essential.legal_obligation
    lawful_basis: {GDPR: legal-obligation, PIPL: statutory-duty}
    consent: not-required
    pia: {ref: PIA-9, done: 2026-02-28}
    roles: [steward]
    outputs: [reveal]
    reveals: [share]
    retention: P30D
    allow:
      user.financial.credit_card: reveal
recipients:
  partner:
    agreement: DPA-1
    expires: 2028-12-31
    country: DE
    purposes: [share]
tests:
  - name: nobody gets the card
    when: {role: analyst, purpose: count, columns: [card]}
    expect: {decision: deny, reason: category-not-covered}
"""
BASES = {
    "full": FULL,
    **{name: (ROOT / "policies" / f"{name}.yaml").read_text(encoding="utf-8") for name in READY},
}
Place = tuple[int, int, str]
"""(line, column, code)."""


def told(text: str) -> list[Place]:
    try:
        parse_policy(text, file="p.yaml", siblings=lambda name: b"")
    except PolicyFileError as error:
        for problem in error.problems:
            assert str(problem).startswith(f"p.yaml:{problem.line}:{problem.column}: {problem.code}: ")
            assert problem.hint, problem
        return [(problem.line, problem.column, problem.code) for problem in error.problems]
    return []


def place(text: str, marker: str) -> tuple[int, int]:
    """The line and column at which a marker stands, which must stand once."""
    assert text.count(marker) == 1, marker
    before = text[: text.index(marker)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("name", BASES)
def test_the_bases_themselves_are_whole(name: str) -> None:
    assert told(BASES[name]) == []


# --- one mistake at every key, by lines --------------------------------------------------------------------------------------

NAMED = re.compile(r"^  [\w-]+:|^      [\w.]+: ", re.MULTILINE)
"""Lines whose key is a name that the policy gives, or a data category."""


@dataclass(frozen=True)
class Key:
    """A key as it stands in a text: where, and what follows on its line."""

    name: str
    at: int
    line: int
    column: int
    value: str
    inside: bool


def keys(text: str) -> Iterator[Key]:
    """Every key whose name is not free, of lines and inside braces, found by its colon."""
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.split(" #")[0].rstrip()
        if not bare.lstrip().startswith("#"):
            block = re.match(r"(?:  )*(?:- )?([a-z_.]+):(?: |$)", bare)
            free = NAMED.match(bare if bare.endswith(":") else bare + " ") or (
                number > 1 and bare.startswith("      ") and "." in bare.split(":")[0]
            )
            if block and not free:
                yield Key(block[1], start + block.start(1), number, block.start(1) + 1, bare[block.end() :], False)
            for found in re.finditer(r"(?<=[{,] |.[{])([a-z_]+): ", bare):
                if not bare[: found.start()].rstrip().endswith("allow:"):
                    yield Key(found[1], start + found.start(1), number, found.start(1) + 1, bare[found.end() :], True)
        start += len(line) + 1


LAWS = {"GDPR", "PIPL"}
TREATMENTS = {"generalize", "mask", "pseudonym", "fpe", "date_shift"}


def renamed(text: str) -> Iterator[tuple[str, Place]]:
    """Each key once misspelt."""
    for key in keys(text):
        broken = text[: key.at] + key.name + "zz" + text[key.at + len(key.name) :]
        yield broken, (key.line, key.column, "unknown-key" if key.name not in TREATMENTS else "unknown-treatment")


def doubled(text: str) -> Iterator[tuple[str, Place]]:
    """Each key of one line once more, on the line below it."""
    lines = text.split("\n")
    for key in keys(text):
        line = lines[key.line - 1]
        if not key.inside and key.value and not line.lstrip().startswith("- "):
            broken = "\n".join([*lines[: key.line], line, *lines[key.line :]])
            yield broken, (key.line + 1, key.column, "duplicate-key")


DISPUTED = ("no", "YES", "Off", "010", "0x1F", "1_000", "12:30:45", "0b11", "True", "Null", "09", ".inf", "0o17", "=")


def disputed(text: str) -> Iterator[tuple[str, Place]]:
    """Each plain value of a line once a word that readers of YAML dispute."""
    lines, words = text.split("\n"), cycle(DISPUTED)
    for key in keys(text):
        if not key.inside and re.fullmatch(r"[\w.@-]+", key.value):
            line = lines[key.line - 1]
            broken = line[: key.column - 1] + f"{key.name}: {next(words)}"
            yield "\n".join([*lines[: key.line - 1], broken, *lines[key.line :]]), (key.line, key.column, "yaml-trap")


def marked(text: str) -> Iterator[tuple[str, Place]]:
    """Each value of a line once with an anchor, an alias, a tag, a tab, a control character or a mark nobody sees."""
    lines = text.split("\n")
    kinds = cycle([("&zz ", "yaml-anchor"), ("*zz #", "yaml-anchor"), ("!zz ", "yaml-tag"), ("!!str ", "yaml-tag"),
                   ("\x07", "yaml-character"), ("\u202e", "yaml-invisible"), ("\u200b", "yaml-invisible"),
                   ("\u2028", "yaml-line-end"), ("\r", "yaml-line-end"), ("\x85", "yaml-line-end")])  # fmt: skip
    for key in keys(text):
        if not key.inside and key.value:
            line, (put, code) = lines[key.line - 1], next(kinds)
            at = key.column - 1 + len(key.name) + 2
            broken = line[:at] + put + line[at:]
            yield "\n".join([*lines[: key.line - 1], broken, *lines[key.line :]]), (key.line, at + 1, code)


def tabbed(text: str) -> Iterator[tuple[str, Place]]:
    """Each indented line once with a tab for its first two spaces."""
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if line.startswith("  "):
            yield "\n".join([*lines[: number - 1], "\t" + line[2:], *lines[number:]]), (number, 1, "yaml-tab")


MAKERS = {"renamed": renamed, "doubled": doubled, "disputed": disputed, "marked": marked, "tabbed": tabbed}
ALONE = {"doubled", "disputed", "tabbed"}
"""Mistakes that nothing follows from: they must be the only thing told."""
FOLLOWS = {"renamed": {"missing-key", "missing-separate-consent", "missing-assessment", "consent-conflict", "reveal-conflict",
                       "unknown-purpose", "unknown-column", "type-conflict", "treatment-conflict", "missing-lawful-basis",
                       "recipient-conflict", "cross-border", "case-ambiguous", "over-budget", "unregistered-recipient"},
           "marked": set()}  # fmt: skip


def check(maker: str, base: str, *, step: int) -> int:
    cases = list(MAKERS[maker](BASES[base]))[::step]
    for text, expected in cases:
        found = told(text)
        assert expected in found, (maker, expected, found)
        rest = [one for one in found if one != expected]
        if maker in ALONE:
            assert rest == [], (expected, found)
        else:
            assert {code for _, _, code in rest} <= FOLLOWS[maker], (expected, found)
            assert [code for _, _, code in found].count(expected[2]) == 1, (expected, found)
    return len(cases)


COUNTED: dict[str, int] = {}


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("maker", MAKERS)
def test_a_mistake_is_told_where_it_was_made(maker: str, base: str) -> None:
    COUNTED[f"{maker} {base}"] = check(maker, base, step=1 if base == "full" else 4)


def test_three_hundred_broken_files_and_more_were_tried() -> None:
    if len(COUNTED) == len(MAKERS) * len(BASES):  # the whole file ran, in one process
        assert sum(COUNTED.values()) + len(TABLE) >= 450


@pytest.mark.proof
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("maker", MAKERS)
def test_every_mistake_at_every_key_is_told_where_it_was_made(maker: str, base: str) -> None:
    assert check(maker, base, step=1) >= 20


# --- by hand: every kind of mistake ---------------------------------------------------------------------------------------------

AGAIN = "tests:\n  - {name: nobody gets the card, when: {role: a, purpose: b}, expect: {decision: deny}}\n"
# (right, wrong, marker: where it is told, code)
TABLE: list[tuple[str, str, str, str]] = [
    ("secureprofile: 1", "secureprofile: 2", "secureprofile: 2", "unknown-word"),
    ("secureprofile: 1", "secureprofile: true", "secureprofile: true", "wrong-kind"),
    ("version: 3", "version: 0", "version: 0", "out-of-range"),
    ("version: 3", 'version: "x"', 'version: "x"', "wrong-kind"),
    ("owner: dpo", "owner: [dpo]", "owner: [dpo]", "wrong-kind"),
    ("id: full", "id: 7full", "id: 7full", "wrong-form"),
    ("[GDPR, PIPL], eff", "[GDPR, CCPA], eff", "CCPA", "unknown-word"),
    ("[GDPR, PIPL], eff", "[GDPR, PIPL, GDPR], eff", "GDPR], eff", "duplicate-item"),
    ("effective: 2026-01-01", "effective: 2026-02-30", "effective: 2026", "wrong-form"),
    ("effective: 2026-01-01", "effective: soon", "effective: soon", "wrong-form"),
    ("region: CN}\ndefaults", "region: UK}\ndefaults", "region: UK", "unknown-region"),
    ("region: CN}\ndefaults", "region: cn}\ndefaults", "region: cn", "wrong-form"),
    ("defaults: deny", "defaults: allow", "defaults: allow", "unknown-word"),
    ("analyst: [creator, ana@example.com]", "analyst: creator", "analyst: creator", "wrong-kind"),
    ("[creator, ana@example.com]", "[creator, creator]", "creator]\n  steward", "duplicate-item"),
    ("steward: [os-user]", "steward: [face]", "face", "unknown-word"),
    ("steward: [os-user]", "steward: []", "steward: []", "out-of-range"),
    ("steward: [os-user]", "stewart: [os-user]", "stewart", "unknown-role"),
    ("population: 5000", "population: 0", "population: 0", "out-of-range"),
    ("population: 5000", "population: 5.5", "population: 5.5", "wrong-kind"),
    ("epsilon: 4", "epsilon: 0", "epsilon: 0", "out-of-range"),
    ("epsilon: 4", "epsilon: 1", "budget: {eps", "over-budget"),
    ("epsilon: 4", "epsilon: 101", "epsilon: 101", "out-of-range"),
    ("delta: 1.0e-5", "delta: 0.1", "delta: 0.1", "delta-too-large"),
    ("delta: 1.0e-5", "delta: 1e999", "delta: 1e999", "number-limit"),
    ("delta: 1.0e-5", "delta: 1.0e-5\n    filter: rdp", "filter: rdp", "unknown-word"),
    ("delta: 1.0e-5", "delta: 1.0e-5\n    periods: {week: {epsilon: 1}}", "week: {eps", "unknown-word"),
    ("delta: 1.0e-5", "delta: 1.0e-5\n    periods: {year: {epsilon: 9}}", "year: {eps", "over-budget"),
    ("delta: 1.0e-5", "delta: 1.0e-5\n    filter: zcdp\n    periods: {year: {epsilon: 1, delta: 0}}", "delta: 0}", "missing-delta"),
    ("domain: people\n    kind", "domain: crowd\n    kind", "domain: crowd", "unknown-domain"),
    ("kind: people", "kind: persons", "kind: persons", "unknown-word"),
    ("subject: id\n    files: [\"peo", "subject: nr\n    files: [\"peo", "subject: nr", "unknown-column"),
    ('files: ["visits*.csv"]', 'files: ["people*.csv", "v"]', '"people*.csv", "v"', "pattern-conflict"),
    ('files: ["visits*.csv"]', 'files: ["v", "v"]', '"v"]', "duplicate-item"),
    ('files: ["visits*.csv"]', "files: visits", "files: visits", "wrong-kind"),
    ("card: user.financial.credit_card", "card: user.financial.creditcard", "card: user.financial.creditcard", "unknown-category"),
    ("born: {category: user.demographic.date_of_birth", "born: {category: user.born", "category: user.born", "unknown-category"),
    ("type: date, formats", "type: text, formats", "born: {", "type-conflict"),
    ("type: date, formats", "type: day, formats", "type: day", "unknown-word"),
    ("optional: true", "optional: 1", "optional: 1", "wrong-kind"),
    ("region: CN, optional", "region: XX, optional", "region: XX", "unknown-region"),
    ("card: user.financial.credit_card", "card: {category: user.financial.credit_card, region: CN}", "region: CN}\n      city", "region-conflict"),
    ("card: user.financial.credit_card", "card: 7", "card: 7", "wrong-kind"),
    ("type: timestamp}", "type: text}", "user.behavior: {date_shift", "type-conflict"),
    ("data_use: analytics.reporting", "data_use: analytics.report", "data_use: analytics.report\n", "unknown-data-use"),
    ("{GDPR: consent, PIPL: consent}", "{GDPR: consent, PIPL: legitimate-interests}", "PIPL: legitimate", "unknown-lawful-basis"),
    ("{GDPR: consent, PIPL: consent}", "{GDPR: assent, PIPL: consent}", "GDPR: assent", "unknown-lawful-basis"),
    ("{GDPR: consent, PIPL: consent}", "{GDPR: consent}", "lawful_basis: {GDPR: consent}", "missing-lawful-basis"),
    ("{GDPR: consent, PIPL: consent}", "{}", "lawful_basis: {}", "out-of-range"),
    ("consent: required", "consent: asked", "consent: asked", "unknown-word"),
    ("notice: [N-3]", "notice: N-3", "notice: N-3", "wrong-kind"),
    ("notice: [N-3]", "notice: [N-3, N-3]", "N-3]", "duplicate-item"),
    ("notice: [N-3]", 'notice: [""]', '""', "wrong-form"),
    ("max_age: P2Y", "max_age: 2 years", "max_age: 2", "wrong-form"),
    ("max_age: P2Y", "max_age: P0D", "max_age: P0D", "wrong-form"),
    ("minors: deny", "minors: allow", "minors: allow", "unknown-word"),
    ("separate: [sensitive, disclosure]", "separate: [secret]", "secret", "unknown-word"),
    ("ref: PIA-7", 'ref: ""', 'ref: ""', "wrong-form"),
    ("done: 2026-01-31", "done: 2026-13-31", "done: 2026-13", "wrong-form"),
    ("    pia: {ref: PIA-8, done: 2026-02-28}\n", "", "share:\n    data", "missing-assessment"),
    ("pia: {ref: PIA-8, done: 2026-02-28}\n", "pia: PIA-8\n", "pia: PIA-8", "wrong-kind"),
    ("roles: [analyst]", "roles: [analist]", "analist", "unknown-role"),
    ("roles: [analyst]", "roles: []", "roles: []", "out-of-range"),
    ("outputs: [store, release]", "outputs: [store, print]", "print", "unknown-word"),
    ("outputs: [store, release]", "outputs: [store, store]", "store]", "duplicate-item"),
    ("    budget: {epsilon: 2, delta: 1.0e-6}\n", "", "count:\n", "missing-key"),
    ("minimum_group: 20", "minimum_group: -1", "minimum_group: -1", "out-of-range"),
    ("minimum_group: 20", "minimum_group: 2.5", "minimum_group: 2.5", "wrong-kind"),
    ("retention: P1Y", "retention: P", "retention: P\n", "wrong-form"),
    ("retention: P1Y", "retention: P9999Y", "retention: P9999Y", "wrong-form"),
    ("user.contact.address.city: keep", "user.contact.address.town: keep", "user.contact.address.town", "unknown-category"),
    ("user.contact.address.city: keep", "user.contact.address.city: leave", "user.contact.address.city: leave", "unknown-treatment"),
    ("user.contact.address.city: keep", "user.contact.address.city: {keep: {}, drop: {}}", "user.contact.address.city: {", "treatment-conflict"),
    ("user.contact.address.city: keep", "user.contact.address.city: [keep]", "user.contact.address.city: [", "wrong-kind"),
    ("user.contact.address.city: keep", "user.contact.address.city: reveal", "user.contact.address.city: r", "reveal-conflict"),
    ("user.unique_id: {pseudonym: {type: cust}}", "user.unique_id: keep", "allow:\n      user.unique_id: keep", "subject-kept"),
    ("{pseudonym: {type: cust}}", "{pseudonym: {type: Customer}}", "type: Customer", "wrong-form"),
    ("{mask: {keep_last: 2}}", "{mask: {keep_last: 9}}", "keep_last: 9", "out-of-range"),
    ("{mask: {keep_last: 2}}", "{mask: {pattern: '###'}}", "user.contact.phone_number: {mask", "treatment-conflict"),
    ("user.contact.phone_number: {mask: {keep_last: 2}}", "user.financial: keep", "user.financial: keep", "sensitive-kept"),
    ("edges: [18, 65]", "edges: [65, 18]", "user.demographic.date_of_birth: {generalize: {to: age", "treatment-conflict"),
    ("residue: redact", "residue: keep", "residue: keep", "unknown-word"),
    ("spreadsheet_safe: true", 'spreadsheet_safe: "true"', "spreadsheet_safe", "wrong-kind"),
    ("cross_border: true", "cross_border: false", "partner]", "cross-border"),
    ("recipients: [partner]", "recipients: []", "recipients: []", "missing-recipient"),
    ("recipients: [partner]", "recipients: [broker]", "broker", "unregistered-recipient"),
    ("outputs: [reveal]", "outputs: [reveal, store]", "outputs: [reveal, store]", "reveal-conflict"),
    ("reveals: [share]", "reveals: [count]", "count]", "unknown-purpose"),
    ("    reveals: [share]\n", "", "return:\n", "missing-key"),
    ("user.financial.credit_card: reveal", "user.financial.credit_card: keep", "user.financial.credit_card: keep", "reveal-conflict"),
    ("agreement: DPA-1", 'agreement: ""', 'agreement: ""', "wrong-form"),
    ("expires: 2028-12-31", "expires: 2028-12-32", "expires: 2028-12-32", "wrong-form"),
    ("country: DE", "country: QQ", "country: QQ", "unknown-region"),
    ("purposes: [share]", "purposes: [count]", "partner]", "recipient-conflict"),
    ("purposes: [share]", "purposes: [shared]", "shared]", "unknown-purpose"),
    ("purposes: [share]", "purposes: [share, share]", "share]\ntests", "duplicate-item"),
    ("recipients:\n  partner", "recipients:\n  internal: {agreement: A, expires: 2028-12-31}\n  partner", "internal: {agr", "recipient-conflict"),
    ("decision: deny", "decision: refuse", "decision: refuse", "unknown-word"),
    ("reason: category-not-covered", "reason: Because", "reason: Because", "wrong-form"),
    ("columns: [card]}", "columns: [id]}", "id]}", "case-ambiguous"),
    ("columns: [card]}", "columns: card}", "columns: card", "wrong-kind"),
    ("tests:\n", AGAIN, "name: nobody gets the card\n", "duplicate-item"),
    ("tests:\n", "tags: tags.yam\u00adl\ntests:\n", "\u00ad", "yaml-invisible"),
    ("tests:\n", "? [a]\n: b\ntests:\n", "[a]", "yaml-key"),
    ("tests:\n", "{}: b\ntests:\n", "{}: b", "yaml-key"),
    ("tests:\n", "<<: {a: b}\ntests:\n", "<<", "yaml-merge"),
    ("tests:\n", "---\ntests:\n", "---", "yaml-documents"),
    ("tests:\n", "on: b\ntests:\n", "on: b", "yaml-trap"),
    ("tests:\n", '"tests": []\ntests:\n', "tests:\n", "duplicate-key"),
    ("owner: dpo", 'owner: "\\x07"', "owner:", "yaml-character"),
    ("owner: dpo", "owner: " + "[" * 40 + "]" * 40, "[" * 10 + "]", "yaml-depth"),
    ("owner: dpo", "owner: 'dpo", "defaults: deny", "yaml-syntax"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "marker", "code"), TABLE, ids=lambda part: str(part)[:24])
def test_a_mistake_made_by_hand_is_told_alone_in_its_place(right: str, wrong: str, marker: str, code: str) -> None:
    assert FULL.count(right) >= 1, right
    text = FULL.replace(right, wrong, 1)
    if code == "yaml-syntax":
        assert [found for _, _, found in told(text)] == [code]
        return
    if text.count(marker) > 1:  # the first one is meant, where the word stands elsewhere too
        before = text[: text.index(marker)]
        expected = before.count("\n") + 1, len(before) - before.rfind("\n")
    else:
        expected = place(text, marker)
    assert told(text) == [(*expected, code)]


def test_what_a_law_asks_for_is_told_at_the_purpose() -> None:
    text = FULL.replace("PIPL: contract}", "PIPL: consent}").replace(
        "not-required\n    pia: {ref: PIA-8", "required\n    pia: {ref: PIA-8"
    )
    assert told(text) == [(*place(text, "share:\n    data"), "missing-separate-consent")] * 3
    rules = "consent_rules: {separate: [sensitive, disclosure]}\n    pia: {ref: PIA-8"
    text = text.replace("pia: {ref: PIA-8", rules)
    assert told(text) == [(*place(text, "consent_rules: {separate"), "missing-separate-consent")]
    assert told(text.replace("disclosure]}", "disclosure, cross-border]}")) == []
    text = FULL.replace(
        "consent: not-required\n    pia: {ref: PIA-8",
        "consent: not-required\n    consent_rules: {}\n    pia: {ref: PIA-8",
    )
    assert told(text) == [(*place(text, "consent_rules: {}"), "consent-conflict")]
    text = FULL.replace("consent: required\n", "consent: not-required\n")
    assert [code for _, _, code in told(text)] == ["consent-conflict"] * 2


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (FULL.replace("dpo", "dp\u00f6").encode("latin-1"), (2, 41, "yaml-encoding")),
        (FULL.encode("utf-16"), (1, 1, "yaml-encoding")),
        (b"\xef\xbb\xbf" + FULL.replace("owner: dpo", "owner: no").encode(), (2, 32, "yaml-trap")),
        (FULL.replace("owner: dpo", "owner: no").replace("\n", "\r\n").encode(), (2, 32, "yaml-trap")),
        (FULL.encode() + b"#" * 1_000_000, (1, 1, "yaml-size")),
    ],
    ids=["latin-1", "utf-16", "byte order mark", "CR LF", "too large"],
)
def test_bytes_are_placed_too(data: bytes, expected: Place) -> None:
    from secureprofile.policy.document import decode

    try:
        found = told(decode(data, file="p.yaml"))
    except PolicyFileError as error:
        found = [(problem.line, problem.column, problem.code) for problem in error.problems]
    assert found == [expected]


def test_every_code_is_in_the_page_and_every_code_of_the_page_is_told_by_a_test() -> None:
    page = (ROOT / "docs/formats/policy.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE))
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "secureprofile/policy").glob("*.py"))
    tried = {code for *_, code in TABLE} | {
        "yaml-anchor", "yaml-tag", "yaml-tab", "yaml-line-end", "yaml-size", "yaml-encoding", "unknown-key", "missing-key",
        "missing-separate-consent", "consent-conflict",
    }  # fmt: skip
    assert tried <= listed
    assert listed - tried == {"missing-file", "anonymity-conflict"}  # in test_parse and test_anonymity
    assert {code for code in listed if f'"{code}"' not in source} == set()


def test_a_mark_that_nobody_sees_may_stand_as_an_escape_which_is_seen() -> None:
    """Some exports have a byte order mark or a space without width in their headers; a policy must be able to name them."""
    assert told(FULL.replace("      city: user", '      "ci\\u200Bty": user')) == []
    assert told(FULL.replace("      city: user", '      "ci\u200bty": user')) != []
