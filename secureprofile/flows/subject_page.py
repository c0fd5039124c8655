"""What is held of a person, as a page that the person can read."""

from __future__ import annotations

from secureprofile.flows.accesses import Access
from secureprofile.flows.held import Held, Kept
from secureprofile.report import subject as report
from secureprofile.report.wording import Language


def subject_page(held: Held, *, lang: Language) -> str:
    """Return the page; see :mod:`secureprofile.report.subject`."""
    page = report.SubjectPage(
        created=held.created,
        domain=held.domain,
        kept=tuple(_kept(one) for one in held.kept),
        consents=tuple((c["at"], c["purpose"], c["state"], c["method"], c["notice"]) for c in held.consents),
        tokens=held.tokens,
        exports=tuple((r.at, r.dataset, r.purpose, r.recipient, r.contact, r.pseudonym or "–") for r in held.exports),
        holds=tuple((one.kind, one.until) for one in held.holds),
        accesses=tuple(
            _access(one, proof)
            for proof, some in (
                ("proven", held.answer.present),
                ("pruned", held.answer.pruned),
                ("may_hold", held.answer.may_hold),
            )
            for one in some
        ),
        absent=held.answer.absent,
    )
    return report.subject_html(page, lang=lang)


def _kept(one: Kept) -> report.KeptRows:
    columns = tuple(one.rows[0]) if one.rows else ()
    return report.KeptRows(
        dataset=one.dataset,
        entry=one.snapshot,
        at=one.at,
        purpose=one.purpose,
        basis=", ".join(f"{law}: {basis}" for law, basis in one.lawful_basis.items()),
        until=one.until,
        columns=columns,
        categories=tuple(one.categories.get(name, "") for name in columns),
        rows=tuple(tuple("" if row[n] is None else str(row[n]) for n in columns) for row in one.rows),
    )


def _access(one: Access, proof: str) -> report.AccessRow:
    return report.AccessRow(
        at=one.at,
        act=one.act,
        dataset=one.dataset.lstrip("@"),
        purpose=one.purpose,
        categories=", ".join(one.categories),
        recipient=one.recipient,
        proof=proof,
        actor=one.actor or "",
    )
