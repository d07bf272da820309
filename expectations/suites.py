"""The three suites as data: each expectation with the rows that must not be, its weight and its words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from psycopg2.extensions import connection as Connection

Suite = Literal["evidence", "ledger", "service"]
FLOOR = 0.9  # of the running subjects that have a source must have been tried, sites and accounts apart
COLLAPSED = 0.5  # of what the last run read: below it our reader is to be doubted, not the city
CLOCKS, CLOCK_SECONDS = 3, 3600  # so many servers at the least, half of which at once do not go wrong by an hour
KINDS = {"site": "网站", "account": "账号"}
IMPOSSIBLE = ("times", "durations")  # nobody can vouch for these: such rows are voided
OUTCOMES = {"passed": "通过", "failed": "不合格", "unjudged": "待核", "not_examined": "未检查"}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of a view: that a query over `{batch}` finds no row."""

    code: str
    view: str
    says: str
    unexpected: str
    stops: bool  # the quarter must not go on; else it is only told


@dataclass(frozen=True, slots=True)
class Outcome:
    """An expectation and every row that speaks against it."""

    expectation: Expectation
    rows: tuple[dict[str, Any], ...]

    @property
    def success(self) -> bool:
        return not self.rows


CITY_WIDE = (
    Expectation(
        "visits_a_day",
        "evidence_subject",
        "每个网站一周内每天的首页访问次数都达到标准",
        "select kind, subject, name, unit, counted, due, short_days from {batch}"
        " where kind = 'site' and short_days > 0 order by position",
        stops=False,
    ),
    Expectation(
        "has_source",
        "evidence_subject",
        "每个运行中的网站和账号都有可用的数据来源",
        "select kind, subject, name, unit from {batch} where not has_source order by kind desc, position",
        stops=False,
    ),
    Expectation(
        "times",
        "evidence_impossible",
        "采集时间不在将来，也不早于2015年",
        "select item, subject, seen_at, fault from {batch} where fault <> '用时不合理'",
        stops=True,
    ),
    Expectation(
        "durations",
        "evidence_impossible",
        "访问用时合理",
        "select item, subject, seen_at, seconds, fault from {batch} where fault = '用时不合理'",
        stops=True,
    ),
    Expectation(
        "clock",
        "evidence_clock",
        f"本机时间与各网站服务器的时间（中位数）相差不超过{CLOCK_SECONDS // 60}分钟",
        f"select sites, ahead_seconds from {{batch}} where sites >= {CLOCKS} and abs(ahead_seconds) > {CLOCK_SECONDS}",  # noqa: S608
        stops=True,
    ),
    Expectation(
        "volume",
        "evidence_volume",
        f"读到的页面、条目和账号不少于上一次采集的{COLLAPSED:.0%}",
        f"select kind, counted, read_now, read_before from {{batch}} where read_now < {COLLAPSED} * read_before",  # noqa: S608
        stops=True,
    ),
)


def evidence() -> list[Expectation]:
    """May we judge."""
    found = [
        Expectation(
            f"{kind}_floor",
            "evidence_subject",
            f"有来源的{name}在监测时间点前36小时内至少访问到{FLOOR:.0%}",
            "select s.* from (select count(*) as sources, count(*) filter (where tried) as tried from {batch}"  # noqa: S608
            f" where kind = '{kind}' and has_source) as s where s.tried < {FLOOR} * s.sources",
            stops=True,
        )
        for kind, name in KINDS.items()
    ]
    found += [
        Expectation(
            f"{kind}_tried",
            "evidence_subject",
            f"每个有来源的{name}都在监测时间点前36小时内访问过",
            "select kind, subject, name, unit, visits from {batch}"  # noqa: S608
            f" where kind = '{kind}' and has_source and not tried order by position",
            stops=False,
        )
        for kind, name in KINDS.items()
    ]
    return [*found, *CITY_WIDE]


def ledger(clauses: Iterable[str]) -> list[Expectation]:
    """The judge's word and the second count agree, one expectation a clause."""
    return [
        Expectation(
            clause,
            "ledger_comparison",
            f"{clause}：判定与SQL复算在每个对象上一致（结论、计数、阈值）",
            "select clause, subject, judged, recounted, judged_measured, recounted_measured, low, high from {batch}"  # noqa: S608
            f" where clause = '{clause}' and not agrees order by subject",
            stops=True,
        )
        for clause in clauses
    ]


SERVED = "select kind, subject, unit, name, url, measured, limit_value, said from {batch} where "


def service() -> list[Expectation]:
    """How fresh and how fast each unit is. Theirs: it stops nothing."""
    return [
        Expectation(
            "column_freshness",
            "service_freshness",
            "每个栏目都在其类别的期限内更新过",
            SERVED + "kind = 'site' and failing order by subject, url",
            stops=False,
        ),
        Expectation(
            "account_freshness",
            "service_freshness",
            "每个账号都在检查时段内发布过",
            SERVED + "kind = 'account' and failing order by subject",
            stops=False,
        ),
        Expectation(
            "response_p95",
            "service_response",
            "每个网站首页95%的访问都在时限内打开",
            SERVED + "measured >= limit_value order by measured desc, subject",
            stops=False,
        ),
        Expectation(
            "response_slow",
            "service_response",
            "没有一次首页访问达到时限",
            SERVED + "failing order by slow desc, subject",
            stops=False,
        ),
        Expectation(
            "reply",
            "service_reply",
            "每条公开留言都在期限内得到答复",
            SERVED + "failing order by subject, url",
            stops=False,
        ),
    ]


def look(connection: Connection, expected: Sequence[Expectation]) -> list[Outcome]:
    """Every expectation with all its rows, by SQL of our own: Great Expectations lists no more than 200."""
    found = []
    with connection.cursor() as cursor:
        for expectation in expected:
            cursor.execute(expectation.unexpected.format(batch=expectation.view))
            names = [column.name for column in cursor.description or ()]
            rows = tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
            found.append(Outcome(expectation, rows))
    return found


def vetoes(connection: Connection, quarter: str, number: int) -> list[str]:
    """The clauses that are counted twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select clause from clause_limit where quarter = %s and number = %s and vetoes order by clause",
            [quarter, number],
        )
        return [clause for (clause,) in cursor.fetchall()]
