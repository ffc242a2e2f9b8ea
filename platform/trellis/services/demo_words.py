"""The words that the demonstration data is made of; companies, people and numbers are invented."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """Where a team sells: its places as (city, province or state, country, postcode, phone prefix)."""

    code: str
    name: str
    label: str
    chinese: bool
    places: tuple[tuple[str, str, str, str, str], ...]


REGIONS = (
    Region("north", "North China", "华北", True, (
        ("北京", "北京市", "中国", "100020", "+86105550"),
        ("天津", "天津市", "中国", "300010", "+86225550"),
        ("沈阳", "辽宁省", "中国", "110013", "+86245550"),
        ("青岛", "山东省", "中国", "266071", "+865325550"),
    )),
    Region("east", "East China", "华东", True, (
        ("上海", "上海市", "中国", "200120", "+86215550"),
        ("杭州", "浙江省", "中国", "310012", "+865715550"),
        ("苏州", "江苏省", "中国", "215021", "+865125550"),
        ("南京", "江苏省", "中国", "210019", "+86255550"),
    )),
    Region("south", "South China", "华南", True, (
        ("深圳", "广东省", "中国", "518052", "+867555550"),
        ("广州", "广东省", "中国", "510623", "+86205550"),
        ("厦门", "福建省", "中国", "361008", "+865925550"),
        ("成都", "四川省", "中国", "610041", "+86285550"),
    )),
    Region("europe", "Europe", "EMEA", False, (
        ("Hamburg", "Hamburg", "Germany", "20457", "+494055501"),
        ("Munich", "Bavaria", "Germany", "80331", "+498955501"),
        ("Rotterdam", "South Holland", "Netherlands", "3011", "+311055501"),
        ("Manchester", "England", "United Kingdom", "M1 4BT", "+441614960"),
        ("Lyon", "Auvergne-Rhône-Alpes", "France", "69002", "+33478550"),
    )),
    Region("apac", "Asia Pacific", "APAC", False, (
        ("Singapore", "Singapore", "Singapore", "048616", "+6565550"),
        ("Sydney", "New South Wales", "Australia", "2000", "+612555001"),
        ("Tokyo", "Tokyo", "Japan", "100-0005", "+81355501"),
        ("Kuala Lumpur", "Kuala Lumpur", "Malaysia", "50450", "+60355501"),
    )),
)  # fmt: skip

TEAM_PEOPLE = {
    "north": (("王建国", "wang.jianguo"), ("李静", "li.jing"), ("Daniel Krüger", "daniel.krueger"), ("赵雨桐", "zhao.yutong")),
    "east": (("林悦", "lin.yue"), ("陈伟", "chen.wei"), ("周子涵", "zhou.zihan"), ("Sara Holm", "sara.holm")),
    "south": (("黄志明", "huang.zhiming"), ("吴婷", "wu.ting"), ("郑浩然", "zheng.haoran"), ("Priya Nair", "priya.nair")),
    "europe": (("Marco Ruiz", "marco.ruiz"), ("Harriet Vogel", "harriet.vogel"), ("Jonas Lindqvist", "jonas.lindqvist"), ("孙晓彤", "sun.xiaotong")),
    "apac": (("Amelia Tan", "amelia.tan"), ("Kenji Mori", "kenji.mori"), ("Olivia Hart", "olivia.hart"), ("刘畅", "liu.chang")),
}  # fmt: skip

SURNAMES = (
    ("王", "wang"), ("李", "li"), ("张", "zhang"), ("刘", "liu"), ("陈", "chen"), ("杨", "yang"), ("赵", "zhao"), ("黄", "huang"),
    ("周", "zhou"), ("吴", "wu"), ("徐", "xu"), ("孙", "sun"), ("胡", "hu"), ("朱", "zhu"), ("高", "gao"), ("林", "lin"),
    ("何", "he"), ("郭", "guo"), ("马", "ma"), ("罗", "luo"), ("梁", "liang"), ("宋", "song"), ("郑", "zheng"), ("谢", "xie"),
    ("韩", "han"), ("唐", "tang"), ("冯", "feng"), ("于", "yu"), ("董", "dong"), ("萧", "xiao"), ("欧阳", "ouyang"), ("司徒", "situ"),
)  # fmt: skip

GIVEN = (
    ("伟", "wei"), ("芳", "fang"), ("娜", "na"), ("敏", "min"), ("静", "jing"), ("强", "qiang"), ("磊", "lei"), ("洋", "yang"),
    ("艳", "yan"), ("勇", "yong"), ("军", "jun"), ("杰", "jie"), ("涛", "tao"), ("超", "chao"), ("明", "ming"), ("刚", "gang"),
    ("志强", "zhiqiang"), ("建华", "jianhua"), ("秀英", "xiuying"), ("文静", "wenjing"), ("海燕", "haiyan"), ("晓东", "xiaodong"),
    ("雪梅", "xuemei"), ("国庆", "guoqing"), ("思远", "siyuan"), ("雨欣", "yuxin"), ("子轩", "zixuan"), ("佳怡", "jiayi"),
    ("浩宇", "haoyu"), ("梦琪", "mengqi"), ("俊杰", "junjie"), ("丽华", "lihua"), ("振宇", "zhenyu"), ("若兰", "ruolan"),
    ("天佑", "tianyou"), ("诗涵", "shihan"), ("立新", "lixin"), ("春梅", "chunmei"), ("启航", "qihang"), ("婉清", "wanqing"),
)  # fmt: skip

FIRST_NAMES = (
    "Anna", "Ben", "Carla", "David", "Elena", "Felix", "Grace", "Hugo", "Ines", "Jack", "Katrin", "Liam", "Maya", "Noah", "Olga",
    "Paul", "Quentin", "Rosa", "Samuel", "Tessa", "Umar", "Vera", "Walter", "Yuki", "Zoe", "Aarav", "Bianca", "Cheng", "Dmitri",
    "Emma", "Farah", "Gabriel", "Hana", "Ivan", "Julia", "Kofi", "Lena", "Mateo", "Nadia", "Oscar", "Petra", "Ravi", "Sofia",
    "Thomas", "Valentina", "William", "Xenia", "Yusuf", "Mei", "Arthur",
)  # fmt: skip

LAST_NAMES = (
    "Adler", "Bauer", "Carter", "Dubois", "Eriksson", "Fischer", "Garcia", "Hansen", "Ibrahim", "Jensen", "Keller", "Lambert",
    "Moreau", "Nakamura", "Okafor", "Patel", "Quinn", "Rossi", "Schmidt", "Tanaka", "Ueda", "Vermeer", "Walsh", "Yamada", "Zimmer",
    "Ahmed", "Becker", "Costa", "Dalton", "Evans", "Ferreira", "Gupta", "Hughes", "Ito", "Jansen", "Kowalski", "Lopez", "Meyer",
    "Novak", "Olsen", "Peters", "Reid", "Silva", "Taylor", "Ng", "Vogel", "Wong", "Lim", "Chua", "O'Brien",
)  # fmt: skip

BRANDS_ZH = (
    ("启航", "qihang"), ("远景", "yuanjing"), ("华信", "huaxin"), ("天元", "tianyuan"), ("鼎盛", "dingsheng"), ("瑞丰", "ruifeng"),
    ("嘉禾", "jiahe"), ("博雅", "boya"), ("恒通", "hengtong"), ("卓越", "zhuoyue"), ("明德", "mingde"), ("安泰", "antai"),
    ("云帆", "yunfan"), ("金桥", "jinqiao"), ("东方星", "dongfangxing"), ("蓝海", "lanhai"), ("万象", "wanxiang"), ("众诚", "zhongcheng"),
    ("佳润", "jiarun"), ("宏图", "hongtu"), ("同创", "tongchuang"), ("银杏", "yinxing"), ("海川", "haichuan"), ("飞跃", "feiyue"),
    ("新纪元", "xinjiyuan"), ("凯歌", "kaige"), ("盛世", "shengshi"), ("锦绣", "jinxiu"), ("智联", "zhilian"), ("长风", "changfeng"),
    ("百川", "baichuan"), ("方舟", "fangzhou"), ("晨曦", "chenxi"), ("北辰", "beichen"), ("南湖", "nanhu"), ("青松", "qingsong"),
)  # fmt: skip

BRANDS_EN = (
    "Northwind", "Helios", "Baxley", "Kitehill", "Fjordline", "Meridian", "Oakline", "Sunrise", "Avalon", "Pinecrest", "Harbour",
    "Lumen", "Silverleaf", "Granite", "Blue Anchor", "Cobalt", "Redwood", "Nordic Star", "Falcon", "Amber", "Riverstone", "Summit",
    "Beacon", "Evergreen", "Copperfield", "Juniper", "Atlas", "Whitestone", "Orchid", "Tidewater", "Keystone", "Solstice", "Marlow",
    "Hawthorn", "Crescent", "Iron Bridge", "Larkspur", "Polaris", "Quayside", "Vantage", "Westbrook", "Zephyr", "Birchwood", "Saffron",
)  # fmt: skip

INDUSTRIES: tuple[tuple[str, str, str, str, int], ...] = (
    # key, English name part, Chinese name part, sub-industry, weight
    ("manufacturing", "Machines", "重工", "机械基件", 14),
    ("software", "Software", "软件", "软件服务", 10),
    ("logistics", "Logistics", "物流", "仓储物流", 10),
    ("retail", "Stores", "商贸", "百货", 10),
    ("healthcare", "Medical", "医药", "医疗保健", 9),
    ("technology", "Systems", "科技", "IT设备", 9),
    ("finance", "Capital", "金融", "多元金融", 6),
    ("energy", "Energy", "能源", "新型电力", 7),
    ("automotive", "Motors", "汽车部件", "汽车配件", 7),
    ("telecommunications", "Telecom", "通信", "通信设备", 5),
    ("construction", "Construction", "建工", "建筑工程", 6),
    ("food", "Foods", "食品", "食品", 6),
    ("hospitality", "Hotels", "酒店", "酒店餐饮", 4),
    ("education", "Academy", "教育", "文教休闲", 4),
    ("chemicals", "Chemicals", "化工", "化工原料", 5),
    ("services", "Advisory", "咨询", "其他商业", 5),
    ("environment", "Water", "环保", "环境保护", 3),
    ("entertainment", "Media", "传媒", "影视音像", 3),
)

STREETS_ZH = ("人民路", "中山路", "建设大道", "科技园路", "滨江大道", "解放路", "高新一路", "文三路", "金融街", "创业路")  # fmt: skip
STREETS_EN = ("Station Road", "Harbour Street", "Market Square", "Mill Lane", "King Street", "Industrial Way", "Park Avenue", "Dock Road")  # fmt: skip

# job title in English and Chinese, department in both, part in the purchase, decides
JOBS: tuple[tuple[str, str, str, str, str, bool], ...] = (
    ("Managing director", "总经理", "Management", "总经办", "decider", True),
    ("Head of purchasing", "采购总监", "Purchasing", "采购部", "buyer", True),
    ("Purchasing manager", "采购经理", "Purchasing", "采购部", "buyer", False),
    ("IT director", "信息总监", "IT", "信息部", "influencer", False),
    ("Operations manager", "运营经理", "Operations", "运营部", "user", False),
    ("Chief financial officer", "财务总监", "Finance", "财务部", "budget_owner", True),
    ("Project manager", "项目经理", "Projects", "项目部", "champion", False),
    ("Sales director", "销售总监", "Sales", "销售部", "champion", False),
    ("Plant manager", "厂长", "Production", "生产部", "user", False),
    ("Assistant to the board", "总经理助理", "Management", "总经办", "gatekeeper", False),
)

# SKU, name, family, series, unit, list price, cost, weight among deals, topic in English and Chinese
PRODUCTS: tuple[tuple[str, str, str, str, str, int, int, int, str, str], ...] = (
    ("FLT-SEAT", "Fleet seat, yearly", "subscription", "Fleet", "user_year", 1200, 240, 16, "fleet roll-out", "车队管理项目"),
    ("FLT-CTRL", "Fleet control centre", "software", "Fleet", "licence", 240000, 60000, 5, "control centre", "调度中心建设"),
    ("FLD-APP", "Field app, yearly", "subscription", "Field", "user_year", 960, 180, 14, "field app pilot", "外勤应用试点"),
    ("FLD-TAB", "Rugged tablet", "hardware", "Field", "piece", 4800, 3300, 9, "warehouse tablets", "仓库平板采购"),
    ("DAT-PLAT", "Data platform", "software", "Data", "licence", 380000, 95000, 6, "data platform", "数据平台一期"),
    ("DAT-NODE", "Data node", "hardware", "Data", "piece", 68000, 49000, 4, "data centre extension", "数据中心扩容"),
    ("DAT-BI", "Analytics seat, yearly", "subscription", "Data", "user_year", 2400, 420, 10, "analytics seats", "经营分析系统"),
    ("SRV-DESK", "Service desk, yearly", "subscription", "Service", "user_year", 1800, 320, 12, "service desk", "服务台项目"),
    ("SRV-PORT", "Customer portal", "software", "Service", "licence", 160000, 42000, 6, "customer portal", "客户门户"),
    ("POS-TERM", "Checkout terminal", "hardware", "Retail", "piece", 6200, 4400, 7, "checkout renewal", "收银终端更新"),
    ("POS-CLD", "Checkout cloud, yearly", "subscription", "Retail", "year", 3600, 700, 7, "checkout cloud", "收银云订阅"),
    ("SEC-GATE", "Security gateway", "hardware", "Secure", "piece", 42000, 29000, 5, "security upgrade", "安全网关升级"),
    ("SEC-COMP", "Compliance module", "software", "Secure", "licence", 120000, 30000, 5, "compliance module", "合规模块"),
    ("SUP-GOLD", "Gold support, yearly", "service", "Support", "year", 36000, 15000, 5, "support renewal", "维保续约"),
    ("ONB-DAY", "Onboarding day", "service", "Support", "day", 5000, 2600, 4, "onboarding", "上线实施"),
    ("TRN-ADM", "Administrator course", "training", "Support", "set", 12000, 5200, 3, "administrator training", "管理员培训"),
)  # fmt: skip

SOURCES = (
    ("referral", 16), ("organic_search", 14), ("expo", 12), ("existing", 16), ("paid_search", 8), ("wechat", 9), ("partner", 9),
    ("seminar", 6), ("email", 5), ("phone_in", 4), ("cold", 6), ("social", 5),
)  # fmt: skip

LOST_REASONS = (
    ("price", 28), ("competitor", 24), ("no_budget", 14), ("no_decision", 12), ("timing", 9), ("missing_function", 7), ("no_contact", 4), ("other", 2),
)  # fmt: skip

RIVALS = ("Orbit Suite", "Vectora", "Nimbus One", "鸿雁软件", "Staccato", "领先云")

NEXT_STEPS = (
    "Send the proposal", "Meet the decision maker", "Technical workshop", "Confirm the budget", "Reference visit", "Negotiate the terms",
    "Agree on the scope", "安排产品演示", "拜访决策人", "确认预算", "提交报价", "商务谈判",
)  # fmt: skip

TASKS = (
    "Call back about {deal}", "Send the offer: {deal}", "Prepare the demo: {deal}", "Clarify the budget: {deal}",
    "Ask for a reference: {account}", "Check the contract: {deal}", "拜访 {account}", "跟进报价 {account}",
)  # fmt: skip

NOTES = (
    ("call", "Call with {person}", "Budget is planned for next quarter. {person} wants to see a reference in the same industry before the board decides."),
    ("meeting", "Workshop at {account}", "Eight people from operations and IT. Open point: how data comes out of the old system. We send a proposal by Friday."),
    ("visit", "拜访 {account}", "对方对产品整体满意, 主要顾虑是实施周期。下次会议约在两周后, 需带上实施经理。"),
    ("email", "Question about data protection", "{person} asks where the data is stored and who can see it. Sent our white paper."),
    ("note", "Competition at {account}", "A second vendor is in the game and offers a lower price without training. Our strengths: support and the mobile app."),
    ("meeting", "报价沟通: {account}", "客户希望分三期付款, 折扣需经理确认。采购流程大约需要三周。"),
)  # fmt: skip

CAMPAIGNS = (
    "Spring expo",
    "Logistics summit",
    "White paper: field service",
    "Webinar: data platform",
    "公众号推广",
    "行业峰会",
)
