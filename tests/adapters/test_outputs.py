from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from secureprofile.adapters import outputs
from secureprofile.adapters.outputs import disk_is_full, full_disk_told, whole_directory, whole_file, write_whole
from secureprofile.errors import CannotTell, InputError, OutputError


def names(folder: Path) -> list[str]:
    """All that stands in a folder, hidden things too."""
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.csv.gz"
    with whole_file(target) as partial:
        assert not target.exists()
        assert partial.name == target.name  # writers choose compression by suffix
        (staging,) = names(tmp_path)
        assert staging.startswith(".out.csv.gz.")
        assert staging.endswith(".partial")
        assert mode(tmp_path / staging) == 0o700
        assert mode(partial) == 0o600
        partial.write_bytes(b"data")
        assert not target.exists()
    assert names(tmp_path) == ["out.csv.gz"]
    assert target.read_bytes() == b"data"
    assert mode(target) == 0o600


def test_what_duckdb_writes_is_private_all_the_time(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with whole_file(target) as partial:
        duckdb.sql(f"COPY (SELECT 1 AS a) TO '{partial}' (FORMAT csv)")
        assert mode(partial.parent) == 0o700
    assert target.read_text() == "a\n1\n"
    assert mode(target) == 0o600
    assert names(tmp_path) == ["out.csv"]


def test_the_mode_may_be_chosen(tmp_path: Path) -> None:
    write_whole(tmp_path / "report.html", b"<p>", mode=0o644)
    assert mode(tmp_path / "report.html") == 0o644


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(143), InputError("no")])
@pytest.mark.parametrize("existing", [False, True])
def test_nothing_remains_when_the_block_fails(tmp_path: Path, error: BaseException, existing: bool) -> None:
    target = tmp_path / "out.csv"
    if existing:
        target.write_text("old")

    def write() -> None:
        with whole_file(target, overwrite=True) as partial:
            partial.write_text("half")
            partial.with_name("tmp_out.csv").write_text("the writer's own leftovers")
            raise error

    with pytest.raises(type(error)) as caught:
        write()
    assert caught.value is error
    assert names(tmp_path) == (["out.csv"] if existing else [])
    assert not existing or target.read_text() == "old"


def test_an_existing_target_is_refused_without_overwrite(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    with pytest.raises(OutputError, match="exists already") as caught:
        write_whole(target, b"new")
    assert "--overwrite" in caught.value.hint
    assert caught.value.exit_code == 2
    assert target.read_text() == "old"
    write_whole(target, b"new", overwrite=True)
    assert (target.read_text(), names(tmp_path)) == ("new", ["out.csv"])


def test_who_came_second_does_not_win(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with pytest.raises(OutputError, match="exists already"), whole_file(target):
        target.write_text("first")
    assert (target.read_text(), names(tmp_path)) == ("first", ["out.csv"])


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("old")
    for name, aim in (("link", "precious"), ("dangling", "nowhere")):
        link = tmp_path / name
        link.symlink_to(tmp_path / aim)
        with pytest.raises(OutputError, match="exists already"):
            write_whole(link, b"new")
        write_whole(link, b"new", overwrite=True)
        assert not link.is_symlink()
    assert (tmp_path / "precious").read_text() == "old"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (".", "is a folder"),
        ("folder", "is a folder"),
        ("none/out.csv", "there is no folder"),
        ("file/out.csv", "there is no folder"),
        ("pipe", "not a regular file"),
        ("x" * 300, "File name too long"),
        ("名" * 200, "File name too long"),
        ("y" * 300 + "/out.csv", "there is no folder"),
    ],
)
def test_targets_that_cannot_be(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    os.mkfifo(tmp_path / "pipe")
    before = names(tmp_path)
    with pytest.raises(OutputError, match=said) as caught:
        write_whole(tmp_path / name, b"new", overwrite=True)
    assert caught.value.hint
    assert names(tmp_path) == before


def test_the_longest_names_work(tmp_path: Path) -> None:
    for name in ("x" * 255, "名" * 85):
        write_whole(tmp_path / name, b"new")
        assert (tmp_path / name).read_bytes() == b"new"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def denied(**_: object) -> str:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(outputs.tempfile, "mkdtemp", denied)
    with pytest.raises(OutputError, match="cannot write") as caught:
        write_whole(tmp_path / "out.csv", b"new")
    assert os.strerror(number) in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_really_unwritable_folder(tmp_path: Path) -> None:
    folder = Path("/proc/self")  # refuses root, too
    if os.geteuid() != 0:
        folder = tmp_path / "closed"
        folder.mkdir(mode=0o500)
    with pytest.raises(OutputError, match="cannot write"):
        write_whole(folder / "out.csv", b"new")


# --- full disks ---


def test_a_full_disk_cannot_tell(tmp_path: Path) -> None:
    with pytest.raises(CannotTell, match=r"the disk is full: out\.csv") as caught, whole_file(tmp_path / "out.csv"):
        Path("/dev/full").write_bytes(b"x")
    assert caught.value.exit_code == 3
    assert caught.value.hint
    assert names(tmp_path) == []


def test_duckdb_on_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(CannotTell, match="disk is full"), whole_file(tmp_path / "out.csv"):
        duckdb.sql("COPY (SELECT range AS a FROM range(1000)) TO '/dev/full' (FORMAT csv)")
    assert names(tmp_path) == []


def test_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error), whole_file(tmp_path / "out.csv"):
        duckdb.execute("SELECT error('No space')")
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "out.csv"):
        (tmp_path / "none").read_bytes()
    refused = OutputError("x")
    refused.__cause__ = OSError(errno.ENOSPC, "full")
    with pytest.raises(OutputError), full_disk_told("x"):
        raise refused


