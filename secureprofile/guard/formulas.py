"""Cells that a spreadsheet would run: found by how they begin, and made text. Expressions only; an engine executes them.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return is a formula to Excel and its like, also behind blanks and in
full-width form: ``=HYPERLINK(…)`` sends its neighbours away, older programs run commands. Numbers, phone numbers and dashes on their own are none.

Source: OWASP, CSV Injection (an apostrophe before the cell makes it text).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import ibis
import ibis.expr.types as ir

from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.treatments import Fpe, Generalize, Keep, Mask, Replace, Reveal, Scrub

_BEFORE: Final = r"[\s\x{200B}-\x{200D}\x{2060}\x{FEFF}\x{A0}\x{3000}]*"
_NUMBER: Final = r"\s0-9.,()/\-+%\x{FF10}-\x{FF19}\x{FF0B}\x{FF0D}\x{2212}\x{A0}"
"""Signs of numbers, telephone numbers and dashes; an ``e`` belongs to them between digits only."""

_OTHER: Final = f"(?:[{_NUMBER}eE]*(?:[^{_NUMBER}eE]|[^0-9.eE][eE]|[eE][^0-9+\\-]|[eE]$)|[eE])"
_RUNS: Final = (
    f"^(?:{_BEFORE}(?:[=@\\x{{FF1D}}\\x{{FF20}}]|[+\\-\\x{{FF0B}}\\x{{FF0D}}\\x{{2212}}]{_OTHER})|[\\t\\r]{_OTHER})"
)
"""One pattern, for engines prepare each pattern anew for every column."""


def runs(value: ir.StringValue) -> ir.BooleanValue:
    """Tell whether a spreadsheet would take the cell for a formula."""
    return value.re_search(_RUNS)


def runs_text(text: str) -> bool:
    r"""Tell the same of one text; slow, for single cells.

    Example:
        >>> [runs_text(t) for t in ("=1+1", " @SUM(A1)", "＝cmd", "\tx", "-12.5", "+44 (0)20 7946-0000", "-", "a=b", "-1+cmd|' /C'!A1")]
        [True, True, True, True, False, False, False, False, True]
    """
    return re.search(re.sub(r"\\x\{([0-9A-F]+)\}", lambda m: chr(int(m[1], 16)), _RUNS), text, re.ASCII) is not None


def may_run(plans: Sequence[ColumnPlan]) -> list[str]:
    """Return the columns whose cells leave with a beginning of their own: tokens, dates and numbers cannot run."""
    return [plan.name for plan in plans if _open(plan)]


def _open(plan: ColumnPlan) -> bool:
    match plan.treatment:
        case Keep() | Scrub() | Replace() | Reveal() | Fpe():
            return True
        case Mask():
            return plan.treatment.keep_first > 0
        case Generalize():
            return plan.treatment.to in ("prefix", "domain", "region")
    return False


def disarmed(table: ir.Table, columns: Sequence[str]) -> ir.Table:
    """Return the table with an apostrophe before every cell of these columns that would run."""
    cells = {name: table[name] for name in columns if name in table.columns}
    texts = {name: cell for name, cell in cells.items() if cell.type().is_string()}
    return table.mutate(
        **{name: ibis.ifelse(runs(cell), ibis.literal("'") + cell, cell) for name, cell in texts.items()}
    )


def counted(table: ir.Table, columns: Sequence[str]) -> dict[str, ir.Value]:
    """Return per column the expression that counts the cells of the untreated table that would run."""
    return {name: runs(table[name]).sum().fill_null(0) for name in columns}
