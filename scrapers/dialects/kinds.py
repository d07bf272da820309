"""What kind of page this is, and why an empty one is not understood."""

# ruff: noqa: E501  (patterns and words are data: a line an idea)

import re
from urllib.parse import urlsplit

from scrapers.dialects.dates import full_dates
from scrapers.dialects.page import Page, plain

_WALLS = (
    (re.compile(r"__jsl_clearance|jsl_clearance|\('_'\)\+\('_'\)\+\('j'\)\+\('s'\)\+\('l'\)"), "加速乐验证"),
    (re.compile(r"\$_ts\s*=\s*window\[|\$_ts\.(?:cd|nsd)|<meta[^>]+r=[\"']m[\"']"), "瑞数动态防护"),
    (
        re.compile(
            r"acw_sc__v2|aliyun_waf|_waf_bd|TencentCaptcha|geetest|cf-browser-verification|cf_chl_|challenge-platform",
            re.I,
        ),
        "防火墙验证",
    ),
)
_WALL_WORDS = re.compile(
    r"(请?输入(?:图片中的|正确的)?验证码(?:后)?(?:继续|访问)|安全验证|访问验证|人机验证|滑动(?:滑块|完成)|请完成(?:以下|下方|安全)?验证|拖动滑块|"
    r"(?:您的|当前|该)?(?:请求|访问|IP).{0,12}(?:被拦截|已被拦截|被阻断|被禁止|过于频繁|疑似攻击|可能对网站造成安全威胁|存在(?:安全)?威胁|异常)|"
    r"已被(?:网站|系统)?管理员设置(?:为)?(?:拦截|阻断)|网站防火墙|创宇盾|安全狗|云锁|Web应用防火墙|WAF拦截|Access Denied|Request blocked|Request Rejected|requested URL was rejected|正在(?:进行)?(?:安全检[测查]|验证浏览器)|仅限(?:中国)?(?:境内|大陆|国内)|(?:境外|海外|所在(?:的)?(?:国家|地区|区域)).{0,10}(?:不支持|无法|禁止|限制|不能|不允许)访问|"
    r"checking your browser|Just a moment|enable JavaScript and cookies to continue|访问(?:过于)?频繁)",
    re.I,
)
# One of these stands in everything that the pattern above can match; plain words are searched for quickly.
_WALL_HINTS = (
    "验证", "滑", "拦截", "阻断", "禁止", "频繁", "攻击", "威胁", "异常", "防火墙", "宇盾", "安全狗", "云锁", "安全检", "access denied", "blocked", "rejected", "境", "海外", "大陆", "国内", "所在", "browser", "moment", "cookies",
)  # fmt: skip
_GONE = re.compile(
    r"(没有找到您?(?:所)?要?(?:访问|查看|浏览)?的?(?:网页|页面|内容|文件)|(?:您|你)?(?:要|所|想)?(?:访问|查找|浏览|请求|查看)的(?:网页|页面|内容|文件|信息|文章|资源|栏目)"
    r"[^。\n]{0,12}(?:不存在|已删除|已被删除|已经删除|找不到|未找到|没有找到|无法找到|被移除|丢失|已失效|已下线)|页面(?:不存在|找不到了?|未找到|已删除|走丢了|丢失|已失效)|"
    r"找不到(?:该|此|您|相关)?(?:网页|页面|文件或目录)|该(?:信息|文章|页面|内容|栏目)(?:已(?:被)?(?:发布者)?删除|不存在|已下线)|内容已被(?:发布者)?删除|"
    r"此内容因违规无法查看|该?内容暂时无法查看|链接已过期|参数错误|此页面不存在|404\s*(?:错误|[-–:：]?\s*(?:Not Found|未找到|找不到)|页面|error)|HTTP\s*(?:状态|Status|错误)?\s*[-–:：]?\s*404|File not found|"
    r"The page cannot be found|无法找到(?:该|此)?(?:网页|页面|资源)|(?:文章|信息|栏目|页面)不存在)",
    re.I,
)
_ALERT = re.compile(r"alert\(\s*[\"']([^\"'\n]{4,80})[\"']")
_SHUT_FOR_REPAIR = re.compile(
    r"(网站|系统|服务)(正在|正|暂时)?(升级|维护|改版|建设|关闭)(中|维护|建设)|系统维护|停机维护|建设中|暂停(服务|访问)|敬请期待"
)
SAYS_EMPTY = re.compile(
    r"(暂无(?:相关)?(?:数据|信息|内容|记录|文章|资料|公开信息|更新|消息|列表|结果|新闻)|暂时没有(?:相关)?(?:数据|信息|内容|记录)|没有(?:找到)?(?:相关|任何|您要的)?(?:内容|数据|信息|记录|文章)|"
    r"无(?:相关)?(?:数据|记录|信息)(?![一-鿿])|该栏目(?:下)?(?:暂)?(?:无|没有)(?:内容|信息|文章)?|(?:本|此|该)栏目(?:暂)?无|内容(?:正在)?(?:建设|整理|更新|完善)中|栏目(?:正在)?建设中|没有任何文章|(?:共|总)\s?0\s?(?:条|篇|页)|暂无$)"
)
_LABELLED = re.compile(r"(?<!提示)(?<!结果)(?<!说明)(?<!消息)[:：]\s*$")
_CLOSED = re.compile(
    r"(?:栏目|频道|专栏|专题|页面|网页)[^。]{0,10}?(?:归档|停止更新|不再更新|停用|关闭|合并至|合并到|迁移至|迁至|整合至|调整至)|"
    r"(?:已|现)(?:归档|停止更新|不再更新)|[（(【\[](?:已)?归档[）)】\]]"
)
_CLOSED_HINTS = ("归档", "更新", "停用", "关闭", "合并", "迁", "整合", "调整")
_COUNTED = re.compile(r"共\s?有?\s?(\d{1,7})\s?(?:条|篇|个?记录)|共\s?(\d{1,5})\s?页")
_DOCUMENT = re.compile(r"\.(?:pdf|docx?|xlsx?|zip|rar|wps|et)(?:$|[?#])", re.I)
_CLOCK = re.compile(r"今天|星期|农历|现在|版权|ICP|[Cc]opyright")
_HAN = re.compile(r"[一-鿿]")
_LEADS_ON = re.compile(r"迁移|迁至|移至|并入|请(?:点击|访问|到|前往|登录|查看|参见)|详见|点击(?:查看|进入|下载)")
_SEARCH = re.compile(r"检索|搜索|搜寻|查询")
_LOGIN = re.compile(r"(用户登录|请先?登[录陆]|登[录陆]后(?:查看|访问)|统一身份认证|用户名\s*[:：]|密\s*码\s*[:：])")
_GUIDE = (
    "设定依据", "办理依据", "法律依据", "实施依据", "受理条件", "申请条件", "办理条件", "申请材料", "申报材料", "所需材料", "办理流程", "办事流程", "办理程序",
    "办理时限", "法定期限", "承诺期限", "法定时限", "承诺时限", "收费标准", "收费依据", "办理地点", "办理时间", "咨询电话", "咨询方式", "监督投诉", "监督电话",
    "投诉电话", "服务对象", "事项名称", "办理机构", "实施机关", "实施主体",
)  # fmt: skip
_SURVEY = re.compile(r"(网上调查|民意征集|意见征集|在线调查|问卷调查|调查问卷|民意调查|网上评议|征集调查|投票)")
_INTERVIEW = re.compile(r"(在线访谈|访谈|直播访谈|嘉宾访谈)")
# What scripts are made of that fetch or lay out rows; plain words, since pages are long and a pattern is slow.
_FILLS = (
    "$.ajax", "$.get", "$.post", ".getjson", "axios", "fetch(", "xmlhttprequest", "v-for", "ng-repeat", ":list=", "v-bind", 'id="app"', "id='app'", "new vue",
    "dataproxy.jsp", "createpagehtml", "laypage", "template(", ".jsonp", ".json", "document.write", "innerhtml", ".html(", ".append(", "jpage", "__nuxt__", "webpack", "data-url", "data-api", "data-source", "data-list", "#include ",
    'onload="load', 'onload="get', 'onload="init', 'onload="list', 'onload="show', 'onload="query',
)  # fmt: skip


