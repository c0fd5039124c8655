"""Short lists of names and of the words around them: evidence for columns and cues in text, not a dictionary of people.

Compiled for this project from general knowledge of frequent names; no list was copied. ``make provenance`` prints their sizes.
"""

from __future__ import annotations

from typing import Final

CN_SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳穆农司卓古吉缪简车项芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝萧阎傅昌酆廉常乐皮元平湛禹狄贝计伏谈茅危昝裘宣贲郁杭洪诸钮嵇滑荀羊封芮羿储汲邴糜松井乌巴弓牧隗山宓蓬郗班仰秋伊暴斜厉戎祖束幸韶郜蓟薄印邰鄂索咸籍赖蔺屠阴胥苍闻莘贡劳逄扶堵宰郦雍郤璩濮寿扈燕冀郏浦慕茹习宦鱼容慎戈庾暨衡匡禄阙殳沃蔚夔厍晁勾訾阚毋乜鞠巢蒯荆竺逯盖桓代揭帅缑亢况琴丘仉"
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
    "歐陽",
    "司馬",
    "諸葛",
    "東方",
    "尉遲",
    "公孫",
    "長孫",
    "夏侯",
    "宇文",
    "轩辕",
    "东郭",
    "南宫",
    "西门",
    "闻人",
    "独孤",
    "百里",
    "申屠",
    "澹台",
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
TITLES_CN: Final = tuple(
    """先生 女士 小姐 老师 老師 太太 经理 經理 医生 醫生 医师 醫師 师傅 師傅 主任 教授 律师 律師 阿姨 叔叔 大爷 大妈 同学 同學 同志 院长 校长 局长 处长 科长 部长 队长 班长 店长 董事长
    總經理 总经理 书记 工程师 警官 护士 博士 会计 夫人 女仕 小朋友 爷爷 奶奶 大哥 大姐""".split()
)
CUES_CN: Final = tuple(
    """我叫 我是 联系人 聯絡人 聯繫人 收件人 收貨人 收货人 寄件人 发件人 姓名 客户 客戶 顾客 顧客 会员 會員 本人 名叫 叫做 患者 病人 乘客 旅客 业主 房东 租客 学生 家长 经办人 负责人 負責人
    法人 法定代表人 申请人 申請人 投保人 被保险人 受益人 持卡人 户主 开户人 户名 签收人 预订人 入住人 担保人 收款人 付款人 借款人 投诉人 报案人 当事人 委托人 购买人 订购人 买家 卖家
    用户 用戶 员工 員工 同事 司机 快递员 配送员 老公 老婆 丈夫 妻子 父亲 母亲 爸爸 妈妈 儿子 女儿 哥哥 姐姐 弟弟 妹妹 朋友 证人 原告 被告 署名 签名 落款 名字 尊敬的 亲爱的 由 找""".split()
)
"""Words that a name stands behind."""
CN_SURNAMES_TRADITIONAL: Final = frozenset(
    "張劉陳楊黃趙吳孫馬鄭謝許韓馮鄧蕭盧鍾譚陸賈韋鄒閻龍賀顧龔萬錢嚴賴莊葉蘇呂蔣餘羅徐簡游連詹魏範陶薛齊喬龐顏聶嶽魯歐關蘭畢溫單濮紀童凌駱遊華喻饒時農項車簡滿穆戚蔔衛費竇褚婁鄔邊師倉鄺麥區廖湯瞿應"
)

CN_GIVEN_SIGNS: Final = frozenset(
    "伟芳娜敏静丽强磊洋艳勇军杰娟涛明超秀霞平刚桂英华建国文辉力宏志峰雨晨欣怡子涵梓浩然宇轩思琪佳雪梅兰红玉珍凤云龙飞鹏海波新春林斌燕玲萍俊鑫婷慧莉莹颖倩琳璐瑶瑞博凯旭阳东健康乐天成德福贵荣祥庆生光清"
    "民权安义良才发富财友仁信礼智忠孝诚善美爱珠翠菊莲荷花蓉薇芝茹蕾蓓芬芸茜莎菲萱蔓菁雅诗画书琴音歌悦欢喜笑心恬甜可依然若梦晴雯露霜冰洁晶莺燕凰鸿鹤麟骏骥虎豹熊彪豪雄毅坚定恒永久长远航帆舟江河湖泽淼源泉润湘淑淇沛泓涛澜"
    "潇滨浪溪清渊瀚山岳峻岩石磐玮琦珊瑚琼瑜瑾璇玥珂珏琛璟环玺钰铭锋钢铁铮锐锦钧鉴银金鑫木林森松柏桦杨柳桐梧楠楷栋梁材桃李杏枫樱榕槿火炎焱烨炜煜灿烁焕熙照煌燃日昊昕昌昱晖晓晔景智暄曦月朋朗朝星辰宿夏秋冬时岁年世代"
    "承继绍祖宗先启开创兴业立振威武胜利克伦贤哲圣达通顺泰宁静谦逊恭敬宽容厚朴素真纯正直方圆元亨贞吉祯祺禄寿嘉佑佐佩侠俐倚倪健储儒允兆兰其典冠凡凌初劲勤北南西中一二三四五千万百亿君卿妍妮姗姝娅娇娥婉婧婵媛嫣嫦嬿孟季仲叔伯"
    "宝容宣宸富寒尔尚尧峥崇巍帅师平庭弘弛彤彦彩影律循徽恩恺悠情惠想愉意慈慕懿成扬振捷政敦斐斯旋旗昆易昭晋晗普曼朵杉果枝柔柯树格桑梨梵棋棠椿榆槐沁沐泊波津洛洲浚涓淳渝温渺滢漫灵煊熠爽牧珩理甫电畅皓盈益盛睿硕祎"
    "禹秉科程穆竹笛策筠管箫米粒纪纬纭练绮维绪缘羽翎翔翰耀耘聪肖胤舒航艺芃芷苏苗英茂范茵荔莘菱萌蒙蓝蔚薪藏虹蝶衡言训许诺谊谣谷贝贞资赫超越跃路轶载辉达迅进迪逸道遥邦郁都鄢采重野量铃长闻阔阳陆陶雁雄霆霄霖青靖韬韵"
    "韶颂颐飒飘馨驰鲁鹂鹃鹰麒麦黎黛齐龄偉麗強軍傑濤華國輝蘭鳳雲龍飛鵬寶榮慶義賢瑩穎瓊潔銘鋒鋼鐵愛曉東樂陽聰興業遠漢偲翊宥睿恆"
)
"""Signs that given names are made of: a third sign among them belongs to the name, another begins the next word."""

