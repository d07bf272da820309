"""What a service guide tells, what it lacks, and what nobody can say of it."""

from datetime import datetime
from pathlib import Path

import pytest

from inspectorate.evidence import GUIDE_ELEMENTS
from scrapers.dialects import Page, read
from scrapers.dialects.guides import Guide, read_guide

PAGES = Path(__file__).parents[1] / "pages" / "plain"
AT = datetime.fromisoformat("2018-09-12T10:00:00+08:00")
WAY = "<div>当前位置：<a href='/'>首页</a> &gt; <a href='/bszn/'>办事指南</a></div>"
FOOT = "<div><p>主办单位：示例市水务局　联系电话：0564-0000000　地址：示例路1号</p><p>皖ICP备05099999号</p></div>"
TOLD = {
    "事项名称": "取水许可延续",
    "设定依据": "《取水许可和水资源费征收管理条例》第二十五条",
    "申请条件": "取水许可证有效期届满四十五日前提出",
    "办理材料": "延续申请书、原取水许可证",
    "办理地点": "市政务服务中心三楼水务窗口",
    "办理时间": "工作日9:00至17:00",
    "联系电话": "0564-0000000",
    "办理流程": "申请、受理、审查、决定、送达",
}


def page(body: str, title: str = "取水许可延续") -> Page:
    html = (
        f"<html><head><title>{title}-示例市水务局</title></head><body>{WAY}<h1>{title}</h1>{body}{FOOT}</body></html>"
    )
    return Page("http://slj.example.gov.cn/bszn/1.html", html.encode(), AT)


def paragraphs(*without: str, more: str = "") -> Guide:
    return read_guide(page("".join(f"<p>{k}：{v}</p>" for k, v in TOLD.items() if k not in without) + more))


def test_a_guide_that_tells_all_eight_lacks_none() -> None:
    guide = paragraphs()
    assert (guide.lacking, guide.unclear, guide.forms) == ((), (), False)


@pytest.mark.parametrize("name", [n for n in GUIDE_ELEMENTS if n != "事项名称"])
def test_an_element_that_is_nowhere_on_the_page_is_lacking_though_the_foot_has_its_words(name: str) -> None:
    assert paragraphs(name).lacking == (name,)


def test_a_page_that_is_called_by_its_matter_names_it() -> None:
    assert paragraphs("事项名称").lacking == ()


@pytest.mark.parametrize(
    "more",
    [
        "<p>附件：<a href='/files/1.doc'>办事指南</a></p>",
        "<p><img src='liucheng.jpg'></p>",
        "<iframe src='/guide/part.html'></iframe>",
        "<p><a href='http://zwfw.example.gov.cn/1'>在线办理</a></p>",
        "<div id='more'></div><script>$.get('/more?id=1')</script>",
        "<p>请按流程图办理。</p>",
        "<p>办理流程：</p>",
        "<p>办理流程：详见附件</p>",
    ],
)
def test_what_could_stand_elsewhere_is_unclear_and_not_lacking(more: str) -> None:
    guide = paragraphs("办理流程", more=more)
    assert (guide.lacking, guide.unclear) == ((), ("办理流程",))


@pytest.mark.parametrize(
    "layout",
    [
        "<table>{}</table>".format("".join(f"<tr><td>{k}</td><td>{v}</td></tr>" for k, v in TOLD.items())),
        "".join(f"<h3>{n}、{k}</h3><p>{v}</p>" for n, (k, v) in enumerate(TOLD.items(), 1)),
        "<dl>{}</dl>".format("".join(f"<dt>{k}</dt><dd>{v}</dd>" for k, v in TOLD.items())),
        "".join(f"<p><b>【{k}】</b>{v}</p>" for k, v in TOLD.items()),
        "".join(f"<p>（{n}）{k}：<br>{v}</p>" for n, (k, v) in enumerate(TOLD.items(), 1)),
    ],
)
def test_labels_in_tables_headings_lists_and_brackets_are_read(layout: str) -> None:
    guide = read_guide(page(layout))
    assert (guide.lacking, guide.unclear) == ((), ())
    assert read(page(layout)).kind == "guide"


def test_other_words_for_the_same_are_read() -> None:
    other = {
        "办理依据": "条例", "受理条件": "符合规划", "申报材料清单": "申请书一份", "受理地址": "人民路1号",
        "承诺时限": "20个工作日", "咨询方式": "0564-0000000", "办事程序": "受理、审查、决定",
    }  # fmt: skip
    guide = read_guide(page("".join(f"<p>{k}：{v}</p>" for k, v in other.items())))
    assert (guide.lacking, guide.unclear) == ((), ())


def test_attachments_are_told_by_address_and_a_named_form_is_offered_or_not() -> None:
    rows = "<p>附件：<a href='/f/申请表.docx'>取水许可申请表</a> <a href='down.jsp?file=2.pdf'>样表</a></p>"
    guide = paragraphs(more=rows)
    assert [url.rsplit("/", 1)[1] for url in guide.attachments] == ["申请表.docx", "down.jsp?file=2.pdf"]
    assert guide.forms is True
    assert read_guide(page("<p>办理流程：受理</p><p>办理地点：窗口</p>")).forms is None


def test_news_in_a_column_of_guides_is_no_guide() -> None:
    news = "".join(f"<p>{'市水务局组织窗口人员学习业务知识，提升服务水平。' * 3}</p>" for _ in range(4))
    assert read(page(f"<p>发布时间：2018-09-01</p>{news}", "市水务局开展窗口服务培训")).kind == "article"
