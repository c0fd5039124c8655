"""What changed between two policies, in words: cells opened and closed, treatments, and all that stands around them. Pure.

Every difference is told: what no sentence is made for is told as ``changed``, with its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from secureprofile.policy.document import dotted
from secureprofile.policy.model import Drop, Policy, Purpose, Treatment
from secureprofile.policy.parse import LoadedPolicy
from secureprofile.policy.strength import compare
from secureprofile.policy.treatments import describe

Direction: TypeAlias = Literal["opened", "weaker", "changed", "stronger", "closed"]

OPENING: tuple[Direction, ...] = ("opened", "weaker")
"""What lets more be done or learnt than before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference: where, which way, and a sentence. Cells are named by role, purpose, and dataset.column."""

    what: str
    direction: Direction
    sentence: str
    role: str | None = None
    purpose: str | None = None
    column: str | None = None


def diff(old: LoadedPolicy, new: LoadedPolicy) -> list[Change]:
    """Return what changed from one policy to another: cells first, then the rest, in the file's order."""
    seen = list(_cells(old.policy, new.policy))
    changes = [*seen, *_silent(old.policy, new.policy, {change.purpose for change in seen})]
    changes += _around(old.policy, new.policy)
    for name in sorted(old.siblings.keys() | new.siblings.keys()):
        if old.siblings.get(name) != new.siblings.get(name):
            changes.append(Change(what=name, direction="changed", sentence=f"the file {name} is another one"))
    return changes


# --- cells --------------------------------------------------------------------------------------------------------------

_OUTPUTS = {"export": "leaves in rows", "reveal": "comes back", "release": "in aggregates", "store": "is stored"}


@dataclass(frozen=True, slots=True)
class _Cell:
    treatment: Treatment
    outputs: tuple[str, ...]


def _cell(policy: Policy, role: str, purpose: str, dataset: str, column: str) -> _Cell | None:
    """Return what happens in a cell, None where it is closed."""
    body, spec = policy.purposes.get(purpose), policy.datasets.get(dataset)
    if body is None or spec is None or role not in body.roles or column not in spec.columns:
        return None
    treatment = policy.treatment(purpose, spec.columns[column].category)
    return None if treatment is None or isinstance(treatment, Drop) else _Cell(treatment, body.outputs)


def _cells(old: Policy, new: Policy) -> Iterator[Change]:
    columns = {
        (name, column): None for one in (old, new) for name, spec in one.datasets.items() for column in spec.columns
    }
    for role in {**old.roles, **new.roles}:
        for purpose in {**old.purposes, **new.purposes}:
            for dataset, column in columns:
                cell = (role, purpose, dataset, column)
                yield from _changed(cell, _cell(old, *cell), _cell(new, *cell))


def _changed(cell: tuple[str, str, str, str], old: _Cell | None, new: _Cell | None) -> Iterator[Change]:
    role, purpose, dataset, column = cell

    def change(direction: Direction, sentence: str) -> Change:
        where = f"{dataset}.{column}"
        return Change(what="cell", direction=direction, sentence=sentence, role=role, purpose=purpose, column=where)

    if old is None and new is not None:
        yield change("opened", f"denied before, now {describe(new.treatment)} ({_goes(new.outputs)})")
    elif old is not None and new is None:
        yield change("closed", f"{describe(old.treatment)} before, now denied")
    elif old is not None and new is not None:
        verdict = compare(old.treatment, new.treatment)
        if verdict != "same":
            yield change(verdict, f"{describe(old.treatment)} before, now {describe(new.treatment)}")
        gained = tuple(output for output in new.outputs if output not in old.outputs)
        lost = tuple(output for output in old.outputs if output not in new.outputs)
        if gained:
            yield change("opened", f"new: {_goes(gained)}")
        if lost:
            yield change("closed", f"no more: {_goes(lost)}")


def _silent(old: Policy, new: Policy, seen: set[str | None]) -> Iterator[Change]:
    """Tell rules, roles and outputs that changed without any cell of the tables of today."""
    for name in old.purposes.keys() & new.purposes.keys() - seen:
        for key in ("allow", "roles", "outputs"):
            if getattr(old.purposes[name], key) != getattr(new.purposes[name], key):
                sentence = "changed, for no column that the policy names"
                yield Change(what=key, direction="changed", sentence=sentence, purpose=name)


def _goes(outputs: tuple[str, ...]) -> str:
    return ", ".join(_OUTPUTS[output] for output in outputs)


# --- what stands around the cells -----------------------------------------------------------------------------------------


