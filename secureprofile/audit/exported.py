"""Verify an exported log. Read this module to know what ``secureprofile audit verify --export`` proves; it needs no workspace.

An export is a folder as C2SP tlog-tiles describes: ``checkpoint`` (a signed note: name, number of entries, root), ``tile/entries/…`` (the
entries, 256 to a file), ``tile/<level>/…`` (hashes, 256 to a file), and ours: ``anchors/<size>``, older checkpoints with their cosignatures,
and ``handovers/<n>``, from one key of the log to the next.
What is trusted: the verifier keys that you were given, SHA-256, Ed25519 (and ML-DSA-44). What is not: everything in the folder.

Whoever holds the log's key can sign another history. Only what is kept outside (a checkpoint given with ``--since``, a witness's
cosignature) finds that, for the entries that it covers: :attr:`Exported.anchored` says how many.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, open_checkpoint, witnessed
from secureprofile.audit.handover import signed_notes, with_successors
from secureprofile.audit.merkle import EMPTY_ROOT, HASH_BYTES
from secureprofile.audit.pruned import MARK, stated_minimum
from secureprofile.audit.tiles import (
    WIDTH,
    Node,
    entries_path,
    leaf_hashes,
    nodes,
    perfect_root,
    range_root,
    shapes,
    tile_path,
    unbundle,
)  # fmt: skip
from secureprofile.errors import ProofWrong

Read = Callable[[str], bytes | None]
"""(path in the folder) → a file's bytes, None where there is none."""

Inspect = Callable[[int, Sequence[bytes]], None]
"""Called with the index of the first of some entries, and the entries, in order."""

