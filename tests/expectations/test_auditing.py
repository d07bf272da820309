"""The three suites as a person runs them: what stops a quarter, what is only told, and what is kept of it."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from expectations import auditing
from expectations.recount import Audited
from inspectorate.commands import inspection as steps
from inspectorate.commands import main
from inspectorate.evidence import Article, Discovery, Door, Ours, PageVisit, Visit
from inspectorate.quarter import SHANGHAI, midnight
from inspectorate.store import register
from inspectorate.store.inspection import Inspection
from tests.expectations.made_city import DAY, HOUR, City, site_of

SITES = tuple(f"34150001{n:02}" for n in range(10))
NOW = datetime.now(SHANGHAI)


@pytest.fixture
def city(connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> City:
    """Ten sites and an account, looked at two minutes ago, all in order but one with five stale columns."""
    monkeypatch.setenv("INSPECTORATE_DSN", database_url)
    monkeypatch.setenv("INSPECTORATE_HOME", str(tmp_path / "home"))
    made = City(connection, NOW - timedelta(minutes=2), SITES, ("wx1",), "wechat", "http://feeds.s.cn/wx1.xml")
    for site in SITES:
        made.mapped(site=site)
        made.home(made.day, site)
        for n in range(5):
            url = made.column(f"动态{n}", "news", site)
            made.seen(url, made.before(40 if site == SITES[0] else 2), site)
        made.knocks([(Door.OPENED, 1.2)] * 140, site)
    made.looked("wx1", "feed", made.at - DAY)
    return made


def judged(city: City, standing: str = "official") -> Inspection:
    frozen = city.freeze(standing)  # type: ignore[arg-type]
    steps.judge_inspection(city.connection, frozen, None)
    return frozen


def audit(city: City, suite: str, *more: str) -> int:
    city.connection.rollback()
    return main(["audit", str(city.quarter), suite, "--no-docs", *more])


def last(city: City) -> dict[str, object]:
    """The row that an audit left."""
    with city.connection.cursor() as cursor:
        cursor.execute("select number, suite, success, stopped, said, results from audit order by id desc limit 1")
        [row] = cursor.fetchall()
    city.connection.rollback()
    return dict(zip(("number", "suite", "success", "stopped", "said", "results"), row, strict=True))


class TestLedger:
    def test_a_judge_that_counts_right_goes_on(self, city: City, capsys: pytest.CaptureFixture[str]) -> None:
        judged(city)
        assert audit(city, "ledger") == 0
        told = capsys.readouterr()
        assert "复算一致" in told.err
        assert json.loads(told.out)["counts"]["E19.W-V-04a"] == 0
        assert last(city)["success"] is True

    @pytest.mark.parametrize(
        ("lie", "told"),
        [
            (
                "update finding set outcome = 'passed' where clause = 'E19.W-V-04a' and subject = %s",
                "E19.W-V-04a 3415000100：判定通过（5），复算不合格（5",
            ),
            (
                "update finding set outcome = 'failed' where clause = 'E19.W-V-02' and subject = %s",
                "E19.W-V-02 3415000100：判定不合格（0），复算通过（0",
            ),
            (
                "update finding set measured = 6 where clause = 'E19.W-V-04a' and subject = %s",
                "判定不合格（6），复算不合格（5",
            ),
            (
                "update finding set measured = measured + 0.0002 where clause = 'E19.W-V-02' and subject = %s",
                "判定通过（0.0002），复算通过（0",
            ),
            (
                "update finding set limit_value = 4 where clause = 'E19.W-V-04a' and subject = %s",
                "E19.W-V-04a 3415000100",
            ),
            (
                "delete from finding where clause = 'E19.W-V-03' and subject = %s",
                "E19.W-V-03 3415000100：判定无（无），复算通过（1",
            ),
            (
                "update finding set subject = '3415009999' where clause = 'E19.W-V-03' and subject = %s",
                "E19.W-V-03 3415009999：判定通过（1），复算无",
            ),
        ],
    )
    def test_a_wrong_judge_stops_the_quarter_naming_clause_subject_and_both_counts(
        self, city: City, lie: str, told: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        judged(city)
        city.tell(lie, SITES[0])
        assert audit(city, "ledger") == 1
        err = capsys.readouterr().err
        assert told in err
        assert "本季度停止" in err.splitlines()[-1]
        assert "处理：" in err.splitlines()[-1]
        assert last(city)["stopped"] is True

    def test_a_trial_stops_too_for_its_paper_is_as_wrong(self, city: City) -> None:
        judged(city, "trial")
        city.tell("update finding set outcome = 'passed' where clause = 'E19.W-V-04a' and subject = %s", SITES[0])
        assert audit(city, "ledger") == 1

    def test_what_was_never_judged_is_told_as_that(self, city: City, capsys: pytest.CaptureFixture[str]) -> None:
        city.freeze("official")
        assert audit(city, "ledger") == 1
        assert "先运行 judge" in capsys.readouterr().err.splitlines()[-1]

    @pytest.mark.parametrize("said", ["exempted", "confirmed"])
    def test_what_a_person_says_after_judging_stops_nothing_and_is_heard_by_the_next_judging(
        self, city: City, said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        judged(city)
        with city.connection.cursor() as cursor:
            cursor.execute("select url from site_column where site_code = %s order by url limit 1", [SITES[0]])
            [(url,)] = cursor.fetchall()
        if said == "exempted":
            register.exempt(city.connection, SITES[0], url, "历史专题", "tester")
        else:
            city.confirm(url, "class", "other", site=SITES[0])  # a column of another class is not so soon stale
        assert audit(city, "ledger") == 0
        assert "复算一致" in capsys.readouterr().err
        steps.judge_inspection(city.connection, city.freeze("official"), None)  # frozen already: judged again
        with city.connection.cursor() as cursor:
            cursor.execute("select outcome from finding where clause = 'E19.W-V-04a' and subject = %s", [SITES[0]])
            assert cursor.fetchall() == [("passed",)]
        assert audit(city, "ledger") == 0

    def test_great_expectations_sees_the_wrong_judge_and_its_pages_need_no_network(
        self, city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        frozen = judged(city)
        city.tell("update finding set outcome = 'passed' where clause = 'E19.W-V-04a' and subject = %s", SITES[0])
        city.connection.rollback()
        arguments = [
            "audit",
            str(city.quarter),
            "ledger",
            "--inspection",
            frozen.name,
            "--docs",
            str(tmp_path / "docs"),
        ]
        assert main(arguments) == 1
        told = capsys.readouterr()
        assert "Calculating Metrics" not in told.err
        index = Path(json.loads(told.out)["docs"])
        assert index.is_relative_to(tmp_path / "docs" / str(city.quarter) / "1")
        assert "3415000100" in index.read_text(encoding="utf-8")
        pages = list((index.parent / "gx").rglob("*.html"))
        assert any("E19.W-V-04a" in page.read_text(encoding="utf-8") for page in pages)
        for page in [*pages, *index.parent.rglob("*.css")]:
            assert not _reaches_out(page.read_text(encoding="utf-8")), page


def _reaches_out(text: str) -> bool:
    """Whether a page loads or leads to anything beyond its own folder."""
    marks = (
        'src="http',
        "src='http",
        'src="//',
        'href="http',
        "href='http",
        'href="//',
        "url(http",
        "url('http",
        "@import",
    )
    return any(mark in text for mark in marks)


class TestEvidence:
    def test_evidence_in_order_goes_on(self, city: City, capsys: pytest.CaptureFixture[str]) -> None:
        city.freeze("official")
        assert audit(city, "evidence") == 0
        assert "网站10/10，账号1/1" in capsys.readouterr().err

    def unread(self, city: City, sites: Sequence[str]) -> None:
        city.tell("delete from page_visit where site = any(%s)", list(sites))

    def test_nine_of_ten_suffice_and_the_tenth_is_named(self, city: City, capsys: pytest.CaptureFixture[str]) -> None:
        self.unread(city, SITES[:1])
        city.freeze("official")
        assert audit(city, "evidence") == 0
        assert "网站36小时内未访问到1个（只作待核）：网站3415000100" in capsys.readouterr().err

    def test_eight_of_ten_stop_the_quarter(self, city: City, capsys: pytest.CaptureFixture[str]) -> None:
        self.unread(city, SITES[:2])
        city.freeze("official")
        assert audit(city, "evidence") == 1
        end = capsys.readouterr().err.splitlines()[-1]
        assert "有来源的网站10个，36小时内只访问到8个" in end
        assert "处理：" in end

    def test_what_failed_for_a_reason_of_ours_was_not_tried(self, city: City) -> None:
        city.tell("update page_visit set outcome = 'ours' where site = any(%s)", list(SITES[:2]))
        city.freeze("official")
        assert audit(city, "evidence") == 1

    def test_a_site_that_is_down_or_behind_a_wall_was_tried(self, city: City) -> None:
        city.tell("update page_visit set outcome = 'timeout', complete = false where site = any(%s)", list(SITES[:5]))
        city.tell("update page_visit set outcome = 'wall', complete = false where site = %s", SITES[6])
        city.freeze("official")
        assert audit(city, "evidence") == 0

    def test_accounts_have_a_floor_of_their_own(self, city: City, capsys: pytest.CaptureFixture[str]) -> None:
        city.tell("delete from account_visit")
        city.freeze("official")
        assert audit(city, "evidence") == 1
        assert "有来源的账号1个，36小时内只访问到0个" in capsys.readouterr().err

    def test_an_account_without_a_source_is_told_and_stops_nothing(
        self, city: City, capsys: pytest.CaptureFixture[str]
    ) -> None:
        city.tell("update account set address = ''")
        city.tell("delete from account_visit")
        city.freeze("official")
        assert audit(city, "evidence") == 0
        assert "没有数据来源的1个" in capsys.readouterr().err

    def test_days_with_too_few_visits_are_told(self, city: City, capsys: pytest.CaptureFixture[str]) -> None:
        city.tell("delete from visit where site = %s and visited_at < %s", SITES[3], midnight(city.day) - 6 * DAY)
        city.freeze("official")
        assert audit(city, "evidence") == 0
        assert "首页访问次数不足的网站1个（可用性待核）：网站3415000103" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("row", "fault"),
        [
            (Visit(SITES[0], NOW + 3 * DAY, "other", Door.OPENED, 1.0), "时间在将来"),
            (Visit(SITES[0], datetime(2014, 12, 31, tzinfo=SHANGHAI), "other", Door.OPENED, 1.0), "时间早于2015年"),
            (Visit(SITES[0], NOW - DAY, "other", Door.OPENED, -0.1), "用时不合理"),
            (Visit(SITES[0], NOW - DAY, "other", Door.OPENED, 1200.0), "用时不合理"),
            (Discovery(SITES[0], NOW + DAY, True, 5), "时间在将来"),
            (Article(SITES[0], "http://a/", "http://a/1", None, "一", 1, False, NOW + DAY), "时间在将来"),
        ],
    )
    def test_impossible_data_stop_the_quarter(
        self, city: City, row: Visit, fault: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        city.land(row)
        city.freeze("official")
        assert audit(city, "evidence") == 1
        assert fault in capsys.readouterr().err.splitlines()[-1]

    def test_impossible_rows_are_laid_aside_in_a_persons_name_and_kept_whole(
        self, city: City, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A monitor that files milliseconds: those under ten minutes would be taken for a door that was shut."""
        at = midnight(city.day) - DAY + timedelta(minutes=1)
        filed = [Visit(SITES[1], at + timedelta(hours=n), "某监测", Door.OPENED, 150.0 + 60 * n) for n in range(24)]
        other = Visit(SITES[1], at + timedelta(minutes=30), "另一监测", Door.OPENED, 900.0)
        city.land(*filed, other)
        city.freeze("official")
        assert audit(city, "evidence") == 1
        told = capsys.readouterr().err.splitlines()[-1]
        assert "有17条不可能的数据" in told
        assert "void" in told
        given = ["void", str(city.quarter), "--reason", "误以毫秒报送"]
        for refused in (given, [*given, "--by", "nobody"], [*given, "--by", "fuhe", "--source", "probe"]):
            assert main(refused) == 2
        capsys.readouterr()
        assert main(["void", str(city.quarter)]) == 0
        listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [(row["source"], row["because"]) for row in listed].count(("某监测", "用时不合理")) == 16
        assert audit(city, "evidence") == 1  # looking changes nothing
        assert main([*given, "--by", "fuhe", "--source", "某监测"]) == 0
        assert "首页访问25条" in capsys.readouterr().err
        assert audit(city, "evidence") == 0
        with city.connection.cursor() as cursor:
            cursor.execute("select item, facts ->> 'source', count(*), min(by) from voided group by 1, 2 order by 3")
            assert cursor.fetchall() == [("visit", "另一监测", 1, "fuhe"), ("visit", "某监测", 24, "fuhe")]
        city.connection.rollback()
        for statement in ("delete from voided", "update voided set reason = 'x'"):
            with pytest.raises(psycopg2.errors.RestrictViolation):
                city.tell(statement)
            city.connection.rollback()
        mended = [replace(visit, seconds=(visit.seconds or 0) / 1000) for visit in filed]
        assert city.land(*mended) == 24  # what came from there is free for the corrected rows

    def test_a_floor_that_is_out_of_reach_is_vouched_for_by_name_and_nothing_else_is(
        self, city: City, capsys: pytest.CaptureFixture[str]
    ) -> None:
        past = City(city.connection, datetime(2026, 6, 10, 10, tzinfo=SHANGHAI), SITES)
        past.freeze("official")
        assert audit(past, "evidence") == 1
        assert "vouch … site_floor account_floor 具名确认" in capsys.readouterr().err.splitlines()[-1]
        given = ["--by", "fuhe", "--reason", "当季系统停机"]
        stranger = ["site_floor", "--by", "nobody", "--reason", "x"]
        for refused in (["times", *given], ["site_floor", "visits_a_day", *given], stranger):
            assert main(["vouch", "2026Q2", *refused]) == 2
        assert main(["vouch", "2026Q2", "site_floor", "account_floor", *given]) == 0
        capsys.readouterr()
        assert audit(past, "evidence") == 0
        assert "fuhe已具名确认继续：当季系统停机" in capsys.readouterr().err
        assert last(past)["success"] is False  # the floor was not reached, whoever goes on without it
        city.land(Visit(SITES[0], NOW - DAY, "other", Door.OPENED, 1200.0))
        steps.freeze(city.connection, past.quarter, past.at, "official", anew=True)
        assert audit(past, "evidence", "--inspection", "2") == 1  # vouched for the first one only

    @pytest.mark.parametrize(
        ("wrong", "known", "by", "status"),
        [(4, 10, 7200, 0), (6, 10, 7200, 1), (6, 10, -7200, 1), (10, 10, 3500, 0), (2, 2, 86400, 0), (3, 3, 86400, 1)],
    )
    def test_a_clock_of_ours_that_most_servers_contradict_stops_the_quarter(
        self, city: City, capsys: pytest.CaptureFixture[str], wrong: int, known: int, by: int, status: int
    ) -> None:
        for n, site in enumerate(SITES[:known]):
            at = city.at - HOUR
            ahead = timedelta(seconds=by if n < wrong else 2)
            city.land(Visit(site, at, "probe", Door.OPENED, 1.0, server_time=at + ahead))
            city.land(Visit(site, at - 40 * HOUR, "probe", Door.OPENED, 1.0, server_time=at))  # too long ago to count
        city.freeze("official")
        assert audit(city, "evidence") == status
        told = capsys.readouterr().err
        assert ("疑为本机时钟不准" in told) == bool(status)
        if status:
            assert f"比{known}个网站的服务器{'慢' if by > 0 else '快'}" in told

    def test_half_of_what_the_last_run_read_is_enough_and_less_is_not(
        self, city: City, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = city.at - 60 * HOUR
        pages = [f"{site_of(SITES[1]).home_url}old{n}.html" for n in range(120)]  # 60 pages were read now
        for url in pages:
            city.land(PageVisit(SITES[1], url, "column", before, Door.OPENED, True, 0))
        city.freeze("official")
        assert audit(city, "evidence") == 0
        city.land(PageVisit(SITES[1], pages[0] + "?", "column", before, Door.OPENED, True, 0))
        city.freeze("trial")
        assert audit(city, "evidence", "--inspection", "2") == 1
        assert "读到的页面由121降至60" in capsys.readouterr().err

    def test_a_past_trial_only_reports(self, city: City, capsys: pytest.CaptureFixture[str]) -> None:
        past = City(city.connection, datetime(2026, 6, 10, 10, tzinfo=SHANGHAI), SITES)
        past.freeze("trial")
        assert audit(past, "evidence") == 0
        assert "只报告，不停止" in capsys.readouterr().err
        assert last(past)["stopped"] is False

    def test_a_quarter_run_late_as_official_stops_all_the_same(self, city: City) -> None:
        past = City(city.connection, datetime(2026, 6, 10, 10, tzinfo=SHANGHAI), SITES)
        past.freeze("official")
        assert audit(past, "evidence") == 1


class TestReadiness:
    def test_before_the_freeze_the_evidence_is_told_as_it_stands(
        self, city: City, capsys: pytest.CaptureFixture[str]
    ) -> None:
        city.land(Ours("site", SITES[0], "", NOW - HOUR, "页面无法理解"))
        city.tell("update page_visit set outcome = 'wall', complete = false where site = %s", SITES[2])
        assert audit(city, "evidence", "--readiness") == 0
        told = capsys.readouterr()
        assert "准备情况 36小时内访问到：网站10/10，账号1/1" in told.err
        assert "尚未确认类别的栏目50个（共50个，涉及10个网站）" in told.err
        assert "过去24小时我方未能看到的1次：页面无法理解1次" in told.err
        assert "整站没有读到的网站1个（请其放行我方出口地址）：网站3415000102。" in told.err
        said = json.loads(told.out)
        assert said["lines"]
        assert said["inspection"] is None
        assert last(city)["number"] is None

    def test_nothing_frozen_is_a_readiness_line_too(self, city: City, capsys: pytest.CaptureFixture[str]) -> None:
        assert audit(city, "evidence") == 0
        assert "准备情况" in capsys.readouterr().err

    def test_an_empty_register_is_not_evidence_in_order(self, city: City, capsys: pytest.CaptureFixture[str]) -> None:
        city.tell("update site set status = 'offline'")
        city.tell("update account set status = 'offline'")
        assert audit(city, "evidence", "--readiness") == 0
        assert "登记库中没有运行中的网站和账号" in capsys.readouterr().err

    def test_the_other_suites_want_an_inspection(self, city: City) -> None:
        assert audit(city, "ledger") == 2
        assert audit(city, "service", "--readiness") == 2


class TestService:
    def test_every_failing_row_is_kept_and_the_quarter_goes_on(
        self, city: City, capsys: pytest.CaptureFixture[str]
    ) -> None:
        at = midnight(city.day) - DAY + timedelta(minutes=1)
        city.land(*(Visit(SITES[2], at + timedelta(minutes=70) * n, "slow", Door.OPENED, 15.0) for n in range(12)))
        box = city.box("领导信箱", SITES[3])
        for days in (5, 100, 200):
            asked = city.before(300)
            city.letter(box, asked, asked + timedelta(days=days), site=SITES[3], url=f"{box}{days}")
        judged(city)
        assert audit(city, "service") == 0
        assert "空白或未按期更新的栏目5个" in capsys.readouterr().err
        with city.connection.cursor() as cursor:
            cursor.execute("select matter, subject, measured, limit_value from service_row order by position")
            rows = cursor.fetchall()
        assert [(matter, subject) for matter, subject, *_ in rows] == [
            *[("freshness", SITES[0])] * 5,
            ("response", SITES[2]),
            *[("reply", SITES[3])] * 2,
        ]
        assert {(int(measured), int(limit)) for matter, _, measured, limit in rows if matter == "freshness"} == {
            (40, 14)
        }
        assert last(city)["success"] is False

    def test_more_rows_than_great_expectations_lists_are_all_kept(self, city: City) -> None:
        for n in range(250):
            city.seen(city.column(f"旧{n}", "news", SITES[5]), city.before(99), SITES[5])
        frozen = judged(city)
        done = auditing.audit(
            city.connection, "", Audited.of(frozen), frozen.quarter, "service",
            steps.in_force(steps.law(city.connection, frozen), frozen), frozenset(frozen.clauses),
            only_reports=False, root=None, now=NOW,
        )  # fmt: skip
        assert done.statistics["counts"]["column_freshness"] == 255
        with city.connection.cursor() as cursor:
            cursor.execute("select count(*) from service_row where matter = 'freshness'")
            assert cursor.fetchall() == [(255,)]


def test_the_ledger_of_a_city_of_55_sites_is_counted_within_seconds(connection: Connection) -> None:
    codes = tuple(f"34150002{n:02}" for n in range(55))
    city = City(connection, NOW - timedelta(minutes=2), codes)
    for code in codes:
        city.mapped(site=code)
        city.knocks([(Door.OPENED, 1.2)] * 336, code, every=30)
    city.tell(
        "insert into site_column (site_code, url, valid_from, name, class, level, recorded_by)"
        " select s, 'http://www.s' || s || '.gov.cn/' || n || '/index.html', null, '栏目' || n,"
        " (array['news', 'notice', 'policy', 'other'])[1 + n %% 4], 1, 'discover'"
        " from unnest(%s) as s, generate_series(1, 40) as n",
        list(codes),
    )
    city.tell(
        "insert into page_visit"
        " (site, url, kind, visited_at, outcome, complete, items, undated, newest, blank, dated_list)"
        " select site_code, url, 'column', %s, 'opened', true, 9, 0, %s, false, true from site_column",
        city.at - HOUR, city.before(20),
    )  # fmt: skip
    frozen = city.freeze("trial")
    began = time.monotonic()
    found = city.recount(frozen)
    took = time.monotonic() - began
    assert found["E19.W-V-04a", codes[0]] == ("failed", 10)
    assert took < 6, f"{took:.1f} s"  # under two on an idle machine
