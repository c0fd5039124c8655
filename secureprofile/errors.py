"""Every error that secureprofile raises on purpose.

    SecureProfileError
    ├── UsageError            exit 2   what was asked cannot be understood
    │   ├── InputError        exit 2   a file or table cannot be read as it is
    │   ├── OutputError       exit 2   a target cannot be written
    │   └── PolicyFileError   exit 2   a policy, tag or release file is wrong; carries every problem found
    ├── Refused               exit 1   understood, and the answer is no
    │   ├── PolicyRefused     exit 1   the policy does not allow it
    │   ├── BudgetRefused     exit 1   it would cost more than is left
    │   └── ProofWrong        exit 1   a log, signature or checkpoint does not verify
    └── CannotTell            exit 3   neither yes nor no: disk full, database locked, state unreadable
        └── EntryRefused      exit 3   no entry of the log can be written, so nothing is handed out

A message says what was refused and the numbers compared; ``hint`` says what to do next. Neither ever contains a cell
value: a number, name or key from a file is personal data until proven otherwise, so places are named by file, row number,
column position or the policy's own words. Engine errors quote cells; adapters replace them with ``raise ... from None``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class SecureProfileError(Exception):
    """Root of the tree. ``str(error)`` is what was refused; ``error.hint`` is what to do next."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(SecureProfileError):
    """The request cannot be understood."""

    exit_code = 2


class InputError(UsageError):
    """A source cannot be read as it is."""


class OutputError(UsageError):
    """A target cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a file that a person wrote: where, what, what was expected, and a hint.

    ``code`` names the kind of mistake and never changes; policy files have one for each kind (docs/formats/policy.md).
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""
    code: str = ""

    def __str__(self) -> str:
        kind = f"{self.code}: " if self.code else ""
        where = f"{self.file}:{self.line}:{self.column}: {kind}{self.path}: {self.message}"
        return f"{where} ({self.hint})" if self.hint else where


class PolicyFileError(UsageError):
    """A policy, tag or release file is wrong. ``problems`` holds all of them, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        count = len(self.problems)
        super().__init__(
            f"{count} problem{'s' if count != 1 else ''} in {self.problems[0].file}:\n{lines}",
            hint="mend them all, then run: secureprofile policy check FILE",
        )


class Refused(SecureProfileError):
    """The request was understood, and the answer is no."""

    exit_code = 1


class PolicyRefused(Refused):
    """The policy does not allow it. ``reason`` is the code that the audit entry carries."""

    def __init__(self, message: str, *, reason: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class BudgetRefused(Refused):
    """It would cost more privacy budget than is left."""


class ProofWrong(Refused):
    """A log, a signature or a checkpoint does not verify."""


class CannotTell(SecureProfileError):
    """Neither yes nor no: the machine got in the way (disk full, database locked, state unreadable)."""

    exit_code = 3


class EntryRefused(CannotTell, ValueError):
    """An entry cannot be written as it is, so nothing is handed out; a ``ValueError`` for whoever builds entries."""
