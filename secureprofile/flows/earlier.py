"""What an export says together with earlier exports of the same dataset."""

from __future__ import annotations

import dataclasses

from secureprofile.anonymity.intersection import Intersection, intersected
from secureprofile.anonymity.scheme import Scheme, covered
from secureprofile.errors import InputError
from secureprofile.flows.gate import Context
from secureprofile.flows.generalise import Generalised


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """An earlier export, and its classes intersected with the new one's; None where their columns or hierarchies differ."""

    entry: int
    recipient: str
    found: Intersection | None


def with_earlier(context: Context, shaped: Generalised, dataset: str, *, most: int = 5) -> tuple[Together, ...]:
    """Intersect the new classes with those of the newest earlier exports of the dataset, as if the people were the same.

    A scheme says in which class somebody would have been; it does not know who was in the earlier file, and whose row has changed since.
    """
    with context.state.reading() as view:
        rows = [row for row in view.export_list() if row["dataset"] == dataset and row["detail"].get("anonymity")]
    result = []
    for row in rows[-most:]:
        try:
            place = covered(Scheme.from_json(row["detail"]["anonymity"].encode()), shaped.space)
        except InputError:  # other quasi-identifiers or hierarchies: nothing can be said, and that is said
            found = None
        else:
            found = intersected(shaped.tuples.table, [place, shaped.solution.place], k=shaped.task.models.k)
        result.append(Together(entry=row["entry"], recipient=row["recipient"], found=found))
    return tuple(result)


def noted(together: tuple[Together, ...], k: int) -> tuple[str, ...]:
    """Say which earlier exports, held beside this one, would show groups smaller than k."""
    notes = []
    for one in together:
        if one.found is None:
            notes.append(
                f"entry {one.entry} exported the same dataset by other columns or hierarchies: what both say together is not known"
            )
        elif one.found.below:
            notes.append(
                f"who holds entry {one.entry} too ({one.recipient}) finds {one.found.below:,} of {one.found.people:,} people in groups "
                f"below {k}, the smallest of {one.found.smallest}: use its classes again with --scheme {one.entry}"
            )
    return tuple(notes)
