"""The verb ``audit export``: the log as a folder of tiles that strangers' tools read (C2SP tlog-tiles), and again for what is new."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from secureprofile.adapters import tile_folder
from secureprofile.adapters.anchors import Kept, anchors, minimum
from secureprofile.adapters.outputs import whole_directory
from secureprofile.adapters.tiles import tile_rows
from secureprofile.adapters.views import Reader
from secureprofile.audit.checkpoint import Checkpoint, attach, open_checkpoint, split_note
from secureprofile.audit.merkle import EMPTY_ROOT
from secureprofile.audit.tiles import HEIGHT, WIDTH, bundle, entries_path, leaf_hashes, range_root, shapes, tile_path
from secureprofile.errors import OutputError, ProofWrong
from secureprofile.flows.gate import Context, begin
from secureprofile.flows.prove import newest_checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class LogExport:
    """What was written: entries from ``minimum`` to ``size``, in ``files`` files that were not there before; ``new`` entries."""

    size: int
    minimum: int
    new: int
    files: int


def export_log(context: Context, folder: Path) -> LogExport:
    """Write the log into a folder, or add to one what is new since it was written. Recorded.

    Every moment shows a whole export: a new folder appears complete, an older one gets its new checkpoint last.

    Raises:
        OutputError: the folder holds something else, or cannot be written.
        ProofWrong: what the folder holds is not an older state of this log.
    """
    with begin(context, "audit.export") as act:
        context.signer.sign(context.state)
        note, checkpoint = newest_checkpoint(context)
        older = _older(context, folder, checkpoint)
        with context.state.reading() as view:
            kept = [one for one in anchors(view) if one.size <= checkpoint.size]
            first = minimum(view)
            whole = _cosigned(note, kept, checkpoint.size)
            files = itertools.chain(
                _tiles(view, older, checkpoint.size, first), _words(kept, note), _handovers(context)
            )
            if older is None:
                with whole_directory(folder, overwrite=folder.is_dir()) as fresh:
                    count = tile_folder.add(fresh, files)
                    tile_folder.publish(fresh, whole)
            else:
                count = tile_folder.add(folder, files)
                tile_folder.publish(folder, whole)
                tile_folder.remove(folder, _superseded(older, checkpoint.size, first))
        size = older or 0
        done = LogExport(size=checkpoint.size, minimum=first, new=checkpoint.size - size, files=count + 1)
        act.commit(lambda tx: None, details={"size": done.size, "minimum": done.minimum})
    return done


def _older(context: Context, folder: Path, checkpoint: Checkpoint) -> int | None:
    """Return the size of the export that is there; None where there is none."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    note = tile_folder.read_from(folder, "checkpoint")
    if note is None:
        raise OutputError(f"{folder} holds something else than an exported log", hint="name an empty or a new folder")
    older = open_checkpoint(note, context.signer.verifiers)
    with context.state.reading() as view:
        same = older.size <= checkpoint.size and older.root == (
            range_root(view.nodes(checkpoint.size), 0, older.size) if older.size else EMPTY_ROOT
        )
    if not same:
        raise ProofWrong(
            f"the folder holds a log of {older.size} entries that is not an older state of this one",
            hint="keep it as evidence, and export to another folder",
        )
    return older.size


def _tiles(view: Reader, older: int | None, size: int, first: int) -> Iterator[tuple[str, bytes]]:
    """Yield the files that an export of ``older`` entries lacks: bundles of entries, then tiles of hashes."""
    known = older or 0
    start = max(known // WIDTH * WIDTH, first)
    entries = view.entries(start)
    tail = b""
    for begun in range(start, size, WIDTH):
        chunk = list(itertools.islice(entries, min(WIDTH, size - begun)))
        yield entries_path(begun // WIDTH, len(chunk)), bundle(chunk)
        tail = leaf_hashes(chunk) if len(chunk) < WIDTH else b""
    for level, full, width in shapes(size):
        done = known >> (HEIGHT * (level + 1))
        for number, hashes in itertools.islice(tile_rows(view.connection, level, done), full - done):
            yield tile_path(level, number), hashes
        if width and level == 0:
            yield tile_path(0, full, width), tail
        elif width:
            node = view.nodes(size)
            roots = (node(HEIGHT * level, place) for place in range(full * WIDTH, full * WIDTH + width))
            yield tile_path(level, full, width), b"".join(roots)


def _superseded(older: int, size: int, first: int) -> Iterator[str]:
    """Yield partial tiles that a longer one replaced, and bundles of entries that were pruned."""
    then = {(level, number): width for level, number, width in shapes(older)}
    now = {(level, number): width for level, number, width in shapes(size)}
    for (level, number), width in then.items():
        if width and now.get((level, number)) != width:
            yield tile_path(level, number, width)
            if level == 0:
                yield entries_path(number, width)
    for number in range(first // WIDTH):
        yield entries_path(number)


def _cosigned(note: bytes, kept: list[Kept], size: int) -> bytes:
    """Return the checkpoint with the cosignatures that it got."""
    text, _ = split_note(note)
    for one in kept:
        if one.kind == "witness" and one.size == size:
            theirs, lines = split_note(one.body)
            if theirs == text:
                note = attach(note, lines)
    return note


def _handovers(context: Context) -> Iterator[tuple[str, bytes]]:
    """Yield the proofs by which whoever has an older key of the log comes to trust the newer ones, with a list of them."""
    kept = context.signer.handovers()
    for number, (proof, entry) in enumerate(kept):
        yield f"handovers/{number}.tlog-proof", proof
        yield f"handovers/{number}.json", entry
    if kept:
        yield "handovers/index", f"{len(kept)}\n".encode()


def _words(kept: list[Kept], note: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield older checkpoints with their cosignatures, and timestamps, with a list of each."""
    notes: dict[int, bytes] = {}
    for one in kept:
        if one.kind in ("witness", "stamped"):
            known = notes.get(one.size, one.body)
            notes[one.size] = attach(known, split_note(one.body)[1])
    for size, body in notes.items():
        yield f"anchors/{size}", body
    if notes:
        yield "anchors/index", "".join(f"{size}\n" for size in notes).encode()
    tokens = [one for one in kept if one.kind == "timestamp"]
    for one in tokens:
        yield f"timestamps/{one.size}.tsr", one.body
    if tokens:
        yield "timestamps/index", "".join(f"{size}\n" for size in sorted({one.size for one in tokens})).encode()
