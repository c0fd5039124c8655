"""One audit record: who did what with which data, why, and how it ended. Canonical bytes; no personal data, no stable pseudonym.

The bytes are JSON in canonical form (JCS, RFC 8785) restricted to ASCII keys, integers below 2⁵³ and no floats: there Python's own
encoder with sorted keys is canonical, four times as fast as a general one. A property test holds it against ``rfc8785``.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from secureprofile.errors import ProofWrong

FORMAT = "secureprofile-entry/1"
MAX_BYTES = 65_535
"""Longest entry: tiles of entries carry a 16-bit length."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}")

Phase = Literal["intent", "outcome", "event"]
Result = Literal["allow", "deny", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record. ``intent`` of an outcome is the index of the entry that announced the act.

    ``rows`` is a size class (see :func:`size_class`), amounts of ε and δ are exact decimals as text. ``subjects`` commits to people by
    size class and Merkle root alone (``audit.presence``): ``class`` and ``root`` of the run's tokens, ``new-class`` and ``new-root`` of
    the salts of people enrolled since the entry before.
    """

    act: str
    phase: Phase
    time: str
    actor: str
    roles: tuple[str, ...]
    authenticated: str
    policy: str
    software: str
    intent: int | None = None
    result: Result | None = None
    reason: str = ""
    purpose: str | None = None
    lawful_basis: Mapping[str, str] = field(default_factory=dict)
    dataset: str | None = None
    categories: tuple[str, ...] = ()
    treatments: Mapping[str, str] = field(default_factory=dict)
    rows: str = ""
    recipient: str | None = None
    snapshot: str = ""
    consent_snapshot: str = ""
    output_digest: str = ""
    epsilon: str = ""
    delta: str = ""
    epsilon_left: str = ""
    delta_left: str = ""
    plan: str = ""
    subjects: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str | int | bool] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes; what is empty is left out.

        Raises:
            ValueError: something that canonical form does not allow, or longer than 65,535 bytes.
        """
        content = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        kept = {key: value for key, value in content.items() if value is not None and value not in ("", (), {})}
        return canonical({"format": FORMAT, **{key: _plain(value) for key, value in kept.items()}})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON of a mapping.

    Example:
        >>> canonical({"b": 1, "a": ["x", True]})
        b'{"a":["x",true],"b":1}'
    """
    _check(content)
    data = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "strict")
    if len(data) > MAX_BYTES:
        raise ValueError(f"an entry of {len(data)} bytes is too long")
    return data


def _check(value: Any) -> None:
    match value:
        case dict():
            for key, item in value.items():
                if not isinstance(key, str) or not _KEY.fullmatch(key):
                    raise ValueError("a key of an entry must be short ASCII")
                _check(item)
        case list():
            for item in value:
                _check(item)
        case bool() | None | str():
            return
        case int():
            if abs(value) >= 1 << 53:
                raise ValueError("a number of an entry must be below 2^53")
        case _:
            raise ValueError(f"an entry cannot hold a {type(value).__name__}")


def parse(data: bytes) -> dict[str, Any]:
    """Return an entry's content, if these are exactly its canonical bytes.

    Raises:
        ProofWrong: they are not.
    """
    try:
        content = json.loads(data)
        if not isinstance(content, dict) or canonical(content) != data or content.get("format") != FORMAT:
            raise ValueError
    except (ValueError, RecursionError):
        raise ProofWrong("an entry is not in canonical form", hint="the log was changed; keep it as evidence") from None
    return content


def size_class(count: int) -> str:
    """Return the power of ten that a number of rows does not exceed.

    Example:
        >>> size_class(0), size_class(7), size_class(5000), size_class(10_000)
        ('0', '<=10', '<=10000', '<=10000')
    """
    if count <= 0:
        return "0"
    limit = 10
    while count > limit:
        limit *= 10
    return f"<={limit}"
