"""The verbs on keys: which there are, a newer one for a role, a master over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from secureprofile.adapters.clock import now
from secureprofile.adapters.keys import KeyRing, grow_ring, load_ring, wrap_ring
from secureprofile.adapters.tokens import key_uses
from secureprofile.adapters.views import Writer
from secureprofile.errors import PolicyRefused, UsageError
from secureprofile.flows.gate import Act, Context, begin, record


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """One key of the ring, without its secret. ``exports``: how many row-level files were made with it."""

    role: str
    kid: str
    made: str
    age_days: int
    newest: bool
    exports: int


def list_keys(context: Context) -> list[KeyUse]:
    """Return all keys by role, the newest of each first; recorded."""
    record(context, "keys.list", result="allow", reason="done")
    return key_overview(context)


def key_overview(context: Context) -> list[KeyUse]:
    """Return the same for an act that is on record by itself."""
    with context.state.reading() as view:
        uses, reference = key_uses(view), str(view.meta("keys"))
    ring, today = load_ring(reference), now().date()
    return [
        KeyUse(
            role=role,
            kid=secret.kid,
            made=secret.made,
            age_days=(today - date.fromisoformat(secret.made)).days,
            newest=place == 0,
            exports=uses.get((role, secret.kid), 0),
        )
        for role in KeyRing.ROLES
        for place, secret in enumerate(ring.of(role))
    ]


def rotate(context: Context, role: str) -> str:
    """Add a newer key to a role and return its id: announced in the log before the file changes, and told after.

    What was made under older keys can still be revealed. New pseudonyms, tokens and ciphertexts do not join with old ones.

    Raises:
        UsageError: the role does not rotate.
        PolicyRefused: somebody else than the workspace's creator; recorded.
    """
    if role not in (*KeyRing.ROTATING, "log"):
        raise UsageError("this role gets no newer key", hint="one of: " + ", ".join((*KeyRing.ROTATING, "log")))
    if not context.creator:
        record(context, "keys.rotate", result="deny", reason="not-the-creator")
        raise PolicyRefused(
            "only the creator of a workspace rotates its keys", reason="not-the-creator", hint="ask whoever made it"
        )
    with context.state.reading() as view:
        reference = str(view.meta("keys"))
    with begin(context, "keys.rotate", details={"role": role}) as act:
        if role == "log":
            return _rotate_log(context, reference, act)
        kid = grow_ring(reference, role, day=now().date().isoformat()).of(role)[0].kid
        act.commit(lambda tx: None, details={"role": role, "kid": kid})
    return kid


def _rotate_log(context: Context, reference: str, act: Act) -> str:
    """Announce a new signing key in an entry, let both keys sign for it, and sign with the new one from then on.

    A crash before the last step leaves the older key signing, and a newer one in the ring, which the next rotation takes.
    """
    ring = load_ring(reference)
    waiting = context.signer.with_keys([secret.value for secret in ring.log])
    if waiting.newest() == waiting.verifier:
        ring = grow_ring(reference, "log", day=now().date().isoformat())
        waiting = context.signer.with_keys([secret.value for secret in ring.log])
    kid = ring.log[0].kid

    def index(tx: Writer) -> int:
        return tx.log_size()

    entry = act.commit(index, details={"role": "log", "kid": kid, "vkey": str(waiting.newest())})
    waiting.hand_over(context.state, entry)
    return kid


def wrap(context: Context, under: str | None) -> None:
    """Encrypt the key ring under a master, or under none; recorded without saying where the master is.

    Raises:
        PolicyRefused: somebody else than the workspace's creator; recorded.
        CannotTell: the master is not there.
    """
    if not context.creator:
        record(context, "keys.wrap", result="deny", reason="not-the-creator")
        raise PolicyRefused(
            "only the creator of a workspace wraps its keys", reason="not-the-creator", hint="ask whoever made it"
        )
    with context.state.reading() as view:
        reference = str(view.meta("keys"))
    details = {"master": "none" if under is None else under.partition(":")[0]}
    with begin(context, "keys.wrap", details=details) as act:
        wrap_ring(reference, under)
        act.commit(lambda tx: None, details=details)
