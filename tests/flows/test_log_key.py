"""The log's key handed over: whoever holds the old verifier key follows, and nobody signs with a key outside its time."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from secureprofile.adapters.outputs import write_whole
from secureprofile.adapters.signer import LogSigner
from secureprofile.adapters.state import State
from secureprofile.audit.checkpoint import Checkpoint, VerifierKey, open_checkpoint, sign_note, split_note
from secureprofile.audit.entry import Entry
from secureprofile.audit.handover import with_successors
from secureprofile.audit.merkle import inclusion_proof, leaf_hash, root
from secureprofile.audit.proof import offline_proof, parse_proof
from secureprofile.cli.main import run
from secureprofile.errors import CannotTell, ProofWrong
from secureprofile.workspace import Workspace


def vkey() -> str:
    return Path(".secureprofile/signer/log.vkey").read_text(encoding="utf-8").strip()


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A log whose key was rotated twice; its verifier keys in order. Checkpoints of each time lie beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    assert run(["init", "--policy", "retail", "--keys", "file:keys"]) == 0
    found = [vkey()]
    for number in range(2):
        assert run(["audit", "checkpoint", "-o", f"kept-{number}"]) == 0
        assert run(["keys", "rotate", "log"]) == 0
        found.append(vkey())
    assert run(["keys", "list"]) == 0
    assert run(["audit", "checkpoint", "-o", "kept-2"]) == 0
    assert run(["audit", "export", "out"]) == 0
    return found


def verified(*arguments: str) -> int:
    return run(["audit", "verify", "--export", "out", *arguments])


def test_every_key_of_the_chain_verifies_all(keys: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert len(set(keys)) == 3
    assert run(["audit", "verify"]) == 0
    capsys.readouterr()
    assert verified("--key", keys[0], "--since", "kept-0", "--since", "kept-1", "--since", "kept-2") == 0
    assert keys[2] in capsys.readouterr().out
    assert verified("--key", keys[1], "--since", "kept-1") == 0
    assert verified("--key", keys[2]) == verified("--key", keys[2], "--since", "kept-2") == 0
    assert verified("--key", keys[0], "--key", keys[2], "--since", "kept-0") == 0
    assert run(["audit", "verify", "--key", keys[0], "--since", "kept-1"]) == 0
    stranger = VerifierKey(
        name=keys[0].split("+")[0], public_key=Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    )
    assert verified("--key", str(stranger)) == 1


def test_a_log_signed_anew_with_a_newer_key_is_refused(keys: list[str]) -> None:
    note = Path("kept-0").read_bytes()
    text = split_note(note)[0]
    seed = base64.b64decode(json.loads(Path("keys/keys.json").read_bytes())["log"][0]["secret"])
    newest = Ed25519PrivateKey.from_private_bytes(seed)
    name = keys[0].split("+")[0]
    Path("forged").write_bytes(sign_note(text, name, newest.sign, newest.public_key().public_bytes_raw()))
    for given in (keys[0], keys[2]):
        assert verified("--key", given, "--since", "forged") == 1
    oldest = Ed25519PrivateKey.from_private_bytes(
        base64.b64decode(json.loads(Path("keys/keys.json").read_bytes())["log"][-1]["secret"])
    )
    current = split_note(Path("out/checkpoint").read_bytes())[0]
    Path("out/checkpoint").write_bytes(sign_note(current, name, oldest.sign, oldest.public_key().public_bytes_raw()))
    assert verified("--key", keys[0]) == 1


@pytest.mark.parametrize("what", ["handovers/0.json", "handovers/0.tlog-proof", "handovers/index"])
def test_without_an_unbroken_chain_the_old_key_leads_nowhere(keys: list[str], what: str) -> None:
    path = Path("out", what)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"log", b"gol").replace(b"2", b"1"))
    assert verified("--key", keys[0]) == 1


def forged_handover(entry: bytes, number: int) -> bytes:
    """Return a proof of the same entry in a log that never was, signed by the keys that the ring holds."""
    secrets = [base64.b64decode(one["secret"]) for one in json.loads(Path("keys/keys.json").read_bytes())["log"]][::-1]
    signers = [Ed25519PrivateKey.from_private_bytes(secret) for secret in secrets[number : number + 2]]
    name = vkey().split("+")[0]
    index = parse_proof(Path(f"out/handovers/{number}.tlog-proof").read_bytes()).index
    leaves = [leaf_hash(b"{}")] * index + [leaf_hash(entry)]
    text = Checkpoint(origin=name, size=len(leaves), root=root(leaves)).text()
    notes = [sign_note(text, name, key.sign, key.public_key().public_bytes_raw()) for key in signers]
    lines = "".join(split_note(note)[1][0] + "\n" for note in notes)
    return offline_proof(index, inclusion_proof(leaves, index), f"{text}\n{lines}".encode())


@pytest.mark.parametrize("number", [0, 1])
def test_a_handover_of_another_history_is_found(keys: list[str], number: int) -> None:
    """Whoever holds both keys could hand over in one history and show another: the checkpoint of a handover must be one of this log."""
    proof = forged_handover(Path(f"out/handovers/{number}.json").read_bytes(), number)
    path = Path(f"out/handovers/{number}.tlog-proof")
    path.chmod(0o600)
    path.write_bytes(proof)
    assert verified("--key", keys[0]) == 1
    kept = sorted(Path(".secureprofile/signer/handovers").glob("*.tlog-proof"), key=lambda one: int(one.stem))
    kept[number].write_bytes(proof)
    assert run(["audit", "verify"]) == 1


@pytest.mark.parametrize("done", range(5))
def test_a_crash_at_any_write_of_a_handover_leaves_a_log_that_goes_on(
    keys: list[str], monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    """Files written by a handover: the entry, the proof (from here on the new key signs), the checkpoint, the verifier key."""
    written: list[str] = []

    def until(path: Path, content: bytes, *, overwrite: bool = False) -> None:
        if len(written) == done:
            raise KeyboardInterrupt
        written.append(path.name)
        write_whole(path, content, overwrite=overwrite)

    hand_over = LogSigner.hand_over

    def crashing(self: LogSigner, state: State, index: int) -> None:
        self.sign(state)
        patch.setattr(LogSigner, "sign", lambda *_: b"")
        patch.setattr("secureprofile.adapters.signer.write_whole", until)
        hand_over(self, state, index)

    before = vkey()
    with monkeypatch.context() as patch:
        patch.setattr(LogSigner, "hand_over", crashing)
        assert run(["keys", "rotate", "log"]) == (130 if done < 4 else 0)
    assert run(["audit", "checkpoint", "-o", "after"]) == 0
    assert run(["audit", "verify", "--since", "after"]) == 0
    assert (vkey() != before) is (done >= 2)
    assert run(["keys", "rotate", "log"]) == 0
    assert run(["audit", "export", "out"]) == 0
    assert verified("--key", keys[0], "--since", "after") == 0


def test_two_rotations_that_crashed_leave_a_log_that_goes_on(keys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    before = vkey()
    with monkeypatch.context() as patch:
        patch.setattr(LogSigner, "hand_over", crash)
        assert run(["keys", "rotate", "log"]) == 130
    assert vkey() == before
    assert len(json.loads(Path("keys/keys.json").read_bytes())["log"]) == 4
    assert run(["audit", "verify"]) == 0
    assert run(["keys", "rotate", "log"]) == 0
    assert len(json.loads(Path("keys/keys.json").read_bytes())["log"]) == 4
    assert vkey() != before
    assert run(["audit", "export", "out"]) == 0
    assert verified("--key", keys[0]) == 0


def test_who_was_open_before_the_rotation_signs_nothing_with_the_old_key(keys: list[str]) -> None:
    with Workspace.open(".secureprofile", create=False) as early:
        with Workspace.open(".secureprofile", create=False) as other:
            other.rotate_key("log")
            assert other.audit.checkpoint()
        with pytest.raises(CannotTell, match="does not have"):
            early.audit.checkpoint()
    assert run(["audit", "verify"]) == 0
    with closing(sqlite3.connect(".secureprofile/state.db")) as state:
        bodies = [json.loads(body) for (body,) in state.execute("SELECT body FROM log")]
    assert sum(b["act"] == "keys.rotate" and b["phase"] == "outcome" for b in bodies) == 3


# --- by hand -----------------------------------------------------------------------------------------------------------

SEEDS = [bytes([number]) * 32 for number in (1, 2, 3)]
PRIVATE = [Ed25519PrivateKey.from_private_bytes(seed) for seed in SEEDS]
PUBLIC = [VerifierKey(name="log.example", public_key=key.public_key().public_bytes_raw()) for key in PRIVATE]


def announcing(**details: str) -> bytes:
    return Entry(
        act="keys.rotate", phase="outcome", intent=0, time="2026-11-01T08:30:00.000Z", actor="staff-1", roles=("creator",),
        authenticated="asserted", policy="ab" * 32, software="x", result="allow", reason="done", details=details,
    ).to_bytes()  # fmt: skip


def handover(entry: bytes, *signers: int) -> tuple[bytes, bytes]:
    leaves = [leaf_hash(b"{}"), leaf_hash(entry)]
    text = Checkpoint(origin="log.example", size=2, root=root(leaves)).text()
    notes = [sign_note(text, "log.example", PRIVATE[n].sign, PUBLIC[n].public_key) for n in signers]
    lines = "".join(split_note(note)[1][0] + "\n" for note in notes)
    return offline_proof(1, inclusion_proof(leaves, 1), f"{text}\n{lines}".encode()), entry


def test_a_handover_binds_each_key_to_its_sizes() -> None:
    entry = announcing(role="log", kid="k2", vkey=str(PUBLIC[1]))
    old, new = with_successors([PUBLIC[0]], [handover(entry, 0, 1)])
    assert (old, old.first, old.last) == (PUBLIC[0], 0, 2)
    assert (new, new.first, new.last) == (PUBLIC[1], 2, None)
    for size, signer, counts in ((1, 0, True), (2, 0, True), (3, 0, False), (1, 1, False), (2, 1, True), (3, 1, True)):
        text = Checkpoint(origin="log.example", size=size, root=bytes(32)).text()
        note = sign_note(text, "log.example", PRIVATE[signer].sign, PUBLIC[signer].public_key)
        if counts:
            assert open_checkpoint(note, [old, new]).size == size
        else:
            with pytest.raises(ProofWrong, match="does not count"):
                open_checkpoint(note, [old, new])


@pytest.mark.parametrize(
    ("details", "signers"),
    [
        ({"role": "log", "kid": "k2", "vkey": str(PUBLIC[1])}, (0,)),
        ({"role": "log", "kid": "k2", "vkey": str(PUBLIC[1])}, (0, 2)),
        ({"role": "encrypt", "kid": "k2", "vkey": str(PUBLIC[1])}, (0, 1)),
        ({"role": "log", "kid": "k2"}, (0, 1)),
        (
            {
                "role": "log",
                "kid": "k2",
                "vkey": str(VerifierKey(name="other.example", public_key=PUBLIC[1].public_key)),
            },
            (0, 1),
        ),
    ],
)
def test_a_handover_that_is_none_is_refused(details: dict[str, str], signers: tuple[int, ...]) -> None:
    with pytest.raises(ProofWrong):
        with_successors([PUBLIC[0]], [handover(announcing(**details), *signers)])


def test_what_no_trusted_key_signed_is_passed_over() -> None:
    entry = announcing(role="log", kid="k2", vkey=str(PUBLIC[1]))
    assert with_successors([PUBLIC[2]], [handover(entry, 0, 1)]) == [PUBLIC[2]]
    proof, _ = handover(entry, 0, 1)
    with pytest.raises(ProofWrong):
        with_successors([PUBLIC[0]], [(proof, announcing(role="log", kid="k2", vkey=str(PUBLIC[2])))])
