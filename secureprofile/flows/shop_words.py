"""What the demo shop is made of: names, places, products, sentences.

Written for this project from everyday names and well-known places; no list of anybody's was copied, and no row stands
for a real person. Region codes are those of GB/T 2260; telephone ranges are the ones that Ofcom and the North American
Numbering Plan keep free for fiction. China keeps none free: mobiles there are random.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class City(NamedTuple):
    """A city, its share of the customers, and what addresses and telephone numbers there look like.

    ``districts`` are (region code, name) in China and (postcode, name) elsewhere; ``numbers`` hold a British city's
    landline numbers but for their last three digits, an American city's area codes, nothing in China.
    """

    name: str
    country: str
    share: int
    spend: float
    districts: tuple[tuple[str, str], ...]
    numbers: tuple[str, ...]


def _city(line: str) -> City:
    name, country, share, spend, districts, numbers = line.split(";")
    pairs = tuple((code, place) for code, _, place in (part.partition("=") for part in districts.split(",")))
    return City(name, country, int(share), float(spend), pairs, tuple(filter(None, numbers.split(","))))


def _words(text: str) -> tuple[str, ...]:
    """Read words between commas, or between blanks where there is no comma."""
    return tuple(re.split(r",\s*", text.strip()) if "," in text else text.split())


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Read ``王wang 李li`` as (character, spelling)."""
    return tuple((found[1], found[2]) for found in re.finditer(r"([^\sa-z]+)([a-z]+)", text))


FAMILY_ZH: Final = _pairs(
    "王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 周zhou 吴wu 徐xu 孙sun 马ma 朱zhu 胡hu 郭guo 何he 林lin "
    "高gao 罗luo 郑zheng 梁liang 谢xie 宋song 唐tang 许xu 韩han 冯feng 邓deng 曹cao 彭peng 曾zeng 肖xiao 田tian "
    "董dong 潘pan 袁yuan 蔡cai 蒋jiang 余yu 于yu 杜du 叶ye 程cheng 魏wei 苏su 吕lv 丁ding 任ren 卢lu 姚yao 沈shen "
    "钟zhong 姜jiang 崔cui 谭tan 陆lu 范fan 汪wang 廖liao 石shi 金jin 贾jia 夏xia 韦wei 方fang 白bai 邹zou 孟meng "
    "熊xiong 秦qin 邱qiu 江jiang 尹yin 薛xue 阎yan 段duan 雷lei 侯hou 龙long 史shi 陶tao 贺he 顾gu 毛mao 郝hao "
    "龚gong 邵shao 钱qian 严yan 覃qin 武wu 戴dai 莫mo 欧阳ouyang 司马sima 诸葛zhuge 上官shangguan"
)
"""Family names, roughly by frequency."""

GIVEN_ZH: Final = {
    "M": _pairs(
        "伟wei 强qiang 磊lei 军jun 洋yang 勇yong 杰jie 涛tao 超chao 明ming 刚gang 平ping 辉hui 鹏peng 华hua 飞fei "
        "鑫xin 波bo 斌bin 宇yu 浩hao 凯kai 健jian 俊jun 帆fan 旭xu 宁ning 龙long 林lin 阳yang 建jian 亮liang "
        "成cheng 志zhi 子zi 文wen 轩xuan 睿rui 博bo 泽ze 晨chen 天tian 国guo 一yi 东dong 峰feng 昊hao 翔xiang 瑞rui "
        "喆zhe"
    ),
    "F": _pairs(
        "芳fang 娜na 敏min 静jing 丽li 艳yan 娟juan 霞xia 燕yan 玲ling 婷ting 雪xue 慧hui 莹ying 洁jie 梅mei 琳lin "
        "倩qian 萍ping 红hong 颖ying 怡yi 欣xin 佳jia 雨yu 梦meng 思si 诗shi 涵han 萱xuan 瑶yao 悦yue 琪qi 蕾lei "
        "晶jing 薇wei 丹dan 淑shu 秀xiu 兰lan 桂gui 英ying 珍zhen 玥yue 珺jun 晓xiao 若ruo 可ke 月yue 彤tong"
    ),
}

