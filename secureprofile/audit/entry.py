"""One audit record: who did what with which data, why, and how it ended. Canonical bytes; no personal data, no stable pseudonym.

The bytes are JSON in canonical form (JCS, RFC 8785) restricted to ASCII keys, integers below 2⁵³ and no floats: there Python's own
encoder with sorted keys is canonical, four times as fast as a general one. A property test holds it against ``rfc8785``.
Every field, byte for byte: docs/formats/entry.md.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from secureprofile.errors import EntryRefused, ProofWrong, UsageError

FORMAT = "secureprofile-entry/1"
MAX_BYTES = 65_535
"""Longest entry: tiles of entries carry a 16-bit length."""

MAX_INTENT = 49_152
"""Longest intent: its outcome repeats it and says more, and must not be refused when the data have been handed out."""

MAX_NAMES = 8_192
"""Bytes of column names that an entry holds in full; more are told by their number and digest."""

_DEPTH = 64
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}")
_REQUEST = re.compile(r"(?=.{1,64}\Z)(?=.*[0-9])[A-Za-z0-9]+(?:[-_:/#][A-Za-z0-9]+)*")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LONG_NUMBER = re.compile(r"[0-9]{9}")

Phase = Literal["intent", "outcome", "event"]
Result = Literal["allow", "deny", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record. ``intent`` of an outcome is the index of the entry that announced the act.

    Who: ``actor`` (opaque), ``roles``, ``authenticated``. What: ``act``, ``phase``, ``result``, ``reason``. Which data: ``dataset``,
    ``input_digest`` (keyed, so that nobody can try contents against it), ``columns`` by the policy's names (see :func:`named`),
    ``categories``, ``rows`` as a size class (see :func:`size_class`), ``snapshot``. Why: ``purpose``, ``lawful_basis``, ``policy``
    (hash), ``consent_snapshot``, ``request``. How it left: ``treatments`` by category, ε and δ as exact decimals in text, ``k``,
    ``output_digest``, ``recipient``, ``cross_border``, ``plan``. When: ``time``. Where: ``host`` (keyed), ``software``. ``subjects`` commits to
    people by size class and Merkle root alone (``audit.presence``): ``class`` and ``root`` of the run's tokens, ``new-class`` and
    ``new-root`` of the salts of people enrolled since the entry before.
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
    request: str = ""
    host: str = ""
    dataset: str | None = None
    input_digest: str = ""
    columns: tuple[str, ...] = ()
    columns_count: int | None = None
    columns_digest: str = ""
    categories: tuple[str, ...] = ()
    treatments: Mapping[str, str] = field(default_factory=dict)
    rows: str = ""
    recipient: str | None = None
    cross_border: bool | None = None
    snapshot: str = ""
    consent_snapshot: str = ""
    output_digest: str = ""
    k: int | None = None
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
            EntryRefused: something that canonical form does not allow, or longer than 65,535 bytes (an intent: 49,152).
        """
        content = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        kept = {key: value for key, value in content.items() if value is not None and value not in ("", (), {})}
        data = canonical({"format": FORMAT, **{key: _plain(value) for key, value in kept.items()}})
        if self.phase == "intent" and len(data) > MAX_INTENT:
            raise EntryRefused(
                f"the entry that announces this act would be too long: {len(data)} bytes of {MAX_INTENT}",
                hint="give the actor fewer roles, or the policy shorter names",
            )
        return data


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def named(columns: Sequence[str]) -> dict[str, Any]:
    """Return the fields that say which columns an act is about: their names, or number and digest where those are too many.

    The digest is the SHA-256 of the canonical JSON array of the names in the file's order: whoever has the policy can compare.

    Example:
        >>> named(["name", "city"])
        {'columns': ('name', 'city')}
        >>> sorted(named([f"column_{n}" for n in range(5000)]))
        ['columns_count', 'columns_digest']
    """
    text = json.dumps(list(columns), separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    if len(text) <= MAX_NAMES:
        return {"columns": tuple(columns)}
    return {"columns_count": len(columns), "columns_digest": hashlib.sha256(text).hexdigest()}


def request_id(text: str) -> str:
    """Return a request's id, if it is one: opaque, such as a ticket's number.

    Letters, digits and single ``- _ : / #`` between them, up to 64 characters, at least one digit, and never nine digits in a row
    (a telephone number, an official number) except in a UUID. It stands in the log for ever, so nothing else may.

    Raises:
        UsageError: it is not; the message does not repeat it.

    Example:
        >>> request_id("DSR-2026-0042")
        'DSR-2026-0042'
    """
    if not text or _UUID.fullmatch(text) or (_REQUEST.fullmatch(text) and not _LONG_NUMBER.search(text)):
        return text
    raise UsageError(
        "this is no request id: it stands in the log for ever, so it must not name anybody",
        hint="letters and digits joined by - _ : / #, with a digit, at most 8 digits in a row, such as DSR-2026-0042",
    )


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON of a mapping.

    Raises:
        EntryRefused: a float, an integer of 2⁵³ or more, another type, a key that is not short ASCII, half a surrogate pair, too deep, or too long.

    Example:
        >>> canonical({"b": 1, "a": ["x", True]})
        b'{"a":["x",true],"b":1}'
    """
    _check(content, 0)
    try:
        data = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "strict")
    except UnicodeEncodeError:
        raise EntryRefused("an entry cannot hold halves of surrogates: they are no characters") from None
    if len(data) > MAX_BYTES:
        raise EntryRefused(f"an entry of {len(data)} bytes is too long")
    return data


def _check(value: Any, depth: int) -> None:
    if depth > _DEPTH:
        raise EntryRefused("an entry cannot be nested so deeply")
    match value:
        case dict():
            for key, item in value.items():
                if not isinstance(key, str) or not _KEY.fullmatch(key):
                    raise EntryRefused("a key of an entry must be short ASCII")
                _check(item, depth + 1)
        case list():
            for item in value:
                _check(item, depth + 1)
        case bool() | None | str():
            return
        case int():
            if abs(value) >= 1 << 53:
                raise EntryRefused("a number of an entry must be below 2^53")
        case _:
            raise EntryRefused(f"an entry cannot hold a {type(value).__name__}")


def parse(data: bytes) -> dict[str, Any]:
    """Return an entry's content, if these are exactly its canonical bytes.

    Fields that this version does not know are kept: a later one may have added them. Their meaning never changes.

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
