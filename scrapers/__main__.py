"""Runs one errand: `python -m scrapers site|account|probe|links|closed`, whose exit status tells the truth."""

import argparse
import gc
import json
import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import uvloop

from inspectorate import settings
from inspectorate.evidence import Door, Picture
from inspectorate.quarter import Quarter, day_of, read_day
from inspectorate.register import Account, Register, Site
from inspectorate.store import cluster, database, evidence, links, register
from scrapers.door import Limits, Network, Opening
from scrapers.guard import Guard
from scrapers.pipelines import Landing, known_copies
from scrapers.settings import Depth, delay_seconds, scrapy_settings
from scrapers.warc import Recorder

if TYPE_CHECKING:
    from scrapers.dialects.signs import WrongWord
    from scrapers.screen import Screen
    from scrapers.spiders.errand import Errand

DONE, FAULT, BAD_USAGE, NOTHING_READ = 0, 1, 2, 3
WORDS = "wrong_words.csv"  # in the state folder
SOURCES = frozenset({"ledger", "feed", "web"})


class BadUsage(Exception):
    """What was asked for does not exist; nothing was changed."""


@dataclass
class Outcome:
    """What an errand came to, for the exit status and for --stats."""

    subjects: int
    requests: int
    ends: dict[str, int]  # how many visits ended how
    fault: str = ""  # of ours, which stopped it
    facts: dict[str, Any] = field(default_factory=dict)  # of the prober, for --stats

    @property
    def status(self) -> int:
        if self.fault:
            return FAULT
        seen = sum(n for end, n in self.ends.items() if end == Door.OPENED or Door(end).theirs)
        return NOTHING_READ if sum(self.ends.values()) and not seen else DONE


