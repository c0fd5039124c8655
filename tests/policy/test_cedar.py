"""Decisions, held against Cedar: from one random description come a policy of ours and Cedar policies, each written by its own hand here.

Cedar's text is made of permits alone, with every attribute asked for before it is read: in Cedar an error inside a ``forbid`` would let pass.
Most specific rule wins: a permit for a category says ``unless`` for the categories below it that have rules of their own, and Cedar walks
its own hierarchy of entities.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
import yaml

from secureprofile.policy.access import Request, decide_access
from secureprofile.policy.model import Policy
from secureprofile.policy.parse import parse_policy

cedarpy = pytest.importorskip("cedarpy", reason="the extra `test` installs it")

CATEGORIES = [
    "user.unique_id", "user.name", "user.name.first", "user.name.last", "user.contact", "user.contact.email", "user.contact.address",
    "user.contact.address.city", "user.contact.address.country", "user.contact.phone_number", "user.demographic",
    "user.demographic.gender", "user.demographic.date_of_birth", "user.behavior", "user.behavior.purchase_history",
    "user.behavior.browsing_history", "user.content", "user.content.private", "user.account", "user.account.settings", "user",
]  # fmt: skip
HIDING = ["drop", "pseudonym", {"token": {"type": "x"}}, "scrub", "encrypt"]
WAYS = ["asserted", "os-user", "signed"]
SHAPES = [
    ["store"],
    ["release"],
    ["store", "release"],
    ["export"],
    ["export", "release"],
    ["store", "export"],
    ["reveal"],
]
START = date(2026, 1, 1)


@dataclass
class World:
    """One random description: what both policies are made of."""

    roles: list[str] = field(default_factory=list)
    bound: dict[str, list[str]] = field(default_factory=dict)
    datasets: dict[str, dict[str, str]] = field(default_factory=dict)
    purposes: dict[str, dict[str, Any]] = field(default_factory=dict)
    recipients: dict[str, dict[str, Any]] = field(default_factory=dict)


def imagine(rng: random.Random) -> World:
    world = World(roles=[f"role{n}" for n in range(rng.randint(1, 4))])
    for role in world.roles:
        if rng.random() < 0.3:
            world.bound[role] = rng.sample(WAYS, rng.randint(1, 2))
    for n in range(rng.randint(1, 3)):
        columns = {f"c{m}": rng.choice(CATEGORIES[1:]) for m in range(rng.randint(1, 5))}
        world.datasets[f"data{n}"] = {"id": "user.unique_id", **columns}
    names = [f"purpose{n}" for n in range(rng.randint(1, 4))]
    for n in range(rng.randint(0, 3)):
        covers = rng.sample(names, rng.randint(0, len(names)))
        world.recipients[f"partner{n}"] = {"expires": rng.randint(0, 20), "purposes": covers}
    for name in names:
        world.purposes[name] = _purpose(rng, world, name)
    for name, body in world.purposes.items():
        if body["outputs"] == ["reveal"]:
            _revealing(rng, world, name, body)
    return world


def _purpose(rng: random.Random, world: World, name: str) -> dict[str, Any]:
    outputs = rng.choice(SHAPES)
    ways = HIDING if "export" in outputs else [*HIDING, "keep", "keep", "drop"]
    rules = rng.sample(CATEGORIES, rng.randint(1, 8))
    fitting = [who for who, body in world.recipients.items() if not body["purposes"] or name in body["purposes"]]
    return {
        "roles": rng.sample(world.roles, rng.randint(1, len(world.roles))),
        "outputs": outputs,
        "consent": rng.choice(["required", "not-required"]),
        "recipients": rng.sample(["internal", *fitting], rng.randint(1, 1 + len(fitting))),
        "allow": {category: rng.choice(ways) for category in rules},
    }


def _revealing(rng: random.Random, world: World, name: str, body: dict[str, Any]) -> None:
    """Let a purpose reveal what another one encrypts; where none does, it stores instead."""
    undo = [
        (other, category)
        for other, rules in world.purposes.items()
        if "export" in rules["outputs"]
        for category, way in rules["allow"].items()
        if way == "encrypt"
    ]
    if undo:
        other, category = rng.choice(undo)
        body.update(consent="not-required", reveals=[other], allow={category: "reveal"})
    else:
        body["outputs"] = ["store"]


def ours(world: World) -> Policy:
    """Our policy, through the file and all its checks."""
    raw = {
        "secureprofile": 1,
        "policy": {"id": "random", "version": 1, "owner": "us", "jurisdiction": ["GDPR"]},
        "defaults": "deny",
        "roles": {role: ["creator"] for role in world.roles},
        "authentication": world.bound,
        "domains": {"people": {"unit": "person", "population": 1000, "epsilon": 1}},
        "datasets": {
            name: {"domain": "people", "subject": "id", "files": [f"{name}.csv"], "columns": columns}
            for name, columns in world.datasets.items()
        },
        "purposes": {
            name: {
                "data_use": "analytics",
                "lawful_basis": {"GDPR": "consent" if body["consent"] == "required" else "contract"},
                "retention": "P1Y",
                **({"budget": {"epsilon": 1}} if "release" in body["outputs"] else {}),
                **body,
            }
            for name, body in world.purposes.items()
        },
        "recipients": {
            who: {"agreement": "A", "expires": (START + timedelta(days=body["expires"])).isoformat(), "purposes": body["purposes"]}
            for who, body in world.recipients.items()
        },
    }  # fmt: skip
    text = json.dumps(raw)  # every JSON text is YAML; PyYAML's writer would write anchors for what stands twice
    assert yaml.safe_load(text) == raw
    return parse_policy(text, file="random.yaml", siblings=lambda name: None).policy


# --- Cedar, by its own hand ---------------------------------------------------------------------------------------------------


def cedar_text(world: World) -> str:
    permits = []
    for name, body in world.purposes.items():
        for category, way in body["allow"].items():
            if way == "drop":
                continue
            below = [other for other in body["allow"] if other != category and other.startswith(category + ".")]
            unless = " || ".join(f'resource in Category::"{other}"' for other in below)
            for role in body["roles"]:
                for action, extra in actions(world, name, body):
                    conditions = ["context has purpose", f'context.purpose == "{name}"', *extra]
                    if role in world.bound:
                        known = json.dumps(world.bound[role])
                        conditions += ["context has authenticated", f"{known}.contains(context.authenticated)"]
                    text = f'permit (principal == Role::"{role}", action == Action::"{action}", resource in Category::"{category}")'
                    text += f" when {{ {' && '.join(conditions)} }}" + (f" unless {{ {unless} }}" if unless else "")
                    permits.append(text + ";")
    return "\n".join(permits)


def actions(world: World, name: str, body: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """What a purpose lets happen: rows that go somewhere, or aggregates for those who ask for them or cannot have rows."""
    found: list[tuple[str, list[str]]] = [
        (f"rows-{output}", []) for output in body["outputs"] if output in ("store", "reveal")
    ]
    if "export" in body["outputs"]:
        for who in body["recipients"]:
            conditions = ["context has recipient", f'context.recipient == "{who}"']
            if who != "internal":
                conditions += ["context has day", f"context.day <= {world.recipients[who]['expires']}"]
            found.append(("rows-export", conditions))
    if "release" in body["outputs"]:
        found.append(("aggregate-release", []))
        if "export" not in body["outputs"]:
            found.append(("aggregate-export", []))
    return found


def cedar_entities(world: World) -> list[dict[str, Any]]:
    entities = []
    for category in CATEGORIES:
        above = category.rpartition(".")[0]
        entities.append(
            {
                "uid": {"type": "Category", "id": category},
                "attrs": {},
                "parents": [{"type": "Category", "id": above}] if above else [],
            }
        )
    for dataset, columns in world.datasets.items():
        for column, category in columns.items():
            entities.append(
                {
                    "uid": {"type": "Column", "id": f"{dataset}/{column}"},
                    "attrs": {},
                    "parents": [{"type": "Category", "id": category}],
                }
            )
    return entities


def cedar_answers(world: World, questions: list[dict[str, Any]]) -> list[str]:
    policies, entities = (
        cedarpy.PolicySet.from_str(cedar_text(world)),
        cedarpy.Entities.from_json_str(json.dumps(cedar_entities(world))),
    )
    requests = []
    for asked in questions:
        context = {
            key: asked[key] for key in ("purpose", "recipient", "day", "authenticated") if asked[key] is not None
        }
        for kind in ("rows", "aggregate"):
            requests.append(
                {
                    "principal": {"type": "Role", "id": asked["role"] or ""},
                    "action": {"type": "Action", "id": f"{kind}-{asked['output'] or ''}"},
                    "resource": {"type": "Column", "id": f"{asked['dataset'] or ''}/{asked['column'] or ''}"},
                    "context": context,
                }
            )
    allowed = [result.allowed for result in cedarpy.is_authorized_batch(requests, policies, entities)]
    assert len(allowed) == 2 * len(questions)
    pairs = zip(allowed[::2], allowed[1::2], strict=True)
    return ["allow" if rows else "aggregate-only" if aggregates else "deny" for rows, aggregates in pairs]


# --- questions ----------------------------------------------------------------------------------------------------------------


def ask(rng: random.Random, world: World) -> dict[str, Any]:
    """A question that is near what the policy allows, or off in one thing or several."""
    purpose = rng.choice([*world.purposes, *world.purposes, *world.purposes, "elsewhere"])
    body = world.purposes.get(purpose) or next(iter(world.purposes.values()))
    dataset = rng.choice([*world.datasets])
    asked: dict[str, Any] = {
        "role": rng.choice([*body["roles"], *body["roles"], *world.roles, "nobody"]),
        "purpose": purpose,
        "output": rng.choice([*body["outputs"], *body["outputs"], "store", "export", "release", "reveal"]),
        "dataset": dataset,
        "column": rng.choice([*world.datasets[dataset], *world.datasets[dataset], "nowhere"]),
        "recipient": rng.choice([*body["recipients"], *body["recipients"], *world.recipients, "internal", "stranger"]),
        "day": rng.randint(-2, 22),
        "authenticated": rng.choice(WAYS),
    }
    if rng.random() < 0.5:  # straight: right in all that can be right
        asked |= {
            "role": rng.choice(body["roles"]),
            "output": rng.choice(body["outputs"]),
            "recipient": rng.choice(body["recipients"]),
        }
        asked |= {"day": 0, "authenticated": rng.choice(world.bound.get(asked["role"], WAYS))}
        covered = [
            (table, column)
            for table, columns in world.datasets.items()
            for column, category in columns.items()
            if any(way != "drop" and f"{category}.".startswith(f"{rule}.") for rule, way in body["allow"].items())
        ]
        if covered:
            asked["dataset"], asked["column"] = rng.choice(covered)
    for name in asked:
        if rng.random() < 0.03:
            asked[name] = None
    return asked


def our_answer(policy: Policy, asked: dict[str, Any]) -> tuple[str, str]:
    day = None if asked["day"] is None else START + timedelta(days=asked["day"])
    ruling = decide_access(policy, Request(**{**asked, "day": day}))
    return ruling.answer, ruling.reason


NEEDED = ("role", "purpose", "output", "dataset", "column")


def compare(worlds: int, questions: int, *, seed: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    for number in range(worlds):
        rng = random.Random(f"{seed}/{number}")
        world = imagine(rng)
        policy = ours(world)
        asked = [ask(rng, world) for _ in range(questions)]
        for question, theirs in zip(asked, cedar_answers(world, asked), strict=True):
            answer, reason = our_answer(policy, question)
            assert answer == theirs, (seed, number, question, reason, theirs)
            if any(question[name] is None for name in NEEDED):
                assert (answer, reason) == ("deny", "missing-attribute"), question
                reason = "missing-attribute"
            counts[answer] = counts.get(answer, 0) + 1
            counts[reason] = counts.get(reason, 0) + 1
    return counts


REASONS = {
    "ok", "missing-attribute", "unknown-role", "unknown-purpose", "role-not-allowed", "authentication-too-weak", "output-not-allowed",
    "uncategorised-column", "category-not-covered", "dropped", "unknown-recipient", "agreement-expired", "rows-not-allowed",
}  # fmt: skip


def test_five_thousand_decisions_are_those_of_cedar() -> None:
    counts = compare(50, 100, seed=1)
    assert counts.keys() >= REASONS
    assert all(counts[answer] > 250 for answer in ("allow", "deny", "aggregate-only")), counts


@pytest.mark.proof
def test_a_hundred_thousand_decisions_are_those_of_cedar() -> None:
    counts = compare(1000, 120, seed=2)
    assert sum(counts[answer] for answer in ("allow", "deny", "aggregate-only")) == 120_000
    assert all(counts[reason] > 100 for reason in REASONS), counts


def test_without_any_one_attribute_that_matters_the_answer_is_no() -> None:
    """Every question that is answered with yes, asked again without one attribute: where that attribute decides, the answer is no."""
    rng = random.Random(3)
    tried = 0
    for _ in range(40):
        world = imagine(rng)
        policy = ours(world)
        for _ in range(60):
            asked = ask(rng, world)
            if our_answer(policy, asked)[0] == "deny":
                continue
            needed = list(NEEDED)
            if asked["output"] == "export" and our_answer(policy, asked)[0] == "allow":
                needed += ["recipient", *(["day"] if asked["recipient"] != "internal" else [])]
            if asked["role"] in world.bound:
                needed.append("authenticated")
            for name in needed:
                assert our_answer(policy, {**asked, name: None}) == ("deny", "missing-attribute"), (asked, name)
                tried += 1
    assert tried > 1000
