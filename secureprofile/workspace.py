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
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from secureprofile.adapters import keys as keyring
from secureprofile.adapters.clock import now
from secureprofile.adapters.home import Home
from secureprofile.adapters.outputs import write_whole
from secureprofile.adapters.policies import keep_policy, lasting_reference, load_policy
from secureprofile.adapters.signer import LogSigner
from secureprofile.adapters.state import State
from secureprofile.audit.checkpoint import VerifierKey
from secureprofile.audit.verify import Verdict
from secureprofile.errors import UsageError
from secureprofile.flows.gate import Context, record
from secureprofile.flows.progress import Progress, Silent
from secureprofile.policy.decide import match_dataset

if TYPE_CHECKING:
    from secureprofile.dp.plan import Plan
    from secureprofile.flows.build import Built
    from secureprofile.flows.consent import Imported
    from secureprofile.flows.exports import Recall
    from secureprofile.flows.guarded import Treated
    from secureprofile.flows.release import Account, Run
    from secureprofile.flows.reveal import Revealed
    from secureprofile.flows.rotate import KeyUse
    from secureprofile.policy.model import Policy
    from secureprofile.portrait.dictionary import TagDictionary
    from secureprofile.released import Document

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
        keys: str | None = None,
        memory_limit: str | None = None,
        create: bool = True,
    ) -> Workspace:
        """Open a workspace; where there is none yet, make one.

        Args:
            path: its folder.
            policy: a policy file or the name of a ready policy. A new workspace remembers it (``retail`` where none is
                given); for an existing one it holds for this opening only.
            actor: who acts; see :func:`current_actor`.
            keys: where a new workspace's keys go (``file:FOLDER``); the user's configuration folder by default.
            memory_limit: for the engine, such as ``2GB``.
            create: whether a missing workspace is made or refused.

        Raises:
            PolicyFileError: the policy is wrong.
            UsageError: there is no workspace and none shall be made.
            CannotTell: the state or the keys cannot be read.
        """
        home = Home(Path(path).absolute())
        fresh = not home.exists
        if fresh and not create:
            raise UsageError(f"there is no workspace in {path}", hint="secureprofile init, or name one with -w")
        who, authenticated = current_actor(actor)
        if fresh:
            load_policy(str(policy or DEFAULT_POLICY))  # a wrong policy leaves nothing behind
            _create(home, str(policy or DEFAULT_POLICY), who, keys)
        state = State.open(home.state)
        try:
            with state.writing() as tx:
                staff_id, creator = tx.name_staff(who), tx.meta("creator")
                workspace_id, reference = str(tx.meta("workspace")), str(policy or tx.meta("policy"))
                home.sweep(tx.visible_paths())
            loaded, ring = load_policy(reference), keyring.load_ring(str(_meta(state, "keys")))
            keep_policy(loaded, reference, home.policy(loaded.hash))
            context = Context(
                home=home,
                state=state,
                signer=LogSigner(home.signer, ring.log[0].value, f"secureprofile/{workspace_id}"),
                keys=ring,
                policy=loaded,
                staff_id=staff_id,
                authenticated=authenticated,
                creator=staff_id == creator,
                actor=who,
                memory_limit=memory_limit,
            )
        except BaseException:
            state.close()
            raise
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

        return rotate(self._context, role)

    def use_policy(self, policy: str | Path) -> str:
        """Put another policy in force from the next opening on, and return its hash; the creator's right alone."""
        from secureprofile.flows.adopt import adopt

        return adopt(self._context, str(policy)).hash

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
    def session(self, *, purpose: str | None = None, actor: str | None = None) -> Iterator[Session]:
        """Act for one purpose.

        Args:
            purpose: a purpose of the policy; what it does not allow is refused.
            actor: somebody else than who opened the workspace (then asserted).
        """
        context = replace(self._context, purpose=purpose)
        if actor is not None:
            with context.state.writing() as tx:
                staff_id, creator = tx.name_staff(actor), tx.meta("creator")
            context = replace(
                context, actor=actor, staff_id=staff_id, authenticated="asserted", creator=staff_id == creator
            )
        yield Session(context)