@dataclass(frozen=True)
class Before:
    """What earlier runs left, with which this one goes on."""

    pictured: Mapping[tuple[str, str], Picture]
    tried: Mapping[tuple[str, str], tuple[datetime, bool]]  # when a link was tried last, and whether it failed


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, land, count; returns the exit status."""
    arguments = _parser().parse_args(argv)
    began = time.monotonic()
    try:
        if arguments.stats:
            arguments.stats.unlink(missing_ok=True)  # an old one would tell of another errand
        with cluster.running() as url:
            outcome, landing = _run(arguments, url)
        if arguments.stats:
            facts = _statistics(arguments.errand, outcome, landing, time.monotonic() - began)
            arguments.stats.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except BadUsage as error:
        _say(str(error))
        return BAD_USAGE
    except (psycopg2.Error, cluster.ClusterFailed, database.MigrationRefused) as error:
        _say(f"数据库出错: {str(error).strip()}")
        return FAULT
    except OSError as error:
        _say(f"本机出错: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return FAULT
    _tell(arguments.errand, outcome)
    return outcome.status


def _run(arguments: argparse.Namespace, url: str) -> tuple[Outcome, Landing]:
    try:
        connection = database.connect(url)
        delay_seconds()
    except ValueError as error:
        raise BadUsage(str(error)) from error
    try:
        database.migrate(connection)
        known = register.read(connection)
        visited = (
            links.closed_visits(connection, Quarter.of(datetime.now(UTC))) if arguments.errand == "closed" else set()
        )
        tried = links.latest_tries(connection, arguments.codes) if arguments.errand == "links" else {}
        copies = known_copies(connection, [s.home_url for s in known.sites] + [c.url for c in known.columns])
        pictured = evidence.pictures(connection, [site.site_code for site in known.sites])
    finally:
        connection.close()
    if arguments.errand == "closed":
        sites = _closed_sites(known, arguments, visited)
    else:
        sites = _chosen_sites(known, arguments) if arguments.errand != "account" else ()
    accounts = _chosen_accounts(known, arguments) if arguments.errand == "account" else ()
    folder: Path = arguments.evidence or settings.evidence_folder()
    recorder = Recorder(folder, arguments.errand, copies)
    landing = Landing(url, recorder, register.land_columns)
    opening = _opening(arguments, known, recorder, landing)
    facts: dict[str, Any] = {}
    try:
        if arguments.errand == "probe":
            (requests, facts), fault = _probe(arguments, known, sites, opening, landing), ""
        else:
            shown = _shown(opening, recorder, landing)
            before = Before(pictured, tried)
            requests, fault = _crawl(arguments, known, sites, accounts, opening, landing, shown, before)
    finally:
        landing.close()
    return Outcome(len(sites) + len(accounts), requests, dict(landing.ends), fault, facts), landing


def _opening(arguments: argparse.Namespace, known: Register, recorder: Recorder, landing: Landing) -> Opening:
    """The network, or what was kept of it."""
    if arguments.replay:
        from scrapers.replay import Kept

        return Kept(arguments.replay, arguments.errand, recorder, landing.add)
    listed = [url for site in known.sites for url in (site.home_url, site.disclosure_url)]
    listed += [f"http://{domain}" for site in known.sites for domain in site.domains]
    listed += [account.address for account in known.accounts if "://" in account.address]
    listed += known.issuer.controls
    limits = Limits(seconds=arguments.seconds or (15.0 if arguments.errand == "probe" else 30.0))
    return Network(recorder, Guard(listed), landing.add, limits, keep_alive=arguments.errand != "probe")


def _shown(opening: Opening, recorder: Recorder, landing: Landing) -> "Callable[[], Screen]":
    """What shows pages, made for the first page that needs it."""

    def show() -> "Screen":
        from scrapers.replay import Kept, KeptScreen
        from scrapers.screen import NoScreen

        if isinstance(opening, Kept):
            return KeptScreen(opening)
        program = settings.browser()
        if program is None:
            return NoScreen()
        from scrapers.browser import Chromium

        return Chromium(program, recorder, landing.add)

    return show


def _probe(
    arguments: argparse.Namespace, known: Register, sites: tuple[Site, ...], opening: Opening, landing: Landing
) -> tuple[int, dict[str, Any]]:
    """Knock at all doors; how many requests it took, how late we were, and how the control targets stood."""
    from scrapers.prober import Prober, home_pages

    jitter = 0.0 if arguments.replay else min(2.0, 2 * delay_seconds())
    controls, others = known.issuer.controls, home_pages(known.sites)
    if arguments.replay:
        controls, others = tuple(url for url in controls if opening.holds(url)), ()
    prober = Prober(opening, landing, sites, jitter, controls, others)

    async def run() -> None:
        try:
            await prober.run()
        finally:
            await opening.close()

    uvloop.run(run())
    if not known.issuer.controls:
        _say("issuer.yaml 没有列出对照网站 (controls), 本次未使用")
    elif prober.line.down:
        _say("对照网站一度全部打不开: 同时打不开的首页按我方原因记, 不算到任何网站头上")
    facts = {
        "late_seconds": round(prober.watch.worst, 3),
        "control_looks": prober.line.looks,
        "control_down": len(prober.line.down) // max(1, len(controls)),
    }
    return prober.requests, facts


def _crawl(
    arguments: argparse.Namespace,
    known: Register,
    sites: tuple[Site, ...],
    accounts: tuple[Account, ...],
    opening: Opening,
    landing: Landing,
    show: "Callable[[], Screen]",
    before: Before,
) -> tuple[int, str]:
    """Run one spider in this process; how many requests it took, and what of ours went wrong."""
    from scrapy.crawler import AsyncCrawlerProcess

    replayed = arguments.replay is not None
    process = AsyncCrawlerProcess(scrapy_settings(0.0 if replayed else delay_seconds(), arguments.at_once))
    shared = {
        "opening": opening,
        "landing": landing,
        "depth": Depth(requests=arguments.budget),
        "at_once": arguments.at_once,
        "controls": () if replayed else [site.home_url for site in known.sites],
        "show": show,
    }
    spider, own = _spider(arguments, known, sites, accounts, before)
    shared |= own
    crawler = process.create_crawler(spider)
    process.crawl(crawler, **shared)
    gc.freeze()  # what was imported stays
    gc.set_threshold(20_000, 10, 10)  # a page makes many things and hardly a cycle: the search took 6 % of an errand
    process.start()
    errand: Any = crawler.spider
    facts = crawler.stats.get_stats()
    fault = ""
    if facts.get("finish_reason") != "finished":
        fault = f"中途停止: {facts.get('finish_reason')}"
    elif facts.get("spider_exceptions/count") or facts.get("log_count/ERROR") or facts.get("log_count/CRITICAL"):
        fault = "程序出错, 详见上文"
    return errand.requests, fault


def _spider(
    arguments: argparse.Namespace,
    known: Register,
    sites: tuple[Site, ...],
    accounts: tuple[Account, ...],
    before: Before,
) -> "tuple[type[Errand], dict[str, Any]]":
    """The spider of an errand, and what it alone is told."""
    chosen = {site.site_code for site in sites}
    columns = [column for column in known.columns if column.site_code in chosen]
    if arguments.errand == "site":
        from scrapers.spiders.site import SiteSpider

        return SiteSpider, {
            "sites": sites,
            "columns": columns,
            "back_to": arguments.back_to,
            "discover_only": arguments.discover,
            "old_after": arguments.picture_after,
            "pictured": before.pictured,
            "picture_home": arguments.picture_home,
        }
    if arguments.errand == "links":
        from scrapers.spiders.links import LinksSpider, Tried

        latest = {key: Tried(*one) for key, one in before.tried.items()}
        return LinksSpider, {"sites": sites, "columns": columns, "tried": latest, "words": _words(arguments)}
    if arguments.errand == "closed":
        from scrapers.spiders.closed import ClosedSpider

        return ClosedSpider, {"sites": sites}
    from scrapers.spiders.account import AccountSpider

    return AccountSpider, {"accounts": accounts, "sources": arguments.sources}


def _words(arguments: argparse.Namespace) -> "tuple[WrongWord, ...]":
    """The office's list: the file that is named, else the one in the state folder, else none."""
    from scrapers.words import BadWords, read_words

    path: Path = arguments.words or settings.home() / WORDS
    if arguments.words is None and not path.exists():
        return ()
    try:
        return read_words(path)
    except BadWords as error:
        raise BadUsage(str(error)) from error


