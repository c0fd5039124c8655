"""The verbs ``release plan`` and ``release run``: noisy aggregates under one (ε, δ), charged before anybody sees them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from secureprofile.adapters.clock import now, stamp
from secureprofile.adapters.diffprivlib import NoiseSampler
from secureprofile.adapters.duckdb import DuckEngine
from secureprofile.adapters.outputs import write_whole
from secureprofile.adapters.views import PORTRAIT, Charge, Reader, Snapshot, StoredRelease, Writer
from secureprofile.audit.entry import named
from secureprofile.dp.changes import change
from secureprofile.dp.derived import comparisons
from secureprofile.dp.draw import noisy, widest
from secureprofile.dp.ledger import Account
from secureprofile.dp.marginals import counted, counting
from secureprofile.dp.mechanism import Sampler
from secureprofile.dp.numbers import Clips, Sum, draw
from secureprofile.dp.plan import CONFIDENCE, Plan, plan_release
from secureprofile.dp.request import Codes, Request, load_releases
from secureprofile.dp.segments import numbers
from secureprofile.errors import BudgetRefused, Refused, UsageError
from secureprofile.flows.budget import accounts, check
from secureprofile.flows.build import visible_files
from secureprofile.flows.document import mechanisms, published_tables
from secureprofile.flows.gate import Context, authorise, begin, record
from secureprofile.flows.presence import stored_people, touching
from secureprofile.flows.progress import Progress
from secureprofile.portrait.build import CLIPPED
from secureprofile.portrait.dictionary import TagDictionary
from secureprofile.released import Document
from secureprofile.version import __version__

_Counts = dict[Codes, NDArray[np.int64]]
_Sums = dict[Sum | Clips, NDArray[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A release that was run, or found already published."""

    stored: StoredRelease
    document: Document
    reused: bool
    path: Path


def requests(context: Context, tags: TagDictionary) -> dict[str, Request]:
    """Return the releases that the policy's releases file declares."""
    policy = context.policy.policy
    if policy.releases is None:
        raise UsageError("the policy names no releases file", hint="add `releases: releases.yaml` to the policy")
    text = context.policy.sibling(policy.releases)
    return load_releases(
        text,
        file=policy.releases,
        policy=policy,
        tags=tags.attributes(),
        measures=tags.public_measures(),
        refused=tags.why_not_released,
    )


def plan(context: Context, tags: TagDictionary, name: str) -> Plan:
    """Plan a release: what it costs and how exact it will be. Reads files only, never data; costs nothing.

    Raises:
        UsageError: no release of this name is declared.
    """
    declared = requests(context, tags)
    if name not in declared:
        raise UsageError("no such release is declared", hint="one of: " + ", ".join(sorted(declared)))
    request = declared[name]
    policy = context.policy.policy
    return plan_release(
        request,
        attributes=tags.attributes(),
        measures=tags.public_measures(),
        minimum_group=policy.purposes[request.purpose].minimum_group,
        population=policy.domains[request.domain].population,
    )


