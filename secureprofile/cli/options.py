"""Options that several commands share, spelled once, and how a command opens its session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from secureprofile.workspace import Session, Workspace

Folder: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="Workspace folder. [default: $SECUREPROFILE_WORKSPACE, else ./.secureprofile]",
        show_default=False,
    ),
]
Actor: TypeAlias = Annotated[
    str | None,
    typer.Option("--actor", help="Who acts. [default: $SECUREPROFILE_ACTOR, else the OS user]", show_default=False),
]
Purpose: TypeAlias = Annotated[
    str | None,
    typer.Option("--purpose", help="A purpose of the policy. [default: the only one that fits]", show_default=False),
]
Policy: TypeAlias = Annotated[
    str | None,
    typer.Option("--policy", help="Policy file, or retail, retail-cn, strict.", show_default=False),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary on stderr.")]
Overwrite: TypeAlias = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
Memory: TypeAlias = Annotated[
    str | None, typer.Option("--memory-limit", metavar="SIZE", help="For the engine, such as 2GB.", show_default=False)
]

Recognizers: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--recognizers", metavar="FILE", help="Recognizers of yours, in presidio's YAML format.", show_default=False
    ),
]


def workspace_folder(folder: str | None) -> Path:
    """Return the workspace that a command is about."""
    return Path(folder or os.environ.get("SECUREPROFILE_WORKSPACE") or ".secureprofile")


@contextmanager
def opened(
    folder: str | None,
    *,
    actor: str | None,
    policy: str | None = None,
    memory: str | None = None,
    recognizers: str | None = None,
    create: bool = False,
) -> Iterator[Workspace]:
    """Give the workspace, closed afterwards."""
    from secureprofile.workspace import Workspace

    workspace = Workspace.open(
        workspace_folder(folder),
        actor=actor,
        policy=policy,
        memory_limit=memory,
        recognizers=recognizers,
        create=create,
    )
    try:
        yield workspace
    finally:
        workspace.close()


@contextmanager
def session(
    folder: str | None,
    *,
    actor: str | None,
    purpose: str | None = None,
    output: str | None = None,
    memory: str | None = None,
) -> Iterator[Session]:
    """Give a session in an existing workspace; ``output`` finds the purpose where none is named."""
    with opened(folder, actor=actor, memory=memory) as workspace:
        chosen = purpose or (workspace.default_purpose(output) if output else None)
        with workspace.session(purpose=chosen) as one:
            yield one
