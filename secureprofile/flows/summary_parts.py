"""The parts of the audit summary: one table each, out of the counts of the log and what the workspace holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from secureprofile.adapters.anchors import anchors, minimum
from secureprofile.audit.summary import FAR, KNOWN, MANY_REFUSALS, MOST_TOLD, RULES, Tally
from secureprofile.flows.budget import accounts
from secureprofile.flows.gate import Context
from secureprofile.flows.tallies import Say, covered, n
from secureprofile.guard.volumes import FACTOR
from secureprofile.released import plain
from secureprofile.report.audit_page import Cell, Part, joined


def people_parts(tally: Tally, who: Callable[[str], str], t: Say) -> list[Part]:
    """Return the part: who acted, and who did what."""
    rows: list[tuple[Cell, ...]] = [
        (
            who(actor),
            n(one.acts.total()),
            n(one.refused),
            n(one.failed),
            n(one.off_hours),
            joined(one.purposes),
            one.last[:16].replace("T", " "),
        )
        for actor, one in sorted(tally.actors.items(), key=lambda item: (-item[1].acts.total(), item[0]))
    ]
    head = (
        t("Who", "人员"),
        t("Acts", "操作"),
        t("Refused", "被拒"),
        t("Failed", "失败"),
        t("Off-hours", "非工作时间"),
        t("Purposes", "目的"),
        t("Last", "最近一次"),
    )
    what: list[tuple[Cell, ...]] = [
        (who(actor), act, n(count))
        for actor, one in sorted(tally.actors.items())
        for act, count in sorted(one.acts.items())
    ]
    return [
        Part(key="who", heading=t("Who", "谁"), head=head, rows=tuple(rows), chart=1),
        Part(
            key="what",
            heading=t("Who did what", "谁做了什么"),
            head=(t("Who", "人员"), t("Act", "操作"), t("Times", "次数")),
            rows=tuple(what),
        ),
    ]


def purposes_part(context: Context, tally: Tally, t: Say) -> Part:
    """Return the part: for which purposes, on what basis, how much, and to whom."""
    rows: list[tuple[Cell, ...]] = []
    for name, use in sorted(tally.uses.items()):
        bases = context.policy.policy.purposes[name].lawful_basis if name in context.policy.policy.purposes else {}
        rows.append(
            (
                name,
                n(use.acts.total()),
                n(len(use.actors)),
                joined([f"{law}: {basis}" for law, basis in bases.items()]),
                joined(use.datasets),
                ", ".join(f"{size} × {count}" for size, count in sorted(use.sizes.items())) or "–",
                joined(use.recipients),
                n(use.cross_border),
            )
        )
    return Part(
        key="purposes",
        heading=t("For which purposes, and how much", "为何目的、规模多大"),
        note=t(
            "Rows as size class × number of acts; lawful bases as the policy in force has them.",
            "规模为“行数等级 × 次数”；合法性基础以现行策略为准。",
        ),
        head=(
            t("Purpose", "目的"), t("Acts", "操作"), t("People acting", "操作人数"), t("Lawful basis", "合法性基础"),
            t("Datasets", "数据集"), t("Rows", "行数"), t("Recipients", "接收方"), t("Across a border", "跨境次数"),
        ),
        rows=tuple(rows),
        chart=1,
    )  # fmt: skip


def days_part(tally: Tally, t: Say) -> Part:
    """Return the part: how many acts by day, over longer ranges by month."""
    length = 10 if len(tally.days) <= 31 else 7
    counted: dict[str, list[int]] = {}
    for day, (acts, refused) in sorted(tally.days.items()):
        slot = counted.setdefault(day[:length], [0, 0])
        slot[0] += acts
        slot[1] += refused
    return Part(
        key="days",
        heading=t("When", "何时"),
        head=(t("Time", "时间"), t("Acts", "操作"), t("Refused or failed", "被拒或失败")),
        rows=tuple((day, n(a), n(r)) for day, (a, r) in counted.items()),
        chart=1,
    )


def refusals_part(tally: Tally, t: Say) -> Part:
    """Return the part: what was refused or failed, by act and reason."""
    rows = tuple(
        (act, reason or "–", n(count))
        for (act, reason), count in sorted(tally.refusals.items(), key=lambda item: (-item[1], item[0]))
    )
    return Part(
        key="refusals",
        heading=t("Refusals and failures", "拒绝与失败"),
        head=(t("Act", "操作"), t("Reason", "原因"), t("Times", "次数")),
        rows=rows,
    )


def budget_part(context: Context, tally: Tally, t: Say) -> Part:
    """Return the part: the privacy budget of every domain and purpose, from the ledger."""
    rows: list[tuple[Cell, ...]] = []
    with context.state.reading() as view:
        for domain in context.policy.policy.domains:
            rows += [
                (
                    domain if account.name == domain else f"{domain} / {account.name}",
                    plain(account.epsilon_spent),
                    plain(account.epsilon_left),
                    plain(account.delta_spent),
                    plain(account.delta_left),
                    n(len(tally.epsilon.get(domain, ()))) if account.name == domain else "–",
                )
                for account in accounts(context, view, domain)
            ]
    return Part(
        key="budget",
        heading=t("Privacy budget", "隐私预算"),
        note=t("Over the lifetime, from the ledger; not only the range.", "取自账本，为终身累计，不限于所选范围。"),
        head=(
            t("Domain / purpose", "域 / 目的"), t("ε spent", "ε 已用"), t("ε left", "ε 剩余"), t("δ spent", "δ 已用"),
            t("δ left", "δ 剩余"), t("Releases in the range", "范围内发布"),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def keys_part(keys: list[Any], tally: Tally, t: Say) -> Part:
    """Return the part: the keys with their ages and uses; never a secret."""
    rotated = {(role, kid): index for index, _, role, kid in tally.rotations}
    return Part(
        key="keys",
        heading=t("Keys", "密钥"),
        note=t("Ids and ages; secrets are shown nowhere.", "仅列编号与使用时长，任何地方都不显示密钥本身。"),
        head=(t("Role", "用途"), t("Key", "编号"), t("Made", "生成日"), t("Age in days", "天数"), t("Exports", "导出次数"), t("Entry", "记录")),
        rows=tuple(
            (
                key.role,
                key.kid,
                key.made,
                n(key.age_days),
                n(key.exports),
                str(rotated[key.role, key.kid]) if (key.role, key.kid) in rotated else "–",
            )
            for key in keys
        ),
    )  # fmt: skip


def policies_part(context: Context, tally: Tally, t: Say) -> Part:
    """Return the part: which policies were in force, and over which entries."""
    rows: list[tuple[Cell, ...]] = [
        (named_policy(context, one), one[:16], str(v.first), str(v.last), v.since[:16].replace("T", " "), n(v.entries))
        for one, v in tally.versions.items()
    ]
    return Part(
        key="policies",
        heading=t("Policies in force", "生效的策略"),
        head=(t("Policy", "策略"), t("Hash", "哈希"), t("From entry", "起始记录"), t("To entry", "截止记录"),
            t("Since", "起始时间"), t("Entries", "记录数")),
        rows=tuple(rows),
    )  # fmt: skip


def named_policy(context: Context, digest: str) -> str:
    """Return id and version of a policy that was kept under its hash, or a dash."""
    if digest == context.policy.hash:
        about = context.policy.policy.policy
        return f"{about.id} v{about.version}"
    for path in sorted(context.home.policy(digest).glob("*.yaml")):
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        kept = found.get("policy") if isinstance(found, dict) else None
        if isinstance(kept, dict):
            return f"{kept.get('id')} v{kept.get('version')}"
    return "–"


def unusual_parts(tally: Tally, who: Callable[[str], str], t: Say) -> list[Part]:
    """Return the part: the rules of what is unusual, and the entries that they point to."""
    told = {
        "volume": t(
            f"{10**FAR} times or more above the actor's own median for the same act, after {KNOWN} acts",
            f"达到本人同类操作中位数的 {10**FAR} 倍以上（此前至少 {KNOWN} 次）",
        ),
        "identifiers": t(
            f"more than {FACTOR} times as many different identifiers as the policy declares people",
            f"不同标识符超过策略声明人数的 {FACTOR} 倍",
        ),
        "reveal": t("every reveal", "每一次还原"),
        "recall": t("every recall of exports for one person", "每一次针对个人的导出召回查询"),
        "refusals": t(f"{MANY_REFUSALS} refusals of one actor on one day", f"同一人一天内被拒 {MANY_REFUSALS} 次"),
        "new-purpose": t("first use of a purpose by an actor", "某人首次使用某一目的"),
        "interrupted": t("an intent without outcome: ended by a crash, or under way", "有声明而无结果：因崩溃中断或仍在进行"),
        "off-hours": t(
            "data touched between 22:00 and 06:00 UTC, or on a Saturday or Sunday",
            "在 UTC 22:00–06:00 或周六、周日接触数据",
        ),
    }  # fmt: skip
    interrupted = tally.interrupted()
    counted = {**tally.counted, "interrupted": len(interrupted)}
    rules: tuple[tuple[Cell, ...], ...] = tuple((rule, told[rule], n(counted.get(rule, 0))) for rule in RULES)
    found = sorted(
        [one for rule in RULES for one in tally.unusual[rule]] + interrupted[:MOST_TOLD], key=lambda u: u.entry
    )
    return [
        Part(
            key="rules",
            heading=t("Unusual patterns", "异常模式"),
            note=t("Each with its rule. Unusual is not wrong: somebody should look.", "各附规则。异常不等于违规，应由人复核。"),
            head=(t("Rule", "规则"), t("Told when", "提示条件"), t("Times", "次数")),
            rows=rules,
        ),
        Part(
            key="unusual",
            heading=t("The entries they point to", "所指的记录"),
            note=t(f"At most {MOST_TOLD} per rule.", f"每条规则至多列出 {MOST_TOLD} 条。"),
            head=(t("Entry", "记录"), t("Rule", "规则"), t("Time", "时间"), t("Who", "人员"), t("Act", "操作"), t("What", "说明")),
            rows=tuple(
                (str(u.entry), u.rule, u.time[:16].replace("T", " "), who(u.actor), u.act, u.what or "–") for u in found
            ),
        ),
    ]  # fmt: skip


def anchored_part(context: Context, tally: Tally, handed: int, t: Say) -> Part:
    """Return the part: which entries rest on the workspace's key alone, and for which others vouch."""
    signed = covered(context)
    with context.state.reading() as view:
        first = minimum(view)
        cosigned: dict[str, int] = {}
        for one in anchors(view):
            cosigned[one.name] = max(one.size, cosigned.get(one.name, 0))
    outside, last = max(handed, *cosigned.values(), 0), first + tally.entries - 1
    gone: tuple[tuple[Cell, ...], ...] = (
        (t("Pruned; their hashes are kept", "已清除（保留哈希）"), f"0–{first - 1}", t("found all the same", "同样可被发现")),
    )  # fmt: skip
    rows: tuple[tuple[Cell, ...], ...] = (
        (
            t("Covered by the workspace's own last checkpoint", "由工作区自身最近检查点覆盖"),
            f"0–{signed - 1}" if signed else "–",
            t("found if changed without the signing key", "无签名密钥者的改动可被发现"),
        ),
        (
            t("Handed out by the last audit checkpoint", "最近一次交出的检查点"),
            f"0–{handed - 1}" if handed else "–",
            t("found if changed by anybody, where that note is kept", "若该检查点由他人保存，任何人的改动均可被发现"),
        ),
        *(
            (
                t(f"Vouched for by {name}", f"由 {name} 见证"),
                f"0–{size - 1}",
                t("found if changed by anybody", "任何人的改动均可被发现"),
            )
            for name, size in sorted(cosigned.items())
            if size
        ),
        (
            t("After all of these", "其后"),
            f"{outside}–{last}" if outside <= last else "–",
            t("not protected from the holder of the signing key", "无法防范签名密钥持有者"),
        ),
    )
    return Part(
        key="anchored",
        heading=t("What is anchored", "锚定范围"),
        note=t(
            "The log knows which checkpoints it handed out, not who keeps them.",
            "日志只知道交出过哪些检查点，不知道由谁保存。",
        ),
        head=(t("Range", "范围"), t("Entries", "记录"), t("A change is", "改动")),
        rows=(*(gone if first else ()), *rows),
    )
