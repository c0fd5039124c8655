"""The face of the library: a workspace, and sessions that act in it on somebody's behalf, for one purpose.

Example:
    ::

        ws = Workspace.open("shop", policy="retail")
        with ws.session(purpose="portrait") as s:
            s.ingest("orders", "orders.csv")
            s.build_portrait(as_of="2026-10-01")
            release = s.run("customer-portrait")
"""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from secureprofile.adapters import keys as keyring
from secureprofile.adapters.clock import now
from secureprofile.adapters.home import Home
from secureprofile.adapters.marks import host_mark
from secureprofile.adapters.outputs import write_whole
from secureprofile.adapters.policies import keep_policy, lasting_reference, load_policy
from secureprofile.adapters.runs import sweep as sweep_tokens
from secureprofile.adapters.signer import LogSigner
from secureprofile.adapters.state import State
from secureprofile.audit.checkpoint import VerifierKey
from secureprofile.audit.entry import request_id
from secureprofile.audit.select import Selection
from secureprofile.audit.verify import Verdict
from secureprofile.errors import PolicyRefused, UsageError
from secureprofile.flows.gate import Context, record
from secureprofile.flows.restored import notice_backup, refuse_missing
from secureprofile.policy.decide import match_dataset
from secureprofile.session import Session as Session

if TYPE_CHECKING:
    from secureprofile.adapters.anchors import Witness
    from secureprofile.adapters.policies import KeptPolicy
    from secureprofile.audit.summary import Tally
    from secureprofile.flows.anchor import Cosigned
    from secureprofile.flows.export_log import LogExport
    from secureprofile.flows.prune import Pruned
    from secureprofile.flows.rotate import KeyUse
    from secureprofile.flows.stamp import Stamped
    from secureprofile.guard.finder import Finder

DEFAULT_POLICY = "retail"


def current_actor(actor: str | None = None) -> tuple[str, str]:
    """Return who acts, and how we know: given or from ``$SECUREPROFILE_ACTOR`` is asserted, else the OS user."""
    asserted = actor or os.environ.get("SECUREPROFILE_ACTOR")
    return (asserted, "asserted") if asserted else (getpass.getuser(), "os-user")


