"""``secureprofile``: the command line. Parses, calls one method, renders; errors become two lines and an exit code here."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from secureprofile.cli import audit, audit_read, budget, consent, data, hierarchy, keys, policy, portrait, subject
from secureprofile.cli.demo import run_demo
from secureprofile.cli.options import REQUEST, Overwrite, Quiet
from secureprofile.errors import CannotTell, SecureProfileError
from secureprofile.version import __version__

app = typer.Typer(
    name="secureprofile",
    help="From raw customer exports to portraits and reports that anybody may read, with proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
    request: Annotated[
        str | None,
        typer.Option(
            "--request",
            metavar="ID",
            help="Ticket or case that this is done for; it stands in the log. [default: $SECUREPROFILE_REQUEST]",
            show_default=False,
        ),
    ] = None,
) -> None:
    REQUEST.set(request)
    if version:
        print(f"secureprofile {__version__}")
        raise typer.Exit


data.register(app)
portrait.register(app)
budget.register(app)
app.add_typer(consent.app, name="consent")
app.add_typer(policy.app, name="policy")
app.add_typer(hierarchy.app, name="hierarchy")
audit_read.register(audit.app)
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")
app.add_typer(subject.app, name="subject")
app.add_typer(subject.retention, name="retention")


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to make.")] = Path("demo"),
    customers: Annotated[int, typer.Option("--customers", min=100, max=200_000)] = 5000,
    orders: Annotated[int, typer.Option("--orders", min=100, max=5_000_000)] = 60_000,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Run the whole flow on a generated shop: files, guard, store, portrait, release, report, proof."""
    run_demo(out, run, customers=customers, orders=orders, overwrite=overwrite, quiet=quiet)


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every error is told in two lines, without a traceback.

    Codes: 0 yes; 1 refused, found or false; 2 usage, unreadable input, unwritable output; 3 could not tell; 130 and 143 when
    interrupted or terminated.
    """
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        code = app(arguments, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except SecureProfileError as error:
        return _tell(error)
    except KeyboardInterrupt:
        _lines("stopped: nothing that was not finished is left behind")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if error.errno in (28, 122):
            return _tell(CannotTell("the disk is full: nothing was written", hint="free some space and run it again"))
        return _internal(error)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except Exception as error:
        return _usage(error) if hasattr(error, "format_message") else _internal(error)
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminated(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)


def _tell(error: SecureProfileError) -> int:
    _lines(str(error), error.hint)
    return error.exit_code


def _usage(error: Exception) -> int:
    """Typer vendors its parser's exceptions; what they share is ``format_message`` and ``exit_code``."""
    _lines(error.format_message(), "secureprofile --help")  # type: ignore[attr-defined]
    return int(getattr(error, "exit_code", 2))


def _internal(error: Exception) -> int:
    """Tell where a fault of ours is, never its text: it may quote a cell."""
    if os.environ.get("SECUREPROFILE_TRACEBACK"):
        raise error
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_globals.get('__name__')}:{place.tb_lineno}" if place is not None else "nowhere"
    _lines(
        f"this is a fault of secureprofile ({type(error).__name__} in {where})",
        "please report it with these two lines; SECUREPROFILE_TRACEBACK=1 shows more, which may include cell values",
    )
    return 3


def _lines(message: str, hint: str = "") -> None:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint:  {hint}", file=sys.stderr)
