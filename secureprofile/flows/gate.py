"""The only door to data: authorise, write the intent, hand out, write the outcome, in one transaction with what changed.

Every act goes (1) decision, refusals recorded; (2) intent entry, durable before the first row is read; (3) the work, writing
files under fresh names; (4) one transaction with the outcome entry and everything that becomes visible with it; (5) a signed
checkpoint. A crash between (2) and (4) leaves an intent without outcome: ``audit verify`` lists it as interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from secureprofile import errors
from secureprofile.adapters.clock import now, stamp
from secureprofile.adapters.home import Home
from secureprofile.adapters.keys import KeyRing
from secureprofile.adapters.signer import LogSigner
from secureprofile.adapters.state import State
from secureprofile.adapters.views import Writer
from secureprofile.audit.entry import Entry, Phase, Result
from secureprofile.policy.decide import Output, decide, roles_of, withheld_roles
from secureprofile.policy.parse import LoadedPolicy
from secureprofile.version import __version__

if TYPE_CHECKING:
    from secureprofile.guard.finder import Finder

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every flow is given: where, under which policy and keys, and on whose behalf."""

    home: Home
    state: State
    signer: LogSigner
    keys: KeyRing = field(repr=False)
    policy: LoadedPolicy
    staff_id: str
    authenticated: str
    creator: bool
    actor: str = field(repr=False)
    purpose: str | None = None
    memory_limit: str | None = None
    finders: tuple[Finder, ...] = field(default=(), repr=False)
    request: str = ""
    host: str = ""

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that the policy gives this actor."""
        return roles_of(self.policy.policy, self.actor, creator=self.creator, authenticated=self.authenticated)

    @property
    def withheld(self) -> tuple[str, ...]:
        """The roles that the actor would have, were it known better who acts."""
        return withheld_roles(self.policy.policy, self.actor, creator=self.creator, authenticated=self.authenticated)

    def entry(self, act: str, phase: Phase, **fields: Any) -> Entry:
        """Return an entry with who, when, why and under which policy filled in."""
        purpose = self.policy.policy.purposes.get(self.purpose or "")
        return Entry(
            act=act,
            phase=phase,
            time=stamp(now()),
            actor=self.staff_id,
            roles=self.roles,
            authenticated=self.authenticated,
            purpose=self.purpose if purpose else None,
            lawful_basis={str(law): basis for law, basis in purpose.lawful_basis.items()} if purpose else {},
            policy=self.policy.hash,
            request=self.request,
            host=self.host,
            software=f"secureprofile {__version__}",
            **fields,
        )


def record(context: Context, act: str, **fields: Any) -> int:
    """Write one entry that needs no work in between (a look at the log, a refusal, a change of consent)."""
    index = context.state.log.append(context.entry(act, "event", **fields).to_bytes())
    context.signer.sign(context.state)
    return index


def authorise(context: Context, act: str, output: Output, *, dataset: str | None = None) -> None:
    """Let the policy decide; a refusal is recorded before it is raised.

    Raises:
        PolicyRefused: with the decision's reason.
    """
    decision = decide(
        context.policy.policy,
        roles=context.roles,
        purpose=context.purpose or "",
        output=output,
        dataset=dataset,
        withheld=context.withheld,
        day=now().date(),
    )
    if not decision.allowed:
        known = (
            dataset if dataset in context.policy.policy.datasets else None
        )  # what the policy does not name may be data
        record(context, act, result="deny", reason=decision.reason, dataset=known)
        raise errors.PolicyRefused(decision.message, reason=decision.reason, hint=decision.hint)


class Act:
    """One act under way. ``index`` is its intent's place in the log; commit it once.

    Its outcome, be it success or failure, repeats what the intent said about the data, so that either tells it alone.
    """

    def __init__(self, context: Context, name: str, index: int, announced: Mapping[str, Any]) -> None:
        self._context = context
        self._name = name
        self._announced = dict(announced)
        self.index = index
        self.done = False

    def _outcome(self, result: Result, reason: str, fields: Mapping[str, Any]) -> bytes:
        details = {**self._announced.get("details", {}), **fields.get("details", {})}
        known = {**self._announced, **fields, "details": details}
        entry = self._context.entry(self._name, "outcome", intent=self.index, result=result, reason=reason, **known)
        return entry.to_bytes()

    def commit(self, work: Callable[[Writer], T], **fields: Any) -> T:
        """Run ``work`` and write the outcome in one transaction, then sign a checkpoint.

        Args:
            work: makes things visible; what it raises undoes everything.
            **fields: of the outcome entry. Callables are called after ``work`` with the transaction.
        """
        with self._context.state.writing() as tx:
            result = work(tx)
            known = {name: value(tx) if callable(value) else value for name, value in fields.items()}
            if tx.has_new_salts():  # whom this act enrolled is committed to in its own entry
                from secureprofile.adapters.presence import commit_salts

                known["subjects"] = {**known.get("subjects", {}), **commit_salts(self._context.home.root, tx)}
            tx.append(self._outcome("allow", "done", known))
        self.done = True
        self._context.signer.sign(self._context.state)
        return result

    def fail(self, result: Result, reason: str) -> None:
        """Write that nothing came of it."""
        with self._context.state.writing() as tx:
            tx.append(self._outcome(result, reason, {}))
        self.done = True
        self._context.signer.sign(self._context.state)


@contextmanager
def begin(context: Context, act: str, **fields: Any) -> Iterator[Act]:
    """Write the intent and give the act; whatever is raised inside becomes its outcome."""
    index = context.state.log.append(context.entry(act, "intent", **fields).to_bytes())
    running = Act(context, act, index, fields)
    try:
        yield running
    except errors.Refused as error:
        _fail(running, "deny", getattr(error, "reason", type(error).__name__.lower()))
        raise
    except errors.SecureProfileError as error:
        _fail(running, "error", type(error).__name__.lower())
        raise
    except (KeyboardInterrupt, SystemExit):
        _fail(running, "error", "stopped")
        raise
    except Exception:
        _fail(running, "error", "internal-error")
        raise
    if not running.done:
        raise AssertionError(f"{act} ended without an outcome")


def _fail(act: Act, result: Result, reason: str) -> None:
    """Record a failure where that is still possible; the first error is the one to report."""
    if act.done:
        return
    try:
        act.fail(result, reason)
    except errors.SecureProfileError:
        return  # the intent stands without outcome: verification lists it as interrupted
