"""What a measuring of risk found, as an internal page."""

from __future__ import annotations

from dataclasses import replace

from secureprofile.anonymity.presets import JOINT
from secureprofile.anonymity.risk import Risk
from secureprofile.anonymity.yardsticks import Finding, Judgement, plain
from secureprofile.flows.linkage import Linkage
from secureprofile.flows.measure import Measured
from secureprofile.flows.risk import Found
from secureprofile.released import Internal, Text
from secureprofile.report import risk as report
from secureprofile.report.wording import Language


def risk_page(found: Found, *, lang: Language) -> str:
    """Return the report; see :mod:`secureprofile.report.risk`."""
    combined = found.measured.combinations
    parts = zip(found.quasi, combined.parts, strict=True) if combined is not None else ()
    attributes = [
        report.Attribute(name=name, vanish=_count(part.vanish), average=part.average, score=part.score)
        for name, part in parts
    ]
    page = report.RiskPage(
        k=found.k,
        met=found.met,
        quasi=found.quasi,
        proposed=found.proposed,
        person=found.person,
        side=_side(found.measured),
        before=None if found.before is None else _side(found.before),
        attributes=tuple(
            sorted(attributes, key=lambda one: -(one.vanish.value if one.average is None else one.average))
        ),
        subsets=tuple(
            report.Subset(
                names=tuple(found.quasi[at] for at in subset.attributes),
                uniques=_count(subset.uniques),
                smallest=_count(subset.smallest),
            )
            for subset in (combined.subsets if combined is not None else ())
        ),
        minimal=tuple(_count(number) for number in (combined.minimal if combined is not None else ())),
        singled=None if combined is None else _count(combined.singled),
        secrets=tuple(
            report.Secret(
                name=name,
                distinct=_count(one.distinct),
                entropy=one.entropy,
                homogeneous=_count(one.homogeneous),
                distance=one.distance,
            )
            for name, one in found.measured.sensitive.items()
        ),
        among=_among(found),
        population=_population(found),
        links=None if found.linkage is None else _links(found.linkage),
        verdicts=tuple(_verdict(judgement) for judgement in found.judgements),
        roles=tuple(_roles(found)),
        joint=JOINT,
    )
    return report.risk_html(page, lang=lang)


def _count(number: int) -> Internal:
    return Internal(value=number, what="records")


def _side(one: Measured) -> report.Side:
    bare = report.Side(
        file=one.file, rows=_count(one.rows), suppressed=_count(one.suppressed), partly=_count(one.partly)
    )
    if one.sizes is None or one.prosecutor is None:
        return bare
    sizes = one.sizes
    return replace(
        bare,
        records=_count(sizes.records),
        classes=_count(sizes.classes),
        smallest=_count(sizes.smallest),
        uniques=_count(sizes.uniques),
        bands=tuple(
            report.Band(label=_range(band.low, band.high), classes=_count(band.classes), records=_count(band.records))
            for band in sizes.bands
        ),
        highest=one.prosecutor.highest,
        average=one.prosecutor.average,
        above=_above(one.prosecutor),
    )


def _range(low: int, high: int | None) -> str:
    return f"{low}+" if high is None else f"{low}" if low == high else f"{low}–{high}"


def _above(risk: Risk) -> tuple[tuple[str, float], ...]:
    return tuple((plain(threshold), share) for threshold, share in risk.at_risk)


def _among(found: Found) -> report.Among | None:
    if found.journalist is None:
        return None
    risk = found.journalist.risk
    return report.Among(
        file=found.population or "",
        highest=risk.highest,
        average=risk.average,
        above=_above(risk),
        outside=_count(found.journalist.outside),
    )


def _population(found: Found) -> report.Population | None:
    guessed = found.estimates
    if guessed is None:
        return None
    models = (("Pitman", guessed.pitman), ("Zayatz", guessed.zayatz), ("SNB", guessed.snb))
    return report.Population(
        size=_count(guessed.population),
        fraction=guessed.fraction,
        guesses=tuple(
            report.Guess(model=name, share=None if one is None else one.share, trusted=one == guessed.chosen)
            for name, one in models
        ),
        match=found.match,
    )


def _links(linkage: Linkage) -> report.Links:
    counts = [("any", linkage.any_match), ("one", linkage.one_match), ("right", linkage.right), ("both", linkage.pairs)]
    counts += [("right_both", linkage.right_pairs), ("alone", linkage.alone)]
    return report.Links(
        file=linkage.file,
        names=linkage.names,
        counts=tuple((key, _count(number)) for key, number in counts if number is not None),  # type: ignore[misc]
        occurs=linkage.overlap,
    )


def _verdict(judgement: Judgement) -> report.Verdict:
    return report.Verdict(
        name=judgement.preset.name,
        verdict=judgement.verdict,
        sentence=judgement.sentence,
        answers=tuple(_answer(finding) for finding in judgement.findings),
        assumptions=judgement.preset.assumptions,
        source=judgement.preset.source,
        level=judgement.level,
    )


def _answer(finding: Finding) -> report.Answer:
    note = finding.criterion.missing if finding.measured is None else None
    if finding.columns:
        why = Text(en="", zh="") if note is None else Text(en=f"{note.en}: ", zh=f"{note.zh}：")
        note = Text(en=why.en + ", ".join(finding.columns), zh=why.zh + "、".join(finding.columns))
    return report.Answer(
        name=finding.criterion.name,
        verdict=finding.verdict,
        measured="" if finding.measured is None else plain(finding.measured),
        limit=plain(finding.limit),
        least=finding.criterion.least,
        note=note,
    )


def _roles(found: Found) -> list[tuple[str, str, str]]:
    """Return (column, category, the word for what it was taken for): as named by the caller, else as looked at."""
    roles = []
    for column in found.columns:
        role: str = column.role
        if column.name in found.quasi:
            role = "quasi-identifier"
        elif column.name == found.person:
            role = "person_role" if role != "direct identifier" else role
        elif column.name in found.measured.sensitive or role == "sensitive":
            role = "sensitive_role"
        elif role == "quasi-identifier":
            role = "not used"
        roles.append((column.name, column.category or "", role))
    return roles
