"""The yardsticks of laws and authorities, one row each: their criteria, what they assume, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final, Literal

from secureprofile.anonymity.safe_harbor import CLASSES
from secureprofile.anonymity.yardsticks import Criterion, Limit, Preset
from secureprofile.released import Text

JOINT: Final = Text(
    en="Row-level exports and noisy releases about the same people together have no joint bound.",
    zh="关于同一批人的逐行导出与加噪发布合在一起，没有共同的界限。",
)


def chosen(names: Sequence[str]) -> tuple[Preset, ...]:
    """Return the yardsticks that names stand for, families in full, each once and in the order of the table.

    Raises:
        KeyError: a name that is none.

    Example:
        >>> [preset.name for preset in chosen(["gbt-42460", "ema-0070"])]
        ['ema-0070', 'gbt-42460-public', 'gbt-42460-controlled', 'gbt-42460-enclave']
    """
    wanted = {one for name in names for one in FAMILIES.get(name, (PRESETS[name].name,) if name in PRESETS else ())}
    unknown = [name for name in names if name not in FAMILIES and name not in PRESETS]
    if unknown:
        raise KeyError(unknown[0])
    return tuple(preset for preset in PRESETS.values() if preset.name in wanted)


_NO_CLASS = Text(en="no row is left that is not suppressed", zh="没有未被抑制的行")
_NOT_SCANNED = Text(en="the columns were not looked at", zh="未查看各列")


def _smallest(limit: int | Literal["k"], en: str = "no class is smaller", zh: str = "没有更小的等价类") -> Criterion:
    bound: Limit = limit if limit == "k" else Fraction(limit)
    return Criterion(name=Text(en=en, zh=zh), measure="smallest", limit=bound, least=True, missing=_NO_CLASS)


def _highest(limit: Limit) -> Criterion:
    name = Text(en="nobody is at a higher risk", zh="没有人的风险更高")
    return Criterion(name=name, measure="highest", limit=limit, least=False, missing=_NO_CLASS)


def _none(measure: str, en: str, zh: str, missing: Text = _NOT_SCANNED) -> Criterion:
    return Criterion(name=Text(en=en, zh=zh), measure=measure, limit=Fraction(0), least=False, missing=missing)


_DIRECT = _none("direct", "no column of direct identifiers", "没有直接标识列")
_KNOWN = Text(
    en="others know no more than the quasi-identifiers named",
    zh="他人所知不超过所列准标识",
)
_PROSECUTOR = Text(
    en="an attacker may know that somebody is in the file, and guesses evenly within the class",
    zh="攻击者可能知道某人在文件中，并在等价类内均匀猜测",
)
_AS_SCANNED = Text(en="columns hold what the scan takes them for", zh="各列内容与扫描识别的一致")


def _gbt(name: str, tau: int, en: str, zh: str) -> Preset:
    return Preset(
        name=f"gbt-42460-{name}",
        title=Text(en=f"GB/T 42460-2023, {en}", zh=f"GB/T 42460-2023（{zh}）"),
        source="GB/T 42460-2023, ch. 4 and annex D, from a secondary description of the standard",
        criteria=(
            _DIRECT,
            _smallest(tau, f"no class is at a higher risk than τ = 1/{tau}", f"没有等价类的风险高于 τ = 1/{tau}"),
        ),
        assumptions=(
            _KNOWN,
            _AS_SCANNED,
            Text(
                en="the risk of the recipient's context keeps the product with the table's risk at 0.05 or below",
                zh="接收环境风险与数据风险之积不超过 0.05",
            ),
        ),
        tau=Fraction(1, tau),
    )


def _common(k: int, en: str, zh: str) -> Preset:
    return Preset(
        name=f"k-{k}",
        title=Text(en=f"k = {k} ({en})", zh=f"k = {k}（{zh}）"),
        source="precedents collected in El Emam 2013, Guide to the De-Identification of Personal Health Information",
        criteria=(_smallest(k),),
        assumptions=(_KNOWN, _PROSECUTOR),
    )


_ROWS: Final = (
    Preset(
        name="gdpr-wp216",
        title=Text(en="the three criteria of WP216", zh="WP216 的三项标准"),
        source="Article 29 Working Party, Opinion 05/2014 (WP216); GDPR recital 26; CJEU C-413/23 P",
        criteria=(
            _none("direct", "singling out: no column of direct identifiers", "单独挑出：没有直接标识列"),
            _none("free_text", "singling out: no free text, in which names may stand", "单独挑出：没有可能含姓名的自由文本"),
            _smallest("k", "singling out: nobody is alone or nearly alone by quasi-identifiers", "单独挑出：没有人因准标识而（近乎）唯一"),
            _none(
                "links",
                "linkability: nobody has exactly one match in the second file",
                "关联：没有人在第二份文件中恰有一个匹配",
                Text(en="no second file was given; which files others hold, no table tells", zh="未提供第二份文件；他人持有哪些文件，数据表无从得知"),
            ),
            Criterion(
                name=Text(en="inference: no class has one sensitive value only", zh="推断：没有等价类只有一个敏感取值"),
                measure="distinct", limit=Fraction(2), least=True,
                missing=Text(en="no sensitive column was named", zh="未指定敏感列"),
            ),
        ),
        assumptions=(
            _KNOWN,
            _AS_SCANNED,
            Text(en="files other than the second one, and approximate matching, are not measured", zh="未衡量第二份文件以外的文件和近似匹配"),
            Text(en="what can be inferred with less than certainty is not measured", zh="未衡量非确定性的推断"),
            Text(en="whether somebody is identifiable depends on the recipient's means", zh="是否可识别取决于接收方的手段"),
        ),
    ),
    Preset(
        name="hipaa-safe-harbor",
        title=Text(en="the safe harbor of HIPAA", zh="HIPAA 安全港"),
        source="45 CFR 164.514(b)(2)",
        criteria=(
            *(_none(row.letter, f"{row.letter}: no {row.name.en}", f"{row.letter}：没有{row.name.zh}") for row in CLASSES),
            _none("free_text", "no free text, in which any of them may stand", "没有可能含有上述内容的自由文本"),
        ),
        assumptions=(
            _AS_SCANNED,
            Text(en="nobody actually knows that what is left could identify somebody", zh="无人实际知晓剩余信息可识别个人"),
            Text(en="small three-digit ZIP codes are those of the Census of 2000", zh="小人口邮编前三位以 2000 年普查为准"),
        ),
    ),
    Preset(
        name="hipaa-expert",
        title=Text(en="the expert determination of HIPAA at the threshold named", zh="HIPAA 专家判定（所给阈值）"),
        source="45 CFR 164.514(b)(1); HHS names no number for a very small risk",
        criteria=(_DIRECT, _highest("threshold")),
        assumptions=(
            _KNOWN,
            _AS_SCANNED,
            _PROSECUTOR,
            Text(
                en="an expert finds this threshold very small for this recipient, and documents why",
                zh="专家认定该阈值对该接收方而言非常小，并记录理由",
            ),
        ),
    ),
    Preset(
        name="ema-0070",
        title=Text(en="EMA Policy 0070", zh="EMA 0070 号政策"),
        source="EMA/90915/2016, guidance on Policy 0070; the threshold from secondary descriptions",
        criteria=(_highest(Fraction(9, 100)),),
        assumptions=(
            _KNOWN,
            _PROSECUTOR,
            Text(en="0.09 is meant as it stands: 11 people are at 0.0909, 12 are needed", zh="0.09 按字面理解：11 人为 0.0909，需要 12 人"),
        ),
    ),
    Preset(
        name="cms-11",
        title=Text(en="the cell size policy of CMS", zh="CMS 单元格人数政策"),
        source="CMS cell size suppression policy, resdac.org",
        criteria=(_smallest(11, "no class of 1 to 10", "没有 1 至 10 人的等价类"),),
        assumptions=(
            _KNOWN,
            Text(
                en="no smaller cell can be derived from totals or percentages published elsewhere",
                zh="无法由他处公布的合计或百分比推出更小的单元格",
            ),
        ),
    ),
    _gbt("public", 20, "public release", "完全公开共享"),
    _gbt("controlled", 5, "controlled release", "受控公开共享"),
    _gbt("enclave", 3, "enclave", "领地公开共享"),
    _common(3, "risk 0.33: known recipients", "风险 0.33：已知接收方"),
    _common(5, "risk 0.2: agreements in force", "风险 0.2：有协议约束"),
    _common(11, "risk 0.09: public, careful", "风险 0.09：公开、谨慎"),
    _common(20, "risk 0.05: public, highly sensitive", "风险 0.05：公开、高度敏感"),
)  # fmt: skip

PRESETS: Final[Mapping[str, Preset]] = {preset.name: preset for preset in _ROWS}
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "gbt-42460": tuple(name for name in PRESETS if name.startswith("gbt-42460-")),
    "common-k": tuple(name for name in PRESETS if name.startswith("k-")),
    "all": tuple(PRESETS),
}
"""Names that stand for several yardsticks."""
