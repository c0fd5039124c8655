"""Short lists of names and of the words around them: evidence for columns and cues in text, not a dictionary of people.

Compiled for this project from general knowledge of frequent names; no list was copied. ``make provenance`` prints their sizes.
"""

from __future__ import annotations

from typing import Final

CN_SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
)  # fmt: skip
CN_COMPOUND: Final = (
    "欧阳",
    "司马",
    "诸葛",
    "上官",
    "司徒",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "长孙",
    "夏侯",
    "端木",
)

GIVEN: Final = frozenset(
    """james mary john patricia robert jennifer michael linda william elizabeth david barbara richard susan joseph jessica thomas sarah
    charles karen christopher nancy daniel lisa matthew betty anthony margaret mark sandra donald ashley steven kimberly paul emily
    andrew donna joshua michelle kenneth carol kevin amanda brian melissa george deborah edward stephanie ronald rebecca timothy
    laura jason sharon jeffrey cynthia ryan kathleen jacob amy gary angela nicholas shirley eric anna jonathan ruth stephen brenda
    larry pamela justin nicole scott katherine brandon samantha benjamin christine samuel emma gregory catherine frank virginia
    alexander rachel raymond janet patrick maria jack heather dennis diane jerry julie olivia joyce victoria sophie grace lucy hannah
    chloe ella lily mia alice oliver harry charlie oscar leo arthur henry freddie noah ethan liam lucas adam peter simon martin
    ian alan claire fiona helen jane kate louise megan natalie priya aisha omar ahmed mohammed fatima wei min jun sofia carlos luis
    anne marie pierre jean hans karl klaus anja sven lars erik ingrid giulia marco luca elena olga ivan""".split()
)
SURNAMES: Final = frozenset(
    """smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson thomas
    taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker young allen king wright
    scott torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter roberts gomez phillips evans turner
    diaz parker cruz edwards collins reyes stewart morris morales murphy cook rogers gutierrez ortiz morgan cooper peterson bailey
    reed kelly howard ramos kim cox ward richardson watson brooks chavez wood james bennett gray mendoza ruiz hughes price alvarez
    castillo sanders patel myers long ross foster jimenez powell jenkins perry russell sullivan bell coleman butler henderson barnes
    fisher shaw simmons ali khan ahmed hussain begum singh kaur chen wang li zhang liu yang huang zhao wu zhou müller schmidt schneider
    fischer weber meyer wagner becker schulz hoffmann dubois durand leroy moreau rossi ferrari esposito ivanov petrov silva santos""".split()
)

CUES_EN: Final = ("mr", "mrs", "ms", "miss", "dr", "prof", "mister", "madam", "sir")
TITLES_CN: Final = ("先生", "女士", "小姐", "老师", "太太", "经理", "医生")
CUES_CN: Final = ("我叫", "联系人", "收件人", "姓名", "客户", "本人", "名叫")
