"""The words that tell a column's class and type: data, the most telling first."""

# ruff: noqa: E501  (patterns and words are data: a line an idea)

import re

# Class → words in a column's name. What stands first wins: 政策解读 is policy, 人事任免 is personnel before it is 信息.
CLASSES: tuple[tuple[str, str], ...] = (
    (
        "interaction",
        r"信箱|咨询|投诉|留言|来信|互动|访谈|调查|征集|问政|民意|举报|建议|答疑|热线|12345|网上信访|意见反馈|在线交流|常见问题|热点问答|回应关切|找错",
    ),
    ("personnel_plan", r"人事|任免|招考|招聘|招录|公务员|规划|计划(?!生育)|总结|十[二三四五]五|政府工作报告|编制"),
    ("policy", r"政策|法规|规章|规范性文件|文件|法律|条例|办法|政府令|公文|解读|制度|依据|标准规范|政令"),
    ("notice", r"通知|公告|公示|通告|公告栏|招标|采购|中标|拍卖|挂牌|预警|提示|启事|公报(?!.*统计)|处罚|双公示"),
    (
        "news",
        r"要闻|动态|新闻|资讯|工作进展|时政|快讯|信息快递|简讯|简报|头条|聚焦|播报|视频|活动|政务信息|部门信息|乡镇信息|基层信息|区县信息|国务院信息|省政府信息|工作信息|关注|最新发布",
    ),
)
_CLASSES = tuple((name, re.compile(words)) for name, words in CLASSES)

# Values of the tag ColumnType and their kin.
COLUMN_TYPES: dict[str, str] = {
    "动态": "news", "要闻": "news", "新闻": "news", "公告": "notice", "公示": "notice", "通知": "notice", "政策": "policy", "法规": "policy", "文件": "policy",
    "人事": "personnel_plan", "规划": "personnel_plan", "计划": "personnel_plan", "互动": "interaction", "信箱": "interaction", "概况": "other", "领导": "other", "机构": "other",
}  # fmt: skip

TYPES: tuple[tuple[str, str], ...] = (
    ("业务系统", r"系统|平台|大厅|查询|申报|预约|办理|网上办事|一网通|政务服务网|服务网|网厅|缴费|申请|依申请"),
    (
        "专题",
        r"专题|专栏|专项|活动周|学习.*精神|主题教育|攻坚|创建|三严三实|两学一做|十九大|二十大|不忘初心|扫黑|抗疫|疫情",
    ),
    (
        "频道",
        r"频道|政务公开|信息公开$|政务服务$|政民互动$|互动交流$|新闻中心$|走进|解读回应$|^概况$|政府信息公开$|办事服务$|公众参与$|公共服务$|^公开$|^互动$|^服务$|^资讯$",
    ),
)
_TYPES = tuple((name, re.compile(words)) for name, words in TYPES)

_NO_COLUMN = re.compile(
    r"^(网站|返回)?首页$|^主页$|设为首页|加入收藏|收藏本站|联系我们|关于我们|网站地图|站点地图|网站声明|免责声明|版权|隐私|使用帮助|无障碍|长者|老年|关怀版|手机版|客户端|移动版|WAP|"
    r"登录|登陆|注册|退出|忘记密码|English|繁體|繁体|简体|日本語|한국|RSS|订阅|打印|关闭|搜索|高级检索|微博|微信|二维码|APP|下载|天气|上一页|下一页|上一条|下一条|尾页|末页|日历$|^[上下前后]一?个?[年月周天日]$|"
    r"公安备|ICP备|公网安备|标识码|CNZZ|站长|技术支持|找错|^更多|^more|^详细|^点击|^查看|^全部$|^\d|^[A-Za-z0-9._ -]+$|^[^一-鿿]*$",
    re.I,
)

# Hosts on which offices keep articles of their own: a list that leads there is still the column's.
ALLIED = frozenset(["mp.weixin.qq.com"])


def class_of(name: str, tag: str = "") -> str:
    """A column's class by the tag ColumnType first, then by its name; `other` where neither says."""
    for word, kind in COLUMN_TYPES.items():
        if tag and word in tag:
            return kind
    for kind, words in _CLASSES:
        if words.search(name):
            return kind
    return "other"


def type_of(name: str, url: str) -> str:
    """栏目, 频道, 专题 or 业务系统 by the name, then by the address."""
    for kind, words in _TYPES:
        if words.search(name):
            return kind
    if re.search(r"/(zt|ztzl|zthd|special|topic)s?/", url, re.I):
        return "专题"
    return "栏目"


def is_no_column(name: str) -> bool:
    return bool(_NO_COLUMN.search(name))
