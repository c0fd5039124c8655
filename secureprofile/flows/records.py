"""The verb ``audit records``: the record of processing activities, the evidence for an impact assessment, and what an audit can be shown.

Generated from the policy in force and the log. GDPR Art. 30 and 35; PIPL Art. 54 to 56. What neither of them knows is said, not guessed.
"""

from __future__ import annotations

from pathlib import Path

from secureprofile.adapters.outputs import write_whole
from secureprofile.audit.select import Selection
from secureprofile.audit.summary import Tally
from secureprofile.flows.evidence import assessment_part, audit_part
from secureprofile.flows.gate import Context, begin
from secureprofile.flows.tallies import Form, Say, rendered, tallied
from secureprofile.policy.model import Policy, Purpose
from secureprofile.policy.recipients import at_home
from secureprofile.released import plain
from secureprofile.report.audit_page import Cell, Part, Sheet, joined
from secureprofile.report.wording import Language
from secureprofile.vocabulary import SENSITIVE, within


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
            assessment_part(policy, tally, t),
            audit_part(context, tally, t),
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
