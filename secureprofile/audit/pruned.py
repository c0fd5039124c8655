"""What an entry says about entries that are gone: nothing is missing by right unless the log itself says so."""

from __future__ import annotations

from secureprofile.audit.entry import parse

ACT = "audit.prune"
MARK = f'"act":"{ACT}"'.encode()
"""In the canonical bytes of every entry of that act."""


def stated_minimum(entry: bytes) -> int:
    """Return below which index an entry says that entries were pruned; 0 where it says nothing of it.

    Raises:
        ProofWrong: it seems to say so, but is no entry.

    Example:
        >>> stated_minimum(b'{"act":"audit.read"}')
        0
    """
    if MARK not in entry:
        return 0
    content = parse(entry)
    details = content.get("details")
    said = details.get("minimum") if isinstance(details, dict) else None
    done = content.get("act") == ACT and content.get("phase") == "outcome" and content.get("result") == "allow"
    return said if done and type(said) is int else 0
