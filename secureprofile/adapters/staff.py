"""Proving who acts: the actor's private key signs a fresh challenge, which a key in the policy must verify."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from secureprofile.errors import InputError, PolicyRefused
from secureprofile.policy.model import Policy
from secureprofile.policy.staff import ed25519_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY = "SECUREPROFILE_ACTOR_KEY"
"""Environment: the file of the private key."""


def prove_actor(policy: Policy, actor: str, key: Path, *, workspace: str) -> None:
    """Make sure that whoever runs this holds a private key that the policy lists for the actor.

    The challenge names workspace and actor, so that a signature says nothing elsewhere.

    Raises:
        InputError: the key cannot be read, is of another kind, or may be read by others.
        PolicyRefused: it is not a key of this actor.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    private = _read(key)
    challenge = b"\0".join((b"secureprofile/actor/1", workspace.encode(), actor.encode(), secrets.token_bytes(32)))
    signature = private.sign(challenge)
    for line in policy.staff.get(actor, ()):
        try:
            Ed25519PublicKey.from_public_bytes(ed25519_of(line)).verify(signature, challenge)
        except InvalidSignature:
            continue
        return
    raise PolicyRefused(
        "the key does not prove who acts: the policy does not list it for this actor",
        reason="actor-key-unknown",
        hint="--actor NAME as in the policy's `staff`, and the key that stands there",
    )


def _read(path: Path) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        with path.open("rb") as file:
            mode, data = os.fstat(file.fileno()).st_mode, file.read(100_000)
    except (OSError, ValueError):
        raise InputError("the actor's key cannot be read", hint=f"${KEY}: the file of your private key") from None
    if mode & 0o077:
        raise InputError("the actor's key may be read by others", hint="chmod 600 on the file")
    try:
        key = load_ssh_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        message = "the actor's key is no private key of OpenSSH, or is locked with a passphrase"
        raise InputError(message, hint="ssh-keygen -t ed25519, without passphrase; its file protects it") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError("the actor's key is of another kind", hint="ssh-keygen -t ed25519")
    return key
