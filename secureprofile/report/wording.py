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
    "summary_compared": {"en": "Set beside {base}, “{segment}” stands out by {items}.", "zh": "与{base}相比，“{segment}”的突出之处：{items}。"},
    "summary_index": {"en": "{name} “{value}” (index {index})", "zh": "{name}“{value}”（指数 {index}）"},
    "everybody": {"en": "everybody", "zh": "全体"},
    "tag": {"en": "Tag", "zh": "标签"},
    "compare_title": {"en": "“{segment}” beside {base}", "zh": "“{segment}”与{base}的比较"},
    "compare_note": {"en": "“{segment}”: {size} people.", "zh": "“{segment}”：{size} 人。"},
    "index_title": {"en": "What stands out", "zh": "突出特征"},
    "index_note": {
        "en": "Index (TGI): the share among them divided by the share in the base, times 100. 100 is no difference. Shown is what differs beyond the noise, most first.",
        "zh": "指数（TGI）：该群体中的占比 ÷ 基准占比 × 100，100 表示无差异。只列出超出噪声的差异，按大小排列。",
    },
    "index_none": {"en": "No share differs from the base beyond the noise.", "zh": "没有任何占比的差异超出噪声。"},
    "index": {"en": "Index (TGI)", "zh": "指数（TGI）"},
    "share_here": {"en": "Share among them", "zh": "该群体占比"},
    "share_base": {"en": "Share in the base", "zh": "基准占比"},
    "distance_title": {"en": "How different, by dimension", "zh": "各维度差异"},
    "distance_note": {
        "en": "Mean total variation of the tags of a dimension: the share of people who would have to change for both to look alike.",
        "zh": "该维度各标签总变差的平均：需要多少比例的人改变，两者才会相同。",
    },
    "radar_title": {"en": "The same as a shape", "zh": "差异雷达图"},
    "radar_note": {"en": "Without intervals: judge by the dots.", "zh": "不含区间，判断请以点图为准。"},
    "dimension": {"en": "Dimension", "zh": "维度"},
    "distance": {"en": "Distance", "zh": "差异"},
    "changes_title": {"en": "Since {day}", "zh": "自 {day} 以来的变化"},
    "changes_note": {
        "en": "Computed from the two published releases ({release} and this one) alone: it cost no privacy.",
        "zh": "仅由两次已发布的结果（{release} 与本次）计算，不额外花费隐私预算。",
    },
    "shifts_title": {"en": "Shares that moved", "zh": "占比变化"},
    "shifts_note": {"en": "Differences in percentage points that the noise does not explain, most first.", "zh": "噪声无法解释的百分点变化，按大小排列。"},
    "shifts_none": {"en": "No share moved beyond the noise.", "zh": "没有任何占比的变化超出噪声。"},
    "share_before": {"en": "Before", "zh": "之前"},
    "share_now": {"en": "Now", "zh": "现在"},
    "difference": {"en": "Difference", "zh": "变化"},
    "psi_title": {"en": "Stability of the tags", "zh": "标签稳定性"},
    "psi": {"en": "Stability index (PSI)", "zh": "稳定性指数（PSI）"},
    "psi_note": {
        "en": "Population stability index: 0 is no change; practice calls 0.1 noticeable and 0.25 large (the thin lines).",
        "zh": "群体稳定性指数：0 表示无变化；惯例上 0.1 为可察觉、0.25 为显著（细线）。",
    },
    "numbers_title": {"en": "Numbers", "zh": "数值指标"},
    "numbers_note": {
        "en": "Each person’s value was clipped to the bounds that stand beside it before anything was added up.",
        "zh": "汇总之前，每个人的取值先被截断到所标的范围内。",
    },
    "statistic_count": {"en": "people", "zh": "人数"},
    "statistic_sum": {"en": "sum", "zh": "总和"},
    "statistic_mean": {"en": "mean", "zh": "均值"},
    "statistic_variance": {"en": "variance", "zh": "方差"},
    "statistic_median": {"en": "median", "zh": "中位数"},
    "statistic_quantile": {"en": "{order} quantile", "zh": "{order} 分位数"},
    "bounds": {"en": "Clipped to {low}–{high}.", "zh": "截断范围 {low}–{high}。"},
    "clipped": {"en": "Clipped values: {share}.", "zh": "被截断的取值：{share}。"},
    "quality_title": {"en": "Data quality", "zh": "数据质量"},
    "quality_note": {
        "en": "For how many people a tag is unknown; the numbers are as noisy as all others.",
        "zh": "各标签未知的人数；与其他数字一样带有噪声。",
    },
    "people_unknown": {"en": "People for whom it is unknown", "zh": "未知人数"},
    "pyramid": {"en": "Age pyramid", "zh": "年龄金字塔"},
    "mechanisms": {"en": "What was measured, and how noisily", "zh": "测量了什么，噪声多大"},
    "measured": {"en": "Measured", "zh": "测量对象"},
    "mechanism": {"en": "Mechanism", "zh": "机制"},
    "scale": {"en": "Scale", "zh": "尺度"},
    "contribution": {"en": "One unit changes it by", "zh": "一个隐私单位的影响"},
    "filter_basic": {"en": "Across releases, ε and δ add up.", "zh": "多次发布之间，ε 与 δ 直接相加。"},
    "filter_zcdp": {
        "en": "Across releases, ρ adds up (zero-concentrated differential privacy), and is converted at the ceiling’s δ.",
        "zh": "多次发布之间累加 ρ（零集中差分隐私），并按上限的 δ 换算。",
    },
    "rho": {"en": "Within this page all measurements together cost ρ = {rho}.", "zh": "本页全部测量合计花费 ρ = {rho}。"},
    "kind_version": {"en": "{kind} · version {version}", "zh": "{kind} · 版本 {version}"},
    "how_index": {
        "en": "A coloured bar differs from its base beyond the noise; a grey one may not.",
        "zh": "有颜色的条形表示差异超出噪声；灰色则不一定。",
    },
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

