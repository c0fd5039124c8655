"""One sentence for each key of a policy file, as editors show it; part of the JSON schema."""

from __future__ import annotations

from typing import Any, Final

KEYS: Final[dict[str, dict[str, str]]] = {
    "Policy": {
        "secureprofile": "Version of the file format: 1.",
        "policy": "Who answers for this policy, where it applies, and since when.",
        "defaults": "What is not written here is refused; there is no other default.",
        "roles": "Role → actors: e-mail addresses, names of OS users, or `creator` for who made the workspace.",
        "authentication": "Role → how an actor must be known to have it; roles that are not named take anybody.",
        "staff": "Actor → public keys (OpenSSH, Ed25519) by which they prove who they are; see `authentication`.",
        "domains": "Whom the noise protects, and the most that may ever be learnt about one of them.",
        "datasets": "Tables: whose rows, which files, which columns.",
        "purposes": "Why data is used, and what may happen for it.",
        "recipients": "Who may get files: under which agreement, until when.",
        "signals": "What signals of browsers and banners in consent files mean.",
        "anonymity": "Dataset → what a row-level export of it must meet.",
        "tests": "Cases for `secureprofile policy test`: who asks for what, and what the answer must be.",
        "tags": "The file of tags, beside this one.",
        "releases": "The file of releases, beside this one.",
    },
    "About": {
        "id": "Name of the policy; stays the same from version to version.",
        "version": "A change is a new version: one number stands for one content.",
        "owner": "Who answers for it.",
        "jurisdiction": "Laws that it must meet.",
        "effective": "First day on which it holds.",
        "region": "How phone numbers without a country code are read, where a column does not say (ISO 3166-1 alpha-2).",
    },
    "Domain": {
        "unit": "Whom the noise protects: a customer, a household.",
        "population": "How many there are, as declared; never counted from the data.",
        "epsilon": "The most that may ever be learnt about one of them.",
        "delta": "The chance that more is learnt; below one in the population.",
        "filter": "How releases add up: basic sums ε and δ; zcdp sums ρ, which is less for many releases and more for one.",
        "periods": "The most of the ceiling that may be spent in one month, quarter or year (UTC).",
    },
    "Dataset": {
        "domain": "The domain whose people its rows are about.",
        "kind": "One row per person, or any number.",
        "subject": "The column that says whose row it is.",
        "files": "File name patterns by which it is found.",
        "columns": "Column → data category, or more about it.",
    },
    "ColumnSpec": {
        "category": "Data category of Fideslang.",
        "type": "How its cells are read.",
        "formats": "strptime patterns of its dates, tried in order; ISO 8601 needs none.",
        "optional": "Whether files may come without it.",
        "region": "How its phone numbers without a country code are read (ISO 3166-1 alpha-2).",
    },
    "Budget": {
        "epsilon": "A part of the domain's ceiling, never an addition to it.",
        "delta": "A part of the domain's ceiling, never an addition to it.",
    },
    "Recipient": {
        "agreement": "The contract under which files go there.",
        "expires": "Its last day, included.",
        "contact": "Whom to write to.",
        "country": "Where files go (ISO 3166-1 alpha-2).",
        "purposes": "The purposes that it covers; all that name the recipient, where none is given.",
    },
    "Signals": {
        "gpc": "Purposes to which Global Privacy Control (`Sec-GPC: 1`) objects.",
        "tcf": "How strings of the IAB's framework (TCF 2.3) are read.",
    },
    "Tcf": {
        "vendor": "Our number in the Global Vendor List.",
        "purposes": "Purpose → the framework's purposes that it takes, all of them.",
    },
    "Purpose": {
        "data_use": "Data use of Fideslang.",
        "lawful_basis": "Law → its lawful basis.",
        "roles": "Who may act for it.",
        "outputs": "Where rows may go.",
        "consent": "Whether only people who consented are used.",
        "consent_rules": "Which consents count.",
        "pia": "The impact assessment that covers it (GDPR Art. 35, PIPL Art. 55).",
        "allow": "Data category → treatment; the most specific one wins, what is not covered does not leave.",
        "reveals": "The purposes whose exports may be revealed.",
        "minimum_group": "Least size of a group in a release, decided on noisy counts.",
        "budget": "What its releases may cost in all.",
        "retention": "How long what it makes is kept (ISO 8601 duration).",
        "recipients": "Who may get its files: `internal`, or names of `recipients`.",
        "residue": "What happens when treated rows still hold personal data.",
        "spreadsheet_safe": "Whether cells that a spreadsheet would run get an apostrophe.",
        "cross_border": "Whether its files may leave the territory of the policy's laws.",
    },
    "ConsentRules": {
        "notice": "Versions of the privacy notice that count; any, where none is given.",
        "max_age": "How long a consent holds (ISO 8601 duration); until it is withdrawn, where none is given.",
        "minors": "Whether those under the law's age are left out, or may be used with a guardian's consent.",
        "separate": "What needs a consent of its own (PIPL Art. 29, 39, 23).",
    },
    "Assessment": {"ref": "Where it is filed.", "done": "The day on which it was done."},
    "Case": {
        "name": "What it shows, in a sentence.",
        "when": "The question.",
        "expect": "The answer.",
    },
    "When": {
        "role": "Who asks.",
        "purpose": "For what.",
        "output": "Where rows shall go; what the purpose is most of all for, where it is not said.",
        "dataset": "Of which table; the only one that has the columns, where it is not said.",
        "columns": "For which columns, each by itself; the purpose as a whole, where none is given.",
        "recipient": "Who shall get rows; the purpose's first, where it is not said.",
        "day": "On which day; that of the test, where it is not said.",
        "authenticated": "How it is known who asks.",
    },
    "Expect": {
        "decision": "Rows, aggregates only, or no.",
        "reason": "The reason code, where it matters.",
        "treatment": "The treatment, where it matters.",
    },
}  # fmt: skip
"""Model → key → what it says."""


def describe_keys(schema: dict[str, Any]) -> None:
    """Put the sentences into a JSON schema; where a part has a description of its own, that is kept for the part."""
    parts = {"Policy": schema, **schema["$defs"]}
    for part, keys in KEYS.items():
        for key, sentence in keys.items():
            parts[part]["properties"][key]["description"] = sentence
