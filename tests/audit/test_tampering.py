"""Tampering with an exported log: every class of it is found with one remembered checkpoint, and the first bad entry is named.

The folder's keeper may change whatever is in it; in the classes that say "resigned" they hold the log's key too.
"""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable

import pytest

from secureprofile.audit.checkpoint import VerifierKey
from secureprofile.audit.exported import verify_export
from secureprofile.errors import ProofWrong
from tests.audit.exports import NAME, OTHER_KEY, VKEY, WITNESS, WITNESS_VKEY, entry, export, leaf, note, tiles

SIZE, REMEMBERED = 600, 560
LOG = [entry(number) for number in range(SIZE)]
MEMORY = note(LOG[:REMEMBERED])
HONEST = export(LOG, witness=1_800_000_000, older=(300,))
KEYS = [VerifierKey.parse(VKEY), VerifierKey.parse(WITNESS_VKEY)]

Files = dict[str, bytes]
Change = Callable[[random.Random, Files], int | None]
"""Changes an export and returns the first entry that is not as it was, None where no entry is concerned."""


def bundled(files: Files, number: int) -> tuple[str, list[bytes]]:
    name = f"tile/entries/{number:03d}" + (f".p/{SIZE % 256}" if number == SIZE // 256 else "")
    data, found = files[name], []
    while data:
        size = int.from_bytes(data[:2], "big")
        found.append(data[2 : 2 + size])
        data = data[2 + size :]
    return name, found


def put(files: Files, name: str, entries: list[bytes]) -> None:
    files[name] = b"".join(len(e).to_bytes(2, "big") + e for e in entries)


def flipped(draw: random.Random, data: bytes) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ draw.randrange(1, 256)]) + data[at + 1 :]


def rebuilt(files: Files, log: list[bytes], *, resigned: bool, **how: object) -> None:
    """All tiles anew; the checkpoint too where the key is held."""
    old = files["checkpoint"]
    files.clear()
    files.update(tiles(log))
    files["checkpoint"] = note(log) if resigned else old