JP_SURNAMES: Final = frozenset(
    """佐藤 鈴木 高橋 田中 伊藤 渡辺 渡邊 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 斉藤 清水 山崎 森 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川
    藤田 後藤 近藤 村上 遠藤 青木 坂本 福田 太田 西村 藤井 金子 岡本 藤原 三浦 中野 中川 原田 松田 竹内 小野 田村 中山 和田 石田 森田 上田 原 内田 柴田 酒井 宮崎 横山 高木 安藤 宮本
    大野 小島 谷口 工藤 今井 高田 増田 丸山 杉山 村田 大塚 新井 小山 平野 藤本 河野 上野 野口 武田 松井 千葉 岩崎 菅原 木下 久保 佐野 野村 松尾 市川 菊地 杉本 古川 大西 島田 水野 桜井
    高野 渡部 吉川 山内 西田 飯田 菊池 西川 小松 北村 安田 五十嵐 川口 平田 関 中田 久保田 服部 東 岩田 土屋 川崎 福島 本田 辻 樋口 秋山 田口 永井 山中 中西 吉村 川上 大島 石原 馬場 若松
    笹田 津田 加納 江古田 喜嶋 宇野 浜田 廣川 桐山 中津川 山岸 西之園 大垣 坪井""".split()
)
JP_GIVEN: Final = frozenset(
    """太郎 一郎 二郎 健一 健太 翔太 拓也 大輔 直樹 直人 達也 浩 浩二 浩一 誠 学 修平 裕太 裕樹 和也 亮 亮介 智也 康弘 幹 稔 治 篤司 淳 陽一 英樹 聡太郎 七夏 花子 美咲 陽子 洋子
    恵子 由美子 裕美子 明美 加奈 香織 真綾 結衣 さくら 舞 知実 くみ子 千代 春香 桃子 里佳 涼平 零 あすか 陽菜 葵 莉子 蓮 湊 悠真 大翔""".split()
)
DE_GIVEN: Final = frozenset(
    """lukas leon luca finn jonas felix maximilian paul moritz niklas jan tim philipp alexander sebastian tobias matthias andreas michael stefan thomas markus christian
    wolfgang jürgen dieter manfred helmut werner günter gerhard horst heinz kurt otto friedrich karl hans klaus uwe bernd rainer ralf jörg holger torsten thorsten
    dirk sven marc oliver florian daniel dominik fabian simon jens frank heiko volker ulrich rolf rudolf siegfried ernst anna lena lea leonie mia emma hannah sophie marie laura
    julia katharina christina sabine monika petra susanne ursula renate helga karin ingrid gisela brigitte andrea claudia birgit heike martina angelika gabriele silke
    anja anke antje ute ulrike elke kerstin katrin kathrin nadine nicole melanie sandra stefanie tanja simone heidi erika hildegard gertrud elfriede irmgard waltraud
    jana franziska greta ida charlotte johanna luisa clara swen gordana gülay mareen lothar hülya oda""".split()
)
DE_SURNAMES: Final = frozenset(
    """müller schmidt schneider fischer weber meyer wagner becker schulz hoffmann schäfer koch bauer richter klein wolf schröder neumann schwarz zimmermann braun krüger
    hofmann hartmann lange schmitt werner schmitz krause meier lehmann schmid schulze maier köhler herrmann könig walter mayer huber kaiser fuchs peters lang scholz
    möller weiß jung hahn schubert vogel friedrich keller günther frank berger winkler roth beck lorenz baumann franke albrecht schuster simon ludwig böhm winter kraus
    martin schumacher krämer vogt stein jäger otto sommer groß seidel heinrich brandt haas schreiber graf schulte dietrich ziegler kuhn kühn pohl engel horn busch
    bergmann thomas voigt sauer arnold wolff pfeiffer""".split()
)
