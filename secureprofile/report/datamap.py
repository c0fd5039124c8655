"""The data map: which file holds which kinds of personal data, as one internal page without script. Shares and counts, never a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from secureprofile.released import Internal
from secureprofile.report.parts import environment, isolated
from secureprofile.report.wording import Language, say


@dataclass(frozen=True, slots=True, kw_only=True)
class MapColumn:
    """A column on the map; ``evidence`` maps what was seen to its share of cells, 0 to 1."""

    name: str
    category: str | None
    confidence: float
    evidence: Mapping[str, float]
    treatment: str
    personal: bool
    mixed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFile:
    """A file on the map; ``error`` says why it could not be read. ``looked``: at which rows (all, spread, first)."""

    name: str
    rows: Internal
    looked: str
    columns: tuple[MapColumn, ...] = ()
    error: str = ""


def data_map_html(files: Sequence[MapFile], *, lang: Language) -> str:
    """Return the page: an overview of files and kinds of data, then every column with its evidence and proposed treatment.

    Raises:
        TypeError: a number of rows that is not marked as internal.
    """
    for file in files:
        if not isinstance(file.rows, Internal):
            raise TypeError(f"an internal page takes Internal numbers, not {type(file.rows).__name__}")
    kinds = sorted({_kind(c) for file in files for c in file.columns if c.personal}, key=_ORDER.index)
    most = max((_count(file, kind) for file in files for kind in kinds), default=1)
    words = {key: texts[lang] for key, texts in _WORDS.items()}
    return (
        environment()
        .get_template("datamap.html.j2")
        .render(
            lang=lang,
            w=words,
            watermark=say("internal", lang),
            kinds=[(kind, _KINDS[kind][lang]) for kind in kinds],
            files=[
                {
                    "name": isolated(file.name),
                    "rows": f"{file.rows.value:,}",
                    "looked": words[f"looked_{file.looked}"],
                    "error": file.error,
                    "personal": sum(c.personal for c in file.columns),
                    "counts": [_tile(_count(file, kind), most) for kind in kinds],
                    "columns": [_column(c, words, lang) for c in file.columns],
                }
                for file in files
            ],
            personal=sum(c.personal for file in files for c in file.columns),
            total=sum(len(file.columns) for file in files),
        )
    )


def _count(file: MapFile, kind: str) -> int:
    return sum(c.personal and _kind(c) == kind for c in file.columns)


def _tile(count: int, most: int) -> dict[str, object]:
    return {"count": count, "strength": f"{20 + 60 * count / most:.0f}" if count else "0"}


def _kind(column: MapColumn) -> str:
    part = (column.category or "").split(".")[1:2]
    return part[0] if part and part[0] in _KINDS else "other"


def _column(column: MapColumn, words: Mapping[str, str], lang: Language) -> dict[str, object]:
    seen = [(kind, share) for kind, share in column.evidence.items() if kind != "header"]
    return {
        "name": isolated(column.name),
        "category": column.category or "–",
        "kind": _KINDS[_kind(column)][lang] if column.personal else words["not_personal"],
        "personal": column.personal,
        "mixed": column.mixed,
        "confidence": f"{column.confidence:.0%}" if column.category else "",
        "header": "header" in column.evidence,
        "bars": [
            {"kind": _spoken(kind, lang), "width": f"{max(0.5, 100 * share):.1f}", "share": percent(share)}
            for kind, share in seen[:6]
        ],
        "treatment": _TREATMENTS.get(column.treatment, {}).get(lang, column.treatment),
    }


def percent(share: float) -> str:
    """Write a share in percent; small ones keep a digit, for one cell in a million may matter.

    Example:
        >>> percent(0.512), percent(0.0042), percent(0.0000012), percent(0.0)
        ('51 %', '0.42 %', '0.00012 %', '0 %')
    """
    if share >= 0.01 or share == 0:
        return f"{100 * share:.0f} %"
    return f"{float(f'{100 * share:.2g}'):.10f}".rstrip("0").rstrip(".") + " %"


def _spoken(kind: str, lang: Language) -> str:
    """Say in words what was seen: recognizers keep their names."""
    bare = kind.removeprefix("holds ")
    word = _SEEN.get(bare, {}).get(lang, bare)
    return f"{'holds' if lang == 'en' else '含'} {word}" if bare != kind else word


_KINDS: Final[Mapping[str, Mapping[Language, str]]] = {
    "name": {"en": "Names", "zh": "姓名"},
    "contact": {"en": "Contact", "zh": "联系方式"},
    "government_id": {"en": "Official ids", "zh": "证件号码"},
    "financial": {"en": "Financial", "zh": "金融账户"},
    "unique_id": {"en": "Customer ids", "zh": "客户编号"},
    "account": {"en": "Accounts", "zh": "网络账号"},
    "device": {"en": "Devices", "zh": "设备标识"},
    "location": {"en": "Location", "zh": "位置"},
    "demographic": {"en": "Demographics", "zh": "人口属性"},
    "health_and_medical": {"en": "Health", "zh": "健康医疗"},
    "content": {"en": "Free text", "zh": "自由文本"},
    "other": {"en": "Other", "zh": "其他"},
}
_ORDER: Final = tuple(_KINDS)

_TREATMENTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "pseudonym": {"en": "pseudonym", "zh": "假名化"},
    "mask": {"en": "mask", "zh": "掩码"},
    "drop": {"en": "drop", "zh": "删除"},
    "keep": {"en": "keep", "zh": "保留"},
    "generalize": {"en": "generalize", "zh": "泛化"},
    "scrub": {"en": "scrub", "zh": "清洗文本"},
}

_SEEN: Final[Mapping[str, Mapping[Language, str]]] = {
    "number": {"en": "numbers", "zh": "数字"},
    "name": {"en": "like names", "zh": "形似姓名"},
    "address": {"en": "like addresses", "zh": "形似地址"},
    "text": {"en": "free text", "zh": "自由文本"},
}

_WORDS: Final[Mapping[str, Mapping[Language, str]]] = {
    "title": {"en": "Data map", "zh": "数据地图"},
    "summary": {"en": "columns hold personal data", "zh": "列含有个人信息"},
    "of": {"en": "of", "zh": "/"},
    "overview": {"en": "Overview", "zh": "概览"},
    "overview_note": {"en": "Columns with personal data, by file and kind.", "zh": "各文件中含个人信息的列数，按类别统计。"},
    "file": {"en": "File", "zh": "文件"},
    "rows": {"en": "rows looked at", "zh": "行已查看"},
    "looked_all": {"en": "all rows", "zh": "全部行"},
    "looked_spread": {"en": "a sample from all over the file", "zh": "遍布全文件的样本"},
    "looked_first": {"en": "the first rows", "zh": "最前面的行"},
    "column": {"en": "Column", "zh": "列"},
    "category": {"en": "Category", "zh": "数据类别"},
    "evidence": {"en": "Evidence (share of filled cells)", "zh": "依据（占非空单元格的比例）"},
    "treatment": {"en": "Proposed treatment", "zh": "建议处理"},
    "header": {"en": "the column's name says so", "zh": "列名即说明"},
    "sure": {"en": "sure", "zh": "把握"},
    "mixed": {"en": "mixed", "zh": "混合"},
    "not_personal": {"en": "nothing recognised", "zh": "未识别出"},
    "unread": {"en": "could not be read", "zh": "无法读取"},
    "nothing": {"en": "No personal data was recognised.", "zh": "未识别出个人信息。"},
    "limits": {
        "en": "What is recognised is told with confidence, what is not recognised is not proven absent: read the columns that say so before "
        "a file leaves. This page shows shares and counts; it holds no value of a cell.",
        "zh": "识别结果附有把握程度；未识别出并不等于不存在：文件外发前，请人工查看标明“未识别出”的列。本页只有比例与计数，不含任何单元格的值。",
    },
}  # fmt: skip