FAMILY_EN: Final = _words(
    """
    Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker
    White Roberts Green Hall Wood Jackson Clarke Harris Lewis Martin Cooper King Ward Baker Turner Morgan
    Allen Hughes Carter Phillips Mitchell Bennett Cook Bailey Shaw Parker Murphy Kelly Campbell Stewart
    Anderson Miller Garcia Rodriguez Martinez Davis Hernandez Lopez Moore Lee Thomas Young Scott Nguyen
    Torres Flores Rivera Nelson Adams Gomez Reyes Morris Rogers Gutierrez Ortiz Reed Howard Kim Cox Diaz
    Richardson Watson Brooks Wood Khan Ahmed Hussain Begum Ali Singh Kaur O'Brien O'Connor Byrne MacDonald
    Fraser Murray Graham Sinclair Holmes Chapman Ellis Barker Fletcher Webb Barnes Pearson Hudson Lawson
    Marsh Okafor Mensah Adeyemi Kowalski Nowak Rossi Costa Silva Weber Fischer Jansen Lindqvist Haddad Cohen
    Levy Tanaka Park Whitaker Ashworth Blackwood Hartley Pemberton Winslow Thornton Callahan Prescott
    Sutherland
    """
)

GIVEN_EN: Final = {
    "M": _words(
        """
        Oliver George Harry Jack Noah Charlie Jacob Alfie Freddie Oscar Leo Logan Archie Theo Thomas James
        Joshua Henry William Max Lucas Ethan Arthur Mohammed Isaac Harrison Samuel Daniel Benjamin Edward
        Alexander Adam Michael David John Robert Paul Mark Andrew Richard Peter Stephen Kevin Brian Ian
        Martin Neil Graham Keith Derek Carlos Diego Wei Raj Omar Jamal Sean Connor Liam Patrick Ryan Tyler
        Brandon Marcus Trevor Walter
        """
    ),
    "F": _words(
        """
        Olivia Amelia Isla Ava Emily Isabella Mia Poppy Ella Lily Jessica Sophie Grace Evie Freya Chloe
        Charlotte Alice Daisy Florence Phoebe Hannah Lucy Ruby Harriet Megan Abigail Emma Sarah Laura Rachel
        Rebecca Claire Nicola Karen Susan Margaret Patricia Linda Barbara Jennifer Elizabeth Maria Sofia
        Camila Valentina Priya Aisha Fatima Zainab Naomi Yasmin Keira Niamh Siobhan Heather Fiona Catriona
        Brittany Ashley Kayla Madison Dorothy Shirley
        """
    ),
}

CITIES: Final = tuple(
    _city(line)
    for line in """\
上海;China;18;1.2;310115=浦东新区,310104=徐汇区,310101=黄浦区,310106=静安区,310112=闵行区;
北京;China;15;1.2;110105=朝阳区,110108=海淀区,110101=东城区,110102=西城区,110106=丰台区;
深圳;China;12;1.15;440305=南山区,440304=福田区,440303=罗湖区,440306=宝安区;
广州;China;11;1.05;440106=天河区,440104=越秀区,440105=海珠区,440103=荔湾区;
杭州;China;11;1.1;330106=西湖区,330108=滨江区,330109=萧山区,330110=余杭区;
成都;China;9;0.9;510107=武侯区,510104=锦江区,510105=青羊区,510108=成华区;
南京;China;7;0.95;320106=鼓楼区,320102=玄武区,320104=秦淮区,320115=江宁区;
重庆;China;7;0.8;500103=渝中区,500112=渝北区,500105=江北区,500107=九龙坡区;
苏州;China;6;1.0;320508=姑苏区,320505=虎丘区,320506=吴中区,320507=相城区;
天津;China;4;0.85;120101=和平区,120103=河西区,120104=南开区,120102=河东区;
London;United Kingdom;18;1.2;E8=Hackney,SW9=Brixton,N1=Islington,SE15=Peckham,W4=Chiswick;020 7946 0
Manchester;United Kingdom;9;0.95;M20=Didsbury,M4=Ancoats,M21=Chorlton;0161 496 0
Birmingham;United Kingdom;8;0.85;B13=Moseley,B17=Harborne,B15=Edgbaston;0121 496 0
Leeds;United Kingdom;6;0.85;LS6=Headingley,LS7=Chapel Allerton,LS1=City Centre;0113 496 0
Edinburgh;United Kingdom;6;1.0;EH6=Leith,EH10=Morningside,EH3=Stockbridge;0131 496 0
Glasgow;United Kingdom;5;0.85;G12=Hillhead,G41=Shawlands,G31=Dennistoun;0141 496 0
New York;United States;15;1.2;NY 10003=Manhattan,NY 11215=Brooklyn,NY 11101=Queens;212,718,917,646,347,929
San Francisco;United States;8;1.25;CA 94110=Mission,CA 94117=Haight,CA 94122=Sunset;415,628,650,510
Chicago;United States;8;0.95;IL 60614=Lincoln Park,IL 60647=Logan Square,IL 60608=Pilsen;312,773,872,847
Seattle;United States;6;1.1;WA 98103=Fremont,WA 98107=Ballard,WA 98122=Capitol Hill;206,253,425
Boston;United States;6;1.1;MA 02118=South End,MA 02130=Jamaica Plain,MA 02127=Southie;617,857,781,339
Austin;United States;5;1.0;TX 78704=Zilker,TX 78751=Hyde Park,TX 78702=East Side;512,737,254
""".splitlines()
)

