"""What log and policy show to an impact assessment (GDPR Art. 35, PIPL Art. 55) and to a compliance audit under PIPL; and what they cannot."""

from __future__ import annotations

from secureprofile.audit.summary import MOST_TOLD, Tally, power
from secureprofile.flows.gate import Context
from secureprofile.flows.tallies import Say, covered, n
from secureprofile.policy.model import Policy
from secureprofile.report.audit_page import Cell, Part, joined
from secureprofile.vocabulary import SENSITIVE, within

LARGE = 5
"""Power of ten of rows from which an act counts as processing on a large scale here: 100,000 rows or more in one act."""


def assessment_part(policy: Policy, tally: Tally, t: Say) -> Part:
    """Return, by purpose, the circumstances that ask for an impact assessment, the one on file, and the entries."""
    rows: list[tuple[Cell, ...]] = []
    for name, purpose in policy.purposes.items():
        use = tally.uses.get(name)
        sensitive = sorted(
            c for d in policy.datasets.values() for c in {s.category for s in d.columns.values()}
            if within(c, SENSITIVE) and (found := policy.treatment(name, c)) is not None and found.kind != "drop"
        )  # fmt: skip
        largest = max(use.sizes, key=power, default="") if use else ""
        why = [
            *([t("sensitive data", "敏感信息")] if sensitive else []),
            *([t("profiling", "画像")] if "store" in purpose.outputs else []),
            *([t("provided to others", "对外提供")] if set(purpose.recipients) - {"internal"} else []),
            *([t("across a border", "跨境")] if purpose.cross_border else []),
            *([t("large scale", "大规模")] if power(largest) > LARGE else []),
        ]
        rows.append(
            (
                name,
                joined(why),
                f"{purpose.pia.ref} ({purpose.pia.done})" if purpose.pia else t("none named", "未注明") if why else "–",
                largest or "–",
                n(use.acts.total() if use else 0),
                f"{use.first}–{use.last}" if use else "–",
            )
        )
    return Part(
        key="assessment",
        heading=t("Evidence for an impact assessment", "影响评估的证据"),
        note=t(
            "Circumstances that ask for one (GDPR Art. 35(3), PIPL Art. 55), as policy and log show them.",
            "策略与日志显示的、需要评估的情形（GDPR 第 35 条第 3 款，《个人信息保护法》第 55 条）。",
        ),
        head=(
            t("Purpose", "目的"),
            t("Circumstances", "情形"),
            t("Assessment on file", "已存评估"),
            t("Largest act", "最大规模"),
            t("Acts", "操作"),
            t("Entries", "记录"),
        ),
        rows=tuple(rows),
    )


def audit_part(context: Context, tally: Tally, t: Say) -> Part:
    """Return the points of a PIPL compliance audit that entries prove, and what they cannot."""

    def entries(*acts: str) -> str:
        found = sorted(index for act in acts for index in tally.acts.get(act, ()))
        text = ", ".join(map(str, found[:8]))
        counted = sum(one.acts[act] for one in tally.actors.values() for act in acts)
        return f"{text}{' …' if counted > 8 else ''} ({counted})" if found else t("none", "无")

    refused = sum(one.refused for one in tally.actors.values())
    rows: tuple[tuple[Cell, ...], ...] = (
        (
            "13",
            t("a lawful basis for each processing", "每项处理均有合法性基础"),
            entries("ingest", "anonymize", "portrait.build", "release.run", "reveal"),
            t("that the basis is the right one", "该基础是否适当"),
        ),
        (
            "14, 29, 31",
            t(
                "consents were taken in, separate ones and those of guardians too",
                "同意（含单独同意与监护人同意）已录入",
            ),
            entries("consent.import", "consent.grant"),
            t("that people were told and agreed freely", "个人是否知情、自愿"),
        ),
        (
            "15",
            t("withdrawal is possible and was carried out", "可撤回同意且已执行"),
            entries("consent.withdraw"),
            t("that withdrawing was as easy as agreeing", "撤回是否与同意同样便捷"),
        ),
        (
            "23, 38, 39",
            t("who got what, under which agreement, across which border", "向谁提供、依据何协议、是否出境"),
            entries("anonymize"),
            t("what the recipient did with it", "接收方的后续使用"),
        ),
        (
            "24, 55",
            t("automated decisions: which portraits were built", "自动化决策：生成了哪些画像"),
            entries("portrait.build"),
            t("which decisions were taken outside", "外部据此作出的决定"),
        ),
        (
            "44–50",
            t("requests of people were carried out", "个人行使权利的请求已处理"),
            entries(
                "subject.show",
                "subject.accesses",
                "subject.erase",
                "subject.rectify",
                "subject.restrict",
                "subject.object",
                "subject.lift",
                "exports.recall",
            ),
            t("requests that nobody entered", "未录入的请求"),
        ),
        (
            "19, 47",
            t("what is past its time was removed", "到期信息已删除"),
            entries("retention.run", "subject.erase"),
            t("copies outside of the workspace", "工作区之外的副本"),
        ),
        (
            "51",
            t(f"operation rights hold: {refused} refusals are on record", f"操作权限有效：记录在案的拒绝 {refused} 次"),
            entries("policy.use", "keys.rotate", "keys.add"),
            t("access to the files by other means", "以其他方式访问文件"),
        ),
        (
            "54",
            t("the log is complete since a checkpoint", "自检查点起日志完整"),
            f"0–{covered(context) - 1}; {entries('audit.verify', 'audit.checkpoint')}",
            t("an event that was never written", "从未写入的事件"),
        ),
        (
            "56",
            t("the record is kept", "记录得到保存"),
            f"{tally.first_index}–{tally.last_index}",
            t("three years, before they have passed", "尚未届满的三年保存期"),
        ),
    )
    return Part(
        key="audit",
        heading=t("Points of a PIPL compliance audit", "个人信息保护合规审计要点"),
        note=t(
            f"What the log can prove, by which entries (the first of up to {MOST_TOLD}, and how many), and what it cannot.",
            f"日志能够证明的要点、所依据的记录（前若干条及总数，至多 {MOST_TOLD} 条），以及不能证明的事项。",
        ),
        head=(
            t("Article", "条款"),
            t("Point", "要点"),
            t("Proved by entries", "依据的记录"),
            t("Cannot prove", "不能证明"),
        ),
        rows=rows,
    )