class Workspace:
    """A folder that holds consents, budget, log, and the pseudonymous store. Make or open one with :meth:`open`.

    It closes itself at the end of a ``with`` block.
    """

    def __init__(self, context: Context, *, fresh: bool) -> None:
        self._context = context
        self.fresh = fresh

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        policy: str | Path | None = None,
        actor: str | None = None,
        actor_key: str | Path | None = None,
        keys: str | None = None,
        memory_limit: str | None = None,
        ner: Any = None,
        recognizers: Any = None,
        create: bool = True,
        request: str | None = None,
    ) -> Workspace:
        """Open a workspace; where there is none yet, make one.

        Args:
            path: its folder.
            policy: a policy file or the name of a ready policy. A new workspace remembers it (``retail`` where none is
                given); for an existing one it holds for this opening only.
            actor: who acts; see :func:`current_actor`.
            actor_key: the file of a private OpenSSH key (Ed25519) that proves it, if the policy lists its public half for the
                actor under ``staff``; ``$SECUREPROFILE_ACTOR_KEY`` by default.
            keys: where a new workspace's keys go (``file:FOLDER``); the user's configuration folder by default.
            memory_limit: for the engine, such as ``2GB``.
            ner: a loaded spaCy or transformers pipeline that finds names in free text besides what the recognizers find (extra ``ner``).
            recognizers: of presidio's kind, for free text besides ours: a YAML file, an ``EntityRecognizer``, several, or an ``AnalyzerEngine``.
            create: whether a missing workspace is made or refused.
            request: the ticket or case that acts are done for, in every entry; opaque (see ``audit.entry.request_id``).
                ``$SECUREPROFILE_REQUEST`` where not given.

        Raises:
            PolicyFileError: the policy is wrong.
            PolicyRefused: the key does not prove who acts; recorded.
            UsageError: there is no workspace and none shall be made.
            CannotTell: the state or the keys cannot be read.
        """
        finders = _finders(ner, recognizers)
        home = Home(Path(path).absolute())
        fresh = not home.exists
        if fresh and not create:
            raise UsageError(f"there is no workspace in {path}", hint="secureprofile init, or name one with -w")
        who, authenticated = current_actor(actor)
        asked = request_id(request or os.environ.get("SECUREPROFILE_REQUEST") or "")
        if fresh:
            load_policy(str(policy or DEFAULT_POLICY))  # a wrong policy leaves nothing behind
            _create(home, str(policy or DEFAULT_POLICY), who, keys)
        state = State.open(home.state)
        try:
            with state.writing() as tx:
                staff_id, creator = tx.name_staff(who), tx.meta("creator")
                workspace_id, reference = str(tx.meta("workspace")), str(policy or tx.meta("policy"))
                refuse_missing(home, tx)
                home.sweep(tx.visible_paths())
                sweep_tokens(home.root, tx)
            loaded, ring = load_policy(reference), keyring.load_ring(str(_meta(state, "keys")))
            keep_policy(loaded, reference, home.policy(loaded.hash))
            context = Context(
                home=home,
                state=state,
                signer=LogSigner(home.signer, [secret.value for secret in ring.log], f"secureprofile/{workspace_id}"),
                keys=ring,
                policy=loaded,
                staff_id=staff_id,
                authenticated=authenticated,
                creator=staff_id == creator,
                actor=who,
                memory_limit=memory_limit,
                finders=finders,
                request=asked,
                host=host_mark(ring),
            )
            context = _proved(context, actor_key, workspace_id)
        except BaseException:
            state.close()
            raise
        if not fresh:
            notice_backup(context)
        if fresh:
            write_whole(home.signer / "log.vkey", f"{context.signer.verifier}\n".encode(), overwrite=True)
            record(context, "workspace.create", result="allow", reason="done")
        return cls(context, fresh=fresh)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._context.home.root

    @property
    def policy_name(self) -> str:
        """Id and version of the policy in force."""
        about = self._context.policy.policy.policy
        return f"{about.id} version {about.version} ({', '.join(about.jurisdiction)})"

    def keys(self) -> list[KeyUse]:
        """Return the keys of the ring by role: id, age, uses; never a secret. Recorded."""
        from secureprofile.flows.rotate import list_keys

        return list_keys(self._context)

    def rotate_key(self, role: str) -> str:
        """Put a newer key in a role from now on, and return its id; older ones stay for revealing. The creator's right alone."""
        from secureprofile.flows.rotate import rotate

        kid = rotate(self._context, role)
        ring = keyring.load_ring(self.keys_reference)
        signer = self._context.signer.with_keys([secret.value for secret in ring.log])
        self._context = replace(self._context, keys=ring, signer=signer)
        return kid

    def wrap_keys(self, master: str | None) -> None:
        """Encrypt the key ring under the master that a reference points to, or under none; the creator's right alone."""
        from secureprofile.flows.rotate import wrap

        wrap(self._context, master)

    def use_policy(self, policy: str | Path) -> str:
        """Put another policy in force from the next opening on, and return its hash; the creator's right alone."""
        from secureprofile.flows.adopt import adopt

        return adopt(self._context, str(policy)).hash

    def policies(self) -> list[tuple[KeptPolicy, bool]]:
        """Return the policies that were ever in force here, oldest first, each with whether it is now."""
        from secureprofile.adapters.policies import kept_policies

        current = self._context.policy.hash
        folder = self._context.home.policy(current).parent
        return [(kept, kept.hash == current) for kept in kept_policies(folder)]

    @property
    def keys_reference(self) -> str:
        """Where the keys are."""
        return str(_meta(self._context.state, "keys"))

    @property
    def verifier_key(self) -> str:
        """The public key under which strangers verify the log."""
        return str(self._context.signer.verifier)

    @property
    def audit(self) -> Audit:
        """The audit log."""
        return Audit(self._context)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the state database."""
        self._context.state.close()

    def match_dataset(self, location: str | Path) -> str:
        """Return the only dataset whose file patterns match, or that is called like a database's table; UsageError otherwise."""
        from secureprofile.adapters.sources import place_name

        name = place_name(location)
        return (
            name if name in self._context.policy.policy.datasets else match_dataset(self._context.policy.policy, name)
        )

    def default_purpose(self, output: str) -> str:
        """Return the only purpose that the policy lets rows go to ``output`` for; UsageError otherwise."""
        found = [name for name, purpose in self._context.policy.policy.purposes.items() if output in purpose.outputs]
        if len(found) != 1:
            raise UsageError(
                "which purpose?", hint="--purpose, one of: " + ", ".join(self._context.policy.policy.purposes)
            )
        return found[0]

    @contextmanager
    def session(
        self, *, purpose: str | None = None, actor: str | None = None, request: str | None = None
    ) -> Iterator[Session]:
        """Act for one purpose.

        Args:
            purpose: a purpose of the policy; what it does not allow is refused.
            actor: somebody else than who opened the workspace (then asserted).
            request: another ticket or case than the workspace was opened for.
        """
        context = replace(self._context, purpose=purpose)
        if request is not None:
            context = replace(context, request=request_id(request))
        if actor is not None:
            with context.state.writing() as tx:
                staff_id, creator = tx.name_staff(actor), tx.meta("creator")
            context = replace(
                context, actor=actor, staff_id=staff_id, authenticated="asserted", creator=staff_id == creator
            )
        yield Session(context)