_TILE = WIDTH * HASH_BYTES
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_HINT = "keep this folder as evidence, and compare it with another copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Something outside the log that pins its first ``size`` entries; ``time`` (seconds since 1970 UTC) is a witness's word."""

    size: int
    by: str
    time: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What holds of an export: its ``size`` entries are those that the log's key signed; those below ``minimum`` were pruned.

    ``successors`` are keys of the log that were not given, and to which the given ones handed over.
    The first ``anchored`` entries cannot have been changed since somebody else saw them; the rest only the log's key vouches for.
    """

    origin: str
    size: int
    minimum: int
    root: str
    anchors: tuple[Anchor, ...]
    successors: tuple[VerifierKey, ...] = ()

    @property
    def anchored(self) -> int:
        """How many entries, from the first on, something outside the log pins."""
        return max((anchor.size for anchor in self.anchors), default=0)


def verify_export(
    read: Read, keys: Sequence[VerifierKey], *, since: Sequence[bytes] = (), inspect: Inspect | None = None
) -> Exported:
    """Verify an export.

    Args:
        read: gives the folder's files.
        keys: the log's verifier key, from elsewhere than the folder; and those of witnesses whose word shall count.
        since: checkpoints of this log that were kept elsewhere.
        inspect: is shown all entries on the way; they are not yet verified then.

    Raises:
        ProofWrong: in the step that fails; the message names the first entry for which that is known.
    """
    # 0. Keys of the log that came later are trusted as far as the given ones handed over to them.
    handovers = _handovers(read)
    given, keys = keys, with_successors(keys, handovers)
    # 1. The log's own key signed the checkpoint; so it did the older ones, those of handovers, and those that were kept elsewhere.
    current, anchors = _checkpoint(read("checkpoint"), keys)
    kept = [_checkpoint(note, keys)[0] for note in since]
    known = [*kept, *(open_checkpoint(note, keys) for note in signed_notes(keys, handovers))]
    if any(one.origin != current.origin for one in known):
        raise ProofWrong("a checkpoint of another log")
    # 2. Nothing that a kept checkpoint covers was cut off.
    longest = max((one.size for one in known), default=0)
    if longest > current.size:
        raise ProofWrong(f"the log was cut: a checkpoint covers {longest} entries, {current.size} are here", hint=_HINT)
    # 3. Every entry is there and is hashed; for pruned ones the hashes stand in. The tree grows from these hashes alone.
    sizes = [current.size, *(one.size for one in known), *map(int, _older(read))]
    there = _entries(read, current.size, {size // WIDTH for size in sizes}, inspect)
    levels = _levels(there.roots)
    node = nodes(
        current.size, lambda level, number, _: there.wanted[number] if level == 0 else _tile(levels, level, number)
    )
    # 4. Its root is the one that was signed, and the one of every checkpoint that was kept or that handed a key over.
    wrong = [one.size for one in [*known, current] if _root(node, one.size) != one.root]
    if wrong:
        raise _changed(node, [*known, current], min(wrong), there.suspect)
    # 5. The tiles of hashes are those of the entries: other tools read them.
    if there.suspect is not None:
        raise ProofWrong(f"the hash of entry {there.suspect} in its tile is another one", hint=_HINT)
    _same_tiles(read, levels, current.size)
    # 6. Older checkpoints in the folder count where a known witness cosigned them, and the log is still the one that it saw.
    for name in _older(read):
        older, cosigned = _checkpoint(read(f"anchors/{name}"), keys)
        if (older.origin, str(older.size)) != (current.origin, name):
            raise ProofWrong("a checkpoint of another log, or of another size", hint=_HINT)
        if older.size > current.size or _root(node, older.size) != older.root:
            raise ProofWrong(f"the log forked: it is not the one that was signed at {older.size} entries", hint=_HINT)
        anchors += cosigned
    anchors += [Anchor(size=one.size, by="a checkpoint given by you") for one in kept]
    return Exported(
        origin=current.origin,
        size=current.size,
        minimum=there.minimum,
        root=current.root.hex(),
        anchors=tuple(anchors),
        successors=tuple(key for key in keys if key not in given),
    )


@dataclass(slots=True)
class _There:
    """What the entries say: the first that is not pruned; the roots of all full tiles; the hashes of some tiles; the first entry
    whose hash is not the one in its tile.
    """

    minimum: int = -1
    roots: bytearray = field(default_factory=bytearray)
    wanted: dict[int, bytes] = field(default_factory=dict)
    suspect: int | None = None
    allowed: int = 0


def _checkpoint(note: bytes | None, keys: Sequence[VerifierKey]) -> tuple[Checkpoint, list[Anchor]]:
    if note is None:
        raise ProofWrong(
            "there is no checkpoint: this is no exported log", hint="secureprofile audit export DIR makes one"
        )
    checkpoint, cosignatures = witnessed(note, keys)
    return checkpoint, [Anchor(size=checkpoint.size, by=one.key.name, time=one.time) for one in cosignatures]


def _handovers(read: Read) -> list[tuple[bytes, bytes]]:
    count = read("handovers/index") or b"0\n"
    if not _SIZE.fullmatch(count[:-1].decode("ascii", "replace")) or len(count) > 4:
        raise ProofWrong("the list of handovers cannot be read", hint=_HINT)
    names = [f"handovers/{number}" for number in range(int(count))]
    return [(read(f"{name}.tlog-proof") or b"", read(f"{name}.json") or b"") for name in names]


def _older(read: Read) -> list[str]:
    """Return the sizes of the older checkpoints in the folder."""
    names = (read("anchors/index") or b"").decode("ascii", "replace").split("\n")
    if names.pop() or not all(_SIZE.fullmatch(name) for name in names):
        raise ProofWrong("the list of older checkpoints cannot be read", hint=_HINT)
    return names


def _entries(read: Read, size: int, wanted: set[int], inspect: Inspect | None) -> _There:
    """Read every entry once."""
    there = _There()
    for start in range(0, size, WIDTH):
        number, width = start // WIDTH, min(WIDTH, size - start)
        stored, bundle = read(tile_path(0, number, width)) or b"", read(entries_path(number, width))
        if bundle is None and there.minimum < 0 and len(stored) == WIDTH * HASH_BYTES == width * HASH_BYTES:
            hashes = stored  # perhaps pruned: an entry further on must say so
        else:
            there.minimum = start if there.minimum < 0 else there.minimum
            entries = _bundle(bundle, start, width)
            if inspect is not None:
                inspect(start, entries)
            if MARK in (bundle or b""):
                there.allowed = max(there.allowed, *map(stated_minimum, entries))
            hashes = leaf_hashes(entries)
            if hashes != stored and there.suspect is None:
                there.suspect = start + _first_difference(hashes, stored)
            if len(entries) != width:
                raise ProofWrong(
                    f"{len(entries)} entries where {width} belong; entry {there.suspect} is the first that differs",
                    hint=_HINT,
                )
        if width == WIDTH:
            there.roots += perfect_root(hashes)
        if number in wanted:
            there.wanted[number] = hashes
    there.minimum = size if there.minimum < 0 else there.minimum
    if there.minimum > there.allowed:
        raise ProofWrong(
            f"entries {there.allowed} to {there.minimum - 1} are missing, and no entry says that they were pruned",
            hint=_HINT,
        )
    return there


def _bundle(bundle: bytes | None, start: int, width: int) -> list[bytes]:
    if bundle is None:
        raise ProofWrong(f"entries {start} to {start + width - 1} are missing", hint=_HINT)
    try:
        entries = unbundle(bundle)
    except ValueError:
        raise ProofWrong(f"the entries from {start} on cannot be read", hint=_HINT) from None
    return entries


def _first_difference(one: bytes, other: bytes) -> int:
    """Return the place of the first hash in which two tiles differ, one being perhaps longer."""
    shorter = min(len(one), len(other)) // HASH_BYTES * HASH_BYTES
    places = range(0, shorter, HASH_BYTES)
    differing = (i // HASH_BYTES for i in places if one[i : i + HASH_BYTES] != other[i : i + HASH_BYTES])
    return next(differing, shorter // HASH_BYTES)


def _levels(roots: bytearray) -> list[bytes]:
    """Return the hashes of every level, one after the other; level 0 is left to its tiles."""
    levels, hashes = [b""], bytes(roots)
    while hashes:
        levels.append(hashes)
        hashes = b"".join(perfect_root(hashes[i : i + _TILE]) for i in range(0, len(hashes) - _TILE + 1, _TILE))
    return levels


def _tile(levels: list[bytes], level: int, number: int) -> bytes:
    return levels[level][number * _TILE : (number + 1) * _TILE]


def _root(node: Node, size: int) -> bytes:
    return range_root(node, 0, size) if size else EMPTY_ROOT


def _changed(node: Node, known: Sequence[Checkpoint], wrong: int, suspect: int | None) -> ProofWrong:
    """Say where: the entry that its own tile contradicts, else between the last checkpoint that holds and the first that does not."""
    if suspect is not None and suspect < wrong:
        return ProofWrong(f"entry {suspect} is not the one that was logged: its hash is another", hint=_HINT)
    right = max((one.size for one in known if one.size < wrong and _root(node, one.size) == one.root), default=0)
    return ProofWrong(f"the log was changed between entry {right} and entry {wrong - 1}", hint=_HINT)


def _same_tiles(read: Read, levels: list[bytes], size: int) -> None:
    for level, full, width in shapes(size):
        for number in range(full + bool(width)) if level else ():
            place = tile_path(level, number, WIDTH if number < full else width)
            if read(place) != _tile(levels, level, number):
                raise ProofWrong(f"{place} does not hold the hashes of the entries", hint=_HINT)
