"""Places in a policy file, and what may be wrong at one."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from secureprofile.errors import Problem

Path: TypeAlias = tuple[str | int, ...]

Finding: TypeAlias = tuple[Path, str, str]
"""What is wrong with a value: (path, message, hint)."""


class Flaw(NamedTuple):
    """What is wrong with a value, with the stable code of this kind of mistake."""

    path: Path
    code: str
    message: str
    hint: str


def dotted(path: Path) -> str:
    """Return a path as people write it.

    Example:
        >>> dotted(("purposes", "portrait", "roles", 0)), dotted(())
        ('purposes.portrait.roles.0', '(file)')
    """
    return ".".join(str(step) for step in path) or "(file)"


def problem(file: str, place: tuple[int, int], path: Path, code: str, message: str, hint: str = "") -> Problem:
    """Return a problem at (line, column)."""
    return Problem(file=file, line=place[0], column=place[1], path=dotted(path), message=message, hint=hint, code=code)
