"""The verifier of exported logs, over exports made by hand."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from secureprofile.audit.checkpoint import VerifierKey
from secureprofile.audit.entry import FORMAT, canonical
from secureprofile.audit.exported import verify_export
from secureprofile.errors import ProofWrong
from tests.audit.exports import (
    NAME,
    OTHER_KEY,
    VKEY,
    WITNESS,
    WITNESS_VKEY,
    entry,
    export,
    leaf,
    merkle,
    note,
    tiles,
    vkey,
)
from tests.audit.test_verify import act

KEYS = [VerifierKey.parse(VKEY)]
BOTH = [*KEYS, VerifierKey.parse(WITNESS_VKEY)]
LOG = [entry(number) for number in range(700)]


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 700])
def test_honest_exports_verify(size: int) -> None:
    found = verify_export(export(LOG[:size]).get, KEYS)
    assert (found.origin, found.size, found.minimum, found.anchored) == (NAME, size, 0, 0)
    assert found.root == merkle([leaf(e) for e in LOG[:size]]).hex()


def test_a_second_level_of_tiles() -> None:
    log = [b"%d" % number for number in range(65_536 + 257)]
    files = export(log)
    assert verify_export(files.get, KEYS, since=[note(log[:300])]).anchored == 300
    for name in ("tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"):
        changed = {**files, name: files[name][:-1] + bytes([files[name][-1] ^ 1])}
        with pytest.raises(ProofWrong, match=re.escape(name)):
            verify_export(changed.get, KEYS)


@pytest.mark.parametrize("sizes", [[0], [1], [255], [256], [257, 3], [512], [699], [700], [300, 600, 700]])
def test_remembered_checkpoints_of_every_size(sizes: list[int]) -> None:
    found = verify_export(export(LOG).get, KEYS, since=[note(LOG[:size]) for size in sizes])
    assert found.anchored == max(sizes)


def test_what_is_anchored_and_by_whom_is_said() -> None:
    files = export(LOG, witness=1_800_000_000, older=(256, 300))
    assert verify_export(files.get, KEYS).anchored == 0  # an unknown witness is nobody
    found = verify_export(files.get, BOTH)
    assert [(one.size, one.by, one.time) for one in found.anchors] == [
        (700, WITNESS, 1_800_000_000), (256, WITNESS, 1_700_000_256), (300, WITNESS, 1_700_000_300),
    ]  # fmt: skip
    older = export(LOG, older=(256, 300))
    assert verify_export(older.get, BOTH).anchored == 300


def test_without_a_remembered_checkpoint_the_holder_of_the_key_is_believed() -> None:
    """What cannot be found is said in the docs, and by the command: nothing is anchored."""
    rewritten = [*LOG[:10], b"another", *LOG[11:500]]
    found = verify_export(export(rewritten).get, KEYS)
    assert (found.size, found.anchored) == (500, 0)
    with pytest.raises(ProofWrong, match="the log was cut"):
        verify_export(export(rewritten).get, KEYS, since=[note(LOG)])
    with pytest.raises(ProofWrong, match="changed between entry 0 and entry 299"):
        verify_export(export(rewritten).get, KEYS, since=[note(LOG[:300])])
    with pytest.raises(ProofWrong, match="changed between entry 10 and entry 299"):
        verify_export(export(rewritten).get, KEYS, since=[note(LOG[:300]), note(LOG[:10])])


def prune_entry(index: int, minimum: int) -> bytes:
    details = {"minimum": minimum}
    body = {"act": "audit.prune", "details": details, "format": FORMAT, "intent": index - 1, "phase": "outcome"}
    return canonical({**body, "result": "allow"})


def test_pruned_entries_are_accepted_where_an_entry_says_so() -> None:
    log = [*LOG[:699], act("audit.prune", "intent"), prune_entry(700, 512), *LOG[699:]]
    files = export(log)
    for number in (0, 1):
        del files[f"tile/entries/{number:03d}"]
    found = verify_export(files.get, KEYS, since=[note(log[:100]), note(log[:600])])
    assert (found.minimum, found.size, found.anchored) == (512, 702, 600)
    del files["tile/entries/002.p/190"]
    with pytest.raises(ProofWrong, match="entries 512 to 701 are missing"):
        verify_export(files.get, KEYS)


@pytest.mark.parametrize("said", [0, 255, 256, 511])
def test_more_than_the_log_says_may_not_be_missing(said: int) -> None:
    log = [*LOG[:699], act("audit.prune", "intent"), prune_entry(700, said)]
    files = export(log)
    del files["tile/entries/000"], files["tile/entries/001"]
    with pytest.raises(ProofWrong, match=f"entries {said} to 511 are missing, and no entry says"):
        verify_export(files.get, KEYS)


def test_entries_missing_in_the_middle_are_never_pruned() -> None:
    log = [*LOG[:699], act("audit.prune", "intent"), prune_entry(700, 512)]
    files = export(log)
    del files["tile/entries/001"]
    with pytest.raises(ProofWrong, match="entries 256 to 511 are missing"):
        verify_export(files.get, KEYS)


def test_a_checkpoint_of_another_log_is_no_memory() -> None:
    other = note(LOG, name="example.com/other", key=OTHER_KEY)
    keys = [*KEYS, VerifierKey.parse(vkey(OTHER_KEY, "example.com/other"))]
    with pytest.raises(ProofWrong, match="another log"):
        verify_export(export(LOG).get, keys, since=[other])


def test_an_empty_folder_is_no_log() -> None:
    with pytest.raises(ProofWrong, match="there is no checkpoint"):
        verify_export({}.get, KEYS)


@pytest.mark.parametrize("index", [b"256", b"../x\n", b"256\n\n", b"0256\n", b"\xff\n", b"256\r\n", b"-1\n"])
def test_the_list_of_older_checkpoints_has_one_form(index: bytes) -> None:
    files = {**export(LOG, older=(256,)), "anchors/index": index}
    with pytest.raises(ProofWrong, match="older checkpoints cannot be read"):
        verify_export(files.get, BOTH)


def test_the_stranger_loads_no_database_and_no_frames(tmp_path: object) -> None:
    """`audit verify --export` and `--proof` run where only cryptography and typer are installed."""
    folder = tmp_path / "export"  # type: ignore[operator]
    for name, data in export(LOG[:300]).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    code = (
        "import sys; from secureprofile.cli.main import run;"
        f"code = run(['audit', 'verify', '--export', {str(folder)!r}, '--key', {VKEY!r}, '--entries']);"
        "print(code, *sorted(m for m in sys.modules if '.' not in m))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    words = out[-1].split()
    heavy = {"pandas", "presidio_analyzer", "sqlalchemy", "duckdb", "ibis", "numpy", "polars", "sklearn", "yaml"}
    assert words[0] == "0"
    assert "cryptography" in words
    assert not heavy & set(words)


def test_tiles_by_hand_are_those_of_the_specification() -> None:
    assert set(tiles([b""] * 300)) == {
        "tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1",
    }  # fmt: skip
