"""A policy that uses every treatment, a file for it, and what independent code makes of both."""

from __future__ import annotations

import csv
from pathlib import Path

POLICY = """\
secureprofile: 1
policy: {id: every, version: 1, owner: data, jurisdiction: [GDPR]}
defaults: deny
roles: {steward: [creator], desk: [desk@example.com]}
domains: {people: {unit: person, population: 1000, epsilon: 1}}
datasets:
  people:
    domain: people
    kind: people
    subject: person
    files: ["people*.csv"]
    columns:
      person: user.unique_id
      name: user.name
      mail: user.contact.email
      phone: user.contact.phone_number
      card: user.financial.credit_card
      account: user.financial.bank_account
      cn_id: user.government_id.national_identification_number
      handle: user.account.username
      born: {category: user.demographic.date_of_birth, type: date}
      seen: {category: user.telemetry, type: timestamp}
      street: user.contact.address.street
      postcode: user.contact.address.postal_code
      ip: user.device.ip_address
      spent: {category: user.behavior.purchase_history, type: decimal}
      visits: {category: user.behavior, type: integer}
      minutes: {category: user.behavior.media_consumption, type: decimal}
purposes:
  share:
    data_use: analytics.reporting
    lawful_basis: {GDPR: legitimate-interests}
    consent: not-required
    roles: [steward, desk]
    outputs: [export]
    retention: P1Y
    recipients: [lab, clinic]
    allow:
      user.unique_id: {token: {type: cust}}
      user.name: replace
      user.contact.email: {encrypt: {type: mail}}
      user.contact.phone_number: {mask: {pattern: "###****####"}}
      user.financial.credit_card: {fpe: {check: luhn}}
      user.financial.bank_account: {fpe: {alphabet: alphanumeric, keep_first: 2}}
      user.government_id: {fpe: {check: cn-resident-id}}
      user.account.username: {pseudonym: {type: nick}}
      user.demographic.date_of_birth: {generalize: {to: age_band, as_of: 2026-11-01}}
      user.telemetry: {date_shift: {days: 30}}
      user.contact.address.street: {generalize: {to: region}}
      user.contact.address.postal_code: {generalize: {to: prefix, prefix: 3}}
      user.device.ip_address: {generalize: {to: network}}
      user.behavior.purchase_history: {top_bottom: {low: 0, high: 1000}}
      user.behavior: {generalize: {to: band, edges: [1, 10]}}
      user.behavior.media_consumption: {noise: {sd: 10, step: 0.5, low: -500}}
  casework:
    data_use: essential.fraud_detection
    lawful_basis: {GDPR: legal-obligation}
    consent: not-required
    roles: [steward]
    outputs: [reveal]
    reveals: [share]
    retention: P30D
    allow: {user.unique_id: reveal, user.contact.email: reveal, user.financial: reveal, user.government_id: reveal}
  mailing:
    data_use: marketing
    lawful_basis: {GDPR: legitimate-interests}
    consent: not-required
    roles: [steward]
    outputs: [reveal]
    reveals: [share]
    retention: P30D
    allow: {user.contact.email: reveal}
recipients:
  lab: {agreement: DPA-0001, expires: 2099-12-31, country: DE, purposes: [share]}
  clinic: {agreement: DPA-0002, expires: 2099-12-31, country: DE, purposes: [share]}
"""

HEAD = "person name mail phone card account cn_id handle born seen street postcode ip spent visits minutes".split()
ROWS = [
    ["P1", "Zoë Quill", "zoe@example.org", "138 1234 5678", "4111 1111 1111 1111", "DE44-500105", "11010519491231002X", "zq", "1990-05-01",
     "2026-01-05 10:00:00", "1 Mill Lane, Leeds LS1 4AB", "LS1 4AB", "192.0.2.77", "12.50", "0", "90"],
    ["P1", "Zoë Quill", "zoe@example.org", "138-1234-5678", "4111111111111111", "DE44-500105", "11010519491231002X", "zq", "1990-05-01",
     "2026-02-28 23:59:59", "1 Mill Lane, Leeds LS1 4AB", "LS1 4AB", "2001:DB8:0:7::1", "-3", "1", " 90"],
    ["P2", "王小明", "ming@example.org", "13900001111", "5555555555554444", "FR99-XYZ123", "", "xm", "2009-11-02",
     "2026-02-28 23:59:59", "江苏省南京市玄武区中山路1号", "210000", "::1", "99999", "10", "90"],
    ["P3", "", "", "12", "4111111111111112", "DE1", "110105194912310021", "", "never", "soon", "nowhere", "12", "300.1.1.1", "many", "x", "1d"],
]  # fmt: skip
"""Two rows of one person, one of another, and one in which nothing can be read."""


def write(folder: Path) -> None:
    (folder / "every.yaml").write_text(POLICY, encoding="utf-8")
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *ROWS])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
