"""Addresses in Chinese characters, by their grammar: from province to room, of the mainland, Hong Kong, Macau, Taiwan and Japan.

An address is a chain of parts, each a name or a number with a suffix that tells its rank: 浙江省 杭州市 西湖区 文三路 138号 东方大厦 5层. Chains are
told from ordinary sentences by what they hold (a road with a house number, a region above a village) and by signs that no place name has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from secureprofile.guard.places_han import CITIES_CN, PREFECTURES_JP, PROVINCES_CN

_REGION = "省|市|特别行政区|特別行政區|维吾尔自治区|壮族自治区|回族自治区|自治区|自治區|自治州|地区|地區|盟|自治县|县|縣|新区|新區|区|區|旗|州"
_TOWN = "镇|鎮|乡|鄉|街道|苏木|开发区|開發區|保税区|林场|农场"
_VILLAGE = "新村|村|屯|庄|里|邨"
_ROAD = "大道|大街|公路|胡同|路|街|道|巷|弄|里弄|大馬路"
_ESTATE = (
    "小区|小區|社区|社區|花园|花園|花苑|苑|公寓|广场|廣場|大厦|大廈|大楼|大樓|家园|家園|家属院|宿舍|中心|庄园|莊園|山庄|山莊|豪庭|华庭|雅居|名邸|国际|国际城|科技园|工业园|产业园|园区"
    "|園區|商城|新城|城|府|湾|灣|院|园|園|苑区|坊|阁|閣|軒|轩|庭|舍|墅|邸|苑|广场|工厂|学校|大学|中学|小学|医院|酒店|宾馆"
)
_KIND = {
    suffix: kind
    for kind, suffixes in (
        ("region", _REGION), ("town", _TOWN), ("estate", _ESTATE), ("road", _ROAD), ("village", _VILLAGE),
    )
    for suffix in suffixes.split("|")
}  # fmt: skip
_STOP = "我你您他她它们們这這的了是在吗嗎呢吧啊嘛哦把被让讓给給请請说說要找去叫很也没沒但因想吃喝玩寄送址搬到住哪谁誰怎啥着為为什么麼每该此本各某整几幾另咱些再又才却還还"
"""No place is named with these signs, but sentences are full of them."""
_HAN = rf"(?:(?![{_STOP}])[\u3400-\u9fff])"
_DIGITS = "0-9０-９"
_NUMERAL = rf"(?:[{_DIGITS}A-Za-zＡ-Ｚ]{{1,5}}(?:[\-－—/之#][{_DIGITS}A-Za-z]{{1,5}}){{0,4}}|[一二三四五六七八九十百零〇两甲乙丙丁东西南北東]{{1,4}})"
_HOUSE = "号院|号楼|號樓|號院|号之|号|號|弄|巷|段|栋|棟|幢|座|单元|單元|室|层|層|楼|樓|房|户|戶|组|組|队|隊|鄰|邻|排|期|F|门|門|区"
_NAMED = re.compile(
    rf"(?:{_HAN}|·){{1,9}}?(?P<suffix>{'|'.join(sorted(_KIND, key=len, reverse=True))})(?!路|街|道|巷|胡同|镇|鎮|乡|鄉|村|区|區|县|縣|市|社区|社區|花园|花園|公寓|广场|廣場|大厦|大廈)"
    rf"(?:[东西南北中東](?:段|路)?(?=[{_DIGITS} 一二三四五六七八九]))?"
    rf"|(?:{_HAN}|[{_DIGITS}A-Za-z]){{2,10}}?(?P<estate>{_ESTATE})"
)
_HOUSED = re.compile(
    rf"[第附]?{_NUMERAL} ?(?P<house>{_HOUSE})(?!線|线|文件|召|球|令|码|碼|机|機|选手|称|角|型|战|字楼)(?:之[{_DIGITS}]{{1,3}})?"
)
_BARE = re.compile(rf"(?:{_HAN}|·){{2,8}}?(?={_NUMERAL}(?:栋|棟|幢|号楼|號樓|单元|單元|座|楼|樓|层|層))")
"""The name of an estate without a word for estates, told by the building behind it."""
_ORDINARY = frozenset(
    """全市 全省 全县 全区 全村 全国各省市 一路 上路 半路 走路 问路 市区 郊区 城区 山区 小区 社区 地区 景区 校区 园区 片区 农村 乡村 城市 超市 都市 股市 上市 门市 夜市 菜市
    楼市 车市 牛市 大城市 道路 马路 公路 铁路 线路 思路 出路 网路 电路 街道 大街 上街 逛街 步行街 知道 味道 频道 渠道 报道 轨道 隧道 通道 跑道 管道 人行道 车道 地道 厚道 公道
    这里 那里 哪里 家里 心里 城里 公里 手里 夜里 村里 市里 屋里 嘴里 眼里 邻里 公园 花园 校园 家园 菜园 果园 乐园 幼儿园 动物园 植物园 医院 学院 法院 剧院 电影院 住院 出院 法院
    大院 中心 商城 长城 进城 全城 同城 广场 大厦 大楼 公寓 宿舍 商店 平台 台 电视台 舞台 阳台 站台 后台 柜台 政府 国际 海湾 客户 账户 用户 家庭 法庭 车间 房间 中间 楼房 书房
    厨房 住房 客房 票房 健身房 部门 专门 热门 出门 家门 开门 大门 村庄 农庄 街坊 作坊 市道 一道 难道 前台 灯台 月台 小组 分组 部队 车队 排队 球队 乐队 团队 期 学期 日期 时期
    長期 假期 星期 市場 市政府 区政府 县政府""".split()
)
_PLACE = rf"(?:{'|'.join(sorted({*PROVINCES_CN, *CITIES_CN}, key=len, reverse=True))})"
_KNOWN = re.compile(_PLACE)
_SHORT = re.compile(rf"{_PLACE}(?:[省市])?(?![县縣区區州镇鎮乡鄉村路街道])")
_LEAD = re.compile(
    r".*(?:位于|坐落|地处|发往|往|货至|来自|离|从|址|寄|送|新家|老家|户籍地?|籍贯|地点|单位|公司|家人|父母|导航|快递|快件|签收|收货|收件|包裹|退回|退至|投递|派件|所在地|目的地|现居|现在|目前|暂住"
    r"|居住|租住|常住|定居|出生|上门|安装|维修|取件|自提|网点|门店|店铺|总部|仓库|位置|定位|开往|赶往|抵达|到达|前往|返回|改成|改为|变更|邮寄|回到|路过|经过|附近|人在|放在|麻烦|帮忙|直接|货物|货发|司机|师傅|送达|發貨|寄到"
    r"|帮|于|至|在|回|发|放)(?![岭坪里门寨城])"
)
_ROOM = re.compile(
    rf"[ \-－]?[A-Z]?[{_DIGITS}]{{2,5}}(?:[\-－][{_DIGITS}]{{1,4}})?(?![{_DIGITS}年月日天点點块元个個人分米公次件折块斤岁歲%.,:：])"
)
_POSTCODE = re.compile(
    rf"[ ,，(（]{{1,3}}(?:(?:邮编|郵編|邮政编码)[:： ]?)?[{_DIGITS}]{{6}}(?![{_DIGITS}])[)）]?|(?:邮编|郵編|邮政编码)[:： ]?[{_DIGITS}]{{6}}(?![{_DIGITS}])"
)
_POSTCODE_BEFORE = re.compile(rf"(?<![{_DIGITS}A-Za-z])(?:[{_DIGITS}]{{3}}|[{_DIGITS}]{{5,6}})(?: ?| {_HAN}{{2,3}})$")
_PLACE_BEFORE = re.compile(rf"(?:{_PLACE}[省市]?[ 　]?)+$")
_GAP = re.compile("[ ,，、　]?")
_MAX_PARTS = 14
_HINT = re.compile("[路街道巷弄号號村镇鎮乡鄉栋棟幢座室苑园園]")


def han_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield addresses written in Chinese characters, left to right, without overlaps.

    Example:
        >>> text = "请寄到浙江省杭州市西湖区文三路138号东方大厦5层，谢谢"
        >>> [text[start:end] for start, end in han_addresses(text)]
        ['浙江省杭州市西湖区文三路138号东方大厦5层']
    """
    done = 0
    for start, end in sorted({*japanese_addresses(text), *chinese_addresses(text)}, key=lambda s: (s[0], -s[1])):
        if start >= done:
            yield start, end
            done = end


