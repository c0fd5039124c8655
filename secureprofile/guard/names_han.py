"""People's names in Chinese characters, in running text: beside a title, behind a cue, or with the dot of names from other languages.

Characters are not parted by blanks, so that a name's end is told by what cannot be part of one. A bare name without any sign of being one is not
found here: the scrubber looks for the table's own people, and a model can be hooked in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from secureprofile.guard.names import (
    CN_COMPOUND,
    CN_GIVEN_SIGNS,
    CN_SURNAMES,
    CN_SURNAMES_TRADITIONAL,
    CUES_CN,
    JP_SURNAMES,
    TITLES_CN,
)

_HAN = r"[\u3400-\u9fff]"
_SURNAME = f"(?:{'|'.join(CN_COMPOUND)}|[{''.join(sorted(CN_SURNAMES | CN_SURNAMES_TRADITIONAL))}])"
_NO_GIVEN = "的了说說要在是去到与與及已于於请請打电電话話把被给給让讓也都不没沒很想问問将將从從吗嗎吧呢这這那因所但就还還又再昨收寄买買卖賣退换換投咨预預订訂购購申签簽付住手联聯号號身址们們称稱您我你他她它则則等会會能可已曾才跟和来來向对對需提报報反要"
"""Signs that follow a name and are no part of one."""
_GIVEN = rf"(?:(?![{_NO_GIVEN}]){_HAN})"
_TITLES = "|".join(sorted(TITLES_CN, key=len, reverse=True))
_BOSS = r"总(?![是共部结之算体的计量数额监会统理经裁])|總(?![是共部結之算體的計量數額監會統理經裁])"
_TITLE = re.compile(
    rf"(?={_SURNAME}{_GIVEN}{{0,2}}?(?:{_TITLES}|{_BOSS}))(?P<name>{_SURNAME}{_GIVEN}{{0,2}}?)(?={_TITLES}|{_BOSS})"
)
_CUE = re.compile(
    rf"(?:{'|'.join(sorted(CUES_CN, key=len, reverse=True))})(?:信息|资料)?[为為是叫]?[\s:：=】」』）)'\"“”是叫]{{0,4}}"
    rf"(?P<name>(?:{'|'.join(CN_COMPOUND)}){_GIVEN}{{1,2}}|{_SURNAME}{_GIVEN}{{1,2}})"
)
_DOTTED = re.compile(rf"(?<![·•・‧])(?P<name>{_HAN}{{1,8}}(?:[·•・‧]{_HAN}{{1,8}}){{1,4}})(?![·•・‧])")
_DOTTED_LEAD = re.compile(
    rf".*(?:{'|'.join(sorted({*CUES_CN, *TITLES_CN}, key=len, reverse=True))}|联系|聯絡|麻烦|[昨今明]天|刚[才刚]|[上下]午|请问|转接|转告|通知|[告叫是找给給请請和与與对對向由被让讓把说說问問见見到在了的,，:：])"
)
_DOTTED_END = re.compile(
    rf"{_TITLES}|反映|挂失|申请|办理|预约|入住|今年|推荐|拒|挂|[已刚曾正被现的了说說要在是去到与與请請打把被给給让讓也都不没沒很想将將从從吗呢这這那刚今昨电電投咨预收]"
)
_NO_NAME = frozenset(
    """周一 周二 周三 周四 周五 周六 周日 周末 周年 项目 項目 高级 高級 高等 金融 金牌 商务 商務 安全 安保 全科 全职 全體 全体 全国 时尚 白衣 常务 季度 车间 车辆 車間 方面 成人 包装 平台 明星 文学 文化 万能 严肃 严格 古典
    华东 华南 华北 华中 江南 应急 水电 房产 法务 农业 林业 时装 白领 温和 平安 高中 初中 区域 学时 学生 颜色 于是 那位 时代 时期 和平 祝您 祝你 祝各位 路边 章节 时候 谢谢 謝謝 多谢 任何 何种 何时 何必 向来 曾经
    方便 成功 成为 常规 常见 高度 高兴 高效 关于 关键 关系 包括 包裹 包邮 安装 安排 安静 时间 时刻 白天 白色 黄色 黑色 蓝色 明天 明年 明白 明确 顾客 顾问 项链 温度 温馨 万一 金额
    金属 水果 水平 牛奶 牛肉 马上 马路 车票 车位 路上 路线 程序 程度 纪念 纪录 计划 申请 单位 单独 单号 单品 双方 双人 解决 解释 毛巾 毛衣 花费 花园 游客 游戏 相关 相信 相同 别人
    别的 支付 支持 支行 步骤 应该 应当 有关 有限 有效 习惯 连接 连续 段时间 余额 余款 费用 尚未 莫名 康复 贝壳 米饭 石油 石头 党员 项圈 国际 宁静 宁可 强烈 经理 主任 老师 老師
    先生 女士 小姐 师傅 司机 司徒 司法 公孙 部门 单元 池塘 原因 原来 元旦 易碎 易购 空调 空白 冷藏 冷冻 鲜花 全部 全新 印章 印刷 经办 柜台 房东 房客 房间 业主 管家 管理 和我 和您""".split()
)
_JP_SURNAME = f"(?:{'|'.join(sorted(JP_SURNAMES, key=len, reverse=True))})"
_KANA = r"[\u3400-\u9fff\u3040-\u30ffー々]"
_JP = re.compile(
    rf"(?P<name>{_JP_SURNAME}(?:[ 　]?[\u3400-\u9fff々]{{1,3}}|[ 　][\u3040-\u30ff]{{2,5}})?)(?=さん|さま|様|氏(?!名)|くん|ちゃん|先生|部長|課長|社長)"
    rf"|(?:氏名|お名前|名前|担当者?|宛名|受取人|お届け先|申込者|契約者|ご本人|会員|患者)[はが:：\s]{{1,3}}(?P<called>{_JP_SURNAME}[ 　]?[\u3400-\u9fff々]{{1,3}}|{_KANA}{{1,5}}[ 　][\u3400-\u9fff\u30a0-\u30ffー]{{1,5}})"
    rf"|(?P<spaced>{_JP_SURNAME}[ 　][\u3400-\u9fff々]{{1,3}})(?![\u3400-\u9fff])"
)


def han_names(text: str) -> Iterator[tuple[int, int]]:
    """Yield names written in Chinese characters, Chinese and Japanese, left to right; none lies within another.

    Example:
        >>> text = "收件人：欧阳明月，王小姐代收"
        >>> [text[start:end] for start, end in han_names(text)]
        ['欧阳明月', '王']
    """
    if re.search(_HAN, text):
        furthest = 0
        for start, end in sorted(set(_names(text)), key=lambda span: (span[0], -span[1])):
            if end > furthest:  # else it lies within one before
                yield start, end
                furthest = end


def _names(text: str) -> Iterator[tuple[int, int]]:
    for match in _TITLE.finditer(text):
        span = _trimmed(text, *match.span("name"))
        if span:
            yield span
    for match in _CUE.finditer(text):
        start, end = match.span("name")
        word = text[start : start + 2] in _NO_NAME or re.match(_TITLES, text[start:])
        if not word and text[end : end + 1] not in tuple("·•・‧") and "·" not in text[start : end + 4]:
            yield start, _end(text, start, end)
    for match in _DOTTED.finditer(text):
        start, end = match.span("name")
        yield from _dotted(text, start, end)
    for match in _JP.finditer(text):
        yield match.span(match.lastgroup or "name")


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Leave out `和` and other signs before a name that are surnames only sometimes; None where a word stands, not a name."""
    if text[start] in "和" and end - start > 1 and re.match(_SURNAME, text[start + 1 : end]):
        start += 1
    if text[start] == "任" and re.match("[主担责信胜离就上历现委重聘]", text[start - 1 : start] or " "):
        return None
    return None if text[start:end] in _NO_NAME or text[start : start + 2] in _NO_NAME else (start, end)


