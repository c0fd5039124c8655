"""The verb ``report``: a published release as a page that anybody may read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from secureprofile.adapters.outputs import write_whole
from secureprofile.flows.gate import Context, record
from secureprofile.flows.release import published
from secureprofile.released import Document
from secureprofile.report.page import public_csv, public_html, public_markdown

Format = Literal["html", "json", "csv", "md"]
Language = Literal["en", "zh"]


def render(document: Document, form: Format, lang: Language) -> bytes:
    """Return the page; it takes released numbers only."""
    match form:
        case "html":
            return public_html(document, lang=lang).encode()
        case "json":
            return document.to_json()
        case "csv":
            return public_csv(document).encode()
        case _:
            return public_markdown(document, lang=lang).encode()


def write_report(
    context: Context, name: str, output: Path, *, form: Format, lang: Language, overwrite: bool
) -> Document:
    """Write the newest release of this name as a page; it costs no budget."""
    stored = published(context, name)
    document = Document.from_json(stored.body)
    page = render(document, form, lang)
    write_whole(output, page, overwrite=overwrite, mode=0o644)  # anybody may read it
    record(
        context,
        "report",
        result="allow",
        reason="done",
        plan=stored.plan,
        snapshot=str(stored.snapshot),
        output_digest=hashlib.sha256(page).hexdigest(),
        details={"format": form, "lang": lang, "release": stored.name},
    )
    return document
