"""Internal pages: exact figures, watermarked on every screen and sheet. A public page never links to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from secureprofile.released import Internal
from secureprofile.report.parts import environment
from secureprofile.report.wording import Language, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and its rows."""

    heading: str
    rows: tuple[tuple[str, Internal | str], ...]


def internal_html(title: str, sections: Sequence[Section], *, lang: Language) -> str:
    """Return an internal page. Numbers must come as :class:`Internal`, so that nobody mistakes one for a released number.

    Raises:
        TypeError: a bare number.
    """
    for section in sections:
        for _, value in section.rows:
            if not isinstance(value, Internal | str):
                raise TypeError(f"an internal page takes Internal numbers, not {type(value).__name__}")
    rows = [
        (s.heading, [(label, f"{v.value:,}" if isinstance(v, Internal) else v) for label, v in s.rows])
        for s in sections
    ]
    template = environment().get_template("internal.html.j2")
    return template.render(title=title, sections=rows, lang=lang, watermark=say("internal", lang))
