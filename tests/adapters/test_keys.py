"""Keys: apart, private, unshown, and never guessed when they are missing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from secureprofile.adapters import keys
from secureprofile.errors import CannotTell, InputError, OutputError

RING = keys.new_ring(day="2026-11-01")


def test_a_ring_is_read_back_from_a_private_file(tmp_path: Path) -> None:
    keys.store_ring(RING, f"file:{tmp_path}/deep/keys")
    path = tmp_path / "deep" / "keys" / "keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert keys.load_ring(f"file:{path.parent}") == RING


def test_a_ring_is_never_overwritten(tmp_path: Path) -> None:
    keys.store_ring(RING, f"file:{tmp_path}")
    with pytest.raises(OutputError, match="keys in"):
        keys.store_ring(keys.new_ring(day="2026-11-02"), f"file:{tmp_path}")
    assert keys.load_ring(f"file:{tmp_path}") == RING


def test_a_ring_that_others_may_read_is_refused(tmp_path: Path) -> None:
    keys.store_ring(RING, f"file:{tmp_path}")
    (tmp_path / "keys.json").chmod(0o640)
    with pytest.raises(CannotTell, match="read by others") as caught:
        keys.load_ring(f"file:{tmp_path}")
    assert "chmod 600" in caught.value.hint


def test_a_ring_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEYS", RING.to_json().decode())
    assert keys.load_ring("env:SHOP_KEYS") == RING
    monkeypatch.delenv("SHOP_KEYS")
    with pytest.raises(CannotTell, match="SHOP_KEYS"):
        keys.load_ring("env:SHOP_KEYS")


def test_keys_that_are_missing_are_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(CannotTell, match="cannot be read"):
        keys.load_ring(f"file:{tmp_path}")
    assert list(tmp_path.iterdir()) == []


BROKEN = [
    b"",
    b"{}",
    b"[]",
    b"null",
    RING.to_json().replace(b'"log"', b'"other"'),
    RING.to_json().replace(b"=", b""),
    RING.to_json()[:-9],
]


@pytest.mark.parametrize("data", BROKEN)
def test_a_damaged_ring_is_refused_without_showing_it(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        keys.KeyRing.from_json(data)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_secret_stands_in_a_repr() -> None:
    shown = repr(RING)
    assert "k1" in shown
    for secret in (*RING.pseudonym, *RING.index, *RING.log):
        assert secret.value.hex() not in shown
        assert repr(secret.value)[2:-1] not in shown


def test_rings_differ() -> None:
    assert keys.new_ring(day="2026-11-01") != keys.new_ring(day="2026-11-01")


def test_a_ring_without_the_newer_roles_is_read() -> None:
    import json

    body = json.loads(RING.to_json())
    old = {name: body[name] for name in ("secureprofile-keys", *keys.KeyRing.REQUIRED)}
    ring = keys.KeyRing.from_json(json.dumps(old).encode())
    assert (ring.pseudonym, ring.encrypt, ring.vault, ring.fpe) == (RING.pseudonym, (), (), ())
    assert keys.KeyRing.from_json(ring.to_json()) == ring


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(encrypt=[]),
        lambda body: body.update(encrypt=body["encrypt"] * 2),  # one id twice
        lambda body: body["encrypt"][0].update(kid="K-1"),
        lambda body: body["encrypt"][0].update(secret="AAAA"),
        lambda body: body.update(extra=body["log"]),
        lambda body: body.pop("index"),
    ],
)
def test_a_ring_with_something_wrong_in_a_role_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    import json

    body = json.loads(RING.to_json())
    change(body)
    with pytest.raises(InputError):
        keys.KeyRing.from_json(json.dumps(body).encode())


def test_growing_keeps_the_old_keys_and_the_files_mode(tmp_path: Path) -> None:
    reference = f"file:{tmp_path / 'ring'}"
    keys.store_ring(RING, reference)
    grown = keys.grow_ring(reference, "encrypt", day="2026-11-02")
    assert [secret.kid for secret in grown.encrypt] == ["k2", "k1"]
    assert grown.encrypt[1:] == RING.encrypt
    assert grown.encrypt[0].value != RING.encrypt[0].value
    assert keys.load_ring(reference) == grown
    assert stat.S_IMODE((tmp_path / "ring" / "keys.json").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "ring").iterdir()] == ["keys.json"]
    assert keys.grow_ring(reference, "encrypt", day="2026-11-03", only_missing=True) == grown


def test_a_ring_that_cannot_be_written_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = f"file:{tmp_path / 'ring'}"
    keys.store_ring(RING, reference)

    def full(*_: object, **__: object) -> None:
        raise OutputError("planted", hint="")

    monkeypatch.setattr(keys, "write_whole", full)
    with pytest.raises(OutputError):
        keys.grow_ring(reference, "vault", day="2026-11-02")
    assert keys.load_ring(reference) == RING


def test_a_ring_in_a_variable_cannot_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SP_RING", RING.to_json().decode())
    assert keys.grow_ring("env:SP_RING", "fpe", day="2026-11-02", only_missing=True) == RING
    with pytest.raises(CannotTell, match="variable"):
        keys.grow_ring("env:SP_RING", "fpe", day="2026-11-02")


@pytest.mark.parametrize("role", ["index", "tombstone"])
def test_roles_that_must_not_change_do_not(role: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rotate"):
        keys.grow_ring(f"file:{tmp_path}", role, day="2026-11-02")
