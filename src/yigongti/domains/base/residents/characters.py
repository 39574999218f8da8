"""What is known about single characters of names: compound surnames, how surnames are read, which characters
look alike, old forms. Written for this project; all other readings come from pypinyin.
"""

import re

COMPOUND_SURNAMES = frozenset(
    [
        "欧阳", "司马", "上官", "诸葛", "夏侯", "东方", "皇甫", "尉迟", "公孙", "慕容", "长孙", "宇文", "司徒",
        "司空", "令狐", "端木", "轩辕", "独孤", "南宫", "百里", "呼延", "东郭", "西门", "申屠", "太史", "闻人",
        "澹台", "赫连", "万俟", "钟离", "公冶", "宗政", "濮阳", "淳于", "单于", "鲜于", "闾丘", "仲孙", "拓跋",
        "左丘", "梁丘", "第五", "纳兰", "完颜", "叶赫", "耶律", "达奚", "相里",
    ]
)  # fmt: skip

# Read differently as a surname than otherwise; first entries of the reading tables give the other one.
SURNAME_READINGS = {
    "曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "任": "ren", "盖": "ge",
    "朴": "piao", "华": "hua", "乐": "yue", "缪": "miao", "翟": "zhai", "折": "she", "召": "shao", "种": "chong",
    "燕": "yan", "员": "yun", "覃": "qin", "秘": "bi", "牟": "mu", "柏": "bai", "薄": "bo", "卜": "bu",
    "黑": "he", "繁": "po", "洗": "xian", "冼": "xian", "宓": "mi", "尹": "yin", "晟": "cheng", "逄": "pang",
    "佴": "nai", "幺": "yao", "句": "gou", "祭": "zhai", "隗": "wei", "葛": "ge", "令": "ling", "谌": "chen",
    "郗": "xi", "都": "du", "石": "shi", "车": "che", "沈": "shen", "尉迟": "yu chi", "万俟": "mo qi",
    "长孙": "zhang sun", "单于": "chan yu", "澹台": "tan tai",
}  # fmt: skip

# Usual readings in given names where the first reading of the tables is another.
GIVEN_READINGS = {
    "晟": "sheng", "长": "chang", "重": "chong", "卜": "bu", "薄": "bo", "柏": "bai", "行": "xing", "朝": "zhao",
    "盛": "sheng", "曾": "zeng", "华": "hua", "乐": "le", "翟": "zhai", "石": "shi", "沈": "shen", "葛": "ge",
    "阿": "a", "玗": "yu", "瑄": "xuan", "堃": "kun", "喆": "zhe", "芃": "peng", "彧": "yu", "翀": "chong",
}  # fmt: skip

# Old and traditional forms met in older registers and in documents from Hong Kong, Macao and Taiwan.
OLD_FORMS = str.maketrans(
    "張陳劉黃趙吳孫馬羅鄭謝韓馮鄧葉蘇蔣賈閻龍陸萬錢湯譚鄒賴龐蕭顧嚴盧莊倉齊閔寧岡歐陽喬鍾鐘關聞費賀國華軍"
    "偉強傑鳳蘭榮慶寶貴財興業學義禮輝曉東紅麗穎靜鈺瑩潔嬌潤澤濤瀟灣雲電飛風鵬鴻鶴紹經緯綺網維練綠紀約純細"
    "組終緒續縱總線編縣優傳價億儀僑勝勞勁勵務勛勳區協單衛厲廠廣庫廟廳應廬開閃閏間閣閩聖聲聰職肅膽臨舉艷藝"
    "藍蓮薩處號蟲補裝複觀覺誠誌謙講讓貞賢贊趕躍車輪輕載達遠適遲邁還進連運過選遙釗銀銘銳鋒錦鎮鏡鐵鑒問門難"
    "韋頌順預領顏願類飄養馳駿驊驍魯魚鮮鳴鴛麥黨齡豐",
    "张陈刘黄赵吴孙马罗郑谢韩冯邓叶苏蒋贾阎龙陆万钱汤谭邹赖庞萧顾严卢庄仓齐闵宁冈欧阳乔钟钟关闻费贺国华军"
    "伟强杰凤兰荣庆宝贵财兴业学义礼辉晓东红丽颖静钰莹洁娇润泽涛潇湾云电飞风鹏鸿鹤绍经纬绮网维练绿纪约纯细"
    "组终绪续纵总线编县优传价亿仪侨胜劳劲励务勋勋区协单卫厉厂广库庙厅应庐开闪闰间阁闽圣声聪职肃胆临举艳艺"
    "蓝莲萨处号虫补装复观觉诚志谦讲让贞贤赞赶跃车轮轻载达远适迟迈还进连运过选遥钊银铭锐锋锦镇镜铁鉴问门难"
    "韦颂顺预领颜愿类飘养驰骏骅骁鲁鱼鲜鸣鸳麦党龄丰",
)
OLD_CHARACTERS = [chr(code) for code in OLD_FORMS]

