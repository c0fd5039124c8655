"""The verb ``audit timestamp``: an authority outside says that a checkpoint existed at a time (RFC 3161)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from secureprofile.adapters import timestamps
from secureprofile.adapters.anchors import Kept, anchors, keep_anchor
from secureprofile.adapters.clock import now, stamp
from secureprofile.adapters.witness import check_url, post
from secureprofile.audit.checkpoint import split_note
from secureprofile.errors import CannotTell, ProofWrong
from secureprofile.flows.gate import Context, begin, record
from secureprofile.flows.prove import newest_checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """The first ``size`` entries existed at ``time``, by an authority's word."""

    size: int
    time: datetime


def stamp_request(context: Context) -> bytes:
    """Return a request for the newest checkpoint, to be brought to an authority by hand; the checkpoint is kept. Recorded."""
    record(context, "audit.timestamp.request", result="allow", reason="done")
    note, checkpoint = newest_checkpoint(context)
    data = timestamps.request(_text(note))
    with context.state.writing() as tx:
        keep_anchor(tx, Kept(size=checkpoint.size, kind="stamped", name="rfc3161", body=note, at=stamp(now())))
    return data


def stamp_answer(context: Context, response: bytes, roots: bytes) -> Stamped:
    """Keep an authority's answer to an earlier request. Recorded.

    Raises:
        ProofWrong: it is a timestamp of none of the checkpoints for which one was requested.
    """
    with context.state.reading() as view:
        asked = [one for one in anchors(view) if one.kind == "stamped"]
    for one in reversed(asked):
        try:
            time = timestamps.verify(response, _text(one.body), roots)
        except ProofWrong:
            continue
        with context.state.writing() as tx:
            keep_anchor(tx, Kept(size=one.size, kind="timestamp", name="rfc3161", body=response, at=stamp(time)))
        record(context, "audit.timestamp", result="allow", reason="done", details={"size": one.size})
        return Stamped(size=one.size, time=time)
    record(context, "audit.timestamp", result="deny", reason="no-such-request")
    raise ProofWrong(
        "this is no timestamp of a checkpoint for which one was requested",
        hint="secureprofile audit timestamp --request FILE",
    )


def stamp_by(context: Context, url: str, roots: bytes) -> Stamped:
    """Ask an authority at an address for a timestamp of the newest checkpoint, and keep it. Recorded.

    Raises:
        CannotTell: it does not answer, or refuses.
        ProofWrong: its answer proves nothing.
    """
    address = check_url(url)
    with begin(context, "audit.timestamp.ask") as act:
        data = stamp_request(context)
        status, kind, answer = post(address, data, timestamps.QUERY)
        if status != 200 or kind.split(";")[0].strip() != timestamps.REPLY:
            raise CannotTell(f"the timestamp authority answers {status}", hint="check the address")
        found = stamp_answer(context, answer, roots)
        act.commit(lambda tx: None, details={"size": found.size})
    return found


def _text(note: bytes) -> bytes:
    return split_note(note)[0].encode()
