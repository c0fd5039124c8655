"""The rights of one person, as a session exercises them on their behalf. Each method calls one flow; every call is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secureprofile.flows.gate import Context

if TYPE_CHECKING:
    from secureprofile.flows.accesses import Answer
    from secureprofile.flows.erase import Erased
    from secureprofile.flows.held import Held
    from secureprofile.flows.rectify import Rectified
    from secureprofile.flows.retention import Expired
    from secureprofile.flows.rights import Choice, Recorded


class Rights:
    """Made by :attr:`Session.rights`. ``identifier`` is as the subject column spells it, ``domain`` where it is known in several."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def show(self, identifier: str, *, with_actor: bool = False, domain: str | None = None) -> Held:
        """Return what is held of a person, from where, why, until when, and all accesses."""
        from secureprofile.flows.held import show_subject

        return show_subject(self._context, identifier, with_actor=with_actor, domain=domain)

    def accesses(self, identifier: str, *, with_actor: bool = False, domain: str | None = None) -> Answer:
        """Return every access to a person, with proofs that a stranger verifies."""
        from secureprofile.flows.accesses import accesses

        return accesses(self._context, identifier, with_actor=with_actor, domain=domain)

    def rectify(
        self,
        identifier: str,
        *,
        dataset: str,
        column: str,
        value: str,
        where: tuple[str, str] | None = None,
        domain: str | None = None,
    ) -> Rectified:
        """Correct a stored value; ``where`` is (column, value) of the rows that are wrong."""
        from secureprofile.flows.rectify import rectify

        return rectify(
            self._context, identifier, dataset=dataset, column=column, value=value, where=where, domain=domain
        )

    def refuse(
        self,
        identifier: str,
        *,
        state: Choice,
        purpose: str | None = None,
        method: str = "",
        domain: str | None = None,
    ) -> Recorded:
        """Record that a person objects (``objected``), is restricted (``restricted``) or takes it back (``lifted``), for one purpose or all."""
        from secureprofile.flows.rights import record_choice

        return record_choice(self._context, identifier, state=state, purpose=purpose, method=method, domain=domain)

    def consent_receipt(self, identifier: str, *, domain: str | None = None) -> dict[str, Any]:
        """Return what the person may keep of their consents, in the sections of ISO/IEC TS 27560."""
        from secureprofile.flows.rights import consent_receipt

        return consent_receipt(self._context, identifier, domain=domain)

    def erase(
        self,
        identifier: str,
        *,
        grace: str = "",
        at_once: bool = False,
        proofs: str | Path | None = None,
        domain: str | None = None,
    ) -> Erased:
        """Erase a person, or have them erased when a grace window (ISO 8601 duration) ends.

        Args:
            identifier: of the person.
            grace: how long the erasure may still be given up.
            at_once: although a grace window is open.
            proofs: folder for the proofs of past accesses.
            domain: where the identifier is known in several.
        """
        from secureprofile.flows.erase import erase

        folder = None if proofs is None else Path(proofs)
        return erase(self._context, identifier, grace=grace, at_once=at_once, proofs=folder, domain=domain)

    def erase_many(
        self, identifiers: Iterable[str], *, proofs: str | Path | None = None, domain: str | None = None
    ) -> Erased:
        """Erase many people in one act."""
        from secureprofile.flows.erase import erase_many

        return erase_many(self._context, identifiers, proofs=None if proofs is None else Path(proofs), domain=domain)

    def cancel_erasure(self, identifier: str, *, domain: str | None = None) -> int:
        """Give up an erasure whose grace window is open; return its entry."""
        from secureprofile.flows.erase import cancel

        return cancel(self._context, identifier, domain=domain)

    def readmit(self, identifier: str, *, domain: str | None = None) -> int:
        """Let somebody who was erased be enrolled again; return its entry."""
        from secureprofile.flows.erase import readmit

        return readmit(self._context, identifier, domain=domain)

    def hold(self, identifier: str, *, until: str = "", reference: str = "", domain: str | None = None) -> int:
        """Forbid the erasure of a person's data, until a day or until it is lifted; return its entry."""
        from secureprofile.flows.holds import hold

        return hold(self._context, identifier, until=until, reference=reference, domain=domain)

    def lift_hold(self, identifier: str, *, domain: str | None = None) -> int:
        """Lift a hold; return its entry."""
        from secureprofile.flows.holds import lift_hold

        return lift_hold(self._context, identifier, domain=domain)

    def run_retention(self, *, dry_run: bool = False) -> Expired:
        """Remove what is past its retention, and the people whose grace window has ended; ``dry_run`` only says what."""
        from secureprofile.flows.retention import run_retention

        return run_retention(self._context, dry_run=dry_run)