# The report on the risk of re-identification. `k`, `n` and the like are filled in by the page.
RISK: Final[Mapping[str, Mapping[Language, str]]] = {
    "title": {"en": "Re-identification risk", "zh": "重识别风险"},
    "yes": {"en": "Every class has at least {k} {unit}: the smallest has {n}.", "zh": "每个等价类至少有 {k} {unit}：最小的有 {n}。"},
    "no": {"en": "Not every class has {k} {unit}: the smallest has {n}.", "zh": "并非每个等价类都有 {k} {unit}：最小的只有 {n}。"},
    "empty": {"en": "Every row is suppressed: no class is left.", "zh": "所有行均被抑制：没有等价类。"},
    "records": {"en": "records", "zh": "条记录"},
    "people": {"en": "people", "zh": "人"},
    "records_bare": {"en": "records", "zh": "记录"},
    "people_bare": {"en": "people", "zh": "人"},
    "file": {"en": "File", "zh": "文件"},
    "after": {"en": "after", "zh": "之后"},
    "before": {"en": "before", "zh": "之前"},
    "rows": {"en": "Rows", "zh": "行数"},
    "suppressed": {"en": "Suppressed rows, in no class", "zh": "被抑制的行（不属于任何等价类）"},
    "partly": {"en": "Rows with * in some columns", "zh": "部分列为 * 的行"},
    "classes": {"en": "Classes", "zh": "等价类"},
    "smallest": {"en": "Smallest class", "zh": "最小等价类"},
    "mean": {"en": "Mean class", "zh": "平均等价类"},
    "uniques": {"en": "Alone in their class", "zh": "类中唯一"},
    "direct": {"en": "Direct identifiers are in {names}. They single people out by themselves; no number on this page counts them.", "zh": "直接标识列：{names}。它们本身即可识别个人，本页的任何数字都未计入。"},
    "free_text": {"en": "Free text is in {names}. Anything may stand there; no number on this page counts it.", "zh": "自由文本列：{names}。其中可能含有任何内容，本页的任何数字都未计入。"},
    "by": {"en": "Classes are made by {names}.", "zh": "等价类依据：{names}。"},
    "proposed": {"en": "Nobody named these quasi-identifiers: they are proposals, from names and cells of columns. Decide for each column whether others may know it.", "zh": "这些准标识并非指定，而是根据列名与单元格提出的建议。请逐列判断他人是否可能知晓。"},
    "person": {"en": "Classes count different people by {name}; rows without it count as one person’s.", "zh": "等价类按 {name} 统计不同的人；缺失者计为一人。"},
    "sizes": {"en": "How large classes are", "zh": "等价类大小"},
    "sizes_note": {"en": "Share of {bare} by the size of their class. In a class of one, nobody else has the same values.", "zh": "按所在等价类大小统计的{bare}占比。大小为 1 即没有其他人取值相同。"},
    "size": {"en": "Class size", "zh": "等价类大小"},
    "classes_of": {"en": "Classes", "zh": "等价类数"},
    "held": {"en": "In them", "zh": "其中"},
    "share": {"en": "Share", "zh": "占比"},
    "attackers": {"en": "Three attackers", "zh": "三类攻击者"},
    "attackers_note": {"en": "The chance of finding the right person, for somebody who guesses evenly among the candidates.", "zh": "攻击者在候选者中均匀猜测时找对人的概率。"},
    "prosecutor": {"en": "Prosecutor: knows that the person is in the file", "zh": "检察官：知道此人在文件中"},
    "journalist": {"en": "Journalist: knows the population in {file}", "zh": "记者：掌握 {file} 中的总体"},
    "marketer": {"en": "Marketer: tries everybody, right on average", "zh": "营销者：对所有人尝试，平均命中率"},
    "highest": {"en": "Highest", "zh": "最高"},
    "average": {"en": "Average", "zh": "平均"},
    "above": {"en": "Above {risk}", "zh": "高于 {risk}"},
    "outside": {"en": "{n} {unit} belong to classes of which the population table has fewer: it is not complete, and those in the file count instead.", "zh": "有 {n} {unit}所在等价类在总体表中人数更少：总体表不完整，故以文件中的数量计。"},
    "attributes": {"en": "Which columns single people out", "zh": "哪些列使人唯一"},
    "attributes_note": {"en": "Each column’s part of those who are alone in their class: its mean addition over all orders in which columns may become known.", "zh": "各列对“类中唯一”的贡献：按所有得知顺序平均的增量（Shapley 值）。"},
    "attributes_vanish": {"en": "Those alone in their class who would not be without this column.", "zh": "去掉该列后不再唯一者的占比。"},
    "column": {"en": "Column", "zh": "列"},
    "vanish": {"en": "Vanish without it", "zh": "去掉后消失"},
    "part": {"en": "Part", "zh": "贡献"},
    "score": {"en": "In scores of minimal uniques", "zh": "最小唯一组合得分占比"},
    "pairs": {"en": "Two columns at a time", "zh": "两列组合"},
    "pairs_note": {"en": "Share of {bare} that are alone by two columns (by one, on the diagonal).", "zh": "仅凭两列（对角线为一列）即唯一的{bare}占比。"},
    "sets": {"en": "Combinations that single out most", "zh": "最易使人唯一的组合"},
    "sets_note": {"en": "Of up to {size} columns: the share of {bare} that are alone by them.", "zh": "至多 {size} 列：仅凭这些列即唯一的{bare}占比。"},
    "combination": {"en": "Columns", "zh": "列组合"},
    "minimal": {"en": "{n} {unit} are alone by a combination of at most {size} columns. Minimal combinations, by the number of columns: {counts}.", "zh": "有 {n} {unit}仅凭至多 {size} 列即唯一。最小组合数（按列数）：{counts}。"},
    "sensitive": {"en": "What a class gives away", "zh": "等价类泄露什么"},
    "sensitive_note": {"en": "Whoever knows somebody’s class learns from its sensitive values, without knowing which record is hers.", "zh": "知道某人所属等价类者，无需知道具体记录即可从敏感取值推断。"},
    "distinct": {"en": "Least different values", "zh": "最少不同取值"},
    "entropy": {"en": "Entropy l", "zh": "熵 l"},
    "homogeneous": {"en": "Rows in classes of one value", "zh": "单一取值类中的行"},
    "distance": {"en": "Distance t", "zh": "距离 t"},
    "population": {"en": "In a population of {n}", "zh": "在 {n} 人的总体中"},
    "population_note": {"en": "Estimates of how many are unique in the population, if the file is a random sample of it ({fraction}). The decision rule of Dankar et al. trusts the one marked.", "zh": "若文件是总体的随机样本（{fraction}），对总体中唯一者的估计。Dankar 等人的判定规则采用有标记的一项。"},
    "model": {"en": "Model", "zh": "模型"},
    "trusted": {"en": "trusted", "zh": "采用"},
    "unsolved": {"en": "no solution", "zh": "无解"},
    "match": {"en": "A unique match of the file with this population is right with a chance of about {share}.", "zh": "文件与该总体的唯一匹配约有 {share} 的概率正确。"},
    "linkage": {"en": "Linking with {file}, tried", "zh": "与 {file} 的实际关联"},
    "linkage_note": {"en": "Rows matched by {names}: equal cells, blanks aside. Labels for several values match nothing but themselves, so where few cells occur in the other file this attack says little.", "zh": "按 {names} 匹配：单元格相等（忽略首尾空白）。概括性标签只与自身匹配，因此若某列的单元格很少出现在另一文件中，此攻击说明不了什么。"},
    "any": {"en": "Rows with a match", "zh": "有匹配的行"},
    "one": {"en": "Rows with exactly one match", "zh": "恰有一个匹配的行"},
    "right": {"en": "… that is right", "zh": "……其中正确"},
    "both": {"en": "Matches unique on both sides", "zh": "双向唯一的匹配"},
    "right_both": {"en": "… that are right", "zh": "……其中正确"},
    "alone": {"en": "Rows of the other file whose match is alone here", "zh": "另一文件中匹配到本文件唯一者的行"},
    "occurs": {"en": "Cells that occur in the other file", "zh": "出现在另一文件中的单元格"},
    "presets": {"en": "Yardsticks", "zh": "衡量标准"},
    "presets_note": {"en": "Each says what it asks, what was measured, and on which assumptions. None says that a table is anonymous.", "zh": "每项均说明要求、测得值与假设。任何一项都不表示数据表是匿名的。"},
    "met": {"en": "met", "zh": "满足"},
    "not met": {"en": "not met", "zh": "不满足"},
    "cannot tell": {"en": "cannot tell", "zh": "无法判定"},
    "level": {"en": "level {n}", "zh": "{n} 级"},
    "measured": {"en": "measured", "zh": "测得"},
    "asked_least": {"en": "asked: at least {n}", "zh": "要求：至少 {n}"},
    "asked_most": {"en": "asked: at most {n}", "zh": "要求：至多 {n}"},
    "assumptions": {"en": "Assumptions", "zh": "假设"},
    "source": {"en": "Source", "zh": "来源"},
    "columns": {"en": "What each column was taken for", "zh": "各列的判定"},
    "taken": {"en": "Taken for", "zh": "判定为"},
    "category": {"en": "Data category", "zh": "数据类别"},
    "quasi-identifier": {"en": "quasi-identifier", "zh": "准标识"},
    "direct identifier": {"en": "direct identifier", "zh": "直接标识"},
    "free text": {"en": "free text", "zh": "自由文本"},
    "sensitive_role": {"en": "sensitive", "zh": "敏感"},
    "constant": {"en": "constant", "zh": "常量"},
    "nearly unique": {"en": "nearly unique", "zh": "近乎唯一"},
    "person_role": {"en": "whose row it is", "zh": "行所属的人"},
    "not used": {"en": "not used", "zh": "未使用"},
    "table": {"en": "Table", "zh": "数据表"},
    "limits": {"en": "The numbers hold for attackers who know the quasi-identifiers named and nothing else. This page shows counts and shares; it holds no value of a cell.", "zh": "这些数字仅适用于只知道所列准标识的攻击者。本页只有计数与比例，不含任何单元格的值。"},
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