class Session:
    """The only door to data: authorises, records, then hands out. Made by :meth:`Workspace.session`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def anonymize(self, frame: Any, *, dataset: str, recipient: str | None = None) -> Any:
        """Return a frame treated as the policy says; the input is not modified.

        Args:
            frame: pandas or Polars data frame, Arrow table or Ibis table.
            dataset: of the policy; its columns are the frame's.
            recipient: registered for the purpose; may be left out where there is only one.

        Returns:
            The same kind of frame; an Arrow table for an Ibis table.
        """
        from secureprofile.adapters.frames import Frame
        from secureprofile.flows.anonymize import anonymize_frame

        return anonymize_frame(self._context, Frame.of(frame), dataset=dataset, recipient=recipient, progress=Silent())

    def anonymize_file(
        self,
        source: str | Path,
        output: str | Path,
        *,
        dataset: str,
        recipient: str | None = None,
        overwrite: bool = False,
        dry_run: bool = False,
        sheet: str | None = None,
        form: str | None = None,
        progress: Progress | None = None,
    ) -> Treated:
        """Write a file treated as the policy says, whole or not at all.

        Args:
            source: a file, a database's URL with ``?table=``, or ``-`` for standard input.
            output: a file, or ``-`` for standard output, to which nothing goes before everything is finished.
            dataset: of the policy.
            recipient: registered for the purpose; may be left out where there is only one.
            overwrite: replace an existing file.
            dry_run: only say what would be done.
            sheet: of a workbook; the only visible one by default.
            form: csv, tsv, jsonl, parquet or xlsx; by the output's name where not given, csv for a stream.
            progress: shows the steps.
        """
        from secureprofile.flows.anonymize import anonymize
        from secureprofile.flows.guarded import open_file
        from secureprofile.flows.streams import target

        with self._context.home.scratch() as scratch, target(output, scratch, form) as (path, chosen):
            return anonymize(
                self._context,
                open_file(source, sheet=sheet, scratch=scratch),
                path,
                form=chosen,
                dataset=dataset,
                recipient=recipient,
                overwrite=overwrite,
                dry_run=dry_run,
                progress=progress or Silent(),
            )

    def reveal(self, frame: Any, *, dataset: str, exported_for: str | None = None, recipient: str | None = None) -> Any:
        """Return an exported frame with the cells that this purpose may reveal as they were; the input is not modified.

        Args:
            frame: pandas or Polars data frame, Arrow table or Ibis table.
            dataset: of the policy.
            exported_for: the purpose of the export; may be left out where the policy names only one.
            recipient: of the export; may be left out where there is only one.
        """
        from secureprofile.adapters.frames import Frame
        from secureprofile.flows.reveal import reveal_frame

        return reveal_frame(
            self._context, Frame.of(frame), dataset=dataset, exported_for=exported_for, recipient=recipient
        )

    def reveal_file(
        self,
        source: Path,
        output: Path,
        *,
        dataset: str,
        exported_for: str | None = None,
        recipient: str | None = None,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> Revealed:
        """Write an exported file with the cells that this purpose may reveal as they were, whole or not at all."""
        from secureprofile.flows.guarded import open_file
        from secureprofile.flows.reveal import reveal

        return reveal(
            self._context,
            open_file(source),
            output,
            dataset=dataset,
            exported_for=exported_for,
            recipient=recipient,
            overwrite=overwrite,
            progress=progress or Silent(),
        )

    def ingest(
        self, dataset: str, source: str | Path, *, sheet: str | None = None, progress: Progress | None = None
    ) -> Treated:
        """Add a file's rows to the store, as pseudonyms, of people who may be there for this purpose."""
        from secureprofile.flows.guarded import open_file
        from secureprofile.flows.ingest import ingest

        return ingest(self._context, open_file(source, sheet=sheet), dataset=dataset, progress=progress or Silent())

    def import_consents(
        self, source: str | Path, *, sheet: str | None = None, progress: Progress | None = None
    ) -> Imported:
        """Add the consent records of a file."""
        from secureprofile.flows.consent import import_consents
        from secureprofile.flows.guarded import open_file

        return import_consents(self._context, open_file(source, sheet=sheet), progress=progress or Silent())

    def show_consents(self, identifier: str) -> list[dict[str, str]]:
        """Return one person's consent records."""
        from secureprofile.flows.consent import show_consents

        return show_consents(self._context, identifier)

    def grant(self, identifier: str, *, purpose: str, method: str = "") -> int:
        """Record a grant as of now; return its entry's index in the log."""
        from secureprofile.flows.consent import change_consent

        return change_consent(self._context, identifier, purpose=purpose, state="granted", method=method)

    def withdraw(self, identifier: str, *, purpose: str, method: str = "") -> int:
        """Record a withdrawal as of now; return its entry's index in the log."""
        from secureprofile.flows.consent import change_consent

        return change_consent(self._context, identifier, purpose=purpose, state="withdrawn", method=method)

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._context.policy.policy

    @property
    def tags(self) -> TagDictionary:
        """The tag dictionary that the policy names."""
        from secureprofile.portrait.dictionary import load_tags

        policy = self._context.policy
        if policy.policy.tags is None:
            raise UsageError("the policy names no tag dictionary", hint="add `tags: tags.yaml` to the policy")
        return load_tags(policy.sibling(policy.policy.tags), file=policy.policy.tags)

    def build_portrait(self, *, as_of: str | date | None = None, progress: Progress | None = None) -> Built:
        """Fold what is stored into one tagged row per person; it never leaves the workspace.

        Args:
            as_of: the day from which recency and ages are counted; today by default.
            progress: shows the steps.
        """
        from secureprofile.flows.build import build_portrait

        day = as_of if isinstance(as_of, date) else date.fromisoformat(as_of) if as_of else now().date()
        return build_portrait(self._context, self.tags, as_of=day, progress=progress or Silent())

    def plan(self, name: str) -> Plan:
        """Say what a declared release will cost and how exact it will be. Reads no data, costs nothing."""
        from secureprofile.flows.release import plan

        return plan(self._context, self.tags, name)

    def run(self, release: str | Plan, *, progress: Progress | None = None) -> Run:
        """Run a release on the newest portrait: charged, recorded, then handed out."""
        from secureprofile.flows.release import run

        name = release if isinstance(release, str) else release.request.name
        return run(self._context, self.tags, name, progress=progress or Silent())

    def declared_releases(self) -> list[str]:
        """Return the names of the releases that the policy declares."""
        from secureprofile.flows.release import requests

        return sorted(requests(self._context, self.tags))

    def published(self) -> list[Document]:
        """Return everything that was published, oldest first."""
        from secureprofile.released import Document

        with self._context.state.reading() as view:
            return [Document.from_json(release.body) for release in view.releases()]

    def accounts(self, domain: str | None = None) -> list[Account]:
        """Return the budgets of one domain, or of all: ceiling, spent, left."""
        from secureprofile.flows.release import accounts

        with self._context.state.reading() as view:
            domains = [domain] if domain else list(self._context.policy.policy.domains)
            return [account for one in domains for account in accounts(self._context, view, one)]

    def exports(self, *, recipient: str | None = None, dataset: str | None = None) -> list[dict[str, Any]]:
        """Return the row-level files that left, oldest first; recorded."""
        from secureprofile.flows.exports import list_exports

        return list_exports(self._context, recipient=recipient, dataset=dataset)

    def recall(self, identifier: str, *, purpose: str | None = None) -> list[Recall]:
        """Return the exports that may hold a person, with the pseudonym each recipient knows; takes a role, and is recorded."""
        from secureprofile.flows.exports import recall

        return recall(self._context, identifier, purpose=purpose)

    def exports_to_recall(self, identifier: str, *, purpose: str) -> int:
        """Return how many exports for a purpose may hold a person; recorded."""
        from secureprofile.flows.exports import count_to_recall

        return count_to_recall(self._context, identifier, purpose=purpose)

    def report(
        self, name: str, output: str | Path, *, lang: Any = "en", form: Any = "html", overwrite: bool = False
    ) -> Document:
        """Write a published release as a page that anybody may read; it costs no budget."""
        from secureprofile.flows.report import write_report

        return write_report(self._context, name, Path(output), form=form, lang=lang, overwrite=overwrite)


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

    def log(self, *, last: int = 20) -> list[dict[str, Any]]:
        """Return the newest entries; reading them is recorded."""
        from secureprofile.flows.verify import read_log

        return read_log(self._context, last=last)


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
