"""The master over the key ring: where it may be, that nothing opens the ring without it, and that a ring survives every change of it."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from secureprofile.adapters import keys, master
from secureprofile.cli.main import run
from secureprofile.errors import CannotTell, InputError, UsageError

KEY = base64.b64encode(bytes(range(32)))
RING = keys.new_ring(day="2026-11-01")


def test_the_envelope_is_the_one_that_the_page_describes() -> None:
    body = json.loads(master.wrap(b"ring", KEY))
    kdf, salt, nonce = body["kdf"], base64.b64decode(body["salt"]), base64.b64decode(body["nonce"])
    bound = f"secureprofile-keys-wrapped/1 {kdf}".encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=salt, info=bound).derive(KEY)
    assert AESGCM(key).decrypt(nonce, base64.b64decode(body["ring"]), bound) == b"ring"
    assert master.wrap(b"ring", KEY) != master.wrap(b"ring", KEY)


@pytest.mark.parametrize("text", [KEY, b"correct horse battery"])
def test_another_master_and_a_changed_file_open_nothing(text: bytes) -> None:
    sealed = master.wrap(RING.to_json(), text)
    assert master.unwrap(sealed, text) == RING.to_json()
    with pytest.raises(CannotTell, match="does not open"):
        master.unwrap(sealed, text + b"!")
    body = json.loads(sealed)
    changed = bytearray(base64.b64decode(body["ring"]))
    changed[3] ^= 1
    with pytest.raises(CannotTell):
        master.unwrap(json.dumps({**body, "ring": base64.b64encode(changed).decode()}).encode(), text)
    for wrong in (
        {**body, "kdf": "none"},
        {**body, "salt": "AA=="},
        {**body, "more": 1},
        {**body, "ring": "?"},
        [],
        {**body, "nonce": 5},
    ):
        with pytest.raises(InputError):
            master.unwrap(json.dumps(wrong).encode(), text)


def test_where_a_master_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backend import KeyringBackend

    class Fake(KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            return {"shop/office": "from the keyring"}.get(f"{service}/{username}")

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(Fake())
    try:
        assert master.read_master("keyring:shop/office") == b"from the keyring"
        with pytest.raises(CannotTell, match="empty"):
            master.read_master("keyring:shop/nobody")
    finally:
        keyring.set_keyring(before)
    (tmp_path / "m").write_bytes(KEY + b"\n")
    (tmp_path / "m").chmod(0o644)
    with pytest.raises(CannotTell, match="read by others"):
        master.read_master(f"file:{tmp_path}/m")
    (tmp_path / "m").chmod(0o600)
    monkeypatch.setenv("THE_MASTER", "out of a variable")
    command = f"command:{sys.executable} -c \"print('out of a program')\""
    assert [master.read_master(one) for one in (f"file:{tmp_path}/m", "env:THE_MASTER", command)] == [
        KEY, b"out of a variable", b"out of a program",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reference", "kind", "said"),
    [
        (None, CannotTell, "under a master"),
        ("file:/nowhere/m", CannotTell, "cannot be read"),
        ("env:NOT_THERE", CannotTell, "empty"),
        ("command:false", CannotTell, "ended with 1"),
        ("command:/nowhere/program", CannotTell, "did not run"),
        ("command:", CannotTell, "did not run"),
        ("command:'", CannotTell, "did not run"),
        ("vault:x", UsageError, "no known kind"),
        ("command:echo short", UsageError, "at least 12"),
    ],
)
def test_a_master_that_is_not_there(reference: str | None, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        master.read_master(reference)


def test_a_workspace_under_a_master(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECUREPROFILE_WORKSPACE", raising=False)
    assert run(["init", "--policy", "retail", "--keys", "file:keys"]) == 0
    plain = Path("keys/keys.json").read_bytes()
    monkeypatch.setenv("FIRST", "the first passphrase")
    monkeypatch.setenv("SECOND", KEY.decode())
    assert run(["keys", "wrap", "--master", "env:FIRST", "--actor", "desk@example.com"]) == 1
    assert Path("keys/keys.json").read_bytes() == plain
    assert run(["keys", "wrap", "--master", "env:FIRST"]) == 0
    assert not [
        s for s in json.loads(plain)["pseudonym"] if s["secret"].encode() in Path("keys/keys.json").read_bytes()
    ]
    capsys.readouterr()
    assert run(["keys", "list"]) == 3
    assert "under a master" in capsys.readouterr().err
    monkeypatch.setenv("SECUREPROFILE_MASTER", "env:FIRST")
    assert run(["keys", "rotate", "encrypt"]) == 0
    assert master.is_wrapped(Path("keys/keys.json").read_bytes())
    assert run(["keys", "wrap", "--master", "env:SECOND"]) == 0
    assert run(["keys", "list"]) == 3
    monkeypatch.setenv("SECUREPROFILE_MASTER", "env:SECOND")
    assert run(["keys", "list"]) == 0
    assert run(["keys", "wrap"]) == run(["keys", "wrap", "--none", "--master", "env:FIRST"]) == 2
    assert run(["keys", "wrap", "--none"]) == 0
    monkeypatch.delenv("SECUREPROFILE_MASTER")
    after = json.loads(Path("keys/keys.json").read_bytes())
    assert after["pseudonym"] == json.loads(plain)["pseudonym"]
    assert len(after["encrypt"]) == 2
    assert run(["audit", "verify"]) == 0


def test_a_new_workspace_is_under_the_master_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIRST", "the first passphrase")
    monkeypatch.setenv("SECUREPROFILE_MASTER", "env:FIRST")
    assert run(["init", "-w", "w", "--policy", "retail", "--keys", "file:keys"]) == 0
    assert master.is_wrapped(Path("keys/keys.json").read_bytes())
    assert run(["keys", "list", "-w", "w"]) == 0
    monkeypatch.setenv("SECUREPROFILE_MASTER", "env:MISSING")
    assert run(["init", "-w", "x", "--policy", "retail", "--keys", "file:other"]) == 3
    assert not Path("other/keys.json").exists()
