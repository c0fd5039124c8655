"""The report on re-identification risk: an internal page without script. Counts and shares, never a value of a cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, Literal

from markupsafe import Markup

from secureprofile.released import Internal, Text
from secureprofile.report.parts import environment, isolated, pick
from secureprofile.report.risk_figures import percent, share_bars, share_map
from secureprofile.report.wording import RISK, Language, say

MOST_IN_MAP: Final = 12
"""Columns up to which pairs are drawn as a map."""
MOST_BARS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Classes of one range of sizes, such as ``3–4``, and the records in them."""

    label: str
    classes: Internal
    records: Internal


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One table. ``bands`` is empty where every row is suppressed; risks are chances from 0 to 1, ``above`` maps a risk to a share."""

    file: str
    rows: Internal
    suppressed: Internal
    partly: Internal
    records: Internal | None = None
    classes: Internal | None = None
    smallest: Internal | None = None
    uniques: Internal | None = None
    bands: tuple[Band, ...] = ()
    highest: float = 0.0
    average: float = 0.0
    above: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A quasi-identifier's part: uniques that vanish without it, its average part (None: not computed) and its share of scores."""

    name: str
    vanish: Internal
    average: float | None
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Subset:
    """Some columns by their names, how many records are alone by them, and the smallest class."""

    names: tuple[str, ...]
    uniques: Internal
    smallest: Internal


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What classes give away about a sensitive column."""

    name: str
    distinct: Internal
    entropy: float
    homogeneous: Internal
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """The journalist's risk in a population's table."""

    file: str
    highest: float
    average: float
    above: tuple[tuple[str, float], ...]
    outside: Internal


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One model's estimate of the share that is unique in the population; None where it has no solution."""

    model: str
    share: float | None
    trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Estimates for a population of a size."""

    size: Internal
    fraction: float
    guesses: tuple[Guess, ...]
    match: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """A linkage that was tried; ``occurs`` has each column's share of cells that the other file has."""

    file: str
    names: tuple[str, ...]
    counts: tuple[tuple[Literal["any", "one", "right", "both", "right_both", "alone"], Internal], ...]
    occurs: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one criterion; ``measured`` and ``limit`` as people write them, ``note`` why there is none or which columns break it."""

    name: Text
    verdict: Literal["met", "not met", "cannot tell"]
    measured: str
    limit: str
    least: bool
    note: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a yardstick says."""

    name: str
    verdict: Literal["met", "not met", "cannot tell"]
    sentence: Text
    answers: tuple[Answer, ...]
    assumptions: tuple[Text, ...]
    source: str
    level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPage:
    """Everything that the page shows. ``roles``: (column, data category, what it was taken for)."""

    k: int
    met: bool
    quasi: tuple[str, ...]
    proposed: bool
    person: str | None
    side: Side
    before: Side | None
    attributes: tuple[Attribute, ...]
    subsets: tuple[Subset, ...]
    minimal: tuple[Internal, ...]
    singled: Internal | None
    secrets: tuple[Secret, ...]
    among: Among | None
    population: Population | None
    links: Links | None
    verdicts: tuple[Verdict, ...]
    roles: tuple[tuple[str, str, str], ...]
    joint: Text


_COUNTS: Final = frozenset(
    "rows suppressed partly records classes smallest uniques vanish distinct homogeneous outside size singled".split()
)
"""Fields that hold exact counts."""


def risk_html(page: RiskPage, *, lang: Language) -> str:
    """Return the page.

    Raises:
        TypeError: a count that is not marked as internal.
    """
    _check(page)
    words = {key: texts[lang] for key, texts in RISK.items()}
    what = "records" if page.person is None else "people"
    unit, bare = words[what], words[f"{what}_bare"]  # Chinese counts records with a word of its own
    records = page.side.records.value if page.side.records else 0
    return (
        environment()
        .get_template("risk.html.j2")
        .render(
            lang=lang,
            w=words,
            page=page,
            bare=bare,
            watermark=say("internal", lang),
            answer=_answer(page, words, unit),
            names=lambda names: _joined(names, lang),
            isolated=isolated,
            percent=percent,
            pick=lambda text: pick(text, lang),
            number=lambda count: f"{count.value:,}",
            chance=lambda risk: f"{risk:.3g}",
            share=lambda count, of: percent(count.value / max(1, of.value)),
            fill=lambda key, **values: words[key].format(unit=unit, bare=bare, **values),
            direct=[name for name, _, role in page.roles if role == "direct identifier"],
            free_text=[name for name, _, role in page.roles if role == "free text"],
            sizes=_sizes(page, words),
            attributes=_attributes(page, records, words),
            pairs=_pairs(page, records, words),
            sets=_sets(page, records, words),
            minimal=" / ".join(f"{count.value:,}" for count in page.minimal),
            largest=max((len(subset.names) for subset in page.subsets), default=1),
        )
    )