def _around(old: Policy, new: Policy) -> Iterator[Change]:
    yield from _sets("actors of role {}", old.roles, new.roles, more="opened")
    for role in {**old.authentication, **new.authentication}:
        yield from _ways(role, old.authentication.get(role), new.authentication.get(role))
    for name in {**old.purposes, **new.purposes}:
        before, after = old.purposes.get(name), new.purposes.get(name)
        if before is not None and after is not None:
            yield from _purpose(name, before, after)
    for name in {**old.recipients, **new.recipients}:
        yield from _recipient(name, old, new)
    for name in {**old.domains, **new.domains}:
        one, other = old.domains.get(name), new.domains.get(name)
        if one is not None and other is not None:
            for key in ("epsilon", "delta"):
                yield from _number(f"domains.{name}.{key}", getattr(one, key), getattr(other, key), more="opened")
    yield from _rest(old, new)


def _sets(
    what: str, old: Mapping[str, tuple[str, ...]], new: Mapping[str, tuple[str, ...]], *, more: Direction
) -> Iterator[Change]:
    for name in {**old, **new}:
        yield from _members(what.format(name), old.get(name, ()), new.get(name, ()), more=more)


def _members(
    what: str, old: tuple[str, ...], new: tuple[str, ...], *, more: Direction, purpose: str | None = None
) -> Iterator[Change]:
    fewer: Direction = "closed" if more == "opened" else "opened"
    added = [item for item in new if item not in old]
    gone = [item for item in old if item not in new]
    if added:
        yield Change(what=what, direction=more, sentence=f"added: {', '.join(added)}", purpose=purpose)
    if gone:
        yield Change(what=what, direction=fewer, sentence=f"removed: {', '.join(gone)}", purpose=purpose)


def _ways(role: str, old: tuple[str, ...] | None, new: tuple[str, ...] | None) -> Iterator[Change]:
    what = f"authentication of role {role}"
    if old is None and new is not None:
        yield Change(what=what, direction="closed", sentence=f"anyhow before, now only {' or '.join(new)}")
    elif old is not None and new is None:
        yield Change(what=what, direction="opened", sentence=f"only {' or '.join(old)} before, now anyhow")
    else:
        yield from _members(what, old or (), new or (), more="opened")


def _number(
    what: str, old: Decimal | int | None, new: Decimal | int | None, *, more: Direction, purpose: str | None = None
) -> Iterator[Change]:
    if old == new:
        return
    fewer: Direction = "closed" if more == "opened" else "opened"
    # without a bound nothing is allowed that needs one, so that None counts as less than every number
    rises = old is None or (new is not None and new > old)
    sentence = f"{'none' if old is None else old} before, now {'none' if new is None else new}"
    yield Change(what=what, direction=more if rises else fewer, sentence=sentence, purpose=purpose)


def _flag(what: str, old: Any, new: Any, *, open_value: Any, purpose: str) -> Iterator[Change]:
    if old != new:
        direction: Direction = "opened" if new == open_value else "closed"
        yield Change(what=what, direction=direction, sentence=f"{_word(old)} before, now {_word(new)}", purpose=purpose)


def _word(value: Any) -> str:
    return (
        {True: "true", False: "false", None: "not said"}.get(value, str(value))
        if not isinstance(value, tuple)
        else ", ".join(value)
    )


def _purpose(name: str, old: Purpose, new: Purpose) -> Iterator[Change]:
    yield from _members("recipients", old.recipients, new.recipients, more="opened", purpose=name)
    yield from _flag("consent", old.consent, new.consent, open_value="not-required", purpose=name)
    yield from _flag("cross_border", old.cross_border, new.cross_border, open_value=True, purpose=name)
    yield from _flag("residue", old.residue, new.residue, open_value="redact", purpose=name)
    yield from _flag("spreadsheet_safe", old.spreadsheet_safe, new.spreadsheet_safe, open_value=False, purpose=name)
    yield from _number("minimum_group", old.minimum_group, new.minimum_group, more="closed", purpose=name)
    for key in ("epsilon", "delta"):
        before = getattr(old.budget, key) if old.budget else None
        after = getattr(new.budget, key) if new.budget else None
        yield from _number(f"budget.{key}", before, after, more="opened", purpose=name)
    if old.retention != new.retention:
        longer = days(new.retention) - days(old.retention)
        direction: Direction = "opened" if longer > 0 else "closed" if longer < 0 else "changed"
        sentence = f"{old.retention} before, now {new.retention}"
        yield Change(what="retention", direction=direction, sentence=sentence, purpose=name)
    yield from _consents(name, old, new)
    for key in ("data_use", "lawful_basis"):
        if getattr(old, key) != getattr(new, key):
            yield Change(
                what=key,
                direction="changed",
                sentence=f"{_plain(getattr(old, key))} before, now {_plain(getattr(new, key))}",
                purpose=name,
            )
    if old.pia != new.pia:
        lost = new.pia is None
        sentence = f"{old.pia.ref if old.pia else 'none'} before, now {new.pia.ref if new.pia else 'none'}"
        yield Change(what="pia", direction="weaker" if lost else "changed", sentence=sentence, purpose=name)


