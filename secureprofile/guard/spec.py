r"""One kind of personal datum and how it is recognised: a row of the tables in ``specs_*``.

Patterns use ASCII look-arounds instead of ``\b``, which fails beside Han characters. ``superset`` is the same without look-arounds, for
RE2 in an engine: what it does not match holds nothing of this kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

START, END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternSpec:
    """One kind of personal datum and how it is recognised.

    Attributes:
        name: presidio's entity name.
        category: the data category it belongs to.
        label: what replaces it in scrubbed text.
        core: RE2-compatible pattern of the datum itself.
        before, after: what must not stand beside it.
        check: on the matched text; None where the pattern suffices.
        score: confidence without context, 0 to 1.
        needs_context: only counts with a context word before it or in the column's name.
        context: words in English and Chinese that raise the score.
        source: the standard or document.
        examples, counter_examples: its tests.
    """

    name: str
    category: str
    label: str
    core: str
    score: float
    source: str
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...] = ()
    check: Callable[[str], bool] | None = None
    context: tuple[str, ...] = ()
    needs_context: bool = False
    before: str = START
    after: str = END

    @property
    def pattern(self) -> str:
        """The whole pattern for Python."""
        return f"{self.before}(?:{self.core}){self.after}"

    @property
    def superset(self) -> str:
        """The pattern for RE2: matches every text in which :attr:`pattern` matches."""
        return f"(?:{self.core})"


def bare(text: str) -> str:
    """Return letters and digits only: separators do not count for checks."""
    return re.sub(r"[^0-9A-Za-z]", "", text)