def _closed_sites(known: Register, arguments: argparse.Namespace, visited: set[str]) -> tuple[Site, ...]:
    """The sites that do not run any more and were not looked at in this quarter; those named, in any case."""
    closed = tuple(site for site in known.sites if site.status in ("offline", "moved"))
    due = tuple(site for site in closed if site.site_code not in visited)
    return _chosen(arguments.codes, {site.site_code: site for site in closed}, due, "已关停或迁移的网站")


def _chosen_sites(known: Register, arguments: argparse.Namespace) -> tuple[Site, ...]:
    running = known.running_sites(_today())
    return _chosen(arguments.codes, {site.site_code: site for site in known.sites}, running, "网站标识码")


def _chosen_accounts(known: Register, arguments: argparse.Namespace) -> tuple[Account, ...]:
    running = known.running_accounts(_today())
    return _chosen(arguments.codes, {account.account_id: account for account in known.accounts}, running, "账号编号")


def _chosen(codes: list[str], all_known: dict[str, Any], running: tuple[Any, ...], word: str) -> tuple[Any, ...]:
    """The named subjects, in the order of the register; without names, whatever runs today."""
    unknown = [code for code in codes if code not in all_known]
    if unknown:
        raise BadUsage(f"登记库中没有{word} {'、'.join(unknown)}")
    return tuple(subject for code, subject in all_known.items() if code in codes) if codes else running


