"""Names and sentences of the mirror city; none of them was taken from a real page."""

import random

CITIES = [
    ("云泽", "yunze"),
    ("岚川", "lanchuan"),
    ("清泸", "qinglu"),
    ("松浦", "songpu"),
    ("鹤汀", "heting"),
    ("碧洛", "biluo"),
    ("枫浦", "fengpu"),
    ("澄岭", "chengling"),
    ("瑶江", "yaojiang"),
    ("朔宁", "shuoning"),
    ("栖霞港", "qixiagang"),
    ("望澜", "wanglan"),
]
COUNTIES = [
    ("桐湾县", "tongwan"),
    ("临溪县", "linxixian"),
    ("石潭区", "shitan"),
    ("玉埠县", "yubu"),
    ("安沅区", "anyuanqu"),
    ("柳堰县", "liuyan"),
    ("鹿鸣区", "luming"),
    ("白渚县", "baizhu"),
    ("青畈县", "qingfan"),
    ("长汀坝区", "changtingba"),
    ("莲塘坳县", "liantangao"),
    ("雁门渡区", "yanmendu"),
]
ZONES = [("高新技术产业开发区", "gxq"), ("临港经济开发区", "lgkfq"), ("现代产业园区", "xdcyy")]
DEPARTMENTS = [
    ("教育局", "jyj", "学校"),
    ("民政局", "mzj", "养老服务"),
    ("司法局", "sfj", "法律援助"),
    ("财政局", "czj", "预算绩效"),
    ("人力资源和社会保障局", "rsj", "就业"),
    ("交通运输局", "jtj", "道路运输"),
    ("水利局", "slj", "河湖管护"),
    ("农业农村局", "nyncj", "春耕备耕"),
    ("商务局", "swj", "消费促进"),
    ("文化和旅游局", "wlj", "文旅融合"),
    ("卫生健康委员会", "wjw", "基层诊疗"),
    ("审计局", "sjj", "审计整改"),
    ("统计局", "tjj", "抽样调查"),
    ("市场监督管理局", "scjgj", "食品安全"),
    ("生态环境局", "sthjj", "水质监测"),
    ("住房和城乡建设局", "zjj", "老旧小区改造"),
    ("应急管理局", "yjj", "隐患排查"),
    ("医疗保障局", "ybj", "参保扩面"),
    ("林业局", "lyj", "国土绿化"),
    ("体育局", "tyj", "全民健身"),
    ("档案馆", "dag", "档案查阅"),
    ("城市管理局", "cgj", "市容整治"),
    ("气象服务中心", "qxzx", "防汛会商"),
    ("自然资源和规划局", "zrzyj", "不动产登记"),
    ("科学技术局", "kjj", "成果转化"),
    ("退役军人事务局", "tyjrj", "优抚安置"),
    ("公安局", "gaj", "平安建设"),
    ("粮食和物资储备局", "lsj", "粮食收购"),
    ("经济和信息化局", "jxj", "技术改造"),
    ("发展和改革委员会", "fgw", "项目调度"),
    ("信访局", "xfj", "矛盾化解"),
    ("政务服务管理局", "zwj", "一窗受理"),
    ("乡村振兴局", "xczxj", "产业帮扶"),
    ("投资促进局", "tzcjj", "招商推介"),
    ("公积金管理中心", "gjj", "贷款办理"),
    ("供销合作社", "gxs", "农资供应"),
    ("残疾人联合会", "cl", "康复服务"),
    ("红十字会", "hszh", "应急救护"),
    ("地方志办公室", "dfz", "志书编纂"),
    ("机关事务管理局", "jgj", "节能降耗"),
    ("民族宗教事务局", "mzjz", "走访慰问"),
    ("外事办公室", "wsb", "友城交流"),
    ("金融工作局", "jrj", "融资对接"),
    ("大数据管理局", "dsj", "数据共享"),
    ("国有资产监督管理委员会", "gzw", "国企改革"),
    ("邮政管理局", "yzj", "寄递安全"),
    ("地震监测中心", "dzzx", "震情会商"),
    ("港航管理中心", "ghzx", "航道养护"),
    ("农业机械管理局", "njj", "农机作业"),
]

