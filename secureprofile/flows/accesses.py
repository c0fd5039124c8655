"""The verb ``subject accesses``: every access to one person, each with a proof, and what can only be told as "may hold you"."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secureprofile.adapters.clock import now, stamp
from secureprofile.adapters.people import Person
from secureprofile.adapters.presence import TokenFile
from secureprofile.adapters.runs import Run, enrolled, runs, salts_path, tokens_path
from secureprofile.audit.accesses import FORMAT, leaf_json, presence_json, stands_json
from secureprofile.audit.presence import Present, salt_commitment, token
from secureprofile.errors import CannotTell
from secureprofile.flows.gate import Context, begin
from secureprofile.flows.prove import log_paths
from secureprofile.flows.subject import find, on_person


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One act that touched a person, or may have. ``actor`` only where it was asked for; ``run`` is the intent's entry in the log."""

    run: int
    entry: int
    at: str
    act: str
    purpose: str
    lawful_basis: Mapping[str, str]
    dataset: str
    categories: tuple[str, ...]
    recipient: str
    actor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Who touched a person's data.

    ``present`` is proven; ``absent`` is how many runs are proven not to have touched them; ``pruned`` are runs whose tokens are past
    retention and ``may_hold`` acts that commit to nobody in particular: both may have. ``proof`` is what a stranger verifies
    (``audit.accesses.verify_answer``); it holds the person's salt and is theirs alone.
    """

    present: tuple[Access, ...]
    absent: int
    pruned: tuple[Access, ...]
    may_hold: tuple[Access, ...]
    proof: bytes


def accesses(context: Context, identifier: str, *, with_actor: bool = False, domain: str | None = None) -> Answer:
    """Return every access to a person. The look is recorded, and is itself an access that the next answer tells.

    Raises:
        UsageError: nobody is known under the identifier, or several are.
        ErasedPerson: they were erased: nobody can link the runs to them any more.
        CannotTell: a file of tokens is missing or damaged.
    """
    person = find(context, "subject.accesses", identifier, domain=domain)
    with on_person(context, "subject.accesses", person, details={"with-actor": with_actor}) as act:
        found = answer(context, person, with_actor=with_actor)
        act.commit(lambda tx: None, details={"with-actor": with_actor})
    return found


def answer(context: Context, person: Person, *, with_actor: bool = False) -> Answer:
    """Return the answer for one person, without an entry of its own."""
    commitment, size = _enrolment(context, person)
    context.signer.sign(context.state)  # an act whose checkpoint a crash prevented
    with context.state.reading() as view:
        every = runs(view, person.domain)
        bodies = view.entries_at([commitment, *(run.entry for run in every)])
        committed = [run for run in every if run.size and run.entry in bodies]
        actors = view.actors() if with_actor else {}
    note, paths = log_paths(context, sorted({commitment, *(run.entry for run in committed)}))
    root = context.home.root
    with TokenFile(salts_path(root, commitment), size) as salts:
        leaf = salts.prove(salt_commitment(person.salt, person.lookup))
    if not isinstance(leaf, Present):
        raise CannotTell(
            "the log does not commit to this person's salt", hint="the state was changed: secureprofile audit verify"
        )
    proofs, present = list[dict[str, Any]](), list[Run]()
    pruned = [
        run for run in every if run.size and run.entry not in bodies
    ]  # the log itself is past its retention there
    for run in committed:
        standing = stands_json(run.entry, bodies[run.entry], paths[run.entry])
        if not run.kept:
            pruned.append(run)
            proofs.append({**standing, "pruned": True})
            continue
        with TokenFile(tokens_path(root, run.run), run.size) as tokens:
            proof = tokens.prove(token(person.salt, run.run))
        if isinstance(proof, Present):
            present.append(run)
        proofs.append({**standing, **presence_json(proof)})
    told = {
        "format": FORMAT,
        "created": stamp(now()),
        "checkpoint": note.decode(),
        "person": {
            "salt": person.salt.hex(),
            "lookup": person.lookup,
            "domain": person.domain,
            "enrolled": {
                **stands_json(commitment, bodies[commitment], paths[commitment]),
                "commitment": leaf_json(leaf.leaf),
            },
        },
        "runs": proofs,
    }
    held = _categories([json.loads(bodies[run.entry]) for run in present if run.act == "ingest"])

    def tell(some: Sequence[Run]) -> tuple[Access, ...]:
        entries = [json.loads(bodies.get(run.entry, b"{}")) for run in some]
        known = actors if with_actor else None
        return tuple(_access(run, entry, held, known) for run, entry in zip(some, entries, strict=True))

    return Answer(
        present=tell(present),
        absent=sum(bool(run.size) for run in every) - len(present) - len(pruned),
        pruned=tell(pruned),
        may_hold=tell([run for run in every if not run.size]),
        proof=json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(),
    )


def _enrolment(context: Context, person: Person) -> tuple[int, int]:
    """Return (entry, leaves) of the commitment to a person's salt; one that waits is written now."""
    with context.state.reading() as view:
        known = enrolled(view, person.lookup)
    if known is None:
        with begin(context, "vault.commit") as act:
            act.commit(lambda tx: None)
        with context.state.reading() as view:
            known = enrolled(view, person.lookup)
    assert known is not None
    return known


def _categories(entries: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted({category for entry in entries for category in entry.get("categories", ())}))


def _access(run: Run, entry: Mapping[str, Any], held: tuple[str, ...], actors: Mapping[str, str] | None) -> Access:
    """Tell one run as its entry does; portraits and releases are made of what was stored of the person."""
    derived = held if run.act in ("portrait.build", "release.run") else ()
    return Access(
        run=run.run,
        entry=run.entry,
        at=run.at,
        act=run.act,
        purpose=run.purpose,
        lawful_basis=entry.get("lawful_basis", {}),
        dataset=run.dataset,
        categories=tuple(entry.get("categories", ())) or derived,
        recipient=run.recipient,
        actor=None if actors is None else actors.get(entry.get("actor", ""), ""),
    )
