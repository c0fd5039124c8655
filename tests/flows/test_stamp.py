"""Timestamps by a local authority of openssl: what it signs is accepted, everything else is not."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from secureprofile.cli.main import run
from secureprofile.errors import InputError, ProofWrong
from secureprofile.flows.verify_export import verify_folder
from secureprofile.workspace import Workspace

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
signer_digest = sha256
"""


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tsa")
    for name in ("ca", "other"):
        openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days",
                "30", "-subj", f"/CN=test {name}")  # fmt: skip
    openssl(
        folder,
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "tsa.key",
        "-out",
        "tsa.csr",
        "-subj",
        "/CN=test authority",
    )
    (folder / "ext").write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
    openssl(folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tsa.pem",
            "-days", "30", "-extfile", "ext")  # fmt: skip
    (folder / "tsa.cnf").write_text(CONFIG)
    (folder / "serial").write_text("01\n")
    return folder


def answer(authority: Path, request: bytes) -> bytes:
    (authority / "q").write_bytes(request)
    openssl(authority, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q", "-out", "r")
    return (authority / "r").read_bytes()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECUREPROFILE_ACTOR", "tester@example.com")
    with Workspace.open("ws", policy="retail", keys="file:keys") as workspace:
        yield workspace


def test_a_stamped_log_is_anchored_for_whoever_trusts_the_authority(place: Workspace, authority: Path) -> None:
    roots = (authority / "ca.pem").read_bytes()
    found = place.audit.timestamp_answer(answer(authority, place.audit.timestamp_request()), roots)
    place.audit.export("out")
    key = place.verifier_key
    assert verify_folder(Path("out"), keys=[key])[0].anchored == 0
    verdict, _ = verify_folder(Path("out"), keys=[key], tsa_roots=roots)
    assert (verdict.anchored, verdict.anchors[0].by) == (found.size, "a timestamp authority")
    assert verdict.anchors[0].time == int(found.time.timestamp())
    with pytest.raises(ProofWrong, match="no timestamp of this checkpoint"):
        verify_folder(Path("out"), keys=[key], tsa_roots=(authority / "other.pem").read_bytes())
    token = Path("out/timestamps") / f"{found.size}.tsr"
    token.write_bytes(token.read_bytes()[:-1] + b"x")
    with pytest.raises(ProofWrong):
        verify_folder(Path("out"), keys=[key], tsa_roots=roots)


def test_answers_to_other_questions_are_refused(place: Workspace, authority: Path, tmp_path: Path) -> None:
    roots = (authority / "ca.pem").read_bytes()
    (authority / "data").write_text("another text\n")
    openssl(authority, "ts", "-query", "-data", "data", "-sha512", "-cert", "-out", "q2")
    place.audit.timestamp_request()
    for wrong in (answer(authority, (authority / "q2").read_bytes()), b"", b"not DER"):
        with pytest.raises(ProofWrong, match="no timestamp of a checkpoint"):
            place.audit.timestamp_answer(wrong, roots)
    right = answer(authority, place.audit.timestamp_request())
    with pytest.raises(ProofWrong, match="no timestamp of a checkpoint"):
        place.audit.timestamp_answer(right, (authority / "other.pem").read_bytes())
    with pytest.raises(InputError, match="root certificates"):
        place.audit.timestamp_answer(right, b"no certificate")
    assert place.audit.timestamp_answer(right, roots).size > 0


def test_the_commands(place: Workspace, authority: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "timestamp", "--request", "q.tsq", "-w", "ws"]) == 0
    Path("r.tsr").write_bytes(answer(authority, Path("q.tsq").read_bytes()))
    roots = str(authority / "ca.pem")
    assert run(["audit", "timestamp", "--response", "r.tsr", "--roots", roots, "-w", "ws"]) == 0
    assert "stamped: the first" in capsys.readouterr().out
    assert run(["audit", "timestamp", "--response", "r.tsr", "-w", "ws"]) == 2
    assert run(["audit", "timestamp", "-w", "ws"]) == 2
    assert run(["audit", "timestamp", "http://127.0.0.1:9/", "--roots", roots, "-w", "ws"]) == 3