def _consents(name: str, old: Purpose, new: Purpose) -> Iterator[Change]:
    """Rules of consents: fewer notices, a shorter age, no minors and more separate consents let less through."""
    if old.consent_rules == new.consent_rules:
        return
    before, after = old.consent_rules, new.consent_rules
    notices = (before.notice if before else (), after.notice if after else ())
    if notices[0] != notices[1]:
        wider = not notices[1] or (bool(notices[0]) and not set(notices[1]) <= set(notices[0]))
        sentence = f"{', '.join(notices[0]) or 'any'} before, now {', '.join(notices[1]) or 'any'}"
        yield Change(
            what="consent_rules.notice", direction="opened" if wider else "closed", sentence=sentence, purpose=name
        )
    ages = (before.max_age if before else None, after.max_age if after else None)
    if ages[0] != ages[1]:
        wider = ages[1] is None or (ages[0] is not None and days(ages[1]) > days(ages[0]))
        sentence = f"{ages[0] or 'any age'} before, now {ages[1] or 'any age'}"
        yield Change(
            what="consent_rules.max_age", direction="opened" if wider else "closed", sentence=sentence, purpose=name
        )
    minors = (before.minors if before else "deny", after.minors if after else "deny")
    yield from _flag("consent_rules.minors", *minors, open_value="guardian", purpose=name)
    separate = (before.separate if before else (), after.separate if after else ())
    yield from _members("consent_rules.separate", *separate, more="closed", purpose=name)


def _recipient(name: str, old: Policy, new: Policy) -> Iterator[Change]:
    before, after = old.recipients.get(name), new.recipients.get(name)
    what = f"recipient {name}"
    if before is None or after is None:
        direction: Direction = "closed" if after is None else "opened"
        sentence = (
            "no agreement any more" if after is None else f"a new agreement, {after.agreement} until {after.expires}"
        )
        yield Change(what=what, direction=direction, sentence=sentence)
        return
    if before.expires != after.expires:
        later = after.expires > before.expires
        sentence = f"until {before.expires} before, now until {after.expires}"
        yield Change(what=what, direction="opened" if later else "closed", sentence=sentence)
    if before.purposes != after.purposes:
        wider = not after.purposes or (bool(before.purposes) and not set(after.purposes) <= set(before.purposes))
        sentence = f"for {', '.join(before.purposes) or 'every purpose'} before, now for {', '.join(after.purposes) or 'every purpose'}"
        yield Change(what=what, direction="opened" if wider else "closed", sentence=sentence)
    for key in ("agreement", "country"):
        if getattr(before, key) != getattr(after, key):
            sentence = f"{key} {_word(getattr(before, key))} before, now {_word(getattr(after, key))}"
            yield Change(what=what, direction="changed", sentence=sentence)


def days(duration: str) -> int:
    """Return an ISO 8601 duration in days, a year of 365 and a month of 30: for comparing, not for counting.

    Example:
        >>> days("P1Y2W"), days("P90D")
        (379, 90)
    """
    total, number = 0, ""
    for character in duration.removeprefix("P"):
        if character.isdigit():
            number += character
        else:
            total += int(number) * {"Y": 365, "M": 30, "W": 7, "D": 1}[character]
            number = ""
    return total


# --- all that has no sentence of its own -----------------------------------------------------------------------------------

_SAID = {
    ("roles",), ("authentication",), ("recipients",), ("policy", "version"), ("policy", "effective"),
    *((("domains", "*", key)) for key in ("epsilon", "delta")),
    *(("purposes", "*", key) for key in ("allow", "roles", "outputs", "recipients", "consent", "cross_border", "residue",
      "spreadsheet_safe", "minimum_group", "budget", "retention", "consent_rules", "data_use", "lawful_basis", "pia")),
}  # fmt: skip
"""Places that sentences above cover; ``*`` stands for any name."""


def _rest(old: Policy, new: Policy) -> Iterator[Change]:
    """Tell every other difference by its place, so that nothing changes unseen."""
    yield from _walk((), old.model_dump(mode="python"), new.model_dump(mode="python"))


def _walk(path: tuple[str, ...], old: Any, new: Any) -> Iterator[Change]:
    if old == new or path in _SAID or (len(path) == 3 and (path[0], "*", path[2]) in _SAID):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _walk((*path, str(key)), old.get(key), new.get(key))
        return
    came, went = old in (None, (), {}), new in (None, (), {})
    said = "added" if came else "removed" if went else "changed"
    yield Change(what=dotted(path), direction="changed", sentence=said)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return str(value)
