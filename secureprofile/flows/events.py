"""The log's entries for other systems and for people: OCSF events, CSV, a page. Reading them is recorded first; memory stays flat."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal

from secureprofile.adapters.outputs import whole_file
from secureprofile.adapters.views import Reader
from secureprofile.audit.entry import parse, size_class
from secureprofile.audit.merkle import leaf_hash
from secureprofile.audit.ocsf import FIELDS, event, row
from secureprofile.audit.select import Selection
from secureprofile.flows.gate import Context, begin
from secureprofile.report.events_page import EventRow, begin_page, end_page, event_row
from secureprofile.report.wording import Language

Form = Literal["ocsf", "csv", "html"]


def selected(view: Reader, selection: Selection, *, below: int) -> Iterator[tuple[int, dict[str, Any], bytes]]:
    """Yield (index, content, leaf hash) of the chosen entries below an index, in order.

    Raises:
        ProofWrong: an entry is malformed.
    """
    for index, body in view.numbered():
        if index >= below:
            return
        content = parse(body)
        if selection.takes(content):
            yield index, content, leaf_hash(body)


def write_events(
    context: Context, output: Path, *, form: Form, selection: Selection, lang: Language, overwrite: bool
) -> int:
    """Write the chosen entries as a whole file and return how many they are; the reading itself is not among them."""
    with begin(context, "audit.events", details={"format": form, **selection.details()}) as act:
        encoding = "utf-8-sig" if form == "csv" else "utf-8"  # spreadsheets take a mark for UTF-8
        with (
            context.state.reading() as view,
            whole_file(output, overwrite=overwrite) as partial,
            partial.open("w", encoding=encoding, newline="") as file,
        ):
            count = _WRITERS[form](context, view, file, selection, act.index, lang)
        act.commit(lambda tx: None, rows=size_class(count))
    return count


def _ocsf(context: Context, view: Reader, file: IO[str], selection: Selection, below: int, _lang: Language) -> int:
    count, origin = 0, context.signer.origin
    for index, content, leaf in selected(view, selection, below=below):
        count += 1
        text = json.dumps(event(index, content, leaf, origin=origin), ensure_ascii=False, separators=(",", ":"))
        file.write(f"{text}\n")
    return count


def _csv(_context: Context, view: Reader, file: IO[str], selection: Selection, below: int, _lang: Language) -> int:
    count, writer = 0, csv.writer(file, lineterminator="\r\n")
    writer.writerow(FIELDS)
    for index, content, leaf in selected(view, selection, below=below):
        count += 1
        writer.writerow(row(index, content, leaf))
    return count


def _html(context: Context, view: Reader, file: IO[str], selection: Selection, below: int, lang: Language) -> int:
    """Two passes: what can be chosen stands above the rows that it chooses from."""
    acts: Counter[str] = Counter()
    results: Counter[str] = Counter()
    for _, content, _ in selected(view, selection, below=below):
        acts[str(content["act"])] += 1
        results[str(content.get("result") or "intent")] += 1
    file.write(begin_page(acts, results, origin=context.signer.origin, lang=lang))
    for index, content, leaf in selected(view, selection, below=below):
        shown = EventRow(
            index=index,
            time=str(content["time"]),
            actor=str(content["actor"]),
            act=str(content["act"]),
            phase=str(content["phase"]),
            result=str(content.get("result") or "intent"),
            cells=tuple(zip(FIELDS, row(index, content, leaf), strict=True)),
        )
        file.write(event_row(shown, acts, lang=lang))
    file.write(end_page())
    return acts.total()


_WRITERS = {"ocsf": _ocsf, "csv": _csv, "html": _html}