ROADS_ZH: Final = _words(
    "世纪大道 人民路 中山路 解放路 建设路 和平路 文化路 长江路 黄河路 新华路 延安路 北京路 南京路 学院路 科技路 "
    "花园路 滨河路 迎宾大道 体育路 民主路 青年路 胜利路 朝阳路 春晓路 望江路 桂花街 梧桐街 银杏街 平安巷 永福里"
)
MOBILE_ZH: Final = _words(
    "130 131 132 133 135 136 137 138 139 150 151 152 156 157 158 159 176 177 180 182 183 186 187 188 189 199"
)
MOBILE_UK: Final = "07700 900"

ROADS_EN: Final = {
    "United Kingdom": _words(
        "Church Street,Station Road,Victoria Road,Mill Lane,Green Lane,Park Road,Queens Road,King Street,Manor Road,"
        "Albert Road,Highfield Avenue,Grange Road,Chapel Lane,Elm Grove,Windsor Close,Alma Terrace,Orchard Gardens"
    ),
    "United States": _words(
        "Maple Avenue,Oak Street,Cedar Lane,Pine Street,Washington Avenue,Lake Street,Hill Road,Walnut Street,"
        "Sunset Boulevard,River Road,Lincoln Avenue,Jefferson Street,Willow Drive,Chestnut Court,Franklin Place"
    ),
}

CATEGORIES: Final = ("grocery", "apparel", "electronics", "beauty", "home", "sports", "books", "toys")

PRICES: Final = dict(zip(CATEGORIES, (6.5, 34.0, 140.0, 22.0, 45.0, 52.0, 13.0, 24.0), strict=True))
"""Median unit price; single prices spread around it (log-normal)."""

PRODUCTS: Final = {
    "grocery": _words(
        "Jasmine tea,Olive oil,Rice 5 kg,Dark chocolate,Coffee beans,Almonds,Soy sauce,Honey,Noodles,Oat milk"
    ),
    "apparel": _words(
        "Linen shirt,Wool scarf,Denim jacket,Running socks,Rain coat,Silk dress,Cotton T-shirt,Winter boots"
    ),
    "electronics": _words(
        "Headphones,Power bank,Smart watch,Tablet,Phone case,Keyboard,Desk lamp,Bluetooth speaker,E-reader"
    ),
    "beauty": _words("Face cream,Lipstick,Sunscreen SPF 50,Hand cream,Shampoo,Perfume 50 ml,Sheet masks,Nail polish"),
    "home": _words("Duvet cover,Frying pan,Tea set,Storage box,Wall clock,Towel set,Rice cooker,Candle,Plant pot"),
    "sports": _words(
        "Yoga mat,Football,Badminton racket,Water bottle,Cycling gloves,Dumbbells 2 x 5 kg,Tent,Swim goggles"
    ),
    "books": _words(
        "Cookbook,Travel guide,Crime novel,Picture book,Dictionary,Comic,History of tea,Calligraphy primer"
    ),
    "toys": _words("Building blocks,Plush panda,Jigsaw 1000 pieces,Toy train,Board game,Doll,Kite,Modelling clay"),
}

TASTES: Final = {
    "grocery": (0.6, 0.9, 1.3, 1.6, 1.9),
    "apparel": (1.5, 1.3, 1.0, 0.8, 0.5),
    "electronics": (1.6, 1.4, 1.0, 0.6, 0.3),
    "beauty": (1.5, 1.4, 0.9, 0.6, 0.4),
    "home": (0.4, 0.9, 1.4, 1.3, 1.0),
    "sports": (1.2, 1.1, 0.9, 0.6, 0.3),
    "books": (0.6, 0.6, 0.8, 1.1, 1.5),
    "toys": (0.3, 0.9, 1.3, 0.5, 0.7),
}
"""How much the age groups (below 25, 35, 50, 65, and above) like each category."""