_ASKS = ("$.ajax", "$.get", "$.post", ".getjson", "axios", "fetch(", "xmlhttprequest", "dataproxy", "$http", ".load(")
_CALL = re.compile(r"\b(\w{1,60})\s?\(")
_BRINGS = re.compile(
    r"load|list|page|query|request|include|require|fetch|fill|build|draw|get|init|render|show|data|news|article|content|info|col(?:umn)?$|channel",
    re.I,
)
_NO_ROWS = re.compile(
    r"get(?:Element|Attribute|Date|Day|Month|Year|FullYear|Hours|Minutes|Seconds|Time|Computed|Cookie|Timezone)\w*$|(?:add|remove)EventListener$|"
    r"Date$|show(?:Time|Date|Clock|Menu|Nav|Hide)?$|set(?:Home[pP]age|Interval|Timeout)$|add(?:Favorite|Bookmark)$|initMenu$|(?:cnzz|hm|_hmt)\w*$"
)
# Scripts of other hands and for other ends: they fill no list.
_LIBRARY = re.compile(
    r"jquery|zepto|bootstrap|swiper|superslide|slick|slide|banner|carousel|marquee|scroll|respond|html5|ie6|ie8|pngfix|tongji|analytics|cnzz|51\.la|hm\.js|count|stat|share|"
    r"jiathis|layer|wdate|my97|calendar|weather|font|wza|barrier|print|nav|menu|search|tab[s.]|jiucuo|gjj|big5|jianfan|dqxx|theme|modernizr|echarts"
)


