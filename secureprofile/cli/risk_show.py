"""How the command ``risk`` looks in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from secureprofile.cli import show

if TYPE_CHECKING:
    from secureprofile.anonymity.yardsticks import Finding, Judgement
    from secureprofile.flows.measure import Measured
    from secureprofile.flows.risk import Found

_MOST = 20
"""Columns of a table on the terminal; all are in the JSON and on the page."""


def tables(found: Found) -> None:
    """Print what was measured, each quasi-identifier's part, and the verdicts of the presets."""
    tables = [found.measured, *([found.before] if found.before is not None else [])]
    starred = any(one.suppressed or one.partly for one in tables)
    sides = [list(_figures(one, starred=starred)) for one in tables]
    labels = list(dict.fromkeys(label for side in sides for label, _ in side))
    head = ("", *(("after", "before") if found.before is not None else (found.measured.file,)))
    rows = [(label, *(dict(side).get(label, "–") for side in sides)) for label in labels]
    rows += [(label, value, *("" for _ in sides[1:])) for label, value in _more(found)]
    show.table(head, rows, right=range(1, len(head)))
    if found.measured.combinations is not None:
        print()
        _parts(found)
    if found.judgements:
        print()
        show.table(
            ("preset", "verdict", "because"), [(j.preset.name, j.verdict, _because(j)) for j in found.judgements]
        )


def _figures(one: Measured, *, starred: bool) -> Iterator[tuple[str, str]]:
    """Yield what is said of one table, by its label."""
    yield "rows", f"{one.rows:,}"
    if starred:
        yield "suppressed rows (in no class)", f"{one.suppressed:,}"
        yield "rows with * in some columns", f"{one.partly:,}"
    if one.sizes is None or one.prosecutor is None:
        return
    yield "classes", f"{one.sizes.classes:,}"
    yield "smallest class", f"{one.sizes.smallest:,}"
    yield "alone in their class", f"{one.sizes.uniques:,} ({_share(one.sizes.uniques / one.sizes.records)})"
    yield "highest risk (prosecutor)", f"{one.prosecutor.highest:.3g}"
    yield "average risk (prosecutor, marketer)", f"{one.prosecutor.average:.3g}"
    for threshold, share in one.prosecutor.at_risk:
        yield f"records above risk {float(threshold):.3g}", _share(share)
    for name, d in one.sensitive.items():
        yield f"{name}: least different values in a class", f"{d.distinct}"
        yield f"{name}: largest distance t", f"{d.distance:.3g}"


def _more(found: Found) -> Iterator[tuple[str, str]]:
    """Yield what was asked beyond the table itself."""
    if found.journalist is not None:
        yield "highest risk (journalist)", f"{found.journalist.risk.highest:.3g}"
        yield "average risk (journalist)", f"{found.journalist.risk.average:.3g}"
        if found.journalist.outside:
            yield "records that the population lacks", f"{found.journalist.outside:,}"
    if found.estimates is not None:
        chosen = found.estimates.chosen
        yield f"unique in the population ({chosen.method})", _share(chosen.share)
        if found.match is not None:
            yield "a unique match is right", _share(found.match)
    if found.linkage is not None:
        link = found.linkage
        yield f"rows with a match in {link.file}", f"{link.any_match:,} ({_share(link.any_match / link.rows)})"
        yield "… with exactly one", f"{link.one_match:,} ({_share(link.one_match / link.rows)})"
        yield "… unique on both sides", f"{link.pairs:,}"
        if link.right is not None:
            yield "… of those with exactly one, right", f"{link.right:,}"


def _parts(found: Found) -> None:
    combined = found.measured.combinations
    assert combined is not None
    parts = sorted(
        zip(found.quasi, combined.parts, strict=True),
        key=lambda pair: -(pair[1].vanish if pair[1].average is None else pair[1].average),
    )
    rows = [
        (
            name,
            f"{part.vanish:,}",
            "–" if part.average is None else _share(part.average / max(1, combined.uniques)),
            _share(part.score),
        )
        for name, part in parts[:_MOST]
    ]
    title = "quasi-identifier (proposed)" if found.proposed else "quasi-identifier"
    show.table((title, "uniques that vanish without it", "part of uniques", "in scores"), rows, right=(1, 2, 3))


def _because(judgement: Judgement) -> str:
    """Return what was not met or could not be told; all that was asked where everything was met."""
    wrong = [f for f in judgement.findings if f.verdict != "met"]
    parts = [f"{f.criterion.name.en}: {_against(f)}" for f in (wrong or judgement.findings)[:2]]
    rest = len(wrong or judgement.findings) - len(parts)
    return "; ".join(parts) + (f"; and {rest} more" if rest > 0 else "")


def _against(finding: Finding) -> str:
    if finding.measured is None:
        return finding.criterion.missing.en
    if finding.columns:
        return ", ".join(finding.columns[:5])
    sign = "≥" if finding.criterion.least else "≤"
    return f"{float(finding.measured):.4g} (asked: {sign} {float(finding.limit):.4g})"


def summary(found: Found, *, quiet: bool) -> None:
    """Say what the numbers rest on, and the answer."""
    direct, texts = found.named("direct identifier"), found.named("free text")
    if direct:
        show.say(f"not counted, and worse: direct identifiers in {', '.join(direct[:_MOST])}", quiet=quiet)
    if texts:
        show.say(f"not counted: free text in {', '.join(texts[:_MOST])}, where anything may stand", quiet=quiet)
    if found.proposed:
        left = ", ".join((*found.named("sensitive"), *found.named("nearly unique"))[:_MOST])
        show.say(
            "quasi-identifiers are proposals: name yours with --qi" + (f"; left out: {left}" if left else ""),
            quiet=quiet,
        )
    sizes = found.measured.sizes
    if sizes is None:
        show.say("every row is suppressed: no class is left", quiet=quiet)
    else:
        answer = "yes" if found.met else "no"
        what = "people" if found.person else "records"
        show.say(
            f"every class has {found.k} {what}? {answer}: the smallest has {sizes.smallest:,} (not logged)", quiet=quiet
        )
    if found.judgements:
        from secureprofile.anonymity.presets import JOINT

        show.say(JOINT.en, quiet=quiet)


def _share(share: float) -> str:
    """Write a share in percent; small ones keep a digit.

    Example:
        >>> _share(0.5143), _share(0.0389), _share(0.00012), _share(0)
        ('51.4 %', '3.9 %', '0.012 %', '0 %')
    """
    return f"{100 * share:.1f} %" if share >= 0.01 else f"{100 * share:.2g} %"