WOMEN_BUY: Final = {"beauty": 2.6, "apparel": 1.4, "electronics": 0.7, "sports": 0.8}
"""What the tastes of women are multiplied by; those of men are left as they are."""

LOCAL_TASTES: Final = {
    "China": {"beauty": 1.3, "electronics": 1.2, "grocery": 0.9},
    "United Kingdom": {"books": 1.5, "home": 1.3, "grocery": 1.2},
    "United States": {"sports": 1.6, "toys": 1.3, "apparel": 1.2},
}

PROMOTION: Final = (0.62, 0.45, 0.28, 0.18, 0.12)
"""Share of each age group that waits for discounts and coupons."""

CHANNELS: Final = ((70, 22, 8), (60, 30, 10), (40, 40, 20), (22, 43, 35), (8, 32, 60))
"""How often each age group orders by app, on the web, in a store."""

MONTHS: Final = (0.75, 0.6, 0.65, 0.65, 0.7, 0.9, 0.65, 0.65, 0.7, 0.75, 1.0, 0.95)
"""Season: 6.18 in June, Double Eleven and Black Friday in November, Christmas."""

HOURS: Final = (
    (3, 2, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 8, 7, 6, 6, 6, 7, 8, 10, 13, 15, 13, 8),
    (0, 0, 0, 0, 0, 1, 3, 6, 9, 12, 12, 11, 8, 8, 9, 9, 8, 7, 5, 4, 3, 2, 1, 0),
)
"""Weights of the hours of a day, for people below 50 and above."""

COUPONS: Final = {6: ("618", "SUMMER10"), 11: ("DOUBLE11", "BLACKFRIDAY"), 12: ("XMAS15", "DOUBLE12")}
EVERYDAY_COUPONS: Final = ("SAVE10", "WELCOME", "FREESHIP", "VIP20")

GRANTED_BY: Final = ("网站勾选", "门店签字", "APP弹窗确认", "会员卡申请表")
WITHDRAWN_BY: Final = ("客服电话", "APP设置", "书面来函")
NOTICES: Final = ("PN-2023-09", "PN-2024-05", "PN-2025-11")

NOTES_EN: Final = (
    "Called from {phone}, wants delivery after 6 pm.",
    "{title} {surname} asked to be reached at {email} only.",
    "Leave parcels with {other}, the neighbour ({other_phone}).",
    "{name} is a colleague of {other}; both order for the office.",
    "Moved to {address}, update the label.",
    "Family of {other}, they share the account at times.",
    "Gift for {other}: no invoice in the parcel, please.",
    "Spoke to {given} on the phone; very friendly, likes tea.",
    "Complaint about late delivery.\nCalled back on {phone}, solved.",
    'Said: "never again by courier", prefers the store.',
    "Prefers evening delivery, second floor, no lift.",
    "Allergic to nuts; ask before substituting groceries.",
    "Wrong e-mail on file before, correct one is {email}.",
    "Referred by {other} <{other_email}>.",
)
NOTES_EN_ORDER: Final = (
    "Order {order} arrived damaged, {given} wants a refund.",
    "{title} {surname} rang about {order}; call back: {phone}.",
    "Order {order} was picked up by {other}, ID checked.",
)

NOTES_ZH: Final = (
    "客户{name}来电，要求晚上六点后送货，电话{phone}。",
    "{surname}{title}希望只用邮箱联系：{email}",
    "快递可放在邻居{other}处（{other_phone}）。",
    "{name}与{other}是同事，常一起下单。",
    "新地址：{address}，请更新。",
    "与{other}是亲戚,有时共用账号。",
    "送给{other}的礼物，包裹里不要放发票。",
    "和{surname}{title}通过电话,喜欢喝茶,态度很好。",
    "投诉物流慢。\n已回电{phone}，解决。",
    "喜欢周末送货，二楼，无电梯。",
    "会员卡丢失，已凭身份证{resident_id}补办。",
    "由{other}推荐注册，推荐人邮箱{other_email}。",
    "对坚果过敏，换货前请先确认。",
)
NOTES_ZH_ORDER: Final = (
    "订单{order}破损，{name}要求退款。",
    "{surname}{title}询问订单{order}进度，回电{phone}。",
    "订单{order}由{other}代收，已核对证件。",
)