def chinese_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield Chinese addresses, simplified or traditional: regions, roads, villages, estates, houses, rooms, and a postcode beside them."""
    place = 0
    while _HINT.search(text, place) and (first := _NAMED.search(text, place)):
        parts = [_part(first)]
        start = _beginning(text, first)
        end = first.end()
        while len(parts) < _MAX_PARTS:
            at = gap.end() if (gap := _GAP.match(text, end)) else end
            if at > end and text[end] in ",，、" and not _HOUSED.match(text, at):
                break  # a clause ends here
            found = _HOUSED.match(text, at) or _short_place(text, at) or _named(text, at)
            if found is None:
                break
            parts.append(_part(found))
            end = found.end()
        while parts and parts[-1] == "other":  # a sentence goes on behind the address
            parts.pop()
        if _is_address(parts, named=_KNOWN.match(text, start) is not None):
            start, end = _with_postcode(text, start, _with_room(text, end, parts))
            yield start, end
            place = end
        else:
            place = first.end()


def _part(match: re.Match[str]) -> str:
    if match.re is _HOUSED:
        return "house:" + match["house"]
    if match.re is _SHORT:
        return "region"
    if match.re is _BARE:
        return "estate"
    if match[0] in _ORDINARY:
        return "other"
    return _KIND[match["suffix"]] if match["suffix"] else "estate"


def _named(text: str, at: int) -> re.Match[str] | None:
    """Match a name with a suffix, or an estate's without one where a building follows sooner."""
    named, bare = _NAMED.match(text, at), _BARE.match(text, at)
    return bare if bare and (named is None or bare.end() < named.end()) else named


