"""What is held of one person, as a page without script that the person can read. It shows cells: it is for that person alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from secureprofile.report.parts import environment, isolated
from secureprofile.report.wording import Language, say

ROWS = 200
"""Rows that a table shows; the files in JSON and CSV hold all of them, and the page says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRows:
    """Rows of one snapshot: from where, why, until which day, and the cells."""

    dataset: str
    entry: int
    at: str
    purpose: str
    basis: str
    until: str
    columns: tuple[str, ...]
    categories: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow:
    """One access; ``proof`` is proven, pruned or may_hold."""

    at: str
    act: str
    dataset: str
    purpose: str
    categories: str
    recipient: str
    proof: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectPage:
    """Everything the page tells."""

    created: str
    domain: str
    kept: tuple[KeptRows, ...]
    consents: tuple[tuple[str, ...], ...]
    tokens: tuple[tuple[str, ...], ...]
    exports: tuple[tuple[str, ...], ...]
    holds: tuple[tuple[str, str], ...]
    accesses: tuple[AccessRow, ...]
    absent: int


def subject_html(page: SubjectPage, *, lang: Language) -> str:
    """Return the page; equal values give equal pages."""
    return (
        environment()
        .get_template("subject.html.j2")
        .render(
            lang=lang,
            w={key: texts[lang] for key, texts in _WORDS.items()},
            watermark=_WORDS["watermark"][lang],
            internal=say("internal", lang),
            page=page,
            most=ROWS,
            rows=sum(len(one.rows) for one in page.kept),
            with_actor=any(one.actor for one in page.accesses),
            isolated=isolated,
            act=lambda name: _ACTS.get(name, {}).get(lang, name),
            state=lambda name: _STATES.get(name, {}).get(lang, name),
        )
    )


_ACTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "ingest": {"en": "stored", "zh": "入库"},
    "portrait.build": {"en": "portrait built", "zh": "构建画像"},
    "release.run": {"en": "counted for a release", "zh": "用于统计发布"},
    "anonymize": {"en": "file made for a recipient", "zh": "向接收方提供文件"},
    "reveal": {"en": "cells revealed", "zh": "还原单元格"},
    "subject.show": {"en": "shown for a request", "zh": "应请求查阅"},
    "subject.accesses": {"en": "accesses told for a request", "zh": "应请求告知访问记录"},
    "subject.rectify": {"en": "corrected", "zh": "更正"},
    "subject.restrict": {"en": "restricted", "zh": "限制处理"},
    "subject.object": {"en": "objection recorded", "zh": "记录反对"},
    "subject.lift": {"en": "refusal taken back", "zh": "解除限制"},
    "subject.hold": {"en": "legal hold set", "zh": "设置法定保留"},
    "subject.unhold": {"en": "legal hold lifted", "zh": "解除法定保留"},
    "subject.erase": {"en": "erasure requested", "zh": "请求删除"},
    "subject.keep": {"en": "erasure given up", "zh": "撤销删除请求"},
}

_STATES: Final[Mapping[str, Mapping[Language, str]]] = {
    "granted": {"en": "granted", "zh": "同意"},
    "withdrawn": {"en": "withdrawn", "zh": "撤回"},
    "refused": {"en": "refused", "zh": "拒绝"},
    "expired": {"en": "expired", "zh": "过期"},
    "objected": {"en": "objected", "zh": "反对"},
    "restricted": {"en": "restricted", "zh": "限制"},
    "lifted": {"en": "lifted", "zh": "解除"},
}

_WORDS: Final[Mapping[str, Mapping[Language, str]]] = {
    "title": {"en": "What we hold about you", "zh": "我们持有的您的个人信息"},
    "lead": {
        "en": "Everything that is stored of you under pseudonym, where it came from, why it is kept and until when, and who has used it.",
        "zh": "以假名存储的与您有关的全部信息：来源、使用目的、保存期限，以及谁使用过。",
    },
    "watermark": {"en": "PERSONAL · for the data subject alone", "zh": "个人资料 · 仅供本人"},
    "created": {"en": "Made on", "zh": "生成时间"},
    "rows": {"en": "Rows held", "zh": "持有行数"},
    "used": {"en": "Accesses proven", "zh": "已证明的访问"},
    "absent": {"en": "Runs proven not to have used your data", "zh": "已证明未使用您信息的运行"},
    "kept": {"en": "What is held", "zh": "持有的内容"},
    "nothing": {"en": "Nothing is stored of you.", "zh": "没有存储您的信息。"},
    "from": {"en": "stored on", "zh": "入库时间"},
    "entry": {"en": "entry in the log", "zh": "日志条目"},
    "why": {"en": "for", "zh": "目的"},
    "until": {"en": "kept until", "zh": "保存至"},
    "unknown": {"en": "unknown", "zh": "未知"},
    "more": {"en": "more rows are in the JSON and CSV files", "zh": "其余行见 JSON 与 CSV 文件"},
    "consents": {"en": "Your consents and refusals", "zh": "您的同意与拒绝"},
    "time": {"en": "When", "zh": "时间"},
    "purpose": {"en": "Purpose", "zh": "使用目的"},
    "state": {"en": "State", "zh": "状态"},
    "method": {"en": "How", "zh": "方式"},
    "notice": {"en": "Notice", "zh": "告知文本"},
    "accesses": {"en": "Who used your data", "zh": "谁使用过您的信息"},
    "accesses_note": {
        "en": "“Proven” means that the signed log commits to you in this run; “may hold you” are files whose runs commit to nobody in "
        "particular; of “past retention” nothing can be proven any more.",
        "zh": "“已证明”指签名日志在该次运行中对您作出了承诺；“可能包含您”指不对个人逐一承诺的文件；“已过保存期”指已无法证明。",
    },
    "what": {"en": "What", "zh": "行为"},
    "categories": {"en": "Kinds of data", "zh": "数据类别"},
    "recipient": {"en": "Recipient", "zh": "接收方"},
    "proof": {"en": "Proof", "zh": "证明"},
    "who": {"en": "Who", "zh": "操作人"},
    "proven": {"en": "proven", "zh": "已证明"},
    "pruned": {"en": "past retention", "zh": "已过保存期"},
    "may_hold": {"en": "may hold you", "zh": "可能包含您"},
    "exports": {"en": "Files at recipients that may hold you", "zh": "接收方处可能包含您的文件"},
    "dataset": {"en": "Dataset", "zh": "数据集"},
    "contact": {"en": "Contact", "zh": "联系方式"},
    "pseudonym": {"en": "Your pseudonym there", "zh": "您在该处的假名"},
    "tokens": {"en": "Values kept encrypted, to be given back", "zh": "加密保存、可还原的取值"},
    "holds": {"en": "Holds", "zh": "保留与待删除"},
    "hold": {"en": "a legal hold forbids erasure", "zh": "法定保留，暂不得删除"},
    "erase": {"en": "will be erased", "zh": "将被删除"},
    "rights": {
        "en": "You may ask to have this corrected, restricted or erased, object to a purpose, or take it elsewhere: the same content comes as JSON "
        "and CSV. The proofs of the accesses are a file of their own, which anybody can verify who has the log's public key.",
        "zh": "您可以要求更正、限制处理或删除，反对某一使用目的，或将信息转移至他处："
        "同样的内容另有 JSON 与 CSV 文件。访问证明另成一份文件，持有日志公钥的任何人都可以核验。",
    },
}  # fmt: skip