VERBS = ["组织开展", "扎实推进", "部署安排", "调研督导", "召开会议研究", "全面启动", "有序推进", "专题学习"]
OBJECTS = [
    "重点工作",
    "专项行动",
    "业务培训",
    "集中检查",
    "服务提升活动",
    "志愿服务",
    "现场观摩",
    "经验交流",
    "年度任务",
]
PLACES = ["城东", "城西", "南湖", "北岗", "新河", "古渡", "花亭", "上塘", "下坪", "双桥", "龙山", "大圩"]
NOTICES = [
    "关于做好{t}有关事项的通知",
    "关于{p}片区{t}工作的公告",
    "{t}结果公示",
    "关于开展{t}{o}的通知",
    "关于{p}路段临时管理的通告",
]
POLICIES = [
    "关于印发{t}管理办法的通知",
    "关于进一步加强{t}的实施意见",
    "{t}实施细则",
    "关于修订{t}若干规定的通知",
    "关于规范{t}的指导意见",
]
PLANS = ["{t}三年行动计划", "{t}工作要点", "{t}发展规划", "{p}片区{t}专项规划"]
STAFF = ["关于{n}等同志任免职的通知", "公开招聘工作人员拟聘用人员公示", "干部任前公示", "事业单位考察对象名单"]
OTHERS = ["{t}情况统计表", "部门预算公开说明", "{p}{t}项目进展情况", "{t}执法检查结果", "{t}采购意向公开"]
CALLS = ["关于{t}管理办法公开征求意见的公告", "{t}群众意见征集", "关于{p}片区改造方案征求意见的通知"]
TALKS = ["{u}负责人做客访谈间 谈{t}", "在线访谈：{t}{o}怎么做", "{p}负责同志谈{t}"]
FORMS = ["{t}申请表", "{t}登记表（样表）", "{t}承诺书", "{t}授权委托书", "{p}片区{t}信息采集表"]
GUIDES = ["{t}备案登记", "{t}资格认定", "{t}补贴申领", "{t}许可变更", "{t}证照补发"]
SURNAMES = ["钱", "孙", "周", "吴", "郑", "冯", "褚", "卫", "蒋", "沈"]
GIVEN = ["建宁", "志远", "雨桐", "思源", "明达", "文溪", "一帆", "景行"]
QUESTIONS = [
    "{p}小区路灯不亮何时维修", "咨询{t}办理需要哪些材料", "反映{p}路施工噪声问题", "建议在{p}增设公交站点",
    "关于{t}标准的疑问", "{p}片区供水不稳定", "咨询{t}申请时间", "请问{p}的停车规划",
]  # fmt: skip
SENTENCES = [
    "会议指出，要坚持问题导向，把{t}各项任务落到实处。", "活动现场，工作人员耐心解答群众提出的问题，发放宣传资料。",
    "下一步，将继续加大工作力度，健全长效机制，提升服务水平。", "{p}片区负责同志汇报了前一阶段的进展和存在的困难。",
    "与会人员就{t}{o}作了交流发言，提出了改进的办法。", "各相关单位按照职责分工，明确责任人和时间节点。",
]  # fmt: skip
INTERPRETS = [
    "一图读懂：{t}管理办法",
    "政策解读｜{t}实施细则有哪些变化",
    "解读：关于进一步加强{t}的实施意见",
    "问答解读：{t}怎么办",
]
POSTS = [
    "{p}{t}{o}顺利举行",
    "{t}小贴士，请收好",
    "今日{p}天气与出行提示",
    "{t}进社区，服务在身边",
    "走进{p}，看{t}新变化",
]
TOPICS = ["不忘初心学习教育", "创建卫生城市", "优化营商环境大走访", "抗旱保收", "第七次人口普查", "扫黑除恶专项行动"]

KINDS = {
    "news": [f"{{u}}{v}{{t}}{o}" for v in VERBS for o in OBJECTS]
    + [f"{{p}}{v}{{t}}{o}" for v in VERBS for o in OBJECTS[:5]],
    "notice": NOTICES,
    "policy": POLICIES,
    "plan": PLANS,
    "staff": STAFF,
    "other": OTHERS,
    "call": CALLS,
    "talk": TALKS,
    "guide": GUIDES,
    "form": FORMS,
    "question": QUESTIONS,
    "interpretation": INTERPRETS,
    "post": POSTS,
}


class Writer:
    """Writes titles and paragraphs for one unit, the same ones for the same dice, no title twice."""

    def __init__(self, dice: random.Random, unit: str, trade: str) -> None:
        self.dice, self.unit, self.trade = dice, unit, trade
        self.used: set[str] = set()

    def fill(self, pattern: str) -> str:
        """One pattern with its blanks filled."""
        name = self.dice.choice(SURNAMES) + self.dice.choice(GIVEN)
        blanks = {"u": self.unit, "t": self.trade, "p": self.dice.choice(PLACES), "o": self.dice.choice(OBJECTS)}
        return pattern.format(n=name, **blanks)

    def title(self, kind: str) -> str:
        """A new title of this kind."""
        for _ in range(30):
            title = self.fill(self.dice.choice(KINDS[kind]))
            if title not in self.used:
                break
        else:  # the patterns are used up: number the copy as offices do
            title = f"{title}（第{len(self.used)}期）"
        self.used.add(title)
        return title

    def paragraphs(self, count: int = 3) -> list[str]:
        """Some paragraphs of plain official prose, without any date in them."""
        return ["".join(self.fill(self.dice.choice(SENTENCES)) for _ in range(2)) for _ in range(count)]
