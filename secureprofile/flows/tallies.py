"""What pages about the log have in common: its counts, and a page in each format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from secureprofile.audit.checkpoint import parse_checkpoint, verify_note
from secureprofile.audit.entry import parse
from secureprofile.audit.select import Selection
from secureprofile.audit.summary import Tally
from secureprofile.flows.gate import Context
from secureprofile.released import Internal
from secureprofile.report.audit_page import Sheet, as_json, html, markdown
from secureprofile.report.wording import Language

Form = Literal["html", "md", "json"]
Say = Callable[[str, str], str]


def n(value: int) -> Internal:
    """Mark an exact number."""
    return Internal(value=value, what="entries of the log")


def tallied(context: Context, selection: Selection, *, below: int | None = None) -> Tally:
    """Return the counts of the whole log, up to an index.

    Raises:
        ProofWrong: an entry is malformed.
    """
    tally = Tally(selection)
    with context.state.reading() as view:
        for index, body in view.numbered():
            if below is not None and index >= below:
                break
            tally.add(index, parse(body))
    return tally


def rendered(page: Sheet, form: Form, lang: Language, *, kind: str) -> str:
    """Return a page in a format."""
    match form:
        case "html":
            return html(page, lang=lang)
        case "md":
            return markdown(page, lang=lang)
        case _:
            return as_json(page, kind=kind)


def covered(context: Context) -> int:
    """Return how many entries the last checkpoint signed by the workspace's own key covers."""
    note = context.signer.remembered()
    return 0 if note is None else parse_checkpoint(verify_note(note, context.signer.verifiers)).size
