"""The doors of the contract: every command that a person types, with its arguments and its exit status."""

import argparse
import importlib
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from inspectorate.quarter import Quarter, read_day, read_time
from inspectorate.register import BadInput

DONE, OURS_FAILED, BAD_INPUT, NOTHING_READ = 0, 1, 2, 3
AddDoor = Callable[[str, str, str], argparse.ArgumentParser]  # its name, the function behind it, what it does


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what went wrong is told in one or a few lines on stderr, never as a traceback for bad input."""
    arguments = parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _end)
    module, function = arguments.door.split(":")
    try:
        return int(getattr(importlib.import_module(f"inspectorate.commands.{module}"), function)(arguments))
    except BadInput as bad:
        print(bad, file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:  # the reader of our output went away: `… | head`
        sys.stderr.close()
        return DONE
    except OSError as failed:
        print(f"本系统故障：{failed}", file=sys.stderr)
        return OURS_FAILED
    except _shut_databases() as failed:
        print(f"本系统故障：数据库不能使用: {' '.join(str(failed).split())}", file=sys.stderr)
        return OURS_FAILED


def _shut_databases() -> tuple[type[Exception], ...]:
    """What says that the database is away or not ours; looked up when something failed, for no command pays for it."""
    import psycopg2

    from inspectorate.store import cluster, database

    return psycopg2.OperationalError, cluster.ClusterFailed, database.MigrationRefused


def _end(number: int, _frame: object) -> None:
    """TERM ends a command as an error does: what it started is put down in order."""
    sys.exit(128 + number)


def quarter(text: str) -> Quarter:
    try:
        return Quarter.parse(text)
    except ValueError as bad:
        raise argparse.ArgumentTypeError(str(bad)) from None


def _time(text: str) -> object:
    try:
        return read_time(text)
    except ValueError as bad:
        raise argparse.ArgumentTypeError(str(bad)) from None


def _day(text: str) -> object:
    try:
        return read_day(text)
    except ValueError as bad:
        raise argparse.ArgumentTypeError(str(bad)) from None


def _sources(text: str) -> list[str]:
    named = [word for word in text.split(",") if word]
    if unknown := sorted(set(named) - {"ledger", "feed", "web"}):
        raise argparse.ArgumentTypeError(f"未知来源: {', '.join(unknown)}（可用 ledger、feed、web）")
    return named


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="inspectorate", description="政府网站与政务新媒体季度巡查")
    doors = top.add_subparsers(metavar="命令", required=True)

    def door(name: str, target: str, summary: str) -> argparse.ArgumentParser:
        found = doors.add_parser(name, help=summary, description=summary)
        found.set_defaults(door=target)
        return found

    _filing(door)
    _seeing(door)
    _judging(door)
    _deciding(door)
    _asking(door)
    _ledger(door)
    _worksheets(door)
    _signing(door)
    _sending(door)
    return top


def _filing(door: AddDoor) -> None:
    d = door("import", "filing:import_register", "导入登记库（CSV 文件夹或一个 XLSX）")
    d.add_argument("source", metavar="SRC", type=Path)
    d.add_argument("--map", dest="header_map", metavar="FILE", type=Path, help="表头对照表")
    d.add_argument("--close-missing", action="store_true", help="不再列出的记录自今日起停用")
    d = door("export", "filing:export_register", "导出现行登记库")
    d.add_argument("folder", metavar="DIR", type=Path)
    d = door("import-visits", "filing:import_visits", "导入其他监测系统的首页访问记录")
    d.add_argument("file", metavar="FILE.csv", type=Path)
    d = door("import-posts", "filing:import_posts", "导入各单位报送的发文台账")
    d.add_argument("file", metavar="FILE", type=Path)
    d = door("import-errors", "filing:import_errors", "导入“我为政府网站找错”平台导出的留言清单")
    d.add_argument("file", metavar="FILE", type=Path)
    d.add_argument("--exported-at", type=_time, metavar="TIME", help="清单导出的时间，默认现在")
    d = door("keep-database", "hosting:keep_database", "保持数据库运行并输出连接地址，直到标准输入结束")
    d.add_argument("--create", metavar="NAME", nargs="+", default=[], help="在同一服务器上另建的空数据库（如 airflow）")


def _seeing(door: AddDoor) -> None:
    d = door("discover", "seeing:discover", "从首页起查找各网站的栏目，登记为未确认")
    d.add_argument("codes", metavar="CODE", nargs="*")
    d = door("read", "seeing:read", "读一个已存下的页面，输出一个 JSON")
    d.add_argument("kind", metavar="KIND", nargs="?", help="page home list article letters weibo wechat")
    d.add_argument("file", metavar="FILE", nargs="?", type=Path)
    d.add_argument("--url")
    d.add_argument("--fetched-at", type=_time, metavar="TIME")
    d.add_argument("--content-type", default="", metavar="CT")
    d.add_argument("--status", type=int, default=200, metavar="N")
    d.add_argument("--headers", type=Path, metavar="FILE.json")
    d.add_argument("--batch", type=Path, metavar="FILE.jsonl")
    d = door("visits", "seeing:visits", "导出一个网站首页的逐次访问记录，供核对和申诉")
    d.add_argument("code", metavar="CODE", help="网站标识码")
    d.add_argument("--from", dest="since", type=_time, metavar="TIME", required=True, help="自此时起（含）")
    d.add_argument("--to", dest="until", type=_time, metavar="TIME", required=True, help="至此时止（不含）")
    d.add_argument("--out", metavar="FILE.csv", type=Path, required=True)
    d = door("probe", "seeing:probe", "访问一次各网站首页，记录可用性")
    d.add_argument("--only", metavar="CODE", nargs="+", default=[])


def _judging(door: AddDoor) -> None:
    d = door("inspect", "inspecting:inspect", "不经 Airflow 完成一次巡查：采集、固定、判定、成稿")
    d.add_argument("quarter", metavar="QUARTER", type=quarter)
    d.add_argument("--out", metavar="DIR", type=Path, required=True)
    d.add_argument("--inspected-at", type=_time, metavar="TIME")
    d.add_argument("--only", metavar="CODE", nargs="+", default=[])
    d.add_argument("--edition", metavar="ID")
    d.add_argument("--sources", type=_sources, default=["ledger", "feed"], help="ledger,feed[,web]")
    d = door("freeze", "judging:freeze", "固定一次巡查的时间点、登记库、指标版本与证据范围")
    d.add_argument("quarter", metavar="QUARTER", type=quarter)
    d.add_argument("--official", action="store_true", help="正式巡查（默认试算）")
    d.add_argument("--inspected-at", type=_time, metavar="TIME")
    d.add_argument("--anew", action="store_true", help="另立一次巡查")
    for name, target, summary in (
        ("judge", "judging:judge", "按固定的证据和指标逐项判定"),
        ("draft", "judging:draft", "起草通报及附件"),
    ):
        d = door(name, target, summary)
        _inspection(d)
        d.add_argument("--out", metavar="DIR", type=Path, required=name == "draft")
        if name == "draft":
            _correction(d, "correcting:draft", "已印发之后：起草更正通报")
    d = door("audit", "auditing:audit", "核验：证据够不够判、复算是否一致、各单位的时效")
    _inspection(d)
    d.add_argument("suite", metavar="SUITE", choices=["evidence", "ledger", "service"], help="evidence ledger service")
    d.add_argument("--readiness", action="store_true", help="监测日之前的准备情况（evidence，按现有证据）")
    d.add_argument("--docs", metavar="DIR", type=Path, help="数据文档的位置（默认在状态目录下）")
    d.add_argument("--no-docs", action="store_true", help="不写数据文档，只用 SQL 核验")
    d = door("void", "vouching:void", "列出不可能的数据；具名作废，原样留存（证据检查因此停止时）")
    _inspection(d)
    d.add_argument("--source", metavar="NAME", help="连同该来源的其他首页访问一并作废（如误以毫秒报送）")
    d.add_argument("--reason")
    d.add_argument("--by")
    d = door("vouch", "vouching:vouch", "证据达不到底线而不能再补时，具名确认继续")
    _inspection(d)
    d.add_argument("expectations", metavar="EXPECTATION", nargs="+", help="site_floor account_floor volume")
    d.add_argument("--reason", required=True)
    d.add_argument("--by", required=True)
    d = door("what-if", "judging:what_if", "换一个指标版本，看哪些单位的结论会变")
    _inspection(d)
    d.add_argument("--edition", metavar="ID", required=True)


def _deciding(door: AddDoor) -> None:
    d = door("findings", "deciding:findings", "列出判定结果（每行一个 JSON）")
    _inspection(d)
    d.add_argument("--open", action="store_true", help="只列尚待复核的")
    d = door("decide", "deciding:decide", "复核一条判定")
    d.add_argument("finding_id", metavar="FINDING_ID")
    d.add_argument("ruling", choices=["upheld", "dropped", "amended"], help="维持、撤销、更正")
    d.add_argument("--reason", required=True)
    d.add_argument("--by", required=True)
    d.add_argument("--phrase", default="", help="更正后印出的表述（amended 必填）")
    d = door("import-decisions", "deciding:import_decisions", "批量导入复核意见")
    d.add_argument("file", metavar="FILE.csv", type=Path)
    d = door("attest", "deciding:attest", "人工指标本季度未发现问题，具名确认")
    d.add_argument("clause", metavar="CLAUSE")
    _inspection(d)
    d.add_argument("--by", required=True)
    d.add_argument("--except", dest="excepted", metavar="CODE", nargs="+", default=[])
    d = door("set-aside", "deciding:set_aside", "说明理由，不纳入本季度检查")
    d.add_argument("subject", metavar="SUBJECT")
    _inspection(d)
    d.add_argument("--reason", required=True)
    d.add_argument("--by", required=True)


def _asking(door: AddDoor) -> None:
    d = door("questions", "asking:questions", "列出答复可能改变结论的问题（每行一个 JSON），最要紧的在前")
    _inspection(d)
    d.add_argument("--out", metavar="FILE.csv", type=Path, help="另存为可填写答复的表")
    d.add_argument("--all", action="store_true", help="未确认但不改变结论的也列出，排在后面")
    d = door("import-answers", "asking:import_answers", "导入填好答复的问题表")
    d.add_argument("file", metavar="FILE", type=Path)
    d = door("confirm-column", "asking:confirm_column", "确认一个栏目的类别、责任单位、上级栏目、空白或更新情况")
    d.add_argument("site_code", metavar="CODE")
    d.add_argument("url", metavar="URL")
    d.add_argument("fact", choices=["class", "owner", "parent", "blank", "stale"])
    d.add_argument("value", metavar="VALUE", help="类别词、单位、上级栏目（一级）、是或否")
    d.add_argument("--reason", default="")
    d.add_argument("--by", required=True)
    d.add_argument("--until", type=_day, metavar="DATE", help="到期须重新确认")
    d = door("exempt-column", "asking:exempt_column", "说明理由，免予检查一个栏目的更新")
    d.add_argument("site_code", metavar="CODE")
    d.add_argument("url", metavar="URL")
    d.add_argument("--kind", choices=["nothing", "archived", "campaign"], help="无内容可发布、已归档、历史性工作专题")
    d.add_argument("--reason", default="")
    d.add_argument("--by", required=True)
    d.add_argument("--until", type=_day, metavar="DATE")
    d.add_argument("--withdraw", action="store_true", help="撤回免检")
    d = door("compare-columns", "asking:compare_columns", "把单位报送的栏目清单与网站上查到的比较（每行一个 JSON）")
    d.add_argument("file", metavar="FILE", type=Path)


def _ledger(door: AddDoor) -> None:
    d = door("first-seen", "asking:first_seen", "列出一个网站各栏目信息的所注日期与首次见到的时间、位置")
    d.add_argument("code", metavar="CODE")
    d.add_argument("--column", metavar="URL", default="")
    d.add_argument("--out", metavar="FILE.csv", type=Path)


def _worksheets(door: AddDoor) -> None:
    d = door("worksheets", "worksheets:hand_out", "为每个检查组生成人工检查表（XLSX）")
    _inspection(d)
    d.add_argument("--out", metavar="DIR", type=Path, required=True)
    d.add_argument("--all", action="store_true", help="连同问题提示和备注类指标")
    d = door("import-worksheet", "worksheets:take_in", "导入填好的人工检查表")
    d.add_argument("file", metavar="FILE.xlsx", type=Path)
    d.add_argument("--by", required=True, help="检查人的登录名")


def _signing(door: AddDoor) -> None:
    d = door("sign", "signing:sign", "签发：同意签发，或退回修改")
    _inspection(d)
    d.add_argument("--answer", "--chosen", metavar="TEXT", help="同意签发、退回修改（复核环节: 复核完毕）")
    d.add_argument("--by", metavar="PERSON")
    d.add_argument("--number", metavar="文号", help="如 200 或 六政办秘〔2018〕200号")
    d.add_argument("--signed-on", metavar="DATE", help="成文日期（默认今天）")
    d.add_argument("--rectify-by", metavar="DATE", help="整改期限，日期或天数（默认按 issuer.yaml）")
    d.add_argument("--stage", choices=["review", "sign"], help="供 Airflow 任务使用: 以 JSON 提问和答复")
    d.add_argument("--form", metavar="JSON")
    d.add_argument("--run", default="", metavar="RUN_ID")
    d.add_argument("--try", dest="attempt", type=int, metavar="N")
    d.add_argument("--draft", default="", metavar="SHA256", help="作答时所阅稿件的摘要")
    _correction(d, "correcting:sign", "签发更正通报")
    d = door("publish", "signing:publish", "按签发记录印发并固定通报")
    _inspection(d)
    _correction(d, "correcting:publish", "印发更正通报")
    d = door("reverse", "correcting:reverse", "印发之后撤销一条认定（误判），待印发更正通报")
    d.add_argument("finding_id", metavar="FINDING_ID")
    d.add_argument("--reason", required=True)
    d.add_argument("--by", required=True)
    d.add_argument("--restore", action="store_true", help="更正通报印发之前恢复认定")
    d = door("trail", "correcting:trail", "导出一次巡查的全部留痕: 何人何时因何做了什么")
    _inspection(d)
    d.add_argument("--out", metavar="FILE", type=Path, help=".csv 或 .xlsx（默认每行一个 JSON）")
    d = door("explain", "signing:explain", "收下单位对一条判定的说明")
    d.add_argument("finding_id", metavar="FINDING_ID")
    d.add_argument("--by", required=True, metavar="UNIT", help="单位编号")
    d.add_argument("--text", default="")
    d.add_argument("--file", type=Path)


def _sending(door: AddDoor) -> None:
    d = door("notify", "sending:notify", "向各单位发限期整改通知（印发之后）或核实函（签发之前）")
    _inspection(d)
    which = d.add_mutually_exclusive_group()
    which.add_argument("--verify", action="store_true", help="发核实函")
    which.add_argument("--correction", action="store_true", help="向收到原通报的单位发更正通报")
    d.add_argument("--dry-run", action="store_true", help="只列出将发的信")
    d = door("follow-up", "sending:follow_up", "复查已印发的问题，到期前提醒，报告逾期")
    d.add_argument("--dry-run", action="store_true", help="只复查和列出，不发信")
    d = door("letters", "sending:letters_listed", "列出信件及其状态（每行一个 JSON）")
    d.add_argument("--open", action="store_true", help="只列未送达或状态不明的")
    d = door("settle-letter", "sending:settle_letter", "人工认定状态不明或被拒的信: 已送达，或重新发送")
    d.add_argument("letter", type=int, metavar="ID")
    d.add_argument("ruling", choices=["arrived", "resend"])
    d.add_argument("--by", required=True)
    d.add_argument("--reason", required=True)


def _inspection(d: argparse.ArgumentParser) -> None:
    d.add_argument("quarter", metavar="QUARTER", type=quarter)
    d.add_argument("--inspection", metavar="ID", help="本季度的第几次巡查（默认正式的，否则最近一次试算）")


def _correction(d: argparse.ArgumentParser, target: str, summary: str) -> None:
    """The same door of a correction: another function stands behind it."""
    d.add_argument("--correction", dest="door", action="store_const", const=target, help=summary)
