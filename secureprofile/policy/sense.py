"""Does a treatment make sense, in itself and for this kind of data? Told when the policy is read, never when rows are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from secureprofile.policy.scalars import Model
from secureprofile.policy.treatments import (
    DateShift,
    Fpe,
    Generalize,
    Mask,
    Noise,
    Replace,
    TopBottom,
)
from secureprofile.vocabulary import DIRECT_IDENTIFIERS, within

_PHONE = ("user.contact.phone_number", "user.contact.fax_number")
FAKES: dict[str, str] = {
    "user.name": "name",
    "user.contact.email": "email",
    **dict.fromkeys(_PHONE, "phone"),
    "user.contact.address.street": "street",
    "user.account.username": "username",
}
"""Data category → kind of fake that ``replace`` makes for it and for what lies below it."""

_FOR: dict[str, tuple[tuple[str, ...], str]] = {
    "domain": (("user.contact.email",), "prefix, or drop"),
    "network": (("user.device.ip_address",), "pseudonym, or drop"),
    "region": (("user.contact.address", "user.location"), "drop"),
    "age_band": (("user.demographic.date_of_birth",), "band, for numbers"),
}
"""Coarseness → the categories that it is for, and what to write for others."""

_DATES = ("year", "quarter", "month")
_NUMBERS = ("step", "band")
_SPELLED = (*_PHONE, "user.government_id", "user.financial", "user.payment", "user.unique_id", "user.account",
            "user.device.device_id", "user.device.cookie_id", "user.health_and_medical", "user.behavior", "user.workplace")  # fmt: skip
"""Categories of identifiers that are spelled in digits or in digits and letters."""

_NEEDS = {"step": ("step",), "prefix": ("prefix",), "band": ("edges",), "age_band": ()}
_MAY = {**_NEEDS, "age_band": ("edges", "as_of")}
_EXAMPLE = {"step": "step: 10", "prefix": "prefix: 3", "edges": "edges: [10, 100]", "as_of": "as_of: 2026-01-31"}

Sense = Iterator[tuple[str, str]]
"""(message, hint)."""


def fake_kind(category: str) -> str | None:
    """Return the kind of fake for a data category, None where there is none.

    Example:
        >>> fake_kind("user.name.first"), fake_kind("user.contact.email"), fake_kind("user.contact.url")
        ('given', 'email', None)
    """
    if within(category, ("user.name.first",)):
        return "given"
    if within(category, ("user.name.last",)):
        return "surname"
    return next((kind for known, kind in FAKES.items() if within(category, (known,))), None)


def treatment_findings(treatment: Model, category: str) -> Sense:
    """Yield what is wrong with a treatment, in itself or for this data category."""
    match treatment:
        case Generalize():
            yield from _generalize(treatment, category)
        case Mask():
            yield from _mask(treatment)
        case Fpe():
            yield from _fpe(treatment, category)
        case Replace():
            yield from _replace(treatment, category)
        case DateShift() if within(category, DIRECT_IDENTIFIERS):
            yield f"{category} is no date", "pseudonym, or drop"
        case TopBottom():
            yield from _top_bottom(treatment, category)
        case Noise():
            yield from _noise(treatment, category)
        case _:
            return


def _generalize(treatment: Generalize, category: str) -> Sense:
    to = treatment.to
    for key, example in _EXAMPLE.items():
        given = getattr(treatment, key) is not None
        if (given and key not in _MAY.get(to, ())) or (not given and key in _NEEDS.get(to, ())):
            owner = "band` and `to: age_band" if key == "edges" else "age_band" if key == "as_of" else key
            yield f"`{key}` belongs to `to: {owner}`", f"{{generalize: {{to: {owner.split('`')[0]}, {example}}}}}"
    if treatment.edges is not None:
        yield from _edges(treatment.edges, whole=to == "age_band")
    if treatment.as_of is not None and not _is_day(treatment.as_of):
        yield "`as_of` is not a day of the calendar", "a day: 2026-01-31"
    categories, instead = _FOR.get(to, ((), ""))
    if categories and not within(category, categories):
        yield f"`to: {to}` is for {' and '.join(categories)}, not for {category}", instead
    if to in (*_DATES, *_NUMBERS) and within(category, DIRECT_IDENTIFIERS):
        what = "dates" if to in _DATES else "numbers"
        yield f"`to: {to}` is for {what}, and {category} singles a person out", "mask, pseudonym, or drop"


def _edges(edges: Sequence[Decimal], *, whole: bool) -> Sense:
    if any(a >= b for a, b in pairwise(edges)):
        yield "`edges` must rise", "edges: [18, 25, 35]"
    if whole and any(edge != edge.to_integral_value() or not 0 < edge <= 130 for edge in edges):
        yield "`edges` of ages are whole years between 1 and 130", "edges: [18, 25, 35]"
    if any(not edge.is_finite() or abs(edge) >= Decimal(10) ** 15 for edge in edges):
        yield "`edges` must lie between −10¹⁵ and 10¹⁵", "edges: [0, 1000]"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _mask(treatment: Mask) -> Sense:
    if treatment.pattern is None:
        return
    if treatment.keep_first or treatment.keep_last:
        yield "`pattern` says already what stays", "remove keep_first and keep_last"
    if "*" not in treatment.pattern:
        yield "this pattern hides nothing", "# lets a letter or digit stand, * hides one: ###****####"


def _fpe(treatment: Fpe, category: str) -> Sense:
    if not within(category, _SPELLED):
        yield f"{category} is not spelled in digits", "encrypt, or replace"
    if treatment.check != "none" and treatment.alphabet != "digits":
        yield f"`check: {treatment.check}` needs `alphabet: digits`", "remove alphabet"
    if treatment.check == "cn-resident-id":
        if not within(category, ("user.government_id",)):
            yield f"{category} is no resident identity number", "check: none"
        if treatment.keep_first:
            yield "the province stays readable, nothing else can", "remove keep_first"


def _replace(treatment: Replace, category: str) -> Sense:
    kind = fake_kind(category)
    if kind is None:
        other = "fpe, or pseudonym" if within(category, _SPELLED) else "pseudonym, or drop"
        yield f"there is no fake for {category}", other
    elif treatment.region is not None and kind != "phone":
        yield "`region` belongs to phone numbers", "remove region"


def _top_bottom(treatment: TopBottom, category: str) -> Sense:
    low, high = treatment.low, treatment.high
    if low is None and high is None:
        yield "no bound is declared", "{top_bottom: {low: 0, high: 100}}"
    if low is not None and high is not None and low >= high:
        yield "`low` must be below `high`", "{top_bottom: {low: 0, high: 100}}"
    if any(bound is not None and (not bound.is_finite() or abs(bound) >= Decimal(10) ** 15) for bound in (low, high)):
        yield "bounds must lie between −10¹⁵ and 10¹⁵", "{top_bottom: {low: 0, high: 100}}"
    if within(category, DIRECT_IDENTIFIERS):
        yield f"{category} is no number, it singles a person out", "pseudonym, or drop"


def _noise(treatment: Noise, category: str) -> Sense:
    low, high, step = treatment.low, treatment.high, treatment.step
    if low is not None and high is not None and low >= high:
        yield "`low` must be below `high`", "{noise: {sd: 5, low: 0, high: 100}}"
    if any(bound is not None and (not bound.is_finite() or abs(bound) >= Decimal(10) ** 12) for bound in (low, high)):
        yield "bounds must lie between −10¹² and 10¹²", "{noise: {sd: 5, low: 0, high: 100}}"
    if step * 10**4 % 1 or step > 10**6:
        yield "`step` has at most four decimals and is at most 1,000,000", "step: 0.01"
    elif treatment.sd < step / 2 or treatment.sd > step * 10**6:
        yield (
            "`sd` lies between half a step and a million steps: less would move nothing",
            f"sd: {step}, or a finer step",
        )
    if within(category, DIRECT_IDENTIFIERS):
        yield f"{category} is no number, it singles a person out", "pseudonym, or drop"