class Audit:
    """The log of one workspace."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def verify(self, *, checkpoints: Sequence[bytes] = (), keys: Sequence[str] = ()) -> Verdict:
        """Verify every entry; raises ProofWrong where anything was changed."""
        from secureprofile.flows.verify import verify

        return verify(self._context, checkpoints=checkpoints, keys=[VerifierKey.parse(key) for key in keys])

    def checkpoint(self) -> bytes:
        """Sign the log as it stands; keep the note outside."""
        from secureprofile.flows.verify import checkpoint

        return checkpoint(self._context)

    def prove(self, index: int) -> bytes:
        """Return the ``.tlog-proof`` of one entry under the newest checkpoint: whoever has the verifier key needs nothing else."""
        from secureprofile.flows.prove import prove

        return prove(self._context, index)

    def entry(self, index: int) -> bytes:
        """Return one entry, byte for byte, as its proof is about; reading it is recorded."""
        from secureprofile.flows.verify import read_entry

        return read_entry(self._context, index)

    def export(self, folder: str | Path) -> LogExport:
        """Write the log as a folder of tiles that strangers' tools read, or add what is new to one. Recorded."""
        from secureprofile.flows.export_log import export_log

        return export_log(self._context, Path(folder))

    def add_witness(self, vkey: str, url: str) -> str:
        """Let a witness cosign this log's checkpoints from now on; return its name. The creator's right alone."""
        from secureprofile.flows.anchor import add_witness

        return add_witness(self._context, vkey, url)

    def remove_witness(self, name: str) -> None:
        """Ask a witness no more; what it cosigned stays. The creator's right alone."""
        from secureprofile.flows.anchor import drop_witness

        drop_witness(self._context, name)

    def witnesses(self) -> list[Witness]:
        """Return the witnesses of this log."""
        from secureprofile.flows.anchor import list_witnesses

        return list_witnesses(self._context)

    def submit(self) -> list[Cosigned]:
        """Have every witness cosign the log as it stands."""
        from secureprofile.flows.anchor import submit

        return submit(self._context)

    def timestamp(self, url: str, roots: bytes) -> Stamped:
        """Have a timestamp authority say that the log as it stands exists now; ``roots`` are its root certificates (PEM)."""
        from secureprofile.flows.stamp import stamp_by

        return stamp_by(self._context, url, roots)

    def timestamp_request(self) -> bytes:
        """Return a request for a timestamp of the log as it stands, to be brought to an authority by hand."""
        from secureprofile.flows.stamp import stamp_request

        return stamp_request(self._context)

    def timestamp_answer(self, response: bytes, roots: bytes) -> Stamped:
        """Keep an authority's answer to an earlier request."""
        from secureprofile.flows.stamp import stamp_answer

        return stamp_answer(self._context, response, roots)

    def prune(self, before: str, *, dry_run: bool = False) -> Pruned:
        """Remove entries before a day or index that need not be kept any more; what is left still verifies."""
        from secureprofile.flows.prune import prune

        return prune(self._context, before, dry_run=dry_run)

    def log(self, *, last: int = 20, selection: Selection | None = None) -> list[dict[str, Any]]:
        """Return the newest entries, or the newest of those chosen; reading them is recorded."""
        from secureprofile.flows.verify import read_log

        return read_log(self._context, last=last, selection=selection)

    def events(
        self,
        output: str | Path,
        *,
        form: Literal["ocsf", "csv", "html"] = "ocsf",
        selection: Selection | None = None,
        lang: Literal["en", "zh"] = "en",
        overwrite: bool = False,
    ) -> int:
        """Write the chosen entries as OCSF events, CSV or a page; return how many. Recorded."""
        from secureprofile.flows.events import write_events

        return write_events(
            self._context,
            Path(output),
            form=form,
            selection=selection or Selection(),
            lang=lang,
            overwrite=overwrite,
        )

    def summary(
        self,
        output: str | Path,
        *,
        form: Literal["html", "md", "json"] = "html",
        lang: Literal["en", "zh"] = "en",
        selection: Selection | None = None,
        with_actor: bool = False,
        overwrite: bool = False,
    ) -> Tally:
        """Write what the log says on the whole, and return its counts; names (``with_actor``) for the creator only. Recorded."""
        from secureprofile.flows.summary import write_summary

        return write_summary(
            self._context,
            Path(output),
            form=form,
            lang=lang,
            selection=selection or Selection(),
            with_actor=with_actor,
            overwrite=overwrite,
        )

    def records(
        self,
        output: str | Path,
        *,
        form: Literal["html", "md", "json"] = "html",
        lang: Literal["en", "zh"] = "en",
        overwrite: bool = False,
    ) -> None:
        """Write the record of processing activities, with the evidence for assessments and audits. Recorded."""
        from secureprofile.flows.records import write_records

        write_records(self._context, Path(output), form=form, lang=lang, overwrite=overwrite)


