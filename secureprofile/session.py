"""A session: somebody acts in a workspace, for one purpose. Each method calls one flow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secureprofile.adapters.clock import now
from secureprofile.errors import UsageError
from secureprofile.flows.gate import Context
from secureprofile.flows.progress import Progress, Silent

if TYPE_CHECKING:
    from secureprofile.adapters.views import Charge
    from secureprofile.dp.ledger import Account
    from secureprofile.dp.plan import Plan
    from secureprofile.flows.budget import Verified
    from secureprofile.flows.build import Built
    from secureprofile.flows.consent import Imported
    from secureprofile.flows.consent_status import Person, Standing
    from secureprofile.flows.exports import Recall
    from secureprofile.flows.guarded import Treated
    from secureprofile.flows.release import Run
    from secureprofile.flows.reveal import Revealed
    from secureprofile.flows.rights import Recorded
    from secureprofile.policy.model import Policy
    from secureprofile.portrait.dictionary import TagDictionary
    from secureprofile.released import Document
    from secureprofile.rights import Rights


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
        scheme: int | None = None,
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
            scheme: entry of an earlier export whose classes are applied instead of new ones (policies with ``anonymity``).
            progress: shows the steps.
        """
        from secureprofile.flows.anonymize import anonymize
        from secureprofile.flows.opening import open_file
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
                scheme=scheme,
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
        from secureprofile.flows.opening import open_file
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
        from secureprofile.flows.ingest import ingest
        from secureprofile.flows.opening import open_file

        return ingest(self._context, open_file(source, sheet=sheet), dataset=dataset, progress=progress or Silent())

    def import_consents(
        self, source: str | Path, *, sheet: str | None = None, progress: Progress | None = None
    ) -> Imported:
        """Add the consent records of a file."""
        from secureprofile.flows.consent import import_consents
        from secureprofile.flows.opening import open_file

        return import_consents(self._context, open_file(source, sheet=sheet), progress=progress or Silent())

    def consents_of(self, identifier: str, *, domain: str | None = None) -> Person:
        """Return one person's consent records, oldest first, and what follows from them for each use."""
        from secureprofile.flows.consent_status import consents_of

        return consents_of(self._context, identifier, domain=domain)

    def consent_status(self) -> list[Standing]:
        """Return how many people stand where, by purpose, recipient and reason: internal figures."""
        from secureprofile.flows.consent_status import consent_status

        return consent_status(self._context)

    def grant(
        self,
        identifier: str,
        *,
        purpose: str,
        method: str = "",
        terms: Mapping[str, Any] | None = None,
        domain: str | None = None,
    ) -> Recorded:
        """Record a grant as of now; ``terms`` are further fields of the record, such as the notice and separate consents."""
        from secureprofile.flows.rights import record_choice

        return record_choice(
            self._context, identifier, state="granted", purpose=purpose, method=method, terms=terms or {}, domain=domain
        )

    def withdraw(self, identifier: str, *, purpose: str, method: str = "", domain: str | None = None) -> Recorded:
        """Record a withdrawal as of now."""
        from secureprofile.flows.rights import record_choice

        return record_choice(
            self._context, identifier, state="withdrawn", purpose=purpose, method=method, domain=domain
        )

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._context.policy.policy

    @property
    def tags(self) -> TagDictionary:
        """The tag dictionary that the policy names."""
        from secureprofile.portrait.reading import load_tags

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
        from secureprofile.flows.budget import accounts

        with self._context.state.reading() as view:
            domains = [domain] if domain else list(self._context.policy.policy.domains)
            return [account for one in domains for account in accounts(self._context, view, one)]

    def verify_budget(self) -> list[Verified]:
        """Hold the ledger of every domain against the log and the published bytes; recorded.

        Raises:
            ProofWrong: they disagree.
        """
        from secureprofile.flows.budget import verify

        return verify(self._context)

    def charges(self) -> list[Charge]:
        """Return the lines of the ledger, oldest first."""
        with self._context.state.reading() as view:
            return view.charges()

    def exports(self, *, recipient: str | None = None, dataset: str | None = None) -> list[dict[str, Any]]:
        """Return the row-level files that left, oldest first; recorded."""
        from secureprofile.flows.exports import list_exports

        return list_exports(self._context, recipient=recipient, dataset=dataset)

    def export_manifest(self, entry: int) -> bytes:
        """Return the signed manifest of an anonymised export, by its entry in the log."""
        from secureprofile.flows.exports import manifest_of

        return manifest_of(self._context, entry)

    def recall(self, identifier: str, *, purpose: str | None = None) -> list[Recall]:
        """Return the exports that may hold a person, with the pseudonym each recipient knows; takes a role, and is recorded."""
        from secureprofile.flows.exports import recall

        return recall(self._context, identifier, purpose=purpose)

    def exports_to_recall(self, identifier: str, *, purpose: str) -> int:
        """Return how many exports for a purpose may hold a person; recorded."""
        from secureprofile.flows.exports import count_to_recall

        return count_to_recall(self._context, identifier, purpose=purpose)

    @property
    def rights(self) -> Rights:
        """What people may ask for: to see, to correct, to refuse, to be erased."""
        from secureprofile.rights import Rights

        return Rights(self._context)

    def report(
        self, name: str, output: str | Path, *, lang: Any = "en", form: Any = "html", overwrite: bool = False
    ) -> Document:
        """Write a published release as a page that anybody may read; it costs no budget."""
        from secureprofile.flows.report import write_report

        return write_report(self._context, name, Path(output), form=form, lang=lang, overwrite=overwrite)
