"""Every sentence of the reports, in English and Chinese. A test holds the two together: same keys, same placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["en", "zh"]

WORDING: Final[Mapping[str, Mapping[Language, str]]] = {
    "kicker": {"en": "Customer portrait · 用户画像", "zh": "用户画像 · Customer portrait"},
    "as_of": {"en": "As of", "zh": "数据截至"},
    "purpose": {"en": "Purpose", "zh": "使用目的"},
    "unit": {"en": "Privacy unit", "zh": "隐私单位"},
    "people": {"en": "Everybody", "zh": "总人数"},
    "cost": {"en": "Privacy cost of this page", "zh": "本页的隐私花费"},
    "noise": {"en": "Noise", "zh": "噪声"},
    "noise_value": {"en": "± {width} people at {confidence}", "zh": "± {width} 人（{confidence}）"},
    "summary": {"en": "In one paragraph", "zh": "一段话概括"},
    "summary_total": {"en": "About {total} people ({low}–{high}).", "zh": "约 {total} 人（{low}–{high}）。"},
    "summary_item": {"en": "{name}: the largest group is “{value}” (about {count}).", "zh": "{name}：最大的一组是“{value}”（约 {count} 人）。"},
    "how": {"en": "How to read this", "zh": "如何阅读"},
    "how_noise": {
        "en": "Every number carries random noise, so that this page reads almost the same with or without any one person in the data. "
        "The thin line on each bar is the noise interval: the exact number lies inside it at least {confidence} of the time. It says nothing "
        "about sampling. Numbers are rounded to the noise; tables need not add up exactly.",
        "zh": "每个数字都加入了随机噪声，因此无论某个人是否在数据中，本页看起来都几乎一样。条形上的细线是噪声区间：真实数字至少有 {confidence} "
        "的概率落在其中；它不表示抽样误差。数字按噪声取整，各表之和不一定完全相等。",
    },
    "how_withheld": {
        "en": "Hatched means withheld: the noisy number was below the limit, which is not the same as zero.",
        "zh": "斜线表示不公布：加噪后的数字低于下限，并不等于零。",
    },
    "withheld": {"en": "withheld", "zh": "不公布"},
    "below-minimum-group": {"en": "withheld: below the minimum group of {threshold}", "zh": "不公布：低于最小群体人数 {threshold}"},
    "too-noisy": {"en": "withheld: below {threshold}, where noise prevails", "zh": "不公布：低于 {threshold}，噪声占主导"},
    "basic": {"en": "Who they are", "zh": "基本信息"},
    "behaviour": {"en": "How they behave", "zh": "行为习惯"},
    "interests": {"en": "What they like", "zh": "兴趣爱好"},
    "consumption": {"en": "What they spend", "zh": "消费能力"},
    "psychology": {"en": "How they decide", "zh": "心理特征"},
    "social": {"en": "How they live together", "zh": "社交属性"},
    "crossed": {"en": "Two at a time", "zh": "交叉分析"},
    "table": {"en": "Table", "zh": "数据表"},
    "value": {"en": "Value", "zh": "取值"},
    "count": {"en": "People", "zh": "人数"},
    "interval": {"en": "Noise interval", "zh": "噪声区间"},
    "statement": {"en": "Privacy statement", "zh": "隐私声明"},
    "statement_body": {
        "en": "This page is ({epsilon}, {delta})-differentially private for adding or removing one {unit}: whatever a reader knows already, "
        "seeing it changes the odds of any guess about one {unit} by a factor of at most about e^ε = {factor}. Mechanism: {mechanism}. "
        "Cells whose noisy number is below {minimum} people, or below four standard deviations of the noise, are withheld.",
        "zh": "对增加或删除一个{unit}而言，本页满足 ({epsilon}, {delta})-差分隐私：无论读者事先知道什么，看过本页后，对任何一个{unit}的猜测，其胜算最多改变约 "
        "e^ε = {factor} 倍。机制：{mechanism}。加噪后低于 {minimum} 人、或低于噪声四倍标准差的单元格不公布。",
    },
    "statement_withheld": {"en": "{count} of {total} cells on this page are withheld.", "zh": "本页 {total} 个单元格中有 {count} 个不公布。"},
    "statement_budget": {
        "en": "Lifetime budget after this page: ε {spent} of {ceiling}, δ {delta_spent} of {delta_ceiling}. At the ceiling, publishing stops.",
        "zh": "本页之后的终身预算：ε 已用 {spent}，上限 {ceiling}；δ 已用 {delta_spent}，上限 {delta_ceiling}。达到上限后停止发布。",
    },
    "not_protected": {"en": "What this does not protect", "zh": "不保护什么"},
    "not_protected_body": {
        "en": "Facts about groups stay visible: that is what the page is for. Somebody who belongs to a group is described by it whether or not "
        "they are in the data. Row-level files handed to recipients are outside this bound, and so is whatever was published elsewhere.",
        "zh": "群体的特征依然可见，这正是本页的用途；属于某群体的人，无论是否在数据中，都会被群体特征所描述。提供给接收方的逐行文件以及在别处发布的内容不在此界限之内。",
    },
    "definitions": {"en": "Definitions", "zh": "标签定义"},
    "reproduce": {"en": "Where this comes from", "zh": "来源与核验"},
    "release": {"en": "Release", "zh": "发布编号"},
    "created": {"en": "Published", "zh": "发布时间"},
    "plan": {"en": "Plan", "zh": "计划哈希"},
    "policy": {"en": "Policy", "zh": "策略哈希"},
    "snapshot": {"en": "Snapshot", "zh": "快照"},
    "entry": {"en": "Entry in the audit log", "zh": "审计日志条目"},
    "population": {"en": "Declared population", "zh": "策略申明的人数"},
    "software": {"en": "Software", "zh": "软件"},
    "internal": {"en": "INTERNAL · exact figures · do not share", "zh": "内部资料 · 精确数字 · 请勿外传"},
}  # fmt: skip

# Terms that come from policies and mechanisms; one that is not here stands as it is written.
TERMS: Final[Mapping[str, str]] = {
    "customer": "客户",
    "person": "个人",
    "household": "家庭",
    "user": "用户",
    "patient": "患者",
    "two-sided geometric (discrete Laplace)": "双边几何分布（离散拉普拉斯）",
}


def term(word: str, lang: Language) -> str:
    """Return a term of a policy or a mechanism in the page's language.

    Example:
        >>> term("household", "zh"), term("household", "en"), term("vessel", "zh")
        ('家庭', 'household', 'vessel')
    """
    return TERMS.get(word, word) if lang == "zh" else word


def say(key: str, lang: Language, **values: object) -> str:
    """Return a sentence.

    Example:
        >>> say("withheld", "zh")
        '不公布'
    """
    return WORDING[key][lang].format(**values)