def run(context: Context, tags: TagDictionary, name: str, *, progress: Progress, sampler: Sampler | None = None) -> Run:
    """Run a planned release on the newest portrait.

    The same plan on the same portrait returns the stored bytes and costs nothing; that is decided by their ids, never by
    content. Nothing is refunded, nothing is drawn twice.

    Raises:
        Refused: there is no portrait, or consents changed since it was built.
        BudgetRefused: it costs more than is left.
    """
    authorise(context, "release.run", "release")
    planned = plan(context, tags, name)
    request = planned.request
    if request.purpose != context.purpose:
        raise UsageError(
            f"release {name} is declared for purpose {request.purpose}", hint=f"--purpose {request.purpose}"
        )
    with context.state.reading() as view:
        snapshot = _portrait(context, view, tags)
        stored = view.release(plan=planned.hash, snapshot=snapshot.id)
    if stored is not None:
        record(
            context,
            "release.reuse",
            result="allow",
            reason="done",
            plan=planned.hash,
            snapshot=str(snapshot.id),
            output_digest=_digest(stored),
            **_about(planned),
        )
        return _finish(context, stored, reused=True)
    _refuse_overspend(context, planned)
    with begin(context, "release.run", plan=planned.hash, snapshot=str(snapshot.id), **_about(planned)) as act:
        counts, sums = _exact(context, snapshot, planned, progress)
        progress.step("draw the noise")
        source = sampler or NoiseSampler()
        tables, drawn = noisy(planned, counts, source), draw(sums, source)
        created = stamp(now())

        def work(tx: Writer) -> StoredRelease:
            account = _check(context, tx, planned)
            document = _document(context, planned, tables, drawn, snapshot, account, created=created, entry=act.index)
            if earlier := [Document.from_json(one.body) for one in tx.releases() if one.name == name]:
                document = replace(document, changes=(change(earlier[-1], document),))
            release = StoredRelease(
                id=document.release_id,
                name=name,
                plan=planned.hash,
                snapshot=snapshot.id,
                purpose=request.purpose,
                created=created,
                body=document.to_json(),
            )
            tx.add_charge(
                Charge(
                    entry=act.index,
                    domain=request.domain,
                    purpose=request.purpose,
                    epsilon=request.epsilon,
                    delta=request.delta,
                    plan=planned.hash,
                    snapshot=snapshot.id,
                    rho=planned.rho,
                    samplers=planned.cost.samplers,
                    at=created,
                )
            )
            tx.add_release(release)
            touched.add(tx)
            return release

        with touching(context, act, _everybody(context, snapshot), name="release.run", dataset=PORTRAIT) as touched:
            stored = act.commit(
                work,
                output_digest=lambda tx: _digest(tx.release(plan=planned.hash, snapshot=snapshot.id)),
                epsilon=str(request.epsilon),
                delta=str(request.delta),
                epsilon_left=lambda tx: str(accounts(context, tx, request.domain)[0].epsilon_left),
                delta_left=lambda tx: str(accounts(context, tx, request.domain)[0].delta_left),
                subjects=touched.subjects,
            )
    return _finish(context, stored, reused=False)


def _about(planned: Plan) -> dict[str, Any]:
    """Return what an entry says about a release: its tags, its budget's domain, and the smallest group that is told."""
    codes = sorted({code for table in planned.request.tables for code in table})
    return {
        **named(codes),
        "details": {
            "domain": planned.request.domain,
            "minimum_group": planned.minimum_group,
            "release": planned.request.name,
        },
    }


def _digest(stored: StoredRelease | None) -> str:
    return hashlib.sha256(stored.body).hexdigest() if stored is not None else ""


def _check(context: Context, view: Reader, planned: Plan) -> Account:
    request = planned.request
    return check(context, view, name=request.name, domain=request.domain, purpose=request.purpose, cost=planned.cost)


def _refuse_overspend(context: Context, planned: Plan) -> None:
    """Refuse early what cannot be paid, with an entry; the check that counts is made again while charging."""
    try:
        with context.state.reading() as view:
            _check(context, view, planned)
    except BudgetRefused:
        record(context, "release.run", result="deny", reason="budget", details={"domain": planned.request.domain})
        raise


def _portrait(context: Context, view: Reader, tags: TagDictionary) -> Snapshot:
    snapshot = view.latest(PORTRAIT)
    if snapshot is None or snapshot.detail["rests_on"]["purpose"] != context.purpose:
        raise Refused("there is no portrait for this purpose yet", hint="secureprofile portrait build")
    if snapshot.consent_epoch != view.consent_epoch():
        raise Refused(
            "consents changed since the portrait was built", hint="secureprofile portrait build, then run it again"
        )
    if snapshot.detail["rests_on"]["tags"] != tags.hash:
        raise Refused("the tag dictionary changed since the portrait was built", hint="secureprofile portrait build")
    return snapshot


def _everybody(context: Context, snapshot: Snapshot) -> pa.Array:
    """Return the people of a portrait: a release reads all of them."""
    with context.state.reading() as view:
        return stored_people(visible_files(context, view, snapshot))


