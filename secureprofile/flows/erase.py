"""The verb ``subject erase``: a person's rows, vault row, consents and tokens go, and nobody can link the log to them any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from secureprofile.adapters.clock import now
from secureprofile.adapters.outputs import write_whole
from secureprofile.adapters.people import (
    Hold,
    Person,
    add_marks,
    drop_hold,
    erase_people,
    holds,
    holds_of,
    marks,
    people_by_token,
    people_of,
    remove_marks,
    set_hold,
)
from secureprofile.adapters.views import Writer
from secureprofile.audit.entry import size_class
from secureprofile.errors import Refused, UsageError
from secureprofile.flows.accesses import answer
from secureprofile.flows.exports import Recall, concerning
from secureprofile.flows.gate import Context, begin
from secureprofile.flows.prove import prove
from secureprofile.flows.rewrite import rewriting, show, without
from secureprofile.flows.rights import records_of
from secureprofile.flows.subject import allow, find, in_domain, on_person, refuse
from secureprofile.flows.tombstones import erased_among, keep_outside, mark, mark_key
from secureprofile.policy.retention import after

ACT = "subject.erase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure did: exact numbers, for the operator only.

    ``entry`` is the outcome's place in the log, ``record`` that entry as it stands and ``receipt`` its offline proof (C2SP tlog-proof): the
    person may keep both. ``recalls`` are the exports that may hold each person, by their place in what was asked. ``due`` is the day
    on which an erasure with a grace window will be done; then nothing else has happened yet.
    """

    entry: int
    people: int
    rows: int
    files: int
    tokens: int
    unknown: int = 0
    held: int = 0
    already: int = 0
    due: str = ""
    recalls: tuple[tuple[int, Recall], ...] = ()
    record: bytes = b""
    receipt: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What the erasure of people in the vault came to."""

    entry: int
    rows: int
    files: int
    tokens: int


def erase(
    context: Context,
    identifier: str,
    *,
    grace: str = "",
    at_once: bool = False,
    proofs: Path | None = None,
    domain: str | None = None,
) -> Erased:
    """Erase one person, or have them erased when a grace window ends.

    Args:
        context: on whose behalf.
        identifier: as the subject column spells it.
        grace: ISO 8601 duration until the erasure is done (by ``retention run``); until then nobody may use the person's data.
        at_once: although a grace window is still open.
        proofs: folder for the proofs of past accesses, issued while the salt is still there.
        domain: where the identifier is known in several.

    Raises:
        Refused: there is a hold on the person, a grace window is open, or they were erased before.
        UsageError: nobody is known under the identifier, or in two domains.
    """
    person = find(context, ACT, identifier, domain=domain)
    with context.state.reading() as view:
        standing = holds_of(view, person.token, today=_today())
    if "hold" in standing:
        refuse(context, ACT, "hold")
        until = standing["hold"].until
        raise Refused(
            "there is a legal hold on this person" + (f" until {until}" if until else ""),
            hint="secureprofile subject hold IDENTIFIER --lift, once its reason is gone",
        )
    if "erase" in standing and not at_once:
        refuse(context, ACT, "grace")
        raise Refused(
            f"an erasure of this person is waiting until {standing['erase'].until}",
            hint="--now does it at once, --cancel gives it up",
        )
    if grace:
        return _wait(context, person, grace)
    recalls = tuple((0, one) for one in concerning(context, identifier))
    done = erase_now(context, [person], proofs=proofs)
    return _told(context, done, people=1, recalls=recalls)


def erase_many(
    context: Context, identifiers: Iterable[str], *, proofs: Path | None = None, domain: str | None = None
) -> Erased:
    """Erase many people in one act; who is unknown, held or erased already is counted and left out.

    Raises:
        Refused: nobody is left to be erased.
    """
    allow(context, ACT)
    asked = list(dict.fromkeys(identifiers))
    pairs = [
        (number, name, one) for number, text in enumerate(asked) for name, one in in_domain(context, ACT, text, domain)
    ]
    with context.state.reading() as view:
        known = {person.lookup: person for person in people_of(view, {lookup for _, _, lookup in pairs})}
        held = {person for person, one in holds(view, today=_today()) if one.kind == "hold"}
        domains = {name for _, name, _ in pairs}
        buried = {
            lookup
            for name in domains
            for lookup in erased_among(context, view, [one for _, place, one in pairs if place == name], name)
        }
    found = {number: known[lookup] for number, _, lookup in pairs if lookup in known}
    free = {number: person for number, person in found.items() if person.token not in held}
    already = len({number for number, _, lookup in pairs if lookup in buried} - set(found))
    unknown, out = len(asked) - len(found) - already, len(found) - len(free)
    if not free:
        refuse(context, ACT, "nobody")
        raise Refused(
            f"there is nobody to erase: {unknown} unknown, {out} held, {already} erased already",
            hint="one identifier per line, as the subject column spells it",
        )
    recalls = tuple((number, one) for number in free for one in concerning(context, asked[number]))
    done = erase_now(context, list(free.values()), proofs=proofs)
    return replace(_told(context, done, people=len(free), recalls=recalls), unknown=unknown, held=out, already=already)


def _told(context: Context, done: Done, *, people: int, recalls: tuple[tuple[int, Recall], ...]) -> Erased:
    with context.state.reading() as view:
        body = view.entries_at([done.entry])[done.entry]
    return Erased(
        entry=done.entry, people=people, rows=done.rows, files=done.files, tokens=done.tokens, recalls=recalls,
        record=body, receipt=prove(context, done.entry),
    )  # fmt: skip


def _wait(context: Context, person: Person, grace: str) -> Erased:
    due = after(now(), grace).date().isoformat()
    with on_person(context, ACT, person, details={"due": due}) as act:

        def work(tx: Writer) -> int:
            set_hold(tx, person.token, Hold(kind="erase", until=due, entry=act.index))
            tx.add_consents(records_of(context, person, "restricted", method="erasure requested"))
            return tx.log_size()

        entry = act.commit(work, details={"due": due})
    return Erased(entry=entry, people=0, rows=0, files=0, tokens=0, due=due)


def cancel(context: Context, identifier: str, *, domain: str | None = None) -> int:
    """Give up an erasure that waits; return its entry.

    Raises:
        UsageError: none is waiting.
    """
    person = find(context, "subject.keep", identifier, domain=domain)
    with context.state.reading() as view:
        waiting = "erase" in holds_of(view, person.token, today=_today())
    if not waiting:
        refuse(context, "subject.keep", "nothing-waits")
        raise UsageError("no erasure of this person is waiting", hint="secureprofile subject show IDENTIFIER")
    with on_person(context, "subject.keep", person) as act:

        def work(tx: Writer) -> None:
            drop_hold(tx, person.token, "erase")
            tx.add_consents(records_of(context, person, "lifted", method="erasure given up"))

        act.commit(work)
    return act.index


def readmit(context: Context, identifier: str, *, domain: str | None = None) -> int:
    """Let somebody who was erased be enrolled again, because they came back; return its entry.

    Raises:
        UsageError: nobody of this identifier was erased.
    """
    act_name = "subject.readmit"
    allow(context, act_name)
    pairs = in_domain(context, act_name, identifier, domain)
    with context.state.reading() as view:
        buried = [(name, lookup) for name, one in pairs for lookup in erased_among(context, view, [one], name)]
        every = set(marks(view))
    if not buried:
        refuse(context, act_name, "not-erased")
        raise UsageError("nobody of this identifier was erased", hint="secureprofile subject show IDENTIFIER")
    gone = {mark(mark_key(context, name), lookup) for name, lookup in buried}
    with begin(context, act_name) as act:
        keep_outside(context, every - gone)  # first: a mark beside the keys alone would look like a restored backup
        act.commit(lambda tx: remove_marks(tx, gone))
    return act.index


def erase_now(
    context: Context,
    people: Sequence[Person],
    *,
    proofs: Path | None = None,
    why: str = "request",
    also: frozenset[str] = frozenset(),
) -> Done:
    """Erase people of the vault from everything that held them; ``also`` are marks that come back with a restored backup.

    Whole or not at all: new files first, then one transaction with the outcome, then the old files and the deleted rows' bytes go.
    """
    import pyarrow as pa

    keys = {name: mark_key(context, name) for name in sorted({person.domain for person in people})}
    new = {mark(keys[person.domain], person.lookup) for person in people} | also
    details = {"people": size_class(len(people)), "why": why}
    with begin(context, ACT, details=details) as act:
        if proofs is not None:
            _issue(context, people, proofs)
        with context.state.reading() as view:
            seen = view.snapshots()
        tokens = pa.array([person.token for person in people], pa.string())
        with rewriting(context, act.index, tokens, without, snapshots=seen) as done:

            def work(tx: Writer) -> tuple[int, int]:
                show(context, tx, done, seen=seen)
                gone = erase_people(tx, people)
                add_marks(tx, new, entry=tx.log_size())
                tx.move_epoch()
                return tx.log_size(), gone

            entry, gone = act.commit(work, details={**details, "files": len(done)})
    with context.state.reading() as view:
        keep_outside(context, marks(view))
    context.state.scrub()
    return Done(entry=entry, rows=sum(one.touched for one in done), files=len(done), tokens=gone)


def _issue(context: Context, people: Sequence[Person], folder: Path) -> None:
    """Write each person's proofs of past accesses, numbered in the order in which the people were asked for."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number, person in enumerate(people, start=1):
        write_whole(folder / f"accesses-{number:06d}.json", answer(context, person).proof)


def due(context: Context) -> list[Person]:
    """Return the people whose grace window has ended and on whom there is no hold."""
    today = _today()
    with context.state.reading() as view:
        every = holds(view, today=today)
        held = {person for person, one in every if one.kind == "hold"}
        return people_by_token(
            view, [person for person, one in every if one.kind == "erase" and one.until <= today and person not in held]
        )


def _today() -> str:
    return now().date().isoformat()