def test_wrapped_errors_are_recognised() -> None:
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        inner = OSError(number, os.strerror(number))
        outer = RuntimeError("pool broke")
        outer.__cause__ = inner
        later = ValueError("while handling it")
        later.__context__ = outer
        assert disk_is_full(inner)
        assert disk_is_full(later)
    assert not disk_is_full(RuntimeError("No space left on device"))
    assert not disk_is_full(None)


@pytest.mark.parametrize("step", ["fsync", "mkdtemp", "replace"])
def test_a_disk_that_fills_in_our_own_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    where = {"fsync": os, "mkdtemp": outputs.tempfile, "replace": Path}[step]
    monkeypatch.setattr(where, step, full)
    with pytest.raises(CannotTell, match="disk is full"):
        write_whole(tmp_path / "out.csv", b"new")
    assert names(tmp_path) == []


LIMITED = """
import sys
from pathlib import Path
from secureprofile.adapters.outputs import write_whole
from secureprofile.errors import SecureProfileError
try:
    write_whole(Path(sys.argv[1]), b"x" * 100_000)
except SecureProfileError as error:
    print(error)
    sys.exit(error.exit_code)
"""


def test_a_real_limit_of_the_system(tmp_path: Path) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-B", "-c", LIMITED, str(tmp_path / "out.bin")],
        preexec_fn=limit,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "the disk is full: out.bin was not written\n", "")
    assert names(tmp_path) == []


# --- durability ---


def test_bytes_are_synced_before_the_name_and_the_name_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []
    target = tmp_path / "out.csv"
    real = os.fsync

    def spy(handle: int) -> None:
        seen.append((str(Path(f"/proc/self/fd/{handle}").readlink()), target.exists()))
        real(handle)

    monkeypatch.setattr(os, "fsync", spy)
    with whole_file(target) as partial:
        partial.write_bytes(b"new")
    assert seen == [(str(partial), False), (str(tmp_path), True)]


# --- folders ---


def fill(folder: Path, text: str) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "a.txt").write_text(text)


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with whole_directory(target) as partial:
        fill(partial, "new")
        assert not target.exists()
        assert mode(partial) == 0o700
    assert names(tmp_path) == ["out"]
    assert (target / "deep" / "a.txt").read_text() == "new"


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_a_folder_that_fails_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "out"

    def write() -> None:
        with whole_directory(target) as partial:
            fill(partial, "half")
            raise error

    with pytest.raises(type(error)):
        write()
    assert names(tmp_path) == []


def test_an_existing_folder(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with whole_directory(target) as partial:
        fill(partial, "old")
        (partial / "gone.txt").write_text("old")
    with pytest.raises(OutputError, match="exists already"), whole_directory(target):
        pass
    with whole_directory(target, overwrite=True) as partial:
        fill(partial, "new")
        assert (target / "gone.txt").exists()
    assert (names(tmp_path), names(target)) == (["out"], ["deep"])
    assert (target / "deep" / "a.txt").read_text() == "new"


def test_a_swap_that_fails_puts_the_old_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    with whole_directory(target) as partial:
        fill(partial, "old")
    real = Path.rename

    def rename(self: Path, to: Path) -> Path:
        if self.name == "out" and to == target:
            raise OSError(errno.EACCES, "no")
        return real(self, to)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OutputError, match="cannot write"), whole_directory(target, overwrite=True) as partial:
        fill(partial, "new")
    assert names(tmp_path) == ["out"]
    assert (target / "deep" / "a.txt").read_text() == "old"


def test_folders_that_are_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home" / "work" / "here").mkdir(parents=True)
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "home")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "home" / "work" / "here")
    for target in (Path(), Path(".."), tmp_path / "home" / "work", tmp_path / "home", tmp_path, tmp_path / "link"):
        with pytest.raises(OutputError), whole_directory(target, overwrite=True):
            pass
    with pytest.raises(OutputError, match="not a folder"), whole_directory(tmp_path / "file", overwrite=True):
        pass
    assert names(tmp_path) == ["file", "home", "link"]


def test_what_a_killed_run_left_goes_with_the_next_one(tmp_path: Path) -> None:
    """A hidden folder that nobody holds is swept; one that a running process holds is not."""
    import subprocess
    import sys

    code = (
        "import os, sys; from pathlib import Path; from secureprofile.adapters.outputs import whole_file\n"
        "with whole_file(Path(sys.argv[1])) as partial: print('writing', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "out.csv")]
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stdout.readline() == b"writing\n"
    write_whole(tmp_path / "out.csv", b"first")
    assert len(list(tmp_path.glob(".out.csv.*.partial"))) == 1
    running.kill()
    running.communicate()
    write_whole(tmp_path / "out.csv", b"second", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
