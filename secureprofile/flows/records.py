"""The verb ``audit records``: the record of processing activities, the evidence for an impact assessment, and what an audit can be shown.

Generated from the policy in force and the log. GDPR Art. 30 and 35; PIPL Art. 54 to 56. What neither of them knows is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from secureprofile.adapters.outputs import write_whole
from secureprofile.audit.select import Selection
from secureprofile.audit.summary import MOST_TOLD, Tally, power
from secureprofile.flows.gate import Context, begin
from secureprofile.flows.summary import Form, covered, n, rendered, tallied
from secureprofile.policy.model import Policy, Purpose
from secureprofile.policy.recipients import at_home
from secureprofile.released import plain
from secureprofile.report.audit_page import Cell, Part, Sheet, joined
from secureprofile.report.wording import Language
from secureprofile.vocabulary import SENSITIVE, within

Say = Callable[[str, str], str]

LARGE = 5
"""Power of ten of rows from which an act counts as processing on a large scale here: 100,000 rows or more in one act."""


def write_records(context: Context, output: Path, *, form: Form, lang: Language, overwrite: bool) -> None:
    """Write the records as a whole file; making them is recorded first."""
    with begin(context, "audit.records", details={"format": form}) as act:
        tally = tallied(context, Selection(), below=act.index)
        page = rendered(_sheet(context, tally, lang), form, lang, kind="records")
        write_whole(output, page.encode(), overwrite=overwrite)
        act.commit(lambda tx: None)


def _sheet(context: Context, tally: Tally, lang: Language) -> Sheet:
    def t(en: str, zh: str) -> str:
        return zh if lang == "zh" else en

    policy = context.policy.policy
    about = policy.policy
    return Sheet(
        title=t("Records of processing activities", "个人信息处理活动记录"),
        lead=t(
            f"Generated from policy {about.id} version {about.version} and {tally.entries} entries of the log.",
            f"由策略 {about.id} 第 {about.version} 版和日志中的 {tally.entries} 条记录生成。",
        ),
        facts=(
            (t("Answers for the policy", "策略负责人"), about.owner),
            (t("Laws", "适用法律"), joined(about.jurisdiction)),
            (t("In force since", "生效日"), about.effective or "–"),
            (t("Policy hash", "策略哈希"), context.policy.hash[:16]),
            (t("Controller, representative, officer", "处理者、代表、保护负责人"), t("add by hand", "请手工填写")),
        ),
        parts=(
            _activities(policy, t),
            _data(policy, t),
            _recipients(policy, t),
            _measures(context, t),
            _assessment(policy, tally, t),
            _audit(context, tally, t),
        ),
        limits=(
            t(
                "Names and contacts of controller, representative and data protection officer, and systems outside of "
                "secureprofile, are in neither policy nor log: add them by hand (GDPR Art. 30(1)(a)).",
                "处理者、代表与个人信息保护负责人的名称及联系方式，以及 secureprofile 之外的系统，策略与日志中均无记载，须手工补充（GDPR 第 30 条第 1 款 (a)）。",
            ),
            t(
                "This is evidence for an assessment, not the assessment: necessity, proportionality and remaining risk are "
                "judged by people (GDPR Art. 35(7), PIPL Art. 56). Keep it as long as the law asks: three years under PIPL Art. 56.",
                "本页是评估的证据，而非评估本身：必要性、相称性与剩余风险须由人判断（GDPR 第 35 条第 7 款，《个人信息保护法》第 56 条）。请依法保存，按第 56 条至少三年。",
            ),
        ),
        empty=t("Nothing.", "无。"),
    )


def _consent(purpose: Purpose, t: Say) -> str:
    return t("required", "需要") if purpose.consent == "required" else t("not required", "不需要")


def _activities(policy: Policy, t: Say) -> Part:
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            purpose.data_use,
            joined([f"{law}: {basis}" for law, basis in purpose.lawful_basis.items()]),
            _consent(purpose, t),
            joined({domain.unit for domain in policy.domains.values()}),
            joined(purpose.recipients),
            t("allowed", "允许") if purpose.cross_border else t("refused", "拒绝"),
            str(purpose.retention),
        )
        for name, purpose in policy.purposes.items()
    ]
    return Part(
        key="activities",
        heading=t("Processing activities", "处理活动"),
        note=t("GDPR Art. 30(1)(b)–(f); PIPL Art. 55, 56.", "GDPR 第 30 条第 1 款 (b)–(f)；《个人信息保护法》第 55、56 条。"),
        head=(
            t("Purpose", "目的"), t("Data use", "用途"), t("Lawful basis", "合法性基础"), t("Consent", "同意"), t("Subjects", "主体类别"),
            t("Recipients", "接收方"), t("Across a border", "跨境"), t("Kept", "保存期限"),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _data(policy: Policy, t: Say) -> Part:
    rows: list[tuple[Cell, ...]] = []
    categories = sorted({c.category for d in policy.datasets.values() for c in d.columns.values()})
    for name, purpose in policy.purposes.items():
        for category in categories:
            found = policy.treatment(name, category)
            if found is not None and found.kind != "drop":
                sensitive = t("sensitive", "敏感") if within(category, SENSITIVE) else "–"
                rows.append((name, category, sensitive, found.kind, joined(purpose.outputs)))
    return Part(
        key="data",
        heading=t("Categories of data", "数据类别"),
        note=t(
            "What is not listed does not leave. Sensitive: GDPR Art. 9, 10 and PIPL Art. 28.",
            "未列出的类别不会流出。敏感：GDPR 第 9、10 条与《个人信息保护法》第 28 条。",
        ),
        head=(
            t("Purpose", "目的"),
            t("Category", "类别"),
            t("Kind", "性质"),
            t("Treatment", "处理方式"),
            t("Goes to", "去向"),
        ),
        rows=tuple(rows),
    )


def _recipients(policy: Policy, t: Say) -> Part:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            name,
            one.agreement,
            str(one.expires),
            one.country or "–",
            "–"
            if one.country is None
            else t("no", "否")
            if at_home(policy, one.country)
            else t("yes: a transfer", "是：跨境提供"),
        )
        for name, one in policy.recipients.items()
    )
    return Part(
        key="recipients",
        heading=t("Recipients and transfers", "接收方与跨境提供"),
        head=(
            t("Recipient", "接收方"),
            t("Agreement", "协议"),
            t("Until", "有效期至"),
            t("Country", "国家"),
            t("Abroad", "境外"),
        ),
        rows=rows,
    )


def _measures(context: Context, t: Say) -> Part:
    policy = context.policy.policy
    kinds: set[str] = {rule.kind for purpose in policy.purposes.values() for rule in purpose.allow.values()}
    budgets = ", ".join(
        f"{name}: ε {plain(domain.epsilon)}, δ {plain(domain.delta)}" for name, domain in policy.domains.items()
    )
    rows: tuple[tuple[Cell, ...], ...] = (
        (t("Treatments in use", "采用的处理方式"), joined(kinds)),
        (t("Default", "默认规则"), t("what the policy does not name is refused", "策略未列明的一律拒绝")),
        (t("Lifetime privacy budget", "终身隐私预算"), budgets),
        (t("k-anonymity", "k-匿名"), joined(set(policy.anonymity)) if policy.anonymity else t("not asked for", "未要求")),
        (t("Keys", "密钥"), t("outside the workspace, mode 0600", "存于工作区之外，权限 0600")),
        (t("Log", "日志"), t("Merkle tree, signed checkpoints, entries without personal data", "默克尔树、签名检查点、记录不含个人信息")),
    )  # fmt: skip
    return Part(
        key="measures",
        heading=t("Security measures", "安全措施"),
        note=t(
            "GDPR Art. 30(1)(g), 32; PIPL Art. 51.", "GDPR 第 30 条第 1 款 (g)、第 32 条；《个人信息保护法》第 51 条。"
        ),
        head=(t("Measure", "措施"), t("As it is", "现状")),
        rows=rows,
    )


def _assessment(policy: Policy, tally: Tally, t: Say) -> Part:
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


def _audit(context: Context, tally: Tally, t: Say) -> Part:
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