def wall(page: Page) -> str:
    """What kind of wall stands in place of the page; empty: none. A page with much to read is no wall."""
    visible = page.visible
    if len(visible) > 1_500 or len(page.outline.links) > 25:
        return ""
    source = page.text[:60_000]
    if len(visible.strip()) < 120:
        for pattern, name in _WALLS:
            if pattern.search(source):
                return name
    if len(visible) < 800 and not page.tags.get("articletitle"):
        said = f"{visible}\n{page.title or ''}"
        low = said.lower()
        words = _WALL_WORDS.search(said) if any(hint in low for hint in _WALL_HINTS) else None
        if words:
            return f"防护拦截页：{words[0][:20]}"
    if page.status in (401, 403, 412, 429, 521):
        return f"HTTP {page.status}"
    return ""


# One of these stands in everything that the pattern for a page that is gone can match.
_SHOWS_A_DAY = re.compile(r"(?:发布|发表|发文|刊登)?(?:时间|日期)\s*[:：]\s*(?:19|20)\d\d[-/.年]")
_GONE_HINT = re.compile(
    r"不存在|找[不到]|没有找|未找到|无法|删除|404|过期|失效|下线|走丢|丢失|参数错误|ot found|annot be"
)


def says_gone(page: Page) -> bool:
    """A page that says that it is not there, in a short line or in its title, without anything else to read."""
    visible, title = page.visible, page.title or ""
    if len(visible) < 3_000 and _GONE.search(title):
        return True
    if len(visible) < 200 and "alert(" in page.text and any(_GONE.search(m[1]) for m in _ALERT.finditer(page.text)):
        return True  # an old system says so in a box, and goes back
    if page.tags.get("articletitle") and page.body_length >= 200:
        return False
    if page.body_length > 1_200 or not _GONE_HINT.search(visible):
        return False
    lines = [line for line in page.lines if len(line) < 60 and _GONE.search(line)]
    if not lines or _SHOWS_A_DAY.search(visible):
        return False
    linked = {link.text for link in page.outline.links if len(link.text) >= 6}
    return any(not any(words in " ".join(line.split()) for words in linked) for line in lines)


def in_repair(page: Page) -> bool:
    return len(page.visible) < 600 and bool(_SHUT_FOR_REPAIR.search(page.visible))


def says_empty(page: Page) -> bool:
    """In a short line of its own, as a list does when it has nothing to show; not behind the label of one fact."""
    lines = [bare for line in page.lines if len(line) <= 60 and len(bare := "".join(line.split())) <= 30]
    found = [(line, m) for line in lines if (m := SAYS_EMPTY.search(line))]
    return any(not _LABELLED.search(line[: m.start()]) for line, m in found)


def says_closed(page: Page) -> str:
    """The line in which a column says that it is kept no longer (rule book §6.3: marked as archived); empty: it does not.

    What a link says is said of where it leads to.
    """
    if not any(hint in page.visible for hint in _CLOSED_HINTS):
        return ""
    lines = [line for line in page.lines if len(line) <= 40 and _CLOSED.search(line)]
    linked = {link.text for link in page.outline.links} if lines else set()
    return next((line for line in lines if line not in linked), "")