def _check(page: RiskPage) -> None:
    """Refuse a count that could be taken for a released one, wherever on the page it stands."""
    listed = [*page.minimal, *(count for _, count in (page.links.counts if page.links is not None else ()))]
    for held in (*listed, *_held(page)):
        if not isinstance(held, Internal):
            raise TypeError(f"an internal page takes Internal numbers, not {type(held).__name__}")


def _held(value: Any) -> Iterator[Any]:
    """Yield what stands in the fields of counts, of a value and of all that it holds."""
    for field in fields(value):
        held = getattr(value, field.name)
        if field.name in _COUNTS and held is not None:
            yield held
        for one in held if isinstance(held, tuple) else (held,):
            if is_dataclass(one) and not isinstance(one, Internal | Text):
                yield from _held(one)


def _joined(names: Sequence[str], lang: Language) -> str:
    return ("、" if lang == "zh" else ", ").join(isolated(name) for name in names)


def _answer(page: RiskPage, words: Mapping[str, str], unit: str) -> str:
    if page.side.smallest is None:
        return words["empty"]
    key = "yes" if page.met else "no"
    return words[key].format(k=f"{page.k:,}", n=f"{page.side.smallest.value:,}", unit=unit)


def _sizes(page: RiskPage, words: Mapping[str, str]) -> Markup | None:
    sides = [side for side in (page.side, page.before) if side is not None and side.bands]
    if not page.side.bands:
        return None
    series = [
        [band.records.value / max(1, side.records.value) for band in side.bands] for side in sides if side.records
    ]
    labels = [band.label for band in page.side.bands]
    return Markup(share_bars(labels, series, title=words["sizes"], names=(words["after"], words["before"])))


def _attributes(page: RiskPage, records: int, words: Mapping[str, str]) -> Markup | None:
    """Draw each column's average part, or what vanishes without it where averages were too much work; largest first."""
    uniques = page.side.uniques.value if page.side.uniques else 0
    if not page.attributes or not uniques:
        return None
    shown = page.attributes[:MOST_BARS]
    if all(one.average is not None for one in shown):
        shares = [(one.average or 0.0) / uniques for one in shown]
    else:
        shares = [one.vanish.value / uniques for one in shown]
    return Markup(share_bars([one.name for one in shown], [shares], title=words["attributes"]))


def _pairs(page: RiskPage, records: int, words: Mapping[str, str]) -> Markup | None:
    found = {subset.names: subset.uniques.value / max(1, records) for subset in page.subsets if len(subset.names) < 3}
    if not 1 < len(page.quasi) <= MOST_IN_MAP or not any(len(names) == 2 for names in found):
        return None
    shares = [
        [found[(column, row)] if column != row else found[(row,)] for column in page.quasi[: at + 1]]
        for at, row in enumerate(page.quasi)
    ]
    return Markup(share_map(page.quasi, shares, title=words["pairs"]))


def _sets(page: RiskPage, records: int, words: Mapping[str, str]) -> list[tuple[str, Subset, str, str]]:
    """Return the combinations by which most are alone: (columns, counts, share, width of its bar)."""
    ranked = sorted(page.subsets, key=lambda one: (-one.uniques.value, len(one.names)))
    top = max(1, ranked[0].uniques.value) if ranked else 1
    return [
        (
            " × ".join(isolated(name) for name in one.names),
            one,
            percent(one.uniques.value / max(1, records)),
            f"{100 * one.uniques.value / top:.1f}",
        )
        for one in ranked[:MOST_BARS]
        if one.uniques.value
    ]
