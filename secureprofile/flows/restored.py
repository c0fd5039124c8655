"""Opening a workspace notices a restored backup: a shorter log, a store of another time, and erased people who are back."""

from __future__ import annotations

from secureprofile.adapters.home import Home
from secureprofile.adapters.people import add_marks, all_lookups, marks, people_of, vault_domains
from secureprofile.adapters.views import Reader
from secureprofile.audit.checkpoint import parse_checkpoint
from secureprofile.errors import CannotTell, ProofWrong
from secureprofile.flows.gate import Context, begin
from secureprofile.flows.tombstones import keep_outside, kept_outside, mark, mark_key


def refuse_missing(home: Home, view: Reader) -> None:
    """Refuse a store that lacks a snapshot's files; called before anything is swept, so that nothing is lost by it.

    Raises:
        CannotTell: with how many.
    """
    missing = sum(not (home.root / path).is_dir() for path in view.visible_paths())
    if missing:
        raise CannotTell(
            f"the files of {missing} snapshot{'s' if missing != 1 else ''} are missing: the store is not of the same time as the state",
            hint="restore the whole workspace from one backup; people erased since then are erased again",
        )


def notice_backup(context: Context) -> None:
    """Refuse a log shorter than what was signed, and erase again whoever was erased after the backup was made.

    The marks of erased people stand beside the keys, too, where a backup of the workspace does not reach.

    Raises:
        ProofWrong: the log is shorter than the signer remembers.
    """
    _refuse_shorter(context)
    outside = kept_outside(context)
    if outside is None:
        return
    with context.state.reading() as view:
        inside = set(marks(view))
    if inside - outside:  # a crash between the erasure and the file beside the keys
        keep_outside(context, inside | outside)
    missing = frozenset(outside - inside)
    if missing:
        _erase_again(context, missing)


def _refuse_shorter(context: Context) -> None:
    note = context.signer.remembered()
    if note is None:
        return
    signed = parse_checkpoint(note.decode().rpartition("\n\n")[0] + "\n").size
    with context.state.reading() as view:
        size = view.log_size()
    if size < signed:
        raise ProofWrong(
            f"the log has {size} entries, but {signed} were signed before",
            hint="a backup was restored or entries were removed: keep this workspace as evidence",
        )


def _erase_again(context: Context, missing: frozenset[str]) -> None:
    """Carry out the erasures that the restored state does not know."""
    from secureprofile.flows.erase import erase_now

    back = []
    with context.state.reading() as view:
        for domain in vault_domains(view):
            key = mark_key(context, domain)
            found = [lookup for lookup in all_lookups(view, domain) if mark(key, lookup) in missing]
            back += people_of(view, found)
    if back:
        erase_now(context, back, why="backup-restored", also=missing)
        return
    with begin(context, "tombstones.restore") as act:
        act.commit(lambda tx: add_marks(tx, missing, entry=act.index))