def _exact(context: Context, snapshot: Snapshot, planned: Plan, progress: Progress) -> tuple[_Counts, _Sums]:
    """Count people per cell of the plan's widest tables, and add up its measures. These numbers go into the mechanism and nowhere else."""
    with (
        context.home.scratch() as scratch,
        DuckEngine(temp=scratch, memory_limit=context.memory_limit) as engine,
        context.state.reading() as view,
    ):
        profile = engine.parquet(visible_files(context, view, snapshot))
        exact: _Counts = {}
        for table in widest(planned):
            progress.step(f"count {' × '.join(table) or 'everybody'}")
            exact[table] = exact_table(profile, planned, table, engine)
        sums: _Sums = {}
        measured: tuple[Sum | Clips, ...] = (*planned.sums, *planned.clips)
        for one in measured:
            progress.step(f"add up {one.measure}")
            sums[one] = exact_sum(profile, planned, one, engine)
        return exact, sums


def exact_table(profile: ir.Table, planned: Plan, table: Codes, engine: DuckEngine) -> NDArray[np.int64]:
    """Return people per combination of one table, one axis per tag."""
    return _laid_out(counting(profile, planned.of(table)), planned, table, "people", engine)


def exact_sum(profile: ir.Table, planned: Plan, one: Sum | Clips, engine: DuckEngine) -> NDArray[np.int64]:
    """Return centred sums per combination of a measurement's table, or the one count of clipped values."""
    if isinstance(one, Clips):
        total = profile.aggregate(total=profile[one.measure + CLIPPED].cast("int64").sum().fill_null(0))
        return _laid_out(total, planned, (), "total", engine)
    centred = (2 * profile[one.measure] - planned.measures[one.measure].steps).sum().fill_null(0).cast("int64")
    grouped = profile.group_by(list(one.by)) if one.by else profile
    return _laid_out(grouped.aggregate(total=centred), planned, one.by, "total", engine)


def _laid_out(rows: ir.Table, planned: Plan, table: Codes, column: str, engine: DuckEngine) -> NDArray[np.int64]:
    found = engine.to_arrow(rows).to_pylist()
    return counted(planned.of(table), {tuple(str(row[code]) for code in table): int(row[column]) for row in found})


def _document(
    context: Context,
    planned: Plan,
    tables: dict[Codes, NDArray[np.float64]],
    drawn: dict[Sum | Clips, NDArray[np.float64]],
    snapshot: Snapshot,
    account: Account,
    *,
    created: str,
    entry: int,
) -> Document:
    request, policy = planned.request, context.policy.policy
    domain = policy.domains[request.domain]
    rests_on = snapshot.detail["rests_on"]
    after = replace(account, costs=(*account.costs, planned.cost))
    return Document(
        name=request.name,
        title=request.title,
        release_id=f"{request.name}-{entry}",
        created=created,
        as_of=rests_on["as_of"],
        purpose=request.purpose,
        privacy_unit=domain.unit,
        declared_population=domain.population,
        mechanism=planned.mechanism,
        epsilon=str(request.epsilon),
        delta=str(request.delta),
        epsilon_spent=str(after.epsilon_spent),
        epsilon_ceiling=str(domain.epsilon),
        delta_spent=str(after.delta_spent),
        delta_ceiling=str(domain.delta),
        minimum_group=planned.minimum_group,
        confidence=CONFIDENCE,
        attributes=tuple(planned.attributes.values()),
        tables=published_tables(planned, tables),
        numbers=numbers(planned, tables, drawn),
        comparisons=comparisons(planned, tables),
        mechanisms=mechanisms(planned),
        filter=domain.filter,
        rho=str(planned.rho),
        plan_hash=planned.hash,
        policy_hash=context.policy.hash,
        snapshot=str(snapshot.id),
        audit_entry=entry,
        software=f"secureprofile {__version__}",
    )


def _finish(context: Context, stored: StoredRelease, *, reused: bool) -> Run:
    """Put the stored bytes into ``releases/`` (again): the state is the original, the file a copy."""
    folder = context.home.root / "releases" / stored.id
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(folder / "release.json", stored.body, overwrite=True)
    return Run(stored=stored, document=Document.from_json(stored.body), reused=reused, path=folder / "release.json")


def published(context: Context, name: str) -> StoredRelease:
    """Return the newest release of this name, or the one with this id.

    Raises:
        UsageError: nothing was published under it.
    """
    with context.state.reading() as view:
        found = [release for release in view.releases() if name in (release.name, release.id)]
    if not found:
        raise UsageError("nothing was published under this name", hint="secureprofile release list")
    return max(found, key=lambda release: release.created)
