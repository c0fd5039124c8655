"""Who acts, proved by a key: OpenSSH's own tool makes the keys, and nothing but the right one opens a role that is bound to it."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

import secureprofile as sp
from secureprofile.cli.main import run
from secureprofile.errors import InputError, PolicyFileError, PolicyRefused
from secureprofile.policy.parse import parse_policy
from secureprofile.policy.staff import ed25519_of
from tests.policy.test_places import FULL, told

ANA = "ana@example.com"


def new_key(path: Path) -> str:
    """Write a private key as OpenSSH does; return the line of its public half."""
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    path.chmod(0o600)
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def policy(line: str) -> str:
    text = FULL.replace("  steward: [os-user]\n", f'  analyst: [signed]\nstaff:\n  {ANA}: ["{line}"]\n')
    assert told(text) == []
    return text


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("SECUREPROFILE_ACTOR", "SECUREPROFILE_ACTOR_KEY", "SECUREPROFILE_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "p.yaml").write_text(policy(new_key(tmp_path / "id")), encoding="utf-8")
    assert run(["init", "--policy", "p.yaml", "--keys", "file:keys"]) == 0
    return tmp_path


def roles(**options: str) -> tuple[tuple[str, ...], str]:
    with sp.Workspace.open(".secureprofile", **options) as workspace:  # type: ignore[arg-type]
        return workspace._context.roles, workspace._context.authenticated


def test_a_key_that_the_policy_lists_gives_the_role_that_is_bound_to_it(place: Path) -> None:
    assert roles(actor=ANA) == ((), "asserted")
    assert roles(actor=ANA, actor_key="id") == (("analyst",), "signed")


def test_the_environment_names_the_key_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECUREPROFILE_ACTOR_KEY", "id")
    assert roles(actor=ANA) == (("analyst",), "signed")
    monkeypatch.setenv("SECUREPROFILE_ACTOR_KEY", "")
    assert roles(actor=ANA) == ((), "asserted")


def test_another_key_or_another_actor_is_refused_and_recorded(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_key(place / "other")
    for options in (
        {"actor": ANA, "actor_key": "other"},
        {"actor": "bob@example.com", "actor_key": "id"},
        {"actor_key": "id"},
    ):
        with pytest.raises(PolicyRefused) as caught:
            roles(**options)
        assert caught.value.reason == "actor-key-unknown"
    capsys.readouterr()
    assert run(["audit", "log", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)["entries"]
    assert [one["reason"] for one in entries if one["act"] == "workspace.open"] == ["actor-key-unknown"] * 3
    assert "signed" not in {one["authenticated"] for one in entries}


def test_acting_as_somebody_else_is_not_signed(place: Path) -> None:
    with (
        sp.Workspace.open(".secureprofile", actor=ANA, actor_key="id") as workspace,
        workspace.session(actor="bob@example.com") as session,
    ):
        assert session._context.authenticated == "asserted"


def test_a_key_that_others_may_read_is_refused(place: Path) -> None:
    (place / "id").chmod(0o644)
    with pytest.raises(InputError, match="read by others"):
        roles(actor=ANA, actor_key="id")


@pytest.mark.parametrize(
    "data",
    [b"", b"ssh-ed25519 AAAA", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"],
)
def test_what_is_no_key_is_told_in_two_lines(data: bytes, place: Path) -> None:
    (place / "id").write_bytes(data)
    with pytest.raises(InputError) as caught:
        roles(actor=ANA, actor_key="id")
    assert caught.value.hint


def test_a_key_of_another_kind_is_refused(place: Path) -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (place / "id").write_bytes(other)
    with pytest.raises(InputError, match="another kind"):
        roles(actor=ANA, actor_key="id")


# two keys that ssh-keygen made for these tests; they open nothing
LOCKED = """-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABBJ9m7WCb
i2dFDFv2EOrJWXAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIF3dP4p4NfzNmxQh
m8VEMrU89lMp2UiISSxPaKc6cDxVAAAAkDhiVoN4rHNd1EwgPg0WCadEDyz3trjv88SdBN
vCYu98FemvSDpWJX9YfOYFtvLWcqS7TJMUwB8tAHdCbs6Jp9g2ft3XvAgHq85VN6JPkBYi
lzhUAA4qlK4PYrpP+d3wY8P/8WCYOQxTcxn+HZq63QkFInWxvv3wu+iRZZfmseiMVfM4Lz
tuUH6thxh3Z7tQMw==
-----END OPENSSH PRIVATE KEY-----
"""
OPEN = """-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACDhAQprwZNBNB4UYIlfIugbMtv2Q7Bvbuzl1p0rYlKMqAAAAJCywnnWssJ5
1gAAAAtzc2gtZWQyNTUxOQAAACDhAQprwZNBNB4UYIlfIugbMtv2Q7Bvbuzl1p0rYlKMqA
AAAECDhOPU7AxVvAYfc3mML27Qj+9lA57yb1U2KloPQKZhIeEBCmvBk0E0HhRgiV8i6Bsy
2/ZDsG9u7OXWnStiUoyoAAAACGFuYSBoZXJlAQIDBAU=
-----END OPENSSH PRIVATE KEY-----
"""
PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOEBCmvBk0E0HhRgiV8i6Bsy2/ZDsG9u7OXWnStiUoyo ana here"


def test_a_locked_key_is_told(place: Path) -> None:
    (place / "id").write_text(LOCKED, encoding="utf-8")
    with pytest.raises(InputError, match="locked with a passphrase"):
        roles(actor=ANA, actor_key="id")


def test_keys_of_openssh_itself_are_read(tmp_path: Path) -> None:
    from secureprofile.adapters.staff import prove_actor

    (tmp_path / "id").write_text(OPEN, encoding="utf-8")
    (tmp_path / "id").chmod(0o600)
    loaded = parse_policy(policy(PUBLIC), file="p.yaml", siblings=lambda name: None).policy
    prove_actor(loaded, ANA, tmp_path / "id", workspace="w")


def wire(kind: bytes, key: bytes) -> str:
    parts = b"".join(len(part).to_bytes(4, "big") + part for part in (kind, key))
    return b64encode(parts).decode()


WRONG = {
    "no key": "ssh-ed25519",
    "another kind": "ssh-rsa " + wire(b"ssh-rsa", bytes(32)),
    "another kind inside": "ssh-ed25519 " + wire(b"ssh-rsa-xyz", bytes(32)),
    "too short": "ssh-ed25519 " + wire(b"ssh-ed25519", bytes(31)),
    "too long": "ssh-ed25519 " + wire(b"ssh-ed25519", bytes(33)),
    "something after it": "ssh-ed25519 " + b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(33)).decode(),
    "no base64": "ssh-ed25519 " + wire(b"ssh-ed25519", bytes(32))[:-2] + "!!",
    "two spaces": "ssh-ed25519  " + wire(b"ssh-ed25519", bytes(32)),
}


def test_the_line_of_a_key_is_read_strictly() -> None:
    assert ed25519_of("ssh-ed25519 " + wire(b"ssh-ed25519", bytes(range(32))) + " a comment") == bytes(range(32))


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_key_is_a_mistake_in_the_policy(what: str) -> None:
    text = FULL.replace("domains:\n", f'staff:\n  {ANA}: ["{WRONG[what]}"]\ndomains:\n', 1)
    with pytest.raises(PolicyFileError) as caught:
        parse_policy(text, file="p.yaml", siblings=lambda name: None)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("wrong-form", f"staff.{ANA}.0")
    assert WRONG[what].removeprefix("ssh-ed25519") == "" or WRONG[what] not in str(problem)