def entry_byte(draw: random.Random, files: Files) -> int:
    index = draw.randrange(SIZE)
    name, entries = bundled(files, index // 256)
    entries[index % 256] = flipped(draw, entries[index % 256])
    put(files, name, entries)
    return index


def entry_replaced(draw: random.Random, files: Files) -> int:
    index = draw.randrange(SIZE)
    name, entries = bundled(files, index // 256)
    entries[index % 256] = entry(draw.randrange(10**6, 10**9))
    put(files, name, entries)
    return index


def entry_deleted(draw: random.Random, files: Files) -> int:
    index = draw.randrange(SIZE)
    name, entries = bundled(files, index // 256)
    del entries[index % 256]
    put(files, name, entries)
    return index


def entry_inserted(draw: random.Random, files: Files) -> int:
    index = draw.randrange(SIZE)
    name, entries = bundled(files, index // 256)
    entries.insert(index % 256, entry(draw.randrange(10**6, 10**9)))
    put(files, name, entries)
    return index


def entry_appended(draw: random.Random, files: Files) -> int:
    name, entries = bundled(files, 2)
    put(files, name, [*entries, entry(SIZE)])
    return SIZE


def entry_twice(draw: random.Random, files: Files) -> int:
    index = draw.randrange(SIZE)
    name, entries = bundled(files, index // 256)
    entries.insert(index % 256, entries[index % 256])
    put(files, name, entries)
    return index + 1


def entries_swapped(draw: random.Random, files: Files) -> int:
    one, other = sorted(draw.sample(range(256), 2))
    name, entries = bundled(files, 1)
    entries[one], entries[other] = entries[other], entries[one]
    put(files, name, entries)
    return 256 + one


def entries_shifted(draw: random.Random, files: Files) -> int:
    """One taken out, everything behind it moved up, in every bundle."""
    index = draw.randrange(REMEMBERED)
    log = [*LOG[:index], *LOG[index + 1 :]]
    old = {name: data for name, data in files.items() if not name.startswith("tile/entries")}
    files.clear()
    files.update(old)
    files.update({name: data for name, data in tiles([*log, b""]).items() if name.startswith("tile/entries")})
    return index


def bundle_removed(draw: random.Random, files: Files) -> int:
    number = draw.randrange(3)
    del files[bundled(files, number)[0]]
    return number * 256


def bundles_exchanged(draw: random.Random, files: Files) -> int:
    files["tile/entries/000"], files["tile/entries/001"] = files["tile/entries/001"], files["tile/entries/000"]
    return 0


def bundle_cut(draw: random.Random, files: Files) -> int | None:
    name, _ = bundled(files, draw.randrange(3))
    files[name] = files[name][: draw.randrange(len(files[name]))]
    return None


def bundle_byte(draw: random.Random, files: Files) -> int | None:
    """Lengths too."""
    name, _ = bundled(files, draw.randrange(3))
    files[name] = flipped(draw, files[name])
    return None


def tile_byte(draw: random.Random, files: Files) -> int:
    name = draw.choice(["tile/0/000", "tile/0/001", "tile/0/002.p/88"])
    at = draw.randrange(len(files[name]))
    data = bytearray(files[name])
    data[at] ^= draw.randrange(1, 256)
    files[name] = bytes(data)
    return int(name[7:10]) * 256 + at // 32


def tile_removed(draw: random.Random, files: Files) -> int | None:
    del files[draw.choice([name for name in files if re.match(r"tile/\d", name)])]
    return None


def upper_tile_byte(draw: random.Random, files: Files) -> int | None:
    files["tile/1/000.p/2"] = flipped(draw, files["tile/1/000.p/2"])
    return None


def tile_longer(draw: random.Random, files: Files) -> int | None:
    name = draw.choice(["tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2"])
    files[name] += draw.randbytes(32)
    return None


def entry_and_its_hash(draw: random.Random, files: Files) -> int:
    index = entry_replaced(draw, files)
    name, entries = bundled(files, index // 256)
    tile = name.replace("entries", "0")
    at = index % 256 * 32
    files[tile] = files[tile][:at] + leaf(entries[index % 256]) + files[tile][at + 32 :]
    return index


def all_tiles_anew(draw: random.Random, files: Files) -> int:
    index = draw.randrange(SIZE)
    rebuilt(files, [*LOG[:index], entry(10**9), *LOG[index + 1 :]], resigned=False)
    return index


def rolled_back(draw: random.Random, files: Files) -> int:
    """An older export of the log's own, put back: whole and signed, and shorter than what is remembered."""
    size = draw.randrange(REMEMBERED)
    rebuilt(files, LOG[:size], resigned=True)
    return size


def resigned_rewriting(draw: random.Random, files: Files) -> int:
    index = draw.randrange(REMEMBERED)
    rebuilt(files, [*LOG[:index], entry(10**9), *LOG[index + 1 :]], resigned=True)
    return index


def resigned_deletion(draw: random.Random, files: Files) -> int:
    index = draw.randrange(REMEMBERED)
    rebuilt(files, [*LOG[:index], *LOG[index + 1 :]], resigned=True)
    return index


def resigned_insertion(draw: random.Random, files: Files) -> int:
    index = draw.randrange(REMEMBERED)
    rebuilt(files, [*LOG[:index], entry(10**9), *LOG[index:]], resigned=True)
    return index


def resigned_fork(draw: random.Random, files: Files) -> int:
    """Another log under the same name and key."""
    rebuilt(files, [entry(10**8 + number) for number in range(draw.randrange(REMEMBERED, SIZE + 50))], resigned=True)
    return 0


def whole_deletion(draw: random.Random, files: Files) -> int | None:
    files.clear()
    return None


def emptied(draw: random.Random, files: Files) -> int:
    rebuilt(files, [], resigned=True)
    return 0


def pretended_pruning(draw: random.Random, files: Files) -> int:
    for number in range(draw.randrange(1, 3)):
        del files[f"tile/entries/{number:03d}"]
    return 0


def checkpoint_byte(draw: random.Random, files: Files) -> int | None:
    """Of the statement or of the signatures of known keys."""
    files["checkpoint"] = flipped(draw, files["checkpoint"])
    return None


def checkpoint_with_more_behind(draw: random.Random, files: Files) -> int | None:
    files["checkpoint"] += draw.choice([b"\n", b"x", b"more\n", "— w\n".encode(), b"\n\n", b"\0", MEMORY])
    return None


def checkpoint_of_another_size(draw: random.Random, files: Files) -> int | None:
    size = draw.choice([b"%d" % draw.randrange(10**4), b"0600", b"+600", b"6_00", b" 600", b"600 ", b"-600", b"6e2"])
    head, _, tail = files["checkpoint"].split(b"\n", 2)
    files["checkpoint"] = b"\n".join((head, size if size != b"600" else b"601", tail))
    return None


def checkpoint_of_another_root(draw: random.Random, files: Files) -> int | None:
    head, size, _, tail = files["checkpoint"].split(b"\n", 3)
    files["checkpoint"] = b"\n".join((head, size, base64.b64encode(draw.randbytes(32)), tail))
    return None


def checkpoint_by_a_stranger(draw: random.Random, files: Files) -> int | None:
    files["checkpoint"] = note(LOG, key=OTHER_KEY)
    return None


def checkpoint_under_another_name(draw: random.Random, files: Files) -> int | None:
    files["checkpoint"] = note(LOG, name=NAME + "2")
    return None


def checkpoint_loses_the_log_s_signature(draw: random.Random, files: Files) -> int | None:
    """The witness's is left."""
    text, _, lines = files["checkpoint"].partition(b"\n\n")
    files["checkpoint"] = text + b"\n\n" + lines.split(b"\n", 1)[1]
    return None


def older_checkpoint_byte(draw: random.Random, files: Files) -> int | None:
    files["anchors/300"] = flipped(draw, files["anchors/300"])
    return None


def older_checkpoint_of_a_fork(draw: random.Random, files: Files) -> int | None:
    """Evidence that somebody planted, or that slipped in: the witness saw another log."""
    forked = [*LOG[: draw.randrange(300)], entry(10**9), *LOG[300:]]
    files["anchors/300"] = note([*forked, *LOG][:300], witness=1)
    return None


CLASSES: tuple[Change, ...] = (
    entry_byte, entry_replaced, entry_deleted, entry_inserted, entry_appended, entry_twice, entries_swapped, entries_shifted,
    bundle_removed, bundles_exchanged, bundle_cut, bundle_byte, tile_byte, tile_removed, upper_tile_byte, tile_longer,
    entry_and_its_hash, all_tiles_anew, rolled_back, resigned_rewriting, resigned_deletion, resigned_insertion, resigned_fork,
    whole_deletion, emptied, pretended_pruning, checkpoint_byte, checkpoint_with_more_behind, checkpoint_of_another_size,
    checkpoint_of_another_root, checkpoint_by_a_stranger, checkpoint_under_another_name, checkpoint_loses_the_log_s_signature,
    older_checkpoint_byte, older_checkpoint_of_a_fork,
)  # fmt: skip
SINGLE = {
    entry_byte, entry_replaced, entry_deleted, entry_inserted, entry_appended, entry_twice, entries_swapped, entries_shifted, tile_byte,
    bundles_exchanged,
}  # fmt: skip
"""Classes in which the tiles beside the entries are left alone: there the very entry is named."""
LOSING = {checkpoint_byte, older_checkpoint_byte}
"""Where the name or key id of a witness is hit, its cosignature becomes a stranger's: then the verdict counts less as anchored."""
ANCHORS = {(SIZE, WITNESS), (300, WITNESS), (REMEMBERED, "a checkpoint given by you")}


def names(message: str, index: int) -> bool:
    """Whether a message names an entry, or a range that it is in."""
    numbers = [int(one) for one in re.findall(r"\d+", message)]
    between = re.search(r"(?:entries|entry) (\d+) (?:to|and entry) (\d+)", message)
    return index in numbers or (between is not None and int(between[1]) <= index <= int(between[2]))


def tried(change: Change, seed: int) -> None:
    draw, files = random.Random(seed), dict(HONEST)
    first = change(draw, files)
    try:
        found = verify_export(files.get, KEYS, since=[MEMORY])
    except ProofWrong as error:
        message = error.message
    else:
        assert change in LOSING
        assert {(one.size, one.by) for one in found.anchors} < ANCHORS
        return
    if change in SINGLE:
        assert re.search(rf"entry {first}\b", message), (message, first)
    elif first is not None:
        assert names(message, first), (message, first)


def test_the_honest_export_verifies() -> None:
    found = verify_export(HONEST.get, KEYS, since=[MEMORY])
    assert (found.size, found.anchored) == (SIZE, SIZE)
    assert {(one.size, one.by) for one in found.anchors} == ANCHORS


@pytest.mark.parametrize("change", CLASSES, ids=lambda change: change.__name__)
def test_every_class_of_tampering_is_found_and_the_first_bad_entry_named(change: Change) -> None:
    for seed in range(12):
        tried(change, seed)


@pytest.mark.proof
@pytest.mark.parametrize("change", CLASSES, ids=lambda change: change.__name__)
def test_many_of_every_class_of_tampering(change: Change) -> None:
    """35 classes × 200 = 7,000 mutations."""
    for seed in range(1000, 1200):
        tried(change, seed)


def test_there_are_enough_classes() -> None:
    assert len(set(CLASSES)) >= 20


@pytest.mark.parametrize(
    "change", [rolled_back, resigned_rewriting, resigned_deletion, resigned_insertion, emptied, resigned_fork]
)
def test_what_cannot_be_found_without_a_remembered_checkpoint(change: Change) -> None:
    """A whole log, signed by its key: only what others keep tells it from the true one, and the verdict says that nothing is kept."""
    for seed in range(5):
        files = dict(HONEST)
        change(random.Random(seed), files)
        assert verify_export(files.get, KEYS).anchored == 0
