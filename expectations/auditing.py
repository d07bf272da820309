"""One audit from beginning to end: count, look, check, keep, and say in Chinese what it means."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json as Jsonb
from psycopg2.extras import execute_values

from expectations import docs, suites
from expectations.recount import Audited, choose, fill
from expectations.suites import KINDS, OUTCOMES, Outcome, Suite
from inspectorate import settings
from inspectorate.edition import Edition

TITLES = {"evidence": "证据检查", "ledger": "复算核对", "service": "时效检查"}
MATTERS = {
    "column_freshness": "freshness",
    "account_freshness": "freshness",
    "response_slow": "response",
    "response_p95": "",  # its rows are among those of response_slow
    "reply": "reply",
}
SERVED = {
    "column_freshness": "空白或未按期更新的栏目{}个",
    "account_freshness": "检查时段内没有发布的账号{}个",
    "response_p95": "首页95%的访问达到打开时限的网站{}个",
    "response_slow": "有访问达到打开时限的网站{}个",
    "reply": "超期答复或未答复的留言{}条",
}
NAMED = 8  # so many are named in a message, all of them in the documents
SHOWN = 1000  # rows kept with the audit


class Disagreed(Exception):
    """Great Expectations and our own SQL found different rows: evidence moved under the audit, or a fault of ours."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What one run of a suite found."""

    audited: Audited
    quarter: str
    suite: Suite
    success: bool
    stopped: bool
    said: list[str]
    outcomes: list[Outcome] = field(repr=False)
    folder: Path | None
    took_seconds: float

    @property
    def statistics(self) -> dict[str, Any]:
        """What a task leaves behind of it."""
        return {
            "suite": self.suite,
            "inspection": self.audited.name if self.audited.number else None,
            "quarter": self.quarter,
            "success": self.success,
            "stopped": self.stopped,
            "lines": self.said,
            "counts": {outcome.expectation.code: len(outcome.rows) for outcome in self.outcomes},
            "docs": str(self.folder / "index.html") if self.folder is not None else "",
        }


def audit(
    connection: Connection,
    url: str,
    audited: Audited,
    quarter: str,
    suite: Suite,
    editions: Sequence[Edition],
    switched_on: Collection[str] | None,
    *,
    only_reports: bool,
    root: Path | None,
    now: datetime,
    more: Iterable[str] = (),
) -> Audit:
    """Run one suite and keep what it found. Commits.

    `only_reports`: nothing stops. `root`: below it each run writes its documents in a folder of its own; None: no
    documents, and Great Expectations is not asked. `more`: lines told beside the suite's own.
    """
    began = time.monotonic()
    fill(connection, audited, editions, switched_on)
    with connection.cursor() as cursor:
        choose(cursor, audited)
    expected = {
        "evidence": suites.evidence,
        "ledger": lambda: suites.ledger(suites.vetoes(connection, audited.quarter, audited.number)),
        "service": suites.service,
    }[suite]()
    outcomes = suites.look(connection, expected)
    vouched = _vouched(connection, audited) if suite == "evidence" else {}
    said = [*_say(connection, audited, quarter, suite, outcomes, vouched), *more]
    broken = [
        outcome
        for outcome in outcomes
        if outcome.expectation.stops and not outcome.success and outcome.expectation.code not in vouched
    ]
    if broken and only_reports:
        said.append(f"{_title(audited, quarter)}：往期或补算，只报告，不停止。")
    folder = None
    connection.rollback()
    if root is not None:
        folder = (
            root / quarter / (str(audited.number) if audited.number else "readiness") / f"{suite}-{now:%Y%m%dT%H%M%S}"
        )
        _check(url, audited, suite, outcomes, folder)
        docs.write_index(folder, f"{_title(audited, quarter)} {TITLES[suite]}", said, outcomes)
    done = Audit(
        audited,
        quarter,
        suite,
        all(outcome.success for outcome in outcomes),
        bool(broken) and not only_reports,
        said,
        outcomes,
        folder,
        round(time.monotonic() - began, 2),
    )
    _keep(connection, done)
    return done


def _check(url: str, audited: Audited, suite: Suite, outcomes: Sequence[Outcome], folder: Path) -> None:
    from expectations.checking import check  # noqa: PLC0415 - ten seconds

    met = check(url, audited, suite, [outcome.expectation for outcome in outcomes], folder / "gx")
    docs.unplug(folder / "gx")
    for outcome in outcomes:
        success, count = met[outcome.expectation.code]
        if success is not outcome.success or count != len(outcome.rows):
            raise Disagreed(
                f"{audited.name} {outcome.expectation.code}: 数据文档查得{count}行，本系统查得{len(outcome.rows)}行，"
                "检查期间数据有变动。处理：稍后重跑"
            )