# Characters that are mistaken for one another when copied by hand, read from a scan or picked from a list by shape.
# One group a word; a character stands in one group only.
LOOK_ALIKE = tuple(
    re.findall(
        r"\S+",
        """
己已巳 未末 土士 日曰 戊戌戍成 侯候 辨辩辫瓣 萍苹 晴睛清请情精靖 玥明朋 佳住往佯 怡恰治
炎焱淡 玉王主壬 莉利俐 宁宇字 干于千 天夫无 大太犬丈 人入八 力刀九 贝见 田由甲申 甘廿 午牛
木本术 今令 免兔 析折 杨扬汤场肠 林材村 陈阵 张弛 刘列 赵起 黄寅 吴昊旲 周同 徐除 孙孔
胡湖糊 郭敦 何河 高亭 梁粱 宋宗 郑邓 谢射 韩幹 唐庸 冯凭 董重薰 萧肃箫潇 程呈 曹曾
袁哀衷 许讦 沈忱枕沉 彭膨澎 吕昌 苏办 卢卤 蒋将 蔡察 贾贡 丁十 魏巍 薛薜 叶什 阎闫 余佘
潘播 杜牡 戴载裁栽 夏复 钟种 汪江 姜羔美 范苑 姚桃 谭潭 廖寥 熊能 金全 陆陵 郝赤 白自
崔催 康庚 毛手 邱丘 秦泰奏 史吏 顾颀 侗洞 邵部 孟盂 龙尤 段叚 雷雪 尹伊 黎犁 易昜 常裳
武式 乔桥侨娇 贺驾 赖懒 龚垄 文又 英央莫 伟纬玮炜苇韦 芳芬 娜那 秀季 敏繁 静净 丽俪 强弓
磊蕊 洋样详祥 勇男湧 艳绝 涛焘铸 超迢 霞瑕假 刚钢冈纲 桂挂 芸云 玲铃伶岭 辉晖挥珲 红虹
鹏鸟 飞气 建健键 华毕桦 国园圆 志忘 峰锋蜂烽 波坡玻披 梅悔海每 兰三 凤风 洁浩 琳淋 素索
欣款掀 婷停 颖颍 慧惠彗 莹萤营荣 琴瑟 瑶遥摇谣 璐露路 晶品 莲连 琪淇棋琦 雅推 倪霓 妍研
彤形 梓辛 涵函 轩杆 睿容 泽择译怿 宸震晨 皓晧 煜昱熠 烨晔 俊峻骏竣浚 凯岂铠 鸿鸥 培陪倍
贵责 春舂 晓哓饶浇 亮壳 琼凉 福副幅 禄录绿 根恨很 发友 东车 西酉 北比 正止 仁仨 义叉
礼札扎 智知 信言 忠患 孝教考 廉兼谦 耻取 巧朽 珍诊 翠醉 菊匊 蓉溶榕 宏弘 诚城 栋拣练
楠南 桐铜 松讼 柏伯拍 彬杉 槐愧魁 铭名 锐说 锦绵棉 铁轶 银艰 鉴监 昕听 曼漫慢 曦羲 婕捷
妤好 媛缓援暖 娟捐涓绢 婉碗宛 嫣焉 娴闲 姗珊 妮泥呢 姣佼皎
""",
    )
)