def _short_place(text: str, at: int) -> re.Match[str] | None:
    """Match a city without its suffix, 广东深圳南山区, unless the name goes on as that of a road."""
    return _SHORT.match(text, at) if not re.match(r"[\u3400-\u9fff]{2,4}(?:路|街|道)", text[at : at + 6]) else None


def _beginning(text: str, first: re.Match[str]) -> int:
    """Return where the first part really begins: at a known province or city, else behind the verbs that lead to an address."""
    known = _KNOWN.search(text, first.start(), first.end())
    if known:
        return known.start()
    lead = _LEAD.match(text, first.start(), first.end())
    start = lead.end() if lead and lead.end() < first.end() - 1 else first.start()
    suffix = first["suffix"] or ""
    if (
        _KIND.get(suffix) == "region"
        and first.end() - len(suffix) - start > 3
        and not re.search("[族左右前后]", first[0])
    ):
        return first.end() - len(suffix) - 2  # counties and districts have names of two signs, seldom three
    return start


def _is_address(parts: list[str], *, named: bool) -> bool:
    houses = [part[6:] for part in parts if part.startswith("house:")]
    kinds = {part for part in parts if not part.startswith("house:")}
    regions = parts.count("region")
    exact = any(house[0] in "号號弄栋棟幢座单單室组組队隊排巷" for house in houses)
    if houses and exact and (kinds & {"road", "town", "village"} or (regions and "estate" in kinds)):
        return bool("road" in kinds or regions or len(houses) > 1 or houses[0][0] in "组組号號队隊")
    if "estate" in kinds and exact:
        return len(houses) > 1 or houses[0] in ("栋", "棟", "幢", "单元", "號樓", "号楼", "室")
    if houses and kinds & {"road", "estate"} and (regions or named):
        return True
    if regions and "town" in kinds and kinds & {"village", "estate"}:
        return True
    return regions >= 2 and bool(kinds & {"road", "town", "village", "estate"})


def _with_room(text: str, end: int, parts: list[str]) -> int:
    room = _ROOM.match(text, end) if parts[-1].startswith("house:") else None
    return room.end() if room else end


def _with_postcode(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span by a city without a suffix before it, and by a postcode on either side."""
    behind = _POSTCODE.match(text, end)
    place = _PLACE_BEFORE.search(text[max(0, start - 10) : start])
    start -= len(place[0]) if place else 0
    before = _POSTCODE_BEFORE.search(text[max(0, start - 11) : start])
    return start - (len(before[0]) if before else 0), behind.end() if behind else end


_KANA = r"[\u3400-\u9fff\u3040-\u30ffー々ヶケＡ-Ｚａ-ｚ]"
_JP_NUMBER = rf"[{_DIGITS}一二三四五六七八九十]{{1,4}}"
_JP_ADDRESS = re.compile(
    rf"(?:〒? ?[{_DIGITS}]{{3}}[\-－][{_DIGITS}]{{4}}[ 　]?)?"
    rf"(?:(?:{'|'.join(PREFECTURES_JP)})[ 　]?(?:{_KANA}{{1,8}}?[市区町村郡]){{0,4}}|(?:{_KANA}{{1,6}}?[市区郡])(?:{_KANA}{{1,6}}?[区町村])?)"
    rf"{_KANA}{{0,12}}?[ 　]?"
    rf"(?:{_JP_NUMBER}丁目[ 　]?(?:{_JP_NUMBER}(?:番地?|[\-－−‐ー]|の|号)?){{0,3}}"
    rf"|[{_DIGITS}]{{1,4}}番(?:地|[{_DIGITS}]{{1,4}}号)?(?:の?[{_DIGITS}]{{1,4}})?|[{_DIGITS}]{{1,4}}(?:[\-－−‐ー][{_DIGITS}]{{1,4}}){{1,3}})"
    rf"(?:[ 　]?(?:{_KANA}|[A-Za-z]){{2,16}}[ 　]?[{_DIGITS}]{{1,4}}(?:号室|号|階)?)?"
)


def japanese_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield Japanese addresses: prefecture, city, ward or town, block and house, a building behind them.

    Example:
        >>> text = "住所は東京都新宿区西新宿2丁目8番1号です"
        >>> [text[start:end] for start, end in japanese_addresses(text)]
        ['東京都新宿区西新宿2丁目8番1号']
    """
    if re.search(rf"[{_DIGITS}丁番]", text) and re.search("[都道府県市区郡]", text):
        for match in _JP_ADDRESS.finditer(text):
            yield match.start() + _jp_lead(match[0]), match.end()


def _jp_lead(found: str) -> int:
    """Return how many signs before the first place are no part of it: particles and kana words."""
    known = re.search("|".join(PREFECTURES_JP), found)
    if known and not found.startswith("〒") and not found[0].isdigit():
        return known.start()
    lead = re.match(r"[\u3400-\u9fff]*[はにへのをがで、]+(?=[\u3400-\u9fff])", found)
    return lead.end() if lead else 0
