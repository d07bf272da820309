"""Ledgers as people hand them in: visits of another monitor, posts of units, decisions of teams."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from inspectorate.evidence import AccountVisit, Door, ErrorMessage, Post, Visit
from inspectorate.finding import Ruling
from inspectorate.formats import ledger_files, register_files
from inspectorate.formats.ledger_files import Decided
from inspectorate.quarter import SHANGHAI
from inspectorate.register import Account, BadInput, Register

NOW = datetime(2018, 9, 25, 10, tzinfo=SHANGHAI)
VISITS = "site_code,visited_at,seconds,outcome,source\n"
POSTS = "account_id,published_at,title,url,kind,interpretation\n"
DECISIONS = "finding_id,decision,reason,by,phrase\n"
REGISTER = Register(
    accounts=(
        Account("LA02-wb", "weibo", "六安市教育局发布", "LA02"),
        Account("LA02-wx", "wechat", "六安市教育局", "LA02"),
    )
)


def lay(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "file.csv"
    file.write_bytes(text.encode(encoding))
    return file


def visits_told(folder: Path, rows: str) -> list[str]:
    with pytest.raises(BadInput) as bad:
        register_files.read_visits(lay(folder, VISITS + rows), now=NOW)
    return [str(complaint) for complaint in bad.value.complaints]


def posts_told(folder: Path, rows: str) -> list[str]:
    with pytest.raises(BadInput) as bad:
        register_files.read_posts(lay(folder, POSTS + rows), REGISTER, visited_at=NOW)
    return [str(complaint) for complaint in bad.value.complaints]


def test_visits_of_another_monitor_are_taken_with_their_source(tmp_path: Path) -> None:
    rows = (
        "3415000048,2018-09-24T10:00:00+08:00,0.8,opened,阿里云监测\n"
        "3415000048,2018-09-24 11:00:00,,timeout,阿里云监测\n"
        "3415000048,2018-09-24T04:00:00Z,15.0,opened,阿里云监测\n"
        "3415000048,2018/9/24 13:05,2,http_error,阿里云监测\n"
    )
    visits = register_files.read_visits(lay(tmp_path, VISITS + rows), now=NOW)
    hours = [
        datetime(2018, 9, 24, hour, minute, tzinfo=SHANGHAI) for hour, minute in ((10, 0), (11, 0), (12, 0), (13, 5))
    ]
    assert visits == [
        Visit("3415000048", at, "阿里云监测", outcome, seconds)
        for at, outcome, seconds in zip(
            hours, [Door.OPENED, Door.TIMEOUT, Door.OPENED, Door.HTTP_ERROR], [0.8, None, 15.0, 2.0], strict=True
        )
    ]
    assert all(visit.sha256 is None for visit in visits)


@pytest.mark.parametrize("outcome", [str(door) for door in Door])
def test_every_outcome_of_the_contract_is_taken(tmp_path: Path, outcome: str) -> None:
    file = lay(tmp_path, VISITS + f"3415000048,2018-09-24 10:00,1,{outcome},监测\n")
    assert [visit.outcome for visit in register_files.read_visits(file, now=NOW)] == [Door(outcome)]


def test_visits_may_be_told_in_chinese_and_in_gb18030(tmp_path: Path) -> None:
    text = "网站标识码,访问时间,耗时(秒),结果,来源\n3415000048,2018-09-24 10:00,１．５,打开,监测\n"
    [visit] = register_files.read_visits(lay(tmp_path, text, "gb18030"), now=NOW)
    assert (visit.outcome, visit.seconds) == (Door.OPENED, 1.5)


@pytest.mark.parametrize(
    "row, fact",
    [
        ("3415000048,2018-09-24 10:00,,opened,监测", "outcome 为 opened 时必须有 seconds"),
        ("3415000048,2018-09-24 10:00,1,missing,监测", "outcome(结果) 的取值 'missing'"),
        ("3415000048,2018-09-25 10:01,1,opened,监测", "visited_at 晚于现在"),
        ("3415000048,昨天,1,opened,监测", "visited_at: "),
        ("3415000048,2018-09-31 10:00,1,opened,监测", "没有这个时间"),
        ("3415000048,2018-09-24 10:00,-1,opened,监测", "seconds 应为不小于0的秒数"),
        ("3415000048,2018-09-24 10:00,nan,opened,监测", "seconds 应为不小于0的秒数"),
        ("3415000048,2018-09-24 10:00,1,opened,", "缺少 source(来源)"),
        ("341500004,2018-09-24 10:00,1,opened,监测", "网站标识码应为10位"),
    ],
)
def test_a_bad_visit_is_told_by_its_line(tmp_path: Path, row: str, fact: str) -> None:
    told = visits_told(tmp_path, row + "\n")
    assert len(told) == 1
    assert told[0].startswith("file.csv:2: ")
    assert fact in told[0]


def test_a_visit_of_a_site_that_is_not_in_the_register_is_told_by_its_line(tmp_path: Path) -> None:
    rows = "3415000048,2018-09-24 10:00,1,opened,监测\n3415000099,2018-09-24 10:00,1,opened,监测\n"
    with pytest.raises(BadInput, match=r"file\.csv:3: 网站标识码 3415000099 不在登记库中"):
        register_files.read_visits(lay(tmp_path, VISITS + rows), now=NOW, known={"3415000048"})


def test_the_same_visit_twice_names_both_rows(tmp_path: Path) -> None:
    row = "3415000048,2018-09-24 {},1,opened,监测\n"
    assert visits_told(tmp_path, row.format("10:00") + row.format("11:00") + row.format("10:00:00")) == [
        "file.csv:4: 同一网站、时间和来源与第2行重复"
    ]


def test_posts_of_a_ledger_are_one_look_at_each_account_it_names(tmp_path: Path) -> None:
    rows = (
        "LA02-wb,2018-09-20 09:30,解读高考政策,http://weibo.com/6100068350/A,original,yes\n"
        "LA02-wb,2018-09-03,转发通知,,repost,\n"
        "LA02-wb,2018-09-10T08:00:00+00:00,开学了,,原创,否\n"
    )
    posts, visits = register_files.read_posts(lay(tmp_path, POSTS + rows), REGISTER, visited_at=NOW)
    first = datetime(2018, 9, 20, 9, 30, tzinfo=SHANGHAI)
    url = "http://weibo.com/6100068350/A"
    assert posts[0] == Post("LA02-wb", "ledger", url, first, url, "解读高考政策", False, True, False, NOW)
    assert [(post.repost, post.interpretation) for post in posts] == [(False, True), (True, None), (False, False)]
    assert len({post.post_id for post in posts}) == 3
    earliest = datetime(2018, 9, 3, tzinfo=SHANGHAI)
    assert visits == [
        AccountVisit("LA02-wb", "ledger", NOW, Door.OPENED, True, posts=3, newest=first, covers_from=earliest)
    ]


def test_the_same_ledger_gives_the_same_posts_whatever_the_offset_it_is_written_in(tmp_path: Path) -> None:
    here, _ = register_files.read_posts(
        lay(tmp_path, POSTS + "LA02-wb,2018-09-10 16:00,甲,,original,\n"), REGISTER, NOW
    )
    there, _ = register_files.read_posts(
        lay(tmp_path, POSTS + "LA02-wb,2018-09-10T08:00:00Z,甲,,original,\n"), REGISTER, NOW
    )
    assert replace(there[0], published_at=here[0].published_at) == here[0]
    assert there[0].published_at == here[0].published_at == datetime(2018, 9, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "row, fact",
    [
        ("LA99,2018-09-20,甲,,original,", "账号编号 LA99 不在登记库中"),
        ("LA02-wb,2018-09-26,甲,,original,", "published_at 晚于现在"),
        ("LA02-wb,2018-09-20,,,original,", "标题和网址不能都为空"),
        ("LA02-wb,2018-09-20,甲,,,", "缺少 kind(类型)"),
        ("LA02-wb,2018-09-20,甲,,视频,", "kind(类型) 的取值 '视频'"),
        ("LA02-wb,2018-09-20,甲,,original,也许", "interpretation(解读回应) 的取值"),
        ("LA02-wb,2018-09-20,甲,weibo,original,", "url(网址)"),
        ("LA02-wb,上周,甲,,original,", "日期应为 YYYY-MM-DD 格式"),
    ],
)
def test_a_bad_post_is_told_by_its_line(tmp_path: Path, row: str, fact: str) -> None:
    told = posts_told(tmp_path, row + "\n")
    assert len(told) == 1
    assert told[0].startswith("file.csv:2: ")
    assert fact in told[0]


def test_the_same_post_twice_names_both_rows(tmp_path: Path) -> None:
    row = "LA02-wb,2018-09-20,甲,,original,\n"
    assert posts_told(tmp_path, row + row) == ["file.csv:3: 同一篇与第2行重复"]


def test_a_ledger_may_be_a_workbook_whose_times_are_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    made = book.worksheets[0]
    made.append(["账号编号", "发布时间", "标题", "类型"])
    made.append(["LA02-wx", datetime(2018, 9, 20, 9, 30), "甲", "原创"])
    made.append(["LA02-wx", 43363.5, "乙", "原创"])
    book.save(tmp_path / "ledger.xlsx")
    posts, _ = register_files.read_posts(tmp_path / "ledger.xlsx", REGISTER, visited_at=NOW)
    assert [post.published_at for post in posts] == [
        datetime(2018, 9, 20, 9, 30, tzinfo=SHANGHAI),
        datetime(2018, 9, 20, 12, tzinfo=SHANGHAI),
    ]


def test_decisions_are_read_in_order(tmp_path: Path) -> None:
    rows = (
        "2018Q3/1/E15.W-V-03a/3415000052,amended,按通报原文,wang,动态、政策公告类栏目5个以上未更新\n"
        "2018Q3/1/E15.W-V-03c/3415000055,维持,已核实,li,\n"
    )
    assert register_files.read_decisions(lay(tmp_path, DECISIONS + rows)) == [
        Decided(
            "2018Q3/1/E15.W-V-03a/3415000052",
            Ruling.AMENDED,
            "按通报原文",
            "wang",
            "动态、政策公告类栏目5个以上未更新",
            "file.csv:2",
        ),
        Decided("2018Q3/1/E15.W-V-03c/3415000055", Ruling.UPHELD, "已核实", "li", "", "file.csv:3"),
    ]
    chinese = "问题编号,复核结果,理由,复核人\n2018Q3/1/E15.W-V-03c/3415000055,撤销,误判,li\n"
    assert register_files.read_decisions(lay(tmp_path, chinese, "gb18030"))[0].ruling is Ruling.DROPPED


@pytest.mark.parametrize(
    "row, fact",
    [
        ("E15.W-V-03a,upheld,核实,wang,", "问题编号应为"),
        ("2018Q3/1/E15.W-V-03a/3415000052,maybe,核实,wang,", "decision(复核结果) 的取值 'maybe'"),
        ("2018Q3/1/E15.W-V-03a/3415000052,upheld,,wang,", "缺少 reason(理由)"),
        ("2018Q3/1/E15.W-V-03a/3415000052,upheld,核实,,", "缺少 by(复核人)"),
        ("2018Q3/1/E15.W-V-03a/3415000052,amended,核实,wang,", "必须有修改后的表述"),
        ("2018Q3/1/E15.W-V-03a/3415000052,upheld,核实,wang,别的", "才有修改后的表述"),
    ],
)
def test_a_bad_decision_is_told_by_its_line(tmp_path: Path, row: str, fact: str) -> None:
    with pytest.raises(BadInput) as bad:
        register_files.read_decisions(lay(tmp_path, DECISIONS + row + "\n"))
    [told] = bad.value.complaints
    assert told.place == "file.csv:2"
    assert fact in told.fact


def test_two_decisions_on_one_finding_name_both_rows(tmp_path: Path) -> None:
    row = "2018Q3/1/E15.W-V-03a/3415000052,{},核实,wang,\n"
    with pytest.raises(BadInput, match="与第2行重复"):
        register_files.read_decisions(lay(tmp_path, DECISIONS + row.format("upheld") + row.format("dropped")))


def test_an_empty_or_absent_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="是空表"):
        register_files.read_visits(lay(tmp_path, ""), now=NOW)
    with pytest.raises(BadInput, match="没有这个文件"):
        register_files.read_visits(tmp_path / "none.csv", now=NOW)


def test_a_weeks_visits_of_a_city_are_read_in_seconds(tmp_path: Path) -> None:
    start = datetime(2018, 9, 18, tzinfo=SHANGHAI)
    rows = [
        f"34150000{site:02},{(start + timedelta(hours=hour)).isoformat()},1.0,opened,监测"
        for site in range(55)
        for hour in range(168)
    ]
    before = datetime.now()
    visits = register_files.read_visits(lay(tmp_path, VISITS + "\n".join(rows)), now=NOW)
    assert len(visits) == 55 * 168
    assert datetime.now() - before < timedelta(seconds=10)


def test_messages_of_找错_are_read_and_each_bad_row_is_named(tmp_path: Path) -> None:
    exported = datetime(2018, 9, 10, 10, tzinfo=SHANGHAI)
    file = tmp_path / "errors.csv"
    head = "网站标识码,留言编号,提交时间,答复时间\n"
    file.write_text(head + "3415000001,A1,2018-09-03 10:20,2018-09-05\n3415000001,A2,2018/9/4,\n", encoding="gb18030")
    assert ledger_files.read_errors(file, exported, {"3415000001"}) == [
        ErrorMessage("3415000001", "A1", date(2018, 9, 3), date(2018, 9, 5), exported),
        ErrorMessage("3415000001", "A2", date(2018, 9, 4), None, exported),
    ]
    bad = (
        "3415000002,B1,2018-09-03,\n3415000001,B2,2018-09-11,\n3415000001,B3,2018-09-05,2018-09-04\n"
        "3415000001,B4,2018-09-05,\n3415000001,B4,2018-09-05,\n3415000001,B5,2018-09-05,2018-09-10 10:01\n"
    )
    file.write_text(head + bad, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        ledger_files.read_errors(file, exported, {"3415000001"})
    told = str(refused.value)
    for fact in (
        "errors.csv:2: 网站标识码 3415000002 不在登记库中",
        "errors.csv:3: asked_on 晚于现在: 2018-09-11",
        "errors.csv:4: answered_on 2018-09-04 早于 asked_on 2018-09-05",
        "errors.csv:6: 留言编号 B4与第5行重复",
        "errors.csv:7: answered_on 晚于现在",
    ):
        assert fact in told
