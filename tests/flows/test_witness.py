"""Witnesses: a small one on the loopback, written from the specification, that knows nothing of our code."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from secureprofile.adapters.witness import check_url
from secureprofile.cli.main import run
from secureprofile.errors import CannotTell, ProofWrong, UsageError
from secureprofile.workspace import Workspace
from tests.audit.exports import WITNESS, WITNESS_KEY, WITNESS_VKEY, line, vkey


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> bool:
    """Recursively, the other way round than RFC 9162 verifies: both roots are folded from the subtrees that the proof gives."""

    def fold(m: int, n: int, whole: bool, rest: list[bytes]) -> tuple[bytes, bytes]:
        if m == n:
            found = old_root if whole else rest.pop()
            return found, found
        k = 1 << ((n - 1).bit_length() - 1)
        sibling = rest.pop()
        if m <= k:
            a, b = fold(m, k, whole, rest)
            return a, node(b, sibling)
        a, b = fold(m - k, n - k, False, rest)
        return node(sibling, a), node(sibling, b)

    rest = list(proof)
    try:
        found = fold(old, new, True, rest)
    except IndexError:
        return False
    return not rest and found == (old_root, new_root)


class Loopback(HTTPServer):
    """A witness of one log, with what it remembers."""

    log_key = ""
    size, root = 0, b""
    forced: int | None = None
    mangle = staticmethod(lambda answer: answer)
    seen = 0


class Handler(BaseHTTPRequestHandler):
    server: Loopback

    def log_message(self, *_: object) -> None:
        return

    def answer(self, status: int, body: bytes = b"", kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.server.seen += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/w/add-checkpoint" or self.server.forced:
            self.answer(self.server.forced or 404)
            return
        head, _, note = body.partition(b"\n\n")
        first, *lines = head.split(b"\n")
        old, proof = int(first.removeprefix(b"old ")), [base64.b64decode(one) for one in lines]
        text, _, signatures = note.decode().rpartition("\n\n")
        text += "\n"
        origin, size, root = text.split("\n")[:3]
        name, identity, encoded = self.server.log_key.split("+", 2)
        if origin != name:
            self.answer(404)
            return
        blob = base64.b64decode(signatures.split("\n")[0].split(" ")[2])
        try:
            assert blob[:4].hex() == identity
            Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded)[1:]).verify(blob[4:], text.encode())
        except (InvalidSignature, AssertionError):
            self.answer(403)
            return
        new, new_root = int(size), base64.b64decode(root)
        if old > new:
            self.answer(400)
        elif old != self.server.size or (old == new and new_root != self.server.root):
            self.answer(409, b"%d\n" % self.server.size, "text/x.tlog.size")
        elif old and not consistent(old, new, self.server.root, new_root, proof):
            self.answer(422)
        else:
            self.server.size, self.server.root = new, new_root
            at = int(time.time())
            signed = WITNESS_KEY.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
            good = line(WITNESS_KEY, WITNESS, 4, at.to_bytes(8, "big") + signed)
            stranger = line(Ed25519PrivateKey.generate(), "stranger.example/w", 4, bytes(72))
            self.answer(200, self.server.mangle((stranger + good).encode()))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECUREPROFILE_ACTOR", "tester@example.com")
    with Workspace.open("ws", policy="retail", keys="file:keys") as workspace:
        yield workspace


@pytest.fixture
def witness(place: Workspace) -> Iterator[Loopback]:
    server = Loopback(("127.0.0.1", 0), Handler)
    server.log_key = place.verifier_key
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    place.audit.add_witness(WITNESS_VKEY, f"http://127.0.0.1:{server.server_port}/w/")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def grow(place: Workspace, count: int) -> None:
    with place._context.state.writing() as tx:
        for number in range(count):
            tx.append(b'{"n":%d}' % number)


def test_a_log_is_cosigned_again_and_again_and_the_export_says_so(place: Workspace, witness: Loopback) -> None:
    sizes = []
    for count in (0, 1, 300, 7, 900):
        grow(place, count)
        (found,) = place.audit.submit()
        assert abs(found.time - time.time()) < 60
        sizes.append(found.size)
        assert witness.size == found.size
    assert sizes == sorted(set(sizes))
    assert witness.seen == 5  # each time the first proof was the right one
    place.audit.export("out")
    from secureprofile.flows.verify_export import verify_folder

    found, _ = verify_folder(Path("out"), keys=[place.verifier_key, WITNESS_VKEY])
    assert sorted(one.size for one in found.anchors) == sizes
    assert found.anchored == sizes[-1] < found.size


def test_a_witness_that_knows_more_than_we_remember_is_asked_again(place: Workspace, witness: Loopback) -> None:
    place.audit.submit()
    with place._context.state.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE witnesses SET size = 0")
    assert place.audit.submit()[0].size == witness.size
    assert witness.seen == 3


def test_a_witness_that_has_seen_more_than_is_here_is_evidence(place: Workspace, witness: Loopback) -> None:
    witness.size, witness.root = 10**6, bytes(32)
    with pytest.raises(ProofWrong, match=r"has seen 1000000 entries of this log, \d+ are here"):
        place.audit.submit()


def test_a_fork_is_told(place: Workspace, witness: Loopback) -> None:
    """The witness saw another log under this name: it accepts no proof from ours."""
    place.audit.submit()
    witness.root = bytes(32)
    with pytest.raises(CannotTell, match="does not accept that the log only grew"):
        place.audit.submit()


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500, 302])
def test_refusals_are_told_and_recorded(place: Workspace, witness: Loopback, status: int) -> None:
    witness.forced = status
    with pytest.raises(CannotTell, match=WITNESS):
        place.audit.submit()
    assert place.audit.log(last=3)[-2]["result"] == "error"


@pytest.mark.parametrize(
    "mangle",
    [
        lambda answer: b"",
        lambda answer: answer[:-1],
        lambda answer: answer + b"more\n",
        lambda answer: answer.split(b"\n")[0] + b"\n",
        lambda answer: answer.replace(b"witness.example", b"witness2.example"),
        lambda answer: answer[:-6] + (b"A" if answer[-6:-5] != b"A" else b"B") + answer[-5:],
        lambda answer: b"\xff" + answer,
    ],
)
def test_an_answer_that_proves_nothing_is_not_kept(place: Workspace, witness: Loopback, mangle: object) -> None:
    witness.mangle = mangle  # type: ignore[assignment]
    with pytest.raises(ProofWrong):
        place.audit.submit()
    assert place.audit.witnesses()[0].size == 0


def test_nobody_there_is_no_answer(place: Workspace, witness: Loopback) -> None:
    place.audit.add_witness(vkey(WITNESS_KEY, "other.example/w", 4), "http://127.0.0.1:9/w")
    with pytest.raises(CannotTell, match="does not answer"):
        place.audit.submit()
    assert {one.name: one.size > 0 for one in place.audit.witnesses()} == {WITNESS: True, "other.example/w": False}


def test_a_log_is_no_witness_of_itself(place: Workspace) -> None:
    with pytest.raises(ProofWrong, match="type 0x04 or 0x06"):
        place.audit.add_witness(place.verifier_key, "https://example.com")
    with pytest.raises(ProofWrong, match="no witness of itself"):
        place.audit.add_witness(vkey(WITNESS_KEY, place.verifier_key.split("+")[0], 4), "https://example.com")
    with pytest.raises(UsageError, match="no witnesses"):
        place.audit.submit()


@pytest.mark.parametrize(
    "url", ["", "ftp://a.example", "http://a.example", "https://", "https://u:p@a.example", "https://a.example?x"]
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        check_url(url)


def test_the_commands(place: Workspace, witness: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "witness", "submit", "-w", "ws"]) == 0
    assert f"{WITNESS}: pinned the first" in capsys.readouterr().out
    assert run(["audit", "witness", "list", "-w", "ws"]) == 0
    assert WITNESS in capsys.readouterr().out
    assert run(["audit", "witness", "remove", WITNESS, "-w", "ws"]) == 0
    assert run(["audit", "witness", "remove", WITNESS, "-w", "ws"]) == 2
    assert run(["audit", "witness", "list", "--json", "-w", "ws"]) == 0
    assert '"witnesses": []' in capsys.readouterr().out


def test_only_the_creator_chooses_witnesses(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(["audit", "witness", "add", WITNESS_VKEY, "https://example.com", "-w", "ws", "--actor", "x@example.com"])
        == 1
    )
    assert "only the creator" in capsys.readouterr().err