def _proved(context: Context, key: str | Path | None, workspace: str) -> Context:
    """Let the actor prove who they are, where a key is given."""
    from secureprofile.adapters.staff import KEY, prove_actor

    path = key or os.environ.get(KEY)
    if not path:
        return context
    try:
        prove_actor(context.policy.policy, context.actor, Path(path), workspace=workspace)
    except PolicyRefused as refused:
        record(context, "workspace.open", result="deny", reason=refused.reason)
        raise
    return replace(context, authenticated="signed")


def _meta(state: State, key: str) -> str | None:
    with state.reading() as view:
        return view.meta(key)


def _create(home: Home, policy: str, creator: str, keys: str | None) -> None:
    """Make folders, keys and state; what fails before the state exists leaves no workspace."""
    workspace_id = secrets.token_hex(4)
    reference = keys or keyring.default_reference(workspace_id)
    if reference.startswith("file:"):
        reference = "file:" + str(Path(reference.removeprefix("file:")).absolute())
    home.create()
    keyring.store_ring(keyring.new_ring(day=now().date().isoformat()), reference)
    state = State.open(home.state)
    try:
        with state.writing() as tx:
            for key, value in {
                "workspace": workspace_id,
                "policy": lasting_reference(policy),
                "keys": reference,
                "creator": tx.name_staff(creator),
                "consent_epoch": "0",
            }.items():
                tx.set_meta(key, value)
    finally:
        state.close()


def _finders(model: Any, recognizers: Any) -> tuple[Finder, ...]:
    found: list[Finder] = []
    if model is not None:
        from secureprofile.adapters.ner import finder  # what it needs of the guard takes a tenth of a second to load

        found.append(finder(model))
    if recognizers is not None:
        from secureprofile.adapters.recognizers import finder_from

        found.append(finder_from(recognizers))
    return tuple(found)