def is_guide(page: Page) -> bool:
    visible = page.visible
    if "办理" not in visible and "申请材料" not in visible and "申报材料" not in visible:
        return False
    return sum(word in visible for word in _GUIDE) >= 5


def is_survey(page: Page) -> bool:
    if page.inputs < 4:
        return False
    choices = len(page.tree.css("input[type=radio], input[type=checkbox]"))
    return choices >= 4 and bool(_SURVEY.search(page.visible[:20_000]))


def is_interview(page: Page) -> bool:
    name = " ".join([page.title or "", page.tags.get("columnname", "")])
    text = page.visible
    return bool(_INTERVIEW.search(name)) and ("嘉宾" in text) + ("主持人" in text) + ("网友" in text) >= 2


def at_root(page: Page) -> bool:
    """The address of a home page: nothing behind the host, or an index alone."""
    try:
        path = urlsplit(page.url).path
    except ValueError:
        return False
    return bool(re.fullmatch(r"/?|/(index|default|home|main|Index)(_\d+)?(\.\w{2,5})?/?", path))


def filled_by_script(page: Page) -> bool:
    """Scripts that could fetch what the page does not hold."""
    source = page.text.lower()
    return any(word in source for word in _FILLS) or has_own_scripts(page) or calls_for_rows(page)


def calls_for_rows(page: Page) -> bool:
    """A script on the page calls something that by its name may bring rows, wherever that is written."""
    sources = (node.text() or "" for node in page.tree.tags("script"))
    names = {name for source in sources for name in _CALL.findall(source)}
    return any(_BRINGS.search(name) and not _NO_ROWS.match(name) for name in names)


def has_own_scripts(page: Page) -> bool:
    """A script file of the site's own, or a template: what they do with the page is not to be seen on it."""
    for node in page.tree.tags("script"):
        attributes = node.attributes
        address = (attributes.get("src") or "").lower()
        if address and not _LIBRARY.search(address.split("?", 1)[0].rsplit("/", 1)[-1]):
            return True
        if "template" in (kind := (attributes.get("type") or "").lower()) or kind == "text/html":
            return True
    return any("<li" in (text := node.text()) or "<tr" in text for node in page.tree.tags("textarea"))


def fetches(page: Page) -> bool:
    """A script on the page that asks a server for more; whether for rows or for a counter cannot be told from it."""
    return any(word in (node.text() or "").lower() for node in page.tree.tags("script") for word in _ASKS)


def asks_login(page: Page) -> bool:
    return bool(_LOGIN.search(page.visible)) and page.tree.css_first("input[type=password]") is not None


def counts_rows(page: Page) -> bool:
    """The page itself counts rows, or several pages of them, that it does not show."""
    return any(int(m[1] or m[2]) > (1 if m[2] else 0) for m in _COUNTED.finditer(page.plain))


def leads_on(page: Page) -> bool:
    """A line that sends the reader elsewhere for what is looked for here, or a file to open."""
    if any(_DOCUMENT.search(link.href) for link in page.outline.links):
        return True
    return any(len(line) >= 8 and _LEADS_ON.search(line) for line in page.lines)


def rows_without_links(page: Page) -> bool:
    """Rows that tell of something with its day and lead nowhere."""
    for node in page.tree.css("tr, li, dd"):
        if node.css_first("a[href]") is not None or len(node.css("tr, li, dd")) > 1:  # it finds itself
            continue
        words = plain(" ".join(node.text(separator=" ").split()))
        if len(words) < 400 and not _CLOCK.search(words) and full_dates(words) and len(_HAN.findall(words)) >= 6:
            return True
    return False


def is_search(page: Page) -> bool:
    """The answer to a search: that it finds nothing says nothing of a column."""
    names = [page.title or "", page.tags.get("columnname", "")]
    return any(_SEARCH.search(name) for name in names)


def rows_in_comment(page: Page) -> bool:
    """Rows that stand in a comment: a script takes them from there, or they are old; neither is on the page."""
    if "<!--" not in page.text:
        return False
    for m in re.finditer(r"<!--(.*?)-->", page.text, re.S):
        if len(re.findall(r"<li|<tr|<dd", m[1])) >= 3 and "href" in m[1]:
            return True
    return False


def gone_words(page: Page) -> str:
    """The words with which a page says that it is not there; empty: it does not."""
    m = _GONE.search(page.title or "") or _GONE.search(page.visible)
    return m[0] if m else ""