def _end(text: str, start: int, end: int) -> int:
    """Return where a name behind a cue ends: before a title, a word that goes on, or a third sign that no given name holds."""
    for place in range(start + 1, end):
        if re.match(_TITLES, text[place:]) or (place > start + 1 and _BEHIND.match(text, place)):
            return place
    surname = 2 if text.startswith(CN_COMPOUND, start) else 1
    goes_on = re.match(_HAN, text[end : end + 1]) and not re.match(_TITLES, text[end:])
    return end - 1 if goes_on and end - start == surname + 2 and text[end - 1] not in CN_GIVEN_SIGNS else end


_BEHIND = re.compile(
    "电话|手机|号码|地址|身份|今[天年早晚日]|昨[天日晚]|明[天早晚日]|刚刚|反映|表示|本人|性别|年龄|出生|生日|邮箱|微信|住在|家住|通过|一直|希望|觉得"
)


def _dotted(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    head = text[start : text.index(next(c for c in text[start:end] if c in "·•・‧"), start)]
    lead = _DOTTED_LEAD.match(head)
    cued = lead is not None and lead.end() < len(head)
    if not cued and ((start > 0 and re.match(_HAN, text[start - 1])) or len(head) > 6):
        return
    begin = start + (lead.end() if cued and lead else 0)
    last = max(text.rfind(c, begin, end) for c in "·•・‧") + 1
    stop = _DOTTED_END.search(text, last + 1, end)
    yield begin, stop.start() if stop else min(end, last + 6)