def _statistics(errand: str, outcome: Outcome, landing: Landing, seconds: float) -> dict[str, Any]:
    kinds = ("new", "gone", "moved")
    changes = {site: {k: len(getattr(change, k)) for k in kinds} for site, change in landing.changes.items()}
    return {
        "errand": errand,
        "subjects": outcome.subjects,
        "requests": outcome.requests,
        "ends": outcome.ends,
        "rows": dict(landing.counts),
        "columns": changes,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(time.process_time(), 3),
        "finished_at": datetime.now(UTC).isoformat(),
        "fault": outcome.fault,
        **outcome.facts,
        "exit": outcome.status,
    }


def _tell(errand: str, outcome: Outcome) -> None:
    """One line for people."""
    names = {"site": "网站", "account": "账号", "probe": "首页", "links": "网站", "closed": "已关停网站"}
    ends = "、".join(f"{end} {count}" for end, count in sorted(outcome.ends.items())) or "无"
    _say(f"{names[errand]} {outcome.subjects} 个, 请求 {outcome.requests} 次; 结果: {ends}")
    if outcome.fault:
        _say(outcome.fault)
    elif outcome.status == NOTHING_READ:
        _say("由于我方原因没有读到任何内容, 不作任何判断")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scrapers", description="采集: 看见什么就记下什么")
    errands = parser.add_subparsers(dest="errand", required=True, metavar="{site,account,probe,links,closed}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("codes", nargs="*", metavar="CODE", help="网站标识码或账号编号; 不写则为全部正常运行的")
    common.add_argument("--replay", type=_folder, metavar="DIR", help="用留存的 WARC 文件作答, 不访问网络")
    common.add_argument("--evidence", type=Path, metavar="DIR", help="证据目录")
    common.add_argument("--stats", type=Path, metavar="FILE", help="统计结果 (JSON)")
    common.add_argument("--seconds", type=float, metavar="N", help="单次请求的时限（秒）")
    common.add_argument("--at-once", type=int, default=8, metavar="N", help="同时读取的对象数")
    common.add_argument("--budget", type=int, default=Depth().requests, metavar="N", help="每个对象的请求次数上限")
    site = errands.add_parser("site", parents=[common], help="读取网站首页、栏目和信箱")
    site.add_argument("--discover", action="store_true", help="只查找栏目, 不读取内容")
    site.add_argument(
        "--picture-after",
        type=_classes,
        default={},
        metavar="CLASS=DAYS,…",
        help="各类栏目（首页为 home）的最新内容早于多少天时留存截图; 空白栏目总是留存",
    )
    site.add_argument("--picture-home", action="store_true", help="定期留存每个网站的首页截图，供人工检查对照")
    site.add_argument("--back-to", type=_day, metavar="DATE", help="列表读到这一天为止（用于过去的季度）")
    account = errands.add_parser("account", parents=[common], help="读取账号")
    account.add_argument("--sources", type=_sources, default=frozenset({"ledger", "feed"}), metavar="ledger,feed[,web]")
    tried = errands.add_parser("links", parents=[common], help="检测网站的链接，查找暗链、个人信息和错误表述")
    tried.add_argument("--words", type=Path, metavar="FILE", help=f"错误表述清单 (CSV); 不写则用状态目录中的 {WORDS}")
    errands.add_parser("closed", parents=[common], help="每季度看一次已关停或迁移的网站")
    errands.add_parser("probe", parents=[common], help="访问一次各网站首页")
    return parser


def _sources(text: str) -> frozenset[str]:
    named = frozenset(word.strip() for word in text.split(",") if word.strip())
    if not named <= SOURCES:
        raise argparse.ArgumentTypeError(f"不认识的来源 {'、'.join(sorted(named - SOURCES))}")
    return named


def _classes(text: str) -> dict[str, int]:
    found = {}
    for part in filter(None, text.split(",")):
        name, _, days = part.partition("=")
        if not name or not days.isdecimal():
            raise argparse.ArgumentTypeError(f"应写作 类别=天数: {part!r}")
        found[name] = int(days)
    return found


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"没有目录 {text}")
    return Path(text)


def _day(text: str) -> date:
    try:
        return read_day(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _today() -> date:
    return day_of(datetime.now(UTC))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    logging.captureWarnings(True)
    sys.exit(main())
