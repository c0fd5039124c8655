"""What an entry says about the data of an act: columns, categories, treatments, where they go, and which input it was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from secureprofile.adapters.files import Source
from secureprofile.adapters.marks import content_mark, table_mark
from secureprofile.adapters.sealed import Sealed
from secureprofile.audit.entry import named
from secureprofile.flows.gate import Context
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.recipients import at_home


def described(context: Context, plans: Sequence[ColumnPlan], *, recipient: str | None = None) -> dict[str, Any]:
    """Return the fields of an entry that the policy alone decides: they are known before the first row is read."""
    return {
        **named([plan.name for plan in plans]),
        "categories": tuple(sorted({plan.category for plan in plans})),
        "treatments": {plan.category: plan.treatment.kind for plan in plans},
        "cross_border": crosses(context, recipient),
    }


def crosses(context: Context, recipient: str | None) -> bool | None:
    """Tell whether what goes to a recipient leaves the territory of the policy's laws; None where nobody outside gets anything."""
    if recipient is None:
        return None
    registered = context.policy.policy.recipients.get(recipient)
    if registered is None or registered.country is None:
        return False
    return not at_home(context.policy.policy, registered.country)


def input_mark(context: Context, source: Source | pa.Table | None) -> str:
    """Return the keyed digest of what was read, in hex; empty for a database, which has no bytes of its own.

    Read after the intent is durable: a row's bytes count as rows.
    """
    if isinstance(source, pa.Table):
        return table_mark(context.keys, source)
    if source is None or not isinstance(source.path, Path | Sealed):
        return ""
    return content_mark(context.keys, source.path)
