"""What was decided about an anonymised export, for whoever must answer for it: a signed statement, and the figures a person reads.

The manifest is a signed note (the log's key): anybody with the workspace's public key can tell that it was not changed. It holds hashes, rules and
counts, and no value of any row; its own hash stands in the audit entry.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from secureprofile.adapters.files import Source
from secureprofile.anonymity.scheme import scheme_of
from secureprofile.flows.decided import decided
from secureprofile.flows.earlier import Together
from secureprofile.flows.gate import Context
from secureprofile.flows.generalise import Generalised
from secureprofile.version import __version__

FORMAT = "secureprofile-manifest/1"


def manifest(
    context: Context,
    shaped: Generalised,
    together: Sequence[Together],
    source: Source | None,
    *,
    dataset: str,
    recipient: str,
    entry: int,
    digest: str,
) -> tuple[bytes, bytes]:
    """Return (the signed manifest, the scheme) of an export that is about to be recorded; the scheme is empty where labels are sets."""
    rules = shaped.rules
    made = scheme_of(shaped.space, shaped.solution, list(rules.quasi_identifiers))
    scheme = b"" if made is None else made.to_json()
    figures = decided(shaped)
    content = {
        "format": FORMAT,
        "dataset": dataset,
        "purpose": context.purpose,
        "recipient": recipient,
        "entry": entry,
        "policy": context.policy.hash,
        "software": f"secureprofile {__version__}",
        "input": {"rows": shaped.space.rows, "sha256": input_digest(source)},
        "output": {
            "rows": shaped.space.rows - (figures.suppressed if rules.suppressed == "drop" else 0),
            "sha256": digest,
        },
        "rules": rules.model_dump(mode="json", exclude_defaults=True),
        "hierarchies": {tree.name: tree.digest for tree in shaped.tuples.hierarchies},
        "scheme": hashlib.sha256(scheme).hexdigest() if scheme else "",
        "result": dataclasses.asdict(figures),
        "together": [dataclasses.asdict(one) for one in together],
        "says": "Classes meet the models named in rules, at their thresholds. Risk that comes from other exports or "
        "releases about the same people is not bounded by this.",
    }
    text = f"{FORMAT}\n{json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1, default=_plain)}\n"
    return context.signer.sign_text(text), scheme


def input_digest(source: Source | None) -> str:
    """Return the SHA-256 of the file that was read; empty for frames, streams and databases, which have no bytes of their own."""
    if source is None or not isinstance(source.path, Path) or source.rows is not None or not source.path.is_file():
        return ""
    with source.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