def _vouched(connection: Connection, audited: Audited) -> dict[str, str]:
    """Expectations that a person lets this inspection go on without: each with who says so and why, the latest word."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select expectation, by, reason from vouching where quarter = %s and number = %s order by id",
            [audited.quarter, audited.number],
        )
        return {code: f"{by}已具名确认继续：{reason}" for code, by, reason in cursor.fetchall()}


def _keep(connection: Connection, done: Audit) -> None:
    results = [
        {
            "code": outcome.expectation.code,
            "says": outcome.expectation.says,
            "success": outcome.success,
            "severity": "critical" if outcome.expectation.stops else "warning",
            "count": len(outcome.rows),
            # a service suite's rows have a table of their own
            "rows": [] if done.suite == "service" else [_plain(row) for row in outcome.rows[:SHOWN]],
        }
        for outcome in done.outcomes
    ]
    place = ""
    if done.folder is not None:
        home = settings.home()
        place = str(done.folder.relative_to(home) if done.folder.is_relative_to(home) else done.folder)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into audit (quarter, number, suite, success, stopped, said, results, docs, took_seconds)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
            [
                done.quarter, done.audited.number or None, done.suite, done.success, done.stopped, done.said,
                Jsonb(results), place, done.took_seconds,
            ],
        )  # fmt: skip
        [(number,)] = cursor.fetchall()
        rows = [
            (MATTERS[outcome.expectation.code], row)
            for outcome in done.outcomes
            if done.suite == "service" and MATTERS[outcome.expectation.code]
            for row in outcome.rows
        ]
        execute_values(
            cursor,
            "insert into service_row"
            " (audit_id, position, matter, kind, subject, unit, name, url, measured, limit_value, said) values %s",
            [
                (number, position, matter, *(row[name] for name in
                 ("kind", "subject", "unit", "name", "url", "measured", "limit_value", "said")))
                for position, (matter, row) in enumerate(rows)
            ],
        )  # fmt: skip
    connection.commit()


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, (bool, int, str, type(None))) else str(value) for name, value in row.items()
    }


# What people are told


def _title(audited: Audited, quarter: str) -> str:
    return audited.name if audited.number else f"{quarter} 准备情况"


def _say(
    connection: Connection,
    audited: Audited,
    quarter: str,
    suite: Suite,
    outcomes: Sequence[Outcome],
    vouched: Mapping[str, str],
) -> list[str]:
    title = _title(audited, quarter)
    if suite == "ledger":
        return _say_ledger(connection, title, outcomes)
    if suite == "service":
        told = [SERVED[o.expectation.code].format(len(o.rows)) for o in outcomes if not o.success]
        return [f"{title} 时效检查：" + ("，".join(told) or "全部符合") + "。属各单位情况，不影响流程。"]
    return _say_evidence(connection, title, outcomes, vouched, frozen=audited.number > 0)


def _say_ledger(connection: Connection, title: str, outcomes: Sequence[Outcome]) -> list[str]:
    rows = [row for outcome in outcomes for row in outcome.rows]
    if not rows:
        with connection.cursor() as cursor:
            cursor.execute("select count(*), count(distinct clause) from ledger_comparison")
            [(words, clauses)] = cursor.fetchall()
        return [f"{title} 复算一致：{clauses}项自动否决指标，{words}条结论，判定与SQL复算相同。"]
    lines = [
        f"{title} {row['clause']} {row['subject']}："
        f"判定{OUTCOMES.get(row['judged'], '无')}（{_number(row['judged_measured'])}），"
        f"复算{OUTCOMES.get(row['recounted'], '无')}（{_number(row['recounted_measured'])}，"
        f"下限{_number(row['low'])}，上限{_number(row['high']) if row['high'] is not None else '无'}）"
        for row in rows
    ]
    first = "、".join(f"{row['clause']} {row['subject']}" for row in rows[:3])
    unjudged = all(row["judged"] is None for row in rows)
    advice = (
        "尚未判定，或判定后又有改动。处理：先运行 judge，再重跑本步"
        if unjudged
        else "判定程序与复算必有一错，或判定之后又有人确认、免检。处理：先重跑 judge 再重跑本步；"
        "仍不一致，立即找开发人员，查明之前不得签发"
    )
    return [
        *lines,
        f"{title} 复算不一致，本季度停止：共{len(rows)}处，{first}{'等' if len(rows) > 3 else ''}。{advice}。",
    ]


def _say_evidence(
    connection: Connection, title: str, outcomes: Sequence[Outcome], vouched: Mapping[str, str], *, frozen: bool
) -> list[str]:
    found = {outcome.expectation.code: outcome.rows for outcome in outcomes}
    told = []
    for kind, name in KINDS.items():
        if rows := found[f"{kind}_tried"]:
            told.append(f"{name}36小时内未访问到{len(rows)}个（只作待核）：{_names(rows)}")
    if rows := found["visits_a_day"]:
        told.append(f"首页访问次数不足的网站{len(rows)}个（可用性待核）：{_names(rows)}")
    if rows := found["has_source"]:
        told.append(f"没有数据来源的{len(rows)}个（需报送台账或补登地址）：{_names(rows)}")
    lines = [f"{title} {line}。" for line in told] or [f"{title} 证据齐备。"]
    with connection.cursor() as cursor:
        cursor.execute(
            "select kind, count(*) filter (where has_source), count(*) filter (where has_source and tried)"
            " from evidence_subject group by kind order by kind desc"
        )
        shares = cursor.fetchall()
    if not shares:
        return [f"{title} 登记库中没有运行中的网站和账号。处理：先 import 登记库。"]
    lines.insert(0, f"{title} 36小时内访问到：" + "，".join(f"{KINDS[k]}{t}/{s}" for k, s, t in shares) + "。")
    stops = {
        f"{kind}_floor": f"有来源的{KINDS[kind]}{s}个，36小时内只访问到{t}个"
        for kind, s, t in shares
        if found[f"{kind}_floor"]
    }
    if fallen := [f"{row['counted']}由{row['read_before']}降至{row['read_now']}" for row in found["volume"]]:
        stops["volume"] = f"读到的{'、'.join(fallen)}，疑为本系统读取故障"
    for row in found["clock"]:
        ahead = float(row["ahead_seconds"])
        stops["clock"] = (
            f"本机时间比{row['sites']}个网站的服务器{'慢' if ahead > 0 else '快'}{abs(ahead) / 60:.0f}分钟（中位数），"
            "疑为本机时钟不准，各项期限都会算错"
        )
    lines += [f"{title} {stops.pop(code)}。{word}。" for code, word in vouched.items() if code in stops]
    impossible = [*found["times"], *found["durations"]]
    if impossible:
        first = impossible[0]
        such = f"{first['subject']} {first['seen_at']} {first['fault']}"
        stops["impossible"] = f"有{len(impossible)}条不可能的数据（如{such}）"
    if stops:
        all_of_them, advice = "；".join(stops.values()), _advice(stops, frozen=frozen)
        lines.append(f"{title} 证据不足以判断，停止：{all_of_them}。处理：{advice}。")
    return lines


def _advice(stops: Collection[str], *, frozen: bool) -> str:
    """What to do about evidence that stops; what is landed after a freeze counts for the next one only."""
    advice = []
    if short := [code for code in stops if code != "impossible"]:
        advice.append("检查采集任务和本机时钟，当天补读")
        if frozen:
            advice.append("读到后另立一次巡查（freeze --anew；在 Airflow 中人工启动并勾选“另立一次”）")
            advice.append(f"时间已过、补读无用的，查明后用 vouch … {' '.join(short)} 具名确认，再重跑本步")
    if "impossible" in stops:
        advice.append("不可能的数据先用 void 列出，核实来源后具名作废，再重跑本步")
    return "；".join(advice)


def _names(rows: Sequence[dict[str, Any]]) -> str:
    return "、".join(str(row["name"]) for row in rows[:NAMED]) + ("等" if len(rows) > NAMED else "")


def _number(value: object) -> str:
    return "无" if value is None else f"{float(str(value)):.4f}".rstrip("0").rstrip(".")


# Each morning


def readiness(connection: Connection, now: datetime) -> list[str]:
    """What else a morning's digest tells: columns that nobody confirmed, whose firewall keeps us out, and what else
    we could not see since yesterday.
    """
    lines = []
    with connection.cursor() as cursor:
        choose(cursor, Audited())
        cursor.execute(
            "select count(*) filter (where not c.class_confirmed), count(*), count(distinct c.site) filter"
            " (where not c.class_confirmed) from audited_column as c"
        )
        [(open_columns, columns, sites)] = cursor.fetchall()
        if open_columns:
            lines.append(f"尚未确认类别的栏目{open_columns}个（共{columns}个，涉及{sites}个网站）。")
        elif columns:
            lines.append(f"{columns}个栏目的类别均已确认。")
        cursor.execute(
            "select s.name from audited_site as s inner join page_visit as p"
            " on s.site = p.site and p.visited_at between s.accuses_from and s.inspected_at"
            " group by s.site, s.name, s.position having bool_and(p.outcome = 'wall') order by s.position"
        )
        if walled := [{"name": name} for (name,) in cursor.fetchall()]:
            lines.append(
                f"被对方防火墙拦住、整站没有读到的网站{len(walled)}个（请其放行我方出口地址）：{_names(walled)}。"
            )
        cursor.execute(
            "select because, count(*), count(distinct subject) from ours"
            " where seen_at > %s - interval '24 hours' and seen_at <= %s group by because order by 2 desc, 1",
            [now, now],
        )
        ours = cursor.fetchall()
    connection.rollback()
    if ours:
        most = "、".join(f"{because}{count}次" for because, count, _ in ours[:3])
        lines.append(
            f"过去24小时我方未能看到的{sum(count for _, count, _ in ours)}次：{most}{'等' if len(ours) > 3 else ''}。"
        )
    return lines
