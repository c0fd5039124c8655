"""The verbs that pin the log outside: witnesses that cosign its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from secureprofile.adapters.anchors import (
    Kept,
    Witness,
    keep_anchor,
    remove_witness,
    store_witness,
    witnesses,
)  # fmt: skip
from secureprofile.adapters.clock import now, stamp
from secureprofile.adapters.witness import check_url, post
from secureprofile.audit.checkpoint import Checkpoint, VerifierKey
from secureprofile.audit.tiles import consistency_path
from secureprofile.audit.witness import PATH, accepted, add_checkpoint, check_witness, known_size
from secureprofile.errors import CannotTell, PolicyRefused, ProofWrong, UsageError
from secureprofile.flows.gate import Context, begin, record
from secureprofile.flows.prove import newest_checkpoint

REFUSALS = {
    400: "the witness calls the request malformed",
    403: "the witness knows another key for this log",
    404: "the witness does not know this log",
    422: "the witness does not accept that the log only grew",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """A witness pinned the first ``size`` entries at ``time`` (seconds since 1970 UTC, by its clock)."""

    witness: str
    size: int
    time: int


def add_witness(context: Context, vkey: str, url: str) -> str:
    """Let a witness cosign this log's checkpoints from now on, and return its name. The creator's right alone; recorded.

    Raises:
        ProofWrong: the key is no witness's.
        UsageError: the address is none.
        PolicyRefused: somebody else than the workspace's creator.
    """
    _creator_only(context, "audit.witness.add")
    key, address = VerifierKey.parse(vkey), check_url(url)
    check_witness(key, context.signer.verifier)
    with context.state.writing() as tx:
        store_witness(tx, Witness(name=key.name, vkey=str(key), url=address))
    record(context, "audit.witness.add", result="allow", reason="done", details={"witness": key.name})
    return key.name


def drop_witness(context: Context, name: str) -> None:
    """Ask a witness no more; what it cosigned stays. The creator's right alone; recorded."""
    _creator_only(context, "audit.witness.remove")
    with context.state.writing() as tx:
        known = remove_witness(tx, name)
    if not known:
        raise UsageError("there is no such witness", hint="secureprofile audit witness list")
    record(context, "audit.witness.remove", result="allow", reason="done", details={"witness": name})


def list_witnesses(context: Context) -> list[Witness]:
    """Return the witnesses of this log, by name."""
    with context.state.reading() as view:
        return witnesses(view)


def submit(context: Context) -> list[Cosigned]:
    """Have every witness cosign the log as it stands. Recorded, with the sizes that were cosigned.

    Raises:
        UsageError: there are no witnesses.
        ProofWrong: a witness saw more of this log than there is, or another log; or its answer proves nothing.
        CannotTell: one does not answer, or refuses; what the others said is kept.
    """
    asked = list_witnesses(context)
    if not asked:
        raise UsageError("this log has no witnesses", hint="secureprofile audit witness add VKEY URL")
    with begin(context, "audit.witness") as act:
        context.signer.sign(context.state)
        note, checkpoint = newest_checkpoint(context)
        done, failed = [], []
        for witness in asked:
            try:
                done.append(_ask(context, witness, note, checkpoint))
            except CannotTell as error:
                failed.append(error)
        if failed:
            raise failed[0]
        act.commit(lambda tx: None, details={"size": checkpoint.size, "witnesses": len(done)})
    return done


def _ask(context: Context, witness: Witness, note: bytes, checkpoint: Checkpoint) -> Cosigned:
    """Ask once with what we know, and once more with what the witness says that it knows."""
    old = witness.size
    for _ in range(2):
        if old > checkpoint.size:
            raise ProofWrong(
                f"the witness {witness.name} has seen {old} entries of this log, {checkpoint.size} are here",
                hint="a backup was restored or entries were removed: keep this workspace as evidence",
            )
        with context.state.reading() as view:
            proof = consistency_path(view.nodes(checkpoint.size), old, checkpoint.size) if old else []
        status, _, answer = post(witness.url + PATH, add_checkpoint(old, proof, note), "text/plain; charset=utf-8")
        if status == 200:
            return _keep(context, witness, note, answer, checkpoint.size)
        if status != 409:
            raise CannotTell(
                f"{witness.name}: {REFUSALS.get(status, f'the witness answers {status}')}",
                hint="ask who runs the witness",
            )
        known = known_size(answer)
        if known == old:
            raise ProofWrong(
                f"the witness {witness.name} saw another log of {old} entries under this name",
                hint="keep this workspace as evidence: it was restored from a backup, or the log forked",
            )
        old = known
    raise CannotTell(f"{witness.name} is being asked by somebody else at the same time", hint="try again")


def _keep(context: Context, witness: Witness, note: bytes, answer: bytes, size: int) -> Cosigned:
    key = VerifierKey.parse(witness.vkey)
    cosigned, time = accepted(note, answer, context.signer.verifier, key)
    kept = Kept(
        size=size, kind="witness", name=witness.name, body=cosigned, at=stamp(datetime.fromtimestamp(time, UTC))
    )
    if time > now().timestamp() + 3600:
        raise ProofWrong(f"the witness {witness.name} cosigned in the future", hint="compare the clocks")
    with context.state.writing() as tx:
        keep_anchor(tx, kept)
        store_witness(tx, replace(witness, size=size))
    return Cosigned(witness=witness.name, size=size, time=time)


def _creator_only(context: Context, act: str) -> None:
    if not context.creator:
        record(context, act, result="deny", reason="not-the-creator")
        raise PolicyRefused(
            "only the creator of a workspace chooses its witnesses",
            reason="not-the-creator",
            hint="ask whoever made it",
        )
