"""Yardsticks: what one asks of a table, on which assumptions, and whether a measured table meets it. Their rows are in ``presets``.

A verdict says "meets this yardstick at these limits under these assumptions", never that a table is anonymous: that depends on what others
know and can do, which no table tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from secureprofile.released import Text

Verdict = Literal["met", "not met", "cannot tell"]
Limit: TypeAlias = Fraction | Literal["k", "threshold"]
"""A number, or the one that the caller names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured of a table; None where it was not or cannot be.

    Attributes:
        smallest: records (people) of the smallest class.
        direct: columns with direct identifiers. free_text: columns in which anything may stand.
        unknown: columns that are nearly unique, of which nothing else is known: they may be identifiers.
        links: records with exactly one match in the second file.
        blind: columns whose cells hardly occur there, so that finding no match says nothing.
        distinct: least number of sensitive values in a class, of all sensitive columns.
        safe_harbor: for each letter of the safe harbor the columns that break it; None where columns were not looked at.
    """

    smallest: int | None = None
    direct: tuple[str, ...] | None = None
    free_text: tuple[str, ...] | None = None
    unknown: tuple[str, ...] = ()
    links: int | None = None
    blind: tuple[str, ...] = ()
    distinct: int | None = None
    safe_harbor: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One question: ``measure`` names the figure that answers it, which must be at least or at most ``limit``.

    ``missing`` says why there may be no answer.
    """

    name: Text
    measure: str
    limit: Limit
    least: bool
    missing: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One yardstick. ``tau``: the class risk that separates levels 3 and 2 of GB/T 42460."""

    name: str
    title: Text
    source: str
    criteria: tuple[Criterion, ...]
    assumptions: tuple[Text, ...]
    tau: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to one criterion: measured against limit; ``columns`` are those that break it, where columns do."""

    criterion: Criterion
    verdict: Verdict
    measured: Fraction | None
    limit: Fraction
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a yardstick says of a table. ``level`` is that of GB/T 42460, 1 to 3 for a table of rows."""

    preset: Preset
    verdict: Verdict
    sentence: Text
    findings: tuple[Finding, ...]
    level: int | None = None


def judge(preset: Preset, figures: Figures, *, k: int, threshold: Fraction | None = None) -> Judgement:
    """Hold a table against a yardstick: met where all criteria are, not met where any is not, otherwise it cannot be told.

    Args:
        preset: the yardstick.
        figures: what was measured.
        k: the class size that criteria with the limit ``k`` ask for.
        threshold: the risk that those with the limit ``threshold`` allow.

    Raises:
        ValueError: the yardstick needs a threshold, and there is none.

    Example:
        >>> asked = Criterion(name=_SHORT["smallest"], measure="smallest", limit="k", least=True, missing=_SHORT["smallest"])
        >>> mine = Preset(name="mine", title=Text(en="my rule", zh="我的规则"), source="", criteria=(asked,), assumptions=())
        >>> judge(mine, Figures(smallest=4), k=5).sentence.en
        'does not meet my rule (smallest class at least 5) under the assumptions named'
    """
    findings = tuple(_answer(criterion, figures, k, threshold) for criterion in preset.criteria)
    verdicts = {finding.verdict for finding in findings}
    verdict: Verdict = "not met" if "not met" in verdicts else "cannot tell" if "cannot tell" in verdicts else "met"
    return Judgement(
        preset=preset,
        verdict=verdict,
        sentence=_sentence(preset, findings, verdict),
        findings=findings,
        level=None if preset.tau is None else _level(figures, preset.tau),
    )


def _answer(criterion: Criterion, figures: Figures, k: int, threshold: Fraction | None) -> Finding:
    limit = criterion.limit
    if limit == "k":
        limit = Fraction(k)
    elif limit == "threshold":
        if threshold is None:
            raise ValueError("this yardstick needs a threshold")
        limit = threshold
    measured, columns = _figure(criterion.measure, figures)
    why, doubtful = _DOUBTS.get(criterion.measure, (None, ""))
    if measured == 0 and why is not None and getattr(figures, doubtful):
        asked = replace(criterion, missing=why)
        return Finding(
            criterion=asked, verdict="cannot tell", measured=None, limit=limit, columns=getattr(figures, doubtful)
        )
    if measured is None:
        return Finding(criterion=criterion, verdict="cannot tell", measured=None, limit=limit)
    met = measured >= limit if criterion.least else measured <= limit
    return Finding(
        criterion=criterion, verdict="met" if met else "not met", measured=measured, limit=limit, columns=columns
    )


def _figure(measure: str, figures: Figures) -> tuple[Fraction | None, tuple[str, ...]]:
    columns: tuple[str, ...] | None
    if measure == "highest":
        return (None if figures.smallest is None else Fraction(1, figures.smallest)), ()
    if measure in ("direct", "free_text"):
        columns = figures.direct if measure == "direct" else figures.free_text
    elif len(measure) == 1:
        columns = None if figures.safe_harbor is None else figures.safe_harbor[measure]
    else:
        number = {"smallest": figures.smallest, "links": figures.links, "distinct": figures.distinct}[measure]
        return (None if number is None else Fraction(number)), ()
    return (None, ()) if columns is None else (Fraction(len(columns)), columns)


def _level(figures: Figures, tau: Fraction) -> int | None:
    """Return the level of GB/T 42460: 1 with direct identifiers, 2 with a class above τ, 3 without; 4 is for tables of groups."""
    if figures.direct is None or figures.smallest is None or (figures.unknown and not figures.direct):
        return None
    return 1 if figures.direct else 2 if Fraction(1, figures.smallest) > tau else 3


def _sentence(preset: Preset, findings: Sequence[Finding], verdict: Verdict) -> Text:
    at = [f for f in findings if f.criterion.measure in ("highest", "smallest", "distinct")]
    en = ", ".join(
        f"{_SHORT[f.criterion.measure].en} {'at least' if f.criterion.least else 'at most'} {plain(f.limit)}"
        for f in at
    )
    zh = "、".join(
        f"{_SHORT[f.criterion.measure].zh}{'至少' if f.criterion.least else '至多'} {plain(f.limit)}" for f in at
    )
    word = _MEETS[verdict]
    return Text(
        en=f"{word.en} {preset.title.en}{f' ({en})' if en else ''} under the assumptions named",
        zh=f"在所列假设下，{word.zh}{preset.title.zh}{f'（{zh}）' if zh else ''}",
    )


def plain(number: Fraction) -> str:
    """Write a limit or a measured number as people do.

    Example:
        >>> plain(Fraction(9, 100)), plain(Fraction(11)), plain(Fraction(1, 3)), plain(Fraction(1, 11))
        ('0.09', '11', '1/3', '0.09091')
    """
    if number.denominator == 1:
        return f"{number.numerator:,}"
    short = f"{float(number):.4g}"
    return short if Fraction(short) == number or number.denominator > 10 else f"{number.numerator}/{number.denominator}"


_UNKNOWN: Final = Text(en="columns are nearly unique, and nothing else is known of them", zh="有近乎唯一而性质不明的列")
_BLIND: Final = Text(
    en="cells of some columns hardly occur in the second file, so that equal ones say nothing",
    zh="某些列的单元格几乎不出现在第二份文件中，精确匹配说明不了什么",
)
_DOUBTS: Final[Mapping[str, tuple[Text | None, str]]] = {
    "direct": (_UNKNOWN, "unknown"),
    "R": (_UNKNOWN, "unknown"),
    "links": (_BLIND, "blind"),
}
"""Measures whose 0 is no answer where the figure named holds columns."""
_MEETS: Final[Mapping[Verdict, Text]] = {
    "met": Text(en="meets", zh="满足"),
    "not met": Text(en="does not meet", zh="不满足"),
    "cannot tell": Text(en="cannot be told to meet", zh="无法判定是否满足"),
}
_SHORT: Final = {
    "highest": Text(en="highest risk", zh="最高风险"),
    "smallest": Text(en="smallest class", zh="最小等价类"),
    "distinct": Text(en="sensitive values per class", zh="每类敏感取值"),
}
