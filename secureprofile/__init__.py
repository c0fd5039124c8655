"""secureprofile: from raw customer exports to portraits and reports that anybody may read, with proof.

Importing this package loads neither pandas nor presidio nor Spark: names are resolved when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from secureprofile.version import __version__

if TYPE_CHECKING:
    from secureprofile.adapters.presidio import engine as presidio_engine
    from secureprofile.errors import (
        BudgetRefused,
        CannotTell,
        InputError,
        OutputError,
        PolicyFileError,
        PolicyRefused,
        ProofWrong,
        SecureProfileError,
    )
    from secureprofile.released import Document, Internal, Released, Withheld
    from secureprofile.session import Session
    from secureprofile.workspace import Workspace

__all__ = [
    "BudgetRefused",
    "CannotTell",
    "Document",
    "InputError",
    "Internal",
    "OutputError",
    "PolicyFileError",
    "PolicyRefused",
    "ProofWrong",
    "Released",
    "SecureProfileError",
    "Session",
    "Withheld",
    "Workspace",
    "__version__",
    "presidio_engine",
]

_HOMES = {
    "Document": "released",
    "Internal": "released",
    "Released": "released",
    "Withheld": "released",
    "Session": "session",
    "Workspace": "workspace",
}


def __getattr__(name: str) -> Any:
    if name == "presidio_engine":
        return import_module("secureprofile.adapters.presidio").engine
    if name in __all__:
        return getattr(import_module(f"secureprofile.{_HOMES.get(name, 'errors')}"), name)
    raise AttributeError(f"module 'secureprofile' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
